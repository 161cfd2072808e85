/* SPDX-License-Identifier: Apache-2.0 */
/* database.h - the PostgreSQL that a test is given by postgres.py, for those that link libpq (what is linked with `store`
 * does). */
#ifndef MAPAE_TESTS_DATABASE_H
#define MAPAE_TESTS_DATABASE_H

#include <libpq-fe.h>

#include "test.h"

/* Its address; NULL: SQLite is what is tested. */
static inline const char *test_database(void) { return getenv("MAPAE_TEST_POSTGRES"); }

/* The same, and nothing of ours is in it any more: no store of it may be open. */
static inline const char *test_database_empty(void)
{
    const char *url = test_database();
    if (!url)
        return NULL;
    PGconn *pg = PQconnectdb(url);
    if (PQstatus(pg) != CONNECTION_OK)
        fail_msg("%s", PQerrorMessage(pg));
    PGresult *result = PQexec(pg, "SET client_min_messages = error; SET lock_timeout = '180s';"
                                  " DROP SCHEMA IF EXISTS mapae CASCADE; DROP SCHEMA IF EXISTS mapae_restoring CASCADE");
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        fail_msg("%s", PQerrorMessage(pg));
    PQclear(result);
    PQfinish(pg);
    return url;
}

#endif
