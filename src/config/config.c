/* SPDX-License-Identifier: Apache-2.0 */
/* Values are laid one over the other: defaults, file, environment, command line. Then settings that stand in
 * contradiction to each other are looked for. A fault never stops the reading, so that all are found at once. */
#include "config.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "config_file.h"
#include "source.h"
#include "text.h"

typedef struct value {
    mp_str          text; /* ends with a NUL */
    int64_t         number;
    mp_setting_from from;
    uint32_t        line; /* of the file; 0: not said there */
} value;

struct mp_config {
    mp_arena    arena;
    const char *file;
    value       values[MP_SETTING_COUNT];
};

typedef struct reading {
    mp_config  *config;
    const char *where; /* of what is read */
    bool        is_skipping; /* in a section that is not known */
    void (*report)(void *ctx, const char *file, const mp_error *fault);
    void       *ctx;
    mp_error   *err;
    mp_code     first; /* code of the first fault */
} reading;

static void fault(reading *r, const mp_error *e)
{
    if (r->first == MP_OK) {
        r->first = e->code;
        if (r->err)
            *r->err = *e;
    }
    if (r->report)
        r->report(r->ctx, r->where, e);
}

static void unknown(reading *r, mp_str name, mp_pos at)
{
    mp_error e = { 0 };
    mp_str   nearest = mp_setting_nearest(name);
    if (nearest.len)
        (void)mp_fail(&e, MP_PARAMETER, at, "there is no setting %.*s; did you mean %.*s?", MP_FMT(name),
                      MP_FMT(nearest));
    else
        (void)mp_fail(&e, MP_PARAMETER, at, "there is no setting %.*s", MP_FMT(name));
    fault(r, &e);
}

static void put(reading *r, mp_setting_id id, mp_str text, mp_pos at, mp_setting_from from)
{
    mp_error e = { 0 };
    value   *v = &r->config->values[id];
    int64_t  number;
    mp_str   copy = mp_arena_dup(&r->config->arena, text);
    mp_code  code = mp_setting_read(&number, id, text, &e);
    if (!copy.ptr)
        code = mp_no_memory(&e);
    if (code != MP_OK) {
        e.pos = at;
        fault(r, &e);
        return;
    }
    *v = (value){ .text = copy, .number = number, .from = from, .line = from == MP_FROM_FILE ? at.line : v->line };
}

/* ---- the file ---- */

static bool is_section(mp_str name)
{
    for (int i = 0; i < MP_SETTING_COUNT; i++)
        if (mp_str_eq(name, mp_setting_section((mp_setting_id)i)))
            return true;
    return false;
}

static void on_section(void *ctx, mp_str name, mp_pos at)
{
    reading *r = ctx;
    mp_error e = { 0 };
    r->is_skipping = !is_section(name);
    if (!r->is_skipping)
        return;
    mp_str sections[MP_SETTING_COUNT];
    for (int i = 0; i < MP_SETTING_COUNT; i++)
        sections[i] = mp_setting_section((mp_setting_id)i);
    mp_str nearest = mp_text_nearest(name, sections, MP_SETTING_COUNT);
    if (nearest.len)
        (void)mp_fail(&e, MP_PARAMETER, at, "there is no section %.*s; did you mean %.*s?", MP_FMT(name),
                      MP_FMT(nearest));
    else
        (void)mp_fail(&e, MP_PARAMETER, at, "there is no section %.*s", MP_FMT(name));
    fault(r, &e);
}

static void on_value(void *ctx, mp_str name, mp_pos name_at, mp_str text, mp_pos value_at)
{
    reading      *r = ctx;
    mp_error      e = { 0 };
    mp_setting_id id = mp_setting_find(name);
    if (r->is_skipping)
        return;
    if (id == MP_SETTING_COUNT) {
        unknown(r, name, name_at);
    } else if (r->config->values[id].line) {
        (void)mp_fail(&e, MP_PARAMETER, name_at, "%s stands in line %u already", mp_settings[id].name,
                      r->config->values[id].line);
        fault(r, &e);
    } else {
        r->config->values[id].line = name_at.line;
        put(r, id, text, value_at, MP_FROM_FILE);
    }
}

static void on_fault(void *ctx, const mp_error *e)
{
    fault(ctx, e);
}

static void read_file(reading *r, const char *named)
{
    mp_error        e = { 0 };
    mp_str          text;
    mp_config_lines lines = { r, on_section, on_value, on_fault };
    const char     *path = named ? named : MP_CONFIG_FILE;
    if (!named && access(path, F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR))
        return;
    mp_arena *arena = &r->config->arena;
    mp_str    copy = mp_arena_dup(arena, mp_str_from(path));
    r->config->file = r->where = copy.ptr ? copy.ptr : path;
    mp_code code = copy.ptr ? mp_source_slurp(&text, path, MP_CONFIG_MAX, arena, &e)
                            : mp_no_memory(&e);
    if (code == MP_OK)
        code = mp_config_lines_read(text, &lines, arena, &e);
    if (code != MP_OK)
        fault(r, &e);
}

