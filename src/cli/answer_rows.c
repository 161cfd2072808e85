/* SPDX-License-Identifier: Apache-2.0 */
#include "answer_rows.h"

#include "buf.h"
#include "clock.h"
#include "columns.h"
#include "comply.h"
#include "map.h"
#include "secret.h"

typedef struct reading {
    const mp_answer_rows_of *of;
    mp_answer_rows *out;
    mp_arena *arena;
    size_t at[MP_ANSWER_COLUMNS]; /* of each column; SIZE_MAX: it is not there */
    mp_jsonw w;                   /* of the answers */
    mp_map controls;              /* of the framework, by label and by id */
    mp_map seen;                  /* "control~question" to the row that answers it */
} reading;

/* ---- faults, each with its cell ---- */

static void fault(reading *r, size_t column, size_t row, const mp_error *why)
{
    char cell[MP_SHEET_PLACE];
    mp_sheet_place(cell, column, row);
    r->out->faults++;
    r->of->fault(r->of->ctx, cell, why);
}

static mp_str cell(const reading *r, const mp_sheet_row *row, mp_answer_column column)
{
    return r->at[column] == SIZE_MAX ? MP_S("") : mp_str_trim(mp_sheet_cell(row, r->at[column]));
}

#define FAULT(r, column, row, ...)                                  \
    do {                                                            \
        mp_error why_ = { .code = MP_OK };                          \
        (void)mp_fail(&why_, MP_FORMAT, MP_NOWHERE, __VA_ARGS__);   \
        fault(r, (r)->at[column], (row)->number, &why_);            \
    } while (0)

/* ---- the head ---- */

const char *const mp_answer_members[MP_ANSWER_COLUMNS] = { "control", "title",      "question", "text", "answer",
                                                           "note",    "validUntil", "evidence", "why",  "madeFrom" };

mp_str mp_answer_head(mp_lang lang, mp_answer_column column)
{
    return mp_message_of(lang, "answer.sheet.", mp_str_from(mp_answer_members[column]));
}

static bool is_head(mp_str text, mp_answer_column column)
{
    bool is = mp_str_eq_fold(text, mp_str_from(mp_answer_members[column]));
    for (unsigned lang = 0; lang < MP_LANG_COUNT; lang++)
        is = is || mp_str_eq_fold(text, mp_answer_head((mp_lang)lang, column));
    return is;
}

static mp_code read_head(reading *r, mp_error *err)
{
    static const mp_answer_column needed[] = { MP_ANSWER_CONTROL, MP_ANSWER_QUESTION, MP_ANSWER_ANSWER };
    const mp_sheet_row *head = r->of->table->count ? &r->of->table->rows[0] : NULL;
    for (unsigned i = 0; i < MP_ANSWER_COLUMNS; i++) {
        r->at[i] = SIZE_MAX;
        for (size_t k = 0; head && k < head->count; k++)
            if (is_head(mp_str_trim(head->cells[k]), (mp_answer_column)i))
                r->at[i] = k;
    }
    for (size_t i = 0; i < MP_COUNT(needed); i++)
        if (r->at[needed[i]] == SIZE_MAX)
            return mp_fail(err, MP_FORMAT, MP_NOWHERE,
                           "this is no sheet of answers: its first row has no column '%.*s'; mapae answer export makes one",
                           MP_FMT(mp_answer_head(r->of->lang, needed[i])));
    return MP_OK;
}

/* ---- a row ---- */

/* By its label or its id; the first of that name. */
static mp_code know_control(reading *r, const mp_json *control, mp_error *err)
{
    static const char *const names[] = { "label", "id" };
    for (size_t i = 0; i < MP_COUNT(names); i++) {
        mp_str name = mp_comply_text(control, names[i]);
        if (name.len && !mp_map_get(&r->controls, name))
            MP_TRY(mp_map_put(&r->controls, name, (void *)(uintptr_t)control, err));
    }
    return MP_OK;
}

static mp_code know_controls(reading *r, mp_error *err)
{
    const mp_json *controls = mp_json_get(r->of->standing, MP_S("controls"));
    if (mp_json_is(controls, MP_JSON_ARRAY))
        for (MP_JSON_EACH(control, controls))
            MP_TRY(know_control(r, control, err));
    return MP_OK;
}

static const mp_json *find_question(const mp_json *control, mp_str number)
{
    for (MP_JSON_EACH(part, mp_json_get(control, MP_S("parts"))))
        if (mp_str_eq(mp_comply_text(part, "kind"), MP_S("question")) &&
            mp_str_eq(mp_comply_text(part, "name"), number))
            return part;
    return NULL;
}

