/* SPDX-License-Identifier: Apache-2.0 */
/* refusals.h - so that a flood of refused requests cannot fill the ledger, and nothing of it is lost silently.
 *
 * The first refusals of a client in a minute are leaves of their own; the rest of that minute is counted, and
 * one leaf tells the count. Clients beyond those that can be told apart at one time are counted together,
 * under the empty name. Any thread. */
#ifndef MAPAE_API_REFUSALS_H
#define MAPAE_API_REFUSALS_H

#include "clock.h"

typedef struct mp_refusals mp_refusals;

#define MP_REFUSALS_PER_MINUTE 60    /* of one client, as leaves of their own */
#define MP_REFUSALS_OF_ALL 6000      /* of all clients in a minute */
#define MP_REFUSALS_CLIENTS 4096     /* told apart */

MP_MUST_CHECK mp_code mp_refusals_new(mp_refusals **out, unsigned per_minute /* 0: MP_REFUSALS_PER_MINUTE */,
                                      mp_error *err);
void                  mp_refusals_free(mp_refusals *refusals); /* NULL is fine */

/* One more. True: write its leaf. False: it is counted. */
bool mp_refusals_count(mp_refusals *refusals, mp_str client, mp_ticks now);

typedef struct mp_refusal_sum {
    mp_str   client; /* empty: several */
    uint64_t count;
    mp_ticks first, last;
} mp_refusal_sum;

/* Hand over what was counted: of minutes that are over at `now`, or all of it. A sum that `each` cannot take
 * stays for the next time; the others are still handed over, and the first failure is given. One thread at a
 * time. */
MP_MUST_CHECK mp_code mp_refusals_hand_over(mp_refusals *refusals, mp_ticks now, bool all,
                                            mp_code (*each)(void *ctx, const mp_refusal_sum *sum, mp_error *err),
                                            void *ctx, mp_error *err);

#endif
