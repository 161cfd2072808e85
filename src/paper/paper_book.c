/* SPDX-License-Identifier: Apache-2.0 */
/* XLSX: what is read stands on the first sheet, every table on a sheet of its own with filter and frozen
 * head. The tables that one block of the form makes in a loop are one sheet; its first column then says which
 * of them a row is of. */
#include "form.h"

#include <stdio.h>

typedef struct tab {
    const void *key;
    mp_book_sheet *sheet;
    struct tab *next;
} tab;

typedef struct book {
    mp_book *book;
    mp_book_sheet *first;
    tab *tabs, *tab; /* the one at hand */
    mp_arena arena;
    bool has_lead;
    mp_buf lead; /* what the first column says, when there is one */
    mp_book_cell *cells;
    size_t cells_cap;
    mp_lang lang;
    size_t limit;
} book;

static mp_code write(book *b, const mp_book_cell *cells, size_t count, mp_error *err)
{
    return mp_book_row(b->first, cells, count, err);
}

static mp_code write_text(book *b, mp_str text, mp_cell_look look, mp_error *err)
{
    mp_book_cell cell = { .kind = MP_CELL_TEXT, .look = look, .text = text };
    return write(b, &cell, 1, err);
}

static mp_code write_gap(book *b, mp_error *err)
{
    return write(b, NULL, 0, err);
}

/* ---- the first sheet ---- */

static mp_code facts(void *self, const mp_paper_item *items, size_t count, unsigned columns, mp_error *err)
{
    book *b = self;
    (void)columns;
    for (size_t i = 0; i < count; i++) {
        char note[24] = "";
        mp_book_cell cells[] = { { .kind = MP_CELL_TEXT, .look = MP_LOOK_LABEL, .text = items[i].label },
                                 items[i].value,
                                 { .kind = MP_CELL_TEXT, .look = MP_LOOK_NOTE } };
        if (cells[1].kind == MP_CELL_TIME) /* said with its zone */
            cells[1].kind = MP_CELL_TEXT;
        if (items[i].note)
            snprintf(note, sizeof note, "[%u]", items[i].note);
        cells[2].text = mp_str_from(note);
        MP_TRY(write(b, cells, items[i].note ? 3 : 2, err));
    }
    return write_gap(b, err);
}

static mp_code plain_items(void *self, const mp_paper_item *items, size_t count, mp_error *err)
{
    return facts(self, items, count, 1, err);
}

/* What the document is, and in which zone the times of its cells are. */
static mp_code proof(book *b, const mp_paper_front *front, mp_error *err)
{
    mp_buf at = MP_BUF_INIT, zone = MP_BUF_INIT;
    mp_paper_time_say(&at, front->made_at, front->zone, b->lang);
    mp_paper_zone_say(&zone, front->zone, b->lang);
    mp_paper_item items[] = {
        { .label = mp_message(b->lang, "paper.id"), .value = mp_cell_text(front->id) },
        { .label = mp_message(b->lang, "paper.madeAt"), .value = mp_cell_text(mp_buf_str(&at)) },
        { .label = mp_message(b->lang, "paper.zone"), .value = mp_cell_text(mp_buf_str(&zone)) },
        { .label = mp_message(b->lang, "paper.digest"), .value = mp_cell_text(mp_str_from(front->digest)) },
    };
    mp_code code = at.failed || zone.failed ? mp_no_memory(err)
                                            : facts(b, items, MP_COUNT(items), 1, err);
    mp_buf_free(&at);
    mp_buf_free(&zone);
    return code;
}

static mp_code begin(void *self, const mp_paper_front *front, mp_error *err)
{
    static const mp_book_column columns[] = { { .width = 34 }, { .width = 70 }, { .width = 10 } };
    book *b = self;
    b->lang = front->lang;
    MP_TRY(mp_book_new(&b->book,
                       &(mp_book_options){ .title = front->title,
                                           .author = front->producer,
                                           .subject = front->id,
                                           .made_at = front->made_at,
                                           .limit = b->limit },
                       err));
    MP_TRY(mp_book_add(b->book, &b->first,
                       &(mp_book_sheet_options){ .name = mp_message(b->lang, "paper.overview"),
                                                 .columns = columns,
                                                 .count = MP_COUNT(columns),
                                                 .is_form = true },
                       err));
    if (front->over.len)
        MP_TRY(write_text(b, front->over, MP_LOOK_NOTE, err));
    MP_TRY(write_text(b, front->title, MP_LOOK_TITLE, err));
    if (front->under.len)
        MP_TRY(write_text(b, front->under, MP_LOOK_NOTE, err));
    MP_TRY(write_gap(b, err));
    if (front->fact_count)
        MP_TRY(facts(b, front->facts, front->fact_count, 1, err));
    return proof(b, front, err);
}

static mp_code heading(void *self, unsigned level, mp_str number, mp_str text, mp_error *err)
{
    book *b = self;
    mp_buf whole = MP_BUF_INIT;
    (void)level;
    mp_buf_add(&whole, number);
    if (number.len)
        mp_buf_add(&whole, MP_S(" "));
    mp_buf_add(&whole, text);
    mp_code code = mp_buf_check(&whole, err);
    if (code == MP_OK)
        code = write_text(b, mp_buf_str(&whole), MP_LOOK_HEAD, err);
    mp_buf_free(&whole);
    return code;
}

