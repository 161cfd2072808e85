/* SPDX-License-Identifier: Apache-2.0 */
/* sheet_tables.h - a spreadsheet as the tables of the layout, each cell by the name of its column. Private to controls. */
#ifndef MAPAE_CONTROLS_SHEET_TABLES_H
#define MAPAE_CONTROLS_SHEET_TABLES_H

#include "sheet_layout.h"

typedef struct mp_layout_scheme {
    mp_str id;     /* "web" of "scheme: web" */
    size_t column;
} mp_layout_scheme;

typedef struct mp_layout_rows {
    mp_str              name;  /* as the workbook calls it; of CSV that of its line */
    const mp_sheet_row *rows;  /* behind the heads */
    size_t              count;
    size_t              at[MP_LAYOUT_COLUMNS]; /* where each column stands; SIZE_MAX: nowhere */
    mp_layout_scheme   *schemes;               /* of the table `controls` */
    size_t              scheme_count;
} mp_layout_rows;

typedef struct mp_layout {
    mp_layout_rows of[MP_LAYOUT_TABLES];
    mp_arena      *arena;
} mp_layout;

/* Which table is which, and which column. Fails with MP_FORMAT (a table or column that is not known, with its place), MP_EXISTS (one twice), MP_NOMEM. */
MP_MUST_CHECK mp_code mp_layout_read(mp_layout *out, const mp_sheet_tables *tables, mp_arena *arena, mp_error *err);

/* A cell; blanks at its ends are kept. Empty where there is no such column. */
mp_str mp_layout_text(const mp_layout *layout, const mp_sheet_row *row, mp_layout_column column);
/* The same without blanks at its ends: names and ids. */
mp_str mp_layout_name(const mp_layout *layout, const mp_sheet_row *row, mp_layout_column column);
/* Fail with a place in front: "controls!B7: the group ...". */
#define mp_layout_fail(layout_, row_, column_, err_, code_, ...) \
    mp_layout_placed((layout_), (row_), (column_), (err_), mp_fail((err_), (code_), MP_NOWHERE, __VA_ARGS__))
mp_code mp_layout_placed(const mp_layout *layout, const mp_sheet_row *row, mp_layout_column column, mp_error *err, mp_code code);

#endif
