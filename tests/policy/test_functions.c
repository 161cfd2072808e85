/* SPDX-License-Identifier: Apache-2.0 */
/* functions.txt holds what each function gives; here stand the runner, the table, the limits, the
 * dates and the texts for users. Files are found beside this one. */
#include "functions.h"

#include <stdio.h>
#include <stdlib.h>

#include "buf.h"
#include "fault.h"
#include "fn_date.h"
#include "jsonw.h"
#include "source.h"
#include "test.h"

#define ARGS_MAX (MP_FUNCTION_ARGS_MAX + 8)

static mp_str slurp(const char *name, mp_arena *arena)
{
    char     path[1024];
    mp_str   here = mp_str_from(__FILE__), text;
    mp_error err = { 0 };
    size_t   slash = mp_str_rfind(here, '/');
    snprintf(path, sizeof path, "%.*s/%s", slash == SIZE_MAX ? 1 : (int)slash,
             slash == SIZE_MAX ? "." : here.ptr, name);
    if (mp_source_slurp(&text, path, 0, arena, &err) != MP_OK)
        fail_msg("%s", err.message);
    return text;
}

/* ---- calling ---- */

static mp_code call_json(const mp_json **out, const mp_function *f, const mp_json *args,
                         mp_arena *arena, mp_error *err)
{
    const mp_json *list[ARGS_MAX];
    uint32_t       n = 0;
    CHECK(args->count <= ARGS_MAX);
    for (MP_JSON_EACH(item, args))
        list[n++] = item;
    mp_call call = { list, n, arena, f };
    return f->impl(out, &call, err);
}

/* "NAME(JSON, ...)" */
typedef struct program {
    mp_str             text, expected;
    const mp_function *function;
    mp_json_doc       *doc;
    const mp_json     *args;
} program;

/* The same JSON with the escapes and blanks of our own writer. */
static mp_str as_written(mp_str json, mp_arena *arena)
{
    mp_json_doc   *doc = NULL;
    const mp_json *root = NULL;
    mp_error       err = { 0 };
    mp_buf         text = MP_BUF_INIT;
    CHECK(mp_json_doc_new(&doc, NULL) == MP_OK);
    if (mp_json_read(doc, &root, json, NULL, NULL, &err) != MP_OK)
        fail_msg("%.*s: %s", MP_FMT(json), err.message);
    mp_buf_add_json(&text, root);
    mp_str kept = mp_arena_dup(arena, mp_buf_str(&text));
    mp_buf_free(&text);
    mp_json_doc_free(doc);
    return kept;
}

static void read_program(program *p, mp_arena *arena)
{
    size_t   open = mp_str_find(p->text, '(');
    mp_error err = { 0 };
    CHECK(open != SIZE_MAX && mp_str_ends(p->text, MP_S(")")));
    p->function = mp_function_find(mp_str_of(p->text.ptr, open));
    if (!p->function || !p->function->impl)
        fail_msg("no function of arguments: %.*s", MP_FMT(p->text));
    mp_str inner = mp_str_of(p->text.ptr + open + 1, p->text.len - open - 2);
    mp_str array = mp_arena_printf(arena, "[%.*s]", MP_FMT(inner));
    CHECK(mp_json_doc_new(&p->doc, NULL) == MP_OK);
    if (mp_json_read(p->doc, &p->args, array, NULL, NULL, &err) != MP_OK)
        fail_msg("%.*s: %s", MP_FMT(p->text), err.message);
    if (!mp_str_starts(p->expected, MP_S("error: ")))
        p->expected = as_written(p->expected, arena);
}

/* A message whole or up to a '*' at its end, or JSON as mp_buf_add_json() writes it. */
static bool fits(mp_str found, mp_str wanted)
{
    if (mp_str_ends(wanted, MP_S(": *")))
        return mp_str_starts(found, mp_str_of(wanted.ptr, wanted.len - 1));
    return mp_str_eq(found, wanted);
}

