/* SPDX-License-Identifier: Apache-2.0 */
/* Real documents: every one is a resource or a failure with a reason. Types are compared with a
 * second derivation that is written here, the slow and obvious way. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "dump.h"
#include "source.h"
#include "test.h"

static const char *corpus(void)
{
    const char *path = getenv("MAPAE_CORPUS");
    struct stat about;
    return path && stat(path, &about) == 0 ? path : NULL;
}

/* The type that the text of an id says: behind its last "/providers/", every second part. */
static bool simple_type(mp_buf *out, mp_str id)
{
    static const mp_str mark = MP_S_INIT("/providers/");
    size_t              from = SIZE_MAX;
    for (size_t i = 0; i + mark.len <= id.len; i++)
        if (mp_str_eq_fold(mp_str_of(id.ptr + i, mark.len), mark))
            from = i + mark.len;
    mp_buf_clear(out);
    if (from == SIZE_MAX)
        return false;
    mp_str rest = mp_str_skip(id, from);
    for (size_t part = 0; rest.len; part++) {
        size_t slash = mp_str_find(rest, '/');
        size_t len = slash == SIZE_MAX ? rest.len : slash;
        if (part == 0 || part % 2 == 1) {
            if (part)
                mp_buf_add_c(out, '/');
            mp_buf_add(out, mp_str_of(rest.ptr, len));
        }
        rest = mp_str_skip(rest, len + 1);
    }
    return true;
}

typedef struct comparison {
    mp_buf buf;
    size_t compared, differ, scopes, gone;
} comparison;

static bool is_azure(const mp_origin *origin)
{
    return origin->format == MP_FORMAT_ARM_RESOURCE || origin->format == MP_FORMAT_ARM_LIST ||
           origin->format == MP_FORMAT_AZ_LIST || origin->format == MP_FORMAT_ARG_ROWS ||
           origin->format == MP_FORMAT_ARM_TEMPLATE;
}

/* What the document says is what the resource says; secrets of Terraform are nowhere in it. */
static void check_neutral(const mp_resource *r, const mp_origin *origin)
{
    if (origin->format == MP_FORMAT_KUBERNETES || origin->format == MP_FORMAT_ADMISSION)
        return;
    CHECK(mp_str_eq(mp_json_str(mp_json_get(r->doc, MP_S("id"))), r->id));
    CHECK(mp_str_eq(mp_json_str(mp_json_get(r->doc, MP_S("type"))), r->type));
    CHECK(mp_json_get(r->doc, MP_S("tags")) == r->tags);
    const mp_json *properties = mp_json_get(r->doc, MP_S("properties"));
    CHECK(!properties || mp_json_is(properties, MP_JSON_OBJECT));
    CHECK(!mp_json_get(properties, MP_S("certificate_private_key")) ||
          mp_str_eq(mp_json_str(mp_json_get(properties, MP_S("certificate_private_key"))),
                    MP_S("(sensitive value)")));
}

static void compare(const mp_resource *r, const mp_origin *origin, void *context)
{
    comparison *c = context;
    CHECK(r->id.len > 0 && r->type.len > 0 && r->name.len > 0 && r->full_name.len > 0);
    CHECK(r->doc != NULL);
    c->gone += r->presence == MP_GONE;
    if (!is_azure(origin)) {
        check_neutral(r, origin);
        return;
    }
    CHECK(r->id.ptr[0] == '/' && r->id.ptr[r->id.len - 1] != '/');
    CHECK(mp_str_find_str(r->id, MP_S("//")) == SIZE_MAX);
    CHECK(!r->scope.ptr || (r->scope.len < r->id.len && mp_str_starts(r->id, r->scope)));
    if (!simple_type(&c->buf, r->id)) {
        c->scopes++;
        return;
    }
    c->compared++;
    if (!mp_str_eq_fold(r->type, mp_buf_str(&c->buf))) {
        c->differ++;
        print_message("# type %.*s, the simple way says %.*s: %.*s\n", MP_FMT(r->type),
                      MP_FMT(mp_buf_str(&c->buf)), MP_FMT(r->id));
    }
}

