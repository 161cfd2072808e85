/* SPDX-License-Identifier: Apache-2.0 */
#include "api_world.h"

#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "database.h"

/* ---- the folder ---- */

static const char *const cheap[] = {
    "password.hash-memory=8MiB", "password.hash-passes=1", "server.listen=127.0.0.1:8443", "log.to=stderr", "policies.shipped=false",
};

static void read_config(api_world *world, const char *const *sets)
{
    static const char *const nothing[] = { NULL };
    const char *all[32];
    size_t      count = 0;
    for (size_t i = 0; i < MP_COUNT(cheap); i++)
        all[count++] = cheap[i];
    for (; sets && *sets; sets++)
        all[count++] = *sets;
    mp_error err = { .code = MP_OK };
    mp_code code = mp_config_read(
        &world->config,
        &(mp_config_source){ .file = "/dev/null", .environ_ = nothing, .sets = all, .set_count = count }, NULL, NULL,
        &err);
    if (code != MP_OK)
        print_error("%s\n", err.message);
    CHECK_INT(code, MP_OK);
}

void api_reopen(api_world *world)
{
    mp_error err = { .code = MP_OK };
    mp_app_close(world->app);
    world->app = NULL;
    mp_code code = mp_app_open(
        &world->app, &(mp_app_options){ .config = world->config, .folder = world->folder, .systems = world->systems },
        &err);
    if (code != MP_OK)
        print_error("%s\n", err.message);
    CHECK_INT(code, MP_OK);
}

void api_start(api_world *world, const char *const *sets) { api_start_with(world, sets, NULL); }

void api_start_with(api_world *world, const char *const *sets, const mp_system *const *systems)
{
    *world = (api_world){ .systems = systems };
    test_folder(world->folder, sizeof world->folder, "mapae-api");
    mp_error err = { .code = MP_OK };
    CHECK(mkdtemp(world->folder) != NULL);
    read_config(world, sets);
    mp_code code =
        mp_app_init(&world->init,
                    &(mp_init_options){
                        .config = world->config,
                        .folder = world->folder,
                        .store = test_database_empty(),
                        .program = "robot",
                        .systems = systems },
                    &world->arena, &err);
    if (code != MP_OK)
        print_error("%s (%s:%d)\n", err.message, err.src_file, err.src_line);
    CHECK_INT(code, MP_OK);
    api_reopen(world);
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(path);
}

/* Whatever a test did: the log holds, and records are what it tells. */
static void check_log(api_world *world)
{
    mp_ledger_report report;
    mp_error         err = { .code = MP_OK };
    if (world->app && mp_ledger_verify(&report, world->app->ledger, NULL, NULL, &err) != MP_OK)
        fail_msg("verify: %s", err.message);
}

