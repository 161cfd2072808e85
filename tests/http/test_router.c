/* SPDX-License-Identifier: Apache-2.0 */
/* What http.h promises of routes, requests and answers, within the process. */
#include "demo_routes.h"

#include <stdlib.h>

#include "fault.h"
#include "router.h"
#include "test.h"

struct world {
    struct demo      demo;
    mp_router       *router;
    mp_arena         arena;
    mp_pair          headers[16];
    size_t           header_count;
    mp_http_request  request;
    mp_http_response response;
};

static void world_init(struct world *w)
{
    *w = (struct world){ .arena = MP_ARENA_INIT };
    mp_error err = { 0 };
    if (mp_router_new(&w->router, demo_routes, &demo_guard, &w->demo, &err) != MP_OK)
        fail_msg("%s", err.message);
}

static void world_done(struct world *w)
{
    mp_router_free(w->router);
    mp_arena_free(&w->arena);
}

static void with(struct world *w, const char *name, const char *value)
{
    w->headers[w->header_count++] = (mp_pair){ mp_str_from(name), mp_str_from(value) };
}

static unsigned ask_bytes(struct world *w, mp_method method, mp_str target, mp_str body)
{
    w->request = (mp_http_request){ .method = method,
                                    .target = target,
                                    .headers = w->headers,
                                    .header_count = w->header_count,
                                    .body = body,
                                    .client = MP_S("192.0.2.1"),
                                    .arena = &w->arena };
    mp_router_answer(w->router, &w->request, &w->response);
    w->header_count = 0;
    return w->response.status;
}

static unsigned ask(struct world *w, mp_method method, const char *target, const char *body)
{
    if (body && !(w->header_count && mp_str_eq_fold(w->headers[0].name, MP_S("content-type"))))
        with(w, "Content-Type", "application/json; charset=utf-8");
    return ask_bytes(w, method, mp_str_from(target), mp_str_from(body));
}

static mp_str header(const struct world *w, const char *name)
{
    for (size_t i = 0; i < w->response.header_count; i++)
        if (mp_str_eq_fold(w->response.headers[i].name, mp_str_from(name)))
            return w->response.headers[i].value;
    return MP_S("(none)");
}

/* A member of the answer's body, as text; numbers too. */
static mp_str member(struct world *w, const char *name)
{
    mp_json_doc   *doc = NULL;
    const mp_json *root = NULL, *v;
    mp_str         text = MP_S("(none)");
    assert_int_equal(mp_json_doc_new(&doc, NULL), MP_OK);
    assert_int_equal(mp_json_read(doc, &root, w->response.body, NULL, NULL, NULL), MP_OK);
    v = mp_json_get(root, mp_str_from(name));
    if (mp_json_is(v, MP_JSON_STRING))
        text = mp_arena_dup(&w->arena, mp_json_str(v));
    else if (mp_json_is(v, MP_JSON_INT))
        text = mp_arena_printf(&w->arena, "%lld", (long long)v->u.integer);
    mp_json_doc_free(doc);
    return text;
}

