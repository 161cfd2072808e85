/* SPDX-License-Identifier: Apache-2.0 */
/* Roles, assignments and scopes as records, and memory that follows them. */
#include "rbac.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "access_world.h"
#include "test.h"

#define S1 "0b1f6471-1bf0-4dda-aec3-111122223333"
#define S2 "0b1f6471-1bf0-4dda-aec3-444455556666"
#define SUB "/subscriptions/" S1
#define SUB2 "/subscriptions/" S2

typedef struct put {
    enum deed { ROLE, ASSIGN, UNASSIGN, ROLE_DELETE, SUBSCRIPTION, MANAGEMENT_GROUP, GROUP, LEAVE } what;
    mp_str        id;
    const char   *body;
    const mp_who *by;
    mp_str        made; /* key */
} put;

static mp_code do_put(mp_world *world, mp_tx *tx, void *arg, mp_error *err)
{
    put           *p = arg;
    mp_record      record = { 0 };
    const mp_json *body = p->body ? world_json(world, p->body) : NULL;
    mp_code        code = MP_OK;
    switch (p->what) {
    case ROLE:
        code = mp_role_put(&record, world->access, tx, p->id, body, MP_ANY_VERSION, p->by, err);
        break;
    case ASSIGN:
        code = mp_assign(&record, world->access, tx, p->id, body, MP_ANY_VERSION, p->by, err);
        break;
    case UNASSIGN:
        return mp_unassign(world->access, tx, p->id, MP_ANY_VERSION, p->by, err);
    case ROLE_DELETE:
        return mp_role_delete(world->access, tx, p->id, MP_ANY_VERSION, err);
    case SUBSCRIPTION:
        code = mp_subscription_put(&record, world->access, tx, p->id, body, MP_ANY_VERSION, err);
        break;
    case MANAGEMENT_GROUP:
        code = mp_management_group_put(&record, world->access, tx, p->id, body, MP_ANY_VERSION, err);
        break;
    case GROUP:
        code = mp_group_put(&record, world->access, tx, p->id, body, MP_ANY_VERSION, err);
        break;
    case LEAVE:
        return mp_user_leave(NULL, world->access, tx, p->id, err);
    }
    if (code == MP_OK)
        p->made = mp_arena_dup(&world->arena, record.key);
    return code;
}

static mp_code run(mp_world *world, put *p)
{
    world->err = (mp_error){ 0 };
    return world_write(world, do_put, p);
}

static void must_put(mp_world *world, enum deed what, const char *id, const char *body)
{
    put p = { .what = what, .id = mp_str_from(id), .body = body };
    if (run(world, &p) != MP_OK)
        fail_msg("%s %s: %s", id, body, world->err.message);
}

static const char *assignment(mp_world *world, mp_str principal, const char *role, const char *scope, const char *more)
{
    mp_str text = mp_arena_printf(&world->arena, "{\"principalId\":\"%.*s\",\"roleDefinitionId\":\"%s\",\"scope\":\"%s\"%s}",
                                  MP_FMT(principal), role, scope, more);
    CHECK(text.ptr);
    return text.ptr;
}

static mp_code assign(mp_world *world, mp_str *made, mp_str principal, const char *role, const char *scope,
                      const char *more, const mp_who *by)
{
    put     p = { .what = ASSIGN, .body = assignment(world, principal, role, scope, more), .by = by };
    mp_code code = run(world, &p);
    if (made)
        *made = p.made;
    return code;
}

static mp_code unassign(mp_world *world, mp_str id)
{
    put p = { .what = UNASSIGN, .id = id };
    return run(world, &p);
}

static mp_who as(mp_world *world, mp_str id)
{
    mp_who who = { 0 };
    CHECK_INT(mp_principal(&who, world->access, id, &world->arena, &world->err), MP_OK);
    return who;
}

static bool may(mp_world *world, mp_str id, const char *action, const char *scope)
{
    mp_who who = { .kind = MP_WHO_USER, .id = id };
    return mp_may(world->access, &who, mp_str_from(action), mp_str_from(scope), false, world->now);
}

static void open_world(mp_world *world)
{
    world_open(world);
    must_put(world, SUBSCRIPTION, S1, "{\"displayName\":\"One\"}");
    must_put(world, SUBSCRIPTION, S2, "{\"displayName\":\"Two\"}");
}

