/* SPDX-License-Identifier: Apache-2.0 */
/* Who wants more than he was given: through templates, policy objects, odd paths and odd bodies. */
#include "arm_world.h"

#include <stdlib.h>

static arm_world w;

#define AUTH "/providers/Microsoft.Authorization/"
#define NET "/providers/Microsoft.Network/virtualNetworks/"
#define DISK(group_, name_) "S/resourceGroups/" group_ "/providers/Microsoft.Compute/disks/" name_
#define DEPLOYMENT(group_, name_) "S/resourceGroups/" group_ "/providers/Microsoft.Resources/deployments/" name_
#define ROLE "11111111-2222-4333-8444-0000000000"

/* A program that may just this, at a scope of the subscription. `number`: two digits. */
static void with_actions(api_client *out, const char *number, const char *scope, const char *actions, const char *not_actions)
{
    char *json = api_printf(&w.api, "{\"properties\":{\"roleName\":\"R%s\",\"permissions\":[{\"actions\":[%s],\"notActions\":[%s]}],\"assignableScopes\":[\"/subscriptions/%s\"]}}", number,
                            actions, not_actions, w.subscription);
    WANT(arm_put(&w, &w.owner, json, "S" AUTH "roleDefinitions/" ROLE "%s", number), 201);
    mp_str id = arm_program(&w, out, api_printf(&w.api, "p%s", number), NULL, NULL);
    WANT(arm_put(&w, &w.owner, api_printf(&w.api, "{\"properties\":{\"roleDefinitionId\":\"/subscriptions/%s" AUTH "roleDefinitions/" ROLE "%s\",\"principalId\":\"%.*s\"}}", w.subscription, number,
                                          MP_FMT(id)),
                 "%s" AUTH "roleAssignments/" ROLE "%s", scope, number), 201);
}

/* One resource, as "type", "name" and further members. */
static char *template_of(const char *resource, const char *outputs)
{
    return api_printf(&w.api, "{\"properties\":{\"mode\":\"Incremental\",\"template\":{\"$schema\":\"https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#\","
                      "\"contentVersion\":\"1.0.0.0\",\"resources\":[%s],\"outputs\":{%s}}}}", resource, outputs);
}

static char *definition(const char *effect)
{
    return api_printf(&w.api, "{\"properties\":{\"mode\":\"All\",\"policyRule\":{\"if\":{\"allOf\":[{\"field\":\"type\",\"equals\":\"Microsoft.Compute/disks\"},{\"field\":"
                      "\"Microsoft.Compute/disks/diskSizeGB\",\"greater\":100}]},\"then\":{\"effect\":\"%s\"}}}}", effect);
}

static char *about(const char *member, const char *id, const char *more)
{
    return api_printf(&w.api, "{\"properties\":{\"%s\":\"/subscriptions/%s%s\"%s}}", member, w.subscription, id, more);
}

/* ---- templates ---- */

#define VNET_OF_H "{\"type\":\"Microsoft.Network/virtualNetworks\",\"apiVersion\":\"2023-01-01\",\"name\":\"x\",\"location\":\"koreacentral\"}"

