/* SPDX-License-Identifier: Apache-2.0 */
/* Policy definitions, sets, assignments, exemptions, attestations, and states, as clients of Azure ask for them. */
#include "arm_world.h"

#include "objects.h"

static arm_world w;

#define AUTH "/providers/Microsoft.Authorization/"
#define DISK "S/resourceGroups/g/providers/Microsoft.Compute/disks/d"
#define STATES "/providers/Microsoft.PolicyInsights/policyStates/latest/"
#define RULE(effect) "{\"properties\":{\"displayName\":\"No large disks\",\"mode\":\"All\",\"metadata\":{\"category\":\"Storage\"},\"policyRule\":{\"if\":{\"allOf\":[{\"field\":\"type\",\"equals\":" \
                     "\"Microsoft.Compute/disks\"},{\"field\":\"Microsoft.Compute/disks/diskSizeGB\",\"greater\":100}]},\"then\":{\"effect\":\"" effect "\"}}}}"

static char *of(const char *member, const char *tail)
{
    return api_printf(&w.api, "{\"properties\":{\"%s\":\"/subscriptions/%s%s\"}}", member, w.subscription, tail);
}

static api_answer post(const char *path) { return arm_send(&w, &w.owner, MP_POST, NULL, "%s", path); }

static void begin(const char *effect)
{
    arm_start(&w);
    arm_group(&w, "g");
    WANT(arm_put(&w, &w.owner, strcmp(effect, "deny") == 0 ? RULE("deny") : strcmp(effect, "manual") == 0 ? RULE("manual") : RULE("audit"), "S" AUTH "policyDefinitions/large"), 201);
    WANT(arm_put(&w, &w.owner, of("policyDefinitionId", AUTH "policyDefinitions/large"), "S" AUTH "policyAssignments/a"), 201);
}

TEST(definitions)
{
    arm_start(&w);
    api_answer a = arm_put(&w, &w.owner, RULE("audit"), "S" AUTH "policyDefinitions/Large");
    WANT(a, 201);
    CHECK_STR(arm_at(&a, "name"), "Large");
    CHECK_STR(arm_at(&a, "type"), "Microsoft.Authorization/policyDefinitions");
    CHECK_STR(arm_at(&a, "properties/policyType"), "Custom");
    CHECK_STR(arm_at(&a, "properties/version"), "1.0.0");
    CHECK(arm_at(&a, "properties/metadata/createdBy").len > 0);
    CHECK(arm_at(&a, "systemData/createdAt").len > 0);
    a = arm_put(&w, &w.owner, "{\"properties\":{\"policyType\":\"BuiltIn\",\"version\":\"1.1.0\",\"policyRule\":{\"if\":{\"field\":\"type\",\"equals\":\"x\"},\"then\":{\"effect\":\"audit\"}}}}",
                "S" AUTH "policydefinitions/large");
    WANT(a, 201); /* also when it replaces */
    CHECK_STR(arm_at(&a, "properties/mode"), "All");
    CHECK_STR(arm_at(&a, "properties/policyType"), "Custom");
    CHECK(arm_at(&a, "properties/metadata/updatedOn").len > 0);
    CHECK_STR(arm_names(&w, &w.owner, "S" AUTH "policyDefinitions/large/versions", NULL), "1.1.0 1.0.0");
    WANT(arm_get(&w, &w.owner, "S" AUTH "policyDefinitions/large/versions/1.1.0"), 200);
    ARM_REFUSED(arm_get(&w, &w.owner, "S" AUTH "policyDefinitions/large/versions/9.0.0"), 404, "PolicyDefinitionVersionNotFound");
    a = post("S" AUTH "listPolicyDefinitionVersions");
    WANT(a, 200);
    CHECK_INT(arm_count(&a), 2);
    ARM_REFUSED(arm_put(&w, &w.owner, "{\"properties\":{}}", "S" AUTH "policyDefinitions/x"), 400, "InvalidPolicyRule");
    ARM_REFUSED(arm_put(&w, &w.owner, RULE("explode"), "S" AUTH "policyDefinitions/x"), 400, "InvalidPolicyRule");
    ARM_REFUSED(arm_put(&w, &w.owner, "{\"properties\":[]}", "S" AUTH "policyDefinitions/x"), 400, "InvalidRequestContent");
    ARM_REFUSED(arm_put(&w, &w.owner, "{", "S" AUTH "policyDefinitions/x"), 400, "InvalidRequestContent");
    ARM_REFUSED(arm_put(&w, &w.owner, NULL, "S" AUTH "policyDefinitions/x"), 400, "InvalidRequestContent");
    ARM_REFUSED(arm_get(&w, &w.owner, "S" AUTH "policyDefinitions/x"), 404, "PolicyDefinitionNotFound");
    ARM_REFUSED(arm_get(&w, &w.owner, "/subscriptions/00000000-0000-4000-8000-000000000000" AUTH "policyDefinitions"), 404, "SubscriptionNotFound");
    WANT(arm_delete(&w, &w.owner, "S" AUTH "policyDefinitions/large"), 200);
    WANT(arm_delete(&w, &w.owner, "S" AUTH "policyDefinitions/large"), 204);
    arm_stop(&w);
}

