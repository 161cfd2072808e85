/* SPDX-License-Identifier: Apache-2.0 */
#include "text.h"

#include "fault.h"
#include "test.h"

TEST(case_and_canonical_form_do_not_matter)
{
    static const struct {
        const char *a, *b;
        bool        equal;
    } cases[] = {
        { "", "", true },
        { "Microsoft.Storage/storageAccounts", "microsoft.storage/STORAGEACCOUNTS", true },
        { "Microsoft.Storage/storageAccounts", "microsoft.storage/STORAGEACCOUNT", false },
        { "Microsoft.Storage/storageAccountz", "microsoft.storage/STORAGEACCOUNTS", false },
        { "a", "b", false },
        { "\xC3\x89", "\xC3\xA9", true },           /* É é */
        { "caf\xC3\xA9", "CAFE\xCC\x81", true },    /* é as e and U+0301 */
        { "caf\xC3\xA9", "cafe", false },
        { "cafe\xCC\x81", "cafe", false },
        { "cafe", "cafe\xCC\x81", false },
        { "cafe\xCC\x81s", "cafes", false },
        { "\xED\x95\x9C", "\xE1\x84\x92\xE1\x85\xA1\xE1\x86\xAB", true }, /* 한 and its jamo */
        { "\xCE\xA3", "\xCF\x82", true },           /* Σ ς */
        { "\xCF\x83", "\xCF\x82", true },           /* σ ς */
        { "\xC3\x9F", "ss", false },                /* ß */
        { "\xC3\x9F", "\xE1\xBA\x9E", true },       /* ß ẞ */
        { "\xE2\x84\xAA", "k", true },              /* the Kelvin sign is a K */
        { "\xE2\x84\xAB", "\xC3\xA5", true },       /* the Angstrom sign is Å */
        { "\xC4\xB0", "i", false },                 /* İ */
        { "\xC4\xB1", "I", false },                 /* ı */
        { "\xD0\x94", "\xD0\xB4", true },           /* Д д */
        { "\xFF", "\xFF", true },
        { "\xFF", "\xFE", false },
        { "a\xFF", "A\xFF", true },
        { "\xEA\xB0\x80", "\xEA\xB0\x81", false },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        mp_str a = mp_str_from(cases[i].a), b = mp_str_from(cases[i].b);
        if (mp_text_eq_fold(a, b) != cases[i].equal || mp_text_eq_fold(b, a) != cases[i].equal)
            fail_msg("%s and %s", cases[i].a, cases[i].b);
        CHECK((mp_text_cmp_fold(a, b) == 0) == cases[i].equal);
    }
}

TEST(texts_have_an_order)
{
    static const char *const sorted[] = { "", "_", "A", "a_", "ab", "ABC", "b", "caf\xC3\xA9",
                                          "d", "\xED\x95\x9C", "\xF0\x9F\x98\x80", "\xFF" };
    for (size_t i = 0; i < MP_COUNT(sorted); i++)
        for (size_t j = 0; j < MP_COUNT(sorted); j++) {
            int order = mp_text_cmp_fold(mp_str_from(sorted[i]), mp_str_from(sorted[j]));
            CHECK((order > 0) - (order < 0) == (i > j) - (i < j));
        }
}

TEST(long_texts_are_compared)
{
    char a[4000], b[4000];
    for (size_t i = 0; i < sizeof a; i += 4) {
        memcpy(a + i, "e\xCC\x81x", 4);
        memcpy(b + i, "E\xCC\x81X", 4);
    }
    CHECK(mp_text_eq_fold(mp_str_of(a, sizeof a), mp_str_of(b, sizeof b)));
    b[sizeof b - 1] = 'y';
    CHECK(mp_text_cmp_fold(mp_str_of(a, sizeof a), mp_str_of(b, sizeof b)) < 0);
}

TEST(parts_are_found_without_case)
{
    CHECK(mp_text_contains_fold(MP_S("Hello World"), MP_S("LO wo")));
    CHECK(mp_text_contains_fold(MP_S("a"), MP_S("")) && mp_text_contains_fold(MP_S(""), MP_S("")));
    CHECK(!mp_text_contains_fold(MP_S("Hello"), MP_S("Hello!")));
    CHECK(mp_text_contains_fold(MP_S("un CAF\xC3\x89 noir"), MP_S("cafe\xCC\x81")));
    CHECK(!mp_text_contains_fold(MP_S("cafe\xCC\x81"), MP_S("cafe")));
    CHECK(mp_text_contains_fold(MP_S("\xE2\x84\xAA""elvin"), MP_S("KEL")));
    CHECK(mp_text_contains_fold(MP_S("\xED\x95\x9C\xEA\xB8\x80"), MP_S("\xEA\xB8\x80")));
}

TEST(utf8_is_checked)
{
    CHECK(mp_utf8_valid(MP_S("")) && mp_utf8_valid(MP_S("0123456789abcdef0123456789abcde")));
    CHECK(mp_utf8_valid(MP_S("0123456789abcde\xED\x95\x9C\xF0\x9F\x98\x80z\0")));
    static const char *const bad[] = {
        "\x80", "\xC0\x80", "\xC1\xBF", "\xC3", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xED\xBF\xBF",
        "\xE2\x82", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFE", "\xFF",
        "0123456789abcdef\xFF", "0123456789abcde\xC3", "\xC3\x28", "\xE2\x28\xA1", "\xF0\x9F\x98z",
    };
    for (size_t i = 0; i < MP_COUNT(bad); i++)
        CHECK(!mp_utf8_valid(mp_str_from(bad[i])));
    CHECK(mp_utf8_length(MP_S("a\xED\x95\x9C\xF0\x9F\x98\x80")) == 3);
}

