/* SPDX-License-Identifier: Apache-2.0 */
/* What a policy object would change: it is what it does change once it is made, and nothing is written. */
#include "compliance_world.h"

#include <stdio.h>
#include <string.h>

#include "foresight.h"
#include "sql.h"

static world w;

#define AUTH "/providers/Microsoft.Authorization/"
#define LIMIT "S" AUTH "policyAssignments/limit"
#define DISKS 30

static void want_ok(mp_code code)
{
    if (code != MP_OK)
        fail_msg("%s: %s (%s:%d)", mp_code_name(code), w.err.message, w.err.src_file, w.err.src_line);
}

/* ---- asking ---- */

typedef struct asking {
    mp_foresight_query query;
    mp_foresight       out;
    int64_t            number;
} asking;

static mp_code read_it(mp_tx *tx, void *arg, mp_error *err)
{
    asking *a = arg;
    return mp_foresee(&a->out, &w.fault, tx, &a->query, &w.arena, err);
}

/* Over all pages of so many rows. */
static mp_foresight foresee(mp_foresight_query query)
{
    asking   a = { .query = query };
    uint64_t resources = 0, verdicts = 0, changes[MP_STATE_COUNT][MP_STATE_COUNT] = { { 0 } };
    do {
        want_ok(mp_store_read(w.app->store, read_it, &a, &w.err));
        resources += a.out.resources;
        verdicts += a.out.verdicts;
        uint64_t rows = 0;
        for (unsigned i = 0; i < MP_STATE_COUNT; i++)
            for (unsigned k = 0; k < MP_STATE_COUNT; k++) {
                changes[i][k] += a.out.changes[i][k];
                rows += a.out.changes[i][k];
            }
        CHECK_INT(a.out.value->count, rows);
        a.query.after = a.out.next;
    } while (a.out.next.len);
    a.out.resources = resources;
    a.out.verdicts = verdicts;
    memcpy(a.out.changes, changes, sizeof changes);
    return a.out;
}

static mp_foresight of(const char *objects) { return foresee((mp_foresight_query){ .objects = world_json(&w, objects) }); }

static mp_code fails(mp_foresight_query query)
{
    asking a = { .query = query };
    return mp_store_read(w.app->store, read_it, &a, &w.err);
}

static mp_code count_all(mp_tx *tx, void *arg, mp_error *err)
{
    asking *a = arg;
    return mp_sql_int(
        &a->number, tx,
        "SELECT (SELECT COUNT(*) FROM verdict WHERE state = 0) * 1000000 + (SELECT COUNT(*) FROM verdict) * 1000 + (SELECT COUNT(*) FROM verdict_past)",
        NULL, 0, err);
}

/* Non-compliant verdicts, all, those of the past. */
static int64_t standing(void)
{
    asking a = { .number = 0 };
    world_settle(&w);
    want_ok(mp_store_read(w.app->store, count_all, &a, &w.err));
    return a.number;
}

static int64_t bad(void) { return standing() / 1000000; }

#define RULE "'policyRule':{'if':{'allOf':[{'field':'type','equals':'Microsoft.Compute/disks'},{'field':'Microsoft.Compute/disks/diskSizeGB','greater':"
#define DEFINITION "'properties':{'mode':'All','parameters':{'limit':{'type':'Integer','defaultValue':100},'other':{'type':'String','defaultValue':'x'}}," RULE "'[parameters(`limit`)]'}]},'then':{'effect':'audit'}}}"

static int start(void **state)
{
    (void)state;
    world_start(&w);
    want_ok(world_object(&w, MP_OBJECT_DEFINITION, "S" AUTH "policyDefinitions/limit", "{" DEFINITION "}"));
    want_ok(world_object(&w, MP_OBJECT_ASSIGNMENT, LIMIT,
                         "{'properties':{'policyDefinitionId':'$S" AUTH
                         "policyDefinitions/limit','parameters':{'other':{'value':'kept'}}}}"));
    want_ok(world_write(&w, MP_GATE_PUT, "S/resourceGroups/g", "{'location':'koreacentral'}", NULL));
    want_ok(world_write(&w, MP_GATE_PUT, "S/resourceGroups/h", "{'location':'koreacentral'}", NULL));
    for (int i = 1; i <= DISKS; i++) { /* 10, 20, ... 300 */
        char id[200], body[200];
        snprintf(id, sizeof id, "S/resourceGroups/%s/providers/Microsoft.Compute/disks/d%d", i % 2 ? "g" : "h", i);
        snprintf(body, sizeof body, "{'location':'koreacentral','properties':{'diskSizeGB':%d}}", i * 10);
        want_ok(world_write(&w, MP_GATE_PUT, id, body, NULL));
    }
    CHECK_INT(bad(), 20);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    world_stop(&w);
    return 0;
}

