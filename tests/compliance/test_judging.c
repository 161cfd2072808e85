/* SPDX-License-Identifier: Apache-2.0 */
#include "compliance_world.h"

static world w;

#define GROUP "S/resourceGroups/web"
#define DEFINE(name) "S/providers/Microsoft.Authorization/policyDefinitions/" name
#define ASSIGN(name) "S/providers/Microsoft.Authorization/policyAssignments/" name
#define DISK(name) GROUP "/providers/Microsoft.Compute/disks/" name
#define AUDIT_LARGE "{'properties':{'mode':'All','policyRule':{'if':{'allOf':[{'field':'type','equals':'Microsoft.Compute/disks'},"                                     \
                    "{'field':'Microsoft.Compute/disks/diskSizeGB','greater':100}]},'then':{'effect':'audit'}}}}"

static void want_ok(mp_code code)
{
    if (code != MP_OK)
        fail_msg("%s: %s (%s:%d)", mp_code_name(code), w.err.message, w.err.src_file, w.err.src_line);
}

static int start(void **state)
{
    (void)state;
    world_start(&w);
    want_ok(world_write(&w, MP_GATE_PUT, GROUP, "{'location':'koreacentral'}", NULL));
    want_ok(world_write(&w, MP_GATE_PUT, DISK("small"), "{'location':'koreacentral','properties':{'diskSizeGB':32}}", NULL));
    want_ok(world_write(&w, MP_GATE_PUT, DISK("large"), "{'location':'koreacentral','properties':{'diskSizeGB':320}}",
                        NULL));
    want_ok(world_object(&w, MP_OBJECT_DEFINITION, DEFINE("large"), AUDIT_LARGE));
    want_ok(world_object(
        &w, MP_OBJECT_ASSIGNMENT, ASSIGN("large"),
        "{'properties':{'policyDefinitionId':'$S/providers/Microsoft.Authorization/policyDefinitions/large'}}"));
    world_settle(&w);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    world_stop(&w);
    return 0;
}

#define STATE(resource, wanted) assert_string_equal(world_state(&w, (resource), ASSIGN("large"), ""), wanted)

static void what_was_there_is_judged(void **state)
{
    (void)state;
    STATE(DISK("small"), "Compliant");
    STATE(DISK("large"), "NonCompliant");
    CHECK_INT(world_sum(&w, "S", "", "", MP_STATE_NON_COMPLIANT), 1);
    CHECK_INT(world_sum(&w, "S", ASSIGN("large"), "", MP_STATE_COMPLIANT), 1);
    CHECK_INT(world_sum(&w, GROUP, ASSIGN("large"), "", MP_STATE_NON_COMPLIANT), 1);
}

static void a_change_is_judged_again(void **state)
{
    (void)state;
    want_ok(world_write(&w, MP_GATE_PATCH, DISK("small"), "{'properties':{'diskSizeGB':128}}", NULL));
    world_settle(&w);
    STATE(DISK("small"), "NonCompliant");
    CHECK_INT(world_sum(&w, "S", "", "", MP_STATE_NON_COMPLIANT), 2);
    CHECK_INT(world_sum(&w, "S", "", "", MP_STATE_COMPLIANT), 0);
    want_ok(world_write(&w, MP_GATE_DELETE, DISK("small"), NULL, NULL));
    world_settle(&w);
    STATE(DISK("small"), "");
    CHECK_INT(world_sum(&w, GROUP, "", "", MP_STATE_NON_COMPLIANT), 1);
}

static void an_exemption_counts_and_ends(void **state)
{
    (void)state;
    want_ok(world_object(&w, MP_OBJECT_EXEMPTION, DISK("large") "/providers/Microsoft.Authorization/policyExemptions/waived",
                         "{'properties':{'policyAssignmentId':'$S/providers/Microsoft.Authorization/policyAssignments/large','exemptionCategory':'Waiver'}}"));
    world_settle(&w);
    STATE(DISK("large"), "Exempt");
    CHECK_INT(world_sum(&w, "S", "", "", MP_STATE_EXEMPT), 1);
    want_ok(world_forget(&w, MP_OBJECT_EXEMPTION,
                         DISK("large") "/providers/Microsoft.Authorization/policyExemptions/waived"));
    world_settle(&w);
    STATE(DISK("large"), "NonCompliant");
}

