/* SPDX-License-Identifier: Apache-2.0 */
/* Functions that write text as something else: base64, data URIs, URIs. Microsoft Learn, "String
 * functions for ARM templates". The library calls .NET (Convert, HttpUtility, Uri); what those do
 * is done here, and named where it is not obvious. */
#include "fn.h"

#include <inttypes.h>
#include <stdio.h>

#include "secret.h"
#include "text.h"
#include "utf8.h"

/* ---- base64 (RFC 4648, 4) ---- */

static void add_base64(mp_buf *b, mp_str s)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < s.len; i += 3) {
        uint32_t bits = 0;
        for (size_t k = 0; k < 3; k++)
            bits = bits << 8 | (i + k < s.len ? (uint8_t)s.ptr[i + k] : 0u);
        mp_buf_add_c(b, digits[bits >> 18]);
        mp_buf_add_c(b, digits[bits >> 12 & 63]);
        mp_buf_add_c(b, i + 1 < s.len ? digits[bits >> 6 & 63] : '=');
        mp_buf_add_c(b, i + 2 < s.len ? digits[bits & 63] : '=');
    }
}

static int base64_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* As Convert.FromBase64String: white space anywhere, padding required, nothing after it. */
static bool add_from_base64(mp_buf *b, mp_str s)
{
    uint32_t bits = 0;
    int      count = 0, padding = 0;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (c == ' ' || c == '\t' || c == '\n' || c == '\r')
            continue;
        int value = c == '=' ? 0 : base64_value(c);
        padding += c == '=';
        if (value < 0 || (padding && c != '=') || padding > 2)
            return false;
        bits = bits << 6 | (uint32_t)value;
        if (++count % 4)
            continue;
        mp_buf_add_c(b, (char)(bits >> 16));
        if (padding < 2)
            mp_buf_add_c(b, (char)(bits >> 8));
        if (padding < 1)
            mp_buf_add_c(b, (char)bits);
        bits = 0;
    }
    return count % 4 == 0;
}

/* Bytes taken for UTF-8: what is none becomes U+FFFD, as with Encoding.UTF8 of .NET. */
static void add_as_utf8(mp_buf *b, mp_str bytes)
{
    for (size_t i = 0; i < bytes.len;) {
        uint32_t cp;
        size_t   size = mp_utf8_decode(&cp, bytes.ptr + i, bytes.len - i);
        mp_buf_add(b, size ? mp_str_of(bytes.ptr + i, size) : FN_REPLACEMENT);
        i += size ? size : 1;
    }
}

/* The decoded text into the arena. */
static mp_code decoded_base64(mp_str *out, const mp_call *call, mp_str base64, mp_error *err)
{
    mp_buf         bytes = fn_buf(), text = fn_buf();
    const mp_json *v = NULL;
    if (!add_from_base64(&bytes, base64)) {
        mp_buf_free(&bytes);
        return fn_fail(call, err, "wants base64, not \"%.*s\"", MP_FMT(fn_clip(base64)));
    }
    add_as_utf8(&text, mp_buf_str(&bytes));
    text.failed = text.failed || bytes.failed;
    mp_buf_free(&bytes);
    MP_TRY(fn_give_buf(&v, call, &text, err));
    *out = mp_json_str(v);
    return MP_OK;
}

mp_code fn_base64(const mp_json **out, const mp_call *call, mp_error *err)
{
    mp_str text;
    mp_buf b = fn_buf();
    MP_TRY(fn_text(&text, call, 0, err));
    add_base64(&b, text);
    return fn_give_buf(out, call, &b, err);
}

mp_code fn_base64_to_string(const mp_json **out, const mp_call *call, mp_error *err)
{
    mp_str text;
    MP_TRY(fn_text(&text, call, 0, err));
    MP_TRY(decoded_base64(&text, call, text, err));
    return fn_give_str(out, call, text, err);
}

mp_code fn_base64_to_json(const mp_json **out, const mp_call *call, mp_error *err)
{
    mp_str text;
    MP_TRY(fn_text(&text, call, 0, err));
    MP_TRY(decoded_base64(&text, call, text, err));
    return fn_give_parsed(out, call, text, err);
}

/* ---- percent encoding (RFC 3986, 2.1) ---- */

/* The number of `count` hexadecimal digits at `i`, or -1. */
static int32_t hex_at(mp_str s, size_t i, size_t count)
{
    int32_t number = 0;
    if (s.len - i < count)
        return -1;
    for (size_t k = 0; k < count; k++) {
        int value = mp_hex_digit(s.ptr[i + k]);
        if (value < 0)
            return -1;
        number = number << 4 | value;
    }
    return number;
}

