/* SPDX-License-Identifier: Apache-2.0 */
/* Rows and summaries of verdicts: options, pages, dates; and in a world that changes at random, sums that say what
 * the rows say, and verdicts that a fresh judgement repeats. */
#include "compliance_world.h"

#include <stdio.h>
#include <string.h>

#include "sql.h"
#include "states.h"

static world w;

#define AUTH "/providers/Microsoft.Authorization/"
#define DEFINE(name) "S" AUTH "policyDefinitions/" name
#define ASSIGN(name) "S" AUTH "policyAssignments/" name
#define RESOURCES_MOST 200
#define RESOURCES (test_step(3) == 1 ? RESOURCES_MOST : 60) /* in every group, place and team as many as in the others */
#define POLICIES 10

static void want_ok(mp_code code)
{
    if (code != MP_OK)
        fail_msg("%s: %s (%s:%d)", mp_code_name(code), w.err.message, w.err.src_file, w.err.src_line);
}

/* ---- asking ---- */

typedef struct asking {
    mp_states_query query;
    mp_states_page  page;
    const mp_json  *summary;
} asking;

static mp_code read_rows(mp_tx *tx, void *arg, mp_error *err)
{
    asking *a = arg;
    return mp_states_rows(&a->page, tx, &a->query, &w.arena, err);
}

static mp_code read_summary(mp_tx *tx, void *arg, mp_error *err)
{
    asking *a = arg;
    return mp_states_summary(&a->summary, tx, &a->query, MP_S("https://x/"), &w.arena, err);
}

static mp_str key(const char *id)
{
    mp_place place;
    CHECK_INT(mp_place_of(&place, world_id(&w, id), &w.arena, &w.err), MP_OK);
    return place.key;
}

static mp_states_page rows_of(const mp_states_query *query)
{
    asking a = { .query = *query };
    want_ok(mp_store_read(w.app->store, read_rows, &a, &w.err));
    CHECK_INT(a.page.count, a.page.rows->count);
    return a.page;
}

static mp_code fails(const mp_states_query *query)
{
    asking a = { .query = *query };
    return mp_store_read(w.app->store, read_rows, &a, &w.err);
}

static const mp_json *summary_of(const mp_states_query *query)
{
    asking a = { .query = *query };
    want_ok(mp_store_read(w.app->store, read_summary, &a, &w.err));
    return a.summary;
}

static mp_str text(const mp_json *row, const char *name)
{
    const mp_json *v = mp_json_get(row, mp_str_from(name));
    return mp_json_is(v, MP_JSON_STRING) ? mp_json_str(v) : MP_S("");
}

static int64_t number(const mp_json *row, const char *name)
{
    const mp_json *v = mp_json_get(row, mp_str_from(name));
    CHECK(v && v->kind == MP_JSON_INT);
    return v->u.integer;
}

#define FILTER(text_) .texts = { .filter = MP_S_INIT(text_) }

/* ---- a world ---- */

static uint32_t seed = 20261122;

static uint32_t below(uint32_t n)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % n;
}

/* Policies of different conditions over the same disks; the first five are members of a set that answers controls. */
static void define(int i, int limit)
{
    char id[200], body[2000];
    snprintf(id, sizeof id, DEFINE("p%d"), i);
    snprintf(body, sizeof body,
             "{'properties':{'displayName':'Policy %d','mode':'All','metadata':{'category':'Storage'},'policyRule':{'if':{'allOf':[{'field':'type','equals':'Microsoft.Compute/disks'},"
             "{'anyOf':[{'field':'Microsoft.Compute/disks/diskSizeGB','greater':%d},{'field':'tags[`t%d`]','exists':true}]}]},'then':{'effect':'audit'}}}}",
             i, limit, i);
    want_ok(world_object(&w, MP_OBJECT_DEFINITION, id, body));
}

