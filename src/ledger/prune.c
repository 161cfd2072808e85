/* SPDX-License-Identifier: Apache-2.0 */
/* Retention. First a leaf says what goes, then it goes, some at a time, so that nobody who writes waits long.
 * When it is interrupted, the next call finds what is left. Hashes stay, and with them every proof. */
#include "ledger_internal.h"

#include "jsonw.h"

#define SLICE 8192 /* leaves per write */
#define PARTS_SLICE 16

typedef struct pruning {
    mp_ledger *ledger;
    mp_ticks   now;
    uint64_t   sealed_from, sealed_to; /* leaves whose sealed values go */
    uint64_t   texts_from, texts_to;   /* leaves whose texts go */
    uint64_t   size;
    uint64_t   at, end; /* the slice at hand */
    int64_t    removed;
} pruning;

static mp_code least_sealed(uint64_t *out, mp_tx *tx, uint64_t none, mp_error *err)
{
    int64_t least = 0;
    mp_code code = mp_sql_int(&least, tx, "SELECT idx FROM ledger_sealed ORDER BY idx LIMIT 1", NULL, 0, err);
    *out = code == MP_OK ? (uint64_t)least : none;
    return code == MP_MISSING ? MP_OK : code;
}

static mp_code find_ends(mp_tx *tx, void *arg, mp_error *err)
{
    pruning         *p = arg;
    const mp_ledger *l = p->ledger;
    int64_t          texts_from = 0;
    MP_TRY(mp_ledger_index_at(&p->sealed_to, tx, p->size, p->now - l->keep_sealed_days * MP_TICKS_PER_DAY, err));
    MP_TRY(least_sealed(&p->sealed_from, tx, p->sealed_to, err));
    MP_TRY(mp_sql_int(&texts_from, tx, "SELECT texts_from FROM ledger_head WHERE one = 1", NULL, 0, err));
    p->texts_from = p->texts_to = (uint64_t)texts_from;
    if (!l->keep_text_days)
        return MP_OK;
    MP_TRY(mp_ledger_index_at(&p->texts_to, tx, p->size, p->now - l->keep_text_days * MP_TICKS_PER_DAY, err));
    if (p->texts_to > (p->size & ~(MP_TERM_BLOCK - 1)))
        p->texts_to = p->size & ~(MP_TERM_BLOCK - 1); /* opening the log reads the others */
    return MP_OK;
}

/* {"sealedBefore": N, "textsBefore": N} */
static mp_code announce(const pruning *p, mp_error *err)
{
    mp_ledger        *l = p->ledger;
    mp_arena          arena = MP_ARENA_INIT;
    mp_prepared       prepared = MP_PREPARED_INIT;
    mp_leaf           leaf = { .actor_kind = MP_S("system"), .action = MP_S(MP_PRUNE_ACTION) };
    mp_merkle_hasher *hasher;
    mp_jsonw          w;
    mp_jsonw_init(&w, &arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_int(&w, "sealedBefore", (int64_t)p->sealed_to);
    mp_jsonw_put_int(&w, "textsBefore", (int64_t)p->texts_to);
    mp_jsonw_end(&w);
    leaf.detail = mp_jsonw_done(&w);
    mp_code code =
        leaf.detail ? mp_merkle_hasher_new(&hasher, err) : mp_no_memory(err);
    if (code == MP_OK) {
        code = mp_leaf_prepare(&prepared, &leaf, NULL, 0, hasher, err);
        mp_merkle_hasher_free(hasher);
    }
    if (code == MP_OK)
        code = mp_ledger_put(l, &prepared, err);
    mp_prepared_done(&prepared);
    mp_arena_free(&arena);
    return code;
}

static mp_code remove_sealed(mp_tx *tx, void *arg, mp_error *err)
{
    pruning *p = arg;
    return mp_sql(tx, &p->removed, "DELETE FROM ledger_sealed WHERE idx >= ?1 AND idx < ?2",
                  MP_VALUES(mp_int((int64_t)p->at), mp_int((int64_t)p->end)), err);
}

static mp_code remove_texts(mp_tx *tx, void *arg, mp_error *err)
{
    pruning *p = arg;
    MP_TRY(mp_sql(tx, &p->removed,
                  "UPDATE ledger_leaf SET entry = NULL WHERE idx >= ?1 AND idx < ?2 AND entry IS NOT NULL "
                  "AND idx NOT IN (SELECT leaf FROM ledger_key)",
                  MP_VALUES(mp_int((int64_t)p->at), mp_int((int64_t)p->end)), err));
    return mp_sql(tx, NULL, "UPDATE ledger_head SET texts_from = ?1 WHERE one = 1", MP_VALUES(mp_int((int64_t)p->end)),
                  err);
}

/* Words are hashes of ids; those of whole blocks go with the texts. */
static mp_code remove_words(mp_tx *tx, void *arg, mp_error *err)
{
    pruning *p = arg;
    for (uint64_t part = p->at; part < p->end; part++)
        MP_TRY(mp_sql(tx, NULL, "DELETE FROM ledger_term WHERE part = ?1 AND block < ?2",
                      MP_VALUES(mp_int((int64_t)part), mp_int((int64_t)(p->texts_to / MP_TERM_BLOCK))), err));
    return MP_OK;
}

/* `fn` for from .. to, a slice in each write. */
static mp_code in_slices(int64_t *removed, pruning *p, mp_tx_fn fn, uint64_t from, uint64_t to, uint64_t slice,
                         mp_error *err)
{
    for (p->at = from; p->at < to; p->at = p->end) {
        p->end = to - p->at < slice ? to : p->at + slice;
        p->removed = 0;
        MP_TRY(mp_store_write(p->ledger->store, fn, p, err));
        *removed += p->removed;
    }
    return MP_OK;
}

mp_code mp_ledger_prune(int64_t *removed, mp_ledger *l, mp_ticks now, mp_error *err)
{
    pruning p = { .ledger = l, .now = now, .size = mp_ledger_now(l).size };
    int64_t count = 0;
    *removed = 0;
    if (l->is_held || l->read_only)
        return MP_OK;
    MP_TRY(mp_store_read(l->store, find_ends, &p, err));
    if (p.sealed_from >= p.sealed_to && p.texts_from >= p.texts_to)
        return MP_OK;
    MP_TRY(announce(&p, err));
    MP_TRY(in_slices(&count, &p, remove_sealed, p.sealed_from, p.sealed_to, SLICE, err));
    if (p.texts_from < p.texts_to) {
        MP_TRY(in_slices(&count, &p, remove_texts, p.texts_from, p.texts_to, SLICE, err));
        int64_t rows = 0;
        MP_TRY(in_slices(&rows, &p, remove_words, 0, MP_TERM_PARTS, PARTS_SLICE, err));
    }
    *removed = count;
    return MP_OK;
}