TEST(lists)
{
    static const char *const paths[] = { "S" AUTH "policyDefinitions?$top=2", "S" AUTH "policyDefinitions?$filter=policyType%20eq%20'Custom'",
                                         "S" AUTH "policyDefinitions?$filter=category%20eq%20'storage'&$top=3" };
    arm_start(&w);
    for (int i = 0; i < 5; i++)
        WANT(arm_put(&w, &w.owner, RULE("audit"), "S" AUTH "policyDefinitions/p%d", i), 201);
    for (size_t i = 0; i < MP_COUNT(paths); i++)
        CHECK_STR(arm_names(&w, &w.owner, paths[i], NULL), "p0 p1 p2 p3 p4");
    CHECK_STR(arm_names(&w, &w.owner, "S" AUTH "policyDefinitions?$filter=policyType%20eq%20'BuiltIn'", NULL), "");
    CHECK_STR(arm_names(&w, &w.owner, AUTH "policyDefinitions", NULL), "");
    ARM_REFUSED(arm_get(&w, &w.owner, "S" AUTH "policyDefinitions?$filter=nothing%%20eq%%20'x'"), 400, "InvalidFilterInQueryString");
    ARM_REFUSED(arm_get(&w, &w.owner, "S" AUTH "policyDefinitions?$skiptoken=x"), 400, "InvalidSkipToken");
    arm_group(&w, "g");
    WANT(arm_put(&w, &w.owner, of("policyDefinitionId", AUTH "policyDefinitions/p1"), "S" AUTH "policyAssignments/above"), 201);
    WANT(arm_put(&w, &w.owner, of("policyDefinitionId", AUTH "policyDefinitions/p2"), "S/resourceGroups/g" AUTH "policyAssignments/below"), 201);
    CHECK_STR(arm_names(&w, &w.owner, "S" AUTH "policyAssignments", NULL), "above below");
    CHECK_STR(arm_names(&w, &w.owner, "S/resourceGroups/g" AUTH "policyAssignments", NULL), "above below");
    CHECK_STR(arm_names(&w, &w.owner, "S" AUTH "policyAssignments?$filter=atScope()", NULL), "above");
    CHECK_STR(arm_names(&w, &w.owner, "S/resourceGroups/g" AUTH "policyAssignments?$filter=atScope()", NULL), "above below");
    CHECK_STR(arm_names(&w, &w.owner, "S/resourceGroups/g" AUTH "policyAssignments?$filter=atExactScope()", NULL), "below");
    CHECK_STR(arm_names(&w, &w.owner, api_printf(&w.api, "S" AUTH "policyAssignments?$filter=policyDefinitionId%%20eq%%20'/subscriptions/%s" AUTH "POLICYDEFINITIONS/P2'", w.subscription), NULL), "below");
    arm_stop(&w);
}

/* ---- versions ---- */

#define DISK_RULE(version_, least_)                                                                                                                               \
    "{\"properties\":{\"version\":\"" version_ "\",\"mode\":\"All\",\"policyRule\":{\"if\":{\"allOf\":[{\"field\":\"type\",\"equals\":\"Microsoft.Compute/disks\"},{\"field\":" \
    "\"Microsoft.Compute/disks/diskSizeGB\",\"greater\":" least_ "}]},\"then\":{\"effect\":\"audit\"}}}}"
#define VERSIONED "S" AUTH "policyDefinitions/v"

static char *assigns(const char *policy, const char *more)
{
    return api_printf(&w.api, "{\"properties\":{\"policyDefinitionId\":\"/subscriptions/%s" AUTH "%s\"%s}}", w.subscription, policy, more);
}

/* The state of the disk under an assignment, and the version that gave it: "NonCompliant 1.0.0". */
static char *judged(const char *assignment)
{
    WANT(post("S" STATES "triggerEvaluation"), 200);
    api_answer a = post(api_printf(&w.api, "S" AUTH "policyAssignments/%s" STATES "queryResults", assignment));
    WANT(a, 200);
    CHECK_INT(arm_count(&a), 1);
    return api_printf(&w.api, "%.*s %.*s", MP_FMT(arm_at(&a, "value/0/complianceState")), MP_FMT(arm_at(&a, "value/0/policyDefinitionVersion")));
}

#define CHECK_JUDGED(assignment_, wanted_) CHECK_STR(mp_str_from(judged(assignment_)), (wanted_))

static void begin_versions(void)
{
    arm_start(&w);
    arm_group(&w, "g");
    WANT(arm_put(&w, &w.owner, DISK_RULE("1.0.0", "10"), VERSIONED), 201);
    WANT(arm_put(&w, &w.owner, DISK_RULE("2.0.0", "100"), VERSIONED), 201);
    WANT(arm_put(&w, &w.owner, "{\"location\":\"koreacentral\",\"properties\":{\"diskSizeGB\":50}}", DISK), 201);
}

