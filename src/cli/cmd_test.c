/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#include "given.h"
#include "source.h"
#include "unit_report.h"

struct test_args {
    mp_list     paths;
    mp_list     libraries;
    const char *aliases;
    const char *filter;
    int         coverage;
    int64_t     min_coverage; /* percent */
    int         format;
    bool        verbose;
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
    { .name = "verbose", .letter = 'v', .help = "option.verbose.test", MP_FIELD(struct test_args, verbose) },
    { .name = "format", .letter = 'f', .choices = test_formats, .fallback = "text", .help = "option.format.test",
      MP_FIELD(struct test_args, format) },
    { .name = "out", .letter = 'o', .value = "FILE", .help = "option.out", MP_FIELD(struct test_args, out) },
};

static const mp_example test_examples[] = {
    { "mapae test content/policies", "example.test.first" },
    { "mapae test --filter https --coverage full content/policies/storage", "example.test.filter" },
    { "mapae test -f junit -o test-results.xml --min-coverage 90 policies", "example.test.ci" },
};

static mp_code read_library(mp_library **out, mp_cli *cli, const mp_list *paths, mp_error *err)
{
    if (paths->count == 0)
        return MP_OK;
    MP_TRY(mp_library_new(out, err));
    return mp_given_policies(*out, cli, paths, MP_ROLE_REFERENCED, err);
}

/* ---- running ---- */

struct testing {
    const struct test_args *args;
    mp_cli                 *cli;
    mp_units                units;
    mp_unit_report          report;
    mp_output               out;
};

static mp_code run_file(struct testing *t, const char *path, mp_error *err)
{
    const mp_unit_file *file;
    mp_buf              text = MP_BUF_INIT;
    MP_TRY(mp_units_run(&file, &t->units, path, err));
    if (!file || t->args->format != FORMAT_TEXT)
        return MP_OK;
    mp_unit_text_file(&text, &t->report, file);
    return mp_output_buf(&t->out, &text, err);
}

/* A file that is named is one of tests, whatever it is called. */
static mp_code run_path(struct testing *t, const char *path, mp_error *err)
{
    static const char *const suffixes[] = { ".test.json", ".tests.json", ".test.ndjson", ".tests.ndjson",
                                            NULL };
    const char **files;
    size_t       count;
    mp_arena     arena = MP_ARENA_INIT;
    mp_code      code = mp_source_list(&files, &count, path, suffixes, NULL, &arena, err);
    for (size_t i = 0; i < count && code == MP_OK; i++)
        code = run_file(t, files[i], err);
    mp_arena_free(&arena);
    return code;
}

static mp_code run_all(struct testing *t, mp_error *err)
{
    for (size_t i = 0; i < t->args->paths.count; i++)
        MP_TRY(run_path(t, t->args->paths.items[i], err));
    if (t->units.passed + t->units.failed)
        return MP_OK;
    if (t->units.left_out)
        return mp_fail(err, MP_USAGE, MP_NOWHERE, "none of the tests is called anything like \"%s\"",
                       t->args->filter);
    return mp_fail(err, MP_USAGE, MP_NOWHERE, "no tests were found in %s", t->args->paths.items[0]);
}

static mp_code print_sums(struct testing *t, mp_error *err)
{
    mp_buf text = MP_BUF_INIT;
    if (t->args->format == FORMAT_JSON)
        mp_unit_json(&text, &t->report, &t->units);
    else if (t->args->format == FORMAT_JUNIT)
        mp_unit_junit(&text, &t->report, &t->units);
    else
        mp_unit_text_sums(&text, &t->report, &t->units);
    return mp_output_buf(&t->out, &text, err);
}

static bool is_under(const struct testing *t)
{
    uint32_t both, all;
    mp_units_coverage(&t->units, &both, &all);
    return mp_units_percent(both, all) < (unsigned)t->args->min_coverage;
}

static mp_code run_with(mp_exit *exit, struct testing *t, const mp_unit_options *options, mp_error *err)
{
    bool is_text = t->args->format == FORMAT_TEXT;
    t->report = (mp_unit_report){
        .cli = t->cli,
        .color = is_text && options->color,
        .is_verbose = t->args->verbose,
        .has_coverage = t->args->coverage != COVERAGE_NONE,
        .is_full = t->args->coverage == COVERAGE_FULL,
        .least = (unsigned)t->args->min_coverage,
    };
    MP_TRY(mp_output_open(&t->out, t->cli, t->args->out, err));
    mp_code code = mp_units_init(&t->units, options, err);
    if (code == MP_OK)
        code = run_all(t, err);
    if (code == MP_OK)
        code = print_sums(t, err);
    if (code == MP_OK && (t->units.failed || is_under(t)))
        *exit = MP_EXIT_FINDINGS;
    mp_units_done(&t->units);
    if (code == MP_OK)
        return mp_output_close(&t->out, err);
    if (t->out.path)
        mp_output_abandon(&t->out);
    return code;
}

static mp_code run(mp_exit *exit, mp_cli *cli, const void *args_, mp_error *err)
{
    const struct test_args *args = args_;
    struct testing          t = { .args = args, .cli = cli };
    mp_aliases             *aliases = NULL;
    mp_unit_options         options = {
        .filter = mp_str_from(args->filter), .because = args->verbose, .lang = cli->lang,
        .color = cli->out_color && !args->out && args->format == FORMAT_TEXT,
    };
    mp_code code = mp_given_aliases(&aliases, cli, args->aliases, err);
    if (code == MP_OK)
        code = read_library(&options.library, cli, &args->libraries, err);
    options.aliases = aliases;
    if (code == MP_OK)
        code = run_with(exit, &t, &options, err);
    mp_library_free(options.library);
    mp_aliases_free(aliases);
    return code;
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
