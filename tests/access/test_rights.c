/* SPDX-License-Identifier: Apache-2.0 */
/* One state of rights, made from bodies, without a store. */
#include "rights.h"

#include <stdio.h>

#include "fault.h"
#include "test.h"

#define TENANT "aaaaaaaa-0000-4000-8000-000000000000"
#define SUB "/subscriptions/0b1f6471-1bf0-4dda-aec3-111122223333"
#define SUB2 "/subscriptions/0b1f6471-1bf0-4dda-aec3-444455556666"
#define GROUP(name) "/providers/Microsoft.Management/managementGroups/" name
#define OWNER "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
#define CONTRIBUTOR "b24988ac-6180-42a0-ab88-20f7382dd24c"
#define READER "acdd72a7-3385-48ef-bd42-f606fba81ae7"
#define KIM "10000000-0000-4000-8000-000000000001"
#define LEE "10000000-0000-4000-8000-000000000002"
#define TEAM "20000000-0000-4000-8000-000000000001"
#define ALL "20000000-0000-4000-8000-000000000002"
#define CUSTOM "30000000-0000-4000-8000-000000000001"
#define NOW ((mp_ticks)638000000000000000)

typedef struct row {
    mp_right_kind kind;
    const char   *key, *body;
} row;

static bool add(mp_rights *rights, const row *r)
{
    mp_json_doc   *doc;
    const mp_json *body;
    if (mp_json_doc_new(&doc, NULL) != MP_OK)
        return false;
    bool ok = mp_json_read(doc, &body, mp_str_from(r->body), NULL, NULL, NULL) == MP_OK &&
              mp_rights_add(rights, r->kind, mp_str_from(r->key), body, NULL) == MP_OK;
    mp_json_doc_free(doc);
    return ok;
}

static mp_rights *make(const row *rows, size_t count)
{
    mp_rights *rights;
    if (mp_rights_new(&rights, MP_S(TENANT), NULL) != MP_OK)
        return NULL;
    bool ok = true;
    for (size_t i = 0; i < count && ok; i++)
        ok = add(rights, &rows[i]);
    if (!ok || mp_rights_finish(rights, NULL) != MP_OK) {
        mp_rights_free(rights);
        return NULL;
    }
    return rights;
}

static char *assignment(char out[600], const char *principal, const char *role, const char *scope, const char *more)
{
    snprintf(out, 600, "{\"principalId\":\"%s\",\"roleDefinitionId\":\"%s\",\"scope\":\"%s\"%s}", principal, role,
             scope, more);
    return out;
}

#define USER(id) { MP_RIGHT_USER, id, "{\"displayName\":\"x\",\"state\":\"active\"}" }
#define GIVE(n, principal, role, scope) \
    { MP_RIGHT_ASSIGNMENT, "40000000-0000-4000-8000-00000000000" n, "{\"principalId\":\"" principal "\",\"roleDefinitionId\":\"" role "\",\"scope\":\"" scope "\"}" }

static const row world[] = {
    USER(KIM),
    USER(LEE),
    { MP_RIGHT_GROUP, TEAM, "{\"members\":[\"" LEE "\"]}" },
    { MP_RIGHT_GROUP, ALL, "{\"members\":[\"" TEAM "\"]}" },
    { MP_RIGHT_MANAGEMENT_GROUP, "corp", "{\"name\":\"Corp\"}" },
    { MP_RIGHT_MANAGEMENT_GROUP, "prod", "{\"name\":\"Prod\",\"parent\":\"Corp\"}" },
    { MP_RIGHT_SUBSCRIPTION, "0b1f6471-1bf0-4dda-aec3-111122223333", "{\"parent\":\"PROD\"}" },
    { MP_RIGHT_SUBSCRIPTION, "0b1f6471-1bf0-4dda-aec3-444455556666", "{}" },
    { MP_RIGHT_ROLE, CUSTOM, "{\"roleName\":\"Starter\",\"actions\":[\"Microsoft.Compute/*\"],\"notActions\":[\"*/delete\"],"
                             "\"dataActions\":[\"Microsoft.Storage/blobs/read\"]}" },
    GIVE("1", KIM, CONTRIBUTOR, SUB "/resourceGroups/App"),
    GIVE("2", ALL, READER, "/providers/Microsoft.Management/managementGroups/corp"),
    GIVE("3", LEE, CUSTOM, SUB),
};

