/* SPDX-License-Identifier: Apache-2.0 */
/* $orderby, $select, $top. */
#include "odata_query.h"

#include <string.h>

#include "odata_rows.h"
#include "test.h"

/* The rows of odata_rows.c in that order, as "0123". */
static void check_order(const char *text, const char *wanted, const char *printed)
{
    mp_arena    arena = MP_ARENA_INIT;
    mp_error    err = { 0 };
    mp_order    order;
    mp_buf      again = MP_BUF_INIT;
    const void *rows[] = { &samples[0], &samples[1], &samples[2], &samples[3] };
    char        found[8] = "";
    if (mp_order_parse(&order, &arena, &sample_table, mp_str_from(text), &err) != MP_OK)
        fail_msg("%s: %s", text, err.message);
    CHECK_INT(mp_order_sort(&order, &sample_reader, rows, MP_COUNT(rows), &err), MP_OK);
    for (size_t i = 0; i < MP_COUNT(rows); i++)
        found[i] = (char)('0' + ((const sample *)rows[i] - samples));
    CHECK_STR(mp_str_from(found), wanted);
    mp_order_print(&again, &order);
    CHECK_STR(mp_buf_str(&again), printed);
    mp_buf_free(&again);
    mp_arena_free(&arena);
}

TEST(rows_in_order)
{
    check_order("name", "3201", "name");
    check_order("NAME asc", "3201", "name");
    check_order("name DESC", "1023", "name desc");
    check_order("properties/state desc, count", "0123", "properties/state desc,count");
    check_order("properties/state desc , count desc", "0213", "properties/state desc,count desc");
    check_order("isCompliant", "3120", "isCompliant");
    check_order("timestamp desc", "2103", "timestamp desc");
    check_order("score", "3201", "score");
    check_order("note,note", "3021", "note,note");
}

static void check_bad_order(const char *text, mp_code code, unsigned column, const char *message)
{
    mp_arena arena = MP_ARENA_INIT;
    mp_error err = { 0 };
    mp_order order;
    CHECK_INT(mp_order_parse(&order, &arena, &sample_table, mp_str_from(text), &err), code);
    CHECK_STR(mp_str_from(err.message), message);
    CHECK_INT(err.pos.col, column);
    mp_arena_free(&arena);
}

TEST(orders_that_are_none)
{
    check_bad_order("", MP_SYNTAX, 1, "$orderby:1: found \"\", wanted the name of a field");
    check_bad_order("name,", MP_SYNTAX, 6, "$orderby:6: found \"\", wanted the name of a field");
    check_bad_order("name down", MP_SYNTAX, 6, "$orderby:6: found \"down\", wanted asc, desc, \",\" or the end");
    check_bad_order("name desc asc", MP_SYNTAX, 11, "$orderby:11: found \"asc\", wanted asc, desc, \",\" or the end");
    check_bad_order("nmae", MP_COMPILE, 1, "$orderby:1: there is no field \"nmae\"; did you mean \"name\"?");
    check_bad_order("name, groups", MP_COMPILE, 7,
                    "$orderby:7: groups is a list; wanted a field that rows can be ordered by");
    check_bad_order("'name'", MP_SYNTAX, 1, "$orderby:1: found \"'name'\", wanted the name of a field");
    mp_buf text = MP_BUF_INIT;
    for (int i = 0; i < MP_ODATA_ORDER_MAX; i++)
        mp_buf_add_z(&text, "name,");
    mp_buf_add_z(&text, "name");
    mp_buf_add_c(&text, '\0');
    check_bad_order(text.ptr, MP_LIMIT, 161, "$orderby:161: rows are ordered by more than 32 fields");
    mp_buf_free(&text);
}

