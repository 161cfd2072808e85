/* SPDX-License-Identifier: Apache-2.0 */
/* openapi_operation.h - one route as an operation of OpenAPI, and the answers that all share. Private to api. */
#ifndef MAPAE_API_OPENAPI_OPERATION_H
#define MAPAE_API_OPENAPI_OPERATION_H

#include "openapi.h"

/* The id of an operation: "users_list" of the summary "api.users.list". */
mp_str mp_openapi_id(mp_arena *arena, const mp_route *route);
/* A member "get", "post"... of a path's object. */
void mp_openapi_operation(mp_jsonw *w, const mp_router *router, const mp_route *route, mp_lang lang, mp_arena *arena);
/* components/responses */
void mp_openapi_responses(mp_jsonw *w, mp_lang lang, mp_arena *arena);

#endif
