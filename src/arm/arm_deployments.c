/* SPDX-License-Identifier: Apache-2.0 */
/* Deployments: a template is worked out (src/template), and every resource that it asks for goes through the gate as if it were PUT by itself (arm-api, section 7).
 *
 * All of it happens within the request: what is answered is how it ended. Before anything is written the whole template is run as a preview, and policy is asked about
 * each resource: what can be known to fail fails then, and nothing was changed. */
#include "arm_internal.h"

#include "deployment.h"
#include "secret.h"
#include "what_if.h"

#define TYPE "Microsoft.Resources/deployments"

static const mp_record_index indexes[] = { { .name = "id", .path = "id", .folds = true } };
const mp_kind mp_arm_deployment_kind = { .name = "arm-deployment", .indexes = indexes, .index_count = MP_COUNT(indexes) };

typedef struct deploying {
    mp_arm_call   *call;
    const mp_json *properties, *template_json, *parameters;
    bool           is_complete;
    mp_deployment *deployment;
    char           seed[37];
    mp_ticks       began;
    /* What came of it. */
    mp_jsonw       list;     /* ids of outputResources; refusals in a preview; changes of what-if */
    uint32_t       count;
    mp_map         named;    /* keys of what the template asks for */
    const mp_json *outputs, *bound;
    mp_str         failed_code, failed_message;
    const mp_json *failed_info;
} deploying;

/* ---- the body ---- */

static mp_code read_request(deploying *d, mp_error *err)
{
    mp_arm_call *call = d->call;
    d->properties = mp_arm_member(call->body, "properties");
    if (!mp_json_is(d->properties, MP_JSON_OBJECT))
        return mp_arm_lacks(call, "properties", err);
    d->template_json = mp_arm_member(d->properties, "template");
    d->parameters = mp_arm_member(d->properties, "parameters");
    if (mp_arm_member(d->properties, "templateLink"))
        return MP_ARM_FAIL(call, 400, "InvalidTemplate", err, "A templateLink is not followed here; send the template itself.");
    if (!mp_json_is(d->template_json, MP_JSON_OBJECT))
        return mp_arm_lacks(call, "template", err);
    mp_str mode = mp_arm_text(d->properties, "mode");
    d->is_complete = mp_str_eq_fold(mode, MP_S("Complete"));
    if (mode.len && !d->is_complete && !mp_str_eq_fold(mode, MP_S("Incremental")))
        return MP_ARM_FAIL(call, 400, "InvalidDeploymentMode", err, "The mode is '%.*s'; wanted is Incremental or Complete.", MP_FMT(mode));
    if (d->is_complete && call->scope.kind != MP_PLACE_GROUP)
        return MP_ARM_FAIL(call, 400, "InvalidDeploymentMode", err, "The mode Complete is for resource groups.");
    return mp_guid(d->seed, err);
}

/* ---- what expressions ask for ---- */

/* What is asked of who reads the resource, writes it: of groups another word than their type. */
static mp_str action_on(mp_arm_call *call, const mp_place *place, const char *what)
{
    mp_arena *arena = call->request->arena;
    if (place->kind == MP_PLACE_GROUP)
        return mp_arena_printf(arena, "Microsoft.Resources/subscriptions/resourceGroups/%s", what);
    return mp_arena_printf(arena, "%.*s/%s", MP_FMT(mp_arm_spelling(place->type, arena)), what);
}

static bool may_read(mp_arm_call *call, const mp_place *place)
{
    mp_str action = action_on(call, place, "read");
    return action.ptr && mp_arm_may(call, action.ptr, place->key);
}

static mp_code look_up(const mp_json **out, void *user, mp_str id, mp_str api_version, mp_arena *arena, mp_error *err)
{
    deploying     *d = user;
    mp_estate_item item;
    mp_place       place;
    (void)api_version;
    *out = NULL;
    mp_error why = { .code = MP_OK };
    mp_code  code = mp_place_of(&place, id, arena, &why);
    if (code == MP_PARAMETER)
        return MP_OK; /* nothing has such an id */
    if (code == MP_OK)
        code = mp_arm_item(&item, d->call, place.key, &why);
    if (code == MP_MISSING || (code == MP_OK && !may_read(d->call, &place)))
        return MP_OK; /* what he may not see is not there for him */
    if (code != MP_OK) {
        if (err)
            *err = why;
        return code;
    }
    *out = mp_arena_dup_json(arena, item.document);
    return *out ? MP_OK : mp_arm_nomem(err);
}

