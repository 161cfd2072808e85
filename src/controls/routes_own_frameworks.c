/* SPDX-License-Identifier: Apache-2.0 */
/* Our own API for frameworks of one's own: brought in, taken out, forgotten. */
#include "controls.h"
#include "controls_routes.h"
#include "framework_sheet.h"
#include "guard.h"
#include "own_frameworks.h"
#include "routes.h"

#define WRITE "Mapae.Controls/frameworks/write"
#define DELETE "Mapae.Controls/frameworks/delete"

/* ---- shapes ---- */

static const char *const outcomes[] = { "new", "replaced", "unchanged", NULL };
#define COUNT(name_) { name_, MP_TYPE_INTEGER, .is_required = true, .max = INT64_MAX, .doc = "api.frameworks.import." name_ }
static const mp_property imported_members[] = {
    { "id", MP_TYPE_STRING, .is_required = true, .doc = "api.frameworks.import.id" },
    { "edition", MP_TYPE_STRING, .is_required = true, .doc = "api.frameworks.import.edition" },
    { "outcome", MP_TYPE_STRING, .is_required = true, .values = outcomes, .doc = "api.frameworks.import.outcome" },
    { "check", MP_TYPE_BOOLEAN, .is_required = true, .doc = "api.frameworks.import.check" },
    COUNT("controls"),
    COUNT("groups"),
    COUNT("schemes"),
    COUNT("gaps"),
    COUNT("mappings"),
};
static const mp_json_shape imported_shape = {
    .name = "FrameworkImport", .type = MP_TYPE_OBJECT, .doc = "api.frameworks.imported", MP_PROPERTIES(imported_members)
};
static const mp_param import_params[] = {
    { .name = "id", .type = MP_TYPE_STRING, .max = 64, .doc = "api.frameworks.param.id" },
    { .name = "check", .type = MP_TYPE_BOOLEAN, .doc = "api.frameworks.param.check" },
};
static const char *const forms[] = { "oscal", "xlsx", "csv", NULL };
static const mp_param export_params[] = {
    { .name = "format", .type = MP_TYPE_STRING, .values = forms, .doc = "api.frameworks.param.format" },
    MP_AS_OF_PARAM,
};
static const mp_json_shape file_shape = { .name = "FrameworkFile", .type = MP_TYPE_OBJECT, .is_open = true, .doc = "api.frameworks.file" };

/* ---- bringing one in ---- */

typedef struct importing {
    mp_http_request     *request;
    mp_own_framework     own;
    mp_framework_outcome outcome;
    mp_frameworks        all;
    bool                 is_trial;
} importing;

static mp_code put(mp_tx *tx, void *arg, mp_error *err)
{
    importing *im = arg;
    return mp_own_framework_put(&im->outcome, &im->all, tx, &im->own, im->is_trial, im->request->arena, err);
}

static mp_code respond_imported(const importing *im, mp_http_response *response, mp_error *err)
{
    const mp_framework *f = mp_framework_find(&im->all, im->own.id);
    size_t              gaps = 0, mappings = 0;
    mp_jsonw            w;
    for (size_t i = 0; i < f->answers.count; i++)
        gaps += f->answers.of[i].is_gap;
    for (size_t i = 0; i < im->all.mapping_count; i++)
        mappings += im->all.mappings[i].from == &f->catalog || im->all.mappings[i].to == &f->catalog;
    mp_jsonw_init(&w, im->request->arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "id", f->id);
    mp_jsonw_put_str(&w, "edition", f->catalog.version);
    mp_jsonw_put_str(&w, "outcome", mp_str_from(mp_framework_outcome_name(im->outcome)));
    mp_jsonw_put_bool(&w, "check", im->is_trial);
    mp_jsonw_put_int(&w, "controls", (int64_t)f->catalog.control_count);
    mp_jsonw_put_int(&w, "groups", (int64_t)f->catalog.group_count);
    mp_jsonw_put_int(&w, "schemes", (int64_t)f->scheme_count);
    mp_jsonw_put_int(&w, "gaps", (int64_t)gaps);
    mp_jsonw_put_int(&w, "mappings", (int64_t)mappings);
    mp_jsonw_end(&w);
    return mp_respond_json(im->request, response, 200, mp_jsonw_done(&w), err);
}

static mp_code read_sheet(mp_own_framework *out, mp_app *app, mp_http_request *request, mp_str id, mp_error *err)
{
    const mp_held *held;
    MP_TRY(mp_held_take(&held, mp_controls_of(app)->holding, err));
    mp_code code = mp_framework_sheet_read(out, request->body, id, &held->all, request->arena, err);
    mp_held_drop(held);
    return code;
}

static mp_code import_framework(void *app_, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_app   *app = app_;
    importing im = { .request = request, .is_trial = mp_str_eq(mp_http_query(request, MP_S("check")), MP_S("true")) };
    mp_str    id = mp_http_query(request, MP_S("id")), body = request->body;
    if (mp_str_starts(body, MP_S("\xEF\xBB\xBF"))) /* as some editors write UTF-8 */
        body = mp_str_skip(body, 3);
    mp_str start = mp_str_trim(body);
    if (start.len && start.ptr[0] == '{')
        MP_TRY(mp_own_framework_sent(&im.own, body, id, request->arena, err));
    else
        MP_TRY(read_sheet(&im.own, app, request, id, err));
    if (im.is_trial)
        MP_TRY(mp_store_read(app->store, put, &im, err));
    else
        MP_TRY(mp_app_write(app, request, response, put, &im, err));
    return respond_imported(&im, response, err);
}

