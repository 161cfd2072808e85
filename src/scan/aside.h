/* SPDX-License-Identifier: Apache-2.0 */
/* aside.h - a queue of blocks that are written once, in order, and then read once, in order: in memory
 * while it is small, in a file without a name when it grows. After a failure it is of no more use. One thread at
 * a time. */
#ifndef MAPAE_SCAN_ASIDE_H
#define MAPAE_SCAN_ASIDE_H

#include "buf.h"

#ifndef MP_ASIDE_MEMORY                    /* a test may shrink it */
#define MP_ASIDE_MEMORY ((size_t)16 << 20) /* bytes that a scan keeps in memory before the file takes over */
#endif

typedef struct mp_aside mp_aside;

/* `memory`: bytes kept before the file takes over all of it; eight more count for each block. Fails with
 * MP_NOMEM. */
MP_MUST_CHECK mp_code mp_aside_new(mp_aside **out, size_t memory, mp_error *err);
void                  mp_aside_free(mp_aside *aside); /* NULL is fine; the file is gone with it */

/* Append a block, which may be empty. Fails with MP_NOMEM, MP_OUTPUT. */
MP_MUST_CHECK mp_code mp_aside_write(mp_aside *aside, mp_str bytes, mp_error *err);
/* The next block, exactly as it was written, into `out` (cleared first); *more is false at the end. Fails
 * with MP_NOMEM, MP_OUTPUT. */
MP_MUST_CHECK mp_code mp_aside_read(mp_aside *aside, mp_buf *out, bool *more, mp_error *err);

#endif