TEST(paths_find_their_routes)
{
    static const struct { const char *target; unsigned status; const char *route, *path; } cases[] = {
        { "/", 200, "/", "/" },
        { "//", 200, "/", "/" },
        { "/?", 200, "/", "/" },
        { "/api/v1/things", 200, "/api/v1/things", "/api/v1/things" },
        { "/API/v1//Things/", 200, "/api/v1/things", "/API/v1/Things" },
        { "https://host:1/api/v1/things?top=1", 200, "/api/v1/things", "/api/v1/things" },
        { "/api/v1/things/mine", 200, "/api/v1/things/mine", "/api/v1/things/mine" },
        { "/api/v1/things/a%2Fb/parts/%EB%A7%88", 200, "/api/v1/things/{name}/parts/{part}", "/api/v1/things/a/b/parts/마" },
        { "/api/v1/things/mine/parts/x", 200, "/api/v1/things/{name}/parts/{part}", "/api/v1/things/mine/parts/x" },
        { "/api/v1/files/a/b/c", 200, "/api/v1/files/{path...}", "/api/v1/files/a/b/c" },
        { "/api/v1/files", 401, NULL, NULL }, /* the rest wants one segment at least; "/{scope...}" takes it */
        { "/subscriptions/1?Api-Version=2", 200, "/subscriptions/{id}", "/subscriptions/1" },
        { "/api/v1/files/a%2Fb", 400, NULL, NULL },
        { "/api/v1/things/..", 400, NULL, NULL },
        { "/api/v1/things/%2e%2E/x", 400, NULL, NULL },
        { "/api/v1/things/a%2f..%2fb", 400, NULL, NULL },
        { "/./x", 400, NULL, NULL },
        { "/api/v1/things/%00", 400, NULL, NULL },
        { "/api/v1/things/%0a", 400, NULL, NULL },
        { "/api/v1/things/%ff", 400, NULL, NULL },
        { "/api/v1/things/%c0%ae", 400, NULL, NULL },
        { "/api/v1/things/%", 400, NULL, NULL },
        { "/api/v1/things/%2", 400, NULL, NULL },
        { "/api/v1/things/%zz", 400, NULL, NULL },
        { "/a#b", 400, NULL, NULL },
        { "api", 400, NULL, NULL },
        { "", 400, NULL, NULL },
        { "*", 400, NULL, NULL },
        { "/api/v1/things?state=%", 400, NULL, NULL },
        { "/api/v1/things?after=%00", 400, NULL, NULL },
    };
    struct world w;
    world_init(&w);
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        unsigned status = ask(&w, MP_GET, cases[i].target, NULL);
        if (status != cases[i].status)
            fail_msg("%s: %u, wanted %u", cases[i].target, status, cases[i].status);
        if (cases[i].route)
            CHECK_STR(member(&w, "route"), cases[i].route);
        if (cases[i].path)
            CHECK_STR(w.request.path, cases[i].path);
    }
    world_done(&w);
}

TEST(parts_of_the_path_are_named)
{
    struct world w;
    world_init(&w);
    CHECK_INT(ask(&w, MP_GET, "/api/v1/things/a%20b/parts/c", NULL), 200);
    CHECK_STR(mp_http_param(&w.request, "name"), "a b");
    CHECK_STR(mp_http_param(&w.request, "part"), "c");
    CHECK_STR(mp_http_param(&w.request, "par"), "");
    CHECK_INT(ask(&w, MP_GET, "/api/v1/files/x//y/", NULL), 200);
    CHECK_STR(mp_http_param(&w.request, "path"), "x/y");
    world_done(&w);
}

TEST(other_methods_are_refused_by_name)
{
    struct world w;
    world_init(&w);
    CHECK_INT(ask(&w, MP_PATCH, "/api/v1/things/x", "{}"), 405);
    CHECK_STR(header(&w, "Allow"), "GET, HEAD, PUT, DELETE, OPTIONS");
    CHECK_STR(member(&w, "code"), "unsupported");
    CHECK_INT(w.demo.admitted, 0);
    CHECK_INT(ask(&w, MP_OPTIONS, "/api/v1/things", NULL), 204);
    CHECK_STR(header(&w, "Allow"), "GET, HEAD, POST, OPTIONS");
    CHECK_INT(w.response.body.len, 0);
    CHECK_INT(ask(&w, MP_HEAD, "/api/v1/things", NULL), 200);
    CHECK_INT(w.response.body.len, 0);
    CHECK_INT(w.demo.handled, 1);
    CHECK_INT(ask(&w, MP_OTHER, "/api/v1/things", NULL), 405); /* TRACE, BREW: whatever its name */
    CHECK_STR(header(&w, "Allow"), "GET, HEAD, POST, OPTIONS");
    CHECK_INT(w.demo.handled, 1);
    world_done(&w);
}