TEST(a_template_gives_no_rights)
{
    api_client deployer, builder, no_groups;
    arm_start(&w);
    arm_group(&w, "g");
    arm_group(&w, "h");
    WANT(arm_put(&w, &w.owner, "{\"location\":\"koreacentral\",\"properties\":{\"password\":\"hidden\"}}", "S/resourceGroups/g" NET "v"), 201);
    with_actions(&deployer, "01", "S", "\"Microsoft.Resources/deployments/*\"", "");
    char *plain = template_of(VNET_OF_H, "");
    ARM_REFUSED(arm_put(&w, &deployer, plain, DEPLOYMENT("h", "d")), 403, "AuthorizationFailed");
    ARM_REFUSED(arm_send(&w, &deployer, MP_POST, plain, DEPLOYMENT("h", "d/validate")), 403, "AuthorizationFailed");
    ARM_REFUSED(arm_send(&w, &deployer, MP_POST, plain, DEPLOYMENT("h", "d/whatIf")), 403, "AuthorizationFailed");
    /* Nested, into another group. */
    char *nested = template_of(api_printf(&w.api, "{\"type\":\"Microsoft.Resources/deployments\",\"apiVersion\":\"2021-04-01\",\"name\":\"n\",\"resourceGroup\":\"g\",\"properties\":{\"mode\":"
                                          "\"Incremental\",\"template\":{\"$schema\":\"x\",\"contentVersion\":\"1.0.0.0\",\"resources\":[" VNET_OF_H "]}}}"), "");
    with_actions(&builder, "02", "S/resourceGroups/h", "\"Microsoft.Resources/deployments/*\",\"Microsoft.Network/*/write\"", "");
    ARM_REFUSED(arm_put(&w, &builder, nested, DEPLOYMENT("h", "d")), 403, "AuthorizationFailed");
    ARM_REFUSED(arm_get(&w, &w.owner, "S/resourceGroups/g" NET "x"), 404, "ResourceNotFound");
    WANT(arm_put(&w, &builder, plain, DEPLOYMENT("h", "d")), 201);
    WANT(arm_get(&w, &w.owner, "S/resourceGroups/h" NET "x"), 200);
    /* What he may write and not read is not shown to him: neither by what-if nor by reference(). */
    ARM_REFUSED(arm_send(&w, &builder, MP_POST, plain, DEPLOYMENT("h", "d/whatIf")), 403, "AuthorizationFailed");
    api_answer seen = arm_put(&w, &builder,
                              template_of("", api_printf(&w.api, "\"o\":{\"type\":\"object\",\"value\":\"[reference('/subscriptions/%s/resourceGroups/g" NET "v','2023-01-01')]\"}", w.subscription)),
                              DEPLOYMENT("h", "r"));
    CHECK(mp_str_find_str(seen.body, MP_S("hidden")) == SIZE_MAX);
    /* A group is not made by way of another word for it. */
    with_actions(&no_groups, "03", "S", "\"*\"", "\"Microsoft.Resources/subscriptions/resourceGroups/write\"");
    char *group = template_of("{\"type\":\"Microsoft.Resources/resourceGroups\",\"apiVersion\":\"2021-04-01\",\"name\":\"new\",\"location\":\"koreacentral\"}", "");
    char *sub = api_printf(&w.api, "{\"location\":\"koreacentral\",%s", group + 1);
    ARM_REFUSED(arm_put(&w, &no_groups, "{\"location\":\"koreacentral\"}", "S/resourceGroups/new"), 403, "AuthorizationFailed");
    ARM_REFUSED(arm_put(&w, &no_groups, sub, "S/providers/Microsoft.Resources/deployments/d"), 403, "AuthorizationFailed");
    ARM_REFUSED(arm_get(&w, &w.owner, "S/resourceGroups/new"), 404, "ResourceGroupNotFound");
    WANT(arm_put(&w, &w.owner, sub, "S/providers/Microsoft.Resources/deployments/d"), 201);
    WANT(arm_get(&w, &w.owner, "S/resourceGroups/new"), 200);
    arm_stop(&w);
}

#define POLICY_OF "{\"type\":\"Microsoft.Authorization/policyDefinitions\",\"apiVersion\":\"2021-06-01\",\"name\":\"p\",\"properties\":{\"mode\":\"All\",\"policyRule\":{\"if\":{\"field\":\"type\"," \
                  "\"equals\":\"x\"},\"then\":{\"effect\":\"deny\"}}}}"
#define LOCK_OF "{\"type\":\"Microsoft.Authorization/locks\",\"apiVersion\":\"2020-05-01\",\"name\":\"l\",\"properties\":{\"level\":\"ReadOnly\"}}"
#define OWNER_ROLE "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"

/* Whoever may deploy, and write resources of any kind but these: a template brings him no further than his own PUT. */
TEST(a_template_writes_no_object_that_its_sender_might_not)
{
    static const char *const bodies[] = {
        POLICY_OF, LOCK_OF, "{\"type\":\"microsoft.authorization/ROLEassignments\",\"apiVersion\":\"2022-04-01\",\"name\":\"" ROLE "77\",\"properties\":{}}",
        "{\"type\":\"Microsoft.Authorization/roleDefinitions\",\"apiVersion\":\"2022-04-01\",\"name\":\"" ROLE "78\",\"properties\":{\"roleName\":\"x\",\"permissions\":[{\"actions\":[\"*\"]}]}}",
        "{\"type\":\"Microsoft.PolicyInsights/attestations\",\"apiVersion\":\"2022-09-01\",\"name\":\"a\",\"properties\":{}}",
    };
    api_client contributor;
    arm_start(&w);
    arm_group(&w, "g");
    with_actions(&contributor, "01", "S", "\"*\"", "\"Microsoft.Authorization/*/write\",\"Microsoft.PolicyInsights/*/write\"");
    for (size_t i = 0; i < MP_COUNT(bodies); i++) {
        bool  is_of_subscription = bodies[i] == bodies[0];
        char *json = template_of(bodies[i], ""), *path = api_printf(&w.api, "%s/providers/Microsoft.Resources/deployments/d", is_of_subscription ? "S" : "S/resourceGroups/g");
        ARM_REFUSED(arm_put(&w, &contributor, json, "%s", path), 403, "AuthorizationFailed");
        ARM_REFUSED(arm_send(&w, &contributor, MP_POST, json, "%s/validate", path), 403, "AuthorizationFailed");
        ARM_REFUSED(arm_send(&w, &contributor, MP_POST, json, "%s/whatIf", path), 403, "AuthorizationFailed");
    }
    /* What no PUT makes, no template makes. */
    static const char *const types[] = { "Microsoft.Graph/users", "Microsoft.PolicyInsights/policyStates", "Microsoft.Resources/deployments/operations" };
    for (size_t i = 0; i < MP_COUNT(types); i++) {
        char *json = template_of(api_printf(&w.api, "{\"type\":\"%s\",\"apiVersion\":\"2021-04-01\",\"name\":\"default%s\",\"properties\":{}}", types[i], i == 2 ? "/x" : ""), "");
        ARM_REFUSED(arm_put(&w, &w.owner, json, DEPLOYMENT("g", "d")), 400, "InvalidTemplateDeployment");
    }
    arm_stop(&w);
}

