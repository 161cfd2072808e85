/* SPDX-License-Identifier: Apache-2.0 */
/* book_text.h - workbooks as tests write them: parts by name, packed as a zip. */
#ifndef MAPAE_TESTS_BOOK_TEXT_H
#define MAPAE_TESTS_BOOK_TEXT_H

#include "arena.h"

typedef struct book_part {
    const char *name, *text;
    size_t      repeat; /* the text so many times; 0: once */
} book_part;

/* A zip with these parts, in the arena. */
mp_str book_zip(mp_arena *arena, const book_part *parts, size_t count);
/* A workbook with one table "t": its rows and, unless NULL, its shared texts. */
mp_str book_of(mp_arena *arena, const char *rows, const char *strings);

#endif
