/* SPDX-License-Identifier: Apache-2.0 */
/* session.h - sessions as records, and the memory of those in use.
 *
 *   session     user hash limitedTo isStrong createdAt signedInAt lastUsedAt endsAt device(sealed: {agent,
 * from})
 *
 * A check reads memory only, unless something changed since (access_internal.h). That a session was used is
 * written once a minute (mp_sessions_tick). */
#ifndef MAPAE_ACCESS_SESSION_H
#define MAPAE_ACCESS_SESSION_H

#include "sign_in.h"

/* What a session is to be from now on. */
typedef struct mp_session_state {
    mp_str   user;
    mp_str   next; /* as mp_signed_in.next */
    bool     is_strong;
    mp_ticks signed_in_at;
    mp_ticks now;
    mp_str   device; /* sealed; empty: as it is */
} mp_session_state;

/* A new value; `hash` of it goes into the store. Outside of a write. */
typedef struct mp_session_value {
    mp_str cookie;
    char   hash[65];
    char   id[37]; /* of a session that is to be made */
} mp_session_value;
MP_MUST_CHECK mp_code mp_session_value_make(mp_session_value *out, mp_arena *arena, mp_error *err);
/* Agent and address for the list, sealed to the session's id. */
MP_MUST_CHECK mp_code mp_session_device(mp_str *out, mp_access *access, const char *id, const mp_asked *asked,
                                        mp_arena *arena, mp_error *err);

/* Within a write: a new session; those over sessions_per_user end, the oldest first. */
MP_MUST_CHECK mp_code mp_session_new(mp_ticks *ends_at, mp_access *access, mp_tx *tx,
                                     const mp_session_value *value, const mp_session_state *state,
                                     mp_error *err);
/* Within a write: the session `id` goes on under a new value. Fails with MP_CREDENTIALS when it has ended. */
MP_MUST_CHECK mp_code mp_session_renew(mp_ticks *ends_at, mp_access *access, mp_tx *tx, mp_str id,
                                       const mp_session_value *value, const mp_session_state *state,
                                       mp_error *err);
/* Write down which were used, and remove those that ended. *done is added to. */
MP_MUST_CHECK mp_code mp_sessions_tick(uint64_t *done, mp_access *access, mp_ticks now, mp_error *err);

#endif
