/* SPDX-License-Identifier: Apache-2.0 */
/* alter.h - what a profile changes of a control: parameters, properties, parts. Private to catalog. */
#ifndef MAPAE_CATALOG_ALTER_H
#define MAPAE_CATALOG_ALTER_H

#include "catalog.h"

/* `modify` may be NULL. *out is `control` itself where nothing concerns it. Fails with MP_FORMAT, MP_UNSUPPORTED (a position of an addition
 * that is not read here), MP_NOMEM. */
MP_MUST_CHECK mp_code mp_oscal_alter(const mp_json **out, const mp_json *control, const mp_json *modify, mp_arena *arena, mp_error *err);

#endif
