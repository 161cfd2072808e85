/* SPDX-License-Identifier: Apache-2.0 */
/* form_text.h - the small language within a form: expressions, and texts with expressions in braces. Private
 * to paper.
 *
 *   expr    = and { "or" and }            and  = not { "and" not }        not = [ "not" ] compare
 *   compare = term [ ("=="|"!="|"<"|"<="|">"|">="|"in") term ]
 *   term    = path | 'text' | number | "true" | "false" | "null" | "@" | "count(" expr ")" | "empty(" expr
 * ")" | "(" expr ")" path    = name { "." name | "." number | "[]" } [ "?" ]
 *
 * The first name of a path is a variable of a loop around it, else a member of the document. "[]" goes on
 * with every element and gives a list. What is not there is an error, unless "?" stands behind the path. "@"
 * counts the rounds of the innermost loop from 1. A text has "{expr}" or "{expr|format}" or
 * "{expr|format:argument}"; "{{" is a brace. */
#ifndef MAPAE_FORM_TEXT_H
#define MAPAE_FORM_TEXT_H

#include "arena.h"
#include "buf.h"
#include "form_records.h"
#include "messages.h"
#include "paper_zone.h"
#include "sheet_write.h"

#define MP_FORM_DEPTH 32        /* of expressions, of blocks within blocks */
#define MP_FORM_TEXT_MOST 65536 /* bytes of one filled text: what is beyond is cut, visibly */

typedef struct mp_form_expr mp_form_expr;

typedef struct mp_form_piece {
    mp_str literal; /* when expr is NULL */
    const mp_form_expr *expr;
    uint32_t format; /* of form_format.def's order */
    mp_str argument;
} mp_form_piece;

typedef struct mp_form_text {
    struct {
        mp_form_piece *pieces;
        size_t count;
    } in[MP_LANG_COUNT];
    mp_pos pos;
} mp_form_text;

/* A table of words (or of looks): an object of the form, by the value. */
typedef struct mp_form_words {
    const mp_json *words, *looks; /* objects of objects; NULL: none */
} mp_form_words;

/* Where something is written, and what is around it: for compiling. */
typedef struct mp_form_place {
    mp_arena *arena;
    mp_str form; /* its name */
    mp_pos pos;
    mp_form_words words;
    bool *names_records; /* becomes true when a text does */
} mp_form_place;

MP_MUST_CHECK mp_code mp_form_expr_read(const mp_form_expr **out, const mp_form_place *place, mp_str text,
                                        mp_error *err);
/* `v` is a string, or an object with "en" and "ko". */
MP_MUST_CHECK mp_code mp_form_text_read(const mp_form_text **out, const mp_form_place *place,
                                        const mp_json *v, mp_error *err);

/* ---- values ---- */

typedef enum mp_form_kind {
    MP_FORM_NOTHING, /* null, or what is not there behind a "?" */
    MP_FORM_JSON,    /* object */
    MP_FORM_TRUTH,
    MP_FORM_NUMBER,
    MP_FORM_STRING,
    MP_FORM_LIST
} mp_form_kind;

typedef struct mp_form_value {
    mp_form_kind kind;
    const mp_json *json; /* JSON; NUMBER and STRING of the document: as written there; else NULL */
    double number;
    bool truth;
    mp_str string;
    const mp_json *const *items; /* LIST */
    size_t count;
} mp_form_value;

/* A loop around what is evaluated. */
typedef struct mp_form_round {
    const struct mp_form_round *outer;
    mp_str name;
    const mp_json *item;
    uint64_t number; /* from 1 */
} mp_form_round;

typedef struct mp_form_env {
    const mp_json *data;
    const mp_form_round *round;
    mp_lang lang;
    mp_arena *arena; /* of values, reset by the caller */
    mp_form_words words;
    mp_str form;
    mp_paper_zone zone;
    mp_form_records *records;
} mp_form_env;

MP_MUST_CHECK mp_code mp_form_eval(mp_form_value *out, const mp_form_expr *expr, const mp_form_env *env,
                                   mp_error *err);
MP_MUST_CHECK mp_code mp_form_test(bool *out, const mp_form_expr *expr, const mp_form_env *env,
                                   mp_error *err);
/* The filled text, in env->arena. A text that is one expression with a format of numbers or times becomes a
 * cell of that kind; `text` is how it is shown in any case. */
MP_MUST_CHECK mp_code mp_form_fill(mp_book_cell *out, const mp_form_text *text, const mp_form_env *env,
                                   mp_error *err);
MP_MUST_CHECK mp_code mp_form_say(mp_str *out, const mp_form_text *text, const mp_form_env *env,
                                  mp_error *err);
/* Words that a text of one expression may be, whatever the document: days, words of a table. Line by line, in `arena`;
 * empty when nothing is known. */
mp_str mp_form_samples(const mp_form_text *text, const mp_form_env *env);
/* The value as a text in `lang`, without a format. */
MP_MUST_CHECK mp_code mp_form_show(mp_buf *out, const mp_form_value *v, const mp_form_env *env, mp_pos pos,
                                   mp_error *err);

/* A node of the document, as a value. Arrays become lists: in env->arena. */
MP_MUST_CHECK mp_code mp_form_value_of(mp_form_value *out, const mp_json *v, mp_arena *arena, mp_error *err);
mp_pos mp_form_expr_pos(const mp_form_expr *expr);

#endif
