/* SPDX-License-Identifier: Apache-2.0 */
#include "jobs.h"

#include "evidence.h"
#include "server.h"
#include "settle.h"
#include "stamping.h"
#include "system.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ROUND_SECONDS 60
#define CHECK_SECONDS 20 /* how long somebody hears events after his right to has ended by itself; ROUND_SECONDS is a multiple */
#define HOUR (3600 * MP_TICKS_PER_SECOND)

struct mp_jobs {
    mp_app         *app;
    pthread_t       thread;
    pthread_mutex_t lock;
    pthread_cond_t  wake;
    bool            is_over;
};

/* ---- one round ---- */

/* What failed is told to the operator, and the rest is done all the same. */
static void keep_first(mp_code *first, mp_error *err, const char *what, mp_code code, const mp_error *failed,
                       mp_app *app)
{
    if (code == MP_OK)
        return;
    mp_log_write(app->log, MP_LOG_ERROR, "job", (mp_log_field[]){
        MP_LOG_TEXT("job", mp_str_from(what)), MP_LOG_TEXT("code", mp_str_from(mp_code_name(code))),
        MP_LOG_TEXT("message", mp_str_from(failed->message)) }, 3);
    if (*first == MP_OK) {
        *first = code;
        if (err)
            *err = *failed;
    }
}

static mp_code prune_ledger(mp_app *app, mp_ticks now, mp_error *err)
{
    int64_t removed;
    return mp_ledger_prune(&removed, app->ledger, now, err);
}

static mp_code prune_evidence(mp_app *app, mp_ticks now, mp_error *err)
{
    int64_t removed;
    return mp_evidence_prune(&removed, app->store, now, err);
}

/* ---- versions of records ---- */

typedef struct pruning {
    mp_app        *app;
    const mp_kind *kind;
    mp_ticks       before;
    char           before_text[MP_CLOCK_SHORT];
    int64_t        removed;
} pruning;

/* What was removed of which kind, and up to when; nothing that could name anybody. */
static const mp_json *pruned_detail(const pruning *p, mp_arena *arena)
{
    mp_jsonw w;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "kind", mp_str_from(p->kind->name));
    mp_jsonw_put_str(&w, "before", mp_str_from(p->before_text));
    mp_jsonw_put_int(&w, "versions", p->removed);
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

static mp_code prune_some(mp_tx *tx, void *arg, mp_error *err)
{
    pruning *p = arg;
    MP_TRY(mp_record_prune(&p->removed, tx, p->kind, p->before, err));
    if (p->removed == 0)
        return MP_OK;
    mp_leaf leaf = {
        .actor_kind = mp_str_from(mp_who_kind_name(MP_WHO_SYSTEM)),
        .action = MP_S("Mapae.Store/history/prune"),
        .on = MP_S("/"),
        .outcome = MP_OUTCOME_DONE,
        .detail = pruned_detail(p, mp_tx_arena(tx)),
    };
    if (!leaf.detail)
        return mp_no_memory(err);
    return mp_ledger_add(p->app->ledger, tx, &leaf, err);
}

static mp_code prune_history(mp_app *app, mp_ticks now, mp_error *err)
{
    int64_t days = mp_config_number(app->config, MP_SET_HISTORY_KEEP_DAYS);
    if (days == 0)
        return MP_OK; /* for ever */
    for (size_t i = 0; i < app->kind_count; i++) {
        pruning p = { .app = app, .kind = app->kinds[i], .before = now - days * MP_TICKS_PER_DAY };
        if (p.kind->forgets)
            continue;
        mp_clock_format_short(p.before_text, p.before);
        do /* others get to write in between */
            MP_TRY(mp_store_write(app->store, prune_some, &p, err));
        while (p.removed >= MP_RECORD_PRUNE_MOST);
    }
    return MP_OK;
}

static mp_code tick_access(mp_app *app, mp_ticks now, mp_error *err)
{
    return mp_access_tick(NULL, app->access, now, err);
}

static mp_code renew_certificate(mp_app *app, mp_ticks now, mp_error *err)
{
    if (mp_config_text(app->config, MP_SET_SERVER_CERT_FILE))
        return MP_OK; /* somebody else's, who renews it */
    char folder[4096];
    bool renewed = false;
    int  len = snprintf(folder, sizeof folder, "%s/tls", mp_store_folder(app->store));
    if (len < 0 || (size_t)len >= sizeof folder)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "the path of the data folder is too long");
    MP_TRY(mp_certificate_renew(&renewed, folder, now, err));
    if (renewed)
        mp_log_write(app->log, MP_LOG_NOTICE, "certificate",
                     (mp_log_field[]){ MP_LOG_TEXT("folder", mp_str_from(folder)) }, 1);
    return MP_OK;
}

