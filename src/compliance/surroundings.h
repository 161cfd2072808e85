/* SPDX-License-Identifier: Apache-2.0 */
/* surroundings.h - what stands around a resource, as the estate has it: its group, its subscription, the resources
 * that policies look for. Private to compliance.
 *
 * Lent to a judge or an enforcer for the time of one decision, within a transaction. What fails on the way is kept
 * and told afterwards (mp_around_check): a judge cannot be told that the store failed. Who decides about many
 * resources within one transaction keeps what was found, for the next ones (mp_around_kept). */
#ifndef MAPAE_COMPLIANCE_SURROUNDINGS_H
#define MAPAE_COMPLIANCE_SURROUNDINGS_H

#include "estate.h"
#include "judge.h"
#include "map.h"

/* What was found for resources before, as long as the transaction and the arena live. Of a run of keys all of whose
 * resources are at hand, what stands there is not asked of the store. */
typedef struct mp_around_kept {
    mp_map                containers, lists;
    const mp_estate_item *items; /* in the order of their keys */
    size_t                count;
    /* between these, and with them, they are all; `last` empty: nothing is at hand */
    mp_str                from, last;
} mp_around_kept;
#define MP_AROUND_KEPT_INIT { .containers = MP_MAP_INIT, .lists = MP_MAP_INIT }
void mp_around_kept_done(mp_around_kept *kept);

typedef struct mp_around {
    mp_tx     *tx;
    mp_arena  *arena; /* of documents */
    mp_ticks   as_of; /* 0: now */
    mp_related related;
    mp_around_kept *kept; /* NULL: nothing is */
    mp_str     only;   /* key: related resources elsewhere are passed by (then nothing is kept); empty: none are */
    bool       has_hidden; /* one was */
    bool       takes_presumed; /* a presumed group is one without tags: what is to be decided now is; else it is not known */
    mp_error   failed;
} mp_around;

void mp_around_init(mp_around *around, mp_tx *tx, mp_arena *arena, mp_ticks as_of); /* with nothing kept */
/* The documents of its containers. `request` (may be NULL) is what requestContext() gives. Fails with MP_NOMEM, ... */
MP_MUST_CHECK mp_code mp_around_fill(mp_surroundings *out, mp_around *around, const mp_place *place,
                                     const mp_json *request, mp_ticks now, mp_error *err);
/* After the decision. */
MP_MUST_CHECK mp_code mp_around_check(const mp_around *around, mp_error *err);

#endif