TEST(case_is_changed)
{
    mp_arena arena = MP_ARENA_INIT;
    CHECK_STR(mp_text_lower(&arena, MP_S("ABC[xyz@")), "abc[xyz@");
    CHECK_STR(mp_text_upper(&arena, MP_S("abz{XYZ`")), "ABZ{XYZ`");
    CHECK_STR(mp_text_lower(&arena, MP_S("\xC3\x89\xD0\x94\xED\x95\x9C\xFFX")),
              "\xC3\xA9\xD0\xB4\xED\x95\x9C\xFFx");
    CHECK_STR(mp_text_upper(&arena, MP_S("\xC3\xA9\xC3\x9F")), "\xC3\x89\xC3\x9F");
    CHECK_STR(mp_text_lower(&arena, MP_S("\xC8\xBA")), "\xE2\xB1\xA5"); /* two bytes become three */
    mp_str empty = mp_text_lower(&arena, mp_str_of(NULL, 0));
    CHECK(empty.len == 0 && empty.ptr != NULL);
    mp_arena_free(&arena);
}

TEST(the_nearest_name_is_found)
{
    static const mp_str names[] = { MP_S_INIT("location"), MP_S_INIT("name"), MP_S_INIT("tags"),
                                    MP_S_INIT("properties"), MP_S_INIT("kind") };
    static const struct {
        const char *wanted, *found;
    } cases[] = {
        { "locatoin", "location" }, { "LOCATION", "location" }, { "nmae", "name" },
        { "property", "properties" }, { "kinds", "kind" },      { "xyz", "" },
        { "", "" },                 { "completely-else", "" },  { "tag", "tags" },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++)
        CHECK_STR(mp_text_nearest(mp_str_from(cases[i].wanted), names, MP_COUNT(names)),
                  cases[i].found);
    static const char long_name[200] = "a";
    CHECK(mp_text_nearest(mp_str_of(long_name, sizeof long_name), names, 5).len == 0);
    CHECK(mp_text_nearest(MP_S("a"), NULL, 0).len == 0);
}

TEST(what_may_be_meant_is_said)
{
    static const mp_str names[] = { MP_S_INIT("csap-iaas"), MP_S_INIT("csap-saas-simple"),
                                    MP_S_INIT("csap-saas-standard"), MP_S_INIT("portal") };
    static const struct {
        const char *wanted, *meant;
    } cases[] = {
        { "csap-saas", "csap-saas-simple, csap-saas-standard" },
        { "CSAP-SAAS-ST", "csap-saas-standard" },
        { "portla", "portal" },
        { "x", "csap-iaas, csap-saas-simple, csap-saas-standard, portal" },
        { "", "csap-iaas, csap-saas-simple, csap-saas-standard, portal" },
    };
    mp_arena arena = MP_ARENA_INIT;
    for (size_t i = 0; i < MP_COUNT(cases); i++)
        CHECK_STR(mp_text_meant(&arena, mp_str_from(cases[i].wanted), names, MP_COUNT(names)), cases[i].meant);
    CHECK(mp_text_meant(&arena, MP_S("a"), NULL, 0).len == 0);
    mp_str many[100];
    for (size_t i = 0; i < MP_COUNT(many); i++)
        many[i] = MP_S("twelve-bytes");
    mp_str cut = mp_text_meant(&arena, MP_S("x"), many, MP_COUNT(many));
    CHECK(cut.len <= MP_TEXT_MEANT + 5 && mp_str_ends(cut, MP_S("twelve-bytes, ...")));
    mp_arena_free(&arena);
}

TEST(width_is_that_of_a_terminal)
{
    CHECK(mp_text_width(MP_S("abc")) == 3 && mp_text_width(MP_S("")) == 0);
    CHECK(mp_text_width(MP_S("\xED\x95\x9C\xEA\xB8\x80")) == 4);
    CHECK(mp_text_width(MP_S("e\xCC\x81")) == 1);
    CHECK(mp_text_width(MP_S("a\n\x7F")) == 1 && mp_text_width(MP_S("\xFF")) == 1);
}

static bool compare_and_map(void *context)
{
    const mp_str *texts = context;
    mp_arena      arena = MP_ARENA_INIT;
    CHECK(mp_text_eq_fold(MP_S("Plain"), MP_S("pLAIN"))); /* never allocates */
    mp_text_cmp_fold(texts[0], texts[1]);
    mp_text_contains_fold(texts[0], texts[1]);
    mp_str lower = mp_text_lower(&arena, texts[0]);
    mp_str upper = mp_text_upper(&arena, MP_S("ascii"));
    CHECK((lower.ptr != NULL) == (lower.len > 0) && (upper.ptr != NULL) == (upper.len > 0));
    mp_arena_free(&arena);
    return lower.ptr && upper.ptr;
}

TEST(memory_may_run_out)
{
    mp_str texts[] = { MP_S_INIT("caf\xC3\xA9 e\xCC\x81"), MP_S_INIT("CAFE\xCC\x81 \xC3\xA9") };
    CHECK(fault_loop(compare_and_map, texts) >= 3);
}

int main(void)
{
    return MAIN(RUN(case_and_canonical_form_do_not_matter), RUN(texts_have_an_order),
                RUN(long_texts_are_compared), RUN(parts_are_found_without_case),
                RUN(utf8_is_checked), RUN(case_is_changed), RUN(the_nearest_name_is_found), RUN(what_may_be_meant_is_said),
                RUN(width_is_that_of_a_terminal), RUN(memory_may_run_out));
}
