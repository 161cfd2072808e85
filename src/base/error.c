/* SPDX-License-Identifier: Apache-2.0 */
#include <mapae/error.h>

#include <stdarg.h>
#include <stdio.h>
#include <sys/types.h>

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

/* ---- rendering, conversion by conversion, so that the place of each argument is known ---- */

/* The printf family cannot pass a va_list on by pointer; a struct that holds one can be. */
typedef struct arguments {
    va_list list;
} arguments;

typedef struct rendering {
    char         text[sizeof((mp_error *)0)->message];
    size_t       len;
    bool         is_full; /* the text was cut: nothing follows */
    mp_error_arg args[MP_ERROR_ARGS];
    uint16_t     arg_count;
} rendering;

/* One conversion: its flags, width and precision as digits (an asterisk is replaced by the argument
 * that it takes), and apart from them the length modifier and the letter. */
typedef struct conversion {
    char   spec[48];
    size_t len;
    char   modifier; /* 'H' for hh, 'L' for ll, 0 for none */
    char   letter;
} conversion;

static bool put(conversion *c, char letter)
{
    if (c->len + 1 >= sizeof c->spec)
        return false;
    c->spec[c->len++] = letter;
    c->spec[c->len] = '\0';
    return true;
}

/* A negative width is a flag and a width; a negative precision is none. */
static bool put_star(conversion *c, int value)
{
    if (value < 0 && c->spec[c->len - 1] == '.') {
        c->spec[--c->len] = '\0';
        return true;
    }
    char digits[16];
    snprintf(digits, sizeof digits, "%d", value);
    bool fits = true;
    for (const char *p = digits; *p && fits; p++)
        fits = put(c, *p);
    return fits;
}

/* conversion = "%" {flag} [width] ["." precision] [modifier] letter; `*at` stands behind the "%". */
static bool parse_conversion(conversion *c, const char **at, arguments *args)
{
    const char *p = *at;
    *c = (conversion){ .spec = "%", .len = 1 };
    bool fits = true;
    for (; fits && *p && strchr("-+ #0123456789.*", *p); p++)
        fits = *p == '*' ? put_star(c, va_arg(args->list, int)) : put(c, *p);
    if (*p && strchr("hlzjt", *p)) {
        c->modifier = *p++;
        if (*p == c->modifier && (*p == 'h' || *p == 'l'))
            c->modifier = *p++ == 'h' ? 'H' : 'L';
    }
    c->letter = *p;
    *at = p + (*p != '\0');
    return fits;
}

static intmax_t next_signed(char modifier, arguments *args)
{
    switch (modifier) {
    case 'l': return va_arg(args->list, long);
    case 'L': return va_arg(args->list, long long);
    case 'z': return va_arg(args->list, ssize_t);
    case 'j': return va_arg(args->list, intmax_t);
    case 't': return va_arg(args->list, ptrdiff_t);
    case 'h': return (short)va_arg(args->list, int);
    case 'H': return (signed char)va_arg(args->list, int);
    default: return va_arg(args->list, int);
    }
}

static uintmax_t next_unsigned(char modifier, arguments *args)
{
    switch (modifier) {
    case 'l': return va_arg(args->list, unsigned long);
    case 'L': return va_arg(args->list, unsigned long long);
    case 'z': return va_arg(args->list, size_t);
    case 'j': return va_arg(args->list, uintmax_t);
    case 't': return (uintmax_t)va_arg(args->list, ptrdiff_t);
    case 'h': return (unsigned short)va_arg(args->list, unsigned);
    case 'H': return (unsigned char)va_arg(args->list, unsigned);
    default: return va_arg(args->list, unsigned);
    }
}

