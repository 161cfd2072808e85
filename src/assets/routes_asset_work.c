/* SPDX-License-Identifier: Apache-2.0 */
/* Our own API: the register as a whole: filled from the estate or a spreadsheet, what is missing in it, the document. */
#include <stdio.h>

#include "asset_document.h"
#include "asset_filling.h"
#include "config.h"
#include "data_places.h"
#include "document_answer.h"
#include "guard.h"
#include "messages.h"
#include "routes.h"
#include "secret.h"

#define FAULTS_MAX 1000
#define SHOWN_MAX 100 /* of what a trial would make */
#define SHEET_BYTES ((size_t)16 << 20)

/* ---- whose eyes, and where ---- */

typedef struct asking {
    mp_app          *app;
    mp_http_request *request;
    const char      *action;
    mp_asset_eyes    eyes;
    mp_str           scope; /* key; empty: all */
    mp_ticks         as_of;
} asking;

static bool sees(void *ctx, mp_str scope)
{
    const asking *a = ctx;
    return mp_app_may(a->app, a->request, a->action, scope);
}

static mp_code read_scope(asking *a, mp_str scope, mp_error *err)
{
    mp_place place;
    if (!scope.len || mp_str_eq(scope, MP_S("/")))
        return MP_OK;
    MP_TRY(mp_place_of(&place, scope, a->request->arena, err));
    a->scope = place.kind == MP_PLACE_TENANT ? MP_S("") : place.key;
    if (place.kind == MP_PLACE_MANAGEMENT_GROUP)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE,
                       "the register is asked for all, a subscription, a resource group or a resource");
    return MP_OK;
}

static mp_code begin(asking *a, mp_app *app, mp_http_request *request, const char *action, mp_str scope, mp_error *err)
{
    *a = (asking){ .app = app, .request = request, .action = action };
    MP_TRY(read_scope(a, scope, err));
    a->eyes = (mp_asset_eyes){ .sees = sees, .ctx = a, .sees_all = mp_app_may(app, request, action, a->scope.len ? a->scope : MP_S("/")) };
    return mp_query_time(&a->as_of, request, MP_S("asOf"), err);
}

/* ---- what is missing, the document ---- */

typedef struct looking {
    asking                 *a;
    mp_asset_survey_query   query;
    mp_register             r;
    mp_asset_survey         survey;
} looking;

static mp_code look(mp_tx *tx, void *arg, mp_error *err)
{
    looking  *l = arg;
    mp_arena *arena = l->a->request->arena;
    mp_register_done(&l->r); /* of an attempt before */
    MP_TRY(mp_register_read(&l->r, tx, l->a->scope, &l->a->eyes, l->query.as_of, arena, err));
    return mp_register_survey(&l->survey, &l->r, tx, &l->query, arena, err);
}

static looking looking_of(asking *a, size_t top)
{
    return (looking){ .a = a,
                      .query = { .rules = &mp_assets_of(a->app)->rules, .eyes = &a->eyes, .scope = a->scope, .as_of = a->as_of,
                                 .only = -1, .top = top } };
}

static bool digits_of(uint64_t *out, mp_str text)
{
    *out = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
        *out = *out * 10 + (uint64_t)(text.ptr[i] - '0');
    }
    return text.len > 0 && text.len <= 18;
}

/* "TIME.SKIP": the pages that follow are of the time of the first. */
static mp_code read_after(looking *l, mp_str after, mp_error *err)
{
    size_t   dot = mp_str_find(after, '.');
    uint64_t at, skip;
    if (!after.len)
        return MP_OK;
    if (dot == SIZE_MAX || !digits_of(&at, mp_str_of(after.ptr, dot)) || !digits_of(&skip, mp_str_skip(after, dot + 1)))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "\"after\" is not what a page before gave");
    l->query.as_of = (mp_ticks)at;
    l->query.skip = skip;
    return MP_OK;
}

