/* SPDX-License-Identifier: Apache-2.0 */
#include "odata.h"

#include <stdio.h>
#include <stdlib.h>

#include "fault.h"
#include "odata_rows.h"
#include "test.h"

/* The rows of odata_rows.c for which the filter holds, as "013". */
static bool check_rows(const char *text, const char *wanted)
{
    mp_arena         arena = MP_ARENA_INIT;
    mp_error         err = { 0 };
    const mp_filter *filter = NULL;
    char             found[16] = "";
    if (mp_filter_parse(&filter, &arena, &sample_table, mp_str_from(text), &err) != MP_OK)
        print_error("%s\n  %s\n", text, err.message);
    for (size_t i = 0; filter && i < sample_count; i++)
        if (mp_filter_test(filter, &sample_reader, &samples[i]))
            strncat(found, &"0123"[i], 1);
    bool is_right = filter && strcmp(found, wanted) == 0;
    if (!is_right)
        print_error("%s\n  is true of \"%s\", wanted \"%s\"\n", text, found, wanted);
    mp_arena_free(&arena);
    return is_right;
}

TEST(what_filters_mean)
{
    static const struct { const char *text, *rows; } cases[] = {
        /* texts, without case */
        { "name eq 'alpha'", "0" },
        { "name eq 'ALPHA'", "0" },
        { "name Eq 'alpha'", "0" },
        { "NAME EQ 'alpha'", "0" },
        { "'alpha' eq name", "0" },
        { "name ne 'alpha'", "123" },
        { "name eq ''", "2" },
        { "name gt 'alpha'", "1" },
        { "name ge 'ALPHA'", "01" },
        { "'b' gt name", "02" },
        { "'alpha' ge name", "02" },
        { "'alpha' le name", "01" },
        { "3 ge count", "0" },
        { "10 le count", "12" },
        { "10 lt count", "2" },
        { "name lt 'B'", "02" },
        { "note eq 'It''s 50% done_\\'", "0" },
        { "note eq '보안 점검'", "1" },
        { "properties/state eq 'failed'", "12" },
        { "Properties/State eq 'failed'", "12" },
        /* ids: case, and a slash behind */
        { "id eq '/SUBSCRIPTIONS/S2/'", "2" },
        { "id eq '/subscriptions/s1/resourceGroups/rg/providers/my.own/THINGS/a'", "0" },
        { "id eq '/'", "3" },
        { "startswith(id, '/subscriptions/s1/')", "01" },
        { "id in ('/subscriptions/S2/', '/x')", "2" },
        /* functions */
        { "contains(name,'PH')", "0" },
        { "contains(name, '')", "012" },
        { "substringof('PH', name)", "0" },
        { "substringof(name, 'PH')", "0" },
        { "substringof(name, note)", "2" },
        { "contains(note, '0% D')", "0" },
        { "contains(note, '점검')", "1" },
        { "startswith(name,'AL')", "0" },
        { "endswith(name,'HA')", "0" },
        { "startswith('alphabet', name)", "02" },
        { "tolower(name) eq 'ALPHA'", "0" },
        { "toupper(name) eq tolower('ALPHA')", "0" },
        { "contains(toupper(name), 'ph')", "0" },
        { "contains(name,'PH') eq true", "0" },
        { "contains(name,'PH') eq false", "123" },
        { "contains(name,'PH') ne false", "0" },
        { "false eq contains(name,'PH')", "123" },
        { "not contains(name,'PH') eq true", "123" },
        { "contains(name,'PH') eq isCompliant", "012" },
        /* bool, also where the row or the filter has a text */
        { "isCompliant", "0" },
        { "isCompliant eq true", "0" },
        { "isCompliant eq 'True'", "0" },
        { "isCompliant eq false", "12" },
        { "isCompliant ne true", "123" },
        { "not isCompliant", "123" },
        { "not (isCompliant eq true)", "123" },
        { "isCompliant in (true, false)", "012" },
        { "true", "0123" },
        { "false or true and false", "" },
        /* numbers */
        { "count gt 3", "12" },
        { "count ge 3", "012" },
        { "count eq 9223372036854775807", "2" },
        { "count lt 9223372036854775807.0", "012" },
        { "count gt 3.5", "12" },
        { "count eq 3.5", "" },
        { "count ne 3.5", "0123" },
        { "count eq 3.0", "0" },
        { "count gt -1e3 and count lt 1.1e1", "01" },
        { "count lt 99999999999999999999", "012" },
        { "score eq 2", "1" },
        { "score lt 0", "2" },
        { "score in (0.5, 2.0, 3)", "01" },
        /* dates: instants */
        { "timestamp eq 2024-01-01T00:00:00.0000005Z", "0" },
        { "timestamp eq '2024-01-01T00:00:00.0000005Z'", "0" },
        { "timestamp eq datetime'2024-01-01T00:00:00.0000005'", "0" },
        { "timestamp eq datetimeoffset'2024-01-01T09:00:00.0000005+09:00'", "0" },
        { "timestamp eq 2024-01-02T00:00:00.1234567Z", "1" },
        { "timestamp ge 2024-01-02", "12" },
        { "timestamp lt '2024-01-02'", "0" },
        { "date(timestamp) eq 2024-01-01", "0" },
        { "date(timestamp) eq '2024-01-02'", "1" },
        { "date(timestamp) eq 2024-01-01T00:00:01Z", "" },
        { "date(timestamp) gt 2024-01-01", "12" },
        { "date(timestamp) lt 2024-01-01T12:00:00Z", "0" },
        { "timestamp gt date(2024-01-02T15:00:00Z)", "12" },
        { "timestamp lt date('2024-01-02')", "0" },
        { "date(timestamp) eq date(seen)", "0123" },
        { "seen lt timestamp", "01" },
        { "timestamp ge datetime'2024-01-02' and timestamp le datetime'2024-01-03T00:00'", "1" },
        /* null */
        { "name eq null", "3" },
        { "null eq name", "3" },
        { "name ne null", "012" },
        { "name gt null", "" },
        { "name ge null", "3" },
        { "name in (null, 'beta')", "13" },
        { "not (name in ('beta'))", "023" },
        { "contains(name, 'x')", "" },
        { "not contains(name, 'x')", "0123" },
        { "count lt 5", "0" },
        { "not (count lt 5)", "123" },
        { "null eq null", "0123" },
        { "name eq note", "3" },
        /* lists */
        { "groups/any(g: g eq 'cis-1.2')", "0" },
        { "Groups/Any(G:G EQ 'ISO-5')", "1" },
        { "groups/any(c:startswith(c,'CIS') and not endswith(c,'1'))", "0" },
        { "groups/any(c:c in ('iso-5','cis-1.1'))", "01" },
        { "groups/any(c:c eq name)", "" },
        { "groups/any()", "01" },
        { "groups/all(c:startswith(c,'cis'))", "023" },
        { "groups/all(c:c ne null)", "0123" },
        { "not groups/any(c:c eq 'iso-5')", "023" },
        { "groups/any(x: x eq 'iso-5') or name eq 'x'", "1" },
        /* the caller's functions */
        { "atScope()", "0" },
        { "ATSCOPE ( )", "0" },
        { "not atScope()", "123" },
        { "assignedTo('BETA')", "1" },
        { "atScope() and assignedTo('alpha')", "0" },
        /* precedence: not, comparison, and, or */
        { "name eq 'beta' or name eq 'alpha' and count eq 99", "1" },
        { "(name eq 'beta' or name eq 'alpha') and count eq 99", "" },
        { "name eq 'beta' or (name eq 'alpha' and count eq 3)", "01" },
        { "not isCompliant and count eq 10", "1" },
        { "not (isCompliant and count eq 10)", "0123" },
        { "not not isCompliant", "0" },
        { "count gt 5 eq true", "12" },
        { "true eq count gt 5", "12" },
        { "name eq 'alpha' eq false", "123" },
        { "((((name eq 'alpha'))))", "0" },
        { "  name\teq\n'alpha'  ", "0" },
        { "id ne 01234567-89ab-CDEF-0123-456789abcdef and name eq 'beta'", "1" },
        { "id in (guid'01234567-89ab-CDEF-0123-456789abcdef','/')", "3" },
        { "id ne abcdef01-89ab-CDEF-0123-456789abcdef and name eq 'beta'", "1" },
    };
    size_t right = 0;
    for (size_t i = 0; i < MP_COUNT(cases); i++)
        right += check_rows(cases[i].text, cases[i].rows);
    CHECK_INT(right, MP_COUNT(cases));
}

