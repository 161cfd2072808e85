/* SPDX-License-Identifier: Apache-2.0 */
/* Cloud Asset Inventory: exports write snake_case, the API camelCase; BigQuery holds resource.data as a text. Type
 * and name are Google's own. What the inventory says besides the resource (IAM policy, ancestors, ...) stands
 * under "asset", in camelCase. */
#include "internal.h"

#define MOST_NAME 64 /* of a member that is put into camelCase */

void mp_cloud_asset_prepare(mp_container *c, const mp_shape *shape)
{
    mp_str assets = shape->seen[MP_SEEN_ASSETS].raw, results = shape->seen[MP_SEEN_SEARCH_RESULTS].raw;
    mp_container_start(c, assets.len && assets.ptr[0] == '[' ? assets : results);
}

/* ---- parts ---- */

/* Among what says what a resource is there are several versions; the first one. */
static const mp_json *find_data(const mp_json *doc)
{
    const mp_json *resource = mp_json_get(doc, MP_S("resource"));
    const mp_json *versions = mp_json_get(doc, MP_S("versionedResources"));
    if (!versions)
        versions = mp_json_get(doc, MP_S("versioned_resources"));
    if (!resource && mp_json_is(versions, MP_JSON_ARRAY))
        return mp_json_get(mp_json_at(versions, 0), MP_S("resource"));
    return mp_json_get(resource, MP_S("data"));
}

static const mp_json *find_labels(const mp_json *doc, const mp_json *data)
{
    const mp_json *labels[] = {
        mp_json_get(doc, MP_S("labels")),
        mp_json_get(data, MP_S("labels")),
        mp_json_get(mp_json_get(data, MP_S("metadata")), MP_S("labels")),   /* of Kubernetes and Cloud Run */
        mp_json_get(mp_json_get(data, MP_S("settings")), MP_S("userLabels")), /* of Cloud SQL */
    };
    for (size_t i = 0; i < MP_COUNT(labels); i++)
        if (mp_json_is(labels[i], MP_JSON_OBJECT))
            return labels[i];
    return NULL;
}

static mp_str find_location(const mp_json *doc, const mp_json *data)
{
    const mp_json *places[] = {
        mp_json_get(mp_json_get(doc, MP_S("resource")), MP_S("location")),
        mp_json_get(doc, MP_S("location")),
        mp_json_get(data, MP_S("location")),
        mp_json_get(data, MP_S("zone")),
        mp_json_get(data, MP_S("region")),
    };
    for (size_t i = 0; i < MP_COUNT(places); i++)
        if (mp_json_text(places[i]).len)
            return mp_neutral_leaf(mp_json_text(places[i])); /* some are links */
    return mp_str_of(NULL, 0);
}

static mp_code find_scope(mp_resource *r, const mp_json *doc, mp_arena *arena, mp_error *err)
{
    mp_str         project = mp_json_get_text(doc, "project");
    const mp_json *ancestors = mp_json_get(doc, MP_S("ancestors"));
    r->scope = mp_json_text(mp_json_get(mp_json_get(doc, MP_S("resource")), MP_S("parent")));
    if (!r->scope.len)
        r->scope = mp_neutral_either(doc, MP_S("parentFullResourceName"), MP_S("parent_full_resource_name"));
    if (r->scope.len)
        return MP_OK;
    if (!project.len && mp_json_is(ancestors, MP_JSON_ARRAY))
        project = mp_json_text(mp_json_at(ancestors, 0)); /* the nearest: "projects/1" */
    r->scope = mp_str_of(NULL, 0);
    if (!project.len)
        return MP_OK;
    r->scope = mp_arena_printf(arena, "//cloudresourcemanager.googleapis.com/%.*s", MP_FMT(project));
    return r->scope.ptr ? MP_OK : mp_no_memory(err);
}

/* iam_policy -> iamPolicy; {NULL,0} when memory is short. */
static mp_str camel(mp_str name, mp_arena *arena)
{
    if (name.len > MOST_NAME || mp_str_find(name, '_') == SIZE_MAX)
        return name;
    char *text = mp_arena_alloc(arena, name.len), *to = text;
    for (size_t i = 0; text && i < name.len; i++) {
        char c = name.ptr[i];
        char next = i + 1 < name.len ? name.ptr[i + 1] : '\0';
        bool is_break = c == '_' && i > 0 && next >= 'a' && next <= 'z';
        *to++ = is_break ? (char)(next - 'a' + 'A') : c;
        i += is_break;
    }
    return text ? mp_str_of(text, (size_t)(to - text)) : mp_str_of(NULL, 0);
}

