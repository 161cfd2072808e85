/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include <stdio.h>

#include "fault.h"
#include "library.h"
#include "selector.h"
#include "test.h"

/* ---- scopes ---- */

TEST(a_scope_holds_what_is_below_it)
{
    static const struct {
        const char *scope, *id;
        bool        holds;
    } cases[] = {
        { "", "/subscriptions/a", true },
        { "/", "/subscriptions/a", true },
        { "/subscriptions/a", "/subscriptions/a", true },
        { "/subscriptions/a/", "/subscriptions/A", true },
        { "/Subscriptions/A", "/subscriptions/a/resourceGroups/g", true },
        { "subscriptions/a", "/subscriptions/a/resourceGroups/g", true },
        { "/subscriptions/a", "/subscriptions/ab", false },
        { "/subscriptions/a/resourceGroups/g", "/subscriptions/a/resourceGroups/g2/providers/x/y/z", false },
        { "/subscriptions/a/resourceGroups/g", "/subscriptions/a/RESOURCEGROUPS/G/providers/x/y/z", true },
        { "/subscriptions/a/resourceGroups/g", "/subscriptions/a", false },
        { "/subscriptions/a", "", false },
        { "/providers/Microsoft.Management/managementGroups/m", "/subscriptions/a", true },
        { "/providers/microsoft.management/MANAGEMENTGROUPS/m", "/anything", true },
        { "/providers/Microsoft.Management/other/m", "/subscriptions/a", false },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++)
        CHECK(mp_scope_holds(mp_str_from(cases[i].scope), mp_str_from(cases[i].id)) == cases[i].holds);
}

TEST(an_extension_stands_below_its_scope)
{
    static const struct {
        const char *id, *scope; /* NULL: no such id */
    } cases[] = {
        { "/subscriptions/a/providers/Microsoft.X/things/t", "/subscriptions/a" },
        { "/subscriptions/a/PROVIDERS/microsoft.x/THINGS/t", "/subscriptions/a" },
        { "/providers/Microsoft.X/things/t", "" },
        { "/subscriptions/a/providers/Microsoft.Y/b/c/providers/Microsoft.X/things/t",
          "/subscriptions/a/providers/Microsoft.Y/b/c" },
        { "/subscriptions/a/providers/Microsoft.X/thingsToo/t", NULL },
        { "/subscriptions/a/providers/Microsoft.X/thingsToo/t/providers/Microsoft.X/things/t",
          "/subscriptions/a/providers/Microsoft.X/thingsToo/t" },
        { "/subscriptions/a/Microsoft.X/things/t", NULL },
        { "/subscriptions/a", NULL },
        { "", NULL },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        mp_str scope = mp_scope_of(mp_str_from(cases[i].id), MP_S("Microsoft.X/things"));
        CHECK((scope.ptr != NULL) == (cases[i].scope != NULL));
        if (cases[i].scope)
            CHECK_STR(scope, cases[i].scope);
    }
}

/* ---- selections ---- */

static const mp_str places[] = { MP_S_INIT("East US 2"), MP_S_INIT("koreacentral") };
static const mp_str types[] = { MP_S_INIT("Microsoft.Compute/virtualMachines") };
static const mp_str whole[] = { MP_S_INIT("subscriptionLevelResources") };

