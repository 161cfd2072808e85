/* SPDX-License-Identifier: Apache-2.0 */
#include "temporary.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char *temporary_folder(void)
{
    const char *folder = getenv("TMPDIR");
    return folder && folder[0] ? folder : "/tmp";
}

mp_code mp_temporary_open(int *out, mp_error *err)
{
    const char *folder = temporary_folder();
    int         fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0) { /* a file system that has no files without names */
        char path[4096];
        int  len = snprintf(path, sizeof path, "%s/mapae-XXXXXX", folder);
        if (len < 0 || (size_t)len >= sizeof path)
            return mp_fail(err, MP_OUTPUT, MP_NOWHERE, "TMPDIR is too long");
        fd = mkostemp(path, O_CLOEXEC);
        if (fd >= 0)
            unlink(path);
    }
    if (fd < 0)
        return mp_fail(err, MP_OUTPUT, MP_NOWHERE, "cannot make a temporary file in %s: %s", folder,
                       strerror(errno));
    *out = fd;
    return MP_OK;
}

mp_code mp_temporary_write(int fd, uint64_t offset, mp_str bytes, mp_error *err)
{
    while (bytes.len) {
        ssize_t n = pwrite(fd, bytes.ptr, bytes.len, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return mp_fail(err, MP_OUTPUT, MP_NOWHERE, "cannot write the temporary file in %s: %s",
                           temporary_folder(), n < 0 ? strerror(errno) : "nothing was written");
        bytes = mp_str_skip(bytes, (size_t)n);
        offset += (uint64_t)n;
    }
    return MP_OK;
}

mp_code mp_temporary_read(char *into, size_t len, int fd, uint64_t offset, mp_error *err)
{
    while (len) {
        ssize_t n = pread(fd, into, len, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return mp_fail(err, MP_OUTPUT, MP_NOWHERE, "cannot read the temporary file: %s",
                           n < 0 ? strerror(errno) : "it is too short");
        into += n;
        len -= (size_t)n;
        offset += (uint64_t)n;
    }
    return MP_OK;
}
