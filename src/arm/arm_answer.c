/* SPDX-License-Identifier: Apache-2.0 */
#include "arm_internal.h"

#include "buf.h"
#include "item.h"
#include "rbac.h"

/* ---- failures ---- */

static mp_code code_of(unsigned status)
{
    static const struct {
        unsigned status;
        mp_code  code;
    } codes[] = { { 400, MP_PARAMETER },   { 401, MP_CREDENTIALS }, { 403, MP_DENIED },   { 404, MP_MISSING },
                  { 405, MP_UNSUPPORTED }, { 409, MP_CONFLICT },    { 412, MP_CONFLICT }, { 429, MP_BUSY },
                  { 503, MP_UNAVAILABLE }, { 507, MP_FULL } };
    for (size_t i = 0; i < MP_COUNT(codes); i++)
        if (codes[i].status == status)
            return codes[i].code;
    return status < 500 ? MP_PARAMETER : MP_INTERNAL;
}

mp_code mp_arm_fail(mp_arm_call *call, const mp_arm_fault *fault, mp_error *err, const char *format, ...)
{
    va_list args;
    call->fault = *fault;
    va_start(args, format);
    mp_code code =
        mp_fail_about(err, code_of(fault->status), MP_NOWHERE, __FILE__, __LINE__, mp_str_of(NULL, 0), format, args);
    va_end(args);
    return code;
}

/* Of ours, whatever the request said: memory, the store. */
static bool is_ours(mp_code code)
{
    return code == MP_NOMEM || code == MP_UNAVAILABLE || code == MP_FULL || code == MP_IO || code == MP_DAMAGED ||
           code == MP_INTERNAL;
}

mp_code mp_arm_fault_as(mp_arm_call *call, unsigned status, const char *code, const mp_error *why, mp_error *err)
{
    mp_error copy = *why;
    if (is_ours(why->code)) {
        call->fault = (mp_arm_fault){ .status = 0 };
        if (err)
            *err = *why;
        return why->code;
    }
    copy.code = code_of(status);
    call->fault = (mp_arm_fault){ .status = status, .code = code };
    if (err)
        *err = copy;
    return copy.code;
}

mp_code mp_arm_nomem(mp_error *err) { return mp_no_memory(err); }

mp_code mp_arm_lacks(mp_arm_call *call, const char *member, mp_error *err)
{
    return MP_ARM_FAIL(call, 400, "InvalidRequestContent", err,
                       "The request content was invalid: '%s' is missing or of a wrong type", member);
}

/* ---- members ---- */

const mp_json *mp_arm_member(const mp_json *object, const char *member)
{
    return mp_json_get_fold(object, mp_str_from(member));
}

mp_str mp_arm_text(const mp_json *object, const char *member)
{
    const mp_json *v = mp_arm_member(object, member);
    return mp_json_text(v);
}

void mp_arm_put(mp_jsonw *w, const char *name, mp_str value)
{
    mp_jsonw_key(w, mp_str_from(name));
    mp_jsonw_str(w, value.ptr ? value : MP_S(""));
}

mp_str mp_arm_tenant(const mp_arm_call *call) { return mp_str_from(mp_access_tenant(call->app->access)); }

/* ---- answers ---- */

mp_code mp_arm_answer(mp_arm_call *call, unsigned status, const mp_json *body, mp_error *err)
{
    if (!call->is_inner)
        return mp_respond_json(call->request, call->response, status, body, err);
    call->response->status = status;
    call->answer = body;
    return body ? MP_OK : mp_arm_nomem(err);
}

mp_code mp_arm_answer_empty(mp_arm_call *call, unsigned status, mp_error *err)
{
    (void)err;
    call->response->status = status;
    call->response->content_type = NULL;
    call->response->body = MP_S("");
    return MP_OK;
}

mp_str mp_arm_base(const mp_app *app, const mp_http_request *request)
{
    mp_str host = mp_http_header(request, MP_S("Host"));
    bool   is_fine = host.len > 0 && host.len < 300 && !request->is_local;
    for (size_t i = 0; i < host.len && is_fine; i++) {
        char c = host.ptr[i];
        is_fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr(".-:[]_", c));
    }
    mp_str base = is_fine ? mp_arena_printf(request->arena, "https://%.*s", MP_FMT(host)) : mp_str_from(app->base);
    return base.ptr ? base : mp_str_from(app->base);
}

static void add_escaped(mp_buf *b, mp_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("-._~$", c)))
            mp_buf_add_c(b, (char)c);
        else
            mp_buf_printf(b, "%%%02X", c);
    }
}

/* The same request with another $skiptoken: path as it came, query written anew. */
mp_str mp_arm_next_link(mp_arm_call *call, mp_str next)
{
    const mp_http_request *request = call->request;
    size_t                 query = mp_str_find(request->target, '?');
    mp_str                 path = mp_str_of(request->target.ptr, query == SIZE_MAX ? request->target.len : query);
    mp_buf                 b = MP_BUF_INIT;
    mp_buf_add(&b, call->client_base);
    mp_buf_add(&b, mp_str_starts(path, MP_S("/")) ? path : request->path);
    mp_buf_add_c(&b, '?');
    for (size_t i = 0; i < request->query_count; i++) {
        if (mp_str_eq_fold(request->query[i].name, MP_S("$skiptoken")))
            continue;
        add_escaped(&b, request->query[i].name);
        mp_buf_add_c(&b, '=');
        add_escaped(&b, request->query[i].value);
        mp_buf_add_c(&b, '&');
    }
    mp_buf_add_z(&b, "$skiptoken=");
    add_escaped(&b, next);
    mp_str link = b.failed ? mp_str_of(NULL, 0) : mp_arena_dup(request->arena, mp_buf_str(&b));
    mp_buf_free(&b);
    return link;
}

