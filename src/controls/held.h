/* SPDX-License-Identifier: Apache-2.0 */
/* held.h - all frameworks that are known now, in memory: immutable, counted references, replaced as a whole.
 *
 *   const mp_held *held;
 *   MP_TRY(mp_held_take(&held, mp_controls_of(app)->holding, err));
 *   const mp_framework *f = mp_framework_find(&held->all, id);     lives until it is dropped
 *   mp_held_drop(held); */
#ifndef MAPAE_CONTROLS_HELD_H
#define MAPAE_CONTROLS_HELD_H

#include "frameworks.h"
#include "records.h"

typedef struct mp_holding mp_holding; /* the present snapshot, and how it is replaced */

/* A framework of one's own that does not go with what comes with this version of Mapae. */
typedef struct mp_held_out {
    mp_str id, why;
} mp_held_out;

typedef struct mp_held {
    mp_frameworks      all; /* those that come with Mapae, and one's own */
    const mp_held_out *out; /* stored, and not among them */
    size_t             out_count;
} mp_held;

/* `store` NULL: only those that come with Mapae. */
MP_MUST_CHECK mp_code mp_holding_new(mp_holding **out, mp_store *store, mp_error *err);
void                  mp_holding_free(mp_holding *holding); /* NULL is fine */

/* The present one, made when nobody asked since a change; any thread. To be let go with mp_held_drop(). Not within a read or a write of the
 * store. Fails with MP_NOMEM, and as the store does. */
MP_MUST_CHECK mp_code mp_held_take(const mp_held **out, mp_holding *holding, mp_error *err);
void                  mp_held_drop(const mp_held *held); /* NULL is fine */
/* Within a write that changed a framework: whoever asks after the commit gets a new one. */
void mp_held_changed(mp_holding *holding, mp_tx *tx);

#endif
