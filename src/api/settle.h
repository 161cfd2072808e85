/* SPDX-License-Identifier: Apache-2.0 */
/* settle.h - the leaf of a request: what it says, and when one is written. Private to api.
 *
 * Every change is a leaf, and every refusal; of what is read, only what is marked as noted. A change that was
 * made has its leaf from mp_app_write() or from access; for the rest mp_settle() sees to it before the answer
 * goes out. */
#ifndef MAPAE_API_SETTLE_H
#define MAPAE_API_SETTLE_H

#include "guard.h"

/* The leaf of `request` in its arena. What was refused or failed may have been about nothing that there is:
 * then names in its path are sealed. */
MP_MUST_CHECK mp_code mp_leaf_of(mp_leaf *out, mp_http_request *request, mp_outcome outcome, mp_error *err);
/* mp_guard.settle */
MP_MUST_CHECK mp_code mp_settle(void *app, mp_http_request *request, mp_http_response *response, const mp_error *ended,
                                mp_error *err);
/* What was shown where nothing is wanted is no good: a leaf, and the request goes on. */
MP_MUST_CHECK mp_code mp_settle_shown(mp_app *app, mp_http_request *request, const mp_error *shown, mp_error *err);
/* The sums of refusals that are due, as leaves. */
MP_MUST_CHECK mp_code mp_settle_sums(mp_app *app, mp_ticks now, bool all, mp_error *err);

#endif
