/* SPDX-License-Identifier: Apache-2.0 */
/* sign_in.h - from nobody to a session: password, second factor, and what stands in the way of guessing.
 *
 * A session is a random cookie value; the store has its SHA-256. Steps of a sign-in share one half-made
 * session (mp_who.limited_to), and every step up gives a new value, so that a value known before is worth
 * nothing afterwards. An unknown name costs the same hash as a wrong password, and gets the same answer.
 * Functions here that take no transaction open their own writes, and write their leaf, also when they refuse:
 * the caller marks its answer as noted, whatever came out. */
#ifndef MAPAE_ACCESS_SIGN_IN_H
#define MAPAE_ACCESS_SIGN_IN_H

#include "access.h"

/* What the leaf says of a request, filled by the caller. */
typedef struct mp_asked {
    mp_str from;    /* address */
    mp_str request; /* id */
    mp_str agent;   /* User-Agent, for the list of sessions; kept sealed */
} mp_asked;

typedef struct mp_signed_in {
    mp_str   cookie;  /* the session's value: shown once */
    mp_str   csrf;    /* goes back in X-CSRF-Token */
    mp_str   session; /* its id */
    mp_str   user;
    mp_ticks expires_at;
    /* "": all done; "factor": show a second one; "password": choose a new one first; "enroll": a second
     * factor must be set up */
    mp_str   next;
    const mp_str *factors; /* with "factor": "totp", "passkey", "recovery" */
    size_t   factor_count;
} mp_signed_in;

/* Fails with MP_CREDENTIALS (whatever was wrong), MP_BUSY (locked or slowed down; *retry_seconds). */
MP_MUST_CHECK mp_code mp_sign_in(mp_signed_in *out, unsigned *retry_seconds, mp_access *access, mp_str user_name,
                                 mp_str password, const mp_asked *asked, mp_ticks now, mp_arena *arena, mp_error *err);
/* The token of a set-up link, with the first password. */
MP_MUST_CHECK mp_code mp_sign_in_setup(mp_signed_in *out, mp_access *access, mp_str token, mp_str password,
                                       const mp_asked *asked, mp_ticks now, mp_arena *arena, mp_error *err);
/* A second factor for a half-made session: six digits, or a recovery code. */
MP_MUST_CHECK mp_code mp_sign_in_code(mp_signed_in *out, unsigned *retry_seconds, mp_access *access, const mp_who *who,
                                      mp_str code, const mp_asked *asked, mp_ticks now, mp_arena *arena, mp_error *err);
/* A passkey as second factor, or (`who` NULL or nobody: not known yet) as the only one: options for
 * navigator.credentials.get(), then its answer (AuthenticationResponseJSON). As the only one it must have
 * verified its user (a finger, a PIN), and counts as strong. */
MP_MUST_CHECK mp_code mp_sign_in_passkey_begin(const mp_json **options, mp_access *access, const mp_who *who,
                                               mp_ticks now, mp_arena *arena, mp_error *err);
MP_MUST_CHECK mp_code mp_sign_in_passkey(mp_signed_in *out, mp_access *access, const mp_who *who, const mp_json *answer,
                                         const mp_asked *asked, mp_ticks now, mp_arena *arena, mp_error *err);

/* Whose cookie is this? Counts as use (idle time). Fails with MP_CREDENTIALS. */
MP_MUST_CHECK mp_code mp_session_who(mp_who *out, mp_access *access, mp_str cookie, mp_ticks now, mp_arena *arena,
                                     mp_error *err);
/* The same without counting as use. */
MP_MUST_CHECK mp_code mp_session_look(mp_who *out, mp_access *access, mp_str cookie, mp_ticks now, mp_arena *arena,
                                      mp_error *err);
bool                  mp_session_csrf_ok(mp_access *access, const mp_who *who, mp_str token);
/* The token that mp_session_csrf_ok() wants: for a page that was loaded anew. {NULL,0} when memory is short. */
mp_str                mp_session_csrf(mp_access *access, const mp_who *who, mp_arena *arena);
/* [{id, createdAt, lastUsedAt, endsAt, agent, from, isStrong, isCurrent}], newest first; `current` is
 * who->session. Also of people who left: an empty list. */
