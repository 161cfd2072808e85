/* SPDX-License-Identifier: Apache-2.0 */
#include "state_changes.h"

#include <stdio.h>
#include <unistd.h>

/* ---- list, summary ---- */

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
    { "errorResources", "column.errorResources", NULL },
};

/* Resources whose worst state is an error. */
static int64_t errors_of(const mp_json *results)
{
    const mp_json *details = mp_json_get(results, MP_S("resourceDetails"));
    if (mp_json_is(details, MP_JSON_ARRAY))
        for (MP_JSON_EACH(one, details)) {
            const mp_json *state = mp_json_get(one, MP_S("complianceState")), *count = mp_json_get(one, MP_S("count"));
            if (mp_json_is(state, MP_JSON_STRING) && mp_str_eq_fold(mp_json_str(state), MP_S("error")) &&
                mp_json_is(count, MP_JSON_INT))
                return count->u.integer;
        }
    return 0;
}

static void put_summary(mp_jsonw *w, const mp_json *assignment)
{
    const mp_json *results = mp_json_get(assignment, MP_S("results"));
    mp_jsonw_object(w);
    mp_jsonw_put_value(w, "policyAssignmentId", mp_json_get(assignment, MP_S("policyAssignmentId")));
    mp_jsonw_put_value(w, "results", results);
    mp_jsonw_put_int(w, "errorResources", errors_of(results));
    mp_jsonw_end(w);
}

static mp_str path_of(mp_client *client, const char *path, const struct state_args *args)
{
    return mp_client_then(client,
                          mp_state_with(client, mp_state_with(client, mp_str_from(path), "scope", args->scope),
                                        "filter", args->filter));
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
    mp_jsonw_key(&w, MP_S("value"));
    mp_jsonw_array(&w);
    const mp_json *assignments = mp_json_get(client->answer.json, MP_S("policyAssignments"));
    if (mp_json_is(assignments, MP_JSON_ARRAY))
        for (MP_JSON_EACH(assignment, assignments))
            put_summary(&w, assignment);
    mp_jsonw_end(&w);
    mp_jsonw_end(&w);
    client->answer.json = mp_jsonw_done(&w);
    return mp_client_show(client, summary_columns, MP_COUNT(summary_columns), err);
}

/* ---- explain ---- */

struct explain_args {
    mp_place    place;
    int         format;
    const char *resource;
    mp_when     as_of;
    const char *assignment, *policy;
};

static const mp_option explain_operand = {
    .value = "RESOURCE", .help = "operand.state.resource", .min = 1, .max = 1, MP_FIELD(struct explain_args, resource)
};
static const mp_option explain_options[] = {
    { .name = "assignment", .letter = 'a', .value = "ID", .help = "option.state.assignment", MP_FIELD(struct explain_args, assignment) },
    { .name = "policy", .letter = 'p', .value = "NAME", .help = "option.state.policy", MP_FIELD(struct explain_args, policy) },
    MP_AS_OF_OPTION(struct explain_args),
    MP_ANSWER_OPTIONS(struct explain_args),
};

static mp_str text_of(const mp_json *object, const char *name)
{
    const mp_json *v = mp_json_get(object, mp_str_from(name));
    return mp_json_is(v, MP_JSON_STRING) ? mp_json_str(v) : MP_S("");
}

/* The page of one verdict, and when what is recorded is not what comes out, both. */
static void add_reason(mp_buf *out, const mp_client *client, const mp_json *one, bool is_first)
{
    const mp_json *recorded = mp_json_get(one, MP_S("recorded")), *agrees = mp_json_get(one, MP_S("agrees"));
    mp_str         state = text_of(recorded, "state"), text = text_of(one, "text"), error = text_of(one, "error");
    mp_buf_add_z(out, is_first ? "" : "\n");
    mp_buf_add(out, text);
    if (!text.len) {
        mp_str args[] = { text_of(one, "definitionId"), state, error };
        mp_say(out, client->cli->lang, error.len ? "state.explain.failed" : "state.explain.gone", args, MP_COUNT(args));
        mp_buf_add_c(out, '\n');
    } else if (!mp_json_is(agrees, MP_JSON_BOOL) || !agrees->u.integer) {
        mp_str args[] = { state, text_of(recorded, "since") };
        mp_buf_add_c(out, '\n');
        mp_say(out, client->cli->lang, state.len ? "state.explain.differs" : "state.explain.not-judged", args,
               MP_COUNT(args));
        mp_buf_add_c(out, '\n');
    }
}

