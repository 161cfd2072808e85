/* SPDX-License-Identifier: Apache-2.0 */
/* From a path to a row of the tables. What stands behind the last "/providers/" says the type, what stands before it the scope. Paths of the oldest kind (groups, locations,
 * the lists of a subscription) have no provider; each is given the type that it would have. */
#include "arm_internal.h"

#include "lenient.h"
#include "secret.h"

#define SEGMENTS 52
#define BODY_DEPTH 64

typedef struct cut {
    mp_str path;
    mp_str seg[SEGMENTS];
    size_t count;
    size_t root; /* the last "providers" in the place of a type; SIZE_MAX: none */
} cut;

static bool is(const cut *c, size_t i, const char *name) { return i < c->count && mp_str_eq_fold(c->seg[i], mp_str_from(name)); }

static mp_str before(const cut *c, size_t i)
{
    return i >= c->count ? c->path : mp_str_of(c->path.ptr, (size_t)(c->seg[i].ptr - 1 - c->path.ptr));
}

static mp_code no_such(mp_arm_call *call, mp_error *err)
{
    return MP_ARM_FAIL(call, 404, "NotFound", err, "there is nothing at this path");
}

/* Operations of a group's deployments are asked for without a provider, those of others with one. */
static mp_code path_of(mp_str *out, mp_arm_call *call, mp_error *err)
{
    mp_str   path = *out = call->request->path, rest = path;
    unsigned segments = 0;
    for (; segments < 4 && rest.len && (segments != 2 || mp_str_starts_fold(rest, MP_S("/resourceGroups/"))); segments++) {
        size_t slash = mp_str_find(mp_str_skip(rest, 1), '/');
        rest = mp_str_skip(rest, slash == SIZE_MAX ? rest.len : slash + 1);
    }
    if (segments < 4 || !mp_str_starts_fold(path, MP_S("/subscriptions/")) || !mp_str_starts_fold(rest, MP_S("/deployments/")))
        return MP_OK;
    *out = mp_arena_printf(call->request->arena, "%.*s/providers/Microsoft.Resources%.*s", MP_FMT(mp_str_of(path.ptr, path.len - rest.len)), MP_FMT(rest));
    return out->ptr ? MP_OK : mp_arm_nomem(err);
}

static mp_code cut_path(cut *c, mp_arm_call *call, mp_error *err)
{
    MP_TRY(path_of(&c->path, call, err));
    for (mp_str left = mp_str_skip(c->path, 1); left.len;) {
        size_t slash = mp_str_find(left, '/');
        if (c->count == SEGMENTS)
            return no_such(call, err);
        c->seg[c->count] = mp_str_of(left.ptr, slash == SIZE_MAX ? left.len : slash);
        left = mp_str_skip(left, c->seg[c->count++].len + 1);
    }
    size_t i = !is(c, 0, "subscriptions") ? 0 : is(c, 2, "resourceGroups") ? 4 : 2;
    c->root = SIZE_MAX;
    while (is(c, i, "providers")) {
        c->root = i;
        for (i += 2; i < c->count && (i == c->root + 2 || !is(c, i, "providers")); i += 2)
            ;
    }
    return MP_OK;
}

static mp_code place_at(mp_place *out, mp_arm_call *call, mp_str path, mp_error *err)
{
    mp_error why = { .code = MP_OK };
    mp_code  code = mp_place_of(out, path, call->request->arena, &why);
    return code == MP_OK ? MP_OK : mp_arm_fault_as(call, code == MP_PARAMETER ? 400 : 503, code == MP_PARAMETER ? "InvalidResourceId" : "ServiceUnavailable", &why, err);
}

/* ---- what the path is of ---- */

typedef struct found {
    mp_arm_at at;
    mp_str    type;
    mp_str    verb;
    size_t    item; /* segments up to the end of the item; 0: none */
    size_t    holder, scope; /* segments of what a list hangs on, and of the scope */
} found;

#define NO_TYPE ((mp_str){ NULL, 0 })

