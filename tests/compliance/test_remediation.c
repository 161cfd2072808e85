/* SPDX-License-Identifier: Apache-2.0 */
#include "compliance_world.h"

#include <stdio.h>
#include <string.h>

#include "remediation.h"

static world w;

#define AUTH "/providers/Microsoft.Authorization/"
#define GROUP "S/resourceGroups/web"
#define DISK GROUP "/providers/Microsoft.Compute/disks/"
#define STORE GROUP "/providers/Microsoft.Storage/storageAccounts/"
#define TAG_RULE "{'if':{'allOf':[{'field':'type','equals':'Microsoft.Compute/disks'},{'field':'tags[`team`]','exists':false}]},'then':{'effect':'modify','details':{" \
                 "'roleDefinitionIds':['/providers/microsoft.authorization/roleDefinitions/b24988ac-6180-42a0-ab88-20f7382dd24c'],"                                     \
                 "'operations':[{'operation':'add','field':'tags[`team`]','value':'[resourceGroup().tags[`team`]]'}]}}}"
#define TEMPLATE "{'$schema':'https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#','contentVersion':'1.0.0.0','parameters':{'account':{'type':'string'}}," \
                 "'resources':[{'type':'Microsoft.Storage/storageAccounts/blobServices','apiVersion':'2023-01-01','name':'[concat(parameters(`account`),`/default`)]',"             \
                 "'properties':{'deleteRetentionPolicy':{'enabled':true,'days':7}}}]}"
#define DEPLOY_RULE "{'if':{'field':'type','equals':'Microsoft.Storage/storageAccounts'},'then':{'effect':'deployIfNotExists','details':{'type':'Microsoft.Storage/storageAccounts/blobServices'," \
                    "'roleDefinitionIds':['/providers/microsoft.authorization/roleDefinitions/b24988ac-6180-42a0-ab88-20f7382dd24c'],'deployment':{'properties':{'mode':'incremental',"           \
                    "'template':" TEMPLATE ",'parameters':{'account':{'value':'[field(`name`)]'}}}}}}}"

static void want(mp_code code)
{
    if (code != MP_OK)
        fail_msg("%s: %s (%s:%d)", mp_code_name(code), w.err.message, w.err.src_file, w.err.src_line);
}

static void assign(const char *name, const char *rule)
{
    static char text[4000];
    char        id[200];
    snprintf(id, sizeof id, "S" AUTH "policyDefinitions/%s", name);
    snprintf(text, sizeof text, "{'properties':{'mode':'All','policyRule':%s}}", rule);
    want(world_object(&w, MP_OBJECT_DEFINITION, id, text));
    snprintf(id, sizeof id, "S" AUTH "policyAssignments/%s", name);
    snprintf(text, sizeof text, "{'properties':{'policyDefinitionId':'$S" AUTH "policyDefinitions/%s'}}", name);
    want(world_object(&w, MP_OBJECT_ASSIGNMENT, id, text));
}

static int start(void **state)
{
    (void)state;
    world_start(&w);
    want(world_write(&w, MP_GATE_PUT, GROUP, "{'location':'koreacentral','tags':{'team':'web'}}", NULL));
    return 0;
}

static int stop(void **state)
{
    (void)state;
    world_stop(&w);
    return 0;
}

/* ---- orders ---- */

static const mp_remediation_actor local = { { "local", 5 }, { "0", 1 }, { "User", 4 } };

static mp_code read_order(mp_remediation *out, const char *name, const char *properties)
{
    static mp_place place, scope; /* the order borrows from the arena only */
    mp_str id = mp_arena_printf(&w.arena, "%.*s/providers/Microsoft.PolicyInsights/remediations/%s",
                                MP_FMT(world_id(&w, "S")), name);
    CHECK_INT(mp_place_of(&place, id, &w.arena, NULL), MP_OK);
    CHECK_INT(mp_place_of(&scope, world_id(&w, "S"), &w.arena, NULL), MP_OK);
    w.err = (mp_error){ .code = MP_OK };
    mp_code code = mp_remediation_read(out, world_json(&w, properties), &place, &scope, &local, &w.arena, &w.err);
    return code == MP_OK ? mp_remediation_check(w.c, out, &w.err) : code;
}

typedef enum verb { ORDER, GET, CANCEL, DROP, UNDO } verb;
typedef struct acting {
    verb            verb;
    mp_remediation *r;
    mp_remediation_changes *changes;
} acting;

