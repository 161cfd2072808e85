/* SPDX-License-Identifier: Apache-2.0 */
/* The register through the API: an estate, what is missing, filling, rights, history, files. */
#include "api_world.h"

#include "assets.h"
#include "compliance.h"

static const mp_system *const systems[] = { &mp_compliance_system, &mp_assets_system, NULL };
static const char *const      sets[] = { "policies.shipped=false", NULL };
static const api_client       local = { .is_local = true };

#define SUB "/subscriptions/00000000-0000-0000-0000-000000000001"
#define OTHER "/subscriptions/00000000-0000-0000-0000-000000000002"
#define READER "acdd72a7-3385-48ef-bd42-f606fba81ae7"

static const mp_json *at(const mp_json *v, const char *name) { return mp_json_get(v, mp_str_from(name)); }
static int64_t sum_of(const api_answer *a, const char *name)
{
    const mp_json *v = at(at(a->json, "sums"), name);
    return mp_json_is(v, MP_JSON_INT) ? v->u.integer : -1;
}

/* Two virtual machines, a database, an extension and a type of no rule; and one of another subscription. */
static void make_estate(api_world *world)
{
    api_answer a = api_send(world, &local, MP_POST, "/api/v1/inventory",
        "{\"source\":\"file:test\",\"value\":["
        "{\"id\":\"" SUB "/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/vm1\",\"name\":\"vm1\",\"type\":\"Microsoft.Compute/virtualMachines\",\"location\":\"koreacentral\",\"tags\":{\"Owner\":\"Kim Jiwoo\",\"environment\":\"prod\"}},"
        "{\"id\":\"" SUB "/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/vm2\",\"name\":\"vm2\",\"type\":\"Microsoft.Compute/virtualMachines\",\"location\":\"koreacentral\"},"
        "{\"id\":\"" SUB "/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/vm1/extensions/x\",\"name\":\"x\",\"type\":\"Microsoft.Compute/virtualMachines/extensions\"},"
        "{\"id\":\"" SUB "/resourceGroups/rg/providers/Contoso.Own/things/t\",\"name\":\"t\",\"type\":\"Contoso.Own/things\"},"
        "{\"id\":\"" OTHER "/resourceGroups/rg/providers/Microsoft.Sql/servers/s\",\"name\":\"s\",\"type\":\"Microsoft.Sql/servers\"}]}");
    WANT(a, 200);
}

