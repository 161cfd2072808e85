/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence_add.h"

#include "time_put.h"

#define EVIDENCE MP_EVIDENCE_PATH

/* ---- columns ---- */

static const mp_column list_columns[] = {
    { "id", "column.id", NULL },
    { "title", "column.given-title", NULL },
    { "kind", "column.evidence.kind", NULL },
    { "owner", "column.evidence.owner", NULL },
    { "takenAt", "column.evidence.taken", NULL },
    { "keepUntil", "column.evidence.keep", NULL },
    { "hold/id", "column.evidence.hold", NULL },
};
static const mp_column show_columns[] = {
    { "id", "column.id", NULL },
    { "title", "column.given-title", NULL },
    { "description", "column.evidence.description", NULL },
    { "kind", "column.evidence.kind", NULL },
    { "owner", "column.evidence.owner", NULL },
    { "fileName", "column.evidence.file", NULL },
    { "mediaType", "column.evidence.type", NULL },
    { "sizeBytes", "column.evidence.size", NULL },
    { "sha256", "column.sha256", NULL },
    { "every", "column.evidence.every", NULL },
    { "validFrom", "column.evidence.from", NULL },
    { "validUntil", "column.until", MP_COLUMN_DAY },
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
    { "by", "column.evidence.share-by", NULL },
};

static const mp_column use_columns[] = {
    { "at", "column.evidence.used", NULL },
    { "outcome", "column.evidence.outcome", NULL },
    { "reason", "column.evidence.refused-why", NULL },
    { "evidence", "column.id", NULL },
    { "address", "column.evidence.address", NULL },
    { "index", "column.evidence.leaf", NULL },
};

static const mp_option delete_operand = {
    .value = "ID", .help = "operand.evidence", .min = 1, .max = 1, MP_FIELD(mp_sure_args, name)
};
static const mp_option id_operand = {
    .value = "ID", .help = "operand.evidence", .min = 1, .max = 1, MP_FIELD(mp_ask_args, name)
};

/* ---- what is said of it ---- */

struct set_args {
    mp_place place;
    int format;
    const char *name;
    const char *title, *description, *kind, *owner, *every;
    mp_when valid_from, valid_until, keep_until;
};
#define TEXT_OPTION(name_, value_, field_) \
    { .name = name_, .value = value_, .help = "option.evidence." name_, MP_FIELD(struct set_args, field_) }
static const mp_option set_options[] = {
    TEXT_OPTION("title", "TEXT", title),
    TEXT_OPTION("description", "TEXT", description),
    TEXT_OPTION("kind", "KIND", kind),
    TEXT_OPTION("owner", "NAME", owner),
    TEXT_OPTION("every", "PERIOD", every),
    TEXT_OPTION("valid-from", "TIME", valid_from),
    TEXT_OPTION("valid-until", "TIME", valid_until),
    TEXT_OPTION("keep-until", "TIME", keep_until),
    MP_ANSWER_OPTIONS(struct set_args),
};
static const mp_option set_operand = {
    .value = "ID", .help = "operand.evidence", .min = 1, .max = 1, MP_FIELD(struct set_args, name)
};

static const char *when_text(mp_client *client, const mp_when *when)
{
    char text[MP_CLOCK_SHORT];
    if (!when->is_given)
        return NULL;
    mp_clock_format_short(text, when->at);
    return mp_arena_dup(&client->arena, mp_str_from(text)).ptr;
}

