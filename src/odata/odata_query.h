/* SPDX-License-Identifier: Apache-2.0 */
/* odata_query.h - all options of one request, and what follows when they stand together.
 *
 * Without $apply: $filter, $orderby and $select speak of the rows. With $apply: $orderby and $select speak of its
 * results. A $filter then is one of the rows, as PolicyInsights has it, unless it names what only the results have:
 * `n gt 5` is tested on the groups. */
#ifndef MAPAE_ODATA_ODATA_QUERY_H
#define MAPAE_ODATA_ODATA_QUERY_H

#include "odata_apply.h"

/* As they stand in the address, decoded; ptr NULL: not given. An option that is given and empty is an error, but for
 * $orderby and $select. */
typedef struct mp_query_texts {
    mp_str filter, orderby, select, top, apply;
} mp_query_texts;

typedef struct mp_query {
    const mp_odata_table *rows;    /* what the caller gave */
    const mp_odata_table *out;     /* what comes out: `rows`, or that of $apply */
    const mp_filter      *filter;  /* of the rows: $filter and what $apply begins with; NULL: all */
    mp_apply              apply;   /* no steps: the result is rows */
    const mp_filter      *having;  /* of the results of $apply; NULL: all */
    mp_order              order;   /* of `out`; no keys: as they come */
    const uint32_t       *select;  /* fields of `out`; NULL: all */
    uint32_t              select_count;
    int64_t               top;     /* -1: not given */
} mp_query;

MP_MUST_CHECK mp_code mp_query_parse(mp_query *out, mp_arena *arena, const mp_odata_table *rows, const mp_query_texts *texts,
                                     mp_error *err);

/* mp_apply_finish(), then having, order and top. `*out` lives as long as the run. */
MP_MUST_CHECK mp_code mp_query_finish(mp_groups *out, const mp_query *query, mp_apply_run *run, mp_error *err);

/* The best `top` of any number of rows without keeping the others is the caller's; this sorts what he has. Stable.
 * `rows` are row pointers. Fails with MP_NOMEM. */
MP_MUST_CHECK mp_code mp_order_sort(const mp_order *order, const mp_odata_reader *reader, const void **rows, size_t count,
                                    mp_error *err);

#endif
