/* SPDX-License-Identifier: Apache-2.0 */
/* Full scans: they find and mend what is not as it should be, are of one moment whatever changes meanwhile, go on after a restart, and can be stopped. */
#include "compliance_world.h"

#include <stdio.h>
#include <string.h>

#include "jsonw.h"
#include "scans.h"
#include "sql.h"

static world w;

#define AUTH "/providers/Microsoft.Authorization/"
#define DISK "S/resourceGroups/g/providers/Microsoft.Compute/disks/"
#define ASSIGNED "S" AUTH "policyAssignments/small"
#define DISKS 1100 /* more than two pages */
#define LARGE 400  /* of them */

static void want_ok(mp_code code)
{
    if (code != MP_OK)
        fail_msg("%s: %s (%s:%d)", mp_code_name(code), w.err.message, w.err.src_file, w.err.src_line);
}

static const mp_leaf leaf = { .actor_kind = { "system", 6 }, .action = { "Mapae.Test/write", 16 }, .on = { "/", 1 }, .outcome = MP_OUTCOME_DONE };

/* ---- an estate ---- */

static mp_code put_all(mp_tx *tx, void *arg, mp_error *err)
{
    mp_arena arena = MP_ARENA_INIT;
    mp_code  code = MP_OK;
    (void)arg;
    for (int i = 0; i < DISKS && code == MP_OK; i++) {
        mp_place       place;
        mp_estate_item item;
        char           id[200], body[100];
        snprintf(id, sizeof id, DISK "d%04d", i);
        snprintf(body, sizeof body, "{'location':'koreacentral','properties':{'diskSizeGB':%d}}", i < LARGE ? 320 : 32);
        mp_arena_reset(&arena);
        code = mp_place_of(&place, world_id(&w, id), &arena, err);
        mp_estate_write what = { .place = &place, .document = world_json(&w, body), .source = MP_S("file:x"), .by = MP_S("me"), .by_kind = MP_S("User"), .expected = MP_ANY_VERSION };
        if (code == MP_OK)
            code = mp_estate_put(&item, NULL, tx, &what, &arena, err);
    }
    mp_arena_free(&arena);
    return code;
}

static void define(int limit)
{
    char body[600];
    snprintf(body, sizeof body, "{'properties':{'mode':'All','policyRule':{'if':{'allOf':[{'field':'type','equals':'Microsoft.Compute/disks'},"
             "{'field':'Microsoft.Compute/disks/diskSizeGB','greater':%d}]},'then':{'effect':'audit'}}}}", limit);
    want_ok(world_object(&w, MP_OBJECT_DEFINITION, "S" AUTH "policyDefinitions/small", body));
}

static void put_disk(const char *name, int size)
{
    char id[200], body[100];
    snprintf(id, sizeof id, DISK "%s", name);
    snprintf(body, sizeof body, "{'location':'koreacentral','properties':{'diskSizeGB':%d}}", size);
    want_ok(world_write(&w, MP_GATE_PUT, id, body, NULL));
}

static int start(void **state)
{
    (void)state;
    world_start(&w);
    want_ok(world_write(&w, MP_GATE_PUT, "S/resourceGroups/g", "{'location':'koreacentral'}", NULL));
    want_ok(mp_app_write_alone(w.app, &leaf, put_all, NULL, &w.err));
    define(100);
    want_ok(world_object(&w, MP_OBJECT_ASSIGNMENT, ASSIGNED, "{'properties':{'policyDefinitionId':'$S" AUTH "policyDefinitions/small'}}"));
    world_settle(&w);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    world_stop(&w);
    return 0;
}

/* ---- scans ---- */

typedef struct scanning {
    mp_full_scan scan;
    mp_str       scope;
    const char  *sql;
} scanning;

static mp_code begin(mp_tx *tx, void *arg, mp_error *err)
{
    scanning *s = arg;
    return mp_scan_begin(&s->scan, tx, s->scope, MP_S("me"), &w.arena, err);
}

static mp_code end(mp_tx *tx, void *arg, mp_error *err)
{
    scanning *s = arg;
    return mp_scan_stop(&s->scan, tx, &w.arena, err);
}

