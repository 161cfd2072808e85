/* SPDX-License-Identifier: Apache-2.0 */
/* share_link.h - links that open evidence to somebody without an account: what they say, and their signature.
 *
 *   https://host/shared/SHARE/EVIDENCE?v=1&sp=r&st=...&se=...&sip=192.0.2.0/24&spr=https&si=POLICY&kid=3&sig=...
 *
 * As shared access signatures do: sp are permissions (r: read files, l: list them), st and se the first and last moment,
 * sip addresses, spr protocols, si a stored policy that says what the link leaves out; kid is the number of the key.
 * `sig` is HMAC-SHA-256 (RFC 2104) over all of it and the share, so that nothing can be changed, added or left out. */
#ifndef MAPAE_SHARE_LINK_H
#define MAPAE_SHARE_LINK_H

#include "address.h"
#include "clock.h"
#include "http.h"

#define MP_SHARE_FIELD_MAX 1024 /* bytes of one value */
#define MP_SHARE_KEY 32         /* bytes */
#define MP_SHARE_SIGNATURE 43   /* base64url of 32 bytes */
/* Clocks differ: a link holds so long before its first moment. Its last is kept to the second. */
#define MP_SHARE_SKEW (5 * 60 * MP_TICKS_PER_SECOND)

typedef struct mp_share_link {
    mp_str share; /* id */
    mp_str version, permissions, from, until, addresses, protocols, policy, key;
    mp_str signature;
} mp_share_link; /* borrowed */

/* From the values of a query. Fails with MP_PARAMETER: a name that is unknown or stands twice, a control
 * character, something too long, no signature. */
MP_MUST_CHECK mp_code mp_share_link_read(mp_share_link *out, const mp_pair *query, size_t count, mp_error *err);
/* The query of a link, signature and all, percent-encoded; {NULL,0} when memory is short. */
mp_str mp_share_link_write(const mp_share_link *link, mp_arena *arena);

/* Over everything but the signature itself. */
MP_MUST_CHECK mp_code mp_share_sign(char out[MP_SHARE_SIGNATURE + 1], const mp_share_link *link,
                                    const uint8_t key[MP_SHARE_KEY], mp_error *err);
/* In constant time. */
bool mp_share_is_signed(const mp_share_link *link, const uint8_t key[MP_SHARE_KEY]);

/* What a link allows, with what its policy says. */
typedef struct mp_share_terms {
    mp_str permissions, from, until, addresses, protocols;
} mp_share_terms;

/* Are they terms at all? Fails with MP_PARAMETER: other permissions than r and l, no time, addresses that are none,
 * other protocols than "https" and "https,http", an end before the beginning. What is empty is not looked at. */
MP_MUST_CHECK mp_code mp_share_terms_check(const mp_share_terms *terms, mp_error *err);

/* Who asks, when, for what. */
typedef struct mp_share_use {
    char     permission; /* 'r', 'l' */
    mp_ticks now;
    mp_str   client; /* address, as text */
    bool     is_secure;
} mp_share_use;
/* Fails with MP_DENIED: the sentence says which of the terms forbids it. Terms that cannot be read forbid everything. */
MP_MUST_CHECK mp_code mp_share_allows(const mp_share_terms *terms, const mp_share_use *use, mp_error *err);

#endif
