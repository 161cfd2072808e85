/* SPDX-License-Identifier: Apache-2.0 */
/* The one thread that writes: takes what is queued, runs it in one transaction, commits, answers.
 *
 * A batch ends in one of four ways. Committed: all whose function succeeded are answered MP_OK. Failed:
 * rolled back, all are answered with the failure. Lost before the commit was sent: everything runs once more
 * on a new connection. Lost while it was sent: nobody knows yet, so the store is asked, as soon as it
 * answers, for the time of its last batch (`unsettled`). */
#include "store_internal.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define BATCH_MOST 1024  /* functions per commit */
#define LOOK_AGAIN_S 1   /* at a store that failed, when nobody writes */
#define ARENA_KEPT ((size_t)1 << 20)

static _Thread_local const mp_store *inside; /* whose transaction this thread has in hand */
static _Thread_local bool            is_writing; /* it is the writer's */

typedef struct batch {
    mp_store *store;
    mp_job   *jobs;
    mp_tx     tx;
    size_t    done; /* functions that succeeded */
    bool      was_lost; /* the connection went before the commit was sent */
    bool      is_counted; /* among the commits, by settle() */
} batch;

static mp_ticks next_time(mp_store *store)
{
    mp_ticks now = mp_clock_now(), last = atomic_load(&store->last_time);
    if (now <= last)
        now = last + 1;
    atomic_store(&store->last_time, now);
    return now;
}

/* ---- the hook ---- */

static size_t hook_mark(const mp_writer *w)
{
    return w->hook.mark ? w->hook.mark(w->hook_ctx) : 0;
}

static void hook_rewind(const mp_writer *w, size_t mark)
{
    if (w->hook.rewind)
        w->hook.rewind(w->hook_ctx, mark);
}

static void hook_after(const mp_writer *w, bool is_committed)
{
    if (w->hook.after)
        w->hook.after(w->hook_ctx, is_committed);
}

/* ---- one function ---- */

static void answer(mp_job *job, mp_code code, const mp_error *why)
{
    job->code = code;
    if (code != MP_OK && job->err && why)
        *job->err = *why;
}

static mp_code store_failure(batch *b, mp_error *err)
{
    if (err)
        *err = b->tx.why;
    return b->tx.failure != MP_OK ? b->tx.failure : MP_UNAVAILABLE;
}

/* Back to before the function. Fails only when the whole batch does. */
static mp_code undo(batch *b, size_t mark, bool has_savepoint, mp_error *err)
{
    hook_rewind(&b->store->writer, mark);
    if (!has_savepoint)
        return MP_OK; /* it was alone: its transaction goes */
    return b->tx.conn->engine->rewind(b->tx.conn, err);
}

/* MP_OK unless the whole batch falls. */
static mp_code run_job(batch *b, mp_job *job, bool has_savepoint, mp_error *err)
{
    mp_writer *w = &b->store->writer;
    size_t     mark = hook_mark(w);
    mp_error   why = { 0 };
    mp_tx_reset(&b->tx);
    if (has_savepoint)
        MP_TRY(b->tx.conn->engine->mark(b->tx.conn, err));
    b->tx.time = next_time(b->store);
    mp_code code = job->fn(&b->tx, job->arg, &why);
    if (code == MP_OK && b->tx.failure != MP_OK) { /* it took no notice */
        code = b->tx.failure;
        why = b->tx.why;
    }
    if (b->tx.is_lost)
        return store_failure(b, err);
    if (code == MP_OK && w->hook.told)
        code = w->hook.told(w->hook_ctx, &b->tx, &why);
    answer(job, code, &why);
    if (code == MP_OK) {
        b->done++;
        return MP_OK;
    }
    return undo(b, mark, has_savepoint, err);
}

/* ---- the end of a transaction ---- */

/* The time in the store says which batch was the last. */
static mp_code write_time(mp_tx *tx, mp_error *err)
{
    char text[24];
    int  len = snprintf(text, sizeof text, "%lld", (long long)tx->time);
    return mp_store_set_fact(tx, "time", mp_str_of(text, (size_t)len), err);
}

static mp_code read_time(mp_ticks *out, mp_tx *tx, mp_error *err)
{
    mp_str  text;
    MP_TRY(mp_store_fact(&text, tx, "time", tx->arena, err));
    *out = strtoll(text.ptr, NULL, 10);
    return MP_OK;
}

