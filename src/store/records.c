/* SPDX-License-Identifier: Apache-2.0 */
#include "records.h"

#include <stdlib.h>

#include "canonical.h"
#include "record_internal.h"
#include "secret.h"
#include "text.h"

/* ---- reading ---- */

mp_code mp_record_body(const mp_json **out, mp_tx *tx, mp_str text, mp_arena *arena, mp_error *err)
{
    const mp_json *root = NULL;
    mp_error       why = { 0 };
    char          *copy = mp_arena_alloc(arena, text.len + MP_JSON_PADDING);
    if (!copy)
        return mp_no_memory(err);
    memcpy(copy, text.ptr, text.len);
    memset(copy + text.len, 0, MP_JSON_PADDING);
    mp_str  kept = mp_str_of(copy, text.len);
    mp_code code = mp_json_read_padded(tx->doc, &root, kept, NULL, NULL, &why);
    if (code == MP_NOMEM)
        return mp_no_memory(err);
    if (code != MP_OK)
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "a record in the store is no JSON text");
    *out = mp_arena_keep_json(arena, root, kept);
    return *out ? MP_OK : mp_no_memory(err);
}

mp_code mp_record_from(mp_record *out, mp_tx *tx, mp_rows *rows, unsigned at, mp_arena *arena, mp_error *err)
{
    out->version = mp_rows_int(rows, at);
    out->since = mp_rows_int(rows, at + 1);
    out->until = mp_rows_int(rows, at + 2);
    out->body = NULL;
    memset(out->hash, 0, sizeof out->hash);
    if (mp_rows_is_null(rows, at + 4))
        return MP_OK;
    mp_str hash = mp_rows_bytes(rows, at + 3);
    if (hash.len != sizeof out->hash)
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "a record in the store has a hash of %zu bytes", hash.len);
    memcpy(out->hash, hash.ptr, hash.len);
    return mp_record_body(&out->body, tx, mp_rows_bytes(rows, at + 4), arena, err);
}

static mp_code check_key(mp_str key, mp_error *err)
{
    if (key.len == 0 || key.len > MP_RECORD_KEY_MAX)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "a key of %zu bytes; it has 1 to %d", key.len, MP_RECORD_KEY_MAX);
    if (!mp_utf8_valid(key) || mp_str_find(key, '\0') != SIZE_MAX)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "a key is UTF-8 without NUL");
    return MP_OK;
}

static mp_code missing(const mp_kind *kind, mp_error *err)
{
    return mp_fail(err, MP_MISSING, MP_NOWHERE, "there is no such record of kind \"%s\"", kind->name);
}

/* The one row that the statement gives, its key in front. */
static mp_code read_one(mp_record *out, mp_tx *tx, const mp_kind *kind, const char *sql, const mp_value *values,
                        size_t count, mp_arena *arena, mp_error *err)
{
    mp_rows  *rows = NULL;
    bool      more = false;
    mp_record found = { .version = 0 };
    MP_TRY(mp_sql_ask(&rows, tx, sql, values, count, err));
    mp_code code = mp_rows_next(&more, rows, err);
    if (code == MP_OK && more)
        code = mp_record_from(&found, tx, rows, 1, arena, err);
    if (code == MP_OK && more) {
        found.key = mp_arena_dup(arena, mp_rows_bytes(rows, 0));
        if (!found.key.ptr)
            code = mp_no_memory(err);
    }
    mp_rows_close(rows);
    MP_TRY(code);
    if (!found.body)
        return missing(kind, err);
    *out = found;
    return MP_OK;
}

