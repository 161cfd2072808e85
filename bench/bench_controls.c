/* SPDX-License-Identifier: Apache-2.0 */
/* bench_controls INITIATIVE LIBRARY [VERDICTS [STORE]] - state and score of all frameworks over many verdicts
 * (bench_verdicts.h): from cold, after one verdict, answer or piece of evidence changed, at dates, over time and
 * beside each other. Beside it stands what the same counts cost when every verdict is looked at. STORE:
 * "postgres://..." instead of SQLite. */
#include "bench_verdicts.h"

#include <stdio.h>

#include "builtin_frameworks.h"
#include "controls.h"
#include "jsonw.h"
#include "score_compare.h"
#include "scores_all.h"
#include "sql.h"

#define ROUNDS 21
#define COLD 5

static verdict_world v;

typedef struct asking {
    const mp_frameworks *all;
    const mp_evidence_view *evidence; /* of now, as is: */
    const mp_said_held *said;
    mp_ticks as_of;
    int64_t points;
    size_t controls;
    mp_ticks from, to; /* of a trend, a comparison */
    size_t steps;
    mp_arena arena;
} asking;

/* ---- all frameworks ---- */

static mp_code add_score(void *ctx, const mp_standing_of *of, const mp_score *score, mp_error *err)
{
    asking *a = ctx;
    (void)of;
    (void)err;
    a->points += score->total.points;
    a->controls += score->count;
    return MP_OK;
}

static mp_code score_all(mp_tx *tx, void *arg, mp_error *err)
{
    asking *a = arg;
    const mp_standing_of place = { .all = a->all,
                                   .scopes = &v.subscription,
                                   .scope_count = 1,
                                   .as_of = a->as_of,
                                   .evidence = a->as_of ? NULL : a->evidence,
                                   .said_now = a->as_of ? NULL : &a->said->all };
    a->points = 0;
    a->controls = 0;
    return mp_scores_all(tx, &place, add_score, a, &a->arena, err);
}

/* As a request does it: the evidence of now and what is said are taken first, then all is one read. */
static void ask_all(asking *a)
{
    mp_error err;
    must(mp_evidence_view_take(&a->evidence, v.w.app, 0, &err), &err);
    must(mp_said_take(&a->said, mp_controls_of(v.w.app)->said, &err), &err);
    must(mp_store_read(v.w.app->store, score_all, a, &err), &err);
    mp_said_drop(a->said);
    mp_evidence_view_drop(a->evidence);
    mp_arena_reset(&a->arena);
}

static void measure_cold(asking *a)
{
    timing t = { .count = 0 };
    mp_error err;
    for (size_t i = 0; i < COLD; i++) {
        mp_arena arena = MP_ARENA_INIT;
        mp_frameworks frameworks;
        verdicts_reopen(&v);
        timing_begin(&t);
        must(mp_builtin_frameworks(&frameworks, &arena, &err), &err);
        a->all = &frameworks;
        ask_all(a);
        timing_end(&t);
        mp_arena_free(&arena);
    }
    printf("%zu states of controls, %.3f points\n", a->controls, (double)a->points / 1000.0);
    timing_tell(&t, "all frameworks, from cold");
}

static void measure_now(asking *a)
{
    timing t = { .count = 0 };
    while (t.count < ROUNDS) {
        timing_begin(&t);
        ask_all(a);
        timing_end(&t);
    }
    timing_tell(&t, "all frameworks, again");
}

static void judge(verdict_world *in) { verdicts_judge(in, below((uint32_t)in->resources)); }

/* The whole, and of it what comes behind the write. */
static void measure_change(asking *a, const char *what, void (*change)(verdict_world *in))
{
    timing whole = { .count = 0 }, after = { .count = 0 };
    while (whole.count < ROUNDS) {
        timing_begin(&whole);
        change(&v);
        timing_begin(&after);
        ask_all(a);
        timing_end(&after);
        timing_end(&whole);
    }
    timing_tell(&whole, what);
    timing_tell(&after, "  of it behind the write");
}

/* ---- one framework, over time ---- */

