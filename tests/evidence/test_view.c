/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever happens to evidence and its links, in whatever order: the view that followed says what one that is read anew does. */
#include "api_world.h"

#include <stdio.h>

#include "evidence.h"
#include "evidence_system.h"
#include "jsonw.h"

static const char *const sets[] = { "policies.shipped=false", NULL };
static const mp_system *const systems[] = { &mp_evidence_system, NULL };
static const mp_leaf leaf = {
    .actor_kind = { "system", 6 }, .action = { "Mapae.Test/write", 16 }, .on = { "/", 1 }, .outcome = MP_OUTCOME_DONE
};

#define PIECES 60
#define CONTROLS 12

static api_world world;
static const mp_framework *csap;
static const mp_control *controls[CONTROLS]; /* that want a document */
static uint32_t seed = 7;

static unsigned below(unsigned n)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % n;
}

static void begin(void)
{
    const mp_frameworks *all;
    size_t count = 0;
    api_start_with(&world, sets, systems);
    CHECK_INT(mp_evidence_frameworks(&all, world.app, NULL), MP_OK);
    csap = mp_framework_find(all, MP_S("csap-2025-02"));
    for (size_t i = 0; i < csap->answers.count && count < CONTROLS; i++) {
        const mp_answer *a = &csap->answers.of[i];
        if (!a->control->is_withdrawn && a->evidence_count && mp_str_eq(a->evidence[0].kind, MP_S("document")))
            controls[count++] = a->control;
    }
    CHECK_INT(count, CONTROLS);
}

/* ---- changes ---- */

static mp_str id_of(mp_tx *tx, unsigned n)
{
    return mp_arena_printf(mp_tx_arena(tx), "%08u-0000-4000-8000-000000000000", n);
}

