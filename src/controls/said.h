/* SPDX-License-Identifier: Apache-2.0 */
/* said.h - what people say about controls: answers to the questions, that a control does not apply, findings.
 *
 * Each is a record with its history, of a framework's edition and a control; with a measure it counts there
 * alone, without one wherever that edition is measured, unless the measure has its own. Everything can be read
 * as of a date.
 *
 *   control-answer      key FRAMEWORK~CONTROL~NUMBER[~MEASURE]  question (from 1), asked (as it was worded),
 * answer, note, validUntil, evidence control-exclusion   key FRAMEWORK~CONTROL[~MEASURE]         justification,
 * validUntil control-finding     key a GUID                              title, severity, due, status,
 * resolution */
#ifndef MAPAE_CONTROLS_SAID_H
#define MAPAE_CONTROLS_SAID_H

#include "answers.h"
#include "records.h"

extern const mp_kind mp_control_answer_kind, mp_control_exclusion_kind, mp_control_finding_kind;

typedef enum mp_said_answer { MP_SAID_YES, MP_SAID_NO, MP_SAID_NOT_APPLICABLE, MP_SAID_ANSWERS } mp_said_answer;
extern const char *const mp_said_answers[MP_SAID_ANSWERS + 1]; /* "yes", "no", "notApplicable", NULL */
extern const char *const mp_finding_severities[];              /* "critical", "high", "medium", "low", NULL */

/* All that is said of one edition, as it was at a date; in an arena. */
typedef struct mp_said {
    const mp_record *answers, *exclusions, *findings; /* each by control, then key */
    size_t answer_count, exclusion_count, finding_count;
} mp_said;
MP_MUST_CHECK mp_code mp_said_read(mp_said *out, mp_tx *tx, mp_str framework, mp_ticks as_of, mp_arena *arena,
                                   mp_error *err);
/* The same of all editions at once, for whoever asks about each: by framework, then control, then key. */
MP_MUST_CHECK mp_code mp_said_read_all(mp_said *out, mp_tx *tx, mp_ticks as_of, mp_arena *arena, mp_error *err);
/* That order; into it. */
int mp_said_order(const mp_record *a, const mp_record *b);
void mp_said_sort(mp_record *list, size_t count);
/* What of that is said of one edition; it lives as long. */
mp_said mp_said_part(const mp_said *all, mp_str framework);

/* Of one control, for a measure (empty: none): its own goes before what is said in general. NULL: nothing is
 * said. */
const mp_record *mp_said_exclusion(const mp_said *said, mp_str control, mp_str measure, mp_ticks now);
/* `is_expired`: there is one, and its time is over. */
const mp_record *mp_said_answer_to(bool *is_expired, const mp_said *said, mp_str control, size_t question,
                                   mp_str measure, mp_ticks now);
/* Open ones, from *at on; NULL: that was all. */
const mp_record *mp_said_finding(size_t *at, const mp_said *said, mp_str control, mp_str measure);

#endif
