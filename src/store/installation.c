/* SPDX-License-Identifier: Apache-2.0 */
/* The data folder: whose it is, who may write it, and who does so now. */
#include "store_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buf.h"
#include "durable.h"
#include "jsonw.h"
#include "secret.h"
#include "source.h"

#define INSTALLATION "installation.json"
#define INSTALLATION_MOST ((size_t)64 << 10)

static mp_code refuse(const char *path, int cause, mp_error *err)
{
    if (cause == ENOSPC || cause == EDQUOT)
        return mp_fail(err, MP_FULL, MP_NOWHERE, "the disk of the store is full");
    if (cause == ENOENT)
        return mp_fail(err, MP_MISSING, MP_NOWHERE, "%s is not there", path);
    return mp_fail(err, MP_IO, MP_NOWHERE, "%s cannot be read or written: %s", path, strerror(cause));
}

/* Said to whoever asks before `mapae init`, or of another folder than was meant. */
static mp_code no_installation(const mp_store *store, mp_error *err)
{
    return mp_fail(err, MP_MISSING, MP_NOWHERE,
                   "%s holds no installation of Mapae: 'mapae init' makes one, --data names another folder",
                   store->folder);
}

/* A folder that was named by mistake is not to be changed for us. */
static mp_code check_is_ours(const mp_store *store, mp_error *err)
{
    char        path[sizeof store->folder + 24];
    struct stat st;
    snprintf(path, sizeof path, "%s/" INSTALLATION, store->folder);
    return lstat(path, &st) != 0 && errno == ENOENT ? no_installation(store, err)
                                                    : MP_OK;
}

static mp_code check_folder(const mp_store *store, bool create, mp_error *err)
{
    struct stat st;
    if (stat(store->folder, &st) != 0)
        return errno == ENOENT && !create ? no_installation(store, err)
                                          : refuse(store->folder, errno, err);
    if (!S_ISDIR(st.st_mode))
        return mp_fail(err, MP_IO, MP_NOWHERE, "%s is no folder", store->folder);
    if (!create)
        MP_TRY(check_is_ours(store, err));
    if (st.st_mode & (S_IWGRP | S_IWOTH))
        return mp_fail(err, MP_DENIED, MP_NOWHERE,
                       "others may write to %s; take that right away first (chmod 700)", store->folder);
    return MP_OK;
}

static mp_code take_lock(mp_store *store, mp_error *err)
{
    char path[sizeof store->folder + 8], holder[32] = "";
    snprintf(path, sizeof path, "%s/lock", store->folder);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return refuse(path, errno, err);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        ssize_t got = pread(fd, holder, sizeof holder - 1, 0);
        close(fd);
        return mp_fail(err, MP_BUSY, MP_NOWHERE, "process %.*s already writes to %s", got > 0 ? (int)got : 1,
                       got > 0 ? holder : "?", store->folder);
    }
    int len = snprintf(holder, sizeof holder, "%ld", (long)getpid());
    if (ftruncate(fd, 0) != 0 || pwrite(fd, holder, (size_t)len, 0) != len) { /* who it is helps, and is no must */
        if (ftruncate(fd, 0) != 0)
            errno = 0;
    }
    store->lock_fd = fd;
    return MP_OK;
}

mp_code mp_folder_prepare(mp_store *store, bool create, mp_error *err)
{
    store->made_folder = create && mkdir(store->folder, 0700) == 0;
    if (create && !store->made_folder && errno != EEXIST)
        return refuse(store->folder, errno, err);
    MP_TRY(check_folder(store, create, err));
    return store->read_only ? MP_OK : take_lock(store, err);
}

void mp_folder_release(mp_store *store)
{
    if (store->lock_fd >= 0)
        close(store->lock_fd);
    store->lock_fd = -1;
}

void mp_folder_undo(mp_store *store)
{
    static const char *const ours[] = { INSTALLATION, "mapae.db", "mapae.db-wal", "mapae.db-shm", "lock" };
    char                     path[sizeof store->folder + 32];
    if (!store->made_folder || store->is_claimed)
        return;
    for (size_t i = 0; i < MP_COUNT(ours); i++) {
        snprintf(path, sizeof path, "%s/%s", store->folder, ours[i]);
        unlink(path);
    }
    rmdir(store->folder); /* stays when somebody else put something there */
}

