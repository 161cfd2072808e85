/* SPDX-License-Identifier: Apache-2.0 */
#include "http.h"

#include <stdlib.h>

/* What stands in a request, looked up. Of several of one name the first counts. */

static const mp_pair *find_pair(const mp_pair *pairs, size_t count, mp_str name)
{
    for (size_t i = 0; i < count; i++)
        if (mp_str_eq_fold(pairs[i].name, name))
            return &pairs[i];
    return NULL;
}

mp_str mp_http_header(const mp_http_request *request, mp_str name)
{
    const mp_pair *found = find_pair(request->headers, request->header_count, name);
    return found ? found->value : MP_S("");
}

mp_str mp_http_query(const mp_http_request *request, mp_str name)
{
    const mp_pair *found = find_pair(request->query, request->query_count, name);
    return found ? found->value : MP_S("");
}

bool mp_http_has_query(const mp_http_request *request, mp_str name)
{
    return find_pair(request->query, request->query_count, name) != NULL;
}

mp_str mp_http_param(const mp_http_request *request, const char *name)
{
    mp_str wanted = mp_str_from(name);
    size_t index = 0;
    for (const char *p = request->route ? request->route->path : ""; *p; p++) {
        if (*p != '{')
            continue;
        size_t len = strcspn(++p, ".}");
        if (mp_str_eq(mp_str_of(p, len), wanted))
            return request->params[index];
        index++;
        p += len;
    }
    return MP_S("");
}

/* The next element of a list apart by `by`, trimmed; false at the end. */
static bool next_element(mp_str *element, mp_str *list, char by)
{
    if (list->len == 0)
        return false;
    size_t end = mp_str_find(*list, by);
    *element = mp_str_trim(mp_str_of(list->ptr, end == SIZE_MAX ? list->len : end));
    *list = end == SIZE_MAX ? MP_S("") : mp_str_skip(*list, end + 1);
    return true;
}

/* RFC 6265, 4.2: "a=1; b=2". Quotes around a value are part of its spelling, not of it. */
mp_str mp_http_cookie(const mp_http_request *request, mp_str name)
{
    for (size_t i = 0; i < request->header_count; i++) {
        mp_str list = request->headers[i].value, pair;
        if (!mp_str_eq_fold(request->headers[i].name, MP_S("cookie")))
            continue;
        while (next_element(&pair, &list, ';')) {
            size_t equals = mp_str_find(pair, '=');
            if (equals == SIZE_MAX || !mp_str_eq(mp_str_trim(mp_str_of(pair.ptr, equals)), name))
                continue;
            mp_str value = mp_str_trim(mp_str_skip(pair, equals + 1));
            if (value.len >= 2 && value.ptr[0] == '"' && value.ptr[value.len - 1] == '"')
                value = mp_str_of(value.ptr + 1, value.len - 2);
            return value;
        }
    }
    return MP_S("");
}

/* ---- entity tags: "7" is the seventh version ---- */

/* `tag` is "7" or W/"7": a proxy that compresses weakens it, and a version is a version all the same. */
static bool read_version(int64_t *version, mp_str tag)
{
    int64_t v = 0;
    if (mp_str_starts(tag, MP_S("W/")))
        tag = mp_str_skip(tag, 2);
    if (tag.len < 3 || tag.len > 20 || tag.ptr[0] != '"' || tag.ptr[tag.len - 1] != '"')
        return false;
    for (size_t i = 1; i + 1 < tag.len; i++) {
        int digit = tag.ptr[i] - '0';
        if (digit < 0 || digit > 9 || (i == 1 && digit == 0))
            return false;
        if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, digit, &v))
            return false;
    }
    *version = v;
    return true;
}

mp_code mp_http_expected(int64_t *expected, const mp_http_request *request, mp_error *err)
{
    mp_str  match = mp_str_trim(mp_http_header(request, MP_S("if-match")));
    mp_str  none = mp_str_trim(mp_http_header(request, MP_S("if-none-match")));
    int64_t version = -1;
    if (match.len && none.len)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "If-Match and If-None-Match exclude each other");
    if (none.len && !mp_str_eq(none, MP_S("*")))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "If-None-Match is '%.*s'; for a change it can be '*' only",
                       MP_FMT(none));
    if (match.len && !mp_str_eq(match, MP_S("*")) && !read_version(&version, match))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE,
                       "If-Match is '%.*s'; wanted is one ETag that was answered, as in \"7\"", MP_FMT(match));
    *expected = none.len ? 0 : version;
    return MP_OK;
}

bool mp_respond_etag(mp_http_request *request, mp_http_response *response, int64_t version)
{
    mp_str list = mp_http_header(request, MP_S("if-none-match")), tag;
    mp_str text = mp_arena_printf(request->arena, "\"%lld\"", (long long)version);
    if (text.ptr)
        mp_respond_header(response, MP_S("etag"), text);
    if (request->method != MP_GET && request->method != MP_HEAD)
        return false;
    while (next_element(&tag, &list, ',')) {
        int64_t known;
        if (!mp_str_eq(tag, MP_S("*")) && !(read_version(&known, tag) && known == version))
            continue;
        response->status = 304;
        response->body = MP_S("");
        response->content_type = NULL;
        return true;
    }
    return false;
}
