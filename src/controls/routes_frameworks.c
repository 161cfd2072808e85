/* SPDX-License-Identifier: Apache-2.0 */
/* Our own API for frameworks: what they demand, what answers it, how they map to each other and differ. Whoever is signed in may read
 * them: they say what is asked of everybody, and nothing of anybody's cloud. */
#include "controls.h"
#include "controls_routes.h"
#include "framework_asked.h"
#include "framework_show.h"
#include "routes.h"

/* ---- shapes ---- */

static const mp_json_shape brief_shape = {
    .name = "FrameworkSummary", .type = MP_TYPE_OBJECT, .is_open = true, .doc = "api.frameworks.brief"
};
static const mp_property out_members[] = {
    { "id", MP_TYPE_STRING, .is_required = true, .doc = "api.frameworks.import.id" },
    { "why", MP_TYPE_STRING, .is_required = true, .doc = "api.frameworks.why" },
};
static const mp_json_shape out_shape = { .type = MP_TYPE_OBJECT, .doc = "api.frameworks.leftOut", MP_PROPERTIES(out_members) };
static const mp_property   list_members[] = {
    { "value", MP_TYPE_ARRAY, .is_required = true, .shape = &brief_shape, .max = 1000, .doc = "api.list.value" },
    { "leftOut", MP_TYPE_ARRAY, .shape = &out_shape, .doc = "api.frameworks.leftOut" },
};
static const mp_json_shape list_shape = { .type = MP_TYPE_OBJECT, .doc = "api.list", MP_PROPERTIES(list_members) };
static const mp_json_shape framework_shape = {
    .name = "Framework", .type = MP_TYPE_OBJECT, .is_open = true, .doc = "api.frameworks.framework"
};
static const mp_json_shape control_shape = {
    .name = "Control", .type = MP_TYPE_OBJECT, .is_open = true, .doc = "api.frameworks.control"
};
static const mp_json_shape difference_shape = {
    .name = "FrameworkDifference", .type = MP_TYPE_OBJECT, .is_open = true, .doc = "api.frameworks.difference"
};

static const mp_param scheme_params[] = {
    { .name = "scheme", .type = MP_TYPE_STRING, .max = 100, .doc = "api.frameworks.param.scheme" },
};
static const mp_param difference_params[] = {
    { .name = "with", .type = MP_TYPE_STRING, .max = 200, .is_required = true, .doc = "api.frameworks.param.with" },
    { .name = "same", .type = MP_TYPE_BOOLEAN, .doc = "api.frameworks.param.same" },
};

/* Those that are stored and do not go with what comes with this version of Mapae. */
static void write_out(mp_jsonw *w, const mp_held *held)
{
    mp_jsonw_key(w, MP_S("leftOut"));
    mp_jsonw_array(w);
    for (size_t i = 0; i < held->out_count; i++) {
        mp_jsonw_object(w);
        mp_jsonw_put_str(w, "id", held->out[i].id);
        mp_jsonw_put_str(w, "why", held->out[i].why);
        mp_jsonw_end(w);
    }
    mp_jsonw_end(w);
}

static mp_code list_frameworks(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    const mp_held *held;
    mp_jsonw       w;
    MP_TRY(mp_held_take(&held, mp_controls_of(app)->holding, err));
    mp_jsonw_init(&w, request->arena);
    mp_jsonw_object(&w);
    mp_jsonw_key(&w, MP_S("value"));
    mp_jsonw_array(&w);
    for (size_t i = 0; i < held->all.count; i++)
        mp_framework_show_brief(&w, &held->all, &held->all.of[i]);
    mp_jsonw_end(&w);
    if (held->out_count)
        write_out(&w, held);
    mp_jsonw_end(&w);
    mp_code code = mp_respond_json(request, response, 200, mp_jsonw_done(&w), err);
    mp_held_drop(held); /* the answer is text by now */
    return code;
}

static mp_code write_framework(mp_jsonw *w, const mp_frameworks *all, mp_http_request *request, mp_error *err)
{
    mp_side side;
    MP_TRY(mp_asked_framework(&side, all, request, err));
    mp_framework_show(w, all, side.framework, side.scheme);
    return MP_OK;
}

static mp_code get_framework(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    return mp_answer_framework(app, request, response, write_framework, err);
}

static mp_code write_control(mp_jsonw *w, const mp_frameworks *all, mp_http_request *request, mp_error *err)
{
    mp_side side;
    mp_str  name = mp_http_param(request, "control");
    MP_TRY(mp_asked_framework(&side, all, request, err));
    const mp_control *control;
    MP_TRY(mp_framework_has(&control, side.framework, MP_MISSING, name, err));
    mp_control_show_whole(w, all, side.framework, side.scheme, control);
    return MP_OK;
}

static mp_code get_control(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    return mp_answer_framework(app, request, response, write_control, err);
}

static mp_code write_difference(mp_jsonw *w, const mp_frameworks *all, mp_http_request *request, mp_error *err)
{
    mp_side       from, to;
    mp_difference difference;
    MP_TRY(mp_asked_side(&from, all, mp_http_param(request, "framework"), err));
    MP_TRY(mp_asked_side(&to, all, mp_http_query(request, MP_S("with")), err));
    MP_TRY(mp_difference_make(&difference, all, &from, &to, request->arena, err));
    mp_difference_show(w, &difference, mp_str_eq(mp_http_query(request, MP_S("same")), MP_S("true")));
    return MP_OK;
}

static mp_code get_difference(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    return mp_answer_framework(app, request, response, write_difference, err);
}

/* ---- the table ---- */

#define SUMMARY(name_) .tag = "frameworks", .summary = "api.frameworks." name_
#define ONE "/frameworks/{framework}"

const mp_route mp_routes_frameworks[MP_ROUTES_FRAMEWORKS] = {
    API(MP_GET, "/frameworks", MP_SIGNED_IN, list_frameworks, SUMMARY("list"), .answer = &list_shape),
    API(MP_GET, ONE, MP_SIGNED_IN, get_framework, SUMMARY("get"), PARAMS(scheme_params), .answer = &framework_shape),
    API(MP_GET, ONE "/controls/{control}", MP_SIGNED_IN, get_control, SUMMARY("getControl"), PARAMS(scheme_params), .answer = &control_shape),
    API(MP_GET, ONE "/differences", MP_SIGNED_IN, get_difference, SUMMARY("compare"), PARAMS(difference_params), .answer = &difference_shape, .rate = MP_RATE_HEAVY),
};
