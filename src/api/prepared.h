/* SPDX-License-Identifier: Apache-2.0 */
/* prepared.h - what FOLDER/installation.json says beside the id, which is the store's: host, store, and that
 * everything is prepared. Private to api. */
#ifndef MAPAE_API_PREPARED_H
#define MAPAE_API_PREPARED_H

#include "arena.h"

typedef struct mp_prepared {
    const char *host;        /* NULL: not said */
    const char *store;       /* URL without a password; NULL: SQLite */
    bool        is_prepared; /* mp_app_init() came to its end */
} mp_prepared;

/* A file that is not there gives an empty one. Fails with MP_DAMAGED, MP_IO, MP_NOMEM. */
MP_MUST_CHECK mp_code mp_prepared_read(mp_prepared *out, const char *folder, mp_arena *arena, mp_error *err);
/* Add members to what the store has written; in place only when it is whole and on disk. Fails with
 * MP_MISSING (no store was made here). */
MP_MUST_CHECK mp_code mp_prepared_write(const char *folder, const mp_prepared *what, mp_error *err);

#endif
