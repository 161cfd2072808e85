/* SPDX-License-Identifier: Apache-2.0 */
/* The language of policies, case by case, in text: language/NAME.txt holds blocks of
 *
 *   a request as `mapae eval` takes it (JSON, any number of lines)
 *   =>
 *   what the answer must say (JSON)
 *
 * parted by blank lines; a line that begins with '#' is a comment. The answer may say more than is
 * expected: members beside those that are named, and what null is expected for may be absent. A text
 * between two stars, "*like this*", is one that occurs in the answer's. "diagnostics" stands for
 * everything that was found in the policy. Lines are counted from the request's first.
 *
 * Every case runs twice, with plans that fold and with plans that keep every condition. */
#include "request.h"

#include <stdio.h>

#include "buf.h"
#include "fault.h"
#include "fits.h"
#include "jsonw.h"
#include "source.h"
#include "test.h"

#define EVERY_NTH 9 /* case is run with short memory: each takes as many runs as it allocates */

typedef struct language_case {
    const char    *file;
    unsigned       line;
    mp_str         request;
    const mp_json *wanted;
} language_case;

/* ---- files ---- */

static mp_str next_line(mp_str *text)
{
    size_t end = mp_str_find(*text, '\n');
    mp_str line = mp_str_of(text->ptr, end == SIZE_MAX ? text->len : end);
    *text = mp_str_skip(*text, line.len + 1);
    return line;
}

/* From where `text` stands to the line that is `stop` (or the end), in one piece. */
static mp_str lines_until(mp_str *text, mp_str stop, unsigned *line_number)
{
    const char *start = text->ptr;
    size_t      len = 0;
    while (text->len) {
        mp_str line = next_line(text);
        ++*line_number;
        if (mp_str_eq(line, stop))
            break;
        len = (size_t)(line.ptr - start) + line.len;
    }
    return mp_str_of(start, len);
}

/* The next case of a file; false at its end. */
static bool next_case(language_case *c, mp_str *text, unsigned *line_number, mp_json_doc *doc)
{
    mp_error err = { 0 };
    while (text->len && (text->ptr[0] == '#' || text->ptr[0] == '\n')) {
        next_line(text);
        ++*line_number;
    }
    if (text->len == 0)
        return false;
    c->line = *line_number;
    c->request = lines_until(text, MP_S("=>"), line_number);
    mp_str wanted = lines_until(text, MP_S(""), line_number);
    if (mp_json_read(doc, &c->wanted, wanted, NULL, NULL, &err) != MP_OK)
        fail_msg("%s:%u: what is expected: %s", c->file, c->line, err.message);
    return true;
}

typedef bool each_case(language_case *c, unsigned number);

/* Returns how many cases failed; *count counts them all. */
static unsigned for_each_case(const char *file, each_case *work, unsigned *count)
{
    char         path[1024];
    mp_str       here = mp_str_from(__FILE__), text;
    size_t       slash = mp_str_rfind(here, '/');
    mp_arena     arena = MP_ARENA_INIT;
    mp_json_doc *doc = NULL;
    mp_error     err = { 0 };
    snprintf(path, sizeof(path), "%.*s/language/%s.txt", slash == SIZE_MAX ? 1 : (int)slash,
             slash == SIZE_MAX ? "." : here.ptr, file);
    if (mp_source_slurp(&text, path, 0, &arena, &err) != MP_OK)
        fail_msg("%s", err.message);
    CHECK(mp_json_doc_new(&doc, NULL) == MP_OK);
    language_case c = { .file = file };
    unsigned      failed = 0, line_number = 1;
    while (next_case(&c, &text, &line_number, doc))
        failed += !work(&c, (*count)++);
    mp_json_doc_free(doc);
    mp_arena_free(&arena);
    return failed;
}

/* ---- answering ---- */