static mp_code score_then(mp_score *out, mp_standing_of *of, mp_tx *tx, asking *a, mp_ticks as_of, mp_error *err)
{
    *of = (mp_standing_of){ .all = a->all,
                            .framework = mp_framework_find(a->all, MP_S("isms-p-2023")),
                            .scopes = &v.subscription,
                            .scope_count = 1,
                            .as_of = as_of };
    return mp_control_score(out, tx, of, NULL, &a->arena, err);
}

static mp_code trend(mp_tx *tx, void *arg, mp_error *err)
{
    asking *a = arg;
    for (size_t i = 0; i < a->steps; i++) {
        mp_score score;
        mp_standing_of of;
        mp_ticks at = a->from + (a->to - a->from) / (mp_ticks)(a->steps - 1) * (mp_ticks)i;
        MP_TRY(score_then(&score, &of, tx, a, at, err));
    }
    return MP_OK;
}

static mp_code compare(mp_tx *tx, void *arg, mp_error *err)
{
    asking *a = arg;
    mp_score scores[2];
    mp_standing_of of[2];
    mp_jsonw w;
    MP_TRY(score_then(&scores[0], &of[0], tx, a, a->from, err));
    MP_TRY(score_then(&scores[1], &of[1], tx, a, a->to, err));
    const mp_compared from = { &of[0], &scores[0], a->from }, to = { &of[1], &scores[1], a->to };
    mp_jsonw_init(&w, &a->arena);
    return mp_scores_compare(&w, &from, &to, err);
}

/* When the world was made: the first and the last verdict. */
static mp_code read_times(mp_tx *tx, void *arg, mp_error *err)
{
    asking *a = arg;
    MP_TRY(mp_sql_int(&a->from, tx, "SELECT MIN(since) FROM verdict_sum_at", NULL, 0, err));
    return mp_sql_int(&a->to, tx, "SELECT MAX(since) FROM verdict_sum_at", NULL, 0, err);
}

/* ---- the counts alone ---- */

static mp_code count_kept(mp_tx *tx, void *arg, mp_error *err)
{
    asking *a = arg;
    mp_check_count *list;
    size_t count;
    return mp_verdicts_count(&list, &count, tx, &v.subscription, 1, a->as_of, &a->arena, err);
}

static mp_code count_rows(mp_tx *tx, void *arg, mp_error *err)
{
    mp_rows *rows = NULL;
    bool more = true;
    (void)arg;
    MP_TRY(mp_sql_ask(&rows, tx, "SELECT rule, state, COUNT(*) FROM verdict GROUP BY rule, state", NULL, 0, err));
    mp_code code = MP_OK;
    while (code == MP_OK && more)
        code = mp_rows_next(&more, rows, err);
    mp_rows_close(rows);
    return code;
}

static void ask(const char *what, asking *a, mp_tx_fn fn)
{
    world_ask(&v.w, what, ROUNDS, fn, a, &a->arena);
}

int main(int argc, char **argv)
{
    asking a = { .arena = MP_ARENA_INIT };
    mp_arena arena = MP_ARENA_INIT;
    mp_frameworks frameworks;
    mp_error err;
    verdicts_start(&v, argc, argv);
    measure_cold(&a);
    must(mp_builtin_frameworks(&frameworks, &arena, &err), &err);
    a.all = &frameworks;
    measure_now(&a);
    measure_change(&a, "a resource judged anew, and all frameworks", judge);
    measure_change(&a, "an answer, and all frameworks", verdicts_answer);
    measure_change(&a, "a piece of evidence, and all frameworks", verdicts_prove);
    must(mp_store_read(v.w.app->store, read_times, &a, &err), &err);
    ask("verdicts counted, now", &a, count_kept);
    a.as_of = a.from + (a.to - a.from) / 2;
    ask("verdicts counted, at a date", &a, count_kept);
    ask("baseline: every verdict looked at", &a, count_rows);
    ask("all frameworks at a date", &a, score_all);
    ask("a framework, two dates beside each other", &a, compare);
    a.steps = 12;
    ask("a framework's trend, 12 points", &a, trend);
    a.steps = 60;
    ask("a framework's trend, 60 points", &a, trend);
    mp_arena_free(&arena);
    mp_arena_free(&a.arena);
    verdicts_stop(&v);
    return 0;
}
