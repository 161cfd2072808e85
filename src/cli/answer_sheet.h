/* SPDX-License-Identifier: Apache-2.0 */
/* answer_sheet.h - questions of controls as a spreadsheet that people fill in, and back.
 *
 * One row for each question. The sheet says of which framework and measure it is. When it is read, every cell is
 * understood before anything is sent, and all answers are written at once or none; what is wrong is said with its cell,
 * as spreadsheets name it: "answers.xlsx:Answers!E4". Each row says what it was made from: nobody's answer of meanwhile is
 * replaced, and a row that nobody changed writes nothing. */
#ifndef MAPAE_CLI_ANSWER_SHEET_H
#define MAPAE_CLI_ANSWER_SHEET_H

#include "answer_rows.h"
#include "client.h"

typedef struct mp_questions_args {
    mp_place place;
    int format;
    const char *framework;
    const char *measure, *out;
    bool all;
} mp_questions_args;
#define MP_QUESTIONS_OPTIONS 7
#define MP_ANSWER_EXPORT_OPTIONS 8
extern const mp_option mp_questions_operand, mp_questions_options[MP_QUESTIONS_OPTIONS],
    mp_answer_export_options[MP_ANSWER_EXPORT_OPTIONS];

typedef struct mp_answer_import_args {
    mp_place place;
    int format;
    const char *file;
    const char *framework, *measure;
    bool dry_run, over;
} mp_answer_import_args;
#define MP_ANSWER_IMPORT_OPTIONS 9
extern const mp_option mp_answer_import_operand, mp_answer_import_options[MP_ANSWER_IMPORT_OPTIONS];

/* Of commands (mp_ask.fn). */
mp_code mp_answer_questions(mp_client *client, const void *args, mp_error *err);
mp_code mp_answer_export(mp_client *client, const void *args, mp_error *err);
mp_code mp_answer_import(mp_client *client, const void *args, mp_error *err);

/* ---- what the two directions share ---- */

/* How a framework stands, into client->answer. Exactly one of the two is given. Fails also with MP_USAGE. */
MP_MUST_CHECK mp_code mp_answer_ask(mp_client *client, const char *framework, const char *measure, mp_error *err);

#endif