TEST(equal_rows_stay_in_their_order)
{
    enum { MANY = 1000 };
    static sample rows[MANY];
    const void   *order_of[MANY];
    mp_arena      arena = MP_ARENA_INIT;
    mp_order      order;
    for (int i = 0; i < MANY; i++) {
        rows[i].cells[F_COUNT] = mp_cell_int(i * 7 % 3);
        order_of[i] = &rows[i];
    }
    CHECK_INT(mp_order_parse(&order, &arena, &sample_table, MP_S("count"), NULL), MP_OK);
    CHECK_INT(mp_order_sort(&order, &sample_reader, order_of, MANY, NULL), MP_OK);
    for (int i = 1; i < MANY; i++) {
        const sample *a = order_of[i - 1], *b = order_of[i];
        int64_t       x = a->cells[F_COUNT].u.integer, y = b->cells[F_COUNT].u.integer;
        CHECK(x < y || (x == y && a < b));
    }
    mp_arena_free(&arena);
}

static void check_select(const char *text, uint32_t count, const uint32_t *wanted)
{
    mp_arena        arena = MP_ARENA_INIT;
    const uint32_t *fields;
    uint32_t        found;
    CHECK_INT(mp_select_parse(&fields, &found, &arena, &sample_table, mp_str_from(text), NULL), MP_OK);
    CHECK_INT(found, count);
    CHECK(memcmp(fields, wanted, count * sizeof *wanted) == 0);
    mp_arena_free(&arena);
}

static void check_bad_select(const char *text, const char *message)
{
    mp_arena        arena = MP_ARENA_INIT;
    const uint32_t *fields = NULL;
    uint32_t        found;
    mp_error        err = { 0 };
    CHECK(mp_select_parse(&fields, &found, &arena, &sample_table, mp_str_from(text), &err) != MP_OK && !fields);
    CHECK_STR(mp_str_from(err.message), message);
    mp_arena_free(&arena);
}

TEST(fields_that_are_selected)
{
    check_select("name", 1, (const uint32_t[]){ F_NAME });
    check_select(" Count , properties/STATE,groups", 3, (const uint32_t[]){ F_COUNT, F_STATE, F_GROUPS });
    check_select("name,NAME,id,name", 2, (const uint32_t[]){ F_NAME, F_ID });
    check_select("*", FIELDS, (const uint32_t[]){ 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 });
    check_bad_select("", "$select:1: found \"\", wanted the name of a field");
    check_bad_select("name,,id", "$select:6: found \",\", wanted the name of a field");
    check_bad_select("name id", "$select:6: found \"id\", wanted \",\" or the end");
    check_bad_select("*,name", "$select:2: found \",\", wanted the end");
    check_bad_select("name,cuont", "$select:6: there is no field \"cuont\"; did you mean \"count\"?");
}

TEST(how_many_rows)
{
    int64_t  top = -1;
    mp_error err = { 0 };
    CHECK(mp_top_parse(&top, MP_S("0"), &err) == MP_OK && top == 0);
    CHECK(mp_top_parse(&top, MP_S(" 0012 "), &err) == MP_OK && top == 12);
    CHECK(mp_top_parse(&top, MP_S("2147483647"), &err) == MP_OK && top == MP_ODATA_TOP_MAX);
    static const char *const bad[] = { "",    " ", "-1",  "+1",         "1.0",
                                       "1e3", "x", "1 2", "2147483648", "99999999999999999999999999" };
    for (size_t i = 0; i < MP_COUNT(bad); i++) {
        top = 7;
        CHECK(mp_top_parse(&top, mp_str_from(bad[i]), &err) == MP_SYNTAX && top == 7);
    }
    CHECK_INT(mp_top_parse(&top, MP_S("ten"), &err), MP_SYNTAX);
    CHECK_STR(mp_str_from(err.message), "$top:1: found \"ten\", wanted a whole number from 0 to 2147483647");
}

int main(void)
{
    return MAIN(RUN(rows_in_order), RUN(orders_that_are_none), RUN(equal_rows_stay_in_their_order),
                RUN(fields_that_are_selected), RUN(how_many_rows));
}
