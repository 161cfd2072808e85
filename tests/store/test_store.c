/* SPDX-License-Identifier: Apache-2.0 */
#include "store.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "opened.h"

static const mp_migration steps[] = {
    { 1, "CREATE TABLE t (k INTEGER NOT NULL PRIMARY KEY, s TEXT);" },
    { 2, "-- a comment; with a semicolon\nCREATE INDEX t_s ON t (s);\nINSERT INTO t (k, s) VALUES (-1, 'a;\nb');\n" },
    { 3, "ALTER TABLE t ADD COLUMN r REAL;\nUPDATE t SET r = k / 2.0;" },
};
static const mp_schema rooms[] = { { "room", steps, 0 }, { "room", steps, 1 }, { "room", steps, 2 }, { "room", steps, 3 } };
static const mp_schema *const lists[][1] = { { &rooms[0] }, { &rooms[1] }, { &rooms[2] }, { &rooms[3] } };

static opened o;

static void begin(void)
{
    opened_begin(&o, lists[3], 1);
}

static mp_code reopen(mp_store_options options)
{
    mp_error err = { 0 };
    mp_store_close(o.store);
    o.store = NULL;
    mp_code code = mp_store_open(&o.store, &options, &err);
    CHECK(code == MP_OK || (o.store == NULL && err.message[0]));
    return code;
}

typedef struct row {
    int64_t     k;
    const char *s;
    mp_code     fails; /* what the function answers after it wrote */
    mp_ticks    at;
} row;

static mp_code insert(mp_tx *tx, void *arg, mp_error *err)
{
    row *r = arg;
    r->at = mp_tx_time(tx);
    CHECK(mp_tx_is_write(tx));
    MP_TRY(mp_sql(tx, NULL, "INSERT INTO t (k, s) VALUES (?1, ?2)",
                  MP_VALUES(mp_int(r->k), mp_text(mp_str_from(r->s))), err));
    return r->fails == MP_OK ? MP_OK : mp_fail(err, r->fails, MP_NOWHERE, "as the test wants");
}

static mp_code count(mp_tx *tx, void *arg, mp_error *err)
{
    return mp_sql_int(arg, tx, "SELECT count(*) FROM t", NULL, 0, err);
}

static int64_t rows_in_store(void)
{
    int64_t n = -1;
    opened_read(&o, count, &n);
    return n;
}

/* ---- opening ---- */

TEST(what_is_not_there_is_made_only_when_asked_for)
{
    opened_prepare(&o);
    mp_store_options options = o.options;
    options.create = false;
    CHECK_INT(reopen(options), MP_MISSING);
    options.folder = "/nonexistent/folder";
    options.create = true;
    CHECK_INT(reopen(options), MP_MISSING);
    CHECK_INT(reopen(o.options), MP_OK);
    CHECK_STR(mp_str_from(mp_store_engine(o.store)), opened_url() ? "postgres" : "sqlite");
    char id[37], path[100];
    snprintf(id, sizeof id, "%s", mp_store_installation(o.store));
    options = o.options;
    options.create = false;
    CHECK_INT(reopen(options), MP_OK);
    CHECK_STR(mp_str_from(mp_store_installation(o.store)), id);
    struct stat st;
    static const char *const files[] = { "installation.json", "lock", "mapae.db" };
    for (size_t i = 0; i < (opened_url() ? 2 : 3); i++) {
        snprintf(path, sizeof path, "%s/%s", o.folder, files[i]);
        CHECK_INT(stat(path, &st), 0);
        CHECK_INT(st.st_mode & 0777, 0600);
    }
    opened_end(&o);
}

TEST(a_folder_that_others_may_write_is_refused)
{
    begin();
    CHECK_INT(chmod(o.folder, 0770), 0);
    CHECK_INT(reopen(o.options), MP_DENIED);
    mp_store        *store = NULL; /* a folder that is none of ours is not to be changed for us */
    mp_store_options elsewhere = o.options;
    elsewhere.folder = "/tmp";
    elsewhere.create = false;
    CHECK_INT(mp_store_open(&store, &elsewhere, NULL), MP_MISSING);
    CHECK_INT(chmod(o.folder, 0700), 0);
    CHECK_INT(reopen(o.options), MP_OK);
    opened_end(&o);
}

