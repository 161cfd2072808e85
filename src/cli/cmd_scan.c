/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#include "builtin_policies.h"
#include "diagnose.h"
#include "library.h"
#include "report.h"
#include "scan.h"
#include "skipped.h"
#include "source.h"

struct scan_args {
    mp_list     inventory;
    mp_list     policies;
    mp_list     initiatives; /* by name */
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
static const char *const record_choices[] = { "all", "failed", NULL };

/* FAIL_ON_NONE is no state: it takes nothing away either. */
enum { FAIL_ON_NONE, FAIL_ON_NON_COMPLIANT, FAIL_ON_ERROR, FAIL_ON_CONFLICTING, FAIL_ON_UNKNOWN,
       FAIL_ON_NOT_EVALUATED };
static const char *const fail_on[] = { "none",    "non-compliant", "error", "conflicting",
                                       "unknown", "not-evaluated", NULL };

static const mp_option operand = {
    .value = "INVENTORY", .help = "operand.inventory", .min = 1, MP_FIELD(struct scan_args, inventory),
};

static const mp_option scan_options[] = {
    { .heading = "heading.judged",
      .name = "policy", .letter = 'p', .value = "PATH", .help = "option.policy",
      MP_FIELD(struct scan_args, policies) },
    { .name = "initiative", .letter = 'i', .value = "NAME", .help = "option.initiative",
      MP_FIELD(struct scan_args, initiatives) },
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
    { .name = "records", .choices = record_choices, .fallback = "all", .help = "option.records",
      MP_FIELD(struct scan_args, records) },
    { .name = "fail-on", .value = "STATE[,STATE...]", .choices = fail_on, .fallback = "none",
      .help = "option.fail-on", MP_FIELD(struct scan_args, fail_on) },
};

static const mp_example examples[] = {
    { "mapae scan --policy content/initiatives/isms-p.json --library content/policies content/demo/inventory",
      "example.scan.first" },
    { "mapae scan --initiative csap-iaas inventory.json", "example.scan.builtin" },
    { "az graph query -q Resources -o json | mapae scan -p policies -", "example.scan.pipe" },
    { "mapae scan -p isms-p.json -l policies -a assignments.json -f html -o report.html inventory",
      "example.scan.html" },
    { "mapae scan -p policies -f sarif -o mapae.sarif --fail-on non-compliant,error plan.json",
      "example.scan.gate" },
};

/* ---- what is judged ---- */

#define BATCH_BYTES ((size_t)64 << 10) /* its nodes stay in a core's cache */

static mp_code read_policies(mp_library *lib, mp_cli *cli, const struct scan_args *args,
                             const mp_check **checks, uint32_t *count, mp_error *err)
{
    if (args->policies.count + args->initiatives.count + args->assignments.count == 0)
        return mp_fail(err, MP_USAGE, MP_NOWHERE, "--policy PATH or --initiative NAME is missing");
    MP_TRY(mp_given_policies(lib, cli, &args->libraries, MP_ROLE_REFERENCED, err));
    for (size_t i = 0; i < args->policies.count; i++)
        MP_TRY(mp_given_policy(lib, cli, args->policies.items[i], err));
    MP_TRY(mp_given_initiatives(lib, &args->initiatives, err));
    MP_TRY(mp_given_policies(lib, cli, &args->assignments, MP_ROLE_JUDGED, err));
    MP_TRY(mp_given_policies(lib, cli, &args->exemptions, MP_ROLE_JUDGED, err));
    MP_TRY(mp_given_policies(lib, cli, &args->attestations, MP_ROLE_JUDGED, err));
    MP_TRY(mp_given_parameters(lib, cli, &args->parameters, err));
    mp_cli_skipped_policies(cli, mp_library_skipped(lib),
                            mp_library_definition_count(lib) + mp_library_initiative_count(lib) > 0);
    MP_TRY(mp_library_checks(lib, checks, count, err));
    const mp_diagnostics *d = mp_library_diagnostics(lib);
    mp_cli_diagnostics(cli, d);
    if (d->errors && (*count == 0 || args->strict))
        return mp_fail(err, MP_COMPILE, MP_NOWHERE, "the policies hold %u errors; nothing was judged",
                       d->errors);
    if (*count == 0)
        return mp_fail(err, MP_USAGE, MP_NOWHERE, "there is no policy to judge by");
    if (d->errors) {
        char number[12];
        snprintf(number, sizeof(number), "%u", d->errors);
        mp_cli_warn(cli, "report.policy-errors", number, NULL);
    }
    return MP_OK;
}

/* ---- progress ---- */

static void show_progress(void *context, uint64_t bytes, uint64_t total, uint64_t documents)
{
    const mp_cli *cli = context;
    char          line[128];
    int           percent = total ? (int)(100 * bytes / total) : -1, width = 30;
    int           filled = percent < 0 ? 0 : percent * width / 100;
    if (percent >= 0)
        snprintf(line, sizeof(line), "\r[%.*s%*s] %3d %%  %llu ", filled,
                 "##############################", width - filled, "", percent,
                 (unsigned long long)documents);
    else
        snprintf(line, sizeof(line), "\r%llu ", (unsigned long long)documents);
    fputs(line, cli->err);
    fflush(cli->err);
}

static void clear_progress(const mp_cli *cli)
{
    if (cli->is_watched)
        fputs("\r\033[K", cli->err);
}

/* ---- the report ---- */

struct reporting {
    mp_report              *report;
    const mp_report_format *format;
    mp_output              *out;
    bool                    failed_only;
};

static mp_code write_bytes(void *context, mp_str bytes, mp_error *err)
{
    return mp_output_write(context, bytes, err);
}

static bool wants(void *context, mp_state state)
{
    const struct reporting *r = context;
    return mp_report_format_wants(r->format, state) && (!r->failed_only || mp_states[state].is_bad);
}

static void record(mp_buf *out, void *context, const mp_scan_record *rec)
{
    const struct reporting *r = context;
    mp_report_record(out, r->report, rec);
}

static mp_code write_records(void *context, mp_str bytes, mp_error *err)
{
    const struct reporting *r = context;
    return mp_report_write(r->report, bytes, err);
}

static bool wants_any(const mp_report_format *format)
{
    for (int i = 0; i < MP_STATE_COUNT; i++)
        if (mp_report_format_wants(format, (mp_state)i))
            return true;
    return false;
}

/* ---- all of it ---- */

/* What one run holds; freed in one place. */
struct scanning {
    mp_library   *lib;
    mp_aliases   *aliases;
    mp_mapping   *mapping;
    mp_plan      *plan;
    mp_inventory *inventory;
    mp_scan      *scan;
    mp_output     out;
    struct reporting reporting;
    mp_arena      arena;
};

static void done(struct scanning *s)
{
    mp_report_free(s->reporting.report);
    mp_output_abandon(&s->out);
    mp_scan_free(s->scan);
    mp_inventory_close(s->inventory);
    mp_plan_free(s->plan);
    mp_mapping_free(s->mapping);
    mp_aliases_free(s->aliases);
    mp_library_free(s->lib);
    mp_arena_free(&s->arena);
}

static mp_code read_tables(struct scanning *s, mp_cli *cli, const struct scan_args *args, mp_error *err)
{
    MP_TRY(mp_given_aliases(&s->aliases, cli, args->aliases, err));
    if (!args->mapping)
        return MP_OK;
    mp_str text;
    cli->file = args->mapping;
    MP_TRY(mp_source_slurp(&text, args->mapping, 0, &s->arena, err));
    MP_TRY(mp_mapping_read(&s->mapping, text, err));
    cli->file = NULL;
    return MP_OK;
}

static mp_code open_report(struct scanning *s, mp_cli *cli, const struct scan_args *args, mp_error *err)
{
    mp_str *inputs = MP_ARENA_ARRAY(&s->arena, mp_str, args->inventory.count + 1);
    if (!inputs)
        return mp_no_memory(err);
    for (size_t i = 0; i < args->inventory.count; i++)
        inputs[i] = mp_str_from(args->inventory.items[i]);
    s->reporting.format = mp_report_format_find(mp_str_from(formats[args->format]));
    s->reporting.failed_only = args->records == RECORDS_FAILED;
    mp_report_options options = {
        .lang = cli->lang, .color = cli->out_color && !args->out, .width = cli->columns,
        .inputs = inputs, .input_count = args->inventory.count, .version = MP_S(MAPAE_VERSION),
    };
    MP_TRY(mp_output_open(&s->out, cli, args->out, err));
    MP_TRY(mp_report_new(&s->reporting.report, s->reporting.format, &options,
                         (mp_report_sink){ write_bytes, &s->out }, err));
    return mp_report_begin(s->reporting.report, mp_scan_facts(s->scan), err);
}

static mp_code prepare(struct scanning *s, mp_cli *cli, const struct scan_args *args, mp_error *err)
{
    const mp_check *checks;
    uint32_t        count;
    mp_ticks        now = args->now.is_given ? args->now.at : mp_clock_now();
    MP_TRY(read_tables(s, cli, args, err));
    MP_TRY(mp_library_new(&s->lib, err));
    mp_library_set_now(s->lib, now);
    MP_TRY(read_policies(s->lib, cli, args, &checks, &count, err));
    MP_TRY(mp_plan_new(&s->plan, checks, count, &(mp_plan_options){ .aliases = s->aliases }, err));
    mp_inventory_options reading = { .mapping = s->mapping, .batch_bytes = BATCH_BYTES };
    MP_TRY(mp_inventory_open(&s->inventory, args->inventory.items, args->inventory.count, &reading, err));
    mp_cli_skipped(cli, mp_inventory_skipped(s->inventory));
    const mp_report_format *format = mp_report_format_find(mp_str_from(formats[args->format]));
    bool                    records = wants_any(format);
    mp_scan_options         options = {
        .jobs = cli->jobs, .now = now,
        .policy_errors = mp_library_diagnostics(s->lib)->errors,
        .strict = args->strict, .keep_duplicates = args->duplicates == DUPLICATES_KEEP,
        .reasons = records, .wants = wants, .record = records ? record : NULL, .write = write_records,
        .context = &s->reporting, .progress = cli->is_watched ? show_progress : NULL,
        .progress_context = cli,
    };
    return mp_scan_new(&s->scan, s->plan, s->inventory, &options, err);
}

static bool is_over(const mp_scan_summary *sum, uint32_t fail_on_bits)
{
    static const mp_state states[] = {
        [FAIL_ON_NON_COMPLIANT] = MP_STATE_NON_COMPLIANT, [FAIL_ON_ERROR] = MP_STATE_ERROR,
        [FAIL_ON_CONFLICTING] = MP_STATE_CONFLICTING,     [FAIL_ON_UNKNOWN] = MP_STATE_UNKNOWN,
        [FAIL_ON_NOT_EVALUATED] = MP_STATE_NOT_EVALUATED,
    };
    for (uint32_t i = FAIL_ON_NON_COMPLIANT; i < MP_COUNT(states); i++)
        if ((fail_on_bits >> i & 1) && sum->pairs.by_state[states[i]])
            return true;
    return false;
}

#define PROBLEMS_SAID 10

/* Formats that have records only cannot say what was not read. */
static void say_problems(const mp_cli *cli, const mp_scan_summary *sum)
{
    uint32_t shown = sum->problem_count < PROBLEMS_SAID ? sum->problem_count : PROBLEMS_SAID;
    for (uint32_t i = 0; i < shown; i++) {
        const mp_scan_problem *p = &sum->problems[i];
        mp_error               error = { .code = p->code, .pos = p->pos };
        snprintf(error.message, sizeof error.message, "%.*s", MP_FMT(p->message));
        mp_cli_error(cli, p->origin.file, &error);
    }
    char count[24];
    snprintf(count, sizeof count, "%llu", (unsigned long long)sum->bad_documents);
    mp_cli_warn(cli, "report.bad", count, NULL);
}

static void say_what_is_missing(const struct scanning *s, const mp_cli *cli, const struct scan_args *args,
                                const mp_scan_summary *sum)
{
    if (sum->documents == 0 && sum->bad_documents == 0 && mp_inventory_list_count(s->inventory))
        mp_cli_warn(cli, "scan.no-documents", NULL);
    else if (sum->bad_documents && (args->format == FORMAT_NDJSON || args->format == FORMAT_CSV))
        say_problems(cli, sum);
}

static mp_code scan(struct scanning *s, mp_exit *exit, mp_cli *cli, const struct scan_args *args,
                    mp_error *err)
{
    MP_TRY(prepare(s, cli, args, err));
    MP_TRY(open_report(s, cli, args, err));
    mp_code code = mp_scan_run(s->scan, err);
    clear_progress(cli);
    MP_TRY(code);
    const mp_scan_summary *sum = mp_scan_result(s->scan);
    MP_TRY(mp_report_end(s->reporting.report, sum, err));
    MP_TRY(mp_output_close(&s->out, err));
    say_what_is_missing(s, cli, args, sum);
    /* An export that failed, a folder that holds none: nothing was judged, and that is no good news. */
    if (sum->documents == 0 && sum->bad_documents == 0 && mp_inventory_list_count(s->inventory) == 0)
        return mp_fail(err, MP_FORMAT, MP_NOWHERE,
                       "the inventory holds no documents, not even an empty list: nothing was judged");
    if (is_over(sum, args->fail_on))
        *exit = MP_EXIT_FINDINGS;
    else if (sum->bad_documents || sum->policy_errors)
        *exit = MP_EXIT_PARTIAL;
    return MP_OK;
}

static mp_code run(mp_exit *exit, mp_cli *cli, const void *args_, mp_error *err)
{
    struct scanning s = { 0 };
    mp_code         code = scan(&s, exit, cli, args_, err);
    done(&s);
    return code;
}

const mp_command mp_command_scan = {
    .name = "scan",
    .summary = "command.scan.summary",
    .text = "command.scan.text",
    .options = scan_options,
    .option_count = MP_COUNT(scan_options),
    .operand = &operand,
    .examples = examples,
    .example_count = MP_COUNT(examples),
    .args_size = sizeof(struct scan_args),
    .exits = MP_EXITS_ALL,
    .run = run,
};