/* Who may assign roles may not give what he has not: neither here. And nobody exempts himself by way of a template. */
TEST(a_template_gives_no_more_than_its_sender_has)
{
    api_client giver, exempter;
    arm_start(&w);
    arm_group(&w, "g");
    with_actions(&giver, "01", "S/resourceGroups/g", "\"Microsoft.Resources/deployments/*\",\"Microsoft.Authorization/roleAssignments/*\"", "");
    mp_str id = arm_program(&w, &exempter, "other", NULL, NULL);
    char  *give = api_printf(&w.api, "{\"properties\":{\"roleDefinitionId\":\"/providers/Microsoft.Authorization/roleDefinitions/" OWNER_ROLE "\",\"principalId\":\"%.*s\"}}", MP_FMT(id));
    api_answer plain = arm_put(&w, &giver, give, "S/resourceGroups/g" AUTH "roleAssignments/" ROLE "55");
    CHECK(plain.status == 403);
    char *json = template_of(api_printf(&w.api, "{\"type\":\"Microsoft.Authorization/roleAssignments\",\"apiVersion\":\"2022-04-01\",\"name\":\"" ROLE "55\",%s", give + 1), "");
    api_answer a = arm_put(&w, &giver, json, DEPLOYMENT("g", "d"));
    CHECK(a.status >= 400);
    ARM_REFUSED(arm_get(&w, &w.owner, "S/resourceGroups/g" AUTH "roleAssignments/" ROLE "55"), 404, "RoleAssignmentNotFound");
    WANT(arm_put(&w, &w.owner, json, DEPLOYMENT("g", "d")), 201);
    WANT(arm_get(&w, &w.owner, "S/resourceGroups/g" AUTH "roleAssignments/" ROLE "55"), 200);
    /* Of an assignment at the subscription, by who owns but the group. */
    WANT(arm_put(&w, &w.owner, definition("deny"), "S" AUTH "policyDefinitions/p"), 201);
    WANT(arm_put(&w, &w.owner, about("policyDefinitionId", AUTH "policyDefinitions/p", ""), "S" AUTH "policyAssignments/a"), 201);
    arm_program(&w, &exempter, "owner of g", "Owner", "S/resourceGroups/g");
    json = template_of(api_printf(&w.api, "{\"type\":\"Microsoft.Authorization/policyExemptions\",\"apiVersion\":\"2022-07-01-preview\",\"name\":\"x\",%s",
                                  about("policyAssignmentId", AUTH "policyAssignments/a", ",\"exemptionCategory\":\"Waiver\"") + 1), "");
    ARM_REFUSED(arm_put(&w, &exempter, json, DEPLOYMENT("g", "d")), 403, "AuthorizationFailed");
    ARM_REFUSED(arm_send(&w, &exempter, MP_POST, json, DEPLOYMENT("g", "d/validate")), 403, "AuthorizationFailed");
    WANT(arm_put(&w, &w.owner, json, DEPLOYMENT("g", "x")), 201);
    arm_stop(&w);
}

