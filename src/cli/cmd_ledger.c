/* SPDX-License-Identifier: Apache-2.0 */
#include "client.h"

#include <inttypes.h>
#include <stdio.h>

#include "ledger_export.h"
#include "systems.h"

static const mp_column head_columns[] = {
    { "origin", "column.origin", NULL },
    { "size", "column.size", NULL },
    { "root", "column.rootHash", NULL },
    { "at", "column.at", NULL },
};

static const mp_column report_columns[] = {
    { "size", "column.size", NULL },     { "checked", "column.checked", NULL }, { "pruned", "column.pruned", NULL },
    { "sealed", "column.sealed", NULL }, { "keys", "column.keys", NULL },       { "stamps", "column.stamps", NULL },
    { "records", "column.records", NULL },
};

static const mp_column stamp_columns[] = {
    { "size", "column.size", NULL },
    { "at", "column.at", NULL },
    { "authority", "column.authority", NULL },
};

static const mp_column leaf_columns[] = {
    { "index", "column.index", NULL },           { "leaf/at", "column.at", NULL },
    { "leaf/who/kind", "column.who", "word.who." }, { "leaf/who/id", "column.id", NULL },
    { "leaf/action", "column.action", NULL },    { "leaf/outcome", "column.outcome", "word.outcome." },
    { "leaf/reason", "column.why", NULL },       { "leaf/on", "column.on", NULL },
};

static const mp_column one_leaf_columns[] = {
    { "index", "column.index", NULL },           { "hash", "column.leafHash", NULL },
    { "leaf/at", "column.at", NULL },            { "leaf/who/kind", "column.who", "word.who." },
    { "leaf/who/id", "column.id", NULL },        { "leaf/action", "column.action", NULL },
    { "leaf/on", "column.on", NULL },            { "leaf/outcome", "column.outcome", "word.outcome." },
    { "leaf/reason", "column.why", NULL },       { "leaf/status", "column.status", NULL },
    { "leaf/request", "column.request", NULL },  { "leaf/changes", "column.changes", NULL },
    { "leaf/detail", "column.detail", NULL },    { "clear", "column.clear", NULL },
};

/* ---- text ---- */

/* Checkpoints and keys are texts that others read: as they are. */
static mp_code show_text(mp_client *client, const void *args, mp_error *err)
{
    const mp_ask *ask = client->cli->command->about;
    mp_output     out;
    (void)args;
    MP_TRY(mp_client_ask(client, ask->method, mp_str_from(ask->path), NULL, err));
    MP_TRY(mp_output_open(&out, client->cli, NULL, err));
    MP_TRY(mp_output_write(&out, client->answer.text, err));
    MP_TRY(mp_output_close(&out, err));
    if (ask->said)
        mp_cli_note(client->cli, ask->said, NULL);
    return MP_OK;
}

static const mp_option place_options[] = { MP_PLACE_OPTIONS(mp_ask_args) };

/* ---- verify ---- */

static void show_progress(void *ctx, uint64_t leaves)
{
    const mp_cli *cli = ctx;
    fprintf(cli->err, "\r%" PRIu64 "\033[K", leaves);
    fflush(cli->err);
}

static mp_code show_report(mp_cli *cli, const mp_ledger_report *report, int format, mp_error *err)
{
    mp_client client = { .cli = cli, .format = format };
    client.answer.json = mp_app_report(&client.arena, report);
    mp_code code = client.answer.json ? mp_client_show(&client, report_columns, MP_COUNT(report_columns), err)
                                      : mp_no_memory(err);
    mp_client_done(&client);
    if (code == MP_OK && format == MP_ANSWER_TABLE)
        mp_cli_note(cli, "ledger.verified", NULL);
    return code;
}

