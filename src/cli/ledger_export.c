/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger_export.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define TILE 256       /* hashes in a full tile, entries in a full bundle (tlog-tiles) */
#define TILE_BITS 8
#define PATH_MAX_ 4096 /* bytes of a file's name */

struct export {
    mp_client          *client;
    const char         *folder;
    mp_ledger_exported *done;
};

static mp_code cannot_make(const char *path, mp_error *err)
{
    return mp_fail(err, MP_OUTPUT, MP_NOWHERE, "cannot make the folder %s: %s", path, strerror(errno));
}

/* Every folder on the way to the file `path`. */
static mp_code make_folders(char *path, mp_error *err)
{
    for (char *p = path + 1; *p; p++) {
        if (*p != '/')
            continue;
        *p = '\0';
        mp_code code = mkdir(path, 0700) == 0 || errno == EEXIST ? MP_OK : cannot_make(path, err);
        *p = '/';
        MP_TRY(code);
    }
    return MP_OK;
}

/* "x001/x234/067": groups of three digits, all but the last with an x. */
static int add_index(char *out, size_t size, uint64_t n)
{
    int len = n >= 1000 ? add_index(out, size, n / 1000) : 0;
    if (len > 0) { /* what stands there is no longer the last group */
        char last[4];
        memcpy(last, out + len - 3, 4);
        len += snprintf(out + len - 3, size - (size_t)(len - 3), "x%s/", last) - 3;
    }
    return len + snprintf(out + len, size - (size_t)len, "%03" PRIu64, n % 1000);
}

static mp_code fetch(struct export *e, const char *name, bool may_be_missing, mp_error *err)
{
    char           path[PATH_MAX_];
    mp_output      out;
    mp_client     *client = e->client;
    mp_arena_mark  mark = mp_arena_save(&client->arena);
    int            len = snprintf(path, sizeof path, "%s/%s", e->folder, name);
    if (len < 0 || (size_t)len >= sizeof path)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "the path is longer than %zu bytes", sizeof path);
    mp_code code = mp_client_ask(client, MP_GET, mp_client_path(client, "/api/v1/ledger/files/%s", name), NULL, err);
    if (code == MP_MISSING && may_be_missing) {
        e->done->missing++;
        mp_arena_restore(&client->arena, mark);
        return MP_OK;
    }
    if (code == MP_OK)
        code = make_folders(path, err);
    if (code == MP_OK)
        code = mp_output_open_private(&out, client->cli, path, err);
    if (code == MP_OK) {
        code = mp_output_write(&out, client->answer.text, err);
        if (code == MP_OK)
            code = mp_output_close(&out, err);
        else
            mp_output_abandon(&out);
    }
    e->done->written += code == MP_OK;
    mp_arena_restore(&client->arena, mark);
    return code;
}

static bool is_there(const struct export *e, const char *name)
{
    char path[PATH_MAX_];
    int  len = snprintf(path, sizeof path, "%s/%s", e->folder, name);
    return len > 0 && (size_t)len < sizeof path && access(path, R_OK) == 0;
}

static void show_progress(const struct export *e)
{
    const mp_cli *cli = e->client->cli;
    if (!cli->is_watched || e->done->written % 64)
        return;
    fprintf(cli->err, "\r%" PRIu64 "\033[K", e->done->written);
    fflush(cli->err);
}

/* The tiles of one level ("0", "1"..., or "entries"), `count` hashes or entries in all. */
static mp_code fetch_level(struct export *e, const char *level, uint64_t count, mp_error *err)
{
    bool is_entries = strcmp(level, "entries") == 0;
    for (uint64_t n = 0; n * TILE < count; n++) {
        char     name[128], index[64];
        uint64_t width = count - n * TILE;
        add_index(index, sizeof index, n);
        int len = snprintf(name, sizeof name, "tile/%s/%s", level, index);
        if (width < TILE)
            snprintf(name + len, sizeof name - (size_t)len, ".p/%" PRIu64, width);
        else if (is_there(e, name))
            continue;
        MP_TRY(fetch(e, name, is_entries, err));
        show_progress(e);
    }
    return MP_OK;
}

/* checkpoint = origin "\n" size "\n" root "\n" ... (tlog-checkpoint) */
static bool read_size(uint64_t *out, mp_str checkpoint)
{
    mp_str rest = mp_str_skip(checkpoint, mp_str_find(checkpoint, '\n') + 1);
    size_t end = mp_str_find(rest, '\n');
    *out = 0;
    for (size_t i = 0; end != SIZE_MAX && i < end; i++)
        if (rest.ptr[i] < '0' || rest.ptr[i] > '9' || __builtin_mul_overflow(*out, 10u, out) ||
            __builtin_add_overflow(*out, (uint64_t)(rest.ptr[i] - '0'), out))
            return false;
    return end != SIZE_MAX && end > 0;
}

/* Already fetched, before the tiles: it must not cover more than they do. */
static mp_code write_checkpoint(struct export *e, mp_str text, mp_error *err)
{
    char      path[PATH_MAX_];
    mp_output out;
    int       len = snprintf(path, sizeof path, "%s/checkpoint", e->folder);
    if (len < 0 || (size_t)len >= sizeof path)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "the path is longer than %zu bytes", sizeof path);
    MP_TRY(make_folders(path, err));
    MP_TRY(mp_output_open_private(&out, e->client->cli, path, err));
    MP_TRY(mp_output_write(&out, text, err));
    MP_TRY(mp_output_close(&out, err));
    e->done->written++;
    return MP_OK;
}

mp_code mp_ledger_export(mp_ledger_exported *out, mp_client *client, const char *folder, mp_error *err)
{
    *out = (mp_ledger_exported){ .size = 0 };
    struct export e = { client, folder, out };
    MP_TRY(mp_client_ask(client, MP_GET, MP_S("/api/v1/ledger/checkpoint"), NULL, err));
    mp_str checkpoint = mp_arena_dup(&client->arena, client->answer.text);
    if (!read_size(&out->size, checkpoint))
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "the checkpoint has no size in its second line");
    for (unsigned level = 0; level < 64 / TILE_BITS && out->size >> (TILE_BITS * level); level++) {
        char name[4];
        snprintf(name, sizeof name, "%u", level);
        MP_TRY(fetch_level(&e, name, out->size >> (TILE_BITS * level), err));
    }
    MP_TRY(fetch_level(&e, "entries", out->size, err));
    MP_TRY(write_checkpoint(&e, checkpoint, err));
    if (client->cli->is_watched)
        fprintf(client->cli->err, "\r\033[K");
    return MP_OK;
}
