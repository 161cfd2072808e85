/* SPDX-License-Identifier: Apache-2.0 */
/* canonical.h - one text for one JSON value: the JSON Canonicalization Scheme, RFC 8785. */
#ifndef MAPAE_BASE_CANONICAL_H
#define MAPAE_BASE_CANONICAL_H

#include "buf.h"

/* Append the canonical text of `v`: members sorted by UTF-16 code units, numbers as ECMAScript prints them,
 * no blanks. Fails with MP_SYNTAX (a key stands twice; a number that no double holds, also an integer beyond
 * 2^53; broken UTF-8), MP_LIMIT, MP_NOMEM. */
MP_MUST_CHECK mp_code mp_canonical(mp_buf *out, const mp_json *v, mp_error *err);

#endif