TEST(names_in_the_path_have_a_limit)
{
    struct world w;
    char         target[2000] = "/api/v1/things/";
    size_t       len = strlen(target);
    world_init(&w);
    memset(target + len, 'x', 1024);
    target[len + 1024] = '\0';
    CHECK_INT(ask(&w, MP_GET, target, NULL), 200);
    target[len + 1024] = 'x';
    CHECK_INT(ask(&w, MP_GET, target, NULL), 400);
    CHECK_STR(member(&w, "code"), "parameter");
    world_done(&w);
}

TEST(the_guard_comes_first)
{
    struct world w;
    world_init(&w);
    CHECK_INT(ask(&w, MP_POST, "/api/v1/things", "{\"name\":1}"), 401);
    CHECK_STR(header(&w, "WWW-Authenticate"), "Bearer");
    CHECK_INT(w.demo.settled, 1);
    CHECK_INT(w.demo.last_ended, MP_CREDENTIALS);
    CHECK_INT(w.demo.handled, 0);
    with(&w, "Content-Type", "application/json");
    with(&w, "Authorization", "Bearer bad");
    CHECK_INT(ask(&w, MP_POST, "/api/v1/things", "{"), 403);
    with(&w, "x-slow-down", "1");
    CHECK_INT(ask(&w, MP_GET, "/api/v1/things", NULL), 429);
    CHECK_STR(header(&w, "Retry-After"), "7");
    CHECK_INT(w.demo.handled, 0);
    /* Settling fails: the answer is that failure. */
    w.demo.is_settle_broken = true;
    CHECK_INT(ask(&w, MP_GET, "/api/v1/things", NULL), 507);
    CHECK_INT(w.demo.handled, 1);
    CHECK_INT(ask(&w, MP_GET, "/api/v1/download/10", NULL), 507);
    CHECK(w.response.more == NULL);
    CHECK_INT(w.demo.done_calls, 1);
    world_done(&w);
}

TEST(what_the_guard_was_not_asked_about_is_settled_too)
{
    struct world w;
    world_init(&w);
    CHECK_INT(ask(&w, MP_DELETE, "/api/v1/unknown", NULL), 405);
    CHECK_INT(w.demo.settled, 1);
    CHECK_INT(w.demo.last_ended, MP_UNSUPPORTED);
    CHECK_INT(ask(&w, MP_GET, "/%zz", NULL), 400);
    CHECK_INT(w.demo.settled, 2);
    CHECK_INT(w.demo.last_ended, MP_SYNTAX);
    CHECK_INT(ask(&w, MP_OPTIONS, "/api/v1/things", NULL), 204);
    CHECK_INT(w.demo.settled, 2);
    CHECK_INT(w.demo.admitted + w.demo.refused, 0);
    w.demo.is_settle_broken = true;
    CHECK_INT(ask(&w, MP_DELETE, "/api/v1/unknown", NULL), 507);
    world_done(&w);
}

