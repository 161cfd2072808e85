/* SPDX-License-Identifier: Apache-2.0 */
/* access_internal.h - what the files of this room know of each other.
 *
 * Memory follows the store by one rule. Whatever a file keeps in memory was read at a stamp (mp_access_stamp,
 * taken before the read began). A function that changes people, sessions, groups, programs, roles or
 * assignments calls mp_access_touch() within its write. What was read at a stamp is true as long as
 * mp_access_is_fresh() says so; else it is read again. A write that is given up costs a reading and nothing
 * else: nobody has to be told that a commit failed. */
#ifndef MAPAE_ACCESS_INTERNAL_H
#define MAPAE_ACCESS_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "access.h"
#include "directory.h"
#include "seal.h"
#include "sign_in.h"
#include "sign_in_limits.h"
#include "time_put.h"

struct mp_rbac;      /* rbac.c */
struct mp_tokens;    /* token.c */
struct mp_providers; /* oidc.c */
struct mp_sessions;  /* session.c */
struct mp_hasher;    /* password.c */
struct mp_challenges; /* challenge.c */

struct mp_access {
    mp_store            *store;
    mp_ledger           *ledger;
    mp_arena             arena; /* of what lives as long as the room */
    const char          *base;
    const char          *host;  /* of base, without port: the relying party's id */
    const char          *tenant;
    mp_sign_in_limits    rules;
    void               (*alert)(void *ctx, const char *what, mp_str user);
    void                *alert_ctx;
    mp_seal              seal;
    atomic_uint_fast64_t true_from; /* what was read at an earlier stamp may be old */
    struct mp_hasher    *hasher;
    struct mp_sessions  *sessions;
    struct mp_challenges *challenges;
    struct mp_rbac      *rbac;
    struct mp_tokens    *tokens;
    struct mp_providers *providers;
};

/* ---- memory and the store ---- */
uint64_t mp_access_stamp(mp_access *access); /* of what is read from now on */
bool     mp_access_is_fresh(mp_access *access, uint64_t stamp);
/* Behind the puts and deletes of the write: mp_rbac_touched, which it calls, takes from mp_tx_changes which
 * records of users, groups, programs, roles, assignments and scopes are to be read again (40,000 assignments
 * are not read anew for one that changed). */
void     mp_access_touch(mp_access *access, mp_tx *tx);
void     mp_rbac_touched(mp_access *access, mp_tx *tx); /* rbac.c; by mp_access_touch alone */

/* ---- the parts, each made by its file; _open may leave *out NULL only when it fails, _close takes NULL ---- */
MP_MUST_CHECK mp_code mp_rbac_open(struct mp_rbac **out, mp_access *access, mp_error *err);
void                  mp_rbac_close(struct mp_rbac *rbac);
MP_MUST_CHECK mp_code mp_tokens_open(struct mp_tokens **out, mp_access *access, mp_error *err);
void                  mp_tokens_close(struct mp_tokens *tokens);
MP_MUST_CHECK mp_code mp_providers_open(struct mp_providers **out, mp_access *access, mp_error *err);
void                  mp_providers_close(struct mp_providers *providers);
MP_MUST_CHECK mp_code mp_sessions_open(struct mp_sessions **out, mp_access *access, mp_error *err);
void                  mp_sessions_close(struct mp_sessions *sessions);
MP_MUST_CHECK mp_code mp_hasher_open(struct mp_hasher **out, mp_access *access, mp_error *err);
void                  mp_hasher_close(struct mp_hasher *hasher);
MP_MUST_CHECK mp_code mp_challenges_open(struct mp_challenges **out, mp_error *err);
void                  mp_challenges_close(struct mp_challenges *challenges);

/* What each does once a minute; *done is added to. */
MP_MUST_CHECK mp_code mp_rbac_tick(uint64_t *done, mp_access *access, mp_ticks now, mp_error *err);
MP_MUST_CHECK mp_code mp_tokens_tick(uint64_t *done, mp_access *access, mp_ticks now, mp_error *err);

/* Of rbac.c, for lifecycle.c: within the transaction, take away every assignment of a principal who leaves;
 * would no administrator who can sign in remain without him, as the transaction sees it? */
MP_MUST_CHECK mp_code mp_rbac_unassign_all(uint64_t *removed, mp_access *access, mp_tx *tx, mp_str principal,
                                           mp_error *err);
MP_MUST_CHECK mp_code mp_rbac_is_last(bool *is_last, mp_access *access, mp_tx *tx, mp_str principal, mp_error *err);
/* As the transaction sees it, some administrator can sign in: for groups.c, through whose groups they may be that. */
MP_MUST_CHECK mp_code mp_rbac_has_administrator(bool *has, mp_tx *tx, mp_error *err);

/* ---- secrets: one record of kind credential for each user and program (credential.c) ---- */

/* An object that no API shows, opened from the seal: {} when there is none yet. Close it: that overwrites the text. */
typedef struct mp_credential {
    const mp_json *body;
    mp_json_doc   *doc;
    char          *text; /* what strings in `body` point into */
    size_t         len;
} mp_credential;
MP_MUST_CHECK mp_code mp_credential_open(mp_credential *out, mp_access *access, mp_tx *tx, mp_str principal,
                                         mp_arena *arena, mp_error *err);
void                  mp_credential_close(mp_credential *credential); /* also one that is all zero */
/* Members of `changes` take the place of those there are; null removes one. */
MP_MUST_CHECK mp_code mp_credential_change(mp_access *access, mp_tx *tx, mp_str principal, const mp_json *changes,
                                           mp_error *err);
