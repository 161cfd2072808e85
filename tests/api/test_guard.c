/* SPDX-License-Identifier: Apache-2.0 */
/* What stands before every route: nobody gets past it, and whoever tries is in the ledger. */
#include "api_world.h"

#include "rbac.h"

static const api_client local = { .is_local = true };

#define GUID "11111111-2222-4333-8444-555555555555"

/* The route's path with something in its {names}. */
static char *path_of(api_world *world, const mp_route *route)
{
    char  *out = api_printf(world, "%s%200s", route->path, "");
    size_t len = 0;
    for (const char *p = route->path; *p; p++) {
        if (*p != '{') {
            out[len++] = *p;
            continue;
        }
        const char *end = strchr(p, '}');
        const char *value = strncmp(p, "{index", 6) == 0 ? "0" : strncmp(p, "{path", 5) == 0 ? "checkpoint" : GUID;
        memcpy(out + len, value, strlen(value));
        len += strlen(value);
        p = end;
    }
    out[len] = '\0';
    return out;
}

static bool is_anyone(const mp_route *route) { return strcmp(route->action, MP_ANYONE) == 0; }

TEST(every_route_refuses_nobody_and_says_so)
{
    api_world world;
    size_t    asked = 0;
    api_start(&world, NULL);
    for (size_t i = 0; mp_router_at(world.app->router, i); i++) {
        const mp_route *route = mp_router_at(world.app->router, i);
        const api_client from = { .client = mp_str_from(api_printf(&world, "198.51.100.%zu", i)) };
        if (is_anyone(route))
            continue;
        api_answer a = api_ask(&world, &from, &(api_request){ .method = route->method, .path = path_of(&world, route) });
        WANT(a, 401);
        CHECK(mp_str_starts(api_header(&a, "www-authenticate"), MP_S("Bearer")));
        CHECK_STR(api_text(&a, "code"), "credentials");
        CHECK_INT(api_leaves_of(&world, a.id, NULL), 1);
        asked++;
    }
    CHECK(asked > 80);
    api_stop(&world);
}

TEST(who_has_no_role_is_denied_everywhere)
{
    api_world  world;
    api_client kim;
    size_t     asked = 0;
    api_start(&world, NULL);
    (void)api_user(&world, &kim, "kim");
    for (size_t i = 0; mp_router_at(world.app->router, i); i++) {
        const mp_route *route = mp_router_at(world.app->router, i);
        /* Where the scope stands in a body, the body must be there to be refused. */
        if (is_anyone(route) || strcmp(route->action, MP_SIGNED_IN) == 0 ||
            (route->body && route->scope && strchr(route->scope, '.')))
            continue;
        kim.client = mp_str_from(api_printf(&world, "198.51.100.%zu", i));
        api_answer a = api_ask(&world, &kim, &(api_request){ .method = route->method, .path = path_of(&world, route) });
        WANT(a, 403);
        mp_str text;
        CHECK_INT(api_leaves_of(&world, a.id, &text), 1);
        CHECK(mp_str_find_str(text, MP_S("\"refused\"")) != SIZE_MAX);
        CHECK(mp_str_find_str(text, mp_str_from(route->action)) != SIZE_MAX);
        asked++;
    }
    CHECK(asked > 60);
    api_answer a = api_send(&world, &kim, MP_POST, "/api/v1/assignments",
                            "{\"principalId\":\"" GUID "\",\"roleDefinitionId\":\"8e3af657-a8ff-443c-a75c-2fe8c4bcb635\",\"scope\":\"/\"}");
    WANT(a, 403);
    WANT(api_send(&world, &kim, MP_POST, "/api/v1/management-groups", "{\"name\":\"m\"}"), 403);
    api_stop(&world);
}

TEST(tokens_that_are_none)
{
    api_world world;
    api_start(&world, NULL);
    mp_str good = api_token(&world, world.init.client_id, world.init.client_secret);
    WANT(api_get(&world, &(api_client){ .token = good }, "/api/v1/users"), 200);
    /* The last letter of a signature of 256 bytes has unused bits, so another letter is taken. */
    char *turned = api_printf(&world, "%.*s", MP_FMT(good));
    turned[good.len - 20] = turned[good.len - 20] == 'A' ? 'B' : 'A';
    const char *const bad[] = {
        turned, "x", "a.b.c", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.", api_printf(&world, "%.*s.", MP_FMT(good)),
    };
    for (size_t i = 0; i < MP_COUNT(bad); i++) {
        const api_client forger = { .token = mp_str_from(bad[i]) };
        api_answer a = api_get(&world, &forger, "/api/v1/users");
        WANT(a, 401);
        CHECK(mp_str_find_str(api_header(&a, "www-authenticate"), MP_S("invalid_token")) != SIZE_MAX);
        mp_str text;
        CHECK_INT(api_leaves_of(&world, a.id, &text), 1);
        CHECK(mp_str_find_str(text, MP_S("\"token\":\"")) != SIZE_MAX);
        /* Also where nothing is asked for: the answer is given, and the attempt recorded. */
        api_answer open = api_get(&world, &forger, "/readyz");
        WANT(open, 200);
        CHECK_INT(api_leaves_of(&world, open.id, NULL), 1);
    }
    api_stop(&world);
}

