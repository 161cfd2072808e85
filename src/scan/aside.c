/* SPDX-License-Identifier: Apache-2.0 */
#include "aside.h"

#include <stdlib.h>
#include <unistd.h>

#include "temporary.h"

/* Each block is preceded by its length. When memory is full all of it goes to the file, at the same
 * places, and all later blocks too. */

struct mp_aside {
    mp_buf   memory;
    size_t   most; /* that it may hold */
    int      fd;   /* -1: all is in memory */
    uint64_t at;   /* reading: where the next block's length stands */
    uint64_t end;
};

mp_code mp_aside_new(mp_aside **out, size_t memory, mp_error *err)
{
    mp_aside *a = calloc(1, sizeof(*a));
    if (!a)
        return mp_no_memory(err);
    *a = (mp_aside){ .memory = MP_BUF_INIT, .most = memory, .fd = -1 };
    *out = a;
    return MP_OK;
}

void mp_aside_free(mp_aside *a)
{
    if (!a)
        return;
    if (a->fd >= 0)
        close(a->fd);
    mp_buf_free(&a->memory);
    free(a);
}

/* ---- writing ---- */

static mp_code spill(mp_aside *a, mp_error *err)
{
    MP_TRY(mp_temporary_open(&a->fd, err));
    MP_TRY(mp_temporary_write(a->fd, 0, mp_buf_str(&a->memory), err));
    mp_buf_free(&a->memory);
    return MP_OK;
}

static mp_code append(mp_aside *a, mp_str bytes, mp_error *err)
{
    if (a->fd >= 0)
        MP_TRY(mp_temporary_write(a->fd, a->end, bytes, err));
    else
        mp_buf_add(&a->memory, bytes);
    a->end += bytes.len;
    return mp_buf_check(&a->memory, err);
}

mp_code mp_aside_write(mp_aside *a, mp_str bytes, mp_error *err)
{
    uint64_t len = bytes.len;
    if (a->fd < 0 && a->end + sizeof(len) + len > a->most)
        MP_TRY(spill(a, err));
    MP_TRY(append(a, mp_str_of((const char *)&len, sizeof(len)), err));
    return append(a, bytes, err);
}

/* ---- reading ---- */

static mp_code take(mp_aside *a, char *into, size_t len, mp_error *err)
{
    if (a->fd >= 0)
        MP_TRY(mp_temporary_read(into, len, a->fd, a->at, err));
    else if (len)
        memcpy(into, a->memory.ptr + a->at, len);
    a->at += len;
    return MP_OK;
}

mp_code mp_aside_read(mp_aside *a, mp_buf *out, bool *more, mp_error *err)
{
    uint64_t len;
    mp_buf_clear(out);
    *more = a->at < a->end;
    if (!*more)
        return MP_OK;
    MP_TRY(take(a, (char *)&len, sizeof(len), err));
    char *into = mp_buf_reserve(out, len);
    if (!into)
        return mp_buf_check(out, err);
    MP_TRY(take(a, into, len, err));
    out->len = len;
    return MP_OK;
}
