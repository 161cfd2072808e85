/* SPDX-License-Identifier: Apache-2.0 */
/* The register of assets: what an organisation has, who answers for it, and what is missing. */
#include <stdio.h>

#include "asset_lacks.h"
#include "document.h"

#define ASSETS "/api/v1/assets"
#define REGISTER "/api/v1/asset-register"

static const mp_column list_columns[] = {
    { "id", "column.id", NULL },
    { "name", "column.name", NULL },
    { "class", "column.asset-class", NULL },
    { "grade", "column.grade", NULL },
    { "owner", "column.answerable", NULL },
    { "keeper", "column.keeper", NULL },
    { "location", "column.location", NULL },
    { "labels", "column.labels", NULL },
};
static const mp_column one_columns[] = {
    { "id", "column.id", NULL },
    { "number", "column.number", NULL },
    { "name", "column.name", NULL },
    { "class", "column.asset-class", NULL },
    { "purpose", "column.purpose", NULL },
    { "model", "column.model", NULL },
    { "quantity", "column.quantity", NULL },
    { "location", "column.location", NULL },
    { "owner", "column.answerable", NULL },
    { "keeper", "column.keeper", NULL },
    { "confidentiality", "column.confidentiality", NULL },
    { "integrity", "column.integrity", NULL },
    { "availability", "column.availability", NULL },
    { "laws", "column.laws", NULL },
    { "sum", "column.sum", NULL },
    { "grade", "column.grade", NULL },
    { "labels", "column.labels", NULL },
    { "resource", "column.resource", NULL },
    { "scope", "column.scope", NULL },
    { "version", "column.version", NULL },
};
static const mp_column finding_columns[] = {
    { "lack", "column.lack", "asset.lack." },
    { "name", "column.name", NULL },
    { "class", "column.asset-class", NULL },
    { "type", "column.type", NULL },
    { "asset", "column.id", NULL },
    { "resource", "column.resource", NULL },
};
static const mp_column sum_columns[] = {
    { "assets", "column.assets", NULL },
    { "resources", "column.asset-resources", NULL },
    { "registered", "column.registered", NULL },
    { "unregistered", "asset.lack.unregistered", NULL },
    { "unclassified", "asset.lack.unclassified", NULL },
    { "gone", "asset.lack.gone", NULL },
    { "unowned", "asset.lack.unowned", NULL },
    { "unkept", "asset.lack.unkept", NULL },
    { "unrated", "asset.lack.unrated", NULL },
};
static const mp_column class_columns[] = {
    { "id", "column.id", NULL },
    { "name", "column.asset-class", NULL },
    { "description", "column.description", NULL },
};
static const mp_column written_columns[] = {
    { "added", "column.assets.added", NULL },
    { "changed", "column.changed", NULL },
    { "unchanged", "column.unchanged", NULL },
    { "faulty", "column.faulty", NULL },
};
static const mp_column fault_columns[] = {
    { "row", "column.row", NULL },
    { "message", "column.message", NULL },
};

static const mp_option operand_asset = {
    .value = "ID", .help = "operand.asset", .min = 1, .max = 1, MP_FIELD(mp_ask_args, name)
};
static const mp_option operand_file = {
    .value = "FILE", .help = "operand.asset.file", .min = 1, .max = 1, MP_FIELD(mp_ask_args, name)
};

/* "&name=value" behind what stands there; nothing without a value. */
static void add_query(mp_buf *path, mp_client *client, const char *name, const char *value)
{
    if (!value)
        return;
    mp_buf_add_c(path, mp_str_find(mp_buf_str(path), '?') == SIZE_MAX ? '?' : '&');
    mp_buf_printf(path, "%s=%s", name, mp_client_quote(client, mp_str_from(value)));
}

/* In the client's arena; {NULL,0} when memory was short. */
static mp_str finish_path(mp_buf *path, mp_client *client)
{
    mp_str kept = path->failed ? mp_str_of(NULL, 0) : mp_arena_dup(&client->arena, mp_buf_str(path));
    mp_buf_free(path);
    return kept;
}

