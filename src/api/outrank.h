/* SPDX-License-Identifier: Apache-2.0 */
/* outrank.h - nobody becomes somebody who may more than himself. Private to api.
 *
 * Whoever can reset how a person signs in, make a secret of a program, or put himself into a group, has what they have. So for that he must be
 * one who could assign it: at the scope of every assignment of theirs, their groups' included. */
#ifndef MAPAE_API_OUTRANK_H
#define MAPAE_API_OUTRANK_H

#include "guard.h"

/* `principal`: id of a user, program or group. Reads the store: not within a write. Fails with MP_DENIED; whoever is not there holds nothing. */
MP_MUST_CHECK mp_code mp_outrank(mp_app *app, mp_http_request *request, mp_str principal, mp_error *err);
/* Who asks could give any right to anybody: for what comes to the same, as saying which provider of identity is believed, or taking a copy of every key. */
MP_MUST_CHECK mp_code mp_outrank_all(mp_app *app, mp_http_request *request, mp_error *err);

#endif
