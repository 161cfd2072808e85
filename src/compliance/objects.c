/* SPDX-License-Identifier: Apache-2.0 */
#include "objects.h"

#include "keys.h"
#include "object_internal.h"
#include "rulebook_internal.h"
#include "text.h"
#include "versions.h"

enum { STARTS_MAX = 512 }; /* bytes that a filter takes */

/* ---- kinds ---- */

#define ID { .name = "id", .path = "id", .folds = true }
#define DISPLAY_NAME { .name = "displayName", .path = "properties/displayName", .folds = true }

static const mp_record_index definition_indexes[] = {
    ID, DISPLAY_NAME,
    { .name = "policyType", .path = "properties/policyType", .folds = true },
    { .name = "category", .path = "properties/metadata/category", .folds = true },
};
/* "definition": what members refer to. */
static const mp_record_index set_indexes[] = {
    ID, DISPLAY_NAME,
    { .name = "policyType", .path = "properties/policyType", .folds = true },
    { .name = "category", .path = "properties/metadata/category", .folds = true },
    { .name = "policyDefinitionId", .path = "refersTo", .folds = true },
};
static const mp_record_index assignment_indexes[] = {
    ID, DISPLAY_NAME, { .name = "policyDefinitionId", .path = "properties/policyDefinitionId", .folds = true },
};
static const mp_record_index of_assignment_indexes[] = {
    ID, { .name = "policyAssignmentId", .path = "properties/policyAssignmentId", .folds = true },
};

const mp_kind mp_policy_definition_kind = { "policy-definition", definition_indexes, MP_COUNT(definition_indexes), false };
const mp_kind mp_policy_set_kind = { "policy-set-definition", set_indexes, MP_COUNT(set_indexes), false };
const mp_kind mp_policy_assignment_kind = { "policy-assignment", assignment_indexes, MP_COUNT(assignment_indexes), false };
const mp_kind mp_policy_exemption_kind = { "policy-exemption", of_assignment_indexes, MP_COUNT(of_assignment_indexes),
                                           false };
const mp_kind mp_policy_attestation_kind = { "policy-attestation", of_assignment_indexes,
                                             MP_COUNT(of_assignment_indexes), false };

const mp_kind *const mp_object_kinds[MP_OBJECT_KINDS + 1] = {
    [MP_OBJECT_DEFINITION] = &mp_policy_definition_kind,   [MP_OBJECT_SET] = &mp_policy_set_kind,
    [MP_OBJECT_ASSIGNMENT] = &mp_policy_assignment_kind,   [MP_OBJECT_EXEMPTION] = &mp_policy_exemption_kind,
    [MP_OBJECT_ATTESTATION] = &mp_policy_attestation_kind,
};

const char *mp_object_type(mp_object_kind kind)
{
    static const char *const types[MP_OBJECT_KINDS] = {
        [MP_OBJECT_DEFINITION] = "Microsoft.Authorization/policyDefinitions",
        [MP_OBJECT_SET] = "Microsoft.Authorization/policySetDefinitions",
        [MP_OBJECT_ASSIGNMENT] = "Microsoft.Authorization/policyAssignments",
        [MP_OBJECT_EXEMPTION] = "Microsoft.Authorization/policyExemptions",
        [MP_OBJECT_ATTESTATION] = "Microsoft.PolicyInsights/attestations",
    };
    return types[kind];
}

/* ---- put ---- */

/* *old: version 0 when there is none. */
static mp_code make(const mp_json **body, mp_record *old, mp_object_fault *fault, mp_tx *tx,
                    const mp_object_write *what, mp_arena *arena, mp_error *err)
{
    *fault = (mp_object_fault){ .code = "InvalidRequestContent" };
    mp_code code = mp_record_get(old, tx, mp_object_kinds[what->kind], what->place->key, 0, arena, err);
    if (code == MP_MISSING && !what->is_patch)
        *old = (mp_record){ .version = 0 };
    else
        MP_TRY(code);
    if (*body)
        return MP_OK;
    MP_TRY(mp_object_complete(body, tx, what, old->body, arena, err));
    return mp_object_check(fault, tx, what, *body, arena, err);
}

mp_code mp_object_prepare(mp_object_ready *out, mp_object_fault *fault, mp_tx *tx, const mp_object_write *what,
                          mp_arena *arena, mp_error *err)
{
    mp_record       old;
    mp_object_ready made = { .body = NULL };
    *out = made;
    MP_TRY(mp_rules_changed_at(&made.rules_at, tx, err));
    MP_TRY(make(&made.body, &old, fault, tx, what, arena, err));
    *out = made;
    return MP_OK;
}

/* Everything that it was checked against is a policy object: as long as none was changed, what was found holds. */
static mp_code take_ready(const mp_json **body, mp_tx *tx, const mp_object_ready *ready, mp_error *err)
{
    mp_ticks rules_at;
    *body = NULL;
    if (!ready || !ready->body)
        return MP_OK;
    MP_TRY(mp_rules_changed_at(&rules_at, tx, err));
    if (rules_at == ready->rules_at)
        *body = ready->body;
    return MP_OK;
}

mp_code mp_object_put(mp_record *out, bool *is_new, mp_object_fault *fault, mp_tx *tx, const mp_object_write *what,
                      mp_arena *arena, mp_error *err)
{
    mp_record      old, stored;
    const mp_json *body;
    MP_TRY(take_ready(&body, tx, what->ready, err));
    MP_TRY(make(&body, &old, fault, tx, what, arena, err));
    MP_TRY(mp_versions_keep(tx, what->kind, what->place->key, old.version ? old.body : NULL, body, err));
    MP_TRY(mp_record_put(&stored, tx, mp_object_kinds[what->kind], what->place->key, body, what->expected, err));
    if (is_new)
        *is_new = old.version == 0;
    if (out) {
        *out = stored;
        out->body = body;
    }
    return MP_OK;
}

