/* SPDX-License-Identifier: Apache-2.0 */
/* Ids, and that the readers of inventories see the same in them. */
#include "estate.h"

#include "buf.h"
#include "resource_id.h"
#include "test.h"

#define S "/subscriptions/11111111-2222-4333-8444-5555555555AB"
#define S_KEY "/subscriptions/11111111-2222-4333-8444-5555555555ab"

static const struct {
    const char   *id, *clean, *key;
    mp_place_kind kind;
    const char   *group, *group_key, *type, *name, *parent;
} good[] = {
    { "/", "/", "/", MP_PLACE_TENANT, "", "", "", "", "" },
    { "", "/", "/", MP_PLACE_TENANT, "", "", "", "", "" },
    { S, S, S_KEY, MP_PLACE_SUBSCRIPTION, "", "", "", "11111111-2222-4333-8444-5555555555AB", "/" },
    { "//SUBSCRIPTIONS//11111111-2222-4333-8444-5555555555ab/", "/SUBSCRIPTIONS/11111111-2222-4333-8444-5555555555ab",
      S_KEY, MP_PLACE_SUBSCRIPTION, "", "", "", "11111111-2222-4333-8444-5555555555ab", "/" },
    { S "/resourcegroups/My.Group", S "/resourcegroups/My.Group", S_KEY "/resourcegroups/my.group", MP_PLACE_GROUP,
      "My.Group", S_KEY "/resourcegroups/my.group", "Microsoft.Resources/resourceGroups", "My.Group", S_KEY },
    { S "/resourceGroups/g/providers/Microsoft.Network//virtualNetworks/V1/",
      S "/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/V1",
      S_KEY "/resourcegroups/g/providers/microsoft.network/virtualnetworks/v1", MP_PLACE_RESOURCE, "g",
      S_KEY "/resourcegroups/g", "Microsoft.Network/virtualNetworks", "V1", S_KEY "/resourcegroups/g" },
    { S "/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v/subnets/s",
      S "/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v/subnets/s",
      S_KEY "/resourcegroups/g/providers/microsoft.network/virtualnetworks/v/subnets/s", MP_PLACE_RESOURCE, "g",
      S_KEY "/resourcegroups/g", "Microsoft.Network/virtualNetworks/subnets", "s",
      S_KEY "/resourcegroups/g/providers/microsoft.network/virtualnetworks/v" },
    { S "/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/vm/providers/Microsoft.Security/assessments/a",
      S "/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/vm/providers/Microsoft.Security/assessments/a",
      S_KEY
      "/resourcegroups/g/providers/microsoft.compute/virtualmachines/vm/providers/microsoft.security/assessments/a",
      MP_PLACE_RESOURCE, "g", S_KEY "/resourcegroups/g", "Microsoft.Security/assessments", "a",
      S_KEY "/resourcegroups/g/providers/microsoft.compute/virtualmachines/vm" },
    { S "/providers/Microsoft.Authorization/policyAssignments/p",
      S "/providers/Microsoft.Authorization/policyAssignments/p",
      S_KEY "/providers/microsoft.authorization/policyassignments/p", MP_PLACE_RESOURCE, "", "",
      "Microsoft.Authorization/policyAssignments", "p", S_KEY },
    { "/providers/Microsoft.Management/managementGroups/Top", "/providers/Microsoft.Management/managementGroups/Top",
      "/providers/microsoft.management/managementgroups/top", MP_PLACE_MANAGEMENT_GROUP, "", "", "", "Top", "/" },
    { "/providers/Microsoft.Management/managementGroups/Top/providers/Microsoft.Authorization/policyDefinitions/d",
      "/providers/Microsoft.Management/managementGroups/Top/providers/Microsoft.Authorization/policyDefinitions/d",
      "/providers/microsoft.management/managementgroups/top/providers/microsoft.authorization/policydefinitions/d",
      MP_PLACE_RESOURCE, "", "", "Microsoft.Authorization/policyDefinitions", "d",
      "/providers/microsoft.management/managementgroups/top" },
    { "/providers/Microsoft.Authorization/policyDefinitions/providers",
      "/providers/Microsoft.Authorization/policyDefinitions/providers",
      "/providers/microsoft.authorization/policydefinitions/providers", MP_PLACE_RESOURCE, "", "",
      "Microsoft.Authorization/policyDefinitions", "providers", "/" },
    { S "/providers/Mapae.Clouds/AWS::S3::Bucket/arn:aws:s3:::logs",
      S "/providers/Mapae.Clouds/AWS::S3::Bucket/arn:aws:s3:::logs",
      S_KEY "/providers/mapae.clouds/aws::s3::bucket/arn:aws:s3:::logs", MP_PLACE_RESOURCE, "", "", "AWS::S3::Bucket",
      "arn:aws:s3:::logs", S_KEY },
    { S "/providers/Mapae.Clouds/v1:Namespace/shop/apps:v1:Deployment/web",
      S "/providers/Mapae.Clouds/v1:Namespace/shop/apps:v1:Deployment/web",
      S_KEY "/providers/mapae.clouds/v1:namespace/shop/apps:v1:deployment/web", MP_PLACE_RESOURCE, "", "",
      "apps/v1/Deployment", "web", S_KEY "/providers/mapae.clouds/v1:namespace/shop" },
    { S "/resourceGroups/\xea\xb7\xb8\xeb\xa3\xb9", S "/resourceGroups/\xea\xb7\xb8\xeb\xa3\xb9",
      S_KEY "/resourcegroups/\xea\xb7\xb8\xeb\xa3\xb9", MP_PLACE_GROUP, "\xea\xb7\xb8\xeb\xa3\xb9",
      S_KEY "/resourcegroups/\xea\xb7\xb8\xeb\xa3\xb9", "Microsoft.Resources/resourceGroups",
      "\xea\xb7\xb8\xeb\xa3\xb9", S_KEY },
};

