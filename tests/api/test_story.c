/* SPDX-License-Identifier: Apache-2.0 */
/* From an empty folder to a denied request, as an administrator meets it. */
#include "api_world.h"

static const api_client local = { .is_local = true };

TEST(init_gives_what_a_script_needs)
{
    api_world world;
    api_start(&world, NULL);
    CHECK_INT(world.init.tenant_id.len, 36);
    CHECK_INT(world.init.subscription_id.len, 36);
    CHECK_INT(world.init.client_id.len, 36);
    CHECK(world.init.client_secret.len > 20);
    CHECK_STR(world.init.base_url, "https://localhost:8443");
    CHECK(mp_str_starts(world.init.setup_link, MP_S("https://localhost:8443/setup#")));
    CHECK(mp_app_is_prepared(world.folder));
    mp_init_result again;
    mp_error       err = { .code = MP_OK };
    CHECK_INT(
        mp_app_init(&again, &(mp_init_options){ .config = world.config, .folder = world.folder }, &world.arena, &err),
        MP_EXISTS);
    api_answer list = api_get(&world, &local, "/api/v1/subscriptions");
    WANT(list, 200);
    CHECK_STR(mp_json_str(mp_json_get(mp_json_at(mp_json_get(list.json, MP_S("value")), 0), MP_S("id"))),
              api_printf(&world, "%.*s", MP_FMT(world.init.subscription_id)));
    api_stop(&world);
}

TEST(the_first_administrator_signs_in)
{
    api_world world;
    api_start(&world, (const char *const[]){ "sign-in.factor-required=false", NULL });
    size_t     hash = mp_str_find(world.init.setup_link, '#');
    api_answer in = api_send(&world, NULL, MP_POST, "/api/v1/sign-in/setup",
                             api_printf(&world, "{\"token\":\"%.*s\",\"password\":\"Harbour-lantern-71\"}",
                                        MP_FMT(mp_str_skip(world.init.setup_link, hash + 1))));
    WANT(in, 200);
    /* The link worked once. */
    api_answer twice = api_send(&world, NULL, MP_POST, "/api/v1/sign-in/setup",
                                api_printf(&world, "{\"token\":\"%.*s\",\"password\":\"Harbour-lantern-72\"}",
                                           MP_FMT(mp_str_skip(world.init.setup_link, hash + 1))));
    WANT(twice, 401);
    api_answer wrong = api_send(&world, NULL, MP_POST, "/api/v1/sign-in",
                                "{\"userName\":\"admin\",\"password\":\"Harbour-lantern-70\"}");
    WANT(wrong, 401);
    api_answer unknown = api_send(&world, NULL, MP_POST, "/api/v1/sign-in",
                                  "{\"userName\":\"nobody\",\"password\":\"Harbour-lantern-70\"}");
    WANT(unknown, 401);
    CHECK_STR(api_text(&unknown, "detail"), api_printf(&world, "%.*s", MP_FMT(api_text(&wrong, "detail"))));
    api_answer right = api_send(&world, NULL, MP_POST, "/api/v1/sign-in",
                                "{\"userName\":\"Admin\",\"password\":\"Harbour-lantern-71\"}");
    WANT(right, 200);
    CHECK_STR(api_text(&right, "next"), "");
    mp_str cookie = api_header(&right, "set-cookie");
    CHECK(mp_str_starts(cookie, MP_S("__Host-mapae=")));
    CHECK(mp_str_find_str(cookie, MP_S("; Path=/; Secure; HttpOnly; SameSite=Strict")) != SIZE_MAX);
    api_stop(&world);
}