static void read_lack(looking *l, mp_str lack)
{
    for (int i = 0; i < MP_LACK_COUNT; i++)
        if (mp_str_eq(lack, mp_str_from(mp_asset_lack_names[i])))
            l->query.only = i;
}

static mp_code answer_findings(const looking *l, mp_http_response *response, mp_error *err)
{
    mp_http_request *request = l->a->request;
    mp_jsonw         w;
    mp_jsonw_init(&w, request->arena);
    mp_jsonw_object(&w);
    mp_jsonw_key(&w, MP_S("sums"));
    mp_jsonw_object(&w);
    mp_jsonw_put_int(&w, "assets", (int64_t)l->r.count);
    mp_asset_sums_write(&w, &l->survey);
    mp_jsonw_end(&w);
    mp_jsonw_key(&w, MP_S("value"));
    mp_jsonw_array(&w);
    for (size_t i = 0; i < l->survey.count; i++)
        mp_asset_finding_write(&w, &l->survey.findings[i]);
    mp_jsonw_end(&w);
    if (l->survey.has_more) {
        mp_ticks at = l->query.as_of ? l->query.as_of : request->started;
        mp_str   next = mp_arena_printf(request->arena, "%lld.%zu", (long long)at, l->query.skip + l->survey.count);
        if (!next.ptr)
            return mp_no_memory(err);
        mp_jsonw_put_str(&w, "next", next);
    }
    mp_jsonw_end(&w);
    return mp_respond_json(request, response, 200, mp_jsonw_done(&w), err);
}

static mp_code get_findings(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    asking   a;
    uint32_t top;
    MP_TRY(begin(&a, app, request, MP_ASSETS_READ, mp_http_query(request, MP_S("scope")), err));
    MP_TRY(mp_list_top(&top, request, 100, err));
    looking l = looking_of(&a, top);
    MP_TRY(read_after(&l, mp_http_query(request, MP_S("after")), err));
    read_lack(&l, mp_http_query(request, MP_S("lack")));
    mp_code code = mp_store_read(a.app->store, look, &l, err);
    if (code == MP_OK)
        code = answer_findings(&l, response, err);
    mp_register_done(&l.r);
    return code;
}

static mp_code respond_csv(const looking *l, mp_http_response *response, mp_error *err)
{
    mp_http_request *request = l->a->request;
    mp_buf           text = MP_BUF_INIT;
    mp_asset_csv(&text, l->query.rules, &l->r, request->lang == MP_LANG_KO);
    response->body = text.failed ? mp_str_of(NULL, 0) : mp_arena_dup(request->arena, mp_buf_str(&text));
    mp_buf_free(&text);
    if (!response->body.ptr)
        return mp_no_memory(err);
    response->content_type = "text/csv; charset=utf-8";
    mp_respond_header(response, MP_S("Content-Disposition"), MP_S("attachment; filename=\"asset-register.csv\""));
    return MP_OK;
}

static mp_code get_register(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    asking a;
    MP_TRY(begin(&a, app, request, MP_ASSETS_READ, mp_http_query(request, MP_S("scope")), err));
    bool    is_csv = mp_str_eq(mp_http_query(request, MP_S("format")), MP_S("csv"));
    looking l = looking_of(&a, MP_ASSET_DOCUMENT_FINDINGS);
    mp_code code = mp_store_read(a.app->store, look, &l, err);
    if (code == MP_OK && is_csv) {
        code = respond_csv(&l, response, err);
    } else if (code == MP_OK) {
        mp_asset_telling t = { .rules = l.query.rules, .r = &l.r, .survey = &l.survey, .scope = a.scope,
                               .at = a.as_of ? a.as_of : request->started };
        code = mp_respond_document(app, request, response, "asset-register", mp_asset_document(&t, request->arena), err);
    }
    mp_register_done(&l.r);
    return code;
}

/* ---- where data is ---- */

typedef struct placing {
    asking       *a;
    mp_data_query query;
    mp_register   r;
    mp_jsonw      w;
} placing;

