/* SPDX-License-Identifier: Apache-2.0 */
/* ORDER BY, GROUP BY, and what the integers of columns mean. */
#include "odata_sql.h"

#include "odata_parse.h"

/* ---- order ---- */

static mp_code give(mp_str *out, mp_arena *arena, mp_buf *text, mp_error *err)
{
    mp_str copy = text->failed ? mp_str_of(NULL, 0) : mp_arena_dup(arena, mp_buf_str(text));
    mp_buf_free(text);
    if (!copy.ptr)
        return odata_nomem(err);
    *out = copy;
    return MP_OK;
}

mp_code mp_odata_sql_order(mp_str *out, mp_arena *arena, const mp_order *order, mp_error *err)
{
    mp_buf text = MP_BUF_INIT;
    for (uint32_t i = 0; i < order->count; i++) {
        const mp_odata_field *f = &order->table->fields[order->keys[i].field];
        bool                  descends = order->keys[i].descending;
        if (!f->sql) {
            mp_buf_free(&text);
            *out = mp_str_of(NULL, 0);
            return MP_OK;
        }
        mp_buf_printf(&text, "%s%s %s", i ? ", " : "", f->sql, descends ? "DESC" : "ASC");
        if (!f->is_required)
            mp_buf_add_z(&text, descends ? " NULLS LAST" : " NULLS FIRST");
    }
    return give(out, arena, &text, err);
}

/* ---- groups ---- */

/* Sums of PostgreSQL are NUMERIC, and so are its averages. */
static bool add_aggregate(mp_buf *text, const mp_odata_table *table, const mp_aggregate *a)
{
    const mp_odata_field *f = a->method == MP_AGGREGATE_COUNT ? NULL : &table->fields[a->field];
    if (f && !f->sql)
        return false;
    switch (a->method) {
    case MP_AGGREGATE_COUNT:
        mp_buf_add_z(text, "COUNT(*)");
        break;
    case MP_AGGREGATE_SUM:
        mp_buf_printf(text, "CAST(SUM(%s) AS %s)", f->sql, f->type == MP_ODATA_INT ? "INTEGER" : "REAL");
        break;
    case MP_AGGREGATE_AVERAGE:
        mp_buf_printf(text, "CAST(AVG(%s) AS REAL)", f->sql);
        break;
    case MP_AGGREGATE_MIN:
        mp_buf_printf(text, "MIN(%s)", f->sql);
        break;
    case MP_AGGREGATE_MAX:
        mp_buf_printf(text, "MAX(%s)", f->sql);
        break;
    case MP_AGGREGATE_DISTINCT:
        mp_buf_printf(text, "COUNT(DISTINCT %s)", f->sql);
        break;
    }
    return true;
}

static bool write_columns(mp_buf *columns, mp_buf *group, const mp_apply_step *step)
{
    for (uint32_t i = 0; i < step->key_count; i++) {
        const char *sql = step->in->fields[step->keys[i]].sql;
        if (!sql)
            return false;
        mp_buf_printf(columns, "%s%s", i ? ", " : "", sql);
        mp_buf_printf(group, "%s%s", i ? ", " : "", sql);
    }
    for (uint32_t i = 0; i < step->aggregate_count; i++) {
        if (columns->len)
            mp_buf_add_z(columns, ", ");
        if (!add_aggregate(columns, step->in, &step->aggregates[i]))
            return false;
    }
    return true;
}

mp_code mp_odata_sql_groups(mp_odata_sql_group *out, mp_arena *arena, const mp_apply_step *step, mp_error *err)
{
    mp_buf             columns = MP_BUF_INIT, group = MP_BUF_INIT;
    mp_odata_sql_group found = { { NULL, 0 }, { NULL, 0 } };
    mp_code            code = MP_OK;
    if (write_columns(&columns, &group, step)) {
        code = give(&found.columns, arena, &columns, err);
        if (code == MP_OK)
            code = give(&found.group, arena, &group, err);
    }
    mp_buf_free(&columns);
    mp_buf_free(&group);
    if (code == MP_OK)
        *out = found;
    return code;
}

mp_cell mp_odata_sql_cell(const mp_odata_field *field, int64_t value)
{
    if (field->type == MP_ODATA_BOOL)
        return mp_cell_bool(value != 0);
    if (field->type == MP_ODATA_INT)
        return mp_cell_int(value);
    if (field->unit == MP_ODATA_TICKS)
        return mp_cell_date(value);
    return mp_cell_date(TICKS_1970 +
                        value * (field->unit == MP_ODATA_SECONDS ? MP_TICKS_PER_SECOND : MP_TICKS_PER_SECOND / 1000));
}
