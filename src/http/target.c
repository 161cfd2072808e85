/* SPDX-License-Identifier: Apache-2.0 */
#include "target.h"

#include "secret.h"
#include "text.h"

/* Whatever two readers could understand differently is refused instead of repaired: a slash that was encoded
 * stays within its segment, dots that climb are no path of ours, and bytes that are no UTF-8 are no name. */

static bool is_control(char c)
{
    return (unsigned char)c < 0x20 || c == 0x7F;
}

static mp_code decode(mp_str *out, mp_str s, bool plus, bool controls, const char *what, mp_arena *arena, mp_error *err)
{
    char *to = mp_arena_alloc(arena, s.len + 1), *at = to;
    if (!to)
        return mp_no_memory(err);
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (c == '%') {
            int high = s.len - i > 2 ? mp_hex_digit(s.ptr[i + 1]) : -1,
                low = high < 0 ? -1 : mp_hex_digit(s.ptr[i + 2]);
            if (low < 0)
                return mp_fail(err, MP_SYNTAX, MP_NOWHERE, "the %s has a '%%' that two hex digits do not follow", what);
            c = (char)(high << 4 | low);
            i += 2;
        } else if (c == '+' && plus) {
            c = ' ';
        }
        if (c == 0 || (is_control(c) && !controls))
            return mp_fail(err, MP_SYNTAX, MP_NOWHERE, "the %s holds a control character", what);
        *at++ = c;
    }
    *at = '\0';
    mp_str made = mp_str_of(to, (size_t)(at - to));
    if (!mp_utf8_valid(made))
        return mp_fail(err, MP_SYNTAX, MP_NOWHERE, "the %s is not UTF-8", what);
    *out = made;
    return MP_OK;
}

mp_code mp_percent_decode(mp_str *out, mp_str s, bool plus, const char *what, mp_arena *arena, mp_error *err)
{
    return decode(out, s, plus, false, what, arena, err);
}

/* "..", "a/..", "./a": some part between slashes is a dot or two. */
static bool climbs(mp_str s)
{
    for (size_t from = 0; from <= s.len;) {
        mp_str left = mp_str_skip(s, from);
        size_t slash = mp_str_find(left, '/');
        mp_str part = mp_str_of(left.ptr, slash == SIZE_MAX ? left.len : slash);
        if (mp_str_eq(part, MP_S(".")) || mp_str_eq(part, MP_S("..")))
            return true;
        from += part.len + 1;
    }
    return false;
}

mp_code mp_target_path(mp_str *path, mp_str **segments, size_t *count, mp_str raw, mp_arena *arena, mp_error *err)
{
    mp_str *list = MP_ARENA_ARRAY(arena, mp_str, MP_SEGMENTS_MAX);
    char   *joined = mp_arena_alloc(arena, raw.len + 2), *at = joined;
    size_t  n = 0;
    if (!list || !joined)
        return mp_no_memory(err);
    for (size_t i = 0; i < raw.len;) {
        if (raw.ptr[i] == '/') {
            i++;
            continue;
        }
        mp_str left = mp_str_skip(raw, i);
        size_t slash = mp_str_find(left, '/');
        mp_str segment = mp_str_of(left.ptr, slash == SIZE_MAX ? left.len : slash);
        if (n == MP_SEGMENTS_MAX)
            return mp_fail(err, MP_LIMIT, MP_NOWHERE, "the path has more than %d segments", MP_SEGMENTS_MAX);
        MP_TRY(mp_percent_decode(&list[n], segment, false, "path", arena, err));
        if (climbs(list[n]))
            return mp_fail(err, MP_SYNTAX, MP_NOWHERE, "the path has a segment '.' or '..'");
        *at++ = '/';
        memcpy(at, list[n].ptr, list[n].len);
        at += list[n++].len;
        i += segment.len;
    }
    if (n == 0)
        *at++ = '/';
    *at = '\0';
    *path = mp_str_of(joined, (size_t)(at - joined));
    *segments = list;
    *count = n;
    return MP_OK;
}