TEST(versions_are_kept)
{
    begin_versions();
    api_answer a = arm_get(&w, &w.owner, VERSIONED);
    CHECK_STR(arm_at(&a, "properties/version"), "2.0.0");
    CHECK_STR(arm_at(&a, "properties/versions/0"), "2.0.0");
    CHECK_STR(arm_at(&a, "properties/versions/1"), "1.0.0");
    a = arm_get(&w, &w.owner, VERSIONED "/versions/1.0.0");
    WANT(a, 200);
    CHECK(mp_str_ends_fold(arm_at(&a, "id"), MP_S("/policyDefinitions/v/versions/1.0.0")));
    CHECK_STR(arm_at(&a, "name"), "1.0.0");
    CHECK_STR(arm_at(&a, "type"), "Microsoft.Authorization/policyDefinitions/versions");
    CHECK_STR(arm_at(&a, "properties/version"), "1.0.0");
    CHECK(!mp_json_get(mp_json_get(a.json, MP_S("properties")), MP_S("versions")));
    /* The same version again is in place of it, an earlier one beside it, a newer one above. */
    WANT(arm_put(&w, &w.owner, DISK_RULE("1.0.0", "20"), VERSIONED "/versions/1.0.0"), 200);
    WANT(arm_put(&w, &w.owner, DISK_RULE("1.5.0", "20"), VERSIONED "/versions/1.5.0"), 201);
    a = arm_get(&w, &w.owner, VERSIONED);
    CHECK_STR(arm_at(&a, "properties/version"), "2.0.0");
    CHECK_STR(arm_at(&a, "properties/versions/1"), "1.5.0");
    a = arm_put(&w, &w.owner, DISK_RULE("2.1.0-preview", "20"), VERSIONED "/versions/2.1.0-preview");
    WANT(a, 201);
    CHECK_STR(arm_at(&a, "name"), "2.1.0-preview");
    CHECK_STR(arm_names(&w, &w.owner, VERSIONED "/versions", NULL), "2.1.0-preview 2.0.0 1.5.0 1.0.0");
    a = arm_get(&w, &w.owner, VERSIONED);
    CHECK_STR(arm_at(&a, "properties/version"), "2.1.0-preview");
    /* A whole definition may come as its first version. */
    WANT(arm_put(&w, &w.owner, DISK_RULE("1.0.0", "20"), "S" AUTH "policyDefinitions/new/versions/1.0.0"), 201);
    WANT(arm_get(&w, &w.owner, "S" AUTH "policyDefinitions/new"), 200);
    ARM_REFUSED(arm_put(&w, &w.owner, DISK_RULE("1.0.0", "20"), VERSIONED "/versions/1.5.0"), 400, "InvalidPolicyDefinitionVersion");
    ARM_REFUSED(arm_put(&w, &w.owner, RULE("audit"), VERSIONED "/versions/newest"), 400, "InvalidPolicyDefinitionVersion");
    ARM_REFUSED(arm_put(&w, &w.owner, DISK_RULE("1", "20"), VERSIONED), 400, "InvalidPolicyDefinitionVersion");
    ARM_REFUSED(arm_put(&w, &w.owner, RULE("explode"), VERSIONED "/versions/1.6.0"), 400, "InvalidPolicyRule");
    ARM_REFUSED(arm_delete(&w, &w.owner, VERSIONED "/versions/2.1.0-preview"), 409, "PolicyDefinitionVersionInUse");
    WANT(arm_delete(&w, &w.owner, VERSIONED "/versions/1.0.0"), 200);
    WANT(arm_delete(&w, &w.owner, VERSIONED "/versions/1.0.0"), 204);
    ARM_REFUSED(arm_get(&w, &w.owner, VERSIONED "/versions/1.0.0"), 404, "PolicyDefinitionVersionNotFound");
    ARM_REFUSED(arm_get(&w, &w.owner, "S" AUTH "policyDefinitions/none/versions/1.0.0"), 404, "PolicyDefinitionNotFound");
    a = arm_get(&w, &w.owner, VERSIONED);
    CHECK_STR(arm_at(&a, "properties/versions/2"), "1.5.0");
    a = post("S" AUTH "listPolicyDefinitionVersions");
    CHECK_INT(arm_count(&a), 4); /* three of one, one of the other */
    WANT(arm_delete(&w, &w.owner, VERSIONED), 200);
    WANT(arm_put(&w, &w.owner, DISK_RULE("1.0.0", "20"), VERSIONED), 201);
    CHECK_STR(arm_names(&w, &w.owner, VERSIONED "/versions", NULL), "1.0.0"); /* what was deleted does not come back */
    arm_stop(&w);
}

