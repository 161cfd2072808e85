/* SPDX-License-Identifier: Apache-2.0 */
/* Templates that make more than resources: objects of policy and rights, groups, management groups; at every scope; and what is told of them. */
#include "arm_world.h"

#include "arm.h"

static arm_world w;

#define AUTH "/providers/Microsoft.Authorization/"
#define DEPLOYMENTS "/providers/Microsoft.Resources/deployments/"
#define GUID "11111111-2222-4333-8444-0000000000"
#define READER "acdd72a7-3385-48ef-bd42-f606fba81ae7"
/* In a template the policy's own expressions stand behind two brackets. */
#define RULE_OF(effect_, bracket_) "\"policyRule\":{\"if\":{\"allOf\":[{\"field\":\"type\",\"equals\":\"Microsoft.Compute/disks\"},{\"field\":\"location\",\"notIn\":\"" bracket_ \
                                   "parameters('regions')]\"}]},\"then\":{\"effect\":\"" effect_ "\"}},\"parameters\":{\"regions\":{\"type\":\"Array\"}}"
#define RULE(effect_) RULE_OF(effect_, "[[")
#define PLAIN_RULE(effect_) RULE_OF(effect_, "[")

/* The body of a deployment: resources, outputs, and further members beside "template". */
static char *body_of(const char *resources, const char *outputs, const char *more)
{
    return api_printf(&w.api, "{\"location\":\"koreacentral\",\"properties\":{\"mode\":\"Incremental\"%s,\"template\":{\"$schema\":\"https://schema.management.azure.com/schemas/"
                      "2019-04-01/deploymentTemplate.json#\",\"contentVersion\":\"1.0.0.0\",\"resources\":[%s],\"outputs\":{%s}}}}", more, resources, outputs);
}

static mp_str change_of(const api_answer *answer, const char *end)
{
    const mp_json *changes = mp_json_get(mp_json_get(answer->json, MP_S("properties")), MP_S("changes"));
    CHECK(mp_json_is(changes, MP_JSON_ARRAY));
    for (MP_JSON_EACH(one, changes)) {
        mp_str id = mp_json_str(mp_json_get(one, MP_S("resourceId"))), tail = mp_str_from(end);
        if (id.len >= tail.len && mp_str_eq_fold(mp_str_skip(id, id.len - tail.len), tail))
            return mp_json_str(mp_json_get(one, MP_S("changeType")));
    }
    return MP_S("none");
}

static api_answer deploy(const char *json, const char *path, const char *state)
{
    api_answer a = arm_put(&w, &w.owner, json, "%s", path);
    if (a.status >= 300 || !mp_str_eq(arm_at(&a, "properties/provisioningState"), mp_str_from(state)))
        fail_msg("%s: %u %.*s", path, a.status, MP_FMT(a.body));
    return a;
}

/* ---- all of it in one template ---- */

