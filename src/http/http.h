/* SPDX-License-Identifier: Apache-2.0 */
/* http.h - requests, answers, routes: what a handler sees. It knows no sockets; server.h brings requests.
 *
 * A route is a row of a const table. Around its handler stands the guard (const functions of the room above):
 * it says who asks, whether he may, and writes the leaf; no handler does any of that. A handler reads the
 * request, fills the answer and returns MP_OK, or fails like any function of ours: the route's face turns the
 * error into an answer (problem+json, RFC 9457, or what clients of that face want).
 *
 * A request and all it holds live in its arena until the answer is sent. Handlers run on any thread of a
 * pool, several at once. */
#ifndef MAPAE_HTTP_H
#define MAPAE_HTTP_H

#include "buf.h"
#include "clock.h"
#include "messages.h"
#include "schema.h"

typedef enum mp_method {
    MP_GET,
    MP_HEAD, /* answered by the GET route without its body */
    MP_POST,
    MP_PUT,
    MP_PATCH,
    MP_DELETE,
    MP_OPTIONS,
    MP_OTHER, /* any other that somebody asks with: no route has it, so where there is a path the answer is 405 */
    MP_METHOD_COUNT
} mp_method;

typedef struct mp_route    mp_route;
typedef struct mp_http_request  mp_http_request;
typedef struct mp_http_response mp_http_response;

typedef mp_code (*mp_handler)(void *app, mp_http_request *request, mp_http_response *response, mp_error *err);

typedef struct mp_pair {
    mp_str name, value;
} mp_pair;

#define MP_PARAMS_MAX 12

struct mp_http_request {
    mp_method       method;
    mp_str          target;  /* path and query as they came */
    /* percent-decoded per segment, slashes folded, no slash at the end; "/" alone is the root */
    mp_str          path;
    const mp_pair  *query;   /* decoded */
    size_t          query_count;
    const mp_pair  *headers;
    size_t          header_count;
    mp_str          body;    /* bytes; empty while the route streams (see mp_route.stream) */
    const mp_json  *json;    /* of a body of JSON that has the route's shape; NULL without one */
    const mp_route *route;
    /* of the {names} in the route's path, in order; "{name...}" takes the rest */
    mp_str          params[MP_PARAMS_MAX];
    mp_str          client;  /* address, as text: of the peer, or what a trusted proxy says */
    bool            is_local; /* came over the socket of the installation's own user, or from within the process */
    bool            is_secure; /* TLS, and before a trusted proxy too as far as it says */
    char            id[37];  /* a GUID of ours, in the answer and in the leaf */
    mp_ticks        started;
    /* a handler found what If-Match wants: a conflict is another one then, 409 and not 412 */
    bool            is_as_expected;
    mp_lang         lang;    /* from Accept-Language; Korean and English are known */
    mp_arena       *arena;
    void           *who;     /* the guard's: who asks */
    void           *stream;  /* the route's: while its body streams in, or from `ask` to the end */
};

/* Unfolded lookups: names without ASCII case. Empty when absent; `mp_http_has_query` tells. */
mp_str mp_http_header(const mp_http_request *request, mp_str name);
mp_str mp_http_query(const mp_http_request *request, mp_str name);
bool   mp_http_has_query(const mp_http_request *request, mp_str name);
mp_str mp_http_param(const mp_http_request *request, const char *name); /* of the route's path */
mp_str mp_http_cookie(const mp_http_request *request, mp_str name);
/* The path for what is kept, such as logs: the route's own, with those of its {names} that can name nobody
 * (GUIDs, hashes, numbers of few digits, fixed words); the others stand as "{id}". With `has_names` also what
 * "{name}" is called: for things that are there. "/" where no route is; {NULL,0} when memory is short. */
mp_str mp_http_path_shown(const mp_http_request *request, bool has_names);
bool   mp_http_param_is_shown(mp_str name, mp_str value, bool has_names);
bool   mp_http_is_plain(mp_str s);
/* If-Match and If-None-Match against versions: *expected is a version, MP_ANY_VERSION (-1) without the
 * header, 0 for `If-None-Match: *`. Fails with MP_PARAMETER. */
