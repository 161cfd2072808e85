/* SPDX-License-Identifier: Apache-2.0 */
#include "framework_own.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "durable.h"
#include "source.h"

#define FRAMEWORKS "/api/v1/frameworks"
#define FILE_MAX ((size_t)16 << 20)

/* ---- in ---- */

const mp_option mp_framework_import_operand = {
    .value = "PATH", .help = "operand.framework.path", .min = 1, .max = 1, MP_FIELD(struct mp_framework_import_args, path)
};
const mp_option mp_framework_import_options[MP_FRAMEWORK_IMPORT_OPTIONS] = {
    { .name = "id", .value = "ID", .help = "option.framework.id", MP_FIELD(struct mp_framework_import_args, id) },
    { .name = "check", .help = "option.framework.check", MP_FIELD(struct mp_framework_import_args, check) },
    MP_ANSWER_OPTIONS(struct mp_framework_import_args),
};
const mp_option mp_framework_check_options[MP_FRAMEWORK_CHECK_OPTIONS] = {
    { .name = "id", .value = "ID", .help = "option.framework.id", MP_FIELD(struct mp_framework_import_args, id) },
    MP_ANSWER_OPTIONS(struct mp_framework_import_args),
};
static const mp_column imported_columns[] = {
    { "id", "column.framework", NULL },       { "edition", "column.edition", NULL }, { "outcome", "column.outcome", "framework.outcome." }, { "check", "column.check-only", NULL },
    { "controls", "column.controls", NULL },  { "groups", "column.groups", NULL },   { "schemes", "column.schemes", NULL },                 { "gaps", "column.gaps", NULL },
    { "mappings", "column.mappings", NULL },
};

/* What the last part of a path is called. */
static mp_str base_of(mp_str path)
{
    while (path.len > 1 && path.ptr[path.len - 1] == '/')
        path.len--;
    size_t slash = mp_str_rfind(path, '/');
    return slash == SIZE_MAX ? path : mp_str_skip(path, slash + 1);
}

static mp_code read_document(const mp_json **out, mp_client *client, const char *path, mp_error *err)
{
    mp_json_doc   *doc = NULL;
    const mp_json *root;
    mp_str         text;
    client->cli->file = path;
    MP_TRY(mp_source_slurp(&text, path, FILE_MAX, &client->arena, err));
    MP_TRY(mp_json_doc_new(&doc, err));
    mp_code code = mp_json_read(doc, &root, text, &(mp_json_options){ .reject_duplicates = true }, NULL, err);
    *out = code == MP_OK ? mp_arena_keep_json(&client->arena, root, text) : NULL;
    mp_json_doc_free(doc);
    if (code == MP_OK)
        client->cli->file = NULL;
    return code == MP_OK && !*out ? mp_no_memory(err) : code;
}

/* A folder as the one file that it could be. */
static mp_code read_folder(const mp_json **out, mp_client *client, const struct mp_framework_import_args *args, mp_error *err)
{
    static const char *const suffixes[] = { ".json", NULL };
    const char             **files;
    size_t                   count, len = strlen(args->path);
    mp_jsonw                 w;
    MP_TRY(mp_source_list(&files, &count, args->path, suffixes, NULL, &client->arena, err));
    mp_jsonw_init(&w, &client->arena);
    mp_jsonw_object(&w);
    mp_jsonw_key(&w, MP_S("framework"));
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "id", args->id ? mp_str_from(args->id) : base_of(mp_str_from(args->path)));
    mp_jsonw_key(&w, MP_S("documents"));
    mp_jsonw_object(&w);
    for (size_t i = 0; i < count; i++) {
        const mp_json *document;
        MP_TRY(read_document(&document, client, files[i], err));
        const char *name = files[i] + len;
        while (*name == '/')
            name++;
        mp_jsonw_key(&w, mp_str_from(name));
        mp_jsonw_value(&w, document);
    }
    for (unsigned i = 0; i < 3; i++)
        mp_jsonw_end(&w);
    *out = mp_jsonw_done(&w);
    return *out ? MP_OK : mp_no_memory(err);
}

static mp_code send_file(mp_client *client, mp_local_request *request, const char *path, mp_error *err)
{
    client->cli->file = path;
    request->body = fopen(path, "rb");
    if (!request->body)
        return mp_fail(err, MP_IO, MP_NOWHERE, "cannot be read: %s", strerror(errno));
    mp_code code = mp_local_ask(&client->answer, client->local, request, &client->arena, err);
    fclose(request->body);
    if (code == MP_OK)
        code = mp_local_check(&client->answer, err);
    if (code == MP_OK)
        client->cli->file = NULL;
    return code;
}

