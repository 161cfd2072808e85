/* SPDX-License-Identifier: Apache-2.0 */
/* Errors and headers as Azure Resource Manager has them (arm-api, sections 1 and 3). */
#include "arm_internal.h"

#include "config.h"
#include "secret.h"

/* What a failure is called that no handler named. */
static const char *code_name(const mp_http_request *request, unsigned status, mp_code code)
{
    const mp_guarded *g = request->who;
    static const struct {
        unsigned    status;
        const char *name;
    } names[] = {
        { 400, "InvalidRequestContent" }, { 403, "AuthorizationFailed" }, { 405, "MethodNotAllowed" },  { 409, "Conflict" },
        { 412, "PreconditionFailed" },    { 413, "RequestEntityTooLarge" }, { 414, "RequestUriTooLong" }, { 415, "UnsupportedMediaType" },
        { 422, "InvalidRequestContent" }, { 429, "TooManyRequests" },     { 503, "ServiceUnavailable" }, { 507, "InsufficientStorage" },
    };
    if (status == 401)
        return g && g->has_shown ? "InvalidAuthenticationToken" : "AuthenticationFailed";
    if (status == 404)
        return request->route && code == MP_MISSING ? "ResourceNotFound" : "NotFound";
    for (size_t i = 0; i < MP_COUNT(names); i++)
        if (names[i].status == status)
            return names[i].name;
    return "InternalServerError";
}

mp_str mp_arm_say(const mp_http_request *request, const char *id, const mp_str *args, size_t count)
{
    mp_buf b = MP_BUF_INIT;
    mp_say(&b, request->lang, id, args, count);
    mp_str text = b.failed ? MP_S("") : mp_arena_dup(request->arena, mp_buf_str(&b));
    mp_buf_free(&b);
    return text;
}

static mp_str message_of(mp_http_request *request, unsigned status, const mp_error *err)
{
    const mp_guarded *g = request->who;
    mp_buf            b = MP_BUF_INIT;
    if (status == 401)
        return mp_arm_say(request, g && g->has_shown ? "arm.invalid_token" : "arm.no_token", NULL, 0);
    if (g && g->is_lacking && err->code == MP_DENIED) {
        mp_str args[] = { g->who.name.len ? g->who.name : g->who.id, g->who.id, g->action, g->scope };
        return mp_arm_say(request, "arm.authorization_failed", args, MP_COUNT(args));
    }
    if (status == 500) {
        mp_str args[] = { mp_str_from(request->id) };
        return mp_arm_say(request, err->code == MP_DAMAGED ? "http.detail.damaged" : "http.detail.internal", args, 1);
    }
    mp_say_error(&b, request->lang, err);
    mp_str text = b.failed ? MP_S("") : mp_arena_dup(request->arena, mp_buf_str(&b));
    mp_buf_free(&b);
    return text;
}

bool mp_arm_is_lacking(const mp_arm_call *call, mp_code code)
{
    const mp_guarded *g = call->request->who;
    return code == MP_DENIED && g && g->is_lacking;
}

void mp_arm_told(mp_arm_fault *out, mp_arm_call *call, const mp_error *why)
{
    unsigned status = mp_http_status_of(why->code);
    *out = (mp_arm_fault){ .status = status == 422 ? 400 : status, .code = code_name(call->request, status, why->code) };
    if (call->fault.code && why->code != MP_NOMEM && !mp_arm_is_lacking(call, why->code))
        *out = call->fault;
    if (!out->message.len)
        out->message = message_of(call->request, out->status, why);
}

/* The authority that a token is to be had from; without a claims challenge, which clients would try to meet elsewhere. */
static void challenge(mp_http_request *request, mp_http_response *response)
{
    const mp_guarded *g = request->who;
    if (!g || !g->app)
        return;
    mp_str base = mp_arm_base(g->app, request);
    mp_str value = mp_arena_printf(
        request->arena, "Bearer authorization_uri=\"%.*s/%s\", error=\"invalid_token\", error_description=\"%s\"",
        MP_FMT(base), mp_access_tenant(g->app->access),
        g->has_shown ? "The access token is invalid."
                     : "The authentication failed because of missing 'Authorization' header.");
    if (value.ptr)
        mp_respond_header(response, MP_S("www-authenticate"), value);
}

