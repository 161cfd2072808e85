/* SPDX-License-Identifier: Apache-2.0 */
/* Remediations as clients of Azure order and follow them. */
#include "arm_world.h"

#include "remediation.h"

static arm_world w;

#define AUTH "/providers/Microsoft.Authorization/"
#define DISK "S/resourceGroups/g/providers/Microsoft.Compute/disks/"
#define REMEDIATIONS "/providers/Microsoft.PolicyInsights/remediations"
#define RULE(effect_)                                                                                                                                                    \
    "{\"properties\":{\"mode\":\"Indexed\",\"policyRule\":{\"if\":{\"allOf\":[{\"field\":\"type\",\"equals\":\"Microsoft.Compute/disks\"},{\"field\":\"tags['team']\"," \
    "\"exists\":false}]},\"then\":{\"effect\":\"" effect_ "\",\"details\":{\"roleDefinitionIds\":[\"/providers/microsoft.authorization/roleDefinitions/"                  \
    "b24988ac-6180-42a0-ab88-20f7382dd24c\"],\"operations\":[{\"operation\":\"add\",\"field\":\"tags['team']\",\"value\":\"web\"}]}}}}}"

static char *of(const char *more)
{
    return api_printf(&w.api, "{\"properties\":{\"policyAssignmentId\":\"/subscriptions/%s" AUTH "policyAssignments/a\"%s}}", w.subscription, more);
}

static api_answer post(const char *path) { return arm_send(&w, &w.owner, MP_POST, NULL, "%s", path); }

static void begin(void)
{
    arm_start(&w);
    arm_group(&w, "g");
    for (int i = 0; i < 3; i++)
        WANT(arm_put(&w, &w.owner, "{\"location\":\"koreacentral\"}", DISK "d%d", i), 201);
    WANT(arm_put(&w, &w.owner, RULE("modify"), "S" AUTH "policyDefinitions/team"), 201);
    WANT(arm_put(&w, &w.owner, api_printf(&w.api, "{\"properties\":{\"policyDefinitionId\":\"/subscriptions/%s" AUTH "policyDefinitions/team\"}}", w.subscription),
                 "S" AUTH "policyAssignments/a"), 201);
}

static void work(void)
{
    mp_error err = { .code = MP_OK };
    if (mp_remedying_finish(mp_compliance_of(w.api.app)->remedying, &err) != MP_OK)
        fail_msg("%s", err.message);
}

TEST(a_remediation_from_order_to_end)
{
    begin();
    api_answer a = arm_put(&w, &w.owner, of(",\"resourceCount\":2,\"failureThreshold\":{\"percentage\":0.5},\"filters\":{\"locations\":[\"koreacentral\"]}"), "S" REMEDIATIONS "/R");
    WANT(a, 201);
    CHECK_STR(arm_at(&a, "name"), "R");
    CHECK_STR(arm_at(&a, "type"), "Microsoft.PolicyInsights/remediations");
    CHECK_STR(arm_at(&a, "properties/provisioningState"), "Accepted");
    CHECK_STR(arm_at(&a, "properties/resourceDiscoveryMode"), "ExistingNonCompliant");
    CHECK_STR(arm_at(&a, "properties/failureThreshold/percentage"), "0.5");
    CHECK_STR(arm_at(&a, "properties/filters/locations/0"), "koreacentral");
    CHECK_INT(arm_at(&a, "properties/correlationId").len, 36);
    CHECK(arm_at(&a, "properties/createdOn").len > 0);
    CHECK(arm_at(&a, "systemData/createdBy").len == 36);
    ARM_REFUSED(arm_put(&w, &w.owner, of(""), "S" REMEDIATIONS "/r"), 409, "Conflict");
    work();
    a = arm_get(&w, &w.owner, "S" REMEDIATIONS "/r");
    WANT(a, 200);
    CHECK_STR(arm_at(&a, "properties/provisioningState"), "Succeeded");
    const mp_json *sums = mp_json_get(mp_json_get(a.json, MP_S("properties")), MP_S("deploymentStatus"));
    CHECK_INT(mp_json_get(sums, MP_S("totalDeployments"))->u.integer, 2);
    CHECK_INT(mp_json_get(sums, MP_S("successfulDeployments"))->u.integer, 2);
    CHECK_INT(mp_json_get(sums, MP_S("failedDeployments"))->u.integer, 0);
    a = post("S" REMEDIATIONS "/R/listDeployments");
    WANT(a, 200);
    CHECK_INT(arm_count(&a), 2);
    CHECK_STR(arm_at(&a, "value/0/status"), "Succeeded");
    CHECK_STR(arm_at(&a, "value/0/resourceLocation"), "koreacentral");
    CHECK(mp_str_ends_fold(arm_at(&a, "value/0/remediatedResourceId"), MP_S("/disks/d0")));
    a = arm_get(&w, &w.owner, DISK "d0");
    CHECK_STR(arm_at(&a, "tags/team"), "web");
    a = post("S" REMEDIATIONS "/R/listDeployments?$top=1");
    CHECK_INT(arm_count(&a), 1);
    CHECK(arm_at(&a, "nextLink").len > 0);
    ARM_REFUSED(post("S" REMEDIATIONS "/R/cancel"), 409, "Conflict");
    WANT(arm_put(&w, &w.owner, of(""), "S" REMEDIATIONS "/R"), 200); /* anew */
    a = post("S" REMEDIATIONS "/R/cancel");
    WANT(a, 200);
    CHECK_STR(arm_at(&a, "properties/provisioningState"), "Canceled");
    work();
    a = arm_delete(&w, &w.owner, "S" REMEDIATIONS "/R");
    WANT(a, 200);
    CHECK_STR(arm_at(&a, "name"), "R");
    WANT(arm_delete(&w, &w.owner, "S" REMEDIATIONS "/R"), 204);
    ARM_REFUSED(arm_get(&w, &w.owner, "S" REMEDIATIONS "/R"), 404, "RemediationNotFound");
    ARM_REFUSED(post("S" REMEDIATIONS "/R/listDeployments"), 404, "RemediationNotFound");
    ARM_REFUSED(post("S" REMEDIATIONS "/R/cancel"), 404, "RemediationNotFound");
    arm_stop(&w);
}

