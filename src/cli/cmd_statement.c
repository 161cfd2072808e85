/* SPDX-License-Identifier: Apache-2.0 */
/* Statements for assessors, and the decisions that they show. */
#include "decision_sheet.h"
#include "document.h"
#include "source.h"
#include "state_changes.h"
#include "statement_print.h"

#define SHEET_MAX ((size_t)16 << 20)

struct statement_args {
    mp_place place;
    int format;
    const char *framework, *measure, *scope, *from, *to, *out, *zone;
    mp_when as_of;
};

static const mp_option statement_operand = { .value = "FRAMEWORK",
                                             .help = "operand.comply",
                                             .min = 0,
                                             .max = 1,
                                             MP_FIELD(struct statement_args, framework) };
#define FORMAT_OPTION                                                                                          \
    {                                                                                                          \
        .name = "format", .letter = 'f', .choices = mp_statement_formats, .fallback = "table",                 \
        .help = "option.statement.format", MP_FIELD(struct statement_args, format)                             \
    }
#define OUT_OPTION                                                                                             \
    {                                                                                                          \
        .name = "out", .letter = 'o', .value = "FILE", .help = "option.out",                                   \
        MP_FIELD(struct statement_args, out)                                                                   \
    }
#define STATEMENT_OPTIONS                                                                                      \
    { .name = "measure",                                                                                       \
      .value = "NAME",                                                                                         \
      .help = "option.comply.measure",                                                                         \
      MP_FIELD(struct statement_args, measure) },                                                              \
        { .name = "scope",                                                                                     \
          .value = "ID",                                                                                       \
          .help = "option.comply.scope",                                                                       \
          MP_FIELD(struct statement_args, scope) },                                                            \
        MP_AS_OF_OPTION(struct statement_args), FORMAT_OPTION, OUT_OPTION,                                     \
        MP_ZONE_OPTION(struct statement_args),                                                                 \
        MP_PLACE_OPTIONS(struct statement_args)

static const mp_option statement_options[] = { STATEMENT_OPTIONS };
static const mp_option calendar_options[] = {
    { .name = "from", .value = "DAY", .help = "option.statement.from", MP_FIELD(struct statement_args, from) },
    { .name = "to", .value = "DAY", .help = "option.statement.to", MP_FIELD(struct statement_args, to) },
    STATEMENT_OPTIONS,
};
static const mp_option services_options[] = { MP_AS_OF_OPTION(struct statement_args), FORMAT_OPTION, OUT_OPTION,
                                              MP_ZONE_OPTION(struct statement_args),
                                              MP_PLACE_OPTIONS(struct statement_args) };

static mp_code print(mp_client *client, const struct statement_args *args, const char *kind, mp_error *err)
{
    mp_buf text = MP_BUF_INIT;
    MP_TRY(mp_document_check_zone(args->zone, err));
    mp_code code = mp_statement_print(&text, client, mp_str_from(kind), (mp_statement_format)args->format, args->zone, err);
    if (code == MP_OK)
        return mp_output_whole(client->cli, args->out, &text, err);
    mp_buf_free(&text);
    return code;
}

/* The statement of OSCAL that says this, or the kind itself. Fails with MP_USAGE: there is none. */
static mp_code asked_kind(const char **out, const char *kind, int format, mp_error *err)
{
    static const char *const oscal[][2] = { { "applicability", "system-security-plan" },
                                            { "responsibility", "component-definition" },
                                            { "gaps", "plan-of-action-and-milestones" } };
    *out = kind;
    if (format != MP_STATEMENT_OSCAL)
        return MP_OK;
    for (size_t i = 0; i < MP_COUNT(oscal); i++)
        if (strcmp(kind, oscal[i][0]) == 0) {
            *out = oscal[i][1];
            return MP_OK;
        }
    return mp_fail(err, MP_USAGE, MP_NOWHERE,
                   "OSCAL has no document for '%s'; it has them for applicability, responsibility and gaps",
                   kind);
}

static mp_code show(mp_client *client, const struct statement_args *args, const char *kind, mp_error *err)
{
    const char *asked;
    MP_TRY(asked_kind(&asked, kind, args->format, err));
    mp_str path = mp_client_path(client, "/api/v1/statements/%s", asked);
    if (!args->framework == !args->measure)
        return mp_fail(err, MP_USAGE, MP_NOWHERE, "wanted either a framework or --measure");
    path = mp_state_with(client, path, "framework", args->framework);
    path = mp_state_with(client, mp_state_with(client, path, "scope", args->scope), "measure", args->measure);
    path = mp_state_with(client, mp_state_with(client, path, "from", args->from), "to", args->to);
    MP_TRY(mp_client_as_of(client, &args->as_of, err));
    MP_TRY(mp_client_ask(client, MP_GET, mp_client_then(client, path), NULL, err));
    return print(client, args, kind, err);
}

