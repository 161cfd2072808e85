/* SPDX-License-Identifier: Apache-2.0 */
/* The thread that works remediations off. What is to be done stands in the store, so it goes on where it stopped,
 * whatever ended the program. */
#include "remediation.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "keys.h"
#include "remediation_internal.h"

#define IDLE_SECONDS 30
#define WRITTEN_AT_ONCE 200 /* changes in one write */
#define RUNS_AT_ONCE 20     /* that are looked at in one round */

struct mp_remedying {
    mp_compliance  *c;
    pthread_mutex_t lock, round;
    pthread_cond_t  work;
    pthread_t       thread;
    bool            has_thread, is_asked;
    atomic_bool     is_over;
};

/* One run that is being carried on. */
typedef struct advancing {
    mp_compliance *c;
    mp_remediation run;
    mp_arena       arena;
    bool           is_over;   /* somebody cancelled it */
    bool           none_left;
} advancing;

/* ---- finding the resources ---- */

typedef struct noting {
    advancing   *a;
    mp_str      *ids, *locations;
    uint32_t     count, written;
    uint32_t     chunk_end;
} noting;

static mp_code note_candidate(void *ctx, mp_str resource, mp_str location, mp_error *err)
{
    noting *n = ctx;
    (void)err;
    n->ids[n->count] = resource;
    n->locations[n->count++] = location;
    return MP_OK;
}

static mp_code reread(advancing *a, mp_tx *tx, mp_error *err)
{
    MP_TRY(mp_remediation_get(&a->run, tx, a->run.run, &a->arena, err));
    a->is_over = !mp_remediation_is_open(&a->run) && !a->run.is_undoing;
    return MP_OK;
}

static mp_code begin_evaluating(mp_tx *tx, void *arg, mp_error *err)
{
    advancing *a = arg;
    MP_TRY(reread(a, tx, err));
    if (a->is_over)
        return MP_OK;
    a->run.state = MP_REMEDIATION_EVALUATING;
    return mp_remediation_put(&a->run, tx, &a->arena, err);
}

/* Evaluating was interrupted: what it noted is forgotten, and it begins anew. */
static mp_code forget_some(mp_tx *tx, void *arg, mp_error *err)
{
    noting                *n = arg;
    mp_remediation_changes changes;
    MP_TRY(mp_remediation_list_changes(&changes, tx, n->a->run.run, MP_S(""), WRITTEN_AT_ONCE, mp_tx_arena(tx), err));
    for (size_t i = 0; i < changes.count; i++)
        MP_TRY(mp_record_delete(tx, &mp_remediation_change_kind, changes.list[i].key, MP_ANY_VERSION, err));
    n->count = (uint32_t)changes.count;
    return MP_OK;
}

static mp_code write_chunk(mp_tx *tx, void *arg, mp_error *err)
{
    noting    *n = arg;
    advancing *a = n->a;
    MP_TRY(reread(a, tx, err));
    for (uint32_t i = n->written; i < n->chunk_end && !a->is_over; i++) {
        mp_remediation_change change = { .resource = n->ids[i],
                                         .location = n->locations[i],
                                         .deployment = MP_S(""),
                                         .status = MP_S("Pending"),
                                         .created_on = mp_tx_time(tx),
                                         .updated_on = mp_tx_time(tx),
                                         .undo = MP_S("") };
        change.key = mp_arena_printf(mp_tx_arena(tx), "%.*s/%06u", MP_FMT(a->run.run), i + 1);
        if (!change.key.ptr)
            return mp_no_memory(err);
        MP_TRY(mp_remediation_put_change(&change, a->run.run, tx, mp_tx_arena(tx), err));
    }
    if (a->is_over || n->chunk_end < n->count)
        return MP_OK;
    a->run.total = n->count;
    a->run.state = MP_REMEDIATION_RUNNING;
    return mp_remediation_put(&a->run, tx, &a->arena, err);
}

static mp_code write(advancing *a, mp_tx_fn fn, void *arg, mp_error *err)
{
    return mp_remediation_write(a->c, &a->run, a->run.is_undoing ? &a->run.undo_actor : &a->run.actor, a->run.id,
                                NULL, fn, arg, err);
}

static mp_code store_found(noting *n, mp_error *err)
{
    do {
        n->chunk_end = n->count - n->written > WRITTEN_AT_ONCE ? n->written + WRITTEN_AT_ONCE : n->count;
        MP_TRY(write(n->a, write_chunk, n, err));
        n->written = n->chunk_end;
    } while (n->written < n->count && !n->a->is_over);
    return MP_OK;
}

