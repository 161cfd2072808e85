/* SPDX-License-Identifier: Apache-2.0 */
/* Tables: columns that may be spread over a list, rows in groups. */
#include "form_runner.h"

#define MOST_COLUMNS 256

/* A new group where its text is another than that of the row before. */
static mp_code group_by(mp_form_runner *r, const mp_block *b, bool is_first)
{
    mp_str text;
    MP_TRY(mp_form_text_of(&text, r, b->group_by));
    if (!is_first && mp_str_eq(text, mp_buf_str(&r->group)))
        return MP_OK;
    mp_buf_clear(&r->group);
    mp_buf_add(&r->group, text);
    MP_TRY(mp_buf_check(&r->group, r->err));
    return r->sink->group(r->self, text, r->err);
}

/* The cells of a row for a column that is spread: where it has too few, the others are empty. */
static mp_code fill_spread(mp_book_cell *cells, size_t count, mp_form_runner *r, const mp_form_item *item)
{
    mp_form_value v;
    MP_TRY(mp_form_eval(&v, item->cells, &r->env, r->err));
    mp_form_round round = { .outer = r->env.round, .name = item->each.as };
    mp_code code = MP_OK;
    r->env.round = &round;
    for (size_t i = 0; i < count && code == MP_OK; i++) {
        cells[i] = (mp_book_cell){ .kind = MP_CELL_EMPTY };
        if (i >= v.count)
            continue;
        round.item = v.items[i];
        round.number++;
        code = mp_form_cell(&cells[i], r, item);
    }
    r->env.round = round.outer;
    return code;
}

static mp_code run_row(mp_form_runner *r, const void *block, void *arg)
{
    const mp_block *b = block;
    size_t *rows = arg, at = 0;
    mp_book_cell *cells = MP_ARENA_ARRAY(r->env.arena, mp_book_cell, r->columns);
    MP_TRY(mp_form_count_row(r));
    if (!cells)
        return mp_no_memory(r->err);
    for (size_t i = 0; i < b->item_count; at += r->spread[i++])
        MP_TRY(b->items[i].cells ? fill_spread(cells + at, r->spread[i], r, &b->items[i])
                                       : mp_form_cell(&cells[at], r, &b->items[i]));
    if (b->group_by)
        MP_TRY(group_by(r, b, *rows == 0));
    ++*rows;
    return r->sink->row(r->self, cells, r->columns, r->err);
}

static mp_code run_group(mp_form_runner *r, const void *block, void *arg)
{
    const mp_block *b = block;
    mp_str text;
    MP_TRY(mp_form_text_of(&text, r, b->group_text));
    MP_TRY(r->sink->group(r->self, text, r->err));
    return mp_form_go_round(r, &b->loop, run_row, b, arg);
}

/* How many columns each item makes, and all of them together. */
static mp_code count_columns(mp_form_runner *r, const mp_block *b)
{
    mp_form_value v;
    r->columns = 0;
    r->spread = MP_ARENA_ARRAY(r->env.arena, size_t, b->item_count);
    if (!r->spread)
        return mp_no_memory(r->err);
    for (size_t i = 0; i < b->item_count; i++) {
        r->spread[i] = 1;
        if (b->items[i].cells) {
            MP_TRY(mp_form_eval(&v, b->items[i].each.over, &r->env, r->err));
            r->spread[i] = v.count;
        }
        r->columns += r->spread[i];
    }
    if (r->columns && r->columns <= MOST_COLUMNS)
        return MP_OK;
    return mp_fail(r->err, MP_LIMIT, MP_NOWHERE, "the form '%.*s' makes a table of %zu columns; wanted are 1 to %d",
                   MP_FMT(r->form->name), r->columns, MOST_COLUMNS);
}

static mp_code head_of(mp_book_column *out, size_t count, mp_form_runner *r, const mp_form_item *item)
{
    mp_form_value v = { .count = 0 };
    mp_form_round round = { .outer = r->env.round, .name = item->each.as };
    mp_str sample = mp_form_samples(item->text, &r->env);
    mp_code code = MP_OK;
    if (item->cells) {
        MP_TRY(mp_form_eval(&v, item->each.over, &r->env, r->err));
        r->env.round = &round;
    }
    for (size_t i = 0; i < count && code == MP_OK; i++) {
        if (item->cells)
            round.item = v.items[i];
        round.number++;
        out[i] = (mp_book_column){ .width = item->width, .align = item->align, .sample = sample };
        code = mp_form_text_of(&out[i].head, r, item->label);
    }
    if (item->cells)
        r->env.round = round.outer;
    return code;
}

static mp_code begin_table(mp_form_runner *r, const mp_block *b)
{
    size_t at = 0;
    MP_TRY(count_columns(r, b));
    mp_book_column *columns = MP_ARENA_ARRAY(r->env.arena, mp_book_column, r->columns);
    mp_paper_table table = {
        .key = b, .columns = columns, .count = r->columns, .in_loop = b->in_loop, .heading = r->heading
    };
    if (!columns)
        return mp_no_memory(r->err);
    for (size_t i = 0; i < b->item_count; at += r->spread[i++])
        MP_TRY(head_of(columns + at, r->spread[i], r, &b->items[i]));
    MP_TRY(mp_form_text_of(&table.name, r, b->title));
    MP_TRY(mp_form_text_of(&table.group_head, r, b->group_head));
    return r->sink->table(r->self, &table, r->err);
}

mp_code mp_form_run_table(mp_form_runner *r, const mp_block *b)
{
    size_t rows = 0;
    MP_TRY(begin_table(r, b));
    if (b->groups.over)
        MP_TRY(mp_form_go_round(r, &b->groups, run_group, b, &rows));
    else
        MP_TRY(mp_form_go_round(r, &b->loop, run_row, b, &rows));
    MP_TRY(r->sink->table_end(r->self, r->err));
    if (rows || !b->text)
        return MP_OK;
    mp_str text;
    MP_TRY(mp_form_text_of(&text, r, b->text));
    return r->sink->paragraph(r->self, text, MP_LOOK_NOTE, r->err);
}
