/* SPDX-License-Identifier: Apache-2.0 */
/* Everything that has a thread of its own, and everything that asks, at once: resources and policies change, the
 * judge judges, full scans begin and are stopped, remediations work and are taken back, and meanwhile reasons,
 * states, what-if, comparisons, reviews of exemptions and plans are asked for. Nobody fails, no scan finds a verdict
 * to mend, and in the end a fresh scan of everything says what is recorded. MAPAE_TEST_RACE_SECONDS says how long
 * (2). */
#include "compliance_world.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "changes.h"
#include "exemptions.h"
#include "foresight.h"
#include "reasons.h"
#include "remediation.h"
#include "scans.h"
#include "sql.h"
#include "states.h"

static world w;

#define AUTH "/providers/Microsoft.Authorization/"
#define DISKS 40
#define WRITERS 6

static atomic_bool   is_over;
static atomic_uint   stored, scanned, remedied, undone, asked[7];
static atomic_ullong mended;
static mp_str        group, subscription; /* keys: never change */
static const mp_json *made_up, *to_order;

static const mp_leaf leaf = {
    .actor_kind = { "system", 6 }, .action = { "Mapae.Test/write", 16 }, .on = { "/", 1 }, .outcome = MP_OUTCOME_DONE
};

static void want(mp_code code, const mp_error *err)
{
    if (code != MP_OK)
        fail_msg("%s: %s (%s:%d)", mp_code_name(code), err->message, err->src_file, err->src_line);
}

/* Of threads: what must not be ends the program, since cmocka's checks belong to the first thread. */
static void must(mp_code code, const mp_error *err, const char *what)
{
    if (code == MP_OK)
        return;
    fprintf(stderr, "%s: %s: %s (%s:%d)\n", what, mp_code_name(code), err->message, err->src_file, err->src_line);
    abort();
}

/* So that each gets its turn, also on a machine with one core. */
static void pause_ms(long ms) { nanosleep(&(struct timespec){ .tv_nsec = ms * 1000000 }, NULL); }

static unsigned below(unsigned *seed, unsigned n)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (*seed >> 8) % n;
}

/* ---- resources ---- */

static mp_code write_it(void *ctx, mp_tx_fn fn, void *arg, mp_error *err)
{
    (void)ctx;
    return mp_app_write_alone(w.app, &leaf, fn, arg, err);
}

static mp_str disk_key(mp_arena *arena, unsigned disk)
{
    return mp_arena_printf(arena, "%.*s/providers/microsoft.compute/disks/d%u", MP_FMT(group), disk);
}

static void write_one(mp_json_doc *doc, unsigned *seed)
{
    mp_arena       arena = MP_ARENA_INIT;
    mp_place       place;
    mp_gate_result out;
    mp_error       err = { .code = MP_OK };
    const mp_json *body = NULL;
    bool           deletes = below(seed, 8) == 0;
    mp_str text =
        mp_arena_printf(&arena, "{\"location\":\"koreacentral\",\"tags\":{%s},\"properties\":{\"diskSizeGB\":%u}}",
                        below(seed, 2) ? "" : "\"team\":\"own\"", below(seed, 1000));
    must(mp_json_read(doc, &body, text, NULL, NULL, &err), &err, "json");
    must(mp_place_of(&place, disk_key(&arena, below(seed, DISKS)), &arena, &err), &err, "place");
    mp_gate_request r = { .act = deletes ? MP_GATE_DELETE : MP_GATE_PUT,
                          .place = &place,
                          .body = body,
                          .api_version = MP_S("2023-01-01"),
                          .by = MP_S("me"),
                          .by_kind = MP_S("User"),
                          .source = MP_S("api"),
                          .expected = MP_ANY_VERSION,
                          .write = write_it };
    mp_code code = mp_gate_write(&out, w.c, &r, &arena, &err);
    must(code == MP_MISSING || code == MP_BUSY ? MP_OK : code, &err, "a write");
    mp_judging_wake(w.c->judging);
    atomic_fetch_add(&stored, 1);
    mp_arena_free(&arena);
}

static void *write_on(void *arg)
{
    unsigned     seed = *(unsigned *)arg;
    mp_json_doc *doc = NULL;
    if (mp_json_doc_new(&doc, NULL) != MP_OK)
        return NULL;
    for (; !atomic_load(&is_over); pause_ms(4))
        write_one(doc, &seed);
    mp_json_doc_free(doc);
    return NULL;
}

/* ---- full scans ---- */

typedef struct scanning {
    mp_full_scan scan;
    mp_arena    *arena;
} scanning;

static mp_code begin(mp_tx *tx, void *arg, mp_error *err)
{
    scanning *s = arg;
    return mp_scan_begin(&s->scan, tx, MP_S(""), MP_S("me"), s->arena, err);
}