TEST(a_second_writer_is_refused)
{
    mp_store *second = NULL;
    begin();
    CHECK_INT(mp_store_open(&second, &o.options, NULL), MP_BUSY);
    mp_store_options reading = o.options;
    reading.read_only = true;
    reading.create = false;
    MUST_OK(mp_store_open(&second, &reading, err)); /* a reader is welcome */
    int64_t n = 0;
    MUST_OK(mp_store_read(second, count, &n, err));
    row r = { .k = 1, .s = "x" };
    CHECK_INT(mp_store_write(second, insert, &r, NULL), MP_DENIED);
    mp_store_close(second);
    if (opened_url()) { /* also one with another folder */
        char folder[] = "/tmp/mapae-store-XXXXXX";
        CHECK(mkdtemp(folder) != NULL);
        mp_store_options other = o.options;
        other.folder = folder;
        CHECK_INT(mp_store_open(&second, &other, NULL), MP_BUSY);
        mp_store_close(o.store);
        o.store = NULL;
        CHECK_INT(mp_store_open(&second, &other, NULL), MP_FOREIGN); /* the folder says it is another installation */
        char command[100];
        snprintf(command, sizeof command, "rm -rf '%s'", folder);
        CHECK_INT(system(command), 0);
    }
    opened_end(&o);
}

TEST(a_store_of_another_installation_is_refused)
{
    char path[100];
    begin();
    opened_aside(&o, "UPDATE fact SET value = '00000000-0000-4000-8000-000000000000' WHERE name = 'installation'");
    CHECK_INT(reopen(o.options), MP_FOREIGN);
    snprintf(path, sizeof path, "%s/installation.json", o.folder);
    FILE *f = fopen(path, "w");
    fputs("{\"id\": \"00000000-0000-4000-8000-000000000000\"}", f);
    fclose(f);
    CHECK_INT(reopen(o.options), MP_OK);
    f = fopen(path, "w");
    fputs("{\"id\": 7}", f);
    fclose(f);
    CHECK_INT(reopen(o.options), MP_DAMAGED);
    opened_end(&o);
}

TEST(migrations_run_from_every_earlier_version)
{
    for (size_t from = 0; from < MP_COUNT(lists); from++) {
        opened_begin(&o, lists[from], 1);
        mp_store_options newest = o.options;
        newest.schemas = lists[3];
        newest.create = false;
        CHECK_INT(reopen(newest), MP_OK);
        row     r = { .k = 10, .s = "x" };
        int64_t n = 0;
        opened_write(&o, insert, &r);
        CHECK_INT(rows_in_store(), 2);
        opened_read(&o, count, &n);
        for (size_t older = 0; older < 3; older++) {
            mp_store_options old = newest;
            old.schemas = lists[older];
            CHECK_INT(reopen(old), MP_FOREIGN);
        }
        mp_store_options none = newest;
        none.schema_count = 0;
        CHECK_INT(reopen(none), MP_FOREIGN);
        CHECK_INT(reopen(newest), MP_OK);
        opened_end(&o);
    }
}

TEST(a_migration_that_fails_leaves_nothing)
{
    static const mp_migration    bad[] = { { 1, "CREATE TABLE good (k INTEGER NOT NULL PRIMARY KEY);\n"
                                                "CREATE TABLE good (k INTEGER NOT NULL PRIMARY KEY);" } };
    static const mp_schema       broken = { "broken", bad, 1 };
    const mp_schema *const       both[] = { &rooms[3], &broken };
    begin();
    mp_store_options options = o.options;
    options.schemas = both;
    options.schema_count = 2;
    CHECK_INT(reopen(options), MP_INTERNAL);
    CHECK_INT(reopen(o.options), MP_OK); /* neither the table nor the number */
    opened_end(&o);
}

