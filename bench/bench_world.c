/* SPDX-License-Identifier: Apache-2.0 */
#include "bench_world.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "evidence.h"
#include "item.h"
#include "jsonw.h"
#include "source.h"

#define AT_ONCE 200
#define ME MP_S("11111111-1111-4111-8111-111111111111")

static const mp_system *const systems[] = { &mp_compliance_system, NULL };
const mp_system *const *world_systems = systems;
static const mp_leaf leaf = {
    .actor_kind = { "system", 6 }, .action = { "Mapae.Bench/write", 17 }, .on = { "/", 1 }, .outcome = MP_OUTCOME_DONE
};

void must(mp_code code, const mp_error *err)
{
    if (code == MP_OK)
        return;
    fprintf(stderr, "%s: %s\n", mp_code_name(code), err->message);
    exit(2);
}

double now_us(void)
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

double tell(const char *what, double *times, size_t count)
{
    qsort(times, count, sizeof *times, by_value);
    printf("%-44s p50 %9.3f ms  p99 %9.3f ms  most %9.3f ms  (%zu)\n", what, times[count / 2] / 1e3,
           times[count * 99 / 100] / 1e3, times[count - 1] / 1e3, count);
    fflush(stdout);
    return times[count / 2];
}

/* ---- times ---- */

static double processor_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec * 1e-3;
}

void timing_begin(timing *t)
{
    t->wall[t->count] = now_us();
    t->processor[t->count] = processor_us();
}

void timing_end(timing *t)
{
    t->wall[t->count] = now_us() - t->wall[t->count];
    t->processor[t->count] = processor_us() - t->processor[t->count];
    t->count++;
}

double timing_tell(timing *t, const char *what)
{
    qsort(t->processor, t->count, sizeof *t->processor, by_value);
    double median = tell(what, t->wall, t->count);
    printf("%-44s p50 %9.3f ms\n", "    of this program's processor", t->processor[t->count / 2] / 1e3);
    return median;
}

double world_ask(world *w, const char *what, size_t rounds, mp_tx_fn fn, void *arg, mp_arena *arena)
{
    timing   t = { .count = 0 };
    mp_error err;
    for (double begun = now_us(); t.count < rounds && (t.count < 3 || now_us() - begun < 20e6);) {
        timing_begin(&t);
        must(mp_store_read(w->app->store, fn, arg, &err), &err);
        timing_end(&t);
        mp_arena_reset(arena);
    }
    return timing_tell(&t, what);
}

/* ---- life ---- */

static void open_world(world *w)
{
    mp_error err;
    must(mp_app_open(&w->app, &(mp_app_options){ .config = w->config, .folder = w->folder, .systems = world_systems },
                     &err),
         &err);
    w->c = mp_compliance_of(w->app);
}

static void configure(world *w)
{
    static const char *const nothing[] = { NULL };
    static const char *const sets[] = { "password.hash-memory=8MiB", "password.hash-passes=1", "log.to=stderr",
                                        "log.level=error", "policies.shipped=false" };
    mp_error err;
    must(mp_config_read(&w->config,
                        &(mp_config_source){
                            .file = "/dev/null", .environ_ = nothing, .sets = sets, .set_count = MP_COUNT(sets) },
                        NULL, NULL, &err),
         &err);
}

static void make_world(world *w, const char *store)
{
    mp_error err;
    configure(w);
    must(mp_app_init(
             &w->init,
             &(mp_init_options){ .config = w->config, .folder = w->folder, .store = store, .systems = world_systems },
             &w->arena, &err),
         &err);
    open_world(w);
}

void world_start(world *w, const char *store)
{
    mp_error err;
    *w = (world){ .folder = "/tmp/mapae-bench-XXXXXX" };
    if (!mkdtemp(w->folder))
        must(mp_fail(&err, MP_IO, MP_NOWHERE, "cannot make %s", w->folder), &err);
    make_world(w, store);
}

/* Whose world it is stands in a file beside it. */
static void note_ids(const world *w, const char *path)
{
    mp_error err;
    FILE    *f = fopen(path, "w");
    if (!f || fprintf(f, "%.*s %.*s\n", MP_FMT(w->init.tenant_id), MP_FMT(w->init.subscription_id)) < 0 || fclose(f))
        must(mp_fail(&err, MP_IO, MP_NOWHERE, "cannot write %s", path), &err);
}