static mp_code bring(mp_client *client, const struct mp_framework_import_args *args, bool is_check, mp_error *err)
{
    mp_local_request request = { .method = MP_POST };
    const char     **folders;
    size_t           count;
    bool             is_folder = mp_source_folders(&folders, &count, args->path, &client->arena, NULL) == MP_OK && count > 0;
    request.path = mp_client_path(client, FRAMEWORKS "?check=%s%s%s", is_check ? "true" : "false", args->id ? "&id=" : "",
                                  args->id ? mp_client_quote(client, mp_str_from(args->id)) : "");
    if (!request.path.ptr)
        return mp_no_memory(err);
    if (is_folder) {
        MP_TRY(read_folder(&request.json, client, args, err));
        MP_TRY(mp_local_ask(&client->answer, client->local, &request, &client->arena, err));
        MP_TRY(mp_local_check(&client->answer, err));
    } else {
        MP_TRY(send_file(client, &request, args->path, err));
    }
    return mp_client_show(client, imported_columns, MP_COUNT(imported_columns), err);
}

mp_code mp_framework_import(mp_client *client, const void *args_, mp_error *err)
{
    const struct mp_framework_import_args *args = args_;
    return bring(client, args, args->check, err);
}

mp_code mp_framework_check(mp_client *client, const void *args, mp_error *err) { return bring(client, args, true, err); }

/* ---- out ---- */

static const char *const forms[] = { "oscal", "xlsx", "csv", NULL };

const mp_option mp_framework_export_operand = {
    .value = "FRAMEWORK", .help = "operand.framework", .min = 1, .max = 1, MP_FIELD(struct mp_framework_export_args, framework)
};
const mp_option mp_framework_export_options[MP_FRAMEWORK_EXPORT_OPTIONS] = {
    { .name = "format", .letter = 'f', .choices = forms, .fallback = "oscal", .help = "option.framework.form", MP_FIELD(struct mp_framework_export_args, form) },
    { .name = "out", .letter = 'o', .value = "FILE", .help = "option.framework.out", MP_FIELD(struct mp_framework_export_args, out) },
    { .name = "folder", .value = "DIR", .help = "option.framework.folder", MP_FIELD(struct mp_framework_export_args, folder) },
    MP_AS_OF_OPTION(struct mp_framework_export_args),
    MP_PLACE_OPTIONS(struct mp_framework_export_args),
};

static mp_code write_file(const mp_cli *cli, const char *path, mp_str text, const mp_json *json, mp_error *err)
{
    mp_output out;
    mp_buf    pretty = MP_BUF_INIT;
    MP_TRY(mp_output_open(&out, cli, path, err));
    if (json) {
        mp_buf_add_json_pretty(&pretty, json, 0);
        mp_buf_add_c(&pretty, '\n');
    }
    mp_code code = json ? mp_output_buf(&out, &pretty, err) : mp_output_write(&out, text, err);
    if (code == MP_OK)
        return mp_output_close(&out, err);
    mp_output_abandon(&out);
    return code;
}

static mp_code write_folder(mp_client *client, const char *folder, mp_error *err)
{
    const mp_json *documents = mp_json_get(mp_json_get(client->answer.json, MP_S("framework")), MP_S("documents"));
    mp_str         mappings = mp_client_path(client, "%s/mappings", folder);
    bool           has_folder = false;
    if (!mappings.ptr)
        return mp_no_memory(err);
    MP_TRY(mp_durable_folder(folder, err));
    if (!mp_json_is(documents, MP_JSON_OBJECT))
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "the answer holds no documents");
    for (MP_JSON_MEMBERS(key, documents)) {
        mp_str name = mp_json_str(key), path = mp_client_path(client, "%s/%.*s", folder, MP_FMT(name));
        if (!path.ptr)
            return mp_no_memory(err);
        if (!has_folder && mp_str_starts(name, MP_S("mappings/")))
            MP_TRY(mp_durable_folder(mappings.ptr, err));
        has_folder = has_folder || mp_str_starts(name, MP_S("mappings/"));
        if (mp_str_find_str(name, MP_S("..")) != SIZE_MAX || mp_str_starts(name, MP_S("/")))
            return mp_fail(err, MP_FORMAT, MP_NOWHERE, "'%.*s' is no name of a document", MP_FMT(name));
        MP_TRY(write_file(client->cli, path.ptr, name, key + 1, err));
    }
    return MP_OK;
}

mp_code mp_framework_export(mp_client *client, const void *args_, mp_error *err)
{
    const struct mp_framework_export_args *args = args_;
    if (args->folder && (args->out || args->form != 0))
        return mp_fail(err, MP_USAGE, MP_NOWHERE, "a folder holds OSCAL; --folder goes with neither --out nor another --format");
    MP_TRY(mp_client_as_of(client, &args->as_of, err));
    MP_TRY(mp_client_ask(client, MP_GET,
                         mp_client_then(client, mp_client_path(client, FRAMEWORKS "/%s/export?format=%s", mp_client_quote(client, mp_str_from(args->framework)), forms[args->form])),
                         NULL, err));
    if (args->folder)
        return write_folder(client, args->folder, err);
    return write_file(client->cli, args->out, client->answer.text, client->answer.json, err);
}