static void arm_fail(mp_http_request *request, mp_http_response *response, const mp_error *err, mp_str pointer)
{
    const mp_arm_call  *call = request->route && request->route->face == &mp_face_arm ? mp_arm_call_of(request) : NULL;
    const mp_guarded   *g = request->who;
    const mp_arm_fault *fault = call && call->fault.code ? &call->fault : NULL;
    mp_jsonw            w;
    (void)pointer;
    if (fault && response->status != 413 && err->code != MP_NOMEM && !(g && g->is_lacking && err->code == MP_DENIED))
        response->status = fault->status;
    else
        fault = NULL;
    if (response->status == 422)
        response->status = 400;
    unsigned status = response->status;
    mp_jsonw_init(&w, request->arena);
    mp_jsonw_object(&w);
    mp_jsonw_key(&w, MP_S("error"));
    mp_jsonw_object(&w);
    mp_arm_put(&w, "code", mp_str_from(fault ? fault->code : code_name(request, status, err->code)));
    mp_arm_put(&w, "message", fault && fault->message.len ? fault->message : message_of(request, status, err));
    if (fault && fault->target.len)
        mp_arm_put(&w, "target", fault->target);
    if (fault && fault->details) {
        mp_jsonw_put_value(&w, "details", fault->details);
    }
    if (fault && fault->additional) {
        mp_jsonw_put_value(&w, "additionalInfo", fault->additional);
    }
    mp_jsonw_end(&w);
    mp_jsonw_end(&w);
    if (mp_respond_json(request, response, status, mp_jsonw_done(&w), NULL) != MP_OK) {
        response->body = MP_S("{\"error\":{\"code\":\"ServiceUnavailable\",\"message\":\"memory is short\"}}");
        response->content_type = "application/json";
    }
    if (status == 401)
        challenge(request, response);
    if (status == 405 && call && call->allow.len)
        mp_respond_header(response, MP_S("allow"), call->allow);
    if ((status == 429 || status == 503) && g && g->retry_seconds) {
        mp_str seconds = mp_arena_printf(request->arena, "%u", g->retry_seconds);
        mp_respond_header(response, MP_S("retry-after"), seconds.ptr ? seconds : MP_S("1"));
    }
}

/* What the rate that is set lets one client do within an hour, as Azure counts it. */
static void say_remaining(mp_http_request *request, mp_http_response *response)
{
    const mp_guarded *g = request->who;
    bool              is_read = request->method == MP_GET || request->method == MP_HEAD;
    if (!g || !g->app)
        return;
    mp_str text = mp_arena_printf(request->arena, "%lld",
                                  (long long)mp_config_number(g->app->config, MP_SET_RATE_IDENTITY) * 3600);
    if (text.ptr)
        mp_respond_header(response,
                          is_read ? MP_S("x-ms-ratelimit-remaining-subscription-reads")
                                  : MP_S("x-ms-ratelimit-remaining-subscription-writes"),
                          text);
}

static void arm_finish(mp_http_request *request, mp_http_response *response)
{
    mp_str correlation = mp_http_header(request, MP_S("x-ms-correlation-request-id")),
           client = mp_http_header(request, MP_S("x-ms-client-request-id"));
    char   now[MP_CLOCK_SHORT];
    mp_clock_format_short(now, request->started);
    mp_str routing = mp_arena_printf(request->arena, "MAPAE:%s:%s", now, request->id);
    mp_respond_header(response, MP_S("cache-control"), MP_S("no-cache"));
    mp_respond_header(response, MP_S("x-ms-correlation-request-id"),
                      mp_is_guid(correlation) ? correlation : mp_str_from(request->id));
    if (routing.ptr)
        mp_respond_header(response, MP_S("x-ms-routing-request-id"), routing);
    if (client.len && client.len <= 100 &&
        mp_str_eq_fold(mp_http_header(request, MP_S("x-ms-return-client-request-id")), MP_S("true")))
        mp_respond_header(response, MP_S("x-ms-client-request-id"), client);
    say_remaining(request, response);
}

const mp_face mp_face_arm = { .name = "arm", .fail = arm_fail, .finish = arm_finish };
