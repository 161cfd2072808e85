/* SPDX-License-Identifier: Apache-2.0 */
/* Statements over libpq: prepared once per connection, values and answers in binary.
 *
 * An answer comes row by row (single-row mode) and occupies the connection meanwhile. When something else is
 * asked before it was read to its end, what is still to come is taken in and kept (mp_pg_settle): right, and
 * only then dear. */
#include "postgres.h"

#include <endian.h>
#include <stdio.h>
#include <stdlib.h>

#define KEPT_STATEMENTS 512
#define PIPELINE_ROWS 512 /* sent before answers are awaited */

/* Of pg_type.dat: fixed for ever. */
enum { OID_BOOL = 16, OID_BYTEA = 17, OID_INT8 = 20, OID_INT2 = 21, OID_INT4 = 23, OID_TEXT = 25, OID_FLOAT8 = 701,
       OID_NUMERIC = 1700 };

typedef struct pg_statement {
    char *text;
    char  name[16]; /* empty: the unnamed one, prepared anew each time */
} pg_statement;

struct pg_rows {
    mp_rows    base;
    pg_conn   *conn;
    PGresult  *current;
    PGresult **kept; /* taken in ahead */
    size_t     kept_count, kept_cap, kept_next;
    bool       is_done; /* nothing more comes from the server */
    mp_code    code;    /* how it ended */
    mp_error   why;
};

/* ---- preparing ---- */

static Oid type_of(mp_value_kind kind)
{
    static const Oid types[] = {
        [MP_VALUE_NULL] = 0, [MP_VALUE_INT] = OID_INT8, [MP_VALUE_REAL] = OID_FLOAT8, [MP_VALUE_TEXT] = OID_TEXT,
        [MP_VALUE_BLOB] = OID_BYTEA,
    };
    return types[kind];
}

static mp_code prepare(pg_conn *c, const char *name, const char *sql, const mp_value *values, size_t count,
                       mp_error *err)
{
    Oid    types[MP_PG_PARAMETERS];
    mp_buf text = MP_BUF_INIT;
    if (count > MP_PG_PARAMETERS)
        return mp_fail(err, MP_INTERNAL, MP_NOWHERE, "a statement has %zu values; the most is %d", count,
                       MP_PG_PARAMETERS);
    for (size_t i = 0; i < count; i++)
        types[i] = type_of(values[i].kind);
    mp_code code = mp_translate_postgres(&text, mp_str_from(sql), false, err);
    if (code == MP_OK)
        code = mp_pg_result(c, PQprepare(c->pg, name, text.ptr, (int)count, types), err);
    mp_buf_free(&text);
    return code;
}

static mp_code keep(pg_conn *c, pg_statement *s, const char *sql, mp_error *err)
{
    s->text = strdup(sql);
    if (!s->text)
        return mp_no_memory(err);
    return mp_map_put(&c->statements, mp_str_from(s->text), s, err);
}

mp_code mp_pg_take(const char **name, pg_conn *c, const char *sql, const mp_value *values, size_t count, mp_error *err)
{
    mp_pg_settle(c);
    pg_statement *s = mp_map_get(&c->statements, mp_str_from(sql));
    if (s) {
        *name = s->name;
        return MP_OK;
    }
    *name = "";
    if (c->statements.len >= KEPT_STATEMENTS)
        return prepare(c, "", sql, values, count, err);
    s = calloc(1, sizeof *s);
    if (!s)
        return mp_no_memory(err);
    snprintf(s->name, sizeof s->name, "s%u", c->next_name++);
    mp_code code = prepare(c, s->name, sql, values, count, err);
    if (code == MP_OK)
        code = keep(c, s, sql, err);
    if (code != MP_OK) { /* the server may keep it: its name is not given again */
        free(s->text);
        free(s);
        return code;
    }
    *name = s->name;
    return MP_OK;
}

