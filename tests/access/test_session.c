/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions: how long they last, who sees them, and that what ends has ended. */
#include "access_world.h"

#include <pthread.h>
#include <stdatomic.h>

#include "jsonw.h"
#include "test.h"

static mp_str member_of(mp_world *world, mp_signed_in *in)
{
    mp_str id = world_member(world, "kim", PASSWORD);
    CHECK_INT(world_sign_in(in, world, "kim", PASSWORD), MP_OK);
    return id;
}

static const mp_json *list(mp_world *world, mp_str user, mp_str current)
{
    const mp_json *sessions;
    CHECK_INT(mp_sessions(&sessions, world->access, user, current, world->now, &world->arena, &world->err),
              MP_OK);
    return sessions;
}

TEST(unused_it_ends)
{
    mp_world     world;
    mp_signed_in in;
    mp_who       who;
    world_open(&world);
    member_of(&world, &in);
    for (int i = 0; i < 10; i++) { /* used, it goes on */
        world.now += SECONDS(899);
        CHECK_INT(world_who(&who, &world, in.cookie), MP_OK);
    }
    world.now += SECONDS(900);
    CHECK_INT(world_who(&who, &world, in.cookie), MP_CREDENTIALS);
    world_close(&world);
}

TEST(used_it_ends_too)
{
    mp_world     world;
    mp_signed_in in;
    mp_who       who;
    world_open(&world);
    member_of(&world, &in);
    mp_ticks end = world.now + SECONDS(43200);
    CHECK_INT(in.expires_at, end);
    for (; world.now + SECONDS(600) < end; world.now += SECONDS(600))
        CHECK_INT(world_who(&who, &world, in.cookie), MP_OK);
    CHECK_INT(world_who(&who, &world, in.cookie), MP_OK);
    CHECK_INT(who.expires_at, end);
    world.now = end - 1;
    CHECK_INT(world_who(&who, &world, in.cookie), MP_OK);
    world.now = end;
    CHECK_INT(world_who(&who, &world, in.cookie), MP_CREDENTIALS);
    world_close(&world);
}

TEST(use_is_written_once_a_minute)
{
    mp_world     world;
    mp_signed_in in;
    mp_who       who;
    world_open(&world);
    member_of(&world, &in);
    world.now += SECONDS(800);
    uint64_t commits = mp_store_counted(world.store).commits;
    for (int i = 0; i < 1000; i++)
        CHECK_INT(world_who(&who, &world, in.cookie), MP_OK);
    CHECK_INT(mp_store_counted(world.store).commits, commits); /* a check is no write */
    CHECK_INT(mp_access_tick(NULL, world.access, world.now, &world.err), MP_OK);
    world_reopen(&world);
    world.now += SECONDS(800);
    CHECK_INT(world_who(&who, &world, in.cookie), MP_OK); /* also after a restart it was used then */
    world_close(&world);
}

TEST(ended_ones_are_removed)
{
    mp_world     world;
    mp_signed_in in;
    uint64_t     done;
    world_open(&world);
    member_of(&world, &in);
    CHECK_INT(mp_access_tick(&done, world.access, world.now, &world.err), MP_OK);
    CHECK_INT(done, 0);
    CHECK(world_body(&world, &mp_session_kind, in.session) != NULL);
    world.now += SECONDS(900);
    CHECK_INT(mp_access_tick(&done, world.access, world.now, &world.err), MP_OK);
    CHECK_INT(done, 2); /* that of the link, and this one */
    CHECK(world_body(&world, &mp_session_kind, in.session) == NULL);
    world_close(&world);
}

TEST(what_is_no_value_is_nobodys)
{
    static const char *const values[] = { "", "a", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                                          "../../etc/passwd", "' OR 1=1" };
    mp_world                 world;
    mp_signed_in             in;
    mp_who                   who;
    world_open(&world);
    member_of(&world, &in);
    for (size_t i = 0; i < MP_COUNT(values); i++)
        CHECK_INT(world_who(&who, &world, mp_str_from(values[i])), MP_CREDENTIALS);
    CHECK_INT(world_who(&who, &world, in.session), MP_CREDENTIALS); /* the id is none */
    const mp_json *body = world_body(&world, &mp_session_kind, in.session);
    CHECK_INT(world_who(&who, &world, mp_json_str(mp_json_get(body, MP_S("hash")))),
              MP_CREDENTIALS); /* nor is what the store has */
    world_close(&world);
}

