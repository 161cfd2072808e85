/* SPDX-License-Identifier: Apache-2.0 */
/* Resources of any type, at any depth, on any scope. */
#include "arm_internal.h"

typedef struct reading {
    mp_arm_call   *call;
    mp_str         key;
    mp_estate_item item;
} reading;

static mp_code read_one(mp_tx *tx, void *arg, mp_error *err)
{
    reading *r = arg;
    return mp_estate_get(&r->item, tx, r->key, 0, r->call->request->arena, err);
}

mp_code mp_arm_item(mp_estate_item *out, mp_arm_call *call, mp_str key, mp_error *err)
{
    reading r = { .call = call, .key = key };
    MP_TRY(mp_arm_read(call, read_one, &r, err));
    *out = r.item;
    return MP_OK;
}

mp_code mp_arm_get_item(mp_arm_call *call, mp_error *err)
{
    mp_estate_item item;
    MP_TRY(mp_arm_check_scope(call, &call->place, false, err));
    if (call->request->method == MP_HEAD)
        return mp_arm_answer_empty(call, 204, err);
    MP_TRY(mp_arm_item(&item, call, call->place.key, err));
    return mp_arm_answer(call, 200, item.document, err);
}

static mp_code put_one(mp_arm_call *call, mp_error *err)
{
    mp_gate_result result;
    MP_TRY(mp_arm_gate(&result, call, MP_GATE_PUT, &call->place, call->body, NULL, NULL, err));
    return mp_arm_answer(call, result.is_new ? 201 : 200, result.item.document, err);
}

static mp_code patch_one(mp_arm_call *call, mp_error *err)
{
    mp_gate_result result;
    MP_TRY(mp_arm_gate(&result, call, MP_GATE_PATCH, &call->place, call->body, NULL, NULL, err));
    return mp_arm_answer(call, 200, result.item.document, err);
}

/* A second time there is nothing to do, and that is fine; but of a group that is not there, too. */
static mp_code delete_one(mp_arm_call *call, mp_error *err)
{
    mp_gate_result result;
    mp_code        code = mp_arm_gate(&result, call, MP_GATE_DELETE, &call->place, NULL, NULL, NULL, err);
    if (code == MP_MISSING && strcmp(call->fault.code ? call->fault.code : "", "ResourceNotFound") == 0)
        return mp_arm_answer_empty(call, 204, err);
    MP_TRY(code);
    return mp_arm_answer_empty(call, 200, err);
}

static mp_code list_type(mp_arm_call *call, mp_error *err)
{
    MP_TRY(mp_arm_check_readable(call, err));
    return mp_arm_list_estate(
        call, &(mp_arm_estate_list){ .scope = call->holder.key, .type = call->type, .is_whole = true }, err);
}

static mp_code list_all(mp_arm_call *call, mp_error *err)
{
    MP_TRY(mp_arm_check_readable(call, err));
    return mp_arm_list_estate(call, &(mp_arm_estate_list){ .scope = call->scope.key }, err);
}

/* Of every type that no other table has. */
const mp_arm_route mp_arm_generic[] = {
    { MP_GET, "*", MP_ARM_ITEM, NULL, MP_ON_ANY, mp_arm_get_item, .action = NULL },
    { MP_PUT, "*", MP_ARM_ITEM, NULL, MP_ON_ANY, put_one, .action = NULL, .wants_body = true },
    { MP_PATCH, "*", MP_ARM_ITEM, NULL, MP_ON_ANY, patch_one, .action = NULL, .wants_body = true },
    { MP_DELETE, "*", MP_ARM_ITEM, NULL, MP_ON_ANY, delete_one, .action = NULL },
    { MP_GET, "*", MP_ARM_LIST, NULL, MP_ON_ANY, list_type, .action = MP_SIGNED_IN },
    { .type = NULL },
};

const mp_arm_route mp_arm_resource_lists[] = {
    { MP_GET, "Microsoft.Resources/resources", MP_ARM_LIST, NULL, MP_ON_SUBSCRIPTION | MP_ON_GROUP, list_all, .action = MP_SIGNED_IN },
    { .type = NULL },
};
