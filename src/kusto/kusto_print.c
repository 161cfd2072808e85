/* SPDX-License-Identifier: Apache-2.0 */
/* A query as text: every name in brackets, every condition in parentheses, every shape as a project of all columns. */
#include "kusto_parse.h"

static void add_text(mp_buf *out, mp_str s)
{
    mp_buf_add_c(out, '\'');
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (c == '\'' || c == '\\') {
            mp_buf_add_c(out, '\\');
            mp_buf_add_c(out, c);
        } else if ((uint8_t)c < 0x20) {
            mp_buf_printf(out, "\\x%02x", (unsigned)c);
        } else {
            mp_buf_add_c(out, c);
        }
    }
    mp_buf_add_c(out, '\'');
}

static void add_name(mp_buf *out, mp_str name)
{
    mp_buf_add_c(out, '[');
    add_text(out, name);
    mp_buf_add_c(out, ']');
}

static void add_node(mp_buf *out, const node *n);

static void add_list(mp_buf *out, const node *first, const char *between)
{
    for (const node *one = first; one; one = one->next) {
        if (one != first)
            mp_buf_add_z(out, between);
        add_node(out, one);
    }
}

static void add_literal(mp_buf *out, const mp_json *v)
{
    if (v->kind == MP_JSON_STRING)
        add_text(out, mp_json_str(v));
    else
        mp_buf_add_json(out, v);
}

static void add_node(mp_buf *out, const node *n)
{
    switch (n->kind) {
    case NODE_LITERAL: add_literal(out, n->literal); return;
    case NODE_COLUMN: add_name(out, n->text); return;
    case NODE_MEMBER:
        add_node(out, n->first);
        add_name(out, n->text);
        return;
    case NODE_ELEMENT:
        add_node(out, n->first);
        mp_buf_printf(out, "[%lld]", (long long)n->index);
        return;
    case NODE_CALL:
        mp_buf_printf(out, "%s(", kusto_functions[n->op]);
        add_list(out, n->first, ", ");
        mp_buf_add_c(out, ')');
        return;
    case NODE_AND:
    case NODE_OR:
        mp_buf_add_c(out, '(');
        add_list(out, n->first, n->kind == NODE_AND ? " and " : " or ");
        mp_buf_add_c(out, ')');
        return;
    case NODE_COMPARE:
    case NODE_IN:
        mp_buf_add_c(out, '(');
        add_node(out, n->first);
        mp_buf_printf(out, " %s %s", kusto_comparisons[n->op], n->kind == NODE_IN ? "(" : "");
        add_list(out, n->first->next, ", ");
        mp_buf_add_z(out, n->kind == NODE_IN ? "))" : ")");
        return;
    }
}

static void add_item(mp_buf *out, const step *s, uint32_t i, bool is_named)
{
    const item *made = &s->items[i];
    if (is_named) {
        add_name(out, s->columns[i].name);
        mp_buf_add_z(out, " = ");
    }
    if (made->is_aggregate)
        mp_buf_printf(out, "%s(", kusto_aggregates[made->method]);
    if (made->value)
        add_node(out, made->value);
    if (made->is_aggregate)
        mp_buf_add_c(out, ')');
}

static void add_items(mp_buf *out, const step *s, bool is_aggregate, bool is_named)
{
    bool is_first = true;
    for (uint32_t i = 0; i < s->count; i++) {
        if (s->items[i].is_aggregate != is_aggregate)
            continue;
        mp_buf_add_z(out, is_first ? " " : ", ");
        add_item(out, s, i, is_named);
        is_first = false;
    }
}

static void add_keys(mp_buf *out, const step *s)
{
    if (s->limit)
        mp_buf_printf(out, "top %llu by ", (unsigned long long)s->limit);
    else
        mp_buf_add_z(out, "order by ");
    for (uint32_t i = 0; i < s->key_count; i++) {
        mp_buf_add_z(out, i ? ", " : "");
        add_node(out, s->keys[i].value);
        mp_buf_printf(out, " %s nulls %s", s->keys[i].descending ? "desc" : "asc", s->keys[i].nulls_last ? "last" : "first");
    }
}

static void add_step(mp_buf *out, const step *s)
{
    mp_buf_add_z(out, " | ");
    if (s->kind == STEP_ORDER) {
        add_keys(out, s);
        return;
    }
    mp_buf_add_z(out, s->kind == STEP_TAKE ? "take" : s->word);
    if (s->kind == STEP_WHERE) {
        mp_buf_add_c(out, ' ');
        add_node(out, s->condition);
    } else if (s->kind == STEP_TAKE) {
        mp_buf_printf(out, " %llu", (unsigned long long)s->limit);
    } else if (s->kind == STEP_SHAPE || s->kind == STEP_DISTINCT) {
        add_items(out, s, false, s->kind == STEP_SHAPE);
    } else if (s->kind == STEP_SUMMARIZE) {
        add_items(out, s, true, true);
        if (s->count && !s->items[0].is_aggregate) {
            mp_buf_add_z(out, " by");
            add_items(out, s, false, true);
        }
    }
}

void mp_kusto_print(mp_buf *out, const mp_kusto *q)
{
    mp_buf_add_z(out, q->table->name);
    for (uint32_t i = 0; i < q->count; i++)
        add_step(out, &q->steps[i]);
}
