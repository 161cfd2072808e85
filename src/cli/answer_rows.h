/* SPDX-License-Identifier: Apache-2.0 */
/* answer_rows.h - the rows of a sheet of answers, held against the framework as it stands: its controls, how many questions they
 * have, how those are worded, what is answered already. */
#ifndef MAPAE_CLI_ANSWER_ROWS_H
#define MAPAE_CLI_ANSWER_ROWS_H

#include <mapae/error.h>

#include "messages.h"
#include "sheet_read.h"

/* Which column of a sheet of answers is which: the name of the member, or what a head calls it in either language. */
typedef enum mp_answer_column {
    MP_ANSWER_CONTROL,
    MP_ANSWER_TITLE,
    MP_ANSWER_QUESTION,
    MP_ANSWER_TEXT,
    MP_ANSWER_ANSWER,
    MP_ANSWER_NOTE,
    MP_ANSWER_UNTIL,
    MP_ANSWER_EVIDENCE,
    MP_ANSWER_WHY,
    MP_ANSWER_FROM, /* what the row was made from: when that was answered, and a digest of what the sheet said of it */
    MP_ANSWER_COLUMNS
} mp_answer_column;
extern const char *const mp_answer_members[MP_ANSWER_COLUMNS]; /* "control", "title", ... */
/* What the head calls it: a message by that member. */
mp_str mp_answer_head(mp_lang lang, mp_answer_column column);

/* The cell of MP_ANSWER_FROM for a row of these texts, whose question was answered at `at` (empty: it was not). In the arena;
 * {NULL,0} when memory is short. */
mp_str mp_answer_made_from(const mp_str texts[MP_ANSWER_COLUMNS], mp_str at, mp_arena *arena);

typedef struct mp_answer_rows_of {
    const mp_sheet_table *table;
    const mp_json *standing; /* an answer of /control-states */
    const char *measure;     /* that it is of; NULL: none */
    mp_lang lang;
    mp_str me;    /* id of who brings them: his own answers are no conflict */
    bool is_over; /* nor is any other */
    /* Told of each cell that is wrong ("B7"), and of each answer that somebody else gave since, in the order of rows. */
    void (*fault)(void *ctx, const char *cell, const mp_error *why);
    mp_str (*name)(void *ctx, mp_str id); /* what somebody is called; NULL: by his id */
    void *ctx;
} mp_answer_rows_of;

typedef struct mp_answer_rows {
    const mp_json *body; /* of POST /control-answers/import */
    size_t count;        /* answers in it */
    size_t unchanged;    /* that stand so already, and are not in it */
    size_t untouched;    /* that nobody changed in the sheet, though somebody else did since: they are not in it either */
    size_t faults;       /* told of; nothing is to be sent then */
    size_t conflicts;    /* told of, too */
} mp_answer_rows;

/* Is its first row that of a sheet of answers? Fails with MP_FORMAT. */
MP_MUST_CHECK mp_code mp_answer_rows_check(const mp_sheet_table *table, mp_lang lang, mp_error *err);
/* Texts are of the arena, the table or `standing`. Fails with MP_FORMAT (the first row), MP_NOMEM. */
MP_MUST_CHECK mp_code mp_answer_rows_read(mp_answer_rows *out, const mp_answer_rows_of *of, mp_arena *arena, mp_error *err);

#endif
