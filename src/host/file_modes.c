/* SPDX-License-Identifier: Apache-2.0 */
/* Who may read and write the files that decide over the others. */
#include "machine_internal.h"

static const char *const files[] = { "/etc/passwd", "/etc/group", "/etc/shadow", "/etc/gshadow", "/etc/ssh/sshd_config",
                                     "/etc/crontab", "/etc/sudoers", "/etc/rsyslog.conf", "/etc/audit/auditd.conf" };

/* Names are the machine's own, from the files that accounts.c read: those of ours may be others. */
static mp_str name_of(mp_machine *m, const mp_map *names, unsigned number)
{
    mp_str        text = mp_arena_printf(m->arena, "%u", number);
    const mp_str *name = text.ptr ? mp_map_get(names, text) : NULL;
    return name ? *name : text;
}

mp_code mp_read_file_modes(mp_machine *m, mp_error *err)
{
    mp_jsonw_key(&m->w, MP_S("files"));
    mp_jsonw_array(&m->w);
    for (size_t i = 0; i < MP_COUNT(files); i++) {
        struct stat s;
        mp_reach    how = mp_root_stat(&s, &m->root, files[i]);
        if (how == MP_REACH_MISSING)
            continue;
        if (how != MP_REACH_OK) {
            mp_machine_gap_note(m, "files[*]", how, files[i]);
            continue;
        }
        mp_str mode = mp_arena_printf(m->arena, "%04o", (unsigned)(s.st_mode & 07777));
        mp_str owner = name_of(m, &m->users, s.st_uid), group = name_of(m, &m->groups, s.st_gid);
        if (!mode.ptr || !owner.ptr || !group.ptr)
            return mp_machine_nomem(err);
        mp_jsonw_object(&m->w);
        mp_jsonw_put_str(&m->w, "path", mp_str_from(files[i]));
        mp_jsonw_put_str(&m->w, "mode", mode);
        mp_jsonw_put_str(&m->w, "owner", owner);
        mp_jsonw_put_str(&m->w, "group", group);
        mp_jsonw_end(&m->w);
    }
    mp_jsonw_end(&m->w);
    return MP_OK;
}
