/* SPDX-License-Identifier: Apache-2.0 */
/* The vectors are RFC 8785's own: appendix B (numbers), section 3.2.2 and 3.2.3 (a whole text, the order of keys). */
#include "canonical.h"

#include <stdio.h>
#include <stdlib.h>

#include "fault.h"
#include "jsonw.h"
#include "test.h"

static mp_code canonical(mp_buf *out, const char *text, mp_error *err)
{
    mp_json_doc   *doc = NULL;
    const mp_json *root = NULL;
    mp_buf_clear(out);
    CHECK_INT(mp_json_doc_new(&doc, NULL), MP_OK);
    CHECK_INT(mp_json_read(doc, &root, mp_str_from(text), NULL, NULL, NULL), MP_OK);
    mp_code code = mp_canonical(out, root, err);
    mp_json_doc_free(doc);
    return code;
}

static void check(const char *text, const char *wanted)
{
    mp_buf   out = MP_BUF_INIT;
    mp_error err = { 0 };
    if (canonical(&out, text, &err) != MP_OK)
        fail_msg("%s: %s", text, err.message);
    CHECK_STR(mp_buf_str(&out), wanted);
    mp_buf_free(&out);
}

static void check_refused(const char *text, mp_code code)
{
    mp_buf   out = MP_BUF_INIT;
    mp_error err = { 0 };
    CHECK_INT(canonical(&out, text, &err), code);
    CHECK(err.message[0] != '\0');
    mp_buf_free(&out);
}

TEST(numbers_of_appendix_b)
{
    static const struct { uint64_t bits; const char *text; } cases[] = {
        { 0x0000000000000000, "0" },
        { 0x8000000000000000, "0" },
        { 0x0000000000000001, "5e-324" },
        { 0x8000000000000001, "-5e-324" },
        { 0x7fefffffffffffff, "1.7976931348623157e+308" },
        { 0xffefffffffffffff, "-1.7976931348623157e+308" },
        { 0x4340000000000000, "9007199254740992" },
        { 0xc340000000000000, "-9007199254740992" },
        { 0x4430000000000000, "295147905179352830000" },
        { 0x44b52d02c7e14af5, "9.999999999999997e+22" },
        { 0x44b52d02c7e14af6, "1e+23" },
        { 0x44b52d02c7e14af7, "1.0000000000000001e+23" },
        { 0x444b1ae4d6e2ef4e, "999999999999999700000" },
        { 0x444b1ae4d6e2ef4f, "999999999999999900000" },
        { 0x444b1ae4d6e2ef50, "1e+21" },
        { 0x3eb0c6f7a0b5ed8c, "9.999999999999997e-7" },
        { 0x3eb0c6f7a0b5ed8d, "0.000001" },
        { 0x41b3de4355555553, "333333333.3333332" },
        { 0x41b3de4355555554, "333333333.33333325" },
        { 0x41b3de4355555555, "333333333.3333333" },
        { 0x41b3de4355555556, "333333333.3333334" },
        { 0x41b3de4355555557, "333333333.33333343" },
        { 0xbecbf647612f3696, "-0.0000033333333333333333" },
        { 0x43143ff3c1cb0959, "1424953923781206.2" },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        char   text[64];
        double d;
        memcpy(&d, &cases[i].bits, sizeof d);
        snprintf(text, sizeof text, "%.20e", d); /* with more digits than it takes to say which double it is */
        check(text, cases[i].text);
    }
}

TEST(the_text_of_section_3_2_2)
{
    check("{\n  \"numbers\": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],\n"
          "  \"string\": \"\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\\\\"\\/\",\n"
          "  \"literals\": [null, true, false]\n}",
          "{\"literals\":[null,true,false],\"numbers\":[333333333.3333333,1e+30,4.5,0.002,1e-27],"
          "\"string\":\"\xe2\x82\xac$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}");
}

TEST(the_order_of_section_3_2_3)
{
    check("{\"\\u20ac\":\"Euro Sign\",\"\\r\":\"Carriage Return\",\"\\ufb33\":\"Hebrew Letter Dalet With Dagesh\","
          "\"1\":\"One\",\"\\ud83d\\ude00\":\"Emoji: Grinning Face\",\"\\u0080\":\"Control\","
          "\"\\u00f6\":\"Latin Small Letter O With Diaeresis\"}",
          "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\xc2\x80\":\"Control\","
          "\"\xc3\xb6\":\"Latin Small Letter O With Diaeresis\",\"\xe2\x82\xac\":\"Euro Sign\","
          "\"\xf0\x9f\x98\x80\":\"Emoji: Grinning Face\",\"\xef\xac\xb3\":\"Hebrew Letter Dalet With Dagesh\"}");
    check("{\"b\":1,\"aa\":2,\"a\":3,\"\":4,\"a\\u0000\":5}", "{\"\":4,\"a\":3,\"a\\u0000\":5,\"aa\":2,\"b\":1}");
}

