/* SPDX-License-Identifier: Apache-2.0 */
/* Google's service APIs. Every document says its kind ("compute#instance"), a list that of its items
 * ("compute#instanceList"), and a link to itself. Type and id are those that Cloud Asset Inventory gives the
 * same resource, so that one policy serves both: compute.googleapis.com/Instance and
 * //compute.googleapis.com/projects/p/zones/z/instances/i. */
#include "internal.h"

#define HOST ".googleapis.com"
#define PROJECTS "//cloudresourcemanager" HOST "/projects/"

/* ---- kinds ---- */

static bool is_word(mp_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!is_letter && !(c >= '0' && c <= '9') && c != '-' && c != '_')
            return false;
    }
    return s.len > 0;
}

static bool split_kind(mp_str kind, mp_str *service, mp_str *thing)
{
    size_t hash = mp_str_find(kind, '#');
    if (hash == SIZE_MAX)
        return false;
    *service = mp_str_of(kind.ptr, hash);
    *thing = mp_str_skip(kind, hash + 1);
    return is_word(*service) && is_word(*thing);
}

static bool drop_end(mp_str *s, mp_str end)
{
    if (s->len <= end.len || !mp_str_ends(*s, end))
        return false;
    s->len -= end.len;
    return true;
}

/* "compute#instanceList" and "compute#instanceAggregatedList" hold compute#instance. Some services put an "s"
 * before ("sql#instancesList"), and Storage says "storage#buckets". */
mp_str mp_gcp_item_kind(const mp_shape *shape)
{
    mp_str kind = mp_view_string(shape->seen[MP_SEEN_KIND]), service, thing;
    if (!kind.ptr || !split_kind(kind, &service, &thing))
        return mp_str_of(NULL, 0);
    bool is_list = drop_end(&thing, MP_S("AggregatedList")) || drop_end(&thing, MP_S("ListResponse")) ||
                   drop_end(&thing, MP_S("List"));
    bool is_plural = thing.len > 2 && mp_str_ends(thing, MP_S("s")) && !mp_str_ends(thing, MP_S("ss"));
    char items = mp_view_first(shape->seen[MP_SEEN_ITEMS]);
    if (!is_list)
        is_list = is_plural && (items == '[' || (items == 0 && mp_str_eq(service, MP_S("storage"))));
    if (!is_list)
        return mp_str_of(NULL, 0);
    thing.len -= is_plural;
    return mp_str_of(kind.ptr, service.len + 1 + thing.len);
}

/* ---- lists ---- */

static mp_code add_scoped(mp_container *c, mp_str scope, mp_str place, mp_error *err)
{
    mp_str    key, value, element;
    mp_cursor at = { scope.ptr + 1, scope.ptr + scope.len };
    if (scope.ptr[0] != '{')
        return MP_OK;
    for (bool first = true; mp_cut_key(&key, &at, first) == MP_CUT_DONE && key.ptr; first = false) {
        if (mp_cut_value(&value, &at) != MP_CUT_DONE)
            break;
        if (value.ptr[0] != '[') /* a warning that there is nothing here */
            continue;
        mp_cursor inside = { value.ptr + 1, value.ptr + value.len };
        for (bool begin = true; mp_cut_element(&element, &inside, begin) == MP_CUT_DONE && element.ptr;
             begin = false)
            MP_TRY(mp_container_add(c, (mp_held_item){ .text = element, .place = place }, err));
    }
    return MP_OK;
}

/* "items": {"zones/x": {"instances": [...]}, ...} */
static mp_code add_aggregated(mp_container *c, mp_str items, mp_error *err)
{
    mp_str    key, value;
    mp_cursor at = { items.ptr + 1, items.ptr + items.len };
    for (bool first = true; mp_cut_key(&key, &at, first) == MP_CUT_DONE && key.ptr; first = false) {
        if (mp_cut_value(&value, &at) != MP_CUT_DONE)
            break;
        MP_TRY(add_scoped(c, value, key, err));
    }
    return MP_OK;
}

/* Lists of BigQuery and DNS name their array after what it holds. */
static mp_str find_array(mp_str list)
{
    mp_str    key, value;
    mp_cursor at = { list.ptr + 1, list.ptr + list.len };
    for (bool first = true; mp_cut_key(&key, &at, first) == MP_CUT_DONE && key.ptr; first = false) {
        if (mp_cut_value(&value, &at) != MP_CUT_DONE)
            break;
        if (mp_view_first(mp_view_element((mp_view){ NULL, value })) == '{')
            return value;
    }
    return mp_str_of(NULL, 0);
}