static mp_code place(mp_tx *tx, void *arg, mp_error *err)
{
    placing *p = arg;
    mp_register_done(&p->r); /* of an attempt before */
    mp_jsonw_init(&p->w, p->a->request->arena);
    MP_TRY(mp_register_read(&p->r, tx, p->a->scope, &p->a->eyes, p->query.as_of, p->a->request->arena, err));
    return mp_data_places(&p->w, &p->r, tx, &p->query, err);
}

static mp_code get_data(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    asking   a;
    uint32_t top;
    MP_TRY(begin(&a, app, request, MP_ASSETS_READ, mp_http_query(request, MP_S("scope")), err));
    MP_TRY(mp_list_top(&top, request, 100, err));
    placing p = { .a = &a,
                  .query = { .rules = &mp_assets_of(a.app)->rules,
                             .eyes = &a.eyes,
                             .scope = a.scope,
                             .as_of = a.as_of,
                             .label_tags = mp_config_text(a.app->config, MP_SET_ASSETS_LABEL_TAGS),
                             .owner_tags = mp_config_text(a.app->config, MP_SET_ASSETS_OWNER_TAGS),
                             .top = top } };
    mp_code code = mp_store_read(a.app->store, place, &p, err);
    if (code == MP_OK)
        code = mp_respond_json(request, response, 200, mp_jsonw_done(&p.w), err);
    mp_register_done(&p.r);
    return code;
}

/* ---- many at once ---- */

typedef struct writing {
    asking           a;
    mp_asset_drafts  drafts;
    mp_register      r;
    mp_filling       filling;
    mp_sheet_tables  tables;
    bool             is_trial;
    uint64_t         added, changed, unchanged;
    mp_asset_fault  *faults;
    size_t           fault_count, faulty;
} writing;

static void fault(writing *w, size_t row, const mp_error *why)
{
    w->faulty++;
    if (w->fault_count < FAULTS_MAX)
        w->faults[w->fault_count++] = (mp_asset_fault){ .row = row, .why = *why };
}

static bool holds(const writing *w, mp_str scope) { return !w->a.scope.len || mp_place_holds(w->a.scope, scope); }

/* Nothing goes where who asks may not write, and nothing comes from there. */
static mp_code check_place(const writing *w, mp_str scope, mp_error *err)
{
    return holds(w, scope) ? MP_OK
                           : mp_fail(err, MP_PARAMETER, MP_NOWHERE, "the asset stands at '%.*s', beyond the scope of this request",
                                     (int)(scope.len < 200 ? scope.len : 200), scope.ptr);
}

/* Its resource is nobody else's. */
static mp_code check_resource(writing *w, mp_tx *tx, mp_str id, const mp_json *body, mp_error *err)
{
    mp_record other;
    mp_str    resource = mp_json_get_text(body, "resource");
    if (!resource.len)
        return MP_OK;
    mp_code code = mp_record_find(&other, tx, &mp_asset_kind, "resource", resource, w->a.request->arena, err);
    if (code == MP_MISSING || (code == MP_OK && mp_str_eq(other.key, id)))
        return MP_OK;
    MP_TRY(code);
    return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "'%.*s' is registered already", (int)(resource.len < 200 ? resource.len : 200), resource.ptr);
}

