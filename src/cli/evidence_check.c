/* SPDX-License-Identifier: Apache-2.0 */
/* `mapae evidence verify`: are all files of evidence what their records say? */
#include "evidence_add.h"

static const mp_column count_columns[] = {
    { "records", "column.evidence.records", NULL },
    { "files", "column.files", NULL },
    { "bytes", "column.bytes", NULL },
    { "wrong", "column.evidence.wrong", NULL },
};
static const mp_column wrong_columns[] = {
    { "id", "column.id", NULL },
    { "detail", "column.evidence.fault", NULL },
};

static mp_code show(mp_client *client, const mp_json *wrong, mp_error *err)
{
    mp_buf text = MP_BUF_INIT;
    mp_columns_state state = { .has_head = false };
    mp_columns_object(&text, client->cli, count_columns, MP_COUNT(count_columns), client->answer.json, &client->arena);
    if (wrong->count) {
        mp_buf_add_c(&text, '\n');
        mp_columns_list(&text, client->cli, wrong_columns, MP_COUNT(wrong_columns), wrong, &state, &client->arena);
    }
    return mp_output_whole(client->cli, NULL, &text, err);
}

static mp_code verify(mp_client *client, const void *exit, mp_error *err)
{
    MP_TRY(mp_client_ask(client, MP_POST, MP_S("/api/v1/evidence-files/verify"), NULL, err));
    bool holds = mp_json_is_true(mp_json_get(client->answer.json, MP_S("holds")));
    const mp_json *wrong = mp_json_get(client->answer.json, MP_S("value"));
    if (!holds)
        **(mp_exit *const *)exit = MP_EXIT_FINDINGS;
    if (client->format == MP_ANSWER_JSON || !mp_json_is(wrong, MP_JSON_ARRAY))
        return mp_client_json(client, NULL, err);
    MP_TRY(show(client, wrong, err));
    mp_cli_note(client->cli, holds ? "evidence.verified" : "evidence.wrong", NULL);
    return MP_OK;
}

mp_code mp_evidence_verify_run(mp_exit *exit, mp_cli *cli, const void *args, mp_error *err)
{
    return mp_client_do(cli, args, &exit, verify, err);
}