TEST(ids_are_taken_apart)
{
    mp_arena arena = MP_ARENA_INIT;
    for (size_t i = 0; i < MP_COUNT(good); i++) {
        mp_place p;
        CHECK_INT(mp_place_of(&p, mp_str_from(good[i].id), &arena, NULL), MP_OK);
        CHECK_INT(p.kind, good[i].kind);
        CHECK_STR(p.id, good[i].clean);
        CHECK_STR(p.key, good[i].key);
        CHECK_STR(p.group, good[i].group);
        CHECK_STR(p.group_key, good[i].group_key);
        CHECK_STR(p.type, good[i].type);
        CHECK_STR(p.name, good[i].name);
        CHECK_STR(p.parent, good[i].parent);
        CHECK_STR(p.subscription,
                  strncmp(good[i].key, S_KEY, strlen(S_KEY)) == 0 ? "11111111-2222-4333-8444-5555555555ab" : "");
        mp_place again; /* a key is its own key */
        CHECK_INT(mp_place_of(&again, p.key, &arena, NULL), MP_OK);
        CHECK(mp_str_eq(again.key, p.key) && again.kind == p.kind);
    }
    mp_arena_free(&arena);
}

TEST(readers_of_inventories_agree)
{
    mp_arena arena = MP_ARENA_INIT;
    for (size_t i = 0; i < MP_COUNT(good); i++) {
        mp_place    p;
        mp_resource r = { .doc = NULL };
        if (good[i].kind != MP_PLACE_RESOURCE)
            continue;
        CHECK_INT(mp_place_of(&p, mp_str_from(good[i].id), &arena, NULL), MP_OK);
        CHECK_INT(mp_id_read(&r, mp_str_from(good[i].id), mp_str_of(NULL, 0), &arena, NULL), MP_OK);
        CHECK(mp_str_eq(r.id, p.id));
        CHECK(mp_str_eq(r.type, p.type));
        CHECK(mp_str_eq(r.name, p.name));
        CHECK(mp_str_eq_fold(r.subscription_id, p.subscription));
        CHECK(mp_str_eq(r.resource_group, p.group));
        CHECK(mp_str_eq_fold(r.scope, mp_str_eq(p.parent, MP_S("/")) ? MP_S("") : p.parent));
    }
    mp_arena_free(&arena);
}