TEST(what_is_missing_and_filling_it)
{
    api_world world;
    api_start_with(&world, sets, systems);
    make_estate(&world);
    WANT(api_get(&world, NULL, "/api/v1/asset-findings"), 401);
    api_answer f = api_get(&world, &local, "/api/v1/asset-findings");
    WANT(f, 200);
    CHECK_INT(sum_of(&f, "unregistered"), 3);
    CHECK_INT(sum_of(&f, "unclassified"), 1);
    CHECK_INT(sum_of(&f, "resources"), 4);
    f = api_get(&world, &local, "/api/v1/asset-findings?scope=" SUB "&lack=unregistered&top=1");
    CHECK_INT(sum_of(&f, "unregistered"), 2);
    CHECK_INT(at(f.json, "value")->count, 1);
    mp_str first = mp_json_str(at(mp_json_first(at(f.json, "value")), "resource"));
    f = api_get(&world, &local, api_printf(&world, "/api/v1/asset-findings?scope=" SUB "&lack=unregistered&top=1&after=%.*s", MP_FMT(api_text(&f, "next"))));
    WANT(f, 200);
    CHECK(!mp_str_eq(first, mp_json_str(at(mp_json_first(at(f.json, "value")), "resource"))) && !at(f.json, "next"));
    WANT(api_get(&world, &local, "/api/v1/asset-findings?after=x"), 400);

    api_answer a = api_send(&world, &local, MP_POST, "/api/v1/asset-register/fill", "{\"scope\":\"" SUB "\",\"dryRun\":true}");
    WANT(a, 200);
    CHECK_INT(api_number(&a, "added"), 2);
    a = api_get(&world, &local, "/api/v1/assets");
    CHECK_INT(at(a.json, "value")->count, 0); /* it was a trial */
    a = api_send(&world, &local, MP_POST, "/api/v1/asset-register/fill", "{\"scope\":\"" SUB "\",\"values\":{\"keeper\":\"Park\",\"confidentiality\":3,\"integrity\":3,\"availability\":2}}");
    WANT(a, 200);
    CHECK_INT(api_number(&a, "added"), 2);
    a = api_get(&world, &local, "/api/v1/assets?name=vm1");
    const mp_json *vm1 = mp_json_first(at(a.json, "value"));
    CHECK_STR(mp_json_str(at(vm1, "owner")), "Kim Jiwoo");
    CHECK_STR(mp_json_str(at(vm1, "grade")), "1");
    CHECK_STR(mp_json_str(mp_json_first(at(vm1, "labels"))), "environment=prod");
    CHECK_STR(mp_json_str(at(vm1, "class")), "virtual-resource");
    a = api_send(&world, &local, MP_POST, "/api/v1/asset-register/fill", "{\"scope\":\"" SUB "\"}");
    CHECK_INT(api_number(&a, "added"), 0);
    f = api_get(&world, &local, "/api/v1/asset-findings");
    CHECK_INT(sum_of(&f, "unregistered"), 1);
    CHECK_INT(sum_of(&f, "registered"), 2);
    CHECK_INT(sum_of(&f, "unowned"), 1);
    CHECK_INT(sum_of(&f, "unkept"), 0);
    CHECK_INT(sum_of(&f, "gone"), 0);

    /* it moved, and another went */
    WANT(api_send(&world, &local, MP_POST, "/api/v1/inventory",
        "{\"source\":\"file:test\",\"closed\":[\"" SUB "/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/vm2\"],\"value\":["
        "{\"id\":\"" SUB "/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/vm1\",\"name\":\"vm1\",\"type\":\"Microsoft.Compute/virtualMachines\",\"location\":\"koreasouth\"}]}"), 200);
    f = api_get(&world, &local, "/api/v1/asset-findings?lack=gone");
    CHECK_INT(sum_of(&f, "gone"), 1);
    CHECK_STR(mp_json_str(at(mp_json_first(at(f.json, "value")), "name")), "vm2");
    a = api_send(&world, &local, MP_POST, "/api/v1/asset-register/fill", "{\"scope\":\"" SUB "\",\"refresh\":true}");
    CHECK_INT(api_number(&a, "changed"), 1);
    a = api_get(&world, &local, "/api/v1/assets?location=koreasouth");
    CHECK_INT(at(a.json, "value")->count, 1);
    CHECK_STR(mp_json_str(at(mp_json_first(at(a.json, "value")), "keeper")), "Park"); /* what people said stays */
    api_stop(&world);
}

TEST(entered_by_hand_with_history)
{
    api_world world;
    api_start_with(&world, sets, systems);
    api_answer a = api_send(&world, &local, MP_POST, "/api/v1/assets", "{\"name\":\"Policy\",\"class\":\"document\",\"owner\":\"Lee\"}");
    WANT(a, 201);
    mp_str id = api_text(&a, "id");
    char  *path = api_printf(&world, "/api/v1/assets/%.*s", MP_FMT(id));
    CHECK_STR(api_text(&a, "scope"), "/");
    a = api_send(&world, &local, MP_PUT, path, "{\"name\":\"Policy\",\"class\":\"document\",\"owner\":\"Choi\",\"confidentiality\":2,\"integrity\":2,\"availability\":2,\"laws\":[\"personal-information\"]}");
    WANT(a, 200);
    CHECK_INT(api_number(&a, "version"), 2);
    CHECK_STR(api_text(&a, "grade"), "1"); /* a sum of 6, and a law */
    CHECK_INT(api_leaves_of(&world, a.id, NULL), 1);
    a = api_get(&world, &local, api_printf(&world, "%s/history", path));
    CHECK_INT(at(a.json, "value")->count, 2);
    WANT(api_send(&world, &local, MP_POST, "/api/v1/assets", "{\"name\":\"x\",\"class\":\"none\"}"), 400);
    WANT(api_send(&world, &local, MP_POST, "/api/v1/assets", "{\"name\":\"x\"}"), 400);
    WANT(api_send(&world, &local, MP_DELETE, path, NULL), 204);
    WANT(api_get(&world, &local, path), 404);
    a = api_get(&world, &local, api_printf(&world, "%s/history", path));
    CHECK_INT(at(a.json, "value")->count, 3);
    api_stop(&world);
}

