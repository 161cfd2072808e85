/* SPDX-License-Identifier: Apache-2.0 */
/* aliases.h - tables of Azure Policy aliases.
 *
 * An alias names a property of a resource type ("Microsoft.Storage/storageAccounts/networkAcls.ipRules[*]")
 * and stands for a path in the document ("properties.networkAcls.ipRules[*]"). A table never changes
 * once read: any number of threads may use it. */
#ifndef MAPAE_ALIASES_H
#define MAPAE_ALIASES_H

#include <mapae/error.h>

MP_API_BEGIN

typedef struct mp_aliases mp_aliases;

/* Read a table, in either form: the answer of `az provider list --expand resourceTypes/aliases`
 * (an array of providers, or {"value": [...]}), or the compact form, one object
 * {"<resource type>": {"<alias>": "<path>" | {"p","v","t","m","mi","x"}}}. `text` is not kept.
 * Fails with MP_SYNTAX, MP_FORMAT (what is wrong, and where), MP_NOMEM. */
MP_MUST_CHECK mp_code mp_aliases_read(mp_aliases **out, mp_str text, mp_error *err);
void                  mp_aliases_free(mp_aliases *aliases); /* NULL and the built-in two are fine */

/* Without a table: a rule that derives the path from the alias itself, with the systematic
 * exceptions of Azure's providers. Static; never fails to answer. */
const mp_aliases *mp_aliases_by_rule(void);
/* A field is a plain dotted path into the document, for documents of any kind. Static. */
const mp_aliases *mp_aliases_plain(void);

/* How many resource types and aliases a table holds (0 for the built-in two). */
size_t mp_aliases_type_count(const mp_aliases *aliases);
size_t mp_aliases_count(const mp_aliases *aliases);

MP_API_END
#endif