/* A policy, an initiative of it, both assigned, an exemption; a role and who has it; a group with a lock, tags, and a resource. Each refers to what comes before it by its id alone. */
static char *everything(mp_str principal)
{
    return body_of(
        api_printf(&w.api,
            "{\"type\":\"Microsoft.Authorization/policyExemptions\",\"apiVersion\":\"2022-07-01-preview\",\"name\":\"excused\",\"dependsOn\":[\"[subscriptionResourceId('Microsoft.Authorization/"
            "policyAssignments','near')]\"],\"properties\":{\"policyAssignmentId\":\"[subscriptionResourceId('Microsoft.Authorization/policyAssignments','near')]\",\"exemptionCategory\":\"Waiver\"}},"
            "{\"type\":\"Microsoft.Authorization/policyAssignments\",\"apiVersion\":\"2022-06-01\",\"name\":\"near\",\"location\":\"koreacentral\",\"identity\":{\"type\":\"SystemAssigned\"},\"dependsOn\":"
            "[\"[subscriptionResourceId('Microsoft.Authorization/policyDefinitions','near')]\"],\"properties\":{\"policyDefinitionId\":\"[subscriptionResourceId('Microsoft.Authorization/policyDefinitions','near')]\",\"parameters\":{\"regions\":{\"value\":[\"koreacentral\"]}}}},"
            "{\"type\":\"Microsoft.Authorization/policySetDefinitions\",\"apiVersion\":\"2021-06-01\",\"name\":\"both\",\"dependsOn\":[\"[subscriptionResourceId('Microsoft.Authorization/policyDefinitions','near')]\"],"
            "\"properties\":{\"policyDefinitions\":[{\"policyDefinitionReferenceId\":\"one\",\"policyDefinitionId\":\"[subscriptionResourceId('Microsoft.Authorization/policyDefinitions','near')]\","
            "\"parameters\":{\"regions\":{\"value\":[\"koreacentral\",\"koreasouth\"]}}}]}},"
            "{\"type\":\"Microsoft.Authorization/policyDefinitions\",\"apiVersion\":\"2021-06-01\",\"name\":\"near\",\"properties\":{\"mode\":\"All\"," RULE("deny") "}},"
            "{\"type\":\"Microsoft.Authorization/roleDefinitions\",\"apiVersion\":\"2022-04-01\",\"name\":\"" GUID "01\",\"properties\":{\"roleName\":\"Disk reader\",\"permissions\":[{\"actions\":"
            "[\"Microsoft.Compute/disks/read\"],\"notActions\":[]}],\"assignableScopes\":[\"[subscription().id]\"]}},"
            "{\"type\":\"Microsoft.Authorization/roleAssignments\",\"apiVersion\":\"2022-04-01\",\"name\":\"" GUID "02\",\"dependsOn\":[\"[subscriptionResourceId('Microsoft.Authorization/roleDefinitions',"
            "'" GUID "01')]\"],\"properties\":{\"roleDefinitionId\":\"[subscriptionResourceId('Microsoft.Authorization/roleDefinitions','" GUID "01')]\",\"principalId\":\"%.*s\"}},"
            "{\"type\":\"Microsoft.Resources/resourceGroups\",\"apiVersion\":\"2021-04-01\",\"name\":\"made\",\"location\":\"[deployment().location]\"},"
            "{\"type\":\"Microsoft.Resources/deployments\",\"apiVersion\":\"2021-04-01\",\"name\":\"within\",\"resourceGroup\":\"made\",\"dependsOn\":[\"made\"],\"properties\":{\"mode\":\"Incremental\","
            "\"expressionEvaluationOptions\":{\"scope\":\"inner\"},\"template\":{\"$schema\":\"x\",\"contentVersion\":\"1.0.0.0\",\"resources\":["
            "{\"type\":\"Microsoft.Compute/disks\",\"apiVersion\":\"2023-01-01\",\"name\":\"d\",\"location\":\"[resourceGroup().location]\",\"properties\":{\"diskSizeGB\":5}},"
            "{\"type\":\"Microsoft.Resources/tags\",\"apiVersion\":\"2021-04-01\",\"name\":\"default\",\"scope\":\"Microsoft.Compute/disks/d\",\"dependsOn\":[\"d\"],\"properties\":{\"tags\":{\"a\":\"1\"}}},"
            "{\"type\":\"Microsoft.Authorization/locks\",\"apiVersion\":\"2020-05-01\",\"name\":\"kept\",\"dependsOn\":[\"d\"],\"properties\":{\"level\":\"CanNotDelete\"}}],"
            "\"outputs\":{\"group\":{\"type\":\"string\",\"value\":\"[resourceGroup().name]\"}}}}}", MP_FMT(principal)),
        "\"principal\":{\"type\":\"string\",\"value\":\"[reference(subscriptionResourceId('Microsoft.Authorization/policyAssignments','near'),'2022-06-01','Full').identity.principalId]\"},"
        "\"group\":{\"type\":\"string\",\"value\":\"[reference('within').outputs.group.value]\"},\"tenant\":{\"type\":\"string\",\"value\":\"[tenant().tenantId]\"},"
        "\"deployer\":{\"type\":\"string\",\"value\":\"[deployer().objectId]\"}", "");
}

/* Leaves of an action that are about what ends so. */
static size_t leaves(const char *action, const char *end)
{
    static const api_client local = { .is_local = true };
    api_answer a = api_get(&w.api, &local, api_printf(&w.api, "/api/v1/ledger/leaves?action=%s", action));
    size_t     count = 0;
    WANT(a, 200);
    for (MP_JSON_EACH(leaf, mp_json_get(a.json, MP_S("value")))) {
        const mp_json *on = mp_json_get(mp_json_get(leaf, MP_S("leaf")), MP_S("on"));
        mp_str         text = mp_json_is(on, MP_JSON_STRING) ? mp_json_str(on) : MP_S(""), tail = mp_str_from(end);
        count += text.len >= tail.len && mp_str_eq(mp_str_skip(text, text.len - tail.len), tail);
    }
    return count;
}

