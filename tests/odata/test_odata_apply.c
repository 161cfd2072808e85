/* SPDX-License-Identifier: Apache-2.0 */
/* $apply, and all options together. */
#include "odata_query.h"

#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>

#include "fault.h"
#include "odata_rows.h"
#include "odata_sql.h"
#include "test.h"

/* ---- results as text: "a=x n=2; a=y n=1" ---- */

static void add_cell(mp_buf *out, const mp_cell *cell)
{
    char date[MP_CLOCK_SHORT];
    switch (cell->kind) {
    case MP_CELL_TEXT:
        mp_buf_add(out, cell->u.text);
        break;
    case MP_CELL_INT:
        mp_buf_printf(out, "%" PRId64, cell->u.integer);
        break;
    case MP_CELL_REAL:
        mp_buf_printf(out, "%.1f", cell->u.real);
        break;
    case MP_CELL_BOOL:
        mp_buf_add_z(out, cell->u.yes ? "true" : "false");
        break;
    case MP_CELL_DATE:
        mp_clock_format_short(date, cell->u.date);
        mp_buf_add_z(out, date);
        break;
    default:
        mp_buf_add_z(out, "null");
    }
}

static void add_groups(mp_buf *out, const mp_groups *groups)
{
    for (size_t i = 0; i < groups->count; i++)
        for (uint32_t f = 0; f < groups->table->field_count; f++) {
            mp_buf_add_z(out, f ? " " : i ? "; " : "");
            mp_buf_add(out, groups->table->fields[f].name);
            mp_buf_add_c(out, '=');
            add_cell(out, &groups->rows[i][f]);
        }
}

/* Run over the rows of odata_rows.c. */
static mp_code run_query(mp_buf *out, const mp_query_texts *texts, const mp_apply_limits *limits, mp_error *err)
{
    mp_arena      arena = MP_ARENA_INIT;
    mp_query      query;
    mp_apply_run *run = NULL;
    mp_groups     groups;
    mp_code       code = mp_query_parse(&query, &arena, &sample_table, texts, err);
    if (code == MP_OK)
        code = mp_apply_run_new(&run, &query.apply, limits, err);
    for (size_t i = 0; code == MP_OK && i < sample_count; i++)
        if (mp_filter_test(query.filter, &sample_reader, &samples[i]))
            code = mp_apply_feed(run, &sample_reader, &samples[i], err);
    if (code == MP_OK)
        code = mp_query_finish(&groups, &query, run, err);
    if (code == MP_OK)
        add_groups(out, &groups);
    mp_apply_run_free(run);
    mp_arena_free(&arena);
    return code;
}

static bool check_result(const mp_query_texts *texts, const char *wanted)
{
    mp_buf   out = MP_BUF_INIT;
    mp_error err = { 0 };
    mp_code  code = run_query(&out, texts, NULL, &err);
    bool     is_right = code == MP_OK && mp_str_eq(mp_buf_str(&out), mp_str_from(wanted));
    if (!is_right)
        print_error("%.*s\n  found  %.*s%s\n  wanted %s\n", MP_FMT(texts->apply), MP_FMT(mp_buf_str(&out)),
                    code == MP_OK ? "" : err.message, wanted);
    mp_buf_free(&out);
    return is_right;
}

