/* SPDX-License-Identifier: Apache-2.0 */
/* Our own API: resources and policies as they are, as they were, and all their versions. */
#include "compliance_routes.h"

#include "guard.h"
#include "objects.h"
#include "routes.h"
#include "time_put.h"

#define RESOURCES_READ "Microsoft.Resources/subscriptions/resources/read"
#define ASSIGNMENTS_READ "Microsoft.Authorization/policyAssignments/read"
#define DEFINITIONS_READ "Microsoft.Authorization/policyDefinitions/read"

/* ---- a resource ---- */

static const mp_json_shape document_shape = { .type = MP_TYPE_OBJECT, .is_open = true, .doc = "api.compliance.document" };
static const mp_property   resource_members[] = {
    { "id", MP_TYPE_STRING, .is_required = true, .doc = "api.compliance.id" },
    { "type", MP_TYPE_STRING, .is_required = true, .doc = "api.compliance.type" },
    { "source", MP_TYPE_STRING, .is_required = true, .doc = "api.compliance.source" },
    { "version", MP_TYPE_INTEGER, .is_required = true, .max = INT64_MAX, .doc = "api.past.version" },
    { "since", MP_TYPE_TIME, .is_required = true, .doc = "api.past.since" },
    { "until", MP_TYPE_TIME, .doc = "api.past.until" },
    { "document", MP_TYPE_OBJECT, .is_required = true, .shape = &document_shape, .doc = "api.compliance.document" },
};
static const mp_json_shape resource_shape = {
    .name = "ResourceVersion", .type = MP_TYPE_OBJECT, .doc = "api.past.resource", MP_PROPERTIES(resource_members)
};
#define ID_PARAM { .name = "id", .type = MP_TYPE_STRING, .max = MP_RECORD_KEY_MAX, .is_required = true, .doc = "api.past.param.id" }
static const mp_param resource_params[] = { ID_PARAM, MP_AS_OF_PARAM };
static const mp_param history_params[] = { ID_PARAM, MP_PAGE_PARAMS };

typedef struct looking {
    mp_http_request *request;
    mp_place         place;
    mp_ticks         as_of;
    mp_estate_item   item;
} looking;

static mp_code read_item(mp_tx *tx, void *arg, mp_error *err)
{
    looking *l = arg;
    return mp_estate_get(&l->item, tx, l->place.key, l->as_of, l->request->arena, err);
}

static mp_code get_resource(void *app_, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_app  *app = app_;
    looking  l = { .request = request };
    mp_jsonw w;
    MP_TRY(mp_place_of(&l.place, mp_http_query(request, MP_S("id")), request->arena, err));
    MP_TRY(mp_require_reading(app, request, l.place.id, err));
    MP_TRY(mp_query_time(&l.as_of, request, MP_S("asOf"), err));
    MP_TRY(mp_store_read(app->store, read_item, &l, err));
    mp_jsonw_init(&w, request->arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "id", l.item.id);
    mp_jsonw_put_str(&w, "type", l.item.type);
    mp_jsonw_put_str(&w, "source", l.item.source);
    mp_jsonw_put_int(&w, "version", l.item.version);
    mp_time_put(&w, "since", l.item.since);
    if (l.item.until)
        mp_time_put(&w, "until", l.item.until);
    mp_jsonw_put_value(&w, "document", l.item.document);
    mp_jsonw_end(&w);
    return mp_respond_json(request, response, 200, mp_jsonw_done(&w), err);
}

static mp_code get_resource_history(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_place place;
    MP_TRY(mp_place_of(&place, mp_http_query(request, MP_S("id")), request->arena, err));
    MP_TRY(mp_require_reading(app, request, place.id, err));
    return mp_list_history(app, request, response, &(mp_listing){ .kind = &mp_estate_kind }, place.key, err);
}

/* ---- policy objects ---- */

static const char *const   kind_names[] = { "definition", "initiative", "assignment", "exemption", "attestation", NULL };
static const mp_json_shape object_shape = {
    .name = "PolicyObjectVersion", .type = MP_TYPE_OBJECT, .is_open = true, .doc = "api.past.object"
};
MP_LIST_SHAPE(objects_shape, object_shape);
static const mp_param object_params[] = {
    { .name = "kind", .type = MP_TYPE_STRING, .values = kind_names, .is_required = true, .doc = "api.past.param.kind" },
    { .name = "scope", .type = MP_TYPE_STRING, .max = MP_RECORD_KEY_MAX, .doc = "api.past.param.scope" },
    MP_AS_OF_PARAM, MP_PAGE_PARAMS,
};

