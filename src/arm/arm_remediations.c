/* SPDX-License-Identifier: Apache-2.0 */
/* Microsoft.PolicyInsights/remediations (arm-api, section 9). What they do is in compliance/remediation.h; a PUT
 * orders it, and a thread works it off. */
#include "arm_internal.h"

#include "remediation.h"

#define TYPE "Microsoft.PolicyInsights/remediations"

typedef struct ordering {
    mp_arm_call         *call;
    mp_remediation       r;
    bool                 is_new;
} ordering;

static mp_remediation_actor actor_of(const mp_arm_call *call)
{
    mp_remediation_actor actor = { .kind = mp_str_from(mp_who_kind_name(mp_app_who(call->request)->kind)) };
    mp_arm_by(&actor.id, &actor.by_kind, call);
    return actor;
}

static mp_code missing(mp_arm_call *call, mp_error *err)
{
    return MP_ARM_FAIL(call, 404, "RemediationNotFound", err, "The remediation '%.*s' could not be found.",
                       MP_FMT(call->name));
}

/* What is wrong with an order, in ARM's words. */
static mp_code told(mp_arm_call *call, mp_code code, const mp_error *why, mp_error *err)
{
    if (code == MP_PARAMETER || code == MP_LIMIT)
        return mp_arm_fault_as(call, 400, "InvalidRequestContent", why, err);
    if (code == MP_REFERENCE)
        return mp_arm_fault_as(call, 404, "PolicyAssignmentNotFound", why, err);
    if (code == MP_CONFLICT)
        return mp_arm_fault_as(call, 409, "Conflict", why, err);
    if (code == MP_MISSING)
        return missing(call, err);
    if (err)
        *err = *why;
    return code;
}

static mp_code answer(ordering *o, unsigned status, mp_error *err)
{
    const mp_json *body = mp_remediation_show(&o->r, o->call->request->arena);
    return body ? mp_arm_answer(o->call, status, body, err) : mp_arm_nomem(err);
}

/* ---- one ---- */

static mp_code find(mp_tx *tx, void *arg, mp_error *err)
{
    ordering *o = arg;
    return mp_remediation_find(&o->r, tx, o->call->place.key, o->call->request->arena, err);
}

static mp_code read_one(ordering *o, mp_error *err)
{
    mp_error why = { .code = MP_OK };
    mp_code  code = mp_arm_read(o->call, find, o, &why);
    return code == MP_OK ? MP_OK : told(o->call, code, &why, err);
}

static mp_code get(mp_arm_call *call, mp_error *err)
{
    ordering o = { .call = call };
    MP_TRY(read_one(&o, err));
    return answer(&o, 200, err);
}

static mp_code order(mp_tx *tx, void *arg, mp_error *err)
{
    ordering *o = arg;
    return mp_remediation_order(&o->r, &o->is_new, tx, o->call->request->arena, err);
}

static mp_code put(mp_arm_call *call, mp_error *err)
{
    ordering             o = { .call = call };
    mp_error             why = { .code = MP_OK };
    mp_remediation_actor actor = actor_of(call);
    const mp_json       *properties = mp_arm_member(call->body, "properties");
    MP_TRY(mp_arm_check_scope(call, &call->scope, true, err));
    MP_TRY(mp_arm_locked(call, &call->place, false, err));
    if (!mp_json_is(properties, MP_JSON_OBJECT))
        return mp_arm_lacks(call, "properties", err);
    mp_code code = mp_remediation_read(&o.r, properties, &call->place, &call->scope, &actor, call->request->arena, &why);
    if (code == MP_OK)
        code = mp_remediation_check(call->compliance, &o.r, &why);
    if (code == MP_OK)
        code = mp_arm_write(call, order, &o, &why);
    if (code != MP_OK)
        return told(call, code, &why, err);
    mp_remedying_wake(call->compliance->remedying);
    return answer(&o, o.is_new ? 201 : 200, err);
}

static mp_code drop(mp_tx *tx, void *arg, mp_error *err)
{
    ordering *o = arg;
    MP_TRY(find(tx, o, err));
    return mp_remediation_drop(&o->r, tx, o->call->request->arena, err);
}

