/* SPDX-License-Identifier: Apache-2.0 */
/* turn.h - let threads do a thing one after the other, in the order of the numbers they hold. */
#ifndef MAPAE_SCAN_TURN_H
#define MAPAE_SCAN_TURN_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct mp_turn {
    pthread_mutex_t lock;
    pthread_cond_t  changed;
    uint64_t        next;
    bool            is_over; /* somebody failed: nobody's turn comes any more */
} mp_turn;

static inline void mp_turn_init(mp_turn *t)
{
    pthread_mutex_init(&t->lock, NULL);
    pthread_cond_init(&t->changed, NULL);
    t->next = 0;
    t->is_over = false;
}

static inline void mp_turn_done(mp_turn *t)
{
    pthread_cond_destroy(&t->changed);
    pthread_mutex_destroy(&t->lock);
}

/* Wait until it is `number`'s turn. False: it will not come. */
static inline bool mp_turn_wait(mp_turn *t, uint64_t number)
{
    pthread_mutex_lock(&t->lock);
    while (t->next != number && !t->is_over)
        pthread_cond_wait(&t->changed, &t->lock);
    bool is_mine = !t->is_over;
    pthread_mutex_unlock(&t->lock);
    return is_mine;
}

static inline void mp_turn_pass(mp_turn *t)
{
    pthread_mutex_lock(&t->lock);
    t->next++;
    pthread_cond_broadcast(&t->changed);
    pthread_mutex_unlock(&t->lock);
}

static inline void mp_turn_end(mp_turn *t)
{
    pthread_mutex_lock(&t->lock);
    t->is_over = true;
    pthread_cond_broadcast(&t->changed);
    pthread_mutex_unlock(&t->lock);
}

#endif
