/* SPDX-License-Identifier: Apache-2.0 */
#include "client.h"

static const mp_column list_columns[] = {
    { "userName", "column.userName", NULL },        { "displayName", "column.displayName", NULL },
    { "email", "column.email", NULL },              { "state", "column.state", "word.state." },
    { "lastSignInAt", "column.lastSignInAt", NULL }, { "id", "column.id", NULL },
};

static const mp_column user_columns[] = {
    { "id", "column.id", NULL },
    { "userName", "column.userName", NULL },
    { "displayName", "column.displayName", NULL },
    { "email", "column.email", NULL },
    { "language", "column.language", NULL },
    { "state", "column.state", "word.state." },
    { "mustChangePassword", "column.mustChangePassword", NULL },
    { "isStrong", "column.isStrong", NULL },
    { "createdAt", "column.createdAt", NULL },
    { "lastSignInAt", "column.lastSignInAt", NULL },
    { "leftAt", "column.leftAt", NULL },
    { "setupLink", "column.setupLink", NULL },
};

static const mp_column session_columns[] = {
    { "id", "column.id", NULL },
    { "createdAt", "column.createdAt", NULL },
    { "lastUsedAt", "column.lastUsedAt", NULL },
    { "endsAt", "column.endsAt", NULL },
    { "from", "column.from", NULL },
    { "agent", "column.agent", NULL },
};

/* ---- add ---- */

struct add_args {
    mp_place    place;
    int         format;
    const char *name, *display_name, *email, *language;
};

static const char *const languages[] = { "ko", "en", NULL };

static const mp_option add_operand = {
    .value = "USER", .help = "operand.user.new", .min = 1, .max = 1, MP_FIELD(struct add_args, name),
};

static const mp_option add_options[] = {
    { .name = "display-name", .value = "NAME", .help = "option.display-name", MP_FIELD(struct add_args, display_name) },
    { .name = "email", .value = "ADDRESS", .help = "option.email", MP_FIELD(struct add_args, email) },
    { .name = "language", .value = "ko|en", .choices = languages, .help = "option.language",
      MP_FIELD(struct add_args, language) },
    MP_ANSWER_OPTIONS(struct add_args),
};

/* The new user and his set-up link as one answer. */
static mp_code add_link(mp_client *client, mp_error *err)
{
    const mp_json *user = client->answer.json, *link = mp_json_get(user, MP_S("setupLink"));
    const mp_json *id = mp_json_get(user, MP_S("id"));
    mp_jsonw       w;
    if (link || !mp_json_is(id, MP_JSON_STRING))
        return MP_OK;
    MP_TRY(mp_client_ask(client, MP_POST,
                         mp_client_path(client, "/api/v1/users/%.*s/setup-link", MP_FMT(mp_json_str(id))), NULL, err));
    link = mp_json_get(client->answer.json, MP_S("setupLink"));
    mp_jsonw_init(&w, &client->arena);
    mp_jsonw_object(&w);
    for (MP_JSON_MEMBERS(key, user)) {
        mp_jsonw_key(&w, mp_json_str(key));
        mp_jsonw_value(&w, key + 1);
    }
    mp_jsonw_put_value(&w, "setupLink", link);
    mp_jsonw_end(&w);
    client->answer.json = mp_jsonw_done(&w);
    return client->answer.json ? MP_OK : mp_no_memory(err);
}

static mp_code add(mp_client *client, const void *args_, mp_error *err)
{
    const struct add_args *args = args_;
    mp_jsonw               w;
    mp_jsonw_init(&w, &client->arena);
    mp_jsonw_object(&w);
    mp_client_member(&w, "userName", args->name);
    mp_client_member(&w, "displayName", args->display_name ? args->display_name : args->name);
    mp_client_member(&w, "email", args->email);
    mp_client_member(&w, "language", args->language);
    mp_jsonw_end(&w);
    MP_TRY(mp_client_ask(client, MP_POST, MP_S("/api/v1/users"), mp_jsonw_done(&w), err));
    MP_TRY(add_link(client, err));
    MP_TRY(mp_client_show(client, user_columns, MP_COUNT(user_columns), err));
    if (client->format == MP_ANSWER_TABLE)
        mp_cli_note(client->cli, "user.added", args->name, NULL);
    return MP_OK;
}