/* ---- taking one out ---- */

typedef struct exporting {
    mp_http_request *request;
    mp_str           id;
    mp_ticks         as_of;
    mp_own_framework own;
} exporting;

static mp_code read_own(mp_tx *tx, void *arg, mp_error *err)
{
    exporting *ex = arg;
    mp_record  record;
    MP_TRY(mp_record_get(&record, tx, &mp_framework_kind, ex->id, ex->as_of, ex->request->arena, err));
    return mp_own_framework_of(&ex->own, record.body, err);
}

/* As it is, or was: whatever it is called now. */
static mp_code find_documents(exporting *ex, mp_app *app, mp_error *err)
{
    const mp_held      *held;
    const mp_framework *f;
    const mp_scheme    *scheme;
    mp_str              name = mp_http_param(ex->request, "framework");
    MP_TRY(mp_held_take(&held, mp_controls_of(app)->holding, err));
    bool    is_there = mp_framework_named(&f, &scheme, &held->all, name);
    mp_code code = MP_OK;
    ex->id = mp_arena_dup(ex->request->arena, is_there ? f->id : name);
    if (is_there && !f->is_own)
        code = mp_own_framework_builtin(&ex->own, f, ex->request->arena, err);
    bool is_own = !is_there || f->is_own;
    mp_held_drop(held);
    if (code != MP_OK || !is_own)
        return code;
    mp_error why = { .code = MP_OK };
    code = ex->id.ptr ? mp_store_read(app->store, read_own, ex, &why) : mp_no_memory(&why);
    if (code == MP_MISSING)
        return mp_fail(err, MP_MISSING, MP_NOWHERE, "there is no framework '%.*s'", MP_FMT(name));
    return code == MP_OK ? MP_OK : mp_fail(err, code, MP_NOWHERE, "%s", why.message);
}

static mp_code respond_sheet(exporting *ex, mp_app *app, mp_http_response *response, mp_framework_form form, mp_error *err)
{
    mp_buf         out = MP_BUF_INIT;
    const mp_held *held;
    MP_TRY(mp_held_take(&held, mp_controls_of(app)->holding, err));
    mp_code code = mp_framework_sheet_write(&out, &ex->own, &held->all, form, ex->request->arena, err);
    mp_held_drop(held);
    if (code == MP_OK)
        code = mp_buf_check(&out, err);
    if (code == MP_OK)
        response->body = mp_arena_dup(ex->request->arena, mp_buf_str(&out));
    mp_buf_free(&out);
    MP_TRY(code);
    mp_str name = mp_arena_printf(ex->request->arena, "attachment; filename=\"%.*s.%s\"", MP_FMT(ex->own.id), form == MP_FRAMEWORK_CSV ? "csv" : "xlsx");
    if (!response->body.ptr || !name.ptr)
        return mp_no_memory(err);
    response->content_type = form == MP_FRAMEWORK_CSV ? "text/csv; charset=utf-8" : "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    mp_respond_header(response, MP_S("Content-Disposition"), name);
    return MP_OK;
}

static mp_code export_framework(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    exporting ex = { .request = request };
    mp_str    format = mp_http_query(request, MP_S("format"));
    MP_TRY(mp_query_time(&ex.as_of, request, MP_S("asOf"), err));
    MP_TRY(find_documents(&ex, app, err));
    if (mp_str_eq(format, MP_S("csv")) || mp_str_eq(format, MP_S("xlsx")))
        return respond_sheet(&ex, app, response, mp_str_eq(format, MP_S("csv")) ? MP_FRAMEWORK_CSV : MP_FRAMEWORK_XLSX, err);
    return mp_respond_json(request, response, 200, mp_own_framework_file(&ex.own, request->arena), err);
}

/* ---- forgetting one ---- */

static mp_code forget(mp_tx *tx, void *arg, mp_error *err)
{
    mp_change *change = arg;
    int64_t    expected;
    MP_TRY(mp_item_expect(&expected, tx, change->request, &mp_framework_kind, change->id, err));
    return mp_own_framework_forget(tx, change->id, expected, change->request->arena, err);
}

static mp_code forget_framework(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_change change = { .count = 0 };
    MP_TRY(mp_item_name(&change.id, request, "framework", err));
    return mp_item_change(app, request, response, forget, &change, err);
}

static mp_code get_versions(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_str id;
    MP_TRY(mp_item_name(&id, request, "framework", err));
    return mp_list_history(app, request, response, &(mp_listing){ .kind = &mp_framework_kind }, id, err);
}

/* ---- the table ---- */

#define SUMMARY(name_) .tag = "frameworks", .summary = "api.frameworks." name_
#define ONE "/frameworks/{framework}"

const mp_route mp_routes_own_frameworks[MP_ROUTES_OWN_FRAMEWORKS] = {
    API(MP_POST, "/frameworks", WRITE, import_framework, SUMMARY("bring"), PARAMS(import_params), .answer = &imported_shape, .is_raw = true, .body_max = (size_t)16 << 20,
        .rate = MP_RATE_HEAVY),
    API(MP_GET, ONE "/export", MP_SIGNED_IN, export_framework, SUMMARY("export"), PARAMS(export_params), .answer = &file_shape, .rate = MP_RATE_HEAVY),
    API(MP_GET, ONE "/history", MP_SIGNED_IN, get_versions, SUMMARY("history"), PARAMS(mp_history_params), .answer = &mp_shape_history),
    API(MP_DELETE, ONE, DELETE, forget_framework, SUMMARY("forget"), .status = 204),
};
