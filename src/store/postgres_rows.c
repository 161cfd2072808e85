/* SPDX-License-Identifier: Apache-2.0 */
/* Many rows with one statement: "INSERT INTO t (a, b) VALUES (?1, ?2)" becomes "INSERT INTO t (a, b) SELECT r.v1,
 * r.v2 FROM unnest(?1::bigint[], ?2::text[]) AS r (v1, v2)", each parameter an array of all rows' values. The
 * statement stays the same however many rows there are, and the server runs it once. */
#include "postgres.h"

#include <endian.h>

#define ROWS_MOST 1000
#define BYTES_MOST ((size_t)8 << 20) /* of texts in one statement, unless one row has more */

/* Of pg_type.dat: fixed for ever. */
static const struct {
    const char *array;
    uint32_t    element;
} kinds[] = {
    [MP_VALUE_INT] = { "bigint[]", 20 },
    [MP_VALUE_REAL] = { "float8[]", 701 },
    [MP_VALUE_TEXT] = { "text[]", 25 },
    [MP_VALUE_BLOB] = { "bytea[]", 17 },
};

/* ---- the statement ---- */

/* The values' group, its parentheses with it, and what stands before and behind. False: the statement has none, or
 * values elsewhere too. */
static bool part(mp_str *before, mp_str *group, mp_str *behind, mp_str sql)
{
    size_t at = mp_str_find_str(sql, MP_S(" VALUES (")), depth = 0, end = 0;
    if (!mp_str_starts(sql, MP_S("INSERT INTO ")) || at == SIZE_MAX)
        return false;
    *before = mp_str_of(sql.ptr, at + 1);
    mp_str rest = mp_str_skip(sql, at + sizeof " VALUES");
    do {
        depth += rest.ptr[end] == '(';
        depth -= rest.ptr[end] == ')';
        if (rest.ptr[end] == '\'' || rest.ptr[end] == '"')
            return false;
        end++;
    } while (depth > 0 && end < rest.len);
    *group = mp_str_of(rest.ptr, end);
    *behind = mp_str_skip(rest, end);
    return depth == 0 && mp_str_find(*behind, '?') == SIZE_MAX && mp_str_find(*before, '?') == SIZE_MAX;
}

/* Which kind the values of a column have; of nothing but NULL: MP_VALUE_NULL. */
static mp_value_kind kind_of(const mp_value *values, size_t width, size_t rows)
{
    for (size_t i = 0; i < rows; i++)
        if (values[i * width].kind != MP_VALUE_NULL)
            return values[i * width].kind;
    return MP_VALUE_NULL;
}

static void add_group(mp_buf *out, mp_str group)
{
    for (size_t i = 1; i + 1 < group.len; i++)
        if (group.ptr[i] == '?')
            mp_buf_add(out, MP_S("r.v"));
        else
            mp_buf_add_c(out, group.ptr[i]);
}

static void add_statement(mp_buf *out, mp_str before, mp_str group, mp_str behind, const mp_value *values,
                          size_t width, size_t rows)
{
    mp_buf_add(out, before);
    mp_buf_add_z(out, "SELECT ");
    add_group(out, group);
    for (size_t i = 0; i < width; i++)
        mp_buf_printf(out, "%s?%zu::%s", i ? ", " : " FROM unnest(", i + 1, kinds[kind_of(values + i, width, rows)].array);
    for (size_t i = 0; i < width; i++)
        mp_buf_printf(out, "%sv%zu", i ? ", " : ") AS r (", i + 1);
    mp_buf_add_c(out, ')');
    mp_buf_add(out, behind);
    mp_buf_add_c(out, '\0');
}

/* ---- values ---- */

static void add_number(mp_buf *out, uint32_t n)
{
    uint32_t big = htobe32(n);
    mp_buf_add(out, mp_str_of((const char *)&big, sizeof big));
}

