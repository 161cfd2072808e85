/* SPDX-License-Identifier: Apache-2.0 */
/* Kinds and their indexes have numbers in the store. An index is made, or made anew when its path or its way
 * of comparing changed, in steps of a few thousand records; until the last one is done its row says so (an
 * empty path), and whoever opens the store after a crash begins it again. */
#include "record_internal.h"

#include <stdio.h>

#define STEP 2000 /* keys that are indexed within one write */

const mp_kind *mp_records_kind(mp_store *store, mp_str name)
{
    pthread_rwlock_rdlock(&store->kinds_lock);
    const mp_kind_ids *ids = mp_map_get(&store->kinds, name);
    pthread_rwlock_unlock(&store->kinds_lock);
    return ids ? ids->kind : NULL;
}

size_t mp_kind_index(const mp_kind *kind, const char *name)
{
    for (size_t i = 0; name && i < kind->index_count; i++)
        if (strcmp(kind->indexes[i].name, name) == 0)
            return i;
    return SIZE_MAX;
}

mp_code mp_kind_find(const mp_kind_ids **out, mp_store *store, const mp_kind *kind, mp_error *err)
{
    pthread_rwlock_rdlock(&store->kinds_lock);
    *out = mp_map_get(&store->kinds, mp_str_from(kind->name));
    pthread_rwlock_unlock(&store->kinds_lock);
    if (!*out)
        return mp_fail(err, MP_INTERNAL, MP_NOWHERE, "records of kind \"%s\" were never declared", kind->name);
    return MP_OK;
}

/* ---- numbers ---- */

typedef struct declaration {
    mp_kind_ids *ids;
    size_t       index; /* in hand */
    bool        *is_new; /* of each index: its entries are to be made */
    mp_str       after;  /* the last key of the step before */
    char         after_text[MP_RECORD_KEY_MAX];
    bool         is_done;
} declaration;

static mp_code next_id(int64_t *out, mp_tx *tx, const char *sql, mp_error *err)
{
    MP_TRY(mp_sql_int(out, tx, sql, NULL, 0, err));
    *out += 1;
    return MP_OK;
}

static mp_code kind_id(int64_t *out, mp_tx *tx, const char *name, mp_error *err)
{
    mp_value wanted = mp_text(mp_str_from(name));
    mp_code  code = mp_sql_int(out, tx, "SELECT id FROM record_kind WHERE name = ?1", &wanted, 1, err);
    if (code != MP_MISSING)
        return code;
    *out = 0;
    if (!tx->is_write)
        return MP_OK; /* nobody wrote such a record */
    MP_TRY(next_id(out, tx, "SELECT COALESCE(MAX(id), 0) FROM record_kind", err));
    return mp_sql(tx, NULL, "INSERT INTO record_kind (id, name) VALUES (?1, ?2)", MP_VALUES(mp_int(*out), wanted), err);
}

/* The row of an index as it is in the store, if it is there. */
static mp_code find_index(int64_t *id, bool *is_same, mp_tx *tx, int64_t kind, const mp_record_index *index,
                          mp_error *err)
{
    mp_rows *rows = NULL;
    bool     more = false;
    MP_TRY(mp_sql_ask(&rows, tx, "SELECT id, path, is_unique, folds FROM record_index WHERE kind = ?1 AND name = ?2",
                      MP_VALUES(mp_int(kind), mp_text(mp_str_from(index->name))), err));
    mp_code code = mp_rows_next(&more, rows, err);
    *id = 0;
    *is_same = false;
    if (code == MP_OK && more) {
        *id = mp_rows_int(rows, 0);
        *is_same = mp_str_eq(mp_rows_bytes(rows, 1), mp_str_from(index->path)) &&
                   mp_rows_int(rows, 2) == index->is_unique && mp_rows_int(rows, 3) == index->folds;
    }
    mp_rows_close(rows);
    return code;
}

static mp_code drop_entries(mp_tx *tx, int64_t index, mp_error *err)
{
    MP_TRY(mp_sql(tx, NULL, "DELETE FROM record_entry WHERE idx = ?1", MP_VALUES(mp_int(index)), err));
    return mp_sql(tx, NULL, "DELETE FROM record_entry_past WHERE idx = ?1", MP_VALUES(mp_int(index)), err);
}