static const char *const made[] = { "S" AUTH "policyDefinitions/near", "S" AUTH "policySetDefinitions/both", "S" AUTH "policyAssignments/near", "S" AUTH "policyExemptions/excused",
                                    "S" AUTH "roleDefinitions/" GUID "01", "S" AUTH "roleAssignments/" GUID "02", "S/resourceGroups/made",
                                    "S/resourceGroups/made/providers/Microsoft.Compute/disks/d", "S/resourceGroups/made" AUTH "locks/kept" };

static void check_made(bool is_there)
{
    for (size_t i = 0; i < MP_COUNT(made); i++) {
        api_answer a = arm_get(&w, &w.owner, "%s", made[i]);
        if ((a.status == 200) != is_there)
            fail_msg("%s: %u %.*s", made[i], a.status, MP_FMT(a.body));
    }
}

TEST(one_template_makes_whatever_has_a_place)
{
    api_client other;
    arm_start(&w);
    mp_str principal = arm_program(&w, &other, "other", NULL, NULL);
    char  *json = everything(principal);
    /* Asked before: nothing is there afterwards, and nothing was noted. */
    WANT(arm_send(&w, &w.owner, MP_POST, json, "S" DEPLOYMENTS "all/validate"), 200);
    api_answer a = arm_send(&w, &w.owner, MP_POST, json, "S" DEPLOYMENTS "all/whatIf");
    WANT(a, 200);
    for (size_t i = 0; i < MP_COUNT(made); i++)
        CHECK_STR(change_of(&a, made[i] + 1), "Create");
    check_made(false);
    CHECK_INT(leaves("Microsoft.Authorization/policyDefinitions/write", "/policydefinitions/near"), 0);
    a = deploy(json, "S" DEPLOYMENTS "all", "Succeeded");
    check_made(true);
    /* Each change is in the log as its own. */
    CHECK_INT(leaves("Microsoft.Authorization/policyDefinitions/write", "/policydefinitions/near"), 1);
    CHECK_INT(leaves("Microsoft.Authorization/locks/write", "/resourcegroups/made/providers/microsoft.authorization/locks/kept"), 1);
    CHECK_INT(leaves("Microsoft.Resources/deployments/write", "/resourcegroups/made/providers/microsoft.resources/deployments/within"), 1);
    CHECK(arm_at(&a, "properties/outputs/principal/value").len == 36);
    CHECK_STR(arm_at(&a, "properties/outputs/group/value"), "made");
    CHECK_STR(arm_at(&a, "properties/outputs/tenant/value"), api_printf(&w.api, "%.*s", MP_FMT(w.api.init.tenant_id)));
    CHECK(arm_at(&a, "properties/outputs/deployer/value").len == 36);
    a = arm_get(&w, &w.owner, "S/resourceGroups/made/providers/Microsoft.Compute/disks/d");
    CHECK_STR(arm_at(&a, "tags/a"), "1");
    CHECK_STR(arm_at(&a, "location"), "koreacentral");
    /* What was made holds: the policy refuses, the exemption excuses, the lock keeps, the role lets read. */
    WANT(arm_get(&w, &other, "S/resourceGroups/made/providers/Microsoft.Compute/disks/d"), 200);
    ARM_REFUSED(arm_delete(&w, &w.owner, "S/resourceGroups/made"), 409, "ScopeLocked");
    arm_group(&w, "g");
    WANT(arm_put(&w, &w.owner, "{\"location\":\"westus\"}", "S/resourceGroups/g/providers/Microsoft.Compute/disks/far"), 201);
    WANT(arm_delete(&w, &w.owner, "S" AUTH "policyExemptions/excused"), 200);
    ARM_REFUSED(arm_put(&w, &w.owner, "{\"location\":\"westus\"}", "S/resourceGroups/g/providers/Microsoft.Compute/disks/far2"), 403, "RequestDisallowedByPolicy");
    WANT(arm_put(&w, &w.owner, "{\"properties\":{\"mode\":\"All\"," PLAIN_RULE("deny") ",\"displayName\":\"Not far\"}}", "S" AUTH "policyDefinitions/near"), 201);
    /* Once more: what is as it should be is no change. */
    a = arm_send(&w, &w.owner, MP_POST, json, "S" DEPLOYMENTS "all/whatIf");
    WANT(a, 200);
    for (size_t i = 0; i < MP_COUNT(made); i++) {
        const char *wanted = i == 0 ? "Modify" : i == 3 ? "Create" : i == 7 ? "Modify" : "NoChange"; /* the disk: its tags stand in another resource of the template */
        if (!mp_str_eq(change_of(&a, made[i] + 1), mp_str_from(wanted)))
            fail_msg("%s: %.*s", made[i], MP_FMT(a.body));
    }
    deploy(json, "S" DEPLOYMENTS "all", "Succeeded");
    check_made(true);
    arm_stop(&w); /* the log verifies, and records are what it tells */
}

