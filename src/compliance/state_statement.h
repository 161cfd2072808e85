/* SPDX-License-Identifier: Apache-2.0 */
/* state_statement.h - the SQL of a question about verdicts. Private to compliance.
 *
 * There are two ways through the rows, and in both an index gives them in the order in which pages continue, so that a page
 * costs what it shows, however many verdicts there are:
 *
 *   by place   the key of the resource, check, time: the scope is a range of keys
 *   by check   check, state, resource: for questions about checks or a state over much; what few rows have is found at once
 */
#ifndef MAPAE_COMPLIANCE_STATE_STATEMENT_H
#define MAPAE_COMPLIANCE_STATE_STATEMENT_H

#include "buf.h"
#include "sql.h"
#include "state_rows.h"

#define MP_STATE_VALUES 120

typedef struct mp_state_statement {
    mp_buf           sql;
    mp_value         values[MP_STATE_VALUES];
    uint32_t         count;
    const mp_filter *rest; /* what is to be tested on the rows; NULL: nothing */
} mp_state_statement;

/* At most `limit` rows behind `after` (NULL: from the start); `by_resource`: by place, whatever is asked;
 * `has_lateral`: mp_tx_has_lateral(). Columns:
 * resource, rule, state, effect, since, until, seen, and of the resource key, id, type, location, group,
 * subscription, tags, then the key of the assignment. `out->sql` is the caller's to free, also after an error. Fails
 * with MP_NOMEM, MP_LIMIT. */
MP_MUST_CHECK mp_code mp_state_statement_write(mp_state_statement *out, const mp_states_query *query,
                                               const mp_filter *filter, const mp_state_after *after, bool by_resource,
                                               bool has_lateral, size_t limit, mp_arena *arena, mp_error *err);

#endif
