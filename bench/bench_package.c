/* SPDX-License-Identifier: Apache-2.0 */
/* The evidence package of a framework with many files: its index, the archive, and checking it; times, and the most
 * memory. The same state must give the same bytes, or it fails.
 *
 *   bench_package [FILES [STORE]] */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench_world.h"
#include "canonical.h"
#include "control_index.h"
#include "evidence.h"
#include "package.h"
#include "secret.h"

#define AT_ONCE 100
#define ROUNDS 5
#define OTHER(number)                                                                                          \
    "{\"properties\":{\"mode\":\"All\",\"policyRule\":{\"if\":{\"field\":\"name\",\"equals\":\"" number              \
    "\"},\"then\":{\"effect\":\"audit\"}}}}"
#define BYTES 4096 /* of a file */

static world w;
static const mp_system *const systems[] = { &mp_compliance_system, &mp_evidence_system, NULL };

typedef struct making {
    mp_evidence_asked asked;
    size_t from, to;
    mp_str *ids, *hashes;
    mp_str index; /* SHA-256 */
    mp_str index_id;
} making;

/* Evidence that answers control after control, each by the first rule that it has. */
static mp_code put_some(mp_tx *tx, void *arg, mp_error *err)
{
    making *m = arg;
    const mp_framework *f = m->asked.framework;
    for (size_t i = m->from; i < m->to; i++) {
        const mp_control *control = &f->catalog.controls[i % f->catalog.control_count];
        const mp_answer *answer = mp_answer_of(f, control);
        mp_record made;
        mp_str kind = answer->evidence_count ? answer->evidence[0].kind : MP_S("document");
        mp_evidence_link link = {
            .evidence = m->ids[i], .framework = f, .control = control, .by = MP_S("bench")
        };
        MP_TRY(world_evidence(tx, m->ids[i], kind, m->hashes[i], err));
        MP_TRY(mp_evidence_link_put(&made, tx, &link, err));
    }
    return MP_OK;
}

static void make_all(making *m, size_t files)
{
    static char bytes[BYTES];
    mp_error err;
    double start = now_us();
    m->ids = calloc(files + 1, sizeof *m->ids);
    m->hashes = calloc(files + 1, sizeof *m->hashes);
    if (!m->ids || !m->hashes)
        must(mp_fail(&err, MP_NOMEM, MP_NOWHERE, "no memory for %zu files", files), &err);
    for (size_t i = 0; i < files; i++) {
        char id[37];
        must(mp_random(bytes, sizeof bytes, &err), &err);
        must(mp_guid(id, &err), &err);
        m->ids[i] = mp_arena_dup(&w.arena, mp_str_from(id));
        m->hashes[i] = world_keep_file(&w, mp_str_of(bytes, sizeof bytes));
    }
    for (m->from = 0; m->from < files; m->from = m->to) {
        m->to = m->from + AT_ONCE < files ? m->from + AT_ONCE : files;
        must(world_write(&w, put_some, m, &err), &err);
    }
    printf("%zu files of %d bytes kept and linked: %.1f s\n", files, BYTES,
           (now_us() - start) / 1e6);
}

static mp_code put_index(mp_tx *tx, void *arg, mp_error *err)
{
    making *m = arg;
    return world_evidence(tx, m->index_id, MP_S("index"), m->index, err);
}

/* ---- memory ---- */

/* Of this program, in MB: what is resident now, or the most since the last mark. */
static double memory_mb(const char *name)
{
    char line[256];
    double kb = 0;
    FILE *f = fopen("/proc/self/status", "r");
    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, name, strlen(name)) == 0)
            kb = strtod(line + strlen(name) + 1, NULL);
    if (f)
        fclose(f);
    return kb / 1024;
}

static double marked;

static void mark_memory(void)
{
    FILE *f;
    malloc_trim(0);
    f = fopen("/proc/self/clear_refs", "w");
    if (f) {
        fputs("5", f); /* the peak begins anew */
        fclose(f);
    }
    marked = memory_mb("VmRSS");
}

static void tell_step(const char *what, timing *t)
{
    double more = memory_mb("VmHWM") - marked;
    timing_tell(t, what);
    printf("%-44s %9.1f MB\n", "    memory, at most, beside what was held", more);
}

/* ---- the package ---- */

static void make_index(mp_control_index *out, making *m, mp_arena *arena)
{
    timing t = { .count = 0 };
    mp_error err;
    mark_memory();
    while (t.count < ROUNDS) { /* the first reads the links */
        mp_arena_free(arena);
        timing_begin(&t);
        must(mp_control_index_make(out, w.app, &m->asked, arena, &err), &err);
        timing_end(&t);
    }
    tell_step("the index", &t);
}

