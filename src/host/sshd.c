/* SPDX-License-Identifier: Apache-2.0 */
/* `sshd -T` prints what is in effect. Where it cannot be asked the file says what was set, and for what was not the
 * value that every release since 8.0 has; algorithms differ from release to release, and are left unknown then. */
#include "sshd.h"

#include <fnmatch.h>
#include <stdio.h>

#include "machine_internal.h"

#define CONFIG "etc/ssh/sshd_config"

static const struct {
    mp_str name, value;
} defaults[] = {
#define MP_SSHD_DEFAULT(name, value) { MP_S_INIT(name), MP_S_INIT(value) },
#include "sshd_defaults.def"
#undef MP_SSHD_DEFAULT
};

static void put_setting(mp_machine *m, mp_str name, mp_str value)
{
    mp_jsonw_object(&m->w);
    mp_jsonw_put_str(&m->w, "name", name);
    mp_jsonw_put_str(&m->w, "value", value);
    mp_jsonw_end(&m->w);
}

/* ---- files ---- */

typedef struct including {
    mp_machine *m;
    mp_str     *names; /* of the pattern at hand */
    size_t      count, at;
    mp_str      folder;
    bool        failed; /* one of them could not be read */
} including;

/* In "sshd_config.d" and a star with ".conf" the star stands in the last part, as everyone has it; what does not begin
 * with a slash is relative to /etc/ssh. */
static mp_code look_for(including *in, mp_str pattern, mp_error *err)
{
    mp_str   whole = pattern.ptr[0] == '/' ? pattern : mp_arena_printf(in->m->arena, "/etc/ssh/%.*s", MP_FMT(pattern));
    mp_str  *names;
    size_t   count;
    mp_reach how;
    if (!whole.ptr)
        return mp_machine_nomem(err);
    size_t slash = mp_str_rfind(whole, '/');
    mp_str last = mp_arena_dup(in->m->arena, mp_str_skip(whole, slash + 1));
    in->folder = mp_str_of(whole.ptr, slash);
    const char *folder = mp_machine_path(in->m, "%.*s/", MP_FMT(in->folder));
    if (!last.ptr || !folder)
        return mp_machine_nomem(err);
    MP_TRY(mp_root_list(&names, &count, &how, &in->m->root, folder, in->m->arena, err));
    in->failed |= (how != MP_REACH_OK && how != MP_REACH_MISSING) || strpbrk(folder, "*?[");
    in->names = names;
    in->count = in->at = 0;
    for (size_t i = 0; i < count; i++)
        if (fnmatch(last.ptr, names[i].ptr, FNM_PERIOD) == 0)
            in->names[in->count++] = names[i];
    return MP_OK;
}

/* Files nest, so each call looks again: an Include names few. */
static mp_code open_included(void *ctx, mp_str *text, bool *more, mp_str pattern, size_t index, mp_error *err)
{
    including *in = ctx;
    mp_reach   how;
    MP_TRY(look_for(in, pattern, err));
    *more = index < in->count;
    if (!*more)
        return MP_OK;
    MP_TRY(mp_machine_file(text, &how, in->m,
                           mp_machine_path(in->m, "%.*s/%.*s", MP_FMT(in->folder), MP_FMT(in->names[index])), err));
    in->failed |= how != MP_REACH_OK;
    return MP_OK;
}

static bool is_set(const mp_sshd_settings *s, mp_str name)
{
    for (size_t i = 0; i < s->count; i++)
        if (!s->items[i].match.len && mp_str_eq(s->items[i].name, name))
            return true;
    return false;
}

static void put_settings(mp_machine *m, const mp_sshd_settings *s)
{
    mp_jsonw_key(&m->w, MP_S("sshd"));
    mp_jsonw_array(&m->w);
    for (size_t i = 0; i < s->count; i++)
        if (!s->items[i].match.len)
            put_setting(m, s->items[i].name, s->items[i].value);
    for (size_t i = 0; i < MP_COUNT(defaults); i++)
        if (!is_set(s, defaults[i].name))
            put_setting(m, defaults[i].name, defaults[i].value);
    mp_jsonw_end(&m->w);
    mp_machine_gap_note(m, "sshd[*] (algorithms)", MP_REACH_UNKNOWN, "/" CONFIG);
}

/* What holds for some connections only: no list of what is in effect tells of it. */
static void put_matches(mp_machine *m, const mp_sshd_settings *s)
{
    mp_jsonw_key(&m->w, MP_S("sshdMatches"));
    mp_jsonw_array(&m->w);
    for (size_t i = 0; i < s->count; i++) {
        if (!s->items[i].match.len)
            continue;
        mp_jsonw_object(&m->w);
        mp_jsonw_put_str(&m->w, "match", s->items[i].match);
        mp_jsonw_put_str(&m->w, "name", s->items[i].name);
        mp_jsonw_put_str(&m->w, "value", s->items[i].value);
        mp_jsonw_end(&m->w);
    }
    mp_jsonw_end(&m->w);
}

static void put_effective(mp_machine *m, mp_str text)
{
    mp_str line;
    mp_jsonw_key(&m->w, MP_S("sshd"));
    mp_jsonw_array(&m->w);
    while (mp_line_next(&line, &text)) {
        mp_str name = mp_word_next(&line);
        if (name.len)
            put_setting(m, name, mp_str_trim(line));
    }
    mp_jsonw_end(&m->w);
}

static bool has_server(const mp_machine *m)
{
    static const char *const programs[] = { "usr/sbin/sshd", "usr/bin/sshd", "usr/local/sbin/sshd", CONFIG };
    for (size_t i = 0; i < MP_COUNT(programs); i++)
        if (mp_root_has(&m->root, programs[i]))
            return true;
    return false;
}

mp_code mp_read_sshd(mp_machine *m, mp_error *err)
{
    static const char *const ask[] = { "sshd", "-T", NULL };
    including        in = { .m = m };
    mp_sshd_settings s = { .arena = m->arena, .open = open_included, .ctx = &in };
    mp_str           text, effective;
    mp_reach         how, asked = MP_REACH_MISSING;
    if (!has_server(m)) {
        mp_jsonw_key(&m->w, MP_S("sshd"));
        mp_jsonw_array(&m->w);
        mp_jsonw_end(&m->w);
        return MP_OK;
    }
    MP_TRY(mp_machine_ask(&effective, &asked, m, ask, err));
    MP_TRY(mp_machine_file(&text, &how, m, CONFIG, err));
    if (how == MP_REACH_OK)
        MP_TRY(mp_sshd_parse(&s, text, 0, err));
    if (how == MP_REACH_OK && (s.is_cut || in.failed))
        how = s.is_cut ? MP_REACH_TOO_LONG : MP_REACH_BROKEN;
    if (asked == MP_REACH_OK)
        put_effective(m, effective);
    else if (how == MP_REACH_OK)
        put_settings(m, &s);
    else
        mp_machine_gap_note(m, "sshd", how, "/" CONFIG);
    if (how == MP_REACH_OK)
        put_matches(m, &s);
    else
        mp_machine_gap_note(m, "sshdMatches", how, "/" CONFIG);
    return MP_OK;
}
