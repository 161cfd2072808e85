/* SPDX-License-Identifier: Apache-2.0 */
/* Tags of a resource, a group, a subscription, as a thing of their own. Those of resources and groups are changed
 * through the gate like any member; a subscription's stand in a record beside it. */
#include "arm_internal.h"

#include "item.h"

const mp_kind mp_arm_subscription_tags_kind = { .name = "subscription-tags" };

enum { TAGS_MAX = 50 };

static bool is_subscription(const mp_arm_call *call) { return call->scope.kind == MP_PLACE_SUBSCRIPTION; }

/* What is there; NULL: none. */
static mp_code read_tags(const mp_json **out, mp_arm_call *call, mp_error *err)
{
    mp_estate_item item;
    mp_record      record;
    bool           is_there;
    *out = NULL;
    MP_TRY(mp_arm_check_scope(call, &call->scope, false, err));
    if (is_subscription(call)) {
        MP_TRY(mp_arm_record(&record, &is_there, call, &mp_arm_subscription_tags_kind, call->scope.subscription, err));
        *out = is_there ? mp_arm_member(record.body, "tags") : NULL;
        return MP_OK;
    }
    MP_TRY(mp_arm_item(&item, call, call->scope.key, err));
    *out = mp_arm_member(item.document, "tags");
    return MP_OK;
}

static mp_code answer(mp_arm_call *call, const mp_json *tags, mp_error *err)
{
    mp_jsonw w;
    mp_jsonw_init(&w, call->request->arena);
    mp_jsonw_object(&w);
    mp_arm_put(&w, "id", call->place.id);
    mp_arm_put(&w, "name", MP_S("default"));
    mp_arm_put(&w, "type", call->type);
    mp_jsonw_key(&w, MP_S("properties"));
    mp_jsonw_object(&w);
    mp_jsonw_key(&w, MP_S("tags"));
    if (mp_json_is(tags, MP_JSON_OBJECT)) {
        mp_jsonw_value(&w, tags);
    } else {
        mp_jsonw_object(&w);
        mp_jsonw_end(&w);
    }
    mp_jsonw_end(&w);
    mp_jsonw_end(&w);
    return mp_arm_answer(call, 200, mp_jsonw_done(&w), err);
}

static mp_code get_tags(mp_arm_call *call, mp_error *err)
{
    const mp_json *tags;
    MP_TRY(read_tags(&tags, call, err));
    return answer(call, tags, err);
}

/* ---- changing ---- */

typedef enum operation { MERGE, REPLACE, REMOVE } operation;

static mp_code check_tags(const mp_json **out, mp_arm_call *call, mp_error *err)
{
    const mp_json *tags = mp_arm_member(mp_arm_member(call->body, "properties"), "tags");
    if (!mp_json_is(tags, MP_JSON_OBJECT))
        return mp_arm_lacks(call, "properties.tags", err);
    if (tags->count > TAGS_MAX)
        return MP_ARM_FAIL(call, 400, "InvalidTagsCount", err, "The number of tags is %u; the most is %d",
                           tags->count, TAGS_MAX);
    for (MP_JSON_MEMBERS(key, tags))
        if (!mp_json_is(key + 1, MP_JSON_STRING) && key[1].kind != MP_JSON_NULL)
            return MP_ARM_FAIL(call, 400, "InvalidTagValue", err,
                               "The value of the tag '%.*s' is %s; wanted is a string",
                               MP_FMT(mp_str_of(key->u.text, key->count < 100 ? key->count : 100)),
                               mp_json_kind_name((mp_json_kind)key[1].kind));
    *out = tags;
    return MP_OK;
}

/* Of what is to be taken away: the name is enough, and with a value that value. */
static bool is_removed(const mp_json *given, const mp_json *key)
{
    const mp_json *value = mp_json_get_fold(given, mp_json_str(key));
    if (!value)
        return false;
    return value->kind == MP_JSON_NULL || mp_json_str(value).len == 0 ||
           (mp_json_is(key + 1, MP_JSON_STRING) && mp_str_eq(mp_json_str(value), mp_json_str(key + 1)));
}

/* The tags as they will be. */
static void write_result(mp_jsonw *w, const mp_json *old, const mp_json *given, operation op)
{
    mp_jsonw_object(w);
    if (op != REPLACE && mp_json_is(old, MP_JSON_OBJECT))
        for (MP_JSON_MEMBERS(key, old)) {
            if (op == MERGE ? mp_json_get_fold(given, mp_json_str(key)) != NULL : is_removed(given, key))
                continue;
            mp_jsonw_key(w, mp_json_str(key));
            mp_jsonw_value(w, key + 1);
        }
    if (op != REMOVE)
        for (MP_JSON_MEMBERS(key, given)) {
            mp_jsonw_key(w, mp_json_str(key));
            if (key[1].kind == MP_JSON_NULL)
                mp_jsonw_str(w, MP_S(""));
            else
                mp_jsonw_value(w, key + 1);
        }
    mp_jsonw_end(w);
}

