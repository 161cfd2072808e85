/* SPDX-License-Identifier: Apache-2.0 */
/* Lists, pages, versions, and what a body that is wrong is told. */
#include "api_world.h"

static const api_client local = { .is_local = true };

static size_t count_of(const api_answer *a) { return mp_json_get(a->json, MP_S("value"))->count; }

static mp_str item_text(const api_answer *a, size_t index, const char *member)
{
    return mp_json_str(mp_json_get(mp_json_at(mp_json_get(a->json, MP_S("value")), index), mp_str_from(member)));
}

static void make_users(api_world *world, int count)
{
    for (int i = 0; i < count; i++)
        WANT(api_send(world, &local, MP_POST, "/api/v1/users",
                      api_printf(world, "{\"userName\":\"user%03d\",\"displayName\":\"User %03d\"}", i, count - i)),
             201);
}

TEST(pages_follow_each_other)
{
    api_world world;
    api_start(&world, NULL);
    make_users(&world, 25);
    size_t seen = 0, pages = 0;
    mp_str after = MP_S(""), last = MP_S("");
    do {
        api_answer a = api_get(
            &world, &local,
            api_printf(&world, "/api/v1/users?top=10&orderBy=userName&userName=user*&after=%.*s", MP_FMT(after)));
        WANT(a, 200);
        for (size_t i = 0; i < count_of(&a); i++) {
            mp_str name = item_text(&a, i, "userName");
            CHECK(mp_str_cmp(last, name) < 0);
            last = name;
            seen++;
            if (seen == 12) /* somebody writes meanwhile */
                WANT(api_send(&world, &local, MP_POST, "/api/v1/users", "{\"userName\":\"user000a\"}"), 201);
        }
        after = api_text(&a, "next");
        pages++;
    } while (after.len);
    CHECK_INT(seen, 25);
    CHECK_INT(pages, 3);
    api_answer reversed = api_get(&world, &local, "/api/v1/users?top=1&orderBy=userName%20desc&userName=user*&count=true");
    WANT(reversed, 200);
    CHECK_STR(item_text(&reversed, 0, "userName"), "user024");
    CHECK_INT(api_number(&reversed, "count"), 26);
    api_stop(&world);
}

/* Each name that a list declares is one that it can be asked by. */
TEST(every_declared_filter_and_order_works)
{
    api_world world;
    size_t    asked = 0;
    api_start(&world, NULL);
    for (size_t i = 0; mp_router_at(world.app->router, i); i++) {
        const mp_route *route = mp_router_at(world.app->router, i);
        if (route->method != MP_GET || strchr(route->path, '{') ||
            !mp_str_starts(mp_str_from(route->path), MP_S("/api/v1/")))
            continue;
        for (size_t k = 0; k < route->param_count; k++) {
            const mp_param *param = &route->params[k];
            static const char *const samples[] = {
                [MP_TYPE_STRING] = "x",
                [MP_TYPE_INTEGER] = "1",
                [MP_TYPE_BOOLEAN] = "true",
                [MP_TYPE_GUID] = "11111111-2222-4333-8444-555555555555",
                [MP_TYPE_TIME] = "2026-01-31T09:00:00Z",
                [MP_TYPE_SHA256] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            };
            if (strcmp(param->name, "after") == 0 || strcmp(route->path, "/api/v1/events") == 0 ||
                strstr(route->path, "/callback") || strstr(route->path, "/proofs/"))
                continue;
            for (const char *const *v = param->values ? param->values
                                                      : (const char *const[]){ samples[param->type], NULL };
                 *v; v++) {
                char *value = api_printf(&world, "%s", *v);
                char *blank = strchr(value, ' ');
                if (blank)
                    *blank = '+';
                api_answer a = api_get(&world, &local, api_printf(&world, "%s?%s=%s", route->path, param->name, value));
                if (a.status != 200 && a.status != 302)
                    print_error("%s?%s=%s\n", route->path, param->name, value);
                CHECK(a.status == 200 || a.status == 302);
                asked++;
            }
        }
    }
    CHECK(asked > 60);
    WANT(api_get(&world, &local, "/api/v1/users?usrName=x"), 400);
    WANT(api_get(&world, &local, "/api/v1/users?orderBy=email"), 400);
    WANT(api_get(&world, &local, "/api/v1/users?top=0"), 400);
    WANT(api_get(&world, &local, "/api/v1/users?top=1001"), 400);
    WANT(api_get(&world, &local, "/api/v1/users?after=%00garbage"), 400);
    WANT(api_get(&world, &local, "/api/v1/users?asOf=yesterday"), 400);
    api_stop(&world);
}

