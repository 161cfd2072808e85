/* SPDX-License-Identifier: Apache-2.0 */
#include "alias.h"

#include "fault.h"
#include "test.h"

/* ---- two tables that say the same in the two forms ---- */

static const char compact[] =
    "{\n"
    "\"Microsoft.Compute/virtualMachines\": {\n"
    " \"Microsoft.Compute/imagePublisher\": \"properties.storageProfile.imageReference.publisher\",\n"
    " \"Microsoft.Compute/virtualMachines/priority\": \"properties.priority\",\n"
    " \"Microsoft.Compute/virtualMachines/sku.name\":"
    " {\"p\": \"properties.hardwareProfile.vmSize\", \"t\": \"String\", \"m\": true}},\n"
    "\"Microsoft.Compute/disks\": {\n"
    " \"Microsoft.Compute/imagePublisher\":"
    " {\"p\": \"properties.creationData.imageReference.id\", \"x\": true},\n"
    " \"Microsoft.Compute/disks/networkAccessPolicy\":"
    " {\"p\": \"properties.networkAccessPolicy\", \"mi\": true}},\n"
    "\"Microsoft.Network/networkSecurityGroups\": {\n"
    " \"Microsoft.Network/networkSecurityGroups/securityRules[*]\":"
    " \"properties.securityRules[*]\",\n"
    " \"Microsoft.Network/networkSecurityGroups/subnets\": \"properties.subnets\",\n"
    " \"Microsoft.Network/networkSecurityGroups/securityRules[*].access\":"
    " \"properties.securityRules[*].properties.access\"},\n"
    "\"Microsoft.Sql/servers\": {\n"
    " \"Microsoft.Sql/servers/version\": {\"p\": \"properties.version\", \"m\": false,"
    " \"v\": {\"properties.oldVersion\": [\"2014-04-01\", \"2015-05-01-Preview\"]}}}\n"
    "}";

static const char providers[] =
    "[{\"namespace\": \"Microsoft.Compute\", \"resourceTypes\": ["
    "  {\"resourceType\": \"virtualMachines\", \"aliases\": ["
    "    {\"name\": \"Microsoft.Compute/imagePublisher\","
    "     \"defaultPath\": \"properties.storageProfile.imageReference.publisher\", \"paths\": []},"
    "    {\"name\": \"Microsoft.Compute/virtualMachines/priority\", \"paths\": ["
    "      {\"path\": \"properties.old\", \"apiVersions\": [\"2017-01-01\"]},"
    "      {\"path\": \"properties.priority\", \"apiVersions\": [\"2019-01-01\", \"2018-01-01\"]}]},"
    "    {\"name\": \"Microsoft.Compute/virtualMachines/nowhere\", \"paths\": []},"
    "    {\"name\": \"Microsoft.Compute/virtualMachines/sku.name\", \"type\": \"PlainText\","
    "     \"defaultPath\": \"properties.hardwareProfile.vmSize\","
    "     \"defaultMetadata\": {\"type\": \"String\", \"attributes\": \"Modifiable\"}}]},"
    "  {\"resourceType\": \"operations\", \"aliases\": null},"
    "  {\"resourceType\": \"disks\", \"aliases\": ["
    "    {\"name\": \"Microsoft.Compute/imagePublisher\","
    "     \"defaultPath\": \"properties.creationData.imageReference.id\","
    "     \"defaultPattern\": {\"type\": \"Extract\", \"variable\": \"publisher\", \"phrase\":"
    "       \"/subscriptions/{id}/providers/Microsoft.Compute/Publishers/{publisher}/Offers/{o}\"}},"
    "    {\"name\": \"Microsoft.Compute/disks/networkAccessPolicy\","
    "     \"defaultPath\": \"properties.networkAccessPolicy\","
    "     \"defaultMetadata\": {\"type\": \"NotSpecified\", \"attributes\": \"Modifiable\"}}]}]},"
    " {\"namespace\": \"Microsoft.Network\", \"resourceTypes\": ["
    "  {\"resourceType\": \"networkSecurityGroups\", \"aliases\": ["
    "    {\"name\": \"Microsoft.Network/networkSecurityGroups/securityRules[*]\","
    "     \"defaultPath\": \"properties.securityRules[*]\"},"
    "    {\"name\": \"Microsoft.Network/networkSecurityGroups/subnets\","
    "     \"defaultPath\": \"properties.subnets\"},"
    "    {\"name\": \"Microsoft.Network/networkSecurityGroups/securityRules[*].access\","
    "     \"defaultPath\": \"properties.securityRules[*].properties.access\"}]}]},"
    " {\"namespace\": \"Microsoft.Sql\", \"resourceTypes\": ["
    "  {\"resourceType\": \"servers\", \"aliases\": ["
    "    {\"name\": \"Microsoft.Sql/servers/version\", \"defaultPath\": \"properties.version\","
    "     \"defaultMetadata\": {\"attributes\": \"None\"}, \"paths\": ["
    "       {\"path\": \"properties.version\", \"apiVersions\": [\"2022-01-01\"]},"
    "       {\"path\": \"properties.oldVersion\", \"metadata\": {\"attributes\": \"None\"},"
    "        \"apiVersions\": [\"2014-04-01\", \"2015-05-01-preview\"]}]}]}]},"
    " {\"namespace\": \"Microsoft.Empty\"}]";

