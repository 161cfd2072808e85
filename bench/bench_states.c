/* SPDX-License-Identifier: Apache-2.0 */
/* bench_states INITIATIVE LIBRARY [VERDICTS [STORE]] - questions about many verdicts (by default 10,000,000), made here
 * for resources that need not exist, 100 of each: pages, filters, aggregates and summaries, and what one more change
 * costs. STORE: "postgres://..." instead of SQLite. */
#include "bench_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "states.h"

#define EACH 100 /* verdicts of one resource */
#define GROUPS 200
#define BATCH 250 /* resources in one write */
#define ROUNDS 21

static world        w;
static mp_rulebook *book;
static int64_t     *numbers;
static bool        *stale;
static char         subscription[80];

static uint32_t seed = 20261122;

static uint32_t below(uint32_t n)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % n;
}

/* ---- making ---- */

typedef struct making {
    size_t   from, to;
    bool     is_one_more;
    mp_arena arena;
} making;

static const char *const types[] = { "Microsoft.Compute/virtualMachines", "Microsoft.Storage/storageAccounts",
                                     "Microsoft.Network/virtualNetworks", "Microsoft.KeyVault/vaults",
                                     "Microsoft.Sql/servers" };

static mp_code make_one(mp_verdict_writer *writer, size_t i, bool is_one_more, mp_arena *arena, mp_error *err)
{
    mp_place   place;
    mp_verdict verdicts[EACH];
    uint32_t   checks = mp_rulebook_count(book), count = 0;
    MP_TRY(mp_place_of(&place,
                       mp_arena_printf(arena, "%s/resourceGroups/g%zu/providers/%s/r%zu", subscription, i % GROUPS,
                                       types[i % MP_COUNT(types)], i),
                       arena, err));
    for (uint32_t c = 0; c < EACH && c < checks; c++) {
        uint32_t r = below(100);
        verdicts[count++] = (mp_verdict){ .check = (uint32_t)((i % 7 * 31 + c) % checks),
                                          .state = is_one_more || r < 20 ? MP_STATE_NON_COMPLIANT
                                                   : r < 23              ? MP_STATE_EXEMPT
                                                                         : MP_STATE_COMPLIANT,
                                          .reason = MP_REASON_CONDITION_TRUE,
                                          .effect = MP_S("audit") };
    }
    for (uint32_t a = 1; a < count; a++) /* by check, as a judge gives them */
        for (uint32_t b = a; b > 0 && verdicts[b - 1].check > verdicts[b].check; b--) {
            mp_verdict v = verdicts[b];
            verdicts[b] = verdicts[b - 1];
            verdicts[b - 1] = v;
        }
    mp_judged judged = {
        .place = &place, .location = MP_S("koreacentral"), .version = 1, .verdicts = verdicts, .count = count
    };
    return mp_verdicts_put(writer, &judged, err);
}

static mp_code make_some(mp_tx *tx, void *arg, mp_error *err)
{
    making            *m = arg;
    mp_verdict_writer *writer;
    uint32_t           changed;
    MP_TRY(mp_verdicts_begin(&writer, tx, book, numbers, err));
    for (size_t i = m->from; i < m->to; i++)
        MP_TRY(make_one(writer, i, m->is_one_more, &m->arena, err));
    return mp_verdicts_end(&changed, writer, err);
}

static mp_code number_checks(mp_tx *tx, void *arg, mp_error *err)
{
    (void)arg;
    return mp_verdicts_checks(numbers, stale, tx, book, err);
}

static void make_all(size_t resources)
{
    mp_error err;
    making   m = { .arena = MP_ARENA_INIT };
    double   start = now_us();
    must(mp_app_write_alone(w.app, NULL, number_checks, NULL, &err), &err);
    for (m.from = 0; m.from < resources; m.from = m.to) {
        m.to = m.from + BATCH < resources ? m.from + BATCH : resources;
        must(mp_app_write_alone(w.app, NULL, make_some, &m, &err), &err);
        mp_arena_reset(&m.arena);
    }
    double seconds = (now_us() - start) / 1e6;
    printf("%zu verdicts of %zu resources in %.0f s: %.0f a second\n", resources * EACH, resources, seconds,
           (double)(resources * EACH) / seconds);
    mp_arena_free(&m.arena);
}

/* ---- asking ---- */

typedef struct asking {
    mp_states_query query;
    bool            is_summary;
    size_t          rows;
    mp_arena        arena;
    mp_str          next;
} asking;