mp_code mp_record_get(mp_record *out, mp_tx *tx, const mp_kind *kind, mp_str key, mp_ticks as_of, mp_arena *arena,
                      mp_error *err)
{
    const mp_kind_ids *ids = NULL;
    MP_TRY(mp_kind_find(&ids, tx->store, kind, err));
    if (check_key(key, NULL) != MP_OK)
        return missing(kind, err);
    if (as_of == 0)
        return read_one(out, tx, kind,
                        "SELECT key, version, since, 0, hash, body FROM record WHERE kind = ?1 AND key = ?2",
                        MP_VALUES(mp_int(ids->id), mp_text(key)), arena, err);
    return read_one(
        out, tx, kind,
        "SELECT key, version, since, 0, hash, body FROM record WHERE kind = ?1 AND key = ?2 AND since <= ?3 "
        "UNION ALL SELECT key, version, since, until, hash, body FROM record_past WHERE kind = ?1 AND key = ?2 "
        "AND since <= ?3 AND until > ?3 ORDER BY version DESC LIMIT 1",
        MP_VALUES(mp_int(ids->id), mp_text(key), mp_int(as_of)), arena, err);
}

mp_code mp_record_find(mp_record *out, mp_tx *tx, const mp_kind *kind, const char *index, mp_str value, mp_arena *arena,
                       mp_error *err)
{
    const mp_kind_ids *ids = NULL;
    size_t             i = mp_kind_index(kind, index);
    MP_TRY(mp_kind_find(&ids, tx->store, kind, err));
    if (i == SIZE_MAX)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "records of kind \"%s\" have no index \"%s\"", kind->name, index);
    if (!mp_utf8_valid(value))
        return missing(kind, err);
    mp_str wanted = mp_entry_value(tx->arena, &kind->indexes[i], value);
    if (!wanted.ptr)
        return mp_no_memory(err);
    return read_one(
        out, tx, kind,
        "SELECT r.key, r.version, r.since, 0, r.hash, r.body FROM record_entry e JOIN record r ON "
        "r.kind = ?1 AND r.key = e.key WHERE e.idx = ?2 AND e.value = ?3 AND e.nth >= 0 ORDER BY e.key LIMIT 1",
        MP_VALUES(mp_int(ids->id), mp_int(ids->indexes[i]), mp_text(wanted)), arena, err);
}

/* ---- changing ---- */

/* What is there before a change. */
typedef struct present {
    bool           is_there;
    int64_t        version;
    mp_ticks       since;
    uint8_t        hash[MP_RECORD_HASH];
    mp_str         text; /* of the body */
    const mp_json *body;
} present;

static mp_code read_present(present *out, mp_tx *tx, const mp_kind_ids *ids, mp_str key, mp_error *err)
{
    mp_rows  *rows = NULL;
    bool      more = false;
    mp_record found;
    *out = (present){ .is_there = false };
    MP_TRY(mp_sql_ask(&rows, tx, "SELECT version, since, 0, hash, body FROM record WHERE kind = ?1 AND key = ?2",
                      MP_VALUES(mp_int(ids->id), mp_text(key)), err));
    mp_code code = mp_rows_next(&more, rows, err);
    if (code == MP_OK && more) {
        code = mp_record_from(&found, tx, rows, 0, tx->arena, err);
        out->text = mp_arena_dup(tx->arena, mp_rows_bytes(rows, 4));
        if (code == MP_OK && !out->text.ptr)
            code = mp_no_memory(err);
    }
    mp_rows_close(rows);
    MP_TRY(code);
    if (!more)
        return MP_OK;
    out->is_there = true;
    out->version = found.version;
    out->since = found.since;
    out->body = found.body;
    memcpy(out->hash, found.hash, sizeof out->hash);
    return MP_OK;
}

static mp_code check_expected(const present *before, int64_t expected, mp_error *err)
{
    if (expected == MP_ANY_VERSION || (expected == MP_NO_VERSION && !before->is_there))
        return MP_OK;
    if (expected == MP_NO_VERSION)
        return mp_fail(err, MP_EXISTS, MP_NOWHERE, "the record is there already");
    if (!before->is_there)
        return mp_fail(err, MP_CONFLICT, MP_NOWHERE, "the record is not there; version %lld was expected",
                       (long long)expected);
    if (before->version != expected)
        return mp_fail(err, MP_CONFLICT, MP_NOWHERE, "the record has version %lld; version %lld was expected",
                       (long long)before->version, (long long)expected);
    return MP_OK;
}

