/* SPDX-License-Identifier: Apache-2.0 */
#include "answer_sheet.h"

#include "comply.h"
#include "sheet_write.h"
#include "state_changes.h"

mp_code mp_answer_ask(mp_client *client, const char *framework, const char *measure, mp_error *err)
{
    mp_str path = mp_state_with(client, MP_S("/api/v1/control-states"), "framework", framework);
    if (!framework == !measure)
        return mp_fail(err, MP_USAGE, MP_NOWHERE, "wanted either a framework or --measure");
    return mp_client_ask(client, MP_GET, mp_state_with(client, path, "measure", measure), NULL, err);
}

/* ---- options ---- */

const mp_option mp_questions_operand = {
    .value = "FRAMEWORK", .help = "operand.comply", .min = 0, .max = 1, MP_FIELD(mp_questions_args, framework)
};
#define MEASURE(type) \
    { .name = "measure", .value = "NAME", .help = "option.comply.measure", MP_FIELD(type, measure) }
#define ALL { .name = "all", .help = "option.answer.all", MP_FIELD(mp_questions_args, all) }
const mp_option mp_questions_options[MP_QUESTIONS_OPTIONS] = { MEASURE(mp_questions_args), ALL,
                                                               MP_ANSWER_OPTIONS(mp_questions_args) };

enum { XLSX, CSV };
static const char *const forms[] = { "xlsx", "csv", NULL };
const mp_option mp_answer_export_options[MP_ANSWER_EXPORT_OPTIONS] = {
    MEASURE(mp_questions_args),
    ALL,
    { .name = "out", .letter = 'o', .value = "FILE", .help = "option.out", MP_FIELD(mp_questions_args, out) },
    { .name = "format", .letter = 'f', .choices = forms, .fallback = "xlsx", .help = "option.answer.form",
      MP_FIELD(mp_questions_args, format) },
    MP_PLACE_OPTIONS(mp_questions_args),
};

/* ---- rows: {"control", "title", "question", "text", "answer", ...} ---- */

static bool is_open(const mp_json *part)
{
    static const char *const open[] = { "unanswered", "answerExpired", "otherQuestion" };
    mp_str why = mp_comply_text(part, "why");
    bool found = false;
    for (size_t i = 0; i < MP_COUNT(open); i++)
        found = found || mp_str_eq(why, mp_str_from(open[i]));
    return found;
}

static void put_question(mp_jsonw *w, const mp_json *control, const mp_json *part)
{
    static const char *const same[] = { "answer", "validUntil", "note", "evidence", "why", "at" };
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "control", mp_comply_text(control, "label"));
    mp_jsonw_put_value(w, "title", mp_json_get(control, MP_S("title")));
    mp_jsonw_put_str(w, "question", mp_comply_text(part, "name"));
    mp_jsonw_put_value(w, "text", mp_json_get(part, MP_S("text")));
    for (size_t i = is_open(part) ? 2 : 0; i < MP_COUNT(same); i++) { /* what counts no more is for a person to say anew */
        const mp_json *v = mp_json_get(part, mp_str_from(same[i]));
        if (v)
            mp_jsonw_put_value(w, same[i], v);
    }
    mp_jsonw_end(w);
}

