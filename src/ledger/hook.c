/* SPDX-License-Identifier: Apache-2.0 */
/* What the log does at a commit: the leaves of the batch, the tiles and blocks of words that they fill, and
 * one signed head, in the transaction that they belong to. Nothing of it is seen by anybody before the
 * transaction is on disk. */
#include "ledger_internal.h"

#include <stdlib.h>

#define ARENA_KEPT ((size_t)4 << 20)

typedef struct work {
    mp_ledger *ledger;
    mp_tx     *tx;
} work;

static void forget_rotation(mp_ledger *l)
{
    mp_signer_free(l->rotation.signer);
    l->rotation = (mp_rotation){ .signer = NULL };
}

static size_t mark(void *ctx)
{
    mp_ledger *l = ctx;
    l->changes_told = 0;
    return l->pending_count;
}

static void rewind_to(void *ctx, size_t mark_)
{
    mp_ledger *l = ctx;
    l->pending_count = mark_;
    if (l->rotation.signer && l->rotation.pending >= mark_)
        forget_rotation(l);
}

/* Who changes what has a history tells the log of it in the same write, or changes nothing: a record that no
 * leaf tells of is one that somebody put in behind the log's back. */
static mp_code told(void *ctx, mp_tx *tx, mp_error *err)
{
    const mp_ledger        *l = ctx;
    size_t                  count;
    const mp_record_change *changes = mp_tx_changes(tx, &count);
    for (size_t i = l->changes_told; i < count; i++)
        if (!changes[i].kind->forgets)
            return mp_fail(err, MP_INTERNAL, MP_NOWHERE, "a record of kind \"%s\" was changed without a leaf",
                           changes[i].kind->name);
    return MP_OK;
}

/* ---- leaves ---- */

static mp_code insert_leaves(const work *w, uint64_t first, mp_error *err)
{
    mp_ledger *l = w->ledger;
    size_t     sealed = 0;
    mp_value  *rows = mp_arena_alloc(&l->batch, l->pending_count * 3 * sizeof *rows);
    mp_value  *openings = mp_arena_alloc(&l->batch, l->pending_count * 2 * sizeof *openings);
    if (!rows || !openings)
        return mp_no_memory(err);
    for (size_t i = 0; i < l->pending_count; i++) {
        const mp_pending *p = &l->pending[i];
        mp_value          index = mp_int((int64_t)(first + i));
        rows[3 * i] = index;
        rows[3 * i + 1] = mp_int(p->at);
        rows[3 * i + 2] = mp_text(p->text);
        if (!p->openings.len)
            continue;
        openings[2 * sealed] = index;
        openings[2 * sealed++ + 1] = mp_text(p->openings);
    }
    MP_TRY(mp_sql_many(w->tx, "INSERT INTO ledger_leaf(idx, at, entry) VALUES (?1, ?2, ?3)", rows, 3, l->pending_count,
                       err));
    if (!sealed)
        return MP_OK;
    return mp_sql_many(w->tx, "INSERT INTO ledger_sealed(idx, openings) VALUES (?1, ?2)", openings, 2, sealed, err);
}

static mp_code insert_tile(void *ctx, unsigned level, uint64_t n, const mp_tile *tile, mp_error *err)
{
    const work *w = ctx;
    return mp_sql(w->tx, NULL, "INSERT INTO ledger_tile(level, n, hashes) VALUES (?1, ?2, ?3)",
                  MP_VALUES(mp_int(level), mp_int((int64_t)n), mp_blob(mp_str_of((const char *)*tile, MP_TILE_BYTES))),
                  err);
}

/* ---- words ---- */

