/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as $filter. What is read is printed and read to the same text, and both are true of the same rows. As SQL
 * it has at most as many parameters as were allowed, numbered in order, and none of the filter's own bytes; what is
 * left behind, together with a condition that is always true, is never true of less than the filter. */
#include <string.h>

#include "fuzz.h"
#include "odata_sql.h"
#include "odata_table.h"

static const mp_filter *read_again(mp_arena *arena, const mp_filter *filter, mp_buf *printed)
{
    const mp_filter *again;
    mp_error         err;
    mp_buf           twice = MP_BUF_INIT;
    mp_filter_print(printed, filter);
    mp_code code = mp_filter_parse(&again, arena, &table, mp_buf_str(printed), &err);
    if (code == MP_LIMIT && printed->len > MP_ODATA_TEXT_MAX / 2) /* dates and numbers are printed in full */
        return NULL;
    if (code != MP_OK)
        fprintf(stderr, "%.*s\n%s\n", (int)printed->len, printed->ptr, err.message);
    MUST(code == MP_OK);
    mp_filter_print(&twice, again);
    MUST(mp_str_eq(mp_buf_str(printed), mp_buf_str(&twice)));
    mp_buf_free(&twice);
    return again;
}

static void check_sql(mp_arena *arena, const mp_filter *filter, uint32_t most)
{
    mp_odata_sql sql;
    char         wanted[16];
    MUST(mp_odata_sql_filter(&sql, arena, filter, &(mp_odata_sql_options){ 5, most }, NULL) == MP_OK);
    MUST(sql.count <= most && sql.where.len > 0 && strlen(sql.where.ptr) == sql.where.len);
    mp_str rest = sql.where;
    for (uint32_t i = 0; i < sql.count; i++) {
        int    len = snprintf(wanted, sizeof wanted, "?%u", 5 + i);
        size_t at = mp_str_find_str(rest, mp_str_of(wanted, (size_t)len));
        MUST(at != SIZE_MAX);
        rest = mp_str_skip(rest, at + (size_t)len);
        MUST(sql.values[i].kind == MP_CELL_TEXT || sql.values[i].kind == MP_CELL_INT || sql.values[i].kind == MP_CELL_REAL);
    }
    MUST(mp_str_find(rest, '?') == SIZE_MAX);
    for (size_t i = 0; i < sql.where.len; i++)
        MUST((uint8_t)sql.where.ptr[i] < 0x80 && sql.where.ptr[i] >= ' ');
    for (size_t i = 0; i < TABLE_ROWS; i++)
        MUST(!mp_filter_test(filter, &table_reader, table_rows[i]) ||
             mp_filter_test(sql.rest, &table_reader, table_rows[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mp_str           text = mp_str_of((const char *)data, size);
    mp_arena         arena = MP_ARENA_INIT;
    mp_buf           printed = MP_BUF_INIT;
    mp_error         err = { 0 };
    const mp_filter *filter;
    mp_code          code = mp_filter_parse(&filter, &arena, &table, text, &err);
    if (code == MP_OK) {
        const mp_filter *again = read_again(&arena, filter, &printed);
        for (size_t i = 0; again && i < TABLE_ROWS; i++)
            MUST(mp_filter_test(filter, &table_reader, table_rows[i]) ==
                 mp_filter_test(again, &table_reader, table_rows[i]));
        check_sql(&arena, filter, 48);
        check_sql(&arena, filter, 2);
    } else {
        check_error(&err, code, text, "$filter:");
    }
    mp_buf_free(&printed);
    mp_arena_free(&arena);
    return 0;
}