TEST(a_migration_that_was_changed_is_noticed)
{
    static const mp_migration other[] = { { 1, "CREATE TABLE t (k INTEGER NOT NULL PRIMARY KEY);" } };
    static const mp_schema    changed = { "room", other, 1 };
    const mp_schema *const    list[] = { &changed };
    opened_begin(&o, lists[1], 1);
    mp_store_options options = o.options;
    options.schemas = list;
    CHECK_INT(reopen(options), MP_FOREIGN);
    opened_end(&o);
}

TEST(a_reader_does_not_migrate)
{
    opened_begin(&o, lists[1], 1);
    mp_store_options options = o.options;
    options.schemas = lists[3];
    options.read_only = true;
    CHECK_INT(reopen(options), MP_FOREIGN);
    options.read_only = false;
    CHECK_INT(reopen(options), MP_OK);
    options.read_only = options.check_all = true;
    CHECK_INT(reopen(options), MP_OK);
    opened_end(&o);
}

TEST(damage_is_noticed)
{
    char path[100], page[4096];
    if (opened_url())
        skip();
    begin();
    for (int64_t k = 0; k < 200; k++) {
        row r = { .k = k, .s = "a rather long text, so that there are several pages of it in the file of the store" };
        opened_write(&o, insert, &r);
    }
    mp_store_close(o.store);
    o.store = NULL;
    snprintf(path, sizeof path, "%s/mapae.db", o.folder);
    FILE *f = fopen(path, "r+");
    CHECK(f != NULL);
    memset(page, 0xa5, sizeof page);
    CHECK_INT(fseek(f, -4096, SEEK_END), 0);
    CHECK_INT(fwrite(page, 1, sizeof page, f), sizeof page);
    fclose(f);
    CHECK_INT(reopen(o.options), MP_DAMAGED);
    f = fopen(path, "w");
    fputs("this is no database, and it is long enough to be seen as none", f);
    fclose(f);
    CHECK_INT(reopen(o.options), MP_DAMAGED);
    opened_end(&o);
}

/* ---- writing ---- */

TEST(a_function_that_fails_leaves_nothing)
{
    begin();
    row first = { .k = 1, .s = "x" }, fails = { .k = 2, .s = "x", .fails = MP_DENIED }, again = { .k = 1, .s = "y" };
    mp_error err = { 0 };
    opened_write(&o, insert, &first);
    CHECK_INT(mp_store_write(o.store, insert, &fails, &err), MP_DENIED);
    CHECK_STR(mp_str_from(err.message), "as the test wants");
    CHECK_INT(mp_store_write(o.store, insert, &again, &err), MP_EXISTS);
    CHECK_INT(rows_in_store(), 2);
    CHECK_INT(mp_store_health(o.store, NULL), MP_OK);
    mp_store_counts counts = mp_store_counted(o.store);
    CHECK(counts.writes == 1 && counts.commits == 1 && counts.failed == 2 && counts.queued == 0 && counts.reads >= 1);
    opened_end(&o);
}

static mp_code takes_no_notice(mp_tx *tx, void *arg, mp_error *err)
{
    row r = { .k = 50, .s = "x" };
    (void)arg;
    MP_TRY(insert(tx, &r, err));
    CHECK_INT(insert(tx, &r, NULL), MP_EXISTS);
    r.k = 51;
    CHECK_INT(insert(tx, &r, NULL), MP_EXISTS); /* nothing is answered any more */
    return MP_OK;
}

TEST(who_takes_no_notice_of_a_failure_fails)
{
    begin();
    CHECK_INT(mp_store_write(o.store, takes_no_notice, NULL, NULL), MP_EXISTS);
    CHECK_INT(rows_in_store(), 1);
    opened_end(&o);
}

static mp_code writes_within(mp_tx *tx, void *arg, mp_error *err)
{
    int64_t n;
    (void)arg;
    CHECK_INT(mp_store_read(mp_tx_store(tx), count, &n, NULL), MP_INTERNAL);
    return mp_store_write(mp_tx_store(tx), writes_within, NULL, err);
}

