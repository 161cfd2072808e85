/* SPDX-License-Identifier: Apache-2.0 */
#include "asset.h"

#include "estate.h"
#include "jsonw.h"
#include "scope.h"
#include "time_put.h"

static const mp_record_index indexes[] = {
    { .name = "resource", .path = "resource", .is_unique = true, .folds = true },
    { .name = "name", .path = "name", .folds = true },
    { .name = "class", .path = "class" },
    { .name = "owner", .path = "owner", .folds = true },
    { .name = "keeper", .path = "keeper", .folds = true },
    { .name = "grade", .path = "grade" },
    { .name = "origin", .path = "origin" },
    { .name = "location", .path = "location", .folds = true },
    { .name = "label", .path = "labels", .folds = true },
    { .name = "law", .path = "laws" },
    { .name = "createdAt", .path = "createdAt" },
};
const mp_kind mp_asset_kind = { .name = "asset", .indexes = indexes, .index_count = MP_COUNT(indexes) };

const char *const mp_asset_ratings[3] = { "confidentiality", "integrity", "availability" };

static int64_t number_of(const mp_json *object, const char *member)
{
    const mp_json *v = mp_json_get(object, mp_str_from(member));
    return mp_json_is(v, MP_JSON_INT) ? v->u.integer : 0;
}

/* ---- making ---- */

typedef struct making {
    const mp_asset_making *as;
    const mp_json         *sent;
    mp_arena              *arena;
    mp_jsonw               w;
} making;

static mp_code put_text(making *m, const char *name, mp_error *err)
{
    const mp_json *v = mp_json_get(m->sent, mp_str_from(name));
    mp_str         text = mp_json_is(v, MP_JSON_STRING) ? mp_str_trim(mp_json_str(v)) : MP_S("");
    if (v && !mp_json_is(v, MP_JSON_STRING) && !mp_json_is(v, MP_JSON_NULL))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "\"%s\" of an asset is a text", name);
    if (text.len > MP_ASSET_TEXT_MAX)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "\"%s\" of an asset has %zu bytes; the most is %d", name, text.len,
                       MP_ASSET_TEXT_MAX);
    if (text.len)
        mp_jsonw_put_str(&m->w, name, text);
    return MP_OK;
}

/* Texts in an order of their own, each once: the same labels are the same body. */
static mp_code put_list(making *m, const char *name, mp_error *err)
{
    const mp_json *v = mp_json_get(m->sent, mp_str_from(name));
    mp_str         texts[MP_ASSET_LISTS_MAX];
    size_t         count = 0;
    if (!v || mp_json_is(v, MP_JSON_NULL))
        return MP_OK;
    if (!mp_json_is(v, MP_JSON_ARRAY) || v->count > MP_ASSET_LISTS_MAX)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "\"%s\" of an asset is a list of at most %d texts", name,
                       MP_ASSET_LISTS_MAX);
    for (MP_JSON_EACH(one, v)) {
        mp_str text = mp_json_is(one, MP_JSON_STRING) ? mp_str_trim(mp_json_str(one)) : MP_S("");
        size_t at = count;
        if (!text.len || text.len > MP_ASSET_TEXT_MAX)
            return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "\"%s\" of an asset is a list of texts, each of 1 to %d bytes",
                           name, MP_ASSET_TEXT_MAX);
        while (at > 0 && mp_str_cmp(texts[at - 1], text) > 0)
            at--;
        if (at > 0 && mp_str_eq(texts[at - 1], text))
            continue;
        memmove(&texts[at + 1], &texts[at], (count - at) * sizeof *texts);
        texts[at] = text;
        count++;
    }
    if (!count)
        return MP_OK;
    mp_jsonw_key(&m->w, mp_str_from(name));
    mp_jsonw_array(&m->w);
    for (size_t i = 0; i < count; i++)
        mp_jsonw_str(&m->w, texts[i]);
    mp_jsonw_end(&m->w);
    return MP_OK;
}

static mp_code put_class(making *m, mp_error *err)
{
    mp_str class = mp_json_get_text(m->sent, "class");
    if (!mp_asset_class_named(m->as->rules, class))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "'%.*s' is no class of assets; the classes are those of GET /asset-classes",
                       (int)(class.len < 100 ? class.len : 100), class.len ? class.ptr : "");
    mp_jsonw_put_str(&m->w, "class", class);
    return MP_OK;
}

/* A resource has its own place; of others somebody says where rights to them are given. */
static mp_code put_place(making *m, mp_error *err)
{
    mp_str resource = mp_str_trim(mp_json_get_text(m->sent, "resource")),
           scope = mp_str_trim(mp_json_get_text(m->sent, "scope"));
    mp_scope parsed;
    if (resource.len) {
        mp_place place;
        MP_TRY(mp_place_of(&place, resource, m->arena, err));
        if (place.kind != MP_PLACE_RESOURCE && place.kind != MP_PLACE_GROUP)
            return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "'%.*s' is not the id of a resource", MP_FMT(place.id));
        mp_jsonw_put_str(&m->w, "origin", MP_S("estate"));
        mp_jsonw_put_str(&m->w, "resource", place.id);
        mp_jsonw_put_str(&m->w, "scope", place.key);
        return MP_OK;
    }
    if (!mp_scope_parse(&parsed, scope.len ? scope : MP_S("/")))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "'%.*s' is no scope", (int)(scope.len < 200 ? scope.len : 200), scope.ptr);
    mp_str tidy = mp_arena_dup(m->arena, mp_scope_str(&parsed));
    if (!tidy.ptr)
        return mp_no_memory(err);
    mp_jsonw_put_str(&m->w, "origin", MP_S("hand"));
    mp_jsonw_put_str(&m->w, "scope", tidy);
    return MP_OK;
}

