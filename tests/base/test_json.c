/* SPDX-License-Identifier: Apache-2.0 */
#include <mapae/json.h>

#include <dirent.h>
#include <jansson.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "buf.h"
#include "fault.h"
#include "source.h"
#include "test.h"

static mp_json_doc *new_doc(void)
{
    mp_json_doc *doc;
    CHECK(mp_json_doc_new(&doc, NULL) == MP_OK);
    return doc;
}

static const mp_json *read_ok(mp_json_doc *doc, mp_str text)
{
    const mp_json *root = NULL;
    mp_error       err = { 0 };
    if (mp_json_read(doc, &root, text, NULL, NULL, &err) != MP_OK)
        fail_msg("%u:%u: %s", err.pos.line, err.pos.col, err.message);
    return root;
}

/* ---- our reader beside jansson ---- */

static bool same_value(const mp_json *v, json_t *w);

static bool same_object(const mp_json *v, json_t *w)
{
    size_t distinct = 0;
    for (MP_JSON_MEMBERS(key, v)) {
        mp_str         name = mp_json_str(key);
        const mp_json *last = mp_json_get(v, name);
        distinct += last == key + 1;
        if (memchr(name.ptr, 0, name.len))
            continue; /* jansson's keys cannot hold NUL */
        char *z = strndup(name.ptr, name.len);
        bool  same = same_value(last, json_object_get(w, z));
        free(z);
        if (!same)
            return false;
    }
    return distinct == json_object_size(w);
}

static bool same_array(const mp_json *v, json_t *w)
{
    size_t i = 0;
    for (MP_JSON_EACH(item, v))
        if (!same_value(item, json_array_get(w, i++)))
            return false;
    return i == json_array_size(w) && i == v->count;
}

static bool same_value(const mp_json *v, json_t *w)
{
    if (!v || !w)
        return false;
    switch ((mp_json_kind)v->kind) {
    case MP_JSON_NULL:
        return json_is_null(w);
    case MP_JSON_BOOL:
        return v->u.integer ? json_is_true(w) : json_is_false(w);
    case MP_JSON_INT:
        return json_is_integer(w) && json_integer_value(w) == v->u.integer;
    case MP_JSON_REAL: /* "-0" is an integer to jansson */
        if (json_is_integer(w))
            return mp_str_eq(mp_json_str(v), MP_S("-0")) && json_integer_value(w) == 0;
        return json_is_real(w) && !(json_real_value(w) < mp_json_double(v)) &&
               !(json_real_value(w) > mp_json_double(v));
    case MP_JSON_STRING:
        return json_is_string(w) &&
               mp_str_eq(mp_json_str(v), mp_str_of(json_string_value(w), json_string_length(w)));
    case MP_JSON_ARRAY:
        return json_is_array(w) && same_array(v, w);
    case MP_JSON_OBJECT:
        return json_is_object(w) && same_object(v, w);
    }
    return false;
}

/* Numbers beyond its types and NUL in a key are jansson's own limits. */
static bool is_limit_of_jansson(const json_error_t *err)
{
    return strstr(err->text, "too big ") || strstr(err->text, "real number overflow") ||
           strstr(err->text, "NUL byte in object key") || strstr(err->text, "maximum parsing depth");
}

static void check_against_jansson(mp_str text, const mp_json *root)
{
    mp_str bare = mp_str_starts(text, MP_S("\xEF\xBB\xBF")) ? mp_str_skip(text, 3) : text;
    json_error_t err;
    json_t      *w = json_loadb(bare.ptr, bare.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, &err);
    if (!w && root && is_limit_of_jansson(&err))
        return;
    if (root && !w)
        fail_msg("jansson refuses %.*s: %s", MP_FMT(text), err.text);
    if (!root && w && mp_str_find(text, '\0') == SIZE_MAX) /* which ends a text for jansson */
        fail_msg("jansson accepts %.*s", MP_FMT(text));
    if (root)
        CHECK(same_value(root, w));
    json_decref(w);
}

