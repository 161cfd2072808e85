/* SPDX-License-Identifier: Apache-2.0 */
#include "sent_file.h"

#include "durable.h"
#include "secret.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

typedef struct sent_file {
    int fd;
} sent_file;

static int64_t more(void *ctx, uint64_t at, char *into, size_t max)
{
    const sent_file *file = ctx;
    ssize_t          got;
    do
        got = pread(file->fd, into, max, (off_t)at);
    while (got < 0 && errno == EINTR);
    return got;
}

static void done(void *ctx)
{
    sent_file *file = ctx;
    close(file->fd);
    file->fd = -1;
}

mp_code mp_respond_file(mp_http_request *request, mp_http_response *response, int fd, const char *content_type,
                        const char *name, mp_error *err)
{
    sent_file *file = MP_ARENA_NEW(request->arena, sent_file);
    mp_str     disposition = name ? mp_arena_printf(request->arena, "attachment; filename=\"%s\"", name) : MP_S("");
    if (!file || !disposition.ptr) {
        close(fd);
        return mp_no_memory(err);
    }
    file->fd = fd;
    response->content_type = content_type;
    response->more = more;
    response->done = done;
    response->ctx = file;
    if (name)
        mp_respond_header(response, MP_S("content-disposition"), disposition);
    return MP_OK;
}

static mp_code folder_of(char out[4096], const mp_app *app, mp_error *err)
{
    int len = snprintf(out, 4096, "%s/outgoing", mp_store_folder(app->store));
    if (len < 0 || len >= 4000)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "the path of the data folder is too long");
    return MP_OK;
}

mp_code mp_outgoing_path(char out[4096], const mp_app *app, const char *suffix, mp_error *err)
{
    char name[37];
    MP_TRY(folder_of(out, app, err));
    MP_TRY(mp_durable_folder(out, err));
    MP_TRY(mp_guid(name, err));
    size_t len = strlen(out);
    snprintf(out + len, 4096 - len, "/%s%s", name, suffix);
    return MP_OK;
}

mp_code mp_outgoing_open(int *fd, const char *path, mp_error *err)
{
    int opened = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), why = errno;
    unlink(path);
    if (opened < 0)
        return mp_fail(err, MP_IO, MP_NOWHERE, "%s cannot be opened: %s", path, strerror(why));
    *fd = opened;
    return MP_OK;
}

void mp_outgoing_clear(const mp_app *app)
{
    char path[4096];
    if (folder_of(path, app, NULL) != MP_OK)
        return;
    DIR *dir = opendir(path);
    if (!dir)
        return;
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir))
        if (entry->d_name[0] != '.')
            (void)unlinkat(dirfd(dir), entry->d_name, 0); /* what stays takes room and nothing else */
    closedir(dir);
}
