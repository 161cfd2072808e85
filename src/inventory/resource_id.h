/* SPDX-License-Identifier: Apache-2.0 */
/* resource_id.h - what an Azure resource id says: type, names, what contains the resource. */
#ifndef MAPAE_INVENTORY_RESOURCE_ID_H
#define MAPAE_INVENTORY_RESOURCE_ID_H

#include <mapae/resource.h>

#include "arena.h"

/* `id` begins as an id of Azure Resource Manager does: subscriptions/ or providers/, in any case,
 * with or without a slash before it. */
bool mp_id_is_arm(mp_str id);

/* Fill id, type, name, full_name, subscription_id, resource_group and scope of `out` from `raw`.
 * `type` is the document's own (ptr NULL: absent): it is kept when it says the same as the id. An
 * id that is not Azure's is kept as it is, with the document's type. Fails with MP_NOMEM only. */
MP_MUST_CHECK mp_code mp_id_read(mp_resource *out, mp_str raw, mp_str type, mp_arena *arena,
                                 mp_error *err);

/* /subscriptions/.../providers/<type>/<names>, the two woven together: "a/b/c" and "x/y" give
 * a/b/x/c/y. A slash inside an expression is written %2F. {NULL,0} when memory is short. */
mp_str mp_id_weave(mp_str prefix, mp_str type, mp_str names, mp_arena *arena);

#endif