TEST(roles_of_both_sorts_are_one_list)
{
    api_world world;
    api_start(&world, NULL);
    for (int i = 0; i < 3; i++)
        WANT(api_send(&world, &local, MP_POST, "/api/v1/roles",
                      api_printf(&world,
                                 "{\"roleName\":\"R%d\",\"actions\":[\"*/read\"],\"assignableScopes\":[\"/\"]}", i)),
             201);
    api_answer all = api_get(&world, &local, "/api/v1/roles?count=true");
    WANT(all, 200);
    size_t builtin = 0, seen = 0;
    for (size_t i = 0; i < count_of(&all); i++)
        builtin += mp_str_eq(item_text(&all, i, "type"), MP_S("BuiltInRole"));
    CHECK(builtin >= 8);
    CHECK_INT(count_of(&all), builtin + 3);
    CHECK_INT(api_number(&all, "count"), builtin + 3);
    for (unsigned top = 1; top <= 5; top++) {
        mp_str after = MP_S("");
        seen = 0;
        do {
            api_answer a =
                api_get(&world, &local, api_printf(&world, "/api/v1/roles?top=%u&after=%.*s", top, MP_FMT(after)));
            WANT(a, 200);
            CHECK(count_of(&a) <= top);
            for (size_t i = 0; i < count_of(&a); i++, seen++)
                CHECK(mp_str_eq(item_text(&a, i, "roleName"), item_text(&all, seen, "roleName")));
            after = api_text(&a, "next");
        } while (after.len);
        CHECK_INT(seen, count_of(&all));
    }
    CHECK_INT(count_of(&(api_answer){ .json = api_get(&world, &local, "/api/v1/roles?type=CustomRole").json }), 3);
    CHECK_INT(count_of(&(api_answer){ .json = api_get(&world, &local, "/api/v1/roles?roleName=owner").json }), 1);
    WANT(api_send(&world, &local, MP_DELETE, "/api/v1/roles/8e3af657-a8ff-443c-a75c-2fe8c4bcb635", NULL), 409);
    api_stop(&world);
}

/* ---- versions ---- */

TEST(versions_protect_from_each_other)
{
    api_world world;
    api_start(&world, NULL);
    api_answer made = api_send(&world, &local, MP_POST, "/api/v1/users", "{\"userName\":\"kim\"}");
    WANT(made, 201);
    CHECK_STR(api_header(&made, "etag"), "\"1\"");
    char *path = api_printf(&world, "/api/v1/users/%.*s", MP_FMT(api_text(&made, "id")));
    CHECK_STR(api_header(&made, "location"), path);
    api_answer got = api_get(&world, &local, path);
    WANT(got, 200);
    CHECK_STR(api_header(&got, "etag"), "\"1\"");
    WANT(api_ask(&world, &local,
                 &(api_request){ .method = MP_GET, .path = path, .headers = { { "If-None-Match", "\"1\"" } } }),
         304);
    const char *body = "{\"userName\":\"kim\",\"displayName\":\"Kim\"}";
    WANT(api_ask(
             &world, &local,
             &(api_request){ .method = MP_PUT, .path = path, .json = body, .headers = { { "If-Match", "\"2\"" } } }),
         412);
    api_answer put = api_ask(
        &world, &local,
        &(api_request){ .method = MP_PUT, .path = path, .json = body, .headers = { { "If-Match", "\"1\"" } } });
    WANT(put, 200);
    CHECK_STR(api_header(&put, "etag"), "\"2\"");
    WANT(api_ask(
             &world, &local,
             &(api_request){ .method = MP_PUT, .path = path, .json = body, .headers = { { "If-None-Match", "*" } } }),
         412);
    WANT(api_ask(&world, &local,
                 &(api_request){ .method = MP_POST,
                                 .path = api_printf(&world, "%s/suspend", path),
                                 .headers = { { "If-Match", "\"1\"" } } }),
         412);
    WANT(api_send(&world, &local, MP_PUT, "/api/v1/users/11111111-2222-4333-8444-555555555555", body), 404);
    api_answer fresh = api_ask(&world, &local,
                               &(api_request){ .method = MP_PUT,
                                               .path = "/api/v1/users/11111111-2222-4333-8444-555555555555",
                                               .json = "{\"userName\":\"lee\"}",
                                               .headers = { { "If-None-Match", "*" } } });
    WANT(fresh, 201);
    CHECK_STR(api_text(&fresh, "id"), "11111111-2222-4333-8444-555555555555");
    WANT(api_send(&world, &local, MP_POST, "/api/v1/users", "{\"userName\":\"KIM\"}"), 409);
    api_answer history = api_get(&world, &local, api_printf(&world, "%s/history", path));
    WANT(history, 200);
    CHECK_INT(count_of(&history), 2);
    /* As it was before. */
    api_answer before =
        api_get(&world, &local, api_printf(&world, "%s?asOf=%.*s", path, MP_FMT(item_text(&history, 1, "since"))));
    WANT(before, 200);
    CHECK_STR(api_text(&before, "displayName"), "kim");
    WANT(api_get(&world, &local, api_printf(&world, "%s?asOf=2020-01-01T00:00:00Z", path)), 404);
    api_stop(&world);
}

/* ---- bodies ---- */

