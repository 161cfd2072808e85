/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#include <stdarg.h>

#include "escape.h"
#include "text.h"

/* ---- commands ---- */

#define MP_COMMAND(name) extern const mp_command mp_command_##name;
#include "commands.def"
#undef MP_COMMAND

static const mp_command *const commands[] = {
#define MP_COMMAND(name) &mp_command_##name,
#include "commands.def"
#undef MP_COMMAND
};

const mp_command *mp_command_at(size_t index)
{
    return index < MP_COUNT(commands) ? commands[index] : NULL;
}

const mp_command *mp_command_of_all(size_t index)
{
    for (size_t i = 0; i < MP_COUNT(commands); i++) {
        if (index == 0)
            return commands[i];
        if (index <= commands[i]->sub_count)
            return &commands[i]->subs[index - 1];
        index -= 1 + commands[i]->sub_count;
    }
    return NULL;
}

const mp_command *mp_command_find(mp_str name)
{
    for (size_t i = 0; mp_command_of_all(i); i++)
        if (mp_str_eq(name, mp_str_from(mp_command_of_all(i)->name)))
            return mp_command_of_all(i);
    return NULL;
}

mp_str mp_command_word(const mp_command *command)
{
    mp_str name = mp_str_from(command->name);
    size_t blank = mp_str_rfind(name, ' ');
    return blank == SIZE_MAX ? name : mp_str_skip(name, blank + 1);
}

const mp_command *mp_command_parent(const mp_command *command)
{
    mp_str name = mp_str_from(command->name);
    size_t blank = mp_str_rfind(name, ' ');
    return blank == SIZE_MAX ? NULL : mp_command_find(mp_str_of(name.ptr, blank));
}

/* Of a name with a group in front the nearest is one of that group; of another, one of the first level. */
static mp_code unknown_command(mp_str name, mp_error *err)
{
    mp_str            names[MP_COUNT(commands) + MP_COMMANDS_OF_GROUP];
    size_t            count = 0, blank = mp_str_rfind(name, ' ');
    const mp_command *group = blank == SIZE_MAX ? NULL : mp_command_find(mp_str_of(name.ptr, blank));
    for (size_t i = 0; group && i < group->sub_count; i++)
        names[count++] = mp_str_from(group->subs[i].name);
    for (size_t i = 0; !group && i < MP_COUNT(commands); i++)
        if (!commands[i]->is_hidden)
            names[count++] = mp_str_from(commands[i]->name);
    mp_str nearest = mp_text_nearest(name, names, count);
    if (nearest.len)
        return mp_fail(err, MP_USAGE, MP_NOWHERE, "unknown command %.*s; did you mean %.*s?",
                       MP_FMT(name), MP_FMT(nearest));
    return mp_fail(err, MP_USAGE, MP_NOWHERE, "unknown command %.*s", MP_FMT(name));
}

mp_code mp_command_get(const mp_command **out, mp_str name, mp_error *err)
{
    const mp_command *command = mp_command_find(name);
    if (!command)
        return unknown_command(name, err);
    *out = command;
    return MP_OK;
}

mp_code mp_command_get_words(const mp_command **out, const mp_list *words, mp_error *err)
{
    mp_buf name = MP_BUF_INIT;
    for (size_t i = 0; i < words->count; i++)
        mp_buf_printf(&name, "%s%s", i ? " " : "", words->items[i]);
    mp_code code = mp_buf_check(&name, err);
    if (code == MP_OK)
        code = mp_command_get(out, mp_buf_str(&name), err);
    mp_buf_free(&name);
    return code;
}

/* ---- exit codes ---- */

mp_exit mp_exit_of_code(mp_code code)
{
    switch (code) {
    case MP_OK:
        return MP_EXIT_OK;
    case MP_NOMEM:
    case MP_INTERNAL:
        return MP_EXIT_INTERNAL;
    case MP_OUTPUT:
        return MP_EXIT_OUTPUT;
    default:
        return MP_EXIT_INPUT;
    }
}

/* ---- speaking ---- */

/* Names and messages may hold what a terminal obeys. */
static void say_line(const mp_cli *cli, const char *prefix, const char *color, mp_buf *text)
{
    mp_buf shown = MP_BUF_INIT;
    mp_escape_plain(&shown, mp_buf_str(text));
    if (cli->err_color && prefix[0])
        fprintf(cli->err, "mapae: \033[%sm%s\033[0m%.*s\n", color, prefix, MP_FMT(mp_buf_str(&shown)));
    else
        fprintf(cli->err, "mapae: %s%.*s\n", prefix, MP_FMT(mp_buf_str(&shown)));
    mp_buf_free(&shown);
    mp_buf_free(text);
}

void mp_cli_note(const mp_cli *cli, const char *id, ...)
{
    mp_buf  text = MP_BUF_INIT;
    va_list args;
    if (cli->is_quiet)
        return;
    va_start(args, id);
    mp_say_va(&text, cli->lang, id, args);
    va_end(args);
    say_line(cli, "", "", &text);
}

void mp_cli_warn(const mp_cli *cli, const char *id, ...)
{
    mp_buf  text = MP_BUF_INIT;
    va_list args;
    va_start(args, id);
    mp_say_va(&text, cli->lang, id, args);
    va_end(args);
    say_line(cli, "warning: ", "33", &text);
}

void mp_cli_error(const mp_cli *cli, const char *file, const mp_error *err)
{
    mp_buf text = MP_BUF_INIT;
    mp_str message = mp_str_from(err->message);
    /* Some errors, of reading for one, begin with the file's name themselves. */
    if (file && !mp_str_starts(message, mp_str_from(file)))
        mp_buf_printf(&text, "%s:", file);
    if (err->pos.line)
        mp_buf_printf(&text, "%u:%u:", err->pos.line, err->pos.col);
    if (text.len)
        mp_buf_add_c(&text, ' ');
    mp_say_error(&text, cli->lang, err);
    say_line(cli, "error: ", "31", &text);
}
