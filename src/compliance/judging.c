/* SPDX-License-Identifier: Apache-2.0 */
/* One thread does rounds: rules that are new or another, terms that ended, resources that changed, scans that were
 * asked for; until nothing is left. Each step reads a snapshot, judges outside of any transaction of the writer's,
 * and stores in a short write. What was judged meanwhile changes again is noted again, and comes once more. */
#include "judging.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "jsonw.h"
#include "judge_estate.h"
#include "keys.h"
#include "rulebook_internal.h"
#include "scans.h"

#define AT_ONCE 500      /* resources of one write */
#define BATCHES 8        /* of what changed, before a full scan has its turn: where somebody always writes it would not end */
#define IDLE_SECONDS 30  /* at the latest it is looked whether something expired */

struct mp_judging {
    mp_app         *app;
    mp_rulebooks   *books;
    mp_rulebook    *book;    /* that `numbers` are of; NULL: none yet */
    int64_t        *numbers;
    bool           *is_stale;
    bool            has_ended; /* checks may have: only another rulebook ends some */
    pthread_mutex_t lock;    /* the members below */
    pthread_cond_t  work, done;
    /* wishes that something be done; those that were there when the last idle round began */
    uint64_t        asked, served;
    bool            has_thread;
    atomic_bool     is_over;
    pthread_t       thread;
    pthread_mutex_t round;   /* one does a round at a time */
    mp_scanning    *scanning; /* of the full scan that runs */
};

/* ---- rules ---- */

static mp_code number_checks(mp_tx *tx, void *arg, mp_error *err)
{
    mp_judging *j = arg;
    return mp_verdicts_checks(j->numbers, j->is_stale, tx, j->book, err);
}

static void forget_book(mp_judging *j)
{
    mp_rulebook_unref(j->book);
    free(j->numbers);
    free(j->is_stale);
    j->book = NULL;
    j->numbers = NULL;
    j->is_stale = NULL;
}

/* Take the present rulebook; its checks get their numbers. */
static mp_code follow_rules(mp_judging *j, mp_error *err)
{
    mp_rulebook *book;
    MP_TRY(mp_rulebook_ref(&book, j->books, err));
    if (book == j->book) {
        mp_rulebook_unref(book);
        return MP_OK;
    }
    forget_book(j);
    j->book = book;
    j->numbers = calloc((size_t)mp_rulebook_count(book) + 1, sizeof *j->numbers);
    j->is_stale = calloc((size_t)mp_rulebook_count(book) + 1, sizeof *j->is_stale);
    mp_code code = j->numbers && j->is_stale ? mp_store_write(j->app->store, number_checks, j, err)
                                             : mp_no_memory(err);
    if (code != MP_OK)
        forget_book(j);
    j->has_ended = true;
    return code;
}

/* ---- storing ---- */

typedef struct storing {
    mp_judging      *j;
    mp_judged_batch *batch;
    const mp_dirty  *done;
    size_t           done_count;
    const uint32_t  *checked; /* all of whose scope is judged with this batch */
    size_t           checked_count;
    bool             is_old;   /* nothing was stored: the rules changed meanwhile */
} storing;

static mp_code note(storing *s, mp_tx *tx, mp_error *err)
{
    mp_jsonw w;
    mp_jsonw_init(&w, mp_tx_arena(tx));
    mp_jsonw_object(&w);
    mp_jsonw_put_int(&w, "resources", (int64_t)s->batch->count);
    mp_jsonw_put_int(&w, "changed", s->batch->changed);
    mp_jsonw_end(&w);
    mp_leaf leaf = { .actor_kind = MP_S("system"),
                     .action = MP_S("Mapae.Compliance/verdicts/write"),
                     .on = MP_S("/"),
                     .outcome = MP_OUTCOME_DONE,
                     .detail = mp_jsonw_done(&w) };
    return leaf.detail ? mp_ledger_add(s->j->app->ledger, tx, &leaf, err)
                       : mp_no_memory(err);
}

/* ---- others that what changed is looked at for ---- */

/* Once for a check and a place, however many of the batch want it. */
static mp_code mark_under(mp_map *marked, mp_tx *tx, int64_t number, mp_str scope, bool is_narrow, mp_error *err)
{
    mp_str key = mp_arena_printf(mp_tx_arena(tx), "%lld %.*s", (long long)number, MP_FMT(scope));
    if (!key.ptr)
        return mp_no_memory(err);
    if (mp_map_get(marked, key))
        return MP_OK;
    MP_TRY(mp_map_put(marked, key, marked, err));
    return mp_dirty_under(tx, number, scope, is_narrow, err);
}

