/* SPDX-License-Identifier: Apache-2.0 */
/* verdict_cells.h - what verdicts add to sums. Private to compliance.
 *
 * A cell is what a sum is over: everything, an assignment, one of its checks, one of its controls. A resource counts
 * once in each, by its worst state there. Of a resource the states before and after are noted; cells whose worst
 * state is another one now change the sums of its subscription and group. Changes are gathered over all resources of
 * a write and stored at its end, since many of them meet in the same few rows. A sum of a check in a subscription is
 * stored once more, with the time from which on it is so. */
#ifndef MAPAE_COMPLIANCE_VERDICT_CELLS_H
#define MAPAE_COMPLIANCE_VERDICT_CELLS_H

#include "map.h"
#include "sql.h"
#include "state.h"

typedef struct mp_sum_cell {
    mp_str   assignment, control;
    int64_t  rule;
    uint32_t number;
    uint64_t resource; /* whose states these are; another: it has none here yet */
    bool     has[2];
    mp_state state[2]; /* before, after */
    struct mp_sum_cell *next; /* of the resource at hand */
} mp_sum_cell;

typedef struct mp_sum_cells {
    mp_tx   *tx;
    mp_map   by_name, deltas, places;
    uint64_t resource;
    mp_sum_cell *first; /* that the resource at hand has a state in */
} mp_sum_cells;

typedef enum mp_sum_when { MP_SUM_BEFORE, MP_SUM_AFTER } mp_sum_when;

void mp_sum_cells_init(mp_sum_cells *cells, mp_tx *tx);
void mp_sum_cells_done(mp_sum_cells *cells);
/* Those that a verdict of this rule counts in, in the arena of the transaction. `controls` are as rule_check has them. */
MP_MUST_CHECK mp_code mp_sum_cells_of(mp_sum_cell ***out, size_t *count, mp_sum_cells *cells, mp_str assignment,
                                      mp_str controls, int64_t rule, mp_error *err);
/* For each resource: begin, note its verdicts, settle. `group` may be empty. Texts must live until the end. */
void                  mp_sum_cells_begin(mp_sum_cells *cells);
void mp_sum_cells_note(mp_sum_cells *cells, mp_sum_cell *const *of, size_t count, mp_sum_when when, mp_state state);
MP_MUST_CHECK mp_code mp_sum_cells_settle(mp_sum_cells *cells, mp_str subscription, mp_str group, mp_error *err);
MP_MUST_CHECK mp_code mp_sum_cells_store(mp_sum_cells *cells, mp_error *err);

#endif
