/* SPDX-License-Identifier: Apache-2.0 */
#include "router.h"

#include <stdlib.h>

#include "target.h"

/* A tree with a level for each segment of the paths. Below a node the literal child is tried first, then
 * {name}, then {name...}; when a branch leads nowhere the next one is tried, and since every node has one
 * depth, none is visited twice. A path that some branch has, but not with this method, adds to Allow, and the
 * search goes on. */

const char *const mp_method_names[MP_METHOD_COUNT] = { "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS",
                                                       "(other)" };

/* ---- building ---- */

typedef enum segment_kind { LITERAL, PARAM, REST, WRONG } segment_kind;

static segment_kind kind_of(mp_str segment)
{
    if (segment.len == 0)
        return WRONG;
    if (segment.ptr[0] != '{')
        return mp_str_find(segment, '{') == SIZE_MAX && mp_str_find(segment, '}') == SIZE_MAX ? LITERAL : WRONG;
    if (segment.len < 3 || segment.ptr[segment.len - 1] != '}')
        return WRONG;
    return mp_str_ends(segment, MP_S("...}")) ? (segment.len > 5 ? REST : WRONG) : PARAM;
}

static mp_str next_segment(mp_str *path)
{
    mp_str left = mp_str_skip(*path, 1);
    size_t slash = mp_str_find(left, '/');
    mp_str segment = mp_str_of(left.ptr, slash == SIZE_MAX ? left.len : slash);
    *path = mp_str_skip(left, segment.len);
    return segment;
}

static mp_route_node *find_literal(const mp_route_node *node, mp_str literal)
{
    for (mp_route_node *child = node->children; child; child = child->sibling)
        if (mp_str_eq_fold(child->literal, literal))
            return child;
    return NULL;
}

static mp_route_node *child_for(mp_router *r, mp_route_node *node, segment_kind kind, mp_str segment)
{
    mp_route_node **slot = kind == PARAM ? &node->param : &node->rest;
    if (kind == LITERAL) {
        mp_route_node *known = find_literal(node, segment);
        if (known)
            return known;
        slot = &node->children;
    } else if (*slot) {
        return *slot;
    }
    mp_route_node *made = MP_ARENA_NEW(&r->arena, mp_route_node);
    if (!made)
        return NULL;
    made->literal = kind == LITERAL ? segment : MP_S("");
    made->sibling = kind == LITERAL ? node->children : NULL;
    *slot = made;
    return made;
}

static mp_code add_route(mp_router *r, const mp_route *route, mp_error *err)
{
    mp_str         path = mp_str_from(route->path);
    mp_route_node *node = &r->root;
    size_t         params = 0, depth = 0;
    if (path.len == 0 || path.ptr[0] != '/')
        return mp_fail(err, MP_INTERNAL, MP_NOWHERE, "the route '%.*s' does not begin with '/'", MP_FMT(path));
    if (!route->action || !route->action[0] || !route->handler || route->method >= MP_OTHER)
        return mp_fail(err, MP_INTERNAL, MP_NOWHERE, "the route '%.*s' lacks an action, a handler or a method",
                       MP_FMT(path));
    for (mp_str left = path; left.len && path.len > 1; depth++) {
        mp_str       segment = next_segment(&left);
        segment_kind kind = kind_of(segment);
        if (kind == WRONG || (kind == REST && left.len) || depth == MP_SEGMENTS_MAX ||
            (kind != LITERAL && ++params > MP_PARAMS_MAX))
            return mp_fail(err, MP_INTERNAL, MP_NOWHERE, "the route '%.*s' has a wrong path", MP_FMT(path));
        node = child_for(r, node, kind, segment);
        if (!node)
            return mp_no_memory(err);
        if (!node->face)
            node->face = route->face ? route->face : &mp_face_problem;
    }
    if (node->routes[route->method])
        return mp_fail(err, MP_INTERNAL, MP_NOWHERE, "two routes are %s '%.*s'", mp_method_names[route->method],
                       MP_FMT(path));
    node->routes[route->method] = route;
    return MP_OK;
}

static mp_code fill(mp_router *r, const mp_routes *tables, mp_error *err)
{
    size_t total = 0;
    for (const mp_routes *t = tables; t->routes; t++)
        total += t->count;
    r->routes = MP_ARENA_ARRAY(&r->arena, const mp_route *, total + 1);
    if (!r->routes)
        return mp_no_memory(err);
    for (const mp_routes *t = tables; t->routes; t++)
        for (size_t i = 0; i < t->count; i++) {
            MP_TRY(add_route(r, &t->routes[i], err));
            r->routes[r->count++] = &t->routes[i];
        }
    return MP_OK;
}

mp_code mp_router_new(mp_router **out, const mp_routes *tables, const mp_guard *guard, void *app, mp_error *err)
{
    if (!guard || !guard->admit || !guard->settle || !guard->identity)
        return mp_fail(err, MP_INTERNAL, MP_NOWHERE, "routes without a guard");
    mp_router *r = calloc(1, sizeof(*r));
    if (!r)
        return mp_no_memory(err);
    r->guard = *guard;
    r->app = app;
    mp_code code = fill(r, tables, err);
    if (code != MP_OK) {
        mp_router_free(r);
        return code;
    }
    *out = r;
    return MP_OK;
}

void mp_router_free(mp_router *r)
{
    if (!r)
        return;
    mp_arena_free(&r->arena);
    free(r);
}

const mp_route *mp_router_at(const mp_router *r, size_t index)
{
    return index < r->count ? r->routes[index] : NULL;
}

/* ---- matching ---- */

