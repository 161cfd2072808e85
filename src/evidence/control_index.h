/* SPDX-License-Identifier: Apache-2.0 */
/* control_index.h - which evidence answers which control, as one document: the index of a package (package_index.h).
 *
 * The same state gives the same document, whenever it is asked: what is in it is what is recorded, in the order of the
 * framework, and pieces by id. */
#ifndef MAPAE_CONTROL_INDEX_H
#define MAPAE_CONTROL_INDEX_H

#include "evidence_system.h"

typedef struct mp_control_index {
    const mp_json *document;      /* without "asOf" */
    const mp_str  *pieces;        /* ids of all that it lists, sorted */
    const mp_str  *scopes;        /* of each, may be empty */
    size_t         count;
} mp_control_index;

/* Everything of `out` is the arena's. What was deleted since is not listed. Fails with MP_LIMIT (too many pieces for a
 * package), ... */
MP_MUST_CHECK mp_code mp_control_index_make(mp_control_index *out, mp_app *app, const mp_evidence_asked *asked,
                                            mp_arena *arena, mp_error *err);

#endif
