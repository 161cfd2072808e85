/* SPDX-License-Identifier: Apache-2.0 */
#include "tile_path.h"

#define FULL 256
#define MOST_GROUPS 6 /* 10^18: more tiles than a log can have */

static bool take(mp_str *rest, mp_str prefix)
{
    if (!mp_str_starts(*rest, prefix))
        return false;
    *rest = mp_str_skip(*rest, prefix.len);
    return true;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Decimal without a zero in front, at most `most`; all digits that are there. */
static bool take_number(unsigned *out, mp_str *rest, unsigned most)
{
    unsigned value = 0;
    size_t   digits = 0;
    for (; digits < rest->len && is_digit(rest->ptr[digits]); digits++) {
        value = value * 10 + (unsigned)(rest->ptr[digits] - '0');
        if (value > most)
            return false;
    }
    if (digits == 0 || (digits > 1 && rest->ptr[0] == '0'))
        return false;
    *out = value;
    *rest = mp_str_skip(*rest, digits);
    return true;
}

static bool take_group(uint64_t *n, mp_str *rest)
{
    if (rest->len < 3 || !is_digit(rest->ptr[0]) || !is_digit(rest->ptr[1]) || !is_digit(rest->ptr[2]))
        return false;
    *n = *n * 1000 + (uint64_t)(rest->ptr[0] - '0') * 100 + (uint64_t)(rest->ptr[1] - '0') * 10 +
         (uint64_t)(rest->ptr[2] - '0');
    *rest = mp_str_skip(*rest, 3);
    return true;
}

/* N = { "x" DDD "/" } DDD, where the first group is not x000 */
static bool take_n(uint64_t *n, mp_str *rest)
{
    *n = 0;
    for (int groups = 1; take(rest, MP_S("x")); groups++)
        if (groups == MOST_GROUPS || !take_group(n, rest) || *n == 0 || !take(rest, MP_S("/")))
            return false;
    return take_group(n, rest);
}

mp_tile_path mp_tile_path_parse(mp_str path)
{
    static const mp_tile_path none = { .kind = MP_TILE_NONE };
    mp_tile_path              out = { .kind = MP_TILE_HASHES, .width = FULL };
    if (mp_str_eq(path, MP_S("checkpoint")))
        return (mp_tile_path){ .kind = MP_TILE_CHECKPOINT };
    if (!take(&path, MP_S("tile/")))
        return none;
    if (take(&path, MP_S("entries/")))
        out.kind = MP_TILE_ENTRIES;
    else if (!take_number(&out.level, &path, 63) || !take(&path, MP_S("/")))
        return none;
    if (!take_n(&out.n, &path))
        return none;
    if (take(&path, MP_S(".p/")) && (!take_number(&out.width, &path, FULL - 1) || out.width == 0))
        return none;
    return path.len ? none : out;
}

void mp_tile_path_print(mp_buf *out, const mp_tile_path *path)
{
    unsigned groups[MOST_GROUPS + 1], count = 0;
    if (path->kind == MP_TILE_CHECKPOINT) {
        mp_buf_add_z(out, "checkpoint");
        return;
    }
    for (uint64_t left = path->n; count == 0 || left; left /= 1000)
        groups[count++] = (unsigned)(left % 1000);
    if (path->kind == MP_TILE_ENTRIES)
        mp_buf_add_z(out, "tile/entries/");
    else
        mp_buf_printf(out, "tile/%u/", path->level);
    while (count-- > 1)
        mp_buf_printf(out, "x%03u/", groups[count]);
    mp_buf_printf(out, "%03u", groups[0]);
    if (path->width != FULL)
        mp_buf_printf(out, ".p/%u", path->width);
}
