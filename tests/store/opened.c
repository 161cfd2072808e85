/* SPDX-License-Identifier: Apache-2.0 */
#include "opened.h"

#include <ftw.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "database.h"

const char *opened_url(void) { return test_database(); }

void opened_prepare(opened *o)
{
    mp_store_close(o->store); /* of a test that failed */
    test_folder(o->folder, sizeof o->folder, "mapae-store");
    o->store = NULL;
    CHECK(mkdtemp(o->folder) != NULL);
    o->options = (mp_store_options){ .folder = o->folder, .url = test_database_empty(), .create = true };
}

void opened_begin(opened *o, const mp_schema *const *schemas, size_t count)
{
    opened_prepare(o);
    o->options.schemas = schemas;
    o->options.schema_count = count;
    MUST_OK(mp_store_open(&o->store, &o->options, err));
}

void opened_again(opened *o)
{
    mp_store_close(o->store);
    o->store = NULL;
    o->options.create = false;
    MUST_OK(mp_store_open(&o->store, &o->options, err));
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)st;
    (void)type;
    (void)where;
    return remove(path);
}

void opened_end(opened *o)
{
    mp_store_close(o->store);
    o->store = NULL;
    nftw(o->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void opened_write(opened *o, mp_tx_fn fn, void *arg)
{
    MUST_OK(mp_store_write(o->store, fn, arg, err));
}

void opened_read(opened *o, mp_tx_fn fn, void *arg)
{
    MUST_OK(mp_store_read(o->store, fn, arg, err));
}

void opened_declare(opened *o, const mp_kind *kind)
{
    MUST_OK(mp_records_declare(o->store, &kind, 1, err));
}

void opened_aside(opened *o, const char *sql)
{
    if (opened_url()) {
        char    text[2000];
        PGconn *pg = PQconnectdb(opened_url());
        snprintf(text, sizeof text, "SET client_min_messages = error; SET search_path TO mapae; %s", sql);
        PGresult *result = PQexec(pg, text);
        if (PQresultStatus(result) != PGRES_COMMAND_OK && PQresultStatus(result) != PGRES_TUPLES_OK)
            fail_msg("%s", PQerrorMessage(pg));
        PQclear(result);
        PQfinish(pg);
        return;
    }
    char     path[128], *why = NULL;
    sqlite3 *db = NULL;
    snprintf(path, sizeof path, "%s/mapae.db", o->folder);
    CHECK_INT(sqlite3_open(path, &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 5000);
    if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
        fail_msg("%s", why);
    sqlite3_close(db);
}

double opened_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

bool opened_may_have_looked(double began) { return opened_seconds() - began >= 1; }

void opened_server(const char *what)
{
    char command[300];
    snprintf(command, sizeof command, "'%s' %s", getenv("MAPAE_TEST_POSTGRES_CTL"), what);
    CHECK_INT(system(command), 0);
}

const mp_json *opened_json(mp_arena *arena, const char *text)
{
    mp_json_doc   *doc = NULL;
    const mp_json *root = NULL;
    MUST_OK(mp_json_doc_new(&doc, err));
    MUST_OK(mp_json_read(doc, &root, mp_str_from(text), NULL, NULL, err));
    const mp_json *copy = mp_arena_dup_json(arena, root);
    CHECK(copy != NULL);
    mp_json_doc_free(doc);
    return copy;
}
