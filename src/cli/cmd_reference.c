/* SPDX-License-Identifier: Apache-2.0 */
/* docs/reference: one Markdown file of commands, one of exit codes, one for each topic, an index. */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "app.h"
#include "config.h"
#include "page.h"
#include "rbac.h"
#include "topics.h"

struct reference_args {
    const char *folder;
};

static const mp_option operand = {
    .value = "DIR", .help = "operand.folder", .min = 1, .max = 1, MP_FIELD(struct reference_args, folder),
};

static const mp_example examples[] = {
    { "mapae reference docs/reference", "example.reference.first" },
};

static void begin(mp_page *p, const char *name)
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

static void write_commands(mp_page *p)
{
    begin(p, "commands");
    p->level = 2;
    for (size_t i = 0; mp_command_at(i); i++)
        if (!mp_command_at(i)->is_hidden)
            mp_page_command(p, mp_command_at(i));
}

static void write_program(mp_page *p)
{
    mp_page_main(p);
}

static void write_exits(mp_page *p)
{
    begin(p, "exits");
    mp_page_exits(p, MP_EXITS_ALL, NULL);
}

/* What a setting is for, what it may be, what it is without a word, and its variable. */
static void write_setting(mp_page *p, mp_setting_id id)
{
    const mp_setting *s = &mp_settings[id];
    mp_buf            text = MP_BUF_INIT, range = MP_BUF_INIT;
    char              variable[MP_SETTING_VARIABLE];
    mp_setting_say_range(&range, id);
    mp_setting_variable(variable, id);
    mp_str rest[] = { mp_buf_str(&range), mp_str_from(s->fallback), mp_str_from(variable) };
    mp_buf_add(&text, mp_message_of(p->lang, "setting.", mp_str_from(s->name)));
    mp_buf_add_c(&text, ' ');
    mp_say(&text, p->lang, s->fallback[0] ? "reference.setting" : "reference.setting.none", rest, MP_COUNT(rest));
    p->style->item(p, mp_str_from(s->name), mp_buf_str(&text));
    mp_buf_free(&text);
    mp_buf_free(&range);
}

static void write_settings(mp_page *p)
{
    begin(p, "settings");
    for (int i = 0; i < MP_SETTING_COUNT; i++) {
        mp_str section = mp_setting_section((mp_setting_id)i);
        if (i == 0 || !mp_str_eq(section, mp_setting_section((mp_setting_id)(i - 1))))
            p->style->heading(p, section);
        write_setting(p, (mp_setting_id)i);
    }
}

static void add_actions(mp_buf *text, mp_lang lang, const char *id, const char *const *actions)
{
    mp_buf list = MP_BUF_INIT;
    for (size_t i = 0; actions && actions[i]; i++)
        mp_buf_printf(&list, "%s`%s`", i ? ", " : "", actions[i]);
    mp_str said = mp_buf_str(&list);
    if (said.len)
        mp_say(text, lang, id, &said, 1);
    mp_buf_free(&list);
}

static void write_roles(mp_page *p)
{
    const mp_builtin_role *role;
    begin(p, "roles");
    for (size_t i = 0; (role = mp_builtin_role_at(i)); i++) {
        mp_buf text = MP_BUF_INIT;
        mp_buf_add(&text, mp_message(p->lang, role->doc));
        add_actions(&text, p->lang, "reference.role.actions", role->actions);
        add_actions(&text, p->lang, "reference.role.not", role->not_actions);
        add_actions(&text, p->lang, "reference.role.data", role->data_actions);
        add_actions(&text, p->lang, "reference.role.not-data", role->not_data_actions);
        mp_say_z(&text, p->lang, "reference.role.id", role->id, NULL);
        p->style->item(p, mp_str_from(role->name), mp_buf_str(&text));
        mp_buf_free(&text);
    }
}

static void write_route(mp_page *p, const mp_route *route)
{
    static const char *const methods[MP_METHOD_COUNT] = { "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS" };
    mp_buf                   term = MP_BUF_INIT, text = MP_BUF_INIT;
    mp_buf_printf(&term, "%s %s", methods[route->method], route->path);
    mp_buf_add(&text, mp_message(p->lang, route->summary));
    mp_say_z(&text, p->lang, "reference.api.action", route->action, NULL);
    p->style->item(p, mp_buf_str(&term), mp_buf_str(&text));
    mp_buf_free(&term);
    mp_buf_free(&text);
}

/* Without those that serve pages: they have no summary. */
static void write_api(mp_page *p)
{
    const char *tag = "";
    begin(p, "api");
    for (const mp_routes *t = mp_app_routes; t->routes; t++)
        for (size_t i = 0; i < t->count; i++) {
            const mp_route *route = &t->routes[i];
            if (!route->summary || !route->tag)
                continue;
            if (strcmp(tag, route->tag) != 0)
                p->style->heading(p, mp_str_from(route->tag));
            tag = route->tag;
            write_route(p, route);
        }
}