static mp_code find_all(noting *n, mp_error *err)
{
    advancing   *a = n->a;
    mp_rulebook *book;
    uint32_t     check;
    MP_TRY(mp_rulebook_ref(&book, a->c->books, err));
    mp_code code = mp_remediation_check_of(&check, book, &a->run, &a->arena, err);
    if (code == MP_OK && check != MP_NO_CHECK) /* an assignment that is gone asks for nothing */
        code = mp_remediation_each(a->c, book, check, &a->run, note_candidate, n, &a->arena, err);
    mp_rulebook_unref(book);
    return code;
}

static mp_code evaluate(advancing *a, mp_error *err)
{
    noting n = { .a = a };
    MP_TRY(write(a, begin_evaluating, a, err));
    if (a->is_over)
        return MP_OK;
    do
        MP_TRY(write(a, forget_some, &n, err));
    while (n.count == WRITTEN_AT_ONCE);
    n.count = 0;
    n.ids = MP_ARENA_ARRAY(&a->arena, mp_str, a->run.count);
    n.locations = MP_ARENA_ARRAY(&a->arena, mp_str, a->run.count);
    if (!n.ids || !n.locations)
        return mp_no_memory(err);
    MP_TRY(find_all(&n, err));
    return store_found(&n, err);
}

/* ---- some at once ---- */

typedef struct one {
    mp_compliance               *c;
    const mp_remediation        *run;
    const mp_remediation_change *change;
    mp_error                     why;
    mp_code                      code;
    pthread_t                    thread;
    bool                         has_thread;
} one;

static void *do_one(void *arg)
{
    one *o = arg;
    o->code = o->run->is_undoing ? mp_remediation_undo_one(o->c, o->run, o->change, &o->why)
                                 : mp_remediation_do(o->c, o->run, o->change, &o->why);
    return NULL;
}

/* All but the first in threads of their own, which end with the wave; where none can be made, one after the other. */
static mp_code do_wave(advancing *a, const mp_remediation_change *changes, size_t count, mp_error *err)
{
    one     all[MP_REMEDIATION_PARALLEL_MAX];
    mp_code code = MP_OK;
    for (size_t i = 0; i < count; i++) {
        all[i] = (one){ .c = a->c, .run = &a->run, .change = &changes[i] };
        all[i].has_thread = i > 0 && a->c->app->has_jobs && pthread_create(&all[i].thread, NULL, do_one, &all[i]) == 0;
    }
    for (size_t i = 0; i < count; i++)
        if (!all[i].has_thread)
            do_one(&all[i]);
    for (size_t i = 0; i < count; i++) {
        if (all[i].has_thread)
            pthread_join(all[i].thread, NULL);
        if (all[i].code == MP_OK || code != MP_OK)
            continue;
        code = all[i].code;
        if (err)
            *err = all[i].why;
    }
    return code;
}

/* ---- running ---- */

typedef struct wave {
    advancing       *a;
    mp_record_page   page;
    mp_remediation_change list[MP_REMEDIATION_PARALLEL_MAX];
    size_t           count;
} wave;

static mp_code read_pending(mp_tx *tx, void *arg, mp_error *err)
{
    wave            *w = arg;
    advancing       *a = w->a;
    mp_record_filter filter = { "status", MP_FILTER_EQ, mp_arena_printf(&a->arena, "%.*s/Pending", MP_FMT(a->run.run)) };
    mp_record_query query = {
        .kind = &mp_remediation_change_kind, .filters = &filter, .filter_count = 1, .limit = a->run.parallel
    };
    if (!filter.value.ptr)
        return mp_no_memory(err);
    MP_TRY(mp_record_list(&w->page, tx, &query, &a->arena, err));
    w->count = w->page.count;
    for (size_t i = 0; i < w->count; i++)
        MP_TRY(mp_remediation_get_change(&w->list[i], tx, w->page.records[i].key, &a->arena, err));
    return MP_OK;
}

static void tell_end(mp_remediation *run, mp_arena *arena)
{
    if (run->total == 0)
        run->message = MP_S("there was nothing to remedy");
    else if (run->failed == 0)
        run->message = mp_arena_printf(arena, "%u of %u resources are as the policy asks", run->succeeded, run->total);
    else if (run->succeeded + run->failed < run->total)
        run->message = mp_arena_printf(
            arena,
            "stopped: %u of %u resources could not be changed, which is more than the failure threshold allows",
            run->failed, run->total);
    else
        run->message = mp_arena_printf(arena, "%u of %u resources are as the policy asks, %u could not be changed",
                                       run->succeeded, run->total, run->failed);
}

