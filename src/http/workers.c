/* SPDX-License-Identifier: Apache-2.0 */
#include "workers.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

struct queue {
    mp_job  *first, **last;
    unsigned count;
};

struct mp_workers {
    pthread_mutex_t lock;
    pthread_cond_t  news;
    struct queue    usual, heavy;
    pthread_cond_t  quiet;
    unsigned        waiting_max, heavy_at_once, heavy_running, running;
    unsigned        thread_count;
    bool            is_closed, is_ending;
    pthread_t       threads[];
};

static void put(struct queue *q, mp_job *job)
{
    job->next = NULL;
    *q->last = job;
    q->last = &job->next;
    q->count++;
}

static mp_job *take(struct queue *q)
{
    mp_job *job = q->first;
    if (!job)
        return NULL;
    q->first = job->next;
    if (!q->first)
        q->last = &q->first;
    q->count--;
    return job;
}

/* With the lock. Heavy ones go first, as long as few of them run: they are rare, and would starve behind a
 * stream of small ones. */
static mp_job *next_job(mp_workers *w)
{
    mp_job *job = w->heavy_running < w->heavy_at_once ? take(&w->heavy) : NULL;
    if (!job)
        return take(&w->usual);
    w->heavy_running++;
    return job;
}

static void *work(void *arg)
{
    mp_workers *w = arg;
    pthread_mutex_lock(&w->lock);
    for (;;) {
        mp_job *job = next_job(w);
        if (!job && w->is_ending && !w->heavy.first)
            break;
        if (!job) {
            pthread_cond_wait(&w->news, &w->lock);
            continue;
        }
        bool is_heavy = job->is_heavy;
        w->running++;
        pthread_mutex_unlock(&w->lock);
        job->run(job);
        pthread_mutex_lock(&w->lock);
        if (is_heavy) {
            w->heavy_running--;
            pthread_cond_broadcast(&w->news);
        }
        if (--w->running == 0)
            pthread_cond_broadcast(&w->quiet);
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

mp_code mp_workers_new(mp_workers **out, unsigned threads, unsigned heavy_at_once, unsigned waiting_max, mp_error *err)
{
    mp_workers *w = calloc(1, sizeof(*w) + threads * sizeof(pthread_t));
    sigset_t    all, before;
    if (!w)
        return mp_no_memory(err);
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->news, NULL);
    pthread_cond_init(&w->quiet, NULL);
    w->usual.last = &w->usual.first;
    w->heavy.last = &w->heavy.first;
    w->waiting_max = waiting_max;
    w->heavy_at_once = heavy_at_once;
    /* Signals are for the thread that waits for them. */
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    while (w->thread_count < threads && pthread_create(&w->threads[w->thread_count], NULL, work, w) == 0)
        w->thread_count++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (w->thread_count < threads) {
        mp_workers_free(w);
        return mp_no_memory(err);
    }
    *out = w;
    return MP_OK;
}

bool mp_workers_push(mp_workers *w, mp_job *job, bool must)
{
    pthread_mutex_lock(&w->lock);
    bool taken = !w->is_closed && (must || w->usual.count + w->heavy.count < w->waiting_max);
    if (taken)
        put(job->is_heavy ? &w->heavy : &w->usual, job);
    pthread_mutex_unlock(&w->lock);
    if (taken)
        pthread_cond_signal(&w->news); /* after the lock, else who wakes waits for it first */
    return taken;
}

unsigned mp_workers_waiting(mp_workers *w)
{
    pthread_mutex_lock(&w->lock);
    unsigned count = w->usual.count + w->heavy.count;
    pthread_mutex_unlock(&w->lock);
    return count;
}

void mp_workers_close(mp_workers *w)
{
    pthread_mutex_lock(&w->lock);
    w->is_closed = true;
    while (w->thread_count && (w->running || w->usual.first || w->heavy.first))
        pthread_cond_wait(&w->quiet, &w->lock);
    pthread_mutex_unlock(&w->lock);
}

void mp_workers_free(mp_workers *w)
{
    if (!w)
        return;
    mp_workers_close(w);
    pthread_mutex_lock(&w->lock);
    w->is_ending = true;
    pthread_cond_broadcast(&w->news);
    pthread_mutex_unlock(&w->lock);
    for (unsigned i = 0; i < w->thread_count; i++)
        pthread_join(w->threads[i], NULL);
    pthread_cond_destroy(&w->quiet);
    pthread_cond_destroy(&w->news);
    pthread_mutex_destroy(&w->lock);
    free(w);
}
