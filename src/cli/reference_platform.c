/* SPDX-License-Identifier: Apache-2.0 */
#include "reference_platform.h"

#include <stdio.h>

#include "app.h"
#include "config.h"
#include "metrics.h"
#include "reference_api.h"
#include "rights.h"
#include "systems.h"

void mp_reference_begin(mp_page *p, const char *name)
{
    char id[64];
    snprintf(id, sizeof id, "topic.%s", name);
    mp_str title = mp_message(p->lang, id);
    snprintf(id, sizeof id, "topic.%s.text", name);
    mp_str text = mp_message(p->lang, id);
    p->style->begin(p, title, mp_page_next_paragraph(&text));
    mp_page_paragraphs(p, text);
    mp_buf_add_c(&p->out, '\n');
}

/* One cell of code; a list of it is apart by commas. */
static void add_code(mp_buf *out, mp_str code)
{
    mp_buf_printf(out, "%s`%.*s`", out->len ? ", " : "", MP_FMT(code));
}

/* ---- settings ---- */

static bool begins_section(int id)
{
    return id == 0 || !mp_str_eq(mp_setting_section((mp_setting_id)id), mp_setting_section((mp_setting_id)(id - 1)));
}

/* Of every section what its first setting with a default looks like. */
static void write_file(mp_page *p)
{
    mp_buf lines = MP_BUF_INIT;
    bool   is_shown = false;
    mp_page_section(p, "reference.settings.file");
    mp_page_paragraphs(p, mp_message(p->lang, "reference.settings.file.text"));
    mp_buf_add_z(&lines, "# mapae.conf\n");
    for (int i = 0; i < MP_SETTING_COUNT; i++) {
        const mp_setting *s = &mp_settings[i];
        mp_str            section = mp_setting_section((mp_setting_id)i);
        is_shown = is_shown && !begins_section(i);
        if (is_shown || !s->fallback[0])
            continue;
        is_shown = true;
        mp_buf_printf(&lines, "[%.*s]\n%s = %s\n", MP_FMT(section), s->name + section.len + 1, s->fallback);
    }
    mp_page_lines(p, "ini", mp_buf_str(&lines));
    mp_page_free_part(p, &lines);
}

/* What a setting is for, what it may be, what it is without a word, and its variable. */
static void write_setting(mp_page *p, mp_setting_id id)
{
    const mp_setting *s = &mp_settings[id];
    mp_buf            name = MP_BUF_INIT, range = MP_BUF_INIT, value = MP_BUF_INIT, fallback = MP_BUF_INIT,
                      env = MP_BUF_INIT;
    char              variable[MP_SETTING_VARIABLE];
    mp_setting_say_range(&range, id);
    mp_setting_variable(variable, id);
    add_code(&name, mp_str_from(s->name));
    add_code(&value, mp_buf_str(&range));
    if (s->fallback[0])
        add_code(&fallback, mp_str_from(s->fallback));
    add_code(&env, mp_str_from(variable));
    mp_str cells[] = { mp_buf_str(&name), mp_message_of(p->lang, "setting.", mp_str_from(s->name)), mp_buf_str(&value),
                       mp_buf_str(&fallback), mp_buf_str(&env) };
    mp_page_row(p, cells, MP_COUNT(cells));
    mp_page_free_part(p, &name);
    mp_page_free_part(p, &range);
    mp_page_free_part(p, &value);
    mp_page_free_part(p, &fallback);
    mp_page_free_part(p, &env);
}

static mp_code write_settings(mp_page *p, mp_error *err)
{
    static const char *const head[] = { "reference.column.setting", "reference.column.meaning",
                                        "reference.column.value",
                                        "reference.column.default", "reference.column.variable" };
    (void)err;
    mp_reference_begin(p, "settings");
    write_file(p);
    mp_page_section(p, "reference.settings.all");
    for (int i = 0; i < MP_SETTING_COUNT; i++) {
        if (begins_section(i)) {
            p->style->heading(p, mp_setting_section((mp_setting_id)i));
            mp_page_table(p, head, MP_COUNT(head));
        }
        write_setting(p, (mp_setting_id)i);
    }
    return MP_OK;
}

/* ---- roles ---- */

static void write_list(mp_page *p, const char *label, const char *const *actions)
{
    mp_buf list = MP_BUF_INIT;
    for (size_t i = 0; actions && actions[i]; i++)
        add_code(&list, mp_str_from(actions[i]));
    if (list.len)
        p->style->item(p, mp_str_from(label), mp_buf_str(&list));
    mp_page_free_part(p, &list);
}

static void write_role(mp_page *p, const mp_builtin_role *role)
{
    mp_buf id = MP_BUF_INIT;
    p->style->heading(p, mp_str_from(role->name));
    p->style->paragraph(p, mp_message(p->lang, role->doc));
    if (role->is_dated)
        p->style->paragraph(p, mp_message(p->lang, "reference.role.dated"));
    mp_buf_add_c(&p->out, '\n');
    add_code(&id, mp_str_from(role->id));
    p->style->item(p, MP_S("id"), mp_buf_str(&id));
    mp_page_free_part(p, &id);
    write_list(p, "actions", role->actions);
    write_list(p, "notActions", role->not_actions);
    write_list(p, "dataActions", role->data_actions);
    write_list(p, "notDataActions", role->not_data_actions);
}

