/* SPDX-License-Identifier: Apache-2.0 */
/* sheet_layout.h - the tables of a framework as a spreadsheet, and how lists stand in one cell. Private to controls.
 *
 * A list has a line for each element. In an element "\n" is a line end, "\\" a backslash; where parts of it are apart by bars or
 * commas, "\|" and "\," are those signs. */
#ifndef MAPAE_CONTROLS_SHEET_LAYOUT_H
#define MAPAE_CONTROLS_SHEET_LAYOUT_H

#include "buf.h"
#include "sheet_read.h"

typedef enum mp_layout_table {
    MP_LAYOUT_FRAMEWORK,
    MP_LAYOUT_GROUPS,
    MP_LAYOUT_CONTROLS,
    MP_LAYOUT_SCHEMES,
    MP_LAYOUT_VARIANTS,
    MP_LAYOUT_SOURCES,
    MP_LAYOUT_MAPPINGS,
    MP_LAYOUT_CERTIFICATION,
    MP_LAYOUT_TABLES
} mp_layout_table;
extern const char *const mp_layout_names[MP_LAYOUT_TABLES]; /* "framework" */

typedef enum mp_layout_column {
#define MP_SHEET_COLUMN(table, name, head, korean) MP_COLUMN_##table##_##name,
#include "sheet_layout.def"
#undef MP_SHEET_COLUMN
    MP_LAYOUT_COLUMNS
} mp_layout_column;

typedef struct mp_layout_head {
    mp_layout_table table;
    const char     *head, *korean;
} mp_layout_head;
extern const mp_layout_head mp_layout_heads[MP_LAYOUT_COLUMNS];

/* A column of the table `controls` for each scheme: "scheme: web". */
#define MP_LAYOUT_SCHEME MP_S("scheme:")
/* A line of CSV that a table stands behind: "[controls]". */

/* ---- lists in a cell (sheet_layout.c) ---- */

/* The next element of *rest up to `apart` ('\n', ',' or '|'), taken off, unescaped, trimmed; false at the end. Fails never: out->ptr NULL when memory is short. */
bool mp_layout_next(mp_str *out, mp_str *rest, char apart, mp_arena *arena);
/* The same for lines whose elements have parts: the line as it stands, for mp_layout_next() with another sign. */
bool mp_layout_line(mp_str *out, mp_str *rest);
/* Append an element, behind `apart` unless it is the first. */
void mp_layout_add(mp_buf *cell, mp_str element, char apart, bool is_first);

#endif