TEST(bodies_have_their_shape)
{
    static const struct { const char *body; unsigned status; const char *pointer; } cases[] = {
        { "{\"name\":\"a\"}", 201, NULL },
        { "{\"name\":\"a\",\"size\":100,\"colour\":\"red\",\"groups\":[\"00000000-0000-0000-0000-00000000000A\"],\"weight\":1.5}", 201, NULL },
        { "{\"name\":\"a\",\"inner\":null}", 201, NULL },
        { "{\"name\":\"a\",\"inner\":{\"when\":\"2026-01-31T09:00:00Z\",\"link\":null}}", 201, NULL },
        { "{\"name\":\"a\",\"any\":[1,{\"x\":null}],\"secret\":\"\",\"is/odd~\":true}", 201, NULL },
        { "", 400, NULL },
        { "{", 400, NULL },
        { "{\"name\":\"a\",\"name\":\"b\"}", 400, NULL },
        { "[]", 400, "" },
        { "{}", 400, "/name" },
        { "{\"name\":\"\"}", 400, "/name" },
        { "{\"name\":null}", 400, "/name" },
        { "{\"name\":\"a\\u0000\"}", 400, "/name" },
        { "{\"name\":\"aaaaaaaaaaaaaaaaaaaaa\"}", 400, "/name" },
        { "{\"name\":\"a\",\"size\":0}", 400, "/size" },
        { "{\"name\":\"a\",\"size\":1.5}", 400, "/size" },
        { "{\"name\":\"a\",\"size\":\"1\"}", 400, "/size" },
        { "{\"name\":\"a\",\"colour\":\"blue\"}", 400, "/colour" },
        { "{\"name\":\"a\",\"groups\":[\"00000000-0000-0000-0000-00000000000a\",\"x\"]}", 400, "/groups/1" },
        { "{\"name\":\"a\",\"groups\":[1,2,3,4]}", 400, "/groups" },
        { "{\"name\":\"a\",\"inner\":{\"when\":\"2026-01-31\"}}", 400, "/inner/when" },
        { "{\"name\":\"a\",\"inner\":{\"link\":\"no uri\"}}", 400, "/inner/link" },
        { "{\"name\":\"a\",\"inner\":{\"other\":1}}", 400, "/inner/other" },
        { "{\"name\":\"a\",\"id\":\"00000000-0000-0000-0000-00000000000a\"}", 400, "/id" },
        { "{\"name\":\"a\",\"is/odd~\":1}", 400, "/is~1odd~0" },
        { "{\"name\":\"a\",\"mail\":\"a@b\"}", 400, "/mail" },
        { "{\"name\":\"a\",\"mail\":\"a b@c.kr\"}", 400, "/mail" },
        { "{\"name\":\"a\",\"key\":\"a=\"}", 400, "/key" },
        { "{\"name\":\"a\",\"hash\":\"00\"}", 400, "/hash" },
    };
    struct world w;
    world_init(&w);
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        with(&w, "Content-Type", "application/json");
        with(&w, "Authorization", "Bearer good");
        unsigned status = ask(&w, MP_POST, "/api/v1/things", cases[i].body);
        if (status != cases[i].status)
            fail_msg("%s: %u, wanted %u", cases[i].body, status, cases[i].status);
        if (cases[i].pointer)
            CHECK_STR(member(&w, "pointer"), cases[i].pointer);
        else if (status != 201)
            CHECK_STR(member(&w, "pointer"), "(none)");
    }
    world_done(&w);
}

TEST(bodies_have_their_type_and_size)
{
    struct world w;
    char         deep[400];
    world_init(&w);
    with(&w, "Content-Type", "text/plain");
    CHECK_INT(ask(&w, MP_PUT, "/api/v1/things/x", "{}"), 415);
    CHECK_INT(ask_bytes(&w, MP_PUT, MP_S("/api/v1/things/x"), MP_S("{}")), 415);
    with(&w, "Content-Type", "application/merge-patch+json");
    CHECK_INT(ask(&w, MP_PUT, "/api/v1/things/x", "{}"), 200);
    char *big = malloc(100001);
    CHECK(big != NULL);
    memset(big, ' ', 100001);
    with(&w, "Content-Type", "application/json");
    with(&w, "Authorization", "Bearer good");
    CHECK_INT(ask_bytes(&w, MP_POST, MP_S("/api/v1/things"), mp_str_of(big, 100001)), 413);
    free(big);
    memset(deep, '[', 200);
    memset(deep + 200, ']', 200);
    with(&w, "Content-Type", "application/json");
    CHECK_INT(ask_bytes(&w, MP_PUT, MP_S("/api/v1/things/x"), mp_str_of(deep, 400)), 400);
    world_done(&w);
}

TEST(forms_become_objects)
{
    struct world w;
    world_init(&w);
    with(&w, "Content-Type", "application/x-www-form-urlencoded; charset=UTF-8");
    CHECK_INT(ask(&w, MP_POST, "/api/v1/form?client-request-id=1",
                  "grant_type=client_credentials&scope=a%2Fb+c&empty=&bare"),
              200);
    CHECK_STR(w.response.body, "{\"grant_type\":\"client_credentials\",\"scope\":\"a/b c\",\"empty\":\"\",\"bare\":\"\"}");
    with(&w, "Content-Type", "application/x-www-form-urlencoded");
    CHECK_INT(ask(&w, MP_POST, "/api/v1/form", "client_id=a&Client_ID=b"), 400);
    with(&w, "Content-Type", "application/x-www-form-urlencoded");
    CHECK_INT(ask(&w, MP_POST, "/api/v1/form", "a=%00"), 400);
    with(&w, "Content-Type", "application/json");
    CHECK_INT(ask(&w, MP_POST, "/api/v1/form", "{}"), 415);
    world_done(&w);
}

