/* SPDX-License-Identifier: Apache-2.0 */
/* Microsoft.PolicyInsights: states, now and in the past, events, summaries, and evaluation on demand (arm-api,
 * section 9). */
#include "arm_insights.h"

#include "judging.h"
#include "objects.h"
#include "policy_events.h"
#include "rbac.h"
#include "reasons.h"

#define SETTLE_SECONDS 30 /* that triggerEvaluation waits for what it asked for */

typedef struct asking {
    mp_arm_call    *call;
    mp_states_query query;
    mp_states_page  page;
    const mp_json  *summary;
    mp_str          uri;
    mp_arm_expand   expand;
    bool            with_details; /* $expand=PolicyEvaluationDetails, of one resource */
    mp_arm_reasons  reasons;
    mp_str          within;       /* as far as they tell of related resources */
    bool            is_events; /* of policyEvents, not policyStates */
} asking;

/* ---- what is asked about ---- */

static mp_code time_of(mp_ticks *out, mp_arm_call *call, const char *name, mp_error *err)
{
    mp_str text = mp_str_trim(mp_http_query(call->request, mp_str_from(name)));
    if (!text.len || mp_clock_parse(out, text))
        return MP_OK;
    return MP_ARM_FAIL(call, 400, "InvalidDateInQueryString", err,
                       "The value '%.*s' of %s is no date; wanted is ISO 8601.", MP_FMT(text), name);
}

static mp_str option(const mp_arm_call *call, const char *name)
{
    mp_str n = mp_str_from(name);
    return mp_http_has_query(call->request, n) ? mp_http_query(call->request, n) : mp_str_of(NULL, 0);
}

typedef struct below {
    mp_arm_call *call;
    mp_str       group; /* key of the management group */
    mp_str      *ids;
    size_t       count, cap;
    mp_record_page page;
    mp_record_query query;
} below;

static mp_code read_subscriptions(mp_tx *tx, void *arg, mp_error *err)
{
    below *b = arg;
    return mp_record_list(&b->page, tx, &b->query, b->call->request->arena, err);
}

static mp_code add_if_below(below *b, mp_str guid, mp_error *err)
{
    mp_arena     *arena = b->call->request->arena;
    const mp_str *above;
    size_t        count;
    mp_place      place;
    mp_str        id = mp_arena_printf(arena, "/subscriptions/%.*s", MP_FMT(guid));
    if (!id.ptr)
        return mp_arm_nomem(err);
    MP_TRY(mp_place_of(&place, id, arena, err));
    MP_TRY(mp_arm_above(&above, &count, b->call, &place, err));
    for (size_t i = 0; i < count; i++) {
        if (!mp_str_eq(above[i], b->group))
            continue;
        if (b->count == b->cap) {
            mp_str *grown = MP_ARENA_ARRAY(arena, mp_str, b->cap ? b->cap * 2 : 16);
            if (!grown)
                return mp_arm_nomem(err);
            if (b->count)
                memcpy(grown, b->ids, b->count * sizeof *grown);
            b->ids = grown;
            b->cap = b->cap ? b->cap * 2 : 16;
        }
        b->ids[b->count++] = guid;
        break;
    }
    return MP_OK;
}

static mp_code subscriptions_below(asking *a, mp_str group, mp_error *err)
{
    below b = { .call = a->call, .group = group, .query = { .kind = &mp_subscription_kind, .limit = 1000 } };
    b.ids = MP_ARENA_ARRAY(a->call->request->arena, mp_str, 16);
    b.cap = b.ids ? 16 : 0;
    do {
        MP_TRY(mp_arm_read(a->call, read_subscriptions, &b, err));
        for (size_t i = 0; i < b.page.count; i++)
            MP_TRY(add_if_below(&b, b.page.records[i].key, err));
        b.query.after = b.page.next;
    } while (b.page.next.len);
    a->query.subscriptions = b.ids;
    a->query.subscription_count = b.count;
    return MP_OK;
}

/* Names of the management groups above, nearest first. */
static mp_code name_groups(asking *a, mp_error *err)
{
    const mp_str *above;
    size_t        count;
    mp_buf        b = MP_BUF_INIT;
    MP_TRY(mp_arm_above(&above, &count, a->call, &a->call->scope, err));
    for (size_t i = 0; i < count; i++)
        if (mp_str_starts(above[i], MP_S("/providers/microsoft.management/managementgroups/"))) {
            mp_buf_add(&b, b.len ? MP_S(",") : MP_S(""));
            mp_buf_add(&b, mp_str_skip(above[i], mp_str_rfind(above[i], '/') + 1));
        }
    a->query.management_groups = b.len ? mp_arena_dup(a->call->request->arena, mp_buf_str(&b)) : MP_S("");
    mp_code code = mp_buf_check(&b, err);
    mp_buf_free(&b);
    return code;
}

