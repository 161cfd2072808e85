/* SPDX-License-Identifier: Apache-2.0 */
/* keys.h - ids as keys: in lower case (ASCII), so that they are compared without case. Private to compliance. */
#ifndef MAPAE_COMPLIANCE_KEYS_H
#define MAPAE_COMPLIANCE_KEYS_H

#include "arena.h"

/* A copy in the arena. Fails with MP_NOMEM. */
static inline mp_code mp_key_of(mp_str *out, mp_str id, mp_arena *arena, mp_error *err)
{
    *out = mp_arena_lower(arena, id);
    return out->ptr ? MP_OK : mp_no_memory(err);
}

#endif
