/* SPDX-License-Identifier: Apache-2.0 */
/* Schemas: numbered migrations, each run once, in a transaction of its own with the note that it ran.
 *
 * The digest of each is kept: one that was changed after it ran would leave two installations with the same number and
 * different tables, and is refused. So is a number, or a schema, that this program does not have: somebody
 * newer wrote it. */
#include "store_internal.h"

#include <stdio.h>

#include "secret.h"

static const mp_migration store_migrations[] = {
    { 1,
      "CREATE TABLE fact (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;\n"
      "CREATE TABLE record_kind (id INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL UNIQUE);\n"
      "CREATE TABLE record_index (id INTEGER NOT NULL PRIMARY KEY, kind INTEGER NOT NULL, name TEXT NOT NULL, "
      "path TEXT NOT NULL, is_unique INTEGER NOT NULL, folds INTEGER NOT NULL, has_many INTEGER NOT NULL, "
      "UNIQUE (kind, name));\n"
      "CREATE TABLE record (kind INTEGER NOT NULL, key TEXT NOT NULL, version INTEGER NOT NULL, since INTEGER NOT NULL, "
      "salt BLOB NOT NULL, hash BLOB NOT NULL, body TEXT NOT NULL, PRIMARY KEY (kind, key));\n"
      "CREATE TABLE record_past (kind INTEGER NOT NULL, key TEXT NOT NULL, version INTEGER NOT NULL, since INTEGER NOT NULL, "
      "until INTEGER NOT NULL, salt BLOB, hash BLOB, body TEXT, PRIMARY KEY (kind, key, version));\n"
      "CREATE INDEX record_past_until ON record_past (kind, until, since);\n"
      "CREATE TABLE record_entry (idx INTEGER NOT NULL, value TEXT NOT NULL, key TEXT NOT NULL, nth INTEGER NOT NULL, "
      "since INTEGER NOT NULL, PRIMARY KEY (idx, value, key)) WITHOUT ROWID;\n"
      "CREATE INDEX record_entry_key ON record_entry (key, idx, nth, value);\n"
      "CREATE TABLE record_entry_past (idx INTEGER NOT NULL, value TEXT NOT NULL, key TEXT NOT NULL, nth INTEGER NOT NULL, "
      "since INTEGER NOT NULL, until INTEGER NOT NULL, PRIMARY KEY (idx, value, key, since)) WITHOUT ROWID;\n"
      "CREATE INDEX record_entry_past_key ON record_entry_past (key, idx, nth, value);\n"
      "CREATE INDEX record_entry_past_until ON record_entry_past (idx, until);\n" },
};

const mp_schema mp_store_schema = { "store", store_migrations, MP_COUNT(store_migrations) };

/* ---- what ran ---- */

static mp_code digest_of(char out[65], const mp_migration *m, mp_error *err)
{
    uint8_t digest[32];
    MP_TRY(mp_sha256(digest, mp_str_from(m->sql), err));
    mp_hex(out, digest, sizeof digest);
    return MP_OK;
}

static mp_code make_table(mp_tx *tx, void *arg, mp_error *err)
{
    (void)arg;
    return tx->conn->engine->define(
        tx->conn,
        MP_S("CREATE TABLE IF NOT EXISTS migration (schema_name TEXT NOT NULL, number INTEGER "
             "NOT NULL, digest TEXT NOT NULL, ran_at INTEGER NOT NULL, "
             "PRIMARY KEY (schema_name, number)) WITHOUT ROWID"),
        err);
}

typedef struct migrations {
    const mp_schema *const *schemas;
    size_t                  count;
    unsigned               *done; /* of each, the highest that ran */
} migrations;

static const mp_schema *schema_at(const migrations *m, size_t i)
{
    return i == 0 ? &mp_store_schema : m->schemas[i - 1];
}

static mp_code look_at(migrations *m, mp_rows *rows, mp_error *err)
{
    mp_str           name = mp_rows_bytes(rows, 0), digest = mp_rows_bytes(rows, 2);
    int64_t          number = mp_rows_int(rows, 1);
    const mp_schema *schema = NULL;
    size_t           i = 0;
    char             wanted[65];
    for (; i <= m->count && !schema; i++)
        if (mp_str_eq(name, mp_str_from(schema_at(m, i)->name)))
            schema = schema_at(m, i);
    if (!schema || number < 1 || (uint64_t)number > schema->count)
        return mp_fail(err, MP_FOREIGN, MP_NOWHERE,
                       "the store was written by a newer version of Mapae (\"%.*s\" %lld is not known here)",
                       MP_FMT(name), (long long)number);
    MP_TRY(digest_of(wanted, &schema->migrations[number - 1], err));
    if (!mp_str_eq(digest, mp_str_from(wanted)))
        return mp_fail(err, MP_FOREIGN, MP_NOWHERE,
                       "the store was made by another build of Mapae (\"%.*s\" %lld is not the same here)",
                       MP_FMT(name), (long long)number);
    m->done[i - 1] = (unsigned)number;
    return MP_OK;
}

