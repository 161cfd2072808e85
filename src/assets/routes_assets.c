/* SPDX-License-Identifier: Apache-2.0 */
/* Our own API: assets one by one. Who may what hangs on where an asset stands: on its resource, or on the scope that
 * whoever entered it named. */
#include "asset.h"
#include "assets.h"
#include "guard.h"
#include "routes.h"
#include "secret.h"

static const mp_json_shape label_shape = { .type = MP_TYPE_STRING, .min = 1, .max = MP_ASSET_TEXT_MAX, .doc = "api.assets.label" };
static const mp_json_shape law_shape = { .type = MP_TYPE_STRING, .min = 1, .max = 60, .doc = "api.assets.law" };
static const char *const   origins[] = { "estate", "hand", NULL };
#define TEXT(name_, doc_) { name_, MP_TYPE_STRING, .max = MP_ASSET_TEXT_MAX, .may_be_null = true, .doc = "api.assets." doc_ }
#define RATING(name_) { name_, MP_TYPE_INTEGER, .min = 1, .max = MP_RATING_MAX, .may_be_null = true, .doc = "api.assets." name_ }
static const mp_property members[] = {
    MP_RECORD_MEMBERS,
    { "name", MP_TYPE_STRING, .is_required = true, .min = 1, .max = MP_ASSET_TEXT_MAX, .doc = "api.assets.name" },
    { "class", MP_TYPE_STRING, .is_required = true, .min = 1, .max = 60, .doc = "api.assets.class" },
    { "origin", MP_TYPE_STRING, .is_read_only = true, .values = origins, .doc = "api.assets.origin" },
    { "resource", MP_TYPE_STRING, .max = MP_RECORD_KEY_MAX, .may_be_null = true, .doc = "api.assets.resource" },
    { "scope", MP_TYPE_STRING, .max = MP_RECORD_KEY_MAX, .may_be_null = true, .doc = "api.assets.scope" },
    TEXT("number", "number"), TEXT("purpose", "purpose"), TEXT("model", "model"),
    { "quantity", MP_TYPE_INTEGER, .min = 1, .max = MP_ASSET_QUANTITY_MAX, .may_be_null = true, .doc = "api.assets.quantity" },
    TEXT("location", "location"), TEXT("owner", "owner"), TEXT("keeper", "keeper"),
    RATING("confidentiality"), RATING("integrity"), RATING("availability"),
    { "laws", MP_TYPE_ARRAY, .shape = &law_shape, .max = MP_ASSET_LISTS_MAX, .may_be_null = true, .doc = "api.assets.laws" },
    { "sum", MP_TYPE_INTEGER, .is_read_only = true, .max = 9, .doc = "api.assets.sum" },
    { "grade", MP_TYPE_STRING, .is_read_only = true, .doc = "api.assets.grade" },
    { "labels", MP_TYPE_ARRAY, .shape = &label_shape, .max = MP_ASSET_LISTS_MAX, .may_be_null = true, .doc = "api.assets.labels" },
};
static const mp_json_shape asset_shape = { .name = "Asset", .type = MP_TYPE_OBJECT, .doc = "api.assets.asset", MP_PROPERTIES(members) };
MP_LIST_SHAPE(assets_shape, asset_shape);
static const mp_json_shape classes_shape = { .name = "AssetClasses", .type = MP_TYPE_OBJECT, .is_open = true, .doc = "api.assets.classes" };

static const char *const orders[] = { "name", "name desc", "class", "owner", "grade", "createdAt", "createdAt desc", NULL };
#define FILTER(name_) { .name = name_, .type = MP_TYPE_STRING, .max = MP_RECORD_KEY_MAX, .doc = "api.assets." name_ }
static const mp_param list_params[] = {
    MP_LIST_PARAMS, MP_ORDER_PARAM(orders), FILTER("name"), FILTER("class"), FILTER("resource"), FILTER("owner"),
    FILTER("keeper"), FILTER("grade"), FILTER("location"), FILTER("label"), FILTER("law"),
    { .name = "origin", .type = MP_TYPE_STRING, .values = origins, .doc = "api.assets.origin" },
};
static const mp_param as_of_params[] = { MP_AS_OF_PARAM };

