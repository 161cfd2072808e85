/* SPDX-License-Identifier: Apache-2.0 */
/* A request within a request: what a template asks for is asked of this face as if the client had sent it by itself. So a template can do what its sender could do, and nothing
 * else: there is one way to write each kind of thing.
 *
 * The one within has a copy of who asks, since what is lacking is noted there, and none of the headers: conditions of the request around it are not its own. */
#include "arm_internal.h"

/* Whatever a name holds, the router reads it as it is. */
static mp_str target_of(mp_arena *arena, mp_str id)
{
    mp_buf b = MP_BUF_INIT;
    for (size_t i = 0; i < id.len; i++) {
        unsigned char c = (unsigned char)id.ptr[i];
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("/-._~", c)))
            mp_buf_add_c(&b, (char)c);
        else
            mp_buf_printf(&b, "%%%02X", c);
    }
    mp_str target = b.failed ? mp_str_of(NULL, 0) : mp_arena_dup(arena, mp_buf_str(&b));
    mp_buf_free(&b);
    return target;
}

/* NULL when memory is short. */
static mp_arm_call *make(mp_arm_call *around, const mp_arm_inner *what)
{
    mp_arena         *arena = around->request->arena;
    mp_arm_call      *call = MP_ARENA_NEW(arena, mp_arm_call);
    mp_http_request  *request = MP_ARENA_NEW(arena, mp_http_request);
    mp_http_response *response = MP_ARENA_NEW(arena, mp_http_response);
    mp_guarded       *who = MP_ARENA_NEW(arena, mp_guarded);
    mp_pair          *query = MP_ARENA_NEW(arena, mp_pair);
    mp_str            target = target_of(arena, what->id);
    if (!call || !request || !response || !who || !query || !target.ptr)
        return NULL;
    *who = *mp_guarded_of(around->request);
    who->is_lacking = false;
    who->on = mp_str_of(NULL, 0);
    *query = (mp_pair){ MP_S("api-version"), mp_arm_is_version(what->api_version) ? what->api_version : around->api_version };
    const mp_http_request *asked = around->request;
    *request = (mp_http_request){ .method = what->method, .target = target, .path = what->id, .query = query, .query_count = 1, .client = asked->client,
                                  .is_local = asked->is_local, .is_secure = asked->is_secure, .started = asked->started, .lang = asked->lang, .arena = arena, .who = who,
                                  .stream = call };
    memcpy(request->id, asked->id, sizeof request->id);
    *response = (mp_http_response){ .status = 200 };
    *call = (mp_arm_call){ .app = around->app, .compliance = around->compliance, .request = request, .response = response, .api_version = query->value, .body = what->body,
                           .client_base = around->client_base, .is_inner = true, .is_trial = what->is_trial, .drafts = what->drafts };
    return call;
}

/* As the guard does, of what ids name: items of this face. */
static mp_code admit(mp_arm_call *call, mp_error *err)
{
    mp_str   allowed, action, scope;
    mp_error why = { .code = MP_OK };
    mp_code  code = mp_router_match(&allowed, call->app->router, call->request, &why);
    if (code == MP_NOMEM)
        return mp_arm_nomem(err);
    if (code != MP_OK || call->request->route->face != &mp_face_arm)
        return MP_ARM_FAIL(call, 404, "NotFound", err, "there is nothing at this path");
    MP_TRY(mp_arm_find(call, &action, &scope, err));
    if (call->at != MP_ARM_ITEM)
        return MP_ARM_FAIL(call, 404, "NotFound", err, "there is nothing at this path");
    mp_guarded_of(call->request)->action = action;
    if (mp_str_eq(action, MP_S(MP_SIGNED_IN)))
        return MP_OK;
    const char *wanted = mp_arena_printf(call->request->arena, "%.*s", MP_FMT(action)).ptr;
    return wanted ? mp_app_require(call->app, call->request, wanted, scope, err) : mp_arm_nomem(err);
}

static mp_code perform(mp_arm_call *call, const mp_arm_inner *what, mp_error *err)
{
    mp_error why = { .code = MP_OK };
    MP_TRY(admit(call, err));
    if (what->only_asks)
        return MP_OK;
    if (call->route->is_lenient) /* deployments within deployments are the template's to work out */
        return MP_ARM_FAIL(call, 400, "InvalidTemplate", err, "A deployment cannot be made in this way; nest its template.");
    mp_code code = call->route->handler(call, &why);
    if (code != MP_OK && err)
        *err = why;
    return code;
}

mp_code mp_arm_within(mp_arm_call **out, mp_arm_call *around, const mp_arm_inner *what, mp_error *err)
{
    *out = make(around, what);
    return *out ? perform(*out, what, err) : mp_arm_nomem(err);
}

mp_code mp_arm_pass_on(mp_arm_call *call, mp_arm_call *inner, const mp_error *why, mp_error *err)
{
    if (inner && mp_arm_is_lacking(inner, why->code)) {
        const mp_guarded *g = mp_guarded_of(inner->request);
        const char       *action = mp_arena_printf(call->request->arena, "%.*s", MP_FMT(g->action)).ptr;
        MP_TRY(action ? mp_arm_require(call, action, g->scope, err) : mp_arm_nomem(err));
        return MP_ARM_FAIL(call, 409, "Conflict", err, "somebody changed it in between"); /* the right was given meanwhile */
    }
    if (inner)
        call->fault = inner->fault;
    if (err)
        *err = *why;
    return why->code;
}
