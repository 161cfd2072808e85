/* SPDX-License-Identifier: Apache-2.0 */
/* sql.h - statements within a transaction, for rooms that keep tables of their own.
 *
 * Most state is records (records.h). What is too many or too small for them has tables and speaks through this.
 * Statements are prepared once per connection and kept: give literals.
 *
 * After a statement failed, nothing more is answered in that function, and it is rolled back whatever it
 * returns: so it is with PostgreSQL. To insert what may be there, write ON CONFLICT DO NOTHING and look at
 * *changed. (What records.h refuses with MP_EXISTS, MP_CONFLICT or MP_MISSING is no failed statement.)
 *
 * Columns have one of INTEGER, REAL, TEXT, BLOB. A value has the kind of its column (PostgreSQL refuses
 * another one; SQLite does when it cannot convert it). No foreign keys: a backup is restored table by table.
 * Where they differ: NULL sorts first in SQLite and last in PostgreSQL (write NULLS FIRST); `LIMIT -1` is
 * SQLite's alone; INSERT OR REPLACE, AUTOINCREMENT, max(a, b) and rowid are too. */
#ifndef MAPAE_STORE_SQL_H
#define MAPAE_STORE_SQL_H

#include "store.h"

typedef enum mp_value_kind {
    MP_VALUE_NULL,
    MP_VALUE_INT,
    MP_VALUE_REAL,
    MP_VALUE_TEXT, /* UTF-8 without NUL */
    MP_VALUE_BLOB,
} mp_value_kind;

typedef struct mp_value {
    mp_value_kind kind;
    int64_t       integer;
    double        real;
    mp_str        bytes; /* TEXT, BLOB: borrowed */
} mp_value;

#define MP_NULL ((mp_value){ .kind = MP_VALUE_NULL })
static inline mp_value mp_int(int64_t i) { return (mp_value){ .kind = MP_VALUE_INT, .integer = i }; }
static inline mp_value mp_real(double d) { return (mp_value){ .kind = MP_VALUE_REAL, .real = d }; }
static inline mp_value mp_text(mp_str s) { return (mp_value){ .kind = MP_VALUE_TEXT, .bytes = s }; }
static inline mp_value mp_blob(mp_str s) { return (mp_value){ .kind = MP_VALUE_BLOB, .bytes = s }; }
#define MP_VALUES(...) (const mp_value[]){ __VA_ARGS__ }, MP_COUNT(((const mp_value[]){ __VA_ARGS__ }))

typedef struct mp_rows mp_rows; /* an answer being read */

/* mp_sql(tx, NULL, "DELETE FROM t WHERE k = ?1", MP_VALUES(mp_text(k)), err). *changed (may be NULL): rows.
 * Fails with MP_EXISTS (a key that is there), MP_FULL, MP_UNAVAILABLE, MP_DAMAGED, MP_NOMEM, MP_INTERNAL (the
 * statement is wrong). */
MP_MUST_CHECK mp_code mp_sql(mp_tx *tx, int64_t *changed, const char *sql, const mp_value *values, size_t count,
                             mp_error *err);
/* The same statement for many rows of `width` values each, as fast as the engine can. With INSERT ... ON CONFLICT DO
 * UPDATE no two of the rows may have the same key: PostgreSQL takes them as one. */
MP_MUST_CHECK mp_code mp_sql_many(mp_tx *tx, const char *sql, const mp_value *values, size_t width, size_t rows,
                                  mp_error *err);

/* Ask. Rows come one by one, so memory does not grow with the answer (with PostgreSQL only while nothing else
 * is asked before the last row was read). Close it, also after a failure, and before the transaction ends. */
MP_MUST_CHECK mp_code mp_sql_ask(mp_rows **out, mp_tx *tx, const char *sql, const mp_value *values, size_t count,
                                 mp_error *err);
/* *more false: that was all. */
MP_MUST_CHECK mp_code mp_rows_next(bool *more, mp_rows *rows, mp_error *err);
bool    mp_rows_is_null(const mp_rows *rows, unsigned column);
int64_t mp_rows_int(const mp_rows *rows, unsigned column);
double  mp_rows_real(const mp_rows *rows, unsigned column);
mp_str  mp_rows_bytes(const mp_rows *rows, unsigned column); /* text or blob; lives until the next row */
void    mp_rows_close(mp_rows *rows);                        /* NULL is fine */
static inline void mp_rows_closep(mp_rows **rows) { mp_rows_close(*rows); }

/* May a subquery of FROM read what stands before it (LATERAL), and so be done for each of its rows? PostgreSQL alone. */
bool mp_tx_has_lateral(const mp_tx *tx);

/* One row of one integer, or MP_MISSING when there is none. */
MP_MUST_CHECK mp_code mp_sql_int(int64_t *out, mp_tx *tx, const char *sql, const mp_value *values, size_t count,
                                 mp_error *err);

#endif
