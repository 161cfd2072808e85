/* SPDX-License-Identifier: Apache-2.0 */
/* Reading and changing bodies of records. */
#include "access_internal.h"

#include "jsonw.h"

int64_t mp_body_int(const mp_json *body, mp_str name, int64_t otherwise)
{
    const mp_json *v = mp_json_get(body, name);
    return mp_json_is(v, MP_JSON_INT) ? v->u.integer : otherwise;
}

bool mp_body_bool(const mp_json *body, mp_str name)
{
    const mp_json *v = mp_json_get(body, name);
    return mp_json_is_true(v);
}

mp_ticks mp_body_time(const mp_json *body, mp_str name)
{
    mp_ticks t;
    mp_str   text = mp_json_text(mp_json_get(body, name));
    return text.len && mp_clock_parse(&t, text) ? t : 0;
}

void mp_copy_text(char *into, size_t size, mp_str s)
{
    size_t len = s.len < size ? s.len : 0;
    if (len)
        memcpy(into, s.ptr, len);
    into[len] = '\0';
}

const mp_json *mp_body_with(mp_arena *arena, const mp_json *body, const mp_json *changes)
{
    mp_jsonw w;
    if (!changes)
        return NULL;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    if (mp_json_is(body, MP_JSON_OBJECT))
        for (MP_JSON_MEMBERS(key, body))
            if (!mp_json_get(changes, mp_json_str(key))) {
                mp_jsonw_key(&w, mp_json_str(key));
                mp_jsonw_value(&w, key + 1);
            }
    for (MP_JSON_MEMBERS(key, changes))
        if (!mp_json_is(key + 1, MP_JSON_NULL)) {
            mp_jsonw_key(&w, mp_json_str(key));
            mp_jsonw_value(&w, key + 1);
        }
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

mp_code mp_secret_hash(char out[65], mp_str secret, mp_error *err)
{
    uint8_t hash[32];
    MP_TRY(mp_sha256(hash, secret, err));
    mp_hex(out, hash, sizeof hash);
    return MP_OK;
}

mp_code mp_secret_make(mp_str *out, size_t bytes, mp_arena *arena, mp_error *err)
{
    uint8_t raw[64];
    if (bytes > sizeof raw)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "a secret of %zu bytes; the most is %zu", bytes,
                       sizeof raw);
    MP_TRY(mp_random(raw, bytes, err));
    mp_str text = mp_base64url(arena, mp_str_of((const char *)raw, bytes));
    mp_wipe(raw, sizeof raw);
    if (!text.ptr)
        return mp_no_memory(err);
    *out = text;
    return MP_OK;
}