/* White space is a matter of the spreadsheet. */
static bool is_same_text(mp_str a, mp_str b)
{
    size_t i = 0, k = 0;
    for (;; i++, k++) {
        while (i < a.len && (unsigned char)a.ptr[i] <= ' ')
            i++;
        while (k < b.len && (unsigned char)b.ptr[k] <= ' ')
            k++;
        if (i == a.len || k == b.len)
            return i == a.len && k == b.len;
        if (a.ptr[i] != b.ptr[k])
            return false;
    }
}

static bool is_worded_so(const mp_json *question, mp_str text)
{
    const mp_json *words = mp_json_get(question, MP_S("text"));
    return !text.len || is_same_text(text, mp_comply_text(words, "ko")) ||
           is_same_text(text, mp_comply_text(words, "en"));
}

/* The answer as the API has it; NULL: it is none. */
static const char *answer_of(mp_str text)
{
    static const char *const known[][2] = {
        { "yes", "yes" },          { "y", "yes" },           { "no", "no" },
        { "n", "no" },             { "예", "yes" },          { "네", "yes" },
        { "아니오", "no" },        { "아니요", "no" },       { "해당 없음", "notApplicable" },
        { "해당없음", "notApplicable" }, { "n/a", "notApplicable" }, { "not applicable", "notApplicable" },
        { "not-applicable", "notApplicable" }, { "notApplicable", "notApplicable" },
    };
    for (size_t i = 0; i < MP_COUNT(known); i++)
        if (mp_str_eq_fold(text, mp_str_from(known[i][0])))
            return known[i][1];
    return NULL;
}

static void put_until(reading *r, const mp_sheet_row *row)
{
    char *time = mp_arena_alloc(r->arena, MP_CLOCK_TEXT);
    mp_str text = cell(r, row, MP_ANSWER_UNTIL);
    mp_ticks until;
    if (!text.len || !time)
        return;
    if (!mp_clock_parse(&until, text)) {
        FAULT(r, MP_ANSWER_UNTIL, row, "'%.*s' is no day; wanted is one such as 2026-12-31", MP_FMT(text));
        return;
    }
    if (until <= mp_clock_now())
        FAULT(r, MP_ANSWER_UNTIL, row, "%.*s is over; wanted is a day to come", MP_FMT(text));
    mp_clock_format(time, until);
    mp_jsonw_put_str(&r->w, "validUntil", mp_str_from(time));
}

static void put_evidence(reading *r, const mp_sheet_row *row)
{
    mp_str text = cell(r, row, MP_ANSWER_EVIDENCE);
    if (!text.len)
        return;
    mp_jsonw_key(&r->w, MP_S("evidence"));
    mp_sheet_cell_items(&r->w, text);
}

static mp_code check_twice(reading *r, const mp_sheet_row *row, const mp_json *control, mp_str number, mp_error *err)
{
    mp_str key = mp_arena_printf(r->arena, "%.*s~%.*s", MP_FMT(mp_comply_text(control, "id")), MP_FMT(number));
    if (!key.ptr)
        return mp_no_memory(err);
    const mp_sheet_row *first = mp_map_get(&r->seen, key);
    if (!first)
        return mp_map_put(&r->seen, key, (void *)(uintptr_t)row, err);
    FAULT(r, MP_ANSWER_CONTROL, row, "row %zu answers the same question", first->number);
    return MP_OK;
}

/* ---- what a row was made from ---- */

/* Runs of white space are one blank: a spreadsheet changes them. */
static void add_text(mp_buf *b, mp_str text)
{
    bool is_apart = false;
    text = mp_str_trim(text);
    for (size_t i = 0; i < text.len; i++) {
        bool is_space = (unsigned char)text.ptr[i] <= ' ';
        if (is_space && !is_apart)
            mp_buf_add_c(b, ' ');
        else if (!is_space)
            mp_buf_add_c(b, text.ptr[i]);
        is_apart = is_space;
    }
    mp_buf_add_c(b, '\n');
}

static void add_until(mp_buf *b, mp_str text)
{
    char time[MP_CLOCK_TEXT];
    mp_ticks until;
    if (text.len && mp_clock_parse(&until, text)) {
        mp_clock_format(time, until);
        text = mp_str_from(time);
    }
    add_text(b, text);
}

enum { PRINT = 16 }; /* digits */

/* Of what a row says: the same for the same answer, in whichever language it is written. */
static mp_code print_of(char out[2 * 32 + 1], mp_str said, mp_str note, mp_str until, mp_str evidence, mp_error *err)
{
    mp_buf b = MP_BUF_INIT;
    uint8_t digest[32];
    const char *answer = answer_of(said);
    add_text(&b, answer ? mp_str_from(answer) : said);
    add_text(&b, note);
    add_until(&b, until);
    add_text(&b, evidence);
    mp_code code = mp_buf_check(&b, err);
    if (code == MP_OK)
        code = mp_sha256(digest, mp_buf_str(&b), err);
    mp_buf_free(&b);
    MP_TRY(code);
    mp_hex(out, digest, sizeof digest);
    out[PRINT] = '\0';
    return MP_OK;
}

