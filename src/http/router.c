/* SPDX-License-Identifier: Apache-2.0 */
#include "router.h"

#include "exchange.h"

#define PIECE 65536

/* The body in pieces as a server would read it, so that a route that streams sees the same. */
static mp_code give_body(mp_exchange *x, mp_str body)
{
    for (; body.len; body = mp_str_skip(body, PIECE))
        MP_TRY(mp_exchange_piece(x, mp_str_of(body.ptr, body.len < PIECE ? body.len : PIECE)));
    return MP_OK;
}

static mp_code take_steps(mp_exchange *x, mp_str body)
{
    MP_TRY(mp_exchange_head(x));
    if (x->is_over)
        return MP_OK;
    MP_TRY(mp_exchange_admit(x, (int64_t)body.len));
    MP_TRY(give_body(x, body));
    return mp_exchange_handle(x);
}

void mp_router_answer(const mp_router *router, mp_http_request *request, mp_http_response *response)
{
    mp_exchange x;
    mp_str      body = request->body;
    request->body = MP_S("");
    mp_exchange_begin(&x, router, request, response);
    mp_code code = take_steps(&x, body);
    x.ended.code = code;
    mp_exchange_end(&x);
    if (request->method == MP_HEAD)
        response->body = MP_S("");
}
