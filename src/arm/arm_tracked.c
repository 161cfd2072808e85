/* SPDX-License-Identifier: Apache-2.0 */
/* Microsoft.PolicyInsights: tracked resources, which are those that policies deployed, and states of components
 * (arm-api, section 9). */
#include "arm_insights.h"

#include "rulebook.h"
#include "tracked.h"

#define TRACKED_PAGE 100

typedef struct tracking {
    mp_arm_call     *call;
    mp_states_query  where;
    mp_tracked_list  all;
    mp_rulebook     *book;
    const mp_filter *filter;
    int64_t          most;  /* rows of all pages */
    int64_t          given; /* rows of the pages before */
    mp_str           after; /* key of the last of them */
    mp_jsonw         w;
    mp_str           next;
} tracking;

enum { RESOURCE_ID, UPDATED, ASSIGNMENT, DEFINITION, SET, REFERENCE };

static const mp_odata_field fields[] = {
    [RESOURCE_ID] = { .name = MP_S_INIT("trackedResourceId"), .type = MP_ODATA_ID },
    [UPDATED] = { .name = MP_S_INIT("lastUpdateUtc"), .type = MP_ODATA_DATE },
    [ASSIGNMENT] = { .name = MP_S_INIT("policyDetails/policyAssignmentId"), .type = MP_ODATA_ID },
    [DEFINITION] = { .name = MP_S_INIT("policyDetails/policyDefinitionId"), .type = MP_ODATA_ID },
    [SET] = { .name = MP_S_INIT("policyDetails/policySetDefinitionId"), .type = MP_ODATA_ID },
    [REFERENCE] = { .name = MP_S_INIT("policyDetails/policyDefinitionReferenceId"), .type = MP_ODATA_STRING },
};
static const mp_odata_table table = { fields, MP_COUNT(fields), 0, NULL };

/* NULL: the assignment is gone, or says something else now. */
static const mp_rule_facts *facts_of(const tracking *t, const mp_tracked_act *act)
{
    mp_str key =
        mp_arena_lower(t->call->request->arena, mp_arena_printf(t->call->request->arena, "%.*s|%.*s",
                                                              MP_FMT(act->assignment), MP_FMT(act->reference)));
    uint32_t check = key.ptr ? mp_rulebook_find(t->book, key) : MP_NO_CHECK;
    return check == MP_NO_CHECK ? NULL : mp_rulebook_facts(t->book, check);
}

static mp_cell text_or_null(mp_str s) { return s.len ? mp_cell_text(s) : MP_CELL_OF_NULL; }

static mp_cell cell(void *context, const void *row, uint32_t field)
{
    const tracking      *t = context;
    const mp_tracked    *one = row;
    const mp_rule_facts *facts = field == DEFINITION || field == SET ? facts_of(t, &one->modified) : NULL;
    switch (field) {
    case RESOURCE_ID: return mp_cell_text(one->id);
    case UPDATED: return mp_cell_date(one->modified.at);
    case ASSIGNMENT: return text_or_null(one->modified.assignment);
    case DEFINITION: return facts ? text_or_null(facts->definition_id) : MP_CELL_OF_NULL;
    case SET: return facts ? text_or_null(facts->set_id) : MP_CELL_OF_NULL;
    default: return text_or_null(one->modified.reference);
    }
}

/* ---- rows ---- */

static void put_or_null(mp_jsonw *w, const char *name, mp_str value)
{
    mp_jsonw_key(w, mp_str_from(name));
    if (value.len)
        mp_jsonw_str(w, mp_arena_dup(w->arena, value)); /* the rulebook goes before the answer does */
    else
        mp_jsonw_null(w);
}

static void put_policy(tracking *t, const mp_tracked_act *act)
{
    static const mp_rule_facts none = { .reference_id = { NULL, 0 } };
    const mp_rule_facts       *facts = facts_of(t, act);
    mp_jsonw_key(&t->w, MP_S("policyDetails"));
    mp_jsonw_object(&t->w);
    put_or_null(&t->w, "policyAssignmentId", act->assignment);
    facts = facts ? facts : &none;
    put_or_null(&t->w, "policyAssignmentDisplayName",
                facts->assignment_display_name.len ? facts->assignment_display_name : facts->assignment_name);
    put_or_null(&t->w, "policyAssignmentScope", facts->assignment_scope);
    put_or_null(&t->w, "policyDefinitionId", facts->definition_id);
    put_or_null(&t->w, "policyDefinitionReferenceId", act->reference);
    put_or_null(&t->w, "policySetDefinitionId", facts->set_id);
    mp_jsonw_end(&t->w);
}

