/* SPDX-License-Identifier: Apache-2.0 */
#include "builtin_roles.h"
#include "rbac.h"
#include "routes.h"
#include "scope.h"

/* ---- shapes ---- */

static const mp_json_shape action_shape = { .type = MP_TYPE_STRING, .min = 1, .max = 200, .doc = "api.role.action" };
static const mp_json_shape scope_shape = { .type = MP_TYPE_STRING, .min = 1, .max = 1024, .doc = "api.scope" };
static const char *const role_types[] = { "BuiltInRole", "CustomRole", NULL };
static const mp_property role_members[] = {
    MP_RECORD_MEMBERS,
    { "roleName", MP_TYPE_STRING, .is_required = true, .min = 1, .max = 200, .doc = "api.role.roleName" },
    { "description", MP_TYPE_STRING, .max = 2000, .may_be_null = true, .doc = "api.member.description" },
    { "type", MP_TYPE_STRING, .values = role_types, .is_read_only = true, .doc = "api.role.type" },
    { "actions", MP_TYPE_ARRAY, .shape = &action_shape, .max = 200, .doc = "api.role.actions" },
    { "notActions", MP_TYPE_ARRAY, .shape = &action_shape, .max = 200, .doc = "api.role.notActions" },
    { "dataActions", MP_TYPE_ARRAY, .shape = &action_shape, .max = 200, .doc = "api.role.dataActions" },
    { "notDataActions", MP_TYPE_ARRAY, .shape = &action_shape, .max = 200, .doc = "api.role.notDataActions" },
    { "assignableScopes", MP_TYPE_ARRAY, .shape = &scope_shape, .max = 100, .doc = "api.role.assignableScopes" },
    { "isDated", MP_TYPE_BOOLEAN, .is_read_only = true, .doc = "api.role.isDated" },
};
static const mp_json_shape role_shape = { .name = "Role", .type = MP_TYPE_OBJECT, .doc = "api.role",
                                          MP_PROPERTIES(role_members) };
MP_LIST_SHAPE(roles_shape, role_shape);

static const char *const principal_types[] = { "User", "Group", "ServicePrincipal", NULL };
static const mp_property assignment_members[] = {
    MP_RECORD_MEMBERS,
    { "principalId", MP_TYPE_GUID, .is_required = true, .doc = "api.assignment.principalId" },
    { "principalType", MP_TYPE_STRING, .values = principal_types, .doc = "api.assignment.principalType" },
    { "principalName", MP_TYPE_STRING, .max = 200, .is_read_only = true, .doc = "api.assignment.principalName" },
    { "roleDefinitionId", MP_TYPE_STRING, .is_required = true, .min = 1, .max = 400,
      .doc = "api.assignment.roleDefinitionId" },
    { "roleName", MP_TYPE_STRING, .max = 200, .is_read_only = true, .doc = "api.role.roleName" },
    { "scope", MP_TYPE_STRING, .is_required = true, .min = 1, .max = 1024, .doc = "api.scope" },
    { "description", MP_TYPE_STRING, .max = 2000, .may_be_null = true, .doc = "api.member.description" },
    { "startsAt", MP_TYPE_TIME, .may_be_null = true, .doc = "api.assignment.startsAt" },
    { "endsAt", MP_TYPE_TIME, .may_be_null = true, .doc = "api.member.endsAt" },
    { "createdBy", MP_TYPE_STRING, .is_read_only = true, .doc = "api.member.createdBy" },
    { "identity", MP_TYPE_SHA256, .is_read_only = true, .doc = "api.assignment.identity" },
};
static const mp_json_shape assignment_shape = { .name = "Assignment", .type = MP_TYPE_OBJECT, .doc = "api.assignment",
                                                MP_PROPERTIES(assignment_members) };
MP_LIST_SHAPE(assignments_shape, assignment_shape);

static const mp_property may_members[] = {
    { "action", MP_TYPE_STRING, .is_required = true, .min = 1, .max = 200, .doc = "api.role.action" },
    { "scope", MP_TYPE_STRING, .is_required = true, .min = 1, .max = 1024, .doc = "api.scope" },
    { "principalId", MP_TYPE_GUID, .doc = "api.may.principalId" },
    { "isData", MP_TYPE_BOOLEAN, .doc = "api.may.isData" },
};
static const mp_json_shape may_shape = { .name = "MayRequest", .type = MP_TYPE_OBJECT, .doc = "api.may",
                                         MP_PROPERTIES(may_members) };