static mp_aliases *read_ok(const char *text)
{
    mp_aliases *table = NULL;
    mp_error    err = { 0 };
    if (mp_aliases_read(&table, mp_str_from(text), &err) != MP_OK)
        print_error("%u:%u %s\n", err.pos.line, err.pos.col, err.message);
    CHECK(table != NULL);
    return table;
}

struct answer {
    const char    *type, *name, *version;
    mp_alias_match match;
    const char    *path, *extract, *token_type;
    mp_modifiable  modifiable;
};

static void check_answer(const mp_aliases *table, const struct answer *want)
{
    mp_arena       arena = MP_ARENA_INIT;
    mp_alias_match match = MP_ALIAS_UNKNOWN;
    mp_alias       found = { 0 };
    mp_error       err = { 0 };
    CHECK_INT(mp_alias_find(&match, &found, table, mp_str_from(want->type),
                            mp_str_from(want->name), mp_str_from(want->version), &arena, &err),
              MP_OK);
    if (match != want->match)
        print_error("%s: %s\n", want->type, want->name);
    CHECK_INT(match, want->match);
    if (match == MP_ALIAS_FOUND) {
        CHECK_STR(mp_path_text(found.path, &arena), want->path);
        CHECK_STR(found.extract, want->extract ? want->extract : "");
        CHECK_STR(found.token_type, want->token_type ? want->token_type : "");
        CHECK_INT(found.modifiable, want->modifiable);
    }
    mp_arena_free(&arena);
}

#define VM "Microsoft.Compute/virtualMachines"
#define NSG "Microsoft.Network/networkSecurityGroups"

