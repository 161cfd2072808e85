/* SPDX-License-Identifier: Apache-2.0 */
/* exemption.h - read policy exemptions.
 *
 * Microsoft Learn, "Azure Policy exemption structure". */
#ifndef MAPAE_POLICY_EXEMPTION_H
#define MAPAE_POLICY_EXEMPTION_H

#include "check.h"
#include "definition.h"

/* `node` looks like an exemption: it has an exemptionCategory, or its id or type says so. */
bool mp_exemption_is(const mp_json *node);

/* Parse the exemption at `node` of `source`. *out is NULL when it cannot be honoured: `d` says why. Everything
 * lives in `arena`, and borrows from the text. Fails with MP_NOMEM only. */
MP_MUST_CHECK mp_code mp_exemption_parse(mp_exemption **out, const mp_source_text *source,
                                         const mp_json *node, mp_arena *arena, mp_diagnostics *d,
                                         mp_error *err);

/* expiresOn of an exemption or attestation; false after a diagnostic. */
bool mp_expiry_parse(bool *has_expiry, mp_ticks *expires_on, mp_parsing *p, const mp_json *node);
/* The type or the id of `node` names this resource type. */
bool mp_document_is_of(const mp_json *node, mp_str type);

#endif
