/* SPDX-License-Identifier: Apache-2.0 */
/* A path in what is kept: people write names, addresses and numbers of people into paths, also where none
 * belongs. So the route's own words stand, and of what was sent only what cannot name anybody. */
#include "http.h"

#include "secret.h"

#define DIGITS_MAX 9  /* of an index; longer numbers may be those of people and telephones */
#define NAME_MAX_ 96  /* bytes */

static bool is_fixed_word(mp_str s)
{
    static const char *const words[] = { "adfs", "checkpoint", "common", "consumers", "organizations", "totp" };
    for (size_t i = 0; i < MP_COUNT(words); i++)
        if (mp_str_eq(s, mp_str_from(words[i])))
            return true;
    return false;
}

bool mp_http_is_plain(mp_str s)
{
    if (mp_is_guid(s) || is_fixed_word(s))
        return true;
    size_t digits = 0, hex = 0;
    for (size_t i = 0; i < s.len; i++) {
        bool is_digit = s.ptr[i] >= '0' && s.ptr[i] <= '9';
        digits += is_digit;
        hex += is_digit || (s.ptr[i] >= 'a' && s.ptr[i] <= 'f');
    }
    return (s.len > 0 && s.len <= DIGITS_MAX && digits == s.len) || (s.len == 64 && hex == s.len);
}

static bool is_name(mp_str s)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._()";
    for (size_t i = 0; i < s.len; i++)
        if (!memchr(letters, s.ptr[i], sizeof letters - 1))
            return false;
    return s.len > 0 && s.len <= NAME_MAX_;
}

bool mp_http_param_is_shown(mp_str name, mp_str value, bool has_names)
{
    return mp_http_is_plain(value) || (has_names && mp_str_eq(name, MP_S("name")) && is_name(value));
}

/* An id is one, however somebody writes its letters, and so is a name, which is kept in lower case (mp_item_name): who looks for
 * it finds all that was done to it. */
static void add_value(mp_buf *b, mp_str name, mp_str value)
{
    bool folds = mp_is_guid(value) || mp_str_eq(name, MP_S("name"));
    for (size_t i = 0; i < value.len; i++)
        mp_buf_add_c(b, folds && value.ptr[i] >= 'A' && value.ptr[i] <= 'Z' ? (char)(value.ptr[i] | 0x20) : value.ptr[i]);
}

mp_str mp_http_path_shown(const mp_http_request *request, bool has_names)
{
    if (!request->route)
        return MP_S("/");
    mp_str path = mp_str_from(request->route->path);
    mp_buf b = MP_BUF_INIT;
    for (size_t n = 0; path.len && n < MP_PARAMS_MAX; n++) {
        size_t open = mp_str_find(path, '{'), close = mp_str_find(path, '}');
        if (open == SIZE_MAX || close == SIZE_MAX)
            break;
        mp_str name = mp_str_of(path.ptr + open + 1, close - open - 1), value = request->params[n];
        mp_buf_add(&b, mp_str_of(path.ptr, open));
        if (mp_http_param_is_shown(name, value, has_names))
            add_value(&b, name, value);
        else
            mp_buf_add(&b, mp_str_of(path.ptr + open, close + 1 - open));
        path = mp_str_skip(path, close + 1);
    }
    mp_buf_add(&b, path);
    mp_str shown = b.failed ? mp_str_of(NULL, 0) : mp_arena_dup(request->arena, mp_buf_str(&b));
    mp_buf_free(&b);
    return shown;
}