static const struct answer table_answers[] = {
    { VM, VM "/priority", "", MP_ALIAS_FOUND, "properties.priority", NULL, NULL, 0 },
    { VM, VM "/sku.name", "", MP_ALIAS_FOUND, "properties.hardwareProfile.vmSize", NULL, "String",
      MP_MODIFIABLE_YES },
    { VM, "microsoft.compute/VIRTUALMACHINES/SKU.Name", "", MP_ALIAS_FOUND,
      "properties.hardwareProfile.vmSize", NULL, "String", MP_MODIFIABLE_YES },
    { "MICROSOFT.compute/virtualmachines", VM "/priority", "", MP_ALIAS_FOUND,
      "properties.priority", NULL, NULL, 0 },
    /* one name, a path per type */
    { VM, "Microsoft.Compute/imagePublisher", "", MP_ALIAS_FOUND,
      "properties.storageProfile.imageReference.publisher", NULL, NULL, 0 },
    { "Microsoft.Compute/disks", "Microsoft.Compute/imagePublisher", "", MP_ALIAS_FOUND,
      "properties.creationData.imageReference.id", "Publishers", NULL, 0 },
    { "Microsoft.Compute/disks", "Microsoft.Compute/disks/networkAccessPolicy", "", MP_ALIAS_FOUND,
      "properties.networkAccessPolicy", NULL, NULL, MP_MODIFIABLE_YES },
    /* versions */
    { "Microsoft.Sql/servers", "Microsoft.Sql/servers/version", "", MP_ALIAS_FOUND,
      "properties.version", NULL, NULL, MP_MODIFIABLE_NO },
    { "Microsoft.Sql/servers", "Microsoft.Sql/servers/version", "2014-04-01", MP_ALIAS_FOUND,
      "properties.oldVersion", NULL, NULL, MP_MODIFIABLE_NO },
    { "Microsoft.Sql/servers", "Microsoft.Sql/servers/version", "2015-05-01-preview",
      MP_ALIAS_FOUND, "properties.oldVersion", NULL, NULL, MP_MODIFIABLE_NO },
    { "Microsoft.Sql/servers", "Microsoft.Sql/servers/version", "2099-01-01", MP_ALIAS_FOUND,
      "properties.version", NULL, NULL, MP_MODIFIABLE_NO },
    /* the array for its elements, and the other way round */
    { NSG, NSG "/securityRules[*].access", "", MP_ALIAS_FOUND,
      "properties.securityRules[*].properties.access", NULL, NULL, 0 },
    { NSG, NSG "/securityRules", "", MP_ALIAS_FOUND, "properties.securityRules", NULL, NULL, 0 },
    { NSG, NSG "/subnets[*]", "", MP_ALIAS_FOUND, "properties.subnets[*]", NULL, NULL, 0 },
    /* not this type's */
    { NSG, VM "/priority", "", MP_ALIAS_OTHER_TYPE, NULL, NULL, NULL, 0 },
    { NSG, VM "/priority[*]", "", MP_ALIAS_OTHER_TYPE, NULL, NULL, NULL, 0 },
    { "No.Such/type", "Microsoft.Compute/imagePublisher", "", MP_ALIAS_OTHER_TYPE, NULL, NULL,
      NULL, 0 },
    { VM, VM "/noSuchThing", "", MP_ALIAS_UNKNOWN, NULL, NULL, NULL, 0 },
    { VM, "", "", MP_ALIAS_UNKNOWN, NULL, NULL, NULL, 0 },
    /* an extension resource, spelled with what it extends */
    { VM "/providers/" NSG, NSG "/subnets", "", MP_ALIAS_FOUND, "properties.subnets", NULL, NULL,
      0 },
};

TEST(both_forms_answer_alike)
{
    mp_aliases *a = read_ok(compact), *b = read_ok(providers);
    CHECK_INT(mp_aliases_type_count(a), 4);
    CHECK_INT(mp_aliases_type_count(b), 4);
    CHECK_INT(mp_aliases_count(a), 9);
    CHECK_INT(mp_aliases_count(b), 9);
    for (size_t i = 0; i < MP_COUNT(table_answers); i++) {
        check_answer(a, &table_answers[i]);
        check_answer(b, &table_answers[i]);
    }
    mp_aliases_free(a);
    mp_aliases_free(b);
}

TEST(provider_forms_may_be_wrapped)
{
    static const char *const forms[] = {
        "{\"value\": [{\"namespace\": \"A.B\", \"resourceTypes\": [{\"resourceType\": \"c\","
        " \"aliases\": [{\"name\": \"A.B/c/d\", \"defaultPath\": \"properties.d\"}]}]}]}",
        "{\"namespace\": \"A.B\", \"registrationState\": \"Registered\", \"resourceTypes\":"
        " [{\"resourceType\": \"c\","
        " \"aliases\": [{\"name\": \"A.B/c/d\", \"defaultPath\": \"properties.d\"}]}]}",
    };
    static const struct answer want = { "A.B/c", "a.b/C/D", "", MP_ALIAS_FOUND, "properties.d",
                                        NULL, NULL, 0 };
    for (size_t i = 0; i < MP_COUNT(forms); i++) {
        mp_aliases *table = read_ok(forms[i]);
        check_answer(table, &want);
        mp_aliases_free(table);
    }
}

TEST(what_is_found_outlives_the_table)
{
    mp_aliases    *table = read_ok(compact);
    mp_arena       arena = MP_ARENA_INIT;
    mp_alias_match match;
    mp_alias       image, size;
    CHECK_INT(mp_alias_find(&match, &image, table, MP_S("Microsoft.Compute/disks"),
                            MP_S("Microsoft.Compute/imagePublisher"), MP_S(""), &arena, NULL),
              MP_OK);
    CHECK_INT(mp_alias_find(&match, &size, table, MP_S(VM), MP_S(VM "/sku.name"), MP_S(""), &arena,
                            NULL),
              MP_OK);
    mp_aliases_free(table);
    CHECK_STR(mp_path_text(image.path, &arena), "properties.creationData.imageReference.id");
    CHECK_STR(image.extract, "Publishers");
    CHECK_STR(size.token_type, "String");
    mp_arena_free(&arena);
}