/* ---- list ---- */

struct list_args {
    mp_place    place;
    int         format;
    const char *unused_name;
    mp_when     as_of;
    const char *class, *owner, *keeper, *grade, *label;
};
static const mp_option list_options[] = {
    { .name = "class", .value = "CLASS", .help = "option.assets.class", MP_FIELD(struct list_args, class) },
    { .name = "owner", .value = "NAME", .help = "option.assets.owner-is", MP_FIELD(struct list_args, owner) },
    { .name = "keeper", .value = "NAME", .help = "option.assets.keeper-is", MP_FIELD(struct list_args, keeper) },
    { .name = "grade", .value = "GRADE", .help = "option.assets.grade", MP_FIELD(struct list_args, grade) },
    { .name = "label", .value = "NAME=VALUE", .help = "option.assets.label", MP_FIELD(struct list_args, label) },
    MP_AS_OF_OPTION(struct list_args),
    MP_ANSWER_OPTIONS(struct list_args),
};

static mp_code list(mp_client *client, const void *args_, mp_error *err)
{
    const struct list_args *args = args_;
    mp_buf                  path = MP_BUF_INIT;
    MP_TRY(mp_client_as_of(client, &args->as_of, err));
    mp_buf_add(&path, MP_S(ASSETS));
    add_query(&path, client, "class", args->class);
    add_query(&path, client, "owner", args->owner);
    add_query(&path, client, "keeper", args->keeper);
    add_query(&path, client, "grade", args->grade);
    add_query(&path, client, "label", args->label);
    return mp_client_list(client, mp_client_then(client, finish_path(&path, client)), list_columns, MP_COUNT(list_columns), err);
}

static mp_code show_classes(mp_client *client, const void *args, mp_error *err)
{
    mp_columns_state state = { .has_head = false };
    mp_buf           text = MP_BUF_INIT;
    (void)args;
    MP_TRY(mp_client_ask(client, MP_GET, MP_S("/api/v1/asset-classes"), NULL, err));
    if (client->format == MP_ANSWER_JSON)
        return mp_client_show(client, NULL, 0, err);
    mp_columns_list(&text, client->cli, class_columns, MP_COUNT(class_columns), mp_json_get(client->answer.json, MP_S("classes")), &state,
                    &client->arena);
    return mp_output_whole(client->cli, NULL, &text, err);
}

/* ---- findings ---- */

struct findings_args {
    mp_place    place;
    int         format;
    const char *unused_name;
    mp_when     as_of;
    const char *scope, *lack;
};
static const mp_option findings_options[] = {
    { .name = "scope", .value = "ID", .help = "option.assets.scope", MP_FIELD(struct findings_args, scope) },
    { .name = "lack", .choices = mp_asset_lack_names, .help = "option.assets.lack", MP_FIELD(struct findings_args, lack) },
    MP_AS_OF_OPTION(struct findings_args),
    MP_ANSWER_OPTIONS(struct findings_args),
};

static mp_code findings(mp_client *client, const void *args_, mp_error *err)
{
    const struct findings_args *args = args_;
    mp_buf                      path = MP_BUF_INIT, text = MP_BUF_INIT;
    mp_columns_state            state = { .has_head = false };
    MP_TRY(mp_client_as_of(client, &args->as_of, err));
    mp_buf_add(&path, MP_S("/api/v1/asset-findings?top=1000"));
    add_query(&path, client, "scope", args->scope);
    add_query(&path, client, "lack", args->lack);
    MP_TRY(mp_client_ask(client, MP_GET, mp_client_then(client, finish_path(&path, client)), NULL, err));
    if (client->format == MP_ANSWER_JSON)
        return mp_client_show(client, NULL, 0, err);
    const mp_json *answer = client->answer.json, *rows = mp_json_get(answer, MP_S("value"));
    mp_columns_object(&text, client->cli, sum_columns, MP_COUNT(sum_columns), mp_json_get(answer, MP_S("sums")), &client->arena);
    if (mp_json_is(rows, MP_JSON_ARRAY) && rows->count) {
        mp_buf_add_c(&text, '\n');
        mp_columns_list(&text, client->cli, finding_columns, MP_COUNT(finding_columns), rows, &state, &client->arena);
    }
    if (mp_json_get(answer, MP_S("next")))
        mp_cli_note(client->cli, "assets.more-findings", NULL);
    return mp_output_whole(client->cli, NULL, &text, err);
}