TEST(every_decision_after_a_change_sees_it)
{
    mp_world world;
    mp_str   id;
    open_world(&world);
    mp_str kim = world_member(&world, "kim", PASSWORD);
    for (int i = 0; i < 50; i++) {
        CHECK(!may(&world, kim, "a/write", SUB));
        CHECK_INT(assign(&world, &id, kim, "Owner", SUB, "", NULL), MP_OK);
        CHECK(may(&world, kim, "a/write", SUB "/resourceGroups/x"));
        CHECK_INT(unassign(&world, id), MP_OK);
    }
    CHECK_INT(assign(&world, &id, kim, "Reader", SUB, "", NULL), MP_OK);
    world_reopen(&world);
    CHECK(may(&world, kim, "a/read", SUB));
    put leave = { .what = LEAVE, .id = kim };
    CHECK_INT(run(&world, &leave), MP_OK);
    CHECK(!may(&world, kim, "a/read", SUB));
    CHECK(world_body(&world, &mp_assignment_kind, id) == NULL); /* all of it ends with him */
    world_close(&world);
}

TEST(groups_and_scopes_are_followed)
{
    mp_world world;
    char     members[400];
    open_world(&world);
    mp_str kim = world_member(&world, "kim", PASSWORD);
    put    inner = { .what = GROUP, .body = "{\"displayName\":\"inner\"}" };
    CHECK_INT(run(&world, &inner), MP_OK);
    snprintf(members, sizeof members, "{\"displayName\":\"outer\",\"members\":[\"%.*s\"]}", MP_FMT(inner.made));
    put outer = { .what = GROUP, .body = members };
    CHECK_INT(run(&world, &outer), MP_OK);
    must_put(&world, MANAGEMENT_GROUP, "Corp", "{\"displayName\":\"Corp\"}");
    CHECK_INT(
        assign(&world, NULL, outer.made, "Reader", "/providers/Microsoft.Management/managementGroups/CORP", "", NULL),
        MP_OK);
    CHECK(!may(&world, kim, "a/read", SUB));
    snprintf(members, sizeof members, "{\"displayName\":\"inner\",\"members\":[\"%.*s\"]}", MP_FMT(kim));
    inner.id = inner.made;
    inner.body = members;
    CHECK_INT(run(&world, &inner), MP_OK);
    CHECK(!may(&world, kim, "a/read", SUB));
    must_put(&world, SUBSCRIPTION, S1, "{\"displayName\":\"One\",\"parent\":\"corp\"}");
    CHECK(may(&world, kim, "a/read", SUB));
    CHECK(!may(&world, kim, "a/read", SUB2));
    CHECK_INT(as(&world, kim).group_count, 2);
    inner.body = "{\"displayName\":\"inner\",\"members\":[]}";
    CHECK_INT(run(&world, &inner), MP_OK);
    CHECK(!may(&world, kim, "a/read", SUB));
    world_close(&world);
}

