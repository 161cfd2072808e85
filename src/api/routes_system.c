/* SPDX-License-Identifier: Apache-2.0 */
#include "backup.h"
#include "directory.h"
#include "metrics.h"
#include "openapi.h"
#include "outrank.h"
#include "routes.h"
#include "sent_file.h"
#include "streams.h"
#include "token.h"

#include <sys/statvfs.h>

#define TOKEN_DAYS_MAX 8 /* no token lives longer: its revocation need not either */

/* ---- shapes ---- */

static const char *const alive[] = { "alive", NULL };
static const char *const readiness[] = { "ready", "not-ready", NULL };
static const mp_property health_members[] = { { "status", MP_TYPE_STRING, .is_required = true, .values = alive,
                                                .doc = "api.system.status" } };
static const mp_json_shape health_shape = { .name = "Health", .type = MP_TYPE_OBJECT,
                                            .doc = "api.system.healthAnswer", MP_PROPERTIES(health_members) };
static const mp_property ready_members[] = {
    { "status", MP_TYPE_STRING, .is_required = true, .values = readiness, .doc = "api.system.status" },
    { "store", MP_TYPE_STRING, .is_required = true, .doc = "api.system.store" },
    { "ledger", MP_TYPE_STRING, .is_required = true, .doc = "api.system.ledger" },
    { "disk", MP_TYPE_STRING, .is_required = true, .doc = "api.system.disk" },
};
static const mp_json_shape ready_shape = { .name = "Readiness", .type = MP_TYPE_OBJECT,
                                           .doc = "api.system.readyAnswer", MP_PROPERTIES(ready_members) };

static const char *const froms[] = { "default", "file", "environment", "command-line", NULL };
static const mp_property setting_members[] = {
    { "name", MP_TYPE_STRING, .is_required = true, .doc = "api.setting.name" },
    { "value", MP_TYPE_STRING, .is_required = true, .doc = "api.setting.value" },
    { "from", MP_TYPE_STRING, .is_required = true, .values = froms, .doc = "api.setting.from" },
    { "fallback", MP_TYPE_STRING, .is_required = true, .doc = "api.setting.fallback" },
    { "range", MP_TYPE_STRING, .doc = "api.setting.range" },
    { "doc", MP_TYPE_STRING, .doc = "api.setting.doc" },
};
static const mp_json_shape setting_shape = { .name = "Setting", .type = MP_TYPE_OBJECT, .doc = "api.setting",
                                             MP_PROPERTIES(setting_members) };
MP_LIST_SHAPE(settings_shape, setting_shape);

static const mp_json_shape text_shape = { .type = MP_TYPE_STRING, .max = 1048576, .doc = "api.system.metricsAnswer" };
static const mp_json_shape document_shape = { .type = MP_TYPE_OBJECT, .is_open = true,
                                              .doc = "api.system.openapiAnswer" };
static const char *const topics[] = { "alerts", "changes", NULL };
static const mp_param event_params[] = {
    { .name = "topic", .type = MP_TYPE_STRING, .doc = "api.system.topic", .values = topics, .is_required = true }
};
static const char *const langs[] = { "ko", "en", NULL };
static const mp_param openapi_params[] = {
    { .name = "lang", .type = MP_TYPE_STRING, .doc = "api.param.lang", .values = langs }
};

/* ---- how it is ---- */

static mp_code get_health(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    (void)app;
    (void)request;
    (void)err;
    response->content_type = "application/json";
    response->body = MP_S("{\"status\":\"alive\"}");
    return MP_OK;
}

/* A disk with less room than this takes no more. */
#define LEAST_FREE_BYTES ((uint64_t)64 << 20)

static const char *disk_state(const mp_app *app)
{
    struct statvfs at;
    if (statvfs(mp_store_folder(app->store), &at) != 0)
        return mp_code_name(MP_IO);
    return (uint64_t)at.f_bavail * at.f_frsize < LEAST_FREE_BYTES ? mp_code_name(MP_FULL) : mp_code_name(MP_OK);
}

