/* SPDX-License-Identifier: Apache-2.0 */
/* authenticator.h - a passkey of software, and the browser around it: answers as navigator.credentials gives
 * them, and wrong ones on purpose. */
#ifndef MAPAE_TESTS_AUTHENTICATOR_H
#define MAPAE_TESTS_AUTHENTICATOR_H

#include <openssl/evp.h>

#include "arena.h"

typedef struct authenticator {
    int       alg; /* -7, -8, -257 */
    EVP_PKEY *key;
    uint8_t   id[32];
    uint32_t  counter;      /* of the last signature */
    uint32_t  step;         /* added at every one; 0: it does not count */
    bool      packs_itself; /* attestation "packed", signed by the new key */
    mp_str    user_handle;  /* raw; empty: not resident */
} authenticator;

/* What is to be wrong. NULL, 0: nothing. */
typedef struct twist {
    const char *type, *origin, *challenge, *host, *format, *credential_type, *id;
    bool cross_origin, absent_user, unverified_user, no_credential, breaks_signature, no_signature, other_key,
        duplicate_challenge, cuts_data, other_handle;
    bool has_chain, other_alg;
} twist;

void           authenticator_make(authenticator *a, int alg);
void           authenticator_free(authenticator *a);
const mp_json *authenticator_create(authenticator *a, const mp_json *options, const twist *twist,
                                    mp_arena *arena);
const mp_json *authenticator_get(authenticator *a, const mp_json *options, const twist *twist,
                                 mp_arena *arena);

#endif
