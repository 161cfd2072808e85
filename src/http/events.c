/* SPDX-License-Identifier: Apache-2.0 */
#include "events.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "listener.h"
#include "map.h"

/* A topic keeps its last events as the bytes that go out, numbered from 1. A listener is a number, the next
 * event for it, and how much of that one was sent. Ids are "START-NUMBER": a client that comes back to
 * another process has an id that means nothing here, and is told so ("reset": it should load anew what it
 * shows), as is one that was away too long.
 *
 * One lock for all. Under it a listener with nothing to read pauses its connection, and a publisher wakes it,
 * so no wake is lost. */

#define KEPT_EVENTS 512
#define KEPT_BYTES (1024 * 1024)
#define EVENT_BYTES (64 * 1024)
#define TOPICS_MAX 1024

static const mp_str reset_text = MP_S_INIT("event: reset\ndata: {}\n\n");
static const mp_str beat_text = MP_S_INIT(":\n\n");

struct topic {
    char        *name;
    mp_str       kept[KEPT_EVENTS]; /* event n at (n - 1) % KEPT_EVENTS */
    uint64_t     first, next;       /* numbers: first kept, next to come */
    size_t       bytes;
    mp_listener *listeners;
};

struct mp_events {
    pthread_mutex_t lock;
    mp_map          topics;
    char            start[17];
    pthread_mutex_t checking; /* one asks about all, without the lock; taken before it */
    uint64_t        round;
    mp_listener    *watched;
};

struct mp_listener {
    mp_events        *events;
    struct topic     *topic;
    mp_listener      *next, **link;
    mp_listener_hooks hooks;
    uint64_t          at;     /* number of the event to send */
    size_t            offset; /* within it, or within `before` */
    mp_str            before; /* sent first: reset, or a beat */
    bool              is_paused, is_closed;
    mp_watched      who; /* all NULL: nobody asks */
    mp_listener      *next_watched, **watched_link;
    uint64_t          round;    /* in which he was last asked about */
    bool              is_asked, /* just now, without the lock: */
                      is_gone;  /* who asks frees him */
};

mp_code mp_events_new(mp_events **out, mp_error *err)
{
    mp_events *events = calloc(1, sizeof(*events));
    if (!events)
        return mp_no_memory(err);
    pthread_mutex_init(&events->lock, NULL);
    pthread_mutex_init(&events->checking, NULL);
    events->topics = (mp_map)MP_MAP_INIT;
    snprintf(events->start, sizeof events->start, "%" PRIx64, (uint64_t)mp_clock_now());
    *out = events;
    return MP_OK;
}

void mp_events_free(mp_events *events)
{
    if (!events)
        return;
    for (size_t i = 0; i < events->topics.len; i++) {
        struct topic *topic = events->topics.entries[i].value;
        for (uint64_t n = topic->first; n < topic->next; n++)
            free((char *)(uintptr_t)topic->kept[(n - 1) % KEPT_EVENTS].ptr);
        free(topic->name);
        free(topic);
    }
    mp_map_free(&events->topics);
    pthread_mutex_destroy(&events->lock);
    pthread_mutex_destroy(&events->checking);
    free(events);
}

/* With the lock. NULL: no memory, or too many. */
static struct topic *topic_of(mp_events *events, mp_str name)
{
    struct topic *topic = mp_map_get(&events->topics, name);
    if (topic || events->topics.len >= TOPICS_MAX)
        return topic;
    topic = calloc(1, sizeof(*topic));
    char *copy = malloc(name.len + 1);
    if (topic && copy) {
        memcpy(copy, name.ptr, name.len);
        copy[name.len] = '\0';
        topic->name = copy;
        topic->first = topic->next = 1;
        if (mp_map_put(&events->topics, mp_str_of(copy, name.len), topic, NULL) == MP_OK)
            return topic;
    }
    free(copy);
    free(topic);
    return NULL;
}

static void drop_first(struct topic *topic)
{
    mp_str *oldest = &topic->kept[(topic->first++ - 1) % KEPT_EVENTS];
    topic->bytes -= oldest->len;
    free((char *)(uintptr_t)oldest->ptr);
}

