/* SPDX-License-Identifier: Apache-2.0 */
/* known.h - conditions that no document can change.
 *
 * When a policy is compiled for a type, a condition that only depends on the type and on parameters is decided
 * there and then, and is not in the program. Where a person asks for the reason it is decided once more, with
 * what it compared. */
#ifndef MAPAE_POLICY_KNOWN_H
#define MAPAE_POLICY_KNOWN_H

#include "lower.h"
#include "trace.h"

/* Under which circumstances a condition stands. */
typedef struct mp_known_at {
    const mp_bound   *bound;
    const mp_aliases *aliases;
    mp_str            api_version;
    mp_str            type;         /* of the judged resource */
    mp_str            related_type; /* in an existenceCondition; else ptr NULL */
} mp_known_at;

/* The record of the test `c` as an evaluation would have left it; skipped, when a document decides it. Lives in
 * `arena`. NULL when memory is short. */
const mp_trace *mp_known_trace(const mp_condition *c, const mp_known_at *at, mp_arena *arena);

#endif