TEST(rights_are_given_used_and_taken)
{
    api_world world;
    api_start(&world, NULL);
    const api_client robot = { .token = api_token(&world, world.init.client_id, world.init.client_secret) };
    api_answer me = api_get(&world, &robot, "/api/v1/me");
    WANT(me, 200);
    CHECK_STR(api_text(&me, "kind"), "program");
    api_client kim;
    mp_str     id = api_user(&world, &kim, "kim");
    WANT(api_get(&world, &kim, "/api/v1/me"), 200);
    api_answer refused = api_get(&world, &kim, "/api/v1/users");
    WANT(refused, 403);
    CHECK_STR(api_text(&refused, "code"), "denied");
    CHECK(mp_str_find_str(api_text(&refused, "detail"), MP_S("Mapae.Access/users/read")) != SIZE_MAX);
    /* Through a group. */
    api_answer group =
        api_send(&world, &robot, MP_POST, "/api/v1/groups",
                 api_printf(&world, "{\"displayName\":\"readers\",\"members\":[\"%.*s\"]}", MP_FMT(id)));
    WANT(group, 201);
    api_answer given = api_send(
        &world, &robot, MP_POST, "/api/v1/assignments",
        api_printf(
            &world,
            "{\"principalId\":\"%.*s\",\"principalType\":\"Group\",\"roleDefinitionId\":\"acdd72a7-3385-48ef-bd42-f606fba81ae7\",\"scope\":\"/\"}",
            MP_FMT(api_text(&group, "id"))));
    WANT(given, 201);
    WANT(api_get(&world, &kim, "/api/v1/users"), 200);
    WANT(api_send(&world, &kim, MP_POST, "/api/v1/users", "{\"userName\":\"lee\"}"), 403);
    api_answer may =
        api_send(&world, &kim, MP_POST, "/api/v1/may", "{\"action\":\"Mapae.Access/users/read\",\"scope\":\"/\"}");
    WANT(may, 200);
    CHECK(mp_json_get(may.json, MP_S("allowed"))->u.integer == 1);
    WANT(api_send(&world, &robot, MP_DELETE,
                  api_printf(&world, "/api/v1/assignments/%.*s", MP_FMT(api_text(&given, "id"))), NULL),
         204);
    WANT(api_get(&world, &kim, "/api/v1/users"), 403);
    /* Who leaves has nothing any more. */
    WANT(api_send(&world, &robot, MP_POST, api_printf(&world, "/api/v1/users/%.*s/leave", MP_FMT(id)), NULL), 200);
    WANT(api_get(&world, &kim, "/api/v1/me"), 401);
    api_stop(&world);
}

TEST(a_program_with_a_role_of_its_own)
{
    api_world world;
    api_start(&world, NULL);
    api_answer role = api_send(&world, &local, MP_POST, "/api/v1/roles",
        "{\"roleName\":\"Collector\",\"actions\":[\"Mapae.Ledger/evidence/*\"],\"assignableScopes\":[\"/\"]}");
    WANT(role, 201);
    api_answer program = api_send(&world, &local, MP_POST, "/api/v1/programs", "{\"displayName\":\"collector\"}");
    WANT(program, 201);
    api_answer secret =
        api_send(&world, &local, MP_POST,
                 api_printf(&world, "/api/v1/programs/%.*s/secrets", MP_FMT(api_text(&program, "id"))), NULL);
    WANT(secret, 201);
    WANT(
        api_send(
            &world, &local, MP_POST, "/api/v1/assignments",
            api_printf(
                &world,
                "{\"principalId\":\"%.*s\",\"principalType\":\"ServicePrincipal\",\"roleDefinitionId\":\"%.*s\",\"scope\":\"/\"}",
                MP_FMT(api_text(&program, "id")), MP_FMT(api_text(&role, "id")))),
        201);
    const api_client collector = { .token = api_token(&world, api_text(&secret, "clientId"),
                                                      api_text(&secret, "clientSecret")) };
    api_answer up = api_ask(&world, &collector,
                            &(api_request){ .method = MP_POST,
                                            .path = "/api/v1/evidence?title=Scan%20of%20May&link=/controls/2.5.1",
                                            .type = "text/plain",
                                            .body = MP_S("no findings\n") });
    WANT(up, 201);
    CHECK_INT(api_number(&up, "sizeBytes"), 12);
    char *path = api_printf(&world, "/api/v1/evidence/%.*s", MP_FMT(api_text(&up, "id")));
    WANT(api_get(&world, &collector, path), 200);
    api_answer content = api_get(&world, &collector, api_printf(&world, "%s/content", path));
    WANT(content, 200);
    CHECK_STR(content.body, "no findings\n");
    CHECK_INT(api_leaves_of(&world, content.id, NULL), 1);
    WANT(api_get(&world, &collector, "/api/v1/users"), 403);
    WANT(api_send(&world, &collector, MP_DELETE, path, NULL), 409); /* it must be kept */
    api_stop(&world);
}