static void define_set(int moved)
{
    char   body[4000];
    size_t n = (size_t)snprintf(
        body, sizeof body,
        "{'properties':{'displayName':'Baseline','policyDefinitionGroups':[{'name':'c1'},{'name':'c2'},{'name':'c3'}],'policyDefinitions':[");
    for (int i = 0; i < 5; i++)
        n +=
            (size_t)snprintf(body + n, sizeof body - n,
                             "%s{'policyDefinitionId':'$S" AUTH
                             "policyDefinitions/p%d','policyDefinitionReferenceId':'r%d','groupNames':['c%d','c%d']}",
                             i ? "," : "", i, i, (i + moved) % 3 + 1, (i + moved + 1) % 3 + 1);
    snprintf(body + n, sizeof body - n, "]}}");
    want_ok(world_object(&w, MP_OBJECT_SET, "S" AUTH "policySetDefinitions/base", body));
}

static void assign(const char *name, const char *what)
{
    char id[200], body[600];
    snprintf(id, sizeof id, ASSIGN("%s"), name);
    snprintf(body, sizeof body, "{'properties':{'displayName':'Assigned %s','policyDefinitionId':'$S" AUTH "%s'}}",
             name, what);
    want_ok(world_object(&w, MP_OBJECT_ASSIGNMENT, id, body));
}

static void disk_id(char out[200], int i)
{
    snprintf(out, 200, "S/resourceGroups/g%d/providers/Microsoft.Compute/disks/d%d", i % 4, i);
}

static void put_disk(int i)
{
    char id[200], body[300];
    disk_id(id, i);
    snprintf(body, sizeof body,
             "{'location':'%s','tags':{'t%u':'x','owner':'team%d'},'properties':{'diskSizeGB':%u}}",
             i % 3 ? "koreacentral" : "eastus", below(20), i % 5, below(1000));
    want_ok(world_write(&w, MP_GATE_PUT, id, body, NULL));
}

static int start(void **state)
{
    (void)state;
    world_start(&w);
    static const char *const groups[] = { "S/resourceGroups/g0", "S/resourceGroups/g1", "S/resourceGroups/g2",
                                          "S/resourceGroups/g3" };
    for (size_t i = 0; i < MP_COUNT(groups); i++)
        want_ok(world_write(&w, MP_GATE_PUT, groups[i], "{'location':'koreacentral'}", NULL));
    for (int i = 0; i < RESOURCES; i++)
        put_disk(i);
    for (int i = 0; i < POLICIES; i++)
        define(i, 100 * i);
    define_set(0);
    assign("base", "policySetDefinitions/base");
    for (int i = 5; i < POLICIES; i++) {
        char name[20], what[60];
        snprintf(name, sizeof name, "a%d", i);
        snprintf(what, sizeof what, "policyDefinitions/p%d", i);
        assign(name, what);
    }
    world_settle(&w);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    world_stop(&w);
    return 0;
}

/* ---- options ---- */

#define ALL (RESOURCES * POLICIES)

static size_t count_all(mp_states_query query)
{
    size_t total = 0;
    mp_map seen = MP_MAP_INIT;
    do {
        mp_states_page page = rows_of(&query);
        for (MP_JSON_EACH(row, page.rows)) {
            mp_str id = mp_arena_printf(&w.arena, "%.*s|%.*s|%.*s", MP_FMT(text(row, "resourceId")),
                                        MP_FMT(text(row, "policyAssignmentId")),
                                        MP_FMT(text(row, "policyDefinitionReferenceId")));
            CHECK(!mp_map_get(&seen, id)); /* none twice */
            want_ok(mp_map_put(&seen, id, &seen, &w.err));
            total++;
        }
        query.after = page.next;
    } while (query.after.len);
    mp_map_free(&seen);
    return total;
}

