/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>

#include "evidence_collect.h"

#define EVIDENCE "/api/v1/evidence"

/* ---- columns ---- */

static const mp_column list_columns[] = {
    { "id", "column.id", NULL },
    { "title", "column.title", NULL },
    { "kind", "column.evidence.kind", NULL },
    { "owner", "column.evidence.owner", NULL },
    { "takenAt", "column.evidence.taken", NULL },
    { "keepUntil", "column.evidence.keep", NULL },
    { "hold/id", "column.evidence.hold", NULL },
};
static const mp_column show_columns[] = {
    { "id", "column.id", NULL },
    { "title", "column.title", NULL },
    { "description", "column.evidence.description", NULL },
    { "kind", "column.evidence.kind", NULL },
    { "owner", "column.evidence.owner", NULL },
    { "fileName", "column.evidence.file", NULL },
    { "mediaType", "column.evidence.type", NULL },
    { "sizeBytes", "column.evidence.size", NULL },
    { "sha256", "column.sha256", NULL },
    { "every", "column.evidence.every", NULL },
    { "validFrom", "column.evidence.from", NULL },
    { "validUntil", "column.until", NULL },
    { "takenAt", "column.evidence.taken", NULL },
    { "collectedAt", "column.evidence.collected", NULL },
    { "keepUntil", "column.evidence.keep", NULL },
    { "scope", "column.evidence.scope", NULL },
    { "hold/id", "column.evidence.hold", NULL },
    { "hold/reason", "column.evidence.hold-reason", NULL },
};
static const mp_column link_columns[] = {
    { "framework", "column.framework", NULL },      { "control", "column.evidence.control", NULL },
    { "measure", "column.evidence.measure", NULL }, { "rule", "column.evidence.rule", NULL },
    { "note", "column.evidence.note", NULL },
};
static const mp_column reuse_columns[] = {
    { "framework", "column.framework", NULL },
    { "label", "column.evidence.control", NULL },
    { "title", "column.title", NULL },
    { "freshness", "column.evidence.freshness", "word.freshness." },
    { "until", "column.until", NULL },
    { "mapped", "column.evidence.mapped", NULL },
};
static const mp_column due_columns[] = {
    { "framework", "column.framework", NULL },
    { "label", "column.evidence.control", NULL },
    { "name", "column.evidence.rule", NULL },
    { "freshness", "column.evidence.freshness", "word.freshness." },
    { "until", "column.until", NULL },
    { "owner", "column.evidence.owner", NULL },
    { "evidence", "column.id", NULL },
};
static const mp_column share_columns[] = {
    { "id", "column.id", NULL },
    { "name", "column.evidence.share", NULL },
    { "until", "column.until", NULL },
    { "permissions", "column.evidence.permissions", NULL },
    { "addresses", "column.evidence.addresses", NULL },
};

static const mp_option id_operand = {
    .value = "ID", .help = "operand.evidence", .min = 1, .max = 1, MP_FIELD(mp_ask_args, name)
};

/* ---- adding ---- */

struct add_args {
    mp_place place;
    int format;
    const char *unused_name;
    mp_list files; /* one; of collect: the command */
    const char *title, *description, *kind, *owner, *every, *media, *scope, *verdicts, *resource;
    mp_when valid_from, valid_until, keep_until, collected_at, as_of;
    mp_list controls;
};

#define SAID_OPTIONS                                                                               \
    { .name = "title",                                                                             \
      .value = "TEXT",                                                                             \
      .help = "option.evidence.title",                                                             \
      MP_FIELD(struct add_args, title) },                                                          \
        { .name = "description",                                                                   \
          .value = "TEXT",                                                                         \
          .help = "option.evidence.description",                                                   \
          MP_FIELD(struct add_args, description) },                                                \
        { .name = "kind",                                                                          \
          .value = "KIND",                                                                         \
          .help = "option.evidence.kind",                                                          \
          MP_FIELD(struct add_args, kind) },                                                       \
        { .name = "owner",                                                                         \
          .value = "NAME",                                                                         \
          .help = "option.evidence.owner",                                                         \
          MP_FIELD(struct add_args, owner) },                                                      \
        { .name = "every",                                                                         \
          .value = "PERIOD",                                                                       \
          .help = "option.evidence.every",                                                         \
          MP_FIELD(struct add_args, every) },                                                      \
        { .name = "keep-until",                                                                    \
          .value = "TIME",                                                                         \
          .help = "option.evidence.keep-until",                                                    \
          MP_FIELD(struct add_args, keep_until) },                                                 \
        { .name = "place",                                                                         \
          .value = "ID",                                                                           \
          .help = "option.evidence.place",                                                         \
          MP_FIELD(struct add_args, scope) },                                                      \
    {                                                                                              \
        .name = "control", .value = "FRAMEWORK/CONTROL", .help = "option.evidence.control",        \
        MP_FIELD(struct add_args, controls)                                                        \
    }