static void put_act(tracking *t, const char *name, const mp_tracked_act *act)
{
    mp_jsonw_key(&t->w, mp_str_from(name));
    if (!act->at) {
        mp_jsonw_null(&t->w);
        return;
    }
    mp_jsonw_object(&t->w);
    put_policy(t, act);
    mp_arm_put(&t->w, "deploymentId", act->deployment);
    mp_arm_put(&t->w, "deploymentTime", mp_time_text(t->call->request->arena, act->at));
    mp_jsonw_end(&t->w);
}

static void put_row(tracking *t, const mp_tracked *one)
{
    mp_jsonw_object(&t->w);
    mp_arm_put(&t->w, "trackedResourceId", one->id);
    put_policy(t, &one->modified);
    put_act(t, "createdBy", &one->created);
    put_act(t, "lastModifiedBy", &one->modified);
    mp_arm_put(&t->w, "lastUpdateUtc", mp_time_text(t->call->request->arena, one->modified.at));
    mp_jsonw_end(&t->w);
}

static mp_code put_rows(tracking *t, mp_error *err)
{
    mp_odata_reader reader = { .get = cell, .context = t };
    int64_t         count = 0;
    mp_str          last = { NULL, 0 };
    mp_jsonw_init(&t->w, t->call->request->arena);
    mp_jsonw_array(&t->w);
    for (size_t i = 0; i < t->all.count; i++) {
        const mp_tracked *one = &t->all.list[i];
        if ((t->after.len && mp_str_cmp(one->key, t->after) <= 0) || !mp_filter_test(t->filter, &reader, one))
            continue;
        if (t->given + count == t->most)
            break;
        if (count == TRACKED_PAGE) {
            t->next = mp_arena_printf(t->call->request->arena, "%lld.%.*s", (long long)(t->given + count), MP_FMT(last));
            if (!t->next.ptr)
                return mp_arm_nomem(err);
            break;
        }
        put_row(t, one);
        last = one->key;
        count++;
    }
    mp_jsonw_end(&t->w);
    return MP_OK;
}

/* "100.KEY": how many rows there were, and the last of them. */
static mp_code read_token(tracking *t, mp_error *err)
{
    mp_str  token = mp_arm_skiptoken(t->call);
    size_t  dot = mp_str_find(token, '.');
    int64_t n = 0;
    if (!token.len)
        return MP_OK;
    for (size_t i = 0; i < token.len && i < dot; i++)
        n = token.ptr[i] >= '0' && token.ptr[i] <= '9' && n <= MP_TRACKED_MOST ? n * 10 + (token.ptr[i] - '0') : INT32_MAX;
    if (dot == SIZE_MAX || dot == 0 || n > MP_TRACKED_MOST)
        return MP_ARM_FAIL(t->call, 400, "InvalidSkipToken", err, "The $skiptoken is none that this list gave.");
    t->given = n;
    t->after = mp_str_skip(token, dot + 1);
    return MP_OK;
}

static mp_code read_top(tracking *t, mp_error *err)
{
    mp_str   text = mp_str_trim(mp_http_query(t->call->request, MP_S("$top")));
    mp_error why = { .code = MP_OK };
    t->most = INT64_MAX;
    if (!text.len || mp_top_parse(&t->most, text, &why) == MP_OK)
        return MP_OK;
    return mp_arm_fault_as(t->call, 400, "InvalidTopInQueryString", &why, err);
}

static mp_code read_all(mp_tx *tx, void *arg, mp_error *err)
{
    tracking *t = arg;
    return mp_tracked_read(&t->all, tx, &t->where, t->call->request->arena, err);
}

static mp_code find_all(tracking *t, mp_error *err)
{
    mp_error why = { .code = MP_OK };
    mp_code  code = mp_arm_read(t->call, read_all, t, &why);
    if (code == MP_LIMIT)
        return mp_arm_fault_as(t->call, 400, "InvalidRequestContent", &why, err);
    return code == MP_OK ? MP_OK : mp_fail(err, code, MP_NOWHERE, "%s", why.message);
}

static mp_code query_tracked(mp_arm_call *call, mp_error *err)
{
    tracking t = { .call = call };
    mp_place at;
    if (!mp_str_eq_fold(call->name, MP_S("default")))
        return MP_ARM_FAIL(call, 404, "InvalidPolicyTrackedResourcesResource", err,
                           "There are the tracked resources 'default'; not '%.*s'.", MP_FMT(call->name));
    MP_TRY(mp_arm_filter(&t.filter, call, &table, err));
    MP_TRY(read_top(&t, err));
    MP_TRY(read_token(&t, err));
    MP_TRY(mp_arm_states_scope(&t.where, &at, call, err));
    MP_TRY(find_all(&t, err));
    MP_TRY(mp_rulebook_ref(&t.book, call->compliance->books, err));
    mp_code code = put_rows(&t, err);
    mp_rulebook_unref(t.book);
    MP_TRY(code);
    return mp_arm_list(call, mp_jsonw_done(&t.w), t.next, err);
}