/* ---- list ---- */

struct list_args {
    mp_place    place;
    int         format;
    const char *state;
    mp_when     as_of;
};

static const char *const states[] = { "invited", "active", "suspended", "left", NULL };

static const mp_option list_options[] = {
    { .name = "state", .value = "STATE", .choices = states, .help = "option.state.user",
      MP_FIELD(struct list_args, state) },
    MP_AS_OF_OPTION(struct list_args),
    MP_ANSWER_OPTIONS(struct list_args),
};

static mp_code list(mp_client *client, const void *args_, mp_error *err)
{
    const struct list_args *args = args_;
    mp_str path = MP_S("/api/v1/users?top=500");
    MP_TRY(mp_client_as_of(client, &args->as_of, err));
    if (args->state)
        path =
            mp_client_path(client, "/api/v1/users?top=500&state=%s", mp_client_quote(client, mp_str_from(args->state)));
    return mp_client_list(client, mp_client_then(client, path), list_columns, MP_COUNT(list_columns), err);
}

/* ---- the group ---- */

static const mp_command subs[] = {
    MP_SUB_OWN("user", "add", " kim --display-name 'Kim Jiwon' --email kim@example.com", &add_operand, add_options,
               struct add_args, add),
    MP_SUB_OWN("user", "list", " --state active", NULL, list_options, struct list_args, list),
    MP_SUB_READ("user", "show", " kim", &mp_operand_user, .path = "/api/v1/users/{}", .thing = &mp_thing_user,
                MP_COLUMNS(user_columns)),
    MP_SUB_ASK("user", "history", " kim", &mp_operand_user, MP_GET, "/api/v1/users/{}/history?top=500",
               &mp_thing_user, MP_COLUMNS(mp_history_columns),
               .is_list = true),
    MP_SUB_ASK("user", "suspend", " kim", &mp_operand_user, MP_POST, "/api/v1/users/{}/suspend", &mp_thing_user,
               .said = "user.suspended"),
    MP_SUB_ASK("user", "resume", " kim", &mp_operand_user, MP_POST, "/api/v1/users/{}/resume", &mp_thing_user,
               .said = "user.resumed"),
    MP_SUB_ASK("user", "unlock", " kim", &mp_operand_user, MP_POST, "/api/v1/users/{}/unlock", &mp_thing_user,
               .said = "user.unlocked"),
    MP_SUB_SURE("user", "leave", " kim --yes", &mp_operand_user, MP_POST, "/api/v1/users/{}/leave", &mp_thing_user,
                .said = "user.left"),
    MP_SUB_ASK("user", "link", " kim", &mp_operand_user, MP_POST, "/api/v1/users/{}/setup-link", &mp_thing_user,
               .value = "setupLink"),
    MP_SUB_ASK("user", "reset-factors", " kim", &mp_operand_user, MP_DELETE, "/api/v1/users/{}/factors",
               &mp_thing_user, .said = "user.factors-reset"),
    MP_SUB_ASK("user", "sessions", " kim", &mp_operand_user, MP_GET, "/api/v1/users/{}/sessions", &mp_thing_user,
               MP_COLUMNS(session_columns)),
    MP_SUB_ASK("user", "end-sessions", " kim", &mp_operand_user, MP_DELETE, "/api/v1/users/{}/sessions",
               &mp_thing_user, .said = "user.sessions-ended"),
};

const mp_command mp_command_user = {
    MP_GROUP("user", "add", " kim --display-name 'Kim Jiwon' --email kim@example.com"), .exits = MP_EXITS_USUAL
};