struct search {
    mp_http_request *request;
    const mp_str    *segments;
    size_t           count;
    mp_method        method;
    size_t           param_count;
    uint32_t         allowed; /* bit for each method that the path has */
    mp_code          code;    /* of a failure that ends the search */
    mp_error        *err;
};

/* The route of `node` for the method, HEAD by GET. */
static const mp_route *route_of(const mp_route_node *node, mp_method method)
{
    if (node->routes[method] || method != MP_HEAD)
        return node->routes[method];
    return node->routes[MP_GET];
}

static const mp_route *arrive(struct search *s, const mp_route_node *node)
{
    for (unsigned m = 0; m < MP_METHOD_COUNT; m++)
        if (route_of(node, (mp_method)m))
            s->allowed |= 1u << m;
    return route_of(node, s->method);
}

/* The segments from `from` on as one parameter. A slash within one of them is refused: nobody could tell it
 * from those between. */
static const mp_route *take_rest(struct search *s, const mp_route_node *node, size_t from)
{
    size_t bytes = 1;
    for (size_t i = from; i < s->count; i++) {
        bytes += s->segments[i].len + 1;
        if (mp_str_find(s->segments[i], '/') != SIZE_MAX) {
            s->code = mp_fail(s->err, MP_SYNTAX, MP_NOWHERE,
                              "the path has an encoded slash where the rest of it is one name");
            return NULL;
        }
    }
    const mp_route *route = arrive(s, node);
    if (!route)
        return NULL;
    char *joined = mp_arena_alloc(s->request->arena, bytes), *at = joined;
    if (!joined) {
        s->code = mp_no_memory(s->err);
        return NULL;
    }
    for (size_t i = from; i < s->count; i++) {
        if (i > from)
            *at++ = '/';
        memcpy(at, s->segments[i].ptr, s->segments[i].len);
        at += s->segments[i].len;
    }
    *at = '\0';
    s->request->params[s->param_count++] = mp_str_of(joined, (size_t)(at - joined));
    return route;
}

static const mp_route *walk(struct search *s, const mp_route_node *node, size_t i)
{
    if (i == s->count)
        return arrive(s, node);
    const mp_route_node *literal = find_literal(node, s->segments[i]);
    const mp_route      *found = literal ? walk(s, literal, i + 1) : NULL;
    if (!found && !s->code && node->param) {
        s->request->params[s->param_count++] = s->segments[i];
        found = walk(s, node->param, i + 1);
        if (!found)
            s->param_count--;
    }
    if (!found && !s->code && node->rest)
        found = take_rest(s, node->rest, i);
    return found;
}

static mp_str allow_text(uint32_t allowed, mp_arena *arena)
{
    mp_str text = MP_S("");
    allowed |= 1u << MP_OPTIONS;
    for (unsigned m = 0; m < MP_METHOD_COUNT; m++)
        if (allowed & 1u << m)
            text = mp_arena_printf(arena, "%.*s%s%s", MP_FMT(text), text.len ? ", " : "", mp_method_names[m]);
    return text.ptr ? text : MP_S("");
}

mp_code mp_router_match(mp_str *allowed, const mp_router *router, mp_http_request *request, mp_error *err)
{
    mp_str *segments;
    size_t  count;
    MP_TRY(mp_target_read(&segments, &count, request, err));
    struct search   s = { .request = request, .segments = segments, .count = count, .method = request->method,
                          .err = err };
    const mp_route *route = walk(&s, &router->root, 0);
    if (s.code)
        return s.code;
    if (!route && s.allowed) {
        *allowed = allow_text(s.allowed, request->arena);
        return mp_fail(err, MP_UNSUPPORTED, MP_NOWHERE, "%s is not among what this path allows: %.*s",
                       mp_method_names[request->method], MP_FMT(*allowed));
    }
    if (!route)
        return mp_fail(err, MP_MISSING, MP_NOWHERE, "there is nothing at this path");
    request->route = route;
    return MP_OK;
}

/* One that could not be read stands as it was sent: escapes are in the names, hardly in the literals. */
static mp_str path_of(const mp_http_request *request)
{
    size_t query = mp_str_find(request->target, '?');
    if (request->path.len)
        return request->path;
    return mp_str_starts(request->target, MP_S("/"))
               ? mp_str_of(request->target.ptr, query == SIZE_MAX ? request->target.len : query)
               : MP_S("/");
}

/* How far the path can be followed, by literals first; the deepest node's face. */
/* What speaks neither as our own API nor in plain problems, speaks as ARM's clients know it. */
const char *mp_route_class(const mp_route *route)
{
    if (!route)
        return "other";
    if (route->rate == MP_RATE_SIGN_IN)
        return "sign-in";
    if (mp_str_starts_fold(mp_str_from(route->path), MP_S("/api/v1/")))
        return "api";
    if (route->face && route->face != &mp_face_problem && strcmp(route->face->name, "api") != 0)
        return "arm";
    return route->rate == MP_RATE_FREE || (route->tag && strcmp(route->tag, "system") == 0) ? "system" : "pages";
}

const mp_face *mp_router_face(const mp_router *router, const mp_http_request *request)
{
    const mp_face       *face = NULL;
    const mp_route_node *node = &router->root;
    for (mp_str left = path_of(request); left.len > 1 && node;) {
        mp_str               segment = next_segment(&left);
        const mp_route_node *literal = find_literal(node, segment);
        node = literal ? literal : node->param ? node->param : node->rest;
        if (node && node->face)
            face = node->face;
    }
    return face ? face : &mp_face_problem;
}
