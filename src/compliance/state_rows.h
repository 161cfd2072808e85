/* SPDX-License-Identifier: Apache-2.0 */
/* state_rows.h - the rows of a question, one after the other. Private to compliance. */
#ifndef MAPAE_COMPLIANCE_STATE_ROWS_H
#define MAPAE_COMPLIANCE_STATE_ROWS_H

#include "jsonw.h"
#include "map.h"
#include "states.h"

extern const mp_odata_table mp_state_table;

typedef struct mp_state_row {
    int64_t        resource, rule;
    mp_state       state;
    mp_ticks       since, until, judged_at;
    /* borrowed until the next row unless kept */
    mp_str         key, id, type, location, group, subscription, tags, effect, assignment;
    const mp_json *told; /* of the check: verdict_tables.c */
    const mp_str  *controls; /* that it answers */
    uint32_t       control_count;
    mp_str         management_groups;
} mp_state_row;

/* Looks into a row. */
extern const mp_odata_reader mp_state_reader;

/* Where a page ended: whichever way the rows were gone through (state_statement.h). */
typedef struct mp_state_after {
    int64_t  resource, rule, state;
    mp_ticks since;
} mp_state_after;
static inline mp_state_after mp_state_behind(const mp_state_row *row)
{
    return (mp_state_after){ row->resource, row->rule, row->state, row->since };
}

/* Goes through the rows that the question, its $filter and `after` (NULL: from the start) leave, each once, in an order that
 * belongs to the question; `by_resource`: all of one resource together. `visit` says whether to go on. */
typedef mp_code mp_state_visit(bool *goes_on, void *ctx, const mp_state_row *row, mp_error *err);
MP_MUST_CHECK mp_code mp_state_each(mp_tx *tx, const mp_states_query *query, const mp_filter *filter,
                                    const mp_state_after *after, bool by_resource, mp_state_visit *visit, void *ctx,
                                    mp_arena *arena, mp_error *err);

/* A copy that stays. NULL when memory is short. */
mp_state_row *mp_state_keep(const mp_state_row *row, mp_arena *arena);
/* As JSON; `fields` NULL: all. */
void mp_state_write(mp_jsonw *w, const mp_state_row *row, const uint32_t *fields, uint32_t count);

#endif
