/* SPDX-License-Identifier: Apache-2.0 */
/* Two dates side by side: each kind of change, whatever happened between; and in a world that changes at random, what
 * the rows of both dates say. */
#include "compliance_world.h"

#include <stdio.h>
#include <string.h>

#include "changes.h"
#include "states.h"

static world w;

#define AUTH "/providers/Microsoft.Authorization/"
#define DISK(n) "S/resourceGroups/g/providers/Microsoft.Compute/disks/" n

static void want_ok(mp_code code)
{
    if (code != MP_OK)
        fail_msg("%s: %s (%s:%d)", mp_code_name(code), w.err.message, w.err.src_file, w.err.src_line);
}

typedef struct asking {
    mp_changes_query query;
    mp_changes_page  page;
    mp_states_query  states;
    mp_states_page   rows;
    mp_ticks         now;
} asking;

static mp_code read_changes(mp_tx *tx, void *arg, mp_error *err)
{
    asking *a = arg;
    return mp_changes_between(&a->page, tx, &a->query, &w.arena, err);
}

static mp_code read_rows(mp_tx *tx, void *arg, mp_error *err)
{
    asking *a = arg;
    return mp_states_rows(&a->rows, tx, &a->states, &w.arena, err);
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
    world_settle(&w);
    want_ok(mp_store_read(w.app->store, read_time, &a, &w.err));
    return a.now;
}

static mp_str text(const mp_json *row, const char *name)
{
    const mp_json *v = mp_json_get(row, mp_str_from(name));
    return mp_json_is(v, MP_JSON_STRING) ? mp_json_str(v) : MP_S("");
}

/* All rows; each pair once. */
static size_t changes(const mp_json **out, size_t cap, mp_changes_query query)
{
    asking a = { .query = query };
    size_t count = 0;
    do {
        want_ok(mp_store_read(w.app->store, read_changes, &a, &w.err));
        for (MP_JSON_EACH(row, a.page.value)) {
            CHECK(count < cap);
            out[count++] = row;
        }
        a.query.after = a.page.next;
    } while (a.page.next.len);
    return count;
}

static void put_disk(const char *id, int size)
{
    char body[100];
    snprintf(body, sizeof body, "{'location':'koreacentral','properties':{'diskSizeGB':%d}}", size);
    want_ok(world_write(&w, MP_GATE_PUT, id, body, NULL));
}

static void assign(const char *name, int limit)
{
    char id[200], body[800];
    snprintf(id, sizeof id, "S" AUTH "policyDefinitions/%s", name);
    snprintf(
        body, sizeof body,
        "{'properties':{'mode':'All','policyRule':{'if':{'allOf':[{'field':'type','equals':'Microsoft.Compute/disks'},"
        "{'field':'Microsoft.Compute/disks/diskSizeGB','greater':%d}]},'then':{'effect':'audit'}}}}",
        limit);
    want_ok(world_object(&w, MP_OBJECT_DEFINITION, id, body));
    snprintf(id, sizeof id, "S" AUTH "policyAssignments/%s", name);
    snprintf(body, sizeof body, "{'properties':{'policyDefinitionId':'$S" AUTH "policyDefinitions/%s'}}", name);
    want_ok(world_object(&w, MP_OBJECT_ASSIGNMENT, id, body));
}

static int start(void **state)
{
    (void)state;
    world_start(&w);
    want_ok(world_write(&w, MP_GATE_PUT, "S/resourceGroups/g", "{'location':'koreacentral'}", NULL));
    assign("small", 100);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    world_stop(&w);
    return 0;
}

static const char *kind_of(const mp_json *const *rows, size_t count, const char *disk)
{
    for (size_t i = 0; i < count; i++)
        if (mp_str_ends(text(rows[i], "resourceId"), mp_str_from(disk)))
            return text(rows[i], "kind").ptr;
    return "";
}