static const mp_option file_operand = { .value = "FILE",
                                        .help = "operand.evidence.file",
                                        .min = 1,
                                        .max = 1,
                                        MP_FIELD(struct add_args, files) };
static const mp_option add_options[] = {
    SAID_OPTIONS,
    { .name = "type",
      .value = "TYPE",
      .help = "option.evidence.type",
      MP_FIELD(struct add_args, media) },
    { .name = "valid-from",
      .value = "TIME",
      .help = "option.evidence.valid-from",
      MP_FIELD(struct add_args, valid_from) },
    { .name = "valid-until",
      .value = "TIME",
      .help = "option.evidence.valid-until",
      MP_FIELD(struct add_args, valid_until) },
    { .name = "collected-at",
      .value = "TIME",
      .help = "option.evidence.collected-at",
      MP_FIELD(struct add_args, collected_at) },
    MP_ANSWER_OPTIONS(struct add_args),
};
static const mp_option command_operand = { .value = "COMMAND",
                                           .help = "operand.evidence.command",
                                           MP_FIELD(struct add_args, files) };
static const mp_option collect_options[] = {
    SAID_OPTIONS,
    { .name = "verdicts",
      .value = "ID",
      .help = "option.evidence.verdicts",
      MP_FIELD(struct add_args, verdicts) },
    { .name = "resource",
      .value = "ID",
      .help = "option.evidence.resource",
      MP_FIELD(struct add_args, resource) },
    MP_AS_OF_OPTION(struct add_args),
    MP_ANSWER_OPTIONS(struct add_args),
};

static void add_text(mp_buf *path, mp_client *client, const char *name, const char *value)
{
    if (value)
        mp_buf_printf(path, "&%s=%s", name, mp_client_quote(client, mp_str_from(value)));
}

static void add_when(mp_buf *path, const char *name, const mp_when *when)
{
    char text[MP_CLOCK_SHORT];
    if (!when->is_given)
        return;
    mp_clock_format_short(text, when->at);
    mp_buf_printf(path, "&%s=%s", name, text);
}

/* What is told apart at the last slash: "csap/1.1.1", "csap-2025-02/1.1.1". */
static mp_code split_target(mp_str *framework, mp_str *control, const char *target, mp_error *err)
{
    mp_str whole = mp_str_from(target);
    size_t slash = mp_str_rfind(whole, '/');
    if (slash == SIZE_MAX || slash == 0 || slash + 1 == whole.len)
        return mp_fail(err, MP_USAGE, MP_NOWHERE,
                       "a control is named FRAMEWORK/CONTROL, not \"%s\"", target);
    *framework = mp_str_of(whole.ptr, slash);
    *control = mp_str_skip(whole, slash + 1);
    return MP_OK;
}

static mp_code link_one(mp_client *client, mp_str id, const char *target, const char *const more[3],
                        mp_error *err)
{
    mp_str framework, control;
    mp_jsonw w;
    MP_TRY(split_target(&framework, &control, target, err));
    mp_jsonw_init(&w, &client->arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "framework", framework);
    mp_jsonw_put_str(&w, "control", control);
    mp_client_member(&w, "measure", more[0]);
    mp_client_member(&w, "rule", more[1]);
    mp_client_member(&w, "note", more[2]);
    mp_jsonw_end(&w);
    const mp_json *body = mp_jsonw_done(&w);
    if (!body)
        return mp_fail(err, MP_NOMEM, MP_NOWHERE, "out of memory");
    return mp_client_ask(
        client, MP_POST,
        mp_client_path(client, EVIDENCE "/%s/controls", mp_client_quote(client, id)), body, err);
}

