/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger.h"

#include "ledger_internal.h"

#include <stdlib.h>

#define KEEP_SEALED_DAYS 400

static const mp_migration migrations[] = {
    /* `entry` is the text of a leaf, NULL when retention removed it; its hash stands in the tiles. */
    { 1, "CREATE TABLE ledger_leaf(idx INTEGER PRIMARY KEY, at INTEGER NOT NULL, entry TEXT);\n"
         "CREATE TABLE ledger_sealed(idx INTEGER PRIMARY KEY, openings TEXT NOT NULL);\n"
         "CREATE TABLE ledger_tile(level INTEGER NOT NULL, n INTEGER NOT NULL, hashes BLOB NOT NULL, PRIMARY KEY (level, n));\n"
         "CREATE TABLE ledger_term(part INTEGER NOT NULL, block INTEGER NOT NULL, postings BLOB NOT NULL, "
         "PRIMARY KEY (part, block)) WITHOUT ROWID;\n"
         "CREATE TABLE ledger_key(n INTEGER PRIMARY KEY, leaf INTEGER NOT NULL, verifier TEXT NOT NULL, checkpoint TEXT NOT NULL);\n"
         "CREATE TABLE ledger_head(one INTEGER PRIMARY KEY, checkpoint TEXT NOT NULL, texts_from INTEGER NOT NULL);\n" },
};
const mp_schema mp_ledger_schema = { "ledger", migrations, MP_COUNT(migrations) };

/* ---- opening ---- */

static mp_code make(mp_ledger **out, mp_store *store, const mp_ledger_options *options, mp_error *err)
{
    mp_ledger *l = calloc(1, sizeof *l);
    if (!l)
        return mp_no_memory(err);
    l->store = store;
    l->read_only = options->read_only;
    l->is_held = options->is_held;
    l->keep_sealed_days = options->keep_sealed_days ? options->keep_sealed_days : KEEP_SEALED_DAYS;
    l->keep_text_days = options->keep_text_days;
    pthread_mutex_init(&l->lock, NULL);
    pthread_mutex_init(&l->rotating, NULL);
    l->now = calloc(1, sizeof *l->now);
    l->next = calloc(1, sizeof *l->next);
    mp_code code = l->now && l->next ? mp_merkle_hasher_new(&l->hasher, err)
                                     : mp_no_memory(err);
    if (code != MP_OK) {
        mp_ledger_close(l);
        return code;
    }
    *out = l;
    return MP_OK;
}

static mp_code begin_log(mp_ledger *l, const mp_ledger_options *options, mp_error *err)
{
    mp_str origin = options->origin
                        ? mp_str_from(options->origin)
                        : mp_arena_printf(&l->keys_arena, "mapae.local/%s", mp_store_installation(l->store));
    if (!origin.ptr)
        return mp_no_memory(err);
    if (l->read_only)
        return mp_fail(err, MP_MISSING, MP_NOWHERE, "there is no log yet");
    mp_store_set_hook(l->store, &mp_ledger_hook, l);
    return mp_ledger_begin(l, origin, err);
}

static mp_code continue_log(mp_ledger *l, mp_error *err)
{
    const mp_verifier *newest = &l->keys[l->key_count - 1]->verifier;
    if (l->read_only)
        return MP_OK;
    MP_TRY(mp_signer_load(&l->signer, l, l->key_count, newest->name, false, err));
    if (memcmp(mp_signer_verifier(l->signer)->key, newest->key, sizeof newest->key))
        return mp_fail(err, MP_FOREIGN, MP_NOWHERE,
                       "the signing key keys/ledger-%zu.pem is not the one that the log names", l->key_count);
    mp_store_set_hook(l->store, &mp_ledger_hook, l);
    return MP_OK;
}

mp_code mp_ledger_open(mp_ledger **out, mp_store *store, const mp_ledger_options *options, mp_error *err)
{
    static const mp_ledger_options defaults = { .origin = NULL };
    mp_ledger *l = NULL;
    bool       is_new = false;
    if (!options)
        options = &defaults;
    MP_TRY(make(&l, store, options, err));
    mp_code code = mp_ledger_load(l, &is_new, err);
    if (code == MP_OK)
        code = is_new ? begin_log(l, options, err) : continue_log(l, err);
    if (code != MP_OK) {
        mp_ledger_close(l);
        return code;
    }
    *out = l;
    return MP_OK;
}