TEST(pages_lose_and_repeat_nothing)
{
    mp_states_query q = { .scope = key("S"), .page = 7 };
    CHECK_INT(count_all(q), ALL);
    q.page = (uint32_t)(ALL / 2 - 1);
    CHECK_INT(count_all(q), ALL);
    q.texts.orderby = MP_S("resourceId desc, policyAssignmentId, policyDefinitionReferenceId");
    CHECK_INT(count_all(q), ALL);
    q.texts.top = MP_S("25");
    q.page = 10;
    CHECK_INT(count_all(q), 25);
    q.texts.orderby = (mp_str){ NULL, 0 };
    CHECK_INT(count_all(q), 25);
    CHECK_INT(rows_of(&(mp_states_query){ .scope = key("S") }).count, 100);
    q.texts.top = MP_S("0");
    CHECK_INT(count_all(q), 0);
    /* by check and by state, by type, of the past: pages of any size say the same */
    mp_states_query ways[] = {
        { .scope = key("S"), FILTER("complianceState eq 'NonCompliant'") },
        { .scope = key("S"), .definition = key(DEFINE("p7")) },
        { .scope = key("S"), .assignment = key(ASSIGN("base")), FILTER("isCompliant eq true") },
        { .scope = key("S"), FILTER("complianceState eq 'NonCompliant' and resourceType eq 'Microsoft.Compute/disks'") },
        { .scope = key("S"), .is_history = true },
        { .scope = key("S/resourceGroups/g2"), .is_history = true, FILTER("complianceState eq 'NonCompliant'") },
    };
    for (size_t i = 0; i < MP_COUNT(ways); i++) {
        size_t counts[3];
        for (size_t k = 0; k < MP_COUNT(counts); k++) {
            ways[i].page = (uint32_t[]){ 3, 64, 1000 }[k];
            counts[k] = count_all(ways[i]);
        }
        CHECK(counts[0] > 0);
        CHECK_INT(counts[0], counts[2]);
        CHECK_INT(counts[1], counts[2]);
    }
}

TEST(rows_are_filtered)
{
    size_t bad = count_all((mp_states_query){ .scope = key("S"), FILTER("complianceState eq 'NonCompliant'") });
    size_t good = count_all((mp_states_query){ .scope = key("S"), FILTER("isCompliant eq true") });
    CHECK(bad > 0 && good > 0);
    CHECK_INT(bad + good, ALL);
    CHECK_INT(count_all((mp_states_query){
                  .scope = key("S"),
                  FILTER("complianceState ne 'NONCOMPLIANT' and resourceType eq 'microsoft.compute/DISKS'") }),
              good);
    CHECK_INT(count_all((mp_states_query){ .scope = key("S/resourceGroups/g1") }), ALL / 4);
    CHECK_INT(count_all((mp_states_query){ .scope = key("S"), FILTER("resourceGroup eq 'G1'") }), ALL / 4);
    CHECK_INT(count_all((mp_states_query){ .scope = key("S"), FILTER("resourceGroup eq 'g' or resourceGroup eq ''") }), 0);
    CHECK_INT(count_all((mp_states_query){ .scope = key("S"), FILTER("resourceGroup eq 'g'") }), 0);
    CHECK_INT(
        count_all((mp_states_query){ .scope = key("S/resourceGroups/g1/providers/Microsoft.Compute/disks/d1") }),
        POLICIES);
    CHECK_INT(count_all((mp_states_query){ .scope = key("S/resourceGroups/g") }), 0);
    CHECK_INT(count_all((mp_states_query){ .scope = key("S"), .assignment = key(ASSIGN("BASE")) }), RESOURCES * 5);
    CHECK_INT(count_all((mp_states_query){ .scope = key("S"), .set = key("S" AUTH "policySetDefinitions/base") }),
              RESOURCES * 5);
    CHECK_INT(count_all((mp_states_query){ .scope = key("S"), .definition = key(DEFINE("p7")) }), RESOURCES);
    CHECK_INT(count_all((mp_states_query){ .scope = key("S"), FILTER("policyAssignmentName in ('a5','a6')") }),
              RESOURCES * 2);
    CHECK_INT(
        count_all((mp_states_query){
            .scope = key("S"), FILTER("policyDefinitionReferenceId eq 'R2' and resourceLocation eq 'eastus'") }),
        (RESOURCES + 2) / 3);
    CHECK_INT(count_all((mp_states_query){ .scope = key("S"), FILTER("contains(resourceTags,'team3')") }), ALL / 5);
    CHECK_INT(count_all((mp_states_query){ .scope = key("S"), FILTER("timestamp gt 2999-01-01T00:00:00Z") }), 0);
    CHECK_INT(count_all((mp_states_query){ .scope = key("S"), FILTER("timestamp gt 2001-01-01T00:00:00Z") }), ALL);
    CHECK_INT(count_all((mp_states_query){ .scope = key("S"), FILTER("policySetDefinitionId eq null") }), RESOURCES * 5);
    mp_str many[200], one = w.init.subscription_id;
    for (size_t i = 0; i < MP_COUNT(many); i++) /* more than a statement takes values */
        many[i] = i == 150 ? one : mp_arena_printf(&w.arena, "00000000-0000-4000-8000-%012zu", i);
    CHECK_INT(count_all((mp_states_query){ .subscriptions = many, .subscription_count = MP_COUNT(many) }), ALL);
    CHECK_INT(count_all((mp_states_query){ .subscriptions = many, .subscription_count = 100 }), 0);
}