void mp_pg_forget_statements(pg_conn *c)
{
    for (size_t i = 0; i < c->statements.len; i++) {
        pg_statement *s = c->statements.entries[i].value;
        free(s->text);
        free(s);
    }
    mp_map_free(&c->statements);
}

/* ---- values ---- */

typedef struct parameters {
    uint64_t    numbers[MP_PG_PARAMETERS];
    const char *values[MP_PG_PARAMETERS];
    int         lengths[MP_PG_PARAMETERS];
    int         formats[MP_PG_PARAMETERS];
} parameters;

static mp_code encode(parameters *p, const mp_value *values, size_t count, mp_error *err)
{
    for (size_t i = 0; i < count; i++) {
        const mp_value *v = &values[i];
        uint64_t        bits = (uint64_t)v->integer;
        p->formats[i] = 1;
        switch (v->kind) {
        case MP_VALUE_NULL:
            p->values[i] = NULL;
            p->lengths[i] = 0;
            break;
        case MP_VALUE_REAL:
            memcpy(&bits, &v->real, sizeof bits);
            /* fall through */
        case MP_VALUE_INT:
            p->numbers[i] = htobe64(bits);
            p->values[i] = (const char *)&p->numbers[i];
            p->lengths[i] = (int)sizeof p->numbers[i];
            break;
        case MP_VALUE_TEXT:
        case MP_VALUE_BLOB:
            if (v->bytes.len > INT32_MAX)
                return mp_fail(err, MP_LIMIT, MP_NOWHERE, "a value of %zu bytes", v->bytes.len);
            p->values[i] = v->bytes.len ? v->bytes.ptr : "";
            p->lengths[i] = (int)v->bytes.len;
            break;
        }
    }
    return MP_OK;
}

mp_code mp_pg_run(mp_conn *conn, int64_t *changed, const char *sql, const mp_value *values, size_t count, mp_error *err)
{
    pg_conn    *c = (pg_conn *)conn;
    const char *name = NULL;
    parameters  p;
    MP_TRY(mp_pg_take(&name, c, sql, values, count, err));
    MP_TRY(encode(&p, values, count, err));
    PGresult *result = PQexecPrepared(c->pg, name, (int)count, p.values, p.lengths, p.formats, 1);
    if (changed)
        *changed = strtoll(result ? PQcmdTuples(result) : "", NULL, 10);
    return mp_pg_result(c, result, err);
}

/* The answers of a pipeline; the first failure counts. */
static mp_code read_pipeline(pg_conn *c, mp_error *err)
{
    mp_code code = MP_OK;
    bool    is_synced = false;
    while (!is_synced) {
        PGresult *result = PQgetResult(c->pg);
        if (!result && PQstatus(c->pg) != CONNECTION_OK)
            return code != MP_OK ? code : mp_pg_result(c, NULL, err);
        if (!result)
            continue; /* the end of one statement's answers */
        ExecStatusType status = PQresultStatus(result);
        is_synced = status == PGRES_PIPELINE_SYNC;
        if (code == MP_OK && status != PGRES_PIPELINE_ABORTED)
            code = mp_pg_result(c, result, err);
        else
            PQclear(result);
    }
    return code;
}

static mp_code send_rows(pg_conn *c, const char *name, const mp_value *values, size_t width, size_t rows, mp_error *err)
{
    parameters p;
    if (!PQenterPipelineMode(c->pg))
        return mp_pg_result(c, NULL, err);
    mp_code code = MP_OK;
    for (size_t i = 0; i < rows && code == MP_OK; i++) {
        code = encode(&p, values + i * width, width, err);
        if (code == MP_OK && !PQsendQueryPrepared(c->pg, name, (int)width, p.values, p.lengths, p.formats, 1))
            code = mp_pg_result(c, NULL, err);
    }
    if (PQpipelineSync(c->pg)) {
        mp_error why = { 0 };
        mp_code  answered = read_pipeline(c, &why);
        if (code == MP_OK && answered != MP_OK) {
            code = answered;
            if (err)
                *err = why;
        }
    } else if (code == MP_OK) {
        code = mp_pg_result(c, NULL, err);
    }
    PQexitPipelineMode(c->pg);
    return code;
}