TEST(what_comes_out)
{
    static const struct { const char *apply, *result; } cases[] = {
        { "aggregate($count as n)", "n=4" },
        { "AGGREGATE($Count AS N)", "N=4" },
        { "filter(name eq 'nobody')/aggregate($count as n, count with max as m, count with sum as s)", "n=0 m=null s=null" },
        { "filter(name eq 'nobody')/groupby((name))", "" },
        { "groupby((properties/state))", "properties/state=Passed; properties/state=Failed; properties/state=null" },
        { "groupby((properties/state),aggregate($count as n))",
          "properties/state=Passed n=1; properties/state=Failed n=2; properties/state=null n=1" },
        { "groupby((isCompliant, properties/state), aggregate($count as n))",
          "isCompliant=true properties/state=Passed n=1; isCompliant=false properties/state=Failed n=2; "
          "isCompliant=null properties/state=null n=1" },
        { "filter(count lt 100)/aggregate(count with sum as s, count with average as a, count with min as l, count with max as m, "
          "count with countdistinct as d)", "s=13 a=6.5 l=3 m=10 d=2" },
        { "filter(count lt 100)/aggregate(score with sum as s, score with average as a)", "s=2.5 a=1.2" },
        { "aggregate(name with min as l, name with max as m, name with countdistinct as d)", "l= m=beta d=3" },
        { "aggregate(timestamp with max as t, seen with min as s)", "t=2024-02-10T00:00:00Z s=2024-01-01T00:00:00Z" },
        { "aggregate(properties/state with countdistinct as d, isCompliant with max as c)", "d=2 c=true" },
        { "aggregate(note with countdistinct as d, note with min as m)", "d=3 m=It's 50% done_\\" },
        /* one behind the other */
        { "groupby((properties/state,name))/groupby((properties/state),aggregate($count as n))",
          "properties/state=Passed n=1; properties/state=Failed n=2; properties/state=null n=1" },
        { "groupby((properties/state),aggregate($count as n))/filter(n ge 2)", "properties/state=Failed n=2" },
        { "groupby((properties/state),aggregate($count as n))/aggregate(n with max as m, n with sum as s, $count as c)", "m=2 s=4 c=3" },
        { "filter(count gt 0)/filter(isCompliant eq false)/groupby((isCompliant),aggregate($count as n))", "isCompliant=false n=2" },
        { "aggregate($count as n)/filter(n gt 10)", "" },
        { "aggregate($count as n)/filter(n gt 10)/aggregate($count as n)", "n=0" },
    };
    size_t right = 0;
    for (size_t i = 0; i < MP_COUNT(cases); i++)
        right += check_result(&(mp_query_texts){ .apply = mp_str_from(cases[i].apply) }, cases[i].result);
    CHECK_INT(right, MP_COUNT(cases));
}

#define APPLY MP_S("groupby((properties/state),aggregate($count as n,count with max as m))")

TEST(with_the_other_options)
{
    CHECK(check_result(&(mp_query_texts){ .apply = APPLY, .orderby = MP_S("n desc, m") },
                       "properties/state=Failed n=2 m=9223372036854775807; properties/state=null n=1 m=null; properties/state=Passed n=1 m=3"));
    CHECK(check_result(&(mp_query_texts){ .apply = APPLY, .orderby = MP_S("n desc, m"), .top = MP_S("1") },
                       "properties/state=Failed n=2 m=9223372036854775807"));
    CHECK(check_result(&(mp_query_texts){ .apply = APPLY, .top = MP_S("0") }, ""));
    /* of rows: before the grouping */
    CHECK(check_result(&(mp_query_texts){ .apply = APPLY, .filter = MP_S("count lt 100") },
                       "properties/state=Passed n=1 m=3; properties/state=Failed n=1 m=10"));
    CHECK(check_result(&(mp_query_texts){ .apply = APPLY, .filter = MP_S("properties/state eq 'failed'") },
                       "properties/state=Failed n=2 m=9223372036854775807"));
    /* of results: behind it */
    CHECK(check_result(&(mp_query_texts){ .apply = APPLY, .filter = MP_S("n ge 2") },
                       "properties/state=Failed n=2 m=9223372036854775807"));
    CHECK(check_result(&(mp_query_texts){ .apply = APPLY, .filter = MP_S("n ge 1 and properties/state eq null") },
                       "properties/state=null n=1 m=null"));
    CHECK(check_result(&(mp_query_texts){ .apply = MP_S("filter(count lt 100)/aggregate($count as n)"),
                                          .filter = MP_S("isCompliant") },
                       "n=1"));
}

static void check_query_error(const mp_query_texts *texts, mp_code code, const char *message)
{
    mp_arena arena = MP_ARENA_INIT;
    mp_error err = { 0 };
    mp_query query;
    CHECK_INT(mp_query_parse(&query, &arena, &sample_table, texts, &err), code);
    CHECK_STR(mp_str_from(err.message), message);
    CHECK_INT(mp_query_parse(&query, &arena, &sample_table, texts, NULL), code);
    mp_arena_free(&arena);
}

