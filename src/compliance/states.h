/* SPDX-License-Identifier: Apache-2.0 */
/* states.h - questions about verdicts, as Microsoft.PolicyInsights has them: rows and summaries (arm-api, sections 6
 * and 9).
 *
 * The rows of a list come in an order of their own (state_statement.h), and pages continue behind the last one; with
 * $orderby they are sorted, at most MP_STATES_SORTED of them. */
#ifndef MAPAE_COMPLIANCE_STATES_H
#define MAPAE_COMPLIANCE_STATES_H

#include "odata_query.h"
#include "verdicts.h"

#define MP_STATES_SORTED 100000 /* rows that are sorted at most: beyond it the question must be a narrower one */

typedef struct mp_states_query {
    /* key of a subscription, group or resource, and what is below; empty: all of `subscriptions` */
    mp_str         scope;
    const mp_str  *subscriptions; /* GUIDs: of a management group what is below it */
    size_t         subscription_count;
    mp_str         assignment, set, definition; /* keys; empty: any */
    bool           is_history;    /* all that held between `from` and `to`; else what holds at `to` */
    mp_ticks       from, to;      /* 0: a day before `to`; now */
    mp_query_texts texts;         /* $filter, $orderby, $select, $top, $apply */
    uint32_t       page;          /* rows of one page; 0: 100, at most 1,000 */
    mp_str         after;         /* mp_states_page.next */
    mp_str         tenant;        /* of events */
    /* of the rows' managementGroupIds: names above the subscription asked about, apart by commas */
    mp_str         management_groups;
} mp_states_query;

typedef struct mp_states_page {
    const mp_json *rows; /* array of objects, without members of OData's own */
    size_t         count;
    mp_str         next; /* opaque; empty: that was all */
} mp_states_page;

/* Fails with MP_SYNTAX, MP_COMPILE, MP_LIMIT, MP_PARAMETER (what cannot be parsed, what is no field, a continuation
 * of another question). */
MP_MUST_CHECK mp_code mp_states_rows(mp_states_page *out, mp_tx *tx, const mp_states_query *query, mp_arena *arena,
                                     mp_error *err);
/* `value[0]` of a summary; the options but $filter and $top do not count. `uri` is what queryResultsUri members begin
 * with. */
MP_MUST_CHECK mp_code mp_states_summary(const mp_json **out, mp_tx *tx, const mp_states_query *query, mp_str uri,
                                        mp_arena *arena, mp_error *err);

#endif
