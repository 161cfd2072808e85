/* SPDX-License-Identifier: Apache-2.0 */
/* alter.h - what a profile changes of a control: parameters, properties, parts. Private to catalog. */
#ifndef MAPAE_CATALOG_ALTER_H
#define MAPAE_CATALOG_ALTER_H

#include "catalog.h"
#include "map.h"

/* How much a profile may have compared: what it names is held against what there is, so that a small text could ask for any number. */
typedef struct mp_effort {
    size_t spent;
} mp_effort;
MP_MUST_CHECK mp_code mp_effort_add(mp_effort *effort, size_t steps, mp_error *err); /* fails with MP_LIMIT */

/* "modify" of a profile, found by what it is about. */
typedef struct mp_alteration {
    mp_map     settings, alters; /* by the id of the parameter, of the control */
    mp_effort *effort;
    mp_arena  *arena;
} mp_alteration;

/* `modify` may be NULL. To be freed whatever comes back. Fails with MP_FORMAT, MP_NOMEM. */
MP_MUST_CHECK mp_code mp_alteration_read(mp_alteration *out, const mp_json *modify, mp_effort *effort, mp_arena *arena, mp_error *err);
void mp_alteration_free(mp_alteration *alteration);

/* *out is `control` itself where nothing concerns it. Fails with MP_FORMAT, MP_UNSUPPORTED (a position of an addition
 * that is not read here), MP_LIMIT, MP_NOMEM. */
MP_MUST_CHECK mp_code mp_oscal_alter(const mp_json **out, const mp_json *control, const mp_alteration *alteration, mp_error *err);

#endif
