/* SPDX-License-Identifier: Apache-2.0 */
/* Lines: $apply, $orderby, $select, $filter (all but the first may be missing). $apply that is read is printed and
 * read to the same text; it runs over the rows to groups that are as many as its table says, in the order that was
 * asked for, and to the same ones again. */
#include <string.h>

#include "fuzz.h"
#include "odata_query.h"
#include "odata_sql.h"
#include "odata_table.h"

static void check_printed(mp_arena *arena, const mp_apply *apply)
{
    mp_buf   once = MP_BUF_INIT, twice = MP_BUF_INIT;
    mp_apply again;
    mp_apply_print(&once, apply);
    mp_code code = mp_apply_parse(&again, arena, &table, mp_buf_str(&once), NULL);
    MUST(code == MP_OK || (code == MP_LIMIT && once.len > MP_ODATA_TEXT_MAX / 2) || (code == MP_LIMIT && apply->filter));
    if (code == MP_OK) {
        mp_apply_print(&twice, &again);
        MUST(mp_str_eq(mp_buf_str(&once), mp_buf_str(&twice)));
    }
    mp_buf_free(&once);
    mp_buf_free(&twice);
}

/* Returns false when a limit was met. */
static bool run_once(mp_groups *out, mp_apply_run **run, const mp_query *query)
{
    mp_error err = { 0 };
    MUST(mp_apply_run_new(run, &query->apply, NULL, NULL) == MP_OK);
    mp_code code = MP_OK;
    for (size_t i = 0; code == MP_OK && i < TABLE_ROWS; i++)
        if (mp_filter_test(query->filter, &table_reader, table_rows[i]))
            code = mp_apply_feed(*run, &table_reader, table_rows[i], &err);
    if (code == MP_OK)
        code = mp_query_finish(out, query, *run, &err);
    MUST(code == MP_OK || (code == MP_LIMIT && err.message[0]));
    return code == MP_OK;
}

static void check_run(mp_arena *arena, const mp_query *query)
{
    mp_apply_run      *run = NULL, *again = NULL;
    mp_groups          groups, same;
    mp_odata_sql_group sql;
    MUST(mp_odata_sql_groups(&sql, arena, &query->apply.steps[0], NULL) == MP_OK);
    bool is_done = run_once(&groups, &run, query);
    MUST(run_once(&same, &again, query) == is_done);
    for (size_t i = 0; is_done && i < groups.count; i++) {
        MUST(groups.count == same.count && groups.count <= TABLE_ROWS && groups.table == query->out);
        for (uint32_t f = 0; f < groups.table->field_count; f++)
            MUST(mp_cell_cmp(&groups.rows[i][f], &same.rows[i][f]) == 0);
        MUST(i == 0 || mp_order_compare(&query->order, &mp_group_reader, groups.rows[i - 1], groups.rows[i]) <= 0);
    }
    mp_apply_run_free(run);
    mp_apply_run_free(again);
}

static mp_str take_line(mp_str *rest)
{
    if (rest->len == 0)
        return mp_str_of(NULL, 0);
    size_t end = mp_str_find(*rest, '\n');
    mp_str line = mp_str_of(rest->ptr, end == SIZE_MAX ? rest->len : end);
    *rest = mp_str_skip(*rest, line.len + 1);
    return line;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mp_str         rest = mp_str_of((const char *)data, size);
    mp_arena       arena = MP_ARENA_INIT;
    mp_error       err = { 0 };
    mp_apply       apply;
    mp_query       query;
    mp_query_texts texts = {
        .apply = take_line(&rest), .orderby = take_line(&rest), .select = take_line(&rest), .filter = take_line(&rest)
    };
    mp_code        code = mp_apply_parse(&apply, &arena, &table, texts.apply, &err);
    if (code == MP_OK)
        check_printed(&arena, &apply);
    else
        check_error(&err, code, texts.apply, "$apply:");
    code = mp_query_parse(&query, &arena, &table, &texts, &err);
    if (code == MP_OK && query.apply.count)
        check_run(&arena, &query);
    else if (code != MP_OK)
        MUST(err.message[0] == '$');
    mp_arena_free(&arena);
    return 0;
}