TEST(selections_hold)
{
    static const mp_selector selectors[] = {
        { .kind = MP_SELECT_LOCATION, .in = places, .in_count = 2 },
        { .kind = MP_SELECT_LOCATION, .not_in = places, .not_in_count = 2 },
        { .kind = MP_SELECT_TYPE, .in = types, .in_count = 1 },
        { .kind = MP_SELECT_WITHOUT_LOCATION, .in = whole, .in_count = 1 },
        { .kind = MP_SELECT_WITHOUT_LOCATION, .not_in = whole, .not_in_count = 1 },
        { .kind = MP_SELECT_TYPE, .not_in = types, .not_in_count = 1 },
        { .kind = MP_SELECT_TYPE, .in = types, .in_count = 0 },
    };
    static const struct {
        unsigned    first, count; /* selectors of the one selection */
        const char *type, *location;
        bool        holds;
    } cases[] = {
        { 0, 1, "a/b", "eastus2", true },
        { 0, 1, "a/b", "EAST us2", true },
        { 0, 1, "a/b", "Korea Central", true },
        { 0, 1, "a/b", "eastus", false },
        { 0, 1, "a/b", "", false },
        { 1, 1, "a/b", "eastus2", false },
        { 1, 1, "a/b", "eastus", true },
        { 1, 1, "a/b", "", true },
        { 2, 1, "microsoft.compute/VIRTUALMACHINES", "", true },
        { 2, 1, "Microsoft.Compute/virtualMachines/extensions", "", false },
        { 3, 1, "a/b", "", true },
        { 3, 1, "a/b", "eastus", false },
        { 4, 1, "a/b", "", false },
        { 4, 1, "a/b", "eastus", true },
        { 5, 1, "a/b", "", true },
        { 6, 1, "a/b", "", false },
        { 1, 2, "Microsoft.Compute/virtualMachines", "eastus", true },  /* all must hold */
        { 1, 2, "Microsoft.Compute/virtualMachines", "eastus2", false },
        { 1, 2, "a/b", "eastus", false },
        { 0, 0, "a/b", "", true }, /* no selectors: all resources */
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        mp_selection one = { .selectors = &selectors[cases[i].first], .count = cases[i].count };
        CHECK(mp_selections_hold(&one, 1, mp_str_from(cases[i].type), mp_str_from(cases[i].location)) ==
              cases[i].holds);
    }
    mp_selection several[] = { { .selectors = &selectors[0], .count = 1 },
                               { .selectors = &selectors[2], .count = 1 } };
    CHECK(mp_selections_hold(several, 2, types[0], MP_S("west"))); /* one of them */
    CHECK(!mp_selections_hold(several, 2, MP_S("a/b"), MP_S("west")));
    CHECK(!mp_selections_hold(several, 0, MP_S("a/b"), MP_S("west")));
}

/* ---- checks, made of documents: ` stands for " ---- */

#define SUB "/subscriptions/s"
#define AUTH "/providers/Microsoft.Authorization/"
#define DEFINITIONS                                                                                \
    "{`name`: `one`, `policyRule`: {`if`: {`field`: `type`, `equals`: `a/b`}, `then`: {`effect`: " \
    "`audit`}}}, {`name`: `set`, `policyDefinitions`: [{`policyDefinitionId`: `one`, "              \
    "`policyDefinitionReferenceId`: `r1`}, {`policyDefinitionId`: `one`, "                          \
    "`policyDefinitionReferenceId`: `r2`}]}"

static mp_library *library(const char *text, const mp_check **checks, uint32_t *count)
{
    char        quoted[8192];
    mp_library *lib = NULL;
    mp_error    err = { 0 };
    size_t      len = strlen(text);
    CHECK(len < sizeof quoted);
    for (size_t i = 0; i < len; i++)
        quoted[i] = (char)(text[i] == '`' ? '"' : text[i]);
    CHECK(mp_library_new(&lib, &err) == MP_OK);
    CHECK(mp_library_read(lib, MP_S("a.json"), mp_str_of(quoted, len), MP_ROLE_JUDGED, &err) == MP_OK);
    CHECK(mp_library_checks(lib, checks, count, &err) == MP_OK);
    for (const mp_diagnostic *d = mp_library_diagnostics(lib)->first; d; d = d->next)
        if (d->severity == MP_SEVERITY_ERROR)
            fail_msg("%s", d->error.message);
    return lib;
}

