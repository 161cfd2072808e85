/* SPDX-License-Identifier: Apache-2.0 */
/* Our own API for what is decided about controls, one by one or many at once, and for the certificate of a
 * measure. */
#include <stdlib.h>

#include "controls_routes.h"
#include "decisions.h"
#include "guard.h"
#include "measure.h"
#include "routes.h"

enum { DECISIONS_AT_ONCE = 2000 };

/* ---- shapes ---- */

static const char *const implementations[] = { "implemented", "partial", "planned", "notImplemented", NULL };
static const char *const responsibilities[] = { "provider", "customer", "shared", NULL };
static const mp_json_shape reason_shape = { .type = MP_TYPE_STRING,
                                            .values = mp_decision_reasons,
                                            .doc = "api.decisions.reason" };

#define DECIDED_MEMBERS                                                                                        \
    { "justification", MP_TYPE_STRING, .max = 4096, .doc = "api.decisions.justification" },                    \
        { "reasons", MP_TYPE_ARRAY, .shape = &reason_shape, .max = 4, .doc = "api.decisions.reasons" },        \
        { "implementation", MP_TYPE_STRING, .values = implementations,                                         \
          .doc = "api.decisions.implementation" },                                                             \
        { "responsibility", MP_TYPE_STRING, .values = responsibilities,                                        \
          .doc = "api.decisions.responsibility" },                                                             \
        { "service", MP_TYPE_STRING, .max = 200, .doc = "api.decisions.service" },                             \
        { "team", MP_TYPE_STRING, .max = 200, .doc = "api.decisions.team" },                                   \
        { "owner", MP_TYPE_STRING, .max = 200, .doc = "api.decisions.owner" },                                 \
        { "targetDate", MP_TYPE_STRING, .max = 10, .doc = "api.decisions.targetDate" },                        \
    {                                                                                                          \
        "note", MP_TYPE_STRING, .max = 4096, .doc = "api.decisions.note"                                       \
    }
#define CONTROL_MEMBER                                                                                         \
    {                                                                                                          \
        "control", MP_TYPE_STRING, .is_required = true, .min = 1, .max = 200, .doc = "api.said.control"        \
    }
#define WHERE_MEMBERS                                                                                          \
    {                                                                                                          \
        "framework", MP_TYPE_STRING, .is_required = true, .min = 1, .max = 200, .doc = "api.measure.framework" \
    },                                                                                                         \
    {                                                                                                          \
        "measure", MP_TYPE_STRING, .max = MP_MEASURE_NAME, .doc = "api.said.measure"                           \
    }

static const mp_property decision_members[] = {
    MP_RECORD_MEMBERS,
    WHERE_MEMBERS,
    CONTROL_MEMBER,
    DECIDED_MEMBERS,
    { "by", MP_TYPE_STRING, .is_read_only = true, .doc = "api.said.by" },
    { "at", MP_TYPE_TIME, .is_read_only = true, .doc = "api.said.at" },
};
static const mp_json_shape decision_shape = { .name = "ControlDecision",
                                              .type = MP_TYPE_OBJECT,
                                              .doc = "api.decisions.one",
                                              MP_PROPERTIES(decision_members) };
MP_LIST_SHAPE(decisions_shape, decision_shape);

static const mp_property one_members[] = { CONTROL_MEMBER, DECIDED_MEMBERS };
static const mp_json_shape one_shape = { .type = MP_TYPE_OBJECT,
                                         .doc = "api.decisions.one",
                                         MP_PROPERTIES(one_members) };
static const mp_property many_members[] = {
    WHERE_MEMBERS,
    { "value", MP_TYPE_ARRAY, .is_required = true, .shape = &one_shape, .min = 1, .max = DECISIONS_AT_ONCE,
      .doc = "api.decisions.value" },
};
static const mp_json_shape many_shape = {
    .name = "ControlDecisions", .type = MP_TYPE_OBJECT, .doc = "api.decisions.many", MP_PROPERTIES(many_members)
};
static const mp_property done_members[] = { { "written", MP_TYPE_INTEGER, .max = DECISIONS_AT_ONCE,
                                              .doc = "api.decisions.written" } };
static const mp_json_shape done_shape = { .name = "ControlDecisionsWritten",
                                          .type = MP_TYPE_OBJECT,
                                          .doc = "api.decisions.done",
                                          MP_PROPERTIES(done_members) };