TEST(assignments_are_checked)
{
    static const struct {
        const char *role, *scope, *more;
        mp_code     code;
    } cases[] = {
        { "Reader", SUB, "", MP_OK },
        { "Reader", SUB, "", MP_EXISTS },
        { "Reader", "/subscriptions/0B1F6471-1BF0-4DDA-AEC3-111122223333", "", MP_EXISTS },
        { "/providers/Microsoft.Authorization/roleDefinitions/b24988ac-6180-42a0-ab88-20f7382dd24c", SUB "/resourceGroups/a", "", MP_OK },
        { "nobody", SUB, "", MP_REFERENCE },
        { "Reader", "/subscriptions/0b1f6471-1bf0-4dda-aec3-999999999999", "", MP_REFERENCE },
        { "Reader", "/providers/Microsoft.Management/managementGroups/none", "", MP_REFERENCE },
        { "Reader", "/x", "", MP_PARAMETER },
        { "Owner", "/", "", MP_OK }, /* as `mapae init` does it: nobody in particular asks */
        { "Assessor", SUB, "", MP_PARAMETER },
        { "Assessor", SUB, ",\"endsAt\":\"2001-01-01\"", MP_PARAMETER },
        { "Assessor", SUB, ",\"endsAt\":\"soon\"", MP_PARAMETER },
        { "Assessor", SUB, ",\"startsAt\":\"2999-01-02\",\"endsAt\":\"2999-01-01\"", MP_PARAMETER },
        { "Assessor", SUB, ",\"endsAt\":\"2999-01-01T00:00:00Z\"", MP_OK },
        { "Reader", SUB2, ",\"principalType\":\"Group\"", MP_PARAMETER },
        { "Reader", SUB2, ",\"principalType\":\"user\"", MP_OK },
    };
    mp_world world;
    open_world(&world);
    mp_str kim = world_member(&world, "kim", PASSWORD);
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        mp_code code = assign(&world, NULL, kim, cases[i].role, cases[i].scope, cases[i].more, NULL);
        if (code != cases[i].code)
            fail_msg("%s at %s: %s %s", cases[i].role, cases[i].scope, mp_code_name(code), world.err.message);
    }
    CHECK_INT(assign(&world, NULL, MP_S("10000000-0000-4000-8000-000000000001"), "Reader", SUB, "", NULL), MP_REFERENCE);
    CHECK_INT(assign(&world, NULL, MP_S("kim"), "Reader", SUB, "", NULL), MP_PARAMETER);
    mp_str id;
    CHECK_INT(assign(&world, &id, kim, "Incident Responder", SUB, "", NULL), MP_OK);
    put other = { .what = ASSIGN, .id = id, .body = assignment(&world, kim, "Reader", SUB "/resourceGroups/q", "") };
    CHECK_INT(run(&world, &other), MP_CONFLICT);
    put dated = { .what = ASSIGN,
                  .id = id,
                  .body = assignment(&world, kim, "Incident Responder", SUB, ",\"endsAt\":\"2999-01-01\"") };
    CHECK_INT(run(&world, &dated), MP_OK);
    world_close(&world);
}

TEST(nobody_lifts_himself)
{
    mp_world world;
    open_world(&world);
    mp_str kim = world_member(&world, "kim", PASSWORD), lee = world_member(&world, "lee", PASSWORD),
           min = world_member(&world, "min", PASSWORD);
    must_put(&world, ROLE, "30000000-0000-4000-8000-000000000001",
             "{\"roleName\":\"Reading giver\",\"actions\":[\"*/read\",\"Mapae.Access/assignments/write\",\"Mapae.Access/roles/write\"]}");
    CHECK_INT(assign(&world, NULL, kim, "Reading giver", SUB, "", NULL), MP_OK);
    CHECK_INT(assign(&world, NULL, lee, "Contributor", SUB, "", NULL), MP_OK);
    CHECK_INT(assign(&world, NULL, min, "Owner", SUB, "", NULL), MP_OK);
    CHECK(may(&world, kim, "a/read", SUB));
    mp_who by_kim = as(&world, kim), by_lee = as(&world, lee), by_min = as(&world, min);
    static const struct {
        int         who; /* kim, lee, min */
        const char *role, *scope, *more;
        mp_code     code;
    } cases[] = {
        { 0, "Reader", SUB "/resourceGroups/a", "", MP_OK },
        { 0, "Reader", SUB2, "", MP_DENIED },
        { 0, "Reader", "/", "", MP_DENIED },
        { 0, "Owner", SUB, "", MP_DENIED },
        { 0, "Contributor", SUB, "", MP_DENIED },
        { 0, "Administrator of Mapae", "/", "", MP_DENIED },
        { 0, "Reading giver", SUB "/resourceGroups/b", "", MP_OK },
        { 1, "Reader", SUB, "", MP_DENIED },
        { 1, "Owner", SUB, "", MP_DENIED },
        { 2, "Owner", SUB "/resourceGroups/a", "", MP_OK },
        { 2, "Owner", SUB2, "", MP_DENIED },
        { 2, "Administrator of Mapae", "/", "", MP_DENIED },
        { 2, "Assessor", SUB, ",\"endsAt\":\"2999-01-01\"", MP_OK },
    };
    const mp_who *const whos[] = { &by_kim, &by_lee, &by_min };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        mp_code code = assign(&world, NULL, lee, cases[i].role, cases[i].scope, cases[i].more, whos[cases[i].who]);
        if (code != cases[i].code)
            fail_msg("%d gives %s at %s: %s %s", cases[i].who, cases[i].role, cases[i].scope, mp_code_name(code),
                     world.err.message);
    }
    /* roles are given away too */
    put role = { .what = ROLE,
                 .by = &by_kim,
                 .body = "{\"roleName\":\"More\",\"actions\":[\"*\"],\"assignableScopes\":[\"" SUB "\"]}" };
    CHECK_INT(run(&world, &role), MP_DENIED);
    role.body = "{\"roleName\":\"Less\",\"actions\":[\"a/*/read\"],\"assignableScopes\":[\"" SUB "\"]}";
    CHECK_INT(run(&world, &role), MP_OK);
    role.body = "{\"roleName\":\"Wide\",\"actions\":[\"a/read\"],\"assignableScopes\":[\"" SUB "\",\"" SUB2 "\"]}";
    CHECK_INT(run(&world, &role), MP_DENIED);
    /* an existing role that kim has cannot be made stronger by him */
    role.id = MP_S("30000000-0000-4000-8000-000000000001");
    role.body = "{\"roleName\":\"Reading giver\",\"actions\":[\"*\"]}";
    CHECK_INT(run(&world, &role), MP_DENIED);
    CHECK(!may(&world, kim, "a/write", SUB));
    world_close(&world);
}

