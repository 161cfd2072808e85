/* SPDX-License-Identifier: Apache-2.0 */
/* Microsoft.PolicyInsights/checkPolicyRestrictions (arm-api, section 9): what policies will ask, before the resource
 * is sent. */
#include "arm_internal.h"

#include "restrictions.h"

#define TYPE "Microsoft.PolicyInsights/checkPolicyRestrictions"
#define TYPES_MAX 1000

/* Where it will be: what resourceDetails.scope says, which is at or below the path's. */
static mp_code read_scope(mp_place *out, mp_arm_call *call, const mp_json *details, mp_error *err)
{
    mp_error why = { .code = MP_OK };
    mp_str   scope = mp_arm_text(details, "scope");
    *out = call->scope;
    if (scope.len && mp_place_of(out, scope, call->request->arena, &why) != MP_OK)
        return mp_arm_fault_as(call, 400, "InvalidRequestContent", &why, err);
    if (!mp_place_holds(call->scope.key, out->key))
        return MP_ARM_FAIL(call, 400, "InvalidRequestContent", err,
                           "The scope '%.*s' of resourceDetails is not below '%.*s'.", MP_FMT(out->id),
                           MP_FMT(call->scope.id));
    return mp_arm_check_scope(call, out, false, err);
}

static mp_code list_types(mp_restrictions_ask *ask, mp_arm_call *call, mp_error *err)
{
    mp_str *types = MP_ARENA_ARRAY(call->request->arena, mp_str, TYPES_MAX);
    if (!types)
        return mp_arm_nomem(err);
    const mp_arm_type *type;
    while (ask->type_count < TYPES_MAX && (type = mp_arm_type_at(ask->type_count))) {
        types[ask->type_count] = mp_arena_printf(call->request->arena, "%s/%s", type->space, type->type);
        if (!types[ask->type_count++].ptr)
            return mp_arm_nomem(err);
    }
    ask->types = types;
    return MP_OK;
}

static mp_code check(mp_arm_call *call, mp_error *err)
{
    const mp_json *details = mp_arm_member(call->body, "resourceDetails"),
                  *audit = mp_arm_member(call->body, "includeAuditEffect"), *out;
    mp_error            why = { .code = MP_OK };
    mp_place            scope;
    mp_restrictions_ask ask = { .scope = &scope,
                                .content = mp_arm_member(details, "resourceContent"),
                                .api_version = mp_arm_text(details, "apiVersion"),
                                .identity = mp_arm_identity(call),
                                .pending = mp_arm_member(call->body, "pendingFields"),
                                .with_audit = mp_json_is_true(audit) };
    if (call->scope.kind != MP_PLACE_MANAGEMENT_GROUP && !mp_json_is(ask.content, MP_JSON_OBJECT))
        return mp_arm_lacks(call, "resourceDetails.resourceContent", err);
    if (!ask.api_version.len)
        ask.api_version = MP_S("");
    MP_TRY(read_scope(&scope, call, details, err));
    MP_TRY(list_types(&ask, call, err));
    mp_code code = mp_restrictions_at(&out, call->compliance, &ask, call->request->arena, &why);
    if (code == MP_PARAMETER || code == MP_LIMIT)
        return mp_arm_fault_as(call, 400, "InvalidRequestContent", &why, err);
    if (code != MP_OK) {
        if (err)
            *err = why;
        return code;
    }
    return mp_arm_answer(call, 200, out, err);
}

const mp_arm_route mp_arm_restrictions[] = {
    { .method = MP_POST, .type = TYPE, .at = MP_ARM_LIST, .scopes = MP_ON_MANAGEMENT_GROUP | MP_ON_SUBSCRIPTION | MP_ON_GROUP, .handler = check, .action = TYPE "/read",
      .wants_body = true },
    { .type = NULL },
};
