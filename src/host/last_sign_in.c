/* SPDX-License-Identifier: Apache-2.0 */
/* When each account signed in last. lastlog has a record for each number of a user, mostly a hole; wtmp has one for
 * each session, the older ones in files that were put aside and are not read. */
#include <errno.h>
#include <unistd.h>
#include <utmp.h>

#include "accounts.h"

#define WTMP_BYTES ((size_t)64 << 20)
#define MOST_UID INT64_C(0xFFFFFFFE)

/* As glibc writes them on 64-bit systems: 32-bit seconds. */
static bool read_lastlog(int fd, mp_account *accounts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct lastlog entry;
        int64_t        uid;
        accounts[i].last_sign_in = MP_SIGN_IN_NEVER;
        if (!mp_number_of(&uid, accounts[i].uid, 10) || uid > MOST_UID)
            continue;
        ssize_t got = pread(fd, &entry, sizeof entry, (off_t)(uid * (int64_t)sizeof entry));
        if (got < 0)
            return false;
        if ((size_t)got == sizeof entry && entry.ll_time > 0)
            accounts[i].last_sign_in = (int64_t)entry.ll_time;
    }
    return true;
}

static mp_code read_wtmp(mp_machine *m, mp_account *accounts, size_t count, mp_str text, mp_error *err)
{
    mp_map by_name = MP_MAP_INIT;
    mp_code code = MP_OK;
    for (size_t i = 0; i < count && code == MP_OK; i++) {
        accounts[i].last_sign_in = MP_SIGN_IN_NEVER;
        code = mp_map_put(&by_name, accounts[i].name, &accounts[i], err);
    }
    for (size_t at = 0; code == MP_OK && at + sizeof(struct utmp) <= text.len; at += sizeof(struct utmp)) {
        struct utmp entry;
        memcpy(&entry, text.ptr + at, sizeof entry);
        mp_account *a = entry.ut_type != USER_PROCESS ? NULL
                        : mp_map_get(&by_name, mp_str_of(entry.ut_user, strnlen(entry.ut_user, sizeof entry.ut_user)));
        if (a && entry.ut_tv.tv_sec > a->last_sign_in && entry.ut_tv.tv_sec <= mp_clock_to_unix(m->now) + 86400)
            a->last_sign_in = entry.ut_tv.tv_sec;
    }
    mp_map_free(&by_name);
    return code;
}

mp_code mp_sign_ins_read(mp_machine *m, mp_account *accounts, size_t count, mp_error *err)
{
    mp_reach how;
    mp_str   text;
    int      fd = mp_root_file(&m->root, "var/log/lastlog", &how);
    bool     is_read = fd >= 0 && read_lastlog(fd, accounts, count);
    if (fd >= 0)
        close(fd);
    if (is_read)
        return MP_OK;
    MP_TRY(mp_root_slurp(&text, &how, &m->root, "var/log/wtmp", WTMP_BYTES, m->arena, err));
    if (how == MP_REACH_OK)
        return read_wtmp(m, accounts, count, text, err);
    for (size_t i = 0; i < count; i++)
        accounts[i].last_sign_in = MP_SIGN_IN_UNKNOWN;
    mp_machine_gap_note(m, "users[*].lastLogInAt", how, "/var/log/wtmp");
    return MP_OK;
}
