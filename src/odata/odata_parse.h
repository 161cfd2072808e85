/* SPDX-License-Identifier: Apache-2.0 */
/* odata_parse.h - within the room: tokens, nodes, and what the parsers of all options share. */
#ifndef MAPAE_ODATA_ODATA_PARSE_H
#define MAPAE_ODATA_ODATA_PARSE_H

#include "odata.h"

/* ---- tokens ---- */

typedef enum token_kind {
    TOKEN_END,
    TOKEN_WORD,    /* a name or a path: "eq", "properties/state", "$count" */
    TOKEN_LITERAL, /* `value`: a text, number, date */
    TOKEN_MARK,    /* one character: ( ) , : / * or what is none of ours */
} token_kind;

typedef struct token {
    token_kind kind;
    size_t     at;   /* offset in the option's text */
    mp_str     text; /* as written */
    mp_cell    value;
} token;

typedef struct parsing {
    const char           *option; /* "$filter" */
    mp_arena             *arena;
    const mp_odata_table *table;
    mp_str                text;
    token                 token; /* the one to be looked at */
    mp_str                variable; /* of the lambda around; {NULL,0}: none */
    uint32_t              depth, terms;
    mp_error             *err;
} parsing;

/* Check the text (length, UTF-8) and take the first token. */
MP_MUST_CHECK mp_code odata_begin(parsing *p, const char *option, mp_arena *arena, const mp_odata_table *table, mp_str text,
                                  mp_error *err);
MP_MUST_CHECK mp_code odata_next(parsing *p);

/* "$filter:12: SENTENCE", with the place. */
mp_code odata_fail_at(const parsing *p, mp_code code, size_t offset, const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 6, 7)));
#define odata_fail(p, code, offset, ...) odata_fail_at((p), (code), (offset), __FILE__, __LINE__, __VA_ARGS__)
mp_code odata_nomem(mp_error *err);

/* The token for a message: clipped; empty at the end. */
mp_str odata_shown(const parsing *p);
mp_str odata_clip(mp_str s);
bool   odata_at_word(const parsing *p, const char *word); /* in any case */
bool   odata_at_mark(const parsing *p, char mark);
/* Pass the mark, or fail with what was found instead. */
MP_MUST_CHECK mp_code odata_take_mark(parsing *p, char mark);
MP_MUST_CHECK mp_code odata_take_end(parsing *p);
/* The field that a word names; the error names the nearest. The second one takes the token that is looked at and
 * passes it. */
MP_MUST_CHECK mp_code odata_find_field(uint32_t *out, const parsing *p, const token *word);
MP_MUST_CHECK mp_code odata_take_field(uint32_t *out, parsing *p);

/* ---- nodes of a filter ---- */

typedef enum node_kind {
    NODE_AND, /* of two or more below `first` */
    NODE_OR,
    NODE_NOT,
    NODE_COMPARE, /* two operands; a literal stands on the right */
    NODE_IN,      /* one operand, `values` */
    NODE_CONTAINS, /* hay, needle */
    NODE_STARTS,
    NODE_ENDS,
    NODE_ANY, /* list `field`; `first` is the condition on each, NULL: there is one at all */
    NODE_ALL,
    NODE_CALL, /* function `field`, `arguments` */
    NODE_FIELD,
    NODE_VARIABLE, /* the element of the list around */
    NODE_DAY,      /* date(operand) */
    NODE_LITERAL,
} node_kind;

/* Equality comes first: eq and ne are below the others everywhere. */
typedef enum comparison { CMP_EQ, CMP_NE, CMP_GT, CMP_GE, CMP_LT, CMP_LE, CMP_COUNT } comparison;

typedef struct node {
    node_kind    kind;
    comparison   op;
    uint32_t     field;
    uint32_t     count; /* of values, arguments */
    struct node *first, *next;
    union {
        mp_cell        literal;
        const mp_cell *values;
        const mp_str  *arguments;
    } u;
    mp_str source; /* as written: for messages, only while it is parsed */
} node;

struct mp_filter {
    const mp_odata_table *table;
    const node           *root;
};

extern const char *const odata_comparison_names[CMP_COUNT];

/* A condition up to where it ends; p->token is what follows. */
MP_MUST_CHECK mp_code odata_parse_condition(const mp_filter **out, parsing *p);

/* A copy of `n` alone, to stand in another list; NULL when memory is short. */
node *odata_copy(mp_arena *arena, const node *n);

/* a op b, by the rules of odata.h. */
bool odata_holds(comparison op, const mp_cell *a, const mp_cell *b);
/* The cell as that type, or null. */
mp_cell odata_as(mp_odata_type type, const mp_cell *cell);
#define TICKS_1970 INT64_C(621355968000000000)
/* Whole days: the instant at which the day of `t` began. */
mp_ticks odata_day(mp_ticks t);

#endif
