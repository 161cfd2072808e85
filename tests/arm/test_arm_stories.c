/* SPDX-License-Identifier: Apache-2.0 */
/* What security teams ask of a cloud, answered with the policies that come with Mapae: the security team assigns, a
 * team of developers has a group of its own and goes as far as it is let. Each question is asked twice: what must not
 * be is refused by the policy that was assigned for it, what may be is done. */
#include "arm_world.h"

#include <stdio.h>

#include "arm.h"
#include "shipped.h"

static arm_world  w;
static api_client team; /* Contributor of the group `web` */

#define AUTH "/providers/Microsoft.Authorization/"
#define WEB "S/resourceGroups/web"
#define VM WEB "/providers/Microsoft.Compute/virtualMachines/"
#define NIC WEB "/providers/Microsoft.Network/networkInterfaces/"
#define STORE WEB "/providers/Microsoft.Storage/storageAccounts/"

static void begin(void)
{
    arm_start_with(&w, (const char *const[]){ "policies.shipped=true", NULL });
    WANT(arm_put(&w, &w.owner, "{\"location\":\"koreacentral\",\"tags\":{\"부서\":\"web\"}}", WEB), 201);
    arm_program(&w, &team, "team", "Contributor", WEB);
}

/* A built-in policy, by its name without "mapae-", on the subscription; `parameters` are members. */
static void assign(const char *policy, const char *parameters)
{
    WANT(arm_put(&w, &w.owner,
                 api_printf(&w.api,
                            "{\"properties\":{\"policyDefinitionId\":\"" AUTH
                            "policyDefinitions/mapae-%s\",\"parameters\":{%s}}}",
                            policy, parameters),
                 "S" AUTH "policyAssignments/%s", policy),
         201);
}

#define DENY "\"effect\":{\"value\":\"Deny\"}"

/* Refused by the assignment of that name, and by no other; nothing is left behind. */
static void want_refused(const char *by, const char *json, const char *path)
{
    api_answer a = arm_put(&w, &team, json, "%s", path);
    ARM_REFUSED(a, 403, "RequestDisallowedByPolicy");
    CHECK_STR(arm_at(&a, "error/additionalInfo/0/info/policyAssignmentName"), by);
    CHECK_INT(mp_json_get(mp_json_get(a.json, MP_S("error")), MP_S("additionalInfo"))->count, 1);
    ARM_REFUSED(arm_get(&w, &w.owner, "%s", path), 404, "ResourceNotFound");
}

static void want_done(const char *json, const char *path) { WANT(arm_put(&w, &team, json, "%s", path), 201); }

TEST(types_regions_sizes_and_images)
{
    begin();
    assign("general-allowed-types", DENY);
    assign("general-allowed-locations", DENY);
    assign("compute-allowed-sizes", DENY);
    assign("compute-approved-images", DENY);
    want_refused("general-allowed-types", "{\"location\":\"koreacentral\"}",
                 WEB "/providers/Microsoft.Quantum/workspaces/lab");
    want_refused("general-allowed-locations", "{\"location\":\"eastus\"}", STORE "far");
    want_done("{\"location\":\"Korea South\"}", STORE "near");
#define MACHINE(size, publisher) "{\"location\":\"koreacentral\",\"properties\":{\"hardwareProfile\":{\"vmSize\":\"" size "\"},\"storageProfile\":{\"imageReference\":{\"publisher\":\"" publisher "\"}}}}"
    want_refused("compute-allowed-sizes", MACHINE("Standard_NC24ads_A100_v4", "Canonical"), VM "gpu");
    want_refused("compute-approved-images", MACHINE("Standard_D4s_v5", "somebody"), VM "strange");
    want_done(MACHINE("Standard_D4s_v5", "Canonical"), VM "good");
    /* A change is decided like a beginning. */
    ARM_REFUSED(arm_send(&w, &team, MP_PATCH,
                         "{\"properties\":{\"hardwareProfile\":{\"vmSize\":\"Standard_M416ms_v2\"}}}", VM "good"),
                403, "RequestDisallowedByPolicy");
    api_answer got = arm_get(&w, &team, VM "good");
    CHECK_STR(arm_at(&got, "properties/hardwareProfile/vmSize"), "Standard_D4s_v5");
    arm_stop(&w);
}

TEST(tags_are_inherited_and_required)
{
    begin();
    assign("general-inherit-group-tag", "");
    assign("general-required-tags", DENY);
    want_refused("general-required-tags", "{\"location\":\"koreacentral\"}", STORE "nobodys");
    /* the other one comes from the group */
    want_done("{\"location\":\"koreacentral\",\"tags\":{\"담당자\":\"kim\"}}", STORE "kims");
    api_answer got = arm_get(&w, &team, STORE "kims");
    CHECK_STR(arm_at(&got, "tags/부서"), "web");
    arm_stop(&w);
}