static const mp_json_shape reason_shape = { .name = "MayReason", .type = MP_TYPE_OBJECT, .is_open = true,
                                            .doc = "api.may.reason" };
static const mp_property explained_members[] = {
    { "allowed", MP_TYPE_BOOLEAN, .is_required = true, .doc = "api.may.allowed" },
    { "action", MP_TYPE_STRING, .is_required = true, .doc = "api.role.action" },
    { "scope", MP_TYPE_STRING, .is_required = true, .doc = "api.scope" },
    { "principal", MP_TYPE_STRING, .doc = "api.may.principalId" },
    { "decidedBy", MP_TYPE_ARRAY, .shape = &reason_shape, .doc = "api.may.decidedBy" },
    { "notEnough", MP_TYPE_ARRAY, .shape = &reason_shape, .doc = "api.may.notEnough" },
};
static const mp_json_shape explained_shape = { .name = "May", .type = MP_TYPE_OBJECT, .is_open = true,
                                               .doc = "api.may.answer", MP_PROPERTIES(explained_members) };

static const mp_param role_params[] = {
    MP_LIST_PARAMS,
    { .name = "roleName", .type = MP_TYPE_STRING, .doc = "api.role.roleName" },
    { .name = "type", .type = MP_TYPE_STRING, .doc = "api.role.type", .values = role_types },
};
static const mp_param assignment_params[] = {
    MP_LIST_PARAMS,
    { .name = "scope", .type = MP_TYPE_STRING, .doc = "api.filter.scope" },
    { .name = "principalId", .type = MP_TYPE_GUID, .doc = "api.assignment.principalId" },
    { .name = "roleDefinitionId", .type = MP_TYPE_STRING, .doc = "api.assignment.roleDefinitionId" },
};
static const mp_param as_of_params[] = { MP_AS_OF_PARAM };

/* ---- roles ---- */

static const mp_kept_as as_role = { .kind = &mp_role_kind, .put_by = mp_role_put, .path = "/api/v1/roles" };

static mp_code list_roles(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    return mp_list_roles(app, request, response, err);
}

static mp_code make_role(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    return mp_item_create(app, request, response, &as_role, err);
}

static mp_code get_role(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_str id;
    MP_TRY(mp_item_guid(&id, request, "id", err));
    const mp_builtin_role *builtin = mp_builtin_role_find(id);
    if (builtin)
        return mp_respond_json(request, response, 200, mp_builtin_role_json(builtin, request->lang, request->arena),
                               err);
    return mp_item_get(app, request, response, &mp_role_kind, id, err);
}

static mp_code own_role(mp_str *id, const mp_http_request *request, mp_error *err)
{
    MP_TRY(mp_item_guid(id, request, "id", err));
    if (mp_builtin_role_find(*id))
        return mp_fail(err, MP_CONFLICT, MP_NOWHERE, "this role is built in and does not change");
    return MP_OK;
}

static mp_code put_role(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_str id;
    MP_TRY(own_role(&id, request, err));
    return mp_item_replace(app, request, response, &as_role, id, err);
}

static mp_code remove_role(mp_tx *tx, void *arg, mp_error *err)
{
    mp_change *c = arg;
    int64_t    expected;
    MP_TRY(mp_item_expect(&expected, tx, c->request, &mp_role_kind, c->id, err));
    return mp_role_delete(c->app->access, tx, c->id, expected, err);
}

static mp_code delete_role(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_change change = { .count = 0 };
    MP_TRY(own_role(&change.id, request, err));
    return mp_item_change(app, request, response, remove_role, &change, err);
}

/* ---- assignments ----
 * The right is asked for where the assignment stands: for that the body, or the record, must be read first. */

static const mp_kept_as as_assignment = { .kind = &mp_assignment_kind, .put_by = mp_assign,
                                          .path = "/api/v1/assignments", .named = mp_name_assignments };