TEST(each_sees_what_is_his)
{
    api_world  world;
    api_client kim;
    api_start_with(&world, sets, systems);
    make_estate(&world);
    WANT(api_send(&world, &local, MP_POST, "/api/v1/asset-register/fill", "{}"), 200);
    api_answer a = api_send(&world, &local, MP_POST, "/api/v1/assets", "{\"name\":\"Secret\",\"class\":\"document\"}");
    WANT(a, 201);
    mp_str secret = api_text(&a, "id"), id = api_user(&world, &kim, "kim");
    WANT(api_send(&world, &local, MP_POST, "/api/v1/assignments",
                  api_printf(&world, "{\"principalId\":\"%.*s\",\"principalType\":\"User\",\"roleDefinitionId\":\"" READER "\",\"scope\":\"" SUB "\"}", MP_FMT(id))), 201);
    a = api_get(&world, &kim, "/api/v1/assets");
    WANT(a, 200);
    CHECK_INT(at(a.json, "value")->count, 2);
    WANT(api_get(&world, &kim, api_printf(&world, "/api/v1/assets/%.*s", MP_FMT(secret))), 403);
    a = api_get(&world, &kim, "/api/v1/asset-findings");
    CHECK_INT(sum_of(&a, "resources"), 3);
    CHECK_INT(sum_of(&a, "assets"), 2);
    a = api_get(&world, &kim, "/api/v1/asset-register");
    CHECK(mp_str_find_str(a.body, MP_S("Secret")) == SIZE_MAX && mp_str_find_str(a.body, MP_S("vm1")) != SIZE_MAX);
    WANT(api_send(&world, &kim, MP_POST, "/api/v1/asset-register/fill", "{\"scope\":\"" SUB "\"}"), 403);
    WANT(api_send(&world, &kim, MP_POST, "/api/v1/assets", "{\"name\":\"x\",\"class\":\"document\",\"scope\":\"" SUB "\"}"), 403);
    WANT(api_send(&world, &kim, MP_DELETE, api_printf(&world, "/api/v1/assets/%.*s", MP_FMT(secret)), NULL), 403);
    api_stop(&world);
}

static api_answer send_sheet(api_world *world, const char *query, const char *csv)
{
    return api_ask(world, &local, &(api_request){ .method = MP_POST, .path = api_printf(world, "/api/v1/asset-register/import%s", query),
                                                  .body = mp_str_from(csv), .type = "text/csv" });
}