static bool may(const mp_rights *rights, const char *who, const char *action, const char *scope)
{
    return mp_rights_may(rights, mp_str_from(who), mp_str_from(action), mp_str_from(scope), false, NOW);
}

TEST(rights_come_from_assignments_above)
{
    static const struct {
        const char *who, *action, *scope;
        bool        may;
    } cases[] = {
        { KIM, "Microsoft.Web/sites/write", SUB "/resourceGroups/app", true },
        { KIM, "Microsoft.Web/sites/write", SUB "/resourcegroups/APP/providers/Microsoft.Web/sites/x", true },
        { KIM, "Microsoft.Web/sites/write", SUB, false },
        { KIM, "Microsoft.Web/sites/write", SUB "/resourceGroups/app2", false },
        { KIM, "Microsoft.Web/sites/write", SUB2 "/resourceGroups/app", false },
        { KIM, "Microsoft.Authorization/roleAssignments/write", SUB "/resourceGroups/app", false }, /* notActions */
        { KIM, "Mapae.Access/assignments/write", SUB "/resourceGroups/app", false },
        { KIM, "Microsoft.Authorization/roleAssignments/read", SUB "/resourceGroups/app", true },
        { LEE, "Microsoft.Web/sites/read", SUB "/resourceGroups/any", true },  /* group in group, group of groups */
        { LEE, "Microsoft.Web/sites/read", GROUP("Prod"), true },
        { LEE, "Microsoft.Web/sites/read", GROUP("corp"), true },
        { LEE, "Microsoft.Web/sites/read", SUB2, false },
        { LEE, "Microsoft.Web/sites/read", "/", false },
        { LEE, "Mapae.Access/users/read", "/", false },
        { LEE, "Microsoft.Compute/virtualMachines/start/action", SUB "/resourceGroups/a/providers/Microsoft.Compute/virtualMachines/v", true },
        { LEE, "Microsoft.Compute/virtualMachines/delete", SUB, false },
        { TEAM, "Microsoft.Web/sites/read", SUB, true },
        { "10000000-0000-4000-8000-00000000000f", "Microsoft.Web/sites/read", SUB, false },
        { "", "Microsoft.Web/sites/read", SUB, false },
        { KIM, "Microsoft.Web/sites/write", SUB "/resourceGroups/app/../..", false },
        { KIM, "", SUB "/resourceGroups/app", true }, /* a '*' matches nothing too; no action of ours is empty */
    };
    mp_rights *rights = make(world, MP_COUNT(world));
    CHECK(rights != NULL);
    for (size_t i = 0; i < MP_COUNT(cases); i++)
        if (may(rights, cases[i].who, cases[i].action, cases[i].scope) != cases[i].may)
            fail_msg("%s %s %s", cases[i].who, cases[i].action, cases[i].scope);
    mp_rights_free(rights);
}

TEST(data_actions_are_asked_for_apart)
{
    mp_rights *rights = make(world, MP_COUNT(world));
    CHECK(mp_rights_may(rights, MP_S(LEE), MP_S("Microsoft.Storage/blobs/read"), MP_S(SUB), true, NOW));
    CHECK(!mp_rights_may(rights, MP_S(LEE), MP_S("Microsoft.Storage/blobs/write"), MP_S(SUB), true, NOW));
    CHECK(!mp_rights_may(rights, MP_S(KIM), MP_S("Microsoft.Storage/blobs/read"), MP_S(SUB "/resourceGroups/app"),
                         true, NOW));
    CHECK(!mp_rights_may(rights, MP_S(LEE), MP_S("Microsoft.Compute/disks/read"), MP_S(SUB), true, NOW));
    mp_rights_free(rights);
}