static mp_code put_quantity(making *m, mp_error *err)
{
    const mp_json *v = mp_json_get(m->sent, MP_S("quantity"));
    if (!v || mp_json_is(v, MP_JSON_NULL))
        return MP_OK;
    if (!mp_json_is(v, MP_JSON_INT) || v->u.integer < 1 || v->u.integer > MP_ASSET_QUANTITY_MAX)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "\"quantity\" of an asset is a number from 1 to %d", MP_ASSET_QUANTITY_MAX);
    mp_jsonw_put_int(&m->w, "quantity", v->u.integer);
    return MP_OK;
}

static mp_code put_importance(making *m, mp_error *err)
{
    const mp_json *laws = mp_json_get(m->sent, MP_S("laws"));
    int64_t        sum = 0;
    unsigned       rated = 0;
    for (size_t i = 0; i < 3; i++) {
        const mp_json *v = mp_json_get(m->sent, mp_str_from(mp_asset_ratings[i]));
        if (!v || mp_json_is(v, MP_JSON_NULL))
            continue;
        if (!mp_json_is(v, MP_JSON_INT) || v->u.integer < 1 || v->u.integer > MP_RATING_MAX)
            return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "\"%s\" of an asset is a number from 1 to %d", mp_asset_ratings[i],
                           MP_RATING_MAX);
        mp_jsonw_put_int(&m->w, mp_asset_ratings[i], v->u.integer);
        sum += v->u.integer;
        rated++;
    }
    if (mp_json_is(laws, MP_JSON_ARRAY))
        for (MP_JSON_EACH(id, laws))
            if (!mp_json_is(id, MP_JSON_STRING) || !mp_asset_law_named(m->as->rules, mp_json_str(id)))
                return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "'%.*s' is no law of the register; the laws are those of GET /asset-classes",
                               mp_json_is(id, MP_JSON_STRING) && mp_json_str(id).len < 100 ? (int)mp_json_str(id).len : 0,
                               mp_json_is(id, MP_JSON_STRING) ? mp_json_str(id).ptr : "");
    if (rated == 3) {
        mp_jsonw_put_int(&m->w, "sum", sum);
        mp_jsonw_put_str(&m->w, "grade", mp_asset_grade_of(m->as->rules, sum, laws)->id);
    }
    return MP_OK;
}

mp_code mp_asset_make(const mp_json **body, const mp_asset_making *as, const mp_json *sent, mp_arena *arena, mp_error *err)
{
    static const char *const texts[] = { "number", "purpose", "model", "location", "owner", "keeper" };
    making m = { .as = as, .sent = sent, .arena = arena };
    if (!mp_json_is(sent, MP_JSON_OBJECT))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "an asset is an object");
    if (!mp_str_trim(mp_json_get_text(sent, "name")).len)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "an asset has a name");
    mp_jsonw_init(&m.w, arena);
    mp_jsonw_object(&m.w);
    mp_jsonw_put_str(&m.w, "id", as->id);
    MP_TRY(put_text(&m, "name", err));
    MP_TRY(put_class(&m, err));
    MP_TRY(put_place(&m, err));
    for (size_t i = 0; i < MP_COUNT(texts); i++)
        MP_TRY(put_text(&m, texts[i], err));
    MP_TRY(put_quantity(&m, err));
    MP_TRY(put_importance(&m, err));
    MP_TRY(put_list(&m, "laws", err));
    MP_TRY(put_list(&m, "labels", err));
    mp_time_put_short(&m.w, "createdAt", as->created_at);
    mp_jsonw_end(&m.w);
    *body = mp_jsonw_done(&m.w);
    return *body ? MP_OK : mp_no_memory(err);
}

/* ---- reading ---- */

mp_asset mp_asset_of(const mp_record *record)
{
    const mp_json *b = record->body;
    mp_asset       a = { .id = record->key,
                         .name = mp_json_get_text(b, "name"),
                         .class = mp_json_get_text(b, "class"),
                         .resource = mp_json_get_text(b, "resource"),
                         .scope = mp_json_get_text(b, "scope"),
                         .owner = mp_json_get_text(b, "owner"),
                         .keeper = mp_json_get_text(b, "keeper"),
                         .grade = mp_json_get_text(b, "grade"),
                         .version = record->version,
                         .body = b };
    for (size_t i = 0; i < 3; i++)
        a.ratings[i] = number_of(b, mp_asset_ratings[i]);
    return a;
}

mp_str mp_asset_resource_key(mp_str resource, mp_arena *arena)
{
    mp_place place;
    return mp_place_of(&place, resource, arena, NULL) == MP_OK ? place.key : mp_str_of(NULL, 0);
}