static mp_code found_installation(mp_store *store, mp_str text, mp_error *err)
{
    mp_json_doc   *doc = NULL;
    const mp_json *root = NULL;
    mp_code        code;
    MP_TRY(mp_json_doc_new(&doc, err));
    code = mp_json_read_padded(doc, &root, text, NULL, NULL, err);
    const mp_json *id = code == MP_OK ? mp_json_get(root, MP_S("id")) : NULL;
    if (code == MP_NOMEM) {
        mp_json_doc_free(doc);
        return code;
    }
    if (!mp_json_is(id, MP_JSON_STRING) || !mp_is_guid(mp_json_str(id)))
        code = mp_fail(err, MP_DAMAGED, MP_NOWHERE, "%s/installation.json does not say which installation this is",
                       store->folder);
    else
        memcpy(store->installation, mp_json_str(id).ptr, sizeof store->installation - 1);
    mp_json_doc_free(doc);
    return code;
}

static mp_code new_installation(mp_store *store, const char *path, mp_error *err)
{
    char text[200], now[MP_CLOCK_SHORT], id[sizeof store->installation];
    MP_TRY(mp_guid(id, err));
    mp_clock_format_short(now, mp_clock_now());
    int len = snprintf(text, sizeof text, "{\n  \"id\": \"%s\",\n  \"created\": \"%s\"\n}\n", id, now);
    MP_TRY(mp_durable_replace(path, mp_str_of(text, (size_t)len), 0600, err));
    memcpy(store->installation, id, sizeof id);
    return MP_OK;
}

mp_code mp_installation_read(mp_store *store, bool create, mp_error *err)
{
    char     path[sizeof store->folder + 32];
    mp_arena arena = MP_ARENA_INIT;
    mp_str   text = { NULL, 0 };
    snprintf(path, sizeof path, "%s/" INSTALLATION, store->folder);
    if (access(path, F_OK) != 0 && errno == ENOENT) {
        if (create && !store->read_only)
            return new_installation(store, path, err);
        return no_installation(store, err);
    }
    mp_code code = mp_source_slurp(&text, path, INSTALLATION_MOST, &arena, err);
    if (code == MP_OK)
        code = found_installation(store, text, err);
    mp_arena_free(&arena);
    return code;
}

static const mp_json *with_store(const mp_json *object, const char *url, mp_arena *arena)
{
    mp_jsonw w;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    for (MP_JSON_MEMBERS(key, object)) {
        if (mp_str_eq(mp_json_str(key), MP_S("store")))
            continue;
        mp_jsonw_key(&w, mp_json_str(key));
        mp_jsonw_value(&w, key + 1);
    }
    if (url)
        mp_jsonw_put_str(&w, "store", mp_str_from(url));
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

static mp_code put_store(const char *folder, const char *url, mp_json_doc *doc, mp_arena *arena, mp_error *err)
{
    char           path[5000];
    mp_str         text = { NULL, 0 };
    const char    *plain = NULL;
    const mp_json *root = NULL;
    mp_buf         out = MP_BUF_INIT;
    snprintf(path, sizeof path, "%s/" INSTALLATION, folder);
    MP_TRY(mp_source_slurp(&text, path, INSTALLATION_MOST, arena, err));
    MP_TRY(mp_store_url_plain(&plain, url, arena, err));
    mp_code code = mp_json_read_padded(doc, &root, text, NULL, NULL, err);
    if (code == MP_NOMEM)
        return code;
    if (code != MP_OK || !mp_json_is(root, MP_JSON_OBJECT))
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "%s/installation.json does not say which installation this is",
                       folder);
    const mp_json *next = with_store(root, plain, arena);
    if (!next)
        return mp_no_memory(err);
    mp_buf_add_json_pretty(&out, next, 0);
    mp_buf_add_c(&out, '\n');
    code = mp_buf_check(&out, err);
    if (code == MP_OK)
        code = mp_durable_replace(path, mp_buf_str(&out), 0600, err);
    mp_buf_free(&out);
    return code;
}

mp_code mp_installation_set_store(const char *folder, const char *url, mp_error *err)
{
    mp_arena     arena = MP_ARENA_INIT;
    mp_json_doc *doc = NULL;
    mp_code      code = mp_json_doc_new(&doc, err);
    if (code == MP_OK)
        code = put_store(folder, url, doc, &arena, err);
    mp_json_doc_free(doc);
    mp_arena_free(&arena);
    return code;
}
