/* SPDX-License-Identifier: Apache-2.0 */
/* local_internal.h - what local.c and local_socket.c share. Private to api. */
#ifndef MAPAE_API_LOCAL_INTERNAL_H
#define MAPAE_API_LOCAL_INTERNAL_H

#include "local.h"

#define MP_LOCAL_ANSWER_MAX ((size_t)64 << 20) /* bytes of an answer that is kept in memory */

/* The headers that both ways send: at most 4. */
#define MP_LOCAL_HEADERS 4
MP_MUST_CHECK mp_code mp_local_headers(mp_pair out[MP_LOCAL_HEADERS], size_t *count, const mp_local_request *request,
                                       mp_lang lang, mp_arena *arena, mp_error *err);
/* Fill version, media type and json from header values and the body's text, which lives in the arena. */
MP_MUST_CHECK mp_code mp_local_fill(mp_local_answer *out, unsigned status, mp_str content_type, mp_str etag,
                                    mp_str text, mp_arena *arena, mp_error *err);

/* Does a server listen at `path`? */
bool mp_socket_answers(const char *path);
/* Fails with MP_UNAVAILABLE (nobody listens any more), ... */
MP_MUST_CHECK mp_code mp_socket_ask(mp_local_answer *out, const char *path, const mp_local_request *request,
                                    mp_lang lang, mp_arena *arena, mp_error *err);

#endif
