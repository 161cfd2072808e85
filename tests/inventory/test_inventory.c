/* SPDX-License-Identifier: Apache-2.0 */
/* Files, folders, pipes, compression; and what happens when memory runs out. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "dump.h"
#include "fault.h"
#include "internal.h"
#include "test.h"

#define DOC(name) "{\"id\":\"/subscriptions/" name "\"}\n"

/* A folder of its own for each test. */
static char root[64];

static const char *path_of(const char *name)
{
    static char paths[4][200];
    static int  next;
    char       *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", root, name);
    return path;
}

static void put(const char *name, const void *bytes, size_t len)
{
    FILE *f = fopen(path_of(name), "wb");
    CHECK(f != NULL);
    CHECK_INT(fwrite(bytes, 1, len, f), len);
    CHECK_INT(fclose(f), 0);
}

static void put_gz(const char *name, const char *text)
{
    gzFile f = gzopen(path_of(name), "wb");
    CHECK(f != NULL);
    CHECK(gzwrite(f, text, (unsigned)strlen(text)) > 0);
    CHECK_INT(gzclose(f), Z_OK);
}

static void put_zst(const char *name, const char *text)
{
    char   packed[1000];
    size_t len = ZSTD_compress(packed, sizeof packed, text, strlen(text), 3);
    CHECK(!ZSTD_isError(len));
    put(name, packed, len);
}

static int make_root(void **state __attribute__((unused)))
{
    snprintf(root, sizeof root, "/tmp/mapae-inventory-XXXXXX");
    return mkdtemp(root) ? 0 : -1;
}

static int remove_root(void **state __attribute__((unused)))
{
    char command[100];
    snprintf(command, sizeof command, "rm -r %s", root);
    return system(command);
}

static void collect_id(const mp_resource *r, const mp_origin *origin, void *context)
{
    mp_buf_printf(context, "%.*s:%s ", MP_FMT(r->name), strrchr(origin->file, '/') + 1);
}

static void check_paths(const char *const *paths, size_t count, size_t batch_bytes,
                        const char *wanted, size_t failed)
{
    mp_buf               out = MP_BUF_INIT;
    mp_inventory_options options = { .batch_bytes = batch_bytes };
    dump                 d = { .each = collect_id, .context = &out };
    dump_paths(&d, paths, count, &options);
    CHECK_INT(d.code, MP_OK);
    CHECK_STR(mp_buf_str(&out), wanted);
    CHECK_INT(d.counts.records - d.counts.ok, failed);
    dump_done(&d);
    mp_buf_free(&out);
}

TEST(folders_are_read_in_order)
{
    CHECK_INT(mkdir(path_of("sub"), 0700), 0);
    put("a.json", "[{\"id\":\"/subscriptions/a\"}]", 27);
    put("b.ndjson", DOC("b1") DOC("b2"), strlen(DOC("b1") DOC("b2")));
    put("c.txt", DOC("c"), strlen(DOC("c")));
    put("d.json", "", 0);
    put("e.json", "no json", 7);
    put_gz("sub/g.ndjson.gz", DOC("g1") DOC("g2"));
    put_zst("sub/z.jsonl.zst", DOC("z1") DOC("z2"));
    const char *paths[] = { root, path_of("c.txt") };
    for (size_t size = 0; size < 100; size = size * 2 + 10)
        check_paths(paths, 2, size,
                    "a:a.json b1:b.ndjson b2:b.ndjson g1:g.ndjson.gz g2:g.ndjson.gz "
                    "z1:z.jsonl.zst z2:z.jsonl.zst c:c.txt ",
                    1);
}

TEST(a_path_that_is_not_there_fails)
{
    const char   *paths[] = { path_of("nothing") };
    mp_inventory *inventory = NULL;
    mp_error      err;
    CHECK_INT(mp_inventory_open(&inventory, paths, 1, NULL, &err), MP_IO);
    CHECK(inventory == NULL && strstr(err.message, "nothing"));
}

/* A file that goes away, or cannot be read to its end, is a failed record; the others are read. */
TEST(a_file_that_fails_does_not_stop_the_others)
{
    char   packed[1000];
    char   text[] = DOC("z1") DOC("z2") DOC("z3");
    size_t len = ZSTD_compress(packed, sizeof packed, text, strlen(text), 1);
    put("a.json.zst", packed, len - 5);
    put("b.json", DOC("b"), strlen(DOC("b")));
    put("c.json", DOC("c"), strlen(DOC("c")));
    const char   *paths[] = { path_of("a.json.zst"), path_of("b.json"), path_of("c.json") };
    mp_inventory *inventory = NULL;
    dump          d = { .code = MP_OK };
    CHECK_INT(mp_inventory_open(&inventory, paths, 3, NULL, NULL), MP_OK);
    CHECK_INT(unlink(path_of("b.json")), 0);
    dump_inventory(&d, inventory);
    CHECK_INT(d.code, MP_OK);
    CHECK_INT(d.counts.by_code[MP_IO], 2);
    CHECK(d.counts.ok >= 1 && d.counts.by_code[MP_SYNTAX] == 0);
    dump_done(&d);
}