TEST(values_of_every_kind)
{
    check("null", "null");
    check(" [ ] ", "[]");
    check("{}", "{}");
    check("[[],{},[{}]]", "[[],{},[{}]]");
    check("\"\\u0000\\b\\t\\f\\u001f\\u007f\"", "\"\\u0000\\b\\t\\f\\u001f\x7f\"");
    check("[1.0,-0.0,0e9,1e2,123456789012345678e-3]", "[1,0,0,100,123456789012345.67]");
    check("[9007199254740992,-9007199254740992]", "[9007199254740992,-9007199254740992]");
    check("{\"z\":{\"b\":1,\"a\":[{\"d\":1,\"c\":2}]},\"y\":2}", "{\"y\":2,\"z\":{\"a\":[{\"c\":2,\"d\":1}],\"b\":1}}");
}

TEST(what_has_no_one_text_is_refused)
{
    check_refused("{\"a\":1,\"b\":2,\"a\":3}", MP_SYNTAX);
    check_refused("{\"a\":{\"x\":1,\"\\u0078\":1}}", MP_SYNTAX);
    check_refused("9007199254740993", MP_SYNTAX);
    check_refused("-9007199254740993", MP_SYNTAX);
    check_refused("[9223372036854775807]", MP_SYNTAX);
    check_refused("18446744073709551616", MP_SYNTAX);
    check_refused("1e309", MP_SYNTAX);
    check_refused("-1e309", MP_SYNTAX);
}

TEST(broken_utf8_is_refused)
{
    mp_arena arena = MP_ARENA_INIT;
    mp_buf   out = MP_BUF_INIT;
    CHECK_INT(mp_canonical(&out, mp_json_make_str(&arena, MP_S("a\xff")), NULL), MP_SYNTAX);
    CHECK_INT(mp_canonical(&out, mp_json_make_str(&arena, MP_S("\xed\xa0\x80")), NULL), MP_SYNTAX);
    mp_buf_free(&out);
    mp_arena_free(&arena);
}

TEST(the_limit_of_the_buffer_holds)
{
    mp_buf out = { .limit = 10 };
    CHECK_INT(canonical(&out, "[1,2,3,4,5,6,7]", NULL), MP_LIMIT);
    CHECK(out.over_limit);
    mp_buf_free(&out);
}

/* A text that is canonical stays as it is, whatever order its members came in. */
TEST(once_is_enough)
{
    mp_buf once = MP_BUF_INIT, twice = MP_BUF_INIT;
    srand(1);
    for (int round = 0; round < 200; round++) {
        char   text[2000] = "{";
        size_t n = 1;
        for (int i = 0; i < 20; i++)
            n += (size_t)snprintf(text + n, sizeof text - n, "%s\"%d-%d\":[%d.%d,%de-%d]", i ? "," : "", rand() % 100, i,
                                  rand() % 1000, rand() % 1000, rand() % 10000, rand() % 300);
        snprintf(text + n, sizeof text - n, "}");
        CHECK_INT(canonical(&once, text, NULL), MP_OK);
        mp_buf_add_c(&once, '\0');
        CHECK_INT(canonical(&twice, once.ptr, NULL), MP_OK);
        CHECK_STR(mp_buf_str(&twice), once.ptr);
    }
    mp_buf_free(&once);
    mp_buf_free(&twice);
}

static bool make(void *context)
{
    mp_buf   out = MP_BUF_INIT;
    mp_error err = { 0 };
    mp_code  code = mp_canonical(&out, context, &err);
    if (code == MP_OK)
        CHECK_STR(mp_buf_str(&out), "{\"a\":1,\"b\":{\"c\":[2,\"3\"],\"d\":4}}");
    else
        CHECK_INT(code, MP_NOMEM);
    mp_buf_free(&out);
    return code == MP_OK;
}

TEST(memory_may_run_out)
{
    mp_json_doc   *doc = NULL;
    const mp_json *root = NULL;
    CHECK_INT(mp_json_doc_new(&doc, NULL), MP_OK);
    CHECK_INT(mp_json_read(doc, &root, MP_S("{\"b\":{\"d\":4,\"c\":[2,\"3\"]},\"a\":1}"), NULL, NULL, NULL), MP_OK);
    CHECK(fault_loop(make, (void *)(uintptr_t)root) > 0);
    mp_json_doc_free(doc);
}

int main(void)
{
    return MAIN(RUN(numbers_of_appendix_b), RUN(the_text_of_section_3_2_2), RUN(the_order_of_section_3_2_3),
                RUN(values_of_every_kind), RUN(what_has_no_one_text_is_refused), RUN(broken_utf8_is_refused),
                RUN(the_limit_of_the_buffer_holds), RUN(once_is_enough), RUN(memory_may_run_out));
}