/* ---- delete ---- */

/* One record whose index has this value, or MP_MISSING. */
static mp_code find_user(mp_record *out, mp_tx *tx, const mp_kind *kind, const char *index, mp_str value,
                         mp_arena *arena, mp_error *err)
{
    mp_record_page   page;
    mp_record_filter filter = { index, MP_FILTER_EQ, value };
    mp_record_query  query = { .kind = kind, .filters = &filter, .filter_count = 1, .limit = 1 };
    MP_TRY(mp_record_list(&page, tx, &query, arena, err));
    if (page.count == 0)
        return mp_fail(err, MP_MISSING, MP_NOWHERE, "nothing refers to it");
    *out = page.records[0];
    return MP_OK;
}

static mp_code check_unused(mp_object_fault *fault, mp_tx *tx, mp_object_kind kind, mp_str key, mp_arena *arena,
                            mp_error *err)
{
    static const mp_kind *const users[] = { &mp_policy_assignment_kind, &mp_policy_set_kind, &mp_policy_set_version_kind };
    size_t count = kind == MP_OBJECT_DEFINITION ? MP_COUNT(users) : kind == MP_OBJECT_SET ? 1 : 0;
    for (size_t i = 0; i < count; i++) {
        mp_record user = { .version = 0 };
        mp_error  why = { 0 };
        mp_code   code = find_user(&user, tx, users[i], "policyDefinitionId", key, arena, &why);
        if (code == MP_MISSING)
            continue;
        if (code != MP_OK)
            return mp_fail(err, code, MP_NOWHERE, "%s", why.message);
        fault->code = kind == MP_OBJECT_SET ? "PolicySetDefinitionInUse" : "PolicyDefinitionInUse";
        return mp_fail(err, MP_CONFLICT, MP_NOWHERE, "it is in use by '%.*s'; delete that first", MP_FMT(user.key));
    }
    return MP_OK;
}

/* What is about an assignment that is gone is about nothing. */
static mp_code delete_about(mp_tx *tx, mp_object_kind kind, mp_str assignment, mp_arena *arena, mp_error *err)
{
    for (;;) {
        mp_record record;
        mp_error  why = { 0 };
        mp_code   code = find_user(&record, tx, mp_object_kinds[kind], "policyAssignmentId", assignment, arena, &why);
        if (code == MP_MISSING)
            return MP_OK;
        if (code != MP_OK)
            return mp_fail(err, code, MP_NOWHERE, "%s", why.message);
        MP_TRY(mp_record_delete(tx, mp_object_kinds[kind], record.key, MP_ANY_VERSION, err));
    }
}

mp_code mp_object_delete(mp_record *old, mp_object_fault *fault, mp_tx *tx, mp_object_kind kind, mp_str key,
                         int64_t expected, mp_arena *arena, mp_error *err)
{
    *fault = (mp_object_fault){ .code = "Conflict" };
    MP_TRY(mp_record_get(old, tx, mp_object_kinds[kind], key, 0, arena, err));
    MP_TRY(check_unused(fault, tx, kind, key, arena, err));
    if (kind == MP_OBJECT_ASSIGNMENT) {
        MP_TRY(delete_about(tx, MP_OBJECT_EXEMPTION, key, arena, err));
        MP_TRY(delete_about(tx, MP_OBJECT_ATTESTATION, key, arena, err));
    }
    MP_TRY(mp_versions_forget(tx, kind, key, arena, err));
    return mp_record_delete(tx, mp_object_kinds[kind], key, expected, err);
}

/* ---- with what they stand on ---- */

static mp_code forget_kind(mp_tx *tx, mp_object_kind kind, mp_str start, mp_str key, mp_error *err)
{
    mp_arena        *arena = mp_tx_arena(tx);
    mp_record_filter filter = { "id", MP_FILTER_STARTS, start };
    mp_record_query query = {
        .kind = mp_object_kinds[kind], .filters = &filter, .filter_count = 1, .order = "id", .limit = 200
    };
    mp_record_page   page;
    do {
        MP_TRY(mp_record_list(&page, tx, &query, arena, err));
        for (size_t i = 0; i < page.count; i++) {
            mp_record       old;
            mp_object_fault unused;
            mp_error        why = { 0 };
            if (!mp_place_holds(key, page.records[i].key))
                continue;
            mp_code code = mp_object_delete(&old, &unused, tx, kind, page.records[i].key, MP_ANY_VERSION, arena, &why);
            if (code != MP_OK && code != MP_MISSING) /* it may have gone with its assignment */
                return mp_fail(err, code, MP_NOWHERE, "%s", why.message);
        }
        query.after = page.next;
    } while (page.next.len);
    return MP_OK;
}

mp_code mp_objects_forget_below(mp_tx *tx, mp_str key, mp_error *err)
{
    static const mp_object_kind kinds[] = { MP_OBJECT_ASSIGNMENT, MP_OBJECT_EXEMPTION, MP_OBJECT_ATTESTATION };
    mp_str start = mp_arena_printf(mp_tx_arena(tx), "%.*s/", MP_FMT(key));
    if (!start.ptr)
        return mp_no_memory(err);
    while (start.len > STARTS_MAX || !mp_utf8_valid(start))
        start.len--;
    for (size_t i = 0; i < MP_COUNT(kinds); i++)
        MP_TRY(forget_kind(tx, kinds[i], start, key, err));
    return MP_OK;
}