TEST(what_cannot_be_understood_is_refused)
{
    static const mp_states_query wrong[] = {
        { FILTER("complianceState eq") }, { FILTER("nothing eq 'x'") }, { FILTER("") }, { .texts = { .top = MP_S_INIT("many") } }, { .texts = { .select = MP_S_INIT("nothing") } },
        { .texts = { .orderby = MP_S_INIT("resourceId sideways") } }, { .texts = { .apply = MP_S_INIT("groupby((nothing))") } }, { .after = MP_S_INIT("n.5") },
        { .after = MP_S_INIT("r.1.2") }, { .after = MP_S_INIT("r.1.2.3.4") }, { .after = MP_S_INIT("r.1.2.3.4.5.6") }, { .after = MP_S_INIT("x") },
        { .texts = { .orderby = MP_S_INIT("resourceId") }, .after = MP_S_INIT("r.1.2.3.4.5") },
    };
    for (size_t i = 0; i < MP_COUNT(wrong); i++) {
        mp_code code = fails(&wrong[i]);
        if (code != MP_SYNTAX && code != MP_COMPILE && code != MP_PARAMETER && code != MP_LIMIT)
            fail_msg("case %zu: %s", i, mp_code_name(code));
    }
}

TEST(columns_and_order)
{
    mp_states_query q = { .scope = key("S"),
                          .texts = { .select = MP_S("resourceId,complianceState"),
                                     .orderby = MP_S("complianceState desc, resourceId") },
                          .page = 1000 };
    mp_states_page  page = rows_of(&q);
    mp_str          last = MP_S("z"), last_id = MP_S("");
    for (MP_JSON_EACH(row, page.rows)) {
        CHECK_INT(row->count, 2);
        mp_str said = text(row, "complianceState"), id = text(row, "resourceId");
        CHECK(mp_str_cmp(said, last) <= 0 || mp_str_eq(last, MP_S("z")));
        CHECK(!mp_str_eq(said, last) || mp_str_cmp(id, last_id) >= 0);
        last = said;
        last_id = id;
    }
    const mp_json *row = mp_json_at(rows_of(&(mp_states_query){ .scope = key("S"),
                                                                .assignment = key(ASSIGN("base")),
                                                                .management_groups = MP_S("a,b") })
                                        .rows,
                                    0);
    CHECK(mp_str_eq(text(row, "policyAssignmentId"), key(ASSIGN("base"))));
    CHECK(mp_str_starts(text(row, "resourceId"), MP_S("/subscriptions/")));
    CHECK_STR(text(row, "policyDefinitionAction"), "audit");
    CHECK_STR(text(row, "policyDefinitionCategory"), "Storage");
    CHECK_STR(text(row, "policySetDefinitionName"), "base");
    CHECK_STR(text(row, "policyAssignmentName"), "base");
    CHECK_STR(text(row, "managementGroupIds"), "a,b");
    CHECK(mp_str_eq(text(row, "policyAssignmentScope"), key("S")));
    CHECK_INT(mp_json_get(row, MP_S("policyDefinitionGroupNames"))->count, 2);
}