/* ---- printing and reading again ---- */

static void check_same_nodes(const mp_json *v, const mp_json *w)
{
    CHECK(mp_json_nodes(v) == mp_json_nodes(w));
    for (size_t i = 0; i < mp_json_nodes(v); i++) {
        CHECK(v[i].kind == w[i].kind && v[i].count == w[i].count);
        if (v[i].kind == MP_JSON_STRING || v[i].kind == MP_JSON_REAL)
            CHECK(mp_str_eq(mp_json_str(&v[i]), mp_json_str(&w[i])));
        else
            CHECK(v[i].u.integer == w[i].u.integer);
    }
}

static void check_round_trip(const mp_json *root)
{
    mp_json_doc *again = new_doc();
    mp_buf       compact = MP_BUF_INIT, pretty = MP_BUF_INIT;
    mp_buf_add_json(&compact, root);
    mp_buf_add_json_pretty(&pretty, root, 0);
    CHECK(mp_buf_check(&compact, NULL) == MP_OK && mp_buf_check(&pretty, NULL) == MP_OK);
    CHECK(mp_str_find(mp_buf_str(&compact), '\n') == SIZE_MAX);
    check_same_nodes(root, read_ok(again, mp_buf_str(&compact)));
    check_same_nodes(root, read_ok(again, mp_buf_str(&pretty)));
    mp_buf_free(&compact);
    mp_buf_free(&pretty);
    mp_json_doc_free(again);
}

/* ---- the table of cases ---- */

static void expand(mp_buf *out, mp_str text);

/* %{N X}: returns what follows it. */
static mp_str expand_repeat(mp_buf *out, mp_str text)
{
    char *behind;
    long  times = strtol(text.ptr + 2, &behind, 10);
    size_t from = (size_t)(behind + 1 - text.ptr);
    size_t to = from + 1 + mp_str_find(mp_str_skip(text, from + 1), '}');
    while (times-- > 0)
        expand(out, mp_str_of(text.ptr + from, to - from));
    return mp_str_skip(text, to + 1);
}

static void expand(mp_buf *out, mp_str text)
{
    while (text.len) {
        if (text.ptr[0] == '%' && text.ptr[1] == '{') {
            text = expand_repeat(out, text);
        } else if (text.ptr[0] == '%') {
            char hex[3] = { text.ptr[1], text.ptr[2], 0 };
            mp_buf_add_c(out, (char)strtol(hex, NULL, 16));
            text = mp_str_skip(text, 3);
        } else {
            mp_buf_add_c(out, text.ptr[0]);
            text = mp_str_skip(text, 1);
        }
    }
}

/* The text stands at the very end of a page that nothing readable follows but the padding, which
 * holds the worst: what could continue any text. */
static const mp_json *read_at_edge(mp_json_doc *doc, mp_str text, const char *padding, mp_code *code,
                                   mp_error *err)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t need = text.len + MP_JSON_PADDING;
    size_t room = (need + page - 1) / page * page;
    char  *map = mmap(NULL, room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(map != MAP_FAILED);
    CHECK(mprotect(map + room, page, PROT_NONE) == 0);
    char *at = map + room - need;
    if (text.len)
        memcpy(at, text.ptr, text.len);
    for (size_t i = 0; i < MP_JSON_PADDING; i++)
        at[text.len + i] = padding[i % strlen(padding)];
    const mp_json *root = NULL;
    *code = mp_json_read_padded(doc, &root, mp_str_of(at, text.len), NULL, NULL, err);
    if (root)
        check_round_trip(root);
    munmap(map, room + page);
    return root;
}