TEST(the_oldest_makes_room)
{
    mp_world     world;
    mp_signed_in in[7];
    mp_who       who;
    world_open(&world);
    mp_str id = world_member(&world, "kim", PASSWORD);
    for (size_t i = 0; i < MP_COUNT(in); i++) {
        world.now += SECONDS(1);
        CHECK_INT(world_sign_in(&in[i], &world, "kim", PASSWORD), MP_OK);
    }
    for (size_t i = 0; i < MP_COUNT(in); i++)
        CHECK_INT(world_who(&who, &world, in[i].cookie), i < 2 ? MP_CREDENTIALS : MP_OK);
    CHECK_INT(list(&world, id, in[6].session)->count, 5);
    world_close(&world);
}

TEST(the_list_says_from_where_and_when)
{
    mp_world     world;
    mp_signed_in first, second;
    mp_who       who;
    world_open(&world);
    mp_str id = member_of(&world, &first);
    world.now += SECONDS(60);
    world.asked.agent = MP_S("Firefox \"x\"\n");
    world.asked.from = MP_S("2001:db8::7");
    CHECK_INT(world_sign_in(&second, &world, "kim", PASSWORD), MP_OK);
    world.now += SECONDS(60);
    CHECK_INT(world_who(&who, &world, second.cookie), MP_OK);
    const mp_json *sessions = list(&world, id, second.session), *newest = mp_json_at(sessions, 0),
                  *older = mp_json_at(sessions, 1);
    CHECK_INT(sessions->count, 3);
    CHECK(mp_str_eq(mp_json_str(mp_json_get(newest, MP_S("id"))), second.session));
    CHECK(mp_json_get(newest, MP_S("isCurrent"))->u.integer &&
          !mp_json_get(older, MP_S("isCurrent"))->u.integer);
    CHECK_STR(mp_json_str(mp_json_get(newest, MP_S("agent"))), "Firefox \"x\"\n");
    CHECK_STR(mp_json_str(mp_json_get(newest, MP_S("from"))), "2001:db8::7");
    mp_ticks used;
    CHECK(mp_clock_parse(&used, mp_json_str(mp_json_get(newest, MP_S("lastUsedAt")))) && used == world.now);
    CHECK(mp_json_get(newest, MP_S("hash")) == NULL);
    /* In the store it is sealed. */
    mp_str device =
        mp_json_str(mp_json_get(world_body(&world, &mp_session_kind, second.session), MP_S("device")));
    CHECK(mp_str_find_str(device, MP_S("Firefox")) == SIZE_MAX);
    world.now += SECONDS(900);
    CHECK_INT(list(&world, id, second.session)->count, 0);
    world_close(&world);
}

typedef struct ending {
    mp_str   session, user, except;
    uint64_t ended;
} ending;

static mp_code end_one(mp_world *world, mp_tx *tx, void *arg, mp_error *err)
{
    ending *e = arg;
    return mp_session_end(world->access, tx, e->session, err);
}

static mp_code end_all(mp_world *world, mp_tx *tx, void *arg, mp_error *err)
{
    ending *e = arg;
    return mp_sessions_end_of(&e->ended, world->access, tx, e->user, e->except, err);
}

static mp_code end_and_fail(mp_world *world, mp_tx *tx, void *arg, mp_error *err)
{
    MP_TRY(end_one(world, tx, arg, err));
    (void)err;
    return MP_CONFLICT;
}

TEST(revoked_is_revoked_at_once)
{
    mp_world     world;
    mp_signed_in first, second, third;
    mp_who       who;
    world_open(&world);
    ending e = { .user = member_of(&world, &first) };
    CHECK_INT(world_sign_in(&second, &world, "kim", PASSWORD), MP_OK);
    CHECK_INT(world_sign_in(&third, &world, "kim", PASSWORD), MP_OK);
    e.session = first.session;
    CHECK_INT(world_who(&who, &world, first.cookie), MP_OK);
    CHECK_INT(world_write(&world, end_and_fail, &e), MP_CONFLICT); /* rolled back: it goes on */
    CHECK_INT(world_who(&who, &world, first.cookie), MP_OK);
    CHECK_INT(world_write(&world, end_one, &e), MP_OK);
    CHECK_INT(world_who(&who, &world, first.cookie), MP_CREDENTIALS);
    CHECK_INT(world_write(&world, end_one, &e), MP_MISSING);
    e.except = third.session;
    CHECK_INT(world_write(&world, end_all, &e), MP_OK);
    CHECK_INT(e.ended, 2); /* the second, and that of the link */
    CHECK_INT(world_who(&who, &world, second.cookie), MP_CREDENTIALS);
    CHECK_INT(world_who(&who, &world, third.cookie), MP_OK);
    world_close(&world);
}

