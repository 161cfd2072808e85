/* SPDX-License-Identifier: Apache-2.0 */
/* Policy states with their details, now and in the past; components; and what policies deployed. */
#include "arm_world.h"

#include <stdio.h>

#include "remediation.h"

static arm_world w;

#define AUTH "/providers/Microsoft.Authorization/"
#define INSIGHTS "/providers/Microsoft.PolicyInsights/"
#define LATEST INSIGHTS "policyStates/latest/"
#define HISTORY INSIGHTS "policyStates/default/queryResults"
#define DETAILS "?$expand=PolicyEvaluationDetails"
#define STORE "S/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/"
#define SERVICE "Microsoft.Storage/storageAccounts/blobServices"
#define CONTRIBUTOR "/providers/microsoft.authorization/roleDefinitions/b24988ac-6180-42a0-ab88-20f7382dd24c"
#define RETAINS "\"existenceCondition\":{\"field\":\"" SERVICE "/deleteRetentionPolicy.enabled\",\"equals\":true}"
#define OF_STORES "\"if\":{\"field\":\"type\",\"equals\":\"Microsoft.Storage/storageAccounts\"}"
#define AUDIT_RULE "{\"properties\":{\"mode\":\"All\",\"policyRule\":{" OF_STORES ",\"then\":{\"effect\":\"auditIfNotExists\",\"details\":{\"type\":\"" SERVICE "\"," RETAINS "}}}}}"
#define DEPLOY_RULE                                                                                                                                                    \
    "{\"properties\":{\"mode\":\"All\",\"policyRule\":{" OF_STORES ",\"then\":{\"effect\":\"deployIfNotExists\",\"details\":{\"type\":\"" SERVICE "\"," RETAINS            \
    ",\"roleDefinitionIds\":[\"" CONTRIBUTOR "\"],\"deployment\":{\"properties\":{\"mode\":\"incremental\",\"parameters\":{\"name\":{\"value\":\"[field('name')]\"}},"      \
    "\"template\":{\"$schema\":\"https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#\",\"contentVersion\":\"1.0.0.0\",\"parameters\":{"          \
    "\"name\":{\"type\":\"string\"}},\"resources\":[{\"type\":\"" SERVICE "\",\"apiVersion\":\"2023-01-01\",\"name\":\"[concat(parameters('name'),'/default')]\","          \
    "\"properties\":{\"deleteRetentionPolicy\":{\"enabled\":true}}}]}}}}}}}}"

static api_answer post(const char *path) { return arm_send(&w, &w.owner, MP_POST, NULL, "%s", path); }

static void settle(void) { WANT(post("S" LATEST "triggerEvaluation"), 200); }

static void begin(const char *rule)
{
    arm_start(&w);
    arm_group(&w, "g");
    WANT(arm_put(&w, &w.owner, rule, "S" AUTH "policyDefinitions/retains"), 201);
    WANT(
        arm_put(
            &w, &w.owner,
            api_printf(
                &w.api,
                "{\"properties\":{\"displayName\":\"Deleted blobs are kept\",\"policyDefinitionId\":\"/subscriptions/%s" AUTH
                "policyDefinitions/retains\"}}",
                w.subscription),
            "S" AUTH "policyAssignments/a"),
        201);
    WANT(arm_put(&w, &w.owner, "{\"location\":\"koreacentral\"}", STORE "s1"), 201);
}

static void retain(bool is_on)
{
    api_answer a = arm_put(&w, &w.owner,
                           is_on ? "{\"properties\":{\"deleteRetentionPolicy\":{\"enabled\":true}}}"
                                 : "{\"properties\":{\"deleteRetentionPolicy\":{\"enabled\":false}}}",
                           STORE "s1/blobServices/default");
    CHECK(a.status == 200 || a.status == 201);
    settle();
}

/* "NonCompliant 1 false": state, how many were looked at, what came of the first; '+' behind it when expressions are
 * there. */
static char *told(const api_answer *a, size_t row)
{
    static char    text[100];
    char           path[120];
    const mp_json *one = mp_json_at(mp_json_get(a->json, MP_S("value")), row),
                  *details = mp_json_get(one, MP_S("policyEvaluationDetails")),
                  *related = mp_json_get(details, MP_S("ifNotExistsDetails")),
                  *total = mp_json_get(related, MP_S("totalResources"));
    snprintf(path, sizeof path, "value/%zu/policyEvaluationDetails/ifNotExistsDetails/resources/0/result", row);
    mp_str state = mp_json_str(mp_json_get(one, MP_S("complianceState"))), result = arm_at(a, path);
    snprintf(text, sizeof text, "%.*s %d %.*s%s", MP_FMT(state), total ? (int)total->u.integer : -1, MP_FMT(result),
             mp_json_is(mp_json_get(details, MP_S("evaluatedExpressions")), MP_JSON_ARRAY) &&
                     mp_json_get(details, MP_S("evaluatedExpressions"))->count
                 ? "+"
                 : "");
    return text;
}

