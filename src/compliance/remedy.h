/* SPDX-License-Identifier: Apache-2.0 */
/* remedy.h - what one policy would make of one resource that exists, worked out into the writes that it takes.
 * Private to compliance.
 *
 * Of modify that is the resource itself, changed; of deployIfNotExists the resources of its template, one after the
 * other, in an order that dependsOn and reference() allow. Nothing is written here: each write is handed to `step`,
 * which asks the gate. Not within a read or a write of the store. */
#ifndef MAPAE_COMPLIANCE_REMEDY_H
#define MAPAE_COMPLIANCE_REMEDY_H

#include "compliance.h"
#include "estate.h"

typedef struct mp_remedy_step {
    const mp_place *place;
    const mp_json  *before;      /* its document; NULL: it is not there */
    const mp_json  *body;        /* to PUT */
    mp_str          api_version;
    int64_t         expected;    /* the version that it was worked out from, or MP_ANY_VERSION */
} mp_remedy_step; /* for the time of the call */

typedef struct mp_remedy {
    mp_compliance *compliance;
    mp_rulebook   *book;
    uint32_t       check;      /* number in the rulebook */
    mp_str         resource;   /* id or key */
    mp_str         deployment; /* name for a deployment */
    bool           is_preview; /* nothing will be written, so what only the writes could tell stays unknown */
    /* NULL: only whether there is something to do */
    mp_code (*step)(void *ctx, const mp_remedy_step *step, mp_error *err);
    bool (*may_read)(void *ctx, mp_str key); /* what expressions of a template may look at */
    /* asked before a template is worked out; NULL: yes */
    mp_code (*may_deploy)(void *ctx, const mp_place *deployment, mp_error *err);
    void *ctx;
} mp_remedy;

typedef struct mp_remedied {
    bool   is_due;     /* false: the resource is gone, or the policy asks for nothing (any more) */
    mp_str resource;   /* id as stored */
    mp_str location;   /* of the resource, as it is written; may be empty */
    mp_str effect;
    mp_str deployment; /* its id; empty: the resource itself is changed */
    mp_str deployed_at;        /* location of a deployment at the subscription; may be empty */
    const mp_json *parameters; /* of the deployment, as its record shows them; NULL: it did not come so far */
} mp_remedied; /* in the arena; filled as far as it came also on failure */

/* Fails with what `step` fails with, with MP_CONFLICT (what the policy may not change), MP_EVALUATION and what
 * mp_deployment_new() fails with (the policy's template). */
MP_MUST_CHECK mp_code mp_remedy_work(mp_remedied *out, const mp_remedy *what, mp_arena *arena, mp_error *err);

/* Has the check an effect that can be remedied? */
bool mp_is_remediable(const mp_rulebook *book, uint32_t check);

#endif
