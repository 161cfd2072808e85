/* SPDX-License-Identifier: Apache-2.0 */
/* Our own API for remediations: what one would change, ordering it, following it, stopping it, taking it back. A run
 * is named by its GUID; clients of Azure know it by the id of the remediation that ordered it (room arm). */
#include "compliance_routes.h"

#include "guard.h"
#include "remediation.h"
#include "routes.h"
#include "secret.h"

#define TYPE "Microsoft.PolicyInsights/remediations"

/* ---- shapes ---- */

static const char *const   modes[] = { "ExistingNonCompliant", "ReEvaluateCompliance", NULL };
static const mp_json_shape text_shape = {
    .type = MP_TYPE_STRING, .min = 1, .max = MP_RECORD_KEY_MAX, .doc = "api.remediation.text"
};
static const mp_property   filter_members[] = {
    { "locations", MP_TYPE_ARRAY, .shape = &text_shape, .max = 100, .doc = "api.remediation.locations" },
    { "resourceIds", MP_TYPE_ARRAY, .shape = &text_shape, .max = 1000, .doc = "api.remediation.resourceIds" },
};
static const mp_json_shape filter_shape = { .type = MP_TYPE_OBJECT,
                                            .doc = "api.remediation.filters",
                                            MP_PROPERTIES(filter_members) };
static const mp_property threshold_members[] = { { "percentage", MP_TYPE_NUMBER, .is_required = true,
                                                   .doc = "api.remediation.percentage" } };
static const mp_json_shape threshold_shape = { .type = MP_TYPE_OBJECT,
                                               .doc = "api.remediation.failureThreshold",
                                               MP_PROPERTIES(threshold_members) };
static const mp_property   order_members[] = {
    { "policyAssignmentId", MP_TYPE_STRING, .is_required = true, .min = 1, .max = MP_RECORD_KEY_MAX, .doc = "api.remediation.assignment" },
    { "policyDefinitionReferenceId", MP_TYPE_STRING, .max = 260, .doc = "api.remediation.reference" },
    { "scope", MP_TYPE_STRING, .max = MP_RECORD_KEY_MAX, .doc = "api.remediation.scope" },
    { "name", MP_TYPE_STRING, .max = 90, .doc = "api.remediation.name" },
    { "resourceDiscoveryMode", MP_TYPE_STRING, .values = modes, .doc = "api.remediation.mode" },
    { "filters", MP_TYPE_OBJECT, .shape = &filter_shape, .doc = "api.remediation.filters" },
    { "resourceCount", MP_TYPE_INTEGER, .min = 1, .max = MP_REMEDIATION_COUNT_MAX, .doc = "api.remediation.count" },
    { "parallelDeployments", MP_TYPE_INTEGER, .min = 1, .max = MP_REMEDIATION_PARALLEL_MAX, .doc = "api.remediation.parallel" },
    { "failureThreshold", MP_TYPE_OBJECT, .shape = &threshold_shape, .doc = "api.remediation.failureThreshold" },
};
static const mp_json_shape order_shape = {
    .name = "RemediationOrder", .type = MP_TYPE_OBJECT, .doc = "api.remediation.order", MP_PROPERTIES(order_members)
};
static const mp_json_shape run_shape = {
    .name = "Remediation", .type = MP_TYPE_OBJECT, .is_open = true, .doc = "api.remediation.run"
};
static const mp_json_shape change_shape = {
    .name = "RemediationChange", .type = MP_TYPE_OBJECT, .is_open = true, .doc = "api.remediation.change"
};
static const mp_json_shape plan_shape = {
    .name = "RemediationPlan", .type = MP_TYPE_OBJECT, .is_open = true, .doc = "api.remediation.plan"
};
MP_LIST_SHAPE(runs_shape, run_shape);
MP_LIST_SHAPE(changes_shape, change_shape);

static const mp_param list_params[] = {
    MP_PAGE_PARAMS,
    { .name = "scope", .type = MP_TYPE_STRING, .max = MP_RECORD_KEY_MAX, .doc = "api.compliance.param.scope" },
};
static const mp_param page_params[] = { MP_PAGE_PARAMS };

/* ---- orders ---- */

typedef struct acting {
    mp_http_request     *request;
    mp_remediation       r;
    mp_remediation_actor actor;
    bool                 is_new;
    mp_code (*what)(struct acting *a, mp_tx *tx, mp_error *err);
} acting;

