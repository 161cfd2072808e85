/* SPDX-License-Identifier: Apache-2.0 */
/* ingest.h - what a reader saw becomes the recorded estate. It is a fact, so no policy refuses it; it is judged like
 * everything else.
 *
 * The resource groups and subscriptions that hold it are made when they are not there yet. Within a transaction that
 * the caller has. */
#ifndef MAPAE_COMPLIANCE_INGEST_H
#define MAPAE_COMPLIANCE_INGEST_H

#include "compliance.h"
#include "estate.h"

typedef struct mp_ingest_counts {
    /* made: groups and subscriptions that nobody had given */
    uint64_t added, changed, unchanged, closed, made, faulty;
} mp_ingest_counts;

typedef struct mp_ingest {
    mp_str         source;    /* "file:NAME", "collect:NAME"; never "api" */
    /* array of documents as Azure Resource Manager has them, with "id"; or in the readers' form, with "id" and
     * "type". NULL: none */
    const mp_json *resources;
    /* array of ids (of other clouds their own) that this source does not see any more; those of another source stay.
     * NULL: none */
    const mp_json *closed;
    /* What is wrong with a document; the others go on. Fails with MP_NOMEM. */
    mp_code (*say)(void *ctx, size_t index, const mp_error *why, mp_error *err);
    void *ctx;
} mp_ingest;

/* Fails when the store does, or memory is short. */
MP_MUST_CHECK mp_code mp_ingest_put(mp_ingest_counts *out, mp_app *app, mp_tx *tx, const mp_ingest *from,
                                    mp_arena *arena, mp_error *err);

#endif
