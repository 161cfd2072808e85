/* SPDX-License-Identifier: Apache-2.0 */
/* Signing in as people meet it: from the set-up link to leaving. */
#include "access_world.h"

#include <stdio.h>

#include "jsonw.h"
#include "test.h"

static mp_str state_of(mp_world *world, mp_str user)
{
    return mp_json_str(mp_json_get(world_body(world, &mp_user_kind, user), MP_S("state")));
}

static mp_code set_up(mp_signed_in *in, mp_world *world, mp_str token, const char *password)
{
    world->err = (mp_error){ 0 };
    return mp_sign_in_setup(in, world->access, token, mp_str_from(password), &world->asked, world->now,
                            &world->arena, &world->err);
}

TEST(a_link_makes_a_password_once)
{
    mp_world     world;
    mp_signed_in in, again;
    mp_who       who;
    world_open(&world);
    mp_str id = world_user(&world, "kim");
    CHECK_STR(state_of(&world, id), "invited");
    CHECK_INT(world_sign_in(&in, &world, "kim", ""), MP_CREDENTIALS);
    mp_str token = world_setup_token(&world, id);
    CHECK_INT(set_up(&in, &world, token, PASSWORD), MP_OK);
    CHECK_STR(in.next, "");
    CHECK(mp_str_eq(in.user, id));
    CHECK_STR(state_of(&world, id), "active");
    CHECK_INT(world_who(&who, &world, in.cookie), MP_OK);
    CHECK(mp_str_eq(who.id, id) && who.kind == MP_WHO_USER && who.by_cookie && !who.is_strong);
    CHECK_STR(who.limited_to, "");
    CHECK_STR(who.name, "kim");
    CHECK(mp_str_eq(who.session, in.session));
    CHECK_INT(set_up(&again, &world, token, "Other-Gate-7788"), MP_CREDENTIALS);
    CHECK_INT(world_sign_in(&again, &world, "kim", "Other-Gate-7788"), MP_CREDENTIALS);
    CHECK_INT(world_sign_in(&again, &world, "KIM", PASSWORD), MP_OK); /* names know no case */
    CHECK(!mp_str_eq(again.cookie, in.cookie));
    world_close(&world);
}

TEST(a_newer_link_takes_the_place_of_the_older)
{
    mp_world     world;
    mp_signed_in in;
    mp_who       who;
    world_open(&world);
    mp_str id = world_member(&world, "kim", PASSWORD);
    CHECK_INT(world_sign_in(&in, &world, "kim", PASSWORD), MP_OK);
    mp_str       first = world_setup_token(&world, id), second = world_setup_token(&world, id);
    mp_signed_in other;
    CHECK_INT(set_up(&other, &world, first, "Other-Gate-7788"), MP_CREDENTIALS);
    CHECK_INT(world_who(&who, &world, in.cookie), MP_OK); /* a link alone ends nothing */
    CHECK_INT(set_up(&other, &world, second, "Other-Gate-7788"), MP_OK);
    CHECK_INT(world_who(&who, &world, in.cookie), MP_CREDENTIALS); /* its use ends every session */
    CHECK_INT(world_sign_in(&in, &world, "kim", PASSWORD), MP_CREDENTIALS);
    CHECK_INT(world_sign_in(&in, &world, "kim", "Other-Gate-7788"), MP_OK);
    world_close(&world);
}

TEST(a_link_ends_by_itself)
{
    mp_world     world;
    mp_signed_in in;
    world_open(&world);
    mp_str id = world_user(&world, "kim"), token = world_setup_token(&world, id);
    world.now += SECONDS(25 * 3600);
    CHECK_INT(set_up(&in, &world, token, PASSWORD), MP_CREDENTIALS);
    CHECK_STR(state_of(&world, id), "invited");
    CHECK_INT(set_up(&in, &world, MP_S("abc"), PASSWORD), MP_CREDENTIALS);
    CHECK_INT(set_up(&in, &world, MP_S(""), PASSWORD), MP_CREDENTIALS);
    CHECK_INT(world_leaves(&world, "Mapae.Access/signIn/setup", MP_OUTCOME_REFUSED), 3);
    world_close(&world);
}

