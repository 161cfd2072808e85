/* SPDX-License-Identifier: Apache-2.0 */
/* Many write the same few resources while policies change under them: no write is lost, what was refused is not there, and verdicts are what a fresh judgement says. */
#include "compliance_world.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "sql.h"

static world w;

#define AUTH "/providers/Microsoft.Authorization/"
#define WRITERS 16
#define DISKS 12
#define SECONDS 2

static atomic_uint stored[DISKS], refused, failed;
static atomic_bool is_over;

static const mp_leaf leaf = { .actor_kind = { "system", 6 }, .action = { "Mapae.Test/write", 16 }, .on = { "/", 1 }, .outcome = MP_OUTCOME_DONE };

static mp_code write_it(void *ctx, mp_tx_fn fn, void *arg, mp_error *err)
{
    (void)ctx;
    return mp_app_write_alone(w.app, &leaf, fn, arg, err);
}

static mp_str disk_of(mp_arena *arena, unsigned disk)
{
    return mp_arena_printf(arena, "/subscriptions/%.*s/resourceGroups/g/providers/Microsoft.Compute/disks/d%u", MP_FMT(w.init.subscription_id), disk);
}

/* A size of more than 900 is what deny refuses while it is assigned. */
static void write_one(mp_json_doc *doc, unsigned disk, unsigned size)
{
    mp_arena       arena = MP_ARENA_INIT;
    mp_place       place;
    mp_gate_result out;
    const mp_json *body = NULL;
    mp_error       err = { .code = MP_OK };
    mp_str         text = mp_arena_printf(&arena, "{\"location\":\"koreacentral\",\"properties\":{\"diskSizeGB\":%u}}", size);
    mp_code        code = mp_json_read(doc, &body, text, NULL, NULL, &err);
    if (code == MP_OK)
        code = mp_place_of(&place, disk_of(&arena, disk), &arena, &err);
    if (code == MP_OK) {
        mp_gate_request r = { .act = MP_GATE_PUT, .place = &place, .body = body, .api_version = MP_S("2023-01-01"), .by = MP_S("me"), .by_kind = MP_S("User"), .source = MP_S("api"),
                              .expected = MP_ANY_VERSION, .write = write_it };
        code = mp_gate_write(&out, w.c, &r, &arena, &err);
    }
    if (code == MP_OK)
        atomic_fetch_add(&stored[disk], 1);
    else
        atomic_fetch_add(code == MP_DENIED || code == MP_BUSY ? &refused : &failed, 1);
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
        write_one(doc, (seed >> 8) % DISKS, (seed >> 16) % 1000);
    }
    mp_json_doc_free(doc);
    return NULL;
}

static void want_ok(mp_code code)
{
    if (code != MP_OK)
        fail_msg("%s: %s (%s:%d)", mp_code_name(code), w.err.message, w.err.src_file, w.err.src_line);
}

static void define(const char *effect, int limit)
{
    char body[900];
    snprintf(body, sizeof body, "{'properties':{'mode':'All','policyRule':{'if':{'allOf':[{'field':'type','equals':'Microsoft.Compute/disks'},"
             "{'field':'Microsoft.Compute/disks/diskSizeGB','greater':%d}]},'then':{'effect':'%s'}}}}", limit, effect);
    want_ok(world_object(&w, MP_OBJECT_DEFINITION, "S" AUTH "policyDefinitions/p", body));
}

static void change_policies(void)
{
    static const char exempt[] = "{'properties':{'policyAssignmentId':'$S" AUTH "policyAssignments/a','exemptionCategory':'Waiver'}}",
                      exemption[] = "S/resourceGroups/g/providers/Microsoft.Compute/disks/d3" AUTH "policyExemptions/e";
    struct timespec   start, now;
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (int n = 0;; n++) {
        define(n % 3 ? "audit" : "deny", 100 + n % 8 * 100);
        if (n % 2)
            want_ok(world_object(&w, MP_OBJECT_EXEMPTION, exemption, exempt));
        else if (n > 1)
            want_ok(world_forget(&w, MP_OBJECT_EXEMPTION, exemption));
        clock_gettime(CLOCK_MONOTONIC, &now);
        if (now.tv_sec - start.tv_sec >= SECONDS && n >= 6)
            break;
    }
}

typedef struct looking {
    int64_t versions[DISKS], verdicts, past, states;
} looking;

static mp_code look(mp_tx *tx, void *arg, mp_error *err)
{
    looking *l = arg;
    for (unsigned i = 0; i < DISKS; i++) {
        mp_estate_item item = { .version = 0 };
        mp_place       place;
        MP_TRY(mp_place_of(&place, disk_of(&w.arena, i), &w.arena, err));
        mp_code code = mp_estate_get(&item, tx, place.key, 0, &w.arena, err);
        l->versions[i] = code == MP_OK ? item.version : 0;
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

TEST(many_write_while_policies_change)
{
    pthread_t threads[WRITERS];
    unsigned  seeds[WRITERS];
    looking   was, now;
    world_start(&w);
    want_ok(world_write(&w, MP_GATE_PUT, "S/resourceGroups/g", "{'location':'koreacentral'}", NULL));
    define("audit", 500);
    want_ok(world_object(&w, MP_OBJECT_ASSIGNMENT, "S" AUTH "policyAssignments/a", "{'properties':{'policyDefinitionId':'$S" AUTH "policyDefinitions/p'}}"));
    for (unsigned i = 0; i < WRITERS; i++) {
        seeds[i] = 77 * i + 5;
        CHECK_INT(pthread_create(&threads[i], NULL, write_on, &seeds[i]), 0);
    }
    change_policies();
    atomic_store(&is_over, true);
    for (unsigned i = 0; i < WRITERS; i++)
        pthread_join(threads[i], NULL);
    CHECK_INT(atomic_load(&failed), 0);
    world_settle(&w);
    want_ok(mp_store_read(w.app->store, look, &was, &w.err));
    int64_t bad = world_sum(&w, "S", "", "", MP_STATE_NON_COMPLIANT), good = world_sum(&w, "S", "", "", MP_STATE_COMPLIANT), exempt = world_sum(&w, "S", "", "", MP_STATE_EXEMPT);
    for (unsigned i = 0; i < DISKS; i++)
        CHECK_INT(was.versions[i], atomic_load(&stored[i])); /* one version for each write that was answered with success */
    CHECK_INT(was.verdicts, bad + good + exempt);
    want_ok(mp_store_write(w.app->store, dirty_all, NULL, &w.err));
    world_settle(&w);
    want_ok(mp_store_read(w.app->store, look, &now, &w.err));
    CHECK_INT(now.verdicts, was.verdicts);
    CHECK_INT(now.past, was.past);
    CHECK_INT(now.states, was.states);
    world_stop(&w);
}

int main(void)
{
    return MAIN(RUN(many_write_while_policies_change));
}
