/* SPDX-License-Identifier: Apache-2.0 */
#include "page.h"

struct man_args {
    mp_list words; /* of the command: "user", "add" */
};

static const mp_option operand = {
    .value = "COMMAND", .help = "operand.command", MP_FIELD(struct man_args, words),
};

static const mp_example examples[] = {
    { "mapae man scan | man -l -", "example.man.first" },
};

static mp_code run(mp_exit *exit, mp_cli *cli, const void *args_, mp_error *err)
{
    const struct man_args *args = args_;
    (void)exit;
    const mp_command *command = NULL;
    mp_page           page = MP_PAGE(mp_style_man, cli->lang);
    if (args->words.count)
        MP_TRY(mp_command_get_words(&command, &args->words, err));
    if (command)
        mp_page_command(&page, command);
    else
        mp_page_main(&page);
    return mp_page_send(&page, cli, err);
}

const mp_command mp_command_man = {
    .name = "man",
    .summary = "command.man.summary",
    .text = "command.man.text",
    .operand = &operand,
    .examples = examples,
    .example_count = MP_COUNT(examples),
    .args_size = sizeof(struct man_args),
    .exits = MP_EXITS_USUAL,
    .run = run,
    .is_hidden = true,
};