/* Those that wait for an answer, of controls that apply; or all of them. */
static const mp_json *rows_of(const mp_json *answer, bool all, mp_arena *arena)
{
    const mp_json *controls = mp_json_get(answer, MP_S("controls"));
    mp_jsonw w;
    mp_jsonw_init(&w, arena);
    mp_jsonw_array(&w);
    if (mp_json_is(controls, MP_JSON_ARRAY))
        for (MP_JSON_EACH(control, controls)) {
            bool applies = mp_json_get(control, MP_S("exclusion")) == NULL;
            for (MP_JSON_EACH(part, mp_json_get(control, MP_S("parts"))))
                if (mp_str_eq(mp_comply_text(part, "kind"), MP_S("question")) && (all || (applies && is_open(part))))
                    put_question(&w, control, part);
        }
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

static mp_code ask_rows(const mp_json **out, mp_client *client, const mp_questions_args *args, mp_error *err)
{
    MP_TRY(mp_answer_ask(client, args->framework, args->measure, err));
    *out = rows_of(client->answer.json, args->all, &client->arena);
    return *out ? MP_OK : mp_no_memory(err);
}

/* ---- questions ---- */

static const mp_column columns[] = {
    { "control", "column.control", NULL },
    { "question", "column.question", NULL },
    { "why", "column.state", "comply.why." },
    { "text", "column.asked", NULL },
};

mp_code mp_answer_questions(mp_client *client, const void *args_, mp_error *err)
{
    const mp_questions_args *args = args_;
    mp_columns_state state = { .has_head = false };
    mp_buf text = MP_BUF_INIT;
    const mp_json *rows;
    MP_TRY(ask_rows(&rows, client, args, err));
    if (args->format == MP_ANSWER_JSON) {
        mp_jsonw w;
        mp_jsonw_init(&w, &client->arena);
        mp_jsonw_object(&w);
        mp_jsonw_put_value(&w, "value", rows);
        mp_jsonw_end(&w);
        client->answer.json = mp_jsonw_done(&w);
        return mp_client_json(client, NULL, err);
    }
    mp_columns_list(&text, client->cli, columns, MP_COUNT(columns), rows, &state, &client->arena);
    return mp_output_whole(client->cli, NULL, &text, err);
}

/* ---- export ---- */

static void fill_row(mp_book_cell *cells, const mp_client *client, const mp_json *row, mp_arena *arena)
{
    mp_str texts[MP_ANSWER_COLUMNS];
    for (unsigned i = 0; i < MP_ANSWER_FROM; i++) {
        const mp_column column = { .member = mp_answer_members[i],
                                   .words = i == MP_ANSWER_ANSWER ? "answer.is."
                                            : i == MP_ANSWER_WHY  ? "comply.why."
                                                                  : NULL };
        texts[i] = mp_columns_value(client->cli->lang, &column, row, arena);
        cells[i] = mp_cell_text(texts[i]);
    }
    cells[MP_ANSWER_FROM] = mp_cell_text(mp_answer_made_from(texts, mp_comply_text(row, "at"), arena));
    cells[MP_ANSWER_FROM].look = MP_LOOK_NOTE;
}

static void fill_columns(mp_book_column *out, mp_lang lang)
{
    static const double widths[MP_ANSWER_COLUMNS] = { 10, 28, 10, 60, 22, 36, 14, 30, 20, 24 };
    for (unsigned i = 0; i < MP_ANSWER_COLUMNS; i++)
        out[i] = (mp_book_column){ .head = mp_answer_head(lang, (mp_answer_column)i), .width = widths[i] };
}

static void add_csv(mp_buf *out, mp_client *client, const mp_json *rows)
{
    mp_book_column heads[MP_ANSWER_COLUMNS];
    mp_book_cell cells[MP_ANSWER_COLUMNS];
    fill_columns(heads, client->cli->lang);
    mp_csv_begin(out);
    mp_csv_head(out, heads, MP_ANSWER_COLUMNS);
    for (MP_JSON_EACH(row, rows)) {
        fill_row(cells, client, row, &client->arena);
        mp_csv_row(out, cells, MP_ANSWER_COLUMNS);
    }
}

/* Of what the answers are, for people and for the way back. */
static mp_code add_about(mp_book *book, const mp_client *client, const mp_json *answer, mp_error *err)
{
    static const mp_book_column wide[] = { { .width = 16 }, { .width = 80 } };
    mp_lang lang = client->cli->lang;
    mp_book_sheet *sheet;
    mp_str scheme = mp_comply_text(answer, "scheme");
    mp_str id = mp_arena_printf(client->cli->arena, "%.*s%s%.*s", MP_FMT(mp_comply_text(answer, "framework")),
                                scheme.len ? "-" : "", MP_FMT(scheme));
    const struct {
        const char *title;
        mp_str value;
    } rows[] = {
        { "column.framework", id },
        { "column.measure", mp_comply_text(mp_json_get(answer, MP_S("measure")), "name") },
        { "column.at", mp_comply_text(answer, "asOf") },
        { "answer.sheet.how", mp_message(lang, "answer.sheet.how-to") },
    };
    MP_TRY(mp_book_add(book, &sheet,
                       &(mp_book_sheet_options){ .name = mp_message(lang, "answer.sheet.about"),
                                                 .columns = wide,
                                                 .count = MP_COUNT(wide),
                                                 .is_form = true },
                       err));
    for (size_t i = 0; i < MP_COUNT(rows); i++) {
        mp_book_cell cells[] = { mp_cell_text(mp_message(lang, rows[i].title)), mp_cell_text(rows[i].value) };
        cells[0].look = MP_LOOK_LABEL;
        MP_TRY(mp_book_row(sheet, cells, MP_COUNT(cells), err));
    }
    return MP_OK;
}

static mp_code fill_book(mp_book *book, mp_client *client, const mp_json *rows, mp_error *err)
{
    mp_book_column heads[MP_ANSWER_COLUMNS];
    mp_book_cell cells[MP_ANSWER_COLUMNS];
    mp_book_sheet *sheet;
    fill_columns(heads, client->cli->lang);
    MP_TRY(mp_book_add(book, &sheet,
                       &(mp_book_sheet_options){ .name = mp_message(client->cli->lang, "answer.sheet.name"),
                                                 .columns = heads,
                                                 .count = MP_ANSWER_COLUMNS,
                                                 .frozen_columns = 1,
                                                 .landscape = true },
                       err));
    for (MP_JSON_EACH(row, rows)) {
        fill_row(cells, client, row, &client->arena);
        MP_TRY(mp_book_row(sheet, cells, MP_ANSWER_COLUMNS, err));
    }
    return add_about(book, client, client->answer.json, err);
}

static mp_code add_book(mp_buf *out, mp_client *client, const mp_json *rows, mp_error *err)
{
    mp_book *book;
    MP_TRY(mp_book_new(&book,
                       &(mp_book_options){ .title = mp_message(client->cli->lang, "answer.sheet.name"),
                                           .made_at = mp_clock_now() },
                       err));
    mp_code code = fill_book(book, client, rows, err);
    if (code == MP_OK)
        code = mp_book_done(book, out, err);
    mp_book_free(book);
    return code;
}

mp_code mp_answer_export(mp_client *client, const void *args_, mp_error *err)
{
    const mp_questions_args *args = args_;
    mp_buf text = MP_BUF_INIT;
    const mp_json *rows;
    MP_TRY(ask_rows(&rows, client, args, err));
    mp_code code = MP_OK;
    if (args->format == CSV)
        add_csv(&text, client, rows);
    else
        code = add_book(&text, client, rows, err);
    if (code == MP_OK)
        return mp_output_whole(client->cli, args->out, &text, err);
    mp_buf_free(&text);
    return code;
}
