/* SPDX-License-Identifier: Apache-2.0 */
#include "bench_verdicts.h"

#include <stdio.h>
#include <stdlib.h>

#include "controls.h"
#include "evidence_system.h"
#include "jsonw.h"
#include "said.h"
#include "secret.h"
#include "sql.h"
#include "verdicts.h"

#define GROUPS 200
#define BATCH 250 /* resources in one write */
#define PIECES 2  /* of evidence for a control */

static const mp_system *const systems[] = { &mp_compliance_system, &mp_evidence_system, &mp_controls_system, NULL };
static const char *const types[] = { "Microsoft.Compute/virtualMachines", "Microsoft.Storage/storageAccounts",
                                     "Microsoft.Network/virtualNetworks", "Microsoft.KeyVault/vaults",
                                     "Microsoft.Sql/servers" };
static uint32_t seed = 20261122;

uint32_t below(uint32_t n)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % n;
}

/* ---- making ---- */

typedef struct making {
    const verdict_world *v;
    size_t from, to;
    unsigned wrong; /* of 100 verdicts */
    mp_arena arena;
} making;

static mp_code make_one(const making *m, mp_verdict_writer *writer, size_t i, mp_arena *arena, mp_error *err)
{
    mp_place place;
    mp_verdict verdicts[EACH];
    uint32_t checks = mp_rulebook_count(m->v->book), first = (uint32_t)(i % 7 * 31) % checks, count = 0;
    MP_TRY(mp_place_of(&place,
                       mp_arena_printf(arena, "%.*s/resourceGroups/g%zu/providers/%s/r%zu", MP_FMT(m->v->subscription),
                                       i % GROUPS, types[i % MP_COUNT(types)], i),
                       arena, err));
    for (uint32_t c = 0; c < checks && count < EACH; c++) { /* by check, as a judge gives them */
        uint32_t r = below(100);
        if ((c + checks - first) % checks < EACH)
            verdicts[count++] = (mp_verdict){ .check = c,
                                              .state = r < m->wrong       ? MP_STATE_NON_COMPLIANT
                                                       : r < m->wrong + 3 ? MP_STATE_EXEMPT
                                                                          : MP_STATE_COMPLIANT,
                                              .reason = MP_REASON_CONDITION_TRUE,
                                              .effect = MP_S("audit") };
    }
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
    MP_TRY(mp_verdicts_begin(&writer, tx, m->v->book, m->v->numbers, err));
    for (size_t i = m->from; i < m->to; i++)
        MP_TRY(make_one(m, writer, i, &m->arena, err));
    return mp_verdicts_end(&changed, writer, err);
}

static void make_all(verdict_world *v)
{
    mp_error err;
    making m = { .v = v, .wrong = 20, .arena = MP_ARENA_INIT };
    double start = now_us();
    for (m.from = 0; m.from < v->resources; m.from = m.to) {
        m.to = m.from + BATCH < v->resources ? m.from + BATCH : v->resources;
        must(mp_app_write_alone(v->w.app, NULL, make_some, &m, &err), &err);
        mp_arena_reset(&m.arena);
    }
    double seconds = (now_us() - start) / 1e6;
    printf("%zu verdicts of %zu resources under %u checks in %.0f s: %.0f a second\n", v->resources * EACH,
           v->resources, mp_rulebook_count(v->book), seconds, (double)(v->resources * EACH) / seconds);
    mp_arena_free(&m.arena);
}

void verdicts_judge(verdict_world *v, size_t resource)
{
    mp_error err;
    making m = { .v = v, .from = resource, .to = resource + 1, .wrong = 20 + below(60), .arena = MP_ARENA_INIT };
    must(mp_app_write_alone(v->w.app, NULL, make_some, &m, &err), &err);
    mp_arena_free(&m.arena);
}

/* ---- what people say, and prove ---- */