static mp_code act(mp_tx *tx, void *arg, mp_error *err)
{
    acting *a = arg;
    bool    is_new;
    if (a->verb != ORDER)
        MP_TRY(mp_remediation_get(a->r, tx, a->r->run, &w.arena, err));
    switch (a->verb) {
    case ORDER:
        return mp_remediation_order(a->r, &is_new, tx, &w.arena, err);
    case CANCEL:
        return mp_remediation_cancel(a->r, tx, &w.arena, err);
    case DROP:
        return mp_remediation_drop(a->r, tx, &w.arena, err);
    case UNDO:
        return mp_remediation_undo(a->r, tx, &local, &w.arena, err);
    default:
        return mp_remediation_list_changes(a->changes, tx, a->r->run, MP_S(""), 100, &w.arena, err);
    }
}

static mp_code do_it(mp_remediation *r, verb what)
{
    static const mp_leaf leaf = { .actor_kind = { "system", 6 },
                                  .action = { "Mapae.Test/write", 16 },
                                  .on = { "/", 1 },
                                  .outcome = MP_OUTCOME_DONE };
    acting               a = { .verb = what, .r = r };
    w.err = (mp_error){ .code = MP_OK };
    return mp_app_write_alone(w.app, &leaf, act, &a, &w.err);
}

static mp_remediation_changes changes_of(mp_remediation *r)
{
    mp_remediation_changes changes;
    acting                 a = { .verb = GET, .r = r, .changes = &changes };
    want(mp_store_read(w.app->store, act, &a, &w.err));
    return changes;
}

static void finish(mp_remediation *r)
{
    want(mp_remedying_finish(w.c->remedying, &w.err));
    (void)changes_of(r);
}

static mp_remediation run(const char *name, const char *properties)
{
    mp_remediation r;
    want(read_order(&r, name, properties));
    want(do_it(&r, ORDER));
    finish(&r);
    return r;
}

/* ---- what is stored ---- */

typedef struct getting {
    mp_str         key;
    mp_estate_item item;
    mp_code        code;
} getting;

static mp_code get_it(mp_tx *tx, void *arg, mp_error *err)
{
    getting *g = arg;
    (void)err;
    g->code = mp_estate_get(&g->item, tx, g->key, 0, &w.arena, &w.err);
    return MP_OK;
}

/* "" when the resource is not there. */
static const char *team_of(const char *resource)
{
    mp_place place;
    CHECK_INT(mp_place_of(&place, world_id(&w, resource), &w.arena, NULL), MP_OK);
    getting g = { .key = place.key };
    CHECK_INT(mp_store_read(w.app->store, get_it, &g, NULL), MP_OK);
    if (g.code != MP_OK)
        return "none";
    const mp_json *team = mp_json_get(mp_json_get(g.item.document, MP_S("tags")), MP_S("team"));
    return team ? mp_arena_dup(&w.arena, mp_json_str(team)).ptr : "";
}

static bool is_there(const char *resource) { return strcmp(team_of(resource), "none") != 0; }

static void put_disk(const char *name, const char *location)
{
    char id[200], text[200];
    snprintf(id, sizeof id, DISK "%s", name);
    snprintf(text, sizeof text, "{'location':'%s','properties':{'diskSizeGB':8}}", location);
    want(world_write(&w, MP_GATE_PUT, id, text, NULL));
}

#define TEAM "{'policyAssignmentId':'$S" AUTH "policyAssignments/team'"

/* ---- stories ---- */

