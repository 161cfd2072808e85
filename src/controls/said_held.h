/* SPDX-License-Identifier: Apache-2.0 */
/* said_held.h - what is said of all frameworks now, in memory: immutable, counted references. Every score asks for it, and it
 * changes seldom: a change makes the next one out of the last, and reads again what changed (followed.h). */
#ifndef MAPAE_CONTROLS_SAID_HELD_H
#define MAPAE_CONTROLS_SAID_HELD_H

#include "said.h"

typedef struct mp_said_holding mp_said_holding; /* the present one, and how it is replaced */

typedef struct mp_said_held {
    mp_said all; /* mp_said_part() finds what is said of one */
} mp_said_held;

MP_MUST_CHECK mp_code mp_said_holding_new(mp_said_holding **out, mp_store *store, mp_error *err);
void                  mp_said_holding_free(mp_said_holding *holding); /* NULL is fine */
/* Within a write. */
void mp_said_changed(mp_said_holding *holding, mp_tx *tx);

/* Any thread, not within a read or a write of the store. To be dropped. Fails with MP_NOMEM, and as the store does. */
MP_MUST_CHECK mp_code mp_said_take(const mp_said_held **out, mp_said_holding *holding, mp_error *err);
void                  mp_said_drop(const mp_said_held *held); /* NULL is fine */

#endif