static mp_code put_draft(writing *w, mp_tx *tx, const mp_asset_draft *draft, mp_error *err)
{
    mp_http_request *request = w->a.request;
    mp_asset_making  as = { .rules = &mp_assets_of(w->a.app)->rules, .id = draft->id, .created_at = request->started };
    mp_record        old = { .version = 0 }, made;
    const mp_json   *body;
    char             id[37];
    if (draft->id.len) {
        MP_TRY(mp_record_get(&old, tx, &mp_asset_kind, draft->id, 0, request->arena, err));
        if (!mp_clock_parse(&as.created_at, mp_json_get_text(old.body, "createdAt")))
            as.created_at = request->started;
    } else {
        MP_TRY(mp_guid(id, err));
        as.id = mp_arena_dup(request->arena, mp_str_of(id, 36));
        if (!as.id.ptr)
            return mp_no_memory(err);
    }
    MP_TRY(mp_asset_make(&body, &as, draft->sent, request->arena, err));
    MP_TRY(check_place(w, mp_json_get_text(body, "scope"), err));
    if (old.version && !holds(w, mp_json_get_text(old.body, "scope"))) /* where it stands is not told */
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "no asset has the id '%.*s'", MP_FMT(draft->id));
    MP_TRY(check_resource(w, tx, as.id, body, err));
    if (w->is_trial) {
        *(draft->id.len ? &w->changed : &w->added) += 1;
        return MP_OK;
    }
    MP_TRY(mp_record_put(&made, tx, &mp_asset_kind, as.id, body, old.version, err));
    *(!old.version ? &w->added : made.version == old.version ? &w->unchanged : &w->changed) += 1;
    return MP_OK;
}

static mp_code put_drafts(mp_tx *tx, void *arg, mp_error *err)
{
    writing *w = arg;
    size_t   fault_count = w->fault_count, faulty = w->faulty;
    w->added = w->changed = w->unchanged = 0;
    for (size_t i = 0; i < w->drafts.count; i++) {
        mp_error why = { .code = MP_OK };
        mp_code  code = put_draft(w, tx, &w->drafts.items[i], &why);
        if (code == MP_PARAMETER || code == MP_MISSING) {
            fault(w, w->drafts.items[i].row, &why);
        } else if (code != MP_OK) {
            w->fault_count = fault_count; /* it may be tried again */
            w->faulty = faulty;
            if (err)
                *err = why;
            return code;
        }
    }
    return MP_OK;
}

static mp_code answer_written(const writing *w, mp_http_response *response, mp_error *err)
{
    mp_http_request *request = w->a.request;
    mp_jsonw         j;
    mp_jsonw_init(&j, request->arena);
    mp_jsonw_object(&j);
    mp_jsonw_put_int(&j, "added", (int64_t)w->added);
    mp_jsonw_put_int(&j, "changed", (int64_t)w->changed);
    mp_jsonw_put_int(&j, "unchanged", (int64_t)w->unchanged);
    mp_jsonw_put_int(&j, "faulty", (int64_t)w->faulty);
    mp_jsonw_put_bool(&j, "hasMore", w->drafts.has_more);
    mp_jsonw_put_bool(&j, "isTrial", w->is_trial);
    mp_jsonw_key(&j, MP_S("faults"));
    mp_jsonw_array(&j);
    for (size_t i = 0; i < w->fault_count; i++) {
        mp_buf said = MP_BUF_INIT;
        mp_say_error(&said, request->lang, &w->faults[i].why);
        mp_str text = mp_arena_dup(request->arena, mp_buf_str(&said));
        mp_buf_free(&said);
        mp_jsonw_object(&j);
        mp_jsonw_put_int(&j, "row", (int64_t)w->faults[i].row);
        mp_jsonw_put_str(&j, "message", text.ptr ? text : MP_S(""));
        mp_jsonw_end(&j);
    }
    mp_jsonw_end(&j);
    mp_jsonw_key(&j, MP_S("value"));
    mp_jsonw_array(&j);
    for (size_t i = 0; w->is_trial && i < w->drafts.count && i < SHOWN_MAX; i++)
        mp_jsonw_value(&j, w->drafts.items[i].sent);
    mp_jsonw_end(&j);
    mp_jsonw_end(&j);
    return mp_respond_json(request, response, 200, mp_jsonw_done(&j), err);
}

static mp_code finish(writing *w, mp_http_response *response, mp_error *err)
{
    mp_code code = w->is_trial ? mp_store_read(w->a.app->store, put_drafts, w, err)
                               : mp_app_write(w->a.app, w->a.request, response, put_drafts, w, err);
    return code == MP_OK ? answer_written(w, response, err) : code;
}

