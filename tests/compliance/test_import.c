/* SPDX-License-Identifier: Apache-2.0 */
/* Built-in policies from outside, and inventories that become the estate. */
#include "compliance_world.h"

#include "ingest.h"

static world w;

#define BUILTIN(name) "/providers/Microsoft.Authorization/policyDefinitions/" name
#define DISK "S/resourceGroups/web/providers/Microsoft.Compute/disks/"
#define LARGE(most)                                                                                                                                          \
    "{'name':'large','properties':{'policyType':'BuiltIn','mode':'All','displayName':'Large disks','version':'2.1.0','policyRule':{'if':{'allOf':["        \
    "{'field':'type','equals':'Microsoft.Compute/disks'},{'field':'Microsoft.Compute/disks/diskSizeGB','greater':" most "}]},'then':{'effect':'audit'}}}}"
#define SET                                                                                                                                                 \
    "{'name':'storage','type':'Microsoft.Authorization/policySetDefinitions','properties':{'policyType':'BuiltIn','displayName':'Storage','policyDefinitions':[" \
    "{'policyDefinitionReferenceId':'large','policyDefinitionId':'" BUILTIN("large") "'}]}}"

static int start(void **state)
{
    (void)state;
    world_start(&w);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    world_stop(&w);
    return 0;
}

typedef struct run {
    mp_object_source from;
    mp_object_import imported;
    mp_ingest        seen;
    mp_ingest_counts counts;
    size_t           at[8]; /* of what was at fault */
    size_t           faults;
    mp_estate_item   item;
    mp_str           key;
} run;

static mp_code note(void *ctx, size_t index, const mp_error *why, mp_error *err)
{
    run *r = ctx;
    (void)err;
    assert_true(why->code != MP_OK && why->message[0]);
    assert_true(r->faults < MP_COUNT(r->at));
    r->at[r->faults++] = index;
    return MP_OK;
}

static const mp_leaf leaf = {
    .actor_kind = { "system", 6 }, .action = { "Mapae.Test/write", 16 }, .on = { "/", 1 }, .outcome = MP_OUTCOME_DONE
};

static mp_code import(mp_tx *tx, void *arg, mp_error *err)
{
    run *r = arg;
    r->faults = 0;
    return mp_objects_import(&r->imported, tx, &r->from, &w.arena, err);
}

static run imported(const char *json)
{
    run r = { .from = { .documents = world_json(&w, json), .by = MP_S("local"), .by_kind = MP_S("User"), .say = note } };
    r.from.ctx = &r;
    if (mp_app_write_alone(w.app, &leaf, import, &r, &w.err) != MP_OK)
        fail_msg("%s", w.err.message);
    CHECK_INT(r.imported.faulty, r.faults);
    return r;
}

static void documents_become_built_in(void **state)
{
    (void)state;
    run r = imported("[" SET "," LARGE("100") "]"); /* the set refers to what stands behind it */
    CHECK_INT(r.imported.definitions, 1);
    CHECK_INT(r.imported.sets, 1);
    CHECK_INT(r.imported.faulty, 0);
    r = imported("[" SET "," LARGE("100") "]");
    CHECK_INT(r.imported.unchanged, 2);
    CHECK_INT(r.imported.definitions + r.imported.sets, 0);
    r = imported("[" LARGE("200") "]");
    CHECK_INT(r.imported.definitions, 1);
    CHECK_INT(r.imported.unchanged, 0);
}

static void what_is_wrong_is_told_and_the_rest_goes_on(void **state)
{
    (void)state;
    run r = imported(
        "[{'name':'x','properties':{'policyType':'Custom','policyRule':{'if':{'field':'type','equals':'a/b'},'then':{'effect':'audit'}}}},"
        "{'name':'y','properties':{'policyType':'BuiltIn','policyRule':{'if':{'field':'type','sameAs':'a/b'},'then':{'effect':'audit'}}}},"
        "{'name':'z','properties':{'policyType':'BuiltIn','policyDefinitions':[{'policyDefinitionId':'" BUILTIN(
            "nowhere") "'}]}}," LARGE("300") ",{'hello':1},{'name':'a/b','properties':{'policyType':'Static'}}]");
    CHECK_INT(r.imported.faulty, 5);
    CHECK_INT(r.imported.definitions, 1);
    CHECK_INT(r.imported.sets, 0);
    CHECK_INT(r.at[0], 0);
    CHECK_INT(r.at[1], 1);
    CHECK_INT(r.at[4], 2); /* sets come last */
}