TEST(a_cookie_alone_changes_nothing)
{
    api_world  world;
    api_client kim;
    api_start(&world, NULL);
    (void)api_user(&world, &kim, "kim");
    const api_client no_csrf = { .cookie = kim.cookie },
                     wrong = { .cookie = kim.cookie, .csrf = MP_S("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA") };
    WANT(api_get(&world, &no_csrf, "/api/v1/me"), 200);
    WANT(api_send(&world, &no_csrf, MP_POST, "/api/v1/me/totp", NULL), 403);
    WANT(api_send(&world, &wrong, MP_POST, "/api/v1/me/totp", NULL), 403);
    WANT(api_ask(&world, &kim,
                 &(api_request){ .method = MP_POST,
                                 .path = "/api/v1/me/totp",
                                 .headers = { { "Sec-Fetch-Site", "cross-site" } } }),
         403);
    WANT(api_ask(&world, &kim,
                 &(api_request){ .method = MP_POST,
                                 .path = "/api/v1/me/totp",
                                 .headers = { { "Origin", "https://evil.example" } } }),
         403);
    WANT(api_ask(&world, &kim,
                 &(api_request){
                     .method = MP_POST,
                     .path = "/api/v1/me/totp",
                     .headers = { { "Origin", "https://localhost:8443" }, { "Sec-Fetch-Site", "same-origin" } } }),
         200);
    /* Nobody confirms a sign-in that he did not begin, and the attempt is a leaf. */
    api_answer alone = api_send(&world, NULL, MP_POST, "/api/v1/sign-in/code", "{\"code\":\"123456\"}");
    WANT(alone, 403);
    CHECK_INT(api_leaves_of(&world, alone.id, NULL), 1);
    /* Signing somebody in from another site is refused, too. */
    WANT(api_ask(&world, NULL,
                 &(api_request){ .method = MP_POST,
                                 .path = "/api/v1/sign-in",
                                 .json = "{\"userName\":\"kim\",\"password\":\"x\"}",
                                 .headers = { { "Sec-Fetch-Site", "cross-site" } } }),
         403);
    /* After signing out the cookie is worth nothing. */
    WANT(api_send(&world, &kim, MP_POST, "/api/v1/sign-out", NULL), 204);
    WANT(api_get(&world, &kim, "/api/v1/me"), 401);
    api_stop(&world);
}

/* The first administrator must set up a second factor: until then his session reaches what that takes and nothing else. */
TEST(a_half_made_session_finishes_and_nothing_else)
{
    api_world world;
    api_start(&world, NULL);
    size_t     hash = mp_str_find(world.init.setup_link, '#');
    api_answer in = api_send(&world, NULL, MP_POST, "/api/v1/sign-in/setup",
                             api_printf(&world, "{\"token\":\"%.*s\",\"password\":\"Harbour-lantern-71\"}",
                                        MP_FMT(mp_str_skip(world.init.setup_link, hash + 1))));
    WANT(in, 200);
    CHECK_STR(api_text(&in, "next"), "enroll");
    mp_str     set = api_header(&in, "set-cookie");
    size_t     from = mp_str_find(set, '='), to = mp_str_find(set, ';');
    const api_client admin = { .cookie = mp_str_of(set.ptr + from + 1, to - from - 1), .csrf = api_text(&in, "csrf") };
    api_answer me = api_get(&world, &admin, "/api/v1/me");
    WANT(me, 200);
    CHECK_STR(api_text(&me, "next"), "enroll");
    CHECK_STR(api_text(&me, "csrf"), api_printf(&world, "%.*s", MP_FMT(admin.csrf)));
    WANT(api_get(&world, &admin, "/api/v1/users"), 403);
    WANT(api_send(&world, &admin, MP_POST, "/api/v1/users", "{\"userName\":\"lee\"}"), 403);
    WANT(api_send(&world, &admin, MP_POST, "/api/v1/me/tokens", NULL), 403);
    WANT(api_send(&world, &admin, MP_POST, "/api/v1/me/password", "{\"oldPassword\":\"a\",\"newPassword\":\"b\"}"), 403);
    api_answer totp = api_send(&world, &admin, MP_POST, "/api/v1/me/totp", NULL);
    WANT(totp, 200);
    CHECK(mp_str_starts(api_text(&totp, "uri"), MP_S("otpauth://totp/")));
    WANT(api_send(&world, &admin, MP_POST, "/api/v1/me/totp/confirm", "{\"code\":\"abc\"}"), 401);
    WANT(api_send(&world, &admin, MP_POST, "/api/v1/sign-out", NULL), 204);
    api_stop(&world);
}

/* ---- escalation ---- */

static mp_str give(api_world *world, mp_str principal, const char *type, const char *role, const char *scope)
{
    api_answer a = api_send(
        world, &local, MP_POST, "/api/v1/assignments",
        api_printf(world,
                   "{\"principalId\":\"%.*s\",\"principalType\":\"%s\",\"roleDefinitionId\":\"%s\",\"scope\":\"%s\"}",
                   MP_FMT(principal), type, role, scope));
    WANT(a, 201);
    return api_text(&a, "id");
}

static char *role_of(api_world *world, const char *name, const char *actions)
{
    api_answer a = api_send(
        world, &local, MP_POST, "/api/v1/roles",
        api_printf(world, "{\"roleName\":\"%s\",\"actions\":[%s],\"assignableScopes\":[\"/\"]}", name, actions));
    WANT(a, 201);
    return api_printf(world, "%.*s", MP_FMT(api_text(&a, "id")));
}