TEST(assignments_concern_their_resources)
{
    static const struct {
        const char *terms, *id, *type, *location;
        bool        concerns;
    } cases[] = {
        { "`scope`: `" SUB "`", SUB "/resourceGroups/g", "a/b", "", true },
        { "`scope`: `" SUB "`", "/subscriptions/t", "a/b", "", false },
        { "`id`: `" SUB AUTH "policyAssignments/x`", SUB "/resourceGroups/g", "a/b", "", true },
        { "`id`: `" SUB AUTH "policyAssignments/x`", "/subscriptions/t", "a/b", "", false },
        { "`id`: `" SUB AUTH "policyAssignments/x`, `scope`: `/subscriptions/t`", "/subscriptions/t", "a/b",
          "", true },
        { "`id`: `" AUTH "policyAssignments/x`", "/subscriptions/t", "a/b", "", true },
        { "`name`: `x`", "/subscriptions/t", "a/b", "", true },
        { "`scope`: `/providers/Microsoft.Management/managementGroups/m`", SUB, "a/b", "", true },
        { "`notScopes`: [`" SUB "/resourceGroups/G`]", SUB "/resourceGroups/g/x", "a/b", "", false },
        { "`notScopes`: [`" SUB "/resourceGroups/G`]", SUB "/resourceGroups/h/x", "a/b", "", true },
        { "`notScopes`: [`/providers/Microsoft.Management/managementGroups/m`]", SUB, "a/b", "", true },
        { "`resourceSelectors`: [{`selectors`: [{`kind`: `ResourceLocation`, `in`: [`Korea Central`]}]}]",
          SUB, "a/b", "koreacentral", true },
        { "`resourceSelectors`: [{`selectors`: [{`kind`: `resourceLocation`, `in`: [`Korea Central`]}]}]",
          SUB, "a/b", "westus", false },
        { "`resourceSelectors`: [{`name`: `all`}]", SUB, "a/b", "westus", true },
        { "`resourceSelectors`: []", SUB, "a/b", "westus", true },
        { "`properties`: {`scope`: `/subscriptions/t`}", SUB, "a/b", "", false },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        char            text[2048];
        const mp_check *checks;
        uint32_t        count;
        snprintf(text, sizeof text, "[" DEFINITIONS ", {`policyDefinitionId`: `one`, %s}]", cases[i].terms);
        mp_library *lib = library(text, &checks, &count);
        CHECK_INT(count, 1 + 2); /* the initiative is judged too */
        CHECK(mp_check_concerns(&checks[0], mp_str_from(cases[i].id), mp_str_from(cases[i].type),
                                mp_str_from(cases[i].location)) == cases[i].concerns);
        CHECK(mp_check_concerns(&checks[1], MP_S("/any"), MP_S("x/y"), MP_S("")));
        mp_library_free(lib);
    }
}

TEST(overrides_depend_on_resources)
{
    const mp_check *checks;
    uint32_t        count;
    mp_str          text;
    mp_library     *lib = library(
        "[" DEFINITIONS ", {`policyDefinitionId`: `set`, `name`: `x`, `overrides`: ["
        "{`kind`: `policyEffect`, `value`: `Disabled`, `selectors`: [{`kind`: `resourceLocation`, `in`: "
        "[`West US`]}, {`kind`: `policyDefinitionReferenceId`, `in`: [`R1`]}]},"
        "{`kind`: `policyEffect`, `value`: `deny`, `selectors`: [{`kind`: `resourceType`, `notIn`: [`c/d`]}]},"
        "{`kind`: `policyEffect`, `value`: `manual`, `selectors`: [{`kind`: "
        "`policyDefinitionReferenceId`, `notIn`: [`r1`]}]},"
        "{`kind`: `policyEffect`, `value`: `denyAction`}]}]",
        &checks, &count);
    static const struct {
        unsigned    check;
        const char *type, *location, *text;
        mp_effect   effect;
    } cases[] = {
        { 0, "a/b", "westus", "Disabled", MP_EFFECT_DISABLED },
        { 0, "a/b", "eastus", "deny", MP_EFFECT_DENY },
        { 0, "C/D", "westus", "Disabled", MP_EFFECT_DISABLED },
        { 0, "C/D", "eastus", "denyAction", MP_EFFECT_DENY_ACTION },
        { 1, "a/b", "westus", "deny", MP_EFFECT_DENY },
        { 1, "c/d", "westus", "manual", MP_EFFECT_MANUAL },
    };
    CHECK_INT(count, 2);
    CHECK_INT(checks[0].override_count, 2);
    CHECK_INT(checks[1].override_count, 1);
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        CHECK_INT(mp_check_effect(&checks[cases[i].check], mp_str_from(cases[i].type),
                                  mp_str_from(cases[i].location), &text),
                  cases[i].effect);
        CHECK_STR(text, cases[i].text);
    }
    mp_library_free(lib);
}

/* ---- exemptions and attestations ---- */

#define ASSIGNED \
    "{`policyDefinitionId`: `set`, `id`: `" SUB AUTH "policyAssignments/x`}"

static mp_ticks time_of(const char *text)
{
    mp_ticks t = 0;
    CHECK(mp_clock_parse(&t, mp_str_from(text)));
    return t;
}

