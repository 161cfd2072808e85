/* SPDX-License-Identifier: Apache-2.0 */
#include "complete.h"

struct completion_args {
    const char *shell;
};

static const mp_option operand = {
    .value = "SHELL", .help = "operand.shell", .min = 1, .max = 1, .choices = mp_complete_shells,
    MP_FIELD(struct completion_args, shell),
};

static const mp_example examples[] = {
    { "source <(mapae completion bash)", "example.completion.first" },
};

static mp_code run(mp_exit *exit, mp_cli *cli, const void *args_, mp_error *err)
{
    const struct completion_args *args = args_;
    (void)exit;
    mp_buf    script = MP_BUF_INIT;
    mp_output out;
    if (!mp_complete(&script, cli->lang, mp_str_from(args->shell)))
        return mp_fail(err, MP_USAGE, MP_NOWHERE, "there is no completion for %s; there is for %s",
                       args->shell, "bash, zsh, fish");
    mp_code code = mp_output_open(&out, cli, NULL, err);
    if (code != MP_OK) {
        mp_buf_free(&script);
        return code;
    }
    MP_TRY(mp_output_buf(&out, &script, err));
    return mp_output_close(&out, err);
}

const mp_command mp_command_completion = {
    .name = "completion",
    .summary = "command.completion.summary",
    .text = "command.completion.text",
    .operand = &operand,
    .examples = examples,
    .example_count = MP_COUNT(examples),
    .args_size = sizeof(struct completion_args),
    .exits = MP_EXITS_USUAL,
    .run = run,
    .is_hidden = true,
};
