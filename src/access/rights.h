/* SPDX-License-Identifier: Apache-2.0 */
/* rights.h - one state of all rights, made once and asked from any number of threads.
 *
 * Rows go in (principals, memberships, places, roles, assignments; in any order, each with the ids it came
 * with), mp_rights_finish makes what is asked from them. Of a state that changed a little, the next one is
 * made by keeping the rows that no changed record gave, and adding the rows that those records give now. It
 * knows no store: rbac.c brings rows and says when. */
#ifndef MAPAE_ACCESS_RIGHTS_H
#define MAPAE_ACCESS_RIGHTS_H

#include "access.h"
#include "action_pattern.h"
#include "map.h"
#include "rbac.h"
#include "scope.h"

typedef struct mp_guid_bits {
    uint64_t high, low;
} mp_guid_bits;
bool mp_guid_read(mp_guid_bits *out, mp_str text); /* false: no GUID */
void mp_guid_write(char out[37], mp_guid_bits id);
static inline bool mp_guid_same(mp_guid_bits a, mp_guid_bits b) { return a.high == b.high && a.low == b.low; }

/* ---- rows ---- */

/* Somebody whose assignments count for a principal: himself, or a group that he is in. */
typedef struct mp_right_holder {
    /* a bit for each scope that he has assignments at (mp_right_scope_bit): most questions end here */
    uint64_t scopes;
    uint32_t principal; /* index */
} mp_right_holder;
static inline uint64_t mp_right_scope_bit(uint32_t scope)
{
    return UINT64_C(1) << ((scope * UINT32_C(0x9E3779B1)) >> 26);
}

typedef struct mp_right_principal {
    mp_guid_bits id;
    mp_str       name, app_id;
    mp_ticks     valid_after; /* tokens issued before are worth nothing; 0: any */
    uint8_t      kind;        /* 'u', 'p', 'g' */
    bool         is_active;   /* of groups: always */
    /* made by finish: */
    bool            has_assignments;
    uint64_t        scopes; /* as of mp_right_holder */
    const uint32_t *within; /* groups, also those that groups are in */
    uint32_t        within_count;
    uint32_t        holder_count;
    const mp_right_holder *holders; /* of himself and these, who has assignments */
    uint32_t        first; /* of its assignments, linked by .next_of_principal; UINT32_MAX: none */
} mp_right_principal;

typedef struct mp_right_member {
    mp_guid_bits group, member;
} mp_right_member;

/* A subscription or management group that is known. */
typedef struct mp_right_place {
    mp_str scope;  /* folded */
    mp_str parent; /* folded scope of a management group; empty: the tenant's root group */
} mp_right_place;

typedef struct mp_right_list {
    mp_action_pattern *patterns;
    size_t             count;
} mp_right_list;

typedef struct mp_right_role {
    mp_guid_bits  id;
    mp_str        name;
    bool          is_builtin;
    mp_right_list actions, not_actions, data_actions, not_data_actions;
} mp_right_role;

typedef struct mp_right_assignment {
    mp_guid_bits id, principal, role;
    mp_str       scope;        /* folded */
    mp_ticks     starts, ends; /* 0: any time */
    /* made by finish; UINT32_MAX: not there */
    uint32_t     principal_at, role_at, scope_at;
    uint32_t     next_here;         /* same principal, same scope */
    uint32_t     next_of_principal;
} mp_right_assignment;

typedef struct mp_right_scope { /* every scope that an assignment or a place names */
    mp_str   text;
    uint32_t parent; /* the management group that a place stands in; UINT32_MAX: none but the root */
} mp_right_scope;

typedef struct mp_rights {
    mp_arena             arena;
    mp_str               tenant_group; /* folded scope of the tenant's root management group */
    mp_right_principal  *principals;
    mp_right_member     *members;
    mp_right_place      *places;
    mp_right_role       *roles;
    mp_right_assignment *assignments;
    mp_right_scope      *scopes;
    size_t principal_count, member_count, place_count, role_count, assignment_count, scope_count;
    size_t principal_cap, member_cap, place_cap, role_cap, assignment_cap, scope_cap;
    /* open addressing; entries are index + 1 */
    uint32_t *principal_table, *role_table, *scope_table, *assignment_table;
    uint64_t *pair_table; /* with 32 bits of the hash above it: what is not there is seldom looked for further */
    size_t    principal_size, role_size, scope_size, pair_size, assignment_size;
} mp_rights;