static mp_code mark_related(mp_judging *j, mp_map *marked, mp_tx *tx, mp_str key, mp_error *err)
{
    mp_place place;
    MP_TRY(mp_place_of(&place, key, mp_tx_arena(tx), err));
    if ((place.kind == MP_PLACE_GROUP || place.kind == MP_PLACE_SUBSCRIPTION) && mp_plan_reads_context(j->book->plan))
        MP_TRY(mp_dirty_scope(tx, place.key, err));
    mp_str subscription = mp_arena_printf(mp_tx_arena(tx), "/subscriptions/%.*s", MP_FMT(place.subscription));
    if (!subscription.ptr)
        return mp_no_memory(err);
    for (uint32_t i = 0; i < mp_rulebook_count(j->book); i++) {
        const mp_rule_facts *facts = mp_rulebook_facts(j->book, i);
        bool is_wanted = mp_str_eq(facts->related_type, MP_S("*")) || mp_str_eq_fold(facts->related_type, place.type);
        bool                 is_wide = facts->related_anywhere || !place.group_key.len;
        if (facts->related_type.len && is_wanted)
            MP_TRY(mark_under(marked, tx, j->numbers[i], is_wide ? subscription : place.group_key, !is_wide, err));
    }
    return MP_OK;
}

static mp_code mark_all_related(const storing *s, mp_tx *tx, mp_error *err)
{
    mp_map  marked = MP_MAP_INIT;
    mp_code code = MP_OK;
    for (size_t i = 0; i < s->done_count && code == MP_OK; i++)
        if (s->done[i].is_changed)
            code = mark_related(s->j, &marked, tx, s->done[i].key, err);
    mp_map_free(&marked);
    return code;
}

static mp_code store_batch(mp_tx *tx, void *arg, mp_error *err)
{
    storing *s = arg;
    /* A note may have been written because of the change: it is done with under the new rules only. */
    bool is_current = true;
    if (s->done_count)
        MP_TRY(mp_rulebook_is_current(&is_current, s->j->books, s->j->book, tx, err));
    s->is_old = !is_current;
    if (s->is_old)
        return MP_OK;
    if (s->batch)
        MP_TRY(mp_batch_store(s->batch, tx, s->j->book, s->j->numbers, err));
    MP_TRY(mp_dirty_done(tx, s->done, s->done_count, err));
    MP_TRY(mark_all_related(s, tx, err));
    for (size_t i = 0; i < s->checked_count; i++)
        MP_TRY(mp_verdicts_checked(tx, s->j->book, s->checked[i], s->j->numbers[s->checked[i]], err));
    return s->batch && s->batch->changed ? note(s, tx, err) : MP_OK;
}

/* ---- a range under some checks ---- */

typedef struct range {
    mp_judging      *j;
    mp_bench        *bench;
    mp_judged_batch *batch;
    mp_estate_run    run;
    bool             is_last;
    mp_arena         arena; /* of run.from */
} range;

static mp_code judge_page(mp_tx *tx, void *arg, mp_error *err)
{
    range         *r = arg;
    mp_estate_page page;
    mp_str         from, last;
    MP_TRY(mp_estate_range(&page, tx, &r->run, AT_ONCE, &r->batch->arena, err));
    MP_TRY(mp_estate_ends(&from, &last, &r->run, &r->batch->arena, err));
    mp_batch_at_hand(r->batch, &page, from, page.next.len ? page.next : last);
    for (size_t i = 0; i < page.count; i++)
        MP_TRY(mp_bench_judge(r->batch, r->bench, tx, page.items[i].key, &page.items[i], err));
    r->is_last = page.next.len == 0;
    if (r->is_last)
        return MP_OK;
    r->run.from = mp_record_behind(page.next, &r->arena);
    return r->run.from.ptr ? MP_OK : mp_no_memory(err);
}

static mp_code judge_range(range *r, const uint32_t *checks, uint32_t count, mp_error *err)
{
    do {
        mp_judged_batch batch;
        mp_batch_begin(&batch);
        r->batch = &batch;
        mp_code code = mp_store_read(r->j->app->store, judge_page, r, err);
        storing s = { .j = r->j, .batch = &batch, .checked = checks, .checked_count = r->is_last ? count : 0 };
        if (code == MP_OK)
            code = mp_store_write(r->j->app->store, store_batch, &s, err);
        mp_batch_end(&batch);
        MP_TRY(code);
    } while (!r->is_last && !r->j->is_over);
    return MP_OK;
}