static mp_code paragraph(void *self, mp_str text, mp_cell_look look, mp_error *err)
{
    mp_book_cell cells[] = {
        { .kind = MP_CELL_EMPTY, .look = MP_LOOK_NOTE },
        { .kind = MP_CELL_TEXT, .look = look == MP_LOOK_NOTE ? MP_LOOK_PLAIN : look, .text = text }
    };
    return write(self, cells, MP_COUNT(cells), err);
}

static mp_code note(void *self, mp_str title, mp_str text, mp_cell_look look, mp_error *err)
{
    mp_book_cell cells[] = {
        { .kind = MP_CELL_TEXT, .look = look == MP_LOOK_PLAIN ? MP_LOOK_LABEL : look, .text = title },
        { .kind = MP_CELL_TEXT, .look = look, .text = text }
    };
    return write(self, cells, MP_COUNT(cells), err);
}

static mp_code page(void *self, mp_error *err)
{
    return write_gap(self, err);
}

/* ---- tables ---- */

static mp_code add_tab(book *b, const mp_paper_table *t, mp_error *err)
{
    mp_book_column *columns = MP_ARENA_ARRAY(&b->arena, mp_book_column, t->count + 1);
    tab *made = MP_ARENA_NEW(&b->arena, tab);
    if (!columns || !made)
        return mp_no_memory(err);
    if (b->has_lead)
        columns[0] = (mp_book_column){ .head = t->group_head.len ? t->group_head
                                                                 : mp_message(b->lang, "paper.section"),
                                       .width = 24 };
    for (size_t i = 0; i < t->count; i++)
        columns[i + b->has_lead] = t->columns[i];
    mp_str name = t->name.len ? t->name : t->heading.len ? t->heading : mp_message(b->lang, "paper.overview");
    MP_TRY(mp_book_add(b->book, &made->sheet,
                       &(mp_book_sheet_options){ .name = name,
                                                 .columns = columns,
                                                 .count = t->count + b->has_lead,
                                                 .frozen_columns = b->has_lead ? 2 : 1,
                                                 .landscape = true },
                       err));
    made->key = t->key;
    made->next = b->tabs;
    b->tabs = b->tab = made;
    return MP_OK;
}

static mp_code table(void *self, const mp_paper_table *t, mp_error *err)
{
    book *b = self;
    b->has_lead = t->in_loop || t->group_head.len;
    if (t->count + 1 > b->cells_cap) {
        b->cells = MP_ARENA_ARRAY(&b->arena, mp_book_cell, t->count + 1);
        b->cells_cap = b->cells ? t->count + 1 : 0;
        if (!b->cells)
            return mp_no_memory(err);
    }
    mp_buf_clear(&b->lead);
    mp_buf_add(&b->lead, t->heading);
    for (b->tab = b->tabs; b->tab && b->tab->key != t->key; b->tab = b->tab->next)
        ;
    return b->tab ? MP_OK : add_tab(b, t, err);
}

/* Within a loop the heading stays in front of the group. */
static mp_code group(void *self, mp_str text, mp_error *err)
{
    book *b = self;
    mp_buf_clear(&b->lead);
    mp_buf_add(&b->lead, text);
    return mp_buf_check(&b->lead, err);
}

static mp_code row(void *self, const mp_book_cell *cells, size_t count, mp_error *err)
{
    book *b = self;
    if (!b->has_lead)
        return mp_book_row(b->tab->sheet, cells, count, err);
    MP_TRY(mp_buf_check(&b->lead, err));
    b->cells[0] = (mp_book_cell){ .kind = MP_CELL_TEXT, .look = MP_LOOK_LABEL, .text = mp_buf_str(&b->lead) };
    memcpy(b->cells + 1, cells, count * sizeof *cells);
    return mp_book_row(b->tab->sheet, b->cells, count + 1, err);
}

static mp_code table_end(void *self, mp_error *err)
{
    (void)self;
    (void)err;
    return MP_OK;
}

static mp_code end(void *self, mp_error *err)
{
    (void)self;
    (void)err;
    return MP_OK;
}

static const mp_paper_sink sink = {
    .begin = begin,
    .heading = heading,
    .paragraph = paragraph,
    .note = note,
    .facts = facts,
    .figures = plain_items,
    .bars = plain_items,
    .signatures = plain_items,
    .table = table,
    .group = group,
    .row = row,
    .table_end = table_end,
    .page = page,
    .end = end,
};

mp_code mp_paper_as_book(mp_buf *out, const mp_paper_job *job, mp_error *err)
{
    book b = { .limit = job->options->max_bytes ? job->options->max_bytes : MP_PAPER_BYTES };
    mp_code code = mp_form_run(job, &sink, &b, err);
    if (code == MP_OK)
        code = mp_book_done(b.book, out, err);
    mp_book_free(b.book);
    mp_buf_free(&b.lead);
    mp_arena_free(&b.arena);
    return code;
}