mp_code mp_pg_many(mp_conn *conn, const char *sql, const mp_value *values, size_t width, size_t rows, mp_error *err)
{
    pg_conn    *c = (pg_conn *)conn;
    const char *name = NULL;
    size_t      done = 0;
    if (rows == 1)
        return mp_pg_run(conn, NULL, sql, values, width, err);
    MP_TRY(mp_pg_insert(&done, c, sql, values, width, rows, err));
    if (done == rows)
        return MP_OK;
    MP_TRY(mp_pg_take(&name, c, sql, values, width, err));
    for (size_t i = done; i < rows; i += PIPELINE_ROWS) {
        size_t count = rows - i < PIPELINE_ROWS ? rows - i : PIPELINE_ROWS;
        MP_TRY(send_rows(c, name, values + i * width, width, count, err));
    }
    return MP_OK;
}

/* ---- asking ---- */

/* The next result of the stream, or NULL at its end; then `code` says which. */
static PGresult *receive(pg_rows *rows)
{
    PGresult *result = PQgetResult(rows->conn->pg);
    if (result && PQresultStatus(result) == PGRES_SINGLE_TUPLE)
        return result;
    if (result)
        rows->code = mp_pg_result(rows->conn, result, &rows->why);
    else if (PQstatus(rows->conn->pg) != CONNECTION_OK)
        rows->code = mp_pg_result(rows->conn, NULL, &rows->why);
    while ((result = PQgetResult(rows->conn->pg)))
        PQclear(result);
    rows->is_done = true;
    rows->conn->stream = NULL;
    return NULL;
}

static void keep_result(pg_rows *rows, PGresult *result)
{
    if (rows->kept_count == rows->kept_cap) {
        size_t     cap = rows->kept_cap ? rows->kept_cap * 2 : 32;
        PGresult **grown = realloc(rows->kept, cap * sizeof *grown);
        if (!grown) {
            rows->code = mp_no_memory(&rows->why);
            PQclear(result);
            return;
        }
        rows->kept = grown;
        rows->kept_cap = cap;
    }
    rows->kept[rows->kept_count++] = result;
}

void mp_pg_settle(pg_conn *c)
{
    PGresult *result;
    pg_rows  *rows = c->stream;
    while (rows && (result = receive(rows)))
        keep_result(rows, result);
}

mp_code mp_pg_ask(mp_rows **out, mp_conn *conn, const char *sql, const mp_value *values, size_t count, mp_error *err)
{
    pg_conn    *c = (pg_conn *)conn;
    const char *name = NULL;
    parameters  p;
    MP_TRY(mp_pg_take(&name, c, sql, values, count, err));
    MP_TRY(encode(&p, values, count, err));
    pg_rows *rows = calloc(1, sizeof *rows);
    if (!rows)
        return mp_no_memory(err);
    if (!PQsendQueryPrepared(c->pg, name, (int)count, p.values, p.lengths, p.formats, 1)) {
        free(rows);
        return mp_pg_result(c, NULL, err);
    }
    PQsetSingleRowMode(c->pg);
    rows->base.conn = conn;
    rows->conn = c;
    c->stream = rows;
    *out = &rows->base;
    return MP_OK;
}

mp_code mp_pg_next(bool *more, mp_rows *base, mp_error *err)
{
    pg_rows *rows = (pg_rows *)base;
    PQclear(rows->current);
    rows->current = NULL;
    if (rows->kept_next < rows->kept_count)
        rows->current = rows->kept[rows->kept_next++];
    else if (!rows->is_done)
        rows->current = receive(rows);
    *more = rows->current != NULL;
    if (rows->current || rows->code == MP_OK)
        return MP_OK;
    if (err)
        *err = rows->why;
    return rows->code;
}

