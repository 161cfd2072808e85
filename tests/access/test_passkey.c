/* SPDX-License-Identifier: Apache-2.0 */
/* Passkeys with an authenticator of software: what is right is taken, and with any one thing wrong it is not.
 */
#include "access_world.h"
#include "authenticator.h"
#include "jsonw.h"
#include "secret.h"
#include "test.h"

static mp_code begin_create(const mp_json **options, mp_world *world, const mp_who *who)
{
    world->err = (mp_error){ 0 };
    return mp_passkey_begin(options, world->access, who, world->now, &world->arena, &world->err);
}

static mp_code finish_create(mp_signed_in *in, mp_world *world, const mp_who *who, const mp_json *answer)
{
    world->err = (mp_error){ 0 };
    assert_non_null(answer);
    return mp_passkey_finish(in, world->access, who, MP_S("열쇠 1"), answer, &world->asked, world->now,
                             &world->arena, &world->err);
}

static mp_code begin_get(const mp_json **options, mp_world *world, const mp_who *who)
{
    world->err = (mp_error){ 0 };
    return mp_sign_in_passkey_begin(options, world->access, who, world->now, &world->arena, &world->err);
}

static mp_code finish_get(mp_signed_in *in, mp_world *world, const mp_who *who, const mp_json *answer)
{
    world->err = (mp_error){ 0 };
    assert_non_null(answer);
    return mp_sign_in_passkey(in, world->access, who, answer, &world->asked, world->now, &world->arena,
                              &world->err);
}

static mp_str signed_in(mp_world *world, mp_who *who)
{
    mp_signed_in in;
    CHECK_INT(world_sign_in(&in, world, "kim", PASSWORD), MP_OK);
    CHECK_INT(world_who(who, world, in.cookie), MP_OK);
    return in.cookie;
}

/* Kim with a passkey; his id. */
static mp_str enrolled(mp_world *world, authenticator *a, int alg)
{
    const mp_json *options;
    mp_who         who;
    mp_signed_in   in;
    mp_str         id = world_member(world, "kim", PASSWORD);
    authenticator_make(a, alg);
    mp_str cookie = signed_in(world, &who);
    CHECK_INT(begin_create(&options, world, &who), MP_OK);
    CHECK_INT(finish_create(&in, world, &who, authenticator_create(a, options, NULL, &world->arena)), MP_OK);
    CHECK(!mp_str_eq(cookie, in.cookie));
    CHECK_INT(world_who(&who, world, in.cookie), MP_OK);
    CHECK(who.is_strong);
    return id;
}

static void works_with(int alg, bool packs_itself)
{
    mp_world       world;
    authenticator  a;
    const mp_json *options;
    mp_who         who;
    mp_signed_in   in;
    world_open(&world);
    mp_str id = world_member(&world, "kim", PASSWORD);
    authenticator_make(&a, alg);
    a.packs_itself = packs_itself;
    signed_in(&world, &who);
    CHECK_INT(begin_create(&options, &world, &who), MP_OK);
    CHECK_INT(finish_create(&in, &world, &who, authenticator_create(&a, options, NULL, &world.arena)), MP_OK);
    CHECK(mp_str_eq(a.user_handle, id)); /* a number, no name */
    /* As the second factor. */
    signed_in(&world, &who);
    CHECK_STR(who.limited_to, "factor");
    CHECK_INT(begin_get(&options, &world, &who), MP_OK);
    CHECK_INT(mp_json_get(options, MP_S("allowCredentials"))->count, 1);
    CHECK_INT(finish_get(&in, &world, &who, authenticator_get(&a, options, NULL, &world.arena)), MP_OK);
    CHECK_STR(in.next, "");
    /* As the only one. */
    CHECK_INT(begin_get(&options, &world, NULL), MP_OK);
    CHECK_INT(mp_json_get(options, MP_S("allowCredentials"))->count, 0);
    CHECK_INT(finish_get(&in, &world, NULL, authenticator_get(&a, options, NULL, &world.arena)), MP_OK);
    CHECK_INT(world_who(&who, &world, in.cookie), MP_OK);
    CHECK(mp_str_eq(who.id, id) && who.is_strong);
    authenticator_free(&a);
    world_close(&world);
}

TEST(every_algorithm_works)
{
    static const int algorithms[] = { -7, -8, -257 };
    for (size_t i = 0; i < MP_COUNT(algorithms); i++) {
        works_with(algorithms[i], false);
        works_with(algorithms[i], true);
    }
}