static mp_code note_change(mp_tx *tx, const mp_kind *kind, mp_str key, const present *before, const uint8_t *after,
                           mp_error *err)
{
    if (tx->change_count == tx->change_cap) {
        size_t            cap = tx->change_cap ? tx->change_cap * 2 : 8;
        mp_record_change *grown = MP_ARENA_ARRAY(tx->arena, mp_record_change, cap);
        if (!grown)
            return mp_no_memory(err);
        if (tx->change_count)
            memcpy(grown, tx->changes, tx->change_count * sizeof *grown);
        tx->changes = grown;
        tx->change_cap = cap;
    }
    mp_record_change change = { .kind = kind, .key = mp_arena_dup(tx->arena, key), .had = before->is_there,
                                .has = after != NULL };
    if (!change.key.ptr)
        return mp_no_memory(err);
    if (change.had)
        memcpy(change.before, before->hash, sizeof change.before);
    if (after)
        memcpy(change.after, after, sizeof change.after);
    tx->changes[tx->change_count++] = change;
    return MP_OK;
}

/* Nobody else has a value that is to be nobody else's. The writer is one, so what is looked up here stays true. */
static mp_code check_unique(mp_tx *tx, const mp_kind_ids *ids, mp_str key, const mp_json *body, mp_error *err)
{
    for (size_t i = 0; i < ids->kind->index_count; i++) {
        const mp_record_index *index = &ids->kind->indexes[i];
        mp_entries             values;
        int64_t                found = 0;
        if (!index->is_unique)
            continue;
        MP_TRY(mp_entry_values(&values, index, body, tx->arena, err));
        for (size_t k = 0; k < values.count; k++) {
            mp_code code = mp_sql_int(&found, tx,
                                      "SELECT 1 FROM record_entry WHERE idx = ?1 AND value = ?2 AND nth >= 0 AND "
                                      "key <> ?3 LIMIT 1",
                                      MP_VALUES(mp_int(ids->indexes[i]), mp_text(values.values[k]), mp_text(key)), err);
            if (code == MP_OK)
                return mp_fail(err, MP_EXISTS, MP_NOWHERE, "another record of kind \"%s\" has this value of \"%s\"",
                               ids->kind->name, index->name);
            if (code != MP_MISSING)
                return code;
        }
    }
    return MP_OK;
}

/* The present version becomes one of the past. */
static mp_code end_present(mp_tx *tx, const mp_kind_ids *ids, mp_str key, mp_error *err)
{
    if (ids->kind->forgets)
        return MP_OK;
    return mp_sql(tx, NULL, "INSERT INTO record_past (kind, key, version, since, until, salt, hash, body) SELECT kind, key, "
                  "version, since, ?3, salt, hash, body FROM record WHERE kind = ?1 AND key = ?2",
                  MP_VALUES(mp_int(ids->id), mp_text(key), mp_int(tx->time)), err);
}

/* The version that a record gets that was not there, and the end of its time as a deleted one. */
static mp_code first_version(int64_t *out, mp_tx *tx, const mp_kind_ids *ids, mp_str key, mp_error *err)
{
    int64_t last = 0;
    if (!ids->kind->forgets) {
        mp_code code = mp_sql_int(&last, tx,
                                  "SELECT version FROM record_past WHERE kind = ?1 AND key = ?2 ORDER BY version "
                                  "DESC LIMIT 1",
                                  MP_VALUES(mp_int(ids->id), mp_text(key)), err);
        if (code != MP_OK && code != MP_MISSING)
            return code;
    }
    *out = last + 1;
    if (last == 0)
        return MP_OK;
    return mp_sql(tx, NULL, "UPDATE record_past SET until = ?4 WHERE kind = ?1 AND key = ?2 AND version = ?3",
                  MP_VALUES(mp_int(ids->id), mp_text(key), mp_int(last), mp_int(tx->time)), err);
}

