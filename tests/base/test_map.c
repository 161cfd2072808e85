/* SPDX-License-Identifier: Apache-2.0 */
#include "map.h"

#include "arena.h"
#include "fault.h"
#include "test.h"

enum { MANY = 5000 };

static int values[MANY];

TEST(what_was_put_is_found_in_order)
{
    mp_map   map = MP_MAP_INIT;
    mp_arena arena = MP_ARENA_INIT;
    CHECK(mp_map_get(&map, MP_S("a")) == NULL && mp_map_find(&map, MP_S("")) == NULL);
    for (int i = 0; i < MANY; i++)
        CHECK(mp_map_put(&map, mp_arena_printf(&arena, "key %d", i), &values[i], NULL) == MP_OK);
    CHECK(map.len == MANY);
    for (int i = 0; i < MANY; i++) {
        mp_str key = mp_arena_printf(&arena, "key %d", i);
        CHECK(mp_map_get(&map, key) == &values[i]);
        CHECK(mp_map_find(&map, key) == &map.entries[i]);
    }
    CHECK(mp_map_get(&map, MP_S("KEY 1")) == NULL && mp_map_get(&map, MP_S("key")) == NULL);
    mp_map_free(&map);
    CHECK(map.len == 0 && map.entries == NULL && map.table == NULL);
    mp_arena_free(&arena);
}

TEST(putting_again_replaces)
{
    mp_map map = MP_MAP_INIT;
    CHECK(mp_map_put(&map, MP_S("a"), &values[0], NULL) == MP_OK);
    CHECK(mp_map_put(&map, MP_S("b"), &values[1], NULL) == MP_OK);
    CHECK(mp_map_put(&map, MP_S("a"), &values[2], NULL) == MP_OK);
    CHECK(mp_map_put(&map, MP_S(""), NULL, NULL) == MP_OK);
    CHECK(map.len == 3 && mp_map_get(&map, MP_S("a")) == &values[2]);
    CHECK(mp_map_find(&map, mp_str_of(NULL, 0)) == &map.entries[2]);
    mp_map_free(&map);
}

TEST(a_folding_map_ignores_case)
{
    mp_map map = MP_MAP_INIT_FOLD;
    CHECK(mp_map_put(&map, MP_S("Microsoft.Storage/storageAccounts"), &values[0], NULL) == MP_OK);
    CHECK(mp_map_put(&map, MP_S("microsoft.storage/STORAGEACCOUNTS"), &values[1], NULL) == MP_OK);
    CHECK(mp_map_put(&map, MP_S("\xC3\x89"), &values[2], NULL) == MP_OK);
    CHECK(map.len == 2);
    CHECK(mp_map_get(&map, MP_S("MICROSOFT.STORAGE/storageaccounts")) == &values[1]);
    CHECK(mp_map_get(&map, MP_S("\xC3\xA9")) == NULL);
    mp_map_free(&map);
    CHECK(map.fold);
}

TEST(hashes_tell_texts_apart)
{
    char lower[80], upper[80];
    for (size_t i = 0; i < sizeof lower; i++) {
        lower[i] = (char)('a' + i % 26);
        upper[i] = (char)('A' + i % 26);
    }
    for (size_t len = 0; len <= sizeof lower; len++) {
        mp_str small = mp_str_of(lower, len), large = mp_str_of(upper, len);
        CHECK(mp_hash_fold(small) == mp_hash_fold(large));
        CHECK(len == 0 || mp_hash(small) != mp_hash(large));
        CHECK(len == 0 || mp_hash(small) != mp_hash(mp_str_of(lower, len - 1)));
        for (size_t i = 0; i < len; i++) {
            uint64_t before = mp_hash(small), folded = mp_hash_fold(small);
            lower[i] ^= 1;
            CHECK(mp_hash(small) != before && mp_hash_fold(small) != folded);
            lower[i] ^= 1;
        }
    }
    /* '@' and '`', '[' and '{' stand around the letters but are none. */
    CHECK(mp_hash_fold(MP_S("@[01234567")) != mp_hash_fold(MP_S("`{01234567")));
    CHECK(mp_hash_fold(MP_S("\xC1\xDA")) != mp_hash_fold(MP_S("\xE1\xFA")));
}

static bool put_many(void *context)
{
    mp_map      map = MP_MAP_INIT;
    const char *keys = context;
    mp_error    err = { 0 };
    size_t      i = 0;
    for (; i < 100; i++) {
        mp_code code = mp_map_put(&map, mp_str_of(keys, i), &values[i], &err);
        CHECK(code == MP_OK || (code == MP_NOMEM && err.code == MP_NOMEM));
        if (code != MP_OK)
            break;
    }
    for (size_t j = 0; j < 100; j++) /* what was in it before the failure still is */
        CHECK(mp_map_get(&map, mp_str_of(keys, j)) == (j < i ? (void *)&values[j] : NULL));
    mp_map_free(&map);
    return i == 100;
}

TEST(memory_may_run_out)
{
    char keys[100];
    memset(keys, 'k', sizeof keys);
    CHECK(fault_loop(put_many, keys) >= 8);
}

int main(void)
{
    return MAIN(RUN(what_was_put_is_found_in_order), RUN(putting_again_replaces),
                RUN(a_folding_map_ignores_case), RUN(hashes_tell_texts_apart),
                RUN(memory_may_run_out));
}
