/* SPDX-License-Identifier: Apache-2.0 */
/* alias.h - from the name of a property in a policy to its place in a resource document.
 *
 * Which path an alias stands for depends on the type of the resource at hand and, for a table that
 * knows versions, on the API version. Immutable once made: any number of threads may ask. */
#ifndef MAPAE_POLICY_ALIAS_H
#define MAPAE_POLICY_ALIAS_H

#include <mapae/aliases.h>

#include "path.h"

typedef enum mp_alias_match {
    MP_ALIAS_FOUND,
    MP_ALIAS_OTHER_TYPE, /* an alias, but not of this type: reads as missing */
    MP_ALIAS_UNKNOWN,    /* no alias of any type that this table knows */
} mp_alias_match;

typedef enum mp_modifiable {
    MP_MODIFIABLE_UNKNOWN, /* the table does not say */
    MP_MODIFIABLE_YES,
    MP_MODIFIABLE_NO,
} mp_modifiable;

typedef struct mp_alias {
    mp_path       path;       /* from the root of the document */
    mp_str        extract;    /* not empty: the value is an id; take the segment after this one
                               * ("Publishers", "Offers", "Skus", "Versions"), without case */
    mp_modifiable modifiable;
    mp_str        token_type; /* "String", "Boolean", ...; empty when unknown */
} mp_alias;

/* mp_aliases_read() without a copy, for a text followed by MP_JSON_PADDING readable bytes. */
MP_MUST_CHECK mp_code mp_aliases_read_padded(mp_aliases **out, mp_str text, mp_error *err);

/* Look up `name` (any case; with [*] or without) for a resource of `type` and an API version (empty:
 * the latest, which is the default path). The path lives in `arena`. A table that holds "a.b[*].c" for
 * "X[*].c" also answers the array itself ("X") when it holds only "X[*]" or the other way round.
 * Fails with MP_SYNTAX (a path in the table that does not parse), MP_NOMEM. */
MP_MUST_CHECK mp_code mp_alias_find(mp_alias_match *match, mp_alias *out, const mp_aliases *aliases,
                                    mp_str type, mp_str name, mp_str api_version, mp_arena *arena,
                                    mp_error *err);

/* The known alias closest to `name`, for "did you mean"; empty when none is near. */
mp_str mp_alias_nearest(const mp_aliases *aliases, mp_str name);

#endif
