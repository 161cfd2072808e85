/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence_add.h"

#include <errno.h>
#include <stdio.h>

#include "evidence_collect.h"

/* ---- adding ---- */

#define ARGS mp_evidence_add_args
#define SAID_OPTIONS \
    { .name = "title", .value = "TEXT", .help = "option.evidence.title", MP_FIELD(ARGS, title) }, \
    { .name = "description", .value = "TEXT", .help = "option.evidence.description", MP_FIELD(ARGS, description) }, \
    { .name = "kind", .value = "KIND", .help = "option.evidence.kind", MP_FIELD(ARGS, kind) }, \
    { .name = "owner", .value = "NAME", .help = "option.evidence.owner", MP_FIELD(ARGS, owner) }, \
    { .name = "every", .value = "PERIOD", .help = "option.evidence.every", MP_FIELD(ARGS, every) }, \
    { .name = "keep-until", .value = "TIME", .help = "option.evidence.keep-until", MP_FIELD(ARGS, keep_until) }, \
    { .name = "place", .value = "ID", .help = "option.evidence.place", MP_FIELD(ARGS, scope) }, \
    { .name = "control", .value = "FRAMEWORK/CONTROL", .help = "option.evidence.control", MP_FIELD(ARGS, controls) }, \
    { .name = "measure", .value = "NAME", .help = "option.evidence.measure", MP_FIELD(ARGS, measure) }, \
    { .name = "rule", .value = "NAME", .help = "option.evidence.rule", MP_FIELD(ARGS, rule) }, \
    { .name = "note", .value = "TEXT", .help = "option.evidence.note", MP_FIELD(ARGS, note) }

const mp_option mp_evidence_file_operand = {
    .value = "FILE", .help = "operand.evidence.file", .min = 1, .max = 1, MP_FIELD(ARGS, files)
};
const mp_option mp_evidence_add_options[MP_EVIDENCE_ADD_OPTIONS] = {
    SAID_OPTIONS,
    { .name = "type", .value = "TYPE", .help = "option.evidence.type", MP_FIELD(ARGS, media) },
    { .name = "valid-from", .value = "TIME", .help = "option.evidence.valid-from", MP_FIELD(ARGS, valid_from) },
    { .name = "valid-until", .value = "TIME", .help = "option.evidence.valid-until", MP_FIELD(ARGS, valid_until) },
    { .name = "collected-at", .value = "TIME", .help = "option.evidence.collected-at", MP_FIELD(ARGS, collected_at) },
    MP_ANSWER_OPTIONS(ARGS),
};

const mp_option mp_evidence_command_operand = {
    .value = "COMMAND", .help = "operand.evidence.command", MP_FIELD(ARGS, files)
};
const mp_option mp_evidence_collect_options[MP_EVIDENCE_COLLECT_OPTIONS] = {
    SAID_OPTIONS,
    { .name = "verdicts", .value = "ID", .help = "option.evidence.verdicts", MP_FIELD(ARGS, verdicts) },
    { .name = "resource", .value = "ID", .help = "option.evidence.resource", MP_FIELD(ARGS, resource) },
    { .name = "host", .help = "option.evidence.host", MP_FIELD(ARGS, host) },
    MP_AS_OF_OPTION(ARGS),
    MP_ANSWER_OPTIONS(ARGS),
};

void mp_evidence_add_text(mp_buf *path, mp_client *client, const char *name, const char *value)
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

mp_code mp_evidence_split(mp_str *framework, mp_str *control, const char *target, mp_error *err)
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

mp_code mp_evidence_link_one(mp_client *client, mp_str id, const char *target, const char *const more[3],
                             mp_error *err)
{
    mp_str framework, control;
    mp_jsonw w;
    MP_TRY(mp_evidence_split(&framework, &control, target, err));
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
        return mp_no_memory(err);
    return mp_client_ask(
        client, MP_POST,
        mp_client_path(client, MP_EVIDENCE_PATH "/%s/controls", mp_client_quote(client, id)), body, err);
}

