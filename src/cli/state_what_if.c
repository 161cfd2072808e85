/* SPDX-License-Identifier: Apache-2.0 */
#include "state_changes.h"

#include "source.h"

#define FILE_MAX ((size_t)16 << 20)

const mp_option mp_what_if_operand = { .value = "FILE",
                                       .help = "operand.state.what-if",
                                       MP_FIELD(struct mp_what_if_args, files) };
const mp_option mp_what_if_options[MP_WHAT_IF_OPTIONS] = {
    { .name = "assignment", .letter = 'a', .value = "ID", .help = "option.what-if.assignment", MP_FIELD(struct mp_what_if_args, assignment) },
    { .name = "parameter", .letter = 'p', .value = "NAME=VALUE", .help = "option.what-if.parameter", MP_FIELD(struct mp_what_if_args, parameters) },
    { .name = "delete", .value = "ID", .help = "option.what-if.delete", MP_FIELD(struct mp_what_if_args, deleted) },
    { .name = "scope", .value = "ID", .help = "option.state.scope", MP_FIELD(struct mp_what_if_args, scope) },
    MP_ANSWER_OPTIONS(struct mp_what_if_args),
};

/* One object, an array of them, or {"value": [...]}. */
static mp_code add_file(mp_jsonw *w, mp_client *client, const char *path, mp_error *err)
{
    mp_json_doc   *doc = NULL;
    const mp_json *root = NULL;
    mp_str         text;
    client->cli->file = path;
    MP_TRY(mp_source_slurp(&text, path, FILE_MAX, &client->arena, err));
    MP_TRY(mp_json_doc_new(&doc, err));
    mp_code code = mp_json_read(doc, &root, text, &(mp_json_options){ .reject_duplicates = true }, NULL, err);
    if (code == MP_OK && !(root = mp_arena_dup_json(&client->arena, root)))
        code = mp_no_memory(err);
    mp_json_doc_free(doc);
    MP_TRY(code);
    client->cli->file = NULL;
    const mp_json *list = mp_json_is(root, MP_JSON_ARRAY) ? root : mp_json_get(root, MP_S("value"));
    if (!mp_json_is(list, MP_JSON_ARRAY)) {
        mp_jsonw_value(w, root);
        return MP_OK;
    }
    for (MP_JSON_EACH(one, list))
        mp_jsonw_value(w, one);
    return MP_OK;
}

/* As JSON where it is that, else as text. */
static mp_code put_value(mp_jsonw *w, mp_client *client, mp_str name, mp_str text, mp_error *err)
{
    mp_json_doc   *doc = NULL;
    const mp_json *value = NULL;
    mp_error       why = { .code = MP_OK };
    MP_TRY(mp_json_doc_new(&doc, err));
    mp_code code = mp_json_read(doc, &value, text, NULL, NULL, &why);
    if (code == MP_OK)
        value = mp_arena_dup_json(&client->arena, value);
    mp_json_doc_free(doc);
    if (code == MP_NOMEM || (code == MP_OK && !value))
        return mp_no_memory(err);
    mp_jsonw_key(w, name);
    if (code == MP_OK)
        mp_jsonw_value(w, value);
    else
        mp_jsonw_str(w, text);
    return MP_OK;
}

static mp_code put_parameters(mp_jsonw *w, mp_client *client, const struct mp_what_if_args *args, mp_error *err)
{
    if (args->parameters.count == 0)
        return MP_OK;
    if (!args->assignment)
        return mp_fail(err, MP_USAGE, MP_NOWHERE, "--parameter is of an assignment: name it with --assignment");
    mp_jsonw_key(w, MP_S("parameters"));
    mp_jsonw_array(w);
    mp_jsonw_object(w);
    mp_client_member(w, "assignment", args->assignment);
    mp_jsonw_key(w, MP_S("values"));
    mp_jsonw_object(w);
    for (size_t i = 0; i < args->parameters.count; i++) {
        mp_str text = mp_str_from(args->parameters.items[i]);
        size_t equals = mp_str_find(text, '=');
        if (equals == SIZE_MAX || equals == 0)
            return mp_fail(err, MP_USAGE, MP_NOWHERE, "--parameter is \"%.*s\"; wanted is NAME=VALUE", MP_FMT(text));
        MP_TRY(put_value(w, client, mp_str_of(text.ptr, equals), mp_str_skip(text, equals + 1), err));
    }
    mp_jsonw_end(w);
    mp_jsonw_end(w);
    mp_jsonw_end(w);
    return MP_OK;
}

static mp_code write_body(mp_jsonw *w, mp_client *client, const struct mp_what_if_args *args, mp_error *err)
{
    mp_jsonw_init(w, &client->arena);
    mp_jsonw_object(w);
    if (args->files.count) {
        mp_jsonw_key(w, MP_S("value"));
        mp_jsonw_array(w);
        for (size_t i = 0; i < args->files.count; i++)
            MP_TRY(add_file(w, client, args->files.items[i], err));
        mp_jsonw_end(w);
    }
    if (args->deleted.count) {
        mp_jsonw_key(w, MP_S("deleted"));
        mp_jsonw_array(w);
        for (size_t i = 0; i < args->deleted.count; i++)
            mp_jsonw_str(w, mp_str_from(args->deleted.items[i]));
        mp_jsonw_end(w);
    }
    MP_TRY(put_parameters(w, client, args, err));
    mp_jsonw_end(w);
    return MP_OK;
}

mp_code mp_state_what_if(mp_client *client, const void *args_, mp_error *err)
{
    const struct mp_what_if_args *args = args_;
    mp_jsonw                      w;
    if (args->files.count + args->deleted.count + args->parameters.count == 0)
        return mp_fail(err, MP_USAGE, MP_NOWHERE, "nothing is to be foreseen: name a file, --parameter or --delete");
    MP_TRY(write_body(&w, client, args, err));
    const mp_json *body = mp_jsonw_done(&w);
    if (!body)
        return mp_no_memory(err);
    return mp_state_changes(client, MP_POST,
                            mp_state_with(client, MP_S("/api/v1/states/what-if?top=1000"), "scope", args->scope),
                            body, err);
}
