/* SPDX-License-Identifier: Apache-2.0 */
/* store_engine.h - what a database has to do for the store: one const struct of functions for each.
 *
 * Everything else (queue, batches, migrations, records, backup) is written once, over this. A connection is
 * used by one thread at a time. Errors: MP_FULL, MP_UNAVAILABLE, MP_DAMAGED and MP_IO are of the store as a whole;
 * MP_EXISTS, MP_CONFLICT (a foreign key), MP_LIMIT and MP_INTERNAL are of the statement; MP_NOMEM may be either. */
#ifndef MAPAE_STORE_ENGINE_H
#define MAPAE_STORE_ENGINE_H

#include "buf.h"
#include "sql.h"

typedef struct mp_engine mp_engine;

/* The engines' own structs begin with these. */
typedef struct mp_conn {
    const mp_engine *engine;
    bool             writes;
} mp_conn;

struct mp_rows {
    mp_conn *conn;
    mp_tx   *tx; /* that asked; NULL: nobody to tell of a failure */
};

typedef struct mp_place {
    const char *folder;
    const char *url;    /* of PostgreSQL */
    const char *schema; /* in PostgreSQL; NULL: MP_SCHEMA_NAME */
    bool        create;
} mp_place;

#define MP_SCHEMA_NAME "mapae"
#define MP_SCHEMA_RESTORING "mapae_restoring"

typedef struct mp_column {
    mp_str        name;
    mp_value_kind kind;
} mp_column;

typedef struct mp_table {
    mp_str     name;
    mp_column *columns;
    size_t     column_count;
    mp_str     key; /* columns of the primary key, apart by ", " */
} mp_table;

struct mp_engine {
    const char *name;
    bool        has_lateral; /* mp_tx_has_lateral() */

    /* `writes`: the one connection that does; it holds the engine's own lock against a second writer (MP_BUSY).
     * Fails with MP_MISSING when there is no database, unless place->create. */
    mp_code (*connect)(mp_conn **out, const mp_place *place, bool writes, mp_error *err);
    void (*disconnect)(mp_conn *conn);
    bool (*is_lost)(mp_conn *conn); /* nothing can be done with it but to disconnect */
    /* Statements may take any time (migrations, backups). */
    mp_code (*patience)(mp_conn *conn, bool is_endless, mp_error *err);

    mp_code (*begin)(mp_conn *conn, bool writes, mp_error *err);
    mp_code (*commit)(mp_conn *conn, mp_error *err); /* whatever it answers, no transaction is left */
    void (*rollback)(mp_conn *conn);
    bool (*is_in_hand)(mp_conn *conn); /* false: the engine gave the transaction up by itself */
    /* A place to come back to; the one before is given up. */
    mp_code (*mark)(mp_conn *conn, mp_error *err);
    mp_code (*rewind)(mp_conn *conn, mp_error *err);

    /* One statement that defines something, in the store's SQL. */
    mp_code (*define)(mp_conn *conn, mp_str sql, mp_error *err);
    mp_code (*run)(mp_conn *conn, int64_t *changed, const char *sql, const mp_value *values, size_t count,
                   mp_error *err);
    mp_code (*many)(mp_conn *conn, const char *sql, const mp_value *values, size_t width, size_t rows, mp_error *err);
    mp_code (*ask)(mp_rows **out, mp_conn *conn, const char *sql, const mp_value *values, size_t count, mp_error *err);
    mp_code (*next)(bool *more, mp_rows *rows, mp_error *err);
    bool (*is_null)(const mp_rows *rows, unsigned column);
    int64_t (*integer)(const mp_rows *rows, unsigned column);
    double (*real)(const mp_rows *rows, unsigned column);
    mp_str (*bytes)(const mp_rows *rows, unsigned column);
    void (*close)(mp_rows *rows);

    /* `all`: everything, however long it takes. Fails with MP_DAMAGED. */
    mp_code (*check)(mp_conn *conn, bool all, mp_error *err);
    /* A connection whose place has MP_SCHEMA_RESTORING: begin with nothing there, refuse (MP_EXISTS) when
     * there is a store already. Then take the store's place, or leave nothing. */
    mp_code (*restore_begin)(mp_conn *conn, mp_error *err);
    mp_code (*restore_end)(mp_conn *conn, bool keeps, mp_error *err);
    /* All tables, in order of their names, without the engine's own. */
    mp_code (*tables)(mp_table **out, size_t *count, mp_conn *conn, mp_arena *arena, mp_error *err);
};

extern const mp_engine mp_engine_sqlite;
extern const mp_engine mp_engine_postgres;

/* ---- translate.c ---- */

/* `sql` as PostgreSQL has it: ?1 is $1, INTEGER is BIGINT, REAL is DOUBLE PRECISION, BLOB is BYTEA, X'00' is
 * '\x00'::bytea; where something is defined, TEXT has COLLATE "C", and WITHOUT ROWID is gone. Ends with a
 * NUL. */
MP_MUST_CHECK mp_code mp_translate_postgres(mp_buf *out, mp_str sql, bool defines, mp_error *err);
/* The same for SQLite: tables become STRICT, so that both engines refuse the same values. */
MP_MUST_CHECK mp_code mp_translate_sqlite(mp_buf *out, mp_str sql, mp_error *err);
/* The next statement of a script (";" parts them); false: that was all. */
bool mp_next_statement(mp_str *out, mp_str *script);

#endif
