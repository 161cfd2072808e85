/* SPDX-License-Identifier: Apache-2.0 */
/* source.h - bytes from a file or standard input, plain, gzip or zstd, recognised by content. */
#ifndef MAPAE_BASE_SOURCE_H
#define MAPAE_BASE_SOURCE_H

#include "arena.h"
#include "buf.h"

typedef struct mp_source mp_source;

/* Open `path` ("-" is standard input). Fails with MP_IO or MP_NOMEM. */
MP_MUST_CHECK mp_code mp_source_open(mp_source **out, const char *path, mp_error *err);
/* Read up to `cap` bytes, decompressed. `*got` is 0 only at the end. Fails with MP_IO (also for a
 * damaged or cut-off compressed stream), MP_NOMEM. */
MP_MUST_CHECK mp_code mp_source_read(mp_source *s, char *into, size_t cap, size_t *got,
                                     mp_error *err);
/* Compressed or plain bytes read so far, and the file's size (0 when unknown): for progress. */
uint64_t mp_source_read_bytes(const mp_source *s);
uint64_t mp_source_size_bytes(const mp_source *s);
void     mp_source_close(mp_source *s); /* NULL is fine */

/* A whole file as text, padded by MP_JSON_PADDING bytes; `*out` is the arena's. Fails as above, and
 * with MP_LIMIT when it is over `limit` bytes (0: 4 GiB). */
MP_MUST_CHECK mp_code mp_source_slurp(mp_str *out, const char *path, size_t limit, mp_arena *arena,
                                      mp_error *err);

/* The same for a file that somebody else names: a regular file or none, looked at without waiting for it
 * (a pipe is not opened for reading). `path` must be neither empty nor hold a NUL. Fails with MP_IO: for
 * whatever reason, the sentence is one. */
MP_MUST_CHECK mp_code mp_source_slurp_regular(mp_str *out, mp_str path, size_t limit, mp_arena *arena,
                                              mp_error *err);

/* Why something in a folder is passed over. */
typedef enum mp_skip {
    MP_SKIP_SUFFIX,  /* another one than those that are read */
    MP_SKIP_HIDDEN,  /* the name begins with a dot */
    MP_SKIP_LINK,    /* a symbolic link to a folder, or to nothing */
    MP_SKIP_SPECIAL, /* no file and no folder */
    MP_SKIP_COUNT
} mp_skip;

#define MP_SKIPS_NAMED 3

/* What was passed over: all is counted, the first are named. A folder counts once. */
typedef struct mp_skips {
    uint64_t    count;
    uint64_t    by[MP_SKIP_COUNT];
    const char *paths[MP_SKIPS_NAMED]; /* the arena's; NULL from the last on */
    mp_skip     why[MP_SKIPS_NAMED];
} mp_skips;

/* Bytes of a regular file, which can be read more than once; 0 when it is empty or no such file. */
uint64_t mp_source_file_size(const char *path);

/* Every regular file under `path` (itself when it is one; "-" as it is) whose name ends in one of
 * `suffixes` (NULL-terminated list; NULL: all), sorted bytewise, without hidden ones. The names are
 * the arena's. Symbolic links to folders are not followed. What is passed over is added to `skips`, which
 * may be NULL. Fails with MP_IO, MP_NOMEM. */
MP_MUST_CHECK mp_code mp_source_list(const char ***out, size_t *count, const char *path,
                                     const char *const *suffixes, mp_skips *skips, mp_arena *arena,
                                     mp_error *err);
/* The folder itself and every one under it that mp_source_list() looks into, sorted bytewise. Fails as it does. */
MP_MUST_CHECK mp_code mp_source_folders(const char ***out, size_t *count, const char *path, mp_arena *arena, mp_error *err);

#endif
