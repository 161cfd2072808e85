/* SPDX-License-Identifier: Apache-2.0 */
#include "states.h"

#include <stdio.h>

#include "buf.h"
#include "state_rows.h"

#define PAGE 100
#define PAGE_MAX 1000

static mp_code no_memory(mp_error *err) { return mp_fail(err, MP_NOMEM, MP_NOWHERE, "no memory for a question"); }

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

/* ---- continuations ---- */

/* "r.RESOURCE.RULE.SINCE.GIVEN" behind a row, "n.OFFSET" of what is sorted or grouped. GIVEN counts rows, for $top. */
static bool read_numbers(int64_t *out, size_t count, mp_str text)
{
    for (size_t i = 0; i < count; i++) {
        size_t n = 0;
        out[i] = 0;
        while (n < text.len && text.ptr[n] >= '0' && text.ptr[n] <= '9' && n < 19)
            out[i] = out[i] * 10 + (text.ptr[n++] - '0');
        if (n == 0 || (i + 1 < count && (n >= text.len || text.ptr[n] != '.')) || (i + 1 == count && n != text.len))
            return false;
        text = mp_str_skip(text, n + 1);
    }
    return true;
}

static mp_code no_continuation(mp_error *err)
{
    return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "the $skiptoken is none that this question gave");
}

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
    l->last = (mp_state_after){ row->resource, row->rule, row->since };
    l->count++;
    return MP_OK;
}

static mp_code list_plain(mp_states_page *out, mp_tx *tx, const mp_states_query *q, const mp_query *parsed, mp_jsonw *w, mp_arena *arena, mp_error *err)
{
    int64_t        at[4] = { 0, 0, 0, 0 };
    listing        l = { .parsed = parsed, .w = w, .limit = q->page };
    mp_state_after after;
    if (q->after.len && (!mp_str_starts(q->after, MP_S("r.")) || !read_numbers(at, 4, mp_str_skip(q->after, 2))))
        return no_continuation(err);
    after = (mp_state_after){ at[0], at[1], at[2] };
    if (parsed->top >= 0 && parsed->top - at[3] < (int64_t)l.limit)
        l.limit = parsed->top > at[3] ? (uint32_t)(parsed->top - at[3]) : 0;
    if (l.limit)
        MP_TRY(mp_state_each(tx, q, parsed->filter, q->after.len ? &after : NULL, list_row, &l, arena, err));
    out->count = l.count;
    int64_t given = at[3] + l.count;
    if (l.has_more && (parsed->top < 0 || given < parsed->top)) {
        out->next = mp_arena_printf(arena, "r.%lld.%lld.%lld.%lld", (long long)l.last.resource, (long long)l.last.rule, (long long)l.last.since, (long long)given);
        return out->next.ptr ? MP_OK : no_memory(err);
    }
    return MP_OK;
}

/* ---- rows that are sorted ---- */

typedef struct sorting {
    const void **rows;
    size_t       count, cap;
    mp_arena    *arena;
} sorting;

static mp_code keep_row(bool *goes_on, void *ctx, const mp_state_row *row, mp_error *err)
{
    sorting *s = ctx;
    (void)goes_on;
    if (s->count == MP_STATES_SORTED)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "more than %d rows are to be sorted; ask for fewer with $filter", MP_STATES_SORTED);
    if (s->count == s->cap) {
        size_t       cap = s->cap ? s->cap * 2 : 256;
        const void **grown = MP_ARENA_ARRAY(s->arena, const void *, cap);
        if (!grown)
            return no_memory(err);
        if (s->count)
            memcpy(grown, s->rows, s->count * sizeof *grown);
        s->rows = grown;
        s->cap = cap;
    }
    s->rows[s->count] = mp_state_keep(row, s->arena);
    return s->rows[s->count++] ? MP_OK : no_memory(err);
}

/* Where the page begins and ends among `total`, and how it goes on. */
static mp_code cut(size_t *from, size_t *to, mp_str *next, const mp_states_query *q, size_t total, mp_arena *arena, mp_error *err)
{
    int64_t at = 0;
    if (q->after.len && (!mp_str_starts(q->after, MP_S("n.")) || !read_numbers(&at, 1, mp_str_skip(q->after, 2))))
        return no_continuation(err);
    *from = (size_t)at < total ? (size_t)at : total;
    *to = total - *from > q->page ? *from + q->page : total;
    if (*to < total) {
        *next = mp_arena_printf(arena, "n.%zu", *to);
        return next->ptr ? MP_OK : no_memory(err);
    }
    return MP_OK;
}

