/* SPDX-License-Identifier: Apache-2.0 */
/* bench_scan.c - how fast an inventory is judged, beside merely reading and validating the same bytes.
 *
 *   bench_scan INITIATIVE LIBRARY ALIASES INVENTORY.ndjson [ROUNDS]
 *
 * First (resource, policy) pairs that apply, judged per second with the documents in memory, parsed. Then,
 * in one run, alternating, so that whatever else the machine does hits all alike: our reader alone,
 * simdjson alone, a scan on one thread, a scan on two. The best of the rounds of each counts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "alias.h"
#include "library.h"
#include "scan.h"
#include "source.h"

double bench_simdjson_lines(const char *path); /* seconds; bench_simdjson_lines.cpp */

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double cpu(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void die(const mp_error *err)
{
    fprintf(stderr, "bench_scan: %s\n", err->message);
    exit(1);
}

/* Read the file in blocks, cut at line ends, read every line: what any scan has to do at least. */
static void read_only(const char *path)
{
    mp_error     err = { 0 };
    mp_source   *source;
    mp_json_doc *doc;
    size_t       cap = (size_t)256 << 10, kept = 0;
    char        *block = malloc(2 * cap + MP_JSON_PADDING);
    if (!block || mp_source_open(&source, path, &err) != MP_OK || mp_json_doc_new(&doc, &err) != MP_OK)
        die(&err);
    for (;;) {
        size_t got;
        if (mp_source_read(source, block + kept, cap, &got, &err) != MP_OK)
            die(&err);
        if (got == 0)
            break;
        char *at = block, *end = block + kept + got, *newline;
        while ((newline = memchr(at, '\n', (size_t)(end - at))) != NULL) {
            const mp_json *root;
            if (mp_json_read_padded(doc, &root, mp_str_of(at, (size_t)(newline - at)), NULL, NULL, &err) !=
                MP_OK)
                die(&err);
            at = newline + 1;
        }
        kept = (size_t)(end - at);
        if (kept > cap)
            die(&(mp_error){ .message = "a line is too long" });
        memmove(block, at, kept);
    }
    mp_json_doc_free(doc);
    mp_source_close(source);
    free(block);
}

static uint64_t pairs;
static uint64_t documents;
static size_t   related_bytes;

static void scan(mp_plan *plan, const char *path, unsigned jobs)
{
    mp_error               err = { 0 };
    mp_inventory          *inventory;
    mp_scan               *s;
    mp_inventory_options   reading = { .batch_bytes = (size_t)64 << 10 };
    mp_scan_options        options = { .jobs = jobs, .now = mp_clock_now() };
    if (mp_inventory_open(&inventory, &path, 1, &reading, &err) != MP_OK ||
        mp_scan_new(&s, plan, inventory, &options, &err) != MP_OK || mp_scan_run(s, &err) != MP_OK)
        die(&err);
    pairs = mp_tally_total(&mp_scan_result(s)->pairs);
    documents = mp_scan_result(s)->documents;
    related_bytes = mp_scan_related_bytes(s);
    mp_scan_free(s);
    mp_inventory_close(inventory);
}

#define IN_MEMORY 20000 /* documents that are kept parsed */

/* Judge documents that are parsed already; related resources are not looked up. */
static void judge_parsed(mp_plan *plan, const char *path)
{
    static mp_resource   resources[IN_MEMORY];
    mp_error             err = { 0 };
    mp_inventory        *inventory;
    mp_inventory_batch  *batches[64];
    mp_json_doc         *doc;
    mp_judge            *judge;
    mp_arena             arena = MP_ARENA_INIT;
    size_t               count = 0, batch_count = 0;
    mp_inventory_options reading = { .batch_bytes = (size_t)1 << 20 };
    if (mp_inventory_open(&inventory, &path, 1, &reading, &err) != MP_OK ||
        mp_json_doc_new(&doc, &err) != MP_OK || mp_judge_new(&judge, plan, &err) != MP_OK)
        die(&err);
    for (bool more = true; more && count < IN_MEMORY && batch_count < MP_COUNT(batches); batch_count++) {
        mp_inventory_batch **batch = &batches[batch_count];
        if (mp_inventory_batch_new(batch, &err) != MP_OK ||
            mp_inventory_next(inventory, *batch, &more, &err) != MP_OK)
            die(&err);
        for (size_t i = 0; i < mp_inventory_batch_count(*batch) && count < IN_MEMORY; i++) {
            mp_origin origin;
            if (mp_record_read(&resources[count], &origin, *batch, i, doc, &arena, &err) != MP_OK)
                continue;
            mp_json_doc_keep(doc);
            count++;
        }
    }
    double best = 0;
    size_t applied = 0;
    for (int round = 0; round < 7; round++) {
        double started = cpu();
        applied = 0;
        for (size_t i = 0; i < count; i++) {
            const mp_program *program;
            const mp_verdict *verdicts;
            uint32_t          n;
            mp_surroundings   around = { .now = 0 };
            if (mp_plan_program(&program, plan, resources[i].type, &err) != MP_OK ||
                mp_judge_begin(judge, program, &resources[i], &around, &err) != MP_OK ||
                mp_judge_run(judge, NULL, &verdicts, &n, &err) != MP_OK)
                die(&err);
            applied += n;
        }
        double seconds = cpu() - started;
        if (best == 0 || seconds < best)
            best = seconds;
    }
    printf("parsed documents: %zu documents, %zu pairs that apply, %.0f pairs per cpu second, %.2f us per document\n",
           count, applied, (double)applied / best, best * 1e6 / (double)count);
    for (size_t i = 0; i < batch_count; i++)
        mp_inventory_batch_free(batches[i]);
    mp_judge_free(judge);
    mp_json_doc_free(doc);
    mp_arena_free(&arena);
    mp_inventory_close(inventory);
}

struct series {
    const char *name;
    double      best, best_cpu;
};

static void note(struct series *s, double seconds, double cpu_seconds)
{
    if (s->best == 0 || seconds < s->best)
        s->best = seconds;
    if (s->best_cpu == 0 || cpu_seconds < s->best_cpu)
        s->best_cpu = cpu_seconds;
}

#define MEASURE(series, call)            \
    do {                                 \
        double t_ = now(), c_ = cpu();   \
        call;                            \
        note((series), now() - t_, cpu() - c_); \
    } while (0)

int main(int argc, char **argv)
{
    if (argc < 5) {
        fprintf(stderr, "usage: bench_scan INITIATIVE LIBRARY ALIASES INVENTORY.ndjson [ROUNDS]\n");
        return 2;
    }
    int             rounds = argc > 5 ? atoi(argv[5]) : 3;
    mp_error        err = { 0 };
    mp_arena        arena = MP_ARENA_INIT;
    mp_library     *library;
    mp_aliases     *aliases = NULL;
    mp_plan        *plan;
    const mp_check *checks;
    uint32_t        count;
    mp_str          text;
    double          started = now();
    if (mp_library_new(&library, &err) != MP_OK ||
        mp_library_read_path(library, argv[2], MP_ROLE_REFERENCED, &err) != MP_OK ||
        mp_library_read_path(library, argv[1], MP_ROLE_JUDGED, &err) != MP_OK ||
        mp_library_checks(library, &checks, &count, &err) != MP_OK)
        die(&err);
    double compiled = now();
    if (mp_source_slurp(&text, argv[3], 0, &arena, &err) != MP_OK ||
        mp_aliases_read_padded(&aliases, text, &err) != MP_OK ||
        mp_plan_new(&plan, checks, count, &(mp_plan_options){ .aliases = aliases }, &err) != MP_OK)
        die(&err);
    printf("read and compile %zu definitions: %.3f s; table of aliases and plan of %u checks: %.3f s\n",
           mp_library_definition_count(library), compiled - started, count, now() - compiled);
    mp_arena_free(&arena);
    judge_parsed(plan, argv[4]);
    struct series reader = { .name = "our reader alone" }, simdjson = { .name = "simdjson alone" };
    struct series one = { .name = "scan, 1 thread" }, two = { .name = "scan, 2 threads" };
    for (int i = 0; i < rounds; i++) {
        MEASURE(&reader, read_only(argv[4]));
        MEASURE(&simdjson, bench_simdjson_lines(argv[4]));
        MEASURE(&one, scan(plan, argv[4], 1));
        MEASURE(&two, scan(plan, argv[4], 2));
    }
    struct series *all[] = { &reader, &simdjson, &one, &two };
    for (size_t i = 0; i < MP_COUNT(all); i++)
        printf("%-18s %7.3f s wall  %7.3f s cpu  %5.2f x our reader (cpu)  %5.2f x simdjson (cpu)\n",
               all[i]->name, all[i]->best, all[i]->best_cpu, all[i]->best_cpu / reader.best_cpu,
               all[i]->best_cpu / simdjson.best_cpu);
    printf("speed-up of two threads: %.2f (wall)\n", one.best / two.best);
    printf("%llu documents, %llu verdicts, %.0f verdicts per cpu second, parsing included\n",
           (unsigned long long)documents, (unsigned long long)pairs, (double)pairs / one.best_cpu);
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    printf("peak memory %ld MB, of it related resources %zu MB\n", u.ru_maxrss / 1024,
           related_bytes >> 20);
    mp_plan_free(plan);
    mp_aliases_free(aliases);
    mp_library_free(library);
    return 0;
}