static mp_code writes_in_a_read(mp_tx *tx, void *arg, mp_error *err)
{
    (void)arg;
    return mp_sql(tx, NULL, "DELETE FROM t", NULL, 0, err);
}

TEST(transactions_do_not_nest_and_reads_do_not_write)
{
    begin();
    CHECK_INT(mp_store_write(o.store, writes_within, NULL, NULL), MP_INTERNAL);
    CHECK_INT(mp_store_read(o.store, writes_within, NULL, NULL), MP_INTERNAL);
    CHECK(mp_store_read(o.store, writes_in_a_read, NULL, NULL) != MP_OK);
    CHECK_INT(rows_in_store(), 1);
    row r = { .k = 5, .s = "x" };
    opened_write(&o, insert, &r); /* all is well */
    opened_end(&o);
}

TEST(time_goes_on_also_when_the_clock_was_set_back)
{
    begin();
    row a = { .k = 1, .s = "x" }, b = { .k = 2, .s = "x" };
    opened_write(&o, insert, &a);
    opened_write(&o, insert, &b);
    CHECK(b.at > a.at);
    mp_store_close(o.store);
    o.store = NULL;
    mp_ticks future = b.at + 100 * MP_TICKS_PER_DAY;
    char     sql[100];
    snprintf(sql, sizeof sql, "UPDATE fact SET value = '%lld' WHERE name = 'time'", (long long)future);
    opened_aside(&o, sql);
    CHECK_INT(reopen(o.options), MP_OK);
    row c = { .k = 3, .s = "x" }, d = { .k = 4, .s = "x" };
    opened_write(&o, insert, &c);
    opened_again(&o);
    opened_write(&o, insert, &d);
    CHECK(c.at > future && d.at > c.at && d.at < future + MP_TICKS_PER_SECOND);
    opened_end(&o);
}

/* ---- the hook, and batches ---- */

typedef struct hooked {
    size_t marks, rewinds, befores, committed, abandoned;
    bool   fails;
} hooked;

static size_t hook_mark(void *ctx)
{
    return ((hooked *)ctx)->marks++;
}

static void hook_rewind(void *ctx, size_t mark)
{
    hooked *h = ctx;
    CHECK(mark == h->marks - 1);
    h->rewinds++;
}

static mp_code hook_before(void *ctx, mp_tx *tx, mp_error *err)
{
    hooked *h = ctx;
    h->befores++;
    if (h->fails)
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "the hook fails");
    return mp_sql(tx, NULL, "UPDATE t SET s = 'hook' WHERE k = -1", NULL, 0, err);
}

static void hook_after(void *ctx, bool is_committed)
{
    hooked *h = ctx;
    if (is_committed)
        h->committed++;
    else
        h->abandoned++;
}

static const mp_commit_hook hook = { .mark = hook_mark, .rewind = hook_rewind, .before = hook_before, .after = hook_after };

TEST(the_hook_stands_at_every_commit)
{
    hooked h = { .marks = 0 };
    begin();
    mp_store_set_hook(o.store, &hook, &h);
    row a = { .k = 1, .s = "x" }, b = { .k = 2, .s = "x", .fails = MP_CONFLICT }, c = { .k = 3, .s = "x" };
    opened_write(&o, insert, &a);
    CHECK(h.marks == 1 && h.befores == 1 && h.committed == 1 && h.rewinds == 0 && h.abandoned == 0);
    CHECK_INT(mp_store_write(o.store, insert, &b, NULL), MP_CONFLICT);
    CHECK(h.marks == 2 && h.befores == 1 && h.committed == 1 && h.rewinds == 1);
    h.fails = true;
    double began = opened_seconds();
    CHECK_INT(mp_store_write(o.store, insert, &c, NULL), MP_DAMAGED);
    CHECK(h.befores == 2 && h.abandoned >= 1);
    CHECK(h.committed == 1 || opened_may_have_looked(began)); /* looking is a commit of nothing */
    CHECK_INT(rows_in_store(), 2);
    h.fails = false;
    opened_write(&o, insert, &c);
    CHECK_INT(rows_in_store(), 3);
    opened_end(&o);
}

