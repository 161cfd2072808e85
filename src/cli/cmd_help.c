/* SPDX-License-Identifier: Apache-2.0 */
#include "page.h"

struct help_args {
    mp_list words; /* of the command: "user", "add" */
};

static const mp_option operand = {
    .value = "COMMAND", .help = "operand.command", MP_FIELD(struct help_args, words),
};

static const mp_example examples[] = {
    { "mapae help scan", "example.help.command" },
    { "mapae --lang ko help", "example.help.lang" },
};

static mp_code run(mp_exit *exit, mp_cli *cli, const void *args_, mp_error *err)
{
    const struct help_args *args = args_;
    (void)exit;
    const mp_command *command = NULL;
    if (args->words.count)
        MP_TRY(mp_command_get_words(&command, &args->words, err));
    return mp_page_print(cli, command, err);
}

const mp_command mp_command_help = {
    .name = "help",
    .summary = "command.help.summary",
    .text = "command.help.text",
    .operand = &operand,
    .examples = examples,
    .example_count = MP_COUNT(examples),
    .args_size = sizeof(struct help_args),
    .exits = MP_EXITS_USUAL,
    .run = run,
};
