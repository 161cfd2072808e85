/* SPDX-License-Identifier: Apache-2.0 */
/* Our own API for the certificate that stands in for a part of a measure's assessment. */
#include "controls_routes.h"
#include "guard.h"
#include "measure.h"
#include "routes.h"
#include "substituting.h"

/* ---- shapes ---- */

static const mp_property members[] = {
    { "number", MP_TYPE_STRING, .is_required = true, .min = 1, .max = 100, .doc = "api.certificate.number" },
    { "issuer", MP_TYPE_STRING, .max = 200, .doc = "api.certificate.issuer" },
    { "issued", MP_TYPE_STRING, .is_required = true, .min = 10, .max = 10, .doc = "api.certificate.issued" },
    { "expires", MP_TYPE_STRING, .is_required = true, .min = 10, .max = 10, .doc = "api.substituting.expires" },
    { "scope", MP_TYPE_STRING, .is_required = true, .min = 1, .max = 2000, .doc = "api.substituting.scope" },
    { "covers", MP_TYPE_BOOLEAN, .is_required = true, .doc = "api.substituting.covers" },
};
static const mp_json_shape shape = { .name = "MeasureSubstitution",
                                     .type = MP_TYPE_OBJECT,
                                     .doc = "api.substituting",
                                     MP_PROPERTIES(members) };
static const mp_param as_of_params[] = { MP_AS_OF_PARAM };

/* ---- writing ---- */

typedef struct putting {
    mp_change change; /* first: mp_item_change() */
    mp_measure measure;
} putting;

static mp_code find_measure(putting *p, mp_app *app, mp_ticks as_of, mp_error *err)
{
    MP_TRY(mp_item_name(&p->change.id, p->change.request, "name", err));
    return mp_measure_require(&p->measure, app, p->change.request, p->change.id, as_of, err);
}

static mp_code day_of(mp_ticks *out, const mp_json *body, const char *member, mp_error *err)
{
    mp_str text = mp_json_get_text(body, member);
    return text.len == 10 && mp_clock_parse(out, text)
               ? MP_OK
               : mp_fail(err, MP_PARAMETER, MP_NOWHERE, "\"%s\" is '%.*s'; wanted is a day such as 2026-12-31",
                         member, MP_FMT(text));
}

static mp_code check_days(const mp_json *body, mp_error *err)
{
    mp_ticks issued, expires;
    MP_TRY(day_of(&issued, body, "issued", err));
    MP_TRY(day_of(&expires, body, "expires", err));
    if (expires <= issued)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "a certificate of %.*s cannot expire on %.*s",
                       MP_FMT(mp_json_get_text(body, "issued")), MP_FMT(mp_json_get_text(body, "expires")));
    return MP_OK;
}

/* Something of its framework is to be replaceable. */
static mp_code check_framework(const putting *p, mp_app *app, mp_error *err)
{
    const mp_held *held;
    MP_TRY(mp_held_take(&held, mp_controls_of(app)->holding, err));
    const mp_framework *f = mp_framework_find(&held->all, p->measure.framework);
    mp_code code = f && f->certification.substitution.property.len
                       ? MP_OK
                       : mp_fail(err, MP_MISSING, MP_NOWHERE,
                                 "no other certificate replaces controls of the framework '%.*s'",
                                 MP_FMT(p->measure.framework));
    mp_held_drop(held);
    return code;
}

static mp_code store(mp_tx *tx, void *arg, mp_error *err)
{
    putting *p = arg;
    int64_t expected;
    MP_TRY(mp_measure_as_seen(tx, &p->measure, err)); /* it was confirmed for its places, and no others */
    MP_TRY(mp_item_expect(&expected, tx, p->change.request, &mp_measure_substitution_kind, p->change.id, err));
    MP_TRY(mp_record_put(NULL, tx, &mp_measure_substitution_kind, p->change.id, p->change.request->json, expected,
                         err));
    return mp_item_keep(&p->change, tx, &mp_measure_substitution_kind, err);
}

static mp_code put(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    putting p = { .change = { .app = app, .request = request } };
    MP_TRY(find_measure(&p, app, 0, err));
    MP_TRY(check_framework(&p, app, err));
    MP_TRY(check_days(request->json, err));
    return mp_item_change(app, request, response, store, &p.change, err);
}

static mp_code get(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    putting p = { .change = { .app = app, .request = request } };
    mp_ticks as_of;
    MP_TRY(mp_query_time(&as_of, request, MP_S("asOf"), err));
    MP_TRY(find_measure(&p, app, as_of, err));
    return mp_item_get(app, request, response, &mp_measure_substitution_kind, p.change.id, err);
}

static mp_code forget(mp_tx *tx, void *arg, mp_error *err)
{
    putting *p = arg;
    int64_t expected;
    MP_TRY(mp_measure_as_seen(tx, &p->measure, err));
    MP_TRY(mp_item_expect(&expected, tx, p->change.request, &mp_measure_substitution_kind, p->change.id, err));
    return mp_record_delete(tx, &mp_measure_substitution_kind, p->change.id, expected, err);
}

static mp_code delete_it(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    putting p = { .change = { .app = app, .request = request } };
    MP_TRY(find_measure(&p, app, 0, err));
    response->status = 204;
    return mp_app_write(app, request, response, forget, &p, err);
}

/* ---- the table ---- */

#define SUMMARY(name_) .tag = "controls", .summary = "api.substituting." name_
#define OF_MEASURE .scope = "{measure.scopes}"
#define ACTION "Mapae.Controls/measures/"
#define PATH "/measures/{name}/substitution"

const mp_route mp_routes_substituting[MP_ROUTES_SUBSTITUTING] = {
    API(MP_GET, PATH, ACTION "read", get, SUMMARY("get"), OF_MEASURE, PARAMS(as_of_params), .answer = &shape),
    API(MP_PUT, PATH, ACTION "write", put, SUMMARY("put"), OF_MEASURE, .body = &shape, .answer = &shape),
    API(MP_DELETE, PATH, ACTION "write", delete_it, SUMMARY("delete"), OF_MEASURE, .status = 204),
};