static void check_padded(mp_str text, mp_code wanted, mp_pos pos)
{
    static const char *const paddings[] = { "\"", "0", "]", "}", " ", "a", "\\", "\xFF", "e5",
                                            ",\"a\":1", "\":\"", "],[", "\"]}", "u0041",
                                            "\xA9", ".5", "[", "{\"\":", "\n", "\\ud800" };
    for (size_t i = 0; i < MP_COUNT(paddings); i++) {
        mp_json_doc *doc = new_doc();
        mp_error     err = { 0 };
        mp_code      code;
        read_at_edge(doc, text, paddings[i], &code, &err);
        if (code != wanted || err.pos.line != pos.line || err.pos.col != pos.col)
            fail_msg("%.*s + %s: %u:%u %s", MP_FMT(text), paddings[i], err.pos.line, err.pos.col,
                     err.message);
        mp_json_doc_free(doc);
    }
}

/* Says what is wrong and goes on, so that one run shows all that fail. */
static bool check_case(char kind, mp_pos pos, mp_str text)
{
    mp_json_doc   *doc = new_doc();
    const mp_json *root = NULL;
    mp_error       err = { 0 };
    mp_code        code = mp_json_read(doc, &root, text, NULL, NULL, &err);
    mp_code        wanted = kind == 'n' ? MP_SYNTAX : kind == 'l' ? MP_LIMIT : MP_OK;
    bool as_wanted = code == wanted && err.pos.line == pos.line && err.pos.col == pos.col;
    if (!as_wanted)
        print_error("%c %u:%u %.*s\ngives %s %u:%u: %s\n", kind, pos.line, pos.col, MP_FMT(text),
                    mp_code_name(code), err.pos.line, err.pos.col, err.message);
    if (as_wanted && kind != 'l')
        check_against_jansson(text, root);
    if (as_wanted && root)
        check_round_trip(root);
    if (as_wanted)
        check_padded(text, wanted, pos);
    mp_json_doc_free(doc);
    return as_wanted;
}

TEST(table_of_cases)
{
    const char *path = getenv("MAPAE_CASES");
    mp_arena    arena = MP_ARENA_INIT;
    mp_str      table;
    unsigned    cases = 0, failed = 0;
    CHECK(path != NULL);
    CHECK(mp_source_slurp(&table, path, 0, &arena, NULL) == MP_OK);
    while (table.len) {
        mp_str line = mp_str_of(table.ptr, mp_str_find(table, '\n'));
        table = mp_str_skip(table, line.len + 1);
        if (line.len == 0 || line.ptr[0] == '#')
            continue;
        char   kind = line.ptr[0];
        mp_pos pos = { 0, 0 };
        line = mp_str_skip(line, 2);
        if (kind == 'n' || kind == 'l') {
            CHECK(sscanf(line.ptr, "%u:%u", &pos.line, &pos.col) == 2);
            line = mp_str_skip(line, mp_str_find(line, ' ') + 1);
        }
        mp_buf text = MP_BUF_INIT;
        expand(&text, line);
        failed += !check_case(kind, pos, mp_buf_str(&text));
        mp_buf_free(&text);
        cases++;
    }
    CHECK(cases >= 150 && failed == 0);
    mp_arena_free(&arena);
}

/* ---- one thing at a time ---- */

TEST(messages_say_what_was_found_and_wanted)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        { "{\"a\":1x", "expected ',' or '}' after a member, found 'x'" },
        { "[1 2]", "expected ',' or ']' after an element, found '2'" },
        { "[1", "expected ',' or ']' after an element, found the end of the text" },
        { "{\"a\" 1}", "expected ':' after a member name, found '1'" },
        { "{1:2}", "expected a member name in quotes or '}', found '1'" },
        { "{\"a\":1,}", "expected a member name in quotes, found '}'" },
        { "[1,]", "expected a value, found ']'" },
        { "[NaN]", "expected a value, found 'NaN'" },
        { "", "expected a value, found the end of the text" },
        { "1 \xED\x95\x9C", "expected the end of the text, found '\xED\x95\x9C'" },
        { "\"\xFF\"", "expected UTF-8, found byte 0xFF" },
        { "\"\t\"", "expected control characters in a string to be escaped, found U+0009" },
        { "\"\\q\"",
          "expected an escape sequence (\\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u), found '\\q'" },
        { "\"\\u00x0\"", "expected four hexadecimal digits after \\u, found 'x'" },
        { "[01]", "expected a number without leading zeros, found '0'" },
        { "[-]", "expected a digit in a number, found ']'" },
    };
    mp_json_doc *doc = new_doc();
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        const mp_json *root;
        mp_error       err;
        CHECK(mp_json_read(doc, &root, mp_str_from(cases[i].text), NULL, NULL, &err) == MP_SYNTAX);
        CHECK_STR(mp_str_from(err.message), cases[i].message);
    }
    mp_json_doc_free(doc);
}