static bool check_refused(const char *text, mp_code code, unsigned column, const char *message)
{
    mp_arena         arena = MP_ARENA_INIT;
    mp_error         err = { 0 };
    const mp_filter *filter = NULL;
    mp_code          found = mp_filter_parse(&filter, &arena, &sample_table, mp_str_from(text), &err);
    bool             is_right = found == code && !filter && err.pos.col == column && strcmp(err.message, message) == 0;
    if (!is_right)
        print_error("%s\n  found  %s %u %s\n  wanted %s %u %s\n", text, mp_code_name(found), err.pos.col, err.message,
                    mp_code_name(code), column, message);
    mp_arena_free(&arena);
    return is_right;
}

TEST(what_is_refused_and_how)
{
    static const struct { const char *text; mp_code code; unsigned column; const char *message; } cases[] = {
        { "", MP_SYNTAX, 1, "$filter:1: found \"\", wanted a field, a value or a function" },
        { "   ", MP_SYNTAX, 4, "$filter:4: found \"\", wanted a field, a value or a function" },
        { "name", MP_COMPILE, 1, "$filter:1: name alone is neither true nor false; wanted a comparison like name eq '...'" },
        { "name eq", MP_SYNTAX, 8, "$filter:8: found \"\", wanted a field, a value or a function" },
        { "name eq 'x' and", MP_SYNTAX, 16, "$filter:16: found \"\", wanted a field, a value or a function" },
        { "name eq 'x", MP_SYNTAX, 9, "$filter:9: the text that begins here has no end; wanted '" },
        { "name eq 'it''s", MP_SYNTAX, 9, "$filter:9: the text that begins here has no end; wanted '" },
        { "name = 'x'", MP_SYNTAX, 6, "$filter:6: found \"=\", wanted a comparison: eq ne gt ge lt le in" },
        { "name equals 'x'", MP_SYNTAX, 6, "$filter:6: found \"equals\", wanted a comparison: eq ne gt ge lt le in" },
        { "name eq \"x\"", MP_SYNTAX, 9, "$filter:9: found \"\"\", wanted a field, a value or a function" },
        { "name eq x", MP_COMPILE, 9, "$filter:9: there is no field \"x\"" },
        { "nmae eq 'x'", MP_COMPILE, 1, "$filter:1: there is no field \"nmae\"; did you mean \"name\"?" },
        { "name eq 'x' and iscomplaint eq true", MP_COMPILE, 17,
          "$filter:17: there is no field \"iscomplaint\"; did you mean \"isCompliant\"?" },
        { "state eq 'x'", MP_COMPILE, 1, "$filter:1: there is no field \"state\"; did you mean \"properties/state\"?" },
        { "보안 eq 'x'", MP_COMPILE, 1, "$filter:1: there is no field \"보안\"" },
        { "note eq '보안' and x eq 1", MP_COMPILE, 18, "$filter:18: there is no field \"x\"" },
        { "name eq 5", MP_COMPILE, 9, "$filter:9: found 5, wanted a text in quotes, as name is one" },
        { "name eq true", MP_COMPILE, 9, "$filter:9: found true, wanted a text in quotes, as name is one" },
        { "name eq count", MP_COMPILE, 9, "$filter:9: found count, wanted a text in quotes, as name is one" },
        { "count eq '5'", MP_COMPILE, 10, "$filter:10: found '5', wanted a number without quotes, as count is one" },
        { "isCompliant eq 'yes'", MP_COMPILE, 16, "$filter:16: found 'yes', wanted true or false, as isCompliant is" },
        { "isCompliant eq 1", MP_COMPILE, 16, "$filter:16: found 1, wanted true or false, as isCompliant is" },
        { "isCompliant gt true", MP_COMPILE, 13, "$filter:13: isCompliant is true or false; wanted eq or ne" },
        { "timestamp gt 'yesterday'", MP_COMPILE, 14,
          "$filter:14: found 'yesterday', wanted a date like 2026-01-31T09:00:00Z, as timestamp is one" },
        { "timestamp gt 5", MP_COMPILE, 14, "$filter:14: found 5, wanted a date like 2026-01-31T09:00:00Z, as timestamp is one" },
        { "timestamp gt 2024-13-01", MP_SYNTAX, 14, "$filter:14: found \"2024-13-01\", wanted a number, a date, or a text in quotes" },
        { "timestamp gt 2024-01-01T00:00:00.1234567890Z", MP_SYNTAX, 14,
          "$filter:14: found \"2024-01-01T00:00:00.1234567890Z\", wanted a number, a date, or a text in quotes" },
        { "timestamp gt datetime'x'", MP_SYNTAX, 14, "$filter:14: found \"x\", wanted a date like 2026-01-31T09:00:00Z" },
        { "timestamp gt duration'P1D'", MP_SYNTAX, 14, "$filter:14: found duration'...', wanted datetime'...' or guid'...'" },
        { "id eq guid'x'", MP_SYNTAX, 7, "$filter:7: found \"x\", wanted a GUID" },
        { "count eq 1e999", MP_SYNTAX, 10, "$filter:10: found \"1e999\", wanted a number, a date, or a text in quotes" },
        { "count eq 1.", MP_SYNTAX, 10, "$filter:10: found \"1.\", wanted a number, a date, or a text in quotes" },
        { "count eq 5-3", MP_SYNTAX, 10, "$filter:10: found \"5-3\", wanted a number, a date, or a text in quotes" },
        { "count eq -", MP_SYNTAX, 10, "$filter:10: found \"-\", wanted a field, a value or a function" },
        { "not name eq 'x'", MP_COMPILE, 5, "$filter:5: not stands before name alone; wanted parentheses: not (name ...)" },
        { "name and true", MP_COMPILE, 1, "$filter:1: name alone is neither true nor false; wanted a comparison like name eq '...'" },
        { "true and 'x'", MP_COMPILE, 10, "$filter:10: 'x' alone is neither true nor false; wanted a comparison like 'x' eq '...'" },
        { "(name eq 'x'", MP_SYNTAX, 13, "$filter:13: found \"\", wanted \")\", and or or" },
        { "name eq 'x')", MP_SYNTAX, 12, "$filter:12: found \")\", wanted and, or, a comparison (eq ne gt ge lt le in) or the end" },
        { "name eq 'x' name eq 'y'", MP_SYNTAX, 13,
          "$filter:13: found \"name\", wanted and, or, a comparison (eq ne gt ge lt le in) or the end" },
        { "and name eq 'x'", MP_SYNTAX, 1, "$filter:1: found \"and\", wanted a field, a value or a function" },
        { "name in 'x'", MP_SYNTAX, 9, "$filter:9: found \"'x'\", wanted \"(\"" },
        { "name in ()", MP_SYNTAX, 10, "$filter:10: found \")\", wanted a value" },
        { "name in ('x' 'y')", MP_SYNTAX, 14, "$filter:14: found \"'y'\", wanted \",\" or \")\"" },
        { "name in ('x', 5)", MP_COMPILE, 15, "$filter:15: found 5, wanted a text in quotes, as name is one" },
        { "'x' in ('x')", MP_COMPILE, 1, "$filter:1: found 'x' before in, wanted the name of a field" },
        { "contains(name)", MP_SYNTAX, 14, "$filter:14: found \")\", wanted \",\"" },
        { "contains(name,'x','y')", MP_SYNTAX, 18, "$filter:18: found \",\", wanted \")\"" },
        { "contains(count,'x')", MP_COMPILE, 10, "$filter:10: found count, wanted a text: a field or a text in quotes" },
        { "contains(name,null)", MP_COMPILE, 15, "$filter:15: found null, wanted a text: a field or a text in quotes" },
        { "contians(name,'x')", MP_COMPILE, 1, "$filter:1: there is no function contians(); did you mean contains()?" },
        { "atScop()", MP_COMPILE, 1, "$filter:1: there is no function atScop(); did you mean atScope()?" },
        { "geo.distance(name,'x')", MP_COMPILE, 1, "$filter:1: there is no function geo.distance()" },
        { "atScope('x')", MP_COMPILE, 1, "$filter:1: atScope() is given 1 arguments, wanted 0 to 0" },
        { "assignedTo()", MP_COMPILE, 1, "$filter:1: assignedTo() is given 0 arguments, wanted 1 to 1" },
        { "assignedTo(name)", MP_SYNTAX, 12, "$filter:12: found \"name\", wanted a text in quotes" },
        { "assignedTo('a','b','c','d','e')", MP_COMPILE, 1, "$filter:1: assignedTo() is given 4 arguments, wanted 1 to 1" },
        { "groups eq 'x'", MP_COMPILE, 1, "$filter:1: groups is a list; wanted groups/any(x: x eq '...')" },
        { "'x' eq groups", MP_COMPILE, 8, "$filter:8: groups is a list; wanted groups/any(x: x eq '...')" },
        { "groups", MP_COMPILE, 1, "$filter:1: groups is a list; wanted groups/any(x: x eq '...')" },
        { "contains(groups,'x')", MP_COMPILE, 10, "$filter:10: groups is a list; wanted groups/any(x: x eq '...')" },
        { "name/any(x:x eq 'x')", MP_COMPILE, 1, "$filter:1: name is no list; any() and all() are of lists" },
        { "group/any(x:x eq 'x')", MP_COMPILE, 1, "$filter:1: there is no field \"group\"; did you mean \"groups\"?" },
        { "groups/any(x eq 'x')", MP_SYNTAX, 14, "$filter:14: found \"eq\", wanted \":\"" },
        { "groups/any('x')", MP_SYNTAX, 12, "$filter:12: found \"'x'\", wanted a name for the element, as in any(x: x eq '...')" },
        { "groups/all()", MP_SYNTAX, 12, "$filter:12: found \")\", wanted a name for the element, as in any(x: x eq '...')" },
        { "groups/any(x:x/name eq 'x')", MP_COMPILE, 14, "$filter:14: the elements of this list are texts; wanted x alone" },
        { "groups/any(x:x)", MP_COMPILE, 14, "$filter:14: x alone is neither true nor false; wanted a comparison like x eq '...'" },
        { "groups/any(x:groups/any(y:y eq x))", MP_COMPILE, 14, "$filter:14: any() and all() do not stand within each other" },
        { "groups/any(x:x eq 'a') and x eq 'b'", MP_COMPILE, 28, "$filter:28: there is no field \"x\"" },
        { "date(name) eq 2024-01-01", MP_COMPILE, 6, "$filter:6: found name, wanted a date: a field or 2026-01-31" },
        { "date('x') eq 2024-01-01", MP_COMPILE, 6, "$filter:6: found 'x', wanted a date: a field or 2026-01-31" },
        { "name\neq 5", MP_COMPILE, 4, "$filter:2:4: found 5, wanted a text in quotes, as name is one" },
        { "name eq 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' 'x'", MP_SYNTAX, 92,
          "$filter:92: found \"'x'\", wanted and, or, a comparison (eq ne gt ge lt le in) or the end" },
        { "name eq \xff", MP_SYNTAX, 1, "$filter:1: the text is no UTF-8" },
    };
    size_t right = 0;
    for (size_t i = 0; i < MP_COUNT(cases); i++)
        right += check_refused(cases[i].text, cases[i].code, cases[i].column, cases[i].message);
    CHECK_INT(right, MP_COUNT(cases));
}