static void read_one(dump *d, comparison *c, const char *name)
{
    char        path[600];
    const char *paths[] = { path };
    *c = (comparison){ .compared = 0 };
    *d = (dump){ .each = compare, .context = c, .is_quiet = true };
    snprintf(path, sizeof path, "%s/%s", corpus(), name);
    dump_paths(d, paths, 1, NULL);
    CHECK_INT(d->code, MP_OK);
    print_message("# %-24s %5zu records, %5zu ok", name, d->counts.records, d->counts.ok);
    for (int i = 1; i < MP_CODE_COUNT; i++)
        if (d->counts.by_code[i])
            print_message(", %zu %s", d->counts.by_code[i], mp_code_name((mp_code)i));
    print_message("; types compared %zu, other %zu, scopes %zu\n", c->compared, c->differ,
                  c->scopes);
    mp_buf_free(&c->buf);
    dump_done(d);
}

#define NEEDS_CORPUS()                                     \
    do {                                                   \
        if (!corpus()) {                                   \
            print_message("# SKIP: no corpus at hand\n"); \
            skip();                                        \
        }                                                  \
    } while (0)

TEST(azure_documents_are_all_read)
{
    static const struct {
        const char *name;
        size_t      ok, failed, differ;
    } files[] = {
        { "azure.ndjson", 6971, 0, 0 },
        { "azure-child.ndjson", 4079, 0, 1 }, /* Microsoft.Features/providers/features */
        { "azure-untyped.ndjson", 151, 0, 1 }, /* an id whose end a recorder replaced */
        { "azure-scopes", 447, 0, 0 },
        { "azure-examples.ndjson", 856, 0, 0 },
        { "azure-shapes", 344, 3, 0 }, /* three answers are one page of several */
    };
    NEEDS_CORPUS();
    for (size_t i = 0; i < MP_COUNT(files); i++) {
        dump       d;
        comparison c;
        read_one(&d, &c, files[i].name);
        CHECK_INT(d.counts.ok, files[i].ok);
        CHECK_INT(d.counts.records - d.counts.ok, files[i].failed);
        CHECK_INT(d.counts.by_code[MP_LIMIT], files[i].failed);
        CHECK(c.differ <= files[i].differ);
    }
}

TEST(kubernetes_objects_are_all_read)
{
    NEEDS_CORPUS();
    dump       d;
    comparison c;
    read_one(&d, &c, "kubernetes.ndjson");
    CHECK_INT(d.counts.ok, 738); /* and one list that is empty */
    CHECK_INT(d.counts.records, 738);
    read_one(&d, &c, "kubernetes-shapes");
    CHECK_INT(d.counts.ok, 349);
    CHECK_INT(d.counts.by_code[MP_FORMAT], 1); /* a review of a deletion */
}

/* Documents of other clouds. Rows of a query that does not select the type are named as such. */
TEST(documents_of_other_clouds_are_all_read)
{
    static const struct {
        const char *name;
        size_t      ok, failed, gone;
        mp_format   formats[2];
    } files[] = {
        { "terraform-plan", 322 + 5, 0, 2, { MP_FORMAT_TERRAFORM_PLAN, MP_FORMAT_TERRAFORM_STATE } },
        { "aws-config.ndjson", 27, 25, 1, { MP_FORMAT_AWS_CONFIG, MP_FORMAT_AWS_CONFIG } },
        { "gcp-cai.ndjson", 124, 0, 0, { MP_FORMAT_CLOUD_ASSET, MP_FORMAT_CLOUD_ASSET } },
        { "gcp-shapes", 5 + 2, 0, 0, { MP_FORMAT_GCP_API, MP_FORMAT_CLOUD_ASSET } },
    };
    NEEDS_CORPUS();
    for (size_t i = 0; i < MP_COUNT(files); i++) {
        dump       d;
        comparison c;
        read_one(&d, &c, files[i].name);
        CHECK_INT(d.counts.ok, files[i].ok);
        CHECK_INT(d.counts.by_code[MP_FORMAT], files[i].failed);
        CHECK_INT(d.counts.records, files[i].ok + files[i].failed);
        CHECK_INT(c.gone, files[i].gone);
        size_t named = d.counts.by_format[files[i].formats[0]];
        if (files[i].formats[0] != files[i].formats[1])
            named += d.counts.by_format[files[i].formats[1]];
        CHECK_INT(named, d.counts.records);
    }
}

