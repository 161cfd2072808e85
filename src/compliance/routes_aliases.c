/* SPDX-License-Identifier: Apache-2.0 */
/* The table of aliases: taken in whole, shown, taken out. */
#include "alias_table.h"
#include "compliance_routes.h"
#include "guard.h"
#include "object_internal.h"
#include "routes.h"

#define TABLE_BYTES ((size_t)128 << 20)
#define PROVIDERS_MAX 10000

#define COUNT(name_) { name_, MP_TYPE_INTEGER, .is_required = true, .max = INT64_MAX, .doc = "api.compliance.aliases." name_ }

static const mp_json_shape provider_shape = { .type = MP_TYPE_OBJECT,
                                              .is_open = true,
                                              .doc = "api.compliance.aliases.provider" };
static const mp_json_shape types_shape = { .type = MP_TYPE_OBJECT,
                                           .is_open = true,
                                           .doc = "api.compliance.aliases.compact" };
static const mp_property   import_members[] = {
    { "value", MP_TYPE_ARRAY, .shape = &provider_shape, .max = PROVIDERS_MAX, .doc = "api.compliance.aliases.providers" },
    { "types", MP_TYPE_OBJECT, .shape = &types_shape, .doc = "api.compliance.aliases.compact" },
};
static const mp_json_shape import_shape = {
    .name = "AliasTable", .type = MP_TYPE_OBJECT, .doc = "api.compliance.aliases.table", MP_PROPERTIES(import_members)
};
static const mp_property   told_members[] = {
    COUNT("aliases"),
    COUNT("types"),
    COUNT("namespaces"),
    { "changed", MP_TYPE_INTEGER, .max = INT64_MAX, .doc = "api.compliance.aliases.changed" },
    { "since", MP_TYPE_TIME, .doc = "api.compliance.aliases.since" },
    { "digest", MP_TYPE_STRING, .doc = "api.compliance.aliases.digest" },
};
static const mp_json_shape told_shape = { .name = "AliasTableFacts",
                                          .type = MP_TYPE_OBJECT,
                                          .doc = "api.compliance.aliases.told",
                                          MP_PROPERTIES(told_members) };
static const mp_param show_params[] = { MP_AS_OF_PARAM };

static int64_t count_of(const mp_json *head, const char *name)
{
    const mp_json *v = mp_json_get(head, mp_str_from(name));
    return mp_json_is(v, MP_JSON_INT) ? v->u.integer : 0;
}

/* `head` NULL: there is no table; `changed` below 0: nobody asked. */
static mp_code tell(mp_http_request *request, mp_http_response *response, const mp_json *head, mp_ticks since,
                    int64_t changed, mp_error *err)
{
    mp_jsonw w;
    char     text[MP_CLOCK_TEXT];
    mp_jsonw_init(&w, request->arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_int(&w, "aliases", count_of(head, "aliases"));
    mp_jsonw_put_int(&w, "types", count_of(head, "types"));
    mp_jsonw_put_int(&w, "namespaces", count_of(head, "namespaces"));
    if (changed >= 0)
        mp_jsonw_put_int(&w, "changed", changed);
    if (head && since) {
        mp_clock_format(text, since);
        mp_str time = mp_arena_dup(request->arena, mp_str_from(text));
        if (!time.ptr)
            return mp_no_memory(err);
        mp_jsonw_put_str(&w, "since", time);
    }
    if (head)
        mp_jsonw_put_str(&w, "digest", mp_object_text(head, "digest"));
    mp_jsonw_end(&w);
    return mp_respond_json(request, response, 200, mp_jsonw_done(&w), err);
}

typedef struct putting {
    const mp_alias_pack *pack; /* NULL: nothing is to remain */
    uint64_t             changed;
} putting;

static mp_code put_all(mp_tx *tx, void *arg, mp_error *err)
{
    putting *p = arg;
    return mp_alias_pack_put(&p->changed, tx, p->pack, err);
}

static mp_code import_aliases(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    const mp_json *providers = mp_json_get(request->json, MP_S("value")), *types = mp_json_get(request->json, MP_S("types"));
    mp_alias_pack  pack;
    putting        p = { .pack = &pack };
    if (!providers == !types)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE,
                       "a table of aliases is either \"value\", an array of providers, or \"types\"");
    MP_TRY(mp_alias_pack_make(&pack, providers, types, request->arena, err));
    MP_TRY(mp_app_write(app, request, response, put_all, &p, err));
    return tell(request, response, pack.head, 0, (int64_t)p.changed, err);
}

static mp_code remove_aliases(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    putting p = { .pack = NULL };
    MP_TRY(mp_app_write(app, request, response, put_all, &p, err));
    return tell(request, response, NULL, 0, (int64_t)p.changed, err);
}

typedef struct showing {
    mp_http_request *request;
    mp_ticks         as_of;
    mp_record        head;
    bool             is_there;
} showing;

static mp_code read_head(mp_tx *tx, void *arg, mp_error *err)
{
    showing *s = arg;
    mp_code  code = mp_record_get(&s->head, tx, &mp_alias_kind, MP_S("."), s->as_of, s->request->arena, err);
    s->is_there = code == MP_OK;
    return code == MP_MISSING ? MP_OK : code;
}

static mp_code show_aliases(void *app_, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_app *app = app_;
    showing s = { .request = request };
    MP_TRY(mp_query_time(&s.as_of, request, MP_S("asOf"), err));
    MP_TRY(mp_store_read(app->store, read_head, &s, err));
    return tell(request, response, s.is_there ? s.head.body : NULL, s.is_there ? s.head.since : 0, -1, err);
}

#define SUMMARY(name_) .tag = "compliance", .summary = "api.compliance.aliases." name_

const mp_route mp_routes_aliases[MP_ROUTES_ALIASES] = {
    API(MP_GET, "/aliases", "Microsoft.Authorization/policyDefinitions/read", show_aliases, SUMMARY("show"), PARAMS(show_params), .answer = &told_shape),
    API(MP_POST, "/aliases", "Microsoft.Authorization/policyDefinitions/write", import_aliases, SUMMARY("import"), .body = &import_shape, .answer = &told_shape,
        .body_max = TABLE_BYTES, .rate = MP_RATE_HEAVY),
    API(MP_DELETE, "/aliases", "Microsoft.Authorization/policyDefinitions/delete", remove_aliases, SUMMARY("remove"), .answer = &told_shape),
};