static bool add_envelope(mp_jsonw *w, const mp_json *object, const mp_str *left_out, size_t count,
                         mp_arena *arena)
{
    for (MP_JSON_MEMBERS(key, object)) {
        mp_str name = mp_json_str(key);
        bool   is_left_out = false;
        for (size_t i = 0; i < count; i++)
            is_left_out = is_left_out || mp_str_eq(name, left_out[i]);
        if (is_left_out)
            continue;
        name = camel(name, arena);
        if (!name.ptr)
            return false;
        mp_neutral_add(w, name, key + 1);
    }
    return true;
}

/* All that stands beside the resource, and what "resource" says about it. */
static bool add_asset(mp_jsonw *w, const mp_json *doc, mp_arena *arena)
{
    static const mp_str outer[] = { MP_S_INIT("name"),      MP_S_INIT("assetType"), MP_S_INIT("asset_type"),
                                    MP_S_INIT("resource"),  MP_S_INIT("labels"),    MP_S_INIT("location"),
                                    MP_S_INIT("versionedResources"), MP_S_INIT("versioned_resources") };
    static const mp_str inner[] = { MP_S_INIT("data"), MP_S_INIT("location") };
    const mp_json      *resource = mp_json_get(doc, MP_S("resource"));
    mp_jsonw_key(w, MP_S("asset"));
    mp_jsonw_object(w);
    bool ok = add_envelope(w, doc, outer, MP_COUNT(outer), arena);
    if (ok && mp_json_is(resource, MP_JSON_OBJECT))
        ok = add_envelope(w, resource, inner, MP_COUNT(inner), arena);
    mp_jsonw_end(w);
    return ok;
}

/* ---- one asset ---- */

/* {"window": {"startTime", "endTime"}, "deleted": true, "asset": {...}}: a window that ended is of the past.
 * The last one has no end, or the last moment that Google's times can tell. */
static mp_presence presence_of(const mp_json *doc)
{
    const mp_json *deleted = mp_json_get(doc, MP_S("deleted"));
    const mp_json *window = mp_json_get(doc, MP_S("window"));
    mp_str         end = mp_neutral_either(window, MP_S("endTime"), MP_S("end_time"));
    if (end.len && !mp_str_starts(end, MP_S("2262-")) && !mp_str_starts(end, MP_S("9999-")))
        return MP_PAST;
    return mp_json_is_true(deleted) ? MP_GONE : MP_PRESENT;
}

static mp_code read_asset(mp_resource *out, const mp_json *doc, mp_presence presence, mp_arena *arena,
                          mp_error *err)
{
    mp_resource made = { .presence = presence };
    made.id = mp_json_get_text(doc, "name");
    made.type = mp_neutral_either(doc, MP_S("assetType"), MP_S("asset_type"));
    if (!made.id.len || !made.type.len)
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "an asset has no %s; wanted both name and %s",
                       made.id.len ? "type" : "name",
                       mp_json_get(doc, MP_S("asset_type")) ? "asset_type" : "assetType");
    const mp_json *data = find_data(doc);
    if (mp_json_is(data, MP_JSON_STRING)) {
        MP_TRY(mp_neutral_parse(&data, mp_json_str(data), arena, err));
        if (!mp_json_is(data, MP_JSON_OBJECT))
            return mp_fail(err, MP_FORMAT, MP_NOWHERE,
                           "resource.data is a text; wanted the JSON of an object in it");
    }
    bool   has_host = mp_str_starts(made.id, MP_S("//"));
    size_t slash = has_host ? mp_str_find(mp_str_skip(made.id, 2), '/') : SIZE_MAX;
    made.name = mp_neutral_leaf(made.id);
    made.full_name = slash == SIZE_MAX ? made.id : mp_str_skip(made.id, 2 + slash + 1);
    if (!made.name.len || !made.full_name.len)
        made.name = made.full_name = made.id;
    made.location = find_location(doc, data);
    MP_TRY(find_scope(&made, doc, arena, err));
    mp_jsonw w;
    mp_neutral_begin(&w, &made, find_labels(doc, data), arena);
    mp_neutral_add(&w, MP_S("properties"), mp_json_is(data, MP_JSON_OBJECT) ? data : NULL);
    if (!add_asset(&w, doc, arena))
        return mp_no_memory(err);
    return mp_neutral_end(out, &w, &made, err);
}

mp_code mp_cloud_asset_read(mp_resource *out, const mp_json *doc, mp_arena *arena, mp_error *err)
{
    const mp_json *asset = mp_json_get(doc, MP_S("asset"));
    if (!mp_json_is(doc, MP_JSON_OBJECT))
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "found %s; wanted an asset of Cloud Asset Inventory",
                       mp_json_kind_name((mp_json_kind)doc->kind));
    if (mp_json_is(asset, MP_JSON_OBJECT))
        return read_asset(out, asset, presence_of(doc), arena, err);
    return read_asset(out, doc, MP_PRESENT, arena, err);
}
