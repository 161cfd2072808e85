/* SPDX-License-Identifier: Apache-2.0 */
/* Changes of resources: the gate decides and stores, this says it in ARM's words. */
#include "arm_internal.h"

typedef struct writing {
    mp_arm_call *call;
    mp_tx_fn     also;
    void        *also_arg;
    mp_tx_fn     fn; /* the gate's */
    void        *arg;
} writing;

static mp_code both(mp_tx *tx, void *arg, mp_error *err)
{
    writing *w = arg;
    MP_TRY(w->fn(tx, w->arg, err));
    return w->also ? w->also(tx, w->also_arg, err) : MP_OK;
}

static mp_code do_write(void *ctx, mp_tx_fn fn, void *arg, mp_error *err)
{
    writing *w = ctx;
    w->fn = fn;
    w->arg = arg;
    return mp_arm_write(w->call, both, w, err);
}

/* The claims of requestContext().identity. */
static const mp_json *identity_of(const mp_arm_call *call)
{
    const mp_who *who = mp_app_who(call->request);
    mp_str        id, kind;
    mp_jsonw      w;
    mp_arm_by(&id, &kind, call);
    mp_jsonw_init(&w, call->request->arena);
    mp_jsonw_object(&w);
    mp_arm_put(&w, "oid", id);
    mp_arm_put(&w, "tid", mp_arm_tenant(call));
    mp_arm_put(&w, "idtyp", who->kind == MP_WHO_PROGRAM ? MP_S("app") : MP_S("user"));
    if (who->app_id.len)
        mp_arm_put(&w, "appid", who->app_id);
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

/* ---- what went wrong ---- */

typedef struct checking {
    mp_arm_call    *call;
    const mp_place *place;
    bool            is_delete;
    mp_error        lock;
} checking;

static mp_code check_lock(mp_tx *tx, void *arg, mp_error *err)
{
    checking *c = arg;
    (void)err;
    mp_code code = mp_lock_check(tx, c->place->key, c->is_delete, c->call->request->arena, &c->lock);
    return code == MP_CONFLICT ? MP_OK : code;
}

mp_code mp_arm_locked(mp_arm_call *call, const mp_place *place, bool is_delete, mp_error *err)
{
    checking c = { .call = call, .place = place, .is_delete = is_delete, .lock = { .code = MP_OK } };
    MP_TRY(mp_arm_read(call, check_lock, &c, err));
    if (c.lock.code != MP_CONFLICT)
        return MP_OK;
    mp_str lock = c.lock.arg_count ? mp_str_of(c.lock.message + c.lock.args[0].at, c.lock.args[0].len) : MP_S("");
    size_t end = mp_str_find_fold(lock, MP_S("/providers/Microsoft.Authorization/locks/"));
    mp_buf b = MP_BUF_INIT;
    mp_str args[3] = { place->id, mp_str_of(lock.ptr, end == SIZE_MAX ? lock.len : end), lock };
    mp_say(&b, call->request->lang, is_delete ? "arm.scope_locked.delete" : "arm.scope_locked.write", args, MP_COUNT(args));
    mp_arm_fault fault = { .status = 409, .code = "ScopeLocked", .message = b.failed ? mp_str_of(NULL, 0) : mp_arena_dup(call->request->arena, mp_buf_str(&b)) };
    mp_buf_free(&b);
    return mp_arm_fail(call, &fault, err, "this scope is locked");
}

static bool is_conditional(const mp_arm_call *call)
{
    return mp_http_header(call->request, MP_S("If-Match")).len || mp_http_header(call->request, MP_S("If-None-Match")).len;
}

/* What was missing: the group, what the resource stands on, or it itself. */
static mp_code tell_missing(mp_arm_call *call, mp_gate_act act, const mp_place *place, mp_error *err)
{
    mp_place parent;
    if (act != MP_GATE_PUT && act != MP_GATE_TRY)
        return mp_arm_check_scope(call, place, true, err);
    MP_TRY(mp_place_of(&parent, place->parent, call->request->arena, err));
    MP_TRY(mp_arm_check_scope(call, &(mp_place){ .kind = MP_PLACE_GROUP, .subscription = parent.subscription, .group = parent.group, .group_key = parent.group_key }, true, err));
    return MP_ARM_FAIL(call, 404, "ParentResourceNotFound", err,
                       "Failed to perform 'write' on resource(s) of type '%.*s', because the parent resource '%.*s' could not be found.", MP_FMT(place->type), MP_FMT(parent.id));
}

static mp_code tell(const mp_gate_result *out, mp_arm_call *call, mp_gate_act act, const mp_place *place, const mp_error *why, mp_error *err)
{
    if (why->code == MP_DENIED && out->violations)
        return mp_arm_fail(call, &(mp_arm_fault){ .status = 403, .code = "RequestDisallowedByPolicy", .message = out->refusal, .target = place->name,
                                                  .additional = out->violations }, err, "Resource '%.*s' was disallowed by policy.", MP_FMT(place->name));
    if (why->code == MP_MISSING) {
        MP_TRY(tell_missing(call, act, place, err));
        return mp_arm_fault_as(call, 404, "ResourceNotFound", why, err); /* found after all: somebody made it since; the first answer stands */
    }
    if (why->code == MP_CONFLICT || why->code == MP_EXISTS) {
        MP_TRY(mp_arm_locked(call, place, act == MP_GATE_DELETE, err));
        return mp_arm_fault_as(call, is_conditional(call) ? 412 : 409, is_conditional(call) ? "PreconditionFailed" : "Conflict", why, err);
    }
    if (err)
        *err = *why;
    return why->code;
}

mp_code mp_arm_gate(mp_gate_result *out, mp_arm_call *call, mp_gate_act act, const mp_place *place, const mp_json *body, mp_tx_fn also, void *also_arg, mp_error *err)
{
    writing         w = { .call = call, .also = also, .also_arg = also_arg };
    mp_error        why = { .code = MP_OK };
    mp_gate_request request = { .act = act, .place = place, .body = body, .api_version = call->api_version, .identity = identity_of(call), .source = MP_S("api"),
                                .is_trial = call->is_trial, .write = do_write, .write_ctx = &w };
    mp_arm_by(&request.by, &request.by_kind, call);
    MP_TRY(mp_arm_check_scope(call, &(mp_place){ .kind = MP_PLACE_SUBSCRIPTION, .subscription = place->subscription }, true, err));
    MP_TRY(mp_http_expected(&request.expected, call->request, err));
    mp_code code = mp_gate_write(out, call->compliance, &request, call->request->arena, &why);
    if (code != MP_OK)
        return tell(out, call, act, place, &why, err);
    return call->is_trial ? mp_arm_locked(call, place, act == MP_GATE_DELETE, err) : MP_OK; /* else the write has asked */
}
