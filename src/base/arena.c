/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks are linked from the newest to the oldest; only the newest is filled. Each new block is
 * twice the last one up to a megabyte, so small arenas stay small and large ones take few calls.
 *
 * `used` counts what was asked for, not blocks: whether a limit is met must not depend on what the arena
 * held before. */
#include "arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define FIRST_BLOCK ((size_t)4096)
#define LARGEST_STEP ((size_t)1 << 20)

struct mp_arena_block {
    mp_arena_block *older;
    size_t          size; /* bytes of data */
    alignas(max_align_t) char data[];
};

static void use_block(mp_arena *arena, mp_arena_block *block)
{
    arena->block = block;
    arena->next = block ? block->data : NULL;
    arena->end = block ? block->data + block->size : NULL;
}

static bool add_block(mp_arena *arena, size_t wanted)
{
    mp_arena_block *spare = arena->spare;
    if (spare && spare->size >= wanted) {
        arena->spare = NULL;
        spare->older = arena->block;
        use_block(arena, spare);
        return true;
    }
    size_t size = FIRST_BLOCK - sizeof(mp_arena_block);
    if (arena->block) {
        size_t doubled = arena->block->size * 2;
        size = doubled > LARGEST_STEP ? LARGEST_STEP : doubled;
    }
    if (size < wanted)
        size = wanted;
    if (size > PTRDIFF_MAX - sizeof(mp_arena_block))
        return false;
    mp_arena_block *block = malloc(sizeof *block + size);
    if (!block)
        return false;
    block->older = arena->block;
    block->size = size;
    arena->bytes += sizeof *block + size;
    use_block(arena, block);
    return true;
}

static bool is_refused(mp_arena *arena, size_t size)
{
    if (!arena->limit || (arena->used <= arena->limit && size <= arena->limit - arena->used))
        return false;
    arena->is_over = true;
    return true;
}

/* Text needs no alignment, so it is packed without gaps. */
static void *take(mp_arena *arena, size_t size, size_t align)
{
    if (is_refused(arena, size))
        return NULL;
    size_t gap = (size_t)(-(uintptr_t)arena->next) & (align - 1);
    size_t room = (size_t)((uintptr_t)arena->end - (uintptr_t)arena->next);
    if (!arena->next || room < gap || room - gap < size) {
        if (!add_block(arena, size))
            return NULL;
        gap = 0; /* data[] is aligned for any type */
    }
    void *taken = arena->next + gap;
    arena->next += gap + size;
    arena->used += size;
    return taken;
}

void *mp_arena_alloc(mp_arena *arena, size_t size)
{
    return take(arena, size, alignof(max_align_t));
}

void *mp_arena_zero(mp_arena *arena, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        return NULL;
    void *p = mp_arena_alloc(arena, bytes);
    return p ? memset(p, 0, bytes) : NULL;
}

mp_str mp_arena_dup(mp_arena *arena, mp_str s)
{
    char *copy = s.len < SIZE_MAX ? take(arena, s.len + 1, 1) : NULL;
    if (!copy)
        return mp_str_of(NULL, 0);
    if (s.len)
        memcpy(copy, s.ptr, s.len);
    copy[s.len] = '\0';
    return mp_str_of(copy, s.len);
}

mp_str mp_arena_lower(mp_arena *arena, mp_str s)
{
    char *copy = s.len < SIZE_MAX ? take(arena, s.len + 1, 1) : NULL;
    if (!copy)
        return mp_str_of(NULL, 0);
    for (size_t i = 0; i < s.len; i++) {
        uint8_t c = (uint8_t)s.ptr[i];
        copy[i] = (char)(c | ((uint8_t)(c - 'A') < 26 ? 0x20 : 0));
    }
    copy[s.len] = '\0';
    return mp_str_of(copy, s.len);
}

static bool holds_text(const mp_json *v)
{
    return v->kind == MP_JSON_STRING || v->kind == MP_JSON_REAL;
}