TEST(what_one_has_for_a_time_one_gives_for_that_time)
{
    mp_world world;
    open_world(&world);
    mp_str kim = world_member(&world, "kim", PASSWORD), lee = world_member(&world, "lee", PASSWORD);
    CHECK_INT(assign(&world, NULL, kim, "Owner", SUB, ",\"endsAt\":\"2999-01-01T00:00:00Z\"", NULL), MP_OK);
    CHECK(may(&world, kim, "a/write", SUB));
    mp_who by = as(&world, kim);
    CHECK_INT(assign(&world, NULL, lee, "Reader", SUB, "", &by), MP_DENIED);
    CHECK_INT(assign(&world, NULL, lee, "Reader", SUB, ",\"endsAt\":\"2999-01-01T00:00:01Z\"", &by), MP_DENIED);
    CHECK_INT(assign(&world, NULL, kim, "Reader", SUB, "", &by), MP_DENIED);
    CHECK_INT(assign(&world, NULL, lee, "Reader", SUB, ",\"endsAt\":\"2999-01-01T00:00:00Z\"", &by), MP_OK);
    world_close(&world);
}

TEST(administrators_give_any_role_and_one_remains)
{
    mp_world world;
    mp_str   first, second;
    open_world(&world);
    mp_str kim = world_member(&world, "kim", PASSWORD), lee = world_member(&world, "lee", PASSWORD);
    CHECK(!mp_is_last_administrator(world.access, kim, world.now));
    CHECK_INT(assign(&world, &first, kim, "Administrator of Mapae", "/", "", NULL), MP_OK);
    CHECK(may(&world, kim, "Mapae.Access/users/write", "/"));
    CHECK(!may(&world, kim, "Microsoft.Web/sites/write", SUB));
    CHECK(mp_is_last_administrator(world.access, kim, world.now) && !mp_is_last_administrator(world.access, lee, world.now));
    mp_who by = as(&world, kim);
    CHECK_INT(assign(&world, NULL, lee, "Owner", SUB, "", &by), MP_OK);
    /* at "/" an administrator gives what he has */
    CHECK_INT(assign(&world, NULL, lee, "Owner", "/", "", &by), MP_DENIED);
    CHECK_INT(assign(&world, NULL, kim, "Owner", "/", "", &by), MP_DENIED);
    CHECK_INT(unassign(&world, first), MP_CONFLICT);
    put dated = { .what = ASSIGN,
                  .id = first,
                  .body = assignment(&world, kim, "Administrator of Mapae", "/", ",\"endsAt\":\"2999-01-01\"") };
    CHECK_INT(run(&world, &dated), MP_CONFLICT);
    put leave = { .what = LEAVE, .id = kim };
    CHECK_INT(run(&world, &leave), MP_CONFLICT);
    /* one for a time does not count, nor one who was invited only */
    mp_str new_one = world_user(&world, "new");
    CHECK_INT(assign(&world, &second, new_one, "Administrator of Mapae", "/", "", &by), MP_OK);
    CHECK_INT(unassign(&world, first), MP_CONFLICT);
    CHECK_INT(assign(&world, &second, lee, "Administrator of Mapae", "/", ",\"endsAt\":\"2999-01-01\"", &by), MP_OK);
    CHECK_INT(unassign(&world, first), MP_CONFLICT);
    CHECK_INT(unassign(&world, second), MP_OK);
    /* through a group he does */
    char members[200];
    snprintf(members, sizeof members, "{\"displayName\":\"admins\",\"members\":[\"%.*s\"]}", MP_FMT(lee));
    put group = { .what = GROUP, .body = members };
    CHECK_INT(run(&world, &group), MP_OK);
    CHECK_INT(assign(&world, &second, group.made, "Administrator of Mapae", "/", "", &by), MP_OK);
    CHECK(!mp_is_last_administrator(world.access, kim, world.now));
    CHECK_INT(unassign(&world, first), MP_OK);
    CHECK(mp_is_last_administrator(world.access, lee, world.now));
    CHECK_INT(unassign(&world, second), MP_CONFLICT);
    world_close(&world);
}

