/* SPDX-License-Identifier: Apache-2.0 */
#include "state_changes.h"

struct judge_args {
    mp_place    place;
    int         format;
    const char *unused_name; /* no operand: mp_ask_args has one here */
    const char *scope;
};

static const mp_option start_options[] = {
    { .name = "scope", .value = "ID", .help = "option.state.scope", MP_FIELD(struct judge_args, scope) },
    MP_ANSWER_OPTIONS(struct judge_args),
};

static const mp_column columns[] = {
    { "stage", "column.scan-stage", "judge.stage." },
    { "scope", "column.scan-scope", NULL },
    { "startedAt", "column.scan-started", NULL },
    { "endedAt", "column.scan-ended", NULL },
    { "judged", "column.scan-judged", NULL },
    { "resources", "column.scan-total", NULL },
    { "mended", "column.scan-mended", NULL },
    { "newer", "column.scan-newer", NULL },
    { "states/NonCompliant", "column.scan-non-compliant", NULL },
    { "states/Compliant", "column.scan-compliant", NULL },
    { "states/Exempt", "column.scan-exempt", NULL },
    { "states/Error", "column.scan-error", NULL },
};

static mp_code start(mp_client *client, const void *args_, mp_error *err)
{
    const struct judge_args *args = args_;
    MP_TRY(mp_client_ask(client, MP_POST, mp_state_with(client, MP_S("/api/v1/judging"), "scope", args->scope), NULL, err));
    return mp_client_show(client, columns, MP_COUNT(columns), err);
}

static mp_code status(mp_client *client, const void *args, mp_error *err)
{
    (void)args;
    MP_TRY(mp_client_ask(client, MP_GET, MP_S("/api/v1/judging"), NULL, err));
    const mp_json *scan = mp_json_get(client->answer.json, MP_S("scan"));
    if (client->format == MP_ANSWER_JSON || scan) {
        client->answer.json = client->format == MP_ANSWER_JSON ? client->answer.json : scan;
        return mp_client_show(client, columns, MP_COUNT(columns), err);
    }
    mp_cli_note(client->cli, "judge.none", NULL);
    return MP_OK;
}

static const mp_command subs[] = {
    MP_SUB_OWN("judge", "start", "", NULL, start_options, struct judge_args, start),
    { MP_SUB("judge", "status", ""), .options = mp_ask_options, .option_count = MP_ASK_OPTION_COUNT, .args_size = sizeof(mp_ask_args), .run = mp_client_run,
      .exits = MP_EXITS_USUAL, .about = &(const mp_ask){ .fn = status } },
    MP_SUB_ASK("judge", "stop", "", NULL, MP_DELETE, "/api/v1/judging", NULL, MP_COLUMNS(columns)),
};

const mp_command mp_command_judge = { MP_GROUP("judge", "status", ""), .exits = MP_EXITS_USUAL };
