/* SPDX-License-Identifier: Apache-2.0 */
/* The store in one file, FOLDER/mapae.db: SQLite in WAL mode, every commit on disk before it is answered.
 *
 * Statements are prepared once per connection and kept in a table by their text. One that is being read is not
 * given out a second time: whoever asks the same again meanwhile gets one of his own, which is not kept. */
#include "store_engine.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "map.h"

#define KEPT_STATEMENTS 512
#define BUSY_TIMEOUT_MS 10000

typedef struct statement {
    sqlite3_stmt *stmt;
    char         *text;
    bool          is_used;
    bool          is_kept;
} statement;

typedef struct sqlite_conn {
    mp_conn  base;
    sqlite3 *db;
    mp_map   statements; /* text to statement */
    bool     is_lost;
    bool     is_marked; /* there is a savepoint */
} sqlite_conn;

typedef struct sqlite_rows {
    mp_rows    base;
    statement *statement;
} sqlite_rows;

static sqlite_conn *of(mp_conn *conn)
{
    return (sqlite_conn *)conn;
}

/* ---- errors ---- */

static mp_code code_of(sqlite3 *db, int result)
{
    switch (result & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return MP_OK;
    case SQLITE_NOMEM:
        return MP_NOMEM;
    case SQLITE_FULL:
        return MP_FULL;
    case SQLITE_IOERR: {
        int cause = db ? sqlite3_system_errno(db) : 0;
        if (result == SQLITE_IOERR_NOMEM)
            return MP_NOMEM;
        return cause == ENOSPC || cause == EDQUOT ? MP_FULL : MP_UNAVAILABLE;
    }
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_PROTOCOL:
        return MP_UNAVAILABLE;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return MP_BUSY;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return MP_DAMAGED;
    case SQLITE_TOOBIG:
        return MP_LIMIT;
    case SQLITE_CONSTRAINT:
        if (result == SQLITE_CONSTRAINT_UNIQUE || result == SQLITE_CONSTRAINT_PRIMARYKEY ||
            result == SQLITE_CONSTRAINT_ROWID)
            return MP_EXISTS;
        return result == SQLITE_CONSTRAINT_FOREIGNKEY ? MP_CONFLICT : MP_INTERNAL;
    default:
        return MP_INTERNAL;
    }
}

/* What SQLite says about it, without values: its sentences name tables and columns only. */
static mp_code fail(sqlite_conn *c, int result, mp_error *err)
{
    mp_code     code = code_of(c->db, result);
    const char *says = c->db ? sqlite3_errmsg(c->db) : sqlite3_errstr(result);
    if (code == MP_FULL)
        return mp_fail(err, code, MP_NOWHERE, "the disk of the store is full");
    if (code == MP_NOMEM)
        return mp_fail(err, code, MP_NOWHERE, "out of memory");
    if (code == MP_UNAVAILABLE)
        return mp_fail(err, code, MP_NOWHERE, "the store's file cannot be read or written: %s (%s)", says,
                       sqlite3_errstr(result));
    if (code == MP_BUSY)
        return mp_fail(err, code, MP_NOWHERE, "another program holds the store's file: %s", says);
    if (code == MP_DAMAGED)
        return mp_fail(err, code, MP_NOWHERE, "the store's file is damaged: %s", says);
    if (code == MP_EXISTS)
        return mp_fail(err, code, MP_NOWHERE, "the store has a row with this key already");
    if (code == MP_CONFLICT)
        return mp_fail(err, code, MP_NOWHERE, "a row of the store refers to one that would not be there");
    return mp_fail(err, code, MP_NOWHERE, "the store refused a statement: %s", says);
}

/* ---- statements ---- */

static void free_statement(statement *s)
{
    if (!s)
        return;
    sqlite3_finalize(s->stmt);
    free(s->text);
    free(s);
}

static mp_code prepare(statement **out, sqlite_conn *c, const char *sql, bool keeps, mp_error *err)
{
    statement *s = calloc(1, sizeof *s);
    char      *text = s ? strdup(sql) : NULL;
    if (!text) {
        free(s);
        return mp_no_memory(err);
    }
    s->text = text;
    int result = sqlite3_prepare_v3(c->db, text, -1, keeps ? SQLITE_PREPARE_PERSISTENT : 0, &s->stmt, NULL);
    mp_code code = result == SQLITE_OK ? MP_OK : fail(c, result, err);
    if (code == MP_OK && keeps)
        code = mp_map_put(&c->statements, mp_str_from(text), s, err);
    if (code != MP_OK) {
        free_statement(s);
        return code;
    }
    s->is_kept = keeps;
    s->is_used = true;
    *out = s;
    return MP_OK;
}

