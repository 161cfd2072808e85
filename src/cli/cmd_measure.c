/* SPDX-License-Identifier: Apache-2.0 */
/* What is measured: an edition of a framework, asked of a part of the cloud, for a service and its environment. */
#include "client.h"
#include "state_changes.h"

#define MEASURES "/api/v1/measures"

static const mp_column list_columns[] = {
    { "name", "column.name", NULL },       { "framework", "column.framework", NULL },
    { "scheme", "column.scheme", NULL },   { "service", "column.service", NULL },
    { "environment", "column.environment", NULL }, { "owner", "column.answerable", NULL },
    { "scopes", "column.scopes", NULL },
};
static const mp_column one_columns[] = {
    { "name", "column.name", NULL },
    { "title", "column.given-title", NULL },
    { "framework", "column.framework", NULL },
    { "scheme", "column.scheme", NULL },
    { "scopes", "column.scopes", NULL },
    { "service", "column.service", NULL },
    { "environment", "column.environment", NULL },
    { "owner", "column.answerable", NULL },
    { "inheritsFrom", "column.inherited-from", NULL },
    { "shared", "column.measure.shared", NULL },
    { "version", "column.version", NULL },
};
static const mp_column score_columns[] = {
    { "measure/name", "column.measure", NULL },
    { "score/percent", "column.percent", NULL },
    { "states/compliant", "column.compliant", NULL },
    { "states/partial", "column.partial", NULL },
    { "states/nonCompliant", "column.non-compliant", NULL },
    { "states/unknown", "column.unknown", NULL },
    { "states/notApplicable", "column.not-applicable", NULL },
    { "schemeTitle", "column.scheme", NULL },
};

static const mp_option name_operand = {
    .value = "MEASURE", .help = "operand.measure", .min = 1, .max = 1, MP_FIELD(mp_ask_args, name)
};

/* ---- list ---- */

struct list_args {
    mp_place place;
    int format;
    const char *unused_name;
    mp_when as_of;
    const char *framework, *service, *environment;
};
static const mp_option list_options[] = {
    { .name = "framework", .value = "ID", .help = "option.measure.framework-is", MP_FIELD(struct list_args, framework) },
    { .name = "service", .value = "NAME", .help = "option.measure.service-is", MP_FIELD(struct list_args, service) },
    { .name = "environment",
      .value = "NAME",
      .help = "option.measure.environment-is",
      MP_FIELD(struct list_args, environment) },
    MP_AS_OF_OPTION(struct list_args),
    MP_ANSWER_OPTIONS(struct list_args),
};

static mp_code list(mp_client *client, const void *args_, mp_error *err)
{
    const struct list_args *args = args_;
    mp_str path = mp_state_with(client, MP_S(MEASURES), "framework", args->framework);
    path = mp_state_with(client, path, "service", args->service);
    path = mp_state_with(client, path, "environment", args->environment);
    MP_TRY(mp_client_as_of(client, &args->as_of, err));
    return mp_client_list(client, mp_client_then(client, path), list_columns, MP_COUNT(list_columns), err);
}

/* ---- create, change ---- */

struct put_args {
    mp_place place;
    int format;
    const char *name;
    const char *framework, *scheme, *title, *service, *environment, *owner, *inherits, *shared;
    mp_list scopes;
};
static const char *const yes_or_no[] = { "yes", "no", NULL };

#define PUT_TEXT(name_, value_, field_) \
    { .name = name_, .value = value_, .help = "option.measure." name_, MP_FIELD(struct put_args, field_) }
#define PUT_OPTIONS                                                                                              \
    PUT_TEXT("scheme", "NAME", scheme), PUT_TEXT("title", "TEXT", title), PUT_TEXT("service", "NAME", service),  \
        PUT_TEXT("environment", "NAME", environment), PUT_TEXT("owner", "NAME", owner),                          \
        PUT_TEXT("inherits-from", "MEASURE", inherits),                                                          \
        { .name = "shared", .choices = yes_or_no, .help = "option.measure.shared",                               \
          MP_FIELD(struct put_args, shared) },                                                                   \
        MP_ANSWER_OPTIONS(struct put_args)

static const mp_option create_options[] = {
    { .name = "framework",
      .value = "NAME",
      .help = "option.measure.framework",
      .is_required = true,
      MP_FIELD(struct put_args, framework) },
    { .name = "scope",
      .value = "ID",
      .help = "option.measure.scope",
      .is_required = true,
      MP_FIELD(struct put_args, scopes) },
    PUT_OPTIONS,
};
static const mp_option change_options[] = {
    PUT_TEXT("framework", "NAME", framework),
    { .name = "scope", .value = "ID", .help = "option.measure.scopes", MP_FIELD(struct put_args, scopes) },
    PUT_OPTIONS,
};