static void modify_is_planned_done_and_undone(void **state)
{
    (void)state;
    mp_remediation r;
    const mp_json *plan;
    put_disk("a", "koreacentral");
    put_disk("b", "Korea South");
    put_disk("c", "koreacentral");
    assign("team", TAG_RULE);
    want(read_order(&r, "first", TEAM "}"));
    want(mp_remediation_plan(&plan, w.c, &r, &w.arena, &w.err));
    CHECK_INT(mp_json_get(plan, MP_S("resources"))->u.integer, 3);
    CHECK_INT(mp_json_get(plan, MP_S("modifies"))->u.integer, 3);
    CHECK_INT(mp_json_get(plan, MP_S("failures"))->u.integer, 0);
    const mp_json *change = mp_json_at(mp_json_get(mp_json_at(mp_json_get(plan, MP_S("value")), 0), MP_S("changes")), 0);
    CHECK(mp_str_eq(mp_json_str(mp_json_get(change, MP_S("changeType"))), MP_S("Modify")));
    assert_string_equal(team_of(DISK "a"), ""); /* nothing was written */
    want(do_it(&r, ORDER));
    CHECK_INT(r.state, MP_REMEDIATION_ACCEPTED);
    finish(&r);
    CHECK_INT(r.state, MP_REMEDIATION_SUCCEEDED);
    CHECK_INT(r.total, 3);
    CHECK_INT(r.succeeded, 3);
    assert_string_equal(team_of(DISK "a"), "web");
    assert_string_equal(team_of(DISK "c"), "web");
    world_settle(&w);
    assert_string_equal(world_state(&w, DISK "a", "S" AUTH "policyAssignments/team", ""), "Compliant");
    /* Somebody changed one since: that one is left, the others are as they were. */
    want(world_write(&w, MP_GATE_PATCH, DISK "b", "{'tags':{'cost':'7'}}", NULL));
    want(do_it(&r, UNDO));
    CHECK_INT(do_it(&r, UNDO), MP_CONFLICT); /* it is at it */
    finish(&r);
    CHECK(!r.is_undoing);
    CHECK_INT(r.undone, 2);
    CHECK_INT(r.undo_failed, 1);
    assert_string_equal(team_of(DISK "a"), ""); /* though the policy is still there: what was before is put back */
    assert_string_equal(team_of(DISK "b"), "web");
    world_settle(&w);
    assert_string_equal(world_state(&w, DISK "a", "S" AUTH "policyAssignments/team", ""), "NonCompliant");
}

static void filters_and_counts_narrow(void **state)
{
    (void)state;
    mp_remediation r = run("narrow", TEAM ",'filters':{'locations':['Korea Central']},'resourceCount':1}");
    CHECK_INT(r.state, MP_REMEDIATION_SUCCEEDED);
    CHECK_INT(r.total, 1);
    CHECK((strcmp(team_of(DISK "a"), "web") == 0) != (strcmp(team_of(DISK "c"), "web") == 0));
    r = run("narrow", TEAM ",'filters':{'locations':['eastus']}}");
    CHECK_INT(r.total, 0);
    CHECK_INT(r.state, MP_REMEDIATION_SUCCEEDED);
    r = run(
        "narrow", TEAM
        ",'resourceDiscoveryMode':'ReEvaluateCompliance','filters':{'resourceIds':['$S/resourceGroups/WEB/providers/Microsoft.Compute/disks/A','$S/resourceGroups/"
        "web/providers/Microsoft.Compute/disks/c']}}");
    CHECK_INT(r.total, 1); /* the other one is as the policy asks already */
    assert_string_equal(team_of(DISK "a"), "web");
    assert_string_equal(team_of(DISK "c"), "web");
}

static void a_template_is_deployed_and_taken_back(void **state)
{
    (void)state;
    mp_remediation r;
    const mp_json *plan;
    want(world_write(&w, MP_GATE_PUT, STORE "one", "{'location':'koreacentral','properties':{}}", NULL));
    want(world_write(&w, MP_GATE_PUT, STORE "two", "{'location':'koreacentral','properties':{}}", NULL));
    assign("blob", DEPLOY_RULE);
#define BLOB "{'policyAssignmentId':'$S" AUTH "policyAssignments/blob'"
    want(read_order(&r, "blob", BLOB "}"));
    want(mp_remediation_plan(&plan, w.c, &r, &w.arena, &w.err));
    CHECK_INT(mp_json_get(plan, MP_S("resources"))->u.integer, 2);
    CHECK_INT(mp_json_get(plan, MP_S("creates"))->u.integer, 2);
    CHECK(!is_there(STORE "one/blobServices/default"));
    r = run("blob", BLOB "}");
    CHECK_INT(r.state, MP_REMEDIATION_SUCCEEDED);
    CHECK_INT(r.succeeded, 2);
    CHECK(is_there(STORE "one/blobServices/default"));
    CHECK(is_there(STORE "two/blobServices/default"));
    mp_remediation_changes changes = changes_of(&r);
    CHECK_INT(changes.count, 2);
    CHECK(mp_str_find_str(changes.list[0].deployment,
                          MP_S("/resourceGroups/web/providers/Microsoft.Resources/deployments/PolicyDeployment_")) !=
          SIZE_MAX);
    world_settle(&w);
    assert_string_equal(world_state(&w, STORE "one", "S" AUTH "policyAssignments/blob", ""), "Compliant");
    want(do_it(&r, DROP)); /* the run is known still */
    want(do_it(&r, UNDO));
    finish(&r);
    CHECK_INT(r.undone, 2);
    CHECK(!is_there(STORE "one/blobServices/default"));
    CHECK(is_there(STORE "one"));
}