/* ---- components ---- */

/* What stands within a resource (the objects of a cluster, the keys of a vault) is judged where it is written, by
 * admission, and has no state of its own that would be kept: the answer is an empty one, to a question that could be
 * asked. */
static const mp_odata_field component_fields[] = {
    { .name = MP_S_INIT("timestamp"), .type = MP_ODATA_DATE },
    { .name = MP_S_INIT("componentId"), .type = MP_ODATA_ID },
    { .name = MP_S_INIT("componentType"), .type = MP_ODATA_STRING },
    { .name = MP_S_INIT("componentName"), .type = MP_ODATA_STRING },
    { .name = MP_S_INIT("resourceId"), .type = MP_ODATA_ID },
    { .name = MP_S_INIT("policyAssignmentId"), .type = MP_ODATA_ID },
    { .name = MP_S_INIT("policyDefinitionId"), .type = MP_ODATA_ID },
    { .name = MP_S_INIT("subscriptionId"), .type = MP_ODATA_STRING },
    { .name = MP_S_INIT("resourceType"), .type = MP_ODATA_STRING },
    { .name = MP_S_INIT("resourceLocation"), .type = MP_ODATA_STRING },
    { .name = MP_S_INIT("resourceGroup"), .type = MP_ODATA_STRING },
    { .name = MP_S_INIT("policyAssignmentName"), .type = MP_ODATA_STRING },
    { .name = MP_S_INIT("policyAssignmentScope"), .type = MP_ODATA_ID },
    { .name = MP_S_INIT("policyDefinitionName"), .type = MP_ODATA_STRING },
    { .name = MP_S_INIT("policyDefinitionAction"), .type = MP_ODATA_STRING },
    { .name = MP_S_INIT("policyDefinitionCategory"), .type = MP_ODATA_STRING },
    { .name = MP_S_INIT("policySetDefinitionId"), .type = MP_ODATA_ID },
    { .name = MP_S_INIT("policySetDefinitionName"), .type = MP_ODATA_STRING },
    { .name = MP_S_INIT("policyDefinitionReferenceId"), .type = MP_ODATA_STRING },
    { .name = MP_S_INIT("complianceState"), .type = MP_ODATA_STRING },
};
static const mp_odata_table component_table = { .fields = component_fields, .field_count = MP_COUNT(component_fields) };

static mp_code query_components(mp_arm_call *call, mp_error *err)
{
    const mp_filter *filter;
    mp_states_query  where = { .page = 0 };
    mp_place         at;
    mp_jsonw         w;
    if (!mp_str_eq_fold(call->name, MP_S("latest")))
        return MP_ARM_FAIL(call, 404, "InvalidComponentPolicyStatesResource", err,
                           "There are the states of components 'latest'; not '%.*s'.", MP_FMT(call->name));
    MP_TRY(mp_arm_filter(&filter, call, &component_table, err));
    MP_TRY(mp_arm_states_scope(&where, &at, call, err));
    mp_jsonw_init(&w, call->request->arena);
    mp_jsonw_object(&w);
    mp_arm_put(&w, "@odata.context",
               mp_arena_printf(call->request->arena,
                               "%.*s%.*s/providers/Microsoft.PolicyInsights/componentPolicyStates/$metadata#latest",
                               MP_FMT(call->client_base), MP_FMT(call->scope.id)));
    mp_jsonw_put_int(&w, "@odata.count", 0);
    mp_jsonw_key(&w, MP_S("value"));
    mp_jsonw_array(&w);
    mp_jsonw_end(&w);
    mp_jsonw_end(&w);
    return mp_arm_answer(call, 200, mp_jsonw_done(&w), err);
}

/* ---- the table ---- */

#define TRACKED "Microsoft.PolicyInsights/policyTrackedResources"
#define COMPONENTS "Microsoft.PolicyInsights/componentPolicyStates"
#define SCOPES (MP_ON_MANAGEMENT_GROUP | MP_ON_SUBSCRIPTION | MP_ON_GROUP | MP_ON_RESOURCE)
#define QUERY(method_, type_, handler_) \
    { .method = method_, .type = type_, .at = MP_ARM_VERB, .verb = "queryResults", .scopes = SCOPES, .handler = handler_, .action = type_ "/queryResults/read" }

const mp_arm_route mp_arm_tracked[] = {
    QUERY(MP_POST, TRACKED, query_tracked), QUERY(MP_GET, TRACKED, query_tracked),
    QUERY(MP_POST, COMPONENTS, query_components), QUERY(MP_GET, COMPONENTS, query_components),
    { .type = NULL },
};