/* An action, and the roles that allow it. */
static void write_action(mp_page *p, const mp_rights *rights, mp_str action)
{
    char                   text[MP_ACTION_MAX];
    mp_str                 folded;
    mp_buf                 name = MP_BUF_INIT, roles = MP_BUF_INIT;
    const mp_builtin_role *role;
    bool                   is_action = mp_action_fold(&folded, text, action);
    add_code(&name, action);
    for (size_t i = 0; is_action && (role = mp_builtin_role_at(i)); i++)
        if (mp_role_allows(mp_rights_role(rights, mp_str_from(role->id)), folded, false, NULL, NULL))
            mp_buf_printf(&roles, "%s%s", roles.len ? ", " : "", role->name);
    mp_str cells[] = { mp_buf_str(&name), mp_buf_str(&roles) };
    mp_page_row(p, cells, MP_COUNT(cells));
    mp_page_free_part(p, &name);
    mp_page_free_part(p, &roles);
}

/* Each action that a route asks for, once, in the order of the routes. */
static mp_code write_asked(mp_page *p, const mp_rights *rights, mp_error *err)
{
    mp_map       seen = MP_MAP_INIT_FOLD;
    mp_arena     arena = MP_ARENA_INIT;
    mp_app_parts parts = { .routes = NULL };
    mp_code      code = mp_app_parts_of(&parts, mp_cli_systems, &arena, err);
    for (const mp_routes *t = parts.routes; t && t->routes; t++)
        for (size_t i = 0; i < t->count && code == MP_OK; i++) {
            mp_str action = mp_str_from(t->routes[i].action);
            if (!t->routes[i].tag || !mp_reference_asks(&t->routes[i]) || mp_map_get(&seen, action))
                continue;
            code = mp_map_put(&seen, action, &seen, err);
            write_action(p, rights, action);
        }
    mp_map_free(&seen);
    mp_arena_free(&arena);
    return code;
}

/* Who may what is decided by what decides it in the server: a state of rights that has the built-in roles and
 * nothing else. */
static mp_code write_actions(mp_page *p, mp_error *err)
{
    static const char *const head[] = { "reference.column.action", "reference.column.roles" };
    mp_rights               *rights = NULL;
    MP_TRY(mp_rights_new(&rights, MP_S(MP_ROLE_ADMINISTRATOR), err));
    mp_code code = mp_rights_finish(rights, err);
    mp_page_section(p, "reference.roles.actions");
    mp_page_paragraphs(p, mp_message(p->lang, "reference.roles.actions.text"));
    mp_page_table(p, head, MP_COUNT(head));
    if (code == MP_OK)
        code = write_asked(p, rights, err);
    mp_rights_free(rights);
    return code;
}

static mp_code write_roles(mp_page *p, mp_error *err)
{
    const mp_builtin_role *role;
    mp_reference_begin(p, "roles");
    for (size_t i = 0; (role = mp_builtin_role_at(i)); i++)
        write_role(p, role);
    return write_actions(p, err);
}

/* ---- the log ---- */

const char mp_reference_json_line[] =
    "{\"time\":\"2026-11-22T09:00:00.123456Z\",\"level\":\"notice\",\"event\":\"ready\","
    "\"listen\":\"127.0.0.1:8443\",\"ms\":412}\n";
const char mp_reference_syslog_line[] = "<29>1 2026-11-22T09:00:00.123456Z " MP_REFERENCE_HOST " mapae 4711 ready "
                                        "[mapae@32473 listen=\"127.0.0.1:8443\" ms=\"412\"] ready\n";

/* The next of names apart by blanks, taken off; empty at the end. */
static mp_str next_name(mp_str *names)
{
    size_t end = mp_str_find(*names, ' ');
    mp_str name = end == SIZE_MAX ? *names : mp_str_of(names->ptr, end);
    *names = mp_str_skip(*names, end == SIZE_MAX ? names->len : end + 1);
    return name;
}

static void write_event(mp_page *p, const mp_log_event *event)
{
    mp_buf name = MP_BUF_INIT, level = MP_BUF_INIT, fields = MP_BUF_INIT;
    mp_str rest = mp_str_from(event->fields);
    add_code(&name, mp_str_from(event->name));
    add_code(&level, mp_str_from(mp_log_level_name(event->level)));
    for (mp_str field = next_name(&rest); field.len; field = next_name(&rest))
        add_code(&fields, field);
    mp_str cells[] = { mp_buf_str(&name), mp_buf_str(&level), mp_buf_str(&fields), mp_message(p->lang, event->doc) };
    mp_page_row(p, cells, MP_COUNT(cells));
    mp_page_free_part(p, &name);
    mp_page_free_part(p, &level);
    mp_page_free_part(p, &fields);
}

