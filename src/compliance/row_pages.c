/* SPDX-License-Identifier: Apache-2.0 */
#include "row_pages.h"

/* ---- continuations ---- */

bool mp_row_numbers(int64_t *out, size_t count, mp_str text)
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

mp_code mp_no_continuation(mp_error *err)
{
    return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "the $skiptoken is none that this question gave");
}

/* ---- rows that are sorted ---- */

typedef struct sorting {
    const mp_row_source *from;
    const void **rows;
    size_t       count, cap;
    mp_arena    *arena;
} sorting;

static mp_code keep_row(bool *goes_on, void *ctx, const void *row, mp_error *err)
{
    sorting *s = ctx;
    (void)goes_on;
    if (s->count == MP_STATES_SORTED)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "more than %d rows are to be sorted; ask for fewer with $filter",
                       MP_STATES_SORTED);
    if (s->count == s->cap) {
        size_t       cap = s->cap ? s->cap * 2 : 256;
        const void **grown = MP_ARENA_ARRAY(s->arena, const void *, cap);
        if (!grown)
            return mp_no_memory(err);
        if (s->count)
            memcpy(grown, s->rows, s->count * sizeof *grown);
        s->rows = grown;
        s->cap = cap;
    }
    s->rows[s->count] = s->from->keep(row, s->arena);
    return s->rows[s->count++] ? MP_OK : mp_no_memory(err);
}

/* Where the page begins and ends among `total`, and how it goes on. */
static mp_code cut(size_t *from, size_t *to, mp_str *next, const mp_states_query *q, size_t total, mp_arena *arena,
                   mp_error *err)
{
    int64_t at = 0;
    if (q->after.len && (!mp_str_starts(q->after, MP_S("n.")) || !mp_row_numbers(&at, 1, mp_str_skip(q->after, 2))))
        return mp_no_continuation(err);
    *from = (size_t)at < total ? (size_t)at : total;
    *to = total - *from > q->page ? *from + q->page : total;
    if (*to < total) {
        *next = mp_arena_printf(arena, "n.%zu", *to);
        return next->ptr ? MP_OK : mp_no_memory(err);
    }
    return MP_OK;
}

static mp_code list_sorted(mp_states_page *out, const mp_row_source *from, const mp_states_query *q,
                           const mp_query *parsed, mp_jsonw *w, mp_error *err)
{
    sorting s = { .from = from, .arena = w->arena };
    size_t  first, end;
    MP_TRY(from->each(from->ctx, parsed->filter, keep_row, &s, err));
    MP_TRY(mp_order_sort(&parsed->order, from->reader, s.rows, s.count, err));
    size_t total = parsed->top >= 0 && (size_t)parsed->top < s.count ? (size_t)parsed->top : s.count;
    MP_TRY(cut(&first, &end, &out->next, q, total, w->arena, err));
    for (size_t i = first; i < end; i++)
        from->write(w, from->ctx, s.rows[i], parsed->select, parsed->select_count);
    out->count = end - first;
    return MP_OK;
}

/* ---- groups ---- */

typedef struct feeding {
    const mp_row_source *from;
    mp_apply_run        *run;
} feeding;

static mp_code feed(bool *goes_on, void *ctx, const void *row, mp_error *err)
{
    feeding *f = ctx;
    (void)goes_on;
    return mp_apply_feed(f->run, f->from->reader, row, err);
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
        /* as in rows */
        mp_jsonw_str(w, field->type == MP_ODATA_ID ? mp_odata_fold(w->arena, cell->u.text)
                                                   : mp_arena_dup(w->arena, cell->u.text));
        break;
    default:
        mp_jsonw_null(w);
    }
}

static mp_code write_groups(mp_states_page *out, const mp_states_query *q, const mp_query *parsed, mp_apply_run *run,
                            mp_jsonw *w, mp_arena *arena, mp_error *err)
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

static mp_code list_groups(mp_states_page *out, const mp_row_source *from, const mp_states_query *q,
                           const mp_query *parsed, mp_jsonw *w, mp_error *err)
{
    feeding f = { .from = from };
    MP_TRY(mp_apply_run_new(&f.run, &parsed->apply, NULL, err));
    mp_code code = from->each(from->ctx, parsed->filter, feed, &f, err);
    if (code == MP_OK)
        code = write_groups(out, q, parsed, f.run, w, w->arena, err);
    mp_apply_run_free(f.run);
    return code;
}

mp_code mp_row_page(mp_states_page *out, const mp_row_source *from, const mp_states_query *query,
                    const mp_query *parsed, mp_jsonw *w, mp_error *err)
{
    return (parsed->apply.count ? list_groups : list_sorted)(out, from, query, parsed, w, err);
}