static mp_code number_index(mp_tx *tx, declaration *d, size_t i, mp_error *err)
{
    const mp_record_index *index = &d->ids->kind->indexes[i];
    int64_t                id = 0;
    bool                   is_same = false;
    MP_TRY(find_index(&id, &is_same, tx, d->ids->id, index, err));
    d->ids->indexes[i] = id;
    d->is_new[i] = !is_same;
    if (is_same || !tx->is_write)
        return MP_OK;
    if (id)
        MP_TRY(drop_entries(tx, id, err));
    else
        MP_TRY(next_id(&id, tx, "SELECT COALESCE(MAX(id), 0) FROM record_index", err));
    d->ids->indexes[i] = id;
    return mp_sql(
        tx, NULL,
        "INSERT INTO record_index (id, kind, name, path, is_unique, folds, has_many) VALUES (?1, ?2, ?3, '', ?4, ?5, 0) "
        "ON CONFLICT (id) DO UPDATE SET path = '', is_unique = excluded.is_unique, folds = excluded.folds",
        MP_VALUES(mp_int(id), mp_int(d->ids->id), mp_text(mp_str_from(index->name)), mp_int(index->is_unique),
                  mp_int(index->folds)),
        err);
}

/* Indexes that the kind has no longer. */
static mp_code drop_others(mp_tx *tx, const mp_kind_ids *ids, mp_error *err)
{
    mp_rows *rows = NULL;
    bool     more = true;
    int64_t  dropped[64];
    size_t   count = 0;
    MP_TRY(mp_sql_ask(&rows, tx, "SELECT id FROM record_index WHERE kind = ?1", MP_VALUES(mp_int(ids->id)), err));
    mp_code code;
    while ((code = mp_rows_next(&more, rows, err)) == MP_OK && more && count < MP_COUNT(dropped)) {
        bool is_known = false;
        for (size_t i = 0; i < ids->kind->index_count; i++)
            is_known = is_known || ids->indexes[i] == mp_rows_int(rows, 0);
        if (!is_known)
            dropped[count++] = mp_rows_int(rows, 0);
    }
    mp_rows_close(rows);
    for (size_t i = 0; i < count && code == MP_OK; i++) {
        code = drop_entries(tx, dropped[i], err);
        if (code == MP_OK)
            code = mp_sql(tx, NULL, "DELETE FROM record_index WHERE id = ?1", MP_VALUES(mp_int(dropped[i])), err);
    }
    return code;
}

static mp_code number_all(mp_tx *tx, void *arg, mp_error *err)
{
    declaration *d = arg;
    MP_TRY(kind_id(&d->ids->id, tx, d->ids->kind->name, err));
    for (size_t i = 0; i < d->ids->kind->index_count; i++)
        MP_TRY(number_index(tx, d, i, err));
    return tx->is_write ? drop_others(tx, d->ids, err) : MP_OK;
}

/* ---- entries ---- */

static mp_code no_other(mp_tx *tx, const declaration *d, mp_str key, mp_error *err)
{
    const mp_record_index *index = &d->ids->kind->indexes[d->index];
    int64_t                found = 0;
    if (!index->is_unique)
        return MP_OK;
    mp_code code =
        mp_sql_int(&found, tx,
                   "SELECT 1 FROM record_entry mine JOIN record_entry other ON other.idx = mine.idx AND "
                   "other.value = mine.value AND other.key <> mine.key WHERE mine.key = ?2 AND mine.idx = ?1 AND "
                   "mine.nth >= 0 AND other.nth >= 0 LIMIT 1",
                   MP_VALUES(mp_int(d->ids->indexes[d->index]), mp_text(key)), err);
    if (code == MP_MISSING)
        return MP_OK;
    MP_TRY(code);
    return mp_fail(err, MP_EXISTS, MP_NOWHERE, "two records of kind \"%s\" share a value of \"%s\"", d->ids->kind->name,
                   index->name);
}

/* The life of one record, version by version. */
static mp_code index_record(mp_tx *tx, const declaration *d, mp_str key, mp_error *err)
{
    mp_rows       *rows = NULL;
    bool           more = true;
    const mp_json *before = NULL;
    MP_TRY(mp_sql_ask(&rows, tx, "SELECT since, body, version FROM record WHERE kind = ?1 AND key = ?2 UNION ALL "
                      "SELECT since, body, version FROM record_past WHERE kind = ?1 AND key = ?2 ORDER BY version",
                      MP_VALUES(mp_int(d->ids->id), mp_text(key)), err));
    mp_code code;
    while ((code = mp_rows_next(&more, rows, err)) == MP_OK && more) {
        const mp_json *body = NULL;
        if (!mp_rows_is_null(rows, 1))
            code = mp_record_body(&body, tx, mp_rows_bytes(rows, 1), tx->arena, err);
        if (code == MP_OK)
            code = mp_entries_change(tx, d->ids, d->index, key, before, body, mp_rows_int(rows, 0), err);
        if (code != MP_OK)
            break;
        before = body;
    }
    mp_rows_close(rows);
    return code == MP_OK ? no_other(tx, d, key, err) : code;
}