/* Print one argument; -1 when its kind is none of ours. */
static int print_argument(char *to, size_t room, conversion *c, arguments *args)
{
    bool is_plain = c->modifier == 0;
    if (c->letter && strchr("di", c->letter))
        return put(c, 'j') && put(c, c->letter)
                   ? snprintf(to, room, c->spec, next_signed(c->modifier, args))
                   : -1;
    if (c->letter && strchr("uxXo", c->letter))
        return put(c, 'j') && put(c, c->letter)
                   ? snprintf(to, room, c->spec, next_unsigned(c->modifier, args))
                   : -1;
    if (!is_plain || !c->letter || !put(c, c->letter))
        return -1;
    if (strchr("gfe", c->letter))
        return snprintf(to, room, c->spec, va_arg(args->list, double));
    if (c->letter == 'c')
        return snprintf(to, room, c->spec, va_arg(args->list, int));
    if (c->letter == 's') {
        const char *s = va_arg(args->list, const char *);
        bool        is_empty = strcmp(c->spec, "%.0s") == 0; /* then `s` may point at anything */
        return snprintf(to, room, c->spec, is_empty ? "" : s);
    }
    return -1;
}

/* Take what was printed at the end of the text into account: at most what fits. */
static void advance(rendering *r, size_t printed)
{
    size_t start = r->len, room = sizeof r->text - 1 - r->len;
    if (r->is_full)
        return;
    r->is_full = printed > room;
    r->len = r->is_full ? whole_characters(r->text, sizeof r->text - 1) : start + printed;
    r->len = r->len < start ? start : r->len;
}

static void add_text(rendering *r, mp_str s)
{
    size_t room = sizeof r->text - 1 - r->len;
    memcpy(r->text + r->len, s.ptr ? s.ptr : "", s.len < room ? s.len : room);
    advance(r, s.len);
}

/* False when the format holds a conversion that is not known here, or too many. */
static bool render(rendering *r, const char *format, arguments *args)
{
    for (const char *p = format; *p;) {
        size_t plain = strcspn(p, "%");
        add_text(r, mp_str_of(p, plain));
        p += plain;
        if (*p == '\0')
            break;
        if (*++p == '%') {
            add_text(r, mp_str_of(p++, 1));
            continue;
        }
        conversion c;
        size_t     at = r->len;
        if (r->arg_count == MP_ERROR_ARGS || !parse_conversion(&c, &p, args))
            return false;
        int printed = print_argument(r->text + at, sizeof r->text - at, &c, args);
        if (printed < 0)
            return false;
        advance(r, (size_t)printed);
        r->args[r->arg_count++] = (mp_error_arg){ (uint16_t)at, (uint16_t)(r->len - at) };
    }
    return true;
}

mp_code mp_fail_about(mp_error *err, mp_code code, mp_pos pos, const char *file, int line,
                      mp_str subject, const char *format, va_list args)
{
    if (!err)
        return code;
    /* Rendered aside first: the arguments may quote err->message itself. */
    rendering r = { .len = 0 };
    if (subject.len) {
        add_text(&r, subject);
        add_text(&r, MP_S(" "));
    }
    size_t    subject_len = r.len;
    arguments again;
    va_copy(again.list, args);
    bool is_known = render(&r, format, &again);
    va_end(again.list);
    if (!is_known) {
        r.arg_count = 0;
        r.len = subject_len;
        int printed = vsnprintf(r.text + r.len, sizeof r.text - r.len, format, args);
        advance(&r, printed < 0 ? 0 : (size_t)printed);
    }
    keep_on_one_line(r.text, r.len);
    memcpy(err->message, r.text, r.len);
    err->message[r.len] = '\0';
    err->code = code;
    err->pos = pos;
    err->src_file = file;
    err->src_line = line;
    err->format = is_known ? format : NULL;
    err->subject_len = (uint16_t)subject_len;
    err->arg_count = r.arg_count;
    memcpy(err->args, r.args, sizeof err->args);
    return code;
}

mp_code mp_fail_at(mp_error *err, mp_code code, mp_pos pos, const char *file, int line,
                   const char *format, ...)
{
    va_list args;
    va_start(args, format);
    mp_fail_about(err, code, pos, file, line, mp_str_of(NULL, 0), format, args);
    va_end(args);
    return code;
}
