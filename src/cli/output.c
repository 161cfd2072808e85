/* SPDX-License-Identifier: Apache-2.0 */
#include "asides.h"
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static mp_code cannot_write(const char *path, mp_error *err)
{
    return mp_fail(err, MP_OUTPUT, MP_NOWHERE, "cannot write %s: %s", path ? path : "standard output",
                   strerror(errno));
}

/* What stands at the path is to be replaced as a whole, unless it is a device, a pipe or the like. */
static bool is_replaceable(const char *path)
{
    struct stat st;
    return lstat(path, &st) != 0 || S_ISREG(st.st_mode);
}

static FILE *open_aside(char **aside, const char *path, mode_t mode)
{
    if (asprintf(aside, "%s.%ld~", path, (long)getpid()) < 0) {
        *aside = NULL;
        return NULL;
    }
    mp_aside_note(*aside);
    int   fd = open(*aside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
    FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (!file)
        mp_aside_forget(*aside);
    if (!file && fd >= 0)
        close(fd);
    return file;
}

static mp_code open_with(mp_output *out, const mp_cli *cli, const char *path, mode_t mode, mp_error *err)
{
    mp_output opened = { cli->out, NULL, NULL };
    if (path && strcmp(path, "-") != 0) {
        opened.path = strdup(path);
        if (!opened.path)
            return mp_no_memory(err);
        opened.file = is_replaceable(path) ? open_aside(&opened.aside, path, mode) : fopen(path, "we");
        if (!opened.file) {
            mp_code code = cannot_write(path, err);
            free(opened.path);
            free(opened.aside);
            return code;
        }
    }
    *out = opened;
    return MP_OK;
}

mp_code mp_output_open(mp_output *out, const mp_cli *cli, const char *path, mp_error *err)
{
    return open_with(out, cli, path, 0666, err);
}

mp_code mp_output_open_private(mp_output *out, const mp_cli *cli, const char *path, mp_error *err)
{
    return open_with(out, cli, path, 0600, err);
}

static void release(mp_output *out)
{
    if (out->aside)
        mp_aside_forget(out->aside);
    free(out->path);
    free(out->aside);
    *out = (mp_output){ NULL, NULL, NULL };
}

void mp_output_abandon(mp_output *out)
{
    if (out->path && out->file)
        fclose(out->file);
    if (out->aside)
        unlink(out->aside);
    release(out);
}

mp_code mp_output_close(mp_output *out, mp_error *err)
{
    bool is_written = !ferror(out->file) && fflush(out->file) == 0;
    if (out->path) {
        is_written &= fclose(out->file) == 0;
        out->file = NULL;
    }
    if (is_written && out->aside)
        is_written = rename(out->aside, out->path) == 0;
    if (!is_written) {
        mp_code code = cannot_write(out->path, err);
        mp_output_abandon(out);
        return code;
    }
    release(out);
    return MP_OK;
}

mp_code mp_output_write(mp_output *out, mp_str bytes, mp_error *err)
{
    if (bytes.len && fwrite(bytes.ptr, 1, bytes.len, out->file) < bytes.len)
        return cannot_write(out->path, err);
    return MP_OK;
}

mp_code mp_output_flush(mp_output *out, mp_error *err)
{
    return fflush(out->file) == 0 ? MP_OK : cannot_write(out->path, err);
}

mp_code mp_output_buf(mp_output *out, mp_buf *buf, mp_error *err)
{
    mp_code code = mp_buf_check(buf, err);
    if (code == MP_OK)
        code = mp_output_write(out, mp_buf_str(buf), err);
    mp_buf_free(buf);
    return code;
}

mp_code mp_output_whole(const mp_cli *cli, const char *path, mp_buf *buf, mp_error *err)
{
    mp_output out;
    mp_code   code = mp_output_open(&out, cli, path, err);
    if (code != MP_OK) {
        mp_buf_free(buf);
        return code;
    }
    code = mp_output_buf(&out, buf, err);
    if (code == MP_OK)
        return mp_output_close(&out, err);
    mp_output_abandon(&out);
    return code;
}
