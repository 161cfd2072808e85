/* SPDX-License-Identifier: Apache-2.0 */
/* What events.h promises, read without a server: an answer without hooks ends with what is there. */
#include <stdio.h>
#include <stdlib.h>

#include "fault.h"
#include "listener.h"
#include "test.h"

struct world {
    mp_events       *events;
    mp_arena         arena;
    mp_pair          header;
    mp_http_request  request;
    mp_http_response response;
};

static void world_init(struct world *w)
{
    *w = (struct world){ .arena = MP_ARENA_INIT };
    assert_int_equal(mp_events_new(&w->events, NULL), MP_OK);
}

static void world_done(struct world *w)
{
    mp_events_free(w->events);
    mp_arena_free(&w->arena);
}

static void listen_to(struct world *w, const char *topic, mp_str last_id)
{
    w->header = (mp_pair){ MP_S("Last-Event-ID"), last_id };
    w->request = (mp_http_request){ .headers = &w->header, .header_count = last_id.len ? 1 : 0, .arena = &w->arena };
    w->response = (mp_http_response){ .status = 200 };
    assert_int_equal(mp_events_listen(w->events, &w->request, &w->response, mp_str_from(topic), NULL), MP_OK);
}

/* All that is there, in pieces of `step` bytes. */
static mp_str read_events(struct world *w, size_t step)
{
    mp_buf  all = MP_BUF_INIT;
    char    piece[4096];
    int64_t n;
    while ((n = w->response.more(w->response.ctx, all.len, piece, step)) > 0)
        mp_buf_add(&all, mp_str_of(piece, (size_t)n));
    mp_str text = mp_arena_dup(&w->arena, mp_buf_str(&all));
    mp_buf_free(&all);
    return text;
}

static void publish(struct world *w, const char *topic, int64_t n)
{
    assert_int_equal(
        mp_events_publish(w->events, mp_str_from(topic), MP_S("told"), mp_json_make_int(&w->arena, n), NULL), MP_OK);
}

static size_t count_of(mp_str text, mp_str part)
{
    size_t count = 0;
    for (size_t at; (at = mp_str_find_str(text, part)) != SIZE_MAX; text = mp_str_skip(text, at + part.len))
        count++;
    return count;
}

TEST(a_listener_hears_what_is_told_from_now_on)
{
    struct world w;
    world_init(&w);
    publish(&w, "a", 1);
    listen_to(&w, "a", MP_S(""));
    CHECK_STR(read_events(&w, 100), "");
    publish(&w, "b", 2);
    publish(&w, "a", 3);
    mp_str text = read_events(&w, 7); /* cut anywhere */
    CHECK(mp_str_starts(text, MP_S("id: ")));
    CHECK(mp_str_ends(text, MP_S("-2\nevent: told\ndata: 3\n\n")));
    CHECK_INT(count_of(text, MP_S("\n\n")), 1);
    w.response.done(w.response.ctx);
    world_done(&w);
}

TEST(who_comes_back_misses_nothing)
{
    struct world w;
    world_init(&w);
    listen_to(&w, "a", MP_S(""));
    for (int64_t i = 1; i <= 5; i++)
        publish(&w, "a", i);
    mp_str text = read_events(&w, 4096);
    w.response.done(w.response.ctx);
    size_t end = mp_str_find(text, '\n');
    mp_str first = mp_arena_dup(&w.arena, mp_str_of(text.ptr + 4, end - 4)); /* "id: START-1" */
    listen_to(&w, "a", first);
    text = read_events(&w, 50);
    CHECK_INT(count_of(text, MP_S("event: told")), 4);
    CHECK_INT(count_of(text, MP_S("event: reset")), 0);
    w.response.done(w.response.ctx);
    /* One that is unknown, of another process, broken, or of the future: told so, and given all that is kept. */
    const char *const wrong[] = { "x", "0-1", "", "-", "999999", NULL };
    for (size_t i = 0; wrong[i]; i++) {
        mp_str id =
            i < 2 ? mp_str_from(wrong[i])
                  : mp_arena_printf(&w.arena, "%.*s%s", (int)(first.len - 1), first.ptr, *wrong[i] ? wrong[i] : "x");
        listen_to(&w, "a", id);
        text = read_events(&w, 4096);
        CHECK_INT(count_of(text, MP_S("event: reset")), 1);
        CHECK_INT(count_of(text, MP_S("event: told")), 5);
        w.response.done(w.response.ctx);
    }
    world_done(&w);
}

TEST(who_is_too_slow_is_cut_off)
{
    struct world w;
    world_init(&w);
    listen_to(&w, "a", MP_S(""));
    for (int64_t i = 0; i < 2000; i++)
        publish(&w, "a", i);
    CHECK_STR(read_events(&w, 100), "");
    w.response.done(w.response.ctx);
    listen_to(&w, "a", MP_S("old"));
    CHECK_INT(count_of(read_events(&w, 4096), MP_S("event: told")), 512); /* as many as are kept */
    w.response.done(w.response.ctx);
    world_done(&w);
}

static unsigned paused, woken;
static void count_pause(void *ctx)
{
    (void)ctx;
    paused++;
}
static void count_wake(void *ctx)
{
    (void)ctx;
    woken++;
}

