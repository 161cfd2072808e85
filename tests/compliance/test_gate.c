/* SPDX-License-Identifier: Apache-2.0 */
#include "compliance_world.h"

#include <stdio.h>
#include <string.h>

static world w;

#define GROUP "S/resourceGroups/web"
#define DEFINE(name) "S/providers/Microsoft.Authorization/policyDefinitions/" name
#define ASSIGN(name) "S/providers/Microsoft.Authorization/policyAssignments/" name
#define DISK(name) GROUP "/providers/Microsoft.Compute/disks/" name

static int start(void **state)
{
    (void)state;
    world_start(&w);
    CHECK_INT(world_write(&w, MP_GATE_PUT, GROUP, "{'location':'koreacentral','tags':{'team':'web'}}", NULL), MP_OK);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    world_stop(&w);
    return 0;
}

static void want_ok(mp_code code)
{
    if (code != MP_OK)
        fail_msg("%s: %s (%s:%d)", mp_code_name(code), w.err.message, w.err.src_file, w.err.src_line);
}

static void assign(const char *name, const char *rule)
{
    char text[2000], id[200], to[200];
    snprintf(id, sizeof id, DEFINE("%s"), name);
    snprintf(text, sizeof text, "{'properties':{'displayName':'%s','mode':'All','policyRule':%s}}", name, rule);
    want_ok(world_object(&w, MP_OBJECT_DEFINITION, id, text));
    snprintf(to, sizeof to, ASSIGN("%s"), name);
    snprintf(
        text, sizeof text,
        "{'properties':{'displayName':'Assigned %s','policyDefinitionId':'$S/providers/Microsoft.Authorization/policyDefinitions/%s'}}",
        name, name);
    want_ok(world_object(&w, MP_OBJECT_ASSIGNMENT, to, text));
}

#define ONLY_KOREA "{'if':{'allOf':[{'field':'type','equals':'Microsoft.Compute/disks'},{'field':'location','notIn':['koreacentral','koreasouth']}]},'then':{'effect':'deny'}}"

static void a_resource_is_stored_as_it_was_given(void **state)
{
    (void)state;
    mp_gate_result out;
    want_ok(world_write(&w, MP_GATE_PUT, DISK("Data"), "{'location':'Korea Central','properties':{'diskSizeGB':32}}", &out));
    CHECK(out.is_new);
    CHECK(mp_str_eq(out.item.id, world_id(&w, DISK("Data"))));
    want_ok(world_write(&w, MP_GATE_PUT, DISK("DATA"), "{'location':'Korea Central','properties':{'diskSizeGB':64}}", &out));
    CHECK(!out.is_new);
    CHECK(mp_str_eq(out.item.id, world_id(&w, DISK("Data")))); /* in the spelling of the first PUT */
    want_ok(world_write(&w, MP_GATE_PATCH, DISK("data"), "{'tags':{'a':'b'},'properties':{'osType':'Linux'}}", &out));
    const mp_json *properties = mp_json_get(out.item.document, MP_S("properties"));
    CHECK_INT(mp_json_get(properties, MP_S("diskSizeGB"))->u.integer, 64);
    CHECK(mp_json_get(properties, MP_S("osType")) != NULL);
}

static void what_policy_denies_leaves_nothing_behind(void **state)
{
    (void)state;
    mp_gate_result out;
    assign("only-korea", ONLY_KOREA);
    CHECK_INT(world_write(&w, MP_GATE_PUT, DISK("far"), "{'location':'eastus'}", &out), MP_DENIED);
    CHECK(out.violations != NULL);
    CHECK(mp_str_find_str(out.refusal, MP_S("disallowed by policy")) != SIZE_MAX);
    CHECK_INT(world_write(&w, MP_GATE_DELETE, DISK("far"), NULL, NULL), MP_MISSING);
    want_ok(world_write(&w, MP_GATE_PUT, DISK("near"), "{'location':'Korea South'}", NULL));
    CHECK_INT(world_write(&w, MP_GATE_TRY, DISK("other"), "{'location':'eastus'}", NULL), MP_DENIED);
    want_ok(world_write(&w, MP_GATE_TRY, DISK("other"), "{'location':'koreasouth'}", NULL));
    CHECK_INT(world_write(&w, MP_GATE_PATCH, DISK("other"), "{'tags':{}}", NULL), MP_MISSING);
}

static void policy_changes_what_is_stored(void **state)
{
    (void)state;
    mp_gate_result out;
    assign("inherit-team",
           "{'if':{'allOf':[{'field':'type','equals':'Microsoft.Compute/disks'},{'field':'tags[`team`]','exists':false}]},'then':{'effect':'modify','details':{"
           "'roleDefinitionIds':['/providers/microsoft.authorization/roleDefinitions/b24988ac-6180-42a0-ab88-20f7382dd24c'],"
           "'operations':[{'operation':'add','field':'tags[`team`]','value':'[resourceGroup().tags[`team`]]'}]}}}");
    want_ok(world_write(&w, MP_GATE_PUT, DISK("tagged"), "{'location':'koreacentral'}", &out));
    CHECK(out.is_changed_by_policy);
    const mp_json *tags = mp_json_get(out.item.document, MP_S("tags"));
    CHECK(mp_json_get(tags, MP_S("team")) != NULL && mp_str_eq(mp_json_str(mp_json_get(tags, MP_S("team"))), MP_S("web")));
}

