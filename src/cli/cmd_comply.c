/* SPDX-License-Identifier: Apache-2.0 */
#include "comply.h"
#include "document.h"
#include "state_changes.h"

struct comply_args {
    mp_place place;
    int format;
    const char *framework;
    const char *scope, *measure, *out, *zone;
    mp_when as_of;
    int64_t fail_under;
    bool *is_under; /* what came out, for run() */
};

enum { TABLE, JSON, HTML, XLSX, PDF, OSCAL };
static const char *const formats[] = { "table", "json", "html", "xlsx", "pdf", "oscal", NULL };

static const mp_option operand = {
    .value = "FRAMEWORK", .help = "operand.comply", .min = 0, .max = 1, MP_FIELD(struct comply_args, framework)
};
static const mp_option options[] = {
    { .name = "scope", .value = "ID", .help = "option.comply.scope", MP_FIELD(struct comply_args, scope) },
    { .name = "measure",
      .value = "NAME",
      .help = "option.comply.measure",
      MP_FIELD(struct comply_args, measure) },
    MP_AS_OF_OPTION(struct comply_args),
    { .name = "fail-under",
      .value = "PERCENT",
      .help = "option.comply.fail-under",
      .min = 0,
      .max = 100,
      MP_FIELD(struct comply_args, fail_under) },
    { .name = "out", .letter = 'o', .value = "FILE", .help = "option.out", MP_FIELD(struct comply_args, out) },
    { .name = "format",
      .letter = 'f',
      .choices = formats,
      .fallback = "table",
      .help = "option.comply.format",
      MP_FIELD(struct comply_args, format) },
    MP_ZONE_OPTION(struct comply_args),
    MP_PLACE_OPTIONS(struct comply_args),
};

/* ---- the table ---- */

static const mp_column control_columns[] = {
    { "label", "column.label", NULL },
    { "title", "column.control-title", NULL },
    { "state", "column.state", "comply.state." },
    { "points", "column.points", NULL },
    { "most", "column.most", NULL },
    { "why", "column.why-so", NULL },
};
static const mp_column group_columns[] = {
    { "label", "column.label", NULL },
    { "title", "column.chapter", NULL },
    { "percent", "column.percent", NULL },
    { "points", "column.points", NULL },
    { "most", "column.most", NULL },
    { "states/compliant", "column.compliant", NULL },
    { "states/partial", "column.partial", NULL },
    { "states/nonCompliant", "column.non-compliant", NULL },
    { "states/unknown", "column.unknown", NULL },
    { "states/notApplicable", "column.not-applicable", NULL },
};
static const mp_column action_columns[] = {
    { "text", "column.todo", NULL },
    { "gain", "column.gain", NULL },
    { "percent", "column.then-percent", NULL },
};

static void add_line(mp_buf *text, mp_str line)
{
    mp_buf_add(text, line);
    mp_buf_add_c(text, '\n');
}

static void add_table(mp_buf *text, mp_client *client, const char *title, const mp_column *columns,
                      size_t count, const mp_json *list)
{
    mp_columns_state state = { .has_head = false };
    if (!mp_json_is(list, MP_JSON_ARRAY) || !list->count)
        return;
    mp_buf_add_c(text, '\n');
    add_line(text, mp_message(client->cli->lang, title));
    mp_columns_list(text, client->cli, columns, count, list, &state, &client->arena);
}

static void add_head(mp_buf *text, mp_client *client, const mp_json *answer)
{
    mp_lang lang = client->cli->lang;
    mp_str lines[MP_COMPLY_LINES];
    add_line(text, mp_comply_title(answer, lang, &client->arena));
    add_line(text, mp_comply_as_of(answer, lang, &client->arena));
    mp_comply_head(lines, answer, lang, &client->arena);
    for (size_t i = 0; i < MP_COMPLY_LINES && lines[i].len; i++)
        add_line(text, lines[i]);
}

/* What comes first, for who sees a score of nothing. */
static void add_hint(mp_buf *text, mp_client *client, const mp_json *answer)
{
    const mp_json *coverage = mp_json_get(answer, MP_S("coverage"));
    if (mp_comply_amount(coverage, "judged") == 0 && mp_comply_amount(coverage, "machine") + mp_comply_amount(coverage, "part") > 0)
        add_line(text, mp_message(client->cli->lang, "comply.nothing-judged"));
}

