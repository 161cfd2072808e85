/* SPDX-License-Identifier: Apache-2.0 */
#include "api_world.h"

#include "refusals.h"
#include "settle.h"

#include <stdio.h>

#define MINUTE (60 * MP_TICKS_PER_SECOND)

typedef struct seen {
    size_t   sums;
    uint64_t count;
    char     client[64];
    bool     fails;
} seen;

static mp_code take(void *ctx, const mp_refusal_sum *sum, mp_error *err)
{
    seen *s = ctx;
    if (s->fails)
        return mp_fail(err, MP_FULL, MP_NOWHERE, "full");
    s->sums++;
    s->count += sum->count;
    CHECK(sum->first <= sum->last);
    snprintf(s->client, sizeof s->client, "%.*s", MP_FMT(sum->client));
    return MP_OK;
}

TEST(the_first_are_told_the_rest_is_counted)
{
    mp_refusals *r = NULL;
    seen         s = { .sums = 0 };
    CHECK_INT(mp_refusals_new(&r, 3, NULL), MP_OK);
    mp_ticks now = 1000 * MINUTE;
    for (int i = 0; i < 10; i++)
        CHECK(mp_refusals_count(r, MP_S("192.0.2.1"), now + i) == (i < 3));
    CHECK(mp_refusals_count(r, MP_S("192.0.2.2"), now));
    /* The minute is not over: nothing is handed over yet. */
    CHECK_INT(mp_refusals_hand_over(r, now + 30 * MP_TICKS_PER_SECOND, false, take, &s, NULL), MP_OK);
    CHECK_INT(s.sums, 0);
    /* Who has no room loses nothing. */
    s.fails = true;
    CHECK_INT(mp_refusals_hand_over(r, now + MINUTE, false, take, &s, NULL), MP_FULL);
    s.fails = false;
    CHECK_INT(mp_refusals_hand_over(r, now + MINUTE, false, take, &s, NULL), MP_OK);
    CHECK_INT(s.sums, 1);
    CHECK_INT(s.count, 7);
    CHECK(strcmp(s.client, "192.0.2.1") == 0);
    CHECK_INT(mp_refusals_hand_over(r, now + 2 * MINUTE, true, take, &s, NULL), MP_OK);
    CHECK_INT(s.sums, 1);
    /* The next minute begins anew. */
    CHECK(mp_refusals_count(r, MP_S("192.0.2.1"), now + 3 * MINUTE));
    mp_refusals_free(r);
}

TEST(many_clients_are_bounded_and_none_is_lost)
{
    mp_refusals *r = NULL;
    seen         s = { .sums = 0 };
    uint64_t     told = 0, all = 0;
    CHECK_INT(mp_refusals_new(&r, 0, NULL), MP_OK);
    for (unsigned i = 0; i < 20000; i++) {
        char text[32];
        int  len = snprintf(text, sizeof text, "10.%u.%u.%u", i >> 16 & 255, i >> 8 & 255, i & 255);
        for (int k = 0; k < 2; k++, all++)
            told += mp_refusals_count(r, mp_str_of(text, (size_t)len), 500 * MINUTE);
    }
    CHECK(told <= MP_REFUSALS_OF_ALL);
    CHECK_INT(mp_refusals_hand_over(r, 500 * MINUTE, true, take, &s, NULL), MP_OK);
    CHECK_INT(told + s.count, all);
    CHECK(s.sums <= MP_REFUSALS_CLIENTS + 1);
    mp_refusals_free(r);
}

TEST(a_flood_is_a_leaf_of_its_sum)
{
    api_world world;
    api_start(&world, NULL);
    const api_client stranger = { .client = MP_S("203.0.113.9") };
    uint64_t before = mp_ledger_now(world.app->ledger).size;
    for (int i = 0; i < 200; i++)
        WANT(api_get(&world, &stranger, "/api/v1/users"), 401);
    /* A minute may have turned meanwhile, so that some more have a leaf of their own. */
    uint64_t own = mp_ledger_now(world.app->ledger).size - before;
    CHECK(own >= 60 && own <= 120);
    CHECK_INT(mp_settle_sums(world.app, mp_clock_now(), true, NULL), MP_OK);
    mp_ledger_entry *entries;
    size_t           count;
    uint64_t         next;
    CHECK_INT(mp_ledger_search(&entries, &count, &next, world.app->ledger,
                               &(mp_ledger_query){ .action = MP_S("Mapae.Http/refusals/sum"), .outcome = -1 },
                               &world.arena, NULL),
              MP_OK);
    CHECK_INT(count, 1);
    CHECK(mp_str_find_str(entries[0].text, mp_str_from(api_printf(&world, "\"refusals\":%llu",
                                                                  (unsigned long long)(200 - own)))) != SIZE_MAX);
    CHECK(mp_str_find_str(entries[0].text, MP_S("203.0.113.9")) == SIZE_MAX); /* who it was is sealed */
    api_stop(&world);
}

/* What was counted is told when the app closes, too. */
TEST(closing_tells_the_rest)
{
    api_world world;
    api_start(&world, NULL);
    for (int i = 0; i < 200; i++)
        WANT(api_get(&world, NULL, "/api/v1/users"), 401);
    api_reopen(&world);
    mp_ledger_entry *entries;
    size_t           count;
    uint64_t         next;
    CHECK_INT(mp_ledger_search(&entries, &count, &next, world.app->ledger,
                               &(mp_ledger_query){ .action = MP_S("Mapae.Http/refusals/sum"), .outcome = -1 },
                               &world.arena, NULL),
              MP_OK);
    CHECK_INT(count, 1);
    CHECK_INT(mp_app_tick(world.app, mp_clock_now() + 2 * 3600 * MP_TICKS_PER_SECOND, NULL), MP_OK);
    api_stop(&world);
}

int main(void)
{
    return MAIN(RUN(the_first_are_told_the_rest_is_counted), RUN(many_clients_are_bounded_and_none_is_lost),
                RUN(a_flood_is_a_leaf_of_its_sum), RUN(closing_tells_the_rest));
}
