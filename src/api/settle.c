/* SPDX-License-Identifier: Apache-2.0 */
#include "settle.h"

#include "refusals.h"
#include "text.h"

/* ---- what a leaf says ---- */

/* A leaf stands for ever and in clear: of a path only what cannot name a person goes into it (path_shown.c),
 * and the name of a thing only when the request was done: then it is one of ours. The rest is sealed. A scope
 * is told apart in the same way. */
static bool is_plain_scope(mp_str scope)
{
    static const char *const words[] = { "subscriptions", "resourcegroups", "providers", "managementgroups",
                                         "microsoft.management" };
    while (mp_str_starts(scope, MP_S("/"))) {
        scope = mp_str_skip(scope, 1);
        size_t end = mp_str_find(scope, '/');
        mp_str segment = mp_str_of(scope.ptr, end == SIZE_MAX ? scope.len : end);
        bool   is_fine = segment.len == 0 || mp_http_is_plain(segment);
        for (size_t i = 0; i < MP_COUNT(words) && !is_fine; i++)
            is_fine = mp_str_eq_fold(segment, mp_str_from(words[i]));
        if (!is_fine)
            return false;
        scope = mp_str_skip(scope, segment.len);
    }
    return scope.len == 0;
}

static void seal(mp_jsonw *w, mp_str name, mp_str value)
{
    if (!name.ptr || !value.len || value.len > MP_LEAF_STRING_MAX || !mp_utf8_valid(value))
        return;
    mp_jsonw_key(w, name);
    mp_jsonw_str(w, value);
}

/* Those of the route's {names} that the leaf does not show. */
static void seal_params(mp_jsonw *w, const mp_http_request *request, bool is_done)
{
    mp_str path = mp_str_from(request->route->path);
    for (size_t n = 0; n < MP_PARAMS_MAX; n++) {
        size_t open = mp_str_find(path, '{'), close = mp_str_find(path, '}');
        if (open == SIZE_MAX || close == SIZE_MAX)
            return;
        mp_str name = mp_str_of(path.ptr + open + 1, close - open - 1);
        if (!mp_http_param_is_shown(name, request->params[n], is_done))
            seal(w, mp_arena_printf(request->arena, "path.%.*s", MP_FMT(name)), request->params[n]);
        path = mp_str_skip(path, close + 1);
    }
}

/* Of a path that no route has: all of it. */
static const mp_json *sealed_of(const mp_http_request *request, bool is_done)
{
    const mp_guarded *g = request->who;
    mp_jsonw          w;
    mp_jsonw_init(&w, request->arena);
    mp_jsonw_object(&w);
    if (request->route)
        seal_params(&w, request, is_done);
    else
        seal(&w, MP_S("path"), mp_str_of(request->path.ptr, request->path.len > 200 ? 200 : request->path.len));
    if (g && g->is_lacking && !is_plain_scope(g->scope))
        seal(&w, MP_S("scope"), g->scope);
    mp_jsonw_end(&w);
    const mp_json *sealed = mp_jsonw_done(&w);
    return sealed && sealed->count ? sealed : NULL;
}

static const char *fault_name(mp_token_fault fault)
{
    static const char *const names[] = {
        [MP_TOKEN_MALFORMED] = "malformed", [MP_TOKEN_FORGED] = "forged",     [MP_TOKEN_EXPIRED] = "expired",
        [MP_TOKEN_AUDIENCE] = "audience",   [MP_TOKEN_REVOKED] = "revoked",
    };
    return (size_t)fault < MP_COUNT(names) ? names[fault] : NULL;
}