static mp_code look(mp_tx *tx, void *arg, mp_error *err)
{
    mp_rows *rows = NULL;
    bool     more = true;
    MP_TRY(mp_sql_ask(&rows, tx, "SELECT schema_name, number, digest FROM migration ORDER BY schema_name, number",
                      NULL, 0, err));
    mp_code code;
    while ((code = mp_rows_next(&more, rows, err)) == MP_OK && more) {
        code = look_at(arg, rows, err);
        if (code != MP_OK)
            break;
    }
    mp_rows_close(rows);
    return code;
}

/* ---- running ---- */

typedef struct one_migration {
    const mp_schema    *schema;
    const mp_migration *migration;
} one_migration;

static mp_code run_one(mp_tx *tx, void *arg, mp_error *err)
{
    const one_migration *one = arg;
    mp_str               script = mp_str_from(one->migration->sql), statement;
    char                 digest[65];
    while (mp_next_statement(&statement, &script))
        MP_TRY(tx->conn->engine->define(tx->conn, statement, err));
    MP_TRY(digest_of(digest, one->migration, err));
    return mp_sql(tx, NULL, "INSERT INTO migration (schema_name, number, digest, ran_at) VALUES (?1, ?2, ?3, ?4)",
                  MP_VALUES(mp_text(mp_str_from(one->schema->name)), mp_int(one->migration->number),
                            mp_text(mp_str_from(digest)), mp_int(tx->time)), err);
}

static unsigned last_wanted(const mp_schema *schema, const mp_schema_number *upto, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (mp_str_eq(upto[i].name, mp_str_from(schema->name)))
            return upto[i].number < schema->count ? upto[i].number : (unsigned)schema->count;
    return upto ? 0 : (unsigned)schema->count;
}

mp_code mp_migrate(mp_store *store, mp_worker *worker, const mp_schema *const *schemas, size_t count,
                   const mp_schema_number *upto, size_t upto_count, mp_error *err)
{
    unsigned   done[64] = { 0 };
    migrations m = { schemas, count, done };
    if (count + 1 > MP_COUNT(done))
        return mp_fail(err, MP_INTERNAL, MP_NOWHERE, "more than %zu schemas", MP_COUNT(done) - 1);
    MP_TRY(mp_write_now(store, worker, make_table, NULL, err));
    MP_TRY(mp_write_now(store, worker, look, &m, err));
    for (size_t i = 0; i <= count; i++) {
        const mp_schema *schema = schema_at(&m, i);
        for (unsigned k = done[i]; k < last_wanted(schema, upto, upto_count); k++) {
            one_migration one = { schema, &schema->migrations[k] };
            MP_TRY(mp_write_now(store, worker, run_one, &one, err));
        }
    }
    return MP_OK;
}

mp_code mp_migrations_check(mp_store *store, mp_worker *worker, const mp_schema *const *schemas, size_t count,
                            mp_error *err)
{
    unsigned   done[64] = { 0 };
    migrations m = { schemas, count, done };
    if (count + 1 > MP_COUNT(done))
        return mp_fail(err, MP_INTERNAL, MP_NOWHERE, "more than %zu schemas", MP_COUNT(done) - 1);
    mp_tx tx = { .store = store, .conn = worker->conn, .arena = &worker->arena, .doc = worker->doc };
    MP_TRY(worker->conn->engine->begin(worker->conn, false, err));
    mp_code code = look(&tx, &m, err);
    worker->conn->engine->rollback(worker->conn);
    for (size_t i = 0; code == MP_OK && i <= count; i++)
        if (done[i] < schema_at(&m, i)->count)
            code = mp_fail(
                err, MP_FOREIGN, MP_NOWHERE,
                "the store is of an older version of Mapae; it is brought up to date when it is opened to write");
    return code;
}

/* ---- facts ---- */

mp_code mp_store_fact(mp_str *out, mp_tx *tx, const char *name, mp_arena *arena, mp_error *err)
{
    mp_rows *rows = NULL;
    bool     more = false;
    MP_TRY(mp_sql_ask(&rows, tx, "SELECT value FROM fact WHERE name = ?1", MP_VALUES(mp_text(mp_str_from(name))), err));
    mp_code code = mp_rows_next(&more, rows, err);
    if (code == MP_OK && !more)
        code = mp_fail(err, MP_MISSING, MP_NOWHERE, "the store has no fact \"%s\"", name);
    if (code == MP_OK) {
        *out = mp_arena_dup(arena, mp_rows_bytes(rows, 0));
        if (!out->ptr)
            code = mp_no_memory(err);
    }
    mp_rows_close(rows);
    return code;
}

mp_code mp_store_set_fact(mp_tx *tx, const char *name, mp_str value, mp_error *err)
{
    return mp_sql(tx, NULL, "INSERT INTO fact (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = "
                  "excluded.value", MP_VALUES(mp_text(mp_str_from(name)), mp_text(value)), err);
}