/* Neither expressions nor previews show what a GET would not. */
TEST(a_template_reads_no_object_that_its_sender_might_not)
{
    api_client blind;
    arm_start(&w);
    arm_group(&w, "g");
    WANT(arm_put(&w, &w.owner, "{\"properties\":{\"mode\":\"All\",\"displayName\":\"hidden\",\"policyRule\":{\"if\":{\"field\":\"type\",\"equals\":\"x\"},\"then\":{\"effect\":\"audit\"}}}}",
                 "S" AUTH "policyDefinitions/p"), 201);
    WANT(arm_put(&w, &w.owner, "{\"properties\":{\"level\":\"CanNotDelete\",\"notes\":\"hidden\"}}", "S/resourceGroups/g" AUTH "locks/l"), 201);
    with_actions(&blind, "01", "S", "\"Microsoft.Resources/deployments/*\",\"Microsoft.Authorization/*/write\"", "");
    static const char *const ids[] = { AUTH "policyDefinitions/p", "/resourceGroups/g" AUTH "locks/l", "/resourceGroups/g" };
    for (size_t i = 0; i < MP_COUNT(ids); i++) {
        char *out = api_printf(&w.api, "\"o\":{\"type\":\"object\",\"value\":\"[reference('/subscriptions/%s%s','2022-09-01','Full')]\"}", w.subscription, ids[i]);
        api_answer a = arm_put(&w, &blind, template_of("", out), DEPLOYMENT("g", "r"));
        CHECK(a.status < 300);
        CHECK_STR(arm_at(&a, "properties/provisioningState"), "Failed");
        CHECK(mp_str_find_str(a.body, MP_S("hidden")) == SIZE_MAX);
        a = arm_put(&w, &w.owner, template_of("", out), DEPLOYMENT("g", "s"));
        CHECK_STR(arm_at(&a, "properties/provisioningState"), "Succeeded");
        CHECK(i > 1 || mp_str_find_str(a.body, MP_S("hidden")) != SIZE_MAX);
    }
    char *json = template_of(LOCK_OF, "");
    ARM_REFUSED(arm_send(&w, &blind, MP_POST, json, DEPLOYMENT("g", "d/whatIf")), 403, "AuthorizationFailed");
    /* The record of one within another group is written there, and so asked about there. */
    arm_group(&w, "h");
    with_actions(&blind, "02", "S/resourceGroups/g", "\"Microsoft.Resources/deployments/*\"", "");
    char *nested = template_of("{\"type\":\"Microsoft.Resources/deployments\",\"apiVersion\":\"2021-04-01\",\"name\":\"n\",\"resourceGroup\":\"h\",\"properties\":{\"mode\":"
                               "\"Incremental\",\"template\":{\"$schema\":\"x\",\"contentVersion\":\"1.0.0.0\",\"resources\":[]}}}", "");
    ARM_REFUSED(arm_put(&w, &blind, nested, DEPLOYMENT("g", "d")), 403, "AuthorizationFailed");
    ARM_REFUSED(arm_get(&w, &w.owner, DEPLOYMENT("h", "n")), 404, "DeploymentNotFound");
    WANT(arm_put(&w, &w.owner, nested, DEPLOYMENT("g", "d")), 201);
    WANT(arm_get(&w, &w.owner, DEPLOYMENT("h", "n")), 200);
    arm_stop(&w);
}

/* A preview names what else stands in the group: to who may see it. */
TEST(what_if_shows_what_one_may_see)
{
    api_client one;
    arm_start(&w);
    arm_group(&w, "g");
    WANT(arm_put(&w, &w.owner, "{\"location\":\"koreacentral\",\"properties\":{\"secret\":\"hidden\"}}", DISK("g", "d")), 201);
    WANT(arm_put(&w, &w.owner, "{\"location\":\"koreacentral\"}", "S/resourceGroups/g" NET "other"), 201);
    with_actions(&one, "01", "S/resourceGroups/g", "\"Microsoft.Resources/deployments/*\",\"Microsoft.Network/*\"", "");
    api_answer a = arm_send(&w, &one, MP_POST, template_of(VNET_OF_H, ""), DEPLOYMENT("g", "d/whatIf"));
    WANT(a, 200);
    CHECK(mp_str_find_str(a.body, MP_S("virtualNetworks/other")) != SIZE_MAX);
    CHECK(mp_str_find_str(a.body, MP_S("hidden")) == SIZE_MAX);
    arm_stop(&w);
}

/* ---- policy objects ---- */

