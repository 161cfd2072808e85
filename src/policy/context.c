/* SPDX-License-Identifier: Apache-2.0 */
#include "context.h"

#include "jsonw.h"

/* The end of the `n`th segment of "/a/b/c", or SIZE_MAX. */
static size_t segment_end(mp_str id, unsigned n)
{
    size_t at = 0;
    for (unsigned i = 0; i < n; i++) {
        if (at >= id.len || id.ptr[at] != '/')
            return SIZE_MAX;
        size_t next = mp_str_find(mp_str_skip(id, at + 1), '/');
        at = next == SIZE_MAX ? id.len : at + 1 + next;
    }
    return at;
}

mp_str mp_context_id(mp_str id, bool is_group)
{
    static const mp_str none = { NULL, 0 };
    if (!mp_str_starts_fold(id, MP_S("/subscriptions/")))
        return none;
    size_t subscription = segment_end(id, 2), group = segment_end(id, 4);
    if (!is_group)
        return subscription == SIZE_MAX ? none : mp_str_of(id.ptr, subscription);
    if (group == SIZE_MAX ||
        !mp_str_starts_fold(mp_str_skip(id, subscription), MP_S("/resourceGroups/")))
        return none;
    return mp_str_of(id.ptr, group);
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
