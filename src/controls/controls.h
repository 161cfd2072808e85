/* SPDX-License-Identifier: Apache-2.0 */
/* controls.h - the frameworks that an installation is measured by: what they demand, how it stands, what is said about it.
 *
 *   held.h       all frameworks as they are known now, in memory
 *   said_held.h  the same of what is said about them */
#ifndef MAPAE_CONTROLS_H
#define MAPAE_CONTROLS_H

#include "held.h"
#include "said_held.h"
#include "system.h"

typedef struct mp_controls {
    mp_app     *app;
    mp_holding *holding;
    mp_said_holding *said;
} mp_controls;

extern const mp_system mp_controls_system;
static inline mp_controls *mp_controls_of(const mp_app *app) { return mp_app_state(app, &mp_controls_system); }

#endif
