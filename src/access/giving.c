/* SPDX-License-Identifier: Apache-2.0 */
/* Who may give rights to whom: the question of delegation.c, put to the state that holds. */
#include "rbac_internal.h"

#define MAY_GIVE_ANY "Mapae.Access/assignments/any/action"

const char *const mp_may_assign[2] = { "Microsoft.Authorization/roleAssignments/write",
                                       "Mapae.Access/assignments/write" };

bool mp_is_below_any(mp_access *access, const mp_scope *scope, const mp_json *scopes)
{
    mp_scope         outer;
    mp_right_chain   chain;
    unsigned         slot;
    bool             is_below = false;
    const mp_rights *rights = mp_rights_enter_write(&slot, access);
    mp_rights_chain(&chain, rights, scope);
    for (MP_JSON_EACH(item, scopes)) {
        if (!mp_json_is(item, MP_JSON_STRING) || !mp_scope_parse(&outer, mp_json_str(item)))
            continue;
        uint32_t at = mp_rights_scope(rights, mp_scope_str(&outer));
        is_below = is_below || mp_scope_within(scope, &outer);
        for (unsigned i = 0; i < chain.count; i++)
            is_below = is_below || chain.at[i] == at;
    }
    mp_rights_leave(access, slot);
    return is_below;
}

/* What is to be given, as a row: of `made` when it is a custom role. */
static mp_code row_of(const mp_right_role **out, mp_rights **made, const mp_rights *rights, const mp_role_found *role,
                      mp_error *err)
{
    if (role->builtin) {
        *out = mp_rights_role(rights, role->id);
        return MP_OK;
    }
    MP_TRY(mp_rights_new(made, mp_str_of(NULL, 0), err));
    MP_TRY(mp_rights_add(*made, MP_RIGHT_ROLE, role->id, role->body, err));
    *out = &(*made)->roles[(*made)->role_count - 1];
    return MP_OK;
}

static mp_code may_give(const mp_rights *rights, const mp_who *by, const mp_right_role *role, const mp_scope *scope,
                        const char *const actions[2], mp_ticks now, mp_error *err)
{
    mp_str lacks = mp_str_of(NULL, 0), where = mp_scope_str(scope);
    if (!mp_rights_may(rights, by->id, mp_str_from(actions[0]), where, false, now) &&
        !mp_rights_may(rights, by->id, mp_str_from(actions[1]), where, false, now))
        return mp_fail(err, MP_DENIED, MP_NOWHERE, "you may not %s at %.*s for as long", actions[1], MP_FMT(where));
    /* Not at "/": an administrator does not make himself owner of all clouds there. */
    bool may_any = scope->kind != MP_SCOPE_ROOT && mp_rights_may(rights, by->id, MP_S(MAY_GIVE_ANY), where, false, now);
    if (may_any || mp_rights_cover(rights, by->id, role, scope, now, &lacks))
        return MP_OK;
    return mp_fail(err, MP_DENIED, MP_NOWHERE,
                   "the role allows '%.*s', which you may not do yourself at %.*s for as long", MP_FMT(lacks),
                   MP_FMT(where));
}

mp_code mp_may_give(mp_access *access, const mp_who *by, const mp_role_found *role, const mp_scope *scope,
                    const char *const actions[2], mp_ticks now, mp_ticks until, mp_error *err)
{
    unsigned             slot;
    const mp_right_role *row = NULL;
    mp_rights           *made = NULL;
    if (!by || by->kind == MP_WHO_LOCAL || by->kind == MP_WHO_SYSTEM)
        return MP_OK;
    if ((by->kind != MP_WHO_USER && by->kind != MP_WHO_PROGRAM) || by->limited_to.len)
        return mp_fail(err, MP_DENIED, MP_NOWHERE, "who asks may not give rights");
    const mp_rights *rights = mp_rights_enter_write(&slot, access);
    mp_code          code = row_of(&row, &made, rights, role, err);
    if (code == MP_OK)
        code = may_give(rights, by, row, scope, actions, now, err);
    if (code == MP_OK) /* and his own right does not end before what he gives */
        code = may_give(rights, by, row, scope, actions, until ? until - 1 : INT64_MAX, err);
    mp_rights_leave(access, slot);
    mp_rights_free(made);
    return code;
}

