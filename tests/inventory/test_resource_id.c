/* SPDX-License-Identifier: Apache-2.0 */
#include "resource_id.h"

#include <stdio.h>

#include <mapae/inventory.h>

#include "test.h"

#define S "/subscriptions/s1"
#define G S "/resourceGroups/g1"

typedef struct id_case {
    const char *id, *type;                                      /* of the document */
    const char *clean, *wanted_type, *name, *full_name, *scope; /* NULL clean: as `id` is */
} id_case;

static const id_case cases[] = {
    /* top level, child, extension */
    { G "/providers/Microsoft.Web/sites/w", "Microsoft.Web/sites", NULL, "Microsoft.Web/sites", "w",
      "w", G },
    { G "/providers/Microsoft.Sql/servers/s/databases/d", NULL, NULL,
      "Microsoft.Sql/servers/databases", "d", "s/d", G "/providers/Microsoft.Sql/servers/s" },
    { G "/providers/Microsoft.Compute/virtualMachines/v/providers/Microsoft.X/y/z", NULL, NULL,
      "Microsoft.X/y", "z", "z", G "/providers/Microsoft.Compute/virtualMachines/v" },
    /* the document's spelling is kept, its mistakes are not */
    { G "/providers/Microsoft.EventHub/namespaces/n", "Microsoft.EventHub/Namespaces", NULL,
      "Microsoft.EventHub/Namespaces", "n", "n", G },
    { G "/providers/Microsoft.Sql/servers/s/azureADOnlyAuthentications/Default",
      "Microsoft.Sql/servers", NULL, "Microsoft.Sql/servers/azureADOnlyAuthentications", "Default",
      "s/Default", G "/providers/Microsoft.Sql/servers/s" },
    { G "/providers/Microsoft.App/managedEnvironments/e/workloadProfileStates/p", "D8", NULL,
      "Microsoft.App/managedEnvironments/workloadProfileStates", "p", "e/p",
      G "/providers/Microsoft.App/managedEnvironments/e" },
    { "/providers/Microsoft.Management/managementGroups/m",
      "/providers/Microsoft.Management/managementGroups", NULL,
      "Microsoft.Management/managementGroups", "m", "m", NULL },
    { G "/providers/Microsoft.Web/sites/w", "Microsoft.Web/sites/", NULL, "Microsoft.Web/sites",
      "w", "w", G },
    { G "/providers/PaloAltoNetworks.Cloudngfw/localRulestacks/r/certificates/c",
      "localRulestacks/certificates", NULL,
      "PaloAltoNetworks.Cloudngfw/localRulestacks/certificates", "c", "r/c",
      G "/providers/PaloAltoNetworks.Cloudngfw/localRulestacks/r" },
    { G "/providers/Microsoft.Web/sites/w", "", NULL, "Microsoft.Web/sites", "w", "w", G },
    /* scopes */
    { S, NULL, NULL, "Microsoft.Resources/subscriptions", "s1", "s1", NULL },
    { "/Subscriptions/s1/", "microsoft.resources/subscriptions", "/Subscriptions/s1",
      "microsoft.resources/subscriptions", "s1", "s1", NULL },
    { G, "Microsoft.Resources/resourceGroups", NULL,
      "Microsoft.Resources/subscriptions/resourceGroups", "g1", "g1", S },
    { S "/resourcegroups/G1", NULL, NULL, "Microsoft.Resources/subscriptions/resourceGroups", "G1",
      "G1", S },
    { G "/deployments/d", NULL, NULL, "Microsoft.Resources/deployments", "d", "d", G },
    { S "/logprofiles/default", NULL, NULL, "Microsoft.Resources/subscriptions/logprofiles",
      "default", "default", S },
    { G "/accounts/a/privateLinkResources/p",
      "Microsoft.DeviceUpdate/accounts/privateLinkResources", NULL,
      "Microsoft.DeviceUpdate/accounts/privateLinkResources", "p", "p", G "/accounts/a" },
    { S "/providers/Microsoft.Compute", NULL, NULL, "Microsoft.Resources/subscriptions/providers",
      "Microsoft.Compute", "Microsoft.Compute", S },
    { "/providers/Microsoft.Compute", NULL, NULL, "Microsoft.Resources/providers",
      "Microsoft.Compute", "Microsoft.Compute", NULL },
    { S "/providers/Microsoft.Authorization/roleAssignments/r", NULL, NULL,
      "Microsoft.Authorization/roleAssignments", "r", "r", S },
    { "/providers/Microsoft.Management/managementGroups/m/providers/Microsoft.Authorization/"
      "policyAssignments/p",
      NULL, NULL, "Microsoft.Authorization/policyAssignments", "p", "p",
      "/providers/Microsoft.Management/managementGroups/m" },
    /* spellings of ids */
    { "subscriptions/s1/resourceGroups/g1/providers/Microsoft.Web/sites/w", NULL,
      G "/providers/Microsoft.Web/sites/w", "Microsoft.Web/sites", "w", "w", G },
    { G "/providers/Microsoft.Web/sites/w/", NULL, G "/providers/Microsoft.Web/sites/w",
      "Microsoft.Web/sites", "w", "w", G },
    { G "/Providers/Microsoft.Web//sites/w", NULL, G "/Providers/Microsoft.Web/sites/w",
      "Microsoft.Web/sites", "w", "w", G },
    { S "/resourceGroups//providers/Microsoft.Network/options/default", NULL,
      S "/providers/Microsoft.Network/options/default", "Microsoft.Network/options", "default",
      "default", S },
    { "/subscriptions//resourceGroups//providers/Microsoft.Network/bgp/x", NULL,
      "/providers/Microsoft.Network/bgp/x", "Microsoft.Network/bgp", "x", "x", NULL },
    { G "/providers/Microsoft.Web/sites/a%20b", NULL, NULL, "Microsoft.Web/sites", "a%20b", "a%20b",
      G },
    { G "/providers/Microsoft.Web/sites/a b", NULL, NULL, "Microsoft.Web/sites", "a b", "a b", G },
    /* "providers" as a name, and as a type */
    { S "/resourceGroups/providers/providers/Microsoft.Web/sites/w", NULL, NULL,
      "Microsoft.Web/sites", "w", "w", S "/resourceGroups/providers" },
    { G "/providers/Microsoft.Web/sites/providers/config/web", NULL, NULL,
      "Microsoft.Web/sites/config", "web", "providers/web",
      G "/providers/Microsoft.Web/sites/providers" },
    { S "/providers/Microsoft.Features/providers/Microsoft.Compute/features/f", NULL, NULL,
      "Microsoft.Features/providers/features", "f", "Microsoft.Compute/f",
      S "/providers/Microsoft.Features/providers/Microsoft.Compute" },
    /* one of a kind: a type without a name */
    { G "/providers/Microsoft.X/accounts/a/throughputSettings/default/migrate", NULL, NULL,
      "Microsoft.X/accounts/throughputSettings/migrate", "migrate", "a/default",
      G "/providers/Microsoft.X/accounts/a/throughputSettings/default" },
    { G "/providers/Microsoft.X/singleton", NULL, NULL, "Microsoft.X/singleton", "singleton",
      "singleton", G },
    /* not Azure's: kept as they are */
    { "https://v.vault.azure.net/keys/k", "My/type", NULL, "My/type", NULL, NULL, NULL },
    { "/kubernetes/v1/Pod/n/p", NULL, NULL, NULL, NULL, NULL, NULL },
    { "/subscriptions/", "x", NULL, "x", NULL, NULL, NULL },
    { "//providers/", NULL, NULL, NULL, NULL, NULL, NULL },
};

