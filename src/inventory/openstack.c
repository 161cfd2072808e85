/* SPDX-License-Identifier: Apache-2.0 */
/* Answers of OpenStack's APIs. The document does not say what it is, the member that holds it does: "servers" or
 * "server". The type is OpenStack/<service>/<thing>, with the service's official type. */
#include "internal.h"

#define LINKS "links" /* that Keystone and others give to everything */

static const mp_openstack_kind kinds[] = {
#define THING(service, one, many, beside_id) \
    { MP_S_INIT(many), MP_S_INIT(one), MP_S_INIT(service), beside_id }
    THING("compute", "server", "servers", NULL),
    THING("compute", "flavor", "flavors", NULL),
    THING("compute", "keypair", "keypairs", NULL),
    THING("compute", "hypervisor", "hypervisors", NULL),
    THING("compute", "server_group", "server_groups", NULL),
    THING("compute", "aggregate", "aggregates", NULL),
    THING("network", "network", "networks", NULL),
    THING("network", "subnet", "subnets", NULL),
    THING("network", "port", "ports", NULL),
    THING("network", "router", "routers", NULL),
    THING("network", "floatingip", "floatingips", NULL),
    THING("network", "security_group", "security_groups", NULL),
    THING("network", "security_group_rule", "security_group_rules", NULL),
    THING("network", "subnetpool", "subnetpools", NULL),
    THING("network", "trunk", "trunks", NULL),
    THING("block-storage", "volume", "volumes", NULL),
    THING("block-storage", "snapshot", "snapshots", "volume_id"),
    THING("block-storage", "backup", "backups", "volume_id"),
    THING("block-storage", "volume_type", "volume_types", NULL),
    THING("image", "image", "images", NULL),
    THING("load-balancer", "loadbalancer", "loadbalancers", NULL),
    THING("load-balancer", "listener", "listeners", "loadbalancers"),
    THING("load-balancer", "pool", "pools", "lb_algorithm"),
    THING("orchestration", "stack", "stacks", "stack_name"),
    THING("shared-file-system", "share", "shares", "share_proto"),
    THING("dns", "zone", "zones", "pool_id"),
    THING("identity", "project", "projects", LINKS),
    THING("identity", "user", "users", LINKS),
    THING("identity", "group", "groups", LINKS),
    THING("identity", "domain", "domains", LINKS),
    THING("identity", "role", "roles", LINKS),
    THING("identity", "region", "regions", LINKS),
    THING("identity", "service", "services", LINKS),
    THING("identity", "endpoint", "endpoints", LINKS),
    THING("identity", "tenant", "tenants", NULL),
#undef THING
};

static const mp_str unwrapped_image = MP_S_INIT("/v2/schemas/image");

/* ---- recognising ---- */

static bool has(mp_view object, mp_str name, char kind)
{
    char found = mp_view_first(mp_view_member(object, name));
    return kind ? found == kind : found != 0;
}

/* A key pair stands in one more object, and its name is its id. */
static bool is_thing(mp_view v, const mp_openstack_kind *k)
{
    if (mp_view_first(v) != '{')
        return false;
    if (mp_str_eq(k->one, MP_S("keypair")))
        return has(v, k->one, '{') || has(v, MP_S("public_key"), '"');
    return (has(v, MP_S("id"), '"') || has(v, MP_S("id"), 0)) &&
           (!k->beside_id || has(v, mp_str_from(k->beside_id), 0));
}

/* What may stand beside the collection: the way to the other pages. */
static bool is_companion(mp_str name, mp_str many)
{
    static const mp_str names[] = { MP_S_INIT(LINKS), MP_S_INIT("schema"), MP_S_INIT("first"),
                                    MP_S_INIT("next"), MP_S_INIT("count"), MP_S_INIT("metadata") };
    for (size_t i = 0; i < MP_COUNT(names); i++)
        if (mp_str_eq(name, names[i]))
            return true;
    return name.len == many.len + 6 && mp_str_starts(name, many) && mp_str_ends(name, MP_S("_links"));
}

static const mp_openstack_kind *kind_of(mp_str name, bool *is_list)
{
    for (size_t i = 0; i < MP_COUNT(kinds); i++) {
        *is_list = mp_str_eq(name, kinds[i].many);
        if (*is_list || mp_str_eq(name, kinds[i].one))
            return &kinds[i];
    }
    return NULL;
}

const mp_openstack_kind *mp_openstack_find(const mp_shape *shape, mp_view *value, bool *is_list)
{
    const mp_openstack_kind *found = NULL;
    mp_str                   name = { NULL, 0 };
    if (mp_str_eq(mp_view_string(mp_view_member(shape->self, MP_S("schema"))), unwrapped_image)) {
        *value = shape->self;
        found = kind_of(MP_S("image"), is_list);
        return has(shape->self, MP_S("id"), '"') ? found : NULL;
    }
    if (shape->members == 0 || shape->members > MP_SHAPE_NAMES)
        return NULL;
    for (size_t i = 0; i < shape->members && !found; i++) {
        name = shape->names[i];
        found = kind_of(name, is_list);
    }
    if (!found)
        return NULL;
    for (size_t i = 0; i < shape->members; i++)
        if (!mp_str_eq(shape->names[i], name) && (!*is_list || !is_companion(shape->names[i], found->many)))
            return NULL;
    *value = mp_view_member(shape->self, name);
    if (!*is_list)
        return is_thing(*value, found) ? found : NULL;
    mp_view element = mp_view_element(*value);
    if (mp_view_first(*value) != '[')
        return NULL;
    if (mp_view_first(element) == 0) /* an empty list of a name that tells */
        return found->beside_id ? NULL : found;
    return is_thing(element, found) ? found : NULL;
}

