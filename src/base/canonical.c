/* SPDX-License-Identifier: Apache-2.0 */
#include "canonical.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "arena.h"
#include "text.h"

/* Integers that a double holds, and so every reader of JSON, exactly. */
#define INTEGER_MOST (INT64_C(1) << 53)
#define DIGITS 17 /* of any double */

typedef struct writer {
    mp_buf  *out;
    mp_arena scratch; /* keys being sorted */
    mp_error *err;
    unsigned depth;
} writer;

/* ---- numbers: ECMA-262, Number::toString, as RFC 8785 3.2.2.3 wants it ---- */

typedef struct decimal {
    char digits[DIGITS + 1];
    int  count;
    int  point; /* digits before the decimal point: 0.digits * 10^point */
} decimal;

/* `d` (finite, over 0) with `precision` digits, without zeros at the end. True when that reads back as `d`. */
static bool round_to(decimal *out, double d, int precision)
{
    char text[40], *exponent;
    snprintf(text, sizeof text, "%.*e", precision - 1, d);
    double again = strtod(text, NULL); /* of what the same locale printed */
    out->count = 0;
    for (exponent = text; *exponent != 'e'; exponent++)
        if (*exponent >= '0' && *exponent <= '9')
            out->digits[out->count++] = *exponent;
    while (out->count > 1 && out->digits[out->count - 1] == '0')
        out->count--;
    out->point = (int)strtol(exponent + 1, NULL, 10) + 1;
    return !(again < d) && !(again > d);
}

static decimal shortest(double d)
{
    /* 15 digits stand for themselves in any double but the subnormal ones. */
    int     precision = d < DBL_MIN ? 1 : DBL_DIG;
    decimal r;
    while (!round_to(&r, d, precision) && precision < DIGITS)
        precision++;
    return r;
}

static void add_zeros(mp_buf *b, int count)
{
    for (int i = 0; i < count; i++)
        mp_buf_add_c(b, '0');
}

static void add_double(mp_buf *b, double d)
{
    if (!(d < 0) && !(d > 0)) { /* also -0 */
        mp_buf_add_c(b, '0');
        return;
    }
    if (d < 0)
        mp_buf_add_c(b, '-');
    decimal r = shortest(fabs(d));
    mp_str  digits = mp_str_of(r.digits, (size_t)r.count);
    if (r.point > 21 || r.point <= -6) {
        mp_buf_add_c(b, digits.ptr[0]);
        if (r.count > 1)
            mp_buf_add_c(b, '.');
        mp_buf_add(b, mp_str_skip(digits, 1));
        mp_buf_printf(b, "e%+d", r.point - 1);
    } else if (r.point <= 0) {
        mp_buf_add(b, MP_S("0."));
        add_zeros(b, -r.point);
        mp_buf_add(b, digits);
    } else if (r.count <= r.point) {
        mp_buf_add(b, digits);
        add_zeros(b, r.point - r.count);
    } else {
        mp_buf_add(b, mp_str_of(digits.ptr, (size_t)r.point));
        mp_buf_add_c(b, '.');
        mp_buf_add(b, mp_str_skip(digits, (size_t)r.point));
    }
}

static bool is_integer_text(mp_str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] == '.' || s.ptr[i] == 'e' || s.ptr[i] == 'E')
            return false;
    return true;
}

static mp_code add_number(writer *w, const mp_json *v)
{
    if (v->kind == MP_JSON_INT) {
        if (v->u.integer > INTEGER_MOST || v->u.integer < -INTEGER_MOST)
            return mp_fail(w->err, MP_SYNTAX, MP_NOWHERE, "the integer %lld is beyond 2^53; write it as a string",
                           (long long)v->u.integer);
        mp_buf_printf(w->out, "%lld", (long long)v->u.integer);
        return MP_OK;
    }
    mp_str text = mp_json_str(v);
    double d = mp_json_double(v);
    if (is_integer_text(text) && (d > (double)INTEGER_MOST || d < -(double)INTEGER_MOST))
        return mp_fail(w->err, MP_SYNTAX, MP_NOWHERE, "the integer %.*s is beyond 2^53; write it as a string",
                       text.len > 60 ? 60 : (int)text.len, text.ptr);
    if (!isfinite(d))
        return mp_fail(w->err, MP_SYNTAX, MP_NOWHERE, "the number %.*s is larger than any double",
                       text.len > 60 ? 60 : (int)text.len, text.ptr);
    add_double(w->out, d);
    return MP_OK;
}

/* ---- strings and keys ---- */

static mp_code add_string(writer *w, mp_str s)
{
    if (!mp_utf8_valid(s))
        return mp_fail(w->err, MP_SYNTAX, MP_NOWHERE, "a string is not UTF-8");
    mp_buf_add_json_str(w->out, s);
    return MP_OK;
}

