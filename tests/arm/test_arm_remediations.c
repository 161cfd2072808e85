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
    return api_printf(&w.api,
                      "{\"properties\":{\"policyAssignmentId\":\"/subscriptions/%s" AUTH "policyAssignments/a\"%s}}",
                      w.subscription, more);
}

static api_answer post(const char *path) { return arm_send(&w, &w.owner, MP_POST, NULL, "%s", path); }

static void begin(void)
{
    arm_start(&w);
    arm_group(&w, "g");
    for (int i = 0; i < 3; i++)
        WANT(arm_put(&w, &w.owner, "{\"location\":\"koreacentral\"}", DISK "d%d", i), 201);
    WANT(arm_put(&w, &w.owner, RULE("modify"), "S" AUTH "policyDefinitions/team"), 201);
    WANT(arm_put(&w, &w.owner,
                 api_printf(&w.api,
                            "{\"properties\":{\"policyDefinitionId\":\"/subscriptions/%s" AUTH
                            "policyDefinitions/team\"}}",
                            w.subscription),
                 "S" AUTH "policyAssignments/a"),
         201);
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
    api_answer a = arm_put(
        &w, &w.owner,
        of(",\"resourceCount\":2,\"failureThreshold\":{\"percentage\":0.5},\"filters\":{\"locations\":[\"koreacentral\"]}"),
        "S" REMEDIATIONS "/R");
    WANT(a, 201);
    CHECK_STR(arm_at(&a, "name"), "R");
    CHECK_STR(arm_at(&a, "type"), "Microsoft.PolicyInsights/remediations");
    CHECK_STR(arm_at(&a, "properties/provisioningState"), "Accepted");
    CHECK_STR(arm_at(&a, "properties/resourceDiscoveryMode"), "ExistingNonCompliant");
    CHECK_STR(arm_at(&a, "properties/failureThreshold/percentage"), "0.5");
    CHECK_STR(arm_at(&a, "properties/filters/locations/0"), "koreacentral");
    /* what was not said is not shown: Terraform would take it for a change */
    CHECK(arm_at(&a, "properties/parallelDeployments").ptr == NULL);
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
    static const char *const scopes[] = { "S", "S/resourceGroups/g", DISK "d1",
                                          "/providers/Microsoft.Management/managementGroups/korea" };
    begin();
    WANT(arm_put(&w, &w.owner, "{\"properties\":{\"displayName\":\"Korea\"}}",
                 "/providers/Microsoft.Management/managementGroups/korea"),
         200);
    WANT(arm_put(&w, &w.owner, NULL, "/providers/Microsoft.Management/managementGroups/korea/subscriptions/%s",
                 w.subscription),
         200);
    for (size_t i = 0; i < MP_COUNT(scopes); i++) { /* one disk each, and the third finds its one done already */
        WANT(arm_put(&w, &w.owner, of(",\"resourceCount\":1"), "%s" REMEDIATIONS "/r%zu", scopes[i], i), 201);
        work();
    }
    /* at and below, in the order of ids */
    CHECK_STR(arm_names(&w, &w.owner, "S" REMEDIATIONS "?$top=2", NULL), "r0 r2 r1");
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
    ARM_REFUSED(arm_put(&w, &w.owner, of(",\"policyDefinitionReferenceId\":\"x\""), "S" REMEDIATIONS "/r"), 400,
                "InvalidRequestContent");
    ARM_REFUSED(arm_put(&w, &w.owner,
                        api_printf(&w.api,
                                   "{\"properties\":{\"policyAssignmentId\":\"/subscriptions/%s" AUTH
                                   "policyAssignments/none\"}}",
                                   w.subscription),
                        "S" REMEDIATIONS "/r"),
                404, "PolicyAssignmentNotFound");
    ARM_REFUSED(arm_put(&w, &w.owner, of(""), "S/resourceGroups/none" REMEDIATIONS "/r"), 404, "ResourceGroupNotFound");
    arm_program(&w, &reader, "reader", "Reader", "S");
    ARM_REFUSED(arm_put(&w, &reader, of(""), "S" REMEDIATIONS "/r"), 403, "AuthorizationFailed");
    WANT(arm_get(&w, &reader, "S" REMEDIATIONS), 200);
    /* Who may order, but not write the resources, changes none. */
    WANT(
        arm_put(
            &w, &w.owner,
            "{\"properties\":{\"roleName\":\"officer\",\"permissions\":[{\"actions\":[\"Microsoft.PolicyInsights/*\",\"*/read\"]}],\"assignableScopes\":[\"/\"]}}",
            "S" AUTH "roleDefinitions/11111111-1111-4111-8111-111111111111"),
        201);
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

/* ---- what fails ---- */

static uint32_t sum_of(const api_answer *a, const char *name)
{
    const mp_json *sums = mp_json_get(mp_json_get(a->json, MP_S("properties")), MP_S("deploymentStatus")),
                  *v = mp_json_get(sums, mp_str_from(name));
    return mp_json_is(v, MP_JSON_INT) ? (uint32_t)v->u.integer : UINT32_MAX;
}

/* The remediation with this body, worked off. */
static api_answer remedied(const api_client *who, const char *body)
{
    api_answer a = arm_put(&w, who, body, "S" REMEDIATIONS "/run");
    CHECK(a.status == 200 || a.status == 201);
    work();
    a = arm_get(&w, &w.owner, "S" REMEDIATIONS "/run");
    WANT(a, 200);
    return a;
}

/* What was done to the resource whose id ends so: status, or the code of its error. */
static mp_str done_to(const char *end)
{
    api_answer a = post("S" REMEDIATIONS "/run/listDeployments");
    WANT(a, 200);
    for (size_t i = 0; i < arm_count(&a); i++) {
        mp_str code = arm_at(&a, api_printf(&w.api, "value/%zu/error/code", i));
        if (mp_str_ends_fold(arm_at(&a, api_printf(&w.api, "value/%zu/remediatedResourceId", i)), mp_str_from(end)))
            return code.len ? code : arm_at(&a, api_printf(&w.api, "value/%zu/status", i));
    }
    return MP_S("none");
}

TEST(some_failures_are_told_and_too_many_end_it)
{
    static const char no_tag[] =
        "{\"properties\":{\"mode\":\"All\",\"policyRule\":{\"if\":{\"allOf\":[{\"field\":\"name\",\"equals\":\"d2\"},{\"field\":\"tags['team']\",\"exists\":true}]},"
        "\"then\":{\"effect\":\"deny\"}}}}";
    begin();
    WANT(arm_put(&w, &w.owner, no_tag, "S" AUTH "policyDefinitions/no-tag"), 201);
    WANT(arm_put(&w, &w.owner,
                 api_printf(&w.api,
                            "{\"properties\":{\"policyDefinitionId\":\"/subscriptions/%s" AUTH
                            "policyDefinitions/no-tag\"}}",
                            w.subscription),
                 "S" AUTH "policyAssignments/no-tag"),
         201);
    WANT(arm_put(&w, &w.owner, "{\"properties\":{\"level\":\"ReadOnly\"}}", DISK "d1" AUTH "locks/hold"), 201);
    /* Of three two fail. A third is allowed: the second failure ends it. */
    api_answer a = remedied(&w.owner, of(",\"parallelDeployments\":1,\"failureThreshold\":{\"percentage\":0.34}"));
    CHECK_STR(arm_at(&a, "properties/provisioningState"), "Failed");
    CHECK_INT(sum_of(&a, "totalDeployments"), 3);
    CHECK_INT(sum_of(&a, "failedDeployments"), 2);
    CHECK_STR(done_to("/d0"), "Succeeded");
    CHECK_STR(done_to("/d1"), "ScopeLocked");
    CHECK_STR(done_to("/d2"), "RequestDisallowedByPolicy");
    /* d0 is as it should be: two are left */
    a = remedied(&w.owner, of(",\"parallelDeployments\":1,\"failureThreshold\":{\"percentage\":0.3}"));
    CHECK_STR(arm_at(&a, "properties/provisioningState"), "Failed");
    CHECK_INT(sum_of(&a, "failedDeployments"), 1);
    CHECK_STR(done_to("/d2"), "Canceled");
    /* As many as the threshold allows are no failure of the whole. */
    WANT(arm_delete(&w, &w.owner, DISK "d1" AUTH "locks/hold"), 200);
    a = remedied(&w.owner, of(",\"failureThreshold\":{\"percentage\":0.5}"));
    CHECK_STR(arm_at(&a, "properties/provisioningState"), "Succeeded");
    CHECK_INT(sum_of(&a, "successfulDeployments"), 1);
    CHECK_INT(sum_of(&a, "failedDeployments"), 1);
    CHECK(mp_str_find_str(arm_at(&a, "properties/statusMessage"), MP_S("1 could not be changed")) != SIZE_MAX);
    a = remedied(&w.owner, of("")); /* the only one that is left fails: nothing that succeeded is no success */
    CHECK_INT(sum_of(&a, "totalDeployments"), 1);
    CHECK_STR(arm_at(&a, "properties/provisioningState"), "Failed");
    arm_stop(&w);
}

/* ---- by whom ---- */

#define CONTRIBUTOR "b24988ac-6180-42a0-ab88-20f7382dd24c"

static char *assigned(const char *more)
{
    return api_printf(
        &w.api,
        "{\"location\":\"koreacentral\"%s,\"properties\":{\"policyDefinitionId\":\"/subscriptions/%s" AUTH
        "policyDefinitions/team\"}}",
        more, w.subscription);
}

TEST(an_identity_acts_with_its_own_roles)
{
    api_client officer;
    begin();
    api_answer a = arm_put(&w, &w.owner, assigned(",\"identity\":{\"type\":\"SystemAssigned\"}"),
                           "S" AUTH "policyAssignments/a");
    WANT(a, 201);
    char *identity = api_printf(&w.api, "%.*s", MP_FMT(arm_at(&a, "identity/principalId")));
    CHECK_INT(strlen(identity), 36);
    /* Whoever orders may do everything: that does not help. */
    a = remedied(&w.owner, of(""));
    CHECK_STR(arm_at(&a, "properties/provisioningState"), "Failed");
    CHECK_INT(sum_of(&a, "failedDeployments"), 3);
    CHECK_STR(done_to("/d0"), "AuthorizationFailed");
    a = post("S" REMEDIATIONS "/run/listDeployments");
    CHECK_STR(
        arm_at(&a, "value/0/error/message"),
        "the identity of the policy assignment 'a' lacks a role that the policy names: Contributor; needed for Microsoft.Compute/disks/write");
    /* With the role, but not everywhere; and who orders needs no right to the resources. */
    WANT(
        arm_put(
            &w, &w.owner,
            "{\"properties\":{\"roleName\":\"officer\",\"permissions\":[{\"actions\":[\"Microsoft.PolicyInsights/*\",\"*/read\"]}],\"assignableScopes\":[\"/\"]}}",
            "S" AUTH "roleDefinitions/11111111-1111-4111-8111-111111111111"),
        201);
    arm_program(&w, &officer, "officer", "11111111-1111-4111-8111-111111111111", "S");
    char *given = api_printf(
        &w.api,
        "{\"properties\":{\"roleDefinitionId\":\"/providers/Microsoft.Authorization/roleDefinitions/" CONTRIBUTOR
        "\",\"principalId\":\"%s\",\"principalType\":\"ServicePrincipal\"}}",
        identity);
    WANT(arm_put(&w, &w.owner, given, DISK "d1" AUTH "roleAssignments/22222222-2222-4222-8222-222222222222"), 201);
    a = remedied(&officer, of(""));
    CHECK_STR(arm_at(&a, "properties/provisioningState"), "Succeeded");
    CHECK_INT(sum_of(&a, "successfulDeployments"), 1);
    CHECK_STR(done_to("/d1"), "Succeeded");
    CHECK_STR(done_to("/d2"), "AuthorizationFailed");
    a = arm_get(&w, &w.owner, DISK "d1");
    CHECK_STR(arm_at(&a, "tags/team"), "web");
    CHECK_STR(arm_at(&a, "systemData/lastModifiedBy"), identity);
    /* Nobody signs in as it, and it goes with the assignment. */
    ARM_REFUSED(arm_put(&w, &w.owner, given, "S" AUTH "roleAssignments/not-a-guid"), 400, "InvalidRoleAssignmentId");
    WANT(arm_put(&w, &w.owner, given, "S" AUTH "roleAssignments/33333333-3333-4333-8333-333333333333"), 201);
    WANT(api_send(&w.api, &(api_client){ .is_local = true }, MP_POST,
                  api_printf(&w.api, "/api/v1/programs/%s/secrets", identity), "{}"),
         409);
    WANT(api_send(&w.api, &(api_client){ .is_local = true }, MP_POST,
                  api_printf(&w.api, "/api/v1/programs/%s/leave", identity), "{}"),
         409);
    const api_client local = { .is_local = true }; /* its name may change; what it is the identity of does not */
    WANT(api_send(&w.api, &local, MP_PUT, api_printf(&w.api, "/api/v1/programs/%s", identity),
                  "{\"displayName\":\"another\"}"),
         200);
    a = api_get(&w.api, &local, api_printf(&w.api, "/api/v1/programs/%s", identity));
    CHECK(mp_str_ends_fold(api_text(&a, "identityOf"), MP_S("/policyAssignments/a")));
    /* the same again: it stays */
    a = arm_put(&w, &w.owner, assigned(",\"identity\":{\"type\":\"SystemAssigned\"}"), "S" AUTH "policyAssignments/a");
    CHECK_STR(arm_at(&a, "identity/principalId"), identity);
    WANT(arm_get(&w, &w.owner, "S" AUTH "roleAssignments/33333333-3333-4333-8333-333333333333"), 200);
    WANT(arm_delete(&w, &w.owner, "S" AUTH "policyAssignments/a"), 200);
    ARM_REFUSED(arm_get(&w, &w.owner, "S" AUTH "roleAssignments/33333333-3333-4333-8333-333333333333"), 404,
                "RoleAssignmentNotFound");
    a = api_get(&w.api, &(api_client){ .is_local = true }, api_printf(&w.api, "/api/v1/programs/%s", identity));
    CHECK_STR(api_text(&a, "state"), "left");
    ARM_REFUSED(arm_put(&w, &w.owner, given, "S" AUTH "roleAssignments/44444444-4444-4444-8444-444444444444"), 400,
                "PrincipalNotFound");
    arm_stop(&w);
}

/* ---- deployments ---- */

#define STORE "S/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/"
#define TEMPLATE(days_)                                                                                                                                                       \
    "{\"$schema\":\"https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#\",\"contentVersion\":\"1.0.0.0\",\"parameters\":{\"account\":{\"type\":"      \
    "\"string\"}},\"resources\":[{\"type\":\"Microsoft.Storage/storageAccounts/blobServices\",\"apiVersion\":\"2023-01-01\",\"name\":\"[concat(parameters('account'),'/default')]\"," \
    "\"properties\":{\"days\":" days_ "}}]}"
#define DEPLOYS(days_)                                                                                                                                                        \
    "{\"properties\":{\"mode\":\"All\",\"policyRule\":{\"if\":{\"field\":\"type\",\"equals\":\"Microsoft.Storage/storageAccounts\"},\"then\":{\"effect\":\"deployIfNotExists\","  \
    "\"details\":{\"type\":\"Microsoft.Storage/storageAccounts/blobServices\",\"roleDefinitionIds\":[\"/providers/microsoft.authorization/roleDefinitions/" CONTRIBUTOR "\"],"   \
    "\"deployment\":{\"properties\":{\"mode\":\"incremental\",\"template\":" TEMPLATE(days_) ",\"parameters\":{\"account\":{\"value\":\"[field('name')]\"}}}}}}}}}"

TEST(what_was_deployed_can_be_read)
{
    arm_start(&w);
    arm_group(&w, "g");
    WANT(arm_put(&w, &w.owner, "{\"location\":\"koreacentral\"}", STORE "one"), 201);
    WANT(arm_put(&w, &w.owner, "{\"location\":\"koreacentral\"}", STORE "two"), 201);
    WANT(arm_put(&w, &w.owner, "{\"properties\":{\"level\":\"ReadOnly\"}}", STORE "two" AUTH "locks/hold"), 201);
    WANT(arm_put(&w, &w.owner, DEPLOYS("7"), "S" AUTH "policyDefinitions/team"), 201);
    WANT(arm_put(&w, &w.owner, assigned(""), "S" AUTH "policyAssignments/a"), 201);
    api_answer run = remedied(&w.owner, of(""));
    CHECK_STR(arm_at(&run, "properties/provisioningState"), "Succeeded");
    CHECK_STR(done_to("/two"), "ScopeLocked");
    api_answer list = post("S" REMEDIATIONS "/run/listDeployments");
    for (size_t i = 0; i < 2; i++) {
        mp_str id = arm_at(&list, api_printf(&w.api, "value/%zu/deploymentId", i)),
               on = arm_at(&list, api_printf(&w.api, "value/%zu/remediatedResourceId", i));
        bool       is_one = mp_str_ends_fold(on, MP_S("/one"));
        api_answer a = arm_get(&w, &w.owner, "%.*s", MP_FMT(id));
        WANT(a, 200);
        CHECK(mp_str_eq(arm_at(&a, "id"), id));
        CHECK(mp_str_starts(arm_at(&a, "name"), MP_S("PolicyDeployment_")));
        CHECK_STR(arm_at(&a, "type"), "Microsoft.Resources/deployments");
        CHECK_STR(arm_at(&a, "properties/provisioningState"), is_one ? "Succeeded" : "Failed");
        CHECK(mp_str_eq(arm_at(&a, "properties/correlationId"), arm_at(&run, "properties/correlationId")));
        CHECK_STR(arm_at(&a, "properties/parameters/account/value"), is_one ? "one" : "two");
        if (is_one)
            CHECK_STR(arm_at(&a, "properties/outputResources/0/id"),
                      api_printf(&w.api, "%.*s/blobServices/default", MP_FMT(on)));
        else
            CHECK_STR(arm_at(&a, "properties/error/code"), "ScopeLocked");
    }
    api_answer all = arm_get(&w, &w.owner, "S/resourceGroups/g/providers/Microsoft.Resources/deployments");
    CHECK_INT(arm_count(&all), 2);
    arm_stop(&w);
}

int main(void)
{
    return MAIN(RUN(a_remediation_from_order_to_end), RUN(at_every_scope), RUN(wrong_ones_and_strangers),
                RUN(some_failures_are_told_and_too_many_end_it), RUN(an_identity_acts_with_its_own_roles),
                RUN(what_was_deployed_can_be_read));
}
