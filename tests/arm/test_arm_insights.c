/* SPDX-License-Identifier: Apache-2.0 */
/* Microsoft.PolicyInsights beside states and remediations: what policies will ask of a resource, events, and what is
 * told about controls. */
#include "arm_world.h"

static arm_world w;

#define AUTH "/providers/Microsoft.Authorization/"
#define INSIGHTS "/providers/Microsoft.PolicyInsights/"
#define RESTRICTIONS INSIGHTS "checkPolicyRestrictions"

static api_answer ask(const char *path, const char *json) { return arm_send(&w, &w.owner, MP_POST, json, "%s", path); }

static void assign(const char *scope, const char *name, const char *rule)
{
    WANT(arm_put(&w, &w.owner,
                 api_printf(&w.api, "{\"properties\":{\"mode\":\"All\",\"displayName\":\"%s\",\"policyRule\":%s}}",
                            name, rule),
                 "S" AUTH "policyDefinitions/%s", name),
         201);
    WANT(arm_put(&w, &w.owner,
                 api_printf(&w.api,
                            "{\"properties\":{\"policyDefinitionId\":\"/subscriptions/%s" AUTH
                            "policyDefinitions/%s\"}}",
                            w.subscription, name),
                 "%s" AUTH "policyAssignments/%s", scope, name),
         201);
}

#define KOREA "{\"if\":{\"not\":{\"field\":\"location\",\"in\":[\"koreacentral\",\"koreasouth\"]}},\"then\":{\"effect\":\"deny\"}}"
#define NO_DISKS "{\"if\":{\"field\":\"type\",\"in\":[\"Microsoft.Compute/disks\",\"Microsoft.Compute/images\"]},\"then\":{\"effect\":\"deny\"}}"
#define TEAM "{\"if\":{\"field\":\"tags['team']\",\"exists\":\"false\"},\"then\":{\"effect\":\"modify\",\"details\":{\"roleDefinitionIds\":[\"/providers/microsoft.authorization/" \
             "roleDefinitions/b24988ac-6180-42a0-ab88-20f7382dd24c\"],\"operations\":[{\"operation\":\"add\",\"field\":\"tags['team']\",\"value\":\"[resourceGroup().tags['team']]\"}]}}}"

/* Who asks before is who would be decided about. */
TEST(restrictions_know_who_asks)
{
    arm_start(&w);
    WANT(arm_put(&w, &w.owner, "{\"location\":\"koreacentral\"}", "S/resourcegroups/g"), 201);
    assign("S", "people",
           "{\"if\":{\"allOf\":[{\"field\":\"location\",\"equals\":\"eastus\"},{\"value\":\"[requestContext().identity.idtyp]\",\"notEquals\":\"app\"}]},"
           "\"then\":{\"effect\":\"deny\"}}");
    api_answer a = ask(
        "S/resourceGroups/g" RESTRICTIONS,
        "{\"resourceDetails\":{\"resourceContent\":{\"type\":\"Microsoft.Network/virtualNetworks\"},\"apiVersion\":\"2023-01-01\"},"
        "\"pendingFields\":[{\"field\":\"location\",\"values\":[\"eastus\",\"koreacentral\"]}]}");
    WANT(a, 200);
    CHECK_INT(mp_json_get(a.json, MP_S("fieldRestrictions"))->count, 0);
    WANT(arm_put(&w, &w.owner, "{\"location\":\"eastus\"}", "S/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v"), 201);
    arm_stop(&w);
}

