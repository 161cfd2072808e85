/* SPDX-License-Identifier: Apache-2.0 */
/* function.h - what a language's function looks like to the rule core.
 *
 * The core calls it, with evaluated arguments, and knows nothing else of it. A function is pure: it
 * depends on its arguments only, so a call with constant arguments is folded when compiled. */
#ifndef MAPAE_RULE_FUNCTION_H
#define MAPAE_RULE_FUNCTION_H

#include "arena.h"

typedef struct mp_call {
    const mp_json *const     *args;  /* never NULL pointers: an absent value arrives as JSON null */
    uint32_t                  count; /* within the function's min and max: checked when compiled */
    mp_arena                 *arena; /* for results; strings of the arguments may be borrowed */
    const struct mp_function *function;
} mp_call;

/* On success *out is set (never NULL). Fails with MP_EVALUATION (message: found and wanted; the name of
 * the function comes in front), MP_LIMIT, MP_NOMEM. */
typedef mp_code mp_function_impl(const mp_json **out, const mp_call *call, mp_error *err);

typedef struct mp_function {
    mp_str            name; /* compared without case */
    uint8_t           min_args, max_args;
    mp_function_impl *impl;      /* NULL: the compiler of the language handles it itself */
    const char       *signature; /* "concat(value, ...)" */
} mp_function;

#endif
