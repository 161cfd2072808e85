/* SPDX-License-Identifier: Apache-2.0 */
#include "oidc.h"
#include "outrank.h"
#include "routes.h"

static const char *const claims[] = { "sub", "email", "preferred_username", NULL };
static const mp_json_shape scope_shape = { .type = MP_TYPE_STRING, .min = 1, .max = 200, .doc = "api.provider.scope" };
static const mp_property map_members[] = {
    { "value", MP_TYPE_STRING, .is_required = true, .min = 1, .max = 400, .doc = "api.provider.groupValue" },
    { "group", MP_TYPE_GUID, .is_required = true, .doc = "api.provider.group" },
};
static const mp_json_shape map_shape = { .name = "GroupMapping", .type = MP_TYPE_OBJECT,
                                         .doc = "api.provider.groupMap", MP_PROPERTIES(map_members) };
static const mp_property provider_members[] = {
    MP_RECORD_MEMBERS,
    { "displayName", MP_TYPE_STRING, .is_required = true, .min = 1, .max = 200, .doc = "api.provider.displayName" },
    { "issuer", MP_TYPE_URI, .is_required = true, .min = 1, .max = 1024, .doc = "api.provider.issuer" },
    { "clientId", MP_TYPE_STRING, .is_required = true, .min = 1, .max = 400, .doc = "api.provider.clientId" },
    { "clientSecret", MP_TYPE_STRING, .max = 1024, .is_write_only = true, .may_be_null = true,
      .doc = "api.provider.clientSecret" },
    { "scopes", MP_TYPE_ARRAY, .shape = &scope_shape, .max = 20, .doc = "api.provider.scopes" },
    { "userClaim", MP_TYPE_STRING, .values = claims, .doc = "api.provider.userClaim" },
    { "groupsClaim", MP_TYPE_STRING, .max = 100, .may_be_null = true, .doc = "api.provider.groupsClaim" },
    { "groupMap", MP_TYPE_ARRAY, .shape = &map_shape, .max = 200, .doc = "api.provider.groupMap" },
    { "createsUsers", MP_TYPE_BOOLEAN, .doc = "api.provider.createsUsers" },
    { "linksExisting", MP_TYPE_BOOLEAN, .doc = "api.provider.linksExisting" },
    { "trustsFactor", MP_TYPE_BOOLEAN, .doc = "api.provider.trustsFactor" },
    { "isEnabled", MP_TYPE_BOOLEAN, .doc = "api.provider.isEnabled" },
    { "allowsLoopbackHttp", MP_TYPE_BOOLEAN, .is_read_only = true, .doc = "api.provider.allowsLoopbackHttp" },
};
static const mp_json_shape provider_shape = { .name = "IdentityProvider", .type = MP_TYPE_OBJECT,
                                              .doc = "api.provider", MP_PROPERTIES(provider_members) };
MP_LIST_SHAPE(providers_shape, provider_shape);

static const mp_param list_params[] = { MP_LIST_PARAMS };
static const mp_param as_of_params[] = { MP_AS_OF_PARAM };

static const mp_kept_as as_provider = { .kind = &mp_provider_kind, .put = mp_provider_put,
                                        .path = "/api/v1/identity-providers" };

static mp_code list_providers(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    return mp_list_answer(app, request, response, &(mp_listing){ .kind = &mp_provider_kind }, err);
}

static mp_code make_provider(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    MP_TRY(mp_outrank_all(app, request, err));
    return mp_item_create(app, request, response, &as_provider, err);
}

static mp_code get_provider(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_str id;
    MP_TRY(mp_item_guid(&id, request, "id", err));
    return mp_item_get(app, request, response, &mp_provider_kind, id, err);
}

static mp_code put_provider(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_str id;
    MP_TRY(mp_item_guid(&id, request, "id", err));
    MP_TRY(mp_outrank_all(app, request, err));
    return mp_item_replace(app, request, response, &as_provider, id, err);
}

static mp_code remove_provider(mp_tx *tx, void *arg, mp_error *err)
{
    mp_change *c = arg;
    int64_t    expected;
    MP_TRY(mp_item_expect(&expected, tx, c->request, &mp_provider_kind, c->id, err));
    return mp_provider_delete(c->app->access, tx, c->id, expected, err);
}

static mp_code delete_provider(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_change change = { .count = 0 };
    MP_TRY(mp_item_guid(&change.id, request, "id", err));
    MP_TRY(mp_outrank_all(app, request, err));
    return mp_item_change(app, request, response, remove_provider, &change, err);
}

#define SUMMARY(name_) .tag = "identity-providers", .summary = "api.identityProviders." name_

const mp_route mp_routes_providers[] = {
    API(MP_GET, "/identity-providers", "Mapae.Access/identityProviders/read", list_providers, SUMMARY("list"),
        PARAMS(list_params), .answer = &providers_shape),
    API(MP_POST, "/identity-providers", "Mapae.Access/identityProviders/write", make_provider, SUMMARY("create"),
        .body = &provider_shape,
        .answer = &provider_shape, .status = 201),
    API(MP_GET, "/identity-providers/{id}", "Mapae.Access/identityProviders/read", get_provider, SUMMARY("get"),
        PARAMS(as_of_params),
        .answer = &provider_shape),
    HISTORY("/identity-providers/{id}", "Mapae.Access/identityProviders/read", SUMMARY("history")),
    API(MP_PUT, "/identity-providers/{id}", "Mapae.Access/identityProviders/write", put_provider, SUMMARY("replace"),
        .body = &provider_shape,
        .answer = &provider_shape),
    API(MP_DELETE, "/identity-providers/{id}", "Mapae.Access/identityProviders/delete", delete_provider,
        SUMMARY("delete"), .status = 204),
};
