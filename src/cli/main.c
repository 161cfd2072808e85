/* SPDX-License-Identifier: Apache-2.0 */
/* mapae COMMAND: read the global options, find the command, read its options, run it, say how it
 * ended. Nothing is decided here. */
#include "cli.h"
#include "globals.h"
#include "page.h"

#include <fcntl.h>

/* The command line, and what of it is read so far. */
struct line {
    const char *const *argv;
    size_t             argc, next;
    mp_global_args     globals;
    mp_arena           arena;
};

static mp_code run_command(mp_exit *exit, mp_cli *cli, struct line *line, mp_error *err)
{
    const mp_command *command = cli->command;
    void *args = mp_arena_zero(&line->arena, 1, command->args_size ? command->args_size : 1);
    if (!args)
        return mp_no_memory(err);
    mp_option_set sets[] = { { command->options, command->option_count, args },
                             { mp_global_options, mp_global_option_count, &line->globals } };
    MP_TRY(mp_options_default(&sets[0], &line->arena, err));
    MP_TRY(mp_options_read(sets, MP_COUNT(sets), command->operand, line->argv, line->argc,
                           &line->next, &line->arena, err));
    mp_behave(cli, &line->globals);
    if (line->globals.help)
        return mp_page_print(cli, command, err);
    if (line->next < line->argc)
        return mp_fail(err, MP_USAGE, MP_NOWHERE, "%s takes no arguments, but is given \"%s\"",
                       command->name, line->argv[line->next]);
    MP_TRY(mp_options_check(&sets[0], command->operand, err));
    return command->run(exit, cli, args, err);
}

/* "mapae user [OPTION...] add ...": the next word says which of the group. */
static mp_code run_group(mp_exit *exit, mp_cli *cli, struct line *line, mp_error *err)
{
    mp_option_set set = { mp_global_options, mp_global_option_count, &line->globals };
    MP_TRY(mp_options_read(&set, 1, NULL, line->argv, line->argc, &line->next, &line->arena, err));
    mp_behave(cli, &line->globals);
    if (line->next < line->argc && !line->globals.help) {
        mp_str name = mp_arena_printf(&line->arena, "%s %s", cli->command->name, line->argv[line->next++]);
        if (!name.ptr)
            return mp_no_memory(err);
        MP_TRY(mp_command_get(&cli->command, name, err));
        return run_command(exit, cli, line, err);
    }
    *exit = line->globals.help ? MP_EXIT_OK : MP_EXIT_INPUT;
    return mp_page_print(cli, cli->command, err);
}

static mp_code run(mp_exit *exit, mp_cli *cli, struct line *line, mp_error *err)
{
    mp_option_set set = { mp_global_options, mp_global_option_count, &line->globals };
    MP_TRY(mp_options_default(&set, &line->arena, err));
    MP_TRY(mp_options_read(&set, 1, NULL, line->argv, line->argc, &line->next, &line->arena, err));
    mp_behave(cli, &line->globals);

    const char *name = line->next < line->argc ? line->argv[line->next++] : NULL;
    if (!name && line->globals.version)
        name = "version";
    if (name) {
        MP_TRY(mp_command_get(&cli->command, mp_str_from(name), err));
        return cli->command->subs ? run_group(exit, cli, line, err) : run_command(exit, cli, line, err);
    }
    *exit = line->globals.help ? MP_EXIT_OK : MP_EXIT_INPUT;
    return mp_page_print(cli, NULL, err);
}

/* An error of usage may come before --lang is read: look for it, so that the error speaks it. */
static mp_lang early_lang(const char *const *argv, size_t argc)
{
    mp_lang lang = mp_lang_of_environment();
    for (size_t i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        mp_str  value = mp_str_from(argv[i]);
        if (mp_str_starts(value, MP_S("--lang=")))
            value = mp_str_skip(value, 7);
        else if (mp_str_eq(value, MP_S("--lang")) && i + 1 < argc)
            value = mp_str_from(argv[i + 1]);
        else
            continue;
        mp_lang found = mp_lang_find(value);
        lang = found == MP_LANG_COUNT ? lang : found;
    }
    return lang;
}

static void say_usage(const mp_cli *cli)
{
    mp_buf usage = MP_BUF_INIT;
    mp_page_usage(&usage, cli->lang, cli->command);
    fprintf(cli->err, "%.*s", MP_FMT(mp_buf_str(&usage)));
    mp_buf_free(&usage);
}

/* The first file that is opened must not take the place of a closed stream. What stands there instead cannot be read,
 * or written: to use it fails as it would have. */
static void occupy_streams(void)
{
    static const int modes[] = { O_WRONLY, O_RDONLY, O_RDWR };
    for (int fd = 0; fd < (int)MP_COUNT(modes); fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", modes[fd]) < 0)
            return;
}

int main(int argc, char **argv)
{
    occupy_streams();
    struct line line = { (const char *const *)argv, (size_t)argc, 1, { .jobs = 0 }, MP_ARENA_INIT };
    mp_cli      cli = { .out = stdout, .err = stderr, .jobs = 1, .columns = 80 };
    mp_error    err = { .code = MP_OK };
    mp_exit     exit = MP_EXIT_OK;

    cli.arena = &line.arena;
    cli.lang = early_lang(line.argv, line.argc);
    mp_code code = run(&exit, &cli, &line, &err);
    if (code != MP_OK) {
        mp_cli_error(&cli, cli.file, &err);
        exit = mp_exit_of_code(code);
    }
    if (code == MP_USAGE)
        say_usage(&cli);
    mp_arena_free(&line.arena);
    return (int)exit;
}
