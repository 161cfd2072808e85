/* SPDX-License-Identifier: Apache-2.0 */
#include "odata_query.h"

#include "odata_parse.h"

/* Where $apply stands too: a filter of rows, or else of what $apply gives. Of the two errors that one is told which stands
 * further behind: so far the filter made sense. */
static mp_code parse_filter(mp_query *q, mp_arena *arena, mp_str text, mp_error *err)
{
    const mp_filter *filter;
    mp_error         of_rows = { .code = MP_OK }, of_groups = { .code = MP_OK };
    mp_code          code = mp_filter_parse(&filter, arena, q->rows, text, &of_rows);
    if (code == MP_OK)
        return mp_filter_and(&q->filter, arena, filter, q->filter, err);
    if (code == MP_COMPILE && q->apply.count) {
        code = mp_filter_parse(&q->having, arena, q->out, text, &of_groups);
        bool is_further = of_groups.pos.line > of_rows.pos.line ||
                          (of_groups.pos.line == of_rows.pos.line && of_groups.pos.col > of_rows.pos.col);
        if (code == MP_OK)
            return MP_OK;
        if (code == MP_NOMEM || is_further)
            of_rows = of_groups;
    }
    if (err)
        *err = of_rows;
    return of_rows.code;
}

mp_code mp_query_parse(mp_query *out, mp_arena *arena, const mp_odata_table *rows, const mp_query_texts *texts,
                       mp_error *err)
{
    mp_query q = { .rows = rows, .out = rows, .top = -1 };
    if (texts->apply.ptr) {
        MP_TRY(mp_apply_parse(&q.apply, arena, rows, texts->apply, err));
        q.filter = q.apply.filter;
        q.out = q.apply.out;
    }
    q.order.table = q.out;
    if (texts->filter.ptr)
        MP_TRY(parse_filter(&q, arena, texts->filter, err));
    if (mp_str_trim(texts->orderby).len)
        MP_TRY(mp_order_parse(&q.order, arena, q.out, texts->orderby, err));
    if (mp_str_trim(texts->select).len)
        MP_TRY(mp_select_parse(&q.select, &q.select_count, arena, q.out, texts->select, err));
    if (texts->top.ptr)
        MP_TRY(mp_top_parse(&q.top, texts->top, err));
    *out = q;
    return MP_OK;
}

mp_code mp_query_finish(mp_groups *out, const mp_query *query, mp_apply_run *run, mp_error *err)
{
    mp_groups groups;
    size_t    kept = 0;
    MP_TRY(mp_apply_finish(&groups, run, err));
    for (size_t i = 0; i < groups.count; i++)
        if (mp_filter_test(query->having, &mp_group_reader, groups.rows[i]))
            groups.rows[kept++] = groups.rows[i];
    groups.count = kept;
    MP_TRY(mp_order_sort(&query->order, &mp_group_reader, (const void **)groups.rows, groups.count, err));
    if (query->top >= 0 && (uint64_t)query->top < groups.count)
        groups.count = (size_t)query->top;
    *out = groups;
    return MP_OK;
}