static mp_code read_last(mp_tx *tx, void *arg, mp_error *err)
{
    scanning *s = arg;
    return mp_scan_last(&s->scan, tx, &w.arena, err);
}

static mp_code tamper(mp_tx *tx, void *arg, mp_error *err)
{
    scanning *s = arg;
    return mp_sql(tx, NULL, s->sql, NULL, 0, err);
}

static mp_full_scan begun(const char *scope)
{
    scanning s = { .scope = MP_S("") };
    mp_place place;
    if (scope) {
        want_ok(mp_place_of(&place, world_id(&w, scope), &w.arena, &w.err));
        s.scope = place.key;
    }
    want_ok(mp_app_write_alone(w.app, &leaf, begin, &s, &w.err));
    CHECK_INT(s.scan.stage, MP_SCAN_RUNNING);
    return s.scan;
}

static mp_full_scan last(void)
{
    scanning s = { .scope = MP_S("") };
    want_ok(mp_store_read(w.app->store, read_last, &s, &w.err));
    return s.scan;
}

static mp_full_scan whole(const char *scope)
{
    begun(scope);
    world_settle(&w);
    mp_full_scan scan = last();
    CHECK_INT(scan.stage, MP_SCAN_DONE);
    CHECK_INT(scan.total, scan.judged);
    CHECK(scan.ended > scan.at);
    return scan;
}

static void change(const char *sql)
{
    scanning s = { .sql = sql };
    want_ok(mp_app_write_alone(w.app, &leaf, tamper, &s, &w.err));
}

/* One page by hand, as the thread does it. */
typedef struct by_hand {
    mp_rulebook *book;
    int64_t     *numbers;
    bool        *is_stale;
} by_hand;

static mp_code number_checks(mp_tx *tx, void *arg, mp_error *err)
{
    by_hand *h = arg;
    return mp_verdicts_checks(h->numbers, h->is_stale, tx, h->book, err);
}

static mp_code ended(void *ctx, mp_tx *tx, const mp_full_scan *scan, mp_error *err)
{
    (void)ctx;
    (void)tx;
    (void)scan;
    (void)err;
    fail_msg("the scan ended");
    return MP_OK;
}

static mp_full_scan one_page(void)
{
    by_hand      h;
    bool         did;
    mp_full_scan scan;
    mp_scanning *held = NULL;
    want_ok(mp_rulebook_ref(&h.book, w.c->books, &w.err));
    h.numbers = MP_ARENA_ARRAY(&w.arena, int64_t, (size_t)mp_rulebook_count(h.book) + 1);
    h.is_stale = MP_ARENA_ARRAY(&w.arena, bool, (size_t)mp_rulebook_count(h.book) + 1);
    want_ok(mp_app_write_alone(w.app, &leaf, number_checks, &h, &w.err));
    mp_scan_step step = { .store = w.app->store, .books = w.c->books, .book = h.book, .numbers = h.numbers, .jobs = 2, .pieces = 1, .note = ended };
    want_ok(mp_scan_some(&did, &scan, &held, &step, &w.arena, &w.err));
    CHECK(did && scan.stage == MP_SCAN_RUNNING);
    mp_scanning_free(held);
    mp_rulebook_unref(h.book);
    return scan;
}

#define STATE(disk, wanted) assert_string_equal(world_state(&w, DISK disk, ASSIGNED, ""), wanted)

/* ---- tests ---- */

TEST(what_is_right_stays_as_it_is)
{
    CHECK_INT(last().number, 0);
    mp_full_scan scan = whole(NULL);
    CHECK_INT(scan.number, 1);
    CHECK_INT(scan.judged, DISKS + 1);
    CHECK_INT(scan.mended, 0);
    CHECK_INT(scan.newer, 0);
    CHECK_INT(scan.states[MP_STATE_NON_COMPLIANT], LARGE);
    CHECK_INT(scan.states[MP_STATE_COMPLIANT], DISKS - LARGE);
    CHECK_INT(whole("S/resourceGroups/g/providers/microsoft.compute/disks/d0001").judged, 1);
}

