/* SPDX-License-Identifier: Apache-2.0 */
/* Users, groups, programs as records: what a body may say, and what follows. */
#include "access_world.h"

#include "access_internal.h"
#include "test.h"

typedef struct putting {
    mp_code (*put)(mp_record *out, mp_access *access, mp_tx *tx, mp_str id, const mp_json *body,
                   int64_t expected, mp_error *err);
    const char    *text;
    mp_str         id;
    int64_t        expected, version;
    const mp_json *body;
} putting;

static mp_code put_it(mp_world *world, mp_tx *tx, void *arg, mp_error *err)
{
    putting  *p = arg;
    mp_record record;
    MP_TRY(p->put(&record, world->access, tx, p->id, world_json(world, p->text), p->expected, err));
    p->id = mp_arena_dup(&world->arena, record.key);
    p->body = mp_arena_dup_json(&world->arena, record.body);
    p->version = record.version;
    return MP_OK;
}

static mp_code put_text(mp_world *world, putting *p, const char *text)
{
    p->text = text;
    return world_write(world, put_it, p);
}

static const char *text_of(const putting *p, const char *member)
{
    static char text[300];
    mp_str      s = mp_json_str(mp_json_get(p->body, mp_str_from(member)));
    memcpy(text, s.ptr, s.len);
    text[s.len] = '\0';
    return text;
}

TEST(users_are_checked)
{
    static const char *const wrong[] = {
        "{}",
        "{\"userName\": \"\"}",
        "{\"userName\": 7}",
        "{\"userName\": \"a b\"}",
        "{\"userName\": \"김\"}",
        "{\"userName\": \"a/b\"}",
        "{\"userName\": \"a\", \"displayName\": \"\"}",
        "{\"userName\": \"a\", \"displayName\": \"x\\ny\"}",
        "{\"userName\": \"a\", \"displayName\": 1}",
        "{\"userName\": \"a\", \"email\": \"x\"}",
        "{\"userName\": \"a\", \"email\": \"@x\"}",
        "{\"userName\": \"a\", \"email\": \"a@b@c\"}",
        "{\"userName\": \"a\", \"email\": \"a b@c\"}",
        "{\"userName\": \"a\", \"email\": 1}",
        "{\"userName\": \"a\", \"language\": \"fr\"}",
    };
    mp_world world;
    world_open(&world);
    for (size_t i = 0; i < MP_COUNT(wrong); i++) {
        putting p = { .put = mp_user_put, .expected = MP_NO_VERSION };
        if (put_text(&world, &p, wrong[i]) != MP_PARAMETER)
            fail_msg("case %zu", i);
    }
    putting bad = { .put = mp_user_put, .id = MP_S("not-a-guid"), .expected = MP_ANY_VERSION };
    CHECK_INT(put_text(&world, &bad, "{\"userName\": \"a\"}"), MP_PARAMETER);
    world_close(&world);
}

TEST(users_keep_what_only_we_change)
{
    mp_world world;
    world_open(&world);
    putting p = { .put = mp_user_put, .expected = MP_NO_VERSION };
    CHECK_INT(
        put_text(&world, &p,
                 "{\"userName\": \"kim\", \"displayName\": \" 김철수 \", \"email\": \"kim@example.org\", "
                 "\"language\": \"ko\","
                 "\"state\": \"active\", \"isStrong\": true, \"lastSignInAt\": \"2020-01-01T00:00:00Z\"}"),
        MP_OK);
    CHECK_STR(mp_str_from(text_of(&p, "state")), "invited");
    CHECK_STR(mp_str_from(text_of(&p, "displayName")), "김철수");
    CHECK(mp_json_get(p.body, MP_S("isStrong")) == NULL && mp_json_get(p.body, MP_S("lastSignInAt")) == NULL);
    putting other = { .put = mp_user_put, .expected = MP_NO_VERSION };
    CHECK_INT(put_text(&world, &other, "{\"userName\": \"KIM\"}"), MP_EXISTS);
    CHECK_STR(mp_str_from(world.err.message), "there is already a user with the userName 'KIM'");
    p.expected = 7;
    CHECK_INT(put_text(&world, &p, "{\"userName\": \"kim\"}"), MP_CONFLICT);
    p.expected = p.version;
    CHECK_INT(put_text(&world, &p, "{\"userName\": \"kim2\", \"mustChangePassword\": true}"), MP_OK);
    CHECK_STR(mp_str_from(text_of(&p, "displayName")), "kim2");
    CHECK(mp_json_get(p.body, MP_S("email")) == NULL); /* a body replaces */
    CHECK(mp_json_get(p.body, MP_S("createdAt")) != NULL);
    world_close(&world);
}

