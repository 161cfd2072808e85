/* SPDX-License-Identifier: Apache-2.0 */
/* bench_ledger [LEAVES [THREADS [SECONDS]]] - what the log costs: durable leaves per second beside the bare store,
 * and proofs at a size.
 *
 *   bench_ledger 1000000 64 5
 *
 * 1. Durable leaves per second: THREADS threads that call mp_ledger_note; and writes of 100 leaves each
 * (mp_ledger_add).
 * 2. The baseline, in the same run and on the same disk: SQLite by itself inserting the same bytes in transactions of
 * the same size, with the same synchronous = FULL. The ratio is what tiles, signature, search index and hand-over
 * between threads cost.
 * 3. The log is filled to LEAVES; then proofs, searches, opening and verifying are measured.
 *
 * CPU time is the whole process's. The folder is made below TMPDIR, or /var/tmp, and removed. */
#include <ftw.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "ledger.h"
#include "stamp.h"

#define ADD_AT_ONCE 100
#define FILL_AT_ONCE 1000
#define PROOFS 20000

static const char *folder;

static void stop(const char *what, const mp_error *err)
{
    fprintf(stderr, "bench_ledger: %s: %s\n", what, err ? err->message : "");
    exit(1);
}

#define MUST(call)                                \
    do {                                          \
        mp_error err_ = { 0 }, *err = &err_;      \
        if ((call) != MP_OK)                      \
            stop(#call, err);                     \
    } while (0)

static double seconds(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

typedef struct timing {
    double wall, cpu;
} timing;

static timing begin(void)
{
    return (timing){ seconds(CLOCK_MONOTONIC), seconds(CLOCK_PROCESS_CPUTIME_ID) };
}

static timing end(timing t)
{
    return (timing){ seconds(CLOCK_MONOTONIC) - t.wall, seconds(CLOCK_PROCESS_CPUTIME_ID) - t.cpu };
}

/* ---- leaves ---- */

static mp_leaf leaf_of(mp_arena *arena, uint64_t i)
{
    mp_leaf leaf = {
        .actor_kind = MP_S("user"),
        .actor = mp_arena_printf(arena, "5d1e9a30-0000-4000-8000-%012llu", (unsigned long long)(i % 997)),
        .session = mp_arena_printf(arena, "77777777-0000-4000-8000-%012llu", (unsigned long long)(i % 4999)),
        .from = mp_arena_printf(arena, "192.0.2.%u", (unsigned)(i % 256)),
        .action = i % 3 ? MP_S("Mapae.Access/users/write") : MP_S("Mapae.Evidence/files/read"),
        .on = mp_arena_printf(arena, "/api/v1/users/1f1f1f1f-0000-4000-8000-%012llu",
                              (unsigned long long)(i * 7919 % 99991)),
        .request = mp_arena_printf(arena, "%08llx-0000-4000-8000-%012llu",
                                   (unsigned long long)(i * 2654435761u % 4294967296u), (unsigned long long)i),
        .outcome = i % 50 ? MP_OUTCOME_DONE : MP_OUTCOME_REFUSED,
        .status = i % 50 ? 200 : 403,
    };
    return leaf;
}

typedef struct noting {
    mp_ledger        *ledger;
    _Atomic uint64_t *count;
    double            until;
} noting;

static void *note(void *arg)
{
    noting  *n = arg;
    mp_arena arena = MP_ARENA_INIT;
    while (seconds(CLOCK_MONOTONIC) < n->until) {
        mp_leaf leaf = leaf_of(&arena, atomic_fetch_add(n->count, 1));
        MUST(mp_ledger_note(n->ledger, &leaf, err));
        mp_arena_reset(&arena);
    }
    mp_arena_free(&arena);
    return NULL;
}

typedef struct adding {
    mp_ledger *ledger;
    uint64_t   first;
    unsigned   count;
} adding;

static mp_code add(mp_tx *tx, void *arg, mp_error *err)
{
    adding *a = arg;
    for (unsigned i = 0; i < a->count; i++) {
        mp_leaf leaf = leaf_of(mp_tx_arena(tx), a->first + i);
        MP_TRY(mp_ledger_add(a->ledger, tx, &leaf, err));
    }
    return MP_OK;
}

static double say(const char *what, uint64_t leaves, uint64_t commits, timing t)
{
    double rate = (double)leaves / t.wall;
    printf("%-34s %9.0f leaves/s, %6.0f leaves per commit, %5.1f us CPU per leaf\n", what, rate,
           commits ? (double)leaves / (double)commits : 0, t.cpu / (double)leaves * 1e6);
    return rate;
}

static double bench_notes(mp_store *store, mp_ledger *ledger, unsigned threads, double time, unsigned *batch)
{
    pthread_t       *ids = calloc(threads, sizeof *ids);
    _Atomic uint64_t count = 0;
    uint64_t         commits = mp_store_counted(store).commits;
    timing           t = begin();
    noting           n = { ledger, &count, t.wall + time };
    if (!ids)
        stop("memory", NULL);
    for (unsigned i = 0; i < threads; i++)
        if (pthread_create(&ids[i], NULL, note, &n))
            stop("threads", NULL);
    for (unsigned i = 0; i < threads; i++)
        pthread_join(ids[i], NULL);
    t = end(t);
    free(ids);
    commits = mp_store_counted(store).commits - commits;
    *batch = commits ? (unsigned)((count + commits - 1) / commits) : 1;
    char what[64];
    snprintf(what, sizeof what, "notes of %u threads", threads);
    return say(what, count, commits, t);
}

static double bench_adds(mp_store *store, mp_ledger *ledger, double time)
{
    uint64_t count = 0, commits = mp_store_counted(store).commits;
    timing   t = begin();
    while (seconds(CLOCK_MONOTONIC) < t.wall + time) {
        adding a = { ledger, count, ADD_AT_ONCE };
        MUST(mp_store_write(store, add, &a, err));
        count += ADD_AT_ONCE;
    }
    return say("writes of 100 leaves", count, mp_store_counted(store).commits - commits, end(t));
}

/* ---- the baseline ---- */

static void run_sql(sqlite3 *db, const char *sql)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK) {
        fprintf(stderr, "bench_ledger: %s\n", sqlite3_errmsg(db));
        exit(1);
    }
}