TEST(later_of_two_counts)
{
    mp_aliases *table = read_ok("{\"A.B/c\": {\"A.B/c/d\": \"one\", \"A.B/C/D\": \"two\"}}");
    static const struct answer want = { "A.B/c", "A.B/c/d", "", MP_ALIAS_FOUND, "two",
                                        NULL, NULL, 0 };
    check_answer(table, &want);
    mp_aliases_free(table);
}

TEST(empty_tables_know_nothing)
{
    static const char *const forms[] = { "{}", "[]", "{\"value\": []}", "{\"A.B/c\": {}}" };
    static const struct answer want = { "A.B/c", "A.B/c/d", "", MP_ALIAS_UNKNOWN, NULL,
                                        NULL, NULL, 0 };
    for (size_t i = 0; i < MP_COUNT(forms); i++) {
        mp_aliases *table = read_ok(forms[i]);
        check_answer(table, &want);
        CHECK_INT(mp_aliases_count(table), 0);
        CHECK_INT(mp_alias_nearest(table, MP_S("A.B/c/d")).len, 0);
        mp_aliases_free(table);
    }
}

TEST(wrong_shapes_are_refused_with_their_place)
{
    static const struct {
        const char *text;
        mp_code     code;
        mp_pos      pos;
    } cases[] = {
        { "", MP_SYNTAX, { 1, 1 } },
        { "{\"A.B/c\":", MP_SYNTAX, { 1, 10 } },
        { "5", MP_FORMAT, { 1, 1 } },
        { "\"x\"", MP_FORMAT, { 1, 1 } },
        { "[5]", MP_FORMAT, { 1, 2 } },
        { "{\"A.B/c\": 5}", MP_FORMAT, { 1, 11 } },
        { "{\"A.B/c\":\n {\"A.B/c/d\": 5}}", MP_FORMAT, { 2, 14 } },
        { "{\"A.B/c\":\n {\"A.B/c/d\": \"\"}}", MP_FORMAT, { 2, 3 } },
        { "{\"A.B/c\": {\"\": \"a\"}}", MP_FORMAT, { 1, 12 } },
        { "{\"A.B/c\":\n {\"A.B/c/d\": {}}}", MP_FORMAT, { 2, 14 } },
        { "{\"A.B/c\":\n {\"A.B/c/d\": {\"p\": 1}}}", MP_FORMAT, { 2, 20 } },
        { "{\"A.B/c\":\n {\"A.B/c/d\": {\"p\":\"a\",\"v\":[]}}}", MP_FORMAT, { 2, 27 } },
        { "{\"A.B/c\":\n {\"A.B/c/d\": {\"p\":\"a\",\"v\":{\"b\":1}}}}", MP_FORMAT, { 2, 32 } },
        { "{\"A.B/c\":\n {\"A.B/c/d\": {\"p\":\"a\",\"v\":{\"b\":[1]}}}}", MP_FORMAT, { 2, 33 } },
        { "{\"A.B/c\":\n {\"A.B/c/d\": {\"p\":\"a\",\"m\":\"yes\"}}}", MP_FORMAT, { 2, 27 } },
        { "{\"A.B/c\":\n {\"A.B/c/d\": {\"p\":\"a\",\"x\":true}}}", MP_FORMAT, { 2, 27 } },
        { "[{}]", MP_FORMAT, { 1, 2 } },
        { "[{\"namespace\": 1}]", MP_FORMAT, { 1, 16 } },
        { "[{\"namespace\": \"A\", \"resourceTypes\": {}}]", MP_FORMAT, { 1, 38 } },
        { "[{\"namespace\": \"A\", \"resourceTypes\": [1]}]", MP_FORMAT, { 1, 39 } },
        { "[{\"namespace\": \"A\", \"resourceTypes\": [{}]}]", MP_FORMAT, { 1, 39 } },
        { "[{\"namespace\": \"A\", \"resourceTypes\": [\n{\"resourceType\":\"b\",\"aliases\":1}]}]",
          MP_FORMAT, { 2, 31 } },
        { "[{\"namespace\": \"A\", \"resourceTypes\": [\n{\"resourceType\":\"b\",\"aliases\":[1]}]}]",
          MP_FORMAT, { 2, 32 } },
        { "[{\"namespace\": \"A\", \"resourceTypes\": [{\"resourceType\":\"b\",\"aliases\":[\n"
          "{\"name\":\"x\",\"defaultPath\":7}]}]}]", MP_FORMAT, { 2, 27 } },
        { "[{\"namespace\": \"A\", \"resourceTypes\": [{\"resourceType\":\"b\",\"aliases\":[\n"
          "{\"name\":\"x\",\"defaultPath\":\"y\",\"paths\":[3]}]}]}]", MP_FORMAT, { 2, 40 } },
        { "[{\"namespace\": \"A\", \"resourceTypes\": [{\"resourceType\":\"b\",\"aliases\":[\n"
          "{\"name\":\"x\",\"defaultPath\":\"y\",\"defaultPattern\":{\"type\":\"Extract\"}}]}]}]",
          MP_FORMAT, { 2, 48 } },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        mp_aliases *table = NULL;
        mp_error    err = { 0 };
        mp_code     code = mp_aliases_read(&table, mp_str_from(cases[i].text), &err);
        if (code != cases[i].code || err.pos.line != cases[i].pos.line ||
            err.pos.col != cases[i].pos.col)
            print_error("%zu: code %d at %u:%u: %s\n", i, (int)code, err.pos.line, err.pos.col,
                        err.message);
        CHECK_INT(code, cases[i].code);
        CHECK_INT(err.pos.line, cases[i].pos.line);
        CHECK_INT(err.pos.col, cases[i].pos.col);
        CHECK(table == NULL);
    }
}

