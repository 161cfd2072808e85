/* SPDX-License-Identifier: Apache-2.0 */
/* oscal_text.h - OSCAL as the tests write it: apostrophes for quotation marks. */
#ifndef MAPAE_TESTS_OSCAL_TEXT_H
#define MAPAE_TESTS_OSCAL_TEXT_H

#include "arena.h"

/* In the arena; fails the test when it is no JSON. */
const mp_json *oscal_json(mp_arena *arena, const char *text);

/* A catalogue of three controls in two groups, one of them within another control; both languages. */
extern const char oscal_small[];

#endif
