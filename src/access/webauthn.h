/* SPDX-License-Identifier: Apache-2.0 */
/* webauthn.h - the answers of navigator.credentials.create() and .get() (WebAuthn level 2, sections 7.1
 * and 7.2; in JSON as level 3 has them), read and checked. It knows no store: whether the challenge is ours,
 * the passkey known and its counter risen, the caller checks. Signatures are libfido2's. */
#ifndef MAPAE_ACCESS_WEBAUTHN_H
#define MAPAE_ACCESS_WEBAUTHN_H

#include "arena.h"

enum {
    MP_AUTH_PRESENT = 0x01,
    MP_AUTH_VERIFIED = 0x04,
    MP_AUTH_ATTESTED = 0x40,
    MP_AUTH_EXTENDED = 0x80
}; /* flags of authenticator data, section 6.1 */

#define MP_PASSKEY_ID_MAX 1023 /* bytes */

/* Of an attestation object: its parts, unchecked. */
typedef struct mp_attestation {
    mp_str  format, auth_data, signature;
    int64_t alg;       /* of the statement; 0: none */
    bool    has_chain; /* x5c: somebody else vouches */
    bool    is_empty;  /* no statement */
} mp_attestation;
bool mp_attestation_read(mp_attestation *out, mp_str bytes);

typedef struct mp_made_passkey {
    mp_str   challenge; /* base64url, as in the answer */
    mp_str   id;
    mp_str   key; /* as libfido2 has it */
    int      alg; /* COSE: -7 ES256, -8 EdDSA, -257 RS256 */
    uint32_t counter;
    bool     is_verified; /* its user was: a finger, a PIN */
} mp_made_passkey;
/* Everything in it is the arena's. `origin`: scheme, host, port. Fails with MP_PARAMETER (what the browser
 * must not send), MP_CREDENTIALS (another site, a wrong signature). */
MP_MUST_CHECK mp_code mp_webauthn_made(mp_made_passkey *out, const mp_json *answer, mp_str host,
                                       mp_str origin, mp_arena *arena, mp_error *err);

typedef struct mp_shown_passkey {
    mp_str   challenge, id, user_handle; /* the last may be empty */
    mp_str   auth_data, signature;
    uint8_t  client_hash[32];
    uint32_t counter;
    bool     is_verified;
} mp_shown_passkey;
MP_MUST_CHECK mp_code mp_webauthn_shown(mp_shown_passkey *out, const mp_json *answer, mp_str host,
                                        mp_str origin, mp_arena *arena, mp_error *err);
/* Is it signed with this key? `host` has a NUL behind it. */
bool mp_webauthn_is_signed(const mp_shown_passkey *shown, mp_str host, int alg, mp_str key);

#endif
