/* SPDX-License-Identifier: Apache-2.0 */
#include "directory.h"
#include "oidc.h"
#include "rbac.h"
#include "routes.h"

/* The versions of a record, for all kinds whose right stands in the table of routes: what a route is tagged
 * with says which kind it is about. Assignments ask for the right where they stand (routes_roles.c). */

const mp_param mp_history_params[] = { MP_PAGE_PARAMS };

static const struct {
    const char    *tag;
    const mp_kind *kind;
    const char    *named; /* the {name} in the path that is the key, without case; NULL: {id}, a GUID */
} kinds[] = {
    { "users", &mp_user_kind, NULL },
    { "groups", &mp_group_kind, NULL },
    { "programs", &mp_program_kind, NULL },
    { "roles", &mp_role_kind, NULL },
    { "subscriptions", &mp_subscription_kind, NULL },
    { "management-groups", &mp_management_group_kind, "name" },
    { "identity-providers", &mp_provider_kind, NULL },
};

/* What is a table of the program is there, and was never otherwise. */
static mp_code respond_without_versions(mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_jsonw w;
    mp_jsonw_init(&w, request->arena);
    mp_jsonw_object(&w);
    mp_jsonw_key(&w, MP_S("value"));
    mp_jsonw_array(&w);
    mp_jsonw_end(&w);
    mp_jsonw_end(&w);
    return mp_respond_json(request, response, 200, mp_jsonw_done(&w), err);
}

mp_code mp_get_history(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    for (size_t i = 0; i < MP_COUNT(kinds); i++) {
        mp_str key;
        if (strcmp(kinds[i].tag, request->route->tag) != 0)
            continue;
        if (kinds[i].named)
            MP_TRY(mp_item_name(&key, request, kinds[i].named, err));
        else
            MP_TRY(mp_item_guid(&key, request, "id", err));
        if (kinds[i].kind == &mp_role_kind && mp_builtin_role_find(key))
            return respond_without_versions(request, response, err);
        return mp_list_history(app, request, response, &(mp_listing){ .kind = kinds[i].kind }, key, err);
    }
    return mp_fail(err, MP_INTERNAL, MP_NOWHERE, "no kind of record has the tag %s", request->route->tag);
}
