/* SPDX-License-Identifier: Apache-2.0 */
/* app.h - the platform put together: store, ledger, access, routes. What `mapae serve` runs, and what the commands
 * that work on a data folder open when no server does.
 *
 * The guard (guard.c) stands before every route: session cookie with CSRF token, bearer token, or the local socket say who asks; rbac says whether
 * he may; what was refused, changed or is marked as noted is a leaf before the answer goes out. */
#ifndef MAPAE_APP_H
#define MAPAE_APP_H

#include "access.h"
#include "config.h"
#include "events.h"
#include "http.h"
#include "log.h"

typedef struct mp_app {
    const mp_config *config;
    mp_store        *store;
    mp_ledger       *ledger;
    mp_access       *access;
    mp_events       *events;
    mp_log          *log; /* may be NULL */
    mp_router       *router;
    mp_arena         arena; /* of what lives as long as the app */
} mp_app;

typedef struct mp_app_options {
    const mp_config *config;
    const char      *folder; /* --data */
    const char      *store;  /* --store postgres://...; NULL: what `mapae init` wrote, else SQLite */
    const char      *base_url; /* NULL: from the configuration, else https://HOST:PORT of init */
    mp_log          *log;
    bool             create;
} mp_app_options;

MP_MUST_CHECK mp_code mp_app_open(mp_app **out, const mp_app_options *options, mp_error *err);
void                  mp_app_close(mp_app *app);

/* The tables of routes, of this room and of every system above it; ends with {NULL,0}. */
extern const mp_routes mp_app_routes[];
extern const mp_guard  mp_app_guard;

/* Who asks: never NULL once admitted. */
static inline mp_who *mp_app_who(const mp_http_request *request) { return (mp_who *)request->who; }

/* A change: `fn` within a write of the store, and the leaf of the request with what it changed in the same transaction. A handler that changes something does it through
 * this and nothing else. */
MP_MUST_CHECK mp_code mp_app_write(mp_app *app, mp_http_request *request, mp_http_response *response, mp_tx_fn fn, void *arg, mp_error *err);

#endif
