/* SPDX-License-Identifier: Apache-2.0 */
#include "decision_sheet.h"

#include "clock.h"
#include "sheet_read.h"

enum { REASONS = 2, TARGET = 8, WIDTH = 64 };

static const mp_str members[] = {
    MP_S_INIT("control"),        MP_S_INIT("justification"), MP_S_INIT("reasons"), MP_S_INIT("implementation"),
    MP_S_INIT("responsibility"), MP_S_INIT("service"),       MP_S_INIT("team"),    MP_S_INIT("owner"),
    MP_S_INIT("targetDate"),     MP_S_INIT("note"),
};

typedef struct heads {
    size_t member[WIDTH]; /* of each column */
    size_t count;
} heads;

static mp_code read_head(heads *h, size_t column, mp_str name, mp_error *err)
{
    size_t at = 0;
    while (at < MP_COUNT(members) && !mp_str_eq_fold(name, members[at]))
        at++;
    if (at == MP_COUNT(members))
        return mp_fail(err, MP_FORMAT, MP_NOWHERE,
                       "column %zu is called '%.*s'; wanted are control, justification, reasons, "
                       "implementation, responsibility, service, "
                       "team, owner, targetDate, note",
                       column + 1, (int)(name.len < 60 ? name.len : 60), name.ptr);
    for (size_t i = 0; i < column; i++)
        if (h->member[i] == at)
            return mp_fail(err, MP_FORMAT, MP_NOWHERE, "columns %zu and %zu are both called '%.*s'", i + 1, column + 1, MP_FMT(members[at]));
    h->member[column] = at;
    return MP_OK;
}

static mp_code read_heads(heads *h, const mp_sheet_row *row, mp_error *err)
{
    bool has_control = false;
    h->count = row->count;
    for (size_t i = 0; i < h->count; i++) {
        MP_TRY(read_head(h, i, mp_str_trim(row->cells[i]), err));
        has_control = has_control || h->member[i] == 0;
    }
    return has_control ? MP_OK : mp_fail(err, MP_FORMAT, MP_NOWHERE, "no column is called 'control'");
}

static mp_code put_cell(mp_jsonw *w, const heads *h, const mp_sheet_row *row, size_t column, mp_error *err)
{
    char place[MP_SHEET_PLACE];
    mp_ticks day;
    mp_str text = mp_str_trim(mp_sheet_cell(row, column));
    if (!text.len)
        return MP_OK;
    mp_sheet_place(place, column, row->number);
    if (column >= h->count)
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "%s: this column has no name in the first row", place);
    size_t member = h->member[column];
    if (member == TARGET && (text.len != 10 || !mp_clock_parse(&day, text)))
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "%s: the targetDate is '%.*s'; wanted is a day such as 2026-12-31", place,
                       (int)(text.len < 60 ? text.len : 60), text.ptr);
    mp_jsonw_key(w, members[member]);
    if (member == REASONS)
        mp_sheet_cell_items(w, text);
    else
        mp_jsonw_str(w, text);
    return MP_OK;
}

static bool is_empty(const mp_sheet_row *row)
{
    for (size_t i = 0; i < row->count; i++)
        if (mp_str_trim(row->cells[i]).len)
            return false;
    return true;
}

static mp_code put_row(mp_jsonw *w, const heads *h, const mp_sheet_row *row, mp_error *err)
{
    mp_jsonw_object(w);
    for (size_t i = 0; i < row->count; i++)
        MP_TRY(put_cell(w, h, row, i, err));
    mp_jsonw_end(w);
    return MP_OK;
}

mp_code mp_decisions_of_sheet(mp_jsonw *w, mp_str bytes, mp_arena *arena, mp_error *err)
{
    mp_sheet_tables tables;
    heads h;
    size_t count = 0;
    MP_TRY(mp_sheet_read(&tables, bytes, &mp_sheet_usual, arena, err));
    const mp_sheet_table *table = tables.count ? &tables.of[0] : NULL;
    if (!table || !table->count || table->rows[0].count > WIDTH)
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "wanted is a table with a first row of titles");
    MP_TRY(read_heads(&h, &table->rows[0], err));
    mp_jsonw_array(w);
    for (size_t i = 1; i < table->count; i++) {
        if (is_empty(&table->rows[i]))
            continue;
        if (++count > MP_DECISIONS_AT_ONCE)
            return mp_fail(err, MP_LIMIT, MP_NOWHERE, "the spreadsheet has more than %d decisions, which is the most at once",
                           MP_DECISIONS_AT_ONCE);
        MP_TRY(put_row(w, &h, &table->rows[i], err));
    }
    mp_jsonw_end(w);
    return MP_OK;
}