TEST(not_actions_only_subtract_within_their_role)
{
    const row more[] = { USER(KIM), GIVE("1", KIM, CONTRIBUTOR, SUB),
                         { MP_RIGHT_ROLE, CUSTOM, "{\"roleName\":\"Giver\",\"actions\":[\"Microsoft.Authorization/roleAssignments/write\"]}" },
                         GIVE("2", KIM, CUSTOM, SUB "/resourceGroups/app") };
    mp_rights *rights = make(more, MP_COUNT(more));
    CHECK(!may(rights, KIM, "Microsoft.Authorization/roleAssignments/write", SUB));
    CHECK(may(rights, KIM, "Microsoft.Authorization/roleAssignments/write", SUB "/resourceGroups/app"));
    CHECK(!may(rights, KIM, "Microsoft.Authorization/roleAssignments/delete", SUB "/resourceGroups/app"));
    mp_rights_free(rights);
}

TEST(dates_and_states_count)
{
    char      a[600], b[600];
    const row rows[] = { USER(KIM),
                         { MP_RIGHT_USER, LEE, "{\"state\":\"suspended\"}" },
                         { MP_RIGHT_ASSIGNMENT, "40000000-0000-4000-8000-000000000001",
                           assignment(a, KIM, READER, SUB,
                                      ",\"startsAt\":\"2026-01-01T00:00:00Z\",\"endsAt\":\"2026-02-01T00:00:00Z\"") },
                         { MP_RIGHT_ASSIGNMENT, "40000000-0000-4000-8000-000000000002",
                           assignment(b, LEE, OWNER, SUB, "") } };
    mp_ticks  begin = 0, end = 0;
    mp_rights *rights = make(rows, MP_COUNT(rows));
    CHECK(mp_clock_parse(&begin, MP_S("2026-01-01T00:00:00Z")) && mp_clock_parse(&end, MP_S("2026-02-01T00:00:00Z")));
    CHECK(!mp_rights_may(rights, MP_S(KIM), MP_S("a/read"), MP_S(SUB), false, begin - 1));
    CHECK(mp_rights_may(rights, MP_S(KIM), MP_S("a/read"), MP_S(SUB), false, begin));
    CHECK(mp_rights_may(rights, MP_S(KIM), MP_S("a/read"), MP_S(SUB), false, end - 1));
    CHECK(!mp_rights_may(rights, MP_S(KIM), MP_S("a/read"), MP_S(SUB), false, end));
    CHECK(!mp_rights_may(rights, MP_S(LEE), MP_S("a/read"), MP_S(SUB), false, end));
    mp_rights_free(rights);
}

TEST(circles_of_groups_end)
{
    const row rows[] = { USER(KIM), { MP_RIGHT_GROUP, TEAM, "{\"members\":[\"" ALL "\",\"" KIM "\"]}" },
                         { MP_RIGHT_GROUP, ALL, "{\"members\":[\"" TEAM "\",\"" ALL "\"]}" },
                         { MP_RIGHT_MANAGEMENT_GROUP, "a", "{\"parent\":\"b\"}" }, { MP_RIGHT_MANAGEMENT_GROUP, "b", "{\"parent\":\"a\"}" },
                         GIVE("1", ALL, READER, "/providers/Microsoft.Management/managementGroups/b") };
    mp_rights *rights = make(rows, MP_COUNT(rows));
    CHECK(may(rights, KIM, "a/read", GROUP("a")));
    CHECK(!may(rights, KIM, "a/write", GROUP("a")));
    CHECK_INT(mp_rights_principal(rights, MP_S(KIM))->within_count, 2);
    mp_rights_free(rights);
}

