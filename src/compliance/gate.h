/* SPDX-License-Identifier: Apache-2.0 */
/* gate.h - the one way by which a resource changes: policy decides, then it is stored, then it is judged.
 *
 *   1. On the caller's thread: what is there, its surroundings, the present rulebook; append and modify change the document, deny refuses it.
 *   2. Within one write: is what was decided about still so (the resource's version, the rules, locks, the group and what policies read of it; of a deletion all that goes
 *      with it)? If not, once more from 1. Else the resource, the note that it is to be judged, the events of policy, and the leaf of the request: all of it or nothing.
 *   3. After it: the judge (judging.h) is woken.
 *
 * So two writers on one resource never mix, nothing is stored that a policy of that moment refuses, and a refused write leaves nothing behind but its leaf and
 * its event. */
#ifndef MAPAE_COMPLIANCE_GATE_H
#define MAPAE_COMPLIANCE_GATE_H

#include "compliance.h"
#include "estate.h"

typedef enum mp_gate_act {
    MP_GATE_PUT,
    MP_GATE_PATCH, /* tags and properties are merged (RFC 7396 within both); of tags alone only policies with tag conditions are asked */
    MP_GATE_DELETE,
    MP_GATE_TRY,   /* PUT, but nothing is stored: validate, what-if, admission */
} mp_gate_act;

typedef struct mp_gate_request {
    mp_gate_act     act;
    const mp_place *place;
    const mp_json  *body;
    mp_str          api_version;
    const mp_json  *identity;    /* of requestContext(): claims of the token; may be NULL */
    mp_str          by, by_kind; /* object id; "User", "Application" */
    mp_str          source;      /* "api", ... */
    int64_t         expected;
    bool            is_trial;    /* nothing is stored, as with MP_GATE_TRY */
    bool            is_restore;  /* what was there once is put back as it was: policies may refuse it, but what append and modify would make of it is left */
    /* The write itself: mp_app_write for a request, which adds its leaf; another for jobs. */
    mp_code (*write)(void *ctx, mp_tx_fn fn, void *arg, mp_error *err);
    void    *write_ctx;
} mp_gate_request;

typedef struct mp_gate_result {
    mp_estate_item item;     /* as it is stored now; of a deletion what was there; of MP_GATE_TRY as it would be */
    bool           is_new;
    bool           is_changed_by_policy;
    uint64_t       removed;
    /* Refused by policy (the call fails with MP_DENIED): arm-api.md, section 3. */
    mp_str         refusal;      /* the message */
    const mp_json *violations;   /* array for additionalInfo; NULL: not refused by policy */
    const mp_json *audits;       /* the same of policies that only take note; may be NULL */
} mp_gate_result; /* in the arena */

/* Fails with MP_DENIED (policy: out->violations is set also then), MP_MISSING, MP_CONFLICT (locks; the version is another; too many other writers), ... */
MP_MUST_CHECK mp_code mp_gate_write(mp_gate_result *out, mp_compliance *compliance, const mp_gate_request *request, mp_arena *arena, mp_error *err);

#endif
