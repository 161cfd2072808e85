/* SPDX-License-Identifier: Apache-2.0 */
/* A queue is a chain of blocks of one size. A block begins with the place of the next one, which is
 * reserved when the block is written: so a chain is written and read forwards, and no list of blocks
 * is kept. The last block of every queue stays in memory.
 *
 * An item is its length (four bytes) and its bytes; it may cross blocks. */
#include "spool.h"

#include <stdlib.h>
#include <unistd.h>

#include "temporary.h"

#define BLOCK_BYTES 4096
#define LINK_BYTES sizeof(uint64_t)

typedef struct queue {
    char    *block; /* being filled; NULL: never used */
    size_t   used;  /* with the link */
    uint64_t first;
    uint64_t offset; /* reserved for `block` */
    uint64_t count;
} queue;

struct mp_spool {
    int      fd; /* -1: nothing has been written */
    uint64_t end;
    size_t   queue_count;
    queue    queues[];
};

mp_code mp_spool_new(mp_spool **out, size_t queues, mp_error *err)
{
    size_t size;
    if (__builtin_mul_overflow(queues, sizeof(queue), &size) ||
        __builtin_add_overflow(size, sizeof(mp_spool), &size))
        return mp_no_memory(err);
    mp_spool *spool = calloc(1, size);
    if (!spool)
        return mp_no_memory(err);
    spool->fd = -1;
    spool->queue_count = queues;
    *out = spool;
    return MP_OK;
}

void mp_spool_free(mp_spool *spool)
{
    if (!spool)
        return;
    for (size_t i = 0; i < spool->queue_count; i++)
        free(spool->queues[i].block);
    if (spool->fd >= 0)
        close(spool->fd);
    free(spool);
}

static mp_code write_block(mp_spool *spool, const queue *q, mp_error *err)
{
    if (spool->fd < 0)
        MP_TRY(mp_temporary_open(&spool->fd, err));
    return mp_temporary_write(spool->fd, q->offset, mp_str_of(q->block, BLOCK_BYTES), err);
}

static uint64_t reserve(mp_spool *spool)
{
    uint64_t offset = spool->end;
    spool->end += BLOCK_BYTES;
    return offset;
}

static mp_code start_queue(mp_spool *spool, queue *q, mp_error *err)
{
    q->block = malloc(BLOCK_BYTES);
    if (!q->block)
        return mp_no_memory(err);
    q->first = q->offset = reserve(spool);
    q->used = LINK_BYTES;
    return MP_OK;
}

static mp_code add_bytes(mp_spool *spool, queue *q, mp_str bytes, mp_error *err)
{
    while (bytes.len) {
        if (q->used == BLOCK_BYTES) {
            uint64_t next = reserve(spool);
            memcpy(q->block, &next, LINK_BYTES);
            MP_TRY(write_block(spool, q, err));
            q->offset = next;
            q->used = LINK_BYTES;
        }
        size_t n = BLOCK_BYTES - q->used < bytes.len ? BLOCK_BYTES - q->used : bytes.len;
        memcpy(q->block + q->used, bytes.ptr, n);
        q->used += n;
        bytes = mp_str_skip(bytes, n);
    }
    return MP_OK;
}

mp_code mp_spool_add(mp_spool *spool, size_t index, mp_str item, mp_error *err)
{
    queue   *q = &spool->queues[index];
    uint32_t len = (uint32_t)item.len;
    if (!q->block)
        MP_TRY(start_queue(spool, q, err));
    MP_TRY(add_bytes(spool, q, mp_str_of((const char *)&len, sizeof len), err));
    MP_TRY(add_bytes(spool, q, item, err));
    q->count++;
    return MP_OK;
}

uint64_t mp_spool_count(const mp_spool *spool, size_t index) { return spool->queues[index].count; }

mp_spool_reader mp_spool_read(mp_spool *spool, size_t index)
{
    const queue *q = &spool->queues[index];
    return (mp_spool_reader){
        .spool = spool, .queue = index, .left = q->count, .offset = q->first, .pos = LINK_BYTES
    };
}

void mp_spool_read_done(mp_spool_reader *reader)
{
    free(reader->block);
    reader->block = NULL;
}

/* The block at hand: the last one is in memory still. */
static mp_code load(mp_spool_reader *reader, const char **block, mp_error *err)
{
    const queue *q = &reader->spool->queues[reader->queue];
    if (reader->offset == q->offset) {
        *block = q->block;
        return MP_OK;
    }
    if (!reader->block && !(reader->block = malloc(BLOCK_BYTES)))
        return mp_no_memory(err);
    *block = reader->block;
    if (!reader->loaded)
        MP_TRY(mp_temporary_read(reader->block, BLOCK_BYTES, reader->spool->fd, reader->offset, err));
    reader->loaded = true;
    return MP_OK;
}

/* Append `len` bytes to `out`, or copy them to `into` when that is given. */
static mp_code take(mp_spool_reader *reader, mp_buf *out, char *into, size_t len, mp_error *err)
{
    while (len) {
        const char *block = NULL;
        MP_TRY(load(reader, &block, err));
        if (reader->pos == BLOCK_BYTES) {
            memcpy(&reader->offset, block, LINK_BYTES);
            reader->pos = LINK_BYTES;
            reader->loaded = false;
            continue;
        }
        size_t n = BLOCK_BYTES - reader->pos < len ? BLOCK_BYTES - reader->pos : len;
        if (into) {
            memcpy(into, block + reader->pos, n);
            into += n;
        } else {
            mp_buf_add(out, mp_str_of(block + reader->pos, n));
        }
        reader->pos += n;
        len -= n;
    }
    return MP_OK;
}

mp_code mp_spool_next(mp_spool_reader *reader, mp_buf *out, bool *more, mp_error *err)
{
    *more = reader->left > 0;
    if (!*more)
        return MP_OK;
    uint32_t len;
    MP_TRY(take(reader, NULL, (char *)&len, sizeof len, err));
    MP_TRY(take(reader, out, NULL, len, err));
    reader->left--;
    return mp_buf_check(out, err);
}
