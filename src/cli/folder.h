/* SPDX-License-Identifier: Apache-2.0 */
/* folder.h - a folder that is followed: which of its files are new, other than they were, or gone.
 *
 * Each look walks the folder and compares sizes and times, so nothing is missed for good; what the kernel tells
 * (inotify) only says when to look. Where it cannot tell, a network's file system for instance, the looks that come
 * by themselves find it. */
#ifndef MAPAE_CLI_FOLDER_H
#define MAPAE_CLI_FOLDER_H

#include <sys/stat.h>

#include "cli.h"
#include "map.h"

/* A file as it was. */
typedef struct mp_file_mark {
    int64_t size, seconds, nanoseconds;
    ino_t   inode;
    dev_t   device;
} mp_file_mark;

typedef struct mp_watched_file {
    const char  *path;
    mp_file_mark now;         /* at the last look */
    mp_file_mark taken;       /* when it was read; all zeros: never */
    uint64_t     still_since; /* milliseconds: it has been as it is now at least since */
    bool         is_there, is_wanted; /* to be read once more in any case */
    bool         was_faulty;  /* when it was read */
    mp_map       ids;         /* that it holds */
    mp_arena     keys;        /* of `ids` */
} mp_watched_file;

typedef struct mp_folder {
    const char *path;
    int         fd;      /* of inotify; -1: none */
    bool        has_said; /* that the kernel does not tell */
    dev_t       device;
    bool        has_device;
    mp_map      files;   /* path to mp_watched_file */
    mp_arena    arena;
} mp_folder;

/* Fails with MP_IO (no such folder), MP_NOMEM. `out` is to be given to mp_folder_done() in any case. */
MP_MUST_CHECK mp_code mp_folder_open(mp_folder *out, const char *path, mp_error *err);
void                  mp_folder_done(mp_folder *folder);

/* Look what is there. Fails with MP_IO when the folder cannot be read whole: then nothing is taken for gone; MP_NOMEM. */
MP_MUST_CHECK mp_code mp_folder_look(mp_folder *folder, const mp_cli *cli, mp_error *err);
/* The file is there, is not as it was taken, and nobody has written to it for a second. */
bool mp_watched_is_due(const mp_watched_file *file);
/* It is not as it was taken, and may be written to still. */
bool mp_watched_is_waiting(const mp_watched_file *file);

/* Until something may have changed, `ms` milliseconds are over, or `stop` (a file descriptor) can be read: that is true. */
bool mp_folder_wait(mp_folder *folder, int stop, int ms);

#endif
