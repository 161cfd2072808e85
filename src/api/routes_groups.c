/* SPDX-License-Identifier: Apache-2.0 */
#include "directory.h"
#include "outrank.h"
#include "routes.h"

static const mp_json_shape member_shape = { .type = MP_TYPE_GUID, .doc = "api.group.member" };
static const char *const principal_types[] = { "User", "Group", "ServicePrincipal", NULL };
static const mp_property named_members[] = {
    { "principalId", MP_TYPE_GUID, .is_required = true, .doc = "api.group.member" },
    { "principalType", MP_TYPE_STRING, .values = principal_types, .doc = "api.assignment.principalType" },
    { "principalName", MP_TYPE_STRING, .max = 200, .doc = "api.assignment.principalName" },
};
static const mp_json_shape named_shape = { .name = "GroupMember", .type = MP_TYPE_OBJECT,
                                           .doc = "api.group.memberName", MP_PROPERTIES(named_members) };
static const mp_property group_members[] = {
    MP_RECORD_MEMBERS,
    { "displayName", MP_TYPE_STRING, .is_required = true, .min = 1, .max = 200, .doc = "api.group.displayName" },
    { "description", MP_TYPE_STRING, .max = 2000, .may_be_null = true, .doc = "api.member.description" },
    { "members", MP_TYPE_ARRAY, .shape = &member_shape, .max = 10000, .doc = "api.group.members" },
    { "memberNames", MP_TYPE_ARRAY, .shape = &named_shape, .is_read_only = true, .max = 10000,
      .doc = "api.group.memberNames" },
};
static const mp_json_shape group_shape = { .name = "Group", .type = MP_TYPE_OBJECT, .doc = "api.group",
                                           MP_PROPERTIES(group_members) };
MP_LIST_SHAPE(groups_shape, group_shape);

static const char *const orders[] = { "displayName", "displayName desc", "createdAt", "createdAt desc", NULL };
static const mp_param list_params[] = {
    MP_LIST_PARAMS,
    MP_ORDER_PARAM(orders),
    { .name = "displayName", .type = MP_TYPE_STRING, .doc = "api.filter.displayName" },
    { .name = "members", .type = MP_TYPE_GUID, .doc = "api.filter.members" },
};
static const mp_param as_of_params[] = { MP_AS_OF_PARAM };

static const mp_kept_as as_group = { .kind = &mp_group_kind, .put = mp_group_put, .path = "/api/v1/groups",
                                     .named = mp_name_members };

static mp_code list_groups(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    return mp_list_answer(app, request, response, &(mp_listing){ .kind = &mp_group_kind }, err);
}

static mp_code make_group(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    return mp_item_create(app, request, response, &as_group, err);
}

static mp_code get_group(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_str id;
    MP_TRY(mp_item_guid(&id, request, "id", err));
    return mp_item_get_named(app, request, response, &mp_group_kind, id, mp_name_members, err);
}

static mp_code put_group(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_str id;
    MP_TRY(mp_item_guid(&id, request, "id", err));
    MP_TRY(mp_outrank(app, request, id, err)); /* who comes in gets what the group has */
    return mp_item_replace(app, request, response, &as_group, id, err);
}

static mp_code remove_group(mp_tx *tx, void *arg, mp_error *err)
{
    mp_change *c = arg;
    int64_t    expected;
    MP_TRY(mp_item_expect(&expected, tx, c->request, &mp_group_kind, c->id, err));
    return mp_group_delete(c->app->access, tx, c->id, expected, err);
}

static mp_code delete_group(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_change change = { .count = 0 };
    MP_TRY(mp_item_guid(&change.id, request, "id", err));
    MP_TRY(mp_outrank(app, request, change.id, err));
    return mp_item_change(app, request, response, remove_group, &change, err);
}

/* ---- one member ---- */

static mp_code change_member(mp_tx *tx, void *arg, mp_error *err)
{
    mp_change *c = arg;
    int64_t    expected;
    MP_TRY(mp_item_expect(&expected, tx, c->request, &mp_group_kind, c->id, err));
    MP_TRY(mp_group_member(c->app->access, tx, c->id, c->text, c->is_new, err));
    return mp_item_keep(c, tx, &mp_group_kind, err);
}

static mp_code with_member(void *app, mp_http_request *request, mp_http_response *response, bool is_in, mp_error *err)
{
    mp_change change = { .is_new = is_in, .named = mp_name_members };
    MP_TRY(mp_item_guid(&change.id, request, "id", err));
    MP_TRY(mp_item_guid(&change.text, request, "member", err));
    if (is_in || !mp_str_eq_fold(change.text, mp_app_who(request)->id)) /* who goes by himself takes nothing from others */
        MP_TRY(mp_outrank(app, request, change.id, err));
    return mp_item_change(app, request, response, change_member, &change, err);
}

static mp_code add_member(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    return with_member(app, request, response, true, err);
}

static mp_code remove_member(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    return with_member(app, request, response, false, err);
}

#define SUMMARY(name_) .tag = "groups", .summary = "api.groups." name_

const mp_route mp_routes_groups[] = {
    API(MP_GET, "/groups", "Mapae.Access/groups/read", list_groups, SUMMARY("list"), PARAMS(list_params),
        .answer = &groups_shape),
    API(MP_POST, "/groups", "Mapae.Access/groups/write", make_group, SUMMARY("create"), .body = &group_shape,
        .answer = &group_shape, .status = 201),
    API(MP_GET, "/groups/{id}", "Mapae.Access/groups/read", get_group, SUMMARY("get"), PARAMS(as_of_params),
        .answer = &group_shape),
    HISTORY("/groups/{id}", "Mapae.Access/groups/read", SUMMARY("history")),
    API(MP_PUT, "/groups/{id}", "Mapae.Access/groups/write", put_group, SUMMARY("replace"), .body = &group_shape,
        .answer = &group_shape),
    API(MP_DELETE, "/groups/{id}", "Mapae.Access/groups/delete", delete_group, SUMMARY("delete"), .status = 204),
    API(MP_PUT, "/groups/{id}/members/{member}", "Mapae.Access/groups/members/write", add_member,
        SUMMARY("addMember"), .answer = &group_shape),
    API(MP_DELETE, "/groups/{id}/members/{member}", "Mapae.Access/groups/members/delete", remove_member,
        SUMMARY("removeMember"), .answer = &group_shape),
};
