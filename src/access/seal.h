/* SPDX-License-Identifier: Apache-2.0 */
/* seal.h - secrets at rest: AES-256-GCM with a key of the installation, FOLDER/keys/seal.key (32 bytes, mode
 * 0600).
 *
 * A sealed text is version (1 byte), nonce (12), ciphertext, tag (16), as base64url. `about` is bound to it,
 * so that a sealed text moved to another record does not open. A nonce is random: with one key, 2^32 texts
 * are safe (NIST SP 800-38D, 8.3). */
#ifndef MAPAE_ACCESS_SEAL_H
#define MAPAE_ACCESS_SEAL_H

#include "secret.h"

typedef struct mp_seal {
    uint8_t key[32];   /* seals */
    uint8_t names[32]; /* keys hashes of names and addresses, sessions' CSRF tokens */
} mp_seal;

/* Reads the key of the data folder. One that is not there is made with `makes`, which only a store without any
 * sealed secret may ask for: another key would open none of them. Fails with MP_MISSING, MP_IO, MP_OUTPUT,
 * MP_DAMAGED (not 32 bytes, or open to others). */
MP_MUST_CHECK mp_code mp_seal_open(mp_seal *out, const char *folder, bool makes, mp_error *err);
void                  mp_seal_close(mp_seal *seal);
MP_MUST_CHECK mp_code mp_sealed(mp_str *out, const mp_seal *seal, mp_str about, mp_str clear, mp_arena *arena,
                                mp_error *err);
/* Fails with MP_DAMAGED. */
MP_MUST_CHECK mp_code mp_unsealed(mp_str *out, const mp_seal *seal, mp_str about, mp_str sealed,
                                  mp_arena *arena, mp_error *err);
/* Hex of a keyed hash (HMAC-SHA-256): the same text gives the same, and without the key nobody can try texts.
 */
MP_MUST_CHECK mp_code mp_seal_name(char out[65], const mp_seal *seal, mp_str about, mp_str text,
                                   mp_error *err);

#endif