TEST(a_weak_password_leaves_the_link_as_it_was)
{
    mp_world     world;
    mp_signed_in in;
    world_open(&world);
    mp_str token = world_setup_token(&world, world_user(&world, "gatekeeper"));
    CHECK_INT(set_up(&in, &world, token, "short"), MP_PARAMETER);
    CHECK_INT(set_up(&in, &world, token, "My-Gatekeeper-77"), MP_PARAMETER);
    CHECK_INT(set_up(&in, &world, token, PASSWORD), MP_OK);
    CHECK_INT(world_leaves(&world, "Mapae.Access/signIn/setup", MP_OUTCOME_FAILED), 2);
    CHECK_INT(world_leaves(&world, "Mapae.Access/signIn/setup", MP_OUTCOME_DONE), 1);
    world_close(&world);
}

typedef struct one {
    mp_str   id;
    bool     flag;
    uint64_t count;
} one;

static mp_code suspend(mp_world *world, mp_tx *tx, void *arg, mp_error *err)
{
    one *o = arg;
    return mp_user_suspend(world->access, tx, o->id, o->flag, err);
}

static mp_code leave(mp_world *world, mp_tx *tx, void *arg, mp_error *err)
{
    one *o = arg;
    return mp_user_leave(&o->count, world->access, tx, o->id, err);
}

static mp_code unlock(mp_world *world, mp_tx *tx, void *arg, mp_error *err)
{
    one *o = arg;
    return mp_sign_in_unlock(world->access, tx, o->id, err);
}

TEST(who_is_suspended_is_out_at_once)
{
    mp_world     world;
    mp_signed_in in;
    mp_who       who;
    world_open(&world);
    one o = { .id = world_member(&world, "kim", PASSWORD), .flag = true };
    CHECK_INT(world_sign_in(&in, &world, "kim", PASSWORD), MP_OK);
    CHECK_INT(world_who(&who, &world, in.cookie), MP_OK);
    CHECK_INT(world_write(&world, suspend, &o), MP_OK);
    CHECK_INT(world_who(&who, &world, in.cookie), MP_CREDENTIALS);
    CHECK_INT(world_sign_in(&in, &world, "kim", PASSWORD), MP_CREDENTIALS);
    CHECK(mp_json_get(world_body(&world, &mp_user_kind, o.id), MP_S("tokensValidAfter")) != NULL);
    o.flag = false;
    CHECK_INT(world_write(&world, suspend, &o), MP_OK);
    CHECK_STR(state_of(&world, o.id), "active");
    CHECK_INT(world_who(&who, &world, in.cookie), MP_CREDENTIALS); /* what ended stays ended */
    CHECK_INT(world_sign_in(&in, &world, "kim", PASSWORD), MP_OK);
    world_close(&world);
}

typedef struct membership {
    mp_str group, member;
    bool   is_in;
} membership;

static mp_code make_group(mp_world *world, mp_tx *tx, void *arg, mp_error *err)
{
    membership *m = arg;
    mp_record   record;
    MP_TRY(mp_group_put(&record, world->access, tx, mp_str_of(NULL, 0),
                        world_json(world, "{\"displayName\": \"Night watch\"}"), MP_NO_VERSION, err));
    m->group = mp_arena_dup(&world->arena, record.key);
    return mp_group_member(world->access, tx, m->group, m->member, true, err);
}

static mp_code read_version(mp_tx *tx, void *arg, mp_error *err)
{
    one      *o = arg;
    mp_record record;
    MP_TRY(mp_record_get(&record, tx, &mp_user_kind, o->id, 0, mp_tx_arena(tx), err));
    o->count = (uint64_t)record.version;
    return MP_OK;
}

static uint64_t version_of(mp_world *world, mp_str id)
{
    one o = { .id = id };
    CHECK_INT(mp_store_read(world->store, read_version, &o, NULL), MP_OK);
    return o.count;
}

/* A version is what somebody saw: none that was there for no time at all. */
TEST(one_change_makes_one_version)
{
    mp_world world;
    one      o;
    world_open(&world);
    o.id = world_member(&world, "kim", PASSWORD);
    CHECK_INT(version_of(&world, o.id), 2); /* invited, set up */
    o.flag = true;
    CHECK_INT(world_write(&world, suspend, &o), MP_OK);
    CHECK_INT(version_of(&world, o.id), 3);
    o.flag = false;
    world.now += SECONDS(60);
    CHECK_INT(world_write(&world, suspend, &o), MP_OK);
    CHECK_INT(version_of(&world, o.id), 4);
    CHECK_STR(state_of(&world, o.id), "active");
    CHECK(mp_json_get(world_body(&world, &mp_user_kind, o.id), MP_S("lastSignInAt")) != NULL);
    world_close(&world);
}