static mp_code write_reasons(mp_client *client, mp_output *out, mp_str path, uint64_t *count, mp_error *err)
{
    char next[4096] = "";
    do {
        mp_buf text = MP_BUF_INIT;
        MP_TRY(mp_client_ask(client, MP_GET, mp_state_with(client, path, "after", next[0] ? next : NULL), NULL, err));
        const mp_json *list = mp_json_get(client->answer.json, MP_S("value"));
        for (MP_JSON_EACH(one, list))
            add_reason(&text, client, one, (*count)++ == 0);
        MP_TRY(mp_output_buf(out, &text, err));
        snprintf(next, sizeof next, "%.*s", MP_FMT(text_of(client->answer.json, "next")));
    } while (next[0]);
    return MP_OK;
}

static mp_code explain(mp_client *client, const void *args_, mp_error *err)
{
    const struct explain_args *args = args_;
    char                       columns[16];
    uint64_t                   count = 0;
    mp_output                  out;
    mp_str                     path = mp_state_with(client, MP_S("/api/v1/states/reason"), "resource", args->resource);
    path = mp_state_with(client, mp_state_with(client, path, "assignment", args->assignment), "policy", args->policy);
    MP_TRY(mp_client_as_of(client, &args->as_of, err));
    path = mp_client_then(client, path);
    if (client->format == MP_ANSWER_JSON)
        return mp_client_list(client, path, NULL, 0, err);
    snprintf(columns, sizeof columns, "%u", isatty(fileno(client->cli->out)) ? client->cli->columns : 0);
    path = mp_state_with(client, mp_state_with(client, path, "text", "true"), "columns", columns);
    path = mp_state_with(client, path, "color", client->cli->out_color ? "true" : NULL);
    MP_TRY(mp_output_open(&out, client->cli, NULL, err));
    mp_code code = write_reasons(client, &out, path, &count, err);
    if (code != MP_OK) {
        mp_output_abandon(&out);
        return code;
    }
    MP_TRY(mp_output_close(&out, err));
    if (count == 0)
        mp_cli_note(client->cli, "state.explain.nothing", args->resource, NULL);
    return MP_OK;
}

/* ---- exemptions ---- */

struct exemptions_args {
    mp_place    place;
    int         format;
    const char *unused_name;
    const char *scope;
    bool        can_go;
};

static const mp_option exemptions_options[] = {
    { .name = "can-go", .help = "option.exemptions.can-go", MP_FIELD(struct exemptions_args, can_go) },
    { .name = "scope", .value = "ID", .help = "option.state.scope", MP_FIELD(struct exemptions_args, scope) },
    MP_ANSWER_OPTIONS(struct exemptions_args),
};

static const mp_column exemption_columns[] = {
    { "use", "column.exemption-use", "exemption.use." },
    { "without/NonCompliant", "column.exemption-non-compliant", NULL },
    { "without/Compliant", "column.exemption-compliant", NULL },
    { "without/Error", "column.scan-error", NULL },
    { "expiresOn", "column.exemption-expires", NULL },
    { "id", "column.exemption", NULL },
};

static mp_code exemptions(mp_client *client, const void *args_, mp_error *err)
{
    const struct exemptions_args *args = args_;
    mp_str path = mp_state_with(client, MP_S("/api/v1/states/exemptions"), "scope", args->scope);
    return mp_client_list(client, mp_state_with(client, path, "canGo", args->can_go ? "true" : NULL),
                          exemption_columns, MP_COUNT(exemption_columns), err);
}

/* ---- resources and policies, as they were ---- */

struct past_args {
    mp_place    place;
    int         format;
    const char *what;
    mp_when     as_of;
    const char *scope, *type;
};

static const mp_option resource_operand = {
    .value = "RESOURCE", .help = "operand.state.resource", .min = 1, .max = 1, MP_FIELD(struct past_args, what)
};
static const mp_option object_operand = {
    .value = "ID", .help = "operand.state.object", .min = 1, .max = 1, MP_FIELD(struct past_args, what)
};
static const mp_option kind_operand = {
    .value = "KIND", .help = "operand.state.kind", .min = 1, .max = 1, MP_FIELD(struct past_args, what)
};
static const mp_option resources_options[] = {
    { .name = "scope", .value = "ID", .help = "option.state.scope", MP_FIELD(struct past_args, scope) },
    { .name = "type", .value = "TYPE", .help = "option.state.type", MP_FIELD(struct past_args, type) },
    MP_AS_OF_OPTION(struct past_args),
    MP_ANSWER_OPTIONS(struct past_args),
};
static const mp_option past_options[] = { MP_AS_OF_OPTION(struct past_args), MP_ANSWER_OPTIONS(struct past_args) };
static const mp_option history_options[] = { MP_ANSWER_OPTIONS(struct past_args) };