static void a_changed_definition_is_judged_again(void **state)
{
    (void)state;
    want_ok(world_object(&w, MP_OBJECT_DEFINITION, DEFINE("large"),
                         "{'properties':{'mode':'All','policyRule':{'if':{'allOf':[{'field':'type','equals':'Microsoft.Compute/disks'},"
                         "{'field':'Microsoft.Compute/disks/diskSizeGB','greater':1000}]},'then':{'effect':'audit'}}}}"));
    world_settle(&w);
    STATE(DISK("large"), "Compliant");
    want_ok(world_object(&w, MP_OBJECT_DEFINITION, DEFINE("large"), AUDIT_LARGE));
    world_settle(&w);
    STATE(DISK("large"), "NonCompliant");
}

static void related_resources_count(void **state)
{
    (void)state;
    const char *setting = DISK("large") "/providers/Microsoft.Insights/diagnosticSettings/on";
    want_ok(world_object(&w, MP_OBJECT_DEFINITION, DEFINE("logged"),
                         "{'properties':{'mode':'All','policyRule':{'if':{'field':'type','equals':'Microsoft.Compute/disks'},'then':{'effect':'auditIfNotExists','details':{"
                         "'type':'Microsoft.Insights/diagnosticSettings'}}}}}"));
    want_ok(world_object(
        &w, MP_OBJECT_ASSIGNMENT, ASSIGN("logged"),
        "{'properties':{'policyDefinitionId':'$S/providers/Microsoft.Authorization/policyDefinitions/logged'}}"));
    world_settle(&w);
    assert_string_equal(world_state(&w, DISK("large"), ASSIGN("logged"), ""), "NonCompliant");
    want_ok(world_write(&w, MP_GATE_PUT, setting, "{'properties':{'logs':[]}}", NULL));
    world_settle(&w);
    assert_string_equal(world_state(&w, DISK("large"), ASSIGN("logged"), ""), "Compliant");
    want_ok(world_write(&w, MP_GATE_DELETE, setting, NULL, NULL));
    world_settle(&w);
    assert_string_equal(world_state(&w, DISK("large"), ASSIGN("logged"), ""), "NonCompliant");
}

static void what_is_not_assigned_any_more_goes_to_the_past(void **state)
{
    (void)state;
    want_ok(world_forget(&w, MP_OBJECT_ASSIGNMENT, ASSIGN("logged")));
    world_settle(&w);
    assert_string_equal(world_state(&w, DISK("large"), ASSIGN("logged"), ""), "");
    CHECK_INT(world_sum(&w, "S", ASSIGN("logged"), "", MP_STATE_NON_COMPLIANT), 0);
    CHECK_INT(world_sum(&w, "S", "", "", MP_STATE_NON_COMPLIANT), 1);
}

static void nothing_is_forgotten_when_the_program_ends(void **state)
{
    (void)state;
    want_ok(world_write(&w, MP_GATE_PUT, DISK("huge"), "{'location':'koreacentral','properties':{'diskSizeGB':4096}}",
                        NULL));
    world_reopen(&w); /* before it was judged */
    world_settle(&w);
    STATE(DISK("huge"), "NonCompliant");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_there_is_judged),
        cmocka_unit_test(a_change_is_judged_again),
        cmocka_unit_test(an_exemption_counts_and_ends),
        cmocka_unit_test(a_changed_definition_is_judged_again),
        cmocka_unit_test(related_resources_count),
        cmocka_unit_test(what_is_not_assigned_any_more_goes_to_the_past),
        cmocka_unit_test(nothing_is_forgotten_when_the_program_ends),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
