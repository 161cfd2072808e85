/* SPDX-License-Identifier: Apache-2.0 */
/* odata_sql.h - a filter as a condition of SQL, for SQLite and PostgreSQL alike (store/sql.h).
 *
 * What can be said over columns goes into the text, with its values as parameters; the rest is left to be tested on the rows
 * that come back. The condition never loses a row: every row that passes the filter passes the condition, and
 * a row that passes the condition and `rest` passes the filter. That holds as long as the columns hold what the reader
 * gives (mp_odata_field.sql). */
#ifndef MAPAE_ODATA_ODATA_SQL_H
#define MAPAE_ODATA_ODATA_SQL_H

#include "odata_apply.h"

/* Parameters that a condition takes by default: PostgreSQL's side of the store takes 64 in one statement. */
#define MP_ODATA_SQL_VALUES 48

typedef struct mp_odata_sql_options {
    uint32_t first;  /* number of the first parameter; 0: 1 */
    uint32_t values; /* the most parameters; 0: MP_ODATA_SQL_VALUES. What needs more stays in `rest` */
} mp_odata_sql_options;

typedef struct mp_odata_sql {
    mp_str           where;  /* "(a = ?1 AND b > ?2)"; "1 = 1" when nothing can be said. NUL behind it */
    const mp_cell   *values; /* TEXT (folded), INT, REAL; ?first and on */
    uint32_t         count;
    const mp_filter *rest;   /* to be tested in memory; NULL: the text says it all */
} mp_odata_sql;

/* `filter` may be NULL. All of `*out` lives in `arena` and may share parts with `filter`. Fails with MP_NOMEM. */
MP_MUST_CHECK mp_code mp_odata_sql_filter(mp_odata_sql *out, mp_arena *arena, const mp_filter *filter,
                                          const mp_odata_sql_options *options, mp_error *err);

/* "a ASC NULLS FIRST, b DESC", in the order of mp_order_compare(); *out is {NULL,0} when a field has no column. Fails
 * with MP_NOMEM. */
MP_MUST_CHECK mp_code mp_odata_sql_order(mp_str *out, mp_arena *arena, const mp_order *order, mp_error *err);

/* The rows that come after one whose keys are `last` (order->count cells of their fields' types), for pages that
 * continue where the one before ended, however many rows others wrote meanwhile. The last key of the order must be
 * one that no two rows share. out->where is {NULL,0} when a field has no column or more parameters are needed than
 * options allow (two for each key, and one); out->rest is NULL. */
MP_MUST_CHECK mp_code mp_odata_sql_after(mp_odata_sql *out, mp_arena *arena, const mp_order *order, const mp_cell *last,
                                         const mp_odata_sql_options *options, mp_error *err);

/* A step of $apply that groups, as what stands behind SELECT and behind GROUP BY. Columns come in the order of step->out,
 * the values as those of columns: read them with mp_odata_sql_cell(). */
typedef struct mp_odata_sql_group {
    mp_str columns; /* {NULL,0}: a field has no column, so this step is not for SQL */
    mp_str group;   /* empty for aggregate() alone */
} mp_odata_sql_group;

/* Fails with MP_NOMEM. Right only if the rows are those of the filter exactly (mp_odata_sql.rest is NULL). */
MP_MUST_CHECK mp_code mp_odata_sql_groups(mp_odata_sql_group *out, mp_arena *arena, const mp_apply_step *step,
                                          mp_error *err);

/* What an INTEGER of the field's column means. */
mp_cell mp_odata_sql_cell(const mp_odata_field *field, int64_t value);

#endif