TEST(who_leaves_loses_everything_in_one_write)
{
    mp_world     world;
    mp_signed_in in, second;
    mp_who       who;
    world_open(&world);
    mp_str boss = world_member(&world, "boss", PASSWORD);
    world_assign(&world, boss, "Administrator of Mapae");
    one        o = { .id = world_member(&world, "kim", PASSWORD) };
    membership m = { .member = o.id };
    CHECK_INT(world_write(&world, make_group, &m), MP_OK);
    world_assign(&world, o.id, "Reader");
    CHECK_INT(world_sign_in(&in, &world, "kim", PASSWORD), MP_OK);
    CHECK_INT(world_sign_in(&second, &world, "kim", PASSWORD), MP_OK);
    CHECK_INT(world_who(&who, &world, in.cookie), MP_OK);
    CHECK(mp_may(world.access, &who, MP_S("Microsoft.Compute/virtualMachines/read"), MP_S("/"), false,
                 world.now));
    CHECK_INT(who.group_count, 1);
    CHECK_INT(world_write(&world, leave, &o), MP_OK);
    CHECK_INT(o.count, 6); /* three sessions (one of the link), a membership, an assignment, a credential */
    CHECK_INT(world_who(&who, &world, in.cookie), MP_CREDENTIALS);
    CHECK_INT(world_who(&who, &world, second.cookie), MP_CREDENTIALS);
    CHECK_INT(world_sign_in(&in, &world, "kim", PASSWORD), MP_CREDENTIALS);
    CHECK_STR(state_of(&world, o.id), "left");
    CHECK(world_body(&world, &mp_credential_kind, o.id) == NULL);
    CHECK_INT(mp_json_get(world_body(&world, &mp_group_kind, m.group), MP_S("members"))->count, 0);
    /* Nothing brings him back. */
    CHECK_INT(world_write(&world, leave, &o), MP_CONFLICT);
    CHECK_INT(world_write(&world, suspend, &o), MP_CONFLICT);
    world_close(&world);
}

TEST(the_last_administrator_stays)
{
    mp_world world;
    world_open(&world);
    one boss = { .id = world_member(&world, "boss", PASSWORD), .flag = true },
        other = { .id = world_member(&world, "other", PASSWORD), .flag = true };
    world_assign(&world, boss.id, "Administrator of Mapae");
    CHECK_INT(world_write(&world, leave, &boss), MP_CONFLICT);
    CHECK_INT(world_write(&world, suspend, &boss), MP_CONFLICT);
    world_assign(&world, other.id, "Administrator of Mapae");
    CHECK_INT(world_write(&world, suspend, &boss), MP_OK);
    CHECK_INT(world_write(&world, leave, &other), MP_CONFLICT);
    world_close(&world);
}

TEST(whatever_was_wrong_the_answer_is_one)
{
    static const struct {
        const char *name, *password;
    } tries[] = { { "kim", "wrong" }, { "nobody", PASSWORD }, { "sleeper", PASSWORD }, { "guest", PASSWORD },
                  { "", "" },         { "kim", "" } };
    mp_world     world;
    mp_signed_in in;
    char         first[400];
    world_open(&world);
    world_member(&world, "kim", PASSWORD);
    one sleeper = { .id = world_member(&world, "sleeper", PASSWORD), .flag = true };
    CHECK_INT(world_write(&world, suspend, &sleeper), MP_OK);
    world_user(&world, "guest");
    for (size_t i = 0; i < MP_COUNT(tries); i++) {
        CHECK_INT(world_sign_in(&in, &world, tries[i].name, tries[i].password), MP_CREDENTIALS);
        CHECK_INT(world.retry, 0);
        if (i == 0)
            strcpy(first, world.err.message);
        CHECK_STR(mp_str_from(world.err.message), first);
    }
    CHECK_INT(world_leaves(&world, "Mapae.Access/signIn/password", MP_OUTCOME_REFUSED), MP_COUNT(tries));
    world_close(&world);
}

