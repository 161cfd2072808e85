/* SPDX-License-Identifier: Apache-2.0 */
/* Filters as SQL: the text, and its truth. Random filters over random rows are asked of SQLite; what it answers,
 * tested with what is left, must be what the test in memory says of all rows, and a row that passes in memory must be
 * among the answers. */
#include "odata_sql.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#include "fault.h"
#include "odata_query.h"
#include "odata_rows.h"
#include "test.h"

static void add_cell(mp_buf *out, const mp_cell *cell)
{
    if (cell->kind == MP_CELL_TEXT)
        mp_buf_printf(out, "'%.*s'", MP_FMT(cell->u.text));
    else if (cell->kind == MP_CELL_INT)
        mp_buf_printf(out, "%lld", (long long)cell->u.integer);
    else
        mp_buf_printf(out, "%g", cell->u.real);
}

/* "text | values | rest" */
static bool check_sql(const char *text, uint32_t most, const char *wanted)
{
    mp_arena             arena = MP_ARENA_INIT;
    mp_buf               found = MP_BUF_INIT;
    const mp_filter     *filter;
    mp_odata_sql         sql;
    mp_odata_sql_options options = { .first = 3, .values = most };
    CHECK_INT(mp_filter_parse(&filter, &arena, &sample_table, mp_str_from(text), NULL), MP_OK);
    CHECK_INT(mp_odata_sql_filter(&sql, &arena, filter, &options, NULL), MP_OK);
    mp_buf_add(&found, sql.where);
    mp_buf_add_z(&found, " |");
    for (uint32_t i = 0; i < sql.count; i++) {
        mp_buf_add_c(&found, ' ');
        add_cell(&found, &sql.values[i]);
    }
    mp_buf_add_z(&found, " |");
    if (sql.rest) {
        mp_buf_add_c(&found, ' ');
        mp_filter_print(&found, sql.rest);
    }
    bool is_right = mp_str_eq(mp_buf_str(&found), mp_str_from(wanted));
    if (!is_right)
        print_error("%s\n  found  %.*s\n  wanted %s\n", text, MP_FMT(mp_buf_str(&found)), wanted);
    mp_buf_free(&found);
    mp_arena_free(&arena);
    return is_right;
}