static const struct {
    const char *name, *level, *fields;
} events[] = {
#define MP_LOG_EVENT(name, level, fields) { (name), #level, (fields) },
#include "events.def"
#undef MP_LOG_EVENT
};

static void write_events(mp_page *p)
{
    begin(p, "log");
    for (size_t i = 0; i < MP_COUNT(events); i++) {
        mp_buf text = MP_BUF_INIT;
        char   level[16];
        size_t n = 0;
        for (; events[i].level[n] && n + 1 < sizeof level; n++)
            level[n] = (char)(events[i].level[n] + ('a' - 'A'));
        level[n] = '\0';
        mp_buf_add(&text, mp_message_of(p->lang, "log.", mp_str_from(events[i].name)));
        mp_say_z(&text, p->lang, "reference.event", level, events[i].fields, NULL);
        p->style->item(p, mp_str_from(events[i].name), mp_buf_str(&text));
        mp_buf_free(&text);
    }
}

static void write_topic(mp_page *p, const mp_topic *topic)
{
    begin(p, topic->name);
    for (size_t i = 0; i < topic->count; i++)
        p->style->item(p, mp_topic_term(topic, i), mp_message_of(p->lang, topic->prefix, topic->names[i]));
}

static const struct {
    const char *name;
    void (*write)(mp_page *p);
} pages[] = {
    { "mapae", write_program },
    { "commands", write_commands },
    { "exits", write_exits },
    { "settings", write_settings },
    { "roles", write_roles },
    { "api", write_api },
    { "log", write_events },
};

static void write_entry(mp_page *p, const char *name)
{
    mp_str title = mp_message_of(p->lang, "topic.", mp_str_from(name));
    mp_buf_printf(&p->out, "- [%.*s](", MP_FMT(title));
    mp_buf_add_z(&p->out, name);
    mp_buf_add_z(&p->out, ".md)\n");
}

static void write_index(mp_page *p)
{
    begin(p, "index");
    for (size_t i = 0; i < MP_COUNT(pages); i++)
        write_entry(p, pages[i].name);
    for (size_t i = 0; i < mp_topic_count; i++)
        write_entry(p, mp_topics[i].name);
}

/* The page, and where it came from, to DIR/NAME.md; frees it. */
static mp_code save(mp_page *p, const mp_cli *cli, const char *folder, const char *name, mp_error *err)
{
    char path[4096];
    int  len = snprintf(path, sizeof path, "%s/%s.md", folder, name);
    mp_output out;
    mp_code   code = len < 0 || (size_t)len >= sizeof path
                         ? mp_fail(err, MP_LIMIT, MP_NOWHERE, "the path is longer than %zu bytes", sizeof path)
                         : mp_output_open(&out, cli, path, err);
    if (code == MP_OK) {
        fprintf(out.file, "<!-- %.*s -->\n\n", MP_FMT(mp_message(cli->lang, "reference.made")));
        code = mp_output_buf(&out, &p->out, err);
        if (code == MP_OK)
            code = mp_output_close(&out, err);
        else
            mp_output_abandon(&out);
    }
    mp_buf_free(&p->out);
    return code;
}

static mp_code run(mp_exit *exit, mp_cli *cli, const void *args_, mp_error *err)
{
    const struct reference_args *args = args_;
    (void)exit;
    if (mkdir(args->folder, 0777) != 0 && errno != EEXIST)
        return mp_fail(err, MP_OUTPUT, MP_NOWHERE, "cannot make the folder %s: %s", args->folder,
                       strerror(errno));
    for (size_t i = 0; i < MP_COUNT(pages); i++) {
        mp_page page = MP_PAGE(mp_style_markdown, cli->lang);
        pages[i].write(&page);
        MP_TRY(save(&page, cli, args->folder, pages[i].name, err));
    }
    for (size_t i = 0; i < mp_topic_count; i++) {
        mp_page page = MP_PAGE(mp_style_markdown, cli->lang);
        write_topic(&page, &mp_topics[i]);
        MP_TRY(save(&page, cli, args->folder, mp_topics[i].name, err));
    }
    mp_page index = MP_PAGE(mp_style_markdown, cli->lang);
    write_index(&index);
    return save(&index, cli, args->folder, "README", err);
}

const mp_command mp_command_reference = {
    .name = "reference",
    .summary = "command.reference.summary",
    .text = "command.reference.text",
    .operand = &operand,
    .examples = examples,
    .example_count = MP_COUNT(examples),
    .args_size = sizeof(struct reference_args),
    .exits = MP_EXITS_USUAL,
    .run = run,
    .is_hidden = true,
};
