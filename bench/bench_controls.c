/* SPDX-License-Identifier: Apache-2.0 */
/* bench_controls INITIATIVE LIBRARY [VERDICTS [STORE]] - state and score of all frameworks over many verdicts
 * (by default 10,000,000), made here for resources that need not exist, 100 of each: from cold, and after one
 * verdict changed. Beside it stands what the same counts cost when every verdict is looked at, as a date of the
 * past wants it. STORE: "postgres://..." instead of SQLite. */
#include "bench_world.h"

#include <stdio.h>
#include <stdlib.h>

#include "builtin_frameworks.h"
#include "control_score.h"
#include "evidence_system.h"
#include "verdict_counts.h"

#define EACH 100 /* verdicts of one resource */
#define GROUPS 200
#define BATCH 250 /* resources in one write */
#define ROUNDS 21

static const mp_system *const systems[] = { &mp_compliance_system, &mp_evidence_system, &mp_controls_system, NULL };
static world w;
static mp_rulebook *book;
static int64_t *numbers;
static bool *stale;
static mp_str subscription;
static uint32_t seed = 20261122;

static uint32_t below(uint32_t n)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % n;
}

/* ---- making ---- */

typedef struct making {
    size_t from, to;
    mp_arena arena;
} making;

static mp_code make_one(mp_verdict_writer *writer, size_t i, mp_arena *arena, mp_error *err)
{
    mp_place place;
    mp_verdict verdicts[EACH];
    uint32_t checks = mp_rulebook_count(book), first = (uint32_t)(i % 7 * 31) % checks, count = 0;
    MP_TRY(mp_place_of(&place,
                       mp_arena_printf(arena, "%.*s/resourceGroups/g%zu/providers/Microsoft.Compute/disks/r%zu",
                                       MP_FMT(subscription), i % GROUPS, i),
                       arena, err));
    for (uint32_t c = 0; c < checks && count < EACH; c++) /* by check, as a judge gives them */
        if ((c + checks - first) % checks < EACH)
            verdicts[count++] =
                (mp_verdict){ .check = c,
                              .state = below(100) < 20 ? MP_STATE_NON_COMPLIANT : MP_STATE_COMPLIANT,
                              .reason = MP_REASON_CONDITION_TRUE,
                              .effect = MP_S("audit") };
    mp_judged judged = {
        .place = &place, .location = MP_S("koreacentral"), .version = 1, .verdicts = verdicts, .count = count
    };
    return mp_verdicts_put(writer, &judged, err);
}

static mp_code make_some(mp_tx *tx, void *arg, mp_error *err)
{
    making *m = arg;
    mp_verdict_writer *writer;
    uint32_t changed;
    MP_TRY(mp_verdicts_begin(&writer, tx, book, numbers, err));
    for (size_t i = m->from; i < m->to; i++)
        MP_TRY(make_one(writer, i, &m->arena, err));
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
    making m = { .arena = MP_ARENA_INIT };
    double start = now_us();
    must(mp_app_write_alone(w.app, NULL, number_checks, NULL, &err), &err);
    for (m.from = 0; m.from < resources; m.from = m.to) {
        m.to = m.from + BATCH < resources ? m.from + BATCH : resources;
        must(mp_app_write_alone(w.app, NULL, make_some, &m, &err), &err);
        mp_arena_reset(&m.arena);
    }
    printf("%zu verdicts of %zu resources under %u checks in %.0f s\n", resources * EACH, resources,
           mp_rulebook_count(book), (now_us() - start) / 1e6);
    mp_arena_free(&m.arena);
}

/* ---- asking ---- */

typedef struct asking {
    const mp_frameworks *all;
    mp_ticks as_of;
    int64_t points;
    size_t controls;
    mp_arena arena;
} asking;

/* Every framework, the whole and each scheme. */
static mp_code score_all(mp_tx *tx, void *arg, mp_error *err)
{
    asking *a = arg;
    mp_ground ground;
    mp_code code = mp_ground_read(&ground, tx, &subscription, 1, a->as_of, &a->arena, err);
    a->points = 0;
    a->controls = 0;
    for (size_t i = 0; code == MP_OK && i < a->all->count; i++) {
        const mp_framework *f = &a->all->of[i];
        for (size_t k = 0; code == MP_OK && k <= f->scheme_count; k++) {
            mp_standing_of of = { .all = a->all,
                                  .framework = f,
                                  .scheme = k ? &f->schemes[k - 1] : NULL,
                                  .scopes = &subscription,
                                  .scope_count = 1,
                                  .as_of = a->as_of };
            mp_score score;
            code = mp_control_score(&score, tx, &of, &ground, &a->arena, err);
            a->points += code == MP_OK ? score.total.points : 0;
            a->controls += score.count;
        }
    }
    mp_ground_done(&ground);
    return code;
}