/* The same bytes in the same batches, as rows of one table. */
static double bench_plain(const char *text, size_t text_len, const char *beside, size_t beside_len, unsigned batch,
                          double time)
{
    char          path[4096], what[64];
    sqlite3      *db;
    sqlite3_stmt *insert;
    uint64_t      count = 0, commits = 0;
    snprintf(path, sizeof path, "%s/plain.db", folder);
    if (sqlite3_open(path, &db) != SQLITE_OK)
        exit(1);
    run_sql(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; DROP TABLE IF EXISTS plain; "
                "CREATE TABLE plain(idx INTEGER PRIMARY KEY, entry TEXT, openings TEXT)");
    if (sqlite3_prepare_v2(db, "INSERT INTO plain(entry, openings) VALUES (?1, ?2)", -1, &insert, NULL) != SQLITE_OK)
        exit(1);
    timing t = begin();
    while (seconds(CLOCK_MONOTONIC) < t.wall + time) {
        run_sql(db, "BEGIN IMMEDIATE");
        for (unsigned i = 0; i < batch; i++) {
            sqlite3_bind_text(insert, 1, text, (int)text_len, SQLITE_STATIC);
            sqlite3_bind_text(insert, 2, beside, (int)beside_len, SQLITE_STATIC);
            if (sqlite3_step(insert) != SQLITE_DONE)
                exit(1);
            sqlite3_reset(insert);
        }
        run_sql(db, "COMMIT");
        count += batch;
        commits++;
    }
    t = end(t);
    sqlite3_finalize(insert);
    sqlite3_close(db);
    snprintf(what, sizeof what, "bare SQLite, %u rows at once", batch);
    return say(what, count, commits, t);
}

