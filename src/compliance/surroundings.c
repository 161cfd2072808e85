/* SPDX-License-Identifier: Apache-2.0 */
#include "surroundings.h"

#include "context.h"
#include <mapae/inventory.h>
#include "jsonw.h"
#include "keys.h"
#include "rbac.h"

/* ---- containers ---- */

/* A subscription as policies read it (Microsoft Learn, "Azure Policy definition structure policy rule", subscription()). */
static const mp_json *show_subscription(const mp_record *record, mp_arena *arena)
{
    mp_jsonw w;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    mp_jsonw_key(&w, MP_S("id"));
    mp_jsonw_str(&w, mp_arena_printf(arena, "/subscriptions/%.*s", MP_FMT(record->key)));
    mp_jsonw_key(&w, MP_S("subscriptionId"));
    mp_jsonw_str(&w, record->key);
    mp_jsonw_key(&w, MP_S("displayName"));
    mp_jsonw_value(&w, mp_json_get(record->body, MP_S("displayName")));
    mp_jsonw_key(&w, MP_S("tags"));
    if (mp_json_get(record->body, MP_S("tags"))) {
        mp_jsonw_value(&w, mp_json_get(record->body, MP_S("tags")));
    } else {
        mp_jsonw_object(&w);
        mp_jsonw_end(&w);
    }
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

static mp_code read_subscription(const mp_json **out, mp_around *a, mp_str guid, mp_error *err)
{
    mp_record record;
    mp_error  why = { 0 };
    mp_code   code = mp_record_get(&record, a->tx, &mp_subscription_kind, guid, a->as_of, a->arena, &why);
    *out = NULL;
    if (code == MP_MISSING)
        return MP_OK;
    if (code != MP_OK)
        return mp_fail(err, code, MP_NOWHERE, "%s", why.message);
    *out = show_subscription(&record, a->arena);
    return *out ? MP_OK : mp_fail(err, MP_NOMEM, MP_NOWHERE, "out of memory");
}

static mp_code read_group(const mp_json **out, mp_around *a, mp_str key, mp_error *err)
{
    mp_estate_item item;
    mp_error       why = { 0 };
    mp_code        code = mp_estate_get(&item, a->tx, key, a->as_of, a->arena, &why);
    *out = NULL;
    if (code == MP_MISSING)
        return MP_OK;
    if (code != MP_OK)
        return mp_fail(err, code, MP_NOWHERE, "%s", why.message);
    *out = item.document;
    return MP_OK;
}

mp_code mp_around_fill(mp_surroundings *out, mp_around *around, const mp_place *place, const mp_json *request, mp_ticks now, mp_error *err)
{
    *out = (mp_surroundings){ .request = request, .now = now };
    if (place->subscription.len)
        MP_TRY(read_subscription(&out->subscription, around, place->subscription, err));
    return place->group_key.len && !mp_str_eq(place->group_key, place->key) ? read_group(&out->resource_group, around, place->group_key, err) : MP_OK;
}

static const mp_json *container(void *context, mp_str id)
{
    mp_around     *a = context;
    mp_place       place;
    const mp_json *given = NULL;
    if (a->failed.code != MP_OK)
        return NULL;
    mp_code code = mp_place_of(&place, id, a->arena, &a->failed);
    if (code == MP_OK && place.kind == MP_PLACE_GROUP)
        code = read_group(&given, a, place.key, &a->failed);
    else if (code == MP_OK && place.kind == MP_PLACE_SUBSCRIPTION)
        code = read_subscription(&given, a, place.subscription, &a->failed);
    a->failed.code = code;
    return code == MP_OK && given ? mp_context_document(given, id, place.kind == MP_PLACE_GROUP, a->arena) : NULL;
}

/* ---- related resources ---- */

static mp_str place_asked(const mp_related_query *q, mp_arena *arena)
{
    switch (q->where) {
    case MP_RELATED_SUBSCRIPTION:
        return mp_arena_printf(arena, "/subscriptions/%.*s", MP_FMT(q->subscription_id));
    case MP_RELATED_GROUP:
        return mp_arena_printf(arena, "/subscriptions/%.*s/resourcegroups/%.*s", MP_FMT(q->subscription_id), MP_FMT(q->group));
    case MP_RELATED_BELOW:
    case MP_RELATED_ON:
        break;
    }
    return q->id;
}

/* An extension stands on the resource itself; a child may be at any depth below it. */
static bool is_asked(const mp_related_query *q, const mp_estate_item *item, mp_str scope, mp_arena *arena)
{
    mp_place place;
    if (q->where != MP_RELATED_ON)
        return q->where != MP_RELATED_BELOW || !mp_str_eq(item->key, scope);
    return mp_place_of(&place, item->key, arena, NULL) == MP_OK && mp_str_eq(place.parent, scope);
}

static mp_code visit_page(bool *goes_on, mp_around *a, const mp_related_query *q, const mp_estate_page *page, mp_str scope, mp_related_visit *visit, void *arg,
                          mp_error *err)
{
    for (size_t i = 0; i < page->count && *goes_on; i++) {
        mp_resource resource;
        mp_pack    *pack;
        if (!is_asked(q, &page->items[i], scope, a->arena))
            continue;
        MP_TRY(mp_resource_from_arm(&resource, page->items[i].document, a->arena, err));
        pack = mp_related_pack(q->type, &resource, a->arena);
        if (!pack)
            return mp_fail(err, MP_NOMEM, MP_NOWHERE, "out of memory");
        *goes_on = visit(arg, pack);
    }
    return MP_OK;
}

static mp_code look(mp_around *a, const mp_related_query *q, mp_related_visit *visit, void *arg, mp_error *err)
{
    mp_estate_query query = { .type = q->type->type, .with_groups = true, .as_of = a->as_of, .limit = 100 };
    bool            goes_on = true;
    MP_TRY(mp_key_of(&query.scope, place_asked(q, a->arena), a->arena, err));
    do {
        mp_estate_page page;
        MP_TRY(mp_estate_list(&page, a->tx, &query, a->arena, err));
        MP_TRY(visit_page(&goes_on, a, q, &page, query.scope, visit, arg, err));
        query.after = page.next;
    } while (goes_on && query.after.len);
    return MP_OK;
}

static void each(void *context, const mp_related_query *query, mp_related_visit *visit, void *arg)
{
    mp_around *a = context;
    mp_error   why = { 0 };
    if (a->failed.code == MP_OK && look(a, query, visit, arg, &why) != MP_OK)
        a->failed = why;
}

/* ---- together ---- */

void mp_around_init(mp_around *around, mp_tx *tx, mp_arena *arena, mp_ticks as_of)
{
    *around = (mp_around){ .tx = tx, .arena = arena, .as_of = as_of };
    around->related = (mp_related){ around, each, container };
}

mp_code mp_around_check(const mp_around *around, mp_error *err)
{
    if (around->failed.code != MP_OK && err)
        *err = around->failed;
    return around->failed.code;
}