TEST(versions_judge_where_they_are_asked_for)
{
    begin_versions();
    WANT(arm_put(&w, &w.owner, assigns("policyDefinitions/v", ""), "S" AUTH "policyAssignments/newest"), 201);
    WANT(arm_put(&w, &w.owner, assigns("policyDefinitions/v", ",\"definitionVersion\":\"1.*.*\""), "S" AUTH "policyAssignments/pinned"), 201);
    WANT(arm_put(&w, &w.owner, assigns("policyDefinitions/v", ",\"definitionVersion\":\"1.*.*\",\"overrides\":[{\"kind\":\"policyVersion\",\"value\":\"2.*.*\",\"selectors\":[{\"kind\":"
                                       "\"resourceLocation\",\"in\":[\"koreacentral\"]}]}]"), "S" AUTH "policyAssignments/rolling"), 201);
    CHECK_JUDGED("newest", "Compliant 2.0.0");
    CHECK_JUDGED("pinned", "NonCompliant 1.0.0");
    CHECK_JUDGED("rolling", "Compliant 2.0.0");
    WANT(arm_put(&w, &w.owner, "{\"location\":\"koreasouth\",\"properties\":{\"diskSizeGB\":50}}", "S/resourceGroups/g/providers/Microsoft.Compute/disks/south"), 201);
    WANT(post("S" STATES "triggerEvaluation"), 200);
    api_answer a = post("S" AUTH "policyAssignments/rolling" STATES "queryResults?$orderby=resourceId&$select=complianceState,policyDefinitionVersion");
    CHECK_STR(arm_at(&a, "value/0/policyDefinitionVersion"), "2.0.0");
    CHECK_STR(arm_at(&a, "value/1/policyDefinitionVersion"), "1.0.0");
    CHECK_STR(arm_at(&a, "value/1/complianceState"), "NonCompliant");
    WANT(arm_delete(&w, &w.owner, "S/resourceGroups/g/providers/Microsoft.Compute/disks/south"), 200);
    /* A newer one of the first kind reaches who asks for that kind, and nobody else. */
    WANT(arm_put(&w, &w.owner, DISK_RULE("1.1.0", "70"), VERSIONED "/versions/1.1.0"), 201);
    CHECK_JUDGED("pinned", "Compliant 1.1.0");
    CHECK_JUDGED("newest", "Compliant 2.0.0");
    ARM_REFUSED(arm_delete(&w, &w.owner, VERSIONED "/versions/1.1.0"), 409, "PolicyDefinitionVersionInUse");
    a = arm_get(&w, &w.owner, "S" AUTH "policyAssignments/pinned?$expand=LatestDefinitionVersion,%%20EffectiveDefinitionVersion");
    CHECK_STR(arm_at(&a, "properties/latestDefinitionVersion"), "2.0.0");
    CHECK_STR(arm_at(&a, "properties/effectiveDefinitionVersion"), "1.1.0");
    a = arm_get(&w, &w.owner, "S" AUTH "policyAssignments/pinned");
    CHECK_STR(arm_at(&a, "properties/effectiveDefinitionVersion"), "");
    a = arm_get(&w, &w.owner, "S" AUTH "policyAssignments?$expand=effectiveDefinitionVersion");
    CHECK_STR(arm_at(&a, "value/0/properties/effectiveDefinitionVersion"), "2.0.0");
    CHECK_STR(arm_at(&a, "value/0/properties/latestDefinitionVersion"), "");
    ARM_REFUSED(arm_put(&w, &w.owner, assigns("policyDefinitions/v", ",\"definitionVersion\":\"3.*.*\""), "S" AUTH "policyAssignments/x"), 404, "PolicyDefinitionVersionNotFound");
    ARM_REFUSED(arm_put(&w, &w.owner, assigns("policyDefinitions/v", ",\"definitionVersion\":\"newest\""), "S" AUTH "policyAssignments/x"), 400, "InvalidPolicyDefinitionVersion");
    ARM_REFUSED(arm_put(&w, &w.owner, assigns("policyDefinitions/v", ",\"overrides\":[{\"kind\":\"policyVersion\",\"value\":\"9.*.*\"}]"), "S" AUTH "policyAssignments/x"), 404,
                "PolicyDefinitionVersionNotFound");
    WANT(arm_delete(&w, &w.owner, "S" AUTH "policyAssignments/pinned"), 200);
    WANT(arm_delete(&w, &w.owner, "S" AUTH "policyAssignments/rolling"), 200);
    WANT(arm_delete(&w, &w.owner, VERSIONED "/versions/1.1.0"), 200);
    arm_stop(&w);
}

static char *set_of(const char *version, const char *member)
{
    return api_printf(&w.api, "{\"properties\":{\"version\":\"%s\",\"policyDefinitions\":[{\"policyDefinitionReferenceId\":\"m\",\"policyDefinitionId\":\"/subscriptions/%s" AUTH
                      "policyDefinitions/v\"%s}]}}", version, w.subscription, member);
}

