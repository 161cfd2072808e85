/* SPDX-License-Identifier: Apache-2.0 */
#include "rate.h"

#include <pthread.h>
#include <stdlib.h>

/* A table of sets: a key can stand in one of WAYS places, the one not used longest gives way. Each run of
 * sets has its own lock. */

#define SHARDS 16
#define SETS 1024 /* of a shard */
#define WAYS 4

struct bucket {
    uint64_t key; /* 0: free */
    uint64_t at_ms;
    double   tokens;
};

struct shard {
    pthread_mutex_t lock;
    struct bucket   buckets[SETS][WAYS];
};

struct mp_rates {
    struct shard shards[SHARDS];
};

mp_code mp_rates_new(mp_rates **out, mp_error *err)
{
    mp_rates *rates = calloc(1, sizeof(*rates));
    if (!rates)
        return mp_no_memory(err);
    for (size_t i = 0; i < SHARDS; i++)
        pthread_mutex_init(&rates->shards[i].lock, NULL);
    *out = rates;
    return MP_OK;
}

void mp_rates_free(mp_rates *rates)
{
    for (size_t i = 0; rates && i < SHARDS; i++)
        pthread_mutex_destroy(&rates->shards[i].lock);
    free(rates);
}

static struct bucket *bucket_of(struct bucket set[WAYS], uint64_t key, double burst, uint64_t now_ms)
{
    struct bucket *oldest = &set[0];
    for (size_t i = 0; i < WAYS; i++) {
        if (set[i].key == key)
            return &set[i];
        if (set[i].at_ms < oldest->at_ms)
            oldest = &set[i];
    }
    *oldest = (struct bucket){ key, now_ms, burst };
    return oldest;
}

unsigned mp_rates_take(mp_rates *rates, uint64_t key, mp_rate_limit limit, uint64_t now_ms)
{
    struct shard *shard = &rates->shards[key % SHARDS];
    unsigned      wait = 0;
    key += !key;
    pthread_mutex_lock(&shard->lock);
    struct bucket *b = bucket_of(shard->buckets[key / SHARDS % SETS], key, limit.burst, now_ms);
    if (now_ms > b->at_ms) {
        b->tokens += (double)(now_ms - b->at_ms) * limit.per_second / 1000;
        b->at_ms = now_ms;
    }
    if (b->tokens > limit.burst)
        b->tokens = limit.burst;
    if (b->tokens >= 1)
        b->tokens -= 1;
    else
        wait = 1 + (unsigned)((1 - b->tokens) / limit.per_second);
    pthread_mutex_unlock(&shard->lock);
    return wait;
}