/* The answer of a log that does not hold: the sentence, or as JSON what the API says. */
static mp_code show_wrong(mp_client *client, mp_exit *exit, mp_error *err)
{
    const mp_json *detail = mp_json_get(client->answer.json, MP_S("detail"));
    mp_buf         text = MP_BUF_INIT;
    mp_output      out;
    *exit = MP_EXIT_FINDINGS;
    if (client->format == MP_ANSWER_JSON)
        return mp_client_show(client, NULL, 0, err);
    mp_say(&text, client->cli->lang, "ledger.wrong",
           (mp_str[]){ mp_json_is(detail, MP_JSON_STRING) ? mp_json_str(detail) : MP_S("") }, 1);
    mp_buf_add_c(&text, '\n');
    mp_code code = mp_output_open(&out, client->cli, NULL, err);
    if (code != MP_OK) {
        mp_buf_free(&text);
        return code;
    }
    MP_TRY(mp_output_buf(&out, &text, err));
    return mp_output_close(&out, err);
}

/* What this process found itself, in the form of the API's answer. */
static mp_code show_found(mp_cli *cli, mp_exit *exit, const mp_error *why, int format, mp_error *err)
{
    mp_client client = { .cli = cli, .format = format };
    mp_buf    reason = MP_BUF_INIT;
    mp_jsonw  w;
    mp_say_error(&reason, cli->lang, why);
    mp_jsonw_init(&w, &client.arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_bool(&w, "holds", false);
    mp_jsonw_put_str(&w, "code", mp_str_from(mp_code_name(why->code)));
    mp_jsonw_put_str(&w, "detail", mp_buf_str(&reason));
    mp_jsonw_end(&w);
    client.answer.json = mp_jsonw_done(&w);
    mp_code code = client.answer.json && !reason.failed ? show_wrong(&client, exit, err)
                                                        : mp_no_memory(err);
    mp_buf_free(&reason);
    mp_client_done(&client);
    return code;
}

static mp_code ask_verify(mp_client *client, const void *exit, mp_error *err)
{
    const mp_ask *ask = client->cli->command->about;
    MP_TRY(mp_client_ask(client, ask->method, mp_str_from(ask->path), NULL, err));
    const mp_json *holds = mp_json_get(client->answer.json, MP_S("holds"));
    if (!mp_json_is(holds, MP_JSON_BOOL) || !holds->u.integer)
        return show_wrong(client, *(mp_exit *const *)exit, err);
    MP_TRY(mp_client_show(client, ask->columns, ask->column_count, err));
    if (client->format == MP_ANSWER_TABLE)
        mp_cli_note(client->cli, ask->said, NULL);
    return MP_OK;
}

/* Without a server the log is read as it lies there, and nothing is written: not even that it was checked. */
static mp_code run_verify(mp_exit *exit, mp_cli *cli, const void *args_, mp_error *err)
{
    const mp_ask_args *args = args_;
    mp_config         *config = NULL;
    mp_ledger_report   report;
    mp_error           why = { .code = MP_OK };
    if (mp_local_is_served(mp_place_folder(&args->place)))
        return mp_client_do(cli, args, &exit, ask_verify, err);
    MP_TRY(mp_place_settings(&config, cli, &args->place, err));
    const mp_app_options options = { .config = config,
                                     .folder = mp_place_folder(&args->place),
                                     .store = mp_place_store(&args->place, config),
                                     .systems = mp_cli_systems };
    mp_code              code = mp_app_verify(&report, &options, cli->is_watched ? show_progress : NULL, cli, &why);
    mp_config_free(config);
    if (cli->is_watched)
        fprintf(cli->err, "\r\033[K");
    if (code == MP_DAMAGED)
        return show_found(cli, exit, &why, args->format, err);
    if (code != MP_OK) {
        *err = why;
        return code;
    }
    return show_report(cli, &report, args->format, err);
}

/* ---- prove ---- */

struct prove_args {
    mp_place place;
    int      format;
    mp_list  index;
    int64_t  size, from, to;
};

static const mp_option prove_operand = {
    .value = "INDEX", .help = "operand.leaf", .max = 1, MP_FIELD(struct prove_args, index),
};

static const mp_option prove_options[] = {
    { .name = "size", .value = "N", .min = 1, .max = INT64_MAX, .help = "option.size",
      MP_FIELD(struct prove_args, size) },
    { .name = "from", .value = "N", .min = 1, .max = INT64_MAX, .help = "option.from.size",
      MP_FIELD(struct prove_args, from) },
    { .name = "to", .value = "N", .min = 1, .max = INT64_MAX, .help = "option.to.size",
      MP_FIELD(struct prove_args, to) },
    MP_ANSWER_OPTIONS(struct prove_args),
};

/* One hash a line; a proof without hashes (a log of one leaf) prints nothing. */
static mp_code show_hashes(mp_client *client, mp_error *err)
{
    mp_output      out;
    mp_buf         text = MP_BUF_INIT;
    const mp_json *hashes = mp_json_get(client->answer.json, MP_S("hashes"));
    if (client->format == MP_ANSWER_JSON)
        return mp_client_show(client, NULL, 0, err);
    if (mp_json_is(hashes, MP_JSON_ARRAY))
        for (MP_JSON_EACH(hash, hashes))
            if (mp_json_is(hash, MP_JSON_STRING))
                mp_buf_printf(&text, "%.*s\n", MP_FMT(mp_json_str(hash)));
    MP_TRY(mp_output_open(&out, client->cli, NULL, err));
    MP_TRY(mp_output_buf(&out, &text, err));
    return mp_output_close(&out, err);
}

static mp_code prove(mp_client *client, const void *args_, mp_error *err)
{
    const struct prove_args *args = args_;
    mp_buf                   path = MP_BUF_INIT;
    if (!args->index.count == !args->from)
        return mp_fail(err, MP_USAGE, MP_NOWHERE, "give the INDEX of a leaf, or --from and --to");
    if (args->index.count) {
        mp_buf_printf(&path, "/api/v1/ledger/proofs/inclusion?index=%s",
                      mp_client_quote(client, mp_str_from(args->index.items[0])));
        if (args->size)
            mp_buf_printf(&path, "&size=%" PRId64, args->size);
    } else {
        mp_buf_printf(&path, "/api/v1/ledger/proofs/consistency?from=%" PRId64, args->from);
        if (args->to)
            mp_buf_printf(&path, "&to=%" PRId64, args->to);
    }
    mp_str kept = mp_arena_dup(&client->arena, mp_buf_str(&path));
    mp_buf_free(&path);
    MP_TRY(mp_client_ask(client, MP_GET, kept, NULL, err));
    return show_hashes(client, err);
}

/* ---- search ---- */

struct search_args {
    mp_place    place;
    int         format;
    const char *actor, *action, *on, *request, *outcome;
    mp_when     from, to;
};

static const char *const outcomes[] = { "done", "refused", "failed", NULL };

static const mp_option search_options[] = {
    { .name = "actor", .value = "NAME", .help = "option.actor", MP_FIELD(struct search_args, actor) },
    { .name = "action", .value = "ACTION", .help = "option.action", MP_FIELD(struct search_args, action) },
    { .name = "on", .value = "PATH", .help = "option.on", MP_FIELD(struct search_args, on) },
    { .name = "request", .value = "ID", .help = "option.request", MP_FIELD(struct search_args, request) },
    { .name = "outcome", .value = "OUTCOME", .choices = outcomes, .help = "option.outcome",
      MP_FIELD(struct search_args, outcome) },
    { .name = "from", .value = "TIME", .help = "option.from.search", MP_FIELD(struct search_args, from) },
    { .name = "to", .value = "TIME", .help = "option.to.search", MP_FIELD(struct search_args, to) },
    MP_ANSWER_OPTIONS(struct search_args),
};

static void add_time(mp_buf *path, const char *name, const mp_when *when)
{
    char text[MP_CLOCK_SHORT];
    if (!when->is_given)
        return;
    mp_clock_format_short(text, when->at);
    mp_buf_printf(path, "&%s=%s", name, text);
}

static mp_code search(mp_client *client, const void *args_, mp_error *err)
{
    const struct search_args *args = args_;
    const char               *actor = NULL;
    mp_buf                    path = MP_BUF_INIT;
    if (args->actor)
        MP_TRY(mp_client_principal(&actor, client, args->actor, err));
    const struct {
        const char *name, *value;
    } filters[] = { { "actor", actor }, { "action", args->action }, { "on", args->on }, { "request", args->request },
    { "outcome", args->outcome } };
    mp_buf_add(&path, MP_S("/api/v1/ledger/leaves?top=500"));
    for (size_t i = 0; i < MP_COUNT(filters); i++)
        if (filters[i].value)
            mp_buf_printf(&path, "&%s=%s", filters[i].name, mp_client_quote(client, mp_str_from(filters[i].value)));
    add_time(&path, "from", &args->from);
    add_time(&path, "to", &args->to);
    mp_str kept = mp_arena_dup(&client->arena, mp_buf_str(&path));
    mp_buf_free(&path);
    return mp_client_list(client, kept, leaf_columns, MP_COUNT(leaf_columns), err);
}

/* ---- export ---- */

struct export_args {
    mp_place    place;
    int         format;
    const char *folder;
};

static const mp_option export_operand = {
    .value = "DIR", .help = "operand.export", .min = 1, .max = 1, MP_FIELD(struct export_args, folder),
};

static mp_code export(mp_client *client, const void *args_, mp_error *err)
{
    const struct export_args *args = args_;
    mp_ledger_exported        done;
    char                      size[24], files[24];
    MP_TRY(mp_ledger_export(&done, client, args->folder, err));
    snprintf(size, sizeof size, "%" PRIu64, done.size);
    snprintf(files, sizeof files, "%" PRIu64, done.written);
    mp_cli_note(client->cli, "ledger.exported", size, files, args->folder, NULL);
    if (done.missing) {
        snprintf(files, sizeof files, "%" PRIu64, done.missing);
        mp_cli_warn(client->cli, "ledger.export-pruned", files, NULL);
    }
    return MP_OK;
}

/* ---- packages ---- */

struct package_args {
    mp_place    place;
    int         format;
    const char *file;
    mp_list     leaves, evidence, opens;
    bool        stamps;
};

static const mp_option package_operand = {
    .value = "FILE", .help = "operand.package.new", .min = 1, .max = 1, MP_FIELD(struct package_args, file),
};

static const mp_option package_options[] = {
    { .name = "leaf", .value = "INDEX", .help = "option.leaf", MP_FIELD(struct package_args, leaves) },
    { .name = "evidence", .value = "ID", .help = "option.evidence", MP_FIELD(struct package_args, evidence) },
    { .name = "open", .value = "NAME", .help = "option.open", MP_FIELD(struct package_args, opens) },
    { .name = "stamps", .help = "option.stamps", MP_FIELD(struct package_args, stamps) },
    MP_PLACE_OPTIONS(struct package_args),
};

static mp_code add_leaves(mp_jsonw *w, const mp_list *leaves, mp_error *err)
{
    mp_jsonw_key(w, MP_S("leaves"));
    mp_jsonw_array(w);
    for (size_t i = 0; i < leaves->count; i++) {
        int64_t index = 0;
        for (const char *p = leaves->items[i]; *p; p++)
            if (*p < '0' || *p > '9' || __builtin_mul_overflow(index, 10, &index) ||
                __builtin_add_overflow(index, *p - '0', &index))
                return mp_fail(err, MP_USAGE, MP_NOWHERE, "--leaf wants the index of a leaf, not \"%s\"",
                               leaves->items[i]);
        mp_jsonw_int(w, index);
    }
    mp_jsonw_end(w);
    return MP_OK;
}

static void add_texts(mp_jsonw *w, const char *name, const mp_list *texts)
{
    mp_jsonw_key(w, mp_str_from(name));
    mp_jsonw_array(w);
    for (size_t i = 0; i < texts->count; i++)
        mp_jsonw_str(w, mp_str_from(texts->items[i]));
    mp_jsonw_end(w);
}

static mp_code package(mp_client *client, const void *args_, mp_error *err)
{
    const struct package_args *args = args_;
    mp_output                  out;
    mp_jsonw                   w;
    mp_jsonw_init(&w, &client->arena);
    mp_jsonw_object(&w);
    MP_TRY(add_leaves(&w, &args->leaves, err));
    add_texts(&w, "evidence", &args->evidence);
    add_texts(&w, "opens", &args->opens);
    mp_jsonw_put_bool(&w, "stamps", args->stamps);
    mp_jsonw_end(&w);
    const mp_json *body = mp_jsonw_done(&w);
    if (!body)
        return mp_no_memory(err);
    MP_TRY(mp_output_open_private(&out, client->cli, args->file, err));
    mp_local_request request = { .method = MP_POST, .path = MP_S("/api/v1/ledger/packages"), .json = body,
                                 .into = out.file };
    mp_code          code = mp_local_ask(&client->answer, client->local, &request, &client->arena, err);
    if (code == MP_OK)
        code = mp_local_check(&client->answer, err);
    if (code == MP_OK)
        return mp_output_close(&out, err);
    mp_output_abandon(&out);
    return code;
}

static const mp_option leaf_operand = {
    .value = "INDEX", .help = "operand.leaf", .min = 1, .max = 1, MP_FIELD(mp_ask_args, name),
};

#define TEXT_SUB(word_, method_, path_, said_)                                                                         \
    { MP_SUB("ledger", word_, ""), .options = place_options, .option_count = MP_COUNT(place_options),                  \
      .args_size = sizeof(mp_ask_args), .exits = MP_EXITS_USUAL, .run = mp_client_run,                                \
      .about = &(const mp_ask){ .fn = show_text, .method = (method_), .path = (path_), .said = (said_) } }

static const mp_command subs[] = {
    MP_SUB_ASK("ledger", "show", "", NULL, MP_GET, "/api/v1/ledger", NULL, MP_COLUMNS(head_columns)),
    MP_SUB_OWN("ledger", "search", " --outcome refused --from 2026-11-01", NULL, search_options, struct search_args,
               search),
    MP_SUB_ASK("ledger", "leaf", " 4711", &leaf_operand, MP_GET, "/api/v1/ledger/leaves/{}", NULL,
               MP_COLUMNS(one_leaf_columns)),
    MP_SUB_ASK("ledger", "reveal", " 4711", &leaf_operand, MP_POST, "/api/v1/ledger/leaves/{}/reveal", NULL,
               MP_COLUMNS(one_leaf_columns)),
    { MP_SUB("ledger", "verify", ""), .options = mp_ask_options, .option_count = MP_ASK_OPTION_COUNT,
      .args_size = sizeof(mp_ask_args),
      .exits = MP_EXITS_USUAL | 1u << MP_EXIT_FINDINGS, .run = run_verify,
      .about = &(const mp_ask){ MP_POST, "/api/v1/ledger/verify", NULL, MP_COLUMNS(report_columns),
                 .said = "ledger.verified" } },
    MP_SUB_OWN("ledger", "prove", " 4711", &prove_operand, prove_options, struct prove_args, prove),
    TEXT_SUB("checkpoint", MP_GET, "/api/v1/ledger/checkpoint", NULL),
    TEXT_SUB("keys", MP_GET, "/api/v1/ledger/keys", NULL),
    MP_SUB_OWN("ledger", "export", " /srv/log", &export_operand, place_options, struct export_args, export),
    MP_SUB_OWN("ledger", "package", " --leaf 4711 --stamps case-17.tar.zst", &package_operand, package_options,
               struct package_args, package),
    TEXT_SUB("rotate", MP_POST, "/api/v1/ledger/rotate", "ledger.rotated"),
    MP_SUB_ASK("ledger", "stamp", "", NULL, MP_POST, "/api/v1/ledger/stamps", NULL, MP_COLUMNS(stamp_columns)),
};

const mp_command mp_command_ledger = { MP_GROUP("ledger", "show", ""),
                                       .exits = MP_EXITS_USUAL | 1u << MP_EXIT_FINDINGS };