/* Whatever comes of it, the list is open then. */
static mp_code begin(deploying *d, bool is_preview, mp_error *err)
{
    d->count = 0;
    d->named = (mp_map)MP_MAP_INIT;
    mp_jsonw_init(&d->list, d->call->request->arena);
    mp_jsonw_array(&d->list);
    mp_deployment_context context = {
        .scope = d->call->scope.kind == MP_PLACE_TENANT ? MP_S("") : d->call->scope.id,
        .name = d->call->name,
        .location = mp_arm_text(d->call->body, "location"),
        .mode = d->is_complete ? MP_S("Complete") : MP_S("Incremental"),
        .now = d->began,
        .seed = mp_str_of(d->seed, 36),
        .is_preview = is_preview,
        .lookup = look_up,
        .user = d,
    };
    mp_deployment_context *kept = mp_arena_alloc(d->call->request->arena, sizeof context);
    if (!kept)
        return mp_arm_nomem(err);
    memcpy(kept, &context, sizeof context);
    mp_error why = { .code = MP_OK };
    if (mp_deployment_new(&d->deployment, d->template_json, d->parameters, kept, &why) == MP_OK)
        return MP_OK;
    return mp_arm_fault_as(d->call, 400, "InvalidTemplate", &why, err);
}

static void end(deploying *d)
{
    mp_deployment_free(d->deployment);
    d->deployment = NULL;
    mp_map_free(&d->named);
}

/* ---- one resource ---- */

typedef mp_code each_fn(deploying *d, const mp_deployment_resource *r, const mp_place *place, mp_error *err);

/* Objects of policy and roles, tags, and what else the control plane keeps itself have ways of their own, which a template does not take yet. */
static bool is_plain(const mp_place *place)
{
    static const char *const other[] = { "Microsoft.Authorization/", "Microsoft.Management/", "Microsoft.PolicyInsights/", "Microsoft.Security/", "Microsoft.Resources/",
                                         "Microsoft.Graph/" };
    if (place->kind == MP_PLACE_GROUP)
        return true;
    for (size_t i = 0; i < MP_COUNT(other); i++)
        if (mp_str_starts_fold(place->type, mp_str_from(other[i])))
            return false;
    return place->subscription.len > 0;
}

static mp_code check_resource(deploying *d, const mp_deployment_resource *r, const mp_place *place, mp_error *err)
{
    mp_str action = action_on(d->call, place, "write");
    if (r->is_unknown)
        return MP_ARM_FAIL(d->call, 400, "InvalidTemplate", err, "%.*s", MP_FMT(r->why));
    if (!is_plain(place))
        return MP_ARM_FAIL(d->call, 400, "InvalidTemplate", err, "Resources of type '%.*s' cannot be deployed by a template here; send them by themselves.", MP_FMT(place->type));
    if (!action.ptr)
        return mp_arm_nomem(err);
    return mp_arm_require(d->call, action.ptr, place->key, err);
}

static mp_code each_resource(deploying *d, each_fn *fn, mp_error *err)
{
    mp_arena *arena = d->call->request->arena;
    for (;;) {
        const mp_deployment_resource *r;
        mp_place                      place;
        mp_error                      why = { .code = MP_OK };
        if (mp_deployment_next(&r, d->deployment, &why) != MP_OK)
            return mp_arm_fault_as(d->call, 400, "InvalidTemplate", &why, err);
        if (!r)
            return MP_OK;
        if (r->is_deployment && !r->is_unknown)
            continue; /* its resources came already */
        if (mp_place_of(&place, mp_arena_dup(arena, r->id), arena, &why) != MP_OK)
            return mp_arm_fault_as(d->call, 400, "InvalidTemplate", &why, err);
        MP_TRY(mp_map_put(&d->named, place.key, d, err));
        MP_TRY(check_resource(d, r, &place, err));
        MP_TRY(fn(d, r, &place, err));
    }
}

/* ---- validate ---- */

