/* SPDX-License-Identifier: Apache-2.0 */
/* A policy object is read by the language itself before it is stored, with what it refers to beside it: what the rulebook could not use is never in the store. */
#include "object_internal.h"

#include "buf.h"
#include "jsonw.h"
#include "keys.h"
#include "library.h"

typedef struct checking {
    mp_object_fault       *fault;
    mp_tx                 *tx;
    const mp_object_write *what;
    const mp_json         *body, *properties;
    mp_library            *library;
    mp_buf                 text;
    mp_arena              *arena;
} checking;

/* ---- with the language ---- */

static mp_code read(checking *c, mp_str name, const mp_json *body, mp_role role, mp_error *err)
{
    mp_buf_clear(&c->text);
    mp_buf_add_json(&c->text, body);
    MP_TRY(mp_buf_check(&c->text, err));
    return mp_library_read(c->library, name, mp_buf_str(&c->text), role, err);
}

static const mp_diagnostic *first_error(const checking *c)
{
    for (const mp_diagnostic *d = mp_library_diagnostics(c->library)->first; d; d = d->next)
        if (d->severity == MP_SEVERITY_ERROR)
            return d;
    return NULL;
}

/* The first finding that is an error refuses it. */
static mp_code check_findings(checking *c, const char *code, mp_error *err)
{
    const mp_diagnostic *d = first_error(c);
    if (!d)
        return MP_OK;
    c->fault->code = code;
    if (d->nearest.len)
        return mp_fail(err, d->error.code == MP_NOMEM ? MP_NOMEM : MP_COMPILE, MP_NOWHERE, "%s; did you mean '%.*s'?", d->error.message, MP_FMT(d->nearest));
    return mp_fail(err, d->error.code == MP_NOMEM ? MP_NOMEM : MP_COMPILE, MP_NOWHERE, "%s", d->error.message);
}

/* ---- what it refers to ---- */

static mp_code get(mp_record *out, checking *c, mp_object_kind kind, mp_str id, mp_error *err)
{
    mp_str key;
    MP_TRY(mp_key_of(&key, id, c->arena, err));
    for (size_t i = 0; i < c->what->beside_count; i++) {
        const mp_rule_change *beside = &c->what->beside[i];
        if (beside->kind != mp_object_kinds[kind] || !mp_str_eq(beside->key, key))
            continue;
        *out = (mp_record){ .key = key, .body = beside->body };
        return beside->body ? MP_OK : mp_fail(err, MP_MISSING, MP_NOWHERE, "there is no policy object '%.*s'", MP_FMT(id));
    }
    return mp_record_get(out, c->tx, mp_object_kinds[kind], key, 0, c->arena, err);
}

static mp_code missing(checking *c, mp_object_kind kind, mp_str id, mp_error *err)
{
    if (kind == MP_OBJECT_ASSIGNMENT) {
        c->fault->code = "PolicyAssignmentNotFound";
        return mp_fail(err, MP_REFERENCE, MP_NOWHERE, "there is no policy assignment '%.*s'", MP_FMT(id));
    }
    if (kind == MP_OBJECT_SET) {
        c->fault->code = "PolicySetDefinitionNotFound";
        return mp_fail(err, MP_REFERENCE, MP_NOWHERE, "there is no policy set definition '%.*s'", MP_FMT(id));
    }
    c->fault->code = "PolicyDefinitionNotFound";
    return mp_fail(err, MP_REFERENCE, MP_NOWHERE, "there is no policy definition '%.*s'", MP_FMT(id));
}

static mp_code read_members(checking *c, const mp_json *set, bool into_library, mp_error *err)
{
    const mp_json *references = mp_json_get_fold(mp_json_get_fold(set, MP_S("properties")), MP_S("policyDefinitions"));
    if (!mp_json_is(references, MP_JSON_ARRAY))
        return MP_OK;
    for (MP_JSON_EACH(reference, references)) {
        mp_record     member;
        mp_str        id = mp_object_text(reference, "policyDefinitionId");
        mp_arena_mark mark = mp_arena_save(c->arena);
        mp_code       code = get(&member, c, MP_OBJECT_DEFINITION, id, err);
        if (code == MP_MISSING)
            return missing(c, MP_OBJECT_DEFINITION, id, err);
        MP_TRY(code);
        if (into_library)
            MP_TRY(read(c, member.key, member.body, MP_ROLE_REFERENCED, err));
        mp_arena_restore(c->arena, mark);
    }
    return MP_OK;
}

/* ---- by kind ---- */

static mp_code check_definition(checking *c, mp_error *err)
{
    MP_TRY(read(c, c->what->place->name, c->body, MP_ROLE_REFERENCED, err));
    if (mp_library_definition_count(c->library) == 0 && !first_error(c)) {
        c->fault->code = "InvalidPolicyRule";
        return mp_fail(err, MP_COMPILE, MP_NOWHERE, "a policy definition has a \"policyRule\" with \"if\" and \"then\"; there is none");
    }
    return check_findings(c, "InvalidPolicyRule", err);
}