TEST(at_every_scope)
{
    static const char *const scopes[] = { "S", "S/resourceGroups/g", DISK "d1", "/providers/Microsoft.Management/managementGroups/korea" };
    begin();
    WANT(arm_put(&w, &w.owner, "{\"properties\":{\"displayName\":\"Korea\"}}", "/providers/Microsoft.Management/managementGroups/korea"), 200);
    WANT(arm_put(&w, &w.owner, NULL, "/providers/Microsoft.Management/managementGroups/korea/subscriptions/%s", w.subscription), 200);
    for (size_t i = 0; i < MP_COUNT(scopes); i++) { /* one disk each, and the third finds its one done already */
        WANT(arm_put(&w, &w.owner, of(",\"resourceCount\":1"), "%s" REMEDIATIONS "/r%zu", scopes[i], i), 201);
        work();
    }
    CHECK_STR(arm_names(&w, &w.owner, "S" REMEDIATIONS "?$top=2", NULL), "r0 r2 r1"); /* at and below, in the order of ids */
    CHECK_STR(arm_names(&w, &w.owner, "S/resourceGroups/g" REMEDIATIONS, NULL), "r2 r1");
    CHECK_STR(arm_names(&w, &w.owner, "/providers/Microsoft.Management/managementGroups/korea" REMEDIATIONS, NULL), "r3");
    CHECK_STR(arm_names(&w, &w.owner, "S" REMEDIATIONS "?$filter=provisioningState%20eq%20'Failed'", NULL), "");
    CHECK_STR(arm_names(&w, &w.owner, "S" REMEDIATIONS "?$filter=provisioningState%20eq%20'Succeeded'", NULL), "r0 r2 r1");
    for (int i = 0; i < 3; i++) {
        api_answer a = arm_get(&w, &w.owner, DISK "d%d", i);
        CHECK_STR(arm_at(&a, "tags/team"), "web");
    }
    arm_stop(&w);
}

TEST(wrong_ones_and_strangers)
{
    api_client reader, officer;
    begin();
    ARM_REFUSED(arm_put(&w, &w.owner, "{}", "S" REMEDIATIONS "/r"), 400, "InvalidRequestContent");
    ARM_REFUSED(arm_put(&w, &w.owner, "{\"properties\":{}}", "S" REMEDIATIONS "/r"), 400, "InvalidRequestContent");
    ARM_REFUSED(arm_put(&w, &w.owner, of(",\"policyDefinitionReferenceId\":\"x\""), "S" REMEDIATIONS "/r"), 400, "InvalidRequestContent");
    ARM_REFUSED(arm_put(&w, &w.owner, api_printf(&w.api, "{\"properties\":{\"policyAssignmentId\":\"/subscriptions/%s" AUTH "policyAssignments/none\"}}", w.subscription),
                        "S" REMEDIATIONS "/r"), 404, "PolicyAssignmentNotFound");
    ARM_REFUSED(arm_put(&w, &w.owner, of(""), "S/resourceGroups/none" REMEDIATIONS "/r"), 404, "ResourceGroupNotFound");
    arm_program(&w, &reader, "reader", "Reader", "S");
    ARM_REFUSED(arm_put(&w, &reader, of(""), "S" REMEDIATIONS "/r"), 403, "AuthorizationFailed");
    WANT(arm_get(&w, &reader, "S" REMEDIATIONS), 200);
    /* Who may order, but not write the resources, changes none. */
    WANT(arm_put(&w, &w.owner, "{\"properties\":{\"roleName\":\"officer\",\"permissions\":[{\"actions\":[\"Microsoft.PolicyInsights/*\",\"*/read\"]}],\"assignableScopes\":[\"/\"]}}",
                 "S" AUTH "roleDefinitions/11111111-1111-4111-8111-111111111111"), 201);
    arm_program(&w, &officer, "officer", "11111111-1111-4111-8111-111111111111", "S");
    WANT(arm_put(&w, &officer, of(""), "S" REMEDIATIONS "/r"), 201);
    work();
    api_answer a = arm_send(&w, &officer, MP_POST, NULL, "S" REMEDIATIONS "/r/listDeployments");
    WANT(a, 200);
    CHECK_INT(arm_count(&a), 3);
    CHECK_STR(arm_at(&a, "value/0/status"), "Failed");
    CHECK_STR(arm_at(&a, "value/0/error/code"), "AuthorizationFailed");
    a = arm_get(&w, &w.owner, DISK "d0");
    CHECK(arm_at(&a, "tags/team").ptr == NULL);
    arm_stop(&w);
}

int main(void)
{
    return MAIN(RUN(a_remediation_from_order_to_end), RUN(at_every_scope), RUN(wrong_ones_and_strangers));
}
