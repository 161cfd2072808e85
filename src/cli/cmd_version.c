/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

static const mp_example examples[] = {
    { "mapae version", "example.version.first" },
};

static mp_code run(mp_exit *exit, mp_cli *cli, const void *args, mp_error *err)
{
    (void)exit, (void)args;
    mp_output out;
    MP_TRY(mp_output_open(&out, cli, NULL, err));
    fprintf(out.file, "mapae %s\n", MAPAE_VERSION);
    return mp_output_close(&out, err);
}

const mp_command mp_command_version = {
    .name = "version",
    .summary = "command.version.summary",
    .text = "command.version.text",
    .examples = examples,
    .example_count = MP_COUNT(examples),
    .exits = MP_EXITS_USUAL,
    .run = run,
};