TEST(sets_have_versions_too)
{
    begin_versions();
    WANT(arm_put(&w, &w.owner, set_of("1.0.0", ",\"definitionVersion\":\"1.*.*\""), "S" AUTH "policySetDefinitions/s"), 201);
    WANT(arm_put(&w, &w.owner, set_of("2.0.0", ",\"definitionVersion\":\"2.*.*\""), "S" AUTH "policySetDefinitions/s"), 200);
    CHECK_STR(arm_names(&w, &w.owner, "S" AUTH "policySetDefinitions/s/versions", NULL), "2.0.0 1.0.0");
    WANT(arm_put(&w, &w.owner, assigns("policySetDefinitions/s", ""), "S" AUTH "policyAssignments/newest"), 201);
    WANT(arm_put(&w, &w.owner, assigns("policySetDefinitions/s", ",\"definitionVersion\":\"1.*.*\""), "S" AUTH "policyAssignments/pinned"), 201);
    WANT(arm_put(&w, &w.owner, assigns("policySetDefinitions/s", ",\"overrides\":[{\"kind\":\"definitionVersion\",\"value\":\"1.0.*\",\"selectors\":[{\"kind\":"
                                       "\"policyDefinitionReferenceId\",\"in\":[\"m\"]}]}]"), "S" AUTH "policyAssignments/member"), 201);
    ARM_REFUSED(arm_put(&w, &w.owner, assigns("policySetDefinitions/s", ",\"overrides\":[{\"kind\":\"definitionVersion\",\"value\":\"7.0.*\",\"selectors\":[{\"kind\":"
                                              "\"policyDefinitionReferenceId\",\"in\":[\"m\"]}]}]"), "S" AUTH "policyAssignments/x"), 404, "PolicyDefinitionVersionNotFound");
    CHECK_JUDGED("newest", "Compliant 2.0.0");
    CHECK_JUDGED("pinned", "NonCompliant 1.0.0");
    CHECK_JUDGED("member", "NonCompliant 1.0.0");
    api_answer a = post("S" AUTH "policyAssignments/pinned" STATES "queryResults");
    CHECK_STR(arm_at(&a, "value/0/policySetDefinitionVersion"), "1.0.0");
    a = arm_get(&w, &w.owner, "S" AUTH "policySetDefinitions/s?$expand=LatestDefinitionVersion,EffectiveDefinitionVersion");
    CHECK_STR(arm_at(&a, "properties/policyDefinitions/0/effectiveDefinitionVersion"), "2.0.0");
    a = arm_get(&w, &w.owner, "S" AUTH "policySetDefinitions/s/versions/1.0.0?$expand=LatestDefinitionVersion,EffectiveDefinitionVersion");
    CHECK_STR(arm_at(&a, "properties/policyDefinitions/0/effectiveDefinitionVersion"), "1.0.0");
    CHECK_STR(arm_at(&a, "properties/policyDefinitions/0/latestDefinitionVersion"), "2.0.0");
    ARM_REFUSED(arm_delete(&w, &w.owner, VERSIONED "/versions/1.0.0"), 409, "PolicyDefinitionVersionInUse"); /* by an earlier version of the set */
    ARM_REFUSED(arm_delete(&w, &w.owner, "S" AUTH "policySetDefinitions/s/versions/1.0.0"), 409, "PolicyDefinitionVersionInUse");
    ARM_REFUSED(arm_put(&w, &w.owner, set_of("2.1.0", ",\"definitionVersion\":\"5.*.*\""), "S" AUTH "policySetDefinitions/s"), 404, "PolicyDefinitionVersionNotFound");
    WANT(arm_delete(&w, &w.owner, "S" AUTH "policyAssignments/pinned"), 200);
    WANT(arm_delete(&w, &w.owner, "S" AUTH "policyAssignments/member"), 200);
    WANT(arm_delete(&w, &w.owner, "S" AUTH "policySetDefinitions/s/versions/1.0.0"), 200);
    WANT(arm_delete(&w, &w.owner, VERSIONED "/versions/1.0.0"), 200);
    arm_stop(&w);
}

