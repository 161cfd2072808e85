/* SPDX-License-Identifier: Apache-2.0 */
/* What expressions are over a row. A condition is true, false or null, which is neither: `not` leaves it null,
 * `where` takes it for false. */
#include "kusto_parse.h"

/* ---- texts ---- */

mp_str kusto_text(const mp_json *v, mp_arena *arena, bool *failed)
{
    if (!v || v->kind == MP_JSON_NULL)
        return MP_S("");
    if (v->kind == MP_JSON_STRING || v->kind == MP_JSON_REAL)
        return mp_json_str(v);
    if (v->kind == MP_JSON_BOOL)
        return v->u.integer ? MP_S("true") : MP_S("false");
    mp_buf b = MP_BUF_INIT;
    mp_buf_add_json(&b, v);
    mp_str text = b.failed ? mp_str_of(NULL, 0) : mp_arena_dup(arena, mp_buf_str(&b));
    mp_buf_free(&b);
    *failed |= !text.ptr;
    return text.ptr ? text : MP_S("");
}

void kusto_add_key(mp_buf *out, const mp_json *v)
{
    if (v)
        mp_buf_add_json(out, v);
    else
        mp_buf_add(out, MP_S("null"));
    mp_buf_add_c(out, ',');
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (uint8_t)c >= 0x80;
}

/* `term` stands in `s`, and no letter or digit joins it at either end. */
static bool has_term(mp_str s, mp_str term)
{
    for (size_t from = 0; from <= s.len;) {
        size_t at = mp_str_find_fold(mp_str_skip(s, from), term);
        if (at == SIZE_MAX || term.len == 0)
            return term.len == 0;
        size_t start = from + at, end = start + term.len;
        bool   is_joined = (start > 0 && is_letter(s.ptr[start - 1]) && is_letter(term.ptr[0])) ||
                         (end < s.len && is_letter(s.ptr[end]) && is_letter(term.ptr[term.len - 1]));
        if (!is_joined)
            return true;
        from = start + 1;
    }
    return false;
}

/* ---- order ---- */

static int rank(const mp_json *v)
{
    if (!v)
        return 0;
    switch ((mp_json_kind)v->kind) {
    case MP_JSON_NULL: return 0;
    case MP_JSON_BOOL: return 1;
    case MP_JSON_INT:
    case MP_JSON_REAL: return 2;
    case MP_JSON_STRING: return 3;
    default: return 4;
    }
}

static int compare_numbers(const mp_json *a, const mp_json *b)
{
    if (a->kind == MP_JSON_INT && b->kind == MP_JSON_INT)
        return (a->u.integer > b->u.integer) - (a->u.integer < b->u.integer);
    double x = mp_json_double(a), y = mp_json_double(b);
    return (x > y) - (x < y);
}

int kusto_compare(const mp_json *a, const mp_json *b)
{
    int of_a = rank(a), of_b = rank(b);
    if (of_a != of_b)
        return of_a < of_b ? -1 : 1;
    switch (of_a) {
    case 0: return 0;
    case 1: return (a->u.integer > b->u.integer) - (a->u.integer < b->u.integer);
    case 2: return compare_numbers(a, b);
    case 3: return mp_str_cmp_fold(mp_json_str(a), mp_json_str(b));
    default: return (a->u.span > b->u.span) - (a->u.span < b->u.span); /* objects and lists: by their size */
    }
}

/* ---- comparisons ---- */

typedef struct evaluation {
    const mp_json *const *cells;
    mp_arena             *arena;
    bool                 *failed;
} evaluation;

/* Of two that are not null. */
static bool is_equal(const mp_json *a, const mp_json *b, const evaluation *e)
{
    if (kusto_is_number(a) && kusto_is_number(b))
        return compare_numbers(a, b) == 0;
    if (a->kind == MP_JSON_BOOL && b->kind == MP_JSON_BOOL)
        return a->u.integer == b->u.integer;
    if (rank(a) != rank(b) && rank(a) != 3 && rank(b) != 3)
        return false;
    mp_str x = kusto_text(a, e->arena, e->failed), y = kusto_text(b, e->arena, e->failed);
    return a->kind == MP_JSON_BOOL || b->kind == MP_JSON_BOOL ? mp_str_eq_fold(x, y) : mp_str_eq(x, y);
}

static bool is_equal_fold(const mp_json *a, const mp_json *b, const evaluation *e)
{
    return mp_str_eq_fold(kusto_text(a, e->arena, e->failed), kusto_text(b, e->arena, e->failed));
}