TEST(restrictions_of_fields)
{
    arm_start(&w);
    WANT(arm_put(&w, &w.owner, "{\"location\":\"koreacentral\",\"tags\":{\"team\":\"web\"}}", "S/resourcegroups/g"), 201);
    assign("S", "korea", KOREA);
    assign("S/resourceGroups/g", "team", TEAM);
    api_answer a = ask(
        "S/resourceGroups/g" RESTRICTIONS,
        "{\"resourceDetails\":{\"resourceContent\":{\"type\":\"Microsoft.Network/virtualNetworks\"},\"apiVersion\":\"2023-01-01\"},"
        "\"pendingFields\":[{\"field\":\"location\",\"values\":[\"eastus\",\"koreacentral\"]},{\"field\":\"tags\"}]}");
    WANT(a, 200);
    CHECK_STR(arm_at(&a, "fieldRestrictions/0/field"), "location");
    CHECK_STR(arm_at(&a, "fieldRestrictions/0/restrictions/0/result"), "Deny");
    CHECK_STR(arm_at(&a, "fieldRestrictions/0/restrictions/0/values/0"), "eastus");
    CHECK_STR(arm_at(&a, "fieldRestrictions/0/restrictions/0/policyEffect"), "deny");
    CHECK(mp_str_ends_fold(arm_at(&a, "fieldRestrictions/0/restrictions/0/policy/policyAssignmentId"),
                           MP_S("/policyAssignments/korea")));
    bool has_team = false; /* the group's tag: the resource is not there yet, but where it will be is known */
    for (int i = 0; i < 3; i++)
        has_team = has_team ||
                   mp_str_eq(arm_at(&a, api_printf(&w.api, "fieldRestrictions/%d/restrictions/0/defaultValue", i)),
                             MP_S("web"));
    CHECK(has_team);
    /* In the subscription's name for that group it is the same; elsewhere the group's assignment does not count. */
    a = ask(
        "S" RESTRICTIONS,
        api_printf(
            &w.api,
            "{\"resourceDetails\":{\"resourceContent\":{\"type\":\"Microsoft.Network/virtualNetworks\",\"location\":\"eastus\"},\"scope\":"
            "\"/subscriptions/%s/resourceGroups/G\"},\"pendingFields\":[{\"field\":\"tags['team']\"}]}",
            w.subscription));
    WANT(a, 200);
    CHECK_STR(arm_at(&a, "fieldRestrictions/0/restrictions/0/result"), "Required");
    CHECK_STR(arm_at(&a, "contentEvaluationResult/policyEvaluations/0/evaluationResult"), "NonCompliant");
    a = ask(
        "S" RESTRICTIONS,
        "{\"resourceDetails\":{\"resourceContent\":{\"type\":\"Microsoft.Network/virtualNetworks\",\"location\":\"koreasouth\"}},\"pendingFields\":[{\"field\":\"tags['team']\"}]}");
    WANT(a, 200);
    CHECK(arm_at(&a, "fieldRestrictions/0/field").ptr == NULL);
    CHECK(arm_at(&a, "contentEvaluationResult/policyEvaluations/0/evaluationResult").ptr == NULL);
    arm_stop(&w);
}

TEST(restrictions_of_types)
{
    arm_start(&w);
    assign("S", "no-disks", NO_DISKS);
    assign("S", "korea", KOREA);
    WANT(arm_put(&w, &w.owner, "{\"properties\":{\"displayName\":\"Korea\"}}",
                 "/providers/Microsoft.Management/managementGroups/korea"),
         200);
    WANT(arm_put(&w, &w.owner, NULL, "/providers/Microsoft.Management/managementGroups/korea/subscriptions/%s",
                 w.subscription),
         200);
    WANT(arm_put(&w, &w.owner, api_printf(&w.api, "{\"properties\":{\"policyRule\":%s}}", NO_DISKS),
                 "/providers/Microsoft.Management/managementGroups/korea" AUTH "policyDefinitions/no-disks"),
         201);
    WANT(arm_put(
             &w, &w.owner,
             "{\"properties\":{\"policyDefinitionId\":\"/providers/Microsoft.Management/managementGroups/korea" AUTH
             "policyDefinitions/no-disks\"}}",
             "/providers/Microsoft.Management/managementGroups/korea" AUTH "policyAssignments/above"),
         201);
    api_answer a = ask("/providers/Microsoft.Management/managementGroups/korea" RESTRICTIONS,
                       "{\"pendingFields\":[{\"field\":\"type\"}]}");
    WANT(a, 200);
    CHECK_STR(arm_at(&a, "fieldRestrictions/0/field"), "type");
    CHECK_STR(arm_at(&a, "fieldRestrictions/0/restrictions/0/result"), "Deny");
    CHECK(mp_str_ends_fold(arm_at(&a, "fieldRestrictions/0/restrictions/0/policy/policyAssignmentId"),
                           MP_S("/policyAssignments/above")));
    CHECK_STR(arm_at(&a, "fieldRestrictions/0/restrictions/0/values/0"), "Microsoft.Compute/disks");
    /* where it will be is refused by no type */
    CHECK(arm_at(&a, "fieldRestrictions/0/restrictions/1/result").ptr == NULL);
    a = ask(
        "S" RESTRICTIONS,
        "{\"resourceDetails\":{\"resourceContent\":{}},\"pendingFields\":[{\"field\":\"type\",\"values\":[\"Microsoft.Compute/images\",\"Microsoft.Web/sites\"]}]}");
    WANT(a, 200);
    CHECK_STR(arm_at(&a, "fieldRestrictions/0/restrictions/0/values/0"), "Microsoft.Compute/images");
    CHECK(arm_at(&a, "fieldRestrictions/0/restrictions/0/values/1").ptr == NULL);
    arm_stop(&w);
}

