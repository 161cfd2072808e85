/* SPDX-License-Identifier: Apache-2.0 */
#include "functions.h"

#include "fn.h"
#include "text.h"

/* Every function of the table goes through run(), so that the limits of the language hold for all
 * of them and stand in one place. */

static mp_code check_count(const mp_call *call, mp_error *err)
{
    uint32_t min = call->function->min_args, max = call->function->max_args;
    if (call->count >= min && call->count <= max)
        return MP_OK;
    const char *bound = min == max ? "" : call->count < min ? "at least " : "at most ";
    uint32_t    wanted = call->count < min ? min : max;
    return fn_fail(call, err, "wants %s%u argument%s, not %u: %s", bound, wanted,
                   wanted == 1 ? "" : "s", call->count, call->function->signature);
}

static mp_code check_arguments(const mp_call *call, mp_error *err)
{
    MP_TRY(check_count(call, err));
    for (uint32_t i = 0; i < call->count; i++)
        if (mp_json_nodes(call->args[i]) > MP_FUNCTION_NODES_MAX)
            return fn_limit(call, err, "is given an %s of %zu nodes; the most is %d",
                            fn_is(call, i, MP_JSON_ARRAY) ? "array" : "object",
                            mp_json_nodes(call->args[i]), MP_FUNCTION_NODES_MAX);
    return MP_OK;
}

static mp_code check_result(const mp_json *v, const mp_call *call, mp_error *err)
{
    /* A text has at most as many units as bytes. */
    if (mp_json_is(v, MP_JSON_STRING) && v->count > MP_FUNCTION_STRING_MAX &&
        fn_units(mp_json_str(v)) > MP_FUNCTION_STRING_MAX)
        return fn_limit(call, err, "gives a string of %zu characters; the most is %d",
                        fn_units(mp_json_str(v)), MP_FUNCTION_STRING_MAX);
    if (mp_json_nodes(v) > MP_FUNCTION_NODES_MAX)
        return fn_limit(call, err, "gives %zu nodes; the most is %d", mp_json_nodes(v),
                        MP_FUNCTION_NODES_MAX);
    return MP_OK;
}

static mp_code run(mp_function_impl *impl, const mp_json **out, const mp_call *call, mp_error *err)
{
    const mp_json *v = NULL;
    MP_TRY(check_arguments(call, err));
    MP_TRY(impl(&v, call, err));
    MP_TRY(check_result(v, call, err));
    *out = v;
    return MP_OK;
}

#define MP_FUNCTION(name, min, max, impl, signature)                                           \
    static mp_code run_##impl(const mp_json **out, const mp_call *call, mp_error *err)         \
    {                                                                                          \
        return run(impl, out, call, err);                                                      \
    }
#include "functions.def"

static const mp_function functions[] = {
#define MP_FUNCTION(name, min, max, impl, signature) \
    { MP_S_INIT(#name), min, max, run_##impl, signature },
#define MP_CONTEXT(name, min, max, signature) { MP_S_INIT(#name), min, max, NULL, signature },
#include "functions.def"
};

static const mp_str names[] = {
#define MP_FUNCTION(name, min, max, impl, signature) MP_S_INIT(#name),
#define MP_CONTEXT(name, min, max, signature) MP_S_INIT(#name),
#include "functions.def"
};

static const struct {
    mp_str      name;
    const char *reason;
} unavailable[] = {
#define MP_UNAVAILABLE(name, reason) { MP_S_INIT(#name), reason },
#include "functions.def"
};

const mp_function *mp_function_find(mp_str name)
{
    /* A hundred short names, asked for while compiling only: walking them is fast enough. */
    for (size_t i = 0; i < MP_COUNT(functions); i++)
        if (mp_str_eq_fold(functions[i].name, name))
            return &functions[i];
    return NULL;
}

const mp_function *mp_function_at(size_t index)
{
    return index < MP_COUNT(functions) ? &functions[index] : NULL;
}

size_t mp_function_count(void)
{
    return MP_COUNT(functions);
}

const char *mp_function_unavailable(mp_str name)
{
    for (size_t i = 0; i < MP_COUNT(unavailable); i++)
        if (mp_str_eq_fold(unavailable[i].name, name))
            return unavailable[i].reason;
    /* listKeys, listSecrets, listAccountSas and whatever else a resource provider names so. */
    if (mp_str_starts_fold(name, MP_S("list")))
        return "a policy rule does not ask resource providers";
    return NULL;
}

mp_str mp_function_nearest(mp_str name)
{
    return mp_text_nearest(name, names, MP_COUNT(names));
}