/* An assignment, a definition or an initiative narrows what stands before it. */
typedef struct narrowing {
    const char    *type, *missing;
    mp_object_kind kind;
    size_t         member;
} narrowing;

static const narrowing narrowings[] = {
    { "Microsoft.Authorization/policyAssignments", "PolicyAssignmentNotFound", MP_OBJECT_ASSIGNMENT, offsetof(mp_states_query, assignment) },
    { "Microsoft.Authorization/policyDefinitions", "PolicyDefinitionNotFound", MP_OBJECT_DEFINITION, offsetof(mp_states_query, definition) },
    { "Microsoft.Authorization/policySetDefinitions", "PolicySetDefinitionNotFound", MP_OBJECT_SET, offsetof(mp_states_query, set) },
};

static const narrowing *narrowing_of(const mp_place *scope)
{
    for (size_t i = 0; i < MP_COUNT(narrowings); i++)
        if (scope->kind == MP_PLACE_RESOURCE && mp_str_eq_fold(scope->type, mp_str_from(narrowings[i].type)))
            return &narrowings[i];
    return NULL;
}

/* The object by its own id; a built-in definition also by its name below a subscription, as clients ask. Of the past
 * it may be one that is gone. */
static mp_code find_object(mp_str *key, asking *a, const narrowing *n, mp_error *err)
{
    mp_arm_call *call = a->call;
    mp_record    record;
    bool         is_there;
    *key = call->scope.key;
    MP_TRY(mp_arm_record(&record, &is_there, call, mp_object_kinds[n->kind], *key, err));
    if (is_there)
        return MP_OK;
    mp_str builtin = mp_arena_lower(call->request->arena, mp_arena_printf(call->request->arena, "/providers/%s/%.*s",
                                                                        n->type, MP_FMT(call->scope.name)));
    if (!builtin.ptr)
        return mp_arm_nomem(err);
    if (n->kind != MP_OBJECT_ASSIGNMENT)
        MP_TRY(mp_arm_record(&record, &is_there, call, mp_object_kinds[n->kind], builtin, err));
    if (is_there)
        *key = builtin;
    if (is_there || a->query.is_history)
        return MP_OK;
    return MP_ARM_FAIL(call, 404, n->missing, err, "The %.*s '%.*s' could not be found.",
                       MP_FMT(mp_str_skip(call->scope.type, mp_str_rfind(call->scope.type, '/') + 1)),
                       MP_FMT(call->scope.name));
}

static mp_code find_scope(asking *a, mp_place *out, mp_error *err)
{
    mp_arm_call     *call = a->call;
    const narrowing *n = narrowing_of(&call->scope);
    mp_place         at = call->scope;
    MP_TRY(name_groups(a, err));
    if (n) {
        MP_TRY(find_object((mp_str *)((char *)&a->query + n->member), a, n, err));
        MP_TRY(mp_place_of(&at, at.parent.len ? at.parent : MP_S("/"), call->request->arena, err));
    }
    if (at.kind != MP_PLACE_RESOURCE || !a->query.is_history) /* the past of a resource that is gone can be asked for */
        MP_TRY(mp_arm_check_scope(call, &at, false, err));
    *out = at;
    if (at.kind == MP_PLACE_MANAGEMENT_GROUP)
        return subscriptions_below(a, at.key, err);
    a->query.scope = at.kind == MP_PLACE_TENANT ? MP_S("") : at.key;
    return MP_OK;
}

mp_code mp_arm_states_scope(mp_states_query *query, mp_place *at, mp_arm_call *call, mp_error *err)
{
    asking a = { .call = call, .query = *query };
    MP_TRY(find_scope(&a, at, err));
    *query = a.query;
    return MP_OK;
}

static mp_code read_scope(asking *a, mp_error *err)
{
    mp_place at;
    MP_TRY(find_scope(a, &at, err));
    /* they show what stands in the resource */
    a->with_details = at.kind == MP_PLACE_RESOURCE && a->expand.details && mp_arm_may(a->call, "*/read", at.key);
    if (a->with_details && a->query.is_history)
        a->query.page = MP_DETAILED_MOST;
    return a->with_details ? mp_reason_reach(&a->within, a->call->app, a->call->request, at.key, err) : MP_OK;
}

