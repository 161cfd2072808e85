/* SPDX-License-Identifier: Apache-2.0 */
#include "acting.h"

#include "buf.h"
#include "directory.h"
#include "keys.h"
#include "objects.h"
#include "rbac.h"

static mp_str text(const mp_json *object, const char *member)
{
    const mp_json *v = mp_json_get_fold(object, mp_str_from(member));
    return mp_json_is(v, MP_JSON_STRING) ? mp_json_str(v) : MP_S("");
}

/* ---- the identity ---- */

static mp_str principal_of(const mp_json *assignment)
{
    const mp_json *identity = mp_json_get(assignment, MP_S("identity"));
    return mp_str_find_fold(text(identity, "type"), MP_S("SystemAssigned")) != SIZE_MAX
               ? text(identity, "principalId")
               : MP_S("");
}

mp_code mp_acting_follow(mp_access *access, mp_tx *tx, mp_str assignment, mp_error *err)
{
    mp_record record;
    mp_error  why = { .code = MP_OK };
    mp_code   code = mp_record_get(&record, tx, mp_object_kinds[MP_OBJECT_ASSIGNMENT], assignment, 0, mp_tx_arena(tx), &why);
    if (code != MP_OK && code != MP_MISSING)
        return mp_fail(err, code, MP_NOWHERE, "%s", why.message);
    mp_str principal = code == MP_OK ? principal_of(record.body) : MP_S("");
    return principal.len ? mp_identity_keep(access, tx, principal, text(record.body, "name"), assignment, err)
                         : mp_identity_end(access, tx, assignment, MP_S(""), err);
}

typedef struct reading {
    mp_str    key;
    mp_arena *arena;
    mp_record record; /* version 0: there is none */
} reading;

static mp_code read_assignment(mp_tx *tx, void *arg, mp_error *err)
{
    reading *r = arg;
    mp_error why = { .code = MP_OK };
    mp_code  code = mp_record_get(&r->record, tx, mp_object_kinds[MP_OBJECT_ASSIGNMENT], r->key, 0, r->arena, &why);
    if (code == MP_MISSING)
        r->record = (mp_record){ .version = 0 };
    return code == MP_OK || code == MP_MISSING ? MP_OK : mp_fail(err, code, MP_NOWHERE, "%s", why.message);
}

mp_code mp_acting_of(mp_acting *out, mp_compliance *compliance, const mp_rulebook *book, uint32_t check,
                     const mp_remediation_actor *ordered_by, mp_arena *arena, mp_error *err)
{
    const mp_rule_facts *facts = mp_rulebook_facts(book, check);
    reading              r = { .arena = arena };
    *out = mp_acting_as(ordered_by);
    MP_TRY(mp_key_of(&r.key, facts->assignment_id, arena, err));
    MP_TRY(mp_store_read(compliance->app->store, read_assignment, &r, err));
    mp_str principal = r.record.version ? principal_of(r.record.body) : MP_S("");
    if (!principal.len)
        return MP_OK;
    *out = (mp_acting){ .actor = { MP_S("program"), principal, MP_S("Application") },
                        .is_identity = true,
                        .assignment = text(r.record.body, "name") };
    return mp_key_of(&out->definition, facts->definition_id, arena, err);
}

/* ---- roles that the policy names ---- */

typedef struct naming {
    const mp_acting *who;
    const mp_json   *explained; /* why he may not */
    mp_arena        *arena;
    mp_buf           lacking;
} naming;

/* One that he has there, and that is not enough. */
static bool is_held(const naming *n, mp_str role)
{
    const mp_json *roles = mp_json_get(n->explained, MP_S("notEnough"));
    if (!mp_json_is(roles, MP_JSON_ARRAY))
        return false;
    for (MP_JSON_EACH(one, roles)) {
        mp_str why = text(one, "why");
        if (mp_str_eq_fold(text(one, "roleId"), role) &&
            (mp_str_eq(why, MP_S("action")) || mp_str_eq(why, MP_S("notAction"))))
            return true;
    }
    return false;
}

static mp_str name_of(naming *n, mp_tx *tx, mp_str role)
{
    mp_record              record;
    const mp_builtin_role *builtin = mp_builtin_role_find(role);
    if (builtin)
        return mp_str_from(builtin->name);
    if (mp_record_get(&record, tx, &mp_role_kind, role, 0, n->arena, NULL) == MP_OK && text(record.body, "roleName").len)
        return text(record.body, "roleName");
    return role;
}

