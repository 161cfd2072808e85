/* SPDX-License-Identifier: Apache-2.0 */
/* A spreadsheet of whatever form, within narrow limits: what is read is within them, and in order. What comes from CSV, written as CSV again, is the same. */
#include "fuzz.h"

#include <stdlib.h>

#include "escape.h"
#include "sheet_read.h"

static const mp_sheet_limits limits = { .bytes = 1 << 20, .part = 1 << 20, .parts = 2 << 20, .ratio = 100, .entries = 20, .tables = 4, .rows = 1000, .columns = 40, .cells = 5000, .text = 4096 };

static void check(const mp_sheet_tables *tables)
{
    if (tables->count > limits.tables)
        abort();
    for (size_t i = 0; i < tables->count; i++)
        for (size_t k = 0, last = 0; k < tables->of[i].count; k++) {
            const mp_sheet_row *row = &tables->of[i].rows[k];
            if (row->number > limits.rows || (k && row->number <= last) || row->count == 0 || row->count > limits.columns || !row->cells[row->count - 1].len)
                abort();
            last = row->number;
        }
}

static void write_again(const mp_sheet_tables *tables)
{
    mp_arena        arena = MP_ARENA_INIT;
    mp_sheet_tables again;
    mp_buf          out = MP_BUF_INIT;
    for (size_t k = 0; k < tables->of[0].count; k++) {
        for (size_t c = 0; c < 41; c++) { /* commas are most there, whatever the texts hold */
            mp_escape_csv(&out, mp_sheet_cell(&tables->of[0].rows[k], c));
            mp_buf_add_c(&out, ',');
        }
        mp_buf_add_z(&out, "\r\n");
    }
    if (mp_sheet_read(&again, mp_buf_str(&out), &mp_sheet_usual, &arena, NULL) != MP_OK || again.of[0].count != tables->of[0].count)
        abort();
    mp_buf_free(&out);
    mp_arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mp_arena        arena = MP_ARENA_INIT;
    mp_sheet_tables tables;
    if (mp_sheet_read(&tables, mp_str_of((const char *)data, size), &limits, &arena, NULL) == MP_OK) {
        check(&tables);
        if (tables.is_csv)
            write_again(&tables);
    }
    mp_arena_free(&arena);
    return 0;
}
