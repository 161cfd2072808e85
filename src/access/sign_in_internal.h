/* SPDX-License-Identifier: Apache-2.0 */
/* sign_in_internal.h - the steps of a sign-in, shared by password, code, passkey, set-up link and outside
 * provider. */
#ifndef MAPAE_ACCESS_SIGN_IN_INTERNAL_H
#define MAPAE_ACCESS_SIGN_IN_INTERNAL_H

#include "access_internal.h"
#include "password.h"
#include "session.h"

/* A step up: somebody showed something, and gets a session's new value. Three parts, for what is slow must
 * not stand within a write. */
typedef struct mp_step {
    mp_access      *access;
    const char     *action; /* of the leaf */
    const mp_asked *asked;
    mp_ticks        now;
    mp_str          user;         /* id */
    mp_str          session;      /* that goes on; empty: a new one */
    mp_ticks        signed_in_at; /* 0: now */
    bool            is_strong;    /* a second factor was shown, now or before in this session */
    bool            is_trusted;   /* somebody else vouches for him: the rules of passwords do not count */
    bool is_again; /* the session was whole before: not a sign-in, nothing is asked that was not asked then */
    const mp_who *who; /* of the leaf; may be NULL */
    /* made by _begin */
    bool             is_admin;
    mp_session_value value;
    mp_str           device;
    /* made by _take */
    mp_ticks    ends_at;
    const char *next;
    mp_str      factors[3];
    size_t      factor_count;
} mp_step;

MP_MUST_CHECK mp_code mp_step_begin(mp_step *step, mp_arena *arena, mp_error *err);
/* Within a write, after what was shown has been stored. Fails with MP_CREDENTIALS when the user is not
 * active. Writes the leaf. */
MP_MUST_CHECK mp_code mp_step_take(mp_step *step, mp_tx *tx, mp_error *err);
/* Both, where nothing else is to be stored. */
MP_MUST_CHECK mp_code mp_step_run(mp_step *step, mp_arena *arena, mp_error *err);
MP_MUST_CHECK mp_code mp_step_end(mp_signed_in *out, const mp_step *step, mp_arena *arena, mp_error *err);
/* The step of who changes what his session rests on: a new value for it. `session` is empty when he has none
 * (a token): then no step is taken. */
mp_step mp_step_again(mp_access *access, const mp_who *who, const mp_asked *asked, mp_ticks now);
/* mp_step_end, or without a session just who he is. */
MP_MUST_CHECK mp_code mp_step_finish(mp_signed_in *out, const mp_step *step, mp_arena *arena, mp_error *err);

/* Within a write: count a failure of this person and write the leaf, and that of a lock. *locks is for
 * mp_alert, after the commit. */
MP_MUST_CHECK mp_code mp_attempt_failed(bool *locks, mp_access *access, mp_tx *tx, const mp_guess *guess,
                                        const mp_deed *deed, mp_ticks now, mp_error *err);
void                  mp_alert(mp_access *access, const char *what, mp_str user);

/* The user as he stands in the store. Fails with MP_CREDENTIALS unless he may sign in. */
MP_MUST_CHECK mp_code mp_active_user(mp_record *out, mp_tx *tx, mp_str id, mp_arena *arena, mp_error *err);
/* The same sentence for everything that was wrong. */
mp_code mp_wrong_credentials(mp_error *err);
/* {totp, passkeys[], recovery[]} of an open credential. */
bool mp_has_totp(const mp_json *credential);
bool mp_has_passkey(const mp_json *credential);
/* A person, in a whole session, by a token, or in a session that is limited to `half`: else MP_DENIED. */
MP_MUST_CHECK mp_code mp_must_be_user(const mp_who *who, const char *half, mp_error *err);

/* totp.c, recovery.c, within a write: is it right, and then used up? */
MP_MUST_CHECK mp_code mp_totp_take(bool *is_right, mp_access *access, mp_tx *tx, mp_str user,
                                   const mp_json *credential, mp_str code, mp_ticks now, mp_error *err);
MP_MUST_CHECK mp_code mp_recovery_take(bool *is_right, mp_access *access, mp_tx *tx, mp_str user,
                                       const mp_json *credential, mp_str code, mp_error *err);
/* Is this the value of a time step within `window` steps of now, after step `last`? *step is the one. */
bool mp_totp_fits(int64_t *step, mp_str secret, mp_str code, mp_ticks now, int64_t last);
/* isStrong of the user's record follows what he has. */
MP_MUST_CHECK mp_code mp_factors_changed(mp_access *access, mp_tx *tx, mp_str user, mp_error *err);

#endif