/* An exemption stands where its maker may write; what it exempts from is decided by those who assigned it. */
TEST(nobody_exempts_himself)
{
    api_client inside;
    arm_start(&w);
    arm_group(&w, "g");
    arm_program(&w, &inside, "inside", "Owner", "S/resourceGroups/g");
    WANT(arm_put(&w, &w.owner, definition("deny"), "S" AUTH "policyDefinitions/p"), 201);
    WANT(arm_put(&w, &w.owner, about("policyDefinitionId", AUTH "policyDefinitions/p", ""), "S" AUTH "policyAssignments/a"), 201);
    char *exemption = about("policyAssignmentId", AUTH "policyAssignments/a", ",\"exemptionCategory\":\"Waiver\"");
    ARM_REFUSED(arm_put(&w, &inside, exemption, "S/resourceGroups/g" AUTH "policyExemptions/e"), 403, "AuthorizationFailed");
    char *loud = about("policyAssignmentId", AUTH "POLICYassignments/A", ",\"exemptionCategory\":\"Waiver\"");
    ARM_REFUSED(arm_put(&w, &inside, loud, "S/resourceGroups/g" AUTH "policyExemptions/e"), 403, "AuthorizationFailed");
    ARM_REFUSED(arm_put(&w, &inside, "{\"location\":\"koreacentral\",\"properties\":{\"diskSizeGB\":500}}", DISK("g", "d")), 403, "RequestDisallowedByPolicy");
    /* He may where he assigned it himself. */
    WANT(arm_put(&w, &w.owner, about("policyDefinitionId", AUTH "policyDefinitions/p", ""), "S/resourceGroups/g" AUTH "policyAssignments/b"), 201);
    char *own = about("policyAssignmentId", "/resourceGroups/g" AUTH "policyAssignments/b", ",\"exemptionCategory\":\"Waiver\"");
    WANT(arm_put(&w, &inside, own, "S/resourceGroups/g" AUTH "policyExemptions/e"), 201);
    WANT(arm_put(&w, &w.owner, exemption, "S/resourceGroups/g" AUTH "policyExemptions/f"), 201);
    WANT(arm_put(&w, &inside, "{\"location\":\"koreacentral\",\"properties\":{\"diskSizeGB\":500}}", DISK("g", "d")), 201);
    arm_stop(&w);
}

/* What one may not read, one neither assigns nor puts into an initiative: reasons of verdicts would show it. */
TEST(nobody_assigns_what_he_does_not_see)
{
    api_client inside;
    arm_start(&w);
    arm_group(&w, "g");
    with_actions(&inside, "01", "S/resourceGroups/g", "\"*\"", "");
    WANT(arm_put(&w, &w.owner, definition("audit"), "S" AUTH "policyDefinitions/p"), 201);
    ARM_REFUSED(arm_put(&w, &inside, about("policyDefinitionId", AUTH "policyDefinitions/p", ""), "S/resourceGroups/g" AUTH "policyAssignments/a"), 403, "AuthorizationFailed");
    ARM_REFUSED(arm_put(&w, &inside, about("PolicyDefinitionID", AUTH "POLICYDEFINITIONS/P", ""), "S/resourceGroups/g" AUTH "policyAssignments/a"), 403, "AuthorizationFailed");
    api_client sets;
    with_actions(&sets, "02", "S", "\"Microsoft.Authorization/policySetDefinitions/*\",\"Microsoft.Authorization/policyAssignments/*\"", "");
    char *set = api_printf(&w.api, "{\"properties\":{\"policyDefinitions\":[{\"policyDefinitionId\":\"/subscriptions/%s" AUTH "policyDefinitions/p\"}]}}", w.subscription);
    ARM_REFUSED(arm_put(&w, &sets, set, "S" AUTH "policySetDefinitions/s"), 403, "AuthorizationFailed");
    WANT(arm_put(&w, &w.owner, set, "S" AUTH "policySetDefinitions/s"), 201);
    WANT(arm_put(&w, &sets, about("policyDefinitionId", AUTH "policySetDefinitions/s", ""), "S" AUTH "policyAssignments/a"), 201);
    arm_stop(&w);
}

/* What a role takes out of what it gives is not in lists either. */
TEST(lists_keep_to_what_a_role_takes_out)
{
    api_client one;
    arm_start(&w);
    arm_group(&w, "g");
    with_actions(&one, "01", "S", "\"*\"", "\"Microsoft.Compute/*/read\"");
    WANT(arm_put(&w, &w.owner, "{\"location\":\"koreacentral\"}", DISK("g", "d")), 201);
    WANT(arm_put(&w, &w.owner, "{\"location\":\"koreacentral\"}", "S/resourceGroups/g" NET "v"), 201);
    ARM_REFUSED(arm_get(&w, &one, DISK("g", "d")), 403, "AuthorizationFailed");
    CHECK_STR(arm_names(&w, &one, "S/resources", NULL), "v");
    CHECK_STR(arm_names(&w, &one, "S/resourceGroups/g/resources", NULL), "v");
    CHECK_STR(arm_names(&w, &one, "S/providers/Microsoft.Compute/disks", NULL), "");
    CHECK_STR(arm_names(&w, &w.owner, "S/resources", NULL), "d v");
    arm_stop(&w);
}