static mp_code begin_writing(writing *w, mp_app *app, mp_http_request *request, mp_str scope, mp_error *err)
{
    MP_TRY(begin(&w->a, app, request, MP_ASSETS_WRITE, scope, err));
    w->a.eyes.ctx = &w->a;
    MP_TRY(mp_app_require(app, request, MP_ASSETS_WRITE, w->a.scope.len ? w->a.scope : MP_S("/"), err));
    w->a.eyes.sees_all = true; /* who may write at a scope may below it */
    w->faults = MP_ARENA_ARRAY(request->arena, mp_asset_fault, FAULTS_MAX);
    return w->faults ? MP_OK : mp_no_memory(err);
}

static bool says(const mp_json *object, const char *member)
{
    const mp_json *v = mp_json_get(object, mp_str_from(member));
    return mp_json_is_true(v);
}

static mp_code draft_estate(mp_tx *tx, void *arg, mp_error *err)
{
    writing *w = arg;
    mp_register_done(&w->r);
    w->drafts = (mp_asset_drafts){ .items = NULL };
    MP_TRY(mp_register_read(&w->r, tx, w->a.scope, &w->a.eyes, 0, w->a.request->arena, err));
    return mp_asset_drafts_of_estate(&w->drafts, tx, &w->filling, &w->r, w->a.request->arena, err);
}

static mp_code fill(void *app_, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_app        *app = app_;
    const mp_json *json = request->json;
    writing        w = { .is_trial = says(json, "dryRun") };
    MP_TRY(begin_writing(&w, app, request, mp_json_get_text(json, "scope"), err));
    w.filling = (mp_filling){ .rules = &mp_assets_of(app)->rules,
                              .eyes = &w.a.eyes,
                              .label_tags = mp_config_text(app->config, MP_SET_ASSETS_LABEL_TAGS),
                              .owner_tags = mp_config_text(app->config, MP_SET_ASSETS_OWNER_TAGS),
                              .keeper_tags = mp_config_text(app->config, MP_SET_ASSETS_KEEPER_TAGS),
                              .given = mp_json_get(json, MP_S("values")),
                              .scope = w.a.scope,
                              .refreshes = says(json, "refresh") };
    mp_code code = mp_store_read(app->store, draft_estate, &w, err);
    if (code == MP_OK)
        code = finish(&w, response, err);
    mp_register_done(&w.r);
    return code;
}

static mp_code draft_sheet(mp_tx *tx, void *arg, mp_error *err)
{
    writing *w = arg;
    mp_register_done(&w->r);
    w->drafts = (mp_asset_drafts){ .items = NULL };
    w->fault_count = w->faulty = 0;
    MP_TRY(mp_register_read(&w->r, tx, MP_S(""), &w->a.eyes, 0, w->a.request->arena, err));
    MP_TRY(mp_asset_drafts_of_sheet(&w->drafts, w->faults, &w->fault_count, FAULTS_MAX, &w->tables, &mp_assets_of(w->a.app)->rules, &w->r,
                                    w->a.request->arena, err));
    w->faulty = w->fault_count;
    return MP_OK;
}

static mp_code import(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    writing w = { .is_trial = mp_str_eq(mp_http_query(request, MP_S("dryRun")), MP_S("true")) };
    MP_TRY(begin_writing(&w, app, request, mp_http_query(request, MP_S("scope")), err));
    MP_TRY(mp_sheet_read(&w.tables, request->body, &mp_sheet_usual, request->arena, err));
    mp_code code = mp_store_read(w.a.app->store, draft_sheet, &w, err);
    if (code == MP_OK)
        code = finish(&w, response, err);
    mp_register_done(&w.r);
    return code;
}

/* ---- the tables ---- */

