/* SPDX-License-Identifier: Apache-2.0 */
#include "buf.h"

#include "fault.h"
#include "test.h"

TEST(bytes_are_added_in_order)
{
    mp_buf b = MP_BUF_INIT;
    mp_buf_add(&b, MP_S("ab"));
    mp_buf_add_c(&b, 'c');
    mp_buf_add_z(&b, "de");
    mp_buf_add(&b, mp_str_of(NULL, 0));
    mp_buf_printf(&b, "%d-%s", 12, "x");
    char *room = mp_buf_reserve(&b, 2);
    memcpy(room, "yz", 2);
    b.len += 2;
    CHECK_STR(mp_buf_str(&b), "abcde12-xyz");
    mp_buf_clear(&b);
    CHECK(b.len == 0 && b.cap > 0);
    mp_buf_printf(&b, "%1000d", 1);
    CHECK(b.len == 1000 && b.ptr[999] == '1' && mp_buf_check(&b, NULL) == MP_OK);
    mp_buf_free(&b);
    CHECK(b.ptr == NULL && b.cap == 0);
}

TEST(a_limit_is_kept_and_remembered)
{
    mp_buf   b = { .limit = 5 };
    mp_error err;
    mp_buf_add_z(&b, "12345");
    CHECK(!b.failed);
    mp_buf_add_c(&b, '6');
    mp_buf_add_z(&b, "");
    CHECK(b.failed && mp_buf_check(&b, &err) == MP_LIMIT && err.code == MP_LIMIT);
    CHECK(mp_buf_reserve(&b, 0) == NULL);
    mp_buf_clear(&b);
    mp_buf_printf(&b, "%s", "12345");
    CHECK_STR(mp_buf_str(&b), "12345");
    CHECK(mp_buf_check(&b, NULL) == MP_OK);
    mp_buf_printf(&b, "%300d", 1);
    CHECK(mp_buf_check(&b, NULL) == MP_LIMIT);
    mp_buf_free(&b);
}

TEST(sizes_do_not_overflow)
{
    mp_buf b = MP_BUF_INIT;
    mp_buf_add_c(&b, 'x');
    CHECK(mp_buf_reserve(&b, SIZE_MAX) == NULL);
    CHECK(mp_buf_check(&b, NULL) == MP_NOMEM);
    mp_buf_free(&b);
}

static void check_quoted(mp_str s, const char *wanted)
{
    mp_buf b = MP_BUF_INIT;
    mp_buf_add_json_str(&b, s);
    CHECK_STR(mp_buf_str(&b), wanted);
    mp_buf_free(&b);
}

TEST(strings_are_quoted)
{
    check_quoted(MP_S(""), "\"\"");
    check_quoted(MP_S("a/b"), "\"a/b\"");
    check_quoted(MP_S("\"\\\b\f\n\r\t"), "\"\\\"\\\\\\b\\f\\n\\r\\t\"");
    check_quoted(MP_S("\0\x01\x1F\x7F"), "\"\\u0000\\u0001\\u001f\x7F\"");
    check_quoted(MP_S("\xED\x95\x9C 0123456789abcdef\n\xF0\x9F\x98\x80"),
                 "\"\xED\x95\x9C 0123456789abcdef\\n\xF0\x9F\x98\x80\"");
    check_quoted(MP_S("a\xFF\xC3z 0123456789abcdef \xED\xA0\x80\""),
                 "\"a\xEF\xBF\xBD\xEF\xBF\xBDz 0123456789abcdef "
                 "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\\\"\"");
    check_quoted(MP_S("0123456789abcde\""), "\"0123456789abcde\\\"\"");
}

static mp_json_doc   *doc;
static const mp_json *read_text(const char *text)
{
    const mp_json *root;
    CHECK(mp_json_read(doc, &root, mp_str_from(text), NULL, NULL, NULL) == MP_OK);
    return root;
}

TEST(values_are_printed_on_one_line)
{
    static const char *const same[] = {
        "null", "true", "false", "0", "-1", "9223372036854775807", "-9223372036854775808", "-0",
        "1.50", "1E+400", "\"\"", "[]", "{}", "[[],{}]", "{\"a\":[1,2,{\"b\":null}],\"c\":{}}",
    };
    CHECK(mp_json_doc_new(&doc, NULL) == MP_OK);
    for (size_t i = 0; i < MP_COUNT(same); i++) {
        mp_buf b = MP_BUF_INIT;
        mp_buf_add_json(&b, read_text(same[i]));
        CHECK_STR(mp_buf_str(&b), same[i]);
        mp_buf_free(&b);
    }
    mp_json_doc_free(doc);
}

TEST(values_are_printed_with_indents)
{
    CHECK(mp_json_doc_new(&doc, NULL) == MP_OK);
    const mp_json *v = read_text("{\"a\":[1,[],{\"b\":{}}],\"c\":\"d\"}");
    mp_buf         b = MP_BUF_INIT;
    mp_buf_add_json_pretty(&b, v, 0);
    CHECK_STR(mp_buf_str(&b), "{\n  \"a\": [\n    1,\n    [],\n    {\n      \"b\": {}\n    }\n  ],\n"
                              "  \"c\": \"d\"\n}");
    mp_buf_clear(&b);
    mp_buf_add_json_pretty(&b, v + 2, 1);
    CHECK_STR(mp_buf_str(&b), "[\n    1,\n    [],\n    {\n      \"b\": {}\n    }\n  ]");
    mp_buf_free(&b);
    mp_json_doc_free(doc);
}

static bool write_much(void *context)
{
    mp_buf b = MP_BUF_INIT;
    for (int i = 0; i < 100; i++)
        mp_buf_add_z(&b, "some text");
    mp_buf_printf(&b, "%500d", 1);
    mp_buf_add_json(&b, context);
    mp_buf_add_json_pretty(&b, context, 0);
    mp_error err = { 0 };
    mp_code  code = mp_buf_check(&b, &err);
    CHECK(code == MP_OK || (code == MP_NOMEM && b.failed));
    bool done = code == MP_OK;
    mp_buf_free(&b);
    return done;
}

TEST(memory_may_run_out)
{
    mp_json nested[201]; /* deeper than what is printed without allocating */
    for (uint32_t i = 0; i < 200; i++)
        nested[i] = (mp_json){ MP_JSON_ARRAY, 1, { .span = 201 - i } };
    nested[200] = (mp_json){ MP_JSON_NULL, 0, { 0 } };
    CHECK(fault_loop(write_much, nested) >= 4);
}

int main(void)
{
    return MAIN(RUN(bytes_are_added_in_order), RUN(a_limit_is_kept_and_remembered),
                RUN(sizes_do_not_overflow), RUN(strings_are_quoted),
                RUN(values_are_printed_on_one_line), RUN(values_are_printed_with_indents),
                RUN(memory_may_run_out));
}