static void a_missing_group_is_told(void **state)
{
    (void)state;
    CHECK_INT(world_write(&w, MP_GATE_PUT, "S/resourceGroups/none/providers/Microsoft.Compute/disks/d",
                          "{'location':'koreacentral'}", NULL),
              MP_MISSING);
}

static void wrong_objects_are_refused(void **state)
{
    (void)state;
    static const struct {
        mp_object_kind kind;
        const char    *id, *json, *code;
    } cases[] = {
        { MP_OBJECT_DEFINITION, DEFINE("a"), "{'properties':{}}", "InvalidPolicyRule" },
        { MP_OBJECT_DEFINITION, DEFINE("a"), "{'properties':{'policyRule':{'if':{'field':'type','same':'x'},'then':{'effect':'deny'}}}}", "InvalidPolicyRule" },
        { MP_OBJECT_DEFINITION, DEFINE("a"), "{'properties':{'policyRule':{'if':{'field':'type','equals':'x'},'then':{'effect':'explode'}}}}", "InvalidPolicyRule" },
        { MP_OBJECT_SET, "S/providers/Microsoft.Authorization/policySetDefinitions/s",
          "{'properties':{'policyDefinitions':[{'policyDefinitionId':'/providers/Microsoft.Authorization/policyDefinitions/none'}]}}", "PolicyDefinitionNotFound" },
        { MP_OBJECT_ASSIGNMENT, ASSIGN("a"), "{'properties':{'policyDefinitionId':'$S/providers/Microsoft.Authorization/policyDefinitions/none'}}", "PolicyDefinitionNotFound" },
        { MP_OBJECT_EXEMPTION, "S/providers/Microsoft.Authorization/policyExemptions/e",
          "{'properties':{'policyAssignmentId':'$S/providers/Microsoft.Authorization/policyAssignments/none','exemptionCategory':'Waiver'}}", "PolicyAssignmentNotFound" },
        { MP_OBJECT_EXEMPTION, "S/providers/Microsoft.Authorization/policyExemptions/e", "{'properties':{'exemptionCategory':'Because'}}", "InvalidPolicyExemption" },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        CHECK(world_object(&w, cases[i].kind, cases[i].id, cases[i].json) != MP_OK);
        assert_string_equal(w.fault.code, cases[i].code);
    }
    want_ok(world_object(&w, MP_OBJECT_DEFINITION, DEFINE("wants"),
                         "{'properties':{'parameters':{'a':{'type':'String'},'b':{'type':'String','defaultValue':'x'},'c':{'type':'String'}},"
                         "'policyRule':{'if':{'field':'name','equals':'[concat(parameters(`a`),parameters(`b`),parameters(`c`))]'},'then':{'effect':'audit'}}}}"));
    CHECK(
        world_object(
            &w, MP_OBJECT_ASSIGNMENT, ASSIGN("wants"),
            "{'properties':{'policyDefinitionId':'$S/providers/Microsoft.Authorization/policyDefinitions/wants'}}") !=
        MP_OK);
    assert_string_equal(w.fault.code, "MissingPolicyParameter");
    CHECK(strstr(w.err.message, "a, c") != NULL);
    CHECK_INT(world_forget(&w, MP_OBJECT_DEFINITION, DEFINE("only-korea")), MP_CONFLICT); /* in use */
}

/* ---- what happens between the decision and the write ---- */

static const char *meanwhile_id, *meanwhile_json; /* NULL: nothing more */

static mp_code write_after_another(void *ctx, mp_tx_fn fn, void *arg, mp_error *err)
{
    static const mp_leaf leaf = { .actor_kind = { "system", 6 },
                                  .action = { "Mapae.Test/write", 16 },
                                  .on = { "/", 1 },
                                  .outcome = MP_OUTCOME_DONE };
    const char *id = meanwhile_id;
    (void)ctx;
    meanwhile_id = NULL;
    if (id)
        want_ok(world_write(&w, strstr(id, "disks") ? MP_GATE_PUT : MP_GATE_PATCH, id, meanwhile_json, NULL));
    return mp_app_write_alone(w.app, &leaf, fn, arg, err);
}

static mp_code write_late(mp_gate_act act, const char *id, const char *json, mp_gate_result *out)
{
    mp_place        place;
    mp_gate_request r = { .act = act,
                          .place = &place,
                          .body = json ? world_json(&w, json) : NULL,
                          .api_version = MP_S("2023-01-01"),
                          .by = MP_S("me"),
                          .by_kind = MP_S("User"),
                          .source = MP_S("api"),
                          .expected = MP_ANY_VERSION,
                          .write = write_after_another };
    want_ok(mp_place_of(&place, world_id(&w, id), &w.arena, &w.err));
    return mp_gate_write(out, w.c, &r, &w.arena, &w.err);
}