TEST(rows_are_grouped)
{
    mp_states_query q = { .scope = key("S"),
                          .texts = { .apply = MP_S(
                                         "groupby((policyAssignmentId,complianceState),aggregate($count as n))") } };
    int64_t         total = 0;
    mp_states_page  page = rows_of(&q);
    for (MP_JSON_EACH(row, page.rows)) {
        mp_str id = text(row, "policyAssignmentId");
        CHECK(id.len && mp_str_find_str(id, MP_S("policyAssignments")) == SIZE_MAX); /* in lower case as in rows */
        total += number(row, "n");
    }
    CHECK_INT(total, ALL);
    CHECK(page.count >= 12);
    q.page = 5;
    size_t seen = 0;
    do {
        mp_states_page some = rows_of(&q);
        CHECK(some.count <= 5);
        seen += some.count;
        q.after = some.next;
    } while (q.after.len);
    CHECK_INT(seen, page.count);
    q = (mp_states_query){ .scope = key("S"),
                           .texts = {
                               .apply = MP_S("filter(complianceState eq 'NonCompliant')/aggregate($count as n)") } };
    CHECK_INT(
        number(mp_json_at(rows_of(&q).rows, 0), "n"),
        (int64_t)count_all((mp_states_query){ .scope = key("S"), FILTER("complianceState eq 'NonCompliant'") }));
}

/* ---- rows and summaries ---- */

static const mp_json *kept[RESOURCES_MOST * POLICIES * 2];
static size_t         kept_count;

static void keep_rows(const mp_states_query *query)
{
    mp_states_query q = *query;
    kept_count = 0;
    q.page = 1000;
    do {
        mp_states_page page = rows_of(&q);
        for (MP_JSON_EACH(row, page.rows)) {
            CHECK(kept_count < MP_COUNT(kept));
            kept[kept_count++] = row;
        }
        q.after = page.next;
    } while (q.after.len);
}

/* A summary told again from the rows that the same question gives. */
static int64_t bad_resources(mp_str assignment, mp_str control, mp_str reference, int64_t *bad_rules)
{
    mp_map resources = MP_MAP_INIT, rules = MP_MAP_INIT;
    for (size_t i = 0; i < kept_count; i++) {
        const mp_json *row = kept[i];
        bool is_in = !control.len;
        if (!mp_str_eq(text(row, "complianceState"), MP_S("NonCompliant")) ||
            (assignment.len && !mp_str_eq(text(row, "policyAssignmentId"), assignment)) ||
            (reference.len && !mp_str_eq(text(row, "policyDefinitionReferenceId"), reference)))
            continue;
        const mp_json *names = mp_json_get(row, MP_S("policyDefinitionGroupNames"));
        if (mp_json_is(names, MP_JSON_ARRAY))
            for (MP_JSON_EACH(name, names))
                is_in = is_in || mp_str_eq(mp_json_str(name), control);
        if (!is_in)
            continue;
        want_ok(mp_map_put(&resources, text(row, "resourceId"), &w, &w.err));
        want_ok(mp_map_put(&rules,
                           mp_arena_printf(&w.arena, "%.*s|%.*s|%.*s", MP_FMT(text(row, "policyAssignmentId")),
                                           MP_FMT(text(row, "policyDefinitionReferenceId")),
                                           MP_FMT(text(row, "policyDefinitionId"))),
                           &w, &w.err));
    }
    int64_t count = (int64_t)resources.len;
    *bad_rules = (int64_t)rules.len;
    mp_map_free(&resources);
    mp_map_free(&rules);
    return count;
}