void api_stop(api_world *world)
{
    check_log(world);
    mp_app_close(world->app);
    mp_config_free(world->config);
    mp_arena_free(&world->arena);
    nftw(world->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* ---- asking ---- */

char *api_printf(api_world *world, const char *format, ...)
{
    char    text[8192];
    va_list list;
    va_start(list, format);
    int len = vsnprintf(text, sizeof text, format, list);
    va_end(list);
    CHECK(len >= 0 && (size_t)len < sizeof text);
    mp_str copy = mp_arena_dup(&world->arena, mp_str_of(text, (size_t)len));
    CHECK(copy.ptr != NULL);
    return (char *)copy.ptr;
}

static const mp_json *read_json(api_world *world, mp_str text)
{
    mp_json_doc   *doc = NULL;
    const mp_json *root = NULL, *kept = NULL;
    CHECK_INT(mp_json_doc_new(&doc, NULL), MP_OK);
    if (text.len && mp_json_read(doc, &root, text, NULL, NULL, NULL) == MP_OK)
        kept = mp_arena_keep_json(&world->arena, root, text);
    mp_json_doc_free(doc);
    return kept;
}

/* A body that is made while it is sent, up to 16 MiB. */
static mp_str drain(api_world *world, const mp_http_response *response)
{
    mp_buf      b = { .limit = (size_t)16 << 20 };
    static char piece[65536];
    int64_t     got = 0;
    for (uint64_t at = 0; (got = response->more(response->ctx, at, piece, sizeof piece)) > 0; at += (uint64_t)got)
        mp_buf_add(&b, mp_str_of(piece, (size_t)got));
    CHECK_INT(got, 0);
    mp_str copy = mp_arena_dup(&world->arena, mp_buf_str(&b));
    mp_buf_free(&b);
    return copy;
}

static void add(mp_pair *headers, size_t *count, const char *name, mp_str value)
{
    if (value.len)
        headers[(*count)++] = (mp_pair){ mp_str_from(name), value };
}

api_answer api_ask(api_world *world, const api_client *client, const api_request *asked)
{
    mp_pair         headers[16];
    api_answer      answer = { .status = 0 };
    mp_http_request request = {
        .method = asked->method,
        .target = mp_str_from(asked->path),
        .headers = headers,
        .client = client && client->client.len ? client->client : MP_S("192.0.2.1"),
        .is_local = client && client->is_local,
        .is_secure = true,
        .arena = &world->arena,
    };
    mp_str body = asked->json ? mp_str_from(asked->json) : asked->body;
    if (client && client->token.len)
        add(headers, &request.header_count, "Authorization",
            mp_str_from(api_printf(world, "Bearer %.*s", MP_FMT(client->token))));
    if (client && client->cookie.len)
        add(headers, &request.header_count, "Cookie",
            mp_str_from(api_printf(world, "__Host-mapae=%.*s", MP_FMT(client->cookie))));
    if (client)
        add(headers, &request.header_count, "X-CSRF-Token", client->csrf);
    if (body.len)
        add(headers, &request.header_count, "Content-Type",
            mp_str_from(asked->type   ? asked->type
                        : asked->json ? "application/json"
                                      : "application/octet-stream"));
    for (size_t i = 0; i < MP_COUNT(asked->headers) && asked->headers[i][0]; i++)
        add(headers, &request.header_count, asked->headers[i][0], mp_str_from(asked->headers[i][1]));
    request.body = body;
    mp_router_answer(world->app->router, &request, &answer.response);
    answer.status = answer.response.status;
    memcpy(answer.id, request.id, sizeof answer.id);
    if (asked->listens && answer.response.more)
        return answer;
    answer.body = answer.response.more ? drain(world, &answer.response) : answer.response.body;
    if (answer.response.done)
        answer.response.done(answer.response.ctx);
    answer.json = read_json(world, answer.body);
    return answer;
}

api_answer api_get(api_world *world, const api_client *client, const char *path)
{
    return api_ask(world, client, &(api_request){ .method = MP_GET, .path = path });
}

api_answer api_send(api_world *world, const api_client *client, mp_method method, const char *path, const char *json)
{
    return api_ask(world, client, &(api_request){ .method = method, .path = path, .json = json });
}

mp_str api_header(const api_answer *answer, const char *name)
{
    for (size_t i = 0; i < answer->response.header_count; i++)
        if (mp_str_eq_fold(answer->response.headers[i].name, mp_str_from(name)))
            return answer->response.headers[i].value;
    return mp_str_of(NULL, 0);
}

mp_str api_text(const api_answer *answer, const char *member)
{
    const mp_json *v = mp_json_get(answer->json, mp_str_from(member));
    return mp_json_text(v);
}

int64_t api_number(const api_answer *answer, const char *member)
{
    const mp_json *v = mp_json_get(answer->json, mp_str_from(member));
    return mp_json_is(v, MP_JSON_INT) ? v->u.integer : INT64_MIN;
}

void api_want(api_answer answer, unsigned status, const char *file, int line)
{
    if (answer.status == status)
        return;
    print_error("found status %u, wanted %u: %.*s\n", answer.status, status,
                (int)(answer.body.len < 2000 ? answer.body.len : 2000), answer.body.ptr);
    _fail(file, line);
}

/* ---- people ---- */

mp_str api_token(api_world *world, mp_str client_id, mp_str client_secret)
{
    api_answer a =
        api_ask(world, NULL,
                &(api_request){
                    .method = MP_POST,
                    .path = "/adfs/oauth2/token",
                    .type = "application/x-www-form-urlencoded",
                    .body = mp_str_from(api_printf(
                        world, "grant_type=client_credentials&client_id=%.*s&client_secret=%.*s&scope=%s%%2F.default",
                        MP_FMT(client_id), MP_FMT(client_secret), world->app->base)),
                });
    WANT(a, 200);
    return api_text(&a, "access_token");
}

mp_str api_user(api_world *world, api_client *out, const char *user_name)
{
    const api_client local = { .is_local = true };
    api_answer made =
        api_send(world, &local, MP_POST, "/api/v1/users", api_printf(world, "{\"userName\":\"%s\"}", user_name));
    WANT(made, 201);
    mp_str     id = api_text(&made, "id");
    api_answer link = api_send(world, &local, MP_POST, api_printf(world, "/api/v1/users/%.*s/setup-link", MP_FMT(id)), NULL);
    WANT(link, 200);
    mp_str url = api_text(&link, "setupLink");
    size_t hash = mp_str_find(url, '#');
    CHECK(hash != SIZE_MAX);
    api_answer in = api_send(world, NULL, MP_POST, "/api/v1/sign-in/setup",
                             api_printf(world, "{\"token\":\"%.*s\",\"password\":\"Tiger-lily-river-88\"}",
                                        MP_FMT(mp_str_skip(url, hash + 1))));
    WANT(in, 200);
    mp_str cookie = api_header(&in, "set-cookie");
    size_t from = mp_str_find(cookie, '='), to = mp_str_find(cookie, ';');
    CHECK(from != SIZE_MAX && to != SIZE_MAX);
    *out = (api_client){ .cookie = mp_str_of(cookie.ptr + from + 1, to - from - 1), .csrf = api_text(&in, "csrf") };
    return id;
}

size_t api_leaves_of(api_world *world, const char *request, mp_str *text)
{
    mp_ledger_entry *entries;
    size_t           count;
    uint64_t         next;
    mp_ledger_query  query = { .request = mp_str_from(request), .outcome = -1 };
    CHECK_INT(mp_ledger_search(&entries, &count, &next, world->app->ledger, &query, &world->arena, NULL), MP_OK);
    if (count && text)
        *text = entries[0].text;
    return count;
}
