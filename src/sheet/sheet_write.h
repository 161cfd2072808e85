/* SPDX-License-Identifier: Apache-2.0 */
/* sheet_write.h - spreadsheets: a workbook (XLSX) with several sheets, or one table as CSV.
 *
 *   mp_book *book;                               mp_book_sheet *sheet;
 *   MP_TRY(mp_book_new(&book, &(mp_book_options){ .title = title, .made_at = now }, err));
 *   MP_TRY(mp_book_add(book, &sheet, &(mp_book_sheet_options){ .name = name, .columns = columns, .count = 5
 * }, err)); MP_TRY(mp_book_row(sheet, cells, 5, err));   any number, of several sheets in any order
 *   MP_TRY(mp_book_done(book, &out, err));       then mp_book_free(book)
 *
 * A text is only ever written as a text: no spreadsheet computes it, follows it or runs it, whatever it
 * begins with. What is written depends on the arguments alone, so the same calls give the same bytes. Rows go
 * to temporary files: memory does not grow with them. One thread at a time for one book.
 *
 * Characters that act and do not show (control characters, marks of direction) are written as <U+001B>; line
 * ends stay. A text beyond what a cell holds (32,767 characters) is cut and ends with " [...]". */
#ifndef MAPAE_SHEET_WRITE_H
#define MAPAE_SHEET_WRITE_H

#include "buf.h"
#include "clock.h"

typedef struct mp_book mp_book;
typedef struct mp_book_sheet mp_book_sheet; /* owned by its book */

typedef enum mp_cell_kind {
    MP_CELL_EMPTY,
    MP_CELL_TEXT,
    MP_CELL_COUNT,   /* number, whole: 1,234 */
    MP_CELL_NUMBER,  /* number, up to two decimals: 1,234.5 */
    MP_CELL_PERCENT, /* number, of one: 0.618 is 61.8% */
    MP_CELL_DAY,     /* time: 2026-01-31, UTC */
    MP_CELL_TIME,    /* time: 2026-01-31 09:00, UTC */
    MP_CELL_LINK,    /* text, which opens `link`: https, http or mailto; any other is written as text */
    MP_CELL_KIND_COUNT
} mp_cell_kind;

typedef enum mp_cell_look {
    MP_LOOK_PLAIN,
    MP_LOOK_HEAD,    /* of a column: bold, shaded */
    MP_LOOK_TITLE,   /* of a sheet: large */
    MP_LOOK_LABEL,   /* of a fact: bold, lightly shaded */
    MP_LOOK_NOTE,    /* small and grey */
    MP_LOOK_TOTAL,   /* bold, a line above */
    MP_LOOK_GOOD,    /* green */
    MP_LOOK_PARTLY,  /* amber */
    MP_LOOK_BAD,     /* red */
    MP_LOOK_UNKNOWN, /* grey */
    MP_LOOK_COUNT
} mp_cell_look;

/* A part of a text that names a row of the same document. */
typedef struct mp_cell_ref {
    size_t from, len; /* bytes of the text */
    unsigned number;  /* the anchor of that row */
} mp_cell_ref;

typedef struct mp_book_cell {
    mp_cell_kind kind;
    mp_cell_look look;
    mp_str text; /* borrowed for the call */
    mp_str link;
    double number; /* NaN and infinity are empty cells */
    mp_ticks time;
    /* Links within a document (src/paper): in a workbook they are text. */
    const mp_cell_ref *refs; /* borrowed for the call */
    size_t ref_count;
    unsigned anchor; /* what refs name it by; 0: nothing does */
} mp_book_cell;

typedef enum mp_cell_align { MP_ALIGN_LEFT, MP_ALIGN_CENTER, MP_ALIGN_RIGHT, MP_ALIGN_COUNT } mp_cell_align;

typedef struct mp_book_column {
    mp_str head;  /* empty in all columns: the sheet has no head row */
    double width; /* in characters; 0: 14 */
    mp_cell_align align;
    mp_str sample; /* words that its cells may be, which a page is not to tear; a workbook has its widths */
} mp_book_column;

typedef struct mp_book_options {
    mp_str title, author, subject; /* of the file's properties */
    mp_ticks made_at;              /* when the file says it was made */
    size_t limit;                  /* the most bytes of the finished book; 0: any */
} mp_book_options;

typedef struct mp_book_sheet_options {
    mp_str name; /* made legal and unlike the others: 31 characters, without []:*?/\ */
    const mp_book_column *columns;
    size_t count;
    size_t frozen_columns; /* that stay when one scrolls to the right */
    bool landscape;        /* on paper (A4) */
    bool is_form;          /* no filter, no frozen head: a page to read, not a table */
} mp_book_sheet_options;

/* Fails with MP_OUTPUT (no temporary file) or MP_NOMEM. */
MP_MUST_CHECK mp_code mp_book_new(mp_book **out, const mp_book_options *options, mp_error *err);
/* A sheet behind the others, with its head row. MP_LIMIT beyond 255 sheets or 16,384 columns. */
MP_MUST_CHECK mp_code mp_book_add(mp_book *book, mp_book_sheet **out, const mp_book_sheet_options *options,
                                  mp_error *err);
/* The next row. MP_LIMIT beyond 1,048,576 rows. */
MP_MUST_CHECK mp_code mp_book_row(mp_book_sheet *sheet, const mp_book_cell *cells, size_t count,
                                  mp_error *err);
/* The finished book, behind what is in `out`. Nothing may be added afterwards. Fails with MP_LIMIT, MP_OUTPUT
 * (no room for temporary files), MP_NOMEM. */
MP_MUST_CHECK mp_code mp_book_done(mp_book *book, mp_buf *out, mp_error *err);
void mp_book_free(mp_book *book); /* NULL is fine; also one that was not finished */

/* CSV (RFC 4180): with a byte order mark, without which Excel reads Korean as the local code page. A text
 * that a spreadsheet would take for a formula gets an apostrophe in front; days and times are ISO 8601. */
void mp_csv_begin(mp_buf *out);
void mp_csv_row(mp_buf *out, const mp_book_cell *cells, size_t count);
void mp_csv_head(mp_buf *out, const mp_book_column *columns, size_t count);

/* Shorthands for cells. */
static inline mp_book_cell mp_cell_text(mp_str text)
{
    return (mp_book_cell){ .kind = MP_CELL_TEXT, .text = text };
}

static inline mp_book_cell mp_cell_count(int64_t n)
{
    return (mp_book_cell){ .kind = MP_CELL_COUNT, .number = (double)n };
}

#endif
