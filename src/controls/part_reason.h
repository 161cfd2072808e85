/* SPDX-License-Identifier: Apache-2.0 */
/* part_reason.h - why a part of a control is as it is, and how much a machine checks: sentences for
 * people, in both languages. */
#ifndef MAPAE_CONTROLS_PART_REASON_H
#define MAPAE_CONTROLS_PART_REASON_H

#include "arena.h"
#include "score.h"

/* "30 of 120 verdicts violate it." Texts are the arena's; empty ptr when memory is short. */
mp_words mp_part_reason(const mp_part *part, mp_arena *arena);
/* "70 of the 116 controls that apply are checked by machine ..." */
mp_words mp_coverage_told(const mp_coverage *coverage, mp_arena *arena);

#endif