static bool is_group_scope(mp_str scope) { return mp_str_starts_fold(scope, MP_S("/providers/Microsoft.Management/")); }

/* Stale checks that share a scope are judged together. */
static mp_code judge_stale(mp_judging *j, bool *did, uint32_t first, mp_error *err)
{
    uint32_t  total = mp_rulebook_count(j->book), count = 0;
    uint32_t *checks = calloc((size_t)total + 1, sizeof *checks);
    mp_str    scope = mp_rulebook_facts(j->book, first)->assignment_scope;
    mp_bench  bench = { .book = NULL };
    range     r = { .j = j, .bench = &bench, .arena = MP_ARENA_INIT };
    if (!checks)
        return mp_no_memory(err);
    for (uint32_t i = first; i < total; i++)
        if (j->is_stale[i] && mp_str_eq_fold(mp_rulebook_facts(j->book, i)->assignment_scope, scope))
            checks[count++] = i;
    mp_code code = is_group_scope(scope) ? MP_OK : mp_key_of(&r.run.scope, scope, &r.arena, err);
    if (code == MP_OK)
        code = mp_bench_init(&bench, j->book, count == total ? NULL : checks, count, err);
    if (code == MP_OK)
        code = judge_range(&r, checks, count, err);
    mp_bench_done(&bench);
    mp_arena_free(&r.arena);
    for (uint32_t i = 0; i < count && code == MP_OK; i++)
        j->is_stale[checks[i]] = false;
    free(checks);
    *did = true;
    return code;
}

static mp_code judge_rules(mp_judging *j, bool *did, mp_error *err)
{
    for (uint32_t i = 0; i < mp_rulebook_count(j->book) && !j->is_over; i++)
        if (j->is_stale[i])
            MP_TRY(judge_stale(j, did, i, err));
    return MP_OK;
}

/* ---- checks that ended ---- */

static mp_code clean_some(mp_tx *tx, void *arg, mp_error *err) { return mp_verdicts_clean(arg, tx, AT_ONCE, err); }

static mp_code clean(mp_judging *j, bool *did, mp_error *err)
{
    for (bool more = j->has_ended; more && !j->is_over;) {
        MP_TRY(mp_store_write(j->app->store, clean_some, &more, err));
        j->has_ended = more;
        *did = *did || more;
    }
    return MP_OK;
}

/* ---- what changed ---- */

typedef struct changes {
    mp_judging      *j;
    mp_bench        *bench;
    mp_judged_batch *batch;
    mp_dirty        *list;
    size_t           count;
    mp_arena        *arena;
} changes;

static mp_code judge_changes(mp_tx *tx, void *arg, mp_error *err)
{
    changes *c = arg;
    MP_TRY(mp_dirty_list(&c->list, &c->count, tx, AT_ONCE, c->arena, err));
    for (size_t i = 0; i < c->count; i++) {
        mp_estate_item item;
        mp_error       why = { 0 };
        mp_code        code = mp_estate_get(&item, tx, c->list[i].key, 0, c->arena, &why);
        if (code != MP_OK && code != MP_MISSING)
            return mp_fail(err, code, MP_NOWHERE, "%s", why.message);
        MP_TRY(mp_bench_judge(c->batch, c->bench, tx, c->list[i].key, code == MP_OK ? &item : NULL, err));
    }
    return MP_OK;
}

static mp_code judge_dirty(mp_judging *j, bool *did, mp_error *err)
{
    bool more = true;
    for (unsigned n = 0; more && n < BATCHES && !j->is_over; n++) {
        mp_bench        bench;
        mp_judged_batch batch;
        mp_arena        arena = MP_ARENA_INIT;
        changes         c = { .j = j, .bench = &bench, .batch = &batch, .arena = &arena };
        MP_TRY(mp_bench_init(&bench, j->book, NULL, 0, err));
        mp_batch_begin(&batch);
        mp_code code = mp_store_read(j->app->store, judge_changes, &c, err);
        storing s = { .j = j, .batch = &batch, .done = c.list, .done_count = c.count };
        if (code == MP_OK && c.count)
            code = mp_store_write(j->app->store, store_batch, &s, err);
        more = c.count > 0 && !s.is_old;
        *did = *did || c.count;
        mp_batch_end(&batch);
        mp_bench_done(&bench);
        mp_arena_free(&arena);
        MP_TRY(code);
    }
    return MP_OK;
}