/* What became of a batch whose commit was not answered. The connection is a new one. */
static mp_code settle(mp_store *store, bool *is_committed, mp_error *err)
{
    mp_writer *w = &store->writer;
    mp_worker *worker = &w->worker;
    mp_ticks   last = 0;
    MP_TRY(mp_worker_connect(worker, store, true, err));
    mp_tx tx = { .store = store, .conn = worker->conn, .arena = &worker->arena, .doc = worker->doc };
    MP_TRY(worker->conn->engine->begin(worker->conn, false, err));
    mp_code code = read_time(&last, &tx, err);
    worker->conn->engine->rollback(worker->conn);
    MP_TRY(code);
    *is_committed = last == w->unsettled;
    w->unsettled = 0;
    if (*is_committed)
        atomic_fetch_add(&store->commits, 1); /* what follows the store in memory has to look again */
    hook_after(w, *is_committed);
    return MP_OK;
}

static mp_code commit(batch *b, mp_error *err)
{
    mp_writer       *w = &b->store->writer;
    const mp_engine *engine = b->tx.conn->engine;
    mp_error         ignored = { 0 };
    bool             is_committed = false;
    mp_code          code = engine->commit(b->tx.conn, err);
    if (code == MP_OK) {
        hook_after(w, true);
        return MP_OK;
    }
    if (!engine->is_lost(b->tx.conn)) {
        hook_after(w, false);
        return code;
    }
    w->unsettled = b->tx.time;
    mp_worker_disconnect(&w->worker);
    if (settle(b->store, &is_committed, &ignored) == MP_OK) {
        b->is_counted = is_committed;
        return is_committed ? MP_OK : code;
    }
    return mp_fail(err, MP_UNAVAILABLE, MP_NOWHERE,
                   "the store was lost while it committed; whether the change is stored shows when it is back");
}

static mp_code finish(batch *b, mp_error *err)
{
    mp_writer *w = &b->store->writer;
    if (b->jobs && w->hook.before) {
        b->tx.failure = MP_OK;
        MP_TRY(w->hook.before(w->hook_ctx, &b->tx, err));
        if (b->tx.failure != MP_OK)
            return store_failure(b, err);
    }
    b->tx.failure = MP_OK;
    b->tx.time = next_time(b->store);
    return write_time(&b->tx, err);
}

/* ---- a batch ---- */

static mp_code begin(batch *b, mp_error *err)
{
    mp_writer *w = &b->store->writer;
    bool       is_committed = false;
    mp_code    code = MP_OK;
    for (int attempt = 0; attempt < 2; attempt++) {
        code = w->unsettled ? settle(b->store, &is_committed, err)
                            : mp_worker_connect(&w->worker, b->store, true, err);
        if (code != MP_OK)
            return code;
        b->tx = (mp_tx){ .store = b->store, .conn = w->worker.conn, .arena = &w->worker.arena, .doc = w->worker.doc,
                         .is_write = true };
        code = b->tx.conn->engine->begin(b->tx.conn, true, err);
        if (code == MP_OK || !b->tx.conn->engine->is_lost(b->tx.conn))
            return code;
        mp_worker_disconnect(&w->worker); /* it may have gone long ago, and the server be back */
    }
    return code;
}

static mp_code run_jobs(batch *b, mp_error *err)
{
    bool has_several = b->jobs && b->jobs->next;
    for (mp_job *job = b->jobs; job; job = job->next)
        MP_TRY(run_job(b, job, has_several, err));
    return MP_OK;
}

/* Give up what is in hand. */
static void abandon(batch *b)
{
    const mp_engine *engine = b->tx.conn->engine;
    b->was_lost = engine->is_lost(b->tx.conn);
    engine->rollback(b->tx.conn);
    hook_after(&b->store->writer, false);
    if (engine->is_lost(b->tx.conn))
        mp_worker_disconnect(&b->store->writer.worker);
}

/* MP_OK: what the functions answered stands. Else it is the answer of all. */
static mp_code attempt(batch *b, mp_error *err)
{
    b->done = 0;
    b->was_lost = false;
    MP_TRY(begin(b, err));
    mp_code code = run_jobs(b, err);
    bool    has_work = b->done || !b->jobs;
    if (code == MP_OK && has_work) {
        code = finish(b, err);
        if (code == MP_OK)
            return commit(b, err);
    }
    abandon(b);
    return code;
}

static void note_health(mp_store *store, mp_code code, const mp_error *why)
{
    mp_writer *w = &store->writer;
    if (code != MP_OK && !mp_is_store_failure(code))
        return;
    pthread_mutex_lock(&w->lock);
    w->health = code;
    if (code != MP_OK)
        w->why = *why;
    pthread_mutex_unlock(&w->lock);
}