/* A policy of the moment refuses what the remediation wants: each is a failure, and beyond the threshold it stops. */
static void failures_stop_at_the_threshold(void **state)
{
    (void)state;
    char name[2] = "p";
    for (; name[0] < 'u'; name[0]++)
        put_disk(name, "eastus");
    assign(
        "owner",
        "{'if':{'allOf':[{'field':'type','equals':'Microsoft.Compute/disks'},{'field':'location','equals':'eastus'},{'field':'tags[`owner`]','exists':false}]},'then':{'effect':"
        "'modify','details':{'roleDefinitionIds':['/providers/microsoft.authorization/roleDefinitions/b24988ac-6180-42a0-ab88-20f7382dd24c'],"
        "'operations':[{'operation':'add','field':'tags[`owner`]','value':'nobody'}]}}}");
    assign("no-nobody", "{'if':{'field':'tags[`owner`]','equals':'nobody'},'then':{'effect':'deny'}}");
#define OWNER "{'policyAssignmentId':'$S" AUTH "policyAssignments/owner'"
    mp_remediation r = run("owner", OWNER ",'parallelDeployments':1,'failureThreshold':{'percentage':0.2}}");
    CHECK_INT(r.state, MP_REMEDIATION_FAILED);
    CHECK_INT(r.total, 5);
    CHECK_INT(r.failed, 2); /* one of five is what the threshold allows */
    mp_remediation_changes changes = changes_of(&r);
    assert_string_equal(mp_arena_dup(&w.arena, mp_remediation_status(&r, &changes.list[0])).ptr, "Failed");
    CHECK(mp_str_eq(mp_json_str(mp_json_get(changes.list[0].error, MP_S("code"))), MP_S("RequestDisallowedByPolicy")));
    assert_string_equal(mp_arena_dup(&w.arena, mp_remediation_status(&r, &changes.list[4])).ptr, "Canceled");
    CHECK(changes.list[0].writes == NULL);
    r = run("owner", OWNER "}"); /* without one, all are tried */
    CHECK_INT(r.state, MP_REMEDIATION_FAILED);
    CHECK_INT(r.failed, 5);
    want(world_forget(&w, MP_OBJECT_ASSIGNMENT, "S" AUTH "policyAssignments/no-nobody"));
    want(world_forget(&w, MP_OBJECT_ASSIGNMENT, "S" AUTH "policyAssignments/owner"));
}

static void who_ordered_it_must_have_the_rights(void **state)
{
    (void)state;
    mp_remediation r;
    put_disk("rights", "koreacentral"); /* the policy gives it a team at once: so take it away as a fact */
    want(world_forget(&w, MP_OBJECT_ASSIGNMENT, "S" AUTH "policyAssignments/team"));
    put_disk("rights", "koreacentral");
    want(world_object(&w, MP_OBJECT_ASSIGNMENT, "S" AUTH "policyAssignments/team",
                      "{'properties':{'policyDefinitionId':'$S" AUTH "policyDefinitions/team'}}"));
    want(read_order(
        &r, "rights",
        TEAM ",'filters':{'resourceIds':['$S/resourceGroups/web/providers/Microsoft.Compute/disks/rights']}}"));
    r.actor = (mp_remediation_actor){ MP_S("user"), MP_S("22222222-2222-4222-8222-222222222222"), MP_S("User") };
    want(do_it(&r, ORDER));
    finish(&r);
    CHECK_INT(r.failed, 1);
    mp_remediation_changes changes = changes_of(&r);
    CHECK(mp_str_eq(mp_json_str(mp_json_get(changes.list[0].error, MP_S("code"))), MP_S("AuthorizationFailed")));
    assert_string_equal(team_of(DISK "rights"), "");
}

