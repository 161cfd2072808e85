/* SPDX-License-Identifier: Apache-2.0 */
/* Names beside ids, where what is made stands, and names that are taken. */
#include "api_world.h"

static const api_client local = { .is_local = true };

#define READER "acdd72a7-3385-48ef-bd42-f606fba81ae7"

static api_answer make(api_world *world, const char *path, const char *json)
{
    api_answer made = api_send(world, &local, MP_POST, path, json);
    WANT(made, 201);
    return made;
}

static mp_str text_in(const mp_json *object, const char *member)
{
    const mp_json *v = mp_json_get(object, mp_str_from(member));
    return mp_json_is(v, MP_JSON_STRING) ? mp_json_str(v) : MP_S("");
}

static const mp_json *element(const api_answer *a, const char *member, size_t index)
{
    return mp_json_at(mp_json_get(a->json, mp_str_from(member)), index);
}

static api_answer assign(api_world *world, mp_str role, mp_str to, const char *scope)
{
    return make(world, "/api/v1/assignments",
                api_printf(world, "{\"principalId\":\"%.*s\",\"roleDefinitionId\":\"%.*s\",\"scope\":\"%s\"}",
                           MP_FMT(to), MP_FMT(role), scope));
}

/* Somebody who is signed in and may do this, and nothing else. */
static void make_reader(api_world *world, api_client *out, const char *name, const char *actions)
{
    api_answer role = make(
        world, "/api/v1/roles",
        api_printf(world, "{\"roleName\":\"of %s\",\"actions\":[%s],\"assignableScopes\":[\"/\"]}", name, actions));
    mp_str     id = api_user(world, out, name);
    assign(world, api_text(&role, "id"), id, "/");
}

TEST(assignments_say_whom_and_what_they_are_about)
{
    api_world world;
    api_start(&world, NULL);
    api_answer kim = make(&world, "/api/v1/users", "{\"userName\":\"kim\",\"displayName\":\"Kim Jiwon\"}");
    api_answer group = make(&world, "/api/v1/groups", "{\"displayName\":\"auditors\"}");
    api_answer role =
        make(&world, "/api/v1/roles",
             "{\"roleName\":\"Collector\",\"actions\":[\"Mapae.Ledger/evidence/*\"],\"assignableScopes\":[\"/\"]}");
    api_answer given = assign(&world, MP_S(READER), api_text(&group, "id"), "/");
    CHECK_STR(api_text(&given, "principalName"), "auditors");
    CHECK_STR(api_text(&given, "roleName"), "Reader");
    api_answer own = assign(&world, api_text(&role, "id"), api_text(&kim, "id"), "/");
    char      *path = api_printf(&world, "/api/v1/assignments/%.*s", MP_FMT(api_text(&own, "id")));
    api_answer got = api_get(&world, &local, path);
    CHECK_STR(api_text(&got, "principalName"), "Kim Jiwon");
    CHECK_STR(api_text(&got, "roleName"), "Collector");
    api_answer list = api_get(
        &world, &local, api_printf(&world, "/api/v1/assignments?principalId=%.*s", MP_FMT(api_text(&kim, "id"))));
    CHECK_STR(text_in(element(&list, "value", 0), "principalName"), "Kim Jiwon");
    CHECK_STR(text_in(element(&list, "value", 0), "roleName"), "Collector");
    /* Names are no part of it: a new one makes no version. */
    WANT(api_send(&world, &local, MP_PUT, api_printf(&world, "/api/v1/groups/%.*s", MP_FMT(api_text(&group, "id"))),
                  "{\"displayName\":\"assessors\"}"),
         200);
    path = api_printf(&world, "/api/v1/assignments/%.*s", MP_FMT(api_text(&given, "id")));
    got = api_get(&world, &local, path);
    CHECK_STR(api_text(&got, "principalName"), "assessors");
    CHECK_INT(api_number(&got, "version"), 1);
    /* They are told, not taken. */
    WANT(api_send(&world, &local, MP_POST, "/api/v1/assignments",
                  api_printf(&world,
                             "{\"principalId\":\"%.*s\",\"principalName\":\"x\",\"roleDefinitionId\":\"" READER
                             "\",\"scope\":\"/\"}",
                             MP_FMT(api_text(&kim, "id")))),
         400);
    api_stop(&world);
}

TEST(an_assignment_as_it_was_has_the_name_of_then)
{
    api_world world;
    api_start(&world, NULL);
    api_answer group = make(&world, "/api/v1/groups", "{\"displayName\":\"auditors\"}");
    api_answer given = assign(&world, MP_S(READER), api_text(&group, "id"), "/");
    mp_str     then = api_text(&given, "createdAt");
    WANT(api_send(&world, &local, MP_PUT, api_printf(&world, "/api/v1/groups/%.*s", MP_FMT(api_text(&group, "id"))),
                  "{\"displayName\":\"assessors\"}"),
         200);
    api_answer got = api_get(
        &world, &local,
        api_printf(&world, "/api/v1/assignments/%.*s?asOf=%.*s", MP_FMT(api_text(&given, "id")), MP_FMT(then)));
    WANT(got, 200);
    CHECK_STR(api_text(&got, "principalName"), "auditors");
    api_stop(&world);
}

