/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence_system.h"

#include <stdlib.h>

#include "builtin_frameworks.h"
#include "evidence.h"
#include "evidence_routes.h"
#include "evidence_upkeep.h"
#include "share.h"

/* ---- frameworks ---- */

void mp_evidence_know(mp_app *app, const mp_evidence_world *world)
{
    mp_evidence_room *room = mp_evidence_of(app); /* NULL: a program without evidence */
    if (room)
        room->world = world;
}

mp_code mp_evidence_frameworks(const mp_frameworks **out, mp_app *app, mp_error *err)
{
    mp_evidence_room *room = mp_evidence_of(app);
    mp_code code = MP_OK;
    if (room->world)
        return room->world->take(out, app, err);
    pthread_mutex_lock(&room->builtin_lock);
    if (!room->has_builtin) {
        code = mp_builtin_frameworks(&room->builtin, &room->builtin_arena, err);
        room->has_builtin = code == MP_OK;
        if (code != MP_OK)
            mp_arena_free(&room->builtin_arena);
    }
    pthread_mutex_unlock(&room->builtin_lock);
    if (code == MP_OK)
        *out = &room->builtin;
    return code;
}

void mp_evidence_frameworks_drop(mp_app *app, const mp_frameworks *frameworks)
{
    const mp_evidence_room *room = mp_evidence_of(app);
    if (frameworks && room->world)
        room->world->drop(frameworks);
}

/* ---- the system ---- */

static const mp_kind *const followed_kinds[] = { &mp_evidence_kind, &mp_evidence_link_kind, NULL };

static mp_code open_system(void **state, mp_app *app, mp_error *err)
{
    mp_evidence_room *room = calloc(1, sizeof *room);
    if (!room)
        return mp_no_memory(err);
    mp_code code = mp_followed_new(&room->followed, app->store, followed_kinds, err);
    if (code != MP_OK) {
        free(room);
        return code;
    }
    room->app = app;
    pthread_mutex_init(&room->lock, NULL);
    pthread_mutex_init(&room->builtin_lock, NULL);
    *state = room;
    return MP_OK;
}

static void close_system(void *state)
{
    mp_evidence_room *room = state;
    if (!room)
        return;
    mp_evidence_view_drop(room->current);
    mp_followed_free(room->followed);
    mp_arena_free(&room->builtin_arena);
    pthread_mutex_destroy(&room->builtin_lock);
    pthread_mutex_destroy(&room->lock);
    free(room);
}

/* ---- what follows from a change ---- */

static mp_code changed(void *state, mp_tx *tx, mp_error *err)
{
    mp_evidence_room *room = state;
    const mp_record_change *changes;
    size_t count;
    for (size_t i = 0; (changes = mp_tx_changes(tx, &count)) && i < count; i++)
        if (changes[i].kind == &mp_evidence_kind && !changes[i].has)
            MP_TRY(mp_evidence_links_forget(tx, changes[i].key, err));
    mp_followed_note(room->followed, tx);
    return MP_OK;
}

/* ---- what happens by itself ---- */

/* So long ago, or in a future that the clock left again. */
static bool is_over(mp_ticks then, mp_ticks now, mp_ticks after) { return now < then || now - then >= after; }

static mp_code remind_daily(mp_evidence_room *room, mp_ticks now, mp_error *err)
{
    if (!room->reminded_at)
        MP_TRY(mp_evidence_reminded(&room->reminded_at, room->app, now, err));
    if (!is_over(room->reminded_at, now, MP_TICKS_PER_DAY))
        return MP_OK;
    MP_TRY(mp_evidence_remind(room->app, now, err));
    room->reminded_at = now;
    return MP_OK;
}

static mp_code sweep_hourly(mp_evidence_room *room, mp_ticks now, mp_error *err)
{
    int64_t removed;
    if (!mp_config_flag(room->app->config, MP_SET_EVIDENCE_DELETE_EXPIRED) ||
        !is_over(room->swept_at, now, MP_TICKS_PER_DAY / 24))
        return MP_OK;
    room->swept_at = now;
    MP_TRY(mp_evidence_sweep(&removed, room->app, now, err));
    if (removed == MP_SWEEP_MOST) /* the rest with the next round */
        room->swept_at = 0;
    return MP_OK;
}

static mp_code tick(void *state, mp_ticks now, mp_error *err)
{
    MP_TRY(sweep_hourly(state, now, err));
    return remind_daily(state, now, err);
}

static const mp_kind *const kinds[] = { &mp_evidence_link_kind, &mp_share_kind,
                                        &mp_share_policy_kind, &mp_share_key_kind, NULL };

const mp_system mp_evidence_system = {
    .name = "evidence",
    .kinds = kinds,
    .routes = mp_evidence_routes,
    .open = open_system,
    .close = close_system,
    .changed = changed,
    .tick = tick,
};
