/* SPDX-License-Identifier: Apache-2.0 */
/* One-time passwords and recovery codes. */
#include "access_world.h"

#include <liboath/oath.h>
#include <stdlib.h>

#include "jsonw.h"
#include "secret.h"
#include "sign_in_internal.h"
#include "test.h"

#define TICKS_1970 INT64_C(621355968000000000)

/* RFC 6238, appendix B, SHA-1: the last six of its eight digits. */
TEST(vectors_of_the_standard)
{
    static const struct {
        int64_t     seconds;
        const char *code;
    } vectors[] = { { 59, "287082" },         { 1111111109, "081804" }, { 1111111111, "050471" },
                    { 1234567890, "005924" }, { 2000000000, "279037" }, { INT64_C(20000000000), "353130" } };
    const mp_str secret = MP_S("12345678901234567890");
    for (size_t i = 0; i < MP_COUNT(vectors); i++) {
        mp_ticks now = TICKS_1970 + SECONDS(vectors[i].seconds);
        int64_t  step = 0, present = vectors[i].seconds / 30;
        mp_str   code = mp_str_from(vectors[i].code);
        CHECK(mp_totp_fits(&step, secret, code, now, 0));
        CHECK_INT(step, present);
        CHECK(mp_totp_fits(&step, secret, code, now + SECONDS(30), 0));
        CHECK(mp_totp_fits(&step, secret, code, now - SECONDS(30), 0));
        CHECK(!mp_totp_fits(&step, secret, code, now + SECONDS(60), 0));
        CHECK(vectors[i].seconds < 60 || !mp_totp_fits(&step, secret, code, now - SECONDS(60), 0));
        CHECK(!mp_totp_fits(&step, secret, code, now, present)); /* used */
        CHECK(!mp_totp_fits(&step, secret, code, now, present + 1));
        CHECK(mp_totp_fits(&step, secret, code, now, present - 1));
    }
    int64_t step;
    CHECK(!mp_totp_fits(&step, secret, MP_S("28708"), TICKS_1970 + SECONDS(59), 0));
    CHECK(!mp_totp_fits(&step, secret, MP_S("2870822"), TICKS_1970 + SECONDS(59), 0));
    CHECK(!mp_totp_fits(&step, secret, MP_S("28708a"), TICKS_1970 + SECONDS(59), 0));
    CHECK(!mp_totp_fits(&step, secret, MP_S(""), TICKS_1970 + SECONDS(59), 0));
}

/* What the app on the phone shows. */
static mp_str app_shows(mp_world *world, mp_str base32, mp_ticks now)
{
    char  *secret, value[7];
    size_t len;
    CHECK_INT(oath_base32_decode(base32.ptr, base32.len, &secret, &len), OATH_OK);
    CHECK_INT(oath_totp_generate(secret, len, (now - TICKS_1970) / MP_TICKS_PER_SECOND, 30, 0, 6, value),
              OATH_OK);
    free(secret);
    return mp_arena_dup(&world->arena, mp_str_from(value));
}

static mp_code begin(mp_str *secret, mp_world *world, const mp_who *who)
{
    mp_str uri;
    MP_TRY(mp_totp_begin(&uri, secret, world->access, who, world->now, &world->arena, &world->err));
    CHECK(mp_str_starts(uri, MP_S("otpauth://totp/Mapae:")));
    CHECK(mp_str_find_str(uri, *secret) != SIZE_MAX);
    return MP_OK;
}

static mp_code finish(mp_signed_in *in, mp_world *world, const mp_who *who, mp_str code)
{
    world->err = (mp_error){ 0 };
    return mp_totp_finish(in, world->access, who, code, &world->asked, world->now, &world->arena,
                          &world->err);
}

static mp_code show(mp_signed_in *in, mp_world *world, const mp_who *who, mp_str code)
{
    world->err = (mp_error){ 0 };
    return mp_sign_in_code(in, &world->retry, world->access, who, code, &world->asked, world->now,
                           &world->arena, &world->err);
}

