/* SPDX-License-Identifier: Apache-2.0 */
/* events.h - server-sent events (WHATWG HTML, section 9.2): who listens, and what is told.
 *
 * A topic is a name. The last events of each are kept, so that a client that comes back with Last-Event-ID
 * misses nothing that is not too old. Publishing never waits for a client: one that reads too slowly is cut
 * off and comes back. */
#ifndef MAPAE_HTTP_EVENTS_H
#define MAPAE_HTTP_EVENTS_H

#include "http.h"

typedef struct mp_events mp_events;
MP_MUST_CHECK mp_code mp_events_new(mp_events **out, mp_error *err);
void                  mp_events_free(mp_events *events);
/* Tell every listener of `topic`. Any thread. `type` and `json` are copied. */
MP_MUST_CHECK mp_code mp_events_publish(mp_events *events, mp_str topic, mp_str type, const mp_json *json,
                                        mp_error *err);
/* Whoever listens may lose the right to while he does. */
typedef struct mp_watched {
    /* may he go on? Asked by mp_events_check(), and free to wait for a store; must not come back to these
     * events */
    bool (*still)(void *ctx);
    void (*done)(void *ctx);  /* gives `ctx` back, on any thread; must not come back either */
    void *ctx;
} mp_watched;
/* Of a response that mp_events_listen() made, before it is answered; `who->ctx` is taken over. Without it he
 * may for as long as he likes. */
void mp_events_watch(mp_http_response *response, const mp_watched *who);
/* Ask about everybody who is watched; the streams of those who may not go on have ended when this returns:
 * they hear nothing that is told afterwards. Any thread. To be called when rights have changed, and now and
 * then for what ends by itself. */
void mp_events_check(mp_events *events);
/* Make `response` a stream of the topic from Last-Event-ID on. The client holds a connection, and no thread. */
MP_MUST_CHECK mp_code mp_events_listen(mp_events *events, mp_http_request *request, mp_http_response *response,
                                       mp_str topic, mp_error *err);

#endif
