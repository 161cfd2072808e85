/* SPDX-License-Identifier: Apache-2.0 */
/* rate.h - token buckets by key: so many a second, and so many at once. Memory is bounded: of many keys those
 * not seen longest are forgotten. Any number of threads. */
#ifndef MAPAE_HTTP_RATE_H
#define MAPAE_HTTP_RATE_H

#include <mapae/error.h>

typedef struct mp_rates mp_rates;

typedef struct mp_rate_limit {
    double per_second;
    double burst; /* tokens of a full bucket */
} mp_rate_limit;

MP_MUST_CHECK mp_code mp_rates_new(mp_rates **out, mp_error *err);
void                  mp_rates_free(mp_rates *rates);
/* Take a token of `key` at `now_ms` (of a clock that does not go back). 0: there was one; else seconds until
 * there is one, at least 1. */
unsigned mp_rates_take(mp_rates *rates, uint64_t key, mp_rate_limit limit, uint64_t now_ms);

#endif
