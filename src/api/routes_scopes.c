/* SPDX-License-Identifier: Apache-2.0 */
#include "rbac.h"
#include "routes.h"
#include "scope_move.h"

/* ---- shapes ---- */

static const char *const states[] = { "Enabled", "Disabled", NULL };
static const mp_property subscription_members[] = {
    MP_RECORD_MEMBERS,
    { "displayName", MP_TYPE_STRING, .is_required = true, .min = 1, .max = 200, .doc = "api.subscription.displayName" },
    { "state", MP_TYPE_STRING, .values = states, .doc = "api.subscription.state" },
    { "parent", MP_TYPE_STRING, .max = 90, .may_be_null = true, .doc = "api.scope.parent" },
};
static const mp_json_shape subscription_shape = { .name = "Subscription", .type = MP_TYPE_OBJECT,
                                                  .doc = "api.subscription", MP_PROPERTIES(subscription_members) };
MP_LIST_SHAPE(subscriptions_shape, subscription_shape);

static const mp_property group_members[] = {
    MP_RECORD_MEMBERS,
    { "name", MP_TYPE_STRING, .min = 1, .max = 90, .doc = "api.managementGroup.name" },
    { "displayName", MP_TYPE_STRING, .min = 1, .max = 200, .doc = "api.managementGroup.displayName" },
    { "parent", MP_TYPE_STRING, .max = 90, .may_be_null = true, .doc = "api.scope.parent" },
};
static const mp_json_shape group_shape = { .name = "ManagementGroup", .type = MP_TYPE_OBJECT,
                                           .doc = "api.managementGroup", MP_PROPERTIES(group_members) };
MP_LIST_SHAPE(groups_shape, group_shape);

static const char *const orders[] = { "displayName", "displayName desc", NULL };
static const mp_param subscription_params[] = {
    MP_LIST_PARAMS,
    MP_ORDER_PARAM(orders),
    { .name = "displayName", .type = MP_TYPE_STRING, .doc = "api.filter.displayName" },
    { .name = "state", .type = MP_TYPE_STRING, .doc = "api.subscription.state", .values = states },
    { .name = "parent", .type = MP_TYPE_STRING, .doc = "api.scope.parent" },
};
static const mp_param group_params[] = {
    MP_LIST_PARAMS,
    MP_ORDER_PARAM(orders),
    { .name = "displayName", .type = MP_TYPE_STRING, .doc = "api.filter.displayName" },
    { .name = "parent", .type = MP_TYPE_STRING, .doc = "api.scope.parent" },
};
static const mp_param as_of_params[] = { MP_AS_OF_PARAM };

/* ---- subscriptions ---- */

#define SUBSCRIPTION "/subscriptions/"
#define MANAGEMENT_GROUP "/providers/Microsoft.Management/managementGroups/"
#define READ_SUBSCRIPTION "Microsoft.Resources/subscriptions/read"
#define READ_GROUP "Microsoft.Management/managementGroups/read"

static const mp_kept_as as_subscription = { .kind = &mp_subscription_kind, .put = mp_subscription_put,
                                            .path = "/api/v1/subscriptions" };

static bool sees(mp_app *app, const mp_http_request *request, const char *action, const char *place, mp_str key)
{
    mp_str scope = mp_arena_printf(request->arena, "%s%.*s", place, MP_FMT(key));
    return scope.ptr && mp_app_may(app, request, action, scope);
}

static bool sees_subscription(mp_app *app, const mp_http_request *request, const mp_record *record)
{
    return sees(app, request, READ_SUBSCRIPTION, SUBSCRIPTION, record->key);
}

static mp_code list_subscriptions(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    return mp_list_answer(app, request, response,
                          &(mp_listing){ .kind = &mp_subscription_kind, .is_seen = sees_subscription }, err);
}

static mp_code make_subscription(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_str parent = mp_parent_of(app, request->json);
    if (parent.len)
        MP_TRY(mp_check_parent(app, request, parent, err));
    return mp_item_create(app, request, response, &as_subscription, err);
}

static mp_code get_subscription(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_str id;
    MP_TRY(mp_item_guid(&id, request, "id", err));
    return mp_item_get(app, request, response, &mp_subscription_kind, id, err);
}