TEST(what_is_wrong_is_mended)
{
    change("UPDATE verdict SET state = 1 - state WHERE resource IN (SELECT number FROM judged WHERE key LIKE '%/d0003' OR key LIKE '%/d0999')");
    change("DELETE FROM verdict WHERE resource IN (SELECT number FROM judged WHERE key LIKE '%/d0600')");
    change("INSERT INTO judged (number, key, id, type, location, grp, subscription, tags, version, at, gone) SELECT 999999, key || 'x', id || 'x', type, location, grp, subscription, tags,"
           " version, at, 0 FROM judged WHERE key LIKE '%/d0500'");
    change("INSERT INTO verdict (resource, rule, state, reason, effect, detail, since) SELECT 999999, rule, state, reason, effect, detail, since FROM verdict WHERE resource ="
           " (SELECT number FROM judged WHERE key LIKE '%/d0500')");
    STATE("d0003", "Compliant");
    STATE("d0600", "");
    STATE("d0500x", "Compliant");
    mp_full_scan scan = whole(NULL);
    CHECK_INT(scan.mended, 3);
    CHECK_INT(scan.states[MP_STATE_NON_COMPLIANT], LARGE);
    STATE("d0003", "NonCompliant");
    STATE("d0999", "Compliant");
    STATE("d0600", "Compliant");
    STATE("d0500x", "");
    CHECK_INT(whole(NULL).mended, 0);
}

TEST(a_scan_is_of_its_moment_and_goes_on_after_a_restart)
{
    begun(NULL);
    mp_full_scan scan = one_page();
    CHECK_INT(scan.judged, 500);
    CHECK_INT(scan.total, DISKS + 1);
    put_disk("d0002", 32);
    put_disk("d1050", 320);
    put_disk("new", 320);
    want_ok(world_write(&w, MP_GATE_DELETE, DISK "d1060", NULL, NULL));
    world_reopen(&w);
    CHECK_INT(last().judged, 500);
    world_settle(&w);
    scan = last();
    CHECK_INT(scan.stage, MP_SCAN_DONE);
    CHECK_INT(scan.judged, DISKS + 1);
    CHECK_INT(scan.states[MP_STATE_NON_COMPLIANT], LARGE);
    CHECK_INT(scan.states[MP_STATE_COMPLIANT], DISKS - LARGE);
    CHECK_INT(scan.newer, 2);
    CHECK_INT(scan.mended, 0);
    STATE("d0002", "Compliant");
    STATE("d1050", "NonCompliant");
    STATE("d1060", "");
    STATE("new", "NonCompliant");
    put_disk("d0002", 320);
    put_disk("d1050", 32);
    put_disk("d1060", 32);
    want_ok(world_write(&w, MP_GATE_DELETE, DISK "new", NULL, NULL));
    world_settle(&w);
    CHECK_INT(whole(NULL).mended, 0);
}

TEST(rules_that_change_meanwhile_are_not_undone)
{
    begun(NULL);
    one_page();
    define(16);
    world_settle(&w);
    mp_full_scan scan = last();
    CHECK_INT(scan.stage, MP_SCAN_DONE);
    CHECK_INT(scan.states[MP_STATE_NON_COMPLIANT], LARGE); /* as it was */
    CHECK_INT(scan.mended, 0);
    STATE("d0003", "NonCompliant");
    STATE("d1090", "NonCompliant");
    scan = whole(NULL);
    CHECK_INT(scan.states[MP_STATE_NON_COMPLIANT], DISKS);
    CHECK_INT(scan.mended, 0);
}

TEST(one_at_a_time_and_it_can_be_stopped)
{
    scanning s = { .scope = MP_S("") };
    begun(NULL);
    one_page();
    CHECK_INT(mp_app_write_alone(w.app, &leaf, begin, &s, &w.err), MP_CONFLICT);
    want_ok(mp_app_write_alone(w.app, &leaf, end, &s, &w.err));
    CHECK_INT(s.scan.stage, MP_SCAN_STOPPED);
    CHECK_INT(mp_app_write_alone(w.app, &leaf, end, &s, &w.err), MP_MISSING);
    world_settle(&w);
    CHECK_INT(last().judged, 500);
    CHECK_INT(last().stage, MP_SCAN_STOPPED);
    CHECK_INT(whole(NULL).judged, DISKS + 1);
}

