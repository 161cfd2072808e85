/* SPDX-License-Identifier: Apache-2.0 */
/* Answers out of a spreadsheet. Every row is held against the framework as it stands now: its controls, how many
 * questions they have, how those are worded. */
#include <stdio.h>

#include "answer_sheet.h"
#include "comply.h"
#include "sheet_read.h"
#include "source.h"
#include "state_changes.h"

#define SHEET_MAX ((size_t)16 << 20)
#define FAULTS_SHOWN 50

const mp_option mp_answer_import_operand = {
    .value = "FILE", .help = "operand.answer.import", .min = 1, .max = 1, MP_FIELD(mp_answer_import_args, file)
};
const mp_option mp_answer_import_options[MP_ANSWER_IMPORT_OPTIONS] = {
    { .name = "framework", .value = "NAME", .help = "option.answer.framework", MP_FIELD(mp_answer_import_args, framework) },
    { .name = "measure", .value = "NAME", .help = "option.answer.measure", MP_FIELD(mp_answer_import_args, measure) },
    { .name = "dry-run", .help = "option.answer.dry-run", MP_FIELD(mp_answer_import_args, dry_run) },
    MP_ANSWER_OPTIONS(mp_answer_import_args),
};
static const mp_column written_columns[] = { { "written", "column.written", NULL } };

typedef struct reading {
    mp_client *client;
    const mp_answer_import_args *args;
    const mp_sheet_table *table;
    const char *framework, *measure; /* as they were given, or as the sheet says */
    const mp_json *controls;         /* of how it stands */
    size_t at[MP_ANSWER_COLUMNS];    /* of each column; SIZE_MAX: it is not there */
    mp_jsonw w;                      /* of the answers */
    size_t count, unchanged, faults;
    mp_str *seen; /* "control~question" of each row */
    size_t *seen_rows, seen_count;
} reading;

/* ---- faults, each with its cell ---- */

static void fault(reading *r, size_t column, size_t row, const mp_error *why)
{
    char cell[MP_SHEET_PLACE];
    mp_sheet_place(cell, column, row);
    mp_str name = r->table->name;
    mp_str place = mp_arena_printf(r->client->cli->arena, "%s:%.*s%s%s", r->args->file, MP_FMT(name),
                                   name.len ? "!" : "", cell);
    if (r->faults++ < FAULTS_SHOWN)
        mp_cli_error(r->client->cli, place.ptr ? place.ptr : r->args->file, why);
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
    const mp_sheet_row *head = r->table->count ? &r->table->rows[0] : NULL;
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
                           MP_FMT(mp_answer_head(r->client->cli->lang, needed[i])));
    return MP_OK;
}

/* ---- of what it is: the second sheet says so ---- */

static mp_str said_in(const mp_sheet_tables *tables, const char *title)
{
    for (size_t i = 1; i < tables->count; i++)
        for (size_t k = 0; k < tables->of[i].count; k++)
            for (unsigned lang = 0; lang < MP_LANG_COUNT; lang++)
                if (mp_str_eq(mp_str_trim(mp_sheet_cell(&tables->of[i].rows[k], 0)), mp_message((mp_lang)lang, title)))
                    return mp_str_trim(mp_sheet_cell(&tables->of[i].rows[k], 1));
    return MP_S("");
}

static mp_code choose(reading *r, const mp_sheet_tables *tables, mp_error *err)
{
    mp_str framework = mp_arena_dup(&r->client->arena, said_in(tables, "column.framework")),
           measure = mp_arena_dup(&r->client->arena, said_in(tables, "column.measure"));
    if (!framework.ptr || !measure.ptr)
        return mp_no_memory(err);
    r->framework = r->args->framework;
    r->measure = r->args->measure;
    if (!r->framework && !r->measure) {
        r->measure = measure.len ? measure.ptr : NULL;
        r->framework = !measure.len && framework.len ? framework.ptr : NULL;
    }
    if (r->measure && measure.len && !mp_str_eq_fold(measure, mp_str_from(r->measure)))
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "the sheet is of the measure '%.*s', not of '%s'", MP_FMT(measure),
                       r->measure);
    return MP_OK;
}

/* ---- a row ---- */