typedef struct saying {
    verdict_world *v;
    const mp_framework *framework;
    mp_str file; /* SHA-256 */
} saying;

static mp_code put_answer(mp_tx *tx, const mp_framework *f, const mp_answer *a, size_t question, mp_error *err)
{
    mp_record made;
    mp_jsonw w;
    mp_arena *arena = mp_tx_arena(tx);
    mp_str key = mp_arena_printf(arena, "%.*s~%.*s~%zu", MP_FMT(f->id), MP_FMT(a->control->id), question + 1);
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "id", key);
    mp_jsonw_put_str(&w, "framework", f->id);
    mp_jsonw_put_str(&w, "control", a->control->id);
    mp_jsonw_put_str(&w, "measure", MP_S(""));
    mp_jsonw_put_int(&w, "question", (int64_t)question + 1);
    mp_jsonw_key(&w, MP_S("asked"));
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "ko", a->questions[question].ko);
    mp_jsonw_put_str(&w, "en", a->questions[question].en);
    mp_jsonw_end(&w);
    mp_jsonw_put_str(&w, "answer", mp_str_from(mp_said_answers[below(5) ? MP_SAID_YES : MP_SAID_NO]));
    mp_jsonw_end(&w);
    const mp_json *body = mp_jsonw_done(&w);
    return body ? mp_record_put(&made, tx, &mp_control_answer_kind, key, body, MP_ANY_VERSION, err)
                : mp_no_memory(err);
}

/* A piece of evidence that answers this control's first rule. */
static mp_code put_piece(mp_tx *tx, const saying *s, const mp_answer *a, mp_error *err)
{
    char id[37];
    mp_record made;
    MP_TRY(mp_guid(id, err));
    mp_evidence_link link = { .evidence = mp_arena_dup(mp_tx_arena(tx), mp_str_from(id)),
                              .framework = s->framework,
                              .control = a->control,
                              .by = MP_S("bench") };
    MP_TRY(world_evidence(tx, link.evidence, a->evidence[0].kind, s->file, err));
    return mp_evidence_link_put(&made, tx, &link, err);
}

static mp_code say_all(mp_tx *tx, void *arg, mp_error *err)
{
    saying *s = arg;
    for (size_t i = 0; i < s->framework->answers.count; i++) {
        const mp_answer *a = &s->framework->answers.of[i];
        for (size_t q = 0; q < a->question_count; q++)
            MP_TRY(put_answer(tx, s->framework, a, q, err));
        for (size_t e = 0; e < PIECES && a->evidence_count && !a->control->is_withdrawn; e++)
            MP_TRY(put_piece(tx, s, a, err));
    }
    return MP_OK;
}

static void make_said(verdict_world *v)
{
    mp_error err;
    const mp_frameworks *all;
    saying s = { .v = v, .file = world_keep_file(&v->w, MP_S("what proves it")) };
    must(mp_evidence_frameworks(&all, v->w.app, &err), &err);
    for (size_t i = 0; i < all->count; i++) {
        s.framework = &all->of[i];
        must(world_write(&v->w, say_all, &s, &err), &err);
    }
    mp_evidence_frameworks_drop(v->w.app, all);
}

static mp_code say_one(mp_tx *tx, void *arg, mp_error *err)
{
    saying *s = arg;
    const mp_answers *answers = &s->framework->answers;
    const mp_answer *a = &answers->of[below((uint32_t)answers->count)];
    while (!a->question_count || !a->evidence_count || a->control->is_withdrawn)
        a = &answers->of[below((uint32_t)answers->count)];
    return s->file.len ? put_piece(tx, s, a, err) : put_answer(tx, s->framework, a, 0, err);
}

static void say_once(verdict_world *v, mp_str file)
{
    mp_error err;
    const mp_frameworks *all;
    saying s = { .v = v, .file = file };
    must(mp_evidence_frameworks(&all, v->w.app, &err), &err);
    s.framework = mp_framework_find(all, MP_S("csap-2025-02"));
    must(world_write(&v->w, say_one, &s, &err), &err);
    mp_evidence_frameworks_drop(v->w.app, all);
}

