/* SPDX-License-Identifier: Apache-2.0 */
/* The language of forms: what it can say, and that whatever is wrong is named with its place. */
#include "test.h"

#include <pthread.h>
#include <stdio.h>

#include "fault.h"
#include "paper.h"

static const mp_json *read_json(mp_json_doc **doc, mp_str text)
{
    const mp_json *root = NULL;
    CHECK_INT(mp_json_doc_new(doc, NULL), MP_OK);
    CHECK_INT(mp_json_read(*doc, &root, text, NULL, NULL, NULL), MP_OK);
    return root;
}

static mp_code render(mp_buf *out, const char *form_text, const char *data_text, mp_paper_format format,
                      const mp_paper_options *options, mp_error *err)
{
    mp_form *form = NULL;
    mp_json_doc *doc;
    const mp_json *data = read_json(&doc, mp_str_from(data_text));
    mp_code code = mp_form_compile(&form, MP_S("mine"), mp_str_from(form_text), err);
    if (code == MP_OK)
        code = mp_paper_render(out, form, data, format, options, err);
    mp_form_free(form);
    mp_json_doc_free(doc);
    return code;
}

#define FORM(body)                                                                                           \
    "{\"title\": \"T\", \"paper\": {\"cover\": false, \"contents\": false}, \"body\": [" body "]}"
#define DATA                                                                                                 \
    "{\"name\": {\"ko\": \"이름\", \"en\": \"Name\"}, \"n\": 1234567, \"r\": 0.9999, \"t\": "              \
    "\"2026-01-31T09:30:00Z\", \"late\": \"2026-01-31T23:30:00Z\", \"day\": \"2026-01-31\", "                                                                             \
    "\"none\": null, \"yes\": true, \"size\": 1536, \"list\": [\"a\", \"b\", 3], \"state\": \"ok\", "        \
    "\"rows\": [{\"id\": \"x\", \"v\": 1}, {\"id\": \"y\", \"v\": 2}, {\"id\": \"z\", \"v\": 3}], "          \
    "\"nest\": [[{\"k\": [1, 2]}], [{\"k\": []}]]}"

/* The text of the paragraph that `text` makes. */
static void check_text(const char *text, mp_lang lang, const char *wanted)
{
    char form[1024];
    mp_buf out = MP_BUF_INIT;
    mp_error err = { 0 };
    snprintf(form, sizeof form,
             "{\"title\": \"T\", \"words\": {\"state\": {\"ok\": {\"ko\": \"정상\", \"en\": \"Fine\"}}}, "
             "\"paper\": "
             "{\"cover\": false, \"contents\": false}, \"body\": [{\"text\": \"[%s]\"}]}",
             text);
    mp_code code = render(&out, form, DATA, MP_PAPER_HTML, &(mp_paper_options){ .lang = lang }, &err);
    if (code != MP_OK)
        print_error("%s: %s\n", text, err.message);
    CHECK_INT(code, MP_OK);
    size_t at = mp_str_find_str(mp_buf_str(&out), MP_S("<p class=\"\">["));
    CHECK(at != SIZE_MAX);
    mp_str found = mp_str_skip(mp_buf_str(&out), at + 13);
    found.len = mp_str_find_str(found, MP_S("]</p>"));
    CHECK_STR(found, wanted);
    mp_buf_free(&out);
}

TEST(values_are_shown)
{
    static const struct {
        const char *text;
        mp_lang lang;
        const char *wanted;
    } cases[] = {
        { "{name} {n}", MP_LANG_KO, "이름 1234567" },
        { "{name} {n|count}", MP_LANG_EN, "Name 1,234,567" },
        { "{r|percent}", MP_LANG_EN, "99.9%" }, /* cut: not all */
        { "{r|number}", MP_LANG_EN, "1" },
        { "{t|day} {t|time}", MP_LANG_KO, "2026-01-31 2026-01-31 18:30 (한국 표준시)" },
        { "{t|time}", MP_LANG_EN, "2026-01-31 09:30 (UTC)" },
        { "{t|date} {late|day} {late|date} {day|day}", MP_LANG_KO, "2026년 1월 31일 2026-02-01 2026년 2월 1일 2026-01-31" },
        { "{t|date}", MP_LANG_KO, "2026년 1월 31일" },
        { "{t|date}", MP_LANG_EN, "31 January 2026" },
        { "{none}{gone?}{rows.7.id?}", MP_LANG_EN, "" },
        { "{yes} {not yes}", MP_LANG_KO, "예 아니요" },
        { "{size|size}", MP_LANG_EN, "1.5 KiB" },
        { "{list} {list|join: / } {rows[].id|join}", MP_LANG_EN, "a, b, 3 a / b / 3 x, y, z" },
        { "{list|lines}", MP_LANG_EN, "a&#10;b&#10;3" },
        { "{state|word:state} {n|word:state}", MP_LANG_KO, "정상 1234567" },
        { "{rows.1.id} {count(rows)} {empty(none)} {nest[][].k[]|join}", MP_LANG_EN, "y 3 Yes 1, 2" },
        { "{{n} }", MP_LANG_EN, "{n} }" },
        { "{n > 5 and (state == 'ok' or gone?)} {n == 1234567} {state != 'ok'}", MP_LANG_EN, "Yes Yes No" },
        { "{r < 1} {'b' >= 'a'} {name == name} {null == none} {-1.5 < 0}", MP_LANG_EN, "Yes Yes No Yes Yes" },
        { "{'<b>&'}", MP_LANG_EN, "&lt;b&gt;&amp;" },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++)
        check_text(cases[i].text, cases[i].lang, cases[i].wanted);
}