TEST(wrong_questions)
{
    static const char *const bodies[] = {
        "{}", "{\"resourceDetails\":{}}", "{\"resourceDetails\":{\"resourceContent\":{}}}", "{\"resourceDetails\":{\"resourceContent\":{\"type\":\"disks\"}}}",
        "{\"resourceDetails\":{\"resourceContent\":{\"type\":\"a/b\"}},\"pendingFields\":7}", "{\"resourceDetails\":{\"resourceContent\":{\"type\":\"a/b\"}},\"pendingFields\":[7]}",
        "{\"resourceDetails\":{\"resourceContent\":{\"type\":\"a/b\"}},\"pendingFields\":[{\"field\":\"type\"}]}",
        "{\"resourceDetails\":{\"resourceContent\":{\"type\":\"a/b\"}},\"pendingFields\":[{\"field\":\"tags\",\"values\":\"x\"}]}",
        "{\"resourceDetails\":{\"resourceContent\":{}},\"pendingFields\":[{\"field\":\"type\",\"values\":[\"x\"]}]}",
        "{\"resourceDetails\":{\"resourceContent\":{\"type\":\"a/b\"},\"scope\":\"/subscriptions/00000000-0000-4000-8000-000000000000\"}}",
    };
    api_client nobody;
    arm_start(&w);
    arm_group(&w, "g");
    for (size_t i = 0; i < MP_COUNT(bodies); i++)
        ARM_REFUSED(ask("S" RESTRICTIONS, bodies[i]), 400, "InvalidRequestContent");
    ARM_REFUSED(
        ask("S/resourceGroups/none" RESTRICTIONS, "{\"resourceDetails\":{\"resourceContent\":{\"type\":\"a/b\"}}}"),
        404, "ResourceGroupNotFound");
    arm_program(&w, &nobody, "nobody", NULL, NULL);
    ARM_REFUSED(arm_send(&w, &nobody, MP_POST, bodies[3], "S" RESTRICTIONS), 403, "AuthorizationFailed");
    arm_stop(&w);
}

#define EVENTS INSIGHTS "policyEvents/default/queryResults"
#define DISK "S/resourceGroups/g/providers/Microsoft.Compute/disks/d"