static void check_slice(mp_str found, const char *wanted, const char *id)
{
    bool same = wanted ? found.ptr && mp_str_eq(found, mp_str_from(wanted)) : found.ptr == NULL;
    if (!same)
        fail_msg("%s: found \"%.*s\", wanted \"%s\"", id, MP_FMT(found),
                 wanted ? wanted : "(absent)");
}

TEST(ids_say_what_a_resource_is)
{
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        const id_case *c = &cases[i];
        mp_arena arena = MP_ARENA_INIT;
        mp_resource r = { .doc = NULL };
        CHECK_INT(mp_id_read(&r, mp_str_from(c->id), mp_str_from(c->type), &arena, NULL), MP_OK);
        check_slice(r.id, c->clean ? c->clean : c->id, c->id);
        check_slice(r.type, c->wanted_type, c->id);
        check_slice(r.name, c->name, c->id);
        check_slice(r.full_name, c->full_name, c->id);
        check_slice(r.scope, c->scope, c->id);
        mp_arena_free(&arena);
    }
}

TEST(subscription_and_group_are_of_the_id)
{
    static const struct {
        const char *id, *subscription, *group;
    } parts[] = {
        { S, "s1", NULL },
        { G, "s1", "g1" },
        { S "/resourcegroups/G1/providers/Microsoft.Web/sites/w", "s1", "G1" },
        { S "/resourceGroups//providers/Microsoft.Web/sites/w", "s1", NULL },
        { "/providers/Microsoft.Management/managementGroups/m", NULL, NULL },
        { "/subscriptions//resourceGroups//providers/Microsoft.Web/sites/w", NULL, NULL },
    };
    for (size_t i = 0; i < MP_COUNT(parts); i++) {
        mp_arena arena = MP_ARENA_INIT;
        mp_resource r = { .doc = NULL };
        CHECK_INT(mp_id_read(&r, mp_str_from(parts[i].id), mp_str_of(NULL, 0), &arena, NULL),
                  MP_OK);
        check_slice(r.subscription_id, parts[i].subscription, parts[i].id);
        check_slice(r.resource_group, parts[i].group, parts[i].id);
        mp_arena_free(&arena);
    }
}