#define UNANSWERED MP_S("none")

mp_str mp_answer_made_from(const mp_str texts[MP_ANSWER_COLUMNS], mp_str at, mp_arena *arena)
{
    char print[2 * 32 + 1];
    mp_error why;
    if (!at.len)
        return UNANSWERED;
    if (print_of(print, texts[MP_ANSWER_ANSWER], texts[MP_ANSWER_NOTE], texts[MP_ANSWER_UNTIL], texts[MP_ANSWER_EVIDENCE], &why) != MP_OK)
        return mp_str_of(NULL, 0);
    return mp_arena_printf(arena, "%.*s %s", MP_FMT(at), print);
}

typedef struct origin {
    bool is_said;   /* sheets of before say nothing */
    mp_str at;      /* empty: the question was not answered */
    bool is_as_was; /* nobody changed the row since */
} origin;

static mp_code read_origin(origin *out, reading *r, const mp_sheet_row *row, mp_error *err)
{
    char print[2 * 32 + 1];
    mp_ticks at;
    mp_str text = cell(r, row, MP_ANSWER_FROM);
    size_t blank = mp_str_find(text, ' ');
    *out = (origin){ .is_said = text.len > 0 };
    if (!text.len || mp_str_eq_fold(text, UNANSWERED))
        return MP_OK;
    out->at = mp_str_of(text.ptr, blank == SIZE_MAX ? 0 : blank);
    if (!mp_clock_parse(&at, out->at)) {
        FAULT(r, MP_ANSWER_FROM, row, "'%.*s' is not what the export wrote here; export the questions anew",
              (int)(text.len < 60 ? text.len : 60), text.ptr);
        out->is_said = false;
        return MP_OK;
    }
    MP_TRY(print_of(print, cell(r, row, MP_ANSWER_ANSWER), cell(r, row, MP_ANSWER_NOTE), cell(r, row, MP_ANSWER_UNTIL),
                    cell(r, row, MP_ANSWER_EVIDENCE), err));
    out->is_as_was = mp_str_eq(mp_str_trim(mp_str_skip(text, blank)), mp_str_from(print));
    return MP_OK;
}

#define CONFLICT(r, row, ...)                                                  \
    do {                                                                       \
        mp_error why_ = { .code = MP_OK };                                     \
        char     cell_[MP_SHEET_PLACE];                                        \
        (void)mp_fail(&why_, MP_CONFLICT, MP_NOWHERE, __VA_ARGS__);            \
        mp_sheet_place(cell_, (r)->at[MP_ANSWER_ANSWER], (row)->number);       \
        (r)->out->conflicts++;                                                 \
        (r)->of->fault((r)->of->ctx, cell_, &why_);                            \
    } while (0)

/* Somebody else answered, or withdrew an answer, since the sheet was made. */
static void check_since(reading *r, const mp_sheet_row *row, const origin *from, const mp_json *control, const mp_json *question)
{
    mp_str at = mp_comply_text(question, "at"), by = mp_comply_text(question, "by"), label = mp_comply_text(control, "label"),
           number = mp_comply_text(question, "name"), answer = mp_comply_text(question, "answer");
    if (r->of->is_over || !from->is_said || mp_str_eq(at, from->at) || (at.len && mp_str_eq(by, r->of->me)))
        return;
    if (!at.len) {
        CONFLICT(r, row, "question %.*s of control '%.*s': the answer that this row was made from was withdrawn since",
                 MP_FMT(number), MP_FMT(label));
        return;
    }
    mp_str name = r->of->name ? r->of->name(r->of->ctx, by) : by, said = mp_message_of(r->of->lang, "answer.is.", answer);
    CONFLICT(r, row, "question %.*s of control '%.*s': %.*s answered %.*s at %.*s, after this row was made", MP_FMT(number),
             MP_FMT(label), (int)(name.len < 80 ? name.len : 80), name.ptr, MP_FMT(said.len ? said : answer), MP_FMT(at));
}

/* ---- a row, all of it ---- */

/* It stands so already: who said it, and when, stays. */
static bool stands_so(const reading *r, const mp_sheet_row *row, const mp_json *question, const char *answer)
{
    mp_str since = mp_comply_text(question, "validUntil"), until = cell(r, row, MP_ANSWER_UNTIL);
    mp_ticks a = 0, b = 0;
    bool is_open = !mp_str_starts(mp_comply_text(question, "why"), MP_S("answered"));
    if (is_open || !answer || !mp_str_eq(mp_comply_text(question, "answer"), mp_str_from(answer)) ||
        !mp_str_eq(mp_comply_text(question, "note"), cell(r, row, MP_ANSWER_NOTE)))
        return false;
    const mp_column evidence = { .member = "evidence" };
    mp_str pieces = mp_columns_value(MP_LANG_EN, &evidence, question, r->arena);
    bool is_same_time = since.len == 0 ? until.len == 0
                                       : mp_clock_parse(&a, since) && mp_clock_parse(&b, until) && a == b;
    return is_same_time && is_same_text(pieces, cell(r, row, MP_ANSWER_EVIDENCE));
}