TEST(custom_roles_are_checked)
{
    static const struct {
        const char *body;
        mp_code     code;
    } cases[] = {
        { "{}", MP_PARAMETER },
        { "{\"roleName\":\"A\"}", MP_PARAMETER },
        { "{\"roleName\":\"A\",\"actions\":[]}", MP_PARAMETER },
        { "{\"roleName\":\"A\",\"actions\":\"*\"}", MP_PARAMETER },
        { "{\"roleName\":\"A\",\"actions\":[\"a b\"]}", MP_PARAMETER },
        { "{\"roleName\":\"A\",\"actions\":[1]}", MP_PARAMETER },
        { "{\"roleName\":\"A\",\"actions\":[\"a\"],\"assignableScopes\":[]}", MP_PARAMETER },
        { "{\"roleName\":\"A\",\"actions\":[\"a\"],\"assignableScopes\":[\"x\"]}", MP_PARAMETER },
        { "{\"roleName\":\"owner\",\"actions\":[\"a\"]}", MP_EXISTS },
        { "{\"roleName\":\"A\",\"notActions\":[\"a\"]}", MP_PARAMETER },
        { "{\"roleName\":\"A\",\"dataActions\":[\"a\"],\"assignableScopes\":[\"" SUB "/\"]}", MP_OK },
        { "{\"roleName\":\"a\",\"actions\":[\"a\"]}", MP_EXISTS },
    };
    mp_world world;
    mp_str   role = { 0 }, given;
    open_world(&world);
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        put     p = { .what = ROLE, .body = cases[i].body };
        mp_code code = run(&world, &p);
        if (code != cases[i].code)
            fail_msg("%s: %s %s", cases[i].body, mp_code_name(code), world.err.message);
        if (code == MP_OK)
            role = p.made;
    }
    put builtin = { .what = ROLE,
                    .id = MP_S("acdd72a7-3385-48ef-bd42-f606fba81ae7"),
                    .body = "{\"roleName\":\"B\",\"actions\":[\"a\"]}" };
    CHECK_INT(run(&world, &builtin), MP_CONFLICT);
    mp_str kim = world_member(&world, "kim", PASSWORD);
    CHECK_INT(assign(&world, &given, kim, "A", SUB2, "", NULL), MP_PARAMETER); /* not among its scopes */
    CHECK_INT(assign(&world, &given, kim, "A", SUB "/resourceGroups/x", "", NULL), MP_OK);
    put gone = { .what = ROLE_DELETE, .id = role };
    CHECK_INT(run(&world, &gone), MP_CONFLICT);
    put moved = { .what = ROLE,
                  .id = role,
                  .body = "{\"roleName\":\"A\",\"dataActions\":[\"a\"],\"assignableScopes\":[\"" SUB2 "\"]}" };
    CHECK_INT(run(&world, &moved), MP_CONFLICT);
    CHECK_INT(unassign(&world, given), MP_OK);
    CHECK_INT(run(&world, &moved), MP_OK);
    CHECK_INT(run(&world, &gone), MP_OK);
    CHECK_INT(run(&world, &gone), MP_MISSING);
    world_close(&world);
}