static mp_code stop_it(mp_tx *tx, void *arg, mp_error *err)
{
    scanning *s = arg;
    return mp_scan_stop(&s->scan, tx, s->arena, err);
}

static mp_code read_last(mp_tx *tx, void *arg, mp_error *err)
{
    scanning *s = arg;
    return mp_scan_last(&s->scan, tx, s->arena, err);
}

static void *scan_on(void *arg)
{
    (void)arg;
    for (unsigned n = 0; !atomic_load(&is_over); n++) {
        mp_arena arena = MP_ARENA_INIT;
        scanning s = { .arena = &arena };
        mp_error err;
        must(mp_app_write_alone(w.app, &leaf, begin, &s, &err), &err, "a scan");
        mp_judging_wake(w.c->judging);
        if (n % 4 == 3) { /* unless it has ended by then */
            mp_code code = mp_app_write_alone(w.app, &leaf, stop_it, &s, &err);
            must(code == MP_MISSING ? MP_OK : code, &err, "the end of a scan");
        }
        do {
            mp_arena_reset(&arena);
            pause_ms(3);
            must(mp_store_read(w.app->store, read_last, &s, &err), &err, "how far a scan is");
        } while (s.scan.stage == MP_SCAN_RUNNING && !atomic_load(&is_over));
        atomic_fetch_add(&mended, s.scan.mended);
        atomic_fetch_add(&scanned, s.scan.stage == MP_SCAN_DONE);
        mp_arena_free(&arena);
    }
    return NULL;
}

/* ---- remediations ---- */

static const mp_remediation_actor local = { { "local", 5 }, { "0", 1 }, { "User", 4 } };

typedef struct remedying {
    mp_remediation r;
    mp_arena      *arena;
} remedying;

static mp_code order(mp_tx *tx, void *arg, mp_error *err)
{
    remedying *r = arg;
    bool       is_new;
    return mp_remediation_order(&r->r, &is_new, tx, r->arena, err);
}

static mp_code take_back(mp_tx *tx, void *arg, mp_error *err)
{
    remedying *r = arg;
    MP_TRY(mp_remediation_get(&r->r, tx, r->r.run, r->arena, err));
    return mp_remediation_undo(&r->r, tx, &local, r->arena, err);
}

static mp_code look(mp_tx *tx, void *arg, mp_error *err)
{
    remedying *r = arg;
    return mp_remediation_get(&r->r, tx, r->r.run, r->arena, err);
}

static void wait_for(remedying *r)
{
    mp_error err;
    do {
        pause_ms(3);
        must(mp_store_read(w.app->store, look, r, &err), &err, "how far a remediation is");
    } while (r->r.state < MP_REMEDIATION_SUCCEEDED || r->r.is_undoing);
}

static void read_order(remedying *r, unsigned n)
{
    mp_place place, scope;
    mp_error err;
    mp_str id = mp_arena_printf(r->arena, "%.*s/providers/Microsoft.PolicyInsights/remediations/r%u", MP_FMT(group), n);
    must(mp_place_of(&place, id, r->arena, &err), &err, "place");
    must(mp_place_of(&scope, group, r->arena, &err), &err, "place");
    must(mp_remediation_read(&r->r, to_order, &place, &scope, &local, r->arena, &err), &err, "an order");
}

static void *remedy_on(void *arg)
{
    (void)arg;
    for (unsigned n = 0; !atomic_load(&is_over); n++) {
        mp_arena       arena = MP_ARENA_INIT;
        remedying      r = { .arena = &arena };
        const mp_json *planned;
        mp_error       err;
        read_order(&r, n % 3);
        must(mp_remediation_plan(&planned, w.c, &r.r, &arena, &err), &err, "a plan");
        must(mp_app_write_alone(w.app, &leaf, order, &r, &err), &err, "an order");
        mp_remedying_wake(w.c->remedying);
        wait_for(&r);
        atomic_fetch_add(&remedied, r.r.succeeded);
        if (n % 2) {
            must(mp_app_write_alone(w.app, &leaf, take_back, &r, &err), &err, "an undo");
            mp_remedying_wake(w.c->remedying);
            wait_for(&r);
            atomic_fetch_add(&undone, r.r.undone);
        }
        mp_arena_free(&arena);
    }
    return NULL;
}

/* ---- questions ---- */

typedef struct question {
    mp_arena *arena;
    unsigned  seed;
    unsigned  kind;
} question;

static mp_code ask_reason(mp_tx *tx, question *q, mp_error *err)
{
    mp_reason_page page;
    mp_reason_query query = { .resource = disk_key(q->arena, below(&q->seed, DISKS)),
                              .with_text = true,
                              .as_of = below(&q->seed, 2) ? mp_clock_now() - MP_TICKS_PER_SECOND : 0 };
    mp_code        code = mp_reason_find(&page, tx, &query, q->arena, err);
    return code == MP_MISSING ? MP_OK : code;
}

