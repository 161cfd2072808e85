/* SPDX-License-Identifier: Apache-2.0 */
/* Role definitions and assignments: sections 4 and 8. */
#include "arm_world.h"

static arm_world w;

#define ROLES "providers/Microsoft.Authorization/roleDefinitions"
#define ASSIGNMENTS "providers/Microsoft.Authorization/roleAssignments"
#define READER "acdd72a7-3385-48ef-bd42-f606fba81ae7"
#define ONE "11111111-2222-4333-8444-000000000001"
#define TWO "11111111-2222-4333-8444-000000000002"

TEST(definitions)
{
    arm_start(&w);
    w.version = "2022-04-01";
    api_answer builtin = arm_get(&w, &w.owner, "S/" ROLES "?$filter=roleName%%20eq%%20'reader'");
    WANT(builtin, 200);
    CHECK_INT(arm_count(&builtin), 1);
    CHECK_STR(arm_at(&builtin, "value/0/name"), READER);
    CHECK_STR(arm_at(&builtin, "value/0/properties/type"), "BuiltInRole");
    CHECK_STR(arm_at(&builtin, "value/0/properties/permissions/0/actions/0"), "*/read");
    WANT(arm_get(&w, &w.owner, "/" ROLES "/" READER), 200);
    WANT(arm_get(&w, &w.owner, "S/resourceGroups/any/" ROLES "/ACDD72A7-3385-48ef-bd42-f606fba81ae7"), 200);
    char *json = api_printf(
        &w.api,
        "{\"properties\":{\"roleName\":\"Starter\",\"description\":\"starts machines\",\"type\":\"CustomRole\",\"permissions\":[{\"actions\":[\"Microsoft.Compute/*/read\","
        "\"Microsoft.Compute/virtualMachines/start/action\"],\"notActions\":[]}],\"assignableScopes\":[\"/subscriptions/%s\"]}}",
        w.subscription);
    api_answer made = arm_put(&w, &w.owner, json, "S/" ROLES "/" ONE);
    WANT(made, 201);
    CHECK_STR(arm_at(&made, "properties/roleName"), "Starter");
    CHECK_STR(arm_at(&made, "properties/type"), "CustomRole");
    WANT(arm_put(&w, &w.owner, json, "S/" ROLES "/" ONE), 201);
    ARM_REFUSED(arm_put(&w, &w.owner, json, "S/" ROLES "/" TWO), 409, "RoleDefinitionWithSameNameExists");
    ARM_REFUSED(arm_put(&w, &w.owner, json, "S/" ROLES "/starter"), 400, "InvalidRoleDefinitionId");
    ARM_REFUSED(arm_put(&w, &w.owner, "{\"properties\":{\"roleName\":\"x\",\"permissions\":[]}}", "S/" ROLES "/" TWO),
                400, "InvalidRoleDefinition");
    ARM_REFUSED(arm_put(&w, &w.owner, json, "S/" ROLES "/" READER), 400, "CannotModifyBuiltInRole");
    CHECK_STR(arm_names(&w, &w.owner, "S/" ROLES "?$filter=type%20eq%20'CustomRole'", NULL), ONE);
    ARM_REFUSED(arm_get(&w, &w.owner, "S/" ROLES "/" TWO), 404, "RoleDefinitionDoesNotExist");
    api_client reader;
    arm_program(&w, &reader, "reader", "Reader", "S");
    ARM_REFUSED(arm_put(&w, &reader, json, "S/" ROLES "/" ONE), 403, "AuthorizationFailed");
    ARM_REFUSED(arm_delete(&w, &reader, "S/" ROLES "/" ONE), 403, "AuthorizationFailed");
    api_answer gone = arm_delete(&w, &w.owner, "S/" ROLES "/" ONE);
    WANT(gone, 200);
    CHECK_STR(arm_at(&gone, "properties/roleName"), "Starter");
    WANT(arm_delete(&w, &w.owner, "S/" ROLES "/" ONE), 204);
    arm_stop(&w);
}

/* Who may change a role in one place does not change it in another by asking there. */
TEST(a_role_of_elsewhere_stays)
{
    api_client admin;
    arm_start(&w);
    arm_group(&w, "g");
    char *json = api_printf(
        &w.api,
        "{\"properties\":{\"roleName\":\"R\",\"permissions\":[{\"actions\":[\"*/read\"]}],\"assignableScopes\":[\"/subscriptions/%s\"]}}",
        w.subscription);
    WANT(arm_put(&w, &w.owner, json, "S/" ROLES "/" ONE), 201);
    arm_program(&w, &admin, "admin", "Owner", "S/resourceGroups/g");
    char *mine = api_printf(
        &w.api,
        "{\"properties\":{\"roleName\":\"R\",\"permissions\":[{\"actions\":[\"*/read\"]}],\"assignableScopes\":[\"/subscriptions/%s/resourceGroups/g\"]}}",
        w.subscription);
    ARM_REFUSED(arm_put(&w, &admin, mine, "S/resourceGroups/g/" ROLES "/" ONE), 403, "AuthorizationFailed");
    ARM_REFUSED(arm_delete(&w, &admin, "S/resourceGroups/g/" ROLES "/" ONE), 403, "AuthorizationFailed");
    arm_stop(&w);
}

