/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

struct lint_args {
    mp_list     paths;
    mp_list     libraries;
    const char *aliases;
    bool        strict; /* warnings count as errors */
    int         format;
    const char *out;
};

enum { FORMAT_TEXT, FORMAT_JSON, FORMAT_SARIF };
static const char *const lint_formats[] = { "text", "json", "sarif", NULL };

static const mp_option lint_operand = {
    .value = "PATH", .help = "operand.policies", .min = 1, MP_FIELD(struct lint_args, paths),
};

static const mp_option lint_options[] = {
    { .name = "library", .letter = 'l', .value = "PATH", .help = "option.library",
      MP_FIELD(struct lint_args, libraries) },
    { .name = "aliases", .value = "FILE", .help = "option.aliases.lint",
      MP_FIELD(struct lint_args, aliases) },
    { .name = "strict", .help = "option.strict.lint", MP_FIELD(struct lint_args, strict) },
    { .name = "format", .letter = 'f', .choices = lint_formats, .fallback = "text", .help = "option.format.lint",
      MP_FIELD(struct lint_args, format) },
    { .name = "out", .letter = 'o', .value = "FILE", .help = "option.out", MP_FIELD(struct lint_args, out) },
};

static const mp_example lint_examples[] = {
    { "mapae lint content/policies content/initiatives", "example.lint.first" },
    { "mapae lint --strict --aliases aliases.json policies", "example.lint.strict" },
    { "mapae lint --format json policies > lint.json", "example.lint.json" },
};

static mp_code run(mp_exit *exit, mp_cli *cli, const void *args_, mp_error *err)
{
    const struct lint_args *args = args_;
    (void)exit, (void)cli, (void)args;
    return mp_fail(err, MP_UNSUPPORTED, MP_NOWHERE, "%s is not part of this build yet", "lint");
}

const mp_command mp_command_lint = {
    .name = "lint",
    .summary = "command.lint.summary",
    .text = "command.lint.text",
    .options = lint_options,
    .option_count = MP_COUNT(lint_options),
    .operand = &lint_operand,
    .examples = lint_examples,
    .example_count = MP_COUNT(lint_examples),
    .args_size = sizeof(struct lint_args),
    .exits = MP_EXITS_USUAL | 1u << MP_EXIT_FINDINGS,
    .run = run,
};
