/* SPDX-License-Identifier: Apache-2.0 */
/* cbor.h - just enough of CBOR (RFC 8949) to take an attestation object apart: definite lengths, shortest
 * heads (CTAP2's canonical form). */
#ifndef MAPAE_ACCESS_CBOR_H
#define MAPAE_ACCESS_CBOR_H

#include <mapae/str.h>

typedef struct mp_cbor {
    const uint8_t *at, *end; /* what is still to be read */
} mp_cbor;

static inline mp_cbor mp_cbor_of(mp_str bytes)
{
    return (mp_cbor){ (const uint8_t *)bytes.ptr, (const uint8_t *)bytes.ptr + bytes.len };
}
static inline bool mp_cbor_is_done(const mp_cbor *c)
{
    return c->at == c->end;
}

/* Each false when something else comes, or the bytes end too early: then `c` is worth nothing any more.
 * Slices point into the bytes. */
bool mp_cbor_map(uint64_t *pairs, mp_cbor *c);
bool mp_cbor_text(mp_str *out, mp_cbor *c);
bool mp_cbor_bytes(mp_str *out, mp_cbor *c);
bool mp_cbor_int(int64_t *out, mp_cbor *c);
/* One item of whatever kind, with all that is in it; at most 8 containers deep. */
bool mp_cbor_skip(mp_cbor *c);

#endif
