/* SPDX-License-Identifier: Apache-2.0 */
/* What cells are, how they are converted to the type of their field, and how two of them compare: the rules of odata.h, in
 * this one place. SQL is written by the same rules (odata_sql.c). */
#include "odata_parse.h"

#include "simd.h"

#define TWO_TO_63 9223372036854775808.0

uint32_t mp_odata_find(const mp_odata_table *table, mp_str name)
{
    for (uint32_t i = 0; i < table->field_count; i++)
        if (mp_str_eq_fold(table->fields[i].name, name))
            return i;
    return UINT32_MAX;
}

mp_str mp_odata_fold(mp_arena *arena, mp_str s)
{
    char *copy = mp_arena_alloc(arena, s.len + 1);
    if (!copy)
        return mp_str_of(NULL, 0);
    for (size_t i = 0; i < s.len; i++)
        copy[i] = (char)mp_fold1((uint8_t)s.ptr[i]);
    copy[s.len] = '\0';
    return mp_str_of(copy, s.len);
}

mp_ticks odata_day(mp_ticks t)
{
    return t - t % MP_TICKS_PER_DAY; /* ticks begin with year 1: none is negative */
}

/* ---- conversion ---- */

static mp_cell as_bool(const mp_cell *cell)
{
    if (cell->kind == MP_CELL_BOOL)
        return *cell;
    if (cell->kind == MP_CELL_TEXT && mp_str_eq_fold(cell->u.text, MP_S("true")))
        return mp_cell_bool(true);
    if (cell->kind == MP_CELL_TEXT && mp_str_eq_fold(cell->u.text, MP_S("false")))
        return mp_cell_bool(false);
    return MP_CELL_OF_NULL;
}

static mp_cell as_int(const mp_cell *cell)
{
    if (cell->kind == MP_CELL_INT)
        return *cell;
    bool fits = cell->kind == MP_CELL_REAL && cell->u.real >= -TWO_TO_63 && cell->u.real < TWO_TO_63;
    if (fits && (double)(int64_t)cell->u.real == cell->u.real)
        return mp_cell_int((int64_t)cell->u.real);
    return MP_CELL_OF_NULL;
}

static mp_cell as_real(const mp_cell *cell)
{
    if (cell->kind == MP_CELL_REAL)
        return *cell;
    return cell->kind == MP_CELL_INT ? mp_cell_real((double)cell->u.integer) : MP_CELL_OF_NULL;
}

static mp_cell as_date(const mp_cell *cell)
{
    mp_ticks ticks;
    if (cell->kind == MP_CELL_DATE)
        return *cell;
    if (cell->kind == MP_CELL_TEXT && mp_clock_parse(&ticks, cell->u.text))
        return mp_cell_date(ticks);
    return MP_CELL_OF_NULL;
}

mp_cell odata_as(mp_odata_type type, const mp_cell *cell)
{
    switch (type) {
    case MP_ODATA_BOOL:
        return as_bool(cell);
    case MP_ODATA_INT:
        return as_int(cell);
    case MP_ODATA_REAL:
        return as_real(cell);
    case MP_ODATA_DATE:
        return as_date(cell);
    case MP_ODATA_LIST:
        return cell->kind == MP_CELL_LIST ? *cell : MP_CELL_OF_NULL;
    default:
        return cell->kind == MP_CELL_TEXT ? *cell : MP_CELL_OF_NULL;
    }
}

mp_cell mp_odata_cell(const mp_odata_table *table, const mp_odata_reader *reader, const void *row, uint32_t field)
{
    mp_cell cell = reader->get(reader->context, row, field);
    return odata_as(table->fields[field].type, &cell);
}

/* ---- comparison ---- */

static int order_of(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int cmp_reals(double a, double b)
{
    return (a > b) - (a < b);
}

/* Exactly: (double)a could round to b. */
static int cmp_int_real(int64_t a, double b)
{
    if (b >= TWO_TO_63)
        return -1;
    if (b < -TWO_TO_63)
        return 1;
    int64_t whole = (int64_t)b; /* towards zero */
    return a != whole ? order_of(a, whole) : cmp_reals((double)whole, b);
}

static int cmp_numbers(const mp_cell *a, const mp_cell *b)
{
    if (a->kind == MP_CELL_INT)
        return b->kind == MP_CELL_INT ? order_of(a->u.integer, b->u.integer) : cmp_int_real(a->u.integer, b->u.real);
    return b->kind == MP_CELL_REAL ? cmp_reals(a->u.real, b->u.real) : -cmp_int_real(b->u.integer, a->u.real);
}

static bool is_number(const mp_cell *cell)
{
    return cell->kind == MP_CELL_INT || cell->kind == MP_CELL_REAL;
}

int mp_cell_cmp(const mp_cell *a, const mp_cell *b)
{
    if (is_number(a) && is_number(b))
        return cmp_numbers(a, b);
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1; /* null stands first; others do not meet */
    switch (a->kind) {
    case MP_CELL_BOOL:
        return (int)a->u.yes - (int)b->u.yes;
    case MP_CELL_TEXT:
        return mp_str_cmp_fold(a->u.text, b->u.text);
    case MP_CELL_DATE:
        return order_of(a->u.date, b->u.date);
    default:
        return 0;
    }
}

bool odata_holds(comparison op, const mp_cell *a, const mp_cell *b)
{
    if (a->kind == MP_CELL_NULL || b->kind == MP_CELL_NULL) {
        bool same = a->kind == b->kind;
        return op == CMP_NE ? !same : same && (op == CMP_EQ || op == CMP_GE || op == CMP_LE);
    }
    int order = mp_cell_cmp(a, b);
    switch (op) {
    case CMP_EQ:
        return order == 0;
    case CMP_NE:
        return order != 0;
    case CMP_GT:
        return order > 0;
    case CMP_GE:
        return order >= 0;
    case CMP_LT:
        return order < 0;
    default:
        return order <= 0;
    }
}