/* What the option says; without it what there was. Another framework has other schemes. */
static void put_member(mp_jsonw *w, const char *name, const char *given, const mp_json *old)
{
    const mp_json *kept = mp_json_get(old, mp_str_from(name));
    if (given)
        mp_jsonw_put_str(w, name, mp_str_from(given));
    else if (kept)
        mp_jsonw_put_value(w, name, kept);
}

static void put_scopes(mp_jsonw *w, const struct put_args *args, const mp_json *old)
{
    if (!args->scopes.count) {
        put_member(w, "scopes", NULL, old);
        return;
    }
    mp_jsonw_key(w, MP_S("scopes"));
    mp_jsonw_array(w);
    for (size_t i = 0; i < args->scopes.count; i++)
        mp_jsonw_str(w, mp_str_from(args->scopes.items[i]));
    mp_jsonw_end(w);
}

static mp_code body_of(const mp_json **out, mp_client *client, const struct put_args *args, const mp_json *old,
                       mp_error *err)
{
    mp_jsonw w;
    mp_jsonw_init(&w, &client->arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "name", mp_str_from(args->name));
    put_member(&w, "framework", args->framework, old);
    put_member(&w, "scheme", args->scheme, args->framework ? NULL : old);
    put_scopes(&w, args, old);
    put_member(&w, "title", args->title, old);
    put_member(&w, "service", args->service, old);
    put_member(&w, "environment", args->environment, old);
    put_member(&w, "owner", args->owner, old);
    put_member(&w, "inheritsFrom", args->inherits, old);
    if (args->shared)
        mp_jsonw_put_bool(&w, "shared", strcmp(args->shared, "yes") == 0);
    else
        put_member(&w, "shared", NULL, old);
    mp_jsonw_end(&w);
    *out = mp_jsonw_done(&w);
    return *out ? MP_OK : mp_no_memory(err);
}

static mp_code create(mp_client *client, const void *args, mp_error *err)
{
    const mp_json *body;
    MP_TRY(body_of(&body, client, args, NULL, err));
    MP_TRY(mp_client_ask(client, MP_POST, MP_S(MEASURES), body, err));
    return mp_client_show(client, one_columns, MP_COUNT(one_columns), err);
}

/* Only of the version that was read: who changed it meanwhile is not undone. */
static mp_code change(mp_client *client, const void *args_, mp_error *err)
{
    const struct put_args *args = args_;
    mp_local_request request = { .method = MP_PUT };
    request.path = mp_client_path(client, MEASURES "/%s", mp_client_quote(client, mp_str_from(args->name)));
    MP_TRY(mp_client_ask(client, MP_GET, request.path, NULL, err));
    request.expected = client->answer.version;
    MP_TRY(body_of(&request.json, client, args, client->answer.json, err));
    MP_TRY(mp_local_ask(&client->answer, client->local, &request, &client->arena, err));
    MP_TRY(mp_local_check(&client->answer, err));
    return mp_client_show(client, one_columns, MP_COUNT(one_columns), err);
}

/* ---- the table ---- */

static const mp_command subs[] = {
    MP_SUB_OWN("measure", "list", " --service portal", NULL, list_options, struct list_args, list),
    MP_SUB_READ("measure", "show", " portal", &name_operand, .path = MEASURES "/{}", MP_COLUMNS(one_columns)),
    MP_SUB_OWN("measure", "create",
               " portal --framework csap-iaas --scope /subscriptions/... --service portal --environment production",
               &name_operand, create_options, struct put_args, create),
    MP_SUB_OWN("measure", "change", " portal --owner security --title 'Portal, production'", &name_operand,
               change_options, struct put_args, change),
    MP_SUB_SURE("measure", "delete", " portal --yes", &name_operand, .method = MP_DELETE, .path = MEASURES "/{}",
                .said = "measure.deleted"),
    { MP_SUB("measure", "scores", ""), .options = mp_read_options, .option_count = MP_READ_OPTION_COUNT,
      .args_size = sizeof(mp_read_args), .exits = MP_EXITS_USUAL, .run = mp_client_run,
      .about = &(const mp_ask){ .fn = mp_client_read, .method = MP_GET, .path = "/api/v1/measure-scores",
                                MP_COLUMNS(score_columns) } },
};

const mp_command mp_command_measure = {
    MP_GROUP("measure", "create",
             " portal --framework csap-iaas --scope /subscriptions/... --service portal --environment production"),
    .exits = MP_EXITS_USUAL
};