mp_code mp_arm_list(mp_arm_call *call, const mp_json *value, mp_str next, mp_error *err)
{
    mp_jsonw w;
    if (!value)
        return mp_arm_nomem(err);
    mp_jsonw_init(&w, call->request->arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_value(&w, "value", value);
    if (next.len) {
        mp_str link = mp_arm_next_link(call, next);
        if (!link.ptr)
            return mp_arm_nomem(err);
        mp_arm_put(&w, "nextLink", link);
    }
    mp_jsonw_end(&w);
    return mp_arm_answer(call, 200, mp_jsonw_done(&w), err);
}

mp_str mp_arm_skiptoken(const mp_arm_call *call) { return mp_http_query(call->request, MP_S("$skiptoken")); }

mp_code mp_arm_top(uint32_t *out, mp_arm_call *call, uint32_t fallback, mp_error *err)
{
    mp_str  text = mp_str_trim(mp_http_query(call->request, MP_S("$top")));
    int64_t n;
    *out = fallback;
    if (text.len == 0)
        return MP_OK;
    mp_error why = { .code = MP_OK };
    if (mp_top_parse(&n, text, &why) != MP_OK)
        return mp_arm_fault_as(call, 400, "InvalidTopInQueryString", &why, err);
    *out = n < 1 ? 1 : n > 1000 ? 1000 : (uint32_t)n;
    return MP_OK;
}

mp_code mp_arm_filter(const mp_filter **out, mp_arm_call *call, const mp_odata_table *table, mp_error *err)
{
    mp_str   text = mp_str_trim(mp_http_query(call->request, MP_S("$filter")));
    mp_error why = { .code = MP_OK };
    *out = NULL;
    if (text.len == 0)
        return MP_OK;
    mp_code code = mp_filter_parse(out, call->request->arena, table, text, &why);
    if (code == MP_OK)
        return MP_OK;
    return code == MP_NOMEM ? mp_arm_nomem(err) : mp_arm_fault_as(call, 400, "InvalidFilterInQueryString", &why, err);
}

/* ---- who ---- */

void mp_arm_by(mp_str *id, mp_str *kind, const mp_arm_call *call)
{
    const mp_who *who = mp_app_who(call->request);
    *id = who->kind == MP_WHO_LOCAL ? MP_S("local") : who->id;
    *kind = who->kind == MP_WHO_PROGRAM ? MP_S("Application") : MP_S("User");
}

mp_code mp_arm_require(mp_arm_call *call, const char *action, mp_str scope, mp_error *err)
{
    return mp_app_require(call->app, call->request, action, scope, err);
}

bool mp_arm_may(const mp_arm_call *call, const char *action, mp_str scope)
{
    return mp_app_may(call->app, call->request, action, scope);
}

/* ---- the store ---- */

mp_code mp_arm_read(mp_arm_call *call, mp_tx_fn fn, void *arg, mp_error *err)
{
    return mp_store_read(call->app->store, fn, arg, err);
}

typedef struct trial {
    mp_tx_fn fn;
    void    *arg;
    bool     is_fine;
} trial;

/* A function that fails leaves nothing behind. */
static mp_code do_and_fail(mp_tx *tx, void *arg, mp_error *err)
{
    trial *t = arg;
    MP_TRY(t->fn(tx, t->arg, err));
    t->is_fine = true;
    return mp_fail(err, MP_CONFLICT, MP_NOWHERE, "this was a trial");
}

static mp_code try_write(mp_arm_call *call, mp_tx_fn fn, void *arg, mp_error *err)
{
    trial    t = { .fn = fn, .arg = arg };
    mp_error why = { .code = MP_OK };
    mp_code  code = mp_store_write(call->app->store, do_and_fail, &t, &why);
    if (t.is_fine && code == MP_CONFLICT)
        return MP_OK;
    if (err)
        *err = why;
    return code;
}

mp_code mp_arm_write(mp_arm_call *call, mp_tx_fn fn, void *arg, mp_error *err)
{
    if (call->is_trial)
        return try_write(call, fn, arg, err);
    mp_guarded_of(call->request)->on = call->place.key.len ? call->place.key : call->scope.key;
    return mp_app_write(call->app, call->request, call->response, fn, arg, err);
}

mp_code mp_arm_record(mp_record *out, bool *is_there, mp_arm_call *call, const mp_kind *kind, mp_str key, mp_error *err)
{
    mp_code code = mp_item_read(out, call->app, call->request, kind, key, 0, err);
    *is_there = code == MP_OK;
    return code == MP_MISSING ? MP_OK : code;
}