TEST(management_groups_make_no_circle)
{
    static const struct {
        const char *name, *body;
        mp_code     code;
    } cases[] = {
        { "a", "{}", MP_OK },
        { "b", "{\"parent\":\"A\"}", MP_OK },
        { "c", "{\"parent\":\"/providers/Microsoft.Management/managementGroups/b\"}", MP_OK },
        { "a", "{\"parent\":\"c\"}", MP_CONFLICT },
        { "a", "{\"parent\":\"a\"}", MP_CONFLICT },
        { "d", "{\"parent\":\"none\"}", MP_REFERENCE },
        { "d/e", "{}", MP_PARAMETER },
        { "", "{}", MP_PARAMETER },
        { "d", "{\"parent\":\"c\"}", MP_OK },
        { "e", "{\"parent\":\"d\"}", MP_OK },
        { "f", "{\"parent\":\"e\"}", MP_OK },
        { "g", "{\"parent\":\"f\"}", MP_LIMIT },
        { "top", "{}", MP_OK },
        { "a", "{\"parent\":\"top\"}", MP_LIMIT },
    };
    mp_world world;
    open_world(&world);
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        put     p = { .what = MANAGEMENT_GROUP, .id = mp_str_from(cases[i].name), .body = cases[i].body };
        mp_code code = run(&world, &p);
        if (code != cases[i].code)
            fail_msg("%s %s: %s %s", cases[i].name, cases[i].body, mp_code_name(code), world.err.message);
    }
    put root = { .what = MANAGEMENT_GROUP,
                 .id = mp_str_from(mp_access_tenant(world.access)),
                 .body = "{\"displayName\":\"Root\"}" };
    CHECK_INT(run(&world, &root), MP_OK);
    root.body = "{\"parent\":\"a\"}";
    CHECK_INT(run(&world, &root), MP_CONFLICT);
    mp_str kim = world_member(&world, "kim", PASSWORD);
    char   scope[200];
    snprintf(scope, sizeof scope, "/providers/Microsoft.Management/managementGroups/%s", mp_access_tenant(world.access));
    CHECK_INT(assign(&world, NULL, kim, "Reader", scope, "", NULL), MP_OK);
    CHECK(may(&world, kim, "a/read", SUB) &&
          may(&world, kim, "a/read", "/providers/Microsoft.Management/managementGroups/f"));
    CHECK(!may(&world, kim, "Mapae.Access/users/read", "/"));
    world_close(&world);
}

TEST(dated_assignments_end)
{
    mp_world world;
    mp_str   id;
    uint64_t done = 0;
    open_world(&world);
    mp_str kim = world_member(&world, "kim", PASSWORD);
    CHECK_INT(assign(&world, &id, kim, "Assessor", "/", ",\"endsAt\":\"2999-01-01T00:00:00Z\"", NULL), MP_OK);
    CHECK(may(&world, kim, "Mapae.Ledger/leaves/read", "/") && !may(&world, kim, "Mapae.Access/users/write", "/"));
    mp_who   who = { .kind = MP_WHO_USER, .id = kim };
    mp_ticks end;
    CHECK(mp_clock_parse(&end, MP_S("2999-01-01T00:00:00Z")));
    CHECK(mp_may(world.access, &who, MP_S("a/read"), MP_S("/"), false, end - 1) &&
          !mp_may(world.access, &who, MP_S("a/read"), MP_S("/"), false, end));
    CHECK_INT(mp_access_tick(&done, world.access, end, &world.err), MP_OK);
    CHECK(world_body(&world, &mp_assignment_kind, id) == NULL);
    CHECK_INT(world_leaves(&world, "Mapae.Access/assignments/delete", MP_OUTCOME_DONE), 1);
    world_close(&world);
}