static mp_code delete(mp_arm_call *call, mp_error *err)
{
    ordering o = { .call = call };
    mp_error why = { .code = MP_OK };
    MP_TRY(mp_arm_locked(call, &call->place, true, err));
    mp_code code = mp_arm_write(call, drop, &o, &why);
    if (code == MP_MISSING)
        return mp_arm_answer_empty(call, 204, err);
    return code == MP_OK ? answer(&o, 200, err) : told(call, code, &why, err);
}

static mp_code stop(mp_tx *tx, void *arg, mp_error *err)
{
    ordering *o = arg;
    MP_TRY(find(tx, o, err));
    return mp_remediation_cancel(&o->r, tx, o->call->request->arena, err);
}

static mp_code cancel(mp_arm_call *call, mp_error *err)
{
    ordering o = { .call = call };
    mp_error why = { .code = MP_OK };
    mp_code  code = mp_arm_write(call, stop, &o, &why);
    return code == MP_OK ? answer(&o, 200, err) : told(call, code, &why, err);
}

/* ---- lists ---- */

enum { NAME, ASSIGNMENT, REFERENCE, STATE, CREATED_ON };
static const mp_odata_field fields[] = {
    [NAME] = { .name = MP_S_INIT("name"), .type = MP_ODATA_STRING },
    [ASSIGNMENT] = { .name = MP_S_INIT("policyAssignmentId"), .type = MP_ODATA_ID },
    [REFERENCE] = { .name = MP_S_INIT("policyDefinitionReferenceId"), .type = MP_ODATA_STRING },
    [STATE] = { .name = MP_S_INIT("provisioningState"), .type = MP_ODATA_STRING },
    [CREATED_ON] = { .name = MP_S_INIT("createdOn"), .type = MP_ODATA_DATE },
};
static const mp_odata_table table = { .fields = fields, .field_count = MP_COUNT(fields) };

static mp_cell cell(void *context, const void *row, uint32_t field)
{
    const mp_remediation *r = row;
    (void)context;
    switch (field) {
    case NAME:
        return mp_cell_text(r->name);
    case ASSIGNMENT:
        return mp_cell_text(r->assignment);
    case REFERENCE:
        return r->reference.len ? mp_cell_text(r->reference) : MP_CELL_OF_NULL;
    case STATE:
        return mp_cell_text(mp_str_from(mp_remediation_state_names[r->state]));
    default:
        return mp_cell_date(r->created_on);
    }
}

typedef struct listing {
    mp_arm_call     *call;
    const mp_filter *filter;
    uint32_t         top, count;
    mp_str           prefix, next;
    mp_jsonw         w;
} listing;

static mp_code read_some(listing *l, mp_tx *tx, mp_error *err)
{
    mp_arena        *arena = l->call->request->arena;
    mp_odata_reader  reader = { .get = cell };
    mp_record_page   page;
    mp_record_filter filter = { "place", MP_FILTER_STARTS, l->prefix };
    mp_record_query query = { .kind = &mp_remediation_kind,
                              .filters = &filter,
                              .filter_count = 1,
                              .order = "place",
                              .after = l->next,
                              .limit = l->top - l->count };
    MP_TRY(mp_record_list(&page, tx, &query, arena, err));
    for (size_t i = 0; i < page.count; i++) {
        mp_remediation r;
        MP_TRY(mp_remediation_of(&r, &page.records[i], arena, err));
        if (l->filter && !mp_filter_test(l->filter, &reader, &r))
            continue;
        const mp_json *shown = mp_remediation_show(&r, arena);
        if (!shown)
            return mp_arm_nomem(err);
        mp_jsonw_value(&l->w, shown);
        l->count++;
    }
    l->next = page.next;
    return MP_OK;
}

static mp_code read_page(mp_tx *tx, void *arg, mp_error *err)
{
    listing *l = arg;
    do
        MP_TRY(read_some(l, tx, err));
    while (l->next.len && l->count < l->top);
    return MP_OK;
}