TEST(sheets_in_and_out)
{
    api_world world;
    api_start_with(&world, sets, systems);
    make_estate(&world);
    const char *csv = "name,class,owner,confidentiality,integrity,availability,resource\n"
                      "Rack,facility,Han,2,2,2,\n"
                      "vm1,virtual-resource,Kim,3,3,3," SUB "/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/vm1\n"
                      "bad,none,,,,,\n,server,,,,,\nodd,server,,x,,,\n"
                      "again,virtual-resource,Kim,,,," SUB "/resourcegroups/RG/providers/microsoft.compute/virtualMachines/VM1\n";
    api_answer a = send_sheet(&world, "?dryRun=true", csv);
    WANT(a, 200);
    a = send_sheet(&world, "", csv);
    WANT(a, 200);
    CHECK_INT(api_number(&a, "added"), 2);
    CHECK_INT(api_number(&a, "faulty"), 4);
    CHECK_INT(at(a.json, "faults")->count, 4);
    a = send_sheet(&world, "?scope=" OTHER, "name,class\nRack,facility\n"); /* it stands at "/" */
    WANT(a, 200);
    CHECK_INT(api_number(&a, "faulty"), 1);
    a = api_send(&world, &local, MP_POST, "/api/v1/assets", "{\"name\":\"Desk\",\"class\":\"facility\",\"scope\":\"" SUB "\"}");
    WANT(a, 201);
    mp_str desk = mp_arena_dup(&world.arena, api_text(&a, "id")); /* of another place: where is not told */
    a = send_sheet(&world, "?scope=" OTHER, api_printf(&world, "id,name,class,resource\n%.*s,Desk,facility," OTHER "/resourceGroups/rg/providers/Microsoft.Compute/disks/d\n", MP_FMT(desk)));
    WANT(a, 200);
    CHECK_INT(api_number(&a, "faulty"), 1);
    CHECK(mp_str_find_str(a.body, MP_S("no asset has the id")) != SIZE_MAX && mp_str_find_str(a.body, MP_S(SUB)) == SIZE_MAX);
    WANT(api_send(&world, &local, MP_DELETE, api_printf(&world, "/api/v1/assets/%.*s", MP_FMT(desk)), NULL), 204);
    WANT(send_sheet(&world, "", "\x50\x4b\x03\x04 no zip"), 400);
    WANT(send_sheet(&world, "", "one,two\n1,2\n"), 400);

    /* out, and in again: nothing changes */
    a = api_get(&world, &local, "/api/v1/asset-register?format=csv");
    WANT(a, 200);
    CHECK_STR(mp_str_from(a.response.content_type), "text/csv; charset=utf-8");
    mp_str text = mp_arena_dup(&world.arena, a.body);
    a = send_sheet(&world, "", text.ptr);
    WANT(a, 200);
    CHECK_INT(api_number(&a, "unchanged"), 2);
    CHECK_INT(api_number(&a, "faulty") + api_number(&a, "changed") + api_number(&a, "added"), 0);

    static const char *const documents[][2] = { { "html", "<!doctype" }, { "xlsx", "PK" }, { "pdf", "%PDF-" } };
    for (size_t i = 0; i < MP_COUNT(documents); i++) {
        a = api_get(&world, &local, api_printf(&world, "/api/v1/asset-register?format=%s&lang=ko", documents[i][0]));
        WANT(a, 200);
        CHECK(mp_str_starts(a.body, mp_str_from(documents[i][1])));
        CHECK(mp_str_find_str(api_header(&a, "content-disposition"), MP_S("asset-register.")) != SIZE_MAX);
    }

    /* the document adds up */
    a = api_get(&world, &local, "/api/v1/asset-register");
    WANT(a, 200);
    int64_t        in_classes = 0, in_grades = 0;
    const mp_json *totals = at(a.json, "totals");
    CHECK_INT(at(a.json, "classes")->count, 14);
    for (MP_JSON_EACH(class, at(a.json, "classes"))) {
        in_classes += at(class, "assets")->u.integer;
        in_grades += at(class, "grade1")->u.integer + at(class, "grade2")->u.integer + at(class, "grade3")->u.integer +
                     at(class, "ungraded")->u.integer;
    }
    CHECK_INT(in_classes, 2);
    CHECK_INT(in_grades, in_classes);
    CHECK_INT(at(totals, "assets")->u.integer, in_classes);
    CHECK_INT(at(a.json, "assets")->count, in_classes);
    CHECK_INT(at(totals, "grade1")->u.integer, 1); /* vm1, 9 */
    CHECK_INT(at(totals, "grade2")->u.integer, 1); /* the rack, 6 */
    CHECK_INT(at(totals, "unrated")->u.integer, at(totals, "ungraded")->u.integer);
    api_stop(&world);
}

/* Four that keep data: two in Korea, one of them spelled as people do, one in Japan, one of a place that is not known; a
 * machine keeps none. Labels and owner come from tags until it is registered, and from the register then. */
