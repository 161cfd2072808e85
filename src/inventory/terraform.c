/* SPDX-License-Identifier: Apache-2.0 */
/* Terraform: a plan, a state as it is shown, a state as it is stored (version 4). What a provider calls a resource
 * is not what the cloud calls it, and is not made into that: the type is Terraform/<provider>/<resource type>, the
 * id the address. Data sources are passed over: they are not what the configuration makes. */
#include "internal.h"
#include "terraform_values.h"

#define MODULE_DEPTH 64

/* ---- containers ---- */

static bool is_data(mp_str resource)
{
    return mp_str_eq(mp_cut_string(mp_cut_member(resource, MP_S("mode"))), MP_S("data"));
}

static mp_code add_resources(mp_container *c, mp_str array, mp_error *err)
{
    mp_str element;
    if (array.len == 0 || array.ptr[0] != '[')
        return MP_OK;
    mp_cursor at = { array.ptr + 1, array.ptr + array.len };
    for (bool first = true; mp_cut_element(&element, &at, first) == MP_CUT_DONE && element.ptr; first = false)
        if (!is_data(element))
            MP_TRY(mp_container_add(c, (mp_held_item){ .text = element }, err));
    return MP_OK;
}

static mp_code add_module(mp_container *c, mp_str module, unsigned depth, mp_error *err);

static mp_code add_modules(mp_container *c, mp_str array, unsigned depth, mp_error *err)
{
    mp_str    element;
    mp_cursor at = { array.ptr + 1, array.ptr + array.len };
    if (array.ptr[0] != '[')
        return MP_OK;
    for (bool first = true; mp_cut_element(&element, &at, first) == MP_CUT_DONE && element.ptr; first = false)
        MP_TRY(add_module(c, element, depth, err));
    return MP_OK;
}

/* {"resources": [...], "child_modules": [...]}, in the order of the text. */
static mp_code add_module(mp_container *c, mp_str module, unsigned depth, mp_error *err)
{
    mp_str key, value;
    if (module.len == 0 || module.ptr[0] != '{')
        return MP_OK;
    mp_cursor at = { module.ptr + 1, module.ptr + module.len };
    if (depth == MODULE_DEPTH)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "modules nest deeper than %d", MODULE_DEPTH);
    for (bool first = true; mp_cut_key(&key, &at, first) == MP_CUT_DONE && key.ptr; first = false) {
        if (mp_cut_value(&value, &at) != MP_CUT_DONE)
            break;
        if (mp_str_eq(key, MP_S("resources")))
            MP_TRY(add_resources(c, value, err));
        else if (mp_str_eq(key, MP_S("child_modules")))
            MP_TRY(add_modules(c, value, depth + 1, err));
    }
    return MP_OK;
}

/* The resource without its instances, as nodes that stay in c->doc. */
static mp_code read_head(const mp_json **out, mp_container *c, mp_str resource, mp_error *err)
{
    static const mp_str names[] = { MP_S_INIT("module"), MP_S_INIT("type"), MP_S_INIT("name"),
                                    MP_S_INIT("provider") };
    mp_jsonw            w;
    mp_jsonw_init(&w, &c->arena);
    mp_jsonw_object(&w);
    for (size_t i = 0; i < MP_COUNT(names); i++) {
        const mp_json *v;
        mp_str         text = mp_cut_member(resource, names[i]);
        if (text.len == 0 || text.ptr[0] != '"')
            continue;
        MP_TRY(mp_json_read_padded(c->doc, &v, text, NULL, NULL, err));
        mp_json_doc_keep(c->doc);
        mp_neutral_add(&w, names[i], v);
    }
    return mp_build_end(out, &w, err);
}

static mp_code add_stored(mp_container *c, mp_str resource, mp_error *err)
{
    const mp_json *head = NULL;
    mp_str         instances = mp_cut_member(resource, MP_S("instances")), element;
    if (instances.len == 0 || instances.ptr[0] != '[' || is_data(resource))
        return MP_OK;
    mp_cursor at = { instances.ptr + 1, instances.ptr + instances.len };
    MP_TRY(read_head(&head, c, resource, err));
    for (bool first = true; mp_cut_element(&element, &at, first) == MP_CUT_DONE && element.ptr; first = false)
        MP_TRY(mp_container_add(c, (mp_held_item){ .text = element, .head = head }, err));
    return MP_OK;
}

