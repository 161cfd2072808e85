/* SPDX-License-Identifier: Apache-2.0 */
#include "guard.h"

#include "rbac.h"
#include "settle.h"

/* The order of questions: who is it; is the request his own doing (CSRF); is his sign-in complete; may he;
 * and is he sure enough for what he may. Nothing of the body was read by then. */

/* ---- who ---- */

static mp_code who_is_local(mp_guarded *g, const mp_app *app, mp_http_request *request, mp_error *err)
{
    mp_str uid = mp_arena_printf(request->arena, "%llu", (unsigned long long)app->local_uid);
    if (!uid.ptr)
        return mp_no_memory(err);
    g->who = (mp_who){ .kind = MP_WHO_LOCAL, .id = uid, .name = MP_S("local"), .is_strong = true };
    return MP_OK;
}

/* What stands behind "Bearer ", or an empty slice. */
static mp_str bearer_of(const mp_http_request *request)
{
    mp_str value = mp_http_header(request, MP_S("Authorization")), scheme = MP_S("Bearer ");
    return mp_str_starts_fold(value, scheme) ? mp_str_trim(mp_str_skip(value, scheme.len)) : mp_str_of(NULL, 0);
}

#define COOKIE MP_S("__Host-mapae")

mp_str mp_guard_shown(const mp_http_request *request)
{
    mp_str token = bearer_of(request);
    return token.len ? token : mp_http_cookie(request, COOKIE);
}

mp_code mp_guard_identify(mp_guarded *g, mp_app *app, mp_http_request *request, mp_ticks now, mp_error *err)
{
    if (request->is_local)
        return who_is_local(g, app, request, err);
    mp_str token = bearer_of(request);
    if (token.len) {
        g->has_shown = true;
        return mp_token_who(&g->who, &g->fault, app->access, token, now, request->arena, err);
    }
    mp_str cookie = mp_http_cookie(request, COOKIE);
    if (cookie.len) {
        g->has_shown = true;
        MP_TRY(mp_session_who(&g->who, app->access, cookie, now, request->arena, err));
        g->who.by_cookie = true;
    }
    return MP_OK;
}

/* ---- his own doing ---- */

static bool is_change(mp_method method) { return method != MP_GET && method != MP_HEAD && method != MP_OPTIONS; }

/* An origin is ours when it is BASE, or the host that this very request was sent to. */
static bool is_own_origin(const mp_app *app, const mp_http_request *request, mp_str origin)
{
    if (mp_str_eq_fold(origin, mp_str_from(app->base)))
        return true;
    mp_str host = mp_http_header(request, MP_S("Host")), scheme = MP_S("https://");
    return host.len && mp_str_starts_fold(origin, scheme) && mp_str_eq_fold(mp_str_skip(origin, scheme.len), host);
}

/* A page of somebody else can make a browser send a request with our cookie; it cannot hide where it stands,
 * and it cannot read our token. */
static mp_code check_origin(const mp_app *app, const mp_http_request *request, mp_error *err)
{
    mp_str site = mp_http_header(request, MP_S("Sec-Fetch-Site")), origin = mp_http_header(request, MP_S("Origin"));
    if (site.len && !mp_str_eq_fold(site, MP_S("same-origin")) && !mp_str_eq_fold(site, MP_S("none")))
        return mp_fail(err, MP_DENIED, MP_NOWHERE, "this request comes from a page of another site");
    if (origin.len && !is_own_origin(app, request, origin))
        return mp_fail(err, MP_DENIED, MP_NOWHERE, "this request comes from a page of another site");
    return MP_OK;
}

static mp_code check_own_doing(mp_app *app, const mp_http_request *request, const mp_guarded *g, mp_error *err)
{
    if (!is_change(request->method) || request->is_local)
        return MP_OK;
    bool is_anyone = strcmp(request->route->action, MP_ANYONE) == 0;
    if (g->who.by_cookie || (is_anyone && !request->route->is_form))
        MP_TRY(check_origin(app, request, err));
    if (!g->who.by_cookie || is_anyone)
        return MP_OK;
    mp_str token = mp_http_header(request, MP_S("X-CSRF-Token"));
    if (!mp_session_csrf_ok(app->access, &g->who, token))
        return mp_fail(err, MP_DENIED, MP_NOWHERE,
                       "a change with a session's cookie needs the session's token in X-CSRF-Token");
    return MP_OK;
}

