/* SPDX-License-Identifier: Apache-2.0 */
/* Functions of conditions and comparisons. Microsoft Learn, "Logical functions for ARM templates"
 * and "Comparison functions for ARM templates"; where they are silent, the function library of
 * azure-policy-linter. These are not the operators of policy conditions: equals minds the case. */
#include "fn.h"

#include "operator.h"

mp_code fn_true(const mp_json **out, const mp_call *call, mp_error *err)
{
    (void)call;
    return fn_give_bool(out, true, err);
}

mp_code fn_false(const mp_json **out, const mp_call *call, mp_error *err)
{
    (void)call;
    return fn_give_bool(out, false, err);
}

mp_code fn_null(const mp_json **out, const mp_call *call, mp_error *err)
{
    (void)call;
    return fn_give_null(out, err);
}

/* ---- conditions ---- */

static mp_code check_booleans(const mp_call *call, mp_error *err)
{
    for (uint32_t i = 0; i < call->count; i++)
        if (!fn_is(call, i, MP_JSON_BOOL))
            return fn_wrong(call, i, "a boolean", err);
    return MP_OK;
}

mp_code fn_not(const mp_json **out, const mp_call *call, mp_error *err)
{
    MP_TRY(check_booleans(call, err));
    return fn_give_bool(out, !call->args[0]->u.integer, err);
}

mp_code fn_and(const mp_json **out, const mp_call *call, mp_error *err)
{
    MP_TRY(check_booleans(call, err));
    bool all = true;
    for (uint32_t i = 0; i < call->count; i++)
        all = all && call->args[i]->u.integer;
    return fn_give_bool(out, all, err);
}

mp_code fn_or(const mp_json **out, const mp_call *call, mp_error *err)
{
    MP_TRY(check_booleans(call, err));
    bool any = false;
    for (uint32_t i = 0; i < call->count; i++)
        any = any || call->args[i]->u.integer;
    return fn_give_bool(out, any, err);
}

/* bool.Parse of .NET takes white space around the word, and no "1" or "yes". */
static mp_code parse_bool(const mp_json **out, const mp_call *call, mp_error *err)
{
    mp_str text = mp_str_trim(mp_json_str(call->args[0]));
    if (mp_str_eq_fold(text, MP_S("true")))
        return fn_give_bool(out, true, err);
    if (mp_str_eq_fold(text, MP_S("false")))
        return fn_give_bool(out, false, err);
    return fn_fail(call, err, "wants \"true\" or \"false\", not \"%.*s\"", MP_FMT(fn_clip(text)));
}

mp_code fn_bool(const mp_json **out, const mp_call *call, mp_error *err)
{
    const mp_json *v = call->args[0];
    switch ((mp_json_kind)v->kind) {
    case MP_JSON_BOOL:
    case MP_JSON_INT:
        return fn_give_bool(out, v->u.integer != 0, err);
    case MP_JSON_REAL: {
        double d = mp_json_double(v);
        return fn_give_bool(out, d < 0 || d > 0, err);
    }
    case MP_JSON_STRING:
        return parse_bool(out, call, err);
    default:
        return fn_wrong(call, 0, "a boolean, a string or a number", err);
    }
}

/* ---- comparisons ---- */

/* Numbers by value, all else by deep equality, where 1 and 1.0 differ. */
mp_code fn_equals(const mp_json **out, const mp_call *call, mp_error *err)
{
    const mp_json *a = call->args[0], *b = call->args[1];
    bool           equal;
    if (mp_json_is_number(a) && mp_json_is_number(b))
        return fn_give_bool(out, mp_json_number_cmp(a, b) == 0, err);
    MP_TRY(mp_value_equal(&equal, a, b, call->arena, err));
    return fn_give_bool(out, equal, err);
}

/* Two numbers, or two texts by mp_text_collate(); null is the empty text. */
static mp_code order(int *result, const mp_call *call, mp_error *err)
{
    const mp_json *a = call->args[0], *b = call->args[1];
    if (mp_json_is_number(a) && mp_json_is_number(b)) {
        *result = mp_json_number_cmp(a, b);
        return MP_OK;
    }
    if (fn_is_text(a) && fn_is_text(b)) {
        *result = mp_text_collate(fn_text_of(a), fn_text_of(b));
        return MP_OK;
    }
    if (!mp_json_is_number(a) && !fn_is_text(a))
        return fn_wrong(call, 0, "a number or a string", err);
    return fn_wrong(call, 1,
                    mp_json_is_number(a) ? "a number, as the first one," : "a string, as the first one,",
                    err);
}

mp_code fn_less(const mp_json **out, const mp_call *call, mp_error *err)
{
    int result = 0;
    MP_TRY(order(&result, call, err));
    return fn_give_bool(out, result < 0, err);
}

mp_code fn_less_or_equals(const mp_json **out, const mp_call *call, mp_error *err)
{
    int result = 0;
    MP_TRY(order(&result, call, err));
    return fn_give_bool(out, result <= 0, err);
}

mp_code fn_greater(const mp_json **out, const mp_call *call, mp_error *err)
{
    int result = 0;
    MP_TRY(order(&result, call, err));
    return fn_give_bool(out, result > 0, err);
}

mp_code fn_greater_or_equals(const mp_json **out, const mp_call *call, mp_error *err)
{
    int result = 0;
    MP_TRY(order(&result, call, err));
    return fn_give_bool(out, result >= 0, err);
}