static mp_str upload_path(mp_client *client, const struct add_args *args, const char *title,
                          const char *name, const char *source)
{
    mp_buf path = MP_BUF_INIT;
    mp_buf_printf(&path, EVIDENCE "?title=%s",
                  mp_client_quote(client, mp_str_from(args->title ? args->title : title)));
    add_text(&path, client, "fileName", name);
    add_text(&path, client, "description", args->description);
    add_text(&path, client, "kind", args->kind);
    add_text(&path, client, "owner", args->owner);
    add_text(&path, client, "every", args->every);
    add_text(&path, client, "scope", args->scope);
    add_text(&path, client, "source", source);
    add_when(&path, "validFrom", &args->valid_from);
    add_when(&path, "validUntil", &args->valid_until);
    add_when(&path, "keepUntil", &args->keep_until);
    add_when(&path, "collectedAt", &args->collected_at);
    mp_str kept =
        path.failed ? mp_str_of(NULL, 0) : mp_arena_dup(&client->arena, mp_buf_str(&path));
    mp_buf_free(&path);
    return kept;
}

static mp_code upload(mp_client *client, const struct add_args *args, mp_str path, FILE *file,
                      const char *type, mp_error *err)
{
    const mp_local_request request = {
        .method = MP_POST, .path = path, .body = file, .content_type = type
    };
    if (!path.ptr)
        return mp_fail(err, MP_NOMEM, MP_NOWHERE, "out of memory");
    MP_TRY(mp_local_ask(&client->answer, client->local, &request, &client->arena, err));
    MP_TRY(mp_local_check(&client->answer, err));
    const mp_json *id = mp_json_get(client->answer.json, MP_S("id"));
    MP_TRY(mp_client_value(client, "id", err)); /* it is kept, whatever becomes of the links */
    for (size_t i = 0; i < args->controls.count && mp_json_is(id, MP_JSON_STRING); i++)
        MP_TRY(link_one(client, mp_json_str(id), args->controls.items[i],
                        (const char *const[3]){ NULL }, err));
    return MP_OK;
}

/* What a name of a file says of it; what it does not say, it is bytes. */
static const char *type_of(const char *name)
{
    static const char *const known[][2] = {
        { ".pdf", "application/pdf" },
        { ".json", "application/json" },
        { ".txt", "text/plain" },
        { ".log", "text/plain" },
        { ".csv", "text/csv" },
        { ".html", "text/html" },
        { ".png", "image/png" },
        { ".jpg", "image/jpeg" },
        { ".jpeg", "image/jpeg" },
        { ".zip", "application/zip" },
        { ".xml", "application/xml" },
        { ".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" },
        { ".docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document" },
        { ".hwp", "application/x-hwp" },
        { ".hwpx", "application/hwp+zip" },
    };
    for (size_t i = 0; i < MP_COUNT(known); i++)
        if (mp_str_ends_fold(mp_str_from(name), mp_str_from(known[i][0])))
            return known[i][1];
    return "application/octet-stream";
}

static mp_code add(mp_client *client, const void *args_, mp_error *err)
{
    const struct add_args *args = args_;
    const char *path = args->files.items[0], *slash = strrchr(path, '/'),
               *name = slash ? slash + 1 : path;
    bool is_stdin = strcmp(path, "-") == 0;
    client->cli->file = path;
    FILE *file = is_stdin ? stdin : fopen(path, "rbe");
    if (!file)
        return mp_fail(err, MP_IO, MP_NOWHERE, "%s", strerror(errno));
    client->cli->file = NULL;
    mp_code code =
        upload(client, args,
               upload_path(client, args, is_stdin ? "stdin" : name, is_stdin ? NULL : name, NULL),
               file, args->media ? args->media : type_of(name), err);
    if (!is_stdin)
        fclose(file);
    return code;
}

/* ---- collecting ---- */