/* ---- what is told ---- */

TEST(operations_tell_what_was_done)
{
    arm_start(&w);
    arm_program(&w, &(api_client){ .token = NULL }, "other", NULL, NULL);
    char *json = body_of("{\"type\":\"Microsoft.Resources/resourceGroups\",\"apiVersion\":\"2021-04-01\",\"name\":\"made\",\"location\":\"koreacentral\"},"
                         "{\"type\":\"Microsoft.Resources/deployments\",\"apiVersion\":\"2021-04-01\",\"name\":\"within\",\"resourceGroup\":\"made\",\"dependsOn\":[\"made\"],\"properties\":{"
                         "\"mode\":\"Incremental\",\"template\":{\"$schema\":\"x\",\"contentVersion\":\"1.0.0.0\",\"resources\":[{\"type\":\"Microsoft.Authorization/locks\",\"apiVersion\":"
                         "\"2020-05-01\",\"name\":\"l\",\"properties\":{\"level\":\"CanNotDelete\"}}]}}}", "", "");
    deploy(json, "S" DEPLOYMENTS "d", "Succeeded");
    api_answer a = arm_get(&w, &w.owner, "S" DEPLOYMENTS "d/operations");
    WANT(a, 200);
    CHECK_INT(arm_count(&a), 2);
    CHECK_STR(arm_at(&a, "value/0/properties/provisioningOperation"), "Create");
    CHECK_STR(arm_at(&a, "value/0/properties/statusCode"), "Created");
    CHECK_STR(arm_at(&a, "value/0/properties/targetResource/resourceType"), "Microsoft.Resources/resourceGroups");
    CHECK_STR(arm_at(&a, "value/1/properties/targetResource/resourceName"), "within");
    mp_str id = arm_at(&a, "value/1/operationId");
    api_answer one = arm_get(&w, &w.owner, "S" DEPLOYMENTS "d/operations/%.*s", MP_FMT(id));
    CHECK_STR(arm_at(&one, "properties/targetResource/resourceType"), "Microsoft.Resources/deployments");
    ARM_REFUSED(arm_get(&w, &w.owner, "S" DEPLOYMENTS "d/operations/x"), 404, "DeploymentOperationNotFound");
    ARM_REFUSED(arm_get(&w, &w.owner, "S" DEPLOYMENTS "none/operations"), 404, "DeploymentNotFound");
    ARM_REFUSED(arm_get(&w, &w.owner, "S" DEPLOYMENTS "d/operations?$skiptoken=x"), 400, "InvalidSkipToken");
    a = arm_get(&w, &w.owner, "S" DEPLOYMENTS "d/operations?$top=1");
    CHECK_INT(arm_count(&a), 1);
    CHECK(arm_at(&a, "nextLink").len > 0);
    /* That within it is one of its own; a group's are asked for without a provider too. */
    a = arm_get(&w, &w.owner, "S/resourceGroups/made" DEPLOYMENTS "within");
    CHECK_STR(arm_at(&a, "properties/provisioningState"), "Succeeded");
    a = arm_get(&w, &w.owner, "S/resourcegroups/made/deployments/within/operations");
    WANT(a, 200);
    CHECK_INT(arm_count(&a), 1);
    CHECK_STR(arm_at(&a, "value/0/properties/targetResource/resourceType"), "Microsoft.Authorization/locks");
    /* They go with it. */
    WANT(arm_delete(&w, &w.owner, "S" DEPLOYMENTS "d"), 204);
    ARM_REFUSED(arm_get(&w, &w.owner, "S" DEPLOYMENTS "d/operations"), 404, "DeploymentNotFound");
    arm_stop(&w);
}

