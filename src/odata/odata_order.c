/* SPDX-License-Identifier: Apache-2.0 */
/* $orderby, $select, $top. */
#include <inttypes.h>
#include <stdlib.h>

#include "odata_parse.h"
#include "odata_query.h"

/* ---- $orderby ---- */

static mp_code parse_key(mp_order_key *out, parsing *p)
{
    size_t   at = p->token.at;
    uint32_t field;
    MP_TRY(odata_take_field(&field, p));
    if (p->table->fields[field].type == MP_ODATA_LIST)
        return odata_fail(p, MP_COMPILE, at, "%.*s is a list; wanted a field that rows can be ordered by",
                          MP_FMT(p->table->fields[field].name));
    out->field = field;
    out->descending = odata_at_word(p, "desc");
    return out->descending || odata_at_word(p, "asc") ? odata_next(p) : MP_OK;
}

mp_code mp_order_parse(mp_order *out, mp_arena *arena, const mp_odata_table *table, mp_str text, mp_error *err)
{
    parsing       p;
    mp_order_key *keys = MP_ARENA_ARRAY(arena, mp_order_key, MP_ODATA_ORDER_MAX);
    uint32_t      count = 0;
    if (!keys)
        return odata_nomem(err);
    MP_TRY(odata_begin(&p, "$orderby", arena, table, text, err));
    for (;;) {
        if (count == MP_ODATA_ORDER_MAX)
            return odata_fail(&p, MP_LIMIT, p.token.at, "rows are ordered by more than %d fields", MP_ODATA_ORDER_MAX);
        MP_TRY(parse_key(&keys[count++], &p));
        if (!odata_at_mark(&p, ','))
            break;
        MP_TRY(odata_next(&p));
    }
    if (p.token.kind != TOKEN_END)
        return odata_fail(&p, MP_SYNTAX, p.token.at, "found \"%.*s\", wanted asc, desc, \",\" or the end",
                          MP_FMT(odata_shown(&p)));
    *out = (mp_order){ table, keys, count };
    return MP_OK;
}

int mp_order_compare(const mp_order *order, const mp_odata_reader *reader, const void *a, const void *b)
{
    for (uint32_t i = 0; i < order->count; i++) {
        const mp_order_key *key = &order->keys[i];
        mp_cell             x = mp_odata_cell(order->table, reader, a, key->field);
        mp_cell             y = mp_odata_cell(order->table, reader, b, key->field);
        int                 found = mp_cell_cmp(&x, &y);
        if (found)
            return key->descending ? -found : found;
    }
    return 0;
}

void mp_order_print(mp_buf *out, const mp_order *order)
{
    for (uint32_t i = 0; i < order->count; i++) {
        if (i)
            mp_buf_add_c(out, ',');
        mp_buf_add(out, order->table->fields[order->keys[i].field].name);
        if (order->keys[i].descending)
            mp_buf_add_z(out, " desc");
    }
}

typedef struct sorted {
    const void *row;
    size_t      place; /* before: of equals the earlier stays in front */
} sorted;

typedef struct sorting {
    const mp_order        *order;
    const mp_odata_reader *reader;
} sorting;

static int compare_sorted(const void *a, const void *b, void *context)
{
    const sorting *s = context;
    const sorted  *x = a, *y = b;
    int            found = mp_order_compare(s->order, s->reader, x->row, y->row);
    return found ? found : (x->place > y->place) - (x->place < y->place);
}

mp_code mp_order_sort(const mp_order *order, const mp_odata_reader *reader, const void **rows, size_t count, mp_error *err)
{
    if (order->count == 0 || count < 2)
        return MP_OK;
    sorted *all = calloc(count, sizeof *all);
    if (!all)
        return odata_nomem(err);
    for (size_t i = 0; i < count; i++)
        all[i] = (sorted){ rows[i], i };
    qsort_r(all, count, sizeof *all, compare_sorted, &(sorting){ order, reader });
    for (size_t i = 0; i < count; i++)
        rows[i] = all[i].row;
    free(all);
    return MP_OK;
}

/* ---- $select ---- */

static void add_once(uint32_t *fields, uint32_t *count, uint32_t field)
{
    for (uint32_t i = 0; i < *count; i++)
        if (fields[i] == field)
            return;
    fields[(*count)++] = field;
}

static mp_code select_all(const uint32_t **out, uint32_t *count, parsing *p)
{
    uint32_t *fields = MP_ARENA_ARRAY(p->arena, uint32_t, p->table->field_count + 1);
    if (!fields)
        return odata_nomem(p->err);
    MP_TRY(odata_next(p));
    MP_TRY(odata_take_end(p));
    for (uint32_t i = 0; i < p->table->field_count; i++)
        fields[i] = i;
    *out = fields;
    *count = p->table->field_count;
    return MP_OK;
}

mp_code mp_select_parse(const uint32_t **out, uint32_t *count, mp_arena *arena, const mp_odata_table *table, mp_str text,
                        mp_error *err)
{
    parsing  p;
    uint32_t field, found = 0, names = 0;
    MP_TRY(odata_begin(&p, "$select", arena, table, text, err));
    if (odata_at_mark(&p, '*'))
        return select_all(out, count, &p);
    uint32_t *fields = MP_ARENA_ARRAY(arena, uint32_t, MP_ODATA_SELECT_MAX);
    if (!fields)
        return odata_nomem(err);
    for (;;) {
        if (names++ == MP_ODATA_SELECT_MAX)
            return odata_fail(&p, MP_LIMIT, p.token.at, "more than %d fields are named", MP_ODATA_SELECT_MAX);
        MP_TRY(odata_take_field(&field, &p));
        add_once(fields, &found, field);
        if (!odata_at_mark(&p, ','))
            break;
        MP_TRY(odata_next(&p));
    }
    if (p.token.kind != TOKEN_END)
        return odata_fail(&p, MP_SYNTAX, p.token.at, "found \"%.*s\", wanted \",\" or the end", MP_FMT(odata_shown(&p)));
    *out = fields;
    *count = found;
    return MP_OK;
}

/* ---- $top ---- */

mp_code mp_top_parse(int64_t *out, mp_str text, mp_error *err)
{
    parsing  p = { .option = "$top", .text = text, .err = err };
    int64_t  top = 0;
    mp_str   digits = mp_str_trim(text);
    bool     is_right = digits.len > 0;
    for (size_t i = 0; i < digits.len && is_right; i++) {
        is_right = digits.ptr[i] >= '0' && digits.ptr[i] <= '9' && top <= MP_ODATA_TOP_MAX;
        top = is_right ? top * 10 + (digits.ptr[i] - '0') : top;
    }
    if (!is_right || top > MP_ODATA_TOP_MAX)
        return odata_fail(&p, MP_SYNTAX, 0, "found \"%.*s\", wanted a whole number from 0 to %" PRId64,
                          MP_FMT(odata_clip(digits)), (int64_t)MP_ODATA_TOP_MAX);
    *out = top;
    return MP_OK;
}
