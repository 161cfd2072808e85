/* SPDX-License-Identifier: Apache-2.0 */
#include "messages.h"

#include <stdio.h>
#include <stdlib.h>

#include "test.h"

TEST(languages_have_names)
{
    CHECK_INT(mp_lang_find(MP_S("en")), MP_LANG_EN);
    CHECK_INT(mp_lang_find(MP_S("KO")), MP_LANG_KO);
    CHECK_INT(mp_lang_find(MP_S("fr")), MP_LANG_COUNT);
    CHECK_INT(mp_lang_find(MP_S("")), MP_LANG_COUNT);
    CHECK_STR(mp_str_from(mp_lang_name(MP_LANG_KO)), "ko");
}

TEST(the_environment_chooses)
{
    static const struct { const char *all, *messages, *lang; mp_lang wanted; } cases[] = {
        { NULL, NULL, NULL, MP_LANG_EN },
        { NULL, NULL, "ko_KR.UTF-8", MP_LANG_KO },
        { NULL, "en_US.UTF-8", "ko_KR.UTF-8", MP_LANG_EN },
        { NULL, "ko", "C", MP_LANG_KO },
        { "C", "ko", "ko", MP_LANG_EN },
        { "", "", "ko_KR", MP_LANG_KO },
        { "ko_KR.eucKR", NULL, NULL, MP_LANG_KO },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        const char *const values[] = { cases[i].all, cases[i].messages, cases[i].lang };
        const char *const names[] = { "LC_ALL", "LC_MESSAGES", "LANG" };
        for (size_t n = 0; n < MP_COUNT(names); n++) {
            if (values[n])
                setenv(names[n], values[n], 1);
            else
                unsetenv(names[n]);
        }
        CHECK_INT(mp_lang_of_environment(), cases[i].wanted);
    }
}

TEST(every_message_has_both_languages)
{
    size_t count = 0;
    for (const char *id; (id = mp_message_id_at(count)) != NULL; count++) {
        CHECK(mp_message_exists(MP_LANG_EN, id));
        CHECK(mp_message_exists(MP_LANG_KO, id));
        CHECK_STR(mp_message_of(MP_LANG_EN, "", mp_str_from(id)), mp_message(MP_LANG_EN, id).ptr);
    }
    CHECK(count > 200);
    CHECK(mp_message_id_at(count + 1) == NULL);
}

TEST(a_message_is_found_by_id_or_in_parts)
{
    CHECK_STR(mp_message(MP_LANG_EN, "help.options"), "Options");
    CHECK_STR(mp_message(MP_LANG_KO, "help.options"), "옵션");
    CHECK_STR(mp_message_of(MP_LANG_EN, "help.", MP_S("options")), "Options");
    CHECK_INT(mp_message_of(MP_LANG_EN, "help.", MP_S("option")).len, 0);
    CHECK_INT(mp_message_of(MP_LANG_EN, "help.options", MP_S("x")).len, 0);
    CHECK_STR(mp_message(MP_LANG_KO, "no.such.id"), "no.such.id");
    CHECK(!mp_message_exists(MP_LANG_EN, "no.such.id"));
    CHECK(!mp_message_exists(MP_LANG_EN, ""));
    CHECK(!mp_message_exists(MP_LANG_EN, "zzz"));
}

/* Ids that do not exist are their own text, so they serve as templates here. */
TEST(arguments_are_filled_in)
{
    static const struct { const char *text, *wanted; } cases[] = {
        { "{0} and {1}", "a and b" },
        { "{1}{0}{1}", "bab" },
        { "{2} is not given", "{2} is not given" },
        { "{{0}} is code", "{0} is code" },
        { "{key, value} stays", "{key, value} stays" },
        { "{0", "{0" },
        { "}{", "}{" },
        { "{}", "{}" },
        { "{0}", "a" },
        { "{0x}", "{0x}" },
        { "", "" },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        mp_buf out = MP_BUF_INIT;
        mp_say_z(&out, MP_LANG_EN, cases[i].text, "a", "b", NULL);
        CHECK_STR(mp_buf_str(&out), cases[i].wanted);
        mp_buf_free(&out);
    }
}