typedef struct listing {
    mp_http_request *request;
    mp_record_query  query;
    mp_record_page   page;
} listing;

static mp_code read_objects(mp_tx *tx, void *arg, mp_error *err)
{
    listing *l = arg;
    return mp_record_list(&l->page, tx, &l->query, l->request->arena, err);
}

static mp_object_kind kind_of(mp_str name)
{
    unsigned kind = 0;
    while (kind + 1 < MP_OBJECT_KINDS && !mp_str_eq(name, mp_str_from(kind_names[kind])))
        kind++;
    return (mp_object_kind)kind;
}

static mp_code list_objects(void *app_, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_app          *app = app_;
    listing          l = { .request = request };
    mp_record_filter filter = { .index = "id", .op = MP_FILTER_STARTS };
    mp_place         place;
    mp_str           scope = mp_http_query(request, MP_S("scope"));
    mp_jsonw         w;
    MP_TRY(mp_app_require(app, request, DEFINITIONS_READ, scope.len ? scope : MP_S("/"), err));
    l.query = (mp_record_query){ .kind = mp_object_kinds[kind_of(mp_http_query(request, MP_S("kind")))],
                                 .order = "id",
                                 .after = mp_http_query(request, MP_S("after")) };
    MP_TRY(mp_list_open_place(&l.query.after, app, request, err));
    MP_TRY(mp_list_top(&l.query.limit, request, 100, err));
    MP_TRY(mp_query_time(&l.query.as_of, request, MP_S("asOf"), err));
    if (scope.len > 1) {
        MP_TRY(mp_place_of(&place, scope, request->arena, err));
        filter.value = place.key;
        l.query.filters = &filter;
        l.query.filter_count = 1;
    }
    MP_TRY(mp_store_read(app->store, read_objects, &l, err));
    MP_TRY(mp_list_seal_place(&l.page.next, app, request, err));
    mp_jsonw_init(&w, request->arena);
    mp_jsonw_object(&w);
    mp_jsonw_key(&w, MP_S("value"));
    mp_jsonw_array(&w);
    for (size_t i = 0; i < l.page.count; i++)
        if (scope.len <= 1 || mp_place_holds(filter.value, l.page.records[i].key))
            mp_jsonw_value(&w, l.page.records[i].body);
    mp_jsonw_end(&w);
    mp_jsonw_put_filled(&w, "next", l.page.next);
    mp_jsonw_end(&w);
    return mp_respond_json(request, response, 200, mp_jsonw_done(&w), err);
}

static mp_code get_object_history(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_place place;
    MP_TRY(mp_place_of(&place, mp_http_query(request, MP_S("id")), request->arena, err));
    MP_TRY(mp_app_require(app, request, DEFINITIONS_READ, place.key, err));
    for (unsigned i = 0; i < MP_OBJECT_KINDS; i++)
        if (mp_str_eq_fold(place.type, mp_str_from(mp_object_type((mp_object_kind)i))))
            return mp_list_history(app, request, response, &(mp_listing){ .kind = mp_object_kinds[i] }, place.key, err);
    return mp_fail(
        err, MP_PARAMETER, MP_NOWHERE,
        "'%.*s' is the id of no policy object; wanted is a definition, an initiative, an assignment, an exemption or an attestation",
        MP_FMT(place.id));
}

/* ---- the table ---- */

#define SUMMARY(name_) .tag = "compliance", .summary = "api.past." name_

const mp_route mp_routes_past[MP_ROUTES_PAST] = {
    API(MP_GET, "/inventory/resource", RESOURCES_READ, get_resource, SUMMARY("get"), .scope = "{?id}", PARAMS(resource_params), .answer = &resource_shape),
    API(MP_GET, "/inventory/history", RESOURCES_READ, get_resource_history, SUMMARY("history"), .scope = "{?id}", PARAMS(history_params), .answer = &mp_shape_history),
    API(MP_GET, "/policy-objects", ASSIGNMENTS_READ, list_objects, SUMMARY("objects"), .scope = "{?scope}", PARAMS(object_params), .answer = &objects_shape),
    API(MP_GET, "/policy-objects/history", ASSIGNMENTS_READ, get_object_history, SUMMARY("objectHistory"), .scope = "{?id}", PARAMS(history_params),
        .answer = &mp_shape_history),
};
