/* SPDX-License-Identifier: Apache-2.0 */
/* sheet_read.h - spreadsheets that somebody gives us: a workbook (XLSX) or CSV, as tables of texts.
 *
 * What comes in is hostile until it was read. A workbook is a zip of XML: only the parts that hold cells are unpacked, into memory, within limits
 * for each, for all, and for how much more they become; no path of it is ever opened; a part that is there twice, a document type and
 * entities of its own are refused. Nothing is computed: of a formula its last value counts, which the workbook holds beside it, and a
 * formula without one is an error. Pictures, macros, links and formats are passed over.
 *
 * Numbers are as people see them without a format: "1.1", "3"; those whose format is a date are "2026-12-31", with a time of day "2026-12-31 09:30:00";
 * truth is TRUE and FALSE. Of merged cells the first has the text. CSV is UTF-8 (RFC 4180; apart by commas, semicolons or tabs, as
 * its first line is), and an apostrophe in front of what would be a formula is not part of the text (mp_escape_csv puts it there). */
#ifndef MAPAE_SHEET_READ_H
#define MAPAE_SHEET_READ_H

#include "arena.h"
#include "jsonw.h"

typedef struct mp_sheet_limits {
    size_t bytes;   /* of what is given */
    size_t part;    /* of one part of a workbook, unpacked */
    size_t parts;   /* of all that are unpacked, and of the texts of all cells */
    size_t ratio;   /* how much more than what is given all parts may become, beyond 4 MiB */
    size_t entries; /* in the zip */
    size_t tables, rows, columns; /* rows and columns of one table: their highest number */
    size_t cells;   /* that are not empty, in all */
    size_t text;    /* bytes of one cell */
} mp_sheet_limits;

/* What suits documents that people write. */
extern const mp_sheet_limits mp_sheet_usual;

typedef struct mp_sheet_row {
    size_t        number; /* from 1, as spreadsheets show it; of CSV the line where it begins */
    const mp_str *cells;
    size_t        count;  /* up to the last one that is not empty; at least 1 */
} mp_sheet_row;

typedef struct mp_sheet_table {
    mp_str              name; /* of CSV empty */
    const mp_sheet_row *rows; /* in order; those that are empty are not there */
    size_t              count;
} mp_sheet_table;

typedef struct mp_sheet_tables {
    const mp_sheet_table *of;
    size_t                count;
    bool                  is_csv;
} mp_sheet_tables;

/* Texts are in the arena or within `bytes`. Fails with MP_FORMAT (neither, or damaged: where, as "controls!B7"), MP_LIMIT, MP_UNSUPPORTED (older
 * formats, passwords), MP_NOMEM. */
MP_MUST_CHECK mp_code mp_sheet_read(mp_sheet_tables *out, mp_str bytes, const mp_sheet_limits *limits, mp_arena *arena, mp_error *err);

static inline mp_str mp_sheet_cell(const mp_sheet_row *row, size_t column)
{
    return column < row->count ? row->cells[column] : mp_str_of(NULL, 0);
}

/* What one cell lists, divided by commas or semicolons, as an array; what is empty is left out. Texts are those of the cell. */
void mp_sheet_cell_items(mp_jsonw *w, mp_str cell);

/* "B7" of column 1 and row 7. */
#define MP_SHEET_PLACE 16
void mp_sheet_place(char out[MP_SHEET_PLACE], size_t column, size_t row);

#endif
