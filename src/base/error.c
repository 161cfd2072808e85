/* SPDX-License-Identifier: Apache-2.0 */
#include <mapae/error.h>

#include <stdarg.h>
#include <stdio.h>

#include "utf8.h"

const char *mp_code_name(mp_code code)
{
    static const char *const names[MP_CODE_COUNT] = {
#define MP_CODE(name, text, doc) [MP_##name] = text,
#include <mapae/code.def>
#undef MP_CODE
    };
    return (unsigned)code < MP_CODE_COUNT ? names[code] : "unknown";
}

/* How much of the `len` bytes at `text` to keep so that no code point is cut in two. */
static size_t whole_characters(const char *text, size_t len)
{
    size_t start = len;
    while (start > 0 && len - start < 3 && mp_utf8_continues((uint8_t)text[start - 1]))
        start--;
    if (start == 0 || (uint8_t)text[start - 1] < 0xC0)
        return len;
    uint32_t cp;
    return mp_utf8_decode(&cp, text + start - 1, len - start + 1) ? len : start - 1;
}

/* What is printed may quote the user's text, but a message stays on one line. */
static void keep_on_one_line(char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if ((uint8_t)text[i] < 0x20 || text[i] == 0x7F)
            text[i] = ' ';
}

mp_code mp_fail_at(mp_error *err, mp_code code, mp_pos pos, const char *file, int line,
                   const char *format, ...)
{
    if (!err)
        return code;
    /* Printed aside first: the arguments may quote err->message itself. */
    char    text[sizeof err->message];
    va_list args;
    va_start(args, format);
    int printed = vsnprintf(text, sizeof text, format, args);
    va_end(args);

    size_t len = printed < 0 ? 0 : (size_t)printed;
    if (len >= sizeof text)
        len = whole_characters(text, sizeof text - 1);
    keep_on_one_line(text, len);
    memcpy(err->message, text, len);
    err->message[len] = '\0';
    err->code = code;
    err->pos = pos;
    err->src_file = file;
    err->src_line = line;
    return code;
}
