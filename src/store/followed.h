/* SPDX-License-Identifier: Apache-2.0 */
/* followed.h - what is kept in memory of records follows the store: which of them changed since it was made, so that those
 * alone are read again.
 *
 * Within a write whoever keeps something notes what the write changes. Whoever asks next, under a lock of his own:
 *
 *   if (!kept || !mp_followed_is_fresh(f)) {
 *       mp_followed_what what;
 *       MP_TRY(mp_followed_begin(&what, f, arena, err));
 *       ... a read that begins now sees all of it: read what.changed, or everything ...
 *       mp_followed_end(f, &what);      // only when that went well
 *   }
 *
 * Commits are counted: what a write noted will be in the commit that comes next. What was noted and then taken back is
 * read in vain, and no harm is done. */
#ifndef MAPAE_STORE_FOLLOWED_H
#define MAPAE_STORE_FOLLOWED_H

#include "records.h"

typedef struct mp_followed mp_followed; /* any number of threads */

/* `kinds` ends with NULL and outlives it. */
MP_MUST_CHECK mp_code mp_followed_new(mp_followed **out, mp_store *store, const mp_kind *const *kinds, mp_error *err);
void                  mp_followed_free(mp_followed *followed); /* NULL is fine */

/* Within a write: what it changed so far of these kinds. Cannot fail: where memory is short everything counts as changed. */
void mp_followed_note(mp_followed *followed, mp_tx *tx);
/* Nothing of these kinds was committed since the last mp_followed_end(). */
bool mp_followed_is_fresh(mp_followed *followed);

#define MP_FOLLOWED_MOST 1000 /* changes that are told one by one */

typedef struct mp_followed_change {
    const mp_kind *kind;
    mp_str         key;
} mp_followed_change;

typedef struct mp_followed_what {
    bool                is_all; /* more changed than is noted: `changed` is empty */
    mp_followed_change *changed; /* in the order of the changes, the same one perhaps twice; of the arena */
    size_t              count;
    uint64_t            commits; /* that were done before */
} mp_followed_what;

/* Fails with MP_NOMEM. */
MP_MUST_CHECK mp_code mp_followed_begin(mp_followed_what *out, mp_followed *followed, mp_arena *arena, mp_error *err);
/* What it told is known now; what was noted meanwhile is told the next time. */
void mp_followed_end(mp_followed *followed, const mp_followed_what *what);

#endif
