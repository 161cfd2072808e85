/* SPDX-License-Identifier: Apache-2.0 */
/* scores_all.h - how every framework stands somewhere: the whole of each, then each scheme of it. What they share
 * is read and worked out once: verdicts and evidence for all, controls for all schemes of one framework. */
#ifndef MAPAE_CONTROLS_SCORES_ALL_H
#define MAPAE_CONTROLS_SCORES_ALL_H

#include "control_score.h"

/* `of` and `score` live until it returns. Nothing is told of pieces of evidence. */
typedef mp_code mp_score_taker(void *ctx, const mp_standing_of *of, const mp_score *score, mp_error *err);

/* Within a read. Of `place` its frameworks, scopes, time, evidence and what is said now (NULL: they are read) count. */
MP_MUST_CHECK mp_code mp_scores_all(mp_tx *tx, const mp_standing_of *place, mp_score_taker *take, void *ctx,
                                    mp_arena *arena, mp_error *err);

#endif
