/* SPDX-License-Identifier: Apache-2.0 */
/* Verdicts counted: in a world that changes at random, in any places and at any date, as many as there are
 * rows. */
#include "compliance_world.h"

#include <stdio.h>
#include <string.h>

#include "sql.h"
#include "states.h"
#include "verdict_counts.h"

static world w;

#define AUTH "/providers/Microsoft.Authorization/"
#define POLICIES 4
#define DISKS 12
#define ROUNDS 24

static uint32_t seed = 20261122;

static uint32_t below(uint32_t n)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % n;
}

static void want_ok(mp_code code)
{
    if (code != MP_OK)
        fail_msg("%s: %s (%s:%d)", mp_code_name(code), w.err.message, w.err.src_file, w.err.src_line);
}

static int begin(void **state)
{
    (void)state;
    world_start(&w);
    for (int i = 0; i < POLICIES; i++) {
        char id[200], body[1000];
        snprintf(id, sizeof id, "S" AUTH "policyDefinitions/p%d", i);
        snprintf(body, sizeof body,
                 "{'properties':{'mode':'All','policyRule':{'if':{'allOf':[{'field':'type','equals':'Microsoft."
                 "Compute/disks'},"
                 "{'field':'Microsoft.Compute/disks/diskSizeGB','greater':%d}]},'then':{'effect':'audit'}}}}",
                 i * 20);
        want_ok(world_object(&w, MP_OBJECT_DEFINITION, id, body));
        snprintf(id, sizeof id,
                 i == 3 ? "S/resourceGroups/g1" AUTH "policyAssignments/a%d" : "S" AUTH "policyAssignments/a%d",
                 i);
        snprintf(body, sizeof body, "{'properties':{'policyDefinitionId':'$S" AUTH "policyDefinitions/p%d'}}",
                 i);
        if (i < 3)
            want_ok(world_object(&w, MP_OBJECT_ASSIGNMENT, id, body));
    }
    for (int g = 0; g < 3; g++) {
        char id[100];
        snprintf(id, sizeof id, "S/resourceGroups/g%d", g);
        want_ok(world_write(&w, MP_GATE_PUT, id, "{'location':'koreacentral'}", NULL));
    }
    want_ok(world_object(&w, MP_OBJECT_ASSIGNMENT, "S/resourceGroups/g1" AUTH "policyAssignments/a3",
                         "{'properties':{'policyDefinitionId':'$S" AUTH "policyDefinitions/p3'}}"));
    world_settle(&w);
    return 0;
}

static int end(void **state)
{
    (void)state;
    world_stop(&w);
    return 0;
}

static void change_something(void)
{
    char id[200], body[200];
    uint32_t disk = below(DISKS);
    snprintf(id, sizeof id, "S/resourceGroups/g%u/providers/Microsoft.Compute/disks/d%u", disk % 3, disk);
    snprintf(body, sizeof body, "{'location':'koreacentral','properties':{'diskSizeGB':%u}}", below(90));
    if (below(6) == 0)
        (void)world_write(&w, MP_GATE_DELETE, id, NULL, NULL); /* it may not be there */
    else
        want_ok(world_write(&w, MP_GATE_PUT, id, body, NULL));
    if (below(8) == 0) { /* a policy goes, or comes back */
        snprintf(id, sizeof id, "S" AUTH "policyAssignments/a%u", below(3));
        snprintf(body, sizeof body, "{'properties':{'policyDefinitionId':'$S" AUTH "policyDefinitions/p%c'}}",
                 id[strlen(id) - 1]);
        if (world_forget(&w, MP_OBJECT_ASSIGNMENT, id) != MP_OK || below(2))
            want_ok(world_object(&w, MP_OBJECT_ASSIGNMENT, id, body));
    }
    world_settle(&w);
}

static mp_ticks times[ROUNDS];

typedef struct asking {
    mp_str scopes[3];
    size_t count;
    mp_ticks as_of;
    mp_check_count *list;
    size_t found;
    uint64_t rows[POLICIES][MP_STATE_COUNT];
    mp_str after;
} asking;

static mp_code count_now(mp_tx *tx, void *arg, mp_error *err)
{
    asking *a = arg;
    return mp_verdicts_count(&a->list, &a->found, tx, a->scopes, a->count, a->as_of, &w.arena, err);
}

static void take_rows(asking *a, const mp_json *rows)
{
    for (MP_JSON_EACH(row, rows)) {
        mp_str definition = mp_json_str(mp_json_get(row, MP_S("policyDefinitionName")));
        mp_str state = mp_json_str(mp_json_get(row, MP_S("complianceState")));
        for (unsigned i = 0; i < MP_STATE_COUNT; i++)
            if (mp_str_eq(mp_states[i].text, state))
                a->rows[definition.ptr[1] - '0'][i]++;
    }
}

static mp_code read_rows(mp_tx *tx, void *arg, mp_error *err)
{
    asking *a = arg;
    memset(a->rows, 0, sizeof a->rows);
    for (size_t i = 0; i < a->count; i++) {
        mp_states_query q = { .scope = a->scopes[i].len > 1 ? a->scopes[i] : MP_S(""),
                              .to = a->as_of,
                              .page = 1000 };
        mp_states_page page;
        MP_TRY(mp_states_rows(&page, tx, &q, &w.arena, err));
        CHECK(page.next.len == 0);
        take_rows(a, page.rows);
    }
    return MP_OK;
}