TEST(queries_are_checked)
{
    static const struct { const char *target; unsigned status; } cases[] = {
        { "/api/v1/things?state=red&top=100&asOf=2026-01-01T00:00:00Z&all=true&after=", 200 },
        { "/api/v1/things?STATE=red&state=blue", 200 }, /* the first counts */
        { "/api/v1/things?state=blue", 400 },
        { "/api/v1/things?stat=red", 400 },
        { "/api/v1/things?top=0", 400 },
        { "/api/v1/things?top=101", 400 },
        { "/api/v1/things?top=9223372036854775808", 400 },
        { "/api/v1/things?top=-9223372036854775809", 400 },
        { "/api/v1/things?top=", 400 },
        { "/api/v1/things?top=1x", 400 },
        { "/api/v1/things?all=yes", 400 },
        { "/api/v1/things?asOf=today", 400 },
        { "/api/v1/need", 400 },
        { "/api/v1/need?index=-5", 200 },
        { "/api/v1/items/x", 400 },
        { "/api/v1/items/00000000-0000-0000-0000-00000000000a", 200 },
        { "/api/v1/items/00000000-0000-0000-0000-00000000000a?id=1", 400 },
    };
    struct world w;
    world_init(&w);
    for (size_t i = 0; i < MP_COUNT(cases); i++)
        if (ask(&w, MP_GET, cases[i].target, NULL) != cases[i].status)
            fail_msg("%s: %u, wanted %u", cases[i].target, w.response.status, cases[i].status);
    world_done(&w);
}

TEST(versions_guard_changes)
{
    static const struct { mp_method method; const char *name, *value; unsigned status; } cases[] = {
        { MP_GET, "if-none-match", "\"7\"", 304 },   { MP_GET, "if-none-match", "\"6\", W/\"7\"", 304 },
        { MP_GET, "if-none-match", "*", 304 },       { MP_GET, "if-none-match", "\"77\"", 200 },
        { MP_PUT, "if-match", "\"7\"", 200 },        { MP_PUT, "if-match", "W/\"7\"", 200 },
        { MP_PUT, "if-match", "*", 200 },            { MP_PUT, "if-match", "\"6\"", 412 },
        { MP_PUT, "if-none-match", "*", 412 },       { MP_PUT, "if-match", "7", 400 },
        { MP_PUT, "if-match", "\"07\"", 400 },       { MP_PUT, "if-match", "\"7\", \"8\"", 400 },
        { MP_PUT, "if-match", "\"9223372036854775808\"", 400 }, { MP_PUT, "if-none-match", "\"7\"", 400 },
    };
    struct world w;
    world_init(&w);
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        with(&w, "Content-Type", "application/json");
        with(&w, cases[i].name, cases[i].value);
        if (ask(&w, cases[i].method, "/api/v1/things/x", cases[i].method == MP_PUT ? "{}" : NULL) != cases[i].status)
            fail_msg("%s: %s: %u, wanted %u", cases[i].name, cases[i].value, w.response.status, cases[i].status);
        if (cases[i].status == 304)
            CHECK_INT(w.response.body.len, 0);
        if (cases[i].status == 200 || cases[i].status == 304)
            CHECK_STR(header(&w, "etag"), "\"7\"");
    }
    world_done(&w);
}

