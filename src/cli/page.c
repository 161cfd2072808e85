/* SPDX-License-Identifier: Apache-2.0 */
#include "page.h"

#include <stdio.h>

#define COLUMN_OF_NAMES 15
#define COLUMN_OF_OPTIONS 30
#define COLUMN_OF_EXITS 6

void mp_page_section(mp_page *p, const char *id)
{
    p->style->section(p, id);
}

mp_str mp_page_next_paragraph(mp_str *text)
{
    size_t end = mp_str_find_str(*text, MP_S("\n\n"));
    mp_str one = end == SIZE_MAX ? *text : mp_str_of(text->ptr, end);
    *text = end == SIZE_MAX ? MP_S("") : mp_str_skip(*text, end + 2);
    return one;
}

void mp_page_paragraphs(mp_page *p, mp_str text)
{
    while (text.len)
        p->style->paragraph(p, mp_page_next_paragraph(&text));
}

/* ---- usage ---- */

static bool takes_many(const mp_option *o)
{
    return o->kind == MP_OPTION_LIST && o->max == 0;
}

static void add_usage(mp_buf *out, const mp_command *command)
{
    const mp_option *operand = command->operand;
    mp_buf_printf(out, "mapae %s", command->name);
    if (command->subs)
        mp_buf_add(out, MP_S(" COMMAND [ARGUMENT...]"));
    for (size_t i = 0; i < command->option_count; i++)
        if (command->options[i].is_required)
            mp_buf_printf(out, " --%s %s", command->options[i].name, command->options[i].value);
    if (command->option_count)
        mp_buf_add(out, MP_S(" [OPTION...]"));
    if (operand)
        mp_buf_printf(out, operand->min ? " %s%s" : " [%s%s]", operand->value,
                      takes_many(operand) ? "..." : "");
}

void mp_page_usage(mp_buf *out, mp_lang lang, const mp_command *command)
{
    mp_buf usage = MP_BUF_INIT;
    if (command)
        add_usage(&usage, command);
    else
        mp_buf_add(&usage, MP_S("mapae [OPTION...] COMMAND [ARGUMENT...]"));
    mp_str args[] = { mp_buf_str(&usage), mp_str_from(command ? command->name : "") };
    mp_say(out, lang, command ? "help.usage.command" : "help.usage", args, MP_COUNT(args));
    mp_buf_add_c(out, '\n');
    mp_buf_free(&usage);
}

/* ---- options ---- */

static void add_value(mp_buf *out, const mp_option *o)
{
    if (o->value)
        mp_buf_add_z(out, o->value);
    for (size_t i = 0; !o->value && o->choices && o->choices[i]; i++)
        mp_buf_printf(out, "%s%s", i ? "|" : "", o->choices[i]);
}

static void add_term(mp_buf *out, const mp_option *o)
{
    if (!o->name) {
        mp_buf_printf(out, "%s%s", o->value, takes_many(o) ? "..." : "");
        return;
    }
    if (o->letter)
        mp_buf_printf(out, "-%c, ", o->letter);
    mp_buf_printf(out, "--%s", o->name);
    if (o->kind != MP_OPTION_FLAG) {
        mp_buf_add_c(out, ' ');
        add_value(out, o);
    }
}

static void add_choices(mp_buf *out, mp_lang lang, const mp_option *o)
{
    mp_buf all = MP_BUF_INIT;
    for (size_t i = 0; o->choices[i]; i++)
        mp_buf_printf(&all, "%s`%s`", i ? ", " : "", o->choices[i]);
    mp_str list = mp_buf_str(&all);
    mp_say(out, lang, "help.choices", &list, 1);
    mp_buf_free(&all);
}

static void add_option_text(mp_buf *out, mp_lang lang, const mp_option *o)
{
    mp_buf_add(out, mp_message(lang, o->help));
    if (o->kind == MP_OPTION_CHOICES && o->value)
        add_choices(out, lang, o);
    if (o->name && takes_many(o))
        mp_buf_add(out, mp_message(lang, "help.repeatable"));
    if (o->is_required)
        mp_buf_add(out, mp_message(lang, "help.required"));
    if (o->fallback)
        mp_say_z(out, lang, "help.default", o->fallback, NULL);
}

static void add_option(mp_page *p, const mp_option *o)
{
    mp_buf term = MP_BUF_INIT, text = MP_BUF_INIT;
    add_term(&term, o);
    add_option_text(&text, p->lang, o);
    p->style->item(p, mp_buf_str(&term), mp_buf_str(&text));
    mp_buf_free(&term);
    mp_buf_free(&text);
}

static void add_options(mp_page *p, const mp_option *options, size_t count)
{
    p->item_column = COLUMN_OF_OPTIONS;
    for (size_t i = 0; i < count; i++) {
        if (options[i].heading)
            p->style->heading(p, mp_message(p->lang, options[i].heading));
        if (!options[i].is_hidden)
            add_option(p, &options[i]);
    }
}

/* ---- exit codes ---- */

static const struct {
    mp_exit     value;
    const char *name;
} exit_names[] = {
#define MP_EXIT(name, value, text) { MP_EXIT_##name, text },
#include "exits.def"
#undef MP_EXIT
};

