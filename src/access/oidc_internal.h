/* SPDX-License-Identifier: Apache-2.0 */
/* oidc_internal.h - what oidc.c, oidc_provider.c, oidc_token.c and oidc_fetch.c know of each other. */
#ifndef MAPAE_ACCESS_OIDC_INTERNAL_H
#define MAPAE_ACCESS_OIDC_INTERNAL_H

#include "access_internal.h"
#include "buf.h"
#include "jose.h"
#include "oidc.h"

#define MP_OIDC_ANSWER_MAX ((size_t)1 << 20)
#define MP_OIDC_CALLBACK "/api/v1/sign-in/oidc/callback"

/* ---- oidc_fetch.c ---- */

typedef struct mp_fetch {
    mp_str url;
    mp_str form;          /* application/x-www-form-urlencoded, sent by POST; empty: GET */
    mp_str user, secret;  /* of HTTP Basic; empty: none */
    mp_str bearer;        /* empty: none */
    bool   allows_http;   /* to this machine's own addresses, else TLS only */
} mp_fetch;
/* https, or http to a loopback address where that is allowed; no user in it, no fragment. */
bool mp_fetch_may(mp_str url, bool allows_http);
/* No redirects, 10 seconds, MP_OIDC_ANSWER_MAX. `*status` is HTTP's. Fails with MP_UNAVAILABLE, MP_LIMIT, MP_NOMEM. */
MP_MUST_CHECK mp_code mp_fetch_do(mp_buf *out, long *status, const mp_fetch *fetch, mp_error *err);
/* Append NAME=VALUE, percent-encoded (RFC 3986, unreserved stay), with '&' or `first` in front. */
void mp_form_add(mp_buf *form, char first, const char *name, mp_str value);

/* ---- oidc_provider.c ---- */

/* What a provider says of itself, and how it is set up here; never changes. */
typedef struct mp_provider_info {
    unsigned refs;
    mp_arena arena;
    char     id[37];
    int64_t  version;    /* of the record */
    mp_ticks fetched_at;
    const mp_json *setup; /* the record's body */
    mp_str   secret;      /* of our client; empty: a public one */
    mp_str   issuer, authorize_url, token_url, keys_url, userinfo_url;
    bool     says_issuer; /* RFC 9207: its answers carry iss */
    bool     takes_basic; /* client_secret_basic */
    mp_jwk **keys;
    size_t   key_count;
} mp_provider_info;

/* Fetched when it is not there, older than an hour, of an older record, or (fresh) older than a minute. Fails
 * with MP_MISSING (none, or not enabled), MP_UNAVAILABLE. */
MP_MUST_CHECK mp_code mp_provider_take(mp_provider_info **out, mp_access *access, mp_str id, bool fresh, mp_ticks now,
                                       mp_error *err);
void                  mp_provider_give(mp_access *access, mp_provider_info *info); /* NULL is fine */
/* From texts, without a network. Fails with MP_FORMAT. */
MP_MUST_CHECK mp_code mp_provider_read(mp_provider_info *info, mp_str discovery, mp_error *err);
MP_MUST_CHECK mp_code mp_provider_read_keys(mp_provider_info *info, mp_str jwks, mp_error *err);

/* ---- oidc_user.c ---- */

typedef struct mp_outside_person {
    mp_str         provider; /* id */
    const mp_json *setup;    /* the provider's record, as it was asked */
    const mp_json *claims;   /* of the ID token, checked */
    const mp_json *more;     /* of userinfo; NULL: not asked */
    const mp_asked *asked;   /* for the leaf */
} mp_outside_person;
/* Within a write: the user whom this person is linked to, or is linked to now, or who is made now; active,
 * and in the groups that the claims say. What changes by it has its leaf. Fails with MP_DENIED. */
MP_MUST_CHECK mp_code mp_outside_user(mp_str *user, mp_access *access, mp_tx *tx, const mp_outside_person *person,
                                      mp_error *err);
/* Within a write: nobody is linked to a person of this provider any more. */
MP_MUST_CHECK mp_code mp_outside_unlink(mp_tx *tx, mp_str provider, mp_error *err);

/* ---- oidc_token.c ---- */

typedef struct mp_id_token_want {
    const mp_provider_info *info;
    mp_str   nonce;
    mp_ticks now;
} mp_id_token_want;
/* OpenID Connect Core 3.1.3.7. *unknown_key: no key of the provider's has this kid; it may have new ones.
 * Fails with MP_CREDENTIALS. */
MP_MUST_CHECK mp_code mp_id_token_check(const mp_json **claims, bool *unknown_key, mp_str token,
                                        const mp_id_token_want *want, mp_arena *arena, mp_error *err);
/* acr or amr say that more than one factor was shown (RFC 8176). */
bool mp_id_token_is_strong(const mp_json *claims);

#endif