mp_code mp_gcp_prepare(mp_container *c, const mp_shape *shape, mp_error *err)
{
    mp_str items = shape->seen[MP_SEEN_ITEMS].raw;
    c->kind = mp_gcp_item_kind(shape);
    if (items.len && items.ptr[0] == '{')
        return add_aggregated(c, items, err);
    if (items.len == 0 || items.ptr[0] != '[')
        items = find_array(c->text);
    if (items.len)
        mp_container_start(c, items);
    return MP_OK;
}

/* ---- one resource ---- */

typedef struct gcp_names {
    mp_str service, thing;
    mp_str path;  /* of the id, behind the host; from the link */
    mp_str place; /* "zones/x" */
} gcp_names;

/* The segment that follows `name` in a path; empty: there is none. */
static mp_str segment_after(mp_str path, mp_str name)
{
    for (mp_str left = path; left.len;) {
        size_t slash = mp_str_find(left, '/');
        mp_str segment = slash == SIZE_MAX ? left : mp_str_of(left.ptr, slash);
        left = mp_str_skip(left, segment.len + 1);
        if (mp_str_eq(segment, name)) {
            slash = mp_str_find(left, '/');
            return slash == SIZE_MAX ? left : mp_str_of(left.ptr, slash);
        }
    }
    return mp_str_of(NULL, 0);
}

/* https://www.googleapis.com/compute/v1/projects/p/... -> projects/p/...; .../storage/v1/b/name -> name */
static mp_str path_of_link(mp_str link)
{
    size_t query = mp_str_find(link, '?');
    if (query != SIZE_MAX)
        link.len = query;
    size_t at = mp_str_find_str(link, MP_S("/projects/"));
    if (at != SIZE_MAX)
        return mp_str_skip(link, at + 1);
    at = mp_str_find_str(link, MP_S("/b/"));
    return at == SIZE_MAX ? mp_str_of(NULL, 0) : mp_str_skip(link, at + 3);
}

/* Lists of BigQuery have no links, but references: {"projectId", "datasetId", "tableId"}. */
static mp_code path_of_reference(mp_str *path, const mp_json *doc, mp_arena *arena, mp_error *err)
{
    const mp_json *of_table = mp_json_get(doc, MP_S("tableReference"));
    const mp_json *reference = of_table ? of_table : mp_json_get(doc, MP_S("datasetReference"));
    mp_str         project = mp_json_get_text(reference, "projectId");
    mp_str         dataset = mp_json_get_text(reference, "datasetId");
    mp_str         table = mp_json_get_text(reference, "tableId");
    if (!project.len || !dataset.len || (of_table && !table.len))
        return MP_OK;
    *path = mp_arena_printf(arena, "projects/%.*s/datasets/%.*s%s%.*s", MP_FMT(project), MP_FMT(dataset),
                            of_table ? "/tables/" : "", of_table ? (int)table.len : 0,
                            of_table ? table.ptr : "");
    return path->ptr ? MP_OK : mp_no_memory(err);
}

static mp_code make_type(mp_resource *r, const gcp_names *n, mp_arena *arena, mp_error *err)
{
    /* Of these Cloud Asset Inventory has two types. */
    bool   is_global = (mp_str_eq(n->thing, MP_S("address")) || mp_str_eq(n->thing, MP_S("forwardingRule"))) &&
                     mp_str_find_str(n->path, MP_S("/global/")) != SIZE_MAX;
    bool   is_sql = mp_str_eq(n->service, MP_S("sql"));
    mp_str host = is_sql ? MP_S("sqladmin") : n->service;
    char   first = n->thing.ptr[0];
    r->type = mp_arena_printf(arena, "%.*s" HOST "/%s%c%.*s", MP_FMT(host), is_global ? "Global" : "",
                              first >= 'a' && first <= 'z' ? first - 'a' + 'A' : first,
                              (int)n->thing.len - 1, n->thing.ptr + 1);
    if (!r->type.ptr)
        return mp_no_memory(err);
    return MP_OK;
}

