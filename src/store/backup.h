/* SPDX-License-Identifier: Apache-2.0 */
/* backup.h - the whole installation as one file, and back, whichever engine holds it.
 *
 * A backup is a tar archive (pax, zstd), written while the server runs, from one snapshot: manifest.json (format,
 * installation, schema numbers, time, rows and SHA-256 of every member), one member of rows per table, and the files
 * of the data folder (keys, certificates, evidence). It can be restored into either engine. */
#ifndef MAPAE_STORE_BACKUP_H
#define MAPAE_STORE_BACKUP_H

#include "store.h"

typedef struct mp_backup_report {
    uint64_t rows, tables, files, bytes; /* bytes: of the archive */
    uint8_t  digest[32];                 /* SHA-256 of the archive */
    mp_ticks taken_at;
} mp_backup_report;

typedef void (*mp_backup_progress)(void *ctx, uint64_t rows, uint64_t files);

/* To a new file `path`, in place only when it is whole and on disk. Fails with MP_OUTPUT, MP_FULL, MP_EXISTS, ... */
MP_MUST_CHECK mp_code mp_backup_write(mp_backup_report *out, mp_store *store, const char *path,
                                      mp_backup_progress progress, void *ctx, mp_error *err);
/* Read all of `path` and compare every digest. Fails with MP_DAMAGED, MP_FORMAT, MP_FOREIGN (newer), MP_IO. */
MP_MUST_CHECK mp_code mp_backup_verify(mp_backup_report *out, const char *path, mp_error *err);
/* Into a folder (and a database) that is empty or not there; verified first, and counted afterwards. On failure nothing
 * is left. Fails as verify does, and with MP_EXISTS. */
MP_MUST_CHECK mp_code mp_backup_restore(mp_backup_report *out, const char *path, const mp_store_options *into,
                                        mp_backup_progress progress, void *ctx, mp_error *err);

#endif