#define CHECK_TOLD(answer_, row_, wanted_) CHECK_STR(mp_str_from(told(&(answer_), (row_))), (wanted_))

TEST(related_resources_are_told)
{
    begin(AUDIT_RULE);
    settle();
    api_answer a = post(STORE "s1" LATEST "queryResults" DETAILS);
    CHECK_TOLD(a, 0, "NonCompliant 0 +");
    CHECK(mp_json_get(mp_json_get(mp_json_get(mp_json_at(mp_json_get(a.json, MP_S("value")), 0),
                                              MP_S("policyEvaluationDetails")),
                                  MP_S("ifNotExistsDetails")),
                      MP_S("resourceId"))
              ->kind == MP_JSON_NULL);
    char *before = api_printf(&w.api, "%.*s", MP_FMT(arm_at(&a, "value/0/timestamp")));
    retain(false);
    a = post(STORE "s1" LATEST "queryResults" DETAILS);
    CHECK_TOLD(a, 0, "NonCompliant 1 false+");
    CHECK(mp_str_ends_fold(arm_at(&a, "value/0/policyEvaluationDetails/ifNotExistsDetails/resourceId"),
                           MP_S("/s1/blobServices/default")));
    retain(true);
    a = post(STORE "s1" LATEST "queryResults" DETAILS);
    CHECK_TOLD(a, 0, "Compliant 1 true+");
    /* The past: what was recorded then, for the reasons of then. */
    a = post(api_printf(&w.api, STORE "s1" LATEST "queryResults" DETAILS "&$to=%s", before));
    CHECK_TOLD(a, 0, "NonCompliant 0 +");
    a = post(STORE "s1" HISTORY DETAILS "&$orderby=timestamp");
    WANT(a, 200);
    CHECK_INT(arm_count(&a), 3); /* the reason changed before the state did */
    CHECK_TOLD(a, 0, "NonCompliant 0 +");
    CHECK_TOLD(a, 1, "NonCompliant 1 false+");
    CHECK_TOLD(a, 2, "Compliant 1 true+");
    /* Also after it is gone; and of a whole group nothing is explained. */
    WANT(arm_delete(&w, &w.owner, STORE "s1/blobServices/default"), 200);
    WANT(arm_delete(&w, &w.owner, STORE "s1"), 200);
    settle();
    a = post(STORE "s1" HISTORY DETAILS "&$orderby=timestamp");
    CHECK_TOLD(a, 0, "NonCompliant 0 +");
    a = post("S/resourceGroups/g" HISTORY DETAILS);
    WANT(a, 200);
    CHECK(!mp_json_get(mp_json_at(mp_json_get(a.json, MP_S("value")), 0), MP_S("policyEvaluationDetails")));
    arm_stop(&w);
}

TEST(who_may_not_read_it_is_not_told)
{
    api_client officer;
    begin(AUDIT_RULE);
    settle();
    WANT(
        arm_put(
            &w, &w.owner,
            "{\"properties\":{\"roleName\":\"officer\",\"permissions\":[{\"actions\":[\"Microsoft.PolicyInsights/*\"]}],\"assignableScopes\":[\"/\"]}}",
            "S" AUTH "roleDefinitions/11111111-1111-4111-8111-111111111111"),
        201);
    arm_program(&w, &officer, "officer", "11111111-1111-4111-8111-111111111111", "S");
    api_answer a = arm_send(&w, &officer, MP_POST, NULL, STORE "s1" LATEST "queryResults" DETAILS);
    WANT(a, 200);
    CHECK_TOLD(a, 0, "NonCompliant -1 ");
    arm_stop(&w);
}