static mp_code applicability(mp_client *client, const void *args, mp_error *err)
{
    return show(client, args, "applicability", err);
}
static mp_code responsibility(mp_client *client, const void *args, mp_error *err)
{
    return show(client, args, "responsibility", err);
}
static mp_code gaps(mp_client *client, const void *args, mp_error *err)
{
    return show(client, args, "gaps", err);
}
static mp_code calendar(mp_client *client, const void *args, mp_error *err)
{
    return show(client, args, "calendar", err);
}

static mp_code services(mp_client *client, const void *args_, mp_error *err)
{
    const struct statement_args *args = args_;
    const char *asked;
    MP_TRY(asked_kind(&asked, "services", args->format, err));
    MP_TRY(mp_client_as_of(client, &args->as_of, err));
    MP_TRY(mp_client_ask(client, MP_GET, mp_client_then(client, MP_S("/api/v1/services-in-scope")), NULL, err));
    return print(client, args, "services", err);
}

/* ---- decisions from a spreadsheet ---- */

struct decide_args {
    mp_place place;
    int format;
    const char *file, *framework, *measure;
};
static const mp_option decide_operand = {
    .value = "FILE", .help = "operand.statement.decide", .min = 1, .max = 1, MP_FIELD(struct decide_args, file)
};
static const mp_option decide_options[] = {
    { .name = "framework",
      .value = "NAME",
      .help = "option.statement.framework",
      .is_required = true,
      MP_FIELD(struct decide_args, framework) },
    { .name = "measure",
      .value = "NAME",
      .help = "option.comply.measure",
      MP_FIELD(struct decide_args, measure) },
    MP_ANSWER_OPTIONS(struct decide_args),
};
static const mp_column decide_columns[] = { { "written", "column.written", NULL } };
static mp_code write_body(mp_jsonw *w, mp_client *client, const struct decide_args *args, mp_error *err)
{
    mp_str bytes;
    client->cli->file = args->file;
    MP_TRY(mp_source_slurp(&bytes, args->file, SHEET_MAX, &client->arena, err));
    mp_jsonw_init(w, &client->arena);
    mp_jsonw_object(w);
    mp_client_member(w, "framework", args->framework);
    mp_client_member(w, "measure", args->measure);
    mp_jsonw_key(w, MP_S("value"));
    MP_TRY(mp_decisions_of_sheet(w, bytes, &client->arena, err));
    mp_jsonw_end(w);
    client->cli->file = NULL;
    return MP_OK;
}

static mp_code decide(mp_client *client, const void *args_, mp_error *err)
{
    const struct decide_args *args = args_;
    mp_jsonw w;
    MP_TRY(write_body(&w, client, args, err));
    const mp_json *body = mp_jsonw_done(&w);
    if (!body)
        return mp_no_memory(err);
    MP_TRY(mp_client_ask(client, MP_POST, MP_S("/api/v1/control-decisions/import"), body, err));
    return mp_client_show(client, decide_columns, MP_COUNT(decide_columns), err);
}

/* ---- the table ---- */

#define SHOW(word_, example_, options_, fn_)                                                                   \
    MP_SUB_OWN("statement", word_, example_, &statement_operand, options_, struct statement_args, fn_)

static const mp_command subs[] = {
    SHOW("applicability", " --measure portal --format pdf --out soa.pdf", statement_options, applicability),
    SHOW("responsibility", " csap-iaas", statement_options, responsibility),
    SHOW("gaps", " --measure portal", statement_options, gaps),
    SHOW("calendar", " --measure portal --format ics --out audits.ics", calendar_options, calendar),
    MP_SUB_OWN("statement", "services", "", NULL, services_options, struct statement_args, services),
    MP_SUB_OWN("statement", "decide", " decisions.csv --framework iso-27001 --measure portal", &decide_operand,
               decide_options, struct decide_args, decide),
};

const mp_command mp_command_statement = { MP_GROUP("statement", "gaps", " --measure portal"),
                                          .exits = MP_EXITS_USUAL };