static mp_code parse_made(const char *begin, const char *each, size_t times, const char *end, mp_error *err)
{
    mp_buf           text = MP_BUF_INIT;
    mp_arena         arena = MP_ARENA_INIT;
    const mp_filter *filter;
    mp_buf_add_z(&text, begin);
    for (size_t i = 0; i < times; i++)
        mp_buf_add_z(&text, each);
    mp_buf_add_z(&text, end);
    CHECK(!text.failed);
    mp_code code = mp_filter_parse(&filter, &arena, &sample_table, mp_buf_str(&text), err);
    mp_buf_free(&text);
    mp_arena_free(&arena);
    return code;
}

TEST(limits_have_two_sides)
{
    mp_error err = { 0 };
    CHECK_INT(parse_made("", "not ", MP_ODATA_DEPTH_MAX - 1, "true", &err), MP_OK);
    CHECK_INT(parse_made("", "not ", MP_ODATA_DEPTH_MAX, "true", &err), MP_LIMIT);
    CHECK_INT(parse_made("", "(", 100000 / 4, "true", &err), MP_LIMIT);
    CHECK_STR(mp_str_from(err.message), "$filter:65: more than 64 parentheses, calls and nots stand within each other");
    CHECK_INT(parse_made("true", " or true", MP_ODATA_TERMS_MAX - 1, "", &err), MP_OK);
    CHECK_INT(parse_made("true", " or true", MP_ODATA_TERMS_MAX, "", &err), MP_LIMIT);
    CHECK(strstr(err.message, "the filter has more than 1024 operands"));
    CHECK_INT(parse_made("name in ('a'", ",'a'", 8000, ")", &err), MP_OK);
    CHECK_INT(parse_made("name eq '", "a", MP_ODATA_TEXT_MAX - 10, "'", &err), MP_OK);
    CHECK_INT(parse_made("name eq '", "a", MP_ODATA_TEXT_MAX - 9, "'", &err), MP_LIMIT);
    CHECK_STR(mp_str_from(err.message), "$filter:1: the text has 32769 bytes; the most is 32768");
    mp_arena         arena = MP_ARENA_INIT;
    const mp_filter *filter = NULL;
    CHECK_INT(mp_filter_parse(&filter, &arena, &sample_table, MP_S("name eq '\0'"), &err), MP_SYNTAX);
    CHECK_INT(err.pos.col, 10);
    CHECK_INT(mp_filter_parse(&filter, &arena, &sample_table, mp_str_of(NULL, 0), NULL), MP_SYNTAX);
    mp_arena_free(&arena);
}

