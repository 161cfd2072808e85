/* SPDX-License-Identifier: Apache-2.0 */
/* condition.h - parse the conditions of a policy rule. */
#ifndef MAPAE_POLICY_CONDITION_H
#define MAPAE_POLICY_CONDITION_H

#include "expression.h"

/* The conditions met so far, in order: condition number n is items[n - 1]. */
struct mp_condition_list {
    const mp_condition **items;
    uint32_t             len, cap;
};

/* Parse `node` and all below it. Every fault found becomes a diagnostic; NULL when there was one, or when
 * memory is short (p->failed). */
mp_condition *mp_condition_parse(mp_parsing *p, const mp_json *node);

#endif
