/* SPDX-License-Identifier: Apache-2.0 */
/* Commands of the machine: the same requests, the same answers, whether a server holds the folder or not. */
#include "api_world.h"

#include "local.h"
#include "server.h"

#include <stdio.h>
#include <unistd.h>

static mp_local *open_local(api_world *world)
{
    mp_local *local = NULL;
    mp_error  err = { .code = MP_OK };
    mp_code code = mp_local_open(
        &local, &(mp_local_options){ .config = world->config, .folder = world->folder, .lang = MP_LANG_EN }, &err);
    if (code != MP_OK)
        print_error("%s\n", err.message);
    CHECK_INT(code, MP_OK);
    return local;
}

static mp_local_answer ask(api_world *world, mp_local *local, const mp_local_request *request)
{
    mp_local_answer answer;
    mp_error        err = { .code = MP_OK };
    mp_code         code = mp_local_ask(&answer, local, request, &world->arena, &err);
    if (code != MP_OK)
        print_error("%s\n", err.message);
    CHECK_INT(code, MP_OK);
    return answer;
}

static const mp_json *name_of(api_world *world, const char *name)
{
    mp_jsonw w;
    mp_jsonw_init(&w, &world->arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "userName", mp_str_from(name));
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

static FILE *file_with(size_t size, int seed)
{
    FILE *f = tmpfile();
    CHECK(f != NULL);
    for (size_t i = 0; i < size; i++)
        CHECK(putc((int)((i * 7 + (size_t)seed) % 251), f) != EOF);
    rewind(f);
    return f;
}

/* What a command does: make, read, change, refuse, send bytes, get bytes. */
static void tell_the_story(api_world *world, mp_local *local, const char *name)
{
    mp_local_answer made =
        ask(world, local,
            &(mp_local_request){ .method = MP_POST, .path = MP_S("/api/v1/users"), .json = name_of(world, name) });
    CHECK_INT(made.status, 201);
    CHECK_INT(made.version, 1);
    CHECK_STR(made.content_type, "application/json");
    CHECK_INT(mp_local_check(&made, NULL), MP_OK);
    mp_str path =
        mp_str_from(api_printf(world, "/api/v1/users/%.*s", MP_FMT(mp_json_str(mp_json_get(made.json, MP_S("id"))))));
    mp_local_answer got = ask(world, local, &(mp_local_request){ .method = MP_GET, .path = path });
    CHECK_INT(got.status, 200);
    mp_local_answer stale =
        ask(world, local,
            &(mp_local_request){ .method = MP_PUT, .path = path, .json = name_of(world, name), .expected = 7 });
    CHECK_INT(stale.status, 412);
    mp_local_answer twice =
        ask(world, local,
            &(mp_local_request){ .method = MP_POST, .path = MP_S("/api/v1/users"), .json = name_of(world, name) });
    mp_error err = { .code = MP_OK };
    CHECK_INT(twice.status, 409);
    CHECK_INT(mp_local_check(&twice, &err), MP_EXISTS);
    CHECK(strlen(err.message) > 10);
    mp_local_answer left =
        ask(world, local,
            &(mp_local_request){ .method = MP_POST,
                                 .path = mp_str_from(api_printf(world, "%.*s/suspend", MP_FMT(path))) });
    CHECK_INT(left.status, 200);
    CHECK_INT(left.version, 2);
    /* Bytes there and back. */
    size_t size = 3000000;
    FILE  *body = file_with(size, name[0]), *back = tmpfile();
    mp_local_answer up =
        ask(world, local,
            &(mp_local_request){ .method = MP_POST, .path = MP_S("/api/v1/evidence?title=Big"), .body = body });
    CHECK_INT(up.status, 201);
    CHECK_INT(mp_json_get(up.json, MP_S("sizeBytes"))->u.integer, size);
    mp_local_answer down = ask(
        world, local,
        &(mp_local_request){ .method = MP_GET,
                             .path = mp_str_from(api_printf(world, "/api/v1/evidence/%.*s/content",
                                                            MP_FMT(mp_json_str(mp_json_get(up.json, MP_S("id")))))),
                             .into = back });
    CHECK_INT(down.status, 200);
    CHECK_INT(down.bytes, size);
    rewind(back);
    rewind(body);
    for (size_t i = 0; i < size; i++)
        CHECK(getc(back) == getc(body));
    /* A refusal does not go into the file. */
    mp_local_answer none =
        ask(world, local,
            &(mp_local_request){
                .method = MP_GET, .path = MP_S("/api/v1/users/11111111-2222-4333-8444-555555555555"), .into = back });
    CHECK_INT(none.status, 404);
    CHECK_INT(none.bytes, 0);
    CHECK_INT(mp_local_check(&none, &err), MP_MISSING);
    fclose(body);
    fclose(back);
}

TEST(without_a_server)
{
    api_world world;
    api_start(&world, NULL);
    mp_app_close(world.app);
    world.app = NULL;
    mp_local *local = open_local(&world);
    CHECK(!mp_local_has_server(local));
    tell_the_story(&world, local, "kim");
    mp_local_close(local);
    api_stop(&world);
}

TEST(with_a_server)
{
    api_world  world;
    mp_server *server = NULL;
    mp_error   err = { .code = MP_OK };
    api_start(&world, NULL);
    mp_code code = mp_server_start(&server, &(mp_server_options){
        .listen = "127.0.0.1:0",
        .local_socket = api_printf(&world, "%s/mapae.sock", world.folder),
        .cert_file = api_printf(&world, "%s/tls/server.pem", world.folder),
        .key_file = api_printf(&world, "%s/tls/server.key", world.folder),
        .workers = 2,
    }, world.app->router, NULL, &err);
    if (code != MP_OK)
        print_error("%s\n", err.message);
    CHECK_INT(code, MP_OK);
    mp_local *local = open_local(&world);
    CHECK(mp_local_has_server(local));
    tell_the_story(&world, local, "lee");
    mp_server_stop(server, 5);
    /* Nobody answers any more, and the app still holds the folder. */
    mp_local_answer answer;
    CHECK_INT(mp_local_ask(&answer, local, &(mp_local_request){ .method = MP_GET, .path = MP_S("/healthz") },
                           &world.arena, &err),
              MP_UNAVAILABLE);
    mp_local *second = NULL;
    CHECK_INT(mp_local_open(&second, &(mp_local_options){ .config = world.config, .folder = world.folder }, &err), MP_BUSY);
    mp_local_close(local);
    api_stop(&world);
}

TEST(a_folder_that_is_none)
{
    api_world world;
    mp_local *local = NULL;
    mp_error  err = { .code = MP_OK };
    api_start(&world, NULL);
    CHECK_INT(mp_local_open(&local,
                            &(mp_local_options){ .config = world.config,
                                                 .folder = api_printf(&world, "%s/none", world.folder) },
                            &err),
              MP_MISSING);
    CHECK(local == NULL);
    api_stop(&world);
}

int main(void)
{
    return MAIN(RUN(without_a_server), RUN(with_a_server), RUN(a_folder_that_is_none));
}