static void check_printed(const char *text, const char *wanted)
{
    mp_arena         arena = MP_ARENA_INIT;
    mp_buf           once = MP_BUF_INIT, twice = MP_BUF_INIT;
    const mp_filter *filter;
    CHECK_INT(mp_filter_parse(&filter, &arena, &sample_table, mp_str_from(text), NULL), MP_OK);
    mp_filter_print(&once, filter);
    CHECK_STR(mp_buf_str(&once), wanted);
    CHECK_INT(mp_filter_parse(&filter, &arena, &sample_table, mp_buf_str(&once), NULL), MP_OK);
    mp_filter_print(&twice, filter);
    CHECK_STR(mp_buf_str(&twice), wanted);
    mp_buf_free(&once);
    mp_buf_free(&twice);
    mp_arena_free(&arena);
}

TEST(printed_and_read_again)
{
    check_printed("NAME Eq 'it''s'", "name eq 'it''s'");
    check_printed("tolower(name) eq 'X' and ((count lt 5) and isCompliant)", "name eq 'X' and count lt 5 and isCompliant");
    check_printed("(name eq 'a' or name eq 'b') and not (count in (1,2,null))",
                  "(name eq 'a' or name eq 'b') and not (count in (1,2,null))");
    check_printed("name eq 'a' or (name eq 'b' and true)", "name eq 'a' or (name eq 'b' and true)");
    check_printed("5 lt count", "count gt 5");
    check_printed("count gt 5.0", "count gt 5");
    check_printed("count gt 5.5e3", "count gt 5500");
    check_printed("count gt -5.5", "count gt -5.5");
    check_printed("score gt -0.0", "score gt 0.0");
    check_printed("score gt 1e300", "score gt 1e+300");
    check_printed("count gt 99999999999999999999", "count gt 1e+20");
    check_printed("isCompliant eq 'TRUE'", "isCompliant eq true");
    check_printed("timestamp ge '2024-01-02'", "timestamp ge 2024-01-02T00:00:00.0000000Z");
    check_printed("date(timestamp) eq 2024-01-02", "date(timestamp) eq 2024-01-02T00:00:00.0000000Z");
    check_printed("id eq '/a/b//'", "id eq '/a/b'");
    check_printed("groups/any(g:g eq 'x' or not (g eq 'y'))", "groups/any(_:_ eq 'x' or not (_ eq 'y'))");
    check_printed("groups/any()", "groups/any()");
    check_printed("substringof('x',name) eq false", "not contains(name,'x')");
    check_printed("not startswith(name,'x') and endswith(name,note)", "not startswith(name,'x') and endswith(name,note)");
    check_printed("assignedTo('it''s') or ATscope()", "assignedTo('it''s') or atScope()");
    check_printed("contains(name,'x') eq isCompliant", "contains(name,'x') eq isCompliant");
    check_printed("(count gt 5) eq (count lt 9)", "(count gt 5) eq (count lt 9)");
}