void verdicts_answer(verdict_world *v) { say_once(v, MP_S("")); }
void verdicts_prove(verdict_world *v) { say_once(v, world_keep_file(&v->w, MP_S("what proves it"))); }

/* ---- life ---- */

static mp_code number_checks(mp_tx *tx, void *arg, mp_error *err)
{
    verdict_world *v = arg;
    bool *stale = MP_ARENA_ARRAY(mp_tx_arena(tx), bool, (size_t)mp_rulebook_count(v->book) + 1);
    return stale ? mp_verdicts_checks(v->numbers, stale, tx, v->book, err)
                 : mp_fail(err, MP_NOMEM, MP_NOWHERE, "no memory for %u checks", mp_rulebook_count(v->book));
}

static void take_book(verdict_world *v)
{
    mp_error err;
    must(mp_judging_settle(v->w.c->judging, 600, &err), &err);
    must(mp_rulebook_ref(&v->book, v->w.c->books, &err), &err);
    v->numbers = calloc(mp_rulebook_count(v->book) + 1, sizeof *v->numbers);
    if (!v->numbers || !mp_rulebook_count(v->book))
        must(mp_no_memory(&err), &err);
    must(mp_app_write_alone(v->w.app, NULL, number_checks, v, &err), &err);
}

static void drop_book(verdict_world *v)
{
    mp_rulebook_unref(v->book);
    free(v->numbers);
}

#define AUTH "/providers/Microsoft.Authorization/"

static void assign(verdict_world *v, mp_str set)
{
    mp_str assignment =
        mp_arena_printf(&v->w.arena, "{\"properties\":{\"policyDefinitionId\":\"" AUTH "policySetDefinitions/%.*s\"}}",
                        MP_FMT(set));
    world_object(&v->w, MP_OBJECT_ASSIGNMENT, AUTH "policyAssignments/bench", assignment.ptr);
}

/* As many as there are, in a world that was there. */
static mp_code count_resources(mp_tx *tx, void *arg, mp_error *err)
{
    verdict_world *v = arg;
    int64_t count;
    MP_TRY(mp_sql_int(&count, tx, "SELECT COUNT(*) FROM judged", NULL, 0, err));
    v->resources = (size_t)count;
    return MP_OK;
}

void verdicts_start(verdict_world *v, int argc, char **argv)
{
    const char *folder = getenv("WORLD"), *store = argc > 4 ? argv[4] : NULL;
    bool is_there = false;
    mp_error err;
    if (argc < 3) {
        fprintf(stderr, "usage: %s INITIATIVE LIBRARY [VERDICTS [STORE]]\n", argv[0]);
        exit(2);
    }
    *v = (verdict_world){ .resources = (argc > 3 ? strtoul(argv[3], NULL, 10) : 10000000) / EACH };
    world_systems = systems;
    if (folder)
        is_there = world_start_kept(&v->w, folder, store);
    else
        world_start(&v->w, store);
    v->subscription = mp_arena_printf(&v->w.arena, "/subscriptions/%.*s", MP_FMT(v->w.init.subscription_id));
    if (!is_there)
        assign(v, world_import(&v->w, argv[1], argv[2]));
    take_book(v);
    if (!is_there) {
        make_said(v);
        make_all(v);
    }
    must(mp_store_read(v->w.app->store, count_resources, v, &err), &err);
    seed = (uint32_t)mp_clock_now(); /* or the changes of this run would be those of the last one, and so none */
}

void verdicts_reopen(verdict_world *v)
{
    drop_book(v);
    world_reopen(&v->w);
    take_book(v);
}

void verdicts_stop(verdict_world *v)
{
    drop_book(v);
    world_stop(&v->w);
}