TEST(events)
{
    static const char *const scopes[] = { "S", "S/resourceGroups/g", DISK "1", "S" AUTH "policyAssignments/korea",
                                          "S" AUTH "policyDefinitions/korea" };
    arm_start(&w);
    WANT(arm_put(&w, &w.owner, "{\"location\":\"koreacentral\",\"tags\":{\"team\":\"web\"}}", "S/resourcegroups/g"), 201);
    assign("S", "korea", KOREA);
    assign("S/resourceGroups/g", "team", TEAM);
    assign(
        "S", "large",
        "{\"if\":{\"field\":\"Microsoft.Compute/disks/diskSizeGB\",\"greater\":100},\"then\":{\"effect\":\"audit\"}}");
    ARM_REFUSED(arm_put(&w, &w.owner, "{\"location\":\"eastus\",\"properties\":{\"diskSizeGB\":5}}", DISK "1"), 403,
                "RequestDisallowedByPolicy");
    /* nobody says anything about it */
    WANT(arm_put(&w, &w.owner,
                 "{\"location\":\"koreacentral\",\"tags\":{\"team\":\"a\"},\"properties\":{\"diskSizeGB\":5}}",
                 DISK "2"),
         201);
    WANT(arm_put(&w, &w.owner, "{\"location\":\"koreacentral\",\"properties\":{\"diskSizeGB\":500}}", DISK "3"), 201);
    for (size_t i = 0; i < MP_COUNT(scopes); i++) {
        api_answer a =
            ask(api_printf(&w.api,
                           "%s" EVENTS
                           "?$filter=policyDefinitionAction%%20eq%%20'deny'%%20and%%20isCompliant%%20eq%%20false",
                           scopes[i]),
                NULL);
        WANT(a, 200);
        CHECK_INT(mp_json_get(a.json, MP_S("@odata.count"))->u.integer, 1);
        CHECK(mp_str_ends_fold(arm_at(&a, "value/0/resourceId"), MP_S("/disks/d1")));
        CHECK_STR(arm_at(&a, "value/0/policyAssignmentName"), "korea");
        CHECK_STR(arm_at(&a, "value/0/complianceState"), "NonCompliant");
        CHECK_STR(arm_at(&a, "value/0/resourceLocation"), "eastus");
        CHECK_STR(arm_at(&a, "value/0/resourceGroup"), "g");
        CHECK_INT(arm_at(&a, "value/0/principalOid").len, 36);
        CHECK_INT(arm_at(&a, "value/0/tenantId").len, 36);
        CHECK(mp_str_find_str(arm_at(&a, "@odata.context"), MP_S("policyEvents/$metadata#default")) != SIZE_MAX);
    }
    api_answer a = ask("S" EVENTS "?$select=policyDefinitionAction,resourceId", NULL); /* newest first */
    WANT(a, 200);
    CHECK_INT(arm_count(&a), 3); /* what modify would have made of the one that was refused was not made */
    CHECK(mp_str_ends_fold(arm_at(&a, "value/0/resourceId"), MP_S("/disks/d3")));
    CHECK(mp_str_ends_fold(arm_at(&a, "value/2/resourceId"), MP_S("/disks/d1")));
    CHECK(arm_at(&a, "value/0/timestamp").ptr == NULL);
    a = ask("S" EVENTS "?$top=1&$orderby=policyDefinitionAction%20desc", NULL);
    CHECK_INT(arm_count(&a), 1);
    CHECK_STR(arm_at(&a, "value/0/policyDefinitionAction"), "modify");
    a = ask("S" EVENTS
            "?$apply=groupby((policyDefinitionAction),aggregate($count%20as%20n))&$orderby=policyDefinitionAction",
            NULL);
    CHECK_STR(arm_at(&a, "value/0/policyDefinitionAction"), "audit");
    a = ask("S" EVENTS "?$from=2001-01-01T00:00:00Z&$to=2001-01-02T00:00:00Z", NULL);
    CHECK_INT(arm_count(&a), 0);
    ARM_REFUSED(ask("S" EVENTS "?$filter=nothing%20eq%201", NULL), 400, "InvalidFilterInQueryString");
    ARM_REFUSED(ask("S" INSIGHTS "policyEvents/latest/queryResults", NULL), 404, "InvalidPolicyEventsResource");
    ARM_REFUSED(ask("S" EVENTS "?$skiptoken=x", NULL), 400, "InvalidFilterInQueryString");
    arm_stop(&w);
}

TEST(metadata)
{
    api_client nobody;
    arm_start(&w);
    assign("S", "korea", KOREA);
    WANT(
        arm_put(
            &w, &w.owner,
            api_printf(
                &w.api,
                "{\"properties\":{\"policyDefinitionGroups\":[{\"name\":\"2.1\",\"displayName\":\"Where data is\",\"category\":\"Place\",\"description\":\"In Korea\"},"
                "{\"name\":\"ac-2\",\"additionalMetadataId\":\"" INSIGHTS
                "policyMetadata/NIST_AC-2\"}],\"policyDefinitions\":[{\"policyDefinitionId\":\"/subscriptions/%s" AUTH
                "policyDefinitions/korea\",\"groupNames\":[\"2.1\"]}]}}",
                w.subscription),
            "S" AUTH "policySetDefinitions/isms"),
        201);
    CHECK_STR(arm_names(&w, &w.owner, INSIGHTS "policyMetadata?$top=1", NULL), "NIST_AC-2 isms_2.1");
    api_answer a = arm_get(&w, &w.owner, INSIGHTS "policyMetadata");
    CHECK(arm_at(&a, "value/0/properties/description").ptr == NULL);
    CHECK_STR(arm_at(&a, "value/0/properties/metadataId"), "ac-2");
    a = arm_get(&w, &w.owner, INSIGHTS "policyMetadata/ISMS_2.1");
    WANT(a, 200);
    CHECK_STR(arm_at(&a, "properties/title"), "Where data is");
    CHECK_STR(arm_at(&a, "properties/category"), "Place");
    CHECK_STR(arm_at(&a, "properties/description"), "In Korea");
    ARM_REFUSED(arm_get(&w, &w.owner, INSIGHTS "policyMetadata/none"), 404, "PolicyMetadataNotFound");
    arm_program(&w, &nobody, "nobody", NULL, NULL);
    CHECK_STR(arm_names(&w, &nobody, INSIGHTS "policyMetadata", NULL), ""); /* the initiative is not his to read */
    arm_stop(&w);
}

int main(void)
{
    return MAIN(RUN(events), RUN(metadata), RUN(restrictions_know_who_asks), RUN(restrictions_of_fields), RUN(restrictions_of_types), RUN(wrong_questions));
}