static mp_code put_piece(mp_tx *tx, mp_str id, mp_error *err)
{
    mp_jsonw w;
    mp_jsonw_init(&w, mp_tx_arena(tx));
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "title", mp_arena_printf(mp_tx_arena(tx), "title %u", below(1000)));
    mp_jsonw_put_str(&w, "kind", MP_S("document"));
    mp_jsonw_put_str(&w, "sha256", MP_S("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
    if (below(2))
        mp_jsonw_put_str(&w, "validUntil", mp_arena_printf(mp_tx_arena(tx), "20%02u-01-01T00:00:00Z", 20 + below(60)));
    if (below(2))
        mp_jsonw_put_str(&w, "owner", mp_arena_printf(mp_tx_arena(tx), "owner %u", below(10)));
    mp_jsonw_end(&w);
    return mp_record_put(NULL, tx, &mp_evidence_kind, id, mp_jsonw_done(&w), MP_ANY_VERSION, err);
}

/* Something about one piece. What there is nothing of to take away is no fault. */
static mp_code change_one(mp_tx *tx, mp_error *err)
{
    mp_record record, made;
    mp_error why;
    mp_str id = id_of(tx, below(PIECES));
    mp_evidence_link link = { .evidence = id,
                              .framework = csap,
                              .control = controls[below(CONTROLS)],
                              .measure = below(3) ? MP_S("") : mp_arena_printf(mp_tx_arena(tx), "m%u", below(3)),
                              .by = MP_S("test") };
    bool is_there = mp_record_get(&record, tx, &mp_evidence_kind, id, 0, mp_tx_arena(tx), &why) == MP_OK;
    unsigned what = below(10);
    if (!is_there || what == 0)
        return put_piece(tx, id, err);
    if (what == 1)
        return mp_record_delete(tx, &mp_evidence_kind, id, MP_ANY_VERSION, err);
    if (what > 3)
        return mp_evidence_link_put(&made, tx, &link, err);
    return mp_evidence_link_delete(tx, &link, &why) == MP_NOMEM ? mp_no_memory(err) : MP_OK;
}

static mp_code change_some(mp_tx *tx, void *arg, mp_error *err)
{
    for (unsigned i = *(const unsigned *)arg; i; i--)
        MP_TRY(change_one(tx, err));
    return MP_OK;
}

static mp_code change_and_fail(mp_tx *tx, void *arg, mp_error *err)
{
    MP_TRY(change_some(tx, arg, err));
    return mp_fail(err, MP_CONFLICT, MP_NOWHERE, "it is taken back");
}

static void change(unsigned count)
{
    mp_error err;
    if (mp_app_write_alone(world.app, &leaf, change_some, &count, &err) != MP_OK)
        fail_msg("%s", err.message);
}

/* ---- the same as read anew ---- */

static void check_text(mp_str a, mp_str b)
{
    if (!mp_str_eq(a, b))
        fail_msg("found '%.*s', wanted '%.*s'", MP_FMT(a), MP_FMT(b));
}

static void check_piece(const mp_evidence_piece *a, const mp_evidence_piece *b)
{
    check_text(a->id, b->id);
    check_text(a->title, b->title);
    check_text(a->kind, b->kind);
    check_text(a->owner, b->owner);
    check_text(a->sha256, b->sha256);
    check_text(a->scope, b->scope);
    CHECK(a->from == b->from && a->valid_from == b->valid_from && a->valid_until == b->valid_until &&
          a->keep_until == b->keep_until && a->months == b->months && a->days == b->days && a->has_period == b->has_period);
}

static size_t check_view(const mp_evidence_view *found, const mp_evidence_view *wanted)
{
    size_t count, other;
    const mp_evidence_piece *a = mp_evidence_view_pieces(found, &count), *b = mp_evidence_view_pieces(wanted, &other);
    CHECK_INT(count, other);
    for (size_t i = 0; i < count; i++)
        check_piece(&a[i], &b[i]);
    const mp_evidence_target *x = mp_evidence_view_links(found, &count), *y = mp_evidence_view_links(wanted, &other);
    CHECK_INT(count, other);
    for (size_t i = 0; i < count; i++) {
        CHECK(x[i].piece - a == y[i].piece - b);
        check_text(x[i].target, y[i].target);
        check_text(x[i].framework, y[i].framework);
        check_text(x[i].control, y[i].control);
        check_text(x[i].measure, y[i].measure);
        check_text(x[i].rule, y[i].rule);
    }
    return count;
}

static mp_code read_anew(mp_tx *tx, void *arg, mp_error *err) { return mp_evidence_view_read(arg, tx, 0, err); }

static size_t check_now(void)
{
    const mp_evidence_view *found, *wanted = NULL;
    CHECK_INT(mp_evidence_view_take(&found, world.app, 0, NULL), MP_OK);
    CHECK_INT(mp_store_read(world.app->store, read_anew, &wanted, NULL), MP_OK);
    size_t count = check_view(found, wanted);
    mp_evidence_view_drop(found);
    mp_evidence_view_drop(wanted);
    return count;
}

TEST(the_view_follows_every_change)
{
    /* a commit of PostgreSQL waits for the disk */
    const unsigned rounds = getenv("MAPAE_TEST_POSTGRES") ? 100 : 300;
    size_t links = 0;
    begin();
    CHECK_INT(check_now(), 0);
    for (unsigned round = 0; round < rounds; round++) {
        unsigned writes = 1 + below(3);
        while (writes--)
            change(round % 50 == 49 ? 200 : 1 + below(6)); /* of so many everything is read */
        links += check_now();
    }
    CHECK(links > rounds * 20);
    api_stop(&world);
}

/* More than is noted one by one. */
TEST(nothing_is_missed_where_nobody_asked_for_long)
{
    begin();
    for (unsigned i = 0; i < 8; i++) {
        change(300);
        if (i % 3 == 1)
            check_now();
    }
    CHECK(check_now() > 20);
    change(1);
    check_now();
    api_stop(&world);
}

TEST(what_is_taken_back_changes_nothing)
{
    unsigned count = 20;
    mp_error err;
    begin();
    change(100);
    check_now();
    for (unsigned i = 0; i < 5; i++) {
        CHECK_INT(mp_app_write_alone(world.app, &leaf, change_and_fail, &count, &err), MP_CONFLICT);
        check_now();
        change(1);
        check_now();
    }
    api_stop(&world);
}

/* A view is as it was, for as long as somebody holds it. */
TEST(one_that_is_held_stays)
{
    const mp_evidence_view *held, *then = NULL;
    begin();
    change(200);
    CHECK_INT(mp_evidence_view_take(&held, world.app, 0, NULL), MP_OK);
    CHECK_INT(mp_store_read(world.app->store, read_anew, &then, NULL), MP_OK);
    for (unsigned i = 0; i < 10; i++) {
        change(3);
        check_now();
    }
    CHECK(check_view(held, then) > 20);
    mp_evidence_view_drop(held);
    mp_evidence_view_drop(then);
    api_stop(&world);
}

int main(void)
{
    return MAIN(RUN(the_view_follows_every_change), RUN(nothing_is_missed_where_nobody_asked_for_long),
                RUN(what_is_taken_back_changes_nothing), RUN(one_that_is_held_stays));
}
