/* SPDX-License-Identifier: Apache-2.0 */
#include "durable.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

mp_code mp_durable_failed(const char *path, int number, mp_error *err)
{
    bool is_full = number == ENOSPC || number == EDQUOT;
    return mp_fail(err, is_full ? MP_FULL : MP_OUTPUT, MP_NOWHERE, "cannot write %s: %s", path, strerror(number));
}

mp_code mp_durable_write(int fd, const char *path, mp_str bytes, mp_error *err)
{
    while (bytes.len) {
        ssize_t n = write(fd, bytes.ptr, bytes.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return mp_durable_failed(path, n < 0 ? errno : ENOSPC, err);
        bytes = mp_str_skip(bytes, (size_t)n);
    }
    return MP_OK;
}

mp_code mp_durable_sync(int fd, const char *path, mp_error *err)
{
    /* After a failed fsync nobody knows what is on disk, so it is not tried again: the file is given up. */
    return fsync(fd) == 0 ? MP_OK : mp_durable_failed(path, errno, err);
}

mp_code mp_durable_sync_folder(const char *path, mp_error *err)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return mp_durable_failed(path, errno, err);
    mp_code code = mp_durable_sync(fd, path, err);
    close(fd);
    return code;
}

mp_code mp_durable_folder(const char *path, mp_error *err)
{
    return mkdir(path, 0700) == 0 || errno == EEXIST ? MP_OK : mp_durable_failed(path, errno, err);
}

/* ---- drafts ---- */

mp_code mp_draft_open(mp_draft *out, const char *path, mode_t mode, mp_error *err)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    int         len = snprintf(out->aside, sizeof out->aside, "%.*s.%s.XXXXXX", (int)(name - path), path, name);
    if (len < 0 || (size_t)len >= sizeof out->aside)
        return mp_durable_failed(path, ENAMETOOLONG, err);
    out->path = path;
    out->fd = mkostemp(out->aside, O_CLOEXEC); /* mode 0600 */
    if (out->fd < 0)
        return mp_durable_failed(path, errno, err);
    if (fchmod(out->fd, mode) != 0)
        return mp_draft_end(out, mp_durable_failed(path, errno, err), err);
    return MP_OK;
}

/* "FOLDER/NAME" to "FOLDER", in place. */
static const char *parent(char *path)
{
    char *slash = strrchr(path, '/');
    if (!slash)
        return ".";
    slash[slash == path] = '\0';
    return path;
}

mp_code mp_draft_end(mp_draft *draft, mp_code code, mp_error *err)
{
    if (code == MP_OK)
        code = mp_durable_sync(draft->fd, draft->path, err);
    if (close(draft->fd) != 0 && code == MP_OK)
        code = mp_durable_failed(draft->path, errno, err);
    if (code == MP_OK && rename(draft->aside, draft->path) != 0)
        code = mp_durable_failed(draft->path, errno, err);
    if (code == MP_OK)
        return mp_durable_sync_folder(parent(draft->aside), err);
    unlink(draft->aside);
    return code;
}

mp_code mp_durable_replace(const char *path, mp_str bytes, mode_t mode, mp_error *err)
{
    mp_draft draft;
    MP_TRY(mp_draft_open(&draft, path, mode, err));
    return mp_draft_end(&draft, mp_durable_write(draft.fd, path, bytes, err), err);
}
