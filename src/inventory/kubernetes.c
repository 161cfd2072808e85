/* SPDX-License-Identifier: Apache-2.0 */
/* Kubernetes objects. They have no id of Azure's kind, so one is made of what makes an object
 * unique in a cluster: apiVersion, kind, namespace (or "_") and name. The items of a typed list
 * (PodList) carry neither kind nor apiVersion; they inherit them. */
#include "kubernetes.h"
#include "internal.h"

void mp_kubernetes_prepare(mp_container *c, const mp_shape *shape)
{
    mp_str items = shape->seen[MP_SEEN_ITEMS].raw;
    mp_str kind = mp_view_string(shape->seen[MP_SEEN_KIND]);
    if (kind.len > 4) {
        c->kind = mp_str_of(kind.ptr, kind.len - 4); /* "PodList" without "List" */
        c->api_version = mp_view_string(shape->seen[MP_SEEN_API_VERSION]);
    }
    /* A list of nothing is written without items, or with null. */
    if (items.len && items.ptr[0] == '[')
        mp_container_start(c, items);
}

/* The object with the inherited kind and apiVersion in front. */
static mp_code inherit(const mp_json **doc, mp_str api_version, mp_str kind, mp_arena *arena,
                       mp_error *err)
{
    mp_jsonw w;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "apiVersion", api_version);
    mp_jsonw_put_str(&w, "kind", kind);
    for (MP_JSON_MEMBERS(key, *doc)) {
        mp_str name = mp_json_str(key);
        if (mp_str_eq(name, MP_S("apiVersion")) || mp_str_eq(name, MP_S("kind")))
            continue;
        mp_jsonw_key(&w, name);
        mp_jsonw_value(&w, key + 1);
    }
    return mp_build_end(doc, &w, err);
}

static mp_code name_object(mp_resource *out, mp_str api_version, mp_str kind, mp_str space,
                           mp_arena *arena, mp_error *err)
{
    mp_str name = out->name;
    out->type = mp_arena_printf(arena, "%.*s/%.*s", MP_FMT(api_version), MP_FMT(kind));
    out->id = mp_arena_printf(arena, "/kubernetes/%.*s/%.*s/%.*s/%.*s", MP_FMT(api_version),
                              MP_FMT(kind), space.len ? (int)space.len : 1,
                              space.len ? space.ptr : "_", MP_FMT(name));
    out->full_name = name;
    if (space.len) {
        out->full_name = mp_arena_printf(arena, "%.*s/%.*s", MP_FMT(space), MP_FMT(name));
        out->scope = mp_arena_printf(arena, "/kubernetes/v1/Namespace/_/%.*s", MP_FMT(space));
    }
    if (!out->type.ptr || !out->id.ptr || !out->full_name.ptr || (space.len && !out->scope.ptr))
        return mp_no_memory(err);
    return MP_OK;
}

mp_code mp_kubernetes_read(mp_resource *out, const mp_json *doc, mp_str api_version, mp_str kind,
                           mp_arena *arena, mp_error *err)
{
    if (!mp_json_is(doc, MP_JSON_OBJECT))
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "found %s; wanted a Kubernetes object",
                       mp_json_kind_name((mp_json_kind)doc->kind));
    mp_str own_version = mp_json_get_text(doc, "apiVersion");
    mp_str own_kind = mp_json_get_text(doc, "kind");
    if ((!own_version.len && api_version.len) || (!own_kind.len && kind.len)) {
        own_version = own_version.len ? own_version : api_version;
        own_kind = own_kind.len ? own_kind : kind;
        MP_TRY(inherit(&doc, own_version, own_kind, arena, err));
    }
    if (!own_version.len || !own_kind.len)
        return mp_fail(err, MP_FORMAT, MP_NOWHERE,
                       "a Kubernetes object has no %s, and its list does not tell it",
                       own_kind.len ? "apiVersion" : "kind");
    const mp_json *metadata = mp_json_get(doc, MP_S("metadata"));
    const mp_json *labels = mp_json_get(metadata, MP_S("labels"));
    mp_resource    made = { .doc = doc, .kind = own_kind };
    made.name = mp_json_get_text(metadata, "name");
    if (!made.name.len)
        made.name = mp_json_get_text(metadata, "generateName");
    if (!made.name.len)
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "a Kubernetes %.*s has no metadata.name",
                       own_kind.len > 60 ? 60 : MP_FMT(own_kind));
    made.tags = mp_json_is(labels, MP_JSON_OBJECT) ? labels : NULL;
    MP_TRY(name_object(&made, own_version, own_kind, mp_json_get_text(metadata, "namespace"), arena, err));
    *out = made;
    return MP_OK;
}

mp_code mp_admission_read(mp_resource *out, const mp_json *review, mp_arena *arena, mp_error *err)
{
    const mp_json *request = mp_json_get(review, MP_S("request"));
    const mp_json *object = mp_json_get(request, MP_S("object"));
    mp_str         operation = mp_json_get_text(request, "operation");
    if (!mp_json_is(object, MP_JSON_OBJECT))
        return mp_fail(err, MP_FORMAT, MP_NOWHERE,
                       "the AdmissionReview (operation %.*s) has no request.object; there is "
                       "nothing to look at",
                       operation.len > 40 ? 40 : (int)operation.len,
                       operation.len ? operation.ptr : "");
    return mp_kubernetes_read(out, object, mp_str_of(NULL, 0), mp_str_of(NULL, 0), arena, err);
}
