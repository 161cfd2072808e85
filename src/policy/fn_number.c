/* SPDX-License-Identifier: Apache-2.0 */
/* Functions of numbers. Microsoft Learn, "Numeric functions for ARM templates"; where it is silent,
 * the function library of azure-policy-linter: arithmetic is on integers of 64 bits, checked. */
#include "fn.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

/* ---- arithmetic ---- */

static mp_code two_integers(int64_t *a, int64_t *b, const mp_call *call, mp_error *err)
{
    MP_TRY(fn_integer(a, call, 0, err));
    return fn_integer(b, call, 1, err);
}

static mp_code overflows(const mp_call *call, int64_t a, int64_t b, mp_error *err)
{
    return fn_fail(call, err, "of %" PRId64 " and %" PRId64 " does not fit in 64 bits", a, b);
}

mp_code fn_add(const mp_json **out, const mp_call *call, mp_error *err)
{
    int64_t a, b, result;
    MP_TRY(two_integers(&a, &b, call, err));
    if (__builtin_add_overflow(a, b, &result))
        return overflows(call, a, b, err);
    return fn_give_int(out, call, result, err);
}

mp_code fn_sub(const mp_json **out, const mp_call *call, mp_error *err)
{
    int64_t a, b, result;
    MP_TRY(two_integers(&a, &b, call, err));
    if (__builtin_sub_overflow(a, b, &result))
        return overflows(call, a, b, err);
    return fn_give_int(out, call, result, err);
}

mp_code fn_mul(const mp_json **out, const mp_call *call, mp_error *err)
{
    int64_t a, b, result;
    MP_TRY(two_integers(&a, &b, call, err));
    if (__builtin_mul_overflow(a, b, &result))
        return overflows(call, a, b, err);
    return fn_give_int(out, call, result, err);
}

/* C and .NET agree: the quotient is cut towards zero, the remainder has the sign of the dividend,
 * and the least integer by -1 fits in neither. */
static mp_code check_division(const mp_call *call, int64_t a, int64_t b, mp_error *err)
{
    if (b == 0)
        return fn_fail(call, err, "cannot divide %" PRId64 " by zero", a);
    return a == INT64_MIN && b == -1 ? overflows(call, a, b, err) : MP_OK;
}

mp_code fn_div(const mp_json **out, const mp_call *call, mp_error *err)
{
    int64_t a, b;
    MP_TRY(two_integers(&a, &b, call, err));
    MP_TRY(check_division(call, a, b, err));
    return fn_give_int(out, call, a / b, err);
}

mp_code fn_mod(const mp_json **out, const mp_call *call, mp_error *err)
{
    int64_t a, b;
    MP_TRY(two_integers(&a, &b, call, err));
    MP_TRY(check_division(call, a, b, err));
    return fn_give_int(out, call, a % b, err);
}

/* ---- min and max: numbers, or one array of them ---- */

static mp_code extreme(const mp_json **out, const mp_call *call, int sign, mp_error *err)
{
    bool           is_array = call->count == 1 && fn_is(call, 0, MP_JSON_ARRAY);
    uint32_t       count = is_array ? call->args[0]->count : call->count;
    const mp_json *item = is_array ? mp_json_first(call->args[0]) : NULL;
    int64_t        best = 0;
    double         best_real = 0;
    bool           has_real = false;
    if (count == 0)
        return fn_fail(call, err, "wants at least one number, not an empty array");
    for (uint32_t i = 0; i < count; i++) {
        const mp_json *v = is_array ? item : call->args[i];
        if (v->kind != MP_JSON_INT && v->kind != MP_JSON_REAL)
            return is_array ? fn_fail(call, err, "wants only numbers in its array, not %s",
                                      fn_kind(v))
                            : fn_wrong(call, i, "numbers, or one array of them,", err);
        double d = mp_json_double(v);
        has_real = has_real || v->kind == MP_JSON_REAL;
        if (i == 0 || (d - best_real) * sign > 0)
            best_real = d;
        if (v->kind == MP_JSON_INT && !has_real && (i == 0 || (sign > 0) == (v->u.integer > best)))
            best = v->u.integer;
        if (is_array)
            item = mp_json_next(item);
    }
    /* One real number makes the result real: the library compares all as doubles then. */
    return has_real ? fn_give(out, mp_json_make_real(call->arena, best_real), err)
                    : fn_give_int(out, call, best, err);
}

