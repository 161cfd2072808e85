/* SPDX-License-Identifier: Apache-2.0 */
/* verdicts.h - what was said of every resource under every check: now, and at any date.
 *
 * A verdict is a row (resource, check) with a state and its reason; one that changes goes to the past with the time
 * it held. Resources and checks have numbers here, given once and never again, so that rows are small: a hundred
 * million of them are thinkable. Sums are kept up to date with the rows, in the same transaction: by place
 * (subscription, resource group), check and state, and, since one resource counts once and by its worst state, by
 * place, assignment and state. So a summary costs what its answer costs, however many verdicts there are. Of a
 * subscription the sums of checks are kept over time too: each as it was from a moment on.
 *
 * Rows hold what can be asked for in queries (states.h). The full reason of a verdict, condition by condition, is not
 * stored: it is worked out anew from the resource and the policy as they were at that time (reasons.h). Tables of
 * this room's own schema; within a transaction that the caller has. */
#ifndef MAPAE_COMPLIANCE_VERDICTS_H
#define MAPAE_COMPLIANCE_VERDICTS_H

#include "estate.h"
#include "rulebook.h"
#include "verdict.h"

extern const mp_schema mp_verdict_schema;

/* ---- the checks ---- */

/* Give numbers to the checks of a rulebook, and end those that it does not have any more. numbers[i] is that of check
 * i; is_stale[i]: no verdicts of it were made yet, or under another digest. */
MP_MUST_CHECK mp_code mp_verdicts_checks(int64_t *numbers, bool *is_stale, mp_tx *tx, const mp_rulebook *book,
                                         mp_error *err);
/* Everything in its scope was judged under the check as this rulebook has it. */
MP_MUST_CHECK mp_code mp_verdicts_checked(mp_tx *tx, const mp_rulebook *book, uint32_t check, int64_t number, mp_error *err);
/* Checks that ended leave verdicts behind: those of at most `limit` resources go to the past. *more: there are others. */
MP_MUST_CHECK mp_code mp_verdicts_clean(bool *more, mp_tx *tx, size_t limit, mp_error *err);

/* ---- writing ---- */

typedef struct mp_judged {
    const mp_place    *place;
    mp_str             location; /* normal form: lower case, no blanks */
    const mp_json     *tags;
    int64_t            version;  /* of the resource's record */
    const mp_verdict  *verdicts; /* of the checks named below all that apply to it */
    uint32_t           count;
    /* the checks that were asked, by index in the rulebook; NULL: all. Those asked without a verdict do not apply
     * (any more) */
    const uint32_t    *judged;
    uint32_t           judged_count;
} mp_judged;

/* Within one write: begin, any number of resources, end (which writes what is not written yet, and the sums; after a
 * failure nothing). `numbers` are those of the rulebook's checks. Texts and tags must live until the end. */
typedef struct mp_verdict_writer mp_verdict_writer;
MP_MUST_CHECK mp_code mp_verdicts_begin(mp_verdict_writer **out, mp_tx *tx, const mp_rulebook *book,
                                        const int64_t *numbers, mp_error *err);
MP_MUST_CHECK mp_code mp_verdicts_end(uint32_t *changed, mp_verdict_writer *writer,
                                      mp_error *err); /* *changed: verdicts that are new, gone or another */
MP_MUST_CHECK mp_code mp_verdicts_put(mp_verdict_writer *writer, const mp_judged *what, mp_error *err);
/* The resource is gone: its verdicts go to the past. */
MP_MUST_CHECK mp_code mp_verdicts_drop(mp_verdict_writer *writer, mp_str key, mp_error *err);

/* ---- what is to be judged ---- */

/* Within the write that changes a resource, or what others are judged by: judge it again. Survives the program's end.
 * `is_changed`: the resource itself is another one now, or gone, so what it is related to may be judged differently
 * too. */
MP_MUST_CHECK mp_code mp_dirty_add(mp_tx *tx, mp_str key, bool is_changed, mp_error *err);
typedef struct mp_dirty {
    int64_t number;
    mp_str  key;
    bool    is_changed;
} mp_dirty;
/* All that was judged at and below `scope` ("/": everything). */
MP_MUST_CHECK mp_code mp_dirty_scope(mp_tx *tx, mp_str scope, mp_error *err);
/* What has a verdict under this check at and below `scope`, and does not wait already: for the one who judges, in the
 * write in which he notes what is done, since who waits then was not looked at yet. `is_narrow`: fewer stand in the
 * scope than under the check. */
MP_MUST_CHECK mp_code mp_dirty_under(mp_tx *tx, int64_t check, mp_str scope, bool is_narrow, mp_error *err);
/* The oldest, at most `limit`, each key once (so fewer when some stand there twice); and done with: all of a key up
 * to this number. */
MP_MUST_CHECK mp_code mp_dirty_list(mp_dirty **out, size_t *count, mp_tx *tx, size_t limit, mp_arena *arena, mp_error *err);
MP_MUST_CHECK mp_code mp_dirty_done(mp_tx *tx, const mp_dirty *done, size_t count, mp_error *err);
MP_MUST_CHECK mp_code mp_dirty_count(uint64_t *out, mp_tx *tx, mp_error *err);
/* Until when it was looked for exemptions and attestations that expire; 0: never. */
MP_MUST_CHECK mp_code mp_expiry_seen(mp_ticks *out, mp_tx *tx, mp_error *err);
MP_MUST_CHECK mp_code mp_expiry_see(mp_tx *tx, mp_ticks until, mp_error *err);

/* ---- sums ---- */

typedef struct mp_sum {
    mp_str   assignment; /* key; empty: over all */
    int64_t  check;      /* number; 0: over all */
    mp_str   group;      /* a control of the initiative; empty: over all */
    mp_state state;
    uint64_t resources;  /* distinct, by their worst state within what the sum is over */
} mp_sum;
/* Sums of a place: "/" or a management group's subscriptions, a subscription, a resource group (keys). Of one
 * resource ask for its rows. */
MP_MUST_CHECK mp_code mp_verdicts_sums(mp_sum **out, size_t *count, mp_tx *tx, const mp_str *places,
                                       size_t place_count, mp_arena *arena, mp_error *err);

#endif
