/* SPDX-License-Identifier: Apache-2.0 */
/* restriction.h - what policies will ask of a resource that is still being filled in.
 *
 * Given is a part of the resource and the fields that are not decided yet, each with the values that could
 * be chosen or without. Every field is tried: with its values, or with those that the policies themselves
 * name. What depends on another undecided field is not guessed. */
#ifndef MAPAE_POLICY_RESTRICTION_H
#define MAPAE_POLICY_RESTRICTION_H

#include "judge.h"

typedef struct mp_pending_field {
    mp_str         field;  /* "name", "location", "tags", "tags.x", an alias */
    const mp_json *values; /* an array, or NULL */
} mp_pending_field;

typedef struct mp_restriction_request {
    const mp_resource      *content; /* as far as it is known; its type is */
    mp_str                  scope;   /* id of what it will be in: for content without an id */
    mp_surroundings         around;
    const mp_pending_field *pending;
    uint32_t                pending_count;
    bool                    with_audit; /* policies with effect audit, too */
} mp_restriction_request;

/* In `arena`:
 *   {"fieldRestrictions": [{"field", "restrictions": [{"result": "Required" | "Removed" | "Deny" | "Audit",
 *     "defaultValue", "values", "policy", "policyEffect", "reason"}]}],
 *    "contentEvaluationResult": {"policyEvaluations": [{"policyInfo", "evaluationResult", "evaluationDetails",
 *     "effectDetails"}]}}
 * Fails with MP_LIMIT (more than 64 fields, tags that policies name included; types), MP_NOMEM. */
MP_MUST_CHECK mp_code mp_restrictions(const mp_json **out, mp_plan *plan, const mp_restriction_request *request,
                                      mp_arena *arena, mp_error *err);

#endif