TEST(where_data_is_and_whose)
{
    api_world world;
    api_start_with(&world, sets, systems);
    WANT(api_send(&world, &local, MP_POST, "/api/v1/inventory",
        "{\"source\":\"file:test\",\"value\":["
        "{\"id\":\"" SUB "/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/a\",\"name\":\"a\",\"type\":\"Microsoft.Storage/storageAccounts\",\"location\":\"koreacentral\",\"tags\":{\"owner\":\"Kim\",\"environment\":\"prod\"}},"
        "{\"id\":\"" SUB "/resourceGroups/rg/providers/Microsoft.Compute/disks/d\",\"name\":\"d\",\"type\":\"Microsoft.Compute/disks\",\"location\":\"Korea Central\"},"
        "{\"id\":\"" SUB "/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/k\",\"name\":\"k\",\"type\":\"Microsoft.KeyVault/vaults\",\"location\":\"nowhereland\"},"
        "{\"id\":\"" SUB "/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/v\",\"name\":\"v\",\"type\":\"Microsoft.Compute/virtualMachines\",\"location\":\"koreacentral\"},"
        "{\"id\":\"" OTHER "/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/b\",\"name\":\"b\",\"type\":\"Microsoft.Storage/storageAccounts\",\"location\":\"japaneast\"}]}"), 200);
    WANT(api_get(&world, NULL, "/api/v1/asset-data"), 401);
    api_answer a = api_get(&world, &local, "/api/v1/asset-data");
    WANT(a, 200);
    CHECK_INT(sum_of(&a, "resources"), 4);
    CHECK_INT(sum_of(&a, "labelled"), 1);
    CHECK_INT(sum_of(&a, "owned"), 1);
    CHECK_INT(sum_of(&a, "placed"), 3);
    const mp_json *places = at(a.json, "places"), *korea = mp_json_at(places, 1), *unknown = mp_json_at(places, 2);
    CHECK_INT(places->count, 3);
    CHECK_STR(mp_json_str(at(mp_json_first(places), "country")), "JP");
    CHECK_STR(mp_json_str(at(korea, "country")), "KR");
    CHECK_INT(at(korea, "resources")->u.integer, 2);
    CHECK(!at(unknown, "country"));
    CHECK_STR(mp_json_str(at(unknown, "location")), "nowhereland");
    a = api_get(&world, &local, "/api/v1/asset-data?scope=" OTHER);
    CHECK_INT(sum_of(&a, "resources"), 1);
    a = api_get(&world, &local, "/api/v1/asset-data?top=1");
    CHECK_INT(sum_of(&a, "resources"), 4); /* over all */
    CHECK(at(a.json, "value")->count == 1 && at(a.json, "hasMore"));
    WANT(api_send(&world, &local, MP_POST, "/api/v1/asset-register/fill", "{\"scope\":\"/\",\"values\":{\"owner\":\"Lee\"}}"), 200);
    a = api_get(&world, &local, "/api/v1/asset-data");
    CHECK(sum_of(&a, "owned") > 1);
    CHECK_STR(mp_json_str(at(mp_json_first(at(a.json, "value")), "resource")), SUB "/resourceGroups/rg/providers/Microsoft.Compute/disks/d");
    CHECK_INT(sum_of(&a, "labelled"), 1);
    api_client kim; /* who sees one subscription hears nothing of the other */
    mp_str     id = api_user(&world, &kim, "kim");
    WANT(api_send(&world, &local, MP_POST, "/api/v1/assignments",
                  api_printf(&world, "{\"principalId\":\"%.*s\",\"principalType\":\"User\",\"roleDefinitionId\":\"" READER "\",\"scope\":\"" SUB "\"}", MP_FMT(id))), 201);
    a = api_get(&world, &kim, "/api/v1/asset-data");
    CHECK_INT(sum_of(&a, "resources"), 3);
    CHECK(mp_str_find_str(a.body, MP_S("japaneast")) == SIZE_MAX);
    api_stop(&world);
}

int main(void)
{
    return MAIN(RUN(what_is_missing_and_filling_it), RUN(entered_by_hand_with_history), RUN(each_sees_what_is_his), RUN(sheets_in_and_out),
                RUN(where_data_is_and_whose));
}