/* The result as JSON, or "error: MESSAGE"; MP_NOMEM makes it empty. */
static void outcome(mp_buf *b, const program *p, mp_arena *arena)
{
    const mp_json *result = NULL;
    mp_error       err = { 0 };
    mp_code        code = call_json(&result, p->function, p->args, arena, &err);
    if (code == MP_OK)
        mp_buf_add_json(b, result);
    else if (code != MP_NOMEM)
        mp_buf_printf(b, "error: %s", err.message);
    CHECK((code == MP_OK) == (result != NULL));
    CHECK(code == MP_OK || err.code == code);
}

static bool runs_as_expected(const program *p)
{
    mp_arena arena = MP_ARENA_INIT;
    mp_buf   found = MP_BUF_INIT;
    outcome(&found, p, &arena);
    bool fitting = fits(mp_buf_str(&found), p->expected);
    if (!fitting)
        print_error("%.*s\nfound  %.*s\nwanted %.*s\n", MP_FMT(p->text), MP_FMT(mp_buf_str(&found)),
                    MP_FMT(p->expected));
    mp_buf_free(&found);
    mp_arena_free(&arena);
    return fitting;
}

/* What it gives when memory is short but suffices is what it always gives. */
static bool runs_or_lacks_memory(void *context)
{
    const program *p = context;
    mp_arena       arena = MP_ARENA_INIT;
    mp_buf         found = MP_BUF_INIT;
    outcome(&found, p, &arena);
    bool done = found.len > 0 && !found.failed;
    if (done && !fits(mp_buf_str(&found), p->expected))
        fail_msg("%.*s: found %.*s", MP_FMT(p->text), MP_FMT(mp_buf_str(&found)));
    mp_buf_free(&found);
    mp_arena_free(&arena);
    return done;
}

static mp_str next_line(mp_str *text)
{
    size_t end = mp_str_find(*text, '\n');
    mp_str line = mp_str_of(text->ptr, end == SIZE_MAX ? text->len : end);
    *text = mp_str_skip(*text, line.len + 1);
    return line;
}

typedef bool each_program(program *p, size_t *called);

/* Returns how many do not do what they should. */
static unsigned for_each_program(each_program *work, size_t *called)
{
    mp_arena arena = MP_ARENA_INIT;
    mp_str   text = slurp("functions.txt", &arena);
    unsigned failed = 0, line_number = 0;
    while (text.len) {
        program p = { .text = next_line(&text) };
        line_number++;
        if (p.text.len == 0 || p.text.ptr[0] == '#')
            continue;
        p.expected = next_line(&text);
        line_number++;
        if (p.expected.len == 0)
            fail_msg("functions.txt:%u: nothing expected", line_number);
        read_program(&p, &arena);
        failed += !work(&p, called);
        mp_json_doc_free(p.doc);
    }
    mp_arena_free(&arena);
    return failed;
}

static bool check_program(program *p, size_t *called)
{
    for (size_t i = 0; i < mp_function_count(); i++)
        called[i] += mp_function_at(i) == p->function;
    return runs_as_expected(p);
}

TEST(functions_do_what_the_table_says)
{
    size_t called[256] = { 0 };
    CHECK(mp_function_count() <= MP_COUNT(called));
    CHECK_INT(for_each_program(check_program, called), 0);
    for (size_t i = 0; i < mp_function_count(); i++)
        if (mp_function_at(i)->impl && called[i] == 0)
            fail_msg("no program calls %.*s", MP_FMT(mp_function_at(i)->name));
}

static bool survive(program *p, size_t *called)
{
    (void)called;
    fault_loop(runs_or_lacks_memory, p);
    return true;
}

TEST(functions_survive_lack_of_memory)
{
    CHECK_INT(for_each_program(survive, NULL), 0);
}

/* ---- the table ---- */