static mp_remediation_actor actor_of(const mp_http_request *request)
{
    const mp_who *who = mp_app_who(request);
    return (mp_remediation_actor){ mp_str_from(mp_who_kind_name(who->kind)), who->id,
                                   who->kind == MP_WHO_PROGRAM ? MP_S("Application") : MP_S("User") };
}

/* Where it stands: what was said, else where the assignment does. */
static mp_code read_scope(mp_place *out, mp_http_request *request, mp_error *err)
{
    mp_str scope = mp_json_get_text(request->json, "scope"),
           assignment = mp_json_get_text(request->json, "policyAssignmentId");
    size_t end = mp_str_find_fold(assignment, MP_S("/providers/Microsoft.Authorization/policyAssignments/"));
    if (!scope.len && end != SIZE_MAX)
        scope = mp_str_of(assignment.ptr, end);
    if (!scope.len)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "'%.*s' is not the id of a policy assignment", MP_FMT(assignment));
    MP_TRY(mp_place_of(out, scope, request->arena, err));
    return out->kind != MP_PLACE_TENANT
               ? MP_OK
               : mp_fail(
                     err, MP_PARAMETER, MP_NOWHERE,
                     "a remediation stands on a management group, a subscription, a resource group or a resource");
}

static mp_code read_order(acting *a, const mp_place *scope, mp_error *err)
{
    mp_http_request *request = a->request;
    mp_str           name = mp_json_get_text(request->json, "name");
    mp_place         place;
    char             made[37];
    MP_TRY(mp_guid(made, err));
    if (!name.len)
        name = mp_str_of(made, 36);
    if (mp_str_find(name, '/') != SIZE_MAX)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "there is no slash in a name");
    mp_str id = mp_arena_printf(request->arena, "%.*s/providers/" TYPE "/%.*s", MP_FMT(scope->id), MP_FMT(name));
    if (!id.ptr)
        return mp_no_memory(err);
    MP_TRY(mp_place_of(&place, id, request->arena, err));
    a->actor = actor_of(request);
    return mp_remediation_read(&a->r, request->json, &place, scope, &a->actor, request->arena, err);
}

static mp_code plan(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    acting         a = { .request = request };
    mp_place       scope;
    const mp_json *out;
    MP_TRY(read_scope(&scope, request, err));
    MP_TRY(mp_app_require(app, request, NULL, scope.key, err));
    MP_TRY(mp_app_require(app, request, "*/read", scope.key, err)); /* it shows resources */
    MP_TRY(read_order(&a, &scope, err));
    MP_TRY(mp_remediation_check(mp_compliance_of(app), &a.r, err));
    MP_TRY(mp_remediation_plan(&out, mp_compliance_of(app), &a.r, request->arena, err));
    return mp_respond_json(request, response, 200, out, err);
}

/* ---- changes of one ---- */

static mp_code change(mp_tx *tx, void *arg, mp_error *err)
{
    acting *a = arg;
    return a->what(a, tx, err);
}

static mp_code read_run(mp_tx *tx, void *arg, mp_error *err)
{
    acting *a = arg;
    return mp_remediation_get(&a->r, tx, a->r.run, a->request->arena, err);
}

/* As ARM shows it, and what is ours: the run's id, and how far it was taken back. */
static mp_code show(mp_jsonw *w, const mp_remediation *r, mp_arena *arena, mp_error *err)
{
    const mp_json *shown = mp_remediation_show(r, arena);
    if (!shown)
        return mp_no_memory(err);
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "run", r->run);
    for (MP_JSON_MEMBERS(key, shown)) {
        mp_jsonw_key(w, mp_json_str(key));
        mp_jsonw_value(w, key + 1);
    }
    if (r->was_undone) {
        mp_jsonw_key(w, MP_S("undo"));
        mp_jsonw_object(w);
        mp_jsonw_put_str(w, "state", r->is_undoing ? MP_S("Running") : r->undo_failed ? MP_S("Failed") : MP_S("Succeeded"));
        mp_jsonw_put_int(w, "undone", r->undone);
        mp_jsonw_put_int(w, "failed", r->undo_failed);
        mp_jsonw_end(w);
    }
    mp_jsonw_end(w);
    return MP_OK;
}