static mp_code put_subscription(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_record old = { .version = 0 };
    mp_str    id;
    MP_TRY(mp_item_guid(&id, request, "id", err));
    MP_TRY(mp_check_move(&old, app, request, &mp_subscription_kind, id, mp_parent_of(app, request->json), err));
    return mp_item_replace_seen(app, request, response, &as_subscription, id, &old, err);
}

/* ---- management groups: the key is the name, folded ---- */

/* One that is made has its name in the body; one that is replaced, in the path. */
static mp_code put_named(mp_record *out, mp_access *access, mp_tx *tx, mp_str key, const mp_json *body,
                         int64_t expected, mp_error *err)
{
    return mp_management_group_put(out, access, tx, key.len ? key : mp_json_get_text(body, "name"), body, expected,
                                   err);
}

static const mp_kept_as as_group = { .kind = &mp_management_group_kind, .put = put_named,
                                     .path = "/api/v1/management-groups" };

static bool sees_group(mp_app *app, const mp_http_request *request, const mp_record *record)
{
    return sees(app, request, READ_GROUP, MANAGEMENT_GROUP, record->key);
}

static mp_code list_groups(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    return mp_list_answer(app, request, response,
                          &(mp_listing){ .kind = &mp_management_group_kind, .is_seen = sees_group }, err);
}

static mp_code make_group(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    if (!mp_json_get_text(request->json, "name").len)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "a management group needs a name");
    MP_TRY(mp_check_parent(app, request, mp_parent_of(app, request->json), err));
    return mp_item_create(app, request, response, &as_group, err);
}

static mp_code get_group(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_str key;
    MP_TRY(mp_item_name(&key, request, "name", err));
    return mp_item_get(app, request, response, &mp_management_group_kind, key, err);
}

static mp_code put_group(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_record old = { .version = 0 };
    mp_str    key;
    MP_TRY(mp_item_name(&key, request, "name", err));
    MP_TRY(mp_check_move(&old, app, request, &mp_management_group_kind, key, mp_parent_of(app, request->json), err));
    return mp_item_replace_seen(app, request, response, &as_group, key, &old, err);
}

#define SUBSCRIPTIONS(name_) .tag = "subscriptions", .summary = "api.subscriptions." name_
#define GROUPS(name_) .tag = "management-groups", .summary = "api.managementGroups." name_

const mp_route mp_routes_scopes[] = {
    API(MP_GET, "/subscriptions", MP_SIGNED_IN, list_subscriptions, SUBSCRIPTIONS("list"),
        PARAMS(subscription_params), .answer = &subscriptions_shape),
    API(MP_POST, "/subscriptions", "Microsoft.Resources/subscriptions/write", make_subscription,
        SUBSCRIPTIONS("create"), .body = &subscription_shape,
        .answer = &subscription_shape, .status = 201),
    API(MP_GET, "/subscriptions/{id}", READ_SUBSCRIPTION, get_subscription, SUBSCRIPTIONS("get"),
        .scope = SUBSCRIPTION "{id}", PARAMS(as_of_params),
        .answer = &subscription_shape),
    HISTORY("/subscriptions/{id}", READ_SUBSCRIPTION, SUBSCRIPTIONS("history"), .scope = SUBSCRIPTION "{id}"),
    API(MP_PUT, "/subscriptions/{id}", "Microsoft.Resources/subscriptions/write", put_subscription,
        SUBSCRIPTIONS("replace"), .scope = SUBSCRIPTION "{id}",
        .body = &subscription_shape, .answer = &subscription_shape),
    API(MP_GET, "/management-groups", MP_SIGNED_IN, list_groups, GROUPS("list"), PARAMS(group_params),
        .answer = &groups_shape),
    API(MP_POST, "/management-groups", "Microsoft.Management/managementGroups/write", make_group, GROUPS("create"),
        .scope = "{body.parent}",
        .body = &group_shape, .answer = &group_shape, .status = 201),
    API(MP_GET, "/management-groups/{name}", READ_GROUP, get_group, GROUPS("get"), .scope = MANAGEMENT_GROUP "{name}",
        PARAMS(as_of_params),
        .answer = &group_shape),
    HISTORY("/management-groups/{name}", READ_GROUP, GROUPS("history"), .scope = MANAGEMENT_GROUP "{name}"),
    API(MP_PUT, "/management-groups/{name}", "Microsoft.Management/managementGroups/write", put_group,
        GROUPS("replace"), .scope = MANAGEMENT_GROUP "{name}",
        .body = &group_shape, .answer = &group_shape),
};
