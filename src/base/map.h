/* SPDX-License-Identifier: Apache-2.0 */
/* map.h - strings to pointers, with or without regard to ASCII case; remembers insertion order. */
#ifndef MAPAE_BASE_MAP_H
#define MAPAE_BASE_MAP_H

#include <mapae/error.h>
#include <mapae/str.h>

typedef struct mp_map_entry {
    mp_str   key;   /* borrowed: must outlive the map */
    void    *value;
    uint64_t hash;
} mp_map_entry;

typedef struct mp_map {
    mp_map_entry *entries; /* in order of insertion */
    size_t        len, cap;
    uint32_t     *table; /* open addressing, index + 1 into entries */
    size_t        table_size;
    bool          fold; /* compare keys without ASCII case */
} mp_map;

#define MP_MAP_INIT { NULL, 0, 0, NULL, 0, false }
#define MP_MAP_INIT_FOLD { NULL, 0, 0, NULL, 0, true }

void *mp_map_get(const mp_map *map, mp_str key); /* NULL when absent */
/* The entry of `key`, or NULL. */
mp_map_entry *mp_map_find(const mp_map *map, mp_str key);
/* Add or replace. Fails with MP_NOMEM. */
MP_MUST_CHECK mp_code mp_map_put(mp_map *map, mp_str key, void *value, mp_error *err);
void mp_map_free(mp_map *map);

/* 64-bit hash for tables: not for security. The folded one ignores ASCII case. Keyed by a secret
 * of the process, so that nobody can choose names that collide: never store one. */
uint64_t mp_hash(mp_str s);
uint64_t mp_hash_fold(mp_str s);

#endif