TEST(what_nobody_named_stands_in_the_root_group)
{
    const row rows[] = { USER(KIM), GIVE("1", KIM, READER, "/providers/Microsoft.Management/managementGroups/" TENANT) };
    mp_rights *rights = make(rows, MP_COUNT(rows));
    CHECK(may(rights, KIM, "a/read", SUB "/resourceGroups/x"));
    CHECK(may(rights, KIM, "a/read", GROUP("never-made")));
    CHECK(!may(rights, KIM, "a/read", "/"));
    CHECK(!may(rights, KIM, "a/read", "/providers/Microsoft.Authorization/roleDefinitions/x"));
    mp_rights_free(rights);
}

/* ---- the next state from this one ---- */

static void change(mp_map changed[MP_RIGHT_KINDS], mp_right_kind kind, const char *key)
{
    CHECK(mp_map_put(&changed[kind], mp_str_from(key), changed, NULL) == MP_OK);
}

TEST(the_next_state_keeps_what_did_not_change)
{
    mp_map      changed[MP_RIGHT_KINDS] = { { 0 } };
    mp_rights  *next, *rights = make(world, MP_COUNT(world));
    const row   new_team = { MP_RIGHT_GROUP, TEAM, "{\"members\":[\"" KIM "\"]}" };
    const row   moved = { MP_RIGHT_SUBSCRIPTION, "0b1f6471-1bf0-4dda-aec3-444455556666", "{\"parent\":\"prod\"}" };
    change(changed, MP_RIGHT_GROUP, TEAM);
    change(changed, MP_RIGHT_ASSIGNMENT, "40000000-0000-4000-8000-000000000003");
    change(changed, MP_RIGHT_SUBSCRIPTION, "0b1f6471-1bf0-4dda-aec3-444455556666");
    CHECK(mp_rights_new(&next, MP_S(TENANT), NULL) == MP_OK);
    CHECK(mp_rights_keep(next, rights, changed, NULL) == MP_OK);
    CHECK(add(next, &new_team) && add(next, &moved));
    CHECK(mp_rights_finish(next, NULL) == MP_OK);
    mp_rights_free(rights); /* nothing is borrowed from it */
    CHECK(may(next, KIM, "a/read", SUB2));
    CHECK(!may(next, LEE, "a/read", SUB));
    CHECK(!may(next, LEE, "Microsoft.Compute/virtualMachines/read", SUB));
    CHECK(may(next, KIM, "Microsoft.Web/sites/write", SUB "/resourceGroups/app"));
    CHECK_INT(next->assignment_count, 2);
    CHECK_STR(mp_rights_role(next, MP_S(CUSTOM))->name, "Starter");
    mp_rights_free(next);
    for (int i = 0; i < MP_RIGHT_KINDS; i++)
        mp_map_free(&changed[i]);
}

/* ---- why ---- */

static mp_str text_of(const mp_json *v, const char *name)
{
    const mp_json *m = mp_json_get(v, mp_str_from(name));
    return mp_json_is(m, MP_JSON_STRING) ? mp_json_str(m) : mp_str_of("", 0);
}

