/* SPDX-License-Identifier: Apache-2.0 */
/* rest.h - documents at rest: read for their faults and names, let go, and read again when something
 * refers to them.
 *
 * Of thousands of definitions that are only referenced a few hundred are wanted. Those at rest cost the place
 * where they stand, and no text when that is in a file. */
#ifndef MAPAE_POLICY_REST_H
#define MAPAE_POLICY_REST_H

#include "arena.h"
#include "diagnostics.h"

/* A text that holds documents at rest. */
typedef struct mp_rest_text {
    mp_source_text source; /* without a root; text.ptr NULL: it is read from the file again */
    size_t         len;
    uint64_t       hash; /* of the text as it was read first */
} mp_rest_text;

/* Where one of them stands. */
typedef struct mp_rest {
    const mp_rest_text *text;    /* NULL: it does not rest */
    size_t              at, len; /* bytes; behind the document there may be blanks and punctuation */
} mp_rest;

/* That `text` of `file` was read, and is in `kept` (padded) or, when kept.ptr is NULL, in the file. Both strings
 * are borrowed. NULL when memory is short. */
mp_rest_text *mp_rest_text_new(mp_arena *arena, mp_str file, mp_str text, mp_str kept);

/* Read the document again; it is (*source)->root and the arena's. Fails with MP_IO (the file is gone, or not
 * what it was), MP_NOMEM. */
MP_MUST_CHECK mp_code mp_rest_read(const mp_source_text **source, const mp_rest *rest, mp_json_doc *reader,
                                   mp_arena *arena, mp_error *err);

#endif
