/* SPDX-License-Identifier: Apache-2.0 */
#include "aside.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* Each block is preceded by its length. When memory is full all of it goes to the file, and all later
 * blocks too. */

struct mp_aside {
    mp_buf memory;
    size_t at; /* reading: in memory */
    FILE  *file;
};

mp_code mp_aside_new(mp_aside **out, mp_error *err)
{
    mp_aside *a = calloc(1, sizeof(*a));
    if (!a)
        return mp_fail(err, MP_NOMEM, MP_NOWHERE, "no memory for a scan");
    a->memory = (mp_buf)MP_BUF_INIT;
    *out = a;
    return MP_OK;
}

void mp_aside_free(mp_aside *a)
{
    if (!a)
        return;
    if (a->file)
        fclose(a->file);
    mp_buf_free(&a->memory);
    free(a);
}

static mp_code file_error(mp_error *err, const char *what)
{
    return mp_fail(err, MP_IO, MP_NOWHERE, "the temporary file cannot be %s: %s", what, strerror(errno));
}

static mp_code spill(mp_aside *a, mp_error *err)
{
    if (!a->file && !(a->file = tmpfile()))
        return file_error(err, "made");
    if (fwrite(a->memory.ptr, 1, a->memory.len, a->file) != a->memory.len)
        return file_error(err, "written");
    mp_buf_clear(&a->memory);
    return MP_OK;
}

mp_code mp_aside_write(mp_aside *a, mp_str bytes, mp_error *err)
{
    uint64_t len = bytes.len;
    if (a->file) { /* it is in use: everything goes there, and not through memory first */
        if (fwrite(&len, sizeof(len), 1, a->file) != 1 ||
            fwrite(bytes.ptr, 1, bytes.len, a->file) != bytes.len)
            return file_error(err, "written");
        return MP_OK;
    }
    mp_buf_add(&a->memory, mp_str_of((const char *)&len, sizeof(len)));
    mp_buf_add(&a->memory, bytes);
    MP_TRY(mp_buf_check(&a->memory, err));
    return a->memory.len > MP_ASIDE_MEMORY ? spill(a, err) : MP_OK;
}

mp_code mp_aside_rewind(mp_aside *a, mp_error *err)
{
    a->at = 0;
    if (a->file && (fflush(a->file) != 0 || fseek(a->file, 0, SEEK_SET) != 0))
        return file_error(err, "read");
    return MP_OK;
}

static mp_code read_file(mp_aside *a, mp_buf *out, bool *more, mp_error *err)
{
    uint64_t len;
    if (fread(&len, sizeof(len), 1, a->file) != 1) {
        if (ferror(a->file))
            return file_error(err, "read");
        return MP_OK;
    }
    char *into = mp_buf_reserve(out, len);
    if (!into)
        return mp_fail(err, MP_NOMEM, MP_NOWHERE, "no memory for a scan");
    if (fread(into, 1, len, a->file) != len)
        return file_error(err, "read");
    out->len += len;
    *more = true;
    return MP_OK;
}

mp_code mp_aside_read(mp_aside *a, mp_buf *out, bool *more, mp_error *err)
{
    uint64_t len;
    mp_buf_clear(out);
    *more = false;
    if (a->file)
        return read_file(a, out, more, err);
    if (a->at >= a->memory.len)
        return MP_OK;
    memcpy(&len, a->memory.ptr + a->at, sizeof(len));
    mp_buf_add(out, mp_str_of(a->memory.ptr + a->at + sizeof(len), len));
    a->at += sizeof(len) + len;
    *more = true;
    return mp_buf_check(out, err);
}