TEST(the_text_of_filters)
{
    static const struct { const char *filter; uint32_t most; const char *sql; } cases[] = {
        { "name eq 'Alpha'", 0, "name = ?3 | 'alpha' |" },
        { "name ne 'Alpha'", 0, "(name IS NULL OR name <> ?3) | 'alpha' |" },
        { "not (name ne 'A')", 0, "name = ?3 | 'a' |" },
        { "not (count gt 5)", 0, "(n IS NULL OR n <= ?3) | 5 |" },
        { "name eq null", 0, "name IS NULL | |" },
        { "id eq null or not (id ne '/A') or id ne null and count eq 1", 0, "(id = ?3 OR (n = ?4)) | '/a' 1 |" },
        { "id ne '/A' and not contains(id,'x')", 0, "id <> ?3 AND id NOT LIKE ?4 ESCAPE '\\' | '/a' '%x%' |" },
        { "contains(id,'') and not (id in ('b')) and not startswith(id,'c')", 0, "id NOT IN (?3) AND (id < ?4 OR id >= ?5) | 'b' 'c' 'd' |" },
        { "name ne null", 0, "name IS NOT NULL | |" },
        { "name gt null", 0, "0 = 1 | |" },
        { "not (name gt null)", 0, "1 = 1 | |" },
        { "name ge null", 0, "name IS NULL | |" },
        { "isCompliant", 0, "compliant = ?3 | 1 |" },
        { "not isCompliant", 0, "(compliant IS NULL OR compliant <> ?3) | 1 |" },
        { "isCompliant eq false", 0, "compliant = ?3 | 0 |" },
        { "count gt 1.5", 0, "n > ?3 | 1 |" },
        { "count ge -1.5", 0, "n > ?3 | -2 |" },
        { "count lt -1.5", 0, "n <= ?3 | -2 |" },
        { "count eq 1.5", 0, "0 = 1 | |" },
        { "count ne 1.5", 0, "1 = 1 | |" },
        { "not (count eq 1.5)", 0, "1 = 1 | |" },
        { "count lt 1e30", 0, "n IS NOT NULL | |" },
        { "not (count lt 1e30)", 0, "n IS NULL | |" },
        { "count lt -1e30", 0, "0 = 1 | |" },
        { "count in (1, 1.5, 2)", 0, "n IN (?3, ?4) | 1 2 |" },
        { "count in (1.5)", 0, "0 = 1 | |" },
        { "not (count in (1.5))", 0, "1 = 1 | |" },
        { "not (count in (1, null))", 0, "n NOT IN (?3) | 1 |" },
        { "count in (1, null)", 0, "(n IS NULL OR n IN (?3)) | 1 |" },
        { "not (name in ('B'))", 0, "(name IS NULL OR name NOT IN (?3)) | 'b' |" },
        { "score gt 2", 0, "score > ?3 | 2 |" },
        { "timestamp ge 2024-01-01", 0, "at >= ?3 | 638396640000000000 |" },
        { "seen ge 2024-01-01", 0, "seen >= ?3 | 1704067200 |" },
        { "seen ge 2024-01-01T00:00:00.5Z", 0, "seen > ?3 | 1704067200 |" },
        { "seen lt 1969-12-31T23:59:58.5Z", 0, "seen <= ?3 | -2 |" },
        { "step lt 2024-01-01", 0, "step < ?3 | 1704067200000 |" },
        { "date(seen) eq 2024-01-01", 0, "(seen >= ?3 AND seen < ?4) | 1704067200 1704153600 |" },
        { "date(seen) ne 2024-01-01", 0, "(seen IS NULL OR (seen < ?3 OR seen >= ?4)) | 1704067200 1704153600 |" },
        { "date(seen) gt 2024-01-01", 0, "seen >= ?3 | 1704153600 |" },
        { "date(seen) le 2024-01-01", 0, "seen < ?3 | 1704153600 |" },
        { "date(seen) eq 2024-01-01T01:00:00Z", 0, "0 = 1 | |" },
        { "contains(name,'A%_\\b''')", 0, "name LIKE ?3 ESCAPE '\\' | '%a\\%\\_\\\\b'%' |" },
        { "not endswith(name,'B')", 0, "(name IS NULL OR name NOT LIKE ?3 ESCAPE '\\') | '%b' |" },
        { "contains(name,'')", 0, "name IS NOT NULL | |" },
        { "startswith(name,'AB')", 0, "(name >= ?3 AND name < ?4) | 'ab' 'ac' |" },
        { "not startswith(name,'AB')", 0, "(name IS NULL OR (name < ?3 OR name >= ?4)) | 'ab' 'ac' |" },
        { "startswith(name,'\xed\x9f\xbf')", 0, "(name >= ?3 AND name < ?4) | '\xed\x9f\xbf' '\xee\x80\x80' |" },
        { "startswith(name,'a\xf4\x8f\xbf\xbf')", 0, "(name >= ?3 AND name < ?4) | 'a\xf4\x8f\xbf\xbf' 'b' |" },
        { "startswith(name,'\xf4\x8f\xbf\xbf')", 0, "(name >= ?3) | '\xf4\x8f\xbf\xbf' |" },
        { "startswith(name,'\x7f')", 0, "(name >= ?3 AND name < ?4) | '\x7f' '\xc2\x80' |" },
        { "name eq 'a' and (count eq 1 or count eq 2)", 0, "name = ?3 AND (n = ?4 OR n = ?5) | 'a' 1 2 |" },
        { "not (name eq 'a' and count eq 1)", 0, "((name IS NULL OR name <> ?3) OR (n IS NULL OR n <> ?4)) | 'a' 1 |" },
        { "not (name eq 'a' or count eq 1)", 0, "((name IS NULL OR name <> ?3) AND (n IS NULL OR n <> ?4)) | 'a' 1 |" },
        /* what has no column stays behind */
        { "note eq 'x'", 0, "1 = 1 | | note eq 'x'" },
        { "name eq 'a' and note eq 'x' and count eq 1", 0, "name = ?3 AND n = ?4 | 'a' 1 | note eq 'x'" },
        { "name eq 'a' or note eq 'x'", 0, "1 = 1 | | name eq 'a' or note eq 'x'" },
        { "(name eq 'a' and note eq 'x') or count eq 1", 0,
          "((name = ?3) OR n = ?4) | 'a' 1 | (name eq 'a' and note eq 'x') or count eq 1" },
        { "not (name eq 'a' or note eq 'x')", 0, "((name IS NULL OR name <> ?3)) | 'a' | not (name eq 'a' or note eq 'x')" },
        { "not (name eq 'a' and note eq 'x')", 0, "1 = 1 | | not (name eq 'a' and note eq 'x')" },
        { "atScope() and assignedTo('p') and name eq 'a'", 0, "name = ?3 | 'a' | atScope() and assignedTo('p')" },
        { "groups/any(g:g eq 'x') and count eq 1", 0, "n = ?3 | 1 | groups/any(_:_ eq 'x')" },
        { "name eq properties/state", 0, "1 = 1 | | name eq properties/state" },
        { "contains(name, properties/state)", 0, "1 = 1 | | contains(name,properties/state)" },
        { "contains('abc', name)", 0, "1 = 1 | | contains('abc',name)" },
        { "true", 0, "1 = 1 | |" },
        { "false", 0, "0 = 1 | |" },
        { "note eq 'x' and false", 0, "0 = 1 | |" },
        { "note eq 'x' or true", 0, "1 = 1 | | note eq 'x' or true" },
        { "true or note eq 'x'", 0, "1 = 1 | |" },
        { "name eq 'a' or false", 0, "(name = ?3) | 'a' |" },
        /* what has no room */
        { "name eq 'a' and count eq 1 and score eq 2", 2, "name = ?3 AND n = ?4 | 'a' 1 | score eq 2.0" },
        { "count in (1,2,3) and name eq 'a'", 2, "name = ?3 | 'a' | count in (1,2,3)" },
        { "startswith(name,'a') and count eq 5", 1, "n = ?3 | 5 | startswith(name,'a')" },
        { "(name eq 'a' or count eq 1) and score eq 2", 1, "score = ?3 | 2 | name eq 'a' or count eq 1" },
        { "date(seen) eq 2024-01-01", 1, "1 = 1 | | date(seen) eq 2024-01-01T00:00:00.0000000Z" },
    };
    size_t right = 0;
    for (size_t i = 0; i < MP_COUNT(cases); i++)
        right += check_sql(cases[i].filter, cases[i].most, cases[i].sql);
    CHECK_INT(right, MP_COUNT(cases));
}