TEST(particles_follow_the_word)
{
    static const struct { const char *word, *object, *subject, *by; } cases[] = {
        { "정책", "을", "이", "으로" },       { "리소스", "를", "가", "로" },
        { "파일", "을", "이", "로" },         { "\"정책\"", "을", "이", "으로" },
        { "리소스(3)", "을", "이", "으로" },  { "10", "을", "이", "으로" },
        { "1", "을", "이", "로" },            { "2", "를", "가", "로" },
        { "9", "를", "가", "로" },            { "7", "을", "이", "로" },
        { "100%", "를", "가", "로" },         { "VM", "을", "이", "으로" },
        { "URL", "을", "이", "로" },          { "CPU", "를", "가", "로" },
        { "JSON", "을", "이", "으로" },       { "table", "을", "이", "로" },
        { "scope", "을", "이", "으로" },      { "resource", "를", "가", "로" },
        { "item", "을", "이", "으로" },       { "block", "을", "이", "으로" },
        { "disk", "를", "가", "로" },         { "list", "를", "가", "로" },
        { "policy", "를", "가", "로" },       { "", "를", "가", "로" },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        const char *const forms[] = { "{0:을/를}", "{0:이/가}", "{0:으로/로}" };
        const char *const wanted[] = { cases[i].object, cases[i].subject, cases[i].by };
        for (size_t f = 0; f < MP_COUNT(forms); f++) {
            mp_buf out = MP_BUF_INIT;
            mp_say_z(&out, MP_LANG_KO, forms[f], cases[i].word, NULL);
            if (!mp_str_eq(mp_buf_str(&out), mp_str_from(wanted[f])))
                print_error("%s\n", cases[i].word);
            CHECK_STR(mp_buf_str(&out), wanted[f]);
            mp_buf_free(&out);
        }
    }
}

/* ---- errors ---- */

static void check_error(const mp_error *err, mp_lang lang, const char *wanted)
{
    mp_buf out = MP_BUF_INIT;
    mp_say_error(&out, lang, err);
    CHECK_STR(mp_buf_str(&out), wanted);
    mp_buf_free(&out);
}

TEST(an_error_knows_where_its_arguments_stand)
{
    mp_error err = { 0 };
    mp_fail(&err, MP_LIMIT, MP_NOWHERE, "%s: %.*s of %zu%% is %5.1f, %c, %-3d|%03x, %hhu", "a", 2, "xyz",
            (size_t)7, 1.25, 'q', 4, 10u, (unsigned char)255);
    CHECK_STR(mp_str_from(err.message), "a: xy of 7% is   1.2, q, 4  |00a, 255");
    CHECK_INT(err.arg_count, 8);
    const char *const wanted[] = { "a", "xy", "7", "  1.2", "q", "4  ", "00a", "255" };
    for (size_t i = 0; i < MP_COUNT(wanted); i++)
        CHECK_STR(mp_str_of(err.message + err.args[i].at, err.args[i].len), wanted[i]);
    CHECK(err.format != NULL);
}

TEST(integers_keep_their_sizes)
{
    mp_error err = { 0 };
    mp_fail(&err, MP_LIMIT, MP_NOWHERE, "%ld %lld %zd %jd %td %lu %llu %ju", -1L, -2LL, (ssize_t)-3,
            (intmax_t)-4, (ptrdiff_t)-5, 6UL, UINT64_MAX + 0ULL, (uintmax_t)8);
    CHECK_STR(mp_str_from(err.message), "-1 -2 -3 -4 -5 6 18446744073709551615 8");
}

TEST(an_unknown_conversion_is_printed_without_places)
{
    mp_error err = { 0 };
    mp_fail(&err, MP_LIMIT, MP_NOWHERE, "%d %La", 1, (long double)1.0);
    CHECK(mp_str_starts(mp_str_from(err.message), MP_S("1 0x")));
    CHECK_INT(err.arg_count, 0);
    CHECK(err.format == NULL);
    /* nine arguments are one too many to keep the places of */
    mp_fail(&err, MP_LIMIT, MP_NOWHERE, "%d%d%d%d%d%d%d%d%d", 1, 2, 3, 4, 5, 6, 7, 8, 9);
    CHECK_STR(mp_str_from(err.message), "123456789");
    CHECK(err.format == NULL);
}

TEST(a_long_message_is_cut_between_characters)
{
    char     text[1000];
    mp_error err = { 0 };
    size_t   most = sizeof err.message - 1;
    for (size_t shift = 0; shift < 4; shift++) {
        memset(text, 'x', shift);
        for (size_t i = shift; i + 3 < sizeof text; i += 3)
            memcpy(text + i, "가", 3);
        mp_fail(&err, MP_LIMIT, MP_NOWHERE, "%.*s and %s", 900, text, "more");
        CHECK_INT(strlen(err.message), shift + (most - shift) / 3 * 3);
        CHECK_INT(err.args[0].len, strlen(err.message));
        CHECK_INT(err.args[1].len, 0);
    }
}

