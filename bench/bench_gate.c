/* SPDX-License-Identifier: Apache-2.0 */
/* bench_gate RESOURCES.ndjson INITIATIVE LIBRARY [STORED [STORE]] - what policy costs a write, in process: the same
 * resources are written without any assignment and with the initiative assigned, by several at once; then, with
 * STORED resources recorded (by default 100,000), how long it takes from a change to its verdicts. STORE:
 * "postgres://..." instead of SQLite. */
#include "bench_world.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "ingest.h"
#include "jsonw.h"
#include "source.h"

#define WRITES 20000
#define WRITERS 16
#define MOST 20000
#define GROUPS 50
#define BATCH 500
#define CHANGES 300

typedef struct sample {
    mp_str         type;
    const mp_json *document;
} sample;

static world  w;
static sample samples[MOST];
static size_t sample_count;
static char   subscription[80];

/* Real documents of resources that stand in a group by themselves. */
static void read_samples(const char *path)
{
    mp_error     err;
    mp_json_doc *doc;
    mp_str       text;
    must(mp_source_slurp(&text, path, 0, &w.arena, &err), &err);
    must(mp_json_doc_new(&doc, &err), &err);
    while (text.len && sample_count < MOST) {
        const mp_json *root;
        mp_place       place;
        size_t         end = mp_str_find(text, '\n'), len = end == SIZE_MAX ? text.len : end;
        mp_str         line = mp_str_of(text.ptr, len);
        text = mp_str_skip(text, len + (end != SIZE_MAX));
        if (!len || mp_json_read(doc, &root, line, NULL, NULL, NULL) != MP_OK ||
            !mp_json_is(mp_json_get(root, MP_S("id")), MP_JSON_STRING) ||
            mp_place_of(&place, mp_json_str(mp_json_get(root, MP_S("id"))), &w.arena, NULL) != MP_OK)
            continue;
        if (place.kind == MP_PLACE_RESOURCE && mp_str_eq(place.parent, place.group_key))
            samples[sample_count++] = (sample){ place.type, mp_arena_dup_json(&w.arena, root) };
    }
    mp_json_doc_free(doc);
    if (!sample_count)
        must(mp_fail(&err, MP_FORMAT, MP_NOWHERE, "there is no resource in %s", path), &err);
}

static mp_str id_of(size_t i, mp_arena *arena)
{
    const sample *s = &samples[i % sample_count];
    return mp_arena_printf(arena, "%s/resourceGroups/g%zu/providers/%.*s/r%zu", subscription, i % GROUPS,
                           MP_FMT(s->type), i);
}

/* The document under another id, with a tag that differs. */
static const mp_json *document_of(size_t i, size_t mark, mp_arena *arena)
{
    mp_jsonw w_;
    char     text[32];
    snprintf(text, sizeof text, "%zu", mark);
    mp_jsonw_init(&w_, arena);
    mp_jsonw_object(&w_);
    mp_jsonw_put_str(&w_, "id", id_of(i, arena));
    for (MP_JSON_MEMBERS(key, samples[i % sample_count].document)) {
        mp_str name = mp_json_str(key);
        if (mp_str_eq(name, MP_S("id")) || mp_str_eq(name, MP_S("name")) || mp_str_eq(name, MP_S("tags")))
            continue;
        mp_jsonw_key(&w_, name);
        mp_jsonw_value(&w_, key + 1);
    }
    mp_jsonw_key(&w_, MP_S("tags"));
    mp_jsonw_object(&w_);
    mp_jsonw_put_str(&w_, "mark", mp_str_from(text));
    mp_jsonw_end(&w_);
    mp_jsonw_end(&w_);
    return mp_jsonw_done(&w_);
}

static mp_code write_one(size_t i, size_t mark, mp_arena *arena, mp_error *err)
{
    mp_place       place;
    mp_gate_result result;
    MP_TRY(mp_place_of(&place, id_of(i, arena), arena, err));
    mp_gate_request r = { .act = MP_GATE_PUT,
                          .place = &place,
                          .body = document_of(i, mark, arena),
                          .api_version = MP_S("2023-01-01"),
                          .by = MP_S("me"),
                          .by_kind = MP_S("User"),
                          .source = MP_S("api"),
                          .expected = MP_ANY_VERSION,
                          .write = world_write,
                          .write_ctx = &w };
    return mp_gate_write(&result, w.c, &r, arena, err);
}

/* ---- many writers ---- */

static atomic_size_t next_write, refused, failed;
static double        times[WRITES];
static size_t        mark;

static void *write_some(void *unused)
{
    mp_arena arena = MP_ARENA_INIT;
    mp_error err;
    (void)unused;
    for (size_t i; (i = atomic_fetch_add(&next_write, 1)) < WRITES;) {
        double  start = now_us();
        mp_code code = write_one(i, mark, &arena, &err);
        times[i] = now_us() - start;
        if (code == MP_DENIED)
            atomic_fetch_add(&refused, 1);
        else if (code != MP_OK && atomic_fetch_add(&failed, 1) < 5)
            fprintf(stderr, "%s: %s\n", mp_code_name(code), err.message);
        mp_arena_reset(&arena);
    }
    mp_arena_free(&arena);
    return NULL;
}

