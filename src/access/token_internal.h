/* SPDX-License-Identifier: Apache-2.0 */
/* token_internal.h - what token.c, token_keys.c and token_issue.c know of each other. */
#ifndef MAPAE_ACCESS_TOKEN_INTERNAL_H
#define MAPAE_ACCESS_TOKEN_INTERNAL_H

#include "access_internal.h"
#include "jose.h"
#include "map.h"
#include "token.h"

#define MP_TOKEN_LONGEST 7776000 /* seconds: 90 days, of a token for a person's scripts */

/* Keys and revocations as they stood at one moment; never changes. */
typedef struct mp_token_state {
    unsigned refs;
    uint64_t generation; /* of what was verified with it */
    mp_jwk **keys;       /* also retired ones, while they are published; the newest first */
    size_t   key_count;
    const mp_jwk *signer; /* NULL: none */
    mp_ticks signer_since;
    mp_map   revoked;    /* ids of tokens */
    mp_arena arena;
} mp_token_state;

/* What holds now. Give it back. Fails as the store does. */
MP_MUST_CHECK mp_code mp_token_state_take(mp_token_state **out, mp_access *access, mp_error *err);
void                  mp_token_state_give(mp_access *access, mp_token_state *state); /* NULL is fine */
const mp_jwk         *mp_token_state_key(const mp_token_state *state, mp_str kid);
/* Within a write: keys or revocations changed. */
void                  mp_token_note(mp_access *access, mp_tx *tx);

/* "https://..." without the slashes at its end is an address that ARM's tokens are for. */
bool mp_token_audience_ok(const mp_access *access, mp_str audience);

/* Claims of a verified token. */
typedef struct mp_token_claims {
    mp_ticks issued, from, until;
    char     principal[37], id[37];
} mp_token_claims;
/* The last that were verified, by the digest of their text. */
bool mp_token_remembered(mp_token_claims *out, mp_access *access, const uint8_t digest[32], uint64_t generation);
void mp_token_remember(mp_access *access, const uint8_t digest[32], uint64_t generation, const mp_token_claims *claims);

#endif
