/* SPDX-License-Identifier: Apache-2.0 */
/* substituting.h - the certificate of another kind that stands in for a part of a measure's assessment (of ISMS for 61
 * controls of CSAP: certification.h).
 *
 *   measure-substitution   key MEASURE   number, issuer, issued, expires, scope (as the certificate words it), covers
 *
 * While it holds, and somebody has confirmed that its scope covers the measure's, the controls that it stands in for are
 * as it says: what would be asked of people (questions, evidence) is one inherited part that is met. What machines see
 * stays: a policy's verdicts, and findings, count beside it, so that a violation is never hidden by a paper. */
#ifndef MAPAE_CONTROLS_SUBSTITUTING_H
#define MAPAE_CONTROLS_SUBSTITUTING_H

#include "frameworks.h"
#include "records.h"
#include "score.h"

extern const mp_kind mp_measure_substitution_kind;

typedef struct mp_substituting {
    mp_str measure, number;
} mp_substituting;

/* Of a measure of this framework, at a time: *out is NULL when there is none that holds. In the arena. */
MP_MUST_CHECK mp_code mp_substituting_read(const mp_substituting **out, mp_tx *tx, const mp_framework *framework,
                                           mp_str measure, mp_ticks as_of, mp_ticks at, mp_arena *arena,
                                           mp_error *err);
/* It ends, if there is one: the measure is of other places now, or is no more, and what was confirmed was not of those. */
MP_MUST_CHECK mp_code mp_substituting_end(mp_tx *tx, mp_str measure, mp_error *err);
/* `s` may be NULL. */
bool mp_is_substituted(const mp_substituting *s, const mp_framework *framework, const mp_control *control);
/* The part that is met by it. */
mp_part mp_substituting_part(const mp_substituting *s, const mp_framework *framework);

#endif
