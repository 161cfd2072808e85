/* SPDX-License-Identifier: Apache-2.0 */
/* What happens by itself: people are reminded once a day, what is held stays, what is past its time is said. The clock is the one that
 * rounds are given. */
#include "api_world.h"

#include <stdio.h>

#include "evidence_system.h"

static const api_client local = { .is_local = true };
static const char *const sets[] = { "policies.shipped=false", "sign-in.factor-required=false", NULL };
static const mp_system *const systems[] = { &mp_evidence_system, NULL };
#define HOUR (MP_TICKS_PER_DAY / 24)
#define READER "acdd72a7-3385-48ef-bd42-f606fba81ae7"

static const char *upload(api_world *world, const char *query)
{
    api_answer made = api_ask(world, &local,
                              &(api_request){ .method = MP_POST,
                                              .path = api_printf(world, "/api/v1/evidence?%s", query),
                                              .body = MP_S("paper"),
                                              .type = "text/plain" });
    WANT(made, 201);
    return api_printf(world, "%.*s", MP_FMT(api_text(&made, "id")));
}

static const char *stale(api_world *world)
{
    const char *id = upload(world, "title=Secret%20plan&kind=document&owner=Kim&every=P1M&collectedAt=2020-01-01T00:00:00Z");
    WANT(api_send(world, &local, MP_POST, api_printf(world, "/api/v1/evidence/%s/controls", id),
                  "{\"framework\":\"csap\",\"control\":\"1.1.1\"}"),
         200);
    return id;
}

static void tick(api_world *world, mp_ticks now)
{
    mp_error err = { .code = MP_OK };
    if (mp_evidence_system.tick(mp_evidence_of(world->app), now, &err) != MP_OK)
        fail_msg("tick: %s", err.message);
}

static size_t told(api_world *world)
{
    api_answer leaves = api_get(world, &local, "/api/v1/ledger/leaves?action=Mapae.Evidence/due/tell");
    return mp_json_get(leaves.json, MP_S("value"))->count;
}

static mp_str heard(api_world *world, api_answer *stream)
{
    char piece[4096];
    int64_t n = stream->response.more(stream->response.ctx, 0, piece, sizeof piece);
    return mp_arena_dup(&world->arena, mp_str_of(piece, n > 0 ? (size_t)n : 0));
}

static api_answer listen(api_world *world, const api_client *client)
{
    return api_ask(world, client, &(api_request){ .method = MP_GET, .path = "/api/v1/events?topic=alerts", .listens = true });
}

static bool says(mp_str text, const char *what) { return mp_str_find_str(text, mp_str_from(what)) != SIZE_MAX; }

TEST(people_are_reminded_once_a_day)
{
    api_world world;
    mp_ticks begun = mp_clock_now();
    api_start_with(&world, sets, systems);
    tick(&world, begun);
    CHECK_INT(told(&world), 0); /* nothing is due */
    tick(&world, begun + HOUR);
    stale(&world);
    tick(&world, begun + 23 * HOUR);
    CHECK_INT(told(&world), 0); /* it looked today */
    tick(&world, begun + 24 * HOUR);
    CHECK_INT(told(&world), 1);
    for (int hour = 25; hour < 48; hour++)
        tick(&world, begun + hour * HOUR);
    CHECK_INT(told(&world), 1);
    tick(&world, begun + 48 * HOUR);
    CHECK_INT(told(&world), 2);
    tick(&world, begun); /* the clock was wrong: what it said then does not count */
    CHECK_INT(told(&world), 3);
    api_stop(&world);
}

