/* SPDX-License-Identifier: Apache-2.0 */
/* The evidence package of a framework with many files: its index, the archive, and checking it.
 *
 *   bench_package [FILES [STORE]] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench_world.h"
#include "canonical.h"
#include "control_index.h"
#include "evidence.h"
#include "jsonw.h"
#include "package.h"
#include "secret.h"

#define AT_ONCE 10
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

static mp_str keep_file(mp_str bytes)
{
    mp_evidence_sink *sink = NULL;
    mp_error err;
    char sha256[65];
    uint64_t size;
    must(mp_evidence_begin(&sink, w.app->store, &err), &err);
    must(mp_evidence_write(sink, bytes, &err), &err);
    must(mp_evidence_end(sha256, &size, sink, &err), &err);
    return mp_arena_dup(&w.arena, mp_str_from(sha256));
}

static mp_code put(mp_tx *tx, mp_str id, const char *kind, mp_str sha256, mp_error *err)
{
    mp_record made;
    mp_jsonw j;
    mp_jsonw_init(&j, mp_tx_arena(tx));
    mp_jsonw_object(&j);
    mp_jsonw_put_str(&j, "title", id);
    mp_jsonw_put_str(&j, "mediaType", MP_S("application/octet-stream"));
    mp_jsonw_put_str(&j, "kind", mp_str_from(kind));
    mp_jsonw_put_str(&j, "sha256", sha256);
    mp_jsonw_end(&j);
    const mp_json *body = mp_jsonw_done(&j);
    return body ? mp_evidence_put(&made, tx, id, body, err)
                : mp_fail(err, MP_NOMEM, MP_NOWHERE, "no memory");
}

/* Evidence that answers control after control, each by the first rule that it has. */
static mp_code put_some(mp_tx *tx, void *arg, mp_error *err)
{
    making *m = arg;
    const mp_framework *f = m->asked.framework;
    for (size_t i = m->from; i < m->to; i++) {
        const mp_control *control = &f->catalog.controls[i % f->catalog.control_count];
        const mp_answer *answer = mp_answer_of(f, control);
        mp_record made;
        char *kind = "document";
        if (answer->evidence_count)
            kind = (char *)(uintptr_t)mp_arena_dup(mp_tx_arena(tx), answer->evidence[0].kind).ptr;
        mp_evidence_link link = {
            .evidence = m->ids[i], .framework = f, .control = control, .by = MP_S("bench")
        };
        MP_TRY(put(tx, m->ids[i], kind, m->hashes[i], err));
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
        m->hashes[i] = keep_file(mp_str_of(bytes, sizeof bytes));
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
    return put(tx, m->index_id, "index", m->index, err);
}

static void pack(making *m, const mp_control_index *index, const char *path)
{
    mp_error err;
    mp_package_written written;
    mp_str *ids = calloc(index->count + 1, sizeof *ids);
    const mp_package_request request = {
        .evidence = ids, .evidence_count = index->count + 1, .at_last = true, .index = m->index
    };
    if (!ids)
        must(mp_fail(&err, MP_NOMEM, MP_NOWHERE, "no memory for %zu files", index->count), &err);
    memcpy(ids, index->pieces, index->count * sizeof *ids);
    ids[index->count] = m->index_id;
    double start = now_us();
    must(mp_package_write(&written, w.app->store, w.app->ledger, &request, path, &err), &err);
    printf("package of %zu files, %.1f MB: %.2f s\n", index->count, (double)written.bytes / 1e6,
           (now_us() - start) / 1e6);
    free(ids);
}

static void check(const char *path)
{
    mp_error err;
    mp_package_report report;
    double start = now_us();
    must(mp_package_verify(&report, path, &(mp_package_trust){ .keys = { NULL, 0 } }, &w.arena,
                           &err),
         &err);
    printf("checked: %llu leaves, %llu files: %.2f s\n", (unsigned long long)report.leaves,
           (unsigned long long)report.evidence, (now_us() - start) / 1e6);
}

int main(int argc, char **argv)
{
    size_t files = argc > 1 ? strtoul(argv[1], NULL, 10) : 10000;
    making m = { .asked = { .scope = MP_S("/") } };
    mp_control_index index;
    mp_error err;
    mp_buf text = MP_BUF_INIT;
    char path[128];
    world_systems = systems;
    world_start(&w, argc > 2 ? argv[2] : NULL);
    must(mp_evidence_frameworks(&m.asked.frameworks, w.app, &err), &err);
    m.asked.framework = mp_framework_find(m.asked.frameworks, MP_S("csap-2025-02"));
    make_all(&m, files);
    for (int i = 0; i < 2; i++) { /* the second has the links in memory */
        double start = now_us();
        must(mp_control_index_make(&index, w.app, &m.asked, &w.arena, &err), &err);
        printf("index of %zu files: %.2f s\n", index.count, (now_us() - start) / 1e6);
    }
    must(mp_canonical(&text, index.document, &err), &err);
    m.index = keep_file(mp_buf_str(&text));
    m.index_id = MP_S("11111111-1111-4111-8111-111111111111");
    must(world_write(&w, put_index, &m, &err), &err);
    snprintf(path, sizeof path, "%s/package.tar", w.folder);
    pack(&m, &index, path);
    check(path);
    mp_buf_free(&text);
    free(m.ids);
    free(m.hashes);
    world_stop(&w);
    return 0;
}
