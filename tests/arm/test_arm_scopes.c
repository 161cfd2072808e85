/* SPDX-License-Identifier: Apache-2.0 */
/* Subscriptions, tenants, locations, providers, management groups, lookups of names. */
#include "arm_world.h"

static arm_world w;
static const api_client local = { .is_local = true };

#define MG "/providers/Microsoft.Management/managementGroups"

TEST(subscriptions)
{
    static const char *const versions[] = { "2019-11-01", "2021-01-01", "2022-12-01" };
    arm_start(&w);
    for (size_t i = 0; i < MP_COUNT(versions); i++) {
        w.version = versions[i];
        api_answer a = arm_get(&w, &w.owner, "/subscriptions");
        WANT(a, 200);
        CHECK_INT(arm_count(&a), 1);
        CHECK_STR(arm_at(&a, "value/0/id"), api_printf(&w.api, "/subscriptions/%s", w.subscription));
        CHECK_STR(arm_at(&a, "value/0/subscriptionId"), w.subscription);
        CHECK_STR(arm_at(&a, "value/0/state"), "Enabled");
        CHECK(arm_at(&a, "value/0/displayName").len > 0);
        CHECK(mp_str_eq(arm_at(&a, "value/0/tenantId"), w.api.init.tenant_id));
    }
    api_answer one = arm_get(&w, &w.owner, "S");
    WANT(one, 200);
    CHECK_STR(arm_at(&one, "subscriptionId"), w.subscription);
    api_answer tenants = arm_get(&w, &w.owner, "/tenants");
    WANT(tenants, 200);
    CHECK(mp_str_eq(arm_at(&tenants, "value/0/tenantId"), w.api.init.tenant_id));
    api_answer locations = arm_get(&w, &w.owner, "S/locations");
    WANT(locations, 200);
    CHECK_STR(arm_at(&locations, "value/0/name"), "koreacentral");
    CHECK_STR(arm_at(&locations, "value/0/displayName"), "Korea Central");
    CHECK_STR(arm_at(&locations, "value/0/regionalDisplayName"), "(Asia Pacific) Korea Central");
    for (int i = 0; i < 5; i++)
        WANT(api_send(&w.api, &local, MP_POST, "/api/v1/subscriptions",
                      api_printf(&w.api, "{\"displayName\":\"more %d\"}", i)),
             201);
    size_t pages = 0, seen = 0;
    for (char *next = arm_path(&w, "/subscriptions?$top=2"); next; pages++) {
        api_answer a = api_get(&w.api, &w.owner, next);
        WANT(a, 200);
        seen += arm_count(&a);
        size_t at = mp_str_find_str(arm_at(&a, "nextLink"), MP_S("/subscriptions?"));
        next = at == SIZE_MAX ? NULL : api_printf(&w.api, "%.*s", MP_FMT(mp_str_skip(arm_at(&a, "nextLink"), at)));
    }
    CHECK_INT(seen, 6);
    CHECK(pages >= 3);
    arm_stop(&w);
}

TEST(a_disabled_subscription_is_not_written_to)
{
    arm_start(&w);
    arm_group(&w, "g");
    WANT(api_send(&w.api, &local, MP_PUT, api_printf(&w.api, "/api/v1/subscriptions/%s", w.subscription),
                  "{\"displayName\":\"x\",\"state\":\"Disabled\"}"),
         200);
    ARM_REFUSED(arm_put(&w, &w.owner, "{\"location\":\"koreacentral\"}", "S/resourcegroups/h"), 409,
                "ReadOnlyDisabledSubscription");
    ARM_REFUSED(arm_delete(&w, &w.owner, "S/resourcegroups/g"), 409, "ReadOnlyDisabledSubscription");
    WANT(arm_get(&w, &w.owner, "S/resourcegroups/g"), 200);
    arm_stop(&w);
}

