/* SPDX-License-Identifier: Apache-2.0 */
/* The same as a workbook: a page to read, then controls, parts and actions as tables that can be filtered. */
#include "comply.h"
#include "sheet_write.h"

typedef struct book {
    mp_book *made;
    const mp_json *answer;
    mp_lang lang;
    mp_arena *arena;
} book;

static mp_book_cell words(mp_str text) { return mp_cell_text(text); }

static mp_book_cell amount(const mp_json *object, const char *member)
{
    return (mp_book_cell){ .kind = MP_CELL_NUMBER, .number = mp_comply_amount(object, member) };
}

static mp_book_cell count_of(const mp_json *object, const char *member)
{
    return mp_cell_count((int64_t)mp_comply_amount(object, member));
}

static mp_str named(const book *b, const char *prefix, mp_str name)
{
    mp_str word = mp_message_of(b->lang, prefix, name);
    return word.len ? word : name;
}

static mp_book_cell state_cell(const book *b, mp_str state)
{
    static const struct {
        const char *state;
        mp_cell_look look;
    } looks[] = { { "compliant", MP_LOOK_GOOD },
                  { "partial", MP_LOOK_PARTLY },
                  { "nonCompliant", MP_LOOK_BAD },
                  { "unknown", MP_LOOK_UNKNOWN } };
    mp_book_cell c = words(named(b, "comply.state.", state));
    for (size_t i = 0; i < MP_COUNT(looks); i++)
        if (mp_str_eq(state, mp_str_from(looks[i].state)))
            c.look = looks[i].look;
    return c;
}

static bool is_list(const mp_json *v) { return mp_json_is(v, MP_JSON_ARRAY) && v->count; }

typedef struct head {
    const char *id;
    double width;
} head;

enum { COLUMNS_MOST = 12 };

static mp_code add_sheet(book *b, mp_book_sheet **out, const char *name, const head *heads, size_t count,
                         size_t frozen, mp_error *err)
{
    mp_book_column columns[COLUMNS_MOST];
    for (size_t i = 0; i < count; i++)
        columns[i] = (mp_book_column){ .head = mp_message(b->lang, heads[i].id), .width = heads[i].width };
    return mp_book_add(b->made, out,
                       &(mp_book_sheet_options){ .name = mp_message(b->lang, name),
                                                 .columns = columns,
                                                 .count = count,
                                                 .frozen_columns = frozen,
                                                 .landscape = true },
                       err);
}

/* ---- sheets ---- */

static mp_code add_front(book *b, mp_error *err)
{
    mp_book_column column = { .width = 100 };
    mp_book_sheet *sheet;
    mp_str lines[MP_COMPLY_LINES];
    mp_book_cell title = { .kind = MP_CELL_TEXT,
                           .look = MP_LOOK_TITLE,
                           .text = mp_comply_title(b->answer, b->lang, b->arena) };
    mp_comply_head(lines, b->answer, b->lang, b->arena);
    MP_TRY(mp_book_add(
        b->made, &sheet,
        &(mp_book_sheet_options){
            .name = mp_message(b->lang, "report.overview"), .columns = &column, .count = 1, .is_form = true },
        err));
    MP_TRY(mp_book_row(sheet, &title, 1, err));
    for (size_t i = 0; i < MP_COMPLY_LINES && lines[i].len; i++)
        MP_TRY(mp_book_row(sheet, &(mp_book_cell){ .kind = MP_CELL_TEXT, .text = lines[i] }, 1, err));
    return mp_book_row(sheet,
                       &(mp_book_cell){ .kind = MP_CELL_TEXT,
                                        .look = MP_LOOK_NOTE,
                                        .text = mp_comply_as_of(b->answer, b->lang, b->arena) },
                       1, err);
}

static mp_code add_controls(book *b, mp_error *err)
{
    static const head heads[] = { { "column.label", 10 },          { "column.control-title", 40 },
                                  { "column.state", 14 },          { "column.points", 10 },
                                  { "column.most", 10 },           { "column.checked-by", 18 },
                                  { "column.responsibility", 14 }, { "column.why-so", 60 } };
    const mp_json *list = mp_json_get(b->answer, MP_S("controls"));
    mp_book_sheet *sheet;
    MP_TRY(add_sheet(b, &sheet, "comply.controls", heads, MP_COUNT(heads), 2, err));
    if (is_list(list))
        for (MP_JSON_EACH(control, list)) {
            const mp_book_cell cells[] = {
                words(mp_comply_text(control, "label")),
                words(mp_comply_words(control, "title", b->lang)),
                state_cell(b, mp_comply_text(control, "state")),
                amount(control, "points"),
                amount(control, "most"),
                words(named(b, "framework.by.", mp_comply_text(control, "checkedBy"))),
                words(named(b, "framework.responsible.", mp_comply_text(control, "responsibility"))),
                words(mp_comply_why(control, b->lang, b->arena))
            };
            MP_TRY(mp_book_row(sheet, cells, MP_COUNT(cells), err));
        }
    return MP_OK;
}