TEST(questions_of_callers)
{
    mp_arena         arena = MP_ARENA_INIT;
    const mp_filter *a, *b, *both;
    mp_cell          value;
    const mp_str    *arguments;
    uint32_t         count;
    CHECK_INT(mp_filter_parse(&a, &arena, &sample_table,
                              MP_S("('x' eq name and (count eq 5 and assignedTo('z'))) and note eq null"), NULL),
              MP_OK);
    CHECK_INT(mp_filter_parse(&b, &arena, &sample_table, MP_S("name eq 'y' or atScope()"), NULL), MP_OK);
    CHECK(mp_filter_wants(&value, a, F_NAME) && value.kind == MP_CELL_TEXT);
    CHECK_STR(value.u.text, "x");
    CHECK(mp_filter_wants(&value, a, F_COUNT) && value.kind == MP_CELL_INT && value.u.integer == 5);
    CHECK(!mp_filter_wants(&value, a, F_NOTE) && !mp_filter_wants(&value, a, F_STATE));
    CHECK(!mp_filter_wants(&value, b, F_NAME) && !mp_filter_wants(&value, NULL, F_NAME));
    CHECK(mp_filter_wants_call(&arguments, &count, a, CALL_ASSIGNED_TO) && count == 1);
    CHECK_STR(arguments[0], "z");
    CHECK(!mp_filter_wants_call(&arguments, &count, b, CALL_AT_SCOPE));
    CHECK(mp_filter_calls(b, CALL_AT_SCOPE) && !mp_filter_calls(a, CALL_AT_SCOPE) && !mp_filter_calls(NULL, CALL_AT_SCOPE));
    CHECK(mp_filter_reads(a, F_NOTE) && mp_filter_reads(b, F_NAME) && !mp_filter_reads(b, F_COUNT) &&
          !mp_filter_reads(NULL, 0));
    CHECK_INT(mp_filter_and(&both, &arena, a, b, NULL), MP_OK);
    CHECK(mp_filter_wants(&value, both, F_COUNT) && mp_filter_calls(both, CALL_AT_SCOPE));
    mp_buf text = MP_BUF_INIT;
    mp_filter_print(&text, both);
    CHECK_STR(mp_buf_str(&text),
              "name eq 'x' and count eq 5 and assignedTo('z') and note eq null and (name eq 'y' or atScope())");
    mp_buf_free(&text);
    CHECK_INT(mp_filter_and(&both, &arena, NULL, b, NULL), MP_OK);
    CHECK(both == b);
    CHECK_INT(mp_filter_and(&both, &arena, NULL, NULL, NULL), MP_OK);
    CHECK(both == NULL && mp_filter_test(both, &sample_reader, &samples[3]));
    mp_arena_free(&arena);
}