TEST(what_is_made_wrong_is_refused)
{
    static const struct {
        twist   twist;
        mp_code code;
        bool    packs_itself;
    } cases[] = {
        { { .type = "webauthn.get" }, MP_CREDENTIALS, false },
        { { .origin = "https://localhost:9443" }, MP_CREDENTIALS, false },
        { { .origin = "https://localhost.example.org:8443" }, MP_CREDENTIALS, false },
        { { .origin = "http://localhost:8443" }, MP_CREDENTIALS, false },
        { { .cross_origin = true }, MP_CREDENTIALS, false },
        { { .challenge = "AAAA" }, MP_CREDENTIALS, false },
        { { .challenge = "" }, MP_PARAMETER, false },
        { { .duplicate_challenge = true }, MP_PARAMETER, false },
        { { .host = "example.org" }, MP_CREDENTIALS, false },
        { { .absent_user = true }, MP_CREDENTIALS, false },
        { { .no_credential = true }, MP_PARAMETER, false },
        { { .cuts_data = true }, MP_PARAMETER, false },
        { { .format = "fido-u2f" }, MP_PARAMETER, false },
        { { .format = "packed" }, MP_CREDENTIALS, false }, /* without a signature */
        { { .format = "none" }, MP_PARAMETER, true },      /* with a statement */
        { { .credential_type = "password" }, MP_PARAMETER, false },
        { { .id = "AAAA" }, MP_PARAMETER, false },
        { { .breaks_signature = true }, MP_CREDENTIALS, true },
        { { .other_key = true }, MP_CREDENTIALS, true },
        { { .other_alg = true }, MP_CREDENTIALS, true },
        { { .has_chain = true }, MP_PARAMETER, true },
    };
    mp_world       world;
    authenticator  a;
    const mp_json *options, *factors;
    mp_who         who;
    mp_signed_in   in;
    world_open(&world);
    mp_str id = world_member(&world, "kim", PASSWORD);
    authenticator_make(&a, -7);
    signed_in(&world, &who);
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        a.packs_itself = cases[i].packs_itself;
        CHECK_INT(begin_create(&options, &world, &who), MP_OK);
        mp_code code = finish_create(&in, &world, &who,
                                     authenticator_create(&a, options, &cases[i].twist, &world.arena));
        if (code != cases[i].code)
            fail_msg("case %zu: %s, %s", i, mp_code_name(code), world.err.message);
    }
    CHECK_INT(mp_factors(&factors, world.access, id, &world.arena, &world.err), MP_OK);
    CHECK_INT(mp_json_get(factors, MP_S("passkeys"))->count, 0);
    CHECK_INT(world_leaves(&world, "Mapae.Access/me/passkey", MP_OUTCOME_DONE), 0);
    authenticator_free(&a);
    world_close(&world);
}

TEST(what_is_shown_wrong_is_refused)
{
    static const struct {
        twist   twist;
        mp_code code;
    } cases[] = {
        { { .type = "webauthn.create" }, MP_CREDENTIALS },
        { { .origin = "https://example.org" }, MP_CREDENTIALS },
        { { .cross_origin = true }, MP_CREDENTIALS },
        { { .challenge = "AAAA" }, MP_CREDENTIALS },
        { { .duplicate_challenge = true }, MP_PARAMETER },
        { { .host = "example.org" }, MP_CREDENTIALS },
        { { .absent_user = true }, MP_CREDENTIALS },
        { { .cuts_data = true }, MP_PARAMETER },
        { { .credential_type = "password" }, MP_PARAMETER },
        { { .id = "AAAA" }, MP_PARAMETER },
        { { .breaks_signature = true }, MP_CREDENTIALS },
        { { .no_signature = true }, MP_PARAMETER },
        { { .other_key = true }, MP_CREDENTIALS },
        { { .other_handle = true }, MP_CREDENTIALS },
    };
    mp_world       world;
    authenticator  a;
    const mp_json *options;
    mp_who         who;
    mp_signed_in   in;
    world_open(&world);
    enrolled(&world, &a, -7);
    signed_in(&world, &who);
    for (size_t i = 0; i < MP_COUNT(cases) * 2; i++) {
        const mp_who *whose = i % 2 ? NULL : &who; /* as the second factor, and as the only one */
        CHECK_INT(begin_get(&options, &world, whose), MP_OK);
        mp_code code =
            finish_get(&in, &world, whose, authenticator_get(&a, options, &cases[i / 2].twist, &world.arena));
        if (code != cases[i / 2].code)
            fail_msg("case %zu: %s, %s", i, mp_code_name(code), world.err.message);
    }
    /* All was well but for that. */
    CHECK_INT(begin_get(&options, &world, &who), MP_OK);
    CHECK_INT(finish_get(&in, &world, &who, authenticator_get(&a, options, NULL, &world.arena)), MP_OK);
    authenticator_free(&a);
    world_close(&world);
}