TEST(components)
{
    static const char *const wrong[] = { "Everything",         "PolicyEvaluationDetails,Everything",
                                         "components(",        "components()",
                                         "components($top=1)", "components($filter=color%20eq%20'red')",
                                         "componentsx" };
    begin(AUDIT_RULE);
    settle();
    api_answer a = post(
        STORE
        "s1" LATEST
        "queryResults?$expand=components($filter=complianceState%20eq%20'NonCompliant'%20or%20name%20eq%20'a,b'),%20PolicyEvaluationDetails");
    WANT(a, 200);
    CHECK_TOLD(a, 0, "NonCompliant 0 +");
    const mp_json *list = mp_json_get(mp_json_at(mp_json_get(a.json, MP_S("value")), 0), MP_S("components"));
    CHECK(mp_json_is(list, MP_JSON_ARRAY) && list->count == 0);
    a = post("S" LATEST "queryResults");
    CHECK(!mp_json_get(mp_json_at(mp_json_get(a.json, MP_S("value")), 0), MP_S("components")));
    for (size_t i = 0; i < MP_COUNT(wrong); i++)
        ARM_REFUSED(post(api_printf(&w.api, "S" LATEST "queryResults?$expand=%s", wrong[i])), 400,
                    "InvalidExpandInQueryString");
    a = post("S" AUTH "policyAssignments/a" INSIGHTS
             "componentPolicyStates/latest/queryResults?$filter=componentType%20eq%20'pods'");
    WANT(a, 200);
    CHECK_INT(arm_count(&a), 0);
    CHECK_INT(api_number(&a, "@odata.count"), 0);
    ARM_REFUSED(post("S" INSIGHTS "componentPolicyStates/latest/queryResults?$filter=color%20eq%20'red'"), 400,
                "InvalidFilterInQueryString");
    ARM_REFUSED(post("S" INSIGHTS "componentPolicyStates/default/queryResults"), 404,
                "InvalidComponentPolicyStatesResource");
    ARM_REFUSED(post("S/resourceGroups/none" INSIGHTS "componentPolicyStates/latest/queryResults"), 404,
                "ResourceGroupNotFound");
    arm_stop(&w);
}

static void work(void)
{
    mp_error err = { .code = MP_OK };
    if (mp_remedying_finish(mp_compliance_of(w.api.app)->remedying, &err) != MP_OK)
        fail_msg("%s", err.message);
}

#define TRACKED INSIGHTS "policyTrackedResources/default/queryResults"

TEST(what_policies_deployed)
{
    begin(DEPLOY_RULE);
    WANT(arm_put(&w, &w.owner, "{\"location\":\"koreacentral\"}", STORE "s2"), 201);
    settle();
    api_answer a = post("S" TRACKED);
    WANT(a, 200);
    CHECK_INT(arm_count(&a), 0);
    WANT(arm_put(&w, &w.owner,
                 api_printf(&w.api,
                            "{\"properties\":{\"policyAssignmentId\":\"/subscriptions/%s" AUTH
                            "policyAssignments/a\"}}",
                            w.subscription),
                 "S" INSIGHTS "remediations/r"),
         201);
    work();
    a = post("S" TRACKED);
    CHECK_INT(arm_count(&a), 2);
    CHECK(mp_str_ends_fold(arm_at(&a, "value/0/trackedResourceId"), MP_S("/s1/blobServices/default")));
    CHECK(mp_str_ends_fold(arm_at(&a, "value/0/policyDetails/policyAssignmentId"), MP_S("/policyAssignments/a")));
    CHECK(mp_str_ends_fold(arm_at(&a, "value/0/policyDetails/policyDefinitionId"), MP_S("/policyDefinitions/retains")));
    CHECK_STR(arm_at(&a, "value/0/policyDetails/policyAssignmentDisplayName"), "Deleted blobs are kept");
    CHECK(arm_at(&a, "value/0/createdBy/deploymentId").len > 0);
    CHECK(arm_at(&a, "value/0/lastModifiedBy/deploymentTime").len > 0);
    CHECK(arm_at(&a, "value/0/lastUpdateUtc").len > 0);
    a = post("S" TRACKED "?$top=1");
    CHECK_INT(arm_count(&a), 1);
    a = post("S" TRACKED "?$filter=endswith(trackedResourceId,'/s2/blobServices/default')");
    CHECK_INT(arm_count(&a), 1);
    a = post(api_printf(&w.api,
                        "S" TRACKED "?$filter=policyDetails/policyDefinitionId%%20ne%%20'/subscriptions/%s" AUTH
                        "policyDefinitions/retains'",
                        w.subscription));
    CHECK_INT(arm_count(&a), 0);
    a = post(STORE "s2" TRACKED); /* at and below */
    CHECK_INT(arm_count(&a), 1);
    WANT(arm_delete(&w, &w.owner, STORE "s1/blobServices/default"), 200);
    a = arm_get(&w, &w.owner, "S/resourceGroups/g" TRACKED); /* as JavaScript follows pages */
    CHECK_INT(arm_count(&a), 1);
    ARM_REFUSED(post("S" INSIGHTS "policyTrackedResources/latest/queryResults"), 404,
                "InvalidPolicyTrackedResourcesResource");
    ARM_REFUSED(post("S" TRACKED "?$skiptoken=x"), 400, "InvalidSkipToken");
    ARM_REFUSED(post("S" TRACKED "?$top=x"), 400, "InvalidTopInQueryString");
    ARM_REFUSED(post("S" INSIGHTS "policyStates/tracked/queryResults"), 404, "InvalidPolicyStatesResource");
    arm_stop(&w);
}

int main(void)
{
    return MAIN(RUN(related_resources_are_told), RUN(who_may_not_read_it_is_not_told), RUN(components),
                RUN(what_policies_deployed));
}
