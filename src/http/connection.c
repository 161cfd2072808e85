/* SPDX-License-Identifier: Apache-2.0 */
#include "connection.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "exchange.h"
#include "framing.h"
#include "handshake.h"
#include "map.h"
#include "metrics.h"
#include "respond.h"

/* A call is one request on one connection. libmicrohttpd calls us with the request line, with the head, with pieces
 * of the body, with its end; what may wait (guard, handler, a route's stream, an answer made while it is sent) is a
 * job for a worker, and the connection sleeps meanwhile. So at any time either the thread of the socket or one worker
 * has the call, and it needs no lock. */

#define PIECE_BYTES 65536    /* handed to a worker at once */
#define PATIENCE_BYTES 65536 /* of a body that is refused and read all the same, so that the client sees why */

typedef enum call_state {
    CALL_NEW,
    CALL_ADMITTED, /* the body may come */
    CALL_BODY,
    CALL_READY,    /* the answer stands */
    CALL_SENDING,
} call_state;

struct call {
    mp_job                 job;
    struct mp_server      *server;
    struct MHD_Connection *connection;
    mp_peer               *peer;
    mp_arena               arena;
    mp_http_request        request;
    mp_http_response       response;
    mp_exchange            x;
    mp_framing             framing;
    mp_head_layout         layout;
    mp_pair               *headers; /* those of the request */
    call_state             state;
    bool                   must_close, is_plain, is_paused, has_body_begun, is_body_read;
    char                  *piece; /* of a body on its way to the route's stream, or of an answer on its way out */
    size_t                 piece_len, piece_at;
    uint64_t               discarded, sent;
    int64_t                filled; /* what `more` said last */
    char                   client[MP_ADDRESS_TEXT];
    mp_str                 who;
};

/* ---- coming and going ---- */

enum MHD_Result mp_connection_accept(void *cls, const struct sockaddr *from, socklen_t len)
{
    struct mp_server *server = cls;
    mp_address        address;
    (void)len;
    if (atomic_load(&server->is_stopping))
        return MHD_NO;
    if (!mp_address_of(&address, from))
        return MHD_YES;
    return mp_peers_may_come(server->peers, &address, mp_networks_have(&server->trusted, &address)) ? MHD_YES : MHD_NO;
}

static bool is_own_user(int fd)
{
    struct ucred who;
    socklen_t    size = sizeof who;
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) == 0 && (who.uid == geteuid() || who.uid == 0);
}

void mp_connection_notify(void *cls, struct MHD_Connection *connection, void **socket_context,
                          enum MHD_ConnectionNotificationCode code)
{
    struct mp_server *server = cls;
    if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
        if (*socket_context)
            mp_peers_remove(*socket_context);
        *socket_context = NULL;
        return;
    }
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    int                             fd = info ? info->connect_fd : -1;
    info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    mp_address address = { { 0 } };
    bool       is_network = info && info->client_addr && mp_address_of(&address, info->client_addr);
    bool       is_exempt = is_network && mp_networks_have(&server->trusted, &address);
    /* Without a peer (no memory, or somebody else's process on our socket) nobody would watch it. */
    if (is_network || is_own_user(fd))
        *socket_context = mp_peers_add(server->peers, fd, &address, !is_network, is_exempt);
    mp_handshake_watch(connection);
    if (*socket_context)
        ((mp_peer *)*socket_context)->server = server;
    else if (fd >= 0)
        shutdown(fd, SHUT_RDWR);
}

static mp_peer *peer_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

int mp_connection_certificate(gnutls_session_t session, const gnutls_datum_t *names, int name_count,
                              const gnutls_pk_algorithm_t *algorithms, int algorithm_count,
                              gnutls_pcert_st **certificates, unsigned *count, gnutls_privkey_t *key)
{
    struct MHD_Connection *connection = gnutls_session_get_ptr(session);
    mp_peer               *peer = connection ? peer_of(connection) : NULL;
    (void)names;
    (void)name_count;
    (void)algorithms;
    (void)algorithm_count;
    if (!peer)
        return -1;
    mp_tls_pair pair = mp_tls_current(((struct mp_server *)peer->server)->tls);
    *certificates = (gnutls_pcert_st *)(uintptr_t)pair.certificates;
    *count = pair.count;
    *key = pair.key;
    return 0;
}

