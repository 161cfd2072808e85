/* SPDX-License-Identifier: Apache-2.0 */
#include "form_of.h"

#include "clock.h"
#include "secret.h"

static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool all_of(mp_str s, const char *others)
{
    for (size_t i = 0; i < s.len; i++)
        if (!is_alnum(s.ptr[i]) && (s.ptr[i] == '\0' || !strchr(others, s.ptr[i])))
            return false;
    return true;
}

/* RFC 3339 with an offset, in UTC: "2026-01-31T09:00:00Z", up to seven decimals. */
static bool is_time(mp_str s)
{
    mp_ticks t;
    return s.len >= 20 && s.len <= 28 && s.ptr[10] == 'T' && s.ptr[s.len - 1] == 'Z' && mp_clock_parse(&t, s);
}

/* Scheme, ':', something without blanks and control characters. */
static bool is_uri(mp_str s)
{
    size_t colon = mp_str_find(s, ':');
    if (colon == SIZE_MAX || colon == 0 || colon + 1 == s.len || !all_of(mp_str_of(s.ptr, colon), "+-.") ||
        !((s.ptr[0] | 0x20) >= 'a' && (s.ptr[0] | 0x20) <= 'z'))
        return false;
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.ptr[i] <= ' ' || s.ptr[i] == 0x7F || strchr("<>\"\\^`{|}", s.ptr[i]))
            return false;
    return true;
}

/* Something, '@', a domain of two labels at least; letters of any script before the '@'. */
static bool is_email(mp_str s)
{
    size_t at = mp_str_rfind(s, '@');
    if (at == SIZE_MAX || at == 0 || at > 64 || s.len > 254)
        return false;
    mp_str domain = mp_str_skip(s, at + 1);
    size_t dot = mp_str_find(domain, '.');
    for (size_t i = 0; i < at; i++)
        if ((unsigned char)s.ptr[i] <= ' ' || strchr("@\"(),:;<>[\\]\x7F", s.ptr[i]))
            return false;
    for (size_t i = 0; i < domain.len; i++)
        if ((unsigned char)domain.ptr[i] < 0x80 && !all_of(mp_str_of(domain.ptr + i, 1), "-."))
            return false;
    return dot != SIZE_MAX && dot > 0 && domain.ptr[domain.len - 1] != '.' &&
           mp_str_find_str(domain, MP_S("..")) == SIZE_MAX;
}

static bool is_hex(mp_str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!strchr("0123456789abcdefABCDEF", s.ptr[i]) || s.ptr[i] == '\0')
            return false;
    return true;
}

bool mp_has_form(mp_type type, mp_str s)
{
    switch (type) {
    case MP_TYPE_GUID:
        return mp_is_guid(s);
    case MP_TYPE_TIME:
        return is_time(s);
    case MP_TYPE_URI:
        return is_uri(s);
    case MP_TYPE_EMAIL:
        return is_email(s);
    case MP_TYPE_BASE64URL:
        return s.len % 4 != 1 && all_of(s, "-_");
    case MP_TYPE_SHA256:
        return s.len == 64 && is_hex(s);
    default:
        return true;
    }
}

const char *mp_type_words(mp_type type)
{
    static const char *const words[] = {
        [MP_TYPE_ANY] = "a value",
        [MP_TYPE_STRING] = "a string",
        [MP_TYPE_INTEGER] = "an integer",
        [MP_TYPE_NUMBER] = "a number",
        [MP_TYPE_BOOLEAN] = "a boolean",
        [MP_TYPE_ARRAY] = "an array",
        [MP_TYPE_OBJECT] = "an object",
        [MP_TYPE_GUID] = "a GUID",
        [MP_TYPE_TIME] = "a time in UTC as RFC 3339 has it (2026-01-31T09:00:00Z)",
        [MP_TYPE_URI] = "a URI",
        [MP_TYPE_EMAIL] = "an email address",
        [MP_TYPE_BASE64URL] = "base64url without padding",
        [MP_TYPE_SHA256] = "a SHA-256 as 64 hex digits",
    };
    return words[type];
}

bool mp_is_among(const char *const *values, mp_str s)
{
    for (; values && *values; values++)
        if (mp_str_eq(mp_str_from(*values), s))
            return true;
    return values == NULL;
}

mp_str mp_values_text(const char *const *values, mp_arena *arena)
{
    mp_str text = MP_S("");
    for (const char *const *v = values; *v && text.ptr; v++)
        text = mp_arena_printf(arena, "%.*s%s%s", MP_FMT(text), v == values ? "" : ", ", *v);
    return text;
}
