/* SPDX-License-Identifier: Apache-2.0 */
/* Where requests are accepted: TCP sockets that listen, UDP sockets that are bound and connected to nobody
 * (/proc/net, proc(5)). Whose they are is seen by the numbers of their sockets among the open files of processes, which
 * only root sees of all. */
#include <stdio.h>

#include "machine_internal.h"

#define TABLE_BYTES ((size_t)16 << 20)
#define MOST_SOCKETS 4096
#define MOST_PROCESSES ((size_t)8192)
#define MOST_FILES ((size_t)4096) /* of one process */

typedef struct listener {
    mp_str protocol, address;
    int    port;
    mp_str inode;
    mp_str program; /* empty: it cannot be seen */
} listener;

typedef struct sockets {
    mp_machine *m;
    listener    items[MOST_SOCKETS];
    size_t      count;
    mp_map      by_inode; /* to the listener */
    bool        is_cut;
} sockets;

/* "0100007F" and "00000000000000000000000001000000": words of 32 bits as this machine has them. */
static bool bytes_of(unsigned char out[16], size_t *count, mp_str hex)
{
    if (hex.len != 8 && hex.len != 32)
        return false;
    *count = hex.len / 2;
    for (size_t word = 0; word < hex.len / 8; word++) {
        int64_t n;
        if (!mp_number_of(&n, mp_str_of(hex.ptr + word * 8, 8), 16))
            return false;
        uint32_t bits = (uint32_t)n;
        memcpy(out + word * 4, &bits, 4);
    }
    return true;
}

static mp_str address_of(mp_arena *arena, const unsigned char *b, size_t count)
{
    char   text[64];
    size_t len = 0, from = 0, longest = 0;
    bool   is_mapped = count == 16 && !memcmp(b, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);
    if (count == 4 || is_mapped) {
        const unsigned char *p = is_mapped ? b + 12 : b;
        return mp_arena_printf(arena, "%u.%u.%u.%u", p[0], p[1], p[2], p[3]);
    }
    for (size_t i = 0; i < 8; i++) { /* the longest run of zeros becomes "::" (RFC 5952) */
        size_t end = i;
        while (end < 8 && !b[end * 2] && !b[end * 2 + 1])
            end++;
        if (end - i > longest && end - i > 1) {
            from = i;
            longest = end - i;
        }
    }
    for (size_t i = 0; i < 8; i++) {
        if (longest && i == from) {
            len += (size_t)snprintf(text + len, sizeof text - len, "::");
            i += longest - 1;
            continue;
        }
        bool needs_colon = i && !(longest && i == from + longest);
        len += (size_t)snprintf(text + len, sizeof text - len, "%s%x", needs_colon ? ":" : "", b[i * 2] << 8 | b[i * 2 + 1]);
    }
    return mp_arena_dup(arena, mp_str_of(text, len));
}

/* sl local_address rem_address st tx:rx tr:tm retrnsmt uid timeout inode */
static mp_code take_line(sockets *s, mp_str line, bool is_tcp, mp_error *err)
{
    unsigned char bytes[16];
    size_t        count;
    int64_t       port;
    mp_word_next(&line);
    mp_str local = mp_word_next(&line), remote = mp_word_next(&line), state = mp_word_next(&line);
    mp_str hex = mp_piece_next(&local, ':');
    for (size_t i = 0; i < 5; i++)
        mp_word_next(&line);
    mp_str inode = mp_word_next(&line);
    /* 0A: listens (TCP); 07: bound, and connected to nobody (UDP) */
    if (!mp_str_eq(state, is_tcp ? MP_S("0A") : MP_S("07")) || !mp_str_ends(remote, MP_S(":0000")) ||
        !bytes_of(bytes, &count, hex) || !mp_number_of(&port, local, 16) || port == 0 || port > 65535)
        return MP_OK;
    if (s->count == MOST_SOCKETS) {
        s->is_cut = true;
        return MP_OK;
    }
    listener *l = &s->items[s->count++];
    *l = (listener){ .protocol = is_tcp ? MP_S("tcp") : MP_S("udp"),
                     .address = address_of(s->m->arena, bytes, count),
                     .port = (int)port,
                     .inode = inode,
                     .program = MP_S("") };
    if (!l->address.ptr)
        return mp_machine_nomem(err);
    return inode.len ? mp_map_put(&s->by_inode, inode, l, err) : MP_OK;
}

