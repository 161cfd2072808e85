/* SPDX-License-Identifier: Apache-2.0 */
/* postgres.h - what the files of the PostgreSQL engine share: a connection, its failures, values in and out. */
#ifndef MAPAE_STORE_POSTGRES_H
#define MAPAE_STORE_POSTGRES_H

#include <libpq-fe.h>

#include "store_engine.h"
#include "map.h"

#define MP_PG_PARAMETERS 64

typedef struct pg_rows pg_rows;

typedef struct pg_conn {
    mp_conn  base;
    PGconn  *pg;
    mp_map   statements; /* the store's text to pg_statement */
    unsigned next_name;
    bool     is_marked;
    pg_rows *stream;     /* the answer that is still coming; NULL: none */
} pg_conn;

/* ---- postgres_error.c ---- */

/* Frees `result`. MP_OK, or what it says. */
MP_MUST_CHECK mp_code mp_pg_result(pg_conn *c, PGresult *result, mp_error *err);
/* A command or several, without values. */
MP_MUST_CHECK mp_code mp_pg_simply(pg_conn *c, const char *sql, mp_error *err);
/* What libpq says of the connection, on one line, in `out`. */
void mp_pg_says(char *out, size_t size, const char *text);

/* ---- postgres_statement.c ---- */

MP_MUST_CHECK mp_code mp_pg_run(mp_conn *conn, int64_t *changed, const char *sql, const mp_value *values, size_t count,
                                mp_error *err);
MP_MUST_CHECK mp_code mp_pg_many(mp_conn *conn, const char *sql, const mp_value *values, size_t width, size_t rows,
                                 mp_error *err);
MP_MUST_CHECK mp_code mp_pg_ask(mp_rows **out, mp_conn *conn, const char *sql, const mp_value *values, size_t count,
                                mp_error *err);
MP_MUST_CHECK mp_code mp_pg_next(bool *more, mp_rows *rows, mp_error *err);
bool    mp_pg_is_null(const mp_rows *rows, unsigned column);
int64_t mp_pg_integer(const mp_rows *rows, unsigned column);
double  mp_pg_real(const mp_rows *rows, unsigned column);
mp_str  mp_pg_bytes(const mp_rows *rows, unsigned column);
void    mp_pg_close(mp_rows *rows);
/* The name under which `sql` is prepared now; "" is good until the next one is. Of the values only the kinds count;
 * NULL: PostgreSQL finds out. */
MP_MUST_CHECK mp_code mp_pg_take(const char **name, pg_conn *c, const char *sql, const mp_value *values, size_t count,
                                 mp_error *err);
/* Let the answer that is still coming come in, so that something else can be asked. */
void mp_pg_settle(pg_conn *c);
void mp_pg_forget_statements(pg_conn *c);

/* ---- postgres_rows.c ---- */

/* Rows of an INSERT with few statements. *done: how many of them; the rest is for others (all of it when this is no
 * plain INSERT ... VALUES). */
MP_MUST_CHECK mp_code mp_pg_insert(size_t *done, pg_conn *c, const char *sql, const mp_value *values, size_t width,
                                   size_t rows, mp_error *err);

#endif