TEST(failures_slow_down_and_then_lock)
{
    mp_world     world;
    mp_signed_in in;
    world_open(&world);
    one                   kim = { .id = world_member(&world, "kim", PASSWORD) };
    static const unsigned waits[] = { 0, 0, 1, 2, 1800 };
    for (size_t i = 0; i < MP_COUNT(waits); i++) {
        CHECK_INT(world_sign_in(&in, &world, "kim", "wrong"), MP_CREDENTIALS);
        CHECK_INT(world.alerts, i == 4);
        if (!waits[i])
            continue;
        CHECK_INT(world_sign_in(&in, &world, "kim", PASSWORD), MP_BUSY); /* also with the right one */
        CHECK_INT(world.retry, waits[i]);
        if (i < 4)
            world.now += SECONDS(waits[i]);
    }
    CHECK_STR(mp_str_from(world.last_alert), "lock");
    CHECK_INT(world_leaves(&world, "Mapae.Access/users/lock", -1), 1);
    world_reopen(&world); /* a restart forgets no lock */
    CHECK_INT(world_sign_in(&in, &world, "kim", PASSWORD), MP_BUSY);
    world.now += SECONDS(1799);
    CHECK_INT(world_sign_in(&in, &world, "kim", PASSWORD), MP_BUSY);
    CHECK_INT(world.retry, 1);
    world.now += SECONDS(1);
    CHECK_INT(world_sign_in(&in, &world, "kim", "wrong"), MP_CREDENTIALS); /* counted from one again */
    CHECK_INT(world_sign_in(&in, &world, "kim", PASSWORD), MP_OK);
    for (int i = 0; i < 3; i++)
        CHECK_INT(world_sign_in(&in, &world, "kim", "wrong"), MP_CREDENTIALS);
    CHECK_INT(world_sign_in(&in, &world, "kim", PASSWORD), MP_BUSY);
    CHECK_INT(world_write(&world, unlock, &kim), MP_OK);
    CHECK_INT(world_sign_in(&in, &world, "kim", PASSWORD), MP_OK);
    world_close(&world);
}

TEST(a_name_nobody_has_is_locked_like_any_other)
{
    mp_world     world;
    mp_signed_in in;
    world_open(&world);
    for (int i = 0; i < 5; i++) {
        CHECK_INT(world_sign_in(&in, &world, "nobody", "wrong"), MP_CREDENTIALS);
        world.now += SECONDS(10);
    }
    CHECK_INT(world_sign_in(&in, &world, "NoBody", "wrong"), MP_BUSY);
    CHECK_INT(world.alerts, 1);
    world_close(&world);
}

TEST(an_address_is_counted_over_all_names)
{
    mp_world     world;
    mp_signed_in in;
    char         name[16];
    world_open(&world);
    world_member(&world, "kim", PASSWORD);
    for (int i = 0; i < 60; i++) { /* twenty people may each fail as often as one */
        snprintf(name, sizeof name, "n%d", i);
        CHECK_INT(world_sign_in(&in, &world, name, "wrong"), MP_CREDENTIALS);
    }
    CHECK_INT(world_sign_in(&in, &world, "kim", PASSWORD), MP_BUSY);
    CHECK_INT(world.retry, 1);
    world.asked.from = MP_S("198.51.100.9");
    CHECK_INT(world_sign_in(&in, &world, "kim", PASSWORD), MP_OK);
    world.asked.from = MP_S(""); /* over the local socket */
    CHECK_INT(world_sign_in(&in, &world, "kim", PASSWORD), MP_OK);
    world.asked.from = MP_S("192.0.2.7");
    for (int i = 60; i < 100; i++) {
        world.now += SECONDS(world.retry);
        snprintf(name, sizeof name, "n%d", i);
        if (world_sign_in(&in, &world, name, "wrong") == MP_BUSY) {
            CHECK(world.retry <= world.rules.lock_seconds);
            i--;
        }
    }
    CHECK_INT(world_sign_in(&in, &world, "kim", PASSWORD), MP_BUSY);
    CHECK_INT(world.retry, world.rules.lock_seconds);
    world.now += SECONDS(world.retry);
    CHECK_INT(world_sign_in(&in, &world, "kim", PASSWORD), MP_OK);
    world_close(&world);
}

