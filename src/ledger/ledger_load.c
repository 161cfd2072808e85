/* SPDX-License-Identifier: Apache-2.0 */
/* The log as the store has it, into memory. What is read is checked against the signed head: the last leaves
 * give the last hashes, these and the last tiles give the root that was signed. */
#include "ledger_internal.h"

#include <stdlib.h>

/* ---- keys and head ---- */

static mp_code read_key(mp_ledger_key *out, mp_rows *rows, size_t n, mp_arena *arena, mp_error *err)
{
    mp_error why = { 0 };
    mp_str   verifier = mp_arena_dup(arena, mp_rows_bytes(rows, 2));
    out->checkpoint = mp_arena_dup(arena, mp_rows_bytes(rows, 3));
    out->leaf = (uint64_t)mp_rows_int(rows, 1);
    if (!verifier.ptr || !out->checkpoint.ptr)
        return mp_no_memory(err);
    if (mp_rows_int(rows, 0) != (int64_t)n || mp_rows_int(rows, 1) < 0)
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "key %zu of the log is not there", n);
    if (mp_verifier_parse(&out->verifier, verifier, &why) != MP_OK)
        return mp_fail(err, why.code == MP_NOMEM ? MP_NOMEM : MP_DAMAGED, MP_NOWHERE,
                       "key %zu of the log cannot be read", n);
    return MP_OK;
}

mp_code mp_ledger_keys_read(mp_ledger_key **out, size_t *count, mp_tx *tx, mp_arena *arena, mp_error *err)
{
    mp_rows *rows;
    bool     more = false;
    int64_t  stored = 0;
    size_t   n = 0;
    MP_TRY(mp_sql_int(&stored, tx, "SELECT COUNT(*) FROM ledger_key", NULL, 0, err));
    if (stored > MP_LEDGER_KEYS_MAX)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "the log has %lld keys; the most is %d", (long long)stored,
                       MP_LEDGER_KEYS_MAX);
    mp_ledger_key *keys = MP_ARENA_ARRAY(arena, mp_ledger_key, (size_t)stored + 1);
    if (!keys)
        return mp_no_memory(err);
    MP_TRY(mp_sql_ask(&rows, tx, "SELECT n, leaf, verifier, checkpoint FROM ledger_key ORDER BY n", NULL, 0, err));
    mp_code code = mp_rows_next(&more, rows, err);
    for (; code == MP_OK && more && n < (size_t)stored; n++) {
        code = read_key(&keys[n], rows, n + 1, arena, err);
        if (code == MP_OK)
            code = mp_rows_next(&more, rows, err);
    }
    mp_rows_close(rows);
    MP_TRY(code);
    *out = keys;
    *count = n;
    return MP_OK;
}

const mp_ledger_key *mp_ledger_key_at(const mp_ledger_key *keys, size_t count, uint64_t size)
{
    while (count && keys[count - 1].leaf >= size)
        count--;
    return count ? &keys[count - 1] : NULL;
}

mp_code mp_ledger_head_read(mp_checkpoint *out, mp_str *note, mp_tx *tx, const mp_ledger_key *keys, size_t count,
                            mp_arena *arena, mp_error *err)
{
    mp_rows *rows;
    bool     more = false;
    mp_str   text;
    mp_error why = { 0 };
    *note = mp_str_of(NULL, 0);
    MP_TRY(mp_sql_ask(&rows, tx, "SELECT checkpoint FROM ledger_head WHERE one = 1", NULL, 0, err));
    mp_code code = mp_rows_next(&more, rows, err);
    if (code == MP_OK && more && !(*note = mp_arena_dup(arena, mp_rows_bytes(rows, 0))).ptr)
        code = mp_no_memory(err);
    mp_rows_close(rows);
    MP_TRY(code);
    if (!more)
        return mp_fail(err, MP_MISSING, MP_NOWHERE, "the log has no head");
    /* The size says which key is to have signed it. */
    mp_str signatures;
    code = note->len > MP_HEAD_TEXT ? mp_fail(&why, MP_LIMIT, MP_NOWHERE, "the head of the log is %zu bytes", note->len)
                                    : mp_note_split(&text, &signatures, *note, &why);
    if (code == MP_OK)
        code = mp_checkpoint_parse(out, text, &why);
    const mp_ledger_key *key = code == MP_OK ? mp_ledger_key_at(keys, count, out->size) : NULL;
    if (code == MP_OK && key)
        code = mp_checkpoint_open(out, NULL, *note, &key->verifier, 1, &why);
    if (code == MP_NOMEM)
        return mp_no_memory(err);
    if (code != MP_OK)
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "the head of the log does not hold: %s", why.message);
    if (!key)
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "no key of the log is old enough to have signed its head");
    return MP_OK;
}

/* ---- the last leaves ---- */

typedef struct tail_reader {
    mp_ledger   *ledger;
    uint64_t     size;
    mp_json_doc *doc;
} tail_reader;