/* Of a question that there is: some digits. */
static int64_t number_of(mp_str digits)
{
    int64_t n = 0;
    for (size_t i = 0; i < digits.len && n < 1000; i++)
        n = 10 * n + (digits.ptr[i] - '0');
    return n;
}

static mp_code put_row(reading *r, const mp_sheet_row *row, mp_error *err)
{
    mp_str name = cell(r, row, MP_ANSWER_CONTROL), number = cell(r, row, MP_ANSWER_QUESTION),
           said = cell(r, row, MP_ANSWER_ANSWER), note = cell(r, row, MP_ANSWER_NOTE);
    origin from;
    if (!said.len)
        return MP_OK; /* still open */
    MP_TRY(read_origin(&from, r, row, err));
    const mp_json *control = mp_map_get(&r->controls, name), *question = control ? find_question(control, number) : NULL;
    const char *answer = answer_of(said);
    if (from.is_as_was && !stands_so(r, row, question, answer)) {
        r->out->untouched++;
        return MP_OK;
    }
    if (!control)
        FAULT(r, MP_ANSWER_CONTROL, row, "'%.*s' is no control here", MP_FMT(name));
    else if (!question)
        FAULT(r, MP_ANSWER_QUESTION, row, "control '%.*s' has no question '%.*s'", MP_FMT(name), MP_FMT(number));
    else if (!is_worded_so(question, cell(r, row, MP_ANSWER_TEXT)))
        FAULT(r, MP_ANSWER_TEXT, row, "the question is worded otherwise now; export the questions anew");
    if (!answer)
        FAULT(r, MP_ANSWER_ANSWER, row, "'%.*s' is no answer; wanted is yes, no or not applicable", MP_FMT(said));
    if (question)
        MP_TRY(check_twice(r, row, control, number, err));
    if (question && stands_so(r, row, question, answer)) {
        r->out->unchanged++;
        return MP_OK;
    }
    if (question)
        check_since(r, row, &from, control, question);
    mp_jsonw_object(&r->w);
    mp_jsonw_put_str(&r->w, "control", name);
    mp_jsonw_put_int(&r->w, "question", question ? number_of(number) : 0);
    mp_jsonw_put_str(&r->w, "answer", mp_str_from(answer ? answer : ""));
    mp_jsonw_put_filled(&r->w, "note", note);
    put_until(r, row);
    put_evidence(r, row);
    mp_jsonw_put_str(&r->w, "seen", mp_comply_text(question, "at")); /* nobody's answer of meanwhile is replaced */
    mp_jsonw_end(&r->w);
    r->out->count++;
    return MP_OK;
}

/* ---- together ---- */

static mp_code put_rows(reading *r, mp_error *err)
{
    MP_TRY(know_controls(r, err));
    mp_jsonw_init(&r->w, r->arena);
    mp_jsonw_object(&r->w);
    mp_jsonw_put_str(&r->w, "framework", mp_comply_text(r->of->standing, "framework"));
    if (r->of->measure)
        mp_jsonw_put_str(&r->w, "measure", mp_str_from(r->of->measure));
    mp_jsonw_key(&r->w, MP_S("value"));
    mp_jsonw_array(&r->w);
    for (size_t i = 1; i < r->of->table->count; i++)
        MP_TRY(put_row(r, &r->of->table->rows[i], err));
    mp_jsonw_end(&r->w);
    mp_jsonw_end(&r->w);
    r->out->body = mp_jsonw_done(&r->w);
    return r->out->body ? MP_OK : mp_no_memory(err);
}

mp_code mp_answer_rows_check(const mp_sheet_table *table, mp_lang lang, mp_error *err)
{
    const mp_answer_rows_of of = { .table = table, .lang = lang };
    reading r = { .of = &of };
    return read_head(&r, err);
}

mp_code mp_answer_rows_read(mp_answer_rows *out, const mp_answer_rows_of *of, mp_arena *arena, mp_error *err)
{
    reading r = { .of = of, .out = out, .arena = arena, .controls = MP_MAP_INIT_FOLD, .seen = MP_MAP_INIT };
    *out = (mp_answer_rows){ .body = NULL };
    MP_TRY(read_head(&r, err));
    mp_code code = put_rows(&r, err);
    mp_map_free(&r.controls);
    mp_map_free(&r.seen);
    return code;
}