void *mp_connection_line(void *cls, const char *target, struct MHD_Connection *connection)
{
    mp_peer     *peer = peer_of(connection);
    struct call *call = peer ? calloc(1, sizeof(*call)) : NULL;
    if (!call)
        return NULL;
    call->server = cls;
    call->connection = connection;
    call->peer = peer;
    call->request.arena = &call->arena;
    call->layout.target = target;
    call->layout.target_len = strlen(target);
    call->request.target = mp_arena_dup(&call->arena, mp_str_from(target));
    mp_peer_enter(peer, MP_PEER_HEAD);
    mp_metric_add(MP_METRIC_REQUESTS_ACTIVE, 1);
    return call;
}

/* ---- jobs ---- */

/* The answer stands, whether good or bad. */
static void conclude(struct call *call, mp_code code)
{
    const mp_guard *guard = &call->server->router->guard;
    if (code == MP_OK)
        call->x.ended.code = MP_OK;
    mp_exchange_end(&call->x);
    call->who = guard->identity(call->server->router->app, &call->request);
    call->state = CALL_READY;
}

/* On the thread of the sockets, where the guard must not write a leaf. */
static void conclude_unsettled(struct call *call, mp_code code)
{
    call->x.is_unsettled = true;
    conclude(call, code);
}

static uint64_t key_of(mp_str identity)
{
    return mp_hash(identity) * UINT64_C(0x9E3779B97F4A7C15);
}

static mp_code check_identity_rate(struct call *call)
{
    const struct mp_server *server = call->server;
    mp_rate_limit           limit = { server->options.rate_identity, 10.0 * server->options.rate_identity };
    mp_str                  identity = server->router->guard.identity(server->router->app, &call->request);
    if (identity.len == 0 || call->request.is_local || call->request.route->rate == MP_RATE_FREE)
        return MP_OK;
    call->x.retry_seconds = mp_rates_take(server->rates, key_of(identity), limit, mp_now_ms());
    if (call->x.retry_seconds == 0)
        return MP_OK;
    mp_metric_add(MP_METRIC_REQUESTS_LIMITED, 1);
    return mp_fail(&call->x.ended, MP_BUSY, MP_NOWHERE, "too many requests; try again in %u s", call->x.retry_seconds);
}

static mp_code admit(struct call *call)
{
    MP_TRY(mp_exchange_admit(&call->x, call->framing.length));
    return check_identity_rate(call);
}

static mp_code give_piece(struct call *call)
{
    mp_str piece = mp_str_of(call->piece, call->piece_len);
    call->piece_len = 0;
    return mp_exchange_piece(&call->x, piece);
}

static mp_code handle(struct call *call)
{
    MP_TRY(give_piece(call));
    return mp_exchange_handle(&call->x);
}

static struct call *call_of(mp_job *job)
{
    return (struct call *)(void *)((char *)job - offsetof(struct call, job));
}

/* The guard; and all the rest, when there is no body to wait for. */
static void admit_now(struct call *call)
{
    mp_code code = admit(call);
    if (code == MP_OK && call->framing.length != 0)
        call->state = CALL_ADMITTED;
    else
        conclude(call, code == MP_OK ? mp_exchange_handle(&call->x) : code);
}

static void run_admit(mp_job *job)
{
    struct call *call = call_of(job);
    admit_now(call);
    MHD_resume_connection(call->connection);
}

/* Of what fails here nothing more is wanted: the answer stands, even though the client may never come to read it. */
static void run_piece(mp_job *job)
{
    struct call *call = call_of(job);
    mp_code      code = give_piece(call);
    if (code != MP_OK)
        conclude(call, code);
    MHD_resume_connection(call->connection);
}

/* A head that the guard is not asked about, or a body that is too long: only the answer is missing, and what the
 * guard notes of it. */