static mp_code note_refusal(deploying *d, const mp_gate_result *result, const mp_place *place)
{
    mp_jsonw *w = &d->list;
    mp_jsonw_object(w);
    mp_arm_put(w, "code", MP_S("RequestDisallowedByPolicy"));
    mp_arm_put(w, "target", place->name);
    mp_arm_put(w, "message", result->refusal);
    mp_jsonw_key(w, MP_S("additionalInfo"));
    mp_jsonw_value(w, result->violations);
    mp_jsonw_end(w);
    d->count++;
    return MP_OK;
}

/* A resource whose group, or whose parent, this very template makes is not there to be asked about. */
static bool is_made_before(const deploying *d, const mp_place *place)
{
    return (place->group_key.len && mp_map_find(&d->named, place->group_key)) || mp_map_find(&d->named, place->parent);
}

static mp_code try_one(deploying *d, const mp_deployment_resource *r, const mp_place *place, mp_error *err)
{
    mp_gate_result result = { .refusal = { NULL, 0 } };
    mp_code        code = mp_arm_gate(&result, d->call, MP_GATE_TRY, place, r->body, NULL, NULL, err);
    if (code == MP_OK)
        return MP_OK;
    if (result.violations)
        return note_refusal(d, &result, place);
    return code == MP_MISSING && is_made_before(d, place) ? MP_OK : code;
}

static mp_code preview(deploying *d, each_fn *fn, mp_error *err)
{
    MP_TRY(begin(d, true, err));
    return each_resource(d, fn, err);
}

static mp_code check_policies(deploying *d, mp_error *err)
{
    mp_code code = preview(d, try_one, err);
    mp_jsonw_end(&d->list);
    const mp_json *refusals = mp_jsonw_done(&d->list);
    end(d);
    MP_TRY(code);
    if (d->count == 0)
        return MP_OK;
    if (!refusals)
        return mp_arm_nomem(err);
    return mp_arm_fail(d->call, &(mp_arm_fault){ .status = 400, .code = "InvalidTemplateDeployment", .details = refusals }, err,
                       "The template deployment failed because of policy violation. Please see details for more information.");
}

/* ---- PUT ---- */

static mp_code put_one(deploying *d, const mp_deployment_resource *r, const mp_place *place, mp_error *err)
{
    mp_gate_result result;
    MP_TRY(mp_arm_gate(&result, d->call, MP_GATE_PUT, place, r->body, NULL, NULL, err));
    mp_jsonw_object(&d->list);
    mp_arm_put(&d->list, "id", result.item.id);
    mp_jsonw_end(&d->list);
    d->count++;
    return MP_OK;
}

static mp_code run(deploying *d, mp_error *err)
{
    MP_TRY(begin(d, false, err));
    MP_TRY(each_resource(d, put_one, err));
    if (d->is_complete)
        MP_TRY(mp_arm_delete_unnamed(d->call, &d->named, err));
    mp_error why = { .code = MP_OK };
    if (mp_deployment_outputs(&d->outputs, d->deployment, &why) != MP_OK)
        return mp_arm_fault_as(d->call, 400, "DeploymentOutputEvaluationFailed", &why, err);
    return mp_deployment_parameters(&d->bound, d->deployment, err);
}

/* What failed on the way is told in the record: the deployment was made, and this is how it ended. */
static void note_failure(deploying *d, mp_code code, const mp_error *why)
{
    const mp_arm_fault *fault = &d->call->fault;
    d->failed_code = mp_str_from(fault->code ? fault->code : "DeploymentFailed");
    d->failed_message = fault->message.len ? fault->message : mp_arena_dup(d->call->request->arena, mp_str_from(why->message));
    d->failed_info = fault->additional;
    if (code == MP_NOMEM)
        d->failed_message = MP_S("memory was short");
}

static void put_error(mp_jsonw *w, const deploying *d)
{
    mp_jsonw_key(w, MP_S("error"));
    mp_jsonw_object(w);
    mp_arm_put(w, "code", d->failed_code);
    mp_arm_put(w, "message", d->failed_message);
    if (d->failed_info) {
        mp_jsonw_key(w, MP_S("additionalInfo"));
        mp_jsonw_value(w, d->failed_info);
    }
    mp_jsonw_end(w);
}