TEST(members_are_named_to_who_may_know_them)
{
    api_world  world;
    api_client everything, names, groups;
    api_start(&world, NULL);
    api_answer kim = make(&world, "/api/v1/users", "{\"userName\":\"kim\",\"displayName\":\"Kim Jiwon\"}");
    api_answer lee = make(&world, "/api/v1/users", "{\"userName\":\"lee@example.com\"}");
    api_answer inner = make(&world, "/api/v1/groups", "{\"displayName\":\"inner\"}");
    api_answer outer =
        make(&world, "/api/v1/groups",
             api_printf(&world, "{\"displayName\":\"outer\",\"members\":[\"%.*s\",\"%.*s\",\"%.*s\"]}",
                        MP_FMT(api_text(&kim, "id")), MP_FMT(api_text(&lee, "id")), MP_FMT(api_text(&inner, "id"))));
    make_reader(&world, &everything, "everything", "\"*/read\"");
    make_reader(&world, &names, "names", "\"Mapae.Access/groups/read\",\"Mapae.Access/assignments/read\"");
    make_reader(&world, &groups, "groups", "\"Mapae.Access/groups/read\"");
    char *path = api_printf(&world, "/api/v1/groups/%.*s", MP_FMT(api_text(&outer, "id")));
    const struct {
        const api_client *who;
        const char       *kim, *lee, *inner;
    } cases[] = {
        { &local, "Kim Jiwon", "lee@example.com", "inner" },
        { &everything, "Kim Jiwon", "lee@example.com", "inner" },
        { &names, "Kim Jiwon", "", "inner" }, /* no addresses for who may not read people */
        { &groups, "", "", "inner" },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        api_answer got = api_get(&world, cases[i].who, path);
        WANT(got, 200);
        CHECK(mp_str_eq(text_in(element(&got, "memberNames", 0), "principalId"), api_text(&kim, "id")));
        CHECK_STR(text_in(element(&got, "memberNames", 0), "principalName"), cases[i].kim);
        CHECK_STR(text_in(element(&got, "memberNames", 0), "principalType"), cases[i].kim[0] ? "User" : "");
        CHECK_STR(text_in(element(&got, "memberNames", 1), "principalName"), cases[i].lee);
        CHECK_STR(text_in(element(&got, "memberNames", 2), "principalName"), cases[i].inner);
        CHECK_STR(text_in(element(&got, "memberNames", 2), "principalType"), "Group");
        CHECK(!element(&got, "memberNames", 3));
    }
    /* Lists of groups stay short. */
    api_answer list = api_get(&world, &local, "/api/v1/groups?displayName=outer");
    CHECK(!mp_json_get(element(&list, "value", 0), MP_S("memberNames")));
    /* Assignments that name an address likewise. */
    assign(&world, MP_S(READER), api_text(&lee, "id"), "/");
    char *query = api_printf(&world, "/api/v1/assignments?principalId=%.*s", MP_FMT(api_text(&lee, "id")));
    api_answer seen = api_get(&world, &names, query), all = api_get(&world, &everything, query);
    CHECK_STR(text_in(element(&seen, "value", 0), "principalName"), "");
    CHECK_STR(text_in(element(&seen, "value", 0), "roleName"), "Reader");
    CHECK_STR(text_in(element(&all, "value", 0), "principalName"), "lee@example.com");
    api_stop(&world);
}

TEST(what_is_made_has_a_place)
{
    api_world world;
    api_start(&world, NULL);
    api_answer program = make(&world, "/api/v1/programs", "{\"displayName\":\"p\"}");
    const struct {
        const char *path, *body;
        bool        is_read; /* at its place, by GET */
    } made[] = {
        { "/api/v1/users", "{\"userName\":\"lee\"}", true },
        { "/api/v1/groups", "{\"displayName\":\"g\"}", true },
        { "/api/v1/programs", "{\"displayName\":\"q\"}", true },
        { api_printf(&world, "/api/v1/programs/%.*s/secrets", MP_FMT(api_text(&program, "id"))), NULL, false },
        { "/api/v1/roles", "{\"roleName\":\"r\",\"actions\":[\"*/read\"],\"assignableScopes\":[\"/\"]}", true },
        { "/api/v1/assignments", api_printf(&world, "{\"principalId\":\"%.*s\",\"roleDefinitionId\":\"" READER "\",\"scope\":\"/\"}", MP_FMT(api_text(&program, "id"))), true },
        { "/api/v1/subscriptions", "{\"displayName\":\"s\"}", true },
        { "/api/v1/management-groups", "{\"name\":\"Finance-(1)\"}", true },
        { "/api/v1/identity-providers", "{\"displayName\":\"i\",\"issuer\":\"https://sso.example.com\",\"clientId\":\"c\"}", true },
        { "/api/v1/me/tokens", api_printf(&world, "{\"principalId\":\"%.*s\"}", MP_FMT(api_text(&program, "id"))), false },
        { "/api/v1/ledger/stamps", NULL, true },
    };
    size_t count = 0;
    for (size_t i = 0; i < MP_COUNT(made); i++) {
        api_answer a = make(&world, made[i].path, made[i].body);
        mp_str     place = api_header(&a, "location");
        if (!mp_str_starts(place, MP_S("/api/v1/")))
            print_error("POST %s has no place\n", made[i].path);
        CHECK(mp_str_starts(place, MP_S("/api/v1/")));
        api_answer there = made[i].is_read
                               ? api_get(&world, &local, api_printf(&world, "%.*s", MP_FMT(place)))
                               : api_send(&world, &local, MP_DELETE, api_printf(&world, "%.*s", MP_FMT(place)), NULL);
        WANT(there, made[i].is_read ? 200 : 204);
    }
    /* No route that makes something was forgotten above; of evidence test_kept.c asks. */
    for (size_t i = 0; mp_router_at(world.app->router, i); i++)
        count += mp_router_at(world.app->router, i)->method == MP_POST && mp_router_at(world.app->router, i)->status == 201;
    CHECK_INT(count, MP_COUNT(made) + 1);
    api_stop(&world);
}