static mp_code take(statement **out, sqlite_conn *c, const char *sql, mp_error *err)
{
    statement *s = mp_map_get(&c->statements, mp_str_from(sql));
    if (s && !s->is_used) {
        s->is_used = true;
        *out = s;
        return MP_OK;
    }
    return prepare(out, c, sql, !s && c->statements.len < KEPT_STATEMENTS, err);
}

static void give_back(statement *s)
{
    sqlite3_reset(s->stmt);
    sqlite3_clear_bindings(s->stmt);
    s->is_used = false;
    if (!s->is_kept)
        free_statement(s);
}

static int bind_bytes(sqlite3_stmt *stmt, int at, const mp_value *v, sqlite3_destructor_type life)
{
    const char *ptr = v->bytes.len ? v->bytes.ptr : ""; /* NULL would be bound as NULL */
    if (v->kind == MP_VALUE_TEXT)
        return sqlite3_bind_text64(stmt, at, ptr, v->bytes.len, life, SQLITE_UTF8);
    return sqlite3_bind_blob64(stmt, at, ptr, v->bytes.len, life);
}

static mp_code bind(sqlite_conn *c, statement *s, const mp_value *values, size_t count, sqlite3_destructor_type life,
                    mp_error *err)
{
    if (sqlite3_bind_parameter_count(s->stmt) != (int)count)
        return mp_fail(err, MP_INTERNAL, MP_NOWHERE, "a statement wants %d values and was given %zu",
                       sqlite3_bind_parameter_count(s->stmt), count);
    for (size_t i = 0; i < count; i++) {
        const mp_value *v = &values[i];
        int             at = (int)i + 1, result = SQLITE_OK;
        switch (v->kind) {
        case MP_VALUE_NULL:
            result = sqlite3_bind_null(s->stmt, at);
            break;
        case MP_VALUE_INT:
            result = sqlite3_bind_int64(s->stmt, at, v->integer);
            break;
        case MP_VALUE_REAL:
            result = sqlite3_bind_double(s->stmt, at, v->real);
            break;
        case MP_VALUE_TEXT:
        case MP_VALUE_BLOB:
            result = bind_bytes(s->stmt, at, v, life);
            break;
        }
        if (result != SQLITE_OK)
            return fail(c, result, err);
    }
    return MP_OK;
}

static mp_code run_once(sqlite_conn *c, statement *s, const mp_value *values, size_t count, mp_error *err)
{
    MP_TRY(bind(c, s, values, count, SQLITE_STATIC, err));
    int result;
    do {
        result = sqlite3_step(s->stmt);
    } while (result == SQLITE_ROW);
    mp_code code = result == SQLITE_DONE ? MP_OK : fail(c, result, err);
    sqlite3_reset(s->stmt);
    return code;
}

static mp_code sqlite_run(mp_conn *conn, int64_t *changed, const char *sql, const mp_value *values, size_t count,
                          mp_error *err)
{
    sqlite_conn *c = of(conn);
    statement   *s = NULL;
    MP_TRY(take(&s, c, sql, err));
    mp_code code = run_once(c, s, values, count, err);
    if (code == MP_OK && changed)
        *changed = sqlite3_changes64(c->db);
    give_back(s);
    return code;
}

static mp_code sqlite_many(mp_conn *conn, const char *sql, const mp_value *values, size_t width, size_t rows,
                           mp_error *err)
{
    sqlite_conn *c = of(conn);
    statement   *s = NULL;
    mp_code      code = MP_OK;
    MP_TRY(take(&s, c, sql, err));
    for (size_t i = 0; i < rows && code == MP_OK; i++)
        code = run_once(c, s, values + i * width, width, err);
    give_back(s);
    return code;
}

static mp_code sqlite_define(mp_conn *conn, mp_str sql, mp_error *err)
{
    sqlite_conn *c = of(conn);
    mp_buf       text = MP_BUF_INIT;
    mp_code      code = mp_translate_sqlite(&text, sql, err);
    int          result = code == MP_OK ? sqlite3_exec(c->db, text.ptr, NULL, NULL, NULL) : SQLITE_OK;
    mp_buf_free(&text);
    return code != MP_OK ? code : result == SQLITE_OK ? MP_OK : fail(c, result, err);
}

/* ---- asking ---- */