/* ---- where data is ---- */

static const mp_column data_sum_columns[] = {
    { "resources", "column.data-resources", NULL },
    { "labelled", "column.labelled", NULL },
    { "owned", "column.owned", NULL },
    { "placed", "column.placed", NULL },
};
static const mp_column place_columns[] = {
    { "country", "column.country", NULL },
    { "name", "column.country-name", NULL },
    { "location", "column.location", NULL },
    { "resources", "column.data-resources", NULL },
    { "labelled", "column.labelled", NULL },
    { "owned", "column.owned", NULL },
};
static const mp_column data_columns[] = {
    { "name", "column.name", NULL },
    { "type", "column.type", NULL },
    { "country", "column.country", NULL },
    { "location", "column.location", NULL },
    { "labels", "column.labels", NULL },
    { "owner", "column.answerable", NULL },
    { "registered", "column.registered", NULL },
};

struct data_args {
    mp_place    place;
    int         format;
    const char *unused_name;
    mp_when     as_of;
    const char *scope;
};
static const mp_option data_options[] = {
    { .name = "scope", .value = "ID", .help = "option.assets.scope", MP_FIELD(struct data_args, scope) },
    MP_AS_OF_OPTION(struct data_args),
    MP_ANSWER_OPTIONS(struct data_args),
};

static mp_code data(mp_client *client, const void *args_, mp_error *err)
{
    const struct data_args *args = args_;
    mp_buf                  path = MP_BUF_INIT, text = MP_BUF_INIT;
    MP_TRY(mp_client_as_of(client, &args->as_of, err));
    mp_buf_add(&path, MP_S("/api/v1/asset-data?top=1000"));
    add_query(&path, client, "scope", args->scope);
    MP_TRY(mp_client_ask(client, MP_GET, mp_client_then(client, finish_path(&path, client)), NULL, err));
    if (client->format == MP_ANSWER_JSON)
        return mp_client_show(client, NULL, 0, err);
    const mp_json *answer = client->answer.json;
    mp_columns_object(&text, client->cli, data_sum_columns, MP_COUNT(data_sum_columns), mp_json_get(answer, MP_S("sums")), &client->arena);
    mp_columns_below(&text, client->cli, place_columns, MP_COUNT(place_columns), mp_json_get(answer, MP_S("places")), &client->arena);
    mp_columns_below(&text, client->cli, data_columns, MP_COUNT(data_columns), mp_json_get(answer, MP_S("value")), &client->arena);
    if (mp_json_get(answer, MP_S("hasMore")))
        mp_cli_note(client->cli, "assets.more-findings", NULL);
    return mp_output_whole(client->cli, NULL, &text, err);
}

/* ---- many at once ---- */

static mp_code show_written(mp_client *client, mp_error *err)
{
    mp_columns_state state = { .has_head = false };
    mp_buf           text = MP_BUF_INIT;
    const mp_json   *answer = client->answer.json, *faults = mp_json_get(answer, MP_S("faults")),
                  *more = mp_json_get(answer, MP_S("hasMore"));
    if (client->format == MP_ANSWER_JSON)
        return mp_client_show(client, NULL, 0, err);
    mp_columns_object(&text, client->cli, written_columns, MP_COUNT(written_columns), answer, &client->arena);
    if (mp_json_is(faults, MP_JSON_ARRAY) && faults->count) {
        mp_buf_add_c(&text, '\n');
        mp_columns_list(&text, client->cli, fault_columns, MP_COUNT(fault_columns), faults, &state, &client->arena);
    }
    if (mp_json_is_true(more))
        mp_cli_note(client->cli, "assets.more-to-fill", NULL);
    return mp_output_whole(client->cli, NULL, &text, err);
}