TEST(options_are_read_together)
{
    mp_arena arena = MP_ARENA_INIT;
    mp_query q;
    CHECK_INT(mp_query_parse(&q, &arena, &sample_table, &(mp_query_texts){ .filter = { NULL, 0 } }, NULL), MP_OK);
    CHECK(!q.filter && !q.having && q.apply.count == 0 && q.order.count == 0 && !q.select && q.top == -1 &&
          q.out == &sample_table);
    CHECK_INT(mp_query_parse(&q, &arena, &sample_table,
                             &(mp_query_texts){ .filter = MP_S("count gt 1"),
                                                .orderby = MP_S("name desc"),
                                                .select = MP_S("name,id"),
                                                .top = MP_S("5"),
                                                .apply = MP_S("filter(isCompliant)") },
                             NULL),
              MP_OK);
    CHECK(q.filter && q.apply.count == 0 && q.order.count == 1 && q.select_count == 2 && q.top == 5 &&
          q.out == &sample_table);
    CHECK(mp_filter_test(q.filter, &sample_reader, &samples[0]) && !mp_filter_test(q.filter, &sample_reader, &samples[1]));
    CHECK_INT(mp_query_parse(&q, &arena, &sample_table, &(mp_query_texts){ .orderby = MP_S(" "), .select = MP_S("") },
                             NULL),
              MP_OK);
    mp_arena_free(&arena);
    check_query_error(&(mp_query_texts){ .filter = MP_S("") }, MP_SYNTAX,
                      "$filter:1: found \"\", wanted a field, a value or a function");
    check_query_error(&(mp_query_texts){ .apply = MP_S("") }, MP_COMPILE,
                      "$apply:1: found \"\", wanted filter(...), groupby(...) or aggregate(...)");
    check_query_error(&(mp_query_texts){ .top = MP_S("x") }, MP_SYNTAX,
                      "$top:1: found \"x\", wanted a whole number from 0 to 2147483647");
    check_query_error(&(mp_query_texts){ .apply = APPLY, .orderby = MP_S("name") }, MP_COMPILE,
                      "$orderby:1: there is no field \"name\"");
    check_query_error(&(mp_query_texts){ .apply = APPLY, .select = MP_S("count") }, MP_COMPILE,
                      "$select:1: there is no field \"count\"");
    check_query_error(&(mp_query_texts){ .apply = APPLY, .filter = MP_S("n gt 1 and name eq 'x'") }, MP_COMPILE,
                      "$filter:12: there is no field \"name\"");
    check_query_error(&(mp_query_texts){ .apply = APPLY, .filter = MP_S("name eq 'x' and n gt 1") }, MP_COMPILE,
                      "$filter:17: there is no field \"n\"");
    check_query_error(&(mp_query_texts){ .apply = APPLY, .filter = MP_S("n gt") }, MP_SYNTAX,
                      "$filter:5: found \"\", wanted a field, a value or a function");
}

static bool check_refused(const char *text, mp_code code, unsigned column, const char *message)
{
    mp_arena arena = MP_ARENA_INIT;
    mp_error err = { 0 };
    mp_apply apply;
    mp_code  found = mp_apply_parse(&apply, &arena, &sample_table, mp_str_from(text), &err);
    bool     is_right = found == code && err.pos.col == column && strcmp(err.message, message) == 0;
    if (!is_right)
        print_error("%s\n  found  %s %u %s\n  wanted %s %u %s\n", text, mp_code_name(found), err.pos.col, err.message,
                    mp_code_name(code), column, message);
    mp_arena_free(&arena);
    return is_right;
}

