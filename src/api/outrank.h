/* SPDX-License-Identifier: Apache-2.0 */
/* outrank.h - nobody becomes somebody who may more than himself, nor ends him. Private to api.
 *
 * Whoever can reset how a person signs in, make a secret of a program, or put himself into a group, has what
 * they have. So for that he must be one who could assign it (mp_outranks): every role that they hold, where
 * they hold it, their groups' included. The same is asked of who lets somebody back in, or takes him, his
 * secrets, his group or his place in it away for good (an assignment: mp_unassign). Suspending and ending
 * sessions is not among that: whoever responds to an incident must be able to stop anybody at once, and it
 * can be undone. */
#ifndef MAPAE_API_OUTRANK_H
#define MAPAE_API_OUTRANK_H

#include "guard.h"

/* `principal`: id of a user, program or group. Not within a write. Fails with MP_DENIED; whoever is not there
 * holds nothing. */
MP_MUST_CHECK mp_code mp_outrank(mp_app *app, mp_http_request *request, mp_str principal, mp_error *err);
/* Who asks could make anybody Owner of the installation: for what comes to the same, as saying which provider
 * of identity is believed, or taking a copy of every key. */
MP_MUST_CHECK mp_code mp_outrank_all(mp_app *app, mp_http_request *request, mp_error *err);

#endif
