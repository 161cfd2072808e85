/* SPDX-License-Identifier: Apache-2.0 */
#include "seen.h"

#include <stdio.h>

#include "fault.h"
#include "map.h"
#include "test.h"

static bool is_new(mp_seen *s, uint64_t hash)
{
    bool found = false;
    CHECK(mp_seen_add(s, hash, &found));
    return found;
}

/* Numbers that look like hashes, all different: the finaliser of MurmurHash3 is a bijection. */
static uint64_t scatter(uint64_t i)
{
    i = (i ^ i >> 33) * UINT64_C(0xFF51AFD7ED558CCD);
    i = (i ^ i >> 33) * UINT64_C(0xC4CEB9FE1A85EC53);
    return i ^ i >> 33;
}

TEST(what_was_added_is_known)
{
    mp_seen s = { 0 };
    CHECK(is_new(&s, 17));
    CHECK(is_new(&s, 18));
    CHECK(!is_new(&s, 17));
    CHECK(!is_new(&s, 18));
    CHECK(is_new(&s, UINT64_MAX));
    CHECK(!is_new(&s, UINT64_MAX));
    mp_seen_done(&s);
}

TEST(an_empty_set_is_freed)
{
    mp_seen s = { 0 };
    mp_seen_done(&s);
}

/* A free slot is written as 0, so the hash 0 is apart. */
TEST(zero_is_a_hash_like_any_other)
{
    mp_seen s = { 0 };
    CHECK(is_new(&s, 0));
    CHECK(!is_new(&s, 0));
    CHECK(is_new(&s, 1));
    CHECK(!is_new(&s, 1));
    for (uint64_t i = 2; i < 10000; i++)
        CHECK(is_new(&s, i));
    CHECK(!is_new(&s, 0));
    mp_seen_done(&s);
}

TEST(many_are_told_apart)
{
    enum { MANY = 400000 };
    mp_seen s = { 0 };
    for (uint64_t i = 0; i < MANY; i++) {
        CHECK(is_new(&s, scatter(i)));
        if ((i & (i - 1)) == 0) /* growing forgets nothing */
            for (uint64_t k = 0; k <= i; k++)
                CHECK(!is_new(&s, scatter(k)));
    }
    for (uint64_t i = 0; i < MANY; i++)
        CHECK(!is_new(&s, scatter(i)));
    for (uint64_t i = MANY; i < MANY + 1000; i++)
        CHECK(is_new(&s, scatter(i)));
    uint64_t bytes = (s.mask + 1) * sizeof(*s.slots);
    CHECK(bytes >= 10 * (uint64_t)MANY && bytes <= 22 * (uint64_t)MANY);
    mp_seen_done(&s);
}

/* Hashes that want the same place, or places side by side. */
TEST(collisions_are_told_apart)
{
    static const struct { uint64_t base, step; } runs[] = {
        { 1, 1 }, { UINT64_C(1) << 63, 1 }, { 5, UINT64_C(1) << 40 }, { 3, 128 }, { 77, UINT64_C(1) << 20 },
        { UINT64_MAX, UINT64_MAX }, /* downwards */
    };
    for (size_t i = 0; i < MP_COUNT(runs); i++) {
        mp_seen s = { 0 };
        for (uint64_t k = 0; k < 4000; k++)
            CHECK(is_new(&s, runs[i].base + k * runs[i].step));
        for (uint64_t k = 0; k < 4000; k++)
            CHECK(!is_new(&s, runs[i].base + k * runs[i].step));
        mp_seen_done(&s);
    }
}

/* What the set is for. */
TEST(ids_are_new_once_in_any_case)
{
    mp_seen s = { 0 };
    char    id[200];
    for (int upper = 0; upper < 2; upper++)
        for (uint32_t i = 0; i < 50000; i++) {
            int len = snprintf(id, sizeof id, "/subscriptions/%08x/resourceGroups/%s%u/providers/%s/vm%u", i % 7,
                               upper ? "RG" : "rg", i % 100,
                               upper ? "MICROSOFT.Compute/VirtualMachines" : "Microsoft.Compute/virtualMachines", i);
            CHECK(is_new(&s, mp_hash_fold(mp_str_of(id, (size_t)len))) == !upper);
        }
    mp_seen_done(&s);
}

static bool add_many(void *context)
{
    mp_seen  s = { 0 };
    uint64_t added = 0;
    bool     is_added = true, found;
    (void)context;
    while (added < 20000 && (is_added = mp_seen_add(&s, scatter(added), &found))) {
        CHECK(found);
        added++;
    }
    for (uint64_t i = 0; i < added; i++) /* what was in it still is; nothing is added, so nothing grows */
        CHECK(mp_seen_add(&s, scatter(i), &found) ? !found : !is_added);
    mp_seen_done(&s);
    return added == 20000;
}

TEST(memory_may_run_out) { CHECK(fault_loop(add_many, NULL) >= 3); }

int main(void)
{
    return MAIN(RUN(what_was_added_is_known), RUN(an_empty_set_is_freed), RUN(zero_is_a_hash_like_any_other),
                RUN(many_are_told_apart), RUN(collisions_are_told_apart), RUN(ids_are_new_once_in_any_case),
                RUN(memory_may_run_out));
}