TEST(what_is_refused_and_how)
{
    static const struct { const char *text; mp_code code; unsigned column; const char *message; } cases[] = {
        { "group((name))", MP_COMPILE, 1, "$apply:1: there is no transformation \"group\"; did you mean \"groupby\"?" },
        { "skip(5)", MP_COMPILE, 1, "$apply:1: found \"skip\", wanted filter(...), groupby(...) or aggregate(...)" },
        { "groupby(name)", MP_SYNTAX, 9, "$apply:9: found \"name\", wanted \"(\"" },
        { "groupby(())", MP_SYNTAX, 10, "$apply:10: found \")\", wanted the name of a field" },
        { "groupby((name)", MP_SYNTAX, 15, "$apply:15: found \"\", wanted \",\"" },
        { "groupby((name),)", MP_COMPILE, 16, "$apply:16: found \")\", wanted aggregate(...)" },
        { "groupby((nam))", MP_COMPILE, 10, "$apply:10: there is no field \"nam\"; did you mean \"name\"?" },
        { "groupby((name,NAME))", MP_COMPILE, 15, "$apply:15: rows are grouped by name twice" },
        { "groupby((groups))", MP_COMPILE, 10, "$apply:10: groups is a list; rows cannot be grouped by it" },
        { "groupby((name))/", MP_COMPILE, 17, "$apply:17: found \"\", wanted filter(...), groupby(...) or aggregate(...)" },
        { "groupby((name)) groupby((name))", MP_SYNTAX, 17, "$apply:17: found \"groupby\", wanted \"/\" or the end" },
        { "groupby((name))/filter(count gt 1)", MP_COMPILE, 24, "$apply:24: there is no field \"count\"" },
        { "groupby((name))/filter(atScope())", MP_COMPILE, 24, "$apply:24: there is no function atScope()" },
        { "aggregate()", MP_SYNTAX, 11, "$apply:11: found \")\", wanted the name of a field" },
        { "aggregate($count)", MP_SYNTAX, 17, "$apply:17: found \")\", wanted as and a name for the result" },
        { "aggregate($count as 5)", MP_SYNTAX, 21, "$apply:21: found \"5\", wanted a name of letters, digits and _ for the result" },
        { "aggregate($count as a/b)", MP_SYNTAX, 21, "$apply:21: found \"a/b\", wanted a name of letters, digits and _ for the result" },
        { "aggregate($count as n,$count as N)", MP_COMPILE, 33, "$apply:33: two results are named N" },
        { "groupby((name),aggregate($count as name))", MP_COMPILE, 36, "$apply:36: two results are named name" },
        { "aggregate(count as n)", MP_SYNTAX, 17, "$apply:17: found \"as\", wanted with, as in count with sum as total" },
        { "aggregate(count with median as n)", MP_COMPILE, 22, "$apply:22: found \"median\", wanted sum, min, max, average or countdistinct" },
        { "aggregate(name with sum as n)", MP_COMPILE, 11, "$apply:11: name is no number; wanted min, max or countdistinct" },
        { "aggregate(timestamp with average as n)", MP_COMPILE, 11, "$apply:11: timestamp is no number; wanted min, max or countdistinct" },
        { "aggregate(groups with countdistinct as n)", MP_COMPILE, 11, "$apply:11: groups is a list; it cannot be aggregated" },
        { "filter(name eq 'x'", MP_SYNTAX, 19, "$apply:19: found \"\", wanted \")\", and or or" },
        { "filter(nam eq 'x')", MP_COMPILE, 8, "$apply:8: there is no field \"nam\"; did you mean \"name\"?" },
    };
    size_t right = 0;
    for (size_t i = 0; i < MP_COUNT(cases); i++)
        right += check_refused(cases[i].text, cases[i].code, cases[i].column, cases[i].message);
    CHECK_INT(right, MP_COUNT(cases));
}

static mp_code parse_repeated(const char *begin, const char *each, size_t times, const char *end, mp_error *err)
{
    mp_buf   text = MP_BUF_INIT;
    mp_arena arena = MP_ARENA_INIT;
    mp_apply apply;
    mp_buf_add_z(&text, begin);
    for (size_t i = 0; i < times; i++)
        mp_buf_printf(&text, each, i);
    mp_buf_add_z(&text, end);
    mp_code code = mp_apply_parse(&apply, &arena, &sample_table, mp_buf_str(&text), err);
    mp_buf_free(&text);
    mp_arena_free(&arena);
    return code;
}

