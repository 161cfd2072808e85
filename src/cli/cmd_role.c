/* SPDX-License-Identifier: Apache-2.0 */
#include "client.h"

static const mp_column list_columns[] = {
    { "roleName", "column.roleName", NULL }, { "type", "column.type", "word.role." },
    { "description", "column.description", NULL }, { "id", "column.id", NULL },
};

static const mp_column role_columns[] = {
    { "id", "column.id", NULL },
    { "roleName", "column.roleName", NULL },
    { "type", "column.type", "word.role." },
    { "description", "column.description", NULL },
    { "actions", "column.actions", NULL },
    { "notActions", "column.notActions", NULL },
    { "dataActions", "column.dataActions", NULL },
    { "notDataActions", "column.notDataActions", NULL },
    { "assignableScopes", "column.assignableScopes", NULL },
};

static const mp_column assignments_columns[] = {
    { "principalName", "column.principalName", NULL },
    { "principalType", "column.principalType", "word.principal." },
    { "roleName", "column.role", NULL },
    { "scope", "column.scope", NULL },
    { "startsAt", "column.startsAt", NULL },
    { "endsAt", "column.endsAt", NULL },
    { "id", "column.id", NULL },
    { "principalId", "column.principalId", NULL },
};

static const mp_column assignment_columns[] = {
    { "id", "column.id", NULL },
    { "principalName", "column.principalName", NULL },
    { "principalType", "column.principalType", "word.principal." },
    { "principalId", "column.principalId", NULL },
    { "roleName", "column.role", NULL },
    { "roleDefinitionId", "column.roleDefinitionId", NULL },
    { "scope", "column.scope", NULL },
    { "description", "column.description", NULL },
    { "startsAt", "column.startsAt", NULL },
    { "endsAt", "column.endsAt", NULL },
};

static const mp_option add_operand = {
    .value = "FILE", .help = "operand.role.file", .min = 1, .max = 1, MP_FIELD(mp_ask_args, name),
};

/* ---- assignments ---- */

struct assign_args {
    mp_place    place;
    int         format;
    const char *role, *to, *scope, *description;
    mp_when     from, until;
};

static const mp_option assign_operand = {
    .value = "ROLE", .help = "operand.role", .min = 1, .max = 1, MP_FIELD(struct assign_args, role),
};

static const mp_option assign_options[] = {
    { .name = "to", .value = "NAME", .help = "option.to", .is_required = true, MP_FIELD(struct assign_args, to) },
    { .name = "scope", .value = "SCOPE", .fallback = "/", .help = "option.scope", MP_FIELD(struct assign_args, scope) },
    { .name = "from", .value = "TIME", .help = "option.from", MP_FIELD(struct assign_args, from) },
    { .name = "until", .value = "TIME", .help = "option.until", MP_FIELD(struct assign_args, until) },
    { .name = "description", .value = "TEXT", .help = "option.description", MP_FIELD(struct assign_args, description) },
    MP_ANSWER_OPTIONS(struct assign_args),
};

static void add_time(mp_jsonw *w, mp_arena *arena, const char *name, const mp_when *when)
{
    char text[MP_CLOCK_SHORT];
    if (!when->is_given)
        return;
    mp_clock_format_short(text, when->at);
    mp_client_member(w, name, mp_arena_dup(arena, mp_str_from(text)).ptr);
}

static mp_code assign(mp_client *client, const void *args_, mp_error *err)
{
    const struct assign_args *args = args_;
    const char               *role, *principal;
    mp_jsonw                  w;
    MP_TRY(mp_client_find(&role, client, &mp_thing_role, args->role, err));
    MP_TRY(mp_client_principal(&principal, client, args->to, err));
    mp_jsonw_init(&w, &client->arena);
    mp_jsonw_object(&w);
    mp_client_member(&w, "roleDefinitionId", role);
    mp_client_member(&w, "principalId", principal);
    mp_client_member(&w, "scope", args->scope);
    mp_client_member(&w, "description", args->description);
    add_time(&w, &client->arena, "startsAt", &args->from);
    add_time(&w, &client->arena, "endsAt", &args->until);
    mp_jsonw_end(&w);
    MP_TRY(mp_client_ask(client, MP_POST, MP_S("/api/v1/assignments"), mp_jsonw_done(&w), err));
    return mp_client_show(client, assignment_columns, MP_COUNT(assignment_columns), err);
}

