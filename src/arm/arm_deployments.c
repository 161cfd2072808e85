/* SPDX-License-Identifier: Apache-2.0 */
/* Deployments: a template is worked out (src/template), and everything that it asks for is asked of this face as if
 * it were PUT by itself (arm-api, section 7).
 *
 * All of it happens within the request: what is answered is how it ended. Before anything is written the whole
 * template is run as a preview, in which each of its PUTs is tried: what can be known to fail fails then, and nothing
 * was changed. */
#include "arm_deploying.h"

#include "what_if.h"

/* ---- validate ---- */

enum { DETAILS_MAX = 100 }; /* of what is refused, the first; all of it is counted */

static mp_code try_one(mp_arm_deploying *d, const mp_deployment_resource *r, const mp_place *place, mp_error *err)
{
    mp_arm_verdict verdict;
    mp_arm_call   *inner;
    mp_error       why = { .code = MP_OK };
    MP_TRY(mp_arm_try(&verdict, &inner, &why, d, r, place, err));
    if (verdict != MP_ARM_REFUSED || d->count++ >= DETAILS_MAX)
        return MP_OK;
    const mp_json *error = mp_arm_error_json(inner, &why, place->id);
    if (!error)
        return mp_arm_nomem(err);
    mp_jsonw_value(&d->list, error);
    return MP_OK;
}

static mp_code check(mp_arm_deploying *d, mp_error *err)
{
    mp_jsonw_init(&d->list, d->call->request->arena);
    mp_jsonw_array(&d->list);
    mp_code code = mp_arm_deploying_each(d, true, try_one, err);
    mp_jsonw_end(&d->list);
    const mp_json *refusals = mp_jsonw_done(&d->list);
    mp_arm_deploying_end(d);
    MP_TRY(code);
    if (!refusals)
        return mp_arm_nomem(err);
    if (d->count == 0)
        return MP_OK;
    return mp_arm_fail(
        d->call, &(mp_arm_fault){ .status = 400, .code = "InvalidTemplateDeployment", .details = refusals }, err,
        "The template deployment failed because %u of its resources would be refused. Please see details for more information.",
        d->count);
}

/* ---- PUT ---- */

/* What is wrong with what holds a secret may quote it, and a record is read by others than who sent it. */
static void hide(mp_arm_call *inner, const mp_error *why)
{
    mp_arm_fault fault;
    mp_arm_told(&fault, inner, why);
    fault.details = fault.additional = NULL;
    if (fault.status == 400)
        fault.message = mp_arm_say(inner->request, "arm.secure_refused", NULL, 0);
    if (!mp_arm_is_lacking(inner, why->code))
        inner->fault = fault;
}

static mp_code put_one(mp_arm_deploying *d, const mp_deployment_resource *r, const mp_place *place, mp_error *err)
{
    mp_arm_call *inner = NULL;
    mp_error     why = { .code = MP_OK };
    mp_arm_done  done = { .operation = "Create", .deployment = r->deployment, .place = place, .began = mp_clock_now() };
    mp_code code = mp_arm_within(&inner, d->call,
                                 &(mp_arm_inner){ .method = MP_PUT,
                                                  .id = place->id,
                                                  .api_version = r->api_version,
                                                  .body = r->body,
                                                  .only_asks = r->is_deployment },
                                 &why);
    if (code == MP_OK && r->is_deployment)
        code = mp_arm_store_nested(d, r, inner, &why);
    if (!inner)
        return mp_arm_nomem(err);
    if (code != MP_OK && r->body != r->shown)
        hide(inner, &why);
    done.inner = inner;
    done.why = code == MP_OK ? NULL : &why;
    return mp_arm_end_step(d, &done, code, err);
}

static mp_code run(mp_arm_deploying *d, mp_error *err)
{
    mp_error why = { .code = MP_OK };
    MP_TRY(mp_arm_deploying_each(d, false, put_one, err));
    if (d->is_complete)
        MP_TRY(mp_arm_delete_unnamed(d, err));
    if (mp_deployment_outputs(&d->outputs, d->deployment, &why) != MP_OK)
        return mp_arm_fault_as(d->call, 400, "DeploymentOutputEvaluationFailed", &why, err);
    return mp_deployment_parameters(&d->bound, d->deployment, err);
}

/* What failed on the way is told in the record: the deployment was made, and this is how it ended. */
static mp_code note_failure(mp_arm_deploying *d, const mp_error *why, mp_error *err)
{
    if (!d->error)
        d->error = mp_arm_error_json(d->call, why, mp_str_of(NULL, 0));
    d->call->fault = (mp_arm_fault){ .status = 0 };
    mp_guarded_of(d->call->request)->is_lacking = false;
    if (!d->error)
        return mp_arm_nomem(err);
    return mp_arm_store_broken(d, err);
}