TEST(limits_have_two_sides)
{
    mp_error err = { 0 };
    CHECK_INT(parse_repeated("aggregate(", "$count as n%zu,", MP_APPLY_AGGREGATES_MAX - 1, "$count as n)", &err), MP_OK);
    CHECK_INT(parse_repeated("aggregate(", "$count as n%zu,", MP_APPLY_AGGREGATES_MAX, "$count as n)", &err), MP_LIMIT);
    CHECK(strstr(err.message, "more than 32 results are aggregated"));
    CHECK_INT(parse_repeated("groupby((name))", "/filter(name ne 'x%zu')", MP_APPLY_STEPS_MAX - 1, "", &err), MP_OK);
    CHECK_INT(parse_repeated("groupby((name))", "/filter(name ne 'x%zu')", MP_APPLY_STEPS_MAX, "", &err), MP_LIMIT);
    CHECK(strstr(err.message, "more than 16 transformations stand behind each other"));

    mp_buf         out = MP_BUF_INIT;
    mp_query_texts by_state = { .apply = MP_S("groupby((properties/state))") };
    CHECK_INT(run_query(&out, &by_state, &(mp_apply_limits){ .groups = 3 }, &err), MP_OK);
    CHECK_INT(run_query(&out, &by_state, &(mp_apply_limits){ .groups = 2 }, &err), MP_LIMIT);
    CHECK_STR(mp_str_from(err.message), "more than 2 groups; filter the rows, or group by fewer fields");
    CHECK_INT(run_query(&out, &by_state, &(mp_apply_limits){ .bytes = 100 }, &err), MP_LIMIT);
    CHECK_STR(mp_str_from(err.message), "the groups take more than 100 bytes; filter the rows, or group by fewer fields");
    mp_query_texts different = { .apply = MP_S("aggregate(name with countdistinct as d)") };
    CHECK_INT(run_query(&out, &different, &(mp_apply_limits){ .distinct = 3 }, &err), MP_OK);
    CHECK_INT(run_query(&out, &different, &(mp_apply_limits){ .distinct = 2 }, &err), MP_LIMIT);
    CHECK_STR(mp_str_from(err.message), "more than 2 different values for countdistinct; filter the rows");
    CHECK_INT(run_query(&out, &(mp_query_texts){ .apply = MP_S("aggregate(count with sum as s)") }, NULL, &err), MP_LIMIT);
    CHECK_STR(mp_str_from(err.message), "a sum is beyond 64 bits");
    mp_buf_free(&out);
}

static void check_printed(const char *text, const char *wanted)
{
    mp_arena arena = MP_ARENA_INIT;
    mp_buf   out = MP_BUF_INIT;
    mp_apply apply;
    for (int round = 0; round < 2; round++) {
        mp_str from = round ? mp_arena_dup(&arena, mp_buf_str(&out)) : mp_str_from(text);
        CHECK_INT(mp_apply_parse(&apply, &arena, &sample_table, from, NULL), MP_OK);
        mp_buf_clear(&out);
        mp_apply_print(&out, &apply);
        CHECK_STR(mp_buf_str(&out), wanted);
    }
    mp_buf_free(&out);
    mp_arena_free(&arena);
}

TEST(printed_and_read_again)
{
    check_printed(" groupby ( ( NAME , count ) ) ", "groupby((name,count))");
    check_printed(
        "filter(name eq 'x' or true)/filter(count gt 1)/groupby((name),aggregate($COUNT as n,count with SUM as s))",
        "filter((name eq 'x' or true) and count gt 1)/groupby((name),aggregate($count as n,count with sum as s))");
    check_printed("groupby((name),aggregate($count as n))/filter(N gt 1)/aggregate(n with max as m)",
                  "groupby((name),aggregate($count as n))/filter(n gt 1)/aggregate(n with max as m)");
    check_printed("filter(isCompliant)", "filter(isCompliant)");
}

