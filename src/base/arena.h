/* SPDX-License-Identifier: Apache-2.0 */
/* arena.h - memory that lives together and goes together.
 *
 * An arena hands out memory by moving a pointer and gives it all back at once. Nothing in it is
 * freed alone. One thread at a time. */
#ifndef MAPAE_BASE_ARENA_H
#define MAPAE_BASE_ARENA_H

#include <mapae/error.h>
#include <mapae/json.h>
#include <mapae/str.h>

typedef struct mp_arena_block mp_arena_block;

typedef struct mp_arena {
    char           *next;  /* free space of the current block */
    char           *end;
    mp_arena_block *block; /* the current block, linked to the older ones */
    mp_arena_block *spare; /* one that mp_arena_restore() emptied, for the next need */
    size_t          bytes; /* taken from the system in all */
    size_t          used;  /* asked for, and not given back */
    size_t          limit; /* the most of `used`; 0: any. More is refused as if memory were short */
    bool            is_over; /* the limit refused something; the owner clears it */
} mp_arena;

#define MP_ARENA_INIT { .next = NULL }

/* `size` bytes aligned for any type, uninitialised / zeroed; NULL when memory is short. */
void *mp_arena_alloc(mp_arena *arena, size_t size);
void *mp_arena_zero(mp_arena *arena, size_t count, size_t size); /* checks count * size */
#define MP_ARENA_NEW(arena, type) ((type *)mp_arena_zero((arena), 1, sizeof(type)))
#define MP_ARENA_ARRAY(arena, type, n) ((type *)mp_arena_zero((arena), (n), sizeof(type)))

/* A copy of `s` with a NUL behind it that `len` does not count; {NULL,0} when memory is short. */
mp_str mp_arena_dup(mp_arena *arena, mp_str s);
/* The same in lower case, as far as ASCII has one. */
mp_str mp_arena_lower(mp_arena *arena, mp_str s);
/* A deep copy of `v` and its strings, as one run of nodes; NULL when memory is short. */
const mp_json *mp_arena_dup_json(mp_arena *arena, const mp_json *v);
/* The same for what was read from `text`, which lives as long: strings in it are not copied. */
const mp_json *mp_arena_keep_json(mp_arena *arena, const mp_json *v, mp_str text);
/* printf into the arena; {NULL,0} when memory is short. */
mp_str mp_arena_printf(mp_arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Forget everything but keep the largest block, for the next document. */
void mp_arena_reset(mp_arena *arena);
/* Give everything back; the arena is then as MP_ARENA_INIT. */
void mp_arena_free(mp_arena *arena);

/* Mark and return: what was taken after the mark is free again. */
typedef struct mp_arena_mark {
    mp_arena_block *block;
    char           *next;
    size_t          used;
} mp_arena_mark;
mp_arena_mark mp_arena_save(const mp_arena *arena);
void          mp_arena_restore(mp_arena *arena, mp_arena_mark mark);

#endif
