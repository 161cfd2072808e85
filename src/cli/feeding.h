/* SPDX-License-Identifier: Apache-2.0 */
/* feeding.h - resource documents on their way into the recorded estate: from files, or handed over one by one by
 * whoever collects them.
 *
 * What is met twice is sent once, the first time; what was met is known afterwards, so that what a source had before
 * and has no longer can be closed. */
#ifndef MAPAE_CLI_FEEDING_H
#define MAPAE_CLI_FEEDING_H

#include <mapae/inventory.h>

#include "map.h"
#include "sending.h"

typedef struct mp_feeding {
    mp_sending          sending;
    mp_inventory_batch *batch;
    mp_json_doc        *doc;
    mp_arena            arena; /* of one document */
    mp_arena            keys;  /* of `seen` */
    mp_map              seen;  /* mp_feeding_key() of what was met, and of the groups that hold it */
    uint64_t            documents;
    uint64_t            lists; /* containers that were met: with no document in them they were empty */
    /* Somebody else sends what has this key; NULL: nobody. */
    bool (*is_others)(void *ctx, mp_str key);
    void *ctx;
} mp_feeding;

#define MP_FEEDING_SUMS 5
extern const char *const mp_feeding_sums[MP_FEEDING_SUMS + 1];
/* What mp_sending_show() shows of it. */
#define MP_FEEDING_COLUMNS 6
extern const mp_column mp_feeding_columns[MP_FEEDING_COLUMNS];

/* `out` is to be given to mp_feeding_done() in any case; `source` lives as long. Fails with MP_NOMEM. */
MP_MUST_CHECK mp_code mp_feeding_begin(mp_feeding *out, mp_client *client, const char *source, mp_error *err);
void                  mp_feeding_done(mp_feeding *f);

/* An id as it is compared: of Azure without case, of others as it is. In the arena; {NULL,0} when memory is short. */
mp_str mp_feeding_key(mp_arena *arena, mp_str id);
/* Name of the source that a user did not name: "file:" and the last part of a path. */
mp_str mp_feeding_source(mp_arena *arena, const char *given, const char *path);

/* Everything in these files and folders. What cannot be read is said, and counted in sending.faulty; the rest goes
 * on. Fails as mp_client_ask(). */
MP_MUST_CHECK mp_code mp_feeding_files(mp_feeding *f, const char *const *paths, size_t count,
                                       const mp_mapping *mapping, mp_error *err);
/* One document of Azure Resource Manager, which came from `origin` (lives as long as `f`). */
MP_MUST_CHECK mp_code mp_feeding_add(mp_feeding *f, const mp_json *document, const char *origin, mp_error *err);

/* These are there no more. */
MP_MUST_CHECK mp_code mp_feeding_close(mp_feeding *f, const mp_str *ids, size_t count, mp_error *err);
/* What the source had before and was not met: `is_seen` knows; NULL: `f` itself does. */
MP_MUST_CHECK mp_code mp_feeding_close_gone(mp_feeding *f, bool (*is_seen)(void *ctx, mp_str key), void *ctx, mp_error *err);

#endif
