/* SPDX-License-Identifier: Apache-2.0 */
/* systems_open.h - the systems of a program, opened and closed with it. Private to api. */
#ifndef MAPAE_API_SYSTEMS_OPEN_H
#define MAPAE_API_SYSTEMS_OPEN_H

#include "system.h"

/* Fails as the first of them does; those before it stay open until mp_systems_close(). */
MP_MUST_CHECK mp_code mp_systems_open(mp_app *app, mp_error *err);
/* Each of them that begins with something. */
MP_MUST_CHECK mp_code mp_systems_begin(mp_app *app, mp_error *err);
void                  mp_systems_close(mp_app *app);
/* Within a write; after one. */
MP_MUST_CHECK mp_code mp_systems_changed(mp_app *app, mp_tx *tx, mp_error *err);
void                  mp_systems_committed(mp_app *app);

#endif