TEST(failures_are_problems)
{
    struct world w;
    world_init(&w);
    CHECK_INT(ask(&w, MP_GET, "/api/v1/fails/exists", NULL), 409);
    CHECK_STR(mp_str_from(w.response.content_type), "application/problem+json");
    CHECK_STR(member(&w, "type"), "about:blank");
    CHECK_STR(member(&w, "title"), "Conflict");
    CHECK_STR(member(&w, "status"), "409");
    CHECK_STR(member(&w, "code"), "exists");
    CHECK_STR(member(&w, "instance"), "/api/v1/fails/exists");
    CHECK_STR(member(&w, "requestId"), w.request.id);
    CHECK_STR(header(&w, "x-request-id"), w.request.id);
    CHECK_STR(header(&w, "x-ms-request-id"), w.request.id);
    with(&w, "accept-language", "fr, ko-KR;q=0.9, en;q=0.8");
    CHECK_INT(ask(&w, MP_GET, "/api/v1/fails/exists", NULL), 409);
    CHECK_STR(member(&w, "title"), "충돌");
    CHECK_STR(header(&w, "content-language"), "ko");
    /* A fault of ours says nothing of our insides. */
    CHECK_INT(ask(&w, MP_GET, "/api/v1/fails/internal", NULL), 500);
    CHECK(mp_str_find_str(w.response.body, MP_S("secret path")) == SIZE_MAX);
    CHECK_INT(ask(&w, MP_GET, "/api/v1/fails/unknown", NULL), 500);
    CHECK_INT(ask(&w, MP_GET, "/api/v1/fails/unavailable", NULL), 503);
    CHECK_STR(header(&w, "retry-after"), "1");
    for (unsigned c = 1; c < MP_CODE_COUNT; c++) {
        mp_str target = mp_arena_printf(&w.arena, "/api/v1/fails/%s", mp_code_name((mp_code)c));
        CHECK_INT(ask(&w, MP_GET, target.ptr, NULL), mp_http_status_of((mp_code)c));
        CHECK_STR(member(&w, "code"), mp_code_name((mp_code)c));
        CHECK(!mp_str_eq(member(&w, "title"), MP_S("(none)")));
    }
    world_done(&w);
}

TEST(faces_answer_for_their_paths)
{
    struct world w;
    world_init(&w);
    CHECK_INT(ask(&w, MP_GET, "/subscriptions/1", NULL), 200);
    CHECK_STR(header(&w, "x-other"), "yes");
    CHECK_INT(ask(&w, MP_POST, "/subscriptions/1/unknown", NULL), 405); /* "/{scope...}" is there */
    CHECK_STR(w.response.body, "{\"error\":{\"code\":\"unsupported\"}}");
    CHECK_INT(ask(&w, MP_DELETE, "/api/v1/unknown", NULL), 405);
    CHECK_STR(mp_str_from(w.response.content_type), "application/problem+json");
    CHECK_INT(ask(&w, MP_GET, "/subscriptions/%00?x=1", NULL), 400); /* before the path could be read */
    CHECK_STR(w.response.body, "{\"error\":{\"code\":\"syntax\"}}");
    CHECK_INT(ask(&w, MP_GET, "/api/v1/things/%00", NULL), 400);
    CHECK_STR(mp_str_from(w.response.content_type), "application/problem+json");
    CHECK_INT(ask(&w, MP_GET, "no-path", NULL), 400);
    CHECK_STR(mp_str_from(w.response.content_type), "application/problem+json");
    world_done(&w);
}

TEST(answers_are_safe_for_browsers)
{
    struct world w;
    world_init(&w);
    CHECK_INT(ask(&w, MP_GET, "/api/v1/things", NULL), 200);
    CHECK_STR(header(&w, "x-content-type-options"), "nosniff");
    CHECK_STR(header(&w, "x-frame-options"), "DENY");
    CHECK_STR(header(&w, "referrer-policy"), "no-referrer");
    CHECK_STR(header(&w, "cache-control"), "no-store");
    CHECK(mp_str_starts(header(&w, "content-security-policy"), MP_S("default-src 'none'")));
    CHECK_INT(ask(&w, MP_GET, "/page", NULL), 200);
    CHECK_STR(header(&w, "content-security-policy"), "default-src 'self'");
    CHECK_STR(header(&w, "cache-control"), "max-age=60");
    CHECK_STR(header(&w, "x-bad"), "(none)"); /* it held a newline */
    world_done(&w);
}

