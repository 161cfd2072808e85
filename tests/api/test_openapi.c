/* SPDX-License-Identifier: Apache-2.0 */
/* The description of the API says what the tables say, all of it, in both languages; with an argument it writes the
 * document there. */
#include "api_world.h"

#include "openapi.h"
#include "openapi_operation.h"

#include <stdio.h>

static const char *write_to;

static const mp_json *operation_of(api_world *world, const mp_json *document, const mp_route *route)
{
    static const char *const methods[MP_METHOD_COUNT] = {
        [MP_GET] = "get", [MP_POST] = "post", [MP_PUT] = "put", [MP_PATCH] = "patch", [MP_DELETE] = "delete"
    };
    const mp_json *path =
        mp_json_get(mp_json_get(document, MP_S("paths")), mp_openapi_path(&world->arena, mp_str_from(route->path)));
    return mp_json_get(path, mp_str_from(methods[route->method]));
}

TEST(every_route_is_described)
{
    api_world world;
    api_start(&world, NULL);
    api_answer a = api_get(&world, NULL, "/api/v1/openapi.json?lang=en");
    WANT(a, 200);
    CHECK_STR(api_text(&a, "openapi"), "3.1.0");
    size_t operations = 0, described = 0;
    for (size_t i = 0; mp_router_at(world.app->router, i); i++, operations++) {
        const mp_route *route = mp_router_at(world.app->router, i);
        const mp_json  *op = operation_of(&world, a.json, route), *params = mp_json_get(op, MP_S("parameters"));
        if (!op)
            print_error("%s is not described\n", route->path);
        CHECK(op != NULL);
        CHECK_STR(mp_json_str(mp_json_get(op, MP_S("x-mapae-action"))), route->action);
        for (size_t k = 0; k < route->param_count; k++) {
            bool is_there = false;
            for (MP_JSON_EACH(param, params))
                is_there = is_there || mp_str_eq(mp_json_str(mp_json_get(param, MP_S("name"))),
                                                 mp_str_from(route->params[k].name));
            CHECK(is_there);
        }
        CHECK((mp_json_get(op, MP_S("requestBody")) != NULL) == (route->body || route->stream));
        char status[16];
        snprintf(status, sizeof status, "%u", route->status ? route->status : 200);
        CHECK(mp_json_get(mp_json_get(op, MP_S("responses")), mp_str_from(status)) != NULL);
        CHECK(mp_json_get(mp_json_get(op, MP_S("responses")), MP_S("414")) != NULL);
        for (MP_JSON_EACH(param, params)) { /* names in the path have the limit that is checked; of headers none is */
            mp_str         in = mp_json_str(mp_json_get(param, MP_S("in")));
            const mp_json *most = mp_json_get(mp_json_get(param, MP_S("schema")), MP_S("maxLength"));
            CHECK(mp_str_eq(in, MP_S("query")) || (most != NULL) == mp_str_eq(in, MP_S("path")));
        }
    }
    const mp_json *paths = mp_json_get(a.json, MP_S("paths"));
    for (MP_JSON_MEMBERS(path, paths))
        described += (path + 1)->count;
    CHECK_INT(described, operations);
    if (write_to) {
        FILE *f = fopen(write_to, "w");
        CHECK(f && fwrite(a.body.ptr, 1, a.body.len, f) == a.body.len && fclose(f) == 0);
    }
    api_stop(&world);
}

TEST(operation_ids_are_unique)
{
    api_world world;
    api_start(&world, NULL);
    for (size_t i = 0; mp_router_at(world.app->router, i); i++)
        for (size_t k = 0; k < i; k++)
            CHECK(!mp_str_eq(mp_openapi_id(&world.arena, mp_router_at(world.app->router, i)),
                             mp_openapi_id(&world.arena, mp_router_at(world.app->router, k))));
    api_stop(&world);
}

/* ---- messages ---- */

static void must_exist(const char *id)
{
    if (!id || !mp_message_exists(MP_LANG_EN, id) || !mp_message_exists(MP_LANG_KO, id))
        print_error("no message \"%s\"\n", id ? id : "NULL");
    CHECK(id && mp_message_exists(MP_LANG_EN, id) && mp_message_exists(MP_LANG_KO, id));
}

