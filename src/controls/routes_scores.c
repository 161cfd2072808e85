/* SPDX-License-Identifier: Apache-2.0 */
/* Our own API for how frameworks stand: of a measure, or of any scope; over time; beside each other. */
#include "controls_routes.h"
#include "document_answer.h"
#include "estate.h"
#include "guard.h"
#include "policy_titles.h"
#include "routes.h"
#include "score_compare.h"
#include "scores_all.h"

#define READ "Mapae.Controls/states/read"

enum { TREND_MOST = 366, TREND_USUAL = 12 };

/* ---- shapes ---- */

static const mp_json_shape score_shape = {
    .name = "ControlStates", .type = MP_TYPE_OBJECT, .is_open = true, .doc = "api.scores.states"
};
static const mp_json_shape brief_shape = {
    .name = "FrameworkScore", .type = MP_TYPE_OBJECT, .is_open = true, .doc = "api.scores.brief"
};
MP_LIST_SHAPE(briefs_shape, brief_shape);
static const mp_json_shape point_shape = {
    .name = "ScoreThen", .type = MP_TYPE_OBJECT, .is_open = true, .doc = "api.scores.point"
};
MP_LIST_SHAPE(trend_shape, point_shape);
static const mp_json_shape compared_shape = {
    .name = "ScoresCompared", .type = MP_TYPE_OBJECT, .is_open = true, .doc = "api.scores.compared"
};

#define SCOPE_PARAM(name_, doc_)                                                                               \
    {                                                                                                          \
        .name = name_, .type = MP_TYPE_STRING, .max = MP_RECORD_KEY_MAX, .doc = doc_                           \
    }
#define OF_PARAMS                                                                                              \
    { .name = "framework", .type = MP_TYPE_STRING, .max = 200, .doc = "api.scores.param.framework" },          \
        { .name = "measure",                                                                                   \
          .type = MP_TYPE_STRING,                                                                              \
          .max = MP_MEASURE_NAME,                                                                              \
          .doc = "api.scores.param.measure" },                                                                 \
        SCOPE_PARAM("scope", "api.scores.param.scope")
static const char *const state_forms[] = { "assessment-report", "self-assessment", NULL };
static const mp_param state_params[] = {
    OF_PARAMS, MP_AS_OF_PARAM, MP_DOCUMENT_PARAMS,
    { .name = "form", .type = MP_TYPE_STRING, .values = state_forms, .doc = "api.document.form" },
};
static const mp_param all_params[] = { SCOPE_PARAM("scope", "api.scores.param.scope"), MP_AS_OF_PARAM };
static const mp_param measured_params[] = { MP_AS_OF_PARAM };
static const mp_param trend_params[] = {
    OF_PARAMS,
    { .name = "from", .type = MP_TYPE_TIME, .doc = "api.scores.param.from" },
    { .name = "to", .type = MP_TYPE_TIME, .doc = "api.scores.param.to" },
    { .name = "points",
      .type = MP_TYPE_INTEGER,
      .min = 2,
      .max = TREND_MOST,
      .doc = "api.scores.param.points" },
};
static const mp_param compare_params[] = {
    OF_PARAMS,
    MP_AS_OF_PARAM,
    { .name = "withFramework", .type = MP_TYPE_STRING, .max = 200, .doc = "api.scores.param.withFramework" },
    { .name = "withMeasure",
      .type = MP_TYPE_STRING,
      .max = MP_MEASURE_NAME,
      .doc = "api.scores.param.withMeasure" },
    SCOPE_PARAM("withScope", "api.scores.param.withScope"),
    { .name = "withAsOf", .type = MP_TYPE_TIME, .doc = "api.scores.param.withAsOf" },
};

/* ---- what is asked about ---- */

typedef struct side {
    mp_standing_of of;
    mp_measure measure;
    mp_str scope;
    mp_score score;
    mp_ticks at;
} side;

typedef struct asking {
    mp_app *app;
    mp_http_request *request;
    const mp_held *held;
    const mp_said_held *said;         /* of now, as is: */
    const mp_evidence_view *evidence;
    const mp_evidence_view *then;     /* of the date that was asked about last; NULL: none was */
    mp_ticks then_at;
    side sides[2];
    mp_jsonw w;
    mp_ticks from, to; /* of a trend */
    uint64_t points;
    mp_evidence_seer seer;
} asking;

static bool may_inherit(void *ctx, const mp_measure *measure)
{
    asking *a = ctx;
    return mp_measure_may(a->app, a->request, READ, measure);
}