/* ---- what somebody holds ---- */

static bool gives_rights(const mp_who *by)
{
    return (by->kind == MP_WHO_USER || by->kind == MP_WHO_PROGRAM) && by->limited_to.len == 0;
}

/* One assignment, to be made now and from when it begins, until it ends. */
static mp_code may_give_again(const mp_rights *rights, const mp_who *by, const mp_right_assignment *a, mp_ticks now,
                              mp_error *err)
{
    mp_scope scope;
    mp_ticks last = a->ends ? a->ends - 1 : INT64_MAX;
    if (a->role_at == UINT32_MAX || (a->ends && a->ends <= now) || !mp_scope_parse(&scope, a->scope))
        return MP_OK; /* it allows nothing, and never will */
    const mp_right_role *role = &rights->roles[a->role_at];
    if (may_give(rights, by, role, &scope, mp_may_assign, now, NULL) == MP_OK &&
        may_give(rights, by, role, &scope, mp_may_assign, last, NULL) == MP_OK)
        return MP_OK;
    return mp_fail(err, MP_DENIED, MP_NOWHERE,
                   "this is about somebody who holds a right that you could not give: %.*s at %.*s", MP_FMT(role->name),
                   MP_FMT(a->scope));
}

static mp_code may_give_all(const mp_rights *rights, const mp_who *by, const mp_right_principal *holder, mp_ticks now,
                            mp_error *err)
{
    for (uint32_t at = holder->first; at != UINT32_MAX; at = rights->assignments[at].next_of_principal)
        MP_TRY(may_give_again(rights, by, &rights->assignments[at], now, err));
    return MP_OK;
}

static mp_code outranks(const mp_rights *rights, const mp_who *by, mp_str principal, mp_ticks now, mp_error *err)
{
    const mp_right_principal *other = mp_rights_principal(rights, principal);
    if (!other)
        return MP_OK;
    MP_TRY(may_give_all(rights, by, other, now, err));
    for (uint32_t i = 0; i < other->within_count; i++)
        MP_TRY(may_give_all(rights, by, &rights->principals[other->within[i]], now, err));
    return MP_OK;
}

mp_code mp_outranks(mp_access *access, const mp_who *by, mp_str principal, mp_ticks now, mp_error *err)
{
    unsigned slot;
    if (by->kind == MP_WHO_LOCAL || by->kind == MP_WHO_SYSTEM ||
        (gives_rights(by) && mp_str_eq_fold(by->id, principal)))
        return MP_OK;
    if (!gives_rights(by))
        return mp_fail(err, MP_DENIED, MP_NOWHERE, "who asks may not give rights");
    const mp_rights *rights = mp_rights_enter(&slot, access);
    if (!rights)
        return mp_fail(err, MP_UNAVAILABLE, MP_NOWHERE, "rights cannot be read from the store at present");
    mp_code code = outranks(rights, by, principal, now, err);
    mp_rights_leave(access, slot);
    return code;
}

mp_code mp_outranks_all(mp_access *access, const mp_who *by, mp_ticks now, mp_error *err)
{
    unsigned slot;
    mp_scope root;
    if (by->kind == MP_WHO_LOCAL || by->kind == MP_WHO_SYSTEM)
        return MP_OK;
    const mp_rights *rights =
        gives_rights(by) && mp_scope_parse(&root, MP_S("/")) ? mp_rights_enter(&slot, access) : NULL;
    if (!rights)
        return mp_fail(err, MP_DENIED, MP_NOWHERE, "who asks may not give rights");
    mp_code code = may_give(rights, by, mp_rights_role(rights, mp_str_from(mp_builtin_role_find(MP_S("Owner"))->id)),
                            &root, mp_may_assign, now, NULL);
    mp_rights_leave(access, slot);
    return code == MP_OK
               ? MP_OK
               : mp_fail(err, MP_DENIED, MP_NOWHERE, "this needs the rights of an owner of the whole installation (/)");
}
