/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as a request to a table of routes, within the process: the first line is method and target, the next ones
 * are headers up to an empty line, the rest is the body.
 *
 * Properties: there is always an answer, with a status of HTTP, an id and no header that holds a line's end; what is
 * an error is a problem in JSON; the guard is asked before any handler and settles every request once, but for
 * OPTIONS of what is there; a path that was matched has no dots that climb, no control character, and is UTF-8; taken
 * as a target again it means the same. */
#include <stdlib.h>

#include "fuzz.h"
#include "http.h"
#include "request_text.h"
#include "secret.h"
#include "target.h"
#include "text.h"

struct seen {
    unsigned admitted, handled, settled, begun, ended;
};

static void require(bool condition)
{
    if (!condition)
        abort();
}

static mp_code admit(void *app, mp_http_request *request, unsigned *retry_seconds, mp_error *err)
{
    struct seen *seen = app;
    (void)retry_seconds;
    require(request->route != NULL && seen->handled == 0);
    seen->admitted++;
    return mp_http_header(request, MP_S("x-no")).len ? mp_fail(err, MP_DENIED, MP_NOWHERE, "not you") : MP_OK;
}

static mp_str identity(void *app, const mp_http_request *request)
{
    (void)app;
    return mp_http_cookie(request, MP_S("session"));
}

static mp_code settle(void *app, mp_http_request *request, mp_http_response *response, const mp_error *ended, mp_error *err)
{
    struct seen *seen = app;
    (void)request;
    (void)err;
    seen->settled++;
    require((ended->code == MP_OK) == (response->status < 400));
    return MP_OK;
}

static const mp_guard guard = { admit, identity, settle };

static mp_code handle(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    struct seen *seen = app;
    int64_t      expected;
    require(seen->admitted == 1 && seen->handled == 0);
    seen->handled++;
    require(mp_utf8_valid(request->path) && mp_str_find(request->path, '\0') == SIZE_MAX);
    require(mp_str_find_str(request->path, MP_S("/../")) == SIZE_MAX && !mp_str_ends(request->path, MP_S("/..")));
    MP_TRY(mp_http_expected(&expected, request, err));
    require(expected >= -1);
    if (mp_respond_etag(request, response, 7))
        return MP_OK;
    return mp_respond_json(request, response, response->status,
                           request->json ? request->json : mp_json_make_str(request->arena, request->path), err);
}

static mp_code take(void *app, mp_http_request *request, mp_str piece, mp_error *err)
{
    struct seen *seen = app;
    if (!request->stream)
        seen->begun++;
    request->stream = seen;
    return piece.len && piece.ptr[0] == '!' ? mp_fail(err, MP_FORMAT, MP_NOWHERE, "no shouting") : MP_OK;
}

static void end(void *app, mp_http_request *request)
{
    struct seen *seen = app;
    seen->ended += request->stream != NULL;
}

static const char *const    colours[] = { "red", "green", NULL };
static const mp_json_shape  guid = { .type = MP_TYPE_GUID };
static const mp_property    members[] = {
    { "name", .type = MP_TYPE_STRING, .is_required = true, .min = 1 }, { "when", .type = MP_TYPE_TIME },
    { "ids", .type = MP_TYPE_ARRAY, .shape = &guid, .max = 3 },        { "mail", .type = MP_TYPE_EMAIL },
    { "link", .type = MP_TYPE_URI, .may_be_null = true },              { "n", .type = MP_TYPE_INTEGER, .min = -5, .max = 5 },
    { "colour", .type = MP_TYPE_STRING, .values = colours },           { "key", .type = MP_TYPE_BASE64URL },
    { "hash", .type = MP_TYPE_SHA256 },                                { "any", .type = MP_TYPE_ANY },
};
static const mp_json_shape shape = { .type = MP_TYPE_OBJECT, MP_PROPERTIES(members) };
static const mp_param params[] = { { "top", .type = MP_TYPE_INTEGER, .min = 1, .max = 9 },
                                   { "asOf", .type = MP_TYPE_TIME },
                                   { "colour", .type = MP_TYPE_STRING, .values = colours } };
