/* SPDX-License-Identifier: Apache-2.0 */
#include "refusals.h"

#include "map.h"

#include <pthread.h>
#include <stdlib.h>

/* A table of fixed size, so that nobody can make it grow: a client has one of PROBES places beginning at its
 * hash, else it is counted with the others, in the place behind the table. A place is free again when its
 * minute is over and its sum was handed over. */

#define CLIENT_MAX 64 /* bytes of an address as text */
#define PROBES 16

typedef struct place {
    char     client[CLIENT_MAX];
    uint8_t  len;
    bool     is_taken;
    int64_t  minute; /* that `own` counts in */
    unsigned own;    /* leaves of their own */
    uint64_t summed;
    mp_ticks first, last;
} place;

struct mp_refusals {
    pthread_mutex_t lock;
    unsigned        per_minute;
    int64_t         minute; /* that `own` counts in */
    unsigned        own;    /* of all clients */
    place           places[MP_REFUSALS_CLIENTS + 1];
};

mp_code mp_refusals_new(mp_refusals **out, unsigned per_minute, mp_error *err)
{
    mp_refusals *r = calloc(1, sizeof *r);
    if (!r)
        return mp_no_memory(err);
    pthread_mutex_init(&r->lock, NULL);
    r->per_minute = per_minute ? per_minute : MP_REFUSALS_PER_MINUTE;
    *out = r;
    return MP_OK;
}

void mp_refusals_free(mp_refusals *refusals)
{
    if (!refusals)
        return;
    pthread_mutex_destroy(&refusals->lock);
    free(refusals);
}

static int64_t minute_of(mp_ticks t) { return t / (60 * MP_TICKS_PER_SECOND); }

static bool is_idle(const place *p, int64_t minute) { return !p->is_taken || (p->minute < minute && p->summed == 0); }

static place *place_of(mp_refusals *r, mp_str client, int64_t minute)
{
    place *others = &r->places[MP_REFUSALS_CLIENTS], *free_one = NULL;
    others->is_taken = true;
    if (client.len == 0 || client.len > CLIENT_MAX)
        return others;
    size_t at = (size_t)(mp_hash(client) % MP_REFUSALS_CLIENTS);
    for (size_t i = 0; i < PROBES; i++) {
        place *p = &r->places[(at + i) % MP_REFUSALS_CLIENTS];
        if (p->is_taken && mp_str_eq(mp_str_of(p->client, p->len), client))
            return p;
        if (!free_one && is_idle(p, minute))
            free_one = p;
    }
    if (!free_one)
        return others;
    *free_one = (place){ .is_taken = true, .len = (uint8_t)client.len, .minute = minute };
    memcpy(free_one->client, client.ptr, client.len);
    return free_one;
}

bool mp_refusals_count(mp_refusals *refusals, mp_str client, mp_ticks now)
{
    int64_t minute = minute_of(now);
    pthread_mutex_lock(&refusals->lock);
    if (refusals->minute != minute) {
        refusals->minute = minute;
        refusals->own = 0;
    }
    place *p = place_of(refusals, client, minute);
    if (p->minute != minute) {
        p->minute = minute;
        p->own = 0;
    }
    bool has_own = p->own < refusals->per_minute && refusals->own < MP_REFUSALS_OF_ALL;
    if (has_own) {
        p->own++;
        refusals->own++;
    } else {
        if (p->summed++ == 0)
            p->first = now;
        p->last = now;
    }
    pthread_mutex_unlock(&refusals->lock);
    return has_own;
}

/* Take the sum out of place `at`, if it has one that is due. */
static bool take(place *out, mp_refusals *r, size_t at, int64_t minute, bool all)
{
    pthread_mutex_lock(&r->lock);
    place *p = &r->places[at];
    bool   is_due = p->is_taken && p->summed > 0 && (all || p->minute < minute || minute_of(p->first) < minute);
    if (is_due) {
        *out = *p;
        p->summed = 0;
    }
    pthread_mutex_unlock(&r->lock);
    return is_due;
}

/* What could not be told is counted again, under the client's name or with the others. */
static void give_back(mp_refusals *r, const place *sum)
{
    pthread_mutex_lock(&r->lock);
    place *p = place_of(r, mp_str_of(sum->client, sum->len), sum->minute);
    if (p->summed == 0 || sum->first < p->first)
        p->first = sum->first;
    if (p->summed == 0 || sum->last > p->last)
        p->last = sum->last;
    p->summed += sum->summed;
    pthread_mutex_unlock(&r->lock);
}

mp_code mp_refusals_hand_over(mp_refusals *refusals, mp_ticks now, bool all,
                              mp_code (*each)(void *ctx, const mp_refusal_sum *sum, mp_error *err), void *ctx,
                              mp_error *err)
{
    mp_code first = MP_OK;
    for (size_t i = 0; i < MP_COUNT(refusals->places); i++) {
        place taken;
        if (!take(&taken, refusals, i, minute_of(now), all))
            continue;
        mp_refusal_sum sum = { mp_str_of(taken.client, taken.len), taken.summed, taken.first, taken.last };
        mp_code        code = each(ctx, &sum, first == MP_OK ? err : NULL);
        if (code != MP_OK) {
            give_back(refusals, &taken);
            first = first == MP_OK ? code : first;
        }
    }
    return first;
}