static void add_value(mp_buf *out, const mp_value *v)
{
    uint64_t bits = (uint64_t)v->integer;
    if (v->kind == MP_VALUE_NULL) {
        add_number(out, UINT32_MAX);
    } else if (v->kind == MP_VALUE_TEXT || v->kind == MP_VALUE_BLOB) {
        add_number(out, (uint32_t)v->bytes.len);
        mp_buf_add(out, v->bytes);
    } else {
        if (v->kind == MP_VALUE_REAL)
            memcpy(&bits, &v->real, sizeof bits);
        bits = htobe64(bits);
        add_number(out, sizeof bits);
        mp_buf_add(out, mp_str_of((const char *)&bits, sizeof bits));
    }
}

/* One dimension, whose first index is 1, as array_recv() reads it. */
static void add_column(mp_buf *out, const mp_value *values, size_t width, size_t rows)
{
    const uint32_t head[] = { 1, 1, kinds[kind_of(values, width, rows)].element, (uint32_t)rows, 1 };
    for (size_t i = 0; i < MP_COUNT(head); i++)
        add_number(out, head[i]);
    for (size_t i = 0; i < rows; i++)
        add_value(out, &values[i * width]);
}

/* ---- sending ---- */

static mp_code send(pg_conn *c, const char *sql, const mp_value *values, size_t width, size_t rows, mp_error *err)
{
    mp_buf      bytes = MP_BUF_INIT;
    size_t      starts[MP_PG_PARAMETERS + 1] = { 0 };
    const char *parameters[MP_PG_PARAMETERS];
    int         lengths[MP_PG_PARAMETERS], formats[MP_PG_PARAMETERS];
    const char *name = NULL;
    for (size_t i = 0; i < width; i++) {
        add_column(&bytes, values + i, width, rows);
        starts[i + 1] = bytes.len;
    }
    mp_code code = mp_buf_check(&bytes, err);
    if (code == MP_OK)
        code = mp_pg_take(&name, c, sql, (const mp_value[MP_PG_PARAMETERS]){ { .kind = MP_VALUE_NULL } }, width, err);
    for (size_t i = 0; i < width && code == MP_OK; i++) {
        parameters[i] = bytes.ptr + starts[i];
        lengths[i] = (int)(starts[i + 1] - starts[i]);
        formats[i] = 1;
    }
    if (code == MP_OK)
        code = mp_pg_result(c, PQexecPrepared(c->pg, name, (int)width, parameters, lengths, formats, 1), err);
    mp_buf_free(&bytes);
    return code;
}

/* How many of the rows one statement takes. */
static size_t rows_that_fit(const mp_value *values, size_t width, size_t rows)
{
    size_t bytes = 0;
    for (size_t i = 0; i < rows; i++) {
        for (size_t k = 0; k < width; k++)
            bytes += values[i * width + k].bytes.len;
        if (i == ROWS_MOST || (i > 0 && bytes > BYTES_MOST))
            return i;
    }
    return rows;
}

static bool has_kinds(const mp_value *values, size_t width, size_t rows)
{
    for (size_t i = 0; i < width; i++)
        if (kind_of(values + i, width, rows) == MP_VALUE_NULL)
            return false;
    return true;
}

mp_code mp_pg_insert(size_t *done, pg_conn *c, const char *sql, const mp_value *values, size_t width, size_t rows,
                     mp_error *err)
{
    mp_str before, group, behind;
    *done = 0;
    if (width > MP_PG_PARAMETERS || !part(&before, &group, &behind, mp_str_from(sql)))
        return MP_OK;
    while (*done < rows) {
        const mp_value *from = values + *done * width;
        size_t          count = rows_that_fit(from, width, rows - *done);
        mp_buf          text = MP_BUF_INIT;
        if (!has_kinds(from, width, count))
            return MP_OK;
        add_statement(&text, before, group, behind, from, width, count);
        mp_code code = mp_buf_check(&text, err);
        if (code == MP_OK)
            code = send(c, text.ptr, from, width, count, err);
        mp_buf_free(&text);
        MP_TRY(code);
        *done += count;
    }
    return MP_OK;
}
