/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange.h"

#include "language.h"
#include "params.h"
#include "respond.h"
#include "secret.h"
#include "target.h"

/* The order is the point: nothing of a stranger's body is kept before the guard has said yes, nothing runs
 * before the body has its shape, and no answer leaves before it is settled. */

void mp_exchange_begin(mp_exchange *x, const mp_router *router, mp_http_request *request, mp_http_response *response)
{
    *x = (mp_exchange){ .router = router, .request = request, .response = response };
    *response = (mp_http_response){ .status = 200 };
    if (!request->id[0] && mp_guid(request->id, NULL) != MP_OK)
        memcpy(request->id, "00000000-0000-0000-0000-000000000000", sizeof request->id);
    if (!request->started)
        request->started = mp_clock_now();
    request->lang = mp_language_of(mp_http_header(request, MP_S("accept-language")));
}

mp_code mp_exchange_fail(mp_exchange *x, unsigned status, mp_code code)
{
    x->ended.code = code;
    x->status = status;
    return code;
}

/* What a step returned; a callee may have left the error unfilled. */
static mp_code ended(mp_exchange *x, mp_code code)
{
    if (code != MP_OK && x->ended.code != code)
        mp_fail(&x->ended, code, MP_NOWHERE, "the request failed");
    return code;
}

/* ---- head ---- */

mp_code mp_exchange_head(mp_exchange *x)
{
    mp_http_request *request = x->request;
    mp_code          code = mp_router_match(&x->allowed, x->router, request, &x->ended);
    if (code == MP_UNSUPPORTED && request->method == MP_OPTIONS) {
        x->ended = (mp_error){ 0 };
        x->is_over = true;
        x->response->status = 204;
        mp_respond_header(x->response, MP_S("allow"), x->allowed);
        return MP_OK;
    }
    if (code == MP_UNSUPPORTED)
        return mp_exchange_fail(x, 405, code);
    if (code == MP_LIMIT)
        return mp_exchange_fail(x, 414, code);
    if (code != MP_OK)
        return ended(x, code);
    x->response->status = request->route->status ? request->route->status : 200;
    return MP_OK;
}

/* ---- admit ---- */

static size_t body_max(const mp_route *route)
{
    return route->body_max ? route->body_max : MP_BODY_MAX;
}

static bool reads_json(const mp_route *route)
{
    return route->body && !route->is_form && !route->stream;
}

/* "application/json; charset=utf-8" without what follows the semicolon. */
static mp_str media_type(mp_str value)
{
    size_t semicolon = mp_str_find(value, ';');
    return mp_str_trim(mp_str_of(value.ptr, semicolon == SIZE_MAX ? value.len : semicolon));
}

static bool is_json_type(mp_str type)
{
    return mp_str_eq_fold(type, MP_S("application/json")) ||
           (mp_str_starts_fold(type, MP_S("application/")) && mp_str_ends_fold(type, MP_S("+json")));
}

static mp_code check_body_head(mp_exchange *x, int64_t length)
{
    const mp_route *route = x->request->route;
    if (length > 0 && (uint64_t)length > body_max(route))
        return mp_exchange_fail(x, 413,
                                mp_fail(&x->ended, MP_LIMIT, MP_NOWHERE, "the body is %lld bytes; the most is %zu",
                                        (long long)length, body_max(route)));
    mp_str type = media_type(mp_http_header(x->request, MP_S("content-type")));
    if (length == 0 || (!route->is_form && !reads_json(route)))
        return MP_OK;
    if (route->is_form ? mp_str_eq_fold(type, MP_S("application/x-www-form-urlencoded")) : is_json_type(type))
        return MP_OK;
    return mp_exchange_fail(x, 415,
                            mp_fail(&x->ended, MP_FORMAT, MP_NOWHERE, "the body is of type '%.*s'; wanted is %s",
                                    MP_FMT(type),
                                    route->is_form ? "application/x-www-form-urlencoded" : "application/json"));
}

mp_code mp_exchange_admit(mp_exchange *x, int64_t length)
{
    const mp_router *router = x->router;
    mp_code code = router->guard.admit(router->app, x->request, &x->retry_seconds, &x->ended);
    if (code != MP_OK)
        return ended(x, code);
    MP_TRY(ended(x, mp_params_check(x->request, &x->ended)));
    return check_body_head(x, length);
}

/* ---- body ---- */

mp_code mp_exchange_piece(mp_exchange *x, mp_str piece)
{
    const mp_route *route = x->request->route;
    if (x->is_over || piece.len == 0)
        return MP_OK;
    if (__builtin_add_overflow(x->body_bytes, piece.len, &x->body_bytes) || x->body_bytes > body_max(route))
        return mp_exchange_fail(
            x, 413, mp_fail(&x->ended, MP_LIMIT, MP_NOWHERE, "the body is over %zu bytes", body_max(route)));
    if (route->stream) {
        x->is_streaming = true;
        return ended(x, route->stream(x->router->app, x->request, piece, &x->ended));
    }
    if (!route->body && !route->is_form && !route->is_raw)
        return MP_OK; /* nobody reads it */
    mp_buf_add(&x->body, piece);
    return x->body.failed ? mp_no_memory(&x->ended) : MP_OK;
}