static void assign(const char *name, const char *details)
{
    char id[200], body[700];
    snprintf(id, sizeof id, "S" AUTH "policyDefinitions/%s", name);
    snprintf(body, sizeof body, "{'properties':{'mode':'All','policyRule':{'if':{'field':'type','equals':'Microsoft.Compute/disks'},'then':{'effect':'auditIfNotExists',"
             "'details':%s}}}}", details);
    want_ok(world_object(&w, MP_OBJECT_DEFINITION, id, body));
    snprintf(body, sizeof body, "{'properties':{'policyDefinitionId':'$S" AUTH "policyDefinitions/%s'}}", name);
    snprintf(id, sizeof id, "S" AUTH "policyAssignments/%s", name);
    want_ok(world_object(&w, MP_OBJECT_ASSIGNMENT, id, body));
}

#define STATE_OF(policy, disk, wanted) assert_string_equal(world_state(&w, DISK disk, "S" AUTH "policyAssignments/" policy, ""), wanted)

static void check_related(void)
{
    STATE_OF("watched", "d0001", "Compliant");
    STATE_OF("watched", "d0499", "Compliant");
    STATE_OF("watched", "d0500", "NonCompliant");
    STATE_OF("watched", "d0501", "NonCompliant");
    STATE_OF("kept", "d0001", "Compliant");
    STATE_OF("kept", "d1099", "Compliant");
    STATE_OF("lone", "d0001", "NonCompliant");
    STATE_OF("elsewhere", "d0777", "Compliant");
}

/* What is recorded by changes and what scans of all and of a part say is the same: related resources stand before and behind, in the same piece and in others. */
TEST(related_resources_are_found_wherever_they_stand)
{
    want_ok(world_write(&w, MP_GATE_PUT, "S/resourceGroups/a", "{'location':'koreacentral'}", NULL));
    want_ok(world_write(&w, MP_GATE_PUT, "S/resourceGroups/a/providers/Microsoft.Compute/images/i", "{'location':'koreacentral'}", NULL));
    want_ok(world_write(&w, MP_GATE_PUT, "S/resourceGroups/g/providers/Microsoft.Compute/snapshots/z", "{'location':'koreacentral'}", NULL));
    want_ok(world_write(&w, MP_GATE_PUT, DISK "d0001/providers/Microsoft.Insights/diagnosticSettings/s", "{'properties':{}}", NULL));
    want_ok(world_write(&w, MP_GATE_PUT, DISK "d0499/providers/Microsoft.Insights/diagnosticSettings/s", "{'properties':{}}", NULL));
    want_ok(world_write(&w, MP_GATE_PUT, DISK "d0500x", "{'location':'koreacentral','properties':{'diskSizeGB':1}}", NULL));
    want_ok(world_write(&w, MP_GATE_PUT, DISK "d0500x/providers/Microsoft.Insights/diagnosticSettings/s", "{'properties':{}}", NULL));
    assign("watched", "{'type':'Microsoft.Insights/diagnosticSettings'}");
    assign("kept", "{'type':'Microsoft.Compute/snapshots','existenceCondition':{'field':'location','equals':'koreacentral'}}");
    assign("lone", "{'type':'Microsoft.Compute/images'}");
    assign("elsewhere", "{'type':'Microsoft.Compute/images','existenceScope':'subscription'}");
    world_settle(&w);
    check_related();
    CHECK_INT(whole(NULL).mended, 0);
    CHECK_INT(whole("S/resourceGroups/g").mended, 0);
    mp_full_scan one = whole("S/resourceGroups/g/providers/microsoft.compute/disks/d0500"); /* and not its neighbour, whose name begins so */
    CHECK_INT(one.judged, 1);
    CHECK_INT(one.mended, 0);
    change("DELETE FROM verdict");
    STATE_OF("watched", "d0001", "");
    CHECK_INT(whole("S/resourceGroups/g").mended, 5 * (DISKS + 1));
    check_related();
    CHECK_INT(whole(NULL).mended, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(what_is_right_stays_as_it_is),
        RUN(what_is_wrong_is_mended),
        RUN(a_scan_is_of_its_moment_and_goes_on_after_a_restart),
        RUN(rules_that_change_meanwhile_are_not_undone),
        RUN(one_at_a_time_and_it_can_be_stopped),
        RUN(related_resources_are_found_wherever_they_stand),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