static void run_conclude(mp_job *job)
{
    struct call *call = call_of(job);
    conclude(call, call->x.ended.code);
    MHD_resume_connection(call->connection);
}

static void handle_now(struct call *call)
{
    conclude(call, handle(call));
}

static void run_handle(mp_job *job)
{
    struct call *call = call_of(job);
    handle_now(call);
    MHD_resume_connection(call->connection);
}

/* More of an answer that is made while it is sent. */
static void run_fill(mp_job *job)
{
    struct call *call = call_of(job);
    call->filled = call->response.more(call->response.ctx, call->sent, call->piece, PIECE_BYTES);
    call->piece_len = call->filled > 0 ? (size_t)call->filled : 0;
    call->piece_at = 0;
    MHD_resume_connection(call->connection);
}

/* The connection sleeps until the job is done. False: nobody takes it, and the connection is awake. */
static bool dispatch(struct call *call, void (*run)(mp_job *job), bool is_heavy, bool must)
{
    call->job = (mp_job){ .run = run, .is_heavy = is_heavy };
    MHD_suspend_connection(call->connection);
    if (mp_workers_push(call->server->workers, &call->job, must))
        return true;
    MHD_resume_connection(call->connection);
    return false;
}

/* A job that brings the answer; when nobody takes it, that is the answer. We are called again in both cases. */
static enum MHD_Result dispatch_or_refuse(struct call *call, void (*run)(mp_job *job), bool is_heavy, bool must)
{
    if (dispatch(call, run, is_heavy, must))
        return MHD_YES;
    mp_metric_add(MP_METRIC_QUEUE_FULL, 1);
    mp_log_write(call->server->log, MP_LOG_WARNING, "worker-queue-full",
                 (mp_log_field[]){ MP_LOG_NUMBER("waiting", mp_workers_waiting(call->server->workers)) }, 1);
    conclude_unsettled(
        call, mp_exchange_fail(&call->x, 503,
                               mp_fail(&call->x.ended, MP_BUSY, MP_NOWHERE, "too many requests wait; try again")));
    return MHD_YES;
}

/* The first half of the queue is for these; the second is for requests that are worth something. A client whom the
 * limits hold back must not be able to fill it with his refusals; they stand in the log in any case. */
static bool dispatch_refusal(struct call *call)
{
    return mp_workers_waiting(call->server->workers) < call->server->waiting_max / 2 &&
           dispatch(call, run_conclude, false, false);
}

/* ---- the head ---- */

struct gather {
    struct call *call;
    mp_pair     *pairs;
    size_t       count, max;
};

static enum MHD_Result gather_header(void *cls, enum MHD_ValueKind kind, const char *name, size_t name_len,
                                     const char *value, size_t value_len)
{
    struct gather *g = cls;
    (void)kind;
    if (g->count < g->max)
        g->pairs[g->count++] = (mp_pair){ mp_str_of(name, name_len), mp_str_of(value ? value : "", value ? value_len : 0) };
    return MHD_YES;
}

static bool is_plain(struct call *call, const mp_pair *headers, size_t count)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(call->connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    if (!call->server->knows_layout)
        return true;
    call->layout.head_len = info ? info->header_size : 0;
    return mp_framing_is_plain(&call->layout, headers, count);
}

static mp_code gather_headers(struct call *call)
{
    int           count = MHD_get_connection_values_n(call->connection, MHD_HEADER_KIND, NULL, NULL);
    struct gather g = { .call = call, .max = count > 0 ? (size_t)count : 0 };
    g.pairs = MP_ARENA_ARRAY(&call->arena, mp_pair, g.max + 1);
    if (!g.pairs || !call->request.target.ptr)
        return mp_no_memory(&call->x.ended);
    MHD_get_connection_values_n(call->connection, MHD_HEADER_KIND, gather_header, &g);
    call->is_plain = is_plain(call, g.pairs, g.count);
    call->headers = g.pairs;
    call->request.headers = g.pairs;
    call->request.header_count = g.count;
    return MP_OK;
}