enum { WRITERS = 24, EACH = 20 };

static mp_code wait_for_queue(mp_tx *tx, void *arg, mp_error *err)
{
    (void)tx;
    (void)err;
    atomic_store((atomic_bool *)arg, true);
    while (mp_store_counted(o.store).queued < WRITERS + 1)
        usleep(1000);
    return MP_OK;
}

static void *hold(void *arg)
{
    MUST_OK(mp_store_write(o.store, wait_for_queue, arg, err));
    return NULL;
}

static void *write_one(void *arg)
{
    row *r = arg;
    if (r->k % 3 == 0)
        r->fails = MP_CONFLICT;
    mp_code code = mp_store_write(o.store, insert, r, NULL);
    CHECK_INT(code, r->fails);
    return NULL;
}

TEST(what_is_queued_is_committed_together)
{
    pthread_t holder, threads[WRITERS];
    row       rows[WRITERS];
    hooked    h = { .marks = 0 };
    atomic_bool holds = false;
    begin();
    mp_store_set_hook(o.store, &hook, &h);
    CHECK_INT(pthread_create(&holder, NULL, hold, &holds), 0);
    while (!atomic_load(&holds)) /* it is alone in its commit */
        usleep(1000);
    for (int i = 0; i < WRITERS; i++) {
        rows[i] = (row){ .k = i, .s = "x" };
        CHECK_INT(pthread_create(&threads[i], NULL, write_one, &rows[i]), 0);
    }
    CHECK_INT(pthread_join(holder, NULL), 0);
    for (int i = 0; i < WRITERS; i++)
        CHECK_INT(pthread_join(threads[i], NULL), 0);
    CHECK_INT(rows_in_store(), 1 + WRITERS * 2 / 3);
    mp_store_counts counts = mp_store_counted(o.store);
    CHECK_INT(counts.commits, 2); /* the one that held the others up, and all of them */
    CHECK(h.marks == WRITERS + 1 && h.rewinds == WRITERS / 3 && h.befores == 2 && h.committed == 2);
    for (int i = 0; i < WRITERS; i++)
        for (int k = 0; k < i; k++)
            CHECK(rows[i].at != rows[k].at);
    opened_end(&o);
}

/* ---- statements ---- */

static mp_code every_kind(mp_tx *tx, void *arg, mp_error *err)
{
    mp_rows *rows = NULL;
    bool     more = false;
    int64_t  changed = -1, n;
    (void)arg;
    mp_value many[300 * 2];
    for (int i = 0; i < 300; i++) {
        many[2 * i] = mp_int(1000 + i);
        many[2 * i + 1] = i % 2 ? mp_text(MP_S("odd")) : MP_NULL;
    }
    MP_TRY(mp_sql_many(tx, "INSERT INTO t (k, s) VALUES (?1, ?2)", many, 2, 300, err));
    MP_TRY(mp_sql(tx, &changed, "UPDATE t SET r = ?1 WHERE s = ?2", MP_VALUES(mp_real(-0.5), mp_text(MP_S("odd"))), err));
    CHECK_INT(changed, 150);
    MP_TRY(mp_sql_int(&n, tx, "SELECT sum(k) FROM t WHERE k >= 1000", NULL, 0, err));
    CHECK_INT(n, 300 * 1000 + 299 * 150);
    CHECK_INT(mp_sql_int(&n, tx, "SELECT k FROM t WHERE k = 5", NULL, 0, err), MP_MISSING);
    MP_TRY(mp_sql_ask(&rows, tx, "SELECT k, s, r, 'text', X'00ff', NULL FROM t WHERE k >= ?1 ORDER BY k",
                      MP_VALUES(mp_int(1000)), err));
    for (int i = 0; i < 300; i++) {
        mp_rows *other = NULL;
        MP_TRY(mp_rows_next(&more, rows, err));
        CHECK(more && mp_rows_int(rows, 0) == 1000 + i && mp_rows_is_null(rows, 1) == (i % 2 == 0));
        CHECK(i % 2 == 0 || (mp_rows_real(rows, 2) < -0.49 && mp_str_eq(mp_rows_bytes(rows, 1), MP_S("odd"))));
        CHECK(mp_str_eq(mp_rows_bytes(rows, 3), MP_S("text")) && mp_str_eq(mp_rows_bytes(rows, 4), MP_S("\0\xff")));
        CHECK(mp_rows_is_null(rows, 5));
        /* The same question and others while the answer is read. */
        if (i % 50 == 0) {
            MP_TRY(mp_sql_ask(&other, tx, "SELECT k, s, r, 'text', X'00ff', NULL FROM t WHERE k >= ?1 ORDER BY k",
                              MP_VALUES(mp_int(1290)), err));
            MP_TRY(mp_rows_next(&more, other, err));
            CHECK(more && mp_rows_int(other, 0) == 1290 && mp_rows_int(rows, 0) == 1000 + i);
            mp_rows_close(other);
            MP_TRY(mp_sql(tx, NULL, "UPDATE t SET s = 'changed' WHERE k = -1", NULL, 0, err));
        }
    }
    MP_TRY(mp_rows_next(&more, rows, err));
    CHECK(!more);
    mp_rows_close(rows);
    MP_TRY(mp_sql_ask(&rows, tx, "SELECT k FROM t", NULL, 0, err));
    MP_TRY(mp_rows_next(&more, rows, err));
    mp_rows_close(rows); /* before its end */
    return mp_sql_many(tx, "DELETE FROM t WHERE k = ?1", many, 2, 0, err);
}

