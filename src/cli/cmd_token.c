/* SPDX-License-Identifier: Apache-2.0 */
#include "client.h"

#include <stdio.h>

#include "secret.h"
#include "source.h"

/* ---- issue ---- */

struct issue_args {
    mp_place    place;
    int         format;
    const char *name, *secret_file, *resource; /* a program, by its secret; or */
    const char *user, *principal;              /* whom the installation's own user makes one for */
    int64_t     seconds;
};

#define SECRET_MAX ((size_t)4096) /* bytes */

static const mp_option issue_operand = {
    .value = "PROGRAM", .help = "operand.program.token", .max = 1, MP_FIELD(struct issue_args, name),
};

/* Never the secret itself: a command line can be read by every user of a machine. */
static const mp_option issue_options[] = {
    { .name = "secret-file", .value = "FILE", .fallback = "-", .help = "option.secret-file",
      MP_FIELD(struct issue_args, secret_file) },
    { .name = "resource", .value = "URL", .help = "option.resource.token", MP_FIELD(struct issue_args, resource) },
    { .name = "user", .value = "NAME", .help = "option.user.token", MP_FIELD(struct issue_args, user) },
    { .name = "principal", .value = "ID", .help = "option.principal.token", MP_FIELD(struct issue_args, principal) },
    { .name = "seconds", .value = "N", .min = 1, .max = 604800, .help = "option.seconds.token",
      MP_FIELD(struct issue_args, seconds) },
    MP_ANSWER_OPTIONS(struct issue_args),
};

/* The form of RFC 6749, 4.4.2. */
static mp_code write_form(FILE *form, mp_client *client, const struct issue_args *args, mp_str app_id, mp_str base,
                          mp_error *err)
{
    mp_str secret;
    client->cli->file = args->secret_file;
    MP_TRY(mp_source_slurp(&secret, args->secret_file, SECRET_MAX, &client->arena, err));
    client->cli->file = NULL;
    secret = mp_str_trim(secret);
    if (!secret.len)
        return mp_fail(
            err, MP_USAGE, MP_NOWHERE,
            "no secret of the program is given; put it into a file and name it with --secret-file, or write it to standard input");
    fprintf(form, "grant_type=client_credentials&client_id=%s", mp_client_quote(client, app_id));
    fprintf(form, "&client_secret=%s", mp_client_quote(client, secret));
    fprintf(form, "&scope=%s", mp_client_quote(client, mp_client_path(client, "%.*s/.default", MP_FMT(base))));
    return MP_OK;
}

#define TOKEN_PATH "/adfs/oauth2/token" /* the endpoint that needs no tenant */

/* What the server calls itself, from where it says its tokens are to be had. */
static mp_code find_base(mp_str *out, mp_client *client, mp_error *err)
{
    MP_TRY(mp_client_ask(client, MP_GET, MP_S("/adfs/.well-known/openid-configuration"), NULL, err));
    const mp_json *endpoint = mp_json_get(client->answer.json, MP_S("token_endpoint"));
    *out = mp_json_is(endpoint, MP_JSON_STRING) ? mp_json_str(endpoint) : MP_S("");
    if (!mp_str_ends(*out, MP_S(TOKEN_PATH)))
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "the server does not say where its tokens are to be had");
    out->len -= sizeof TOKEN_PATH - 1;
    return MP_OK;
}

static mp_code ask_token(mp_client *client, FILE *form, const struct issue_args *args, mp_error *err)
{
    const char *id;
    mp_str      base = mp_str_from(args->resource);
    MP_TRY(mp_client_find(&id, client, &mp_thing_program, args->name, err));
    MP_TRY(mp_client_ask(client, MP_GET, mp_client_path(client, "/api/v1/programs/%s", id), NULL, err));
    const mp_json *app_id = mp_json_get(client->answer.json, MP_S("appId"));
    if (!base.len)
        MP_TRY(find_base(&base, client, err));
    MP_TRY(
        write_form(form, client, args, mp_json_is(app_id, MP_JSON_STRING) ? mp_json_str(app_id) : MP_S(""), base, err));
    rewind(form);
    mp_local_request request = { .method = MP_POST, .path = MP_S(TOKEN_PATH), .body = form,
                                 .content_type = "application/x-www-form-urlencoded" };
    MP_TRY(mp_local_ask(&client->answer, client->local, &request, &client->arena, err));
    return mp_local_check(&client->answer, err);
}

/* Without a secret: whoever holds the data folder says for whom. */
static mp_code issue_for(mp_client *client, const struct issue_args *args, mp_error *err)
{
    const char *id;
    mp_jsonw    w;
    if (args->user)
        MP_TRY(mp_client_find(&id, client, &mp_thing_user, args->user, err));
    else
        MP_TRY(mp_client_find(&id, client, &mp_thing_program, args->principal, err));
    mp_jsonw_init(&w, &client->arena);
    mp_jsonw_object(&w);
    mp_client_member(&w, "principalId", id);
    if (args->seconds)
        mp_jsonw_put_int(&w, "seconds", args->seconds);
    mp_jsonw_end(&w);
    MP_TRY(mp_client_ask(client, MP_POST, MP_S("/api/v1/me/tokens"), mp_jsonw_done(&w), err));
    return mp_client_value(client, "token", err);
}

static mp_code check_issue(const struct issue_args *args, mp_error *err)
{
    if (!!args->name + !!args->user + !!args->principal != 1)
        return mp_fail(err, MP_USAGE, MP_NOWHERE, "whose token? Give one of PROGRAM, --user and --principal");
    if (args->name && args->seconds)
        return mp_fail(err, MP_USAGE, MP_NOWHERE,
                       "--seconds goes with --user or --principal; a program's tokens last as token.length says");
    if (!args->name && args->resource)
        return mp_fail(err, MP_USAGE, MP_NOWHERE, "--resource goes with PROGRAM");
    return MP_OK;
}

static mp_code issue(mp_client *client, const void *args_, mp_error *err)
{
    const struct issue_args *args = args_;
    if (!args->name)
        return issue_for(client, args, err);
    FILE   *form = tmpfile();
    mp_code code = form ? ask_token(client, form, args, err)
                        : mp_fail(err, MP_OUTPUT, MP_NOWHERE, "no temporary file can be made");
    if (form)
        fclose(form);
    return code == MP_OK ? mp_client_value(client, "access_token", err) : code;
}

static mp_code run_issue(mp_exit *exit, mp_cli *cli, const void *args, mp_error *err)
{
    (void)exit;
    MP_TRY(check_issue(args, err));
    return mp_client_do(cli, args, args, issue, err);
}

/* ---- the group ---- */

static const mp_option token_operand = {
    .value = "ID", .help = "operand.token", .min = 1, .max = 1, MP_FIELD(mp_ask_args, name),
};

static const mp_command subs[] = {
    MP_SUB_RUN("token", "issue", " pipeline --secret-file secret.txt", &issue_operand, issue_options,
               struct issue_args, run_issue),
    MP_SUB_ASK("token", "revoke", " ID", &token_operand, MP_DELETE, "/api/v1/tokens/{}", NULL, .said = "token.revoked"),
    MP_SUB_ASK("token", "rotate-keys", "", NULL, MP_POST, "/api/v1/keys/rotate", NULL, .said = "token.rotated"),
};

const mp_command mp_command_token = { MP_GROUP("token", "issue", " pipeline --secret-file secret.txt"),
                                      .exits = MP_EXITS_USUAL };