static mp_code name_roles(mp_tx *tx, void *arg, mp_error *err)
{
    static const char *const path[] = { "properties", "policyRule", "then", "details", "roleDefinitionIds" };
    naming        *n = arg;
    mp_record      record;
    mp_error       why = { .code = MP_OK };
    mp_code code =
        mp_record_get(&record, tx, mp_object_kinds[MP_OBJECT_DEFINITION], n->who->definition, 0, n->arena, &why);
    if (code == MP_MISSING)
        return MP_OK;
    if (code != MP_OK)
        return mp_fail(err, code, MP_NOWHERE, "%s", why.message);
    const mp_json *at = record.body;
    for (size_t i = 0; i < MP_COUNT(path); i++)
        at = mp_json_get_fold(at, mp_str_from(path[i]));
    if (!mp_json_is(at, MP_JSON_ARRAY))
        return MP_OK;
    for (MP_JSON_EACH(one, at)) {
        mp_str id = mp_json_is(one, MP_JSON_STRING) ? mp_json_str(one) : MP_S("");
        mp_str role = mp_str_skip(id, mp_str_rfind(id, '/') == SIZE_MAX ? 0 : mp_str_rfind(id, '/') + 1);
        MP_TRY(mp_key_of(&role, role, n->arena, err));
        if (!role.len || is_held(n, role))
            continue;
        mp_buf_add_z(&n->lacking, n->lacking.len ? ", " : "");
        mp_buf_add(&n->lacking, name_of(n, tx, role));
    }
    return MP_OK;
}

/* Which of the roles that the policy names are missing there. */
static mp_code tell_identity(mp_compliance *compliance, const mp_acting *who, const mp_who *principal, mp_str action,
                             const mp_place *place, mp_arena *arena, mp_error *err)
{
    naming   n = { .who = who, .arena = arena, .lacking = MP_BUF_INIT };
    mp_error why = { .code = MP_OK };
    mp_code code = mp_may_explain(&n.explained, compliance->app->access, principal, action, place->key, false,
                                  mp_clock_now(), arena, &why);
    if (code == MP_PARAMETER) { /* such an action no role can name */
        n.explained = NULL;
        code = MP_OK;
    }
    if (code == MP_OK)
        code = mp_store_read(compliance->app->store, name_roles, &n, &why);
    if (code == MP_OK && n.lacking.failed)
        code = mp_no_memory(&why);
    if (code != MP_OK)
        code = mp_fail(err, code, MP_NOWHERE, "%s", why.message);
    else if (n.lacking.len)
        code = mp_fail(
            err, MP_DENIED, MP_NOWHERE,
            "the identity of the policy assignment '%.*s' lacks a role that the policy names: %.*s; needed for %.*s",
            MP_FMT(who->assignment), MP_FMT(mp_buf_str(&n.lacking)), MP_FMT(action));
    else
        code = mp_fail(
            err, MP_DENIED, MP_NOWHERE,
            "the identity of the policy assignment '%.*s' has no right to %.*s; the roles that the policy names do not give it",
            MP_FMT(who->assignment), MP_FMT(action));
    mp_buf_free(&n.lacking);
    return code;
}

/* ---- may he ---- */

static mp_code ask(mp_compliance *compliance, const mp_acting *who, mp_str action, const mp_place *place,
                   mp_arena *arena, mp_error *err)
{
    mp_access *access = compliance->app->access;
    mp_who     principal = { .kind = MP_WHO_LOCAL, .id = who->actor.id };
    mp_error   why = { .code = MP_OK };
    if (!mp_str_eq(who->actor.kind, MP_S("local"))) {
        mp_code code = mp_principal(&principal, access, who->actor.id, arena, &why);
        if (code != MP_OK && code != MP_MISSING)
            return mp_fail(err, code, MP_NOWHERE, "%s", why.message);
        if (code == MP_MISSING && !who->is_identity)
            return mp_fail(err, MP_DENIED, MP_NOWHERE, "whoever ordered the remediation is not known any more");
        if (code == MP_MISSING)
            principal.kind = MP_WHO_PROGRAM;
    }
    if (mp_may(access, &principal, action, place->key, false, mp_clock_now()))
        return MP_OK;
    if (who->is_identity)
        return tell_identity(compliance, who, &principal, action, place, arena, err);
    return mp_fail(err, MP_DENIED, MP_NOWHERE, "whoever ordered the remediation has no right to %.*s on '%.*s'",
                   MP_FMT(action), MP_FMT(place->key));
}

mp_code mp_acting_may(mp_compliance *compliance, const mp_acting *who, const mp_place *place, const char *verb,
                      mp_arena *arena, mp_error *err)
{
    mp_str action = mp_place_action(place, verb, arena);
    return action.ptr ? ask(compliance, who, action, place, arena, err) : mp_no_memory(err);
}

bool mp_acting_may_read(mp_compliance *compliance, const mp_acting *who, mp_str key, mp_arena *arena)
{
    mp_place place;
    return mp_place_of(&place, key, arena, NULL) == MP_OK &&
           mp_acting_may(compliance, who, &place, "read", arena, NULL) == MP_OK;
}