TEST(cookies_are_found)
{
    struct world w;
    world_init(&w);
    with(&w, "Cookie", "a=1; session=\"x y\";b = 2 ");
    with(&w, "cookie", "session=later; c=3");
    CHECK_INT(ask(&w, MP_GET, "/", NULL), 200);
    w.request.header_count = 2;
    CHECK_STR(mp_http_cookie(&w.request, MP_S("a")), "1");
    CHECK_STR(mp_http_cookie(&w.request, MP_S("session")), "x y");
    CHECK_STR(mp_http_cookie(&w.request, MP_S("b")), "2");
    CHECK_STR(mp_http_cookie(&w.request, MP_S("c")), "3");
    CHECK_STR(mp_http_cookie(&w.request, MP_S("C")), "");
    world_done(&w);
}

TEST(streams_see_every_byte_and_end_once)
{
    struct world w;
    size_t       size = 200001;
    char        *bytes = malloc(size);
    world_init(&w);
    CHECK(bytes != NULL);
    memset(bytes, 'x', size);
    with(&w, "Authorization", "Bearer good");
    CHECK_INT(ask_bytes(&w, MP_POST, MP_S("/api/v1/bytes"), mp_str_of(bytes, size)), 200);
    CHECK_STR(w.response.body, "200001");
    CHECK_INT(w.demo.streams_open, 0);
    bytes[150000] = '!';
    with(&w, "Authorization", "Bearer good");
    CHECK_INT(ask_bytes(&w, MP_POST, MP_S("/api/v1/bytes"), mp_str_of(bytes, size)), 400);
    CHECK_INT(w.demo.streams_open, 0);
    CHECK_INT(w.demo.handled, 1);
    with(&w, "Authorization", "Bearer good");
    CHECK_INT(ask_bytes(&w, MP_POST, MP_S("/api/v1/bytes"), MP_S("")), 200);
    CHECK_STR(w.response.body, "0");
    CHECK_INT(w.demo.streams_open, 0);
    free(bytes);
    world_done(&w);
}

static mp_code nothing(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    (void)app;
    (void)request;
    (void)response;
    (void)err;
    return MP_OK;
}

TEST(wrong_tables_are_refused)
{
    static const mp_route one[] = { MP_ROUTE(MP_GET, "/a/{x}", MP_ANYONE, nothing) };
    static const mp_route same[] = { MP_ROUTE(MP_GET, "/A/{other}", MP_ANYONE, nothing) };
    static const mp_route wrong[][1] = {
        { MP_ROUTE(MP_GET, "a", MP_ANYONE, nothing) },          { MP_ROUTE(MP_GET, "/a//b", MP_ANYONE, nothing) },
        { MP_ROUTE(MP_GET, "/a/", MP_ANYONE, nothing) },        { MP_ROUTE(MP_GET, "/{a...}/b", MP_ANYONE, nothing) },
        { MP_ROUTE(MP_GET, "/{}", MP_ANYONE, nothing) },        { MP_ROUTE(MP_GET, "/x{a}", MP_ANYONE, nothing) },
        { MP_ROUTE(MP_GET, "/{a", MP_ANYONE, nothing) },        { MP_ROUTE(MP_GET, "/a", MP_ANYONE, NULL) },
        { MP_ROUTE(MP_OTHER, "/a", MP_ANYONE, nothing) },
        { { .method = MP_GET, .path = "/a", .handler = nothing } },
    };
    mp_router *router = NULL;
    mp_error   err;
    mp_routes  twice[] = { { one, 1 }, { same, 1 }, { NULL, 0 } };
    CHECK_INT(mp_router_new(&router, twice, &demo_guard, NULL, &err), MP_INTERNAL);
    for (size_t i = 0; i < MP_COUNT(wrong); i++) {
        mp_routes table[] = { { wrong[i], 1 }, { NULL, 0 } };
        if (mp_router_new(&router, table, &demo_guard, NULL, &err) != MP_INTERNAL)
            fail_msg("%s is taken", wrong[i][0].path);
    }
    mp_routes good[] = { { one, 1 }, { NULL, 0 } };
    CHECK_INT(mp_router_new(&router, good, NULL, NULL, &err), MP_INTERNAL);
    CHECK(router == NULL);
    CHECK_INT(mp_router_new(&router, good, &demo_guard, NULL, &err), MP_OK);
    CHECK(mp_router_at(router, 0) == one);
    CHECK(mp_router_at(router, 1) == NULL);
    mp_router_free(router);
    mp_router_free(NULL);
}