/* What was wanting: the scope that a right was missing on, or what is wrong with a token. */
static const mp_json *detail_of(const mp_http_request *request)
{
    const mp_guarded *g = request->who;
    if (!g)
        return NULL;
    const char *fault = fault_name(g->fault);
    bool        has_scope = g->is_lacking && g->scope.len && is_plain_scope(g->scope);
    if (!fault && !has_scope)
        return NULL;
    mp_jsonw w;
    mp_jsonw_init(&w, request->arena);
    mp_jsonw_object(&w);
    if (fault)
        mp_jsonw_put_str(&w, "token", mp_str_from(fault));
    if (has_scope)
        mp_jsonw_put_str(&w, "scope", g->scope);
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

/* Routes for anyone and for whoever is signed in ask for no action: the leaf names what they do by method and path. */
static mp_str action_of(const mp_http_request *request)
{
    if (!request->route)
        return MP_S("Mapae.Http/unknown");
    const mp_guarded *g = request->who;
    mp_str            action = g && g->action.len ? g->action : mp_str_from(request->route->action);
    if (!mp_str_eq(action, mp_str_from(MP_ANYONE)) && !mp_str_eq(action, mp_str_from(MP_SIGNED_IN)))
        return action;
    static const char *const verbs[MP_METHOD_COUNT] = {
        [MP_GET] = "read", [MP_HEAD] = "read", [MP_POST] = "action", [MP_PUT] = "write", [MP_PATCH] = "write",
        [MP_DELETE] = "delete", [MP_OPTIONS] = "read",
    };
    return mp_arena_printf(request->arena, "Mapae.Http/%s/%s", request->route->tag ? request->route->tag : "routes",
                           verbs[request->route->method]);
}

/* A handler that knows better says what it changed; of what was not done nobody knows that it is a thing of ours. */
static mp_str on_of(const mp_http_request *request, bool is_done)
{
    const mp_guarded *g = request->who;
    return is_done && g && g->on.len ? g->on : mp_http_path_shown(request, is_done);
}

mp_code mp_leaf_of(mp_leaf *out, mp_http_request *request, mp_outcome outcome, mp_error *err)
{
    const mp_who *who = request->who;
    mp_who_kind   kind = who ? who->kind : MP_WHO_NOBODY;
    *out = (mp_leaf){
        .actor_kind = mp_str_from(mp_who_kind_name(kind)),
        .actor = who ? who->id : mp_str_of(NULL, 0),
        .session = who ? who->session : mp_str_of(NULL, 0),
        .from = request->client,
        .action = action_of(request),
        .on = on_of(request, outcome == MP_OUTCOME_DONE),
        .outcome = outcome,
        .request = mp_str_of(request->id, 36),
        .sealed = sealed_of(request, outcome == MP_OUTCOME_DONE),
    };
    if (!out->action.ptr || !out->on.ptr)
        return mp_no_memory(err);
    return MP_OK;
}

/* ---- when one is written ---- */

static bool is_refusal(mp_code code) { return code == MP_CREDENTIALS || code == MP_DENIED || code == MP_BUSY; }

static mp_code note(mp_app *app, mp_http_request *request, mp_outcome outcome, unsigned status, mp_code why,
                    mp_error *err)
{
    if (outcome != MP_OUTCOME_DONE && !mp_refusals_count(app->refusals, request->client, mp_clock_now()))
        return MP_OK;
    mp_leaf leaf;
    MP_TRY(mp_leaf_of(&leaf, request, outcome, err));
    leaf.status = (int)status;
    if (outcome != MP_OUTCOME_DONE) {
        leaf.reason = mp_str_from(mp_code_name(why));
        leaf.detail = detail_of(request);
    }
    return mp_ledger_note(app->ledger, &leaf, err);
}

/* A path that no route has concerns nobody, unless somebody shows credentials there. */
static bool shows_credentials(mp_app *app, mp_http_request *request)
{
    if (request->who)
        return true;
    mp_guarded *g = MP_ARENA_NEW(request->arena, mp_guarded);
    if (!g || mp_guard_identify(g, app, request, mp_clock_now(), NULL) == MP_NOMEM)
        return false;
    request->who = g;
    return g->has_shown || request->is_local;
}

static bool is_change(mp_method method) { return method != MP_GET && method != MP_HEAD && method != MP_OPTIONS; }

mp_code mp_settle(void *ctx, mp_http_request *request, mp_http_response *response, const mp_error *ended, mp_error *err)
{
    mp_app           *app = ctx;
    const mp_route   *route = request->route;
    const mp_guarded *g = request->who;
    bool              is_kept = is_change(request->method) || (route && route->is_noted);
    if (ended->code == MP_OK && g && g->is_open)
        return mp_fail(err, MP_INTERNAL, MP_NOWHERE, "a route did not say on what scope it works: %s", route->path);
    if (response->is_noted)
        return MP_OK;
    if (ended->code == MP_OK) {
        if (!is_kept)
            return MP_OK;
        MP_TRY(note(app, request, MP_OUTCOME_DONE, response->status, MP_OK, err));
    } else {
        if (!route && !shows_credentials(app, request))
            return MP_OK;
        if (route && !is_kept && !is_refusal(ended->code))
            return MP_OK;
        mp_outcome outcome = is_refusal(ended->code) ? MP_OUTCOME_REFUSED : MP_OUTCOME_FAILED;
        MP_TRY(note(app, request, outcome, response->status, ended->code, err));
    }
    response->is_noted = true;
    return MP_OK;
}

mp_code mp_settle_shown(mp_app *app, mp_http_request *request, const mp_error *shown, mp_error *err)
{
    return note(app, request, MP_OUTCOME_REFUSED, 0, shown->code, err);
}

/* ---- sums ---- */

static void add_time(mp_jsonw *w, mp_str name, mp_ticks t, char text[MP_CLOCK_SHORT])
{
    mp_clock_format_short(text, t);
    mp_jsonw_key(w, name);
    mp_jsonw_str(w, mp_str_from(text));
}

static mp_code note_sum(void *ctx, const mp_refusal_sum *sum, mp_error *err)
{
    mp_app  *app = ctx;
    mp_arena arena = MP_ARENA_INIT;
    char     first[MP_CLOCK_SHORT], last[MP_CLOCK_SHORT];
    mp_jsonw w;
    mp_jsonw_init(&w, &arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_int(&w, "refusals", (int64_t)sum->count);
    add_time(&w, MP_S("first"), sum->first, first);
    add_time(&w, MP_S("last"), sum->last, last);
    mp_jsonw_end(&w);
    mp_leaf leaf = {
        .actor_kind = mp_str_from(mp_who_kind_name(MP_WHO_SYSTEM)),
        .from = sum->client,
        .action = MP_S("Mapae.Http/refusals/sum"),
        .on = MP_S("/"),
        .outcome = MP_OUTCOME_REFUSED,
        .reason = mp_str_from(mp_code_name(MP_BUSY)),
        .detail = mp_jsonw_done(&w),
    };
    mp_code code = leaf.detail ? mp_ledger_note(app->ledger, &leaf, err)
                               : mp_no_memory(err);
    mp_arena_free(&arena);
    return code;
}

mp_code mp_settle_sums(mp_app *app, mp_ticks now, bool all, mp_error *err)
{
    return mp_refusals_hand_over(app->refusals, now, all, note_sum, app, err);
}
