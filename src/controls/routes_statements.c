/* SPDX-License-Identifier: Apache-2.0 */
/* Our own API for statements: of a measure, or of a framework in any scope, as it stands or stood. */
#include "controls_routes.h"
#include "document_answer.h"
#include "estate.h"
#include "guard.h"
#include "routes.h"
#include "statement_oscal.h"
#include "statement_read.h"

enum { YEARS_MOST = 10 };

/* ---- shapes ---- */

static const mp_json_shape statement_shape = {
    .name = "Statement", .type = MP_TYPE_OBJECT, .is_open = true, .doc = "api.statements.statement"
};
static const mp_json_shape services_shape = {
    .name = "ServicesInScope", .type = MP_TYPE_OBJECT, .is_open = true, .doc = "api.statements.servicesShape"
};
static const mp_param statement_params[] = {
    { .name = "framework", .type = MP_TYPE_STRING, .max = 200, .doc = "api.scores.param.framework" },
    { .name = "measure", .type = MP_TYPE_STRING, .max = MP_MEASURE_NAME, .doc = "api.scores.param.measure" },
    { .name = "scope", .type = MP_TYPE_STRING, .max = MP_RECORD_KEY_MAX, .doc = "api.scores.param.scope" },
    MP_AS_OF_PARAM,
    { .name = "from", .type = MP_TYPE_TIME, .doc = "api.statements.param.from" },
    { .name = "to", .type = MP_TYPE_TIME, .doc = "api.statements.param.to" },
    MP_DOCUMENT_PARAMS,
};
static const mp_param services_params[] = { MP_AS_OF_PARAM, MP_DOCUMENT_PARAMS };

/* ---- what is asked about ---- */

typedef void (*write_fn)(mp_jsonw *w, const mp_statement *s);
static const struct {
    const char *kind;
    write_fn write; /* NULL: the calendar, which has a time of its own */
    const char *form; /* NULL: it is JSON only */
} kinds[] = {
    { "applicability", mp_statement_applicability, "statement-of-applicability" },
    { "responsibility", mp_statement_responsibility, "responsibility-matrix" },
    { "gaps", mp_statement_gaps, "gap-report" },
    { "calendar", NULL, "audit-calendar" },
    { "component-definition", mp_oscal_components, NULL },
    { "system-security-plan", mp_oscal_plan, NULL },
    { "plan-of-action-and-milestones", mp_oscal_milestones, NULL },
    { "assessment-results", mp_oscal_results, NULL },
};

typedef struct asking {
    mp_app *app;
    mp_http_request *request;
    const mp_held *held;
    const mp_evidence_view *evidence; /* of now */
    mp_standing_of of;
    mp_measure measure;
    mp_str scope;
    write_fn write;
    const char *form; /* NULL: none */
    mp_evidence_seer seer;
    mp_ticks from, to;
    mp_jsonw w;
} asking;

static bool may_inherit(void *ctx, const mp_measure *measure)
{
    asking *a = ctx;
    return mp_measure_may(a->app, a->request, "Mapae.Controls/states/read", measure);
}

static mp_code find_kind(asking *a, mp_error *err)
{
    mp_str kind = mp_http_param(a->request, "kind");
    for (size_t i = 0; i < MP_COUNT(kinds); i++)
        if (mp_str_eq(kind, mp_str_from(kinds[i].kind))) {
            a->write = kinds[i].write;
            a->form = kinds[i].form;
            return MP_OK;
        }
    return mp_fail(err, MP_MISSING, MP_NOWHERE,
                   "there is no statement '%.*s'; there are applicability, responsibility, gaps, calendar and "
                   "four of OSCAL",
                   MP_FMT(kind));
}

/* Rights first: who may not read hears of nothing else. */
static mp_code find_place(asking *a, mp_error *err)
{
    mp_str measure = mp_http_query(a->request, MP_S("measure")),
           scope = mp_http_query(a->request, MP_S("scope"));
    mp_place place;
    MP_TRY(mp_query_time(&a->of.as_of, a->request, MP_S("asOf"), err));
    if (measure.len) {
        if (scope.len)
            return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "a measure has its scopes; found a scope beside it");
        MP_TRY(mp_measure_require(&a->measure, a->app, a->request, measure, a->of.as_of, err));
        a->of.measure = &a->measure;
        a->of.scopes = a->measure.scopes;
        a->of.scope_count = a->measure.scope_count;
        return MP_OK;
    }
    MP_TRY(mp_place_of(&place, scope.len ? scope : MP_S("/"), a->request->arena, err));
    a->scope = place.key;
    a->of.scopes = &a->scope;
    a->of.scope_count = 1;
    return mp_app_require(a->app, a->request, NULL, place.key, err);
}

static mp_code find_framework(asking *a, mp_error *err)
{
    const mp_frameworks *all = &a->held->all;
    mp_str name = mp_http_query(a->request, MP_S("framework"));
    a->of.all = all;
    a->of.may_inherit = may_inherit;
    a->of.seer = &a->seer;
    a->of.ctx = a;
    a->of.evidence = a->of.as_of ? NULL : a->evidence;
    if (a->of.measure && name.len)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE,
                       "a measure has its framework; found a framework beside it");
    if (a->of.measure)
        return mp_framework_asked(&a->of.framework, &a->of.scheme, all, a->measure.framework, a->measure.scheme,
                                  err);
    if (!name.len)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "wanted a framework or a measure, and there is neither");
    return mp_framework_asked(&a->of.framework, &a->of.scheme, all, name, MP_S(""), err);
}

