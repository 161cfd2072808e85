/* SPDX-License-Identifier: Apache-2.0 */
#include "followed.h"

#include <stdio.h>

#include "opened.h"

static const mp_kind thing = { .name = "thing" };
static const mp_kind other = { .name = "other" };
static const mp_kind *const kinds[] = { &thing, NULL };

static opened o;
static mp_followed *followed;

static void begin(void)
{
    opened_begin(&o, NULL, 0);
    opened_declare(&o, &thing);
    opened_declare(&o, &other);
    CHECK_INT(mp_followed_new(&followed, o.store, kinds, NULL), MP_OK);
}

static void end(void)
{
    mp_followed_free(followed);
    opened_end(&o);
}

/* Things FIRST .. FIRST + COUNT - 1 become `value`. */
typedef struct change {
    const mp_kind *kind;
    unsigned first, count, value;
    bool fails, was_fresh; /* within the write, after the note */
} change;

static mp_code make(mp_tx *tx, void *arg, mp_error *err)
{
    change *c = arg;
    for (unsigned i = 0; i < c->count; i++) {
        char key[20], body[40];
        snprintf(key, sizeof key, "t%05u", c->first + i);
        snprintf(body, sizeof body, "{\"value\":%u}", c->value);
        MP_TRY(mp_record_put(NULL, tx, c->kind, mp_str_from(key), opened_json(mp_tx_arena(tx), body), MP_ANY_VERSION, err));
    }
    mp_followed_note(followed, tx);
    c->was_fresh = mp_followed_is_fresh(followed);
    return c->fails ? mp_fail(err, MP_CONFLICT, MP_NOWHERE, "it is taken back") : MP_OK;
}

static mp_followed_what told(mp_arena *arena)
{
    mp_followed_what what;
    CHECK_INT(mp_followed_begin(&what, followed, arena, NULL), MP_OK);
    return what;
}

TEST(what_changed_is_told_until_it_is_known)
{
    mp_arena arena = MP_ARENA_INIT;
    begin();
    CHECK(mp_followed_is_fresh(followed));
    change c = { .kind = &other, .first = 1, .count = 3, .value = 1 };
    opened_write(&o, make, &c);
    CHECK(mp_followed_is_fresh(followed));
    c = (change){ .kind = &thing, .first = 7, .count = 2, .value = 1 };
    opened_write(&o, make, &c);
    CHECK(c.was_fresh); /* nobody can read it yet */
    CHECK(!mp_followed_is_fresh(followed));
    mp_followed_what what = told(&arena);
    CHECK(!what.is_all);
    CHECK_INT(what.count, 2);
    CHECK(what.changed[0].kind == &thing);
    CHECK_STR(what.changed[0].key, "t00007");
    CHECK_STR(what.changed[1].key, "t00008");
    CHECK(!mp_followed_is_fresh(followed)); /* it may not have been read */
    /* what comes while it is read is told the next time */
    c = (change){ .kind = &thing, .first = 9, .count = 1, .value = 1 };
    opened_write(&o, make, &c);
    mp_followed_end(followed, &what);
    CHECK(!mp_followed_is_fresh(followed));
    what = told(&arena);
    CHECK_INT(what.count, 1);
    CHECK_STR(what.changed[0].key, "t00009");
    mp_followed_end(followed, &what);
    CHECK(mp_followed_is_fresh(followed));
    CHECK_INT(told(&arena).count, 0);
    mp_arena_free(&arena);
    end();
}

TEST(what_is_taken_back_is_told_in_vain_at_most)
{
    mp_arena arena = MP_ARENA_INIT;
    mp_error err;
    begin();
    change c = { .kind = &thing, .first = 1, .count = 1, .value = 1, .fails = true };
    CHECK_INT(mp_store_write(o.store, make, &c, &err), MP_CONFLICT);
    c = (change){ .kind = &thing, .first = 2, .count = 1, .value = 1 };
    opened_write(&o, make, &c);
    mp_followed_what what = told(&arena);
    CHECK(what.count >= 1);
    CHECK_STR(what.changed[what.count - 1].key, "t00002");
    mp_followed_end(followed, &what);
    CHECK(mp_followed_is_fresh(followed));
    mp_arena_free(&arena);
    end();
}

TEST(of_too_many_none_is_told)
{
    mp_arena arena = MP_ARENA_INIT;
    begin();
    change c = { .kind = &thing, .first = 1, .count = 5, .value = 1 };
    opened_write(&o, make, &c);
    c = (change){ .kind = &thing, .first = 1, .count = MP_FOLLOWED_MOST, .value = 2 };
    opened_write(&o, make, &c);
    CHECK(!c.was_fresh); /* those five are there, though nothing is noted of them any more */
    mp_followed_what what = told(&arena);
    CHECK(what.is_all && what.count == 0);
    c = (change){ .kind = &thing, .first = 1, .count = 1, .value = 3 };
    opened_write(&o, make, &c);
    mp_followed_end(followed, &what);
    CHECK(!mp_followed_is_fresh(followed));
    what = told(&arena);
    CHECK(!what.is_all);
    CHECK_INT(what.count, 1);
    mp_followed_end(followed, &what);
    CHECK(mp_followed_is_fresh(followed));
    c = (change){ .kind = &thing, .first = 1, .count = MP_FOLLOWED_MOST, .value = 4 };
    opened_write(&o, make, &c);
    what = told(&arena);
    CHECK(!what.is_all);
    CHECK_INT(what.count, MP_FOLLOWED_MOST);
    mp_arena_free(&arena);
    end();
}

int main(void)
{
    return MAIN(RUN(what_changed_is_told_until_it_is_known), RUN(what_is_taken_back_is_told_in_vain_at_most),
                RUN(of_too_many_none_is_told));
}
