/* SPDX-License-Identifier: Apache-2.0 */
#include "framing.h"

static bool is_token_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr("!#$%&'*+-.^_`|~", c));
}

static bool is_token(mp_str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!is_token_char(s.ptr[i]))
            return false;
    return s.len > 0;
}

/* RFC 9110 5.5: visible characters, blanks and tabs; bytes over 0x7F as they are. A folded line would show as
 * CR or LF. */
static bool is_field_value(mp_str s)
{
    unsigned bad = 0; /* all are looked at: without a way out, several go at once, and a token is long */
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        bad |= ((c < 0x20) & (c != '\t')) | (c == 0x7F);
    }
    return bad == 0;
}

/* Digits only: no sign, no blank, no list. */
static bool read_length(int64_t *out, mp_str s)
{
    int64_t v = 0;
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] < '0' || s.ptr[i] > '9' || __builtin_mul_overflow(v, 10, &v) ||
            __builtin_add_overflow(v, s.ptr[i] - '0', &v))
            return false;
    *out = v;
    return s.len > 0;
}

struct seen {
    unsigned hosts, lengths, encodings, credentials;
    mp_str   host, length, encoding, expect;
};

static mp_code look(struct seen *seen, const mp_http_request *request, mp_error *err)
{
    for (size_t i = 0; i < request->header_count; i++) {
        mp_str name = request->headers[i].name, value = request->headers[i].value;
        if (!is_token(name))
            return mp_fail(err, MP_SYNTAX, MP_NOWHERE, "a header has a name that is none");
        if (!is_field_value(value))
            return mp_fail(err, MP_SYNTAX, MP_NOWHERE, "the header '%.*s' holds a control character", MP_FMT(name));
        if (mp_str_eq_fold(name, MP_S("host")) && ++seen->hosts)
            seen->host = value;
        else if (mp_str_eq_fold(name, MP_S("content-length")) && ++seen->lengths)
            seen->length = value;
        else if (mp_str_eq_fold(name, MP_S("transfer-encoding")) && ++seen->encodings)
            seen->encoding = value;
        else if (mp_str_eq_fold(name, MP_S("expect")))
            seen->expect = value;
        else if (mp_str_eq_fold(name, MP_S("authorization")))
            seen->credentials++;
    }
    return MP_OK;
}

static mp_code check_host(const struct seen *seen, mp_str version, mp_error *err)
{
    if (seen->hosts > 1 || (seen->hosts == 0 && mp_str_eq(version, MP_S("HTTP/1.1"))))
        return mp_fail(err, MP_SYNTAX, MP_NOWHERE, "there are %u Host headers; wanted is one", seen->hosts);
    for (size_t i = 0; i < seen->host.len; i++)
        if (!is_token_char(seen->host.ptr[i]) && !strchr(":[]()=,;", seen->host.ptr[i]))
            return mp_fail(err, MP_SYNTAX, MP_NOWHERE, "the Host header is no host");
    return MP_OK;
}

/* RFC 9110 11.6.2 and 5.3: one that is no list stands once. A proxy in front may have looked at the other. */
static mp_code check_credentials(const struct seen *seen, mp_error *err)
{
    return seen->credentials <= 1
               ? MP_OK
               : mp_fail(err, MP_SYNTAX, MP_NOWHERE, "there are %u Authorization headers; wanted is one at most", seen->credentials);
}

static mp_code check_length(mp_framing *out, const struct seen *seen, mp_str version, mp_error *err)
{
    out->length = 0;
    if (seen->encodings && seen->lengths)
        return mp_fail(err, MP_SYNTAX, MP_NOWHERE,
                       "there are Content-Length and Transfer-Encoding; wanted is one of them");
    if (seen->encodings && !mp_str_eq(version, MP_S("HTTP/1.1")))
        return mp_fail(err, MP_SYNTAX, MP_NOWHERE, "HTTP/1.0 has no Transfer-Encoding");
    if (seen->encodings > 1 || (seen->encodings && !mp_str_eq_fold(seen->encoding, MP_S("chunked"))))
        return mp_fail(err, MP_SYNTAX, MP_NOWHERE, "Transfer-Encoding is not 'chunked'");
    if (seen->lengths > 1 || (seen->lengths && !read_length(&out->length, seen->length)))
        return mp_fail(err, MP_SYNTAX, MP_NOWHERE, "Content-Length is no number, or stands more than once");
    if (seen->encodings)
        out->length = -1;
    return MP_OK;
}

mp_code mp_framing_check(mp_framing *out, unsigned *status, const mp_http_request *request, mp_str version,
                         mp_error *err)
{
    struct seen seen = { 0 };
    *status = 505;
    if (!mp_str_eq(version, MP_S("HTTP/1.1")) && !mp_str_eq(version, MP_S("HTTP/1.0")))
        return mp_fail(err, MP_SYNTAX, MP_NOWHERE, "the version of HTTP is none that is served here");
    *status = 400;
    MP_TRY(look(&seen, request, err));
    MP_TRY(check_host(&seen, version, err));
    MP_TRY(check_credentials(&seen, err));
    MP_TRY(check_length(out, &seen, version, err));
    *status = 417;
    if (seen.expect.len && !mp_str_eq_fold(seen.expect, MP_S("100-continue")))
        return mp_fail(err, MP_SYNTAX, MP_NOWHERE, "the expectation '%.*s' is not known", MP_FMT(seen.expect));
    out->expects_100 = seen.expect.len > 0;
    return MP_OK;
}

/* Between a name and its value stand the ':' (a NUL by now) and blanks. */
static bool follows(mp_str name, mp_str value)
{
    const char *at = name.ptr + name.len + 1;
    if (value.ptr < at)
        return false;
    while (at < value.ptr && (*at == ' ' || *at == '\t'))
        at++;
    return at == value.ptr;
}

bool mp_framing_is_plain(const mp_head_layout *layout, const mp_pair *headers, size_t count)
{
    const char *at = layout->version + strlen(layout->version) + 2; /* 2: CR and LF */
    if (layout->target != layout->method + strlen(layout->method) + 1 ||
        layout->version != layout->target + layout->target_len + 1)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (headers[i].name.ptr != at || !follows(headers[i].name, headers[i].value))
            return false;
        at = headers[i].value.ptr + headers[i].value.len + 2;
    }
    return layout->method + layout->head_len == at + 2;
}
