/* SPDX-License-Identifier: Apache-2.0 */
#include "folder.h"

#include <errno.h>
#include <poll.h>
#include <sys/inotify.h>
#include <time.h>
#include <unistd.h>

#include <mapae/inventory.h>

#include "source.h"

#define STILL_MS 1000 /* so long nobody writes to a file that is whole */

#define GATHER_MS 100

#define TELL_OF (IN_CLOSE_WRITE | IN_MODIFY | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)

static uint64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

mp_code mp_folder_open(mp_folder *out, const char *path, mp_error *err)
{
    struct stat about;
    *out = (mp_folder){ .path = path, .fd = -1, .files = MP_MAP_INIT, .arena = MP_ARENA_INIT };
    if (stat(path, &about) != 0)
        return mp_fail(err, MP_IO, MP_NOWHERE, "%s: %s", path, strerror(errno));
    if (!S_ISDIR(about.st_mode))
        return mp_fail(err, MP_IO, MP_NOWHERE, "%s is no folder; mapae ingest reads files", path);
    out->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    return MP_OK;
}

void mp_folder_done(mp_folder *folder)
{
    for (size_t i = 0; i < folder->files.len; i++) {
        mp_watched_file *file = folder->files.entries[i].value;
        mp_map_free(&file->ids);
        mp_arena_free(&file->keys);
    }
    mp_map_free(&folder->files);
    mp_arena_free(&folder->arena);
    if (folder->fd >= 0)
        close(folder->fd);
}

/* ---- looking ---- */

static bool is_same(const mp_file_mark *a, const mp_file_mark *b)
{
    return a->size == b->size && a->seconds == b->seconds && a->nanoseconds == b->nanoseconds &&
           a->inode == b->inode && a->device == b->device;
}

static mp_code find(mp_watched_file **out, mp_folder *folder, const char *path, mp_error *err)
{
    *out = mp_map_get(&folder->files, mp_str_from(path));
    if (*out)
        return MP_OK;
    mp_watched_file *made = MP_ARENA_NEW(&folder->arena, mp_watched_file);
    mp_str      copy = mp_arena_dup(&folder->arena, mp_str_from(path));
    if (!made || !copy.ptr)
        return mp_no_memory(err);
    made->path = copy.ptr;
    *out = made;
    return mp_map_put(&folder->files, copy, made, err);
}

/* What was last written to long ago has been still since; of the rest we know from what we see. */
static void mark(mp_watched_file *file, const struct stat *about, uint64_t now)
{
    mp_file_mark    seen = { about->st_size, about->st_mtim.tv_sec, about->st_mtim.tv_nsec, about->st_ino, about->st_dev };
    struct timespec clock;
    if (file->is_there && is_same(&seen, &file->now))
        return;
    clock_gettime(CLOCK_REALTIME, &clock);
    bool is_old = clock.tv_sec - about->st_mtim.tv_sec > STILL_MS / 1000 + 1;
    file->now = seen;
    file->is_there = true;
    file->still_since = is_old && now > STILL_MS ? now - STILL_MS : now;
}

/* Another file system stands where the folder was: one that was unmounted has not become empty. */
static mp_code check_device(mp_folder *folder, mp_error *err)
{
    struct stat about;
    if (stat(folder->path, &about) != 0)
        return mp_fail(err, MP_IO, MP_NOWHERE, "%s: %s", folder->path, strerror(errno));
    if (folder->has_device && about.st_dev != folder->device)
        return mp_fail(err, MP_IO, MP_NOWHERE, "%s is on another file system than before", folder->path);
    folder->device = about.st_dev;
    folder->has_device = true;
    return MP_OK;
}

/* The folder of `path`, for the kernel to tell of; the same one twice is one. */
static void follow(mp_folder *folder, const mp_cli *cli, const char *path)
{
    if (folder->fd >= 0 && inotify_add_watch(folder->fd, path, TELL_OF) >= 0)
        return;
    if (!folder->has_said && (folder->fd < 0 || (errno != ENOENT && errno != ENOTDIR)))
        mp_cli_warn(cli, "watch.not-told", path, NULL);
    folder->has_said = folder->has_said || folder->fd < 0 || (errno != ENOENT && errno != ENOTDIR);
}

static mp_code look_at(mp_folder *folder, const char *const *paths, size_t count, mp_error *err)
{
    uint64_t now = now_ms();
    for (size_t i = 0; i < folder->files.len; i++) {
        mp_watched_file *file = folder->files.entries[i].value;
        bool        is_listed = false;
        for (size_t low = 0, high = count; low < high && !is_listed;) { /* the list is sorted bytewise */
            size_t middle = low + (high - low) / 2;
            int    order = strcmp(file->path, paths[middle]);
            is_listed = order == 0;
            *(order < 0 ? &high : &low) = order < 0 ? middle : middle + 1;
        }
        file->is_there = file->is_there && is_listed;
    }
    for (size_t i = 0; i < count; i++) {
        struct stat about;
        mp_watched_file *file;
        if (stat(paths[i], &about) != 0)
            continue;
        MP_TRY(find(&file, folder, paths[i], err));
        mark(file, &about, now);
    }
    return MP_OK;
}

mp_code mp_folder_look(mp_folder *folder, const mp_cli *cli, mp_error *err)
{
    mp_arena     arena = MP_ARENA_INIT;
    const char **paths, **folders;
    size_t       count, folder_count;
    mp_code      code = check_device(folder, err);
    /* Folders first: what comes into one while it is listed is told. */
    if (code == MP_OK)
        code = mp_source_folders(&folders, &folder_count, folder->path, &arena, err);
    for (size_t i = 0; code == MP_OK && i < folder_count; i++)
        follow(folder, cli, folders[i]);
    if (code == MP_OK)
        code = mp_source_list(&paths, &count, folder->path, mp_inventory_suffixes(), NULL, &arena, err);
    if (code == MP_OK)
        code = look_at(folder, paths, count, err);
    mp_arena_free(&arena);
    return code;
}

static bool is_other(const mp_watched_file *file)
{
    return file->is_there && (file->is_wanted || !is_same(&file->now, &file->taken));
}

bool mp_watched_is_due(const mp_watched_file *file) { return is_other(file) && now_ms() - file->still_since >= STILL_MS; }

bool mp_watched_is_waiting(const mp_watched_file *file) { return is_other(file) && now_ms() - file->still_since < STILL_MS; }

/* ---- waiting ---- */

/* What it says does not matter: all is looked at. */
static void drain(int fd)
{
    char events[4096];
    while (read(fd, events, sizeof events) > 0)
        continue;
}

bool mp_folder_wait(mp_folder *folder, int stop, int ms)
{
    struct pollfd waiting[] = { { .fd = stop, .events = POLLIN }, { .fd = folder->fd, .events = POLLIN } };
    int           count = poll(waiting, MP_COUNT(waiting), ms); /* an fd below zero is passed over */
    if (count > 0 && waiting[0].revents)
        return true;
    if (count <= 0 || !waiting[1].revents)
        return false;
    bool is_over = poll(waiting, 1, GATHER_MS) > 0; /* much happens at once: one look for all of it */
    drain(folder->fd);
    return is_over;
}