/* exit.NAME.COMMAND where there is one, that of the command's group, else exit.NAME. */
static mp_str exit_text(mp_lang lang, const char *name, const mp_command *command)
{
    char              id[64];
    const mp_command *group = command ? mp_command_parent(command) : NULL;
    snprintf(id, sizeof id, "exit.%s.%s", name, command ? command->name : "");
    if (!mp_message_exists(lang, id) && group)
        snprintf(id, sizeof id, "exit.%s.%s", name, group->name);
    if (!mp_message_exists(lang, id))
        snprintf(id, sizeof id, "exit.%s", name);
    return mp_message_of(lang, "", mp_str_from(id));
}

void mp_page_exits(mp_page *p, unsigned exits, const mp_command *command)
{
    p->item_column = COLUMN_OF_EXITS;
    for (size_t i = 0; i < MP_COUNT(exit_names); i++) {
        char digits[12];
        snprintf(digits, sizeof digits, "%d", exit_names[i].value);
        if (exits >> exit_names[i].value & 1)
            p->style->item(p, mp_str_from(digits), exit_text(p->lang, exit_names[i].name, command));
    }
}

/* ---- pages ---- */

static void add_examples(mp_page *p, const mp_example *examples, size_t count)
{
    for (size_t i = 0; i < count; i++)
        p->style->example(p, mp_str_from(examples[i].line), mp_message(p->lang, examples[i].help));
}

static void add_synopsis(mp_page *p, const mp_command *command)
{
    mp_buf line = MP_BUF_INIT;
    add_usage(&line, command);
    p->style->synopsis(p, mp_buf_str(&line));
    mp_buf_free(&line);
}

/* A command within the page of its group: the same parts, under one heading. */
static void add_sub(mp_page *p, const mp_command *command)
{
    mp_buf title = MP_BUF_INIT;
    mp_buf_printf(&title, "mapae %s", command->name);
    p->style->heading(p, mp_buf_str(&title));
    mp_buf_free(&title);
    add_synopsis(p, command);
    mp_page_paragraphs(p, mp_message(p->lang, command->text));
    if (command->operand)
        add_options(p, command->operand, 1);
    add_options(p, command->options, command->option_count);
    add_examples(p, command->examples, command->example_count);
}

static void add_subs(mp_page *p, const mp_command *group)
{
    mp_page_section(p, "help.commands");
    p->item_column = COLUMN_OF_NAMES + COLUMN_OF_EXITS;
    for (size_t i = 0; i < group->sub_count; i++)
        p->style->item(p, mp_command_word(&group->subs[i]), mp_message(p->lang, group->subs[i].summary));
    for (size_t i = 0; p->style->is_whole && i < group->sub_count; i++)
        add_sub(p, &group->subs[i]);
}

void mp_page_command(mp_page *p, const mp_command *command)
{
    mp_buf name = MP_BUF_INIT;
    mp_buf_printf(&name, "mapae %s", command->name);
    p->style->begin(p, mp_buf_str(&name), mp_message(p->lang, command->summary));
    mp_buf_free(&name);
    mp_page_section(p, "help.synopsis");
    add_synopsis(p, command);

    mp_page_section(p, "help.description");
    mp_page_paragraphs(p, mp_message(p->lang, command->text));
    if (command->subs)
        add_subs(p, command);
    if (command->operand || command->option_count) {
        mp_page_section(p, "help.options");
        if (command->operand)
            add_options(p, command->operand, 1);
        add_options(p, command->options, command->option_count);
        mp_page_paragraphs(p, mp_message(p->lang, "help.global"));
    }
    if (command->example_count) {
        mp_page_section(p, "help.examples");
        add_examples(p, command->examples, command->example_count);
    }
    mp_page_section(p, "help.exits");
    mp_page_exits(p, command->exits, command);
    p->style->see_also(p, command);
}

static const mp_example first_steps[] = {
    { "mapae scan -p content/initiatives/korea-baseline.json -l content/policies content/demo/inventory",
      "example.first.scan" },
    { "mapae lint my-policies", "example.first.lint" },
    { "mapae explain --policy policy.json --resource resource.json", "example.first.explain" },
};

void mp_page_main(mp_page *p)
{
    p->style->begin(p, MP_S("mapae"), mp_message(p->lang, "mapae.summary"));
    mp_page_section(p, "help.synopsis");
    p->style->synopsis(p, MP_S("mapae [OPTION...] COMMAND [ARGUMENT...]"));
    mp_page_section(p, "help.description");
    mp_page_paragraphs(p, mp_message(p->lang, "mapae.text"));
    mp_page_section(p, "help.first");
    add_examples(p, first_steps, MP_COUNT(first_steps));

    mp_page_section(p, "help.commands");
    p->item_column = COLUMN_OF_NAMES;
    for (size_t i = 0; mp_command_at(i); i++)
        if (!mp_command_at(i)->is_hidden)
            p->style->item(p, mp_str_from(mp_command_at(i)->name),
                           mp_message(p->lang, mp_command_at(i)->summary));
    mp_page_section(p, "help.options.global");
    add_options(p, mp_global_options, mp_global_option_count);
    mp_page_section(p, "help.exits");
    mp_page_exits(p, MP_EXITS_ALL, NULL);
    mp_page_section(p, "help.more");
    mp_page_paragraphs(p, mp_message(p->lang, "mapae.more"));
    p->style->see_also(p, NULL);
}
