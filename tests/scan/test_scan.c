/* SPDX-License-Identifier: Apache-2.0 */
/* Scans of whole inventories: the same answer from any number of threads and any size of batches, from two
 * passes as from one look, and a clean end when something fails. */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "fault.h"
#include "generate.h"
#include "jsonw.h"
#include "policies.h"
#include "related.h"
#include "test.h"

static const char *content; /* folder */
static char        folder[] = "/tmp/mapae-scan-XXXXXX";
static char        generated[64], spelled[64], small[64];

#define NOW (INT64_C(639000000) * 1000000000) /* 2025 */

static void open_world(world *w)
{
    mp_error err = { 0 };
    CHECK_INT(world_open(w, &err), MP_OK);
    CHECK_INT(world_read(w, "policies.json", policies, &err), MP_OK);
    if (world_plan(w, &err) != MP_OK)
        fail_msg("%s", err.message);
}

/* ---- the same from any number of threads, and any size of batches ---- */

/* Does each scan with a plan of its own: which thread compiles a type first must not matter either. */
static void check_all_ways(void (*open)(world *), const char *path, bool keep_duplicates, size_t repeats)
{
    static const unsigned jobs[] = { 1, 2, 4 };
    static const size_t   batches[] = { (size_t)1 << 20, (size_t)64 << 10, (size_t)7 << 10, (size_t)1 << 10 };
    world_run             first = WORLD_RUN_INIT;
    for (size_t n = 0; n < repeats * MP_COUNT(jobs) * MP_COUNT(batches); n += test_step(5)) {
        unsigned  job_count = jobs[n / MP_COUNT(batches) % MP_COUNT(jobs)];
        world     w;
        world_run run = WORLD_RUN_INIT;
        mp_error  err = { 0 };
        open(&w);
        run.options = (mp_scan_options){ .jobs = job_count, .now = NOW, .reasons = true,
                                         .keep_duplicates = keep_duplicates };
        run.batch_bytes = batches[n % MP_COUNT(batches)];
        if (world_scan(&w, &run, &path, 1, &err) != MP_OK)
            fail_msg("%s", err.message);
        world_close(&w);
        if (!first.records.ptr) {
            first = run;
            CHECK(first.records.len > 1000);
            continue;
        }
        char what[64];
        snprintf(what, sizeof(what), "jobs %u, batches of %zu", job_count, run.batch_bytes);
        world_check_same(&run.records, &first.records, what);
        world_check_same(&run.summary, &first.summary, what);
        world_run_free(&run);
    }
    world_run_free(&first);
}

static void read_content(world *w, const char *name)
{
    char     path[1024];
    mp_error err = { 0 };
    snprintf(path, sizeof(path), "%s/%s", content, name);
    CHECK_INT(mp_library_read_path(w->library, path, MP_ROLE_JUDGED, &err), MP_OK);
}

static void open_demo(world *w)
{
    static mp_arena values; /* what parameters point to */
    mp_error        err = { 0 };
    CHECK_INT(world_open(w, &err), MP_OK);
    read_content(w, "policies");
    static const char *const assigned[] = { "initiatives/isms-p.json", "initiatives/iso-27001-2022.json",
                                            "initiatives/korea-baseline.json" };
    for (size_t i = 0; i < MP_COUNT(assigned); i++)
        read_content(w, assigned[i]);
    CHECK_INT(mp_library_set_parameter(w->library, MP_S("workspaceId"), mp_json_make_str(&values, MP_S("w")), &err),
              MP_OK);
    read_content(w, "demo/assignments.json");
    read_content(w, "demo/assignments-dev.json");
    read_content(w, "demo/exemptions.json");
    read_content(w, "demo/attestations.json");
    if (world_plan(w, &err) != MP_OK)
        fail_msg("%s", err.message);
}

TEST(demo_does_not_depend_on_threads_or_batches)
{
    char path[1024];
    snprintf(path, sizeof(path), "%s/demo/inventory", content);
    check_all_ways(open_demo, path, false, 1);
}

TEST(generated_inventory_does_not_depend_on_threads_or_batches)
{
    check_all_ways(open_world, generated, false, 2);
}

