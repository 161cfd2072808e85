/* SPDX-License-Identifier: Apache-2.0 */
/* The list of files, and the batches made of them, one file after the other. A batch that a small
 * file does not fill goes on with the next file. */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

static const char *const suffixes[] = { ".json",    ".ndjson",    ".jsonl",     ".json.gz",
                                        ".ndjson.gz", ".jsonl.gz",  ".json.zst",  ".ndjson.zst",
                                        ".jsonl.zst", NULL };

const char *const *mp_inventory_suffixes(void) { return suffixes; }

/* ---- opening ---- */

static mp_code add_files(mp_inventory *inv, const char *const *names, size_t count, mp_error *err)
{
    const char **files = mp_arena_alloc(&inv->arena, (inv->file_count + count) * sizeof *files);
    if (!files)
        return mp_fail(err, MP_NOMEM, MP_NOWHERE, "memory is short for %zu file names", count);
    if (inv->file_count)
        memcpy(files, inv->files, inv->file_count * sizeof *files);
    if (count)
        memcpy(files + inv->file_count, names, count * sizeof *files);
    inv->files = files;
    inv->file_count += count;
    return MP_OK;
}

/* A file that is named is read whatever it is called; of a folder, those with the suffixes. */
static mp_code add_path(mp_inventory *inv, const char *path, mp_error *err)
{
    struct stat  about;
    const char **names;
    size_t       count;
    if (strcmp(path, "-") != 0 && stat(path, &about) != 0)
        return mp_fail(err, MP_IO, MP_NOWHERE, "%s: %s", path, strerror(errno));
    if (strcmp(path, "-") == 0 || !S_ISDIR(about.st_mode)) {
        const char *copy = mp_arena_dup(&inv->arena, mp_str_from(path)).ptr;
        if (!copy)
            return mp_no_memory(err);
        return add_files(inv, &copy, 1, err);
    }
    MP_TRY(mp_source_list(&names, &count, path, suffixes, &inv->skipped, &inv->arena, err));
    return add_files(inv, names, count, err);
}

static void measure(mp_inventory *inv)
{
    for (size_t i = 0; i < inv->file_count; i++) {
        struct stat about;
        if (strcmp(inv->files[i], "-") == 0) {
            inv->total_bytes = 0;
            return;
        }
        if (stat(inv->files[i], &about) == 0 && S_ISREG(about.st_mode))
            inv->total_bytes += (uint64_t)about.st_size;
    }
}

static mp_inventory *make(const mp_inventory_options *options, mp_error *err)
{
    mp_inventory *inv = calloc(1, sizeof *inv);
    if (!inv) {
        mp_no_memory(err);
        return NULL;
    }
    inv->batch_bytes = MP_INVENTORY_BATCH;
    inv->document_limit = MP_INVENTORY_DOCUMENT;
    if (options) {
        inv->mapping = options->mapping;
        if (options->batch_bytes)
            inv->batch_bytes = options->batch_bytes;
        if (options->document_bytes)
            inv->document_limit = options->document_bytes;
    }
    return inv;
}

mp_code mp_inventory_open(mp_inventory **out, const char *const *paths, size_t count,
                          const mp_inventory_options *options, mp_error *err)
{
    mp_inventory *inv = make(options, err);
    if (!inv)
        return MP_NOMEM;
    for (size_t i = 0; i < count; i++) {
        mp_code code = add_path(inv, paths[i], err);
        if (code != MP_OK) {
            mp_inventory_close(inv);
            return code;
        }
    }
    measure(inv);
    *out = inv;
    return MP_OK;
}

mp_code mp_inventory_open_memory(mp_inventory **out, const char *name, mp_str text,
                                 const mp_inventory_options *options, mp_error *err)
{
    mp_inventory *inv = make(options, err);
    if (!inv)
        return MP_NOMEM;
    inv->memory = text.ptr ? text : MP_S("");
    inv->total_bytes = text.len;
    mp_code code = add_files(inv, &name, 1, err);
    if (code != MP_OK) {
        mp_inventory_close(inv);
        return code;
    }
    *out = inv;
    return MP_OK;
}