TEST(who_must_change_the_password_is_asked)
{
    mp_world     world;
    mp_signed_in in;
    world_open(&world);
    putting p = { .put = mp_user_put,
                  .id = world_member(&world, "kim", PASSWORD),
                  .expected = MP_ANY_VERSION };
    CHECK_INT(put_text(&world, &p, "{\"userName\": \"kim\", \"mustChangePassword\": true}"), MP_OK);
    CHECK_STR(mp_str_from(text_of(&p, "state")), "active");
    CHECK_INT(world_sign_in(&in, &world, "kim", PASSWORD), MP_OK);
    CHECK_STR(in.next, "password");
    world_close(&world);
}

typedef struct membership {
    mp_str group, member;
    bool   is_in;
} membership;

static mp_code change_member(mp_world *world, mp_tx *tx, void *arg, mp_error *err)
{
    membership *m = arg;
    return mp_group_member(world->access, tx, m->group, m->member, m->is_in, err);
}

static mp_code delete_group(mp_world *world, mp_tx *tx, void *arg, mp_error *err)
{
    return mp_group_delete(world->access, tx, *(mp_str *)arg, MP_ANY_VERSION, err);
}

static mp_str make_group(mp_world *world, const char *name)
{
    putting p = { .put = mp_group_put, .expected = MP_NO_VERSION };
    CHECK_INT(put_text(world, &p, mp_arena_printf(&world->arena, "{\"displayName\": \"%s\"}", name).ptr),
              MP_OK);
    return p.id;
}

TEST(groups_have_members_that_are_there)
{
    mp_world world;
    world_open(&world);
    mp_str user = world_user(&world, "kim"), program = world_program(&world, "robot"),
           a = make_group(&world, "a"), b = make_group(&world, "b");
    membership cases[] = { { a, user, true }, { a, program, true }, { a, b, true } };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        CHECK_INT(world_write(&world, change_member, &cases[i]), MP_OK);
        CHECK_INT(world_write(&world, change_member, &cases[i]), MP_OK); /* in is in */
    }
    CHECK_INT(mp_json_get(world_body(&world, &mp_group_kind, a), MP_S("members"))->count, 3);
    membership stranger = { a, MP_S("00000000-0000-4000-8000-000000000000"), true },
               none = { MP_S("00000000-0000-4000-8000-000000000000"), user, true };
    CHECK_INT(world_write(&world, change_member, &stranger), MP_REFERENCE);
    CHECK_INT(world_write(&world, change_member, &none), MP_MISSING);
    stranger.is_in = false;
    CHECK_INT(world_write(&world, change_member, &stranger), MP_MISSING);
    cases[0].is_in = false;
    CHECK_INT(world_write(&world, change_member, &cases[0]), MP_OK);
    CHECK_INT(world_write(&world, change_member, &cases[0]), MP_MISSING);
    putting same = { .put = mp_group_put, .expected = MP_NO_VERSION };
    CHECK_INT(put_text(&world, &same, "{\"displayName\": \"A\"}"), MP_EXISTS);
    putting wrong = { .put = mp_group_put, .expected = MP_NO_VERSION };
    CHECK_INT(put_text(&world, &wrong, "{\"displayName\": \"c\", \"members\": [7]}"), MP_PARAMETER);
    CHECK_INT(put_text(&world, &wrong, "{\"displayName\": \"c\", \"members\": {}}"), MP_PARAMETER);
    world_close(&world);
}

TEST(groups_form_no_circle)
{
    mp_world world;
    world_open(&world);
    mp_str a = make_group(&world, "a"), b = make_group(&world, "b"), c = make_group(&world, "c"),
           user = world_member(&world, "kim", PASSWORD);
    membership ab = { a, b, true }, bc = { b, c, true }, ca = { c, a, true }, aa = { a, a, true },
               cu = { c, user, true };
    CHECK_INT(world_write(&world, change_member, &ab), MP_OK);
    CHECK_INT(world_write(&world, change_member, &bc), MP_OK);
    CHECK_INT(world_write(&world, change_member, &ca), MP_PARAMETER);
    CHECK_INT(world_write(&world, change_member, &aa), MP_PARAMETER);
    CHECK_INT(world_write(&world, change_member, &cu), MP_OK);
    mp_signed_in in;
    mp_who       who;
    CHECK_INT(world_sign_in(&in, &world, "kim", PASSWORD), MP_OK);
    CHECK_INT(world_who(&who, &world, in.cookie), MP_OK);
    CHECK_INT(who.group_count, 3);
    CHECK_INT(world_write(&world, delete_group, &b), MP_OK);
    CHECK_INT(mp_json_get(world_body(&world, &mp_group_kind, a), MP_S("members"))->count, 0);
    CHECK_INT(world_who(&who, &world, in.cookie), MP_OK);
    CHECK_INT(who.group_count, 1);
    CHECK_INT(world_write(&world, delete_group, &b), MP_MISSING);
    world_close(&world);
}

/* ---- programs ---- */

typedef struct secret {
    mp_str   program, app, value, key_id, given;
    mp_ticks ends_at, now;
    bool     matches;
} secret;

static mp_code make_secret(mp_world *world, mp_tx *tx, void *arg, mp_error *err)
{
    secret *s = arg;
    return mp_program_secret(&s->value, &s->key_id, world->access, tx, s->program, s->ends_at, &world->arena,
                             err);
}