TEST(a_name_that_is_taken_is_named)
{
    static const struct {
        const char *path, *body, *said, *korean;
    } cases[] = {
        { "/api/v1/users", "{\"userName\":\"kim\"}", "there is already a user with the userName 'kim'", "'kim'" },
        { "/api/v1/groups", "{\"displayName\":\"auditors\"}", "there is a group called 'auditors' already", "이름이 'auditors'인 그룹이 이미 있습니다" },
        { "/api/v1/programs", "{\"displayName\":\"job\"}", "there is a program called 'job' already", "이름이 'job'인 프로그램이 이미 있습니다" },
        { "/api/v1/roles", "{\"roleName\":\"Collector\",\"actions\":[\"*/read\"],\"assignableScopes\":[\"/\"]}", "there is a role called 'Collector' already", "역할이 이미" },
        { "/api/v1/management-groups", "{\"name\":\"finance\"}", "there is a management group called 'finance' already", "관리 그룹이 이미" },
        { "/api/v1/identity-providers", "{\"displayName\":\"sso\",\"issuer\":\"https://sso.example.com\",\"clientId\":\"c\"}",
          "there is an identity provider called 'sso' already", "ID 공급자가 이미" },
    };
    api_world world;
    api_start(&world, NULL);
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        make(&world, cases[i].path, cases[i].body);
        api_answer again = api_send(&world, &local, MP_POST, cases[i].path, cases[i].body);
        WANT(again, 409);
        CHECK_STR(api_text(&again, "code"), "exists");
        CHECK(mp_str_find_str(api_text(&again, "detail"), mp_str_from(cases[i].said)) != SIZE_MAX);
        api_answer korean = api_ask(&world, &local,
                                    &(api_request){ .method = MP_POST,
                                                    .path = cases[i].path,
                                                    .json = cases[i].body,
                                                    .headers = { { "Accept-Language", "ko" } } });
        CHECK(mp_str_find_str(api_text(&korean, "detail"), mp_str_from(cases[i].korean)) != SIZE_MAX);
    }
    api_answer group = api_get(&world, &local, "/api/v1/groups?displayName=auditors");
    mp_str     id = text_in(element(&group, "value", 0), "id");
    assign(&world, MP_S(READER), id, "/");
    api_answer again = api_send(&world, &local, MP_POST, "/api/v1/assignments",
        api_printf(&world, "{\"principalId\":\"%.*s\",\"roleDefinitionId\":\"" READER "\",\"scope\":\"/\"}", MP_FMT(id)));
    WANT(again, 409);
    CHECK(mp_str_find_str(api_text(&again, "detail"), MP_S("the same role is assigned to")) != SIZE_MAX);
    /* What keeps its own name is not in its own way. */
    WANT(api_send(&world, &local, MP_PUT, api_printf(&world, "/api/v1/groups/%.*s", MP_FMT(id)),
                  "{\"displayName\":\"Auditors\"}"),
         200);
    api_stop(&world);
}

TEST(a_built_in_role_has_no_versions)
{
    api_world world;
    api_start(&world, NULL);
    api_answer history = api_get(&world, &local, "/api/v1/roles/" READER "/history");
    WANT(history, 200);
    CHECK(mp_json_is(mp_json_get(history.json, MP_S("value")), MP_JSON_ARRAY) && !element(&history, "value", 0));
    WANT(api_get(&world, &local, "/api/v1/roles/11111111-2222-4333-8444-555555555555/history"), 404);
    api_stop(&world);
}

int main(void)
{
    return MAIN(RUN(assignments_say_whom_and_what_they_are_about), RUN(an_assignment_as_it_was_has_the_name_of_then),
                RUN(members_are_named_to_who_may_know_them), RUN(what_is_made_has_a_place),
                RUN(a_name_that_is_taken_is_named), RUN(a_built_in_role_has_no_versions));
}