TEST(path_that_does_not_parse_is_reported_when_asked_for)
{
    mp_aliases    *table = read_ok("{\"A.B/c\": {\"A.B/c/d\": \"a..b\"}}");
    mp_arena       arena = MP_ARENA_INIT;
    mp_alias_match match = MP_ALIAS_UNKNOWN;
    mp_alias       found;
    CHECK_INT(mp_alias_find(&match, &found, table, MP_S("A.B/c"), MP_S("A.B/c/d"), MP_S(""),
                            &arena, NULL),
              MP_SYNTAX);
    CHECK_INT(match, MP_ALIAS_UNKNOWN);
    mp_arena_free(&arena);
    mp_aliases_free(table);
}

TEST(nearest_is_suggested)
{
    mp_aliases *table = read_ok(compact);
    CHECK_STR(mp_alias_nearest(table, MP_S("Microsoft.Compute/virtualMachine/priorty")),
              VM "/priority");
    CHECK_STR(mp_alias_nearest(table, MP_S("microsoft.network/networksecuritygroups/subnet")),
              NSG "/subnets");
    CHECK_INT(mp_alias_nearest(table, MP_S("something else")).len, 0);
    CHECK_INT(mp_alias_nearest(mp_aliases_by_rule(), MP_S(VM "/priority")).len, 0);
    CHECK_INT(mp_alias_nearest(mp_aliases_plain(), MP_S("a.b")).len, 0);
    mp_aliases_free(table);
}

