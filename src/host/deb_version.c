/* SPDX-License-Identifier: Apache-2.0 */
/* [epoch:]upstream[-revision]. Runs without digits are compared so that '~' stands before everything, also before
 * the end, then letters, then the rest; runs of digits as numbers of any length. */
#include "stanza.h"

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static int weight(mp_str s, size_t i)
{
    if (i >= s.len || is_digit(s.ptr[i]))
        return 0;
    char c = s.ptr[i];
    if (c == '~')
        return -1;
    bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return is_letter ? (unsigned char)c : (unsigned char)c + 256;
}

static mp_str digits_of(mp_str s, size_t *i)
{
    while (*i < s.len && s.ptr[*i] == '0')
        ++*i;
    size_t from = *i;
    while (*i < s.len && is_digit(s.ptr[*i]))
        ++*i;
    return mp_str_of(s.ptr + from, *i - from);
}

static int compare_part(mp_str a, mp_str b)
{
    size_t i = 0, j = 0;
    while (i < a.len || j < b.len) {
        while ((i < a.len && !is_digit(a.ptr[i])) || (j < b.len && !is_digit(b.ptr[j]))) {
            int difference = weight(a, i) - weight(b, j);
            if (difference)
                return difference;
            i += i < a.len;
            j += j < b.len;
        }
        mp_str x = digits_of(a, &i), y = digits_of(b, &j);
        int    order = x.len != y.len ? (x.len < y.len ? -1 : 1) : mp_str_cmp(x, y);
        if (order)
            return order;
    }
    return 0;
}

static mp_str cut_epoch(mp_str *version)
{
    size_t colon = mp_str_find(*version, ':');
    mp_str epoch = colon == SIZE_MAX ? MP_S("0") : mp_str_of(version->ptr, colon);
    *version = colon == SIZE_MAX ? *version : mp_str_skip(*version, colon + 1);
    return epoch;
}

static mp_str cut_revision(mp_str *version)
{
    size_t dash = mp_str_rfind(*version, '-');
    mp_str revision = dash == SIZE_MAX ? MP_S("") : mp_str_skip(*version, dash + 1);
    version->len = dash == SIZE_MAX ? version->len : dash;
    return revision;
}

int mp_deb_version_cmp(mp_str a, mp_str b)
{
    mp_str epoch_a = cut_epoch(&a), epoch_b = cut_epoch(&b);
    mp_str revision_a = cut_revision(&a), revision_b = cut_revision(&b);
    int    order = compare_part(epoch_a, epoch_b);
    if (!order)
        order = compare_part(a, b);
    return order ? order : compare_part(revision_a, revision_b);
}