static void run_batch(mp_store *store, mp_job *jobs)
{
    mp_error err = { 0 };
    batch    b = { .store = store, .jobs = jobs };
    inside = store;
    mp_code code = attempt(&b, &err);
    if (code != MP_OK && b.was_lost)
        code = attempt(&b, &err);
    inside = NULL;
    if (code == MP_OK && b.done && !b.is_counted)
        atomic_fetch_add(&store->commits, 1);
    for (mp_job *job = jobs; job; job = job->next) {
        if (code != MP_OK && job->code == MP_OK)
            answer(job, code, &err);
        atomic_fetch_add(job->code == MP_OK ? &store->writes : &store->failed, 1);
    }
    /* A batch that held nothing to commit tells nothing about the disk. */
    if (code != MP_OK || b.done || !jobs)
        note_health(store, code, &err);
    if (store->writer.worker.arena.bytes > ARENA_KEPT)
        mp_arena_free(&store->writer.worker.arena);
}

/* ---- the thread ---- */

static mp_job *take_jobs(mp_writer *w)
{
    mp_job *jobs = w->first, **last = &w->first;
    size_t  count = 0;
    for (; *last && count < BATCH_MOST; last = &(*last)->next)
        count++;
    w->first = *last;
    if (!w->first)
        w->last = &w->first;
    *last = NULL; /* of `jobs`, unless there are none */
    if (count == 0)
        jobs = NULL;
    return jobs;
}

/* False when the time was over. */
static bool wait_for_work(mp_writer *w)
{
    struct timespec until;
    if (w->health == MP_OK) {
        pthread_cond_wait(&w->wake, &w->lock);
        return true;
    }
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += LOOK_AGAIN_S;
    return pthread_cond_timedwait(&w->wake, &w->lock, &until) != ETIMEDOUT;
}

static void wake_all(mp_writer *w, mp_job *jobs)
{
    for (mp_job *next; jobs; jobs = next) {
        next = jobs->next;
        jobs->is_done = true;
        w->queued--;
        pthread_cond_signal(&jobs->wake); /* after this `jobs` may be gone, as soon as the lock is */
    }
}

