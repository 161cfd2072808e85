/* SPDX-License-Identifier: Apache-2.0 */
/* words_of.h - lines, words and settings of the plain texts that systems keep. Slices point into the text. */
#ifndef MAPAE_HOST_WORDS_OF_H
#define MAPAE_HOST_WORDS_OF_H

#include <mapae/str.h>

/* The next line without its end; false: there is none. */
bool mp_line_next(mp_str *line, mp_str *rest);
/* The next word, what stands between blanks; empty: there is none. */
mp_str mp_word_next(mp_str *rest);
/* Up to the next `mark`, which is passed; all when there is none. */
mp_str mp_piece_next(mp_str *rest, char mark);
/* What stands in front of a comment that begins with `mark`, trimmed. */
mp_str mp_line_without(mp_str line, char mark);
/* "name = value", "name=value" or "name value"; quotes around a value are taken away. False: an empty line or a
 * comment (#, ;). */
bool mp_setting_of(mp_str *name, mp_str *value, mp_str line);
mp_str mp_unquoted(mp_str value);
/* A whole number without sign, in `base` 8, 10 or 16; false: it is none, or larger than 2^62. */
bool mp_number_of(int64_t *out, mp_str text, int base);

#endif