static const mp_json *find_control(const reading *r, mp_str name)
{
    if (mp_json_is(r->controls, MP_JSON_ARRAY))
        for (MP_JSON_EACH(control, r->controls))
            if (mp_str_eq_fold(name, mp_comply_text(control, "label")) ||
                mp_str_eq_fold(name, mp_comply_text(control, "id")))
                return control;
    return NULL;
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
    char *time = mp_arena_alloc(&r->client->arena, MP_CLOCK_TEXT);
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
    mp_str key = mp_client_path(r->client, "%.*s~%.*s", MP_FMT(mp_comply_text(control, "id")), MP_FMT(number));
    if (!key.ptr)
        return mp_no_memory(err);
    for (size_t i = 0; i < r->seen_count; i++)
        if (mp_str_eq(r->seen[i], key))
            FAULT(r, MP_ANSWER_CONTROL, row, "row %zu answers the same question", r->seen_rows[i]);
    r->seen[r->seen_count] = key;
    r->seen_rows[r->seen_count++] = row->number;
    return MP_OK;
}

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
    mp_str pieces = mp_columns_value(MP_LANG_EN, &evidence, question, &r->client->arena);
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
    if (!said.len)
        return MP_OK; /* still open */
    const mp_json *control = find_control(r, name), *question = control ? find_question(control, number) : NULL;
    const char *answer = answer_of(said);
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
        r->unchanged++;
        return MP_OK;
    }
    mp_jsonw_object(&r->w);
    mp_jsonw_put_str(&r->w, "control", name);
    mp_jsonw_put_int(&r->w, "question", question ? number_of(number) : 0);
    mp_jsonw_put_str(&r->w, "answer", mp_str_from(answer ? answer : ""));
    mp_jsonw_put_filled(&r->w, "note", note);
    put_until(r, row);
    put_evidence(r, row);
    mp_jsonw_end(&r->w);
    r->count++;
    return MP_OK;
}

/* ---- together ---- */

static mp_code put_rows(reading *r, mp_error *err)
{
    r->seen = MP_ARENA_ARRAY(&r->client->arena, mp_str, r->table->count + 1);
    r->seen_rows = MP_ARENA_ARRAY(&r->client->arena, size_t, r->table->count + 1);
    if (!r->seen || !r->seen_rows)
        return mp_no_memory(err);
    mp_jsonw_init(&r->w, &r->client->arena);
    mp_jsonw_object(&r->w);
    mp_jsonw_put_str(&r->w, "framework", mp_comply_text(r->client->answer.json, "framework"));
    mp_client_member(&r->w, "measure", r->measure);
    mp_jsonw_key(&r->w, MP_S("value"));
    mp_jsonw_array(&r->w);
    for (size_t i = 1; i < r->table->count; i++)
        MP_TRY(put_row(r, &r->table->rows[i], err));
    mp_jsonw_end(&r->w);
    mp_jsonw_end(&r->w);
    return MP_OK;
}

static mp_code read_sheet(reading *r, mp_error *err)
{
    mp_sheet_tables tables;
    mp_str bytes;
    r->client->cli->file = r->args->file;
    MP_TRY(mp_source_slurp(&bytes, r->args->file, SHEET_MAX, &r->client->arena, err));
    MP_TRY(mp_sheet_read(&tables, bytes, &mp_sheet_usual, &r->client->arena, err));
    if (!tables.count)
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "wanted is a table with a first row of titles");
    r->table = &tables.of[0];
    MP_TRY(read_head(r, err));
    MP_TRY(choose(r, &tables, err));
    r->client->cli->file = NULL;
    MP_TRY(mp_answer_ask(r->client, r->framework, r->measure, err));
    r->controls = mp_json_get(r->client->answer.json, MP_S("controls"));
    MP_TRY(put_rows(r, err));
    r->client->cli->file = r->args->file;
    if (r->faults)
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "nothing is written: %zu cells are wrong", r->faults);
    if (!r->count && !r->unchanged)
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "no question is answered in it");
    r->client->cli->file = NULL;
    return MP_OK;
}

static void say_count(const mp_client *client, const char *id, size_t count)
{
    char text[24];
    snprintf(text, sizeof text, "%zu", count);
    mp_cli_note(client->cli, id, text, NULL);
}

mp_code mp_answer_import(mp_client *client, const void *args_, mp_error *err)
{
    const mp_answer_import_args *args = args_;
    reading r = { .client = client, .args = args };
    MP_TRY(read_sheet(&r, err));
    if (r.unchanged)
        say_count(client, "answer.unchanged", r.unchanged);
    const mp_json *body = mp_jsonw_done(&r.w);
    if (!body)
        return mp_no_memory(err);
    if (args->dry_run)
        say_count(client, "answer.would-write", r.count);
    if (args->dry_run || !r.count)
        return MP_OK;
    MP_TRY(mp_client_ask(client, MP_POST, MP_S("/api/v1/control-answers/import"), body, err));
    return mp_client_show(client, written_columns, MP_COUNT(written_columns), err);
}
