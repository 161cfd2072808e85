/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

struct eval_args {
    const char *requests; /* NULL: standard input */
    const char *aliases;
    mp_when     now;
    bool        strict;
    const char *out;
};

static const mp_option operand = {
    .value = "FILE", .help = "operand.requests", .max = 1, MP_FIELD(struct eval_args, requests),
};

static const mp_option options[] = {
    { .name = "aliases", .value = "FILE", .help = "option.aliases.eval",
      MP_FIELD(struct eval_args, aliases) },
    { .name = "now", .value = "TIME", .help = "option.now", MP_FIELD(struct eval_args, now) },
    { .name = "strict", .help = "option.strict.eval", MP_FIELD(struct eval_args, strict) },
    { .name = "out", .letter = 'o', .value = "FILE", .help = "option.out", MP_FIELD(struct eval_args, out) },
};

static const mp_example examples[] = {
    { "mapae eval requests.ndjson", "example.eval.file" },
    { "echo '{\"id\": 1, \"aliases\": null, \"policyRule\": {\"if\": {\"field\": \"port\", \"equals\": 22}, "
      "\"then\": {\"effect\": \"audit\"}}, \"resource\": {\"port\": 22}}' | mapae eval",
      "example.eval.pipe" },
};

static mp_code run(mp_exit *exit, mp_cli *cli, const void *args_, mp_error *err)
{
    const struct eval_args *args = args_;
    (void)exit, (void)cli, (void)args;
    return mp_fail(err, MP_UNSUPPORTED, MP_NOWHERE, "%s is not part of this build yet", "eval");
}

const mp_command mp_command_eval = {
    .name = "eval",
    .summary = "command.eval.summary",
    .text = "command.eval.text",
    .options = options,
    .option_count = MP_COUNT(options),
    .operand = &operand,
    .examples = examples,
    .example_count = MP_COUNT(examples),
    .args_size = sizeof(struct eval_args),
    .exits = MP_EXITS_USUAL,
    .run = run,
};
