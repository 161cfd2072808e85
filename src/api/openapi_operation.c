/* SPDX-License-Identifier: Apache-2.0 */
#include "openapi_operation.h"

#include "faces.h"

static mp_str say(void *ctx, const char *id)
{
    return mp_message(*(const mp_lang *)ctx, id);
}

/* "content": the one media type, and its schema: NULL: {}, which is anything. */
static void write_content(mp_jsonw *w, mp_str type, const mp_json_shape *shape, mp_lang lang)
{
    mp_jsonw_key(w, MP_S("content"));
    mp_jsonw_object(w);
    mp_jsonw_key(w, type);
    mp_jsonw_object(w);
    mp_jsonw_key(w, MP_S("schema"));
    if (shape) {
        mp_json_shape_write(w, shape, say, &lang);
    } else {
        mp_jsonw_object(w);
        mp_jsonw_end(w);
    }
    mp_jsonw_end(w);
    mp_jsonw_end(w);
}

static bool is_change(const mp_route *route) { return route->method != MP_GET && route->method != MP_HEAD; }
static bool is_anyone(const mp_route *route) { return strcmp(route->action, MP_ANYONE) == 0; }

/* ---- errors ---- */

static const mp_property problem_members[] = {
    { "type", MP_TYPE_STRING, .is_required = true, .doc = "api.problem.type" },
    { "title", MP_TYPE_STRING, .is_required = true, .doc = "api.problem.title" },
    { "status", MP_TYPE_INTEGER, .is_required = true, .min = 400, .max = 599, .doc = "api.problem.status" },
    { "detail", MP_TYPE_STRING, .max = 65536, .doc = "api.problem.detail" },
    { "instance", MP_TYPE_STRING, .max = 65536, .doc = "api.problem.instance" },
    { "code", MP_TYPE_STRING, .is_required = true, .doc = "api.problem.code" },
    { "pointer", MP_TYPE_STRING, .max = 65536, .doc = "api.problem.pointer" },
    { "requestId", MP_TYPE_GUID, .is_required = true, .doc = "api.problem.requestId" },
};
static const mp_json_shape problem_shape = { .name = "Problem", .type = MP_TYPE_OBJECT, .is_open = true,
                                             .doc = "api.problem", MP_PROPERTIES(problem_members) };

static const mp_json_shape number_shape = { .type = MP_TYPE_INTEGER, .max = INT64_MAX, .doc = "api.oauth.errorCode" };
static const mp_property oauth_members[] = {
    { "error", MP_TYPE_STRING, .is_required = true, .doc = "api.oauth.error" },
    { "error_description", MP_TYPE_STRING, .is_required = true, .max = 65536, .doc = "api.oauth.errorDescription" },
    { "error_codes", MP_TYPE_ARRAY, .is_required = true, .shape = &number_shape, .doc = "api.oauth.errorCodes" },
    { "timestamp", MP_TYPE_STRING, .is_required = true, .doc = "api.oauth.timestamp" },
    { "trace_id", MP_TYPE_GUID, .is_required = true, .doc = "api.problem.requestId" },
    { "correlation_id", MP_TYPE_GUID, .is_required = true, .doc = "api.oauth.correlationId" },
};
static const mp_json_shape oauth_shape = { .name = "OAuthError", .type = MP_TYPE_OBJECT, .is_open = true,
                                           .doc = "api.oauth.errorAnswer", MP_PROPERTIES(oauth_members) };

const mp_json_shape *const mp_openapi_errors[MP_OPENAPI_ERRORS] = { &problem_shape, &oauth_shape };

/* Which statuses an operation may answer with, beside the one of success. */
enum { ALWAYS = 1, WITH_BODY = 2, WITH_CHANGE = 4 };
static const struct {
    unsigned status, when;
} failures[] = {
    { 400, ALWAYS }, { 401, ALWAYS },    { 403, ALWAYS },      { 404, ALWAYS },      { 409, WITH_CHANGE },
    { 412, WITH_CHANGE }, { 413, WITH_BODY }, { 414, ALWAYS }, { 415, WITH_BODY },   { 422, ALWAYS },
    { 429, ALWAYS },
    { 500, ALWAYS }, { 503, ALWAYS },    { 507, WITH_CHANGE },
};

static const char *response_name(const mp_face *face) { return face == &mp_face_oauth ? "OAuth" : "Problem"; }