/* Kim, with an app; *who is his session. */
static mp_str enrolled(mp_world *world, mp_str *secret, mp_who *who)
{
    mp_signed_in in;
    mp_str       id = world_member(world, "kim", PASSWORD);
    CHECK_INT(world_sign_in(&in, world, "kim", PASSWORD), MP_OK);
    CHECK_INT(world_who(who, world, in.cookie), MP_OK);
    CHECK_INT(begin(secret, world, who), MP_OK);
    CHECK_INT(finish(&in, world, who, app_shows(world, *secret, world->now)), MP_OK);
    CHECK_INT(world_who(who, world, in.cookie), MP_OK);
    CHECK(who->is_strong);
    return id;
}

static mp_str half_signed_in(mp_world *world, mp_who *who)
{
    mp_signed_in in;
    CHECK_INT(world_sign_in(&in, world, "kim", PASSWORD), MP_OK);
    CHECK_STR(in.next, "factor");
    CHECK_INT(world_who(who, world, in.cookie), MP_OK);
    CHECK_STR(who->limited_to, "factor");
    return in.cookie;
}

TEST(a_code_makes_the_session_whole)
{
    mp_world     world;
    mp_str       secret;
    mp_who       who;
    mp_signed_in in;
    world_open(&world);
    mp_str id = enrolled(&world, &secret, &who);
    CHECK(mp_json_get(world_body(&world, &mp_user_kind, id), MP_S("isStrong"))->u.integer);
    world.now += SECONDS(60);
    mp_str half = half_signed_in(&world, &who);
    /* A half-made session may do nothing else. */
    CHECK_INT(mp_password_change(&in, world.access, &who, MP_S(PASSWORD), MP_S("Other-Gate-7788"),
                                 &world.asked, world.now, &world.arena, &world.err),
              MP_DENIED);
    CHECK_INT(begin(&secret, &world, &who), MP_DENIED);
    CHECK_INT(show(&in, &world, &who, app_shows(&world, secret, world.now)), MP_OK);
    CHECK_STR(in.next, "");
    CHECK(!mp_str_eq(in.cookie, half));
    CHECK_INT(world_who(&who, &world, half), MP_CREDENTIALS);
    CHECK_INT(world_who(&who, &world, in.cookie), MP_OK);
    CHECK(who.is_strong);
    CHECK_STR(who.limited_to, "");
    world_close(&world);
}

TEST(a_code_counts_once)
{
    mp_world     world;
    mp_str       secret;
    mp_who       first, second;
    mp_signed_in in;
    world_open(&world);
    enrolled(&world, &secret, &first);
    mp_str used = app_shows(&world, secret, world.now);
    half_signed_in(&world, &first);
    CHECK_INT(show(&in, &world, &first, used), MP_CREDENTIALS); /* it confirmed the app a moment ago */
    world.now += SECONDS(30);
    half_signed_in(&world, &second);
    mp_str code = app_shows(&world, secret, world.now);
    CHECK_INT(show(&in, &world, &second, code), MP_OK);
    CHECK_INT(show(&in, &world, &first, code), MP_CREDENTIALS);
    world_reopen(&world);
    half_signed_in(&world, &second);
    CHECK_INT(show(&in, &world, &second, code), MP_CREDENTIALS); /* not after a restart either */
    world_close(&world);
}

TEST(codes_cannot_be_guessed)
{
    mp_world     world;
    mp_str       secret;
    mp_who       who;
    mp_signed_in in;
    unsigned     tries = 0;
    world_open(&world);
    enrolled(&world, &secret, &who);
    world.now += SECONDS(300);
    half_signed_in(&world, &who);
    for (int i = 0; i < 20; i++) {
        mp_code code = show(&in, &world, &who, MP_S("not it"));
        CHECK(code == MP_CREDENTIALS || code == MP_BUSY);
        tries += code == MP_CREDENTIALS;
        if (i % 2) /* the right password in between forgets nothing */
            (void)world_sign_in(&in, &world, "kim", PASSWORD);
        world.now += SECONDS(5);
    }
    CHECK_INT(tries, 5);
    CHECK_INT(world.alerts, 1);
    CHECK_INT(show(&in, &world, &who, app_shows(&world, secret, world.now)), MP_BUSY);
    world_close(&world);
}