static mp_code collect_into(FILE *file, int *exit_code, mp_client *client,
                            const struct add_args *args, mp_error *err)
{
    int given = (args->files.count > 0) + !!args->verdicts + !!args->resource;
    if (given != 1)
        return mp_fail(err, MP_USAGE, MP_NOWHERE,
                       "give one of -- COMMAND, --verdicts and --resource");
    MP_TRY(mp_client_as_of(client, &args->as_of, err));
    if (args->verdicts)
        return mp_collect_verdicts(file, client, args->verdicts, err);
    if (args->resource)
        return mp_collect_resource(file, client, args->resource, err);
    return mp_collect_command(exit_code, file, &args->files, err);
}

static mp_code collect(mp_client *client, const void *args_, mp_error *err)
{
    struct add_args args = *(const struct add_args *)args_;
    const char *what = args.verdicts ? "verdicts" : args.resource ? "resource" : "command";
    int exit_code = 0;
    char number[16];
    FILE *file = tmpfile();
    if (!file)
        return mp_fail(err, MP_OUTPUT, MP_NOWHERE, "a temporary file cannot be written");
    if (!args.kind)
        args.kind = args.verdicts ? "verdicts" : "configuration";
    mp_code code = collect_into(file, &exit_code, client, &args, err);
    client->as_of = NULL;
    rewind(file);
    mp_str name = mp_client_path(client, "%s.json", what);
    if (code == MP_OK)
        code = upload(client, &args,
                      upload_path(client, &args,
                                  args.verdicts   ? args.verdicts
                                  : args.resource ? args.resource
                                                  : args.files.items[0],
                                  name.ptr, what),
                      file, "application/json", err);
    fclose(file);
    if (code == MP_OK && exit_code) {
        snprintf(number, sizeof number, "%d", exit_code);
        mp_cli_warn(client->cli, "evidence.exit-code", number, NULL);
    }
    return code;
}

/* ---- lists ---- */

struct list_args {
    mp_place place;
    int format;
    const char *name;
    const char *kind, *owner, *scope, *control;
    mp_when as_of;
};
static const mp_option list_options[] = {
    { .name = "kind",
      .value = "KIND",
      .help = "option.evidence.kind",
      MP_FIELD(struct list_args, kind) },
    { .name = "owner",
      .value = "NAME",
      .help = "option.evidence.owner",
      MP_FIELD(struct list_args, owner) },
    { .name = "place",
      .value = "ID",
      .help = "option.evidence.place",
      MP_FIELD(struct list_args, scope) },
    MP_AS_OF_OPTION(struct list_args),
    MP_ANSWER_OPTIONS(struct list_args),
};

static mp_code list(mp_client *client, const void *args_, mp_error *err)
{
    const struct list_args *args = args_;
    mp_buf path = MP_BUF_INIT;
    MP_TRY(mp_client_as_of(client, &args->as_of, err));
    mp_buf_add_z(&path, EVIDENCE "?top=500");
    add_text(&path, client, "kind", args->kind);
    add_text(&path, client, "owner", args->owner);
    add_text(&path, client, "scope", args->scope);
    mp_str kept = mp_arena_dup(&client->arena, mp_buf_str(&path));
    mp_buf_free(&path);
    return mp_client_list(client, mp_client_then(client, kept), list_columns,
                          MP_COUNT(list_columns), err);
}

struct due_args {
    mp_place place;
    int format;
    const char *unused_name;
    const char *framework, *measure, *owner, *within;
    bool calendar;
};
static const mp_option due_options[] = {
    { .name = "framework",
      .value = "NAME",
      .help = "option.evidence.framework",
      MP_FIELD(struct due_args, framework) },
    { .name = "measure",
      .value = "NAME",
      .help = "option.evidence.measure",
      MP_FIELD(struct due_args, measure) },
    { .name = "owner",
      .value = "NAME",
      .help = "option.evidence.owner",
      MP_FIELD(struct due_args, owner) },
    { .name = "within",
      .value = "PERIOD",
      .fallback = "P30D",
      .help = "option.evidence.within",
      MP_FIELD(struct due_args, within) },
    { .name = "calendar", .help = "option.evidence.calendar", MP_FIELD(struct due_args, calendar) },
    MP_ANSWER_OPTIONS(struct due_args),
};

