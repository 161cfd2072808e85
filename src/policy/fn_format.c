/* SPDX-License-Identifier: Apache-2.0 */
/* format(): "It uses the same formatting options as the System.String.Format method in .NET"
 * (Microsoft Learn, "String functions for ARM templates"), with the invariant culture.
 *
 * A number is taken apart into decimal digits, rounded half away from zero as .NET does, and laid
 * out by a standard format (a letter and a precision) or a custom one (0 # , . % and literals).
 * printf is only asked for digits: its decimal point depends on the locale. */
#include "fn.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define PRECISION_MAX 99
#define WHOLE_MAX 310 /* digits before the point of the greatest double */
#define DIGITS_MAX (WHOLE_MAX + PRECISION_MAX + 48)

/* 0.d1d2d3... times ten to the `point`; no leading zeros, so zero has no digits. */
typedef struct decimal {
    char digits[DIGITS_MAX];
    int  count, point;
    bool negative;
} decimal;

static void drop_zeros(decimal *d)
{
    int zeros = 0;
    while (zeros < d->count && d->digits[zeros] == '0')
        zeros++;
    memmove(d->digits, d->digits + zeros, (size_t)(d->count - zeros));
    d->count -= zeros;
    d->point -= zeros;
    while (d->count > 0 && d->digits[d->count - 1] == '0')
        d->count--;
    if (d->count == 0)
        d->point = 0;
}

static void take_digits(decimal *d, const char *text)
{
    for (; *text && *text != 'e'; text++)
        if (*text >= '0' && *text <= '9' && d->count < DIGITS_MAX)
            d->digits[d->count++] = *text;
}

static void decimal_of_int(decimal *d, int64_t i)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRId64, i);
    *d = (decimal){ .negative = i < 0 };
    take_digits(d, text);
    d->point = d->count;
    drop_zeros(d);
}

static void take_scientific(decimal *d, const char *text, double value)
{
    const char *e = strchr(text, 'e');
    *d = (decimal){ .negative = signbit(value) };
    take_digits(d, text);
    d->point = (e ? (int)strtol(e + 1, NULL, 10) : 0) + 1;
    drop_zeros(d);
}

/* Digits that suffice to round to PRECISION_MAX places without seeing the rest. */
static void decimal_of_double(decimal *d, double value)
{
    char text[DIGITS_MAX + 16];
    snprintf(text, sizeof text, "%.*e", WHOLE_MAX + PRECISION_MAX, fabs(value));
    take_scientific(d, text, value);
}

/* The fewest digits that read back as `value`. */
static void shortest_decimal(decimal *d, double value)
{
    char   text[48];
    double size = fabs(value);
    for (int precision = 15; precision <= 17; precision++) {
        snprintf(text, sizeof text, "%.*e", precision - 1, size);
        double back = strtod(text, NULL);
        if (back >= size && back <= size)
            break;
    }
    take_scientific(d, text, value);
}

/* Keep `keep` digits, half away from zero. */
static void round_digits(decimal *d, int keep)
{
    if (keep >= d->count)
        return;
    if (keep < 0) {
        d->count = d->point = 0;
        return;
    }
    bool up = d->digits[keep] >= '5';
    d->count = keep;
    for (int i = keep - 1; up && i >= 0; i--) {
        up = d->digits[i] == '9';
        d->digits[i] = (char)(up ? '0' : d->digits[i] + 1);
    }
    if (up) { /* 99.5 -> 100 */
        memmove(d->digits + 1, d->digits, (size_t)d->count);
        d->digits[0] = '1';
        d->count++;
        d->point++;
    }
    drop_zeros(d);
}

/* The digit with `place` digits before it (from the first of the number), or '0'. */
static char digit_at(const decimal *d, int place)
{
    return place >= 0 && place < d->count ? d->digits[place] : '0';
}

/* "1,234.50": at least one digit before the point. */
static void add_fixed(mp_buf *b, const decimal *d, int places, bool grouped)
{
    int whole = d->point > 0 ? d->point : 1;
    for (int i = 0; i < whole; i++) {
        mp_buf_add_c(b, d->point > 0 ? digit_at(d, i) : '0');
        if (grouped && i + 1 < whole && (whole - i - 1) % 3 == 0)
            mp_buf_add_c(b, ',');
    }
    if (places > 0)
        mp_buf_add_c(b, '.');
    for (int i = 0; i < places; i++)
        mp_buf_add_c(b, digit_at(d, d->point + i));
}