TEST(what_is_wrong_is_named_with_its_place)
{
    static const struct {
        const char *form;
        mp_code code;
        mp_pos pos;
        const char *sentence; /* a part of it */
    } cases[] = {
        { "", MP_SYNTAX, { 1, 1 }, "" },
        { "[]", MP_COMPILE, { 1, 1 }, "wanted a form" },
        { "{\"title\": \"T\",\n \"bodi\": []}",
          MP_COMPILE,
          { 2, 2 },
          "'bodi' has no place here; did you mean 'body'?" },
        { "{\"title\": \"T\"}", MP_COMPILE, { 1, 1 }, "\"title\" and \"body\"" },
        { FORM("\n{\"txt\": \"x\"}"), MP_COMPILE, { 2, 1 }, "wanted a block" },
        { FORM("\n {\"text\": \"{n\"}"), MP_COMPILE, { 2, 11 }, "'{' without '}'" },
        { FORM("{\"text\": \"{n|cuont}\"}"), MP_COMPILE, { 1, 80 }, "did you mean 'count'?" },
        { FORM("{\"text\": \"{n|word}\"}"), MP_COMPILE, { 1, 80 }, "a table of words" },
        { FORM("{\"text\": \"{n|count:2}\"}"), MP_COMPILE, { 1, 80 }, "takes no argument" },
        { FORM("{\"text\": \"{n ==}\"}"), MP_COMPILE, { 1, 80 }, "ends where a path" },
        { FORM("{\"text\": \"{(n}\"}"), MP_COMPILE, { 1, 80 }, "ends where ')'" },
        { FORM("{\"text\": \"{n m}\"}"), MP_COMPILE, { 1, 80 }, "wanted its end" },
        { FORM("{\"text\": {\"ko\": \"x\"}}"), MP_COMPILE, { 1, 80 }, "\"en\" and \"ko\"" },
        { FORM("{\"each\": \"rows\", \"do\": []}"), MP_COMPILE, { 1, 71 }, "\"as\"" },
        { FORM("{\"text\": \"x\", \"look\": \"goood\"}"), MP_COMPILE, { 1, 93 }, "did you mean 'good'?" },
        { FORM("\n\n{\"text\": \"{rows.0.nothing}\"}"),
          MP_REFERENCE,
          { 3, 10 },
          "asks for 'rows.0.nothing', and there is no 'nothing'" },
        { FORM("{\"each\": \"n\", \"as\": \"x\", \"do\": []}"),
          MP_EVALUATION,
          { 1, 80 },
          "goes through an array" },
        { FORM("{\"text\": \"{n[]}\"}"), MP_EVALUATION, { 1, 80 }, "no array" },
        { FORM("{\"text\": \"{rows.0}\"}"), MP_EVALUATION, { 1, 80 }, "shows an object" },
        { FORM("{\"text\": \"{state|count}\"}"), MP_EVALUATION, { 1, 80 }, "as a number" },
        { FORM("{\"text\": \"{state|day}\"}"), MP_EVALUATION, { 1, 80 }, "as a time" },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        mp_buf out = MP_BUF_INIT;
        mp_error err = { 0 };
        mp_code code =
            render(&out, cases[i].form, DATA, MP_PAPER_HTML, &(mp_paper_options){ .lang = MP_LANG_EN }, &err);
        if (code != cases[i].code || err.pos.line != cases[i].pos.line || err.pos.col != cases[i].pos.col ||
            !strstr(err.message, cases[i].sentence))
            print_error("%s\n%u:%u %s\n", cases[i].form, err.pos.line, err.pos.col, err.message);
        CHECK_INT(code, cases[i].code);
        CHECK(err.pos.line == cases[i].pos.line && err.pos.col == cases[i].pos.col);
        CHECK(strstr(err.message, cases[i].sentence) != NULL);
        CHECK_INT(out.len, 0);
        mp_buf_free(&out);
    }
}

