/* SPDX-License-Identifier: Apache-2.0 */
/* fits.h - does JSON say what is expected of it? It may say more: members beside those that are named, and
 * what null is expected for may be absent. A text between two stars, "*like this*", is one that occurs in
 * the other's. */
#ifndef MAPAE_TESTS_FITS_H
#define MAPAE_TESTS_FITS_H

#include <mapae/json.h>

static inline bool json_fits(const mp_json *wanted, const mp_json *found);

static inline bool text_fits(mp_str wanted, mp_str found)
{
    bool is_part = wanted.len > 2 && wanted.ptr[0] == '*' && wanted.ptr[wanted.len - 1] == '*';
    if (is_part)
        return mp_str_find_str(found, mp_str_of(wanted.ptr + 1, wanted.len - 2)) != SIZE_MAX;
    return mp_str_eq(wanted, found);
}

static inline bool array_fits(const mp_json *wanted, const mp_json *found)
{
    if (wanted->count != found->count)
        return false;
    const mp_json *other = mp_json_first(found);
    for (MP_JSON_EACH(item, wanted)) {
        if (!json_fits(item, other))
            return false;
        other = mp_json_next(other);
    }
    return true;
}

static inline bool object_fits(const mp_json *wanted, const mp_json *found)
{
    for (MP_JSON_MEMBERS(key, wanted))
        if (!json_fits(key + 1, mp_json_get(found, mp_json_str(key))))
            return false;
    return true;
}

static inline bool json_fits(const mp_json *wanted, const mp_json *found)
{
    if (wanted->kind == MP_JSON_NULL)
        return !found || found->kind == MP_JSON_NULL;
    if (!found || found->kind != wanted->kind)
        return false;
    switch (wanted->kind) {
    case MP_JSON_STRING:
        return text_fits(mp_json_str(wanted), mp_json_str(found));
    case MP_JSON_REAL:
        return mp_str_eq(mp_json_str(wanted), mp_json_str(found));
    case MP_JSON_ARRAY:
        return array_fits(wanted, found);
    case MP_JSON_OBJECT:
        return object_fits(wanted, found);
    default:
        return wanted->u.integer == found->u.integer;
    }
}

#endif
