/* SPDX-License-Identifier: Apache-2.0 */
/* accounts.h - the local accounts of a machine, as their readers share them. */
#ifndef MAPAE_HOST_ACCOUNTS_H
#define MAPAE_HOST_ACCOUNTS_H

#include "machine_internal.h"

#define MP_SIGN_IN_UNKNOWN (-1) /* nothing keeps it */
#define MP_SIGN_IN_NEVER 0

/* What a field of /etc/shadow says without what it holds. */
typedef struct mp_password_state {
    bool has_password, is_locked;
} mp_password_state;
mp_password_state mp_password_state_of(mp_str field);

typedef struct mp_account {
    mp_str  name, uid, gid, shell, home; /* numbers as they are written */
    mp_password_state password;
    bool    is_shadowed; /* passwd says "x": /etc/shadow has the field */
    int64_t changed_day, maximum_days, expires_day; /* -1: none */
    int64_t last_sign_in; /* seconds since 1970, or one of the above */
} mp_account;

/* last_sign_in.c: fill in .last_sign_in of all. */
MP_MUST_CHECK mp_code mp_sign_ins_read(mp_machine *m, mp_account *accounts, size_t count, mp_error *err);

#endif
