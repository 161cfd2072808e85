/* SPDX-License-Identifier: Apache-2.0 */
#include "client.h"

#include <stdio.h>

#include "secret.h"
#include "source.h"
#include "systems.h"

const char *const mp_answer_formats[] = { "table", "json", NULL };
const char *const mp_table_formats[] = { "table", "json", "csv", NULL };

const mp_option mp_ask_options[MP_ASK_OPTION_COUNT] = { MP_ANSWER_OPTIONS(mp_ask_args) };

const mp_option mp_read_options[MP_READ_OPTION_COUNT] = { MP_AS_OF_OPTION(mp_read_args),
                                                          MP_ANSWER_OPTIONS(mp_read_args) };

const mp_option mp_sure_options[MP_SURE_OPTION_COUNT] = {
    { .name = "yes", .help = "option.yes", MP_FIELD(mp_sure_args, yes) },
    MP_ANSWER_OPTIONS(mp_sure_args),
};
_Static_assert(offsetof(mp_read_args, name) == offsetof(mp_ask_args, name) &&
                   offsetof(mp_sure_args, name) == offsetof(mp_ask_args, name),
               "one operand serves all");

const mp_column mp_history_columns[MP_HISTORY_COLUMNS] = {
    { "version", "column.version", NULL }, { "since", "column.since", NULL }, { "until", "column.until", NULL },
    { "body", "column.body", NULL },
};

#define OPERAND(value_, help_) \
    { .value = (value_), .help = (help_), .min = 1, .max = 1, MP_FIELD(mp_ask_args, name) }
const mp_option mp_operand_user = OPERAND("USER", "operand.user");
const mp_option mp_operand_group = OPERAND("GROUP", "operand.group");
const mp_option mp_operand_program = OPERAND("PROGRAM", "operand.program");
const mp_option mp_operand_role = OPERAND("ROLE", "operand.role");

const mp_thing mp_thing_user = { "user", "/api/v1/users", "userName", NULL };
const mp_thing mp_thing_group = { "group", "/api/v1/groups", "displayName", NULL };
const mp_thing mp_thing_program = { "program", "/api/v1/programs", "displayName", "appId" };
const mp_thing mp_thing_role = { "role", "/api/v1/roles", "roleName", NULL };
const mp_thing mp_thing_provider = { "identity provider", "/api/v1/identity-providers", "displayName", NULL };

mp_code mp_client_open(mp_client *out, mp_cli *cli, const mp_place *place, int format, mp_error *err)
{
    *out = (mp_client){ .cli = cli, .format = format };
    MP_TRY(mp_place_settings(&out->config, cli, place, err));
    mp_local_options options = { .config = out->config,
                                 .folder = mp_place_folder(place),
                                 .store = mp_place_store(place, out->config),
                                 .lang = cli->lang,
                                 .systems = mp_cli_systems };
    return mp_local_open(&out->local, &options, err);
}

void mp_client_done(mp_client *client)
{
    mp_local_close(client->local);
    mp_config_free(client->config);
    mp_arena_free(&client->arena);
}

/* ---- asking ---- */

const char *mp_client_quote(mp_client *client, mp_str text)
{
    char  *out = mp_arena_alloc(&client->arena, text.len * 3 + 1), *p = out;
    if (!out)
        return "";
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                        c == '.' || c == '_' || c == '~';
        p += is_plain ? (*p = (char)c, 1) : snprintf(p, 4, "%%%02X", c);
    }
    *p = '\0';
    return out;
}

mp_code mp_client_ask(mp_client *client, mp_method method, mp_str path, const mp_json *body, mp_error *err)
{
    if (!path.ptr)
        return mp_no_memory(err);
    mp_local_request request = { .method = method, .path = path, .json = body };
    MP_TRY(mp_local_ask(&client->answer, client->local, &request, &client->arena, err));
    return mp_local_check(&client->answer, err);
}

mp_str mp_client_then(mp_client *client, mp_str path)
{
    if (!client->as_of || !path.ptr)
        return path;
    return mp_client_path(client, "%.*s%casOf=%s", MP_FMT(path), mp_str_find(path, '?') == SIZE_MAX ? '?' : '&',
                          client->as_of);
}

mp_code mp_client_as_of(mp_client *client, const mp_when *when, mp_error *err)
{
    char text[MP_CLOCK_TEXT];
    if (!when->is_given)
        return MP_OK;
    mp_clock_format(text, when->at);
    client->as_of = mp_arena_dup(&client->arena, mp_str_from(text)).ptr;
    return client->as_of ? MP_OK : mp_no_memory(err);
}

/* ---- names ---- */