static mp_code prepare_stored(mp_container *c, mp_error *err)
{
    mp_str version = mp_cut_member(c->text, MP_S("version")), element;
    mp_str resources = mp_cut_member(c->text, MP_S("resources"));
    if (!mp_str_eq(version, MP_S("4")))
        return mp_fail(err, MP_FORMAT, MP_NOWHERE,
                       "found a Terraform state of version %.*s; wanted version 4, or what terraform show -json "
                       "prints",
                       version.len > 20 ? 20 : (int)version.len, version.len ? version.ptr : "");
    if (resources.len == 0 || resources.ptr[0] != '[')
        return MP_OK;
    MP_TRY(mp_json_doc_new(&c->doc, err));
    mp_cursor at = { resources.ptr + 1, resources.ptr + resources.len };
    for (bool first = true; mp_cut_element(&element, &at, first) == MP_CUT_DONE && element.ptr; first = false)
        MP_TRY(add_stored(c, element, err));
    return MP_OK;
}

mp_code mp_terraform_prepare(mp_container *c, const mp_shape *shape, mp_error *err)
{
    mp_view changes = shape->seen[MP_SEEN_RESOURCE_CHANGES];
    mp_view values = shape->seen[MP_SEEN_PLANNED_VALUES];
    if (!mp_view_first(shape->seen[MP_SEEN_FORMAT_VERSION]))
        return prepare_stored(c, err);
    c->is_errored = mp_str_eq(mp_cut_member(c->text, MP_S("errored")), MP_S("true"));
    /* The changes hold what the planned values do, and what is done to reach them. */
    if (mp_view_first(changes) == '[')
        return add_resources(c, changes.raw, err);
    if (!mp_view_first(values))
        values = shape->seen[MP_SEEN_VALUES];
    return add_module(c, mp_cut_member(values.raw, MP_S("root_module")), 0, err);
}

/* ---- names ---- */

/* "registry.terraform.io/hashicorp/aws", "provider[\"registry.terraform.io/hashicorp/aws\"].west",
 * "provider.aws.west", "aws". Without any of these the first word of the resource type is the provider, as in
 * Terraform itself. */
static mp_str provider_of(mp_str provider, mp_str type)
{
    size_t at = mp_str_find_str(provider, MP_S("provider[\""));
    if (at != SIZE_MAX) {
        provider = mp_str_skip(provider, at + 10);
        at = mp_str_find(provider, '"');
        provider.len = at == SIZE_MAX ? provider.len : at;
    } else if ((at = mp_str_find_str(provider, MP_S("provider."))) != SIZE_MAX) {
        provider = mp_str_skip(provider, at + 9);
        at = mp_str_find(provider, '.');
        provider.len = at == SIZE_MAX ? provider.len : at;
    }
    provider = mp_neutral_leaf(provider);
    if (provider.len)
        return provider;
    at = mp_str_find(type, '_');
    return at == SIZE_MAX ? type : mp_str_of(type.ptr, at);
}

/* The key of an instance as it stands in an address. */
static void add_key(mp_buf *b, const mp_json *key)
{
    if (mp_json_is(key, MP_JSON_INT)) {
        mp_buf_printf(b, "[%lld]", (long long)key->u.integer);
        return;
    }
    mp_str text = mp_json_text(key);
    if (!text.ptr)
        return;
    mp_buf_add(b, MP_S("[\""));
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool is_template = (c == '$' || c == '%') && i + 1 < text.len && text.ptr[i + 1] == '{';
        if (c == '"' || c == '\\')
            mp_buf_add_c(b, '\\');
        else if (is_template)
            mp_buf_add_c(b, c);
        if (c == '\n' || c == '\r' || c == '\t')
            mp_buf_add_z(b, c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t");
        else
            mp_buf_add_c(b, c);
    }
    mp_buf_add(b, MP_S("\"]"));
}