/* ---- reading ---- */

static bool is_seen(mp_app *app, const mp_http_request *request, const mp_record *record)
{
    return mp_app_may(app, request, MP_ASSETS_READ, mp_json_get_text(record->body, "scope"));
}

static mp_code list_assets(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    return mp_list_answer(app, request, response, &(mp_listing){ .kind = &mp_asset_kind, .is_seen = is_seen }, err);
}

/* May who asks do `action` to this asset (NULL: there is none)? Who may not even read it is answered as if there were none: refused at the
 * installation, or told so when he may do it there. */
static mp_code require_on(const mp_record *asset, mp_app *app, mp_http_request *request, const char *action, mp_error *err)
{
    mp_str scope = asset ? mp_json_get_text(asset->body, "scope") : MP_S("");
    if (asset && (is_seen(app, request, asset) || mp_app_may(app, request, action, scope)))
        return mp_app_require(app, request, action, scope, err);
    MP_TRY(mp_app_require(app, request, action, MP_S("/"), err));
    return mp_fail(err, MP_MISSING, MP_NOWHERE, "no asset has this id");
}

/* What a reading of the store gave, when he who asks may do `action` to it. */
static mp_code require_found(mp_code code, const mp_error *why, const mp_record *asset, mp_app *app, mp_http_request *request,
                             const char *action, mp_error *err)
{
    return code == MP_OK || code == MP_MISSING ? require_on(code == MP_OK ? asset : NULL, app, request, action, err)
                                               : mp_fail(err, code, MP_NOWHERE, "%s", why->message);
}

/* The asset in the path, when he who asks may do `action` to it. */
static mp_code require_asset(mp_record *out, mp_app *app, mp_http_request *request, const char *action, mp_ticks as_of,
                             mp_error *err)
{
    mp_str   id;
    mp_error why = { .code = MP_OK };
    MP_TRY(mp_item_guid(&id, request, "id", err));
    mp_code code = mp_item_read(out, app, request, &mp_asset_kind, id, as_of, &why);
    return require_found(code, &why, out, app, request, action, err);
}

static mp_code get_asset(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_record record;
    mp_ticks  as_of;
    MP_TRY(mp_query_time(&as_of, request, MP_S("asOf"), err));
    MP_TRY(require_asset(&record, app, request, MP_ASSETS_READ, as_of, err));
    return mp_respond_etag(request, response, record.version) ? MP_OK : mp_item_respond(request, response, 200, &record, err);
}

static mp_code get_history(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_record last;
    mp_str    id;
    MP_TRY(mp_item_guid(&id, request, "id", err));
    mp_error why = { .code = MP_OK };
    mp_code  code = mp_list_last(&last, app, request, &mp_asset_kind, id, &why);
    MP_TRY(require_found(code, &why, &last, app, request, MP_ASSETS_READ, err));
    return mp_list_history(app, request, response, &(mp_listing){ .kind = &mp_asset_kind, .is_seen = is_seen }, id, err);
}

static mp_code get_classes(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    return mp_respond_json(request, response, 200, mp_assets_of(app)->rules.document, err);
}

/* ---- changing ---- */

typedef struct changing {
    mp_change      change;
    const mp_json *body;
} changing;

static mp_code put_asset(mp_tx *tx, void *arg, mp_error *err)
{
    changing *c = arg;
    int64_t   expected = MP_NO_VERSION;
    if (!c->change.is_new)
        MP_TRY(mp_item_expect(&expected, tx, c->change.request, &mp_asset_kind, c->change.id, err));
    MP_TRY(mp_record_put(NULL, tx, &mp_asset_kind, c->change.id, c->body, expected, err));
    return mp_item_keep(&c->change, tx, &mp_asset_kind, err);
}

