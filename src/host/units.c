/* SPDX-License-Identifier: Apache-2.0 */
/* Units of systemd. Where systemd runs and may be asked, systemctl says; else the folders of units say what begins
 * with the system, and the control groups of processes what is active. A machine that is off has nothing active. */
#include "machine_internal.h"

#define MOST_UNITS ((size_t)20000)
#define MOST_PROCESSES ((size_t)8192) /* more than these are not looked into */

typedef struct unit {
    bool is_enabled, is_active;
} unit;

typedef struct units {
    mp_machine *m;
    mp_map      by_name; /* to unit */
    bool        sees_services_only; /* systemd runs and could not be asked: no process tells of timers and sockets */
} units;

static const mp_str service = MP_S_INIT(".service");

/* A name as policies say it; empty: no unit that starts by itself. */
static mp_str name_of(mp_str file)
{
    static const mp_str kinds[] = { MP_S_INIT(".timer"), MP_S_INIT(".socket"), MP_S_INIT(".path"), MP_S_INIT(".target") };
    if (mp_str_ends(file, service) && file.len > service.len)
        return mp_str_of(file.ptr, file.len - service.len);
    for (size_t i = 0; i < MP_COUNT(kinds); i++)
        if (mp_str_ends(file, kinds[i]) && file.len > kinds[i].len)
            return file;
    return mp_str_of(NULL, 0);
}

/* *out is NULL for what is no such unit. */
static mp_code unit_of(unit **out, units *u, mp_str file, mp_error *err)
{
    mp_str name = name_of(file);
    *out = name.len ? mp_map_get(&u->by_name, name) : NULL;
    if (*out || !name.len || u->by_name.len >= MOST_UNITS)
        return MP_OK;
    unit  *made = MP_ARENA_NEW(u->m->arena, unit);
    mp_str kept = mp_arena_dup(u->m->arena, name);
    if (!made || !kept.ptr)
        return mp_machine_nomem(err);
    MP_TRY(mp_map_put(&u->by_name, kept, made, err));
    *out = made;
    return MP_OK;
}

/* ---- links of what begins with the system ---- */

/* A link of that name begins with the system, unless it leads to nothing or to /dev/null. */
static mp_code read_wanted(units *u, const char *folder, bool instances_only, mp_error *err)
{
    mp_str  *names;
    size_t   count;
    mp_reach how;
    unit    *one;
    MP_TRY(mp_root_list(&names, &count, &how, &u->m->root, folder, u->m->arena, err));
    for (size_t i = 0; i < count; i++) {
        if (instances_only && mp_str_find(names[i], '@') == SIZE_MAX)
            continue;
        MP_TRY(unit_of(&one, u, names[i], err));
        if (one)
            one->is_enabled = true;
    }
    return MP_OK;
}

static bool is_wanting(mp_str name) { return mp_str_ends(name, MP_S(".wants")) || mp_str_ends(name, MP_S(".requires")); }

/* An instance ("clamd@scan") has no file of its own, and systemctl lists files: the links tell which begin. */
static mp_code read_instances(units *u, mp_error *err)
{
    mp_str  *names;
    size_t   count;
    mp_reach how;
    MP_TRY(mp_root_list(&names, &count, &how, &u->m->root, "etc/systemd/system", u->m->arena, err));
    for (size_t i = 0; i < count; i++) {
        const char *path = mp_machine_path(u->m, "etc/systemd/system/%.*s", MP_FMT(names[i]));
        if (!path)
            return mp_machine_nomem(err);
        if (is_wanting(names[i]))
            MP_TRY(read_wanted(u, path, true, err));
    }
    return MP_OK;
}

/* ---- systemctl ---- */

static mp_code ask_systemd(units *u, mp_reach *how, mp_error *err)
{
    static const char *const files[] = { "systemctl", "list-unit-files", "--no-legend", "--no-pager", "--plain", "--full", NULL };
    static const char *const loaded[] = { "systemctl", "list-units", "--all", "--no-legend", "--no-pager", "--plain", "--full", NULL };
    mp_str text, line;
    unit  *one;
    MP_TRY(mp_machine_ask(&text, how, u->m, files, err));
    while (*how == MP_REACH_OK && mp_line_next(&line, &text)) {
        mp_str file = mp_word_next(&line), state = mp_word_next(&line);
        MP_TRY(unit_of(&one, u, file, err));
        if (one)
            one->is_enabled = mp_str_eq(state, MP_S("enabled")) || mp_str_eq(state, MP_S("enabled-runtime")) ||
                              mp_str_eq(state, MP_S("alias"));
    }
    if (*how == MP_REACH_OK)
        MP_TRY(mp_machine_ask(&text, how, u->m, loaded, err));
    while (*how == MP_REACH_OK && mp_line_next(&line, &text)) {
        mp_str file = mp_word_next(&line), load = mp_word_next(&line), state = mp_word_next(&line);
        MP_TRY(unit_of(&one, u, file, err));
        if (one && load.len)
            one->is_active = mp_str_eq(state, MP_S("active")) || mp_str_eq(state, MP_S("reloading"));
    }
    return *how == MP_REACH_OK ? read_instances(u, err) : MP_OK;
}

/* ---- folders of units ---- */