static mp_code ask_scope(side *s, asking *a, mp_str scope, mp_error *err)
{
    mp_place place;
    MP_TRY(mp_place_of(&place, scope.len ? scope : MP_S("/"), a->request->arena, err));
    s->scope = place.key;
    s->of.scopes = &s->scope;
    s->of.scope_count = 1;
    return mp_app_require(a->app, a->request, NULL, place.key, err);
}

/* Names of the three members of the query that say what. */
typedef struct names {
    const char *framework, *measure, *scope, *as_of;
} names;
static const names own_names = { "framework", "measure", "scope", "asOf" },
                   other_names = { "withFramework", "withMeasure", "withScope", "withAsOf" };

/* Rights first: who may not read hears of nothing else. */
static mp_code read_place(side *s, asking *a, const names *n, mp_error *err)
{
    mp_str measure = mp_http_query(a->request, mp_str_from(n->measure)),
           scope = mp_http_query(a->request, mp_str_from(n->scope));
    MP_TRY(mp_query_time(&s->of.as_of, a->request, mp_str_from(n->as_of), err));
    if (!measure.len)
        return ask_scope(s, a, scope, err);
    if (scope.len)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "a measure has its scopes; found a scope beside it");
    MP_TRY(mp_measure_require(&s->measure, a->app, a->request, measure, s->of.as_of, err));
    s->of.measure = &s->measure;
    s->of.scopes = s->measure.scopes;
    s->of.scope_count = s->measure.scope_count;
    return MP_OK;
}

static mp_code read_framework(side *s, asking *a, mp_str name, mp_error *err)
{
    const mp_frameworks *all = &a->held->all;
    s->of.all = all;
    s->of.said_now = &a->said->all;
    s->of.may_inherit = may_inherit;
    s->of.ctx = a;
    s->of.seer = &a->seer;
    if (s->of.measure && name.len)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE,
                       "a measure has its framework; found a framework beside it");
    if (s->of.measure)
        return mp_framework_asked(&s->of.framework, &s->of.scheme, all, s->measure.framework, s->measure.scheme,
                                  err);
    if (!name.len)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "wanted a framework or a measure, and there is neither");
    return mp_framework_asked(&s->of.framework, &s->of.scheme, all, name, MP_S(""), err);
}

typedef mp_code work_fn(asking *a, mp_tx *tx, mp_error *err);

typedef struct reading {
    asking *a;
    work_fn *work;
} reading;

static mp_code read(mp_tx *tx, void *arg, mp_error *err)
{
    reading *r = arg;
    return r->work(r->a, tx, err);
}

static mp_code answer(asking *a, work_fn *work, mp_http_response *response, mp_error *err)
{
    reading r = { a, work };
    mp_jsonw_init(&a->w, a->request->arena);
    MP_TRY(mp_store_read(a->app->store, read, &r, err));
    mp_str form = mp_http_query(a->request, MP_S("form")); /* of those below, or nothing */
    return mp_respond_document(a->app, a->request, response,
                               mp_str_eq(form, MP_S("self-assessment")) ? "self-assessment" : "assessment-report",
                               mp_jsonw_done(&a->w), err);
}

static mp_code begin(asking *a, void *app, mp_http_request *request, mp_error *err)
{
    *a = (asking){ .app = app, .request = request, .seer = { .app = app, .request = request } };
    MP_TRY(mp_held_take(&a->held, mp_controls_of(app)->holding, err));
    mp_code code = mp_said_take(&a->said, mp_controls_of(app)->said, err);
    if (code == MP_OK)
        code = mp_evidence_view_take(&a->evidence, app, 0, err);
    if (code != MP_OK) {
        mp_said_drop(a->said);
        mp_held_drop(a->held);
    }
    return code;
}

/* ---- one ---- */

/* Of a date it is read, and kept for what is asked about the same date next. */
static mp_code find_evidence(side *s, asking *a, mp_tx *tx, mp_error *err)
{
    if (s->of.as_of && (!a->then || a->then_at != s->of.as_of)) {
        mp_evidence_view_drop(a->then);
        a->then = NULL;
        MP_TRY(mp_evidence_view_read(&a->then, tx, s->of.as_of, err));
        a->then_at = s->of.as_of;
    }
    s->of.evidence = s->of.as_of ? a->then : a->evidence;
    return MP_OK;
}

static mp_code score(side *s, asking *a, mp_tx *tx, mp_error *err)
{
    MP_TRY(find_evidence(s, a, tx, err));
    s->at = s->of.as_of ? s->of.as_of : mp_tx_time(tx);
    return mp_control_score(&s->score, tx, &s->of, NULL, a->request->arena, err);
}