void mp_inventory_close(mp_inventory *inv)
{
    if (!inv)
        return;
    mp_source_close(inv->source);
    mp_container_unref(inv->held);
    free(inv->rest);
    mp_arena_free(&inv->arena);
    free(inv);
}

uint64_t mp_inventory_read_bytes(const mp_inventory *inv)
{
    if (inv->memory.ptr)
        return inv->memory_pos;
    return inv->done_bytes + (inv->source ? mp_source_read_bytes(inv->source) : 0);
}

uint64_t mp_inventory_total_bytes(const mp_inventory *inv) { return inv->total_bytes; }
uint64_t mp_inventory_list_count(const mp_inventory *inv) { return inv->list_count; }
const struct mp_skips *mp_inventory_skipped(const mp_inventory *inv) { return &inv->skipped; }

/* ---- batches ---- */

static mp_code open_file(mp_inventory *inv, mp_inventory_batch *batch, mp_error *err)
{
    mp_error why;
    inv->file = inv->files[inv->next_file++];
    mp_stream_start(inv);
    if (inv->memory.ptr)
        return MP_OK;
    mp_code code = mp_source_open(&inv->source, inv->file, &why);
    if (code == MP_OK)
        return MP_OK;
    if (code == MP_NOMEM) {
        if (err)
            *err = why;
        return code;
    }
    inv->state = MP_STREAM_END;
    return mp_stream_fail(inv, batch, mp_str_of(NULL, 0), MP_FORMAT_UNKNOWN, &why, err);
}

static void close_file(mp_inventory *inv, mp_inventory_batch *batch)
{
    if (inv->source)
        inv->done_bytes += mp_source_read_bytes(inv->source);
    mp_source_close(inv->source);
    inv->source = NULL;
    inv->is_open = false;
    batch->pos = batch->len; /* what was not read of it is not read */
}

/* What the last batch left unread comes first. */
static mp_code take_rest(mp_inventory *inv, mp_inventory_batch *batch, mp_error *err)
{
    mp_batch_clear(batch);
    batch->mapping = inv->mapping;
    batch->document_limit = inv->document_limit;
    MP_TRY(mp_batch_reserve(batch, inv->rest_len, err));
    if (inv->rest_len)
        memcpy(batch->buf, inv->rest, inv->rest_len);
    batch->len = inv->rest_len;
    memset(batch->buf + batch->len, 0, MP_JSON_PADDING);
    inv->rest_len = 0;
    return MP_OK;
}

static mp_code leave_rest(mp_inventory *inv, mp_inventory_batch *batch, mp_error *err)
{
    size_t len = batch->len - batch->pos;
    if (len > inv->rest_cap) {
        char *rest = realloc(inv->rest, len);
        if (!rest)
            return mp_fail(err, MP_NOMEM, MP_NOWHERE, "memory is short for %zu bytes", len);
        inv->rest = rest;
        inv->rest_cap = len;
    }
    if (len)
        memcpy(inv->rest, batch->buf + batch->pos, len);
    inv->rest_len = len;
    return MP_OK;
}

mp_code mp_inventory_next(mp_inventory *inv, mp_inventory_batch *batch, bool *more, mp_error *err)
{
    *more = false;
    MP_TRY(take_rest(inv, batch, err));
    while (inv->is_open || inv->next_file < inv->file_count) {
        bool done;
        if (!inv->is_open)
            MP_TRY(open_file(inv, batch, err));
        MP_TRY(mp_stream_run(inv, batch, &done, err));
        if (!done)
            break;
        close_file(inv, batch);
        if (mp_stream_is_full(inv, batch))
            break;
    }
    MP_TRY(leave_rest(inv, batch, err));
    *more = batch->count > 0;
    if (*more)
        batch->sequence = inv->sequence++;
    return MP_OK;
}