static void check_shape(const mp_json_shape *shape)
{
    if (!shape)
        return;
    must_exist(shape->doc);
    check_shape(shape->items);
    for (size_t i = 0; i < shape->member_count; i++) {
        must_exist(shape->members[i].doc);
        check_shape(shape->members[i].shape);
    }
}

TEST(every_message_exists_in_both_languages)
{
    api_world world;
    api_start(&world, NULL);
    for (size_t i = 0; mp_router_at(world.app->router, i); i++) {
        const mp_route *route = mp_router_at(world.app->router, i);
        must_exist(route->summary);
        must_exist(api_printf(&world, "api.tag.%s", route->tag ? route->tag : "?"));
        must_exist(api_printf(&world, "api.status.%u", route->status ? route->status : 200));
        for (size_t k = 0; k < route->param_count; k++)
            must_exist(route->params[k].doc);
        check_shape(route->body);
        check_shape(route->answer);
        for (const char *p = strchr(route->path, '{'); p; p = strchr(p + 1, '{')) {
            size_t len = strcspn(p + 1, ".}");
            must_exist(api_printf(&world, "api.path.%.*s", (int)len, p + 1));
        }
    }
    for (size_t i = 0; i < MP_OPENAPI_ERRORS; i++)
        check_shape(mp_openapi_errors[i]);
    api_stop(&world);
}

TEST(the_language_is_the_readers)
{
    api_world world;
    api_start(&world, NULL);
    api_answer ko =
        api_ask(&world, NULL,
                &(api_request){
                    .method = MP_GET, .path = "/api/v1/openapi.json", .headers = { { "Accept-Language", "ko" } } });
    WANT(ko, 200);
    CHECK_STR(api_header(&ko, "content-language"), "ko");
    CHECK_STR(mp_json_str(mp_json_get(mp_json_get(ko.json, MP_S("info")), MP_S("title"))), "마패 API");
    api_answer en = api_ask(&world, NULL,
                            &(api_request){ .method = MP_GET,
                                            .path = "/api/v1/openapi.json?lang=en",
                                            .headers = { { "Accept-Language", "ko" } } });
    CHECK_STR(mp_json_str(mp_json_get(mp_json_get(en.json, MP_S("info")), MP_S("title"))), "Mapae API");
    api_stop(&world);
}

/* Every reference within the document leads somewhere. */
static void check_references(const mp_json *document, const mp_json *v)
{
    if (mp_json_is(v, MP_JSON_ARRAY))
        for (MP_JSON_EACH(one, v))
            check_references(document, one);
    if (!mp_json_is(v, MP_JSON_OBJECT))
        return;
    for (MP_JSON_MEMBERS(key, v)) {
        if (mp_str_eq(mp_json_str(key), MP_S("$ref")) && mp_json_is(key + 1, MP_JSON_STRING)) {
            const mp_json *at = document;
            mp_str         path = mp_str_skip(mp_json_str(key + 1), 2); /* "#/" */
            while (at && path.len) {
                size_t slash = mp_str_find(path, '/');
                at = mp_json_get(at, mp_str_of(path.ptr, slash == SIZE_MAX ? path.len : slash));
                path = slash == SIZE_MAX ? mp_str_of(NULL, 0) : mp_str_skip(path, slash + 1);
            }
            if (!at)
                print_error("%.*s leads nowhere\n", MP_FMT(mp_json_str(key + 1)));
            CHECK(at != NULL);
        }
        check_references(document, key + 1);
    }
}

TEST(references_lead_somewhere)
{
    api_world world;
    api_start(&world, NULL);
    api_answer a = api_get(&world, NULL, "/api/v1/openapi.json");
    check_references(a.json, a.json);
    api_stop(&world);
}

int main(int argc, char **argv)
{
    write_to = argc > 1 ? argv[1] : NULL;
    return MAIN(RUN(every_route_is_described), RUN(operation_ids_are_unique),
                RUN(every_message_exists_in_both_languages), RUN(the_language_is_the_readers),
                RUN(references_lead_somewhere));
}