static mp_str key_of(const char *id)
{
    mp_place place;
    CHECK_INT(mp_place_of(&place, world_id(&w, id), &w.arena, &w.err), MP_OK);
    return place.key;
}

static uint64_t compared;

static void compare(asking *a)
{
    uint64_t counted[POLICIES][MP_STATE_COUNT] = { 0 };
    want_ok(mp_store_read(w.app->store, count_now, a, &w.err));
    want_ok(mp_store_read(w.app->store, read_rows, a, &w.err));
    for (size_t i = 0; i < a->found; i++) {
        mp_str name = mp_str_skip(a->list[i].definition, mp_str_rfind(a->list[i].definition, '/') + 1);
        for (unsigned k = 0; k < MP_STATE_COUNT; k++)
            counted[name.ptr[1] - '0'][k] += a->list[i].states[k];
    }
    for (unsigned i = 0; i < POLICIES; i++)
        for (unsigned k = 0; k < MP_STATE_COUNT; k++)
            if ((compared += counted[i][k]), counted[i][k] != a->rows[i][k])
                fail_msg("p%u %.*s: counted %llu, rows %llu", i, MP_FMT(mp_states[k].text),
                         (unsigned long long)counted[i][k], (unsigned long long)a->rows[i][k]);
}

TEST(as_many_as_there_are_rows)
{
    static const char *const places[][3] = {
        { "/", NULL, NULL },
        { "S", NULL, NULL },
        { "S/resourceGroups/g0", NULL, NULL },
        { "S/resourceGroups/g1", "S/resourceGroups/g2", NULL },
        { "S/resourceGroups/g0/providers/Microsoft.Compute/disks/d0", "S/resourceGroups/g2", NULL },
    };
    compared = 0;
    for (size_t i = 0; i < ROUNDS; i++) {
        change_something();
        times[i] = mp_clock_now();
        for (size_t p = 0; p < MP_COUNT(places); p++) {
            asking a = { .as_of = 0 };
            for (; a.count < 3 && places[p][a.count]; a.count++)
                a.scopes[a.count] = key_of(places[p][a.count]);
            compare(&a);
            a.as_of = times[below((uint32_t)i + 1)];
            compare(&a);
        }
    }
    CHECK(compared > 1000);
}

/* What an installation does that kept no sums of the past yet. */
static mp_code work_out_the_past(mp_tx *tx, void *arg, mp_error *err)
{
    const char *sql = NULL;
    (void)arg;
    for (size_t i = 0; i < mp_verdict_schema.count; i++)
        if (strstr(mp_verdict_schema.migrations[i].sql, "INSERT INTO verdict_sum_at"))
            sql = strstr(mp_verdict_schema.migrations[i].sql, "INSERT INTO verdict_sum_at");
    CHECK(sql != NULL);
    MP_TRY(mp_sql(tx, NULL, "DELETE FROM verdict_sum_at", NULL, 0, err));
    return mp_sql(tx, NULL, sql, NULL, 0, err);
}

TEST(sums_of_the_past_come_from_its_verdicts)
{
    asking a = { .scopes = { key_of("S") }, .count = 1 };
    want_ok(mp_app_write_alone(w.app, NULL, work_out_the_past, NULL, &w.err));
    compared = 0;
    for (size_t i = 0; i < ROUNDS; i++) {
        a.as_of = times[i];
        compare(&a);
    }
    CHECK(compared > 100);
    a.as_of = 0;
    compare(&a);
}

TEST(what_stands_in_two_scopes_counts_once)
{
    asking one = { .scopes = { key_of("S") }, .count = 1 },
           two = { .scopes = { key_of("S/resourceGroups/g1"), key_of("S"), key_of("S/resourceGroups/g0") },
                   .count = 3 };
    want_ok(mp_store_read(w.app->store, count_now, &one, &w.err));
    want_ok(mp_store_read(w.app->store, count_now, &two, &w.err));
    CHECK_INT(one.found, two.found);
    for (size_t i = 0; i < one.found; i++)
        CHECK(memcmp(one.list[i].states, two.list[i].states, sizeof one.list[i].states) == 0);
}

TEST(who_judges_here)
{
    asking a = { .scopes = { key_of("S/resourceGroups/g0") }, .count = 1 };
    want_ok(mp_store_read(w.app->store, count_now, &a, &w.err));
    for (size_t i = 0; i < a.found; i++) /* p3 is assigned to g1 alone */
        CHECK_INT(a.list[i].is_here, mp_str_find_str(a.list[i].definition, MP_S("/p3")) == SIZE_MAX);
    a.scopes[0] = MP_S("/providers/microsoft.management/managementgroups/nobody");
    want_ok(mp_store_read(w.app->store, count_now, &a, &w.err));
    for (size_t i = 0; i < a.found; i++)
        CHECK(!a.list[i].is_here && !a.list[i].states[MP_STATE_COMPLIANT]);
}

int main(void)
{
    static const struct CMUnitTest tests[] = { RUN(as_many_as_there_are_rows),
                                               RUN(sums_of_the_past_come_from_its_verdicts),
                                               RUN(what_stands_in_two_scopes_counts_once),
                                               RUN(who_judges_here) };
    return cmocka_run_group_tests(tests, begin, end);
}