static mp_str last_header(const mp_http_request *request, mp_str name)
{
    mp_str value = MP_S("");
    for (size_t i = 0; i < request->header_count; i++)
        if (mp_str_eq_fold(request->headers[i].name, name))
            value = request->headers[i].value;
    return value;
}

static bool says_https_only(mp_str list)
{
    while (list.len) {
        size_t comma = mp_str_find(list, ',');
        mp_str item = mp_str_of(list.ptr, comma == SIZE_MAX ? list.len : comma);
        if (!mp_str_eq_fold(mp_str_trim(item), MP_S("https")))
            return false;
        list = comma == SIZE_MAX ? MP_S("") : mp_str_skip(list, comma + 1);
    }
    return true;
}

/* TLS all the way. A proxy that is trusted says how its own client came; nobody else is asked, and what nobody says is as
 * the connection is. */
static bool is_secure(const struct call *call)
{
    const mp_http_request *request = &call->request;
    bool is_proxy = mp_networks_have(&call->server->trusted, &call->peer->address);
    if (!call->server->tls || call->peer->is_local)
        return false;
    for (size_t i = 0; is_proxy && i < request->header_count; i++)
        if (mp_str_eq_fold(request->headers[i].name, MP_S("x-forwarded-proto")) &&
            !says_https_only(request->headers[i].value))
            return false;
    return true;
}

static mp_address client_of(struct call *call)
{
    mp_http_request *request = &call->request;
    const mp_peer   *peer = call->peer;
    mp_address       client = peer->address;
    request->is_local = peer->is_local;
    request->is_secure = is_secure(call);
    if (peer->is_local) {
        request->client = MP_S("local");
        return client;
    }
    client = mp_address_forwarded(&call->server->trusted, &peer->address, last_header(request, MP_S("x-forwarded-for")));
    mp_address_text(call->client, &client);
    request->client = mp_str_from(call->client);
    return client;
}

static mp_code check_client_rate(struct call *call, const mp_address *client)
{
    const mp_server_options *options = &call->server->options;
    const mp_route          *route = call->request.route;
    mp_rate                  rate = route ? route->rate : MP_RATE_USUAL;
    uint64_t                 key = mp_address_key(client);
    mp_rate_limit            limit = { options->rate_client, 10.0 * options->rate_client };
    if (rate == MP_RATE_FREE || call->request.is_local)
        return MP_OK;
    if (rate == MP_RATE_SIGN_IN) {
        key = ~key;
        limit = (mp_rate_limit){ options->rate_sign_in / 60.0, options->rate_sign_in };
    }
    call->x.retry_seconds = mp_rates_take(call->server->rates, key, limit, mp_now_ms());
    if (call->x.retry_seconds == 0)
        return MP_OK;
    mp_metric_add(MP_METRIC_REQUESTS_LIMITED, 1);
    mp_fail(&call->x.ended, MP_BUSY, MP_NOWHERE, "too many requests; try again in %u s", call->x.retry_seconds);
    return mp_exchange_fail(&call->x, 429, MP_BUSY);
}

/* One that we do not know is no fault of ours to tell (501): the path says what it takes, as for those that we know
 * (405). */
static void find_method(struct call *call, const char *method)
{
    call->request.method = MP_OTHER;
    for (unsigned m = 0; m < MP_OTHER; m++)
        if (strcmp(mp_method_names[m], method) == 0)
            call->request.method = (mp_method)m;
    call->must_close = call->must_close || call->request.method == MP_OTHER;
}

static mp_code check_framing(struct call *call, const char *version)
{
    unsigned status;
    mp_code  code = mp_framing_check(&call->framing, &status, &call->request, mp_str_from(version), &call->x.ended);
    if (code == MP_OK && call->is_plain) {
        for (size_t i = 0; i < call->request.header_count; i++)
            call->headers[i].value = mp_str_trim(call->headers[i].value);
        return code;
    }
    if (code == MP_OK) {
        status = 400;
        code = mp_fail(&call->x.ended, MP_SYNTAX, MP_NOWHERE,
                       "the head is not written as RFC 9112 wants it: folded lines, newlines alone, "
                       "more blanks than one, NUL, or a header without a name");
    }
    mp_metric_add(MP_METRIC_REQUESTS_MALFORMED, 1);
    call->must_close = true;
    return mp_exchange_fail(&call->x, status, code);
}