static mp_code list_sorted(mp_states_page *out, mp_tx *tx, const mp_states_query *q, const mp_query *parsed, mp_jsonw *w, mp_arena *arena, mp_error *err)
{
    sorting s = { .arena = arena };
    size_t  from, to;
    MP_TRY(mp_state_each(tx, q, parsed->filter, NULL, keep_row, &s, arena, err));
    MP_TRY(mp_order_sort(&parsed->order, &mp_state_reader, s.rows, s.count, err));
    size_t total = parsed->top >= 0 && (size_t)parsed->top < s.count ? (size_t)parsed->top : s.count;
    MP_TRY(cut(&from, &to, &out->next, q, total, arena, err));
    for (size_t i = from; i < to; i++)
        mp_state_write(w, s.rows[i], parsed->select, parsed->select_count);
    out->count = to - from;
    return MP_OK;
}

/* ---- groups ---- */

static mp_code feed(bool *goes_on, void *ctx, const mp_state_row *row, mp_error *err)
{
    (void)goes_on;
    return mp_apply_feed(ctx, &mp_state_reader, row, err);
}

static void write_group_cell(mp_jsonw *w, const mp_odata_field *field, const mp_cell *cell)
{
    char text[MP_CLOCK_TEXT];
    mp_jsonw_key(w, mp_arena_dup(w->arena, field->name));
    switch (cell->kind) {
    case MP_CELL_BOOL:
        mp_jsonw_bool(w, cell->u.yes);
        break;
    case MP_CELL_INT:
        mp_jsonw_int(w, cell->u.integer);
        break;
    case MP_CELL_REAL:
        mp_jsonw_real(w, cell->u.real);
        break;
    case MP_CELL_DATE:
        mp_clock_format(text, cell->u.date);
        mp_jsonw_str(w, mp_arena_dup(w->arena, mp_str_from(text)));
        break;
    case MP_CELL_TEXT:
        mp_jsonw_str(w, field->type == MP_ODATA_ID ? mp_odata_fold(w->arena, cell->u.text) : mp_arena_dup(w->arena, cell->u.text)); /* as in rows */
        break;
    default:
        mp_jsonw_null(w);
    }
}

static mp_code write_groups(mp_states_page *out, const mp_states_query *q, const mp_query *parsed, mp_apply_run *run, mp_jsonw *w, mp_arena *arena, mp_error *err)
{
    mp_groups groups;
    size_t    from, to;
    MP_TRY(mp_query_finish(&groups, parsed, run, err));
    MP_TRY(cut(&from, &to, &out->next, q, groups.count, arena, err));
    for (size_t i = from; i < to; i++) {
        mp_jsonw_object(w);
        for (uint32_t k = 0; k < (parsed->select ? parsed->select_count : groups.table->field_count); k++) {
            uint32_t f = parsed->select ? parsed->select[k] : k;
            write_group_cell(w, &groups.table->fields[f], &groups.rows[i][f]);
        }
        mp_jsonw_end(w);
    }
    out->count = to - from;
    return MP_OK;
}

static mp_code list_groups(mp_states_page *out, mp_tx *tx, const mp_states_query *q, const mp_query *parsed, mp_jsonw *w, mp_arena *arena, mp_error *err)
{
    mp_apply_run *run;
    MP_TRY(mp_apply_run_new(&run, &parsed->apply, NULL, err));
    mp_code code = mp_state_each(tx, q, parsed->filter, NULL, feed, run, arena, err);
    if (code == MP_OK)
        code = write_groups(out, q, parsed, run, w, arena, err);
    mp_apply_run_free(run);
    return code;
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
    if (parsed.apply.count)
        MP_TRY(list_groups(out, tx, &q, &parsed, &w, arena, err));
    else if (parsed.order.count)
        MP_TRY(list_sorted(out, tx, &q, &parsed, &w, arena, err));
    else
        MP_TRY(list_plain(out, tx, &q, &parsed, &w, arena, err));
    mp_jsonw_end(&w);
    out->rows = mp_jsonw_done(&w);
    return out->rows ? MP_OK : no_memory(err);
}