TEST(disks_and_storage_are_encrypted)
{
    begin();
    assign("compute-encryption-at-host", DENY);
    assign("storage-infrastructure-encryption", DENY);
    assign("storage-https-only", DENY);
    want_refused("compute-encryption-at-host", "{\"location\":\"koreacentral\"}", VM "plain");
    want_done("{\"location\":\"koreacentral\",\"properties\":{\"securityProfile\":{\"encryptionAtHost\":true}}}",
              VM "sealed");
    want_refused("storage-infrastructure-encryption",
                 "{\"location\":\"koreacentral\",\"properties\":{\"supportsHttpsTrafficOnly\":true}}", STORE "once");
    want_refused(
        "storage-https-only",
        "{\"location\":\"koreacentral\",\"properties\":{\"supportsHttpsTrafficOnly\":false,\"encryption\":{\"requireInfrastructureEncryption\":true}}}",
        STORE "open");
    want_done(
        "{\"location\":\"koreacentral\",\"properties\":{\"supportsHttpsTrafficOnly\":true,\"encryption\":{\"requireInfrastructureEncryption\":true}}}",
        STORE "twice");
    arm_stop(&w);
}

static const char *card(const char *group, const char *subnet, const char *public)
{
    return api_printf(
        &w.api,
        "{\"location\":\"koreacentral\",\"properties\":{\"ipConfigurations\":[{\"name\":\"a\",\"properties\":{\"subnet\":{\"id\":\"/subscriptions/%s/resourceGroups/%s"
        "/providers/Microsoft.Network/virtualNetworks/v/subnets/%s\"}%s}}]}}",
        w.subscription, group, subnet, public);
}

TEST(machines_stand_in_protected_subnets_without_public_addresses)
{
    begin();
    arm_group(&w, "net");
    assign(
        "network-nic-approved-subnets",
        api_printf(
            &w.api,
            DENY
            ",\"approvedSubnets\":{\"value\":[\"/subscriptions/%s/resourceGroups/net/providers/Microsoft.Network/virtualNetworks/v/subnets/"
            "protected-*\"]}",
            w.subscription));
    assign("network-nic-no-public-ip", DENY);
    want_refused("network-nic-approved-subnets", card("net", "lab", ""), NIC "a");
    /* a network of one's own under the same names */
    want_refused("network-nic-approved-subnets", card("web", "protected-1", ""), NIC "b");
    want_refused("network-nic-no-public-ip", card("net", "protected-1", ",\"publicIPAddress\":{\"id\":\"/x\"}"), NIC "c");
    want_done(card("net", "protected-1", ""), NIC "d");
    arm_stop(&w);
}

/* Locks, the right to change them, and what nobody takes away. */
TEST(settings_of_the_security_team_stay)
{
#define RULES "S/resourceGroups/web/providers/Microsoft.Network/networkSecurityGroups/rules"
    begin();
    WANT(arm_put(&w, &w.owner, "{\"location\":\"koreacentral\",\"properties\":{\"securityRules\":[]}}", RULES), 201);
    WANT(arm_put(&w, &w.owner, "{\"properties\":{\"level\":\"ReadOnly\",\"notes\":\"security team\"}}",
                 RULES AUTH "locks/security"),
         201);
    ARM_REFUSED(arm_put(&w, &team,
                        "{\"location\":\"koreacentral\",\"properties\":{\"securityRules\":[{\"name\":\"all\"}]}}",
                        RULES),
                409, "ScopeLocked");
    ARM_REFUSED(arm_delete(&w, &team, RULES), 409, "ScopeLocked");
    ARM_REFUSED(arm_delete(&w, &team, WEB), 409, "ScopeLocked");
    ARM_REFUSED(arm_delete(&w, &team, RULES AUTH "locks/security"), 403, "AuthorizationFailed");
    ARM_REFUSED(arm_put(&w, &team,
                        "{\"properties\":{\"policyAssignmentId\":\"/x\",\"exemptionCategory\":\"Waiver\"}}",
                        WEB AUTH "policyExemptions/us"),
                403, "AuthorizationFailed");
    ARM_REFUSED(arm_put(&w, &team, "{\"properties\":{\"roleDefinitionId\":\"/x\",\"principalId\":\"y\"}}",
                        WEB AUTH "roleAssignments/8d8a3c5e-8a5f-4c53-8f0e-9f4a6c3b2a10"),
                403, "AuthorizationFailed");
    assign("logging-protect-evidence-stores", "");
    want_done("{\"location\":\"koreacentral\",\"tags\":{\"용도\":\"감사로그\"}}", STORE "audit");
    ARM_REFUSED(arm_delete(&w, &team, STORE "audit"), 403, "RequestDisallowedByPolicy");
    WANT(arm_delete(&w, &w.owner, RULES AUTH "locks/security"), 200);
    ARM_REFUSED(arm_delete(&w, &team, WEB), 403, "RequestDisallowedByPolicy"); /* not with the group either */
    WANT(arm_get(&w, &team, STORE "audit"), 200);
    arm_stop(&w);
}

