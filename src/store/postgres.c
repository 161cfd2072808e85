/* SPDX-License-Identifier: Apache-2.0 */
/* The store in a PostgreSQL database, in a schema of its own.
 *
 * Who writes holds an advisory lock for as long as his connection lives: a second writer is refused, also one
 * with another data folder. A connection that went away is noticed at the next statement and reported as
 * lost; connecting again is the store's business. */
#include "postgres.h"

#include <stdio.h>
#include <stdlib.h>

#define WRITER_WAIT "3s"    /* a writer that was killed holds its lock until the server noticed */
#define READ_PATIENCE "60s"
#define WRITE_PATIENCE "300s"
#define LOCK_SPACE 0x4d617061 /* "Mapa" */

static pg_conn *of(mp_conn *conn)
{
    return (pg_conn *)conn;
}

static bool pg_is_lost(mp_conn *conn)
{
    return PQstatus(of(conn)->pg) != CONNECTION_OK;
}

static void pg_disconnect(mp_conn *conn)
{
    mp_pg_forget_statements(of(conn));
    PQfinish(of(conn)->pg);
    free(conn);
}

/* ---- transactions ---- */

static mp_code pg_begin(mp_conn *conn, bool writes, mp_error *err)
{
    of(conn)->is_marked = false;
    return mp_pg_simply(of(conn), writes ? "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
                                         : "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", err);
}

static bool pg_is_in_hand(mp_conn *conn)
{
    PGTransactionStatusType status = PQtransactionStatus(of(conn)->pg);
    return status == PQTRANS_INTRANS || status == PQTRANS_INERROR || status == PQTRANS_ACTIVE;
}

static void pg_rollback(mp_conn *conn)
{
    mp_pg_settle(of(conn));
    if (pg_is_in_hand(conn))
        PQclear(PQexec(of(conn)->pg, "ROLLBACK"));
}

static mp_code pg_commit(mp_conn *conn, mp_error *err)
{
    mp_pg_settle(of(conn));
    PGresult *result = PQexec(of(conn)->pg, "COMMIT");
    bool      is_refused = result && PQresultStatus(result) == PGRES_COMMAND_OK &&
                      strcmp(PQcmdStatus(result), "COMMIT") != 0;
    mp_code code = mp_pg_result(of(conn), result, err);
    if (is_refused)
        code = mp_fail(err, MP_INTERNAL, MP_NOWHERE, "the transaction had failed before it was to be committed");
    if (code != MP_OK)
        pg_rollback(conn);
    return code;
}

static mp_code pg_mark(mp_conn *conn, mp_error *err)
{
    const char *sql = of(conn)->is_marked ? "RELEASE work; SAVEPOINT work" : "SAVEPOINT work";
    of(conn)->is_marked = true;
    return mp_pg_simply(of(conn), sql, err);
}

static mp_code pg_rewind(mp_conn *conn, mp_error *err)
{
    return mp_pg_simply(of(conn), "ROLLBACK TO work", err);
}

static mp_code pg_define(mp_conn *conn, mp_str sql, mp_error *err)
{
    mp_buf  text = MP_BUF_INIT;
    mp_code code = mp_translate_postgres(&text, sql, true, err);
    if (code == MP_OK)
        code = mp_pg_simply(of(conn), text.ptr, err);
    mp_buf_free(&text);
    return code;
}

/* ---- connections ---- */

static mp_code pg_patience(mp_conn *conn, bool is_endless, mp_error *err)
{
    return mp_pg_simply(of(conn), is_endless          ? "SET statement_timeout = 0"
                                  : conn->writes ? "SET statement_timeout = '" WRITE_PATIENCE "'"
                                                 : "SET statement_timeout = '" READ_PATIENCE "'", err);
}

static mp_code ask_for_one(int64_t *out, bool *is_there, pg_conn *c, const char *sql, const mp_value *values,
                           size_t count, mp_error *err)
{
    mp_rows *rows = NULL;
    MP_TRY(mp_pg_ask(&rows, &c->base, sql, values, count, err));
    mp_code code = mp_pg_next(is_there, rows, err);
    if (code == MP_OK && *is_there)
        *out = mp_pg_integer(rows, 0);
    mp_pg_close(rows);
    return code;
}

