/* SPDX-License-Identifier: Apache-2.0 */
#include "demo_routes.h"

#include <stdlib.h>
#include <unistd.h>

/* ---- guard: "authorization: Bearer good" may everything, another one nothing; "x-slow-down: 7" is a rate ---- */

static mp_code admit(void *app, mp_http_request *request, unsigned *retry_seconds, mp_error *err)
{
    struct demo *demo = app;
    mp_str       bearer = mp_http_header(request, MP_S("authorization"));
    demo->admitted++;
    request->who = demo;
    if (mp_http_header(request, MP_S("x-slow-down")).len) {
        *retry_seconds = 7;
        return mp_fail(err, MP_BUSY, MP_NOWHERE, "slow down");
    }
    if (strcmp(request->route->action, MP_ANYONE) == 0 || request->is_local || mp_str_eq(bearer, MP_S("Bearer good")))
        return MP_OK;
    demo->refused++;
    if (bearer.len)
        return mp_fail(err, MP_DENIED, MP_NOWHERE, "not you");
    return mp_fail(err, MP_CREDENTIALS, MP_NOWHERE, "who are you");
}

static mp_str identity(void *app, const mp_http_request *request)
{
    (void)app;
    return mp_http_header(request, MP_S("authorization"));
}

static mp_code settle(void *app, mp_http_request *request, mp_http_response *response, const mp_error *ended, mp_error *err)
{
    struct demo *demo = app;
    (void)request;
    (void)response;
    demo->settled++;
    demo->last_ended = ended->code;
    if (demo->is_settle_broken)
        return mp_fail(err, MP_FULL, MP_NOWHERE, "no room for the leaf");
    return MP_OK;
}

const mp_guard demo_guard = { .admit = admit, .identity = identity, .settle = settle };

/* ---- handlers ---- */

static mp_code hello(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    struct demo *demo = app;
    mp_jsonw     w;
    demo->handled++;
    mp_jsonw_init(&w, request->arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "path", request->path);
    mp_jsonw_put_str(&w, "route", mp_str_from(request->route->path));
    mp_jsonw_put_str(&w, "client", request->client);
    mp_jsonw_key(&w, MP_S("params"));
    mp_jsonw_array(&w);
    for (size_t i = 0; i < MP_PARAMS_MAX && request->params[i].ptr; i++)
        mp_jsonw_str(&w, request->params[i]);
    mp_jsonw_end(&w);
    mp_jsonw_end(&w);
    return mp_respond_json(request, response, response->status, mp_jsonw_done(&w), err);
}

static mp_code echo(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    struct demo *demo = app;
    demo->handled++;
    return mp_respond_json(request, response, response->status, request->json ? request->json : mp_json_make_null(), err);
}

static mp_code versioned(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    struct demo *demo = app;
    int64_t      expected;
    demo->handled++;
    if (request->method == MP_PUT) {
        MP_TRY(mp_http_expected(&expected, request, err));
        if (expected != -1 && expected != 7)
            return mp_fail(err, MP_CONFLICT, MP_NOWHERE, "somebody was faster");
    }
    if (mp_respond_etag(request, response, 7))
        return MP_OK;
    return mp_respond_json(request, response, 200, mp_json_make_int(request->arena, 7), err);
}

static mp_code fails(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    struct demo *demo = app;
    (void)response;
    demo->handled++;
    for (unsigned c = 1; c < MP_CODE_COUNT; c++)
        if (mp_str_eq(mp_http_param(request, "code"), mp_str_from(mp_code_name((mp_code)c))))
            return mp_fail(err, (mp_code)c, MP_NOWHERE, "it went wrong with a secret path");
    return MP_INTERNAL; /* without a word */
}

static mp_code take_piece(void *app, mp_http_request *request, mp_str piece, mp_error *err)
{
    struct demo *demo = app;
    if (!request->stream) {
        request->stream = demo;
        demo->streams_open++;
        demo->stream_bytes = 0;
    }
    demo->stream_bytes += (unsigned)piece.len;
    if (piece.len && memchr(piece.ptr, '!', piece.len))
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "no shouting");
    return MP_OK;
}

static void end_pieces(void *app, mp_http_request *request)
{
    struct demo *demo = app;
    if (request->stream)
        demo->streams_open--;
    request->stream = NULL;
}

