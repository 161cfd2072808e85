/* SPDX-License-Identifier: Apache-2.0 */
/* action_pattern.h - "Microsoft.Authorization*": a name of an action, in which a star stands for any run of
 * characters, across slashes.
 *
 * Patterns and actions are compared without ASCII case; here both are given folded (mp_action_fold). */
#ifndef MAPAE_ACCESS_ACTION_PATTERN_H
#define MAPAE_ACCESS_ACTION_PATTERN_H

#include <mapae/str.h>

#define MP_ACTION_MAX 256 /* bytes of an action or a pattern */

/* 1 to MP_ACTION_MAX letters, digits and "./_-*"; no empty part, no '/' at an end. */
bool mp_action_is_pattern(mp_str s);
/* In lower case into `out`. False when `s` is longer than MP_ACTION_MAX. */
bool mp_action_fold(mp_str *folded, char out[MP_ACTION_MAX], mp_str s);

typedef struct mp_action_pattern {
    mp_str   text;   /* folded, borrowed */
    uint16_t head;   /* bytes before the first '*'; all of them without one */
    uint16_t tail;   /* bytes after the last one */
    bool     is_plain; /* no '*' */
} mp_action_pattern;

mp_action_pattern mp_action_compile(mp_str folded);
bool              mp_action_matches(const mp_action_pattern *pattern, mp_str folded_action);

/* Everything that `inner` matches, `outer` matches too. Exact. */
bool mp_action_within(mp_str inner, mp_str outer);
/* Some action is matched by both. Exact. */
bool mp_action_meets(mp_str a, mp_str b);

#endif
