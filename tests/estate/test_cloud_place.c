/* SPDX-License-Identifier: Apache-2.0 */
/* Resources of other clouds have one place each: the same whoever reads them, and never that of another. */
#include "cloud_place.h"

#include "estate.h"
#include "resource_id.h"
#include "test.h"

static const mp_json *read_json(const char *text, mp_arena *arena)
{
    mp_json_doc   *doc = NULL;
    const mp_json *json, *kept;
    CHECK_INT(mp_json_doc_new(&doc, NULL), MP_OK);
    CHECK_INT(mp_json_read(doc, &json, mp_str_from(text), NULL, NULL, NULL), MP_OK);
    kept = mp_arena_dup_json(arena, json);
    mp_json_doc_free(doc);
    return kept;
}

static mp_code place(mp_cloud_place *out, const char *id, const char *type, const char *document, const char *source,
                     mp_arena *arena, mp_error *err)
{
    mp_cloud_resource r = { .id = mp_str_from(id),
                            .type = mp_str_from(type),
                            .document = read_json(document, arena),
                            .source = mp_str_from(source) };
    return mp_cloud_place_of(out, &r, arena, err);
}

static const struct {
    const char *id, *type, *document, *account, *end; /* of the id */
} good[] = {
    { "arn:aws:ec2:ap-northeast-2:111122223333:instance/i-0abc", "AWS::EC2::Instance", "{}", "AWS 111122223333",
      "/providers/Mapae.Clouds/AWS::EC2::Instance/arn:aws:ec2:ap-northeast-2:111122223333:instance~i-0abc" },
    { "arn:aws:s3:::logs", "AWS::S3::Bucket", "{\"configurationItem\": {\"accountId\": \"111122223333\"}}", "AWS 111122223333",
      "/providers/Mapae.Clouds/AWS::S3::Bucket/arn:aws:s3:::logs" },
    { "arn:aws:s3:::logs", "AWS::S3::Bucket", "{}", "AWS file:week", "/providers/Mapae.Clouds/AWS::S3::Bucket/arn:aws:s3:::logs" },
    { "//compute.googleapis.com/projects/p1/zones/z/instances/vm1", "compute.googleapis.com/Instance", "{\"asset\": {\"ancestors\": [\"projects/9\"]}}", "Google Cloud projects/p1",
      "/providers/Mapae.Clouds/compute.googleapis.com:Instance/zones~z~instances~vm1" },
    { "//storage.googleapis.com/b1", "storage.googleapis.com/Bucket", "{\"asset\": {\"ancestors\": [\"projects/9\", \"organizations/1\"]}}", "Google Cloud projects/9",
      "/providers/Mapae.Clouds/storage.googleapis.com:Bucket/b1" },
    { "//cloudresourcemanager.googleapis.com/projects/p1", "cloudresourcemanager.googleapis.com/Project", "{}", "Google Cloud projects/p1",
      "/providers/Mapae.Clouds/cloudresourcemanager.googleapis.com:Project/projects~p1" },
    { "/openstack/compute/server/5f2c", "OpenStack/compute/server", "{\"properties\": {\"tenant_id\": \"t1\"}}", "OpenStack t1",
      "/providers/Mapae.Clouds/OpenStack:compute:server/5f2c" },
    { "/openstack/identity/project/t1", "OpenStack/identity/project", "{}", "OpenStack t1", "/providers/Mapae.Clouds/OpenStack:identity:project/t1" },
    { "/kubernetes/apps/v1/Deployment/shop/web", "apps/v1/Deployment", "{}", "Kubernetes file:week", "/providers/Mapae.Clouds/v1:Namespace/shop/apps:v1:Deployment/web" },
    { "/kubernetes/v1/Namespace/_/shop", "v1/Namespace", "{}", "Kubernetes file:week", "/providers/Mapae.Clouds/v1:Namespace/shop" },
    { "/terraform/module.data.azurerm_disk.a[0]", "Terraform/azurerm/azurerm_disk", "{}", "Terraform file:week",
      "/providers/Mapae.Clouds/Terraform:azurerm:azurerm_disk/module.data.azurerm_disk.a[0]" },
    { "/hosts/web-01", "Mapae.Hosts/hosts", "{}", "Hosts file:week", "/providers/Mapae.Clouds/Mapae.Hosts:hosts/web-01" },
    { "inventory.json:7", "My/thing", "{}", "Other file:week", "/providers/Mapae.Clouds/My:thing/inventory.json:7" },
};

