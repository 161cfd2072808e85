/* SPDX-License-Identifier: Apache-2.0 */
/* kusto_parse.h - within the room: tokens, nodes, steps, and what parser, printer and runner share. */
#ifndef MAPAE_KUSTO_KUSTO_PARSE_H
#define MAPAE_KUSTO_KUSTO_PARSE_H

#include "kusto.h"

#include "jsonw.h"

/* ---- tokens ---- */

typedef enum token_kind {
    TOKEN_END,
    TOKEN_WORD,   /* a name; "!contains" and "in~" too */
    TOKEN_TEXT,   /* 'x', "x", @'x': `value` */
    TOKEN_NUMBER, /* `value` */
    TOKEN_MARK,   /* ( ) [ ] , . | = == =~ != !~ < <= > >= * -, or one character that is none of ours */
} token_kind;

typedef struct token {
    token_kind     kind;
    size_t         at;   /* offset in the text */
    mp_str         text; /* as written */
    const mp_json *value;
} token;

/* ---- nodes ---- */

typedef enum node_kind {
    NODE_LITERAL,
    NODE_COLUMN,
    NODE_MEMBER,  /* `text` of the first child */
    NODE_ELEMENT, /* number `index` of it; from the end when it is less than 0 */
    NODE_CALL,
    NODE_AND,     /* of two or more */
    NODE_OR,
    NODE_COMPARE, /* `op` of two */
    NODE_IN,      /* the first child is among the others */
} node_kind;

/* The order is that of the table of operators in kusto_expression.c. */
typedef enum comparison {
    OP_EQ,
    OP_NE,
    OP_EQ_FOLD,
    OP_NE_FOLD,
    OP_LT,
    OP_LE,
    OP_GT,
    OP_GE,
    OP_CONTAINS,
    OP_NOT_CONTAINS,
    OP_HAS,
    OP_NOT_HAS,
    OP_STARTS,
    OP_NOT_STARTS,
    OP_ENDS,
    OP_NOT_ENDS,
    OP_IN,
    OP_NOT_IN,
    OP_IN_FOLD,
    OP_NOT_IN_FOLD,
    OP_COUNT
} comparison;

typedef enum function {
    FN_TOSTRING,
    FN_TOLOWER,
    FN_TOUPPER,
    FN_TOINT,
    FN_TOLONG,
    FN_TODOUBLE,
    FN_TOREAL,
    FN_TOBOOL,
    FN_STRLEN,
    FN_ARRAY_LENGTH,
    FN_STRCAT,
    FN_SPLIT,
    FN_COALESCE,
    FN_IFF,
    FN_IIF,
    FN_NOT,
    FN_ISNULL,
    FN_ISNOTNULL,
    FN_ISEMPTY,
    FN_ISNOTEMPTY,
    FN_COUNT
} function;

typedef enum aggregate { AGG_COUNT, AGG_COUNTIF, AGG_DCOUNT, AGG_SUM, AGG_MIN, AGG_MAX, AGG_AVG, AGG_KINDS } aggregate;

typedef struct node {
    node_kind      kind;
    mp_kusto_type  type;
    unsigned       op; /* comparison, function */
    uint32_t       column;
    int64_t        index;
    mp_str         text;
    const mp_json *literal;
    struct node   *first, *next;
} node;

/* ---- steps ---- */

typedef enum step_kind {
    STEP_WHERE,
    STEP_SHAPE,
    STEP_TAKE,
    STEP_ORDER,
    STEP_COUNT,
    STEP_SUMMARIZE,
    STEP_DISTINCT
} step_kind;

/* What a column of the output is made of. */
typedef struct item {
    const node *value;
    aggregate   method;       /* of summarize, when is_aggregate; value NULL: count() */
    bool        is_aggregate;
} item;

typedef struct sort_key {
    const node *value;
    bool        descending, nulls_last;
} sort_key;

