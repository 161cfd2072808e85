/* SPDX-License-Identifier: Apache-2.0 */
/* Versions by hash, in a table of their own: hashes are salted, so each is of one version alone. Memory is
 * that of the versions there ever were, less than what they take in the store. Keys stand once for all
 * versions of a record. */
#include "ledger_records.h"

#include <stdio.h>
#include <stdlib.h>

#include "leaf.h"
#include "map.h"
#include "secret.h"

typedef struct kind_seen {
    const mp_kind *kind;   /* NULL: not declared, or without history */
    mp_ticks       pruned; /* versions that ended before may be gone; 0: none may */
} kind_seen;

typedef struct version {
    uint8_t          hash[MP_RECORD_HASH];
    uint64_t         leaf; /* that tells of it */
    mp_ticks         made; /* the time of that */
    mp_ticks         ended; /* 0: the log knows of no other in its place */
    const kind_seen *kind;
    const mp_str    *key; /* NULL: sealed, and the opening is gone */
    bool             is_found;
} version;

struct mp_record_audit {
    mp_store *store;
    mp_arena  arena; /* kinds and keys */
    mp_map    kinds, keys;
    version  *versions;
    size_t    count, cap;
    uint32_t *table; /* open addressing: index + 1 */
    size_t    table_size;
    uint64_t  unknown; /* behind the last leaf that does not tell all any more; 0: all tell */
    mp_ticks  unknown_at; /* the time of that leaf */
    uint64_t  found;
};

/* ---- the table ---- */

static size_t slot_of(const mp_record_audit *a, const uint8_t hash[MP_RECORD_HASH])
{
    uint64_t start;
    memcpy(&start, hash, sizeof start);
    size_t at = (size_t)start & (a->table_size - 1);
    while (a->table[at] && memcmp(a->versions[a->table[at] - 1].hash, hash, MP_RECORD_HASH))
        at = (at + 1) & (a->table_size - 1);
    return at;
}

static version *find(const mp_record_audit *a, const uint8_t hash[MP_RECORD_HASH])
{
    uint32_t index = a->table_size ? a->table[slot_of(a, hash)] : 0;
    return index ? &a->versions[index - 1] : NULL;
}

static mp_code grow(mp_record_audit *a, mp_error *err)
{
    size_t    cap = a->cap ? a->cap * 2 : 512;
    version  *versions = cap < UINT32_MAX / 2 ? realloc(a->versions, cap * sizeof *versions) : NULL;
    if (!versions)
        return mp_no_memory(err);
    a->versions = versions;
    uint32_t *table = calloc(cap * 2, sizeof *table);
    if (!table)
        return mp_no_memory(err);
    free(a->table);
    a->table = table;
    a->table_size = cap * 2;
    a->cap = cap;
    for (size_t i = 0; i < a->count; i++)
        a->table[slot_of(a, a->versions[i].hash)] = (uint32_t)(i + 1);
    return MP_OK;
}

static mp_code add(mp_record_audit *a, const version *v, mp_error *err)
{
    if (a->count == a->cap)
        MP_TRY(grow(a, err));
    size_t slot = slot_of(a, v->hash);
    if (a->table[slot])
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "leaf %llu tells of a version that an earlier leaf told of",
                       (unsigned long long)v->leaf);
    a->versions[a->count++] = *v;
    a->table[slot] = (uint32_t)a->count;
    return MP_OK;
}

/* ---- leaves ---- */

static mp_str string_at(const mp_json *object, mp_str name)
{
    const mp_json *v = mp_json_get(object, name);
    return mp_json_is(v, MP_JSON_STRING) ? mp_json_str(v) : mp_str_of("", 0);
}

static mp_code kind_of(kind_seen **out, mp_record_audit *a, mp_str name, mp_error *err)
{
    *out = mp_map_get(&a->kinds, name);
    if (*out)
        return MP_OK;
    const mp_kind *kind = mp_records_kind(a->store, name);
    kind_seen     *seen = MP_ARENA_NEW(&a->arena, kind_seen);
    mp_str         copy = mp_arena_dup(&a->arena, name);
    if (!seen || !copy.ptr)
        return mp_no_memory(err);
    *seen = (kind_seen){ .kind = kind && !kind->forgets ? kind : NULL };
    *out = seen;
    return mp_map_put(&a->kinds, copy, seen, err);
}

static mp_code key_of(const mp_str **out, mp_record_audit *a, mp_str key, mp_error *err)
{
    *out = mp_map_get(&a->keys, key);
    if (*out)
        return MP_OK;
    mp_str *copy = MP_ARENA_NEW(&a->arena, mp_str);
    if (!copy)
        return mp_no_memory(err);
    *copy = mp_arena_dup(&a->arena, key);
    *out = copy;
    return copy->ptr ? mp_map_put(&a->keys, *copy, copy, err) : mp_no_memory(err);
}

/* Of change number `n`: as it stands there, or out of its opening. Empty: nobody knows. */
static mp_str key_text(const mp_json *change, size_t n, const mp_json *openings)
{
    char   name[40];
    mp_str key = string_at(change, MP_S("key"));
    if (key.len != MP_COMMITMENT || !mp_str_starts(key, MP_S("sha256:")))
        return key;
    snprintf(name, sizeof name, "changes/%zu/key", n);
    return string_at(mp_json_get(openings, mp_str_from(name)), MP_S("value"));
}

