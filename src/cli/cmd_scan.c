/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

struct scan_args {
    mp_list     inventory;
    mp_list     policies;
    mp_list     libraries;
    mp_list     assignments;
    mp_list     parameters; /* FILE, or name=value */
    mp_list     exemptions;
    mp_list     attestations;
    const char *aliases;
    const char *mapping;
    mp_when     now;
    int         duplicates;
    bool        strict;
    int         format;
    const char *out;
    const char *title;
    int         records;
    uint32_t    fail_on;
};

enum { FORMAT_TABLE, FORMAT_JSON, FORMAT_NDJSON, FORMAT_CSV, FORMAT_SARIF, FORMAT_JUNIT, FORMAT_HTML };
static const char *const formats[] = { "table", "json", "ndjson", "csv", "sarif", "junit", "html", NULL };

enum { DUPLICATES_FIRST, DUPLICATES_KEEP };
static const char *const duplicates[] = { "first", "keep", NULL };

enum { RECORDS_ALL, RECORDS_FAILED };
static const char *const records[] = { "all", "failed", NULL };

/* FAIL_ON_NONE is no state: it takes nothing away either. */
enum { FAIL_ON_NONE, FAIL_ON_NON_COMPLIANT, FAIL_ON_ERROR, FAIL_ON_CONFLICTING, FAIL_ON_UNKNOWN,
       FAIL_ON_NOT_EVALUATED };
static const char *const fail_on[] = { "none",    "non-compliant", "error", "conflicting",
                                       "unknown", "not-evaluated", NULL };

static const mp_option operand = {
    .value = "INVENTORY", .help = "operand.inventory", .min = 1, MP_FIELD(struct scan_args, inventory),
};

static const mp_option options[] = {
    { .heading = "heading.judged",
      .name = "policy", .letter = 'p', .value = "PATH", .help = "option.policy", .is_required = true,
      MP_FIELD(struct scan_args, policies) },
    { .name = "library", .letter = 'l', .value = "PATH", .help = "option.library",
      MP_FIELD(struct scan_args, libraries) },
    { .name = "assignment", .letter = 'a', .value = "FILE", .help = "option.assignment",
      MP_FIELD(struct scan_args, assignments) },
    { .name = "parameters", .value = "FILE|NAME=VALUE", .help = "option.parameters",
      MP_FIELD(struct scan_args, parameters) },
    { .name = "exemptions", .value = "FILE", .help = "option.exemptions",
      MP_FIELD(struct scan_args, exemptions) },
    { .name = "attestations", .value = "FILE", .help = "option.attestations",
      MP_FIELD(struct scan_args, attestations) },
    { .heading = "heading.read",
      .name = "aliases", .value = "FILE", .help = "option.aliases", MP_FIELD(struct scan_args, aliases) },
    { .name = "mapping", .value = "FILE", .help = "option.mapping", MP_FIELD(struct scan_args, mapping) },
    { .name = "now", .value = "TIME", .help = "option.now", MP_FIELD(struct scan_args, now) },
    { .name = "duplicates", .choices = duplicates, .fallback = "first", .help = "option.duplicates",
      MP_FIELD(struct scan_args, duplicates) },
    { .name = "strict", .help = "option.strict", MP_FIELD(struct scan_args, strict) },
    { .heading = "heading.said",
      .name = "format", .letter = 'f', .choices = formats, .fallback = "table", .help = "option.format.scan",
      MP_FIELD(struct scan_args, format) },
    { .name = "out", .letter = 'o', .value = "FILE", .help = "option.out", MP_FIELD(struct scan_args, out) },
    { .name = "title", .value = "TEXT", .help = "option.title", MP_FIELD(struct scan_args, title) },
    { .name = "records", .choices = records, .fallback = "all", .help = "option.records",
      MP_FIELD(struct scan_args, records) },
    { .name = "fail-on", .value = "STATE[,STATE...]", .choices = fail_on, .fallback = "none",
      .help = "option.fail-on", MP_FIELD(struct scan_args, fail_on) },
};

static const mp_example examples[] = {
    { "mapae scan --policy content/initiatives/isms-p.json --library content/policies content/demo/inventory",
      "example.scan.first" },
    { "az graph query -q Resources -o json | mapae scan -p policies -", "example.scan.pipe" },
    { "mapae scan -p isms-p.json -l policies -a assignments.json -f html -o report.html inventory",
      "example.scan.html" },
    { "mapae scan -p policies -f sarif -o mapae.sarif --fail-on non-compliant,error plan.json",
      "example.scan.gate" },
};

static mp_code run(mp_exit *exit, mp_cli *cli, const void *args_, mp_error *err)
{
    const struct scan_args *args = args_;
    (void)exit, (void)cli, (void)args;
    return mp_fail(err, MP_UNSUPPORTED, MP_NOWHERE, "%s is not part of this build yet", "scan");
}

const mp_command mp_command_scan = {
    .name = "scan",
    .summary = "command.scan.summary",
    .text = "command.scan.text",
    .options = options,
    .option_count = MP_COUNT(options),
    .operand = &operand,
    .examples = examples,
    .example_count = MP_COUNT(examples),
    .args_size = sizeof(struct scan_args),
    .exits = MP_EXITS_ALL,
    .run = run,
};
