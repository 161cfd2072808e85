/* SPDX-License-Identifier: Apache-2.0 */
/* jose.h - signed JSON tokens (RFC 7515, compact form; RFC 7519), read strictly; signatures and keys are
 * rhonabwy's work.
 *
 * What a token says of its own keys (jwk, jku, x5c, x5u) is never looked at. Refused at once: another form
 * than three parts of base64url, a member that stands twice, crit, zip, b64, and every algorithm that is not
 * asymmetric. */
#ifndef MAPAE_ACCESS_JOSE_H
#define MAPAE_ACCESS_JOSE_H

#include "clock.h"

#define MP_JWS_MAX ((size_t)16384) /* bytes of a token */

typedef enum mp_jws_alg { /* bits of a set */
    MP_JWS_RS256 = 1,
    MP_JWS_PS256 = 2,
    MP_JWS_ES256 = 4,
    MP_JWS_EDDSA = 8,
} mp_jws_alg;

typedef struct mp_jws {
    mp_str         text;
    mp_jws_alg     alg;
    mp_str         kid; /* empty: none */
    const mp_json *header, *claims; /* objects, in the arena */
} mp_jws;

/* Parts, not yet the signature. Fails with MP_CREDENTIALS (what is refused), MP_NOMEM. */
MP_MUST_CHECK mp_code mp_jws_read(mp_jws *out, mp_str token, mp_arena *arena, mp_error *err);
/* The claim is a NumericDate (RFC 7519, 2) from 1970 to 9999, in whole seconds. */
bool mp_jws_time(mp_ticks *out, const mp_jws *jws, mp_str claim);

typedef struct mp_jwk mp_jwk; /* one key; never changes, so any number of threads may verify and sign with it */

/* A public key from its JSON (RFC 7517): RSA of 2,048 bits and more, P-256, Ed25519; its other members are
 * not looked at. Fails with MP_FORMAT. */
MP_MUST_CHECK mp_code mp_jwk_public(mp_jwk **out, const mp_json *jwk, mp_error *err);
/* A new RSA key of 2,048 bits; takes a tenth of a second and more. */
MP_MUST_CHECK mp_code mp_jwk_make(mp_jwk **out, mp_str kid, mp_error *err);
/* From what mp_jwk_secret gave. */
MP_MUST_CHECK mp_code mp_jwk_secret_read(mp_jwk **out, mp_str text, mp_error *err);
/* The whole key as JSON text: wipe it. */
MP_MUST_CHECK mp_code mp_jwk_secret(mp_str *out, const mp_jwk *key, mp_arena *arena, mp_error *err);
/* {"kty":"RSA","use":"sig","kid","n","e","alg":"RS256"} of an RSA key. */
MP_MUST_CHECK mp_code mp_jwk_show(const mp_json **out, const mp_jwk *key, mp_arena *arena, mp_error *err);
void                  mp_jwk_free(mp_jwk *key); /* NULL is fine */
mp_str                mp_jwk_kid(const mp_jwk *key); /* empty: none */
/* The algorithms that fit the kind of key. */
unsigned              mp_jwk_algs(const mp_jwk *key);

/* The signature is this key's. False also for an algorithm that does not fit the key. */
bool mp_jws_verify(const mp_jws *jws, const mp_jwk *key);
/* RS256 with a key that mp_jwk_make or _secret_read gave. */
MP_MUST_CHECK mp_code mp_jws_sign(mp_str *token, const mp_json *claims, const mp_jwk *key, mp_arena *arena,
                                  mp_error *err);

#endif
