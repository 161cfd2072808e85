/* SPDX-License-Identifier: Apache-2.0 */
/* arm_insights.h - what questions about policy states have in common, and $expand: why a row says what it says.
 * Private to arm. */
#ifndef MAPAE_ARM_INSIGHTS_H
#define MAPAE_ARM_INSIGHTS_H

#include "arm_internal.h"
#include "states.h"

#define MP_DETAILED_MOST 50 /* rows of one page with details of the past: each date asks for policies of its own */

/* What a question is asked about: scope, subscriptions, assignment, definition or set, managementGroupIds of `query`;
 * *at: the place that it stands on. */
MP_MUST_CHECK mp_code mp_arm_states_scope(mp_states_query *query, mp_place *at, mp_arm_call *call, mp_error *err);

typedef struct mp_arm_expand {
    bool details;    /* PolicyEvaluationDetails */
    bool components; /* components, or components($filter=...) */
} mp_arm_expand;
/* Fails with MP_PARAMETER (the answer is given): what is none of them. */
MP_MUST_CHECK mp_code mp_arm_expand_read(mp_arm_expand *out, mp_arm_call *call, mp_error *err);

/* Why the rows of one resource are what they are, each at its own moment. */
typedef struct mp_arm_reason {
    mp_ticks       as_of; /* 0: now */
    const mp_json *pages; /* array of mp_reason_page.value */
} mp_arm_reason;
typedef struct mp_arm_reasons {
    const mp_states_query *query; /* of the rows: of one resource */
    struct mp_rulebook    *beside; /* the present rules */
    mp_arm_reason *list;
    size_t         count;
} mp_arm_reasons;
/* Within a read. `rows`: the page; `within`: as far as related resources are told of (mp_reason_reach); out->beside
 * is set. */
MP_MUST_CHECK mp_code mp_arm_reasons_read(mp_arm_reasons *out, mp_tx *tx, const mp_states_query *query, mp_str within,
                                          const mp_json *rows, mp_arena *arena, mp_error *err);
/* The member policyEvaluationDetails of a row; nothing where the reason is not known: of a child, of a row that
 * changed meanwhile. */
void mp_arm_details_write(mp_jsonw *w, const mp_arm_reasons *reasons, const mp_json *row);

#endif