static mp_code read_table(sockets *s, mp_reach *how, const char *name, mp_error *err)
{
    mp_str text, line;
    /* within a root the first process of the machine, here ourselves */
    const char *path = mp_machine_path(s->m, "proc/%s/net/%s", s->m->root.is_here ? "self" : "1", name);
    if (!path)
        return mp_machine_nomem(err);
    MP_TRY(mp_root_slurp(&text, how, &s->m->root, path, TABLE_BYTES, s->m->arena, err));
    mp_line_next(&line, &text);
    while (mp_line_next(&line, &text))
        MP_TRY(take_line(s, line, mp_str_starts(mp_str_from(name), MP_S("tcp")), err));
    return MP_OK;
}

/* ---- whose they are ---- */

static mp_code take_process(sockets *s, mp_str pid, mp_error *err)
{
    mp_str  *names, program = mp_str_of(NULL, 0);
    size_t   count;
    mp_reach how;
    MP_TRY(mp_root_list(&names, &count, &how, &s->m->root, mp_machine_path(s->m, "proc/%.*s/fd", MP_FMT(pid)), s->m->arena, err));
    for (size_t i = 0; i < count && i < MOST_FILES; i++) {
        const char *path = mp_machine_path(s->m, "proc/%.*s/fd/%.*s", MP_FMT(pid), MP_FMT(names[i]));
        mp_str      leads = path ? mp_root_link(&s->m->root, path, s->m->arena) : MP_S("");
        if (!mp_str_starts(leads, MP_S("socket:[")))
            continue;
        listener *l = mp_map_get(&s->by_inode, mp_str_of(leads.ptr + 8, leads.len - 9));
        if (!l || l->program.len)
            continue;
        if (!program.ptr)
            MP_TRY(mp_machine_file(&program, &how, s->m, mp_machine_path(s->m, "proc/%.*s/comm", MP_FMT(pid)), err));
        l->program = mp_str_trim(program);
    }
    return MP_OK;
}

static mp_code find_programs(sockets *s, mp_error *err)
{
    mp_str  *names;
    size_t   count, looked = 0;
    mp_reach how;
    int64_t  pid;
    MP_TRY(mp_root_list(&names, &count, &how, &s->m->root, "proc", s->m->arena, err));
    for (size_t i = 0; i < count && looked < MOST_PROCESSES; i++) {
        if (!mp_number_of(&pid, names[i], 10))
            continue;
        MP_TRY(take_process(s, names[i], err));
        looked++;
    }
    return MP_OK;
}

static void put_listeners(const sockets *s)
{
    mp_jsonw *w = &s->m->w;
    mp_jsonw_key(w, MP_S("listening"));
    mp_jsonw_array(w);
    for (size_t i = 0; i < s->count; i++) {
        const listener *l = &s->items[i];
        mp_jsonw_object(w);
        mp_jsonw_put_str(w, "protocol", l->protocol);
        mp_jsonw_put_str(w, "address", l->address);
        mp_jsonw_put_int(w, "port", l->port);
        mp_jsonw_key(w, MP_S("program"));
        if (l->program.len)
            mp_jsonw_str(w, l->program);
        else
            mp_jsonw_null(w);
        mp_jsonw_end(w);
    }
    mp_jsonw_end(w);
}

static mp_code read_sockets(sockets *s, mp_error *err)
{
    static const char *const tables[] = { "tcp", "tcp6", "udp", "udp6" };
    mp_reach how;
    for (size_t i = 0; i < MP_COUNT(tables); i++) {
        MP_TRY(read_table(s, &how, tables[i], err));
        bool is_off = i % 2 && how == MP_REACH_MISSING; /* a kernel without IPv6 */
        if (how != MP_REACH_OK && !is_off) {
            mp_machine_gap_note(s->m, "listening", s->m->is_on ? how : MP_REACH_OFF, "/proc/net");
            return MP_OK;
        }
    }
    if (s->is_cut) { /* a part would look like all */
        mp_machine_gap_note(s->m, "listening", MP_REACH_TOO_LONG, "/proc/net");
        return MP_OK;
    }
    MP_TRY(find_programs(s, err));
    put_listeners(s);
    return MP_OK;
}

mp_code mp_read_sockets(mp_machine *m, mp_error *err)
{
    sockets *s = MP_ARENA_NEW(m->arena, sockets);
    if (!s)
        return mp_machine_nomem(err);
    s->m = m;
    mp_code code = read_sockets(s, err);
    mp_map_free(&s->by_inode);
    return code;
}
