/* SPDX-License-Identifier: Apache-2.0 */
/* ledger_internal.h - what the files of the log share.
 *
 * Two states: `now`, what is on disk, read by any thread under `lock`; and `next`, what the batch at hand
 * makes of it, touched by the store's writer alone. When the batch is on disk they change places. What
 * readers need besides are rows of the store, and a snapshot that was begun after a state was looked at has
 * all rows of that state. */
#ifndef MAPAE_LEDGER_INTERNAL_H
#define MAPAE_LEDGER_INTERNAL_H

#include <pthread.h>

#include "checkpoint.h"
#include "edge.h"
#include "leaf.h"

#define MP_HEAD_TEXT 2048 /* bytes of a checkpoint: three short lines, at most two signatures */
#define MP_LEDGER_KEYS_MAX 10000

#define MP_KEY_CREATE "Mapae.Ledger/key/create"
#define MP_KEY_ROTATE "Mapae.Ledger/key/rotate"
#define MP_PRUNE_ACTION "Mapae.Ledger/leaves/prune"

typedef struct mp_ledger_state {
    mp_edge  edge;
    uint8_t  root[MP_MERKLE_HASH];
    mp_ticks at;
    size_t   checkpoint_len;
    char     checkpoint[MP_HEAD_TEXT];
} mp_ledger_state;

typedef struct mp_ledger_key {
    mp_verifier verifier;
    uint64_t    leaf;       /* that names it */
    mp_str      checkpoint; /* of the commit that named it */
} mp_ledger_key; /* texts live in the arena of the keys */

typedef struct mp_pending {
    mp_str          text, openings; /* borrowed: from `batch`, or from a caller who waits for the commit */
    const mp_terms *terms;
    mp_ticks        at;
} mp_pending;

/* A key that is to sign from the next commit on. */
typedef struct mp_rotation {
    mp_signer *signer;  /* NULL: none is due */
    size_t     pending; /* which leaf names it */
    mp_ledger_key *key; /* made by the hook, taken over when it is on disk */
} mp_rotation;

struct mp_ledger {
    mp_store *store;
    bool      read_only, is_held;
    int64_t   keep_sealed_days, keep_text_days;

    pthread_mutex_t  lock; /* of the next block */
    mp_ledger_state *now;
    /* of the block of leaves that is not full; those of the batch at hand stand behind `count` */
    mp_postings      tail;
    mp_ledger_key  **keys; /* the first to the newest; each lives as long as the ledger */
    size_t           key_count, key_cap;

    pthread_mutex_t  rotating; /* one at a time */

    /* Of the writer's thread. */
    mp_arena          keys_arena;
    mp_signer        *signer;
    mp_merkle_hasher *hasher;
    mp_pending       *pending;
    size_t            pending_count, pending_cap;
    size_t            changes_told; /* of the function at hand: they stand in a leaf already */
    mp_arena          batch;
    mp_prepared       scratch;
    mp_rotation       rotation;
    mp_ledger_state  *next;
    mp_postings       next_tail; /* takes the place of `tail` when a block is full */
    size_t            next_count;
    bool              has_next, swaps_tail;
};

/* ---- ledger.c ---- */

/* A copy of what is on disk; NULL when memory is short. Look before you begin to read. */
mp_ledger_state *mp_ledger_look(mp_ledger *ledger, mp_arena *arena);
/* Within a write: a leaf that is prepared already. It lives until the commit. */
MP_MUST_CHECK mp_code mp_ledger_adopt(mp_ledger *ledger, mp_tx *tx, mp_prepared *prepared, mp_error *err);
/* The same in a write of its own. */
MP_MUST_CHECK mp_code mp_ledger_put(mp_ledger *ledger, mp_prepared *prepared, mp_error *err);

/* The head of an older size, signed with the key of now: the same text each time. On the writer's thread, so not within a
 * read or a write. Fails with MP_PARAMETER. */
MP_MUST_CHECK mp_code mp_ledger_checkpoint_at(mp_buf *out, mp_ledger *ledger, uint64_t size, mp_error *err);

/* ---- hook.c ---- */

extern const mp_commit_hook mp_ledger_hook;

/* ---- ledger_load.c ---- */

/* The state of the store into `ledger`; *is_new: there is none yet. Fails with MP_DAMAGED, ... */
MP_MUST_CHECK mp_code mp_ledger_load(mp_ledger *ledger, bool *is_new, mp_error *err);
/* Keys as the store has them, in order, into an arena. */
MP_MUST_CHECK mp_code mp_ledger_keys_read(mp_ledger_key **out, size_t *count, mp_tx *tx, mp_arena *arena,
                                          mp_error *err);
/* The head as the store has it, its signature checked with the key that was in force. Fails with MP_MISSING
 * (there is none), MP_DAMAGED. */
MP_MUST_CHECK mp_code mp_ledger_head_read(mp_checkpoint *out, mp_str *note, mp_tx *tx, const mp_ledger_key *keys,
                                          size_t count, mp_arena *arena, mp_error *err);
/* The key in force for a tree of `size` leaves: the last that a leaf below named. NULL: none. */
const mp_ledger_key *mp_ledger_key_at(const mp_ledger_key *keys, size_t count, uint64_t size);

/* ---- ledger_verify.c ---- */

/* MP_DAMAGED: a text does not give the hash of its place. */
mp_code mp_ledger_wrong_leaf(uint64_t index, mp_error *err);

/* ---- rotate.c ---- */

/* The private key of a number: FOLDER/keys/ledger-N.pem. With `makes` it is made when it is not there. */
MP_MUST_CHECK mp_code mp_signer_load(mp_signer **out, const mp_ledger *ledger, size_t number, mp_str name, bool makes,
                                     mp_error *err);
/* The first key and the first leaf. */
MP_MUST_CHECK mp_code mp_ledger_begin(mp_ledger *ledger, mp_str origin, mp_error *err);

/* ---- search.c ---- */

/* The first leaf at `at` or later; `size` when there is none. */
MP_MUST_CHECK mp_code mp_ledger_index_at(uint64_t *out, mp_tx *tx, uint64_t size, mp_ticks at, mp_error *err);

#endif
