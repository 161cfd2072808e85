/* SPDX-License-Identifier: Apache-2.0 */
/* What is kept: evidence and its holds, a log that was forged, and that leaves name no people. */
#include "api_world.h"

#include "sql.h"

static const api_client local = { .is_local = true };

/* Evidence of this query; its path. */
static char *upload(api_world *world, const api_client *client, const char *query)
{
    api_answer made = api_ask(world, client,
                              &(api_request){ .method = MP_POST,
                                              .path = api_printf(world, "/api/v1/evidence?title=t%s", query),
                                              .body = MP_S("bytes"),
                                              .type = "text/plain" });
    WANT(made, 201);
    char *path = api_printf(world, "/api/v1/evidence/%.*s", MP_FMT(api_text(&made, "id")));
    CHECK_STR(api_header(&made, "location"), path);
    return path;
}

TEST(evidence_is_kept_from_when_it_came)
{
    api_world world;
    api_start(&world, NULL);
    char      *path = upload(&world, &local, "&source=access&collectedAt=2020-01-01T00:00:00Z");
    api_answer there = api_get(&world, &local, path);
    CHECK_STR(api_text(&there, "collectedAt"), "2020-01-01T00:00:00Z");
    api_answer gone = api_send(&world, &local, MP_DELETE, path, NULL);
    WANT(gone, 409);
    CHECK(mp_str_find_str(api_text(&gone, "detail"), MP_S("must be kept until")) != SIZE_MAX);
    WANT(api_ask(&world, &local,
                 &(api_request){ .method = MP_POST,
                                 .path = "/api/v1/evidence?title=t&mediaType=text/plain%0dx",
                                 .body = MP_S("bytes"),
                                 .type = "text/plain" }),
         400);
    WANT(api_ask(&world, &local,
                 &(api_request){ .method = MP_POST,
                                 .path = "/api/v1/evidence?title=t&source=access&keepUntil=2021-01-01T00:00:00Z",
                                 .body = MP_S("bytes"),
                                 .type = "text/plain" }),
         400);
    api_stop(&world);
}

static void give(api_world *world, mp_str who, const char *role)
{
    WANT(api_send(
             world, &local, MP_POST, "/api/v1/assignments",
             api_printf(
                 world,
                 "{\"roleDefinitionId\":\"%s\",\"principalId\":\"%.*s\",\"principalType\":\"User\",\"scope\":\"/\"}",
                 role, MP_FMT(who))),
         201);
}

TEST(a_hold_is_an_order_of_its_own)
{
    api_world  world;
    api_client officer, responder;
    api_start(&world, NULL);
    mp_str officer_id = api_user(&world, &officer, "officer");
    give(&world, officer_id, "6c1a705b-153e-582b-ace7-879d6b5f132e");
    give(&world, api_user(&world, &responder, "responder"), "08d2b498-48f9-5161-b512-01fc3ee497d3");
    char *path = upload(&world, &local, "&keepUntil=2020-01-01T00:00:00Z");
    char *hold = api_printf(&world, "%s/holds/case-7", path);
    WANT(api_send(&world, &responder, MP_PUT, hold, "{\"reason\":\"r\"}"), 403);
    WANT(api_send(&world, &officer, MP_PUT, hold, "{\"reason\":\"r\",\"by\":\"somebody\"}"), 400);
    api_answer held = api_send(&world, &officer, MP_PUT, hold, "{\"reason\":\"r\"}");
    WANT(held, 200);
    const mp_json *one = mp_json_at(mp_json_get(held.json, MP_S("hold")), 0);
    CHECK(mp_str_eq(mp_json_str(mp_json_get(one, MP_S("by"))), officer_id));
    CHECK(mp_str_starts(mp_json_str(mp_json_get(one, MP_S("since"))), MP_S("20")));
    WANT(api_send(&world, &officer, MP_PUT, path, "{\"title\":\"t\",\"mediaType\":\"text/plain\",\"hold\":[]}"), 400);
    WANT(api_send(&world, &responder, MP_PUT, path, "{\"title\":\"u\",\"mediaType\":\"text/plain\"}"), 200);
    WANT(api_send(&world, &responder, MP_DELETE, hold, NULL), 403);
    /* The version is the one that was wanted: the conflict is another one. */
    api_answer now = api_get(&world, &local, path);
    mp_str     etag = api_header(&now, "etag");
    api_answer gone =
        api_ask(&world, &local,
                &(api_request){ .method = MP_DELETE,
                                .path = path,
                                .headers = { { "If-Match", api_printf(&world, "%.*s", MP_FMT(etag)) } } });
    WANT(gone, 409);
    CHECK(mp_str_find_str(api_text(&gone, "detail"), MP_S("legal hold (case-7)")) != SIZE_MAX);
    WANT(api_ask(&world, &local,
                 &(api_request){ .method = MP_DELETE, .path = path, .headers = { { "If-Match", "\"1\"" } } }),
         412);
    WANT(api_send(&world, &officer, MP_DELETE, hold, NULL), 200);
    WANT(api_send(&world, &officer, MP_DELETE, hold, NULL), 404);
    WANT(api_send(&world, &local, MP_DELETE, path, NULL), 204);
    api_stop(&world);
}

static mp_code forge(mp_tx *tx, void *arg, mp_error *err)
{
    const mp_str *outcomes = arg;
    return mp_sql(tx, NULL, "UPDATE ledger_leaf SET entry = replace(entry, ?1, ?2) WHERE idx = 1",
                  MP_VALUES(mp_text(outcomes[0]), mp_text(outcomes[1])), err);
}

