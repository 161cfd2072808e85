/* SPDX-License-Identifier: Apache-2.0 */
#include "durable.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static mp_code cannot(const char *what, int number, mp_error *err)
{
    bool is_full = number == ENOSPC || number == EDQUOT;
    return mp_fail(err, is_full ? MP_FULL : MP_OUTPUT, MP_NOWHERE, "cannot write %s: %s", what, strerror(number));
}

mp_code mp_durable_write(int fd, mp_str bytes, mp_error *err)
{
    while (bytes.len) {
        ssize_t n = write(fd, bytes.ptr, bytes.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return cannot("a file of the data folder", n < 0 ? errno : ENOSPC, err);
        bytes = mp_str_skip(bytes, (size_t)n);
    }
    return MP_OK;
}

mp_code mp_durable_sync(int fd, mp_error *err)
{
    /* After a failed fsync nobody knows what is on disk, so it is not tried again: the file is given up. */
    return fsync(fd) == 0 ? MP_OK : cannot("a file of the data folder", errno, err);
}

mp_code mp_durable_sync_folder(const char *path, mp_error *err)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return cannot(path, errno, err);
    mp_code code = mp_durable_sync(fd, err);
    close(fd);
    return code;
}

mp_code mp_durable_folder(const char *path, mp_error *err)
{
    return mkdir(path, 0700) == 0 || errno == EEXIST ? MP_OK : cannot(path, errno, err);
}

static mp_code fill(int fd, mp_str bytes, mp_error *err)
{
    MP_TRY(mp_durable_write(fd, bytes, err));
    return mp_durable_sync(fd, err);
}

/* "FOLDER/NAME" to "FOLDER". */
static void parent(char out[PATH_MAX], const char *path)
{
    const char *slash = strrchr(path, '/');
    snprintf(out, PATH_MAX, "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
}

mp_code mp_durable_replace(const char *path, mp_str bytes, mp_error *err)
{
    char aside[PATH_MAX], folder[PATH_MAX];
    int  len = snprintf(aside, sizeof aside, "%s.XXXXXX", path);
    if (len < 0 || (size_t)len >= sizeof aside)
        return cannot(path, ENAMETOOLONG, err);
    int fd = mkostemp(aside, O_CLOEXEC); /* mode 0600 */
    if (fd < 0)
        return cannot(aside, errno, err);
    mp_code code = fill(fd, bytes, err);
    if (close(fd) != 0 && code == MP_OK)
        code = cannot(path, errno, err);
    if (code == MP_OK && rename(aside, path) != 0)
        code = cannot(path, errno, err);
    if (code != MP_OK) {
        unlink(aside);
        return code;
    }
    parent(folder, path);
    return mp_durable_sync_folder(folder, err);
}
