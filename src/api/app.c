/* SPDX-License-Identifier: Apache-2.0 */
#include "app.h"

#include "directory.h"
#include "evidence.h"
#include "prepared.h"
#include "jobs.h"
#include "oidc.h"
#include "openapi.h"
#include "rbac.h"
#include "refusals.h"
#include "routes.h"
#include "sent_file.h"
#include "settle.h"
#include "sign_in_limits.h"
#include "stamp.h"
#include "systems_open.h"
#include "token.h"

#include <stdlib.h>
#include <unistd.h>

/* Opened from the bottom up: store, ledger (its commit hook), records, access, routes; closed in reverse. */

const mp_routes mp_app_routes[] = {
    { mp_routes_sign_in, MP_COUNT(mp_routes_sign_in) },
    { mp_routes_me, MP_COUNT(mp_routes_me) },
    { mp_routes_users, MP_COUNT(mp_routes_users) },
    { mp_routes_groups, MP_COUNT(mp_routes_groups) },
    { mp_routes_programs, MP_COUNT(mp_routes_programs) },
    { mp_routes_roles, MP_COUNT(mp_routes_roles) },
    { mp_routes_scopes, MP_COUNT(mp_routes_scopes) },
    { mp_routes_providers, MP_COUNT(mp_routes_providers) },
    { mp_routes_ledger, MP_COUNT(mp_routes_ledger) },
    { mp_routes_evidence, MP_COUNT(mp_routes_evidence) },
    { mp_routes_system, MP_COUNT(mp_routes_system) },
    { mp_routes_oauth, MP_COUNT(mp_routes_oauth) },
    { mp_routes_pages, MP_COUNT(mp_routes_pages) },
    { NULL, 0 },
};

const mp_kind *const mp_app_kinds[MP_APP_KINDS] = {
    &mp_user_kind, &mp_group_kind, &mp_program_kind, &mp_credential_kind, &mp_session_kind,
    &mp_role_kind, &mp_assignment_kind, &mp_subscription_kind, &mp_management_group_kind,
    &mp_provider_kind, &mp_outside_identity_kind, &mp_signing_key_kind, &mp_token_kind, &mp_evidence_kind,
};

const mp_schema *const mp_app_schemas[MP_APP_SCHEMAS] = { &mp_ledger_schema, &mp_stamp_schema };

/* ---- settings ---- */

static unsigned number_of(const mp_config *config, mp_setting_id id) { return (unsigned)mp_config_number(config, id); }

static mp_sign_in_limits limits_of(const mp_config *c)
{
    return (mp_sign_in_limits){
        .password_min_length = number_of(c, MP_SET_PASSWORD_MIN_LENGTH),
        .password_min_classes = number_of(c, MP_SET_PASSWORD_MIN_CLASSES),
        .password_short_length = number_of(c, MP_SET_PASSWORD_SHORT_LENGTH),
        .password_short_classes = number_of(c, MP_SET_PASSWORD_SHORT_CLASSES),
        .password_history = number_of(c, MP_SET_PASSWORD_HISTORY),
        .password_days = number_of(c, MP_SET_PASSWORD_DAYS),
        .breached_file = mp_config_text(c, MP_SET_PASSWORD_BREACHED_FILE),
        .attempts_before_slow = number_of(c, MP_SET_SIGN_IN_SLOW_AFTER),
        .attempts_before_lock = number_of(c, MP_SET_SIGN_IN_LOCK_AFTER),
        .lock_seconds = number_of(c, MP_SET_SIGN_IN_LOCK_TIME),
        .session_idle_seconds = number_of(c, MP_SET_SESSION_IDLE),
        .session_seconds = number_of(c, MP_SET_SESSION_LENGTH),
        .sessions_per_user = number_of(c, MP_SET_SESSION_PER_USER),
        .inactive_days = number_of(c, MP_SET_USER_INACTIVE_DAYS),
        .setup_hours = number_of(c, MP_SET_USER_SETUP_HOURS),
        .token_seconds = number_of(c, MP_SET_TOKEN_LENGTH),
        .key_days = number_of(c, MP_SET_TOKEN_KEY_DAYS),
        .secret_days = number_of(c, MP_SET_PROGRAM_SECRET_DAYS),
        .factor_required = mp_config_flag(c, MP_SET_SIGN_IN_FACTOR_REQUIRED),
        .argon_memory = (uint64_t)mp_config_number(c, MP_SET_PASSWORD_HASH_MEMORY),
        .argon_passes = number_of(c, MP_SET_PASSWORD_HASH_PASSES),
        .argon_at_once = number_of(c, MP_SET_PASSWORD_HASH_AT_ONCE),
    };
}

