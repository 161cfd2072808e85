/* SPDX-License-Identifier: Apache-2.0 */
/* Which system it is, how long it is cared for, and since when it runs. */
#include <sys/utsname.h>

#include "machine_internal.h"

static const struct {
    mp_str id, version, until;
} releases[] = {
#define MP_RELEASE(id, version, until) { MP_S_INIT(id), MP_S_INIT(version), MP_S_INIT(until) },
#include "releases.def"
#undef MP_RELEASE
};

static bool is_day(mp_str text)
{
    mp_ticks at;
    return text.len == 10 && mp_clock_parse(&at, text);
}

/* RHEL counts "9.4": what is cared for is 9; Ubuntu's is "22.04", whole. What the distribution says of itself
 * (SUPPORT_END, os-release(5)) is of the day when it was built: terms were prolonged since, so it counts for what
 * the table does not know. */
static mp_str supported_until(mp_str id, mp_str version, mp_str said)
{
    for (size_t i = 0; i < MP_COUNT(releases); i++) {
        mp_str of = releases[i].version;
        bool   is_same = mp_str_eq(version, of) || (mp_str_starts(version, of) && version.ptr[of.len] == '.');
        if (mp_str_eq(id, releases[i].id) && is_same)
            return releases[i].until;
    }
    return is_day(said) ? said : MP_S("");
}

static void put_text_or_null(mp_machine *m, const char *name, mp_str text)
{
    mp_jsonw_key(&m->w, mp_str_from(name));
    if (text.len)
        mp_jsonw_str(&m->w, text);
    else
        mp_jsonw_null(&m->w);
}

static mp_code read_system(mp_machine *m, mp_error *err)
{
    mp_str   text, line, name, value, id = MP_S(""), version = MP_S(""), codename = MP_S(""), said = MP_S("");
    mp_reach how;
    MP_TRY(mp_machine_file(&text, &how, m, "etc/os-release", err));
    if (how == MP_REACH_MISSING)
        MP_TRY(mp_machine_file(&text, &how, m, "usr/lib/os-release", err));
    if (how != MP_REACH_OK)
        mp_machine_gap_note(m, "operatingSystem.id", how, "/etc/os-release");
    while (mp_line_next(&line, &text)) {
        if (!mp_setting_of(&name, &value, line))
            continue;
        id = mp_str_eq(name, MP_S("ID")) ? value : id;
        version = mp_str_eq(name, MP_S("VERSION_ID")) ? value : version;
        codename = mp_str_eq(name, MP_S("VERSION_CODENAME")) ? value : codename;
        said = mp_str_eq(name, MP_S("SUPPORT_END")) ? value : said;
    }
    mp_jsonw_key(&m->w, MP_S("operatingSystem"));
    mp_jsonw_object(&m->w);
    if (how == MP_REACH_OK) {
        mp_jsonw_put_str(&m->w, "id", id);
        mp_jsonw_put_str(&m->w, "version", version);
        mp_jsonw_put_filled(&m->w, "codename", codename);
        put_text_or_null(m, "supportedUntil", supported_until(id, version, said));
    }
    mp_jsonw_put_filled(&m->w, "kernel", m->kernel);
    mp_jsonw_end(&m->w);
    return MP_OK;
}

static mp_code find_kernel(mp_machine *m, mp_error *err)
{
    struct utsname u;
    mp_str         text;
    mp_reach       how;
    if (m->root.is_here && uname(&u) == 0) {
        m->kernel = mp_arena_dup(m->arena, mp_str_from(u.release));
        return m->kernel.ptr ? MP_OK : mp_machine_nomem(err);
    }
    MP_TRY(mp_machine_file(&text, &how, m, "proc/sys/kernel/osrelease", err));
    m->kernel = mp_str_trim(text);
    if (!m->kernel.len)
        mp_machine_gap_note(m, "operatingSystem.kernel", m->is_on ? how : MP_REACH_OFF, "/proc/sys/kernel/osrelease");
    return MP_OK;
}

static mp_code read_boot(mp_machine *m, mp_error *err)
{
    mp_str   text, line;
    mp_reach how;
    int64_t  seconds;
    MP_TRY(mp_machine_file(&text, &how, m, "proc/stat", err));
    while (mp_line_next(&line, &text)) {
        if (mp_str_eq(mp_word_next(&line), MP_S("btime")) && mp_number_of(&seconds, mp_word_next(&line), 10)) {
            mp_machine_put_time(m, "bootedAt", seconds);
            return MP_OK;
        }
    }
    mp_machine_gap_note(m, "bootedAt", !m->is_on ? MP_REACH_OFF : how == MP_REACH_OK ? MP_REACH_BROKEN : how, "/proc/stat");
    return MP_OK;
}

mp_code mp_read_release(mp_machine *m, mp_error *err)
{
    MP_TRY(find_kernel(m, err));
    MP_TRY(read_system(m, err));
    return read_boot(m, err);
}