TEST(a_forgery_is_named)
{
    api_world  world;
    api_start(&world, NULL);
    api_answer good = api_send(&world, &local, MP_POST, "/api/v1/ledger/verify", NULL);
    WANT(good, 200);
    CHECK(mp_json_get(good.json, MP_S("holds"))->u.integer && api_number(&good, "size") > 1);
    CHECK_INT(mp_store_write(world.app->store, forge, (mp_str[]){ MP_S("done"), MP_S("Done") }, NULL), MP_OK);
    api_answer bad = api_send(&world, &local, MP_POST, "/api/v1/ledger/verify", NULL);
    WANT(bad, 200);
    CHECK(!mp_json_get(bad.json, MP_S("holds"))->u.integer && !mp_json_get(bad.json, MP_S("size")));
    CHECK_STR(api_text(&bad, "code"), "damaged");
    CHECK(mp_str_find_str(bad.body, MP_S("leaves do not give the root")) != SIZE_MAX ||
          mp_str_find_str(bad.body, MP_S("leaf 1 ")) != SIZE_MAX);
    api_answer korean =
        api_ask(&world, &local,
                &(api_request){
                    .method = MP_POST, .path = "/api/v1/ledger/verify", .headers = { { "Accept-Language", "ko" } } });
    WANT(korean, 200);
    CHECK(!mp_str_eq(api_text(&korean, "detail"), api_text(&bad, "detail")));
    /* It is given out neither alone nor in a package, and what is inside is not told. */
    static const char *const paths[] = { "/api/v1/ledger/leaves/1", "/api/v1/ledger/leaves/1/reveal",
                                         "/api/v1/ledger/packages" };
    for (size_t i = 0; i < MP_COUNT(paths); i++) {
        api_answer refused = api_send(&world, &local, i ? MP_POST : MP_GET, paths[i], i == 2 ? "{\"leaves\":[1]}" : NULL);
        WANT(refused, 500);
        CHECK_STR(api_text(&refused, "code"), "damaged");
        CHECK(mp_str_find_str(api_text(&refused, "detail"), MP_S("mapae ledger verify")) != SIZE_MAX);
        CHECK(mp_str_find_str(api_text(&refused, "detail"), MP_S("tile")) == SIZE_MAX);
    }
    /* it is looked at once more in the end */
    CHECK_INT(mp_store_write(world.app->store, forge, (mp_str[]){ MP_S("Done"), MP_S("done") }, NULL), MP_OK);
    api_stop(&world);
}

TEST(leaves_name_no_people)
{
    static const struct {
        mp_method   method;
        const char *path, *shown;
    } cases[] = {
        { MP_DELETE, "/api/v1/users/gildong.hong/factors", "/api/v1/users/{id}/factors" },
        { MP_PUT, "/api/v1/management-groups/hong-gildong-900101-1234567", "/api/v1/management-groups/{name}" },
        { MP_POST, "/zz.tenant.gildong/oauth2/v2.0/token", "/{tenant}/oauth2/v2.0/token" },
        { MP_DELETE, "/api/v1/users/11111111-2222-4333-8444-555555555555/factors", "/api/v1/users/11111111-2222-4333-8444-555555555555/factors" },
        { MP_GET, "/api/v1/gildong", "\"/\"" },
    };
    api_world  world;
    api_client nobody_much;
    mp_str     text;
    api_start(&world, NULL);
    api_user(&world, &nobody_much, "plain");
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        api_answer answer = api_send(&world, &nobody_much, cases[i].method, cases[i].path,
                                     cases[i].method == MP_PUT ? "{\"displayName\":\"d\"}" : NULL);
        CHECK(answer.status >= 400);
        CHECK_INT(api_leaves_of(&world, answer.id, &text), 1);
        CHECK(mp_str_find_str(text, mp_str_from(cases[i].shown)) != SIZE_MAX);
        CHECK(mp_str_find_str(text, MP_S("gildong")) == SIZE_MAX);
    }
    /* Nor those of things that there may be: sealed, and the refusal is one. */
    api_answer team = api_send(&world, &nobody_much, MP_PUT, "/api/v1/management-groups/team", "{\"displayName\":\"d\"}");
    WANT(team, 403);
    CHECK_INT(api_leaves_of(&world, team.id, &text), 1);
    CHECK(mp_str_find_str(text, MP_S("\"path.name\":\"sha256:")) != SIZE_MAX &&
          mp_str_find_str(text, MP_S("\"scope\":\"sha256:")) != SIZE_MAX);
    CHECK(mp_str_find_str(text, MP_S("team")) == SIZE_MAX &&
          mp_str_find_str(text, MP_S("\"outcome\":\"refused\"")) != SIZE_MAX);
    /* The name of a thing of ours stands. */
    WANT(api_send(&world, &local, MP_POST, "/api/v1/management-groups",
                  "{\"name\":\"finance\",\"displayName\":\"Finance\"}"),
         201);
    api_answer made = api_send(&world, &local, MP_PUT, "/api/v1/management-groups/finance",
                               "{\"name\":\"finance\",\"displayName\":\"Money\"}");
    WANT(made, 200);
    CHECK_INT(api_leaves_of(&world, made.id, &text), 1);
    CHECK(mp_str_find_str(text, MP_S("/api/v1/management-groups/finance")) != SIZE_MAX);
    api_stop(&world);
}

int main(void)
{
    return MAIN(RUN(evidence_is_kept_from_when_it_came), RUN(a_hold_is_an_order_of_its_own), RUN(a_forgery_is_named),
                RUN(leaves_name_no_people));
}
