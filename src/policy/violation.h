/* SPDX-License-Identifier: Apache-2.0 */
/* violation.h - a refusal as Resource Manager words it, and acts as JSON for whoever records or shows them.
 *
 * What is returned borrows from the enforcer's last answer; what is made is in the caller's arena. */
#ifndef MAPAE_POLICY_VIOLATION_H
#define MAPAE_POLICY_VIOLATION_H

#include "enforce.h"
#include "jsonw.h"

/* The error's object: {"code": "RequestDisallowedByPolicy", "target", "message", "additionalInfo": [...]}.
 * Of a request that was refused. Fails with MP_NOMEM. */
MP_MUST_CHECK mp_code mp_enforcement_refusal(const mp_json **out, mp_enforcer *e, const mp_enforcement *done,
                                             mp_arena *arena, mp_error *err);

/* Its parts. The sentence: with the policies' identifiers, or with the reasons that their assignments give
 * (nonComplianceMessages) when one does. */
MP_MUST_CHECK mp_code mp_enforcement_message(mp_str *out, const mp_enforcement *done, mp_arena *arena,
                                             mp_error *err);
/* {"type": "PolicyViolation", "info": {...}} of one act. */
MP_MUST_CHECK mp_code mp_enforcement_violation(const mp_json **out, mp_enforcer *e, const mp_act *act,
                                               mp_arena *arena, mp_error *err);

/* An array of evaluatedExpressions: {"result", "expressionKind", "expression", "path", "expressionValue",
 * "targetValue", "operator"}. `w` is at a value. */
void mp_evaluated_expressions(mp_jsonw *w, const mp_decided *decided, uint32_t count);

/* Members that tell which policy it is, and who applies it: "policyDefinitionId" and others. `w` is in an
 * object. */
void mp_policy_identifiers(mp_jsonw *w, const mp_check *check);

/* One act: {"act", "effect", "state", "reason", "policyDefinitionId", "policyAssignmentId", ...,
 * "operations": [{"operation", "field", "path", "outcome", "before", "after"}]}. Fails with MP_NOMEM. */
MP_MUST_CHECK mp_code mp_act_json(const mp_json **out, const mp_act *act, mp_arena *arena, mp_error *err);

#endif