mp_code mp_target_pairs(const mp_pair **pairs, size_t *count, mp_str raw, bool is_form, mp_arena *arena, mp_error *err)
{
    const char *what = is_form ? "form" : "query";
    size_t      most = 1, n = 0;
    for (size_t i = 0; i < raw.len; i++)
        most += raw.ptr[i] == '&';
    if (most > MP_QUERY_PAIRS)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "the %s has more than %d names", what, MP_QUERY_PAIRS);
    mp_pair *list = MP_ARENA_ARRAY(arena, mp_pair, most);
    if (!list)
        return mp_no_memory(err);
    for (size_t from = 0; from < raw.len;) {
        mp_str left = mp_str_skip(raw, from);
        size_t end = mp_str_find(left, '&');
        mp_str pair = mp_str_of(left.ptr, end == SIZE_MAX ? left.len : end);
        from += pair.len + 1;
        if (pair.len == 0)
            continue;
        size_t equals = mp_str_find(pair, '=');
        mp_str name = mp_str_of(pair.ptr, equals == SIZE_MAX ? pair.len : equals);
        mp_str value = equals == SIZE_MAX ? MP_S("") : mp_str_skip(pair, equals + 1);
        MP_TRY(decode(&list[n].name, name, true, false, what, arena, err));
        MP_TRY(decode(&list[n++].value, value, true, is_form, what, arena, err));
    }
    *pairs = list;
    *count = n;
    return MP_OK;
}

/* "https://host:1/path?x" is read from the slash on. */
static mp_str without_origin(mp_str target)
{
    size_t scheme = mp_str_starts_fold(target, MP_S("http://"))    ? 7
                    : mp_str_starts_fold(target, MP_S("https://")) ? 8
                                                                   : 0;
    if (!scheme)
        return target;
    for (size_t i = scheme; i < target.len; i++)
        if (target.ptr[i] == '/' || target.ptr[i] == '?')
            return mp_str_skip(target, i);
    return MP_S("/");
}

mp_code mp_target_read(mp_str **segments, size_t *count, mp_http_request *request, mp_error *err)
{
    if (request->target.len > MP_TARGET_BYTES)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "the target is %zu bytes; the most is %d", request->target.len,
                       MP_TARGET_BYTES);
    mp_str target = without_origin(request->target);
    if (target.len == 0 || (target.ptr[0] != '/' && target.ptr[0] != '?'))
        return mp_fail(err, MP_SYNTAX, MP_NOWHERE, "the target does not begin with '/'");
    size_t fragment = mp_str_find(target, '#');
    if (fragment != SIZE_MAX)
        return mp_fail(err, MP_SYNTAX, MP_NOWHERE, "the target has a '#'; a fragment is not sent to a server");
    size_t mark = mp_str_find(target, '?');
    mp_str path = mp_str_of(target.ptr, mark == SIZE_MAX ? target.len : mark);
    mp_str query = mark == SIZE_MAX ? MP_S("") : mp_str_skip(target, mark + 1);
    MP_TRY(mp_target_path(&request->path, segments, count, path, request->arena, err));
    return mp_target_pairs(&request->query, &request->query_count, query, false, request->arena, err);
}

mp_code mp_form_read(const mp_json **out, mp_str body, mp_arena *arena, mp_error *err)
{
    const mp_pair *pairs;
    size_t         count;
    mp_jsonw       w;
    MP_TRY(mp_target_pairs(&pairs, &count, body, true, arena, err));
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < i; k++)
            if (mp_str_eq_fold(pairs[k].name, pairs[i].name))
                return mp_fail(err, MP_SYNTAX, MP_NOWHERE, "the form has '%.*s' twice", MP_FMT(pairs[i].name));
        mp_jsonw_key(&w, pairs[i].name);
        mp_jsonw_str(&w, pairs[i].value);
    }
    mp_jsonw_end(&w);
    const mp_json *made = mp_jsonw_done(&w);
    if (!made)
        return mp_no_memory(err);
    *out = made;
    return MP_OK;
}