void mp_ledger_close(mp_ledger *l)
{
    if (!l)
        return;
    if (!l->read_only)
        mp_store_set_hook(l->store, &(mp_commit_hook){ .mark = NULL }, NULL);
    mp_signer_free(l->signer);
    mp_signer_free(l->rotation.signer);
    mp_merkle_hasher_free(l->hasher);
    mp_prepared_done(&l->scratch);
    mp_arena_free(&l->batch);
    mp_arena_free(&l->keys_arena);
    pthread_mutex_destroy(&l->lock);
    pthread_mutex_destroy(&l->rotating);
    free(l->pending);
    free(l->tail.at);
    free(l->next_tail.at);
    free(l->keys);
    free(l->now);
    free(l->next);
    free(l);
}

/* ---- adding ---- */

static mp_code push(mp_ledger *l, mp_tx *tx, mp_pending pending, mp_error *err)
{
    if (l->pending_count == l->pending_cap) {
        size_t      cap = l->pending_cap ? l->pending_cap * 2 : 256;
        mp_pending *grown = realloc(l->pending, cap * sizeof *grown);
        if (!grown)
            return mp_no_memory(err);
        l->pending = grown;
        l->pending_cap = cap;
    }
    mp_ticks last = l->pending_count ? l->pending[l->pending_count - 1].at : l->now->at;
    pending.at = mp_tx_time(tx) > last ? mp_tx_time(tx) : last;
    l->pending[l->pending_count++] = pending;
    return MP_OK;
}

mp_code mp_ledger_adopt(mp_ledger *l, mp_tx *tx, mp_prepared *prepared, mp_error *err)
{
    MP_TRY(push(l, tx, (mp_pending){ .text = mp_buf_str(&prepared->text), .openings = mp_buf_str(&prepared->openings),
                                     .terms = &prepared->terms }, err));
    mp_leaf_set_time(prepared->text.ptr, prepared->at_offset, l->pending[l->pending_count - 1].at);
    return MP_OK;
}

static mp_code check_may_add(const mp_ledger *l, const mp_leaf *leaf, mp_error *err)
{
    if (l->read_only)
        return mp_fail(err, MP_CONFLICT, MP_NOWHERE, "the log is open for reading only");
    if (mp_str_starts(leaf->action, MP_S("Mapae.Ledger/key/")) || mp_str_eq(leaf->action, MP_S(MP_PRUNE_ACTION)))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "only the log itself writes leaves of \"%.*s\"", MP_FMT(leaf->action));
    return MP_OK;
}

mp_code mp_ledger_add(mp_ledger *l, mp_tx *tx, const mp_leaf *leaf, mp_error *err)
{
    size_t                  count;
    const mp_record_change *changes = mp_tx_changes(tx, &count);
    MP_TRY(check_may_add(l, leaf, err));
    MP_TRY(mp_leaf_prepare(&l->scratch, leaf, changes + l->changes_told, count - l->changes_told, l->hasher, err));
    mp_str    text = mp_arena_dup(&l->batch, mp_buf_str(&l->scratch.text));
    mp_str    openings = mp_arena_dup(&l->batch, mp_buf_str(&l->scratch.openings));
    mp_terms *terms = mp_arena_alloc(&l->batch, sizeof *terms);
    if (!text.ptr || !openings.ptr || !terms)
        return mp_no_memory(err);
    *terms = l->scratch.terms;
    MP_TRY(push(l, tx, (mp_pending){ .text = text, .openings = openings, .terms = terms }, err));
    mp_leaf_set_time((char *)(uintptr_t)text.ptr, l->scratch.at_offset, l->pending[l->pending_count - 1].at);
    l->changes_told = count;
    return MP_OK;
}

struct note {
    mp_ledger   *ledger;
    mp_prepared *prepared;
};

