/* SPDX-License-Identifier: Apache-2.0 */
/* root.h - files below a root that nobody leaves: links are followed within it, as the machine itself would, and a
 * link of a hostile image cannot lead to a file of ours. Pipes and devices are never waited for. */
#ifndef MAPAE_HOST_ROOT_H
#define MAPAE_HOST_ROOT_H

#include <sys/stat.h>

#include "arena.h"

/* How far one got. */
typedef enum mp_reach {
#define MP_REACH(name, text) MP_REACH_##name,
#include "reach.def"
#undef MP_REACH
    MP_REACH_COUNT
} mp_reach;

mp_str mp_reach_text(mp_reach reach); /* "denied"; for the document */

#define MP_ROOT_FILE ((size_t)4 << 20) /* the most that is read of a file of settings */
#define MP_ROOT_NAMES ((size_t)16384)  /* the most names of a folder */

typedef struct mp_root {
    int  fd;
    bool is_here; /* this machine's own */
} mp_root;

/* NULL: "/". Fails with MP_IO. */
MP_MUST_CHECK mp_code mp_root_open(mp_root *out, const char *path, mp_error *err);
void                  mp_root_close(mp_root *root);

/* A file descriptor to read from, of a regular file; -1: *how says why. */
int mp_root_file(const mp_root *root, const char *path, mp_reach *how);
/* All of a regular file that is no longer than `limit`; with another *how than MP_REACH_OK *out is empty. Fails with
 * MP_NOMEM only. */
MP_MUST_CHECK mp_code mp_root_slurp(mp_str *out, mp_reach *how, const mp_root *root, const char *path, size_t limit,
                                    mp_arena *arena, mp_error *err);
/* What stands in a folder, without hidden names, sorted bytewise. Fails with MP_NOMEM only. */
MP_MUST_CHECK mp_code mp_root_list(mp_str **names, size_t *count, mp_reach *how, const mp_root *root, const char *path,
                                   mp_arena *arena, mp_error *err);
/* Of links, what they lead to. */
mp_reach mp_root_stat(struct stat *out, const mp_root *root, const char *path);
bool     mp_root_has(const mp_root *root, const char *path);
/* Where a link leads, as it is written; empty when it is none. In the arena. */
mp_str mp_root_link(const mp_root *root, const char *path, mp_arena *arena);

#endif