TEST(some_need_no_assignment_and_some_get_nothing)
{
    mp_world       world;
    const mp_json *why;
    open_world(&world);
    mp_str kim = world_member(&world, "kim", PASSWORD);
    CHECK_INT(assign(&world, NULL, kim, "Owner", SUB, "", NULL), MP_OK);
    mp_who who = { .kind = MP_WHO_LOCAL, .id = MP_S("0") };
    CHECK(mp_may(world.access, &who, MP_S("a/b"), MP_S("/"), true, world.now));
    CHECK_INT(mp_may_explain(&why, world.access, &who, MP_S("a/b"), MP_S("/"), false, world.now, &world.arena, NULL), MP_OK);
    CHECK_STR(mp_json_str(mp_json_get(why, MP_S("reason"))), "local");
    who.kind = MP_WHO_NOBODY;
    CHECK(!mp_may(world.access, &who, MP_S("a/b"), MP_S("/"), false, world.now));
    who = as(&world, kim);
    CHECK(mp_may(world.access, &who, MP_S("a/b"), MP_S(SUB), false, world.now));
    who.limited_to = MP_S("factor");
    CHECK(!mp_may(world.access, &who, MP_S("a/b"), MP_S(SUB), false, world.now));
    CHECK_INT(mp_may_explain(&why, world.access, &who, MP_S("a/b"), MP_S(SUB), false, world.now, &world.arena, NULL), MP_OK);
    CHECK_STR(mp_json_str(mp_json_get(why, MP_S("reason"))), "limited");
    CHECK(!mp_json_get(why, MP_S("allowed"))->u.integer);
    CHECK_INT(mp_principal(&who, world.access, MP_S("10000000-0000-4000-8000-000000000001"), &world.arena, NULL),
              MP_MISSING);
    world_close(&world);
}

/* ---- many at once: readers while rights change; what was acknowledged holds ---- */

typedef struct crowd {
    mp_world   *world, *changer; /* the same, each with room of its own */
    mp_str      kim, lee, park;
    atomic_bool is_over;
    atomic_uint decisions, wrong, changes;
} crowd;

static void *ask(void *arg)
{
    crowd *c = arg;
    mp_who lee = { .kind = MP_WHO_USER, .id = c->lee }, kim = { .kind = MP_WHO_USER, .id = c->kim };
    while (!atomic_load(&c->is_over)) {
        /* lee's right never changes; kim never gets more than to read */
        if (!mp_may(c->world->access, &lee, MP_S("a/read"), MP_S(SUB), false, c->world->now) ||
            mp_may(c->world->access, &kim, MP_S("a/write"), MP_S(SUB), false, c->world->now))
            atomic_fetch_add(&c->wrong, 1);
        atomic_fetch_add(&c->decisions, 1);
    }
    return NULL;
}

/* park's right comes and goes: so notes are taken while others read what was noted before. */
static void *change(void *arg)
{
    crowd *c = arg;
    mp_str id;
    while (!atomic_load(&c->is_over)) {
        if (assign(c->changer, &id, c->park, "Reader", SUB, "", NULL) != MP_OK || unassign(c->changer, id) != MP_OK)
            atomic_fetch_add(&c->wrong, 1);
        atomic_fetch_add(&c->changes, 1);
    }
    return NULL;
}

TEST(readers_and_changes_at_once)
{
    mp_world  world;
    pthread_t threads[4];
    mp_str    id;
    unsigned  missed = 0;
    open_world(&world);
    crowd c = { .world = &world,
                .kim = world_member(&world, "kim", PASSWORD),
                .lee = world_member(&world, "lee", PASSWORD),
                .park = world_member(&world, "park", PASSWORD) };
    mp_world changer = world;
    changer.arena = (mp_arena){ 0 };
    c.changer = &changer;
    CHECK_INT(assign(&world, NULL, c.lee, "Reader", SUB, "", NULL), MP_OK);
    for (size_t i = 0; i < MP_COUNT(threads); i++)
        CHECK_INT(pthread_create(&threads[i], NULL, i ? ask : change, &c), 0);
    for (int i = 0; i < 200; i++) {
        CHECK_INT(assign(&world, &id, c.kim, "Reader", SUB, "", NULL), MP_OK);
        missed += !may(&world, c.kim, "a/read", SUB);
        CHECK_INT(unassign(&world, id), MP_OK);
        missed += may(&world, c.kim, "a/read", SUB);
    }
    atomic_store(&c.is_over, true);
    for (size_t i = 0; i < MP_COUNT(threads); i++)
        pthread_join(threads[i], NULL);
    mp_arena_free(&changer.arena);
    CHECK_INT(missed, 0);
    CHECK_INT(atomic_load(&c.wrong), 0);
    CHECK(atomic_load(&c.decisions) > 0 && atomic_load(&c.changes) > 0);
    world_close(&world);
}

