/* SPDX-License-Identifier: Apache-2.0 */
/* secret.h - random bytes, comparing in constant time, and texts for bytes: hex, base64url (RFC 4648). */
#ifndef MAPAE_BASE_SECRET_H
#define MAPAE_BASE_SECRET_H

#include "arena.h"

/* From the system. Fails with MP_INTERNAL. */
MP_MUST_CHECK mp_code mp_random(void *out, size_t len, mp_error *err);
/* A random GUID, RFC 9562 version 4, in lower case with a NUL. */
MP_MUST_CHECK mp_code mp_guid(char out[37], mp_error *err);
bool mp_is_guid(mp_str s); /* 8-4-4-4-12 hex digits, any case */
/* Takes as long for unequal bytes as for equal ones (lengths are no secret). */
bool mp_secret_eq(mp_str a, mp_str b);
/* Overwrite, also when the compiler thinks nobody looks. */
void mp_wipe(void *bytes, size_t len);

MP_MUST_CHECK mp_code mp_sha256(uint8_t out[32], mp_str bytes, mp_error *err);
MP_MUST_CHECK mp_code mp_hmac_sha256(uint8_t out[32], mp_str key, mp_str bytes, mp_error *err);

int mp_hex_digit(char c); /* 0 to 15, any case; -1: it is none */
/* `out` holds 2 * len + 1 bytes. */
void mp_hex(char *out, const void *bytes, size_t len);
/* False unless `s` is exactly 2 * len hex digits. */
bool mp_unhex(void *out, size_t len, mp_str s);
/* Without padding; {NULL,0} when memory is short. */
mp_str mp_base64url(mp_arena *arena, mp_str bytes);
/* {NULL,0} when `s` is none (padding is refused), or memory is short. An empty text gives ptr != NULL. */
mp_str mp_unbase64url(mp_arena *arena, mp_str s);
/* The same with padding and '+', '/'. */
mp_str mp_base64(mp_arena *arena, mp_str bytes);
mp_str mp_unbase64(mp_arena *arena, mp_str s);

#endif