/* The order of UTF-16 code units (RFC 8785 3.2.3). It is that of UTF-8 bytes, except that what needs a surrogate pair
 * (lead bytes F0 to F4) comes before U+E000 to U+FFFF (EE, EF). Bytes that continue a character are below all four. */
static int compare_keys(mp_str a, mp_str b)
{
    size_t most = a.len < b.len ? a.len : b.len;
    for (size_t i = 0; i < most; i++) {
        uint8_t x = (uint8_t)a.ptr[i], y = (uint8_t)b.ptr[i];
        if (x == y)
            continue;
        if (x >= 0xEE && y >= 0xEE && (x >= 0xF0) != (y >= 0xF0))
            return x >= 0xF0 ? -1 : 1;
        return x < y ? -1 : 1;
    }
    return a.len == b.len ? 0 : a.len < b.len ? -1 : 1;
}

static int compare_members(const void *a, const void *b)
{
    const mp_json *x = *(const mp_json *const *)a, *y = *(const mp_json *const *)b;
    return compare_keys(mp_json_str(x), mp_json_str(y));
}

static mp_code sort_members(const mp_json ***out, writer *w, const mp_json *object)
{
    const mp_json **keys = MP_ARENA_ARRAY(&w->scratch, const mp_json *, object->count);
    if (!keys && object->count)
        return mp_no_memory(w->err);
    size_t count = 0;
    bool   is_sorted = true;
    for (MP_JSON_MEMBERS(key, object)) {
        keys[count] = key;
        is_sorted = is_sorted && (count == 0 || compare_members(&keys[count - 1], &keys[count]) < 0);
        count++;
    }
    if (!is_sorted)
        qsort(keys, count, sizeof keys[0], compare_members);
    for (size_t i = 1; i < count; i++)
        if (compare_members(&keys[i - 1], &keys[i]) == 0)
            return mp_fail(w->err, MP_SYNTAX, MP_NOWHERE, "the key \"%.*s\" stands twice in one object",
                           keys[i]->count > 60 ? 60 : (int)keys[i]->count, keys[i]->u.text);
    *out = keys;
    return MP_OK;
}

/* ---- values ---- */

static mp_code add_value(writer *w, const mp_json *v);

static mp_code add_object(writer *w, const mp_json *object)
{
    mp_arena_mark   mark = mp_arena_save(&w->scratch);
    const mp_json **keys = NULL;
    MP_TRY(sort_members(&keys, w, object));
    mp_buf_add_c(w->out, '{');
    for (size_t i = 0; i < object->count; i++) {
        if (i)
            mp_buf_add_c(w->out, ',');
        MP_TRY(add_string(w, mp_json_str(keys[i])));
        mp_buf_add_c(w->out, ':');
        MP_TRY(add_value(w, keys[i] + 1));
    }
    mp_buf_add_c(w->out, '}');
    mp_arena_restore(&w->scratch, mark);
    return MP_OK;
}

static mp_code add_array(writer *w, const mp_json *array)
{
    bool is_first = true;
    mp_buf_add_c(w->out, '[');
    for (MP_JSON_EACH(item, array)) {
        if (!is_first)
            mp_buf_add_c(w->out, ',');
        is_first = false;
        MP_TRY(add_value(w, item));
    }
    mp_buf_add_c(w->out, ']');
    return MP_OK;
}

static mp_code add_container(writer *w, const mp_json *v)
{
    if (w->depth == MP_JSON_DEPTH)
        return mp_fail(w->err, MP_LIMIT, MP_NOWHERE, "more than %d containers within containers", MP_JSON_DEPTH);
    w->depth++;
    MP_TRY(v->kind == MP_JSON_OBJECT ? add_object(w, v) : add_array(w, v));
    w->depth--;
    return MP_OK;
}

static mp_code add_value(writer *w, const mp_json *v)
{
    switch ((mp_json_kind)v->kind) {
    case MP_JSON_NULL:
        mp_buf_add(w->out, MP_S("null"));
        return MP_OK;
    case MP_JSON_BOOL:
        mp_buf_add(w->out, v->u.integer ? MP_S("true") : MP_S("false"));
        return MP_OK;
    case MP_JSON_INT:
    case MP_JSON_REAL:
        return add_number(w, v);
    case MP_JSON_STRING:
        return add_string(w, mp_json_str(v));
    case MP_JSON_ARRAY:
    case MP_JSON_OBJECT:
        break;
    }
    return add_container(w, v);
}

mp_code mp_canonical(mp_buf *out, const mp_json *v, mp_error *err)
{
    writer  w = { .out = out, .scratch = MP_ARENA_INIT, .err = err };
    mp_code code = add_value(&w, v);
    mp_arena_free(&w.scratch);
    return code == MP_OK ? mp_buf_check(out, err) : code;
}