/* A year from the day that the statement is of, unless the query says otherwise. */
static mp_code find_days(asking *a, mp_ticks now, mp_error *err)
{
    MP_TRY(mp_query_time(&a->from, a->request, MP_S("from"), err));
    MP_TRY(mp_query_time(&a->to, a->request, MP_S("to"), err));
    a->from = a->from ? a->from : now - now % MP_TICKS_PER_DAY;
    a->to = a->to ? a->to : mp_clock_after(a->from, 12, 0);
    if (a->to <= a->from || a->to > mp_clock_after(a->from, 12 * YEARS_MOST, 0))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "a calendar ends after it begins, and within %d years",
                       YEARS_MOST);
    return MP_OK;
}

/* ---- statements ---- */

static mp_code write_statement(mp_tx *tx, void *arg, mp_error *err)
{
    asking *a = arg;
    mp_statement s;
    mp_ticks at = a->of.as_of ? a->of.as_of : mp_tx_time(tx);
    MP_TRY(find_days(a, at, err));
    MP_TRY(mp_statement_read(&s, tx, &a->of, at, a->request->arena, err));
    if (a->write)
        a->write(&a->w, &s);
    else
        mp_statement_calendar(&a->w, &s, a->from, a->to);
    return MP_OK;
}

static mp_code answer(asking *a, mp_http_response *response, mp_error *err)
{
    MP_TRY(find_place(a, err));
    MP_TRY(find_kind(a, err));
    MP_TRY(find_framework(a, err));
    MP_TRY(mp_store_read(a->app->store, write_statement, a, err));
    return mp_respond_document(a->app, a->request, response, a->form, mp_jsonw_done(&a->w), err);
}

static mp_code begin(asking *a, void *app, mp_http_request *request, mp_error *err)
{
    *a = (asking){ .app = app, .request = request, .seer = { .app = app, .request = request } };
    mp_jsonw_init(&a->w, request->arena);
    MP_TRY(mp_held_take(&a->held, mp_controls_of(app)->holding, err));
    mp_code code = mp_evidence_view_take(&a->evidence, app, 0, err);
    if (code != MP_OK)
        mp_held_drop(a->held);
    return code;
}

static void end(asking *a)
{
    mp_evidence_view_drop(a->evidence);
    mp_held_drop(a->held);
}

static mp_code get_statement(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    asking a;
    MP_TRY(begin(&a, app, request, err));
    mp_code code = answer(&a, response, err);
    end(&a);
    return code;
}

/* ---- services by environments ---- */

typedef struct listing {
    asking a;
    mp_in_scope *list;
    size_t count, cap;
} listing;

static mp_code add_measure(listing *l, mp_tx *tx, const mp_record *record, mp_error *err)
{
    mp_arena *arena = l->a.request->arena;
    mp_in_scope s = { .since = record->since, .version = record->version };
    MP_TRY(mp_measure_of(&s.measure, record, arena, err));
    if (!mp_measure_may(l->a.app, l->a.request, "Mapae.Controls/measures/read", &s.measure))
        return MP_OK;
    s.framework = mp_framework_find(&l->a.held->all, s.measure.framework);
    s.scheme = s.framework && s.measure.scheme.len ? mp_scheme_find(s.framework, s.measure.scheme) : NULL;
    MP_TRY(mp_certificate_read(&s.certificate, tx, s.measure.name, l->a.of.as_of, arena, err));
    if (l->count == l->cap) {
        size_t cap = l->cap ? 2 * l->cap : 32;
        mp_in_scope *grown = MP_ARENA_ARRAY(arena, mp_in_scope, cap);
        if (!grown)
            return mp_no_memory(err);
        if (l->count)
            memcpy(grown, l->list, l->count * sizeof *grown);
        l->list = grown;
        l->cap = cap;
    }
    l->list[l->count++] = s;
    return MP_OK;
}

static mp_code write_services(mp_tx *tx, void *arg, mp_error *err)
{
    listing *l = arg;
    mp_record_query query = { .kind = &mp_measure_kind, .limit = 1000, .as_of = l->a.of.as_of };
    mp_record_page page;
    do {
        MP_TRY(mp_record_list(&page, tx, &query, l->a.request->arena, err));
        for (size_t i = 0; i < page.count; i++)
            MP_TRY(add_measure(l, tx, &page.records[i], err));
        query.after = page.next;
    } while (page.next.len);
    mp_statement_services(&l->a.w, l->list, l->count, l->a.of.as_of ? l->a.of.as_of : mp_tx_time(tx));
    return MP_OK;
}

static mp_code answer_services(listing *l, mp_http_response *response, mp_error *err)
{
    MP_TRY(mp_query_time(&l->a.of.as_of, l->a.request, MP_S("asOf"), err));
    MP_TRY(mp_store_read(l->a.app->store, write_services, l, err));
    return mp_respond_document(l->a.app, l->a.request, response, "services-in-scope", mp_jsonw_done(&l->a.w), err);
}

static mp_code get_services(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    listing l = { .count = 0 };
    MP_TRY(begin(&l.a, app, request, err));
    mp_code code = answer_services(&l, response, err);
    end(&l.a);
    return code;
}

/* ---- the table ---- */

#define SUMMARY(name_) .tag = "controls", .summary = "api.statements." name_

const mp_route mp_routes_statements[MP_ROUTES_STATEMENTS] = {
    API(MP_GET, "/statements/{kind}", "Mapae.Controls/statements/read", get_statement, SUMMARY("get"),
        .scope = "{measure.scopes}", PARAMS(statement_params), .answer = &statement_shape,
        .rate = MP_RATE_HEAVY),
    API(MP_GET, "/services-in-scope", MP_SIGNED_IN, get_services, SUMMARY("services"), PARAMS(services_params),
        .answer = &services_shape, .rate = MP_RATE_HEAVY),
};
