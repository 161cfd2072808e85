/* SPDX-License-Identifier: Apache-2.0 */
/* params.h - the query, and the parts of the path, against the route's table. */
#ifndef MAPAE_HTTP_PARAMS_H
#define MAPAE_HTTP_PARAMS_H

#include "http.h"

/* Fails with MP_PARAMETER: missing, of a wrong form, not known. */
MP_MUST_CHECK mp_code mp_params_check(const mp_http_request *request, mp_error *err);

#endif