/* As often as the setting says, when there is an authority to ask. */
static mp_code take_stamp(mp_app *app, mp_ticks now, mp_error *err)
{
    mp_ticks every = mp_config_number(app->config, MP_SET_STAMP_EVERY) * MP_TICKS_PER_SECOND;
    if (!mp_config_text(app->config, MP_SET_STAMP_URL) || (now >= app->stamped_at && now - app->stamped_at < every))
        return MP_OK;
    mp_stamp stamp;
    mp_arena arena = MP_ARENA_INIT;
    mp_code  code = mp_stamp_take(&stamp, app->store, app->ledger, &MP_STAMP_OPTIONS(app->config), &arena, err);
    mp_arena_free(&arena);
    if (code == MP_OK)
        app->stamped_at = now;
    return code;
}

static mp_code tell_sums(mp_app *app, mp_ticks now, mp_error *err) { return mp_settle_sums(app, now, false, err); }

static const struct {
    const char *name;
    mp_code (*run)(mp_app *app, mp_ticks now, mp_error *err);
    bool is_hourly;
} rounds[] = {
    { "access", tick_access, false },
    { "refusals", tell_sums, false },
    { "certificate", renew_certificate, true },
    { "stamp", take_stamp, true },
    { "ledger", prune_ledger, true },
    { "evidence", prune_evidence, true },
    { "history", prune_history, true },
};

mp_code mp_app_tick(mp_app *app, mp_ticks now, mp_error *err)
{
    mp_code first = MP_OK;
    bool    is_hour = now - app->hourly_at >= HOUR || now < app->hourly_at;
    if (is_hour)
        app->hourly_at = now;
    for (size_t i = 0; i < MP_COUNT(rounds); i++) {
        mp_error failed = { .code = MP_OK };
        if (!rounds[i].is_hourly || is_hour)
            keep_first(&first, err, rounds[i].name, rounds[i].run(app, now, &failed), &failed, app);
    }
    for (size_t i = 0; i < app->open_count; i++) {
        const mp_system *system = app->systems[i];
        mp_error         failed = { .code = MP_OK };
        if (system->tick)
            keep_first(&first, err, system->name, system->tick(app->states[i], now, &failed), &failed, app);
    }
    return first;
}

/* ---- the thread ---- */

static void *run(void *arg)
{
    mp_jobs *jobs = arg;
    pthread_mutex_lock(&jobs->lock);
    for (unsigned seconds = CHECK_SECONDS; !jobs->is_over; seconds += CHECK_SECONDS) {
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_sec += CHECK_SECONDS;
        while (!jobs->is_over && pthread_cond_timedwait(&jobs->wake, &jobs->lock, &until) == 0)
            ;
        if (jobs->is_over)
            break;
        pthread_mutex_unlock(&jobs->lock);
        mp_code code = seconds % ROUND_SECONDS == 0 ? mp_app_tick(jobs->app, mp_clock_now(), NULL) : MP_OK;
        (void)code; /* every part that failed stands in the log, and is tried again in the next round */
        mp_events_check(jobs->app->events);
        pthread_mutex_lock(&jobs->lock);
    }
    pthread_mutex_unlock(&jobs->lock);
    return NULL;
}

mp_code mp_jobs_start(mp_jobs **out, mp_app *app, mp_error *err)
{
    mp_jobs *jobs = calloc(1, sizeof *jobs);
    if (!jobs)
        return mp_no_memory(err);
    jobs->app = app;
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&jobs->lock, NULL);
    pthread_cond_init(&jobs->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (pthread_create(&jobs->thread, NULL, run, jobs) != 0) {
        pthread_cond_destroy(&jobs->wake);
        pthread_mutex_destroy(&jobs->lock);
        free(jobs);
        return mp_fail(err, MP_NOMEM, MP_NOWHERE, "no thread for jobs could be made");
    }
    *out = jobs;
    return MP_OK;
}

void mp_jobs_stop(mp_jobs *jobs)
{
    if (!jobs)
        return;
    pthread_mutex_lock(&jobs->lock);
    jobs->is_over = true;
    pthread_cond_signal(&jobs->wake);
    pthread_mutex_unlock(&jobs->lock);
    pthread_join(jobs->thread, NULL);
    pthread_cond_destroy(&jobs->wake);
    pthread_mutex_destroy(&jobs->lock);
    free(jobs);
}
