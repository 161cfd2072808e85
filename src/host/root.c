/* SPDX-License-Identifier: Apache-2.0 */
#include "root.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "buf.h"

static const mp_str texts[] = {
#define MP_REACH(name, text) MP_S_INIT(text),
#include "reach.def"
#undef MP_REACH
};

mp_str mp_reach_text(mp_reach reach) { return texts[reach]; }

static mp_reach reach_of(int number)
{
    switch (number) {
    case ENOENT:
    case ENOTDIR:
        return MP_REACH_MISSING;
    case EACCES:
    case EPERM:
        return MP_REACH_DENIED;
    case ENXIO: /* a socket */
    case EISDIR:
        return MP_REACH_NO_FILE;
    default:
        return MP_REACH_BROKEN;
    }
}

mp_code mp_root_open(mp_root *out, const char *path, mp_error *err)
{
    int fd = open(path ? path : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return mp_fail(err, MP_IO, MP_NOWHERE, "cannot open the folder %s: %s", path ? path : "/", strerror(errno));
    *out = (mp_root){ .fd = fd, .is_here = !path };
    return MP_OK;
}

void mp_root_close(mp_root *root)
{
    if (root->fd >= 0)
        close(root->fd);
    root->fd = -1;
}

/* The kernel keeps the way within the root, however links lead. */
static int open_within(const mp_root *root, const char *path, uint64_t flags)
{
    struct open_how how = { .flags = flags | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS };
    int             fd = (int)syscall(SYS_openat2, root->fd, path, &how, sizeof how);
    /* A kernel, or a container's filter, that knows no openat2: of this machine the path is as good. */
    if (fd < 0 && (errno == ENOSYS || errno == EPERM) && root->is_here)
        fd = open(path, (int)flags | O_CLOEXEC);
    return fd;
}

int mp_root_file(const mp_root *root, const char *path, mp_reach *how)
{
    struct stat s;
    int         fd = open_within(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    *how = fd < 0 ? reach_of(errno) : MP_REACH_OK;
    if (fd >= 0 && (fstat(fd, &s) != 0 || !S_ISREG(s.st_mode))) {
        close(fd);
        *how = MP_REACH_NO_FILE;
        return -1;
    }
    return fd;
}

/* Files of /proc have no length beforehand: it is read to the end. */
static mp_reach read_all(mp_buf *into, int fd, size_t limit)
{
    for (;;) {
        char *to = mp_buf_reserve(into, 65536);
        if (!to)
            return MP_REACH_OK; /* into->failed says the rest */
        ssize_t got = read(fd, to, 65536);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return reach_of(errno);
        if (got == 0)
            return MP_REACH_OK;
        into->len += (size_t)got;
        if (into->len > limit)
            return MP_REACH_TOO_LONG;
    }
}

mp_code mp_root_slurp(mp_str *out, mp_reach *how, const mp_root *root, const char *path, size_t limit, mp_arena *arena,
                      mp_error *err)
{
    mp_buf  text = MP_BUF_INIT;
    mp_code code = MP_OK;
    int     fd = mp_root_file(root, path, how);
    *out = MP_S("");
    if (fd < 0)
        return MP_OK;
    *how = read_all(&text, fd, limit);
    close(fd);
    if (text.failed) {
        code = mp_no_memory(err);
    } else if (*how == MP_REACH_OK) {
        *out = mp_arena_dup(arena, mp_buf_str(&text));
        code = out->ptr ? MP_OK : mp_no_memory(err);
    }
    mp_buf_free(&text);
    return code;
}

static int by_bytes(const void *a, const void *b) { return mp_str_cmp(*(const mp_str *)a, *(const mp_str *)b); }

static mp_code list_names(mp_str **names, size_t *count, mp_reach *how, DIR *folder, mp_arena *arena, mp_error *err)
{
    size_t         cap = 0;
    struct dirent *entry;
    while ((entry = readdir(folder))) {
        if (entry->d_name[0] == '.')
            continue;
        if (*count == MP_ROOT_NAMES) {
            *how = MP_REACH_TOO_LONG;
            return MP_OK;
        }
        if (*count == cap) {
            mp_str *grown = MP_ARENA_ARRAY(arena, mp_str, cap * 2 + 32);
            if (!grown)
                return mp_no_memory(err);
            if (*count)
                memcpy(grown, *names, *count * sizeof *grown);
            *names = grown;
            cap = cap * 2 + 32;
        }
        (*names)[*count] = mp_arena_dup(arena, mp_str_from(entry->d_name));
        if (!(*names)[(*count)++].ptr)
            return mp_no_memory(err);
    }
    return MP_OK;
}

mp_code mp_root_list(mp_str **names, size_t *count, mp_reach *how, const mp_root *root, const char *path, mp_arena *arena,
                     mp_error *err)
{
    int fd = open_within(root, path, O_RDONLY | O_DIRECTORY | O_NONBLOCK);
    *names = NULL;
    *count = 0;
    *how = fd < 0 ? reach_of(errno) : MP_REACH_OK;
    if (fd < 0)
        return MP_OK;
    DIR *folder = fdopendir(fd);
    if (!folder) {
        close(fd);
        return mp_no_memory(err);
    }
    mp_code code = list_names(names, count, how, folder, arena, err);
    closedir(folder);
    if (*how != MP_REACH_OK)
        *count = 0;
    if (*count)
        qsort(*names, *count, sizeof **names, by_bytes);
    return code;
}

mp_reach mp_root_stat(struct stat *out, const mp_root *root, const char *path)
{
    int fd = open_within(root, path, O_PATH);
    if (fd < 0)
        return reach_of(errno);
    int failed = fstat(fd, out);
    close(fd);
    return failed ? MP_REACH_BROKEN : MP_REACH_OK;
}

bool mp_root_has(const mp_root *root, const char *path)
{
    struct stat s;
    return mp_root_stat(&s, root, path) == MP_REACH_OK;
}

mp_str mp_root_link(const mp_root *root, const char *path, mp_arena *arena)
{
    char    target[4096];
    int     fd = open_within(root, path, O_PATH | O_NOFOLLOW);
    ssize_t len = fd < 0 ? -1 : readlinkat(fd, "", target, sizeof target);
    if (fd >= 0)
        close(fd);
    return len <= 0 ? MP_S("") : mp_arena_dup(arena, mp_str_of(target, (size_t)len));
}