bool world_start_kept(world *w, const char *folder, const char *store)
{
    char     path[128], tenant[40], subscription[40];
    mp_error err;
    *w = (world){ .is_kept = true };
    if (snprintf(w->folder, sizeof w->folder, "%s", folder) >= (int)sizeof w->folder)
        must(mp_fail(&err, MP_LIMIT, MP_NOWHERE, "the name of the folder %s is too long", folder), &err);
    snprintf(path, sizeof path, "%s/bench-world", w->folder);
    FILE *f = fopen(path, "r");
    if (!f) {
        make_world(w, store);
        note_ids(w, path);
        return false;
    }
    if (fscanf(f, "%39s %39s", tenant, subscription) != 2)
        must(mp_fail(&err, MP_DAMAGED, MP_NOWHERE, "%s names no world", path), &err);
    fclose(f);
    w->init.tenant_id = mp_arena_dup(&w->arena, mp_str_from(tenant));
    w->init.subscription_id = mp_arena_dup(&w->arena, mp_str_from(subscription));
    configure(w);
    open_world(w);
    return true;
}

void world_reopen(world *w)
{
    mp_app_close(w->app);
    open_world(w);
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(path);
}

void world_stop(world *w)
{
    mp_app_close(w->app);
    mp_config_free(w->config);
    mp_arena_free(&w->arena);
    if (w->is_kept)
        return;
    if (nftw(w->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0)
        fprintf(stderr, "%s stays behind\n", w->folder);
}

/* ---- documents ---- */

static const mp_json *read_json(mp_str text, mp_arena *arena)
{
    mp_error       err;
    mp_json_doc   *doc;
    const mp_json *root;
    must(mp_json_doc_new(&doc, &err), &err);
    must(mp_json_read(doc, &root, text, NULL, NULL, &err), &err);
    root = mp_arena_dup_json(arena, root);
    mp_json_doc_free(doc);
    return root;
}

const mp_json *world_json(world *w, const char *text)
{
    mp_buf b = MP_BUF_INIT;
    for (const char *p = text; *p; p++) {
        if (p[0] == '$' && p[1] == 'S') {
            mp_buf_printf(&b, "/subscriptions/%.*s", MP_FMT(w->init.subscription_id));
            p++;
        } else {
            mp_buf_add_c(&b, *p);
        }
    }
    const mp_json *out = read_json(mp_buf_str(&b), &w->arena);
    mp_buf_free(&b);
    return out;
}

mp_code world_write(void *ctx, mp_tx_fn fn, void *arg, mp_error *err)
{
    world *w = ctx;
    return mp_app_write_alone(w->app, &leaf, fn, arg, err);
}

typedef struct putting {
    mp_object_write what;
    mp_object_fault fault;
    mp_arena       *arena;
} putting;

static mp_code put_one(mp_tx *tx, void *arg, mp_error *err)
{
    putting *p = arg;
    return mp_object_put(NULL, NULL, &p->fault, tx, &p->what, p->arena, err);
}

static void put_object(world *w, mp_object_kind kind, mp_str id, const char *json)
{
    mp_error err;
    mp_place place;
    must(mp_place_of(&place, id, &w->arena, &err), &err);
    putting p = { .what = { .kind = kind,
                            .place = &place,
                            .body = world_json(w, json),
                            .by = ME,
                            .by_kind = MP_S("User"),
                            .tenant = w->init.tenant_id,
                            .expected = MP_ANY_VERSION },
                  .arena = &w->arena };
    must(world_write(w, put_one, &p, &err), &err);
}

void world_object(world *w, mp_object_kind kind, const char *id, const char *json)
{
    put_object(w, kind, mp_arena_printf(&w->arena, "/subscriptions/%.*s%s", MP_FMT(w->init.subscription_id), id), json);
}

void world_assign(world *w, mp_str set)
{
    mp_str json = mp_arena_printf(
        &w->arena,
        "{\"properties\":{\"policyDefinitionId\":\"/providers/Microsoft.Authorization/policySetDefinitions/%.*s\"}}",
        MP_FMT(set));
    put_object(
        w, MP_OBJECT_ASSIGNMENT,
        mp_arena_printf(
            &w->arena,
            "/providers/Microsoft.Management/managementGroups/%.*s/providers/Microsoft.Authorization/policyAssignments/bench",
            MP_FMT(w->init.tenant_id)),
        json.ptr);
}

/* ---- evidence ---- */

mp_str world_keep_file(world *w, mp_str bytes)
{
    mp_evidence_sink *sink = NULL;
    mp_error          err;
    char              sha256[65];
    uint64_t          size;
    must(mp_evidence_begin(&sink, w->app->store, &err), &err);
    must(mp_evidence_write(sink, bytes, &err), &err);
    must(mp_evidence_end(sha256, &size, sink, &err), &err);
    return mp_arena_dup(&w->arena, mp_str_from(sha256));
}

mp_code world_evidence(mp_tx *tx, mp_str id, mp_str kind, mp_str sha256, mp_error *err)
{
    mp_record made;
    mp_jsonw  j;
    mp_jsonw_init(&j, mp_tx_arena(tx));
    mp_jsonw_object(&j);
    mp_jsonw_put_str(&j, "title", id);
    mp_jsonw_put_str(&j, "mediaType", MP_S("application/octet-stream"));
    mp_jsonw_put_str(&j, "kind", kind);
    mp_jsonw_put_str(&j, "sha256", sha256);
    mp_jsonw_end(&j);
    const mp_json *body = mp_jsonw_done(&j);
    return body ? mp_evidence_put(&made, tx, id, body, err) : mp_no_memory(err);
}

/* ---- policies ---- */

typedef struct importing {
    mp_object_source from;
    mp_object_import done;
    mp_arena        *arena;
} importing;

static mp_code import_some(mp_tx *tx, void *arg, mp_error *err)
{
    importing *i = arg;
    i->done = (mp_object_import){ 0 };
    return mp_objects_import(&i->done, tx, &i->from, i->arena, err);
}

static mp_code say(void *ctx, size_t index, const mp_error *why, mp_error *err)
{
    (void)ctx;
    (void)err;
    fprintf(stderr, "document %zu: %s\n", index, why->message);
    return MP_OK;
}

static uint64_t import_array(world *w, mp_jsonw *documents)
{
    mp_error  err;
    mp_jsonw_end(documents);
    importing i = { .from = { .documents = mp_jsonw_done(documents), .by = ME, .by_kind = MP_S("User"), .say = say },
                    .arena = &w->arena };
    must(world_write(w, import_some, &i, &err), &err);
    mp_jsonw_init(documents, &w->arena);
    mp_jsonw_array(documents);
    return i.done.definitions + i.done.sets;
}

mp_str world_import(world *w, const char *initiative, const char *library)
{
    static const char *const json[] = { ".json", NULL };
    mp_error     err;
    mp_jsonw     documents;
    const char **files;
    size_t       count, waiting = 0;
    uint64_t     done = 0;
    mp_str       set, text;
    must(mp_source_slurp(&set, initiative, 0, &w->arena, &err), &err);
    must(mp_source_list(&files, &count, library, json, NULL, &w->arena, &err), &err);
    mp_jsonw_init(&documents, &w->arena);
    mp_jsonw_array(&documents);
    for (size_t i = 0; i < count; i++) {
        must(mp_source_slurp(&text, files[i], 0, &w->arena, &err), &err);
        const mp_json *root = read_json(text, &w->arena);
        mp_str         name = mp_json_get_text(root, "name"); /* tests of policies have none */
        if (!name.len || !memmem(set.ptr, set.len, name.ptr, name.len))
            continue;
        mp_jsonw_value(&documents, root);
        if (++waiting % AT_ONCE == 0)
            done += import_array(w, &documents);
    }
    done += import_array(w, &documents);
    const mp_json *root = read_json(set, &w->arena);
    mp_jsonw_value(&documents, root);
    printf("%llu definitions, %llu initiatives\n", (unsigned long long)done,
           (unsigned long long)import_array(w, &documents));
    return mp_json_get_text(root, "name");
}