TEST(an_app_counts_after_its_first_code)
{
    mp_world     world;
    mp_str       secret, other;
    mp_who       who;
    mp_signed_in in;
    world_open(&world);
    world_member(&world, "kim", PASSWORD);
    CHECK_INT(world_sign_in(&in, &world, "kim", PASSWORD), MP_OK);
    CHECK_INT(world_who(&who, &world, in.cookie), MP_OK);
    CHECK_INT(finish(&in, &world, &who, MP_S("123456")), MP_CONFLICT); /* not begun */
    CHECK_INT(begin(&secret, &world, &who), MP_OK);
    mp_str wrong = app_shows(&world, secret, world.now + SECONDS(3600));
    CHECK_INT(finish(&in, &world, &who, wrong), MP_CREDENTIALS);
    CHECK_INT(world_sign_in(&in, &world, "kim", PASSWORD), MP_OK);
    CHECK_STR(in.next, ""); /* it does not count yet */
    CHECK_INT(world_who(&who, &world, in.cookie), MP_OK);
    world.now += SECONDS(901);
    CHECK_INT(world_sign_in(&in, &world, "kim", PASSWORD), MP_OK);
    CHECK_INT(world_who(&who, &world, in.cookie), MP_OK);
    CHECK_INT(finish(&in, &world, &who, app_shows(&world, secret, world.now)), MP_CONFLICT); /* too late */
    CHECK_INT(begin(&secret, &world, &who), MP_OK);
    CHECK_INT(finish(&in, &world, &who, app_shows(&world, secret, world.now)), MP_OK);
    CHECK_INT(world_who(&who, &world, in.cookie), MP_OK);
    CHECK_INT(begin(&other, &world, &who), MP_EXISTS);
    world_close(&world);
}

typedef struct call {
    mp_str         user;
    const char    *factor;
    const mp_json *codes;
} call;

static mp_code make_codes(mp_world *world, mp_tx *tx, void *arg, mp_error *err)
{
    call *c = arg;
    return mp_recovery_codes(&c->codes, world->access, tx, c->user, &world->arena, err);
}

static mp_code remove_factor(mp_world *world, mp_tx *tx, void *arg, mp_error *err)
{
    call *c = arg;
    return mp_factor_remove(world->access, tx, c->user, mp_str_from(c->factor), err);
}

static mp_code remove_own(mp_world *world, mp_tx *tx, void *arg, mp_error *err)
{
    call *c = arg;
    return mp_own_factor_remove(world->access, tx, c->user, mp_str_from(c->factor), err);
}

TEST(an_administrator_keeps_one)
{
    mp_world world;
    mp_str   secret;
    mp_who   who;
    world_open(&world);
    call c = { .user = enrolled(&world, &secret, &who), .factor = "totp" };
    world_assign(&world, c.user, "Administrator of Mapae");
    world.rules.factor_required = true;
    world_reopen(&world);
    /* as the server asked before the write */
    CHECK(mp_may(world.access, &who, MP_S("Mapae.Access/users/write"), MP_S("/"), false, world.now));
    CHECK_INT(world_write(&world, remove_own, &c), MP_CONFLICT);
    c.factor = "all";
    CHECK_INT(world_write(&world, remove_own, &c), MP_CONFLICT);
    CHECK_INT(world_write(&world, remove_factor, &c), MP_OK); /* by another administrator */
    world_close(&world);
}

TEST(who_need_not_have_one_may_be_without)
{
    mp_world world;
    mp_str   secret;
    mp_who   who;
    world_open(&world);
    call c = { .user = enrolled(&world, &secret, &who), .factor = "totp" };
    world.rules.factor_required = true;
    world_reopen(&world);
    CHECK_INT(world_write(&world, remove_own, &c), MP_OK);
    world_close(&world);
}

