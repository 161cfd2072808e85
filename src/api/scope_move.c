/* SPDX-License-Identifier: Apache-2.0 */
#include "scope_move.h"

#include "item.h"
#include "rbac.h"
#include "scope.h"

mp_str mp_parent_name(const mp_app *app, mp_str text)
{
    if (mp_str_starts_fold(text, MP_S(MP_SCOPE_GROUPS)))
        text = mp_str_skip(text, strlen(MP_SCOPE_GROUPS));
    return mp_str_eq_fold(text, mp_str_from(mp_access_tenant(app->access))) ? mp_str_of(NULL, 0) : text;
}

mp_str mp_parent_of(const mp_app *app, const mp_json *body)
{
    return mp_parent_name(app, mp_json_get_text(body, "parent"));
}

mp_code mp_check_parent(mp_app *app, mp_http_request *request, mp_str parent, mp_error *err)
{
    mp_str scope = parent.len ? mp_arena_printf(request->arena, MP_SCOPE_GROUPS "%.*s", MP_FMT(parent)) : MP_S("/");
    if (!scope.ptr)
        return mp_no_memory(err);
    return mp_app_require(app, request, "Microsoft.Management/managementGroups/write", scope, err);
}

mp_code mp_check_move(mp_record *old, mp_app *app, mp_http_request *request, const mp_kind *kind, mp_str key,
                      mp_str to, mp_error *err)
{
    const char *place = kind == &mp_subscription_kind ? "/subscriptions/" : MP_SCOPE_GROUPS;
    mp_str      from = mp_str_of(NULL, 0), self = mp_arena_printf(request->arena, "%s%.*s", place, MP_FMT(key));
    mp_code     code = mp_item_read(old, app, request, kind, key, 0, err);
    if (code != MP_OK && code != MP_MISSING)
        return code;
    if (!self.ptr)
        return mp_no_memory(err);
    if (code == MP_OK)
        from = mp_parent_of(app, old->body);
    if (code == MP_OK && mp_str_eq_fold(from, to))
        return MP_OK;
    MP_TRY(mp_check_parent(app, request, to, err));
    if (code == MP_OK)
        MP_TRY(mp_check_parent(app, request, from, err));
    bool is_ours = mp_app_may(app, request, "Mapae.Access/assignments/write", self);
    return mp_app_require(
        app, request, is_ours ? "Mapae.Access/assignments/write" : "Microsoft.Authorization/roleAssignments/write",
        self, err);
}