TEST(a_program_that_begins_again_does_not_tell_again)
{
    api_world world;
    api_start_with(&world, sets, systems);
    stale(&world);
    tick(&world, mp_clock_now());
    CHECK_INT(told(&world), 1);
    for (int i = 0; i < 3; i++) {
        api_reopen(&world);
        tick(&world, mp_clock_now());
        tick(&world, mp_clock_now() + 20 * HOUR);
    }
    CHECK_INT(told(&world), 1);
    tick(&world, mp_clock_now() + 25 * HOUR);
    CHECK_INT(told(&world), 2);
    api_reopen(&world);
    tick(&world, mp_clock_now() + 90 * HOUR); /* it stood still for days */
    CHECK_INT(told(&world), 3);
    api_stop(&world);
}

TEST(who_may_hear_alerts_hears_how_much_and_no_names)
{
    api_world world;
    api_client reader, nobody;
    api_start_with(&world, sets, systems);
    mp_str who = api_user(&world, &reader, "reader");
    api_user(&world, &nobody, "nobody");
    WANT(api_send(&world, &local, MP_POST, "/api/v1/assignments",
                  api_printf(&world,
                             "{\"roleDefinitionId\":\"" READER "\",\"principalId\":\"%.*s\",\"principalType\":\"User\","
                             "\"scope\":\"/\"}",
                             MP_FMT(who))),
         201);
    WANT(listen(&world, &nobody), 403);
    WANT(listen(&world, NULL), 401);
    api_answer stream = listen(&world, &reader);
    WANT(stream, 200);
    heard(&world, &stream);
    stale(&world);
    upload(&world, "title=old&keepUntil=2020-01-01T00:00:00Z");
    tick(&world, mp_clock_now());
    mp_str text = heard(&world, &stream);
    CHECK(says(text, "event: evidence-due\n"));
    api_answer due = api_get(&world, &reader, "/api/v1/evidence-due");
    CHECK(mp_json_get(due.json, MP_S("value"))->count > 0);
    CHECK(says(text, api_printf(&world, "\"stale\":%u", mp_json_get(due.json, MP_S("value"))->count)));
    CHECK(says(text, "\"soon\":0"));
    CHECK(says(text, "\"expired\":1"));
    CHECK(!says(text, "Kim") && !says(text, "Secret"));
    tick(&world, mp_clock_now() + HOUR);
    CHECK(!says(heard(&world, &stream), "evidence-due"));
    stream.response.done(stream.response.ctx);
    api_stop(&world);
}

/* ---- retention and legal hold ---- */

static void hold(api_world *world, const char *id, mp_method method, unsigned status)
{
    WANT(api_send(world, &local, method, api_printf(world, "/api/v1/evidence/%s/holds/court", id), "{\"reason\":\"r\"}"), status);
}

static void remove_one(api_world *world, const char *id, unsigned status, const char *says_what)
{
    api_answer got = api_send(world, &local, MP_DELETE, api_printf(world, "/api/v1/evidence/%s", id), NULL);
    WANT(got, status);
    if (says_what && !says(got.body, says_what))
        fail_msg("%.*s", MP_FMT(got.body));
}

TEST(what_must_be_kept_or_is_held_stays)
{
    static const char *const wanted[] = { "policies.shipped=false", "evidence.delete-expired=true", NULL };
    api_world world;
    api_start_with(&world, wanted, systems);
    const char *kept = upload(&world, "title=kept"), *old = upload(&world, "title=old&keepUntil=2020-01-01T00:00:00Z"),
               *both = upload(&world, "title=both&keepUntil=2099-01-01T00:00:00Z");
    hold(&world, old, MP_PUT, 200);
    hold(&world, both, MP_PUT, 200);
    remove_one(&world, kept, 409, "must be kept until");
    remove_one(&world, old, 409, "legal hold");
    remove_one(&world, both, 409, "legal hold");
    for (int day = 0; day < 4; day++) /* nor by itself, nor after a restart */
        tick(&world, mp_clock_now() + day * MP_TICKS_PER_DAY);
    api_reopen(&world);
    tick(&world, mp_clock_now());
    api_answer left = api_get(&world, &local, "/api/v1/evidence");
    CHECK_INT(mp_json_get(left.json, MP_S("value"))->count, 3);
    hold(&world, both, MP_DELETE, 200);
    remove_one(&world, both, 409, "must be kept until");
    /* the time can be put off, never brought forward, held or not */
    for (size_t i = 0; i < 2; i++)
        WANT(api_send(&world, &local, MP_PUT, api_printf(&world, "/api/v1/evidence/%s", i ? both : kept),
                      "{\"title\":\"t\",\"mediaType\":\"text/plain\",\"keepUntil\":\"2020-01-01T00:00:00Z\"}"),
             409);
    hold(&world, old, MP_DELETE, 200);
    tick(&world, mp_clock_now() + 5 * MP_TICKS_PER_DAY);
    left = api_get(&world, &local, "/api/v1/evidence");
    CHECK_INT(mp_json_get(left.json, MP_S("value"))->count, 2);
    api_stop(&world);
}

