/* SPDX-License-Identifier: Apache-2.0 */
/* change.h - which properties a check would change (effect modify), and whether two checks' changes conflict. */
#ifndef MAPAE_POLICY_CHANGE_H
#define MAPAE_POLICY_CHANGE_H

#include "check.h"

typedef struct mp_changes {
    const mp_str *properties; /* in one spelling each; those that only a resource can tell are not in */
    uint32_t      count;
    bool          denies;     /* conflictEffect is deny */
} mp_changes;

/* Of a check whose effect may be modify; of others nothing. Lives in `arena`. Fails with MP_NOMEM. */
MP_MUST_CHECK mp_code mp_changes_of(mp_changes *out, const mp_check *check, mp_arena *arena, mp_error *err);

/* Both deny, and there is a property that both change (Microsoft Learn, "Azure Policy definitions modify
 * effect"). */
bool mp_changes_conflict(const mp_changes *a, const mp_changes *b);

/* The effect changes resources. */
static inline bool mp_effect_changes(mp_effect effect) { return effect == MP_EFFECT_MODIFY; }

#endif
