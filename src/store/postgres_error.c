/* SPDX-License-Identifier: Apache-2.0 */
#include "postgres.h"

#include <stdio.h>

typedef struct state_code {
    const char *state; /* the beginning of an SQLSTATE; the first that fits counts */
    mp_code     code;
} state_code;

static const state_code state_codes[] = {
    { "23505", MP_EXISTS },      /* unique_violation */
    { "23503", MP_CONFLICT },    /* foreign_key_violation */
    { "53100", MP_FULL },        /* disk_full */
    { "53200", MP_NOMEM },       /* out_of_memory */
    { "53", MP_UNAVAILABLE },    /* insufficient_resources: too many connections */
    { "54", MP_LIMIT },          /* program_limit_exceeded */
    { "08", MP_UNAVAILABLE },    /* connection_exception */
    { "57014", MP_BUSY },        /* query_canceled: over statement_timeout */
    { "57", MP_UNAVAILABLE },    /* operator_intervention: it is being shut down */
    { "58", MP_UNAVAILABLE },    /* system_error */
    { "25006", MP_UNAVAILABLE }, /* read_only_sql_transaction: a standby */
    { "40", MP_BUSY },           /* transaction_rollback */
    { "55P03", MP_BUSY },        /* lock_not_available */
    { "XX001", MP_DAMAGED },     /* data_corrupted */
    { "XX002", MP_DAMAGED },     /* index_corrupted */
};

static mp_code code_of(const char *state)
{
    for (size_t i = 0; state && i < MP_COUNT(state_codes); i++)
        if (strncmp(state, state_codes[i].state, strlen(state_codes[i].state)) == 0)
            return state_codes[i].code;
    return MP_INTERNAL;
}

void mp_pg_says(char *out, size_t size, const char *text)
{
    size_t n = 0;
    for (; text && *text && n + 1 < size; text++)
        out[n++] = *text == '\n' || *text == '\t' ? ' ' : *text;
    while (n > 0 && out[n - 1] == ' ')
        n--;
    out[n] = '\0';
}

static mp_code refuse(pg_conn *c, mp_code code, const char *text, mp_error *err)
{
    char says[200];
    mp_pg_says(says, sizeof says, text);
    switch (code) {
    case MP_EXISTS:
        return mp_fail(err, code, MP_NOWHERE, "the store has a row with this key already");
    case MP_CONFLICT:
        return mp_fail(err, code, MP_NOWHERE, "a row of the store refers to one that would not be there");
    case MP_FULL:
        return mp_fail(err, code, MP_NOWHERE, "the disk of the store is full");
    case MP_NOMEM:
        return mp_fail(err, code, MP_NOWHERE, "out of memory");
    case MP_UNAVAILABLE:
        return mp_fail(err, code, MP_NOWHERE, "PostgreSQL cannot be reached: %s", says);
    case MP_BUSY:
        return mp_fail(err, code, MP_NOWHERE, "PostgreSQL did not answer in time: %s", says);
    case MP_DAMAGED:
        return mp_fail(err, code, MP_NOWHERE, "PostgreSQL found its data damaged: %s", says);
    default:
        return mp_fail(err, code, MP_NOWHERE, "the store refused a statement: %s",
                       PQstatus(c->pg) == CONNECTION_OK ? says : "");
    }
}

mp_code mp_pg_result(pg_conn *c, PGresult *result, mp_error *err)
{
    ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_SINGLE_TUPLE ||
        status == PGRES_PIPELINE_SYNC) {
        PQclear(result);
        return MP_OK;
    }
    mp_code code;
    if (PQstatus(c->pg) != CONNECTION_OK)
        code = refuse(c, MP_UNAVAILABLE, PQerrorMessage(c->pg), err);
    else if (!result) /* libpq had no memory for one */
        code = refuse(c, MP_NOMEM, NULL, err);
    else
        code = refuse(c, code_of(PQresultErrorField(result, PG_DIAG_SQLSTATE)),
                      PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY), err);
    PQclear(result);
    return code;
}

mp_code mp_pg_simply(pg_conn *c, const char *sql, mp_error *err)
{
    mp_pg_settle(c);
    return mp_pg_result(c, PQexec(c->pg, sql), err);
}