TEST(long_texts_are_not_looked_for_by_the_engine)
{
    mp_buf           text = MP_BUF_INIT;
    mp_arena         arena = MP_ARENA_INIT;
    const mp_filter *filter;
    mp_odata_sql     sql;
    mp_buf_add_z(&text, "contains(name,'");
    for (int i = 0; i < 9000; i++)
        mp_buf_add_c(&text, '%');
    mp_buf_add_z(&text, "')");
    CHECK_INT(mp_filter_parse(&filter, &arena, &sample_table, mp_buf_str(&text), NULL), MP_OK);
    CHECK_INT(mp_odata_sql_filter(&sql, &arena, filter, NULL, NULL), MP_OK);
    CHECK_STR(sql.where, "1 = 1");
    CHECK(sql.rest != NULL && sql.count == 0);
    CHECK_INT(mp_odata_sql_filter(&sql, &arena, NULL, NULL, NULL), MP_OK);
    CHECK_STR(sql.where, "1 = 1");
    CHECK(!sql.rest && sql.count == 0);
    mp_buf_free(&text);
    mp_arena_free(&arena);
}

/* ---- against SQLite ---- */

enum { ROWS = 300 };

typedef struct world {
    sqlite3 *db;
    sample   rows[ROWS];
    uint64_t seed;
} world;

static void run(sqlite3 *db, const char *sql)
{
    char *message = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
        fail_msg("%s: %s", sql, message);
}

static void bind(sqlite3_stmt *stmt, int at, const mp_cell *cell)
{
    int result = SQLITE_OK;
    switch (cell->kind) {
    case MP_CELL_TEXT:
        result = sqlite3_bind_text(stmt, at, cell->u.text.ptr, (int)cell->u.text.len, SQLITE_TRANSIENT);
        break;
    case MP_CELL_INT:
        result = sqlite3_bind_int64(stmt, at, cell->u.integer);
        break;
    case MP_CELL_REAL:
        result = sqlite3_bind_double(stmt, at, cell->u.real);
        break;
    case MP_CELL_NULL:
        result = sqlite3_bind_null(stmt, at);
        break;
    default:
        fail_msg("a value of kind %d", (int)cell->kind);
    }
    CHECK_INT(result, SQLITE_OK);
}