static void check_results(const mp_json *of, mp_str assignment, mp_str control, mp_str reference)
{
    int64_t        rules, resources = bad_resources(assignment, control, reference, &rules);
    const mp_json *results = mp_json_get(of, MP_S("results"));
    CHECK_INT(number(results, "nonCompliantResources"), resources);
    CHECK_INT(number(results, "nonCompliantPolicies"), rules);
}

static void check_summary(const mp_states_query *q)
{
    const mp_json *all = summary_of(q), *assignments = mp_json_get(all, MP_S("policyAssignments"));
    keep_rows(q);
    check_results(all, MP_S(""), MP_S(""), MP_S(""));
    for (MP_JSON_EACH(a, assignments)) {
        mp_str id = text(a, "policyAssignmentId");
        check_results(a, id, MP_S(""), MP_S(""));
        for (MP_JSON_EACH(d, mp_json_get(a, MP_S("policyDefinitions"))))
            check_results(d, id, MP_S(""), text(d, "policyDefinitionReferenceId"));
        for (MP_JSON_EACH(g, mp_json_get(a, MP_S("policyGroups"))))
            check_results(g, id, text(g, "policyGroupName"), MP_S(""));
    }
}

TEST(summaries_say_what_rows_say)
{
    mp_str          subscription = w.init.subscription_id;
    mp_states_query questions[] = {
        { .scope = key("S") },
        { .scope = key("S/resourceGroups/g2") },
        { .scope = key("S/resourceGroups/g1/providers/Microsoft.Compute/disks/d1") },
        { .scope = key("S"), .assignment = key(ASSIGN("base")) },
        { .scope = key("S"), FILTER("resourceLocation eq 'eastus'") },
        { .scope = key("S"), FILTER("policyDefinitionReferenceId eq 'r1' or contains(resourceTags,'team1')") },
        { .subscriptions = &subscription, .subscription_count = 1 },
    };
    for (size_t i = 0; i < MP_COUNT(questions); i++)
        check_summary(&questions[i]);
    const mp_json *one = summary_of(&(mp_states_query){ .scope = key("S"), .texts = { .top = MP_S("2") } });
    CHECK_INT(mp_json_get(one, MP_S("policyAssignments"))->count, 2);
    const mp_json *base = summary_of(&(mp_states_query){ .scope = key("S"), .assignment = key(ASSIGN("base")) });
    base = mp_json_at(mp_json_get(base, MP_S("policyAssignments")), 0);
    CHECK(mp_str_eq(text(base, "policySetDefinitionId"), key("S" AUTH "policySetDefinitions/base")));
    CHECK_INT(mp_json_get(base, MP_S("policyDefinitions"))->count, 5);
    CHECK_INT(mp_json_get(base, MP_S("policyGroups"))->count, 3);
}

/* ---- a world that changes ---- */

static mp_code dirty_all(mp_tx *tx, void *arg, mp_error *err)
{
    (void)arg;
    return mp_dirty_scope(tx, MP_S("/"), err);
}

typedef struct counting {
    int64_t verdicts, past, sums, wrong;
} counting;