MP_MUST_CHECK mp_code mp_http_expected(int64_t *expected, const mp_http_request *request, mp_error *err);

#define MP_RESPONSE_HEADERS 24

struct mp_http_response {
    unsigned    status;       /* 200 beforehand */
    const char *content_type; /* NULL: none; "application/json" when mp_respond_json is used */
    mp_str      body;         /* in the request's arena, or static */
    mp_pair     headers[MP_RESPONSE_HEADERS];
    size_t      header_count;
    /* A body that is made while it is sent: gives at most `max` bytes at *into, 0 at the end; -1 breaks the
     * connection. */
    int64_t (*more)(void *ctx, uint64_t at, char *into, size_t max);
    void (*done)(void *ctx); /* after the last byte, or when the client went; may be NULL */
    void       *ctx;
    const char *events;      /* not NULL: stay open and send this topic's events (events.h) */
    bool        is_noted;    /* the leaf of this request is written already */
};

/* Add a header, or replace the one of that name (Set-Cookie is always added); both texts live as long as the
 * request. A value with control characters is not sent: nobody can write a header that is not his. Too many
 * are an assert. */
void mp_respond_header(mp_http_response *response, mp_str name, mp_str value);
/* Status, type, body. NULL `v` fails with MP_NOMEM. */
MP_MUST_CHECK mp_code mp_respond_json(mp_http_request *request, mp_http_response *response, unsigned status,
                                      const mp_json *v, mp_error *err);
/* ETag: "VERSION"; and 304 without a body when If-None-Match names it (true: nothing more to do). */
bool mp_respond_etag(mp_http_request *request, mp_http_response *response, int64_t version);

/* How a face says what went wrong, and what stands on all of its answers. */
typedef struct mp_face {
    const char *name;
    /* Fill `response` for an error; its status is set already and may be changed. `pointer`: of the value at
     * fault in the body, or empty. `request->route` is NULL when there is no such route. Retry-After, Allow
     * and WWW-Authenticate are added where they are wanted and missing. */
    void (*fail)(mp_http_request *request, mp_http_response *response, const mp_error *err, mp_str pointer);
    void (*finish)(mp_http_request *request, mp_http_response *response); /* headers of every answer; may be NULL */
} mp_face;
extern const mp_face mp_face_problem; /* RFC 9457, application/problem+json, in the reader's language */
/* MP_DENIED: 403, MP_MISSING: 404, MP_BUSY: 429, ... MP_CONFLICT is 409, and 412 when the request had
 * If-Match or If-None-Match. */
unsigned mp_http_status_of(mp_code code);

typedef struct mp_param {
    const char *name; /* of the query or of the path */
    mp_type     type;
    const char *doc;
    const char *const *values;
    int64_t     min, max;
    bool        is_required;
} mp_param;

typedef enum mp_rate {
    MP_RATE_USUAL,
    MP_RATE_SIGN_IN, /* few: something may be guessed */
    MP_RATE_HEAVY,   /* few at once: costs much memory or time */
    MP_RATE_FREE,    /* health, static files: only the connection's limits */
} mp_rate;

