/* SPDX-License-Identifier: Apache-2.0 */
#include "states.h"

#include "row_pages.h"
#include "state_rows.h"

#define PAGE 100
#define PAGE_MAX 1000

/* Dates that were not given. A question about the present has none. */
static mp_states_query complete(const mp_states_query *query, mp_tx *tx)
{
    mp_states_query q = *query;
    if (q.is_history && !q.to)
        q.to = mp_tx_time(tx);
    if (q.is_history && !q.from)
        q.from = q.to - MP_TICKS_PER_DAY;
    q.page = q.page == 0 ? PAGE : q.page > PAGE_MAX ? PAGE_MAX : q.page;
    return q;
}

/* "r.RESOURCE.RULE.STATE.SINCE.GIVEN" behind a row, "n.OFFSET" of what is sorted or grouped. GIVEN counts rows, for $top. */

/* ---- rows as they come ---- */

typedef struct listing {
    const mp_query *parsed;
    mp_jsonw       *w;
    uint32_t        count, limit;
    mp_state_after  last;
    bool            has_more;
} listing;

static mp_code list_row(bool *goes_on, void *ctx, const mp_state_row *row, mp_error *err)
{
    listing *l = ctx;
    (void)err;
    if (l->count == l->limit) {
        l->has_more = true;
        *goes_on = false;
        return MP_OK;
    }
    mp_state_write(l->w, row, l->parsed->select, l->parsed->select_count);
    l->last = mp_state_behind(row);
    l->count++;
    return MP_OK;
}

static mp_code list_plain(mp_states_page *out, mp_tx *tx, const mp_states_query *q, const mp_query *parsed,
                          mp_jsonw *w, mp_arena *arena, mp_error *err)
{
    int64_t        at[5] = { 0 };
    listing        l = { .parsed = parsed, .w = w, .limit = q->page };
    mp_state_after after;
    if (q->after.len && (!mp_str_starts(q->after, MP_S("r.")) || !mp_row_numbers(at, 5, mp_str_skip(q->after, 2))))
        return mp_no_continuation(err);
    after = (mp_state_after){ at[0], at[1], at[2], at[3] };
    if (parsed->top >= 0 && parsed->top - at[4] < (int64_t)l.limit)
        l.limit = parsed->top > at[4] ? (uint32_t)(parsed->top - at[4]) : 0;
    if (l.limit)
        MP_TRY(mp_state_each(tx, q, parsed->filter, q->after.len ? &after : NULL, false, list_row, &l, arena, err));
    out->count = l.count;
    int64_t given = at[4] + l.count;
    if (l.has_more && (parsed->top < 0 || given < parsed->top)) {
        out->next =
            mp_arena_printf(arena, "r.%lld.%lld.%lld.%lld.%lld", (long long)l.last.resource, (long long)l.last.rule,
                            (long long)l.last.state, (long long)l.last.since, (long long)given);
        return out->next.ptr ? MP_OK : mp_no_memory(err);
    }
    return MP_OK;
}

/* ---- rows that are sorted or grouped ---- */

typedef struct asking {
    mp_tx                 *tx;
    const mp_states_query *query;
    mp_arena              *arena;
    mp_row_visit          *visit;
    void                  *arg;
} asking;

static mp_code visit_row(bool *goes_on, void *ctx, const mp_state_row *row, mp_error *err)
{
    asking *a = ctx;
    return a->visit(goes_on, a->arg, row, err);
}

static mp_code each_row(void *ctx, const mp_filter *filter, mp_row_visit *visit, void *arg, mp_error *err)
{
    asking *a = ctx;
    a->visit = visit;
    a->arg = arg;
    return mp_state_each(a->tx, a->query, filter, NULL, false, visit_row, a, a->arena, err);
}

static const void *keep_row(const void *row, mp_arena *arena) { return mp_state_keep(row, arena); }

static void write_row(mp_jsonw *w, const void *ctx, const void *row, const uint32_t *chosen, uint32_t count)
{
    (void)ctx;
    mp_state_write(w, row, chosen, count);
}

mp_code mp_states_rows(mp_states_page *out, mp_tx *tx, const mp_states_query *query, mp_arena *arena, mp_error *err)
{
    mp_states_query q = complete(query, tx);
    mp_query        parsed;
    mp_jsonw        w;
    *out = (mp_states_page){ .count = 0 };
    MP_TRY(mp_query_parse(&parsed, arena, &mp_state_table, &q.texts, err));
    mp_jsonw_init(&w, arena);
    mp_jsonw_array(&w);
    asking        a = { .tx = tx, .query = &q, .arena = arena };
    mp_row_source from = { &mp_state_reader, each_row, keep_row, write_row, &a };
    if (parsed.apply.count || parsed.order.count)
        MP_TRY(mp_row_page(out, &from, &q, &parsed, &w, err));
    else
        MP_TRY(list_plain(out, tx, &q, &parsed, &w, arena, err));
    mp_jsonw_end(&w);
    out->rows = mp_jsonw_done(&w);
    return out->rows ? MP_OK : mp_no_memory(err);
}