static mp_code read_query(asking *a, mp_error *err)
{
    mp_arm_call *call = a->call;
    bool         is_latest = !a->is_events && mp_str_eq_fold(call->name, MP_S("latest"));
    if (a->is_events && !mp_str_eq_fold(call->name, MP_S("default")))
        return MP_ARM_FAIL(call, 404, "InvalidPolicyEventsResource", err,
                           "There are the policy events 'default'; not '%.*s'.", MP_FMT(call->name));
    if (!is_latest && !mp_str_eq_fold(call->name, MP_S("default")))
        return MP_ARM_FAIL(call, 404, "InvalidPolicyStatesResource", err,
                           "There are the policy states 'latest' and 'default'; not '%.*s'.", MP_FMT(call->name));
    if (!a->is_events)
        MP_TRY(mp_arm_expand_read(&a->expand, call, err));
    a->query.is_history = !is_latest;
    a->query.tenant = mp_arm_tenant(call);
    a->query.texts = (mp_query_texts){ option(call, "$filter"), option(call, "$orderby"), option(call, "$select"),
                                       option(call, "$top"), option(call, "$apply") };
    a->query.after = mp_arm_skiptoken(call);
    MP_TRY(time_of(&a->query.from, call, "$from", err));
    MP_TRY(time_of(&a->query.to, call, "$to", err));
    return read_scope(a, err);
}

/* ---- answers ---- */

static mp_code read_rows(mp_tx *tx, void *arg, mp_error *err)
{
    asking *a = arg;
    MP_TRY((a->is_events ? mp_events_rows : mp_states_rows)(&a->page, tx, &a->query, a->call->request->arena, err));
    return a->with_details ? mp_arm_reasons_read(&a->reasons, tx, &a->query, a->within, a->page.rows,
                                                 a->call->request->arena, err)
                           : MP_OK;
}

static mp_code wrong_query(mp_arm_call *call, mp_code code, const mp_error *why, mp_error *err)
{
    if (code == MP_SYNTAX || code == MP_COMPILE || code == MP_LIMIT || code == MP_PARAMETER)
        return mp_arm_fault_as(call, 400, "InvalidFilterInQueryString", why, err);
    if (err)
        *err = *why;
    return code;
}

static mp_str context_of(const asking *a, const char *what)
{
    const mp_arm_call *call = a->call;
    mp_str scope = call->scope.subscription.len ? mp_arena_printf(call->request->arena, "/subscriptions/%.*s",
                                                                  MP_FMT(call->scope.subscription))
                                                : MP_S("");
    return mp_arena_printf(call->request->arena, "%.*s%.*s/providers/Microsoft.PolicyInsights/%s/$metadata#%s",
                           MP_FMT(call->client_base), MP_FMT(scope), a->is_events ? "policyEvents" : "policyStates",
                           what);
}

static void write_rows(mp_jsonw *w, asking *a)
{
    bool   is_rows = !a->query.texts.apply.ptr && !a->query.texts.select.ptr;
    mp_str context = context_of(a, a->query.is_history ? "default/$entity" : "latest/$entity");
    mp_jsonw_key(w, MP_S("value"));
    mp_jsonw_array(w);
    for (MP_JSON_EACH(row, a->page.rows)) {
        mp_jsonw_object(w);
        if (is_rows) {
            mp_jsonw_key(w, MP_S("@odata.id"));
            mp_jsonw_null(w);
            mp_arm_put(w, "@odata.context", context);
        }
        for (MP_JSON_MEMBERS(key, row)) {
            mp_jsonw_key(w, mp_json_str(key));
            mp_jsonw_value(w, key + 1);
        }
        if (is_rows && a->with_details)
            mp_arm_details_write(w, &a->reasons, row);
        if (is_rows && a->expand.components) { /* what is below a resource has no verdict of its own */
            mp_jsonw_key(w, MP_S("components"));
            mp_jsonw_array(w);
            mp_jsonw_end(w);
        }
        mp_jsonw_end(w);
    }
    mp_jsonw_end(w);
}

static mp_code answer_rows(mp_arm_call *call, bool is_events, mp_error *err)
{
    asking   a = { .call = call, .is_events = is_events };
    mp_error why = { 0 };
    mp_jsonw w;
    MP_TRY(read_query(&a, err));
    if (a.with_details)
        MP_TRY(mp_rulebook_ref(&a.reasons.beside, call->compliance->books, err));
    mp_code code = mp_arm_read(call, read_rows, &a, &why);
    mp_rulebook_unref(a.reasons.beside);
    if (code != MP_OK)
        return wrong_query(call, code, &why, err);
    mp_jsonw_init(&w, call->request->arena);
    mp_jsonw_object(&w);
    mp_arm_put(&w, "@odata.context", context_of(&a, a.query.is_history ? "default" : "latest"));
    mp_jsonw_put_int(&w, "@odata.count", (int64_t)a.page.count);
    write_rows(&w, &a);
    if (a.page.next.len)
        mp_arm_put(&w, "@odata.nextLink", mp_arm_next_link(call, a.page.next));
    mp_jsonw_end(&w);
    return mp_arm_answer(call, 200, mp_jsonw_done(&w), err);
}

