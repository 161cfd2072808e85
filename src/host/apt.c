/* SPDX-License-Identifier: Apache-2.0 */
/* What apt last fetched: /var/lib/apt/lists has a Release file for each suite and a list of packages for each of its
 * components, named by where they came from. Lists are long, so they are read in pieces; a package counts when its
 * name and architecture are installed.
 *
 * Nobody asked for lists that are marked NotAutomatic (backports, experimental): what is newer there is no update. */
#include <stdio.h>
#include <unistd.h>

#include "packages.h"
#include "packed.h"
#include "source.h"
#include "stanza.h"

#define LISTS "var/lib/apt/lists"
#define LIST_BYTES ((uint64_t)1 << 30) /* the most that is read of one */
#define LINE_BYTES ((size_t)16384)     /* the rest of a longer line is no field of ours */
#define FRESH_DAYS 7

typedef struct suite {
    mp_str stem; /* name of its files */
    mp_str origin;
    bool   is_security, is_aside;
} suite;

typedef struct looking {
    mp_machine        *m;
    mp_installed_list *list;
    suite             *suites;
    size_t             suite_count;
} looking;

/* ---- suites ---- */

static void read_release_file(suite *s, mp_str text)
{
    mp_str line;
    while (mp_line_next(&line, &text)) {
        mp_str value = line, name = mp_piece_next(&value, ':');
        value = mp_str_trim(value);
        if (mp_str_eq(name, MP_S("Origin")))
            s->origin = value;
        else if (mp_str_eq(name, MP_S("Suite")) || mp_str_eq(name, MP_S("Codename")))
            s->is_security |= mp_str_ends(value, MP_S("-security"));
        else if (mp_str_eq(name, MP_S("NotAutomatic")))
            s->is_aside = mp_str_eq(value, MP_S("yes"));
        else if (mp_str_eq(name, MP_S("SHA256")) || mp_str_eq(name, MP_S("MD5Sum")))
            return; /* digests to the end */
    }
}

static mp_code read_suites(looking *l, const mp_str *names, size_t count, mp_error *err)
{
    static const mp_str endings[] = { MP_S_INIT("InRelease"), MP_S_INIT("Release") };
    l->suites = MP_ARENA_ARRAY(l->m->arena, suite, count + 1);
    if (!l->suites)
        return mp_machine_nomem(err);
    for (size_t i = 0; i < count; i++) {
        mp_str   text;
        mp_reach how;
        size_t   e = 0;
        while (e < MP_COUNT(endings) && !mp_str_ends(names[i], endings[e]))
            e++;
        if (e == MP_COUNT(endings))
            continue;
        MP_TRY(mp_machine_file(&text, &how, l->m, mp_machine_path(l->m, LISTS "/%.*s", MP_FMT(names[i])), err));
        suite *s = &l->suites[l->suite_count++];
        s->stem = mp_str_of(names[i].ptr, names[i].len - endings[e].len);
        read_release_file(s, text);
    }
    return MP_OK;
}

/* The longest beginning that is a suite's. */
static const suite *suite_of(const looking *l, mp_str list)
{
    const suite *best = NULL;
    for (size_t i = 0; i < l->suite_count; i++)
        if (mp_str_starts(list, l->suites[i].stem) && (!best || l->suites[i].stem.len > best->stem.len))
            best = &l->suites[i];
    return best;
}

/* ---- lists ---- */

static mp_code offer(looking *l, const suite *from, const mp_stanza *s, mp_error *err)
{
    mp_str version = mp_str_from(s->version), architecture = mp_str_from(s->architecture);
    for (mp_installed *p = mp_map_get(&l->list->by_name, mp_str_from(s->package)); p; p = p->same) {
        if (!mp_str_eq(architecture, p->architecture) && !mp_str_eq(architecture, MP_S("all")) &&
            !mp_str_eq(p->architecture, MP_S("all")))
            continue;
        int order = mp_deb_version_cmp(version, p->version);
        if (order == 0 && !p->origin.len && from)
            p->origin = from->origin;
        if (order <= 0 || (from && from->is_aside))
            continue;
        p->is_security |= from && from->is_security;
        if (!p->update.len || mp_deb_version_cmp(version, p->update) > 0) {
            p->update = mp_arena_dup(l->m->arena, version);
            if (!p->update.ptr)
                return mp_machine_nomem(err);
        }
    }
    return MP_OK;
}

typedef struct list_reader {
    looking     *l;
    const suite *from;
    mp_stanza    stanza;
    char         line[LINE_BYTES];
    size_t       len; /* of what stands of the line */
} list_reader;

