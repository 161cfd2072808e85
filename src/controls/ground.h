/* SPDX-License-Identifier: Apache-2.0 */
/* ground.h - what verdicts say in some scopes at a time, by policy: read once, good for every framework. */
#ifndef MAPAE_CONTROLS_GROUND_H
#define MAPAE_CONTROLS_GROUND_H

#include "map.h"
#include "score.h"
#include "verdict_counts.h"

/* A policy definition, over all assignments that judge by it. */
typedef struct mp_ground_policy {
    mp_str name;       /* last part of the definition's key, in lower case */
    mp_str definition; /* key */
    bool is_assigned;  /* here */
    uint64_t counts[MP_COUNTED];
    const mp_str *assignments; /* keys, those that reach these scopes */
    size_t assignment_count, assignment_cap;
} mp_ground_policy;

typedef struct mp_ground_group {
    mp_ground_policy **policies;
    size_t count, cap;
} mp_ground_group;

typedef struct mp_ground {
    mp_map policies; /* by name, without case: mp_ground_policy */
    mp_map groups;   /* of initiatives, by name, without case: mp_ground_group */
    mp_ticks as_of;
} mp_ground;

/* To be let go with mp_ground_done(), also after a failure; what is in it is the arena's. */
MP_MUST_CHECK mp_code mp_ground_read(mp_ground *out, mp_tx *tx, const mp_str *scopes, size_t scope_count,
                                     mp_ticks as_of, mp_arena *arena, mp_error *err);
void mp_ground_done(mp_ground *ground);

#endif
