/* SPDX-License-Identifier: Apache-2.0 */
#include "machine.h"

#include <stdio.h>
#include <unistd.h>

#include "machine_internal.h"
#include "time_put.h"

#define NAME_BYTES 63 /* of a label of the DNS */

mp_code mp_machine_nomem(mp_error *err) { return mp_no_memory(err); }

void mp_machine_gap_note(mp_machine *m, const char *member, mp_reach reach, const char *source)
{
    for (size_t i = 0; i < m->gap_count; i++)
        if (mp_str_eq(m->gaps[i].member, mp_str_from(member)))
            return; /* the first reason is the one that counts */
    if (m->gap_count < MP_MACHINE_GAPS)
        m->gaps[m->gap_count++] = (mp_machine_gap){ mp_str_from(member), mp_reach_text(reach), mp_str_from(source) };
}

mp_code mp_machine_file(mp_str *out, mp_reach *how, mp_machine *m, const char *path, mp_error *err)
{
    if (!path)
        return mp_machine_nomem(err);
    return mp_root_slurp(out, how, &m->root, path, MP_ROOT_FILE, m->arena, err);
}

mp_code mp_machine_folder(mp_buf *out, mp_reach *how, mp_machine *m, const char *path, const char *suffix, mp_error *err)
{
    mp_str  *names;
    size_t   count;
    mp_reach found;
    MP_TRY(mp_root_list(&names, &count, how, &m->root, path, m->arena, err));
    if (*how == MP_REACH_MISSING)
        *how = MP_REACH_OK;
    for (size_t i = 0; i < count && *how == MP_REACH_OK; i++) {
        mp_str text;
        if (!mp_str_ends(names[i], mp_str_from(suffix)))
            continue;
        MP_TRY(mp_machine_file(&text, &found, m, mp_machine_path(m, "%s/%.*s", path, MP_FMT(names[i])), err));
        if (found != MP_REACH_OK && found != MP_REACH_MISSING)
            *how = found;
        if (out->len + text.len > MP_ROOT_FILE)
            *how = MP_REACH_TOO_LONG;
        else
            mp_buf_add(out, text);
        mp_buf_add_c(out, '\n');
    }
    return out->failed ? mp_machine_nomem(err) : MP_OK;
}

mp_code mp_machine_ask(mp_str *out, mp_reach *how, mp_machine *m, const char *const *argv, mp_error *err)
{
    *out = MP_S("");
    *how = MP_REACH_MISSING;
    return m->has_programs ? mp_child_ask(out, how, argv, MP_CHILD_SECONDS, m->arena, err) : MP_OK;
}

void mp_machine_put_number(mp_machine *m, const char *name, bool is_set, int64_t n)
{
    mp_jsonw_key(&m->w, mp_str_from(name));
    if (is_set)
        mp_jsonw_int(&m->w, n);
    else
        mp_jsonw_null(&m->w);
}

void mp_machine_put_time(mp_machine *m, const char *name, int64_t seconds)
{
    mp_time_put_short(&m->w, name, mp_clock_from_unix(seconds));
}

bool mp_machine_is_active(const mp_machine *m, mp_str service) { return mp_map_get(&m->active, service) != NULL; }

/* ---- its name ---- */

static mp_code own_name(mp_str *out, mp_machine *m, mp_error *err)
{
    char     text[256];
    mp_reach how;
    if (m->options->name) {
        *out = mp_str_from(m->options->name);
        return MP_OK;
    }
    if (m->root.is_here && gethostname(text, sizeof text) == 0) {
        text[sizeof text - 1] = '\0';
        *out = mp_arena_dup(m->arena, mp_str_from(text));
        return out->ptr ? MP_OK : mp_machine_nomem(err);
    }
    MP_TRY(mp_machine_file(out, &how, m, "etc/hostname", err));
    *out = mp_str_trim(*out);
    if (!out->len)
        return mp_fail(err, MP_MISSING, MP_NOWHERE, "the machine has no name of its own; say one with --name");
    return MP_OK;
}