/* As the column of the field holds it. */
static mp_cell stored(mp_arena *arena, uint32_t field, const mp_cell *cell)
{
    static const int64_t units[] = { [MP_ODATA_TICKS] = 1, [MP_ODATA_SECONDS] = MP_TICKS_PER_SECOND,
                                     [MP_ODATA_MILLISECONDS] = MP_TICKS_PER_SECOND / 1000 };
    mp_odata_unit        unit = sample_table.fields[field].unit;
    switch (cell->kind) {
    case MP_CELL_TEXT:
        return mp_cell_text(mp_odata_fold(arena, cell->u.text));
    case MP_CELL_BOOL:
        return mp_cell_int(cell->u.yes);
    case MP_CELL_DATE:
        return mp_cell_int((cell->u.date - (unit == MP_ODATA_TICKS ? 0 : INT64_C(621355968000000000))) / units[unit]);
    default:
        return *cell;
    }
}

static const uint32_t columns[] = { F_ID, F_NAME, F_STATE, F_COMPLIANT, F_COUNT, F_SCORE, F_AT, F_SEEN, F_STEP };

static void fill(world *w)
{
    sqlite3_stmt *insert;
    mp_arena      arena = MP_ARENA_INIT;
    CHECK_INT(sqlite3_open(":memory:", &w->db), SQLITE_OK);
    run(w->db,
        "CREATE TABLE t (id TEXT, name TEXT, state TEXT, compliant INTEGER, n INTEGER, score REAL, at INTEGER, seen INTEGER, "
        "step INTEGER) STRICT");
    CHECK_INT(sqlite3_prepare_v2(w->db, "INSERT INTO t VALUES (?,?,?,?,?,?,?,?,?)", -1, &insert, NULL), SQLITE_OK);
    for (size_t i = 0; i < ROWS; i++) {
        w->rows[i] = sample_random(&w->seed);
        for (size_t c = 0; c < MP_COUNT(columns); c++) {
            mp_cell cell = stored(&arena, columns[c], &w->rows[i].cells[columns[c]]);
            bind(insert, (int)c + 1, &cell);
        }
        CHECK_INT(sqlite3_step(insert), SQLITE_DONE);
        sqlite3_reset(insert);
    }
    sqlite3_finalize(insert);
    mp_arena_free(&arena);
}

/* ---- random filters ---- */

static void add_condition(mp_buf *b, uint64_t *seed, int depth);

static void add_one_of(mp_buf *b, uint64_t *seed, const char *const *words, size_t count)
{
    mp_buf_add_z(b, words[sample_next(seed) % count]);
}
#define ONE_OF(b, seed, ...)                                                                                 \
    add_one_of((b), (seed), (const char *const[]){ __VA_ARGS__ }, MP_COUNT(((const char *const[]){ __VA_ARGS__ })))

static void add_text_field(mp_buf *b, uint64_t *seed)
{
    ONE_OF(b, seed, "name", "name", "properties/state", "tolower(name)", "id", "note");
}

static void add_text_value(mp_buf *b, uint64_t *seed)
{
    ONE_OF(b, seed, "''", "'a'", "'A%'", "'_'", "'AB'", "'a_B'", "'b\\'", "'\\'", "'가'", "'\xf4\x8f\xbf\xbf'",
           "'IT''S'", "'@'", "'z'");
}

static void add_number(mp_buf *b, uint64_t *seed)
{
    ONE_OF(b, seed, "0", "1", "-1", "0.5", "-0.5", "2.0", "1e300", "-1e300", "9223372036854775807", "-9223372036854775808",
           "9223372036854775808", "9007199254740992", "9007199254740993", "9007199254740992.0", "1e18");
}

static void add_date(mp_buf *b, uint64_t *seed)
{
    ONE_OF(b, seed, "2024-01-01", "'2024-01-01T00:00:01Z'", "2024-01-01T00:00:00.0000001Z", "2024-01-01T00:00:00.0005Z",
           "2024-01-01T00:00:00.001Z", "2024-01-02", "2024-01-01T23:59:59Z", "2024-01-01T23:59:59.9999999Z", "0001-01-01",
           "9999-12-31T23:59:59Z", "1969-12-31T23:59:59.5Z");
}

