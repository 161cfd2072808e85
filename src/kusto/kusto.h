/* SPDX-License-Identifier: Apache-2.0 */
/* kusto.h - queries over rows, in the part of Kusto that clients of Azure Resource Graph send
 * (docs/resource-graph.md).
 *
 * A query names a table and what is done to its rows, one step after another: `resources | where type =~ '...' |
 * project id`. It is parsed against tables that the caller describes: what names a column, an operator or a function
 * that is not there is refused with its place, never passed over. A parsed query never changes; a run of it is fed
 * rows, and gives what comes out to a sink. Values are JSON; null is a NULL pointer.
 *
 * What comparisons mean:
 *  - == and in count case, =~, !~, in~, contains, has, startswith and endswith do not (of ASCII letters); numbers
 * compare by value;
 *  - a text and what is none are equal when it is written as the text says: 'true' is true, '4' is 4;
 *  - what is null is equal to nothing and less than nothing, and != all that there is; operators of texts take it for
 * the empty text;
 *  - order does not count case, and has null before true and false, numbers, texts, and the rest. */
#ifndef MAPAE_KUSTO_KUSTO_H
#define MAPAE_KUSTO_KUSTO_H

#include "arena.h"
#include "buf.h"

#define MP_KUSTO_TEXT_MAX (256u << 10) /* bytes */
#define MP_KUSTO_TOKENS_MAX 20000
#define MP_KUSTO_DEPTH_MAX 64      /* of parentheses, calls and paths within each other */
#define MP_KUSTO_STEPS_MAX 64      /* operators */
#define MP_KUSTO_COLUMNS_MAX 128   /* of what any of them gives */
#define MP_KUSTO_ROWS_MAX 100000   /* that order, distinct and summarize keep, by default */
#define MP_KUSTO_BYTES_MAX ((size_t)128 << 20) /* of them, by default */

typedef enum mp_kusto_type {
    MP_KUSTO_STRING,
    MP_KUSTO_INTEGER,
    MP_KUSTO_NUMBER,
    MP_KUSTO_BOOLEAN,
    MP_KUSTO_OBJECT
} mp_kusto_type;
/* "string", "integer", ...: as answers in the form of a table call them. */
const char *mp_kusto_type_name(mp_kusto_type type);

typedef struct mp_kusto_column {
    mp_str        name;
    mp_kusto_type type;
} mp_kusto_column;

typedef struct mp_kusto_table {
    const char            *name; /* without case */
    const mp_kusto_column *columns;
    uint32_t               count;
    uint32_t               ordered; /* its rows come in the order of this column; UINT32_MAX: of none */
} mp_kusto_table;

/* What is wrong with a query beside the sentence and the place, as Resource Graph says it. */
typedef struct mp_kusto_fault {
    const char *kind;  /* "ParserFailure", "InvalidQueryLanguage", "DisallowedLogicalTableName" */
    mp_str      token; /* that stands there, as written; empty at the end */
} mp_kusto_fault;

typedef struct mp_kusto mp_kusto;

/* In `arena`, with parts of `text` and `tables`, which live as long. A text that begins with an operator is of the
 * first table. Fails with MP_SYNTAX, MP_COMPILE (what it names is not there), MP_LIMIT, all with err->pos and *fault;
 * or MP_NOMEM. */
MP_MUST_CHECK mp_code mp_kusto_parse(const mp_kusto **out, mp_kusto_fault *fault, mp_arena *arena,
                                     const mp_kusto_table *tables, size_t count, mp_str text, mp_error *err);
const mp_kusto_table  *mp_kusto_source(const mp_kusto *query);
const mp_kusto_column *mp_kusto_columns(const mp_kusto *query, uint32_t *count); /* of what comes out */
/* Each row comes out by itself or not at all, in the order in which rows are fed: such a query can be gone on with
 * behind any row. */
bool mp_kusto_is_stream(const mp_kusto *query);
/* A text that means the same; two queries that mean something else never print alike. */
void mp_kusto_print(mp_buf *out, const mp_kusto *query);

/* ---- running ---- */

typedef struct mp_kusto_limits {
    uint32_t rows;  /* 0: MP_KUSTO_ROWS_MAX */
    size_t   bytes; /* 0: MP_KUSTO_BYTES_MAX */
    /* rows from the first that the caller looks at: what comes behind them may be counted only (mp_kusto_unseen). 0: all */
    uint64_t wanted;
} mp_kusto_limits;

/* `cells` has a value for each column, and is the sink's until it returns. */
typedef mp_code mp_kusto_sink(void *ctx, const mp_json *const *cells, mp_error *err);
typedef struct mp_kusto_run mp_kusto_run; /* one thread at a time */

/* `query` outlives the run. `limits` may be NULL. Fails with MP_NOMEM. */
MP_MUST_CHECK mp_code mp_kusto_run_new(mp_kusto_run **out, const mp_kusto *query, const mp_kusto_limits *limits,
                                       mp_kusto_sink *sink, void *ctx, mp_error *err);
void mp_kusto_run_free(mp_kusto_run *run); /* NULL is fine */
static inline void mp_kusto_run_freep(mp_kusto_run **run) { mp_kusto_run_free(*run); }

/* A row of the source: a value for each of its columns, the caller's again when this returns. Fails with MP_LIMIT
 * (what order, distinct and summarize keep), MP_NOMEM, or what the sink fails with; then the run is of no use. */
MP_MUST_CHECK mp_code mp_kusto_feed(mp_kusto_run *run, const mp_json *const *cells, mp_error *err);
/* Whatever else is fed, nothing more comes out. */
bool mp_kusto_has_enough(const mp_kusto_run *run);
/* No more rows: what was kept comes out. Once. */
MP_MUST_CHECK mp_code mp_kusto_finish(mp_kusto_run *run, mp_error *err);
/* Rows that would have come out behind those wanted, and did not. */
uint64_t mp_kusto_unseen(const mp_kusto_run *run);

#endif