/* What is done within one transaction, and what somebody may within it then. */
typedef struct taking {
    put    what;
    mp_who who;
    bool   before, after, elsewhere; /* what he may, without and with asking anew; the latter of somebody else */
} taking;

static mp_code take(mp_world *world, mp_tx *tx, void *arg, mp_error *err)
{
    taking *t = arg;
    mp_str  action = MP_S("a/read"), scope = MP_S(SUB);
    MP_TRY(do_put(world, tx, &t->what, err));
    t->before = mp_may(world->access, &t->who, action, scope, false, world->now);
    MP_TRY(mp_rbac_enter_write(world->access, tx, &t->who, err));
    t->after = mp_may(world->access, &t->who, action, scope, false, world->now);
    mp_rbac_leave_write();
    t->elsewhere = mp_may(world->access, &t->who, action, scope, false, world->now);
    return mp_fail(err, MP_CONFLICT, MP_NOWHERE, "all of it is taken back");
}

/* Somebody who was let in, and from whom it is taken before him in the same transaction: he may no more, and nobody outside of it
 * sees that before it is on disk. */
TEST(a_write_asks_the_store_itself)
{
    mp_world world;
    mp_str   id, through;
    open_world(&world);
    mp_str kim = world_member(&world, "kim", PASSWORD), lee = world_member(&world, "lee", PASSWORD), park = world_member(&world, "park", PASSWORD);
    put role = { .what = ROLE, .body = "{\"roleName\":\"Look\",\"actions\":[\"a/read\"],\"assignableScopes\":[\"/\"]}" };
    CHECK_INT(run(&world, &role), MP_OK);
    put group = { .what = GROUP, .body = mp_arena_printf(&world.arena, "{\"displayName\":\"g\",\"members\":[\"%.*s\"]}", MP_FMT(lee)).ptr };
    CHECK_INT(run(&world, &group), MP_OK);
    CHECK_INT(assign(&world, &id, kim, "Look", SUB, "", NULL), MP_OK);
    CHECK_INT(assign(&world, &through, group.made, "Reader", SUB, "", NULL), MP_OK);
    const struct {
        mp_str who;
        put    what;
        bool   after;
    } takings[] = {
        { kim, { .what = UNASSIGN, .id = id }, false },
        { kim, { .what = LEAVE, .id = kim }, false },
        { kim, { .what = ROLE, .id = role.made, .body = "{\"roleName\":\"Look\",\"actions\":[\"b/read\"],\"assignableScopes\":[\"/\"]}" }, false },
        { kim, { .what = LEAVE, .id = park }, true },
        { kim, { .what = ASSIGN, .body = assignment(&world, park, "Reader", SUB, "") }, true },
        { lee, { .what = GROUP, .id = group.made, .body = "{\"displayName\":\"g\",\"members\":[]}" }, false },
        { lee, { .what = UNASSIGN, .id = through }, false },
        { lee, { .what = UNASSIGN, .id = id }, true },
    };
    for (size_t i = 0; i < MP_COUNT(takings); i++) {
        taking t = { .what = takings[i].what, .who = { .kind = MP_WHO_USER, .id = takings[i].who } };
        CHECK(may(&world, takings[i].who, "a/read", SUB));
        CHECK_INT(world_write(&world, take, &t), MP_CONFLICT);
        if (!t.before || t.after != takings[i].after || !t.elsewhere)
            fail_msg("%zu: %d %d %d", i, t.before, t.after, t.elsewhere);
        CHECK(may(&world, takings[i].who, "a/read", SUB));
    }
    world_close(&world);
}

int main(void)
{
    return MAIN(RUN(every_decision_after_a_change_sees_it), RUN(groups_and_scopes_are_followed),
                RUN(assignments_are_checked), RUN(nobody_lifts_himself),
                RUN(what_one_has_for_a_time_one_gives_for_that_time),
                RUN(administrators_give_any_role_and_one_remains), RUN(custom_roles_are_checked),
                RUN(management_groups_make_no_circle), RUN(dated_assignments_end),
                RUN(some_need_no_assignment_and_some_get_nothing), RUN(readers_and_changes_at_once),
                RUN(a_write_asks_the_store_itself));
}