TEST(limits_are_named)
{
    static const char rows[] = FORM("{\"table\": \"t\", \"each\": \"rows\", \"as\": \"x\", \"columns\": "
                                    "[{\"head\": \"h\", \"text\": \"{x.id}\"}]}");
    static const char endless[] = FORM("{\"each\": \"rows\", \"as\": \"a\", \"do\": [{\"each\": \"rows\", "
                                       "\"as\": \"b\", \"do\": [{\"page\": \"break\"}, "
                                       "{\"text\": \"x\"}]}]}");
    for (int format = 0; format < MP_PAPER_FORMAT_COUNT; format++) {
        mp_buf out = MP_BUF_INIT;
        mp_error err = { 0 };
        CHECK_INT(
            render(&out, rows, DATA, (mp_paper_format)format, &(mp_paper_options){ .max_rows = 2 }, &err),
            MP_LIMIT);
        CHECK_INT(
            render(&out, rows, DATA, (mp_paper_format)format, &(mp_paper_options){ .max_bytes = 200 }, &err),
            MP_LIMIT);
        CHECK_INT(out.len, 0);
        mp_buf_free(&out);
    }
    mp_buf out = MP_BUF_INIT;
    mp_error err = { 0 };
    CHECK_INT(render(&out, endless, DATA, MP_PAPER_PDF, &(mp_paper_options){ .max_pages = 5 }, &err),
              MP_LIMIT);
    CHECK(strstr(err.message, "more than 5 pages") != NULL);
    mp_buf_free(&out);
}

TEST(depth_is_limited)
{
    mp_buf deep = MP_BUF_INIT;
    mp_form *form = NULL;
    mp_error err = { 0 };
    mp_buf_add(&deep, MP_S("{\"title\": \"T\", \"body\": "));
    for (int i = 0; i < 40; i++)
        mp_buf_add(&deep, MP_S("[{\"if\": \"n\", \"do\": "));
    mp_buf_add(&deep, MP_S("[]"));
    for (int i = 0; i < 40; i++)
        mp_buf_add(&deep, MP_S("}]"));
    mp_buf_add(&deep, MP_S("}"));
    CHECK_INT(mp_form_compile(&form, MP_S("deep"), mp_buf_str(&deep), &err), MP_LIMIT);
    mp_buf_clear(&deep);
    mp_buf_add(&deep, MP_S("{\"title\": \"{"));
    for (int i = 0; i < 10000; i++)
        mp_buf_add(&deep, MP_S("("));
    mp_buf_add(&deep, MP_S("n}\", \"body\": []}"));
    CHECK_INT(mp_form_compile(&form, MP_S("deep"), mp_buf_str(&deep), &err), MP_LIMIT);
    mp_buf_free(&deep);
}

TEST(forms_are_found_by_name)
{
    mp_form *form = NULL;
    mp_error err = { 0 };
    for (size_t i = 0; mp_form_builtin_at(i).len; i++) {
        CHECK_INT(mp_form_open(&form, mp_form_builtin_at(i), NULL, &err), MP_OK);
        for (int lang = 0; lang < MP_LANG_COUNT; lang++)
            CHECK(mp_form_title(form, (mp_lang)lang).len > 0 && mp_form_about(form, (mp_lang)lang).len > 0);
        mp_form_free(form);
    }
    form = NULL;
    CHECK_INT(mp_form_open(&form, MP_S("statement-of-aplicability"), NULL, &err), MP_MISSING);
    CHECK(strstr(err.message, "did you mean 'statement-of-applicability'?") != NULL);
    CHECK_INT(mp_form_open(&form, MP_S("../../etc/passwd"), "/", &err), MP_MISSING);
    CHECK_INT(mp_form_open(&form, MP_S(""), "/", &err), MP_MISSING);
    CHECK(form == NULL);
}

/* ---- threads ---- */

#define THREADS 4

static const char page_form[] = FORM(
    "{\"heading\": \"머리\"}, {\"table\": \"t\", \"each\": \"rows\", \"as\": \"x\", \"columns\": "
    "[{\"head\": \"h\", \"text\": \"{x.id} 가나다라 العربية\"}]}, {\"note\": \"{name}\", \"title\": \"n\"}");

static void *render_some(void *arg)
{
    mp_buf *out = arg;
    for (int i = 0; i < 3; i++) {
        mp_buf_clear(out);
        if (render(out, page_form, DATA, MP_PAPER_PDF, &(mp_paper_options){ .lang = MP_LANG_KO }, NULL) !=
            MP_OK)
            return NULL;
    }
    return arg;
}

