/* SPDX-License-Identifier: Apache-2.0 */
#include "scope.h"

#include "test.h"

#define SUB "/subscriptions/0b1f6471-1bf0-4dda-aec3-111122223333"

TEST(scopes_are_told_from_what_is_none)
{
    static const struct {
        const char   *text, *tidy; /* NULL: none */
        mp_scope_kind kind;
        unsigned      levels;
    } cases[] = {
        { "/", "/", MP_SCOPE_ROOT, 0 },
        { "//", "/", MP_SCOPE_ROOT, 0 },
        { SUB, SUB, MP_SCOPE_SUBSCRIPTION, 1 },
        { SUB "/", SUB, MP_SCOPE_SUBSCRIPTION, 1 },
        { SUB "/resourceGroups/App", SUB "/resourcegroups/app", MP_SCOPE_RESOURCE_GROUP, 2 },
        { "//subscriptions//0B1F6471-1BF0-4DDA-AEC3-111122223333", SUB, MP_SCOPE_SUBSCRIPTION, 1 },
        { SUB "/resourceGroups/a/providers/Microsoft.Web/sites/x", SUB "/resourcegroups/a/providers/microsoft.web/sites/x", MP_SCOPE_RESOURCE, 3 },
        { SUB "/resourceGroups/a/providers/N/t/x/u/y", SUB "/resourcegroups/a/providers/n/t/x/u/y", MP_SCOPE_RESOURCE, 4 },
        { SUB "/providers/N/t/x/providers/M/u/y", SUB "/providers/n/t/x/providers/m/u/y", MP_SCOPE_RESOURCE, 3 },
        { "/providers/Microsoft.Management/managementGroups/Corp", "/providers/microsoft.management/managementgroups/corp",
          MP_SCOPE_MANAGEMENT_GROUP, 1 },
        { "/providers/N/t/x", "/providers/n/t/x", MP_SCOPE_RESOURCE, 1 },
        { "", NULL, 0, 0 },
        { "subscriptions/x", NULL, 0, 0 },
        { "/subscriptions", NULL, 0, 0 },
        { "/subscriptions/not-a-guid", NULL, 0, 0 },
        { SUB "/resourceGroups", NULL, 0, 0 },
        { SUB "/other/x", NULL, 0, 0 },
        { SUB "/providers/N", NULL, 0, 0 },
        { SUB "/providers/N/t", NULL, 0, 0 },
        { SUB "/providers/N/t/x/u", NULL, 0, 0 },
        { SUB "/providers/providers/t/providers", SUB "/providers/providers/t/providers", MP_SCOPE_RESOURCE, 2 },
        { SUB "/../" SUB, NULL, 0, 0 },
        { SUB "/resourceGroups/..", NULL, 0, 0 },
        { SUB "/resourceGroups/a%2fb", NULL, 0, 0 },
        { SUB "/resourceGroups/a?b", NULL, 0, 0 },
        { SUB "/resourceGroups/a\nb", NULL, 0, 0 },
        { "/providers/Microsoft.Management/managementGroups", NULL, 0, 0 },
        { "/x", NULL, 0, 0 },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        mp_scope scope;
        bool     is_scope = mp_scope_parse(&scope, mp_str_from(cases[i].text));
        if (is_scope != (cases[i].tidy != NULL))
            fail_msg("\"%s\" is %sa scope", cases[i].text, is_scope ? "" : "not ");
        if (!is_scope)
            continue;
        CHECK_STR(mp_scope_str(&scope), cases[i].tidy);
        CHECK_INT(scope.kind, cases[i].kind);
        CHECK_INT(scope.levels, cases[i].levels);
        if (scope.levels)
            CHECK_INT(scope.ends[scope.levels - 1], scope.len);
    }
}

TEST(tidy_keeps_the_casing)
{
    mp_arena arena = MP_ARENA_INIT;
    CHECK_STR(mp_scope_tidy(&arena, MP_S("//subscriptions/0B1F6471-1BF0-4DDA-AEC3-111122223333//resourceGroups/App/")),
              "/subscriptions/0B1F6471-1BF0-4DDA-AEC3-111122223333/resourceGroups/App");
    CHECK(mp_scope_tidy(&arena, MP_S("/x")).ptr == NULL);
    CHECK_STR(mp_scope_tidy(&arena, MP_S("///")), "/");
    mp_arena_free(&arena);
}

TEST(long_scopes_end_somewhere)
{
    char     text[4096] = SUB "/resourceGroups/";
    mp_scope scope;
    size_t   len = strlen(text);
    memset(text + len, 'a', 260);
    CHECK(mp_scope_parse(&scope, mp_str_of(text, len + 260)));
    memset(text + len, 'a', 261);
    CHECK(!mp_scope_parse(&scope, mp_str_of(text, len + 261)));
    strcpy(text, SUB "/providers/n");
    for (unsigned i = 0; i < MP_SCOPE_DEPTH - 1; i++)
        strcat(text, "/t/x");
    CHECK(mp_scope_parse(&scope, mp_str_from(text)));
    CHECK_INT(scope.levels, MP_SCOPE_DEPTH);
    strcat(text, "/t/x");
    CHECK(!mp_scope_parse(&scope, mp_str_from(text)));
    strcpy(text, SUB "/providers/n/t/");
    len = strlen(text);
    for (int i = 0; i < 4; i++) { /* each segment is fine, all of them are too much */
        memset(text + len, 'b', 250);
        len += 250;
        memcpy(text + len, "/t/", 4);
        len += 3;
    }
    CHECK(!mp_scope_parse(&scope, mp_str_of(text, len + 1)));
}

TEST(below_is_by_whole_names)
{
    static const struct {
        const char *inner, *outer;
        bool        is_within;
    } cases[] = {
        { SUB, "/", true },
        { "/", SUB, false },
        { SUB "/resourceGroups/app", SUB, true },
        { SUB "/resourceGroups/APP", SUB "/resourcegroups/app", true },
        { SUB "/resourceGroups/app2", SUB "/resourceGroups/app", false },
        { SUB, SUB "/resourceGroups/app", false },
        { SUB "/resourceGroups/app/providers/n/t/x", SUB "/resourceGroups/app", true },
        { SUB "/resourceGroups/app/providers/n/t/x", SUB "/providers/n/t/x", false },
        { SUB "/providers/n/t/x/u/y", SUB "/providers/n/t/x", true },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        mp_scope inner, outer;
        CHECK(mp_scope_parse(&inner, mp_str_from(cases[i].inner)) && mp_scope_parse(&outer, mp_str_from(cases[i].outer)));
        CHECK_INT(mp_scope_within(&inner, &outer), cases[i].is_within);
    }
}

int main(void)
{
    return MAIN(RUN(scopes_are_told_from_what_is_none), RUN(tidy_keeps_the_casing), RUN(long_scopes_end_somewhere),
                RUN(below_is_by_whole_names));
}
