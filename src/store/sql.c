/* SPDX-License-Identifier: Apache-2.0 */
/* Statements of a transaction, over whichever engine. The first that fails decides: PostgreSQL answers
 * nothing more in a transaction that met an error, so SQLite shall not either. */
#include "sql.h"

#include "store_internal.h"

bool mp_is_store_failure(mp_code code)
{
    return code == MP_FULL || code == MP_UNAVAILABLE || code == MP_DAMAGED || code == MP_IO || code == MP_BUSY;
}

static mp_code failed_before(const mp_tx *tx, mp_error *err)
{
    if (err)
        *err = tx->why;
    return tx->failure;
}

static mp_code keep(mp_tx *tx, mp_code code, mp_error *why, mp_error *err)
{
    if (code == MP_OK)
        return MP_OK;
    why->code = code;
    tx->failure = code;
    tx->why = *why;
    if (mp_is_store_failure(code) || !tx->conn->engine->is_in_hand(tx->conn))
        tx->is_lost = true;
    return failed_before(tx, err);
}

bool mp_tx_has_lateral(const mp_tx *tx) { return tx->conn->engine->has_lateral; }

mp_code mp_sql(mp_tx *tx, int64_t *changed, const char *sql, const mp_value *values, size_t count, mp_error *err)
{
    mp_error why = { 0 };
    if (tx->failure != MP_OK)
        return failed_before(tx, err);
    return keep(tx, tx->conn->engine->run(tx->conn, changed, sql, values, count, &why), &why, err);
}

mp_code mp_sql_many(mp_tx *tx, const char *sql, const mp_value *values, size_t width, size_t rows, mp_error *err)
{
    mp_error why = { 0 };
    if (tx->failure != MP_OK)
        return failed_before(tx, err);
    if (rows == 0)
        return MP_OK;
    return keep(tx, tx->conn->engine->many(tx->conn, sql, values, width, rows, &why), &why, err);
}

mp_code mp_sql_ask(mp_rows **out, mp_tx *tx, const char *sql, const mp_value *values, size_t count, mp_error *err)
{
    mp_error why = { 0 };
    if (tx->failure != MP_OK)
        return failed_before(tx, err);
    MP_TRY(keep(tx, tx->conn->engine->ask(out, tx->conn, sql, values, count, &why), &why, err));
    (*out)->tx = tx;
    return MP_OK;
}

mp_code mp_rows_next(bool *more, mp_rows *rows, mp_error *err)
{
    mp_error why = { 0 };
    if (rows->tx->failure != MP_OK)
        return failed_before(rows->tx, err);
    return keep(rows->tx, rows->conn->engine->next(more, rows, &why), &why, err);
}

bool mp_rows_is_null(const mp_rows *rows, unsigned column)
{
    return rows->conn->engine->is_null(rows, column);
}

int64_t mp_rows_int(const mp_rows *rows, unsigned column)
{
    return rows->conn->engine->integer(rows, column);
}

double mp_rows_real(const mp_rows *rows, unsigned column)
{
    return rows->conn->engine->real(rows, column);
}

mp_str mp_rows_bytes(const mp_rows *rows, unsigned column)
{
    return rows->conn->engine->bytes(rows, column);
}

void mp_rows_close(mp_rows *rows)
{
    if (rows)
        rows->conn->engine->close(rows);
}

mp_code mp_sql_int(int64_t *out, mp_tx *tx, const char *sql, const mp_value *values, size_t count, mp_error *err)
{
    mp_rows *rows = NULL;
    bool     more = false;
    MP_TRY(mp_sql_ask(&rows, tx, sql, values, count, err));
    mp_code code = mp_rows_next(&more, rows, err);
    if (code == MP_OK && !more)
        code = mp_fail(err, MP_MISSING, MP_NOWHERE, "the store has no such row");
    if (code == MP_OK)
        *out = mp_rows_int(rows, 0);
    mp_rows_close(rows);
    return code;
}

mp_ticks mp_tx_time(const mp_tx *tx)
{
    return tx->time;
}

mp_arena *mp_tx_arena(mp_tx *tx)
{
    return tx->arena;
}

mp_store *mp_tx_store(mp_tx *tx)
{
    return tx->store;
}

bool mp_tx_is_write(const mp_tx *tx)
{
    return tx->is_write;
}

const mp_record_change *mp_tx_changes(const mp_tx *tx, size_t *count)
{
    *count = tx->change_count;
    return tx->changes;
}

void mp_tx_reset(mp_tx *tx)
{
    mp_arena_reset(tx->arena);
    tx->failure = MP_OK;
    tx->changes = NULL;
    tx->change_count = tx->change_cap = 0;
}