static void write_field(mp_page *p, mp_str field)
{
    mp_buf name = MP_BUF_INIT;
    add_code(&name, field);
    mp_str cells[] = { mp_buf_str(&name), mp_message_of(p->lang, "reference.log.field.", field) };
    mp_page_row(p, cells, MP_COUNT(cells));
    mp_page_free_part(p, &name);
}

/* Each field that an event has, once. */
static mp_code write_fields(mp_page *p, mp_error *err)
{
    static const char *const head[] = { "reference.column.field", "reference.column.meaning" };
    mp_map                   seen = MP_MAP_INIT;
    mp_code                  code = MP_OK;
    mp_page_section(p, "reference.log.fields");
    mp_page_table(p, head, MP_COUNT(head));
    for (size_t i = 0; i < mp_log_event_count; i++) {
        mp_str rest = mp_str_from(mp_log_events[i].fields);
        for (mp_str field = next_name(&rest); field.len && code == MP_OK; field = next_name(&rest)) {
            if (mp_map_get(&seen, field))
                continue;
            code = mp_map_put(&seen, field, &seen, err);
            write_field(p, field);
        }
    }
    mp_map_free(&seen);
    return code;
}

static mp_code write_log(mp_page *p, mp_error *err)
{
    static const char *const head[] = { "reference.column.event", "reference.column.level", "reference.column.fields",
                                        "reference.column.meaning" };
    mp_reference_begin(p, "log");
    mp_page_section(p, "reference.log.form");
    mp_page_paragraphs(p, mp_message(p->lang, "reference.log.json"));
    mp_page_lines(p, "json", mp_str_from(mp_reference_json_line));
    mp_page_paragraphs(p, mp_message(p->lang, "reference.log.syslog"));
    mp_page_lines(p, "text", mp_str_from(mp_reference_syslog_line));
    mp_page_section(p, "reference.log.events");
    mp_page_table(p, head, MP_COUNT(head));
    for (size_t i = 0; i < mp_log_event_count; i++)
        write_event(p, &mp_log_events[i]);
    return write_fields(p, err);
}

/* ---- metrics ---- */

/* The next line of `*text`, taken off, without its end. */
static mp_str next_line(mp_str *text)
{
    size_t end = mp_str_find(*text, '\n');
    mp_str line = end == SIZE_MAX ? *text : mp_str_of(text->ptr, end);
    *text = mp_str_skip(*text, end == SIZE_MAX ? text->len : end + 1);
    return line;
}

/* `line` is "# TYPE NAME KIND"; `text`, what follows it. Its samples begin at the first line that is no comment. */
static void write_metric(mp_page *p, mp_str line, mp_str text)
{
    mp_buf name = MP_BUF_INIT, kind = MP_BUF_INIT, first = MP_BUF_INIT;
    mp_str metric = mp_str_skip(line, sizeof "# TYPE " - 1);
    size_t blank = mp_str_find(metric, ' ');
    add_code(&kind, mp_str_skip(metric, blank + 1));
    metric.len = blank;
    mp_str sample = next_line(&text);
    while (mp_str_starts(sample, MP_S("# ")))
        sample = next_line(&text);
    add_code(&name, metric);
    add_code(&first, mp_str_of(sample.ptr, mp_str_rfind(sample, ' ')));
    mp_str cells[] = { mp_buf_str(&name), mp_buf_str(&kind), mp_message_of(p->lang, "metric.", metric),
                       mp_buf_str(&first) };
    mp_page_row(p, cells, MP_COUNT(cells));
    mp_page_free_part(p, &name);
    mp_page_free_part(p, &kind);
    mp_page_free_part(p, &first);
}

/* From the text that monitoring reads, so that nothing is left out that stands in no table. */
static mp_code write_metrics(mp_page *p, mp_error *err)
{
    static const char *const head[] = { "reference.column.metric", "reference.column.kind",
                                        "reference.column.meaning", "reference.column.sample" };
    mp_buf                   all = MP_BUF_INIT;
    mp_reference_begin(p, "metrics");
    mp_metrics_write(&all);
    mp_page_table(p, head, MP_COUNT(head));
    mp_code code = mp_buf_check(&all, err);
    mp_str  text = mp_buf_str(&all);
    while (code == MP_OK && text.len) {
        mp_str line = next_line(&text);
        if (mp_str_starts(line, MP_S("# TYPE ")))
            write_metric(p, line, text);
    }
    mp_buf_free(&all);
    return code;
}

/* ---- all of them ---- */

static mp_code write_api(mp_page *p, mp_error *err)
{
    mp_reference_begin(p, "api");
    return mp_reference_api(p, err);
}

const mp_reference_page mp_reference_platform[] = {
    { "settings", write_settings },
    { "roles", write_roles },
    { "api", write_api },
    { "log", write_log },
    { "metrics", write_metrics },
};
const size_t mp_reference_platform_count = MP_COUNT(mp_reference_platform);