TEST(nodes_stand_in_text_order)
{
    mp_json_doc   *doc = new_doc();
    const mp_json *v = read_ok(doc, MP_S("{\"a\":[1,\"x\\n\",null],\"b\":{},\"c\":-2.50}"));
    CHECK(v[0].kind == MP_JSON_OBJECT && v[0].count == 3 && v[0].u.span == 10);
    CHECK_STR(mp_json_str(&v[1]), "a");
    CHECK(v[2].kind == MP_JSON_ARRAY && v[2].count == 3 && v[2].u.span == 4);
    CHECK(v[3].kind == MP_JSON_INT && v[3].u.integer == 1);
    CHECK_STR(mp_json_str(&v[4]), "x\n");
    CHECK(v[5].kind == MP_JSON_NULL);
    CHECK(v[7].kind == MP_JSON_OBJECT && v[7].count == 0 && v[7].u.span == 1);
    CHECK(v[9].kind == MP_JSON_REAL);
    CHECK_STR(mp_json_str(&v[9]), "-2.50");
    CHECK(mp_json_nodes(v) == 10 && mp_json_nodes(&v[2]) == 4 && mp_json_nodes(&v[1]) == 1);
    CHECK(mp_json_next(v) == v + 10 && mp_json_next(&v[2]) == v + 6);
    mp_json_doc_free(doc);
}

TEST(plain_strings_point_into_a_padded_text)
{
    static const char text[6 + MP_JSON_PADDING] = "[\"ab\"]";
    mp_json_doc      *doc = new_doc();
    const mp_json    *v;
    CHECK(mp_json_read_padded(doc, &v, mp_str_of(text, 6), NULL, NULL, NULL) == MP_OK);
    CHECK(v[1].u.text == text + 2);
    mp_json_doc_free(doc);
}

TEST(members_are_found)
{
    mp_json_doc   *doc = new_doc();
    const mp_json *v =
        read_ok(doc, MP_S("{\"Name\":1,\"name\":2,\"NAME\":3,\"x\":{\"name\":9},\"Name\":4,"
                          "\"kEy\":5,\"KEY\":6,\"\":7,\"nam\":8}"));
    CHECK_INT(mp_json_get(v, MP_S("name"))->u.integer, 2);
    CHECK_INT(mp_json_get(v, MP_S("Name"))->u.integer, 4);
    CHECK_INT(mp_json_get(v, MP_S(""))->u.integer, 7);
    CHECK(mp_json_get(v, MP_S("key")) == NULL);
    CHECK_INT(mp_json_get_fold(v, MP_S("name"))->u.integer, 2);
    CHECK_INT(mp_json_get_fold(v, MP_S("nAME"))->u.integer, 4);
    CHECK_INT(mp_json_get_fold(v, MP_S("key"))->u.integer, 6);
    CHECK_INT(mp_json_get_fold(v, MP_S("kEy"))->u.integer, 5);
    CHECK(mp_json_get_fold(v, MP_S("keys")) == NULL);
    CHECK(mp_json_get(NULL, MP_S("a")) == NULL && mp_json_get_fold(NULL, MP_S("a")) == NULL);
    CHECK(mp_json_get(v + 1, MP_S("a")) == NULL && mp_json_get_fold(v + 1, MP_S("a")) == NULL);
    mp_json_doc_free(doc);
}