TEST(cells_have_one_order)
{
    static const mp_cell rising[] = {
        { .kind = MP_CELL_REAL, .u.real = -1e300 }, { .kind = MP_CELL_INT, .u.integer = INT64_MIN },
        { .kind = MP_CELL_REAL, .u.real = -1.5 }, { .kind = MP_CELL_INT, .u.integer = -1 }, { .kind = MP_CELL_REAL, .u.real = -0.5 },
        { .kind = MP_CELL_INT, .u.integer = 0 }, { .kind = MP_CELL_REAL, .u.real = 0.5 },
        { .kind = MP_CELL_REAL, .u.real = 9007199254740992.0 }, { .kind = MP_CELL_INT, .u.integer = INT64_C(9007199254740993) },
        { .kind = MP_CELL_INT, .u.integer = INT64_MAX }, { .kind = MP_CELL_REAL, .u.real = 9223372036854775808.0 },
    };
    for (size_t i = 0; i < MP_COUNT(rising); i++)
        for (size_t j = 0; j < MP_COUNT(rising); j++) {
            int found = mp_cell_cmp(&rising[i], &rising[j]), wanted = (i > j) - (i < j);
            CHECK_INT((found > 0) - (found < 0), wanted);
        }
    mp_cell null = MP_CELL_OF_NULL, low = mp_cell_int(INT64_MIN), text = mp_cell_text(MP_S(""));
    CHECK(mp_cell_cmp(&null, &low) < 0 && mp_cell_cmp(&text, &null) > 0 && mp_cell_cmp(&null, &null) == 0);
}