/* A scope has one form in the store, whatever slashes it is asked for with (casing the index leaves aside);
 * the front of one, "/subscriptions/1*", stays as it is. */
static mp_code tidy_scope(mp_http_request *request, mp_error *err)
{
    mp_pair *query = MP_ARENA_ARRAY(request->arena, mp_pair, request->query_count + 1);
    if (!query)
        return mp_no_memory(err);
    for (size_t i = 0; i < request->query_count; i++) {
        query[i] = request->query[i];
        if (!mp_str_eq_fold(query[i].name, MP_S("scope")) || mp_str_ends(query[i].value, MP_S("*")))
            continue;
        mp_str tidy = mp_scope_tidy(request->arena, query[i].value);
        query[i].value = tidy.ptr ? tidy : query[i].value;
    }
    request->query = query;
    return MP_OK;
}

static mp_code list_assignments(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    MP_TRY(tidy_scope(request, err));
    return mp_list_answer(app, request, response,
                          &(mp_listing){ .kind = &mp_assignment_kind, .named = mp_name_assignments }, err);
}

static mp_code make_assignment(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    MP_TRY(mp_app_require(app, request, NULL, mp_json_get_text(request->json, "scope"), err));
    return mp_item_create(app, request, response, &as_assignment, err);
}

/* The assignment as it stands, and whether he may do the route's action where it stands. Who may not learns
 * nothing: what is not there is refused like what is elsewhere, unless he may at the root. */
static mp_code find_assignment(mp_record *out, mp_app *app, mp_http_request *request, mp_str id, mp_error *err)
{
    mp_ticks as_of;
    MP_TRY(mp_query_time(&as_of, request, MP_S("asOf"), err));
    mp_code code = mp_item_read(out, app, request, &mp_assignment_kind, id, as_of, err);
    if (code == MP_MISSING) {
        MP_TRY(mp_app_require(app, request, NULL, MP_S("/"), err));
        return mp_fail(err, MP_MISSING, MP_NOWHERE, "there is no assignment of this id");
    }
    MP_TRY(code);
    return mp_app_require(app, request, NULL, mp_json_get_text(out->body, "scope"), err);
}

static mp_code get_assignment(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_record record;
    mp_str    id;
    MP_TRY(mp_item_guid(&id, request, "id", err));
    MP_TRY(find_assignment(&record, app, request, id, err));
    return mp_item_get_named(app, request, response, &mp_assignment_kind, id, mp_name_assignments, err);
}

static bool sees_assignment(mp_app *app, const mp_http_request *request, const mp_record *record)
{
    return mp_app_may(app, request, request->route->action, mp_json_get_text(record->body, "scope"));
}

/* Of one that was taken away too: its scope stands in the version before. One made anew under the same id may
 * stand elsewhere than the one before, so every version is asked about. */
static mp_code get_assignment_history(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_record record;
    mp_str    id, scope = MP_S("/");
    MP_TRY(mp_item_guid(&id, request, "id", err));
    mp_code code = mp_list_last(&record, app, request, &mp_assignment_kind, id, err);
    if (code != MP_OK && code != MP_MISSING)
        return code;
    if (code == MP_OK)
        scope = mp_json_get_text(record.body, "scope");
    MP_TRY(mp_app_require(app, request, NULL, scope, err)); /* who may not learns nothing */
    return mp_list_history(app, request, response,
                           &(mp_listing){ .kind = &mp_assignment_kind, .is_seen = sees_assignment }, id, err);
}

static mp_code put_assignment(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_record record;
    mp_str    id;
    int64_t   expected;
    MP_TRY(mp_item_guid(&id, request, "id", err));
    MP_TRY(mp_http_expected(&expected, request, err));
    if (expected != MP_NO_VERSION)
        MP_TRY(find_assignment(&record, app, request, id, err));
    MP_TRY(mp_app_require(app, request, NULL, mp_json_get_text(request->json, "scope"), err));
    return mp_item_replace(app, request, response, &as_assignment, id, err);
}

static mp_code remove_assignment(mp_tx *tx, void *arg, mp_error *err)
{
    mp_change *c = arg;
    int64_t    expected;
    MP_TRY(mp_item_expect(&expected, tx, c->request, &mp_assignment_kind, c->id, err));
    /* the one whose scope was asked about */
    return mp_unassign(c->app->access, tx, c->id, c->out.version, mp_app_who(c->request), err);
}