static mp_code respond(mp_app *app, acting *a, mp_http_response *response, unsigned status, mp_error *err)
{
    mp_jsonw w;
    mp_jsonw_init(&w, a->request->arena);
    MP_TRY(mp_store_read(app->store, read_run, a, err));
    MP_TRY(show(&w, &a->r, a->request->arena, err));
    return mp_respond_json(a->request, response, status, mp_jsonw_done(&w), err);
}

/* What was written is begun at once: by the worker's thread, or, in a program without, before the answer. */
static mp_code carry_on(mp_app *app, acting *a, mp_http_response *response, unsigned status, mp_error *err)
{
    mp_remedying *worker = mp_compliance_of(app)->remedying;
    MP_TRY(mp_app_write(app, a->request, response, change, a, err));
    mp_remedying_wake(worker);
    MP_TRY(mp_remedying_finish(worker, err));
    return respond(app, a, response, status, err);
}

static mp_code store_order(acting *a, mp_tx *tx, mp_error *err)
{
    return mp_remediation_order(&a->r, &a->is_new, tx, a->request->arena, err);
}

static mp_code order(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    acting   a = { .request = request, .what = store_order };
    mp_place scope;
    MP_TRY(read_scope(&scope, request, err));
    MP_TRY(mp_app_require(app, request, NULL, scope.key, err));
    MP_TRY(read_order(&a, &scope, err));
    MP_TRY(mp_remediation_check(mp_compliance_of(app), &a.r, err));
    return carry_on(app, &a, response, 201, err);
}

/* The run that the path names, for who may do this to it. */
static mp_code find(acting *a, mp_app *app, mp_error *err)
{
    MP_TRY(mp_item_guid(&a->r.run, a->request, "id", err));
    MP_TRY(mp_store_read(app->store, read_run, a, err));
    mp_place scope;
    MP_TRY(mp_place_of(&scope, a->r.scope, a->request->arena, err));
    return mp_app_require(app, a->request, NULL, scope.key, err);
}

static mp_code get(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    acting a = { .request = request };
    MP_TRY(find(&a, app, err));
    return respond(app, &a, response, 200, err);
}

static mp_code store_cancel(acting *a, mp_tx *tx, mp_error *err)
{
    MP_TRY(read_run(tx, a, err));
    return mp_remediation_cancel(&a->r, tx, a->request->arena, err);
}

static mp_code cancel(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    acting a = { .request = request, .what = store_cancel };
    MP_TRY(find(&a, app, err));
    return carry_on(app, &a, response, 200, err);
}

static mp_code store_undo(acting *a, mp_tx *tx, mp_error *err)
{
    MP_TRY(read_run(tx, a, err));
    return mp_remediation_undo(&a->r, tx, &a->actor, a->request->arena, err);
}

static mp_code undo(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    acting a = { .request = request, .actor = actor_of(request), .what = store_undo };
    MP_TRY(find(&a, app, err));
    return carry_on(app, &a, response, 200, err);
}

/* ---- lists ---- */

typedef struct listing {
    acting                 a;
    mp_str                 prefix;
    uint32_t               top;
    mp_record_page         page;
    mp_remediation_changes changes;
} listing;

static mp_code read_runs(mp_tx *tx, void *arg, mp_error *err)
{
    listing         *l = arg;
    mp_http_request *request = l->a.request;
    mp_record_filter filter = { "scope", MP_FILTER_STARTS, l->prefix };
    return mp_record_list(&l->page, tx,
                          &(mp_record_query){ .kind = &mp_remediation_kind,
                                              .filters = &filter,
                                              .filter_count = 1,
                                              .after = mp_http_query(request, MP_S("after")),
                                              .limit = l->top },
                          request->arena, err);
}

