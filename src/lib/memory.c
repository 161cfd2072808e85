/* SPDX-License-Identifier: Apache-2.0 */
#include <mapae/memory.h>

#include "arena.h"

#include <stdlib.h>

mp_code mp_arena_new(mp_arena **out, mp_error *err)
{
    mp_arena *arena = malloc(sizeof(*arena));
    if (!arena)
        return mp_no_memory(err);
    *arena = (mp_arena)MP_ARENA_INIT;
    *out = arena;
    return MP_OK;
}

void mp_arena_clear(mp_arena *arena) { mp_arena_reset(arena); }

void mp_arena_delete(mp_arena *arena)
{
    if (!arena)
        return;
    mp_arena_free(arena);
    free(arena);
}