static void what_was_ordered_goes_on_after_a_restart(void **state)
{
    (void)state;
    mp_remediation r;
    want(read_order(&r, "again", TEAM "}"));
    want(do_it(&r, ORDER));
    mp_remediation other = r;
    CHECK_INT(do_it(&other, ORDER), MP_CONFLICT); /* one at a time under a name */
    world_reopen(&w);
    finish(&r);
    CHECK_INT(r.state, MP_REMEDIATION_SUCCEEDED);
    assert_string_equal(team_of(DISK "rights"), "web");
    CHECK_INT(do_it(&r, CANCEL), MP_CONFLICT); /* it has ended */
    want(world_forget(&w, MP_OBJECT_ASSIGNMENT, "S" AUTH "policyAssignments/team"));
    put_disk("late", "koreacentral");
    want(world_object(&w, MP_OBJECT_ASSIGNMENT, "S" AUTH "policyAssignments/team",
                      "{'properties':{'policyDefinitionId':'$S" AUTH "policyDefinitions/team'}}"));
    want(read_order(&r, "again", TEAM "}"));
    want(do_it(&r, ORDER));
    want(do_it(&r, CANCEL));
    finish(&r);
    CHECK_INT(r.state, MP_REMEDIATION_CANCELED);
    assert_string_equal(team_of(DISK "late"), "");
}

static void wrong_orders_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *properties;
        mp_code     code;
        const char *says;
    } cases[] = {
        { "{}", MP_PARAMETER, "policyAssignmentId" },
        { "{'policyAssignmentId':'$S" AUTH "policyAssignments/none'}", MP_REFERENCE, "none" },
        { TEAM ",'resourceCount':0}", MP_PARAMETER, "resourceCount" },
        { TEAM ",'resourceCount':50001}", MP_PARAMETER, "50000" },
        { TEAM ",'parallelDeployments':31}", MP_PARAMETER, "30" },
        { TEAM ",'failureThreshold':{'percentage':1.5}}", MP_PARAMETER, "percentage" },
        { TEAM ",'resourceDiscoveryMode':'Guess'}", MP_PARAMETER, "Guess" },
        { TEAM ",'filters':{'locations':'koreacentral'}}", MP_PARAMETER, "locations" },
        { TEAM ",'policyDefinitionReferenceId':'x'}", MP_PARAMETER, "single policy" },
        { "{'policyAssignmentId':'$S" AUTH "policyAssignments/set'}", MP_PARAMETER, "which of its policies" },
        { "{'policyAssignmentId':'$S" AUTH "policyAssignments/set','policyDefinitionReferenceId':'y'}", MP_PARAMETER, "'y'" },
        { "{'policyAssignmentId':'$S" AUTH "policyAssignments/set','policyDefinitionReferenceId':'audits'}", MP_PARAMETER, "audit" },
        { "{'policyAssignmentId':'$S" AUTH "policyAssignments/set','policyDefinitionReferenceId':'TEAMS'}", MP_OK, "" },
    };
    want(
        world_object(&w, MP_OBJECT_DEFINITION, "S" AUTH "policyDefinitions/audit",
                     "{'properties':{'policyRule':{'if':{'field':'type','equals':'x'},'then':{'effect':'audit'}}}}"));
    want(world_object(&w, MP_OBJECT_SET, "S" AUTH "policySetDefinitions/set",
                      "{'properties':{'policyDefinitions':[{'policyDefinitionId':'$S" AUTH "policyDefinitions/audit','policyDefinitionReferenceId':'audits'},"
                      "{'policyDefinitionId':'$S" AUTH "policyDefinitions/team','policyDefinitionReferenceId':'teams'}]}}"));
    want(world_object(&w, MP_OBJECT_ASSIGNMENT, "S" AUTH "policyAssignments/set",
                      "{'properties':{'policyDefinitionId':'$S" AUTH "policySetDefinitions/set'}}"));
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        mp_remediation r;
        CHECK_INT(read_order(&r, "wrong", cases[i].properties), cases[i].code);
        CHECK(cases[i].code == MP_OK || strstr(w.err.message, cases[i].says) != NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(modify_is_planned_done_and_undone), cmocka_unit_test(filters_and_counts_narrow),
        cmocka_unit_test(a_template_is_deployed_and_taken_back), cmocka_unit_test(failures_stop_at_the_threshold),
        cmocka_unit_test(who_ordered_it_must_have_the_rights), cmocka_unit_test(what_was_ordered_goes_on_after_a_restart),
        cmocka_unit_test(wrong_orders_are_refused),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