TEST(keys_do_not_run_into_each_other)
{
    static const char *const texts[][2] = {
        { "x\4y", "z" }, { "x", "y\4z" }, { "X", "Y\4Z" }, { "", "x\4y\4z" }, { "x\4y\4z", "" }
    };
    mp_arena      arena = MP_ARENA_INIT;
    mp_apply      apply;
    mp_apply_run *run = NULL;
    mp_groups     groups;
    CHECK_INT(mp_apply_parse(&apply, &arena, &sample_table, MP_S("groupby((name,note))"), NULL), MP_OK);
    CHECK_INT(mp_apply_run_new(&run, &apply, NULL, NULL), MP_OK);
    for (size_t i = 0; i < MP_COUNT(texts); i++) {
        sample row = { .is_at_scope = false };
        row.cells[F_NAME] = mp_cell_text(mp_str_from(texts[i][0]));
        row.cells[F_NOTE] = mp_cell_text(mp_str_from(texts[i][1]));
        CHECK_INT(mp_apply_feed(run, &sample_reader, &row, NULL), MP_OK);
    }
    CHECK_INT(mp_apply_finish(&groups, run, NULL), MP_OK);
    CHECK_INT(groups.count, 4); /* the second and the third are one */
    mp_apply_run_free(run);
    mp_arena_free(&arena);
}

/* ---- groups that SQL made ---- */

enum { ROWS = 500 };

static mp_cell column_cell(sqlite3_stmt *stmt, int column, const mp_odata_field *field)
{
    switch (sqlite3_column_type(stmt, column)) {
    case SQLITE_NULL:
        return MP_CELL_OF_NULL;
    case SQLITE_INTEGER:
        return mp_odata_sql_cell(field, sqlite3_column_int64(stmt, column));
    case SQLITE_FLOAT:
        return mp_cell_real(sqlite3_column_double(stmt, column));
    default:
        return mp_cell_text(
            mp_str_of((const char *)sqlite3_column_text(stmt, column), (size_t)sqlite3_column_bytes(stmt, column)));
    }
}

static sqlite3 *filled(const sample rows[ROWS])
{
    sqlite3      *db;
    sqlite3_stmt *insert;
    mp_arena      arena = MP_ARENA_INIT;
    CHECK_INT(sqlite3_open(":memory:", &db), SQLITE_OK);
    CHECK_INT(
        sqlite3_exec(
            db,
            "CREATE TABLE t (name TEXT, state TEXT, n INTEGER, at INTEGER, compliant INTEGER, seen INTEGER) STRICT",
            NULL, NULL, NULL),
        SQLITE_OK);
    CHECK_INT(sqlite3_prepare_v2(db, "INSERT INTO t VALUES (?,?,?,?,?,?)", -1, &insert, NULL), SQLITE_OK);
    for (size_t i = 0; i < ROWS; i++) {
        sqlite3_clear_bindings(insert); /* null */
        for (int c = 0; c < 6; c++) {
            const mp_cell *cell = &rows[i].cells[(const int[]){ F_NAME, F_STATE, F_COUNT, F_AT, F_COMPLIANT, F_SEEN }[c]];
            if (cell->kind == MP_CELL_TEXT) {
                mp_str text = mp_odata_fold(&arena, cell->u.text);
                sqlite3_bind_text(insert, c + 1, text.ptr, (int)text.len, SQLITE_TRANSIENT);
            } else if (cell->kind == MP_CELL_BOOL) {
                sqlite3_bind_int64(insert, c + 1, cell->u.yes);
            } else if (cell->kind == MP_CELL_INT) {
                sqlite3_bind_int64(insert, c + 1, cell->u.integer);
            } else if (cell->kind == MP_CELL_DATE) {
                bool is_seconds = c == 5;
                sqlite3_bind_int64(insert, c + 1,
                                   is_seconds ? (cell->u.date - INT64_C(621355968000000000)) / MP_TICKS_PER_SECOND
                                              : cell->u.date);
            }
        }
        CHECK_INT(sqlite3_step(insert), SQLITE_DONE);
        sqlite3_reset(insert);
    }
    sqlite3_finalize(insert);
    mp_arena_free(&arena);
    return db;
}