/* Every sum, worked out from the rows in SQL: resources by their worst state. */
static const char sums_wrong[] =
    "SELECT COUNT(*) FROM (SELECT place, assignment, rule, control, state, SUM(n) AS n FROM ("
    "SELECT place, assignment, rule, control, state, -resources AS n FROM verdict_sum WHERE resources <> 0 UNION ALL "
    "SELECT place, assignment, rule, control, worst, COUNT(*) FROM (SELECT resource, place, assignment, rule, control, MIN(state) AS worst FROM ("
    "SELECT p.resource, p.place, x.assignment, x.rule, x.control, x.state FROM (SELECT number AS resource, '/subscriptions/' || subscription AS place FROM judged UNION ALL "
    "SELECT number, '/subscriptions/' || subscription || '/resourcegroups/' || grp FROM judged WHERE grp <> '') p JOIN ("
    "SELECT v.resource, '' AS assignment, 0 AS rule, '' AS control, v.state FROM verdict v UNION ALL "
    "SELECT v.resource, c.assignment, 0, '', v.state FROM verdict v JOIN rule_check c ON c.number = v.rule UNION ALL "
    "SELECT v.resource, c.assignment, v.rule, '', v.state FROM verdict v JOIN rule_check c ON c.number = v.rule UNION ALL "
    "SELECT v.resource, c.assignment, 0, k.name, v.state FROM verdict v JOIN rule_check c ON c.number = v.rule JOIN (SELECT 'c1' AS name UNION SELECT 'c2' UNION SELECT 'c3') k"
    " ON replace(c.controls, '\n' || k.name || '\n', '') <> c.controls) x ON x.resource = p.resource) y"
    " GROUP BY resource, place, assignment, rule, control) z GROUP BY place, assignment, rule, control, worst) b GROUP BY place, assignment, rule, control, state HAVING SUM(n) <> 0) a";

static mp_code count_tables(mp_tx *tx, void *arg, mp_error *err)
{
    counting *c = arg;
    MP_TRY(mp_sql_int(&c->verdicts, tx, "SELECT COUNT(*) FROM verdict", NULL, 0, err));
    MP_TRY(mp_sql_int(&c->past, tx, "SELECT COUNT(*) FROM verdict_past", NULL, 0, err));
    MP_TRY(mp_sql_int(&c->sums, tx, "SELECT COUNT(*) FROM verdict_sum WHERE resources < 0", NULL, 0, err));
    return mp_sql_int(&c->wrong, tx, sums_wrong, NULL, 0, err);
}

static counting count_now(void)
{
    counting c;
    want_ok(mp_store_read(w.app->store, count_tables, &c, &w.err));
    CHECK_INT(c.sums, 0);
    CHECK_INT(c.wrong, 0);
    return c;
}

static void exempt(int i, bool is_there)
{
    char id[400], base[200];
    disk_id(base, i);
    snprintf(id, sizeof id, "%s" AUTH "policyExemptions/e", base);
    if (!is_there) {
        mp_code code = world_forget(&w, MP_OBJECT_EXEMPTION, id);
        CHECK(code == MP_OK || code == MP_MISSING);
        return;
    }
    want_ok(world_object(
        &w, MP_OBJECT_EXEMPTION, id,
        below(2) ? "{'properties':{'policyAssignmentId':'$S" AUTH
                   "policyAssignments/base','exemptionCategory':'Waiver','policyDefinitionReferenceIds':['r1','r3']}}"
                 : "{'properties':{'policyAssignmentId':'$S" AUTH
                   "policyAssignments/base','exemptionCategory':'Mitigated'}}"));
}

static void change_something(void)
{
    char id[200];
    int  i = (int)below(RESOURCES), p = (int)below(POLICIES);
    disk_id(id, i);
    switch (below(9)) {
    case 0: case 1: case 2: put_disk(i); break;
    case 3: {
        mp_code code = world_write(&w, MP_GATE_DELETE, id, NULL, NULL);
        CHECK(code == MP_OK || code == MP_MISSING);
        break;
    }
    case 4: case 5: {
        mp_gate_result tried;
        if (world_write(&w, MP_GATE_TRY, id, "{'location':'eastus','properties':{'diskSizeGB':5}}", &tried) != MP_OK)
            fail_msg("%s: %.*s", w.err.message, MP_FMT(tried.refusal));
        put_disk(i);
        exempt(i, below(2) == 0);
        break;
    }
    case 6: define(p, (int)below(1000)); break;
    case 7: define_set((int)below(3)); break;
    default: { /* assigned to another place, another policy, or not at all */
        char name[20], what[60];
        snprintf(name, sizeof name, "a%u", 5 + below(5));
        snprintf(what, sizeof what, "policyDefinitions/p%d", p);
        snprintf(id, sizeof id, ASSIGN("%s"), name);
        mp_code code = below(2) ? world_forget(&w, MP_OBJECT_ASSIGNMENT, id) : MP_OK;
        CHECK(code == MP_OK || code == MP_MISSING);
        if (below(3))
            assign(name, what);
    }
    }
}

