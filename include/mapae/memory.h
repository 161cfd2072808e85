/* SPDX-License-Identifier: Apache-2.0 */
/* memory.h - the memory that a reader of resources fills: taken piece by piece, given back at once.
 *
 * One thread at a time. */
#ifndef MAPAE_MEMORY_H
#define MAPAE_MEMORY_H

#include <mapae/error.h>

MP_API_BEGIN

typedef struct mp_arena mp_arena;

/* Fails with MP_NOMEM. */
MP_MUST_CHECK mp_code mp_arena_new(mp_arena **out, mp_error *err);
/* Forget what is in it; some memory is kept for what comes next. */
void mp_arena_clear(mp_arena *arena);
void mp_arena_delete(mp_arena *arena); /* NULL is fine */

MP_API_END
#endif
