/* SPDX-License-Identifier: Apache-2.0 */
/* alias_rule.h - the path of an alias from its name alone, when no table is at hand.
 *
 * Pure functions over constant tables (alias_rule.def): any number of threads may call them. */
#ifndef MAPAE_POLICY_ALIAS_RULE_H
#define MAPAE_POLICY_ALIAS_RULE_H

#include "alias.h"
#include "arena.h"

/* The path, as text in `arena`, of the alias `name` for a resource of `type`. `*path` is set only
 * when `*match` becomes MP_ALIAS_FOUND. Fails with MP_NOMEM. */
MP_MUST_CHECK mp_code mp_alias_rule(mp_alias_match *match, mp_str *path, mp_str type, mp_str name,
                                    mp_arena *arena, mp_error *err);

/* `name` is an alias, or a type, of another cloud than Azure: no table of Azure's knows it, and the rule is exact. */
bool mp_alias_is_elsewhere(mp_str name);

/* For an alias that names a part of the id of an image ("Microsoft.Compute/imagePublisher"): the
 * segment of the id that stands before that part ("Publishers"). Else an empty slice. Static. */
mp_str mp_alias_image_part(mp_str name);

/* `type` without the resource that it extends: what follows "/providers/" is the type of a
 * document (".../virtualMachines/providers/Microsoft.Insights/diagnosticSettings"). */
mp_str mp_alias_own_type(mp_str type);

#endif