TEST(statements_take_and_give_every_kind_of_value)
{
    begin();
    opened_write(&o, every_kind, NULL);
    CHECK_INT(rows_in_store(), 301);
    opened_end(&o);
}

#define ROWS 2500

static mp_code rows_by_the_thousand(mp_tx *tx, void *arg, mp_error *err)
{
    static mp_value values[ROWS * 3];
    int64_t         n;
    (void)arg;
    for (int i = 0; i < ROWS; i++) {
        values[3 * i] = mp_int(10000 + i);
        values[3 * i + 1] = i % 3 ? mp_text(i % 3 == 1 ? MP_S("it's {\"a\",NULL} \\ \xed\x95\x9c") : MP_S("")) : MP_NULL;
        values[3 * i + 2] = mp_real(0.25 * i);
    }
    MP_TRY(mp_sql_many(tx, "INSERT INTO t (k, s, r) VALUES (?1, ?2, ?3)", values, 3, ROWS, err));
    MP_TRY(mp_sql_int(&n, tx, "SELECT COUNT(*) FROM t WHERE k >= 10000 AND s = ?1", MP_VALUES(values[4]), err));
    CHECK_INT(n, ROWS / 3);
    MP_TRY(mp_sql_int(&n, tx, "SELECT COUNT(*) FROM t WHERE k >= 10000 AND s IS NULL AND r = 0.25 * (k - 10000)",
                      NULL, 0, err));
    CHECK_INT(n, ROWS / 3 + 1);
    /* Some are there already; a value that no parameter stands for; a column of nothing but NULL. */
    for (int i = 0; i < ROWS; i++) {
        values[2 * i] = mp_int(11000 + i);
        values[2 * i + 1] = mp_text(MP_S("new"));
    }
    MP_TRY(mp_sql_many(
        tx, "INSERT INTO t (k, s, r) VALUES (?1, ?2, 7) ON CONFLICT (k) DO UPDATE SET s = excluded.s, r = t.r + 1",
        values, 2, ROWS, err));
    MP_TRY(mp_sql_int(&n, tx, "SELECT COUNT(*) FROM t WHERE s = 'new' AND r = 7", NULL, 0, err));
    CHECK_INT(n, 1000);
    MP_TRY(mp_sql_int(&n, tx, "SELECT COUNT(*) FROM t WHERE s = 'new' AND r = 0.25 * (k - 10000) + 1", NULL, 0, err));
    CHECK_INT(n, 1500);
    for (int i = 0; i < ROWS; i++) {
        values[2 * i] = mp_int(20000 + i);
        values[2 * i + 1] = MP_NULL;
    }
    MP_TRY(mp_sql_many(tx, "INSERT INTO t (k, s) VALUES (?1, ?2)", values, 2, ROWS, err));
    MP_TRY(mp_sql_int(&n, tx, "SELECT COUNT(*) FROM t WHERE k >= 20000 AND s IS NULL", NULL, 0, err));
    CHECK_INT(n, ROWS);
    return MP_OK;
}

