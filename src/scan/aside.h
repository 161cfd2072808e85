/* SPDX-License-Identifier: Apache-2.0 */
/* aside.h - a queue of blocks that are written once, in order, and then read once, in order: in memory
 * while it is small, in a file without a name when it grows. */
#ifndef MAPAE_SCAN_ASIDE_H
#define MAPAE_SCAN_ASIDE_H

#include "buf.h"

#define MP_ASIDE_MEMORY ((size_t)16 << 20) /* bytes kept in memory before the file takes over */

typedef struct mp_aside mp_aside;

MP_MUST_CHECK mp_code mp_aside_new(mp_aside **out, mp_error *err);
void                  mp_aside_free(mp_aside *aside);

/* Append `bytes`. Fails with MP_NOMEM, MP_IO. */
MP_MUST_CHECK mp_code mp_aside_write(mp_aside *aside, mp_str bytes, mp_error *err);
/* No more will be written; reading starts at the first block. Fails with MP_IO. */
MP_MUST_CHECK mp_code mp_aside_rewind(mp_aside *aside, mp_error *err);
/* The next block, exactly as it was written, into `out` (cleared first); *more is false at the end. Fails
 * with MP_NOMEM, MP_IO. */
MP_MUST_CHECK mp_code mp_aside_read(mp_aside *aside, mp_buf *out, bool *more, mp_error *err);

#endif