/* Others, who know nothing but the name, never stop trying it, from ever new addresses. */
TEST(who_never_stops_trying_keeps_nobody_out)
{
    static const char *const addresses[] = { "198.51.100.1", "198.51.100.2", "198.51.100.3", "198.51.100.4", "198.51.100.5",
                                             "198.51.100.6", "198.51.100.7", "198.51.100.8", "198.51.100.9", "198.51.100.10" };
    mp_world     world;
    mp_signed_in in, changed;
    mp_who       who;
    world_open(&world);
    world_member(&world, "kim", PASSWORD);
    CHECK_INT(world_sign_in(&in, &world, "kim", PASSWORD), MP_OK);
    mp_asked own = world.asked;
    for (size_t i = 0; i < MP_COUNT(addresses); i++) {
        world.asked.from = mp_str_from(addresses[i]);
        CHECK_INT(world_sign_in(&changed, &world, "kim", "wrong"), MP_CREDENTIALS);
        if (i >= 2) { /* whoever comes from a new address waits, but not long */
            CHECK_INT(world_sign_in(&changed, &world, "kim", "wrong"), MP_BUSY);
            CHECK(world.retry >= 1 && world.retry <= 30);
            world.now += SECONDS(world.retry);
        }
    }
    CHECK_INT(world_leaves(&world, "Mapae.Access/users/lock", -1), 0);
    CHECK_INT(world_leaves(&world, "Mapae.Access/users/slow", -1), 1);
    CHECK_INT(world.alerts, 1);
    world.now -= SECONDS(1); /* he does not have to wait where he signed in before, nor where he is signed in */
    CHECK_INT(world_sign_in(&changed, &world, "kim", PASSWORD), MP_BUSY);
    world.asked = own;
    CHECK_INT(world_sign_in(&changed, &world, "kim", PASSWORD), MP_OK);
    world.asked.from = MP_S("198.51.100.10");
    CHECK_INT(world_who(&who, &world, in.cookie), MP_OK);
    CHECK_INT(mp_password_change(&changed, world.access, &who, MP_S(PASSWORD), MP_S("Other-Gate-7788"), &world.asked,
                                 world.now, &world.arena, &world.err),
              MP_OK);
    world_close(&world);
}

/* One who found an open session may not try passwords for ever; that is its own count. */
TEST(a_session_counts_its_own_failures)
{
    mp_world     world;
    mp_signed_in in, changed;
    mp_who       who;
    unsigned     tries = 0;
    world_open(&world);
    world_member(&world, "kim", PASSWORD);
    CHECK_INT(world_sign_in(&in, &world, "kim", PASSWORD), MP_OK);
    CHECK_INT(world_who(&who, &world, in.cookie), MP_OK);
    for (int i = 0; i < 10; i++, world.now += SECONDS(10))
        tries += mp_password_change(&changed, world.access, &who, MP_S("wrong"), MP_S("Other-Gate-7788"),
                                    &world.asked, world.now, &world.arena, &world.err) == MP_CREDENTIALS;
    CHECK_INT(tries, 5);
    CHECK_INT(world_leaves(&world, "Mapae.Access/users/lock", -1), 1);
    CHECK_INT(world_sign_in(&in, &world, "kim", PASSWORD), MP_OK);
    world_close(&world);
}

TEST(an_address_is_known_for_ninety_days)
{
    mp_world     world;
    mp_signed_in in;
    uint64_t     done = 0;
    world_open(&world);
    world_member(&world, "kim", PASSWORD);
    for (int day = 0; day <= 90; day += 90) {
        mp_str own = world.asked.from;
        world.now += day * MP_TICKS_PER_DAY;
        CHECK_INT(mp_access_tick(&done, world.access, world.now, &world.err), MP_OK);
        world.asked.from = MP_S("198.51.100.1");
        for (int i = 0; i < 3; i++)
            CHECK_INT(world_sign_in(&in, &world, "kim", "wrong"), MP_CREDENTIALS);
        world.asked.from = own;
        CHECK_INT(world_sign_in(&in, &world, "kim", "wrong"), day ? MP_BUSY : MP_CREDENTIALS);
        world.now += SECONDS(3600);
    }
    world_close(&world);
}