static void write_failures(mp_jsonw *w, const mp_route *route, mp_arena *arena)
{
    unsigned when = ALWAYS | (route->body || route->stream || route->is_raw ? WITH_BODY : 0u) | (is_change(route) ? WITH_CHANGE : 0u);
    for (size_t i = 0; i < MP_COUNT(failures); i++) {
        if (!(failures[i].when & when))
            continue;
        mp_jsonw_key(w, mp_arena_printf(arena, "%u", failures[i].status));
        mp_jsonw_object(w);
        mp_jsonw_put_str(
            w, "$ref",
            mp_arena_printf(arena, "#/components/responses/%s%u", response_name(route->face), failures[i].status));
        mp_jsonw_end(w);
    }
}

static void write_type(mp_jsonw *w, const char *type)
{
    mp_jsonw_key(w, MP_S("schema"));
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "type", mp_str_from(type));
    mp_jsonw_end(w);
}

static void write_header(mp_jsonw *w, const char *name, mp_str doc, const char *type)
{
    mp_jsonw_key(w, mp_str_from(name));
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "description", doc);
    write_type(w, type);
    mp_jsonw_end(w);
}

static void write_failure(mp_jsonw *w, unsigned status, bool is_oauth, mp_lang lang, mp_arena *arena)
{
    mp_str number = mp_arena_printf(arena, "%u", status);
    mp_jsonw_key(w, mp_arena_printf(arena, "%s%u", is_oauth ? "OAuth" : "Problem", status));
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "description", mp_message_of(lang, "http.status.", number));
    if (status == 401 || status == 429 || status == 503) {
        mp_jsonw_key(w, MP_S("headers"));
        mp_jsonw_object(w);
        if (status == 401)
            write_header(w, "WWW-Authenticate", mp_message(lang, "api.header.challenge"), "string");
        else
            write_header(w, "Retry-After", mp_message(lang, "api.header.retryAfter"), "integer");
        mp_jsonw_end(w);
    }
    if (is_oauth)
        write_content(w, MP_S("application/json"), &oauth_shape, lang);
    else
        write_content(w, MP_S("application/problem+json"), &problem_shape, lang);
    mp_jsonw_end(w);
}

void mp_openapi_responses(mp_jsonw *w, mp_lang lang, mp_arena *arena)
{
    mp_jsonw_key(w, MP_S("responses"));
    mp_jsonw_object(w);
    for (size_t i = 0; i < MP_COUNT(failures); i++) {
        write_failure(w, failures[i].status, false, lang, arena);
        write_failure(w, failures[i].status, true, lang, arena);
    }
    mp_jsonw_end(w);
}

/* ---- success ---- */

/* What is no JSON says so here; the tables of routes say only shapes. */
static const struct {
    const char *path, *type;
} types[] = {
    { "/metrics", "application/openmetrics-text" },
    { "/api/v1/events", "text/event-stream" },
    { "/api/v1/ledger/checkpoint", "text/plain" },
    { "/api/v1/ledger/keys", "text/plain" },
    { "/api/v1/ledger/rotate", "text/plain" },
    { "/api/v1/ledger/packages", "application/x-tar" },
    { "/api/v1/backups", "application/zstd" },
    { "/api/docs", "text/html" },
    { "/sign-in", "text/html" },
    { "/setup", "text/html" },
    { "/account", "text/html" },
};

static mp_str type_of(const mp_route *route)
{
    for (size_t i = 0; i < MP_COUNT(types); i++)
        if (strcmp(types[i].path, route->path) == 0)
            return mp_str_from(types[i].type);
    return route->answer ? MP_S("application/json") : MP_S("*/*");
}

/* What has a version has an ETag. */
static bool has_version(const mp_json_shape *shape)
{
    for (size_t i = 0; shape && i < shape->member_count; i++)
        if (strcmp(shape->members[i].name, "version") == 0)
            return true;
    return false;
}

static const mp_route *get_of(const mp_router *router, const mp_route *route)
{
    for (size_t i = 0; mp_router_at(router, i); i++)
        if (mp_router_at(router, i)->method == MP_GET && strcmp(mp_router_at(router, i)->path, route->path) == 0)
            return mp_router_at(router, i);
    return NULL;
}