TEST(names_are_found_without_case)
{
    CHECK(mp_function_find(MP_S("TOLOWER")) == mp_function_find(MP_S("toLower")));
    CHECK(mp_function_find(MP_S("tolower")) != NULL);
    CHECK(mp_function_find(MP_S("toLower ")) == NULL);
    CHECK(mp_function_find(MP_S("")) == NULL);
    CHECK(mp_function_find(MP_S("if"))->impl == NULL);
    CHECK(mp_function_find(MP_S("utcNow"))->max_args == 1);
    CHECK(mp_function_at(mp_function_count()) == NULL);
    CHECK_STR(mp_function_nearest(MP_S("toLowr")), "toLower");
    CHECK_STR(mp_function_nearest(MP_S("lenght")), "length");
    CHECK_STR(mp_function_nearest(MP_S("xyzzy")), "");
}

TEST(rows_are_sound)
{
    for (size_t i = 0; i < mp_function_count(); i++) {
        const mp_function *f = mp_function_at(i);
        CHECK(mp_function_find(f->name) == f); /* no name twice */
        CHECK(mp_function_unavailable(f->name) == NULL);
        CHECK(f->min_args <= f->max_args && f->max_args <= MP_FUNCTION_ARGS_MAX);
        mp_str signature = mp_str_from(f->signature);
        CHECK(mp_str_starts(signature, f->name) && signature.ptr[f->name.len] == '(');
        CHECK(mp_str_ends(signature, MP_S(")")));
    }
}

TEST(forbidden_functions_say_why)
{
    static const char *const names[] = {
        "copyIndex", "dateTimeAdd", "DATETIMEFROMEPOCH", "dateTimeToEpoch", "deployment",
        "environment", "extensionResourceId", "filter", "map", "reduce", "sort", "toObject",
        "groupBy", "mapValues", "lambda", "listKeys", "listAccountSas", "listSecrets",
        "listAnything", "managementGroup", "newGuid", "pickZones", "providers", "reference", "resourceId",
        "subscriptionResourceId", "tenantResourceId", "tenant", "variables",
    };
    for (size_t i = 0; i < MP_COUNT(names); i++) {
        CHECK(mp_function_unavailable(mp_str_from(names[i])) != NULL);
        CHECK(mp_function_find(mp_str_from(names[i])) == NULL);
    }
    CHECK(mp_function_unavailable(MP_S("xyzzy")) == NULL);
}

/* ---- the texts for users ---- */

static void check_texts(const char *path)
{
    mp_arena       arena = MP_ARENA_INIT;
    mp_json_doc   *doc = NULL;
    const mp_json *root = NULL;
    mp_error       err = { 0 };
    CHECK(mp_json_doc_new(&doc, NULL) == MP_OK);
    if (mp_json_read(doc, &root, slurp(path, &arena), NULL, NULL, &err) != MP_OK)
        fail_msg("%s:%u:%u: %s", path, err.pos.line, err.pos.col, err.message);
    CHECK(mp_json_is(root, MP_JSON_OBJECT));
    for (size_t i = 0; i < mp_function_count(); i++) {
        mp_str key = mp_arena_printf(&arena, "function.%.*s", MP_FMT(mp_function_at(i)->name));
        const mp_json *text = mp_json_get(root, key);
        if (!mp_json_is(text, MP_JSON_STRING) || !mp_str_ends(mp_json_str(text), MP_S(".")))
            fail_msg("%s: no sentence for %.*s", path, MP_FMT(key));
    }
    CHECK_INT(root->count, mp_function_count()); /* and none for what is not there */
    mp_json_doc_free(doc);
    mp_arena_free(&arena);
}

TEST(every_function_has_its_texts)
{
    check_texts("../../content/messages/functions.en.json");
    check_texts("../../content/messages/functions.ko.json");
}

/* ---- limits ---- */

typedef struct bench {
    mp_arena       arena;
    const mp_json *args[3];
} bench;

static mp_code call_with(bench *b, const char *name, uint32_t count, mp_error *err)
{
    const mp_json     *out;
    const mp_function *f = mp_function_find(mp_str_from(name));
    mp_call            call = { b->args, count, &b->arena, f };
    return f->impl(&out, &call, err);
}

