/* SPDX-License-Identifier: Apache-2.0 */
/* Many write the same few resources while policies change under them: no write is lost, what was refused is not
 * there, what is stored is what the log tells of, and verdicts are what a fresh judgement says.
 * MAPAE_TEST_RACE_WRITERS says how many (200), MAPAE_TEST_RACE_SECONDS how long (2). */
#include "compliance_world.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "sql.h"

static world w;

#define AUTH "/providers/Microsoft.Authorization/"
#define DISKS 12
#define NEVER 950 /* GB: above it a policy that stays refuses */
#define VERSIONS 1000000

/* What was answered of one disk. */
typedef struct told {
    int64_t last, last_size; /* the highest version that was answered, and what was written then */
    int64_t deleted;         /* the highest version that somebody took away */
    bool    is_twice;        /* one version was answered to two */
    char   *seen;            /* by version */
} told;

static told            disks[DISKS];
static pthread_mutex_t telling = PTHREAD_MUTEX_INITIALIZER;
static atomic_uint     stored, refused, busy, failed;
static atomic_bool     is_over;

static unsigned number_of(const char *name, unsigned otherwise)
{
    const char *text = getenv(name);
    return text ? (unsigned)strtoul(text, NULL, 10) : otherwise;
}

static const mp_leaf leaf = {
    .actor_kind = { "system", 6 }, .action = { "Mapae.Test/write", 16 }, .on = { "/", 1 }, .outcome = MP_OUTCOME_DONE
};

static mp_code write_it(void *ctx, mp_tx_fn fn, void *arg, mp_error *err)
{
    (void)ctx;
    return mp_app_write_alone(w.app, &leaf, fn, arg, err);
}

static mp_str disk_of(mp_arena *arena, unsigned disk)
{
    return mp_arena_printf(arena, "/subscriptions/%.*s/resourceGroups/g/providers/Microsoft.Compute/disks/d%u",
                           MP_FMT(w.init.subscription_id), disk);
}

static void note(unsigned disk, mp_gate_act act, const mp_gate_result *out, unsigned size)
{
    told *t = &disks[disk];
    pthread_mutex_lock(&telling);
    if (act == MP_GATE_DELETE) {
        t->deleted = out->item.version > t->deleted ? out->item.version : t->deleted;
    } else {
        t->is_twice = t->is_twice || out->item.version >= VERSIONS || t->seen[out->item.version];
        if (out->item.version < VERSIONS)
            t->seen[out->item.version] = 1;
        if (out->item.version > t->last) {
            t->last = out->item.version;
            t->last_size = size;
        }
    }
    pthread_mutex_unlock(&telling);
}

static void write_one(mp_json_doc *doc, unsigned disk, unsigned size, unsigned kind)
{
    mp_arena       arena = MP_ARENA_INIT;
    mp_place       place;
    mp_gate_result out;
    mp_gate_act    act = kind == 0 ? MP_GATE_DELETE : kind < 4 ? MP_GATE_PATCH : MP_GATE_PUT;
    const mp_json *body = NULL;
    mp_error       err = { .code = MP_OK };
    mp_str text = mp_arena_printf(
        &arena, "{\"location\":\"koreacentral\",\"tags\":{\"size\":\"%u\"},\"properties\":{\"diskSizeGB\":%u}}", size,
        size);
    mp_code        code = mp_json_read(doc, &body, text, NULL, NULL, &err);
    if (code == MP_OK)
        code = mp_place_of(&place, disk_of(&arena, disk), &arena, &err);
    if (code == MP_OK) {
        mp_gate_request r = { .act = act,
                              .place = &place,
                              .body = body,
                              .api_version = MP_S("2023-01-01"),
                              .by = MP_S("me"),
                              .by_kind = MP_S("User"),
                              .source = MP_S("api"),
                              .expected = MP_ANY_VERSION,
                              .write = write_it };
        code = mp_gate_write(&out, w.c, &r, &arena, &err);
    }
    if (code == MP_OK)
        note(disk, act, &out, size);
    if (code != MP_OK && code != MP_DENIED && code != MP_BUSY && code != MP_MISSING)
        print_error("%s: %s\n", mp_code_name(code), err.message);
    atomic_fetch_add(code == MP_OK                             ? &stored
                     : code == MP_BUSY                         ? &busy
                     : code == MP_DENIED || code == MP_MISSING ? &refused
                                                               : &failed,
                     1);
    mp_arena_free(&arena);
}

