/* SPDX-License-Identifier: Apache-2.0 */
/* path.h - where in a document a value stands: member names and "every element".
 *
 * "properties.securityRules[*].properties.access" is four steps: a member, a member's every
 * element (two steps), and so on. Names compare without ASCII case. */
#ifndef MAPAE_RULE_PATH_H
#define MAPAE_RULE_PATH_H

#include "arena.h"

typedef struct mp_step {
    mp_str key; /* a member's name; ptr NULL: every element of an array, [*] */
} mp_step;

typedef struct mp_path {
    const mp_step *steps;
    uint32_t       count;
} mp_path;

#define MP_PATH_STEPS 64 /* the most that a path may have */

static inline bool mp_step_is_each(const mp_step *step) { return step->key.ptr == NULL; }

/* Parse a dotted path: members parted by dots, [*] for every element, ['a.b'] or [a.b] for a name
 * that holds a dot or a blank ('' inside stands for one quote). Steps live in `arena`, names in
 * `text` (or the arena). Fails with MP_SYNTAX (err->pos.col in `text`), MP_LIMIT, MP_NOMEM. */
MP_MUST_CHECK mp_code mp_path_parse(mp_path *out, mp_str text, mp_arena *arena, mp_error *err);
bool mp_path_eq(mp_path a, mp_path b);
/* `prefix` is the beginning of `path`, step by step. */
bool mp_path_starts(mp_path path, mp_path prefix);
/* The number of [*] steps. */
uint32_t mp_path_eaches(mp_path path);
/* As text again; the arena's. */
mp_str mp_path_text(mp_path path, mp_arena *arena);

#endif