static mp_code take_leaf(tail_reader *r, uint64_t index, mp_str text, mp_error *err)
{
    mp_ledger     *l = r->ledger;
    const mp_json *leaf;
    mp_terms       terms;
    mp_error       why = { 0 };
    mp_code        code = mp_json_read(r->doc, &leaf, text, NULL, NULL, &why);
    if (code == MP_NOMEM)
        return mp_no_memory(err);
    if (code != MP_OK)
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "the text of leaf %llu is no JSON", (unsigned long long)index);
    mp_leaf_words words = mp_leaf_words_of(leaf);
    mp_terms_of(&terms, &words);
    MP_TRY(mp_postings_reserve(&l->tail, l->tail.count + terms.count, err));
    for (unsigned i = 0; i < terms.count; i++)
        l->tail.at[l->tail.count++] = mp_posting(terms.hashes[i], index);
    if (index < r->size - mp_edge_width(r->size, 0))
        return MP_OK;
    return mp_merkle_leaf(l->now->edge.tiles[0][index % MP_TILE_WIDTH], l->hasher, text, err);
}

static mp_code read_tail(tail_reader *r, mp_tx *tx, mp_error *err)
{
    mp_rows *rows;
    bool     more = false;
    uint64_t index = r->size & ~(MP_TERM_BLOCK - 1);
    MP_TRY(mp_sql_ask(&rows, tx, "SELECT idx, entry FROM ledger_leaf WHERE idx >= ?1 ORDER BY idx",
                      MP_VALUES(mp_int((int64_t)index)), err));
    mp_code code = mp_rows_next(&more, rows, err);
    for (; code == MP_OK && more && index < r->size; index++) {
        if (mp_rows_int(rows, 0) != (int64_t)index || mp_rows_is_null(rows, 1))
            break;
        code = take_leaf(r, index, mp_rows_bytes(rows, 1), err);
        if (code == MP_OK)
            code = mp_rows_next(&more, rows, err);
    }
    mp_rows_close(rows);
    MP_TRY(code);
    if (index < r->size)
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "leaf %llu is not there; the head says %llu",
                       (unsigned long long)index, (unsigned long long)r->size);
    if (more)
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "there are leaves behind the last one that the head says, %llu",
                       (unsigned long long)r->size - 1);
    return MP_OK;
}

/* When the last leaf was added. */
static mp_code read_last(mp_ticks *at, mp_tx *tx, uint64_t size, mp_error *err)
{
    mp_code code =
        mp_sql_int(at, tx, "SELECT at FROM ledger_leaf WHERE idx = ?1", MP_VALUES(mp_int((int64_t)size - 1)), err);
    if (code == MP_MISSING)
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "leaf %llu is not there; the head says %llu",
                       (unsigned long long)size - 1, (unsigned long long)size);
    return code;
}

/* ---- the whole ---- */

static mp_code take_keys(mp_ledger *l, mp_ledger_key *keys, size_t count, mp_error *err)
{
    l->keys = malloc((count + 8) * sizeof(*l->keys));
    if (!l->keys)
        return mp_no_memory(err);
    l->key_cap = count + 8;
    for (l->key_count = 0; l->key_count < count; l->key_count++)
        l->keys[l->key_count] = &keys[l->key_count];
    return MP_OK;
}

static mp_code load_tree(mp_ledger *l, mp_tx *tx, const mp_checkpoint *head, mp_error *err)
{
    tail_reader r = { .ledger = l, .size = head->size };
    MP_TRY(mp_json_doc_new(&r.doc, err));
    mp_code code = read_tail(&r, tx, err);
    mp_json_doc_free(r.doc);
    MP_TRY(code);
    MP_TRY(mp_edge_load(&l->now->edge, tx, head->size, l->hasher, err));
    MP_TRY(mp_merkle_root(l->now->root, &l->now->edge.tree, l->hasher, err));
    if (memcmp(l->now->root, head->root, sizeof head->root))
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE,
                       "the last leaves and tiles do not give the root that was signed for %llu leaves",
                       (unsigned long long)head->size);
    return MP_OK;
}

struct loading {
    mp_ledger *ledger;
    bool       is_new;
};

static mp_code load(mp_tx *tx, void *arg, mp_error *err)
{
    struct loading *loading = arg;
    mp_ledger      *l = loading->ledger;
    mp_ledger_key  *keys;
    size_t          count;
    mp_checkpoint   head;
    mp_str          note;
    int64_t         leaves = 0;
    MP_TRY(mp_ledger_keys_read(&keys, &count, tx, &l->keys_arena, err));
    mp_code code = mp_ledger_head_read(&head, &note, tx, keys, count, mp_tx_arena(tx), err);
    if (code == MP_MISSING) {
        MP_TRY(mp_sql_int(&leaves, tx, "SELECT COUNT(*) FROM ledger_leaf", NULL, 0, err));
        loading->is_new = !leaves && !count;
        if (!loading->is_new)
            return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "the log has leaves or keys, but no head");
        return take_keys(l, keys, 0, err);
    }
    MP_TRY(code);
    MP_TRY(take_keys(l, keys, count, err));
    MP_TRY(read_last(&l->now->at, tx, head.size, err));
    MP_TRY(load_tree(l, tx, &head, err));
    memcpy(l->now->checkpoint, note.ptr, note.len);
    l->now->checkpoint_len = note.len;
    return MP_OK;
}

mp_code mp_ledger_load(mp_ledger *ledger, bool *is_new, mp_error *err)
{
    struct loading loading = { .ledger = ledger };
    MP_TRY(mp_store_read(ledger->store, load, &loading, err));
    *is_new = loading.is_new;
    return MP_OK;
}
