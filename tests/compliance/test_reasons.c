/* SPDX-License-Identifier: Apache-2.0 */
/* Why a verdict is, and was, what it is: resource, policy, exemption and surroundings of the date, and what does not
 * apply. */
#include "compliance_world.h"

#include <string.h>

#include "reasons.h"

static world w;

#define AUTH "/providers/Microsoft.Authorization/"
#define SMALL "S" AUTH "policyAssignments/small"
#define DISK "S/resourceGroups/g/providers/Microsoft.Compute/disks/d"
#define NET "S/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/n"

static void want_ok(mp_code code)
{
    if (code != MP_OK)
        fail_msg("%s: %s (%s:%d)", mp_code_name(code), w.err.message, w.err.src_file, w.err.src_line);
}

/* ---- asking ---- */

typedef struct asking {
    mp_reason_query query;
    mp_reason_page  page;
    mp_ticks        now;
} asking;

static mp_code read_page(mp_tx *tx, void *arg, mp_error *err)
{
    asking *a = arg;
    return mp_reason_find(&a->page, tx, &a->query, &w.arena, err);
}

static mp_code read_time(mp_tx *tx, void *arg, mp_error *err)
{
    asking *a = arg;
    (void)err;
    a->now = mp_tx_time(tx);
    return MP_OK;
}

static mp_ticks now(void)
{
    asking a = { .now = 0 };
    want_ok(mp_store_read(w.app->store, read_time, &a, &w.err));
    return a.now;
}

static mp_str key(const char *id)
{
    mp_place place;
    CHECK_INT(mp_place_of(&place, world_id(&w, id), &w.arena, &w.err), MP_OK);
    return place.key;
}

static const mp_json *ask(const mp_reason_query *query)
{
    asking a = { .query = *query };
    want_ok(mp_store_read(w.app->store, read_page, &a, &w.err));
    return a.page.value;
}

static const mp_json *ask_at(const char *resource, mp_ticks as_of)
{
    return ask(&(mp_reason_query){ .resource = key(resource), .as_of = as_of });
}

static mp_code fails(const mp_reason_query *query)
{
    asking a = { .query = *query };
    return mp_store_read(w.app->store, read_page, &a, &w.err);
}

/* "recorded/state" of the only reason there is. */
static mp_str at(const mp_json *v, const char *path)
{
    for (const char *p = path; v && *p;) {
        size_t n = strcspn(p, "/");
        v = v->kind == MP_JSON_ARRAY ? mp_json_at(v, (uint32_t)(*p - '0')) : mp_json_get(v, mp_str_of(p, n));
        p += n + (p[n] == '/');
    }
    return mp_json_is(v, MP_JSON_STRING) ? mp_json_str(v) : MP_S("");
}

static void want(const mp_json *list, const char *recorded, const char *explained, const char *in_it)
{
    mp_buf text = MP_BUF_INIT;
    CHECK_INT(list->count, 1);
    const mp_json *agrees = mp_json_get(mp_json_at(list, 0), MP_S("agrees"));
    mp_buf_add_json(&text, list);
    CHECK_STR(at(list, "0/recorded/state"), recorded);
    CHECK_STR(at(list, "0/explanation/state"), explained);
    if (mp_str_find_str(mp_buf_str(&text), mp_str_from(in_it)) == SIZE_MAX)
        fail_msg("no %s in %.*s", in_it, MP_FMT(mp_buf_str(&text)));
    CHECK(agrees && agrees->u.integer);
    mp_buf_free(&text);
}

/* ---- a world with a past ---- */

static mp_ticks big, small, strict, exempt; /* the disk was big; small; the limit was lowered; it is excused */

static void define(const char *limit)
{
    mp_str body = mp_arena_printf(&w.arena,
                                  "{'properties':{'mode':'All','policyRule':{'if':{'allOf':[{'field':'type','equals':'Microsoft.Compute/disks'},"
                                  "{'field':'Microsoft.Compute/disks/diskSizeGB','greater':%s}]},'then':{'effect':'audit'}}}}", limit);
    want_ok(world_object(&w, MP_OBJECT_DEFINITION, "S" AUTH "policyDefinitions/small", body.ptr));
}

