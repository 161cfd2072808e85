/* SPDX-License-Identifier: Apache-2.0 */
/* sshd.h - settings of the SSH server from its file (sshd_config(5)): of a name the first value counts, of some names
 * all; Include brings other files in where it stands; what stands behind a Match holds for some connections only. */
#ifndef MAPAE_HOST_SSHD_H
#define MAPAE_HOST_SSHD_H

#include "arena.h"

#define MP_SSHD_DEPTH 16     /* of Include: as sshd has it */
#define MP_SSHD_SETTINGS 4096
#define MP_SSHD_FILES 256

typedef struct mp_sshd_setting {
    mp_str name, value; /* the name in lower case */
    mp_str match;       /* "user deploy address 10.0.0.0/8"; empty: it holds for all */
} mp_sshd_setting;

/* Gives the texts of the files that an Include names, one after the other; *more false: that was all. */
typedef mp_code mp_sshd_open(void *ctx, mp_str *text, bool *more, mp_str pattern, size_t index, mp_error *err);

typedef struct mp_sshd_settings {
    mp_arena        *arena;
    mp_sshd_setting *items;
    size_t           count, cap;
    size_t           files;
    mp_str           match; /* that is in force at the end of what was read */
    bool             is_cut; /* too deep, too many files or settings: what is known is not all */
    mp_sshd_open    *open;   /* NULL: Include says nothing */
    void            *ctx;
} mp_sshd_settings;

/* One file; fails with MP_NOMEM, and as `open` does. */
MP_MUST_CHECK mp_code mp_sshd_parse(mp_sshd_settings *out, mp_str text, size_t depth, mp_error *err);
/* Names of which every value counts. */
bool mp_sshd_is_list(mp_str name);

#endif
