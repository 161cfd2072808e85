/* SPDX-License-Identifier: Apache-2.0 */
/* listener.h - the side of events.h that a server reads: one client that listens to one topic. */
#ifndef MAPAE_HTTP_LISTENER_H
#define MAPAE_HTTP_LISTENER_H

#include "events.h"

typedef struct mp_listener mp_listener;

/* How the server lets the client's connection sleep and wakes it. `pause` and `wake` are called in turn,
 * pause first, and never both at once; `wake` on any thread. They must not call back. */
typedef struct mp_listener_hooks {
    void (*pause)(void *ctx);
    void (*wake)(void *ctx);
    void *ctx;
} mp_listener_hooks;

/* Of an answer that mp_events_listen() made: before the first byte is read. Without hooks it ends with what
 * is there. */
void mp_listener_hook(mp_listener *listener, const mp_listener_hooks *hooks);
/* Something for the client to see, so that a dead connection is noticed: a comment. */
void mp_listener_beat(mp_listener *listener);
/* Ends the stream. */
void mp_listener_close(mp_listener *listener);

#endif
