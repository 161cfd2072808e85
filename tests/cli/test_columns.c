/* SPDX-License-Identifier: Apache-2.0 */
/* Answers of the API as tables and lines: widths, languages, harmless text, pages, short memory. */
#include "columns.h"

#include "fault.h"
#include "test.h"

static const mp_column columns[] = {
    { "userName", "column.userName", NULL },
    { "state", "column.state", "word.state." },
    { "email", "column.email", NULL },
    { "detail/at", "column.at", NULL },
};

/* The value of a JSON text. */
static const mp_json *read_json(mp_arena *arena, const char *text)
{
    mp_json_doc   *doc;
    const mp_json *v;
    mp_error       err = { 0 };
    CHECK_INT(mp_json_doc_new(&doc, &err), MP_OK);
    CHECK_INT(mp_json_read(doc, &v, mp_str_from(text), NULL, NULL, &err), MP_OK);
    v = mp_arena_dup_json(arena, v);
    mp_json_doc_free(doc);
    CHECK(v != NULL);
    return v;
}

static void check_list(mp_lang lang, const char *text, const char *wanted)
{
    mp_arena         arena = MP_ARENA_INIT;
    mp_buf           out = MP_BUF_INIT;
    mp_cli           cli = { .lang = lang };
    mp_columns_state so_far = { .has_head = false };
    mp_columns_list(&out, &cli, columns, MP_COUNT(columns), read_json(&arena, text), &so_far, &arena);
    CHECK_STR(mp_buf_str(&out), wanted);
    mp_buf_free(&out);
    mp_arena_free(&arena);
}

TEST(a_list_is_a_table_without_empty_columns)
{
    check_list(MP_LANG_EN, "[]", "");
    check_list(MP_LANG_EN, "[{\"userName\":\"kim\",\"state\":\"active\"},{\"userName\":\"someone-else\",\"state\":\"odd\"}]",
               "User name     State\nkim           active\nsomeone-else  odd\n");
    check_list(MP_LANG_EN, "[{\"userName\":\"kim\",\"detail\":{\"at\":\"2026-01-31T09:00:00.1234567Z\"}}]",
               "User name  Time\nkim        2026-01-31T09:00:00Z\n");
    check_list(MP_LANG_EN, "[{\"userName\":[\"a\",\"b\"],\"email\":true,\"state\":7}]",
               "User name  State  E-mail\na, b       7      yes\n");
}

TEST(korean_takes_two_columns)
{
    check_list(MP_LANG_KO, "[{\"userName\":\"김지원\",\"state\":\"active\"},{\"userName\":\"kim\",\"state\":\"left\"}]",
               "사용자 이름  상태\n김지원       사용 중\nkim          퇴사\n");
}

TEST(a_text_in_both_languages_is_that_of_the_reader)
{
    static const char both[] = "[{\"userName\":{\"ko\":\"가\",\"en\":\"a\"},\"email\":[{\"en\":\"b\"},{\"ko\":\"나\",\"en\":\"c\"}]}]";
    check_list(MP_LANG_EN, both, "User name  E-mail\na          b, c\n");
    check_list(MP_LANG_KO, both, "사용자 이름  전자우편\n가           b, 나\n");
    check_list(MP_LANG_EN, "[{\"userName\":{\"ko\":\"가\",\"more\":1}}]", "User name\n{\"ko\":\"가\",\"more\":1}\n");
    check_list(MP_LANG_EN, "[{\"userName\":{\"ko\":7}}]", "User name\n{\"ko\":7}\n");
}

TEST(nothing_that_a_terminal_obeys)
{
    check_list(MP_LANG_EN, "[{\"userName\":\"a\\u001b[31mb\\nc\"}]", "User name\na<U+001B>[31mb\\nc\n");
}

TEST(pages_go_on_below_one_head)
{
    mp_arena         arena = MP_ARENA_INIT;
    mp_buf           out = MP_BUF_INIT;
    mp_cli           cli = { .lang = MP_LANG_EN };
    mp_columns_state so_far = { .has_head = false };
    static const char *const pages[] = { "[{\"userName\":\"kim\"}]", "[]", "[{\"userName\":\"lee\",\"email\":\"x\"}]" };
    for (size_t i = 0; i < MP_COUNT(pages); i++)
        mp_columns_list(&out, &cli, columns, MP_COUNT(columns), read_json(&arena, pages[i]), &so_far, &arena);
    CHECK_STR(mp_buf_str(&out), "User name\nkim\nlee        x\n");
    mp_buf_free(&out);
    mp_arena_free(&arena);
}

TEST(one_thing_is_lines)
{
    mp_arena arena = MP_ARENA_INIT;
    mp_buf   out = MP_BUF_INIT;
    mp_cli   cli = { .lang = MP_LANG_EN };
    mp_columns_object(&out, &cli, columns, MP_COUNT(columns),
                      read_json(&arena, "{\"state\":\"left\",\"userName\":\"kim\",\"other\":1}"), &arena);
    CHECK_STR(mp_buf_str(&out), "User name  kim\nState      left\n");
    mp_buf_free(&out);
    mp_arena_free(&arena);
}

TEST(a_member_of_each_element)
{
    static const mp_column group[] = { { "displayName", "column.displayName", NULL },
                                       { "memberNames/principalName", "column.members", NULL } };
    static const struct {
        const char *json, *wanted;
    } cases[] = {
        { "{\"displayName\":\"g\",\"memberNames\":[{\"principalName\":\"kim\"},{\"principalId\":\"x\"},{\"principalName\":\"lee\"}]}",
          "Name     g\nMembers  kim, lee\n" },
        { "{\"displayName\":\"g\",\"memberNames\":[{\"principalId\":\"x\"},{\"principalName\":\"lee\"}]}", "Name     g\nMembers  lee\n" },
        { "{\"displayName\":\"g\",\"memberNames\":[]}", "Name     g\nMembers\n" },
        { "{\"displayName\":\"g\"}", "Name  g\n" },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        mp_arena arena = MP_ARENA_INIT;
        mp_buf   out = MP_BUF_INIT;
        mp_cli   cli = { .lang = MP_LANG_EN };
        mp_columns_object(&out, &cli, group, MP_COUNT(group), read_json(&arena, cases[i].json), &arena);
        CHECK_STR(mp_buf_str(&out), cases[i].wanted);
        mp_buf_free(&out);
        mp_arena_free(&arena);
    }
}

static bool print_list(void *list)
{
    mp_arena         arena = MP_ARENA_INIT;
    mp_buf           out = MP_BUF_INIT;
    mp_cli           cli = { .lang = MP_LANG_EN };
    mp_columns_state so_far = { .has_head = false };
    mp_columns_list(&out, &cli, columns, MP_COUNT(columns), list, &so_far, &arena);
    bool is_good = !out.failed;
    mp_buf_free(&out);
    mp_arena_free(&arena);
    return is_good;
}

TEST(memory_may_be_short)
{
    mp_arena       arena = MP_ARENA_INIT;
    const mp_json *list = read_json(&arena, "[{\"userName\":\"kim\",\"state\":\"left\"}]");
    CHECK(fault_loop(print_list, (void *)(uintptr_t)list) >= 2);
    mp_arena_free(&arena);
}

int main(void)
{
    return MAIN(RUN(a_list_is_a_table_without_empty_columns), RUN(korean_takes_two_columns),
                RUN(a_text_in_both_languages_is_that_of_the_reader), RUN(nothing_that_a_terminal_obeys), RUN(pages_go_on_below_one_head), RUN(one_thing_is_lines),
                RUN(a_member_of_each_element), RUN(memory_may_be_short));
}