static mp_code write_table(mp_buf *text, mp_client *client, const mp_json *answer, mp_error *err)
{
    const mp_json *rows = mp_comply_rows(answer, client->cli->lang, &client->arena),
                  *together = mp_json_get(answer, MP_S("together"));
    if (!rows)
        return mp_no_memory(err);
    add_head(text, client, answer);
    add_hint(text, client, answer);
    add_table(text, client, "comply.chapters", group_columns, MP_COUNT(group_columns),
              mp_json_get(answer, MP_S("groups")));
    add_table(text, client, "comply.controls", control_columns, MP_COUNT(control_columns), rows);
    add_table(text, client, "comply.actions", action_columns, MP_COUNT(action_columns),
              mp_json_get(answer, MP_S("actions")));
    if (together) {
        mp_str percent = mp_comply_number(together, "percent", &client->arena);
        mp_say(text, client->cli->lang, "comply.together", &percent, 1);
        mp_buf_add_c(text, '\n');
    }
    return MP_OK;
}

/* ---- together ---- */

#define REPORT "assessment-report" /* the form of what is no table */

static mp_code write_as(mp_buf *text, mp_client *client, const struct comply_args *args, mp_error *err)
{
    const mp_json *answer = client->answer.json;
    switch (args->format) {
    case JSON:
    case OSCAL:
        mp_buf_add_json_pretty(text, answer, 0);
        mp_buf_add_c(text, '\n');
        return MP_OK;
    case HTML:
        return mp_document_print(text, client, REPORT, MP_PAPER_HTML, args->zone, err);
    case PDF:
        return mp_document_print(text, client, REPORT, MP_PAPER_PDF, args->zone, err);
    case XLSX:
        return mp_document_print(text, client, REPORT, MP_PAPER_XLSX, args->zone, err);
    default:
        return write_table(text, client, answer, err);
    }
}

static mp_code print(mp_client *client, const struct comply_args *args, mp_error *err)
{
    mp_buf text = MP_BUF_INIT;
    mp_code code = write_as(&text, client, args, err);
    if (code == MP_OK)
        return mp_output_whole(client->cli, args->out, &text, err);
    mp_buf_free(&text);
    return code;
}

static bool is_under(const mp_json *answer, int64_t percent)
{
    const mp_json *score = mp_json_get(answer, MP_S("score"));
    return percent > 0 &&
           (!mp_json_get(score, MP_S("percent")) || mp_comply_amount(score, "percent") < (double)percent);
}

static mp_code ask(mp_client *client, mp_str path, const struct comply_args *args, mp_error *err)
{
    path = mp_state_with(client, path, "framework", args->framework);
    path = mp_state_with(client, mp_state_with(client, path, "scope", args->scope), "measure", args->measure);
    return mp_client_ask(client, MP_GET, mp_client_then(client, path), NULL, err);
}

static mp_code comply(mp_client *client, const void *args_, mp_error *err)
{
    const struct comply_args *args = args_;
    MP_TRY(mp_document_check_zone(args->zone, err));
    MP_TRY(mp_client_as_of(client, &args->as_of, err));
    if (args->format != OSCAL || args->fail_under) {
        MP_TRY(ask(client, MP_S("/api/v1/control-states"), args, err));
        *args->is_under = is_under(client->answer.json, args->fail_under);
    }
    if (args->format == OSCAL)
        MP_TRY(ask(client, MP_S("/api/v1/statements/assessment-results"), args, err));
    return print(client, args, err);
}

static mp_code run(mp_exit *exit, mp_cli *cli, const void *args_, mp_error *err)
{
    struct comply_args args = *(const struct comply_args *)args_;
    mp_ask_args common = { .place = args.place, .format = args.format };
    bool under = false;
    args.is_under = &under;
    if (!args.framework == !args.measure)
        return mp_fail(err, MP_USAGE, MP_NOWHERE, "wanted either a framework or --measure");
    if (args.fail_under < 0 || args.fail_under > 100)
        return mp_fail(err, MP_USAGE, MP_NOWHERE, "--fail-under is a percentage: 0 to 100");
    MP_TRY(mp_client_do(cli, &common, &args, comply, err));
    if (under)
        *exit = MP_EXIT_FINDINGS;
    return MP_OK;
}

const mp_command mp_command_comply = {
    .name = "comply",
    .summary = "command.comply.summary",
    .text = "command.comply.text",
    .options = options,
    .option_count = MP_COUNT(options),
    .operand = &operand,
    .examples = (const mp_example[]){ { "mapae comply csap-iaas --scope /subscriptions/...", "example.comply" },
                                      { "mapae comply --measure portal --as-of 2026-10-01 --fail-under 80",
                                        "example.comply.then" } },
    .example_count = 2,
    .args_size = sizeof(struct comply_args),
    .run = run,
    .exits = MP_EXITS_USUAL | 1u << MP_EXIT_FINDINGS,
};