TEST(an_explanation_is_complete)
{
    char           late[600], over[600];
    const row      more[] = {
        { MP_RIGHT_ASSIGNMENT, "40000000-0000-4000-8000-000000000007", assignment(late, LEE, OWNER, SUB, ",\"startsAt\":\"2999-01-01\"") },
        { MP_RIGHT_ASSIGNMENT, "40000000-0000-4000-8000-000000000008", assignment(over, LEE, CONTRIBUTOR, SUB, ",\"endsAt\":\"2001-01-01\"") },
        GIVE("9", LEE, OWNER, SUB2),
    };
    row            all[MP_COUNT(world) + MP_COUNT(more)];
    mp_arena       arena = MP_ARENA_INIT;
    const mp_json *why;
    memcpy(all, world, sizeof world);
    memcpy(all + MP_COUNT(world), more, sizeof more);
    mp_rights *rights = make(all, MP_COUNT(all));
    CHECK(mp_rights_explain(&why, rights, MP_S(LEE), MP_S("Microsoft.Compute/disks/delete"), MP_S(SUB), false, NOW,
                            &arena, NULL) == MP_OK);
    CHECK(!mp_json_get(why, MP_S("allowed"))->u.integer);
    CHECK_INT(mp_json_get(why, MP_S("decidedBy"))->count, 0);
    const mp_json *not_enough = mp_json_get(why, MP_S("notEnough"));
    /* by scope, role name */
    static const char *const reasons[] = { "action", "ended", "notStarted", "notAction", "scope" };
    CHECK_INT(not_enough->count, 5);
    for (size_t i = 0; i < 5; i++)
        CHECK_STR(text_of(mp_json_at(not_enough, i), "why"), reasons[i]);
    CHECK_STR(text_of(mp_json_at(not_enough, 0), "through"), ALL);
    CHECK_STR(text_of(mp_json_at(not_enough, 3), "action"), "*/delete");

    CHECK(mp_rights_explain(&why, rights, MP_S(LEE), MP_S("Microsoft.Compute/disks/read"), MP_S(SUB), false, NOW,
                            &arena, NULL) == MP_OK);
    CHECK(mp_json_get(why, MP_S("allowed"))->u.integer);
    const mp_json *decided = mp_json_get(why, MP_S("decidedBy"));
    CHECK_INT(decided->count, 2);
    CHECK_STR(text_of(mp_json_at(decided, 0), "roleName"), "Reader");
    CHECK_STR(text_of(mp_json_at(decided, 0), "action"), "*/read");
    CHECK_STR(text_of(mp_json_at(decided, 1), "roleName"), "Starter");
    CHECK_STR(text_of(mp_json_at(decided, 1), "assignmentId"), "40000000-0000-4000-8000-000000000003");
    CHECK_STR(text_of(why, "reason"), "assignments");

    CHECK(mp_rights_explain(&why, rights, MP_S(TENANT), MP_S("a/read"), MP_S(SUB), false, NOW, &arena, NULL) == MP_OK);
    CHECK_STR(text_of(why, "reason"), "unknown");
    CHECK(mp_rights_explain(&why, rights, MP_S(LEE), MP_S("a/*"), MP_S(SUB), false, NOW, &arena, NULL) == MP_PARAMETER);
    CHECK(mp_rights_explain(&why, rights, MP_S(LEE), MP_S("a/read"), MP_S("/x"), false, NOW, &arena, NULL) == MP_PARAMETER);
    mp_rights_free(rights);
    mp_arena_free(&arena);
}

/* What explains and what decides are two pieces of code: they must never differ. */
TEST(explanation_and_decision_agree)
{
    static const char *const whos[] = { KIM, LEE, TEAM }, *const scopes[] = { "/",
                                                                              SUB,
                                                                              SUB2,
                                                                              SUB "/resourceGroups/app",
                                                                              GROUP("prod"),
                                                                              GROUP("x") },
                             *const actions[] = { "a/read", "Microsoft.Compute/disks/write",
                                                  "Microsoft.Compute/disks/delete", "Microsoft.Authorization/x/write",
                                                  "Microsoft.Storage/blobs/read" };
    mp_rights *rights = make(world, MP_COUNT(world));
    mp_arena   arena = MP_ARENA_INIT;
    for (size_t w = 0; w < MP_COUNT(whos); w++)
        for (size_t s = 0; s < MP_COUNT(scopes); s++)
            for (size_t a = 0; a < MP_COUNT(actions); a++)
                for (int is_data = 0; is_data < 2; is_data++) {
                    const mp_json *why;
                    mp_str who = mp_str_from(whos[w]), action = mp_str_from(actions[a]),
                           scope = mp_str_from(scopes[s]);
                    CHECK(mp_rights_explain(&why, rights, who, action, scope, is_data, NOW, &arena, NULL) == MP_OK);
                    CHECK_INT(mp_json_get(why, MP_S("allowed"))->u.integer,
                              mp_rights_may(rights, who, action, scope, is_data, NOW));
                }
    mp_rights_free(rights);
    mp_arena_free(&arena);
}