TEST(nobody_gives_himself_more_than_he_has)
{
    api_world  world;
    api_client kim, lee;
    api_start(&world, (const char *const[]){ "sign-in.factor-required=false", NULL });
    mp_str kim_id = api_user(&world, &kim, "kim"), lee_id = api_user(&world, &lee, "lee");
    char  *own = api_printf(&world, "/subscriptions/%.*s", MP_FMT(world.init.subscription_id));
    const char *owner = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635", *reader = "acdd72a7-3385-48ef-bd42-f606fba81ae7";
    /* Owner of one subscription. */
    give(&world, kim_id, "User", owner, own);
    mp_str elsewhere = give(&world, lee_id, "User", reader, "/");
    static const char *const scopes[] = { "/", "/subscriptions/11111111-2222-4333-8444-555555555555",
                                          "/providers/Microsoft.Management/managementGroups/m" };
    for (size_t i = 0; i < MP_COUNT(scopes); i++)
        WANT(
            api_send(
                &world, &kim, MP_POST, "/api/v1/assignments",
                api_printf(
                    &world,
                    "{\"principalId\":\"%.*s\",\"principalType\":\"User\",\"roleDefinitionId\":\"%s\",\"scope\":\"%s\"}",
                    MP_FMT(kim_id), owner, scopes[i])),
            403);
    api_answer inside = api_send(
        &world, &kim, MP_POST, "/api/v1/assignments",
        api_printf(
            &world,
            "{\"principalId\":\"%.*s\",\"principalType\":\"User\",\"roleDefinitionId\":\"%s\",\"scope\":\"%s/resourceGroups/rg\"}",
            MP_FMT(lee_id), reader, own));
    WANT(inside, 201);
    /* What he made cannot be moved up, what is elsewhere not be read, changed or deleted. */
    char *path = api_printf(&world, "/api/v1/assignments/%.*s", MP_FMT(api_text(&inside, "id")));
    WANT(api_send(
             &world, &kim, MP_PUT, path,
             api_printf(
                 &world,
                 "{\"principalId\":\"%.*s\",\"principalType\":\"User\",\"roleDefinitionId\":\"%s\",\"scope\":\"/\"}",
                 MP_FMT(lee_id), reader)),
         403);
    char *theirs = api_printf(&world, "/api/v1/assignments/%.*s", MP_FMT(elsewhere));
    WANT(api_get(&world, &kim, theirs), 403);
    WANT(api_send(&world, &kim, MP_DELETE, theirs, NULL), 403);
    WANT(api_send(
             &world, &kim, MP_PUT, theirs,
             api_printf(
                 &world,
                 "{\"principalId\":\"%.*s\",\"principalType\":\"User\",\"roleDefinitionId\":\"%s\",\"scope\":\"%s\"}",
                 MP_FMT(lee_id), reader, own)),
         403);
    /* An id that is not there tells him nothing either. */
    WANT(api_get(&world, &kim, "/api/v1/assignments/" GUID), 403);
    WANT(api_get(&world, &kim, "/api/v1/assignments"), 403);
    WANT(api_get(&world, &kim, api_printf(&world, "/api/v1/assignments?scope=%s", own)), 200);
    WANT(api_get(&world, &kim, "/api/v1/users"), 403);
    /* A slash that is hidden in a name makes no other scope of it. */
    api_answer hidden = api_get(
        &world, &kim,
        api_printf(&world, "/api/v1/subscriptions/%.*s%%2FresourceGroups%%2Frg", MP_FMT(world.init.subscription_id)));
    CHECK(hidden.status == 404 || hidden.status == 400);
    api_answer seen = api_get(&world, &kim, "/api/v1/subscriptions");
    WANT(seen, 200);
    CHECK_INT(mp_json_get(seen.json, MP_S("value"))->count, 1);
    WANT(api_send(&world, &kim, MP_DELETE, path, NULL), 204);
    api_stop(&world);
}

