/* SPDX-License-Identifier: Apache-2.0 */
/* Our own API: who used a link, and who tried to. The log has a leaf for each (a GET of /shared, which is noted); it is
 * searched by the path, so that what is shown is what can be proved. */
#include "evidence_routes.h"

#include "guard.h"
#include "routes.h"
#include "secret.h"
#include "share.h"

#define USES_READ "Mapae.Evidence/shares/uses/read"

static const char *const outcomes[] = { "done", "refused", "failed", NULL };
static const mp_property use_members[] = {
    { "index", MP_TYPE_INTEGER, .is_required = true, .max = INT64_MAX, .doc = "api.uses.index" },
    { "at", MP_TYPE_TIME, .is_required = true, .doc = "api.uses.at" },
    { "outcome", MP_TYPE_STRING, .is_required = true, .values = outcomes, .doc = "api.uses.outcome" },
    { "reason", MP_TYPE_STRING, .doc = "api.uses.reason" },
    { "evidence", MP_TYPE_GUID, .doc = "api.uses.evidence" },
    { "address", MP_TYPE_STRING, .doc = "api.uses.address" },
};
static const mp_json_shape use_shape = { .name = "EvidenceShareUse", .type = MP_TYPE_OBJECT, .doc = "api.uses.use",
                                         MP_PROPERTIES(use_members) };
MP_LIST_SHAPE(uses_shape, use_shape);
static const mp_param uses_params[] = { MP_PAGE_PARAMS };

typedef struct reading {
    mp_app *app;
    mp_http_request *request;
    mp_str base;      /* "/shared/SHARE" */
    bool may_address; /* addresses are of people: for who shares */
    mp_jsonw w;
} reading;

/* Where it came from is sealed in the leaf; what was sealed is kept as long as retention says. */
static mp_code put_address(reading *r, uint64_t index, mp_error *err)
{
    uint8_t hash[MP_LEDGER_HASH];
    const mp_json *clear;
    mp_str text;
    if (!r->may_address)
        return MP_OK;
    MP_TRY(mp_ledger_leaf(&text, hash, &clear, r->app->ledger, index, r->request->arena, err));
    mp_jsonw_put_filled(&r->w, "address", mp_json_get_text(clear, "from"));
    return MP_OK;
}

static mp_code write_use(reading *r, mp_json_doc *doc, const mp_ledger_entry *entry, mp_error *err)
{
    const mp_json *leaf;
    MP_TRY(mp_json_read(doc, &leaf, entry->text, NULL, NULL, err));
    leaf = mp_arena_keep_json(r->request->arena, leaf, entry->text);
    if (!leaf)
        return mp_no_memory(err);
    mp_str on = mp_json_get_text(leaf, "on"), piece = mp_str_skip(on, r->base.len + 1);
    mp_jsonw_object(&r->w);
    mp_jsonw_put_int(&r->w, "index", (int64_t)entry->index);
    mp_jsonw_put_filled(&r->w, "at", mp_json_get_text(leaf, "at"));
    mp_jsonw_put_filled(&r->w, "outcome", mp_json_get_text(leaf, "outcome"));
    mp_jsonw_put_filled(&r->w, "reason", mp_json_get_text(leaf, "reason"));
    if (mp_is_guid(piece)) /* and not what an attempt put there */
        mp_jsonw_put_str(&r->w, "evidence", piece);
    MP_TRY(put_address(r, entry->index, err));
    mp_jsonw_end(&r->w);
    return MP_OK;
}

static mp_code write_uses(reading *r, const mp_ledger_entry *entries, size_t count, mp_error *err)
{
    mp_json_doc *doc = NULL;
    MP_TRY(mp_json_doc_new(&doc, err));
    mp_code code = MP_OK;
    for (size_t i = 0; i < count && code == MP_OK; i++)
        code = write_use(r, doc, &entries[i], err);
    mp_json_doc_free(doc);
    return code;
}

static mp_code answer(reading *r, mp_http_response *response, mp_error *err)
{
    mp_ledger_query query = { .on = r->base, .outcome = -1 };
    mp_ledger_entry *entries;
    size_t count;
    uint64_t next;
    MP_TRY(mp_query_number(&query.before, r->request, MP_S("after"), err));
    MP_TRY(mp_list_top(&query.limit, r->request, 100, err));
    MP_TRY(mp_ledger_search(&entries, &count, &next, r->app->ledger, &query, r->request->arena, err));
    mp_jsonw_init(&r->w, r->request->arena);
    mp_jsonw_object(&r->w);
    mp_jsonw_key(&r->w, MP_S("value"));
    mp_jsonw_array(&r->w);
    MP_TRY(write_uses(r, entries, count, err));
    mp_jsonw_end(&r->w);
    if (next)
        mp_jsonw_put_str(&r->w, "next", mp_arena_printf(r->request->arena, "%llu", (unsigned long long)next));
    mp_jsonw_end(&r->w);
    return mp_respond_json(r->request, response, 200, mp_jsonw_done(&r->w), err);
}

/* Of a share that was taken back its record is gone, and its uses are not: as it last was. */
static mp_code list_uses(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    reading r = { .app = app, .request = request, .may_address = true };
    mp_record share;
    mp_str id, scope;
    mp_error why = { .code = MP_OK };
    MP_TRY(mp_item_guid(&id, request, "id", err));
    mp_code code = mp_list_last(&share, app, request, &mp_share_kind, id, &why);
    if (code != MP_OK && code != MP_MISSING)
        return mp_fail(err, code, MP_NOWHERE, "%s", why.message);
    MP_TRY(mp_share_require_of(code == MP_OK ? &share : NULL, app, request, NULL, err));
    for (size_t i = 0; (scope = mp_share_scope(&share, i)).len; i++)
        r.may_address = r.may_address && mp_app_may(app, request, "Mapae.Evidence/shares/write", scope);
    r.base = mp_arena_printf(request->arena, "/shared/%.*s", MP_FMT(id));
    return r.base.ptr ? answer(&r, response, err) : mp_no_memory(err);
}

const mp_route mp_routes_share_uses[MP_ROUTES_SHARE_USES] = {
    API(MP_GET, "/evidence-shares/{id}/uses", USES_READ, list_uses, .tag = "evidence-shares",
        .summary = "api.uses.list", .scope = "{share.scopes}", PARAMS(uses_params), .answer = &uses_shape,
        .is_noted = true),
};