static mp_code make_body(changing *c, mp_app *app, mp_ticks created_at, mp_error *err)
{
    mp_http_request *request = c->change.request;
    mp_asset_making  as = { .rules = &mp_assets_of(app)->rules, .id = c->change.id, .created_at = created_at };
    MP_TRY(mp_asset_make(&c->body, &as, request->json, request->arena, err));
    return mp_app_require(app, request, MP_ASSETS_WRITE, mp_json_get_text(c->body, "scope"), err);
}

static mp_code make_asset(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    changing c = { .change = { .app = app, .request = request, .is_new = true } };
    char     id[37];
    MP_TRY(mp_guid(id, err));
    c.change.id = mp_arena_dup(request->arena, mp_str_of(id, 36));
    if (!c.change.id.ptr)
        return mp_no_memory(err);
    MP_TRY(make_body(&c, app, request->started, err));
    MP_TRY(mp_app_write(app, request, response, put_asset, &c, err));
    MP_TRY(mp_respond_location(request, response, "/api/v1/assets", c.change.id, err));
    return mp_item_respond(request, response, 201, &c.change.out, err);
}

static mp_code replace_asset(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    changing  c = { .change = { .app = app, .request = request } };
    mp_record old;
    mp_ticks  created_at;
    MP_TRY(require_asset(&old, app, request, MP_ASSETS_WRITE, 0, err));
    c.change.id = old.key;
    if (!mp_clock_parse(&created_at, mp_json_get_text(old.body, "createdAt")))
        created_at = request->started;
    MP_TRY(make_body(&c, app, created_at, err));
    MP_TRY(mp_app_write(app, request, response, put_asset, &c, err));
    return mp_item_respond(request, response, 200, &c.change.out, err);
}

static mp_code remove_asset(mp_tx *tx, void *arg, mp_error *err)
{
    mp_change *c = arg;
    int64_t    expected;
    MP_TRY(mp_item_expect(&expected, tx, c->request, &mp_asset_kind, c->id, err));
    return mp_record_delete(tx, &mp_asset_kind, c->id, expected, err);
}

static mp_code delete_asset(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_change change = { .app = app, .request = request };
    mp_record old;
    MP_TRY(require_asset(&old, app, request, MP_ASSETS_DELETE, 0, err));
    change.id = old.key;
    return mp_item_change(app, request, response, remove_asset, &change, err);
}

#define SUMMARY(name_) .tag = "assets", .summary = "api.assets." name_
#define ITS_OWN .scope = "{asset.scope}"

const mp_route mp_routes_assets[MP_ROUTES_ASSETS] = {
    API(MP_GET, "/asset-classes", MP_SIGNED_IN, get_classes, SUMMARY("getClasses"), .answer = &classes_shape),
    API(MP_GET, "/assets", MP_SIGNED_IN, list_assets, SUMMARY("list"), PARAMS(list_params), .answer = &assets_shape),
    API(MP_POST, "/assets", MP_ASSETS_WRITE, make_asset, SUMMARY("create"), ITS_OWN, .body = &asset_shape,
        .answer = &asset_shape, .status = 201),
    API(MP_GET, "/assets/{id}", MP_ASSETS_READ, get_asset, SUMMARY("get"), ITS_OWN, PARAMS(as_of_params), .answer = &asset_shape),
    API(MP_GET, "/assets/{id}/history", MP_ASSETS_READ, get_history, SUMMARY("history"), ITS_OWN, PARAMS(mp_history_params),
        .answer = &mp_shape_history),
    API(MP_PUT, "/assets/{id}", MP_ASSETS_WRITE, replace_asset, SUMMARY("replace"), ITS_OWN, .body = &asset_shape,
        .answer = &asset_shape),
    API(MP_DELETE, "/assets/{id}", MP_ASSETS_DELETE, delete_asset, SUMMARY("delete"), ITS_OWN, .status = 204),
};