/* How far it came, and whether that is the end. */
static mp_code store_progress(mp_tx *tx, void *arg, mp_error *err)
{
    advancing      *a = arg;
    mp_remediation *run = &a->run;
    MP_TRY(reread(a, tx, err));
    if (a->is_over)
        return MP_OK;
    MP_TRY(mp_remediation_count(run, tx, &a->arena, err));
    bool is_exceeded = run->total && (double)run->failed / run->total > run->threshold,
         is_done = a->none_left || run->succeeded + run->failed >= run->total;
    if (is_exceeded || is_done) {
        /* nothing that succeeded is no success */
        run->state = is_exceeded || (run->failed && !run->succeeded) ? MP_REMEDIATION_FAILED : MP_REMEDIATION_SUCCEEDED;
        tell_end(run, &a->arena);
        if (!run->message.ptr)
            return mp_no_memory(err);
    }
    return mp_remediation_put(run, tx, &a->arena, err);
}

static mp_code run_wave(advancing *a, mp_error *err)
{
    wave     w = { .a = a };
    mp_error why = { .code = MP_OK };
    MP_TRY(mp_store_read(a->c->app->store, read_pending, &w, err));
    a->none_left = w.count == 0;
    mp_code code = w.count ? do_wave(a, w.list, w.count, &why) : MP_OK;
    MP_TRY(write(a, store_progress, a, err));
    if (code != MP_OK && code != MP_CONFLICT && err) /* a conflict: it was cancelled meanwhile, and store_progress saw it */
        *err = why;
    return code == MP_CONFLICT ? MP_OK : code;
}

/* ---- undoing ---- */

typedef struct undoing {
    advancing             *a;
    mp_remediation_changes page;
    mp_str                 after;
    uint32_t               done, failed;
} undoing;

static mp_code read_changes(mp_tx *tx, void *arg, mp_error *err)
{
    undoing *u = arg;
    return mp_remediation_list_changes(&u->page, tx, u->a->run.run, u->after, MP_REMEDIATION_PARALLEL_MAX,
                                       &u->a->arena, err);
}

static bool is_to_undo(const mp_remediation_change *c)
{
    return c->writes && c->writes->count && !mp_str_eq(c->undo, MP_S("Succeeded"));
}

static mp_code undo_page(undoing *u, mp_error *err)
{
    size_t count = 0;
    for (size_t i = 0; i < u->page.count; i++)
        if (is_to_undo(&u->page.list[i]))
            u->page.list[count++] = u->page.list[i];
    return count ? do_wave(u->a, u->page.list, count, err) : MP_OK;
}

static mp_code store_undone(mp_tx *tx, void *arg, mp_error *err)
{
    undoing               *u = arg;
    mp_remediation        *run = &u->a->run;
    mp_remediation_changes page = { .next = MP_S("") };
    MP_TRY(reread(u->a, tx, err));
    run->undone = run->undo_failed = 0;
    do {
        MP_TRY(mp_remediation_list_changes(&page, tx, run->run, page.next, 1000, mp_tx_arena(tx), err));
        for (size_t i = 0; i < page.count; i++) {
            run->undone += mp_str_eq(page.list[i].undo, MP_S("Succeeded"));
            run->undo_failed += mp_str_eq(page.list[i].undo, MP_S("Failed"));
        }
    } while (page.next.len);
    run->is_undoing = false;
    return mp_remediation_put(run, tx, &u->a->arena, err);
}

static mp_code undo(advancing *a, mp_error *err)
{
    undoing u = { .a = a, .after = MP_S("") };
    do {
        MP_TRY(mp_store_read(a->c->app->store, read_changes, &u, err));
        MP_TRY(undo_page(&u, err));
        u.after = u.page.next;
    } while (u.after.len);
    return write(a, store_undone, &u, err);
}

/* ---- rounds ---- */

typedef struct looking {
    mp_record_page page;
    mp_arena       arena;
} looking;

static mp_code read_work(mp_tx *tx, void *arg, mp_error *err)
{
    looking                 *r = arg;
    static const char *const kinds[] = { "do", "undo" };
    for (size_t i = 0; i < MP_COUNT(kinds); i++) {
        mp_record_filter filter = { "work", MP_FILTER_EQ, mp_str_from(kinds[i]) };
        MP_TRY(mp_record_list(
            &r->page, tx,
            &(mp_record_query){
                .kind = &mp_remediation_kind, .filters = &filter, .filter_count = 1, .limit = RUNS_AT_ONCE },
            &r->arena, err));
        if (r->page.count)
            return MP_OK;
    }
    return MP_OK;
}