static mp_code ask(mp_tx *tx, void *arg, mp_error *err)
{
    asking        *a = arg;
    mp_states_page page;
    const mp_json *summary;
    if (a->is_summary)
        return mp_states_summary(&summary, tx, &a->query, MP_S("https://localhost"), &a->arena, err);
    MP_TRY(mp_states_rows(&page, tx, &a->query, &a->arena, err));
    a->rows = page.count;
    a->next = page.next;
    return MP_OK;
}

static void measure(const char *what, mp_states_query query, bool is_summary)
{
    double   times[ROUNDS];
    mp_error err;
    asking   a = { .query = query, .is_summary = is_summary, .arena = MP_ARENA_INIT };
    size_t   rounds = 0;
    for (double begun = now_us(); rounds < ROUNDS && (rounds < 3 || now_us() - begun < 20e6); rounds++) {
        double start = now_us();
        must(mp_store_read(w.app->store, ask, &a, &err), &err);
        times[rounds] = now_us() - start;
        mp_arena_reset(&a.arena);
    }
    tell(what, times, rounds);
    mp_arena_free(&a.arena);
}

static void measure_all(void)
{
    mp_str          group = mp_arena_printf(&w.arena, "%s/resourcegroups/g7", subscription), all = mp_str_from(subscription);
    mp_states_query q = { .scope = all };
    measure("page: the first", q, false);
    q.page = 1000;
    measure("page: of 1,000", q, false);
    q = (mp_states_query){ .scope = group };
    measure("page: of a group", q, false);
    q = (mp_states_query){ .scope = all, .texts.filter = MP_S("complianceState eq 'NonCompliant'") };
    measure("page: what is wrong", q, false);
    q.texts.filter = MP_S(
        "complianceState eq 'NonCompliant' and resourceType eq 'Microsoft.Sql/servers' and resourceGroup eq 'g199'");
    measure("page: wrong, of a type in a group", q, false);
    q.texts.filter = MP_S("complianceState eq 'Unknown'");
    measure("page: of a state that nothing has", q, false);
    q = (mp_states_query){ .scope = group, .texts.orderby = MP_S("resourceId desc") };
    measure("page: of a group, sorted", q, false);
    q = (mp_states_query){ .scope = group,
                           .texts.apply =
                               MP_S("groupby((policyDefinitionName,complianceState),aggregate($count as n))") };
    measure("of a group, grouped and counted", q, false);
    q = (mp_states_query){ .scope = all };
    measure("summary of the subscription", q, true);
    q.scope = group;
    measure("summary of a group", q, true);
}

#define AUTH "/providers/Microsoft.Authorization/"

int main(int argc, char **argv)
{
    mp_error err;
    double   times[ROUNDS];
    if (argc < 3) {
        fprintf(stderr, "usage: bench_states INITIATIVE LIBRARY [VERDICTS [STORE]]\n");
        return 2;
    }
    size_t resources = (argc > 3 ? strtoul(argv[3], NULL, 10) : 10000000) / EACH;
    world_start(&w, argc > 4 ? argv[4] : NULL);
    snprintf(subscription, sizeof subscription, "/subscriptions/%.*s", MP_FMT(w.init.subscription_id));
    mp_str set = world_import(&w, argv[1], argv[2]);
    mp_str assignment = mp_arena_printf(
        &w.arena, "{\"properties\":{\"policyDefinitionId\":\"" AUTH "policySetDefinitions/%.*s\"}}", MP_FMT(set));
    world_object(&w, MP_OBJECT_ASSIGNMENT, AUTH "policyAssignments/bench", assignment.ptr);
    must(mp_judging_settle(w.c->judging, 600, &err), &err);
    must(mp_rulebook_ref(&book, w.c->books, &err), &err);
    numbers = calloc(mp_rulebook_count(book), sizeof *numbers);
    stale = calloc(mp_rulebook_count(book), sizeof *stale);
    if (!numbers || !stale)
        must(mp_fail(&err, MP_NOMEM, MP_NOWHERE, "no memory for %u checks", mp_rulebook_count(book)), &err);
    make_all(resources);
    measure_all();
    making m = { .is_one_more = true, .arena = MP_ARENA_INIT };
    for (size_t i = 0; i < ROUNDS; i++) {
        m.from = below((uint32_t)resources);
        m.to = m.from + 1;
        double start = now_us();
        must(mp_app_write_alone(w.app, NULL, make_some, &m, &err), &err);
        times[i] = now_us() - start;
    }
    tell("a resource judged anew, with its sums", times, ROUNDS);
    mp_arena_free(&m.arena);
    mp_rulebook_unref(book);
    free(numbers);
    free(stale);
    world_stop(&w);
    return 0;
}