/* The documents stand in a wrapper of the corpus: {"collection": "servers", "resource": {...}}. Each is put back
 * into an answer. */
TEST(documents_of_openstack_are_all_read)
{
    NEEDS_CORPUS();
    mp_arena     arena = MP_ARENA_INIT;
    mp_buf       answers = MP_BUF_INIT;
    mp_json_doc *doc = NULL;
    comparison   c = { .compared = 0 };
    dump         d = { .each = compare, .context = &c, .is_quiet = true };
    mp_str       text, path = mp_arena_printf(&arena, "%s/openstack.ndjson", corpus());
    CHECK_INT(mp_source_slurp(&text, path.ptr, 0, &arena, NULL), MP_OK);
    CHECK_INT(mp_json_doc_new(&doc, NULL), MP_OK);
    while (text.len) {
        const mp_json *line;
        size_t         end = mp_str_find(text, '\n');
        end = end == SIZE_MAX ? text.len : end;
        CHECK_INT(mp_json_read(doc, &line, mp_str_of(text.ptr, end), NULL, NULL, NULL), MP_OK);
        mp_buf_printf(&answers, "{\"%.*s\":[", MP_FMT(mp_json_str(mp_json_get(line, MP_S("collection")))));
        mp_buf_add_json(&answers, mp_json_get(line, MP_S("resource")));
        mp_buf_add(&answers, MP_S("]}\n"));
        text = mp_str_skip(text, end + 1);
    }
    dump_memory(&d, answers.ptr, answers.len, NULL);
    CHECK_INT(d.code, MP_OK);
    CHECK_INT(d.counts.records, 182);
    CHECK_INT(d.counts.ok, 182);
    CHECK_INT(d.counts.by_format[MP_FORMAT_OPENSTACK], 182);
    dump_done(&d);
    mp_buf_free(&c.buf);
    mp_json_doc_free(doc);
    mp_buf_free(&answers);
    mp_arena_free(&arena);
}

/* A resource of Google's APIs that says its kind; the others need a mapping. */
TEST(documents_of_google_apis_are_read)
{
    NEEDS_CORPUS();
    dump       d;
    comparison c;
    read_one(&d, &c, "gcp.ndjson");
    CHECK_INT(d.counts.by_format[MP_FORMAT_GCP_API], 176);
    CHECK_INT(d.counts.by_format[MP_FORMAT_CLOUD_ASSET], 1);
    CHECK_INT(d.counts.ok, 177);
    CHECK_INT(d.counts.by_code[MP_FORMAT], 432 - 177);
}

/* Documents that need a mapping: nothing is lost, nothing is taken for what it is not. */
TEST(what_is_unknown_is_named)
{
    static const char *const files[] = { "aws.ndjson", "openstack.ndjson", "azure-keyvault-data.ndjson" };
    static const size_t      lines[] = { 759, 182, 140 };
    NEEDS_CORPUS();
    for (size_t i = 0; i < MP_COUNT(files); i++) {
        dump       d;
        comparison c;
        read_one(&d, &c, files[i]);
        CHECK_INT(d.counts.records, lines[i]);
        CHECK_INT(d.counts.by_code[MP_FORMAT] + d.counts.ok, lines[i]);
    }
}

int main(void)
{
    return MAIN(RUN(azure_documents_are_all_read), RUN(kubernetes_objects_are_all_read),
                RUN(documents_of_other_clouds_are_all_read), RUN(documents_of_openstack_are_all_read),
                RUN(documents_of_google_apis_are_read), RUN(what_is_unknown_is_named));
}