TEST(without_a_finger_it_is_only_a_second_factor)
{
    static const twist unverified = { .unverified_user = true };
    mp_world           world;
    authenticator      a;
    const mp_json     *options;
    mp_who             who;
    mp_signed_in       in;
    world_open(&world);
    enrolled(&world, &a, -7);
    CHECK_INT(begin_get(&options, &world, NULL), MP_OK);
    CHECK_INT(finish_get(&in, &world, NULL, authenticator_get(&a, options, &unverified, &world.arena)),
              MP_CREDENTIALS);
    signed_in(&world, &who);
    CHECK_INT(begin_get(&options, &world, &who), MP_OK);
    CHECK_INT(finish_get(&in, &world, &who, authenticator_get(&a, options, &unverified, &world.arena)),
              MP_OK);
    authenticator_free(&a);
    world_close(&world);
}

TEST(a_challenge_is_answered_once_in_time_and_by_whom_it_was_put_to)
{
    mp_world       world;
    authenticator  a;
    const mp_json *options, *answer, *other;
    mp_who         first, second;
    mp_signed_in   in;
    world_open(&world);
    enrolled(&world, &a, -7);
    signed_in(&world, &first);
    signed_in(&world, &second);
    CHECK_INT(begin_get(&options, &world, &first), MP_OK);
    answer = authenticator_get(&a, options, NULL, &world.arena);
    CHECK_INT(finish_get(&in, &world, &second, answer), MP_CREDENTIALS);
    CHECK_INT(finish_get(&in, &world, NULL, answer), MP_CREDENTIALS);
    CHECK_INT(finish_get(&in, &world, &first, answer), MP_OK);
    CHECK_INT(finish_get(&in, &world, &first, answer), MP_CREDENTIALS);
    /* The same question, another answer of a risen counter: used is used. */
    other = authenticator_get(&a, options, NULL, &world.arena);
    CHECK_INT(finish_get(&in, &world, &first, other), MP_CREDENTIALS);
    CHECK_INT(begin_get(&options, &world, NULL), MP_OK);
    answer = authenticator_get(&a, options, NULL, &world.arena);
    world.now += SECONDS(301);
    CHECK_INT(finish_get(&in, &world, NULL, answer), MP_CREDENTIALS);
    CHECK_INT(begin_get(&options, &world, NULL), MP_OK);
    answer = authenticator_get(&a, options, NULL, &world.arena);
    world_reopen(&world);
    CHECK_INT(finish_get(&in, &world, NULL, answer), MP_CREDENTIALS);
    authenticator_free(&a);
    world_close(&world);
}

TEST(a_counter_that_does_not_rise_tells_of_a_copy)
{
    mp_world       world;
    authenticator  a, copy;
    const mp_json *options;
    mp_signed_in   in;
    world_open(&world);
    enrolled(&world, &a, -7);
    copy = a;
    CHECK_INT(begin_get(&options, &world, NULL), MP_OK);
    CHECK_INT(finish_get(&in, &world, NULL, authenticator_get(&a, options, NULL, &world.arena)), MP_OK);
    CHECK_INT(begin_get(&options, &world, NULL), MP_OK);
    CHECK_INT(finish_get(&in, &world, NULL, authenticator_get(&copy, options, NULL, &world.arena)),
              MP_CREDENTIALS);
    CHECK_INT(world.alerts, 1);
    CHECK_STR(mp_str_from(world.last_alert), "counter");
    a.step = 0;
    CHECK_INT(begin_get(&options, &world, NULL), MP_OK);
    CHECK_INT(finish_get(&in, &world, NULL, authenticator_get(&a, options, NULL, &world.arena)),
              MP_CREDENTIALS);
    authenticator_free(&a);
    world_close(&world);
}

