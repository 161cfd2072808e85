/* SPDX-License-Identifier: Apache-2.0 */
#include "buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "simd.h"
#include "text.h"
#include "utf8.h"

#define FIRST_CAP 256
#define OPEN_AT_HAND 64 /* containers within containers that are printed without allocating */

char *mp_buf_reserve(mp_buf *b, size_t n)
{
    size_t wanted;
    if (b->failed)
        return NULL;
    if (__builtin_add_overflow(b->len, n, &wanted) || (b->limit && wanted > b->limit)) {
        b->failed = true;
        b->over_limit = b->limit != 0;
        return NULL;
    }
    if (wanted > b->cap || !b->ptr) {
        size_t cap = b->cap < FIRST_CAP ? FIRST_CAP : b->cap;
        while (cap < wanted)
            cap = cap > SIZE_MAX / 2 ? wanted : cap * 2;
        char *ptr = realloc(b->ptr, cap);
        if (!ptr) {
            b->failed = true;
            return NULL;
        }
        b->ptr = ptr;
        b->cap = cap;
    }
    return b->ptr + b->len;
}

void mp_buf_add(mp_buf *b, mp_str s)
{
    char *to = s.len ? mp_buf_reserve(b, s.len) : NULL;
    if (!to)
        return;
    memcpy(to, s.ptr, s.len);
    b->len += s.len;
}

void mp_buf_add_c(mp_buf *b, char c)
{
    char *to = mp_buf_reserve(b, 1);
    if (!to)
        return;
    *to = c;
    b->len++;
}

void mp_buf_add_z(mp_buf *b, const char *c_string)
{
    mp_buf_add(b, mp_str_from(c_string));
}

void mp_buf_printf(mp_buf *b, const char *format, ...)
{
    char    at_hand[256];
    va_list args;
    va_start(args, format);
    int printed = vsnprintf(at_hand, sizeof at_hand, format, args);
    va_end(args);
    if (printed < 0) {
        b->failed = true;
        return;
    }
    size_t len = (size_t)printed;
    if (len < sizeof at_hand) {
        mp_buf_add(b, mp_str_of(at_hand, len));
        return;
    }
    /* One more for the NUL that vsnprintf writes; it must not count against the limit. */
    if (!mp_buf_reserve(b, len))
        return;
    char *text = malloc(len + 1);
    if (!text) {
        b->failed = true;
        return;
    }
    va_start(args, format);
    vsnprintf(text, len + 1, format, args);
    va_end(args);
    mp_buf_add(b, mp_str_of(text, len));
    free(text);
}

void mp_buf_clear(mp_buf *b)
{
    b->len = 0;
    b->failed = false;
    b->over_limit = false;
}

void mp_buf_free(mp_buf *b)
{
    free(b->ptr);
    *b = (mp_buf)MP_BUF_INIT;
}

mp_code mp_buf_check(const mp_buf *b, mp_error *err)
{
    if (!b->failed)
        return MP_OK;
    if (b->over_limit)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "the output is over %zu bytes", b->limit);
    return mp_no_memory(err);
}

/* ---- strings ---- */

/* Bytes of `s` up to the first that must be escaped or, unless all of it is known to be `valid`
 * UTF-8, looked at. */
static size_t plain_run(mp_str s, bool valid)
{
    size_t i = 0;
    for (; i + MP_BLOCK <= s.len; i += MP_BLOCK) {
        mp_block b = mp_block_load(s.ptr + i);
        uint32_t stops = valid ? mp_block_escapes(b) : mp_block_stops(b);
        if (stops)
            return i + (size_t)__builtin_ctz(stops);
    }
    for (; i < s.len; i++) {
        uint8_t c = (uint8_t)s.ptr[i];
        if (c < 0x20 || c == '"' || c == '\\' || (c >= 0x80 && !valid))
            break;
    }
    return i;
}

static void add_escape(mp_buf *b, uint8_t c)
{
    static const char short_forms[32] = {
        ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r',
    };
    char escape[6] = { '\\', (char)c };
    if (c >= 0x20) {
        mp_buf_add(b, mp_str_of(escape, 2));
    } else if (short_forms[c]) {
        escape[1] = short_forms[c];
        mp_buf_add(b, mp_str_of(escape, 2));
    } else {
        memcpy(escape, c < 0x10 ? "\\u000" : "\\u001", 5);
        escape[5] = "0123456789abcdef"[c & 15];
        mp_buf_add(b, mp_str_of(escape, 6));
    }
}

/* The code point at the head of `s`, or U+FFFD for a byte that begins none; returns its bytes. */
static size_t add_code_point(mp_buf *b, mp_str s)
{
    uint32_t cp;
    size_t   len = mp_utf8_decode(&cp, s.ptr, s.len);
    if (len == 0) {
        mp_buf_add(b, MP_S("\xEF\xBF\xBD"));
        return 1;
    }
    mp_buf_add(b, mp_str_of(s.ptr, len));
    return len;
}