/* Conditions that one makes up are questions about what is in resources: also of those that are related, anywhere in the subscription. */
TEST(what_if_is_no_way_to_read)
{
    api_client states, inside;
    arm_start(&w);
    arm_group(&w, "g");
    WANT(arm_put(&w, &w.owner, definition("audit"), "S" AUTH "policyDefinitions/p"), 201);
    with_actions(&states, "01", "S", "\"Microsoft.PolicyInsights/*\",\"Microsoft.Authorization/policyDefinitions/read\"", "");
    arm_program(&w, &inside, "inside", "Reader", "S/resourceGroups/g");
    char *made_up = api_printf(&w.api, "{\"value\":[{\"id\":\"/subscriptions/%s" AUTH "policyDefinitions/q\",%s]}", w.subscription, definition("audit") + 1);
    char *assigns = api_printf(&w.api, "{\"value\":[{\"id\":\"/subscriptions/%s/resourceGroups/g" AUTH "policyAssignments/a\",%s]}", w.subscription,
                               about("policyDefinitionId", AUTH "policyDefinitions/p", "") + 1);
    char *everywhere = api_printf(&w.api, "/api/v1/states/what-if?scope=/subscriptions/%s", w.subscription), *here = api_printf(&w.api, "%s/resourceGroups/g", everywhere);
    WANT(api_send(&w.api, &w.owner, MP_POST, everywhere, made_up), 200);
    WANT(api_send(&w.api, &w.owner, MP_POST, here, assigns), 200);
    WANT(api_send(&w.api, &states, MP_POST, everywhere, made_up), 403);
    WANT(api_send(&w.api, &states, MP_POST, here, assigns), 403);
    WANT(api_send(&w.api, &inside, MP_POST, here, made_up), 403); /* it could look for related ones outside */
    WANT(api_send(&w.api, &inside, MP_POST, here, assigns), 403); /* a definition that he may not read */
    WANT(api_send(&w.api, &inside, MP_POST, here, "{\"value\":[]}"), 200);
    arm_stop(&w);
}

/* What was given and decided in a group goes with it: who makes another one of its name begins anew. */
TEST(nothing_outlives_its_group)
{
    api_client former, leader;
    arm_start(&w);
    arm_group(&w, "g");
    arm_group(&w, "g2");
    arm_program(&w, &former, "former", "Owner", "S/resourceGroups/g");
    arm_program(&w, &leader, "leader", "Owner", "S/resourceGroups/g2");
    WANT(arm_put(&w, &w.owner, template_of(VNET_OF_H, ""), DEPLOYMENT("g", "d")), 201);
    WANT(arm_put(&w, &w.owner, definition("deny"), "S" AUTH "policyDefinitions/p"), 201);
    WANT(arm_put(&w, &w.owner, about("policyDefinitionId", AUTH "policyDefinitions/p", ""), "S" AUTH "policyAssignments/a"), 201);
    WANT(arm_put(&w, &w.owner, about("policyDefinitionId", AUTH "policyDefinitions/p", ""), "S/resourceGroups/G" AUTH "policyAssignments/b"), 201);
    WANT(arm_put(&w, &w.owner, "{\"location\":\"koreacentral\",\"properties\":{\"diskSizeGB\":1}}", DISK("g", "d")), 201);
    char *exemption = about("policyAssignmentId", AUTH "policyAssignments/a", ",\"exemptionCategory\":\"Waiver\"");
    WANT(arm_put(&w, &w.owner, exemption, DISK("g", "d") AUTH "policyExemptions/e"), 201);
    WANT(arm_put(&w, &w.owner, exemption, "S/resourceGroups/g2" AUTH "policyExemptions/e"), 201);
    WANT(arm_delete(&w, &w.owner, "S/resourceGroups/g"), 202);
    ARM_REFUSED(arm_get(&w, &former, "S/resourceGroups/g"), 403, "AuthorizationFailed");
    arm_group(&w, "g");
    ARM_REFUSED(arm_get(&w, &former, "S/resourceGroups/g"), 403, "AuthorizationFailed");
    WANT(arm_get(&w, &leader, "S/resourceGroups/g2"), 200);
    ARM_REFUSED(arm_get(&w, &w.owner, DEPLOYMENT("g", "d")), 404, "DeploymentNotFound");
    CHECK_STR(arm_names(&w, &w.owner, "S" AUTH "policyAssignments", NULL), "a");
    CHECK_STR(arm_names(&w, &w.owner, "S" AUTH "policyExemptions", NULL), "e");
    ARM_REFUSED(arm_put(&w, &w.owner, "{\"location\":\"koreacentral\",\"properties\":{\"diskSizeGB\":500}}", DISK("g", "d")), 403, "RequestDisallowedByPolicy");
    /* A resource's own go with it too. */
    WANT(arm_put(&w, &w.owner, "{\"location\":\"koreacentral\",\"properties\":{\"diskSizeGB\":1}}", DISK("g", "d")), 201);
    WANT(arm_put(&w, &w.owner, exemption, DISK("g", "d") AUTH "policyExemptions/x"), 201);
    WANT(arm_delete(&w, &w.owner, DISK("g", "d")), 200);
    CHECK_STR(arm_names(&w, &w.owner, "S" AUTH "policyExemptions", NULL), "e");
    arm_stop(&w);
}