static mp_code enter_schema(pg_conn *c, const char *schema, bool create, mp_error *err)
{
    char     sql[200];
    int64_t  one = 0;
    bool     is_there = false;
    mp_value name = mp_text(mp_str_from(schema));
    snprintf(sql, sizeof sql, "SET search_path TO %s", schema);
    MP_TRY(mp_pg_simply(c, sql, err));
    MP_TRY(ask_for_one(&one, &is_there, c, "SELECT 1 FROM pg_namespace WHERE nspname = ?1", &name, 1, err));
    if (is_there)
        return MP_OK;
    if (!create)
        return mp_fail(err, MP_MISSING, MP_NOWHERE, "the database has no schema \"%s\"", schema);
    snprintf(sql, sizeof sql, "CREATE SCHEMA IF NOT EXISTS %s", schema);
    return mp_pg_simply(c, sql, err);
}

static mp_code check_encoding(pg_conn *c, mp_error *err)
{
    const char *encoding = PQparameterStatus(c->pg, "server_encoding");
    if (encoding && strcmp(encoding, "UTF8") == 0)
        return MP_OK;
    return mp_fail(err, MP_UNSUPPORTED, MP_NOWHERE, "the database has the encoding %s; UTF8 is needed",
                   encoding ? encoding : "?");
}

static mp_code take_writers_lock(pg_conn *c, const char *schema, mp_error *err)
{
    mp_error why = { 0 };
    mp_value key[] = { mp_int((int64_t)LOCK_SPACE << 32 | (strcmp(schema, MP_SCHEMA_NAME) != 0)) };
    MP_TRY(mp_pg_simply(c, "SET lock_timeout = '" WRITER_WAIT "'", err));
    mp_code code = mp_pg_run(&c->base, NULL, "SELECT pg_advisory_lock(?1)", key, 1, &why);
    if (code == MP_BUSY)
        return mp_fail(err, MP_BUSY, MP_NOWHERE, "another process already writes to this database");
    if (code != MP_OK && err)
        *err = why;
    return code == MP_OK ? mp_pg_simply(c, "SET lock_timeout = 0", err) : code;
}

static mp_code set_up(pg_conn *c, const mp_place *place, mp_error *err)
{
    const char *schema = place->schema ? place->schema : MP_SCHEMA_NAME;
    MP_TRY(check_encoding(c, err));
    MP_TRY(mp_pg_simply(c, "SET standard_conforming_strings = on; SET client_min_messages = error; "
                           "SET idle_in_transaction_session_timeout = 0; SET row_security = off; "
                           /* Every question has an index that gives its rows in order, and ends after a page. Without
                            * fresh statistics the planner would rather read and sort everything. What is switched off costs
                            * so much on paper that PostgreSQL would compile the plan too. */
                           "SET enable_seqscan = off; SET enable_sort = off; SET jit = off; "
                           /* Acknowledged is on disk, also where the server's default is another. */
                           "SELECT set_config('synchronous_commit', 'on', false) "
                           "WHERE current_setting('synchronous_commit') = 'off'", err));
    MP_TRY(pg_patience(&c->base, false, err));
    MP_TRY(enter_schema(c, schema, place->create, err));
    return c->base.writes ? take_writers_lock(c, schema, err) : MP_OK;
}

static void be_silent(void *arg, const char *message)
{
    (void)arg;
    (void)message;
}

