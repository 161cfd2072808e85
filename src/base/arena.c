/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks are linked from the newest to the oldest; only the newest is filled. Each new block is
 * twice the last one up to a megabyte, so small arenas stay small and large ones take few calls. */
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

/* Text needs no alignment, so it is packed without gaps. */
static void *take(mp_arena *arena, size_t size, size_t align)
{
    size_t gap = (size_t)(-(uintptr_t)arena->next) & (align - 1);
    size_t room = (size_t)((uintptr_t)arena->end - (uintptr_t)arena->next);
    if (!arena->next || room < gap || room - gap < size) {
        if (!add_block(arena, size))
            return NULL;
        gap = 0; /* data[] is aligned for any type */
    }
    void *taken = arena->next + gap;
    arena->next += gap + size;
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

static void free_until(mp_arena *arena, const mp_arena_block *last)
{
    mp_arena_block *block = arena->block;
    while (block != last) {
        mp_arena_block *older = block->older;
        arena->bytes -= sizeof *block + block->size;
        free(block);
        block = older;
    }
    use_block(arena, block);
}

void mp_arena_reset(mp_arena *arena)
{
    mp_arena_block *largest = arena->block;
    for (mp_arena_block *b = arena->block; b; b = b->older)
        if (b->size > largest->size)
            largest = b;
    if (!largest)
        return;
    /* Unlink it, free the others, and begin again with it alone. */
    mp_arena_block **link = &arena->block;
    while (*link != largest)
        link = &(*link)->older;
    *link = largest->older;
    free_until(arena, NULL);
    largest->older = NULL;
    arena->bytes = sizeof *largest + largest->size;
    use_block(arena, largest);
}

void mp_arena_free(mp_arena *arena)
{
    free_until(arena, NULL);
    arena->bytes = 0;
}

mp_arena_mark mp_arena_save(const mp_arena *arena)
{
    mp_arena_mark mark = { arena->block, arena->next };
    return mark;
}

void mp_arena_restore(mp_arena *arena, mp_arena_mark mark)
{
    if (!mark.block) {
        mp_arena_reset(arena); /* nothing was there: keep a block for the next round */
        return;
    }
    free_until(arena, mark.block);
    arena->next = mark.next;
}