TEST(elements_are_found)
{
    mp_json_doc   *doc = new_doc();
    const mp_json *v = read_ok(doc, MP_S("[[1,2],{\"a\":[3]},4]"));
    CHECK(mp_json_at(v, 0) == v + 1);
    CHECK(mp_json_at(v, 1)->kind == MP_JSON_OBJECT);
    CHECK_INT(mp_json_at(v, 2)->u.integer, 4);
    CHECK(mp_json_at(v, 3) == NULL && mp_json_at(NULL, 0) == NULL);
    CHECK(mp_json_at(mp_json_at(v, 1), 0) == NULL);
    CHECK(!mp_json_is(NULL, MP_JSON_NULL));
    mp_json_doc_free(doc);
}

TEST(options_are_obeyed)
{
    static const struct {
        const char *text;
        uint32_t    max_depth;
        bool        trailing;
        mp_code     code;
        size_t      used;
    } cases[] = {
        { "[[1]]", 2, false, MP_OK, 5 },        { "[[1]]", 1, false, MP_LIMIT, 0 },
        { "[[]]", 1, false, MP_LIMIT, 0 },      { "1", 1, false, MP_OK, 1 },
        { "{\"a\":{}}", 1, false, MP_LIMIT, 0 }, { " 12 x", 0, true, MP_OK, 3 },
        { "[1]\n[2]", 0, true, MP_OK, 3 },      { "\"a\"\"b\"", 0, true, MP_OK, 3 },
        { "true1", 0, true, MP_OK, 4 },         { "[1]  ", 0, false, MP_OK, 3 },
        { " x", 0, true, MP_SYNTAX, 0 },        { "12", 0, true, MP_OK, 2 },
    };
    mp_json_doc *doc = new_doc();
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        mp_json_options options = { .max_depth = cases[i].max_depth,
                                    .allow_trailing = cases[i].trailing };
        const mp_json  *root = NULL;
        size_t          used = 0;
        CHECK(mp_json_read(doc, &root, mp_str_from(cases[i].text), &options, &used, NULL) ==
              cases[i].code);
        CHECK(used == cases[i].used && (root != NULL) == (cases[i].code == MP_OK));
    }
    mp_json_doc_free(doc);
}

TEST(deep_texts_need_no_stack)
{
    enum { DEPTH = 300000 };
    mp_json_options options = { .max_depth = DEPTH };
    mp_json_doc    *doc = new_doc();
    const mp_json  *root;
    mp_buf          text = MP_BUF_INIT;
    for (int i = 0; i < DEPTH; i++)
        mp_buf_add_c(&text, '[');
    for (int i = 0; i < DEPTH; i++)
        mp_buf_add_c(&text, ']');
    CHECK(mp_json_read(doc, &root, mp_buf_str(&text), &options, NULL, NULL) == MP_OK);
    CHECK(mp_json_nodes(root) == DEPTH);
    mp_buf printed = MP_BUF_INIT;
    mp_buf_add_json(&printed, root);
    CHECK(mp_str_eq(mp_buf_str(&printed), mp_buf_str(&text)));
    mp_buf_free(&printed);
    mp_buf_free(&text);
    mp_json_doc_free(doc);
}

/* ---- duplicates ---- */

static mp_code read_strict(mp_str text, mp_error *err)
{
    const mp_json_options strict = { .reject_duplicates = true };
    mp_json_doc          *doc = new_doc();
    const mp_json        *root;
    mp_code               code = mp_json_read(doc, &root, text, &strict, NULL, err);
    mp_json_doc_free(doc);
    return code;
}

TEST(duplicates_are_refused_on_demand)
{
    static const struct {
        const char *text;
        mp_pos      pos;
    } cases[] = {
        { "{\"a\":1,\"A\":2,\"b\":{\"a\":3},\"c\":[{\"a\":1},{\"a\":2}]}", { 0, 0 } },
        { "{\"a\":1,\"a\":2}", { 1, 8 } },
        { "{\"a\":1,\n \"b\":{},\"\\u0061\":2}", { 2, 9 } },
        { "[{\"x\":{\"\":1,\"\":2}}]", { 1, 13 } },
        { "{\"a\":1,\"b\":2,\"c\":3,\"b\":4,\"a\":5}", { 1, 20 } },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        mp_error err = { 0 };
        mp_code  code = read_strict(mp_str_from(cases[i].text), &err);
        CHECK(code == (cases[i].pos.line ? MP_SYNTAX : MP_OK));
        CHECK(err.pos.line == cases[i].pos.line && err.pos.col == cases[i].pos.col);
    }
}

