/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest.h"

#include "cloud_place.h"
#include "object_internal.h"
#include "rbac.h"

typedef struct taking {
    mp_ingest_counts *out;
    mp_app           *app;
    mp_tx            *tx;
    const mp_ingest  *from;
    mp_arena         *arena;
} taking;

/* ---- what holds it ---- */

static mp_code need_subscription(taking *t, mp_str guid, mp_str name, mp_error *err)
{
    mp_record record;
    mp_jsonw  w;
    mp_code   code = guid.len ? mp_record_get(&record, t->tx, &mp_subscription_kind, guid, 0, t->arena, err) : MP_OK;
    if (code != MP_MISSING)
        return code;
    mp_jsonw_init(&w, t->arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "displayName", name.len ? name : guid);
    mp_jsonw_end(&w);
    const mp_json *body = mp_jsonw_done(&w);
    if (!body)
        return mp_no_memory(err);
    t->out->made++;
    return mp_subscription_put(&record, t->app->access, t->tx, guid, body, MP_NO_VERSION, err);
}

/* A group that nobody told of: it is where its first resource is. */
static mp_code need_group(taking *t, const mp_place *place, const mp_json *document, mp_error *err)
{
    mp_estate_item item;
    mp_place       group;
    mp_jsonw       w;
    mp_str         location = mp_object_text(document, "location");
    if (!place->group_key.len || place->kind == MP_PLACE_GROUP)
        return MP_OK;
    mp_code code = mp_estate_get(&item, t->tx, place->group_key, 0, t->arena, err);
    if (code != MP_MISSING)
        return code;
    MP_TRY(mp_place_of(&group, mp_str_of(place->id.ptr, place->group_key.len), t->arena, err));
    mp_jsonw_init(&w, t->arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_filled(&w, "location", location);
    mp_jsonw_end(&w);
    mp_estate_write what = { .place = &group,
                             .document = mp_jsonw_done(&w),
                             .source = t->from->source,
                             .expected = MP_ANY_VERSION,
                             .keeps_system_data = true,
                             .is_presumed = true };
    t->out->made++;
    return what.document ? mp_estate_put(&item, NULL, t->tx, &what, t->arena, err) : mp_no_memory(err);
}

/* ---- another cloud ---- */

/* The document with its own id under a name that is free. */
static const mp_json *with_native_id(const mp_json *document, mp_str id, mp_arena *arena)
{
    mp_jsonw w;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "nativeId", id);
    for (MP_JSON_MEMBERS(key, document)) {
        if (mp_str_eq_fold(mp_json_str(key), MP_S("nativeId")) || mp_str_eq_fold(mp_json_str(key), MP_S("id")))
            continue;
        mp_jsonw_key(&w, mp_json_str(key));
        mp_jsonw_value(&w, key + 1);
    }
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

/* Where it stands; its account is a subscription from now on. */
static mp_code read_cloud(mp_place *out, const mp_json **document, taking *t, mp_str id, mp_error *err)
{
    mp_cloud_resource r = {
        .id = id, .type = mp_object_text(*document, "type"), .document = *document, .source = t->from->source
    };
    mp_cloud_place    place;
    MP_TRY(mp_cloud_place_of(&place, &r, t->arena, err));
    MP_TRY(mp_place_of(out, place.id, t->arena, err));
    *document = with_native_id(*document, id, t->arena);
    return *document ? need_subscription(t, out->subscription, place.account, err) : mp_no_memory(err);
}

/* ---- one ---- */

static mp_code put_resource(taking *t, const mp_place *place, const mp_json *document, mp_error *err)
{
    mp_estate_item  old = { .version = 0 }, item;
    bool            is_new;
    mp_estate_write what = { .place = place,
                             .document = document,
                             .source = t->from->source,
                             .expected = MP_ANY_VERSION,
                             .keeps_system_data = true };
    mp_code         code = mp_estate_get(&old, t->tx, place->key, 0, t->arena, err);
    if (code != MP_OK && code != MP_MISSING)
        return code;
    MP_TRY(need_subscription(t, place->subscription, MP_S(""), err));
    MP_TRY(need_group(t, place, document, err));
    MP_TRY(mp_estate_put(&item, &is_new, t->tx, &what, t->arena, err));
    *(is_new ? &t->out->added : item.version != old.version ? &t->out->changed : &t->out->unchanged) += 1;
    return MP_OK;
}

static mp_code put_one(taking *t, const mp_json *document, mp_error *err)
{
    mp_place place;
    uint64_t made = t->out->made;
    mp_str   id = mp_object_text(document, "id");
    MP_TRY(mp_id_is_azure(id) ? mp_place_of(&place, id, t->arena, err) : read_cloud(&place, &document, t, id, err));
    if (place.kind == MP_PLACE_SUBSCRIPTION) { /* what it is called here stays */
        MP_TRY(need_subscription(t, place.subscription, mp_object_text(document, "displayName"), err));
        t->out->made = made;
    } else if (place.kind != MP_PLACE_GROUP && place.kind != MP_PLACE_RESOURCE) {
        return mp_fail(err, MP_FORMAT, MP_NOWHERE,
                       "'%.*s' is neither a resource, a resource group nor a subscription", MP_FMT(place.id));
    }
    return put_resource(t, &place, document, err);
}

static mp_code close_one(taking *t, mp_str id, mp_error *err)
{
    mp_place       place;
    mp_estate_item item;
    mp_code        code;
    if (mp_id_is_azure(id)) {
        MP_TRY(mp_place_of(&place, id, t->arena, err));
        code = mp_estate_get(&item, t->tx, place.key, 0, t->arena, err);
    } else {
        code = mp_estate_find_native(&item, t->tx, id, t->from->source, t->arena, err);
    }
    if (code == MP_MISSING || (code == MP_OK && !mp_str_eq(item.source, t->from->source)))
        return MP_OK;
    MP_TRY(code);
    t->out->closed++;
    return mp_estate_close(t->tx, item.key, err);
}

/* ---- all ---- */

static bool is_about_document(mp_code code)
{
    return code == MP_PARAMETER || code == MP_FORMAT || code == MP_LIMIT || code == MP_SYNTAX;
}

/* A group stands before what is in it, wherever the list has it. */
static bool is_group(const mp_json *document)
{
    mp_str id = mp_object_text(document, "id");
    return mp_id_is_azure(id) && mp_str_find_fold(id, MP_S("/providers/")) == SIZE_MAX;
}

static mp_code put_some(taking *t, bool groups, mp_error *err)
{
    size_t index = 0;
    for (MP_JSON_EACH(document, t->from->resources)) {
        mp_arena_mark mark = mp_arena_save(t->arena);
        mp_error      why = { .code = MP_OK };
        size_t        at = index++;
        if (is_group(document) != groups)
            continue;
        mp_code code = put_one(t, document, &why);
        if (is_about_document(code)) {
            t->out->faulty++;
            MP_TRY(t->from->say(t->from->ctx, at, &why, err));
        } else if (code != MP_OK) {
            if (err)
                *err = why;
            return code;
        }
        mp_arena_restore(t->arena, mark);
    }
    return MP_OK;
}

mp_code mp_ingest_put(mp_ingest_counts *out, mp_app *app, mp_tx *tx, const mp_ingest *from, mp_arena *arena, mp_error *err)
{
    taking t = { .out = out, .app = app, .tx = tx, .from = from, .arena = arena };
    *out = (mp_ingest_counts){ .faulty = 0 };
    if (mp_json_is(from->resources, MP_JSON_ARRAY)) {
        MP_TRY(put_some(&t, true, err));
        MP_TRY(put_some(&t, false, err));
    }
    if (mp_json_is(from->closed, MP_JSON_ARRAY))
        for (MP_JSON_EACH(id, from->closed))
            MP_TRY(close_one(&t, mp_json_str(id), err));
    return MP_OK;
}