static void *write_on(void *arg)
{
    unsigned     seed = *(unsigned *)arg;
    mp_json_doc *doc = NULL;
    if (mp_json_doc_new(&doc, NULL) != MP_OK)
        return NULL;
    while (!atomic_load(&is_over)) {
        seed = seed * 1664525u + 1013904223u;
        write_one(doc, (seed >> 8) % DISKS, 1 + (seed >> 16) % 1000, (seed >> 4) % 12);
    }
    mp_json_doc_free(doc);
    return NULL;
}

static void want_ok(mp_code code)
{
    if (code != MP_OK)
        fail_msg("%s: %s (%s:%d)", mp_code_name(code), w.err.message, w.err.src_file, w.err.src_line);
}

/* An exemption goes with its disk. */
static void want_ok_or_gone(mp_code code) { want_ok(code == MP_MISSING ? MP_OK : code); }

static void define(const char *name, const char *effect, int limit)
{
    char body[900], id[80];
    snprintf(id, sizeof id, "S" AUTH "policyDefinitions/%s", name);
    snprintf(
        body, sizeof body,
        "{'properties':{'mode':'All','policyRule':{'if':{'allOf':[{'field':'type','equals':'Microsoft.Compute/disks'},"
        "{'field':'Microsoft.Compute/disks/diskSizeGB','greater':%d}]},'then':{'effect':'%s'}}}}",
        limit, effect);
    want_ok(world_object(&w, MP_OBJECT_DEFINITION, id, body));
}

static void assign(const char *name)
{
    char id[80], body[200];
    snprintf(id, sizeof id, "S" AUTH "policyAssignments/%s", name);
    snprintf(body, sizeof body, "{'properties':{'policyDefinitionId':'$S" AUTH "policyDefinitions/%s'}}", name);
    want_ok(world_object(&w, MP_OBJECT_ASSIGNMENT, id, body));
}

static void change_policies(void)
{
    static const char exempt[] =
        "{'properties':{'policyAssignmentId':'$S" AUTH "policyAssignments/p','exemptionCategory':'Waiver'}}",
                      exemption[] =
                          "S/resourceGroups/g/providers/Microsoft.Compute/disks/d3" AUTH "policyExemptions/e";
    unsigned          seconds = number_of("MAPAE_TEST_RACE_SECONDS", 2);
    struct timespec   start, now;
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (int n = 0;; n++) {
        define("p", n % 3 ? "audit" : "deny", 100 + n % 8 * 100);
        if (n % 2)
            want_ok(world_object(&w, MP_OBJECT_EXEMPTION, exemption, exempt));
        else if (n > 1)
            want_ok_or_gone(world_forget(&w, MP_OBJECT_EXEMPTION, exemption));
        if (n % 5 == 2)
            want_ok(world_forget(&w, MP_OBJECT_ASSIGNMENT, "S" AUTH "policyAssignments/q"));
        if (n % 5 == 4)
            assign("q");
        clock_gettime(CLOCK_MONOTONIC, &now);
        if ((unsigned)(now.tv_sec - start.tv_sec) >= seconds && n >= 6)
            break;
    }
}

typedef struct looking {
    int64_t versions[DISKS], sizes[DISKS], verdicts, past, states;
    bool    is_whole;
} looking;

static mp_code look(mp_tx *tx, void *arg, mp_error *err)
{
    looking *l = arg;
    l->is_whole = true;
    for (unsigned i = 0; i < DISKS; i++) {
        mp_estate_item item = { .version = 0 };
        mp_place       place;
        MP_TRY(mp_place_of(&place, disk_of(&w.arena, i), &w.arena, err));
        mp_code code = mp_estate_get(&item, tx, place.key, 0, &w.arena, err);
        l->versions[i] = code == MP_OK ? item.version : 0;
        if (code != MP_OK)
            continue;
        char text[24];
        l->sizes[i] = mp_json_get(mp_json_get(item.document, MP_S("properties")), MP_S("diskSizeGB"))->u.integer;
        snprintf(text, sizeof text, "%lld", (long long)l->sizes[i]);
        l->is_whole =
            l->is_whole && mp_str_eq(mp_json_str(mp_json_get(mp_json_get(item.document, MP_S("tags")), MP_S("size"))),
                                     mp_str_from(text));
    }
    MP_TRY(mp_sql_int(&l->past, tx, "SELECT COUNT(*) FROM verdict_past", NULL, 0, err));
    MP_TRY(mp_sql_int(&l->states, tx, "SELECT COALESCE(SUM(resource * (state + 1)), 0) FROM verdict", NULL, 0, err));
    return mp_sql_int(&l->verdicts, tx, "SELECT COUNT(*) FROM verdict", NULL, 0, err);
}