/* What can be known before is refused before, with all that would be; what cannot ends the deployment, and is told. */
TEST(what_fails_is_told_in_full)
{
    arm_start(&w);
    arm_group(&w, "g");
    char *bad = body_of("{\"type\":\"Microsoft.Authorization/policyDefinitions\",\"apiVersion\":\"2021-06-01\",\"name\":\"bad\",\"properties\":{\"mode\":\"All\",\"policyRule\":{\"if\":{\"field\":\"type\","
                        "\"equalz\":\"x\"},\"then\":{\"effect\":\"deny\"}}}},"
                        "{\"type\":\"Microsoft.Authorization/policyAssignments\",\"apiVersion\":\"2022-06-01\",\"name\":\"none\",\"properties\":{\"policyDefinitionId\":"
                        "\"[subscriptionResourceId('Microsoft.Authorization/policyDefinitions','nowhere')]\"}},"
                        "{\"type\":\"Microsoft.Resources/resourceGroups\",\"apiVersion\":\"2021-04-01\",\"name\":\"g\",\"location\":\"westus\"},"
                        "{\"type\":\"Microsoft.Authorization/policyDefinitions\",\"apiVersion\":\"2021-06-01\",\"name\":\"good\",\"properties\":{\"mode\":\"All\"," RULE("deny") "}},"
                        "{\"type\":\"Microsoft.Authorization/policyAssignments\",\"apiVersion\":\"2022-06-01\",\"name\":\"lacking\",\"properties\":{\"policyDefinitionId\":"
                        "\"[resourceId('Microsoft.Authorization/policyDefinitions','good')]\"}}", "", "");
    static const char *const wanted[] = { "InvalidPolicyRule", "PolicyDefinitionNotFound", "InvalidResourceGroupLocation", "MissingPolicyParameter" };
    for (unsigned k = 0; k < 2; k++) {
        api_answer a = arm_send(&w, &w.owner, k ? MP_PUT : MP_POST, bad, "S" DEPLOYMENTS "d%s", k ? "" : "/validate");
        ARM_REFUSED(a, 400, "InvalidTemplateDeployment");
        for (size_t i = 0; i < MP_COUNT(wanted); i++) {
            CHECK(mp_str_find_str(a.body, mp_str_from(wanted[i])) != SIZE_MAX);
            CHECK(arm_at(&a, api_printf(&w.api, "error/details/%zu/target", i)).len > 0);
        }
        CHECK_STR(arm_at(&a, "error/details/4/code"), "");
    }
    ARM_REFUSED(arm_get(&w, &w.owner, "S" AUTH "policyDefinitions/good"), 404, "PolicyDefinitionNotFound");
    ARM_REFUSED(arm_get(&w, &w.owner, "S" DEPLOYMENTS "d"), 404, "DeploymentNotFound");
    /* A lock that the template itself sets is in its own way: only then is it there. */
    char *half = body_of("{\"type\":\"Microsoft.Authorization/locks\",\"apiVersion\":\"2020-05-01\",\"name\":\"l\",\"properties\":{\"level\":\"ReadOnly\"}},"
                   "{\"type\":\"Microsoft.Compute/disks\",\"apiVersion\":\"2023-01-01\",\"name\":\"d\",\"location\":\"koreacentral\",\"dependsOn\":[\"l\"]}", "", "");
    WANT(arm_send(&w, &w.owner, MP_POST, half, "S/resourceGroups/g" DEPLOYMENTS "d/validate"), 200);
    api_answer a = deploy(half, "S/resourceGroups/g" DEPLOYMENTS "d", "Failed");
    CHECK_STR(arm_at(&a, "properties/error/code"), "DeploymentFailed");
    CHECK_STR(arm_at(&a, "properties/error/details/0/code"), "ScopeLocked");
    CHECK(mp_str_find_str(arm_at(&a, "properties/error/details/0/target"), MP_S("/disks/d")) != SIZE_MAX);
    /* Clients hear of it where they ask how it went. */
    mp_str link = api_header(&a, "azure-asyncoperation");
    CHECK(mp_str_starts(link, MP_S("https://arm.example:8443/subscriptions/")));
    a = arm_get(&w, &w.owner, "%.*s", MP_FMT(mp_str_skip(link, strlen("https://arm.example:8443"))));
    WANT(a, 200);
    CHECK_STR(arm_at(&a, "status"), "Failed");
    CHECK_STR(arm_at(&a, "error/details/0/code"), "ScopeLocked");
    a = arm_get(&w, &w.owner, "S/resourceGroups/g" DEPLOYMENTS "d/operations");
    CHECK_INT(arm_count(&a), 2);
    CHECK_STR(arm_at(&a, "value/0/properties/provisioningState"), "Succeeded");
    CHECK_STR(arm_at(&a, "value/1/properties/provisioningState"), "Failed");
    CHECK_STR(arm_at(&a, "value/1/properties/statusCode"), "Conflict");
    CHECK_STR(arm_at(&a, "value/1/properties/statusMessage/error/code"), "ScopeLocked");
    WANT(arm_get(&w, &w.owner, "S/resourceGroups/g" AUTH "locks/l"), 200);
    /* Now it is known before. */
    ARM_REFUSED(arm_put(&w, &w.owner, half, "S/resourceGroups/g" DEPLOYMENTS "d"), 400, "InvalidTemplateDeployment");
    arm_stop(&w);
}

