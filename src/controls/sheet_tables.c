/* SPDX-License-Identifier: Apache-2.0 */
#include "sheet_tables.h"

#include "text.h"

mp_str mp_layout_text(const mp_layout *layout, const mp_sheet_row *row, mp_layout_column column)
{
    size_t at = layout->of[mp_layout_heads[column].table].at[column];
    return at == SIZE_MAX ? mp_str_of(NULL, 0) : mp_sheet_cell(row, at);
}

mp_str mp_layout_name(const mp_layout *layout, const mp_sheet_row *row, mp_layout_column column)
{
    return mp_str_trim(mp_layout_text(layout, row, column));
}

mp_code mp_layout_placed(const mp_layout *layout, const mp_sheet_row *row, mp_layout_column column, mp_error *err, mp_code code)
{
    const mp_layout_rows *rows = &layout->of[mp_layout_heads[column].table];
    char                  place[MP_SHEET_PLACE];
    if (!err)
        return code;
    mp_error why = *err;
    mp_sheet_place(place, rows->at[column] == SIZE_MAX ? 0 : rows->at[column], row->number);
    return mp_fail(err, code, MP_NOWHERE, "%.*s!%s: %s", MP_FMT(rows->name), place, why.message);
}

/* ---- heads ---- */

static bool is_called(mp_str head, const mp_layout_head *column)
{
    return mp_str_eq_fold(head, mp_str_from(column->head)) || mp_str_eq(head, mp_str_from(column->korean));
}

static mp_code unknown_head(const mp_layout_rows *rows, mp_layout_table table, mp_str head, size_t at, mp_error *err)
{
    mp_str names[MP_LAYOUT_COLUMNS];
    size_t count = 0;
    char   place[MP_SHEET_PLACE];
    for (unsigned i = 0; i < MP_LAYOUT_COLUMNS; i++)
        if (mp_layout_heads[i].table == table)
            names[count++] = mp_str_from(mp_layout_heads[i].head);
    mp_str nearest = mp_text_nearest(head, names, count);
    mp_sheet_place(place, at, rows->rows[0].number);
    return nearest.len ? mp_fail(err, MP_FORMAT, MP_NOWHERE, "%.*s!%s: there is no column '%.*s'; did you mean '%.*s'?", MP_FMT(rows->name), place, MP_FMT(head), MP_FMT(nearest))
                       : mp_fail(err, MP_FORMAT, MP_NOWHERE, "%.*s!%s: there is no column '%.*s'", MP_FMT(rows->name), place, MP_FMT(head));
}

static mp_code read_head(mp_layout_rows *rows, mp_layout_table table, mp_str head, size_t at, mp_error *err)
{
    char place[MP_SHEET_PLACE];
    if (table == MP_LAYOUT_CONTROLS && mp_str_starts_fold(head, MP_LAYOUT_SCHEME)) {
        rows->schemes[rows->scheme_count++] = (mp_layout_scheme){ .id = mp_str_trim(mp_str_skip(head, MP_LAYOUT_SCHEME.len)), .column = at };
        return MP_OK;
    }
    for (unsigned i = 0; i < MP_LAYOUT_COLUMNS; i++) {
        if (mp_layout_heads[i].table != table || !is_called(head, &mp_layout_heads[i]))
            continue;
        mp_sheet_place(place, at, rows->rows[0].number);
        if (rows->at[i] != SIZE_MAX)
            return mp_fail(err, MP_EXISTS, MP_NOWHERE, "%.*s!%s: there are two columns '%.*s'", MP_FMT(rows->name), place, MP_FMT(head));
        rows->at[i] = at;
        return MP_OK;
    }
    return unknown_head(rows, table, head, at, err);
}

static mp_code read_heads(mp_layout_rows *rows, mp_layout_table table, mp_arena *arena, mp_error *err)
{
    if (!rows->count)
        return MP_OK;
    const mp_sheet_row *heads = &rows->rows[0];
    rows->schemes = MP_ARENA_ARRAY(arena, mp_layout_scheme, heads->count + 1);
    if (!rows->schemes)
        return mp_no_memory(err);
    for (size_t i = 0; i < heads->count; i++) {
        mp_str head = mp_str_trim(heads->cells[i]);
        if (head.len)
            MP_TRY(read_head(rows, table, head, i, err));
    }
    rows->rows++;
    rows->count--;
    return MP_OK;
}

/* ---- tables ---- */

static mp_code take(mp_layout *out, mp_str name, const mp_sheet_row *rows, size_t count, mp_error *err)
{
    for (unsigned i = 0; i < MP_LAYOUT_TABLES; i++) {
        if (!mp_str_eq_fold(name, mp_str_from(mp_layout_names[i])))
            continue;
        if (out->of[i].name.len)
            return mp_fail(err, MP_EXISTS, MP_NOWHERE, "there are two tables '%.*s'", MP_FMT(name));
        out->of[i].name = name;
        out->of[i].rows = rows;
        out->of[i].count = count;
        return read_heads(&out->of[i], (mp_layout_table)i, out->arena, err);
    }
    return mp_fail(err, MP_FORMAT, MP_NOWHERE, "there is no table '%.*s' of a framework; wanted are framework, groups, controls, schemes, variants, sources, mappings, certification", MP_FMT(name));
}

static bool is_title(const mp_sheet_row *row) { return row->count == 1 && mp_str_starts(row->cells[0], MP_S("[")) && mp_str_ends(row->cells[0], MP_S("]")); }

/* One table after the other, each behind "[NAME]"; without such a line all of it is the table of controls. */
static mp_code split(mp_layout *out, const mp_sheet_table *csv, mp_error *err)
{
    size_t from = 0;
    mp_str name = MP_S("controls");
    for (size_t i = 0; i <= csv->count; i++) {
        if (i < csv->count && !is_title(&csv->rows[i]))
            continue;
        if (i > from || from > 0)
            MP_TRY(take(out, name, csv->rows + from, i - from, err));
        if (i < csv->count)
            name = mp_str_of(csv->rows[i].cells[0].ptr + 1, csv->rows[i].cells[0].len - 2);
        from = i + 1;
    }
    return MP_OK;
}

mp_code mp_layout_read(mp_layout *out, const mp_sheet_tables *tables, mp_arena *arena, mp_error *err)
{
    *out = (mp_layout){ .arena = arena };
    for (unsigned i = 0; i < MP_LAYOUT_TABLES; i++)
        for (unsigned k = 0; k < MP_LAYOUT_COLUMNS; k++)
            out->of[i].at[k] = SIZE_MAX;
    if (tables->is_csv)
        return tables->count ? split(out, &tables->of[0], err) : MP_OK;
    for (size_t i = 0; i < tables->count; i++)
        MP_TRY(take(out, tables->of[i].name, tables->of[i].rows, tables->of[i].count, err));
    return MP_OK;
}
