/* SPDX-License-Identifier: Apache-2.0 */
/* bench_world.h - an installation in a folder of its own, for measuring in process; whatever fails ends the program
 * with its sentence. */
#ifndef MAPAE_BENCH_WORLD_H
#define MAPAE_BENCH_WORLD_H

#include "compliance.h"
#include "gate.h"
#include "init.h"
#include "judging.h"
#include "objects.h"

typedef struct world {
    char           folder[64];
    mp_config     *config;
    mp_app        *app;
    mp_compliance *c;
    mp_arena       arena;
    mp_init_result init;
    bool           is_kept; /* its folder stays */
} world;

/* What stands on the platform: the policies alone, unless set before the start. Ends with NULL. */
extern const mp_system *const *world_systems;
void world_start(world *w, const char *store); /* NULL: SQLite in the folder */
/* One that is kept in this folder: made there when there is none. True: it was there. */
bool world_start_kept(world *w, const char *folder, const char *store);
void world_reopen(world *w);
void world_stop(world *w);

void   must(mp_code code, const mp_error *err);
double now_us(void);
/* "p50 ..., p99 ..., most ..." of times in us, which are sorted; gives the median. */
double tell(const char *what, double *times, size_t count);

/* Times of the same work again and again, and beside them those of this program's processor. */
#define TIMED 64
typedef struct timing {
    double wall[TIMED], processor[TIMED];
    size_t count;
} timing;
void   timing_begin(timing *t);
void   timing_end(timing *t);
double timing_tell(timing *t, const char *what); /* as tell() */
/* A read, at most so many times, and no more than three when they take longer than 20 s in all. */
double world_ask(world *w, const char *what, size_t rounds, mp_tx_fn fn, void *arg, mp_arena *arena);

/* A document of which `$S` is the subscription. In the world's arena. */
const mp_json *world_json(world *w, const char *text);
mp_code        world_write(void *ctx, mp_tx_fn fn, void *arg, mp_error *err); /* with a leaf */
void           world_object(world *w, mp_object_kind kind, const char *id, const char *json);
void           world_assign(world *w, mp_str set); /* an initiative, to everything */
mp_str         world_keep_file(world *w, mp_str bytes); /* as evidence has it; its SHA-256 in hex */
/* A piece of evidence of this file, within a write. */
MP_MUST_CHECK mp_code world_evidence(mp_tx *tx, mp_str id, mp_str kind, mp_str sha256, mp_error *err);
/* The definitions below `library` that the initiative refers to, and it; its name. */
mp_str world_import(world *w, const char *initiative, const char *library);

#endif