struct list_args {
    mp_place    place;
    int         format;
    const char *to, *scope;
    mp_when     as_of;
};

static const mp_option list_options[] = {
    { .name = "to", .value = "NAME", .help = "option.to.list", MP_FIELD(struct list_args, to) },
    { .name = "scope", .value = "SCOPE", .help = "option.scope.list", MP_FIELD(struct list_args, scope) },
    MP_AS_OF_OPTION(struct list_args),
    MP_ANSWER_OPTIONS(struct list_args),
};

static mp_code list_assignments(mp_client *client, const void *args_, mp_error *err)
{
    const struct list_args *args = args_;
    const char             *principal = NULL;
    mp_buf                  path = MP_BUF_INIT;
    MP_TRY(mp_client_as_of(client, &args->as_of, err));
    if (args->to)
        MP_TRY(mp_client_principal(&principal, client, args->to, err));
    mp_buf_add(&path, MP_S("/api/v1/assignments?top=500"));
    if (principal)
        mp_buf_printf(&path, "&principalId=%s", principal);
    if (args->scope)
        mp_buf_printf(&path, "&scope=%s", mp_client_quote(client, mp_str_from(args->scope)));
    mp_str kept = mp_arena_dup(&client->arena, mp_buf_str(&path));
    mp_buf_free(&path);
    return mp_client_list(client, mp_client_then(client, kept), assignments_columns, MP_COUNT(assignments_columns),
                          err);
}

static const mp_option unassign_operand = {
    .value = "ID", .help = "operand.assignment", .min = 1, .max = 1, MP_FIELD(mp_ask_args, name),
};

/* ---- may ---- */

struct may_args {
    mp_place    place;
    int         format;
    mp_list     words; /* who, what */
    const char *scope;
    bool        is_data;
};

static const mp_option may_operand = {
    .value = "NAME ACTION", .help = "operand.may", .min = 2, .max = 2, MP_FIELD(struct may_args, words),
};

static const mp_option may_options[] = {
    { .name = "scope", .value = "SCOPE", .fallback = "/", .help = "option.scope.may",
      MP_FIELD(struct may_args, scope) },
    { .name = "data-action", .help = "option.data-action", MP_FIELD(struct may_args, is_data) },
    MP_ANSWER_OPTIONS(struct may_args),
};

static const mp_column decided_columns[] = {
    { "roleName", "column.roleName", NULL },
    { "scope", "column.scope", NULL },
    { "throughName", "column.through", NULL },
    { "action", "column.pattern", NULL },
    { "assignmentId", "column.assignment", NULL },
};

static const mp_column not_enough_columns[] = {
    { "roleName", "column.roleName", NULL },
    { "scope", "column.scope", NULL },
    { "throughName", "column.through", NULL },
    { "why", "column.why", "word.why." },
    { "assignmentId", "column.assignment", NULL },
};

static void explain(mp_buf *text, mp_client *client, const struct may_args *args, bool is_allowed)
{
    mp_columns_state decided = { .has_head = false }, others = { .has_head = false };
    const mp_json   *answer = client->answer.json;
    mp_lang          lang = client->cli->lang;
    mp_say_z(text, lang, is_allowed ? "may.yes" : "may.no", args->words.items[0], args->words.items[1], args->scope,
             NULL);
    mp_buf_add_c(text, '\n');
    const mp_json *reason = mp_json_get(answer, MP_S("reason"));
    mp_str         said =
        mp_json_is(reason, MP_JSON_STRING) ? mp_message_of(lang, "may.reason.", mp_json_str(reason)) : MP_S("");
    if (said.len)
        mp_buf_printf(text, "%.*s\n", MP_FMT(said));
    const mp_json *by = mp_json_get(answer, MP_S("decidedBy")), *not_enough = mp_json_get(answer, MP_S("notEnough"));
    if (mp_json_is(by, MP_JSON_ARRAY) && by->count) {
        mp_buf_printf(text, "\n%.*s\n", MP_FMT(mp_message(lang, is_allowed ? "may.decided-by" : "may.would-allow")));
        mp_columns_list(text, client->cli, decided_columns, MP_COUNT(decided_columns), by, &decided, &client->arena);
    }
    if (mp_json_is(not_enough, MP_JSON_ARRAY) && not_enough->count) {
        mp_buf_printf(text, "\n%.*s\n", MP_FMT(mp_message(lang, "may.not-enough")));
        mp_columns_list(text, client->cli, not_enough_columns, MP_COUNT(not_enough_columns), not_enough, &others,
                        &client->arena);
    }
}

