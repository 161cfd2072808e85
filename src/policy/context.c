/* SPDX-License-Identifier: Apache-2.0 */
#include "context.h"

#include "jsonw.h"

/* Nearly every document of an inventory may fail so: the sentences are made once. */
#define UNKNOWN(sentence) \
    { .code = MP_EVALUATION, .src_file = __FILE__, .src_line = __LINE__, .message = sentence, .format = sentence }

static const mp_error unknown_group = UNKNOWN("the document of the resource group is not known");
static const mp_error unknown_subscription = UNKNOWN("the document of the subscription is not known");

static mp_code known(const mp_json **out, const mp_call *call, mp_error *err, const mp_error *unknown)
{
    *out = call->args[0];
    if ((*out)->kind != MP_JSON_NULL)
        return MP_OK;
    if (err)
        *err = *unknown;
    return unknown->code;
}

static mp_code known_group(const mp_json **out, const mp_call *call, mp_error *err)
{
    return known(out, call, err, &unknown_group);
}

static mp_code known_subscription(const mp_json **out, const mp_call *call, mp_error *err)
{
    return known(out, call, err, &unknown_subscription);
}

const mp_function mp_known_group = { MP_S_INIT("resourceGroup"), 1, 1, known_group, "resourceGroup()" };
const mp_function mp_known_subscription = {
    MP_S_INIT("subscription"), 1, 1, known_subscription, "subscription()"
};

bool mp_context_is_missing(const mp_error *error, bool *is_group)
{
    *is_group = error->format == unknown_group.format;
    return *is_group || error->format == unknown_subscription.format;
}

/* Behind the segment that begins at `from`. */
static size_t segment_end(mp_str id, size_t from)
{
    const char *slash = from < id.len ? memchr(id.ptr + from, '/', id.len - from) : NULL;
    return slash ? (size_t)(slash - id.ptr) : id.len;
}

mp_str mp_context_id(mp_str id, bool is_group)
{
    static const mp_str none = { NULL, 0 }, first = MP_S_INIT("/subscriptions/"),
                        second = MP_S_INIT("/resourceGroups/");
    if (!mp_str_starts_fold(id, first))
        return none;
    size_t end = segment_end(id, first.len);
    if (!is_group)
        return mp_str_of(id.ptr, end);
    if (!mp_str_starts_fold(mp_str_skip(id, end), second))
        return none;
    return mp_str_of(id.ptr, segment_end(id, end + second.len));
}

static mp_str name_of(mp_str id)
{
    return mp_str_skip(id, mp_str_rfind(id, '/') + 1);
}


static void add(mp_jsonw *w, const mp_json *given, mp_str name, mp_str text)
{
    if (mp_json_get_fold(given, name))
        return;
    mp_jsonw_key(w, name);
    mp_jsonw_str(w, text);
}

const mp_json *mp_context_document(const mp_json *given, mp_str id, bool is_group, mp_arena *arena)
{
    if (!id.ptr || (given && given->kind != MP_JSON_OBJECT))
        return given;
    mp_str   subscription = mp_context_id(id, false);
    mp_jsonw w;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    if (given)
        for (MP_JSON_MEMBERS(key, given)) {
            mp_jsonw_key(&w, mp_json_str(key));
            mp_jsonw_value(&w, key + 1);
        }
    add(&w, given, MP_S("id"), id);
    if (subscription.ptr)
        add(&w, given, MP_S("subscriptionId"), name_of(subscription));
    if (is_group) {
        add(&w, given, MP_S("name"), name_of(id));
        add(&w, given, MP_S("type"), MP_S("Microsoft.Resources/subscriptions/resourceGroups"));
    }
    if (given && !mp_json_get_fold(given, MP_S("tags"))) {
        mp_jsonw_key(&w, MP_S("tags"));
        mp_jsonw_object(&w);
        mp_jsonw_end(&w);
    }
    if (given && !mp_json_get_fold(given, MP_S("managedBy"))) {
        mp_jsonw_key(&w, MP_S("managedBy"));
        mp_jsonw_null(&w);
    }
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}