static mp_str upload_path(mp_client *client, const ARGS *args, const char *title,
                          const char *name, const char *source)
{
    mp_buf path = MP_BUF_INIT;
    mp_buf_printf(&path, MP_EVIDENCE_PATH "?title=%s",
                  mp_client_quote(client, mp_str_from(args->title ? args->title : title)));
    mp_evidence_add_text(&path, client, "fileName", name);
    mp_evidence_add_text(&path, client, "description", args->description);
    mp_evidence_add_text(&path, client, "kind", args->kind);
    mp_evidence_add_text(&path, client, "owner", args->owner);
    mp_evidence_add_text(&path, client, "every", args->every);
    mp_evidence_add_text(&path, client, "scope", args->scope);
    mp_evidence_add_text(&path, client, "source", source);
    add_when(&path, "validFrom", &args->valid_from);
    add_when(&path, "validUntil", &args->valid_until);
    add_when(&path, "keepUntil", &args->keep_until);
    add_when(&path, "collectedAt", &args->collected_at);
    mp_str kept =
        path.failed ? mp_str_of(NULL, 0) : mp_arena_dup(&client->arena, mp_buf_str(&path));
    mp_buf_free(&path);
    return kept;
}

/* Would the links stand? Asked before anything is kept: evidence that then answers nothing helps nobody. */
static mp_code check_links(mp_client *client, const ARGS *args, mp_error *err)
{
    for (size_t i = 0; i < args->controls.count; i++) {
        mp_str framework, control;
        mp_buf path = MP_BUF_INIT;
        MP_TRY(mp_evidence_split(&framework, &control, args->controls.items[i], err));
        mp_buf_printf(&path, "/api/v1/evidence-links/check?framework=%s", mp_client_quote(client, framework));
        mp_buf_printf(&path, "&control=%s", mp_client_quote(client, control));
        mp_evidence_add_text(&path, client, "kind", args->kind);
        mp_evidence_add_text(&path, client, "rule", args->rule);
        mp_evidence_add_text(&path, client, "measure", args->measure);
        mp_evidence_add_text(&path, client, "scope", args->scope);
        mp_str kept = path.failed ? mp_str_of(NULL, 0) : mp_arena_dup(&client->arena, mp_buf_str(&path));
        mp_buf_free(&path);
        MP_TRY(mp_client_ask(client, MP_GET, kept, NULL, err));
    }
    if (!args->controls.count && (args->measure || args->rule || args->note))
        return mp_fail(err, MP_USAGE, MP_NOWHERE, "--measure, --rule and --note say more of --control, which is missing");
    return MP_OK;
}

