/* SPDX-License-Identifier: Apache-2.0 */
/* form_of.h - strings of a form (a GUID, a time, ...), for bodies and for queries. */
#ifndef MAPAE_HTTP_FORM_OF_H
#define MAPAE_HTTP_FORM_OF_H

#include "schema.h"

#define MP_STRING_BYTES 1024 /* of a string that says nothing else */
#define MP_ARRAY_COUNT 1000

/* `s` has the form that strings of `type` have; true for types without one. */
bool mp_has_form(mp_type type, mp_str s);
/* "a GUID", "an integer": for sentences. Static. */
const char *mp_type_words(mp_type type);
/* `s` is among `values` (ends with NULL; NULL: anything is). */
bool mp_is_among(const char *const *values, mp_str s);
/* "a, b, c" */
mp_str mp_values_text(const char *const *values, mp_arena *arena);

#endif
