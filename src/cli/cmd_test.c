/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

struct test_args {
    mp_list     paths;
    mp_list     libraries;
    const char *aliases;
    const char *filter;
    int         coverage;
    int64_t     min_coverage; /* percent */
    int         format;
    const char *out;
};

enum { FORMAT_TEXT, FORMAT_JSON, FORMAT_JUNIT };
static const char *const test_formats[] = { "text", "json", "junit", NULL };

enum { COVERAGE_NONE, COVERAGE_SUMMARY, COVERAGE_FULL };
static const char *const test_coverages[] = { "none", "summary", "full", NULL };

static const mp_option test_operand = {
    .value = "PATH", .help = "operand.tests", .min = 1, MP_FIELD(struct test_args, paths),
};

static const mp_option test_options[] = {
    { .name = "library", .letter = 'l', .value = "PATH", .help = "option.library",
      MP_FIELD(struct test_args, libraries) },
    { .name = "aliases", .value = "FILE", .help = "option.aliases", MP_FIELD(struct test_args, aliases) },
    { .name = "filter", .value = "TEXT", .help = "option.filter", MP_FIELD(struct test_args, filter) },
    { .name = "coverage", .choices = test_coverages, .fallback = "summary", .help = "option.coverage",
      MP_FIELD(struct test_args, coverage) },
    { .name = "min-coverage", .value = "PERCENT", .max = 100, .fallback = "0",
      .help = "option.min-coverage", MP_FIELD(struct test_args, min_coverage) },
    { .name = "format", .letter = 'f', .choices = test_formats, .fallback = "text", .help = "option.format.test",
      MP_FIELD(struct test_args, format) },
    { .name = "out", .letter = 'o', .value = "FILE", .help = "option.out", MP_FIELD(struct test_args, out) },
};

static const mp_example test_examples[] = {
    { "mapae test content/policies", "example.test.first" },
    { "mapae test --filter https --coverage full content/policies/storage", "example.test.filter" },
    { "mapae test -f junit -o test-results.xml --min-coverage 90 policies", "example.test.ci" },
};

static mp_code run(mp_exit *exit, mp_cli *cli, const void *args_, mp_error *err)
{
    const struct test_args *args = args_;
    (void)exit, (void)cli, (void)args;
    return mp_fail(err, MP_UNSUPPORTED, MP_NOWHERE, "%s is not part of this build yet", "test");
}

const mp_command mp_command_test = {
    .name = "test",
    .summary = "command.test.summary",
    .text = "command.test.text",
    .options = test_options,
    .option_count = MP_COUNT(test_options),
    .operand = &test_operand,
    .examples = test_examples,
    .example_count = MP_COUNT(test_examples),
    .args_size = sizeof(struct test_args),
    .exits = MP_EXITS_USUAL | 1u << MP_EXIT_FINDINGS,
    .run = run,
};