/* ---- BASE ---- */

/* ":8443" of "127.0.0.1:8443", "[::]:8443", ":8443"; nothing for the port that https has anyway. */
static mp_str port_of(mp_app *app, const mp_app_options *options)
{
    mp_str text = mp_str_from(mp_config_text(app->config, MP_SET_SERVER_LISTEN));
    size_t colon = mp_str_rfind(text, ':');
    mp_str port = colon == SIZE_MAX ? mp_str_of(NULL, 0) : mp_str_skip(text, colon);
    if (options->port)
        port = mp_arena_printf(&app->arena, ":%u", options->port);
    return mp_str_eq(port, MP_S(":443")) ? mp_str_of(NULL, 0) : port;
}

/* What was said on the command line, in the configuration, or follows from host and port. Without a slash at
 * the end. */
static mp_code set_base(mp_app *app, const mp_app_options *options, const mp_prepared *prepared, mp_error *err)
{
    const char *said = options->base_url ? options->base_url : mp_config_text(app->config, MP_SET_SERVER_BASE_URL);
    mp_str      base = mp_str_from(said);
    app->host = prepared->host ? prepared->host : "localhost";
    if (!said) {
        bool is_v6 = strchr(app->host, ':') != NULL;
        base = mp_arena_printf(&app->arena, "https://%s%s%s%.*s", is_v6 ? "[" : "", app->host, is_v6 ? "]" : "",
                               MP_FMT(port_of(app, options)));
    }
    while (base.len && base.ptr[base.len - 1] == '/')
        base.len--;
    app->base = mp_arena_dup(&app->arena, base).ptr;
    return app->base ? MP_OK : mp_no_memory(err);
}

/* ---- parts ---- */

static mp_code open_store(mp_app *app, const mp_app_options *options, const mp_app_parts *parts,
                          const mp_prepared *prepared, bool read_only, mp_error *err)
{
    const char *configured = mp_config_text(app->config, MP_SET_STORE_URL);
    return mp_store_open(&app->store, &(mp_store_options){
        .folder = options->folder,
        .url = options->store ? options->store : configured ? configured : prepared->store,
        .schemas = parts->schemas,
        .schema_count = parts->schema_count,
        .read_only = read_only,
        .readers = number_of(app->config, MP_SET_STORE_READERS),
        .create = options->create,
        .check_all = mp_config_number(app->config, MP_SET_STORE_CHECK) == 1,
    }, err);
}

static mp_code open_ledger(mp_app *app, bool read_only, mp_error *err)
{
    return mp_ledger_open(&app->ledger, app->store, &(mp_ledger_options){
        .origin = mp_config_text(app->config, MP_SET_LEDGER_ORIGIN),
        .keep_sealed_days = mp_config_number(app->config, MP_SET_LEDGER_KEEP_SEALED_DAYS),
        .read_only = read_only,
    }, err);
}

/* Somebody should look: operators read the log, pages listen to the topic. */
static void alert(void *ctx, const char *what, mp_str user)
{
    mp_app *app = ctx;
    mp_log_write(app->log, MP_LOG_WARNING, "alert",
                 (mp_log_field[]){ MP_LOG_TEXT("what", mp_str_from(what)), MP_LOG_TEXT("user", user) }, 2);
    mp_arena arena = MP_ARENA_INIT;
    mp_jsonw w;
    mp_jsonw_init(&w, &arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "what", mp_str_from(what));
    mp_jsonw_put_str(&w, "user", user);
    mp_jsonw_end(&w);
    const mp_json *event = mp_jsonw_done(&w);
    mp_error       failed = { .code = MP_OK };
    if (event && mp_events_publish(app->events, MP_S("alerts"), MP_S("alert"), event, &failed) != MP_OK)
        mp_log_write(app->log, MP_LOG_ERROR, "job", (mp_log_field[]){
            MP_LOG_TEXT("job", MP_S("alerts")), MP_LOG_TEXT("code", mp_str_from(mp_code_name(failed.code))),
            MP_LOG_TEXT("message", mp_str_from(failed.message)) }, 3);
    mp_arena_free(&arena);
}

