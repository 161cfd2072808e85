/* SPDX-License-Identifier: Apache-2.0 */
/* Our own API for how one is certified: which scheme a service needs, and what another certificate replaces.
 * Whoever is signed in may ask: the answers follow from the frameworks and from what is asked, and say nothing
 * of anybody's cloud. */
#include "certification_show.h"
#include "controls_routes.h"
#include "framework_asked.h"
#include "routes.h"

/* ---- shapes ---- */

static const mp_json_shape finder_shape = {
    .name = "SchemeFinder", .type = MP_TYPE_OBJECT, .is_open = true, .doc = "api.certification.finder"
};
static const mp_json_shape substitution_shape = {
    .name = "Substitution", .type = MP_TYPE_OBJECT, .is_open = true, .doc = "api.certification.substitution"
};
static const mp_param finder_params[] = {
    { .name = "answers", .type = MP_TYPE_STRING, .max = 4000, .doc = "api.certification.param.answers" },
};
static const mp_param scheme_params[] = {
    { .name = "scheme", .type = MP_TYPE_STRING, .max = 100, .doc = "api.frameworks.param.scheme" },
};

/* ---- the finder ---- */

/* "kind=software,system=existing" */
static mp_code read_answers(size_t *out, const mp_finder *finder, mp_str text, mp_error *err)
{
    for (size_t i = 0; i < finder->question_count; i++)
        out[i] = MP_NO_CHOICE;
    while (text.len) {
        size_t comma = mp_str_find(text, ','), equals;
        mp_str one = mp_str_of(text.ptr, comma == SIZE_MAX ? text.len : comma);
        text = comma == SIZE_MAX ? MP_S("") : mp_str_skip(text, comma + 1);
        equals = mp_str_find(one, '=');
        if (equals == SIZE_MAX)
            return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "'%.*s' is no answer; wanted is QUESTION=ANSWER",
                           MP_FMT(one));
        MP_TRY(mp_finder_answer(finder, out, mp_str_of(one.ptr, equals), mp_str_skip(one, equals + 1), err));
    }
    return MP_OK;
}

static mp_code write_found(mp_jsonw *w, const mp_frameworks *all, mp_http_request *request, mp_error *err)
{
    mp_side side;
    mp_found found;
    size_t answers[MP_FINDER_MAX];
    MP_TRY(mp_asked_framework(&side, all, request, err));
    const mp_finder *finder = side.framework->certification.finder;
    if (!finder)
        return mp_fail(err, MP_MISSING, MP_NOWHERE,
                       "for the framework '%.*s' there is nothing that finds a scheme",
                       MP_FMT(side.framework->id));
    MP_TRY(read_answers(answers, finder, mp_http_query(request, MP_S("answers")), err));
    MP_TRY(mp_finder_decide(&found, finder, answers, request->arena, err));
    mp_found_show(w, side.framework, answers, &found);
    return MP_OK;
}

static mp_code get_finder(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    return mp_answer_framework(app, request, response, write_found, err);
}

/* ---- substitution ---- */

static mp_code write_substitution(mp_jsonw *w, const mp_frameworks *all, mp_http_request *request,
                                  mp_error *err)
{
    mp_side side;
    MP_TRY(mp_asked_framework(&side, all, request, err));
    if (!side.framework->certification.substitution.property.len)
        return mp_fail(err, MP_MISSING, MP_NOWHERE,
                       "no other certificate replaces controls of the framework '%.*s'",
                       MP_FMT(side.framework->id));
    mp_substitution_show(w, side.framework, side.scheme);
    return MP_OK;
}

static mp_code get_substitution(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    return mp_answer_framework(app, request, response, write_substitution, err);
}

/* ---- the table ---- */

#define SUMMARY(name_) .tag = "frameworks", .summary = "api.certification." name_
#define ONE "/frameworks/{framework}"

const mp_route mp_routes_certification[MP_ROUTES_CERTIFICATION] = {
    API(MP_GET, ONE "/finder", MP_SIGNED_IN, get_finder, SUMMARY("find"), PARAMS(finder_params),
        .answer = &finder_shape),
    API(MP_GET, ONE "/substitution", MP_SIGNED_IN, get_substitution, SUMMARY("substitute"),
        PARAMS(scheme_params), .answer = &substitution_shape),
};
