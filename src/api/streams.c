/* SPDX-License-Identifier: Apache-2.0 */
#include "streams.h"

#include <stdlib.h>

#include "rbac.h"
#include "sign_in.h"

/* What was shown is kept as it was, and shown again by whoever asks: so nothing that can make it worthless is
 * forgotten here. */
typedef struct stream {
    mp_app     *app;
    const char *action;
    bool        is_cookie;
    size_t      len;
    char        shown[]; /* a session's cookie or a token */
} stream;

static mp_code who_listens(mp_who *who, const stream *s, mp_ticks now, mp_arena *arena)
{
    mp_token_fault fault;
    mp_str         shown = mp_str_of(s->shown, s->len);
    if (s->is_cookie)
        return mp_session_look(who, s->app->access, shown, now, arena, NULL);
    return mp_token_who(who, &fault, s->app->access, shown, now, arena, NULL);
}

static bool still(void *ctx)
{
    const stream *s = ctx;
    mp_who        who;
    mp_arena      arena = MP_ARENA_INIT;
    mp_ticks      now = mp_clock_now();
    bool          may = who_listens(&who, s, now, &arena) == MP_OK &&
                        mp_may(s->app->access, &who, mp_str_from(s->action), MP_S("/"), false, now);
    mp_arena_free(&arena);
    return may;
}

static void done(void *ctx)
{
    stream *s = ctx;
    explicit_bzero(s->shown, s->len);
    free(s);
}

mp_code mp_stream_listen(mp_app *app, mp_http_request *request, mp_http_response *response, mp_str topic, mp_error *err)
{
    const mp_who *who = mp_app_who(request);
    if (who->kind == MP_WHO_LOCAL)
        return mp_events_listen(app->events, request, response, topic, err);
    mp_str  shown = mp_guard_shown(request);
    stream *s = malloc(sizeof *s + shown.len);
    if (!s)
        return mp_no_memory(err);
    *s = (stream){ .app = app, .action = request->route->action, .is_cookie = who->by_cookie, .len = shown.len };
    memcpy(s->shown, shown.ptr, shown.len);
    mp_code code = mp_events_listen(app->events, request, response, topic, err);
    if (code == MP_OK)
        mp_events_watch(response, &(mp_watched){ still, done, s });
    else
        done(s);
    return code;
}
