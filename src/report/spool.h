/* SPDX-License-Identifier: Apache-2.0 */
/* spool.h - items put aside in many queues and read back in order, in a file that has no name.
 *
 * Every queue fills a block of memory; full blocks go to one file, chained. So memory grows with the
 * queues that are used (4 KiB each), and a small report never touches the disk. One thread at a
 * time. Private to report. */
#ifndef MAPAE_REPORT_SPOOL_H
#define MAPAE_REPORT_SPOOL_H

#include "buf.h"

typedef struct mp_spool mp_spool;

MP_MUST_CHECK mp_code mp_spool_new(mp_spool **out, size_t queues, mp_error *err);
void                  mp_spool_free(mp_spool *spool); /* NULL is fine; the file is gone with it */

/* Append `item` (up to 4 GiB) to a queue. Fails with MP_OUTPUT, MP_NOMEM. */
MP_MUST_CHECK mp_code mp_spool_add(mp_spool *spool, size_t queue, mp_str item, mp_error *err);
uint64_t              mp_spool_count(const mp_spool *spool, size_t index); /* items */

/* Reading, when everything has been added. */
typedef struct mp_spool_reader {
    mp_spool *spool;
    size_t    queue;
    uint64_t  left;   /* items */
    uint64_t  offset; /* of the block at hand */
    size_t    pos;    /* within it */
    char     *block;
    bool      loaded;
} mp_spool_reader;

/* Begin with the first item of a queue; mp_spool_read_done() frees what the reader holds. */
mp_spool_reader mp_spool_read(mp_spool *spool, size_t index);
void            mp_spool_read_done(mp_spool_reader *reader);
/* Append the next item to `out`; *more is false when there was none. Fails with MP_OUTPUT, MP_NOMEM. */
MP_MUST_CHECK mp_code mp_spool_next(mp_spool_reader *reader, mp_buf *out, bool *more,
                                    mp_error *err);

#endif