/* ---- the environment ---- */

extern char **environ;

/* "MAPAE_SERVER_LISTN" as "server.listn": what stands between is unknown, but for telling the nearest it is enough. */
static mp_str name_of_variable(char *out, size_t size, mp_str variable)
{
    size_t n = 0;
    for (size_t i = sizeof "MAPAE_" - 1; i < variable.len && n + 1 < size; i++) {
        char c = variable.ptr[i];
        out[n++] = c >= 'A' && c <= 'Z' ? (char)(c + 0x20) : c == '_' ? '-' : c;
    }
    return mp_str_of(out, n);
}

/* One that is no setting: a fault only when it is one misspelled, section and all. */
static void read_stranger(reading *r, mp_str variable)
{
    char   name[MP_SETTING_VARIABLE];
    mp_str spelled = name_of_variable(name, sizeof name, variable);
    for (int i = 0; i < MP_SETTING_COUNT; i++) {
        mp_str section = mp_setting_section((mp_setting_id)i);
        if (!mp_str_starts(spelled, section) || spelled.len <= section.len || spelled.ptr[section.len] != '-')
            continue;
        name[section.len] = '.';
        if (mp_setting_nearest(spelled).len)
            unknown(r, spelled, MP_NOWHERE);
        return;
    }
}

static void read_variable(reading *r, const char *entry)
{
    mp_str text = mp_str_from(entry);
    size_t equals = mp_str_find(text, '=');
    if (!mp_str_starts(text, MP_S("MAPAE_")) || equals == SIZE_MAX || equals + 1 == text.len)
        return;
    mp_str name = mp_arena_dup(&r->config->arena, mp_str_of(entry, equals));
    r->where = name.ptr ? name.ptr : entry;
    for (int i = 0; i < MP_SETTING_COUNT; i++) {
        char variable[MP_SETTING_VARIABLE];
        mp_setting_variable(variable, (mp_setting_id)i);
        if (mp_str_eq(mp_str_of(entry, equals), mp_str_from(variable))) {
            put(r, (mp_setting_id)i, mp_str_skip(text, equals + 1), MP_NOWHERE, MP_FROM_ENVIRONMENT);
            return;
        }
    }
    read_stranger(r, mp_str_of(entry, equals));
}

static void read_environment(reading *r, const char *const *entries)
{
    for (size_t i = 0; entries && entries[i]; i++)
        read_variable(r, entries[i]);
}

/* ---- the command line ---- */

static void read_sets(reading *r, const char *const *sets, size_t count)
{
    r->where = "--set";
    for (size_t i = 0; i < count; i++) {
        mp_error      e = { 0 };
        mp_str        text = mp_str_from(sets[i]);
        size_t        equals = mp_str_find(text, '=');
        mp_str        name = mp_str_trim(mp_str_of(text.ptr, equals == SIZE_MAX ? text.len : equals));
        mp_setting_id id = mp_setting_find(name);
        if (equals == SIZE_MAX) {
            (void)mp_fail(&e, MP_PARAMETER, MP_NOWHERE, "a setting wants the form NAME=VALUE, not \"%.*s\"",
                          MP_FMT(text));
            fault(r, &e);
        } else if (id == MP_SETTING_COUNT) {
            unknown(r, name, MP_NOWHERE);
        } else {
            put(r, id, mp_str_trim(mp_str_skip(text, equals + 1)), MP_NOWHERE, MP_FROM_COMMAND_LINE);
        }
    }
}

/* ---- all of it ---- */

static void set_defaults(reading *r)
{
    for (int i = 0; i < MP_SETTING_COUNT; i++) {
        value *v = &r->config->values[i];
        *v = (value){ .text = mp_str_from(mp_settings[i].fallback), .from = MP_FROM_DEFAULT };
        mp_code code = mp_setting_read(&v->number, (mp_setting_id)i, v->text, NULL);
        assert(code == MP_OK);
        (void)code;
    }
}

/* Two settings that cannot both be meant: the first may not be over the second. */
static const struct {
    mp_setting_id less, more;
} orders[] = {
    { MP_SET_PASSWORD_SHORT_LENGTH, MP_SET_PASSWORD_MIN_LENGTH },
    { MP_SET_PASSWORD_MIN_CLASSES, MP_SET_PASSWORD_SHORT_CLASSES },
    { MP_SET_SIGN_IN_SLOW_AFTER, MP_SET_SIGN_IN_LOCK_AFTER },
    { MP_SET_SESSION_IDLE, MP_SET_SESSION_LENGTH },
    { MP_SET_SERVER_HEAD_TIME, MP_SET_SERVER_REQUEST_TIME },
    { MP_SET_SERVER_BODY_TIME, MP_SET_SERVER_REQUEST_TIME },
};

/* Where the later of two values was said. */
static mp_pos later(const reading *r, mp_setting_id a, mp_setting_id b)
{
    const value *x = &r->config->values[a], *y = &r->config->values[b];
    uint32_t     line = x->from == MP_FROM_FILE ? x->line : 0;
    if (y->from == MP_FROM_FILE && y->line > line)
        line = y->line;
    return (mp_pos){ line, line ? 1 : 0 };
}