/* "1.50E+003": `digits` at least in the exponent. */
static void add_scientific(mp_buf *b, const decimal *d, int places, char letter, int digits)
{
    int exponent = d->count ? d->point - 1 : 0;
    mp_buf_add_c(b, digit_at(d, 0));
    if (places > 0)
        mp_buf_add_c(b, '.');
    for (int i = 1; i <= places; i++)
        mp_buf_add_c(b, digit_at(d, i));
    mp_buf_printf(b, "%c%c%0*d", letter, exponent < 0 ? '-' : '+', digits, abs(exponent));
}

/* General: plain from 0.0001 up to as many digits as the precision. */
static void add_general(mp_buf *b, const decimal *d, int precision, char letter)
{
    if (d->count && (d->point > precision || d->point < -3))
        add_scientific(b, d, d->count > 1 ? d->count - 1 : 0, letter, 2);
    else
        add_fixed(b, d, d->count > d->point ? d->count - d->point : 0, false);
}

#define GENERAL_PRECISION 15 /* of a double, where the plain form ends */

void fn_add_real(mp_buf *b, double value)
{
    decimal d;
    shortest_decimal(&d, value);
    if (d.negative)
        mp_buf_add_c(b, '-');
    add_general(b, &d, GENERAL_PRECISION, 'E');
}

/* ---- standard formats: a letter and up to two digits ---- */

static bool is_standard(mp_str format)
{
    char c = format.len ? format.ptr[0] : '\0';
    bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    for (size_t i = 1; i < format.len; i++)
        if (format.ptr[i] < '0' || format.ptr[i] > '9')
            return false;
    return is_letter && format.len <= 3;
}

static void add_hexadecimal(mp_buf *b, int64_t value, int precision, bool upper)
{
    mp_buf_printf(b, upper ? "%0*" PRIX64 : "%0*" PRIx64, precision > 1 ? precision : 1,
                  (uint64_t)value);
}

static void add_binary(mp_buf *b, int64_t value, int precision)
{
    uint64_t bits = (uint64_t)value;
    int      count = 1;
    while (count < 64 && bits >> count)
        count++;
    for (int i = precision; i > count; i--)
        mp_buf_add_c(b, '0');
    while (count-- > 0)
        mp_buf_add_c(b, bits >> count & 1 ? '1' : '0');
}

/* A sign only before what is not zero any more after rounding. */
static void add_sign(mp_buf *b, const decimal *d)
{
    if (d->negative && d->count)
        mp_buf_add_c(b, '-');
}

/* What `letter` asks of any number; false when it is no such letter. */
static bool add_decimal_format(mp_buf *b, decimal *d, char letter, int precision)
{
    int places = precision < 0 ? 2 : precision; /* of the invariant culture */
    switch (letter) {
    case 'F':
    case 'N':
    case 'C':
    case 'P':
        if (letter == 'P' && d->count)
            d->point += 2;
        round_digits(d, d->point + places);
        add_sign(b, d);
        if (letter == 'C')
            mp_buf_add_z(b, "\xC2\xA4"); /* the currency sign of no country */
        add_fixed(b, d, places, letter != 'F');
        if (letter == 'P')
            mp_buf_add_z(b, " %");
        return true;
    default:
        return false;
    }
}