static mp_code end_line(list_reader *r, mp_error *err)
{
    bool is_whole = mp_stanza_take(&r->stanza, mp_str_of(r->line, r->len));
    r->len = 0;
    if (!is_whole)
        return MP_OK;
    mp_code code = r->stanza.package[0] && r->stanza.version[0] ? offer(r->l, r->from, &r->stanza, err) : MP_OK;
    mp_stanza_clear(&r->stanza);
    return code;
}

static mp_code take_bytes(list_reader *r, mp_str bytes, mp_error *err)
{
    while (bytes.len) {
        size_t end = mp_str_find(bytes, '\n');
        size_t len = end == SIZE_MAX ? bytes.len : end;
        size_t room = LINE_BYTES - r->len;
        memcpy(r->line + r->len, bytes.ptr, len < room ? len : room);
        r->len += len < room ? len : room;
        if (end == SIZE_MAX)
            return MP_OK;
        MP_TRY(end_line(r, err));
        bytes = mp_str_skip(bytes, end + 1);
    }
    return MP_OK;
}

/* A list as it stands or in any of the compressions that apt may be told to keep. */
typedef struct list_file {
    mp_source *source;
    mp_packed *packed;
} list_file;

static bool is_packed(mp_str name)
{
    return mp_str_ends(name, MP_S(".lz4")) || mp_str_ends(name, MP_S(".xz"));
}

static mp_code open_list(list_file *out, mp_str name, int fd, mp_error *err)
{
    char open_file[64];
    if (is_packed(name))
        return mp_packed_open(&out->packed, fd, err);
    snprintf(open_file, sizeof open_file, "/proc/self/fd/%d", fd);
    return mp_source_open(&out->source, open_file, err);
}

static mp_code read_piece(const list_file *file, char *out, size_t len, size_t *got, mp_error *err)
{
    return file->packed ? mp_packed_read(file->packed, out, len, got, err)
                        : mp_source_read(file->source, out, len, got, err);
}

static mp_code read_pieces(list_reader *r, const list_file *file, mp_reach *how, mp_error *err)
{
    char     bytes[65536];
    uint64_t total = 0;
    mp_error why = { .code = MP_OK };
    for (size_t got = 1; got;) {
        mp_code code = read_piece(file, bytes, sizeof bytes, &got, &why);
        if (code == MP_NOMEM)
            return mp_machine_nomem(err);
        total += got;
        if (code != MP_OK || total > LIST_BYTES) {
            *how = code != MP_OK ? MP_REACH_BROKEN : MP_REACH_TOO_LONG;
            return MP_OK;
        }
        MP_TRY(take_bytes(r, mp_str_of(bytes, got), err));
    }
    MP_TRY(end_line(r, err));
    return end_line(r, err); /* an empty line behind the last stanza */
}

static mp_code read_list(looking *l, mp_str name, mp_reach *how, mp_error *err)
{
    list_file    file = { .source = NULL };
    list_reader *r = MP_ARENA_NEW(l->m->arena, list_reader);
    const char  *path = mp_machine_path(l->m, LISTS "/%.*s", MP_FMT(name));
    if (!r || !path)
        return mp_machine_nomem(err);
    int fd = mp_root_file(&l->m->root, path, how);
    if (fd < 0)
        return MP_OK;
    *r = (list_reader){ .l = l, .from = suite_of(l, name) };
    mp_code code = open_list(&file, name, fd, NULL);
    if (code == MP_OK)
        code = read_pieces(r, &file, how, err);
    else if (code == MP_NOMEM)
        code = mp_machine_nomem(err);
    else
        *how = MP_REACH_BROKEN, code = MP_OK;
    mp_source_close(file.source);
    mp_packed_close(file.packed);
    close(fd);
    return code;
}

/* When apt was at it last: it works in `partial`, and marks what succeeded. The lists themselves have the server's
 * times. */
static int64_t last_fetched(const mp_machine *m)
{
    static const char *const marks[] = { "var/lib/apt/periodic/update-success-stamp", LISTS "/partial", LISTS };
    int64_t     newest = 0;
    struct stat s;
    for (size_t i = 0; i < MP_COUNT(marks); i++)
        if (mp_root_stat(&s, &m->root, marks[i]) == MP_REACH_OK && s.st_mtime > newest)
            newest = s.st_mtime;
    return newest;
}

static bool is_list(mp_str name)
{
    static const mp_str endings[] = { MP_S_INIT("_Packages"), MP_S_INIT("_Packages.gz"), MP_S_INIT("_Packages.zst"),
                                      MP_S_INIT("_Packages.lz4"), MP_S_INIT("_Packages.xz") };
    for (size_t i = 0; i < MP_COUNT(endings); i++)
        if (mp_str_ends(name, endings[i]))
            return true;
    return false;
}

/* Compressed in ways that are not read here. */
static bool is_other_list(mp_str name)
{
    return mp_str_ends(name, MP_S("_Packages.bz2")) || mp_str_ends(name, MP_S("_Packages.lzma"));
}