struct right {
    struct world *world;
    bool          holds;
    unsigned      asked, given_back;
    bool          goes; /* the client goes while he is asked about */
};

static bool still_holds(void *ctx)
{
    struct right *right = ctx;
    right->asked++;
    if (right->goes)
        right->world->response.done(right->world->response.ctx);
    return right->holds;
}

static void give_back(void *ctx)
{
    struct right *right = ctx;
    right->given_back++;
}

TEST(who_loses_the_right_hears_no_more)
{
    struct world w;
    world_init(&w);
    struct right right = { .world = &w, .holds = true };
    listen_to(&w, "a", MP_S(""));
    mp_events_watch(&w.response, &(mp_watched){ still_holds, give_back, &right });
    mp_events_check(w.events);
    publish(&w, "a", 1);
    CHECK_INT(count_of(read_events(&w, 100), MP_S("event: told")), 1);
    publish(&w, "a", 2); /* waits to be sent */
    right.holds = false;
    mp_events_check(w.events);
    publish(&w, "a", 3);
    CHECK_STR(read_events(&w, 100), "");
    CHECK_INT(right.asked, 2);
    CHECK_INT(right.given_back, 0);
    w.response.done(w.response.ctx);
    CHECK_INT(right.given_back, 1);
    mp_events_check(w.events);
    CHECK_INT(right.asked, 2);
    /* Who goes meanwhile is given back once, and the others are asked about as well. */
    struct world other = w;
    struct right stays = { .world = &other, .holds = true };
    listen_to(&other, "a", MP_S(""));
    mp_events_watch(&other.response, &(mp_watched){ still_holds, give_back, &stays });
    right.goes = true;
    listen_to(&w, "b", MP_S(""));
    mp_events_watch(&w.response, &(mp_watched){ still_holds, give_back, &right });
    mp_events_check(w.events);
    CHECK_INT(right.asked, 3);
    CHECK_INT(right.given_back, 2);
    CHECK_INT(stays.asked, 1);
    other.response.done(other.response.ctx);
    CHECK_INT(stays.given_back, 1);
    world_done(&w);
}

TEST(a_connection_sleeps_and_is_woken)
{
    struct world w;
    world_init(&w);
    paused = woken = 0;
    listen_to(&w, "a", MP_S(""));
    mp_listener_hook(w.response.ctx, &(mp_listener_hooks){ count_pause, count_wake, NULL });
    CHECK_STR(read_events(&w, 100), "");
    CHECK_INT(paused, 1);
    publish(&w, "a", 1);
    publish(&w, "a", 2);
    CHECK_INT(woken, 1); /* once is enough */
    CHECK_INT(count_of(read_events(&w, 100), MP_S("told")), 2);
    CHECK_INT(paused, 2);
    mp_listener_beat(w.response.ctx);
    CHECK_INT(woken, 2);
    CHECK_STR(read_events(&w, 100), ":\n\n");
    mp_listener_close(w.response.ctx);
    CHECK_STR(read_events(&w, 100), "");
    CHECK_INT(paused, 3); /* the last read did not pause: it is the end */
    w.response.done(w.response.ctx);
    world_done(&w);
}

TEST(words_and_sizes_have_limits)
{
    struct world w;
    char         big[70000];
    world_init(&w);
    memset(big, 'x', sizeof big);
    CHECK_INT(mp_events_publish(w.events, MP_S("a"), MP_S("b"),
                                mp_json_make_str(&w.arena, mp_str_of(big, sizeof big)), NULL),
              MP_LIMIT);
    CHECK_INT(mp_events_publish(w.events, MP_S("a"), MP_S("b\nid: 7"), NULL, NULL), MP_PARAMETER);
    CHECK_INT(mp_events_publish(w.events, MP_S(""), MP_S("b"), NULL, NULL), MP_PARAMETER);
    CHECK_INT(mp_events_publish(w.events, MP_S("a"), MP_S("b"), NULL, NULL), MP_OK);
    world_done(&w);
    mp_events_free(NULL);
}

static bool tell_and_hear(void *context)
{
    mp_events       *events = NULL;
    mp_arena         arena = MP_ARENA_INIT;
    mp_http_request  request = { .arena = &arena };
    mp_http_response response = { .status = 200 };
    char             text[200];
    (void)context;
    bool done = mp_events_new(&events, NULL) == MP_OK &&
                mp_events_listen(events, &request, &response, MP_S("a"), NULL) == MP_OK;
    bool is_told = done && mp_events_publish(events, MP_S("a"), MP_S("b"), mp_json_make_bool(true), NULL) == MP_OK;
    if (done) {
        int64_t n = response.more(response.ctx, 0, text, sizeof text);
        CHECK(is_told == (n > 0));
        response.done(response.ctx);
    }
    mp_events_free(events);
    mp_arena_free(&arena);
    return is_told;
}

TEST(no_memory_is_said)
{
    CHECK(fault_loop(tell_and_hear, NULL) > 3);
}

int main(void)
{
    return MAIN(RUN(a_listener_hears_what_is_told_from_now_on), RUN(who_comes_back_misses_nothing),
                RUN(who_is_too_slow_is_cut_off), RUN(who_loses_the_right_hears_no_more),
                RUN(a_connection_sleeps_and_is_woken), RUN(words_and_sizes_have_limits), RUN(no_memory_is_said));
}
