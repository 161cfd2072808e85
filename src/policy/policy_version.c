/* SPDX-License-Identifier: Apache-2.0 */
#include "policy_version.h"

static mp_str next_part(mp_str *rest)
{
    size_t dot = mp_str_find(*rest, '.');
    mp_str part = mp_str_of(rest->ptr, dot == SIZE_MAX ? rest->len : dot);
    *rest = mp_str_skip(*rest, dot == SIZE_MAX ? rest->len : dot + 1);
    return part;
}

static mp_str cut_suffix(mp_str *version)
{
    size_t dash = mp_str_find(*version, '-');
    if (dash == SIZE_MAX)
        return MP_S("");
    mp_str suffix = mp_str_skip(*version, dash + 1);
    version->len = dash;
    return suffix;
}

bool mp_version_suits(mp_str version, mp_str pattern)
{
    if (version.len == 0 || pattern.len == 0)
        return true;
    /* "1.*.*-preview" takes previews as well, "1.*.*" does not. */
    mp_str suffix = cut_suffix(&version), wanted_suffix = cut_suffix(&pattern);
    if (suffix.len && !mp_str_eq_fold(suffix, wanted_suffix))
        return false;
    while (version.len || pattern.len) {
        mp_str wanted = next_part(&pattern), part = next_part(&version);
        bool   is_any = mp_str_eq(wanted, MP_S("*")) || mp_str_eq(wanted, MP_S("#"));
        if (!is_any && !mp_str_eq_fold(wanted, part))
            return false;
    }
    return true;
}

static bool is_number(mp_str s)
{
    enum { DIGITS_MAX = 9 };
    size_t i = 0;
    while (i < s.len && s.ptr[i] >= '0' && s.ptr[i] <= '9')
        i++;
    return s.len && i == s.len && s.len <= DIGITS_MAX;
}

bool mp_version_is(mp_str text, bool is_pattern)
{
    size_t   whole = text.len;
    mp_str   suffix = cut_suffix(&text), rest = text;
    unsigned parts = 0;
    if (text.len == 0 || text.ptr[text.len - 1] == '.' || (suffix.len == 0 && text.len != whole))
        return false;
    for (; rest.len && parts < 4; parts++) {
        mp_str part = next_part(&rest);
        if (!is_number(part) && !(is_pattern && mp_str_eq(part, MP_S("*"))))
            return false;
    }
    for (size_t i = 0; i < suffix.len; i++) {
        char c = suffix.ptr[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')))
            return false;
    }
    return parts == 3 && rest.len == 0;
}

static uint64_t number_of(mp_str part)
{
    uint64_t n = 0;
    for (size_t i = 0; i < part.len && part.ptr[i] >= '0' && part.ptr[i] <= '9' && n < UINT32_MAX; i++)
        n = n * 10 + (uint64_t)(part.ptr[i] - '0');
    return n;
}

int mp_version_order(mp_str a, mp_str b)
{
    if (a.len == 0 || b.len == 0)
        return (a.len != 0) - (b.len != 0);
    mp_str a_suffix = cut_suffix(&a), b_suffix = cut_suffix(&b);
    while (a.len || b.len) {
        uint64_t x = number_of(next_part(&a)), y = number_of(next_part(&b));
        if (x != y)
            return x < y ? -1 : 1;
    }
    if (a_suffix.len == 0 || b_suffix.len == 0)
        return (a_suffix.len == 0) - (b_suffix.len == 0);
    return mp_str_cmp_fold(a_suffix, b_suffix);
}