static void wake(mp_listener *listener)
{
    if (!listener->is_paused)
        return;
    listener->is_paused = false;
    listener->hooks.wake(listener->hooks.ctx);
}

/* With the lock; takes `text`. */
static void append(struct topic *topic, mp_str text)
{
    while (topic->next - topic->first >= KEPT_EVENTS ||
           (topic->first < topic->next && topic->bytes + text.len > KEPT_BYTES))
        drop_first(topic);
    topic->kept[(topic->next++ - 1) % KEPT_EVENTS] = text;
    topic->bytes += text.len;
    for (mp_listener *listener = topic->listeners; listener; listener = listener->next)
        wake(listener);
}

static bool is_word(mp_str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.ptr[i] <= ' ' || s.ptr[i] == 0x7F)
            return false;
    return s.len > 0 && s.len <= 200;
}

mp_code mp_events_publish(mp_events *events, mp_str name, mp_str type, const mp_json *json, mp_error *err)
{
    mp_buf  b = MP_BUF_INIT;
    mp_code code = MP_OK;
    if (!is_word(name) || !is_word(type))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "a topic and a type of an event are words of at most 200 bytes");
    b.limit = EVENT_BYTES;
    pthread_mutex_lock(&events->lock);
    struct topic *topic = topic_of(events, name);
    if (topic)
        mp_buf_printf(&b, "id: %s-%" PRIu64 "\nevent: %.*s\ndata: ", events->start, topic->next, MP_FMT(type));
    mp_buf_add_json(&b, json ? json : mp_json_make_null());
    mp_buf_add(&b, MP_S("\n\n"));
    if (!topic || b.failed) {
        code = b.over_limit ? mp_fail(err, MP_LIMIT, MP_NOWHERE, "an event is over %d bytes", EVENT_BYTES)
                            : mp_no_memory(err);
        mp_buf_free(&b);
    } else {
        append(topic, mp_buf_str(&b));
    }
    pthread_mutex_unlock(&events->lock);
    return code;
}

/* ---- listening ---- */

/* What is to be sent now, or nothing. A listener that was overtaken is closed: it comes back and is told. */
static mp_str pending(mp_listener *l)
{
    if (l->before.len)
        return mp_str_skip(l->before, l->offset);
    if (l->at < l->topic->first)
        l->is_closed = true;
    if (l->is_closed || l->at >= l->topic->next)
        return MP_S("");
    return mp_str_skip(l->topic->kept[(l->at - 1) % KEPT_EVENTS], l->offset);
}

static void sent(mp_listener *l, size_t bytes, size_t of)
{
    l->offset += bytes;
    if (bytes < of)
        return;
    l->offset = 0;
    if (l->before.len)
        l->before = MP_S("");
    else
        l->at++;
}

static int64_t listener_more(void *ctx, uint64_t at, char *into, size_t max)
{
    mp_listener *l = ctx;
    size_t       given = 0;
    (void)at;
    pthread_mutex_lock(&l->events->lock);
    for (mp_str text = pending(l); text.len && given < max; text = pending(l)) {
        size_t n = text.len < max - given ? text.len : max - given;
        memcpy(into + given, text.ptr, n);
        given += n;
        sent(l, n, text.len);
    }
    if (!given && !l->is_closed && l->hooks.pause) {
        l->is_paused = true;
        l->hooks.pause(l->hooks.ctx);
    }
    pthread_mutex_unlock(&l->events->lock);
    return (int64_t)given;
}

static void free_listener(mp_listener *l)
{
    if (l->who.done)
        l->who.done(l->who.ctx);
    free(l);
}

static void unwatch(mp_listener *l)
{
    if (!l->watched_link)
        return;
    *l->watched_link = l->next_watched;
    if (l->next_watched)
        l->next_watched->watched_link = l->watched_link;
}

static void listener_done(void *ctx)
{
    mp_listener *l = ctx;
    pthread_mutex_lock(&l->events->lock);
    *l->link = l->next;
    if (l->next)
        l->next->link = l->link;
    unwatch(l);
    bool is_asked = l->is_asked;
    l->is_gone = true;
    pthread_mutex_unlock(&l->events->lock);
    if (!is_asked)
        free_listener(l);
}

