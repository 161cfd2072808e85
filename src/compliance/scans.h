/* SPDX-License-Identifier: Apache-2.0 */
/* scans.h - full scans: everything that is recorded is judged anew, to find verdicts that are not what they should be.
 *
 * Continuous judgement needs none; who wants proof of it, or restored tables from somewhere, asks for one. A scan is of a moment: resources, policies and exemptions count as they
 * were when it was asked for, so its end is known and its sums are those of one snapshot, however much changes meanwhile. What changed since is left alone:
 * that was judged, or will be, by its change. A verdict that is not what comes out is put right.
 *
 * A scan is a row in the store, with the place it came to: it goes on after the program ended. One at a time; judging what changed comes first. */
#ifndef MAPAE_COMPLIANCE_SCANS_H
#define MAPAE_COMPLIANCE_SCANS_H

#include "rulebook.h"
#include "state.h"

typedef enum mp_scan_stage {
    MP_SCAN_RUNNING,
    MP_SCAN_DONE,
    MP_SCAN_STOPPED,
} mp_scan_stage;
extern const char *const mp_scan_stages[]; /* "running", ... */

typedef struct mp_full_scan {
    int64_t       number; /* from 1; 0: there is none */
    mp_str        scope;  /* key; "/": all */
    mp_str        by;
    mp_scan_stage stage;
    mp_ticks      at;     /* the moment that it is of */
    mp_ticks      ended;  /* 0: not yet */
    uint64_t      total, judged; /* resources; the total is that of the beginning, put right at the end */
    uint64_t      mended; /* verdicts that were not what they should be */
    uint64_t      newer;  /* resources that changed since */
    uint64_t      states[MP_STATE_COUNT]; /* verdicts, as of the moment */
    mp_str        last;   /* key behind which it goes on; empty: from the beginning */
} mp_full_scan; /* in the arena */

/* Within a write. Fails with MP_CONFLICT when one is running. */
MP_MUST_CHECK mp_code mp_scan_begin(mp_full_scan *out, mp_tx *tx, mp_str scope, mp_str by, mp_arena *arena, mp_error *err);
/* The last one that was begun. */
MP_MUST_CHECK mp_code mp_scan_last(mp_full_scan *out, mp_tx *tx, mp_arena *arena, mp_error *err);
/* Within a write: what it has put right stays. Fails with MP_MISSING when none is running. */
MP_MUST_CHECK mp_code mp_scan_stop(mp_full_scan *out, mp_tx *tx, mp_arena *arena, mp_error *err);
/* Within a write: how far it is. */
MP_MUST_CHECK mp_code mp_scan_note(mp_tx *tx, const mp_full_scan *scan, mp_error *err);

/* {"number","scope","stage","startedAt","startedBy","endedAt"?,"resources","judged","mended","newer","states":{STATE: verdicts}}; without `is_whole` nothing of who asked. NULL
 * when memory is short. */
const mp_json *mp_scan_tell(const mp_full_scan *scan, bool is_whole, mp_arena *arena);

/* ---- for the thread that judges ---- */

#define MP_SCAN_PIECE 500
#define MP_SCAN_JOBS 3 /* so that of the store's readers one is left for others */
typedef struct mp_scanning mp_scanning; /* what is held of the one that runs; NULL: nothing */
typedef struct mp_scan_step {
    mp_store          *store;
    mp_rulebooks      *books;
    const mp_rulebook *book;    /* the present one, and the numbers of its checks */
    const int64_t     *numbers;
    unsigned           jobs;   /* threads, this one included; at most MP_SCAN_JOBS; 0: 1 */
    unsigned           pieces; /* of a step, MP_SCAN_PIECE resources each; 0: so many that a step is some tenths of a second */
    mp_code (*note)(void *ctx, mp_tx *tx, const mp_full_scan *ended, mp_error *err); /* within the write that ends it */
    void              *ctx;
} mp_scan_step;
/* Some resources of the scan that runs. *did: there was one. `scan` is as it stands then (number 0: none), in the arena. */
MP_MUST_CHECK mp_code mp_scan_some(bool *did, mp_full_scan *scan, mp_scanning **scanning, const mp_scan_step *step, mp_arena *arena, mp_error *err);
void                  mp_scanning_free(mp_scanning *scanning); /* NULL is fine */

#endif