static mp_code due(mp_client *client, const void *args_, mp_error *err)
{
    const struct due_args *args = args_;
    mp_buf path = MP_BUF_INIT;
    mp_output out;
    mp_buf_printf(&path, "/api/v1/evidence-due%s?within=%s", args->calendar ? "/calendar" : "",
                  mp_client_quote(client, mp_str_from(args->within)));
    add_text(&path, client, "framework", args->framework);
    add_text(&path, client, "measure", args->measure);
    add_text(&path, client, "owner", args->owner);
    mp_str kept = mp_arena_dup(&client->arena, mp_buf_str(&path));
    mp_buf_free(&path);
    if (!args->calendar)
        return mp_client_list(client, kept, due_columns, MP_COUNT(due_columns), err);
    MP_TRY(mp_client_ask(client, MP_GET, kept, NULL, err));
    MP_TRY(mp_output_open(&out, client->cli, NULL, err));
    MP_TRY(mp_output_write(&out, client->answer.text, err));
    return mp_output_close(&out, err);
}

/* ---- linking ---- */

struct link_args {
    mp_place place;
    int format;
    const char *unused_name;
    mp_list names; /* evidence, then controls */
    const char *measure, *rule, *note;
};
static const mp_option link_operand = { .value = "ID",
                                        .help = "operand.evidence.link",
                                        .min = 2,
                                        .max = 200,
                                        MP_FIELD(struct link_args, names) };
#define MEASURE_OPTION                                                                             \
    {                                                                                              \
        .name = "measure", .value = "NAME", .help = "option.evidence.measure",                     \
        MP_FIELD(struct link_args, measure)                                                        \
    }
static const mp_option link_options[] = {
    MEASURE_OPTION,
    { .name = "rule",
      .value = "NAME",
      .help = "option.evidence.rule",
      MP_FIELD(struct link_args, rule) },
    { .name = "note",
      .value = "TEXT",
      .help = "option.evidence.note",
      MP_FIELD(struct link_args, note) },
    MP_ANSWER_OPTIONS(struct link_args),
};
static const mp_option unlink_options[] = { MEASURE_OPTION, MP_ANSWER_OPTIONS(struct link_args) };

static mp_code link_all(mp_client *client, const void *args_, mp_error *err)
{
    const struct link_args *args = args_;
    const char *const more[3] = { args->measure, args->rule, args->note };
    for (size_t i = 1; i < args->names.count; i++) {
        MP_TRY(
            link_one(client, mp_str_from(args->names.items[0]), args->names.items[i], more, err));
        MP_TRY(mp_client_show(client, link_columns, MP_COUNT(link_columns), err));
    }
    return MP_OK;
}

static mp_code unlink_all(mp_client *client, const void *args_, mp_error *err)
{
    const struct link_args *args = args_;
    for (size_t i = 1; i < args->names.count; i++) {
        mp_str framework, control;
        mp_buf path = MP_BUF_INIT;
        MP_TRY(split_target(&framework, &control, args->names.items[i], err));
        mp_buf_printf(&path, EVIDENCE "/%s/controls?framework=%s",
                      mp_client_quote(client, mp_str_from(args->names.items[0])),
                      mp_client_quote(client, framework));
        mp_buf_printf(&path, "&control=%s", mp_client_quote(client, control));
        add_text(&path, client, "measure", args->measure);
        mp_str kept = mp_arena_dup(&client->arena, mp_buf_str(&path));
        mp_buf_free(&path);
        MP_TRY(mp_client_ask(client, MP_DELETE, kept, NULL, err));
    }
    return MP_OK;
}

/* ---- legal holds ---- */

struct hold_args {
    mp_place place;
    int format;
    const char *name;
    const char *id, *reason;
};
static const mp_option hold_operand = {
    .value = "ID", .help = "operand.evidence", .min = 1, .max = 1, MP_FIELD(struct hold_args, name)
};
#define HOLD_OPTION                                                                                \
    {                                                                                              \
        .name = "hold", .value = "NAME", .help = "option.evidence.hold", .is_required = true,      \
        MP_FIELD(struct hold_args, id)                                                             \
    }
