/* SPDX-License-Identifier: Apache-2.0 */
/* A policy object is read by the language itself before it is stored, with what it refers to beside it: what the
 * rulebook could not use is never in the store. */
#include "object_internal.h"

#include "buf.h"
#include "jsonw.h"
#include "keys.h"
#include "library.h"
#include "policy_version.h"
#include "versions.h"

typedef struct checking {
    mp_object_fault       *fault;
    mp_tx                 *tx;
    const mp_object_write *what;
    const mp_json         *body, *properties;
    mp_library            *library;
    mp_buf                 text;
    mp_arena              *arena;
    bool                   has_versions; /* some definition has earlier ones */
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
        return mp_fail(err, d->error.code == MP_NOMEM ? MP_NOMEM : MP_COMPILE, MP_NOWHERE, "%s; did you mean '%.*s'?",
                       d->error.message, MP_FMT(d->nearest));
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

/* ---- versions ---- */

static mp_code get_versions(mp_policy_versions *out, checking *c, mp_object_kind kind, mp_str id, mp_error *err)
{
    mp_versions_asked asked = { .kind = kind, .changes = c->what->beside, .change_count = c->what->beside_count };
    mp_record         record;
    MP_TRY(mp_key_of(&asked.key, id, c->arena, err));
    if (c->has_versions || asked.change_count)
        return mp_versions_read(out, c->tx, &asked, c->arena, err);
    MP_TRY(get(&record, c, kind, id, err));
    out->list = MP_ARENA_NEW(c->arena, mp_policy_version);
    if (!out->list)
        return mp_no_memory(err);
    *out->list = (mp_policy_version){ mp_object_text(mp_json_get(record.body, MP_S("properties")), "version"),
                                      record.body, true };
    out->count = 1;
    return MP_OK;
}

/* The current one first: the others come beside it. */
static mp_code read_versions(checking *c, mp_str id, const mp_policy_versions *all, mp_error *err)
{
    MP_TRY(read(c, id, mp_version_current(all)->body, MP_ROLE_REFERENCED, err));
    for (size_t i = 0; i < all->count; i++)
        if (!all->list[i].is_current)
            MP_TRY(read(c, id, all->list[i].body, MP_ROLE_EARLIER, err));
    return MP_OK;
}

/* Is there one that suits? Initiatives that are built in ask for versions that an import may not have brought: those
 * are judged by what there is. */
static mp_code check_asked(checking *c, mp_str id, const mp_policy_versions *all, mp_str pattern, mp_error *err)
{
    if (!pattern.len || c->what->is_builtin)
        return MP_OK;
    if (!mp_version_is(pattern, true)) {
        c->fault->code = "InvalidPolicyDefinitionVersion";
        return mp_fail(err, MP_COMPILE, MP_NOWHERE, "\"%.*s\" is no version such as 1.*.*", MP_FMT(pattern));
    }
    if (mp_version_chosen(all, pattern))
        return MP_OK;
    c->fault->code = "PolicyDefinitionVersionNotFound";
    return mp_fail(err, MP_REFERENCE, MP_NOWHERE, "there is no version '%.*s' of '%.*s'; the newest is '%.*s'",
                   MP_FMT(pattern), MP_FMT(id), MP_FMT(all->list[0].version));
}

/* What overrides say of a version: of the reference of that id, or of all that is assigned (NULL). */
static mp_code check_overrides(checking *c, mp_str id, const mp_policy_versions *all, const mp_str *reference, mp_error *err)
{
    const mp_json *overrides = mp_json_get_fold(c->properties, MP_S("overrides"));
    if (!mp_json_is(overrides, MP_JSON_ARRAY))
        return MP_OK;
    for (MP_JSON_EACH(o, overrides)) {
        const mp_json *selectors = mp_json_get_fold(o, MP_S("selectors"));
        bool           is_of_references = false, is_of_this = false;
        for (size_t i = 0; mp_json_is(selectors, MP_JSON_ARRAY) && i < selectors->count; i++) {
            const mp_json *selector = mp_json_at(selectors, i), *in = mp_json_get_fold(selector, MP_S("in"));
            if (!mp_str_eq_fold(mp_object_text(selector, "kind"), MP_S("policyDefinitionReferenceId")))
                continue;
            is_of_references = true;
            if (reference && mp_json_is(in, MP_JSON_ARRAY))
                for (MP_JSON_EACH(one, in))
                    is_of_this = is_of_this || (one->kind == MP_JSON_STRING && mp_str_eq_fold(mp_json_str(one), *reference));
        }
        if (!mp_str_eq_fold(mp_object_text(o, "kind"), MP_S("policyEffect")) && (reference ? is_of_this : !is_of_references))
            MP_TRY(check_asked(c, id, all, mp_object_text(o, "value"), err));
    }
    return MP_OK;
}

/* ---- members ---- */

static mp_code read_member(checking *c, const mp_json *reference, bool into_library, mp_error *err)
{
    mp_policy_versions all;
    mp_str id = mp_object_text(reference, "policyDefinitionId"),
           name = mp_object_text(reference, "policyDefinitionReferenceId");
    mp_code            code = get_versions(&all, c, MP_OBJECT_DEFINITION, id, err);
    if (code == MP_MISSING)
        return missing(c, MP_OBJECT_DEFINITION, id, err);
    MP_TRY(code);
    if (!into_library)
        return check_asked(c, id, &all, mp_object_text(reference, "definitionVersion"), err);
    MP_TRY(check_overrides(c, id, &all, &name, err));
    mp_str key;
    MP_TRY(mp_key_of(&key, id, c->arena, err));
    return read_versions(c, key, &all, err);
}

static mp_code read_members(checking *c, const mp_json *set, bool into_library, mp_error *err)
{
    const mp_json *references = mp_json_get_fold(mp_json_get_fold(set, MP_S("properties")), MP_S("policyDefinitions"));
    if (!mp_json_is(references, MP_JSON_ARRAY))
        return MP_OK;
    for (MP_JSON_EACH(reference, references)) {
        mp_arena_mark mark = mp_arena_save(c->arena);
        MP_TRY(read_member(c, reference, into_library, err));
        mp_arena_restore(c->arena, mark);
    }
    return MP_OK;
}

static mp_code check_own_version(checking *c, mp_error *err)
{
    mp_str version = mp_object_text(c->properties, "version");
    if (c->what->is_builtin || mp_version_is(version, false))
        return MP_OK;
    c->fault->code = "InvalidPolicyDefinitionVersion";
    return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "'%.*s' is no version; wanted are three numbers, as in 1.0.0",
                   MP_FMT(version));
}

