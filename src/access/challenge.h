/* SPDX-License-Identifier: Apache-2.0 */
/* challenge.h - what a passkey signs: valid for five minutes, once, for one purpose, in this run of the
 * program.
 *
 * A challenge is a random number, its time and a keyed hash, so an open one takes no memory, and asking for
 * many pushes nobody's out. Those that were used well are remembered until they end. */
#ifndef MAPAE_ACCESS_CHALLENGE_H
#define MAPAE_ACCESS_CHALLENGE_H

#include "access.h"

/* `about`: the purpose and for whom, "create/SESSION", "get/SESSION", "get/". base64url, in the arena. */
MP_MUST_CHECK mp_code mp_challenge_make(mp_str *out, mp_access *access, mp_str about, mp_ticks now,
                                        mp_arena *arena, mp_error *err);
/* Is it one of ours for this, and has not ended? Fails with MP_CREDENTIALS. */
MP_MUST_CHECK mp_code mp_challenge_check(mp_access *access, mp_str challenge, mp_str about, mp_ticks now,
                                         mp_arena *arena, mp_error *err);
/* What was checked is used up from now on. Fails with MP_CREDENTIALS when it was before, MP_BUSY when too
 * many are remembered. */
MP_MUST_CHECK mp_code mp_challenge_use(mp_access *access, mp_str challenge, mp_ticks now, mp_error *err);

#endif