TEST(rule_answers_without_a_table)
{
#define FOUND(type, name, path) \
    { type, name, "", MP_ALIAS_FOUND, path, NULL, NULL, MP_MODIFIABLE_UNKNOWN }
#define NOT(type, name, match) { type, name, "", match, NULL, NULL, NULL, 0 }
    static const struct answer answers[] = {
        FOUND("Microsoft.Storage/storageAccounts", "microsoft.storage/STORAGEACCOUNTS/networkAcls.ipRules[*].value",
              "properties.networkAcls.ipRules[*].value"),
        FOUND("No.Table/knows", "No.Table/knows/thisOne", "properties.thisOne"),
        /* at the root */
        FOUND("Microsoft.Storage/storageAccounts", "Microsoft.Storage/storageAccounts/sku.name", "sku.name"),
        FOUND(VM, VM "/zones[*]", "zones[*]"),
        FOUND(VM, VM "/sku.name", "properties.hardwareProfile.vmSize"),
        FOUND("Microsoft.Web/sites", "Microsoft.Web/sites/sku", "properties.sku"),
        /* embedded resources, and what they hold themselves */
        FOUND(NSG, NSG "/securityRules[*].access", "properties.securityRules[*].properties.access"),
        FOUND(NSG, NSG "/securityRules[*].name", "properties.securityRules[*].name"),
        FOUND(NSG, NSG "/securityRules", "properties.securityRules"),
        FOUND("Microsoft.Network/virtualNetworks",
              "Microsoft.Network/virtualNetworks/subnets[*].networkSecurityGroup.id",
              "properties.subnets[*].properties.networkSecurityGroup.id"),
        FOUND("Microsoft.Compute/virtualMachineScaleSets",
              "Microsoft.Compute/virtualMachineScaleSets/extensionProfile.extensions[*].publisher",
              "properties.virtualMachineProfile.extensionProfile.extensions[*]"
              ".properties.publisher"),
        /* kinds are not in the document */
        FOUND("Microsoft.Security/automations", "Microsoft.Security/automations/actions[*].LogicApp",
              "properties.actions[*]"),
        FOUND("Microsoft.Web/sites/config", "Microsoft.Web/sites/config/web.http20Enabled",
              "properties.http20Enabled"),
        FOUND("Microsoft.Storage/storageAccounts/blobServices",
              "Microsoft.Storage/storageAccounts/blobServices/default.isVersioningEnabled",
              "properties.isVersioningEnabled"),
        FOUND("A.B/c", "A.B/c/OnlyAKind", "properties"),
        FOUND("Microsoft.MachineLearningServices/workspaces/computes",
              "Microsoft.MachineLearningServices/workspaces/computes/subnet.id", "properties.properties.subnet.id"),
        /* the data plane has no "properties" */
        FOUND("Microsoft.KeyVault.Data/vaults/keys", "Microsoft.KeyVault.Data/vaults/keys/attributes.expiresOn",
              "attributes.expiresOn"),
        /* aliases of the namespace */
        FOUND(VM, "Microsoft.Compute/imageSKU", "properties.storageProfile.imageReference.sku"),
        FOUND("Microsoft.Compute/virtualMachineScaleSets", "Microsoft.Compute/licenseType",
              "properties.virtualMachineProfile.licenseType"),
        { "Microsoft.Compute/disks", "Microsoft.Compute/imageOffer", "", MP_ALIAS_FOUND,
          "properties.creationData.imageReference.id", "Offers", NULL, 0 },
        FOUND("Microsoft.Compute/disks", "Microsoft.Compute/imageId", "properties.creationData.imageReference.id"),
        FOUND("Microsoft.Sql/servers/auditingSettings", "Microsoft.Sql/auditingSettings.state", "properties.state"),
        FOUND("Microsoft.Storage/storageAccounts/providers/Microsoft.Insights/diagnosticSettings",
              "Microsoft.Insights/diagnosticSettings/logs.enabled", "properties.logs[*].enabled"),
        /* other clouds: as they write it, and some members beside the properties */
        FOUND("Terraform/azurerm/azurerm_storage_account",
              "terraform/azurerm/azurerm_storage_account/network_rules[*].ip_rules[*]",
              "properties.network_rules[*].ip_rules[*]"),
        FOUND("Terraform/aws/aws_x", "Terraform/aws/aws_x/peerings[*].Kind.name", "properties.peerings[*].Kind.name"),
        FOUND("Terraform/aws/aws_x", "Terraform/aws/aws_x/change.actions[*]", "change.actions[*]"),
        FOUND("Terraform/aws/aws_x", "Terraform/aws/aws_x/terraform.module", "terraform.module"),
        FOUND("Terraform/aws/aws_x", "Terraform/aws/aws_x/sku", "properties.sku"),
        FOUND("AWS::S3::Bucket", "AWS::S3::Bucket/supplementaryConfiguration.BucketPolicy.policyText",
              "supplementaryConfiguration.BucketPolicy.policyText"),
        FOUND("AWS::S3::Bucket", "aws::s3::bucket/Owner.id", "properties.Owner.id"),
        FOUND("Vendor::Thing::Kind", "Vendor::Thing::Kind/relationships[*].name", "relationships[*].name"),
        FOUND("compute.googleapis.com/Instance", "compute.googleapis.com/Instance/asset.iamPolicy.bindings[*].role",
              "asset.iamPolicy.bindings[*].role"),
        FOUND("compute.googleapis.com/Instance", "compute.googleapis.com/Instance/subnets[*].name",
              "properties.subnets[*].name"),
        FOUND("apps.k8s.io/Deployment", "apps.k8s.io/Deployment/spec.replicas", "properties.spec.replicas"),
        FOUND("v1/Pod", "v1/Pod/spec.containers[*].image", "spec.containers[*].image"),
        FOUND("networking.k8s.io/v1beta1/Ingress", "networking.k8s.io/v1beta1/Ingress/metadata.name",
              "metadata.name"),
        FOUND("AWS::S3::Bucket", "AWS::S3::Bucket/nativeId", "nativeId"),
        FOUND("OpenStack/compute/server", "OpenStack/compute/server/OS-EXT-SRV-ATTR:host",
              "properties.OS-EXT-SRV-ATTR:host"),
        NOT("AWS::S3::Bucket", "AWS::EC2::Instance/imageId", MP_ALIAS_OTHER_TYPE),
        NOT("compute.googleapis.com/Disk", "compute.googleapis.com/Instance/name", MP_ALIAS_OTHER_TYPE),
        NOT("Microsoft.Storage/storageAccounts", "Terraform/aws/aws_x/name", MP_ALIAS_OTHER_TYPE),
        NOT("Terraform/aws/aws_x", "Microsoft.Storage/storageAccounts/kind", MP_ALIAS_OTHER_TYPE),
        NOT("v1/Pod", "v1/Service/spec.type", MP_ALIAS_OTHER_TYPE),
        NOT("vx/Pod", "vx/Pod/spec.type", MP_ALIAS_UNKNOWN),
        NOT("Terraformed/aws/aws_x", "Terraformed/aws/aws_x/name", MP_ALIAS_UNKNOWN),
        /* other types', and what is no alias */
        NOT("Microsoft.Network/virtualNetworks", "Microsoft.Compute/imageSKU", MP_ALIAS_OTHER_TYPE),
        NOT("Microsoft.Sql/servers", "Microsoft.Sql/auditingSettings.state", MP_ALIAS_OTHER_TYPE),
        NOT("Microsoft.Sql/servers", "Microsoft.Sql/servers/databases/edition", MP_ALIAS_OTHER_TYPE),
        NOT("Microsoft.Sql/servers/databases", "Microsoft.Sql/servers/version", MP_ALIAS_OTHER_TYPE),
        NOT("Microsoft.Sql/server", "Microsoft.Sql/servers/version", MP_ALIAS_OTHER_TYPE),
        NOT("", "Microsoft.Sql/servers/version", MP_ALIAS_OTHER_TYPE),
        NOT(VM, "properties.priority", MP_ALIAS_UNKNOWN),
        NOT(VM, "/x", MP_ALIAS_UNKNOWN),
        NOT(VM, VM "/", MP_ALIAS_OTHER_TYPE),
        NOT(VM, "x/", MP_ALIAS_UNKNOWN),
    };
    for (size_t i = 0; i < MP_COUNT(answers); i++)
        check_answer(mp_aliases_by_rule(), &answers[i]);
    CHECK_INT(mp_aliases_count(mp_aliases_by_rule()), 0);
    CHECK_INT(mp_aliases_type_count(mp_aliases_by_rule()), 0);
}