static mp_code put(mp_arm_call *call, mp_error *err)
{
    mp_arm_deploying d = { .call = call };
    mp_error         why = { .code = MP_OK };
    bool             is_new;
    MP_TRY(mp_arm_check_scope(call, &call->scope, true, err));
    MP_TRY(mp_arm_deploying_read(&d, err));
    MP_TRY(check(&d, err));
    mp_code code = run(&d, &why);
    code = code == MP_OK ? MP_OK : note_failure(&d, &why, err);
    const mp_json *record = code == MP_OK ? mp_arm_deployment_record(&d, mp_clock_now()) : NULL;
    mp_arm_deploying_end(&d);
    MP_TRY(code);
    if (!record)
        return mp_arm_nomem(err);
    MP_TRY(mp_arm_store_deployment(&is_new, &d, record, err));
    return mp_arm_answer(call, is_new ? 201 : 200, record, err);
}

static mp_code validate(mp_arm_call *call, mp_error *err)
{
    mp_arm_deploying d = { .call = call };
    MP_TRY(mp_arm_check_scope(call, &call->scope, false, err));
    MP_TRY(mp_arm_deploying_read(&d, err));
    MP_TRY(check(&d, err));
    const mp_json *record = mp_arm_deployment_record(&d, mp_clock_now());
    return record ? mp_arm_answer(call, 200, record, err) : mp_arm_nomem(err);
}

/* ---- what-if ---- */

/* What the control plane writes on its objects by itself, at every change. */
static bool is_stamp(mp_str name, bool is_of_object)
{
    static const mp_str stamps[] = { MP_S_INIT("createdOn"), MP_S_INIT("createdBy"), MP_S_INIT("updatedOn"),
                                     MP_S_INIT("updatedBy"), MP_S_INIT("updatedTime") };
    if (is_of_object)
        return mp_str_eq_fold(name, MP_S("systemData"));
    for (size_t i = 0; i < MP_COUNT(stamps); i++)
        if (mp_str_eq_fold(name, stamps[i]))
            return true;
    return false;
}

/* `depth`: 0 the object, 1 its properties, 2 their metadata or details. */
static void put_unstamped(mp_jsonw *w, const mp_json *object, unsigned depth)
{
    mp_jsonw_object(w);
    for (MP_JSON_MEMBERS(key, object)) {
        mp_str name = mp_json_str(key);
        bool is_in = depth == 0 ? mp_str_eq_fold(name, MP_S("properties"))
                                : depth == 1 && (mp_str_eq_fold(name, MP_S("metadata")) ||
                                                 mp_str_eq_fold(name, MP_S("details")));
        if (is_stamp(name, depth == 0) ||
            (depth == 2 && mp_json_is(mp_arm_member(object, "updatedTime"), MP_JSON_STRING) &&
             mp_str_eq_fold(name, MP_S("version"))))
            continue;
        mp_jsonw_key(w, name);
        if (is_in && mp_json_is(key + 1, MP_JSON_OBJECT))
            put_unstamped(w, key + 1, depth + 1);
        else
            mp_jsonw_value(w, key + 1);
    }
    mp_jsonw_end(w);
}

/* Of a resource as it is: whatever it holds is its author's. */
static const mp_json *unstamped(const mp_arm_call *inner, const mp_json *document)
{
    mp_jsonw w;
    if (!document || !inner->route || strcmp(inner->route->type, "*") == 0)
        return document;
    mp_jsonw_init(&w, inner->request->arena);
    put_unstamped(&w, document, 0);
    return mp_jsonw_done(&w);
}

static mp_code note_unsupported(mp_arm_deploying *d, const mp_place *place, mp_str why)
{
    mp_jsonw_object(&d->list);
    mp_arm_put(&d->list, "resourceId", place->id);
    mp_arm_put(&d->list, "changeType", MP_S("Unsupported"));
    mp_arm_put(&d->list, "unsupportedReason", mp_arena_dup(d->call->request->arena, why));
    mp_jsonw_end(&d->list);
    return MP_OK;
}

/* Who is shown what there is must be one who may see it. */
static mp_code read_before(const mp_json **out, mp_arm_deploying *d, const mp_deployment_resource *r,
                           const mp_place *place, mp_error *err)
{
    mp_arm_call *inner;
    mp_error     why = { .code = MP_OK };
    *out = NULL;
    mp_code code = mp_arm_within(
        &inner, d->call, &(mp_arm_inner){ .method = MP_GET, .id = place->id, .api_version = r->api_version }, &why);
    if (code == MP_MISSING)
        return MP_OK;
    if (code != MP_OK)
        return mp_arm_pass_on(d->call, inner, &why, err);
    *out = unstamped(inner, inner->answer);
    return *out || !inner->answer ? MP_OK : mp_arm_nomem(err);
}

