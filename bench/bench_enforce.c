/* SPDX-License-Identifier: Apache-2.0 */
/* bench_enforce RESOURCES.ndjson POLICY... - what it costs to let policies decide about a write, in
 * process, the resource being read already: judging alone, a write that nothing changes, and one that a
 * policy changes (a tag is added to what has a location). The first policy file is judged, further ones are
 * what it refers to. */
#include "enforce.h"

#include <mapae/inventory.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "library.h"
#include "source.h"

#define ROUNDS 100000
#define WARM_UP 5000
#define MOST 20000

static const char changing[] =
    "{\"name\": \"bench-tag\", \"properties\": {\"mode\": \"Indexed\", \"policyRule\": {"
    "\"if\": {\"field\": \"tags.bench\", \"exists\": false}, "
    "\"then\": {\"effect\": \"modify\", \"details\": {\"roleDefinitionIds\": [\"/r\"], \"operations\": ["
    "{\"operation\": \"addOrReplace\", \"field\": \"tags.bench\", \"value\": \"1\"}]}}}}}";

struct bench {
    mp_plan     *plan;
    mp_judge    *judge;
    mp_enforcer *enforcer;
    mp_resource *resources;
    size_t       count;
};

static double now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec * 1e-3;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

typedef mp_code one_round(struct bench *b, const mp_resource *r, mp_error *err);

static mp_code judge_one(struct bench *b, const mp_resource *r, mp_error *err)
{
    static const mp_surroundings around = { .now = MP_TICKS_PER_DAY * 739000 };
    const mp_program *program;
    const mp_verdict *verdicts;
    uint32_t          count;
    MP_TRY(mp_plan_program(&program, b->plan, r->type.ptr ? r->type : MP_S(""), err));
    MP_TRY(mp_judge_begin(b->judge, program, r, &around, err));
    return mp_judge_run(b->judge, NULL, &verdicts, &count, err);
}

static mp_code write_one(struct bench *b, const mp_resource *r, mp_error *err)
{
    mp_enforcement     done;
    mp_enforce_request request = { .resource = r, .around = { .now = MP_TICKS_PER_DAY * 739000 } };
    return mp_enforce_write(&done, b->enforcer, &request, err);
}

static mp_code measure(struct bench *b, const char *what, one_round *round, mp_error *err)
{
    double *times = malloc(ROUNDS * sizeof(*times)), sum = 0;
    if (!times)
        return mp_no_memory(err);
    for (size_t i = 0; i < WARM_UP + ROUNDS; i++) {
        double  start = now_us();
        mp_code code = round(b, &b->resources[i % b->count], err);
        if (code != MP_OK) {
            free(times);
            return code;
        }
        if (i >= WARM_UP)
            sum += times[i - WARM_UP] = now_us() - start;
    }
    qsort(times, ROUNDS, sizeof(*times), by_value);
    printf("%-24s p50 %.2f us, p99 %.2f us, mean %.2f us\n", what, times[ROUNDS / 2], times[ROUNDS / 100 * 99],
           sum / ROUNDS);
    free(times);
    return MP_OK;
}

static mp_code measure_with(struct bench *b, bool with_change, char **paths, mp_error *err)
{
    mp_library     *library;
    const mp_check *checks;
    uint32_t        count;
    mp_plan_options options = { .details = true };
    MP_TRY(mp_library_new(&library, err));
    mp_code code = MP_OK;
    for (size_t i = 0; paths[i] && code == MP_OK; i++)
        code = mp_library_read_path(library, paths[i], i ? MP_ROLE_REFERENCED : MP_ROLE_JUDGED, err);
    if (code == MP_OK && with_change)
        code = mp_library_read(library, MP_S("bench"), mp_str_from(changing), MP_ROLE_JUDGED, err);
    if (code == MP_OK)
        code = mp_library_checks(library, &checks, &count, err);
    if (code == MP_OK)
        code = mp_plan_new(&b->plan, checks, count, &options, err);
    if (code == MP_OK)
        code = mp_judge_new(&b->judge, b->plan, err);
    if (code == MP_OK)
        code = mp_enforcer_new(&b->enforcer, b->plan, err);
    if (code == MP_OK && !with_change) {
        printf("%u checks, %zu resources\n", count, b->count);
        code = measure(b, "judged", judge_one, err);
    }
    if (code == MP_OK)
        code = measure(b, with_change ? "written and changed" : "written", write_one, err);
    mp_enforcer_free(b->enforcer);
    mp_judge_free(b->judge);
    mp_plan_free(b->plan);
    mp_library_free(library);
    b->enforcer = NULL;
    b->judge = NULL;
    b->plan = NULL;
    return code;
}

static mp_code read_resources(struct bench *b, const char *path, mp_json_doc *doc, mp_arena *arena,
                              mp_error *err)
{
    mp_str text;
    MP_TRY(mp_source_slurp(&text, path, 0, arena, err));
    b->resources = MP_ARENA_ARRAY(arena, mp_resource, MOST);
    if (!b->resources)
        return mp_no_memory(err);
    while (text.len && b->count < MOST) {
        const mp_json *root;
        size_t         end = mp_str_find(text, '\n'), len = end == SIZE_MAX ? text.len : end;
        if (len) {
            MP_TRY(mp_json_read(doc, &root, mp_str_of(text.ptr, len), NULL, NULL, err));
            root = mp_arena_dup_json(arena, root);
            if (!root)
                return mp_no_memory(err);
            MP_TRY(mp_resource_from_arm(&b->resources[b->count++], root, arena, err));
        }
        text = mp_str_skip(text, len + 1);
    }
    return b->count ? MP_OK : mp_fail(err, MP_FORMAT, MP_NOWHERE, "there is no resource");
}

int main(int argc, char **argv)
{
    mp_error     err;
    mp_arena     arena = MP_ARENA_INIT;
    mp_json_doc *doc = NULL;
    struct bench b = { 0 };
    if (argc < 3) {
        fprintf(stderr, "usage: bench_enforce RESOURCES.ndjson POLICY...\n");
        return 2;
    }
    mp_code code = mp_json_doc_new(&doc, &err);
    if (code == MP_OK)
        code = read_resources(&b, argv[1], doc, &arena, &err);
    if (code == MP_OK)
        code = measure_with(&b, false, argv + 2, &err);
    if (code == MP_OK)
        code = measure_with(&b, true, argv + 2, &err);
    if (code != MP_OK)
        fprintf(stderr, "bench_enforce: %s\n", err.message);
    mp_json_doc_free(doc);
    mp_arena_free(&arena);
    return code == MP_OK ? 0 : 2;
}