TEST(an_error_is_said_in_korean)
{
    mp_error err = { 0 };
    mp_fail(&err, MP_USAGE, MP_NOWHERE, "unknown command %.*s; did you mean %.*s?", 4, "scna", 4, "scan");
    check_error(&err, MP_LANG_EN, "unknown command scna; did you mean scan?");
    check_error(&err, MP_LANG_KO, "scna라는 명령은 없습니다. 혹시 scan을 찾으셨나요?");
    CHECK(mp_error_is_translated(MP_LANG_KO, "out of memory"));
    mp_fail(&err, MP_USAGE, MP_NOWHERE, "nobody translates %d", 5);
    check_error(&err, MP_LANG_KO, "nobody translates 5");
    CHECK(!mp_error_is_translated(MP_LANG_KO, "nobody translates %d"));
    check_error(&(mp_error){ .message = "by hand" }, MP_LANG_KO, "by hand");
}

__attribute__((format(printf, 3, 4))) static void fail_about(mp_error *err, const char *subject,
                                                             const char *format, ...)
{
    va_list args;
    va_start(args, format);
    mp_fail_about(err, MP_USAGE, MP_NOWHERE, "f", 1, mp_str_from(subject), format, args);
    va_end(args);
}

TEST(a_subject_stands_in_front_in_every_language)
{
    mp_error err = { 0 };
    fail_about(&err, "concat", "unknown command %.*s", 4, "scna");
    CHECK_STR(mp_str_from(err.message), "concat unknown command scna");
    check_error(&err, MP_LANG_KO, "concat: scna라는 명령은 없습니다");
    fail_about(&err, "", "unknown command %.*s", 4, "scna");
    check_error(&err, MP_LANG_KO, "scna라는 명령은 없습니다");
}

static void check_sentence(const char *english, const char *wanted)
{
    mp_buf out = MP_BUF_INIT;
    mp_say_sentence(&out, MP_LANG_KO, mp_str_from(english));
    CHECK_STR(mp_buf_str(&out), wanted);
    mp_buf_free(&out);
}

TEST(a_kept_sentence_is_recognised)
{
    check_sentence("out of memory", "메모리가 부족합니다");
    check_sentence("unknown command scna; did you mean scan?",
                   "scna라는 명령은 없습니다. 혹시 scan을 찾으셨나요?");
    check_sentence("no such sentence here", "no such sentence here");
    check_sentence("", "");
    check_sentence("x", "x");
    /* the function that failed stands in front */
    check_sentence("padLeft wants a width from 1 to 16, not 40",
                   "padLeft: 너비는 1부터 16까지여야 합니다. 40은 쓸 수 없습니다");
    /* or a document, with its colon */
    check_sentence("own/s.profile.json: there is no parameter \"object\"", "own/s.profile.json: 매개 변수 \"object\"는 없습니다");
    /* words are translated, quoted text is not */
    check_sentence("the right side of 'like' wants a text, a number or a boolean, not an object",
                   "'like'의 오른쪽에는 문자열, 숫자, 불리언이 와야 합니다. 객체는 쓸 수 없습니다");
    check_sentence("there is no parameter \"object\"", "매개 변수 \"object\"는 없습니다");
}

TEST(a_sentence_within_a_sentence_is_translated)
{
    check_sentence("controls!C6: 'robot' is not known; wanted is one of person, part, machine",
                   "controls!C6: 'robot'은 모르는 값입니다. person, part, machine 가운데 하나를 씁니다");
    check_sentence("default value: parameter \"size\" has no type",
                   "기본값: 매개 변수 \"size\"에 형식이 없습니다");
    mp_error err = { 0 }, outer = { 0 };
    mp_fail(&err, MP_SYNTAX, MP_NOWHERE, "the text is over 4 GiB");
    mp_fail(&outer, MP_SYNTAX, MP_NOWHERE, "%s: %s", "inventory.json", err.message);
    check_error(&outer, MP_LANG_KO, "inventory.json: 텍스트가 4 GiB를 넘습니다");
    mp_fail(&outer, MP_IO, MP_NOWHERE, "%s: %s", "x", "No such file or directory");
    check_error(&outer, MP_LANG_KO, "x: 그런 파일이나 폴더가 없습니다");
    mp_fail(&outer, MP_SYNTAX, MP_NOWHERE, "%s", err.message);
    check_error(&outer, MP_LANG_KO, "텍스트가 4 GiB를 넘습니다");
}

int main(void)
{
    return MAIN(RUN(languages_have_names), RUN(the_environment_chooses),
                RUN(every_message_has_both_languages), RUN(a_message_is_found_by_id_or_in_parts),
                RUN(arguments_are_filled_in), RUN(particles_follow_the_word),
                RUN(an_error_knows_where_its_arguments_stand), RUN(integers_keep_their_sizes),
                RUN(an_unknown_conversion_is_printed_without_places),
                RUN(a_long_message_is_cut_between_characters), RUN(an_error_is_said_in_korean),
                RUN(a_subject_stands_in_front_in_every_language),
                RUN(a_kept_sentence_is_recognised), RUN(a_sentence_within_a_sentence_is_translated));
}
