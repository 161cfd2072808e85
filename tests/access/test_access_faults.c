/* SPDX-License-Identifier: Apache-2.0 */
/* Memory runs out, at every place where it could: what comes out is MP_NOMEM and nothing half done, and what
 * was is still true. */
#include "access_world.h"
#include "authenticator.h"
#include "fault.h"
#include "jsonw.h"
#include "test.h"
#include "webauthn.h"

typedef struct shared {
    mp_world      *world;
    mp_str         cookie, user;
    const mp_json *answer;
} shared;

/* The arena of the world would grow with every round. */
static bool ended(shared *s, mp_arena *arena, mp_code code)
{
    (void)s;
    mp_arena_free(arena);
    CHECK(code == MP_OK || code == MP_NOMEM);
    return code == MP_OK;
}

static bool ask_who(void *context)
{
    shared  *s = context;
    mp_arena arena = MP_ARENA_INIT;
    mp_who   who;
    mp_error err;
    return ended(s, &arena, mp_session_who(&who, s->world->access, s->cookie, s->world->now, &arena, &err));
}

static bool list_sessions(void *context)
{
    shared        *s = context;
    mp_arena       arena = MP_ARENA_INIT;
    const mp_json *sessions;
    mp_error       err;
    mp_code code = mp_sessions(&sessions, s->world->access, s->user, s->cookie, s->world->now, &arena, &err);
    if (code == MP_OK)
        CHECK(sessions->count > 0);
    return ended(s, &arena, code);
}

static bool list_factors(void *context)
{
    shared        *s = context;
    mp_arena       arena = MP_ARENA_INIT;
    const mp_json *factors;
    mp_error       err;
    return ended(s, &arena, mp_factors(&factors, s->world->access, s->user, &arena, &err));
}

static bool ask_for_passkey(void *context)
{
    shared        *s = context;
    mp_arena       arena = MP_ARENA_INIT;
    const mp_json *options;
    mp_error       err;
    return ended(s, &arena,
                 mp_sign_in_passkey_begin(&options, s->world->access, NULL, s->world->now, &arena, &err));
}

static bool sign_in(void *context)
{
    shared      *s = context;
    mp_arena     arena = MP_ARENA_INIT;
    mp_signed_in in;
    unsigned     retry;
    mp_error     err;
    mp_code code = mp_sign_in(&in, &retry, s->world->access, MP_S("kim"), MP_S(PASSWORD), &s->world->asked,
                              s->world->now, &arena, &err);
    return ended(s, &arena, code);
}

static bool begin_app(void *context)
{
    shared  *s = context;
    mp_arena arena = MP_ARENA_INIT;
    mp_who   who = { .kind = MP_WHO_USER, .id = s->user };
    mp_str   uri, secret;
    mp_error err;
    return ended(s, &arena,
                 mp_totp_begin(&uri, &secret, s->world->access, &who, s->world->now, &arena, &err));
}

TEST(with_an_installation)
{
    mp_world     world;
    mp_signed_in in;
    mp_who       who;
    world_open(&world);
    shared s = { .world = &world, .user = world_member(&world, "kim", PASSWORD) };
    CHECK_INT(world_sign_in(&in, &world, "kim", PASSWORD), MP_OK);
    s.cookie = in.cookie;
    world_reopen(&world);
    CHECK(fault_loop(ask_who, &s) > 0);
    CHECK(fault_loop(list_sessions, &s) > 0);
    CHECK(fault_loop(list_factors, &s) > 0);
    CHECK(fault_loop(ask_for_passkey, &s) > 0);
    CHECK(fault_loop(begin_app, &s) > 0);
    CHECK_INT(world_who(&who, &world, in.cookie), MP_OK);
    CHECK(fault_loop(sign_in, &s) > 0);
    CHECK_INT(world_sign_in(&in, &world, "kim", PASSWORD), MP_OK); /* no failure of his was counted */
    world_close(&world);
}

/* libfido2 does not say whether it was memory that it missed: then the answer counts as wrong. */
static bool take_apart(void *context)
{
    shared          *s = context;
    mp_arena         arena = MP_ARENA_INIT;
    mp_made_passkey  made;
    mp_shown_passkey shown;
    mp_error         err;
    mp_code          code =
        mp_webauthn_made(&made, s->answer, MP_S("localhost"), MP_S("https://localhost:8443"), &arena, &err);
    if (code == MP_CREDENTIALS)
        code = mp_webauthn_shown(&shown, s->answer, MP_S("localhost"), MP_S("https://localhost:8443"), &arena,
                                 &err);
    mp_arena_free(&arena);
    CHECK(code == MP_OK || code == MP_NOMEM || code == MP_PARAMETER);
    return code == MP_OK;
}

TEST(answers_of_passkeys)
{
    mp_arena       arena = MP_ARENA_INIT;
    authenticator  a;
    mp_json_doc   *doc;
    const mp_json *options;
    shared         s = { 0 };
    CHECK_INT(mp_json_doc_new(&doc, NULL), MP_OK);
    CHECK_INT(mp_json_read(doc, &options,
                           MP_S("{\"challenge\":\"AAAA\",\"rpId\":\"localhost\",\"rp\":{\"id\":\"localhost\"}"
                                ",\"user\":{\"id\":\"AAAA\"}}"),
                           NULL, NULL, NULL),
              MP_OK);
    authenticator_make(&a, -7);
    s.answer = authenticator_create(&a, options, NULL, &arena);
    CHECK(fault_loop(take_apart, &s) > 0);
    s.answer = authenticator_get(&a, options, NULL, &arena);
    CHECK(fault_loop(take_apart, &s) > 0);
    authenticator_free(&a);
    mp_json_doc_free(doc);
    mp_arena_free(&arena);
}

int main(void)
{
    return MAIN(RUN(with_an_installation), RUN(answers_of_passkeys));
}