/* A block is full: its postings, sorted, as rows. */
static mp_code insert_block(const work *w, uint64_t block, const uint64_t *postings, size_t count, mp_error *err)
{
    mp_arena *arena = &w->ledger->batch;
    uint64_t *sorted = mp_arena_alloc(arena, count * sizeof *sorted);
    uint8_t  *bytes = mp_arena_alloc(arena, count * MP_POSTING_BYTES);
    mp_value *rows = mp_arena_alloc(arena, MP_TERM_PARTS * 3 * sizeof *rows);
    size_t    row_count = 0;
    if (!sorted || !bytes || !rows)
        return mp_no_memory(err);
    memcpy(sorted, postings, count * sizeof *sorted); /* readers have the ones that are not sorted */
    mp_postings_sort(sorted, count);
    for (size_t i = 0; i < count; i++)
        mp_posting_put(bytes + i * MP_POSTING_BYTES, sorted[i]);
    for (unsigned part = 0; part < MP_TERM_PARTS; part++) {
        size_t begin = mp_postings_part(sorted, count, part), end = mp_postings_part(sorted, count, part + 1);
        if (begin == end)
            continue;
        mp_value *row = rows + 3 * row_count++;
        row[0] = mp_int(part);
        row[1] = mp_int((int64_t)block);
        row[2] = mp_blob(mp_str_of((const char *)bytes + begin * MP_POSTING_BYTES, (end - begin) * MP_POSTING_BYTES));
    }
    return mp_sql_many(w->tx, "INSERT INTO ledger_term(part, block, postings) VALUES (?1, ?2, ?3)", rows, 3, row_count,
                       err);
}

static mp_code add_words(const work *w, uint64_t index, const mp_terms *terms, mp_error *err)
{
    mp_ledger   *l = w->ledger;
    mp_postings *tail = l->swaps_tail ? &l->next_tail : &l->tail;
    if (tail->cap < l->next_count + terms->count) {
        pthread_mutex_lock(&l->lock); /* readers scan what is moved here */
        mp_code code = mp_postings_reserve(tail, l->next_count + terms->count, err);
        pthread_mutex_unlock(&l->lock);
        MP_TRY(code);
    }
    for (unsigned i = 0; i < terms->count; i++)
        tail->at[l->next_count++] = mp_posting(terms->hashes[i], index);
    if ((index + 1) % MP_TERM_BLOCK)
        return MP_OK;
    MP_TRY(insert_block(w, index / MP_TERM_BLOCK, tail->at, l->next_count, err));
    l->swaps_tail = true;
    l->next_count = 0;
    return MP_OK;
}

/* ---- the head ---- */

static mp_code reserve_key(mp_ledger *l, mp_error *err)
{
    if (l->key_count < l->key_cap)
        return MP_OK;
    size_t          cap = l->key_cap ? l->key_cap * 2 : 8;
    mp_ledger_key **keys = l->key_count < MP_LEDGER_KEYS_MAX ? realloc(l->keys, cap * sizeof(*keys)) : NULL;
    if (!keys)
        return mp_no_memory(err);
    l->keys = keys;
    l->key_cap = cap;
    return MP_OK;
}

/* The commit names a new key: a row of its own, with the head that both keys signed. */
static mp_code insert_key(const work *w, uint64_t first, mp_str note, mp_error *err)
{
    mp_ledger         *l = w->ledger;
    const mp_verifier *verifier = mp_signer_verifier(l->rotation.signer);
    mp_ledger_key     *key = MP_ARENA_NEW(&l->keys_arena, mp_ledger_key);
    mp_buf             text = MP_BUF_INIT;
    if (!key)
        return mp_no_memory(err);
    key->verifier = *verifier;
    key->verifier.name = mp_arena_dup(&l->keys_arena, verifier->name);
    key->checkpoint = mp_arena_dup(&l->keys_arena, note);
    key->leaf = first + l->rotation.pending;
    if (!key->verifier.name.ptr || !key->checkpoint.ptr)
        return mp_no_memory(err);
    pthread_mutex_lock(&l->lock);
    mp_code code = reserve_key(l, err);
    pthread_mutex_unlock(&l->lock);
    if (code == MP_OK)
        code = mp_verifier_text(&text, verifier, err);
    if (code == MP_OK)
        code = mp_sql(w->tx, NULL, "INSERT INTO ledger_key(n, leaf, verifier, checkpoint) VALUES (?1, ?2, ?3, ?4)",
                      MP_VALUES(mp_int((int64_t)l->key_count + 1), mp_int((int64_t)key->leaf),
                                mp_text(mp_buf_str(&text)), mp_text(note)),
                      err);
    mp_buf_free(&text);
    l->rotation.key = key;
    return code;
}