TEST(exemptions_hold)
{
    static const struct {
        const char *exemption;
        bool        has_assignment;
        unsigned    check;
        const char *id, *now;
        bool        holds;
    } cases[] = {
#define E "`id`: `" SUB "/resourceGroups/g" AUTH "policyExemptions/e`"
#define OF_X ", `policyAssignmentId`: `" SUB AUTH "PolicyAssignments/X/`"
        { E OF_X, true, 0, SUB "/resourceGroups/g", "2026-01-01", true },
        { E OF_X, true, 1, SUB "/resourceGroups/g/providers/a/b/c", "2026-01-01", true },
        { E OF_X, true, 0, SUB "/resourceGroups/h", "2026-01-01", false },
        { E, true, 0, SUB "/resourceGroups/g", "2026-01-01", true },
        { E ", `policyAssignmentId`: `" SUB AUTH "policyAssignments/y`", true, 0, SUB "/resourceGroups/g",
          "2026-01-01", false },
        { E ", `policyAssignmentId`: `" SUB AUTH "policyAssignments/y`", false, 0, SUB "/resourceGroups/g",
          "2026-01-01", true },
        { E OF_X ", `policyDefinitionReferenceIds`: [`R1`]", true, 0, SUB "/resourceGroups/g", "2026-01-01",
          true },
        { E OF_X ", `policyDefinitionReferenceIds`: [`R1`]", true, 1, SUB "/resourceGroups/g", "2026-01-01",
          false },
        { E ", `expiresOn`: `2026-01-02T00:00:00Z`", true, 0, SUB "/resourceGroups/g",
          "2026-01-01T23:59:59Z", true },
        { E ", `expiresOn`: `2026-01-02T00:00:00Z`", true, 0, SUB "/resourceGroups/g",
          "2026-01-02T00:00:00Z", false },
        { E ", `expiresOn`: null", true, 0, SUB "/resourceGroups/g", "2026-01-01", true },
        { "`exemptionCategory`: `Mitigated`, `scope`: `" SUB "`", true, 0, SUB "/resourceGroups/g",
          "2026-01-01", true },
        { "`properties`: {`exemptionCategory`: `Waiver`, `scope`: `" SUB "/x`}", true, 0, SUB, "2026-01-01",
          false },
        { E ", `resourceSelectors`: [{`selectors`: [{`kind`: `resourceType`, `in`: [`a/B`]}]}]", true, 0,
          SUB "/resourceGroups/g", "2026-01-01", true },
        { E ", `resourceSelectors`: [{`selectors`: [{`kind`: `resourceType`, `in`: [`a/C`]}]}]", true, 0,
          SUB "/resourceGroups/g", "2026-01-01", false },
        { "`exemptionCategory`: `Waiver`, `scope`: `/providers/Microsoft.Management/managementGroups/m`",
          true, 0, SUB, "2026-01-01", false }, /* the assignment is of a subscription: not known */
        { "`exemptionCategory`: `Waiver`, `scope`: `/providers/Microsoft.Management/managementGroups/m`",
          false, 0, SUB, "2026-01-01", true },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        char            text[2048];
        const mp_check *checks;
        uint32_t        count;
        snprintf(text, sizeof text, "[" DEFINITIONS ", {%s}%s]", cases[i].exemption,
                 cases[i].has_assignment ? ", " ASSIGNED : "");
        mp_library         *lib = library(text, &checks, &count);
        const mp_exemption *e = mp_check_exemption(&checks[cases[i].check], mp_str_from(cases[i].id),
                                                   MP_S("a/b"), MP_S(""), time_of(cases[i].now));
        if ((e != NULL) != cases[i].holds)
            fail_msg("case %zu", i);
        mp_library_free(lib);
    }
}

TEST(the_exemption_given_last_is_named)
{
    const mp_check *checks;
    uint32_t        count;
    mp_library     *lib = library(
        "[" DEFINITIONS ", {`exemptionCategory`: `Waiver`, `scope`: `/`, `name`: `a`}, "
        "{`exemptionCategory`: `Mitigated`, `scope`: `/`, `name`: `b`, `displayName`: `B`}, "
        "{`exemptionCategory`: `Mitigated`, `scope`: `/`, `name`: `c`, `expiresOn`: `2020-01-01`}]",
        &checks, &count);
    const mp_exemption *e = mp_check_exemption(&checks[0], MP_S(SUB), MP_S("a/b"), MP_S(""),
                                               time_of("2026-01-01"));
    CHECK(e != NULL);
    CHECK_STR(e->name, "b");
    CHECK_STR(e->display_name, "B");
    CHECK_STR(e->category, "Mitigated");
    mp_library_free(lib);
}

