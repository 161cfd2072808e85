/* SPDX-License-Identifier: Apache-2.0 */
/* odata_apply.h - $apply: grouping rows and adding them up.
 *
 *   filter(...)   groupby((a,b))   groupby((a,b),aggregate($count as n,x with max as m))   aggregate(...)      joined by '/'
 *
 * Each step has a table of what goes in and one of what comes out: the keys, then the aggregates by their names. A row of a
 * step's output is an array of cells, one for each field of `out`.
 *
 * Rows are fed one by one and only groups are kept, so memory grows with the groups of the first step, never with the rows;
 * what stands behind the first grouping runs over its groups. A store that can group by itself gives the groups of the first
 * step instead (mp_apply_run_groups). */
#ifndef MAPAE_ODATA_ODATA_APPLY_H
#define MAPAE_ODATA_ODATA_APPLY_H

#include "odata.h"

#define MP_APPLY_STEPS_MAX 16
#define MP_APPLY_KEYS_MAX 32          /* of one groupby */
#define MP_APPLY_AGGREGATES_MAX 32    /* of one aggregate */
#define MP_APPLY_GROUPS_MAX 100000    /* by default */
#define MP_APPLY_DISTINCT_MAX 1000000 /* values that countdistinct remembers, in all, by default */
#define MP_APPLY_BYTES_MAX (256u << 20) /* keys and values that a run remembers, by default */

typedef enum mp_aggregate_method {
    MP_AGGREGATE_COUNT, /* $count: rows */
    MP_AGGREGATE_SUM,
    MP_AGGREGATE_MIN,
    MP_AGGREGATE_MAX,
    MP_AGGREGATE_AVERAGE,
    MP_AGGREGATE_DISTINCT, /* countdistinct: different values that are not null */
} mp_aggregate_method;

typedef struct mp_aggregate {
    mp_aggregate_method method;
    uint32_t  field; /* of `in`; not for COUNT */
    mp_str    name;
} mp_aggregate;

typedef enum mp_apply_kind {
    MP_APPLY_FILTER,    /* out is in */
    MP_APPLY_GROUP,     /* groupby */
    MP_APPLY_AGGREGATE, /* aggregate alone: one group, also of no rows */
} mp_apply_kind;

typedef struct mp_apply_step {
    mp_apply_kind         kind;
    const mp_odata_table *in, *out;
    const mp_filter      *filter;     /* FILTER */
    const uint32_t       *keys;       /* fields of `in` */
    const mp_aggregate   *aggregates;
    uint32_t              key_count, aggregate_count;
} mp_apply_step;

typedef struct mp_apply {
    const mp_filter      *filter; /* of the rows, before the first step: all filters that stand there. NULL: none */
    const mp_apply_step  *steps;  /* the first one groups; none: $apply was filters only */
    uint32_t              count;
    const mp_odata_table *out;    /* of the last step, or the table of the rows */
} mp_apply;

MP_MUST_CHECK mp_code mp_apply_parse(mp_apply *out, mp_arena *arena, const mp_odata_table *table, mp_str text,
                                     mp_error *err);
void mp_apply_print(mp_buf *out, const mp_apply *apply);

/* ---- running ---- */

typedef struct mp_apply_limits {
    uint32_t groups;   /* 0: MP_APPLY_GROUPS_MAX */
    uint32_t distinct; /* 0: MP_APPLY_DISTINCT_MAX */
    size_t   bytes;    /* 0: MP_APPLY_BYTES_MAX */
} mp_apply_limits;

typedef struct mp_apply_run mp_apply_run; /* one thread at a time */

/* `apply` has a step, and outlives the run. `limits` may be NULL. Fails with MP_NOMEM. */
MP_MUST_CHECK mp_code mp_apply_run_new(mp_apply_run **out, const mp_apply *apply, const mp_apply_limits *limits,
                                       mp_error *err);
void mp_apply_run_free(mp_apply_run *run); /* NULL is fine */
static inline void mp_apply_run_freep(mp_apply_run **run) { mp_apply_run_free(*run); }

/* A row of the first step's input, of which apply->filter holds (it is not tested here). What is kept of it is
 * copied. Fails with MP_LIMIT (groups, distinct values, bytes, a sum beyond 64 bits: which one, and what to do) or
 * MP_NOMEM; then the run is of no use. */
MP_MUST_CHECK mp_code mp_apply_feed(mp_apply_run *run, const mp_odata_reader *reader, const void *row, mp_error *err);
/* Instead of rows: a group of the first step as its output has it, steps[0].out->field_count cells, each group once. */
MP_MUST_CHECK mp_code mp_apply_feed_group(mp_apply_run *run, const mp_cell *cells, mp_error *err);

typedef struct mp_groups {
    const mp_odata_table *table;
    const mp_cell **rows; /* each table->field_count cells; may be put into another order */
    size_t                count;
} mp_groups;

/* No more rows: run what stands behind the first step. Groups come in the order in which their first rows came. `*out` lives
 * as long as the run. Once only. Fails as mp_apply_feed(). */
MP_MUST_CHECK mp_code mp_apply_finish(mp_groups *out, mp_apply_run *run, mp_error *err);

/* Reads rows that are arrays of cells. */
extern const mp_odata_reader mp_group_reader;

#endif
