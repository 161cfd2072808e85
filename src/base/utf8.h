/* SPDX-License-Identifier: Apache-2.0 */
/* utf8.h - one code point out of, or into, UTF-8 (RFC 3629). */
#ifndef MAPAE_BASE_UTF8_H
#define MAPAE_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline bool mp_utf8_continues(uint8_t byte) { return (byte & 0xC0) == 0x80; }

/* Bytes of the first code point of the `left` bytes at `s`, and the code point; 0 when they do not
 * begin with one. Overlong forms, surrogates and values over U+10FFFF are none (table 3-7 of the
 * Unicode Standard). */
static inline size_t mp_utf8_decode(uint32_t *cp, const char *s, size_t left)
{
    const uint8_t *p = (const uint8_t *)s;
    if (left == 0)
        return 0;
    uint32_t first = p[0];
    if (first < 0x80) {
        *cp = first;
        return 1;
    }
    if (first < 0xC2 || left < 2 || !mp_utf8_continues(p[1]))
        return 0;
    if (first < 0xE0) {
        *cp = (first & 0x1F) << 6 | (p[1] & 0x3Fu);
        return 2;
    }
    if (left < 3 || !mp_utf8_continues(p[2]))
        return 0;
    if (first < 0xF0) {
        *cp = (first & 0x0F) << 12 | (p[1] & 0x3Fu) << 6 | (p[2] & 0x3Fu);
        return *cp >= 0x800 && (*cp < 0xD800 || *cp > 0xDFFF) ? 3 : 0;
    }
    if (left < 4 || !mp_utf8_continues(p[3]) || first > 0xF4)
        return 0;
    *cp = (first & 0x07) << 18 | (p[1] & 0x3Fu) << 12 | (p[2] & 0x3Fu) << 6 | (p[3] & 0x3Fu);
    return *cp >= 0x10000 && *cp <= 0x10FFFF ? 4 : 0;
}

/* Write `cp` (no surrogate, at most U+10FFFF) to `out`, which has room for four bytes. */
static inline size_t mp_utf8_encode(char *out, uint32_t cp)
{
    if (cp < 0x80) {
        out[0] = (char)cp;
        return 1;
    }
    if (cp < 0x800) {
        out[0] = (char)(0xC0 | cp >> 6);
        out[1] = (char)(0x80 | (cp & 0x3F));
        return 2;
    }
    if (cp < 0x10000) {
        out[0] = (char)(0xE0 | cp >> 12);
        out[1] = (char)(0x80 | (cp >> 6 & 0x3F));
        out[2] = (char)(0x80 | (cp & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | cp >> 18);
    out[1] = (char)(0x80 | (cp >> 12 & 0x3F));
    out[2] = (char)(0x80 | (cp >> 6 & 0x3F));
    out[3] = (char)(0x80 | (cp & 0x3F));
    return 4;
}

#endif