TEST(tokens_for_scripts)
{
    api_world  world;
    api_client kim;
    api_start(&world, NULL);
    mp_str id = api_user(&world, &kim, "kim");
    /* Without a second factor the session makes none; the machine itself may. */
    WANT(api_send(&world, &kim, MP_POST, "/api/v1/me/tokens", NULL), 403);
    WANT(api_send(&world, &local, MP_POST, "/api/v1/me/tokens", NULL), 400);
    api_answer made = api_send(&world, &local, MP_POST, "/api/v1/me/tokens",
                               api_printf(&world, "{\"principalId\":\"%.*s\",\"seconds\":600}", MP_FMT(id)));
    WANT(made, 201);
    const api_client script = { .token = api_text(&made, "token") };
    api_answer me = api_get(&world, &script, "/api/v1/me");
    WANT(me, 200);
    CHECK_STR(api_text(&me, "kind"), "user");
    CHECK_STR(api_text(&me, "userName"), "kim");
    /* A token changes no password and makes no token. */
    WANT(api_send(&world, &script, MP_POST, "/api/v1/me/password",
                  "{\"oldPassword\":\"Tiger-lily-river-88\",\"newPassword\":\"Tiger-lily-brook-99\"}"),
         403);
    WANT(api_send(&world, &script, MP_POST, "/api/v1/me/tokens", NULL), 403);
    WANT(api_send(&world, &local, MP_DELETE, api_printf(&world, "/api/v1/tokens/%.*s", MP_FMT(api_text(&made, "id"))),
                  NULL),
         204);
    WANT(api_get(&world, &script, "/api/v1/me"), 401);
    /* One's own sessions. */
    api_answer sessions = api_get(&world, &kim, "/api/v1/me/sessions");
    WANT(sessions, 200);
    CHECK_INT(mp_json_get(sessions.json, MP_S("value"))->count, 1);
    WANT(api_send(&world, &kim, MP_DELETE, "/api/v1/me/sessions/11111111-2222-4333-8444-555555555555", NULL), 404);
    WANT(api_send(&world, &local, MP_DELETE, api_printf(&world, "/api/v1/users/%.*s/sessions", MP_FMT(id)), NULL), 200);
    WANT(api_get(&world, &kim, "/api/v1/me"), 401);
    api_stop(&world);
}

TEST(a_locked_sign_in_is_unlocked)
{
    api_world  world;
    api_client kim;
    api_start(&world, (const char *const[]){ "sign-in.factor-required=false", "sign-in.slow-after=3",
                                             "sign-in.lock-after=3", NULL });
    mp_str id = api_user(&world, &kim, "kim");
    char  *unlock = api_printf(&world, "/api/v1/users/%.*s/unlock", MP_FMT(id));
    for (int i = 0; i < 3; i++)
        CHECK(api_send(&world, NULL, MP_POST, "/api/v1/sign-in",
                       "{\"userName\":\"kim\",\"password\":\"wrong-wrong-wrong-1\"}")
                  .status >= 400);
    WANT(api_send(&world, NULL, MP_POST, "/api/v1/sign-in",
                  "{\"userName\":\"kim\",\"password\":\"Tiger-lily-river-88\"}"),
         429);
    WANT(api_send(&world, &kim, MP_POST, unlock, NULL), 403); /* not by himself */
    api_answer done = api_send(&world, &local, MP_POST, unlock, NULL);
    WANT(done, 200);
    CHECK(mp_str_eq(api_text(&done, "id"), id));
    CHECK_INT(api_leaves_of(&world, done.id, NULL), 1);
    WANT(api_send(&world, NULL, MP_POST, "/api/v1/sign-in",
                  "{\"userName\":\"kim\",\"password\":\"Tiger-lily-river-88\"}"),
         200);
    WANT(api_send(&world, &local, MP_POST, "/api/v1/users/11111111-2222-4333-8444-555555555555/unlock", NULL), 404);
    api_stop(&world);
}

