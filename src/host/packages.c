/* SPDX-License-Identifier: Apache-2.0 */
/* Debian keeps its packages in a text that we read ourselves; of rpm the database is no file to be read by others, so
 * rpm is asked where it is there. */
#include "packages.h"

#include "stanza.h"

#define STATUS "var/lib/dpkg/status"
#define STATUS_BYTES ((size_t)64 << 20)
#define MOST_PACKAGES ((size_t)200000)

static mp_code add(mp_installed_list *list, mp_machine *m, mp_installed what, mp_error *err)
{
    if (list->count == list->cap) {
        size_t        cap = list->cap * 2 + 512;
        mp_installed *grown = MP_ARENA_ARRAY(m->arena, mp_installed, cap);
        if (!grown)
            return mp_machine_nomem(err);
        if (list->count)
            memcpy(grown, list->items, list->count * sizeof *grown);
        list->items = grown;
        list->cap = cap;
    }
    list->items[list->count++] = what;
    return MP_OK;
}

static mp_code keep(mp_str *out, mp_machine *m, const char *text, mp_error *err)
{
    *out = mp_arena_dup(m->arena, mp_str_from(text));
    return out->ptr ? MP_OK : mp_machine_nomem(err);
}

/* Entries do not move any more. */
static mp_code index_names(mp_installed_list *list, mp_machine *m, mp_error *err)
{
    for (size_t i = 0; i < list->count; i++) {
        mp_installed *p = &list->items[i];
        p->same = mp_map_get(&list->by_name, p->name);
        MP_TRY(mp_map_put(&list->by_name, p->name, p, err));
        MP_TRY(mp_map_put(&m->packages, p->name, &p->version, err));
    }
    return MP_OK;
}

static mp_code read_status(mp_installed_list *list, mp_machine *m, mp_str text, mp_error *err)
{
    mp_stanza s;
    mp_str    line;
    mp_stanza_clear(&s);
    for (bool more = true; more && list->count < MOST_PACKAGES;) {
        more = mp_line_next(&line, &text);
        if (!mp_stanza_take(&s, more ? line : MP_S("")))
            continue;
        if (mp_stanza_is_installed(&s)) {
            mp_installed p = { .same = NULL };
            MP_TRY(keep(&p.name, m, s.package, err));
            MP_TRY(keep(&p.version, m, s.version, err));
            MP_TRY(keep(&p.architecture, m, s.architecture, err));
            MP_TRY(add(list, m, p, err));
        }
        mp_stanza_clear(&s);
    }
    return index_names(list, m, err);
}

/* NAME\tVERSION-RELEASE\tVENDOR */
static mp_code read_rpm(mp_installed_list *list, mp_machine *m, mp_str text, mp_error *err)
{
    mp_str line;
    while (mp_line_next(&line, &text) && list->count < MOST_PACKAGES) {
        mp_installed p = { .same = NULL };
        p.name = mp_piece_next(&line, '\t');
        p.version = mp_piece_next(&line, '\t');
        p.origin = mp_str_eq(line, MP_S("(none)")) ? MP_S("") : line;
        if (p.name.len && p.version.len && !mp_str_eq(p.name, MP_S("gpg-pubkey")))
            MP_TRY(add(list, m, p, err));
    }
    return index_names(list, m, err);
}

/* ---- into the document ---- */

static void put_or_null(mp_jsonw *w, const char *name, mp_str text)
{
    mp_jsonw_key(w, mp_str_from(name));
    if (text.len)
        mp_jsonw_str(w, text);
    else
        mp_jsonw_null(w);
}

static void put_packages(mp_machine *m, const mp_installed_list *list, bool is_rpm)
{
    mp_jsonw *w = &m->w;
    mp_jsonw_key(w, MP_S("packages"));
    mp_jsonw_array(w);
    for (size_t i = 0; i < list->count; i++) {
        const mp_installed *p = &list->items[i];
        mp_jsonw_object(w);
        mp_jsonw_put_str(w, "name", p->name);
        mp_jsonw_put_str(w, "version", p->version);
        if (list->knows_updates || is_rpm)
            put_or_null(w, "origin", p->origin);
        if (list->knows_updates) {
            put_or_null(w, "update", p->update);
            mp_jsonw_put_bool(w, "isSecurityUpdate", p->is_security);
        }
        mp_jsonw_end(w);
    }
    mp_jsonw_end(w);
}

