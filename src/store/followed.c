/* SPDX-License-Identifier: Apache-2.0 */
/* Each note says with which commit its change comes: one more than were done when it was made, since one thread writes. Notes
 * stand in that order. */
#include "followed.h"

#include <pthread.h>
#include <stdlib.h>

typedef struct note {
    const mp_kind *kind;
    mp_str         key; /* its own */
    uint64_t       commit;
} note;

struct mp_followed {
    mp_store             *store;
    const mp_kind *const *kinds;
    pthread_mutex_t       lock; /* of what is below */
    note                 *notes;
    size_t                count, cap;
    uint64_t              from, to; /* commits of which no notes are kept: something changed in them; 0: there are none */
};

mp_code mp_followed_new(mp_followed **out, mp_store *store, const mp_kind *const *kinds, mp_error *err)
{
    mp_followed *f = calloc(1, sizeof *f);
    if (!f)
        return mp_no_memory(err);
    f->store = store;
    f->kinds = kinds;
    pthread_mutex_init(&f->lock, NULL);
    *out = f;
    return MP_OK;
}

/* The first `count`. */
static void forget(mp_followed *f, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free((char *)(uintptr_t)f->notes[i].key.ptr);
    f->count -= count;
    if (f->count && count)
        memmove(f->notes, f->notes + count, f->count * sizeof *f->notes);
}

void mp_followed_free(mp_followed *followed)
{
    if (!followed)
        return;
    forget(followed, followed->count);
    free(followed->notes);
    pthread_mutex_destroy(&followed->lock);
    free(followed);
}

/* ---- noting ---- */

static bool is_followed(const mp_followed *f, const mp_kind *kind)
{
    for (size_t i = 0; f->kinds[i]; i++)
        if (f->kinds[i] == kind)
            return true;
    return false;
}

/* False: there is no room for it. */
static bool add(mp_followed *f, const mp_record_change *change, uint64_t commit)
{
    if (f->count == MP_FOLLOWED_MOST)
        return false;
    if (f->count == f->cap) {
        size_t cap = f->cap ? 2 * f->cap : 16;
        note  *more = realloc(f->notes, cap * sizeof *more);
        if (!more)
            return false;
        f->notes = more;
        f->cap = cap;
    }
    char *key = malloc(change->key.len + 1);
    if (!key)
        return false;
    memcpy(key, change->key.ptr, change->key.len);
    f->notes[f->count++] = (note){ change->kind, mp_str_of(key, change->key.len), commit };
    return true;
}

/* In place of notes. */
static void give_up(mp_followed *f, uint64_t commit)
{
    uint64_t first = f->count ? f->notes[0].commit : commit;
    forget(f, f->count);
    f->from = f->from ? f->from : first;
    f->to = commit;
}

void mp_followed_note(mp_followed *followed, mp_tx *tx)
{
    size_t                  count;
    const mp_record_change *changes = mp_tx_changes(tx, &count);
    uint64_t                commit = mp_store_counted(followed->store).commits + 1;
    pthread_mutex_lock(&followed->lock);
    for (size_t i = 0; i < count; i++)
        if (is_followed(followed, changes[i].kind) && followed->to != commit && !add(followed, &changes[i], commit))
            give_up(followed, commit);
    pthread_mutex_unlock(&followed->lock);
}

/* ---- telling ---- */

static bool has_come(uint64_t commit, uint64_t commits) { return commit && commit <= commits; } /* 0: there is none */

bool mp_followed_is_fresh(mp_followed *followed)
{
    uint64_t commits = mp_store_counted(followed->store).commits;
    pthread_mutex_lock(&followed->lock);
    bool is_fresh = !has_come(followed->from, commits) &&
                    !(followed->count && has_come(followed->notes[0].commit, commits));
    pthread_mutex_unlock(&followed->lock);
    return is_fresh;
}

static mp_code tell(mp_followed_what *out, const mp_followed *f, mp_arena *arena, mp_error *err)
{
    out->is_all = f->to != 0;
    if (out->is_all)
        return MP_OK;
    out->changed = MP_ARENA_ARRAY(arena, mp_followed_change, f->count + 1);
    if (!out->changed)
        return mp_no_memory(err);
    for (size_t i = 0; i < f->count; i++) {
        mp_str key = mp_arena_dup(arena, f->notes[i].key);
        if (!key.ptr)
            return mp_no_memory(err);
        out->changed[out->count++] = (mp_followed_change){ f->notes[i].kind, key };
    }
    return MP_OK;
}

mp_code mp_followed_begin(mp_followed_what *out, mp_followed *followed, mp_arena *arena, mp_error *err)
{
    *out = (mp_followed_what){ .commits = mp_store_counted(followed->store).commits };
    pthread_mutex_lock(&followed->lock);
    mp_code code = tell(out, followed, arena, err);
    pthread_mutex_unlock(&followed->lock);
    return code;
}

void mp_followed_end(mp_followed *followed, const mp_followed_what *what)
{
    size_t known = 0;
    pthread_mutex_lock(&followed->lock);
    while (known < followed->count && followed->notes[known].commit <= what->commits)
        known++;
    forget(followed, known);
    if (has_come(followed->to, what->commits))
        followed->from = followed->to = 0;
    else if (followed->from)
        followed->from = what->commits + 1;
    pthread_mutex_unlock(&followed->lock);
}