static mp_code count_only(mp_tx *tx, void *arg, mp_error *err)
{
    asking *a = arg;
    mp_check_count *list;
    size_t count;
    return mp_verdicts_count(&list, &count, tx, &subscription, 1, a->as_of, &a->arena, err);
}

static void measure(const char *what, asking *a, mp_tx_fn fn)
{
    double times[ROUNDS];
    mp_error err;
    size_t rounds = 0;
    for (double begun = now_us(); rounds < ROUNDS && (rounds < 3 || now_us() - begun < 20e6); rounds++) {
        double start = now_us();
        must(mp_store_read(w.app->store, fn, a, &err), &err);
        times[rounds] = now_us() - start;
        mp_arena_reset(&a->arena);
    }
    tell(what, times, rounds);
}

static void measure_change(asking *a, size_t resources)
{
    double times[ROUNDS];
    mp_error err;
    making m = { .arena = MP_ARENA_INIT };
    for (size_t i = 0; i < ROUNDS; i++) {
        m.from = below((uint32_t)resources);
        m.to = m.from + 1;
        must(mp_app_write_alone(w.app, NULL, make_some, &m, &err), &err);
        double start = now_us();
        must(mp_store_read(w.app->store, score_all, a, &err), &err);
        times[i] = now_us() - start;
        mp_arena_reset(&a->arena);
    }
    tell("all frameworks after one change", times, ROUNDS);
    mp_arena_free(&m.arena);
}

#define AUTH "/providers/Microsoft.Authorization/"

int main(int argc, char **argv)
{
    mp_error err;
    mp_frameworks frameworks;
    if (argc < 3) {
        fprintf(stderr, "usage: bench_controls INITIATIVE LIBRARY [VERDICTS [STORE]]\n");
        return 2;
    }
    size_t resources = (argc > 3 ? strtoul(argv[3], NULL, 10) : 10000000) / EACH;
    world_systems = systems;
    world_start(&w, argc > 4 ? argv[4] : NULL);
    subscription = mp_arena_printf(&w.arena, "/subscriptions/%.*s", MP_FMT(w.init.subscription_id));
    mp_str set = world_import(&w, argv[1], argv[2]);
    mp_str assignment = mp_arena_printf(
        &w.arena, "{\"properties\":{\"policyDefinitionId\":\"" AUTH "policySetDefinitions/%.*s\"}}",
        MP_FMT(set));
    world_object(&w, MP_OBJECT_ASSIGNMENT, AUTH "policyAssignments/bench", assignment.ptr);
    must(mp_judging_settle(w.c->judging, 600, &err), &err);
    must(mp_rulebook_ref(&book, w.c->books, &err), &err);
    numbers = calloc(mp_rulebook_count(book) + 1, sizeof *numbers);
    stale = calloc(mp_rulebook_count(book) + 1, sizeof *stale);
    if (!numbers || !stale)
        must(mp_fail(&err, MP_NOMEM, MP_NOWHERE, "no memory for %u checks", mp_rulebook_count(book)), &err);
    make_all(resources);
    asking a = { .arena = MP_ARENA_INIT };
    double start = now_us();
    must(mp_builtin_frameworks(&frameworks, &w.arena, &err), &err);
    a.all = &frameworks;
    must(mp_store_read(w.app->store, score_all, &a, &err), &err);
    printf("all frameworks, from cold (%zu states, %.3f points): %.1f ms\n", a.controls,
           (double)a.points / 1000.0, (now_us() - start) / 1e3);
    mp_arena_reset(&a.arena);
    measure("all frameworks, again", &a, score_all);
    measure_change(&a, resources);
    measure("  of it: verdicts, counted", &a, count_only);
    a.as_of = mp_clock_now();
    measure("baseline: every verdict looked at", &a, count_only);
    measure("all frameworks at a date", &a, score_all);
    mp_arena_free(&a.arena);
    mp_rulebook_unref(book);
    free(numbers);
    free(stale);
    world_stop(&w);
    return 0;
}