static const mp_property certificate_members[] = {
    { "number", MP_TYPE_STRING, .max = 100, .doc = "api.certificate.number" },
    { "issuer", MP_TYPE_STRING, .max = 200, .doc = "api.certificate.issuer" },
    { "issued", MP_TYPE_STRING, .is_required = true, .min = 10, .max = 10, .doc = "api.certificate.issued" },
    { "expires", MP_TYPE_STRING, .min = 10, .max = 10, .doc = "api.certificate.expires" },
};
static const mp_json_shape certificate_shape = { .name = "MeasureCertificate",
                                                 .type = MP_TYPE_OBJECT,
                                                 .is_open = true,
                                                 .doc = "api.certificate",
                                                 MP_PROPERTIES(certificate_members) };

static const mp_param list_params[] = {
    MP_LIST_PARAMS,
    { .name = "measure", .type = MP_TYPE_STRING, .max = MP_MEASURE_NAME, .doc = "api.said.param.measure" },
    { .name = "framework", .type = MP_TYPE_STRING, .doc = "api.said.param.framework" },
    { .name = "control", .type = MP_TYPE_STRING, .doc = "api.said.param.control" },
};
static const mp_param as_of_params[] = { MP_AS_OF_PARAM };

/* ---- writing ---- */

typedef struct entry {
    mp_str key;
    const mp_json *body;
} entry;

typedef struct deciding {
    mp_change change; /* first: mp_item_change() */
    mp_measure measure;
    const mp_framework *framework; /* held while it is made */
    entry *entries;
    size_t count;
    mp_str time;
} deciding;

static bool is_day(mp_str text)
{
    mp_ticks at;
    return text.len == 10 && mp_clock_parse(&at, text);
}

static mp_code check_day(const mp_json *body, const char *member, mp_error *err)
{
    mp_str text = mp_json_get_text(body, member);
    return !text.len || is_day(text)
               ? MP_OK
               : mp_fail(err, MP_PARAMETER, MP_NOWHERE, "\"%s\" is '%.*s'; wanted is a day such as 2026-12-31",
                         member, MP_FMT(text));
}

static mp_str kept(mp_jsonw *w, mp_str text)
{
    mp_str copy = mp_arena_dup(w->arena, text);
    w->failed = w->failed || !copy.ptr;
    return copy;
}

/* What the body says of one control, under framework and control as they are called by their ids. */
static mp_code make_entry(deciding *d, const mp_json *said, mp_error *err)
{
    mp_http_request *request = d->change.request;
    mp_str name = mp_json_get_text(said, "control");
    const mp_control *control;
    entry *e = &d->entries[d->count++];
    mp_jsonw w;
    MP_TRY(mp_framework_has(&control, d->framework, MP_MISSING, name, err));
    MP_TRY(check_day(said, "targetDate", err));
    mp_jsonw_init(&w, request->arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "framework", kept(&w, d->framework->id));
    mp_jsonw_put_str(&w, "control", kept(&w, control->id));
    mp_jsonw_put_str(&w, "measure", d->measure.scope_count ? d->measure.name : MP_S(""));
    for (size_t i = 0; i < MP_COUNT(one_members); i++) {
        const mp_json *v = mp_json_get(said, mp_str_from(one_members[i].name));
        if (!v || i == 0)
            continue;
        mp_jsonw_key(&w, mp_str_from(one_members[i].name));
        mp_jsonw_value(&w, v);
    }
    mp_str by = mp_app_who(request)->id;
    mp_jsonw_put_str(&w, "by", by.len ? by : MP_S("local"));
    mp_jsonw_put_str(&w, "at", d->time);
    mp_jsonw_end(&w);
    e->body = mp_jsonw_done(&w);
    e->key = mp_arena_printf(request->arena, "%.*s~%.*s%s%.*s", MP_FMT(d->framework->id), MP_FMT(control->id),
                             d->measure.scope_count ? "~" : "", MP_FMT(d->measure.name));
    return e->body && e->key.ptr ? MP_OK : mp_no_memory(err);
}

static int by_key(const void *a, const void *b)
{
    return mp_str_cmp(((const entry *)a)->key, ((const entry *)b)->key);
}

static mp_code make_entries(deciding *d, const mp_frameworks *all, const mp_json *list, mp_error *err)
{
    const mp_json *body = d->change.request->json;
    const mp_scheme *scheme;
    char time[MP_CLOCK_TEXT];
    mp_clock_format(time, mp_clock_now());
    d->time = mp_arena_dup(d->change.request->arena, mp_str_from(time));
    d->entries = MP_ARENA_ARRAY(d->change.request->arena, entry, list ? list->count + 1 : 1);
    if (!d->time.ptr || !d->entries)
        return mp_no_memory(err);
    MP_TRY(mp_framework_asked(&d->framework, &scheme, all, mp_json_get_text(body, "framework"), MP_S(""), err));
    if (d->measure.scope_count && !mp_str_eq(d->measure.framework, d->framework->id))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "the measure '%.*s' is of '%.*s', not of '%.*s'",
                       MP_FMT(d->measure.name), MP_FMT(d->measure.framework), MP_FMT(d->framework->id));
    if (!list)
        return make_entry(d, body, err);
    for (MP_JSON_EACH(one, list))
        MP_TRY(make_entry(d, one, err));
    qsort(d->entries, d->count, sizeof *d->entries, by_key);
    for (size_t i = 1; i < d->count; i++)
        if (mp_str_eq(d->entries[i].key, d->entries[i - 1].key))
            return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "there are two decisions about '%.*s'",
                           MP_FMT(d->entries[i].key));
    return MP_OK;
}

