/* SPDX-License-Identifier: Apache-2.0 */
/* foresight_internal.h - a what-if on its way. Private to compliance. */
#ifndef MAPAE_COMPLIANCE_FORESIGHT_INTERNAL_H
#define MAPAE_COMPLIANCE_FORESIGHT_INTERNAL_H

#include "foresight.h"
#include "jsonw.h"
#include "map.h"

typedef struct mp_foreseeing {
    const mp_foresight_query *q;
    mp_object_fault *fault;
    mp_tx           *tx;
    mp_arena        *arena;
    mp_rule_change  *changes;
    size_t           change_count, change_cap;
    mp_str          *touched; /* keys of assignments */
    size_t           touched_count, touched_cap;
    mp_map           terms;   /* of those whose exemptions or attestations change */
} mp_foreseeing;

/* Fill `changes`; then `touched` and `terms`. */
MP_MUST_CHECK mp_code mp_foresight_changes(mp_foreseeing *f, mp_error *err);
MP_MUST_CHECK mp_code mp_foresight_touched(mp_foreseeing *f, mp_error *err);

#endif