static mp_code delete_assignment(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_change change = { .count = 0 };
    MP_TRY(mp_item_guid(&change.id, request, "id", err));
    MP_TRY(find_assignment(&change.out, app, request, change.id, err));
    change.out.body = NULL; /* nothing is left to show */
    return mp_item_change(app, request, response, remove_assignment, &change, err);
}

/* ---- may ---- */

/* About oneself anybody may ask; about others who may read assignments there. */
static mp_code explain(void *arg, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_app        *app = arg;
    const mp_json *asked = request->json, *why;
    mp_str         principal = mp_json_get_text(asked, "principalId"), scope = mp_json_get_text(asked, "scope");
    const mp_json *is_data = mp_json_get(asked, MP_S("isData"));
    mp_who         other, *who = mp_app_who(request);
    if (principal.len && !mp_str_eq_fold(principal, who->id)) {
        MP_TRY(mp_app_require(app, request, "Mapae.Access/assignments/read", scope, err));
        MP_TRY(mp_principal(&other, app->access, principal, request->arena, err));
        who = &other;
    }
    MP_TRY(mp_may_explain(&why, app->access, who, mp_json_get_text(asked, "action"), scope, mp_json_is_true(is_data),
                          mp_clock_now(), request->arena, err));
    return mp_respond_json(request, response, 200, why, err);
}

#define ROLES(name_) .tag = "roles", .summary = "api.roles." name_
#define ASSIGNMENTS(name_) .tag = "assignments", .summary = "api.assignments." name_

const mp_route mp_routes_roles[] = {
    API(MP_GET, "/roles", "Mapae.Access/roles/read", list_roles, ROLES("list"), PARAMS(role_params),
        .answer = &roles_shape),
    API(MP_POST, "/roles", "Mapae.Access/roles/write", make_role, ROLES("create"), .body = &role_shape,
        .answer = &role_shape, .status = 201),
    API(MP_GET, "/roles/{id}", "Mapae.Access/roles/read", get_role, ROLES("get"), PARAMS(as_of_params),
        .answer = &role_shape),
    HISTORY("/roles/{id}", "Mapae.Access/roles/read", ROLES("history")),
    API(MP_PUT, "/roles/{id}", "Mapae.Access/roles/write", put_role, ROLES("replace"), .body = &role_shape,
        .answer = &role_shape),
    API(MP_DELETE, "/roles/{id}", "Mapae.Access/roles/delete", delete_role, ROLES("delete"), .status = 204),
    API(MP_GET, "/assignments", "Mapae.Access/assignments/read", list_assignments, ASSIGNMENTS("list"),
        .scope = "{?scope}", PARAMS(assignment_params),
        .answer = &assignments_shape),
    API(MP_POST, "/assignments", "Mapae.Access/assignments/write", make_assignment, ASSIGNMENTS("create"),
        .scope = "{body.scope}", .body = &assignment_shape,
        .answer = &assignment_shape, .status = 201),
    API(MP_GET, "/assignments/{id}", "Mapae.Access/assignments/read", get_assignment, ASSIGNMENTS("get"),
        .scope = "{assignment.scope}", PARAMS(as_of_params),
        .answer = &assignment_shape),
    API(MP_GET, "/assignments/{id}/history", "Mapae.Access/assignments/read", get_assignment_history,
        ASSIGNMENTS("history"), .scope = "{assignment.scope}",
        PARAMS(mp_history_params), .answer = &mp_shape_history),
    API(MP_PUT, "/assignments/{id}", "Mapae.Access/assignments/write", put_assignment, ASSIGNMENTS("replace"),
        .scope = "{assignment.scope}",
        .body = &assignment_shape, .answer = &assignment_shape),
    API(MP_DELETE, "/assignments/{id}", "Mapae.Access/assignments/delete", delete_assignment, ASSIGNMENTS("delete"),
        .scope = "{assignment.scope}",
        .status = 204),
    API(MP_POST, "/may", MP_SIGNED_IN, explain, ASSIGNMENTS("may"), .body = &may_shape, .answer = &explained_shape),
};
