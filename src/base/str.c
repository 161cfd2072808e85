/* SPDX-License-Identifier: Apache-2.0 */
/* Folding works on words: sixteen, eight or four bytes at a time, the last step overlapping the one
 * before it, so that no length needs a loop over single bytes past the third. */
#include <mapae/str.h>

#include "simd.h"

/* The folded bytes of a and b differ; `len` is at least 16. */
static bool blocks_differ(const char *a, const char *b, size_t len)
{
    for (size_t i = 0; i + MP_BLOCK < len; i += MP_BLOCK)
        if (mp_block_same(mp_block_fold(mp_block_load(a + i)),
                          mp_block_fold(mp_block_load(b + i))) != MP_BLOCK_ALL)
            return true;
    size_t last = len - MP_BLOCK;
    return mp_block_same(mp_block_fold(mp_block_load(a + last)),
                         mp_block_fold(mp_block_load(b + last))) != MP_BLOCK_ALL;
}

static bool eq_fold(const char *a, const char *b, size_t len)
{
    if (len >= MP_BLOCK)
        return !blocks_differ(a, b, len);
    if (len >= 8)
        return mp_fold8(mp_load8(a)) == mp_fold8(mp_load8(b)) &&
               mp_fold8(mp_load8(a + len - 8)) == mp_fold8(mp_load8(b + len - 8));
    if (len >= 4)
        return mp_fold8(mp_load4(a)) == mp_fold8(mp_load4(b)) &&
               mp_fold8(mp_load4(a + len - 4)) == mp_fold8(mp_load4(b + len - 4));
    for (size_t i = 0; i < len; i++)
        if (mp_fold1((uint8_t)a[i]) != mp_fold1((uint8_t)b[i]))
            return false;
    return true;
}

bool mp_str_eq_fold(mp_str a, mp_str b)
{
    return a.len == b.len && eq_fold(a.ptr, b.ptr, a.len);
}

static int by_length(mp_str a, mp_str b)
{
    return (a.len > b.len) - (a.len < b.len);
}

int mp_str_cmp_fold(mp_str a, mp_str b)
{
    size_t shorter = a.len < b.len ? a.len : b.len;
    size_t i = 0;
    while (i + 8 <= shorter && mp_fold8(mp_load8(a.ptr + i)) == mp_fold8(mp_load8(b.ptr + i)))
        i += 8;
    for (; i < shorter; i++) {
        int difference = mp_fold1((uint8_t)a.ptr[i]) - mp_fold1((uint8_t)b.ptr[i]);
        if (difference)
            return difference;
    }
    return by_length(a, b);
}

int mp_str_cmp(mp_str a, mp_str b)
{
    size_t shorter = a.len < b.len ? a.len : b.len;
    int    order = shorter ? memcmp(a.ptr, b.ptr, shorter) : 0;
    return order ? order : by_length(a, b);
}

bool mp_str_starts(mp_str s, mp_str prefix)
{
    return s.len >= prefix.len && mp_str_eq(mp_str_of(s.ptr, prefix.len), prefix);
}

bool mp_str_starts_fold(mp_str s, mp_str prefix)
{
    return s.len >= prefix.len && eq_fold(s.ptr, prefix.ptr, prefix.len);
}

bool mp_str_ends(mp_str s, mp_str suffix)
{
    return s.len >= suffix.len && mp_str_eq(mp_str_skip(s, s.len - suffix.len), suffix);
}

bool mp_str_ends_fold(mp_str s, mp_str suffix)
{
    return s.len >= suffix.len && mp_str_eq_fold(mp_str_skip(s, s.len - suffix.len), suffix);
}

size_t mp_str_find(mp_str s, char c)
{
    const char *at = s.len ? memchr(s.ptr, c, s.len) : NULL;
    return at ? (size_t)(at - s.ptr) : SIZE_MAX;
}

size_t mp_str_rfind(mp_str s, char c)
{
    const char *at = s.len ? memrchr(s.ptr, c, s.len) : NULL;
    return at ? (size_t)(at - s.ptr) : SIZE_MAX;
}

size_t mp_str_find_str(mp_str s, mp_str part)
{
    if (part.len == 0)
        return 0;
    if (part.len > s.len)
        return SIZE_MAX;
    const char *at = memmem(s.ptr, s.len, part.ptr, part.len);
    return at ? (size_t)(at - s.ptr) : SIZE_MAX;
}

/* Of the sixteen places from `i` on, the first where `part` stands, or SIZE_MAX. A place is looked
 * at only when its first and last letters are right; few are. */
static size_t find_in_block(const char *s, size_t i, mp_str part)
{
    char     first = (char)mp_fold1((uint8_t)part.ptr[0]);
    char     last = (char)mp_fold1((uint8_t)part.ptr[part.len - 1]);
    uint32_t places = mp_block_eq(mp_block_fold(mp_block_load(s + i)), first) &
                      mp_block_eq(mp_block_fold(mp_block_load(s + i + part.len - 1)), last);
    for (; places; places &= places - 1) {
        size_t at = i + (size_t)__builtin_ctz(places);
        if (eq_fold(s + at, part.ptr, part.len))
            return at;
    }
    return SIZE_MAX;
}

size_t mp_str_find_fold(mp_str s, mp_str part)
{
    if (part.len == 0)
        return 0;
    if (part.len > s.len)
        return SIZE_MAX;
    size_t places = s.len - part.len + 1;
    size_t i = 0;
    for (; i + MP_BLOCK <= places; i += MP_BLOCK) {
        size_t at = find_in_block(s.ptr, i, part);
        if (at != SIZE_MAX)
            return at;
    }
    for (; i < places; i++)
        if (eq_fold(s.ptr + i, part.ptr, part.len))
            return i;
    return SIZE_MAX;
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

mp_str mp_str_trim(mp_str s)
{
    while (s.len && is_space(s.ptr[0]))
        s = mp_str_skip(s, 1);
    while (s.len && is_space(s.ptr[s.len - 1]))
        s.len--;
    return s;
}