/* Paths without a provider: {count, the third or fifth segment, type}. */
static const struct {
    size_t      count;
    const char *at;
    const char *type;
} bare_lists[] = {
    { 3, "locations", "Microsoft.Resources/subscriptions/locations" },
    { 3, "resourceGroups", "Microsoft.Resources/resourceGroups" },
    { 3, "resources", "Microsoft.Resources/resources" },
    { 3, "providers", "Microsoft.Resources/providers" },
    { 3, "tagNames", "Microsoft.Resources/tagNames" },
    { 5, "resources", "Microsoft.Resources/resources" },
}, bare_items[] = {
    { 4, "operationresults", "Microsoft.Resources/operationresults" },
    { 4, "operationstatuses", "Microsoft.Resources/operationstatuses" },
};

static bool find_bare(found *f, const cut *c)
{
    if (c->count == 1)
        f->type = is(c, 0, "subscriptions") ? MP_S("Microsoft.Resources/subscriptions") : is(c, 0, "tenants") ? MP_S("Microsoft.Resources/tenants")
                  : is(c, 0, "providers") ? MP_S("Microsoft.Resources/providers") : NO_TYPE;
    else if (is(c, 0, "subscriptions") && c->count == 2)
        *f = (found){ .at = MP_ARM_ITEM, .type = MP_S("Microsoft.Resources/subscriptions"), .item = 2 };
    else if (is(c, 0, "subscriptions") && is(c, 2, "resourceGroups") && c->count == 4)
        *f = (found){ .at = MP_ARM_ITEM, .type = MP_S("Microsoft.Resources/resourceGroups"), .item = 4, .scope = 2 };
    for (size_t i = 0; !f->type.ptr && i < MP_COUNT(bare_lists); i++)
        if (is(c, 0, "subscriptions") && c->count == bare_lists[i].count && is(c, c->count - 1, bare_lists[i].at) && (c->count == 3 || is(c, 2, "resourceGroups")))
            *f = (found){ .type = mp_str_from(bare_lists[i].type), .scope = c->count - 1, .holder = c->count - 1 };
    for (size_t i = 0; !f->type.ptr && i < MP_COUNT(bare_items); i++)
        if (is(c, 0, "subscriptions") && c->count == bare_items[i].count && is(c, 2, bare_items[i].at))
            *f = (found){ .at = MP_ARM_ITEM, .type = mp_str_from(bare_items[i].type), .scope = 2 };
    return f->type.ptr != NULL;
}

/* "Microsoft.Graph/users" of "/v1.0/users/...": names of people stand in such paths, so nothing of them is a place. */
static bool find_graph(found *f, const cut *c, mp_arm_call *call)
{
    if (!is(c, 0, "v1.0") || c->count < 2 || c->count > 3)
        return false;
    *f = (found){ .at = c->count == 3 ? MP_ARM_ITEM : MP_ARM_LIST, .type = mp_arena_printf(call->request->arena, "Microsoft.Graph/%.*s", MP_FMT(c->seg[1])) };
    if (c->count == 3) {
        call->name = call->names[0] = c->seg[2];
        call->name_count = 1;
    }
    return true;
}

static mp_str join_type(mp_arena *arena, const cut *c, size_t end)
{
    mp_str type = c->seg[c->root + 1];
    for (size_t i = c->root + 2; i < end && type.ptr; i += 2)
        type = mp_arena_printf(arena, "%.*s/%.*s", MP_FMT(type), MP_FMT(c->seg[i]));
    return type;
}

static bool has_verb(mp_str type, mp_str verb)
{
    for (const mp_arm_route *const *t = mp_arm_tables; *t; t++)
        for (const mp_arm_route *r = *t; r->type; r++)
            if (r->at == MP_ARM_VERB && mp_str_eq_fold(mp_str_from(r->type), type) && mp_str_eq_fold(mp_str_from(r->verb), verb))
                return true;
    return false;
}