static mp_code sqlite_ask(mp_rows **out, mp_conn *conn, const char *sql, const mp_value *values, size_t count,
                          mp_error *err)
{
    sqlite_conn *c = of(conn);
    sqlite_rows *rows = calloc(1, sizeof *rows);
    if (!rows)
        return mp_no_memory(err);
    mp_code code = take(&rows->statement, c, sql, err);
    if (code == MP_OK) {
        code = bind(c, rows->statement, values, count, SQLITE_TRANSIENT, err);
        if (code != MP_OK)
            give_back(rows->statement);
    }
    if (code != MP_OK) {
        free(rows);
        return code;
    }
    rows->base.conn = conn;
    *out = &rows->base;
    return MP_OK;
}

static mp_code sqlite_next(bool *more, mp_rows *base, mp_error *err)
{
    sqlite_rows *rows = (sqlite_rows *)base;
    int          result = sqlite3_step(rows->statement->stmt);
    if (result != SQLITE_ROW && result != SQLITE_DONE)
        return fail(of(base->conn), result, err);
    *more = result == SQLITE_ROW;
    return MP_OK;
}

static sqlite3_stmt *stmt_of(const mp_rows *rows)
{
    return ((const sqlite_rows *)rows)->statement->stmt;
}

static bool sqlite_is_null(const mp_rows *rows, unsigned column)
{
    return sqlite3_column_type(stmt_of(rows), (int)column) == SQLITE_NULL;
}

static int64_t sqlite_integer(const mp_rows *rows, unsigned column)
{
    return sqlite3_column_int64(stmt_of(rows), (int)column);
}

static double sqlite_real(const mp_rows *rows, unsigned column)
{
    return sqlite3_column_double(stmt_of(rows), (int)column);
}

static mp_str sqlite_bytes(const mp_rows *rows, unsigned column)
{
    const char *ptr = sqlite3_column_blob(stmt_of(rows), (int)column); /* of a text: its UTF-8 */
    return mp_str_of(ptr ? ptr : "", (size_t)sqlite3_column_bytes(stmt_of(rows), (int)column));
}

static void sqlite_close(mp_rows *rows)
{
    give_back(((sqlite_rows *)rows)->statement);
    free(rows);
}

/* ---- transactions ---- */

static mp_code simply(sqlite_conn *c, const char *sql, mp_error *err)
{
    return sqlite_run(&c->base, NULL, sql, NULL, 0, err);
}

/* A file that was moved or removed while it was open can still be written, and nobody would find it again. */
static mp_code still_there(sqlite_conn *c, mp_error *err)
{
    int has_moved = 0;
    if (sqlite3_file_control(c->db, "main", SQLITE_FCNTL_HAS_MOVED, &has_moved) == SQLITE_OK && has_moved) {
        c->is_lost = true;
        return mp_fail(err, MP_UNAVAILABLE, MP_NOWHERE, "the store's file was moved or removed");
    }
    return MP_OK;
}

static mp_code sqlite_begin(mp_conn *conn, bool writes, mp_error *err)
{
    of(conn)->is_marked = false;
    if (writes)
        MP_TRY(still_there(of(conn), err));
    return simply(of(conn), writes ? "BEGIN IMMEDIATE" : "BEGIN", err);
}

static bool sqlite_is_in_hand(mp_conn *conn)
{
    return !sqlite3_get_autocommit(of(conn)->db);
}

static void sqlite_rollback(mp_conn *conn)
{
    /* Not through the table of statements: this must work without memory for another one. */
    if (sqlite_is_in_hand(conn))
        sqlite3_exec(of(conn)->db, "ROLLBACK", NULL, NULL, NULL);
    if (sqlite_is_in_hand(conn))
        of(conn)->is_lost = true;
}

static mp_code sqlite_commit(mp_conn *conn, mp_error *err)
{
    mp_code code = simply(of(conn), "COMMIT", err);
    if (code != MP_OK)
        sqlite_rollback(conn);
    return code;
}

static mp_code sqlite_mark(mp_conn *conn, mp_error *err)
{
    sqlite_conn *c = of(conn);
    if (c->is_marked) /* each one that is open costs every page that is written */
        MP_TRY(simply(c, "RELEASE work", err));
    c->is_marked = false;
    MP_TRY(simply(c, "SAVEPOINT work", err));
    c->is_marked = true;
    return MP_OK;
}

static mp_code sqlite_rewind(mp_conn *conn, mp_error *err)
{
    return simply(of(conn), "ROLLBACK TO work", err);
}

/* ---- connections ---- */

static bool sqlite_is_lost(mp_conn *conn)
{
    return of(conn)->is_lost;
}

