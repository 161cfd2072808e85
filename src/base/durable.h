/* SPDX-License-Identifier: Apache-2.0 */
/* durable.h - files that are whole and on disk, or not there at all.
 *
 * What cannot be written is MP_FULL (the disk, or a quota) or MP_OUTPUT, with a sentence that names the path. */
#ifndef MAPAE_BASE_DURABLE_H
#define MAPAE_BASE_DURABLE_H

#include <mapae/error.h>
#include <mapae/str.h>
#include <sys/types.h>

/* That error, of an errno. */
mp_code mp_durable_failed(const char *path, int number, mp_error *err);

/* All of `bytes`. The path is for the sentence alone. */
MP_MUST_CHECK mp_code mp_durable_write(int fd, const char *path, mp_str bytes, mp_error *err);
/* On disk: of a file its contents, of a folder its names. */
MP_MUST_CHECK mp_code mp_durable_sync(int fd, const char *path, mp_error *err);
MP_MUST_CHECK mp_code mp_durable_sync_folder(const char *path, mp_error *err);
/* A folder, mode 0700; that it is there already is fine. */
MP_MUST_CHECK mp_code mp_durable_folder(const char *path, mp_error *err);

/* A file that is written beside its place, under a hidden name. */
typedef struct mp_draft {
    int         fd;
    const char *path; /* borrowed */
    char        aside[4096];
} mp_draft;

/* To be ended, when it succeeds. What it is to hold is written to its fd. */
MP_MUST_CHECK mp_code mp_draft_open(mp_draft *out, const char *path, mode_t mode, mp_error *err);
/* With MP_OK: on disk, then in the place of what was there. Else, and when that fails, it is gone and what
 * was there still is. `code` is how the writing went, and what comes back unless the end itself fails. */
MP_MUST_CHECK mp_code mp_draft_end(mp_draft *draft, mp_code code, mp_error *err);
/* All of that for a file with these contents. */
MP_MUST_CHECK mp_code mp_durable_replace(const char *path, mp_str bytes, mode_t mode, mp_error *err);

#endif