/* A step of one run: the resources are found, or a wave of them is changed, or all is taken back. */
static mp_code advance(mp_compliance *c, const mp_record *record, mp_error *err)
{
    advancing a = { .c = c, .arena = MP_ARENA_INIT };
    mp_code   code = mp_remediation_of(&a.run, record, &a.arena, err);
    if (code == MP_OK && a.run.is_undoing)
        code = undo(&a, err);
    else if (code == MP_OK)
        code = a.run.state == MP_REMEDIATION_RUNNING ? run_wave(&a, err) : evaluate(&a, err);
    mp_arena_free(&a.arena);
    return code;
}

/* Each run that has work gets a step, so that a long one does not keep a short one waiting, nor one that fails the
 * others. */
static mp_code run_round(bool *did, mp_remedying *r, mp_error *err)
{
    looking found = { .arena = MP_ARENA_INIT };
    mp_code code = mp_store_read(r->c->app->store, read_work, &found, err);
    *did = code == MP_OK && found.page.count > 0;
    for (size_t i = 0; i < found.page.count && !r->is_over; i++) {
        mp_error why = { .code = MP_OK };
        mp_code  failed = advance(r->c, &found.page.records[i], &why);
        if (failed != MP_OK && code == MP_OK && err)
            *err = why;
        code = code == MP_OK ? failed : code;
    }
    mp_arena_free(&found.arena);
    return code;
}

static mp_code run_until_idle(mp_remedying *r, mp_error *err)
{
    mp_code code = MP_OK;
    bool    did = true;
    pthread_mutex_lock(&r->round);
    while (did && code == MP_OK && !r->is_over)
        code = run_round(&did, r, err);
    pthread_mutex_unlock(&r->round);
    return code;
}

/* ---- the thread ---- */

static void tell_failure(mp_remedying *r, const mp_error *why)
{
    if (r->c->app->log)
        mp_log_write(r->c->app->log, MP_LOG_ERROR, "job",
                     (mp_log_field[]){ MP_LOG_TEXT("job", MP_S("remediation")),
                                       MP_LOG_TEXT("code", mp_str_from(mp_code_name(why->code))),
                                       MP_LOG_TEXT("message", mp_str_from(why->message)) },
                     3);
}

static void *work_on(void *arg)
{
    mp_remedying *r = arg;
    pthread_mutex_lock(&r->lock);
    while (!r->is_over) {
        mp_error        why = { .code = MP_OK };
        struct timespec until;
        r->is_asked = false;
        pthread_mutex_unlock(&r->lock);
        mp_code code = run_until_idle(r, &why);
        if (code != MP_OK)
            tell_failure(r, &why);
        pthread_mutex_lock(&r->lock);
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_sec += code == MP_OK ? IDLE_SECONDS : 1;
        while (!r->is_over && (code != MP_OK || !r->is_asked))
            if (pthread_cond_timedwait(&r->work, &r->lock, &until) != 0)
                break;
    }
    pthread_mutex_unlock(&r->lock);
    return NULL;
}

mp_code mp_remedying_new(mp_remedying **out, mp_compliance *compliance, mp_error *err)
{
    mp_remedying *r = calloc(1, sizeof *r);
    if (!r)
        return mp_no_memory(err);
    r->c = compliance;
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&r->lock, NULL);
    pthread_mutex_init(&r->round, NULL);
    pthread_cond_init(&r->work, &monotonic);
    pthread_condattr_destroy(&monotonic);
    r->has_thread = compliance->app->has_jobs && pthread_create(&r->thread, NULL, work_on, r) == 0;
    if (compliance->app->has_jobs && !r->has_thread) {
        mp_remedying_free(r);
        return mp_fail(err, MP_NOMEM, MP_NOWHERE, "no thread for remediations could be made");
    }
    *out = r;
    return MP_OK;
}

void mp_remedying_free(mp_remedying *r)
{
    if (!r)
        return;
    pthread_mutex_lock(&r->lock);
    r->is_over = true;
    pthread_cond_broadcast(&r->work);
    pthread_mutex_unlock(&r->lock);
    if (r->has_thread)
        pthread_join(r->thread, NULL);
    pthread_cond_destroy(&r->work);
    pthread_mutex_destroy(&r->round);
    pthread_mutex_destroy(&r->lock);
    free(r);
}

void mp_remedying_wake(mp_remedying *r)
{
    pthread_mutex_lock(&r->lock);
    r->is_asked = true;
    pthread_cond_signal(&r->work);
    pthread_mutex_unlock(&r->lock);
}

mp_code mp_remedying_finish(mp_remedying *r, mp_error *err) { return r->has_thread ? MP_OK : run_until_idle(r, err); }
