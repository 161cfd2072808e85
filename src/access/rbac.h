/* SPDX-License-Identifier: Apache-2.0 */
/* rbac.h - may X do Y on Z, and why: roles, assignments and scopes as Azure has them.
 *
 * A role allows what its actions match and its notActions do not; what another role allows stays allowed
 * (notActions only subtract within their own role). A '*' matches any run of characters, across '/'. Data
 * actions are asked for apart. An assignment gives a role to a principal at a scope and below; nothing is
 * allowed that no assignment allows. Scopes are paths:
 *
 *   /                                                             the installation
 *   /providers/Microsoft.Management/managementGroups/NAME
 *   /subscriptions/GUID
 *   /subscriptions/GUID/resourceGroups/NAME
 *   .../providers/NAMESPACE/TYPE/NAME...
 *
 * compared without ASCII case. A subscription stands below its management group, and so does a group below its parent.
 * Source: Azure RBAC documentation, "Understand role definitions", "How Azure RBAC determines if a user has
 * access"; policy-language of locks is not here. */
#ifndef MAPAE_ACCESS_RBAC_H
#define MAPAE_ACCESS_RBAC_H

#include "access.h"

/* role: id roleName description type(BuiltInRole|CustomRole) actions[] notActions[] dataActions[]
 * notDataActions[] assignableScopes[] assignment: id principalId principalType roleDefinitionId scope
 * description startsAt endsAt createdBy createdAt subscription: id displayName state parent(management group
 * name or empty) ; management-group: name displayName parent */
extern const mp_kind mp_role_kind, mp_assignment_kind, mp_subscription_kind, mp_management_group_kind;

/* Built-in roles are a const table (roles.def), never records. */
typedef struct mp_builtin_role {
    const char *id, *name, *doc; /* doc: id of a message */
    /* end with NULL */
    const char *const *actions, *const *not_actions, *const *data_actions, *const *not_data_actions;
    bool        is_dated; /* assignments must end: assessors */
} mp_builtin_role;
#define MP_ROLE_ADMINISTRATOR "2784f977-8df9-5754-b3f2-a32f6a3f282f" /* of Mapae */
const mp_builtin_role *mp_builtin_role_at(size_t index); /* NULL from the end on */
const mp_builtin_role *mp_builtin_role_find(mp_str id_or_name);

/* Fail with MP_PARAMETER, MP_REFERENCE, MP_EXISTS, MP_CONFLICT, MP_DENIED (more than `by` may give away, unless NULL).
 *
 * `by` gives away what he has and no more: at that scope he holds
 * Microsoft.Authorization/roleAssignments/write (roleDefinitions/write) or Mapae.Access/assignments/write
 * (roles/write), and all that the role allows, now and for as long as he gives it. Who holds
 * Mapae.Access/assignments/any/action (administrators of Mapae, owners) may give any role below "/"; at "/"
 * itself he too gives only what he has. Owner at "/" holds the installation itself, as administrators do;
 * Owner of a subscription has no right above it. What is changed must be his to give as it was, too: a role
 * that is narrowed, an assignment that ends earlier, is taken away from others. An assignment's principal,
 * role and scope never change; a role is named by its id, a path that ends in it, or its name. */
MP_MUST_CHECK mp_code mp_role_put(mp_record *out, mp_access *access, mp_tx *tx, mp_str id, const mp_json *body,
                                  int64_t expected, const mp_who *by, mp_error *err);
/* MP_CONFLICT while assigned */
MP_MUST_CHECK mp_code mp_role_delete(mp_access *access, mp_tx *tx, mp_str id, int64_t expected, mp_error *err);
MP_MUST_CHECK mp_code mp_assign(mp_record *out, mp_access *access, mp_tx *tx, mp_str id, const mp_json *body,
                                int64_t expected, const mp_who *by, mp_error *err);
/* All at this scope (no "/" at the end) and below it: what they were for is gone, and who makes another of its name
 * shall not find them there. */
MP_MUST_CHECK mp_code mp_unassign_below(mp_access *access, mp_tx *tx, mp_str scope, mp_error *err);
/* MP_CONFLICT: the last administrator. Who takes away must be one who could give it (with .../delete in the
 * place of .../write); his own anybody may. */