/* ---- what ended ---- */

typedef struct ending {
    mp_judging *j;
    mp_ticks    now;
    bool        has_some;
} ending;

static mp_code note_ended(mp_tx *tx, void *arg, mp_error *err)
{
    ending             *e = arg;
    mp_ticks            seen;
    size_t              count;
    const mp_rule_term *terms = mp_rulebook_terms(e->j->book, &count);
    MP_TRY(mp_expiry_seen(&seen, tx, err));
    for (size_t i = 0; i < count; i++)
        if (terms[i].expires_on > seen && terms[i].expires_on <= e->now)
            MP_TRY(mp_dirty_scope(tx, is_group_scope(terms[i].scope) ? MP_S("/") : terms[i].scope, err));
    return mp_expiry_see(tx, e->now, err);
}

static mp_code look_for_ended(mp_judging *j, mp_error *err)
{
    ending              e = { .j = j, .now = mp_clock_now() };
    size_t              count;
    const mp_rule_term *terms = mp_rulebook_terms(j->book, &count);
    for (size_t i = 0; i < count && !e.has_some; i++)
        e.has_some = terms[i].expires_on != 0 && terms[i].expires_on <= e.now;
    return e.has_some ? mp_store_write(j->app->store, note_ended, &e, err) : MP_OK;
}

/* ---- rounds ---- */

static mp_code run_round(mp_judging *j, bool *did, mp_error *err)
{
    MP_TRY(follow_rules(j, err));
    MP_TRY(look_for_ended(j, err));
    MP_TRY(judge_rules(j, did, err));
    MP_TRY(clean(j, did, err));
    return judge_dirty(j, did, err);
}

/* ---- full scans ---- */

static mp_code note_scan(void *ctx, mp_tx *tx, const mp_full_scan *ended, mp_error *err)
{
    mp_judging *j = ctx;
    mp_leaf leaf = { .actor_kind = MP_S("system"),
                     .action = MP_S("Mapae.Compliance/scans/write"),
                     .on = ended->scope,
                     .outcome = MP_OUTCOME_DONE,
                     .detail = mp_scan_tell(ended, false, mp_tx_arena(tx)) };
    return leaf.detail ? mp_ledger_add(j->app->ledger, tx, &leaf, err)
                       : mp_no_memory(err);
}

static unsigned scan_jobs(void)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    return cores < 1 ? 1 : cores < MP_SCAN_JOBS ? (unsigned)cores : MP_SCAN_JOBS;
}

/* One step of the scan that runs; whoever listens is told how far it is, if he can be. */
static mp_code scan_some(mp_judging *j, bool *did, mp_error *err)
{
    mp_arena     arena = MP_ARENA_INIT;
    mp_full_scan scan;
    bool         is_one = false;
    mp_scan_step step = { .store = j->app->store,
                          .books = j->books,
                          .book = j->book,
                          .numbers = j->numbers,
                          .jobs = scan_jobs(),
                          .note = note_scan,
                          .ctx = j };
    mp_code      code = mp_scan_some(&is_one, &scan, &j->scanning, &step, &arena, err);
    const mp_json *said = code == MP_OK && is_one && j->app->events ? mp_scan_tell(&scan, false, &arena) : NULL;
    mp_error       untold;
    if (said && mp_events_publish(j->app->events, MP_S("changes"), MP_S("scan"), said, &untold) != MP_OK && j->app->log)
        mp_log_write(j->app->log, MP_LOG_WARNING, "job",
                     (mp_log_field[]){ MP_LOG_TEXT("job", MP_S("judging")),
                                       MP_LOG_TEXT("message", mp_str_from(untold.message)) },
                     2);
    *did = *did || is_one;
    mp_arena_free(&arena);
    return code;
}

static uint64_t asked_by_now(mp_judging *j)
{
    pthread_mutex_lock(&j->lock);
    uint64_t asked = j->asked;
    pthread_mutex_unlock(&j->lock);
    return asked;
}

