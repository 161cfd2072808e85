/* SPDX-License-Identifier: Apache-2.0 */
#include "client.h"

struct state_args {
    mp_place    place;
    int         format;
    const char *unused_name; /* no operand: mp_ask_args has one here */
    mp_when     as_of;
    const char *scope, *filter;
};

static const mp_option options[] = {
    { .name = "scope", .value = "ID", .help = "option.state.scope", MP_FIELD(struct state_args, scope) },
    { .name = "filter", .value = "EXPRESSION", .help = "option.state.filter", MP_FIELD(struct state_args, filter) },
    MP_AS_OF_OPTION(struct state_args),
    MP_ANSWER_OPTIONS(struct state_args),
};

static const mp_column list_columns[] = {
    { "complianceState", "column.state", NULL },
    { "policyAssignmentName", "column.assignment", NULL },
    { "policyDefinitionReferenceId", "column.reference", NULL },
    { "policyDefinitionName", "column.definition", NULL },
    { "resourceId", "column.resource", NULL },
};

static const mp_column summary_columns[] = {
    { "policyAssignmentId", "column.assignment", NULL },
    { "results/nonCompliantResources", "column.nonCompliantResources", NULL },
    { "results/nonCompliantPolicies", "column.nonCompliantPolicies", NULL },
};

static mp_str path_of(mp_client *client, const char *path, const struct state_args *args)
{
    const char *scope = args->scope ? mp_client_quote(client, mp_str_from(args->scope)) : NULL,
               *filter = args->filter ? mp_client_quote(client, mp_str_from(args->filter)) : NULL;
    return mp_client_then(client, mp_client_path(client, "%s%s%s%s%s%s", path, scope || filter ? "?" : "", scope ? "scope=" : "", scope ? scope : "",
                                                 filter ? scope ? "&filter=" : "filter=" : "", filter ? filter : ""));
}

static mp_code list(mp_client *client, const void *args_, mp_error *err)
{
    const struct state_args *args = args_;
    MP_TRY(mp_client_as_of(client, &args->as_of, err));
    return mp_client_list(client, path_of(client, "/api/v1/states", args), list_columns, MP_COUNT(list_columns), err);
}

static mp_code summary(mp_client *client, const void *args_, mp_error *err)
{
    const struct state_args *args = args_;
    mp_jsonw                 w;
    MP_TRY(mp_client_as_of(client, &args->as_of, err));
    MP_TRY(mp_client_ask(client, MP_GET, path_of(client, "/api/v1/states/summary", args), NULL, err));
    if (client->format == MP_ANSWER_JSON)
        return mp_client_show(client, NULL, 0, err);
    mp_jsonw_init(&w, &client->arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_value(&w, "value", mp_json_get(client->answer.json, MP_S("policyAssignments")));
    mp_jsonw_end(&w);
    client->answer.json = mp_jsonw_done(&w);
    return mp_client_show(client, summary_columns, MP_COUNT(summary_columns), err);
}

static const mp_command subs[] = {
    MP_SUB_OWN("state", "list", " --filter \"complianceState eq 'NonCompliant'\"", NULL, options, struct state_args, list),
    MP_SUB_OWN("state", "summary", "", NULL, options, struct state_args, summary),
};

const mp_command mp_command_state = { MP_GROUP("state", "summary", ""), .exits = MP_EXITS_USUAL };
