/* SPDX-License-Identifier: Apache-2.0 */
/* odata_table.h - a table with a field of every type and three rows, for the targets over src/odata. */
#ifndef MAPAE_FUZZ_ODATA_TABLE_H
#define MAPAE_FUZZ_ODATA_TABLE_H

#include <stdio.h>
#include <stdlib.h>

#include "odata.h"

#define MUST(condition)                                                        \
    do {                                                                       \
        if (!(condition)) {                                                    \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);    \
            abort();                                                           \
        }                                                                      \
    } while (0)

#define TABLE_FIELDS 7
#define TABLE_ROWS 3

static const mp_odata_field table_fields[TABLE_FIELDS] = {
    { .name = MP_S_INIT("id"), .type = MP_ODATA_ID, .sql = "id" },
    { .name = MP_S_INIT("properties/state"), .type = MP_ODATA_STRING, .sql = "state" },
    { .name = MP_S_INIT("flag"), .type = MP_ODATA_BOOL, .sql = "flag" },
    { .name = MP_S_INIT("n"), .type = MP_ODATA_INT, .sql = "n" },
    { .name = MP_S_INIT("x"), .type = MP_ODATA_REAL },
    { .name = MP_S_INIT("at"), .type = MP_ODATA_DATE, .sql = "at", .unit = MP_ODATA_SECONDS },
    { .name = MP_S_INIT("list"), .type = MP_ODATA_LIST },
};
static const mp_odata_function table_functions[] = { { MP_S_INIT("atScope"), 0, 0 }, { MP_S_INIT("assignedTo"), 1, 2 } };
static const mp_odata_table    table = { table_fields, TABLE_FIELDS, MP_COUNT(table_functions), table_functions };

static const mp_str  table_items[] = { MP_S_INIT("a"), MP_S_INIT("It's") };
static const mp_cell table_rows[TABLE_ROWS][TABLE_FIELDS] = {
    { { .kind = MP_CELL_TEXT, .u.text = MP_S_INIT("/a/b") }, { .kind = MP_CELL_TEXT, .u.text = MP_S_INIT("It's") },
      { .kind = MP_CELL_BOOL, .u.yes = true }, { .kind = MP_CELL_INT, .u.integer = 5 }, { .kind = MP_CELL_REAL, .u.real = 1.5 },
      { .kind = MP_CELL_DATE, .u.date = INT64_C(638396640000000000) }, { .kind = MP_CELL_LIST, .count = 2, .u.items = table_items } },
    { { .kind = MP_CELL_TEXT, .u.text = MP_S_INIT("") }, { .kind = MP_CELL_TEXT, .u.text = MP_S_INIT("가%_\\") },
      { .kind = MP_CELL_TEXT, .u.text = MP_S_INIT("False") }, { .kind = MP_CELL_INT, .u.integer = INT64_MIN },
      { .kind = MP_CELL_INT, .u.integer = INT64_MAX }, { .kind = MP_CELL_TEXT, .u.text = MP_S_INIT("1969-12-31T23:59:59Z") },
      { .kind = MP_CELL_LIST } },
    { { .kind = MP_CELL_NULL } },
};

static inline mp_cell table_get(void *context, const void *row, uint32_t field)
{
    (void)context;
    return ((const mp_cell *)row)[field];
}

static inline bool table_call(void *context, const void *row, uint32_t function, const mp_str *arguments, uint32_t count)
{
    (void)context;
    MUST(function < MP_COUNT(table_functions) && count >= table_functions[function].least &&
         count <= table_functions[function].most);
    return function == 0 ? row == table_rows[0] : mp_str_eq(arguments[0], MP_S("a"));
}

static const mp_odata_reader table_reader = { table_get, table_call, NULL };

/* What is refused is refused at a place within the text, with the option in front. */
static inline void check_error(const mp_error *err, mp_code code, mp_str text, const char *option)
{
    mp_pos end = mp_pos_of_offset(text, text.len);
    MUST(code == MP_SYNTAX || code == MP_COMPILE || code == MP_LIMIT);
    MUST(err->code == code && mp_str_starts(mp_str_from(err->message), mp_str_from(option)));
    MUST(err->pos.line >= 1 && err->pos.col >= 1);
    MUST(err->pos.line < end.line || (err->pos.line == end.line && err->pos.col <= end.col));
}

#endif