/* What holds a secret is told of without it, also where it was refused. */
TEST(a_secret_is_in_no_error)
{
    arm_start(&w);
    arm_group(&w, "g");
    char *json = api_printf(&w.api, "{\"properties\":{\"mode\":\"Incremental\",\"parameters\":{\"p\":{\"value\":\"s3cret\"}},\"template\":{\"$schema\":\"x\",\"contentVersion\":\"1.0.0.0\",\"parameters\":"
                            "{\"p\":{\"type\":\"securestring\"}},\"resources\":[{\"type\":\"Microsoft.Authorization/locks\",\"apiVersion\":\"2020-05-01\",\"name\":\"r\",\"properties\":{\"level\":\"ReadOnly\"}},"
                            "{\"type\":\"Microsoft.Compute/disks\",\"apiVersion\":\"2023-01-01\",\"name\":\"d\",\"location\":\"koreacentral\",\"dependsOn\":[\"r\"],\"properties\":{\"a\":\"[parameters('p')]\"}}]}}}");
    api_answer a = deploy(json, "S/resourceGroups/g" DEPLOYMENTS "d", "Failed");
    CHECK_STR(arm_at(&a, "properties/error/details/0/code"), "ScopeLocked");
    CHECK(mp_str_find_str(a.body, MP_S("s3cret")) == SIZE_MAX);
    a = arm_get(&w, &w.owner, "S/resourceGroups/g" DEPLOYMENTS "d/operations");
    CHECK(mp_str_find_str(a.body, MP_S("s3cret")) == SIZE_MAX);
    /* The level of a lock is quoted by who refuses it. In a preview it is asterisks; so it fails before. */
    json = api_printf(&w.api, "{\"properties\":{\"mode\":\"Incremental\",\"parameters\":{\"p\":{\"value\":\"s3cret\"}},\"template\":{\"$schema\":\"x\",\"contentVersion\":\"1.0.0.0\",\"parameters\":"
                      "{\"p\":{\"type\":\"securestring\"}},\"resources\":[{\"type\":\"Microsoft.Authorization/locks\",\"apiVersion\":\"2020-05-01\",\"name\":\"r\",\"properties\":{\"level\":\"[parameters('p')]\"}}]}}}");
    a = arm_put(&w, &w.owner, json, "S/resourceGroups/g" DEPLOYMENTS "e");
    ARM_REFUSED(a, 400, "InvalidTemplateDeployment");
    CHECK(mp_str_find_str(a.body, MP_S("s3cret")) == SIZE_MAX);
    arm_stop(&w);
}

/* ---- at other scopes ---- */