static mp_code ask_states(mp_tx *tx, question *q, mp_error *err)
{
    mp_states_page  page;
    mp_states_query query = { .scope = group, .texts = { .filter = MP_S("complianceState eq 'NonCompliant'") }, .page = 10 };
    return mp_states_rows(&page, tx, &query, q->arena, err);
}

static mp_code ask_summary(mp_tx *tx, question *q, mp_error *err)
{
    const mp_json *out;
    return mp_states_summary(&out, tx, &(mp_states_query){ .scope = subscription }, MP_S("https://x/"), q->arena, err);
}

static mp_code ask_changes(mp_tx *tx, question *q, mp_error *err)
{
    mp_changes_page page;
    return mp_changes_between(
        &page, tx, &(mp_changes_query){ .from = mp_clock_now() - MP_TICKS_PER_SECOND, .rows = 20 }, q->arena, err);
}

static mp_code ask_foresight(mp_tx *tx, question *q, mp_error *err)
{
    mp_foresight    out;
    mp_object_fault fault;
    return mp_foresee(&out, &fault, tx,
                      &(mp_foresight_query){ .objects = made_up, .scope = group, .tenant = MP_S("t") }, q->arena,
                      err);
}

static mp_code ask_exemptions(mp_tx *tx, question *q, mp_error *err)
{
    mp_exemptions_page page;
    return mp_exemptions_review(&page, tx, &(mp_exemptions_query){ .scope = subscription }, q->arena, err);
}

static mp_code ask(mp_tx *tx, void *arg, mp_error *err)
{
    static mp_code (*const kinds[])(mp_tx * tx, question * q, mp_error * err) = { ask_reason,    ask_states,
                                                                                  ask_summary,   ask_changes,
                                                                                  ask_foresight, ask_exemptions };
    question *q = arg;
    q->kind = below(&q->seed, MP_COUNT(kinds));
    return kinds[q->kind](tx, q, err);
}

static void *ask_on(void *arg)
{
    question q = { .seed = *(unsigned *)arg };
    for (; !atomic_load(&is_over); pause_ms(3)) {
        mp_arena arena = MP_ARENA_INIT;
        mp_error err = { .code = MP_OK };
        q.arena = &arena;
        mp_code code = mp_store_read(w.app->store, ask, &q, &err);
        must(code, &err, "a question");
        atomic_fetch_add(&asked[q.kind], 1);
        mp_arena_free(&arena);
    }
    return NULL;
}

/* ---- rules ---- */

static void define(const char *name, const char *condition, const char *then)
{
    char body[1200], id[80];
    snprintf(id, sizeof id, "S" AUTH "policyDefinitions/%s", name);
    snprintf(
        body, sizeof body,
        "{'properties':{'mode':'All','policyRule':{'if':{'allOf':[{'field':'type','equals':'Microsoft.Compute/disks'},%s]},'then':%s}}}",
        condition, then);
    want(world_object(&w, MP_OBJECT_DEFINITION, id, body), &w.err);
}

static void define_large(int limit)
{
    char condition[100];
    snprintf(condition, sizeof condition, "{'field':'Microsoft.Compute/disks/diskSizeGB','greater':%d}", limit);
    define("large", condition, "{'effect':'audit'}");
}

static void assign(const char *name)
{
    char id[80], body[200];
    snprintf(id, sizeof id, "S" AUTH "policyAssignments/%s", name);
    snprintf(body, sizeof body, "{'properties':{'policyDefinitionId':'$S" AUTH "policyDefinitions/%s'}}", name);
    want(world_object(&w, MP_OBJECT_ASSIGNMENT, id, body), &w.err);
}

static void change_rules(void)
{
    static const char exempt[] =
        "{'properties':{'policyAssignmentId':'$S" AUTH "policyAssignments/large','exemptionCategory':'Waiver'}}",
                      exemption[] = "S/resourceGroups/g" AUTH "policyExemptions/e";
    const char       *text = getenv("MAPAE_TEST_RACE_SECONDS");
    long              seconds = text ? strtol(text, NULL, 10) : 2;
    struct timespec   start, now;
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (int n = 0;; n++) {
        define_large(100 + n % 8 * 100);
        if (n % 3 == 0)
            want(world_object(&w, MP_OBJECT_EXEMPTION, exemption, exempt), &w.err);
        else if (n % 3 == 1)
            want(world_forget(&w, MP_OBJECT_EXEMPTION, exemption), &w.err);
        mp_judging_wake(w.c->judging);
        pause_ms(50); /* a scan's page is judged by the rules that are there when it is stored */
        clock_gettime(CLOCK_MONOTONIC, &now);
        bool is_all = atomic_load(&scanned) >= 2 && atomic_load(&remedied) && atomic_load(&undone) &&
                      now.tv_sec - start.tv_sec >= seconds;
        for (unsigned i = 0; i < 6; i++)
            is_all = is_all && atomic_load(&asked[i]);
        if (is_all)
            break;
    }
}