static mp_code next_keys(mp_str *keys, size_t *count, mp_tx *tx, const declaration *d, mp_error *err)
{
    mp_rows *rows = NULL;
    bool     more = true;
    mp_code  code;
    MP_TRY(mp_sql_ask(&rows, tx,
                      "SELECT key FROM record WHERE kind = ?1 AND key > ?2 UNION SELECT key FROM record_past WHERE "
                      "kind = ?1 AND key > ?2 ORDER BY key LIMIT ?3",
                      MP_VALUES(mp_int(d->ids->id), mp_text(d->after), mp_int(STEP)), err));
    *count = 0;
    while ((code = mp_rows_next(&more, rows, err)) == MP_OK && more) {
        keys[*count] = mp_arena_dup(tx->arena, mp_rows_bytes(rows, 0));
        if (!keys[(*count)++].ptr) {
            code = mp_no_memory(err);
            break;
        }
    }
    mp_rows_close(rows);
    return code;
}

static mp_code index_step(mp_tx *tx, void *arg, mp_error *err)
{
    declaration *d = arg;
    size_t       count = 0;
    mp_str      *keys = MP_ARENA_ARRAY(tx->arena, mp_str, STEP);
    if (!keys)
        return mp_no_memory(err);
    MP_TRY(next_keys(keys, &count, tx, d, err));
    for (size_t i = 0; i < count; i++) {
        mp_arena_mark mark = mp_arena_save(tx->arena);
        MP_TRY(index_record(tx, d, keys[i], err));
        mp_arena_restore(tx->arena, mark);
    }
    d->is_done = count < STEP;
    if (d->is_done)
        return mp_sql(tx, NULL, "UPDATE record_index SET path = ?2 WHERE id = ?1",
                      MP_VALUES(mp_int(d->ids->indexes[d->index]),
                                mp_text(mp_str_from(d->ids->kind->indexes[d->index].path))), err);
    memcpy(d->after_text, keys[count - 1].ptr, keys[count - 1].len);
    d->after = mp_str_of(d->after_text, keys[count - 1].len);
    return MP_OK;
}

static mp_code declare(mp_store *store, mp_kind_ids *ids, mp_arena *arena, mp_error *err)
{
    declaration *d = MP_ARENA_NEW(arena, declaration);
    if (!d || !(d->is_new = MP_ARENA_ARRAY(arena, bool, ids->kind->index_count + 1)))
        return mp_no_memory(err);
    d->ids = ids;
    if (store->read_only)
        return mp_store_read(store, number_all, d, err);
    MP_TRY(mp_store_write(store, number_all, d, err));
    for (size_t i = 0; i < ids->kind->index_count; i++) {
        d->index = i;
        d->after = MP_S("");
        d->is_done = !d->is_new[i];
        while (!d->is_done)
            MP_TRY(mp_store_write(store, index_step, d, err));
    }
    return MP_OK;
}

mp_code mp_records_declare(mp_store *store, const mp_kind *const *kinds, size_t count, mp_error *err)
{
    mp_arena arena = MP_ARENA_INIT; /* of what is needed only meanwhile */
    mp_code  code = MP_OK;
    for (size_t i = 0; i < count && code == MP_OK; i++) {
        pthread_rwlock_wrlock(&store->kinds_lock);
        mp_kind_ids *ids = MP_ARENA_NEW(&store->kinds_arena, mp_kind_ids);
        if (ids)
            ids->indexes = MP_ARENA_ARRAY(&store->kinds_arena, int64_t, kinds[i]->index_count + 1);
        pthread_rwlock_unlock(&store->kinds_lock);
        if (!ids || !ids->indexes) {
            code = mp_no_memory(err);
            break;
        }
        ids->kind = kinds[i];
        code = declare(store, ids, &arena, err);
        if (code != MP_OK)
            break;
        pthread_rwlock_wrlock(&store->kinds_lock);
        code = mp_map_put(&store->kinds, mp_str_from(kinds[i]->name), ids, err);
        pthread_rwlock_unlock(&store->kinds_lock);
    }
    mp_arena_free(&arena);
    return code;
}