static bool add_standard(mp_buf *b, const mp_json *v, mp_str format)
{
    bool    is_int = v->kind == MP_JSON_INT;
    char    c = format.ptr[0], upper = (char)(c & ~32);
    int     precision = -1;
    decimal d;
    for (size_t i = 1; i < format.len; i++)
        precision = (precision < 0 ? 0 : precision) * 10 + format.ptr[i] - '0';
    if (is_int)
        decimal_of_int(&d, v->u.integer);
    else
        decimal_of_double(&d, mp_json_double(v));
    switch (upper) {
    case 'D':
        if (!is_int)
            return false;
        add_sign(b, &d);
        for (int i = d.point > 1 ? d.point : 1; i < precision; i++)
            mp_buf_add_c(b, '0');
        add_fixed(b, &d, 0, false);
        return true;
    case 'X':
        if (is_int)
            add_hexadecimal(b, v->u.integer, precision, c == 'X');
        return is_int;
    case 'B':
        if (is_int)
            add_binary(b, v->u.integer, precision);
        return is_int;
    case 'E':
        precision = precision < 0 ? 6 : precision;
        round_digits(&d, precision + 1);
        add_sign(b, &d);
        add_scientific(b, &d, precision, c, 3);
        return true;
    case 'R':
    case 'G':
        if (upper == 'R' && is_int)
            return false;
        if (!is_int && (precision <= 0 || upper == 'R'))
            shortest_decimal(&d, mp_json_double(v));
        else if (precision > 0)
            round_digits(&d, precision);
        if (d.negative)
            mp_buf_add_c(b, '-');
        add_general(b, &d, precision > 0 ? precision : is_int ? 19 : GENERAL_PRECISION,
                    c == 'g' ? 'e' : 'E');
        return true;
    default:
        return add_decimal_format(b, &d, upper, precision);
    }
}

/* ---- custom formats ---- */

/* One section, read once: how many digits it wants, and where. */
typedef struct section {
    mp_str text;
    int    whole, whole_zeros; /* placeholders before the point; from the first 0 on */
    int    places, place_zeros;
    bool   grouped, has_point;
    int    shift; /* powers of ten: % adds 2, a comma before the point takes 3 */
} section;

/* Bytes of the literal at the front of `s` ('...', "...", \x), or 0; `inner` is what it writes. */
static size_t literal_size(mp_str s, mp_str *inner)
{
    if (s.ptr[0] == '\\' && s.len > 1) {
        *inner = mp_str_of(s.ptr + 1, fn_char_size(mp_str_skip(s, 1)));
        return 1 + inner->len;
    }
    if (s.ptr[0] != '\'' && s.ptr[0] != '"')
        return 0;
    size_t end = mp_str_find(mp_str_skip(s, 1), s.ptr[0]);
    *inner = mp_str_of(s.ptr + 1, end == SIZE_MAX ? s.len - 1 : end);
    return end == SIZE_MAX ? s.len : end + 2;
}

/* False for what is not done here: exponents and per mille. */
static bool read_section(section *out, mp_str text)
{
    mp_str inner;
    int    commas = 0;
    *out = (section){ .text = text };
    for (size_t i = 0; i < text.len;) {
        size_t literal = literal_size(mp_str_skip(text, i), &inner);
        char   c = literal ? '\0' : text.ptr[i];
        if ((c == 'E' || c == 'e') && out->whole + out->places && i + 1 < text.len &&
            memchr("0+-", text.ptr[i + 1], 3))
            return false;
        if (c == '0' || c == '#') {
            if (out->has_point) {
                out->places++;
                out->place_zeros = c == '0' ? out->places : out->place_zeros;
            } else {
                out->grouped = out->grouped || (commas && out->whole);
                commas = 0;
                out->whole++;
                out->whole_zeros += c == '0' || out->whole_zeros;
            }
        } else if (c == ',') {
            commas += !out->has_point;
        } else if (c == '.' && !out->has_point) {
            out->has_point = true;
            out->shift -= 3 * commas;
            commas = 0;
        } else if (c == '%') {
            out->shift += 2;
        }
        i += literal ? literal : fn_char_size(mp_str_skip(text, i));
    }
    out->shift -= 3 * commas;
    return out->places <= PRECISION_MAX && out->whole <= PRECISION_MAX;
}

/* The digits before the point: at the first placeholder come all that have none of their own. */
static void add_whole(mp_buf *b, const decimal *d, const section *s, int place)
{
    int digits = d->point > 0 && d->count ? d->point : 0;
    int width = digits > s->whole_zeros ? digits : s->whole_zeros;
    int from = place == 0 ? width : s->whole - place; /* digits still to write, this one included */
    int to = s->whole - place - 1;
    for (int i = from; i > to; i--) {
        if (i > width)
            continue;
        mp_buf_add_c(b, i <= digits ? digit_at(d, digits - i) : '0');
        if (s->grouped && i > 1 && (i - 1) % 3 == 0)
            mp_buf_add_c(b, ',');
    }
}

