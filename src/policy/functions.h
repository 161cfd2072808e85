/* SPDX-License-Identifier: Apache-2.0 */
/* functions.h - the template functions of policy rules: find one by name, and what they agree on.
 *
 * The list is functions.def. The table never changes; any number of threads may read it, and call
 * its functions, each thread with an arena of its own. */
#ifndef MAPAE_POLICY_FUNCTIONS_H
#define MAPAE_POLICY_FUNCTIONS_H

#include "function.h"

/* "Limits enforced during evaluation" and "during authoring" of Microsoft Learn, "Azure Policy
 * definition structure policy rule". Beyond one of them a function fails with MP_LIMIT. */
#define MP_FUNCTION_STRING_MAX 131072 /* characters (UTF-16 units) of a string that is returned */
#define MP_FUNCTION_NODES_MAX 32768   /* nodes of an array or object, given or returned */
#define MP_FUNCTION_DEPTH_MAX 128     /* containers within containers */
#define MP_FUNCTION_ARGS_MAX 128
/* "Array functions for ARM templates", range. */
#define MP_FUNCTION_RANGE_MAX 10000 /* elements */

/* The function of that name in any case, or NULL. */
const mp_function *mp_function_find(mp_str name);
/* All of them, in the order of functions.def; NULL from mp_function_count() on. */
const mp_function *mp_function_at(size_t index);
size_t             mp_function_count(void);

/* Why policy rules do not have the template function `name` (any case), as the end of a sentence:
 * "use addDays"; NULL when no such template function is known. Static storage. */
const char *mp_function_unavailable(mp_str name);
/* The known function closest to `name`, for "did you mean"; empty when none is near. */
mp_str mp_function_nearest(mp_str name);

/* Deep equality as the functions equals (below its arguments), contains, indexOf, union and
 * intersection have it: texts by their bytes, 1 is not 1.0, objects in any order. `arena` is for
 * work space. Fails with MP_NOMEM. */
MP_MUST_CHECK mp_code mp_value_equal(bool *equal, const mp_json *a, const mp_json *b,
                                     mp_arena *arena, mp_error *err);

/* Order of two texts as less and greater have it: .NET's invariant culture, approximated. First
 * without case: white space, punctuation, symbols (in the order of the Unicode root collation),
 * digits, letters; what is not ASCII comes last, by code point. Then lower case before upper. */
int mp_text_collate(mp_str a, mp_str b);

#endif