static mp_code add_note(mp_tx *tx, void *arg, mp_error *err)
{
    struct note *n = arg;
    return mp_ledger_adopt(n->ledger, tx, n->prepared, err);
}

mp_code mp_ledger_put(mp_ledger *l, mp_prepared *prepared, mp_error *err)
{
    return mp_store_write(l->store, add_note, &(struct note){ l, prepared }, err);
}

mp_code mp_ledger_note(mp_ledger *l, const mp_leaf *leaf, mp_error *err)
{
    mp_prepared       prepared = MP_PREPARED_INIT;
    mp_merkle_hasher *hasher;
    MP_TRY(check_may_add(l, leaf, err));
    MP_TRY(mp_merkle_hasher_new(&hasher, err));
    mp_code code = mp_leaf_prepare(&prepared, leaf, NULL, 0, hasher, err);
    if (code == MP_OK)
        code = mp_ledger_put(l, &prepared, err);
    mp_merkle_hasher_free(hasher);
    mp_prepared_done(&prepared);
    return code;
}

/* ---- what is on disk ---- */

mp_ledger_head mp_ledger_now(mp_ledger *l)
{
    mp_ledger_head head;
    pthread_mutex_lock(&l->lock);
    head.size = l->now->edge.tree.size;
    head.at = l->now->at;
    memcpy(head.root, l->now->root, sizeof head.root);
    pthread_mutex_unlock(&l->lock);
    return head;
}

mp_ledger_state *mp_ledger_look(mp_ledger *l, mp_arena *arena)
{
    mp_ledger_state *copy = mp_arena_alloc(arena, sizeof *copy);
    if (!copy)
        return NULL;
    pthread_mutex_lock(&l->lock);
    mp_edge_copy(&copy->edge, &l->now->edge);
    copy->at = l->now->at;
    copy->checkpoint_len = l->now->checkpoint_len;
    memcpy(copy->root, l->now->root, sizeof copy->root);
    memcpy(copy->checkpoint, l->now->checkpoint, l->now->checkpoint_len);
    pthread_mutex_unlock(&l->lock);
    return copy;
}

mp_code mp_ledger_checkpoint(mp_buf *out, mp_ledger *l, mp_error *err)
{
    char   text[MP_HEAD_TEXT];
    pthread_mutex_lock(&l->lock);
    size_t len = l->now->checkpoint_len;
    memcpy(text, l->now->checkpoint, len);
    pthread_mutex_unlock(&l->lock);
    mp_buf_add(out, mp_str_of(text, len));
    return mp_buf_check(out, err);
}

struct resigning {
    mp_ledger    *ledger;
    mp_checkpoint head;
    mp_buf       *out;
};

/* The key changes on this thread only. */
static mp_code resign(mp_tx *tx, void *arg, mp_error *err)
{
    struct resigning *r = arg;
    const mp_signer  *signers[1] = { r->ledger->signer };
    mp_buf            text = MP_BUF_INIT;
    (void)tx;
    r->head.origin = mp_signer_verifier(signers[0])->name;
    mp_buf_clear(r->out);
    mp_code code = mp_checkpoint_text(&text, &r->head, err);
    if (code == MP_OK)
        code = mp_note_sign(r->out, mp_buf_str(&text), signers, 1, err);
    mp_buf_free(&text);
    return code;
}

mp_code mp_ledger_checkpoint_at(mp_buf *out, mp_ledger *l, uint64_t size, mp_error *err)
{
    struct resigning r = { .ledger = l, .head = { .size = size }, .out = out };
    MP_TRY(mp_ledger_root(r.head.root, l, size, err));
    MP_TRY(mp_store_write(l->store, resign, &r, err));
    return mp_buf_check(out, err);
}

mp_code mp_ledger_keys(mp_buf *out, mp_ledger *l, mp_error *err)
{
    pthread_mutex_lock(&l->lock);
    mp_code code = MP_OK;
    for (size_t i = l->key_count; code == MP_OK && i-- > 0;) {
        code = mp_verifier_text(out, &l->keys[i]->verifier, err);
        mp_buf_add_c(out, '\n');
    }
    pthread_mutex_unlock(&l->lock);
    MP_TRY(code);
    return mp_buf_check(out, err);
}