static void add_section(mp_buf *b, const decimal *d, const section *s)
{
    int    whole = 0, place = 0;
    int    last = d->count - d->point; /* places that are not zero */
    mp_str inner;
    for (size_t i = 0; i < s->text.len;) {
        mp_str rest = mp_str_skip(s->text, i);
        size_t size = literal_size(rest, &inner);
        if (size) {
            mp_buf_add(b, inner);
            i += size;
            continue;
        }
        size = fn_char_size(rest);
        char c = rest.ptr[0];
        bool is_digit = c == '0' || c == '#';
        if (is_digit && whole < s->whole) {
            add_whole(b, d, s, whole++);
        } else if (is_digit) {
            if (place == 0 && (last > 0 || s->place_zeros > 0))
                mp_buf_add_c(b, '.');
            if (place < last || place < s->place_zeros)
                mp_buf_add_c(b, digit_at(d, d->point + place));
            place++;
        } else if (c != ',' && c != '.') {
            mp_buf_add(b, mp_str_of(rest.ptr, size));
        }
        i += size;
    }
}

/* Section `index` of "positive;negative;zero"; false when there is none. */
static bool find_section(mp_str *out, mp_str format, int index)
{
    mp_str inner;
    size_t start = 0;
    int    n = 0;
    for (size_t i = 0; i <= format.len;) {
        if (i == format.len || format.ptr[i] == ';') {
            *out = mp_str_of(format.ptr + start, i - start);
            if (n++ == index)
                return true;
            start = ++i;
            continue;
        }
        size_t literal = literal_size(mp_str_skip(format, i), &inner);
        i += literal ? literal : 1;
    }
    return false;
}

/* False when the format holds what is not done here. */
static bool add_custom(mp_buf *b, const mp_json *v, mp_str format)
{
    decimal d;
    section s;
    mp_str  text;
    if (v->kind == MP_JSON_INT)
        decimal_of_int(&d, v->u.integer);
    else
        decimal_of_double(&d, mp_json_double(v));
    bool own = d.negative && d.count && find_section(&text, format, 1) && text.len;
    if (!own)
        find_section(&text, format, 0);
    if (!read_section(&s, text))
        return false;
    d.point += d.count ? s.shift : 0;
    round_digits(&d, d.point + s.places);
    mp_str zero;
    if (d.count == 0 && find_section(&zero, format, 2) && zero.len) {
        if (!read_section(&s, zero))
            return false;
    } else if (d.negative && d.count && !own) {
        mp_buf_add_c(b, '-');
    }
    add_section(b, &d, &s);
    return true;
}

mp_code fn_format_number(mp_buf *b, const mp_call *call, const mp_json *v, mp_str format,
                         mp_error *err)
{
    if (v->kind == MP_JSON_REAL && !isfinite(mp_json_double(v)))
        return fn_fail(call, err, "cannot write a number beyond the range of a double");
    if (format.len == 0)
        format = MP_S("G");
    if (is_standard(format) ? add_standard(b, v, format) : add_custom(b, v, format))
        return MP_OK;
    return fn_fail(call, err, "does not know the format \"%.*s\" for %s", MP_FMT(fn_clip(format)),
                   fn_kind(v));
}

/* ---- composite formats: {index[,alignment][:format]} ---- */

#define WIDTH_MAX 1000000 /* as in .NET */

typedef struct item {
    uint32_t index;
    int      width; /* negative: to the left */
    mp_str   format;
} item;

static mp_code malformed(const mp_call *call, mp_str text, mp_error *err)
{
    return fn_fail(call, err, "wants \"{index}\" at every brace (\"{{\" for a brace), not \"%.*s\"",
                   MP_FMT(fn_clip(text)));
}

static void skip_blanks(mp_str *s)
{
    while (mp_str_starts(*s, MP_S(" ")))
        *s = mp_str_skip(*s, 1);
}

static bool take_number(int *out, mp_str *s)
{
    size_t i = 0;
    *out = 0;
    for (; i < s->len && s->ptr[i] >= '0' && s->ptr[i] <= '9'; i++) {
        *out = *out * 10 + (s->ptr[i] - '0');
        if (*out >= WIDTH_MAX)
            return false;
    }
    *s = mp_str_skip(*s, i);
    return i > 0;
}