/* ---- by kind ---- */

static mp_code check_definition(checking *c, mp_error *err)
{
    MP_TRY(check_own_version(c, err));
    MP_TRY(read(c, c->what->place->name, c->body, MP_ROLE_REFERENCED, err));
    if (mp_library_definition_count(c->library) == 0 && !first_error(c)) {
        c->fault->code = "InvalidPolicyRule";
        return mp_fail(err, MP_COMPILE, MP_NOWHERE,
                       "a policy definition has a \"policyRule\" with \"if\" and \"then\"; there is none");
    }
    return check_findings(c, "InvalidPolicyRule", err);
}

static mp_code check_set(checking *c, mp_error *err)
{
    MP_TRY(check_own_version(c, err));
    MP_TRY(read(c, c->what->place->name, c->body, MP_ROLE_REFERENCED, err));
    if (mp_library_initiative_count(c->library) == 0 && !first_error(c)) {
        c->fault->code = "InvalidPolicySetDefinition";
        return mp_fail(err, MP_COMPILE, MP_NOWHERE,
                       "a policy set definition has an array \"policyDefinitions\"; there is none");
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
        code = mp_fail(err, MP_PARAMETER, MP_NOWHERE,
                       "the policy assignment lacks values of parameters without a default: '%.*s'",
                       MP_FMT(mp_buf_str(&names)));
    }
    mp_buf_free(&names);
    return code;
}

static mp_code check_assignment(checking *c, mp_error *err)
{
    mp_str id = mp_object_text(c->properties, "policyDefinitionId"),
           pattern = mp_object_text(c->properties, "definitionVersion"), key;
    mp_policy_versions all;
    bool               is_set = mp_str_find_fold(id, MP_S("/policySetDefinitions/")) != SIZE_MAX;
    mp_code            code = get_versions(&all, c, is_set ? MP_OBJECT_SET : MP_OBJECT_DEFINITION, id, err);
    if (code == MP_MISSING)
        return missing(c, is_set ? MP_OBJECT_SET : MP_OBJECT_DEFINITION, id, err);
    MP_TRY(code);
    MP_TRY(check_asked(c, id, &all, pattern, err));
    MP_TRY(check_overrides(c, id, &all, NULL, err));
    MP_TRY(check_given(c, mp_version_chosen(&all, pattern)->body, err));
    MP_TRY(mp_key_of(&key, id, c->arena, err));
    MP_TRY(read(c, c->what->place->name, c->body, MP_ROLE_JUDGED, err));
    MP_TRY(read_versions(c, key, &all, err));
    for (size_t i = 0; is_set && i < all.count; i++)
        if (all.list[i].is_current || pattern.len || mp_json_get_fold(c->properties, MP_S("overrides")))
            MP_TRY(read_members(c, all.list[i].body, true, err));
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
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "exemptionCategory is '%.*s'; wanted is Waiver or Mitigated",
                       MP_FMT(category));
    }
    return check_of_assignment(c, "InvalidPolicyExemption", err);
}

static mp_code check_attestation(checking *c, mp_error *err) { return check_of_assignment(c, "InvalidAttestation", err); }

static mp_code (*const checkers[MP_OBJECT_KINDS])(checking *, mp_error *) = {
    [MP_OBJECT_DEFINITION] = check_definition,   [MP_OBJECT_SET] = check_set,
    [MP_OBJECT_ASSIGNMENT] = check_assignment,   [MP_OBJECT_EXEMPTION] = check_exemption,
    [MP_OBJECT_ATTESTATION] = check_attestation,
};

mp_code mp_object_check(mp_object_fault *fault, mp_tx *tx, const mp_object_write *what, const mp_json *body,
                        mp_arena *arena, mp_error *err)
{
    checking c = { .fault = fault,
                   .tx = tx,
                   .what = what,
                   .body = body,
                   .properties = mp_json_get(body, MP_S("properties")),
                   .text = MP_BUF_INIT,
                   .arena = arena };
    MP_TRY(mp_library_new(&c.library, err));
    mp_library_set_now(c.library, mp_tx_time(tx));
    mp_code code = mp_versions_are_kept(&c.has_versions, tx, 0, err);
    if (code == MP_OK)
        code = checkers[what->kind](&c, err);
    mp_library_free(c.library);
    mp_buf_free(&c.text);
    return code;
}
