/* SPDX-License-Identifier: Apache-2.0 */
/* Memory follows the store as rulebooks do (compliance/rulebook.c): a write that changes a framework notes how many commits were done then, and a
 * snapshot that was read after more commits than that has the change. */
#include "held.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "own_frameworks.h"

/* What is handed out is the first member of what is counted. */
typedef struct snapshot {
    mp_held             held;
    atomic_uint_fast32_t refs;
    mp_arena            arena;
    uint64_t            commits; /* that were done before it was read */
} snapshot;

struct mp_holding {
    mp_store       *store;
    pthread_mutex_t lock; /* of `current`, held while the next one is made */
    snapshot       *current;
    /* commits that were done when something was last changed, plus one; 0: nothing was */
    atomic_uint_fast64_t changed_at;
};

static uint64_t commits_of(mp_store *store) { return store ? mp_store_counted(store).commits : 0; }

mp_code mp_holding_new(mp_holding **out, mp_store *store, mp_error *err)
{
    mp_holding *h = calloc(1, sizeof *h);
    if (!h)
        return mp_no_memory(err);
    h->store = store;
    atomic_init(&h->changed_at, 0);
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

/* ---- how one is made ---- */

static mp_code leave_out(snapshot *s, mp_held_out *left, mp_str id, const mp_error *why, mp_error *err)
{
    mp_held_out *one = &left[s->held.out_count++];
    *one = (mp_held_out){ .id = id, .why = mp_arena_dup(&s->arena, mp_str_from(why->message)) };
    return one->why.ptr ? MP_OK : mp_no_memory(err);
}

/* One after the other, without those that do not go with the rest: another version of Mapae may bring what they collide with. */
static mp_code join_what_goes(snapshot *s, const mp_own_list *own, mp_error *err)
{
    mp_own_list  some = { .of = MP_ARENA_ARRAY(&s->arena, mp_own_framework, own->count + 1) };
    mp_held_out *left = MP_ARENA_ARRAY(&s->arena, mp_held_out, own->count + 1);
    if (!some.of || !left)
        return mp_no_memory(err);
    s->held.out = left;
    for (size_t i = 0; i < own->count; i++) {
        mp_error why = { .code = MP_OK };
        some.of[some.count++] = own->of[i];
        mp_code code = mp_own_list_join(&s->held.all, &some, &s->arena, &why);
        if (code == MP_NOMEM)
            return mp_no_memory(err);
        if (code == MP_OK)
            continue;
        some.count--;
        MP_TRY(leave_out(s, left, own->of[i].id, &why, err));
    }
    return mp_own_list_join(&s->held.all, &some, &s->arena, err);
}

static mp_code read_all(mp_tx *tx, void *arg, mp_error *err)
{
    snapshot   *s = arg;
    mp_own_list own = { .count = 0 };
    mp_error    why = { .code = MP_OK };
    if (tx)
        MP_TRY(mp_own_list_read(&own, tx, &s->arena, err));
    mp_code code = mp_own_list_join(&s->held.all, &own, &s->arena, &why);
    if (code == MP_OK || code == MP_NOMEM || !own.count)
        return code == MP_OK ? MP_OK : mp_fail(err, code, MP_NOWHERE, "%s", why.message);
    return join_what_goes(s, &own, err);
}

static mp_code make(snapshot **out, mp_store *store, mp_error *err)
{
    snapshot *s = calloc(1, sizeof *s);
    if (!s)
        return mp_no_memory(err);
    s->arena = (mp_arena)MP_ARENA_INIT;
    atomic_init(&s->refs, 1);
    s->commits = commits_of(store); /* before it is read: it has at least these */
    mp_code code = store ? mp_store_read(store, read_all, s, err) : read_all(NULL, s, err);
    if (code != MP_OK) {
        mp_held_drop(&s->held);
        return code;
    }
    *out = s;
    return MP_OK;
}

/* ---- who has it ---- */

static bool is_fresh(const mp_holding *holding)
{
    const snapshot *s = holding->current;
    return s && (s->commits >= atomic_load(&holding->changed_at) || s->commits == commits_of(holding->store));
}

static mp_code renew(mp_holding *holding, mp_error *err)
{
    snapshot *next = NULL, *old = holding->current;
    MP_TRY(make(&next, holding->store, err));
    holding->current = next;
    if (old)
        mp_held_drop(&old->held);
    return MP_OK;
}

mp_code mp_held_take(const mp_held **out, mp_holding *holding, mp_error *err)
{
    mp_code code = MP_OK;
    pthread_mutex_lock(&holding->lock);
    if (!is_fresh(holding))
        code = renew(holding, err);
    if (code == MP_OK) {
        atomic_fetch_add(&holding->current->refs, 1);
        *out = &holding->current->held;
    }
    pthread_mutex_unlock(&holding->lock);
    return code;
}

void mp_held_changed(mp_holding *holding, mp_tx *tx) { atomic_store(&holding->changed_at, commits_of(mp_tx_store(tx)) + 1); }