TEST(many_rows_are_what_one_after_the_other_would_be)
{
    begin();
    opened_write(&o, rows_by_the_thousand, NULL);
    CHECK_INT(rows_in_store(), 1 + ROWS + 1000 + ROWS);
    opened_end(&o);
}

static mp_code wrong_statement(mp_tx *tx, void *arg, mp_error *err)
{
    return mp_sql(tx, NULL, arg, NULL, 0, err);
}

static mp_code wrong_value(mp_tx *tx, void *arg, mp_error *err)
{
    (void)arg;
    return mp_sql(tx, NULL, "INSERT INTO t (k) VALUES (?1)", MP_VALUES(mp_text(MP_S("seven"))), err);
}

static mp_code duplicates(mp_tx *tx, void *arg, mp_error *err)
{
    mp_value values[] = { mp_int(1), mp_int(2), mp_int(1), mp_int(3) };
    (void)arg;
    return mp_sql_many(tx, "INSERT INTO t (k) VALUES (?1)", values, 1, 4, err);
}

TEST(wrong_statements_are_refused_alike)
{
    begin();
    CHECK_INT(mp_store_write(o.store, wrong_statement, (char[]){ "SELEKT" }, NULL), MP_INTERNAL);
    CHECK_INT(mp_store_write(o.store, wrong_statement, (char[]){ "INSERT INTO nowhere (a) VALUES (1)" }, NULL), MP_INTERNAL);
    CHECK_INT(mp_store_write(o.store, wrong_statement, (char[]){ "INSERT INTO fact (name) VALUES ('x')" }, NULL),
              MP_INTERNAL);
    CHECK_INT(mp_store_write(o.store, wrong_value, NULL, NULL), MP_INTERNAL);
    CHECK_INT(mp_store_write(o.store, duplicates, NULL, NULL), MP_EXISTS);
    CHECK_INT(rows_in_store(), 1);
    opened_end(&o);
}

/* ---- gone and back ---- */

static void wait_until_well(void)
{
    for (int i = 0; i < 1000 && mp_store_health(o.store, NULL) != MP_OK; i++)
        usleep(10000);
    MUST_OK(mp_store_health(o.store, err));
}

TEST(a_store_that_was_gone_comes_back_by_itself)
{
    row      a = { .k = 1, .s = "x" }, b = { .k = 2, .s = "x" }, c = { .k = 3, .s = "x" };
    char     path[100], away[100];
    mp_error err = { 0 };
    begin();
    opened_write(&o, insert, &a);
    snprintf(path, sizeof path, "%s/mapae.db", o.folder);
    snprintf(away, sizeof away, "%s/elsewhere.db", o.folder);
    if (opened_url()) {
        CHECK_INT(rows_in_store(), 2);
        opened_server("kill");
        opened_server("start");
        opened_write(&o, insert, &b); /* a connection that broke meanwhile is made anew, and nobody notices */
        CHECK_INT(rows_in_store(), 3);
        opened_server("stop");
    } else {
        CHECK_INT(rename(path, away), 0);
    }
    CHECK_INT(mp_store_write(o.store, insert, &c, &err), MP_UNAVAILABLE);
    CHECK_INT(mp_store_health(o.store, &err), MP_UNAVAILABLE);
    if (opened_url())
        opened_server("start");
    else
        CHECK_INT(rename(away, path), 0);
    wait_until_well(); /* though nobody writes */
    opened_write(&o, insert, &c);
    CHECK_INT(rows_in_store(), opened_url() ? 4 : 3);
    opened_end(&o);
}