static mp_str ids_of(const book *b, const mp_json *part)
{
    const mp_json *ids = mp_json_get(part, MP_S("ids"));
    mp_str text = MP_S("");
    if (is_list(ids))
        for (MP_JSON_EACH(id, ids))
            text = mp_arena_printf(b->arena, "%.*s%s%.*s", MP_FMT(text), text.len ? "\n" : "",
                                   MP_FMT(mp_json_str(id)));
    return text;
}

static mp_code add_parts(book *b, mp_error *err)
{
    static const head heads[] = { { "column.label", 10 },       { "column.part-kind", 12 },
                                  { "column.part", 50 },        { "column.why-so", 40 },
                                  { "column.points", 10 },      { "column.most", 10 },
                                  { "column.scan-compliant", 12 }, { "column.scan-non-compliant", 12 },
                                  { "column.scan-exempt", 12 }, { "column.scan-error", 12 },
                                  { "column.records", 60 } };
    const mp_json *list = mp_json_get(b->answer, MP_S("controls"));
    mp_book_sheet *sheet;
    MP_TRY(add_sheet(b, &sheet, "comply.parts", heads, MP_COUNT(heads), 1, err));
    if (!is_list(list))
        return MP_OK;
    for (MP_JSON_EACH(control, list)) {
        const mp_json *parts = mp_json_get(control, MP_S("parts"));
        if (!is_list(parts))
            continue;
        for (MP_JSON_EACH(part, parts)) {
            const mp_json *counts = mp_json_get(part, MP_S("counts"));
            const mp_book_cell cells[] = { words(mp_comply_text(control, "label")),
                                           words(named(b, "comply.kind.", mp_comply_text(part, "kind"))),
                                           words(mp_comply_part(part, b->lang, b->arena)),
                                           words(mp_comply_words(part, "reason", b->lang)),
                                           amount(part, "points"),
                                           amount(part, "most"),
                                           count_of(counts, "compliant"),
                                           count_of(counts, "nonCompliant"),
                                           count_of(counts, "exempt"),
                                           count_of(counts, "error"),
                                           words(ids_of(b, part)) };
            MP_TRY(mp_book_row(sheet, cells, MP_COUNT(cells), err));
        }
    }
    return MP_OK;
}

static mp_code add_actions(book *b, mp_error *err)
{
    static const head heads[] = { { "column.todo", 80 }, { "column.gain", 12 }, { "column.then-percent", 12 } };
    const mp_json *list = mp_json_get(b->answer, MP_S("actions"));
    mp_book_sheet *sheet;
    MP_TRY(add_sheet(b, &sheet, "comply.actions", heads, MP_COUNT(heads), 0, err));
    if (is_list(list))
        for (MP_JSON_EACH(action, list)) {
            const mp_book_cell cells[] = { words(mp_comply_words(action, "text", b->lang)),
                                           amount(action, "gain"), amount(action, "percent") };
            MP_TRY(mp_book_row(sheet, cells, MP_COUNT(cells), err));
        }
    return MP_OK;
}

static mp_code add_all(book *b, mp_error *err)
{
    MP_TRY(add_front(b, err));
    MP_TRY(add_controls(b, err));
    MP_TRY(add_parts(b, err));
    return add_actions(b, err);
}

mp_code mp_comply_book(mp_buf *out, const mp_json *answer, mp_lang lang, mp_arena *arena, mp_error *err)
{
    book b = { .answer = answer, .lang = lang, .arena = arena };
    mp_ticks at = 0;
    if (!mp_clock_parse(&at, mp_comply_text(answer, "asOf")))
        at = 0;
    MP_TRY(mp_book_new(&b.made,
                       &(mp_book_options){ .title = mp_comply_title(answer, lang, arena),
                                           .author = MP_S("Mapae"),
                                           .made_at = at },
                       err));
    mp_code code = add_all(&b, err);
    if (code == MP_OK)
        code = mp_book_done(b.made, out, err);
    mp_book_free(b.made);
    return code;
}