TEST(providers)
{
    arm_start(&w);
    api_answer all = arm_get(&w, &w.owner, "S/providers"),
               one = arm_get(&w, &w.owner, "S/providers/microsoft.NETWORK"),
               management = arm_get(&w, &w.owner, "S/providers/Microsoft.Management");
    WANT(all, 200);
    CHECK(arm_count(&all) > 40);
    WANT(one, 200);
    CHECK_STR(arm_at(&one, "namespace"), "Microsoft.Network");
    CHECK_STR(arm_at(&one, "registrationState"), "Registered");
    CHECK_STR(arm_at(&one, "resourceTypes/0/resourceType"), "virtualNetworks");
    CHECK_STR(arm_at(&one, "resourceTypes/0/apiVersions/0"), "2023-09-01");
    CHECK_STR(arm_at(&one, "resourceTypes/0/locations/0"), "Korea Central");
    WANT(management, 200);
    CHECK_STR(arm_at(&management, "registrationState"), "Registered");
    WANT(arm_send(&w, &w.owner, MP_POST, NULL, "S/providers/Microsoft.PolicyInsights/register"), 200);
    WANT(arm_get(&w, &w.owner, "/providers"), 200);
    ARM_REFUSED(arm_get(&w, &w.owner, "S/providers/Nobody.Knows"), 404, "InvalidResourceNamespace");
    arm_stop(&w);
}

TEST(management_groups)
{
    arm_start(&w);
    api_answer top = arm_put(&w, &w.owner, "{\"name\":\"Top\",\"properties\":{\"displayName\":\"The top\"}}", MG "/Top");
    WANT(top, 200);
    CHECK_STR(arm_at(&top, "name"), "Top");
    CHECK_STR(arm_at(&top, "properties/displayName"), "The top");
    CHECK(mp_str_eq(arm_at(&top, "properties/details/parent/name"), w.api.init.tenant_id));
    api_answer low = arm_put(&w, &w.owner, "{\"properties\":{\"details\":{\"parent\":{\"id\":\"" MG "/TOP\"}}}}", MG "/low");
    WANT(low, 200);
    CHECK_STR(arm_at(&low, "properties/details/parent/id"), MG "/Top");
    ARM_REFUSED(
        arm_put(&w, &w.owner, "{\"properties\":{\"details\":{\"parent\":{\"id\":\"" MG "/none\"}}}}", MG "/odd"), 404,
        "ManagementGroupNotFound");
    ARM_REFUSED(
        arm_put(&w, &w.owner, "{\"properties\":{\"details\":{\"parent\":{\"id\":\"" MG "/low\"}}}}", MG "/Top"), 409,
        "Conflict");
    WANT(arm_put(&w, &w.owner, NULL, MG "/low/subscriptions/%s", w.subscription), 200);
    WANT(arm_get(&w, &w.owner, MG "/low/subscriptions/%s", w.subscription), 200);
    ARM_REFUSED(arm_get(&w, &w.owner, MG "/Top/subscriptions/%s", w.subscription), 404, "SubscriptionNotFound");
    api_answer tree = arm_get(&w, &w.owner, MG "/top?$expand=children&$recurse=true");
    WANT(tree, 200);
    CHECK_STR(arm_at(&tree, "properties/children/0/name"), "low");
    CHECK_STR(arm_at(&tree, "properties/children/0/children/0/name"), w.subscription);
    api_answer flat = arm_get(&w, &w.owner, MG "/top?$expand=children");
    CHECK(!arm_at(&flat, "properties/children/0/children/0/name").len);
    api_answer root = arm_get(&w, &w.owner, MG "/%.*s?$expand=children", MP_FMT(w.api.init.tenant_id));
    WANT(root, 200);
    CHECK_STR(arm_at(&root, "properties/displayName"), "Tenant Root Group");
    CHECK_STR(arm_at(&root, "properties/children/0/name"), "Top");
    api_answer all = arm_get(&w, &w.owner, MG);
    CHECK_INT(arm_count(&all), 3);
    ARM_REFUSED(arm_delete(&w, &w.owner, MG "/low"), 409, "Conflict");
    WANT(arm_delete(&w, &w.owner, MG "/low/subscriptions/%s", w.subscription), 200);
    WANT(arm_delete(&w, &w.owner, MG "/low/subscriptions/%s", w.subscription), 204);
    WANT(arm_delete(&w, &w.owner, MG "/low"), 204);
    WANT(arm_delete(&w, &w.owner, MG "/low"), 204);
    ARM_REFUSED(arm_get(&w, &w.owner, MG "/low"), 404, "ManagementGroupNotFound");
    ARM_REFUSED(arm_delete(&w, &w.owner, MG "/%.*s", MP_FMT(w.api.init.tenant_id)), 409, "Conflict");
    arm_stop(&w);
}

