/* SPDX-License-Identifier: Apache-2.0 */
/* app.h - the platform put together: store, ledger, access, routes. What `mapae serve` runs, and what the commands
 * that work on a data folder open when no server does.
 *
 * The guard (guard.c) stands before every route: session cookie with CSRF token, bearer token, or the local
 * socket say who asks; rbac says whether he may; what was refused, changed or is marked as noted is a leaf
 * before the answer goes out. */
#ifndef MAPAE_APP_H
#define MAPAE_APP_H

#include "access.h"
#include "config.h"
#include "events.h"
#include "http.h"
#include "ledger.h"
#include "log.h"

typedef struct mp_refusals mp_refusals; /* refusals.h */
typedef struct mp_jobs     mp_jobs;     /* jobs.h */
typedef struct mp_openapi  mp_openapi;  /* openapi.h */
typedef struct mp_system   mp_system;   /* system.h */

typedef struct mp_app {
    const mp_config *config;
    mp_store        *store;
    mp_ledger       *ledger;
    mp_access       *access;
    mp_events       *events;
    mp_log          *log; /* may be NULL */
    mp_router       *router;
    mp_arena         arena; /* of what lives as long as the app */
    const char      *base;  /* "https://localhost:8443", without a slash at the end */
    const char      *host;  /* of `mapae init`: what the certificate is for */
    mp_ticks         started_at;
    mp_ticks         hourly_at, stamped_at; /* of mp_app_tick */
    mp_refusals     *refusals;
    mp_openapi      *openapi;
    mp_jobs         *jobs;  /* NULL: nobody asked for them */
    uint64_t         local_uid; /* whose process this is */
    bool             has_jobs;  /* as the options say: threads of its own may work */
    const mp_system *const *systems; /* ends with NULL; NULL: none */
    void           **states;     /* what they hold */
    size_t           open_count; /* of them */
    const mp_kind *const *kinds; /* of the platform and its systems */
    size_t           kind_count;
} mp_app;

typedef struct mp_app_options {
    const mp_config *config;
    const char      *folder; /* --data */
    const char      *store;  /* --store postgres://...; NULL: what `mapae init` wrote, else SQLite */
    unsigned         port;     /* that is listened on; 0: that of the configuration */
    const char      *base_url; /* NULL: from the configuration, else https://HOST:PORT of init */
    mp_log          *log;
    bool             create;
    bool             has_jobs; /* a thread calls mp_app_tick() once a minute: for servers */
    const mp_system *const *systems; /* that stand on the platform; ends with NULL, outlives the app; NULL: none */
} mp_app_options;

MP_MUST_CHECK mp_code mp_app_open(mp_app **out, const mp_app_options *options, mp_error *err);
void                  mp_app_close(mp_app *app); /* NULL is fine */
/* What happens by itself (access.h, prunings, certificate, sums of refusals): every part is tried, what fails
 * is logged, the first failure is given. */
MP_MUST_CHECK mp_code mp_app_tick(mp_app *app, mp_ticks now, mp_error *err);

/* The tables of routes of this room; ends with {NULL,0}. Those of the systems above it: system.h. */
extern const mp_routes mp_app_routes[];
extern const mp_guard  mp_app_guard;

/* What the store keeps: for whoever opens it by itself. */
#define MP_APP_SCHEMAS 2
extern const mp_schema *const mp_app_schemas[MP_APP_SCHEMAS];

/* Every kind of record that it keeps. */
#define MP_APP_KINDS 14
extern const mp_kind *const mp_app_kinds[MP_APP_KINDS];

/* The whole log checked (mp_ledger_verify), read-only and without the routes: whether a server runs or not,
 * and without a leaf that says so. Of the options only configuration, folder, store and systems count. `progress` may
 * be NULL. Fails as mp_store_open(), mp_ledger_open() and mp_ledger_verify() do. */
MP_MUST_CHECK mp_code mp_app_verify(mp_ledger_report *out, const mp_app_options *options,
                                    void (*progress)(void *ctx, uint64_t leaves), void *ctx, mp_error *err);
/* What POST /ledger/verify answers when the log holds; NULL when memory is short. */
const mp_json *mp_app_report(mp_arena *arena, const mp_ledger_report *report);

/* Who asks: never NULL once admitted. */
static inline mp_who *mp_app_who(const mp_http_request *request) { return (mp_who *)request->who; }

/* A change: `fn` within a write of the store, and the leaf of the request with what it changed in the same
 * transaction. A handler that changes something does it through this and nothing else. */
MP_MUST_CHECK mp_code mp_app_write(mp_app *app, mp_http_request *request, mp_http_response *response, mp_tx_fn fn,
                                   void *arg, mp_error *err);

#endif