const mp_json *mp_arena_dup_json(mp_arena *arena, const mp_json *v)
{
    size_t count = mp_json_nodes(v);
    size_t text_bytes = 0, node_bytes;
    for (size_t i = 0; i < count; i++)
        if (holds_text(&v[i]) && __builtin_add_overflow(text_bytes, v[i].count, &text_bytes))
            return NULL;
    if (__builtin_mul_overflow(count, sizeof *v, &node_bytes))
        return NULL;
    mp_json *copy = mp_arena_alloc(arena, node_bytes);
    char    *text = copy ? take(arena, text_bytes, 1) : NULL;
    if (!text)
        return NULL;
    memcpy(copy, v, node_bytes);
    for (size_t i = 0; i < count; i++) {
        if (!holds_text(&copy[i]))
            continue;
        if (copy[i].count)
            memcpy(text, copy[i].u.text, copy[i].count);
        copy[i].u.text = text;
        text += copy[i].count;
    }
    return copy;
}

static bool is_inside(mp_str text, const char *p)
{
    return (uintptr_t)p >= (uintptr_t)text.ptr && (uintptr_t)p < (uintptr_t)text.ptr + text.len;
}

const mp_json *mp_arena_keep_json(mp_arena *arena, const mp_json *v, mp_str text)
{
    size_t   count = mp_json_nodes(v), bytes;
    mp_json *copy = __builtin_mul_overflow(count, sizeof *v, &bytes) ? NULL : mp_arena_alloc(arena, bytes);
    if (!copy)
        return NULL;
    memcpy(copy, v, bytes);
    for (size_t i = 0; i < count; i++) {
        if (!holds_text(&copy[i]) || is_inside(text, copy[i].u.text))
            continue;
        mp_str own = mp_arena_dup(arena, mp_json_str(&copy[i]));
        if (!own.ptr)
            return NULL;
        copy[i].u.text = own.ptr;
    }
    return copy;
}

mp_str mp_arena_printf(mp_arena *arena, const char *format, ...)
{
    /* Print into what is left of the block: mostly it fits, and it is printed only once. */
    size_t  room = (size_t)((uintptr_t)arena->end - (uintptr_t)arena->next);
    va_list args;
    va_start(args, format);
    int printed = vsnprintf(arena->next, room, format, args);
    va_end(args);
    if (printed < 0)
        return mp_str_of(NULL, 0);
    size_t len = (size_t)printed;
    bool   fits = len < room;
    char  *text = take(arena, len + 1, 1);
    if (text && !fits) {
        va_start(args, format);
        vsnprintf(text, len + 1, format, args);
        va_end(args);
    }
    return text ? mp_str_of(text, len) : mp_str_of(NULL, 0);
}

static void free_block(mp_arena *arena, mp_arena_block *block)
{
    arena->bytes -= sizeof *block + block->size;
    free(block);
}

/* Give up `block`, but for the larger of it and the spare one. */
static void set_aside(mp_arena *arena, mp_arena_block *block)
{
    mp_arena_block *worse = block;
    if (!arena->spare || arena->spare->size < block->size) {
        worse = arena->spare;
        arena->spare = block;
    }
    if (worse)
        free_block(arena, worse);
}

static void set_aside_until(mp_arena *arena, const mp_arena_block *last)
{
    mp_arena_block *block = arena->block;
    while (block != last) {
        mp_arena_block *older = block->older;
        set_aside(arena, block);
        block = older;
    }
    use_block(arena, block);
}

void mp_arena_reset(mp_arena *arena)
{
    set_aside_until(arena, NULL);
    arena->used = 0;
    if (arena->spare)
        (void)add_block(arena, 0); /* the spare one, which is the largest */
}

void mp_arena_free(mp_arena *arena)
{
    set_aside_until(arena, NULL);
    if (arena->spare)
        free_block(arena, arena->spare);
    *arena = (mp_arena)MP_ARENA_INIT;
}

mp_arena_mark mp_arena_save(const mp_arena *arena)
{
    mp_arena_mark mark = { arena->block, arena->next, arena->used };
    return mark;
}

void mp_arena_restore(mp_arena *arena, mp_arena_mark mark)
{
    if (!mark.block) {
        mp_arena_reset(arena); /* nothing was there: keep a block for the next round */
        return;
    }
    set_aside_until(arena, mark.block);
    arena->next = mark.next;
    arena->used = mark.used;
}
