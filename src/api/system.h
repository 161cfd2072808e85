/* SPDX-License-Identifier: Apache-2.0 */
/* system.h - what stands on the platform: a folder of src/ with a const table that says what it brings.
 *
 * A program lists its systems (cli/systems.c). They are opened in that order when the platform stands, and closed in
 * reverse before it goes. A system that needs another one stands behind it in the list. */
#ifndef MAPAE_API_SYSTEM_H
#define MAPAE_API_SYSTEM_H

#include "app.h"

typedef struct mp_system {
    const char             *name;    /* "compliance" */
    const mp_schema *const *schemas; /* of tables of its own; ends with NULL; or NULL */
    const mp_kind *const   *kinds;   /* of its records; ends with NULL; or NULL */
    const mp_routes        *routes;  /* ends with {NULL,0}; or NULL */
    /* What it holds while the program runs: *state. All may be NULL. `tick` comes once a minute in a server. */
    mp_code (*open)(void **state, mp_app *app, mp_error *err);
    /* All systems stand, and the folder is being prepared or a server begins: what an installation has from its first
     * day. */
    mp_code (*begin)(void *state, mp_error *err);
    void (*close)(void *state);
    mp_code (*tick)(void *state, mp_ticks now, mp_error *err);
    /* Within every write, when its function is done: what changed stands in mp_tx_changes(). Whatever follows from a
     * change of whomsoever is noted here, in the same transaction. On the writer's thread: short. */
    mp_code (*changed)(void *state, mp_tx *tx, mp_error *err);
    /* That write is on disk. On the thread that asked for it. */
    void (*committed)(void *state);
} mp_system;

/* A write that no request asked for: of jobs. `leaf` (may be NULL) is written with it, and the systems learn of what
 * changed, as with mp_app_write(). */
MP_MUST_CHECK mp_code mp_app_write_alone(mp_app *app, const mp_leaf *leaf, mp_tx_fn fn, void *arg, mp_error *err);
/* What `system` holds; NULL when this program does not have it. */
void *mp_app_state(const mp_app *app, const mp_system *system);

/* All that the platform and these systems keep and answer. Arrays in the arena; `systems` ends with NULL, or is NULL. */
typedef struct mp_app_parts {
    const mp_schema **schemas;
    const mp_kind   **kinds;
    mp_routes        *routes; /* ends with {NULL,0} */
    size_t            schema_count, kind_count;
} mp_app_parts;
MP_MUST_CHECK mp_code mp_app_parts_of(mp_app_parts *out, const mp_system *const *systems, mp_arena *arena, mp_error *err);

#endif
