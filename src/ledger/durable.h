/* SPDX-License-Identifier: Apache-2.0 */
/* durable.h - files that are whole and on disk, or not there at all. */
#ifndef MAPAE_LEDGER_DURABLE_H
#define MAPAE_LEDGER_DURABLE_H

#include <mapae/error.h>
#include <mapae/str.h>

/* All of `bytes`, or MP_FULL (the disk, or a quota), MP_OUTPUT. */
MP_MUST_CHECK mp_code mp_durable_write(int fd, mp_str bytes, mp_error *err);
/* On disk: of a file its contents, of a folder its names. Fails as above. */
MP_MUST_CHECK mp_code mp_durable_sync(int fd, mp_error *err);
MP_MUST_CHECK mp_code mp_durable_sync_folder(const char *path, mp_error *err);
/* A folder, mode 0700; that it is there already is fine. Fails as above. */
MP_MUST_CHECK mp_code mp_durable_folder(const char *path, mp_error *err);
/* A file of mode 0600 with these contents, in place of what was there, through a temporary one beside it. Fails as above; then what was
 * there is still there. */
MP_MUST_CHECK mp_code mp_durable_replace(const char *path, mp_str bytes, mp_error *err);

#endif
