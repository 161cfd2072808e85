/* SPDX-License-Identifier: Apache-2.0 */
/* acting.h - by whom a remediation changes a resource: by the identity of the assignment, where it has one, else by
 * whoever ordered it. Private to compliance.
 *
 * The identity ("identity": {"type": "SystemAssigned"} of the assignment) is a program that nobody signs in as; it is
 * given the roles that the policy names (roleDefinitionIds) like everybody else is given roles. A user-assigned
 * identity is kept with the assignment, and nothing acts by it. */
#ifndef MAPAE_COMPLIANCE_ACTING_H
#define MAPAE_COMPLIANCE_ACTING_H

#include "remediation.h"

/* Within a write that made, changed or deleted the assignment with this key: its identity is a principal for as long
 * as it has one. */
MP_MUST_CHECK mp_code mp_acting_follow(mp_access *access, mp_tx *tx, mp_str assignment, mp_error *err);

typedef struct mp_acting {
    mp_remediation_actor actor;
    bool                 is_identity;
    mp_str               assignment; /* name */
    mp_str               definition; /* key of the policy that names the roles */
} mp_acting; /* in the arena */

/* Not within a read or a write, like all below. `check` is one of the rulebook. */
MP_MUST_CHECK mp_code mp_acting_of(mp_acting *out, mp_compliance *compliance, const mp_rulebook *book, uint32_t check,
                                   const mp_remediation_actor *ordered_by, mp_arena *arena, mp_error *err);
static inline mp_acting mp_acting_as(const mp_remediation_actor *actor) { return (mp_acting){ .actor = *actor }; }
/* May he `verb` ("write", "delete") what has this place? Fails with MP_DENIED; of an identity the sentence names the
 * roles that it lacks. */
MP_MUST_CHECK mp_code mp_acting_may(mp_compliance *compliance, const mp_acting *who, const mp_place *place,
                                    const char *verb, mp_arena *arena, mp_error *err);
/* Read it: by its own type's action, so that what a role takes out stays out. */
bool mp_acting_may_read(mp_compliance *compliance, const mp_acting *who, mp_str key, mp_arena *arena);

#endif