TEST(an_opening_that_fails_leaves_no_folder_that_was_not_there)
{
    mp_error err = { 0 };
    char     inside[100], other[120];
    opened_prepare(&o);
    snprintf(inside, sizeof inside, "%s/new", o.folder);
    mp_store_options options = { .folder = inside, .url = "postgres://mapae@127.0.0.1:1/mapae", .create = true };
    CHECK_INT(mp_store_open(&o.store, &options, &err), MP_UNAVAILABLE);
    CHECK(access(inside, F_OK) != 0);
    options.url = "mysql://mapae:secret@127.0.0.1/mapae";
    CHECK_INT(mp_store_open(&o.store, &options, &err), MP_PARAMETER);
    CHECK(strstr(err.message, "mysql://") && !strstr(err.message, "secret"));
    CHECK(access(inside, F_OK) != 0);
    options.url = "host=127.0.0.1 password=secret";
    CHECK_INT(mp_store_open(&o.store, &options, &err), MP_PARAMETER);
    CHECK(!strstr(err.message, "secret"));
    /* One that was there stays, with what is in it. */
    CHECK_INT(mkdir(inside, 0700), 0);
    snprintf(other, sizeof other, "%s/other", inside);
    CHECK_INT(mkdir(other, 0700), 0);
    options.url = "postgres://mapae@127.0.0.1:1/mapae";
    CHECK_INT(mp_store_open(&o.store, &options, &err), MP_UNAVAILABLE);
    CHECK(access(other, F_OK) == 0);
    opened_end(&o);
}

TEST(a_url_is_written_down_without_its_password)
{
    static const char *const urls[][2] = {
        { "postgres://u:s@h:5/d", "postgres://u@h:5/d" },
        { "postgres://u@h/d?password=s&sslmode=require", "postgres://u@h/d?sslmode=require" },
        { "postgres://h/d?sslmode=require", "postgres://h/d?sslmode=require" },
        { "postgres://u@h/d?sslpassword=a&sslmode=require&password=b", "postgres://u@h/d?sslmode=require" },
        { "postgres://u:s@h/d?a=1&password=a&password=b&c=2", "postgres://u@h/d?a=1&c=2" },
        { "postgres://u@h/d?password=s", "postgres://u@h/d" },
    };
    mp_arena    arena = MP_ARENA_INIT;
    const char *plain = "";
    for (size_t i = 0; i < MP_COUNT(urls); i++) {
        MUST_OK(mp_store_url_plain(&plain, urls[i][0], &arena, err));
        CHECK_STR(mp_str_from(plain), urls[i][1]);
    }
    MUST_OK(mp_store_url_plain(&plain, NULL, &arena, err));
    CHECK(plain == NULL);
    mp_arena_free(&arena);
}

int main(void)
{
    return MAIN(RUN(what_is_not_there_is_made_only_when_asked_for), RUN(a_folder_that_others_may_write_is_refused),
                RUN(a_second_writer_is_refused), RUN(a_store_of_another_installation_is_refused),
                RUN(migrations_run_from_every_earlier_version), RUN(a_migration_that_fails_leaves_nothing),
                RUN(a_migration_that_was_changed_is_noticed), RUN(a_reader_does_not_migrate), RUN(damage_is_noticed),
                RUN(a_function_that_fails_leaves_nothing), RUN(who_takes_no_notice_of_a_failure_fails),
                RUN(transactions_do_not_nest_and_reads_do_not_write),
                RUN(time_goes_on_also_when_the_clock_was_set_back), RUN(the_hook_stands_at_every_commit),
                RUN(what_is_queued_is_committed_together), RUN(statements_take_and_give_every_kind_of_value),
                RUN(many_rows_are_what_one_after_the_other_would_be), RUN(wrong_statements_are_refused_alike),
                RUN(a_store_that_was_gone_comes_back_by_itself),
                RUN(an_opening_that_fails_leaves_no_folder_that_was_not_there),
                RUN(a_url_is_written_down_without_its_password));
}
