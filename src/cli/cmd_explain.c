/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#include <unistd.h>

#include "explain_text.h"
#include "subject.h"

struct explain_args {
    const char *policy;
    const char *resource;
    const char *resource_id; /* which of several resources in the file */
    const char *reference;   /* which policy of an initiative */
    mp_list     related;
    mp_list     libraries;
    const char *assignment;
    mp_list     parameters; /* FILE, or name=value */
    const char *aliases;
    const char *mapping;
    const char *context;
    const char *api_version;
    mp_when     now;
    int         format;
    const char *out;
};

enum { FORMAT_TREE, FORMAT_JSON };
static const char *const explain_formats[] = { "tree", "json", NULL };

static const mp_option explain_options[] = {
    { .heading = "heading.judged",
      .name = "policy", .letter = 'p', .value = "FILE", .help = "option.policy.explain", .is_required = true,
      MP_FIELD(struct explain_args, policy) },
    { .name = "reference", .value = "ID", .help = "option.reference",
      MP_FIELD(struct explain_args, reference) },
    { .name = "library", .letter = 'l', .value = "PATH", .help = "option.library",
      MP_FIELD(struct explain_args, libraries) },
    { .name = "assignment", .letter = 'a', .value = "FILE", .help = "option.assignment.explain",
      MP_FIELD(struct explain_args, assignment) },
    { .name = "parameters", .value = "FILE|NAME=VALUE", .help = "option.parameters",
      MP_FIELD(struct explain_args, parameters) },
    { .heading = "heading.read",
      .name = "resource", .letter = 'r', .value = "FILE", .help = "option.resource", .is_required = true,
      MP_FIELD(struct explain_args, resource) },
    { .name = "resource-id", .value = "ID", .help = "option.resource-id",
      MP_FIELD(struct explain_args, resource_id) },
    { .name = "related", .value = "PATH", .help = "option.related", MP_FIELD(struct explain_args, related) },
    { .name = "aliases", .value = "FILE", .help = "option.aliases", MP_FIELD(struct explain_args, aliases) },
    { .name = "mapping", .value = "FILE", .help = "option.mapping", MP_FIELD(struct explain_args, mapping) },
    { .name = "context", .value = "FILE", .help = "option.context", MP_FIELD(struct explain_args, context) },
    { .name = "api-version", .value = "VERSION", .help = "option.api-version",
      MP_FIELD(struct explain_args, api_version) },
    { .name = "now", .value = "TIME", .help = "option.now", MP_FIELD(struct explain_args, now) },
    { .heading = "heading.said",
      .name = "format", .letter = 'f', .choices = explain_formats, .fallback = "tree", .help = "option.format.explain",
      MP_FIELD(struct explain_args, format) },
    { .name = "out", .letter = 'o', .value = "FILE", .help = "option.out", MP_FIELD(struct explain_args, out) },
};

static const mp_example explain_examples[] = {
    { "mapae explain --policy content/policies/storage/https-only.json --resource account.json",
      "example.explain.first" },
    { "mapae explain -p policy.json -r inventory.ndjson --resource-id /subscriptions/.../accounts/logs",
      "example.explain.pick" },
    { "mapae explain -p isms-p.json -l policies --reference storage-https-only -r account.json -f json",
      "example.explain.reference" },
};

static mp_code explain(mp_buf *out, mp_cli *cli, const struct explain_args *args, mp_subject *subject,
                       mp_error *err)
{
    bool is_watched = !args->out && isatty(fileno(cli->out));
    if (args->format == FORMAT_JSON)
        return mp_explain_json(out, &subject->said, err);
    return mp_explain_text(out, cli->lang, cli->out_color && !args->out, is_watched ? cli->columns : 0,
                           &subject->said, err);
}

static mp_code print(mp_cli *cli, const struct explain_args *args, mp_subject *subject, mp_error *err)
{
    mp_buf    text = MP_BUF_INIT;
    mp_output out;
    mp_code   code = explain(&text, cli, args, subject, err);
    if (code == MP_OK)
        code = mp_output_open(&out, cli, args->out, err);
    if (code != MP_OK) {
        mp_buf_free(&text);
        return code;
    }
    code = mp_output_buf(&out, &text, err);
    if (code == MP_OK)
        return mp_output_close(&out, err);
    if (out.path)
        mp_output_abandon(&out);
    return code;
}

static mp_code run(mp_exit *exit, mp_cli *cli, const void *args_, mp_error *err)
{
    const struct explain_args *args = args_;
    mp_subject                 subject;
    mp_subject_choice          choice = {
        .policy = args->policy,
        .resource = args->resource,
        .resource_id = args->resource_id,
        .reference = args->reference,
        .assignment = args->assignment,
        .libraries = args->libraries,
        .related = args->related,
        .parameters = args->parameters,
        .aliases = args->aliases,
        .mapping = args->mapping,
        .context = args->context,
        .api_version = args->api_version,
        .now = args->now.is_given ? args->now.at : mp_clock_now(),
    };
    (void)exit;
    mp_code code = mp_subject_read(&subject, cli, &choice, err);
    if (code == MP_OK)
        code = print(cli, args, &subject, err);
    mp_subject_done(&subject);
    return code;
}

const mp_command mp_command_explain = {
    .name = "explain",
    .summary = "command.explain.summary",
    .text = "command.explain.text",
    .options = explain_options,
    .option_count = MP_COUNT(explain_options),
    .examples = explain_examples,
    .example_count = MP_COUNT(explain_examples),
    .args_size = sizeof(struct explain_args),
    .exits = MP_EXITS_USUAL,
    .run = run,
};