static mp_code query_results(mp_arm_call *call, mp_error *err) { return answer_rows(call, false, err); }
static mp_code query_events(mp_arm_call *call, mp_error *err) { return answer_rows(call, true, err); }

static mp_code read_summary(mp_tx *tx, void *arg, mp_error *err)
{
    asking *a = arg;
    return mp_states_summary(&a->summary, tx, &a->query, a->uri, a->call->request->arena, err);
}

static mp_code summarize(mp_arm_call *call, mp_error *err)
{
    asking   a = { .call = call };
    mp_error why = { 0 };
    mp_jsonw w;
    MP_TRY(read_query(&a, err));
    a.query.is_history = false;
    a.uri = mp_arena_printf(
        call->request->arena,
        "%.*s%.*s/providers/Microsoft.PolicyInsights/policyStates/latest/queryResults?api-version=2019-10-01&$filter=complianceState eq"
        " 'NonCompliant'",
        MP_FMT(call->client_base), MP_FMT(call->scope.id));
    if (!a.uri.ptr)
        return mp_arm_nomem(err);
    mp_code code = mp_arm_read(call, read_summary, &a, &why);
    if (code != MP_OK)
        return wrong_query(call, code, &why, err);
    mp_jsonw_init(&w, call->request->arena);
    mp_jsonw_object(&w);
    mp_arm_put(&w, "@odata.context", context_of(&a, "summary"));
    mp_jsonw_put_int(&w, "@odata.count", 1);
    mp_jsonw_key(&w, MP_S("value"));
    mp_jsonw_array(&w);
    mp_jsonw_value(&w, a.summary);
    mp_jsonw_end(&w);
    mp_jsonw_end(&w);
    return mp_arm_answer(call, 200, mp_jsonw_done(&w), err);
}

/* What changed is judged at once anyway: this waits until it is. 200 when all is done, else 202 and where to ask. */
static mp_code trigger(mp_arm_call *call, mp_error *err)
{
    mp_error why = { 0 };
    MP_TRY(mp_arm_check_scope(call, &call->scope, false, err));
    mp_code code = mp_judging_settle(call->compliance->judging, SETTLE_SECONDS, &why);
    if (code == MP_BUSY)
        return MP_ARM_FAIL(call, 503, "EvaluationInProgress", err, "The evaluation goes on; ask again.");
    if (code != MP_OK) {
        if (err)
            *err = why;
        return code;
    }
    return mp_arm_answer_empty(call, 200, err);
}

#define STATES "Microsoft.PolicyInsights/policyStates"
#define EVENTS "Microsoft.PolicyInsights/policyEvents"
#define SUMMARIES (MP_ON_MANAGEMENT_GROUP | MP_ON_SUBSCRIPTION | MP_ON_GROUP | MP_ON_RESOURCE)

const mp_arm_route mp_arm_insights[] = {
    { .method = MP_POST, .type = STATES, .at = MP_ARM_VERB, .verb = "queryResults", .scopes = SUMMARIES, .handler = query_results, .action = STATES "/queryResults/read" },
    { .method = MP_GET, .type = STATES, .at = MP_ARM_VERB, .verb = "queryResults", .scopes = SUMMARIES, .handler = query_results, .action = STATES "/queryResults/read" },
    { .method = MP_POST, .type = STATES, .at = MP_ARM_VERB, .verb = "summarize", .scopes = SUMMARIES, .handler = summarize, .action = STATES "/summarize/read" },
    { .method = MP_POST, .type = STATES, .at = MP_ARM_VERB, .verb = "triggerEvaluation", .scopes = MP_ON_SUBSCRIPTION | MP_ON_GROUP, .handler = trigger,
      .action = STATES "/triggerEvaluation/action" },
    { .method = MP_POST, .type = EVENTS, .at = MP_ARM_VERB, .verb = "queryResults", .scopes = SUMMARIES, .handler = query_events, .action = EVENTS "/queryResults/read" },
    { .method = MP_GET, .type = EVENTS, .at = MP_ARM_VERB, .verb = "queryResults", .scopes = SUMMARIES, .handler = query_events, .action = EVENTS "/queryResults/read" },
    { .type = NULL },
};
