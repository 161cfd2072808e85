/* SPDX-License-Identifier: Apache-2.0 */
/* enforce_internal.h - the enforcer's state, for enforce.c (requests) and changing.c (append and modify). */
#ifndef MAPAE_POLICY_ENFORCE_INTERNAL_H
#define MAPAE_POLICY_ENFORCE_INTERNAL_H

#include "enforce.h"
#include "judge_internal.h"

struct mp_enforcer {
    mp_plan          *plan;
    mp_judge         *asked;   /* the request as it came */
    mp_judge         *changed; /* the document as policies changed it */
    mp_arena          arena;   /* what lives until the next call */
    mp_enforce_request request;
    const mp_program *program;
    mp_resource       resource; /* as it was changed */
    uint32_t         *picks;   /* items that are asked, by number */
    uint32_t          pick_count;
    mp_act           *acts;
    uint32_t          act_count, act_cap;
};

/* One more act, about verdict `number` of a judge; NULL when memory is short. */
mp_act *mp_enforcer_add(mp_enforcer *e, mp_act_kind kind, const mp_judge *judge, uint32_t number);

/* The same, or what stands for it when its assignment is not enforced; then it refuses nothing. Fails with
 * MP_NOMEM. */
MP_MUST_CHECK mp_code mp_enforcer_act(mp_enforcer *e, mp_act_kind kind, const mp_judge *judge, uint32_t number,
                                      bool refuses, mp_error *err);
/* It could not be evaluated, and should have been. */
bool mp_verdict_failed(const mp_verdict *v);

/* Let the checks that judge `asked` found for it change *doc, and note it. *refused: one of them refuses.
 * Fails with MP_NOMEM. */
MP_MUST_CHECK mp_code mp_enforcer_change(mp_enforcer *e, const mp_json **doc, bool *refused, mp_error *err);
/* The same of verdict `number` alone, whatever the others are. */
MP_MUST_CHECK mp_code mp_enforcer_change_by(mp_enforcer *e, uint32_t number, const mp_json **doc, bool *refused,
                                            mp_error *err);

#endif