static const mp_json *record_of(deploying *d, mp_str state, mp_ticks now)
{
    mp_arm_call   *call = d->call;
    mp_arena      *arena = call->request->arena;
    const mp_json *made, *location = mp_arm_member(call->body, "location"), *tags = mp_arm_member(call->body, "tags");
    mp_jsonw       w;
    mp_jsonw_end(&d->list);
    made = mp_jsonw_done(&d->list);
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    mp_arm_put(&w, "id", call->place.id);
    mp_arm_put(&w, "name", call->name);
    mp_arm_put(&w, "type", MP_S(TYPE));
    if (location) {
        mp_jsonw_key(&w, MP_S("location"));
        mp_jsonw_value(&w, location);
    }
    if (tags) {
        mp_jsonw_key(&w, MP_S("tags"));
        mp_jsonw_value(&w, tags);
    }
    mp_jsonw_key(&w, MP_S("properties"));
    mp_jsonw_object(&w);
    mp_arm_put(&w, "provisioningState", state);
    mp_arm_put(&w, "mode", d->is_complete ? MP_S("Complete") : MP_S("Incremental"));
    mp_arm_put(&w, "timestamp", mp_arm_time(arena, now));
    mp_arm_put(&w, "duration", mp_arena_printf(arena, "PT%.3fS", (double)(now - d->began) / (double)MP_TICKS_PER_SECOND));
    mp_arm_put(&w, "correlationId", mp_arena_dup(arena, mp_str_of(call->request->id, 36)));
    if (d->bound) {
        mp_jsonw_key(&w, MP_S("parameters"));
        mp_jsonw_value(&w, d->bound);
    }
    if (d->outputs) {
        mp_jsonw_key(&w, MP_S("outputs"));
        mp_jsonw_value(&w, d->outputs);
    }
    mp_jsonw_key(&w, MP_S("outputResources"));
    mp_jsonw_value(&w, made);
    mp_jsonw_key(&w, MP_S("dependencies"));
    mp_jsonw_array(&w);
    mp_jsonw_end(&w);
    mp_jsonw_key(&w, MP_S("providers"));
    mp_jsonw_array(&w);
    mp_jsonw_end(&w);
    if (d->failed_code.len)
        put_error(&w, d);
    mp_jsonw_end(&w);
    mp_jsonw_end(&w);
    const mp_json *body = mp_jsonw_done(&w);
    return body ? mp_arena_dup_json(arena, body) : NULL; /* outputs go with the deployment */
}

typedef struct storing {
    mp_arm_call   *call;
    const mp_json *body;
    bool           is_new;
} storing;

static mp_code store(mp_tx *tx, void *arg, mp_error *err)
{
    storing  *s = arg;
    mp_record old;
    mp_error  why = { .code = MP_OK };
    s->is_new = mp_record_get(&old, tx, &mp_arm_deployment_kind, s->call->place.key, 0, mp_tx_arena(tx), &why) == MP_MISSING;
    return mp_record_put(NULL, tx, &mp_arm_deployment_kind, s->call->place.key, s->body, MP_ANY_VERSION, err);
}

static mp_code put(mp_arm_call *call, mp_error *err)
{
    deploying d = { .call = call, .began = mp_clock_now() };
    mp_error  why = { .code = MP_OK };
    MP_TRY(mp_arm_check_scope(call, &call->scope, true, err));
    MP_TRY(read_request(&d, err));
    MP_TRY(check_policies(&d, err));
    mp_code code = run(&d, &why);
    if (code != MP_OK)
        note_failure(&d, code, &why);
    storing s = { .call = call, .body = record_of(&d, code == MP_OK ? MP_S("Succeeded") : MP_S("Failed"), mp_clock_now()) };
    end(&d);
    call->fault = (mp_arm_fault){ .status = 0 };
    if (!s.body)
        return mp_arm_nomem(err);
    MP_TRY(mp_arm_write(call, store, &s, err));
    return mp_arm_answer(call, s.is_new ? 201 : 200, s.body, err);
}

static mp_code validate(mp_arm_call *call, mp_error *err)
{
    deploying d = { .call = call, .began = mp_clock_now() };
    MP_TRY(mp_arm_check_scope(call, &call->scope, false, err));
    MP_TRY(read_request(&d, err));
    MP_TRY(check_policies(&d, err));
    mp_jsonw_init(&d.list, call->request->arena);
    mp_jsonw_array(&d.list);
    const mp_json *body = record_of(&d, MP_S("Succeeded"), mp_clock_now());
    return body ? mp_arm_answer(call, 200, body, err) : mp_arm_nomem(err);
}

