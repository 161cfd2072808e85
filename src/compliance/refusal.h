/* SPDX-License-Identifier: Apache-2.0 */
/* refusal.h - what policy says of a request, as lists of violations (arm-api, section 3). Private to compliance. */
#ifndef MAPAE_COMPLIANCE_REFUSAL_H
#define MAPAE_COMPLIANCE_REFUSAL_H

#include "violation.h"

/* {"type": "PolicyViolation", "info"} of each act that refuses (or, with `audits`, that took note); NULL when there
 * is none. Copied into the arena. */
MP_MUST_CHECK mp_code mp_violations_of(const mp_json **out, mp_enforcer *enforcer, const mp_enforcement *done,
                                       bool audits, mp_arena *arena, mp_error *err);

#endif