MP_MUST_CHECK mp_code mp_credential_remove(uint64_t *removed, mp_access *access, mp_tx *tx, mp_str principal,
                                           mp_error *err);

/* ---- programs' secrets (programs.c): for the token endpoint ---- */

/* The program of this client id, and whether `secret` is one of its own that has not ended. Unknown ids cost
 * the same. *out is set when *matches. */
MP_MUST_CHECK mp_code mp_program_check(bool *matches, mp_record *out, mp_access *access, mp_tx *tx, mp_str app_id,
                                       mp_str secret, mp_ticks now, mp_arena *arena, mp_error *err);

/* ---- what stands in the way of guessing (lockout.c) ---- */

typedef enum mp_guess_kind {
    MP_GUESS_PASSWORD, /* of a person, by name */
    MP_GUESS_CODE,     /* of one whose password was right */
    MP_GUESS_PROGRAM   /* of a client id: its secrets are long and random, so nothing locks */
} mp_guess_kind;

/* Who is counted, all keyed, so that the store names nobody. An empty text is not counted. */
typedef struct mp_guess {
    mp_guess_kind kind;
    char          pair[65];    /* the name at this address (or one session): slows, then locks */
    char          name[65];    /* the name, from wherever: slows addresses that he never signed in from */
    char          address[65]; /* the address, over all names */
    bool          is_local;    /* over the local socket: only `pair` counts against it */
} mp_guess;
MP_MUST_CHECK mp_code mp_guess_of(mp_guess *out, mp_access *access, mp_guess_kind kind, mp_str name, mp_str address,
                                  mp_error *err);
/* Of one who is signed in, and shows something once more: his failures are those of his session, whatever
 * others try with his name. A half-made session is counted as a code (`name` is then of use). */
MP_MUST_CHECK mp_code mp_guess_of_who(mp_guess *out, mp_access *access, const mp_who *who, mp_str name, mp_str address,
                                      mp_error *err);
/* MP_BUSY with *retry_seconds while one of them has to wait. */
MP_MUST_CHECK mp_code mp_guess_may(unsigned *retry_seconds, mp_access *access, mp_tx *tx, const mp_guess *guess,
                                   mp_ticks now, mp_error *err);
/* One more failure; *locks is true when it was the one that locks, *spreads when it was the one from which on
 * the name is known to be tried from several addresses. */
MP_MUST_CHECK mp_code mp_guess_failed(bool *locks, bool *spreads, mp_access *access, mp_tx *tx, const mp_guess *guess,
                                      mp_ticks now, mp_error *err);
/* His failures at this address are forgotten. A person's address is remembered as one of his. */
MP_MUST_CHECK mp_code mp_guess_right(mp_access *access, mp_tx *tx, const mp_guess *guess, mp_ticks now, mp_error *err);
/* Remove what no longer counts. */
MP_MUST_CHECK mp_code mp_guesses_forget(uint64_t *removed, mp_access *access, mp_tx *tx, mp_ticks now, mp_error *err);

/* ---- people (lifecycle.c) ---- */
/* He signed in; `record` is then as it is stored. */
MP_MUST_CHECK mp_code mp_user_seen(mp_access *access, mp_tx *tx, mp_record *record, mp_ticks at, mp_error *err);
/* Suspend who did not sign in for inactive_days. */
MP_MUST_CHECK mp_code mp_users_unused(uint64_t *done, mp_access *access, mp_tx *tx, mp_ticks now, mp_error *err);

int64_t mp_body_int(const mp_json *body, mp_str name, int64_t otherwise);
bool    mp_body_bool(const mp_json *body, mp_str name);
mp_ticks mp_body_time(const mp_json *body, mp_str name); /* 0 when absent or no time */
/* An object with the members of `body`, where those of `changes` take the place of their namesakes; null in
 * `changes` removes. NULL when memory is short. */
const mp_json *mp_body_with(mp_arena *arena, const mp_json *body, const mp_json *changes);
/* With a NUL behind it; nothing when it does not fit. */
void mp_copy_text(char *into, size_t size, mp_str s);
/* Hex of SHA-256 of a secret of ours, which is random and long: no slow hash is needed. */
MP_MUST_CHECK mp_code mp_secret_hash(char out[65], mp_str secret, mp_error *err);
/* `bytes` random bytes as base64url, in the arena. */
MP_MUST_CHECK mp_code mp_secret_make(mp_str *out, size_t bytes, mp_arena *arena, mp_error *err);
/* ---- leaves of functions here that open their own write (deed.c) ---- */
typedef struct mp_deed {
    const char     *action;  /* "Mapae.Access/signIn/password" */
    const mp_who   *who;     /* NULL: `user` when it was done, else nobody */
    mp_str          user;    /* whom it is about; empty: not known */
    mp_str          session; /* that came of it; may be empty */
    const mp_asked *asked;   /* NULL: nobody did; a job of ours */
    mp_code         code;    /* how it ended */
    const mp_json  *detail;  /* may be NULL */
} mp_deed;
MP_MUST_CHECK mp_code mp_deed_add(mp_access *access, mp_tx *tx, const mp_deed *deed, mp_error *err);
/* By itself, of what was refused; returns deed->code with `err` as it is, unless the leaf cannot be written. */
MP_MUST_CHECK mp_code mp_deed_refused(mp_access *access, const mp_deed *deed, mp_error *err);

#endif
