/* SPDX-License-Identifier: Apache-2.0 */
/* The classes of the guide, the rules by which types belong to them, and grades. */
#include "asset_rules.h"

#include "test.h"

static mp_arena       arena = MP_ARENA_INIT;
static mp_asset_rules rules;

TEST(the_register_that_ships)
{
    CHECK_INT(mp_asset_rules_builtin(&rules, &arena, NULL), MP_OK);
    CHECK_INT(rules.class_count, 14); /* the guide's table, lines 313 to 326 */
    CHECK_STR(mp_asset_word(rules.classes[0].name, true), "서버");
    CHECK_STR(mp_asset_word(rules.classes[13].name, true), "지원서비스");
    for (size_t i = 0; i < rules.rule_count; i++)
        for (size_t j = i + 1; j < rules.rule_count; j++)
            CHECK(!mp_str_eq_fold(rules.rules[i].pattern, rules.rules[j].pattern));
}

TEST(types_belong_to_classes)
{
    static const struct {
        const char *type, *class; /* NULL: no asset; "?": no rule */
    } cases[] = {
        { "Microsoft.Compute/virtualMachines", "virtual-resource" }, { "microsoft.compute/VIRTUALMACHINES", "virtual-resource" },
        { "Microsoft.Compute/virtualMachines/extensions", NULL },    { "Microsoft.Sql/servers/databases", "database" },
        { "Microsoft.Sql/servers/firewallRules", NULL },             { "Microsoft.Resources/subscriptions", NULL },
        { "Microsoft.Insights/components", "support-service" },      { "Microsoft.Insights/diagnosticSettings", NULL },
        { "Microsoft.ContainerService/managedClusters", "virtualization-software" }, { "Mapae.Hosts/hosts", "server" },
        { "AWS::S3::Bucket", "virtual-resource" },                   { "AWS::IAM::Role", NULL },
        { "AWS::ElasticLoadBalancingV2::LoadBalancer", "support-service" }, { "AWS::Unheard::Of", "?" },
        { "OpenStack/network/network", "virtual-resource" },         { "OpenStack/network/port", NULL },
        { "apps/v1/Deployment", "application" },                     { "v1/Pod", NULL },
        { "Contoso.Own/things", "?" },                               { "", "?" },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        bool                  is_known;
        const mp_asset_class *class = mp_asset_class_of(&is_known, &rules, mp_str_from(cases[i].type));
        bool is_right = !cases[i].class ? is_known && !class
                        : cases[i].class[0] == '?' ? !is_known
                                                   : class && mp_str_eq(class->id, mp_str_from(cases[i].class));
        if (!is_right)
            fail_msg("%s: %s", cases[i].type, class ? class->id.ptr : is_known ? "no asset" : "no rule");
    }
}

TEST(patterns)
{
    static const struct {
        const char *pattern, *type;
        bool        fits;
    } cases[] = {
        { "a/*", "a/b", true },  { "a/*", "a/b/c", false }, { "a/**", "a/b/c", true }, { "*/b", "a/b", true },  { "**", "", true },
        { "*", "", true },       { "*", "a/b", false },     { "a*b*c", "aXbYc", true }, { "a*b*c", "aXb", false }, { "A/B", "a/b", true },
        { "a/**/d", "a/b/c/d", true }, { "", "", true }, { "", "a", false }, { "****", "a/b", true },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++)
        if (mp_asset_pattern_fits(mp_str_from(cases[i].pattern), mp_str_from(cases[i].type)) != cases[i].fits)
            fail_msg("%s against %s", cases[i].pattern, cases[i].type);
    char hard[2000];
    memset(hard, 'a', sizeof hard); /* a pattern that would take forever when tried in every way */
    CHECK(!mp_asset_pattern_fits(MP_S("*a*a*a*a*a*a*a*a*a*a*a*a*b"), mp_str_of(hard, sizeof hard)));
}

TEST(grades_by_sum_and_law)
{
    mp_json_doc   *doc;
    const mp_json *laws;
    CHECK_INT(mp_json_doc_new(&doc, NULL), MP_OK);
    CHECK_STR(mp_asset_grade_of(&rules, 9, NULL)->id, "1");
    CHECK_STR(mp_asset_grade_of(&rules, 8, NULL)->id, "1");
    CHECK_STR(mp_asset_grade_of(&rules, 7, NULL)->id, "2");
    CHECK_STR(mp_asset_grade_of(&rules, 5, NULL)->id, "3");
    CHECK_STR(mp_asset_grade_of(&rules, 3, NULL)->id, "3");
    CHECK_INT(mp_json_read(doc, &laws, MP_S("[\"personal-information\",4,\"none\"]"), NULL, NULL, NULL), MP_OK);
    CHECK_STR(mp_asset_grade_of(&rules, 3, laws)->id, "1");
    CHECK_INT(mp_json_read(doc, &laws, MP_S("[\"contract\"]"), NULL, NULL, NULL), MP_OK);
    CHECK_STR(mp_asset_grade_of(&rules, 3, laws)->id, "2");
    CHECK_STR(mp_asset_grade_of(&rules, 9, laws)->id, "1");
    mp_json_doc_free(doc);
}

TEST(damaged_registers_are_refused)
{
    static const char *const damaged[] = {
        "{}", "{\"classes\":[]}", "{\"classes\":[{\"id\":\"a\"}]}", "{\"classes\":[{\"id\":\"a\",\"name\":{\"ko\":\"가\",\"en\":\"a\"}}]}",
        "{\"classes\":[{\"id\":\"a\",\"name\":{\"ko\":\"가\",\"en\":\"a\"}}],\"grades\":[{\"id\":\"1\",\"from\":3},{\"id\":\"2\",\"from\":5}]}",
        "{\"classes\":[{\"id\":\"a\",\"name\":{\"ko\":\"가\",\"en\":\"a\"}}],\"grades\":[{\"id\":\"1\",\"from\":3}],\"laws\":[{\"id\":\"l\",\"grade\":\"9\"}]}",
        "{\"classes\":[{\"id\":\"a\",\"name\":{\"ko\":\"가\",\"en\":\"a\"}}],\"grades\":[{\"id\":\"1\",\"from\":3}],\"laws\":[{\"id\":\"l\",\"grade\":\"1\"}],\"rules\":[{\"type\":\"t\",\"class\":\"none\"}]}",
        "[]",
    };
    mp_json_doc *doc;
    CHECK_INT(mp_json_doc_new(&doc, NULL), MP_OK);
    for (size_t i = 0; i < MP_COUNT(damaged); i++) {
        mp_asset_rules read = { .class_count = 0 };
        const mp_json *root;
        CHECK_INT(mp_json_read(doc, &root, mp_str_from(damaged[i]), NULL, NULL, NULL), MP_OK);
        CHECK_INT(mp_asset_rules_read(&read, root, &arena, NULL), MP_FORMAT);
    }
    mp_json_doc_free(doc);
    mp_arena_free(&arena);
}

int main(void)
{
    return MAIN(RUN(the_register_that_ships), RUN(types_belong_to_classes), RUN(patterns), RUN(grades_by_sum_and_law),
                RUN(damaged_registers_are_refused));
}