TEST(an_old_password_must_be_changed_first)
{
    mp_world     world;
    mp_signed_in in, next;
    mp_who       who;
    world_open(&world);
    world_member(&world, "kim", PASSWORD);
    world.now += 180 * MP_TICKS_PER_DAY;
    CHECK_INT(world_sign_in(&in, &world, "kim", PASSWORD), MP_OK);
    CHECK_STR(in.next, "password");
    CHECK_INT(world_who(&who, &world, in.cookie), MP_OK);
    CHECK_STR(who.limited_to, "password");
    CHECK(!mp_may(world.access, &who, MP_S("Mapae.Access/users/read"), MP_S("/"), false, world.now));
    CHECK_INT(mp_password_change(&next, world.access, &who, MP_S("wrong"), MP_S("Other-Gate-7788"),
                                 &world.asked, world.now, &world.arena, &world.err),
              MP_CREDENTIALS);
    CHECK_INT(mp_password_change(&next, world.access, &who, MP_S(PASSWORD), MP_S(PASSWORD), &world.asked,
                                 world.now, &world.arena, &world.err),
              MP_PARAMETER);
    CHECK_INT(mp_password_change(&next, world.access, &who, MP_S(PASSWORD), MP_S("Other-Gate-7788"),
                                 &world.asked, world.now, &world.arena, &world.err),
              MP_OK);
    CHECK_STR(next.next, "");
    CHECK(!mp_str_eq(next.cookie, in.cookie) && mp_str_eq(next.session, in.session));
    CHECK_INT(world_who(&who, &world, in.cookie), MP_CREDENTIALS); /* the value of before is worth nothing */
    CHECK_INT(world_who(&who, &world, next.cookie), MP_OK);
    CHECK_STR(who.limited_to, "");
    world_close(&world);
}

TEST(old_passwords_do_not_come_again)
{
    static const char *const passwords[] = { PASSWORD,         "Second-Gate-77", "Third-Gate-77",
                                             "Fourth-Gate-77", "Fifth-Gate-77",  "Sixth-Gate-77" };
    mp_world                 world;
    mp_signed_in             in;
    mp_who                   who;
    world_open(&world);
    world_member(&world, "kim", PASSWORD);
    for (size_t i = 1; i < MP_COUNT(passwords); i++) {
        CHECK_INT(world_sign_in(&in, &world, "kim", passwords[i - 1]), MP_OK);
        CHECK_INT(world_who(&who, &world, in.cookie), MP_OK);
        for (size_t j = 0; j < i; j++)
            CHECK_INT(mp_password_change(&in, world.access, &who, mp_str_from(passwords[i - 1]),
                                         mp_str_from(passwords[j]), &world.asked, world.now, &world.arena,
                                         &world.err),
                      MP_PARAMETER);
        CHECK_INT(mp_password_change(&in, world.access, &who, mp_str_from(passwords[i - 1]),
                                     mp_str_from(passwords[i]), &world.asked, world.now, &world.arena,
                                     &world.err),
                  MP_OK);
    }
    CHECK_INT(world_who(&who, &world, in.cookie), MP_OK);
    /* Five later it may. */
    CHECK_INT(mp_password_change(&in, world.access, &who, mp_str_from(passwords[5]), MP_S(PASSWORD),
                                 &world.asked, world.now, &world.arena, &world.err),
              MP_OK);
    world_close(&world);
}

TEST(changing_a_password_ends_the_other_sessions)
{
    mp_world     world;
    mp_signed_in one_, two, next;
    mp_who       who;
    world_open(&world);
    world_member(&world, "kim", PASSWORD);
    CHECK_INT(world_sign_in(&one_, &world, "kim", PASSWORD), MP_OK);
    CHECK_INT(world_sign_in(&two, &world, "kim", PASSWORD), MP_OK);
    CHECK_INT(world_who(&who, &world, one_.cookie), MP_OK);
    CHECK_INT(mp_password_change(&next, world.access, &who, MP_S(PASSWORD), MP_S("Other-Gate-7788"),
                                 &world.asked, world.now, &world.arena, &world.err),
              MP_OK);
    CHECK_INT(next.expires_at, one_.expires_at); /* no endless session */
    CHECK_INT(world_who(&who, &world, two.cookie), MP_CREDENTIALS);
    CHECK_INT(world_who(&who, &world, one_.cookie), MP_CREDENTIALS);
    CHECK_INT(world_who(&who, &world, next.cookie), MP_OK);
    who.by_cookie = false; /* with a token instead: no session to renew, and all end */
    CHECK_INT(mp_password_change(&one_, world.access, &who, MP_S("Other-Gate-7788"), MP_S("Third-Gate-7788"),
                                 &world.asked, world.now, &world.arena, &world.err),
              MP_OK);
    CHECK_INT(one_.cookie.len, 0);
    CHECK_INT(world_who(&who, &world, next.cookie), MP_CREDENTIALS);
    world_close(&world);
}

