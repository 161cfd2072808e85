/* SPDX-License-Identifier: Apache-2.0 */
/* Scans of whole inventories: the same answer from any number of threads and any size of batches, from two
 * passes as from one look, and a clean end when something fails. */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "fault.h"
#include "jsonw.h"
#include "policies.h"
#include "related.h"
#include "test.h"

static const char *content; /* folder */
static char        folder[] = "/tmp/mapae-scan-XXXXXX";
static char        generated[64], spelled[64], small[64];

#define NOW (INT64_C(639000000) * 1000000000) /* 2025 */

/* ---- inventories ---- */

static uint32_t seed;

static uint32_t any(uint32_t below)
{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 8) % below;
}

static void put_vm(FILE *f, int i, uint32_t group)
{
    static const char *const spellings[] = { "Microsoft.Compute/virtualMachines",
                                             "microsoft.compute/virtualmachines",
                                             "Microsoft.Compute/VirtualMachines" };
    static const char *const tags[] = { "", ",\"tags\":{\"env\":\"prod\"}", ",\"tags\":{\"owner\":\"kim\"}",
                                        ",\"tags\":{\"n\":\"1\"}", ",\"tags\":null" };
    fprintf(f, "{\"id\":\"%s/resourceGroups/%s%u/providers/Microsoft.Compute/virtualMachines/vm%d\","
            "\"type\":\"%s\",\"name\":\"vm%d\",\"location\":\"%s\"%s,\"properties\":{}}\n",
            SUB, any(4) ? "rg" : "RG", group, i, spellings[any(3)], i,
            any(2) ? "koreacentral" : "Korea South", tags[any(5)]);
}

static void put_related(FILE *f, int i, uint32_t group)
{
    switch (any(4)) {
    case 0:
        fprintf(f, "{\"id\":\"%s/resourceGroups/rg%u/providers/Microsoft.Compute/virtualMachines/vm%u/"
                "extensions/e%d\",\"type\":\"Microsoft.Compute/virtualMachines/extensions\",\"name\":\"e%d\","
                "\"location\":\"koreacentral\",\"properties\":{\"publisher\":\"%s\"}}\n",
                SUB, group, any(400), i, i, any(2) ? "good" : "bad");
        break;
    case 1:
        fprintf(f, "{\"id\":\"%s/resourceGroups/rg%u/providers/Microsoft.Compute/virtualMachines/vm%u/"
                "providers/Microsoft.Insights/diagnosticSettings/d%d\",\"name\":\"d%d\",\"properties\":{}}\n",
                SUB, group, any(400), i, i);
        break;
    case 2:
        fprintf(f, "{\"id\":\"%s/resourceGroups/%s/providers/Microsoft.Network/networkWatchers/n%d\","
                "\"type\":\"Microsoft.Network/networkWatchers\",\"name\":\"n%d\",\"location\":\"%s\"}\n",
                SUB, any(3) ? "rg3" : "rg-Shared", i, i, any(2) ? "koreacentral" : "westus");
        break;
    default:
        fprintf(f, "{\"id\":\"%s/resourceGroups/rg%u\",\"type\":\"Microsoft.Resources/subscriptions/"
                "resourceGroups\",\"name\":\"rg%u\",\"location\":\"koreacentral\"%s}\n",
                SUB, any(6), any(6), any(2) ? ",\"tags\":{\"env\":\"prod\",\"owner\":\"lee\"}" : "");
    }
}

/* Groups 6 to 9 never have a document. Related resources and groups come before, after and not at all. */
static void generate(const char *path, int count)
{
    FILE *f = fopen(path, "w");
    CHECK(f != NULL);
    seed = 7;
    for (int i = 0; i < count; i++) {
        uint32_t group = any(10);
        if (any(10) == 0)
            fputs(any(2) ? "{\"id\": oops}\n" : "{\"name\":\"nameless\"}\n", f);
        else if (any(8) == 0)
            put_vm(f, i / 2, (uint32_t)i % 10); /* a duplicate now and then */
        else if (any(2))
            put_vm(f, i, group);
        else
            put_related(f, i, group);
    }
    fprintf(f, "{\"id\":\"%s\",\"type\":\"Microsoft.Resources/subscriptions\",\"tags\":{}}\n", SUB);
    CHECK(fclose(f) == 0);
}

/* Types whose first document spells them otherwise than all others, far apart. */
static void generate_spellings(const char *path)
{
    FILE *f = fopen(path, "w");
    CHECK(f != NULL);
    for (int i = 0; i < 4000; i++)
        fprintf(f, "{\"id\":\"%s/resourceGroups/rg1/providers/%s/vm%d\",\"name\":\"vm%d\","
                "\"location\":\"koreacentral\"}\n", SUB,
                i % 2 ? "microsoft.compute/virtualmachines" : "Microsoft.Compute/virtualMachines", i, i);
    CHECK(fclose(f) == 0);
}

static void open_world(world *w)
{
    mp_error err = { 0 };
    CHECK_INT(world_open(w, &err), MP_OK);
    CHECK_INT(world_read(w, "policies.json", policies, &err), MP_OK);
    if (world_plan(w, &err) != MP_OK)
        fail_msg("%s", err.message);
}

/* ---- the same from any number of threads, and any size of batches ---- */

