/* SPDX-License-Identifier: Apache-2.0 */
/* A filter on a row. Nothing is allocated: a cell is looked at where it stands. */
#include "odata_parse.h"

typedef struct testing {
    const mp_odata_table  *table;
    const mp_odata_reader *reader;
    const void            *row;
    mp_str                 element; /* of the list around */
} testing;

static bool holds(const testing *t, const node *n);

static mp_cell value_of(const testing *t, const node *n)
{
    mp_cell cell;
    switch (n->kind) {
    case NODE_LITERAL:
        return n->u.literal;
    case NODE_FIELD:
        return mp_odata_cell(t->table, t->reader, t->row, n->field);
    case NODE_VARIABLE:
        return mp_cell_text(t->element);
    case NODE_DAY:
        cell = value_of(t, n->first);
        if (cell.kind == MP_CELL_DATE)
            cell.u.date = odata_day(cell.u.date);
        return cell;
    default:
        return mp_cell_bool(holds(t, n));
    }
}

static bool compares(const testing *t, const node *n)
{
    mp_cell a = value_of(t, n->first), b = value_of(t, n->first->next);
    return odata_holds(n->op, &a, &b);
}

static bool is_among(const testing *t, const node *n)
{
    mp_cell a = value_of(t, n->first);
    for (uint32_t i = 0; i < n->count; i++)
        if (odata_holds(CMP_EQ, &a, &n->u.values[i]))
            return true;
    return false;
}

static bool finds(const testing *t, const node *n)
{
    mp_cell hay = value_of(t, n->first), needle = value_of(t, n->first->next);
    if (hay.kind != MP_CELL_TEXT || needle.kind != MP_CELL_TEXT)
        return false;
    if (n->kind == NODE_STARTS)
        return mp_str_starts_fold(hay.u.text, needle.u.text);
    if (n->kind == NODE_ENDS)
        return mp_str_ends_fold(hay.u.text, needle.u.text);
    return mp_str_find_fold(hay.u.text, needle.u.text) != SIZE_MAX;
}

/* any: is there one that is as wanted; all: is there none that is not. A null list has no elements. */
static bool looks_through(const testing *t, const node *n)
{
    mp_cell list = mp_odata_cell(t->table, t->reader, t->row, n->field);
    bool    wanted = n->kind == NODE_ANY;
    testing inner = *t;
    for (uint32_t i = 0; list.kind == MP_CELL_LIST && i < list.count; i++) {
        inner.element = list.u.items[i];
        if ((!n->first || holds(&inner, n->first)) == wanted)
            return wanted;
    }
    return !wanted;
}

static bool all_hold(const testing *t, const node *n)
{
    for (; n; n = n->next)
        if (!holds(t, n))
            return false;
    return true;
}

static bool any_holds(const testing *t, const node *n)
{
    for (; n; n = n->next)
        if (holds(t, n))
            return true;
    return false;
}

static bool holds(const testing *t, const node *n)
{
    mp_cell cell;
    switch (n->kind) {
    case NODE_AND:
        return all_hold(t, n->first);
    case NODE_OR:
        return any_holds(t, n->first);
    case NODE_NOT:
        return !holds(t, n->first);
    case NODE_COMPARE:
        return compares(t, n);
    case NODE_IN:
        return is_among(t, n);
    case NODE_CONTAINS:
    case NODE_STARTS:
    case NODE_ENDS:
        return finds(t, n);
    case NODE_ANY:
    case NODE_ALL:
        return looks_through(t, n);
    case NODE_CALL:
        return t->reader->call(t->reader->context, t->row, n->field, n->u.arguments, n->count);
    default: /* a boolean field, true, false */
        cell = value_of(t, n);
        return cell.kind == MP_CELL_BOOL && cell.u.yes;
    }
}

bool mp_filter_test(const mp_filter *filter, const mp_odata_reader *reader, const void *row)
{
    if (!filter)
        return true;
    testing t = { .table = filter->table, .reader = reader, .row = row };
    return holds(&t, filter->root);
}
