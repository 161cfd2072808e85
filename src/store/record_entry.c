/* SPDX-License-Identifier: Apache-2.0 */
#include "record_internal.h"

#include <stdio.h>
#include <stdlib.h>

#include "secret.h"

#define DIGEST_TEXT 64

/* ---- values ---- */

static mp_str fold(mp_arena *arena, mp_str s)
{
    char *copy = mp_arena_alloc(arena, s.len + 1);
    if (!copy)
        return mp_str_of(NULL, 0);
    for (size_t i = 0; i < s.len; i++)
        copy[i] = s.ptr[i] >= 'A' && s.ptr[i] <= 'Z' ? (char)(s.ptr[i] + ('a' - 'A')) : s.ptr[i];
    return mp_str_of(copy, s.len);
}

/* The first `most` bytes at a boundary of characters. */
static size_t whole_characters(mp_str s, size_t most)
{
    while (most > 0 && most < s.len && ((uint8_t)s.ptr[most] & 0xC0) == 0x80)
        most--;
    return most;
}

/* What an index cannot hold as it is (too long, or with a NUL, which PostgreSQL's texts have not) keeps its beginning,
 * so that order is nearly right, and is made whole by its digest, so that equality is exact. */
static mp_str shorten(mp_arena *arena, mp_str s, size_t most)
{
    uint8_t digest[32];
    char    hex[DIGEST_TEXT + 1];
    if (mp_sha256(digest, s, NULL) != MP_OK)
        return mp_str_of(NULL, 0);
    mp_hex(hex, digest, sizeof digest);
    size_t kept = whole_characters(s, most);
    return mp_arena_printf(arena, "%.*s~%s", (int)kept, s.ptr, hex);
}

mp_str mp_entry_value(mp_arena *arena, const mp_record_index *index, mp_str raw)
{
    mp_str s = index->folds ? fold(arena, raw) : raw;
    if (!s.ptr && raw.len)
        return s;
    size_t nul = mp_str_find(s, '\0');
    if (nul != SIZE_MAX || s.len > MP_ENTRY_MAX)
        return shorten(arena, s, nul < MP_ENTRY_MAX - DIGEST_TEXT - 1 ? nul : MP_ENTRY_MAX - DIGEST_TEXT - 1);
    return mp_str_of(s.len ? s.ptr : "", s.len);
}

typedef struct collector {
    const mp_record_index *index;
    mp_arena              *arena;
    mp_entries            *out;
    size_t                 cap;
    mp_error              *err;
} collector;

static mp_code collect_text(collector *c, mp_str raw)
{
    if (c->out->count == MP_ENTRIES_MAX)
        return mp_fail(c->err, MP_LIMIT, MP_NOWHERE, "\"%s\" has more than %d values", c->index->path, MP_ENTRIES_MAX);
    if (c->out->count == c->cap) {
        size_t  cap = c->cap ? c->cap * 4 : 4;
        mp_str *grown = MP_ARENA_ARRAY(c->arena, mp_str, cap);
        if (!grown)
            return mp_no_memory(c->err);
        if (c->out->count)
            memcpy(grown, c->out->values, c->out->count * sizeof *grown);
        c->out->values = grown;
        c->cap = cap;
    }
    mp_str value = mp_entry_value(c->arena, c->index, raw);
    if (!value.ptr)
        return mp_no_memory(c->err);
    c->out->values[c->out->count++] = value;
    return MP_OK;
}

static mp_code collect(collector *c, const mp_json *v, mp_str path);

static mp_code collect_scalar(collector *c, const mp_json *v)
{
    char digits[24];
    switch ((mp_json_kind)v->kind) {
    case MP_JSON_STRING:
    case MP_JSON_REAL:
        return collect_text(c, mp_json_str(v));
    case MP_JSON_BOOL:
        return collect_text(c, v->u.integer ? MP_S("true") : MP_S("false"));
    case MP_JSON_INT: {
        int    len = snprintf(digits, sizeof digits, "%lld", (long long)v->u.integer);
        mp_str kept = mp_arena_dup(c->arena, mp_str_of(digits, (size_t)len));
        if (!kept.ptr)
            return mp_no_memory(c->err);
        return collect_text(c, kept);
    }
    case MP_JSON_NULL:
    case MP_JSON_OBJECT:
    case MP_JSON_ARRAY:
        break;
    }
    return MP_OK; /* no value */
}

/* What stands at `path` in `v`; arrays on the way stand for each of their elements. */
static mp_code collect(collector *c, const mp_json *v, mp_str path)
{
    if (mp_json_is(v, MP_JSON_ARRAY)) {
        for (MP_JSON_EACH(item, v))
            if (item->kind != MP_JSON_ARRAY)
                MP_TRY(collect(c, item, path));
        return MP_OK;
    }
    if (path.len == 0)
        return v ? collect_scalar(c, v) : MP_OK;
    size_t slash = mp_str_find(path, '/');
    mp_str name = slash == SIZE_MAX ? path : mp_str_of(path.ptr, slash);
    mp_str rest = slash == SIZE_MAX ? MP_S("") : mp_str_skip(path, slash + 1);
    const mp_json *member = mp_json_get(v, name);
    return member ? collect(c, member, rest) : MP_OK;
}