static void sqlite_disconnect(mp_conn *conn)
{
    sqlite_conn *c = of(conn);
    for (size_t i = 0; i < c->statements.len; i++)
        free_statement(c->statements.entries[i].value);
    mp_map_free(&c->statements);
    sqlite3_close_v2(c->db);
    free(c);
}

/* Of mode 0600 from its first moment; WAL and shared memory take theirs from it. */
static mp_code make_file(const char *path, bool create, mp_error *err)
{
    int fd = open(path, O_RDWR | O_CLOEXEC | (create ? O_CREAT : 0), 0600);
    if (fd < 0 && errno == ENOENT)
        return mp_fail(err, MP_MISSING, MP_NOWHERE, "%s is not there", path);
    if (fd < 0 && (errno == ENOSPC || errno == EDQUOT))
        return mp_fail(err, MP_FULL, MP_NOWHERE, "the disk of the store is full");
    if (fd < 0)
        return mp_fail(err, MP_UNAVAILABLE, MP_NOWHERE, "%s cannot be opened: %s", path, strerror(errno));
    close(fd);
    return MP_OK;
}

static mp_code set_up(sqlite_conn *c, mp_error *err)
{
    static const char *const always[] = {
        "PRAGMA synchronous = FULL",     "PRAGMA foreign_keys = ON",   "PRAGMA trusted_schema = OFF",
        "PRAGMA cell_size_check = ON",   "PRAGMA secure_delete = ON",  "PRAGMA case_sensitive_like = ON",
        "PRAGMA temp_store = MEMORY",
    };
    sqlite3_extended_result_codes(c->db, 1);
    sqlite3_busy_timeout(c->db, BUSY_TIMEOUT_MS);
    sqlite3_db_config(c->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(c->db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    sqlite3_db_config(c->db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    for (size_t i = 0; i < MP_COUNT(always); i++) {
        int result = sqlite3_exec(c->db, always[i], NULL, NULL, NULL);
        if (result != SQLITE_OK)
            return fail(c, result, err);
    }
    const char *own = c->base.writes ? "PRAGMA journal_mode = WAL; PRAGMA cache_size = -8192; "
                                       "PRAGMA journal_size_limit = 67108864"
                                     : "PRAGMA query_only = ON; PRAGMA cache_size = -4096";
    int result = sqlite3_exec(c->db, own, NULL, NULL, NULL);
    return result == SQLITE_OK ? MP_OK : fail(c, result, err);
}

static mp_code sqlite_connect(mp_conn **out, const mp_place *place, bool writes, mp_error *err)
{
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/mapae.db", place->folder) >= (int)sizeof path)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "the path of the data folder is over %d bytes", PATH_MAX);
    if (writes)
        MP_TRY(make_file(path, place->create, err));
    else if (access(path, F_OK) != 0)
        return mp_fail(err, MP_MISSING, MP_NOWHERE, "%s is not there", path);
    sqlite_conn *c = calloc(1, sizeof *c);
    if (!c)
        return mp_no_memory(err);
    c->base = (mp_conn){ .engine = &mp_engine_sqlite, .writes = writes };
    int result = sqlite3_open_v2(path, &c->db, (writes ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY) |
                                 SQLITE_OPEN_NOMUTEX, NULL);
    mp_code code = result == SQLITE_OK ? set_up(c, err) : fail(c, result, err);
    if (code != MP_OK) {
        sqlite_disconnect(&c->base);
        return code;
    }
    *out = &c->base;
    return MP_OK;
}

static mp_code sqlite_patience(mp_conn *conn, bool is_endless, mp_error *err)
{
    (void)conn; /* statements have no time limit of their own */
    (void)is_endless;
    (void)err;
    return MP_OK;
}

/* ---- the whole ---- */

static mp_code sqlite_check(mp_conn *conn, bool all, mp_error *err)
{
    mp_rows *rows = NULL;
    bool     more = false;
    mp_code  code = MP_OK;
    MP_TRY(sqlite_ask(&rows, conn, all ? "PRAGMA integrity_check(1)" : "PRAGMA quick_check(1)", NULL, 0, err));
    code = sqlite_next(&more, rows, err);
    if (code == MP_OK && more && !mp_str_eq(sqlite_bytes(rows, 0), MP_S("ok"))) {
        mp_str found = sqlite_bytes(rows, 0);
        code = mp_fail(err, MP_DAMAGED, MP_NOWHERE, "the store's file is damaged: %.*s",
                       found.len > 200 ? 200 : (int)found.len, found.ptr);
    }
    sqlite_close(rows);
    return code;
}

/* All of it into the one file that moves. */
static mp_code empty_log(mp_conn *conn, mp_error *err)
{
    int result = sqlite3_wal_checkpoint_v2(of(conn)->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    return result == SQLITE_OK || (result & 0xff) == SQLITE_BUSY ? MP_OK : fail(of(conn), result, err);
}

/* A folder of its own is all the difference. */
static mp_code sqlite_restore_begin(mp_conn *conn, mp_error *err)
{
    (void)conn;
    (void)err;
    return MP_OK;
}

static mp_code sqlite_restore_end(mp_conn *conn, bool keeps, mp_error *err)
{
    return keeps ? empty_log(conn, err) : MP_OK;
}

static mp_value_kind kind_of_type(mp_str type)
{
    return mp_str_eq_fold(type, MP_S("INTEGER")) ? MP_VALUE_INT
           : mp_str_eq_fold(type, MP_S("REAL"))  ? MP_VALUE_REAL
           : mp_str_eq_fold(type, MP_S("BLOB"))  ? MP_VALUE_BLOB
                                                 : MP_VALUE_TEXT;
}

static mp_code read_columns(mp_table *table, mp_conn *conn, mp_arena *arena, mp_error *err)
{
    enum { MOST = 64 };
    mp_rows *rows = NULL;
    bool     more = true;
    mp_str   keys[MOST] = { { NULL, 0 } };
    MP_TRY(sqlite_ask(&rows, conn, "SELECT name, type, pk FROM pragma_table_info(?1) ORDER BY cid",
                      MP_VALUES(mp_text(table->name)), err));
    table->columns = MP_ARENA_ARRAY(arena, mp_column, MOST);
    mp_code code = table->columns ? MP_OK : mp_no_memory(err);
    while (code == MP_OK && (code = sqlite_next(&more, rows, err)) == MP_OK && more && table->column_count < MOST) {
        mp_column *column = &table->columns[table->column_count++];
        *column = (mp_column){ mp_arena_dup(arena, sqlite_bytes(rows, 0)), kind_of_type(sqlite_bytes(rows, 1)) };
        int64_t nth = sqlite_integer(rows, 2);
        if (nth > 0 && nth <= MOST)
            keys[nth - 1] = column->name;
        if (!column->name.ptr)
            code = mp_no_memory(err);
    }
    sqlite_close(rows);
    table->key = MP_S("");
    for (size_t i = 0; code == MP_OK && i < MOST && keys[i].ptr; i++) {
        table->key = mp_arena_printf(arena, "%.*s%s%.*s", MP_FMT(table->key), i ? ", " : "", MP_FMT(keys[i]));
        if (!table->key.ptr)
            code = mp_no_memory(err);
    }
    return code;
}

static mp_code sqlite_tables(mp_table **out, size_t *count, mp_conn *conn, mp_arena *arena, mp_error *err)
{
    enum { MOST = 256 };
    mp_rows  *rows = NULL;
    bool      more = true;
    size_t    n = 0;
    mp_table *tables = MP_ARENA_ARRAY(arena, mp_table, MOST);
    if (!tables)
        return mp_no_memory(err);
    MP_TRY(sqlite_ask(&rows, conn, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' "
                      "ORDER BY name", NULL, 0, err));
    mp_code code;
    while ((code = sqlite_next(&more, rows, err)) == MP_OK && more && n < MOST) {
        tables[n].name = mp_arena_dup(arena, sqlite_bytes(rows, 0));
        if (!tables[n++].name.ptr) {
            code = mp_no_memory(err);
            break;
        }
    }
    sqlite_close(rows);
    for (size_t i = 0; i < n && code == MP_OK; i++)
        code = read_columns(&tables[i], conn, arena, err);
    *out = tables;
    *count = n;
    return code;
}

const mp_engine mp_engine_sqlite = {
    .name = "sqlite",
    .connect = sqlite_connect,
    .disconnect = sqlite_disconnect,
    .is_lost = sqlite_is_lost,
    .patience = sqlite_patience,
    .begin = sqlite_begin,
    .commit = sqlite_commit,
    .rollback = sqlite_rollback,
    .is_in_hand = sqlite_is_in_hand,
    .mark = sqlite_mark,
    .rewind = sqlite_rewind,
    .define = sqlite_define,
    .run = sqlite_run,
    .many = sqlite_many,
    .ask = sqlite_ask,
    .next = sqlite_next,
    .is_null = sqlite_is_null,
    .integer = sqlite_integer,
    .real = sqlite_real,
    .bytes = sqlite_bytes,
    .close = sqlite_close,
    .check = sqlite_check,
    .restore_begin = sqlite_restore_begin,
    .restore_end = sqlite_restore_end,
    .tables = sqlite_tables,
};