static const mp_route      routes[] = {
    MP_ROUTE(MP_GET, "/things", MP_ANYONE, handle, .params = params, .param_count = MP_COUNT(params)),
    MP_ROUTE(MP_POST, "/things", MP_ANYONE, handle, .body = &shape, .status = 201),
    MP_ROUTE(MP_GET, "/things/{name}", MP_ANYONE, handle, .is_open_query = true),
    MP_ROUTE(MP_PUT, "/things/{name}/parts/{part}", MP_ANYONE, handle, .body = &shape),
    MP_ROUTE(MP_POST, "/form", MP_ANYONE, handle, .is_form = true),
    MP_ROUTE(MP_POST, "/bytes", MP_ANYONE, handle, .stream = take, .stream_end = end, .body_max = 1000),
    MP_ROUTE(MP_GET, "/files/{path...}", MP_ANYONE, handle, .is_open_query = true),
};
static const mp_routes tables[] = { { routes, MP_COUNT(routes) }, { NULL, 0 } };

static void read_request(mp_http_request *request, mp_pair headers[8], mp_str text)
{
    mp_str line = take_line(&text);
    size_t blank = mp_str_find(line, ' ');
    request->method = method_of(mp_str_of(line.ptr, blank == SIZE_MAX ? 0 : blank));
    request->target = blank == SIZE_MAX ? line : mp_str_skip(line, blank + 1);
    request->headers = headers;
    while (text.len && (line = take_line(&text)).len) {
        size_t colon = mp_str_find(line, ':');
        if (colon != SIZE_MAX && request->header_count < 8)
            headers[request->header_count++] =
                (mp_pair){ mp_str_of(line.ptr, colon), mp_str_trim(mp_str_skip(line, colon + 1)) };
    }
    request->body = text;
}

static void check_answer(const mp_http_request *request, const mp_http_response *response)
{
    mp_json_doc   *doc = NULL;
    const mp_json *root;
    require(response->status >= 200 && response->status <= 599 && response->status != 500);
    require(mp_is_guid(mp_str_from(request->id)));
    for (size_t i = 0; i < response->header_count; i++)
        for (size_t k = 0; k < response->headers[i].value.len; k++)
            require((unsigned char)response->headers[i].value.ptr[k] >= 0x20);
    if (response->body.len == 0)
        return;
    require(mp_json_doc_new(&doc, NULL) == MP_OK);
    require(mp_json_read(doc, &root, response->body, NULL, NULL, NULL) == MP_OK);
    if (response->status >= 400)
        require(mp_json_get(root, MP_S("status"))->u.integer == response->status);
    mp_json_doc_free(doc);
}

/* The decoded path, encoded again byte by byte, is the same path. */
static void check_again(const mp_http_request *request)
{
    mp_arena arena = MP_ARENA_INIT;
    mp_buf   b = MP_BUF_INIT;
    mp_str   path, *segments;
    size_t   count;
    if (!request->route || mp_str_find_fold(request->target, MP_S("%2f")) != SIZE_MAX)
        return;
    for (size_t i = 0; i < request->path.len; i++) {
        if (request->path.ptr[i] == '/')
            mp_buf_add_c(&b, '/');
        else
            mp_buf_printf(&b, "%%%02X", (unsigned)(unsigned char)request->path.ptr[i]);
    }
    require(mp_target_path(&path, &segments, &count, mp_buf_str(&b), &arena, NULL) == MP_OK);
    require(mp_str_eq(path, request->path));
    mp_buf_free(&b);
    mp_arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mp_arena         arena = MP_ARENA_INIT;
    struct seen      seen = { 0 };
    mp_router       *router = NULL;
    mp_pair          headers[8];
    mp_http_request  request = { .client = MP_S("fuzz"), .arena = &arena };
    mp_http_response response;
    require(mp_router_new(&router, tables, &guard, &seen, NULL) == MP_OK);
    read_request(&request, headers, mp_str_of((const char *)data, size));
    mp_router_answer(router, &request, &response);
    check_answer(&request, &response);
    check_again(&request);
    require(seen.settled == !(request.method == MP_OPTIONS && response.status == 204) &&
            seen.admitted <= seen.settled && seen.begun == seen.ended);
    mp_router_free(router);
    mp_arena_free(&arena);
    return 0;
}