TEST(a_clean_id_takes_no_memory)
{
    mp_arena arena = MP_ARENA_INIT;
    mp_resource r = { .doc = NULL };
    mp_str id = MP_S(G "/providers/Microsoft.Web/sites/w");
    CHECK_INT(mp_id_read(&r, id, MP_S("Microsoft.Web/Sites"), &arena, NULL), MP_OK);
    CHECK_INT(arena.bytes, 0);
    CHECK(r.id.ptr == id.ptr);
}

TEST(ids_of_any_length_are_read)
{
    char deep[3000] = "/subscriptions/s1/providers/A.B";
    for (size_t i = 0; i < 200; i++)
        strncat(deep, "/t/n", sizeof deep - strlen(deep) - 1);
    mp_arena arena = MP_ARENA_INIT;
    mp_resource r = { .doc = NULL };
    CHECK_INT(mp_id_read(&r, mp_str_from(deep), MP_S("My/own"), &arena, NULL), MP_OK);
    CHECK_STR(r.type, "My/own"); /* too deep for an id: kept as it is */
    CHECK_STR(r.id, deep);
    mp_arena_free(&arena);
}

TEST(types_and_names_are_woven)
{
    static const struct {
        const char *type, *names, *wanted;
    } weaves[] = {
        { "A.B/c", "x", "/P/A.B/c/x" },
        { "A.B/c/d", "x/y", "/P/A.B/c/x/d/y" },
        { "A.B/c/d", "y", "/P/A.B/c/_/d/y" },
        { "A.B/c", "x/y", "/P/A.B/c/x%2Fy" },
        { "A.B/c/d", "[f('a/b')]/y", "/P/A.B/c/[f('a%2Fb')]/d/y" },
    };
    mp_arena arena = MP_ARENA_INIT;
    for (size_t i = 0; i < MP_COUNT(weaves); i++)
        CHECK_STR(mp_id_weave(MP_S("/P"), mp_str_from(weaves[i].type), mp_str_from(weaves[i].names),
                              &arena),
                  weaves[i].wanted);
    mp_arena_free(&arena);
}

