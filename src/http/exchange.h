/* SPDX-License-Identifier: Apache-2.0 */
/* exchange.h - one request and its answer, step by step. The server reads the body between the steps;
 * mp_router_answer() takes them in a row. Each step returns MP_OK or how it failed, which also stands in
 * `ended`; after a failure mp_exchange_end() is next.
 *
 *   begin   id, language, time
 *   head    target, route: never waits
 *   admit   the guard; query; size and type of the body that is to come
 *   piece   of the body, as often as there is one
 *   handle  the body read; the handler
 *   end     the answer of a failure; settle, which may wait; headers. In any case, once. */
#ifndef MAPAE_HTTP_EXCHANGE_H
#define MAPAE_HTTP_EXCHANGE_H

#include "router.h"

#define MP_BODY_MAX (1024 * 1024) /* of a route that says nothing else */
#define MP_BODY_DEPTH 64

typedef struct mp_exchange {
    const mp_router  *router;
    mp_http_request  *request;
    mp_http_response *response;
    mp_error          ended;         /* code MP_OK: well so far */
    mp_str            pointer;       /* of the value at fault */
    mp_str            allowed;       /* methods, for 405 and OPTIONS */
    mp_buf            body;
    uint64_t          body_bytes;    /* that came so far */
    unsigned          status;        /* more exact than the code's; 0: the code's */
    unsigned          retry_seconds;
    bool              is_unsettled;  /* end() must not wait: the guard does not settle it */
    bool              is_streaming;  /* route->stream_end is owed */
    bool              is_over;       /* an answer stands without a handler: OPTIONS */
} mp_exchange;

void mp_exchange_begin(mp_exchange *x, const mp_router *router, mp_http_request *request, mp_http_response *response);
MP_MUST_CHECK mp_code mp_exchange_head(mp_exchange *x);
/* `length` of the body: -1 when only its end will tell. */
MP_MUST_CHECK mp_code mp_exchange_admit(mp_exchange *x, int64_t length);
MP_MUST_CHECK mp_code mp_exchange_piece(mp_exchange *x, mp_str piece);
MP_MUST_CHECK mp_code mp_exchange_handle(mp_exchange *x);
void                  mp_exchange_end(mp_exchange *x);
/* `end` was not reached, the client went: let go what is held. Harmless after it. */
void                  mp_exchange_drop(mp_exchange *x);

/* Fail with a status of its own: mp_exchange_fail(x, 503, mp_fail(&x->ended, MP_UNAVAILABLE, ...)). */
mp_code mp_exchange_fail(mp_exchange *x, unsigned status, mp_code code);

#endif