/* Rights, then what is said: all of it is understood before anything is written. */
static mp_code prepare(deciding *d, mp_app *app, const mp_json *list, mp_error *err)
{
    const mp_held *held;
    mp_http_request *request = d->change.request;
    MP_TRY(mp_measure_require(&d->measure, app, request, mp_json_get_text(request->json, "measure"), 0, err));
    MP_TRY(mp_held_take(&held, mp_controls_of(app)->holding, err));
    mp_code code = make_entries(d, &held->all, list, err);
    mp_held_drop(held);
    return code;
}

static mp_code store(mp_tx *tx, void *arg, mp_error *err)
{
    deciding *d = arg;
    MP_TRY(mp_measure_as_seen(tx, &d->measure, err));
    for (size_t i = 0; i < d->count; i++)
        MP_TRY(mp_record_put(NULL, tx, &mp_control_decision_kind, d->entries[i].key, d->entries[i].body,
                             MP_ANY_VERSION, err));
    return MP_OK;
}

static mp_code store_one(mp_tx *tx, void *arg, mp_error *err)
{
    deciding *d = arg;
    MP_TRY(store(tx, d, err));
    return mp_item_keep(&d->change, tx, &mp_control_decision_kind, err);
}

#define DECISIONS "/control-decisions"

static mp_code decide(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    deciding d = { .change = { .app = app, .request = request } };
    MP_TRY(prepare(&d, app, NULL, err));
    d.change.id = d.entries[0].key;
    response->status = 201;
    MP_TRY(mp_respond_location(request, response, "/api/v1" DECISIONS, d.change.id, err));
    return mp_item_change(app, request, response, store_one, &d.change, err);
}

static mp_code decide_many(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    deciding d = { .change = { .app = app, .request = request } };
    mp_jsonw w;
    MP_TRY(prepare(&d, app, mp_json_get(request->json, MP_S("value")), err));
    MP_TRY(mp_app_write(app, request, response, store, &d, err));
    mp_jsonw_init(&w, request->arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_int(&w, "written", (int64_t)d.count);
    mp_jsonw_end(&w);
    return mp_respond_json(request, response, 200, mp_jsonw_done(&w), err);
}

static mp_code list(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_measure measure;
    mp_ticks as_of;
    MP_TRY(mp_query_time(&as_of, request, MP_S("asOf"), err));
    MP_TRY(mp_measure_require(&measure, app, request, mp_http_query(request, MP_S("measure")), as_of, err));
    mp_record_filter filter = { "measure", MP_FILTER_EQ, measure.scope_count ? measure.name : MP_S("") };
    return mp_list_answer(
        app, request, response,
        &(mp_listing){ .kind = &mp_control_decision_kind, .fixed = &filter, .fixed_count = 1 }, err);
}

/* ---- taking back ---- */

static mp_code read_one(mp_tx *tx, void *arg, mp_error *err)
{
    deciding *d = arg;
    return mp_record_get(&d->change.out, tx, &mp_control_decision_kind, d->change.id, 0,
                         d->change.request->arena, err);
}

static mp_code remove_it(mp_tx *tx, void *arg, mp_error *err)
{
    deciding *d = arg;
    MP_TRY(mp_measure_as_seen(tx, &d->measure, err));
    return mp_record_delete(tx, &mp_control_decision_kind, d->change.id, d->change.out.version, err);
}

/* Who may not do so is told what he is told of any other name. */
static mp_code take_back(void *app_, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_app *app = app_;
    deciding d = { .change = { .app = app, .request = request } };
    mp_error why = { .code = MP_OK };
    d.change.id = mp_http_param(request, "id");
    mp_code code = mp_store_read(app->store, read_one, &d, &why);
    if (code == MP_OK)
        code = mp_measure_require(&d.measure, app, request, mp_json_get_text(d.change.out.body, "measure"), 0, &why);
    if (code == MP_MISSING)
        return mp_fail(err, MP_MISSING, MP_NOWHERE, "nothing of this id is decided about a control");
    if (code != MP_OK)
        return mp_fail(err, code, MP_NOWHERE, "%s", why.message);
    response->status = 204;
    return mp_app_write(app, request, response, remove_it, &d, err);
}

/* ---- the certificate of a measure ---- */

static mp_code store_certificate(mp_tx *tx, void *arg, mp_error *err)
{
    deciding *d = arg;
    int64_t expected;
    MP_TRY(mp_measure_as_seen(tx, &d->measure, err));
    MP_TRY(mp_item_expect(&expected, tx, d->change.request, &mp_measure_certificate_kind, d->change.id, err));
    MP_TRY(mp_record_put(NULL, tx, &mp_measure_certificate_kind, d->change.id, d->change.request->json, expected,
                         err));
    return mp_item_keep(&d->change, tx, &mp_measure_certificate_kind, err);
}

static mp_code find_measure(deciding *d, mp_app *app, mp_ticks as_of, mp_error *err)
{
    MP_TRY(mp_item_name(&d->change.id, d->change.request, "name", err));
    return mp_measure_require(&d->measure, app, d->change.request, d->change.id, as_of, err);
}

static mp_code put_certificate(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    deciding d = { .change = { .app = app, .request = request } };
    mp_str issued = mp_json_get_text(request->json, "issued"),
           expires = mp_json_get_text(request->json, "expires");
    MP_TRY(find_measure(&d, app, 0, err));
    MP_TRY(check_day(request->json, "issued", err));
    MP_TRY(check_day(request->json, "expires", err));
    if (expires.len && mp_str_cmp(expires, issued) <= 0)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "a certificate of %.*s cannot expire on %.*s",
                       MP_FMT(issued), MP_FMT(expires));
    return mp_item_change(app, request, response, store_certificate, &d.change, err);
}