/* Behind "/providers/NAMESPACE": types and names by turns; a type at the end may be a verb of the item before it. */
static mp_code find_typed(found *f, const cut *c, mp_arm_call *call, mp_error *err)
{
    mp_arena *arena = call->request->arena;
    size_t    first = c->root + 2, parts = c->count - first;
    if (c->count < first)
        return no_such(call, err);
    f->scope = c->root;
    if (parts == 0 || (parts == 1 && has_verb(MP_S("Microsoft.Resources/providers"), c->seg[first]))) { /* the provider itself */
        *f = (found){ .at = parts ? MP_ARM_VERB : MP_ARM_ITEM, .type = MP_S("Microsoft.Resources/providers"), .scope = c->root,
                      .verb = parts ? c->seg[first] : NO_TYPE };
        call->name = call->names[0] = c->seg[first - 1];
        call->name_count = 1;
        return MP_OK;
    }
    size_t end = c->count;
    if (parts % 2 && parts >= 3 && has_verb(join_type(arena, c, end - 1), c->seg[end - 1])) {
        f->at = MP_ARM_VERB;
        f->verb = c->seg[--end];
        f->item = end;
    } else if (parts % 2 == 0) {
        f->at = MP_ARM_ITEM;
        f->item = end;
    } else {
        f->holder = parts == 1 ? c->root : end - 1;
    }
    f->type = join_type(arena, c, end);
    for (size_t i = first + 1; i < end; i += 2) {
        if (call->name_count == MP_COUNT(call->names))
            return no_such(call, err);
        call->names[call->name_count++] = c->seg[i];
    }
    if (f->item)
        call->name = call->names[call->name_count - 1];
    return f->type.ptr ? MP_OK : mp_arm_nomem(err);
}

static mp_code find(mp_arm_call *call, mp_error *err)
{
    cut   c = { .count = 0 };
    found f = { .at = MP_ARM_LIST };
    MP_TRY(cut_path(&c, call, err));
    if (is(&c, 0, "subscriptions") && c.count > 1 && !mp_is_guid(c.seg[1]))
        return MP_ARM_FAIL(call, 400, "InvalidSubscriptionId", err, "The provided subscription identifier '%.*s' is malformed or invalid.",
                           MP_FMT(mp_str_of(c.seg[1].ptr, c.seg[1].len < 60 ? c.seg[1].len : 60)));
    if (!find_graph(&f, &c, call) && !find_bare(&f, &c)) {
        if (c.root == SIZE_MAX)
            return no_such(call, err);
        MP_TRY(find_typed(&f, &c, call, err));
    }
    if (!f.type.ptr)
        return mp_arm_nomem(err);
    call->at = f.at;
    call->type = mp_arm_spelling(f.type, call->request->arena);
    call->verb = f.verb;
    bool is_in_path = !is(&c, 0, "v1.0");
    MP_TRY(place_at(&call->scope, call, is_in_path ? before(&c, f.scope) : MP_S("/"), err));
    if (f.item) {
        MP_TRY(place_at(&call->place, call, before(&c, f.item), err));
        if (call->place.kind == MP_PLACE_RESOURCE)
            call->place.type = call->type;
        call->name = call->place.name;
    } else if (f.at == MP_ARM_ITEM && call->name_count == 0) {
        call->name = c.seg[c.count - 1];
    }
    call->holder = call->scope;
    if (f.holder && f.holder != f.scope)
        MP_TRY(place_at(&call->holder, call, before(&c, f.holder), err));
    return MP_OK;
}

/* ---- the row ---- */

static unsigned bit_of(mp_place_kind kind)
{
    static const unsigned bits[] = { [MP_PLACE_TENANT] = MP_ON_TENANT, [MP_PLACE_MANAGEMENT_GROUP] = MP_ON_MANAGEMENT_GROUP, [MP_PLACE_SUBSCRIPTION] = MP_ON_SUBSCRIPTION,
                                     [MP_PLACE_GROUP] = MP_ON_GROUP, [MP_PLACE_RESOURCE] = MP_ON_RESOURCE };
    return bits[kind];
}

/* A row's method, HEAD by GET; the others are added to Allow. */
static bool row_takes(const mp_arm_route *row, mp_arm_call *call, uint32_t *allowed)
{
    mp_method method = call->request->method;
    *allowed |= 1u << row->method | (row->method == MP_GET ? 1u << MP_HEAD : 0);
    return row->method == method || (method == MP_HEAD && row->method == MP_GET);
}

