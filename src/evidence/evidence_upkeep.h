/* SPDX-License-Identifier: Apache-2.0 */
/* evidence_upkeep.h - what happens by itself: people are reminded, and what is past its time goes when the
 * operator wants that. */
#ifndef MAPAE_EVIDENCE_UPKEEP_H
#define MAPAE_EVIDENCE_UPKEEP_H

#include "evidence_system.h"

#define MP_SWEEP_MOST 200   /* records at once */
#define MP_REMIND_DAYS 30 /* before evidence is stale */

/* Delete evidence that is past keepUntil, under no legal hold and linked to no control; the leaf names them.
 * At most MP_SWEEP_MOST; *removed counts. */
MP_MUST_CHECK mp_code mp_evidence_sweep(int64_t *removed, mp_app *app, mp_ticks now, mp_error *err);
/* Tell whoever hears alerts how much is stale, how much will be soon, and how much is past the time that it must be
 * kept: an event of the type "evidence-due", {"stale", "soon", "expired", "first"?: time}, and a leaf that it was
 * told. Nothing when nothing is due. */
MP_MUST_CHECK mp_code mp_evidence_remind(mp_app *app, mp_ticks now, mp_error *err);
/* When that was last told, as the log says; 0: not within the day before `now`. */
MP_MUST_CHECK mp_code mp_evidence_reminded(mp_ticks *at, mp_app *app, mp_ticks now, mp_error *err);

#endif