TEST(each_has_its_place)
{
    mp_arena arena = MP_ARENA_INIT;
    for (size_t i = 0; i < MP_COUNT(good); i++) {
        mp_cloud_place p;
        mp_place       taken;
        mp_resource    r = { .doc = NULL };
        CHECK_INT(place(&p, good[i].id, good[i].type, good[i].document, "file:week", &arena, NULL), MP_OK);
        CHECK_STR(p.account, good[i].account);
        CHECK(mp_str_ends(p.id, mp_str_from(good[i].end)));
        CHECK_INT(mp_place_of(&taken, p.id, &arena, NULL), MP_OK);
        CHECK_STR(taken.type, good[i].type);
        CHECK(mp_str_eq(taken.subscription, p.guid));
        /* the readers of inventories see the same in the id, also by the key */
        CHECK_INT(mp_id_read(&r, p.id, mp_str_of(NULL, 0), &arena, NULL), MP_OK);
        CHECK_STR(r.type, good[i].type);
        CHECK_INT(mp_id_read(&r, taken.key, mp_str_from(good[i].type), &arena, NULL), MP_OK);
        CHECK_STR(r.type, good[i].type);
    }
    mp_arena_free(&arena);
}

TEST(two_never_share_one)
{
    static const char *const pairs[][2] = {
        { "/x/a/b", "/x/a~b" },          { "/x/Name", "/x/name" }, { "/x/a?b", "/x/a#b" }, { "/x/a%b", "/x/a|b" }, { "/x/.", "/x/.." },
        { "/x/\xea\xb0\x80", "/x/\xea\xb0\x81" },
    };
    mp_arena arena = MP_ARENA_INIT;
    for (size_t i = 0; i < MP_COUNT(pairs); i++) {
        mp_cloud_place one, other;
        mp_place       a, b;
        CHECK_INT(place(&one, pairs[i][0], "My/thing", "{}", "file:w", &arena, NULL), MP_OK);
        CHECK_INT(place(&other, pairs[i][1], "My/thing", "{}", "file:w", &arena, NULL), MP_OK);
        CHECK_INT(mp_place_of(&a, one.id, &arena, NULL), MP_OK);
        CHECK_INT(mp_place_of(&b, other.id, &arena, NULL), MP_OK);
        CHECK(!mp_str_eq(a.key, b.key));
    }
    char long_one[1000], long_other[1000];
    memset(long_one, 'x', sizeof long_one);
    memset(long_other, 'x', sizeof long_other);
    long_one[0] = long_other[0] = '/';
    long_one[999] = long_other[999] = '\0';
    long_other[998] = 'y';
    mp_cloud_place one, other;
    CHECK_INT(place(&one, long_one, "My/thing", "{}", "file:w", &arena, NULL), MP_OK);
    CHECK_INT(place(&other, long_other, "My/thing", "{}", "file:w", &arena, NULL), MP_OK);
    CHECK(!mp_str_eq(one.id, other.id));
    mp_cloud_place elsewhere;
    CHECK_INT(place(&elsewhere, long_one, "My/thing", "{}", "file:v", &arena, NULL), MP_OK);
    CHECK(!mp_str_eq(one.guid, elsewhere.guid)); /* what says no account is its source's */
    mp_arena_free(&arena);
}

TEST(what_has_none_is_refused)
{
    mp_arena       arena = MP_ARENA_INIT;
    mp_cloud_place p;
    mp_error       err;
    CHECK_INT(place(&p, "", "My/thing", "{}", "file:w", &arena, &err), MP_FORMAT);
    CHECK_INT(place(&p, "/x/a", "", "{}", "file:w", &arena, &err), MP_FORMAT);
    CHECK_INT(place(&p, "/x/a", "My/th?ng", "{}", "file:w", &arena, &err), MP_FORMAT);
    CHECK(strstr(err.message, "My/th?ng") != NULL);
    mp_arena_free(&arena);
}

int main(void)
{
    return MAIN(RUN(each_has_its_place), RUN(two_never_share_one), RUN(what_has_none_is_refused));
}
