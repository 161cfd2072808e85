/* SPDX-License-Identifier: Apache-2.0 */
/* What takes longer than its request, and where to ask how it went (arm-api, section 5). */
#include "arm_internal.h"

#include "item.h"
#include "secret.h"

static const mp_record_index indexes[] = { { .name = "endTime", .path = "endTime" } };
const mp_kind mp_arm_operation_kind = {
    .name = "arm-operation", .indexes = indexes, .index_count = MP_COUNT(indexes), .forgets = true
};

static void put_from(mp_jsonw *w, const mp_json *old, const char *name)
{
    const mp_json *v = mp_arm_member(old, name);
    if (v) {
        mp_jsonw_key(w, mp_str_from(name));
        mp_jsonw_value(w, v);
    }
}

mp_code mp_arm_operation_begin(char id[37], const mp_arm_call *call, mp_tx *tx, const char *status,
                               const mp_json *result, mp_error *err)
{
    mp_arena *arena = mp_tx_arena(tx);
    mp_str    by, kind, now = mp_time_text(arena, mp_tx_time(tx));
    mp_jsonw  w;
    MP_TRY(mp_guid(id, err));
    mp_arm_by(&by, &kind, call);
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    mp_arm_put(&w, "id", mp_str_of(id, 36));
    mp_arm_put(&w, "scope", call->scope.subscription);
    mp_arm_put(&w, "by", by);
    mp_arm_put(&w, "status", mp_str_from(status));
    mp_arm_put(&w, "startTime", now);
    if (strcmp(status, "InProgress") != 0)
        mp_arm_put(&w, "endTime", now);
    if (result) {
        mp_jsonw_put_value(&w, "result", result);
    }
    mp_jsonw_end(&w);
    const mp_json *body = mp_jsonw_done(&w);
    if (!body || !now.ptr)
        return mp_arm_nomem(err);
    return mp_record_put(NULL, tx, &mp_arm_operation_kind, mp_str_of(id, 36), body, MP_NO_VERSION, err);
}

mp_code mp_arm_operation_end(mp_tx *tx, mp_str id, const char *status, const mp_json *result, const mp_json *error,
                             mp_error *err)
{
    static const char *const kept[] = { "id", "scope", "by", "startTime" };
    mp_arena *arena = mp_tx_arena(tx);
    mp_record old;
    mp_jsonw  w;
    MP_TRY(mp_record_get(&old, tx, &mp_arm_operation_kind, id, 0, arena, err));
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    for (size_t i = 0; i < MP_COUNT(kept); i++)
        put_from(&w, old.body, kept[i]);
    mp_arm_put(&w, "status", mp_str_from(status));
    mp_arm_put(&w, "endTime", mp_time_text(arena, mp_tx_time(tx)));
    if (result) {
        mp_jsonw_put_value(&w, "result", result);
    }
    if (error) {
        mp_jsonw_put_value(&w, "error", error);
    }
    mp_jsonw_end(&w);
    const mp_json *body = mp_jsonw_done(&w);
    return body ? mp_record_put(NULL, tx, &mp_arm_operation_kind, id, body, old.version, err) : mp_arm_nomem(err);
}

/* ---- where to ask ---- */

static mp_str link_of(const mp_arm_call *call, const char *list, mp_str id)
{
    mp_arena *arena = call->request->arena;
    if (call->scope.subscription.len)
        return mp_arena_printf(arena, "%.*s/subscriptions/%.*s/%s/%.*s?api-version=%.*s", MP_FMT(call->client_base),
                               MP_FMT(call->scope.subscription), list, MP_FMT(id), MP_FMT(call->api_version));
    return mp_arena_printf(arena, "%.*s/providers/Microsoft.Resources/%s/%.*s?api-version=%.*s",
                           MP_FMT(call->client_base), list, MP_FMT(id), MP_FMT(call->api_version));
}

static mp_code put_link(mp_arm_call *call, const char *header, const char *list, mp_str id, mp_error *err)
{
    mp_str link = link_of(call, list, id);
    if (!link.ptr)
        return mp_arm_nomem(err);
    mp_respond_header(call->response, mp_str_from(header), link);
    mp_respond_header(call->response, MP_S("retry-after"), MP_S("1"));
    return MP_OK;
}

mp_code mp_arm_location(mp_arm_call *call, mp_str id, mp_error *err)
{
    return put_link(call, "location", "operationresults", id, err);
}

mp_code mp_arm_async(mp_arm_call *call, mp_str id, mp_error *err)
{
    return put_link(call, "azure-asyncoperation", "operationstatuses", id, err);
}

/* ---- asking ---- */

/* Of somebody else's there is none. */
static mp_code find(mp_record *out, mp_arm_call *call, mp_error *err)
{
    mp_str by, kind;
    bool   is_there;
    mp_str id = mp_arena_lower(call->request->arena, call->name);
    mp_arm_by(&by, &kind, call);
    MP_TRY(mp_arm_record(out, &is_there, call, &mp_arm_operation_kind, id, err));
    if (!is_there || !mp_str_eq(mp_arm_text(out->body, "by"), by) ||
        !mp_str_eq(mp_arm_text(out->body, "scope"), call->scope.subscription))
        return MP_ARM_FAIL(call, 404, "OperationNotFound", err, "The operation '%.*s' could not be found.",
                           MP_FMT(mp_str_of(id.ptr, id.len < 60 ? id.len : 60)));
    return MP_OK;
}

static mp_code get_result(mp_arm_call *call, mp_error *err)
{
    mp_record      record;
    const mp_json *result;
    MP_TRY(find(&record, call, err));
    mp_str status = mp_arm_text(record.body, "status");
    if (mp_str_eq(status, MP_S("InProgress"))) {
        MP_TRY(mp_arm_location(call, record.key, err));
        return mp_arm_answer_empty(call, 202, err);
    }
    const mp_json *error = mp_arm_member(record.body, "error");
    if (error)
        return mp_arm_fail(
            call,
            &(mp_arm_fault){ .status = 409, .code = "OperationFailed", .message = mp_arm_text(error, "message") },
            err, "the operation failed");
    result = mp_arm_member(record.body, "result");
    return result ? mp_arm_answer(call, 200, result, err) : mp_arm_answer_empty(call, 204, err);
}

static mp_code get_status(mp_arm_call *call, mp_error *err)
{
    static const char *const shown[] = { "status", "startTime", "endTime", "error" };
    mp_record record;
    mp_jsonw  w;
    MP_TRY(find(&record, call, err));
    mp_jsonw_init(&w, call->request->arena);
    mp_jsonw_object(&w);
    mp_arm_put(&w, "id", call->request->path);
    mp_arm_put(&w, "name", record.key);
    for (size_t i = 0; i < MP_COUNT(shown); i++)
        put_from(&w, record.body, shown[i]);
    mp_jsonw_end(&w);
    if (mp_str_eq(mp_arm_text(record.body, "status"), MP_S("InProgress")))
        mp_respond_header(call->response, MP_S("retry-after"), MP_S("1"));
    return mp_arm_answer(call, 200, mp_jsonw_done(&w), err);
}

const mp_arm_route mp_arm_operations[] = {
    { MP_GET, "Microsoft.Resources/operationresults", MP_ARM_ITEM, NULL, MP_ON_TENANT | MP_ON_SUBSCRIPTION, get_result, .action = MP_SIGNED_IN },
    { MP_GET, "Microsoft.Resources/operationstatuses", MP_ARM_ITEM, NULL, MP_ON_TENANT | MP_ON_SUBSCRIPTION, get_status, .action = MP_SIGNED_IN },
    { .type = NULL },
};