typedef struct step {
    step_kind              kind;
    const char            *word;    /* "project", "extend", ...: as it is printed; static */
    const node            *condition;
    const item            *items;   /* SHAPE, SUMMARIZE, DISTINCT: `count` of the output */
    const sort_key        *keys;
    uint32_t               key_count;
    uint64_t               limit;   /* TAKE; ORDER: of top, 0: all */
    bool                   is_given; /* ORDER: rows come in it */
    const mp_kusto_column *columns; /* of what it gives */
    uint32_t               count;
} step;

struct mp_kusto {
    const mp_kusto_table *table;
    step                 *steps;
    uint32_t              count;
};

/* ---- parsing ---- */

typedef struct parsing {
    mp_arena              *arena;
    mp_str                 text;
    token                  token; /* the one to be looked at */
    uint32_t               tokens, depth;
    const mp_kusto_column *columns; /* of the rows that come to this step */
    uint32_t               count;
    uint32_t               ordered; /* the column in whose order they come, UINT32_MAX: none */
    mp_kusto_fault        *fault;
    mp_error              *err;
} parsing;

MP_MUST_CHECK mp_code kusto_begin(parsing *p);
MP_MUST_CHECK mp_code kusto_next(parsing *p);
bool kusto_at_word(const parsing *p, const char *word); /* in its own case, as Kusto has it */
bool kusto_at_mark(const parsing *p, const char *mark);
MP_MUST_CHECK mp_code kusto_take_mark(parsing *p, const char *mark);
MP_MUST_CHECK mp_code kusto_take_word(parsing *p, const char *word);
/* A name, as a word or as ['name']. */
MP_MUST_CHECK mp_code kusto_take_name(mp_str *out, parsing *p);
bool kusto_is_name(mp_str s); /* can stand as a word */
/* What stands behind the token that is looked at, without the blanks between. */
mp_str kusto_rest(const parsing *p);
/* What is looked at, for a message: clipped. */
mp_str kusto_shown(const parsing *p);

mp_code kusto_fail_at(const parsing *p, mp_code code, const char *kind, size_t offset, mp_str shown, const char *file,
                      int line, const char *format, ...) __attribute__((format(printf, 8, 9)));
/* At the token that is looked at. */
#define kusto_fail(p, code, kind, ...) kusto_fail_at((p), (code), (kind), (p)->token.at, (p)->token.text, __FILE__, __LINE__, __VA_ARGS__)
/* Of a token before it. */
#define kusto_fail_of(p, code, kind, t, ...) kusto_fail_at((p), (code), (kind), (t)->at, (t)->text, __FILE__, __LINE__, __VA_ARGS__)
#define SYNTAX "ParserFailure"
#define LANGUAGE "InvalidQueryLanguage"
mp_code kusto_nomem(mp_error *err);

/* expr = and { "or" and } */
MP_MUST_CHECK mp_code kusto_expression(node **out, parsing *p);
/* The same, and it is true or false. */
MP_MUST_CHECK mp_code kusto_condition(node **out, parsing *p);
/* The name that a column has when none is given: that of the column or path within; empty: there is none. */
mp_code kusto_name_of(mp_str *out, const parsing *p, const node *n);

extern const char *const kusto_comparisons[OP_COUNT];
extern const char *const kusto_functions[FN_COUNT];
extern const char *const kusto_aggregates[AGG_KINDS];

/* ---- values ---- */

/* The value of an expression over a row; NULL: null. Short of memory: NULL too, and *failed is set. In `arena`, or
 * borrowed of cells and query. */
const mp_json *kusto_value(const node *n, const mp_json *const *cells, mp_arena *arena, bool *failed);
/* The order of sorting: less than, equal to or greater than 0. */
int    kusto_compare(const mp_json *a, const mp_json *b);
mp_str kusto_text(const mp_json *v, mp_arena *arena, bool *failed); /* as tostring() has it */
/* Of a NODE_CALL. */
const mp_json *kusto_call(const node *n, const mp_json *const *cells, mp_arena *arena, bool *failed);
static inline bool kusto_is_number(const mp_json *v) { return mp_json_is(v, MP_JSON_INT) || mp_json_is(v, MP_JSON_REAL); }
/* A text that other values do not have. */
void   kusto_add_key(mp_buf *out, const mp_json *v);

#endif