TEST(sets_and_assignments)
{
    begin("audit");
    ARM_REFUSED(arm_put(&w, &w.owner, "{\"properties\":{\"policyDefinitions\":[{\"policyDefinitionId\":\"" AUTH "policyDefinitions/none\"}]}}", "S" AUTH "policySetDefinitions/s"), 404,
                "PolicyDefinitionNotFound");
    char *set = api_printf(&w.api, "{\"properties\":{\"policyDefinitionGroups\":[{\"name\":\"c1\"}],\"policyDefinitions\":[{\"policyDefinitionId\":\"/subscriptions/%s" AUTH
                                   "policyDefinitions/large\",\"groupNames\":[\"c1\"]},{\"policyDefinitionId\":\"/subscriptions/%s" AUTH "policyDefinitions/large\",\"policyDefinitionReferenceId\":\"reference-1\"}]}}",
                           w.subscription, w.subscription);
    api_answer a = arm_put(&w, &w.owner, set, "S" AUTH "policySetDefinitions/s");
    WANT(a, 201);
    mp_str made = arm_at(&a, "properties/policyDefinitions/0/policyDefinitionReferenceId");
    CHECK(made.len > 0 && !mp_str_eq(made, MP_S("reference-1"))); /* not one that is taken */
    CHECK(!mp_json_get(a.json, MP_S("refersTo")));
    WANT(arm_put(&w, &w.owner, set, "S" AUTH "policySetDefinitions/s"), 200);
    WANT(arm_get(&w, &w.owner, "S" AUTH "policySetDefinitions/s"), 200);
    ARM_REFUSED(arm_delete(&w, &w.owner, "S" AUTH "policyDefinitions/large"), 409, "PolicyDefinitionInUse");
    WANT(arm_put(&w, &w.owner, of("policyDefinitionId", AUTH "policySetDefinitions/s"), "S" AUTH "policyAssignments/b"), 201);
    ARM_REFUSED(arm_delete(&w, &w.owner, "S" AUTH "policySetDefinitions/s"), 409, "PolicySetDefinitionInUse");
    ARM_REFUSED(arm_put(&w, &w.owner, of("policyDefinitionId", AUTH "policyDefinitions/none"), "S" AUTH "policyAssignments/c"), 404, "PolicyDefinitionNotFound");
    ARM_REFUSED(arm_put(&w, &w.owner, of("policyDefinitionId", AUTH "policySetDefinitions/none"), "S" AUTH "policyAssignments/c"), 404, "PolicySetDefinitionNotFound");
    ARM_REFUSED(arm_send(&w, &w.owner, MP_PATCH, "{\"location\":\"x\"}", "S" AUTH "policyAssignments/c"), 404, "PolicyAssignmentNotFound");
    a = arm_send(&w, &w.owner, MP_PATCH, "{\"identity\":{\"type\":\"SystemAssigned\"},\"location\":\"koreacentral\"}", "S" AUTH "policyAssignments/a");
    WANT(a, 200);
    mp_str principal = arm_at(&a, "identity/principalId");
    CHECK_INT(principal.len, 36);
    CHECK_STR(arm_at(&a, "location"), "koreacentral");
    a = arm_send(&w, &w.owner, MP_PATCH, "{\"properties\":{\"overrides\":[]}}", "S" AUTH "policyAssignments/a");
    WANT(a, 200); /* the rest stays */
    CHECK(mp_str_eq(arm_at(&a, "identity/principalId"), principal));
    CHECK(arm_at(&a, "properties/policyDefinitionId").len > 0);
    CHECK_STR(arm_at(&a, "properties/enforcementMode"), "Default");
    a = arm_delete(&w, &w.owner, "S" AUTH "policyAssignments/a");
    WANT(a, 200); /* what was deleted */
    CHECK_STR(arm_at(&a, "name"), "a");
    WANT(arm_delete(&w, &w.owner, "S" AUTH "policyAssignments/a"), 204);
    ARM_REFUSED(arm_get(&w, &w.owner, "S" AUTH "policyAssignments/a"), 404, "PolicyAssignmentNotFound");
    WANT(arm_put(&w, &w.owner, "{\"properties\":{\"parameters\":{\"size\":{\"type\":\"String\",\"allowedValues\":[\"s\",\"l\"]}},\"policyRule\":{\"if\":{\"field\":\"name\",\"equals\":"
                               "\"[parameters('size')]\"},\"then\":{\"effect\":\"audit\"}}}}", "S" AUTH "policyDefinitions/wants"), 201);
    ARM_REFUSED(arm_put(&w, &w.owner, of("policyDefinitionId", AUTH "policyDefinitions/wants"), "S" AUTH "policyAssignments/c"), 400, "MissingPolicyParameter");
    WANT(arm_put(&w, &w.owner, api_printf(&w.api, "{\"properties\":{\"policyDefinitionId\":\"/subscriptions/%s" AUTH "policyDefinitions/wants\",\"parameters\":{\"size\":{\"value\":\"xl\"}}}}",
                                          w.subscription), "S" AUTH "policyAssignments/c"), 400);
    arm_stop(&w);
}

TEST(exemptions_and_attestations)
{
    begin("manual");
    char *exemption = api_printf(&w.api, "{\"properties\":{\"policyAssignmentId\":\"/subscriptions/%s" AUTH "policyAssignments/a\",\"exemptionCategory\":\"Waiver\",\"expiresOn\":\"2001-01-01T00:00:00Z\"}}",
                                 w.subscription);
    WANT(arm_put(&w, &w.owner, exemption, "S" AUTH "policyExemptions/e"), 201);
    WANT(arm_put(&w, &w.owner, exemption, "S" AUTH "policyExemptions/e"), 200);
    CHECK_STR(arm_names(&w, &w.owner, "S" AUTH "policyExemptions", NULL), "e");
    CHECK_STR(arm_names(&w, &w.owner, "S" AUTH "policyExemptions?$filter=excludeExpired()", NULL), "");
    ARM_REFUSED(arm_put(&w, &w.owner, of("policyAssignmentId", AUTH "policyAssignments/a"), "S" AUTH "policyExemptions/f"), 400, "InvalidPolicyExemption");
    ARM_REFUSED(arm_put(&w, &w.owner, api_printf(&w.api, "{\"properties\":{\"policyAssignmentId\":\"/subscriptions/%s" AUTH "policyAssignments/none\",\"exemptionCategory\":\"Waiver\"}}", w.subscription),
                        "S" AUTH "policyExemptions/f"), 404, "PolicyAssignmentNotFound");
    WANT(arm_delete(&w, &w.owner, "S" AUTH "policyExemptions/e"), 200);
    WANT(arm_delete(&w, &w.owner, "S" AUTH "policyExemptions/e"), 204);
    ARM_REFUSED(arm_get(&w, &w.owner, "S" AUTH "policyExemptions/e"), 404, "PolicyExemptionNotFound");
#define ATTESTATION "/providers/Microsoft.PolicyInsights/attestations/t"
    WANT(arm_put(&w, &w.owner, "{\"location\":\"koreacentral\",\"properties\":{\"diskSizeGB\":500}}", DISK), 201);
    WANT(post("S" STATES "triggerEvaluation"), 200);
    api_answer a = arm_get(&w, &w.owner, "S" STATES "queryResults");
    CHECK_STR(arm_at(&a, "value/0/complianceState"), "Unknown");
    char *attestation = api_printf(&w.api, "{\"properties\":{\"policyAssignmentId\":\"/subscriptions/%s" AUTH "policyAssignments/a\",\"complianceState\":\"Compliant\",\"comments\":\"looked at it\"}}", w.subscription);
    a = arm_put(&w, &w.owner, attestation, DISK ATTESTATION);
    WANT(a, 201);
    CHECK_STR(arm_at(&a, "properties/provisioningState"), "Succeeded");
    mp_str since = arm_at(&a, "properties/lastComplianceStateChangeAt");
    CHECK(since.len > 0);
    a = arm_put(&w, &w.owner, "{\"properties\":{\"comments\":\"and again\"}}", DISK ATTESTATION); /* only what changes */
    WANT(a, 200);
    CHECK_STR(arm_at(&a, "properties/complianceState"), "Compliant");
    CHECK(mp_str_eq(arm_at(&a, "properties/lastComplianceStateChangeAt"), since));
    CHECK_STR(arm_names(&w, &w.owner, "S/providers/Microsoft.PolicyInsights/attestations", NULL), "t");
    WANT(post("S" STATES "triggerEvaluation"), 200);
    a = arm_get(&w, &w.owner, "S" STATES "queryResults");
    CHECK_STR(arm_at(&a, "value/0/complianceState"), "Compliant");
    WANT(arm_delete(&w, &w.owner, DISK ATTESTATION), 200);
    WANT(arm_delete(&w, &w.owner, DISK ATTESTATION), 204);
    WANT(post("S/resourceGroups/g" STATES "triggerEvaluation"), 200);
    a = arm_get(&w, &w.owner, "S" STATES "queryResults");
    CHECK_STR(arm_at(&a, "value/0/complianceState"), "Unknown");
    arm_stop(&w);
}