/* ---- giving away ---- */

static bool covers(const char *held, const char *given, bool gives_something)
{
    char      a[600], scope_text[] = SUB;
    const row rows[] = { USER(KIM),
                         { MP_RIGHT_ROLE, CUSTOM, held },
                         { MP_RIGHT_ROLE, "30000000-0000-4000-8000-000000000002", given },
                         { MP_RIGHT_ASSIGNMENT, "40000000-0000-4000-8000-000000000001",
                           assignment(a, KIM, CUSTOM, SUB, "") } };
    mp_scope  scope, above;
    mp_str    lacks;
    mp_rights *rights = make(rows, MP_COUNT(rows));
    CHECK(mp_scope_parse(&scope, mp_str_from(scope_text)) && mp_scope_parse(&above, MP_S("/")));
    const mp_right_role *role = mp_rights_role(rights, MP_S("30000000-0000-4000-8000-000000000002"));
    bool is_covered = mp_rights_cover(rights, MP_S(KIM), role, &scope, NOW, &lacks);
    /* never above one's own scope */
    CHECK_INT(!mp_rights_cover(rights, MP_S(KIM), role, &above, NOW, &lacks), gives_something);
    CHECK_INT(!mp_rights_cover(rights, MP_S(LEE), role, &scope, NOW, &lacks), gives_something);
    mp_rights_free(rights);
    return is_covered;
}

TEST(nobody_gives_more_than_he_has)
{
    static const struct {
        const char *held, *given;
        bool        covers;
    } cases[] = {
        { "{\"actions\":[\"*\"]}", "{\"actions\":[\"*\"]}", true },
        { "{\"actions\":[\"*\"]}", "{\"actions\":[\"a/read\"]}", true },
        { "{\"actions\":[\"*/read\"]}", "{\"actions\":[\"a/*/read\"]}", true },
        { "{\"actions\":[\"*/read\"]}", "{\"actions\":[\"a/*\"]}", false },
        { "{\"actions\":[\"a/*\"]}", "{\"actions\":[\"A/B/write\"]}", true },
        { "{\"actions\":[\"a/*\"]}", "{\"actions\":[\"a/b\",\"b/c\"]}", false },
        { "{\"actions\":[\"*\"],\"notActions\":[\"x/*/write\"]}", "{\"actions\":[\"*\"]}", false },
        { "{\"actions\":[\"*\"],\"notActions\":[\"x/*/write\"]}", "{\"actions\":[\"*\"],\"notActions\":[\"x/*\"]}", true },
        { "{\"actions\":[\"*\"],\"notActions\":[\"x/*/write\"]}", "{\"actions\":[\"*\"],\"notActions\":[\"x/a/write\"]}", false },
        { "{\"actions\":[\"*\"],\"notActions\":[\"x/*/write\"]}", "{\"actions\":[\"y/*\"]}", true },
        { "{\"actions\":[\"*\"],\"notActions\":[\"x/*/write\"]}", "{\"actions\":[\"*/write\"]}", false },
        { "{\"actions\":[\"*\"]}", "{\"actions\":[\"a\"],\"dataActions\":[\"d/read\"]}", false },
        { "{\"actions\":[\"*\"],\"dataActions\":[\"d/*\"]}", "{\"actions\":[\"a\"],\"dataActions\":[\"d/read\"]}", true },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++)
        if (covers(cases[i].held, cases[i].given, true) != cases[i].covers)
            fail_msg("%s gives %s", cases[i].held, cases[i].given);
    /* nothing may be given by all */
    CHECK(covers("{\"actions\":[\"a\"]}", "{\"actions\":[\"b\"],\"notActions\":[\"*\"]}", false));
}