/* ---- who may go on ---- */

void mp_events_watch(mp_http_response *response, const mp_watched *who)
{
    mp_listener *l = response->ctx;
    mp_events   *events = l->events;
    pthread_mutex_lock(&events->lock);
    l->who = *who;
    l->next_watched = events->watched;
    l->watched_link = &events->watched;
    if (l->next_watched)
        l->next_watched->watched_link = &l->next_watched;
    events->watched = l;
    pthread_mutex_unlock(&events->lock);
}

/* The next who was not asked about in this round: while one was, others may have come and gone. */
static mp_listener *next_to_ask(mp_events *events)
{
    for (mp_listener *l = events->watched; l; l = l->next_watched)
        if (l->round < events->round)
            return l;
    return NULL;
}

void mp_events_check(mp_events *events)
{
    pthread_mutex_lock(&events->checking);
    pthread_mutex_lock(&events->lock);
    events->round++;
    for (mp_listener *l = next_to_ask(events); l; l = next_to_ask(events)) {
        l->round = events->round;
        l->is_asked = true;
        pthread_mutex_unlock(&events->lock);
        bool may = l->who.still(l->who.ctx);
        pthread_mutex_lock(&events->lock);
        l->is_asked = false;
        if (l->is_gone) {
            free_listener(l);
        } else if (!may) {
            l->is_closed = true;
            wake(l);
        }
    }
    pthread_mutex_unlock(&events->lock);
    pthread_mutex_unlock(&events->checking);
}

void mp_listener_hook(mp_listener *listener, const mp_listener_hooks *hooks)
{
    listener->hooks = *hooks;
}

void mp_listener_beat(mp_listener *l)
{
    pthread_mutex_lock(&l->events->lock);
    if (l->is_paused) {
        l->before = beat_text;
        wake(l);
    }
    pthread_mutex_unlock(&l->events->lock);
}

void mp_listener_close(mp_listener *l)
{
    pthread_mutex_lock(&l->events->lock);
    l->is_closed = true;
    wake(l);
    pthread_mutex_unlock(&l->events->lock);
}

/* Where a client goes on that had `last`: behind it when it is known here, else from the first on, with a
 * reset in front. */
static void place(mp_listener *l, mp_str last)
{
    char     digits[24] = { 0 };
    char    *end = NULL;
    size_t   start = strlen(l->events->start);
    uint64_t number = 0;
    l->at = l->topic->next;
    if (last.len == 0)
        return;
    if (last.len > start + 1 && last.len - start - 1 < sizeof digits && last.ptr[start] == '-' &&
        memcmp(last.ptr, l->events->start, start) == 0) {
        memcpy(digits, last.ptr + start + 1, last.len - start - 1);
        number = strtoull(digits, &end, 10);
    }
    if (end && *end == '\0' && number + 1 >= l->topic->first && number < l->topic->next) {
        l->at = number + 1;
        return;
    }
    l->at = l->topic->first;
    l->before = reset_text;
}

mp_code mp_events_listen(mp_events *events, mp_http_request *request, mp_http_response *response, mp_str name,
                         mp_error *err)
{
    if (!is_word(name))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "a topic and a type of an event are words of at most 200 bytes");
    mp_listener *l = calloc(1, sizeof(*l));
    if (!l)
        return mp_no_memory(err);
    pthread_mutex_lock(&events->lock);
    l->events = events;
    l->topic = topic_of(events, name);
    if (l->topic) {
        l->next = l->topic->listeners;
        l->link = &l->topic->listeners;
        if (l->next)
            l->next->link = &l->next;
        l->topic->listeners = l;
        place(l, mp_http_header(request, MP_S("last-event-id")));
    }
    pthread_mutex_unlock(&events->lock);
    if (!l->topic) {
        free(l);
        return mp_no_memory(err);
    }
    response->content_type = "text/event-stream";
    response->events = l->topic->name;
    response->more = listener_more;
    response->done = listener_done;
    response->ctx = l;
    mp_respond_header(response, MP_S("x-accel-buffering"), MP_S("no")); /* a proxy must not collect them */
    return MP_OK;
}
