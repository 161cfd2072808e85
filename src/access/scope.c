/* SPDX-License-Identifier: Apache-2.0 */
#include "scope.h"

#include "secret.h"

#define SEGMENT_MAX 260
#define SEGMENTS_MAX (2 * MP_SCOPE_DEPTH + 8)

typedef struct segments {
    mp_str   at[SEGMENTS_MAX];
    unsigned count;
} segments;

static bool is_segment(mp_str s)
{
    if (s.len > SEGMENT_MAX || mp_str_eq(s, MP_S(".")) || mp_str_eq(s, MP_S("..")))
        return false;
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (c < 0x20 || c == 0x7f || c == '%' || c == '?' || c == '#' || c == '\\')
            return false;
    }
    return true;
}

static bool split(segments *out, mp_str text)
{
    out->count = 0;
    if (text.len == 0 || text.ptr[0] != '/')
        return false;
    while (text.len) {
        text = mp_str_skip(text, 1); /* the slash */
        size_t end = mp_str_find(text, '/');
        mp_str segment = mp_str_of(text.ptr, end == SIZE_MAX ? text.len : end);
        text = mp_str_skip(text, segment.len);
        if (segment.len == 0)
            continue;
        if (out->count == SEGMENTS_MAX || !is_segment(segment))
            return false;
        out->at[out->count++] = segment;
    }
    return true;
}

/* Copy segments up to `until` behind what is there. */
static bool take(mp_scope *out, const segments *s, unsigned *at, unsigned until)
{
    if (until > s->count)
        return false;
    for (; *at < until; (*at)++) {
        mp_str segment = s->at[*at];
        if (segment.len + 1 > MP_SCOPE_MAX - out->len)
            return false;
        out->text[out->len++] = '/';
        for (size_t i = 0; i < segment.len; i++) {
            char c = segment.ptr[i];
            out->text[out->len++] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
        }
    }
    return true;
}

static bool close_level(mp_scope *out, mp_scope_kind kind)
{
    if (out->levels == MP_SCOPE_DEPTH)
        return false;
    out->ends[out->levels++] = (uint16_t)out->len;
    out->kind = kind;
    return true;
}

static bool is_named(const segments *s, unsigned at, mp_str name)
{
    return at < s->count && mp_str_eq_fold(s->at[at], name);
}

/* resource = "/providers/" NAMESPACE 1*( "/" TYPE "/" NAME ) */
static bool take_resource(mp_scope *out, const segments *s, unsigned *at)
{
    if (!is_named(s, *at, MP_S("providers")) || !take(out, s, at, *at + 2))
        return false;
    do {
        if (is_named(s, *at, MP_S("providers")) || !take(out, s, at, *at + 2) || !close_level(out, MP_SCOPE_RESOURCE))
            return false;
    } while (*at < s->count && !is_named(s, *at, MP_S("providers")));
    return true;
}

/* scope = "/" / ( management-group / subscription [ group ] / resource ) *resource */
bool mp_scope_parse(mp_scope *out, mp_str text)
{
    segments s;
    unsigned at = 0;
    if (!split(&s, text))
        return false;
    out->kind = MP_SCOPE_ROOT;
    out->len = 0;
    out->levels = 0;
    if (is_named(&s, 0, MP_S("subscriptions"))) {
        if (s.count < 2 || !mp_is_guid(s.at[1]) || !take(out, &s, &at, 2) || !close_level(out, MP_SCOPE_SUBSCRIPTION))
            return false;
        if (is_named(&s, 2, MP_S("resourceGroups")) &&
            (!take(out, &s, &at, 4) || !close_level(out, MP_SCOPE_RESOURCE_GROUP)))
            return false;
    } else if (is_named(&s, 0, MP_S("providers")) && is_named(&s, 1, MP_S("Microsoft.Management")) &&
               is_named(&s, 2, MP_S("managementGroups"))) {
        if (!take(out, &s, &at, 4) || !close_level(out, MP_SCOPE_MANAGEMENT_GROUP))
            return false;
    }
    while (at < s.count)
        if (!take_resource(out, &s, &at))
            return false;
    if (out->len == 0)
        out->text[out->len++] = '/';
    return true;
}

mp_str mp_scope_tidy(mp_arena *arena, mp_str text)
{
    mp_scope scope;
    segments s;
    if (!mp_scope_parse(&scope, text) || !split(&s, text))
        return mp_str_of(NULL, 0);
    char *out = mp_arena_alloc(arena, scope.len + 1), *to = out;
    if (!out)
        return mp_str_of(NULL, 0);
    for (unsigned i = 0; i < s.count; i++) {
        *to++ = '/';
        memcpy(to, s.at[i].ptr, s.at[i].len);
        to += s.at[i].len;
    }
    if (s.count == 0)
        *to++ = '/';
    *to = '\0';
    return mp_str_of(out, (size_t)(to - out));
}

bool mp_scope_within(const mp_scope *inner, const mp_scope *outer)
{
    if (outer->kind == MP_SCOPE_ROOT)
        return true;
    return inner->levels >= outer->levels && inner->ends[outer->levels - 1] == outer->len &&
           memcmp(inner->text, outer->text, outer->len) == 0;
}
