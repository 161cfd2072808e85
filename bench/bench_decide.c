/* SPDX-License-Identifier: Apache-2.0 */
/* bench_decide RESOURCES.ndjson POLICY... - how long one decision takes, in process, from the text of a
 * resource to its verdicts, policies compiled beforehand.
 *
 * Every document is decided in turn by one worker; a decision's time is taken by itself. The first policy file
 * is judged, further ones (files or folders) are what it refers to. */
#include <mapae/engine.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "arena.h"
#include "source.h"

#define DECISIONS 200000
#define WARM_UP 2000

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

static int fail(const char *what, const mp_error *err)
{
    fprintf(stderr, "bench_decide: %s: %s\n", what, err->message);
    return 2;
}

struct loading {
    mp_engine     *engine;
    mp_engine_role role;
    mp_arena      *arena;
};

/* A file, or every .json below a folder but tests. */
static mp_code load_path(const struct loading *l, const char *path, mp_error *err)
{
    DIR *folder = opendir(path);
    if (!folder) {
        mp_str text;
        MP_TRY(mp_source_slurp(&text, path, 0, l->arena, err));
        return mp_engine_add(l->engine, mp_str_from(path), text, l->role, err);
    }
    mp_code code = MP_OK;
    for (struct dirent *entry; code == MP_OK && (entry = readdir(folder));) {
        mp_str name = mp_str_from(entry->d_name);
        bool   is_file = mp_str_ends(name, MP_S(".json")) && !mp_str_ends(name, MP_S(".test.json"));
        if (mp_str_starts(name, MP_S(".")) || (!is_file && entry->d_type != DT_DIR))
            continue;
        mp_str below = mp_arena_printf(l->arena, "%s/%s", path, entry->d_name);
        code = below.ptr ? load_path(l, below.ptr, err) : MP_NOMEM;
    }
    closedir(folder);
    return code;
}

static mp_code load(mp_engine *engine, char **paths, mp_arena *arena, mp_error *err)
{
    struct loading l = { engine, MP_ENGINE_JUDGED, arena };
    for (size_t i = 0; paths[i]; i++) {
        MP_TRY(load_path(&l, paths[i], err));
        l.role = MP_ENGINE_REFERENCED;
    }
    mp_engine_options options = { .despite_errors = true };
    return mp_engine_compile(engine, &options, err);
}

/* The non-empty lines of `text`, at most `most` of them. */
static size_t split(mp_str *lines, size_t most, mp_str text)
{
    size_t count = 0;
    while (text.len && count < most) {
        size_t end = mp_str_find(text, '\n');
        size_t len = end == SIZE_MAX ? text.len : end;
        if (len)
            lines[count++] = mp_str_of(text.ptr, len);
        text = mp_str_skip(text, len + 1);
    }
    return count;
}

static int measure(mp_worker *worker, const mp_str *lines, size_t count, mp_error *err)
{
    double  *times = malloc(DECISIONS * sizeof(*times));
    uint64_t verdicts = 0, bytes = 0;
    if (!times)
        return 2;
    for (size_t i = 0; i < WARM_UP + DECISIONS; i++) {
        const mp_engine_verdict *list;
        size_t                   n;
        mp_request               request = { .resource = lines[i % count], .knows_related = true };
        double                   start = now_us();
        if (mp_worker_decide(&list, &n, worker, &request, err) != MP_OK) {
            free(times);
            return fail("decision", err);
        }
        if (i < WARM_UP)
            continue;
        times[i - WARM_UP] = now_us() - start;
        verdicts += n;
        bytes += request.resource.len;
    }
    qsort(times, DECISIONS, sizeof(*times), by_value);
    printf("decide: p50 %.1f us, p99 %.1f us, worst %.0f us; %zu documents of %.1f KB, %.1f verdicts each\n",
           times[DECISIONS / 2], times[DECISIONS / 100 * 99], times[DECISIONS - 1], count,
           (double)bytes / DECISIONS / 1e3, (double)verdicts / DECISIONS);
    free(times);
    return 0;
}

int main(int argc, char **argv)
{
    mp_error err;
    if (argc < 3) {
        fprintf(stderr, "usage: bench_decide RESOURCES.ndjson POLICY...\n");
        return 2;
    }
    mp_arena   arena = MP_ARENA_INIT;
    mp_engine *engine = NULL;
    mp_worker *worker = NULL;
    mp_str     text;
    static mp_str lines[100000];
    int        result = 2;
    if (mp_source_slurp(&text, argv[1], 0, &arena, &err) != MP_OK)
        fail(argv[1], &err);
    else if (mp_engine_new(&engine, &err) != MP_OK || load(engine, argv + 2, &arena, &err) != MP_OK)
        fail("policies", &err);
    else if (mp_worker_new(&worker, engine, &err) != MP_OK)
        fail("worker", &err);
    else
        result = measure(worker, lines, split(lines, MP_COUNT(lines), text), &err);
    mp_worker_free(worker);
    mp_engine_free(engine);
    mp_arena_free(&arena);
    return result;
}