/* Memory runs out somewhere: an answer comes all the same, and it is no success that did not happen. */
static bool answer_one(void *context)
{
    static const char body[] = "{\"name\":\"\\u0061\",\"groups\":[\"x\"]}";
    struct world      w = { .arena = MP_ARENA_INIT };
    const char       *target = context;
    bool              is_post = mp_str_find_str(mp_str_from(target), MP_S("things")) != SIZE_MAX;
    if (mp_router_new(&w.router, demo_routes, &demo_guard, &w.demo, NULL) != MP_OK)
        return false;
    with(&w, "Content-Type", is_post ? "application/json" : "application/x-www-form-urlencoded");
    with(&w, "Authorization", "Bearer good");
    unsigned status = ask(&w, MP_POST, target, is_post ? body : "a=1&b=%20");
    CHECK(status == 503 || status == (is_post ? 400u : 200u));
    CHECK(status == 503 || w.response.body.len > 0);
    CHECK_INT(w.demo.streams_open, 0);
    bool done = status != 503 && !(is_post && mp_str_find_str(w.response.body, MP_S("/groups/0")) == SIZE_MAX);
    world_done(&w);
    return done;
}

TEST(no_memory_is_an_answer)
{
    CHECK(fault_loop(answer_one, (void *)(uintptr_t) "/api/v1/things") > 3);
    CHECK(fault_loop(answer_one, (void *)(uintptr_t) "/api/v1/form?x=%41") > 2);
}

TEST(requests_are_counted_by_class)
{
    static const mp_face api = { .name = "api" }, arm = { .name = "oauth" };
    static const struct {
        mp_route    route;
        const char *class;
    } cases[] = {
        { { .path = "/api/v1/users", .face = &api }, "api" },
        { { .path = "/api/v1/users" }, "api" },
        { { .path = "/api/v1/sign-in", .face = &api, .rate = MP_RATE_SIGN_IN }, "sign-in" },
        { { .path = "/metrics", .face = &api, .tag = "system" }, "system" },
        { { .path = "/healthz", .rate = MP_RATE_FREE }, "system" },
        { { .path = "/api/docs", .tag = "pages" }, "pages" },
        { { .path = "/subscriptions/{id}", .face = &arm }, "arm" },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++)
        CHECK_STR(mp_str_from(mp_route_class(&cases[i].route)), cases[i].class);
    CHECK_STR(mp_str_from(mp_route_class(NULL)), "other");
}

int main(void)
{
    return MAIN(RUN(paths_find_their_routes), RUN(parts_of_the_path_are_named),
                RUN(other_methods_are_refused_by_name), RUN(names_in_the_path_have_a_limit),
                RUN(the_guard_comes_first), RUN(what_the_guard_was_not_asked_about_is_settled_too),
                RUN(bodies_have_their_shape), RUN(bodies_have_their_type_and_size), RUN(forms_become_objects),
                RUN(queries_are_checked), RUN(versions_guard_changes), RUN(failures_are_problems),
                RUN(faces_answer_for_their_paths), RUN(answers_are_safe_for_browsers), RUN(cookies_are_found),
                RUN(streams_see_every_byte_and_end_once), RUN(wrong_tables_are_refused),
                RUN(requests_are_counted_by_class), RUN(no_memory_is_an_answer));
}