static mp_code make_id(mp_resource *r, const gcp_names *n, const mp_json *doc, mp_arena *arena, mp_error *err)
{
    mp_str host = mp_str_eq(n->service, MP_S("sql")) ? MP_S("cloudsql") : n->service;
    mp_str own = mp_neutral_either(doc, MP_S("id"), MP_S("name"));
    if (n->path.len)
        r->id = mp_arena_printf(arena, "//%.*s" HOST "/%.*s", MP_FMT(host), MP_FMT(n->path));
    else if (own.len)
        r->id = mp_arena_printf(arena, "//%.*s" HOST "/%.*s/%.*s", MP_FMT(host), MP_FMT(n->thing),
                                MP_FMT(own));
    else
        return mp_fail(err, MP_FORMAT, MP_NOWHERE,
                       "a Google %.*s#%.*s has no selfLink, id or name; wanted one of them",
                       n->service.len > 60 ? 60 : MP_FMT(n->service),
                       n->thing.len > 60 ? 60 : MP_FMT(n->thing));
    if (!r->id.ptr)
        return mp_no_memory(err);
    r->full_name = n->path.len ? n->path : mp_str_skip(r->id, 2 + host.len + sizeof HOST);
    return MP_OK;
}

static mp_str find_location(const gcp_names *n, const mp_json *doc)
{
    static const mp_str members[] = { MP_S_INIT("zone"), MP_S_INIT("region"), MP_S_INIT("location") };
    static const mp_str parts[] = { MP_S_INIT("zones"), MP_S_INIT("regions"), MP_S_INIT("locations") };
    for (size_t i = 0; i < MP_COUNT(members); i++) {
        mp_str text = mp_json_text(mp_json_get(doc, members[i]));
        if (text.len)
            return mp_neutral_leaf(text); /* some are links */
    }
    for (size_t i = 0; i < MP_COUNT(parts); i++) {
        mp_str text = segment_after(n->path, parts[i]);
        if (text.len || (text = segment_after(n->place, parts[i])).len)
            return text;
    }
    bool is_global = mp_str_eq(n->place, MP_S("global")) ||
                     mp_str_find_str(n->path, MP_S("/global/")) != SIZE_MAX;
    return is_global ? MP_S("global") : mp_str_of(NULL, 0);
}

static mp_code find_scope(mp_resource *r, const gcp_names *n, const mp_json *doc, mp_arena *arena,
                          mp_error *err)
{
    mp_str project = segment_after(n->path, MP_S("projects"));
    if (!project.len)
        project = mp_neutral_either(doc, MP_S("project"), MP_S("projectNumber"));
    if (!project.len)
        return MP_OK;
    r->scope = mp_arena_printf(arena, PROJECTS "%.*s", MP_FMT(project));
    return r->scope.ptr ? MP_OK : mp_no_memory(err);
}

mp_code mp_gcp_read(mp_resource *out, const mp_json *doc, mp_str kind, mp_str place, mp_arena *arena,
                    mp_error *err)
{
    if (!mp_json_is(doc, MP_JSON_OBJECT))
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "found %s; wanted a resource of a Google API",
                       mp_json_kind_name((mp_json_kind)doc->kind));
    gcp_names names = { .place = place };
    mp_str    own = mp_json_get_text(doc, "kind");
    if (!split_kind(own, &names.service, &names.thing) && !split_kind(kind, &names.service, &names.thing))
        return mp_fail(err, MP_FORMAT, MP_NOWHERE,
                       "a resource of a Google API has no kind such as compute#instance, and its list does not "
                       "tell it");
    names.path = path_of_link(mp_json_get_text(doc, "selfLink"));
    if (!names.path.len)
        MP_TRY(path_of_reference(&names.path, doc, arena, err));
    mp_resource made = { .location = find_location(&names, doc) };
    MP_TRY(make_type(&made, &names, arena, err));
    MP_TRY(make_id(&made, &names, doc, arena, err));
    MP_TRY(find_scope(&made, &names, doc, arena, err));
    mp_str name = mp_json_get_text(doc, "name");
    made.name = mp_neutral_leaf(name.len ? name : made.id);
    const mp_json *labels = mp_json_get(doc, MP_S("labels"));
    if (!labels) /* of Cloud SQL */
        labels = mp_json_get(mp_json_get(doc, MP_S("settings")), MP_S("userLabels"));
    mp_jsonw w;
    mp_neutral_begin(&w, &made, labels, arena);
    mp_neutral_add(&w, MP_S("properties"), doc);
    return mp_neutral_end(out, &w, &made, err);
}