static void write_success(mp_jsonw *w, const mp_route *route, unsigned status, mp_lang lang, mp_arena *arena)
{
    mp_jsonw_key(w, mp_arena_printf(arena, "%u", status));
    mp_jsonw_object(w);
    mp_str number = mp_arena_printf(arena, "%u", status), doc = mp_message_of(lang, "api.status.", number);
    mp_jsonw_put_str(w, "description", doc);
    bool has_etag = has_version(route->answer), has_location = status == 201 || status == 302;
    if (has_etag || has_location) {
        mp_jsonw_key(w, MP_S("headers"));
        mp_jsonw_object(w);
        if (has_etag)
            write_header(w, "ETag", mp_message(lang, "api.header.etag"), "string");
        if (has_location)
            write_header(w, "Location", mp_message(lang, "api.header.location"), "string");
        mp_jsonw_end(w);
    }
    if (status != 204 && status != 302 && status != 304)
        write_content(w, type_of(route), route->answer, lang);
    mp_jsonw_end(w);
}

static void write_answers(mp_jsonw *w, const mp_route *route, mp_lang lang, mp_arena *arena)
{
    unsigned status = route->status ? route->status : 200;
    mp_jsonw_key(w, MP_S("responses"));
    mp_jsonw_object(w);
    write_success(w, route, status, lang, arena);
    if (route->method == MP_PUT && has_version(route->answer) && status == 200)
        write_success(w, route, 201, lang, arena);
    if (route->method == MP_GET && has_version(route->answer))
        write_success(w, route, 304, lang, arena);
    write_failures(w, route, arena);
    mp_jsonw_end(w);
}

/* ---- parameters ---- */

/* All but the schema; the object stays open. */
static void begin_param(mp_jsonw *w, const mp_param *param, const char *in, mp_lang lang)
{
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "name", mp_str_from(param->name));
    mp_jsonw_put_str(w, "in", mp_str_from(in));
    mp_jsonw_put_str(w, "description", mp_message(lang, param->doc));
    mp_jsonw_put_bool(w, "required", param->is_required);
}

/* The schema is a shape in place: the same rules, written by the same lines as those of bodies. */
static void write_param(mp_jsonw *w, const mp_param *param, const char *in, mp_lang lang)
{
    mp_json_shape shape = { .type = param->type, .values = param->values, .min = param->min, .max = param->max };
    begin_param(w, param, in, lang);
    mp_jsonw_key(w, MP_S("schema"));
    mp_json_shape_write(w, &shape, say, &lang);
    mp_jsonw_end(w);
}

/* The {names} of the path: their doc is the message "api.path.NAME". */
static void write_path_params(mp_jsonw *w, const mp_route *route, mp_lang lang, mp_arena *arena)
{
    mp_str path = mp_str_from(route->path);
    for (size_t open = mp_str_find(path, '{'); open != SIZE_MAX; open = mp_str_find(path, '{')) {
        path = mp_str_skip(path, open + 1);
        size_t close = mp_str_find(path, '}');
        mp_str name = mp_str_of(path.ptr, close == SIZE_MAX ? path.len : close);
        if (mp_str_ends(name, MP_S("...")))
            name.len -= 3;
        mp_str doc = mp_arena_printf(arena, "api.path.%.*s", MP_FMT(name));
        mp_str copy = mp_arena_dup(arena, name);
        if (!doc.ptr || !copy.ptr)
            return; /* the writer fails for want of memory too */
        write_param(
            w, &(mp_param){ .name = copy.ptr, .type = MP_TYPE_STRING, .doc = doc.ptr, .min = 1, .is_required = true },
            "path", lang);
    }
}

/* No limits are written: a header that is of no use here is not looked at (X-CSRF-Token beside a token), and
 * one that names no version that there is, however long, is answered as such. */
static void write_header_param(mp_jsonw *w, const char *name, const char *doc, mp_lang lang)
{
    begin_param(w, &(mp_param){ .name = name, .doc = doc }, "header", lang);
    write_type(w, "string");
    mp_jsonw_end(w);
}