static mp_code read_head(struct call *call, const char *method, const char *version)
{
    call->layout.method = method;
    call->layout.version = version;
    mp_code gathered = gather_headers(call);
    mp_exchange_begin(&call->x, call->server->router, &call->request, &call->response);
    mp_address client = client_of(call);
    if (gathered != MP_OK)
        return mp_fail(&call->x.ended, gathered, MP_NOWHERE, "no memory for a request");
    MP_TRY(check_framing(call, version));
    find_method(call, method);
    mp_code code = mp_exchange_head(&call->x);
    mp_code limited = check_client_rate(call, &client);
    return limited != MP_OK ? limited : code;
}

/* ---- the answer ---- */

static void pause_call(void *ctx)
{
    struct call *call = ctx;
    call->is_paused = true;
    MHD_suspend_connection(call->connection);
}

static void wake_call(void *ctx)
{
    struct call *call = ctx;
    MHD_resume_connection(call->connection);
}

static ssize_t read_events(struct call *call, char *into, size_t max)
{
    call->is_paused = false;
    int64_t n = call->response.more(call->response.ctx, call->sent, into, max);
    if (n > 0)
        call->sent += (uint64_t)n;
    else if (!call->is_paused)
        n = MHD_CONTENT_READER_END_OF_STREAM;
    return (ssize_t)n;
}

static ssize_t read_more(void *cls, uint64_t at, char *into, size_t max)
{
    struct call *call = cls;
    (void)at;
    mp_handshake_moves();
    if (call->response.events)
        return read_events(call, into, max);
    if (call->piece_at == call->piece_len) {
        if (call->filled <= 0)
            return call->filled == 0 ? MHD_CONTENT_READER_END_OF_STREAM : MHD_CONTENT_READER_END_WITH_ERROR;
        return dispatch(call, run_fill, false, true) ? 0 : MHD_CONTENT_READER_END_WITH_ERROR;
    }
    size_t n = call->piece_len - call->piece_at < max ? call->piece_len - call->piece_at : max;
    memcpy(into, call->piece + call->piece_at, n);
    call->piece_at += n;
    call->sent += n;
    mp_peer_moved(call->peer, n);
    return (ssize_t)n;
}

static struct MHD_Response *make_response(struct call *call)
{
    mp_http_response *response = &call->response;
    if (!response->more) {
        call->sent = response->body.len;
        return MHD_create_response_from_buffer(response->body.len,
                                               (void *)(uintptr_t)(response->body.len ? response->body.ptr : ""),
                                               MHD_RESPMEM_PERSISTENT);
    }
    if (response->events) {
        mp_listener_hook(response->ctx, &(mp_listener_hooks){ pause_call, wake_call, call });
        mp_peer_listens(call->peer, response->ctx);
        if (atomic_load(&call->server->is_stopping))
            mp_listener_close(response->ctx);
    } else {
        free(call->piece);
        call->piece = malloc(PIECE_BYTES);
        call->piece_at = call->piece_len = 0;
        call->filled = 1; /* there may be something: ask */
        if (!call->piece)
            return NULL;
    }
    return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, PIECE_BYTES, read_more, call, NULL);
}

static void add_header(struct MHD_Response *made, mp_arena *arena, mp_str name, mp_str value)
{
    mp_str n = mp_arena_dup(arena, name), v = mp_arena_dup(arena, value);
    if (n.ptr && v.ptr)
        MHD_add_response_header(made, n.ptr, v.ptr);
}