static void feed_from_sql(mp_apply_run *run, sqlite3 *db, const mp_apply_step *step)
{
    mp_arena           arena = MP_ARENA_INIT;
    mp_odata_sql_group sql;
    mp_buf             text = MP_BUF_INIT;
    sqlite3_stmt      *stmt;
    mp_cell            cells[16];
    CHECK_INT(mp_odata_sql_groups(&sql, &arena, step, NULL), MP_OK);
    CHECK(sql.columns.ptr != NULL);
    mp_buf_printf(&text, "SELECT %.*s FROM t", MP_FMT(sql.columns));
    if (sql.group.len)
        mp_buf_printf(&text, " GROUP BY %.*s", MP_FMT(sql.group));
    mp_buf_add_c(&text, '\0');
    CHECK_INT(sqlite3_prepare_v2(db, text.ptr, -1, &stmt, NULL), SQLITE_OK);
    while (sqlite3_step(stmt) == SQLITE_ROW) {
        for (uint32_t f = 0; f < step->out->field_count; f++)
            cells[f] = column_cell(stmt, (int)f, &step->out->fields[f]);
        CHECK_INT(mp_apply_feed_group(run, cells, NULL), MP_OK);
    }
    sqlite3_finalize(stmt);
    mp_buf_free(&text);
    mp_arena_free(&arena);
}

static void check_same(const mp_groups *a, const mp_groups *b)
{
    CHECK_INT(a->count, b->count);
    CHECK(a->count > 0);
    for (size_t i = 0; i < a->count; i++)
        for (uint32_t f = 0; f < a->table->field_count; f++)
            CHECK_INT(mp_cell_cmp(&a->rows[i][f], &b->rows[i][f]), 0);
}

TEST(groups_of_sql_are_groups_in_memory)
{
    static const struct { const char *apply, *order; } cases[] = {
        { "groupby((name))", "name" },
        { "groupby((seen),aggregate(seen with max as m,$count as n))", "seen" },
        { "groupby((name,properties/state),aggregate($count as n))", "name,properties/state" },
        { "groupby((isCompliant,timestamp),aggregate(count with max as m,count with min as l,name with countdistinct as d,"
          "timestamp with max as t,isCompliant with min as c,properties/state with max as s,count with countdistinct as e))", "isCompliant,timestamp" },
        { "aggregate($count as n,name with max as m,count with countdistinct as d)", "n" },
        { "groupby((name,isCompliant),aggregate($count as n))/groupby((name),aggregate(n with sum as s,n with average as a))/filter(s gt 2)", "name" },
    };
    static sample rows[ROWS];
    uint64_t      seed = 11;
    for (size_t i = 0; i < ROWS; i++)
        rows[i] = sample_random(&seed);
    sqlite3 *db = filled(rows);
    for (size_t c = 0; c < MP_COUNT(cases); c++) {
        mp_arena       arena = MP_ARENA_INIT;
        mp_query       query;
        mp_apply_run  *by_rows = NULL, *by_sql = NULL;
        mp_groups      a, b;
        mp_query_texts texts = { .apply = mp_str_from(cases[c].apply), .orderby = mp_str_from(cases[c].order) };
        CHECK_INT(mp_query_parse(&query, &arena, &sample_table, &texts, NULL), MP_OK);
        CHECK_INT(mp_apply_run_new(&by_rows, &query.apply, NULL, NULL), MP_OK);
        CHECK_INT(mp_apply_run_new(&by_sql, &query.apply, NULL, NULL), MP_OK);
        for (size_t i = 0; i < ROWS; i++)
            CHECK_INT(mp_apply_feed(by_rows, &sample_reader, &rows[i], NULL), MP_OK);
        feed_from_sql(by_sql, db, &query.apply.steps[0]);
        CHECK_INT(mp_query_finish(&a, &query, by_rows, NULL), MP_OK);
        CHECK_INT(mp_query_finish(&b, &query, by_sql, NULL), MP_OK);
        check_same(&a, &b);
        mp_apply_run_free(by_rows);
        mp_apply_run_free(by_sql);
        mp_arena_free(&arena);
    }
    sqlite3_close(db);
}