static mp_code ask_may(mp_client *client, const struct may_args *args, mp_error *err)
{
    const char *principal;
    mp_jsonw    w;
    MP_TRY(mp_client_principal(&principal, client, args->words.items[0], err));
    mp_jsonw_init(&w, &client->arena);
    mp_jsonw_object(&w);
    mp_client_member(&w, "principalId", principal);
    mp_client_member(&w, "action", args->words.items[1]);
    mp_client_member(&w, "scope", args->scope);
    mp_jsonw_put_bool(&w, "isData", args->is_data);
    mp_jsonw_end(&w);
    return mp_client_ask(client, MP_POST, MP_S("/api/v1/may"), mp_jsonw_done(&w), err);
}

static mp_code may(mp_client *client, const void *args_, bool *is_allowed, mp_error *err)
{
    const struct may_args *args = args_;
    mp_output              out;
    mp_buf                 text = MP_BUF_INIT;
    MP_TRY(ask_may(client, args, err));
    const mp_json *allowed = mp_json_get(client->answer.json, MP_S("allowed"));
    *is_allowed = mp_json_is_true(allowed);
    if (client->format == MP_ANSWER_JSON)
        return mp_client_show(client, NULL, 0, err);
    MP_TRY(mp_output_open(&out, client->cli, NULL, err));
    explain(&text, client, args, *is_allowed);
    MP_TRY(mp_output_buf(&out, &text, err));
    return mp_output_close(&out, err);
}

static mp_code run_may(mp_exit *exit, mp_cli *cli, const void *args_, mp_error *err)
{
    const struct may_args *args = args_;
    mp_client              client;
    bool                   is_allowed = false;
    mp_code                code = mp_client_open(&client, cli, &args->place, args->format, err);
    if (code == MP_OK)
        code = may(&client, args, &is_allowed, err);
    mp_client_done(&client);
    *exit = is_allowed ? MP_EXIT_OK : MP_EXIT_FINDINGS;
    return code;
}

static const mp_command subs[] = {
    MP_SUB_READ("role", "list", "", NULL, .path = "/api/v1/roles?top=500", .thing = NULL, MP_COLUMNS(list_columns),
                .is_list = true),
    MP_SUB_READ("role", "show", " Reader", &mp_operand_role, .path = "/api/v1/roles/{}", .thing = &mp_thing_role,
                MP_COLUMNS(role_columns)),
    MP_SUB_ASK("role", "history", " 'Evidence collector'", &mp_operand_role, MP_GET,
               "/api/v1/roles/{}/history?top=500", &mp_thing_role, MP_COLUMNS(mp_history_columns),
               .is_list = true),
    MP_SUB_FILE("role", "add", " role.json", &add_operand, "/api/v1/roles", role_columns),
    MP_SUB_ASK("role", "delete", " 'Evidence collector'", &mp_operand_role, MP_DELETE, "/api/v1/roles/{}",
               &mp_thing_role, .said = "role.deleted"),
    MP_SUB_OWN("role", "assign", " Reader --to kim --scope /", &assign_operand, assign_options, struct assign_args,
               assign),
    MP_SUB_ASK("role", "unassign", " ID", &unassign_operand, MP_DELETE, "/api/v1/assignments/{}", NULL,
               .said = "role.unassigned"),
    MP_SUB_OWN("role", "assignments", " --to kim", NULL, list_options, struct list_args, list_assignments),
    { MP_SUB("role", "may", " kim Mapae.Access/users/write"), .operand = &may_operand, .options = may_options,
      .option_count = MP_COUNT(may_options), .args_size = sizeof(struct may_args),
      .exits = MP_EXITS_USUAL | 1u << MP_EXIT_FINDINGS, .run = run_may },
};

const mp_command mp_command_role = { MP_GROUP("role", "list", ""), .exits = MP_EXITS_USUAL | 1u << MP_EXIT_FINDINGS };