TEST(the_tenant_and_management_groups_are_deployed_to)
{
    arm_start(&w);
    /* A management group with a policy that is assigned there, by way of a deployment to it; and a role at the tenant. */
    char *json = body_of(
        "{\"type\":\"Microsoft.Management/managementGroups\",\"apiVersion\":\"2021-04-01\",\"name\":\"top\",\"properties\":{\"displayName\":\"Top\"}},"
        "{\"type\":\"Microsoft.Resources/deployments\",\"apiVersion\":\"2021-04-01\",\"name\":\"below\",\"location\":\"koreacentral\",\"scope\":\"Microsoft.Management/managementGroups/top\","
        "\"dependsOn\":[\"top\"],\"properties\":{\"mode\":\"Incremental\",\"expressionEvaluationOptions\":{\"scope\":\"inner\"},\"template\":{\"$schema\":\"x\",\"contentVersion\":\"1.0.0.0\",\"resources\":["
        "{\"type\":\"Microsoft.Authorization/policyDefinitions\",\"apiVersion\":\"2021-06-01\",\"name\":\"wide\",\"properties\":{\"mode\":\"All\"," RULE("audit") "}},"
        "{\"type\":\"Microsoft.Authorization/policyAssignments\",\"apiVersion\":\"2022-06-01\",\"name\":\"wide\",\"properties\":{\"policyDefinitionId\":"
        "\"[extensionResourceId(managementGroup().id,'Microsoft.Authorization/policyDefinitions','wide')]\",\"parameters\":{\"regions\":{\"value\":[]}}}}]}}}", "", "");
    WANT(arm_send(&w, &w.owner, MP_POST, json, DEPLOYMENTS "t/validate"), 200);
    api_answer a = arm_send(&w, &w.owner, MP_POST, json, DEPLOYMENTS "t/whatIf");
    WANT(a, 200);
    CHECK_STR(change_of(&a, "/managementGroups/top"), "Create");
    ARM_REFUSED(arm_get(&w, &w.owner, "/providers/Microsoft.Management/managementGroups/top"), 404, "ManagementGroupNotFound");
    deploy(json, DEPLOYMENTS "t", "Succeeded");
    WANT(arm_get(&w, &w.owner, "/providers/Microsoft.Management/managementGroups/top" AUTH "policyDefinitions/wide"), 200);
    WANT(arm_get(&w, &w.owner, "/providers/Microsoft.Management/managementGroups/top" AUTH "policyAssignments/wide"), 200);
    CHECK_STR(arm_names(&w, &w.owner, DEPLOYMENTS, NULL), "t");
    CHECK_STR(arm_names(&w, &w.owner, "/providers/Microsoft.Management/managementGroups/top" DEPLOYMENTS, NULL), "below");
    CHECK_STR(arm_names(&w, &w.owner, "S" DEPLOYMENTS, NULL), "");
    a = arm_get(&w, &w.owner, DEPLOYMENTS "t/operations");
    CHECK_INT(arm_count(&a), 2);
    WANT(arm_send(&w, &w.owner, MP_HEAD, NULL, DEPLOYMENTS "t"), 204);
    ARM_REFUSED(arm_send(&w, &w.owner, MP_POST, NULL, DEPLOYMENTS "t/cancel"), 409, "DeploymentCannotBeCancelled");
    WANT(arm_delete(&w, &w.owner, DEPLOYMENTS "t"), 204);
    ARM_REFUSED(arm_get(&w, &w.owner, DEPLOYMENTS "t"), 404, "DeploymentNotFound");
    /* At the group itself; what is there already is no change but where it is one. */
    json = body_of("{\"type\":\"Microsoft.Authorization/policyDefinitions\",\"apiVersion\":\"2021-06-01\",\"name\":\"wide\",\"properties\":{\"mode\":\"All\"," RULE("audit") "}},"
                   "{\"type\":\"Microsoft.Management/managementGroups\",\"apiVersion\":\"2021-04-01\",\"name\":\"top\",\"scope\":\"/\",\"properties\":{\"displayName\":\"Another\"}}", "", "");
    a = arm_send(&w, &w.owner, MP_POST, json, "/providers/Microsoft.Management/managementGroups/top" DEPLOYMENTS "m/whatIf");
    WANT(a, 200);
    CHECK_STR(change_of(&a, "policyDefinitions/wide"), "NoChange");
    CHECK_STR(change_of(&a, "/managementGroups/top"), "Modify");
    deploy(json, "/providers/Microsoft.Management/managementGroups/top" DEPLOYMENTS "m", "Succeeded");
    a = arm_get(&w, &w.owner, "/providers/Microsoft.Management/managementGroups/top");
    CHECK_STR(arm_at(&a, "properties/displayName"), "Another");
    ARM_REFUSED(arm_put(&w, &w.owner, json, "/providers/Microsoft.Management/managementGroups/none" DEPLOYMENTS "m"), 404, "ManagementGroupNotFound");
    /* With a group go its deployments. */
    WANT(arm_delete(&w, &w.owner, "/providers/Microsoft.Management/managementGroups/top" AUTH "policyAssignments/wide"), 200);
    WANT(arm_delete(&w, &w.owner, "/providers/Microsoft.Management/managementGroups/top"), 204);
    WANT(arm_put(&w, &w.owner, "{}", "/providers/Microsoft.Management/managementGroups/top"), 200);
    ARM_REFUSED(arm_get(&w, &w.owner, "/providers/Microsoft.Management/managementGroups/top" DEPLOYMENTS "m"), 404, "DeploymentNotFound");
    arm_stop(&w);
}

