/* SPDX-License-Identifier: Apache-2.0 */
#include "client.h"

static const mp_column list_columns[] = {
    { "displayName", "column.displayName", NULL },   { "appId", "column.appId", NULL }, { "state", "column.state", "word.state." },
    { "lastSignInAt", "column.lastSignInAt", NULL }, { "id", "column.id", NULL },
};

static const mp_column program_columns[] = {
    { "id", "column.id", NULL },
    { "appId", "column.appId", NULL },
    { "displayName", "column.displayName", NULL },
    { "description", "column.description", NULL },
    { "state", "column.state", "word.state." },
    { "credentials/keyId", "column.credentials", NULL },
    { "credentials/endsAt", "column.credentialsEnd", NULL },
    { "createdAt", "column.createdAt", NULL },
    { "lastSignInAt", "column.lastSignInAt", NULL },
};

static const mp_column secret_columns[] = {
    { "keyId", "column.keyId", NULL },
    { "clientId", "column.appId", NULL },
    { "clientSecret", "column.clientSecret", NULL },
    { "endsAt", "column.endsAt", NULL },
};

/* ---- add ---- */

struct add_args {
    mp_place    place;
    int         format;
    const char *name, *description;
};

static const mp_option add_operand = {
    .value = "PROGRAM", .help = "operand.program.new", .min = 1, .max = 1, MP_FIELD(struct add_args, name),
};

static const mp_option add_options[] = {
    { .name = "description", .value = "TEXT", .help = "option.description", MP_FIELD(struct add_args, description) },
    MP_ANSWER_OPTIONS(struct add_args),
};

static mp_code add(mp_client *client, const void *args_, mp_error *err)
{
    const struct add_args *args = args_;
    mp_jsonw               w;
    mp_jsonw_init(&w, &client->arena);
    mp_jsonw_object(&w);
    mp_client_member(&w, "displayName", args->name);
    mp_client_member(&w, "description", args->description);
    mp_jsonw_end(&w);
    MP_TRY(mp_client_ask(client, MP_POST, MP_S("/api/v1/programs"), mp_jsonw_done(&w), err));
    return mp_client_show(client, program_columns, MP_COUNT(program_columns), err);
}

/* ---- secrets ---- */

struct secret_args {
    mp_place    place;
    int         format;
    const char *name;
    int64_t     days;
};

static const mp_option secret_operand = {
    .value = "PROGRAM", .help = "operand.program", .min = 1, .max = 1, MP_FIELD(struct secret_args, name),
};

static const mp_option secret_options[] = {
    { .name = "days", .value = "N", .min = 1, .max = 3650, .help = "option.days.secret", MP_FIELD(struct secret_args, days) },
    MP_ANSWER_OPTIONS(struct secret_args),
};

static mp_code make_secret(mp_client *client, const void *args_, mp_error *err)
{
    const struct secret_args *args = args_;
    const char               *id;
    mp_jsonw                  w;
    char                      ends_at[MP_CLOCK_SHORT];
    MP_TRY(mp_client_find(&id, client, &mp_thing_program, args->name, err));
    mp_clock_format_short(ends_at, mp_clock_now() + args->days * MP_TICKS_PER_DAY);
    mp_jsonw_init(&w, &client->arena);
    mp_jsonw_object(&w);
    mp_client_member(&w, "endsAt", args->days ? ends_at : NULL);
    mp_jsonw_end(&w);
    MP_TRY(mp_client_ask(client, MP_POST, mp_client_path(client, "/api/v1/programs/%s/secrets", id),
                         mp_jsonw_done(&w), err));
    MP_TRY(mp_client_show(client, secret_columns, MP_COUNT(secret_columns), err));
    if (client->format == MP_ANSWER_TABLE)
        mp_cli_note(client->cli, "program.secret-once", NULL);
    return MP_OK;
}

struct end_args {
    mp_place place;
    int      format;
    mp_list  names; /* the program, then the key id */
};

static const mp_option end_operand = {
    .value = "PROGRAM KEY-ID", .help = "operand.key-id", .min = 2, .max = 2, MP_FIELD(struct end_args, names),
};

static const mp_option end_options[] = { MP_ANSWER_OPTIONS(struct end_args) };

static mp_code end_secret(mp_client *client, const void *args_, mp_error *err)
{
    const struct end_args *args = args_;
    const char            *id, *key = args->names.items[1];
    MP_TRY(mp_client_find(&id, client, &mp_thing_program, args->names.items[0], err));
    mp_str path = mp_client_path(client, "/api/v1/programs/%s/secrets/%s", id, mp_client_quote(client, mp_str_from(key)));
    MP_TRY(mp_client_ask(client, MP_DELETE, path, NULL, err));
    if (client->format == MP_ANSWER_JSON)
        return mp_client_show(client, NULL, 0, err);
    mp_cli_note(client->cli, "program.secret-ended", key, args->names.items[0], NULL);
    return MP_OK;
}

static const mp_command subs[] = {
    MP_SUB_OWN("program", "add", " pipeline", &add_operand, add_options, struct add_args, add),
    MP_SUB_READ("program", "list", "", NULL, .path = "/api/v1/programs?top=500", .thing = NULL,
                MP_COLUMNS(list_columns), .is_list = true),
    MP_SUB_READ("program", "show", " pipeline", &mp_operand_program, .path = "/api/v1/programs/{}",
                .thing = &mp_thing_program, MP_COLUMNS(program_columns)),
    MP_SUB_ASK("program", "history", " pipeline", &mp_operand_program, MP_GET, "/api/v1/programs/{}/history?top=500",
               &mp_thing_program, MP_COLUMNS(mp_history_columns), .is_list = true),
    MP_SUB_OWN("program", "secret", " pipeline --days 90", &secret_operand, secret_options, struct secret_args,
               make_secret),
    MP_SUB_OWN("program", "end-secret", " pipeline KEY-ID", &end_operand, end_options, struct end_args, end_secret),
    MP_SUB_ASK("program", "suspend", " pipeline", &mp_operand_program, MP_POST, "/api/v1/programs/{}/suspend",
               &mp_thing_program, .said = "program.suspended"),
    MP_SUB_ASK("program", "resume", " pipeline", &mp_operand_program, MP_POST, "/api/v1/programs/{}/resume",
               &mp_thing_program, .said = "program.resumed"),
    MP_SUB_SURE("program", "leave", " pipeline --yes", &mp_operand_program, MP_POST, "/api/v1/programs/{}/leave",
                &mp_thing_program, .said = "program.left"),
};

const mp_command mp_command_program = { MP_GROUP("program", "add", " pipeline"), .exits = MP_EXITS_USUAL };
