/* SPDX-License-Identifier: Apache-2.0 */
/* respond.h - what stands on every answer. */
#ifndef MAPAE_HTTP_RESPOND_H
#define MAPAE_HTTP_RESPOND_H

#include "http.h"

/* The first header of that name, or NULL. */
mp_pair *mp_response_header(mp_http_response *response, mp_str name);
/* Headers of security and the request's id; what the handler has set stays. */
void mp_respond_common(const mp_http_request *request, mp_http_response *response);

#endif