MP_MUST_CHECK mp_code mp_unassign(mp_access *access, mp_tx *tx, mp_str id, int64_t expected, const mp_who *by,
                                  mp_error *err);
MP_MUST_CHECK mp_code mp_subscription_put(mp_record *out, mp_access *access, mp_tx *tx, mp_str id, const mp_json *body,
                                          int64_t expected, mp_error *err);
MP_MUST_CHECK mp_code mp_management_group_put(mp_record *out, mp_access *access, mp_tx *tx, mp_str name,
                                              const mp_json *body, int64_t expected, mp_error *err);
/* Roles that are assigned at it go with it. Fails with MP_MISSING, MP_CONFLICT (something stands in it; it is the root
 * group). */
MP_MUST_CHECK mp_code mp_management_group_delete(mp_access *access, mp_tx *tx, mp_str name, int64_t expected, mp_error *err);

/* Not within a write or read of the store (it may have to read it itself): mp_rbac_reload. The others decide there by what memory
 * has, in a write between mp_rbac_enter_write and mp_rbac_leave_write by what the store has.
 *
 * From memory, without a lock that waits for a writer; under 10 us with 40,000 assignments. LOCAL and SYSTEM
 * may everything; NOBODY, a half-made session, who is not active and who is unknown nothing. Groups are those
 * of memory, not who->groups: who is taken out of one has lost its rights, however old his `who` is. */
bool mp_may(mp_access *access, const mp_who *who, mp_str action, mp_str scope, bool is_data, mp_ticks now);
/* Within a write, before it changes anything: what others changed since `who` was let in, and took from him, counts from here on,
 * on disk or done before him in the same transaction. Costs nothing unless somebody changed what he has his rights from. The
 * other goes behind it, also when it failed. */
MP_MUST_CHECK mp_code mp_rbac_enter_write(mp_access *access, mp_tx *tx, const mp_who *who, mp_error *err);
void mp_rbac_leave_write(void);
/* The same, and why: {"allowed", "reason" ("assignments", or "unknown", "inactive", "limited", "local",
 * "system", "nobody" when none was looked at), "action", "isDataAction", "scope", "principal", "decidedBy":
 * [{assignmentId, roleId, roleName, scope, through (group id, or none), throughName, action (the pattern that
 * matched)}], "notEnough": [{... why: "scope"|"action"|"notAction"|"ended"|"notStarted"}]}. */
MP_MUST_CHECK mp_code mp_may_explain(const mp_json **out, mp_access *access, const mp_who *who, mp_str action,
                                     mp_str scope, bool is_data, mp_ticks now, mp_arena *arena, mp_error *err);
/* Who `id` is as a principal, with groups, for asking about somebody else. Fails with MP_MISSING. */
MP_MUST_CHECK mp_code mp_principal(mp_who *out, mp_access *access, mp_str id, mp_arena *arena, mp_error *err);
/* Whoever can reset how somebody signs in, make a program's secret or put himself into a group has what they
 * have: `by` could assign every role that `principal` (user, program, group) holds, himself and through
 * groups, now and to come, where it is assigned and for as long. Of himself he is. Fails with MP_DENIED and
 * the first that he could not; who is not there holds nothing. */
MP_MUST_CHECK mp_code mp_outranks(mp_access *access, const mp_who *by, mp_str principal, mp_ticks now, mp_error *err);
/* `by` could make anybody Owner at "/": for what comes to the same, as saying which provider of identity is
 * believed, or a copy of all keys. */
MP_MUST_CHECK mp_code mp_outranks_all(mp_access *access, const mp_who *by, mp_ticks now, mp_error *err);
/* An administrator of Mapae who can still sign in remains without this principal. */
bool mp_is_last_administrator(mp_access *access, mp_str principal, mp_ticks now);
/* Read all of it again. Nobody needs to: memory follows every write of this room by itself (rbac.c); for what
 * went around it. */
MP_MUST_CHECK mp_code mp_rbac_reload(mp_access *access, mp_error *err);

#endif
