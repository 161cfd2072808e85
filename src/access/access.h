/* SPDX-License-Identifier: Apache-2.0 */
/* access.h - people, groups, programs, and what they may: the room's state in one place.
 *
 * What is stored is records (directory.h lists the kinds). What is asked at every request - who holds this
 * session, whose token is this, may he - is answered from memory, which follows the store: every write of
 * this room tells it what changed. Functions that take a transaction run within a write of the caller's;
 * those that hash a password or speak to another server are to be called outside of one. All take the time
 * from the caller (mp_tx_time, or `now`), so that tests can choose it. */
#ifndef MAPAE_ACCESS_H
#define MAPAE_ACCESS_H

#include "ledger.h"

typedef struct mp_access mp_access;

typedef enum mp_who_kind {
    MP_WHO_NOBODY,
    MP_WHO_USER,
    MP_WHO_PROGRAM,
    MP_WHO_LOCAL,  /* the installation's own user, at the machine: may everything, and is recorded like everybody */
    MP_WHO_SYSTEM, /* a job of Mapae */
} mp_who_kind;

/* Who asks. Everything in it is borrowed from the arena it was made in. */
typedef struct mp_who {
    mp_who_kind   kind;
    mp_str        id;       /* object id (GUID); of LOCAL: the Unix user's number as text */
    mp_str        app_id;   /* of a program: its client id */
    mp_str        name;     /* for people to read; never into a leaf */
    mp_str        session;  /* session or token id */
    const mp_str *groups;   /* ids, also of groups within groups */
    size_t        group_count;
    mp_ticks      signed_in_at, expires_at;
    bool          is_strong;      /* a second factor was shown */
    bool          by_cookie;      /* then a change needs the session's X-CSRF-Token */
    /* what a half-made session may do: "password", "factor", "enroll" (see mp_signed_in.next), "" for all */
    mp_str        limited_to;
} mp_who;

const char *mp_who_kind_name(mp_who_kind kind); /* as in leaves: "user", "program", "local", "system", "nobody" */

typedef struct mp_access_options {
    const char *base_url; /* "https://localhost:8443", without a slash at the end: issuer, audiences, relying party */
    const struct mp_sign_in_limits *rules; /* sign_in_limits.h; NULL: the defaults */
    /* Somebody should look: `what` is "lock" (too many failures), "counter" (a passkey that may be a copy),
     * "recovery" (a recovery code was used). `user`: an id, or empty. Called on whatever thread noticed,
     * after the commit; should be quick. May be NULL. */
    void (*alert)(void *ctx, const char *what, mp_str user);
    void *alert_ctx;
} mp_access_options;

/* Fails as the store does. */
MP_MUST_CHECK mp_code mp_access_open(mp_access **out, mp_store *store, mp_ledger *ledger,
                                     const mp_access_options *options, mp_error *err);
void                  mp_access_close(mp_access *access); /* before ledger and store */
mp_store             *mp_access_store(mp_access *access);
mp_ledger            *mp_access_ledger(mp_access *access);
const struct mp_seal *mp_access_seal(const mp_access *access); /* of secrets at rest: seal.h */
const char           *mp_access_base(const mp_access *access);
const char           *mp_access_tenant(const mp_access *access); /* a GUID: the installation's id */

/* What happens by itself: sessions and tokens that ended are removed, accounts unused too long are suspended,
 * dated assignments end, keys rotate. Call it once a minute. *done (may be NULL) counts. */
MP_MUST_CHECK mp_code mp_access_tick(uint64_t *done, mp_access *access, mp_ticks now, mp_error *err);

#endif
