/* SPDX-License-Identifier: Apache-2.0 */
/* compliance_routes.h - what our own API answers about policies, the recorded estate and its verdicts. Private to
 * compliance. */
#ifndef MAPAE_COMPLIANCE_ROUTES_H
#define MAPAE_COMPLIANCE_ROUTES_H

#include "app.h"

#define MP_BATCH_DOCUMENTS 500 /* of one request */

#define MP_ROUTES_ALIASES 3
extern const mp_route mp_routes_aliases[MP_ROUTES_ALIASES];
#define MP_ROUTES_ANSWERS 4
extern const mp_route mp_routes_answers[MP_ROUTES_ANSWERS];
#define MP_ROUTES_ADMISSION 1
extern const mp_route mp_routes_admission[MP_ROUTES_ADMISSION];
#define MP_ROUTES_REMEDIATIONS 7
extern const mp_route mp_routes_remediations[MP_ROUTES_REMEDIATIONS];
#define MP_ROUTES_PAST 4
extern const mp_route mp_routes_past[MP_ROUTES_PAST];
#define MP_ROUTES_SCANS 3
extern const mp_route mp_routes_scans[MP_ROUTES_SCANS];
extern const mp_routes mp_compliance_routes[]; /* ends with {NULL,0} */

/* An id of the query as a key; empty without one. */
MP_MUST_CHECK mp_code mp_query_key(mp_str *out, mp_http_request *request, const char *name, mp_error *err);

/* Who asks may read what stands there, whatever it is. Fails with MP_DENIED, MP_PARAMETER (no id), MP_NOMEM. */
MP_MUST_CHECK mp_code mp_require_reading(mp_app *app, mp_http_request *request, mp_str id, mp_error *err);

#endif
