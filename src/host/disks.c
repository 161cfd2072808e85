/* SPDX-License-Identifier: Apache-2.0 */
/* What is mounted (proc(5), mountinfo), and whether the host itself encrypts what lies below: a device of dm-crypt, or
 * one that is made of such (volumes of LVM). */
#include "machine_internal.h"

#define TABLE_BYTES ((size_t)4 << 20)
#define MOST_MOUNTS 4096
#define DEPTH 8

/* "\040" is a blank. */
static mp_str unescaped(mp_arena *arena, mp_str s)
{
    mp_str copy = mp_arena_dup(arena, s);
    char  *to = (char *)(uintptr_t)copy.ptr;
    size_t len = 0;
    for (size_t i = 0; to && i < s.len; i++) {
        int64_t c;
        bool    is_escape = s.ptr[i] == '\\' && i + 3 < s.len && mp_number_of(&c, mp_str_of(s.ptr + i + 1, 3), 8) && c < 256;
        to[len++] = is_escape ? (char)(unsigned char)c : s.ptr[i];
        i += is_escape ? 3 : 0;
    }
    return mp_str_of(copy.ptr, to ? len : 0);
}

/* *out: 1 encrypted, 0 not, -1 it cannot be told. */
static mp_code is_encrypted(int *out, mp_machine *m, mp_str device, int depth, mp_error *err)
{
    mp_str   uuid, *names;
    mp_reach how;
    size_t   count;
    *out = -1;
    if (depth == DEPTH || !mp_root_has(&m->root, "sys/dev/block"))
        return MP_OK;
    MP_TRY(mp_machine_file(&uuid, &how, m, mp_machine_path(m, "sys/dev/block/%.*s/dm/uuid", MP_FMT(device)), err));
    if (how != MP_REACH_OK && how != MP_REACH_MISSING)
        return MP_OK;
    *out = mp_str_starts(uuid, MP_S("CRYPT-"));
    if (*out)
        return MP_OK;
    MP_TRY(mp_root_list(&names, &count, &how, &m->root, mp_machine_path(m, "sys/dev/block/%.*s/slaves", MP_FMT(device)), m->arena, err));
    for (size_t i = 0; i < count; i++) {
        mp_str number;
        int    below;
        MP_TRY(mp_machine_file(&number, &how, m,
                               mp_machine_path(m, "sys/dev/block/%.*s/slaves/%.*s/dev", MP_FMT(device), MP_FMT(names[i])), err));
        MP_TRY(is_encrypted(&below, m, mp_str_trim(number), depth + 1, err));
        *out = i == 0 || below < *out ? below : *out; /* one that is plain makes the whole plain */
    }
    return MP_OK;
}

static void put_options(mp_machine *m, mp_str of_mount, mp_str of_system)
{
    mp_jsonw_key(&m->w, MP_S("options"));
    mp_jsonw_array(&m->w);
    while (of_mount.len)
        mp_jsonw_str(&m->w, mp_piece_next(&of_mount, ','));
    while (of_system.len) {
        mp_str option = mp_piece_next(&of_system, ',');
        if (!mp_str_eq(option, MP_S("rw")) && !mp_str_eq(option, MP_S("ro")))
            mp_jsonw_str(&m->w, option);
    }
    mp_jsonw_end(&m->w);
}

/* 36 35 98:0 /root /mnt rw,noatime master:1 - ext3 /dev/root rw,errors=continue */
static mp_code put_mount(mp_machine *m, mp_str line, mp_error *err)
{
    int encrypted = -1;
    mp_word_next(&line);
    mp_word_next(&line);
    mp_str device = mp_word_next(&line);
    mp_word_next(&line);
    mp_str path = unescaped(m->arena, mp_word_next(&line)), options = mp_word_next(&line), word;
    do
        word = mp_word_next(&line);
    while (word.len && !mp_str_eq(word, MP_S("-")));
    mp_str type = mp_word_next(&line), source = mp_word_next(&line), system_options = mp_word_next(&line);
    if (!path.len || !type.len)
        return MP_OK;
    bool encrypts = mp_str_eq(type, MP_S("ecryptfs")) || mp_str_eq(type, MP_S("fuse.gocryptfs")) || mp_str_eq(type, MP_S("fuse.encfs"));
    /* Devices with the number 0 stand for no disk; those of btrfs and ZFS too, though there is one. */
    bool has_disk = !mp_str_starts(device, MP_S("0:")) || mp_str_starts(source, MP_S("/dev/"));
    if (encrypts)
        encrypted = 1;
    else if (has_disk && !mp_str_starts(device, MP_S("0:")))
        MP_TRY(is_encrypted(&encrypted, m, device, 0, err));
    if (has_disk && encrypted < 0)
        mp_machine_gap_note(m, "mounts[*].isEncrypted", MP_REACH_BROKEN, "/sys/dev/block");
    mp_jsonw_object(&m->w);
    mp_jsonw_put_str(&m->w, "path", path);
    mp_jsonw_put_str(&m->w, "type", type);
    put_options(m, options, system_options);
    if (encrypted >= 0)
        mp_jsonw_put_bool(&m->w, "isEncrypted", encrypted > 0);
    mp_jsonw_end(&m->w);
    return MP_OK;
}

mp_code mp_read_disks(mp_machine *m, mp_error *err)
{
    mp_str      text, line;
    mp_reach    how;
    size_t      count = 0;
    const char *path = m->root.is_here ? "proc/self/mountinfo" : "proc/1/mountinfo";
    MP_TRY(mp_root_slurp(&text, &how, &m->root, path, TABLE_BYTES, m->arena, err));
    if (how != MP_REACH_OK) {
        mp_machine_gap_note(m, "mounts", m->is_on ? how : MP_REACH_OFF, "/proc/self/mountinfo");
        return MP_OK;
    }
    mp_jsonw_key(&m->w, MP_S("mounts"));
    mp_jsonw_array(&m->w);
    while (mp_line_next(&line, &text) && count++ < MOST_MOUNTS)
        MP_TRY(put_mount(m, line, err));
    mp_jsonw_end(&m->w);
    return MP_OK;
}