/* A merge patch that makes `wanted` of `old`: what is gone is null. */
static const mp_json *patch_of(mp_arm_call *call, const mp_json *old, const mp_json *wanted)
{
    mp_jsonw w;
    mp_jsonw_init(&w, call->request->arena);
    mp_jsonw_object(&w);
    mp_jsonw_key(&w, MP_S("tags"));
    mp_jsonw_object(&w);
    if (mp_json_is(old, MP_JSON_OBJECT))
        for (MP_JSON_MEMBERS(key, old))
            if (!mp_json_get_fold(wanted, mp_json_str(key))) {
                mp_jsonw_key(&w, mp_json_str(key));
                mp_jsonw_null(&w);
            }
    for (MP_JSON_MEMBERS(key, wanted)) {
        mp_jsonw_key(&w, mp_json_str(key));
        mp_jsonw_value(&w, key + 1);
    }
    mp_jsonw_end(&w);
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

typedef struct keeping {
    mp_arm_call   *call;
    const mp_json *tags;
} keeping;

static mp_code keep_tags(mp_tx *tx, void *arg, mp_error *err)
{
    keeping *k = arg;
    mp_jsonw w;
    MP_TRY(mp_lock_check(tx, k->call->scope.key, false, mp_tx_arena(tx), err));
    mp_jsonw_init(&w, mp_tx_arena(tx));
    mp_jsonw_object(&w);
    mp_jsonw_put_value(&w, "tags", k->tags);
    mp_jsonw_end(&w);
    const mp_json *body = mp_jsonw_done(&w);
    return body ? mp_record_put(NULL, tx, &mp_arm_subscription_tags_kind, k->call->scope.subscription, body,
                                MP_ANY_VERSION, err)
                : mp_arm_nomem(err);
}

static mp_code store(mp_arm_call *call, const mp_json *old, const mp_json *given, operation op, mp_error *err)
{
    mp_gate_result result;
    mp_jsonw       w;
    mp_jsonw_init(&w, call->request->arena);
    write_result(&w, old, given, op);
    const mp_json *wanted = mp_jsonw_done(&w);
    if (!wanted)
        return mp_arm_nomem(err);
    if (wanted->count > TAGS_MAX)
        return MP_ARM_FAIL(call, 400, "InvalidTagsCount", err, "The number of tags is %u; the most is %d",
                           wanted->count, TAGS_MAX);
    if (is_subscription(call)) {
        keeping k = { call, wanted };
        MP_TRY(mp_arm_check_scope(call, &call->scope, true, err));
        mp_code code = mp_arm_write(call, keep_tags, &k, err);
        if (code == MP_CONFLICT)
            MP_TRY(mp_arm_locked(call, &call->scope, false, err));
        MP_TRY(code);
        return answer(call, wanted, err);
    }
    const mp_json *patch = patch_of(call, old, wanted);
    if (!patch)
        return mp_arm_nomem(err);
    MP_TRY(mp_arm_gate(&result, call, MP_GATE_PATCH, &call->scope, patch, NULL, NULL, err));
    return answer(call, mp_arm_member(result.item.document, "tags"), err);
}

static mp_code put_tags(mp_arm_call *call, mp_error *err)
{
    const mp_json *old, *given;
    MP_TRY(check_tags(&given, call, err));
    MP_TRY(read_tags(&old, call, err));
    return store(call, old, given, REPLACE, err);
}

static mp_code patch_tags(mp_arm_call *call, mp_error *err)
{
    static const char *const names[] = { [MERGE] = "Merge", [REPLACE] = "Replace", [REMOVE] = "Delete" };
    const mp_json *old, *given;
    mp_str         wanted = mp_arm_text(call->body, "operation");
    size_t         op = 0;
    while (op < MP_COUNT(names) && !mp_str_eq_fold(wanted, mp_str_from(names[op])))
        op++;
    if (op == MP_COUNT(names))
        return MP_ARM_FAIL(call, 400, "InvalidRequestContent", err,
                           "The operation '%.*s' is none of tags; wanted is Merge, Replace or Delete",
                           MP_FMT(mp_str_of(wanted.ptr, wanted.len < 60 ? wanted.len : 60)));
    MP_TRY(check_tags(&given, call, err));
    MP_TRY(read_tags(&old, call, err));
    return store(call, old, given, (operation)op, err);
}

static mp_code delete_tags(mp_arm_call *call, mp_error *err)
{
    static const mp_json none = { .kind = MP_JSON_OBJECT, .count = 0, .u.span = 1 };
    const mp_json       *old;
    MP_TRY(read_tags(&old, call, err));
    MP_TRY(store(call, old, &none, REPLACE, err));
    return mp_arm_answer_empty(call, 200, err);
}

#define TAGS "Microsoft.Resources/tags"
#define ON (MP_ON_SUBSCRIPTION | MP_ON_GROUP | MP_ON_RESOURCE)

const mp_arm_route mp_arm_tags[] = {
    { MP_GET, TAGS, MP_ARM_ITEM, NULL, ON, get_tags, .action = NULL },
    { MP_PUT, TAGS, MP_ARM_ITEM, NULL, ON, put_tags, .action = NULL, .wants_body = true },
    { MP_PATCH, TAGS, MP_ARM_ITEM, NULL, ON, patch_tags, .action = NULL, .wants_body = true },
    { MP_DELETE, TAGS, MP_ARM_ITEM, NULL, ON, delete_tags, .action = NULL },
    { .type = NULL },
};