/* ---- half-made sessions ---- */

enum { STEP_PASSWORD = 1, STEP_FACTOR = 2, STEP_ENROLL = 4, STEP_ANY = 7 };

/* What finishes a sign-in. The second factor that is asked for cannot be set up in its place: that is another step. */
static const struct {
    mp_method   method;
    const char *path;
    unsigned    steps;
} finishing[] = {
    { MP_GET, "/api/v1/me", STEP_ANY },
    { MP_POST, "/api/v1/sign-out", STEP_ANY },
    { MP_POST, "/api/v1/me/password", STEP_PASSWORD },
    { MP_GET, "/api/v1/me/factors", STEP_ENROLL },
    { MP_POST, "/api/v1/me/totp", STEP_ENROLL },
    { MP_POST, "/api/v1/me/totp/confirm", STEP_ENROLL },
    { MP_POST, "/api/v1/me/passkeys", STEP_ENROLL },
    { MP_POST, "/api/v1/me/passkeys/confirm", STEP_ENROLL },
};

static unsigned step_of(mp_str limited_to)
{
    return mp_str_eq(limited_to, MP_S("password")) ? STEP_PASSWORD
           : mp_str_eq(limited_to, MP_S("enroll")) ? STEP_ENROLL
                                                   : STEP_FACTOR;
}

static unsigned steps_of_route(const mp_route *route)
{
    for (size_t i = 0; i < MP_COUNT(finishing); i++)
        if (finishing[i].method == route->method && strcmp(finishing[i].path, route->path) == 0)
            return finishing[i].steps;
    return 0;
}

static mp_code check_is_whole(const mp_http_request *request, const mp_guarded *g, mp_error *err)
{
    if (g->who.limited_to.len == 0 || (steps_of_route(request->route) & step_of(g->who.limited_to)))
        return MP_OK;
    return mp_fail(err, MP_DENIED, MP_NOWHERE, "this sign-in is not finished: what is missing is \"%.*s\"",
                   MP_FMT(g->who.limited_to));
}

/* ---- sure enough ---- */

/* Whoever can give rights away must have shown a second factor before he changes anything, or sees what is
 * noted. A token of his is as good: it takes one to make it (routes_me.c). */
static mp_code check_is_strong(mp_app *app, const mp_http_request *request, const mp_guarded *g, mp_ticks now,
                               mp_error *err)
{
    const mp_who *who = &g->who;
    if (who->kind != MP_WHO_USER || !who->by_cookie || who->is_strong ||
        !mp_config_flag(app->config, MP_SET_SIGN_IN_FACTOR_REQUIRED))
        return MP_OK;
    if ((!is_change(request->method) && !request->route->is_noted) || steps_of_route(request->route))
        return MP_OK;
    if (!mp_may(app->access, who, MP_S("Mapae.Access/assignments/write"), MP_S("/"), false, now))
        return MP_OK;
    return mp_fail(err, MP_DENIED, MP_NOWHERE, "administrators need a sign-in with a second factor for this");
}

/* ---- may he ---- */

static mp_str value_of(const mp_http_request *request, mp_str name)
{
    char text[64];
    if (name.len && name.ptr[0] == '?')
        return mp_http_query(request, mp_str_skip(name, 1));
    if (name.len >= sizeof text)
        return mp_str_of(NULL, 0);
    memcpy(text, name.ptr, name.len);
    text[name.len] = '\0';
    return mp_http_param(request, text);
}