TEST(standard_input_is_a_file)
{
    int pipe_fds[2], saved = dup(0);
    CHECK(saved >= 0 && pipe(pipe_fds) == 0);
    static const char text[] = DOC("a") DOC("b");
    CHECK_INT(write(pipe_fds[1], text, sizeof text - 1), sizeof text - 1);
    close(pipe_fds[1]);
    CHECK_INT(dup2(pipe_fds[0], 0), 0);
    close(pipe_fds[0]);
    const char   *paths[] = { "-" };
    mp_inventory *inventory = NULL;
    dump          d = { .code = MP_OK };
    CHECK_INT(mp_inventory_open(&inventory, paths, 1, NULL, NULL), MP_OK);
    CHECK_INT(mp_inventory_total_bytes(inventory), 0);
    dump_inventory(&d, inventory);
    CHECK_INT(d.counts.ok, 2);
    dump_done(&d);
    CHECK_INT(dup2(saved, 0), 0);
    close(saved);
}

TEST(progress_reaches_the_end)
{
    put("a.json", DOC("a"), strlen(DOC("a")));
    put_gz("b.json.gz", DOC("b"));
    const char         *paths[] = { root };
    mp_inventory       *inventory = NULL;
    mp_inventory_batch *batch = NULL;
    bool                more = true;
    CHECK_INT(mp_inventory_open(&inventory, paths, 1, NULL, NULL), MP_OK);
    CHECK(mp_inventory_total_bytes(inventory) > strlen(DOC("a")));
    CHECK_INT(mp_inventory_read_bytes(inventory), 0);
    CHECK_INT(mp_inventory_batch_new(&batch, NULL), MP_OK);
    while (more)
        CHECK_INT(mp_inventory_next(inventory, batch, &more, NULL), MP_OK);
    CHECK_INT(mp_inventory_batch_count(batch), 0);
    CHECK_INT(mp_inventory_read_bytes(inventory), mp_inventory_total_bytes(inventory));
    mp_inventory_batch_free(batch);
    mp_inventory_close(inventory);
}

/* Records outlive the reading of the next batch by another thread: each batch has its own. */
TEST(batches_do_not_share_what_they_hold)
{
    mp_str text = MP_S(
        "{\"kind\":\"List\",\"apiVersion\":\"v1\",\"items\":["
        "{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"a\"}},"
        "{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"b\"}}]}");
    mp_inventory        *inventory = NULL;
    mp_inventory_batch  *batches[2] = { NULL, NULL };
    mp_inventory_options options = { .batch_bytes = 16 };
    mp_json_doc         *doc = NULL;
    mp_arena             arena = MP_ARENA_INIT;
    bool                 more;
    CHECK_INT(mp_inventory_open_memory(&inventory, "m", text, &options, NULL), MP_OK);
    CHECK_INT(mp_json_doc_new(&doc, NULL), MP_OK);
    for (int i = 0; i < 2; i++) {
        CHECK_INT(mp_inventory_batch_new(&batches[i], NULL), MP_OK);
        CHECK_INT(mp_inventory_next(inventory, batches[i], &more, NULL), MP_OK);
        CHECK_INT(mp_inventory_batch_count(batches[i]), 1);
    }
    mp_inventory_close(inventory);
    for (int i = 0; i < 2; i++) {
        mp_resource r;
        mp_origin   origin;
        CHECK_INT(mp_record_read(&r, &origin, batches[i], 0, doc, &arena, NULL), MP_OK);
        CHECK_STR(r.name, i == 0 ? "a" : "b");
        CHECK_INT(mp_inventory_batch_sequence(batches[i]), i);
        mp_inventory_batch_free(batches[i]);
    }
    mp_arena_free(&arena);
    mp_json_doc_free(doc);
}