static mp_code check_set(checking *c, mp_error *err)
{
    MP_TRY(read(c, c->what->place->name, c->body, MP_ROLE_REFERENCED, err));
    if (mp_library_initiative_count(c->library) == 0 && !first_error(c)) {
        c->fault->code = "InvalidPolicySetDefinition";
        return mp_fail(err, MP_COMPILE, MP_NOWHERE, "a policy set definition has an array \"policyDefinitions\"; there is none");
    }
    MP_TRY(check_findings(c, "InvalidPolicySetDefinition", err));
    return read_members(c, c->body, false, err);
}

/* Parameters of what is assigned that have no default and are not given: named all at once. */
static mp_code check_given(checking *c, const mp_json *assigned, mp_error *err)
{
    const mp_json *declared = mp_json_get_fold(mp_json_get_fold(assigned, MP_S("properties")), MP_S("parameters")),
                  *given = mp_json_get_fold(c->properties, MP_S("parameters"));
    mp_buf         names = MP_BUF_INIT;
    if (!mp_json_is(declared, MP_JSON_OBJECT))
        return MP_OK;
    for (MP_JSON_MEMBERS(key, declared))
        if (!mp_json_get_fold(key + 1, MP_S("defaultValue")) && !mp_json_get_fold(given, mp_json_str(key))) {
            mp_buf_add(&names, names.len ? MP_S(", ") : MP_S(""));
            mp_buf_add(&names, mp_json_str(key));
        }
    mp_code code = MP_OK;
    if (names.len) {
        c->fault->code = "MissingPolicyParameter";
        code = mp_fail(err, MP_PARAMETER, MP_NOWHERE, "the policy assignment lacks values of parameters without a default: '%.*s'", MP_FMT(mp_buf_str(&names)));
    }
    mp_buf_free(&names);
    return code;
}

static mp_code check_assignment(checking *c, mp_error *err)
{
    mp_str    id = mp_object_text(c->properties, "policyDefinitionId");
    mp_record assigned;
    bool      is_set = mp_str_find_fold(id, MP_S("/policySetDefinitions/")) != SIZE_MAX;
    mp_code   code = get(&assigned, c, is_set ? MP_OBJECT_SET : MP_OBJECT_DEFINITION, id, err);
    if (code == MP_MISSING)
        return missing(c, is_set ? MP_OBJECT_SET : MP_OBJECT_DEFINITION, id, err);
    MP_TRY(code);
    MP_TRY(check_given(c, assigned.body, err));
    MP_TRY(read(c, c->what->place->name, c->body, MP_ROLE_JUDGED, err));
    MP_TRY(read(c, assigned.key, assigned.body, MP_ROLE_REFERENCED, err));
    if (is_set)
        MP_TRY(read_members(c, assigned.body, true, err));
    const mp_check *checks;
    uint32_t        count;
    MP_TRY(mp_library_checks(c->library, &checks, &count, err));
    return check_findings(c, "InvalidPolicyAssignment", err);
}

static mp_code check_of_assignment(checking *c, const char *invalid, mp_error *err)
{
    mp_str    id = mp_object_text(c->properties, "policyAssignmentId");
    mp_record assignment;
    mp_code   code = get(&assignment, c, MP_OBJECT_ASSIGNMENT, id, err);
    if (code == MP_MISSING)
        return missing(c, MP_OBJECT_ASSIGNMENT, id, err);
    MP_TRY(code);
    MP_TRY(read(c, c->what->place->name, c->body, MP_ROLE_REFERENCED, err));
    return check_findings(c, invalid, err);
}

static mp_code check_exemption(checking *c, mp_error *err)
{
    mp_str category = mp_object_text(c->properties, "exemptionCategory");
    if (!mp_str_eq_fold(category, MP_S("Waiver")) && !mp_str_eq_fold(category, MP_S("Mitigated"))) {
        c->fault->code = "InvalidPolicyExemption";
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "exemptionCategory is '%.*s'; wanted is Waiver or Mitigated", MP_FMT(category));
    }
    return check_of_assignment(c, "InvalidPolicyExemption", err);
}

static mp_code check_attestation(checking *c, mp_error *err) { return check_of_assignment(c, "InvalidAttestation", err); }

static mp_code (*const checkers[MP_OBJECT_KINDS])(checking *, mp_error *) = {
    [MP_OBJECT_DEFINITION] = check_definition, [MP_OBJECT_SET] = check_set,           [MP_OBJECT_ASSIGNMENT] = check_assignment,
    [MP_OBJECT_EXEMPTION] = check_exemption,   [MP_OBJECT_ATTESTATION] = check_attestation,
};

mp_code mp_object_check(mp_object_fault *fault, mp_tx *tx, const mp_object_write *what, const mp_json *body, mp_arena *arena, mp_error *err)
{
    checking c = { .fault = fault, .tx = tx, .what = what, .body = body, .properties = mp_json_get(body, MP_S("properties")), .text = MP_BUF_INIT, .arena = arena };
    MP_TRY(mp_library_new(&c.library, err));
    mp_library_set_now(c.library, mp_tx_time(tx));
    mp_code code = checkers[what->kind](&c, err);
    mp_library_free(c.library);
    mp_buf_free(&c.text);
    return code;
}
