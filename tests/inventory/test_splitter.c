/* SPDX-License-Identifier: Apache-2.0 */
#include "splitter.h"

#include <stdlib.h>

#include "test.h"

/* The text with its padding, at any alignment. */
static char padded[8192];

static mp_str pad(const char *text, size_t len, size_t shift)
{
    assert_true(len + shift + MP_JSON_PADDING <= sizeof padded);
    memset(padded, '"', sizeof padded); /* what must not be looked at */
    memcpy(padded + shift, text, len);
    return mp_str_of(padded + shift, len);
}

TEST(values_end_where_they_should)
{
    static const struct {
        const char *text;
        mp_cut      cut;
        size_t      end;
    } cases[] = {
        { "{}", MP_CUT_DONE, 2 },
        { "{},", MP_CUT_DONE, 2 },
        { "[[],[{}]] ]", MP_CUT_DONE, 9 },
        { "{\"a\":\"}\"}x", MP_CUT_DONE, 9 },
        { "{\"a\":\"\\\"}\"}x", MP_CUT_DONE, 11 },
        { "{\"a\":\"\\\\\"}x", MP_CUT_DONE, 10 },
        { "{\"a\":\"\\\\\\\"}\"}x", MP_CUT_DONE, 13 },
        { "\"a\\\"b\" ", MP_CUT_DONE, 6 },
        { "12,", MP_CUT_DONE, 2 },
        { "true}", MP_CUT_DONE, 4 },
        { "12", MP_CUT_MORE, 0 },
        { "{\"a\":1", MP_CUT_MORE, 0 },
        { "{\"a\":\"}", MP_CUT_MORE, 0 },
        { "\"abc", MP_CUT_MORE, 0 },
        { "{\"a\":\"b\n\"}", MP_CUT_BROKEN, 7 },
        { "\"b\n\"", MP_CUT_BROKEN, 2 },
        { "{}\"\n", MP_CUT_DONE, 2 },
        { "}", MP_CUT_BROKEN, 0 },
        { "ab\"c\"", MP_CUT_BROKEN, 2 },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        mp_str    text = pad(cases[i].text, strlen(cases[i].text), i % 7), value;
        mp_cursor at = { text.ptr, text.ptr + text.len };
        CHECK_INT(mp_cut_value(&value, &at), cases[i].cut);
        if (cases[i].cut == MP_CUT_DONE)
            CHECK_INT(value.len, cases[i].end);
        CHECK_INT(at.p - text.ptr, cases[i].end);
    }
}

/* The obvious way, a byte at a time. Outside strings a backslash is no JSON; both ways let it stand
 * for the quote or backslash behind it, so that they agree on where the damage ends. */
static size_t slow_end(const char *p, size_t len)
{
    size_t depth = 0;
    bool   quoted = false;
    for (size_t i = 0; i < len; i++) {
        if (p[i] == '\\' && i + 1 < len && (quoted || p[i + 1] == '"' || p[i + 1] == '\\'))
            i++;
        else if (p[i] == '"')
            quoted = !quoted;
        else if (!quoted && (p[i] == '{' || p[i] == '['))
            depth++;
        else if (!quoted && (p[i] == '}' || p[i] == ']') && --depth == 0)
            return i + 1;
    }
    return 0;
}

TEST(any_text_is_cut_as_byte_by_byte)
{
    static const char letters[] = "{}[]\"\\\\\\\"\"a,: {}[]{[";
    char              text[400];
    srand(7);
    for (int round = 0; round < 20000; round++) {
        size_t len = 1 + (size_t)rand() % sizeof text;
        text[0] = '{';
        for (size_t i = 1; i < len; i++)
            text[i] = letters[(size_t)rand() % (sizeof letters - 1)];
        mp_str    s = pad(text, len, (size_t)rand() % 64), value;
        mp_cursor at = { s.ptr, s.ptr + s.len };
        mp_cut    cut = mp_cut_value(&value, &at);
        size_t    end = slow_end(text, len);
        CHECK_INT(cut, end ? MP_CUT_DONE : MP_CUT_MORE);
        if (end)
            CHECK_INT(value.len, end);
    }
}

TEST(members_and_elements)
{
    mp_str object = pad(" x{ \"a\" : 1 , \"b\":[ {} , 2 ],\"a\":\"y\"}", 36, 3);
    object = mp_str_skip(object, 2);
    CHECK_STR(mp_cut_member(object, MP_S("b")), "[ {} , 2 ]");
    CHECK_STR(mp_cut_member(object, MP_S("a")), "\"y\""); /* the last one counts */
    CHECK(mp_cut_member(object, MP_S("c")).ptr == NULL);
    mp_str    array = mp_cut_member(object, MP_S("b")), element;
    mp_cursor at = { array.ptr + 1, array.ptr + array.len };
    CHECK_INT(mp_cut_element(&element, &at, true), MP_CUT_DONE);
    CHECK_STR(element, "{}");
    CHECK_INT(mp_cut_element(&element, &at, false), MP_CUT_DONE);
    CHECK_STR(element, "2");
    CHECK_INT(mp_cut_element(&element, &at, false), MP_CUT_DONE);
    CHECK(element.ptr == NULL && at.p == at.end);
}

TEST(strings_without_escapes)
{
    CHECK_STR(mp_cut_string(MP_S("\"abc\"")), "abc");
    CHECK(mp_cut_string(MP_S("\"\"")).ptr != NULL);
    CHECK(mp_cut_string(MP_S("\"a\\n\"")).ptr == NULL);
    CHECK(mp_cut_string(MP_S("12")).ptr == NULL);
    CHECK_INT(mp_cut_lines(MP_S("a\nb\n\n")), 3);
}

int main(void)
{
    return MAIN(RUN(values_end_where_they_should), RUN(any_text_is_cut_as_byte_by_byte),
                RUN(members_and_elements), RUN(strings_without_escapes));
}