static const char hard[] =
    DOC("a") "{\"apiVersion\":\"v1\",\"kind\":\"PodList\",\"items\":[{\"metadata\":{\"name\":\"p\","
    "\"namespace\":\"n\"}}]}\n"
    "{\"$schema\":\"x/deploymentTemplate.json\",\"parameters\":{\"p\":{\"defaultValue\":\"v\"}},"
    "\"resources\":[{\"type\":\"A.B/c\",\"name\":\"[concat(parameters('p'),'/x')]\",\"resources\":["
    "{\"type\":\"d\",\"name\":\"e\"}]}]}\n"
    "{\"count\":1,\"data\":{\"columns\":[{\"name\":\"id\"}],\"rows\":[[\"/subscriptions/t\"]]}}\n"
    "{\"ResourceId\":\"/subscriptions/s\",\"Tags\":{}}\n"
    "{\"id\":\"subscriptions/s/resourceGroups//providers/A.B/c/d/e/f/\",\"type\":\"wrong\"}\n"
    "{\"unknown\":1}\n[{\"x\":1}]\n"
    "{\"format_version\":\"1.0\",\"resource_changes\":[{\"address\":\"module.m.a_b.c\",\"module_address\":\"module.m\","
    "\"mode\":\"managed\",\"type\":\"a_b\",\"name\":\"c\",\"change\":{\"actions\":[\"create\"],\"after\":{\"x\":[1]},"
    "\"after_unknown\":{\"y\":true},\"after_sensitive\":{\"x\":[true]}}}]}\n"
    "{\"version\":4,\"serial\":1,\"lineage\":\"l\",\"resources\":[{\"mode\":\"managed\",\"type\":\"a_b\",\"name\":\"d\","
    "\"provider\":\"provider[\\\"x/a\\\"]\",\"instances\":[{\"index_key\":\"k\",\"attributes\":{\"p\":1},"
    "\"sensitive_attributes\":[[{\"type\":\"get_attr\",\"value\":\"p\"}]]}]}]}\n"
    "{\"configurationItems\":[{\"accountId\":\"1\",\"resourceType\":\"AWS::A::B\",\"resourceId\":\"i\","
    "\"configurationItemCaptureTime\":\"t\",\"configuration\":\"{\\\"a\\\":\\\"b\\\"}\",\"tags\":[{\"key\":\"k\",\"value\":\"v\"}],"
    "\"supplementaryConfiguration\":{\"S\":\"\\\"[1]\\\"\"}}]}\n"
    "{\"Results\":[\"{\\\"resourceType\\\":\\\"AWS::A::B\\\",\\\"arn\\\":\\\"a\\\",\\\"configuration\\\":{\\\"n\\\":1.0}}\"]}\n"
    "{\"asset_type\":\"a.googleapis.com/B\",\"name\":\"//a.googleapis.com/b\",\"ancestors\":[\"projects/1\"],\"iam_policy\":{},"
    "\"resource\":{\"data\":\"{\\\"a\\\":1}\"}}\n"
    "{\"kind\":\"compute#instanceAggregatedList\",\"items\":{\"zones/z\":{\"instances\":[{\"name\":\"i\","
    "\"selfLink\":\"https://www.googleapis.com/compute/v1/projects/p/zones/z/instances/i\"}]}}}\n"
    "{\"kind\":\"bigquery#datasetList\",\"datasets\":[{\"datasetReference\":{\"projectId\":\"p\",\"datasetId\":\"d\"}}]}\n"
    "{\"servers\":[{\"id\":\"s\",\"tenant_id\":\"t\"}]}\n{\"flavors\":[{\"id\":4}]}\n";

static bool read_hard(void *context __attribute__((unused)))
{
    mp_inventory_options options = { .batch_bytes = 64 };
    dump                 d = { .is_quiet = true };
    dump_memory(&d, hard, sizeof hard - 1, &options);
    bool ok = d.code == MP_OK && d.counts.ok == 16 && d.counts.records == 18;
    CHECK(ok || d.code == MP_NOMEM);
    dump_done(&d);
    return ok;
}

static bool read_folder(void *context __attribute__((unused)))
{
    const char *paths[] = { root };
    dump        d = { .is_quiet = true };
    dump_paths(&d, paths, 1, NULL);
    bool ok = d.code == MP_OK && d.counts.ok == 2;
    CHECK(ok || d.code == MP_NOMEM);
    dump_done(&d);
    return ok;
}

static bool read_mapping(void *context __attribute__((unused)))
{
    mp_mapping *mapping = NULL;
    mp_code     code = mp_mapping_read(
        &mapping, MP_S("{\"type\":{\"const\":\"t\"},\"id\":\"a.b\",\"records\":\"r\"}"), NULL);
    CHECK(code == MP_OK || code == MP_NOMEM);
    mp_mapping_free(mapping);
    return code == MP_OK;
}

TEST(memory_may_run_out_anywhere)
{
    put("a.json", DOC("a"), strlen(DOC("a")));
    put("b.json", DOC("b"), strlen(DOC("b")));
    CHECK(fault_loop(read_hard, NULL) > 10);
    CHECK(fault_loop(read_folder, NULL) > 5);
    CHECK(fault_loop(read_mapping, NULL) > 3);
}

#define IN_ROOT(test) cmocka_unit_test_setup_teardown(test, make_root, remove_root)

int main(void)
{
    return MAIN(IN_ROOT(folders_are_read_in_order), IN_ROOT(a_path_that_is_not_there_fails),
                IN_ROOT(a_file_that_fails_does_not_stop_the_others), RUN(standard_input_is_a_file),
                IN_ROOT(progress_reaches_the_end), RUN(batches_do_not_share_what_they_hold),
                IN_ROOT(memory_may_run_out_anywhere));
}