static const mp_json_shape values_shape = { .type = MP_TYPE_OBJECT, .is_open = true, .doc = "api.assets.fill.values" };
static const mp_property   fill_members[] = {
    { "scope", MP_TYPE_STRING, .max = MP_RECORD_KEY_MAX, .doc = "api.assets.scope" },
    { "values", MP_TYPE_OBJECT, .shape = &values_shape, .doc = "api.assets.fill.values" },
    { "refresh", MP_TYPE_BOOLEAN, .doc = "api.assets.fill.refresh" },
    { "dryRun", MP_TYPE_BOOLEAN, .doc = "api.assets.dryRun" },
};
static const mp_json_shape fill_shape = { .name = "AssetFilling", .type = MP_TYPE_OBJECT, .doc = "api.assets.fill.order", MP_PROPERTIES(fill_members) };
static const mp_json_shape written_shape = { .name = "AssetsWritten", .type = MP_TYPE_OBJECT, .is_open = true, .doc = "api.assets.written" };
static const mp_json_shape findings_shape = { .name = "AssetFindings", .type = MP_TYPE_OBJECT, .is_open = true, .doc = "api.assets.findings" };
static const mp_json_shape data_shape = { .name = "DataPlaces", .type = MP_TYPE_OBJECT, .is_open = true, .doc = "api.assets.data" };
static const mp_json_shape register_shape = { .name = "AssetRegister", .type = MP_TYPE_OBJECT, .is_open = true, .doc = "api.assets.register" };

#define SCOPE_PARAM { .name = "scope", .type = MP_TYPE_STRING, .max = MP_RECORD_KEY_MAX, .doc = "api.assets.scope" }
static const char *const formats[] = { "json", "csv", "pdf", "xlsx", "html", NULL };
static const mp_param    findings_params[] = {
    MP_PAGE_PARAMS, MP_AS_OF_PARAM, SCOPE_PARAM,
    { .name = "lack", .type = MP_TYPE_STRING, .values = mp_asset_lack_names, .doc = "api.assets.lack" },
};
static const mp_param data_params[] = {
    { .name = "top", .type = MP_TYPE_INTEGER, .min = 1, .max = 1000, .doc = "api.assets.data.top" }, MP_AS_OF_PARAM, SCOPE_PARAM,
};
static const mp_param register_params[] = {
    MP_AS_OF_PARAM, SCOPE_PARAM, { .name = "format", .type = MP_TYPE_STRING, .values = formats, .doc = "api.assets.format" },
    { .name = "lang", .type = MP_TYPE_STRING, .values = mp_document_langs, .doc = "api.document.lang" },
    MP_ZONE_PARAM,
};
static const mp_param import_params[] = {
    SCOPE_PARAM, { .name = "dryRun", .type = MP_TYPE_BOOLEAN, .doc = "api.assets.dryRun" },
};

#define SUMMARY(name_) .tag = "assets", .summary = "api.assets." name_

const mp_route mp_routes_asset_work[MP_ROUTES_ASSET_WORK] = {
    API(MP_GET, "/asset-findings", MP_SIGNED_IN, get_findings, SUMMARY("getFindings"), PARAMS(findings_params),
        .answer = &findings_shape, .rate = MP_RATE_HEAVY),
    API(MP_GET, "/asset-data", MP_SIGNED_IN, get_data, SUMMARY("getData"), PARAMS(data_params), .answer = &data_shape,
        .rate = MP_RATE_HEAVY),
    API(MP_GET, "/asset-register", MP_SIGNED_IN, get_register, SUMMARY("getRegister"), PARAMS(register_params),
        .answer = &register_shape, .rate = MP_RATE_HEAVY, .is_noted = true),
    API(MP_POST, "/asset-register/fill", MP_ASSETS_WRITE, fill, SUMMARY("fill"), .scope = "{body.scope}", .body = &fill_shape,
        .answer = &written_shape, .rate = MP_RATE_HEAVY),
    API(MP_POST, "/asset-register/import", MP_ASSETS_WRITE, import, SUMMARY("import"), .scope = "{asset.scope}",
        PARAMS(import_params), .is_raw = true, .body_max = SHEET_BYTES, .answer = &written_shape, .rate = MP_RATE_HEAVY),
};
