/* SPDX-License-Identifier: Apache-2.0 */
/* temporary.h - a file without a name, in the folder that TMPDIR names (or /tmp): gone when it is closed. */
#ifndef MAPAE_BASE_TEMPORARY_H
#define MAPAE_BASE_TEMPORARY_H

#include <mapae/error.h>
#include <mapae/str.h>

/* *fd is the caller's, to close. Fails with MP_OUTPUT. */
MP_MUST_CHECK mp_code mp_temporary_open(int *fd, mp_error *err);
/* All of `bytes` at `offset`, or MP_OUTPUT: the disk is full. */
MP_MUST_CHECK mp_code mp_temporary_write(int fd, uint64_t offset, mp_str bytes, mp_error *err);
/* `len` bytes from `offset` on, or MP_OUTPUT: also where the file ends before. */
MP_MUST_CHECK mp_code mp_temporary_read(char *into, size_t len, int fd, uint64_t offset, mp_error *err);

#endif
