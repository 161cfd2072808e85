/* SPDX-License-Identifier: Apache-2.0 */
/* digest.h - the two digests that template functions are defined by. */
#ifndef MAPAE_BASE_DIGEST_H
#define MAPAE_BASE_DIGEST_H

#include <mapae/error.h>
#include <mapae/str.h>

/* MurmurHash64 as Azure Resource Manager's uniqueString() uses it (seed 0). */
uint64_t mp_murmur64(mp_str s, uint32_t seed);
/* RFC 4122 version 5 (SHA-1) of `name` in `space` (16 bytes, network order); text form. */
MP_MUST_CHECK mp_code mp_uuid5(char out[37], const uint8_t space[16], mp_str name, mp_error *err);

#endif