static mp_code open_parts(mp_app *app, const mp_app_options *options, mp_error *err)
{
    mp_prepared  prepared;
    mp_app_parts parts;
    MP_TRY(mp_app_parts_of(&parts, options->systems, &app->arena, err));
    app->kinds = parts.kinds;
    app->kind_count = parts.kind_count;
    MP_TRY(mp_prepared_read(&prepared, options->folder, &app->arena, err));
    MP_TRY(set_base(app, options, &prepared, err));
    MP_TRY(mp_refusals_new(&app->refusals, (unsigned)mp_config_number(app->config, MP_SET_LEDGER_REFUSALS), err));
    MP_TRY(mp_openapi_new(&app->openapi, err));
    MP_TRY(mp_events_new(&app->events, err));
    MP_TRY(open_store(app, options, &parts, &prepared, false, err));
    mp_outgoing_clear(app); /* the store's lock is ours: nobody else is making files there */
    MP_TRY(open_ledger(app, false, err));
    MP_TRY(mp_records_declare(app->store, parts.kinds, parts.kind_count, err));
    mp_sign_in_limits limits = limits_of(app->config);
    MP_TRY(mp_access_open(
        &app->access, app->store, app->ledger,
        &(mp_access_options){ .base_url = app->base, .rules = &limits, .alert = alert, .alert_ctx = app }, err));
    MP_TRY(mp_systems_open(app, err));
    return mp_router_new(&app->router, parts.routes, &mp_app_guard, app, err);
}

mp_code mp_app_open(mp_app **out, const mp_app_options *options, mp_error *err)
{
    mp_app *app = calloc(1, sizeof *app);
    if (!app)
        return mp_no_memory(err);
    app->config = options->config;
    app->log = options->log;
    app->started_at = mp_clock_now();
    app->hourly_at = app->started_at;
    app->local_uid = geteuid();
    app->systems = options->systems;
    app->has_jobs = options->has_jobs;
    mp_code code = open_parts(app, options, err);
    if (code == MP_OK && options->has_jobs)
        code = mp_systems_begin(app, err);
    if (code == MP_OK && options->has_jobs)
        code = mp_jobs_start(&app->jobs, app, err);
    if (code != MP_OK) {
        mp_app_close(app);
        return code;
    }
    *out = app;
    return MP_OK;
}

void mp_app_close(mp_app *app)
{
    if (!app)
        return;
    mp_jobs_stop(app->jobs);
    mp_error failed = { .code = MP_OK };
    if (app->ledger && mp_settle_sums(app, mp_clock_now(), true, &failed) != MP_OK)
        mp_log_write(app->log, MP_LOG_ERROR, "refusals",
                     (mp_log_field[]){ MP_LOG_TEXT("message", mp_str_from(failed.message)) }, 1);
    mp_router_free(app->router);
    mp_systems_close(app);
    mp_access_close(app->access);
    mp_ledger_close(app->ledger);
    mp_store_close(app->store);
    mp_events_free(app->events);
    mp_openapi_free(app->openapi);
    mp_refusals_free(app->refusals);
    mp_arena_free(&app->arena);
    free(app);
}

/* ---- without routes ---- */

static mp_code verify(mp_ledger_report *out, mp_app *app, const mp_app_options *options,
                      void (*progress)(void *ctx, uint64_t leaves), void *ctx, mp_error *err)
{
    mp_prepared  prepared;
    mp_app_parts parts;
    MP_TRY(mp_app_parts_of(&parts, options->systems, &app->arena, err));
    MP_TRY(mp_prepared_read(&prepared, options->folder, &app->arena, err));
    MP_TRY(open_store(app, options, &parts, &prepared, true, err));
    MP_TRY(open_ledger(app, true, err));
    MP_TRY(mp_records_declare(app->store, parts.kinds, parts.kind_count, err));
    return mp_ledger_verify(out, app->ledger, progress, ctx, err);
}

mp_code mp_app_verify(mp_ledger_report *out, const mp_app_options *options,
                      void (*progress)(void *ctx, uint64_t leaves), void *ctx, mp_error *err)
{
    mp_app  app = { .config = options->config };
    mp_code code = verify(out, &app, options, progress, ctx, err);
    mp_ledger_close(app.ledger);
    mp_store_close(app.store);
    mp_arena_free(&app.arena);
    return code;
}

const mp_json *mp_app_report(mp_arena *arena, const mp_ledger_report *report)
{
    const struct {
        const char *name;
        uint64_t    count;
    } counts[] = {
        { "size", report->size },     { "checked", report->checked }, { "pruned", report->pruned },
        { "sealed", report->sealed }, { "keys", report->keys },       { "stamps", report->stamps },
        { "records", report->records },
    };
    mp_jsonw w;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_bool(&w, "holds", true);
    for (size_t i = 0; i < MP_COUNT(counts); i++)
        mp_jsonw_put_int(&w, counts[i].name, (int64_t)counts[i].count);
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}