/* By one of its members; *id stays NULL when nothing is called so. */
static mp_code find_id(const char **id, mp_client *client, const mp_thing *thing, const char *filter, const char *name,
                       mp_error *err)
{
    mp_str path =
        mp_client_path(client, "%s?%s=%s&top=2", thing->path, filter, mp_client_quote(client, mp_str_from(name)));
    *id = NULL;
    MP_TRY(mp_client_ask(client, MP_GET, mp_client_then(client, path), NULL, err));
    const mp_json *list = mp_json_get(client->answer.json, MP_S("value"));
    const mp_json *first = mp_json_get(mp_json_at(list, 0), MP_S("id"));
    if (mp_json_at(list, 1))
        return mp_fail(err, MP_CONFLICT, MP_NOWHERE, "several of the kind %s are called \"%s\"; name one by its id",
                       thing->word, name);
    if (mp_json_is(first, MP_JSON_STRING))
        *id = mp_arena_dup(&client->arena, mp_json_str(first)).ptr;
    return MP_OK;
}

mp_code mp_client_find(const char **id, mp_client *client, const mp_thing *thing, const char *name, mp_error *err)
{
    bool        is_guid = mp_is_guid(mp_str_from(name));
    const char *filter = is_guid ? thing->other_id : thing->filter;
    *id = NULL;
    if (filter)
        MP_TRY(find_id(id, client, thing, filter, name, err));
    if (!*id && is_guid)
        *id = name;
    return *id ? MP_OK : mp_fail(err, MP_MISSING, MP_NOWHERE, "there is no %s called \"%s\"", thing->word, name);
}

mp_code mp_client_principal(const char **id, mp_client *client, const char *name, mp_error *err)
{
    static const mp_thing *const things[] = { &mp_thing_user, &mp_thing_group, &mp_thing_program };
    *id = NULL;
    if (mp_is_guid(mp_str_from(name)))
        return mp_client_find(id, client, &mp_thing_program, name, err);
    for (size_t i = 0; !*id && i < MP_COUNT(things); i++)
        MP_TRY(find_id(id, client, things[i], things[i]->filter, name, err));
    return *id ? MP_OK : mp_fail(err, MP_MISSING, MP_NOWHERE, "there is no user, group or program called \"%s\"", name);
}

/* ---- showing ---- */

mp_code mp_client_json(mp_client *client, const char *path, mp_error *err)
{
    mp_buf text = MP_BUF_INIT;
    if (client->answer.json) {
        mp_buf_add_json_pretty(&text, client->answer.json, 0);
        mp_buf_add_c(&text, '\n');
    }
    return mp_output_whole(client->cli, path, &text, err);
}

mp_code mp_client_show(mp_client *client, const mp_column *columns, size_t count, mp_error *err)
{
    mp_buf           text = MP_BUF_INIT;
    mp_columns_state state = { .has_head = false };
    const mp_json   *list = mp_json_get(client->answer.json, MP_S("value"));
    if (client->format == MP_ANSWER_JSON)
        return mp_client_json(client, NULL, err);
    if (mp_json_is(list, MP_JSON_ARRAY))
        mp_columns_list(&text, client->cli, columns, count, list, &state, &client->arena);
    else
        mp_columns_object(&text, client->cli, columns, count, client->answer.json, &client->arena);
    return mp_output_whole(client->cli, NULL, &text, err);
}

/* The elements of one page of a list that is written as one array over all of them. */
static void add_elements(mp_buf *text, const mp_json *list, bool *has_any)
{
    if (mp_json_is(list, MP_JSON_ARRAY))
        for (MP_JSON_EACH(one, list)) {
            mp_buf_add_z(text, *has_any ? ",\n    " : "\n    ");
            mp_buf_add_json_pretty(text, one, 2);
            *has_any = true;
        }
}

static mp_code write_pages(mp_client *client, mp_output *out, mp_str path, const mp_column *columns, size_t count,
                           mp_error *err)
{
    bool             is_json = client->format == MP_ANSWER_JSON, has_any = false;
    mp_columns_state state = { .has_head = false };
    mp_str           page = path;
    char             next[4096] = "";
    if (is_json)
        MP_TRY(mp_output_write(out, MP_S("{\n  \"value\": ["), err));
    do {
        mp_arena_mark mark = mp_arena_save(&client->arena);
        mp_buf        text = MP_BUF_INIT;
        if (next[0])
            page = mp_client_path(client, "%.*s%cafter=%s", MP_FMT(path),
                                  mp_str_find(path, '?') == SIZE_MAX ? '?' : '&', next);
        MP_TRY(mp_client_ask(client, MP_GET, page, NULL, err));
        const mp_json *list = mp_json_get(client->answer.json, MP_S("value")),
                      *more = mp_json_get(client->answer.json, MP_S("next"));
        if (is_json)
            add_elements(&text, list, &has_any);
        else
            mp_columns_list(&text, client->cli, columns, count, list, &state, &client->arena);
        MP_TRY(mp_output_buf(out, &text, err));
        mp_str token = mp_json_is(more, MP_JSON_STRING) ? mp_json_str(more) : MP_S("");
        snprintf(next, sizeof next, "%s", mp_client_quote(client, token));
        mp_arena_restore(&client->arena, mark);
    } while (next[0]);
    return is_json ? mp_output_write(out, has_any ? MP_S("\n  ]\n}\n") : MP_S("]\n}\n"), err) : MP_OK;
}

