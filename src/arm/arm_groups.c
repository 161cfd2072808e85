/* SPDX-License-Identifier: Apache-2.0 */
/* Resource groups. */
#include "arm_internal.h"

#define GROUPS "Microsoft.Resources/resourceGroups"
#define ACTION "Microsoft.Resources/subscriptions/resourceGroups/"

/* ---- writing ---- */

/* What is given, and the state that clients poll for. */
static const mp_json *body_of(const mp_arm_call *call)
{
    static const char *const kept[] = { "location", "tags", "managedBy" };
    mp_jsonw w;
    mp_jsonw_init(&w, call->request->arena);
    mp_jsonw_object(&w);
    for (size_t i = 0; i < MP_COUNT(kept); i++) {
        const mp_json *v = mp_arm_member(call->body, kept[i]);
        if (!v || v->kind == MP_JSON_NULL)
            continue;
        mp_jsonw_key(&w, mp_str_from(kept[i]));
        mp_jsonw_value(&w, v);
    }
    mp_jsonw_key(&w, MP_S("properties"));
    mp_jsonw_object(&w);
    mp_arm_put(&w, "provisioningState", MP_S("Succeeded"));
    mp_jsonw_end(&w);
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

static mp_code put_one(mp_arm_call *call, mp_error *err)
{
    mp_gate_result result;
    mp_estate_item old;
    mp_str         location = mp_arm_text(call->body, "location");
    if (location.len == 0)
        return MP_ARM_FAIL(call, 400, "LocationRequired", err, "The location property is required for this definition.");
    mp_code code = mp_arm_item(&old, call, call->place.key, NULL);
    if (code == MP_OK && !mp_location_same(mp_arm_text(old.document, "location"), location))
        return MP_ARM_FAIL(call, 409, "InvalidResourceGroupLocation", err,
                           "Invalid resource group location '%.*s'. The Resource group already exists in location '%.*s'.", MP_FMT(location),
                           MP_FMT(mp_arm_text(old.document, "location")));
    const mp_json *body = body_of(call);
    if (!body)
        return mp_arm_nomem(err);
    MP_TRY(mp_arm_gate(&result, call, MP_GATE_PUT, &call->place, body, NULL, NULL, err));
    return mp_arm_answer(call, result.is_new ? 201 : 200, result.item.document, err);
}

static mp_code patch_one(mp_arm_call *call, mp_error *err)
{
    static const char *const kept[] = { "tags", "managedBy" };
    mp_gate_result result;
    mp_jsonw       w;
    mp_jsonw_init(&w, call->request->arena);
    mp_jsonw_object(&w);
    for (size_t i = 0; i < MP_COUNT(kept); i++) {
        const mp_json *v = mp_arm_member(call->body, kept[i]);
        if (v) {
            mp_jsonw_key(&w, mp_str_from(kept[i]));
            mp_jsonw_value(&w, v);
        }
    }
    mp_jsonw_end(&w);
    const mp_json *body = mp_jsonw_done(&w);
    if (!body)
        return mp_arm_nomem(err);
    MP_TRY(mp_arm_gate(&result, call, MP_GATE_PATCH, &call->place, body, NULL, NULL, err));
    return mp_arm_answer(call, 200, result.item.document, err);
}

/* It is done when this is answered; who polls hears so at once. */
typedef struct deletion {
    mp_arm_call *call;
    char         id[37];
} deletion;

static mp_code note_deleted(mp_tx *tx, void *arg, mp_error *err)
{
    deletion *d = arg;
    MP_TRY(mp_arm_forget_deployments(tx, d->call->place.key, err));
    return mp_arm_operation_begin(d->id, d->call, tx, "Succeeded", NULL, err);
}

static mp_code delete_one(mp_arm_call *call, mp_error *err)
{
    mp_gate_result result;
    deletion       d = { .call = call };
    MP_TRY(mp_arm_gate(&result, call, MP_GATE_DELETE, &call->place, NULL, note_deleted, &d, err));
    mp_str id = mp_arena_dup(call->request->arena, mp_str_of(d.id, 36));
    if (!id.ptr)
        return mp_arm_nomem(err);
    MP_TRY(mp_arm_location(call, id, err));
    return mp_arm_answer_empty(call, 202, err);
}

static mp_code list_all(mp_arm_call *call, mp_error *err)
{
    MP_TRY(mp_arm_check_readable(call, err));
    return mp_arm_list_estate(
        call,
        &(mp_arm_estate_list){
            .scope = call->scope.key, .type = MP_S(GROUPS), .action = ACTION "read", .is_whole = true },
        err);
}

const mp_arm_route mp_arm_groups[] = {
    { MP_GET, GROUPS, MP_ARM_LIST, NULL, MP_ON_SUBSCRIPTION, list_all, .action = MP_SIGNED_IN },
    { MP_GET, GROUPS, MP_ARM_ITEM, NULL, MP_ON_SUBSCRIPTION, mp_arm_get_item, .action = ACTION "read" },
    { MP_PUT, GROUPS, MP_ARM_ITEM, NULL, MP_ON_SUBSCRIPTION, put_one, .action = ACTION "write", .wants_body = true },
    { MP_PATCH, GROUPS, MP_ARM_ITEM, NULL, MP_ON_SUBSCRIPTION, patch_one, .action = ACTION "write", .wants_body = true },
    { MP_DELETE, GROUPS, MP_ARM_ITEM, NULL, MP_ON_SUBSCRIPTION, delete_one, .action = ACTION "delete" },
    { .type = NULL },
};