static void write_header_params(mp_jsonw *w, const mp_router *router, const mp_route *route, mp_lang lang)
{
    const mp_route *get = get_of(router, route);
    bool            has_id = strchr(route->path, '{') != NULL;
    bool            is_versioned = has_id && (has_version(route->answer) || (get && has_version(get->answer)));
    if (is_change(route) && !is_anyone(route))
        write_header_param(w, "X-CSRF-Token", "api.header.csrf", lang);
    if (is_versioned && is_change(route))
        write_header_param(w, "If-Match", "api.header.ifMatch", lang);
    if (is_versioned && (route->method == MP_GET || route->method == MP_PUT))
        write_header_param(w, "If-None-Match",
                           route->method == MP_GET ? "api.header.ifNoneMatch" : "api.header.ifNoneMatchPut", lang);
}

static void write_params(mp_jsonw *w, const mp_router *router, const mp_route *route, mp_lang lang, mp_arena *arena)
{
    mp_jsonw_key(w, MP_S("parameters"));
    mp_jsonw_array(w);
    write_path_params(w, route, lang, arena);
    for (size_t i = 0; i < route->param_count; i++)
        write_param(w, &route->params[i], "query", lang);
    write_header_params(w, router, route, lang);
    mp_jsonw_end(w);
}

/* ---- the body, and who may ---- */

static mp_str body_type(const mp_route *route)
{
    if (route->stream || route->is_raw)
        return MP_S("application/octet-stream");
    return route->is_form ? MP_S("application/x-www-form-urlencoded") : MP_S("application/json");
}

static void write_body(mp_jsonw *w, const mp_route *route, mp_lang lang)
{
    if (!route->body && !route->stream && !route->is_raw)
        return;
    mp_jsonw_key(w, MP_S("requestBody"));
    mp_jsonw_object(w);
    mp_jsonw_put_bool(w, "required", !route->body || !route->body->may_be_null);
    write_content(w, body_type(route), route->body, lang);
    mp_jsonw_end(w);
}

static void write_security(mp_jsonw *w, const mp_route *route)
{
    static const char *const schemes[] = { "bearer", "cookie" };
    mp_jsonw_key(w, MP_S("security"));
    mp_jsonw_array(w);
    for (size_t i = 0; !is_anyone(route) && i < MP_COUNT(schemes); i++) {
        mp_jsonw_object(w);
        mp_jsonw_key(w, mp_str_from(schemes[i]));
        mp_jsonw_array(w);
        mp_jsonw_end(w);
        mp_jsonw_end(w);
    }
    mp_jsonw_end(w);
    mp_jsonw_put_str(w, "x-mapae-action", mp_str_from(route->action));
    if (!is_anyone(route) && strcmp(route->action, MP_SIGNED_IN) != 0)
        mp_jsonw_put_str(w, "x-mapae-scope", mp_str_from(route->scope ? route->scope : "/"));
}

/* ---- together ---- */

mp_str mp_openapi_path(mp_arena *arena, mp_str path)
{
    return mp_str_ends(path, MP_S("...}")) ? mp_arena_printf(arena, "%.*s}", (int)path.len - 4, path.ptr) : path;
}

mp_str mp_openapi_id(mp_arena *arena, const mp_route *route)
{
    mp_str summary = mp_str_from(route->summary), front = MP_S("api.");
    mp_str id = mp_arena_dup(arena, mp_str_starts(summary, front) ? mp_str_skip(summary, front.len) : summary);
    for (size_t i = 0; i < id.len; i++)
        if (id.ptr[i] == '.')
            ((char *)id.ptr)[i] = '_';
    return id;
}

void mp_openapi_operation(mp_jsonw *w, const mp_router *router, const mp_route *route, mp_lang lang, mp_arena *arena)
{
    static const char *const methods[MP_METHOD_COUNT] = {
        [MP_GET] = "get", [MP_HEAD] = "head", [MP_POST] = "post", [MP_PUT] = "put", [MP_PATCH] = "patch",
        [MP_DELETE] = "delete", [MP_OPTIONS] = "options",
    };
    mp_jsonw_key(w, mp_str_from(methods[route->method]));
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "operationId", mp_openapi_id(arena, route));
    mp_jsonw_put_str(w, "summary", mp_message(lang, route->summary));
    mp_jsonw_key(w, MP_S("tags"));
    mp_jsonw_array(w);
    mp_jsonw_str(w, mp_str_from(route->tag));
    mp_jsonw_end(w);
    write_params(w, router, route, lang, arena);
    write_body(w, route, lang);
    write_answers(w, route, lang, arena);
    write_security(w, route);
    mp_jsonw_end(w);
}
