/* SPDX-License-Identifier: Apache-2.0 */
#include "state.h"

const mp_state_info mp_states[MP_STATE_COUNT] = {
#define MP_STATE(name, text, good, bad) { MP_S_INIT(text), good, bad },
#include "states.def"
#undef MP_STATE
};

double mp_tally_percent(const mp_tally *tally)
{
    uint64_t good = 0, all = 0;
    for (size_t i = 0; i < MP_STATE_COUNT; i++) {
        good += mp_states[i].is_good ? tally->by_state[i] : 0;
        all += mp_states[i].is_good || mp_states[i].is_bad ? tally->by_state[i] : 0;
    }
    return all ? 100.0 * (double)good / (double)all : -1.0;
}

uint64_t mp_tally_total(const mp_tally *tally)
{
    uint64_t all = 0;
    for (size_t i = 0; i < MP_STATE_NOT_APPLICABLE; i++)
        all += tally->by_state[i];
    return all;
}

void mp_tally_add(mp_tally *to, const mp_tally *from)
{
    for (size_t i = 0; i < MP_STATE_COUNT; i++)
        to->by_state[i] += from->by_state[i];
}