static mp_code read_json(mp_exchange *x)
{
    static const mp_json_options options = { .max_depth = MP_BODY_DEPTH, .reject_duplicates = true };
    mp_http_request *request = x->request;
    mp_json_doc     *doc = NULL;
    const mp_json   *root = NULL;
    MP_TRY(mp_json_doc_new(&doc, &x->ended));
    mp_code code = mp_json_read(doc, &root, request->body, &options, NULL, &x->ended);
    if (code == MP_OK && !(request->json = mp_arena_keep_json(request->arena, root, request->body)))
        code = mp_no_memory(&x->ended);
    mp_json_doc_free(doc);
    return code == MP_LIMIT ? mp_exchange_fail(x, 400, code) : code;
}

static mp_code read_body(mp_exchange *x)
{
    mp_http_request *request = x->request;
    const mp_route  *route = request->route;
    request->body = mp_arena_dup(request->arena, mp_buf_str(&x->body));
    mp_buf_free(&x->body);
    if (!request->body.ptr)
        return mp_no_memory(&x->ended);
    if (route->is_form)
        MP_TRY(mp_form_read(&request->json, request->body, request->arena, &x->ended));
    else if (reads_json(route) && request->body.len)
        MP_TRY(read_json(x));
    if (!route->body || (!request->json && route->body->may_be_null))
        return MP_OK;
    if (!request->json)
        return mp_fail(&x->ended, MP_PARAMETER, MP_NOWHERE, "there is no body; this route wants one");
    return mp_json_shape_check(&x->pointer, route->body, request->json, request->arena, &x->ended);
}

/* ---- handle ---- */

static mp_code run(mp_exchange *x)
{
    mp_http_request *request = x->request;
    const mp_route  *route = request->route;
    if (route->stream) {
        x->is_streaming = true;
        MP_TRY(route->stream(x->router->app, request, MP_S(""), &x->ended));
    } else {
        MP_TRY(read_body(x));
    }
    return route->handler(x->router->app, request, x->response, &x->ended);
}

mp_code mp_exchange_handle(mp_exchange *x)
{
    return x->is_over ? MP_OK : ended(x, run(x));
}

/* ---- end ---- */

static void end_stream(mp_exchange *x)
{
    if (x->is_streaming && x->request->route->stream_end)
        x->request->route->stream_end(x->router->app, x->request);
    x->is_streaming = false;
}

static const mp_face *face_of(const mp_exchange *x)
{
    const mp_route *route = x->request->route;
    if (!route)
        return mp_router_face(x->router, x->request);
    return route->face ? route->face : &mp_face_problem;
}

static unsigned failed_status(const mp_exchange *x)
{
    bool is_conditional =
        mp_http_header(x->request, MP_S("if-match")).len || mp_http_header(x->request, MP_S("if-none-match")).len;
    if (x->status)
        return x->status;
    if ((x->ended.code == MP_CONFLICT || x->ended.code == MP_EXISTS) && is_conditional && !x->request->is_as_expected)
        return 412;
    return mp_http_status_of(x->ended.code);
}

/* The answer becomes the failure; what the handler had made of it is let go. */
static void fail(mp_exchange *x)
{
    mp_http_response *response = x->response;
    bool              is_noted = response->is_noted;
    if (response->done)
        response->done(response->ctx);
    *response = (mp_http_response){ .status = failed_status(x), .is_noted = is_noted };
    face_of(x)->fail(x->request, response, &x->ended, x->pointer);
    if (response->status == 405 && x->allowed.len)
        mp_respond_header(response, MP_S("allow"), x->allowed);
    if (response->status == 401 && !mp_response_header(response, MP_S("www-authenticate")))
        mp_respond_header(response, MP_S("www-authenticate"), MP_S("Bearer"));
    if ((response->status == 429 || response->status == 503) && !mp_response_header(response, MP_S("retry-after"))) {
        mp_str seconds = mp_arena_printf(x->request->arena, "%u", x->retry_seconds ? x->retry_seconds : 1);
        mp_respond_header(response, MP_S("retry-after"), seconds.ptr ? seconds : MP_S("1"));
    }
}

void mp_exchange_end(mp_exchange *x)
{
    const mp_guard *guard = &x->router->guard;
    mp_error        err = { 0 };
    end_stream(x);
    mp_buf_free(&x->body);
    if (x->ended.code != MP_OK)
        fail(x);
    if (!x->is_over && !x->is_unsettled) {
        mp_code code = guard->settle(x->router->app, x->request, x->response, &x->ended, &err);
        if (code != MP_OK) {
            x->ended = err;
            x->ended.code = code;
            x->status = 0;
            x->pointer = mp_str_of(NULL, 0);
            fail(x);
        }
    }
    if (face_of(x)->finish)
        face_of(x)->finish(x->request, x->response);
    mp_respond_common(x->request, x->response);
}

void mp_exchange_drop(mp_exchange *x)
{
    end_stream(x);
    mp_buf_free(&x->body);
}
