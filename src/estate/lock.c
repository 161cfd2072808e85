/* SPDX-License-Identifier: Apache-2.0 */
#include "estate.h"

#include "text.h"

static const mp_record_index indexes[] = { { .name = "id", .path = "id", .folds = true } };
const mp_kind mp_lock_kind = { .name = "lock", .indexes = indexes, .index_count = MP_COUNT(indexes) };

enum { FRONT_MAX = 512 };

#define LOCKS "/providers/microsoft.authorization/locks/"

/* The first lock that forbids it, of those whose keys begin with `start`. */
static mp_code check_run(mp_tx *tx, mp_str start, bool is_delete, mp_arena *arena, mp_error *err)
{
    mp_str           front = start; /* as much of it as a filter takes */
    while (front.len > FRONT_MAX || !mp_utf8_valid(front))
        front.len--;
    mp_record_filter filter = { .index = "id", .op = MP_FILTER_STARTS, .value = front };
    mp_record_query  query = { .kind = &mp_lock_kind, .filters = &filter, .filter_count = 1, .order = "id" };
    mp_record_page   page;
    do {
        MP_TRY(mp_record_list(&page, tx, &query, arena, err));
        for (size_t i = 0; i < page.count; i++) {
            const mp_json *level = mp_json_get(page.records[i].body, MP_S("level")),
                          *id = mp_json_get(page.records[i].body, MP_S("id"));
            bool is_read_only =
                mp_json_is(level, MP_JSON_STRING) && mp_str_eq_fold(mp_json_str(level), MP_S("ReadOnly"));
            if (mp_str_starts(page.records[i].key, start) && (is_delete || is_read_only))
                return mp_fail(err, MP_CONFLICT, MP_NOWHERE, "this is locked by '%.*s'",
                               MP_FMT(mp_json_is(id, MP_JSON_STRING) ? mp_json_str(id) : page.records[i].key));
        }
        query.after = page.next;
    } while (page.next.len);
    return MP_OK;
}

mp_code mp_lock_check(mp_tx *tx, mp_str key, bool is_delete, mp_arena *arena, mp_error *err)
{
    mp_place place;
    mp_str   start;
    MP_TRY(mp_place_of(&place, key, arena, err));
    if (is_delete) { /* those on itself are among what is below */
        start = mp_arena_printf(arena, "%.*s/", MP_FMT(place.key));
        if (!start.ptr)
            return mp_no_memory(err);
        MP_TRY(check_run(tx, start, true, arena, err));
    }
    for (bool is_self = true; place.kind >= MP_PLACE_SUBSCRIPTION; is_self = false) {
        start = mp_arena_printf(arena, "%.*s" LOCKS, MP_FMT(place.key));
        if (!start.ptr)
            return mp_no_memory(err);
        if (!is_self || !is_delete)
            MP_TRY(check_run(tx, start, is_delete, arena, err));
        if (place.parent.len <= 1)
            break;
        MP_TRY(mp_place_of(&place, place.parent, arena, err));
    }
    return MP_OK;
}
