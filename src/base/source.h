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

/* Every regular file under `path` (itself when it is one; "-" as it is) whose name ends in one of
 * `suffixes` (NULL-terminated list; NULL: all), sorted bytewise, without hidden ones. The names are
 * the arena's. Symbolic links to folders are not followed. Fails with MP_IO, MP_NOMEM. */
MP_MUST_CHECK mp_code mp_source_list(const char ***out, size_t *count, const char *path,
                                     const char *const *suffixes, mp_arena *arena, mp_error *err);

#endif