static int start(void **state)
{
    (void)state;
    world_start(&w);
    define("100");
    want_ok(world_object(&w, MP_OBJECT_ASSIGNMENT, SMALL,
                         "{'properties':{'policyDefinitionId':'$S" AUTH "policyDefinitions/small'}}"));
    want_ok(world_write(&w, MP_GATE_PUT, "S/resourceGroups/g", "{'location':'koreacentral'}", NULL));
    want_ok(world_write(&w, MP_GATE_PUT, NET, "{'location':'koreacentral'}", NULL));
    want_ok(world_write(&w, MP_GATE_PUT, DISK, "{'location':'koreacentral','properties':{'diskSizeGB':320}}", NULL));
    world_settle(&w);
    big = now();
    want_ok(world_write(&w, MP_GATE_PUT, DISK, "{'location':'koreacentral','properties':{'diskSizeGB':32}}", NULL));
    world_settle(&w);
    small = now();
    define("16");
    world_settle(&w);
    strict = now();
    want_ok(world_object(&w, MP_OBJECT_EXEMPTION, DISK AUTH "policyExemptions/e",
                         "{'properties':{'policyAssignmentId':'$S" AUTH "policyAssignments/small','exemptionCategory':'Waiver','displayName':'until the move'}}"));
    world_settle(&w);
    exempt = now();
    return 0;
}

static int stop(void **state)
{
    (void)state;
    world_stop(&w);
    return 0;
}

TEST(each_date_has_its_own_reason)
{
    want(ask_at(DISK, big), "NonCompliant", "NonCompliant", "\"actual\":320");
    want(ask_at(DISK, big), "NonCompliant", "NonCompliant", "\"wanted\":100");
    want(ask_at(DISK, small), "Compliant", "Compliant", "\"actual\":32");
    want(ask_at(DISK, strict), "NonCompliant", "NonCompliant", "\"wanted\":16");
    want(ask_at(DISK, exempt), "Exempt", "Exempt", "until the move");
    want(ask_at(DISK, 0), "Exempt", "Exempt", "until the move");
    CHECK(at(ask_at(DISK, big), "0/recorded/until").len && !at(ask_at(DISK, 0), "0/recorded/until").len);
}

TEST(a_page_for_people_says_the_same)
{
    const mp_json *list =
        ask(&(mp_reason_query){ .resource = key(DISK), .as_of = big, .with_text = true, .lang = MP_LANG_KO });
    CHECK(mp_str_find_str(at(list, "0/text"), MP_S("320")) != SIZE_MAX);
    CHECK(mp_str_find_str(at(list, "0/text"), MP_S("정책")) != SIZE_MAX);
    CHECK(mp_str_find_str(at(list, "0/text"), MP_S("\033")) == SIZE_MAX);
    CHECK(!at(ask_at(DISK, big), "0/text").len);
}

TEST(what_does_not_apply_has_a_reason_too)
{
    CHECK_INT(ask_at(NET, 0)->count, 0);
    const mp_json *list = ask(&(mp_reason_query){ .resource = key(NET), .assignment = key(SMALL) });
    CHECK_INT(list->count, 1);
    CHECK_INT(mp_json_get(mp_json_at(list, 0), MP_S("recorded"))->kind, MP_JSON_NULL);
    CHECK_STR(at(list, "0/explanation/detail"), "type");
    CHECK_INT(fails(&(mp_reason_query){ .resource = key(NET), .assignment = key("S" AUTH "policyAssignments/none") }),
              MP_MISSING);
    CHECK_INT(fails(&(mp_reason_query){ .resource = key("S/resourceGroups/none") }), MP_MISSING);
    CHECK_INT(fails(&(mp_reason_query){ .resource = key(DISK), .as_of = 1 }), MP_MISSING);
}