/* Who may invite, reset and put into groups, and nothing more, becomes nobody who may more. */
TEST(a_help_desk_becomes_no_administrator)
{
    api_world  world;
    api_client desk, lee;
    api_start(&world, (const char *const[]){ "sign-in.factor-required=false", NULL });
    mp_str desk_id = api_user(&world, &desk, "desk"), lee_id = api_user(&world, &lee, "lee");
    char *role = role_of(&world, "Help desk",
                         "\"Mapae.Access/users/*\",\"Mapae.Access/groups/*\",\"Mapae.Access/programs/*\"");
    give(&world, desk_id, "User", role, "/");
    api_answer admins = api_send(&world, &local, MP_POST, "/api/v1/groups", "{\"displayName\":\"admins\"}");
    WANT(admins, 201);
    give(&world, api_text(&admins, "id"), "Group", "8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "/");
    api_answer found = api_get(&world, &desk, "/api/v1/users?userName=admin");
    WANT(found, 200);
    mp_str admin = mp_json_str(mp_json_get(mp_json_at(mp_json_get(found.json, MP_S("value")), 0), MP_S("id")));
    WANT(api_send(&world, &desk, MP_POST, api_printf(&world, "/api/v1/users/%.*s/setup-link", MP_FMT(admin)), NULL), 403);
    WANT(api_send(&world, &desk, MP_DELETE, api_printf(&world, "/api/v1/users/%.*s/factors", MP_FMT(admin)), NULL), 403);
    WANT(api_send(&world, &desk, MP_PUT, api_printf(&world, "/api/v1/users/%.*s", MP_FMT(admin)),
                  "{\"userName\":\"admin\",\"email\":\"desk@example.com\"}"),
         403);
    char *group = api_printf(&world, "/api/v1/groups/%.*s", MP_FMT(api_text(&admins, "id")));
    WANT(api_send(&world, &desk, MP_PUT, api_printf(&world, "%s/members/%.*s", group, MP_FMT(desk_id)), NULL), 403);
    WANT(api_send(&world, &desk, MP_PUT, group,
                  api_printf(&world, "{\"displayName\":\"admins\",\"members\":[\"%.*s\"]}", MP_FMT(desk_id))),
         403);
    api_answer robot = api_get(&world, &desk, "/api/v1/programs?displayName=robot");
    WANT(robot, 200);
    mp_str program = mp_json_str(mp_json_get(mp_json_at(mp_json_get(robot.json, MP_S("value")), 0), MP_S("id")));
    WANT(api_send(&world, &desk, MP_POST, api_printf(&world, "/api/v1/programs/%.*s/secrets", MP_FMT(program)), NULL), 403);
    WANT(api_send(&world, &desk, MP_POST, "/api/v1/roles",
                  "{\"roleName\":\"mine\",\"actions\":[\"*\"],\"assignableScopes\":[\"/\"]}"),
         403);
    /* His work he can do. */
    WANT(api_send(&world, &desk, MP_POST, api_printf(&world, "/api/v1/users/%.*s/setup-link", MP_FMT(lee_id)), NULL), 200);
    api_stop(&world);
}

/* ---- lesser administrators ---- */

#define OWNER "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
#define CONTRIBUTOR "b24988ac-6180-42a0-ab88-20f7382dd24c"
#define READER "acdd72a7-3385-48ef-bd42-f606fba81ae7"
#define RESPONDER "08d2b498-48f9-5161-b512-01fc3ee497d3"

/* The path of a new program that holds the role. */
static char *program_of(api_world *world, const char *name, const char *role, const char *scope)
{
    api_answer a = api_send(world, &local, MP_POST, "/api/v1/programs", api_printf(world, "{\"displayName\":\"%s\"}", name));
    WANT(a, 201);
    mp_str id = api_text(&a, "id");
    give(world, id, "ServicePrincipal", role, scope);
    return api_printf(world, "/api/v1/programs/%.*s", MP_FMT(id));
}

/* What an administrator of Mapae may not assign he does not get by way of those who hold it, and does not take from
 * them either. */
TEST(an_administrator_is_no_owner)
{
    api_world  world;
    api_client kim, lee, park;
    api_start(&world, (const char *const[]){ "sign-in.factor-required=false", NULL });
    mp_str kim_id = api_user(&world, &kim, "kim"), lee_id = api_user(&world, &lee, "lee"),
           park_id = api_user(&world, &park, "park");
    char  *own = api_printf(&world, "/subscriptions/%.*s", MP_FMT(world.init.subscription_id));
    give(&world, kim_id, "User", MP_ROLE_ADMINISTRATOR, "/");
    give(&world, park_id, "User", RESPONDER, "/");
    api_answer owners =
        api_send(&world, &local, MP_POST, "/api/v1/groups",
                 api_printf(&world, "{\"displayName\":\"owners\",\"members\":[\"%.*s\"]}", MP_FMT(lee_id)));
    WANT(owners, 201);
    mp_str     holds = give(&world, api_text(&owners, "id"), "Group", OWNER, "/");
    char      *program = program_of(&world, "deploy", OWNER, "/");
    char *user = api_printf(&world, "/api/v1/users/%.*s", MP_FMT(lee_id)),
         *group = api_printf(&world, "/api/v1/groups/%.*s", MP_FMT(api_text(&owners, "id")));
    api_answer secret = api_send(&world, &local, MP_POST, api_printf(&world, "%s/secrets", program), NULL);
    WANT(secret, 201);
    const struct {
        mp_method   method;
        const char *path, *json;
    } refused[] = {
        { MP_POST, api_printf(&world, "%s/secrets", program), NULL },
        { MP_PUT, program, "{\"displayName\":\"another\"}" },
        { MP_DELETE, api_printf(&world, "/api/v1/assignments/%.*s", MP_FMT(holds)), NULL },
        { MP_DELETE, api_printf(&world, "%s/members/%.*s", group, MP_FMT(lee_id)), NULL },
        { MP_DELETE, api_printf(&world, "%s/secrets/%.*s", program, MP_FMT(api_text(&secret, "keyId"))), NULL },
        { MP_POST, api_printf(&world, "%s/resume", program), NULL },
        { MP_POST, api_printf(&world, "%s/leave", program), NULL },
        { MP_POST, api_printf(&world, "%s/setup-link", user), NULL },
        { MP_POST, api_printf(&world, "%s/resume", user), NULL },
        { MP_POST, api_printf(&world, "%s/unlock", user), NULL },
        { MP_POST, api_printf(&world, "%s/leave", user), NULL },
        { MP_DELETE, api_printf(&world, "%s/factors", user), NULL },
        { MP_PUT, user, "{\"userName\":\"lee\",\"email\":\"kim@example.com\"}" },
        { MP_PUT, api_printf(&world, "%s/members/%.*s", group, MP_FMT(kim_id)), NULL },
        { MP_PUT, group, api_printf(&world, "{\"displayName\":\"owners\",\"members\":[\"%.*s\"]}", MP_FMT(kim_id)) },
        { MP_DELETE, group, NULL },
        { MP_POST, "/api/v1/backups", NULL },
        { MP_DELETE, "/api/v1/identity-providers/" GUID, NULL },
    };
    for (size_t i = 0; i < MP_COUNT(refused); i++) {
        api_answer a = api_send(&world, &kim, refused[i].method, refused[i].path, refused[i].json);
        WANT(a, 403);
        mp_str text;
        CHECK_INT(api_leaves_of(&world, a.id, &text), 1);
        CHECK(mp_str_find_str(text, MP_S("\"refused\"")) != SIZE_MAX);
    }
    /* An incident is stopped all the same, whoever it is about. */
    WANT(api_send(&world, &park, MP_DELETE, api_printf(&world, "%s/sessions", user), NULL), 200);
    WANT(api_send(&world, &park, MP_POST, api_printf(&world, "%s/suspend", user), NULL), 200);
    WANT(api_send(&world, &kim, MP_POST, api_printf(&world, "%s/suspend", program), NULL), 200);
    /* who is suspended holds what he held */
    WANT(api_send(&world, &kim, MP_POST, api_printf(&world, "%s/resume", user), NULL), 403);
    /* Below the installation he may give any role, so nobody there outranks him. */
    char *below = program_of(&world, "below", OWNER, own);
    WANT(api_send(&world, &kim, MP_POST, api_printf(&world, "%s/secrets", below), NULL), 201);
    WANT(api_send(&world, &kim, MP_POST, api_printf(&world, "%s/leave", below), NULL), 200);
    /* Somebody who is owner as well may. */
    give(&world, kim_id, "User", OWNER, "/");
    WANT(api_send(&world, &kim, MP_POST, api_printf(&world, "%s/resume", program), NULL), 200);
    WANT(api_send(&world, &kim, MP_POST, api_printf(&world, "%s/secrets", program), NULL), 201);
    WANT(api_send(&world, &kim, MP_PUT, program, "{\"displayName\":\"another\"}"), 200);
    WANT(api_send(&world, &kim, MP_DELETE, api_printf(&world, "%s/members/%.*s", group, MP_FMT(lee_id)), NULL), 200);
    WANT(api_send(&world, &kim, MP_DELETE, api_printf(&world, "/api/v1/assignments/%.*s", MP_FMT(holds)), NULL), 204);
    WANT(api_send(&world, &kim, MP_DELETE, group, NULL), 204);
    api_stop(&world);
}

/* Who may assign, but holds little himself, makes no secret of one who holds more; nor of one who holds it longer. */
TEST(the_right_to_assign_is_not_all_that_can_be_assigned)
{
    api_world  world;
    api_client kim, lee;
    api_start(&world, (const char *const[]){ "sign-in.factor-required=false", NULL });
    mp_str kim_id = api_user(&world, &kim, "kim"), lee_id = api_user(&world, &lee, "lee");
    char  *own = api_printf(&world, "/subscriptions/%.*s", MP_FMT(world.init.subscription_id));
    give(&world, kim_id, "User", role_of(&world, "Giver", "\"Mapae.Access/assignments/write\""), own);
    give(&world, kim_id, "User", role_of(&world, "Programs", "\"Mapae.Access/programs/*\""), "/");
    char *big = program_of(&world, "big", OWNER, own);
    char *small = program_of(&world, "small", READER, own);
    WANT(api_send(&world, &kim, MP_POST, api_printf(&world, "%s/secrets", big), NULL), 403);
    WANT(api_send(&world, &kim, MP_POST, api_printf(&world, "%s/secrets", small), NULL), 403);
    give(&world, kim_id, "User", READER, own);
    WANT(api_send(&world, &kim, MP_POST, api_printf(&world, "%s/secrets", small), NULL), 201);
    WANT(api_send(&world, &kim, MP_POST, api_printf(&world, "%s/secrets", big), NULL), 403);
    /* An owner whose own right ends. */
    give(&world, lee_id, "User", role_of(&world, "Programs too", "\"Mapae.Access/programs/*\""), "/");
    WANT(api_send(&world, &local, MP_POST, "/api/v1/assignments",
                  api_printf(&world,
                             "{\"principalId\":\"%.*s\",\"principalType\":\"User\",\"roleDefinitionId\":\"" OWNER
                             "\",\"scope\":\"%s\",\"endsAt\":\"2999-01-01T00:00:00Z\"}",
                             MP_FMT(lee_id), own)),
         201);
    WANT(api_send(&world, &lee, MP_POST, api_printf(&world, "%s/secrets", big), NULL), 403);
    api_stop(&world);
}

/* The right to take assignments away, and nothing else, is no right over those who hold more. */
TEST(nobody_takes_what_he_could_not_give)
{
    api_world  world;
    api_client kim, lee;
    mp_str     text;
    api_start(&world, (const char *const[]){ "sign-in.factor-required=false", NULL });
    mp_str kim_id = api_user(&world, &kim, "kim"), lee_id = api_user(&world, &lee, "lee");
    char  *own = api_printf(&world, "/subscriptions/%.*s", MP_FMT(world.init.subscription_id));
    give(
        &world, kim_id, "User",
        role_of(
            &world, "Keeper",
            "\"Mapae.Access/assignments/read\",\"Mapae.Access/assignments/write\",\"Mapae.Access/assignments/delete\""),
        own);
    give(&world, kim_id, "User", role_of(&world, "Roles", "\"Mapae.Access/roles/*\""), "/");
    mp_str owns_id = give(&world, lee_id, "User", OWNER, own);
    char  *owns = api_printf(&world, "/api/v1/assignments/%.*s", MP_FMT(owns_id));
    mp_str reads_id = give(&world, lee_id, "User", READER, own);
    char  *reads = api_printf(&world, "/api/v1/assignments/%.*s", MP_FMT(reads_id));
    api_answer refused = api_send(&world, &kim, MP_DELETE, owns, NULL);
    WANT(refused, 403);
    CHECK_INT(api_leaves_of(&world, refused.id, &text), 1);
    CHECK(mp_str_find_str(text, MP_S("\"refused\"")) != SIZE_MAX);
    WANT(api_send(&world, &kim, MP_DELETE, reads, NULL), 403);
    /* With the role himself, but not for ever: nor does he make what is for ever end. */
    api_answer until = api_send(&world, &local, MP_POST, "/api/v1/assignments",
                                api_printf(&world,
                                           "{\"principalId\":\"%.*s\",\"roleDefinitionId\":\"" READER
                                           "\",\"scope\":\"%s\",\"endsAt\":\"2999-01-01T00:00:00Z\"}",
                                           MP_FMT(kim_id), own));
    WANT(until, 201);
    WANT(api_send(&world, &kim, MP_DELETE, reads, NULL), 403);
    WANT(api_send(&world, &kim, MP_PUT, reads,
                  api_printf(&world,
                             "{\"principalId\":\"%.*s\",\"roleDefinitionId\":\"" READER
                             "\",\"scope\":\"%s\",\"endsAt\":\"2998-01-01T00:00:00Z\"}",
                             MP_FMT(lee_id), own)),
         403);
    /* What is his own he may lay down; what he could give he may take. */
    WANT(api_send(&world, &kim, MP_DELETE,
                  api_printf(&world, "/api/v1/assignments/%.*s", MP_FMT(api_text(&until, "id"))), NULL),
         204);
    give(&world, kim_id, "User", READER, own);
    WANT(api_send(&world, &kim, MP_DELETE, reads, NULL), 204);
    WANT(api_send(&world, &kim, MP_DELETE, owns, NULL), 403);
    /* A role that is narrowed is taken from all who hold it. */
    char *wide = role_of(&world, "Wide", "\"Microsoft.Compute/*\"");
    WANT(api_send(&world, &kim, MP_PUT, api_printf(&world, "/api/v1/roles/%s", wide),
                  "{\"roleName\":\"Wide\",\"actions\":[\"Mapae.Access/roles/read\"],\"assignableScopes\":[\"/\"]}"), 403);
    api_stop(&world);
}

/* Rights and secrets are kept by id alone: nobody makes a user who is a group as well, and has what it will be given. */
TEST(an_id_is_of_one_only)
{
    api_world  world;
    api_client desk;
    api_start(&world, (const char *const[]){ "sign-in.factor-required=false", NULL });
    give(&world, api_user(&world, &desk, "desk"), "User",
         role_of(&world, "Help desk",
                 "\"Mapae.Access/users/*\",\"Mapae.Access/groups/*\",\"Mapae.Access/programs/*\""),
         "/");
    api_answer group = api_send(&world, &local, MP_POST, "/api/v1/groups", "{\"displayName\":\"to be owners\"}");
    WANT(group, 201);
    char *id = api_printf(&world, "%.*s", MP_FMT(api_text(&group, "id")));
    static const char *const twins[][2] = { { "users", "{\"userName\":\"twin\"}" },
                                            { "programs", "{\"displayName\":\"twin\"}" } };
    for (size_t i = 0; i < MP_COUNT(twins); i++)
        WANT(api_ask(&world, &desk,
                     &(api_request){ .method = MP_PUT,
                                     .path = api_printf(&world, "/api/v1/%s/%s", twins[i][0], id),
                                     .json = twins[i][1],
                                     .headers = { { "If-None-Match", "*" } } }),
             409);
    WANT(api_ask(&world, &desk,
                 &(api_request){ .method = MP_PUT,
                                 .path = "/api/v1/users/" GUID,
                                 .json = twins[0][1],
                                 .headers = { { "If-None-Match", "*" } } }),
         201);
    WANT(api_ask(&world, &desk,
                 &(api_request){ .method = MP_PUT,
                                 .path = "/api/v1/groups/" GUID,
                                 .json = "{\"displayName\":\"g\"}",
                                 .headers = { { "If-None-Match", "*" } } }),
         409);
    api_stop(&world);
}

/* Also by way of a group: somebody stays who can administer. */
TEST(the_last_administrator_stays_in_his_group)
{
    api_world  world;
    api_client kim, lee;
    api_start(&world, (const char *const[]){ "sign-in.factor-required=false", NULL });
    mp_str     kim_id = api_user(&world, &kim, "kim"), lee_id = api_user(&world, &lee, "lee");
    api_answer made =
        api_send(&world, &local, MP_POST, "/api/v1/groups",
                 api_printf(&world, "{\"displayName\":\"administrators\",\"members\":[\"%.*s\"]}", MP_FMT(kim_id)));
    WANT(made, 201);
    char *group = api_printf(&world, "/api/v1/groups/%.*s", MP_FMT(api_text(&made, "id"))),
         *member = api_printf(&world, "%s/members/%.*s", group, MP_FMT(kim_id));
    give(&world, api_text(&made, "id"), "Group", MP_ROLE_ADMINISTRATOR, "/");
    WANT(api_send(&world, &local, MP_DELETE, member, NULL), 409);
    WANT(api_send(&world, &local, MP_PUT, group, "{\"displayName\":\"administrators\",\"members\":[]}"), 409);
    WANT(api_send(&world, &local, MP_DELETE, group, NULL), 409);
    WANT(api_send(&world, &local, MP_PUT, api_printf(&world, "%s/members/%.*s", group, MP_FMT(lee_id)), NULL), 200);
    WANT(api_send(&world, &local, MP_DELETE, member, NULL), 200);
    give(&world, kim_id, "User", MP_ROLE_ADMINISTRATOR, "/");
    WANT(api_send(&world, &local, MP_DELETE, group, NULL), 204);
    api_stop(&world);
}

/* Whoever holds the new place holds what is put there: so to put it there is to give it away. */
TEST(moving_is_giving)
{
    api_world  world;
    api_client kim;
    api_start(&world, (const char *const[]){ "sign-in.factor-required=false", NULL });
    mp_str kim_id = api_user(&world, &kim, "kim");
    const char *tenant = mp_access_tenant(world.app->access);
    char *scope = api_printf(&world, "/subscriptions/%.*s", MP_FMT(world.init.subscription_id)),
         *path = api_printf(&world, "/api/v1%s", scope);
    WANT(api_send(&world, &local, MP_POST, "/api/v1/management-groups", "{\"name\":\"mal\"}"), 201);
    WANT(api_send(&world, &local, MP_POST, "/api/v1/management-groups", "{\"name\":\"old\"}"), 201);
    WANT(api_send(&world, &local, MP_POST, "/api/v1/management-groups", "{\"name\":\"" GUID "\",\"parent\":\"old\"}"), 201);
    WANT(api_send(&world, &local, MP_PUT, path, "{\"displayName\":\"s\",\"parent\":\"old\"}"), 200);
    const char *mal = "{\"displayName\":\"s\",\"parent\":\"mal\"}";
    give(&world, kim_id, "User", OWNER, "/providers/Microsoft.Management/managementGroups/mal");
    give(&world, kim_id, "User", CONTRIBUTOR, "/providers/Microsoft.Management/managementGroups/old");
    /* it stays */
    WANT(api_send(&world, &kim, MP_PUT, path, "{\"displayName\":\"new name\",\"parent\":\"OLD\"}"), 200);
    WANT(api_send(&world, &kim, MP_PUT, path, mal), 403);
    WANT(api_send(&world, &kim, MP_PUT, path,
                  "{\"displayName\":\"s\",\"parent\":\"/providers/Microsoft.Management/managementGroups/mal\"}"),
         403);
    WANT(api_send(&world, &kim, MP_PUT, "/api/v1/management-groups/" GUID,
                  "{\"displayName\":\"t\",\"parent\":\"mal\"}"),
         403);
    /* With the right to assign on it, in either language; the old place counts, too. */
    mp_str given = give(&world, kim_id, "User",
                        role_of(&world, "Giver", "\"Microsoft.Authorization/roleAssignments/write\""), scope);
    WANT(api_send(&world, &kim, MP_PUT, path, mal), 200);
    WANT(api_send(&world, &local, MP_DELETE, api_printf(&world, "/api/v1/assignments/%.*s", MP_FMT(given)), NULL), 204);
    WANT(api_send(&world, &kim, MP_PUT, path, "{\"displayName\":\"s\",\"parent\":\"old\"}"), 200); /* owner of mal */
    WANT(api_send(&world, &local, MP_PUT, path, "{\"displayName\":\"s\"}"), 200);
    give(&world, kim_id, "User", OWNER, scope);
    WANT(api_send(&world, &kim, MP_PUT, path, mal), 403); /* nothing at the root group */
    /* where it is */
    WANT(api_send(&world, &kim, MP_PUT, path, api_printf(&world, "{\"displayName\":\"s\",\"parent\":\"%s\"}", tenant)), 200);
    /* Nor by making known what was not yet. */
    give(&world, kim_id, "User", CONTRIBUTOR, "/");
    WANT(api_ask(&world, &kim,
                 &(api_request){ .method = MP_PUT,
                                 .path = "/api/v1/subscriptions/" GUID,
                                 .json = mal,
                                 .headers = { { "If-None-Match", "*" } } }),
         403);
    api_stop(&world);
}

TEST(a_scope_is_found_however_it_is_written)
{
    api_world world;
    api_start(&world, NULL);
    char      *own = api_printf(&world, "/subscriptions/%.*s", MP_FMT(world.init.subscription_id));
    api_answer rights = api_send(&world, &local, MP_POST, "/api/v1/programs", "{\"displayName\":\"p\"}");
    WANT(rights, 201);
    give(&world, api_text(&rights, "id"), "ServicePrincipal", READER, api_printf(&world, "%s/resourceGroups/Rg", own));
    static const char *const forms[][2] = { { "", "/resourceGroups/Rg" },
                                            { "", "/resourceGroups/Rg/" },
                                            { "/", "//resourcegroups/rg" },
                                            { "", "/RESOURCEGROUPS/RG//" },
                                            { "", "/resourceGroups/*" } };
    for (size_t i = 0; i < MP_COUNT(forms); i++) {
        api_answer a = api_get(&world, &local,
                               api_printf(&world, "/api/v1/assignments?scope=%s%s%s", forms[i][0], own, forms[i][1]));
        WANT(a, 200);
        CHECK_INT(mp_json_get(a.json, MP_S("value"))->count, 1);
    }
    api_stop(&world);
}

/* ---- streams ---- */

static api_answer listen_to_changes(api_world *world, const api_client *client)
{
    api_answer a = api_ask(
        world, client, &(api_request){ .method = MP_GET, .path = "/api/v1/events?topic=changes", .listens = true });
    WANT(a, 200);
    CHECK(a.response.events != NULL);
    return a;
}

static mp_str heard(api_world *world, api_answer *stream)
{
    char    piece[4096];
    int64_t n = stream->response.more(stream->response.ctx, 0, piece, sizeof piece);
    return mp_arena_dup(&world->arena, mp_str_of(piece, n > 0 ? (size_t)n : 0));
}

TEST(a_stream_ends_with_the_right_to_it)
{
    api_world  world;
    api_client by_role, by_state, by_leaving, by_sign_out, stays;
    api_start(&world, (const char *const[]){ "sign-in.factor-required=false", NULL });
    api_client *const clients[] = { &by_role, &by_state, &by_leaving, &by_sign_out, &stays };
    const char *const names[] = { "role", "state", "leaves", "out", "stays" };
    char       *ends[5];
    mp_str      ids[5], role = MP_S("");
    api_answer  streams[5];
    for (size_t i = 0; i < 5; i++) {
        ids[i] = api_user(&world, clients[i], names[i]);
        mp_str given = give(&world, ids[i], "User", READER, "/");
        role = i == 0 ? given : role;
    }
    ends[0] = api_printf(&world, "/api/v1/assignments/%.*s", MP_FMT(role));
    ends[1] = api_printf(&world, "/api/v1/users/%.*s/suspend", MP_FMT(ids[1]));
    ends[2] = api_printf(&world, "/api/v1/users/%.*s/leave", MP_FMT(ids[2]));
    for (size_t i = 0; i < 5; i++)
        streams[i] = listen_to_changes(&world, clients[i]);
    WANT(api_send(&world, &local, MP_POST, "/api/v1/programs", "{\"displayName\":\"p\"}"), 201);
    for (size_t i = 0; i < 5; i++)
        CHECK(mp_str_find_str(heard(&world, &streams[i]), MP_S("Mapae.Access/programs/write")) != SIZE_MAX);
    WANT(api_send(&world, &local, MP_DELETE, ends[0], NULL), 204);
    CHECK_STR(heard(&world, &streams[0]), ""); /* not even that it was taken */
    WANT(api_send(&world, &local, MP_POST, ends[1], NULL), 200);
    CHECK(mp_str_find_str(heard(&world, &streams[1]), MP_S("suspend")) == SIZE_MAX);
    WANT(api_send(&world, &local, MP_POST, ends[2], NULL), 200);
    CHECK(mp_str_find_str(heard(&world, &streams[2]), MP_S("leave")) == SIZE_MAX);
    WANT(api_send(&world, &by_sign_out, MP_POST, "/api/v1/sign-out", NULL), 204);
    mp_events_check(world.app->events); /* as with every round of jobs */
    WANT(api_send(&world, &local, MP_POST, "/api/v1/groups", "{\"displayName\":\"late\"}"), 201);
    for (size_t i = 0; i < 5; i++)
        CHECK_INT(mp_str_find_str(heard(&world, &streams[i]), MP_S("Mapae.Access/groups/write")) != SIZE_MAX, i == 4);
    for (size_t i = 0; i < 5; i++)
        streams[i].response.done(streams[i].response.ctx);
    mp_events_check(world.app->events); /* nobody is left */
    api_stop(&world);
}

TEST(a_stream_by_token_ends_with_the_token)
{
    api_world world;
    api_start(&world, NULL);
    const api_client robot = { .token = api_token(&world, world.init.client_id, world.init.client_secret) };
    api_answer       stream = listen_to_changes(&world, &robot);
    api_answer found = api_get(&world, &local, "/api/v1/programs?displayName=robot");
    mp_str     id = mp_json_str(mp_json_get(mp_json_at(mp_json_get(found.json, MP_S("value")), 0), MP_S("id")));
    WANT(api_send(&world, &local, MP_POST, "/api/v1/groups", "{\"displayName\":\"a\"}"), 201);
    CHECK(heard(&world, &stream).len > 0);
    WANT(api_send(&world, &local, MP_POST, api_printf(&world, "/api/v1/programs/%.*s/suspend", MP_FMT(id)), NULL), 200);
    WANT(api_send(&world, &local, MP_POST, "/api/v1/groups", "{\"displayName\":\"b\"}"), 201);
    CHECK_STR(heard(&world, &stream), "");
    stream.response.done(stream.response.ctx);
    api_stop(&world);
}

TEST(an_administrator_without_a_second_factor_changes_nothing)
{
    api_world  world;
    api_client kim;
    api_start(&world, NULL);
    mp_str id = api_user(&world, &kim, "kim");
    give(&world, id, "User", "8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "/"); /* after he has signed in */
    WANT(api_get(&world, &kim, "/api/v1/users"), 200);
    api_answer a = api_send(&world, &kim, MP_POST, "/api/v1/users", "{\"userName\":\"lee\"}");
    WANT(a, 403);
    CHECK(mp_str_find_str(api_text(&a, "detail"), MP_S("second factor")) != SIZE_MAX);
    WANT(api_send(&world, &kim, MP_POST, "/api/v1/me/tokens", NULL), 403);
    WANT(api_send(&world, &kim, MP_POST, "/api/v1/me/totp", NULL), 200);
    api_stop(&world);
}

int main(void)
{
    return MAIN(RUN(every_route_refuses_nobody_and_says_so), RUN(who_has_no_role_is_denied_everywhere),
                RUN(tokens_that_are_none), RUN(a_cookie_alone_changes_nothing),
                RUN(a_half_made_session_finishes_and_nothing_else), RUN(nobody_gives_himself_more_than_he_has),
                RUN(a_help_desk_becomes_no_administrator), RUN(an_administrator_is_no_owner),
                RUN(the_right_to_assign_is_not_all_that_can_be_assigned), RUN(nobody_takes_what_he_could_not_give),
                RUN(an_id_is_of_one_only), RUN(the_last_administrator_stays_in_his_group), RUN(moving_is_giving),
                RUN(a_scope_is_found_however_it_is_written), RUN(a_stream_ends_with_the_right_to_it),
                RUN(a_stream_by_token_ends_with_the_token),
                RUN(an_administrator_without_a_second_factor_changes_nothing));
}
