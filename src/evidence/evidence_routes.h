/* SPDX-License-Identifier: Apache-2.0 */
/* evidence_routes.h - what our own API answers about evidence and controls. Private to evidence. */
#ifndef MAPAE_EVIDENCE_ROUTES_H
#define MAPAE_EVIDENCE_ROUTES_H

#include "evidence_system.h"

#define MP_ROUTES_EVIDENCE_LINKS 6
extern const mp_route mp_routes_evidence_links[MP_ROUTES_EVIDENCE_LINKS];
#define MP_ROUTES_SHARES 11
extern const mp_route mp_routes_shares[MP_ROUTES_SHARES];
#define MP_ROUTES_SHARE_USES 1
extern const mp_route mp_routes_share_uses[MP_ROUTES_SHARE_USES];
#define MP_ROUTES_PACKAGES 1
extern const mp_route mp_routes_packages[MP_ROUTES_PACKAGES];
#define MP_ROUTES_CHECK 1
extern const mp_route mp_routes_check[MP_ROUTES_CHECK];
#define MP_ROUTES_DUE 3
extern const mp_route mp_routes_due[MP_ROUTES_DUE];
extern const mp_routes mp_evidence_routes[]; /* ends with {NULL,0} */

/* A framework and a control of it as people call them (mp_framework_named, mp_framework_control). Fails with
 * MP_PARAMETER. */
MP_MUST_CHECK mp_code mp_named_framework(const mp_framework **out, const mp_frameworks *all, mp_str name, mp_error *err);
MP_MUST_CHECK mp_code mp_named_control(const mp_control **out, const mp_framework *framework, mp_str name, mp_error *err);

/* May who asks do `action` for this measure (empty: for the installation), where it was as of then? Fails with
 * MP_DENIED; and with MP_MISSING for one that he may not read, as for one that is not there. */
MP_MUST_CHECK mp_code mp_require_for_measure(mp_app *app, mp_http_request *request, const char *action, mp_str measure,
                                             mp_ticks as_of, mp_error *err);
/* What was asked about: so that a write can ask whether it is still so. */
typedef struct mp_measure_asked {
    mp_str        measure; /* empty: none */
    const mp_str *scopes;
    size_t        count;
} mp_measure_asked;
MP_MUST_CHECK mp_code mp_require_measure(mp_measure_asked *out, mp_app *app, mp_http_request *request, const char *action,
                                         mp_str measure, mp_ticks as_of, mp_error *err);

/* May who asks do `action` (NULL: the route's own) wherever the pieces of a share belong? Who may not even see it is answered as if there
 * were none (`share` NULL): MP_DENIED of the installation, and MP_MISSING for whoever may do it there. Else fails with MP_DENIED. */
MP_MUST_CHECK mp_code mp_share_require_of(const mp_record *share, mp_app *app, mp_http_request *request,
                                          const char *action, mp_error *err);
/* The same with the record of this id. */
MP_MUST_CHECK mp_code mp_share_require(mp_record *out, mp_app *app, mp_http_request *request, const char *action,
                                       mp_str id, mp_error *err);
#endif