TEST(a_fresh_judgement_changes_nothing)
{
    for (int round = 0; round < 8; round++) {
        for (int i = 0; i < 15; i++)
            change_something();
        if (round == 6)
            world_reopen(&w);
        world_settle(&w);
        counting was = count_now();
        CHECK(was.verdicts > 0);
        want_ok(mp_store_write(w.app->store, dirty_all, NULL, &w.err));
        world_settle(&w);
        counting now = count_now();
        CHECK_INT(now.verdicts, was.verdicts);
        CHECK_INT(now.past, was.past);
        if (round % 4 == 3)
            check_summary(&(mp_states_query){ .scope = key("S") });
    }
}

/* ---- dates ---- */

static mp_code read_time(mp_tx *tx, void *arg, mp_error *err)
{
    (void)err;
    *(mp_ticks *)arg = mp_tx_time(tx);
    return MP_OK;
}

static mp_ticks now(void)
{
    mp_ticks t = 0;
    want_ok(mp_store_write(w.app->store, read_time, &t, &w.err));
    return t;
}

TEST(the_past_stays)
{
    const char *id = "S/resourceGroups/g3/providers/Microsoft.Compute/disks/past";
    define(9, 500);
    assign("a9", "policyDefinitions/p9");
    want_ok(world_write(&w, MP_GATE_PUT, id, "{'location':'koreacentral','properties':{'diskSizeGB':10}}", NULL));
    world_settle(&w);
    mp_ticks small = now();
    want_ok(world_write(&w, MP_GATE_PUT, id, "{'location':'koreacentral','properties':{'diskSizeGB':900}}", NULL));
    world_settle(&w);
    mp_ticks large = now();
    want_ok(world_write(&w, MP_GATE_DELETE, id, NULL, NULL));
    world_settle(&w);
    mp_ticks gone = now();
    mp_states_query q = { .scope = key(id), .assignment = key(ASSIGN("a9")), .to = small };
    CHECK_STR(text(mp_json_at(rows_of(&q).rows, 0), "complianceState"), "Compliant");
    q.to = large;
    CHECK_STR(text(mp_json_at(rows_of(&q).rows, 0), "complianceState"), "NonCompliant");
    q.to = gone;
    CHECK_INT(rows_of(&q).count, 0);
    q.is_history = true;
    CHECK_INT(rows_of(&q).count, 2);
    q.from = large;
    CHECK_INT(rows_of(&q).count, 1);
    q.from = gone;
    CHECK_INT(rows_of(&q).count, 0);
    mp_states_query all = { .scope = key("S"), .is_history = true, .page = 50 };
    size_t          total = 0;
    do {
        mp_states_page page = rows_of(&all);
        total += page.count;
        all.after = page.next;
    } while (all.after.len);
    counting c = count_now();
    CHECK_INT(total, c.verdicts + c.past); /* all of it happened today */
    mp_states_query then = { .scope = key("S"), .to = small };
    check_summary(&then);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(pages_lose_and_repeat_nothing),
        RUN(rows_are_filtered),
        RUN(what_cannot_be_understood_is_refused),
        RUN(columns_and_order),
        RUN(rows_are_grouped),
        RUN(summaries_say_what_rows_say),
        RUN(a_fresh_judgement_changes_nothing),
        RUN(the_past_stays),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