TEST(a_recovery_code_counts_once)
{
    mp_world     world;
    mp_str       secret;
    mp_who       who;
    mp_signed_in in;
    world_open(&world);
    call c = { .user = enrolled(&world, &secret, &who) };
    CHECK_INT(world_write(&world, make_codes, &c), MP_OK);
    CHECK_INT(c.codes->count, 10);
    for (size_t i = 0; i < 10; i++)
        for (size_t j = 0; j < i; j++)
            CHECK(!mp_str_eq(mp_json_str(mp_json_at(c.codes, i)), mp_json_str(mp_json_at(c.codes, j))));
    mp_str code = mp_json_str(mp_json_at(c.codes, 3));
    CHECK_INT(code.len, 19);
    half_signed_in(&world, &who);
    CHECK_INT(show(&in, &world, &who, code), MP_OK);
    CHECK_STR(mp_str_from(world.last_alert), "recovery");
    half_signed_in(&world, &who);
    CHECK_INT(show(&in, &world, &who, code), MP_CREDENTIALS);
    /* As it is typed: capitals, without dashes. */
    char   typed[32];
    size_t len = 0;
    code = mp_json_str(mp_json_at(c.codes, 4));
    for (size_t i = 0; i < code.len; i++)
        if (code.ptr[i] != '-')
            typed[len++] = code.ptr[i] == '1'   ? 'I'
                           : code.ptr[i] == '0' ? 'O'
                           : code.ptr[i] >= 'a' ? (char)(code.ptr[i] - 32)
                                                : code.ptr[i];
    CHECK_INT(show(&in, &world, &who, mp_str_of(typed, len)), MP_OK);
    const mp_json *factors;
    CHECK_INT(mp_factors(&factors, world.access, c.user, &world.arena, &world.err), MP_OK);
    CHECK_INT(mp_json_get(factors, MP_S("recoveryCodes"))->u.integer, 8);
    CHECK(mp_json_get(factors, MP_S("totp"))->u.integer);
    /* New ones, and the old are worth nothing. */
    mp_str old = mp_json_str(mp_json_at(c.codes, 5));
    CHECK_INT(world_write(&world, make_codes, &c), MP_OK);
    half_signed_in(&world, &who);
    CHECK_INT(show(&in, &world, &who, old), MP_CREDENTIALS);
    CHECK_INT(show(&in, &world, &who, mp_json_str(mp_json_at(c.codes, 5))), MP_OK);
    world_close(&world);
}

TEST(factors_go_and_codes_with_the_last)
{
    mp_world       world;
    mp_str         secret;
    mp_who         who;
    mp_signed_in   in;
    const mp_json *factors;
    world_open(&world);
    call c = { .user = enrolled(&world, &secret, &who), .factor = "totp" };
    CHECK_INT(world_write(&world, make_codes, &c), MP_OK);
    CHECK_INT(world_write(&world, remove_factor, &c), MP_OK);
    CHECK_INT(mp_factors(&factors, world.access, c.user, &world.arena, &world.err), MP_OK);
    CHECK_INT(mp_json_get(factors, MP_S("recoveryCodes"))->u.integer, 0);
    CHECK(!mp_json_get(factors, MP_S("totp"))->u.integer);
    CHECK(!mp_json_get(world_body(&world, &mp_user_kind, c.user), MP_S("isStrong"))->u.integer);
    CHECK_INT(world_write(&world, remove_factor, &c), MP_MISSING);
    CHECK_INT(world_write(&world, make_codes, &c), MP_CONFLICT);
    CHECK_INT(world_sign_in(&in, &world, "kim", PASSWORD), MP_OK);
    CHECK_STR(in.next, "");
    c.factor = "all";
    CHECK_INT(world_write(&world, remove_factor, &c), MP_OK);
    CHECK_INT(mp_factors(&factors, world.access, MP_S("00000000-0000-4000-8000-000000000000"), &world.arena,
                         &world.err),
              MP_MISSING);
    world_close(&world);
}

int main(void)
{
    return MAIN(RUN(vectors_of_the_standard), RUN(a_code_makes_the_session_whole), RUN(a_code_counts_once),
                RUN(codes_cannot_be_guessed), RUN(an_administrator_keeps_one),
                RUN(who_need_not_have_one_may_be_without), RUN(an_app_counts_after_its_first_code),
                RUN(a_recovery_code_counts_once), RUN(factors_go_and_codes_with_the_last));
}
