/* SPDX-License-Identifier: Apache-2.0 */
/* lenient.h - JSON as people write templates, turned into JSON as RFC 8259 has it.
 *
 * azure-cli sends deployment bodies verbatim: keys without quotes, comments, line ends within strings. */
#ifndef MAPAE_BASE_LENIENT_H
#define MAPAE_BASE_LENIENT_H

#include "buf.h"

/* Append `text` to `strict` with quotes around bare keys, without comments (// and slash-star) and without commas
 * before ] and }, and with control characters in strings escaped. A line end within a string is escaped and stands
 * again behind the string's quote, so that every token keeps its line. Strict JSON passes byte for byte; what is
 * wrong in another way passes too, for mp_json_read() to say.
 * Fails with MP_SYNTAX (a comment or a string that does not end: line and column), MP_LIMIT (that of `strict`) or
 * MP_NOMEM; then `strict` holds no JSON. */
MP_MUST_CHECK mp_code mp_json_lenient(mp_buf *strict, mp_str text, mp_error *err);

#endif
