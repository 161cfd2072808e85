/* SPDX-License-Identifier: Apache-2.0 */
/* object_internal.h - a policy object on its way into the store: completed, then checked. Private to compliance. */
#ifndef MAPAE_COMPLIANCE_OBJECT_INTERNAL_H
#define MAPAE_COMPLIANCE_OBJECT_INTERNAL_H

#include "objects.h"

/* The object as it is to be stored: what was given (merged into `old` for a PATCH), and what is ours: id, name, type, defaults, dates, systemData. `old` NULL: it is new.
 * Fails with MP_PARAMETER (a member of a wrong type), MP_NOMEM. */
MP_MUST_CHECK mp_code mp_object_complete(const mp_json **out, mp_tx *tx, const mp_object_write *what, const mp_json *old, mp_arena *arena, mp_error *err);
/* Does the language understand it, and is there what it refers to? */
MP_MUST_CHECK mp_code mp_object_check(mp_object_fault *fault, mp_tx *tx, const mp_object_write *what, const mp_json *body, mp_arena *arena, mp_error *err);

/* "versions" of a definition with these properties (NULL: it is new), the newest first: its own too, with one more, without another; both may be empty. NULL when memory is
 * short. */
const mp_json *mp_object_versions(const mp_json *properties, mp_str more, mp_str without, mp_arena *arena);

/* `member` of an object (any case) as a string, or an empty slice. */
mp_str mp_object_text(const mp_json *object, const char *member);

#endif
