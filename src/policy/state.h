/* SPDX-License-Identifier: Apache-2.0 */
/* state.h - compliance states, their order and their share in the percentage. */
#ifndef MAPAE_POLICY_STATE_H
#define MAPAE_POLICY_STATE_H

#include <mapae/str.h>

typedef enum mp_state {
#define MP_STATE(name, text, good, bad) MP_STATE_##name,
#include "states.def"
#undef MP_STATE
    MP_STATE_COUNT
} mp_state;

typedef struct mp_state_info {
    mp_str text; /* as answers and records spell it */
    bool   is_good, is_bad;
} mp_state_info;

extern const mp_state_info mp_states[MP_STATE_COUNT];

/* The state of a whole that has parts in both states. */
static inline mp_state mp_state_rollup(mp_state a, mp_state b) { return a < b ? a : b; }

/* Parts in each state. */
typedef struct mp_tally {
    uint64_t by_state[MP_STATE_COUNT];
} mp_tally;

/* good / (good + bad) in percent, 0..100; -1 when there is nothing to judge. */
double   mp_tally_percent(const mp_tally *tally);
uint64_t mp_tally_total(const mp_tally *tally); /* without NotApplicable */
void     mp_tally_add(mp_tally *to, const mp_tally *from);

#endif