static const mp_json *long_text(mp_arena *arena, const char *piece, size_t times)
{
    mp_buf b = MP_BUF_INIT;
    for (size_t i = 0; i < times; i++)
        mp_buf_add_z(&b, piece);
    const mp_json *v = mp_json_make_str(arena, mp_arena_dup(arena, mp_buf_str(&b)));
    mp_buf_free(&b);
    return v;
}

TEST(strings_have_a_limit)
{
    bench    b = { .arena = MP_ARENA_INIT };
    mp_error err = { 0 };
    b.args[0] = long_text(&b.arena, "a", MP_FUNCTION_STRING_MAX);
    b.args[1] = mp_json_make_str(&b.arena, MP_S("b"));
    CHECK(call_with(&b, "toUpper", 1, &err) == MP_OK);
    CHECK(call_with(&b, "concat", 2, &err) == MP_LIMIT);
    CHECK_STR(mp_str_from(err.message),
              "concat gives a string of 131073 characters; the most is 131072");
    CHECK(call_with(&b, "base64", 1, &err) == MP_LIMIT);

    /* Characters are counted, not bytes. */
    b.args[0] = long_text(&b.arena, "\xED\x95\x9C", MP_FUNCTION_STRING_MAX);
    CHECK(call_with(&b, "concat", 1, &err) == MP_OK);
    b.args[0] = long_text(&b.arena, "\xF0\x9F\x98\x80", MP_FUNCTION_STRING_MAX / 2 + 1);
    CHECK(call_with(&b, "concat", 1, &err) == MP_LIMIT);
    mp_arena_free(&b.arena);
}

TEST(replacing_does_not_grow_without_end)
{
    bench    b = { .arena = MP_ARENA_INIT };
    mp_error err = { 0 };
    b.args[0] = b.args[2] = long_text(&b.arena, "a", MP_FUNCTION_STRING_MAX);
    b.args[1] = mp_json_make_str(&b.arena, MP_S("A"));
    CHECK(call_with(&b, "replace", 3, &err) == MP_LIMIT);
    CHECK_STR(mp_str_from(err.message), "replace gives a string of more than 131072 characters");
    /* Overlapping matches, from either end, cost no more than others. */
    b.args[1] = long_text(&b.arena, "a", MP_FUNCTION_STRING_MAX / 2);
    CHECK(call_with(&b, "lastIndexOf", 2, &err) == MP_OK);
    CHECK(call_with(&b, "indexOf", 2, &err) == MP_OK);
    mp_arena_free(&b.arena);
}