static bool parse_starved(void *context)
{
    mp_arena         arena = MP_ARENA_INIT;
    mp_buf           text = MP_BUF_INIT;
    const mp_filter *filter = NULL, *both = NULL;
    mp_error         err = { 0 };
    mp_code          code = mp_filter_parse(&filter, &arena, &sample_table, mp_str_from(context), &err);
    bool             is_wrong = code == MP_COMPILE; /* the error needs memory for the names too */
    CHECK(code == MP_OK || code == MP_NOMEM || is_wrong);
    CHECK(code == MP_OK ? filter != NULL : filter == NULL && err.message[0]);
    if (code == MP_OK)
        code = mp_filter_and(&both, &arena, filter, filter, &err);
    if (code == MP_OK)
        mp_filter_print(&text, both);
    bool is_done = is_wrong || (code == MP_OK && !text.failed);
    mp_buf_free(&text);
    mp_arena_free(&arena);
    return is_done;
}

TEST(memory_runs_out)
{
    CHECK(fault_loop(parse_starved,
                     "(name eq 'it''s' or count in (1,2.5)) and groups/any(x:x ne 'y') and not assignedTo('z') "
                     "and score gt 1.5 and id eq 01234567-89ab-cdef-0123-456789abcdef") > 2);
    CHECK(fault_loop(parse_starved, "nmae eq 'x'") > 0);
    CHECK(fault_loop(parse_starved, "contians(name,'x')") > 0);
}

int main(void)
{
    return MAIN(RUN(what_filters_mean), RUN(what_is_refused_and_how), RUN(limits_have_two_sides),
                RUN(printed_and_read_again), RUN(questions_of_callers), RUN(cells_have_one_order),
                RUN(memory_runs_out));
}
