/* SPDX-License-Identifier: Apache-2.0 */
/* control_score.h - how a framework stands: the state of every control and the score (score.h), from what is
 * recorded.
 *
 * The parts of a control are its policies, with their verdicts in the scopes (ground.h); its questions, with
 * what people answered (said.h); its evidence, by how fresh it is; the findings that are open; and in a measure
 * that inherits, what the provider's measure says of the controls that are his. Nothing is stored of it: it is
 * worked out from what is recorded, now and as of any date, so that the past is always what it was. */
#ifndef MAPAE_CONTROLS_CONTROL_SCORE_H
#define MAPAE_CONTROLS_CONTROL_SCORE_H

#include "evidence_seen.h"
#include "ground.h"
#include "measure.h"
#include "said.h"

/* Beside a part (mp_part.more): of a policy its definition and assignments, of evidence what is told of its pieces
 * (unless only points are asked for), of the other kinds its record, or NULL. */
typedef struct mp_standing_of {
    const mp_frameworks *all;
    const mp_framework *framework;
    const mp_scheme *scheme;   /* NULL: all controls */
    const mp_measure *measure; /* NULL: none */
    const mp_str *scopes;
    size_t scope_count;
    mp_ticks as_of;                   /* 0: now */
    const mp_evidence_view *evidence; /* of that time; NULL: it is read */
    const mp_said *said;              /* of the framework and that time; NULL: it is read */
    const mp_said *said_now;          /* of all frameworks, now; NULL: it is read where it is wanted */
    bool only_points;                 /* nothing is told of pieces of evidence */
    const mp_score *whole;            /* of the framework, asked the same: its schemes take from it; NULL: none */
    /* May what this measure says be inherited by who asks? NULL: always. */
    bool (*may_inherit)(void *ctx, const mp_measure *measure);
    void *ctx;
    /* Who asks, and what evidence he may read; `seer` NULL: all of it. */
    mp_evidence_seer *seer;
} mp_standing_of;

/* Within a read. `ground` may be NULL: then it is read. `*out` and all it has is the arena's, and the ground's.
 */
MP_MUST_CHECK mp_code mp_control_score(mp_score *out, mp_tx *tx, const mp_standing_of *of,
                                       const mp_ground *ground, mp_arena *arena, mp_error *err);

#endif
