/* SPDX-License-Identifier: Apache-2.0 */
/* keys.h - ids as keys: in lower case (ASCII), so that they are compared without case. Private to compliance. */
#ifndef MAPAE_COMPLIANCE_KEYS_H
#define MAPAE_COMPLIANCE_KEYS_H

#include "arena.h"

/* A copy in the arena. Fails with MP_NOMEM. */
static inline mp_code mp_key_of(mp_str *out, mp_str id, mp_arena *arena, mp_error *err)
{
    char *copy = mp_arena_alloc(arena, id.len + 1);
    if (!copy)
        return mp_fail(err, MP_NOMEM, MP_NOWHERE, "out of memory");
    for (size_t i = 0; i < id.len; i++)
        copy[i] = (char)(id.ptr[i] >= 'A' && id.ptr[i] <= 'Z' ? id.ptr[i] | 0x20 : id.ptr[i]);
    copy[id.len] = '\0';
    *out = mp_str_of(copy, id.len);
    return MP_OK;
}

#endif