/* ---- proofs ---- */

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void say_times(const char *what, double *times, unsigned count)
{
    qsort(times, count, sizeof *times, by_value);
    printf("%-34s p50 %8.1f us, p99 %8.1f us\n", what, times[count / 2] * 1e6, times[count / 100 * 99] * 1e6);
}

static void bench_proofs(mp_ledger *ledger)
{
    mp_ledger_head head = mp_ledger_now(ledger);
    double        *prove = malloc(PROOFS * sizeof *prove), *check = malloc(PROOFS * sizeof *check);
    mp_arena       arena = MP_ARENA_INIT;
    uint64_t       at = 88172645463325252u;
    if (!prove || !check)
        stop("memory", NULL);
    for (unsigned i = 0; i < PROOFS; i++) {
        mp_proof proof;
        mp_str   text;
        uint8_t  hash[32];
        at ^= at << 13, at ^= at >> 7, at ^= at << 17;
        uint64_t index = at % head.size;
        MUST(mp_ledger_leaf(&text, hash, NULL, ledger, index, &arena, err));
        double start = seconds(CLOCK_MONOTONIC);
        MUST(mp_ledger_inclusion(&proof, ledger, index, head.size, err));
        double middle = seconds(CLOCK_MONOTONIC);
        MUST(mp_merkle_check_inclusion(head.root, hash, index, head.size, &proof, err));
        prove[i] = middle - start;
        check[i] = seconds(CLOCK_MONOTONIC) - middle;
        mp_arena_reset(&arena);
    }
    say_times("inclusion: prove", prove, PROOFS);
    say_times("inclusion: check", check, PROOFS);
    for (unsigned i = 0; i < PROOFS; i++) {
        mp_proof proof;
        uint8_t  root[32];
        at ^= at << 13, at ^= at >> 7, at ^= at << 17;
        uint64_t from = 1 + at % head.size;
        MUST(mp_ledger_root(root, ledger, from, err));
        double start = seconds(CLOCK_MONOTONIC);
        MUST(mp_ledger_consistency(&proof, ledger, from, head.size, err));
        double middle = seconds(CLOCK_MONOTONIC);
        MUST(mp_merkle_check_consistency(from, root, head.size, head.root, &proof, err));
        prove[i] = middle - start;
        check[i] = seconds(CLOCK_MONOTONIC) - middle;
    }
    say_times("consistency: prove", prove, PROOFS);
    say_times("consistency: check", check, PROOFS);
    free(prove);
    free(check);
    mp_arena_free(&arena);
}

static void bench_search(const char *what, mp_ledger *ledger, mp_ledger_query query)
{
    enum { TIMES = 20 };
    double           times[TIMES];
    size_t           count = 0;
    for (unsigned i = 0; i < TIMES; i++) {
        mp_arena         arena = MP_ARENA_INIT;
        mp_ledger_entry *found;
        uint64_t         next;
        double           start = seconds(CLOCK_MONOTONIC);
        MUST(mp_ledger_search(&found, &count, &next, ledger, &query, &arena, err));
        times[i] = seconds(CLOCK_MONOTONIC) - start;
        mp_arena_free(&arena);
    }
    qsort(times, TIMES, sizeof times[0], by_value);
    printf("search: %-26s p50 %8.1f us, %zu leaves\n", what, times[TIMES / 2] * 1e6, count);
}

/* ---- the whole ---- */

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)st, (void)type, (void)where;
    return remove(path);
}