TEST(one_that_does_not_count_never_tells)
{
    mp_world       world;
    authenticator  a;
    const mp_json *options;
    mp_who         who;
    mp_signed_in   in;
    world_open(&world);
    world_member(&world, "kim", PASSWORD);
    authenticator_make(&a, -7);
    a.step = 0;
    signed_in(&world, &who);
    CHECK_INT(begin_create(&options, &world, &who), MP_OK);
    CHECK_INT(finish_create(&in, &world, &who, authenticator_create(&a, options, NULL, &world.arena)), MP_OK);
    for (int i = 0; i < 2; i++) {
        CHECK_INT(begin_get(&options, &world, NULL), MP_OK);
        CHECK_INT(finish_get(&in, &world, NULL, authenticator_get(&a, options, NULL, &world.arena)), MP_OK);
    }
    authenticator_free(&a);
    world_close(&world);
}

TEST(a_passkey_belongs_to_one)
{
    mp_world       world;
    authenticator  a;
    const mp_json *options;
    mp_who         who;
    mp_signed_in   in;
    world_open(&world);
    enrolled(&world, &a, -7);
    world_member(&world, "lee", PASSWORD);
    CHECK_INT(world_sign_in(&in, &world, "lee", PASSWORD), MP_OK);
    CHECK_INT(world_who(&who, &world, in.cookie), MP_OK);
    CHECK_INT(begin_create(&options, &world, &who), MP_OK);
    CHECK_INT(finish_create(&in, &world, &who, authenticator_create(&a, options, NULL, &world.arena)),
              MP_EXISTS);
    authenticator_free(&a);
    world_close(&world);
}

TEST(who_was_locked_out_by_others_gets_in)
{
    mp_world       world;
    authenticator  a;
    const mp_json *options;
    mp_signed_in   in;
    world_open(&world);
    enrolled(&world, &a, -7);
    for (int i = 0; i < 5; i++) {
        CHECK_INT(world_sign_in(&in, &world, "kim", "wrong"), MP_CREDENTIALS);
        world.now += SECONDS(10);
    }
    CHECK_INT(world_sign_in(&in, &world, "kim", PASSWORD), MP_BUSY);
    CHECK_INT(begin_get(&options, &world, NULL), MP_OK);
    CHECK_INT(finish_get(&in, &world, NULL, authenticator_get(&a, options, NULL, &world.arena)), MP_OK);
    authenticator_free(&a);
    world_close(&world);
}

TEST(what_is_no_answer_is_refused)
{
    static const char *const answers[] = {
        "{}",
        "[]",
        "null",
        "{\"type\":\"public-key\"}",
        "{\"type\":\"public-key\",\"id\":\"AA\",\"rawId\":\"AA\"}",
        "{\"type\":\"public-key\",\"id\":\"AA\",\"rawId\":\"AA\",\"response\":{}}",
        "{\"type\":\"public-key\",\"id\":\"AA\",\"rawId\":\"AA\",\"response\":{\"clientDataJSON\":\"e30\"}}",
        "{\"type\":\"public-key\",\"id\":\"AA\",\"rawId\":\"AA\",\"response\":{\"clientDataJSON\":\"W10\"}}",
        "{\"type\":\"public-key\",\"id\":\"A+\",\"rawId\":\"A+\",\"response\":{\"clientDataJSON\":\"e30\"}}",
        "{\"type\":\"public-key\",\"id\":\"AA\",\"rawId\":\"AA\",\"response\":{\"clientDataJSON\":17}}",
    };
    mp_world     world;
    mp_who       who;
    mp_signed_in in;
    world_open(&world);
    world_member(&world, "kim", PASSWORD);
    signed_in(&world, &who);
    for (size_t i = 0; i < MP_COUNT(answers); i++) {
        mp_code made = finish_create(&in, &world, &who, world_json(&world, answers[i]));
        mp_code shown = finish_get(&in, &world, NULL, world_json(&world, answers[i]));
        CHECK(made == MP_PARAMETER || made == MP_CREDENTIALS);
        CHECK(shown == MP_PARAMETER || shown == MP_CREDENTIALS);
    }
    world_close(&world);
}

int main(void)
{
    return MAIN(RUN(every_algorithm_works), RUN(what_is_made_wrong_is_refused),
                RUN(what_is_shown_wrong_is_refused), RUN(without_a_finger_it_is_only_a_second_factor),
                RUN(a_challenge_is_answered_once_in_time_and_by_whom_it_was_put_to),
                RUN(a_counter_that_does_not_rise_tells_of_a_copy), RUN(one_that_does_not_count_never_tells),
                RUN(a_passkey_belongs_to_one), RUN(who_was_locked_out_by_others_gets_in),
                RUN(what_is_no_answer_is_refused));
}