static enum MHD_Result answer(struct call *call)
{
    const mp_http_response *response = &call->response;
    struct MHD_Response    *made = make_response(call);
    if (!made)
        return MHD_NO;
    if (response->content_type)
        add_header(made, &call->arena, MP_S("Content-Type"), mp_str_from(response->content_type));
    for (size_t i = 0; i < response->header_count; i++)
        add_header(made, &call->arena, response->headers[i].name, response->headers[i].value);
    if (call->server->options.hsts && call->request.is_secure)
        add_header(made, &call->arena, MP_S("Strict-Transport-Security"), MP_S("max-age=31536000; includeSubDomains"));
    if (call->must_close || atomic_load(&call->server->is_stopping))
        add_header(made, &call->arena, MP_S("Connection"), MP_S("close"));
    mp_peer_enter(call->peer, response->events ? MP_PEER_LISTENING : MP_PEER_SENDING);
    call->state = CALL_SENDING;
    enum MHD_Result queued = MHD_queue_response(call->connection, response->status, made);
    MHD_destroy_response(made);
    return queued;
}

/* Refused before the body was read. A short body is read all the same, else the client may never see the answer for
 * the reset that follows; a long one is not. (libmicrohttpd closes the connection when the answer comes before the
 * end of the request.) */
static enum MHD_Result refuse(struct call *call)
{
    int64_t length = call->framing.length;
    bool    is_patient = length >= 0 && length <= PATIENCE_BYTES && !call->framing.expects_100;
    if (call->is_body_read || call->must_close)
        return answer(call);
    if (is_patient) {
        call->is_body_read = true; /* when we are called next */
        return MHD_YES;
    }
    call->must_close = true;
    call->peer->is_cut = true;
    return answer(call);
}

/* ---- the body ---- */

static enum MHD_Result discard(struct call *call, size_t *data_len)
{
    call->discarded += *data_len;
    *data_len = 0;
    return call->discarded <= 16 * PATIENCE_BYTES ? MHD_YES : MHD_NO;
}

static enum MHD_Result take_piece(struct call *call, const char *data, size_t *data_len)
{
    call->has_body_begun = true;
    mp_peer_moved(call->peer, *data_len);
    mp_metric_add(MP_METRIC_BODY_BYTES, (int64_t)*data_len);
    if (call->state == CALL_READY)
        return discard(call, data_len);
    if (!call->request.route->stream) {
        mp_code code = mp_exchange_piece(&call->x, mp_str_of(data, *data_len));
        *data_len = 0;
        return code == MP_OK || dispatch(call, run_conclude, false, true) ? MHD_YES : MHD_NO;
    }
    if (!call->piece && !(call->piece = malloc(PIECE_BYTES)))
        return MHD_NO;
    size_t room = PIECE_BYTES - call->piece_len, n = *data_len < room ? *data_len : room;
    memcpy(call->piece + call->piece_len, data, n);
    call->piece_len += n;
    *data_len -= n;
    if (call->piece_len < PIECE_BYTES)
        return MHD_YES;
    return dispatch(call, run_piece, false, true) ? MHD_YES : MHD_NO;
}

static enum MHD_Result start_body(struct call *call)
{
    call->state = CALL_BODY;
    mp_peer_enter(call->peer, MP_PEER_BODY);
    return MHD_YES;
}

/* The request is complete. */
static enum MHD_Result end_body(struct call *call)
{
    const mp_route *route = call->request.route;
    bool            has_body = call->framing.length != 0;
    call->is_body_read = true;
    mp_peer_enter(call->peer, MP_PEER_WORKING);
    if (!route->is_quick)
        return dispatch_or_refuse(call, has_body ? run_handle : run_admit, route->rate == MP_RATE_HEAVY, has_body);
    if (has_body)
        handle_now(call);
    else
        admit_now(call);
    return answer(call);
}

static enum MHD_Result begin(struct call *call, const char *method, const char *version)
{
    mp_code code = read_head(call, method, version);
    if (code != MP_OK && dispatch_refusal(call))
        return MHD_YES;
    if (code != MP_OK || call->x.is_over) {
        conclude_unsettled(call, code);
        return refuse(call);
    }
    call->state = CALL_BODY;
    if (call->framing.length == 0)
        return MHD_YES;
    mp_peer_enter(call->peer, MP_PEER_WORKING);
    if (!call->request.route->is_quick)
        return dispatch_or_refuse(call, run_admit, false, false);
    admit_now(call);
    return call->state == CALL_READY ? refuse(call) : start_body(call);
}

