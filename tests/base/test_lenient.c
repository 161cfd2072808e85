/* SPDX-License-Identifier: Apache-2.0 */
#include "lenient.h"

#include "fault.h"
#include "test.h"

/* [as written, as strict JSON] */
static const char *const cases[][2] = {
    { "{\"a\": [1, -2.5e+3, true, null, \"x\\\"\\u0041/\"]}", "{\"a\": [1, -2.5e+3, true, null, \"x\\\"\\u0041/\"]}" },
    { "{a: 1}", "{\"a\": 1}" },
    { "{$schema: 1, a-b : true, _c\n:\nnull}", "{\"$schema\": 1, \"a-b\" : true, \"_c\"\n:\nnull}" },
    { "{true: true}", "{\"true\": true}" },
    { "{a /* why */ : 1}", "{\"a\"           : 1}" },
    { "[1, // one\n2]", "[1,       \n2]" },
    { "[1 /* a\r\n b */, 2]", "[1     \r\n     , 2]" },
    { "// all\n1 // end", "      \n1       " },
    { "\"// no /* comment */\"", "\"// no /* comment */\"" },
    { "[1, 2, ]", "[1, 2  ]" },
    { "{\"a\": 1, /* last */ }", "{\"a\": 1             }" },
    { "\"a\nb\tc\r\n\x01\"", "\"a\\nb\\tc\\r\\n\\u0001\"\n\n" },
    { "\"a\\\nb\"", "\"a\\\\nb\"\n" }, /* a backslash before a line end escapes nothing */
    { "[1e5, 10]", "[1e5, 10]" },
    { "[,]", "[,]" },
    { "[1,,]", "[1,,]" },
    { "{a: b}", "{\"a\": b}" }, /* wrong in another way: for the reader to say */
    { "/ 1", "/ 1" },
    { "", "" },
};

TEST(what_is_lenient_becomes_strict)
{
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        mp_buf b = MP_BUF_INIT;
        CHECK(mp_json_lenient(&b, mp_str_from(cases[i][0]), NULL) == MP_OK);
        CHECK_STR(mp_buf_str(&b), cases[i][1]);
        mp_buf_free(&b);
    }
}

TEST(lines_stay_what_they_are)
{
    mp_buf         b = MP_BUF_INIT;
    mp_json_doc   *doc = NULL;
    const mp_json *root;
    mp_error       err = { 0 };
    CHECK(mp_json_doc_new(&doc, NULL) == MP_OK);
    CHECK(mp_json_lenient(&b, MP_S("{ // one\n \"a\": \"two\nthree\",\n /* four\n five */ b: nul }"), NULL) == MP_OK);
    CHECK_INT(mp_json_read(doc, &root, mp_buf_str(&b), NULL, NULL, &err), MP_SYNTAX);
    CHECK_INT(err.pos.line, 5);
    mp_json_doc_free(doc);
    mp_buf_free(&b);
}

TEST(what_does_not_end_is_placed)
{
    static const struct {
        const char *text, *message;
        uint32_t    line, col;
    } faults[] = {
        { "[1,\n /* x", "a comment does not end", 2, 2 },
        { "{\n  \"ab", "a string does not end", 2, 3 },
        { "\"a\\", "a string does not end", 1, 1 },
        { "[1, /* x", "a comment does not end", 1, 5 },
    };
    for (size_t i = 0; i < MP_COUNT(faults); i++) {
        mp_buf   b = MP_BUF_INIT;
        mp_error err = { 0 };
        CHECK_INT(mp_json_lenient(&b, mp_str_from(faults[i].text), &err), MP_SYNTAX);
        CHECK_STR(mp_str_from(err.message), faults[i].message);
        CHECK_INT(err.pos.line, faults[i].line);
        CHECK_INT(err.pos.col, faults[i].col);
        mp_buf_free(&b);
    }
}

TEST(the_limit_of_the_buffer_holds)
{
    mp_buf b = { .limit = 8 };
    CHECK_INT(mp_json_lenient(&b, MP_S("[1, 2, 3, 4, 5]"), NULL), MP_LIMIT);
    mp_buf_free(&b);
}

static bool translates(void *context)
{
    mp_buf  b = MP_BUF_INIT;
    mp_code code =
        mp_json_lenient(&b, MP_S("{a: \"x\ny\", /* and a long comment to make the buffer grow */ b: [1,]}"), NULL);
    (void)context;
    CHECK(code == MP_OK || code == MP_NOMEM);
    mp_buf_free(&b);
    return code == MP_OK;
}

TEST(every_allocation_may_fail)
{
    fault_loop(translates, NULL);
}

int main(void)
{
    return MAIN(RUN(what_is_lenient_becomes_strict), RUN(lines_stay_what_they_are), RUN(what_does_not_end_is_placed),
                RUN(the_limit_of_the_buffer_holds), RUN(every_allocation_may_fail));
}