/* Two versions of everything that keeps its history, and the first of them by its time. */
TEST(what_was_can_be_read)
{
    static const struct {
        const char *list, *made, *changed, *member, *before, *after;
    } things[] = {
        { "groups", "{\"displayName\":\"a\"}", "{\"displayName\":\"b\"}", "displayName", "a", "b" },
        { "programs", "{\"displayName\":\"a\"}", "{\"displayName\":\"b\"}", "displayName", "a", "b" },
        { "roles", "{\"roleName\":\"a\",\"actions\":[\"*/read\"],\"assignableScopes\":[\"/\"]}", "{\"roleName\":\"b\",\"actions\":[\"*/read\"],\"assignableScopes\":[\"/\"]}", "roleName", "a", "b" },
        { "subscriptions", "{\"displayName\":\"a\"}", "{\"displayName\":\"b\"}", "displayName", "a", "b" },
        { "management-groups", "{\"name\":\"Home\",\"displayName\":\"a\"}", "{\"name\":\"Home\",\"displayName\":\"b\"}", "displayName", "a", "b" },
        { "identity-providers", "{\"displayName\":\"a\",\"issuer\":\"https://id.example\",\"clientId\":\"c\",\"clientSecret\":\"hidden-hidden\"}",
          "{\"displayName\":\"b\",\"issuer\":\"https://id.example\",\"clientId\":\"c\"}", "displayName", "a", "b" },
    };
    api_world  world;
    api_client kim;
    api_start(&world, NULL);
    (void)api_user(&world, &kim, "kim");
    for (size_t i = 0; i < MP_COUNT(things); i++) {
        api_answer made =
            api_send(&world, &local, MP_POST, api_printf(&world, "/api/v1/%s", things[i].list), things[i].made);
        WANT(made, 201);
        bool  is_named = strcmp(things[i].list, "management-groups") == 0;
        char *path = api_printf(&world, "/api/v1/%s/%.*s", things[i].list,
                                MP_FMT(is_named ? MP_S("Home") : api_text(&made, "id")));
        WANT(api_send(&world, &local, MP_PUT, path, things[i].changed), 200);
        api_answer history = api_get(&world, &local, api_printf(&world, "%s/history", path));
        WANT(history, 200);
        const mp_json *versions = mp_json_get(history.json, MP_S("value"));
        CHECK_INT(versions->count, 2);
        CHECK_STR(mp_json_get_text(mp_json_get(mp_json_at(versions, 0), MP_S("body")), things[i].member),
                  things[i].after);
        CHECK_STR(mp_json_get_text(mp_json_get(mp_json_at(versions, 1), MP_S("body")), things[i].member),
                  things[i].before);
        CHECK(mp_str_find_str(history.body, MP_S("hidden-hidden")) == SIZE_MAX);
        api_answer then = api_get(
            &world, &local,
            api_printf(&world, "%s?asOf=%.*s", path, MP_FMT(mp_json_get_text(mp_json_at(versions, 1), "since"))));
        WANT(then, 200);
        CHECK_STR(api_text(&then, things[i].member), things[i].before);
        api_answer first = api_get(&world, &local, api_printf(&world, "%s/history?top=1", path));
        WANT(first, 200);
        CHECK(api_text(&first, "next").len > 0);
        WANT(api_get(&world, &kim, api_printf(&world, "%s/history", path)), 403);
    }
    WANT(api_get(&world, &local, "/api/v1/management-groups/HOME/history"), 200);
    WANT(api_get(&world, &local, "/api/v1/groups/11111111-2222-4333-8444-555555555555/history"), 404);
    WANT(api_get(&world, &local, "/api/v1/groups/none/history"), 404);
    api_stop(&world);
}

#define READER "acdd72a7-3385-48ef-bd42-f606fba81ae7"
#define PLACE "11111111-2222-4333-8444-555555555555"

