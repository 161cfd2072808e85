/* SPDX-License-Identifier: Apache-2.0 */
/* Filters as text again, with as many parentheses as it takes and no more than are clear. */
#include "odata_parse.h"

#include <inttypes.h>

#include "jsonw.h"

typedef struct printing {
    mp_buf               *out;
    const mp_odata_table *table;
} printing;

static void print(const printing *p, const node *n);

static void add_text(mp_buf *out, mp_str s)
{
    mp_buf_add_c(out, '\'');
    for (size_t quote = mp_str_find(s, '\''); quote != SIZE_MAX; quote = mp_str_find(s, '\'')) {
        mp_buf_add(out, mp_str_of(s.ptr, quote + 1));
        mp_buf_add_c(out, '\'');
        s = mp_str_skip(s, quote + 1);
    }
    mp_buf_add(out, s);
    mp_buf_add_c(out, '\'');
}

static void add_real(mp_buf *out, double d)
{
    mp_arena       arena = MP_ARENA_INIT;
    const mp_json *v = mp_json_make_real(&arena, d);
    if (v)
        mp_buf_add(out, mp_json_str(v));
    else
        out->failed = true;
    mp_arena_free(&arena);
}

static void add_cell(mp_buf *out, const mp_cell *cell)
{
    char date[MP_CLOCK_TEXT];
    switch (cell->kind) {
    case MP_CELL_BOOL:
        mp_buf_add_z(out, cell->u.yes ? "true" : "false");
        break;
    case MP_CELL_INT:
        mp_buf_printf(out, "%" PRId64, cell->u.integer);
        break;
    case MP_CELL_REAL:
        add_real(out, cell->u.real);
        break;
    case MP_CELL_TEXT:
        add_text(out, cell->u.text);
        break;
    case MP_CELL_DATE:
        mp_clock_format(date, cell->u.date);
        mp_buf_add_z(out, date);
        break;
    default:
        mp_buf_add_z(out, "null");
    }
}

/* As an operand of something that binds tighter than what it is itself. */
static void print_operand(const printing *p, const node *n)
{
    bool is_joined = n->kind == NODE_AND || n->kind == NODE_OR || n->kind == NODE_COMPARE || n->kind == NODE_IN;
    if (is_joined)
        mp_buf_add_c(p->out, '(');
    print(p, n);
    if (is_joined)
        mp_buf_add_c(p->out, ')');
}

static void print_joined(const printing *p, const node *n)
{
    for (const node *part = n->first; part; part = part->next) {
        bool is_joined = part->kind == NODE_AND || part->kind == NODE_OR;
        if (part != n->first)
            mp_buf_add_z(p->out, n->kind == NODE_AND ? " and " : " or ");
        if (is_joined)
            print_operand(p, part);
        else
            print(p, part);
    }
}

static void print_call(const printing *p, const char *name, const node *first)
{
    mp_buf_add_z(p->out, name);
    mp_buf_add_c(p->out, '(');
    for (const node *n = first; n; n = n->next) {
        if (n != first)
            mp_buf_add_c(p->out, ',');
        print(p, n);
    }
    mp_buf_add_c(p->out, ')');
}

static void print_own_call(const printing *p, const node *n)
{
    mp_buf_add(p->out, p->table->functions[n->field].name);
    mp_buf_add_c(p->out, '(');
    for (uint32_t i = 0; i < n->count; i++) {
        if (i)
            mp_buf_add_c(p->out, ',');
        add_text(p->out, n->u.arguments[i]);
    }
    mp_buf_add_c(p->out, ')');
}

static void print_in(const printing *p, const node *n)
{
    print_operand(p, n->first);
    mp_buf_add_z(p->out, " in (");
    for (uint32_t i = 0; i < n->count; i++) {
        if (i)
            mp_buf_add_c(p->out, ',');
        add_cell(p->out, &n->u.values[i]);
    }
    mp_buf_add_c(p->out, ')');
}

/* One letter stands for the element: no field shall have that name alone. */
static void print_lambda(const printing *p, const node *n)
{
    mp_buf_add(p->out, p->table->fields[n->field].name);
    mp_buf_add_z(p->out, n->kind == NODE_ANY ? "/any(" : "/all(");
    if (n->first) {
        mp_buf_add_z(p->out, "_:");
        print(p, n->first);
    }
    mp_buf_add_c(p->out, ')');
}

static void print(const printing *p, const node *n)
{
    switch (n->kind) {
    case NODE_AND:
    case NODE_OR:
        print_joined(p, n);
        break;
    case NODE_NOT:
        mp_buf_add_z(p->out, "not ");
        print_operand(p, n->first);
        break;
    case NODE_COMPARE:
        print_operand(p, n->first);
        mp_buf_printf(p->out, " %s ", odata_comparison_names[n->op]);
        print_operand(p, n->first->next);
        break;
    case NODE_IN:
        print_in(p, n);
        break;
    case NODE_CONTAINS:
        print_call(p, "contains", n->first);
        break;
    case NODE_STARTS:
        print_call(p, "startswith", n->first);
        break;
    case NODE_ENDS:
        print_call(p, "endswith", n->first);
        break;
    case NODE_DAY:
        print_call(p, "date", n->first);
        break;
    case NODE_ANY:
    case NODE_ALL:
        print_lambda(p, n);
        break;
    case NODE_CALL:
        print_own_call(p, n);
        break;
    case NODE_FIELD:
        mp_buf_add(p->out, p->table->fields[n->field].name);
        break;
    case NODE_VARIABLE:
        mp_buf_add_c(p->out, '_');
        break;
    case NODE_LITERAL:
        add_cell(p->out, &n->u.literal);
        break;
    }
}

void mp_filter_print(mp_buf *out, const mp_filter *filter)
{
    printing p = { out, filter->table };
    print(&p, filter->root);
}