TEST(duplicates_among_many_are_found)
{
    mp_buf   text = MP_BUF_INIT;
    mp_error err;
    mp_buf_add_c(&text, '{');
    for (int i = 0; i < 100000; i++)
        mp_buf_printf(&text, "\"key%d\":%d,\n", i, i);
    size_t unique = text.len;
    mp_buf_add_z(&text, "\"last\":0}");
    CHECK(read_strict(mp_buf_str(&text), NULL) == MP_OK);
    text.len = unique;
    mp_buf_add_z(&text, "\"key77\":0}");
    CHECK(read_strict(mp_buf_str(&text), &err) == MP_SYNTAX);
    CHECK(err.pos.line == 100001 && err.pos.col == 1);
    mp_buf_free(&text);
}

/* ---- places ---- */

TEST(nodes_are_located)
{
    mp_str text = MP_S("\xEF\xBB\xBF{\"a\\\"b\" : [1,\n  {\"\xED\x95\x9C\":-2.5e3}, \"}\",[]],\n"
                       "\"c\":null}");
    static const mp_pos places[] = { { 1, 1 },  { 1, 2 },  { 1, 11 }, { 1, 12 }, { 2, 3 }, { 2, 4 },
                                     { 2, 8 },  { 2, 17 }, { 2, 21 }, { 3, 1 },  { 3, 5 } };
    mp_json_doc *doc = new_doc();
    CHECK(mp_json_nodes(read_ok(doc, text)) == MP_COUNT(places));
    for (size_t i = 0; i < MP_COUNT(places); i++) {
        mp_pos pos = mp_json_locate(text, i);
        if (pos.line != places[i].line || pos.col != places[i].col)
            fail_msg("node %zu is at %u:%u", i, pos.line, pos.col);
    }
    CHECK(mp_json_locate(text, MP_COUNT(places)).line == 0);
    CHECK(mp_json_locate(MP_S("\"\\"), 1).line == 0);
    CHECK_INT(mp_json_offset(text, 0), 3);
    CHECK_INT(mp_json_offset(text, 4), 19);
    CHECK_INT(mp_json_offset(mp_str_skip(text, 19), 3), 16); /* from a node on: what comes behind it */
    CHECK_INT(mp_json_offset(text, MP_COUNT(places)), text.len);
    CHECK_INT(mp_json_offset(MP_S(""), 0), 0);
    mp_json_doc_free(doc);
}

TEST(offsets_are_lines_and_columns)
{
    mp_str text = MP_S("a\n\xED\x95\x9C\xC3\xA9x\n");
    static const struct {
        size_t offset;
        mp_pos pos;
    } cases[] = {
        { 0, { 1, 1 } }, { 1, { 1, 2 } }, { 2, { 2, 1 } }, { 5, { 2, 2 } },
        { 7, { 2, 3 } }, { 8, { 2, 4 } }, { 9, { 3, 1 } }, { 99, { 3, 1 } },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        mp_pos pos = mp_pos_of_offset(text, cases[i].offset);
        CHECK(pos.line == cases[i].pos.line && pos.col == cases[i].pos.col);
    }
}

/* ---- numbers ---- */

static double double_of(const char *text)
{
    mp_json_doc *doc = new_doc();
    double       d = mp_json_double(read_ok(doc, mp_str_from(text)));
    mp_json_doc_free(doc);
    return d;
}