static mp_code sign_head(mp_buf *note, const mp_ledger *l, mp_error *err)
{
    const mp_signer *signers[2];
    size_t           count = 0;
    mp_checkpoint    head = { .size = l->next->edge.tree.size };
    mp_buf           text = MP_BUF_INIT;
    if (l->signer)
        signers[count++] = l->signer;
    if (l->rotation.signer)
        signers[count++] = l->rotation.signer;
    head.origin = mp_signer_verifier(signers[0])->name;
    memcpy(head.root, l->next->root, sizeof head.root);
    mp_code code = mp_checkpoint_text(&text, &head, err);
    if (code == MP_OK)
        code = mp_note_sign(note, mp_buf_str(&text), signers, count, err);
    mp_buf_free(&text);
    return code;
}

static mp_code write_head(const work *w, uint64_t first, mp_error *err)
{
    mp_ledger *l = w->ledger;
    mp_buf     note = { .limit = MP_HEAD_TEXT };
    MP_TRY(mp_merkle_root(l->next->root, &l->next->edge.tree, l->hasher, err));
    mp_code code = sign_head(&note, l, err);
    if (code == MP_OK)
        code = mp_sql(w->tx, NULL, "INSERT INTO ledger_head(one, checkpoint, texts_from) VALUES (1, ?1, 0) "
                      "ON CONFLICT (one) DO UPDATE SET checkpoint = excluded.checkpoint",
                      MP_VALUES(mp_text(mp_buf_str(&note))), err);
    if (code == MP_OK && l->rotation.signer)
        code = insert_key(w, first, mp_buf_str(&note), err);
    if (code == MP_OK) {
        memcpy(l->next->checkpoint, note.ptr, note.len);
        l->next->checkpoint_len = note.len;
    }
    mp_buf_free(&note);
    return code;
}

/* ---- the commit ---- */

static mp_code before(void *ctx, mp_tx *tx, mp_error *err)
{
    mp_ledger *l = ctx;
    work       w = { l, tx };
    uint8_t    hash[MP_MERKLE_HASH];
    l->has_next = false;
    l->swaps_tail = false;
    l->next_count = l->tail.count;
    if (!l->pending_count)
        return MP_OK;
    uint64_t first = l->now->edge.tree.size;
    if (first + l->pending_count > MP_TREE_MAX)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "the log is full");
    mp_edge_copy(&l->next->edge, &l->now->edge);
    MP_TRY(insert_leaves(&w, first, err));
    for (size_t i = 0; i < l->pending_count; i++) {
        MP_TRY(mp_merkle_leaf(hash, l->hasher, l->pending[i].text, err));
        MP_TRY(mp_edge_append(&l->next->edge, l->hasher, hash, insert_tile, &w, err));
        MP_TRY(add_words(&w, first + i, l->pending[i].terms, err));
    }
    l->next->at = l->pending[l->pending_count - 1].at;
    MP_TRY(write_head(&w, first, err));
    l->has_next = true;
    return MP_OK;
}

static void take_over(mp_ledger *l)
{
    pthread_mutex_lock(&l->lock);
    mp_ledger_state *old = l->now;
    l->now = l->next;
    l->next = old;
    if (l->swaps_tail) {
        mp_postings kept = l->tail;
        l->tail = l->next_tail;
        l->next_tail = kept;
    }
    l->tail.count = l->next_count;
    if (l->rotation.signer) {
        l->keys[l->key_count++] = l->rotation.key;
        mp_signer_free(l->signer);
        l->signer = l->rotation.signer;
        l->rotation.signer = NULL;
    }
    pthread_mutex_unlock(&l->lock);
}

static void after(void *ctx, bool is_committed)
{
    mp_ledger *l = ctx;
    if (is_committed && l->has_next)
        take_over(l);
    forget_rotation(l);
    l->has_next = false;
    l->pending_count = 0;
    if (l->batch.bytes > ARENA_KEPT)
        mp_arena_free(&l->batch);
    else
        mp_arena_reset(&l->batch);
}

const mp_commit_hook mp_ledger_hook = { .mark = mark, .rewind = rewind_to, .told = told, .before = before,
                                        .after = after };