TEST(a_wrong_body_is_told_where)
{
    static const struct {
        const char *path, *body, *pointer;
    } cases[] = {
        { "/api/v1/users", "{\"userName\":7}", "/userName" },
        { "/api/v1/users", "{\"userName\":\"kim\",\"colour\":\"red\"}", "/colour" },
        { "/api/v1/users", "{\"userName\":\"kim\",\"state\":\"active\"}", "/state" },
        { "/api/v1/users", "{\"userName\":\"kim\",\"language\":\"de\"}", "/language" },
        { "/api/v1/users", "[]", "" },
        { "/api/v1/groups", "{\"displayName\":\"g\",\"members\":[\"11111111-2222-4333-8444-555555555555\",\"x\"]}", "/members/1" },
        { "/api/v1/identity-providers", "{\"displayName\":\"p\",\"issuer\":\"https://i\",\"clientId\":\"c\",\"groupMap\":[{\"value\":\"v\"}]}", "/groupMap/0/group" },
    };
    api_world world;
    api_start(&world, NULL);
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        api_answer a = api_send(&world, &local, MP_POST, cases[i].path, cases[i].body);
        WANT(a, 400);
        CHECK_STR(api_text(&a, "pointer"), cases[i].pointer);
        CHECK_STR(api_text(&a, "code"), "parameter");
        CHECK_STR(api_text(&a, "requestId"), a.id);
        mp_str text;
        CHECK_INT(api_leaves_of(&world, a.id, &text), 1);
        CHECK(mp_str_find_str(text, MP_S("\"failed\"")) != SIZE_MAX);
    }
    WANT(api_send(&world, &local, MP_POST, "/api/v1/users", "{\"userName\":\"kim\","), 400);
    WANT(api_send(&world, &local, MP_POST, "/api/v1/users", "{\"userName\":\"kim\",\"userName\":\"lee\"}"), 400);
    WANT(api_ask(&world, &local,
                 &(api_request){ .method = MP_POST,
                                 .path = "/api/v1/users",
                                 .json = "{\"userName\":\"kim\"}",
                                 .type = "text/plain" }),
         415);
    api_answer korean = api_ask(&world, &local,
                                &(api_request){ .method = MP_POST,
                                                .path = "/api/v1/assignments",
                                                .json = "{\"principalId\":\"x\"}",
                                                .headers = { { "Accept-Language", "ko-KR,ko;q=0.9" } } });
    WANT(korean, 400);
    CHECK_STR(api_header(&korean, "content-language"), "ko");
    api_stop(&world);
}

TEST(every_change_has_one_leaf)
{
    static const struct {
        mp_method   method;
        const char *path, *body;
        unsigned    status;
    } changes[] = {
        { MP_POST, "/api/v1/users", "{\"userName\":\"kim\"}", 201 },
        { MP_POST, "/api/v1/groups", "{\"displayName\":\"g\"}", 201 },
        { MP_POST, "/api/v1/programs", "{\"displayName\":\"p\"}", 201 },
        { MP_POST, "/api/v1/roles", "{\"roleName\":\"r\",\"actions\":[\"*/read\"],\"assignableScopes\":[\"/\"]}", 201 },
        { MP_POST, "/api/v1/subscriptions", "{\"displayName\":\"s\"}", 201 },
        { MP_POST, "/api/v1/management-groups", "{\"name\":\"m\"}", 201 },
        { MP_POST, "/api/v1/keys/rotate", NULL, 204 },
        { MP_POST, "/api/v1/ledger/verify", NULL, 200 },
        { MP_POST, "/api/v1/ledger/stamps", NULL, 201 },
        { MP_POST, "/api/v1/ledger/leaves/0/reveal", NULL, 200 },
        { MP_POST, "/api/v1/ledger/packages", "{\"leaves\":[0]}", 200 },
        { MP_POST, "/api/v1/backups", NULL, 200 },
        { MP_DELETE, "/api/v1/tokens/11111111-2222-4333-8444-555555555555", NULL, 204 },
        { MP_DELETE, "/api/v1/groups/11111111-2222-4333-8444-555555555555", NULL, 404 },
    };
    api_world world;
    api_start(&world, NULL);
    for (size_t i = 0; i < MP_COUNT(changes); i++) {
        api_answer a = api_send(&world, &local, changes[i].method, changes[i].path, changes[i].body);
        WANT(a, changes[i].status);
        mp_str text;
        CHECK_INT(api_leaves_of(&world, a.id, &text), 1);
        CHECK(mp_str_find_str(text, mp_str_from(a.status < 300 ? "\"done\"" : "\"failed\"")) != SIZE_MAX);
        CHECK(mp_str_find_str(text, MP_S("\"local\"")) != SIZE_MAX);
    }
    api_answer read = api_get(&world, &local, "/api/v1/users");
    CHECK_INT(api_leaves_of(&world, read.id, NULL), 0);
    api_answer rotated = api_send(&world, &local, MP_POST, "/api/v1/ledger/rotate", NULL);
    WANT(rotated, 200);
    WANT(api_send(&world, &local, MP_POST, "/api/v1/ledger/verify", NULL), 200);
    api_stop(&world);
}

int main(void)
{
    return MAIN(RUN(pages_follow_each_other), RUN(every_declared_filter_and_order_works),
                RUN(roles_of_both_sorts_are_one_list), RUN(versions_protect_from_each_other),
                RUN(a_wrong_body_is_told_where), RUN(every_change_has_one_leaf));
}
