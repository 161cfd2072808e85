/* SPDX-License-Identifier: Apache-2.0 */
/* tracked.h - what policies deployed: resources that remediations of deployIfNotExists made or changed, as
 * Microsoft.PolicyInsights shows tracked resources. */
#ifndef MAPAE_COMPLIANCE_TRACKED_H
#define MAPAE_COMPLIANCE_TRACKED_H

#include "remediation.h"
#include "states.h"

#define MP_TRACKED_MOST 100000 /* resources of one question */

typedef struct mp_tracked_act {
    mp_str   assignment, reference; /* as the remediation was ordered; assignment empty: there was no such act */
    mp_str   deployment;            /* id */
    mp_ticks at;
} mp_tracked_act;

typedef struct mp_tracked {
    mp_str         id, key;
    mp_tracked_act created;  /* empty: it was there before policy changed it */
    mp_tracked_act modified; /* the last */
} mp_tracked;

typedef struct mp_tracked_list {
    mp_tracked *list; /* by key */
    size_t      count;
} mp_tracked_list;

/* Within a read: those that exist, at and below the question's scope, or of its subscriptions; nothing else of the
 * question counts. Fails with MP_LIMIT. */
MP_MUST_CHECK mp_code mp_tracked_read(mp_tracked_list *out, mp_tx *tx, const mp_states_query *where, mp_arena *arena,
                                      mp_error *err);

#endif