/* module.m["k"].aws_subnet.private[0]; {NULL,0} when memory is short. */
static mp_str address_of(const mp_json *head, const mp_json *instance, mp_arena *arena)
{
    mp_buf b = MP_BUF_INIT;
    mp_str module = mp_json_get_text(head, "module");
    if (module.len) {
        mp_buf_add(&b, module);
        mp_buf_add_c(&b, '.');
    }
    mp_buf_add(&b, mp_json_get_text(head, "type"));
    mp_buf_add_c(&b, '.');
    mp_buf_add(&b, mp_json_get_text(head, "name"));
    add_key(&b, mp_json_get(instance, MP_S("index_key")));
    mp_str kept = b.failed ? mp_str_of(NULL, 0) : mp_arena_dup(arena, mp_buf_str(&b));
    mp_buf_free(&b);
    return kept;
}

/* ---- one resource ---- */

/* What the three forms of a resource have in common. `head` is the object that names it. */
typedef struct instance {
    const mp_json *head, *values, *change;
    const mp_json *index;
    mp_str         address, module, provider, deposed;
} instance;

static const mp_json *first_object(const mp_json *values, const mp_str *names, size_t count)
{
    const mp_json *found = NULL;
    for (size_t i = 0; i < count; i++) {
        const mp_json *v = mp_json_get(values, names[i]);
        if (mp_json_is(v, MP_JSON_OBJECT) && (!found || (!found->count && v->count)))
            found = v;
    }
    return found;
}

/* Of the two members for tags the one that has those of the provider's configuration too. */
static const mp_json *find_tags(const mp_json *values)
{
    static const mp_str names[] = { MP_S_INIT("tags_all"), MP_S_INIT("tags"), MP_S_INIT("effective_labels"),
                                    MP_S_INIT("terraform_labels"), MP_S_INIT("labels") };
    return first_object(values, names, MP_COUNT(names));
}

/* A region that is not known yet is none. */
static mp_str find_location(const mp_json *values)
{
    static const mp_str names[] = { MP_S_INIT("location"), MP_S_INIT("region"), MP_S_INIT("zone") };
    for (size_t i = 0; i < MP_COUNT(names); i++) {
        mp_str text = mp_json_text(mp_json_get(values, names[i]));
        if (text.len && text.ptr[0] != '(')
            return text;
    }
    return mp_str_of(NULL, 0);
}

static mp_code name_instance(mp_resource *r, const instance *in, mp_arena *arena, mp_error *err)
{
    mp_str type = mp_json_get_text(in->head, "type");
    mp_str name = mp_json_get_text(in->head, "name");
    if (!type.len || !name.len || !in->address.len)
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "a Terraform resource has no %s; wanted type, name and address",
                       !type.len ? "type" : !name.len ? "name" : "address");
    mp_str provider = provider_of(in->provider, type);
    r->name = name;
    r->full_name = in->address;
    r->type = mp_arena_printf(arena, "Terraform/%.*s/%.*s", MP_FMT(provider), MP_FMT(type));
    r->id = mp_arena_printf(arena, in->deposed.len ? "/terraform/%.*s/deposed/%.*s" : "/terraform/%.*s%.*s",
                            MP_FMT(in->address), in->deposed.len ? (int)in->deposed.len : 0,
                            in->deposed.len ? in->deposed.ptr : "");
    if (in->module.len)
        r->scope = mp_arena_printf(arena, "/terraform/%.*s", MP_FMT(in->module));
    if (!r->type.ptr || !r->id.ptr || (in->module.len && !r->scope.ptr))
        return mp_no_memory(err);
    return MP_OK;
}

static void add_change(mp_jsonw *w, const mp_json *resource, const mp_json *change)
{
    mp_jsonw_key(w, MP_S("change"));
    mp_jsonw_object(w);
    mp_neutral_add(w, MP_S("actions"), mp_json_get(change, MP_S("actions")));
    mp_neutral_add(w, MP_S("reason"), mp_json_get(resource, MP_S("action_reason")));
    mp_jsonw_end(w);
}