/* An array of `count` zeros: count + 1 nodes. */
static const mp_json *long_array(mp_arena *arena, size_t count)
{
    mp_jsonw w;
    mp_jsonw_init(&w, arena);
    mp_jsonw_array(&w);
    for (size_t i = 0; i < count; i++)
        mp_jsonw_int(&w, 0);
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

TEST(arrays_have_a_limit)
{
    bench    b = { .arena = MP_ARENA_INIT };
    mp_error err = { 0 };
    b.args[0] = b.args[1] = long_array(&b.arena, MP_FUNCTION_NODES_MAX - 1);
    CHECK(call_with(&b, "length", 1, &err) == MP_OK);
    CHECK(call_with(&b, "union", 2, &err) == MP_OK);
    CHECK(call_with(&b, "concat", 2, &err) == MP_LIMIT);
    CHECK_STR(mp_str_from(err.message), "concat gives 65535 nodes; the most is 32768");
    b.args[0] = long_array(&b.arena, MP_FUNCTION_NODES_MAX);
    CHECK(call_with(&b, "length", 1, &err) == MP_LIMIT);
    CHECK_STR(mp_str_from(err.message),
              "length is given an array of 32769 nodes; the most is 32768");
    mp_arena_free(&b.arena);
}

TEST(depth_has_a_limit)
{
    bench    b = { .arena = MP_ARENA_INIT };
    mp_error err = { 0 };
    b.args[0] = long_text(&b.arena, "[", MP_FUNCTION_DEPTH_MAX + 1);
    CHECK(call_with(&b, "json", 1, &err) == MP_LIMIT);

    mp_jsonw w;
    mp_jsonw_init(&w, &b.arena);
    for (int i = 0; i < MP_FUNCTION_DEPTH_MAX; i++)
        mp_jsonw_array(&w);
    for (int i = 0; i < MP_FUNCTION_DEPTH_MAX; i++)
        mp_jsonw_end(&w);
    b.args[0] = mp_jsonw_done(&w);
    CHECK(call_with(&b, "array", 1, &err) == MP_OK);
    CHECK(call_with(&b, "createArray", 1, &err) == MP_LIMIT);
    CHECK_STR(mp_str_from(err.message), "createArray gives a value more than 128 containers deep");
    mp_arena_free(&b.arena);
}

/* {"k0":0,"k1":1,...}, or from the last to the first. */
static const mp_json *many_members(mp_arena *arena, int count, bool backwards)
{
    mp_jsonw w;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    for (int i = 0; i < count; i++) {
        int number = backwards ? count - 1 - i : i;
        mp_jsonw_key(&w, mp_arena_printf(arena, "k%d", number));
        mp_jsonw_int(&w, number);
    }
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

TEST(large_objects_are_equal_in_any_order)
{
    mp_arena       arena = MP_ARENA_INIT;
    const mp_json *a = many_members(&arena, 16000, false), *b = many_members(&arena, 16000, true);
    bool           equal = false;
    CHECK(mp_value_equal(&equal, a, b, &arena, NULL) == MP_OK && equal);
    b = many_members(&arena, 16001, true);
    CHECK(mp_value_equal(&equal, a, b, &arena, NULL) == MP_OK && !equal);
    mp_arena_free(&arena);
}

TEST(texts_have_an_order)
{
    /* each before the next; and the order of two is the reverse of the other way round */
    static const char *const sorted[] = { "",  " ",  "_", "-",  ":",  "$", "0",    "09", "9",
                                          "a", "A",  "aa", "aB", "Ab", "b", "B",   "z",  "Z",
                                          "\xC3\xA9", "\xC3\x89", "\xED\x95\x9C" };
    for (size_t i = 0; i < MP_COUNT(sorted); i++)
        for (size_t k = 0; k < MP_COUNT(sorted); k++) {
            int order = mp_text_collate(mp_str_from(sorted[i]), mp_str_from(sorted[k]));
            if ((order > 0) - (order < 0) != (i > k) - (i < k))
                fail_msg("\"%s\" and \"%s\" are in the order %d", sorted[i], sorted[k], order);
        }
}

/* ---- dates ---- */

TEST(dates_are_formatted_as_by_dotnet)
{
    static const struct {
        const char *time, *format, *text;
    } cases[] = {
        { "2026-01-05T09:03:07.1200000Z", "o", "2026-01-05T09:03:07.1200000Z" },
        { "2026-01-05T09:03:07.1200000Z", "O", "2026-01-05T09:03:07.1200000Z" },
        { "2026-01-05T09:03:07.12Z", "d", "01/05/2026" },
        { "2026-01-05T09:03:07.12Z", "D", "Monday, 05 January 2026" },
        { "2026-01-05T09:03:07.12Z", "f", "Monday, 05 January 2026 09:03" },
        { "2026-01-05T09:03:07.12Z", "F", "Monday, 05 January 2026 09:03:07" },
        { "2026-01-05T09:03:07.12Z", "g", "01/05/2026 09:03" },
        { "2026-01-05T09:03:07.12Z", "G", "01/05/2026 09:03:07" },
        { "2026-01-05T09:03:07.12Z", "", "01/05/2026 09:03:07" },
        { "2026-01-05T09:03:07.12Z", "m", "January 05" },
        { "2026-01-05T09:03:07.12Z", "r", "Mon, 05 Jan 2026 09:03:07 GMT" },
        { "2026-01-05T09:03:07.12Z", "s", "2026-01-05T09:03:07" },
        { "2026-01-05T09:03:07.12Z", "t", "09:03" },
        { "2026-01-05T09:03:07.12Z", "T", "09:03:07" },
        { "2026-01-05T09:03:07.12Z", "u", "2026-01-05 09:03:07Z" },
        { "2026-01-05T09:03:07.12Z", "U", "Monday, 05 January 2026 09:03:07" },
        { "2026-01-05T09:03:07.12Z", "y", "2026 January" },
        { "2026-01-05T09:03:07.12Z", "M d", "1 5" }, /* the example of the Learn page */
        { "2026-01-05T09:03:07.12Z", "yyyyMMddTHHmmssZ", "20260105T090307Z" },
        { "2026-01-05T09:03:07.12Z", "y yy yyy yyyy yyyyy", "26 26 2026 2026 02026" },
        { "0007-01-05T00:00:00Z", "y yy yyy yyyy", "7 07 007 0007" },
        { "2026-12-31T13:03:07.12Z", "M MM MMM MMMM MMMMM", "12 12 Dec December December" },
        { "2026-12-31T13:03:07.12Z", "d dd ddd dddd", "31 31 Thu Thursday" },
        { "2026-12-31T13:03:07.12Z", "h hh H HH t tt", "1 01 13 13 P PM" },
        { "2026-12-31T00:03:07.12Z", "h hh H HH t tt", "12 12 0 00 A AM" },
        { "2026-12-31T13:03:07.12Z", "m mm s ss", "3 03 7 07" },
        { "2026-12-31T13:03:07.1203Z", "f ff fffffff F FFFFFFF", "1 12 1203000 1 1203" },
        { "2026-12-31T13:03:07Z", "ss.FFF|ss.fff|FF", "07|07.000|" },
        { "2026-12-31T13:03:07Z", "z zz zzz zzzz K", "+0 +00 +00:00 +00:00 Z" },
        { "2026-12-31T13:03:07Z", "'day' d \"at\" \\h H", "day 31 at h 13" },
        { "2026-12-31T13:03:07Z", "%d", "31" },
        { "2026-12-31T13:03:07Z", "%h", "1" },
        { "2026-12-31T13:03:07Z", "yyyy년 M월", "2026년 12월" },
        { "2026-12-31T13:03:07Z", "gg, y/M", "A.D., 26/12" },
        { "2024-02-29T13:03:07Z", "dddd", "Thursday" },
        { "2026-12-31T13:03:07Z", "Q", NULL },
        { "2026-12-31T13:03:07Z", "%", NULL },
        { "2026-12-31T13:03:07Z", "%%", NULL },
        { "2026-12-31T13:03:07Z", "yyyy'", NULL },
        { "2026-12-31T13:03:07Z", "yyyy\\", NULL },
        { "2026-12-31T13:03:07Z", "ffffffff", NULL },
        { "2026-12-31T13:03:07Z", "FFFFFFFFFFFFFFFFFFFFFFFF", NULL },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        mp_arena arena = MP_ARENA_INIT;
        mp_error err = { 0 };
        mp_ticks t;
        mp_str   text = MP_S("");
        CHECK(mp_clock_parse(&t, mp_str_from(cases[i].time)));
        mp_code code = mp_date_format_net(&text, &arena, t, mp_str_from(cases[i].format), &err);
        if (cases[i].text) {
            if (code != MP_OK)
                fail_msg("%s: %s", cases[i].format, err.message);
            CHECK_STR(text, cases[i].text);
        } else {
            CHECK_INT(code, MP_EVALUATION);
            CHECK(mp_str_starts(mp_str_from(err.message), MP_S("the date format")));
        }
        mp_arena_free(&arena);
    }
}

int main(void)
{
    return MAIN(RUN(functions_do_what_the_table_says), RUN(functions_survive_lack_of_memory),
                RUN(names_are_found_without_case), RUN(rows_are_sound),
                RUN(forbidden_functions_say_why), RUN(every_function_has_its_texts),
                RUN(strings_have_a_limit), RUN(replacing_does_not_grow_without_end),
                RUN(arrays_have_a_limit), RUN(depth_has_a_limit),
                RUN(large_objects_are_equal_in_any_order), RUN(texts_have_an_order),
                RUN(dates_are_formatted_as_by_dotnet));
}