/* The record as it is, with what was said in its place; what is the server's to say is left out. */
static const mp_json *changed_body(mp_client *client, const struct set_args *args)
{
    const struct {
        const char *name, *value;
    } members[] = {
        { "title", args->title },
        { "description", args->description },
        { "kind", args->kind },
        { "owner", args->owner },
        { "every", args->every },
        { "validFrom", when_text(client, &args->valid_from) },
        { "validUntil", when_text(client, &args->valid_until) },
        { "keepUntil", when_text(client, &args->keep_until) },
        { "mediaType", NULL },
        { "collectedAt", NULL },
        { "source", NULL },
        { "links", NULL },
    };
    mp_jsonw w;
    mp_jsonw_init(&w, &client->arena);
    mp_jsonw_object(&w);
    for (size_t i = 0; i < MP_COUNT(members); i++) {
        const mp_json *old = mp_json_get(client->answer.json, mp_str_from(members[i].name));
        if (members[i].value)
            mp_client_member(&w, members[i].name, members[i].value);
        else if (old)
            mp_jsonw_put_value(&w, members[i].name, old);
    }
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

static mp_code set(mp_client *client, const void *args_, mp_error *err)
{
    const struct set_args *args = args_;
    mp_str path = mp_client_path(client, EVIDENCE "/%s", mp_client_quote(client, mp_str_from(args->name)));
    MP_TRY(mp_client_ask(client, MP_GET, path, NULL, err));
    const mp_local_request request = {
        .method = MP_PUT, .path = path, .json = changed_body(client, args), .expected = client->answer.version
    };
    if (!request.json)
        return mp_no_memory(err);
    MP_TRY(mp_local_ask(&client->answer, client->local, &request, &client->arena, err));
    MP_TRY(mp_local_check(&client->answer, err));
    return mp_client_show(client, show_columns, MP_COUNT(show_columns), err);
}

/* ---- what is kept of it ---- */

/* What is said of it, and below the controls that it is linked to. */
static mp_code show(mp_client *client, const void *args_, mp_error *err)
{
    const mp_read_args *args = args_;
    mp_columns_state state = { .has_head = false };
    mp_buf text = MP_BUF_INIT;
    MP_TRY(mp_client_read(client, args, err));
    if (client->format == MP_ANSWER_JSON)
        return MP_OK;
    mp_str path = mp_client_path(client, "/api/v1/evidence-links?top=1000&evidence=%s",
                                 mp_client_quote(client, mp_str_from(args->name)));
    MP_TRY(mp_client_ask(client, MP_GET, mp_client_then(client, path), NULL, err));
    const mp_json *list = mp_json_get(client->answer.json, MP_S("value"));
    if (!mp_json_is(list, MP_JSON_ARRAY) || !list->count)
        return MP_OK;
    mp_buf_add_c(&text, '\n');
    mp_columns_list(&text, client->cli, link_columns, MP_COUNT(link_columns), list, &state, &client->arena);
    return mp_output_whole(client->cli, NULL, &text, err);
}

/* ---- the file ---- */

struct save_args {
    mp_place place;
    int format;
    const char *name;
    const char *out;
};
static const mp_option save_options[] = {
    { .name = "out", .letter = 'o', .value = "FILE", .help = "option.evidence.out", MP_FIELD(struct save_args, out) },
    MP_ANSWER_OPTIONS(struct save_args),
};
static const mp_option save_operand = {
    .value = "ID", .help = "operand.evidence", .min = 1, .max = 1, MP_FIELD(struct save_args, name)
};

/* The name that it came with is somebody's choice: it never says where the file goes. */
static mp_code save(mp_client *client, const void *args_, mp_error *err)
{
    const struct save_args *args = args_;
    mp_output out;
    MP_TRY(mp_output_open_private(&out, client->cli, args->out, err));
    const mp_local_request request = {
        .method = MP_GET,
        .path = mp_client_path(client, EVIDENCE "/%s/content", mp_client_quote(client, mp_str_from(args->name))),
        .into = out.file,
    };
    mp_code code = mp_local_ask(&client->answer, client->local, &request, &client->arena, err);
    if (code == MP_OK)
        code = mp_local_check(&client->answer, err);
    if (code == MP_OK)
        return mp_output_close(&out, err);
    mp_output_abandon(&out);
    return code;
}

/* ---- lists ---- */

struct list_args {
    mp_place place;
    int format;
    const char *name;
    const char *kind, *owner, *scope, *control;
    bool expired;
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
    { .name = "expired", .help = "option.evidence.expired", MP_FIELD(struct list_args, expired) },
    MP_AS_OF_OPTION(struct list_args),
    MP_ANSWER_OPTIONS(struct list_args),
};

static mp_code list(mp_client *client, const void *args_, mp_error *err)
{
    const struct list_args *args = args_;
    mp_buf path = MP_BUF_INIT;
    MP_TRY(mp_client_as_of(client, &args->as_of, err));
    mp_buf_add_z(&path, EVIDENCE "?top=500");
    mp_evidence_add_text(&path, client, "kind", args->kind);
    mp_evidence_add_text(&path, client, "owner", args->owner);
    mp_evidence_add_text(&path, client, "scope", args->scope);
    mp_evidence_add_text(&path, client, "expired", args->expired ? "true" : NULL);
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
    mp_evidence_add_text(&path, client, "framework", args->framework);
    mp_evidence_add_text(&path, client, "measure", args->measure);
    mp_evidence_add_text(&path, client, "owner", args->owner);
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
            mp_evidence_link_one(client, mp_str_from(args->names.items[0]), args->names.items[i], more, err));
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
        MP_TRY(mp_evidence_split(&framework, &control, args->names.items[i], err));
        mp_buf_printf(&path, EVIDENCE "/%s/controls?framework=%s",
                      mp_client_quote(client, mp_str_from(args->names.items[0])),
                      mp_client_quote(client, framework));
        mp_buf_printf(&path, "&control=%s", mp_client_quote(client, control));
        mp_evidence_add_text(&path, client, "measure", args->measure);
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
        return mp_no_memory(err);
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
    if (args->from.is_given)
        mp_time_put_short(&w, "from", args->from.at);
    if (args->until.is_given)
        mp_time_put_short(&w, "until", args->until.at);
    mp_client_member(&w, "addresses", args->addresses);
    mp_client_member(&w, "policy", args->policy);
    mp_jsonw_end(&w);
    const mp_json *body = mp_jsonw_done(&w);
    if (!body)
        return mp_no_memory(err);
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
               " policy.pdf --kind document --owner security --control csap/1.1.1", &mp_evidence_file_operand,
               mp_evidence_add_options, mp_evidence_add_args, mp_evidence_add),
    MP_SUB_OWN("evidence", "collect", " --control csap/10.3.2 -- sshd -T", &mp_evidence_command_operand,
               mp_evidence_collect_options, mp_evidence_add_args, mp_evidence_collect),
    MP_SUB_OWN("evidence", "list", " --kind document", NULL, list_options, struct list_args, list),
    { MP_SUB("evidence", "show", " 7d1c6a6e-2f0b-4c58-9d3a-0a4f4f6f7c11"), .operand = &id_operand, .options = mp_read_options,
      .option_count = MP_READ_OPTION_COUNT, .args_size = sizeof(mp_read_args), .run = mp_client_run, .exits = MP_EXITS_USUAL,
      .about = &(const mp_ask){ .fn = show, .method = MP_GET, .path = EVIDENCE "/{}", MP_COLUMNS(show_columns) } },
    MP_SUB_OWN("evidence", "save", " 7d1c6a6e-2f0b-4c58-9d3a-0a4f4f6f7c11 --out policy.pdf", &save_operand,
               save_options, struct save_args, save),
    MP_SUB_OWN("evidence", "set", " 7d1c6a6e-2f0b-4c58-9d3a-0a4f4f6f7c11 --owner security --every P1Y", &set_operand,
               set_options, struct set_args, set),
    MP_SUB_SURE("evidence", "delete", " 7d1c6a6e-2f0b-4c58-9d3a-0a4f4f6f7c11 --yes", &delete_operand, .method = MP_DELETE,
                .path = EVIDENCE "/{}", .said = "evidence.deleted"),
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
    { MP_SUB("evidence", "verify", ""), .options = mp_ask_options, .option_count = MP_ASK_OPTION_COUNT,
      .args_size = sizeof(mp_ask_args), .exits = MP_EXITS_USUAL | 1u << MP_EXIT_FINDINGS, .run = mp_evidence_verify_run },
    MP_SUB_OWN("evidence", "share",
               " 7d1c6a6e-2f0b-4c58-9d3a-0a4f4f6f7c11 --name assessor --until 2026-12-31",
               &share_operand, share_options, struct share_args, share),
    MP_SUB_ASK("evidence", "shares", "", NULL, MP_GET, "/api/v1/evidence-shares", NULL,
               MP_COLUMNS(share_columns), .is_list = true),
    MP_SUB_ASK("evidence", "uses", " 0f9d2c30-5a55-4f7e-8f0c-9f0f2c5d7e21", &share_id_operand, MP_GET,
               "/api/v1/evidence-shares/{}/uses", NULL, MP_COLUMNS(use_columns), .is_list = true),
    MP_SUB_ASK("evidence", "revoke", " 0f9d2c30-5a55-4f7e-8f0c-9f0f2c5d7e21", &share_id_operand,
               MP_DELETE, "/api/v1/evidence-shares/{}", NULL, .said = "evidence.revoked"),
};

const mp_command mp_command_evidence = {
    MP_GROUP("evidence", "add",
             " policy.pdf --kind document --owner security --control csap/1.1.1"),
    .exits = MP_EXITS_USUAL | 1u << MP_EXIT_FINDINGS
};
