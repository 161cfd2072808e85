/* SPDX-License-Identifier: Apache-2.0 */
/* events.h - server-sent events (WHATWG HTML, section 9.2): who listens, and what is told.
 *
 * A topic is a name. The last events of each are kept, so that a client that comes back with Last-Event-ID misses nothing that is not
 * too old. Publishing never waits for a client: one that reads too slowly is cut off and comes back. */
#ifndef MAPAE_HTTP_EVENTS_H
#define MAPAE_HTTP_EVENTS_H

#include "http.h"

typedef struct mp_events mp_events;
MP_MUST_CHECK mp_code mp_events_new(mp_events **out, mp_error *err);
void                  mp_events_free(mp_events *events);
/* Tell every listener of `topic`. Any thread. `type` and `json` are copied. */
MP_MUST_CHECK mp_code mp_events_publish(mp_events *events, mp_str topic, mp_str type, const mp_json *json, mp_error *err);
/* Make `response` a stream of the topic from Last-Event-ID on. The client holds a connection, and no thread. */
MP_MUST_CHECK mp_code mp_events_listen(mp_events *events, mp_http_request *request, mp_http_response *response, mp_str topic, mp_error *err);

#endif
