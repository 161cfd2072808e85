/* SPDX-License-Identifier: Apache-2.0 */
/* Each has records of its own: the next one copies those that did not change, so that the last one goes when nobody looks at it any
 * more. */
#include "said_held.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "followed.h"

/* What is handed out is the first member of what is counted. */
typedef struct snapshot {
    mp_said_held         held;
    atomic_uint_fast32_t refs;
    mp_arena             arena;
} snapshot;

struct mp_said_holding {
    mp_store       *store;
    mp_followed    *followed;
    pthread_mutex_t lock; /* of `current`, held while the next one is made */
    snapshot       *current;
};

static const mp_kind *const kinds[] = { &mp_control_answer_kind, &mp_control_exclusion_kind, &mp_control_finding_kind,
                                        NULL };

mp_code mp_said_holding_new(mp_said_holding **out, mp_store *store, mp_error *err)
{
    mp_said_holding *h = calloc(1, sizeof *h);
    if (!h)
        return mp_no_memory(err);
    mp_code code = mp_followed_new(&h->followed, store, kinds, err);
    if (code != MP_OK) {
        free(h);
        return code;
    }
    h->store = store;
    pthread_mutex_init(&h->lock, NULL);
    *out = h;
    return MP_OK;
}

void mp_said_drop(const mp_said_held *held)
{
    snapshot *s = (snapshot *)(uintptr_t)held; /* only its count of users changes */
    if (!s || atomic_fetch_sub(&s->refs, 1) != 1)
        return;
    mp_arena_free(&s->arena);
    free(s);
}

void mp_said_holding_free(mp_said_holding *holding)
{
    if (!holding)
        return;
    if (holding->current)
        mp_said_drop(&holding->current->held);
    mp_followed_free(holding->followed);
    pthread_mutex_destroy(&holding->lock);
    free(holding);
}

void mp_said_changed(mp_said_holding *holding, mp_tx *tx) { mp_followed_note(holding->followed, tx); }

/* ---- the next one ---- */

#define CHANGED_MOST 64 /* of more everything is read */

typedef struct making {
    snapshot        *next;
    const snapshot  *before; /* NULL: everything is read */
    mp_followed_what what;
} making;

static bool is_changed(const making *m, const mp_kind *kind, mp_str key)
{
    for (size_t i = 0; i < m->what.count; i++)
        if (m->what.changed[i].kind == kind && mp_str_eq(m->what.changed[i].key, key))
            return true;
    return false;
}

/* Whether it is told of again further behind. */
static bool is_told_again(const making *m, size_t at)
{
    for (size_t i = at + 1; i < m->what.count; i++)
        if (m->what.changed[i].kind == m->what.changed[at].kind &&
            mp_str_eq(m->what.changed[i].key, m->what.changed[at].key))
            return true;
    return false;
}

static mp_code copy(mp_record *out, const mp_record *record, mp_arena *arena, mp_error *err)
{
    *out = *record;
    out->key = mp_arena_dup(arena, record->key);
    out->body = mp_arena_dup_json(arena, record->body);
    return out->key.ptr && out->body ? MP_OK : mp_no_memory(err);
}

/* Those of a kind that changed and are there. */
static mp_code read_changed(mp_record *out, size_t *count, const making *m, const mp_kind *kind, mp_tx *tx, mp_error *err)
{
    *count = 0;
    for (size_t i = 0; i < m->what.count; i++) {
        mp_error why = { .code = MP_OK };
        if (m->what.changed[i].kind != kind || is_told_again(m, i))
            continue;
        mp_code code = mp_record_get(&out[*count], tx, kind, m->what.changed[i].key, 0, &m->next->arena, &why);
        if (code == MP_OK)
            ++*count;
        else if (code != MP_MISSING)
            return mp_fail(err, code, MP_NOWHERE, "%s", why.message);
    }
    return MP_OK;
}

/* What is there of a kind: what was, but for what changed, and that as it is now. */
static mp_code take_over(const mp_record **out, size_t *count, const making *m, const mp_kind *kind,
                         const mp_record *before, size_t before_count, mp_tx *tx, mp_error *err)
{
    mp_arena  *arena = &m->next->arena;
    size_t     fresh_count, at = 0;
    mp_record *list = MP_ARENA_ARRAY(arena, mp_record, before_count + m->what.count + 1);
    mp_record *fresh = MP_ARENA_ARRAY(arena, mp_record, m->what.count + 1);
    if (!list || !fresh)
        return mp_no_memory(err);
    MP_TRY(read_changed(fresh, &fresh_count, m, kind, tx, err));
    mp_said_sort(fresh, fresh_count);
    *count = 0;
    for (size_t i = 0; i < before_count; i++) {
        if (is_changed(m, kind, before[i].key))
            continue;
        while (at < fresh_count && mp_said_order(&fresh[at], &before[i]) < 0)
            list[(*count)++] = fresh[at++];
        MP_TRY(copy(&list[(*count)++], &before[i], arena, err));
    }
    while (at < fresh_count)
        list[(*count)++] = fresh[at++];
    *out = list;
    return MP_OK;
}

static mp_code make(mp_tx *tx, void *arg, mp_error *err)
{
    making  *m = arg;
    mp_said *to = &m->next->held.all;
    if (!m->before)
        return mp_said_read_all(to, tx, 0, &m->next->arena, err);
    const mp_said *from = &m->before->held.all;
    MP_TRY(take_over(&to->answers, &to->answer_count, m, kinds[0], from->answers, from->answer_count, tx, err));
    MP_TRY(take_over(&to->exclusions, &to->exclusion_count, m, kinds[1], from->exclusions, from->exclusion_count, tx, err));
    return take_over(&to->findings, &to->finding_count, m, kinds[2], from->findings, from->finding_count, tx, err);
}

static mp_code renew(mp_said_holding *holding, mp_arena *arena, mp_error *err)
{
    making m = { .next = calloc(1, sizeof *m.next) };
    if (!m.next)
        return mp_no_memory(err);
    atomic_init(&m.next->refs, 1);
    mp_code code = mp_followed_begin(&m.what, holding->followed, arena, err);
    if (code == MP_OK) {
        m.before = m.what.is_all || m.what.count > CHANGED_MOST ? NULL : holding->current;
        code = mp_store_read(holding->store, make, &m, err);
    }
    if (code != MP_OK) {
        mp_said_drop(&m.next->held);
        return code;
    }
    if (holding->current)
        mp_said_drop(&holding->current->held);
    holding->current = m.next;
    mp_followed_end(holding->followed, &m.what);
    return MP_OK;
}

mp_code mp_said_take(const mp_said_held **out, mp_said_holding *holding, mp_error *err)
{
    mp_code  code = MP_OK;
    mp_arena arena = MP_ARENA_INIT;
    pthread_mutex_lock(&holding->lock);
    if (!holding->current || !mp_followed_is_fresh(holding->followed))
        code = renew(holding, &arena, err);
    if (code == MP_OK) {
        atomic_fetch_add(&holding->current->refs, 1);
        *out = &holding->current->held;
    }
    pthread_mutex_unlock(&holding->lock);
    mp_arena_free(&arena);
    return code;
}