static mp_code get_certificate(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    deciding d = { .change = { .app = app, .request = request } };
    mp_ticks as_of;
    MP_TRY(mp_query_time(&as_of, request, MP_S("asOf"), err));
    MP_TRY(find_measure(&d, app, as_of, err));
    return mp_item_get(app, request, response, &mp_measure_certificate_kind, d.change.id, err);
}

static mp_code forget_certificate(mp_tx *tx, void *arg, mp_error *err)
{
    deciding *d = arg;
    int64_t expected;
    MP_TRY(mp_measure_as_seen(tx, &d->measure, err));
    MP_TRY(mp_item_expect(&expected, tx, d->change.request, &mp_measure_certificate_kind, d->change.id, err));
    return mp_record_delete(tx, &mp_measure_certificate_kind, d->change.id, expected, err);
}

static mp_code delete_certificate(void *app, mp_http_request *request, mp_http_response *response,
                                  mp_error *err)
{
    deciding d = { .change = { .app = app, .request = request } };
    MP_TRY(find_measure(&d, app, 0, err));
    response->status = 204;
    return mp_app_write(app, request, response, forget_certificate, &d, err);
}

/* ---- the table ---- */

#define SUMMARY(name_) .tag = "controls", .summary = "api.decisions." name_
#define OF_MEASURE .scope = "{measure.scopes}"
#define ACTION "Mapae.Controls/"
#define CERTIFICATE "/measures/{name}/certificate"

const mp_route mp_routes_decisions[MP_ROUTES_DECISIONS] = {
    API(MP_GET, DECISIONS, ACTION "decisions/read", list, SUMMARY("list"), OF_MEASURE, PARAMS(list_params),
        .answer = &decisions_shape),
    API(MP_POST, DECISIONS, ACTION "decisions/write", decide, SUMMARY("decide"), OF_MEASURE,
        .body = &decision_shape, .answer = &decision_shape, .status = 201),
    API(MP_POST, DECISIONS "/import", ACTION "decisions/write", decide_many, SUMMARY("decideMany"), OF_MEASURE,
        .body = &many_shape, .answer = &done_shape),
    API(MP_DELETE, DECISIONS "/{id}", ACTION "decisions/delete", take_back, SUMMARY("delete"), OF_MEASURE,
        .status = 204),
    API(MP_GET, CERTIFICATE, ACTION "measures/read", get_certificate, SUMMARY("getCertificate"), OF_MEASURE,
        PARAMS(as_of_params), .answer = &certificate_shape),
    API(MP_PUT, CERTIFICATE, ACTION "measures/write", put_certificate, SUMMARY("putCertificate"), OF_MEASURE,
        .body = &certificate_shape, .answer = &certificate_shape),
    API(MP_DELETE, CERTIFICATE, ACTION "measures/write", delete_certificate, SUMMARY("deleteCertificate"),
        OF_MEASURE, .status = 204),
};
