/* SPDX-License-Identifier: Apache-2.0 */
/* Our own API: what a Kubernetes cluster asks before it changes something. */
#include "admission.h"
#include "compliance_routes.h"
#include "guard.h"
#include "routes.h"
#include "settle.h"

#define REVIEW_BYTES ((size_t)8 << 20) /* an object has at most 1.5 MiB in etcd, and an update brings two, with much escaped */

static const mp_json_shape request_shape = { .type = MP_TYPE_OBJECT,
                                             .is_open = true,
                                             .doc = "api.compliance.admission.request" };
static const mp_property   review_members[] = {
    { "apiVersion", MP_TYPE_STRING, .is_required = true, .doc = "api.compliance.admission.apiVersion" },
    { "kind", MP_TYPE_STRING, .is_required = true, .doc = "api.compliance.admission.kind" },
    { "request", MP_TYPE_OBJECT, .is_required = true, .shape = &request_shape, .doc = "api.compliance.admission.request" },
};
static const mp_json_shape review_shape = { .name = "AdmissionReview",
                                            .type = MP_TYPE_OBJECT,
                                            .is_open = true,
                                            .doc = "api.compliance.admission.review",
                                            MP_PROPERTIES(review_members) };

static const mp_json_shape status_shape = { .type = MP_TYPE_OBJECT,
                                            .is_open = true,
                                            .doc = "api.compliance.admission.status" };
static const mp_json_shape warning_shape = { .type = MP_TYPE_STRING, .doc = "api.compliance.admission.warnings" };
static const mp_property   response_members[] = {
    { "uid", MP_TYPE_STRING, .is_required = true, .doc = "api.compliance.admission.uid" },
    { "allowed", MP_TYPE_BOOLEAN, .is_required = true, .doc = "api.compliance.admission.allowed" },
    { "status", MP_TYPE_OBJECT, .shape = &status_shape, .doc = "api.compliance.admission.status" },
    { "warnings", MP_TYPE_ARRAY, .shape = &warning_shape, .max = 32, .doc = "api.compliance.admission.warnings" },
};
static const mp_json_shape response_shape = { .name = "AdmissionResponse",
                                              .type = MP_TYPE_OBJECT,
                                              .doc = "api.compliance.admission.response",
                                              MP_PROPERTIES(response_members) };
static const mp_property   answer_members[] = {
    { "apiVersion", MP_TYPE_STRING, .is_required = true, .doc = "api.compliance.admission.apiVersion" },
    { "kind", MP_TYPE_STRING, .is_required = true, .doc = "api.compliance.admission.kind" },
    { "response", MP_TYPE_OBJECT, .is_required = true, .shape = &response_shape, .doc = "api.compliance.admission.response" },
};
static const mp_json_shape answer_shape = { .name = "AdmissionAnswer",
                                            .type = MP_TYPE_OBJECT,
                                            .doc = "api.compliance.admission.answer",
                                            MP_PROPERTIES(answer_members) };

/* A refusal is an answer of 200 here, but its leaf says what it is. */
static mp_code review(void *app_, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_app           *app = app_;
    const mp_guarded *g = request->who;
    mp_admission      asked = { .review = request->json, .source = mp_http_param(request, "source"), .by = g->who.id,
                                .by_kind = g->who.kind == MP_WHO_USER ? MP_S("User") : MP_S("Application") };
    const mp_json    *answer;
    bool              is_refused;
    if (mp_str_find(asked.source, ':') == SIZE_MAX)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE,
                       "'%.*s' is no source; wanted is a kind and a name, as \"file:weekly\"", MP_FMT(asked.source));
    MP_TRY(mp_admission_decide(&answer, &is_refused, mp_compliance_of(app), &asked, request->arena, err));
    if (is_refused) {
        mp_error shown = { .code = MP_DENIED };
        MP_TRY(mp_settle_shown(app, request, &shown, err));
        response->is_noted = true;
    }
    return mp_respond_json(request, response, 200, answer, err);
}

const mp_route mp_routes_admission[MP_ROUTES_ADMISSION] = {
    API(MP_POST, "/admission/{source}", "Mapae.Compliance/admissions/action", review, .tag = "compliance", .summary = "api.compliance.admission", .body = &review_shape,
        .answer = &answer_shape, .body_max = REVIEW_BYTES),
};
