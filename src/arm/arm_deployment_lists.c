/* SPDX-License-Identifier: Apache-2.0 */
/* Deployments that were made: one, all of a scope, what each did. */
#include "arm_deploying.h"

#include "text.h"

static const mp_record_index indexes[] = { { .name = "id", .path = "id", .folds = true } };
const mp_kind mp_arm_deployment_kind = { .name = "arm-deployment", .indexes = indexes, .index_count = MP_COUNT(indexes) };

static mp_code not_found(mp_arm_call *call, mp_error *err)
{
    return MP_ARM_FAIL(call, 404, "DeploymentNotFound", err, "Deployment '%.*s' could not be found.", MP_FMT(call->name));
}

mp_code mp_arm_deployment_get(mp_arm_call *call, mp_error *err)
{
    mp_record record;
    bool      is_there;
    MP_TRY(mp_arm_record(&record, &is_there, call, &mp_arm_deployment_kind, call->place.key, err));
    if (!is_there)
        return not_found(call, err);
    return call->request->method == MP_HEAD ? mp_arm_answer_empty(call, 204, err) : mp_arm_answer(call, 200, record.body, err);
}

/* What it did goes with it; there may be none. */
static mp_code drop_both(mp_tx *tx, mp_str key, mp_error *err)
{
    mp_error why = { .code = MP_OK };
    mp_code  code = mp_record_delete(tx, &mp_arm_deployment_operations_kind, key, MP_ANY_VERSION, &why);
    if (code == MP_OK || code == MP_MISSING)
        return mp_record_delete(tx, &mp_arm_deployment_kind, key, MP_ANY_VERSION, err);
    if (err)
        *err = why;
    return code;
}

static mp_code drop(mp_tx *tx, void *arg, mp_error *err)
{
    mp_arm_call *call = arg;
    return drop_both(tx, call->place.key, err);
}

mp_code mp_arm_deployment_delete(mp_arm_call *call, mp_error *err)
{
    mp_error why = { .code = MP_OK };
    mp_code  code = mp_arm_write(call, drop, call, &why);
    if (code == MP_OK || code == MP_MISSING)
        return mp_arm_answer_empty(call, 204, err);
    if (err)
        *err = why;
    return code;
}

mp_code mp_arm_forget_deployments(mp_tx *tx, mp_str scope, mp_error *err)
{
    mp_str           start = mp_arena_printf(mp_tx_arena(tx), "%.*s/providers/microsoft.resources/deployments/", MP_FMT(scope));
    mp_record_filter filter = { "id", MP_FILTER_STARTS, start };
    mp_record_query  query = { .kind = &mp_arm_deployment_kind, .filters = &filter, .filter_count = 1, .order = "id", .limit = 200 };
    mp_record_page   page;
    if (!start.ptr)
        return mp_arm_nomem(err);
    do {
        MP_TRY(mp_record_list(&page, tx, &query, mp_tx_arena(tx), err));
        for (size_t i = 0; i < page.count; i++)
            MP_TRY(drop_both(tx, page.records[i].key, err));
        query.after = page.next;
    } while (page.next.len);
    return MP_OK;
}

/* Everything is done within its request: there is nothing left to cancel. */
mp_code mp_arm_deployment_cancel(mp_arm_call *call, mp_error *err)
{
    mp_record record;
    bool      is_there;
    MP_TRY(mp_arm_record(&record, &is_there, call, &mp_arm_deployment_kind, call->place.key, err));
    if (!is_there)
        return not_found(call, err);
    return MP_ARM_FAIL(call, 409, "DeploymentCannotBeCancelled", err, "The deployment '%.*s' has ended; it cannot be cancelled.", MP_FMT(call->name));
}

typedef struct listing {
    mp_arm_call   *call;
    mp_str         prefix;
    uint32_t       top;
    mp_record_page page;
} listing;

static mp_code read_page(mp_tx *tx, void *arg, mp_error *err)
{
    listing         *l = arg;
    mp_record_filter filter = { "id", MP_FILTER_STARTS, l->prefix };
    mp_record_query  query = { .kind = &mp_arm_deployment_kind, .filters = &filter, .filter_count = 1, .order = "id", .after = mp_arm_skiptoken(l->call), .limit = l->top };
    return mp_record_list(&l->page, tx, &query, l->call->request->arena, err);
}

