/* SPDX-License-Identifier: Apache-2.0 */
#include "client.h"

static const mp_column list_columns[] = {
    { "displayName", "column.displayName", NULL },
    { "description", "column.description", NULL },
    { "id", "column.id", NULL },
};

static const mp_column group_columns[] = {
    { "id", "column.id", NULL },
    { "displayName", "column.displayName", NULL },
    { "description", "column.description", NULL },
    { "memberNames/principalName", "column.members", NULL },
    { "members", "column.memberIds", NULL },
    { "createdAt", "column.createdAt", NULL },
};

/* ---- add ---- */

struct add_args {
    mp_place    place;
    int         format;
    const char *name, *description;
    mp_list     members;
};

static const mp_option add_operand = {
    .value = "GROUP", .help = "operand.group.new", .min = 1, .max = 1, MP_FIELD(struct add_args, name),
};

static const mp_option add_options[] = {
    { .name = "description", .value = "TEXT", .help = "option.description", MP_FIELD(struct add_args, description) },
    { .name = "member", .value = "NAME", .help = "option.member", MP_FIELD(struct add_args, members) },
    MP_ANSWER_OPTIONS(struct add_args),
};

static mp_code add(mp_client *client, const void *args_, mp_error *err)
{
    const struct add_args *args = args_;
    const char           **ids = MP_ARENA_ARRAY(&client->arena, const char *, args->members.count + 1);
    mp_jsonw               w;
    if (!ids)
        return mp_no_memory(err);
    for (size_t i = 0; i < args->members.count; i++)
        MP_TRY(mp_client_principal(&ids[i], client, args->members.items[i], err));
    mp_jsonw_init(&w, &client->arena);
    mp_jsonw_object(&w);
    mp_client_member(&w, "displayName", args->name);
    mp_client_member(&w, "description", args->description);
    mp_jsonw_key(&w, MP_S("members"));
    mp_jsonw_array(&w);
    for (size_t i = 0; i < args->members.count; i++)
        mp_jsonw_str(&w, mp_str_from(ids[i]));
    mp_jsonw_end(&w);
    mp_jsonw_end(&w);
    MP_TRY(mp_client_ask(client, MP_POST, MP_S("/api/v1/groups"), mp_jsonw_done(&w), err));
    return mp_client_show(client, group_columns, MP_COUNT(group_columns), err);
}

/* ---- members ---- */

struct member_args {
    mp_place    place;
    int         format;
    mp_list     names; /* the group, then who */
};

static const mp_option member_operand = {
    .value = "GROUP MEMBER", .help = "operand.member", .min = 2, .max = 2, MP_FIELD(struct member_args, names),
};

static const mp_option member_options[] = { MP_ANSWER_OPTIONS(struct member_args) };

static mp_code change_members(mp_client *client, const void *args_, mp_error *err)
{
    const struct member_args *args = args_;
    const mp_ask             *ask = client->cli->command->about;
    const char               *group, *member;
    MP_TRY(mp_client_find(&group, client, &mp_thing_group, args->names.items[0], err));
    MP_TRY(mp_client_principal(&member, client, args->names.items[1], err));
    MP_TRY(mp_client_ask(client, ask->method, mp_client_path(client, "/api/v1/groups/%s/members/%s", group, member),
                         NULL, err));
    if (client->format == MP_ANSWER_JSON)
        return mp_client_show(client, NULL, 0, err);
    mp_cli_note(client->cli, ask->said, args->names.items[1], args->names.items[0], NULL);
    return MP_OK;
}

#define MEMBER_SUB(word_, method_, said_)                                                                          \
    { MP_SUB("group", word_, " auditors kim"), .operand = &member_operand, .options = member_options,              \
      .option_count = MP_COUNT(member_options), .args_size = sizeof(struct member_args), .run = mp_client_run,     \
      .exits = MP_EXITS_USUAL, .about = &(const mp_ask){ .fn = change_members, .method = (method_), .said = (said_) } }

static const mp_command subs[] = {
    MP_SUB_OWN("group", "add", " auditors --member kim --member lee", &add_operand, add_options, struct add_args, add),
    MP_SUB_READ("group", "list", "", NULL, .path = "/api/v1/groups?top=500", .thing = NULL, MP_COLUMNS(list_columns),
                .is_list = true),
    MP_SUB_READ("group", "show", " auditors", &mp_operand_group, .path = "/api/v1/groups/{}",
                .thing = &mp_thing_group, MP_COLUMNS(group_columns)),
    MP_SUB_ASK("group", "history", " auditors", &mp_operand_group, MP_GET, "/api/v1/groups/{}/history?top=500",
               &mp_thing_group, MP_COLUMNS(mp_history_columns),
               .is_list = true),
    MEMBER_SUB("add-member", MP_PUT, "group.member-added"),
    MEMBER_SUB("remove-member", MP_DELETE, "group.member-removed"),
    MP_SUB_ASK("group", "delete", " auditors", &mp_operand_group, MP_DELETE, "/api/v1/groups/{}", &mp_thing_group,
               .said = "group.deleted"),
};

const mp_command mp_command_group = { MP_GROUP("group", "add", " auditors --member kim --member lee"),
                                      .exits = MP_EXITS_USUAL };