static mp_code upload(mp_client *client, const ARGS *args, mp_str path, FILE *file,
                      const char *type, mp_error *err)
{
    const char *const more[3] = { args->measure, args->rule, args->note };
    const mp_local_request request = {
        .method = MP_POST, .path = path, .body = file, .content_type = type
    };
    if (!path.ptr)
        return mp_no_memory(err);
    MP_TRY(mp_local_ask(&client->answer, client->local, &request, &client->arena, err));
    MP_TRY(mp_local_check(&client->answer, err));
    const mp_json *id = mp_json_get(client->answer.json, MP_S("id"));
    MP_TRY(mp_client_value(client, "id", err)); /* it is kept, whatever becomes of the links */
    for (size_t i = 0; i < args->controls.count && mp_json_is(id, MP_JSON_STRING); i++)
        MP_TRY(mp_evidence_link_one(client, mp_json_str(id), args->controls.items[i], more, err));
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

mp_code mp_evidence_add(mp_client *client, const void *args_, mp_error *err)
{
    const ARGS *args = args_;
    const char *path = args->files.items[0], *slash = strrchr(path, '/'),
               *name = slash ? slash + 1 : path;
    bool is_stdin = strcmp(path, "-") == 0;
    MP_TRY(check_links(client, args, err));
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

static const struct {
    const char *source, *kind, *title; /* the title's message */
} sources[] = {
    { "command", "configuration", "evidence.title.command" },
    { "verdicts", "verdicts", "evidence.title.verdicts" },
    { "resource", "configuration", "evidence.title.resource" },
    { "host", "configuration", "evidence.title.host" },
};
enum { FROM_COMMAND, FROM_VERDICTS, FROM_RESOURCE, FROM_HOST };

typedef struct collected {
    FILE       *file;
    const char *about; /* what the title speaks of */
    int         exit_code;
} collected;

static mp_code choose_source(size_t *out, const ARGS *args, mp_error *err)
{
    const bool given[] = { args->files.count > 0, args->verdicts, args->resource, args->host };
    size_t     count = 0;
    for (size_t i = 0; i < MP_COUNT(given); i++)
        if (given[i]) {
            *out = i;
            count++;
        }
    return count == 1 ? MP_OK
                      : mp_fail(err, MP_USAGE, MP_NOWHERE,
                                "give one of -- COMMAND, --verdicts, --resource and --host");
}

/* The command as it was written, words apart by a blank. */
static const char *command_line(const mp_list *command, mp_arena *arena)
{
    mp_buf b = MP_BUF_INIT;
    for (size_t i = 0; i < command->count; i++)
        mp_buf_printf(&b, "%s%s", i ? " " : "", command->items[i]);
    const char *line = b.failed ? command->items[0] : mp_arena_dup(arena, mp_buf_str(&b)).ptr;
    mp_buf_free(&b);
    return line ? line : command->items[0];
}

static mp_code collect_into(collected *c, mp_client *client, const ARGS *args, size_t source, mp_error *err)
{
    MP_TRY(mp_client_as_of(client, &args->as_of, err));
    switch (source) {
    case FROM_VERDICTS:
        c->about = strcmp(args->verdicts, "/") == 0 ? mp_message(client->cli->lang, "evidence.title.everything").ptr
                                                    : args->verdicts;
        return mp_collect_verdicts(c->file, client, args->verdicts, err);
    case FROM_RESOURCE:
        c->about = args->resource;
        return mp_collect_resource(c->file, client, args->resource, err);
    case FROM_HOST:
        return mp_collect_machine(&c->about, c->file, client->cli, &client->arena, err);
    default:
        c->about = command_line(&args->files, &client->arena);
        return mp_collect_command(&c->exit_code, c->file, &args->files, err);
    }
}

/* "Verdicts of everything, 2026-11-22": of the day that it shows. At most 500 bytes, as the server takes it. */
static const char *title_of(mp_client *client, const ARGS *args, const char *id, const char *about)
{
    char   day[MP_CLOCK_SHORT];
    mp_buf b = { .limit = 4096 };
    mp_str what = mp_str_from(about);
    while (what.len > 400 || (what.len && what.len < strlen(about) && ((unsigned char)what.ptr[what.len] & 0xC0) == 0x80))
        what.len--;
    mp_clock_format_short(day, args->as_of.is_given ? args->as_of.at : mp_clock_now());
    mp_say(&b, client->cli->lang, id, (const mp_str[]){ what, mp_str_of(day, 10) }, 2);
    const char *title = b.failed ? about : mp_arena_dup(&client->arena, mp_buf_str(&b)).ptr;
    mp_buf_free(&b);
    return title ? title : about;
}

mp_code mp_evidence_collect(mp_client *client, const void *args_, mp_error *err)
{
    ARGS      args = *(const ARGS *)args_;
    collected c = { .exit_code = 0 };
    char      number[16];
    size_t    source = 0;
    MP_TRY(choose_source(&source, &args, err));
    if (!args.kind)
        args.kind = sources[source].kind;
    MP_TRY(check_links(client, &args, err));
    c.file = tmpfile();
    if (!c.file)
        return mp_fail(err, MP_OUTPUT, MP_NOWHERE, "a temporary file cannot be written");
    mp_code code = collect_into(&c, client, &args, source, err);
    client->as_of = NULL;
    rewind(c.file);
    if (code == MP_OK) {
        mp_str name = mp_client_path(client, "%s.json", sources[source].source);
        code = upload(client, &args,
                      upload_path(client, &args, title_of(client, &args, sources[source].title, c.about), name.ptr,
                                  sources[source].source),
                      c.file, "application/json", err);
    }
    fclose(c.file);
    if (code == MP_OK && c.exit_code) {
        snprintf(number, sizeof number, "%d", c.exit_code);
        mp_cli_warn(client->cli, "evidence.exit-code", number, NULL);
    }
    return code;
}
