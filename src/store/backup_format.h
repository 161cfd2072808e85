/* SPDX-License-Identifier: Apache-2.0 */
/* backup_format.h - what a backup is made of. Writer, verifier and restorer share this.
 *
 *   rows/TABLE/000000.ndjson ...  rows of a table: a JSON array a line, in the order of the manifest's
 *                                 columns; integers and reals are numbers, texts strings, bytes {"b":
 *                                 base64}, NULL is null
 *   files/...                     files of the data folder, under their own names
 *   manifest.json                 what stands before it: names, bytes, SHA-256; tables with columns and rows;
 *                                 schemas with numbers
 *   manifest.sha256               of manifest.json, in hex
 *
 * All of it is one tar archive (pax), compressed with zstd. */
#ifndef MAPAE_STORE_BACKUP_FORMAT_H
#define MAPAE_STORE_BACKUP_FORMAT_H

#include "backup.h"
#include "buf.h"
#include "store_internal.h"

#define MP_BACKUP_VERSION 1
#define MP_BACKUP_ROWS "rows/"
#define MP_BACKUP_FILES "files/"
#define MP_BACKUP_MANIFEST "manifest.json"
#define MP_BACKUP_SEAL "manifest.sha256"
#define MP_MANIFEST_MOST ((size_t)512 << 20)

typedef struct mp_member {
    mp_str   name;
    uint64_t bytes, rows;
    uint8_t  digest[32];
} mp_member;

typedef struct mp_backup_table {
    mp_str  name;
    mp_str *columns;
    size_t  column_count;
    uint64_t rows;
} mp_backup_table;

typedef struct mp_manifest {
    mp_str            installation;
    mp_ticks          taken_at;
    mp_schema_number *schemas;
    size_t            schema_count;
    mp_backup_table  *tables;
    size_t            table_count;
    mp_member        *members;
    size_t            member_count, member_cap;
} mp_manifest; /* everything is an arena's */

MP_MUST_CHECK mp_code mp_manifest_add(mp_manifest *m, const mp_member *member, mp_arena *arena, mp_error *err);
MP_MUST_CHECK mp_code mp_manifest_write(mp_buf *out, const mp_manifest *m, mp_error *err);
/* Fails with MP_DAMAGED (it is no manifest), MP_FOREIGN (of a newer version), MP_NOMEM. */
MP_MUST_CHECK mp_code mp_manifest_read(mp_manifest *out, mp_str text, mp_arena *arena, mp_error *err);

/* ---- backup_archive.c: an archive being written, or read; its own digest grows with it ---- */

typedef struct mp_archive mp_archive;

/* To the open file `fd`, which stays the caller's. */
MP_MUST_CHECK mp_code mp_archive_write(mp_archive **out, int fd, mp_error *err);
MP_MUST_CHECK mp_code mp_archive_member(mp_archive *a, mp_str name, uint64_t size, mp_error *err);
MP_MUST_CHECK mp_code mp_archive_bytes(mp_archive *a, mp_str bytes, mp_error *err);
/* Of the member in hand, when all its bytes were given. */
MP_MUST_CHECK mp_code mp_archive_member_digest(uint8_t out[32], mp_archive *a, mp_error *err);
/* To the end of the archive: its size and digest. */
MP_MUST_CHECK mp_code mp_archive_end(uint64_t *size, uint8_t digest[32], mp_archive *a, mp_error *err);

MP_MUST_CHECK mp_code mp_archive_read(mp_archive **out, const char *path, mp_error *err);
/* The next member; *more false: that was the last. Only regular files are members: MP_FORMAT. */
MP_MUST_CHECK mp_code mp_archive_next(bool *more, mp_str *name, uint64_t *size, mp_archive *a, mp_error *err);
/* Up to `cap` bytes of it; *got 0 at its end. */
MP_MUST_CHECK mp_code mp_archive_read_bytes(size_t *got, char *into, size_t cap, mp_archive *a, mp_error *err);
void mp_archive_free(mp_archive *a); /* NULL is fine */

/* ---- backup.c ---- */

/* Read and check all of it; *manifest lives in the arena. */
MP_MUST_CHECK mp_code mp_backup_read_manifest(mp_manifest *manifest, mp_backup_report *out, const char *path,
                                              mp_arena *arena, mp_error *err);

#endif
