/* SPDX-License-Identifier: Apache-2.0 */
#include "sheet_read.h"

#include <stdio.h>

#include "sheet_parts.h"

const mp_sheet_limits mp_sheet_usual = {
    .bytes = (size_t)16 << 20,
    .part = (size_t)64 << 20,
    .parts = (size_t)96 << 20,
    .ratio = 100,
    .entries = 1000,
    .tables = 100,
    .rows = 100000,
    .columns = 500,
    .cells = 1000000,
    .text = 131072,
};

void mp_sheet_place(char out[MP_SHEET_PLACE], size_t column, size_t row)
{
    char   letters[8];
    size_t count = 0;
    do {
        letters[count++] = (char)('A' + column % 26);
        column = column / 26;
    } while (column-- > 0 && count < sizeof letters);
    size_t len = 0;
    while (count > 0 && len < 7)
        out[len++] = letters[--count];
    snprintf(out + len, MP_SHEET_PLACE - len, "%zu", row % 100000000);
}

/* ---- one table ---- */

mp_code mp_sheet_fill(mp_sheet_filling *f, size_t column, mp_str text, mp_error *err)
{
    char place[MP_SHEET_PLACE];
    if (!text.len)
        return MP_OK;
    mp_sheet_place(place, column, f->number);
    if (column >= f->limits->columns || f->number > f->limits->rows)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "the cell %s is beyond the %zu columns and %zu rows that are read", place, f->limits->columns, f->limits->rows);
    if (text.len > f->limits->text)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "the cell %s has %zu bytes; the most is %zu", place, text.len, f->limits->text);
    if (++f->total->cells > f->limits->cells)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "the spreadsheet has more than %zu cells", f->limits->cells);
    f->total->bytes += text.len;
    if (f->total->bytes > f->limits->parts)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "the cells of the spreadsheet hold more than %zu MiB", f->limits->parts >> 20);
    if (column < f->cell_count)
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "the cell %s comes after another one that is at its place or behind it", place);
    if (column >= f->cell_cap) {
        size_t  cap = column < 16 ? 32 : 2 * column;
        mp_str *more = MP_ARENA_ARRAY(f->arena, mp_str, cap);
        if (!more)
            return mp_no_memory(err);
        if (f->cell_count)
            memcpy(more, f->cells, f->cell_count * sizeof *more);
        f->cells = more;
        f->cell_cap = cap;
    }
    while (f->cell_count < column)
        f->cells[f->cell_count++] = mp_str_of(NULL, 0);
    f->cells[f->cell_count++] = text;
    return MP_OK;
}

mp_code mp_sheet_fill_row(mp_sheet_filling *f, mp_error *err)
{
    if (!f->cell_count)
        return MP_OK;
    if (f->row_count == f->row_cap) {
        size_t        cap = f->row_cap ? 2 * f->row_cap : 64;
        mp_sheet_row *more = MP_ARENA_ARRAY(f->arena, mp_sheet_row, cap);
        if (!more)
            return mp_no_memory(err);
        if (f->row_count)
            memcpy(more, f->rows, f->row_count * sizeof *more);
        f->rows = more;
        f->row_cap = cap;
    }
    mp_str *cells = MP_ARENA_ARRAY(f->arena, mp_str, f->cell_count);
    if (!cells)
        return mp_no_memory(err);
    memcpy(cells, f->cells, f->cell_count * sizeof *cells);
    f->rows[f->row_count++] = (mp_sheet_row){ .number = f->number, .cells = cells, .count = f->cell_count };
    f->cell_count = 0;
    return MP_OK;
}

/* ---- either form ---- */

static bool is_markup(mp_str bytes)
{
    static const mp_str starts[] = { MP_S_INIT("<?xml"), MP_S_INIT("<html"), MP_S_INIT("<!doctype"), MP_S_INIT("<table") };
    bytes = mp_str_trim(bytes);
    for (size_t i = 0; i < MP_COUNT(starts); i++)
        if (mp_str_starts_fold(bytes, starts[i]))
            return true;
    return false;
}

mp_code mp_sheet_read(mp_sheet_tables *out, mp_str bytes, const mp_sheet_limits *limits, mp_arena *arena, mp_error *err)
{
    *out = (mp_sheet_tables){ .count = 0 };
    if (bytes.len > limits->bytes)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "the spreadsheet has %zu bytes; the most is %zu", bytes.len, limits->bytes);
    if (mp_str_starts(bytes, MP_S("PK")))
        return mp_sheet_read_book(out, bytes, limits, arena, err);
    if (mp_str_starts(bytes, MP_S("\xD0\xCF\x11\xE0")))
        return mp_fail(err, MP_UNSUPPORTED, MP_NOWHERE, "this is an old workbook (.xls), or one that is locked with a password; save it as XLSX without one");
    if (is_markup(bytes)) /* what some programs call .xls; behind a mark of UTF-8 it would be a cell */
        return mp_fail(err, MP_UNSUPPORTED, MP_NOWHERE, "this is XML or HTML, whatever it is called; wanted is a workbook (XLSX) or CSV");
    if (mp_str_starts(bytes, MP_S("\xFF\xFE")) || mp_str_starts(bytes, MP_S("\xFE\xFF")))
        return mp_fail(err, MP_UNSUPPORTED, MP_NOWHERE, "this is text in UTF-16; wanted is UTF-8, which Excel calls 'CSV UTF-8'");
    return mp_sheet_read_csv(out, bytes, limits, arena, err);
}

void mp_sheet_cell_items(mp_jsonw *w, mp_str cell)
{
    mp_jsonw_array(w);
    while (cell.len) {
        size_t end = 0;
        while (end < cell.len && cell.ptr[end] != ',' && cell.ptr[end] != ';')
            end++;
        mp_str one = mp_str_trim(mp_str_of(cell.ptr, end));
        if (one.len)
            mp_jsonw_str(w, one);
        cell = mp_str_skip(cell, end + 1);
    }
    mp_jsonw_end(w);
}