/* Folded, since scopes are compared without case. A query that is absent leaves the installation. */
static mp_code resolve(mp_str *out, const mp_http_request *request, mp_str scope, mp_error *err)
{
    mp_buf b = MP_BUF_INIT;
    while (scope.len) {
        size_t open = mp_str_find(scope, '{'), plain = open == SIZE_MAX ? scope.len : open;
        mp_buf_add(&b, mp_str_of(scope.ptr, plain));
        scope = mp_str_skip(scope, plain);
        size_t close = mp_str_find(scope, '}');
        if (close == SIZE_MAX)
            break;
        mp_str name = mp_str_of(scope.ptr + 1, close - 1), value = value_of(request, name);
        /* "%2F" in a segment: a scope that is not the path's */
        if (name.ptr[0] != '?' && mp_str_find(value, '/') != SIZE_MAX) {
            mp_buf_free(&b);
            return mp_fail(err, MP_MISSING, MP_NOWHERE, "a name in the path holds a slash");
        }
        mp_buf_add(&b, value);
        scope = mp_str_skip(scope, close + 1);
    }
    if (b.len == 0)
        mp_buf_add_c(&b, '/');
    *out = mp_arena_lower(request->arena, mp_buf_str(&b));
    mp_code code = mp_buf_check(&b, err);
    mp_buf_free(&b);
    if (code == MP_OK && !out->ptr)
        return mp_no_memory(err);
    return code;
}

/* "{body.scope}", "{assignment.scope}": a dot is in no name of a path or query. */
static bool is_left_open(const char *scope) { return scope && scope[0] == '{' && strchr(scope, '.'); }

static bool may(mp_app *app, const mp_who *who, mp_str action, mp_str scope)
{
    return mp_may(app->access, who, action, scope, false, mp_clock_now());
}

static mp_code refuse(mp_str action, mp_str scope, mp_error *err)
{
    return mp_fail(err, MP_DENIED, MP_NOWHERE, "who asks may not do %.*s on %.*s", MP_FMT(action), MP_FMT(scope));
}

static mp_code lacks(mp_guarded *g, mp_str action, mp_str scope, mp_error *err)
{
    g->is_lacking = true; /* the leaf tells what was missing */
    g->action = action;
    g->scope = scope;
    return refuse(g->action, g->scope, err);
}

static mp_code ask_for(mp_app *app, mp_http_request *request, mp_str wanted, mp_str scope, mp_error *err)
{
    mp_guarded *g = mp_guarded_of(request);
    g->is_open = false;
    g->scope = scope.len ? scope : MP_S("/");
    return may(app, &g->who, wanted, g->scope) ? mp_guard_note(request, wanted, g->scope, err)
                                               : lacks(g, wanted, g->scope, err);
}

/* ---- once more, within the write ---- */

mp_code mp_guard_note(mp_http_request *request, mp_str action, mp_str on, mp_error *err)
{
    mp_guarded *g = mp_guarded_of(request);
    if (!is_change(request->method))
        return MP_OK;
    mp_granted *granted = MP_ARENA_NEW(request->arena, mp_granted);
    if (!granted)
        return mp_no_memory(err);
    *granted = (mp_granted){ g->granted, mp_arena_dup(request->arena, action), mp_arena_dup(request->arena, on) };
    if (!granted->action.ptr || !granted->on.ptr)
        return mp_no_memory(err);
    g->granted = granted;
    return MP_OK;
}

static mp_code check_granted(mp_app *app, mp_http_request *request, const mp_granted *granted, mp_error *err)
{
    mp_guarded *g = mp_guarded_of(request);
    mp_ticks    now = mp_clock_now();
    if (granted->action.len)
        return may(app, &g->who, granted->action, granted->on) ? MP_OK : lacks(g, granted->action, granted->on, err);
    mp_code code = granted->on.len ? mp_outranks(app->access, &g->who, granted->on, now, err)
                                   : mp_outranks_all(app->access, &g->who, now, err);
    g->is_lacking = g->is_lacking || code == MP_DENIED;
    return code;
}

mp_code mp_guard_still(mp_app *app, mp_http_request *request, mp_error *err)
{
    for (const mp_granted *granted = mp_guarded_of(request)->granted; granted; granted = granted->before)
        MP_TRY(check_granted(app, request, granted, err));
    return MP_OK;
}

