/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud_type.h"

mp_str mp_cloud_type_segment(mp_arena *arena, mp_str type)
{
    mp_str copy = mp_arena_dup(arena, type);
    char  *p = (char *)copy.ptr;
    for (size_t i = 0; p && i < copy.len; i++)
        if (p[i] == '/')
            p[i] = ':';
    return copy;
}

static bool is_lone(mp_str s, size_t i)
{
    return s.ptr[i] == ':' && (i == 0 || s.ptr[i - 1] != ':') && (i + 1 == s.len || s.ptr[i + 1] != ':');
}

mp_str mp_cloud_type_of(mp_arena *arena, mp_str segment)
{
    bool has_lone = false;
    for (size_t i = 0; i < segment.len && !has_lone; i++)
        has_lone = is_lone(segment, i);
    if (!has_lone)
        return segment;
    mp_str copy = mp_arena_dup(arena, segment);
    char  *p = (char *)copy.ptr;
    for (size_t i = 0; p && i < copy.len; i++)
        if (is_lone(segment, i))
            p[i] = '/';
    return copy;
}
