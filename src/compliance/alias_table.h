/* SPDX-License-Identifier: Apache-2.0 */
/* alias_table.h - the table of aliases that was imported, as the store keeps it.
 *
 * Records of kind "policy-aliases": one for each namespace of providers (key: its name in lower case; {"documents":
 * [...]}, in the form in which they came), and one whose key is "." that tells of all ({"form", "digest",
 * "namespaces", "types", "aliases"}). An import replaces all of them in one write; the history has every table that
 * was. Without that record there is no table, and aliases are found by rule. */
#ifndef MAPAE_COMPLIANCE_ALIAS_TABLE_H
#define MAPAE_COMPLIANCE_ALIAS_TABLE_H

#include <mapae/aliases.h>

#include "records.h"

extern const mp_kind mp_alias_kind;

/* ---- reading ---- */

typedef struct mp_alias_table mp_alias_table; /* never changes; counted references; any thread */

/* What the store has, or had at `as_of` (0: now); *out NULL: no table. `known` (may be NULL) is given once more when
 * it is the same one. Fails with MP_DAMAGED, MP_NOMEM. */
MP_MUST_CHECK mp_code mp_alias_table_read(mp_alias_table **out, mp_tx *tx, mp_ticks as_of, mp_alias_table *known,
                                          mp_error *err);
void                  mp_alias_table_unref(mp_alias_table *table); /* NULL is fine */
const mp_aliases     *mp_alias_table_aliases(const mp_alias_table *table);
mp_str                mp_alias_table_digest(const mp_alias_table *table);

/* ---- importing ---- */

/* A table that was found to be whole, cut into records. */
typedef struct mp_alias_pack {
    mp_str         digest; /* in hexadecimal digits */
    const mp_json *head;
    mp_str        *keys;
    const mp_json **bodies;
    size_t         count;
} mp_alias_pack; /* in the arena */

/* Of `providers`, an array as providers list them, or `types`, the compact form (include/mapae/aliases.h); the other
 * is NULL. Fails with MP_FORMAT, and what is wrong: nothing of a damaged table is taken; MP_NOMEM. */
MP_MUST_CHECK mp_code mp_alias_pack_make(mp_alias_pack *out, const mp_json *providers, const mp_json *types,
                                         mp_arena *arena, mp_error *err);
/* Within a write: replace what is there. `pack` NULL: by nothing. *changed counts records. */
MP_MUST_CHECK mp_code mp_alias_pack_put(uint64_t *changed, mp_tx *tx, const mp_alias_pack *pack, mp_error *err);

#endif