static void add_comparison(mp_buf *b, uint64_t *seed)
{
    ONE_OF(b, seed, " eq ", " ne ", " gt ", " ge ", " lt ", " le ");
}

static void add_list(mp_buf *b, uint64_t *seed, void (*value)(mp_buf *, uint64_t *))
{
    mp_buf_add_z(b, " in (");
    for (uint64_t i = sample_next(seed) % 4 + 1; i > 0; i--) {
        if (sample_next(seed) % 6 == 0)
            mp_buf_add_z(b, "null");
        else
            value(b, seed);
        mp_buf_add_z(b, i > 1 ? "," : ")");
    }
}

static void add_typed(mp_buf *b, uint64_t *seed, void (*value)(mp_buf *, uint64_t *))
{
    if (sample_next(seed) % 5 == 0) {
        add_list(b, seed, value);
        return;
    }
    add_comparison(b, seed);
    if (sample_next(seed) % 12 == 0)
        mp_buf_add_z(b, "null");
    else
        value(b, seed);
}

static void add_leaf(mp_buf *b, uint64_t *seed)
{
    switch (sample_next(seed) % 9) {
    case 0:
    case 1:
        add_text_field(b, seed);
        add_typed(b, seed, add_text_value);
        break;
    case 2:
        ONE_OF(b, seed, "count", "score");
        add_typed(b, seed, add_number);
        break;
    case 3:
        ONE_OF(b, seed, "timestamp", "seen", "step", "date(timestamp)", "date(seen)", "date(step)");
        add_typed(b, seed, add_date);
        break;
    case 4:
    case 5:
        ONE_OF(b, seed, "contains(", "startswith(", "endswith(");
        add_text_field(b, seed);
        mp_buf_add_c(b, ',');
        if (sample_next(seed) % 8)
            add_text_value(b, seed);
        else
            add_text_field(b, seed);
        mp_buf_add_c(b, ')');
        break;
    case 6:
        ONE_OF(b, seed, "isCompliant", "isCompliant eq false", "isCompliant ne true", "isCompliant eq null",
               "isCompliant in (null,true)");
        break;
    case 7:
        ONE_OF(b, seed, "atScope()", "groups/any(g:g eq 'a')", "groups/all(g:contains(g,'A'))",
               "name eq properties/state", "note ne null");
        break;
    default:
        ONE_OF(b, seed, "true", "false", "null eq name", "5 lt count", "date(seen) eq date(timestamp)", "score eq count");
    }
}

static void add_condition(mp_buf *b, uint64_t *seed, int depth)
{
    uint64_t kind = depth > 0 ? sample_next(seed) % 5 : 0;
    if (kind == 0) {
        add_leaf(b, seed);
        return;
    }
    if (kind == 1) {
        mp_buf_add_z(b, "not (");
        add_condition(b, seed, depth - 1);
        mp_buf_add_c(b, ')');
        return;
    }
    for (uint64_t i = sample_next(seed) % 3 + 2; i > 0; i--) {
        mp_buf_add_c(b, '(');
        add_condition(b, seed, depth - 1);
        mp_buf_add_c(b, ')');
        if (i > 1)
            mp_buf_add_z(b, kind % 2 ? " and " : " or ");
    }
}

static void ask(world *w, bool answered[ROWS], const mp_odata_sql *sql)
{
    mp_buf        text = MP_BUF_INIT;
    sqlite3_stmt *stmt;
    mp_buf_printf(&text, "SELECT rowid FROM t WHERE ?1 = 7 AND %s", sql->where.ptr);
    mp_buf_add_c(&text, '\0');
    if (sqlite3_prepare_v2(w->db, text.ptr, -1, &stmt, NULL) != SQLITE_OK)
        fail_msg("%s: %s", text.ptr, sqlite3_errmsg(w->db));
    CHECK_INT(sqlite3_bind_int(stmt, 1, 7), SQLITE_OK);
    for (uint32_t i = 0; i < sql->count; i++)
        bind(stmt, (int)i + 2, &sql->values[i]);
    memset(answered, 0, ROWS * sizeof *answered);
    while (sqlite3_step(stmt) == SQLITE_ROW)
        answered[sqlite3_column_int64(stmt, 0) - 1] = true;
    CHECK_INT(sqlite3_finalize(stmt), SQLITE_OK);
    mp_buf_free(&text);
}