mp_code mp_client_list(mp_client *client, mp_str path, const mp_column *columns, size_t count, mp_error *err)
{
    mp_output out;
    if (!path.ptr)
        return mp_no_memory(err);
    MP_TRY(mp_output_open(&out, client->cli, NULL, err));
    mp_code code = write_pages(client, &out, path, columns, count, err);
    if (code == MP_OK)
        return mp_output_close(&out, err);
    mp_output_abandon(&out);
    return code;
}

mp_code mp_client_value(mp_client *client, const char *member, mp_error *err)
{
    mp_buf         text = MP_BUF_INIT;
    const mp_json *value = mp_json_get(client->answer.json, mp_str_from(member));
    if (client->format == MP_ANSWER_JSON)
        return mp_client_json(client, NULL, err);
    if (mp_json_is(value, MP_JSON_STRING))
        mp_buf_printf(&text, "%.*s\n", MP_FMT(mp_json_str(value)));
    return mp_output_whole(client->cli, NULL, &text, err);
}

/* ---- commands that are one request ---- */

static mp_str fill(mp_client *client, const char *path, const char *value)
{
    mp_str text = mp_str_from(path);
    size_t hole = mp_str_find_str(text, MP_S("{}"));
    if (hole == SIZE_MAX)
        return text;
    return mp_client_path(client, "%.*s%s%s", (int)hole, path, mp_client_quote(client, mp_str_from(value)),
                          path + hole + 2);
}

static mp_code run_ask(mp_client *client, const mp_ask *ask, const char *name, mp_error *err)
{
    const char *id = name;
    if (ask->thing)
        MP_TRY(mp_client_find(&id, client, ask->thing, name, err));
    mp_str path = mp_client_then(client, fill(client, ask->path, id));
    if (ask->is_list)
        return mp_client_list(client, path, ask->columns, ask->column_count, err);
    MP_TRY(mp_client_ask(client, ask->method, path, NULL, err));
    if (ask->value)
        return mp_client_value(client, ask->value, err);
    if (client->format == MP_ANSWER_JSON || ask->columns)
        MP_TRY(mp_client_show(client, ask->columns, ask->column_count, err));
    if (client->format == MP_ANSWER_TABLE && ask->said)
        mp_cli_note(client->cli, ask->said, name, NULL);
    return MP_OK;
}

static mp_code run_about(mp_client *client, const void *args_, mp_error *err)
{
    const mp_ask_args *args = args_;
    const mp_ask      *ask = client->cli->command->about;
    return ask->fn ? ask->fn(client, args, err) : run_ask(client, ask, args->name, err);
}

mp_code mp_client_do(mp_cli *cli, const mp_ask_args *common, const void *args, mp_client_fn fn, mp_error *err)
{
    mp_client client;
    mp_code   code = mp_client_open(&client, cli, &common->place, common->format, err);
    if (code == MP_OK)
        code = fn(&client, args, err);
    mp_client_done(&client);
    return code;
}

mp_code mp_client_run(mp_exit *exit, mp_cli *cli, const void *args, mp_error *err)
{
    (void)exit;
    return mp_client_do(cli, args, args, run_about, err);
}

mp_code mp_client_run_sure(mp_exit *exit, mp_cli *cli, const void *args_, mp_error *err)
{
    const mp_sure_args *args = args_;
    if (!args->yes)
        return mp_fail(err, MP_USAGE, MP_NOWHERE, "this cannot be undone; say --yes");
    return mp_client_run(exit, cli, args, err);
}

mp_code mp_client_read(mp_client *client, const void *args_, mp_error *err)
{
    const mp_read_args *args = args_;
    MP_TRY(mp_client_as_of(client, &args->as_of, err));
    return run_ask(client, client->cli->command->about, args->name, err);
}

#define FILE_MAX ((size_t)1 << 20) /* bytes */

mp_code mp_client_send_file(mp_client *client, const void *args_, mp_error *err)
{
    const mp_ask_args *args = args_;
    const mp_ask      *ask = client->cli->command->about;
    mp_json_doc       *doc = NULL;
    const mp_json     *body;
    mp_str             text;
    client->cli->file = args->name;
    MP_TRY(mp_source_slurp(&text, args->name, FILE_MAX, &client->arena, err));
    MP_TRY(mp_json_doc_new(&doc, err));
    mp_code code = mp_json_read(doc, &body, text, &(mp_json_options){ .reject_duplicates = true }, NULL, err);
    if (code == MP_OK) {
        client->cli->file = NULL;
        code = mp_client_ask(client, ask->method, mp_str_from(ask->path), body, err);
    }
    mp_json_doc_free(doc);
    return code == MP_OK ? mp_client_show(client, ask->columns, ask->column_count, err) : code;
}

/* ---- bodies ---- */

void mp_client_member(mp_jsonw *w, const char *name, const char *text)
{
    if (!text)
        return;
    mp_jsonw_put_str(w, name, mp_str_from(text));
}
