/* SPDX-License-Identifier: Apache-2.0 */
/* Every write of a remediation stands in the record of its change; here they are turned round, from writes to what
 * was written. */
#include "tracked.h"

#include <stdlib.h>

#include "keys.h"
#include "map.h"

#define PAGE 500

typedef struct tracking {
    mp_tx                 *tx;
    const mp_states_query *where;
    mp_arena              *arena;
    mp_map                 seen; /* key to mp_tracked */
    mp_remediation         run;  /* of the change at hand */
} tracking;

static bool is_wanted(const tracking *t, const mp_place *place)
{
    if (!t->where->subscriptions)
        return t->where->scope.len == 0 || mp_place_holds(t->where->scope, place->key);
    for (size_t i = 0; i < t->where->subscription_count; i++)
        if (mp_str_eq_fold(t->where->subscriptions[i], place->subscription))
            return true;
    return false;
}

static mp_code add(tracking *t, const mp_place *place, const mp_tracked_act *act, bool is_new, mp_error *err)
{
    mp_tracked *one = mp_map_get(&t->seen, place->key);
    if (!one && t->seen.len == MP_TRACKED_MOST)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE,
                       "more than %d resources were deployed by policies; ask for those of a narrower scope",
                       MP_TRACKED_MOST);
    if (!one) {
        one = MP_ARENA_NEW(t->arena, mp_tracked);
        if (!one)
            return mp_no_memory(err);
        one->id = place->id;
        one->key = place->key;
        MP_TRY(mp_map_put(&t->seen, place->key, one, err));
    }
    if (is_new && (!one->created.at || act->at > one->created.at)) /* made anew after it was gone */
        one->created = *act;
    if (act->at >= one->modified.at)
        one->modified = *act;
    return MP_OK;
}

static mp_code add_change(tracking *t, const mp_remediation_change *change, mp_error *err)
{
    mp_tracked_act act = { t->run.assignment, t->run.reference, change->deployment, change->updated_on };
    if (!change->deployment.len || mp_str_eq(change->undo, MP_S("Succeeded")) || !mp_json_is(change->writes, MP_JSON_ARRAY))
        return MP_OK;
    for (MP_JSON_EACH(written, change->writes)) {
        mp_place       place;
        mp_estate_item item;
        mp_error       why = { .code = MP_OK };
        const mp_json *before = mp_json_get(written, MP_S("before"));
        MP_TRY(mp_place_of(&place, mp_json_str(mp_json_get(written, MP_S("id"))), t->arena, err));
        if (place.kind != MP_PLACE_RESOURCE || !is_wanted(t, &place))
            continue;
        mp_code code = mp_estate_get(&item, t->tx, place.key, 0, t->arena, &why);
        if (code != MP_OK && code != MP_MISSING)
            return mp_fail(err, code, MP_NOWHERE, "%s", why.message);
        if (code == MP_OK)
            MP_TRY(add(t, &place, &act, !mp_json_is(before, MP_JSON_STRING), err));
    }
    return MP_OK;
}

static mp_code add_run(tracking *t, const mp_record *record, mp_error *err)
{
    mp_remediation_changes changes = { .next = MP_S("") };
    MP_TRY(mp_remediation_of(&t->run, record, t->arena, err));
    do {
        MP_TRY(mp_remediation_list_changes(&changes, t->tx, t->run.run, changes.next, PAGE, t->arena, err));
        for (size_t i = 0; i < changes.count; i++)
            MP_TRY(add_change(t, &changes.list[i], err));
    } while (changes.next.len);
    return MP_OK;
}

static mp_code add_all(tracking *t, mp_error *err)
{
    mp_record_query query = { .kind = &mp_remediation_kind, .limit = PAGE };
    mp_record_page  page;
    do {
        MP_TRY(mp_record_list(&page, t->tx, &query, t->arena, err));
        for (size_t i = 0; i < page.count; i++)
            MP_TRY(add_run(t, &page.records[i], err));
        query.after = page.next;
    } while (page.next.len);
    return MP_OK;
}

static int by_key(const void *a, const void *b)
{
    return mp_str_cmp(((const mp_tracked *)a)->key, ((const mp_tracked *)b)->key);
}

mp_code mp_tracked_read(mp_tracked_list *out, mp_tx *tx, const mp_states_query *where, mp_arena *arena, mp_error *err)
{
    tracking t = { .tx = tx, .where = where, .arena = arena, .seen = MP_MAP_INIT };
    *out = (mp_tracked_list){ .count = 0 };
    mp_code code = add_all(&t, err);
    if (code == MP_OK && !(out->list = MP_ARENA_ARRAY(arena, mp_tracked, t.seen.len + 1)))
        code = mp_no_memory(err);
    for (size_t i = 0; code == MP_OK && i < t.seen.len; i++)
        out->list[out->count++] = *(const mp_tracked *)t.seen.entries[i].value;
    if (code == MP_OK)
        qsort(out->list, out->count, sizeof *out->list, by_key);
    mp_map_free(&t.seen);
    return code;
}