/* ---- what-if ---- */

static mp_code compare_one(deploying *d, const mp_deployment_resource *r, const mp_place *place, mp_error *err)
{
    mp_arena      *arena = d->call->request->arena;
    mp_gate_result result = { .refusal = { NULL, 0 } };
    mp_estate_item before;
    const mp_json *change;
    mp_error       why = { .code = MP_OK };
    mp_str         action = action_on(d->call, place, "read"); /* who is shown what there is must be one who may see it */
    if (!action.ptr)
        return mp_arm_nomem(err);
    MP_TRY(mp_arm_require(d->call, action.ptr, place->key, err));
    bool           is_there = mp_arm_item(&before, d->call, place->key, &why) == MP_OK;
    const mp_json *body = mp_arena_dup_json(arena, r->body); /* the template's goes with the next resource */
    if (!body)
        return mp_arm_nomem(err);
    mp_code code = mp_arm_gate(&result, d->call, MP_GATE_TRY, place, body, NULL, NULL, err);
    if (code != MP_OK && !(code == MP_MISSING && is_made_before(d, place)))
        return code;
    MP_TRY(mp_what_if(&change, NULL, place->id, is_there ? before.document : NULL, code == MP_OK ? result.item.document : body, d->is_complete, arena, err));
    mp_jsonw_value(&d->list, change);
    return MP_OK;
}

static mp_code what_if(mp_arm_call *call, mp_error *err)
{
    deploying d = { .call = call, .began = mp_clock_now() };
    mp_jsonw  w;
    MP_TRY(mp_arm_check_scope(call, &call->scope, false, err));
    MP_TRY(read_request(&d, err));
    mp_code code = preview(&d, compare_one, err);
    if (code == MP_OK && call->scope.kind == MP_PLACE_GROUP)
        code = mp_arm_each_unnamed(&d.list, call, &d.named, d.is_complete, err);
    mp_jsonw_end(&d.list);
    const mp_json *changes = mp_jsonw_done(&d.list);
    end(&d);
    MP_TRY(code);
    if (!changes)
        return mp_arm_nomem(err);
    mp_jsonw_init(&w, call->request->arena);
    mp_jsonw_object(&w);
    mp_arm_put(&w, "status", MP_S("Succeeded"));
    mp_jsonw_key(&w, MP_S("properties"));
    mp_jsonw_object(&w);
    mp_jsonw_key(&w, MP_S("changes"));
    mp_jsonw_value(&w, changes);
    mp_jsonw_end(&w);
    mp_jsonw_end(&w);
    return mp_arm_answer(call, 200, mp_jsonw_done(&w), err);
}

/* ---- GET, DELETE, lists ---- */

static mp_code not_found(mp_arm_call *call, mp_error *err)
{
    return MP_ARM_FAIL(call, 404, "DeploymentNotFound", err, "Deployment '%.*s' could not be found.", MP_FMT(call->name));
}

static mp_code get(mp_arm_call *call, mp_error *err)
{
    mp_record record;
    bool      is_there;
    MP_TRY(mp_arm_record(&record, &is_there, call, &mp_arm_deployment_kind, call->place.key, err));
    if (!is_there)
        return not_found(call, err);
    return call->request->method == MP_HEAD ? mp_arm_answer_empty(call, 204, err) : mp_arm_answer(call, 200, record.body, err);
}

static mp_code drop(mp_tx *tx, void *arg, mp_error *err)
{
    mp_arm_call *call = arg;
    return mp_record_delete(tx, &mp_arm_deployment_kind, call->place.key, MP_ANY_VERSION, err);
}

static mp_code delete(mp_arm_call *call, mp_error *err)
{
    mp_error why = { .code = MP_OK };
    mp_code  code = mp_arm_write(call, drop, call, &why);
    if (code == MP_OK || code == MP_MISSING)
        return mp_arm_answer_empty(call, 204, err);
    if (err)
        *err = why;
    return code;
}