TEST(kept_duplicates_do_not_depend_on_threads_or_batches)
{
    check_all_ways(open_world, generated, true, 2);
}

TEST(spellings_of_types_do_not_depend_on_threads_or_batches)
{
    check_all_ways(open_world, spelled, false, 1);
}

/* ---- two passes say what one look would say ---- */

struct whole {
    mp_inventory_batch *batch;
    mp_json_doc        *docs[2048];
    mp_resource         resources[2048];
    size_t              count;
    mp_arena            arena;
    mp_inventory       *inventory;
};

static void read_whole(struct whole *all, const char *path)
{
    mp_error             err = { 0 };
    bool                 more = true;
    mp_inventory_options reading = { .batch_bytes = (size_t)1 << 26 };
    CHECK_INT(mp_inventory_open(&all->inventory, &path, 1, &reading, &err), MP_OK);
    CHECK_INT(mp_inventory_batch_new(&all->batch, &err), MP_OK);
    CHECK_INT(mp_inventory_next(all->inventory, all->batch, &more, &err), MP_OK);
    CHECK(mp_inventory_batch_count(all->batch) < MP_COUNT(all->docs));
    for (size_t i = 0; i < mp_inventory_batch_count(all->batch); i++) {
        mp_origin origin;
        CHECK_INT(mp_json_doc_new(&all->docs[all->count], &err), MP_OK);
        if (mp_record_read(&all->resources[all->count], &origin, all->batch, i, all->docs[all->count],
                           &all->arena, &err) == MP_OK)
            all->count++;
        else
            mp_json_doc_free(all->docs[all->count]);
    }
}

static void free_whole(struct whole *all)
{
    for (size_t i = 0; i < all->count; i++)
        mp_json_doc_free(all->docs[i]);
    mp_inventory_batch_free(all->batch);
    mp_inventory_close(all->inventory);
    mp_arena_free(&all->arena);
}

static mp_related_store *store_of(const struct whole *all, const world *w)
{
    mp_error          err = { 0 };
    mp_arena          arena = MP_ARENA_INIT;
    mp_related_store *store;
    CHECK_INT(mp_related_store_new(&store, &err), MP_OK);
    for (size_t i = 0; i < all->count; i++) {
        const mp_resource *r = &all->resources[i];
        const mp_program  *program;
        CHECK_INT(mp_plan_program(&program, w->plan, r->type, &err), MP_OK);
        if (program->as_related) {
            mp_pack *pack = mp_related_pack(program->as_related, r, &arena);
            CHECK(pack != NULL);
            mp_pack_detach(pack);
            CHECK_INT(mp_related_store_add(store, program->as_related, r->id, r->scope, pack, &err), MP_OK);
        }
        if (mp_str_starts_fold(r->type, MP_S("Microsoft.Resources/")))
            CHECK_INT(mp_related_store_add_container(store, r->id, r->doc, &err), MP_OK);
    }
    CHECK_INT(mp_related_store_close(store, &err), MP_OK);
    mp_arena_free(&arena);
    return store;
}

static void print_verdicts(mp_str *lines, const mp_verdict *v, uint32_t count, mp_arena *arena)
{
    for (uint32_t i = 0; i < count; i++)
        lines[v[i].check] = mp_arena_printf(arena, "check %u: %.*s %.*s %.*s %.*s %d", v[i].check,
                                            MP_FMT(mp_states[v[i].state].text),
                                            MP_FMT(mp_reasons[v[i].reason]), MP_FMT(v[i].effect),
                                            MP_FMT(v[i].detail), (int)v[i].code);
}

