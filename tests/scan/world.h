/* SPDX-License-Identifier: Apache-2.0 */
/* world.h - policies and an inventory, and what a scan of one by the other says, as text to compare. */
#ifndef MAPAE_TESTS_SCAN_WORLD_H
#define MAPAE_TESTS_SCAN_WORLD_H

#include "library.h"
#include "scan.h"

typedef struct world {
    mp_library *library;
    mp_plan    *plan;
    mp_aliases *aliases; /* or NULL: by rule */
} world;

typedef struct world_run {
    mp_scan_options options; /* record, write and context are set by world_scan() */
    size_t          batch_bytes;
    size_t          fail_after; /* bytes that the sink takes before it fails; 0: all */
    mp_buf          records;    /* out: a line for each record and each condition that decided */
    mp_buf          summary;    /* out: all sums; times apart */
    size_t          written;
} world_run;

#define WORLD_RUN_INIT { .records = MP_BUF_INIT, .summary = MP_BUF_INIT }

MP_MUST_CHECK mp_code world_open(world *w, mp_error *err);
/* ` in `text` stands for ". */
MP_MUST_CHECK mp_code world_read(world *w, const char *file, const char *text, mp_error *err);
/* What was read is judged. Fails with MP_COMPILE when there are diagnostics of errors. */
MP_MUST_CHECK mp_code world_plan(world *w, mp_error *err);
void                  world_close(world *w);

MP_MUST_CHECK mp_code world_scan(const world *w, world_run *run, const char *const *paths, size_t count,
                                 mp_error *err);
void                  world_run_free(world_run *run);

/* Two texts of runs are the same, or the test fails and shows from where on they differ. */
void world_check_same(const mp_buf *found, const mp_buf *wanted, const char *what);

#endif