/* ---- what would be is what comes to be ---- */

TEST(a_parameter_is_foreseen)
{
    int64_t            before = standing();
    mp_foresight_query q = { .parameters = world_json(&w, "[{'assignment':'$S" AUTH
                                                          "policyAssignments/limit','values':{'limit':250}}]") };
    for (uint32_t rows = 1; rows <= 1000; rows = rows * 10 + 3) {
        q.rows = rows;
        mp_foresight out = foresee(q);
        CHECK_INT(out.changes[MP_STATE_NON_COMPLIANT][MP_STATE_COMPLIANT], 15);
        CHECK_INT(out.verdicts, 15);
        CHECK_INT(out.resources, DISKS + 2);
    }
    mp_place place;
    want_ok(mp_place_of(&place, world_id(&w, "S/resourceGroups/g"), &w.arena, &w.err));
    q.scope = place.key;
    CHECK_INT(foresee(q).resources, 16);
    CHECK_INT(foresee(q).changes[MP_STATE_NON_COMPLIANT][MP_STATE_COMPLIANT], 8);
    CHECK_INT(standing(), before);
}

TEST(a_definition_is_foreseen_and_comes_true)
{
    mp_foresight out = of(
        "[{'id':'$S" AUTH
        "policyDefinitions/limit','properties':{'mode':'All','parameters':{'limit':{'type':'Integer','defaultValue':100},'other':{'type':'String',"
        "'defaultValue':'x'}}," RULE "200}]},'then':{'effect':'audit'}}}}]");
    CHECK_INT(out.changes[MP_STATE_NON_COMPLIANT][MP_STATE_COMPLIANT], 10);
    want_ok(world_object(&w, MP_OBJECT_DEFINITION, "S" AUTH "policyDefinitions/limit",
                         "{'properties':{'mode':'All','parameters':{'limit':{'type':'Integer','defaultValue':100},'other':{'type':'String','defaultValue':'x'}}," RULE
                         "200}]},'then':{'effect':'audit'}}}}"));
    CHECK_INT(bad(), 10);
    want_ok(world_object(&w, MP_OBJECT_DEFINITION, "S" AUTH "policyDefinitions/limit", "{" DEFINITION "}"));
    CHECK_INT(bad(), 20);
}

TEST(what_refers_to_each_other_is_foreseen_together)
{
    int64_t      before = standing();
    /* in the wrong order, and the definition as az prints one */
    mp_foresight out = of(
        "[{'id':'$S/resourceGroups/h" AUTH
        "policyExemptions/e','properties':{'policyAssignmentId':'$S/resourceGroups/h" AUTH
        "policyAssignments/new','exemptionCategory':"
        "'Waiver'}},{'id':'$S/resourceGroups/h" AUTH
        "policyAssignments/new','properties':{'policyDefinitionId':'$S" AUTH "policySetDefinitions/new'}},"
        "{'id':'$S" AUTH "policySetDefinitions/new','properties':{'policyDefinitions':[{'policyDefinitionId':'$S" AUTH
        "policyDefinitions/new'},"
        "{'policyDefinitionId':'$S" AUTH "policyDefinitions/limit'}]}},"
        "{'id':'$S" AUTH "policyDefinitions/new','mode':'All','displayName':'New'," RULE
        "50}]},'then':{'effect':'audit'}}}]");
    CHECK_INT(out.changes[MP_STATE_NOT_APPLICABLE][MP_STATE_EXEMPT], 30);
    CHECK_INT(out.resources, 16);
    CHECK_INT(standing(), before);
}