static void remove_folder(void)
{
    nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static long peak_kib(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

static void bench_size(mp_store *store, mp_ledger **ledger, uint64_t leaves)
{
    uint64_t         from = mp_ledger_now(*ledger).size;
    mp_ledger_report report;
    timing           t = begin();
    mp_arena         arena = MP_ARENA_INIT;
    for (uint64_t i = from; i < leaves; i += FILL_AT_ONCE) {
        adding a = { *ledger, i, leaves - i < FILL_AT_ONCE ? (unsigned)(leaves - i) : FILL_AT_ONCE };
        MUST(mp_store_write(store, add, &a, err));
    }
    if (leaves > from)
        say("filling, 1,000 leaves at once", leaves - from, (leaves - from) / FILL_AT_ONCE, end(t));
    printf("\n%llu leaves\n", (unsigned long long)mp_ledger_now(*ledger).size);
    mp_ledger_close(*ledger);
    t = begin();
    MUST(mp_ledger_open(ledger, store, NULL, err));
    printf("%-34s %.1f ms\n", "opening", end(t).wall * 1e3);
    bench_proofs(*ledger);
    bench_search("a request of long ago", *ledger,
                 (mp_ledger_query){ .request = leaf_of(&arena, from + 7).request, .outcome = -1 });
    bench_search("a request that is not there", *ledger, (mp_ledger_query){ .request = MP_S("nothing"), .outcome = -1 });
    bench_search("an actor, 100 newest", *ledger, (mp_ledger_query){ .actor = leaf_of(&arena, 3).actor, .outcome = -1 });
    bench_search("an actor refused, all", *ledger,
                 (mp_ledger_query){ .actor = leaf_of(&arena, 50).actor, .outcome = MP_OUTCOME_REFUSED, .limit = 1000 });
    bench_search("a path", *ledger, (mp_ledger_query){ .on = leaf_of(&arena, 11).on, .outcome = -1, .limit = 1000 });
    t = begin();
    MUST(mp_ledger_verify(&report, *ledger, NULL, NULL, err));
    t = end(t);
    printf("%-34s %.1f s, %.0f leaves/s\n", "verifying everything", t.wall, (double)report.size / t.wall);
    printf("%-34s %ld MiB\n", "peak memory", peak_kib() / 1024);
    mp_arena_free(&arena);
}

int main(int argc, char **argv)
{
    static const mp_schema *const schemas[] = { &mp_ledger_schema, &mp_stamp_schema };
    uint64_t    leaves = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
    unsigned    threads = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 64, batch = 1;
    double      time = argc > 3 ? strtod(argv[3], NULL) : 5;
    const char *base = getenv("TMPDIR") ? getenv("TMPDIR") : "/var/tmp";
    char        path[4096];
    mp_store   *store;
    mp_ledger  *ledger;
    mp_arena    arena = MP_ARENA_INIT;
    mp_str      text;
    uint8_t     hash[32];
    snprintf(path, sizeof path, "%s/mapae-bench-XXXXXX", base);
    folder = mkdtemp(path);
    if (!folder)
        return 1;
    atexit(remove_folder);
    mp_store_options options = { .folder = folder, .create = true, .schemas = schemas, .schema_count = MP_COUNT(schemas) };
    MUST(mp_store_open(&store, &options, err));
    MUST(mp_ledger_open(&ledger, store, NULL, err));
    double notes = bench_notes(store, ledger, threads, time, &batch);
    double adds = bench_adds(store, ledger, time);
    MUST(mp_ledger_leaf(&text, hash, NULL, ledger, 1, &arena, err));
    static const char beside[] = "{\"from\":{\"salt\":\"00112233445566778899aabbccddeeff\",\"value\":\"192.0.2.1\"}}";
    double plain_notes = bench_plain(text.ptr, text.len, beside, sizeof beside - 1, batch, time);
    double plain_adds = bench_plain(text.ptr, text.len, beside, sizeof beside - 1, ADD_AT_ONCE, time);
    printf("notes: %.2f of bare SQLite; writes of 100: %.2f; a leaf is %zu bytes\n", notes / plain_notes,
           adds / plain_adds, text.len);
    bench_size(store, &ledger, leaves);
    mp_ledger_close(ledger);
    mp_store_close(store);
    mp_arena_free(&arena);
    return 0;
}
