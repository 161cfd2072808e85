/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever people say and take back: what is held of it is what a fresh reading says. */
#include "api_world.h"

#include "compliance.h"
#include "controls.h"
#include "evidence_system.h"
#include "jsonw.h"

static const char *const sets[] = { "policies.shipped=false", NULL };
static const mp_system *const systems[] = { &mp_compliance_system, &mp_evidence_system, &mp_controls_system, NULL };
static const mp_leaf leaf = {
    .actor_kind = { "system", 6 }, .action = { "Mapae.Test/write", 16 }, .on = { "/", 1 }, .outcome = MP_OUTCOME_DONE
};
static const char *const frameworks[] = { "csap", "csap-2025-02", "isms-p-2023", "own" };
static const mp_kind *const kinds[] = { &mp_control_answer_kind, &mp_control_exclusion_kind, &mp_control_finding_kind };
static api_world world;
static uint32_t seed = 11;

static unsigned below(unsigned n)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % n;
}

/* ---- changes ---- */

static mp_code change_one(mp_tx *tx, mp_error *err)
{
    const mp_kind *kind = kinds[below(MP_COUNT(kinds))];
    const char *framework = frameworks[below(MP_COUNT(frameworks))];
    unsigned control = below(12);
    mp_arena *arena = mp_tx_arena(tx);
    mp_str key = mp_arena_printf(arena, "%s~c%u~%u", framework, control, below(3));
    mp_error why;
    if (kind == &mp_control_finding_kind) /* its key says nothing of what it is about */
        key = mp_arena_printf(arena, "%08u-0000-4000-8000-000000000000", below(80));
    if (below(4) == 0)
        return mp_record_delete(tx, kind, key, MP_ANY_VERSION, &why) == MP_NOMEM ? mp_no_memory(err) : MP_OK;
    mp_jsonw w;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "framework", mp_str_from(framework));
    mp_jsonw_put_str(&w, "control", mp_arena_printf(arena, "c%u", control));
    mp_jsonw_put_int(&w, "question", below(1000));
    mp_jsonw_end(&w);
    return mp_record_put(NULL, tx, kind, key, mp_jsonw_done(&w), MP_ANY_VERSION, err);
}

static mp_code change_some(mp_tx *tx, void *arg, mp_error *err)
{
    for (unsigned i = *(const unsigned *)arg; i; i--)
        MP_TRY(change_one(tx, err));
    return MP_OK;
}

static void change(unsigned count)
{
    mp_error err;
    if (mp_app_write_alone(world.app, &leaf, change_some, &count, &err) != MP_OK)
        fail_msg("%s", err.message);
}

/* ---- the same as read anew ---- */

static void check_records(const mp_record *found, size_t count, const mp_record *wanted, size_t wanted_count)
{
    CHECK_INT(count, wanted_count);
    for (size_t i = 0; i < count; i++) {
        if (!mp_str_eq(found[i].key, wanted[i].key) || found[i].version != wanted[i].version)
            fail_msg("found %.*s of version %lld, wanted %.*s of %lld", MP_FMT(found[i].key), (long long)found[i].version,
                     MP_FMT(wanted[i].key), (long long)wanted[i].version);
        CHECK(mp_str_eq(mp_json_get_text(found[i].body, "control"), mp_json_get_text(wanted[i].body, "control")));
        CHECK(mp_json_get(found[i].body, MP_S("question"))->u.integer ==
              mp_json_get(wanted[i].body, MP_S("question"))->u.integer);
    }
}

static size_t check_said(const mp_said *found, const mp_said *wanted)
{
    check_records(found->answers, found->answer_count, wanted->answers, wanted->answer_count);
    check_records(found->exclusions, found->exclusion_count, wanted->exclusions, wanted->exclusion_count);
    check_records(found->findings, found->finding_count, wanted->findings, wanted->finding_count);
    return found->answer_count + found->exclusion_count + found->finding_count;
}

typedef struct reading {
    mp_said all, of[MP_COUNT(frameworks)];
    mp_arena arena;
} reading;

static mp_code read_anew(mp_tx *tx, void *arg, mp_error *err)
{
    reading *r = arg;
    for (size_t i = 0; i < MP_COUNT(frameworks); i++)
        MP_TRY(mp_said_read(&r->of[i], tx, mp_str_from(frameworks[i]), 0, &r->arena, err));
    return mp_said_read_all(&r->all, tx, 0, &r->arena, err);
}

static size_t check_now(void)
{
    const mp_said_held *held;
    reading r = { .arena = MP_ARENA_INIT };
    CHECK_INT(mp_said_take(&held, mp_controls_of(world.app)->said, NULL), MP_OK);
    CHECK_INT(mp_store_read(world.app->store, read_anew, &r, NULL), MP_OK);
    size_t count = check_said(&held->all, &r.all), sum = 0;
    for (size_t i = 0; i < MP_COUNT(frameworks); i++) {
        const mp_said part = mp_said_part(&held->all, mp_str_from(frameworks[i]));
        sum += check_said(&part, &r.of[i]);
    }
    CHECK_INT(sum, count);
    mp_said_drop(held);
    mp_arena_free(&r.arena);
    return count;
}

TEST(what_is_held_follows_every_change)
{
    size_t records = 0;
    api_start_with(&world, sets, systems);
    CHECK_INT(check_now(), 0);
    for (unsigned round = 0; round < 200; round++) {
        unsigned writes = 1 + below(3);
        while (writes--)
            change(round % 40 == 39 ? 150 : 1 + below(6)); /* of so many everything is read */
        records += check_now();
    }
    CHECK(records > 200 * 50);
    for (unsigned i = 0; i < 8; i++) /* more than is noted one by one */
        change(200);
    check_now();
    api_stop(&world);
}

TEST(what_somebody_holds_stays)
{
    const mp_said_held *held;
    reading then = { .arena = MP_ARENA_INIT };
    api_start_with(&world, sets, systems);
    change(200);
    CHECK_INT(mp_said_take(&held, mp_controls_of(world.app)->said, NULL), MP_OK);
    CHECK_INT(mp_store_read(world.app->store, read_anew, &then, NULL), MP_OK);
    for (unsigned i = 0; i < 10; i++) {
        change(3);
        check_now();
    }
    CHECK(check_said(&held->all, &then.all) > 20);
    mp_said_drop(held);
    mp_arena_free(&then.arena);
    api_stop(&world);
}

int main(void) { return MAIN(RUN(what_is_held_follows_every_change), RUN(what_somebody_holds_stays)); }