static mp_code dirty_all(mp_tx *tx, void *arg, mp_error *err)
{
    (void)arg;
    return mp_dirty_scope(tx, MP_S("/"), err);
}

static void check_disks(const looking *now)
{
    CHECK(now->is_whole);
    for (unsigned i = 0; i < DISKS; i++) {
        const told *t = &disks[i];
        CHECK(!t->is_twice);
        CHECK(t->deleted <= t->last);
        if (now->versions[i] == 0) { /* the last that was written was taken away */
            CHECK_INT(t->deleted, t->last);
            continue;
        }
        CHECK_INT(now->versions[i], t->last);
        CHECK_INT(now->sizes[i], t->last_size);
        CHECK(now->sizes[i] <= NEVER);
    }
}

/* Threads that want little: hundreds of them are to fit. */
static unsigned run_writers(pthread_t *threads, unsigned *seeds, unsigned count)
{
    pthread_attr_t small;
    unsigned       n = 0;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, (size_t)1 << 20);
    for (; n < count; n++) {
        seeds[n] = 77 * n + 5;
        if (pthread_create(&threads[n], &small, write_on, &seeds[n]) != 0)
            break;
    }
    pthread_attr_destroy(&small);
    return n;
}

TEST(many_write_while_policies_change)
{
    unsigned   writers = number_of("MAPAE_TEST_RACE_WRITERS", 200);
    pthread_t *threads = calloc(writers, sizeof *threads);
    unsigned  *seeds = calloc(writers, sizeof *seeds);
    looking    was, now;
    CHECK(threads && seeds);
    for (unsigned i = 0; i < DISKS; i++)
        CHECK((disks[i].seen = calloc(VERSIONS, 1)) != NULL);
    world_start(&w);
    want_ok(world_write(&w, MP_GATE_PUT, "S/resourceGroups/g", "{'location':'koreacentral'}", NULL));
    define("never", "deny", NEVER);
    define("p", "audit", 500);
    define("q", "audit", 300);
    assign("never");
    assign("p");
    assign("q");
    CHECK_INT(run_writers(threads, seeds, writers), writers);
    change_policies();
    atomic_store(&is_over, true);
    for (unsigned i = 0; i < writers; i++)
        pthread_join(threads[i], NULL);
    print_message("%u stored, %u refused, %u busy\n", atomic_load(&stored), atomic_load(&refused), atomic_load(&busy));
    CHECK_INT(atomic_load(&failed), 0);
    CHECK(atomic_load(&stored) > 0);
    world_settle(&w);
    want_ok(mp_store_read(w.app->store, look, &was, &w.err));
    int64_t bad = world_sum(&w, "S", "S" AUTH "policyAssignments/p", "", MP_STATE_NON_COMPLIANT),
            good = world_sum(&w, "S", "S" AUTH "policyAssignments/p", "", MP_STATE_COMPLIANT),
            exempt = world_sum(&w, "S", "S" AUTH "policyAssignments/p", "", MP_STATE_EXEMPT), count = 0;
    check_disks(&was);
    for (unsigned i = 0; i < DISKS; i++)
        count += was.versions[i] != 0;
    CHECK_INT(bad + good + exempt, count);
    want_ok(mp_store_write(w.app->store, dirty_all, NULL, &w.err));
    world_settle(&w);
    want_ok(mp_store_read(w.app->store, look, &now, &w.err));
    CHECK_INT(now.verdicts, was.verdicts);
    CHECK_INT(now.past, was.past);
    CHECK_INT(now.states, was.states);
    world_stop(&w); /* replays the log */
    for (unsigned i = 0; i < DISKS; i++)
        free(disks[i].seen);
    free(threads);
    free(seeds);
}

int main(void)
{
    return MAIN(RUN(many_write_while_policies_change));
}