static mp_code pg_connect(mp_conn **out, const mp_place *place, bool writes, mp_error *err)
{
    const char *const names[] = { "dbname", "fallback_application_name", "client_encoding", "connect_timeout",
                                  "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout",
                                  NULL };
    const char *const values[] = { place->url, "mapae", "UTF8", "10", "30", "10", "3", "30000", NULL };
    pg_conn          *c = calloc(1, sizeof *c);
    if (!c)
        return mp_no_memory(err);
    c->base = (mp_conn){ .engine = &mp_engine_postgres, .writes = writes };
    c->pg = PQconnectdbParams(names, values, 1);
    mp_code code = MP_OK;
    if (PQstatus(c->pg) != CONNECTION_OK) {
        char says[200];
        mp_pg_says(says, sizeof says, PQerrorMessage(c->pg));
        code = mp_fail(err, MP_UNAVAILABLE, MP_NOWHERE, "PostgreSQL cannot be reached: %s", says);
    } else {
        PQsetNoticeProcessor(c->pg, be_silent, NULL);
        code = set_up(c, place, err);
    }
    if (code != MP_OK) {
        pg_disconnect(&c->base);
        return code;
    }
    *out = &c->base;
    return MP_OK;
}

/* ---- the whole ---- */

static mp_code texts_of(mp_str **out, size_t *count, mp_str **seconds, mp_conn *conn, const char *sql,
                        const mp_value *values, size_t value_count, mp_arena *arena, mp_error *err)
{
    enum { MOST = 256 };
    mp_rows *rows = NULL;
    bool     more = true;
    mp_code  code;
    *count = 0;
    *out = MP_ARENA_ARRAY(arena, mp_str, MOST);
    mp_str *second = MP_ARENA_ARRAY(arena, mp_str, MOST);
    if (!*out || !second)
        return mp_no_memory(err);
    MP_TRY(mp_pg_ask(&rows, conn, sql, values, value_count, err));
    while ((code = mp_pg_next(&more, rows, err)) == MP_OK && more && *count < MOST) {
        (*out)[*count] = mp_arena_dup(arena, mp_pg_bytes(rows, 0));
        if (seconds)
            second[*count] = mp_arena_dup(arena, mp_pg_bytes(rows, 1));
        if (!(*out)[*count].ptr || (seconds && !second[*count].ptr)) {
            code = mp_no_memory(err);
            break;
        }
        ++*count;
    }
    mp_pg_close(rows);
    if (seconds)
        *seconds = second;
    return code;
}

static mp_value_kind kind_of_type(mp_str type)
{
    return mp_str_eq(type, MP_S("bigint"))             ? MP_VALUE_INT
           : mp_str_eq(type, MP_S("double precision")) ? MP_VALUE_REAL
           : mp_str_eq(type, MP_S("bytea"))            ? MP_VALUE_BLOB
                                                       : MP_VALUE_TEXT;
}

static mp_code read_columns(mp_table *table, mp_conn *conn, mp_arena *arena, mp_error *err)
{
    mp_str  *names = NULL, *types = NULL, *keys = NULL;
    size_t   key_count = 0;
    mp_value name = mp_text(table->name);
    MP_TRY(texts_of(&names, &table->column_count, &types, conn,
                    "SELECT CAST(column_name AS TEXT), CAST(data_type AS TEXT) FROM information_schema.columns WHERE "
                    "table_schema = current_schema() AND table_name = ?1 ORDER BY ordinal_position",
                    &name, 1, arena, err));
    MP_TRY(texts_of(
        &keys, &key_count, NULL, conn,
        "SELECT CAST(k.column_name AS TEXT) FROM information_schema.table_constraints c JOIN "
        "information_schema.key_column_usage k ON k.constraint_schema = c.constraint_schema AND "
        "k.constraint_name = c.constraint_name AND k.table_name = c.table_name WHERE c.table_schema = "
        "current_schema() AND c.table_name = ?1 AND c.constraint_type = 'PRIMARY KEY' ORDER BY k.ordinal_position",
        &name, 1, arena, err));
    table->columns = MP_ARENA_ARRAY(arena, mp_column, table->column_count + 1);
    table->key = MP_S("");
    for (size_t i = 0; table->columns && i < table->column_count; i++)
        table->columns[i] = (mp_column){ names[i], kind_of_type(types[i]) };
    for (size_t i = 0; table->key.ptr && i < key_count; i++)
        table->key = mp_arena_printf(arena, "%.*s%s%.*s", MP_FMT(table->key), i ? ", " : "", MP_FMT(keys[i]));
    return table->columns && table->key.ptr ? MP_OK : mp_no_memory(err);
}