static char *assignment(mp_str principal, const char *role)
{
    return api_printf(&w.api,
                      "{\"properties\":{\"roleDefinitionId\":\"/subscriptions/%s/" ROLES
                      "/%s\",\"principalId\":\"%.*s\",\"principalType\":\"ServicePrincipal\"}}",
                      w.subscription, role, MP_FMT(principal));
}

TEST(assignments)
{
    api_client other;
    arm_start(&w);
    arm_group(&w, "g");
    w.version = "2022-04-01";
    mp_str id = arm_program(&w, &other, "other", NULL, NULL);
    ARM_REFUSED(arm_get(&w, &other, "S/resourceGroups/g"), 403, "AuthorizationFailed");
    api_answer made = arm_put(&w, &w.owner, assignment(id, READER), "S/resourceGroups/g/" ASSIGNMENTS "/" ONE);
    WANT(made, 201);
    CHECK_STR(arm_at(&made, "name"), ONE);
    CHECK(mp_str_eq(arm_at(&made, "properties/principalId"), id));
    CHECK(mp_str_ends(arm_at(&made, "properties/roleDefinitionId"), MP_S("/" READER)));
    CHECK(arm_at(&made, "properties/createdOn").len && arm_at(&made, "properties/updatedOn").len &&
          arm_at(&made, "properties/createdBy").len);
    WANT(arm_get(&w, &other, "S/resourceGroups/g"), 200);
    WANT(arm_put(&w, &w.owner, assignment(id, READER), "S/resourceGroups/g/" ASSIGNMENTS "/" ONE), 201);
    ARM_REFUSED(arm_put(&w, &w.owner, assignment(id, READER), "S/resourceGroups/g/" ASSIGNMENTS "/" TWO), 409,
                "RoleAssignmentExists");
    ARM_REFUSED(arm_put(&w, &w.owner, assignment(id, TWO), "S/resourceGroups/g/" ASSIGNMENTS "/" TWO), 400,
                "RoleDefinitionDoesNotExist");
    ARM_REFUSED(arm_put(&w, &w.owner, assignment(MP_S(TWO), READER), "S/" ASSIGNMENTS "/" TWO), 400, "PrincipalNotFound");
    ARM_REFUSED(arm_put(&w, &w.owner, "{\"properties\":{}}", "S/" ASSIGNMENTS "/" TWO), 400, "InvalidPrincipalId");
    ARM_REFUSED(arm_put(&w, &w.owner, assignment(id, READER), "S/" ASSIGNMENTS "/two"), 400, "InvalidRoleAssignmentId");
    ARM_REFUSED(arm_put(&w, &w.owner, assignment(id, READER), "S/resourceGroups/none/" ASSIGNMENTS "/" TWO), 404,
                "ResourceGroupNotFound");
    ARM_REFUSED(arm_put(&w, &other, assignment(id, READER), "S/resourceGroups/g/" ASSIGNMENTS "/" TWO), 403,
                "AuthorizationFailed");
    /* it stands elsewhere */
    ARM_REFUSED(arm_get(&w, &w.owner, "S/" ASSIGNMENTS "/" ONE), 404, "RoleAssignmentNotFound");
    WANT(arm_get(&w, &w.owner, "S/resourceGroups/G/" ASSIGNMENTS "/" ONE), 200);
    api_answer all = arm_get(&w, &w.owner, "S/" ASSIGNMENTS),
               here = arm_get(&w, &w.owner, "S/" ASSIGNMENTS "?$filter=atScope()");
    CHECK(arm_count(&all) == arm_count(&here) + 1); /* that of the group stands below */
    api_answer his = arm_get(&w, &w.owner, "S/" ASSIGNMENTS "?$filter=principalId%%20eq%%20'%.*s'", MP_FMT(id)),
               to_him = arm_get(&w, &w.owner, "S/" ASSIGNMENTS "?$filter=assignedTo('%.*s')", MP_FMT(id));
    CHECK_INT(arm_count(&his), 1);
    CHECK_INT(arm_count(&to_him), 1);
    WANT(arm_delete(&w, &w.owner, "S/" ASSIGNMENTS "/" ONE), 204); /* none there */
    WANT(arm_get(&w, &other, "S/resourceGroups/g"), 200);
    api_answer gone = arm_delete(&w, &w.owner, "S/resourceGroups/g/" ASSIGNMENTS "/" ONE);
    WANT(gone, 200);
    CHECK_STR(arm_at(&gone, "name"), ONE);
    WANT(arm_delete(&w, &w.owner, "S/resourceGroups/g/" ASSIGNMENTS "/" ONE), 204);
    ARM_REFUSED(arm_get(&w, &other, "S/resourceGroups/g"), 403, "AuthorizationFailed");
    arm_stop(&w);
}

int main(void)
{
    return MAIN(RUN(definitions), RUN(a_role_of_elsewhere_stays), RUN(assignments));
}