mp_code mp_arm_forget_deployments(mp_tx *tx, mp_str group, mp_error *err)
{
    mp_str           start = mp_arena_printf(mp_tx_arena(tx), "%.*s/providers/microsoft.resources/deployments/", MP_FMT(group));
    mp_record_filter filter = { "id", MP_FILTER_STARTS, start };
    mp_record_query  query = { .kind = &mp_arm_deployment_kind, .filters = &filter, .filter_count = 1, .order = "id", .limit = 200 };
    mp_record_page   page;
    if (!start.ptr)
        return mp_arm_nomem(err);
    do {
        MP_TRY(mp_record_list(&page, tx, &query, mp_tx_arena(tx), err));
        for (size_t i = 0; i < page.count; i++)
            MP_TRY(mp_record_delete(tx, &mp_arm_deployment_kind, page.records[i].key, MP_ANY_VERSION, err));
        query.after = page.next;
    } while (page.next.len);
    return MP_OK;
}

/* Everything is done within its request: there is nothing left to cancel. */
static mp_code cancel(mp_arm_call *call, mp_error *err)
{
    mp_record record;
    bool      is_there;
    MP_TRY(mp_arm_record(&record, &is_there, call, &mp_arm_deployment_kind, call->place.key, err));
    if (!is_there)
        return not_found(call, err);
    return MP_ARM_FAIL(call, 409, "DeploymentCannotBeCancelled", err, "The deployment '%.*s' has ended; it cannot be cancelled.", MP_FMT(call->name));
}

typedef struct listing {
    mp_arm_call   *call;
    mp_str         prefix;
    uint32_t       top;
    mp_record_page page;
} listing;

static mp_code read_page(mp_tx *tx, void *arg, mp_error *err)
{
    listing         *l = arg;
    mp_record_filter filter = { "id", MP_FILTER_STARTS, l->prefix };
    mp_record_query  query = { .kind = &mp_arm_deployment_kind, .filters = &filter, .filter_count = 1, .order = "id", .after = mp_arm_skiptoken(l->call), .limit = l->top };
    return mp_record_list(&l->page, tx, &query, l->call->request->arena, err);
}

static mp_code list(mp_arm_call *call, mp_error *err)
{
    listing  l = { .call = call };
    mp_error why = { .code = MP_OK };
    mp_jsonw w;
    MP_TRY(mp_arm_check_readable(call, err));
    MP_TRY(mp_arm_top(&l.top, call, 100, err));
    l.prefix = mp_arena_printf(call->request->arena, "%.*s/providers/microsoft.resources/deployments/",
                               MP_FMT(call->scope.kind == MP_PLACE_TENANT ? MP_S("") : call->scope.key));
    if (!l.prefix.ptr)
        return mp_arm_nomem(err);
    MP_TRY(mp_arm_bad_token(call, mp_arm_read(call, read_page, &l, &why), &why, err));
    mp_jsonw_init(&w, call->request->arena);
    mp_jsonw_array(&w);
    for (size_t i = 0; i < l.page.count; i++)
        mp_jsonw_value(&w, l.page.records[i].body);
    mp_jsonw_end(&w);
    return mp_arm_list(call, mp_jsonw_done(&w), l.page.next, err);
}

#define ON (MP_ON_SUBSCRIPTION | MP_ON_GROUP)

const mp_arm_route mp_arm_deployments[] = {
    { .method = MP_PUT, .type = TYPE, .at = MP_ARM_ITEM, .scopes = ON, .handler = put, .is_lenient = true, .wants_body = true },
    { .method = MP_GET, .type = TYPE, .at = MP_ARM_ITEM, .scopes = ON, .handler = get },
    { .method = MP_GET, .type = TYPE, .at = MP_ARM_LIST, .scopes = ON, .handler = list },
    { .method = MP_DELETE, .type = TYPE, .at = MP_ARM_ITEM, .scopes = ON, .handler = delete },
    { .method = MP_POST, .type = TYPE, .at = MP_ARM_VERB, .verb = "validate", .scopes = ON, .handler = validate, .is_lenient = true, .wants_body = true },
    { .method = MP_POST, .type = TYPE, .at = MP_ARM_VERB, .verb = "whatIf", .scopes = ON, .handler = what_if, .is_lenient = true, .wants_body = true },
    { .method = MP_POST, .type = TYPE, .at = MP_ARM_VERB, .verb = "cancel", .scopes = ON, .handler = cancel },
    { .type = NULL },
};