static void pack(mp_package_written *out, const making *m, const mp_control_index *index, const char *path)
{
    mp_error err;
    mp_str *ids = calloc(index->count + 1, sizeof *ids);
    const mp_package_request request = {
        .evidence = ids, .evidence_count = index->count + 1, .at_last = true, .index = m->index
    };
    if (!ids)
        must(mp_fail(&err, MP_NOMEM, MP_NOWHERE, "no memory for %zu files", index->count), &err);
    memcpy(ids, index->pieces, index->count * sizeof *ids);
    ids[index->count] = m->index_id;
    must(mp_package_write(out, w.app->store, w.app->ledger, &request, path, &err), &err);
    free(ids);
}

/* Whatever was written in between, the same state gives the same bytes. */
static void pack_again_and_again(making *m, const mp_control_index *index, const char *path)
{
    timing t = { .count = 0 };
    mp_package_written first = { 0 }, written = { 0 };
    mark_memory();
    while (t.count < ROUNDS) {
        mp_error err;
        timing_begin(&t);
        pack(&written, m, index, path);
        timing_end(&t);
        if (t.count == 1)
            first = written;
        if (memcmp(first.digest, written.digest, sizeof first.digest) != 0)
            must(mp_fail(&err, MP_INTERNAL, MP_NOWHERE, "two packages of the same state differ"), &err);
        world_object(&w, MP_OBJECT_DEFINITION, "/providers/Microsoft.Authorization/policyDefinitions/other",
                     t.count % 2 ? OTHER("1") : OTHER("2"));
    }
    tell_step("the package", &t);
    printf("%llu files, %llu leaves, %.1f MB, the same bytes each time\n", (unsigned long long)written.evidence,
           (unsigned long long)written.leaves, (double)written.bytes / 1e6);
}

static void check(const char *path)
{
    timing t = { .count = 0 };
    mp_error err;
    mark_memory();
    while (t.count < ROUNDS) {
        mp_arena arena = MP_ARENA_INIT;
        mp_package_report report;
        timing_begin(&t);
        must(mp_package_verify(&report, path, &(mp_package_trust){ .keys = { NULL, 0 } }, &arena, &err), &err);
        timing_end(&t);
        mp_arena_free(&arena);
    }
    tell_step("the package checked", &t);
}

/* ---- beside it ---- */

static mp_code write_bytes(void *ctx, mp_str bytes, mp_error *err)
{
    return fwrite(bytes.ptr, 1, bytes.len, ctx) == bytes.len
               ? MP_OK
               : mp_fail(err, MP_OUTPUT, MP_NOWHERE, "cannot write the files one behind the other");
}

/* The same files read and hashed, and written one behind the other to one file that is then on the disk. */
static void baseline(const making *m, size_t files, const char *path)
{
    timing t = { .count = 0 };
    mp_error err;
    mark_memory();
    while (t.count < ROUNDS) {
        timing_begin(&t);
        FILE *f = fopen(path, "w");
        if (!f)
            must(mp_fail(&err, MP_IO, MP_NOWHERE, "cannot write %s", path), &err);
        for (size_t i = 0; i < files; i++)
            must(mp_evidence_read(w.app->store, m->hashes[i], write_bytes, f, &err), &err);
        if (fflush(f) || fsync(fileno(f)) || fclose(f))
            must(mp_fail(&err, MP_OUTPUT, MP_NOWHERE, "cannot write %s", path), &err);
        timing_end(&t);
    }
    tell_step("baseline: the files read, hashed, written", &t);
}

int main(int argc, char **argv)
{
    size_t files = argc > 1 ? strtoul(argv[1], NULL, 10) : 10000;
    making m = { .asked = { .scope = MP_S("/") } };
    mp_control_index index;
    mp_arena arena = MP_ARENA_INIT;
    mp_error err;
    mp_buf text = MP_BUF_INIT;
    char path[128];
    world_systems = systems;
    world_start(&w, argc > 2 ? argv[2] : NULL);
    must(mp_evidence_frameworks(&m.asked.frameworks, w.app, &err), &err);
    m.asked.framework = mp_framework_find(m.asked.frameworks, MP_S("csap-2025-02"));
    make_all(&m, files);
    make_index(&index, &m, &arena);
    must(mp_canonical(&text, index.document, &err), &err);
    m.index = world_keep_file(&w, mp_buf_str(&text));
    m.index_id = MP_S("11111111-1111-4111-8111-111111111111");
    must(world_write(&w, put_index, &m, &err), &err);
    mp_buf_free(&text);
    snprintf(path, sizeof path, "%s/package.tar", w.folder);
    pack_again_and_again(&m, &index, path);
    check(path);
    snprintf(path, sizeof path, "%s/files", w.folder);
    baseline(&m, files, path);
    mp_arena_free(&arena);
    mp_evidence_frameworks_drop(w.app, m.asked.frameworks);
    free(m.ids);
    free(m.hashes);
    world_stop(&w);
    return 0;
}