static mp_code write_state(asking *a, mp_tx *tx, mp_error *err)
{
    side *s = &a->sides[0];
    MP_TRY(score(s, a, tx, err));
    MP_TRY(mp_policy_titles(&s->score, tx, s->of.as_of, a->request->arena, err));
    return mp_score_show(&a->w, &s->of, &s->score, s->at, err);
}

static mp_code ask_state(asking *a, mp_http_response *response, mp_error *err)
{
    MP_TRY(read_place(&a->sides[0], a, &own_names, err));
    MP_TRY(read_framework(&a->sides[0], a, mp_http_query(a->request, MP_S("framework")), err));
    return answer(a, write_state, response, err);
}

/* ---- all frameworks of a scope; all measures ---- */

static mp_code write_brief(void *ctx, const mp_standing_of *of, const mp_score *score, mp_error *err)
{
    asking *a = ctx;
    (void)err;
    mp_score_show_brief(&a->w, of, score, a->sides[0].at);
    return MP_OK;
}

static mp_code write_all(asking *a, mp_tx *tx, mp_error *err)
{
    side *s = &a->sides[0];
    s->at = s->of.as_of ? s->of.as_of : mp_tx_time(tx);
    MP_TRY(find_evidence(s, a, tx, err));
    mp_jsonw_object(&a->w);
    mp_jsonw_key(&a->w, MP_S("value"));
    mp_jsonw_array(&a->w);
    MP_TRY(mp_scores_all(tx, &s->of, write_brief, a, a->request->arena, err));
    mp_jsonw_end(&a->w);
    mp_jsonw_end(&a->w);
    return MP_OK;
}

static mp_code ask_all(asking *a, mp_http_response *response, mp_error *err)
{
    side *s = &a->sides[0];
    MP_TRY(mp_query_time(&s->of.as_of, a->request, MP_S("asOf"), err));
    MP_TRY(ask_scope(s, a, mp_http_query(a->request, MP_S("scope")), err));
    s->of.all = &a->held->all;
    s->of.said_now = &a->said->all;
    return answer(a, write_all, response, err);
}

static mp_code write_measure(asking *a, mp_tx *tx, const mp_record *record, mp_error *err)
{
    side *s = &a->sides[0];
    MP_TRY(mp_measure_of(&s->measure, record, a->request->arena, err));
    if (!mp_measure_may(a->app, a->request, "Mapae.Controls/measures/read", &s->measure) ||
        !mp_measure_may(a->app, a->request, READ, &s->measure))
        return MP_OK;
    s->of = (mp_standing_of){ .all = &a->held->all,
                              .said_now = &a->said->all,
                              .as_of = s->of.as_of,
                              .measure = &s->measure,
                              .scopes = s->measure.scopes,
                              .scope_count = s->measure.scope_count,
                              .may_inherit = may_inherit,
                              .ctx = a };
    s->of.framework = mp_framework_find(&a->held->all, s->measure.framework);
    s->of.scheme =
        s->of.framework && s->measure.scheme.len ? mp_scheme_find(s->of.framework, s->measure.scheme) : NULL;
    if (!s->of.framework || (s->measure.scheme.len && !s->of.scheme))
        return MP_OK; /* a framework that is gone: the measure itself says so */
    MP_TRY(score(s, a, tx, err));
    mp_score_show_brief(&a->w, &s->of, &s->score, s->at);
    return MP_OK;
}

static mp_code write_measured(asking *a, mp_tx *tx, mp_error *err)
{
    mp_record_query query = { .kind = &mp_measure_kind, .limit = 1000, .as_of = a->sides[0].of.as_of };
    mp_record_page page;
    mp_jsonw_object(&a->w);
    mp_jsonw_key(&a->w, MP_S("value"));
    mp_jsonw_array(&a->w);
    do {
        MP_TRY(mp_record_list(&page, tx, &query, a->request->arena, err));
        for (size_t i = 0; i < page.count; i++)
            MP_TRY(write_measure(a, tx, &page.records[i], err));
        query.after = page.next;
    } while (page.next.len);
    mp_jsonw_end(&a->w);
    mp_jsonw_end(&a->w);
    return MP_OK;
}

static mp_code ask_measured(asking *a, mp_http_response *response, mp_error *err)
{
    MP_TRY(mp_query_time(&a->sides[0].of.as_of, a->request, MP_S("asOf"), err));
    return answer(a, write_measured, response, err);
}

/* ---- over time ---- */