static const mp_column resources_columns[] = { { "type", "column.resource-type", NULL },
                                               { "source", "column.source", NULL },
                                               { "seenAt", "column.since", NULL },
                                               { "id", "column.resource", NULL } };
static const mp_column resource_columns[] = {
    { "id", "column.resource", NULL },      { "type", "column.resource-type", NULL },
    { "source", "column.source", NULL },    { "version", "column.version", NULL },
    { "since", "column.since", NULL },      { "until", "column.until", NULL },
    { "document", "column.document", NULL }
};
static const mp_column policies_columns[] = { { "properties/displayName", "column.display-name", NULL },
                                              { "id", "column.id", NULL } };

static mp_code resources(mp_client *client, const void *args_, mp_error *err)
{
    const struct past_args *args = args_;
    mp_str                  path = mp_state_with(client, MP_S("/api/v1/inventory"), "scope", args->scope);
    MP_TRY(mp_client_as_of(client, &args->as_of, err));
    return mp_client_list(client, mp_client_then(client, mp_state_with(client, path, "type", args->type)),
                          resources_columns, MP_COUNT(resources_columns), err);
}

static mp_code resource(mp_client *client, const void *args_, mp_error *err)
{
    const struct past_args *args = args_;
    MP_TRY(mp_client_as_of(client, &args->as_of, err));
    MP_TRY(mp_client_ask(
        client, MP_GET,
        mp_client_then(client, mp_state_with(client, MP_S("/api/v1/inventory/resource"), "id", args->what)), NULL,
        err));
    return mp_client_show(client, resource_columns, MP_COUNT(resource_columns), err);
}

static mp_code policies(mp_client *client, const void *args_, mp_error *err)
{
    const struct past_args *args = args_;
    mp_str                  path = mp_state_with(client, MP_S("/api/v1/policy-objects"), "kind", args->what);
    MP_TRY(mp_client_as_of(client, &args->as_of, err));
    return mp_client_list(client, mp_client_then(client, path), policies_columns, MP_COUNT(policies_columns), err);
}

/* Of a policy object, or of a resource. */
static mp_code history(mp_client *client, const void *args_, mp_error *err)
{
    static const char *const objects[] = { "/policyDefinitions/", "/policySetDefinitions/", "/policyAssignments/",
                                           "/policyExemptions/", "/attestations/" };
    const struct past_args   *args = args_;
    const char               *path = "/api/v1/inventory/history";
    for (size_t i = 0; i < MP_COUNT(objects); i++)
        if (mp_str_find_fold(mp_str_from(args->what), mp_str_from(objects[i])) != SIZE_MAX)
            path = "/api/v1/policy-objects/history";
    return mp_client_list(client, mp_state_with(client, mp_str_from(path), "id", args->what), mp_history_columns,
                          MP_HISTORY_COLUMNS, err);
}

/* ---- the table ---- */

static const mp_command subs[] = {
    MP_SUB_OWN("state", "list", " --filter \"complianceState eq 'NonCompliant'\"", NULL, options, struct state_args,
               list),
    MP_SUB_OWN("state", "summary", "", NULL, options, struct state_args, summary),
    MP_SUB_OWN("state", "explain", " /subscriptions/.../disks/data1 --as-of 2026-11-01", &explain_operand,
               explain_options, struct explain_args, explain),
    MP_SUB_OWN("state", "what-if", " assignment.json", &mp_what_if_operand, mp_what_if_options,
               struct mp_what_if_args, mp_state_what_if),
    MP_SUB_OWN("state", "compare", " --from 2026-10-01 --to 2026-11-01", NULL, mp_compare_options,
               struct mp_compare_args, mp_state_compare),
    MP_SUB_OWN("state", "exemptions", " --can-go", NULL, exemptions_options, struct exemptions_args, exemptions),
    MP_SUB_OWN("state", "resources", " --as-of 2026-11-01", NULL, resources_options, struct past_args, resources),
    MP_SUB_OWN("state", "resource", " /subscriptions/.../disks/data1 --as-of 2026-11-01", &resource_operand,
               past_options, struct past_args, resource),
    MP_SUB_OWN("state", "policies", " assignment --as-of 2026-11-01", &kind_operand, past_options, struct past_args,
               policies),
    MP_SUB_OWN("state", "history", " /subscriptions/.../disks/data1", &object_operand, history_options,
               struct past_args, history),
};

const mp_command mp_command_state = { MP_GROUP("state", "summary", ""), .exits = MP_EXITS_USUAL };
