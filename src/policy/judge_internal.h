/* SPDX-License-Identifier: Apache-2.0 */
/* judge_internal.h - the judge's state, for judge.c (states), reason.c (reasons) and details.c (effects). */
#ifndef MAPAE_POLICY_JUDGE_INTERNAL_H
#define MAPAE_POLICY_JUDGE_INTERNAL_H

#include "judge.h"

struct mp_judge {
    mp_plan           *plan;
    const mp_program  *program;
    mp_run            *run;
    mp_resource        resource;
    mp_surroundings    around;
    mp_json            inputs[MP_INPUTS]; /* nodes of the text inputs */
    char               now[MP_CLOCK_TEXT];
    const mp_json    **second; /* slots of frame 1 */
    uint32_t           second_cap;
    mp_verdict        *verdicts;
    const mp_item    **items; /* of each verdict */
    uint32_t          *pended; /* items that could not be judged alone */
    uint32_t           verdict_count, pended_count, verdict_cap;
    bool               may_conflict;
    const mp_assignment *last_assignment;
    bool               last_concerns;
    struct mp_line {
        const mp_json *node;
        uint32_t       line;
    } lines[16]; /* where conditions stand that failed last: finding it reads the policy's text */
};

/* Room for so many slots of frame 1 / verdicts; false when memory is short. */
bool mp_judge_reserve(mp_judge *j, uint32_t slots);
bool mp_judge_reserve_verdicts(mp_judge *j, uint32_t count);

/* Call `fn` for every related resource that the item's check finds, with frame 1 set to it. */
typedef bool mp_judge_each_related(void *arg, const mp_pack *pack);
MP_MUST_CHECK mp_code mp_judge_for_related(mp_judge *j, const mp_item *item, const mp_related *related,
                                           mp_judge_each_related *fn, void *arg, mp_error *err);

/* The conditions that decided the item's `if`, when this is known of its tests: facts[origin - 1]; NULL: what was settled
 * when it was compiled. Fails with MP_NOMEM. */
MP_MUST_CHECK mp_code mp_judge_decided_by(mp_judge *j, const mp_item *item, const mp_trace **facts,
                                          const mp_decided **out, uint32_t *count, mp_error *err);

#endif
