/* SPDX-License-Identifier: Apache-2.0 */
/* explain_text.h - why a policy says of a resource what it says: a page for people, JSON for programs. */
#ifndef MAPAE_EXPLAIN_EXPLAIN_TEXT_H
#define MAPAE_EXPLAIN_EXPLAIN_TEXT_H

#include "explained.h"
#include "messages.h"

/* Append the page: what was judged, how it was decided, what follows. `columns` 0: lines are not broken. Fails with
 * MP_NOMEM, or MP_EVALUATION when the effect's details cannot be evaluated. */
MP_MUST_CHECK mp_code mp_explain_text(mp_buf *out, mp_lang lang, bool color, unsigned columns,
                                      const mp_explained *explained, mp_error *err);
MP_MUST_CHECK mp_code mp_explain_json(mp_buf *out, const mp_explained *explained, mp_error *err);
/* The same as one object without a line feed. It may be deeper than mp_json_read() takes by itself: give it
 * MP_EXPLAIN_DEPTH. */
#define MP_EXPLAIN_DEPTH 4096
MP_MUST_CHECK mp_code mp_explain_json_line(mp_buf *out, const mp_explained *explained, mp_error *err);

#endif