mp_code mp_apt_look(mp_installed_list *list, mp_machine *m, mp_error *err)
{
    looking  l = { .m = m, .list = list };
    mp_str  *names;
    size_t   count, lists = 0;
    mp_reach how, found;
    MP_TRY(mp_root_list(&names, &count, &how, &m->root, LISTS, m->arena, err));
    MP_TRY(read_suites(&l, names, count, err));
    for (size_t i = 0; i < count && how == MP_REACH_OK; i++) {
        if (is_other_list(names[i]))
            how = MP_REACH_BROKEN; /* half of what is known says nothing about what is missing */
        if (!is_list(names[i]))
            continue;
        MP_TRY(read_list(&l, names[i], &found, err));
        how = found;
        lists++;
    }
    if (how == MP_REACH_OK && !lists)
        how = MP_REACH_MISSING;
    if (how == MP_REACH_OK && mp_clock_to_unix(m->now) - last_fetched(m) > FRESH_DAYS * 86400)
        how = MP_REACH_STALE;
    list->knows_updates = how == MP_REACH_OK;
    if (how != MP_REACH_OK) {
        mp_machine_gap_note(m, "packages[*].update", how, "/" LISTS);
        mp_machine_gap_note(m, "updates.securityPending", how, "/" LISTS);
    }
    return MP_OK;
}

/* ---- settings of apt ---- */

/* A word, a quoted text, or one of "{};". */
static mp_str token_of(mp_str *rest)
{
    for (;;) {
        *rest = mp_str_trim(*rest);
        if (rest->len && (rest->ptr[0] == '#' || (rest->len > 1 && rest->ptr[0] == '/' && rest->ptr[1] == '/'))) {
            mp_piece_next(rest, '\n');
        } else if (rest->len > 1 && rest->ptr[0] == '/' && rest->ptr[1] == '*') {
            size_t end = mp_str_find_str(*rest, MP_S("*/"));
            *rest = end == SIZE_MAX ? mp_str_of(NULL, 0) : mp_str_skip(*rest, end + 2);
        } else {
            break;
        }
    }
    if (!rest->len)
        return mp_str_of(NULL, 0);
    size_t to = 1;
    if (rest->ptr[0] == '"') {
        size_t close = mp_str_find(mp_str_skip(*rest, 1), '"');
        to = close == SIZE_MAX ? rest->len : close + 2;
    } else if (!strchr("{};", rest->ptr[0])) {
        while (to < rest->len && !strchr(" \t\r\n{};\"", rest->ptr[to]))
            to++;
    }
    mp_str token = mp_str_of(rest->ptr, to);
    *rest = mp_str_skip(*rest, to);
    return token;
}

#define APT_DEPTH 16

static bool is_path(const mp_str *scope, size_t depth, mp_str last, mp_str wanted)
{
    for (size_t i = 0; i <= depth; i++) {
        mp_str part = i < depth ? scope[i] : last;
        if (!mp_str_starts_fold(wanted, part))
            return false;
        wanted = mp_str_skip(wanted, part.len);
        if (i < depth && !mp_str_starts(wanted, MP_S("::")))
            return false;
        wanted = i < depth ? mp_str_skip(wanted, 2) : wanted;
    }
    return wanted.len == 0;
}

mp_str mp_apt_setting(mp_str text, mp_str name)
{
    mp_str scope[APT_DEPTH], token, last = MP_S(""), found = MP_S("");
    size_t depth = 0;
    while ((token = token_of(&text)).len) {
        if (token.ptr[0] == '{') {
            if (depth == APT_DEPTH)
                return MP_S("");
            scope[depth++] = last;
            last = MP_S("");
        } else if (token.ptr[0] == '}') {
            depth -= depth > 0;
            last = MP_S("");
        } else if (token.ptr[0] == ';') {
            last = MP_S("");
        } else if (!last.len) {
            last = token;
        } else if (is_path(scope, depth, last, name)) {
            found = mp_unquoted(token);
        }
    }
    return found;
}

mp_code mp_apt_is_automatic(int *out, mp_machine *m, mp_error *err)
{
    mp_buf   text = MP_BUF_INIT;
    mp_reach how;
    mp_code  code = mp_machine_folder(&text, &how, m, "etc/apt/apt.conf.d", "", err);
    *out = -1;
    if (code == MP_OK && how != MP_REACH_OK) {
        mp_machine_gap_note(m, "updates.automatic", how, "/etc/apt/apt.conf.d");
    } else if (code == MP_OK) {
        mp_str value = mp_apt_setting(mp_buf_str(&text), MP_S("APT::Periodic::Unattended-Upgrade"));
        *out = value.len && !mp_str_eq(value, MP_S("0")) && mp_map_get(&m->packages, MP_S("unattended-upgrades"));
    }
    mp_buf_free(&text);
    return code;
}
