/* SPDX-License-Identifier: Apache-2.0 */
/* enabled.h - the effect that a disabled policy would have, for explanations. */
#ifndef MAPAE_EXPLAIN_ENABLED_H
#define MAPAE_EXPLAIN_ENABLED_H

#include "check.h"

/* No effect but "disabled" can come of the check. */
bool mp_is_off(const mp_check *check);

/* The effect as the definition writes it, or the default of its parameter, or the first value that it allows:
 * "disabled", and what the definition lacks details for, left out. Of a definition that says nothing
 * else: auditIfNotExists when it names a related type, else audit. `*text` as it is spelled. */
mp_effect mp_enabled_effect(const mp_definition *definition, mp_str *text);

#endif
