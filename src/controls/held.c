/* SPDX-License-Identifier: Apache-2.0 */
#include "held.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "builtin_frameworks.h"

/* What is handed out is the first member of what is counted. */
typedef struct snapshot {
    mp_held             held;
    atomic_uint_fast32_t refs;
    mp_arena            arena;
} snapshot;

struct mp_holding {
    mp_store       *store;
    pthread_mutex_t lock; /* of `current`, held while the first one is made */
    snapshot       *current;
};

mp_code mp_holding_new(mp_holding **out, mp_store *store, mp_error *err)
{
    mp_holding *h = calloc(1, sizeof *h);
    if (!h)
        return mp_fail(err, MP_NOMEM, MP_NOWHERE, "no memory for the frameworks");
    h->store = store;
    pthread_mutex_init(&h->lock, NULL);
    *out = h;
    return MP_OK;
}

void mp_held_drop(const mp_held *held)
{
    snapshot *s = (snapshot *)held;
    if (!s || atomic_fetch_sub(&s->refs, 1) != 1)
        return;
    mp_arena_free(&s->arena);
    free(s);
}

void mp_holding_free(mp_holding *holding)
{
    if (!holding)
        return;
    if (holding->current)
        mp_held_drop(&holding->current->held);
    pthread_mutex_destroy(&holding->lock);
    free(holding);
}

static mp_code make(snapshot **out, mp_error *err)
{
    snapshot *s = calloc(1, sizeof *s);
    if (!s)
        return mp_fail(err, MP_NOMEM, MP_NOWHERE, "no memory for the frameworks");
    s->arena = (mp_arena)MP_ARENA_INIT;
    atomic_init(&s->refs, 1);
    mp_code code = mp_builtin_frameworks(&s->held.all, &s->arena, err);
    if (code != MP_OK) {
        mp_held_drop(&s->held);
        return code;
    }
    *out = s;
    return MP_OK;
}

mp_code mp_held_take(const mp_held **out, mp_holding *holding, mp_error *err)
{
    mp_code code = MP_OK;
    pthread_mutex_lock(&holding->lock);
    if (!holding->current)
        code = make(&holding->current, err);
    if (code == MP_OK) {
        atomic_fetch_add(&holding->current->refs, 1);
        *out = &holding->current->held;
    }
    pthread_mutex_unlock(&holding->lock);
    return code;
}
