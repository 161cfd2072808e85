/* SPDX-License-Identifier: Apache-2.0 */
/* document_answer.h - answers of JSON that may be had as documents: `?format=pdf|xlsx|html`, made by a form (src/paper).
 *
 *   static const mp_param params[] = { MP_DOCUMENT_PARAMS };                 of the route; its rate: MP_RATE_HEAVY
 *   return mp_respond_document(app, request, response, "gap-report", json, err);
 *
 * The form is DATA/forms/NAME.json when that is there, else the one that comes with Mapae. */
#ifndef MAPAE_API_DOCUMENT_ANSWER_H
#define MAPAE_API_DOCUMENT_ANSWER_H

#include "app.h"

extern const char *const mp_document_formats[]; /* "json", "pdf", "xlsx", "html" */
extern const char *const mp_document_langs[];

#define MP_ZONE_PARAM                                                                                          \
    { .name = "zone", .type = MP_TYPE_STRING, .max = 20, .doc = "api.document.zone" }
#define MP_DOCUMENT_PARAMS                                                                                     \
    { .name = "format", .type = MP_TYPE_STRING, .values = mp_document_formats, .doc = "api.document.format" }, \
    { .name = "lang", .type = MP_TYPE_STRING, .values = mp_document_langs, .doc = "api.document.lang" },  \
        MP_ZONE_PARAM

/* `json` (NULL fails with MP_NOMEM) as it is, or as the document that the query asks for: a file to save, in the
 * language of `lang` or else of the request, times in `zone` or else as paper_zone.h says. `form` NULL: there is none (MP_PARAMETER when one is asked for). Fails as
 * mp_paper_render() does. */
MP_MUST_CHECK mp_code mp_respond_document(mp_app *app, mp_http_request *request, mp_http_response *response,
                                          const char *form, const mp_json *json, mp_error *err);

#endif
