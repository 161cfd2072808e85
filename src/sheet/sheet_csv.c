/* SPDX-License-Identifier: Apache-2.0 */
#include "sheet_write.h"

#include <math.h>
#include <stdio.h>

#include "escape.h"

void mp_csv_begin(mp_buf *out)
{
    mp_buf_add(out, MP_S("\xEF\xBB\xBF"));
}

/* At most two decimals, without zeros behind. Ours, so no locale and no formula: a minus sign is one. */
static void add_number(mp_buf *out, double number, int decimals)
{
    char text[340];
    if (!isfinite(number))
        return;
    int len = snprintf(text, sizeof text, "%.*f", decimals, number);
    if (len <= 0 || (size_t)len >= sizeof text)
        return;
    size_t end = (size_t)len;
    if (decimals) {
        while (text[end - 1] == '0')
            end--;
        if (text[end - 1] == '.')
            end--;
    }
    mp_str shown = mp_str_of(text, end);
    mp_buf_add(out, mp_str_eq(shown, MP_S("-0")) ? MP_S("0") : shown);
}

static void add_cell(mp_buf *out, const mp_book_cell *cell)
{
    char at[MP_CLOCK_SHORT];
    switch (cell->kind) {
    case MP_CELL_TEXT:
    case MP_CELL_LINK:
        mp_escape_csv(out, cell->text);
        break;
    case MP_CELL_COUNT:
        add_number(out, cell->number, 0);
        break;
    case MP_CELL_NUMBER:
        add_number(out, cell->number, 2);
        break;
    case MP_CELL_PERCENT:
        add_number(out, cell->number, 4);
        break;
    case MP_CELL_DAY:
    case MP_CELL_TIME:
        mp_clock_format_short(at, cell->time);
        mp_buf_add(out, mp_str_of(at, cell->kind == MP_CELL_DAY ? 10 : sizeof at - 1));
        break;
    case MP_CELL_EMPTY:
    case MP_CELL_KIND_COUNT:
        break;
    }
}

void mp_csv_row(mp_buf *out, const mp_book_cell *cells, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (i)
            mp_buf_add_c(out, ',');
        add_cell(out, &cells[i]);
    }
    mp_buf_add(out, MP_S("\r\n"));
}

void mp_csv_head(mp_buf *out, const mp_book_column *columns, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (i)
            mp_buf_add_c(out, ',');
        mp_escape_csv(out, columns[i].head);
    }
    mp_buf_add(out, MP_S("\r\n"));
}
