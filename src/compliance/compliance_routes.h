/* SPDX-License-Identifier: Apache-2.0 */
/* compliance_routes.h - what our own API answers about policies, the recorded estate and its verdicts. Private to compliance. */
#ifndef MAPAE_COMPLIANCE_ROUTES_H
#define MAPAE_COMPLIANCE_ROUTES_H

#include "http.h"

#define MP_BATCH_DOCUMENTS 500 /* of one request */

extern const mp_routes mp_compliance_routes[]; /* ends with {NULL,0} */

#endif