/* A document that came without an inventory need not have an id. */
TEST(a_document_without_an_id_is_a_resource)
{
    static const struct {
        const char *text, *type, *name, *full_name, *location;
    } docs[] = {
        { "{\"type\":\"A.B/c\",\"name\":\"x/y\",\"location\":\"\"}", "A.B/c", "y", "x/y", "" },
        { "{\"Type\":\"A.B/C\",\"NAME\":\"n\",\"location\":null}", "A.B/C", "n", "n", NULL },
        { "{\"TYPE\":\"no\",\"type\":\"A.B/c\",\"tyPe\":\"no\"}", "A.B/c", NULL, NULL, NULL },
        { "{}", NULL, NULL, NULL, NULL },
        { "{\"id\":7,\"type\":{},\"name\":[]}", NULL, NULL, NULL, NULL },
    };
    mp_json_doc *doc = NULL;
    mp_arena arena = MP_ARENA_INIT;
    CHECK_INT(mp_json_doc_new(&doc, NULL), MP_OK);
    for (size_t i = 0; i < MP_COUNT(docs); i++) {
        const mp_json *root;
        mp_resource r;
        CHECK_INT(mp_json_read(doc, &root, mp_str_from(docs[i].text), NULL, NULL, NULL), MP_OK);
        CHECK_INT(mp_resource_from_arm(&r, root, &arena, NULL), MP_OK);
        check_slice(r.type, docs[i].type, docs[i].text);
        check_slice(r.name, docs[i].name, docs[i].text);
        check_slice(r.full_name, docs[i].full_name, docs[i].text);
        check_slice(r.location, docs[i].location, docs[i].text);
        CHECK(r.id.ptr == NULL && r.tags == NULL && r.identity == NULL);
    }
    mp_resource r;
    mp_error err;
    CHECK_INT(mp_resource_from_arm(&r, NULL, &arena, &err), MP_FORMAT);
    mp_json_doc_free(doc);
    mp_arena_free(&arena);
}

/* Names of children come as the leaf or as the whole. */
TEST(the_name_is_the_leaf)
{
    static const struct {
        const char *name, *wanted;
    } names[] = {
        { "d", "d" },           { "s/d", "d" }, { "replaced", "replaced" },
        { "other/thing", "d" }, { "", "d" },
    };
    mp_json_doc *doc = NULL;
    mp_arena arena = MP_ARENA_INIT;
    CHECK_INT(mp_json_doc_new(&doc, NULL), MP_OK);
    for (size_t i = 0; i < MP_COUNT(names); i++) {
        char text[300];
        const mp_json *root;
        mp_resource r;
        snprintf(text, sizeof text,
                 "{\"id\":\"" G "/providers/Microsoft.Sql/servers/s/databases/d\",\"name\":\"%s\"}",
                 names[i].name);
        CHECK_INT(mp_json_read(doc, &root, mp_str_from(text), NULL, NULL, NULL), MP_OK);
        CHECK_INT(mp_resource_from_arm(&r, root, &arena, NULL), MP_OK);
        CHECK_STR(r.name, names[i].wanted);
        CHECK_STR(r.full_name, "s/d");
    }
    mp_json_doc_free(doc);
    mp_arena_free(&arena);
}

int main(void)
{
    return MAIN(RUN(ids_say_what_a_resource_is), RUN(subscription_and_group_are_of_the_id),
                RUN(a_clean_id_takes_no_memory), RUN(ids_of_any_length_are_read),
                RUN(types_and_names_are_woven), RUN(a_document_without_an_id_is_a_resource),
                RUN(the_name_is_the_leaf));
}