static mp_code pg_tables(mp_table **out, size_t *count, mp_conn *conn, mp_arena *arena, mp_error *err)
{
    mp_str *names = NULL;
    MP_TRY(texts_of(&names, count, NULL, conn,
                    "SELECT CAST(table_name AS TEXT) AS name FROM information_schema.tables WHERE table_schema = "
                    "current_schema() AND table_type = 'BASE TABLE' ORDER BY CAST(table_name AS TEXT) COLLATE \"C\"",
                    NULL, 0, arena, err));
    *out = MP_ARENA_ARRAY(arena, mp_table, *count + 1);
    if (!*out)
        return mp_no_memory(err);
    for (size_t i = 0; i < *count; i++) {
        (*out)[i].name = names[i];
        MP_TRY(read_columns(&(*out)[i], conn, arena, err));
    }
    return MP_OK;
}

/* The server looks after its own files; what can be done from outside is to read all of it. */
static mp_code pg_check(mp_conn *conn, bool all, mp_error *err)
{
    mp_arena  arena = MP_ARENA_INIT;
    mp_table *tables = NULL;
    size_t    count = 0;
    mp_code   code = all ? pg_tables(&tables, &count, conn, &arena, err) : mp_pg_simply(of(conn), "SELECT 1", err);
    for (size_t i = 0; code == MP_OK && i < count; i++) {
        char sql[200];
        snprintf(sql, sizeof sql, "SELECT sum(length(CAST(t AS TEXT))) FROM \"%.*s\" t", MP_FMT(tables[i].name));
        code = mp_pg_simply(of(conn), sql, err);
    }
    mp_arena_free(&arena);
    return code;
}

static mp_code pg_restore_begin(mp_conn *conn, mp_error *err)
{
    int64_t  count = 0;
    bool     is_there = false;
    mp_value name = mp_text(MP_S(MP_SCHEMA_NAME));
    MP_TRY(ask_for_one(&count, &is_there, of(conn),
                       "SELECT count(*) FROM information_schema.tables WHERE table_schema = ?1", &name, 1, err));
    if (count)
        return mp_fail(err, MP_EXISTS, MP_NOWHERE, "the database holds a store of Mapae already");
    return mp_pg_simply(
        of(conn), "DROP SCHEMA IF EXISTS " MP_SCHEMA_RESTORING " CASCADE; CREATE SCHEMA " MP_SCHEMA_RESTORING, err);
}

static mp_code pg_restore_end(mp_conn *conn, bool keeps, mp_error *err)
{
    if (!keeps)
        return mp_pg_simply(of(conn), "DROP SCHEMA IF EXISTS " MP_SCHEMA_RESTORING " CASCADE", err);
    /* Without CASCADE: a schema that somebody filled meanwhile stays. */
    return mp_pg_simply(of(conn), "DROP SCHEMA IF EXISTS " MP_SCHEMA_NAME "; ALTER SCHEMA " MP_SCHEMA_RESTORING
                                  " RENAME TO " MP_SCHEMA_NAME, err);
}

const mp_engine mp_engine_postgres = {
    .name = "postgres",
    .has_lateral = true,
    .connect = pg_connect,
    .disconnect = pg_disconnect,
    .is_lost = pg_is_lost,
    .patience = pg_patience,
    .begin = pg_begin,
    .commit = pg_commit,
    .rollback = pg_rollback,
    .is_in_hand = pg_is_in_hand,
    .mark = pg_mark,
    .rewind = pg_rewind,
    .define = pg_define,
    .run = mp_pg_run,
    .many = mp_pg_many,
    .ask = mp_pg_ask,
    .next = mp_pg_next,
    .is_null = mp_pg_is_null,
    .integer = mp_pg_integer,
    .real = mp_pg_real,
    .bytes = mp_pg_bytes,
    .close = mp_pg_close,
    .check = pg_check,
    .restore_begin = pg_restore_begin,
    .restore_end = pg_restore_end,
    .tables = pg_tables,
};