static void check_filter(world *w, mp_str text, uint32_t most, unsigned *exact)
{
    mp_arena         arena = MP_ARENA_INIT;
    mp_error         err = { 0 };
    const mp_filter *filter;
    mp_odata_sql     sql;
    bool             answered[ROWS];
    if (mp_filter_parse(&filter, &arena, &sample_table, text, &err) != MP_OK)
        fail_msg("%.*s: %s", MP_FMT(text), err.message);
    CHECK_INT(mp_odata_sql_filter(&sql, &arena, filter, &(mp_odata_sql_options){ 2, most }, NULL), MP_OK);
    ask(w, answered, &sql);
    *exact += !sql.rest;
    for (size_t i = 0; i < ROWS; i++) {
        bool passes = mp_filter_test(filter, &sample_reader, &w->rows[i]);
        if (passes != (answered[i] && mp_filter_test(sql.rest, &sample_reader, &w->rows[i])))
            fail_msg("%.*s\n  %s\n  row %zu passes in %s only", MP_FMT(text), sql.where.ptr, i, passes ? "memory" : "SQL");
    }
    mp_arena_free(&arena);
}

TEST(sqlite_and_memory_agree)
{
    static world w = { .seed = 20261122 };
    unsigned     exact = 0, count = 6000;
    fill(&w);
    for (unsigned i = 0; i < count; i++) {
        mp_buf text = MP_BUF_INIT;
        add_condition(&text, &w.seed, (int)(i % 4));
        check_filter(&w, mp_buf_str(&text), i % 3 ? 0 : 3, &exact);
        mp_buf_free(&text);
    }
    CHECK(exact > count / 4 && exact < count); /* both kinds were met */
    sqlite3_close(w.db);
}

TEST(order_of_sql_is_order_in_memory)
{
    static const char *const orders[] = { "name", "name desc,count", "isCompliant desc,seen,score desc",
                                          "timestamp,properties/state desc,step" };
    static world             w = { .seed = 5 };
    mp_arena                 arena = MP_ARENA_INIT;
    fill(&w);
    for (size_t o = 0; o < MP_COUNT(orders); o++) {
        mp_order      order;
        mp_str        sql;
        mp_buf        text = MP_BUF_INIT;
        sqlite3_stmt *stmt;
        const void   *rows[ROWS];
        for (size_t i = 0; i < ROWS; i++)
            rows[i] = &w.rows[i];
        CHECK_INT(mp_order_parse(&order, &arena, &sample_table, mp_str_from(orders[o]), NULL), MP_OK);
        CHECK_INT(mp_order_sort(&order, &sample_reader, rows, ROWS, NULL), MP_OK);
        CHECK_INT(mp_odata_sql_order(&sql, &arena, &order, NULL), MP_OK);
        mp_buf_printf(&text, "SELECT rowid FROM t ORDER BY %.*s, rowid", MP_FMT(sql));
        mp_buf_add_c(&text, '\0');
        CHECK_INT(sqlite3_prepare_v2(w.db, text.ptr, -1, &stmt, NULL), SQLITE_OK);
        for (size_t i = 0; i < ROWS; i++) {
            CHECK_INT(sqlite3_step(stmt), SQLITE_ROW);
            CHECK_INT(sqlite3_column_int64(stmt, 0) - 1, (const sample *)rows[i] - w.rows);
        }
        sqlite3_finalize(stmt);
        mp_buf_free(&text);
    }
    mp_order order;
    mp_str   sql = MP_S("x");
    CHECK_INT(mp_order_parse(&order, &arena, &sample_table, MP_S("name,note"), NULL), MP_OK);
    CHECK_INT(mp_odata_sql_order(&sql, &arena, &order, NULL), MP_OK);
    CHECK(sql.ptr == NULL);
    CHECK_INT(mp_order_parse(&order, &arena, &sample_table, MP_S("name,count desc"), NULL), MP_OK);
    CHECK_INT(mp_odata_sql_order(&sql, &arena, &order, NULL), MP_OK);
    CHECK_STR(sql, "name ASC NULLS FIRST, n DESC NULLS LAST");
    CHECK_INT(mp_order_parse(&order, &arena, &sample_table, MP_S("id desc"), NULL), MP_OK);
    CHECK_INT(mp_odata_sql_order(&sql, &arena, &order, NULL), MP_OK);
    CHECK_STR(sql, "id DESC");
    sqlite3_close(w.db);
    mp_arena_free(&arena);
}