static void *writer_main(void *arg)
{
    mp_store  *store = arg;
    mp_writer *w = &store->writer;
    is_writing = true;
    pthread_mutex_lock(&w->lock);
    for (;;) {
        bool looks_again = false;
        while (!w->first && !w->is_stopping && !looks_again)
            looks_again = !wait_for_work(w);
        if (!w->first && w->is_stopping)
            break;
        mp_job *jobs = w->first ? take_jobs(w) : NULL;
        pthread_mutex_unlock(&w->lock);
        run_batch(store, jobs);
        pthread_mutex_lock(&w->lock);
        wake_all(w, jobs);
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

mp_code mp_writer_start(mp_store *store, mp_error *err)
{
    int result = pthread_create(&store->writer.thread, NULL, writer_main, store);
    if (result != 0)
        return mp_fail(err, MP_NOMEM, MP_NOWHERE, "no thread for the store: %s", strerror(result));
    store->writer.is_running = true;
    return MP_OK;
}

void mp_writer_stop(mp_store *store)
{
    mp_writer *w = &store->writer;
    if (!w->is_running)
        return;
    pthread_mutex_lock(&w->lock);
    w->is_stopping = true;
    pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->thread, NULL);
    w->is_running = false;
    if (w->unsettled)
        hook_after(w, false);
}

void mp_writer_blame(mp_store *store, mp_code code, const mp_error *why)
{
    mp_writer *w = &store->writer;
    if (!w->is_running)
        return;
    pthread_mutex_lock(&w->lock);
    if (w->health == MP_OK) {
        w->health = code;
        w->why = *why;
        pthread_cond_signal(&w->wake); /* from now on it looks by itself */
    }
    pthread_mutex_unlock(&w->lock);
}

mp_code mp_write_now(mp_store *store, mp_worker *worker, mp_tx_fn fn, void *arg, mp_error *err)
{
    mp_tx tx = { .store = store, .conn = worker->conn, .arena = &worker->arena, .doc = worker->doc, .is_write = true };
    const mp_engine *engine = worker->conn->engine;
    MP_TRY(engine->begin(worker->conn, true, err));
    tx.time = next_time(store);
    mp_code code = fn(&tx, arg, err);
    if (code == MP_OK && tx.failure != MP_OK)
        code = tx.failure;
    mp_arena_reset(&worker->arena);
    if (code == MP_OK)
        return engine->commit(worker->conn, err);
    engine->rollback(worker->conn);
    return code;
}

/* ---- what others see ---- */

mp_code mp_store_write(mp_store *store, mp_tx_fn fn, void *arg, mp_error *err)
{
    mp_writer *w = &store->writer;
    mp_job     job = { .fn = fn, .arg = arg, .err = err, .wake = PTHREAD_COND_INITIALIZER };
    if (inside == store)
        return mp_fail(err, MP_INTERNAL, MP_NOWHERE, "a write was asked for within a transaction");
    if (store->read_only)
        return mp_fail(err, MP_DENIED, MP_NOWHERE, "the store was opened to read only");
    pthread_mutex_lock(&w->lock);
    if (w->is_stopping) {
        pthread_mutex_unlock(&w->lock);
        return mp_fail(err, MP_UNAVAILABLE, MP_NOWHERE, "the store is being closed");
    }
    *w->last = &job;
    w->last = &job.next;
    w->queued++;
    pthread_cond_signal(&w->wake);
    while (!job.is_done)
        pthread_cond_wait(&job.wake, &w->lock);
    pthread_mutex_unlock(&w->lock);
    pthread_cond_destroy(&job.wake);
    return job.code;
}

static unsigned take_reader(mp_store *store)
{
    unsigned i = 0;
    pthread_mutex_lock(&store->readers_lock);
    for (;;) {
        for (i = 0; i < store->reader_count && store->reader_is_used[i]; i++)
            ;
        if (i < store->reader_count)
            break;
        pthread_cond_wait(&store->readers_wake, &store->readers_lock);
    }
    store->reader_is_used[i] = true;
    pthread_mutex_unlock(&store->readers_lock);
    return i;
}

static void give_reader(mp_store *store, unsigned i)
{
    if (store->readers[i].arena.bytes > ARENA_KEPT)
        mp_arena_free(&store->readers[i].arena);
    pthread_mutex_lock(&store->readers_lock);
    store->reader_is_used[i] = false;
    pthread_cond_signal(&store->readers_wake);
    pthread_mutex_unlock(&store->readers_lock);
}

static mp_code begin_read(mp_worker *worker, mp_store *store, mp_error *err)
{
    mp_code code = MP_OK;
    for (int attempt = 0; attempt < 2; attempt++) {
        MP_TRY(mp_worker_connect(worker, store, false, err));
        code = worker->conn->engine->begin(worker->conn, false, err);
        if (code == MP_OK || !worker->conn->engine->is_lost(worker->conn))
            return code;
        mp_worker_disconnect(worker);
    }
    return code;
}

static mp_code read_with(mp_worker *worker, mp_store *store, mp_tx_fn fn, void *arg, mp_error *err)
{
    mp_error why = { 0 };
    mp_code  code = begin_read(worker, store, &why);
    if (code != MP_OK) {
        if (mp_is_store_failure(code))
            mp_writer_blame(store, code, &why);
        if (err)
            *err = why;
        return code;
    }
    mp_ticks now = mp_clock_now(), last = atomic_load(&store->last_time);
    mp_tx    tx = { .store = store, .conn = worker->conn, .arena = &worker->arena, .doc = worker->doc,
                    .time = now > last ? now : last };
    code = fn(&tx, arg, err);
    if (code == MP_OK && tx.failure != MP_OK) {
        code = tx.failure;
        if (err)
            *err = tx.why;
    }
    if (tx.is_lost)
        mp_writer_blame(store, tx.failure, &tx.why);
    worker->conn->engine->rollback(worker->conn);
    if (worker->conn->engine->is_lost(worker->conn))
        mp_worker_disconnect(worker);
    mp_arena_reset(&worker->arena);
    return code;
}

mp_code mp_store_read(mp_store *store, mp_tx_fn fn, void *arg, mp_error *err)
{
    if (inside == store)
        return mp_fail(err, MP_INTERNAL, MP_NOWHERE, "a read was asked for within a transaction");
    const mp_store *before = inside;
    unsigned        i = take_reader(store);
    inside = store;
    mp_code code = read_with(&store->readers[i], store, fn, arg, err);
    inside = before;
    give_reader(store, i);
    atomic_fetch_add(&store->reads, 1);
    return code;
}

bool mp_store_reads_here(const mp_store *store) { return inside == store && !is_writing; }

mp_code mp_store_health(mp_store *store, mp_error *err)
{
    mp_writer *w = &store->writer;
    pthread_mutex_lock(&w->lock);
    mp_code code = w->health;
    if (code != MP_OK && err)
        *err = w->why;
    pthread_mutex_unlock(&w->lock);
    return code;
}

void mp_store_set_hook(mp_store *store, const mp_commit_hook *hook, void *ctx)
{
    store->writer.hook = *hook;
    store->writer.hook_ctx = ctx;
}

mp_store_counts mp_store_counted(mp_store *store)
{
    pthread_mutex_lock(&store->writer.lock);
    uint64_t queued = store->writer.queued;
    pthread_mutex_unlock(&store->writer.lock);
    return (mp_store_counts){ .writes = atomic_load(&store->writes), .commits = atomic_load(&store->commits),
                              .failed = atomic_load(&store->failed), .reads = atomic_load(&store->reads),
                              .queued = queued };
}
