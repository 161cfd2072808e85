/* SPDX-License-Identifier: Apache-2.0 */
/* sheet_parts.h - a workbook in pieces: what its zip holds, and the texts of its XML. Private to sheet. */
#ifndef MAPAE_SHEET_PARTS_H
#define MAPAE_SHEET_PARTS_H

#include "sheet_read.h"

/* ---- the zip (sheet_zip.c) ---- */

typedef struct mp_sheet_part {
    mp_str name, text; /* "xl/workbook.xml" */
} mp_sheet_part;

typedef struct mp_sheet_parts {
    mp_sheet_part *of;
    size_t         count;
} mp_sheet_parts;

/* The parts that may hold cells, unpacked. Fails with MP_FORMAT, MP_LIMIT, MP_UNSUPPORTED, MP_NOMEM. */
MP_MUST_CHECK mp_code mp_sheet_unpack(mp_sheet_parts *out, mp_str bytes, const mp_sheet_limits *limits, mp_arena *arena, mp_error *err);
/* NULL: there is none of this name, without case. */
const mp_sheet_part *mp_sheet_part_find(const mp_sheet_parts *parts, mp_str name);

/* ---- XML (sheet_xml.c) ---- */

/* What a reader of one document is told: names without their prefix. A failure ends the reading. */
typedef struct mp_sheet_xml {
    mp_code (*begin)(void *ctx, const char *name, const char *const *attributes, mp_error *err);
    mp_code (*end)(void *ctx, const char *name, mp_error *err);
    mp_code (*text)(void *ctx, mp_str piece, mp_error *err);
} mp_sheet_xml;
/* Fails with MP_FORMAT (no XML; a document type), MP_NOMEM, and as the reader does. */
MP_MUST_CHECK mp_code mp_sheet_xml_read(const mp_sheet_part *part, const mp_sheet_xml *reader, void *ctx, mp_error *err);
/* The value of an attribute; NULL: there is none. */
const char *mp_sheet_attribute(const char *const *attributes, const char *name);

/* ---- formats of cells (sheet_styles.c) ---- */

typedef struct mp_sheet_styles {
    bool  *is_date; /* by the number that a cell says */
    size_t count;
} mp_sheet_styles;
/* Of xl/styles.xml. Fails with MP_FORMAT, MP_LIMIT, MP_NOMEM. */
MP_MUST_CHECK mp_code mp_sheet_styles_read(mp_sheet_styles *out, const mp_sheet_part *part, mp_arena *arena, mp_error *err);
/* "2026-12-31", and " 09:30:00" behind it when the number is no whole one; false: no day has this number. */
#define MP_SHEET_DATE 32
bool mp_sheet_date(char out[MP_SHEET_DATE], double number, bool is_1904);

/* ---- the two forms ---- */

/* In all tables: cells that are not empty, and the bytes of their texts; a text that many cells have counts for each. */
typedef struct mp_sheet_total {
    size_t cells, bytes;
} mp_sheet_total;

/* Of one table: rows come in order, cells in the order of their columns. */
typedef struct mp_sheet_filling {
    const mp_sheet_limits *limits;
    mp_arena              *arena;
    mp_sheet_row          *rows;
    size_t                 row_count, row_cap;
    mp_str                *cells; /* of the row at hand */
    size_t                 cell_count, cell_cap;
    size_t                 number;
    mp_sheet_total        *total;
} mp_sheet_filling;
/* Empty texts are passed over. Fails with MP_LIMIT, MP_FORMAT (a column that was filled already), MP_NOMEM. */
MP_MUST_CHECK mp_code mp_sheet_fill(mp_sheet_filling *f, size_t column, mp_str text, mp_error *err);
/* The row at hand is complete; without cells it is forgotten. */
MP_MUST_CHECK mp_code mp_sheet_fill_row(mp_sheet_filling *f, mp_error *err);

MP_MUST_CHECK mp_code mp_sheet_read_book(mp_sheet_tables *out, mp_str bytes, const mp_sheet_limits *limits, mp_arena *arena, mp_error *err);
MP_MUST_CHECK mp_code mp_sheet_read_csv(mp_sheet_tables *out, mp_str bytes, const mp_sheet_limits *limits, mp_arena *arena, mp_error *err);

#endif
