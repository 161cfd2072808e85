/* SPDX-License-Identifier: Apache-2.0 */
/* odata.h - the query options of lists: $filter, $orderby, $select, $top, over rows that the caller describes.
 *
 * The caller has a const table of fields and functions, and a reader that gives the value of a field of one of his
 * rows. A filter is parsed against the table once, tested on any number of rows without allocating, and can be pushed
 * down into SQL (odata_sql.h). Grouping is odata_apply.h; all options of one request together are odata_query.h.
 * docs/queries.md is the language as users see it.
 *
 * What a comparison means, everywhere in this room:
 *  - texts compare without regard to the case of ASCII letters, bytewise otherwise; tolower() and toupper() change
 * nothing then;
 *  - dates compare as instants, numbers exactly (an integer and a real too);
 *  - every condition is true or false, never unknown: null equals null only, is neither less nor greater than
 * anything, and contains nothing; `not` turns false into true also where null was the reason.
 *
 * Nothing here keeps state, reads a clock or writes anywhere. What was parsed lives in the arena that was given,
 * never changes, and may be used by any number of threads. Errors have err->pos in the text of the option and name
 * the option and the column in front of the sentence: "$filter:12: ...". Codes: MP_SYNTAX (grammar), MP_COMPILE (a
 * field, function or comparison that is none), MP_LIMIT, MP_NOMEM. */
#ifndef MAPAE_ODATA_ODATA_H
#define MAPAE_ODATA_ODATA_H

#include "arena.h"
#include "buf.h"
#include "clock.h"

/* ---- limits ---- */

#define MP_ODATA_TEXT_MAX 32768   /* bytes of one option */
#define MP_ODATA_DEPTH_MAX 64     /* parentheses, not and calls within each other */
#define MP_ODATA_TERMS_MAX 1024   /* operands of one filter (a comparison has two); values in a list of `in` are not counted */
#define MP_ODATA_ORDER_MAX 32     /* fields of $orderby */
#define MP_ODATA_SELECT_MAX 256   /* names in $select */
#define MP_ODATA_TOP_MAX INT64_C(2147483647)
#define MP_ODATA_ARGUMENTS_MAX 4  /* of a function of the caller's table */

/* ---- rows ---- */

typedef enum mp_cell_kind {
    MP_CELL_NULL,
    MP_CELL_BOOL,
    MP_CELL_INT,
    MP_CELL_REAL,
    MP_CELL_TEXT,
    MP_CELL_DATE,
    MP_CELL_LIST, /* of texts */
} mp_cell_kind;

/* One value of a row. */
typedef struct mp_cell {
    mp_cell_kind kind;
    uint32_t     count; /* LIST */
    union {
        bool          yes;
        int64_t       integer;
        double        real;  /* never NaN */
        mp_ticks      date;
        mp_str        text;  /* borrowed; UTF-8 */
        const mp_str *items; /* borrowed */
    } u;
} mp_cell;

#define MP_CELL_OF_NULL ((mp_cell){ .kind = MP_CELL_NULL })
static inline mp_cell mp_cell_bool(bool yes) { return (mp_cell){ .kind = MP_CELL_BOOL, .u.yes = yes }; }
static inline mp_cell mp_cell_int(int64_t i) { return (mp_cell){ .kind = MP_CELL_INT, .u.integer = i }; }
static inline mp_cell mp_cell_real(double d) { return (mp_cell){ .kind = MP_CELL_REAL, .u.real = d }; }
static inline mp_cell mp_cell_text(mp_str s) { return (mp_cell){ .kind = MP_CELL_TEXT, .u.text = s }; }
static inline mp_cell mp_cell_date(mp_ticks t) { return (mp_cell){ .kind = MP_CELL_DATE, .u.date = t }; }
static inline mp_cell mp_cell_list(const mp_str *items, uint32_t count)
{
    return (mp_cell){ .kind = MP_CELL_LIST, .count = count, .u.items = items };
}

typedef enum mp_odata_type {
    MP_ODATA_STRING,
    MP_ODATA_ID,   /* a text that is a path: a slash at the end of a literal does not count */
    MP_ODATA_BOOL,
    MP_ODATA_INT,
    MP_ODATA_REAL,
    MP_ODATA_DATE,
    MP_ODATA_LIST, /* of texts: for any() and all() */
} mp_odata_type;

/* What an INTEGER column of a date counts. */
typedef enum mp_odata_unit {
    MP_ODATA_TICKS,   /* as base/clock.h */
    MP_ODATA_SECONDS, /* since 1970 */
    MP_ODATA_MILLISECONDS, /* since 1970 */
} mp_odata_unit;

