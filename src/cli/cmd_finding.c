/* SPDX-License-Identifier: Apache-2.0 */
/* What somebody found wrong at a control. As long as it is open, the control is not compliant. */
#include "named_control.h"
#include "said.h"

#define FINDINGS "/api/v1/control-findings"

static const mp_column list_columns[] = {
    { "id", "column.id", NULL },
    { "control", "column.control", NULL },
    { "severity", "column.severity", "finding.severity." },
    { "status", "column.finding.status", "finding.status." },
    { "due", "column.due", MP_COLUMN_DAY },
    { "title", "column.given-title", NULL },
};
static const mp_column one_columns[] = {
    { "id", "column.id", NULL },
    { "control", "column.control", NULL },
    { "measure", "column.measure", NULL },
    { "title", "column.given-title", NULL },
    { "severity", "column.severity", "finding.severity." },
    { "due", "column.due", MP_COLUMN_DAY },
    { "note", "column.remark", NULL },
    { "status", "column.finding.status", "finding.status." },
    { "resolution", "column.resolution", NULL },
    { "at", "column.at", NULL },
    { "closedAt", "column.closedAt", NULL },
};

/* ---- list ---- */

static const char *const statuses[] = { "open", "closed", NULL };
static const mp_option list_options[] = {
    { .name = "status", .choices = statuses, .help = "option.finding.status", MP_FIELD(mp_said_args, status) },
    MP_MEASURE_OPTION(mp_said_args),
    { .name = "control", .value = "CONTROL", .help = "option.said.control", MP_FIELD(mp_said_args, control) },
    MP_AS_OF_OPTION(mp_said_args),
    MP_ANSWER_OPTIONS(mp_said_args),
};

static mp_code list(mp_client *client, const void *args, mp_error *err)
{
    return mp_said_list(client, args, FINDINGS, list_columns, MP_COUNT(list_columns), err);
}

/* ---- open ---- */

struct open_args {
    mp_place place;
    int format;
    const char *name, *measure, *title, *severity, *note;
    mp_when due;
};
static const mp_option open_operand = {
    .value = "CONTROL", .help = "operand.said.control", .min = 1, .max = 1, MP_FIELD(struct open_args, name)
};
static const mp_option open_options[] = {
    { .name = "title",
      .value = "TEXT",
      .help = "option.finding.title",
      .is_required = true,
      MP_FIELD(struct open_args, title) },
    { .name = "severity",
      .value = "SEVERITY",
      .choices = mp_finding_severities,
      .help = "option.finding.severity",
      .is_required = true,
      MP_FIELD(struct open_args, severity) },
    { .name = "due", .value = "TIME", .help = "option.finding.due", MP_FIELD(struct open_args, due) },
    { .name = "note", .value = "TEXT", .help = "option.finding.note", MP_FIELD(struct open_args, note) },
    MP_MEASURE_OPTION(struct open_args),
    MP_ANSWER_OPTIONS(struct open_args),
};

static void put_finding(mp_jsonw *w, const void *args_)
{
    const struct open_args *args = args_;
    mp_client_member(w, "title", args->title);
    mp_client_member(w, "severity", args->severity);
    mp_client_member(w, "note", args->note);
    mp_client_time(w, "due", &args->due);
}

static mp_code open_one(mp_client *client, const void *args_, mp_error *err)
{
    const struct open_args *args = args_;
    mp_named_control control;
    MP_TRY(mp_named_control_of(&control, client, args->name, args->measure, err));
    return mp_say_of_control(client, FINDINGS, &control, put_finding, args, one_columns, MP_COUNT(one_columns), err);
}

/* ---- close ---- */

struct close_args {
    mp_place place;
    int format;
    const char *name, *resolution;
};
static const mp_option close_operand = {
    .value = "ID", .help = "operand.finding", .min = 1, .max = 1, MP_FIELD(struct close_args, name)
};
static const mp_option close_options[] = {
    { .name = "resolution",
      .value = "TEXT",
      .help = "option.finding.resolution",
      .is_required = true,
      MP_FIELD(struct close_args, resolution) },
    MP_ANSWER_OPTIONS(struct close_args),
};

static mp_code close_one(mp_client *client, const void *args_, mp_error *err)
{
    const struct close_args *args = args_;
    mp_jsonw w;
    mp_jsonw_init(&w, &client->arena);
    mp_jsonw_object(&w);
    mp_client_member(&w, "resolution", args->resolution);
    mp_jsonw_end(&w);
    const mp_json *body = mp_jsonw_done(&w);
    mp_str path = mp_client_path(client, FINDINGS "/%s/close", mp_client_quote(client, mp_str_from(args->name)));
    if (!body)
        return mp_no_memory(err);
    MP_TRY(mp_client_ask(client, MP_POST, path, body, err));
    return mp_client_show(client, one_columns, MP_COUNT(one_columns), err);
}

static const mp_command subs[] = {
    MP_SUB_OWN("finding", "open",
               " 12.3.1 --measure portal --severity high --due 2027-01-31 --title 'Two databases are not encrypted'",
               &open_operand, open_options, struct open_args, open_one),
    MP_SUB_OWN("finding", "list", " --measure portal --status open", NULL, list_options, mp_said_args, list),
    MP_SUB_OWN("finding", "close", " 7d1c6a6e-2f0b-4c58-9d3a-0a4f4f6f7c11 --resolution 'Encrypted on 12 January'",
               &close_operand, close_options, struct close_args, close_one),
};

const mp_command mp_command_finding = {
    MP_GROUP("finding", "open",
             " 12.3.1 --measure portal --severity high --due 2027-01-31 --title 'Two databases are not encrypted'"),
    .exits = MP_EXITS_USUAL
};