/* `rest` begins after the '{' and ends up after the '}'. */
static bool take_item(item *out, mp_str *rest)
{
    int number;
    *out = (item){ .format = MP_S("") };
    if (!take_number(&number, rest))
        return false;
    out->index = (uint32_t)number;
    skip_blanks(rest);
    if (mp_str_starts(*rest, MP_S(","))) {
        *rest = mp_str_skip(*rest, 1);
        skip_blanks(rest);
        bool is_left = mp_str_starts(*rest, MP_S("-"));
        *rest = mp_str_skip(*rest, is_left);
        if (!take_number(&number, rest))
            return false;
        out->width = is_left ? -number : number;
        skip_blanks(rest);
    }
    if (mp_str_starts(*rest, MP_S(":"))) {
        *rest = mp_str_skip(*rest, 1);
        size_t end = 0;
        while (end < rest->len && rest->ptr[end] != '}' && rest->ptr[end] != '{')
            end++;
        out->format = mp_str_of(rest->ptr, end);
        *rest = mp_str_skip(*rest, end);
    }
    bool closed = mp_str_starts(*rest, MP_S("}"));
    *rest = mp_str_skip(*rest, 1);
    return closed;
}

/* Containers as JSON with its quotes made single (TransformJTokenForOutput of the library). A
 * format counts for numbers only: texts and booleans are not IFormattable. */
static mp_code add_value(mp_buf *b, const mp_call *call, const mp_json *v, mp_str format,
                         mp_error *err)
{
    size_t start = b->len;
    switch ((mp_json_kind)v->kind) {
    case MP_JSON_NULL:
        return MP_OK;
    case MP_JSON_BOOL:
        mp_buf_add(b, v->u.integer ? MP_S("True") : MP_S("False"));
        return MP_OK;
    case MP_JSON_STRING:
        mp_buf_add(b, mp_json_str(v));
        return MP_OK;
    case MP_JSON_INT:
    case MP_JSON_REAL:
        return fn_format_number(b, call, v, format, err);
    case MP_JSON_ARRAY:
    case MP_JSON_OBJECT:
        mp_buf_add_json(b, v);
        for (size_t i = start; i < b->len; i++)
            if (b->ptr[i] == '"')
                b->ptr[i] = '\'';
        return MP_OK;
    }
    return MP_OK;
}

static void add_blanks(mp_buf *b, int count)
{
    while (count-- > 0 && !b->failed)
        mp_buf_add_c(b, ' ');
}

static mp_code add_item(mp_buf *b, const mp_call *call, const item *it, mp_error *err)
{
    if (it->index + 1 >= call->count)
        return fn_fail(call, err, "wants an argument for {%u}, but is given %u after the format",
                       it->index, call->count - 1);
    mp_buf value = fn_buf();
    mp_code code = add_value(&value, call, call->args[it->index + 1], it->format, err);
    if (code == MP_OK) {
        int units = (int)fn_units(mp_buf_str(&value));
        add_blanks(b, it->width - units);
        mp_buf_add(b, mp_buf_str(&value));
        add_blanks(b, -it->width - units);
        b->failed = b->failed || value.failed;
    }
    mp_buf_free(&value);
    return code;
}

static mp_code add_formatted(mp_buf *b, const mp_call *call, mp_str format, mp_error *err)
{
    mp_str rest = format;
    while (rest.len && !b->failed) {
        char   c = rest.ptr[0];
        mp_str from_brace = rest;
        rest = mp_str_skip(rest, 1);
        if (c != '{' && c != '}') {
            mp_buf_add_c(b, c);
        } else if (rest.len && rest.ptr[0] == c) {
            mp_buf_add_c(b, c);
            rest = mp_str_skip(rest, 1);
        } else {
            item it;
            if (c == '}' || !take_item(&it, &rest))
                return malformed(call, from_brace, err);
            MP_TRY(add_item(b, call, &it, err));
        }
    }
    return MP_OK;
}

mp_code fn_format(const mp_json **out, const mp_call *call, mp_error *err)
{
    mp_buf b = fn_buf();
    if (!fn_is(call, 0, MP_JSON_STRING))
        return fn_wrong(call, 0, "a string", err);
    mp_code code = add_formatted(&b, call, mp_json_str(call->args[0]), err);
    if (code != MP_OK) {
        mp_buf_free(&b);
        return code;
    }
    return fn_give_buf(out, call, &b, err);
}