static const mp_option hold_options[] = {
    HOLD_OPTION,
    { .name = "reason",
      .value = "TEXT",
      .help = "option.evidence.reason",
      .is_required = true,
      MP_FIELD(struct hold_args, reason) },
    MP_ANSWER_OPTIONS(struct hold_args),
};
static const mp_option release_options[] = { HOLD_OPTION, MP_ANSWER_OPTIONS(struct hold_args) };

static mp_str hold_path(mp_client *client, const struct hold_args *args)
{
    mp_buf path = MP_BUF_INIT;
    mp_buf_printf(&path, EVIDENCE "/%s/holds/", mp_client_quote(client, mp_str_from(args->name)));
    mp_buf_add_z(&path, mp_client_quote(client, mp_str_from(args->id)));
    mp_str kept = mp_arena_dup(&client->arena, mp_buf_str(&path));
    mp_buf_free(&path);
    return kept;
}

static mp_code hold(mp_client *client, const void *args_, mp_error *err)
{
    const struct hold_args *args = args_;
    mp_jsonw w;
    mp_jsonw_init(&w, &client->arena);
    mp_jsonw_object(&w);
    mp_client_member(&w, "reason", args->reason);
    mp_jsonw_end(&w);
    const mp_json *body = mp_jsonw_done(&w);
    if (!body)
        return mp_fail(err, MP_NOMEM, MP_NOWHERE, "out of memory");
    MP_TRY(mp_client_ask(client, MP_PUT, hold_path(client, args), body, err));
    return mp_client_show(client, show_columns, MP_COUNT(show_columns), err);
}

static mp_code release(mp_client *client, const void *args, mp_error *err)
{
    MP_TRY(mp_client_ask(client, MP_DELETE, hold_path(client, args), NULL, err));
    return mp_client_show(client, show_columns, MP_COUNT(show_columns), err);
}

/* ---- sharing ---- */

struct share_args {
    mp_place place;
    int format;
    const char *unused_name;
    mp_list evidence;
    const char *name, *permissions, *addresses, *policy;
    mp_when from, until;
};
static const mp_option share_operand = { .value = "ID",
                                         .help = "operand.evidence.share",
                                         .min = 1,
                                         .max = 1000,
                                         MP_FIELD(struct share_args, evidence) };
static const mp_option share_options[] = {
    { .name = "name",
      .value = "TEXT",
      .help = "option.evidence.share-name",
      .is_required = true,
      MP_FIELD(struct share_args, name) },
    { .name = "permissions",
      .value = "rl",
      .help = "option.evidence.permissions",
      MP_FIELD(struct share_args, permissions) },
    { .name = "from",
      .value = "TIME",
      .help = "option.evidence.share-from",
      MP_FIELD(struct share_args, from) },
    { .name = "until",
      .value = "TIME",
      .help = "option.evidence.share-until",
      MP_FIELD(struct share_args, until) },
    { .name = "addresses",
      .value = "NETWORKS",
      .help = "option.evidence.addresses",
      MP_FIELD(struct share_args, addresses) },
    { .name = "policy",
      .value = "ID",
      .help = "option.evidence.policy",
      MP_FIELD(struct share_args, policy) },
    MP_ANSWER_OPTIONS(struct share_args),
};

static void put_when(mp_jsonw *w, const char *name, const mp_when *when)
{
    char text[MP_CLOCK_SHORT];
    if (!when->is_given)
        return;
    mp_clock_format_short(text, when->at);
    mp_jsonw_put_str(w, name, mp_arena_dup(w->arena, mp_str_from(text)));
}

