/* SPDX-License-Identifier: Apache-2.0 */
/* machine_internal.h - what the readers of a machine share. Each writes members of the properties into m->w, or notes
 * why it cannot; they fail with MP_NOMEM only. */
#ifndef MAPAE_HOST_MACHINE_INTERNAL_H
#define MAPAE_HOST_MACHINE_INTERNAL_H

#include "buf.h"
#include "child.h"
#include "jsonw.h"
#include "machine.h"
#include "map.h"
#include "root.h"
#include "words_of.h"

#define MP_MACHINE_GAPS 64 /* the most that are named; more are not read either */

typedef struct mp_machine {
    const mp_machine_options *options;
    mp_root   root;
    mp_arena *arena;
    mp_jsonw  w; /* of the properties */
    mp_ticks  now;
    bool      is_on;   /* it runs: there is /proc of it */
    bool      is_root; /* we may read everything */
    bool      has_programs;
    mp_str    kernel;  /* release of the one that runs; empty when none does */
    mp_map    active;  /* names of services that are active, for those who ask later */
    bool      knows_active;
    mp_map    packages; /* name to version (mp_str *), of Debian's kind */
    mp_map    users, groups; /* number as text to name (mp_str *) */
    mp_machine_gap gaps[MP_MACHINE_GAPS];
    size_t         gap_count;
} mp_machine;

/* `member` is a literal; `source` is in the arena or a literal. */
void mp_machine_gap_note(mp_machine *m, const char *member, mp_reach reach, const char *source);
/* A file of settings; empty when it cannot be read, and *how says why. */
MP_MUST_CHECK mp_code mp_machine_file(mp_str *out, mp_reach *how, mp_machine *m, const char *path, mp_error *err);
/* All files of a folder whose names end in `suffix`, as they follow each other, one text; what is missing adds
 * nothing. *how is MP_REACH_OK or why one of them could not be read. */
MP_MUST_CHECK mp_code mp_machine_folder(mp_buf *out, mp_reach *how, mp_machine *m, const char *path,
                                        const char *suffix, mp_error *err);
/* Ask a program, when that may be done. */
MP_MUST_CHECK mp_code mp_machine_ask(mp_str *out, mp_reach *how, mp_machine *m, const char *const *argv, mp_error *err);
/* A path in the arena, ended by NUL; fails when memory is short. */
#define mp_machine_path(m, ...) mp_arena_printf((m)->arena, __VA_ARGS__).ptr
mp_code mp_machine_nomem(mp_error *err);
/* The value of a number in the document, or null. */
void mp_machine_put_number(mp_machine *m, const char *name, bool is_set, int64_t n);
/* A time of the machine: seconds since 1970. */
void mp_machine_put_time(mp_machine *m, const char *name, int64_t seconds);
bool mp_machine_is_active(const mp_machine *m, mp_str service);

/* The readers, in the order in which they run. */
#define MP_MACHINE_READERS(X) \
    X(release) X(packages) X(units) X(accounts) X(password_rules) X(sshd) X(kernel_settings) X(sockets) X(disks) \
    X(file_modes) X(time_sync) X(firewall) X(forwarding)
#define X(name) MP_MUST_CHECK mp_code mp_read_##name(mp_machine *m, mp_error *err);
MP_MACHINE_READERS(X)
#undef X

#endif