static void check_doubles(void)
{
    static const char *const texts[] = {
        "0", "-0", "0.0", "-0.0", "1", "-1", "1.5", "0.1", "123456789.123456789", "1e0", "1E+2",
        "1e-2", "1e400", "-1e400", "1e-400", "4.9e-324", "2.4703282292062327e-324",
        "2.4703282292062328e-324", "1.7976931348623157e308", "1.7976931348623159e308",
        "9007199254740993.0", "9007199254740992.99999999999999999999", "9223372036854775808",
        "9007199254740993", "0.00000000000000000000000000000000000001e40", "100e-2",
        "1e99999999999999999999", "1e-99999999999999999999", "0e99999999999",
        "0.000000000000000000000000000000000000000000000000000000000000000000000000001",
        "100000000000000000000000000000000000000000000000000000000000000000000000000000.0",
        "6.9294956446009195e15", "1.2345678901234567890123456789e-5",
    };
    for (size_t i = 0; i < MP_COUNT(texts); i++) {
        locale_t c = newlocale(LC_ALL_MASK, "C", NULL);
        double   wanted = strtod_l(texts[i], NULL, c);
        double   d = double_of(texts[i]);
        freelocale(c);
        if (memcmp(&d, &wanted, sizeof d) != 0)
            fail_msg("%s gives %.17g, not %.17g", texts[i], d, wanted);
    }
}

TEST(doubles_are_those_of_strtod)
{
    check_doubles();
}

TEST(doubles_do_not_depend_on_the_locale)
{
    static const char *const with_comma[] = { "de_DE.UTF-8", "fr_FR.UTF-8", "C.UTF-8" };
    for (size_t i = 0; i < MP_COUNT(with_comma); i++)
        if (setlocale(LC_NUMERIC, with_comma[i]))
            break;
    check_doubles();
    setlocale(LC_NUMERIC, "C");
}

/* Half way from 1 to the next double, where ties go down; a digit 900 places on breaks the tie. */
TEST(the_last_digit_of_many_counts)
{
    static const char half_way[] = "1.00000000000000011102230246251565404236316680908203125";
    mp_buf            text = MP_BUF_INIT;
    mp_buf_add_z(&text, half_way);
    for (int i = 0; i < 900; i++)
        mp_buf_add_c(&text, '0');
    mp_buf_add(&text, MP_S("1\0"));
    CHECK(double_of(half_way) <= 1.0);
    CHECK(double_of(text.ptr) > 1.0);
    mp_buf_free(&text);
}

TEST(kinds_have_names)
{
    CHECK_STR(mp_str_from(mp_json_kind_name(MP_JSON_NULL)), "null");
    CHECK_STR(mp_str_from(mp_json_kind_name(MP_JSON_BOOL)), "boolean");
    CHECK_STR(mp_str_from(mp_json_kind_name(MP_JSON_INT)), "integer");
    CHECK_STR(mp_str_from(mp_json_kind_name(MP_JSON_OBJECT)), "object");
}

/* ---- memory ---- */

TEST(a_document_is_reusable)
{
    mp_json_doc *doc = new_doc();
    for (size_t len = 1; len < 70000; len = len * 3 + 1) {
        mp_buf text = MP_BUF_INIT;
        mp_buf_add_c(&text, '[');
        for (size_t i = 0; i < len; i++)
            mp_buf_add_z(&text, i % 3 ? "0," : "\"\\n\",");
        mp_buf_add_z(&text, "\"\\t\"]");
        const mp_json *v = read_ok(doc, mp_buf_str(&text));
        CHECK(v->count == len + 1);
        CHECK_STR(mp_json_str(mp_json_at(v, 0)), "\n");
        CHECK_STR(mp_json_str(mp_json_at(v, len)), "\t");
        mp_buf_free(&text);
        CHECK(read_ok(doc, MP_S("[]"))->count == 0);
    }
    mp_json_doc_free(doc);
}