static mp_code build(mp_resource *out, const instance *in, mp_presence presence, mp_arena *arena, mp_error *err)
{
    mp_resource made = { .presence = presence, .location = find_location(in->values) };
    mp_jsonw    w;
    MP_TRY(name_instance(&made, in, arena, err));
    mp_neutral_begin(&w, &made, find_tags(in->values), arena);
    mp_neutral_add(&w, MP_S("properties"), mp_json_is(in->values, MP_JSON_OBJECT) ? in->values : NULL);
    if (in->change)
        add_change(&w, in->head, in->change);
    mp_jsonw_key(&w, MP_S("terraform"));
    mp_jsonw_object(&w);
    mp_neutral_add_text(&w, MP_S("address"), in->address);
    mp_neutral_add_text(&w, MP_S("module"), in->module);
    mp_neutral_add(&w, MP_S("index"), in->index);
    mp_neutral_add_text(&w, MP_S("provider"), in->provider);
    mp_neutral_add_text(&w, MP_S("deposed"), in->deposed);
    mp_jsonw_end(&w);
    return mp_neutral_end(out, &w, &made, err);
}

/* ["delete"] and ["forget"] leave nothing; ["delete", "create"] replaces. */
static mp_presence presence_after(const mp_json *change)
{
    const mp_json *actions = mp_json_get(change, MP_S("actions"));
    mp_str only =
        mp_json_text(mp_json_is(actions, MP_JSON_ARRAY) && actions->count == 1 ? mp_json_first(actions) : NULL);
    return mp_str_eq(only, MP_S("delete")) || mp_str_eq(only, MP_S("forget")) ? MP_GONE : MP_PRESENT;
}

static mp_code read_change(mp_resource *out, instance *in, mp_arena *arena, mp_error *err)
{
    const mp_json *change = in->change;
    mp_presence    presence = presence_after(change);
    if (presence == MP_PRESENT)
        MP_TRY(mp_terraform_marked(&in->values, mp_json_get(change, MP_S("after")),
                                   mp_json_get(change, MP_S("after_unknown")),
                                   mp_json_get(change, MP_S("after_sensitive")), arena, err));
    return build(out, in, presence, arena, err);
}

/* An instance of a state as it is stored. */
static mp_code read_stored(mp_resource *out, instance *in, const mp_json *doc, mp_arena *arena, mp_error *err)
{
    in->index = mp_json_get(doc, MP_S("index_key"));
    in->module = mp_json_get_text(in->head, "module");
    in->provider = mp_json_get_text(in->head, "provider");
    in->deposed = mp_json_get_text(doc, "deposed");
    in->address = address_of(in->head, doc, arena);
    if (!in->address.ptr)
        return mp_no_memory(err);
    MP_TRY(mp_terraform_hidden(&in->values, mp_json_get(doc, MP_S("attributes")),
                               mp_json_get(doc, MP_S("sensitive_attributes")), arena, err));
    return build(out, in, MP_PRESENT, arena, err);
}

mp_code mp_terraform_read(mp_resource *out, const mp_json *doc, const mp_json *head, mp_arena *arena,
                          mp_error *err)
{
    instance in = { .head = head ? head : doc, .change = mp_json_get(doc, MP_S("change")) };
    if (!mp_json_is(doc, MP_JSON_OBJECT))
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "found %s; wanted a Terraform resource",
                       mp_json_kind_name((mp_json_kind)doc->kind));
    if (head) {
        in.change = NULL;
        return read_stored(out, &in, doc, arena, err);
    }
    in.address = mp_json_get_text(doc, "address");
    in.module = mp_json_get_text(doc, "module_address");
    in.provider = mp_json_get_text(doc, "provider_name");
    in.deposed = mp_neutral_either(doc, MP_S("deposed"), MP_S("deposed_key"));
    in.index = mp_json_get(doc, MP_S("index"));
    if (in.change)
        return read_change(out, &in, arena, err);
    MP_TRY(mp_terraform_marked(&in.values, mp_json_get(doc, MP_S("values")), NULL,
                               mp_json_get(doc, MP_S("sensitive_values")), arena, err));
    return build(out, &in, MP_PRESENT, arena, err);
}
