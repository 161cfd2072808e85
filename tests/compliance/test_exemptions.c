/* SPDX-License-Identifier: Apache-2.0 */
/* Which exemptions are needed: one of each kind, and what it is after the world changed. */
#include "compliance_world.h"

#include <stdio.h>

#include "exemptions.h"

static world w;

#define AUTH "/providers/Microsoft.Authorization/"
#define GROUP "S/resourceGroups/g"
#define DISK(name) GROUP "/providers/Microsoft.Compute/disks/" name

static void want_ok(mp_code code)
{
    if (code != MP_OK)
        fail_msg("%s: %s (%s:%d)", mp_code_name(code), w.err.message, w.err.src_file, w.err.src_line);
}

typedef struct asking {
    mp_exemptions_query query;
    mp_exemptions_page  page;
} asking;

static mp_code read_page(mp_tx *tx, void *arg, mp_error *err)
{
    asking *a = arg;
    return mp_exemptions_review(&a->page, tx, &a->query, &w.arena, err);
}

static mp_str text(const mp_json *row, const char *name)
{
    const mp_json *v = mp_json_get(row, mp_str_from(name));
    return mp_json_is(v, MP_JSON_STRING) ? mp_json_str(v) : MP_S("");
}

/* What is said of the exemption with this name; *count: of how many something is said. */
static const mp_json *row_of(const char *name, size_t *count, mp_exemptions_query query)
{
    asking         a = { .query = query };
    const mp_json *found = NULL;
    size_t         n = 0;
    do {
        want_ok(mp_store_read(w.app->store, read_page, &a, &w.err));
        for (MP_JSON_EACH(row, a.page.value)) {
            n++;
            if (mp_str_eq(text(row, "name"), mp_str_from(name)))
                found = row;
        }
        a.query.after = a.page.next;
    } while (a.query.after.len);
    if (count)
        *count = n;
    return found;
}

static const char *use_of(const char *name)
{
    const mp_json *row = row_of(name, NULL, (mp_exemptions_query){ .limit = 2 });
    return row ? text(row, "use").ptr : "";
}

static void put_disk(const char *id, int size)
{
    char body[100];
    snprintf(body, sizeof body, "{'location':'koreacentral','properties':{'diskSizeGB':%d}}", size);
    want_ok(world_write(&w, MP_GATE_PUT, id, body, NULL));
}

static void excuse(const char *scope, const char *name, const char *more)
{
    char id[300], body[600];
    snprintf(id, sizeof id, "%s" AUTH "policyExemptions/%s", scope, name);
    snprintf(body, sizeof body,
             "{'properties':{'policyAssignmentId':'$S" AUTH
             "policyAssignments/small','exemptionCategory':'Waiver'%s}}",
             more);
    want_ok(world_object(&w, MP_OBJECT_EXEMPTION, id, body));
}

static int start(void **state)
{
    (void)state;
    world_start(&w);
    want_ok(world_write(&w, MP_GATE_PUT, GROUP, "{'location':'koreacentral'}", NULL));
    want_ok(world_write(&w, MP_GATE_PUT, "S/resourceGroups/empty", "{'location':'koreacentral'}", NULL));
    want_ok(world_object(&w, MP_OBJECT_DEFINITION, "S" AUTH "policyDefinitions/small",
                         "{'properties':{'mode':'All','policyRule':{'if':{'allOf':[{'field':'type','equals':'Microsoft.Compute/disks'},"
                         "{'value':'[add(field(`Microsoft.Compute/disks/diskSizeGB`),0)]','greater':100}]},'then':{'effect':'audit'}}}}"));
    want_ok(world_object(&w, MP_OBJECT_ASSIGNMENT, "S" AUTH "policyAssignments/small",
                         "{'properties':{'policyDefinitionId':'$S" AUTH "policyDefinitions/small'}}"));
    put_disk(DISK("needed"), 300);
    put_disk(DISK("mended"), 30);
    put_disk(DISK("twice"), 300);
    excuse(DISK("needed"), "needed", "");
    excuse(DISK("mended"), "mended", "");
    excuse(DISK("twice"), "first", "");
    excuse(DISK("twice"), "second", "");
    excuse(DISK("odd"), "odd", ""); /* else the gate refuses it */
    want_ok(world_write(&w, MP_GATE_PUT, DISK("odd"),
                        "{'location':'koreacentral','properties':{'diskSizeGB':'large'}}", NULL));
    excuse("S/resourceGroups/empty", "nothing", "");
    excuse(DISK("needed"), "expired", ",'expiresOn':'2020-01-01T00:00:00Z'");
    world_settle(&w);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    world_stop(&w);
    return 0;
}

TEST(each_use_is_told)
{
    size_t count;
    assert_string_equal(use_of("needed"), "needed");
    assert_string_equal(use_of("mended"), "compliant");
    assert_string_equal(use_of("nothing"), "nothing");
    assert_string_equal(use_of("first"), "nothing"); /* the other one excuses it too */
    assert_string_equal(use_of("second"), "nothing");
    assert_string_equal(use_of("expired"), "expired");
    assert_string_equal(use_of("odd"), "error");
    row_of("", &count, (mp_exemptions_query){ .limit = 1 });
    CHECK_INT(count, 7);
    CHECK(!row_of("needed", &count, (mp_exemptions_query){ .is_removable = true }));
    CHECK_INT(count, 5);
    mp_place place;
    want_ok(mp_place_of(&place, world_id(&w, "S/resourceGroups/empty"), &w.arena, &w.err));
    CHECK(row_of("nothing", &count, (mp_exemptions_query){ .scope = place.key }) && count == 1);
}

TEST(what_is_told_follows_the_world)
{
    put_disk(DISK("needed"), 30);
    put_disk(DISK("mended"), 300);
    want_ok(world_forget(&w, MP_OBJECT_EXEMPTION, DISK("twice") AUTH "policyExemptions/first"));
    assert_string_equal(use_of("needed"), "compliant");
    assert_string_equal(use_of("mended"), "needed");
    assert_string_equal(use_of("second"), "needed");
    const mp_json *row = row_of("mended", NULL, (mp_exemptions_query){ .limit = 0 });
    CHECK_INT(mp_json_get(mp_json_get(row, MP_S("without")), MP_S("NonCompliant"))->u.integer, 1);
    CHECK(!mp_json_get(row, MP_S("canGo"))->u.integer);
}

int main(void)
{
    const struct CMUnitTest tests[] = { RUN(each_use_is_told), RUN(what_is_told_follows_the_world) };
    return cmocka_run_group_tests(tests, start, stop);
}
