/* SPDX-License-Identifier: Apache-2.0 */
#include "action_pattern.h"

#include <stdlib.h>

#include "test.h"

static bool matches(const char *pattern, const char *action)
{
    char              p_text[MP_ACTION_MAX], a_text[MP_ACTION_MAX];
    mp_str            p = { 0 }, a = { 0 };
    mp_action_pattern compiled;
    CHECK(mp_action_fold(&p, p_text, mp_str_from(pattern)) && mp_action_fold(&a, a_text, mp_str_from(action)));
    compiled = mp_action_compile(p);
    return mp_action_matches(&compiled, a);
}

TEST(a_star_is_any_run_across_slashes)
{
    static const struct {
        const char *pattern, *action;
        bool        matches;
    } cases[] = {
        { "*", "Microsoft.Compute/virtualMachines/read", true },
        { "*/read", "Microsoft.Compute/virtualMachines/read", true },
        { "*/read", "Microsoft.Compute/virtualMachines/write", false },
        { "*/read", "read", false },
        { "*/READ", "Microsoft.Compute/virtualMachines/Read", true },
        { "Microsoft.Compute/*", "microsoft.compute/virtualMachines/start/action", true },
        { "Microsoft.Compute/*", "Microsoft.ComputeX/virtualMachines/read", false },
        { "Microsoft.Authorization/*/Write", "Microsoft.Authorization/roleAssignments/write", true },
        { "Microsoft.Authorization/*/Write", "Microsoft.Authorization/write", false },
        { "Microsoft.Authorization/*/Write", "Microsoft.Authorization//write", true },
        { "Microsoft.Compute/virtualMachines/read", "microsoft.compute/VIRTUALMACHINES/read", true },
        { "Microsoft.Compute/virtualMachines/read", "Microsoft.Compute/virtualMachines/readX", false },
        { "a*b*c", "aXbYc", true },
        { "a*b*c", "abc", true },
        { "a*b*c", "ac", false },
        { "a*bb*c", "abbc", true },
        { "a*bb*c", "ab/bc", false },
        { "a*a", "a", false },
        { "a*a", "aa", true },
        { "a**c", "abc", true },
        { "*x*", "abc", false },
        { "*x*", "axc", true },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++)
        if (matches(cases[i].pattern, cases[i].action) != cases[i].matches)
            fail_msg("%s and %s", cases[i].pattern, cases[i].action);
}

TEST(patterns_are_told_from_what_is_none)
{
    static const char *const good[] = { "*", "a/b", "Microsoft.Web/sites/config/read", "*/read", "a-b_c/d" };
    static const char *const bad[] = { "", "/a", "a/", "a//b", "a b", "a\"", "a?", "\xed\x95\x9c" };
    char long_one[MP_ACTION_MAX + 1];
    for (size_t i = 0; i < MP_COUNT(good); i++)
        CHECK(mp_action_is_pattern(mp_str_from(good[i])));
    for (size_t i = 0; i < MP_COUNT(bad); i++)
        CHECK(!mp_action_is_pattern(mp_str_from(bad[i])));
    memset(long_one, 'a', sizeof long_one);
    CHECK(mp_action_is_pattern(mp_str_of(long_one, MP_ACTION_MAX)));
    CHECK(!mp_action_is_pattern(mp_str_of(long_one, MP_ACTION_MAX + 1)));
    CHECK(!mp_action_is_pattern(mp_str_of("a\0b", 3)));
}

/* All texts over a small alphabet up to a length, against what the questions about two patterns answer. "x" stands
 * for letters that no pattern has. */
#define LETTERS "abx"
#define LONGEST 5

static bool simply(const char *p, const char *p_end, const char *s, const char *s_end)
{
    if (p == p_end)
        return s == s_end;
    if (*p == '*')
        return simply(p + 1, p_end, s, s_end) || (s < s_end && simply(p, p_end, s + 1, s_end));
    return s < s_end && *p == *s && simply(p + 1, p_end, s + 1, s_end);
}

static void compare(mp_str a, mp_str b)
{
    bool              is_within = true, meets = false;
    mp_action_pattern pa = mp_action_compile(a);
    for (unsigned len = 0, texts = 1; len <= LONGEST; len++, texts *= 3)
        for (unsigned t = 0; t < texts; t++) {
            char text[LONGEST];
            for (unsigned i = 0, rest = t; i < len; i++, rest /= 3)
                text[i] = LETTERS[rest % 3];
            bool in_a = simply(a.ptr, a.ptr + a.len, text, text + len),
                 in_b = simply(b.ptr, b.ptr + b.len, text, text + len);
            is_within = is_within && (!in_a || in_b);
            meets = meets || (in_a && in_b);
            CHECK_INT(mp_action_matches(&pa, mp_str_of(text, len)), in_a);
        }
    if (mp_action_within(a, b) != is_within || mp_action_meets(a, b) != meets)
        fail_msg("%.*s and %.*s: within %d, meets %d", MP_FMT(a), MP_FMT(b), is_within, meets);
}

TEST(within_and_meets_are_exact)
{
    static const char letters[] = "ab*";
    for (unsigned la = 1; la <= 3; la++)
        for (unsigned lb = 1; lb <= 3; lb++)
            for (unsigned i = 0; i < 27; i++)
                for (unsigned k = 0; k < 27; k++) {
                    const char a[3] = { letters[i % 3], letters[i / 3 % 3], letters[i / 9] };
                    const char b[3] = { letters[k % 3], letters[k / 3 % 3], letters[k / 9] };
                    compare(mp_str_of(a, la), mp_str_of(b, lb));
                }
}

TEST(a_hostile_pattern_costs_little)
{
    char pattern[MP_ACTION_MAX], action[MP_ACTION_MAX];
    for (size_t i = 0; i < sizeof pattern; i++) {
        pattern[i] = i % 2 ? 'a' : '*';
        action[i] = 'a';
    }
    mp_str            p = mp_str_of(pattern, sizeof pattern), a = mp_str_of(action, sizeof action - 1);
    mp_action_pattern compiled = mp_action_compile(p);
    for (int i = 0; i < 1000; i++) {
        CHECK(mp_action_matches(&compiled, a));
        action[sizeof action - 2] = 'b';
        CHECK(!mp_action_matches(&compiled, a));
        CHECK(!mp_action_within(a, p));
        action[sizeof action - 2] = 'a';
    }
    CHECK(mp_action_meets(p, p));
}

int main(void)
{
    return MAIN(RUN(a_star_is_any_run_across_slashes), RUN(patterns_are_told_from_what_is_none),
                RUN(within_and_meets_are_exact), RUN(a_hostile_pattern_costs_little));
}
