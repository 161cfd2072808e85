/* SPDX-License-Identifier: Apache-2.0 */
/* Our own API: policies that are built in, what readers saw, verdicts, and how far judging is. What else there is to
 * do with policies and resources, clients of Azure Resource Manager do (room arm). */
#include "compliance_routes.h"

#include "guard.h"
#include "ingest.h"
#include "objects.h"
#include "routes.h"
#include "states.h"

#define BATCH_BYTES ((size_t)32 << 20)

/* ---- shapes ---- */

static const mp_property fault_members[] = {
    { "index", MP_TYPE_INTEGER, .is_required = true, .max = MP_BATCH_DOCUMENTS, .doc = "api.compliance.fault.index" },
    { "code", MP_TYPE_STRING, .is_required = true, .doc = "api.compliance.fault.code" },
    { "message", MP_TYPE_STRING, .is_required = true, .doc = "api.compliance.fault.message" },
};
static const mp_json_shape fault_shape = {
    .name = "FaultyDocument", .type = MP_TYPE_OBJECT, .doc = "api.compliance.fault", MP_PROPERTIES(fault_members)
};
#define FAULTS { "faulty", MP_TYPE_ARRAY, .is_required = true, .shape = &fault_shape, .max = MP_BATCH_DOCUMENTS, .doc = "api.compliance.faulty" }
#define COUNT(name_) { name_, MP_TYPE_INTEGER, .is_required = true, .max = INT64_MAX, .doc = "api.compliance." name_ }

static const mp_json_shape document_shape = { .type = MP_TYPE_OBJECT, .is_open = true, .doc = "api.compliance.document" };
static const mp_property   import_members[] = {
    { "value", MP_TYPE_ARRAY, .is_required = true, .shape = &document_shape, .max = MP_BATCH_DOCUMENTS, .doc = "api.compliance.policies" },
};
static const mp_json_shape import_shape = {
    .name = "PolicyImport", .type = MP_TYPE_OBJECT, .doc = "api.compliance.import", MP_PROPERTIES(import_members)
};
static const mp_property   imported_members[] = { COUNT("definitions"), COUNT("sets"), COUNT("unchanged"), FAULTS };
static const mp_json_shape imported_shape = { .name = "PolicyImportAnswer",
                                              .type = MP_TYPE_OBJECT,
                                              .doc = "api.compliance.imported",
                                              MP_PROPERTIES(imported_members) };

static const mp_json_shape id_shape = {
    .type = MP_TYPE_STRING, .min = 1, .max = MP_RECORD_KEY_MAX, .doc = "api.compliance.id"
};
static const mp_property   ingest_members[] = {
    { "source", MP_TYPE_STRING, .is_required = true, .min = 1, .max = 200, .doc = "api.compliance.source" },
    { "value", MP_TYPE_ARRAY, .shape = &document_shape, .max = MP_BATCH_DOCUMENTS, .doc = "api.compliance.resources" },
    { "closed", MP_TYPE_ARRAY, .shape = &id_shape, .max = MP_BATCH_DOCUMENTS, .doc = "api.compliance.close" },
};
static const mp_json_shape ingest_shape = {
    .name = "Inventory", .type = MP_TYPE_OBJECT, .doc = "api.compliance.ingest", MP_PROPERTIES(ingest_members)
};
static const mp_property ingested_members[] = { COUNT("added"),  COUNT("changed"), COUNT("unchanged"),
                                                COUNT("closed"), COUNT("made"),    FAULTS };
static const mp_json_shape ingested_shape = { .name = "InventoryAnswer",
                                              .type = MP_TYPE_OBJECT,
                                              .doc = "api.compliance.ingested",
                                              MP_PROPERTIES(ingested_members) };

static const mp_property recorded_members[] = {
    { "id", MP_TYPE_STRING, .is_required = true, .max = MP_RECORD_KEY_MAX, .doc = "api.compliance.id" },
    { "type", MP_TYPE_STRING, .is_required = true, .doc = "api.compliance.type" },
    { "nativeId", MP_TYPE_STRING, .doc = "api.compliance.nativeId" },
    { "source", MP_TYPE_STRING, .is_required = true, .doc = "api.compliance.source" },
    { "seenAt", MP_TYPE_TIME, .is_required = true, .doc = "api.compliance.seenAt" },
};
static const mp_json_shape recorded_shape = { .name = "RecordedResource",
                                              .type = MP_TYPE_OBJECT,
                                              .doc = "api.compliance.recorded",
                                              MP_PROPERTIES(recorded_members) };