TEST(every_kind_of_change)
{
    const mp_json *rows[100];
    put_disk(DISK("grew"), 10);
    put_disk(DISK("mended"), 300);
    put_disk(DISK("gone"), 10);
    put_disk(DISK("back"), 10);
    put_disk(DISK("same"), 10);
    put_disk(DISK("excused"), 300);
    mp_ticks first = now();
    put_disk(DISK("grew"), 300);
    put_disk(DISK("mended"), 10);
    put_disk(DISK("new"), 300);
    want_ok(world_write(&w, MP_GATE_DELETE, DISK("gone"), NULL, NULL));
    put_disk(DISK("back"), 300);
    want_ok(world_object(&w, MP_OBJECT_EXEMPTION, DISK("excused") AUTH "policyExemptions/e",
                         "{'properties':{'policyAssignmentId':'$S" AUTH "policyAssignments/small','exemptionCategory':'Waiver'}}"));
    mp_ticks middle = now();
    put_disk(DISK("back"), 10);
    mp_ticks last = now();
    size_t count = changes(rows, MP_COUNT(rows), (mp_changes_query){ .from = first, .to = last, .rows = 1 });
    CHECK_INT(count, 5);
    CHECK_STR(mp_str_from(kind_of(rows, count, "/grew")), "newlyNonCompliant");
    CHECK_STR(mp_str_from(kind_of(rows, count, "/mended")), "mended");
    CHECK_STR(mp_str_from(kind_of(rows, count, "/new")), "new");
    CHECK_STR(mp_str_from(kind_of(rows, count, "/gone")), "vanished");
    CHECK_STR(mp_str_from(kind_of(rows, count, "/excused")), "changed");
    CHECK_STR(mp_str_from(kind_of(rows, count, "/back")), ""); /* it is what it was */
    count = changes(rows, MP_COUNT(rows), (mp_changes_query){ .from = first, .to = middle });
    CHECK_STR(mp_str_from(kind_of(rows, count, "/back")), "newlyNonCompliant");
    CHECK_INT(changes(rows, MP_COUNT(rows), (mp_changes_query){ .from = middle }), 1);
    CHECK_INT(changes(rows, MP_COUNT(rows), (mp_changes_query){ .from = first, .to = last, .kind = MP_S("mended") }), 1);
    CHECK_INT(changes(rows, MP_COUNT(rows), (mp_changes_query){ .from = last, .to = last }), 0);
    CHECK_INT(changes(rows, MP_COUNT(rows),
                      (mp_changes_query){ .from = first, .to = last, .scope = MP_S("/subscriptions/none") }),
              0);
    asking a = { .query = { .from = last, .to = first } };
    CHECK_INT(mp_store_read(w.app->store, read_changes, &a, &w.err), MP_PARAMETER);
    a.query = (mp_changes_query){ .from = first, .after = MP_S("1.x") };
    CHECK_INT(mp_store_read(w.app->store, read_changes, &a, &w.err), MP_PARAMETER);
}

/* ---- as the rows of both dates say ---- */

#define MANY 60
#define ROUNDS 4

static uint32_t seed = 20261122;

static uint32_t below(uint32_t n)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % n;
}

static size_t rows_at(const mp_json **out, size_t cap, mp_ticks at)
{
    asking a = { .states = { .to = at, .page = 1000 } };
    want_ok(mp_store_read(w.app->store, read_rows, &a, &w.err));
    CHECK(a.rows.count <= cap && !a.rows.next.len);
    size_t n = 0;
    for (MP_JSON_EACH(row, a.rows.rows))
        out[n++] = row;
    return n;
}

static mp_str state_in(const mp_json *const *rows, size_t count, const mp_json *like)
{
    for (size_t i = 0; i < count; i++)
        if (mp_str_eq_fold(text(rows[i], "resourceId"), text(like, "resourceId")) &&
            mp_str_eq(text(rows[i], "policyAssignmentId"),
                      text(like, mp_json_get(like, MP_S("kind")) ? "assignmentId" : "policyAssignmentId")))
            return text(rows[i], "complianceState");
    return MP_S("");
}

static void compare(mp_ticks from, mp_ticks to)
{
    static const mp_json *before[1000], *after[1000], *changed[1000];
    size_t was = rows_at(before, MP_COUNT(before), from), is = rows_at(after, MP_COUNT(after), to), differing = 0,
           count = changes(changed, MP_COUNT(changed), (mp_changes_query){ .from = from, .to = to, .rows = 7 });
    for (size_t i = 0; i < count; i++) {
        CHECK(mp_str_eq(text(changed[i], "from"), state_in(before, was, changed[i])));
        CHECK(mp_str_eq(text(changed[i], "to"), state_in(after, is, changed[i])));
    }
    for (size_t i = 0; i < was; i++)
        differing += !mp_str_eq(text(before[i], "complianceState"), state_in(after, is, before[i]));
    for (size_t i = 0; i < is; i++)
        differing += !state_in(before, was, after[i]).len;
    CHECK_INT(count, differing);
}

TEST(changes_are_what_the_rows_of_both_dates_say)
{
    mp_ticks at[ROUNDS + 1];
    for (int round = 0; round <= ROUNDS; round++) {
        for (int i = 0; i < MANY / 2; i++) {
            char     id[100];
            uint32_t n = below(MANY);
            snprintf(id, sizeof id, DISK("r%u"), n);
            if (below(4) == 0) {
                mp_code code = world_write(&w, MP_GATE_DELETE, id, NULL, NULL);
                CHECK(code == MP_OK || code == MP_MISSING);
            } else {
                put_disk(id, (int)below(200));
            }
        }
        if (round == 2)
            assign("tiny", 20);
        if (round == 3)
            want_ok(world_forget(&w, MP_OBJECT_ASSIGNMENT, "S" AUTH "policyAssignments/small"));
        at[round] = now();
    }
    for (int i = 0; i < ROUNDS; i++)
        for (int k = i + 1; k <= ROUNDS; k++)
            compare(at[i], at[k]);
}

int main(void)
{
    const struct CMUnitTest tests[] = { RUN(every_kind_of_change), RUN(changes_are_what_the_rows_of_both_dates_say) };
    return cmocka_run_group_tests(tests, start, stop);
}