static mp_code compare_one(mp_arm_deploying *d, const mp_deployment_resource *r, const mp_place *place, mp_error *err)
{
    mp_arena      *arena = d->call->request->arena;
    mp_arm_verdict verdict;
    mp_arm_call   *inner;
    const mp_json *before = NULL, *after, *change;
    mp_error       why = { .code = MP_OK };
    if (!r->is_deployment)
        MP_TRY(read_before(&before, d, r, place, err));
    MP_TRY(mp_arm_try(&verdict, &inner, &why, d, r, place, err));
    if (verdict == MP_ARM_REFUSED)
        return mp_arm_pass_on(d->call, inner, &why, err);
    if (r->is_deployment)
        return r->is_unknown ? note_unsupported(d, place, r->why) : MP_OK;
    after = verdict == MP_ARM_GOES && inner->answer ? unstamped(inner, inner->answer) : mp_arena_dup_json(arena, r->body);
    if (!after)
        return mp_arm_nomem(err);
    MP_TRY(mp_what_if(&change, NULL, place->id, before, after, d->is_complete, arena, err));
    mp_jsonw_value(&d->list, change);
    return MP_OK;
}

static mp_code what_if(mp_arm_call *call, mp_error *err)
{
    mp_arm_deploying d = { .call = call };
    mp_jsonw         w;
    MP_TRY(mp_arm_check_scope(call, &call->scope, false, err));
    MP_TRY(mp_arm_deploying_read(&d, err));
    mp_jsonw_init(&d.list, call->request->arena);
    mp_jsonw_array(&d.list);
    mp_code code = mp_arm_deploying_each(&d, true, compare_one, err);
    if (code == MP_OK && call->scope.kind == MP_PLACE_GROUP)
        code = mp_arm_each_unnamed(&d, err);
    mp_jsonw_end(&d.list);
    const mp_json *changes = mp_jsonw_done(&d.list);
    mp_arm_deploying_end(&d);
    MP_TRY(code);
    if (!changes)
        return mp_arm_nomem(err);
    mp_jsonw_init(&w, call->request->arena);
    mp_jsonw_object(&w);
    mp_arm_put(&w, "status", MP_S("Succeeded"));
    mp_jsonw_key(&w, MP_S("properties"));
    mp_jsonw_object(&w);
    mp_jsonw_put_value(&w, "changes", changes);
    mp_jsonw_end(&w);
    mp_jsonw_end(&w);
    return mp_arm_answer(call, 200, mp_jsonw_done(&w), err);
}

#define TYPE MP_ARM_DEPLOYMENTS
#define ON (MP_ON_TENANT | MP_ON_MANAGEMENT_GROUP | MP_ON_SUBSCRIPTION | MP_ON_GROUP)

const mp_arm_route mp_arm_deployments[] = {
    { .method = MP_PUT, .type = TYPE, .at = MP_ARM_ITEM, .scopes = ON, .handler = put, .is_lenient = true, .wants_body = true },
    { .method = MP_GET, .type = TYPE, .at = MP_ARM_ITEM, .scopes = ON, .handler = mp_arm_deployment_get },
    { .method = MP_GET, .type = TYPE, .at = MP_ARM_LIST, .scopes = ON, .handler = mp_arm_deployment_list },
    { .method = MP_DELETE, .type = TYPE, .at = MP_ARM_ITEM, .scopes = ON, .handler = mp_arm_deployment_delete },
    { .method = MP_POST, .type = TYPE, .at = MP_ARM_VERB, .verb = "validate", .scopes = ON, .handler = validate, .is_lenient = true, .wants_body = true },
    { .method = MP_POST, .type = TYPE, .at = MP_ARM_VERB, .verb = "whatIf", .scopes = ON, .handler = what_if, .is_lenient = true, .wants_body = true },
    { .method = MP_POST, .type = TYPE, .at = MP_ARM_VERB, .verb = "exportTemplate", .scopes = ON, .handler = mp_arm_deployment_export },
    { .method = MP_POST, .type = TYPE, .at = MP_ARM_VERB, .verb = "cancel", .scopes = ON, .handler = mp_arm_deployment_cancel },
    { .method = MP_GET, .type = TYPE "/operations", .at = MP_ARM_LIST, .scopes = ON, .handler = mp_arm_operations_list },
    { .method = MP_GET, .type = TYPE "/operations", .at = MP_ARM_ITEM, .scopes = ON, .handler = mp_arm_operation_get },
    { .type = NULL },
};
