/* SPDX-License-Identifier: Apache-2.0 */
/* guard.h - what the guard knows of a request, for handlers whose scope stands in a body or in a record.
 * Private to api.
 *
 * A route's scope may hold {names} of its path, and {?names} of its query (absent: "/"). A scope that begins
 * with "{" and names neither, as "{body.scope}", says that only the handler can know it: until it has called
 * mp_app_require(), nothing can be written and nothing is answered. */
#ifndef MAPAE_API_GUARD_H
#define MAPAE_API_GUARD_H

#include "app.h"
#include "token.h"

/* What somebody was let in for: an action on a scope, or (no action) to do it to a principal, or to all (empty). */
typedef struct mp_granted {
    const struct mp_granted *before;
    mp_str                   action, on;
} mp_granted;

typedef struct mp_guarded {
    mp_who         who;     /* first: request->who points at it */
    const mp_app  *app;     /* whose guard it is, for faces; NULL when a request was never admitted */
    mp_str         scope;   /* what was asked about */
    mp_str         action;
    mp_token_fault fault;   /* of a token that was shown */
    bool           has_shown; /* a token or cookie, good or not */
    bool           is_open;   /* the handler has still to say on what scope */
    bool           is_lacking; /* refused for want of the action on the scope */
    /* what a change is about, for the leaf, where the route's path does not say; without personal data */
    mp_str         on;
    unsigned       retry_seconds; /* how long a handler's MP_BUSY lasts */
    const mp_granted *granted; /* of changes: asked once more within the write; the last one first */
} mp_guarded;

static inline mp_guarded *mp_guarded_of(const mp_http_request *request) { return (mp_guarded *)request->who; }

/* Who shows what: local, token, cookie, nothing. Fails with MP_CREDENTIALS when what is shown is no good. */
MP_MUST_CHECK mp_code mp_guard_identify(mp_guarded *g, mp_app *app, mp_http_request *request, mp_ticks now,
                                        mp_error *err);

/* What he showed: a token, else the cookie of a session, else nothing. */
mp_str mp_guard_shown(const mp_http_request *request);

/* May who asks do the route's action (or `action`, unless NULL) on `scope`? Fails with MP_DENIED. From any
 * thread, also within a write. */
MP_MUST_CHECK mp_code mp_app_require(mp_app *app, mp_http_request *request, const char *action, mp_str scope,
                                     mp_error *err);
/* As mp_app_require() does when the route's action is not allowed on `scope`: for what he may not do elsewhere, where that
 * there is such a place is nothing he may learn. */
mp_code mp_app_refuse(const mp_http_request *request, mp_str scope, mp_error *err);
/* He was let in for this (mp_granted). */
MP_MUST_CHECK mp_code mp_guard_note(mp_http_request *request, mp_str action, mp_str on, mp_error *err);
/* Within the write, before it: may who asks still do all that he was let in for? Fails with MP_DENIED. */
MP_MUST_CHECK mp_code mp_guard_still(mp_app *app, mp_http_request *request, mp_error *err);
/* Like mp_app_require() without a refusal: for lists that show what may be seen. */
bool mp_app_may(mp_app *app, const mp_http_request *request, const char *action, mp_str scope);
/* From where, what, who: for functions that write their leaf themselves (sign_in.h). */
#define MP_ASKED(request_) \
    (&(mp_asked){ .from = (request_)->client, .request = mp_str_of((request_)->id, 36), \
                  .agent = mp_http_header((request_), MP_S("User-Agent")) })

#endif