mp_code fn_min(const mp_json **out, const mp_call *call, mp_error *err)
{
    return extreme(out, call, -1, err);
}

mp_code fn_max(const mp_json **out, const mp_call *call, mp_error *err)
{
    return extreme(out, call, 1, err);
}

/* ---- to a number ---- */

/* long.TryParse of .NET: white space around, one sign, digits. */
static bool parse_integer(int64_t *out, mp_str s)
{
    bool   is_negative = mp_str_starts(s, MP_S("-"));
    size_t i = is_negative || mp_str_starts(s, MP_S("+")) ? 1 : 0;
    if (i == s.len)
        return false;
    *out = 0;
    for (; i < s.len; i++) {
        int digit = s.ptr[i] - '0';
        if (digit < 0 || digit > 9 || __builtin_mul_overflow(*out, 10, out) ||
            __builtin_add_overflow(*out, is_negative ? -digit : digit, out))
            return false;
    }
    return true;
}

mp_code fn_int(const mp_json **out, const mp_call *call, mp_error *err)
{
    const mp_json *v = call->args[0];
    int64_t        result;
    if (v->kind == MP_JSON_INT)
        return fn_give(out, v, err);
    if (v->kind != MP_JSON_STRING)
        return fn_wrong(call, 0, "an integer or a string", err);
    if (!parse_integer(&result, mp_str_trim(mp_json_str(v))))
        return fn_fail(call, err, "wants an integer of 64 bits, not \"%.*s\"",
                       MP_FMT(fn_clip(mp_json_str(v))));
    return fn_give_int(out, call, result, err);
}

/* Convert.ToDouble of .NET: sign, digits with commas between them, a point, an exponent. Without
 * the commas this is nearly JSON's number, whose reader does not depend on the locale. */
static bool parse_real(double *out, mp_str s)
{
    char   text[512];
    size_t n = 0, i = 0, digits = 0;
    bool   negative = s.len && s.ptr[0] == '-';
    if (s.len && (s.ptr[0] == '-' || s.ptr[0] == '+'))
        i = 1;
    bool has_point = false, has_exponent = false;
    if (negative)
        text[n++] = '-';
    while (i + 1 < s.len && s.ptr[i] == '0' && s.ptr[i + 1] >= '0' && s.ptr[i + 1] <= '9')
        i++; /* JSON has no leading zeros */
    for (; i < s.len && n + 4 < sizeof text; i++) {
        char c = s.ptr[i];
        if (c >= '0' && c <= '9') {
            digits += !has_exponent;
        } else if (c == ',' && digits && !has_point && !has_exponent) {
            continue;
        } else if (c == '.' && !has_point && !has_exponent) {
            has_point = true;
            if (digits == 0)
                text[n++] = '0';
            if (i + 1 == s.len || s.ptr[i + 1] < '0' || s.ptr[i + 1] > '9')
                continue; /* "3." is 3 */
        } else if ((c == 'e' || c == 'E') && digits && !has_exponent) {
            has_exponent = true;
        } else if (!((c == '-' || c == '+') && n && (text[n - 1] == 'e' || text[n - 1] == 'E'))) {
            return false;
        }
        text[n++] = c;
    }
    char last = n ? text[n - 1] : 'e';
    if (i < s.len || digits == 0 || last < '0' || last > '9')
        return false;
    mp_json v = { MP_JSON_REAL, (uint32_t)n, { .text = text } };
    *out = mp_json_double(&v);
    return isfinite(*out);
}

mp_code fn_float(const mp_json **out, const mp_call *call, mp_error *err)
{
    const mp_json *v = call->args[0];
    double         d = 0;
    switch ((mp_json_kind)v->kind) {
    case MP_JSON_REAL:
        return fn_give(out, v, err);
    case MP_JSON_BOOL: /* as Convert.ToDouble has it */
    case MP_JSON_INT:
        d = (double)v->u.integer;
        break;
    case MP_JSON_STRING:
        if (!parse_real(&d, mp_str_trim(mp_json_str(v))))
            return fn_fail(call, err, "wants a number, not \"%.*s\"",
                           MP_FMT(fn_clip(mp_json_str(v))));
        break;
    default:
        return fn_wrong(call, 0, "a number or a string", err);
    }
    return fn_give(out, mp_json_make_real(call->arena, d), err);
}
