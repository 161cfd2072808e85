/* SPDX-License-Identifier: Apache-2.0 */
/* judging.h - what changed is judged again, at once, by a thread of its own.
 *
 * The note of what is to be judged stands in the store (mp_dirty_add), written with the change itself: nothing is
 * forgotten when the program ends. A new rulebook is compared with the one before: of checks that are new or another
 * (by digest) the resources in their scope are judged again, under those checks alone; what ended goes to the past.
 * When an exemption or attestation expires, the same. A resource that others are judged by (related ones, its group,
 * its subscription) makes those be judged again that were. */
#ifndef MAPAE_COMPLIANCE_JUDGING_H
#define MAPAE_COMPLIANCE_JUDGING_H

#include "compliance.h"
#include "estate.h"

MP_MUST_CHECK mp_code mp_judging_new(mp_judging **out, mp_app *app, mp_rulebooks *books, mp_error *err);
void                  mp_judging_free(mp_judging *judging); /* waits for the round at hand; NULL is fine */

/* There is something to do. Any thread, cheap. */
void mp_judging_wake(mp_judging *judging);
/* Until all that was to be judged when this was called is judged. Fails with MP_BUSY after `seconds`. For commands
 * without a server it judges in this thread. */
MP_MUST_CHECK mp_code mp_judging_settle(mp_judging *judging, unsigned seconds, mp_error *err);

#endif