TEST(threads_render_the_same_bytes)
{
    pthread_t threads[THREADS];
    mp_buf outs[THREADS] = { MP_BUF_INIT };
    for (int i = 0; i < THREADS; i++)
        CHECK_INT(pthread_create(&threads[i], NULL, render_some, &outs[i]), 0);
    for (int i = 0; i < THREADS; i++) {
        void *done = NULL;
        CHECK_INT(pthread_join(threads[i], &done), 0);
        CHECK(done == &outs[i]);
        CHECK(outs[i].len > 1000 && mp_str_eq(mp_buf_str(&outs[i]), mp_buf_str(&outs[0])));
    }
    for (int i = 0; i < THREADS; i++)
        mp_buf_free(&outs[i]);
}

/* Rows that name records, a figure over some of them, columns that are spread, lines within a cell. */
static const char records_form[] = FORM(
    "{\"figures\": [{\"label\": \"N\", \"text\": \"{count(rows)|count}\", "
    "\"records\": {\"each\": \"rows\", \"as\": \"r\", \"where\": \"r.v > 1 and r.id in list2\", \"id\": \"r.id\"}}]},"
    "{\"table\": \"All\", \"each\": \"rows\", \"as\": \"r\", \"columns\": ["
    "{\"head\": \"Id\", \"text\": \"{r.ids|records}\"}, {\"head\": \"{e}\", \"each\": \"list2\", \"as\": \"e\", "
    "\"cells\": \"r.ids\", \"text\": \"{e}\"}, "
    "{\"head\": \"Lines\", \"each\": \"r.ids\", \"as\": \"i\", \"where\": \"i != 'a/x'\", \"text\": \"{@}: {i}\"}]}");
static const char records_data[] =
    "{\"list2\": [\"y\", \"z\"], \"rows\": [{\"id\": \"x\", \"v\": 1, \"ids\": [\"a/x\", \"b/y\", \"a/x\"]}, "
    "{\"id\": \"y\", \"v\": 2, \"ids\": []}, {\"id\": \"z\", \"v\": 3, \"ids\": [\"6d617061-652e-436c-8f75-64731da4520b\"]}]}";

static size_t count_of(mp_str text, mp_str part)
{
    size_t count = 0, at;
    for (; (at = mp_str_find_str(text, part)) != SIZE_MAX; count++)
        text = mp_str_skip(text, at + part.len);
    return count;
}

TEST(records_have_short_references)
{
    mp_buf out = MP_BUF_INIT;
    mp_error err = { 0 };
    mp_code code = render(&out, records_form, records_data, MP_PAPER_HTML, &(mp_paper_options){ .lang = MP_LANG_EN }, &err);
    if (code != MP_OK)
        print_error("%s\n", err.message);
    CHECK_INT(code, MP_OK);
    mp_str page = mp_buf_str(&out);
    /* sorted by id: the GUID is the first, whose name is its beginning; one that comes twice stands once */
    CHECK_INT(count_of(page, MP_S("<td><a href=\"#r2\">R2</a> x&#10;<a href=\"#r3\">R3</a> y</td>")), 1);
    CHECK_INT(count_of(page, MP_S("<a href=\"#r1\">R1</a> 6d617061</td>")), 1);
    CHECK_INT(count_of(page, MP_S("<td id=\"r")), 3);
    CHECK_INT(count_of(page, MP_S("<th scope=\"col\">y</th>")), 1);
    CHECK_INT(count_of(page, MP_S("<td>2: b/y")) + count_of(page, MP_S("<td>1: b/y")), 1);
    CHECK_INT(count_of(page, MP_S(">y, z</td>")), 1); /* behind the figure */
    mp_buf_free(&out);
}

static bool render_short(void *format)
{
    mp_buf out = MP_BUF_INIT;
    mp_form *form = NULL;
    mp_json_doc *doc = NULL;
    const mp_json *data;
    mp_code code = mp_json_doc_new(&doc, NULL);
    if (code == MP_OK)
        code = mp_json_read(doc, &data, mp_str_from(records_data), NULL, NULL, NULL);
    if (code == MP_OK)
        code = mp_form_compile(&form, MP_S("mine"), mp_str_from(records_form), NULL);
    if (code == MP_OK)
        code = mp_paper_render(&out, form, data, *(mp_paper_format *)format,
                               &(mp_paper_options){ .lang = MP_LANG_KO }, NULL);
    CHECK(code == MP_OK || code == MP_NOMEM);
    mp_form_free(form);
    mp_json_doc_free(doc);
    mp_buf_free(&out);
    return code == MP_OK;
}

TEST(memory_that_runs_out)
{
    mp_paper_format format = MP_PAPER_HTML;
    CHECK(fault_loop(render_short, &format) > 3);
}

int main(void)
{
    return MAIN(RUN(values_are_shown), RUN(what_is_wrong_is_named_with_its_place), RUN(limits_are_named),
                RUN(depth_is_limited), RUN(forms_are_found_by_name), RUN(threads_render_the_same_bytes),
                RUN(records_have_short_references), RUN(memory_that_runs_out));
}