static void check_together(reading *r)
{
    const mp_config *c = r->config;
    mp_error         e = { 0 };
    r->where = c->file;
    for (size_t i = 0; i < MP_COUNT(orders); i++) {
        mp_setting_id less = orders[i].less, more = orders[i].more;
        if (c->values[less].number <= c->values[more].number)
            continue;
        (void)mp_fail(&e, MP_PARAMETER, later(r, less, more), "%s (%.*s) may not be more than %s (%.*s)",
                      mp_settings[less].name, MP_FMT(c->values[less].text), mp_settings[more].name,
                      MP_FMT(c->values[more].text));
        fault(r, &e);
    }
    mp_setting_id cert = MP_SET_SERVER_CERT_FILE, key = MP_SET_SERVER_KEY_FILE;
    if (!c->values[cert].text.len != !c->values[key].text.len) {
        (void)mp_fail(&e, MP_PARAMETER, later(r, cert, key), "%s and %s belong together: give both or none",
                      mp_settings[cert].name, mp_settings[key].name);
        fault(r, &e);
    }
    mp_str base = c->values[MP_SET_SERVER_BASE_URL].text;
    if (base.len && mp_str_find(mp_str_skip(base, sizeof "https://" - 1), '/') != SIZE_MAX) {
        (void)mp_fail(&e, MP_PARAMETER, later(r, MP_SET_SERVER_BASE_URL, MP_SET_SERVER_BASE_URL),
                      "%s wants https://HOST or https://HOST:PORT, without a path",
                      mp_settings[MP_SET_SERVER_BASE_URL].name);
        fault(r, &e);
    }
}

mp_code mp_config_read(mp_config **out, const mp_config_source *source,
                       void (*report)(void *ctx, const char *file, const mp_error *fault), void *ctx, mp_error *err)
{
    mp_config *config = calloc(1, sizeof *config);
    if (!config)
        return mp_no_memory(err);
    reading r = { .config = config, .report = report, .ctx = ctx, .err = err };
    set_defaults(&r);
    read_file(&r, source->file);
    read_environment(&r, source->environ_ ? source->environ_ : (const char *const *)environ);
    read_sets(&r, source->sets, source->set_count);
    if (r.first == MP_OK)
        check_together(&r);
    if (r.first != MP_OK) {
        mp_config_free(config);
        return r.first;
    }
    *out = config;
    return MP_OK;
}

void mp_config_free(mp_config *config)
{
    if (!config)
        return;
    mp_arena_free(&config->arena);
    free(config);
}

/* ---- asking ---- */

const char *mp_config_text(const mp_config *config, mp_setting_id id)
{
    mp_str text = config->values[id].text;
    return text.len ? text.ptr : NULL;
}

int64_t mp_config_number(const mp_config *config, mp_setting_id id)
{
    return config->values[id].number;
}

bool mp_config_flag(const mp_config *config, mp_setting_id id)
{
    return config->values[id].number != 0;
}

mp_setting_from mp_config_from(const mp_config *config, mp_setting_id id)
{
    return config->values[id].from;
}

void mp_config_show(mp_buf *out, const mp_config *config, mp_setting_id id)
{
    mp_str text = config->values[id].text;
    size_t mark = mp_str_find_str(text, MP_S("://"));
    if (mp_settings[id].kind != MP_SETTING_URL || mark == SIZE_MAX) {
        mp_buf_add(out, text);
        return;
    }
    /* userinfo = name [ ":" password ] "@" (RFC 3986, 3.2.1); the last "@" before the path ends it. */
    mp_str rest = mp_str_skip(text, mark + 3);
    size_t slash = mp_str_find(rest, '/');
    mp_str authority = mp_str_of(rest.ptr, slash == SIZE_MAX ? rest.len : slash);
    size_t at = mp_str_rfind(authority, '@'), colon = mp_str_find(authority, ':');
    bool   has_password = at != SIZE_MAX && colon < at;
    mp_buf_add(out, mp_str_of(text.ptr, mark + 3));
    mp_buf_add(out, mp_str_of(rest.ptr, has_password ? colon + 1 : 0));
    mp_buf_add_z(out, has_password ? "***" : "");
    rest = mp_str_skip(rest, has_password ? at : 0);
    /* libpq also takes ?password=... */
    size_t query = mp_str_find_fold(rest, MP_S("password="));
    mp_buf_add(out, mp_str_of(rest.ptr, query == SIZE_MAX ? rest.len : query + sizeof "password=" - 1));
    if (query == SIZE_MAX)
        return;
    rest = mp_str_skip(rest, query + sizeof "password=" - 1);
    size_t end = mp_str_find(rest, '&');
    mp_buf_add(out, MP_S("***"));
    mp_buf_add(out, mp_str_skip(rest, end == SIZE_MAX ? rest.len : end));
}

const char *mp_config_file_name(const mp_config *config)
{
    return config->file;
}