/* The measure as it was then, with its scopes and edition; before it was made, and where its edition is gone, as it is now. */
static mp_code ask_then(mp_standing_of *of, mp_measure *measure, asking *a, mp_tx *tx, mp_arena *scratch, mp_error *err)
{
    mp_error why = { .code = MP_OK };
    mp_code code = mp_measure_get(measure, tx, of->measure->name, of->as_of, scratch, &why);
    if (code == MP_MISSING)
        return MP_OK;
    if (code != MP_OK)
        return mp_fail(err, code, MP_NOWHERE, "%s", why.message);
    if (!mp_measure_may(a->app, a->request, READ, measure))
        return mp_fail(err, MP_DENIED, MP_NOWHERE, "the measure '%.*s' had scopes at that time that you may not read",
                       MP_FMT(measure->name));
    const mp_framework *framework = NULL;
    const mp_scheme *scheme = NULL;
    code = mp_framework_asked(&framework, &scheme, of->all, measure->framework, measure->scheme, &why);
    if (code != MP_OK)
        return code == MP_MISSING ? MP_OK : mp_fail(err, code, MP_NOWHERE, "%s", why.message);
    of->framework = framework;
    of->scheme = scheme;
    of->measure = measure;
    of->scopes = measure->scopes;
    of->scope_count = measure->scope_count;
    return MP_OK;
}

/* A score of the past is of many small things, and of a year there are 366: each goes before the next is made. */
static mp_code write_then(asking *a, mp_tx *tx, mp_arena *scratch, mp_error *err)
{
    side *s = &a->sides[0];
    mp_standing_of of = s->of;
    mp_measure measure;
    if (of.measure)
        MP_TRY(ask_then(&of, &measure, a, tx, scratch, err));
    MP_TRY(mp_control_score(&s->score, tx, &of, NULL, scratch, err));
    mp_jsonw_object(&a->w);
    mp_time_put(&a->w, "at", of.as_of);
    mp_percent_put(&a->w, "percent", mp_score_percent(s->score.total.points, s->score.total.most));
    mp_points_put(&a->w, "points", s->score.total.points);
    mp_points_put(&a->w, "most", s->score.total.most);
    mp_states_put(&a->w, &s->score.total);
    mp_jsonw_end(&a->w);
    return MP_OK;
}

static mp_code write_trend(asking *a, mp_tx *tx, mp_error *err)
{
    side *s = &a->sides[0];
    mp_arena scratch = MP_ARENA_INIT;
    mp_code code = MP_OK;
    mp_ticks step;
    if (!a->to)
        a->to = mp_tx_time(tx);
    if (!a->from)
        a->from = a->to > 30 * MP_TICKS_PER_DAY ? a->to - 30 * MP_TICKS_PER_DAY : 1; /* 0 would be now */
    if (a->from >= a->to)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "a trend goes from an earlier to a later time");
    step = (a->to - a->from) / (mp_ticks)(a->points - 1);
    mp_jsonw_object(&a->w);
    mp_jsonw_key(&a->w, MP_S("value"));
    mp_jsonw_array(&a->w);
    s->of.only_points = true;
    s->of.evidence = NULL; /* of each time its own */
    for (uint64_t i = 0; code == MP_OK && i < a->points; i++) {
        s->of.as_of = i + 1 == a->points ? a->to : a->from + (mp_ticks)i * step;
        code = write_then(a, tx, &scratch, err);
        mp_arena_reset(&scratch);
    }
    mp_arena_free(&scratch);
    mp_jsonw_end(&a->w);
    mp_jsonw_end(&a->w);
    return code;
}

static mp_code ask_trend(asking *a, mp_http_response *response, mp_error *err)
{
    a->points = TREND_USUAL;
    MP_TRY(read_place(&a->sides[0], a, &own_names, err));
    MP_TRY(read_framework(&a->sides[0], a, mp_http_query(a->request, MP_S("framework")), err));
    MP_TRY(mp_query_time(&a->from, a->request, MP_S("from"), err));
    MP_TRY(mp_query_time(&a->to, a->request, MP_S("to"), err));
    MP_TRY(mp_query_number(&a->points, a->request, MP_S("points"), err));
    return answer(a, write_trend, response, err);
}

/* ---- beside each other ---- */

static mp_code write_compared(asking *a, mp_tx *tx, mp_error *err)
{
    MP_TRY(score(&a->sides[0], a, tx, err));
    MP_TRY(score(&a->sides[1], a, tx, err));
    const mp_compared from = { &a->sides[0].of, &a->sides[0].score, a->sides[0].at },
                      to = { &a->sides[1].of, &a->sides[1].score, a->sides[1].at };
    return mp_scores_compare(&a->w, &from, &to, err);
}