void mp_buf_add_json_str(mp_buf *b, mp_str s)
{
    bool valid = mp_utf8_valid(s);
    mp_buf_add_c(b, '"');
    while (s.len) {
        size_t run = plain_run(s, valid);
        mp_buf_add(b, mp_str_of(s.ptr, run));
        s = mp_str_skip(s, run);
        if (s.len == 0)
            break;
        uint8_t c = (uint8_t)s.ptr[0];
        size_t  taken = 1;
        if (c >= 0x80)
            taken = add_code_point(b, s);
        else
            add_escape(b, c);
        s = mp_str_skip(s, taken);
    }
    mp_buf_add_c(b, '"');
}

/* ---- values ---- */

static void add_integer(mp_buf *b, int64_t value)
{
    char     digits[20];
    size_t   at = sizeof digits;
    uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (value < 0)
        digits[--at] = '-';
    mp_buf_add(b, mp_str_of(digits + at, sizeof digits - at));
}

static void add_scalar(mp_buf *b, const mp_json *v)
{
    switch ((mp_json_kind)v->kind) {
    case MP_JSON_NULL:
        mp_buf_add(b, MP_S("null"));
        break;
    case MP_JSON_BOOL:
        mp_buf_add(b, v->u.integer ? MP_S("true") : MP_S("false"));
        break;
    case MP_JSON_INT:
        add_integer(b, v->u.integer);
        break;
    case MP_JSON_REAL:
        mp_buf_add(b, mp_json_str(v));
        break;
    case MP_JSON_STRING:
        mp_buf_add_json_str(b, mp_json_str(v));
        break;
    case MP_JSON_ARRAY: /* empty ones */
        mp_buf_add(b, MP_S("[]"));
        break;
    case MP_JSON_OBJECT:
        mp_buf_add(b, MP_S("{}"));
        break;
    }
}

/* The containers that are open while a value is printed. Kept here and not on the C stack, so that
 * no depth of nesting can exhaust it. */
typedef struct printer {
    mp_buf         *out;
    int             indent; /* levels the value stands in already; -1: all on one line */
    const mp_json **open;
    size_t          depth, cap;
    const mp_json  *at_hand[OPEN_AT_HAND];
} printer;

static bool push(printer *p, const mp_json *container)
{
    if (p->depth == p->cap) {
        size_t          bytes = p->cap * sizeof *p->open;
        const mp_json **grown = realloc(p->open == p->at_hand ? NULL : p->open, bytes * 2);
        if (!grown) {
            p->out->failed = true;
            return false;
        }
        if (p->open == p->at_hand)
            memcpy(grown, p->at_hand, bytes);
        p->open = grown;
        p->cap *= 2;
    }
    p->open[p->depth++] = container;
    return true;
}

static void new_line(printer *p)
{
    if (p->indent < 0)
        return;
    size_t blanks = 2 * ((size_t)p->indent + p->depth);
    char  *to = mp_buf_reserve(p->out, blanks + 1);
    if (!to)
        return;
    to[0] = '\n';
    memset(to + 1, ' ', blanks);
    p->out->len += blanks + 1;
}

/* What comes before the next value of the innermost container: its key, which is passed. */
static const mp_json *add_key(printer *p, const mp_json *v)
{
    new_line(p);
    if (p->open[p->depth - 1]->kind != MP_JSON_OBJECT)
        return v;
    mp_buf_add_json_str(p->out, mp_json_str(v));
    mp_buf_add(p->out, p->indent < 0 ? MP_S(":") : MP_S(": "));
    return v + 1;
}

static void print_all(printer *p, const mp_json *v)
{
    for (;;) {
        if (v->kind >= MP_JSON_ARRAY && v->count) {
            if (!push(p, v))
                return;
            mp_buf_add_c(p->out, v->kind == MP_JSON_OBJECT ? '{' : '[');
            v = add_key(p, mp_json_first(v));
            continue;
        }
        add_scalar(p->out, v++);
        while (p->depth && v == mp_json_next(p->open[p->depth - 1])) {
            bool is_object = p->open[--p->depth]->kind == MP_JSON_OBJECT;
            new_line(p);
            mp_buf_add_c(p->out, is_object ? '}' : ']');
        }
        if (p->depth == 0 || p->out->failed)
            return;
        mp_buf_add_c(p->out, ',');
        v = add_key(p, v);
    }
}

static void print_value(mp_buf *b, const mp_json *v, int indent)
{
    printer p;
    p.out = b;
    p.indent = indent;
    p.open = p.at_hand;
    p.depth = 0;
    p.cap = OPEN_AT_HAND;
    print_all(&p, v);
    if (p.open != p.at_hand)
        free(p.open);
}

void mp_buf_add_json(mp_buf *b, const mp_json *v)
{
    print_value(b, v, -1);
}

void mp_buf_add_json_pretty(mp_buf *b, const mp_json *v, int indent)
{
    print_value(b, v, indent < 0 ? 0 : indent);
}