MP_LIST_SHAPE(recorded_list_shape, recorded_shape);

static const mp_json_shape state_shape = {
    .name = "PolicyState", .type = MP_TYPE_OBJECT, .is_open = true, .doc = "api.compliance.state"
};
MP_LIST_SHAPE(states_shape, state_shape);
static const mp_json_shape summary_shape = {
    .name = "PolicyStateSummary", .type = MP_TYPE_OBJECT, .is_open = true, .doc = "api.compliance.summary"
};

#define TEXT_MAX 4096
#define STATE_PARAMS                                                                                            \
    { .name = "scope", .type = MP_TYPE_STRING, .max = MP_RECORD_KEY_MAX, .doc = "api.compliance.param.scope" }, \
    { .name = "filter", .type = MP_TYPE_STRING, .max = TEXT_MAX, .doc = "api.compliance.param.filter" },        \
    { .name = "assignment", .type = MP_TYPE_STRING, .max = MP_RECORD_KEY_MAX, .doc = "api.compliance.param.assignment" }, \
    { .name = "definition", .type = MP_TYPE_STRING, .max = MP_RECORD_KEY_MAX, .doc = "api.compliance.param.definition" }, \
    { .name = "set", .type = MP_TYPE_STRING, .max = MP_RECORD_KEY_MAX, .doc = "api.compliance.param.set" }, MP_AS_OF_PARAM
static const mp_param summary_params[] = { STATE_PARAMS };
static const mp_param states_params[] = {
    STATE_PARAMS,
    MP_PAGE_PARAMS,
    { .name = "orderBy", .type = MP_TYPE_STRING, .max = TEXT_MAX, .doc = "api.compliance.param.orderBy" },
    { .name = "select", .type = MP_TYPE_STRING, .max = TEXT_MAX, .doc = "api.compliance.param.select" },
    { .name = "apply", .type = MP_TYPE_STRING, .max = TEXT_MAX, .doc = "api.compliance.param.apply" },
    { .name = "from", .type = MP_TYPE_TIME, .doc = "api.compliance.param.from" },
};
static const mp_param inventory_params[] = {
    MP_PAGE_PARAMS,
    { .name = "scope", .type = MP_TYPE_STRING, .max = MP_RECORD_KEY_MAX, .doc = "api.compliance.param.scope" },
    { .name = "type", .type = MP_TYPE_STRING, .max = 260, .doc = "api.compliance.param.type" },
    { .name = "source", .type = MP_TYPE_STRING, .max = 200, .doc = "api.compliance.param.source" },
    MP_AS_OF_PARAM,
};

/* ---- documents that are at fault ---- */

/* In the request's arena: what the function within the write is given may go with each document. */
typedef struct fault {
    struct fault *next;
    size_t        index;
    mp_str        code, message;
} fault;

typedef struct faults {
    mp_http_request *request;
    fault           *first, **last;
} faults;

static mp_code note_fault(void *ctx, size_t index, const mp_error *why, mp_error *err)
{
    faults *f = ctx;
    mp_buf  text = MP_BUF_INIT;
    fault  *made = MP_ARENA_NEW(f->request->arena, fault);
    mp_say_error(&text, f->request->lang, why);
    mp_str message = text.failed ? mp_str_of(NULL, 0) : mp_arena_dup(f->request->arena, mp_buf_str(&text));
    mp_buf_free(&text);
    if (!made || !message.ptr)
        return mp_no_memory(err);
    *made = (fault){ .index = index, .code = mp_str_from(mp_code_name(why->code)), .message = message };
    *f->last = made;
    f->last = &made->next;
    return MP_OK;
}