TEST(a_second_role_gives_back_what_the_first_lacks)
{
    const row rows[] = { USER(KIM),
                         GIVE("1", KIM, CONTRIBUTOR, SUB),
                         GIVE("2", KIM, "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9", SUB),
                         { MP_RIGHT_ROLE, CUSTOM,
                           "{\"roleName\":\"A\",\"actions\":[\"Microsoft.Authorization/*\",\"Microsoft.Web/*\"]}" } };
    mp_scope  scope;
    mp_rights *rights = make(rows, MP_COUNT(rows));
    CHECK(mp_scope_parse(&scope, MP_S(SUB)));
    CHECK(mp_rights_cover(rights, MP_S(KIM), mp_rights_role(rights, MP_S(CUSTOM)), &scope, NOW, NULL));
    CHECK(!mp_rights_cover(rights, MP_S(KIM), mp_rights_role(rights, MP_S(OWNER)), &scope, NOW, NULL));
    CHECK(mp_rights_cover(rights, MP_S(KIM), mp_rights_role(rights, MP_S(READER)), &scope, NOW, NULL));
    mp_rights_free(rights);
}

TEST(built_in_roles_are_whole)
{
    size_t count = 0;
    for (const mp_builtin_role *role; (role = mp_builtin_role_at(count)) != NULL; count++) {
        mp_guid_bits bits;
        CHECK(mp_guid_read(&bits, mp_str_from(role->id)));
        CHECK(mp_builtin_role_find(mp_str_from(role->id)) == role && mp_builtin_role_find(mp_str_from(role->name)) == role);
        const char *const *const all[] = { role->actions, role->not_actions, role->data_actions, role->not_data_actions };
        for (size_t i = 0; i < MP_COUNT(all); i++)
            for (const char *const *a = all[i]; *a; a++)
                CHECK(mp_action_is_pattern(mp_str_from(*a)));
    }
    CHECK_INT(count, 10);
    CHECK(mp_builtin_role_find(MP_S("owner")) != NULL && mp_builtin_role_find(MP_S("nobody")) == NULL);
    CHECK_STR(mp_str_from(mp_builtin_role_find(MP_S(MP_ROLE_ADMINISTRATOR))->name), "Administrator of Mapae");
    CHECK(mp_builtin_role_find(MP_S("Assessor"))->is_dated);
}

static bool make_and_keep(void *context)
{
    mp_map     changed[MP_RIGHT_KINDS] = { { 0 } };
    mp_rights *next = NULL, *rights = make(world, MP_COUNT(world));
    (void)context;
    bool ok = rights && mp_rights_new(&next, MP_S(TENANT), NULL) == MP_OK &&
              mp_rights_keep(next, rights, changed, NULL) == MP_OK && mp_rights_finish(next, NULL) == MP_OK;
    if (ok)
        CHECK(may(next, LEE, "a/read", SUB));
    mp_rights_free(next);
    mp_rights_free(rights);
    return ok;
}

TEST(memory_may_be_short_at_any_time)
{
    CHECK(fault_loop(make_and_keep, NULL) > 10);
}

int main(void)
{
    return MAIN(RUN(rights_come_from_assignments_above), RUN(data_actions_are_asked_for_apart),
                RUN(not_actions_only_subtract_within_their_role), RUN(dates_and_states_count),
                RUN(circles_of_groups_end), RUN(what_nobody_named_stands_in_the_root_group),
                RUN(the_next_state_keeps_what_did_not_change), RUN(an_explanation_is_complete),
                RUN(explanation_and_decision_agree), RUN(nobody_gives_more_than_he_has),
                RUN(a_second_role_gives_back_what_the_first_lacks), RUN(built_in_roles_are_whole),
                RUN(memory_may_be_short_at_any_time));
}