/* The right counts where each version stood, also of an assignment that is no more. */
TEST(what_was_assigned_can_be_read)
{
    api_world  world;
    api_client kim, lee;
    api_start(&world, NULL);
    mp_str id = api_user(&world, &kim, "kim"), other = api_user(&world, &lee, "lee");
    WANT(api_ask(&world, &local,
                 &(api_request){ .method = MP_PUT,
                                 .path = "/api/v1/subscriptions/" PLACE,
                                 .json = "{\"displayName\":\"a\"}",
                                 .headers = { { "If-None-Match", "*" } } }),
         201);
    WANT(api_send(&world, &local, MP_POST, "/api/v1/assignments",
                  api_printf(&world,
                             "{\"principalId\":\"%.*s\",\"roleDefinitionId\":\"" READER
                             "\",\"scope\":\"/subscriptions/" PLACE "\"}",
                             MP_FMT(id))),
         201);
    char      *path = "/api/v1/assignments/22222222-2222-4333-8444-555555555555";
    const char *scopes[] = { "/subscriptions/" PLACE, "/" };
    for (size_t i = 0; i < MP_COUNT(scopes); i++) { /* the same id, first within what kim may read, then not */
        WANT(api_ask(&world, &local,
                     &(api_request){ .method = MP_PUT,
                                     .path = path,
                                     .headers = { { "If-None-Match", "*" } },
                                     .json = api_printf(&world,
                                                        "{\"principalId\":\"%.*s\",\"roleDefinitionId\":\"" READER
                                                        "\",\"scope\":\"%s\"}",
                                                        MP_FMT(other), scopes[i]) }),
             201);
        WANT(api_send(&world, &local, MP_DELETE, path, NULL), 204);
        api_answer seen = api_get(&world, &kim, api_printf(&world, "%s/history", path));
        WANT(seen, i == 0 ? 200 : 403);
        if (i == 0)
            CHECK_INT(mp_json_get(seen.json, MP_S("value"))->count, 2);
    }
    api_answer all = api_get(&world, &local, api_printf(&world, "%s/history", path));
    WANT(all, 200);
    CHECK_INT(mp_json_get(all.json, MP_S("value"))->count, 4);
    WANT(api_get(&world, &kim, "/api/v1/assignments/" PLACE "/history"), 403);
    WANT(api_get(&world, &local, "/api/v1/assignments/" PLACE "/history"), 404);
    api_stop(&world);
}

/* Contributor may nearly everything, and takes no copy of the keys; nor does he say which provider is believed. */
TEST(what_comes_to_the_same_as_every_right)
{
    api_world  world;
    api_client kim;
    api_start(&world, (const char *const[]){ "sign-in.factor-required=false", NULL });
    mp_str id = api_user(&world, &kim, "kim");
    WANT(
        api_send(
            &world, &local, MP_POST, "/api/v1/roles",
            "{\"roleName\":\"Everything but giving\",\"actions\":[\"*\"],\"notActions\":[\"Mapae.Access/assignments/*\"],"
            "\"assignableScopes\":[\"/\"]}"),
        201);
    api_answer role = api_get(&world, &local, "/api/v1/roles?type=CustomRole");
    WANT(
        api_send(
            &world, &local, MP_POST, "/api/v1/assignments",
            api_printf(
                &world,
                "{\"principalId\":\"%.*s\",\"principalType\":\"User\",\"roleDefinitionId\":\"%.*s\",\"scope\":\"/\"}",
                MP_FMT(id),
                MP_FMT(mp_json_str(mp_json_get(mp_json_at(mp_json_get(role.json, MP_S("value")), 0), MP_S("id")))))),
        201);
    WANT(api_get(&world, &kim, "/api/v1/users"), 200);
    WANT(api_send(&world, &kim, MP_POST, "/api/v1/backups", NULL), 403);
    WANT(api_send(&world, &kim, MP_POST, "/api/v1/identity-providers",
                  "{\"displayName\":\"p\",\"issuer\":\"https://id.example\",\"clientId\":\"c\"}"),
         403);
    WANT(
        api_send(
            &world, &local, MP_POST, "/api/v1/identity-providers",
            "{\"displayName\":\"p\",\"issuer\":\"https://id.example\",\"clientId\":\"c\",\"clientSecret\":\"hidden-hidden\"}"),
        201);
    api_answer listed = api_get(&world, &local, "/api/v1/identity-providers");
    WANT(listed, 200);
    CHECK(mp_str_find_str(listed.body, MP_S("hidden-hidden")) == SIZE_MAX);
    api_answer shown = api_get(&world, NULL, "/api/v1/sign-in/providers");
    WANT(shown, 200);
    CHECK_INT(mp_json_at(mp_json_get(shown.json, MP_S("value")), 0)->count, 2);
    api_stop(&world);
}

int main(void)
{
    return MAIN(RUN(init_gives_what_a_script_needs), RUN(the_first_administrator_signs_in),
                RUN(rights_are_given_used_and_taken), RUN(a_program_with_a_role_of_its_own), RUN(tokens_for_scripts),
                RUN(a_locked_sign_in_is_unlocked), RUN(what_was_can_be_read), RUN(what_was_assigned_can_be_read),
                RUN(what_comes_to_the_same_as_every_right));
}