/* Rights come down from a group to its subscriptions; and nobody takes them by moving. */
TEST(rights_in_management_groups)
{
    api_client boss, reader;
    arm_start(&w);
    WANT(arm_put(&w, &w.owner, "{}", MG "/top"), 200);
    WANT(arm_put(&w, &w.owner, "{}", MG "/other"), 200);
    arm_program(&w, &boss, "boss", "Owner", MG "/top");
    arm_program(&w, &reader, "reader", "Reader", MG "/top");
    ARM_REFUSED(arm_get(&w, &boss, "S/resourceGroups/g"), 403, "AuthorizationFailed");
    ARM_REFUSED(arm_put(&w, &boss, NULL, MG "/top/subscriptions/%s", w.subscription), 403, "AuthorizationFailed");
    ARM_REFUSED(arm_put(&w, &boss, "{\"properties\":{\"displayName\":\"mine\"}}", MG "/other"), 403, "AuthorizationFailed");
    ARM_REFUSED(arm_put(&w, &boss, "{}", MG "/new"), 403, "AuthorizationFailed");
    WANT(arm_put(&w, &boss, "{\"properties\":{\"details\":{\"parent\":{\"id\":\"" MG "/top\"}}}}", MG "/below"), 200);
    ARM_REFUSED(
        arm_put(&w, &reader, "{\"properties\":{\"details\":{\"parent\":{\"id\":\"" MG "/top\"}}}}", MG "/reads"), 403,
        "AuthorizationFailed");
    ARM_REFUSED(arm_delete(&w, &reader, MG "/below"), 403, "AuthorizationFailed");
    WANT(arm_put(&w, &w.owner, NULL, MG "/below/subscriptions/%s", w.subscription), 200);
    ARM_REFUSED(arm_get(&w, &boss, "S/resourceGroups/g"), 404, "ResourceGroupNotFound");
    WANT(arm_put(&w, &boss, "{\"location\":\"koreacentral\"}", "S/resourceGroups/g"), 201);
    ARM_REFUSED(arm_put(&w, &reader, "{\"location\":\"koreacentral\"}", "S/resourceGroups/g"), 403, "AuthorizationFailed");
    ARM_REFUSED(arm_put(&w, &boss, NULL, MG "/other/subscriptions/%s", w.subscription), 403, "AuthorizationFailed");
    CHECK_STR(arm_names(&w, &boss, MG, NULL), "below top");
    arm_stop(&w);
}

TEST(names_are_looked_up)
{
    api_client person, robot;
    arm_start(&w);
    mp_str user = api_user(&w.api, &person, "kim@example.com"), program = arm_program(&w, &robot, "robot two", NULL, NULL);
    api_answer a = arm_get(&w, &robot, "/v1.0/users/kim@example.com");
    WANT(a, 200);
    CHECK(mp_str_eq(arm_at(&a, "id"), user));
    CHECK_STR(arm_at(&a, "userPrincipalName"), "kim@example.com");
    a = arm_get(&w, &robot, "/v1.0/servicePrincipals?$filter=servicePrincipalNames/any(c:c%%20eq%%20'%.*s')",
                MP_FMT(w.api.init.client_id));
    WANT(a, 200);
    CHECK_INT(arm_count(&a), 1);
    CHECK(mp_str_eq(arm_at(&a, "value/0/appId"), w.api.init.client_id));
    CHECK_STR(arm_at(&a, "value/0/@odata.type"), "#microsoft.graph.servicePrincipal");
    a = arm_send(&w, &robot, MP_POST,
                 api_printf(&w.api, "{\"ids\":[\"%.*s\",\"%.*s\",\"99999999-2222-4333-8444-555555555555\"]}",
                            MP_FMT(user), MP_FMT(program)),
                 "/v1.0/directoryObjects/getByIds");
    WANT(a, 200);
    CHECK_INT(arm_count(&a), 2);
    CHECK_STR(arm_at(&a, "value/1/displayName"), "robot two");
    ARM_REFUSED(arm_get(&w, &robot, "/v1.0/me"), 400, "BadRequest");
    ARM_REFUSED(arm_get(&w, &robot, "/v1.0/users/nobody@example.com"), 404, "Request_ResourceNotFound");
    ARM_REFUSED(arm_get(&w, &robot, "/v1.0/users"), 400, "Request_UnsupportedQuery");
    ARM_REFUSED(arm_get(&w, NULL, "/v1.0/users/kim@example.com"), 401, "AuthenticationFailed");
    arm_stop(&w);
}

int main(void)
{
    return MAIN(RUN(subscriptions), RUN(a_disabled_subscription_is_not_written_to), RUN(providers),
                RUN(management_groups), RUN(rights_in_management_groups), RUN(names_are_looked_up));
}
