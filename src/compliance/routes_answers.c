/* SPDX-License-Identifier: Apache-2.0 */
/* Our own API: answers about time and reasons. */
#include "compliance_routes.h"

#include "compliance.h"
#include "changes.h"
#include "exemptions.h"
#include "foresight.h"
#include "guard.h"
#include "reasons.h"
#include "routes.h"

#define TEXT_MAX 4096
#define COLUMNS_MAX 1000
#define WHAT_IF_BYTES ((size_t)16 << 20)
#define STATES "Microsoft.PolicyInsights/policyStates"

#define READ_ALL "*/read" /* of whatever kind */

static bool says_yes(const mp_http_request *request, const char *name)
{
    return mp_str_eq(mp_http_query(request, mp_str_from(name)), MP_S("true"));
}

static mp_code answer_page(mp_http_request *request, mp_http_response *response, const mp_json *value, mp_str next,
                           mp_error *err)
{
    mp_jsonw w;
    mp_jsonw_init(&w, request->arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_value(&w, "value", value);
    mp_jsonw_put_filled(&w, "next", next);
    mp_jsonw_end(&w);
    return mp_respond_json(request, response, 200, mp_jsonw_done(&w), err);
}

/* ---- reasons ---- */

static const mp_property recorded_members[] = {
    { "state", MP_TYPE_STRING, .is_required = true, .doc = "api.answers.recorded.state" },
    { "reason", MP_TYPE_STRING, .is_required = true, .doc = "api.answers.recorded.reason" },
    { "detail", MP_TYPE_STRING, .is_required = true, .doc = "api.answers.recorded.detail" },
    { "effect", MP_TYPE_STRING, .is_required = true, .doc = "api.answers.recorded.effect" },
    { "since", MP_TYPE_TIME, .is_required = true, .doc = "api.answers.recorded.since" },
    { "until", MP_TYPE_TIME, .doc = "api.answers.recorded.until" },
};
static const mp_json_shape recorded_shape = { .name = "RecordedVerdict",
                                              .type = MP_TYPE_OBJECT,
                                              .may_be_null = true,
                                              .doc = "api.answers.recorded",
                                              MP_PROPERTIES(recorded_members) };
static const mp_json_shape explanation_shape = {
    .type = MP_TYPE_OBJECT, .is_open = true, .may_be_null = true, .doc = "api.answers.explanation"
};
static const mp_property   reason_members[] = {
    { "assignmentId", MP_TYPE_STRING, .is_required = true, .doc = "api.answers.assignmentId" },
    { "referenceId", MP_TYPE_STRING, .is_required = true, .doc = "api.answers.referenceId" },
    { "definitionId", MP_TYPE_STRING, .is_required = true, .doc = "api.answers.definitionId" },
    { "recorded", MP_TYPE_OBJECT, .is_required = true, .may_be_null = true, .shape = &recorded_shape, .doc = "api.answers.recorded" },
    { "agrees", MP_TYPE_BOOLEAN, .is_required = true, .doc = "api.answers.agrees" },
    { "explanation", MP_TYPE_OBJECT, .is_required = true, .may_be_null = true, .shape = &explanation_shape, .doc = "api.answers.explanation" },
    { "error", MP_TYPE_STRING, .doc = "api.answers.explanation.error" },
    { "hasHidden", MP_TYPE_BOOLEAN, .doc = "api.answers.explanation.hasHidden" },
    { "text", MP_TYPE_STRING, .doc = "api.answers.text" },
};
static const mp_json_shape reason_shape = {
    .name = "VerdictReason", .type = MP_TYPE_OBJECT, .doc = "api.answers.reason", MP_PROPERTIES(reason_members)
};
MP_LIST_SHAPE(reasons_shape, reason_shape);

static const mp_param reason_params[] = {
    { .name = "resource", .type = MP_TYPE_STRING, .max = MP_RECORD_KEY_MAX, .is_required = true, .doc = "api.answers.param.resource" },
    { .name = "assignment", .type = MP_TYPE_STRING, .max = MP_RECORD_KEY_MAX, .doc = "api.compliance.param.assignment" },
    { .name = "policy", .type = MP_TYPE_STRING, .max = MP_RECORD_KEY_MAX, .doc = "api.answers.param.policy" },
    MP_AS_OF_PARAM,
    { .name = "top", .type = MP_TYPE_INTEGER, .min = 1, .max = MP_REASONS_MOST, .doc = "api.param.top" },
    { .name = "after", .type = MP_TYPE_STRING, .max = TEXT_MAX, .doc = "api.param.after" },
    { .name = "text", .type = MP_TYPE_BOOLEAN, .doc = "api.answers.param.text" },
    { .name = "color", .type = MP_TYPE_BOOLEAN, .doc = "api.answers.param.color" },
    { .name = "columns", .type = MP_TYPE_INTEGER, .min = 0, .max = COLUMNS_MAX, .doc = "api.answers.param.columns" },
};

typedef struct reasoning {
    mp_http_request *request;
    mp_reason_query  query;
    mp_reason_page   page;
} reasoning;

static mp_code read_reasons(mp_tx *tx, void *arg, mp_error *err)
{
    reasoning *r = arg;
    return mp_reason_find(&r->page, tx, &r->query, r->request->arena, err);
}

static mp_code get_reasons(void *app_, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_app   *app = app_;
    reasoning r = { .request = request };
    uint64_t  columns = 0;
    MP_TRY(mp_query_key(&r.query.resource, request, "resource", err));
    MP_TRY(mp_require_reading(app, request, r.query.resource, err)); /* a reason tells what is in it */
    MP_TRY(mp_reason_reach(&r.query.related_within, app, request, r.query.resource, err));
    MP_TRY(mp_query_key(&r.query.assignment, request, "assignment", err));
    MP_TRY(mp_query_time(&r.query.as_of, request, MP_S("asOf"), err));
    MP_TRY(mp_list_top(&r.query.limit, request, 20, err));
    MP_TRY(mp_query_number(&columns, request, MP_S("columns"), err));
    r.query.policy = mp_http_query(request, MP_S("policy"));
    r.query.after = mp_http_query(request, MP_S("after"));
    r.query.with_text = says_yes(request, "text");
    r.query.has_color = says_yes(request, "color");
    r.query.columns = (unsigned)columns;
    r.query.lang = request->lang;
    mp_rulebook *beside;
    MP_TRY(mp_rulebook_ref(&beside, mp_compliance_of(app)->books, err));
    r.query.beside = beside;
    mp_code code = mp_store_read(app->store, read_reasons, &r, err);
    mp_rulebook_unref(beside);
    MP_TRY(code);
    return answer_page(request, response, r.page.value, r.page.next, err);
}

/* ---- what-if ---- */

#define COUNT(name_, doc_) { name_, MP_TYPE_INTEGER, .is_required = true, .max = INT64_MAX, .doc = "api.answers." doc_ }

static const mp_json_shape object_shape = { .type = MP_TYPE_OBJECT, .is_open = true, .doc = "api.answers.object" };
static const mp_json_shape id_shape = {
    .type = MP_TYPE_STRING, .min = 1, .max = MP_RECORD_KEY_MAX, .doc = "api.answers.objectId"
};
static const mp_json_shape values_shape = { .type = MP_TYPE_OBJECT, .is_open = true, .doc = "api.answers.values" };
static const mp_property   given_members[] = {
    { "assignment", MP_TYPE_STRING, .is_required = true, .min = 1, .max = MP_RECORD_KEY_MAX, .doc = "api.answers.assignmentId" },
    { "values", MP_TYPE_OBJECT, .is_required = true, .shape = &values_shape, .doc = "api.answers.values" },
};
static const mp_json_shape given_shape = { .type = MP_TYPE_OBJECT,
                                           .doc = "api.answers.parameters",
                                           MP_PROPERTIES(given_members) };
static const mp_property   what_if_members[] = {
    { "value", MP_TYPE_ARRAY, .shape = &object_shape, .max = MP_FORESIGHT_OBJECTS, .doc = "api.answers.objects" },
    { "deleted", MP_TYPE_ARRAY, .shape = &id_shape, .max = MP_FORESIGHT_OBJECTS, .doc = "api.answers.deleted" },
    { "parameters", MP_TYPE_ARRAY, .shape = &given_shape, .max = MP_FORESIGHT_OBJECTS, .doc = "api.answers.parameters" },
};
static const mp_json_shape what_if_shape = {
    .name = "PolicyWhatIf", .type = MP_TYPE_OBJECT, .doc = "api.answers.whatIf", MP_PROPERTIES(what_if_members)
};

static const char *const change_kinds[] = { "newlyNonCompliant", "mended", "new", "vanished", "changed", NULL };
static const mp_property change_members[] = {
    { "kind", MP_TYPE_STRING, .is_required = true, .values = change_kinds, .doc = "api.answers.kind" },
    { "resourceId", MP_TYPE_STRING, .is_required = true, .doc = "api.compliance.id" },
    { "assignmentId", MP_TYPE_STRING, .is_required = true, .doc = "api.answers.assignmentId" },
    { "referenceId", MP_TYPE_STRING, .is_required = true, .doc = "api.answers.referenceId" },
    { "definitionId", MP_TYPE_STRING, .is_required = true, .doc = "api.answers.definitionId" },
    { "from", MP_TYPE_STRING, .is_required = true, .may_be_null = true, .doc = "api.answers.from" },
    { "to", MP_TYPE_STRING, .is_required = true, .may_be_null = true, .doc = "api.answers.to" },
};
static const mp_json_shape change_shape = {
    .name = "VerdictChange", .type = MP_TYPE_OBJECT, .doc = "api.answers.change", MP_PROPERTIES(change_members)
};
static const mp_property   sum_members[] = {
    { "from", MP_TYPE_STRING, .is_required = true, .may_be_null = true, .doc = "api.answers.from" },
    { "to", MP_TYPE_STRING, .is_required = true, .may_be_null = true, .doc = "api.answers.to" },
    COUNT("verdicts", "verdicts"),
};
static const mp_json_shape sum_shape = {
    .name = "VerdictChangeCount", .type = MP_TYPE_OBJECT, .doc = "api.answers.counts", MP_PROPERTIES(sum_members)
};
static const mp_property   foreseen_members[] = {
    COUNT("resources", "resources"),
    COUNT("unchanged", "unchanged"),
    { "counts", MP_TYPE_ARRAY, .is_required = true, .shape = &sum_shape, .max = MP_STATE_COUNT * MP_STATE_COUNT, .doc = "api.answers.counts" },
    { "value", MP_TYPE_ARRAY, .is_required = true, .shape = &change_shape, .max = INT32_MAX, .doc = "api.answers.changes" },
    { "next", MP_TYPE_STRING, .max = TEXT_MAX, .doc = "api.list.next" },
};
static const mp_json_shape foreseen_shape = { .name = "PolicyWhatIfAnswer",
                                              .type = MP_TYPE_OBJECT,
                                              .doc = "api.answers.foreseen",
                                              MP_PROPERTIES(foreseen_members) };

#define SCOPE_PARAM { .name = "scope", .type = MP_TYPE_STRING, .max = MP_RECORD_KEY_MAX, .doc = "api.compliance.param.scope" }
static const mp_param what_if_params[] = { SCOPE_PARAM, MP_PAGE_PARAMS };

typedef struct foreseeing {
    mp_http_request   *request;
    mp_foresight_query query;
    mp_foresight       out;
    mp_object_fault    fault;
} foreseeing;

static bool is_of(const mp_place *place, mp_object_kind kind)
{
    return mp_str_eq_fold(place->type, mp_str_from(mp_object_type(kind)));
}

/* What is to be assigned must be one that he may read; built-in ones anybody may. */
static mp_code check_assigned(mp_app *app, mp_http_request *request, const mp_json *object, mp_error *err)
{
    mp_place place;
    mp_str   id = mp_json_get_text(mp_json_get_fold(object, MP_S("properties")), "policyDefinitionId");
    if (!id.len)
        return MP_OK;
    MP_TRY(mp_place_of(&place, id, request->arena, err));
    if (mp_str_eq(place.parent, MP_S("/")))
        return MP_OK;
    bool is_set = is_of(&place, MP_OBJECT_SET);
    return mp_app_require(app, request,
                          is_set ? "Microsoft.Authorization/policySetDefinitions/read"
                                 : "Microsoft.Authorization/policyDefinitions/read",
                          place.key, err);
}

/* Verdicts of conditions that one makes up tell what is in resources: whoever asks must be one who may read them. A
 * definition may look for related ones in the whole subscription. */
static mp_code check_foresight(mp_app *app, mp_http_request *request, const mp_foresight_query *query, mp_error *err)
{
    mp_place place;
    mp_str   scope = query->scope.len ? query->scope : MP_S("/");
    bool     makes_up = false;
    for (size_t i = 0; query->objects && i < query->objects->count; i++) {
        const mp_json *object = mp_json_at(query->objects, i);
        mp_error       why = { .code = MP_OK }; /* what is wrong with an id is told later */
        if (mp_place_of(&place, mp_json_get_text(object, "id"), request->arena, &why) != MP_OK)
            continue;
        makes_up = makes_up || is_of(&place, MP_OBJECT_DEFINITION);
        if (is_of(&place, MP_OBJECT_ASSIGNMENT))
            MP_TRY(check_assigned(app, request, object, err));
    }
    MP_TRY(mp_app_require(app, request, READ_ALL, scope, err));
    if (!makes_up)
        return MP_OK;
    MP_TRY(mp_place_of(&place, scope, request->arena, err));
    mp_str wide = place.subscription.len
                      ? mp_arena_printf(request->arena, "/subscriptions/%.*s", MP_FMT(place.subscription))
                      : scope;
    return wide.ptr ? mp_app_require(app, request, READ_ALL, wide, err)
                    : mp_no_memory(err);
}

static mp_code read_foresight(mp_tx *tx, void *arg, mp_error *err)
{
    foreseeing *f = arg;
    return mp_foresee(&f->out, &f->fault, tx, &f->query, f->request->arena, err);
}

static void put_counts(mp_jsonw *w, const uint64_t counts[MP_STATE_COUNT][MP_STATE_COUNT])
{
    mp_jsonw_key(w, MP_S("counts"));
    mp_jsonw_array(w);
    for (unsigned from = 0; from < MP_STATE_COUNT; from++)
        for (unsigned to = 0; to < MP_STATE_COUNT; to++)
            if (counts[from][to]) {
                mp_jsonw_object(w);
                mp_change_put_state(w, "from", (mp_state)from);
                mp_change_put_state(w, "to", (mp_state)to);
                mp_jsonw_put_int(w, "verdicts", (int64_t)counts[from][to]);
                mp_jsonw_end(w);
            }
    mp_jsonw_end(w);
}

static mp_code what_if(void *app_, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_app    *app = app_;
    foreseeing f = { .request = request };
    mp_jsonw   w;
    MP_TRY(mp_query_key(&f.query.scope, request, "scope", err));
    MP_TRY(mp_list_top(&f.query.rows, request, 100, err));
    f.query.objects = mp_json_get(request->json, MP_S("value"));
    f.query.deleted = mp_json_get(request->json, MP_S("deleted"));
    f.query.parameters = mp_json_get(request->json, MP_S("parameters"));
    f.query.after = mp_http_query(request, MP_S("after"));
    f.query.tenant = mp_str_from(mp_store_installation(app->store));
    MP_TRY(check_foresight(app, request, &f.query, err));
    MP_TRY(mp_store_read(app->store, read_foresight, &f, err));
    mp_jsonw_init(&w, request->arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_int(&w, "resources", (int64_t)f.out.resources);
    mp_jsonw_put_int(&w, "unchanged", (int64_t)f.out.verdicts);
    put_counts(&w, (const uint64_t (*)[MP_STATE_COUNT])f.out.changes);
    mp_jsonw_put_value(&w, "value", f.out.value);
    mp_jsonw_put_filled(&w, "next", f.out.next);
    mp_jsonw_end(&w);
    return mp_respond_json(request, response, 200, mp_jsonw_done(&w), err);
}

/* ---- two dates ---- */

static const mp_property compared_members[] = {
    { "counts", MP_TYPE_ARRAY, .is_required = true, .shape = &sum_shape, .max = MP_STATE_COUNT * MP_STATE_COUNT, .doc = "api.answers.counts" },
    { "value", MP_TYPE_ARRAY, .is_required = true, .shape = &change_shape, .max = 1000, .doc = "api.answers.changes" },
    { "next", MP_TYPE_STRING, .max = TEXT_MAX, .doc = "api.list.next" },
};
static const mp_json_shape compared_shape = {
    .name = "VerdictChanges", .type = MP_TYPE_OBJECT, .doc = "api.answers.compared", MP_PROPERTIES(compared_members)
};

static const mp_param compare_params[] = {
    { .name = "from", .type = MP_TYPE_TIME, .is_required = true, .doc = "api.answers.param.from" },
    { .name = "to", .type = MP_TYPE_TIME, .doc = "api.answers.param.to" },
    { .name = "assignment", .type = MP_TYPE_STRING, .max = MP_RECORD_KEY_MAX, .doc = "api.compliance.param.assignment" },
    { .name = "kind", .type = MP_TYPE_STRING, .values = change_kinds, .doc = "api.answers.param.kind" },
    SCOPE_PARAM, MP_PAGE_PARAMS,
};

typedef struct comparing {
    mp_http_request *request;
    mp_changes_query query;
    mp_changes_page  page;
} comparing;

static mp_code read_changes(mp_tx *tx, void *arg, mp_error *err)
{
    comparing *c = arg;
    return mp_changes_between(&c->page, tx, &c->query, c->request->arena, err);
}

static mp_code compare(void *app_, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_app   *app = app_;
    comparing c = { .request = request };
    mp_jsonw  w;
    MP_TRY(mp_query_key(&c.query.scope, request, "scope", err));
    MP_TRY(mp_query_key(&c.query.assignment, request, "assignment", err));
    MP_TRY(mp_query_time(&c.query.from, request, MP_S("from"), err));
    MP_TRY(mp_query_time(&c.query.to, request, MP_S("to"), err));
    MP_TRY(mp_list_top(&c.query.rows, request, 100, err));
    if (mp_str_eq(c.query.scope, MP_S("/")))
        c.query.scope = mp_str_of(NULL, 0);
    c.query.kind = mp_http_query(request, MP_S("kind"));
    c.query.after = mp_http_query(request, MP_S("after"));
    MP_TRY(mp_store_read(app->store, read_changes, &c, err));
    mp_jsonw_init(&w, request->arena);
    mp_jsonw_object(&w);
    put_counts(&w, (const uint64_t (*)[MP_STATE_COUNT])c.page.counts);
    mp_jsonw_put_value(&w, "value", c.page.value);
    mp_jsonw_put_filled(&w, "next", c.page.next);
    mp_jsonw_end(&w);
    return mp_respond_json(request, response, 200, mp_jsonw_done(&w), err);
}

/* ---- exemptions ---- */

static const mp_json_shape without_shape = { .type = MP_TYPE_OBJECT,
                                             .is_open = true,
                                             .doc = "api.answers.exemption.without" };
static const mp_property   exemption_members[] = {
    { "id", MP_TYPE_STRING, .is_required = true, .doc = "api.answers.exemption.id" },
    { "name", MP_TYPE_STRING, .is_required = true, .doc = "api.answers.exemption.name" },
    { "displayName", MP_TYPE_STRING, .is_required = true, .doc = "api.answers.exemption.displayName" },
    { "category", MP_TYPE_STRING, .is_required = true, .doc = "api.answers.exemption.category" },
    { "expiresOn", MP_TYPE_STRING, .doc = "api.answers.exemption.expiresOn" },
    { "assignmentId", MP_TYPE_STRING, .is_required = true, .doc = "api.answers.assignmentId" },
    { "use", MP_TYPE_STRING, .is_required = true, .values = mp_exemption_uses, .doc = "api.answers.exemption.use" },
    { "canGo", MP_TYPE_BOOLEAN, .is_required = true, .doc = "api.answers.exemption.canGo" },
    { "without", MP_TYPE_OBJECT, .is_required = true, .shape = &without_shape, .doc = "api.answers.exemption.without" },
};
static const mp_json_shape exemption_shape = { .name = "ExemptionReview",
                                               .type = MP_TYPE_OBJECT,
                                               .doc = "api.answers.exemption",
                                               MP_PROPERTIES(exemption_members) };
MP_LIST_SHAPE(exemptions_shape, exemption_shape);

static const mp_param exemption_params[] = {
    SCOPE_PARAM,
    { .name = "canGo", .type = MP_TYPE_BOOLEAN, .doc = "api.answers.param.canGo" },
    { .name = "top", .type = MP_TYPE_INTEGER, .min = 1, .max = MP_EXEMPTIONS_MOST, .doc = "api.param.top" },
    { .name = "after", .type = MP_TYPE_STRING, .max = TEXT_MAX, .doc = "api.param.after" },
};

typedef struct reviewing {
    mp_http_request    *request;
    mp_exemptions_query query;
    mp_exemptions_page  page;
} reviewing;

static mp_code read_exemptions(mp_tx *tx, void *arg, mp_error *err)
{
    reviewing *r = arg;
    return mp_exemptions_review(&r->page, tx, &r->query, r->request->arena, err);
}

static mp_code get_exemptions(void *app_, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_app   *app = app_;
    reviewing r = { .request = request };
    MP_TRY(mp_query_key(&r.query.scope, request, "scope", err));
    MP_TRY(mp_list_top(&r.query.limit, request, 20, err));
    if (mp_str_eq(r.query.scope, MP_S("/")))
        r.query.scope = mp_str_of(NULL, 0);
    r.query.is_removable = says_yes(request, "canGo");
    r.query.after = mp_http_query(request, MP_S("after"));
    MP_TRY(mp_store_read(app->store, read_exemptions, &r, err));
    return answer_page(request, response, r.page.value, r.page.next, err);
}

/* ---- the table ---- */

#define SUMMARY(name_) .tag = "compliance", .summary = "api.answers." name_

const mp_route mp_routes_answers[MP_ROUTES_ANSWERS] = {
    API(MP_GET, "/states/reason", STATES "/queryResults/read", get_reasons, SUMMARY("reasons"), .scope = "{?resource}", PARAMS(reason_params), .answer = &reasons_shape),
    API(MP_GET, "/states/compare", STATES "/queryResults/read", compare, SUMMARY("compare"), .scope = "{?scope}", PARAMS(compare_params), .answer = &compared_shape),
    API(MP_GET, "/states/exemptions", STATES "/queryResults/read", get_exemptions, SUMMARY("exemptions"), .scope = "{?scope}", PARAMS(exemption_params),
        .answer = &exemptions_shape, .rate = MP_RATE_HEAVY),
    API(MP_POST, "/states/what-if", STATES "/queryResults/read", what_if, SUMMARY("whatIf"), .scope = "{?scope}", PARAMS(what_if_params), .body = &what_if_shape,
        .answer = &foreseen_shape, .body_max = WHAT_IF_BYTES, .rate = MP_RATE_HEAVY),
};