/* ---- lists ---- */

/* "servers_links": [{"rel": "next", ...}] */
static bool links_on(mp_str links)
{
    mp_str element;
    if (links.len == 0 || links.ptr[0] != '[')
        return false;
    mp_cursor at = { links.ptr + 1, links.ptr + links.len };
    for (bool first = true; mp_cut_element(&element, &at, first) == MP_CUT_DONE && element.ptr; first = false)
        if (mp_str_eq(mp_cut_string(mp_cut_member(element, MP_S("rel"))), MP_S("next")))
            return true;
    return false;
}

static mp_str find_more(const mp_container *c, const mp_shape *shape)
{
    mp_str next = mp_cut_member(c->text, MP_S("next")), links = mp_cut_member(c->text, MP_S(LINKS));
    if (next.len > 2 && next.ptr[0] == '"')
        return next;
    next = mp_cut_member(links, MP_S("next"));
    if (next.len > 2 && next.ptr[0] == '"')
        return next;
    for (size_t i = 0; i < shape->members && i < MP_SHAPE_NAMES; i++) {
        links = mp_cut_member(c->text, shape->names[i]);
        if (mp_str_ends(shape->names[i], MP_S("_links")) && links_on(links))
            return links;
    }
    return mp_str_of(NULL, 0);
}

void mp_openstack_prepare(mp_container *c, const mp_shape *shape)
{
    mp_view value;
    bool    is_list;
    c->thing = mp_openstack_find(shape, &value, &is_list);
    c->more = find_more(c, shape);
    mp_container_start(c, value.raw);
}

/* ---- one resource ---- */

/* The first of `names` that is a text with something in it. */
static mp_str first_text(const mp_json *doc, const mp_str *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        mp_str text = mp_json_text(mp_json_get(doc, names[i]));
        if (text.len)
            return text;
    }
    return mp_str_of(NULL, 0);
}

static mp_code name_thing(mp_resource *r, const mp_json *doc, const mp_openstack_kind *k, mp_arena *arena,
                          mp_error *err)
{
    static const mp_str names[] = { MP_S_INIT("name"), MP_S_INIT("display_name"), MP_S_INIT("stack_name"),
                                    MP_S_INIT("hypervisor_hostname"), MP_S_INIT("floating_ip_address") };
    static const mp_str projects[] = { MP_S_INIT("project_id"), MP_S_INIT("tenant_id"),
                                       MP_S_INIT("os-vol-tenant-attr:tenant_id"),
                                       MP_S_INIT("os-extended-snapshot-attributes:project_id"),
                                       MP_S_INIT("owner"), MP_S_INIT("parent_id") };
    const mp_json *number = mp_json_get(doc, MP_S("id"));
    mp_str         id = mp_json_text(number), name = first_text(doc, names, MP_COUNT(names));
    mp_str         project = first_text(doc, projects, MP_COUNT(projects));
    if (mp_json_is(number, MP_JSON_INT))
        id = mp_arena_printf(arena, "%lld", (long long)number->u.integer);
    else if (!id.len)
        id = name;
    if (!id.len && mp_json_is(number, MP_JSON_INT))
        return mp_no_memory(err);
    if (!id.len)
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "an OpenStack %.*s has no id", MP_FMT(k->one));
    r->name = r->full_name = name.len ? name : id;
    r->type = mp_arena_printf(arena, "OpenStack/%.*s/%.*s", MP_FMT(k->service), MP_FMT(k->one));
    r->id = mp_arena_printf(arena, "/openstack/%.*s/%.*s/%.*s", MP_FMT(k->service), MP_FMT(k->one), MP_FMT(id));
    if (project.len)
        r->scope = mp_arena_printf(arena, "/openstack/identity/project/%.*s", MP_FMT(project));
    if (!r->type.ptr || !r->id.ptr || (project.len && !r->scope.ptr))
        return mp_no_memory(err);
    return MP_OK;
}

mp_code mp_openstack_read(mp_resource *out, const mp_json *doc, const mp_openstack_kind *thing, mp_arena *arena,
                          mp_error *err)
{
    if (!thing) {
        mp_shape shape;
        mp_view  value;
        bool     is_list;
        mp_shape_of_json(&shape, doc);
        thing = mp_openstack_find(&shape, &value, &is_list);
        doc = value.node;
    }
    const mp_json *wrapped = mp_json_get(doc, thing->one);
    if (mp_json_is(wrapped, MP_JSON_OBJECT) && !mp_json_get(doc, MP_S("id")))
        doc = wrapped;
    if (!mp_json_is(doc, MP_JSON_OBJECT))
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "found %s; wanted an OpenStack %.*s",
                       mp_json_kind_name((mp_json_kind)doc->kind), MP_FMT(thing->one));
    mp_resource made = { .doc = doc };
    MP_TRY(name_thing(&made, doc, thing, arena, err));
    mp_jsonw w;
    mp_neutral_begin(&w, &made, mp_json_get(doc, MP_S("metadata")), arena);
    mp_neutral_add(&w, MP_S("properties"), doc);
    return mp_neutral_end(out, &w, &made, err);
}