static void put_faults(mp_jsonw *w, const faults *f)
{
    mp_jsonw_key(w, MP_S("faulty"));
    mp_jsonw_array(w);
    for (const fault *one = f->first; one; one = one->next) {
        mp_jsonw_object(w);
        mp_jsonw_put_int(w, "index", (int64_t)one->index);
        mp_jsonw_put_str(w, "code", one->code);
        mp_jsonw_put_str(w, "message", one->message);
        mp_jsonw_end(w);
    }
    mp_jsonw_end(w);
}

static mp_code answer(mp_http_request *request, mp_http_response *response, mp_jsonw *w, mp_error *err)
{
    mp_jsonw_end(w);
    return mp_respond_json(request, response, 200, mp_jsonw_done(w), err);
}

/* ---- built-in policies ---- */

typedef struct importing {
    faults           faults;
    mp_object_source from;
    mp_object_import out;
} importing;

static mp_code import_all(mp_tx *tx, void *arg, mp_error *err)
{
    importing *im = arg;
    mp_arena   arena = MP_ARENA_INIT;
    im->faults.first = NULL; /* a write may be tried again */
    im->faults.last = &im->faults.first;
    mp_code code = mp_objects_import(&im->out, tx, &im->from, &arena, err);
    mp_arena_free(&arena);
    return code;
}