/* ---- making ---- */

/* With the built-in roles, and nothing else. `tenant`: the installation's id, which names the root management group. */
MP_MUST_CHECK mp_code mp_rights_new(mp_rights **out, mp_str tenant, mp_error *err);
void                  mp_rights_free(mp_rights *rights); /* NULL is fine */

/* Kinds of records that rows come from. */
typedef enum mp_right_kind {
    MP_RIGHT_USER,
    MP_RIGHT_GROUP,
    MP_RIGHT_PROGRAM,
    MP_RIGHT_ROLE,
    MP_RIGHT_ASSIGNMENT,
    MP_RIGHT_SUBSCRIPTION,
    MP_RIGHT_MANAGEMENT_GROUP,
    MP_RIGHT_KINDS,
} mp_right_kind;
/* Rows of the record of this kind and key, from its body. What cannot be understood gives no right. */
MP_MUST_CHECK mp_code mp_rights_add(mp_rights *rights, mp_right_kind kind, mp_str key, const mp_json *body,
                                    mp_error *err);
/* The rows of `from` but those of the records in `changed` (a map per kind, by folded key; values not NULL). */
MP_MUST_CHECK mp_code mp_rights_keep(mp_rights *rights, const mp_rights *from, const mp_map changed[MP_RIGHT_KINDS],
                                     mp_error *err);
MP_MUST_CHECK mp_code mp_rights_finish(mp_rights *rights, mp_error *err);

/* ---- asking; after finish ---- */

const mp_right_principal *mp_rights_principal(const mp_rights *rights, mp_str id); /* NULL: unknown */
const mp_right_role      *mp_rights_role(const mp_rights *rights, mp_str id);
/* UINT32_MAX: nothing is given there */
uint32_t                  mp_rights_scope(const mp_rights *rights, mp_str folded);
/* The first assignment of a principal at a scope, both as indexes; UINT32_MAX: none. */
uint32_t mp_rights_first_here(const mp_rights *rights, uint32_t principal, uint32_t scope);
const mp_right_assignment *mp_rights_assignment(const mp_rights *rights, mp_guid_bits id);

/* What `scope` stands in and anything is given at, itself first, the root last. */
#define MP_RIGHTS_CHAIN (MP_SCOPE_DEPTH + 16)
typedef struct mp_right_chain {
    uint32_t at[MP_RIGHTS_CHAIN];
    unsigned count;
} mp_right_chain;
void mp_rights_chain(mp_right_chain *out, const mp_rights *rights, const mp_scope *scope);

/* Does the role allow it, wherever it is assigned? *matched, *refused (may be NULL): the pattern that allows,
 * and the notAction that takes it away. */
bool mp_role_allows(const mp_right_role *role, mp_str folded_action, bool is_data, const mp_action_pattern **matched,
                    const mp_action_pattern **refused);
static inline bool mp_assignment_holds(const mp_right_assignment *a, mp_ticks now)
{
    return (a->starts == 0 || a->starts <= now) && (a->ends == 0 || now < a->ends);
}

/* decide.c */
bool mp_rights_may(const mp_rights *rights, mp_str principal, mp_str action, mp_str scope, bool is_data, mp_ticks now);
MP_MUST_CHECK mp_code mp_rights_explain(const mp_json **out, const mp_rights *rights, mp_str principal, mp_str action,
                                        mp_str scope, bool is_data, mp_ticks now, mp_arena *arena,
                                        mp_error *err); /* explain.c */

/* All that `role` allows, `principal` may do at `scope` too (delegation.c). Never says yes wrongly; may say
 * no when only several of his roles together cover one pattern. *lacks (may be NULL): the first pattern that
 * he has not. */
bool mp_rights_cover(const mp_rights *rights, mp_str principal, const mp_right_role *role, const mp_scope *scope,
                     mp_ticks now, mp_str *lacks);

#endif