TEST(a_refusal_says_who_refused)
{
    begin("deny");
    WANT(arm_put(&w, &w.owner, "{\"location\":\"koreacentral\",\"properties\":{\"diskSizeGB\":10}}", DISK), 201);
    api_answer a = arm_put(&w, &w.owner, "{\"location\":\"koreacentral\",\"properties\":{\"diskSizeGB\":500}}", DISK);
    ARM_REFUSED(a, 403, "RequestDisallowedByPolicy");
    CHECK_STR(arm_at(&a, "error/target"), "d");
    CHECK(mp_str_starts(arm_at(&a, "error/message"), MP_S("Resource 'd' was disallowed by policy.")));
    CHECK_STR(arm_at(&a, "error/additionalInfo/0/type"), "PolicyViolation");
    CHECK_STR(arm_at(&a, "error/additionalInfo/0/info/policyAssignmentName"), "a");
    CHECK_STR(arm_at(&a, "error/additionalInfo/0/info/policyDefinitionEffect"), "deny");
    CHECK_STR(arm_at(&a, "error/additionalInfo/0/info/policyDefinitionDisplayName"), "No large disks");
    CHECK(arm_at(&a, "error/additionalInfo/0/info/evaluationDetails/evaluatedExpressions/0/expression").len > 0);
    ARM_REFUSED(arm_send(&w, &w.owner, MP_PATCH, "{\"properties\":{\"diskSizeGB\":500}}", DISK), 403, "RequestDisallowedByPolicy");
    a = arm_get(&w, &w.owner, DISK);
    CHECK_INT(mp_json_get(mp_json_get(a.json, MP_S("properties")), MP_S("diskSizeGB"))->u.integer, 10);
    arm_stop(&w);
}