static mp_code import_policies(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    const mp_who *who = mp_app_who(request);
    importing     im = { .faults = { .request = request } };
    mp_jsonw      w;
    MP_TRY(mp_app_require(app, request, "Microsoft.Authorization/policySetDefinitions/write", MP_S("/"), err));
    im.from = (mp_object_source){ .documents = mp_json_get(request->json, MP_S("value")),
                                  .by = who->kind == MP_WHO_LOCAL ? MP_S("local") : who->id,
                                  .by_kind = who->kind == MP_WHO_PROGRAM ? MP_S("Application") : MP_S("User"),
                                  .say = note_fault,
                                  .ctx = &im.faults };
    MP_TRY(mp_app_write(app, request, response, import_all, &im, err));
    mp_jsonw_init(&w, request->arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_int(&w, "definitions", (int64_t)im.out.definitions);
    mp_jsonw_put_int(&w, "sets", (int64_t)im.out.sets);
    mp_jsonw_put_int(&w, "unchanged", (int64_t)im.out.unchanged);
    put_faults(&w, &im.faults);
    return answer(request, response, &w, err);
}

/* ---- inventory ---- */

typedef struct ingesting {
    mp_app          *app;
    faults           faults;
    mp_ingest        from;
    mp_ingest_counts out;
} ingesting;

static mp_code ingest_all(mp_tx *tx, void *arg, mp_error *err)
{
    ingesting *in = arg;
    mp_arena   arena = MP_ARENA_INIT;
    in->faults.first = NULL;
    in->faults.last = &in->faults.first;
    mp_code code = mp_ingest_put(&in->out, in->app, tx, &in->from, &arena, err);
    mp_arena_free(&arena);
    return code;
}

static mp_code put_inventory(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    ingesting in = { .app = app, .faults = { .request = request } };
    mp_jsonw  w;
    in.from = (mp_ingest){ .source = mp_json_get_text(request->json, "source"),
                           .resources = mp_json_get(request->json, MP_S("value")),
                           .closed = mp_json_get(request->json, MP_S("closed")),
                           .say = note_fault,
                           .ctx = &in.faults };
    if (mp_str_find(in.from.source, ':') == SIZE_MAX)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE,
                       "'%.*s' is no source; wanted is a kind and a name, as \"file:weekly\"",
                       MP_FMT(in.from.source));
    MP_TRY(mp_app_write(app, request, response, ingest_all, &in, err));
    mp_jsonw_init(&w, request->arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_int(&w, "added", (int64_t)in.out.added);
    mp_jsonw_put_int(&w, "changed", (int64_t)in.out.changed);
    mp_jsonw_put_int(&w, "unchanged", (int64_t)in.out.unchanged);
    mp_jsonw_put_int(&w, "closed", (int64_t)in.out.closed);
    mp_jsonw_put_int(&w, "made", (int64_t)in.out.made);
    put_faults(&w, &in.faults);
    return answer(request, response, &w, err);
}

typedef struct listing {
    mp_http_request *request;
    mp_estate_query  query;
    mp_estate_page   page;
} listing;

static mp_code read_page(mp_tx *tx, void *arg, mp_error *err)
{
    listing *l = arg;
    return mp_estate_list(&l->page, tx, &l->query, l->request->arena, err);
}

mp_code mp_query_key(mp_str *out, mp_http_request *request, const char *name, mp_error *err)
{
    mp_place place;
    mp_str   id = mp_http_query(request, mp_str_from(name));
    *out = mp_str_of(NULL, 0);
    if (!id.len)
        return MP_OK;
    MP_TRY(mp_place_of(&place, id, request->arena, err));
    *out = place.key;
    return MP_OK;
}

mp_code mp_require_reading(mp_app *app, mp_http_request *request, mp_str id, mp_error *err)
{
    mp_place place;
    MP_TRY(mp_place_of(&place, id, request->arena, err));
    mp_str action = mp_place_action(&place, "read", request->arena);
    return action.ptr ? mp_app_require(app, request, action.ptr, place.key, err) : mp_no_memory(err);
}

/* Lists name what one may read; who lacks memory to be asked about is not shown it. */
static bool may_read(mp_app *app, mp_http_request *request, const mp_estate_item *item)
{
    mp_place place;
    mp_error why;
    mp_str   action = MP_S("");
    if (mp_place_of(&place, item->id, request->arena, &why) == MP_OK)
        action = mp_place_action(&place, "read", request->arena);
    return action.len && mp_app_may(app, request, action.ptr, item->key);
}

static mp_code list_inventory(void *app_, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_app  *app = app_;
    listing  l = { .request = request };
    mp_str   source = mp_http_query(request, MP_S("source"));
    mp_jsonw w;
    MP_TRY(mp_query_key(&l.query.scope, request, "scope", err));
    MP_TRY(mp_list_top(&l.query.limit, request, 100, err));
    MP_TRY(mp_query_time(&l.query.as_of, request, MP_S("asOf"), err));
    l.query.type = mp_http_query(request, MP_S("type"));
    l.query.with_groups = true;
    l.query.after = mp_http_query(request, MP_S("after"));
    MP_TRY(mp_list_open_place(&l.query.after, app, request, err));
    MP_TRY(mp_store_read(app->store, read_page, &l, err));
    MP_TRY(mp_list_seal_place(&l.page.next, app, request, err));
    mp_jsonw_init(&w, request->arena);
    mp_jsonw_object(&w);
    mp_jsonw_key(&w, MP_S("value"));
    mp_jsonw_array(&w);
    for (size_t i = 0; i < l.page.count; i++) {
        const mp_estate_item *item = &l.page.items[i];
        char                  seen[MP_CLOCK_TEXT];
        if ((source.len && !mp_str_eq(source, item->source)) || !may_read(app, request, item))
            continue;
        mp_clock_format(seen, item->seen_at);
        mp_str time = mp_arena_dup(request->arena, mp_str_from(seen));
        if (!time.ptr)
            return mp_no_memory(err);
        mp_jsonw_object(&w);
        mp_jsonw_put_str(&w, "id", item->id);
        mp_jsonw_put_str(&w, "type", item->type);
        mp_jsonw_put_filled(&w, "nativeId", item->native_id);
        mp_jsonw_put_str(&w, "source", item->source);
        mp_jsonw_put_str(&w, "seenAt", time);
        mp_jsonw_end(&w);
    }
    mp_jsonw_end(&w);
    mp_jsonw_put_filled(&w, "next", l.page.next);
    return answer(request, response, &w, err);
}

/* ---- states ---- */

typedef struct asking {
    mp_http_request *request;
    mp_states_query  query;
    mp_states_page   page;
    const mp_json   *summary;
} asking;

static mp_str text_of(const mp_http_request *request, const char *name)
{
    mp_str n = mp_str_from(name);
    return mp_http_has_query(request, n) ? mp_http_query(request, n) : mp_str_of(NULL, 0);
}

static mp_code read_query(asking *a, mp_http_request *request, mp_error *err)
{
    a->request = request;
    MP_TRY(mp_query_key(&a->query.scope, request, "scope", err));
    MP_TRY(mp_query_key(&a->query.assignment, request, "assignment", err));
    MP_TRY(mp_query_key(&a->query.definition, request, "definition", err));
    MP_TRY(mp_query_key(&a->query.set, request, "set", err));
    if (mp_str_eq(a->query.scope, MP_S("/")))
        a->query.scope = mp_str_of(NULL, 0);
    if (mp_str_starts(a->query.scope, MP_S("/providers/")))
        return mp_fail(
            err, MP_PARAMETER, MP_NOWHERE,
            "states are asked of a subscription, a resource group, a resource, or of everything; not of '%.*s'",
            MP_FMT(a->query.scope));
    a->query.texts.filter = text_of(request, "filter");
    return mp_query_time(&a->query.to, request, MP_S("asOf"), err);
}

static mp_code read_rows(mp_tx *tx, void *arg, mp_error *err)
{
    asking *a = arg;
    return mp_states_rows(&a->page, tx, &a->query, a->request->arena, err);
}

static mp_code list_states(void *app_, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_app  *app = app_;
    asking   a = { .request = request };
    mp_jsonw w;
    MP_TRY(read_query(&a, request, err));
    MP_TRY(mp_list_top(&a.query.page, request, 100, err));
    MP_TRY(mp_query_time(&a.query.from, request, MP_S("from"), err));
    a.query.is_history = a.query.from != 0;
    a.query.texts.orderby = text_of(request, "orderBy");
    a.query.texts.select = text_of(request, "select");
    a.query.texts.apply = text_of(request, "apply");
    a.query.after = mp_http_query(request, MP_S("after"));
    MP_TRY(mp_store_read(app->store, read_rows, &a, err));
    mp_jsonw_init(&w, request->arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_value(&w, "value", a.page.rows);
    mp_jsonw_put_filled(&w, "next", a.page.next);
    return answer(request, response, &w, err);
}

static mp_code read_summary(mp_tx *tx, void *arg, mp_error *err)
{
    asking *a = arg;
    return mp_states_summary(&a->summary, tx, &a->query, MP_S("/api/v1/states"), a->request->arena, err);
}

static mp_code summarize(void *app_, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_app *app = app_;
    asking  a = { .request = request };
    MP_TRY(read_query(&a, request, err));
    MP_TRY(mp_store_read(app->store, read_summary, &a, err));
    return mp_respond_json(request, response, 200, a.summary, err);
}

/* ---- the table ---- */

#define SUMMARY(name_) .tag = "compliance", .summary = "api.compliance." name_
#define STATES "Microsoft.PolicyInsights/policyStates"

static const mp_route table[] = {
    API(MP_GET, "/states", STATES "/queryResults/read", list_states, SUMMARY("states"), .scope = "{?scope}", PARAMS(states_params), .answer = &states_shape),
    API(MP_GET, "/states/summary", STATES "/summarize/read", summarize, SUMMARY("summarize"), .scope = "{?scope}", PARAMS(summary_params), .answer = &summary_shape),
    API(MP_GET, "/inventory", "Microsoft.Resources/subscriptions/resources/read", list_inventory, SUMMARY("inventory"), .scope = "{?scope}", PARAMS(inventory_params),
        .answer = &recorded_list_shape),
    API(MP_POST, "/inventory", "Mapae.Compliance/inventory/write", put_inventory, SUMMARY("putInventory"), .body = &ingest_shape, .answer = &ingested_shape,
        .body_max = BATCH_BYTES, .rate = MP_RATE_HEAVY),
    API(MP_POST, "/built-in-policies", "Microsoft.Authorization/policyDefinitions/write", import_policies, SUMMARY("importPolicies"), .body = &import_shape,
        .answer = &imported_shape, .body_max = BATCH_BYTES, .rate = MP_RATE_HEAVY),
};
const mp_routes mp_compliance_routes[] = { { table, MP_COUNT(table) },
                                           { mp_routes_answers, MP_ROUTES_ANSWERS },
                                           { mp_routes_remediations, MP_ROUTES_REMEDIATIONS },
                                           { mp_routes_admission, MP_ROUTES_ADMISSION },
                                           { mp_routes_aliases, MP_ROUTES_ALIASES },
                                           { mp_routes_scans, MP_ROUTES_SCANS },
                                           { mp_routes_past, MP_ROUTES_PAST },
                                           { NULL, 0 } };