/* "-cloud-amd64" of "6.1.0-28-cloud-amd64": kernels of several kinds stand side by side, each with numbers of its own. */
static mp_str kind_of_kernel(mp_str release)
{
    for (size_t i = 0; i + 1 < release.len; i++)
        if (release.ptr[i] == '-' && (release.ptr[i + 1] | 0x20) >= 'a' && (release.ptr[i + 1] | 0x20) <= 'z')
            return mp_str_skip(release, i);
    return MP_S("");
}

/* A kernel that is installed and newer than the one of its kind that runs waits for a restart. */
static mp_code needs_restart(bool *out, bool *known, mp_machine *m, mp_error *err)
{
    mp_str  *names;
    size_t   count;
    mp_reach how;
    *out = mp_root_has(&m->root, "run/reboot-required") || mp_root_has(&m->root, "var/run/reboot-required");
    *known = *out || m->is_on;
    MP_TRY(mp_root_list(&names, &count, &how, &m->root, "boot", m->arena, err));
    for (size_t i = 0; i < count && m->kernel.len; i++) {
        mp_str release = mp_str_skip(names[i], 8);
        if (mp_str_starts(names[i], MP_S("vmlinuz-")) && mp_str_eq(kind_of_kernel(release), kind_of_kernel(m->kernel)) &&
            mp_deb_version_cmp(release, m->kernel) > 0)
            *out = true;
    }
    return MP_OK;
}

static mp_code put_updates(mp_machine *m, const mp_installed_list *list, mp_error *err)
{
    int64_t pending = 0;
    bool    restart, is_known;
    int     automatic;
    for (size_t i = 0; i < list->count; i++)
        pending += list->items[i].is_security;
    MP_TRY(mp_apt_is_automatic(&automatic, m, err));
    MP_TRY(needs_restart(&restart, &is_known, m, err));
    mp_jsonw_key(&m->w, MP_S("updates"));
    mp_jsonw_object(&m->w);
    if (automatic >= 0)
        mp_jsonw_put_bool(&m->w, "automatic", automatic > 0);
    if (list->knows_updates) {
        mp_jsonw_put_int(&m->w, "securityPending", pending);
        mp_machine_put_number(m, "oldestSecurityDays", pending == 0, 0);
        if (pending)
            mp_machine_gap_note(m, "updates.oldestSecurityDays", MP_REACH_UNKNOWN, "apt");
    }
    if (is_known)
        mp_jsonw_put_bool(&m->w, "rebootRequired", restart);
    else
        mp_machine_gap_note(m, "updates.rebootRequired", MP_REACH_OFF, "/run/reboot-required");
    mp_jsonw_end(&m->w);
    return MP_OK;
}

static mp_code read_debian(mp_machine *m, mp_installed_list *list, mp_str text, mp_error *err)
{
    MP_TRY(read_status(list, m, text, err));
    MP_TRY(mp_apt_look(list, m, err));
    put_packages(m, list, false);
    return put_updates(m, list, err);
}

static mp_code read_red_hat(mp_machine *m, mp_installed_list *list, mp_error *err)
{
    static const char *const ask[] = { "rpm", "-qa", "--qf", "%{NAME}\\t%{EVR}\\t%{VENDOR}\\n", NULL };
    mp_str   text;
    mp_reach how;
    MP_TRY(mp_machine_ask(&text, &how, m, ask, err));
    if (how != MP_REACH_OK) {
        mp_machine_gap_note(m, "packages", how, "rpm");
        mp_machine_gap_note(m, "updates", how, "rpm");
        return MP_OK;
    }
    MP_TRY(read_rpm(list, m, text, err));
    put_packages(m, list, true);
    mp_machine_gap_note(m, "packages[*].update", MP_REACH_UNKNOWN, "rpm");
    mp_machine_gap_note(m, "updates", MP_REACH_UNKNOWN, "rpm");
    return MP_OK;
}

mp_code mp_read_packages(mp_machine *m, mp_error *err)
{
    mp_installed_list list = { .items = NULL };
    mp_str            text;
    mp_reach          how;
    mp_code code = mp_root_slurp(&text, &how, &m->root, STATUS, STATUS_BYTES, m->arena, err);
    if (code == MP_OK && how == MP_REACH_OK) {
        code = read_debian(m, &list, text, err);
    } else if (code == MP_OK && how == MP_REACH_MISSING) {
        code = read_red_hat(m, &list, err);
    } else if (code == MP_OK) {
        mp_machine_gap_note(m, "packages", how, "/" STATUS);
        mp_machine_gap_note(m, "updates", how, "/" STATUS);
    }
    mp_map_free(&list.by_name);
    return code;
}
