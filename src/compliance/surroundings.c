/* SPDX-License-Identifier: Apache-2.0 */
#include "surroundings.h"

#include "context.h"
#include <mapae/inventory.h>
#include "jsonw.h"
#include "keys.h"
#include "rbac.h"

/* ---- containers ---- */

/* A subscription as policies read it (Microsoft Learn, "Azure Policy definition structure policy rule", subscription()).
 * Its tags are those of its document, where a reader told of one. */
static const mp_json *show_subscription(const mp_record *record, const mp_json *document, mp_arena *arena)
{
    const mp_json *tags = mp_json_get_fold(document, MP_S("tags"));
    mp_jsonw w;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "id", mp_arena_printf(arena, "/subscriptions/%.*s", MP_FMT(record->key)));
    mp_jsonw_put_str(&w, "subscriptionId", record->key);
    mp_jsonw_put_value(&w, "displayName", mp_json_get(record->body, MP_S("displayName")));
    mp_jsonw_key(&w, MP_S("tags"));
    if (mp_json_is(tags, MP_JSON_OBJECT)) {
        mp_jsonw_value(&w, tags);
    } else {
        mp_jsonw_object(&w);
        mp_jsonw_end(&w);
    }
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

static mp_code read_subscription(const mp_json **out, mp_around *a, mp_str guid, mp_error *err)
{
    mp_record      record;
    mp_estate_item item = { .document = NULL };
    mp_error       why = { 0 };
    mp_str         key = mp_arena_printf(a->arena, "/subscriptions/%.*s", MP_FMT(guid));
    mp_code        code = mp_record_get(&record, a->tx, &mp_subscription_kind, guid, a->as_of, a->arena, &why);
    *out = NULL;
    if (code == MP_MISSING)
        return MP_OK;
    if (code == MP_OK && !key.ptr)
        return mp_no_memory(err);
    if (code == MP_OK)
        code = mp_estate_get(&item, a->tx, key, a->as_of, a->arena, &why);
    if (code != MP_OK && code != MP_MISSING)
        return mp_fail(err, code, MP_NOWHERE, "%s", why.message);
    *out = show_subscription(&record, item.document, a->arena);
    return *out ? MP_OK : mp_no_memory(err);
}

/* Of a presumed group (estate.h) nobody said what it is like. */
static const mp_json *known_of(const mp_around *a, const mp_estate_item *group)
{
    return group->is_presumed && !a->takes_presumed ? NULL : group->document;
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
    *out = known_of(a, &item);
    return MP_OK;
}