/* A table of Azure's says nothing about other clouds. */
TEST(rule_answers_for_other_clouds_beside_a_table)
{
    static const struct answer answers[] = {
        FOUND("Terraform/aws/aws_x", "Terraform/aws/aws_x/name", "properties.name"),
        NOT("Terraform/aws/aws_y", "Terraform/aws/aws_x/name", MP_ALIAS_OTHER_TYPE),
        NOT("A.B/c", "A.B/c/unheard", MP_ALIAS_UNKNOWN),
    };
    mp_aliases *table = NULL;
    CHECK_INT(mp_aliases_read(&table, MP_S("{\"A.B/c\":{\"A.B/c/x\":\"properties.x\"}}"), NULL), MP_OK);
    for (size_t i = 0; i < MP_COUNT(answers); i++)
        check_answer(table, &answers[i]);
    mp_aliases_free(table);
}

TEST(rule_refuses_names_that_make_no_path)
{
    static const char *const names[] = { "A.B/c/x..y", "A.B/c/.", "A.B/c/x[", "A.B/c/x['y" };
    for (size_t i = 0; i < MP_COUNT(names); i++) {
        mp_arena       arena = MP_ARENA_INIT;
        mp_alias_match match;
        mp_alias       found;
        CHECK_INT(mp_alias_find(&match, &found, mp_aliases_by_rule(), MP_S("A.B/c"),
                                mp_str_from(names[i]), MP_S(""), &arena, NULL),
                  MP_SYNTAX);
        mp_arena_free(&arena);
    }
}