static mp_code count_bytes(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    struct demo *demo = app;
    demo->handled++;
    return mp_respond_json(request, response, 200, mp_json_make_int(request->arena, demo->stream_bytes), err);
}

struct long_answer {
    struct demo *demo;
    uint64_t     bytes;
};

static int64_t more(void *ctx, uint64_t at, char *into, size_t max)
{
    struct long_answer *a = ctx;
    size_t              n = a->bytes - at < max ? (size_t)(a->bytes - at) : max;
    for (size_t i = 0; i < n; i++)
        into[i] = (char)('a' + (at + i) % 26);
    return (int64_t)n;
}

static void no_more(void *ctx)
{
    struct long_answer *a = ctx;
    a->demo->done_calls++;
    free(a);
}

static mp_code download(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    struct long_answer *a = malloc(sizeof(*a));
    if (!a)
        return mp_no_memory(err);
    a->demo = app;
    a->bytes = strtoull(mp_http_param(request, "bytes").ptr, NULL, 10);
    response->content_type = "application/octet-stream";
    response->more = more;
    response->done = no_more;
    response->ctx = a;
    return MP_OK;
}

/* Holds its worker until the test opens the gate. */
static mp_code wait_here(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    struct demo *demo = app;
    demo->gate_waiting++;
    while (!demo->is_gate_open)
        usleep(1000);
    demo->gate_waiting--;
    return mp_respond_json(request, response, 200, mp_json_make_bool(true), err);
}

static mp_code news(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    struct demo *demo = app;
    return mp_events_listen(demo->events, request, response, mp_http_param(request, "topic"), err);
}

static mp_code tell(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    struct demo *demo = app;
    response->status = 204;
    return mp_events_publish(demo->events, mp_http_param(request, "topic"), MP_S("told"), request->json, err);
}

static mp_code page(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    (void)app;
    (void)request;
    (void)err;
    response->content_type = "text/html; charset=utf-8";
    response->body = MP_S("<!doctype html><title>demo</title>");
    mp_respond_header(response, MP_S("content-security-policy"), MP_S("default-src 'self'"));
    mp_respond_header(response, MP_S("cache-control"), MP_S("max-age=60"));
    mp_respond_header(response, MP_S("x-bad"), MP_S("a\r\nx-evil: 1"));
    return MP_OK;
}

/* ---- another face ---- */

static void other_fail(mp_http_request *request, mp_http_response *response, const mp_error *err, mp_str pointer)
{
    (void)pointer;
    response->content_type = "application/json";
    response->body = mp_arena_printf(request->arena, "{\"error\":{\"code\":\"%s\"}}", mp_code_name(err->code));
}

static void other_finish(mp_http_request *request, mp_http_response *response)
{
    (void)request;
    mp_respond_header(response, MP_S("x-other"), MP_S("yes"));
}

static const mp_face other_face = { "other", other_fail, other_finish };

/* ---- tables ---- */

static const char *const colours[] = { "red", "green", NULL };

static const mp_property inner_members[] = {
    { "when", .type = MP_TYPE_TIME },
    { "link", .type = MP_TYPE_URI, .may_be_null = true },
};
static const mp_json_shape inner_shape = { .name = "Inner", .type = MP_TYPE_OBJECT, MP_PROPERTIES(inner_members) };
static const mp_json_shape guid_shape = { .type = MP_TYPE_GUID };

static const mp_property thing_members[] = {
    { "name", .type = MP_TYPE_STRING, .is_required = true, .min = 1, .max = 20 },
    { "size", .type = MP_TYPE_INTEGER, .min = 1, .max = 100 },
    { "colour", .type = MP_TYPE_STRING, .values = colours },
    { "groups", .type = MP_TYPE_ARRAY, .shape = &guid_shape, .max = 3 },
    { "inner", .type = MP_TYPE_OBJECT, .shape = &inner_shape, .may_be_null = true },
    { "id", .type = MP_TYPE_GUID, .is_read_only = true },
    { "secret", .type = MP_TYPE_STRING, .is_write_only = true },
    { "mail", .type = MP_TYPE_EMAIL },
    { "key", .type = MP_TYPE_BASE64URL },
    { "hash", .type = MP_TYPE_SHA256 },
    { "is/odd~", .type = MP_TYPE_BOOLEAN },
    { "weight", .type = MP_TYPE_NUMBER },
    { "any", .type = MP_TYPE_ANY },
};
static const mp_json_shape thing_shape = { .name = "Thing", .type = MP_TYPE_OBJECT, MP_PROPERTIES(thing_members) };
static const mp_json_shape open_shape = { .type = MP_TYPE_OBJECT, .is_open = true };