static bool read_under_fault(void *context)
{
    const mp_json_options strict = { .reject_duplicates = true };
    const mp_str         *text = context;
    mp_json_doc          *doc;
    const mp_json        *root = NULL;
    mp_error              err = { 0 };
    if (mp_json_doc_new(&doc, &err) != MP_OK) {
        CHECK(err.code == MP_NOMEM);
        return false;
    }
    mp_code code = mp_json_read(doc, &root, *text, &strict, NULL, &err);
    CHECK(code == MP_OK || (code == MP_NOMEM && err.code == MP_NOMEM && !root));
    /* After a failure the document is as good as new. */
    if (code != MP_OK && mp_json_read(doc, &root, MP_S("[1]"), NULL, NULL, NULL) == MP_OK)
        CHECK(root->count == 1);
    mp_json_doc_free(doc);
    return code == MP_OK;
}

TEST(memory_may_run_out)
{
    mp_str text = MP_S("[{\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":5,\"f\":6,\"g\":7,\"h\":8,\"i\":9,"
                       "\"j\":1,\"k\":1,\"l\":1,\"m\":1,\"n\":1,\"o\":1,\"p\":1,\"q\":\"\\n\"},"
                       "0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]");
    CHECK(fault_loop(read_under_fault, &text) >= 5);
}

TEST(too_long_a_text_is_refused)
{
    mp_json_doc   *doc = new_doc();
    const mp_json *root;
    mp_str         text = mp_str_of("", (size_t)UINT32_MAX + 1);
    CHECK(mp_json_read(doc, &root, text, NULL, NULL, NULL) == MP_LIMIT);
    CHECK(mp_json_read_padded(doc, &root, text, NULL, NULL, NULL) == MP_LIMIT);
    mp_json_doc_free(doc);
}

/* ---- real documents ---- */

static size_t check_lines(mp_str text)
{
    mp_json_doc *doc = new_doc();
    size_t       lines = 0;
    for (; text.len; lines++) {
        size_t end = mp_str_find(text, '\n');
        mp_str line = mp_str_of(text.ptr, end < text.len ? end : text.len);
        text = mp_str_skip(text, line.len + 1);
        if (line.len == 0)
            continue;
        const mp_json *root = read_ok(doc, line);
        check_round_trip(root);
        if (lines % 16 == 0) /* jansson is slow */
            check_against_jansson(line, root);
    }
    mp_json_doc_free(doc);
    return lines;
}

TEST(real_documents_survive_printing)
{
    const char *folder = getenv("MAPAE_CORPUS");
    if (!folder || access(folder, R_OK) != 0) {
        print_message("no corpus at %s\n", folder ? folder : "$MAPAE_CORPUS");
        skip();
    }
    static const char *const suffixes[] = { ".ndjson", NULL };
    mp_arena                 arena = MP_ARENA_INIT;
    const char             **paths;
    size_t                   count;
    CHECK(mp_source_list(&paths, &count, folder, suffixes, NULL, &arena, NULL) == MP_OK);
    for (size_t i = 0; i < count; i++) {
        mp_str text;
        CHECK(mp_source_slurp(&text, paths[i], 0, &arena, NULL) == MP_OK);
        CHECK(check_lines(text) > 0);
    }
    mp_arena_free(&arena);
}

int main(void)
{
    return MAIN(RUN(table_of_cases), RUN(messages_say_what_was_found_and_wanted),
                RUN(nodes_stand_in_text_order), RUN(plain_strings_point_into_a_padded_text),
                RUN(members_are_found), RUN(elements_are_found), RUN(options_are_obeyed),
                RUN(deep_texts_need_no_stack), RUN(duplicates_are_refused_on_demand),
                RUN(duplicates_among_many_are_found), RUN(nodes_are_located),
                RUN(offsets_are_lines_and_columns), RUN(doubles_are_those_of_strtod),
                RUN(doubles_do_not_depend_on_the_locale), RUN(the_last_digit_of_many_counts),
                RUN(kinds_have_names), RUN(a_document_is_reusable), RUN(memory_may_run_out),
                RUN(too_long_a_text_is_refused), RUN(real_documents_survive_printing));
}
