/* SPDX-License-Identifier: Apache-2.0 */
/* foresight.h - what a policy, an assignment, a parameter or an exemption would change over the recorded estate,
 * before it is made. Nothing is written.
 *
 * The objects are completed and checked as if they were put (objects.h). Then two rulebooks are made of the
 * assignments that they touch, as it is and as it would be, and each resource is judged under the checks that differ,
 * by both. One call looks at a bounded number of resources and says how it goes on, so the estate may be as large as
 * it likes; each call is one snapshot. */
#ifndef MAPAE_COMPLIANCE_FORESIGHT_H
#define MAPAE_COMPLIANCE_FORESIGHT_H

#include "objects.h"
#include "state.h"

#define MP_FORESIGHT_OBJECTS 500
#define MP_FORESIGHT_RESOURCES 10000 /* of one call */
#define MP_FORESIGHT_VERDICTS 200000 /* likewise; at least one resource is looked at */

typedef struct mp_foresight_query {
    const mp_json *objects;    /* array of policy objects, each with its id; NULL: none */
    const mp_json *deleted;    /* array of their ids; NULL: none */
    /* array of {"assignment": id, "values": {NAME: value}}: in place of what it gives to these; NULL: none */
    const mp_json *parameters;
    mp_str         scope;      /* key: only resources there; empty: all */
    mp_str         tenant;     /* of identities */
    mp_str         after;      /* mp_foresight.next */
    uint32_t       rows;       /* 0: 100; at most 1,000: the call ends with the resource that has so many */
} mp_foresight_query;

typedef struct mp_foresight {
    uint64_t       resources; /* that were looked at */
    uint64_t       verdicts;  /* that would be as they are */
    uint64_t       changes[MP_STATE_COUNT][MP_STATE_COUNT]; /* [from][to]; not applicable: there is none */
    /* array of {"kind","resourceId","assignmentId","referenceId","definitionId","from","to"}; from or to null: the
     * policy does not apply; kinds as in changes.h */
    const mp_json *value;
    mp_str         next;      /* empty: that was all */
} mp_foresight;

/* Within a read. Fails as mp_object_put() does (*fault then says which code of ARM it is), with MP_PARAMETER (no id,
 * a kind that is no policy object), MP_MISSING (what is to be deleted, or to be given parameters, is not there). */
MP_MUST_CHECK mp_code mp_foresee(mp_foresight *out, mp_object_fault *fault, mp_tx *tx,
                                 const mp_foresight_query *query, mp_arena *arena, mp_error *err);

#endif