TEST(states)
{
    begin("audit");
    WANT(arm_put(&w, &w.owner, "{\"location\":\"koreacentral\",\"properties\":{\"diskSizeGB\":500}}", DISK), 201);
    for (int i = 0; i < 7; i++)
        WANT(arm_put(&w, &w.owner, "{\"location\":\"koreacentral\",\"properties\":{\"diskSizeGB\":5}}", DISK "%d", i), 201);
    WANT(post("S" STATES "triggerEvaluation"), 200);
    static const char *const scopes[] = { "S", "S/resourceGroups/g", DISK, "S" AUTH "policyAssignments/a", "S" AUTH "policyDefinitions/large" };
    for (size_t i = 0; i < MP_COUNT(scopes); i++) {
        api_answer a = post(api_printf(&w.api, "%s" STATES "queryResults?$filter=isCompliant%%20eq%%20false", scopes[i]));
        WANT(a, 200);
        CHECK_INT(arm_count(&a), 1);
        CHECK_INT(api_number(&a, "@odata.count"), 1);
        CHECK_STR(arm_at(&a, "value/0/resourceGroup"), "g");
        CHECK_STR(arm_at(&a, "value/0/policyDefinitionAction"), "audit");
        CHECK(arm_at(&a, "value/0/@odata.context").len > 0);
        a = post(api_printf(&w.api, "%s" STATES "summarize", scopes[i]));
        WANT(a, 200);
        const mp_json *results = mp_json_get(mp_json_at(mp_json_get(a.json, MP_S("value")), 0), MP_S("results"));
        CHECK_INT(mp_json_get(results, MP_S("nonCompliantResources"))->u.integer, 1);
        CHECK_INT(mp_json_get(results, MP_S("nonCompliantPolicies"))->u.integer, 1);
    }
    api_answer why = post(DISK STATES "queryResults?$expand=PolicyEvaluationDetails");
    CHECK_STR(arm_at(&why, "value/0/policyEvaluationDetails/evaluatedExpressions/1/operator"), "Greater");
    CHECK_STR(arm_at(&why, "value/0/policyEvaluationDetails/evaluatedExpressions/1/result"), "True");
    why = post(DISK STATES "queryResults");
    CHECK(!arm_at(&why, "value/0/policyEvaluationDetails/evaluatedExpressions/0/operator").len);
    api_answer grouped = post("S" STATES "queryResults?$apply=groupby((complianceState),aggregate($count%20as%20n))");
    CHECK_INT(arm_count(&grouped), 2);
    api_answer history = post("S/providers/Microsoft.PolicyInsights/policyStates/default/queryResults");
    WANT(history, 200);
    CHECK_INT(arm_count(&history), 8);
    ARM_REFUSED(post("S" STATES "queryResults?$filter=what"), 400, "InvalidFilterInQueryString");
    ARM_REFUSED(post("S" STATES "queryResults?$from=yesterday"), 400, "InvalidDateInQueryString");
    ARM_REFUSED(post("S/providers/Microsoft.PolicyInsights/policyStates/other/queryResults"), 404, "InvalidPolicyStatesResource");
    ARM_REFUSED(post("S" AUTH "policyAssignments/none" STATES "queryResults"), 404, "PolicyAssignmentNotFound");
    ARM_REFUSED(post("S/resourceGroups/none" STATES "queryResults"), 404, "ResourceGroupNotFound");
    arm_stop(&w);
}

TEST(who_only_reads)
{
    api_client reader, nobody;
    begin("audit");
    arm_program(&w, &reader, "reader", "Reader", "S");
    arm_program(&w, &nobody, "nobody", NULL, NULL);
    WANT(arm_get(&w, &reader, "S" AUTH "policyDefinitions/large"), 200);
    WANT(arm_get(&w, &reader, "S" AUTH "policyAssignments"), 200);
    WANT(arm_get(&w, &reader, AUTH "policyDefinitions"), 200); /* built-in ones are anybody's */
    ARM_REFUSED(arm_get(&w, &reader, AUTH "policyDefinitions/none"), 404, "PolicyDefinitionNotFound");
    WANT(arm_send(&w, &reader, MP_POST, NULL, "S" STATES "queryResults"), 200);
    WANT(arm_send(&w, &reader, MP_POST, NULL, "S" STATES "summarize"), 200);
    ARM_REFUSED(arm_send(&w, &reader, MP_POST, NULL, "S" STATES "triggerEvaluation"), 403, "AuthorizationFailed");
    ARM_REFUSED(arm_put(&w, &reader, RULE("audit"), "S" AUTH "policyDefinitions/mine"), 403, "AuthorizationFailed");
    ARM_REFUSED(arm_put(&w, &reader, of("policyDefinitionId", AUTH "policyDefinitions/large"), "S" AUTH "policyAssignments/mine"), 403, "AuthorizationFailed");
    ARM_REFUSED(arm_send(&w, &reader, MP_PATCH, "{}", "S" AUTH "policyAssignments/a"), 403, "AuthorizationFailed");
    ARM_REFUSED(arm_delete(&w, &reader, "S" AUTH "policyAssignments/a"), 403, "AuthorizationFailed");
    ARM_REFUSED(arm_get(&w, &nobody, "S" AUTH "policyDefinitions/large"), 403, "AuthorizationFailed");
    ARM_REFUSED(arm_get(&w, &nobody, "S" AUTH "policyDefinitions"), 403, "AuthorizationFailed");
    ARM_REFUSED(arm_send(&w, &nobody, MP_POST, NULL, "S" AUTH "listPolicyDefinitionVersions"), 403, "AuthorizationFailed");
    ARM_REFUSED(arm_send(&w, &nobody, MP_POST, NULL, "S" STATES "queryResults"), 403, "AuthorizationFailed");
    ARM_REFUSED(arm_get(&w, NULL, AUTH "policyDefinitions"), 401, "AuthenticationFailed");
    WANT(arm_put(&w, &w.owner, "{\"properties\":{\"level\":\"CanNotDelete\"}}", "S" AUTH "locks/l"), 201);
    ARM_REFUSED(arm_delete(&w, &w.owner, "S" AUTH "policyAssignments/a"), 409, "ScopeLocked");
    WANT(arm_delete(&w, &w.owner, "S" AUTH "locks/l"), 200);
    WANT(arm_delete(&w, &w.owner, "S" AUTH "policyAssignments/a"), 200);
    arm_stop(&w);
}

int main(void)
{
    return MAIN(RUN(definitions), RUN(lists), RUN(versions_are_kept), RUN(versions_judge_where_they_are_asked_for), RUN(sets_have_versions_too), RUN(sets_and_assignments), RUN(exemptions_and_attestations), RUN(a_refusal_says_who_refused), RUN(states), RUN(who_only_reads));
}
