/* SPDX-License-Identifier: Apache-2.0 */
/* request_text.h - requests as text, for the targets that try whole ones. */
#ifndef MAPAE_FUZZ_REQUEST_TEXT_H
#define MAPAE_FUZZ_REQUEST_TEXT_H

#include "http.h"

/* Up to the newline, which is taken too. */
static inline mp_str take_line(mp_str *left)
{
    size_t end_at = mp_str_find(*left, '\n');
    mp_str line = mp_str_of(left->ptr, end_at == SIZE_MAX ? left->len : end_at);
    *left = mp_str_skip(*left, line.len + 1);
    return line;
}

static inline mp_method method_of(mp_str word)
{
    static const char *const names[] = { "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS" };
    for (unsigned m = 0; m < MP_COUNT(names); m++)
        if (mp_str_eq(word, mp_str_from(names[m])))
            return (mp_method)m;
    return MP_GET;
}

#endif