TEST(plain_fields_are_paths)
{
    static const struct answer answers[] = {
        FOUND("any", "spec.containers[*].image", "spec.containers[*].image"),
        FOUND("", "metadata.labels['app.kubernetes.io/name']",
              "metadata.labels['app.kubernetes.io/name']"),
    };
    for (size_t i = 0; i < MP_COUNT(answers); i++)
        check_answer(mp_aliases_plain(), &answers[i]);
    mp_arena       arena = MP_ARENA_INIT;
    mp_alias_match match;
    mp_alias       found;
    CHECK_INT(mp_alias_find(&match, &found, mp_aliases_plain(), MP_S(""), MP_S(""), MP_S(""),
                            &arena, NULL),
              MP_SYNTAX);
    mp_arena_free(&arena);
    mp_aliases_free(NULL);
    mp_aliases_free((mp_aliases *)(uintptr_t)mp_aliases_plain());
    mp_aliases_free((mp_aliases *)(uintptr_t)mp_aliases_by_rule());
}

struct starved {
    const char          *text;
    const struct answer *question;
};

/* Read a table and look one alias up. */
static bool read_and_find(void *context)
{
    const struct starved *c = context;
    const struct answer  *q = c->question;
    mp_aliases    *table = NULL;
    mp_arena       arena = MP_ARENA_INIT;
    mp_alias_match match = MP_ALIAS_UNKNOWN;
    mp_alias       found;
    mp_error       err = { 0 };
    mp_code        code = mp_aliases_read(&table, mp_str_from(c->text), &err);
    CHECK((code == MP_OK) == (table != NULL));
    if (code == MP_OK)
        code = mp_alias_find(&match, &found, table, mp_str_from(q->type), mp_str_from(q->name),
                             mp_str_from(q->version), &arena, &err);
    CHECK(code == MP_OK || (code == MP_NOMEM && err.code == MP_NOMEM));
    CHECK_INT(match, code == MP_OK ? MP_ALIAS_FOUND : MP_ALIAS_UNKNOWN);
    mp_aliases_free(table);
    mp_arena_free(&arena);
    return code == MP_OK;
}

static bool find_without_table(void *context)
{
    mp_arena       arena = MP_ARENA_INIT;
    mp_alias_match match = MP_ALIAS_UNKNOWN;
    mp_alias       found;
    mp_code code = mp_alias_find(&match, &found, context, MP_S("A.B/c"), MP_S("A.B/c/d.e[*]"),
                                 MP_S(""), &arena, NULL);
    CHECK(code == MP_OK || code == MP_NOMEM);
    CHECK_INT(match, code == MP_OK ? MP_ALIAS_FOUND : MP_ALIAS_UNKNOWN);
    mp_arena_free(&arena);
    return code == MP_OK;
}

static bool suggest(void *context)
{
    mp_str nearest = mp_alias_nearest(context, MP_S(VM "/prioriti"));
    CHECK(nearest.len == 0 || mp_str_eq(nearest, MP_S(VM "/priority")));
    return nearest.len > 0;
}

TEST(short_memory_is_reported)
{
    for (size_t i = 0; i < MP_COUNT(table_answers); i++) {
        if (table_answers[i].match != MP_ALIAS_FOUND)
            continue;
        CHECK(fault_loop(read_and_find, &(struct starved){ compact, &table_answers[i] }) > 0);
        CHECK(fault_loop(read_and_find, &(struct starved){ providers, &table_answers[i] }) > 0);
    }
    CHECK(fault_loop(find_without_table, (void *)(uintptr_t)mp_aliases_by_rule()) > 0);
    CHECK(fault_loop(find_without_table, (void *)(uintptr_t)mp_aliases_plain()) > 0);
    mp_aliases *table = read_ok(compact);
    CHECK(fault_loop(suggest, table) > 0);
    mp_aliases_free(table);
}

int main(void)
{
    return MAIN(
        RUN(both_forms_answer_alike), RUN(provider_forms_may_be_wrapped), RUN(what_is_found_outlives_the_table),
        RUN(later_of_two_counts), RUN(empty_tables_know_nothing), RUN(wrong_shapes_are_refused_with_their_place),
        RUN(path_that_does_not_parse_is_reported_when_asked_for), RUN(nearest_is_suggested),
        RUN(rule_answers_without_a_table), RUN(rule_answers_for_other_clouds_beside_a_table),
        RUN(rule_refuses_names_that_make_no_path), RUN(plain_fields_are_paths), RUN(short_memory_is_reported));
}