/* ---- all of it ---- */

static mp_str key(const char *id)
{
    mp_place place;
    want(mp_place_of(&place, world_id(&w, id), &w.arena, &w.err), &w.err);
    return place.key;
}

static void prepare(void)
{
    world_start(&w);
    w.has_jobs = true;
    world_reopen(&w);
    subscription = key("S");
    group = key("S/resourceGroups/g");
    want(
        world_write(&w, MP_GATE_PUT, "S/resourceGroups/g", "{'location':'koreacentral','tags':{'team':'web'}}", NULL),
        &w.err);
    define_large(500);
    assign("large");
    /* What is there is brought to it; what is written is left as it is, so that there is something to bring to it. */
    define("tagging", "{'field':'tags[`team`]','exists':false}",
           "{'effect':'modify','details':{'roleDefinitionIds':['/providers/microsoft.authorization/roleDefinitions/b24988ac-6180-42a0-ab88-20f7382dd24c'],"
           "'operations':[{'operation':'add','field':'tags[`team`]','value':'[resourceGroup().tags[`team`]]'}]}}");
    want(world_object(&w, MP_OBJECT_ASSIGNMENT, "S" AUTH "policyAssignments/tagging",
                      "{'properties':{'enforcementMode':'DoNotEnforce','policyDefinitionId':'$S" AUTH "policyDefinitions/tagging'}}"), &w.err);
    made_up = world_json(
        &w,
        "[{'id':'$S" AUTH
        "policyDefinitions/large','properties':{'mode':'All','policyRule':{'if':{'field':'Microsoft.Compute/disks/diskSizeGB','greater':50},"
        "'then':{'effect':'audit'}}}}]");
    /* Of all resources: those that are recorded as non-compliant are known when the judge rests, and it does not rest
     * here. */
    to_order = world_json(&w, "{'policyAssignmentId':'$S" AUTH
                              "policyAssignments/tagging','resourceDiscoveryMode':'ReEvaluateCompliance'}");
}

/* Everything once more: what comes out is what is recorded, and nothing was newer. */
static void scan_all(void)
{
    scanning s = { .arena = &w.arena };
    world_settle(&w);
    want(mp_app_write_alone(w.app, &leaf, begin, &s, &w.err), &w.err);
    do {
        world_settle(&w);
        want(mp_store_read(w.app->store, read_last, &s, &w.err), &w.err);
    } while (s.scan.stage == MP_SCAN_RUNNING);
    CHECK_INT(s.scan.stage, MP_SCAN_DONE);
    CHECK_INT(s.scan.mended, 0);
    CHECK_INT(s.scan.newer, 0);
    uint64_t said = 0, told = 0;
    for (unsigned i = 0; i < MP_STATE_COUNT; i++)
        said += i == MP_STATE_NOT_APPLICABLE ? 0 : s.scan.states[i];
    for (unsigned i = 0; i < MP_STATE_COUNT; i++)
        told += i == MP_STATE_NOT_APPLICABLE
                    ? 0
                    : (uint64_t)world_sum(&w, "S", "S" AUTH "policyAssignments/large", "", (mp_state)i) +
                          (uint64_t)world_sum(&w, "S", "S" AUTH "policyAssignments/tagging", "", (mp_state)i);
    CHECK(said > 0);
    CHECK_INT(said, told);
}

TEST(all_of_it_at_once)
{
    pthread_t threads[WRITERS + 4];
    unsigned  seeds[WRITERS + 4], n = 0;
    prepare();
    for (unsigned i = 0; i < MP_COUNT(seeds); i++)
        seeds[i] = 77 * i + 5;
    for (; n < WRITERS; n++)
        CHECK_INT(pthread_create(&threads[n], NULL, write_on, &seeds[n]), 0);
    CHECK_INT(pthread_create(&threads[n++], NULL, scan_on, NULL), 0);
    CHECK_INT(pthread_create(&threads[n++], NULL, remedy_on, NULL), 0);
    for (; n < MP_COUNT(threads); n++)
        CHECK_INT(pthread_create(&threads[n], NULL, ask_on, &seeds[n]), 0);
    change_rules();
    atomic_store(&is_over, true);
    for (unsigned i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
    print_message("%u stored, %u scans, %u remedied, %u taken back\n", atomic_load(&stored), atomic_load(&scanned),
                  atomic_load(&remedied), atomic_load(&undone));
    CHECK_INT(atomic_load(&mended), 0);
    scan_all();
    world_stop(&w); /* replays the log */
}

int main(void)
{
    return MAIN(RUN(all_of_it_at_once));
}
