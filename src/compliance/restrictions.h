/* SPDX-License-Identifier: Apache-2.0 */
/* restrictions.h - what the policies that are assigned will ask of a resource that is still being filled in, where it
 * is to be. The engine is policy/restriction.h. */
#ifndef MAPAE_COMPLIANCE_RESTRICTIONS_H
#define MAPAE_COMPLIANCE_RESTRICTIONS_H

#include "compliance.h"
#include "estate.h"

typedef struct mp_restrictions_ask {
    /* what the resource will be in: a management group, a subscription, a resource group, a resource */
    const mp_place *scope;
    const mp_json  *content;    /* as far as it is known; NULL: only its type is asked about */
    mp_str          api_version;
    const mp_json  *identity;   /* of requestContext(): claims of the token; may be NULL */
    const mp_json  *pending;    /* [{"field", "values"?}]; NULL: none */
    const mp_str   *types;      /* that are tried when the type is pending and no values are given */
    size_t          type_count;
    bool            with_audit;
} mp_restrictions_ask;

/* {"fieldRestrictions", "contentEvaluationResult"}. Of a pending type a value is told that is refused whatever else
 * the resource has. Not within a read or a write. Fails with MP_PARAMETER (of what is asked), MP_LIMIT (too many
 * fields), ... */
MP_MUST_CHECK mp_code mp_restrictions_at(const mp_json **out, mp_compliance *compliance,
                                         const mp_restrictions_ask *ask, mp_arena *arena, mp_error *err);

#endif
