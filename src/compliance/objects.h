/* SPDX-License-Identifier: Apache-2.0 */
/* objects.h - policy definitions, initiatives, assignments, exemptions, attestations as records.
 *
 * The key is the object's id in lower case, the body the object as ARM shows it:
 * {"id","name","type","properties","identity"?,"location"?,"systemData"}. What is put is checked by the policy
 * language's own readers: a rule that does not compile, an unknown effect, an undeclared parameter is refused with
 * the finding's sentence and pointer, before anything is stored. Within a transaction that the caller has. */
#ifndef MAPAE_COMPLIANCE_OBJECTS_H
#define MAPAE_COMPLIANCE_OBJECTS_H

#include "app.h"
#include "estate.h"
#include "rulebook.h"

typedef enum mp_object_kind {
    MP_OBJECT_DEFINITION,  /* Microsoft.Authorization/policyDefinitions */
    MP_OBJECT_SET,         /* policySetDefinitions */
    MP_OBJECT_ASSIGNMENT,  /* policyAssignments */
    MP_OBJECT_EXEMPTION,   /* policyExemptions */
    MP_OBJECT_ATTESTATION, /* Microsoft.PolicyInsights/attestations */
    MP_OBJECT_KINDS
} mp_object_kind;

/* indexes: id (prefixes find what is at and below a scope), policyType, category, policyDefinitionId (of
 * assignments), policyAssignmentId (of exemptions, attestations), displayName */
extern const mp_kind mp_policy_definition_kind, mp_policy_set_kind, mp_policy_assignment_kind,
    mp_policy_exemption_kind, mp_policy_attestation_kind;
extern const mp_kind *const mp_object_kinds[MP_OBJECT_KINDS + 1]; /* and NULL */
const char *mp_object_type(mp_object_kind kind); /* "Microsoft.Authorization/policyDefinitions" */

typedef struct mp_object_fault {
    /* of ARM: "InvalidPolicyRule", "MissingPolicyParameter", "PolicyDefinitionNotFound"... (arm-api, section 3) */
    const char *code;
    mp_str      pointer; /* in the body; empty: all of it */
} mp_object_fault;

/* What was made and checked before the write. */
typedef struct mp_object_ready {
    const mp_json *body; /* NULL: nothing was */
    mp_ticks       rules_at; /* of the rules that it was checked under */
} mp_object_ready;

typedef struct mp_object_write {
    mp_object_kind  kind;
    const mp_place *place;
    const mp_json  *body;
    mp_str          by, by_kind; /* object id; "User", "Application" */
    mp_str          tenant;      /* of identities that are made */
    int64_t         expected;
    bool            is_patch;    /* of assignments: identity and location are changed, the rest stays */
    bool            is_builtin;  /* import: policyType and metadata stay as they are */
    const mp_object_ready *ready; /* of mp_object_prepare() for the same write; may be NULL */
    /* Referred to as if it were stored: what is only foreseen (foresight.h). */
    const mp_rule_change *beside;
    size_t                beside_count;
} mp_object_write;

/* Within a read: all that mp_object_put() would do but storing it. A write with what comes out does it again only
 * when a policy object was changed in between. Fails as that does. */
MP_MUST_CHECK mp_code mp_object_prepare(mp_object_ready *out, mp_object_fault *fault, mp_tx *tx,
                                        const mp_object_write *what, mp_arena *arena, mp_error *err);

/* Make or replace: completes it (createdOn, version, reference ids, principalId of an identity...), checks it and
 * what it refers to. On failure *fault says which code of ARM it is. Fails with MP_SYNTAX, MP_COMPILE, MP_PARAMETER,
 * MP_REFERENCE, MP_MISSING, MP_CONFLICT, MP_NOMEM. */
MP_MUST_CHECK mp_code mp_object_put(mp_record *out, bool *is_new, mp_object_fault *fault, mp_tx *tx,
                                    const mp_object_write *what, mp_arena *arena, mp_error *err);
/* *old is what was there. A definition or set that is in use is refused (MP_CONFLICT); an assignment's exemptions and
 * attestations go with it. Fails with MP_MISSING. */
MP_MUST_CHECK mp_code mp_object_delete(mp_record *old, mp_object_fault *fault, mp_tx *tx, mp_object_kind kind,
                                       mp_str key, int64_t expected, mp_arena *arena, mp_error *err);

/* What stands on a resource or group that is taken away goes with it: assignments, exemptions and attestations at
 * `key` and below. */
MP_MUST_CHECK mp_code mp_objects_forget_below(mp_tx *tx, mp_str key, mp_error *err);

/* Documents of built-in definitions and initiatives (of the public policy repository) as the built-in ones here, at
 * /providers/Microsoft.Authorization/TYPE/NAME: definitions first, then the sets that refer to them, all within the
 * write that the caller has; so give some hundred at once, definitions before sets. One whose properties are stored
 * already makes no version. What is wrong with a document is told by `say` and the others go on. Fails when the store
 * does, or memory is short. */
typedef struct mp_object_import {
    uint64_t definitions, sets, unchanged, faulty; /* the first two: new or changed */
} mp_object_import;
typedef struct mp_object_source {
    const mp_json *documents; /* array */
    mp_str         by, by_kind;
    /* fails with MP_NOMEM; `why` is told only for the time of the call */
    mp_code (*say)(void *ctx, size_t index, const mp_error *why, mp_error *err);
    void          *ctx;
} mp_object_source;
MP_MUST_CHECK mp_code mp_objects_import(mp_object_import *out, mp_tx *tx, const mp_object_source *from,
                                        mp_arena *arena, mp_error *err);

#endif