struct fill_args {
    mp_place    place;
    int         format;
    const char *unused_name;
    const char *scope, *owner, *keeper;
    bool        refresh, dry_run;
};
static const mp_option fill_options[] = {
    { .name = "scope", .value = "ID", .help = "option.assets.scope", MP_FIELD(struct fill_args, scope) },
    { .name = "owner", .value = "NAME", .help = "option.assets.owner", MP_FIELD(struct fill_args, owner) },
    { .name = "keeper", .value = "NAME", .help = "option.assets.keeper", MP_FIELD(struct fill_args, keeper) },
    { .name = "refresh", .help = "option.assets.refresh", MP_FIELD(struct fill_args, refresh) },
    { .name = "dry-run", .help = "option.assets.dry-run", MP_FIELD(struct fill_args, dry_run) },
    MP_ANSWER_OPTIONS(struct fill_args),
};

static mp_code fill(mp_client *client, const void *args_, mp_error *err)
{
    const struct fill_args *args = args_;
    mp_jsonw                w;
    mp_jsonw_init(&w, &client->arena);
    mp_jsonw_object(&w);
    mp_client_member(&w, "scope", args->scope);
    mp_jsonw_key(&w, MP_S("values"));
    mp_jsonw_object(&w);
    mp_client_member(&w, "owner", args->owner);
    mp_client_member(&w, "keeper", args->keeper);
    mp_jsonw_end(&w);
    mp_jsonw_put_bool(&w, "refresh", args->refresh);
    mp_jsonw_put_bool(&w, "dryRun", args->dry_run);
    mp_jsonw_end(&w);
    const mp_json *body = mp_jsonw_done(&w);
    if (!body)
        return mp_no_memory(err);
    MP_TRY(mp_client_ask(client, MP_POST, MP_S(REGISTER "/fill"), body, err));
    return show_written(client, err);
}

struct import_args {
    mp_place    place;
    int         format;
    const char *file, *scope;
    bool        dry_run;
};
static const mp_option import_operand = {
    .value = "FILE", .help = "operand.asset.sheet", .min = 1, .max = 1, MP_FIELD(struct import_args, file)
};
static const mp_option import_options[] = {
    { .name = "scope", .value = "ID", .help = "option.assets.scope", MP_FIELD(struct import_args, scope) },
    { .name = "dry-run", .help = "option.assets.dry-run", MP_FIELD(struct import_args, dry_run) },
    MP_ANSWER_OPTIONS(struct import_args),
};

static mp_code import(mp_client *client, const void *args_, mp_error *err)
{
    const struct import_args *args = args_;
    mp_buf                    path = MP_BUF_INIT;
    FILE                     *file = fopen(args->file, "rb");
    client->cli->file = args->file;
    if (!file)
        return mp_fail(err, MP_IO, MP_NOWHERE, "the file cannot be read");
    mp_buf_add(&path, MP_S(REGISTER "/import"));
    add_query(&path, client, "scope", args->scope);
    add_query(&path, client, "dryRun", args->dry_run ? "true" : NULL);
    mp_local_request request = { .method = MP_POST, .path = finish_path(&path, client), .body = file };
    mp_code          code = request.path.ptr ? mp_local_ask(&client->answer, client->local, &request, &client->arena, err)
                                             : mp_no_memory(err);
    fclose(file);
    if (code == MP_OK)
        code = mp_local_check(&client->answer, err);
    if (code == MP_OK)
        client->cli->file = NULL;
    return code == MP_OK ? show_written(client, err) : code;
}