TEST(two_halves_judge_like_one_run)
{
    static struct whole all;
    world               w;
    mp_error            err = { 0 };
    mp_judge           *judge, *later;
    mp_surroundings     around = { .now = NOW };
    size_t              pended_in_all = 0, judged = 0, without_context = 0;
    open_world(&w);
    read_whole(&all, generated);
    CHECK(all.count > 500);
    mp_related_store *store = store_of(&all, &w);
    mp_related        ask = mp_related_store_ask(store);
    CHECK_INT(mp_judge_new(&judge, w.plan, &err), MP_OK);
    CHECK_INT(mp_judge_new(&later, w.plan, &err), MP_OK);
    for (size_t i = 0; i < all.count; i++) {
        mp_arena          arena = MP_ARENA_INIT;
        mp_str            whole[64] = { { 0 } }, halves[64] = { { 0 } };
        const mp_program *program;
        const mp_verdict *verdicts;
        mp_alone          alone;
        uint32_t          count;
        CHECK_INT(mp_plan_program(&program, w.plan, all.resources[i].type, &err), MP_OK);
        CHECK_INT(mp_judge_begin(judge, program, &all.resources[i], &around, &err), MP_OK);
        CHECK_INT(mp_judge_run(judge, &ask, &verdicts, &count, &err), MP_OK);
        print_verdicts(whole, verdicts, count, &arena);
        judged += count;
        CHECK_INT(mp_judge_begin(judge, program, &all.resources[i], &around, &err), MP_OK);
        CHECK_INT(mp_judge_run_alone(judge, &alone, &err), MP_OK);
        print_verdicts(halves, alone.verdicts, alone.count, &arena);
        pended_in_all += alone.pended_count;
        if (alone.pended_count) {
            mp_pack *pack = mp_judge_pack(judge, alone.waits, &arena);
            CHECK(pack != NULL);
            mp_pack_detach(pack);
            mp_pack *moved = mp_arena_alloc(&arena, pack->bytes);
            memcpy(moved, pack, pack->bytes);
            mp_pack_attach(moved);
            CHECK_INT(mp_judge_begin_pack(later, program, moved, &around, &err), MP_OK);
            CHECK_INT(mp_judge_run_pended(later, &ask, alone.pended, alone.pended_count, &verdicts, &count, &err), MP_OK);
            print_verdicts(halves, verdicts, count, &arena);
            bool is_known = mp_judge_context_known(program, all.resources[i].id, &ask);
            for (uint32_t k = 0; k < count && alone.waits == MP_WAITS_CONTEXT && !is_known; k++) {
                mp_verdict said = mp_judge_without_context(program, alone.pended[k]);
                CHECK(said.check == verdicts[k].check && said.state == verdicts[k].state &&
                      said.reason == verdicts[k].reason);
                without_context++;
            }
        }
        for (size_t k = 0; k < MP_COUNT(whole); k++)
            if (!mp_str_eq(whole[k], halves[k]))
                fail_msg("%.*s\nin one run %.*s\nin two     %.*s", MP_FMT(all.resources[i].id),
                         MP_FMT(whole[k]), MP_FMT(halves[k]));
        mp_arena_free(&arena);
    }
    CHECK(pended_in_all > 1000 && judged > 1000 && without_context > 0);
    mp_judge_free(judge);
    mp_judge_free(later);
    mp_related_store_free(store);
    free_whole(&all);
    world_close(&w);
}

/* ---- ends ---- */

/* The first bad document in input order is the one that is named, whoever comes upon it. */
TEST(strict_names_the_first_bad_document)
{
    mp_error first = { 0 };
    for (int i = 0; i < 12; i++) {
        world       w;
        world_run   run = WORLD_RUN_INIT;
        mp_error    err = { 0 };
        const char *path = generated;
        open_world(&w);
        run.options = (mp_scan_options){ .jobs = i ? 4 : 1, .now = NOW, .strict = true };
        run.batch_bytes = i % 3 ? (size_t)1 << 10 : (size_t)1 << 20;
        CHECK(world_scan(&w, &run, &path, 1, &err) != MP_OK);
        if (i == 0)
            first = err;
        CHECK_STR(mp_str_from(err.message), first.message);
        world_run_free(&run);
        world_close(&w);
    }
}

TEST(a_sink_that_fails_ends_the_scan)
{
    for (unsigned jobs = 1; jobs <= 4; jobs++)
        for (size_t after = 1; after < 400000; after = after * 5 + 777) {
            world       w;
            world_run   run = WORLD_RUN_INIT;
            mp_error    err = { 0 };
            const char *path = generated;
            open_world(&w);
            run.options = (mp_scan_options){ .jobs = jobs, .now = NOW, .reasons = true };
            run.batch_bytes = 4096;
            run.fail_after = after;
            CHECK_INT(world_scan(&w, &run, &path, 1, &err), MP_IO);
            CHECK_STR(mp_str_from(err.message), "the sink is full");
            world_run_free(&run);
            world_close(&w);
        }
}