static mp_code ingest(mp_tx *tx, void *arg, mp_error *err)
{
    run *r = arg;
    r->faults = 0;
    return mp_ingest_put(&r->counts, w.app, tx, &r->seen, &w.arena, err);
}

static run ingested(const char *source, const char *resources, const char *closed)
{
    run r = { .seen = { .source = mp_str_from(source),
                        .resources = resources ? world_json(&w, resources) : NULL,
                        .closed = closed ? world_json(&w, closed) : NULL,
                        .say = note } };
    r.seen.ctx = &r;
    if (mp_app_write_alone(w.app, &leaf, ingest, &r, &w.err) != MP_OK)
        fail_msg("%s", w.err.message);
    CHECK_INT(r.counts.faulty, r.faults);
    return r;
}

static mp_code get(mp_tx *tx, void *arg, mp_error *err)
{
    run *r = arg;
    return mp_estate_get(&r->item, tx, r->key, 0, &w.arena, err);
}

static mp_code there(const char *key)
{
    run r = { .key = world_id(&w, key) };
    return mp_store_read(w.app->store, get, &r, NULL);
}

#define ONE(name, size) "{'id':'$S/resourceGroups/web/providers/Microsoft.Compute/disks/" name "','location':'koreacentral','properties':{'diskSizeGB':" size "}}"

static void what_was_seen_is_recorded_and_judged(void **state)
{
    (void)state;
    imported("[" LARGE("100") "]");
    CHECK_INT(world_object(&w, MP_OBJECT_ASSIGNMENT, "S/providers/Microsoft.Authorization/policyAssignments/large",
                           "{'properties':{'policyDefinitionId':'" BUILTIN("large") "'}}"),
              MP_OK);
    run r = ingested("file:week",
                     "[" ONE("a", "320") "," ONE(
                         "b", "32") ",{'id':'arn:aws:s3:::logs','type':'AWS::S3::Bucket'},{'properties':{}}]",
                     NULL);
    CHECK_INT(r.counts.added, 3);
    CHECK_INT(r.counts.made, 2); /* the group, and the account that the bucket is in; the subscription is there */
    CHECK_INT(r.counts.faulty, 1);
    CHECK_INT(r.at[0], 3);
    world_settle(&w);
    assert_string_equal(world_state(&w, DISK "a", "S/providers/Microsoft.Authorization/policyAssignments/large", ""),
                        "NonCompliant");
    assert_string_equal(world_state(&w, DISK "b", "S/providers/Microsoft.Authorization/policyAssignments/large", ""),
                        "Compliant");
    r = ingested("file:week", "[" ONE("a", "320") "," ONE("b", "640") "]", NULL);
    CHECK_INT(r.counts.unchanged, 1);
    CHECK_INT(r.counts.changed, 1);
    CHECK_INT(r.counts.made, 0);
    world_settle(&w);
    assert_string_equal(world_state(&w, DISK "b", "S/providers/Microsoft.Authorization/policyAssignments/large", ""),
                        "NonCompliant");
}

#define TAGLESS                                                                                                        \
    "{'name':'tagless','properties':{'policyType':'BuiltIn','mode':'All','displayName':'Groups have an owner','version':'1.0.0','policyRule':{'if':{'allOf':["  \
    "{'field':'type','equals':'Microsoft.Resources/subscriptions/resourceGroups'},{'field':'tags.owner','exists':false}]},'then':{'effect':'audit'}}}}"
#define GROUP "{'id':'$S/resourceGroups/web','type':'Microsoft.Resources/resourceGroups','location':'koreacentral'"

/* What nobody told of a group is not guessed: it is judged when somebody has told, and not before. */
static void a_group_is_judged_when_it_is_known(void **state)
{
    const char *assignment = "S/providers/Microsoft.Authorization/policyAssignments/tagless";
    (void)state;
    imported("[" TAGLESS "]");
    CHECK_INT(world_object(&w, MP_OBJECT_ASSIGNMENT, assignment, "{'properties':{'policyDefinitionId':'" BUILTIN("tagless") "'}}"),
              MP_OK);
    run r = ingested("file:week", "[" ONE("a", "320") "]", NULL);
    CHECK_INT(r.counts.made, 1);
    world_settle(&w);
    assert_string_equal(world_state(&w, "S/resourceGroups/web", assignment, ""), "");
    ingested("file:week", "[" GROUP "}]", NULL);
    world_settle(&w);
    assert_string_equal(world_state(&w, "S/resourceGroups/web", assignment, ""), "NonCompliant");
    ingested("file:week", "[" ONE("a", "320") "," ONE("b", "32") "]", NULL); /* it stays known */
    world_settle(&w);
    assert_string_equal(world_state(&w, "S/resourceGroups/web", assignment, ""), "NonCompliant");
    ingested("file:week", "[" GROUP ",'tags':{'owner':'web'}}]", NULL);
    world_settle(&w);
    assert_string_equal(world_state(&w, "S/resourceGroups/web", assignment, ""), "Compliant");
}