/* ---- what only the deployment can tell ---- */

TEST(what_depends_on_the_deployment_is_left_to_it)
{
    api_client other;
    arm_start(&w);
    arm_group(&w, "g");
    mp_str principal = arm_program(&w, &other, "other", NULL, NULL);
    /* A role for whom a resource names; and a loop that goes as often as it says. */
    char *json = body_of(api_printf(&w.api,
        "{\"type\":\"Microsoft.Authorization/roleAssignments\",\"apiVersion\":\"2022-04-01\",\"name\":\"" GUID "03\",\"properties\":{\"roleDefinitionId\":\"[subscriptionResourceId('Microsoft.Authorization/"
        "roleDefinitions','" READER "')]\",\"principalId\":\"[reference('first').owner]\"}},"
        "{\"type\":\"Microsoft.Compute/disks\",\"apiVersion\":\"2023-01-01\",\"name\":\"first\",\"location\":\"koreacentral\",\"properties\":{\"count\":2,\"owner\":\"%.*s\"}},"
        "{\"type\":\"Microsoft.Resources/deployments\",\"apiVersion\":\"2021-04-01\",\"name\":\"many\",\"properties\":{\"mode\":\"Incremental\",\"expressionEvaluationOptions\":{\"scope\":\"inner\"},\"parameters\":"
        "{\"n\":{\"value\":\"[reference('first').count]\"}},\"template\":{\"$schema\":\"x\",\"contentVersion\":\"1.0.0.0\",\"parameters\":{\"n\":{\"type\":\"int\"}},\"resources\":[{\"type\":"
        "\"Microsoft.Compute/disks\",\"apiVersion\":\"2023-01-01\",\"name\":\"[concat('d',copyIndex())]\",\"location\":\"koreacentral\",\"copy\":{\"name\":\"c\",\"count\":\"[parameters('n')]\"}}]}}}", MP_FMT(principal)), "", "");
    api_answer a = arm_send(&w, &w.owner, MP_POST, json, "S/resourceGroups/g" DEPLOYMENTS "d/whatIf");
    WANT(a, 200);
    CHECK_STR(change_of(&a, "deployments/many"), "Unsupported");
    CHECK_STR(change_of(&a, "roleAssignments/" GUID "03"), "Create");
    a = arm_put(&w, &w.owner, json, "S/resourceGroups/g" DEPLOYMENTS "d");
    WANT(a, 201);
    if (!mp_str_eq(arm_at(&a, "properties/provisioningState"), MP_S("Succeeded")))
        fail_msg("%.*s", MP_FMT(a.body));
    WANT(arm_get(&w, &w.owner, "S/resourceGroups/g/providers/Microsoft.Compute/disks/d1"), 200);
    arm_stop(&w);
}

int main(void)
{
    return MAIN(RUN(one_template_makes_whatever_has_a_place), RUN(operations_tell_what_was_done), RUN(what_fails_is_told_in_full), RUN(a_secret_is_in_no_error),
                RUN(the_tenant_and_management_groups_are_deployed_to), RUN(what_depends_on_the_deployment_is_left_to_it));
}