static mp_code share(mp_client *client, const void *args_, mp_error *err)
{
    const struct share_args *args = args_;
    mp_jsonw w;
    mp_jsonw_init(&w, &client->arena);
    mp_jsonw_object(&w);
    mp_client_member(&w, "name", args->name);
    mp_jsonw_key(&w, MP_S("evidence"));
    mp_jsonw_array(&w);
    for (size_t i = 0; i < args->evidence.count; i++)
        mp_jsonw_str(&w, mp_str_from(args->evidence.items[i]));
    mp_jsonw_end(&w);
    mp_client_member(&w, "permissions",
                     args->permissions ? args->permissions
                     : args->policy    ? NULL
                                       : "r");
    put_when(&w, "from", &args->from);
    put_when(&w, "until", &args->until);
    mp_client_member(&w, "addresses", args->addresses);
    mp_client_member(&w, "policy", args->policy);
    mp_jsonw_end(&w);
    const mp_json *body = mp_jsonw_done(&w);
    if (!body)
        return mp_fail(err, MP_NOMEM, MP_NOWHERE, "out of memory");
    MP_TRY(mp_client_ask(client, MP_POST, MP_S("/api/v1/evidence-shares"), body, err));
    return mp_client_value(client, "link", err);
}

static const mp_option share_id_operand = { .value = "SHARE",
                                            .help = "operand.evidence.revoke",
                                            .min = 1,
                                            .max = 1,
                                            MP_FIELD(mp_ask_args, name) };

/* ---- the table ---- */

static const mp_command subs[] = {
    MP_SUB_OWN("evidence", "add",
               " policy.pdf --kind document --owner security --control csap/1.1.1", &file_operand,
               add_options, struct add_args, add),
    MP_SUB_OWN("evidence", "collect", " --control csap/12.3.1 -- sshd -T", &command_operand,
               collect_options, struct add_args, collect),
    MP_SUB_OWN("evidence", "list", " --kind document", NULL, list_options, struct list_args, list),
    MP_SUB_READ("evidence", "show", " 7d1c6a6e-2f0b-4c58-9d3a-0a4f4f6f7c11", &id_operand,
                .path = EVIDENCE "/{}", MP_COLUMNS(show_columns)),
    MP_SUB_OWN("evidence", "link", " 7d1c6a6e-2f0b-4c58-9d3a-0a4f4f6f7c11 csap/1.1.1 isms-p/1.1.5",
               &link_operand, link_options, struct link_args, link_all),
    MP_SUB_OWN("evidence", "unlink", " 7d1c6a6e-2f0b-4c58-9d3a-0a4f4f6f7c11 csap/1.1.1",
               &link_operand, unlink_options, struct link_args, unlink_all),
    MP_SUB_ASK("evidence", "reuse", " 7d1c6a6e-2f0b-4c58-9d3a-0a4f4f6f7c11", &id_operand, MP_GET,
               EVIDENCE "/{}/reuse", NULL, MP_COLUMNS(reuse_columns), .is_list = true),
    MP_SUB_OWN("evidence", "due", " --framework csap-iaas --within P3M", NULL, due_options,
               struct due_args, due),
    MP_SUB_OWN("evidence", "hold",
               " 7d1c6a6e-2f0b-4c58-9d3a-0a4f4f6f7c11 --hold case-17 --reason \"court order\"",
               &hold_operand, hold_options, struct hold_args, hold),
    MP_SUB_OWN("evidence", "release", " 7d1c6a6e-2f0b-4c58-9d3a-0a4f4f6f7c11 --hold case-17",
               &hold_operand, release_options, struct hold_args, release),
    MP_SUB_OWN("evidence", "share",
               " 7d1c6a6e-2f0b-4c58-9d3a-0a4f4f6f7c11 --name assessor --until 2026-12-31",
               &share_operand, share_options, struct share_args, share),
    MP_SUB_ASK("evidence", "shares", "", NULL, MP_GET, "/api/v1/evidence-shares", NULL,
               MP_COLUMNS(share_columns), .is_list = true),
    MP_SUB_ASK("evidence", "revoke", " 0f9d2c30-5a55-4f7e-8f0c-9f0f2c5d7e21", &share_id_operand,
               MP_DELETE, "/api/v1/evidence-shares/{}", NULL, .said = "evidence.revoked"),
};

const mp_command mp_command_evidence = {
    MP_GROUP("evidence", "add",
             " policy.pdf --kind document --owner security --control csap/1.1.1"),
    .exits = MP_EXITS_USUAL
};
