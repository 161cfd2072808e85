/* SPDX-License-Identifier: Apache-2.0 */
/* columns.h - answers of the API for people: lists as tables, single things line by line.
 *
 * A row of a const table says which member stands where and what it is called. Values are shown as they are,
 * made harmless for a terminal; a word of ours ("active"), and a text {"ko", "en"}, in the reader's language. */
#ifndef MAPAE_CLI_COLUMNS_H
#define MAPAE_CLI_COLUMNS_H

#include "cli.h"

typedef struct mp_column {
    /* "userName"; of an object within, "detail/code"; of each object of an array,
     * "memberNames/principalName" */
    const char *member;
    const char *title;  /* id of a message */
    /* a value V is said by the message WORDS + V where there is one; of a duration "P45D" also by WORDS + "D", of
     * which {0} is the number; NULL: as it is */
    const char *words;
} mp_column;
/* as its words: a time that may be meant as a day, which midnight is */
#define MP_COLUMN_DAY "day"

#define MP_COLUMNS_MAX 24

/* Widths of a table that is written page by page. Begin with zeros. */
typedef struct mp_columns_state {
    size_t widths[MP_COLUMNS_MAX];
    bool   has_head;
} mp_columns_state;

/* The elements of `array` as rows, with titles above the first. A column that is empty in all of them is left
 * out, unless a page before had it. */
void mp_columns_list(mp_buf *out, const mp_cli *cli, const mp_column *columns, size_t count, const mp_json *array,
                     mp_columns_state *state, mp_arena *arena);
/* The same by itself, a line apart from what stands above it; nothing for an empty array or none. */
void mp_columns_below(mp_buf *out, const mp_cli *cli, const mp_column *columns, size_t count, const mp_json *array,
                      mp_arena *arena);
/* The same as CSV, with all columns and a head (sheet_write.h). Fails with MP_NOMEM. */
MP_MUST_CHECK mp_code mp_columns_csv(mp_buf *out, mp_lang lang, const mp_column *columns, size_t count,
                                     const mp_json *array, mp_arena *arena, mp_error *err);
/* What stands in one cell, in the arena; {NULL,0} when memory is short. */
mp_str mp_columns_value(mp_lang lang, const mp_column *column, const mp_json *object, mp_arena *arena);
/* "Title   value" for each column that the object has. */
void mp_columns_object(mp_buf *out, const mp_cli *cli, const mp_column *columns, size_t count, const mp_json *object,
                       mp_arena *arena);

#endif