static bool text_holds(unsigned op, const mp_json *a, const mp_json *b, const evaluation *e)
{
    mp_str x = kusto_text(a, e->arena, e->failed), y = kusto_text(b, e->arena, e->failed);
    switch (op) {
    case OP_EQ_FOLD: return mp_str_eq_fold(x, y);
    case OP_NE_FOLD: return !mp_str_eq_fold(x, y);
    case OP_CONTAINS: return y.len == 0 || mp_str_find_fold(x, y) != SIZE_MAX;
    case OP_NOT_CONTAINS: return y.len != 0 && mp_str_find_fold(x, y) == SIZE_MAX;
    case OP_HAS: return has_term(x, y);
    case OP_NOT_HAS: return !has_term(x, y);
    case OP_STARTS: return mp_str_starts_fold(x, y);
    case OP_NOT_STARTS: return !mp_str_starts_fold(x, y);
    case OP_ENDS: return mp_str_ends_fold(x, y);
    default: return !mp_str_ends_fold(x, y);
    }
}

/* Less and greater are of two of one sort. */
static const mp_json *by_order(unsigned op, const mp_json *a, const mp_json *b)
{
    if (!a || !b)
        return NULL;
    if (rank(a) != rank(b) || rank(a) == 4)
        return mp_json_make_bool(false);
    int order = kusto_compare(a, b);
    return mp_json_make_bool(op == OP_LT ? order < 0 : op == OP_LE ? order <= 0 : op == OP_GT ? order > 0 : order >= 0);
}

static const mp_json *compare(const node *n, const evaluation *e)
{
    const mp_json *a = kusto_value(n->first, e->cells, e->arena, e->failed),
                  *b = kusto_value(n->first->next, e->cells, e->arena, e->failed);
    switch (n->op) {
    case OP_EQ:
    case OP_NE:
        if (!a && !b)
            return NULL;
        return mp_json_make_bool((a && b && is_equal(a, b, e)) == (n->op == OP_EQ));
    case OP_LT:
    case OP_LE:
    case OP_GT:
    case OP_GE: return by_order(n->op, a, b);
    default: return mp_json_make_bool(text_holds(n->op, a, b, e));
    }
}

static const mp_json *among(const node *n, const evaluation *e)
{
    const mp_json *a = kusto_value(n->first, e->cells, e->arena, e->failed);
    bool           folds = n->op == OP_IN_FOLD || n->op == OP_NOT_IN_FOLD, is_there = false;
    for (const node *one = n->first->next; one && !is_there; one = one->next) {
        const mp_json *b = kusto_value(one, e->cells, e->arena, e->failed);
        is_there = folds ? is_equal_fold(a, b, e) : a && b && is_equal(a, b, e);
    }
    return mp_json_make_bool(is_there == (n->op == OP_IN || n->op == OP_IN_FOLD));
}

/* `and` ends at what is false, `or` at what is true; else what is null makes all of it null. */
static const mp_json *join(const node *n, const evaluation *e)
{
    bool           ends_at = n->kind == NODE_OR;
    const mp_json *outcome = mp_json_make_bool(!ends_at);
    for (const node *one = n->first; one; one = one->next) {
        const mp_json *v = kusto_value(one, e->cells, e->arena, e->failed);
        if (mp_json_is(v, MP_JSON_BOOL) && !!v->u.integer == ends_at)
            return mp_json_make_bool(ends_at);
        if (!mp_json_is(v, MP_JSON_BOOL))
            outcome = NULL;
    }
    return outcome;
}

/* ---- paths ---- */

static const mp_json *member(const node *n, const evaluation *e)
{
    const mp_json *of = kusto_value(n->first, e->cells, e->arena, e->failed);
    if (n->kind == NODE_MEMBER)
        return mp_json_is(of, MP_JSON_OBJECT) ? mp_json_get_fold(of, n->text) : NULL;
    if (!mp_json_is(of, MP_JSON_ARRAY) || n->index >= (int64_t)of->count || n->index < -(int64_t)of->count)
        return NULL;
    return mp_json_at(of, (size_t)(n->index < 0 ? n->index + (int64_t)of->count : n->index));
}

const mp_json *kusto_value(const node *n, const mp_json *const *cells, mp_arena *arena, bool *failed)
{
    evaluation     e = { .cells = cells, .arena = arena, .failed = failed };
    const mp_json *v = NULL;
    switch (n->kind) {
    case NODE_LITERAL: v = n->literal; break;
    case NODE_COLUMN: v = cells[n->column]; break;
    case NODE_MEMBER:
    case NODE_ELEMENT: v = member(n, &e); break;
    case NODE_CALL: v = kusto_call(n, cells, arena, failed); break;
    case NODE_AND:
    case NODE_OR: v = join(n, &e); break;
    case NODE_COMPARE: v = compare(n, &e); break;
    case NODE_IN: v = among(n, &e); break;
    }
    return v && v->kind == MP_JSON_NULL ? NULL : v;
}
