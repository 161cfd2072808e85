/* SPDX-License-Identifier: Apache-2.0 */
/* rbac_internal.h - what rbac.c, custom_roles.c, assignments.c, places.c and administrators.c know of each other. */
#ifndef MAPAE_ACCESS_RBAC_INTERNAL_H
#define MAPAE_ACCESS_RBAC_INTERNAL_H

#include "access_internal.h"
#include "rights.h"

/* The state of rights that holds now, lent until mp_rights_leave; NULL when memory could not follow the store
 * (then nothing is allowed). Holding it keeps nobody from deciding, but the next change of rights has to
 * wait: be short. */
const mp_rights *mp_rights_enter(unsigned *slot, mp_access *access);
/* The same within a write, whose thread may not read the store: the state that mp_rbac_enter_write() made, or that the last
 * decision saw. Never NULL. */
const mp_rights *mp_rights_enter_write(unsigned *slot, mp_access *access);
void             mp_rights_leave(mp_access *access, unsigned slot);

/* mp_principal, and what decides whether a token of his is worth anything. */
MP_MUST_CHECK mp_code mp_rbac_principal(mp_who *out, bool *is_active, mp_ticks *valid_after, mp_access *access,
                                        mp_str id, mp_arena *arena, mp_error *err);

/* Within a write: this record is to be read again after the commit. */
void mp_rbac_note(mp_access *access, mp_tx *tx, const mp_kind *kind, mp_str key);

/* Administrators: active users who hold the administrator's role at "/" without an end, by themselves or
 * through groups, as `tx` sees it. Counts those who do so without the assignment `without` and without being,
 * or being in, `but` (a user or a group; either may be empty); *others stops at 1. *is_one says that `but`,
 * or somebody through `without`, is one. */
MP_MUST_CHECK mp_code mp_administrators(unsigned *others, bool *is_one, mp_tx *tx, mp_str without, mp_str but,
                                        mp_error *err);

typedef struct mp_role_found {
    mp_str                 id; /* in lower case */
    const mp_builtin_role *builtin;
    const mp_json         *body; /* of a custom one */
} mp_role_found;
/* By id, by a path that ends in one, or by name. Fails with MP_REFERENCE. */
MP_MUST_CHECK mp_code mp_role_find(mp_role_found *out, mp_tx *tx, mp_str wanted, mp_error *err);

/* The two actions of which one lets somebody assign roles. */
extern const char *const mp_may_assign[2];

/* `by` may give `role` at `scope` until `until` (0: for ever), else MP_DENIED: he holds one of the two
 * actions there, and all that the role allows (or "Mapae.Access/assignments/any/action"), and not for a
 * shorter time. NULL, LOCAL and SYSTEM may. Within a write. */
MP_MUST_CHECK mp_code mp_may_give(mp_access *access, const mp_who *by, const mp_role_found *role, const mp_scope *scope,
                                  const char *const actions[2], mp_ticks now, mp_ticks until, mp_error *err);
/* `scope` is one of the texts in `scopes` or stands below one, by paths and management groups. Within a write. */
bool mp_is_below_any(mp_access *access, const mp_scope *scope, const mp_json *scopes);

#endif