static mp_code write_record(int64_t *version, mp_tx *tx, const mp_kind_ids *ids, mp_str key, const present *before,
                            mp_str salt, mp_str hash, mp_str text, mp_error *err)
{
    if (!before->is_there) {
        MP_TRY(first_version(version, tx, ids, key, err));
        return mp_sql(tx, NULL,
                      "INSERT INTO record (kind, key, version, since, salt, hash, body) VALUES (?1, ?2, ?3, ?4, ?5, "
                      "?6, ?7)",
                      MP_VALUES(mp_int(ids->id), mp_text(key), mp_int(*version), mp_int(tx->time), mp_blob(salt),
                                mp_blob(hash), mp_text(text)),
                      err);
    }
    *version = before->version + 1;
    MP_TRY(end_present(tx, ids, key, err));
    return mp_sql(tx, NULL,
                  "UPDATE record SET version = ?3, since = ?4, salt = ?5, hash = ?6, body = ?7 WHERE kind = ?1 AND "
                  "key = ?2",
                  MP_VALUES(mp_int(ids->id), mp_text(key), mp_int(*version), mp_int(tx->time), mp_blob(salt),
                            mp_blob(hash), mp_text(text)),
                  err);
}

static mp_code digest_of(uint8_t out[MP_RECORD_HASH], const uint8_t salt[MP_RECORD_SALT], mp_str text, mp_arena *arena,
                         mp_error *err)
{
    char *both = mp_arena_alloc(arena, MP_RECORD_SALT + text.len);
    if (!both)
        return mp_no_memory(err);
    memcpy(both, salt, MP_RECORD_SALT);
    memcpy(both + MP_RECORD_SALT, text.ptr, text.len);
    return mp_sha256(out, mp_str_of(both, MP_RECORD_SALT + text.len), err);
}

static mp_code put_text(mp_record *out, mp_tx *tx, const mp_kind_ids *ids, mp_str key, const mp_json *body, mp_str text,
                        int64_t expected, mp_error *err)
{
    present before;
    uint8_t salt[MP_RECORD_SALT], hash[MP_RECORD_HASH];
    int64_t version = 0;
    MP_TRY(read_present(&before, tx, ids, key, err));
    MP_TRY(check_expected(&before, expected, err));
    mp_record stored = { .key = key, .version = before.version, .since = before.since, .body = body };
    if (before.is_there && mp_str_eq(before.text, text)) {
        memcpy(stored.hash, before.hash, sizeof stored.hash);
        if (out)
            *out = stored;
        return MP_OK;
    }
    MP_TRY(check_unique(tx, ids, key, body, err));
    MP_TRY(mp_random(salt, sizeof salt, err));
    MP_TRY(digest_of(hash, salt, text, tx->arena, err));
    MP_TRY(write_record(&version, tx, ids, key, &before, mp_str_of((const char *)salt, sizeof salt),
                        mp_str_of((const char *)hash, sizeof hash), text, err));
    for (size_t i = 0; i < ids->kind->index_count; i++)
        MP_TRY(mp_entries_change(tx, ids, i, key, before.body, body, tx->time, err));
    MP_TRY(note_change(tx, ids->kind, key, &before, hash, err));
    stored.version = version;
    stored.since = tx->time;
    memcpy(stored.hash, hash, sizeof hash);
    if (out)
        *out = stored;
    return MP_OK;
}

mp_code mp_record_put(mp_record *out, mp_tx *tx, const mp_kind *kind, mp_str key, const mp_json *body, int64_t expected,
                      mp_error *err)
{
    const mp_kind_ids *ids = NULL;
    mp_buf             text = { .limit = MP_RECORD_BODY_MAX };
    MP_TRY(mp_kind_find(&ids, tx->store, kind, err));
    MP_TRY(check_key(key, err));
    if (!tx->is_write)
        return mp_fail(err, MP_INTERNAL, MP_NOWHERE, "a record was written within a read");
    if (!mp_json_is(body, MP_JSON_OBJECT))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "the body of a record is a JSON object");
    mp_code code = mp_canonical(&text, body, err);
    if (code == MP_LIMIT && text.over_limit)
        code = mp_fail(err, MP_LIMIT, MP_NOWHERE, "a record is over %zu bytes", MP_RECORD_BODY_MAX);
    if (code == MP_OK)
        code = put_text(out, tx, ids, key, body, mp_buf_str(&text), expected, err);
    mp_buf_free(&text);
    return code;
}