/* The rows of `t` page by page, each beginning behind the last row of the one before. */
static void check_pages(world *w, const char *text)
{
    enum { PAGE = 7 };
    mp_arena    arena = MP_ARENA_INIT;
    mp_order    order;
    mp_str      by;
    const void *rows[ROWS];
    mp_cell     last[4];
    size_t      at = 0, found = PAGE;
    for (size_t i = 0; i < ROWS; i++)
        rows[i] = &w->rows[i];
    CHECK_INT(mp_order_parse(&order, &arena, &sample_table, mp_str_from(text), NULL), MP_OK);
    CHECK_INT(mp_order_sort(&order, &sample_reader, rows, ROWS, NULL), MP_OK);
    CHECK_INT(mp_odata_sql_order(&by, &arena, &order, NULL), MP_OK);
    while (found == PAGE) {
        mp_odata_sql  after = { .where = MP_S("1 = 1") };
        mp_buf        sql = MP_BUF_INIT;
        sqlite3_stmt *stmt;
        if (at)
            CHECK_INT(mp_odata_sql_after(&after, &arena, &order, last, NULL, NULL), MP_OK);
        CHECK(after.where.ptr != NULL && !after.rest);
        mp_buf_printf(&sql, "SELECT rowid FROM t WHERE %.*s ORDER BY %.*s LIMIT %d", MP_FMT(after.where), MP_FMT(by), PAGE);
        mp_buf_add_c(&sql, '\0');
        if (sqlite3_prepare_v2(w->db, sql.ptr, -1, &stmt, NULL) != SQLITE_OK)
            fail_msg("%s: %s", sql.ptr, sqlite3_errmsg(w->db));
        for (uint32_t i = 0; i < after.count; i++)
            bind(stmt, (int)i + 1, &after.values[i]);
        for (found = 0; sqlite3_step(stmt) == SQLITE_ROW; found++) {
            const sample *row = &w->rows[sqlite3_column_int64(stmt, 0) - 1];
            CHECK(at < ROWS && row == rows[at++]);
            for (uint32_t k = 0; k < order.count; k++)
                last[k] = mp_odata_cell(&sample_table, &sample_reader, row, order.keys[k].field);
        }
        sqlite3_finalize(stmt);
        mp_buf_free(&sql);
    }
    CHECK_INT(at, ROWS);
    mp_arena_free(&arena);
}

TEST(pages_lose_and_repeat_no_row)
{
    static world             w = { .seed = 99 };
    static char              ids[ROWS][8];
    static const char *const orders[] = { "id",
                                          "id desc",
                                          "name,id",
                                          "name desc,id desc",
                                          "id desc,name",
                                          "isCompliant desc,seen,id",
                                          "score desc,step desc,count,id" };
    mp_buf                   sql = MP_BUF_INIT;
    fill(&w);
    for (int i = 0; i < ROWS; i++) { /* ids that no two rows share */
        snprintf(ids[i], sizeof ids[i], "R%03d", i * 7 % ROWS);
        w.rows[i].cells[F_ID] = mp_cell_text(mp_str_from(ids[i]));
        mp_buf_clear(&sql);
        mp_buf_printf(&sql, "UPDATE t SET id = lower('%s') WHERE rowid = %d", ids[i], i + 1);
        mp_buf_add_c(&sql, '\0');
        run(w.db, sql.ptr);
    }
    for (size_t o = 0; o < MP_COUNT(orders); o++)
        check_pages(&w, orders[o]);
    sqlite3_close(w.db);
    mp_buf_free(&sql);
}

