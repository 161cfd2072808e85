/* SPDX-License-Identifier: Apache-2.0 */
/* remediation_internal.h - what the files of remediations share. Private to compliance. */
#ifndef MAPAE_COMPLIANCE_REMEDIATION_INTERNAL_H
#define MAPAE_COMPLIANCE_REMEDIATION_INTERNAL_H

#include "gate.h"
#include "remediation.h"

/* Within a write: the record as `what` has it now. */
MP_MUST_CHECK mp_code mp_remediation_put(mp_remediation *what, mp_tx *tx, mp_arena *arena, mp_error *err);
MP_MUST_CHECK mp_code mp_remediation_put_change(const mp_remediation_change *change, mp_str run, mp_tx *tx,
                                                mp_arena *arena, mp_error *err);
MP_MUST_CHECK mp_code mp_remediation_get_change(mp_remediation_change *out, mp_tx *tx, mp_str key, mp_arena *arena,
                                                mp_error *err);
/* It counts anew what its changes came to. Within a write, before mp_remediation_put(). */
MP_MUST_CHECK mp_code mp_remediation_count(mp_remediation *what, mp_tx *tx, mp_arena *arena, mp_error *err);
static inline bool mp_remediation_is_open(const mp_remediation *what) { return what->state < MP_REMEDIATION_SUCCEEDED; }

/* ---- finding (remediation_find.c) ---- */

/* The number of its check in the rulebook, or MP_NO_CHECK. */
MP_MUST_CHECK mp_code mp_remediation_check_of(uint32_t *out, const mp_rulebook *book, const mp_remediation *what,
                                              mp_arena *arena, mp_error *err);
/* Each resource that it is about, at most what->count: `visit` gets its id and location, which live as long as
 * `arena`; not within a read or a write. */
typedef mp_code mp_remediation_visit(void *ctx, mp_str resource, mp_str location, mp_error *err);
MP_MUST_CHECK mp_code mp_remediation_each(mp_compliance *compliance, mp_rulebook *book, uint32_t check,
                                          const mp_remediation *what, mp_remediation_visit *visit, void *ctx,
                                          mp_arena *arena, mp_error *err);

/* ---- one resource (remediation_change.c) ---- */

/* Carry it out, or take it back; how it ended is stored. Fails only when the store does or memory is short, and with
 * MP_CONFLICT when the run is not at work any more. */
MP_MUST_CHECK mp_code mp_remediation_do(mp_compliance *compliance, const mp_remediation *run,
                                        const mp_remediation_change *change, mp_error *err);
MP_MUST_CHECK mp_code mp_remediation_undo_one(mp_compliance *compliance, const mp_remediation *run,
                                              const mp_remediation_change *change, mp_error *err);
/* A write of the worker: with a leaf of `actor`; `why` NULL: it was done. */
MP_MUST_CHECK mp_code mp_remediation_write(mp_compliance *compliance, const mp_remediation *run,
                                           const mp_remediation_actor *actor, mp_str on, const mp_error *why,
                                           mp_tx_fn fn, void *arg, mp_error *err);
/* {"code", "message"}; `refusal`: by policy, in its words; empty: it was none. NULL when memory is short. */
const mp_json *mp_remediation_error(mp_arena *arena, const mp_error *why, mp_str refusal, bool is_locked);

#endif