static const mp_param list_params[] = {
    { "state", .type = MP_TYPE_STRING, .values = colours },
    { "top", .type = MP_TYPE_INTEGER, .min = 1, .max = 100 },
    { "after", .type = MP_TYPE_STRING },
    { "asOf", .type = MP_TYPE_TIME },
    { "all", .type = MP_TYPE_BOOLEAN },
};
static const mp_param need_params[] = { { "index", .type = MP_TYPE_INTEGER, .is_required = true } };
static const mp_param id_params[] = { { "id", .type = MP_TYPE_GUID } };

static const mp_route own_routes[] = {
    MP_ROUTE(MP_GET, "/", MP_ANYONE, hello, .is_quick = true),
    MP_ROUTE(MP_GET, "/healthz", MP_ANYONE, hello, .is_quick = true, .rate = MP_RATE_FREE),
    MP_ROUTE(MP_GET, "/page", MP_ANYONE, page),
    MP_ROUTE(MP_GET, "/api/v1/things", MP_ANYONE, hello, .params = list_params, .param_count = MP_COUNT(list_params)),
    MP_ROUTE(MP_POST, "/api/v1/things", "Demo/things/write", echo, .body = &thing_shape, .status = 201, .body_max = 100000),
    MP_ROUTE(MP_GET, "/api/v1/things/mine", MP_ANYONE, hello),
    MP_ROUTE(MP_GET, "/api/v1/things/{name}", MP_ANYONE, versioned),
    MP_ROUTE(MP_PUT, "/api/v1/things/{name}", MP_ANYONE, versioned, .body = &open_shape),
    MP_ROUTE(MP_DELETE, "/api/v1/things/{name}", "Demo/things/delete", hello),
    MP_ROUTE(MP_GET, "/api/v1/things/{name}/parts/{part}", MP_ANYONE, hello),
    MP_ROUTE(MP_GET, "/api/v1/items/{id}", MP_ANYONE, hello, .params = id_params, .param_count = 1),
    MP_ROUTE(MP_GET, "/api/v1/files/{path...}", MP_ANYONE, hello),
    MP_ROUTE(MP_GET, "/api/v1/need", MP_ANYONE, hello, .params = need_params, .param_count = 1),
    MP_ROUTE(MP_POST, "/api/v1/form", MP_ANYONE, echo, .is_form = true, .is_open_query = true, .rate = MP_RATE_SIGN_IN),
    MP_ROUTE(MP_GET, "/api/v1/fails/{code}", MP_ANYONE, fails),
    MP_ROUTE(MP_POST, "/api/v1/bytes", "Demo/bytes/write", count_bytes, .stream = take_piece, .stream_end = end_pieces,
             .body_max = 64 * 1024 * 1024),
    MP_ROUTE(MP_GET, "/api/v1/download/{bytes}", MP_ANYONE, download),
    MP_ROUTE(MP_GET, "/api/v1/wait", MP_ANYONE, wait_here),
    MP_ROUTE(MP_POST, "/api/v1/heavy", MP_ANYONE, wait_here, .rate = MP_RATE_HEAVY),
    MP_ROUTE(MP_GET, "/api/v1/news/{topic}", MP_ANYONE, news),
    MP_ROUTE(MP_POST, "/api/v1/news/{topic}", MP_ANYONE, tell, .body = &open_shape),
};

static const mp_route other_routes[] = {
    MP_ROUTE(MP_GET, "/subscriptions/{id}", MP_ANYONE, hello, .face = &other_face, .is_open_query = true),
    MP_ROUTE(MP_GET, "/{scope...}", "Demo/scopes/read", hello, .face = &other_face),
};

const mp_routes demo_routes[] = {
    { own_routes, MP_COUNT(own_routes) },
    { other_routes, MP_COUNT(other_routes) },
    { NULL, 0 },
};