TEST(a_related_resource_counts_as_it_was)
{
    want_ok(world_object(&w, MP_OBJECT_DEFINITION, "S" AUTH "policyDefinitions/locked",
                         "{'properties':{'mode':'All','policyRule':{'if':{'field':'type','equals':'Microsoft.Network/virtualNetworks'},'then':{'effect':'auditIfNotExists',"
                         "'details':{'type':'Microsoft.Network/virtualNetworks/subnets','existenceCondition':{'field':'name','like':'safe*'}}}}}}"));
    want_ok(world_object(&w, MP_OBJECT_ASSIGNMENT, "S" AUTH "policyAssignments/locked",
                         "{'properties':{'policyDefinitionId':'$S" AUTH "policyDefinitions/locked'}}"));
    want_ok(world_write(&w, MP_GATE_PUT, NET "/subnets/loose", "{'properties':{}}", NULL));
    world_settle(&w);
    mp_ticks before = now();
    want_ok(world_write(&w, MP_GATE_PUT, NET "/subnets/safe1", "{'properties':{}}", NULL));
    world_settle(&w);
    want(ask_at(NET, 0), "Compliant", "Compliant", "subnets/safe1");
    want(ask_at(NET, before), "NonCompliant", "NonCompliant", "subnets/loose");
    mp_buf text = MP_BUF_INIT;
    mp_buf_add_json(&text, ask_at(NET, before));
    CHECK(mp_str_find_str(mp_buf_str(&text), MP_S("safe1")) == SIZE_MAX);
    mp_buf_free(&text);
}

TEST(pages_give_each_once)
{
    want_ok(world_object(&w, MP_OBJECT_SET, "S" AUTH "policySetDefinitions/set",
                         "{'properties':{'policyDefinitions':[{'policyDefinitionId':'$S" AUTH "policyDefinitions/small','policyDefinitionReferenceId':'one'},"
                         "{'policyDefinitionId':'$S" AUTH "policyDefinitions/small','policyDefinitionReferenceId':'two'},"
                         "{'policyDefinitionId':'$S" AUTH "policyDefinitions/locked','policyDefinitionReferenceId':'three'}]}}"));
    want_ok(world_object(&w, MP_OBJECT_ASSIGNMENT, "S" AUTH "policyAssignments/set",
                         "{'properties':{'policyDefinitionId':'$S" AUTH "policySetDefinitions/set'}}"));
    world_settle(&w);
    asking a = { .query = { .resource = key(DISK), .limit = 1 } };
    char   seen[64] = "";
    do {
        want_ok(mp_store_read(w.app->store, read_page, &a, &w.err));
        CHECK_INT(a.page.value->count, 1);
        mp_str reference = at(a.page.value, "0/referenceId");
        strncat(seen, reference.len ? reference.ptr : "-", 8);
        a.query.after = a.page.next;
    } while (a.page.next.len);
    CHECK_STR(mp_str_from(seen), "onetwo-");
    CHECK_INT(
        ask(&(mp_reason_query){ .resource = key(DISK), .assignment = key("S" AUTH "policyAssignments/set") })->count,
        3);
    CHECK_STR(at(ask(&(mp_reason_query){ .resource = key(DISK), .policy = MP_S("TWO") }), "0/referenceId"), "two");
    CHECK_INT(ask(&(mp_reason_query){ .resource = key(DISK), .policy = MP_S("small") })->count, 3);
}

TEST(the_past_outlives_what_is_deleted)
{
    want_ok(world_forget(&w, MP_OBJECT_ASSIGNMENT, "S" AUTH "policyAssignments/set"));
    want_ok(world_forget(&w, MP_OBJECT_ASSIGNMENT, SMALL));
    want_ok(world_write(&w, MP_GATE_DELETE, DISK, NULL, NULL));
    world_settle(&w);
    CHECK_INT(fails(&(mp_reason_query){ .resource = key(DISK) }), MP_MISSING);
    want(ask_at(DISK, big), "NonCompliant", "NonCompliant", "\"actual\":320");
    want(ask_at(DISK, exempt), "Exempt", "Exempt", "until the move");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(each_date_has_its_own_reason),
        RUN(a_page_for_people_says_the_same),
        RUN(what_does_not_apply_has_a_reason_too),
        RUN(a_related_resource_counts_as_it_was),
        RUN(pages_give_each_once),
        RUN(the_past_outlives_what_is_deleted),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