struct mp_route {
    mp_method        method;
    const char      *path;    /* "/api/v1/users/{id}"; literal parts are compared without ASCII case */
    const char      *action;  /* what the guard asks: "Mapae.Access/users/write"; or MP_ANYONE, MP_SIGNED_IN */
    mp_handler       handler;
    const char      *scope;   /* on what: a path with {names}; NULL: the installation, "/" */
    const char      *summary; /* id of a message, for OpenAPI and the reference */
    const char      *tag;     /* where it stands in the reference: "users" */
    const mp_param  *params;  /* of the query */
    size_t           param_count;
    const mp_json_shape  *body;    /* of the request; NULL: none is read */
    const mp_json_shape  *answer;
    size_t           body_max; /* bytes; 0: 1 MiB */
    unsigned         status;   /* of success; 0: 200 */
    mp_rate          rate;
    const mp_face   *face;     /* NULL: mp_face_problem */
    /* A body that is not kept in memory: called with each piece, then once with an empty one, then the handler. */
    mp_code (*stream)(void *app, mp_http_request *request, mp_str piece, mp_error *err);
    void (*stream_end)(void *app, mp_http_request *request); /* in any case, after the handler or instead of it */
    /* What the guard is to ask depends on the path (of ARM: on the type of what is asked for): the action and the
     * scope, in the request's arena. The row's own action then names them all, for documents. Called when the route
     * is known and who asks is; fails with MP_MISSING, MP_PARAMETER, ... */
    mp_code (*ask)(void *app, mp_http_request *request, mp_str *action, mp_str *scope, mp_error *err);
    bool             is_raw;    /* the body is kept as the bytes that came, of any media type: the handler reads it */
    bool             is_quick;  /* never waits: may run on the thread of the socket */
    bool             is_noted;  /* a leaf is written also for reading; changes and refusals always are */
    bool             is_form;   /* application/x-www-form-urlencoded becomes an object of strings in `json` */
    /* names in the query that `params` has not are ignored; else they are refused: a misspelled filter
     * must not list all */
    bool             is_open_query;
};

/* A row of a table of routes. An action is wanted: without one, or with "", it does not compile. */
#define MP_ROUTE(method_, path_, action_, handler_, ...)                                                 \
    { .method = (method_), .path = (path_), .action = &("" action_)[0 / (sizeof("" action_) > 1)],        \
      .handler = (handler_), __VA_ARGS__ }
#define MP_ANYONE "anyone"       /* without signing in: discovery, health, sign-in itself */
#define MP_SIGNED_IN "signed-in" /* whoever it is: his own sessions, his own password */

typedef struct mp_routes {
    const mp_route *routes;
    size_t          count;
} mp_routes;

/* Around every handler. Functions run on the handler's thread. */
typedef struct mp_guard {
    /* Who is it, and may he? Sets request->who. Fails with MP_CREDENTIALS, MP_DENIED, MP_BUSY (rate;
     * *retry_seconds). Before it the route is known, the body not read. */
    mp_code (*admit)(void *app, mp_http_request *request, unsigned *retry_seconds, mp_error *err);
    /* An identity for rates and logs: object id, or empty. */
    mp_str (*identity)(void *app, const mp_http_request *request);
    /* The answer stands and is not sent yet: write the leaf if none is written. When that fails, the answer
     * becomes this failure. `ended` is how it ended (code MP_OK: well). Called once for each request that is
     * answered, also when `admit` said no or was never asked: then `who` is NULL, and `route` too when there
     * is none for this path and method, or the head is no good. Not called for what the server has to refuse
     * at once, since too many requests wait already, nor for the OPTIONS that it answers itself. */
    mp_code (*settle)(void *app, mp_http_request *request, mp_http_response *response, const mp_error *ended,
                      mp_error *err);
} mp_guard;

typedef struct mp_router mp_router; /* compiled tables; never changes */
/* `tables` ends with {NULL,0}. Fails with MP_INTERNAL when two routes are one, or a path, an action or the
 * guard is wrong; with MP_NOMEM. */
MP_MUST_CHECK mp_code mp_router_new(mp_router **out, const mp_routes *tables, const mp_guard *guard, void *app,
                                    mp_error *err);
void                  mp_router_free(mp_router *router);
/* Find the route (sets request->route, params, path). Fails with MP_MISSING, or MP_UNSUPPORTED (another
 * method: 405; *allowed is the Allow header). */
MP_MUST_CHECK mp_code mp_router_match(mp_str *allowed, const mp_router *router, mp_http_request *request,
                                      mp_error *err);
/* All of it: match, admit, read the body, handle, settle, fail. Never fails itself: `response` is always an
 * answer. For requests from within the process, for tests; the server takes the same steps one by one
 * (exchange.h). The caller gives method, target, headers, body, client, is_local, is_secure and arena,
 * everything else zero; `response` is overwritten. An answer with `more` is his to read, and `done` his to
 * call. */
void mp_router_answer(const mp_router *router, mp_http_request *request, mp_http_response *response);
const mp_route *mp_router_at(const mp_router *router, size_t index); /* NULL from the end on: for OpenAPI, tests */

#endif
