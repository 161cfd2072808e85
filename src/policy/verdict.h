/* SPDX-License-Identifier: Apache-2.0 */
/* verdict.h - what is said of one resource under one check, and why. */
#ifndef MAPAE_POLICY_VERDICT_H
#define MAPAE_POLICY_VERDICT_H

#include <mapae/json.h>

#include "state.h"

/* Why a state is what it is; see reasons.def. */
typedef enum mp_reason {
#define MP_REASON(name, text) MP_REASON_##name,
#include "reasons.def"
#undef MP_REASON
    MP_REASON_COUNT
} mp_reason;

extern const mp_str mp_reasons[MP_REASON_COUNT]; /* "condition-true", ... */

typedef struct mp_verdict {
    uint32_t  check; /* index */
    mp_state  state;
    mp_reason reason;
    mp_str    effect;  /* for this resource, as it is spelled */
    mp_str    detail;  /* what the reason is about: a related type, an exemption's name, an error's
                        * sentence, a mode; may be empty. Of "not applicable": "scope", "disabled",
                        * "provider", "mode", "type", "alias", "subscription", "location", "condition" */
    mp_code   code;    /* of an error */
} mp_verdict;

/* A condition that decided the outcome. */
typedef struct mp_decided {
    mp_str         pointer; /* JSON pointer within the policy document: "/policyRule/if/allOf/1" */
    mp_str         kind;    /* of the subject: "Field", "Value", "Count" */
    mp_str         subject; /* the field, value or count as the policy writes it */
    mp_str         path;    /* where in the document the field stands; may be empty */
    mp_str         op;      /* "equals" */
    const mp_json *actual;  /* NULL: absent. Of a field with [*]: the value that failed, or all of them */
    const mp_json *wanted;  /* what the condition compares with */
    bool           outcome;
    mp_str         message; /* of a failure */
    uint32_t       line;    /* of a failure: where the condition stands in the policy's text; 0: not known */
    mp_str         resource; /* id of the related resource that was asked; empty: the judged one */
} mp_decided;

#endif