/* ---- export ---- */

struct export_args {
    mp_place    place;
    int         format;
    const char *unused_name;
    mp_when     as_of;
    const char *scope, *out, *as, *zone;
};
static const char *const export_forms[] = { "csv", "json", "pdf", "xlsx", "html", NULL };
static const mp_option   export_options[] = {
    { .name = "as", .choices = export_forms, .fallback = "csv", .help = "option.assets.as", MP_FIELD(struct export_args, as) },
    { .name = "scope", .value = "ID", .help = "option.assets.scope", MP_FIELD(struct export_args, scope) },
    MP_ZONE_OPTION(struct export_args),
    { .name = "out", .letter = 'o', .value = "FILE", .help = "option.out", MP_FIELD(struct export_args, out) },
    MP_AS_OF_OPTION(struct export_args),
    MP_ANSWER_OPTIONS(struct export_args),
};

static mp_code export(mp_client *client, const void *args_, mp_error *err)
{
    const struct export_args *args = args_;
    mp_buf                    path = MP_BUF_INIT, text = MP_BUF_INIT;
    mp_paper_format           paper = mp_paper_format_find(mp_str_from(args->as));
    mp_code                   code = MP_OK;
    MP_TRY(mp_document_check_zone(args->zone, err));
    MP_TRY(mp_client_as_of(client, &args->as_of, err));
    mp_buf_add(&path, MP_S(REGISTER));
    add_query(&path, client, "format", paper == MP_PAPER_FORMAT_COUNT ? args->as : "json");
    add_query(&path, client, "scope", args->scope);
    MP_TRY(mp_client_ask(client, MP_GET, mp_client_then(client, finish_path(&path, client)), NULL, err));
    if (paper != MP_PAPER_FORMAT_COUNT) {
        code = mp_document_print(&text, client, "asset-register", paper, args->zone, err);
    } else if (client->answer.json) {
        mp_buf_add_json_pretty(&text, client->answer.json, 0);
        mp_buf_add_c(&text, '\n');
    } else {
        mp_buf_add(&text, client->answer.text);
    }
    if (code == MP_OK)
        return mp_output_whole(client->cli, args->out, &text, err);
    mp_buf_free(&text);
    return code;
}

/* ---- the table ---- */

static const mp_command subs[] = {
    MP_SUB_OWN("assets", "list", " --class server --owner 'Kim Jiwoo'", NULL, list_options, struct list_args, list),
    MP_SUB_READ("assets", "show", " 6d617061-652e-436c-8f75-64731da4520b", &operand_asset, .path = ASSETS "/{}", MP_COLUMNS(one_columns)),
    MP_SUB_ASK("assets", "add", " policy.json", &operand_file, .method = MP_POST, .path = ASSETS, MP_COLUMNS(one_columns), .fn = mp_client_send_file),
    MP_SUB_SURE("assets", "remove", " 6d617061-652e-436c-8f75-64731da4520b --yes", &operand_asset, .method = MP_DELETE, .path = ASSETS "/{}"),
    MP_SUB_OWN("assets", "fill", " --owner 'Kim Jiwoo' --dry-run", NULL, fill_options, struct fill_args, fill),
    MP_SUB_OWN("assets", "import", " assets.csv", &import_operand, import_options, struct import_args, import),
    MP_SUB_OWN("assets", "findings", " --lack unowned", NULL, findings_options, struct findings_args, findings),
    MP_SUB_OWN("assets", "data", " --scope /subscriptions/...", NULL, data_options, struct data_args, data),
    MP_SUB_OWN("assets", "export", " --out assets.csv", NULL, export_options, struct export_args, export),
    MP_SUB_ASK("assets", "classes", "", NULL, .fn = show_classes),
};

const mp_command mp_command_assets = { MP_GROUP("assets", "findings", " --lack unowned"), .exits = MP_EXITS_USUAL };