/* ---- paths ---- */

/* Slashes that were encoded, more than one, other case: one thing is asked for, and the right for that thing. */
TEST(a_path_has_one_meaning)
{
    api_client contributor;
    arm_start(&w);
    arm_group(&w, "g");
    arm_program(&w, &contributor, "contributor", "Contributor", "S");
    static const char *const paths[] = {
        "S/providers/%2FMicrosoft.Authorization/policyAssignments/a%2F%2F", "S/providers//Microsoft.Authorization/policyAssignments/a", "S/providers/Microsoft.Authorization%2FpolicyAssignments%2Fa",
        "S/PROVIDERS/MICROSOFT.AUTHORIZATION/POLICYASSIGNMENTS/a", "S/resourceGroups/g/providers/%2F%2FMicrosoft.Authorization/policyAssignments/a%2F",
        "S/resourceGroups/g/providers/Microsoft.Compute/disks/d%2Fproviders%2FMicrosoft.Authorization%2Flocks%2Fl", "S/providers/Microsoft.Authorization/%2Flocks/l%2F",
    };
    for (size_t i = 0; i < MP_COUNT(paths); i++) {
        api_answer a = arm_put(&w, &contributor, "{\"location\":\"koreacentral\",\"properties\":{\"level\":\"ReadOnly\"}}", "%s", paths[i]);
        CHECK(a.status == (mp_str_find_str(mp_str_from(paths[i]), MP_S("%2F")) == SIZE_MAX ? 403 : 400));
    }
    static const char *const nothing[] = {
        "S/providers/Microsoft.Authorization/policyAssignments/a%2F..%2F..", "S/resourceGroups/g/providers/Microsoft.Compute/disks/%3F", "S/resourceGroups/g./providers/Microsoft.Compute/disks/d",
        "S/resourceGroups/g/providers/Microsoft.Compute/disks/a%00b", "S/resourceGroups/g/providers/Microsoft.Compute/disks/%c0%af", "S/resourceGroups/g/providers/Microsoft.Compute/disks",
        "/subscriptions/none/resourceGroups/g", "S/resourceGroups/g/providers/Microsoft.Compute",
    };
    for (size_t i = 0; i < MP_COUNT(nothing); i++) {
        api_answer a = arm_put(&w, &w.owner, "{\"location\":\"koreacentral\"}", "%s", nothing[i]);
        CHECK(a.status >= 400 && a.status < 500);
    }
    CHECK_STR(arm_names(&w, &w.owner, "S/resources", NULL), "");
    arm_stop(&w);
}

TEST(names_as_long_as_they_come)
{
    arm_start(&w);
    arm_group(&w, "g");
    char *name = malloc(4000);
    CHECK(name != NULL);
    memset(name, 'n', 4000);
    name[260] = '\0';
    WANT(arm_put(&w, &w.owner, "{\"location\":\"koreacentral\"}", "S/resourceGroups/g/providers/Microsoft.Compute/disks/%s", name), 201);
    WANT(arm_put(&w, &w.owner, "{\"properties\":{\"level\":\"ReadOnly\"}}", "S/resourceGroups/g/providers/Microsoft.Compute/disks/%s" AUTH "locks/%s", name, name), 201);
    ARM_REFUSED(arm_put(&w, &w.owner, "{\"location\":\"koreacentral\"}", "S/resourceGroups/g/providers/Microsoft.Compute/disks/%s", name), 409, "ScopeLocked");
    ARM_REFUSED(arm_delete(&w, &w.owner, "S/resourceGroups/g"), 409, "ScopeLocked");
    name[260] = 'n';
    name[261] = '\0';
    ARM_REFUSED(arm_put(&w, &w.owner, "{\"location\":\"koreacentral\"}", "S/resourceGroups/g/providers/Microsoft.Compute/disks/%s", name), 400, "InvalidResourceId");
    name[261] = 'n';
    name[3000] = '\0';
    api_answer a = arm_put(&w, &w.owner, "{\"location\":\"koreacentral\"}", "S/resourceGroups/g/providers/Microsoft.Compute/disks/%s", name);
    CHECK(a.status >= 400 && a.status < 500);
    free(name);
    arm_stop(&w);
}

/* ---- bodies ---- */

