/* SPDX-License-Identifier: Apache-2.0 */
/* framework_asked.h - routes about one framework: which one is meant, and its answer as JSON. Private to
 * controls. */
#ifndef MAPAE_CONTROLS_FRAMEWORK_ASKED_H
#define MAPAE_CONTROLS_FRAMEWORK_ASKED_H

#include "app.h"
#include "framework_difference.h"

/* What people call a framework, maybe with a scheme: "csap", "csap-iaas". Fails with MP_MISSING. */
MP_MUST_CHECK mp_code mp_asked_side(mp_side *out, const mp_frameworks *all, mp_str name, mp_error *err);
/* Of the path ({framework}), with ?scheme in place of what the name says of it. Fails with MP_MISSING. */
MP_MUST_CHECK mp_code mp_asked_framework(mp_side *out, const mp_frameworks *all, mp_http_request *request,
                                         mp_error *err);

/* Writes the answer; the frameworks stay while it does. */
typedef mp_code (*mp_framework_fn)(mp_jsonw *w, const mp_frameworks *all, mp_http_request *request,
                                   mp_error *err);
MP_MUST_CHECK mp_code mp_answer_framework(mp_app *app, mp_http_request *request, mp_http_response *response,
                                          mp_framework_fn fn, mp_error *err);

#endif