static mp_code end_secret(mp_world *world, mp_tx *tx, void *arg, mp_error *err)
{
    secret *s = arg;
    return mp_program_secret_end(world->access, tx, s->program, s->key_id, err);
}

static mp_code suspend_program(mp_world *world, mp_tx *tx, void *arg, mp_error *err)
{
    secret *s = arg;
    return mp_program_suspend(world->access, tx, s->program, s->matches, err);
}

static mp_code leave_program(mp_world *world, mp_tx *tx, void *arg, mp_error *err)
{
    secret *s = arg;
    return mp_program_leave(NULL, world->access, tx, s->program, err);
}

static mp_code check(mp_world *world, mp_tx *tx, void *arg, mp_error *err)
{
    secret   *s = arg;
    mp_record program;
    return mp_program_check(&s->matches, &program, world->access, tx, s->app, s->given, s->now, &world->arena,
                            err);
}

static bool fits(mp_world *world, const secret *s, mp_str given)
{
    secret c = *s;
    c.given = given;
    c.now = world->now;
    CHECK_INT(world_write(world, check, &c), MP_OK);
    return c.matches;
}

TEST(secrets_of_programs)
{
    mp_world world;
    world_open(&world);
    secret s = { .program = world_program(&world, "robot") };
    s.app = mp_json_get_text(world_body(&world, &mp_program_kind, s.program), "appId");
    CHECK_INT(s.app.len, 36);
    CHECK(!fits(&world, &s, MP_S("")));
    CHECK_INT(world_write(&world, make_secret, &s), MP_OK);
    CHECK_INT(s.value.len, 43); /* 256 bits */
    mp_str first = s.value, first_id = s.key_id;
    CHECK(fits(&world, &s, first));
    CHECK(!fits(&world, &s, mp_str_of(first.ptr, 42)));
    const mp_json *body = world_body(&world, &mp_program_kind, s.program),
                  *shown = mp_json_at(mp_json_get(body, MP_S("credentials")), 0);
    CHECK(mp_str_eq(mp_json_get_text(shown, "keyId"), first_id));
    CHECK(mp_str_eq(mp_json_get_text(shown, "hint"), mp_str_of(first.ptr, 3)));
    CHECK_INT(shown->count, 3);
    s.ends_at = mp_clock_now() + SECONDS(3600);
    CHECK_INT(world_write(&world, make_secret, &s), MP_OK);
    CHECK(fits(&world, &s, s.value) &&
          fits(&world, &s, first)); /* so that one can be changed without a gap */
    world.now = s.ends_at;
    CHECK(!fits(&world, &s, s.value) && fits(&world, &s, first));
    s.key_id = first_id;
    CHECK_INT(world_write(&world, end_secret, &s), MP_OK);
    CHECK(!fits(&world, &s, first));
    CHECK_INT(world_write(&world, end_secret, &s), MP_MISSING);
    s.ends_at = 1;
    CHECK_INT(world_write(&world, make_secret, &s), MP_PARAMETER);
    s.ends_at = 0;
    for (int i = 0; i < 9; i++)
        CHECK_INT(world_write(&world, make_secret, &s), MP_OK);
    CHECK_INT(world_write(&world, make_secret, &s), MP_LIMIT);
    s.app = MP_S("00000000-0000-4000-8000-000000000000");
    CHECK(!fits(&world, &s, s.value));
    s.app = MP_S("robot");
    CHECK(!fits(&world, &s, s.value));
    world_close(&world);
}

TEST(a_suspended_program_is_out)
{
    mp_world world;
    world_open(&world);
    secret s = { .program = world_program(&world, "robot"), .matches = true };
    s.app = mp_json_get_text(world_body(&world, &mp_program_kind, s.program), "appId");
    CHECK_INT(world_write(&world, make_secret, &s), MP_OK);
    CHECK_INT(world_write(&world, suspend_program, &s), MP_OK);
    CHECK(!fits(&world, &s, s.value));
    s.matches = false;
    CHECK_INT(world_write(&world, suspend_program, &s), MP_OK);
    CHECK(fits(&world, &s, s.value));
    CHECK_INT(world_write(&world, leave_program, &s), MP_OK);
    CHECK(!fits(&world, &s, s.value));
    const mp_json *body = world_body(&world, &mp_program_kind, s.program);
    CHECK_STR(mp_json_get_text(body, "state"), "left");
    CHECK(mp_json_get(body, MP_S("credentials")) == NULL);
    CHECK_INT(world_write(&world, make_secret, &s), MP_CONFLICT);
    world_close(&world);
}

int main(void)
{
    return MAIN(RUN(users_are_checked), RUN(users_keep_what_only_we_change),
                RUN(who_must_change_the_password_is_asked), RUN(groups_have_members_that_are_there),
                RUN(groups_form_no_circle), RUN(secrets_of_programs), RUN(a_suspended_program_is_out));
}