static int compare(const void *a, const void *b)
{
    return mp_str_cmp(*(const mp_str *)a, *(const mp_str *)b);
}

mp_code mp_entry_values(mp_entries *out, const mp_record_index *index, const mp_json *body, mp_arena *arena,
                        mp_error *err)
{
    *out = (mp_entries){ NULL, 0 };
    collector c = { .index = index, .arena = arena, .out = out, .err = err };
    if (!body)
        return MP_OK;
    MP_TRY(collect(&c, body, mp_str_from(index->path)));
    if (out->count > 1)
        qsort(out->values, out->count, sizeof out->values[0], compare);
    size_t kept = 0;
    for (size_t i = 0; i < out->count; i++)
        if (kept == 0 || !mp_str_eq(out->values[i], out->values[kept - 1]))
            out->values[kept++] = out->values[i];
    out->count = kept;
    return MP_OK;
}

/* ---- rows ---- */

typedef struct row {
    mp_str  value;
    int64_t nth;
} row;

/* Rows of `body`: one for each value, or one that says there is none; no rows without a body. */
static mp_code rows_of(row **out, size_t *count, const mp_record_index *index, const mp_json *body, mp_arena *arena,
                       mp_error *err)
{
    mp_entries entries;
    *count = 0;
    MP_TRY(mp_entry_values(&entries, index, body, arena, err));
    *out = MP_ARENA_ARRAY(arena, row, entries.count + 1);
    if (!*out)
        return mp_no_memory(err);
    for (size_t i = 0; i < entries.count; i++)
        (*out)[i] = (row){ entries.values[i], (int64_t)i };
    *count = entries.count;
    if (body && entries.count == 0)
        (*out)[(*count)++] = (row){ MP_S(""), -1 };
    return MP_OK;
}

static bool has_row(const row *rows, size_t count, const row *wanted)
{
    for (size_t i = 0; i < count; i++)
        if (rows[i].nth == wanted->nth && mp_str_eq(rows[i].value, wanted->value))
            return true;
    return false;
}

/* Rows of `a` that are not in `b`, as values of a statement: index, value, key, and two that follow. */
static mp_code difference(mp_value **out, size_t *count, mp_arena *arena, const row *a, size_t a_count, const row *b,
                          size_t b_count, int64_t index, mp_str key, mp_ticks at, bool with_nth, mp_error *err)
{
    size_t    width = with_nth ? 5 : 4, n = 0;
    mp_value *values = MP_ARENA_ARRAY(arena, mp_value, a_count * width + 1);
    if (!values)
        return mp_no_memory(err);
    for (size_t i = 0; i < a_count; i++) {
        if (has_row(b, b_count, &a[i]))
            continue;
        mp_value *v = values + n++ * width;
        *v++ = mp_int(index);
        *v++ = mp_text(a[i].value);
        *v++ = mp_text(key);
        if (with_nth)
            *v++ = mp_int(a[i].nth);
        *v = mp_int(at);
    }
    *out = values;
    *count = n;
    return MP_OK;
}

static mp_code end_rows(mp_tx *tx, mp_value *ended, size_t count, bool forgets, mp_error *err)
{
    if (!forgets)
        MP_TRY(mp_sql_many(
            tx,
            "INSERT INTO record_entry_past (idx, value, key, nth, since, until) SELECT idx, value, key, nth, "
            "since, ?4 FROM record_entry WHERE idx = ?1 AND value = ?2 AND key = ?3 AND since < ?4",
            ended, 4, count, err));
    for (size_t i = 1; i < count; i++) /* the same without the time */
        memmove(ended + i * 3, ended + i * 4, 3 * sizeof *ended);
    return mp_sql_many(tx, "DELETE FROM record_entry WHERE idx = ?1 AND value = ?2 AND key = ?3", ended, 3, count, err);
}

mp_code mp_entries_change(mp_tx *tx, const mp_kind_ids *ids, size_t i, mp_str key, const mp_json *before,
                          const mp_json *after, mp_ticks at, mp_error *err)
{
    const mp_record_index *index = &ids->kind->indexes[i];
    row                   *old = NULL, *fresh = NULL;
    size_t                 old_count = 0, fresh_count = 0, ended_count = 0, begun_count = 0;
    mp_value              *ended = NULL, *begun = NULL;
    MP_TRY(rows_of(&old, &old_count, index, before, tx->arena, err));
    MP_TRY(rows_of(&fresh, &fresh_count, index, after, tx->arena, err));
    MP_TRY(difference(&ended, &ended_count, tx->arena, old, old_count, fresh, fresh_count, ids->indexes[i], key, at,
                      false, err));
    MP_TRY(difference(&begun, &begun_count, tx->arena, fresh, fresh_count, old, old_count, ids->indexes[i], key, at,
                      true, err));
    if (ended_count)
        MP_TRY(end_rows(tx, ended, ended_count, ids->kind->forgets, err));
    if (fresh_count > 1)
        MP_TRY(mp_sql(tx, NULL, "UPDATE record_index SET has_many = 1 WHERE id = ?1 AND has_many = 0",
                      MP_VALUES(mp_int(ids->indexes[i])), err));
    return mp_sql_many(tx, "INSERT INTO record_entry (idx, value, key, nth, since) VALUES (?1, ?2, ?3, ?4, ?5)", begun,
                       5, begun_count, err);
}