/* Policy looks at one member, the provider at another: there is none such. */
TEST(members_that_differ_in_case_alone)
{
    static const char *const bodies[] = {
        "{\"location\":\"koreacentral\",\"Properties\":{\"diskSizeGB\":10},\"properties\":{\"diskSizeGB\":500}}", "{\"location\":\"koreacentral\",\"properties\":{\"DiskSizeGB\":10,\"diskSizeGB\":500}}",
        "{\"location\":\"koreacentral\",\"tags\":{\"a\":\"1\",\"A\":\"2\"}}", "{\"location\":\"koreacentral\",\"properties\":{\"list\":[{\"x\":[{\"Y\":1,\"y\":2}]}]}}",
    };
    arm_start(&w);
    arm_group(&w, "g");
    WANT(arm_put(&w, &w.owner, definition("deny"), "S" AUTH "policyDefinitions/p"), 201);
    WANT(arm_put(&w, &w.owner, about("policyDefinitionId", AUTH "policyDefinitions/p", ""), "S" AUTH "policyAssignments/a"), 201);
    ARM_REFUSED(arm_put(&w, &w.owner, "{\"location\":\"koreacentral\",\"PROPERTIES\":{\"DISKSIZEGB\":500}}", DISK("g", "d")), 403, "RequestDisallowedByPolicy");
    WANT(arm_put(&w, &w.owner, "{\"location\":\"koreacentral\",\"properties\":{\"diskSizeGB\":10}}", DISK("g", "d")), 201);
    for (size_t i = 0; i < MP_COUNT(bodies); i++) {
        ARM_REFUSED(arm_put(&w, &w.owner, bodies[i], DISK("g", "d")), 400, "InvalidRequestContent");
        ARM_REFUSED(arm_send(&w, &w.owner, MP_PATCH, bodies[i], DISK("g", "d")), 400, "InvalidRequestContent");
    }
    ARM_REFUSED(arm_send(&w, &w.owner, MP_PATCH, "{\"PROPERTIES\":{\"DISKSIZEGB\":500}}", DISK("g", "d")), 403, "RequestDisallowedByPolicy");
    char *deployed = template_of("{\"type\":\"Microsoft.Compute/disks\",\"apiVersion\":\"2023-01-01\",\"name\":\"d\",\"location\":\"koreacentral\",\"properties\":{\"DiskSizeGB\":10,\"diskSizeGB\":500}}", "");
    api_answer a = arm_put(&w, &w.owner, deployed, DEPLOYMENT("g", "d"));
    CHECK(a.status == 400);
    a = arm_get(&w, &w.owner, DISK("g", "d"));
    CHECK_INT(mp_json_get(mp_json_get(a.json, MP_S("properties")), MP_S("diskSizeGB"))->u.integer, 10);
    arm_stop(&w);
}

/* As deep as the face takes it, through all that keeps and judges it; and one deeper. */
TEST(bodies_as_deep_as_they_come)
{
    arm_start(&w);
    arm_group(&w, "g");
    WANT(arm_put(&w, &w.owner, definition("audit"), "S" AUTH "policyDefinitions/p"), 201);
    WANT(arm_put(&w, &w.owner, about("policyDefinitionId", AUTH "policyDefinitions/p", ""), "S" AUTH "policyAssignments/a"), 201);
    for (int depth = 60; depth <= 66; depth++) {
        char *json = api_printf(&w.api, "{\"location\":\"koreacentral\",\"properties\":{\"diskSizeGB\":5,\"x\":%.*s1%.*s}}", depth - 2, "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", depth - 2,
                                "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]");
        api_answer a = arm_put(&w, &w.owner, json, DISK("g", "deep"));
        CHECK_INT(a.status, depth > 64 ? 400 : depth == 60 ? 201 : 200);
        WANT(arm_get(&w, &w.owner, DISK("g", "deep")), 200);
    }
    WANT(arm_send(&w, &w.owner, MP_PATCH, "{\"tags\":{\"a\":\"1\"}}", DISK("g", "deep")), 200);
    WANT(arm_send(&w, &w.owner, MP_POST, NULL, "S/providers/Microsoft.PolicyInsights/policyStates/latest/triggerEvaluation"), 200);
    api_reopen(&w.api);
    WANT(arm_get(&w, &w.owner, DISK("g", "deep")), 200);
    arm_stop(&w);
}

int main(void)
{
    return MAIN(RUN(a_template_gives_no_rights), RUN(a_template_writes_no_object_that_its_sender_might_not), RUN(a_template_gives_no_more_than_its_sender_has),
                RUN(a_template_reads_no_object_that_its_sender_might_not), RUN(what_if_shows_what_one_may_see), RUN(nobody_exempts_himself),
                RUN(nobody_assigns_what_he_does_not_see), RUN(lists_keep_to_what_a_role_takes_out), RUN(what_if_is_no_way_to_read), RUN(nothing_outlives_its_group), RUN(a_path_has_one_meaning), RUN(names_as_long_as_they_come), RUN(members_that_differ_in_case_alone), RUN(bodies_as_deep_as_they_come));
}