TEST(an_administrator_must_enroll)
{
    mp_world     world;
    mp_signed_in in;
    mp_who       who;
    world_open(&world);
    world.rules.factor_required = true;
    world_reopen(&world);
    mp_str boss = world_user(&world, "boss");
    world_assign(&world, boss, "Administrator of Mapae");
    CHECK_INT(set_up(&in, &world, world_setup_token(&world, boss), PASSWORD), MP_OK);
    CHECK_STR(in.next, "enroll");
    CHECK_INT(world_who(&who, &world, in.cookie), MP_OK);
    CHECK_STR(who.limited_to, "enroll");
    world_member(&world, "kim", PASSWORD);
    CHECK_INT(world_sign_in(&in, &world, "kim", PASSWORD), MP_OK);
    CHECK_STR(in.next, "");
    world_close(&world);
}

TEST(another_provider_vouches)
{
    mp_world     world;
    mp_signed_in in;
    mp_who       who;
    world_open(&world);
    one kim = { .id = world_member(&world, "kim", PASSWORD), .flag = true };
    world.now += 200 * MP_TICKS_PER_DAY; /* the password is old, which is nobody's business here */
    CHECK_INT(
        mp_session_begin(&in, world.access, kim.id, true, &world.asked, world.now, &world.arena, &world.err),
        MP_OK);
    CHECK_STR(in.next, "");
    CHECK_INT(world_who(&who, &world, in.cookie), MP_OK);
    CHECK(who.is_strong);
    CHECK_INT(world_write(&world, suspend, &kim), MP_OK);
    CHECK_INT(
        mp_session_begin(&in, world.access, kim.id, true, &world.asked, world.now, &world.arena, &world.err),
        MP_CREDENTIALS);
    CHECK_INT(world_leaves(&world, "Mapae.Access/signIn/session", MP_OUTCOME_REFUSED), 1);
    world_close(&world);
}

TEST(nothing_personal_and_no_secret_is_in_the_ledger)
{
    mp_world         world;
    mp_signed_in     in;
    mp_ledger_entry *entries;
    size_t           count;
    uint64_t         next;
    world_open(&world);
    world_member(&world, "kimcheolsu", PASSWORD);
    CHECK_INT(world_sign_in(&in, &world, "kimcheolsu", PASSWORD), MP_OK);
    CHECK_INT(world_sign_in(&in, &world, "kimcheolsu", "Wrong-Gate-7788"), MP_CREDENTIALS);
    const mp_ledger_query query = { .outcome = -1, .limit = 1000 };
    CHECK_INT(mp_ledger_search(&entries, &count, &next, world.ledger, &query, &world.arena, &world.err),
              MP_OK);
    CHECK(count >= 4);
    static const char *const secrets[] = { "kimcheolsu",  "Gate-7788", "192.0.2.7",
                                           "example.org", "Test/1",    "argon2" };
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < MP_COUNT(secrets); j++)
            CHECK(mp_str_find_fold(entries[i].text, mp_str_from(secrets[j])) == SIZE_MAX);
    world_close(&world);
}

int main(void)
{
    return MAIN(RUN(a_link_makes_a_password_once), RUN(a_newer_link_takes_the_place_of_the_older),
                RUN(a_link_ends_by_itself), RUN(a_weak_password_leaves_the_link_as_it_was),
                RUN(who_is_suspended_is_out_at_once), RUN(one_change_makes_one_version),
                RUN(who_leaves_loses_everything_in_one_write), RUN(the_last_administrator_stays),
                RUN(whatever_was_wrong_the_answer_is_one), RUN(failures_slow_down_and_then_lock),
                RUN(who_never_stops_trying_keeps_nobody_out), RUN(a_session_counts_its_own_failures),
                RUN(an_address_is_known_for_ninety_days), RUN(a_name_nobody_has_is_locked_like_any_other),
                RUN(an_address_is_counted_over_all_names), RUN(an_old_password_must_be_changed_first),
                RUN(old_passwords_do_not_come_again), RUN(changing_a_password_ends_the_other_sessions),
                RUN(an_administrator_must_enroll), RUN(another_provider_vouches),
                RUN(nothing_personal_and_no_secret_is_in_the_ledger));
}
