/* SPDX-License-Identifier: Apache-2.0 */
/* The table holds only indices, so growing it moves four bytes an entry and the entries stay in
 * order of insertion. It is kept at most half full and is probed one by one. */
#include "map.h"

#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/random.h>

#include "simd.h"

#define FIRST_ENTRIES 8

__extension__ typedef unsigned __int128 wide;

/* Keys come from documents anyone may have written. With constants known to all, names could be
 * chosen to fall into one place; these differ from run to run. */
static uint64_t secret[3] = { UINT64_C(0x9E3779B97F4A7C15), UINT64_C(0xC2B2AE3D27D4EB4F),
                              UINT64_C(0xD6E8FEB86659FD93) };

/* The factors are in the result too: alone the product would forget b where a is 0. */
static inline uint64_t mix(uint64_t a, uint64_t b)
{
    wide product = (wide)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64) ^ a ^ b;
}

/* What the kernel gave this process when it began: for where getrandom() is refused, or not ready yet. */
static void draw_from_start(uint64_t drawn[3])
{
    const char *bytes = (const char *)(uintptr_t)getauxval(AT_RANDOM); /* 16 of them */
    if (!bytes)
        return;
    for (int i = 0; i < 3; i++)
        drawn[i] = mix(secret[i] ^ mp_load8(bytes), secret[(i + 1) % 3] ^ mp_load8(bytes + 8));
}

__attribute__((constructor)) static void draw_secret(void)
{
    uint64_t drawn[3] = { 0 };
    if (getrandom(drawn, sizeof drawn, GRND_NONBLOCK) != (ssize_t)sizeof drawn)
        draw_from_start(drawn);
    for (int i = 0; i < 3; i++)
        secret[i] ^= drawn[i];
}

static inline uint64_t word8(const char *p, bool fold)
{
    return fold ? mp_fold8(mp_load8(p)) : mp_load8(p);
}

static inline void word16(uint64_t word[2], const char *p, bool fold)
{
    mp_block b = mp_block_load(p);
    mp_block_store((char *)word, fold ? mp_block_fold(b) : b);
}

static inline uint64_t word4(const char *p, bool fold)
{
    return fold ? mp_fold8(mp_load4(p)) : mp_load4(p);
}

/* One to three bytes: first, middle and last. */
static inline uint64_t word3(const char *p, size_t len, bool fold)
{
    uint64_t word = (uint64_t)(uint8_t)p[0] << 16 | (uint64_t)(uint8_t)p[len / 2] << 8 |
                    (uint8_t)p[len - 1];
    return fold ? mp_fold8(word) : word;
}

static inline uint64_t hash(mp_str s, bool fold)
{
    const char *p = s.ptr;
    uint64_t    state = secret[0], a = 0, b = 0;
    for (size_t left = s.len; left > 16; left -= 16, p += 16) {
        uint64_t word[2];
        word16(word, p, fold);
        state = mix(word[0] ^ secret[1], word[1] ^ state);
    }
    if (s.len >= 8) { /* the last words may overlap what was read */
        a = s.len >= 16 ? word8(s.ptr + s.len - 16, fold) : word8(s.ptr, fold);
        b = word8(s.ptr + s.len - 8, fold);
    } else if (s.len >= 4) {
        a = word4(p, fold);
        b = word4(p + s.len - 4, fold);
    } else if (s.len > 0) {
        a = word3(p, s.len, fold);
    }
    return mix(secret[2] ^ s.len, mix(a ^ secret[1], b ^ state));
}

uint64_t mp_hash(mp_str s)
{
    return hash(s, false);
}

uint64_t mp_hash_fold(mp_str s)
{
    return hash(s, true);
}

static uint64_t hash_key(const mp_map *map, mp_str key)
{
    return map->fold ? mp_hash_fold(key) : mp_hash(key);
}

static bool same_key(const mp_map *map, const mp_map_entry *entry, uint64_t h, mp_str key)
{
    if (entry->hash != h)
        return false;
    return map->fold ? mp_str_eq_fold(entry->key, key) : mp_str_eq(entry->key, key);
}

/* The place of `key` in the table: where it is, or the free one where it belongs. */
static size_t place_of(const mp_map *map, uint64_t h, mp_str key)
{
    size_t place = h & (map->table_size - 1);
    while (map->table[place] && !same_key(map, &map->entries[map->table[place] - 1], h, key))
        place = (place + 1) & (map->table_size - 1);
    return place;
}

mp_map_entry *mp_map_find(const mp_map *map, mp_str key)
{
    if (map->len == 0)
        return NULL;
    uint32_t index = map->table[place_of(map, hash_key(map, key), key)];
    return index ? &map->entries[index - 1] : NULL;
}

void *mp_map_get(const mp_map *map, mp_str key)
{
    const mp_map_entry *entry = mp_map_find(map, key);
    return entry ? entry->value : NULL;
}

static bool grow_entries(mp_map *map)
{
    size_t cap = map->cap ? map->cap * 2 : FIRST_ENTRIES;
    if (cap >= UINT32_MAX || cap > SIZE_MAX / sizeof *map->entries)
        return false;
    mp_map_entry *entries = realloc(map->entries, cap * sizeof *entries);
    if (!entries)
        return false;
    map->entries = entries;
    map->cap = cap;
    return true;
}

static bool grow_table(mp_map *map, size_t size)
{
    uint32_t *table = calloc(size, sizeof *table);
    if (!table)
        return false;
    for (size_t i = 0; i < map->len; i++) {
        size_t place = map->entries[i].hash & (size - 1);
        while (table[place])
            place = (place + 1) & (size - 1);
        table[place] = (uint32_t)(i + 1);
    }
    free(map->table);
    map->table = table;
    map->table_size = size;
    return true;
}

mp_code mp_map_put(mp_map *map, mp_str key, void *value, mp_error *err)
{
    if ((map->len == map->cap && !grow_entries(map)) ||
        (map->table_size < map->cap * 2 && !grow_table(map, map->cap * 2)))
        return mp_no_memory(err);
    uint64_t h = hash_key(map, key);
    size_t   place = place_of(map, h, key);
    if (map->table[place]) {
        map->entries[map->table[place] - 1].value = value;
        return MP_OK;
    }
    map->entries[map->len] = (mp_map_entry){ key, value, h };
    map->table[place] = (uint32_t)++map->len;
    return MP_OK;
}

void mp_map_free(mp_map *map)
{
    free(map->entries);
    free(map->table);
    *map = (mp_map){ NULL, 0, 0, NULL, 0, map->fold };
}
