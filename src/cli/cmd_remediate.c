/* SPDX-License-Identifier: Apache-2.0 */
#include <time.h>

#include "client.h"

#define RUNS "/api/v1/remediations"

struct order_args {
    mp_place    place;
    int         format;
    const char *unused_name; /* no operand: mp_ask_args has one here */
    const char *assignment, *reference, *scope, *name;
    mp_list     locations, resources;
    int64_t     count, parallel, threshold;
    bool        re_evaluates, no_wait;
};

#define ORDER_OPTIONS                                                                                                                                \
    { .name = "assignment", .value = "ID", .help = "option.remediate.assignment", .is_required = true, MP_FIELD(struct order_args, assignment) },    \
    { .name = "reference", .value = "ID", .help = "option.remediate.reference", MP_FIELD(struct order_args, reference) },                            \
    { .name = "scope", .value = "ID", .help = "option.remediate.scope", MP_FIELD(struct order_args, scope) },                                        \
    { .name = "location", .value = "NAME", .help = "option.remediate.location", MP_FIELD(struct order_args, locations) },                            \
    { .name = "resource", .value = "ID", .help = "option.remediate.resource", MP_FIELD(struct order_args, resources) },                              \
    { .name = "count", .value = "N", .fallback = "500", .min = 1, .max = 50000, .help = "option.remediate.count", MP_FIELD(struct order_args, count) }, \
    { .name = "re-evaluate", .help = "option.remediate.re-evaluate", MP_FIELD(struct order_args, re_evaluates) }

static const mp_option plan_options[] = { ORDER_OPTIONS, MP_ANSWER_OPTIONS(struct order_args) };
static const mp_option run_options[] = {
    ORDER_OPTIONS,
    { .name = "name", .value = "NAME", .help = "option.remediate.name", MP_FIELD(struct order_args, name) },
    { .name = "parallel", .value = "N", .fallback = "10", .min = 1, .max = 30, .help = "option.remediate.parallel", MP_FIELD(struct order_args, parallel) },
    { .name = "threshold", .value = "PERCENT", .fallback = "100", .min = 0, .max = 100, .help = "option.remediate.threshold", MP_FIELD(struct order_args, threshold) },
    { .name = "no-wait", .help = "option.remediate.no-wait", MP_FIELD(struct order_args, no_wait) },
    MP_ANSWER_OPTIONS(struct order_args),
};

struct list_args {
    mp_place    place;
    int         format;
    const char *unused_name;
    const char *scope;
};
static const mp_option list_options[] = {
    { .name = "scope", .value = "ID", .help = "option.state.scope", MP_FIELD(struct list_args, scope) },
    MP_ANSWER_OPTIONS(struct list_args),
};

static const mp_option run_operand = {
    .value = "RUN", .help = "operand.remediate.run", .min = 1, .max = 1, MP_FIELD(mp_ask_args, name)
};

/* ---- columns ---- */

#define RUN_COLUMNS                                                                   \
    { "run", "column.run", NULL }, { "name", "column.name", NULL },                   \
        { "properties/provisioningState", "column.state", NULL },                     \
        { "properties/deploymentStatus/totalDeployments", "column.resources", NULL }, \
        { "properties/deploymentStatus/successfulDeployments", "column.done", NULL }, \
        { "properties/deploymentStatus/failedDeployments", "column.failed", NULL },   \
        { "undo/state", "column.undo", NULL }
static const mp_column list_columns[] = { RUN_COLUMNS };
static const mp_column run_columns[] = {
    RUN_COLUMNS,
    { "undo/undone", "column.undone", NULL },
    { "undo/failed", "column.undoFailed", NULL },
    { "properties/policyAssignmentId", "column.assignment", NULL },
    { "properties/policyDefinitionReferenceId", "column.reference", NULL },
    { "properties/statusMessage", "column.message", NULL },
    { "id", "column.id", NULL },
};
static const mp_column plan_columns[] = {
    { "resourceId", "column.resource", NULL },        { "resourceLocation", "column.location", NULL }, { "effect", "column.effect", NULL },
    { "changes/changeType", "column.change", NULL },  { "changes/resourceId", "column.changedIds", NULL },
    { "error/message", "column.message", NULL },
};
static const mp_column change_columns[] = {
    { "resourceId", "column.resource", NULL },     { "resourceLocation", "column.location", NULL }, { "status", "column.state", NULL },
    { "error/message", "column.message", NULL },   { "undo", "column.undo", NULL },                 { "undoError/message", "column.undoMessage", NULL },
};

/* ---- orders ---- */

static void put_list(mp_jsonw *w, const char *name, const mp_list *list)
{
    if (!list->count)
        return;
    mp_jsonw_key(w, mp_str_from(name));
    mp_jsonw_array(w);
    for (size_t i = 0; i < list->count; i++)
        mp_jsonw_str(w, mp_str_from(list->items[i]));
    mp_jsonw_end(w);
}

static void put_text(mp_jsonw *w, const char *name, const char *text)
{
    if (text)
        mp_jsonw_put_str(w, name, mp_str_from(text));
}