TEST(cost_has_limits_of_size_and_count)
{
    begin();
    assign(
        "compute-size-limits", DENY
        ",\"maximumInstances\":{\"value\":3},\"maximumDataDisks\":{\"value\":1},\"maximumDiskSize\":{\"value\":100}");
#define SET WEB "/providers/Microsoft.Compute/virtualMachineScaleSets/"
    want_refused("compute-size-limits",
                 "{\"location\":\"koreacentral\",\"sku\":{\"name\":\"Standard_D2s_v5\",\"capacity\":4}}", SET "many");
    want_done("{\"location\":\"koreacentral\",\"sku\":{\"name\":\"Standard_D2s_v5\",\"capacity\":3}}", SET "few");
    ARM_REFUSED(arm_send(&w, &team, MP_PATCH, "{\"sku\":{\"capacity\":40}}", SET "few"), 403, "RequestDisallowedByPolicy");
    want_refused(
        "compute-size-limits",
        "{\"location\":\"koreacentral\",\"properties\":{\"storageProfile\":{\"dataDisks\":[{\"lun\":0},{\"lun\":1}]}}}",
        VM "two");
    want_done("{\"location\":\"koreacentral\",\"properties\":{\"storageProfile\":{\"dataDisks\":[{\"lun\":0}]}}}", VM "one");
    want_refused("compute-size-limits", "{\"location\":\"koreacentral\",\"properties\":{\"diskSizeGB\":101}}",
                 WEB "/providers/Microsoft.Compute/disks/large");
    want_done("{\"location\":\"koreacentral\",\"properties\":{\"diskSizeGB\":100}}",
              WEB "/providers/Microsoft.Compute/disks/small");
    arm_stop(&w);
}

/* Taken in once; a second start, and one that ships no more, leave them as they are. */
TEST(what_is_shipped_is_built_in)
{
    begin();
    ARM_REFUSED(arm_get(&w, &w.owner, "S" AUTH "policyDefinitions/mapae-general-allowed-types"), 404,
                "PolicyDefinitionNotFound");
    api_answer first = arm_get(&w, &team, AUTH "policyDefinitions/mapae-general-allowed-types");
    WANT(first, 200);
    CHECK_STR(arm_at(&first, "properties/policyType"), "BuiltIn");
    WANT(arm_get(&w, &team, AUTH "policySetDefinitions/mapae-korea-baseline"), 200);
    ARM_REFUSED(arm_put(&w, &w.owner, "{\"properties\":{}}", AUTH "policyDefinitions/mapae-general-allowed-types"),
                405, "MethodNotAllowed");
    static const api_client local = { .is_local = true };
    api_answer before = api_get(&w.api, &local, "/api/v1/ledger");
    api_reopen(&w.api);
    CHECK_INT(mp_shipped_take_in(mp_compliance_of(w.api.app), NULL), MP_OK); /* as a server that starts */
    api_answer after = api_get(&w.api, &local, "/api/v1/ledger");
    CHECK(api_number(&before, "size") > 0);
    CHECK_INT(api_number(&after, "size"), api_number(&before, "size"));
    api_answer second = arm_get(&w, &team, AUTH "policyDefinitions/mapae-general-allowed-types");
    WANT(second, 200);
    CHECK(mp_str_eq(first.body, second.body));
    arm_stop(&w);
}

/* An initiative of a scheme reports and stands in nobody's way: what it finds wrong is made all the same, and unchanged. */
TEST(an_initiative_of_a_scheme_only_reports)
{
    begin();
    WANT(arm_put(&w, &w.owner,
                 "{\"properties\":{\"policyDefinitionId\":\"" AUTH "policySetDefinitions/mapae-csap-iaas\","
                 "\"parameters\":{\"minimumLogDays\":{\"value\":730}}}}",
                 "S" AUTH "policyAssignments/csap"),
         201);
    api_answer made = arm_put(&w, &team,
                              "{\"location\":\"eastus\",\"kind\":\"StorageV2\",\"sku\":{\"name\":\"Standard_LRS\"},"
                              "\"properties\":{\"minimumTlsVersion\":\"TLS1_0\"}}",
                              STORE "open");
    WANT(made, 201);
    CHECK_STR(arm_at(&made, "properties/minimumTlsVersion"), "TLS1_0");
    CHECK(mp_json_get(made.json, MP_S("tags")) == NULL || mp_json_get(made.json, MP_S("tags"))->count == 0);
    api_answer set = arm_get(&w, &team, AUTH "policySetDefinitions/mapae-csap-iaas");
    WANT(set, 200);
    const mp_json *properties = mp_json_get(set.json, MP_S("properties"));
    CHECK_INT(mp_json_get(properties, MP_S("policyDefinitionGroups"))->count, 116);
    CHECK(mp_json_get(properties, MP_S("policyDefinitions"))->count > 250);
    arm_stop(&w);
}

int main(void)
{
    return MAIN(RUN(an_initiative_of_a_scheme_only_reports), RUN(types_regions_sizes_and_images),
                RUN(tags_are_inherited_and_required),
                RUN(disks_and_storage_are_encrypted),
                RUN(machines_stand_in_protected_subnets_without_public_addresses),
                RUN(settings_of_the_security_team_stay), RUN(cost_has_limits_of_size_and_count),
                RUN(what_is_shipped_is_built_in));
}