#define INHERITS                                                                                                       \
    "{'name':'inherits','properties':{'policyType':'BuiltIn','mode':'All','displayName':'Disks have the owner of their group','version':'1.0.0','policyRule':{'if':{'allOf':["  \
    "{'field':'type','equals':'Microsoft.Compute/disks'},{'value':'[resourceGroup().tags.owner]','equals':'web'}," \
    "{'field':'tags.owner','exists':false}]},'then':{'effect':'audit'}}}}"

/* Nor is it guessed for what stands in it: what asks for its tags is not evaluated until they are known. */
static void what_asks_for_an_unknown_group_waits(void **state)
{
    const char *assignment = "S/providers/Microsoft.Authorization/policyAssignments/inherits",
               *disk = "S/resourceGroups/web/providers/Microsoft.Compute/disks/a";
    (void)state;
    imported("[" INHERITS "]");
    CHECK_INT(world_object(&w, MP_OBJECT_ASSIGNMENT, assignment, "{'properties':{'policyDefinitionId':'" BUILTIN("inherits") "'}}"),
              MP_OK);
    ingested("file:week", "[" ONE("a", "320") "]", NULL);
    world_settle(&w);
    assert_string_equal(world_state(&w, disk, assignment, ""), "NotEvaluated");
    ingested("file:week", "[" GROUP ",'tags':{'owner':'web'}}]", NULL);
    world_settle(&w);
    assert_string_equal(world_state(&w, disk, assignment, ""), "NonCompliant");
    ingested("file:week", "[" GROUP "}]", NULL);
    world_settle(&w);
    assert_string_equal(world_state(&w, disk, assignment, ""), "Compliant");
}

static void a_source_closes_what_is_its_own(void **state)
{
    (void)state;
    ingested("file:week", "[" ONE("a", "320") "," ONE("b", "32") "]", NULL);
    ingested("file:other", "[" ONE("c", "32") "]", NULL);
    run r = ingested(
        "file:week", NULL,
        "['$S/resourceGroups/web/providers/Microsoft.Compute/disks/b','$S/resourceGroups/web/providers/Microsoft.Compute/disks/c',"
        "'$S/resourceGroups/web/providers/Microsoft.Compute/disks/never']");
    CHECK_INT(r.counts.closed, 1);
    CHECK_INT(there("S/resourcegroups/web/providers/microsoft.compute/disks/a"), MP_OK);
    CHECK_INT(there("S/resourcegroups/web/providers/microsoft.compute/disks/b"), MP_MISSING);
    CHECK_INT(there("S/resourcegroups/web/providers/microsoft.compute/disks/c"), MP_OK);
    r = ingested("file:week", "[" ONE("b", "32") "]", NULL); /* it is back */
    CHECK_INT(r.counts.added, 1);
}

static void subscriptions_are_made(void **state)
{
    (void)state;
    run r = ingested(
        "file:week",
        "[{'id':'/subscriptions/22222222-2222-4222-8222-222222222222/resourceGroups/x/providers/Microsoft.Network/virtualNetworks/n','location':'koreacentral'},"
        "{'id':'/subscriptions/33333333-3333-4333-8333-333333333333','displayName':'Third'}]",
        NULL);
    CHECK_INT(r.counts.added, 2);
    CHECK_INT(r.counts.made, 2);
    CHECK_INT(there("/subscriptions/22222222-2222-4222-8222-222222222222/resourcegroups/x"), MP_OK);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(documents_become_built_in),
        CASE(what_is_wrong_is_told_and_the_rest_goes_on),
        CASE(what_was_seen_is_recorded_and_judged),
        CASE(a_group_is_judged_when_it_is_known),
        CASE(what_asks_for_an_unknown_group_waits),
        CASE(a_source_closes_what_is_its_own),
        CASE(subscriptions_are_made),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
