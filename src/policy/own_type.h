/* SPDX-License-Identifier: Apache-2.0 */
/* own_type.h - IfNotExists effects that look for a resource of the type that the rule selects. Azure wants a name
 * there (Microsoft Learn, "Azure Policy definitions auditIfNotExists effect", name). */
#ifndef MAPAE_POLICY_OWN_TYPE_H
#define MAPAE_POLICY_OWN_TYPE_H

#include "expression.h"

/* Note it when the name is missing: a warning, since some built-in definitions do so. */
void mp_own_type_check(mp_parsing *p, const mp_definition *d);

#endif