/* ---- an index of a package is the server's ---- */

TEST(nobody_plants_an_index)
{
    api_world world;
    api_start_with(&world, sets, systems);
    stale(&world);
#define PACK "/api/v1/evidence-packages", "{\"framework\":\"csap-iaas\"}"
    WANT(api_send(&world, &local, MP_POST, PACK), 200);
    api_answer list = api_get(&world, &local, "/api/v1/evidence?source=package");
    const mp_json *made = mp_json_at(mp_json_get(list.json, MP_S("value")), 0);
    mp_str its = mp_json_str(mp_json_at(mp_json_get(made, MP_S("links")), 0)), id = mp_json_get_text(made, "id");
    CHECK(mp_str_starts(its, MP_S("index:")));
    const char *const wrong[] = {
        api_printf(&world, "title=t&source=package&link=%.*s", MP_FMT(its)),
        api_printf(&world, "title=t&link=%.*s", MP_FMT(its)),
        "title=t&link=x&link=index%3Ax",
        "title=t&source=package",
    };
    for (size_t i = 0; i < MP_COUNT(wrong); i++)
        WANT(api_ask(&world, &local,
                     &(api_request){ .method = MP_POST,
                                     .path = api_printf(&world, "/api/v1/evidence?%s", wrong[i]),
                                     .body = MP_S("{}"),
                                     .type = "text/plain" }),
             400);
    const char *other = api_printf(&world, "/api/v1/evidence/%s", upload(&world, "title=other"));
    WANT(api_send(&world, &local, MP_PUT, other, "{\"title\":\"t\",\"mediaType\":\"a/b\",\"source\":\"package\"}"), 400);
    WANT(api_send(&world, &local, MP_PUT, other,
                  api_printf(&world, "{\"title\":\"t\",\"mediaType\":\"a/b\",\"links\":[\"%.*s\"]}", MP_FMT(its))),
         400);
    /* one that is there stays what it is, whatever else is said of it */
    api_answer changed = api_send(&world, &local, MP_PUT, api_printf(&world, "/api/v1/evidence/%.*s", MP_FMT(id)),
                                  "{\"title\":\"t\",\"mediaType\":\"a/b\",\"source\":\"me\",\"links\":[\"index:x\"]}");
    WANT(changed, 200);
    CHECK_STR(mp_json_str(mp_json_at(mp_json_get(changed.json, MP_S("links")), 0)), api_printf(&world, "%.*s", MP_FMT(its)));
    CHECK_STR(api_text(&changed, "source"), "package");
    WANT(api_send(&world, &local, MP_POST, PACK), 200);
    list = api_get(&world, &local, "/api/v1/evidence?source=package");
    CHECK_INT(mp_json_get(list.json, MP_S("value"))->count, 1);
    api_stop(&world);
}

int main(void)
{
    return MAIN(RUN(people_are_reminded_once_a_day), RUN(a_program_that_begins_again_does_not_tell_again),
                RUN(who_may_hear_alerts_hears_how_much_and_no_names), RUN(what_must_be_kept_or_is_held_stays), RUN(nobody_plants_an_index));
}