/* Types that anybody can invent do not fill memory: behind the last that fits, documents of new ones are bad,
 * those of known ones are not. */
TEST(types_have_a_limit)
{
    static const char one_type[] =
        "[{`name`: `one`, `properties`: {`mode`: `All`, `policyRule`: {`if`: {`field`: `type`, `equals`:"
        " `Made.Up/type0`}, `then`: {`effect`: `audit`}}}}]";
    char  path[128];
    FILE *f = (snprintf(path, sizeof(path), "%s/types.ndjson", folder), fopen(path, "w"));
    CHECK(f != NULL);
    for (int i = 0; i < MP_PLAN_TYPES + 5; i++)
        fprintf(f, "{\"id\":\"" SUB "/resourceGroups/g/providers/Made.Up/type%d/r\"}\n", i);
    fprintf(f, "{\"id\":\"" SUB "/resourceGroups/g/providers/made.up/TYPE0/s\"}\n");
    CHECK_INT(fclose(f), 0);
    for (unsigned jobs = 1; jobs <= 3; jobs += 2) {
        world       w;
        world_run   run = WORLD_RUN_INIT;
        mp_error    err = { 0 };
        const char *paths = path;
        CHECK_INT(world_open(&w, &err), MP_OK);
        CHECK_INT(world_read(&w, "one.json", one_type, &err), MP_OK);
        CHECK_INT(world_plan(&w, &err), MP_OK);
        run.options = (mp_scan_options){ .jobs = jobs, .now = NOW };
        CHECK_INT(world_scan(&w, &run, &paths, 1, &err), MP_OK);
        char wanted[100];
        snprintf(wanted, sizeof(wanted), "documents %d, duplicates 0, without policy %d, bad 5", MP_PLAN_TYPES + 1,
                 MP_PLAN_TYPES - 1);
        CHECK(mp_str_starts(mp_buf_str(&run.summary), mp_str_from(wanted)));
        world_run_free(&run);
        world_close(&w);
    }
    remove(path);
}

static bool small_scan(void *context)
{
    world       w;
    world_run   run = WORLD_RUN_INIT;
    mp_error    err = { 0 };
    const char *path = small;
    (void)context;
    mp_code code = world_open(&w, &err);
    if (code == MP_OK)
        code = world_read(&w, "policies.json", policies, &err);
    if (code == MP_OK)
        code = world_plan(&w, &err);
    run.options = (mp_scan_options){ .jobs = 1, .now = NOW, .reasons = true };
    run.batch_bytes = 1024;
    if (code == MP_OK)
        code = world_scan(&w, &run, &path, 1, &err);
    CHECK(code == MP_OK || code == MP_NOMEM);
    world_run_free(&run);
    world_close(&w);
    return code == MP_OK;
}

TEST(memory_runs_out_anywhere) { CHECK(fault_loop(small_scan, NULL) > 100); }

int main(int argc, char **argv)
{
    content = argc > 1 ? argv[1] : "content";
    if (!mkdtemp(folder))
        return 1;
    snprintf(generated, sizeof(generated), "%s/generated.ndjson", folder);
    snprintf(spelled, sizeof(spelled), "%s/spelled.ndjson", folder);
    snprintf(small, sizeof(small), "%s/small.ndjson", folder);
    generate_documents(generated, 1200);
    generate_spellings(spelled);
    generate_small(small);
    int failed = MAIN(RUN(demo_does_not_depend_on_threads_or_batches),
                      RUN(generated_inventory_does_not_depend_on_threads_or_batches),
                      RUN(kept_duplicates_do_not_depend_on_threads_or_batches),
                      RUN(spellings_of_types_do_not_depend_on_threads_or_batches),
                      RUN(two_halves_judge_like_one_run), RUN(strict_names_the_first_bad_document),
                      RUN(a_sink_that_fails_ends_the_scan), RUN(types_have_a_limit), RUN(memory_runs_out_anywhere));
    remove(generated);
    remove(spelled);
    remove(small);
    rmdir(folder);
    return failed;
}