static mp_code take_change(mp_record_audit *a, uint64_t index, mp_ticks at, const mp_json *change, mp_str key,
                           mp_error *err)
{
    version    made = { .leaf = index, .made = at };
    uint8_t    before[MP_RECORD_HASH];
    kind_seen *kind;
    MP_TRY(kind_of(&kind, a, string_at(change, MP_S("kind")), err));
    if (!kind->kind)
        return MP_OK;
    version *old = mp_unhex(before, sizeof before, string_at(change, MP_S("before"))) ? find(a, before) : NULL;
    if (old && !old->ended)
        old->ended = at;
    if (!mp_unhex(made.hash, sizeof made.hash, string_at(change, MP_S("after"))))
        return MP_OK;
    made.kind = kind;
    if (key.len)
        MP_TRY(key_of(&made.key, a, key, err));
    return add(a, &made, err);
}

/* {"before", "kind", "versions"}: what ended before is gone. The time is printed in whole seconds. */
static mp_code take_prune(mp_record_audit *a, const mp_json *detail, mp_error *err)
{
    mp_ticks   before;
    kind_seen *kind;
    MP_TRY(kind_of(&kind, a, string_at(detail, MP_S("kind")), err));
    if (mp_clock_parse(&before, string_at(detail, MP_S("before"))) && before + MP_TICKS_PER_SECOND > kind->pruned)
        kind->pruned = before + MP_TICKS_PER_SECOND;
    return MP_OK;
}

mp_code mp_record_audit_leaf(mp_record_audit *a, uint64_t index, mp_ticks at, const mp_json *leaf,
                             const mp_json *openings, mp_error *err)
{
    const mp_json *changes = mp_json_get(leaf, MP_S("changes"));
    bool           is_sealed = mp_json_is(changes, MP_JSON_OBJECT); /* as a whole: keys stand in it as they are */
    size_t         n = 0;
    if (is_sealed)
        changes = mp_json_get(mp_json_get(openings, MP_S("changes")), MP_S("value"));
    if (!leaf || (is_sealed && !mp_json_is(changes, MP_JSON_ARRAY))) {
        a->unknown = index + 1;
        a->unknown_at = at;
    }
    if (leaf && mp_str_eq(string_at(leaf, MP_S("action")), MP_S(MP_HISTORY_PRUNE_ACTION)))
        MP_TRY(take_prune(a, mp_json_get(leaf, MP_S("detail")), err));
    if (!mp_json_is(changes, MP_JSON_ARRAY))
        return MP_OK;
    for (MP_JSON_EACH(change, changes)) {
        mp_str key = is_sealed ? string_at(change, MP_S("key")) : key_text(change, n, openings);
        MP_TRY(take_change(a, index, at, change, key, err));
        n++;
    }
    return MP_OK;
}

/* ---- records ---- */

static mp_code compare(void *ctx, const mp_record_kept *kept, mp_error *err)
{
    mp_record_audit *a = ctx;
    version         *v = find(a, kept->hash);
    long long        number = (long long)kept->version;
    const char      *kind = kept->kind->name;
    if (!v) /* of a time from which leaves still tell, one would */
        return a->unknown && kept->since <= a->unknown_at
                   ? MP_OK
                   : mp_fail(err, MP_DAMAGED, MP_NOWHERE,
                             "no leaf has the hash of version %lld of the record %.*s, of kind \"%s\"", number,
                             MP_FMT(kept->key), kind);
    if (v->is_found || v->kind->kind != kept->kind || (v->key && !mp_str_eq(*v->key, kept->key)))
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE,
                       "leaf %llu tells of another record than %.*s, of kind \"%s\", which has its hash",
                       (unsigned long long)v->leaf, MP_FMT(kept->key), kind);
    bool may_have_ended = v->ended || a->unknown > v->leaf;
    if (kept->is_past ? !may_have_ended : v->ended > 0)
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE,
                       "version %lld of the record %.*s, of kind \"%s\", is not in its place: leaf %llu", number,
                       MP_FMT(kept->key), kind, (unsigned long long)v->leaf);
    if (kept->since != v->made || (kept->is_past && v->ended && kept->until != v->ended))
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE,
                       "version %lld of the record %.*s, of kind \"%s\", is not of the time that leaf %llu tells",
                       number, MP_FMT(kept->key), kind, (unsigned long long)v->leaf);
    v->is_found = true;
    a->found++;
    return MP_OK;
}

static mp_code gone(const version *v, mp_error *err)
{
    mp_str key = v->key ? *v->key : MP_S("?");
    if (!v->ended)
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE,
                       "leaf %llu tells of a record that is not there: %.*s, of kind \"%s\"",
                       (unsigned long long)v->leaf, MP_FMT(key), v->kind->kind->name);
    return mp_fail(err, MP_DAMAGED, MP_NOWHERE,
                   "leaf %llu tells of a past version that is not there, of the record %.*s, of kind \"%s\"",
                   (unsigned long long)v->leaf, MP_FMT(key), v->kind->kind->name);
}

mp_code mp_record_audit_end(uint64_t *records, mp_record_audit *a, mp_tx *tx, mp_error *err)
{
    MP_TRY(mp_records_each(tx, compare, a, err));
    for (size_t i = 0; i < a->count; i++) {
        const version *v = &a->versions[i];
        /* A leaf without text may be the one that says what was removed. */
        bool may_be_gone = v->ended ? v->ended <= v->kind->pruned || a->unknown : a->unknown > v->leaf;
        if (!v->is_found && !may_be_gone)
            return gone(v, err);
    }
    *records = a->found;
    return MP_OK;
}

mp_code mp_record_audit_new(mp_record_audit **out, mp_store *store, mp_error *err)
{
    mp_record_audit *a = calloc(1, sizeof *a);
    if (!a)
        return mp_no_memory(err);
    a->store = store;
    *out = a;
    return MP_OK;
}

void mp_record_audit_free(mp_record_audit *a)
{
    if (!a)
        return;
    mp_map_free(&a->kinds);
    mp_map_free(&a->keys);
    mp_arena_free(&a->arena);
    free(a->versions);
    free(a->table);
    free(a);
}