/* What was asked for is judged: nobody waits for a scan that goes on. */
static void serve(mp_judging *j, uint64_t asked)
{
    pthread_mutex_lock(&j->lock);
    j->served = asked;
    pthread_cond_broadcast(&j->done);
    pthread_mutex_unlock(&j->lock);
}

static mp_code run_until_idle(mp_judging *j, mp_error *err)
{
    mp_code code = MP_OK;
    bool    did = true;
    pthread_mutex_lock(&j->round);
    while (did && code == MP_OK && !j->is_over) {
        uint64_t asked = asked_by_now(j);
        did = false;
        code = run_round(j, &did, err);
        if (code == MP_OK && !did)
            serve(j, asked);
        if (code == MP_OK)
            code = scan_some(j, &did, err);
    }
    pthread_mutex_unlock(&j->round);
    return code;
}

static void tell_failure(mp_judging *j, const mp_error *why)
{
    if (j->app->log)
        mp_log_write(j->app->log, MP_LOG_ERROR, "job",
                     (mp_log_field[]){ MP_LOG_TEXT("job", MP_S("judging")),
                                       MP_LOG_TEXT("code", mp_str_from(mp_code_name(why->code))),
                                       MP_LOG_TEXT("message", mp_str_from(why->message)) },
                     3);
}

static void wait_for_work(mp_judging *j, bool has_failed)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += has_failed ? 1 : IDLE_SECONDS;
    while (!j->is_over && (has_failed || j->asked == j->served))
        if (pthread_cond_timedwait(&j->work, &j->lock, &until) != 0)
            break;
}

static void *judge_on(void *arg)
{
    mp_judging *j = arg;
    pthread_mutex_lock(&j->lock);
    while (!j->is_over) {
        mp_error why = { 0 };
        pthread_mutex_unlock(&j->lock);
        mp_code code = run_until_idle(j, &why);
        pthread_mutex_lock(&j->lock);
        if (code != MP_OK)
            tell_failure(j, &why);
        pthread_cond_broadcast(&j->done);
        wait_for_work(j, code != MP_OK);
    }
    pthread_mutex_unlock(&j->lock);
    return NULL;
}

mp_code mp_judging_new(mp_judging **out, mp_app *app, mp_rulebooks *books, mp_error *err)
{
    mp_judging *j = calloc(1, sizeof *j);
    if (!j)
        return mp_no_memory(err);
    j->app = app;
    j->books = books;
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&j->lock, NULL);
    pthread_mutex_init(&j->round, NULL);
    pthread_cond_init(&j->work, &monotonic);
    pthread_cond_init(&j->done, &monotonic);
    pthread_condattr_destroy(&monotonic);
    j->has_thread = app->has_jobs && pthread_create(&j->thread, NULL, judge_on, j) == 0;
    if (app->has_jobs && !j->has_thread) {
        mp_judging_free(j);
        return mp_fail(err, MP_NOMEM, MP_NOWHERE, "no thread for judging could be made");
    }
    *out = j;
    return MP_OK;
}

void mp_judging_free(mp_judging *j)
{
    if (!j)
        return;
    pthread_mutex_lock(&j->lock);
    j->is_over = true;
    pthread_cond_broadcast(&j->work);
    pthread_mutex_unlock(&j->lock);
    if (j->has_thread)
        pthread_join(j->thread, NULL);
    forget_book(j);
    mp_scanning_free(j->scanning);
    pthread_cond_destroy(&j->done);
    pthread_cond_destroy(&j->work);
    pthread_mutex_destroy(&j->round);
    pthread_mutex_destroy(&j->lock);
    free(j);
}

void mp_judging_wake(mp_judging *j)
{
    pthread_mutex_lock(&j->lock);
    j->asked++;
    pthread_cond_signal(&j->work);
    pthread_mutex_unlock(&j->lock);
}

mp_code mp_judging_settle(mp_judging *j, unsigned seconds, mp_error *err)
{
    if (!j->has_thread)
        return run_until_idle(j, err);
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += seconds;
    pthread_mutex_lock(&j->lock);
    uint64_t wanted = ++j->asked;
    pthread_cond_signal(&j->work);
    int late = 0;
    while (j->served < wanted && late == 0)
        late = pthread_cond_timedwait(&j->done, &j->lock, &until);
    bool is_done = j->served >= wanted;
    pthread_mutex_unlock(&j->lock);
    return is_done ? MP_OK : mp_fail(err, MP_BUSY, MP_NOWHERE, "not all is judged yet after %u seconds", seconds);
}
