/* SPDX-License-Identifier: Apache-2.0 */
/* The appendices: the records behind the figures, and those that rows name. */
#include "form_runner.h"

#include <stdio.h>

#define IDS_OF_A_ROW 40 /* of the records behind a figure */

/* ---- the records behind the figures ---- */

static mp_code source_row(mp_form_runner *r, unsigned number, const mp_form_figure *s, size_t from)
{
    mp_buf ids = MP_BUF_INIT;
    mp_book_cell cells[4] = {
        { .kind = MP_CELL_COUNT, .number = number },
        mp_cell_text(s->label),
        mp_cell_text(s->value),
        { .kind = MP_CELL_TEXT },
    };
    char text[16];
    snprintf(text, sizeof text, "%u", number);
    cells[0].text = mp_str_from(text);
    mp_buf_add(&ids, s->said);
    size_t listed = s->count > MP_FORM_MOST_IDS ? MP_FORM_MOST_IDS : s->count;
    mp_code code = mp_form_count_row(r);
    for (size_t i = from; i < listed && i < from + IDS_OF_A_ROW && code == MP_OK; i++) {
        mp_form_value v;
        if (i > from)
            mp_buf_add(&ids, MP_S(", "));
        code = mp_form_value_of(&v, s->ids[i], r->env.arena, r->err);
        if (code == MP_OK)
            code = mp_form_show(&ids, &v, &r->env, MP_NOWHERE, r->err);
    }
    if (from + IDS_OF_A_ROW >= listed && s->count > listed) {
        char more[32];
        snprintf(more, sizeof more, "%zu", s->count - listed);
        mp_buf_add(&ids, MP_S(" "));
        mp_say_z(&ids, r->env.lang, "paper.records.more", more, NULL);
    }
    cells[3].text = mp_buf_str(&ids);
    if (code == MP_OK)
        code = mp_buf_check(&ids, r->err);
    if (code == MP_OK)
        code = r->sink->row(r->self, cells, MP_COUNT(cells), r->err);
    mp_buf_free(&ids);
    return code;
}

/* "Appendix", with a number when there is another; then its table begins. */
static mp_code begin_appendix(mp_form_runner *r, const mp_paper_table *table, const char *about)
{
    mp_str name = mp_message(r->env.lang, "paper.appendix"), number = name;
    if (r->sources && r->records->count)
        number = mp_arena_printf(&r->keep, "%.*s %u", MP_FMT(name), ++r->appendices);
    if (!number.ptr)
        return mp_no_memory(r->err);
    MP_TRY(r->sink->heading(r->self, 1, number, table->name, r->err));
    MP_TRY(r->sink->paragraph(r->self, mp_message(r->env.lang, about), MP_LOOK_NOTE, r->err));
    return r->sink->table(r->self, table, r->err);
}

static mp_code run_sources(mp_form_runner *r)
{
    static const char key = 0;
    mp_lang lang = r->env.lang;
    mp_book_column columns[] = {
        { .head = mp_message(lang, "paper.records.number"), .width = 7, .align = MP_ALIGN_CENTER },
        { .head = mp_message(lang, "paper.records.figure"), .width = 28 },
        { .head = mp_message(lang, "paper.records.value"), .width = 14, .align = MP_ALIGN_RIGHT },
        { .head = mp_message(lang, "paper.records.ids"), .width = 70 },
    };
    mp_paper_table table = { .key = &key,
                             .name = mp_message(lang, "paper.records.title"),
                             .columns = columns,
                             .count = MP_COUNT(columns) };
    if (!r->sources)
        return MP_OK;
    MP_TRY(begin_appendix(r, &table, "paper.records.about"));
    unsigned number = 0;
    for (const mp_form_figure *s = r->sources; s; s = s->next) {
        size_t from = 0, listed = s->count > MP_FORM_MOST_IDS ? MP_FORM_MOST_IDS : s->count;
        number++;
        do {
            mp_arena_mark mark = mp_arena_save(r->env.arena);
            mp_code code = source_row(r, number, s, from);
            mp_arena_restore(r->env.arena, mark);
            MP_TRY(code);
            from += IDS_OF_A_ROW;
        } while (from < listed);
    }
    return r->sink->table_end(r->self, r->err);
}

/* ---- the records that rows name ---- */

static mp_code record_row(mp_form_runner *r, const mp_form_record *record)
{
    char number[16];
    int len = snprintf(number, sizeof number, "R%u", record->number);
    mp_book_cell cells[] = {
        { .kind = MP_CELL_TEXT, .text = mp_str_of(number, (size_t)len), .anchor = record->number },
        mp_cell_text(record->name),
        mp_cell_text(record->id),
    };
    MP_TRY(mp_form_count_row(r));
    return r->sink->row(r->self, cells, MP_COUNT(cells), r->err);
}

static mp_code run_records(mp_form_runner *r)
{
    static const char key = 0;
    mp_lang lang = r->env.lang;
    mp_book_column columns[] = {
        { .head = mp_message(lang, "paper.refs.number"), .width = 8, .align = MP_ALIGN_CENTER },
        { .head = mp_message(lang, "paper.refs.name"), .width = 34 },
        { .head = mp_message(lang, "paper.refs.id"), .width = 100 },
    };
    mp_paper_table table = { .key = &key,
                             .name = mp_message(lang, "paper.refs.title"),
                             .columns = columns,
                             .count = MP_COUNT(columns) };
    if (!r->records->is_numbered || !r->records->count)
        return MP_OK;
    table.heading = table.name;
    MP_TRY(begin_appendix(r, &table, "paper.refs.about"));
    for (size_t i = 0; i < r->records->count; i++)
        MP_TRY(record_row(r, r->records->all[i]));
    return r->sink->table_end(r->self, r->err);
}

mp_code mp_form_run_appendices(mp_form_runner *r)
{
    MP_TRY(run_sources(r));
    return run_records(r);
}
