/* SPDX-License-Identifier: Apache-2.0 */
/* Records in the order of their keys, for whoever goes through all there is: one statement for a page, over the
 * primary key alone. */
#include "record_internal.h"

#define COLUMNS "key, version, since, "
#define PRESENT "FROM record WHERE kind = ?1 AND key >= ?2 AND key <= ?3"

static const char now[] = "SELECT " COLUMNS "0, hash, body " PRESENT " ORDER BY key LIMIT ?4";
/* Of two versions of a key one at most is of the date. */
static const char then[] =
    "SELECT " COLUMNS "0, hash, body " PRESENT " AND since <= ?5 UNION ALL SELECT " COLUMNS
    "until, hash, body FROM record_past"
    " WHERE kind = ?1 AND key >= ?2 AND key <= ?3 AND since <= ?5 AND until > ?5 AND body IS NOT NULL ORDER BY key LIMIT ?4";

mp_str mp_record_behind(mp_str key, mp_arena *arena)
{
    return key.ptr ? mp_arena_printf(arena, "%.*s\x01", MP_FMT(key)) : key;
}

static mp_code take_rows(mp_record_page *page, mp_tx *tx, mp_rows *rows, uint32_t limit, mp_arena *arena, mp_error *err)
{
    bool more = true;
    while (page->count < limit) {
        MP_TRY(mp_rows_next(&more, rows, err));
        if (!more)
            break;
        mp_record *r = &page->records[page->count++];
        r->key = mp_arena_dup(arena, mp_rows_bytes(rows, 0));
        if (!r->key.ptr)
            return mp_no_memory(err);
        MP_TRY(mp_record_from(r, tx, rows, 1, arena, err));
    }
    if (page->count == limit)
        page->next = page->records[limit - 1].key;
    return MP_OK;
}

mp_code mp_record_range(mp_record_page *out, mp_tx *tx, const mp_record_run *run, uint32_t limit, mp_arena *arena,
                        mp_error *err)
{
    const mp_kind_ids *ids = NULL;
    mp_rows           *rows = NULL;
    mp_record_page     page = { .total = -1 };
    MP_TRY(mp_kind_find(&ids, tx->store, run->kind, err));
    const mp_value values[] = { mp_int(ids->id), mp_text(run->from), mp_text(run->last), mp_int(limit), mp_int(run->as_of) };
    page.records = MP_ARENA_ARRAY(arena, mp_record, (size_t)limit + 1);
    if (!page.records)
        return mp_no_memory(err);
    MP_TRY(mp_sql_ask(&rows, tx, run->as_of ? then : now, values, run->as_of ? 5 : 4, err));
    mp_code code = take_rows(&page, tx, rows, limit, arena, err);
    mp_rows_close(rows);
    if (code == MP_OK)
        *out = page;
    return code;
}

mp_code mp_record_cuts(mp_str *keys, size_t *count, mp_tx *tx, const mp_record_run *run, uint32_t each,
                       mp_arena *arena, mp_error *err)
{
    const mp_kind_ids *ids = NULL;
    mp_str             from = run->from;
    size_t             most = *count;
    bool               more = true;
    MP_TRY(mp_kind_find(&ids, tx->store, run->kind, err));
    for (*count = 0; more && *count < most;) {
        mp_rows *rows = NULL;
        MP_TRY(mp_sql_ask(&rows, tx, "SELECT key " PRESENT " ORDER BY key LIMIT 1 OFFSET ?4",
                          MP_VALUES(mp_int(ids->id), mp_text(from), mp_text(run->last), mp_int((int64_t)each - 1)), err));
        mp_code code = mp_rows_next(&more, rows, err);
        if (code == MP_OK && more)
            from = mp_record_behind(keys[(*count)++] = mp_arena_dup(arena, mp_rows_bytes(rows, 0)), arena);
        mp_rows_close(rows);
        MP_TRY(code);
        if (!from.ptr)
            return mp_no_memory(err);
    }
    return MP_OK;
}