mp_code mp_record_delete(mp_tx *tx, const mp_kind *kind, mp_str key, int64_t expected, mp_error *err)
{
    const mp_kind_ids *ids = NULL;
    present            before;
    MP_TRY(mp_kind_find(&ids, tx->store, kind, err));
    if (!tx->is_write)
        return mp_fail(err, MP_INTERNAL, MP_NOWHERE, "a record was written within a read");
    if (check_key(key, NULL) != MP_OK)
        return missing(kind, err);
    MP_TRY(read_present(&before, tx, ids, key, err));
    if (!before.is_there)
        return missing(kind, err);
    if (expected != MP_ANY_VERSION)
        MP_TRY(check_expected(&before, expected, err));
    MP_TRY(end_present(tx, ids, key, err));
    if (!kind->forgets)
        MP_TRY(mp_sql(tx, NULL, "INSERT INTO record_past (kind, key, version, since, until) VALUES (?1, ?2, ?3, ?4, 0)",
                      MP_VALUES(mp_int(ids->id), mp_text(key), mp_int(before.version + 1), mp_int(tx->time)), err));
    MP_TRY(mp_sql(tx, NULL, "DELETE FROM record WHERE kind = ?1 AND key = ?2", MP_VALUES(mp_int(ids->id), mp_text(key)),
                  err));
    for (size_t i = 0; i < kind->index_count; i++)
        MP_TRY(mp_entries_change(tx, ids, i, key, before.body, NULL, tx->time, err));
    return note_change(tx, kind, key, &before, NULL, err);
}

/* ---- checking ---- */

/* Columns: kind, key, version, salt, hash, body, since, until. */
static mp_code check_row(mp_tx *tx, mp_rows *rows, bool is_past, mp_record_kept_fn fn, void *ctx, mp_error *err)
{
    uint8_t hash[MP_RECORD_HASH];
    mp_str  kind = mp_rows_bytes(rows, 0), key = mp_rows_bytes(rows, 1);
    mp_str  salt = mp_rows_bytes(rows, 3), stored = mp_rows_bytes(rows, 4);
    bool    is_same = salt.len == MP_RECORD_SALT && stored.len == sizeof hash;
    if (is_same)
        MP_TRY(digest_of(hash, (const uint8_t *)salt.ptr, mp_rows_bytes(rows, 5), tx->arena, err));
    if (!is_same || memcmp(hash, stored.ptr, sizeof hash) != 0)
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE,
                       "version %lld of the record %.*s, of kind \"%.*s\", is not what its hash says",
                       (long long)mp_rows_int(rows, 2), MP_FMT(key), MP_FMT(kind));
    mp_record_kept kept = { .kind = mp_records_kind(tx->store, kind), .key = key, .version = mp_rows_int(rows, 2),
                            .is_past = is_past,
                            .since = mp_rows_int(rows, 6), .until = mp_rows_int(rows, 7), .hash = hash };
    mp_code        code = fn && kept.kind && !kept.kind->forgets ? fn(ctx, &kept, err) : MP_OK;
    mp_arena_reset(tx->arena);
    return code;
}

