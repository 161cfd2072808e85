/* SPDX-License-Identifier: Apache-2.0 */
/* make.h - what the tests of the rule core are made of: values from JSON text, and random conditions. */
#ifndef MAPAE_TESTS_RULE_MAKE_H
#define MAPAE_TESTS_RULE_MAKE_H

#include "rules.h"
#include "test.h"

/* The value that `text` writes, in `arena`. */
const mp_json *make_json(const char *text, mp_arena *arena);
mp_path        make_path(const char *text, mp_arena *arena);

/* Numbers that depend on the seed only. */
typedef struct make_random {
    uint64_t state;
} make_random;
uint32_t make_number(make_random *r, uint32_t below);

/* A document for make_condition(): members of a few names, arrays of objects, everything may be missing. */
const mp_json *make_document(make_random *r, mp_arena *arena);
/* A condition of any kind, `depth` levels deep. Seeds that are equal give equal conditions, whatever else
 * the builder does. */
mp_tree *make_condition(mp_tree_builder *b, make_random *r, int depth);

/* One entry, compiled; `apart`: nothing is shared. */
mp_rules *make_rules(const mp_tree *tree, bool apart);

#endif