/* Number of the first item whose key is not before `key`. */
static size_t first_from(const mp_around_kept *kept, mp_str key)
{
    size_t low = 0, high = kept->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (mp_str_cmp(kept->items[middle].key, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static const mp_estate_item *at_hand(const mp_around_kept *kept, mp_str key)
{
    size_t i = first_from(kept, key);
    return i < kept->count && mp_str_eq(kept->items[i].key, key) ? &kept->items[i] : NULL;
}

/* A subscription by its GUID, a group by its key; *out NULL: there is none. */
typedef mp_code container_reader(const mp_json **out, mp_around *a, mp_str name, mp_error *err);

static mp_code find_container(const mp_json **out, container_reader *reader, mp_around *a, mp_str name, mp_error *err)
{
    mp_map_entry *known = a->kept ? mp_map_find(&a->kept->containers, name) : NULL;
    if (known) {
        *out = known->value;
        return MP_OK;
    }
    const mp_estate_item *near = a->kept ? at_hand(a->kept, name) : NULL;
    if (near)
        *out = known_of(a, near);
    else
        MP_TRY(reader(out, a, name, err));
    if (!a->kept)
        return MP_OK;
    mp_str key = mp_arena_dup(a->arena, name);
    return key.ptr ? mp_map_put(&a->kept->containers, key, (void *)(uintptr_t)*out, err) : mp_no_memory(err);
}

mp_code mp_around_fill(mp_surroundings *out, mp_around *around, const mp_place *place, const mp_json *request,
                       mp_ticks now, mp_error *err)
{
    *out = (mp_surroundings){ .request = request, .now = now };
    if (place->subscription.len)
        MP_TRY(find_container(&out->subscription, read_subscription, around, place->subscription, err));
    if (!place->group_key.len || mp_str_eq(place->group_key, place->key))
        return MP_OK;
    return find_container(&out->resource_group, read_group, around, place->group_key, err);
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
        code = find_container(&given, read_group, a, place.key, &a->failed);
    else if (code == MP_OK && place.kind == MP_PLACE_SUBSCRIPTION)
        code = find_container(&given, read_subscription, a, place.subscription, &a->failed);
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
        return mp_arena_printf(arena, "/subscriptions/%.*s/resourcegroups/%.*s", MP_FMT(q->subscription_id),
                               MP_FMT(q->group));
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

/* What a query finds: read page by page, no further than somebody looks. */
typedef struct found {
    mp_pack       **packs;
    size_t          count, cap;
    mp_estate_query query;
    bool            is_whole;
} found;

static mp_code add_pack(found *f, mp_around *a, const mp_related_query *q, const mp_estate_item *item, mp_error *err)
{
    mp_resource resource;
    if (!is_asked(q, item, f->query.scope, a->arena))
        return MP_OK;
    if (a->only.len && !mp_place_holds(a->only, item->key)) {
        a->has_hidden = true;
        return MP_OK;
    }
    if (f->count == f->cap) {
        size_t    wanted = f->cap ? f->cap * 2 : 8;
        mp_pack **grown = MP_ARENA_ARRAY(a->arena, mp_pack *, wanted);
        if (!grown)
            return mp_no_memory(err);
        if (f->count)
            memcpy(grown, f->packs, f->count * sizeof *grown);
        f->packs = grown;
        f->cap = wanted;
    }
    MP_TRY(mp_resource_from_arm(&resource, item->document, a->arena, err));
    mp_pack *pack = mp_related_pack(q->type, &resource, a->arena);
    if (!pack)
        return mp_no_memory(err);
    f->packs[f->count++] = pack;
    return MP_OK;
}

static mp_code read_more(found *f, mp_around *a, const mp_related_query *q, mp_error *err)
{
    mp_estate_page page;
    MP_TRY(mp_estate_list(&page, a->tx, &f->query, a->arena, err));
    for (size_t i = 0; i < page.count; i++)
        MP_TRY(add_pack(f, a, q, &page.items[i], err));
    f->query.after = page.next;
    f->is_whole = page.next.len == 0;
    return MP_OK;
}

static mp_str joined(mp_arena *arena, mp_str front, char last)
{
    char *text = mp_arena_alloc(arena, front.len + 1);
    if (!text)
        return mp_str_of(NULL, 0);
    memcpy(text, front.ptr, front.len);
    text[front.len] = last;
    return mp_str_of(text, front.len + 1);
}

/* All that is below the scope, when the run of keys holds it. */
static mp_code look_at_hand(found *f, mp_around *a, const mp_related_query *q, mp_error *err)
{
    const mp_around_kept *kept = a->kept;
    mp_str below = joined(a->arena, f->query.scope, '/'), behind = joined(a->arena, f->query.scope, '0');
    if (!below.ptr || !behind.ptr)
        return mp_no_memory(err);
    if (mp_str_cmp(kept->from, below) > 0 || mp_str_cmp(kept->last, behind) < 0)
        return MP_OK;
    for (size_t i = first_from(kept, below); i < kept->count && mp_str_starts(kept->items[i].key, below); i++)
        if (mp_str_eq_fold(kept->items[i].type, q->type->type))
            MP_TRY(add_pack(f, a, q, &kept->items[i], err));
    f->is_whole = true;
    return MP_OK;
}

/* What is looked for, and where. */
static mp_str name_of_look(const mp_related_query *q, mp_str scope, mp_arena *arena)
{
    const struct {
        uintptr_t type, where;
    } front = { (uintptr_t)q->type, (uintptr_t)q->where };
    char *text = mp_arena_alloc(arena, sizeof front + scope.len);
    if (!text)
        return mp_str_of(NULL, 0);
    memcpy(text, &front, sizeof front);
    memcpy(text + sizeof front, scope.ptr, scope.len);
    return mp_str_of(text, sizeof front + scope.len);
}

static mp_code begin_look(found **out, mp_around *a, const mp_related_query *q, mp_error *err)
{
    mp_str scope;
    MP_TRY(mp_key_of(&scope, place_asked(q, a->arena), a->arena, err));
    mp_str key = name_of_look(q, scope, a->arena);
    found *f = key.ptr && a->kept ? mp_map_get(&a->kept->lists, key) : NULL;
    if (!key.ptr || (!f && !(*out = MP_ARENA_NEW(a->arena, found))))
        return mp_no_memory(err);
    if (f) {
        *out = f;
        return MP_OK;
    }
    **out = (found){
        .query = { .scope = scope, .type = q->type->type, .with_groups = true, .as_of = a->as_of, .limit = 100 }
    };
    if (!a->kept)
        return MP_OK;
    MP_TRY(look_at_hand(*out, a, q, err));
    return mp_map_put(&a->kept->lists, key, *out, err);
}

static mp_code look(mp_around *a, const mp_related_query *q, mp_related_visit *visit, void *arg, mp_error *err)
{
    found *f = NULL;
    MP_TRY(begin_look(&f, a, q, err));
    for (size_t i = 0;; i++) {
        while (i == f->count && !f->is_whole)
            MP_TRY(read_more(f, a, q, err));
        if (i == f->count || !visit(arg, f->packs[i]))
            return MP_OK;
    }
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

void mp_around_kept_done(mp_around_kept *kept)
{
    mp_map_free(&kept->containers);
    mp_map_free(&kept->lists);
    *kept = (mp_around_kept)MP_AROUND_KEPT_INIT;
}

mp_code mp_around_check(const mp_around *around, mp_error *err)
{
    if (around->failed.code != MP_OK && err)
        *err = around->failed;
    return around->failed.code;
}