/* Anybody may ask: what is said is a word, and no sentence. */
static mp_code get_readiness(void *arg, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_app     *app = arg;
    const char *store = mp_code_name(mp_store_health(app->store, NULL)), *disk = disk_state(app);
    const char *ledger = mp_ledger_now(app->ledger).size > 0 ? mp_code_name(MP_OK) : mp_code_name(MP_MISSING);
    bool        is_ready = strcmp(store, "ok") == 0 && strcmp(disk, "ok") == 0 && strcmp(ledger, "ok") == 0;
    mp_jsonw    w;
    mp_jsonw_init(&w, request->arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "status", is_ready ? MP_S("ready") : MP_S("not-ready"));
    mp_jsonw_put_str(&w, "store", mp_str_from(store));
    mp_jsonw_put_str(&w, "ledger", mp_str_from(ledger));
    mp_jsonw_put_str(&w, "disk", mp_str_from(disk));
    mp_jsonw_end(&w);
    return mp_respond_json(request, response, is_ready ? 200 : 503, mp_jsonw_done(&w), err);
}

typedef struct counting {
    mp_arena *arena;
    int64_t   total;
} counting;

static mp_code count_sessions(mp_tx *tx, void *arg, mp_error *err)
{
    counting      *c = arg;
    mp_record_page page;
    MP_TRY(mp_record_list(&page, tx, &(mp_record_query){ .kind = &mp_session_kind, .limit = 1, .counts = true },
                          c->arena, err));
    c->total = page.total;
    return MP_OK;
}

static mp_code get_metrics(void *arg, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_app  *app = arg;
    counting sessions = { .arena = request->arena };
    int64_t  leaves = (int64_t)mp_ledger_now(app->ledger).size;
    bool     is_up = mp_store_health(app->store, NULL) == MP_OK;
    mp_buf   text = MP_BUF_INIT;
    mp_metric_set(MP_METRIC_STORE_UP, is_up);
    mp_metric_set(MP_METRIC_STORE_WAITING, (int64_t)mp_store_counted(app->store).queued);
    mp_metric_set(MP_METRIC_LEDGER_SIZE, leaves);
    mp_metric_set(MP_METRIC_LEDGER_CHECKPOINT, leaves);
    if (mp_store_read(app->store, count_sessions, &sessions, NULL) == MP_OK)
        mp_metric_set(MP_METRIC_SESSIONS, sessions.total);
    if (app->log)
        mp_metric_set(MP_METRIC_LOG_LOST, (int64_t)mp_log_lost(app->log));
    mp_metrics_write(&text);
    mp_code code = mp_buf_check(&text, err);
    if (code == MP_OK) {
        response->content_type = MP_METRICS_TYPE;
        response->body = mp_arena_dup(request->arena, mp_buf_str(&text));
        if (!response->body.ptr)
            code = mp_no_memory(err);
    }
    mp_buf_free(&text);
    return code;
}

/* ---- what it is ---- */

static mp_code get_openapi(void *arg, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_app *app = arg;
    mp_lang lang = mp_lang_find(mp_http_query(request, MP_S("lang")));
    if (lang == MP_LANG_COUNT)
        lang = request->lang;
    MP_TRY(mp_openapi_text(&response->body, app->openapi, app->router, lang, app->base, err));
    response->content_type = "application/json";
    mp_respond_header(response, MP_S("content-language"), mp_str_from(mp_lang_name(lang)));
    mp_respond_header(response, MP_S("vary"), MP_S("Accept-Language"));
    return MP_OK;
}

static mp_str text_of(mp_http_request *request, mp_buf *text)
{
    mp_str copy = text->failed ? mp_str_of(NULL, 0) : mp_arena_dup(request->arena, mp_buf_str(text));
    mp_buf_clear(text);
    return copy;
}