mp_code mp_arm_deployment_list(mp_arm_call *call, mp_error *err)
{
    listing  l = { .call = call };
    mp_error why = { .code = MP_OK };
    mp_jsonw w;
    MP_TRY(mp_arm_check_readable(call, err));
    MP_TRY(mp_arm_top(&l.top, call, 100, err));
    l.prefix = mp_arena_printf(call->request->arena, "%.*s/providers/microsoft.resources/deployments/",
                               MP_FMT(call->scope.kind == MP_PLACE_TENANT ? MP_S("") : call->scope.key));
    if (!l.prefix.ptr)
        return mp_arm_nomem(err);
    MP_TRY(mp_arm_bad_token(call, mp_arm_read(call, read_page, &l, &why), &why, err));
    mp_jsonw_init(&w, call->request->arena);
    mp_jsonw_array(&w);
    for (size_t i = 0; i < l.page.count; i++)
        mp_jsonw_value(&w, l.page.records[i].body);
    mp_jsonw_end(&w);
    return mp_arm_list(call, mp_jsonw_done(&w), l.page.next, err);
}

/* ---- what one did ---- */

/* The operations of the deployment that the call is below of; NULL: it was made before they were kept. */
static mp_code read_operations(const mp_json **out, mp_arm_call *call, mp_str deployment, mp_str name, mp_error *err)
{
    mp_record record;
    bool      is_there;
    *out = NULL;
    MP_TRY(mp_arm_record(&record, &is_there, call, &mp_arm_deployment_kind, deployment, err));
    if (!is_there)
        return MP_ARM_FAIL(call, 404, "DeploymentNotFound", err, "Deployment '%.*s' could not be found.", MP_FMT(name));
    MP_TRY(mp_arm_record(&record, &is_there, call, &mp_arm_deployment_operations_kind, deployment, err));
    if (is_there)
        *out = mp_json_get(record.body, MP_S("value"));
    return MP_OK;
}

/* Where the page before ended; 0: the first. */
static mp_code page_start(size_t *out, mp_arm_call *call, mp_error *err)
{
    mp_str token = mp_arm_skiptoken(call);
    *out = 0;
    if (token.len > 6)
        return MP_ARM_FAIL(call, 400, "InvalidSkipToken", err, "The $skiptoken is none of this list.");
    for (size_t i = 0; i < token.len; i++) {
        if (token.ptr[i] < '0' || token.ptr[i] > '9')
            return MP_ARM_FAIL(call, 400, "InvalidSkipToken", err, "The $skiptoken is none of this list.");
        *out = *out * 10 + (size_t)(token.ptr[i] - '0');
    }
    return MP_OK;
}

mp_code mp_arm_operations_list(mp_arm_call *call, mp_error *err)
{
    const mp_json *all;
    uint32_t       top;
    size_t         start, i = 0;
    mp_jsonw       w;
    MP_TRY(read_operations(&all, call, call->holder.key, call->names[0], err));
    MP_TRY(mp_arm_top(&top, call, 1000, err));
    MP_TRY(page_start(&start, call, err));
    mp_jsonw_init(&w, call->request->arena);
    mp_jsonw_array(&w);
    if (mp_json_is(all, MP_JSON_ARRAY))
        for (MP_JSON_EACH(one, all)) {
            if (i >= start && i < start + top)
                mp_jsonw_value(&w, one);
            i++;
        }
    mp_jsonw_end(&w);
    mp_str next = start + top < i ? mp_arena_printf(call->request->arena, "%zu", start + top) : mp_str_of(NULL, 0);
    return mp_arm_list(call, mp_jsonw_done(&w), next, err);
}

mp_code mp_arm_operation_get(mp_arm_call *call, mp_error *err)
{
    const mp_json *all;
    MP_TRY(read_operations(&all, call, call->place.parent, call->names[0], err));
    if (mp_json_is(all, MP_JSON_ARRAY))
        for (MP_JSON_EACH(one, all))
            if (mp_str_eq_fold(mp_arm_text(one, "operationId"), call->name))
                return mp_arm_answer(call, 200, one, err);
    return MP_ARM_FAIL(call, 404, "DeploymentOperationNotFound", err, "The deployment operation '%.*s' could not be found.", MP_FMT(call->name));
}