static void check_same(const mp_buf *found, const mp_buf *wanted, unsigned jobs, size_t batch)
{
    if (mp_str_eq(mp_buf_str(found), mp_buf_str(wanted)))
        return;
    size_t at = 0, line = 0;
    while (at < found->len && at < wanted->len && found->ptr[at] == wanted->ptr[at]) {
        at++;
        if (found->ptr[at - 1] == '\n')
            line = at;
    }
    fail_msg("jobs %u, batches of %zu: at byte %zu (of %zu and %zu):\n%.400s\nwanted\n%.400s", jobs, batch,
             at, found->len, wanted->len, line < found->len ? found->ptr + line : "",
             line < wanted->len ? wanted->ptr + line : "");
}

/* Does each scan with a plan of its own: which thread compiles a type first must not matter either. */
static void check_all_ways(void (*open)(world *), const char *path, bool keep_duplicates, int repeats)
{
    static const unsigned jobs[] = { 1, 2, 4 };
    static const size_t   batches[] = { (size_t)1 << 20, (size_t)64 << 10, (size_t)7 << 10, (size_t)1 << 10 };
    world_run             first = WORLD_RUN_INIT;
    for (int n = 0; n < repeats; n++)
        for (size_t j = 0; j < MP_COUNT(jobs); j++)
            for (size_t b = 0; b < MP_COUNT(batches); b++) {
                world     w;
                world_run run = WORLD_RUN_INIT;
                mp_error  err = { 0 };
                open(&w);
                run.options = (mp_scan_options){ .jobs = jobs[j], .now = NOW, .reasons = true,
                                                 .keep_duplicates = keep_duplicates };
                run.batch_bytes = batches[b];
                if (world_scan(&w, &run, &path, 1, &err) != MP_OK)
                    fail_msg("%s", err.message);
                world_close(&w);
                if (!first.records.ptr) {
                    first = run;
                    CHECK(first.records.len > 1000);
                    continue;
                }
                check_same(&run.records, &first.records, jobs[j], batches[b]);
                check_same(&run.summary, &first.summary, jobs[j], batches[b]);
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
    read_content(w, "initiatives");
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
    size_t              pended_in_all = 0, judged = 0;
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
        const uint32_t   *pended;
        uint32_t          count, pended_count;
        CHECK_INT(mp_plan_program(&program, w.plan, all.resources[i].type, &err), MP_OK);
        CHECK_INT(mp_judge_begin(judge, program, &all.resources[i], &around, &err), MP_OK);
        CHECK_INT(mp_judge_run(judge, &ask, &verdicts, &count, &err), MP_OK);
        print_verdicts(whole, verdicts, count, &arena);
        judged += count;
        CHECK_INT(mp_judge_begin(judge, program, &all.resources[i], &around, &err), MP_OK);
        CHECK_INT(mp_judge_run_alone(judge, &verdicts, &count, &pended, &pended_count, &err), MP_OK);
        print_verdicts(halves, verdicts, count, &arena);
        pended_in_all += pended_count;
        if (pended_count) {
            mp_pack *pack = mp_judge_pack(judge, &arena);
            CHECK(pack != NULL);
            mp_pack_detach(pack);
            mp_pack *moved = mp_arena_alloc(&arena, pack->bytes);
            memcpy(moved, pack, pack->bytes);
            mp_pack_attach(moved);
            CHECK_INT(mp_judge_begin_pack(later, program, moved, &around, &err), MP_OK);
            CHECK_INT(mp_judge_run_pended(later, &ask, pended, pended_count, &verdicts, &count, &err), MP_OK);
            print_verdicts(halves, verdicts, count, &arena);
        }
        for (size_t k = 0; k < MP_COUNT(whole); k++)
            if (!mp_str_eq(whole[k], halves[k]))
                fail_msg("%.*s\nin one run %.*s\nin two     %.*s", MP_FMT(all.resources[i].id),
                         MP_FMT(whole[k]), MP_FMT(halves[k]));
        mp_arena_free(&arena);
    }
    CHECK(pended_in_all > 1000 && judged > 1000);
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

static void write_small(void)
{
    FILE *f = fopen(small, "w");
    CHECK(f != NULL);
    seed = 3;
    for (int i = 0; i < 4; i++) {
        put_vm(f, i, 1);
        put_related(f, i, 1);
    }
    fputs("nothing\n", f);
    CHECK(fclose(f) == 0);
}

int main(int argc, char **argv)
{
    content = argc > 1 ? argv[1] : "content";
    if (!mkdtemp(folder))
        return 1;
    snprintf(generated, sizeof(generated), "%s/generated.ndjson", folder);
    snprintf(spelled, sizeof(spelled), "%s/spelled.ndjson", folder);
    snprintf(small, sizeof(small), "%s/small.ndjson", folder);
    generate(generated, 1200);
    generate_spellings(spelled);
    write_small();
    int failed = MAIN(RUN(demo_does_not_depend_on_threads_or_batches),
                      RUN(generated_inventory_does_not_depend_on_threads_or_batches),
                      RUN(kept_duplicates_do_not_depend_on_threads_or_batches),
                      RUN(spellings_of_types_do_not_depend_on_threads_or_batches),
                      RUN(two_halves_judge_like_one_run), RUN(strict_names_the_first_bad_document),
                      RUN(a_sink_that_fails_ends_the_scan), RUN(memory_runs_out_anywhere));
    remove(generated);
    remove(spelled);
    remove(small);
    rmdir(folder);
    return failed;
}
