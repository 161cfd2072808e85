/* SPDX-License-Identifier: Apache-2.0 */
/* workers.h - threads that run what may wait, so that those of the sockets never do. */
#ifndef MAPAE_HTTP_WORKERS_H
#define MAPAE_HTTP_WORKERS_H

#include <mapae/error.h>

typedef struct mp_workers mp_workers;

/* Part of what is to be done; the caller's, until `run` is called. */
typedef struct mp_job {
    void (*run)(struct mp_job *job);
    struct mp_job *next;
    bool           is_heavy; /* few of these at once */
} mp_job;

/* `waiting_max`: jobs that may wait. Fails with MP_NOMEM. */
MP_MUST_CHECK mp_code mp_workers_new(mp_workers **out, unsigned threads, unsigned heavy_at_once, unsigned waiting_max,
                                     mp_error *err);
/* False: too many wait already. With `must` it is taken in any case: the rest of something that was begun. */
bool     mp_workers_push(mp_workers *workers, mp_job *job, bool must);
unsigned mp_workers_waiting(mp_workers *workers);
void     mp_workers_close(mp_workers *workers); /* takes no more, does what waits, returns when nothing runs */
void     mp_workers_free(mp_workers *workers); /* closes, then ends the threads; NULL is fine */

#endif