/* What the other side does not say is as on the first; but its time is now, and a measure is as it was at its time. */
static mp_code read_other(side *two, asking *a, const side *one, mp_str with, mp_error *err)
{
    if (mp_http_query(a->request, MP_S("withMeasure")).len || mp_http_query(a->request, MP_S("withScope")).len)
        return read_place(two, a, &other_names, err);
    two->measure = one->measure;
    two->scope = one->scope;
    two->of = one->of;
    two->of.measure = one->of.measure && !with.len ? &two->measure : NULL;
    MP_TRY(mp_query_time(&two->of.as_of, a->request, MP_S("withAsOf"), err));
    if (!two->of.measure)
        return MP_OK;
    mp_error why = { .code = MP_OK };
    mp_code code = mp_measure_require(&two->measure, a->app, a->request, one->measure.name, two->of.as_of, &why);
    if (code == MP_MISSING) /* before it was made: as on the first */
        two->measure = one->measure;
    else if (code != MP_OK)
        return mp_fail(err, code, MP_NOWHERE, "%s", why.message);
    two->of.scopes = two->measure.scopes;
    two->of.scope_count = two->measure.scope_count;
    return MP_OK;
}

static mp_code ask_compared(asking *a, mp_http_response *response, mp_error *err)
{
    side *one = &a->sides[0], *two = &a->sides[1];
    mp_str framework = mp_http_query(a->request, MP_S("framework")),
           with = mp_http_query(a->request, MP_S("withFramework"));
    MP_TRY(read_place(one, a, &own_names, err));
    MP_TRY(read_framework(one, a, framework, err));
    MP_TRY(read_other(two, a, one, with, err));
    if (!two->of.measure && !with.len && one->of.framework)
        with =
            mp_arena_printf(a->request->arena, "%.*s%s%.*s", MP_FMT(one->of.framework->id),
                            one->of.scheme ? "-" : "", MP_FMT(one->of.scheme ? one->of.scheme->id : MP_S("")));
    if (!two->of.measure && !with.ptr)
        return mp_no_memory(err);
    MP_TRY(read_framework(two, a, with, err));
    return answer(a, write_compared, response, err);
}

/* ---- the table ---- */

typedef mp_code ask_fn(asking *a, mp_http_response *response, mp_error *err);

/* What it is made of stays until the answer is text. */
static mp_code with_frameworks(void *app, mp_http_request *request, mp_http_response *response, ask_fn *ask,
                               mp_error *err)
{
    asking a;
    MP_TRY(begin(&a, app, request, err));
    mp_code code = ask(&a, response, err);
    mp_evidence_view_drop(a.then);
    mp_evidence_view_drop(a.evidence);
    mp_said_drop(a.said);
    mp_held_drop(a.held);
    return code;
}

static mp_code get_state(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    return with_frameworks(app, request, response, ask_state, err);
}

static mp_code get_all(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    return with_frameworks(app, request, response, ask_all, err);
}

static mp_code get_measured(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    return with_frameworks(app, request, response, ask_measured, err);
}

static mp_code get_trend(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    return with_frameworks(app, request, response, ask_trend, err);
}

static mp_code get_compared(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    return with_frameworks(app, request, response, ask_compared, err);
}

#define SUMMARY(name_) .tag = "controls", .summary = "api.scores." name_
#define ITS_SCOPES "{measure.scopes}"

const mp_route mp_routes_scores[MP_ROUTES_SCORES] = {
    API(MP_GET, "/control-states", READ, get_state, SUMMARY("get"), .scope = ITS_SCOPES, PARAMS(state_params),
        .answer = &score_shape, .rate = MP_RATE_HEAVY),
    API(MP_GET, "/control-states/trend", READ, get_trend, SUMMARY("trend"), .scope = ITS_SCOPES,
        PARAMS(trend_params), .answer = &trend_shape, .rate = MP_RATE_HEAVY),
    API(MP_GET, "/control-states/compare", READ, get_compared, SUMMARY("compare"), .scope = ITS_SCOPES,
        PARAMS(compare_params), .answer = &compared_shape),
    API(MP_GET, "/scores", READ, get_all, SUMMARY("all"), .scope = ITS_SCOPES, PARAMS(all_params),
        .answer = &briefs_shape),
    API(MP_GET, "/measure-scores", MP_SIGNED_IN, get_measured, SUMMARY("measured"), PARAMS(measured_params),
        .answer = &briefs_shape, .rate = MP_RATE_HEAVY),
};
