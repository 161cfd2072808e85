/* SPDX-License-Identifier: Apache-2.0 */
/* decisions.h - what people decide about a control beside its state: why it applies, how far it is implemented,
 * by which service and team, who is responsible, until when. And the certificate that a measure has.
 *
 *   control-decision    key FRAMEWORK~CONTROL[~MEASURE]   justification, reasons, implementation, service,
 * responsibility, team, owner, targetDate, note measure-certificate key MEASURE                       number,
 * issuer, issued, expires
 *
 * As what is said of controls (said.h), a decision without a measure counts wherever its edition is measured,
 * unless the measure has its own; everything can be read as of a date. */
#ifndef MAPAE_CONTROLS_DECISIONS_H
#define MAPAE_CONTROLS_DECISIONS_H

#include "records.h"
#include "statement.h"

extern const mp_kind mp_control_decision_kind, mp_measure_certificate_kind;
extern const char *const mp_decision_reasons[]; /* "law", "contract", "risk", "practice", NULL */

/* Those that count for a measure (empty: none) as of a date (0: now), by control. */
MP_MUST_CHECK mp_code mp_decisions_read(const mp_control_decision **out, size_t *count, mp_tx *tx,
                                        mp_str framework, mp_str measure, mp_ticks as_of, mp_arena *arena,
                                        mp_error *err);
/* *out is NULL when the measure has none. */
MP_MUST_CHECK mp_code mp_certificate_read(const mp_held_certificate **out, mp_tx *tx, mp_str measure,
                                          mp_ticks as_of, mp_arena *arena, mp_error *err);

#endif