static bool is_of_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/* The short name, in lower case. */
static mp_code name_of(mp_str *out, mp_machine *m, mp_error *err)
{
    mp_str full;
    MP_TRY(own_name(&full, m, err));
    mp_str name = mp_arena_dup(m->arena, mp_piece_next(&(mp_str){ full.ptr, full.len }, '.'));
    if (!name.ptr)
        return mp_machine_nomem(err);
    for (size_t i = 0; i < name.len; i++) {
        char *c = (char *)(uintptr_t)(name.ptr + i);
        *c = (char)(*c >= 'A' && *c <= 'Z' ? *c | 0x20 : *c);
        if (!is_of_name(*c) || name.len > NAME_BYTES)
            return mp_fail(err, MP_PARAMETER, MP_NOWHERE,
                           "'%.*s' is no name of a host; wanted letters, digits and hyphens, at most %d",
                           (int)(name.len < 100 ? name.len : 100), name.ptr, NAME_BYTES);
    }
    if (!name.len)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "the name of the host is empty");
    *out = name;
    return MP_OK;
}

/* ---- all of it ---- */

static mp_code read_properties(const mp_json **out, mp_machine *m, mp_error *err)
{
    static mp_code (*const readers[])(mp_machine *, mp_error *) = {
#define X(name) mp_read_##name,
        MP_MACHINE_READERS(X)
#undef X
    };
    mp_jsonw_init(&m->w, m->arena);
    mp_jsonw_object(&m->w);
    mp_machine_put_time(m, "collectedAt", mp_clock_to_unix(m->now));
    for (size_t i = 0; i < MP_COUNT(readers); i++)
        MP_TRY(readers[i](m, err));
    mp_jsonw_key(&m->w, MP_S("unknown"));
    mp_jsonw_array(&m->w);
    for (size_t i = 0; i < m->gap_count; i++) {
        mp_jsonw_object(&m->w);
        mp_jsonw_put_str(&m->w, "member", m->gaps[i].member);
        mp_jsonw_put_str(&m->w, "reason", m->gaps[i].reason);
        mp_jsonw_put_str(&m->w, "source", m->gaps[i].source);
        mp_jsonw_end(&m->w);
    }
    mp_jsonw_end(&m->w);
    mp_jsonw_end(&m->w);
    *out = mp_jsonw_done(&m->w);
    return *out ? MP_OK : mp_machine_nomem(err);
}

static mp_code write_document(mp_machine_report *out, mp_machine *m, mp_error *err)
{
    mp_str         name;
    const mp_json *properties;
    mp_jsonw       w;
    MP_TRY(name_of(&name, m, err));
    MP_TRY(read_properties(&properties, m, err));
    mp_str id = mp_arena_printf(m->arena, "/hosts/%.*s", MP_FMT(name));
    mp_jsonw_init(&w, m->arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "id", id);
    mp_jsonw_put_str(&w, "name", name);
    mp_jsonw_put_str(&w, "type", MP_S("Mapae.Hosts/hosts"));
    mp_jsonw_put_str(&w, "location", MP_S(""));
    mp_jsonw_put_value(&w, "properties", properties);
    mp_jsonw_end(&w);
    mp_machine_gap *gaps = MP_ARENA_ARRAY(m->arena, mp_machine_gap, m->gap_count + 1);
    out->document = mp_jsonw_done(&w);
    if (!out->document || !id.ptr || !gaps)
        return mp_machine_nomem(err);
    memcpy(gaps, m->gaps, m->gap_count * sizeof *gaps);
    out->gaps = gaps;
    out->gap_count = m->gap_count;
    return MP_OK;
}

mp_code mp_machine_read(mp_machine_report *out, const mp_machine_options *options, mp_arena *arena, mp_error *err)
{
    mp_machine m = { .options = options, .root = { .fd = -1 }, .arena = arena };
    MP_TRY(mp_root_open(&m.root, options->root, err));
    m.now = options->now ? options->now : mp_clock_now();
    m.is_on = mp_root_has(&m.root, "proc/1/stat") || mp_root_has(&m.root, "proc/stat");
    m.is_root = geteuid() == 0;
    m.has_programs = m.root.is_here && !options->no_programs;
    mp_machine_report made = { .document = NULL };
    mp_code           code = write_document(&made, &m, err);
    mp_map_free(&m.active);
    mp_map_free(&m.packages);
    mp_map_free(&m.users);
    mp_map_free(&m.groups);
    mp_root_close(&m.root);
    if (code == MP_OK)
        *out = made;
    return code;
}