mp_code mp_records_each(mp_tx *tx, mp_record_kept_fn fn, void *ctx, mp_error *err)
{
    static const char *const statements[] = {
        "SELECT k.name, r.key, r.version, r.salt, r.hash, r.body, r.since, 0 FROM record r JOIN record_kind k ON k.id = r.kind",
        "SELECT k.name, r.key, r.version, r.salt, r.hash, r.body, r.since, r.until FROM record_past r JOIN record_kind k ON k.id = r.kind "
        "WHERE r.body IS NOT NULL",
    };
    for (size_t i = 0; i < MP_COUNT(statements); i++) {
        mp_rows *rows = NULL;
        bool     more = true;
        mp_code  code;
        MP_TRY(mp_sql_ask(&rows, tx, statements[i], NULL, 0, err));
        while ((code = mp_rows_next(&more, rows, err)) == MP_OK && more) {
            code = check_row(tx, rows, i > 0, fn, ctx, err);
            if (code != MP_OK)
                break;
        }
        mp_rows_close(rows);
        MP_TRY(code);
    }
    return MP_OK;
}

mp_code mp_record_preimage(mp_preimage *out, mp_tx *tx, mp_str kind, mp_str key, const uint8_t hash[MP_RECORD_HASH],
                           mp_arena *arena, mp_error *err)
{
    mp_rows *rows = NULL;
    bool     more;
    MP_TRY(mp_sql_ask(&rows, tx,
                      "SELECT r.salt, r.body FROM record r JOIN record_kind k ON k.id = r.kind "
                      "WHERE k.name = ?1 AND r.key = ?2 AND r.hash = ?3 UNION ALL "
                      "SELECT p.salt, p.body FROM record_past p JOIN record_kind k ON k.id = p.kind "
                      "WHERE k.name = ?1 AND p.key = ?2 AND p.hash = ?3",
                      MP_VALUES(mp_text(kind), mp_text(key), mp_blob(mp_str_of((const char *)hash, MP_RECORD_HASH))),
                      err));
    mp_code code = mp_rows_next(&more, rows, err);
    if (code == MP_OK && (!more || mp_rows_bytes(rows, 0).len != sizeof out->salt))
        code =
            mp_fail(err, MP_MISSING, MP_NOWHERE, "no version of the record %.*s with this hash is kept", MP_FMT(key));
    if (code == MP_OK) {
        mp_str text = mp_arena_dup(arena, mp_rows_bytes(rows, 1));
        if (text.ptr) {
            memcpy(out->salt, mp_rows_bytes(rows, 0).ptr, sizeof out->salt);
            out->text = text;
        } else {
            code = mp_no_memory(err);
        }
    }
    mp_rows_close(rows);
    return code;
}

/* ---- forgetting ---- */

mp_code mp_record_prune(int64_t *removed, mp_tx *tx, const mp_kind *kind, mp_ticks before, mp_error *err)
{
    const mp_kind_ids *ids = NULL;
    int64_t            ended = 0, deletions = 0;
    MP_TRY(mp_kind_find(&ids, tx->store, kind, err));
    MP_TRY(mp_sql(tx, &ended,
                  "DELETE FROM record_past WHERE (kind, key, version) IN (SELECT kind, key, version FROM record_past "
                  "WHERE kind = ?1 AND until > 0 AND until <= ?2 ORDER BY until LIMIT ?3)",
                  MP_VALUES(mp_int(ids->id), mp_int(before), mp_int(MP_RECORD_PRUNE_MOST)), err));
    MP_TRY(mp_sql(tx, &deletions, "DELETE FROM record_past WHERE (kind, key, version) IN (SELECT kind, key, version FROM "
                  "record_past WHERE kind = ?1 AND until = 0 AND since <= ?2 ORDER BY since LIMIT ?3)",
                  MP_VALUES(mp_int(ids->id), mp_int(before), mp_int(MP_RECORD_PRUNE_MOST - ended)), err));
    for (size_t i = 0; i < kind->index_count; i++)
        MP_TRY(mp_sql(tx, NULL,
                      "DELETE FROM record_entry_past WHERE (idx, value, key, since) IN (SELECT idx, value, key, since "
                      "FROM record_entry_past WHERE idx = ?1 AND until <= ?2 ORDER BY until LIMIT ?3)",
                      MP_VALUES(mp_int(ids->indexes[i]), mp_int(before), mp_int(MP_RECORD_PRUNE_MOST)), err));
    *removed = ended + deletions;
    return MP_OK;
}