enum MHD_Result mp_connection_request(void *cls, struct MHD_Connection *connection, const char *url,
                                      const char *method, const char *version, const char *data, size_t *data_len,
                                      void **context)
{
    struct call *call = *context;
    (void)cls;
    (void)connection;
    (void)url;
    mp_handshake_moves();
    if (!call)
        return MHD_NO;
    if (*data_len)
        return take_piece(call, data, data_len);
    switch (call->state) {
    case CALL_NEW:
        return begin(call, method, version);
    case CALL_ADMITTED: /* the head once more, now that the guard has spoken: go on and read */
        return start_body(call);
    case CALL_READY:
        call->is_body_read = call->is_body_read || call->has_body_begun; /* no data: its end */
        return refuse(call);
    case CALL_BODY:
        return end_body(call);
    default:
        return MHD_NO;
    }
}

/* ---- the end ---- */

static void log_request(const struct call *call, mp_ticks took)
{
    const mp_http_request *request = &call->request;
    const mp_error        *ended = &call->x.ended;
    mp_str                 path = mp_http_path_shown(request, false);
    mp_log_field fields[] = {
        MP_LOG_TEXT("id", mp_str_from(request->id)),
        MP_LOG_TEXT("client", request->client),
        MP_LOG_TEXT("who", call->who),
        MP_LOG_TEXT("method", mp_str_from(mp_method_names[request->method])),
        MP_LOG_TEXT("path", path),
        MP_LOG_NUMBER("status", call->response.status),
        MP_LOG_NUMBER("bytes", (int64_t)call->sent),
        MP_LOG_NUMBER("ms", took / (MP_TICKS_PER_SECOND / 1000)),
    };
    mp_log_write(call->server->log, MP_LOG_INFO, "request", fields, MP_COUNT(fields));
    if (call->response.status != 500)
        return;
    char         source[200];
    int          len = snprintf(source, sizeof source, "%s:%d", ended->src_file ? ended->src_file : "?", ended->src_line);
    mp_log_field failed[] = {
        MP_LOG_TEXT("id", mp_str_from(request->id)),
        MP_LOG_TEXT("method", mp_str_from(mp_method_names[request->method])),
        MP_LOG_TEXT("path", path),
        MP_LOG_TEXT("code", mp_str_from(mp_code_name(ended->code))),
        MP_LOG_TEXT("message", mp_str_from(ended->message)),
        MP_LOG_TEXT("source", mp_str_of(source, len > 0 ? (size_t)len : 0)),
    };
    mp_log_write(call->server->log, MP_LOG_ERROR, "request-failed", failed, MP_COUNT(failed));
}

void mp_connection_done(void *cls, struct MHD_Connection *connection, void **context, enum MHD_RequestTerminationCode code)
{
    struct call *call = *context;
    (void)cls;
    (void)connection;
    (void)code;
    if (!call)
        return;
    *context = NULL;
    if (call->state == CALL_SENDING) {
        mp_ticks took = mp_clock_now() - call->request.started;
        log_request(call, took);
        mp_metric_request(mp_route_class(call->request.route), call->response.status, took);
        mp_metric_add(MP_METRIC_ANSWER_BYTES, (int64_t)call->sent);
    }
    if (call->response.events && call->state == CALL_SENDING)
        mp_peer_listens(call->peer, NULL);
    if (call->response.done)
        call->response.done(call->response.ctx);
    if (call->state != CALL_NEW)
        mp_exchange_drop(&call->x);
    mp_peer_enter(call->peer, MP_PEER_IDLE);
    mp_metric_add(MP_METRIC_REQUESTS_ACTIVE, -1);
    free(call->piece);
    mp_arena_free(&call->arena);
    free(call);
}