static void add_percent(mp_buf *b, char c)
{
    static const char hex[] = "0123456789ABCDEF";
    mp_buf_add_c(b, '%');
    mp_buf_add_c(b, hex[(uint8_t)c >> 4]);
    mp_buf_add_c(b, hex[(uint8_t)c & 15]);
}

static bool is_unreserved(char c) /* RFC 3986, 2.3 */
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr("-._~", c));
}

static bool is_reserved(char c) /* RFC 3986, 2.2 */
{
    return c && strchr(":/?#[]@!$&'()*+,;=", c);
}

/* As HttpUtility.UrlDecode: '+' is a blank, %uXXXX a UTF-16 unit, and a '%' that begins nothing
 * stays. The halves of a pair written as two %u are not joined. */
static void add_url_decoded(mp_buf *b, mp_str s)
{
    mp_buf bytes = fn_buf();
    for (size_t i = 0; i < s.len;) {
        bool    is_percent = s.ptr[i] == '%';
        bool    is_wide = is_percent && i + 1 < s.len && s.ptr[i + 1] == 'u';
        int32_t number = is_wide ? hex_at(s, i + 2, 4) : is_percent ? hex_at(s, i + 1, 2) : -1;
        if (number < 0) {
            mp_buf_add_c(&bytes, s.ptr[i] == '+' ? ' ' : s.ptr[i]);
            i++;
        } else if (is_wide) {
            char   utf8[4];
            bool   is_half = number >= 0xD800 && number <= 0xDFFF;
            size_t size = is_half ? 0 : mp_utf8_encode(utf8, (uint32_t)number);
            mp_buf_add(&bytes, is_half ? FN_REPLACEMENT : mp_str_of(utf8, size));
            i += 6;
        } else {
            mp_buf_add_c(&bytes, (char)number);
            i += 3;
        }
    }
    add_as_utf8(b, mp_buf_str(&bytes));
    b->failed = b->failed || bytes.failed;
    mp_buf_free(&bytes);
}

mp_code fn_uri_component(const mp_json **out, const mp_call *call, mp_error *err)
{
    mp_str text;
    mp_buf b = fn_buf();
    MP_TRY(fn_text(&text, call, 0, err));
    for (size_t i = 0; i < text.len; i++) {
        if (is_unreserved(text.ptr[i]))
            mp_buf_add_c(&b, text.ptr[i]);
        else
            add_percent(&b, text.ptr[i]);
    }
    return fn_give_buf(out, call, &b, err);
}

mp_code fn_uri_component_to_string(const mp_json **out, const mp_call *call, mp_error *err)
{
    mp_str text;
    mp_buf b = fn_buf();
    MP_TRY(fn_text(&text, call, 0, err));
    add_url_decoded(&b, text);
    return fn_give_buf(out, call, &b, err);
}

/* ---- data URIs (RFC 2397) ---- */

mp_code fn_data_uri(const mp_json **out, const mp_call *call, mp_error *err)
{
    const mp_json *v = call->args[0];
    mp_buf         data = fn_buf(), b = fn_buf();
    if (fn_is_text(v))
        mp_buf_add(&data, fn_text_of(v));
    else if (v->kind == MP_JSON_BOOL)
        mp_buf_add(&data, v->u.integer ? MP_S("True") : MP_S("False"));
    else if (v->kind == MP_JSON_REAL)
        fn_add_real(&data, mp_json_double(v));
    else
        mp_buf_add_json(&data, v);
    /* "charset=utf8" without the hyphen is what the Learn page shows. */
    mp_buf_add_z(&b, fn_is_text(v) ? "data:text/plain;charset=utf8;base64,"
                                   : "data:application/json;charset=utf8;base64,");
    add_base64(&b, mp_buf_str(&data));
    b.failed = b.failed || data.failed;
    mp_buf_free(&data);
    return fn_give_buf(out, call, &b, err);
}

/* What stands between "data:" and the comma: "[type][;name=value...][;base64]". */
typedef struct data_head {
    bool   is_base64;
    mp_str charset; /* empty: none given */
} data_head;

/* The rules of the library's ConvertDataUriToString; false when the head breaks them. */
static bool read_data_head(data_head *out, mp_str head)
{
    mp_str last = MP_S("");
    bool   no_type = false;
    size_t count = 0;
    *out = (data_head){ false, MP_S("") };
    for (bool more = head.len > 0; more; count++) {
        size_t end = mp_str_find(head, ';');
        more = end != SIZE_MAX;
        last = mp_str_of(head.ptr, more ? end : head.len);
        head = mp_str_skip(head, last.len + 1);
        if (count == 0)
            no_type = last.len == 0;
        else if (mp_str_trim(last).len == 0)
            return false;
        if (count == 1 && mp_str_starts_fold(last, MP_S("charset=")))
            out->charset = mp_str_skip(last, 8);
    }
    out->is_base64 = mp_str_eq_fold(last, MP_S("base64"));
    return !no_type || (count == 2 && out->is_base64);
}

