/* SPDX-License-Identifier: Apache-2.0 */
/* attestation.h - read attestations: what a person says of a resource under a manual policy.
 *
 * Microsoft Learn, "Azure Policy attestation structure". */
#ifndef MAPAE_POLICY_ATTESTATION_H
#define MAPAE_POLICY_ATTESTATION_H

#include "check.h"
#include "definition.h"

/* `node` looks like an attestation: its id or type says so, or it has a complianceState and a
 * policyAssignmentId and is no record of a scan (those have a resourceId). */
bool mp_attestation_is(const mp_json *node);

/* Parse the attestation at `node` of `source`. *out is NULL when it cannot be used: `d` says why. Everything
 * lives in `arena`, and borrows from the text. Fails with MP_NOMEM only. */
MP_MUST_CHECK mp_code mp_attestation_parse(mp_attestation **out, const mp_source_text *source,
                                           const mp_json *node, mp_arena *arena, mp_diagnostics *d,
                                           mp_error *err);

#endif
