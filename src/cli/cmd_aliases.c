/* SPDX-License-Identifier: Apache-2.0 */
/* The answer of `az provider list` has much beside aliases, and says with every API version what already stands as
 * the default: neither is sent. */
#include "client.h"

#include <mapae/aliases.h>

#include "given.h"
#include "source.h"

static const mp_option import_operand = {
    .value = "FILE", .help = "operand.aliases.import", .min = 1, .max = 1, MP_FIELD(mp_ask_args, name)
};

static const mp_column columns[] = {
    { "aliases", "column.aliases", NULL },       { "types", "column.types", NULL }, { "namespaces", "column.namespaces", NULL },
    { "changed", "column.aliases-changed", NULL }, { "since", "column.since", NULL }, { "digest", "column.digest", NULL },
};

/* ---- what is sent ---- */

static bool is_null(const mp_json *v) { return !v || mp_json_is(v, MP_JSON_NULL); }

static bool is_same(const mp_json *a, const mp_json *b)
{
    mp_buf x = MP_BUF_INIT, y = MP_BUF_INIT;
    if (is_null(a) || is_null(b))
        return is_null(a); /* what a path leaves unsaid is as in the default */
    mp_buf_add_json(&x, a);
    mp_buf_add_json(&y, b);
    bool same = !x.failed && !y.failed && mp_str_eq(mp_buf_str(&x), mp_buf_str(&y));
    mp_buf_free(&x);
    mp_buf_free(&y);
    return same;
}

/* A path that says what the default says already. */
static bool is_default(const mp_json *alias, const mp_json *path)
{
    const mp_json *usual = mp_json_get_fold(alias, MP_S("defaultPath"));
    return !is_null(usual) && is_same(mp_json_get_fold(path, MP_S("path")), usual) && mp_json_get_fold(path, MP_S("path")) &&
           is_same(mp_json_get_fold(path, MP_S("metadata")), mp_json_get_fold(alias, MP_S("defaultMetadata"))) &&
           is_same(mp_json_get_fold(path, MP_S("pattern")), mp_json_get_fold(alias, MP_S("defaultPattern")));
}

static void write_alias(mp_jsonw *w, const mp_json *alias)
{
    mp_jsonw_object(w);
    for (MP_JSON_MEMBERS(key, alias)) {
        if (is_null(key + 1))
            continue;
        mp_jsonw_key(w, mp_json_str(key));
        if (!mp_str_eq_fold(mp_json_str(key), MP_S("paths")) || !mp_json_is(key + 1, MP_JSON_ARRAY)) {
            mp_jsonw_value(w, key + 1);
            continue;
        }
        mp_jsonw_array(w);
        for (MP_JSON_EACH(path, key + 1))
            if (!is_default(alias, path))
                mp_jsonw_value(w, path);
        mp_jsonw_end(w);
    }
    mp_jsonw_end(w);
}

static void write_type(mp_jsonw *w, const mp_json *type)
{
    const mp_json *aliases = mp_json_get_fold(type, MP_S("aliases"));
    if (!mp_json_is(aliases, MP_JSON_ARRAY) || aliases->count == 0)
        return;
    mp_jsonw_object(w);
    mp_jsonw_put_value(w, "resourceType", mp_json_get_fold(type, MP_S("resourceType")));
    mp_jsonw_key(w, MP_S("aliases"));
    mp_jsonw_array(w);
    for (MP_JSON_EACH(alias, aliases))
        write_alias(w, alias);
    mp_jsonw_end(w);
    mp_jsonw_end(w);
}

static void write_provider(mp_jsonw *w, const mp_json *provider)
{
    const mp_json *types = mp_json_get_fold(provider, MP_S("resourceTypes"));
    mp_jsonw_object(w);
    mp_jsonw_put_value(w, "namespace", mp_json_get_fold(provider, MP_S("namespace")));
    mp_jsonw_key(w, MP_S("resourceTypes"));
    mp_jsonw_array(w);
    if (mp_json_is(types, MP_JSON_ARRAY))
        for (MP_JSON_EACH(type, types))
            write_type(w, type);
    mp_jsonw_end(w);
    mp_jsonw_end(w);
}

/* The table was read already: it is one of both forms, and whole. */
static const mp_json *write_body(const mp_json *root, mp_arena *arena)
{
    mp_jsonw       w;
    const mp_json *list = mp_json_is(root, MP_JSON_ARRAY) ? root : mp_json_get_fold(root, MP_S("value"));
    bool is_one =
        !mp_json_is(list, MP_JSON_ARRAY) && mp_json_is(mp_json_get_fold(root, MP_S("resourceTypes")), MP_JSON_ARRAY);
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    if (!is_one && !mp_json_is(list, MP_JSON_ARRAY)) {
        mp_jsonw_put_value(&w, "types", root);
    } else {
        mp_jsonw_key(&w, MP_S("value"));
        mp_jsonw_array(&w);
        if (is_one)
            write_provider(&w, root);
        else
            for (MP_JSON_EACH(provider, list))
                write_provider(&w, provider);
        mp_jsonw_end(&w);
    }
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

/* What is wrong with the file is said with its place, before anything is asked. */
static mp_code check_file(mp_client *client, const char *path, mp_error *err)
{
    mp_aliases *aliases = NULL;
    mp_code     code = mp_given_aliases(&aliases, client->cli, path, err);
    mp_aliases_free(aliases);
    return code;
}

static mp_code import(mp_client *client, const void *args_, mp_error *err)
{
    const mp_ask_args *args = args_;
    mp_json_doc       *doc = NULL;
    const mp_json     *root;
    mp_str             text;
    MP_TRY(check_file(client, args->name, err));
    MP_TRY(mp_source_slurp(&text, args->name, 0, &client->arena, err));
    MP_TRY(mp_json_doc_new(&doc, err));
    mp_code code = mp_json_read_padded(doc, &root, text, NULL, NULL, err);
    if (code == MP_OK) {
        const mp_json *body = write_body(root, &client->arena);
        code = body ? mp_client_ask(client, MP_POST, MP_S("/api/v1/aliases"), body, err) : mp_no_memory(err);
    }
    mp_json_doc_free(doc);
    return code == MP_OK ? mp_client_show(client, columns, MP_COUNT(columns), err) : code;
}

static const mp_command subs[] = {
    MP_SUB_OWN("aliases", "import", " aliases.json", &import_operand, mp_ask_options, mp_ask_args, import),
    MP_SUB_READ("aliases", "show", "", NULL, .path = "/api/v1/aliases", MP_COLUMNS(columns)),
    MP_SUB_SURE("aliases", "remove", " --yes", NULL, .method = MP_DELETE, .path = "/api/v1/aliases", MP_COLUMNS(columns)),
};

const mp_command mp_command_aliases = { MP_GROUP("aliases", "import", " aliases.json"), .exits = MP_EXITS_USUAL };
