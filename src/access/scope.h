/* SPDX-License-Identifier: Apache-2.0 */
/* scope.h - the paths that rights are given at (rbac.h lists their forms), taken apart.
 *
 * Runs of slashes count as one, a slash at the end as none. A segment has at most 260 bytes, no control
 * character, none of "%?#\", and is not "." or "..". A subscription is named by a GUID. */
#ifndef MAPAE_ACCESS_SCOPE_H
#define MAPAE_ACCESS_SCOPE_H

#include "arena.h"

#define MP_SCOPE_MAX 1024 /* bytes */
#define MP_SCOPE_DEPTH 24 /* things within things that a path names */

typedef enum mp_scope_kind {
    MP_SCOPE_ROOT,
    MP_SCOPE_MANAGEMENT_GROUP,
    MP_SCOPE_SUBSCRIPTION,
    MP_SCOPE_RESOURCE_GROUP,
    MP_SCOPE_RESOURCE,
} mp_scope_kind;

typedef struct mp_scope {
    mp_scope_kind kind;
    size_t        len;
    char          text[MP_SCOPE_MAX]; /* in lower case, tidy; "/" is the root */
    /* text[0, ends[i]) is what it stands in, outermost first, itself last; the root is not counted */
    uint16_t      ends[MP_SCOPE_DEPTH];
    unsigned      levels;
} mp_scope;

/* False when `text` is no scope. */
bool mp_scope_parse(mp_scope *out, mp_str text);
/* The same path with its casing, tidy. {NULL,0} when `text` is no scope, or memory is short. */
mp_str mp_scope_tidy(mp_arena *arena, mp_str text);
/* `inner` is `outer` or stands below it by its path alone (management groups do not show in paths). */
bool mp_scope_within(const mp_scope *inner, const mp_scope *outer);
static inline mp_str mp_scope_str(const mp_scope *scope) { return mp_str_of(scope->text, scope->len); }

#define MP_SCOPE_GROUPS "/providers/Microsoft.Management/managementGroups/" /* and a name */

#endif