mp_code fn_data_uri_to_string(const mp_json **out, const mp_call *call, mp_error *err)
{
    mp_str    uri;
    data_head head;
    MP_TRY(fn_text(&uri, call, 0, err));
    size_t comma = mp_str_find(uri, ',');
    if (!mp_str_starts_fold(uri, MP_S("data:")) || comma == SIZE_MAX ||
        !read_data_head(&head, mp_str_of(uri.ptr + 5, comma - 5)))
        return fn_fail(call, err, "wants a data URI (\"data:[type][;base64],...\"), not \"%.*s\"",
                       MP_FMT(fn_clip(uri)));
    /* The library knows "utf-8" only, and so would not read what dataUri writes. */
    if (head.charset.len && !mp_str_eq_fold(head.charset, MP_S("utf-8")) &&
        !mp_str_eq_fold(head.charset, MP_S("utf8")))
        return fn_fail(call, err, "reads the character set utf-8, not \"%.*s\"",
                       MP_FMT(fn_clip(head.charset)));
    mp_str data = mp_str_skip(uri, comma + 1);
    if (head.is_base64) {
        MP_TRY(decoded_base64(&data, call, data, err));
        return fn_give_str(out, call, data, err);
    }
    mp_buf b = fn_buf();
    add_url_decoded(&b, data);
    return fn_give_buf(out, call, &b, err);
}

/* ---- uri: resolving a reference (RFC 3986, 5.2) ---- */

typedef struct uri_parts {
    mp_str scheme, authority, path, query, fragment; /* without their marks */
    bool   has_authority, has_query, has_fragment;
} uri_parts;