static double write_all(const char *what)
{
    pthread_t threads[WRITERS];
    mp_error  err;
    atomic_store(&next_write, 0);
    atomic_store(&refused, 0);
    mark++;
    double start = now_us();
    for (size_t i = 0; i < WRITERS; i++)
        if (pthread_create(&threads[i], NULL, write_some, NULL) != 0)
            must(mp_fail(&err, MP_NOMEM, MP_NOWHERE, "no thread"), &err);
    for (size_t i = 0; i < WRITERS; i++)
        pthread_join(threads[i], NULL);
    double seconds = (now_us() - start) / 1e6;
    tell(what, times, WRITES);
    printf("%-44s %.0f writes a second by %d at once, %zu refused, %zu failed\n", "", WRITES / seconds, WRITERS,
           atomic_load(&refused), atomic_load(&failed));
    return WRITES / seconds;
}

static void settle(const char *what)
{
    mp_error err;
    double   start = now_us();
    must(mp_judging_settle(w.c->judging, 3600, &err), &err);
    if (what)
        printf("%-44s %.2f s\n", what, (now_us() - start) / 1e6);
}

/* ---- a large estate ---- */

typedef struct filling {
    mp_ingest        what;
    mp_ingest_counts counts;
    mp_arena         arena;
} filling;

static mp_code fill_some(mp_tx *tx, void *arg, mp_error *err)
{
    filling *f = arg;
    f->counts = (mp_ingest_counts){ 0 };
    return mp_ingest_put(&f->counts, w.app, tx, &f->what, &f->arena, err);
}

static mp_code say(void *ctx, size_t index, const mp_error *why, mp_error *err)
{
    (void)ctx;
    (void)err;
    fprintf(stderr, "resource %zu: %s\n", index, why->message);
    return MP_OK;
}

static void fill(size_t wanted)
{
    mp_error err;
    filling  f = { .what = { .source = MP_S("collect:bench"), .say = say }, .arena = MP_ARENA_INIT };
    double   start = now_us();
    for (size_t i = WRITES; i < wanted;) {
        mp_jsonw documents;
        mp_jsonw_init(&documents, &f.arena);
        mp_jsonw_array(&documents);
        for (size_t end = i + BATCH; i < end && i < wanted; i++)
            mp_jsonw_value(&documents, document_of(i, 0, &f.arena));
        mp_jsonw_end(&documents);
        f.what.resources = mp_jsonw_done(&documents);
        must(world_write(&w, fill_some, &f, &err), &err);
        mp_arena_reset(&f.arena);
    }
    printf("%zu resources recorded in %.1f s\n", wanted - WRITES, (now_us() - start) / 1e6);
    mp_arena_free(&f.arena);
    settle("the rest of judging them");
}

static void change_to_verdict(size_t stored)
{
    mp_arena arena = MP_ARENA_INIT;
    mp_error err;
    size_t   done = 0;
    double   writes[CHANGES];
    for (size_t i = 0; done < CHANGES && i < 10 * CHANGES; i++) {
        double  start = now_us();
        mp_code code = write_one((i * 7919) % stored, ++mark, &arena, &err);
        double  written = now_us();
        if (code == MP_OK) {
            settle(NULL);
            writes[done] = written - start;
            times[done++] = now_us() - start;
        } else if (code != MP_DENIED) {
            must(code, &err);
        }
        mp_arena_reset(&arena);
    }
    tell("one change alone, until it is stored", writes, done);
    tell("one change alone, until its verdicts stand", times, done);
    mp_arena_free(&arena);
}

#define AUTH "/providers/Microsoft.Authorization/"

int main(int argc, char **argv)
{
    if (argc < 4) {
        fprintf(stderr, "usage: bench_gate RESOURCES.ndjson INITIATIVE LIBRARY [STORED [STORE]]\n");
        return 2;
    }
    size_t stored = argc > 4 ? strtoul(argv[4], NULL, 10) : 100000;
    stored = stored > WRITES ? stored : WRITES;
    world_start(&w, argc > 5 ? argv[5] : NULL);
    snprintf(subscription, sizeof subscription, "/subscriptions/%.*s", MP_FMT(w.init.subscription_id));
    read_samples(argv[1]);
    printf("%zu different resources\n", sample_count);
    mp_str set = world_import(&w, argv[2], argv[3]);
    for (int i = 0; i < GROUPS; i++) { /* groups, by the gate as everything */
        mp_error       err;
        mp_place       place;
        mp_gate_result result;
        must(mp_place_of(&place, mp_arena_printf(&w.arena, "%s/resourceGroups/g%d", subscription, i), &w.arena, &err), &err);
        mp_gate_request r = { .act = MP_GATE_PUT,
                              .place = &place,
                              .body = world_json(&w, "{\"location\":\"koreacentral\"}"),
                              .api_version = MP_S("2021-04-01"),
                              .by = MP_S("me"),
                              .by_kind = MP_S("User"),
                              .source = MP_S("api"),
                              .expected = MP_ANY_VERSION,
                              .write = world_write,
                              .write_ctx = &w };
        must(mp_gate_write(&result, w.c, &r, &w.arena, &err), &err);
    }
    write_all("resources made, no policy");
    settle("judging");
    double plain = write_all("resources changed, no policy");
    settle("judging");
    mp_str assignment = mp_arena_printf(
        &w.arena, "{\"properties\":{\"policyDefinitionId\":\"" AUTH "policySetDefinitions/%.*s\"}}", MP_FMT(set));
    double start = now_us();
    world_object(&w, MP_OBJECT_ASSIGNMENT, AUTH "policyAssignments/bench", assignment.ptr);
    printf("%-44s %.2f s\n", "the initiative assigned", (now_us() - start) / 1e6);
    settle("judging all by it");
    double gated = write_all("resources changed, policy assigned");
    settle("judging");
    printf("a write costs %.2f of one without policy (throughput)\n", plain / gated);
    fill(stored);
    change_to_verdict(stored);
    world_stop(&w);
    return 0;
}