/* Links of an administrator stand in /etc: what wants a unit there, or is another name of it, enables it. */
static mp_code read_folder(units *u, const char *folder, bool is_etc, mp_error *err)
{
    mp_str  *names;
    size_t   count;
    mp_reach how;
    unit    *one;
    MP_TRY(mp_root_list(&names, &count, &how, &u->m->root, folder, u->m->arena, err));
    if (how != MP_REACH_OK && how != MP_REACH_MISSING)
        mp_machine_gap_note(u->m, "services", how, folder);
    for (size_t i = 0; i < count; i++) {
        const char *path = mp_machine_path(u->m, "%s/%.*s", folder, MP_FMT(names[i]));
        if (!path)
            return mp_machine_nomem(err);
        if (is_wanting(names[i])) {
            if (is_etc)
                MP_TRY(read_wanted(u, path, false, err));
            continue;
        }
        MP_TRY(unit_of(&one, u, names[i], err));
        mp_str leads = one && is_etc ? mp_root_link(&u->m->root, path, u->m->arena) : MP_S("");
        if (leads.len && !mp_str_eq(leads, MP_S("/dev/null")))
            one->is_enabled = true;
    }
    return MP_OK;
}

/* What an administrator masked is off, whoever wants it. */
static mp_code take_masked(units *u, mp_error *err)
{
    for (size_t i = 0; i < u->by_name.len; i++) {
        mp_str      name = u->by_name.entries[i].key;
        const char *path = mp_machine_path(u->m, "etc/systemd/system/%.*s%s", MP_FMT(name),
                                           name_of(name).len ? "" : service.ptr);
        if (!path)
            return mp_machine_nomem(err);
        if (mp_str_eq(mp_root_link(&u->m->root, path, u->m->arena), MP_S("/dev/null")))
            ((unit *)u->by_name.entries[i].value)->is_enabled = false;
    }
    return MP_OK;
}

/* ---- control groups ---- */

/* "0::/system.slice/ssh.service", "1:name=systemd:/system.slice/ssh.service/..." */
static mp_code take_group(units *u, mp_str text, mp_error *err)
{
    mp_str line;
    unit  *one;
    while (mp_line_next(&line, &text)) {
        mp_piece_next(&line, ':');
        mp_piece_next(&line, ':');
        while (line.len) {
            mp_str part = mp_piece_next(&line, '/');
            if (!mp_str_ends(part, service))
                continue;
            MP_TRY(unit_of(&one, u, part, err));
            if (one)
                one->is_active = true;
        }
    }
    return MP_OK;
}

static mp_code read_processes(units *u, mp_error *err)
{
    mp_str  *names, text;
    size_t   count, looked = 0;
    mp_reach how;
    int64_t  pid;
    MP_TRY(mp_root_list(&names, &count, &how, &u->m->root, "proc", u->m->arena, err));
    for (size_t i = 0; i < count && looked < MOST_PROCESSES; i++) {
        if (!mp_number_of(&pid, names[i], 10))
            continue;
        mp_arena_mark mark = mp_arena_save(u->m->arena);
        size_t        known = u->by_name.len;
        MP_TRY(mp_machine_file(&text, &how, u->m, mp_machine_path(u->m, "proc/%.*s/cgroup", MP_FMT(names[i])), err));
        MP_TRY(take_group(u, text, err));
        if (u->by_name.len == known) /* nothing of it is kept */
            mp_arena_restore(u->m->arena, mark);
        looked++;
    }
    return MP_OK;
}

static mp_code read_files(units *u, mp_error *err)
{
    static const char *const folders[] = { "usr/lib/systemd/system", "lib/systemd/system", "usr/local/lib/systemd/system" };
    for (size_t i = 0; i < MP_COUNT(folders); i++)
        MP_TRY(read_folder(u, folders[i], false, err));
    MP_TRY(read_folder(u, "etc/systemd/system", true, err));
    MP_TRY(take_masked(u, err));
    return u->m->is_on ? read_processes(u, err) : MP_OK;
}

/* ---- into the document ---- */

static mp_code put_units(units *u, mp_error *err)
{
    mp_jsonw *w = &u->m->w;
    mp_jsonw_key(w, MP_S("services"));
    mp_jsonw_array(w);
    for (size_t i = 0; i < u->by_name.len; i++) {
        const unit *one = u->by_name.entries[i].value;
        mp_jsonw_object(w);
        mp_jsonw_put_str(w, "name", u->by_name.entries[i].key);
        mp_jsonw_put_bool(w, "isEnabled", one->is_enabled);
        if (!u->sees_services_only || !name_of(u->by_name.entries[i].key).len)
            mp_jsonw_put_bool(w, "isActive", one->is_active);
        mp_jsonw_end(w);
        if (one->is_active)
            MP_TRY(mp_map_put(&u->m->active, u->by_name.entries[i].key, u->by_name.entries[i].value, err));
    }
    mp_jsonw_end(w);
    u->m->knows_active = true;
    return MP_OK;
}

static mp_code read_units(units *u, mp_error *err)
{
    mp_machine *m = u->m;
    mp_reach    how = MP_REACH_MISSING;
    bool        has_systemd = mp_root_has(&m->root, "etc/systemd") || mp_root_has(&m->root, "usr/lib/systemd/system");
    size_t      gaps = m->gap_count;
    if (m->root.is_here && mp_root_has(&m->root, "run/systemd/system"))
        MP_TRY(ask_systemd(u, &how, err));
    if (how != MP_REACH_OK && has_systemd) {
        mp_map_free(&u->by_name); /* half an answer is none */
        u->by_name = (mp_map)MP_MAP_INIT;
        u->sees_services_only = m->is_on && mp_root_has(&m->root, "run/systemd/system");
        MP_TRY(read_files(u, err));
    } else if (how != MP_REACH_OK) {
        mp_machine_gap_note(m, "services", MP_REACH_MISSING, "systemd");
    }
    return m->gap_count == gaps ? put_units(u, err) : MP_OK;
}

mp_code mp_read_units(mp_machine *m, mp_error *err)
{
    units   u = { .m = m };
    mp_code code = read_units(&u, err);
    mp_map_free(&u.by_name);
    return code;
}
