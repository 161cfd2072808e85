/* SPDX-License-Identifier: Apache-2.0 */
/* What callers ask of a filter, apart from testing it. The conditions that must all hold are one list (the parser
 * joins nested ands), so a condition that a filter cannot do without is found in it. */
#include "odata_parse.h"

node *odata_copy(mp_arena *arena, const node *n)
{
    node *copy = MP_ARENA_NEW(arena, node);
    if (copy) {
        *copy = *n;
        copy->next = NULL;
    }
    return copy;
}

/* Append a copy of the node, or of those that it joins. */
static bool add_conjuncts(node ***last, mp_arena *arena, const node *root)
{
    const node *n = root->kind == NODE_AND ? root->first : root;
    for (; n; n = root->kind == NODE_AND ? n->next : NULL) {
        **last = odata_copy(arena, n);
        if (!**last)
            return false;
        *last = &(**last)->next;
    }
    return true;
}

mp_code mp_filter_and(const mp_filter **out, mp_arena *arena, const mp_filter *a, const mp_filter *b, mp_error *err)
{
    if (!a || !b) {
        *out = a ? a : b;
        return MP_OK;
    }
    mp_filter *both = MP_ARENA_NEW(arena, mp_filter);
    node      *root = MP_ARENA_NEW(arena, node);
    if (!both || !root)
        return odata_nomem(err);
    node **last = &root->first;
    root->kind = NODE_AND;
    if (!add_conjuncts(&last, arena, a->root) || !add_conjuncts(&last, arena, b->root))
        return odata_nomem(err);
    both->table = a->table;
    both->root = root;
    *out = both;
    return MP_OK;
}

static bool mentions(const node *n, bool is_call, uint32_t index)
{
    for (; n; n = n->next) {
        bool is_named = is_call ? n->kind == NODE_CALL : n->kind == NODE_FIELD || n->kind == NODE_ANY || n->kind == NODE_ALL;
        if ((is_named && n->field == index) || mentions(n->first, is_call, index))
            return true;
    }
    return false;
}

bool mp_filter_reads(const mp_filter *filter, uint32_t field)
{
    return filter && mentions(filter->root, false, field);
}

bool mp_filter_calls(const mp_filter *filter, uint32_t function)
{
    return filter && mentions(filter->root, true, function);
}

static const node *first_conjunct(const mp_filter *filter)
{
    return !filter ? NULL : filter->root->kind == NODE_AND ? filter->root->first : filter->root;
}

bool mp_filter_wants(mp_cell *value, const mp_filter *filter, uint32_t field)
{
    for (const node *n = first_conjunct(filter); n; n = n->next) {
        bool is_equality = n->kind == NODE_COMPARE && n->op == CMP_EQ && n->first->kind == NODE_FIELD &&
                           n->first->field == field && n->first->next->kind == NODE_LITERAL;
        if (is_equality && n->first->next->u.literal.kind != MP_CELL_NULL) {
            *value = n->first->next->u.literal;
            return true;
        }
    }
    return false;
}

bool mp_filter_wants_call(const mp_str **arguments, uint32_t *count, const mp_filter *filter, uint32_t function)
{
    for (const node *n = first_conjunct(filter); n; n = n->next)
        if (n->kind == NODE_CALL && n->field == function) {
            *arguments = n->u.arguments;
            *count = n->count;
            return true;
        }
    return false;
}
