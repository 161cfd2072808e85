/* SPDX-License-Identifier: Apache-2.0 */
/* what_if.h - what a deployment would change, in the words of ARM's what-if. */
#ifndef MAPAE_TEMPLATE_WHAT_IF_H
#define MAPAE_TEMPLATE_WHAT_IF_H

#include "jsonw.h"

typedef enum mp_what_if_change {
    MP_WHAT_IF_CREATE,
    MP_WHAT_IF_MODIFY,
    MP_WHAT_IF_NO_CHANGE,
    MP_WHAT_IF_IGNORE, /* exists, the template does not name it, and mode Incremental leaves it alone */
    MP_WHAT_IF_DELETE, /* ... and mode Complete takes it away */
    MP_WHAT_IF_CHANGES
} mp_what_if_change;

/* "Create", "Modify", ...; static storage. */
mp_str mp_what_if_name(mp_what_if_change change);

/* The property changes from `before` to `after`: an array of {path, propertyChangeType, before, after, children}.
 * propertyChangeType is Create, Delete, Modify, Array (children are its elements, "0", "1"...) or NoEffect (only the
 * server writes it). What the server adds to a stored document (id, name, type, etag, systemData,
 * properties.provisioningState...) is no change where `after` leaves it out. Lives in `arena`. Fails with MP_NOMEM,
 * MP_LIMIT (deeper than MP_DEPLOYMENT_DEPTH). */
MP_MUST_CHECK mp_code mp_deployment_delta(const mp_json **out, const mp_json *before, const mp_json *after,
                                          mp_arena *arena, mp_error *err);

/* One entry of "changes": {resourceId, changeType, before, after, delta}. `before` NULL: it does not exist. `after`
 * NULL: the template does not name it, and `is_complete` says what becomes of it. `*change` may be NULL. */
MP_MUST_CHECK mp_code mp_what_if(const mp_json **out, mp_what_if_change *change, mp_str id, const mp_json *before,
                                 const mp_json *after, bool is_complete, mp_arena *arena, mp_error *err);

#endif