TEST(exemptions_are_foreseen_also_their_end)
{
    static const char text[] =
        "{'properties':{'policyAssignmentId':'$S" AUTH "policyAssignments/limit','exemptionCategory':'Waiver'}}";
    mp_foresight out =
        of("[{'id':'$S/resourceGroups/g" AUTH "policyExemptions/e','properties':{'policyAssignmentId':'$S" AUTH
           "policyAssignments/limit','exemptionCategory':'Waiver'}}]");
    CHECK_INT(out.changes[MP_STATE_NON_COMPLIANT][MP_STATE_EXEMPT], 10);
    CHECK_INT(out.changes[MP_STATE_COMPLIANT][MP_STATE_EXEMPT], 5);
    want_ok(world_object(&w, MP_OBJECT_EXEMPTION, "S/resourceGroups/g" AUTH "policyExemptions/e", text));
    CHECK_INT(bad(), 10);
    out = foresee((mp_foresight_query){ .deleted = world_json(&w, "['$S/resourceGroups/G" AUTH "policyExemptions/E']") });
    CHECK_INT(out.changes[MP_STATE_EXEMPT][MP_STATE_NON_COMPLIANT], 10);
    want_ok(world_forget(&w, MP_OBJECT_EXEMPTION, "S/resourceGroups/g" AUTH "policyExemptions/e"));
    CHECK_INT(bad(), 20);
}

TEST(an_assignment_that_goes_takes_its_verdicts_with_it)
{
    mp_foresight out = foresee((mp_foresight_query){ .deleted = world_json(&w, "['$S" AUTH "policyAssignments/limit']") });
    CHECK_INT(out.changes[MP_STATE_NON_COMPLIANT][MP_STATE_NOT_APPLICABLE], 20);
    CHECK_INT(out.changes[MP_STATE_COMPLIANT][MP_STATE_NOT_APPLICABLE], 10);
    /* nobody assigns it */
    CHECK_INT(of("[{'id':'$S" AUTH "policyDefinitions/unused'," DEFINITION "}]").resources, 0);
}

TEST(what_could_not_be_put_is_refused)
{
    static const struct {
        const char *objects, *deleted, *parameters;
        mp_code     code;
    } cases[] = {
        { "[{'properties':{}}]", NULL, NULL, MP_PARAMETER },
        { "[{'id':'$S/resourceGroups/g','properties':{}}]", NULL, NULL, MP_PARAMETER },
        { "[{'id':'$S" AUTH "policyDefinitions/x','properties':{'policyRule':{'if':{'field':'type','equal':'x'},'then':{'effect':'audit'}}}}]", NULL, NULL, MP_COMPILE },
        { "[{'id':'$S" AUTH "policyAssignments/x','properties':{'policyDefinitionId':'$S" AUTH "policyDefinitions/none'}}]", NULL, NULL, MP_REFERENCE },
        { NULL, "['$S" AUTH "policyAssignments/none']", NULL, MP_MISSING },
        { NULL, NULL, "[{'assignment':'$S" AUTH "policyAssignments/none','values':{}}]", MP_MISSING },
        { NULL, NULL, "[{'assignment':'$S" AUTH "policyAssignments/limit','values':{'limit':'many'}}]", MP_COMPILE },
        { "[{'id':'$S/resourceGroups/g" AUTH "policyExemptions/x','properties':{'policyAssignmentId':'$S" AUTH "policyAssignments/limit','exemptionCategory':'Waiver'}}]",
          "['$S" AUTH "policyAssignments/limit']", NULL, MP_REFERENCE },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        mp_code code = fails(
            (mp_foresight_query){ .objects = cases[i].objects ? world_json(&w, cases[i].objects) : NULL,
                                  .deleted = cases[i].deleted ? world_json(&w, cases[i].deleted) : NULL,
                                  .parameters = cases[i].parameters ? world_json(&w, cases[i].parameters) : NULL });
        if (code != cases[i].code)
            fail_msg("case %zu: %s: %s", i, mp_code_name(code), w.err.message);
    }
    static const char *const tokens[] = { "x", ".", "9999999999.x", "-1.x", "1" };
    for (size_t i = 0; i < MP_COUNT(tokens); i++)
        CHECK_INT(fails((mp_foresight_query){ .deleted = world_json(&w, "['$S" AUTH "policyAssignments/limit']"),
                                              .after = mp_str_from(tokens[i]) }),
                  MP_PARAMETER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(a_parameter_is_foreseen),
        RUN(a_definition_is_foreseen_and_comes_true),
        RUN(what_refers_to_each_other_is_foreseen_together),
        RUN(exemptions_are_foreseen_also_their_end),
        RUN(an_assignment_that_goes_takes_its_verdicts_with_it),
        RUN(what_could_not_be_put_is_refused),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
