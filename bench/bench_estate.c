/* SPDX-License-Identifier: Apache-2.0 */
/* bench_estate INITIATIVE LIBRARY INVENTORY.ndjson [ROUNDS [STORE]] - an inventory recorded in a store: judged when
 * the initiative is assigned, in full scans beside scans of the file under the same policies, in turn, and after single
 * changes, until their verdicts stand. STORE: "postgres://..." instead of SQLite. */
#include "bench_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "ingest.h"
#include "jsonw.h"
#include "library.h"
#include "scan.h"
#include "scans.h"
#include "source.h"

#define BATCH 1000 /* resources recorded in one write */
#define CHANGES 200

static world w;

static double cpu_us(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e6 + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

/* What took how long: wall and processor time, in seconds. */
typedef struct spent {
    double wall, cpu;
} spent;

static spent begin(void) { return (spent){ now_us(), cpu_us() }; }
static spent since(spent start) { return (spent){ (now_us() - start.wall) / 1e6, (cpu_us() - start.cpu) / 1e6 }; }

static void keep_best(spent *best, spent one)
{
    best->wall = best->wall == 0 || one.wall < best->wall ? one.wall : best->wall;
    best->cpu = best->cpu == 0 || one.cpu < best->cpu ? one.cpu : best->cpu;
}

static void say(const char *what, spent s, size_t resources)
{
    printf("%-44s %8.2f s, %8.2f s of processor time: %7.0f resources a second, %6.1f us each\n", what, s.wall, s.cpu,
           (double)resources / s.wall, s.cpu * 1e6 / (double)resources);
    fflush(stdout);
}

/* ---- recording ---- */

typedef struct recording {
    mp_ingest        what;
    mp_ingest_counts counts;
    mp_arena         arena;
    mp_jsonw         documents;
    size_t           waiting, recorded, faulty;
} recording;

static mp_code skip(void *ctx, size_t index, const mp_error *why, mp_error *err)
{
    (void)ctx;
    (void)index;
    (void)why;
    (void)err;
    return MP_OK; /* counted */
}

static mp_code put_some(mp_tx *tx, void *arg, mp_error *err)
{
    recording *r = arg;
    r->counts = (mp_ingest_counts){ 0 };
    return mp_ingest_put(&r->counts, w.app, tx, &r->what, &r->arena, err);
}

static void begin_batch(recording *r)
{
    mp_arena_reset(&r->arena);
    mp_jsonw_init(&r->documents, &r->arena);
    mp_jsonw_array(&r->documents);
    r->waiting = 0;
}

static void end_batch(recording *r)
{
    mp_error err;
    mp_jsonw_end(&r->documents);
    r->what.resources = mp_jsonw_done(&r->documents);
    must(world_write(&w, put_some, r, &err), &err);
    r->recorded += r->counts.added + r->counts.made;
    r->faulty += r->counts.faulty;
    begin_batch(r);
}

static size_t record_all(const char *path)
{
    recording    r = { .what = { .source = MP_S("collect:bench"), .say = skip }, .arena = MP_ARENA_INIT };
    spent        start = begin();
    FILE        *file = fopen(path, "r");
    char        *line = NULL;
    size_t       cap = 0;
    ssize_t      len;
    mp_json_doc *doc;
    mp_error     err;
    must(mp_json_doc_new(&doc, &err), &err);
    if (!file)
        must(mp_fail(&err, MP_IO, MP_NOWHERE, "cannot open %s", path), &err);
    begin_batch(&r);
    while ((len = getline(&line, &cap, file)) > 0) {
        const mp_json *root;
        if (mp_json_read(doc, &root, mp_str_of(line, (size_t)len), NULL, NULL, &err) != MP_OK) {
            r.faulty++;
            continue;
        }
        mp_jsonw_value(&r.documents, mp_arena_dup_json(&r.arena, root));
        if (++r.waiting == BATCH)
            end_batch(&r);
    }
    end_batch(&r);
    free(line);
    fclose(file);
    mp_json_doc_free(doc);
    mp_arena_free(&r.arena);
    say("recorded, with their groups", since(start), r.recorded);
    if (r.faulty)
        printf("%zu documents were refused\n", r.faulty);
    fflush(stdout);
    return r.recorded;
}

static spent settle(void)
{
    mp_error err;
    spent    start = begin();
    must(mp_judging_settle(w.c->judging, 36000, &err), &err);
    return since(start);
}

/* ---- scans ---- */

typedef struct scanning {
    mp_full_scan scan;
    mp_arena     arena;
} scanning;

static mp_code begin_scan(mp_tx *tx, void *arg, mp_error *err)
{
    scanning *s = arg;
    return mp_scan_begin(&s->scan, tx, MP_S("/"), MP_S("bench"), mp_tx_arena(tx), err);
}

static mp_code last_scan(mp_tx *tx, void *arg, mp_error *err)
{
    scanning *s = arg;
    return mp_scan_last(&s->scan, tx, &s->arena, err);
}

static spent full_scan(mp_full_scan *out)
{
    mp_error err;
    scanning s = { .arena = MP_ARENA_INIT };
    must(world_write(&w, begin_scan, &s, &err), &err);
    spent    took = settle();
    must(mp_store_read(w.app->store, last_scan, &s, &err), &err);
    if (s.scan.stage != MP_SCAN_DONE)
        must(mp_fail(&err, MP_INTERNAL, MP_NOWHERE, "the scan did not end"), &err);
    *out = s.scan;
    mp_arena_free(&s.arena);
    return took;
}

static mp_plan *plan_of(mp_library **library, const char *initiative, const char *definitions)
{
    mp_error        err;
    mp_plan        *plan;
    const mp_check *checks;
    uint32_t        count;
    must(mp_library_new(library, &err), &err);
    must(mp_library_read_path(*library, definitions, MP_ROLE_REFERENCED, &err), &err);
    must(mp_library_read_path(*library, initiative, MP_ROLE_JUDGED, &err), &err);
    must(mp_library_checks(*library, &checks, &count, &err), &err);
    must(mp_plan_new(&plan, checks, count, &(mp_plan_options){ .aliases = NULL }, &err), &err);
    return plan;
}

static spent file_scan(uint64_t *verdicts, size_t *documents, mp_plan *plan, const char *path, unsigned jobs)
{
    mp_error        err;
    mp_inventory   *inventory;
    mp_scan        *scan;
    spent           start = begin();
    mp_scan_options options = { .jobs = jobs, .now = mp_clock_now() };
    must(mp_inventory_open(&inventory, &path, 1, &(mp_inventory_options){ .batch_bytes = (size_t)64 << 10 }, &err), &err);
    must(mp_scan_new(&scan, plan, inventory, &options, &err), &err);
    must(mp_scan_run(scan, &err), &err);
    *verdicts = mp_tally_total(&mp_scan_result(scan)->pairs);
    *documents = (size_t)mp_scan_result(scan)->documents;
    mp_scan_free(scan);
    mp_inventory_close(inventory);
    return since(start);
}

static void scan_in_turn(mp_plan *plan, const char *path, int rounds)
{
    spent        file_one = { 0, 0 }, file_all = { 0, 0 }, stored = { 0, 0 };
    uint64_t     verdicts = 0, said = 0;
    unsigned     jobs = (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
    size_t       documents = 0;
    mp_full_scan scan = { .number = 0 };
    for (int i = 0; i < rounds; i++) {
        keep_best(&file_one, file_scan(&verdicts, &documents, plan, path, 1));
        keep_best(&file_all, file_scan(&verdicts, &documents, plan, path, jobs));
        keep_best(&stored, full_scan(&scan));
    }
    for (unsigned i = 0; i < MP_STATE_COUNT; i++)
        said += scan.states[i];
    say("the file scanned, one thread", file_one, documents);
    say("the file scanned, a thread for each core", file_all, documents);
    say("the store scanned", stored, scan.judged);
    printf("%llu verdicts of the file, %llu of the store, %llu put right; the full scan is %.2f times the file's in processor time (%.2f of several"
           " threads), %.2f in wall-clock time\n",
           (unsigned long long)verdicts, (unsigned long long)said, (unsigned long long)scan.mended, stored.cpu / file_one.cpu, stored.cpu / file_all.cpu,
           stored.wall / file_all.wall);
}

/* ---- single changes ---- */

typedef struct picking {
    mp_estate_query query;
    mp_estate_page  page;
    mp_arena        arena;
} picking;

static mp_code pick(mp_tx *tx, void *arg, mp_error *err)
{
    picking *p = arg;
    return mp_estate_list(&p->page, tx, &p->query, &p->arena, err);
}

static const mp_json *with_mark(const mp_json *document, size_t mark, mp_arena *arena)
{
    mp_jsonw jw;
    mp_jsonw_init(&jw, arena);
    mp_jsonw_array(&jw);
    mp_jsonw_object(&jw);
    for (MP_JSON_MEMBERS(key, document)) {
        if (mp_str_eq_fold(mp_json_str(key), MP_S("tags")))
            continue;
        mp_jsonw_key(&jw, mp_json_str(key));
        mp_jsonw_value(&jw, key + 1);
    }
    mp_jsonw_key(&jw, MP_S("tags"));
    mp_jsonw_object(&jw);
    mp_jsonw_put_str(&jw, "mark", mp_arena_printf(arena, "%zu", mark));
    mp_jsonw_end(&jw);
    mp_jsonw_end(&jw);
    mp_jsonw_end(&jw);
    return mp_jsonw_done(&jw);
}

/* Resources of all over the estate: a page of it, and every so many-th of that. */
static void change_one_by_one(size_t resources)
{
    static double stored[CHANGES], judged[CHANGES];
    mp_error      err;
    size_t        done = 0, wanted = resources < CHANGES ? resources : CHANGES, step = resources / wanted;
    picking       p = { .query = { .limit = 1000 }, .arena = MP_ARENA_INIT };
    recording     r = { .what = { .source = MP_S("collect:bench"), .say = skip }, .arena = MP_ARENA_INIT };
    size_t        at = 0;
    do {
        must(mp_store_read(w.app->store, pick, &p, &err), &err);
        for (size_t i = 0; i < p.page.count && done < wanted; i++, at++) {
            if (at % step)
                continue;
            r.what.resources = with_mark(p.page.items[i].document, done, &r.arena);
            double start = now_us();
            must(world_write(&w, put_some, &r, &err), &err);
            stored[done] = now_us() - start;
            must(mp_judging_settle(w.c->judging, 36000, &err), &err);
            judged[done++] = now_us() - start;
            mp_arena_reset(&r.arena);
        }
        mp_arena last = p.arena;
        p.arena = (mp_arena)MP_ARENA_INIT;
        p.query.after = p.page.next.len ? mp_arena_dup(&p.arena, p.page.next) : MP_S("");
        mp_arena_free(&last);
    } while (done < wanted && p.query.after.len);
    tell("one change, until it is stored", stored, done);
    tell("one change, until its verdicts stand", judged, done);
    mp_arena_free(&p.arena);
    mp_arena_free(&r.arena);
}

int main(int argc, char **argv)
{
    mp_library *library;
    if (argc < 4) {
        fprintf(stderr, "usage: bench_estate INITIATIVE LIBRARY INVENTORY.ndjson [ROUNDS [STORE]]\n");
        return 2;
    }
    int rounds = argc > 4 ? atoi(argv[4]) : 3;
    world_start(&w, argc > 5 ? argv[5] : NULL);
    mp_str   set = world_import(&w, argv[1], argv[2]);
    mp_plan *plan = plan_of(&library, argv[1], argv[2]);
    size_t   resources = record_all(argv[3]);
    say("judged without any policy", settle(), resources);
    world_assign(&w, set);
    say("judged when the initiative was assigned", settle(), resources);
    scan_in_turn(plan, argv[3], rounds);
    change_one_by_one(resources);
    mp_plan_free(plan);
    mp_library_free(library);
    world_stop(&w);
    return 0;
}