static mp_code list_runs(void *app_, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_app  *app = app_;
    listing  l = { .a = { .request = request } };
    mp_place scope;
    mp_jsonw w;
    MP_TRY(mp_place_of(&scope,
                       mp_http_has_query(request, MP_S("scope")) ? mp_http_query(request, MP_S("scope")) : MP_S("/"),
                       request->arena, err));
    MP_TRY(mp_list_top(&l.top, request, 100, err));
    l.prefix = scope.kind == MP_PLACE_TENANT ? MP_S("/") : mp_arena_printf(request->arena, "%.*s/", MP_FMT(scope.key));
    if (!l.prefix.ptr)
        return mp_no_memory(err);
    MP_TRY(mp_store_read(app->store, read_runs, &l, err));
    mp_jsonw_init(&w, request->arena);
    mp_jsonw_object(&w);
    mp_jsonw_key(&w, MP_S("value"));
    mp_jsonw_array(&w);
    for (size_t i = 0; i < l.page.count; i++) {
        MP_TRY(mp_remediation_of(&l.a.r, &l.page.records[i], request->arena, err));
        MP_TRY(show(&w, &l.a.r, request->arena, err));
    }
    mp_jsonw_end(&w);
    mp_jsonw_put_filled(&w, "next", l.page.next);
    mp_jsonw_end(&w);
    return mp_respond_json(request, response, 200, mp_jsonw_done(&w), err);
}

static mp_code read_changes(mp_tx *tx, void *arg, mp_error *err)
{
    listing *l = arg;
    return mp_remediation_list_changes(&l->changes, tx, l->a.r.run, mp_http_query(l->a.request, MP_S("after")),
                                       l->top, l->a.request->arena, err);
}

static void show_change(mp_jsonw *w, const listing *l, const mp_remediation_change *c)
{
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "resourceId", c->resource);
    mp_jsonw_put_str(w, "resourceLocation", c->location);
    mp_jsonw_put_str(w, "status", mp_remediation_status(&l->a.r, c));
    mp_jsonw_put_filled(w, "deploymentId", c->deployment);
    if (c->error)
        mp_jsonw_put_value(w, "error", c->error);
    if (c->writes)
        mp_jsonw_put_value(w, "writes", c->writes);
    mp_jsonw_put_filled(w, "undo", c->undo);
    if (c->undo_error)
        mp_jsonw_put_value(w, "undoError", c->undo_error);
    mp_jsonw_end(w);
}

static mp_code list_changes(void *app_, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_app  *app = app_;
    listing  l = { .a = { .request = request } };
    mp_jsonw w;
    MP_TRY(find(&l.a, app, err));
    MP_TRY(mp_list_top(&l.top, request, 100, err));
    MP_TRY(mp_store_read(app->store, read_changes, &l, err));
    mp_jsonw_init(&w, request->arena);
    mp_jsonw_object(&w);
    mp_jsonw_key(&w, MP_S("value"));
    mp_jsonw_array(&w);
    for (size_t i = 0; i < l.changes.count; i++)
        show_change(&w, &l, &l.changes.list[i]);
    mp_jsonw_end(&w);
    mp_jsonw_put_filled(&w, "next", l.changes.next);
    mp_jsonw_end(&w);
    return mp_respond_json(request, response, 200, mp_jsonw_done(&w), err);
}

/* ---- the table ---- */

#define SUMMARY(name_) .tag = "compliance", .summary = "api.remediation." name_

const mp_route mp_routes_remediations[MP_ROUTES_REMEDIATIONS] = {
    API(MP_POST, "/remediations/plan", TYPE "/read", plan, SUMMARY("showPlan"), .scope = "{body.scope}", .body = &order_shape, .answer = &plan_shape, .rate = MP_RATE_HEAVY),
    API(MP_GET, "/remediations", TYPE "/read", list_runs, SUMMARY("list"), .scope = "{?scope}", PARAMS(list_params), .answer = &runs_shape),
    API(MP_POST, "/remediations", TYPE "/write", order, SUMMARY("begin"), .scope = "{body.scope}", .body = &order_shape, .answer = &run_shape, .status = 201),
    API(MP_GET, "/remediations/{id}", TYPE "/read", get, SUMMARY("get"), .scope = "{remediation.scope}", .answer = &run_shape),
    API(MP_GET, "/remediations/{id}/changes", TYPE "/read", list_changes, SUMMARY("changes"), .scope = "{remediation.scope}", PARAMS(page_params), .answer = &changes_shape),
    API(MP_POST, "/remediations/{id}/cancel", TYPE "/cancel/action", cancel, SUMMARY("cancel"), .scope = "{remediation.scope}", .answer = &run_shape),
    API(MP_POST, "/remediations/{id}/undo", TYPE "/write", undo, SUMMARY("undo"), .scope = "{remediation.scope}", .answer = &run_shape),
};