TEST(attestations_hold)
{
    static const struct {
        const char *more;
        bool        has_assignment;
        unsigned    check;
        const char *id, *now, *state; /* NULL: none */
    } cases[] = {
#define T(state) "`complianceState`: `" state "`"
        { T("compliant"), true, 0, SUB, "2026-01-01", "Compliant" },
        { T("NonCompliant"), true, 1, SUB "/", "2026-01-01", "NonCompliant" },
        { "`x`: 1", true, 1, SUB, "2026-01-01", "Unknown" },
        { T("Compliant"), true, 0, SUB "/resourceGroups/g", "2026-01-01", NULL }, /* of that resource only */
        { T("Compliant") OF_X, true, 0, SUB, "2026-01-01", "Compliant" },
        { T("Compliant") ", `policyAssignmentId`: `/y`", true, 0, SUB, "2026-01-01", NULL },
        { T("Compliant") ", `policyAssignmentId`: `/y`", false, 0, SUB, "2026-01-01", "Compliant" },
        { T("Compliant") OF_X ", `policyDefinitionReferenceId`: `R2`", true, 1, SUB, "2026-01-01",
          "Compliant" },
        { T("Compliant") OF_X ", `policyDefinitionReferenceId`: `R2`", true, 0, SUB, "2026-01-01", NULL },
        { T("Compliant") ", `expiresOn`: `2026-01-02`", true, 0, SUB, "2026-01-01", "Compliant" },
        { T("Compliant") ", `expiresOn`: `2026-01-02`", true, 0, SUB, "2026-01-02", NULL },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        char            text[2048];
        const mp_check *checks;
        uint32_t        count;
        snprintf(text, sizeof text,
                 "[" DEFINITIONS ", {`id`: `" SUB "/providers/Microsoft.PolicyInsights/attestations/t`, "
                 "`properties`: {%s}}%s]",
                 cases[i].more, cases[i].has_assignment ? ", " ASSIGNED : "");
        mp_library           *lib = library(text, &checks, &count);
        const mp_attestation *t = mp_check_attestation(&checks[cases[i].check], mp_str_from(cases[i].id),
                                                       time_of(cases[i].now));
        if ((t != NULL) != (cases[i].state != NULL))
            fail_msg("case %zu", i);
        if (t)
            CHECK_STR(t->state, cases[i].state);
        mp_library_free(lib);
    }
}

TEST(of_two_attestations_the_later_counts)
{
    const mp_check *checks;
    uint32_t        count;
    mp_library     *lib = library(
        "[" DEFINITIONS ", {`id`: `/r/providers/Microsoft.PolicyInsights/attestations/a`, `complianceState`: "
        "`Compliant`}, {`id`: `/r/providers/Microsoft.PolicyInsights/attestations/b`, `complianceState`: "
        "`NonCompliant`}]",
        &checks, &count);
    const mp_attestation *t = mp_check_attestation(&checks[0], MP_S("/R"), time_of("2026-01-01"));
    CHECK(t != NULL);
    CHECK_STR(t->name, "b");
    mp_library_free(lib);
}

/* Nothing that is asked allocates: the loop ends at once. */
static bool ask(void *context)
{
    const mp_check *check = context;
    mp_str          text;
    bool concerns = mp_check_concerns(check, MP_S(SUB), MP_S("a/b"), MP_S("x"));
    return concerns && mp_check_effect(check, MP_S("a/b"), MP_S("x"), &text) == MP_EFFECT_AUDIT &&
           !mp_check_exemption(check, MP_S(SUB), MP_S("a/b"), MP_S("x"), 0) &&
           !mp_check_attestation(check, MP_S(SUB), 0);
}

TEST(asking_takes_no_memory)
{
    const mp_check *checks;
    uint32_t        count;
    mp_library     *lib = library(
        "[" DEFINITIONS ", " ASSIGNED ", {`id`: `/r/providers/Microsoft.PolicyInsights/attestations/a`}, "
        "{`exemptionCategory`: `Waiver`, `scope`: `/r`}]",
        &checks, &count);
    mp_check check = checks[0];
    CHECK_INT(fault_loop(ask, &check), 0);
    mp_library_free(lib);
}

int main(void)
{
    return MAIN(RUN(a_scope_holds_what_is_below_it), RUN(an_extension_stands_below_its_scope),
                RUN(selections_hold), RUN(assignments_concern_their_resources),
                RUN(overrides_depend_on_resources), RUN(exemptions_hold),
                RUN(the_exemption_given_last_is_named), RUN(attestations_hold),
                RUN(of_two_attestations_the_later_counts), RUN(asking_takes_no_memory));
}