static mp_code get_settings(void *arg, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    const mp_app *app = arg;
    mp_buf        text = MP_BUF_INIT;
    mp_jsonw      w;
    mp_jsonw_init(&w, request->arena);
    mp_jsonw_object(&w);
    mp_jsonw_key(&w, MP_S("value"));
    mp_jsonw_array(&w);
    for (unsigned i = 0; i < MP_SETTING_COUNT; i++) {
        mp_jsonw_object(&w);
        mp_jsonw_put_str(&w, "name", mp_str_from(mp_settings[i].name));
        mp_config_show(&text, app->config, (mp_setting_id)i);
        mp_jsonw_put_str(&w, "value", text_of(request, &text));
        mp_jsonw_put_str(&w, "from", mp_str_from(froms[mp_config_from(app->config, (mp_setting_id)i)]));
        mp_jsonw_put_str(&w, "fallback", mp_str_from(mp_settings[i].fallback));
        mp_setting_say_range(&text, (mp_setting_id)i);
        mp_jsonw_put_str(&w, "range", text_of(request, &text));
        mp_jsonw_put_str(&w, "doc", mp_message_of(request->lang, "setting.", mp_str_from(mp_settings[i].name)));
        mp_jsonw_end(&w);
    }
    mp_buf_free(&text);
    mp_jsonw_end(&w);
    mp_jsonw_end(&w);
    return mp_respond_json(request, response, 200, mp_jsonw_done(&w), err);
}

static mp_code get_events(void *arg, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_app *app = arg;
    return mp_stream_listen(app, request, response, mp_http_query(request, MP_S("topic")), err);
}

/* ---- what it does ---- */

static mp_code make_backup(void *arg, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_app          *app = arg;
    mp_backup_report report;
    char             path[4096];
    int              fd;
    MP_TRY(mp_outrank_all(app, request, err)); /* the keys are in it */
    MP_TRY(mp_outgoing_path(path, app, ".tar.zst", err));
    MP_TRY(mp_backup_write(&report, app->store, path, NULL, NULL, err));
    MP_TRY(mp_outgoing_open(&fd, path, err));
    return mp_respond_file(request, response, fd, "application/zstd", "mapae-backup.tar.zst", err);
}

static mp_code revoke(mp_tx *tx, void *arg, mp_error *err)
{
    mp_change *c = arg;
    return mp_token_revoke(c->app->access, tx, c->id, mp_tx_time(tx) + TOKEN_DAYS_MAX * MP_TICKS_PER_DAY, err);
}

static mp_code delete_token(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_change change = { .count = 0 };
    MP_TRY(mp_item_guid(&change.id, request, "id", err));
    return mp_item_change(app, request, response, revoke, &change, err);
}

static mp_code rotate(mp_tx *tx, void *arg, mp_error *err)
{
    mp_change *c = arg;
    return mp_token_rotate(c->app->access, tx, err);
}

static mp_code rotate_keys(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_change change = { .count = 0 };
    return mp_item_change(app, request, response, rotate, &change, err);
}

#define SYSTEM(name_) .tag = "system", .summary = "api.system." name_

const mp_route mp_routes_system[] = {
    MP_ROUTE(MP_GET, "/healthz", MP_ANYONE, get_health, SYSTEM("health"), .answer = &health_shape,
             .rate = MP_RATE_FREE, .is_quick = true),
    MP_ROUTE(MP_GET, "/readyz", MP_ANYONE, get_readiness, SYSTEM("ready"), .answer = &ready_shape,
             .rate = MP_RATE_FREE),
    MP_ROUTE(MP_GET, "/metrics", "Mapae.System/metrics/read", get_metrics, SYSTEM("metrics"), .answer = &text_shape,
             .face = &mp_face_api),
    API(MP_GET, "/openapi.json", MP_ANYONE, get_openapi, SYSTEM("openapi"), PARAMS(openapi_params),
        .answer = &document_shape),
    API(MP_GET, "/settings", "Mapae.System/settings/read", get_settings, SYSTEM("settings"), .answer = &settings_shape),
    API(MP_GET, "/events", "Mapae.System/events/read", get_events, SYSTEM("events"), PARAMS(event_params)),
    API(MP_POST, "/backups", "Mapae.System/backups/action", make_backup, SYSTEM("backup"), .rate = MP_RATE_HEAVY,
        .is_noted = true),
    API(MP_DELETE, "/tokens/{id}", "Mapae.Access/tokens/delete", delete_token, SYSTEM("revokeToken"), .status = 204),
    API(MP_POST, "/keys/rotate", "Mapae.Access/keys/rotate/action", rotate_keys, SYSTEM("rotateKeys"), .status = 204),
};