mp_code mp_app_refuse(const mp_http_request *request, mp_str scope, mp_error *err)
{
    return refuse(mp_str_from(request->route->action), scope, err);
}

mp_code mp_app_require(mp_app *app, mp_http_request *request, const char *action, mp_str scope, mp_error *err)
{
    return ask_for(app, request, mp_str_from(action ? action : request->route->action), scope, err);
}

bool mp_app_may(mp_app *app, const mp_http_request *request, const char *action, mp_str scope)
{
    return may(app, &mp_guarded_of(request)->who, mp_str_from(action), scope);
}

/* Of a route that works out itself what is to be asked. */
static mp_code check_asked(mp_app *app, mp_http_request *request, mp_guarded *g, mp_error *err)
{
    mp_str action, scope;
    MP_TRY(request->route->ask(app, request, &action, &scope, err));
    g->action = action;
    if (mp_str_eq(action, MP_S(MP_SIGNED_IN)))
        return MP_OK;
    return ask_for(app, request, action, scope, err);
}

static mp_code check_right(mp_app *app, mp_http_request *request, mp_guarded *g, mp_error *err)
{
    const mp_route *route = request->route;
    if (strcmp(route->action, MP_SIGNED_IN) == 0)
        return MP_OK;
    if (route->ask)
        return check_asked(app, request, g, err);
    if (is_left_open(route->scope)) {
        g->is_open = true;
        return MP_OK;
    }
    mp_str scope;
    MP_TRY(resolve(&scope, request, route->scope ? mp_str_from(route->scope) : MP_S("/"), err));
    return mp_app_require(app, request, NULL, scope, err);
}

/* ---- together ---- */

/* Monitoring that cannot sign in is let at the numbers when the setting says so. */
static bool is_for_anyone(const mp_app *app, const mp_route *route)
{
    return strcmp(route->action, MP_ANYONE) == 0 ||
           (strcmp(route->path, "/metrics") == 0 && mp_config_flag(app->config, MP_SET_METRICS_PUBLIC));
}

static mp_code give(mp_error *err, const mp_error *found)
{
    if (err)
        *err = *found;
    return found->code;
}

static mp_code admit(void *ctx, mp_http_request *request, unsigned *retry_seconds, mp_error *err)
{
    (void)retry_seconds; /* rates are the server's */
    mp_app     *app = ctx;
    mp_ticks    now = mp_clock_now();
    mp_guarded *g = MP_ARENA_NEW(request->arena, mp_guarded);
    if (!g)
        return mp_no_memory(err);
    request->who = g;
    g->app = app;
    g->action = mp_str_from(request->route->action);
    if (request->route->is_quick)
        /* answered on the thread of the sockets, where nothing may wait for a store: nobody is asked who
         * he is */
        return MP_OK;
    mp_error shown = { .code = MP_OK };
    mp_code  code = mp_guard_identify(g, app, request, now, &shown);
    if (code != MP_OK && code != MP_CREDENTIALS)
        return give(err, &shown);
    if (is_for_anyone(app, request->route)) {
        if (code == MP_CREDENTIALS &&
            g->fault != MP_TOKEN_OK) /* needed for nothing here, and forged all the same; cookies just end */
            MP_TRY(mp_settle_shown(app, request, &shown, err));
        return check_own_doing(app, request, g, err);
    }
    if (code != MP_OK)
        return give(err, &shown);
    if (g->who.kind == MP_WHO_NOBODY)
        return mp_fail(err, MP_CREDENTIALS, MP_NOWHERE, "this needs a sign-in: found neither a session nor a token");
    MP_TRY(check_own_doing(app, request, g, err));
    MP_TRY(check_is_whole(request, g, err));
    MP_TRY(check_right(app, request, g, err));
    return check_is_strong(app, request, g, now, err);
}

static mp_str identity(void *ctx, const mp_http_request *request)
{
    (void)ctx;
    return request->who ? mp_guarded_of(request)->who.id : mp_str_of(NULL, 0);
}

const mp_guard mp_app_guard = { .admit = admit, .identity = identity, .settle = mp_settle };