static const mp_json *body_of(mp_client *client, const struct order_args *args, bool is_run)
{
    mp_jsonw w;
    mp_jsonw_init(&w, &client->arena);
    mp_jsonw_object(&w);
    put_text(&w, "policyAssignmentId", args->assignment);
    put_text(&w, "policyDefinitionReferenceId", args->reference);
    put_text(&w, "scope", args->scope);
    put_text(&w, "name", is_run ? args->name : NULL);
    mp_jsonw_put_str(&w, "resourceDiscoveryMode",
                     args->re_evaluates ? MP_S("ReEvaluateCompliance") : MP_S("ExistingNonCompliant"));
    mp_jsonw_put_int(&w, "resourceCount", args->count);
    if (args->locations.count || args->resources.count) {
        mp_jsonw_key(&w, MP_S("filters"));
        mp_jsonw_object(&w);
        put_list(&w, "locations", &args->locations);
        put_list(&w, "resourceIds", &args->resources);
        mp_jsonw_end(&w);
    }
    if (is_run) {
        mp_jsonw_put_int(&w, "parallelDeployments", args->parallel);
        mp_jsonw_key(&w, MP_S("failureThreshold"));
        mp_jsonw_object(&w);
        mp_jsonw_key(&w, MP_S("percentage"));
        mp_jsonw_real(&w, (double)args->threshold / 100);
        mp_jsonw_end(&w);
    }
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

static mp_code send(mp_client *client, const char *path, const struct order_args *args, bool is_run, mp_error *err)
{
    const mp_json *body = body_of(client, args, is_run);
    return body ? mp_client_ask(client, MP_POST, mp_str_from(path), body, err)
                : mp_no_memory(err);
}

static mp_code plan(mp_client *client, const void *args, mp_error *err)
{
    MP_TRY(send(client, RUNS "/plan", args, false, err));
    return mp_client_show(client, plan_columns, MP_COUNT(plan_columns), err);
}

/* ---- until it has ended ---- */

static mp_str text_at(const mp_json *object, const char *member)
{
    const mp_json *v = mp_json_get(object, mp_str_from(member));
    return mp_json_is(v, MP_JSON_STRING) ? mp_json_str(v) : MP_S("");
}

static bool is_at_work(const mp_json *run)
{
    static const char *const ends[] = { "Succeeded", "Failed", "Canceled" };
    mp_str                   state = text_at(mp_json_get(run, MP_S("properties")), "provisioningState");
    bool                     has_ended = false;
    for (size_t i = 0; i < MP_COUNT(ends); i++)
        has_ended = has_ended || mp_str_eq(state, mp_str_from(ends[i]));
    return !has_ended || mp_str_eq(text_at(mp_json_get(run, MP_S("undo")), "state"), MP_S("Running"));
}

static mp_code wait_for_end(mp_client *client, mp_error *err)
{
    mp_str path = mp_client_path(client, RUNS "/%s", mp_client_quote(client, text_at(client->answer.json, "run")));
    while (is_at_work(client->answer.json)) {
        nanosleep(&(struct timespec){ .tv_nsec = 300 * 1000 * 1000 }, NULL);
        MP_TRY(mp_client_ask(client, MP_GET, path, NULL, err));
    }
    return mp_client_show(client, run_columns, MP_COUNT(run_columns), err);
}

static mp_code run(mp_client *client, const void *args_, mp_error *err)
{
    const struct order_args *args = args_;
    MP_TRY(send(client, RUNS, args, true, err));
    return args->no_wait ? mp_client_show(client, run_columns, MP_COUNT(run_columns), err) : wait_for_end(client, err);
}

static mp_code undo(mp_client *client, const void *args_, mp_error *err)
{
    const mp_ask_args *args = args_;
    MP_TRY(mp_client_ask(client, MP_POST,
                         mp_client_path(client, RUNS "/%s/undo", mp_client_quote(client, mp_str_from(args->name))),
                         NULL, err));
    return wait_for_end(client, err);
}

static mp_code list(mp_client *client, const void *args_, mp_error *err)
{
    const struct list_args *args = args_;
    mp_str path = args->scope
                      ? mp_client_path(client, RUNS "?scope=%s", mp_client_quote(client, mp_str_from(args->scope)))
                      : MP_S(RUNS);
    return mp_client_list(client, path, list_columns, MP_COUNT(list_columns), err);
}

#define ASSIGNMENT " --assignment /subscriptions/GUID/providers/Microsoft.Authorization/policyAssignments/inherit-team"
#define RUN_EXAMPLE " 6a2f4a6e-0f5c-4b8e-9d57-3f1f0a9a4b11"

static const mp_command subs[] = {
    MP_SUB_OWN("remediate", "plan", ASSIGNMENT, NULL, plan_options, struct order_args, plan),
    MP_SUB_OWN("remediate", "run", ASSIGNMENT " --threshold 10", NULL, run_options, struct order_args, run),
    MP_SUB_OWN("remediate", "list", "", NULL, list_options, struct list_args, list),
    MP_SUB_ASK("remediate", "show", RUN_EXAMPLE, &run_operand, MP_GET, RUNS "/{}", NULL, MP_COLUMNS(run_columns)),
    MP_SUB_ASK("remediate", "changes", RUN_EXAMPLE, &run_operand, MP_GET, RUNS "/{}/changes?top=1000", NULL,
               MP_COLUMNS(change_columns), .is_list = true),
    MP_SUB_ASK("remediate", "cancel", RUN_EXAMPLE, &run_operand, MP_POST, RUNS "/{}/cancel", NULL,
               MP_COLUMNS(run_columns)),
    { MP_SUB("remediate", "undo", RUN_EXAMPLE), .operand = &run_operand, .options = mp_ask_options,
      .option_count = MP_ASK_OPTION_COUNT, .args_size = sizeof(mp_ask_args), .exits = MP_EXITS_USUAL,
      .run = mp_client_run, .about = &(const mp_ask){ .fn = undo } },
};

const mp_command mp_command_remediate = { MP_GROUP("remediate", "plan", ASSIGNMENT), .exits = MP_EXITS_USUAL };
