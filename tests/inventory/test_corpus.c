/* SPDX-License-Identifier: Apache-2.0 */
/* Real documents: every one is a resource or a failure with a reason. Types are compared with a
 * second derivation that is written here, the slow and obvious way. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "dump.h"
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
    size_t compared, differ, scopes;
} comparison;

static bool is_azure(const mp_origin *origin)
{
    return origin->format == MP_FORMAT_ARM_RESOURCE || origin->format == MP_FORMAT_ARM_LIST ||
           origin->format == MP_FORMAT_AZ_LIST || origin->format == MP_FORMAT_ARG_ROWS ||
           origin->format == MP_FORMAT_ARM_TEMPLATE;
}

static void compare(const mp_resource *r, const mp_origin *origin, void *context)
{
    comparison *c = context;
    CHECK(r->id.len > 0 && r->type.len > 0 && r->name.len > 0 && r->full_name.len > 0);
    CHECK(r->doc != NULL);
    if (!is_azure(origin))
        return;
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

TEST(what_is_not_read_is_recognised)
{
    static const struct {
        const char *name;
        mp_format   format, other;
        size_t      records;
    } files[] = {
        { "terraform-plan", MP_FORMAT_TERRAFORM_PLAN, MP_FORMAT_TERRAFORM_STATE, 60 },
        { "aws-config.ndjson", MP_FORMAT_AWS_CONFIG, MP_FORMAT_AWS_CONFIG, 52 },
        { "gcp-cai.ndjson", MP_FORMAT_CLOUD_ASSET, MP_FORMAT_CLOUD_ASSET, 124 },
        { "gcp-shapes", MP_FORMAT_GCP_API, MP_FORMAT_CLOUD_ASSET, 4 },
    };
    NEEDS_CORPUS();
    for (size_t i = 0; i < MP_COUNT(files); i++) {
        dump       d;
        comparison c;
        read_one(&d, &c, files[i].name);
        CHECK_INT(d.counts.records, files[i].records);
        CHECK_INT(d.counts.by_code[MP_UNSUPPORTED], files[i].records);
        size_t named = d.counts.by_format[files[i].format];
        if (files[i].other != files[i].format)
            named += d.counts.by_format[files[i].other];
        CHECK_INT(named, files[i].records);
    }
}

/* Documents that need a mapping: nothing is lost, nothing is taken for what it is not. */
TEST(what_is_unknown_is_named)
{
    static const char *const files[] = { "aws.ndjson", "openstack.ndjson", "gcp.ndjson",
                                         "azure-keyvault-data.ndjson" };
    static const size_t      lines[] = { 759, 182, 432, 140 };
    NEEDS_CORPUS();
    for (size_t i = 0; i < MP_COUNT(files); i++) {
        dump       d;
        comparison c;
        read_one(&d, &c, files[i]);
        CHECK_INT(d.counts.records, lines[i]);
        CHECK_INT(d.counts.by_code[MP_FORMAT] + d.counts.by_code[MP_UNSUPPORTED] + d.counts.ok,
                  lines[i]);
    }
}

int main(void)
{
    return MAIN(RUN(azure_documents_are_all_read), RUN(kubernetes_objects_are_all_read),
                RUN(what_is_not_read_is_recognised), RUN(what_is_unknown_is_named));
}
