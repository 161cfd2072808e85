/* SPDX-License-Identifier: Apache-2.0 */
#include "sheet_name.h"

#include "utf8.h"

static bool is_forbidden(uint32_t cp)
{
    return cp < 0x20 || (cp >= 0x7F && cp < 0xA0) || (cp < 0x80 && strchr("[]:*?/\\", (int)cp)) ||
           (cp >= 0x200B && cp <= 0x200F) || (cp >= 0x2028 && cp <= 0x202E) || cp == 0xFEFF ||
           (cp & 0xFFFE) == 0xFFFE;
}

void mp_sheet_name(mp_buf *out, mp_str wanted, size_t units)
{
    size_t from = out->len, used = 0;
    while (wanted.len) {
        uint32_t cp = 0;
        size_t size = mp_utf8_decode(&cp, wanted.ptr, wanted.len);
        mp_str bytes = mp_str_of(wanted.ptr, size);
        wanted = mp_str_skip(wanted, size ? size : 1);
        if (size == 0 || is_forbidden(cp))
            bytes = MP_S(" "), cp = ' ';
        bool blank = cp == ' ' || cp == '\'';
        if (blank && (out->len == from || (cp == ' ' && out->ptr[out->len - 1] == ' ')))
            continue; /* none in front, and one blank for several */
        size_t wide = cp > 0xFFFF ? 2 : 1;
        if (used + wide > units)
            break;
        used += wide;
        mp_buf_add(out, bytes);
    }
    while (out->len > from && (out->ptr[out->len - 1] == ' ' || out->ptr[out->len - 1] == '\''))
        out->len--;
    if (out->len == from && !out->failed)
        mp_buf_add(out, MP_S("Sheet"));
}