/* Policy read the tags of the group; they are others when it is stored. */
static void what_policies_read_of_the_group_still_holds(void **state)
{
    (void)state;
    mp_gate_result out;
    meanwhile_id = GROUP;
    meanwhile_json = "{'tags':{'team':'other'}}";
    want_ok(write_late(MP_GATE_PUT, DISK("late"), "{'location':'koreacentral'}", &out));
    assert_null(meanwhile_id);
    mp_str team = mp_json_str(mp_json_get(mp_json_get(out.item.document, MP_S("tags")), MP_S("team")));
    CHECK(mp_str_eq(team, MP_S("other")));
    want_ok(world_write(&w, MP_GATE_PATCH, GROUP, "{'tags':{'team':'web'}}", NULL));
}

/* A group is asked to go with all that is in it; when it goes there is more in it. */
static void what_comes_while_a_group_goes_is_asked_about(void **state)
{
    (void)state;
    mp_gate_result out;
    want_ok(world_object(&w, MP_OBJECT_DEFINITION, DEFINE("keep"),
                         "{'properties':{'mode':'Indexed','policyRule':{'if':{'field':'tags[`keep`]','exists':true},'then':{'effect':'denyAction','details':{'actionNames':['delete'],"
                         "'cascadeBehaviors':{'resourceGroup':'deny'}}}}}}"));
    want_ok(world_object(
        &w, MP_OBJECT_ASSIGNMENT, ASSIGN("keep"),
        "{'properties':{'policyDefinitionId':'$S/providers/Microsoft.Authorization/policyDefinitions/keep'}}"));
    want_ok(world_write(&w, MP_GATE_PUT, "S/resourceGroups/short", "{'location':'koreacentral'}", NULL));
    want_ok(world_write(&w, MP_GATE_PUT, "S/resourceGroups/short/providers/Microsoft.Compute/disks/a",
                        "{'location':'koreacentral'}", NULL));
    meanwhile_id = "S/resourceGroups/short/providers/Microsoft.Compute/disks/a";
    meanwhile_json = "{'location':'koreacentral','tags':{'keep':'1'}}";
    CHECK_INT(write_late(MP_GATE_DELETE, "S/resourceGroups/short", NULL, &out), MP_DENIED);
    meanwhile_id = "S/resourceGroups/short/providers/Microsoft.Compute/disks/a";
    meanwhile_json = "{'location':'koreacentral'}";
    /* before anything is written it is refused */
    CHECK_INT(write_late(MP_GATE_DELETE, "S/resourceGroups/short", NULL, &out), MP_DENIED);
    want_ok(world_write(&w, MP_GATE_PUT, "S/resourceGroups/short/providers/Microsoft.Compute/disks/a",
                        "{'location':'koreacentral'}", NULL));
    meanwhile_id = NULL;
    want_ok(write_late(MP_GATE_DELETE, "S/resourceGroups/short", NULL, &out));
    CHECK_INT(out.removed, 2);
}

static mp_code change_and_fail(mp_tx *tx, void *arg, mp_error *err)
{
    (void)arg;
    MP_TRY(mp_rulebook_changed(w.c->books, tx, err));
    return mp_fail(err, MP_CONFLICT, MP_NOWHERE, "not this time");
}

/* The rules are what they were: who decided by them goes on. */
static void a_change_of_rules_that_fails_stops_nobody(void **state)
{
    (void)state;
    mp_gate_result out;
    want_ok(world_write(&w, MP_GATE_PUT, DISK("calm"), "{'location':'koreacentral'}", NULL));
    CHECK_INT(mp_store_write(w.app->store, change_and_fail, NULL, &w.err), MP_CONFLICT);
    want_ok(world_write(&w, MP_GATE_PUT, DISK("calm"), "{'location':'koreacentral','properties':{'n':1}}", &out));
    CHECK_INT(mp_store_write(w.app->store, change_and_fail, NULL, &w.err), MP_CONFLICT);
    world_settle(&w);
    /* and a change that does not fail is followed */
    assign("audited", "{'if':{'field':'name','equals':'calm'},'then':{'effect':'audit'}}");
    world_settle(&w);
    assert_string_equal(world_state(&w, DISK("calm"), ASSIGN("audited"), ""), "NonCompliant");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_resource_is_stored_as_it_was_given),
        cmocka_unit_test(what_policy_denies_leaves_nothing_behind),
        cmocka_unit_test(policy_changes_what_is_stored),
        cmocka_unit_test(a_missing_group_is_told),
        cmocka_unit_test(wrong_objects_are_refused),
        cmocka_unit_test(what_policies_read_of_the_group_still_holds),
        cmocka_unit_test(what_comes_while_a_group_goes_is_asked_about),
        cmocka_unit_test(a_change_of_rules_that_fails_stops_nobody),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
