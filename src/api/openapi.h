/* SPDX-License-Identifier: Apache-2.0 */
/* openapi.h - the description of the API (OpenAPI 3.1), written from the tables of routes and shapes. */
#ifndef MAPAE_API_OPENAPI_H
#define MAPAE_API_OPENAPI_H

#include "http.h"

typedef struct mp_openapi mp_openapi;

MP_MUST_CHECK mp_code mp_openapi_new(mp_openapi **out, mp_error *err);
void                  mp_openapi_free(mp_openapi *openapi); /* NULL is fine */
/* The document as JSON text, made at the first call for each language and then kept: borrowed from `openapi`.
 * Any thread. `base`: URL of the server. */
MP_MUST_CHECK mp_code mp_openapi_text(mp_str *out, mp_openapi *openapi, const mp_router *router, mp_lang lang,
                                      const char *base, mp_error *err);
/* The document as a value, in the arena. */
MP_MUST_CHECK mp_code mp_openapi_write(const mp_json **out, const mp_router *router, mp_lang lang, const char *base,
                                       mp_arena *arena, mp_error *err);

/* "/a/{rest...}" as OpenAPI has it: "/a/{rest}". {NULL,0} when memory is short. */
mp_str mp_openapi_path(mp_arena *arena, mp_str path);
/* The shapes of errors, which stand in no table of routes: a problem, an error of OAuth. */
#define MP_OPENAPI_ERRORS 2
extern const mp_json_shape *const mp_openapi_errors[MP_OPENAPI_ERRORS];

#endif