MP_MUST_CHECK mp_code mp_sessions(const mp_json **out, mp_access *access, mp_str user, mp_str current, mp_ticks now,
                                  mp_arena *arena, mp_error *err);
MP_MUST_CHECK mp_code mp_session_end(mp_access *access, mp_tx *tx, mp_str session, mp_error *err);
MP_MUST_CHECK mp_code mp_sessions_end_of(uint64_t *ended, mp_access *access, mp_tx *tx, mp_str user, mp_str except,
                                         mp_error *err);
/* A session for a user whom another provider vouches for (oidc.h). */
MP_MUST_CHECK mp_code mp_session_begin(mp_signed_in *out, mp_access *access, mp_str user, bool is_strong,
                                       const mp_asked *asked, mp_ticks now, mp_arena *arena, mp_error *err);

/* Forget failures and locks of a person: sign-in is free again. Resuming, and a new set-up link, do it too.
 * Fails with MP_MISSING. */
MP_MUST_CHECK mp_code mp_sign_in_unlock(mp_access *access, mp_tx *tx, mp_str user, mp_error *err);

/* ---- one's own credentials ----
 * What makes a session worth more, or changes what it rests on, gives it a new value, and the one before is
 * worth nothing: `out` is then as after mp_sign_in (with `next`). When the caller came with a token instead
 * of a session, out->cookie is empty. */
/* Ends all other sessions, and all tokens. Fails with MP_PARAMETER (the rules; the sentence says which),
 * MP_CREDENTIALS (the old one), MP_BUSY. */
MP_MUST_CHECK mp_code mp_password_change(mp_signed_in *out, mp_access *access, const mp_who *who, mp_str old_password,
                                         mp_str new_password, const mp_asked *asked, mp_ticks now, mp_arena *arena,
                                         mp_error *err);
/* otpauth:// URI, then the first code makes it count. Fails with MP_EXISTS when there is one: remove it first. */
MP_MUST_CHECK mp_code mp_totp_begin(mp_str *uri, mp_str *secret_base32, mp_access *access, const mp_who *who,
                                    mp_ticks now, mp_arena *arena, mp_error *err);
MP_MUST_CHECK mp_code mp_totp_finish(mp_signed_in *out, mp_access *access, const mp_who *who, mp_str code,
                                     const mp_asked *asked, mp_ticks now, mp_arena *arena, mp_error *err);
/* Options for navigator.credentials.create(), then its answer (PublicKeyCredential.toJSON(): WebAuthn level
 * 3, RegistrationResponseJSON). */
MP_MUST_CHECK mp_code mp_passkey_begin(const mp_json **options, mp_access *access, const mp_who *who, mp_ticks now,
                                       mp_arena *arena, mp_error *err);
MP_MUST_CHECK mp_code mp_passkey_finish(mp_signed_in *out, mp_access *access, const mp_who *who, mp_str name,
                                        const mp_json *answer, const mp_asked *asked, mp_ticks now, mp_arena *arena,
                                        mp_error *err);
/* {"totp": bool, "passkeys": [{id, name, createdAt, lastUsedAt}], "recoveryCodes": N}. */
MP_MUST_CHECK mp_code mp_factors(const mp_json **out, mp_access *access, mp_str user, mp_arena *arena, mp_error *err);
/* `factor`: "totp", a passkey's id, or "all" (recovery codes too). Fails with MP_MISSING. */
MP_MUST_CHECK mp_code mp_factor_remove(mp_access *access, mp_tx *tx, mp_str user, mp_str factor, mp_error *err);
/* The same by himself: fails with MP_CONFLICT when he is an administrator who must have one, and it is his last. */
MP_MUST_CHECK mp_code mp_own_factor_remove(mp_access *access, mp_tx *tx, mp_str user, mp_str factor, mp_error *err);
/* Ten new codes, shown once: ["...", ...]; the old ones are worth nothing then. Fails with MP_CONFLICT
 * without another second factor. */
MP_MUST_CHECK mp_code mp_recovery_codes(const mp_json **out, mp_access *access, mp_tx *tx, mp_str user, mp_arena *arena,
                                        mp_error *err);

#endif