typedef struct mp_odata_field {
    mp_str        name; /* "complianceState", or a path: "properties/state"; found without case */
    mp_odata_type type;
    /* NULL, or an expression of SQL that gives exactly what the reader gives: TEXT folded by mp_odata_fold() (texts),
     * INTEGER 0 or 1 (BOOL), INTEGER, REAL, INTEGER of `unit` (DATE). SQL's NULL is the reader's null. */
    const char   *sql;
    mp_odata_unit unit;
    bool          is_required; /* never null, in any row: says so in SQL, where an index serves better then */
} mp_odata_field;

/* A condition that the caller answers: atScope(), assignedTo('id'). Its arguments are texts. */
typedef struct mp_odata_function {
    mp_str  name; /* found without case */
    uint8_t least, most; /* arguments */
} mp_odata_function;

typedef struct mp_odata_table {
    const mp_odata_field    *fields;
    uint32_t                 field_count;
    uint32_t                 function_count;
    const mp_odata_function *functions;
} mp_odata_table;

/* How to look into a row. What it gives must stay readable until the row was dealt with. A cell of another kind than its
 * field is converted where that is possible ("true" for BOOL, ISO 8601 for DATE), and null where it is not. */
typedef struct mp_odata_reader {
    mp_cell (*get)(void *context, const void *row, uint32_t field);
    /* Of functions[function]; may be NULL when the table has none. */
    bool (*call)(void *context, const void *row, uint32_t function, const mp_str *arguments, uint32_t count);
    void *context;
} mp_odata_reader;

/* Index of a field in the table, or UINT32_MAX. */
uint32_t mp_odata_find(const mp_odata_table *table, mp_str name);
/* The cell of a row as its field's type. */
mp_cell mp_odata_cell(const mp_odata_table *table, const mp_odata_reader *reader, const void *row, uint32_t field);
/* Order of two cells of one type; null stands before everything. Lists are equal. */
int mp_cell_cmp(const mp_cell *a, const mp_cell *b);
/* `s` with its ASCII letters small: what columns of texts hold. {NULL,0} when memory is short. */
mp_str mp_odata_fold(mp_arena *arena, mp_str s);

/* ---- $filter ---- */

typedef struct mp_filter mp_filter;

/* `table` must outlive the filter; `text` need not. */
MP_MUST_CHECK mp_code mp_filter_parse(const mp_filter **out, mp_arena *arena, const mp_odata_table *table, mp_str text,
                                      mp_error *err);
/* NULL is true of every row. */
bool mp_filter_test(const mp_filter *filter, const mp_odata_reader *reader, const void *row);
/* Text that is parsed to the same filter. */
void mp_filter_print(mp_buf *out, const mp_filter *filter);
/* Both hold. One of them, or both, may be NULL. Of one table. */
MP_MUST_CHECK mp_code mp_filter_and(const mp_filter **out, mp_arena *arena, const mp_filter *a, const mp_filter *b,
                                    mp_error *err);

/* Does the filter read that field (call that function) anywhere? */
bool mp_filter_reads(const mp_filter *filter, uint32_t field);
bool mp_filter_calls(const mp_filter *filter, uint32_t function);
/* The filter is `field eq value` and perhaps more, joined by `and`: then the value, of the field's type. For callers that
 * find rows by it. */
bool mp_filter_wants(mp_cell *value, const mp_filter *filter, uint32_t field);
/* The same for a call of a function that must be true; its arguments. */
bool mp_filter_wants_call(const mp_str **arguments, uint32_t *count, const mp_filter *filter, uint32_t function);

/* ---- $orderby, $select, $top ---- */

typedef struct mp_order_key {
    uint32_t field;
    bool     descending;
} mp_order_key;

typedef struct mp_order {
    const mp_odata_table *table;
    const mp_order_key   *keys;
    uint32_t              count;
} mp_order;

MP_MUST_CHECK mp_code mp_order_parse(mp_order *out, mp_arena *arena, const mp_odata_table *table, mp_str text,
                                     mp_error *err);
/* Below 0 when `a` comes first. Null comes before everything, and last where the order descends. */
int mp_order_compare(const mp_order *order, const mp_odata_reader *reader, const void *a, const void *b);
void mp_order_print(mp_buf *out, const mp_order *order);

/* `*fields` are indexes in the order in which they were named, each once. "*" is all fields, in the table's order. */
MP_MUST_CHECK mp_code mp_select_parse(const uint32_t **fields, uint32_t *count, mp_arena *arena, const mp_odata_table *table,
                                      mp_str text, mp_error *err);
/* A whole number from 0 to MP_ODATA_TOP_MAX. */
MP_MUST_CHECK mp_code mp_top_parse(int64_t *out, mp_str text, mp_error *err);

#endif
