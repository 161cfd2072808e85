/* SPDX-License-Identifier: Apache-2.0 */
/* text.h - Unicode where it matters: comparing without case, validity, nearest names.
 *
 * ASCII takes a fast path of our own; anything else goes through libunistring. */
#ifndef MAPAE_BASE_TEXT_H
#define MAPAE_BASE_TEXT_H

#include "arena.h"

/* Order and equality of two UTF-8 texts as .NET's InvariantCultureIgnoreCase has it in what policies
 * rely on: canonical equivalents are equal (NFC), case is folded one to one (so ß is not ss).
 * Two ASCII texts never allocate. */
bool mp_text_eq_fold(mp_str a, mp_str b);
int  mp_text_cmp_fold(mp_str a, mp_str b);
/* `part` occurs in `s`, without case as above. */
bool mp_text_contains_fold(mp_str s, mp_str part);
/* `s` begins with `before`, ends with `after`, and the two do not overlap. */
bool mp_text_frames_fold(mp_str s, mp_str before, mp_str after);

bool   mp_utf8_valid(mp_str s);
size_t mp_utf8_length(mp_str s); /* code points */
/* Lower or upper case of every code point (simple mappings); {NULL,0} when memory is short. */
mp_str mp_text_lower(mp_arena *arena, mp_str s);
mp_str mp_text_upper(mp_arena *arena, mp_str s);

/* Of `names`, the one closest to `wanted` (edit distance without case), or an empty slice when
 * none is close enough to be worth suggesting (more than a third of the letters differ). */
mp_str mp_text_nearest(mp_str wanted, const mp_str *names, size_t count);

/* What may be meant by a name that nothing has, to be shown: of `names` those that begin with it, else the nearest, else all; with
 * ", " between them, and "..." for what is over MP_TEXT_MEANT bytes. Empty when there are none, or memory is short. */
#define MP_TEXT_MEANT 300
mp_str mp_text_meant(mp_arena *arena, mp_str wanted, const mp_str *names, size_t count);

/* Columns that `s` takes on a terminal (East Asian wide characters take two). */
size_t mp_text_width(mp_str s);

#endif