TEST(steps_as_sql)
{
    static const struct { const char *apply, *columns, *group; } cases[] = {
        { "groupby((properties/state,count))", "state, n", "state, n" },
        { "aggregate($count as x,count with sum as s,score with sum as r,score with average as a,name with countdistinct as d)",
          "COUNT(*), CAST(SUM(n) AS INTEGER), CAST(SUM(score) AS REAL), CAST(AVG(score) AS REAL), COUNT(DISTINCT name)", "" },
        { "groupby((name),aggregate(seen with min as a,seen with max as b))", "name, MIN(seen), MAX(seen)", "name" },
    };
    mp_arena           arena = MP_ARENA_INIT;
    mp_apply           apply;
    mp_odata_sql_group sql;
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        CHECK_INT(mp_apply_parse(&apply, &arena, &sample_table, mp_str_from(cases[i].apply), NULL), MP_OK);
        CHECK_INT(mp_odata_sql_groups(&sql, &arena, &apply.steps[0], NULL), MP_OK);
        CHECK_STR(sql.columns, cases[i].columns);
        CHECK_STR(sql.group, cases[i].group);
    }
    static const char *const not_for_sql[] = { "groupby((name,note))", "aggregate(note with max as m)" };
    for (size_t i = 0; i < MP_COUNT(not_for_sql); i++) {
        CHECK_INT(mp_apply_parse(&apply, &arena, &sample_table, mp_str_from(not_for_sql[i]), NULL), MP_OK);
        CHECK_INT(mp_odata_sql_groups(&sql, &arena, &apply.steps[0], NULL), MP_OK);
        CHECK(sql.columns.ptr == NULL);
    }
    mp_arena_free(&arena);
}

/* ---- memory ---- */

static bool query_starved(void *context)
{
    mp_buf   out = MP_BUF_INIT;
    mp_error err = { 0 };
    mp_code  code = run_query(&out, context, NULL, &err);
    bool     is_done = code == MP_OK && !out.failed;
    if (code != MP_OK && code != MP_NOMEM)
        fail_msg("%s", err.message);
    mp_buf_free(&out);
    return is_done;
}

static bool feed_group_starved(void *context)
{
    mp_arena      arena = MP_ARENA_INIT;
    mp_apply      apply;
    mp_apply_run *run = NULL;
    mp_groups     groups;
    (void)context;
    mp_code code = mp_apply_parse(&apply, &arena, &sample_table,
                                  MP_S("groupby((name),aggregate($count as n))/aggregate(n with sum as s)"), NULL);
    if (code == MP_OK)
        code = mp_apply_run_new(&run, &apply, NULL, NULL);
    for (int i = 0; code == MP_OK && i < 200; i++)
        code = mp_apply_feed_group(run, (const mp_cell[]){ mp_cell_text(MP_S("x")), mp_cell_int(i) }, NULL);
    if (code == MP_OK)
        code = mp_apply_finish(&groups, run, NULL);
    if (code == MP_OK)
        CHECK(groups.count == 1 && groups.rows[0][0].u.integer == 19900);
    else
        CHECK_INT(code, MP_NOMEM);
    mp_apply_run_free(run);
    mp_arena_free(&arena);
    return code == MP_OK;
}

TEST(memory_runs_out)
{
    mp_query_texts texts = {
        .apply = MP_S("filter(count ne 77)/groupby((properties/state,name),aggregate($count as n,name with max as m,"
                      "note with countdistinct as d))/groupby((properties/state),aggregate(n with sum as s))"),
        .filter = MP_S("s ge 1"),
        .orderby = MP_S("s desc"),
        .select = MP_S("s"),
        .top = MP_S("2")
    };
    CHECK(fault_loop(query_starved, &texts) > 5);
    CHECK(fault_loop(feed_group_starved, NULL) > 5);
}

int main(void)
{
    return MAIN(RUN(what_comes_out), RUN(with_the_other_options), RUN(options_are_read_together),
                RUN(what_is_refused_and_how), RUN(limits_have_two_sides), RUN(printed_and_read_again),
                RUN(keys_do_not_run_into_each_other), RUN(groups_of_sql_are_groups_in_memory), RUN(steps_as_sql),
                RUN(memory_runs_out));
}