TEST(the_other_token_is_bound_to_the_session)
{
    mp_world     world;
    mp_signed_in first, second;
    mp_who       who, other;
    world_open(&world);
    member_of(&world, &first);
    CHECK_INT(world_sign_in(&second, &world, "kim", PASSWORD), MP_OK);
    CHECK_INT(world_who(&who, &world, first.cookie), MP_OK);
    CHECK_INT(world_who(&other, &world, second.cookie), MP_OK);
    CHECK(mp_session_csrf_ok(world.access, &who, first.csrf));
    CHECK(!mp_session_csrf_ok(world.access, &other, first.csrf));
    CHECK(!mp_session_csrf_ok(world.access, &who, MP_S("")));
    CHECK(mp_str_eq(mp_session_csrf(world.access, &who, &world.arena), first.csrf));
    who.session = MP_S("");
    CHECK(!mp_session_csrf_ok(world.access, &who, mp_session_csrf(world.access, &who, &world.arena)));
    world_close(&world);
}

TEST(unused_accounts_are_suspended)
{
    mp_world     world;
    mp_signed_in in;
    uint64_t     done;
    world_open(&world);
    world.now = mp_clock_now();
    mp_str boss = world_member(&world, "boss", PASSWORD), kim = world_member(&world, "kim", PASSWORD),
           guest = world_user(&world, "guest"), lee = world_member(&world, "lee", PASSWORD);
    world_assign(&world, boss, "Administrator of Mapae");
    world.now += 50 * MP_TICKS_PER_DAY;
    CHECK_INT(world_sign_in(&in, &world, "lee", PASSWORD), MP_OK);
    world.now += 41 * MP_TICKS_PER_DAY;
    CHECK_INT(mp_access_tick(&done, world.access, world.now, &world.err), MP_OK);
    CHECK_STR(mp_json_str(mp_json_get(world_body(&world, &mp_user_kind, kim), MP_S("state"))), "suspended");
    CHECK_STR(mp_json_str(mp_json_get(world_body(&world, &mp_user_kind, guest), MP_S("state"))), "suspended");
    CHECK_STR(mp_json_str(mp_json_get(world_body(&world, &mp_user_kind, lee), MP_S("state"))), "active");
    CHECK_STR(mp_json_str(mp_json_get(world_body(&world, &mp_user_kind, boss), MP_S("state"))),
              "active"); /* the last one lets the others in */
    CHECK_INT(world_leaves(&world, "Mapae.Access/users/inactive", -1), 2);
    CHECK_INT(mp_access_tick(&done, world.access, world.now, &world.err), MP_OK);
    CHECK_INT(world_leaves(&world, "Mapae.Access/users/inactive", -1), 2);
    world_close(&world);
}

/* Many ask while one ends: nobody gets in after the end was acknowledged. */
typedef struct asking {
    mp_world   *world;
    mp_str      cookie;
    atomic_bool has_ended, was_wrong;
} asking;

static void *ask(void *arg)
{
    asking  *a = arg;
    mp_arena arena = MP_ARENA_INIT;
    for (int i = 0; i < 3000; i++) {
        mp_who who;
        bool   ended = atomic_load(&a->has_ended);
        if (mp_session_who(&who, a->world->access, a->cookie, a->world->now, &arena, NULL) == MP_OK && ended)
            atomic_store(&a->was_wrong, true);
        mp_arena_reset(&arena);
    }
    mp_arena_free(&arena);
    return NULL;
}

TEST(nobody_slips_through_while_it_ends)
{
    mp_world     world;
    mp_signed_in in;
    pthread_t    threads[3];
    world_open(&world);
    member_of(&world, &in);
    asking a = { .world = &world, .cookie = in.cookie };
    ending e = { .session = in.session };
    for (size_t i = 0; i < MP_COUNT(threads); i++)
        CHECK_INT(pthread_create(&threads[i], NULL, ask, &a), 0);
    CHECK_INT(world_write(&world, end_one, &e), MP_OK);
    atomic_store(&a.has_ended, true);
    for (size_t i = 0; i < MP_COUNT(threads); i++)
        pthread_join(threads[i], NULL);
    CHECK(!atomic_load(&a.was_wrong));
    world_close(&world);
}

int main(void)
{
    return MAIN(RUN(unused_it_ends), RUN(used_it_ends_too), RUN(use_is_written_once_a_minute),
                RUN(ended_ones_are_removed), RUN(what_is_no_value_is_nobodys), RUN(the_oldest_makes_room),
                RUN(the_list_says_from_where_and_when), RUN(revoked_is_revoked_at_once),
                RUN(the_other_token_is_bound_to_the_session), RUN(unused_accounts_are_suspended),
                RUN(nobody_slips_through_while_it_ends));
}