TEST(what_is_no_id)
{
    static const char *const bad[] = {
        "/subscriptions",
        "/subscriptions/none",
        S "/resourceGroups",
        S "/resourceGroups/g.",
        S "/other/x",
        S "/resourceGroups/g/Microsoft.Compute/x/y",
        S "/providers",
        S "/providers/Microsoft.Compute",
        S "/providers/Microsoft.Compute/disks",
        S "/providers/Microsoft.Compute/disks/d/snapshots",
        "/providers/Microsoft.Compute/disks/d/providers",
        "nowhere",
        "/subscriptions/../x",
        S "/resourceGroups/a%2fb",
        S "/resourceGroups/a?b",
        S "/resourceGroups/a\tb",
        S "/resourceGroups/\xff\xfe",
        S "/resourceGroups/a\\b",
    };
    mp_arena arena = MP_ARENA_INIT;
    mp_place p;
    for (size_t i = 0; i < MP_COUNT(bad); i++) {
        mp_error err = { .code = MP_OK };
        if (mp_place_of(&p, mp_str_from(bad[i]), &arena, &err) != MP_PARAMETER)
            fail_msg("'%s' was taken for an id", bad[i]);
        CHECK(err.message[0] != '\0');
    }
    char long_one[MP_RECORD_KEY_MAX + 2];
    memset(long_one, 'a', sizeof long_one);
    long_one[0] = '/';
    CHECK_INT(mp_place_of(&p, mp_str_of(long_one, sizeof long_one), &arena, NULL), MP_PARAMETER);
    mp_buf deep = MP_BUF_INIT;
    for (int i = 0; i < 30; i++)
        mp_buf_add_z(&deep, "/providers/a/b/c");
    CHECK_INT(mp_place_of(&p, mp_buf_str(&deep), &arena, NULL), MP_PARAMETER);
    mp_buf_free(&deep);
    mp_arena_free(&arena);
}

TEST(what_holds_what)
{
    CHECK(mp_place_holds(MP_S("/"), MP_S("/subscriptions/x")));
    CHECK(mp_place_holds(MP_S("/"), MP_S("/")));
    CHECK(mp_place_holds(MP_S(S_KEY), MP_S(S_KEY)));
    CHECK(mp_place_holds(MP_S(S_KEY "/resourcegroups/g"), MP_S(S_KEY "/resourcegroups/g/providers/a/b/c")));
    CHECK(!mp_place_holds(MP_S(S_KEY "/resourcegroups/g"), MP_S(S_KEY "/resourcegroups/gg")));
    CHECK(!mp_place_holds(MP_S(S_KEY "/resourcegroups/g"), MP_S(S_KEY)));
}

TEST(locations_have_two_spellings)
{
    CHECK(mp_location_same(MP_S("Korea Central"), MP_S("koreacentral")));
    CHECK(mp_location_same(MP_S(" korea central "), MP_S("KOREACENTRAL")));
    CHECK(mp_location_same(MP_S(""), MP_S(" ")));
    CHECK(!mp_location_same(MP_S("koreacentral"), MP_S("koreacentral2")));
    CHECK(!mp_location_same(MP_S("korea"), MP_S("")));
}

int main(void)
{
    return MAIN(RUN(ids_are_taken_apart), RUN(readers_of_inventories_agree), RUN(what_is_no_id), RUN(what_holds_what),
                RUN(locations_have_two_spellings));
}