/* Those of the scope and below it. */
static mp_code list(mp_arm_call *call, mp_error *err)
{
    listing  l = { .call = call, .next = mp_arm_skiptoken(call) };
    mp_error why = { .code = MP_OK };
    MP_TRY(mp_arm_check_readable(call, err));
    MP_TRY(mp_arm_filter(&l.filter, call, &table, err));
    MP_TRY(mp_arm_top(&l.top, call, 1000, err));
    l.prefix = mp_arena_printf(call->request->arena, "%.*s/", MP_FMT(call->scope.key));
    if (!l.prefix.ptr)
        return mp_arm_nomem(err);
    mp_jsonw_init(&l.w, call->request->arena);
    mp_jsonw_array(&l.w);
    MP_TRY(mp_arm_bad_token(call, mp_arm_read(call, read_page, &l, &why), &why, err));
    mp_jsonw_end(&l.w);
    return mp_arm_list(call, mp_jsonw_done(&l.w), l.next, err);
}

/* ---- what it deploys ---- */

typedef struct showing {
    ordering               o;
    mp_remediation_changes page;
    uint32_t               top;
} showing;

static mp_code read_changes(mp_tx *tx, void *arg, mp_error *err)
{
    showing     *s = arg;
    mp_arm_call *call = s->o.call;
    return mp_remediation_list_changes(&s->page, tx, s->o.r.run, mp_arm_skiptoken(call), s->top, call->request->arena, err);
}

static void show_change(mp_jsonw *w, mp_arena *arena, const mp_remediation *of, const mp_remediation_change *c)
{
    mp_jsonw_object(w);
    mp_arm_put(w, "remediatedResourceId", c->resource);
    if (c->deployment.len)
        mp_arm_put(w, "deploymentId", c->deployment);
    mp_arm_put(w, "status", mp_remediation_status(of, c));
    mp_arm_put(w, "resourceLocation", c->location);
    if (c->error)
        mp_jsonw_put_value(w, "error", c->error);
    mp_arm_put(w, "createdOn", mp_time_text(arena, c->created_on));
    mp_arm_put(w, "lastUpdatedOn", mp_time_text(arena, c->updated_on));
    mp_jsonw_end(w);
}

static mp_code list_deployments(mp_arm_call *call, mp_error *err)
{
    showing  s = { .o = { .call = call } };
    mp_error why = { .code = MP_OK };
    mp_jsonw w;
    MP_TRY(read_one(&s.o, err));
    MP_TRY(mp_arm_top(&s.top, call, 1000, err));
    MP_TRY(mp_arm_bad_token(call, mp_arm_read(call, read_changes, &s, &why), &why, err));
    mp_jsonw_init(&w, call->request->arena);
    mp_jsonw_array(&w);
    for (size_t i = 0; i < s.page.count; i++)
        show_change(&w, call->request->arena, &s.o.r, &s.page.list[i]);
    mp_jsonw_end(&w);
    return mp_arm_list(call, mp_jsonw_done(&w), s.page.next, err);
}

#define ON (MP_ON_MANAGEMENT_GROUP | MP_ON_SUBSCRIPTION | MP_ON_GROUP | MP_ON_RESOURCE)

const mp_arm_route mp_arm_remediations[] = {
    { .method = MP_PUT, .type = TYPE, .at = MP_ARM_ITEM, .scopes = ON, .handler = put, .wants_body = true },
    { .method = MP_GET, .type = TYPE, .at = MP_ARM_ITEM, .scopes = ON, .handler = get },
    { .method = MP_DELETE, .type = TYPE, .at = MP_ARM_ITEM, .scopes = ON, .handler = delete },
    { .method = MP_GET, .type = TYPE, .at = MP_ARM_LIST, .scopes = ON, .handler = list },
    { .method = MP_POST, .type = TYPE, .at = MP_ARM_VERB, .verb = "cancel", .scopes = ON, .handler = cancel },
    { .method = MP_POST, .type = TYPE, .at = MP_ARM_VERB, .verb = "listDeployments", .scopes = ON, .handler = list_deployments, .action = TYPE "/listDeployments/read" },
    { .type = NULL },
};