void mp_pg_close(mp_rows *base)
{
    pg_rows  *rows = (pg_rows *)base;
    PGresult *result;
    while (!rows->is_done && (result = receive(rows)))
        PQclear(result);
    PQclear(rows->current);
    while (rows->kept_next < rows->kept_count)
        PQclear(rows->kept[rows->kept_next++]);
    free(rows->kept);
    free(rows);
}

/* ---- columns ---- */

static PGresult *row_of(const mp_rows *rows)
{
    return ((const pg_rows *)rows)->current;
}

bool mp_pg_is_null(const mp_rows *rows, unsigned column)
{
    return PQgetisnull(row_of(rows), 0, (int)column) != 0;
}

static uint16_t word_at(const char *bytes)
{
    return (uint16_t)((uint8_t)bytes[0] << 8 | (uint8_t)bytes[1]);
}

/* numeric, as the sum of a column of integers is: digits of base 10,000, the first worth 10,000^weight. */
static double numeric_value(const char *bytes, int len)
{
    double value = 0;
    if (len < 8)
        return 0;
    int count = word_at(bytes), weight = (int16_t)word_at(bytes + 2);
    for (int i = 0; i < count && 8 + 2 * i + 1 < len; i++)
        value = value * 10000 + word_at(bytes + 8 + 2 * i);
    for (int i = count - 1; i < weight; i++)
        value *= 10000;
    for (int i = weight; i < count - 1; i++)
        value /= 10000;
    return word_at(bytes + 4) == 0x4000 ? -value : value;
}

static int64_t numeric_integer(const char *bytes, int len)
{
    uint64_t value = 0;
    if (len < 8)
        return 0;
    int count = word_at(bytes), weight = (int16_t)word_at(bytes + 2);
    for (int i = 0; i <= weight; i++)
        value = value * 10000 + (i < count && 8 + 2 * i + 1 < len ? word_at(bytes + 8 + 2 * i) : 0);
    return (int64_t)(word_at(bytes + 4) == 0x4000 ? 0 - value : value);
}

static uint64_t big_endian(const char *bytes, int len)
{
    uint64_t bits = 0;
    for (int i = 0; i < len; i++)
        bits = bits << 8 | (uint8_t)bytes[i];
    return bits;
}

int64_t mp_pg_integer(const mp_rows *rows, unsigned column)
{
    PGresult   *row = row_of(rows);
    const char *bytes = PQgetvalue(row, 0, (int)column);
    int         len = PQgetlength(row, 0, (int)column);
    if (PQgetisnull(row, 0, (int)column))
        return 0;
    switch (PQftype(row, (int)column)) {
    case OID_BOOL:
    case OID_INT8:
        return (int64_t)big_endian(bytes, len);
    case OID_INT4:
        return (int32_t)big_endian(bytes, len);
    case OID_INT2:
        return (int16_t)big_endian(bytes, len);
    case OID_NUMERIC:
        return numeric_integer(bytes, len);
    case OID_FLOAT8:
        return (int64_t)mp_pg_real(rows, column);
    default:
        return 0;
    }
}

double mp_pg_real(const mp_rows *rows, unsigned column)
{
    PGresult *row = row_of(rows);
    double    value;
    uint64_t  bits;
    Oid       type = PQftype(row, (int)column);
    if (PQgetisnull(row, 0, (int)column))
        return 0;
    if (type == OID_NUMERIC)
        return numeric_value(PQgetvalue(row, 0, (int)column), PQgetlength(row, 0, (int)column));
    if (type != OID_FLOAT8)
        return (double)mp_pg_integer(rows, column);
    bits = big_endian(PQgetvalue(row, 0, (int)column), 8);
    memcpy(&value, &bits, sizeof value);
    return value;
}

mp_str mp_pg_bytes(const mp_rows *rows, unsigned column)
{
    PGresult *row = row_of(rows);
    return mp_str_of(PQgetvalue(row, 0, (int)column), (size_t)PQgetlength(row, 0, (int)column));
}