static mp_code new_requester(mp_requester **out, bool keep_all)
{
    mp_requester_options options = { .keep_all = keep_all };
    CHECK(mp_clock_parse(&options.now, MP_S("2026-01-31T09:00:00Z")));
    return mp_requester_new(out, &options, NULL);
}

static void write_diagnostics(mp_jsonw *w, const mp_diagnostics *d)
{
    mp_jsonw_key(w, MP_S("diagnostics"));
    mp_jsonw_array(w);
    for (const mp_diagnostic *one = d->first; one; one = one->next) {
        mp_jsonw_object(w);
        mp_jsonw_put_str(w, "severity", one->severity == MP_SEVERITY_ERROR ? MP_S("error") : MP_S("warning"));
        mp_jsonw_put_str(w, "code", mp_str_from(mp_code_name(one->error.code)));
        mp_jsonw_put_str(w, "message", mp_str_from(one->error.message));
        mp_jsonw_put_int(w, "line", one->error.pos.line);
        mp_jsonw_put_int(w, "column", one->error.pos.col);
        mp_jsonw_put_str(w, "nearest", one->nearest);
        mp_jsonw_end(w);
    }
    mp_jsonw_end(w);
}

/* The answer, with the diagnostics beside it. */
static const mp_json *with_diagnostics(const mp_json *answer, const mp_requester *r, mp_arena *arena)
{
    mp_jsonw w;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    for (MP_JSON_MEMBERS(key, answer)) {
        mp_jsonw_key(&w, mp_json_str(key));
        mp_jsonw_value(&w, key + 1);
    }
    write_diagnostics(&w, mp_requester_diagnostics(r));
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

static void show(const language_case *c, bool keep_all, const mp_json *found)
{
    mp_buf text = MP_BUF_INIT;
    mp_buf_add_json(&text, found);
    print_error("%s.txt:%u%s\n  found  %.*s\n", c->file, c->line, keep_all ? " (keeping all)" : "",
                MP_FMT(mp_buf_str(&text)));
    mp_buf_clear(&text);
    mp_buf_add_json(&text, c->wanted);
    print_error("  wanted %.*s\n", MP_FMT(mp_buf_str(&text)));
    mp_buf_free(&text);
}

static bool answers_as_expected(const language_case *c, bool keep_all)
{
    mp_requester  *r = NULL;
    const mp_json *answer = NULL;
    mp_arena       arena = MP_ARENA_INIT;
    CHECK(new_requester(&r, keep_all) == MP_OK);
    CHECK(mp_request_answer(&answer, r, c->request, NULL) == MP_OK);
    const mp_json *found = with_diagnostics(answer, r, &arena);
    bool           fitting = found && json_fits(c->wanted, found);
    if (!fitting)
        show(c, keep_all, found ? found : answer);
    mp_requester_free(r);
    mp_arena_free(&arena);
    return fitting;
}

static bool check_case(language_case *c, unsigned number)
{
    (void)number;
    bool folded = answers_as_expected(c, false);
    return answers_as_expected(c, true) && folded;
}

/* With little memory the answer is the same or there is none. */
static bool answers_or_lacks_memory(void *context)
{
    const language_case *c = context;
    mp_requester        *r = NULL;
    const mp_json       *answer = NULL;
    mp_error             err = { 0 };
    if (new_requester(&r, false) != MP_OK)
        return false;
    mp_code code = mp_request_answer(&answer, r, c->request, &err);
    if (code != MP_OK) {
        CHECK(code == MP_NOMEM && err.code == MP_NOMEM);
    } else if (!mp_json_get(c->wanted, MP_S("diagnostics")) && !json_fits(c->wanted, answer)) {
        show(c, false, answer);
        fail_msg("another answer when memory is short");
    }
    mp_requester_free(r);
    return code == MP_OK;
}

static bool survive(language_case *c, unsigned number)
{
    if (number % EVERY_NTH == 0)
        fault_loop(answers_or_lacks_memory, c);
    return true;
}

/* ---- limits whose cases are too long to be written down ---- */

/* Answers a request of the pieces head, count times part with a comma between, tail. */
static void check_long(const char *head, const char *part, unsigned count, const char *tail, const char *wanted)
{
    mp_buf         text = MP_BUF_INIT;
    mp_requester  *r = NULL;
    const mp_json *answer = NULL;
    mp_buf_add(&text, mp_str_from(head));
    for (unsigned i = 0; i < count; i++) {
        mp_buf_add(&text, mp_str_from(i && part[1] ? "," : "")); /* single letters make a word */
        mp_buf_add(&text, mp_str_from(part));
    }
    mp_buf_add(&text, mp_str_from(tail));
    CHECK(!text.failed && new_requester(&r, false) == MP_OK);
    CHECK(mp_request_answer(&answer, r, mp_buf_str(&text), NULL) == MP_OK);
    const mp_json *error = mp_json_get(answer, MP_S("error"));
    const mp_json *found = mp_json_get(error ? error : answer, error ? MP_S("code") : MP_S("outcome"));
    CHECK_STR(mp_json_str(found), wanted);
    mp_requester_free(r);
    mp_buf_free(&text);
}

TEST(limits_hold_to_the_last_one)
{
    static const char then[] = ",\"then\":{\"effect\":\"audit\"}}}";
    static const char exists[] = "{\"field\":\"a\",\"exists\":false}";
    static const char value[] = "{\"resource\":{},\"policyRule\":{\"if\":{\"value\":\"[concat('";
    static const char calls[] = "{\"value\":\"[and(true(),not(false()),not(false()))]\",\"equals\":true}";
    static const char field[] =
        "{\"policyRule\":{\"if\":{\"value\":\"[length(concat(field('a'),field('a')))]\",\"greater\":1},"
        "\"then\":{\"effect\":\"audit\"}},\"resource\":{\"a\":\"";
    char all[64], value_tail[128], all_tail[128];
    snprintf(all, sizeof(all), "{\"resource\":{},\"policyRule\":{\"if\":{\"allOf\":[");
    snprintf(all_tail, sizeof(all_tail), "]}%s", then);
    snprintf(value_tail, sizeof(value_tail), "')]\",\"exists\":true}%s", then);
    check_long(all, exists, 4096, all_tail, "effect");
    check_long(all, exists, 4097, all_tail, "limit");
    check_long(all, calls, 341, all_tail, "effect"); /* of six calls each: 2046 */
    check_long(all, calls, 342, all_tail, "limit");
    check_long(value, "a", 81920 - 12, value_tail, "effect");
    check_long(value, "a", 81920 - 11, value_tail, "limit");
    check_long(field, "x", 65536, "\"}}", "effect"); /* twice that is as long as a text may be */
    check_long(field, "x", 65537, "\"}}", "limit");
}

/* ---- the tests: one for each file ---- */

static unsigned total;

static void run_file(const char *file)
{
    unsigned count = 0;
    unsigned failed = for_each_case(file, check_case, &count);
    total += count;
    CHECK_INT(failed, 0);
    count = 0;
    for_each_case(file, survive, &count);
}

#define LANGUAGE_FILES(FILE)                                                                   \
    FILE(operators) FILE(fields) FILE(arrays) FILE(count) FILE(expressions) FILE(parameters)   \
    FILE(effects) FILE(related) FILE(applicability) FILE(context) FILE(errors) FILE(limits)

#define FILE_TEST(name) TEST(language_of_##name) { run_file(#name); }
LANGUAGE_FILES(FILE_TEST)

TEST(language_has_many_cases)
{
    print_message("%u cases\n", total);
    CHECK(total >= 350);
}

#define FILE_RUN(name) RUN(language_of_##name),

int main(void)
{
    return MAIN(LANGUAGE_FILES(FILE_RUN) RUN(limits_hold_to_the_last_one), RUN(language_has_many_cases));
}