static mp_str allow_of(uint32_t allowed, mp_arena *arena)
{
    static const char *const names[MP_METHOD_COUNT] = { "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "" };
    mp_str text = MP_S("");
    for (unsigned m = 0; m < MP_OTHER; m++)
        if (allowed & 1u << m)
            text = mp_arena_printf(arena, "%.*s%s%s", MP_FMT(text), text.len ? ", " : "", names[m]);
    return text;
}

/* What no row names is a resource like others, but where the control plane keeps its own. */
static bool is_reserved(mp_str type)
{
    static const char *const spaces[] = { "Microsoft.Authorization/", "Microsoft.PolicyInsights/", "Microsoft.Management/", "Microsoft.Resources/", "Microsoft.Graph/" };
    for (size_t i = 0; i < MP_COUNT(spaces); i++)
        if (mp_str_starts_fold(type, mp_str_from(spaces[i])))
            return true;
    return false;
}

static const mp_arm_route *look_in(const mp_arm_route *table, mp_arm_call *call, bool *is_known, uint32_t *allowed)
{
    for (const mp_arm_route *row = table; row->type; row++) {
        bool is_any = table == mp_arm_generic;
        if (!is_any && !mp_str_eq_fold(mp_str_from(row->type), call->type))
            continue;
        *is_known = true;
        if (row->at != call->at || (row->verb && !mp_str_eq_fold(mp_str_from(row->verb), call->verb)) || !(row->scopes & bit_of(call->scope.kind)))
            continue;
        if (!row_takes(row, call, allowed))
            continue;
        if (!is_any)
            call->type = mp_str_from(row->type);
        if (row->verb)
            call->verb = mp_str_from(row->verb);
        return row;
    }
    return NULL;
}

static mp_code find_row(mp_arm_call *call, mp_error *err)
{
    uint32_t allowed = 0;
    bool     is_known = false;
    for (const mp_arm_route *const *t = mp_arm_tables; *t && !call->route; t++)
        call->route = look_in(*t, call, &is_known, &allowed);
    if (!call->route && !is_known && !is_reserved(call->type))
        call->route = look_in(mp_arm_generic, call, &is_known, &allowed);
    if (call->route) {
        if (call->place.kind == MP_PLACE_RESOURCE)
            call->place.type = call->type;
        return MP_OK;
    }
    if (!allowed)
        return MP_ARM_FAIL(call, 404, "InvalidResourceType", err, "the resource type '%.*s' is not known here", MP_FMT(call->type));
    call->allow = allow_of(allowed, call->request->arena);
    return MP_ARM_FAIL(call, 405, "MethodNotAllowed", err, "this method is not among what this path allows: %.*s", MP_FMT(call->allow));
}

/* ---- what the guard asks ---- */

static mp_str action_of(const mp_arm_call *call, mp_arena *arena)
{
    static const char *const words[MP_METHOD_COUNT] = { [MP_GET] = "read", [MP_HEAD] = "read", [MP_PUT] = "write", [MP_PATCH] = "write", [MP_DELETE] = "delete",
                                                        [MP_POST] = "action" };
    const mp_arm_route *row = call->route;
    if (row->action)
        return mp_str_from(row->action);
    if (row->at == MP_ARM_VERB && row->method == MP_POST)
        return mp_arena_printf(arena, "%.*s/%s/action", MP_FMT(call->type), row->verb);
    return mp_arena_printf(arena, "%.*s/%s", MP_FMT(call->type), words[row->method]);
}

mp_code mp_arm_find(mp_arm_call *call, mp_str *action, mp_str *scope, mp_error *err)
{
    MP_TRY(find(call, err));
    MP_TRY(find_row(call, err));
    *action = action_of(call, call->request->arena);
    *scope = call->place.key.len ? call->place.key : call->holder.key;
    return action->ptr ? MP_OK : mp_arm_nomem(err);
}

mp_code mp_arm_ask(void *app, mp_http_request *request, mp_str *action, mp_str *scope, mp_error *err)
{
    mp_arm_call *call = MP_ARENA_NEW(request->arena, mp_arm_call);
    if (!call)
        return mp_arm_nomem(err);
    call->app = app;
    call->request = request;
    call->client_base = mp_arm_base(app, request);
    request->stream = call;
    return mp_arm_find(call, action, scope, err);
}

/* ---- the handler ---- */

bool mp_arm_is_version(mp_str s)
{
    mp_ticks t;
    return s.len >= 10 && mp_clock_parse(&t, mp_str_of(s.ptr, 10)) && (s.len == 10 || s.ptr[10] == '-');
}

static mp_code read_version(mp_arm_call *call, mp_error *err)
{
    call->api_version = mp_str_trim(mp_http_query(call->request, MP_S("api-version")));
    if (call->route->is_unversioned)
        return MP_OK;
    if (call->api_version.len == 0)
        return MP_ARM_FAIL(call, 400, "MissingApiVersionParameter", err, "The api-version query parameter (?api-version=) is required for all requests.");
    if (!mp_arm_is_version(call->api_version))
        return MP_ARM_FAIL(call, 400, "InvalidApiVersionParameter", err, "The api-version '%.*s' is invalid: wanted one like 2021-04-01",
                           MP_FMT(mp_str_of(call->api_version.ptr, call->api_version.len < 60 ? call->api_version.len : 60)));
    return MP_OK;
}

/* The reader's own sentence, with its place in front. */
static mp_code no_json(mp_arm_call *call, const mp_error *why, mp_error *err)
{
    mp_buf b = MP_BUF_INIT;
    if (why->pos.line)
        mp_buf_printf(&b, "%u:%u: ", why->pos.line, why->pos.col);
    mp_say_error(&b, call->request->lang, why);
    mp_arm_fault fault = { .status = 400, .code = "InvalidRequestContent", .message = b.failed ? NO_TYPE : mp_arena_dup(call->request->arena, mp_buf_str(&b)) };
    mp_buf_free(&b);
    return mp_arm_fail(call, &fault, err, "The request content was invalid: the body is no JSON");
}

static mp_code parse_body(mp_arm_call *call, mp_str text, mp_error *err)
{
    static const mp_json_options options = { .max_depth = BODY_DEPTH, .reject_duplicates = true };
    mp_json_doc   *doc = NULL;
    const mp_json *root = NULL;
    mp_error       why = { .code = MP_OK };
    MP_TRY(mp_json_doc_new(&doc, err));
    mp_code code = mp_json_read(doc, &root, text, &options, NULL, &why);
    if (code == MP_OK && !(call->body = mp_arena_keep_json(call->request->arena, root, text)))
        code = mp_arm_nomem(&why);
    mp_json_doc_free(doc);
    if (code == MP_SYNTAX || code == MP_LIMIT)
        return no_json(call, &why, err);
    return code == MP_OK ? MP_OK : mp_arm_fault_as(call, 503, "ServiceUnavailable", &why, err);
}

static mp_code read_lenient(mp_str *out, mp_arm_call *call, mp_error *err)
{
    mp_buf   strict = { .limit = (size_t)16 << 20 };
    mp_error why = { .code = MP_OK };
    mp_code  code = mp_json_lenient(&strict, call->request->body, &why);
    *out = code == MP_OK ? mp_arena_dup(call->request->arena, mp_buf_str(&strict)) : NO_TYPE;
    mp_buf_free(&strict);
    if (code == MP_SYNTAX || code == MP_LIMIT)
        return no_json(call, &why, err);
    if (code != MP_OK || !out->ptr)
        return mp_arm_nomem(err);
    return MP_OK;
}

static mp_code read_body(mp_arm_call *call, mp_error *err)
{
    mp_str text = call->request->body;
    if (mp_str_trim(text).len == 0) {
        if (call->route->wants_body)
            return MP_ARM_FAIL(call, 400, "InvalidRequestContent", err, "The request content was invalid: there is no body");
        return MP_OK;
    }
    if (call->request->method == MP_GET || call->request->method == MP_HEAD || call->request->method == MP_DELETE)
        return MP_OK; /* nobody reads it */
    if (call->route->is_lenient)
        MP_TRY(read_lenient(&text, call, err));
    MP_TRY(parse_body(call, text, err));
    if (!mp_json_is(call->body, MP_JSON_OBJECT))
        return MP_ARM_FAIL(call, 400, "InvalidRequestContent", err, "The request content was invalid: the body is %s; wanted is an object",
                           mp_json_kind_name((mp_json_kind)call->body->kind));
    return MP_OK;
}

mp_code mp_arm_handle(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_arm_call *call = mp_arm_call_of(request);
    call->response = response;
    call->compliance = mp_compliance_of(app);
    MP_TRY(read_version(call, err));
    MP_TRY(read_body(call, err));
    return call->route->handler(call, err);
}
