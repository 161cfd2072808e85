/* SPDX-License-Identifier: Apache-2.0 */
/* signed_in.h - the answer of every step of a sign-in: the session's cookie, and what is next. Private to api. */
#ifndef MAPAE_API_SIGNED_IN_H
#define MAPAE_API_SIGNED_IN_H

#include "routes.h"
#include "sign_in.h"

extern const mp_json_shape mp_shape_signed_in;

/* {"next", "factors", "csrf", "expiresAt", "userId"}, and Set-Cookie when the session has a new value. */
MP_MUST_CHECK mp_code mp_respond_signed_in(mp_http_request *request, mp_http_response *response, const mp_signed_in *in,
                                           mp_error *err);
/* Set-Cookie alone. Fails with MP_NOMEM. */
MP_MUST_CHECK mp_code mp_respond_session(mp_http_request *request, mp_http_response *response, mp_str value,
                                         mp_error *err);
/* Away with it. */
void mp_respond_no_session(mp_http_response *response);
/* A time as text in the arena; empty for 0, or when memory is short. */
mp_str mp_time_of(mp_arena *arena, mp_ticks t);

#endif