/* Length of the scheme that `s` begins with, or 0: ALPHA *( ALPHA / DIGIT / "+" / "-" / "." ) */
static size_t scheme_length(mp_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (c == ':')
            return i;
        if (!is_letter && (i == 0 || !((c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.')))
            return 0;
    }
    return 0;
}

static void split_uri(uri_parts *out, mp_str s)
{
    *out = (uri_parts){ .has_query = false };
    size_t length = scheme_length(s);
    out->scheme = mp_str_of(s.ptr, length);
    if (length)
        s = mp_str_skip(s, length + 1);
    size_t hash = mp_str_find(s, '#');
    if (hash != SIZE_MAX) {
        out->has_fragment = true;
        out->fragment = mp_str_skip(s, hash + 1);
        s.len = hash;
    }
    size_t mark = mp_str_find(s, '?');
    if (mark != SIZE_MAX) {
        out->has_query = true;
        out->query = mp_str_skip(s, mark + 1);
        s.len = mark;
    }
    if (mp_str_starts(s, MP_S("//"))) {
        out->has_authority = true;
        s = mp_str_skip(s, 2);
        size_t slash = mp_str_find(s, '/');
        out->authority = mp_str_of(s.ptr, slash == SIZE_MAX ? s.len : slash);
        s = mp_str_skip(s, out->authority.len);
    }
    out->path = s;
}

/* "remove_dot_segments" (RFC 3986, 5.2.4) in place: `path` begins with '/'. */
static size_t remove_dots(char *path, size_t len)
{
    size_t kept = 0, i = 0;
    while (i < len) {
        size_t end = i + 1;
        while (end < len && path[end] != '/')
            end++;
        mp_str segment = mp_str_of(path + i, end - i); /* with the slash before it */
        bool   is_last = end == len;
        if (mp_str_eq(segment, MP_S("/.")) || mp_str_eq(segment, MP_S("/.."))) {
            while (segment.len == 3 && kept > 0 && path[--kept] != '/')
                ;
            if (is_last)
                path[kept++] = '/';
        } else {
            memmove(path + kept, path + i, segment.len);
            kept += segment.len;
        }
        i = end;
    }
    return kept;
}

/* Characters as System.Uri keeps them in AbsoluteUri: what a URI may not hold is encoded, and so
 * is a '%' that begins no code. */
static void add_uri_text(mp_buf *b, mp_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        bool is_code = c == '%' && hex_at(s, i + 1, 2) >= 0;
        if (is_code || is_unreserved(c) || is_reserved(c))
            mp_buf_add_c(b, c);
        else
            add_percent(b, c);
    }
}

/* Scheme and host in lower case, without the scheme's own port. */
static void add_authority(mp_buf *b, const uri_parts *u)
{
    static const struct {
        mp_str scheme, port;
    } own[] = { { MP_S_INIT("http"), MP_S_INIT(":80") },
                { MP_S_INIT("https"), MP_S_INIT(":443") },
                { MP_S_INIT("ftp"), MP_S_INIT(":21") },
                { MP_S_INIT("ws"), MP_S_INIT(":80") },
                { MP_S_INIT("wss"), MP_S_INIT(":443") } };
    mp_str authority = u->authority;
    for (size_t i = 0; i < MP_COUNT(own); i++)
        if (mp_str_eq_fold(u->scheme, own[i].scheme) && mp_str_ends(authority, own[i].port))
            authority.len -= own[i].port.len;
    size_t at = mp_str_rfind(authority, '@');
    size_t host = at == SIZE_MAX ? 0 : at + 1;
    add_uri_text(b, mp_str_of(authority.ptr, host));
    for (size_t i = host; i < authority.len; i++) {
        char c = authority.ptr[i];
        mp_buf_add_c(b, c >= 'A' && c <= 'Z' ? (char)(c + 32) : c);
    }
}

/* RFC 3986, 5.2.3, then 5.2.4: the path of `base` up to its last slash, and `relative` after it. */
static mp_code add_path(mp_buf *b, const uri_parts *base, mp_str relative, bool merged,
                        const mp_call *call, mp_error *err)
{
    size_t slash = merged ? mp_str_rfind(base->path, '/') : SIZE_MAX;
    size_t head = slash == SIZE_MAX ? 0 : slash + 1;
    char  *path = mp_arena_alloc(call->arena, head + relative.len + 2);
    size_t len = 0;
    if (!path)
        return fn_nomem(err);
    if (head)
        memcpy(path, base->path.ptr, len = head);
    else if (relative.len == 0 || relative.ptr[0] != '/')
        path[len++] = '/';
    if (relative.len)
        memcpy(path + len, relative.ptr, relative.len);
    len = remove_dots(path, len + relative.len);
    add_uri_text(b, mp_str_of(path, len));
    return MP_OK;
}

static mp_code add_resolved(mp_buf *b, const uri_parts *base, const uri_parts *relative,
                            const mp_call *call, mp_error *err)
{
    bool             is_absolute = relative->scheme.len > 0;
    bool             own_host = is_absolute || relative->has_authority;
    const uri_parts *top = own_host ? relative : base;
    uri_parts        host = *top;
    if (!is_absolute)
        host.scheme = base->scheme;
    for (size_t i = 0; i < host.scheme.len; i++) {
        char c = host.scheme.ptr[i];
        mp_buf_add_c(b, c >= 'A' && c <= 'Z' ? (char)(c + 32) : c);
    }
    mp_buf_add_c(b, ':');
    if (host.has_authority) {
        mp_buf_add_z(b, "//");
        add_authority(b, &host);
    }
    bool same_document = !own_host && relative->path.len == 0;
    if (!host.has_authority && is_absolute) {
        add_uri_text(b, relative->path); /* "mailto:..." has no path to tidy */
    } else {
        bool merged = !own_host && !same_document && relative->path.ptr[0] != '/';
        MP_TRY(add_path(b, base, same_document ? base->path : relative->path, merged, call, err));
    }
    const uri_parts *query = same_document && !relative->has_query ? base : relative;
    if (query->has_query) {
        mp_buf_add_c(b, '?');
        add_uri_text(b, query->query);
    }
    if (relative->has_fragment) {
        mp_buf_add_c(b, '#');
        add_uri_text(b, relative->fragment);
    }
    return MP_OK;
}

/* A base must be a well-formed absolute URI with a host: Uri.IsWellFormedUriString. Other bases
 * (urn:..., file paths) have nothing that a reference could be resolved against. */
static bool is_well_formed_base(const uri_parts *u, mp_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool is_code = c == '%' && hex_at(text, i + 1, 2) >= 0;
        if (!is_code && !is_unreserved(c) && !is_reserved(c))
            return false;
    }
    return u->scheme.len > 0 && u->has_authority && u->authority.len > 0;
}

mp_code fn_uri(const mp_json **out, const mp_call *call, mp_error *err)
{
    mp_str    base_text, relative_text;
    uri_parts base, relative;
    MP_TRY(fn_text(&base_text, call, 0, err));
    MP_TRY(fn_text(&relative_text, call, 1, err));
    split_uri(&base, base_text);
    split_uri(&relative, relative_text);
    if (!is_well_formed_base(&base, base_text))
        return fn_fail(call, err, "wants an absolute URI as base, not \"%.*s\"",
                       MP_FMT(fn_clip(base_text)));
    mp_buf  b = fn_buf();
    mp_code code = add_resolved(&b, &base, &relative, call, err);
    if (code != MP_OK) {
        mp_buf_free(&b);
        return code;
    }
    return fn_give_buf(out, call, &b, err);
}