TEST(the_text_of_pages)
{
    static const struct { const char *order, *where; uint32_t most; } cases[] = {
        { "count,id", "(n >= ?1 AND (n > ?2 OR (n = ?3 AND (id > ?4))))", 0 },
        { "count desc,id", "((n IS NULL OR n < ?1) OR (n = ?2 AND (id > ?3)))", 0 },
        { "name,id desc", "(name IS NOT NULL OR (name IS NULL AND (id < ?1)))", 0 },
        { "name desc,id", "(0 = 1 OR (name IS NULL AND (id > ?1)))", 0 },
        { "id,count", "(id >= ?1 AND (id > ?2 OR (id = ?3 AND (n > ?4))))", 0 },
        { "id desc,count", "(id <= ?1 AND (id < ?2 OR (id = ?3 AND (n > ?4))))", 0 },
        { "id desc", "(id < ?1)", 0 },
        { "count,note", NULL, 0 },
        { "count,id", NULL, 2 },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        mp_arena     arena = MP_ARENA_INIT;
        mp_order     order;
        mp_odata_sql sql;
        bool         is_name = mp_str_starts(mp_str_from(cases[i].order), MP_S("name"));
        bool         is_id = mp_str_starts(mp_str_from(cases[i].order), MP_S("id"));
        mp_cell      number = mp_cell_int(5), id = mp_cell_text(MP_S("A"));
        mp_cell      last[] = { is_name ? MP_CELL_OF_NULL : is_id ? id : number, is_id ? number : id };
        CHECK_INT(mp_order_parse(&order, &arena, &sample_table, mp_str_from(cases[i].order), NULL), MP_OK);
        CHECK_INT(
            mp_odata_sql_after(&sql, &arena, &order, last, &(mp_odata_sql_options){ .values = cases[i].most }, NULL),
            MP_OK);
        if (cases[i].where)
            CHECK_STR(sql.where, cases[i].where);
        else
            CHECK(sql.where.ptr == NULL);
        mp_arena_free(&arena);
    }
}

TEST(integers_of_columns_as_cells)
{
    mp_cell cell = mp_odata_sql_cell(&sample_table.fields[F_COMPLIANT], 1);
    CHECK(cell.kind == MP_CELL_BOOL && cell.u.yes);
    cell = mp_odata_sql_cell(&sample_table.fields[F_COUNT], -5);
    CHECK(cell.kind == MP_CELL_INT && cell.u.integer == -5);
    cell = mp_odata_sql_cell(&sample_table.fields[F_AT], 77);
    CHECK(cell.kind == MP_CELL_DATE && cell.u.date == 77);
    cell = mp_odata_sql_cell(&sample_table.fields[F_SEEN], 1704067200);
    CHECK(cell.kind == MP_CELL_DATE && cell.u.date == INT64_C(638396640000000000));
    cell = mp_odata_sql_cell(&sample_table.fields[F_STEP], INT64_C(1704067200000));
    CHECK(cell.kind == MP_CELL_DATE && cell.u.date == INT64_C(638396640000000000));
}

static bool write_starved(void *context)
{
    mp_arena         parsed = MP_ARENA_INIT, arena = MP_ARENA_INIT;
    const mp_filter *filter;
    mp_order         order;
    mp_odata_sql     sql = { .count = 77 };
    mp_str           ordered;
    mp_error         err = { 0 };
    (void)context;
    bool is_parsed =
        mp_filter_parse(
            &filter, &parsed, &sample_table,
            MP_S("startswith(name,'a') and contains(id,'b') and (note eq 'x' or count in (1,2)) and atScope()"),
            NULL) == MP_OK &&
        mp_order_parse(&order, &parsed, &sample_table, MP_S("name,count"), NULL) == MP_OK;
    mp_code code = is_parsed ? mp_odata_sql_filter(&sql, &arena, filter, NULL, &err) : MP_NOMEM;
    CHECK(code == MP_OK || (code == MP_NOMEM && sql.count == 77));
    if (code == MP_OK)
        code = mp_odata_sql_order(&ordered, &arena, &order, &err);
    if (code == MP_OK)
        code = mp_odata_sql_after(&sql, &arena, &order, (const mp_cell[]){ mp_cell_text(MP_S("x")), mp_cell_int(1) },
                                  NULL, &err);
    mp_arena_free(&parsed);
    mp_arena_free(&arena);
    return code == MP_OK;
}

TEST(memory_runs_out)
{
    CHECK(fault_loop(write_starved, NULL) > 3);
}

int main(void)
{
    return MAIN(RUN(the_text_of_filters), RUN(long_texts_are_not_looked_for_by_the_engine), RUN(sqlite_and_memory_agree),
                RUN(order_of_sql_is_order_in_memory), RUN(pages_lose_and_repeat_no_row), RUN(the_text_of_pages),
                RUN(integers_of_columns_as_cells), RUN(memory_runs_out));
}
