/* SPDX-License-Identifier: Apache-2.0 */
/* seen.h - a set of 64-bit hashes: which ids were met already, at 11 to 22 bytes for each. Two different ids of
 * ten million have the same hash with a chance of three in a million; the hash must be keyed, as mp_hash_fold()
 * is, or ids could be chosen so that one hides the other. */
#ifndef MAPAE_SCAN_SEEN_H
#define MAPAE_SCAN_SEEN_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

typedef struct mp_seen {
    uint64_t *slots; /* 0: free */
    uint64_t  mask, len;
    bool      has_zero;
} mp_seen;

static inline void mp_seen_done(mp_seen *s) { free(s->slots); }

static inline bool mp_seen_insert(uint64_t *slots, uint64_t mask, uint64_t hash)
{
    uint64_t i = hash >> 7;
    for (; slots[i & mask]; i++)
        if (slots[i & mask] == hash)
            return false;
    slots[i & mask] = hash;
    return true;
}

static inline bool mp_seen_grow(mp_seen *s)
{
    uint64_t  size = s->slots ? 2 * (s->mask + 1) : 4096;
    uint64_t *slots = calloc(size, sizeof(*slots));
    if (!slots)
        return false;
    for (uint64_t i = 0; s->slots && i <= s->mask; i++)
        if (s->slots[i])
            mp_seen_insert(slots, size - 1, s->slots[i]);
    free(s->slots);
    s->slots = slots;
    s->mask = size - 1;
    return true;
}

/* Add; *is_new tells whether it was not there. False when memory is short. */
static inline bool mp_seen_add(mp_seen *s, uint64_t hash, bool *is_new)
{
    if (hash == 0) {
        *is_new = !s->has_zero;
        s->has_zero = true;
        return true;
    }
    if ((!s->slots || 4 * (s->len + 1) > 3 * s->mask) && !mp_seen_grow(s))
        return false;
    *is_new = mp_seen_insert(s->slots, s->mask, hash);
    s->len += *is_new;
    return true;
}

#endif
