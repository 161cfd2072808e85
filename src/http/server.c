/* SPDX-License-Identifier: Apache-2.0 */
#include "server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "connection.h"
#include "metrics.h"

/* Two daemons of libmicrohttpd, one on the network with TLS and one on a Unix socket, with the same callbacks and the
 * same workers; and a thread that looks once a second at late clients and at the certificate. */

#define BEAT_SECONDS 20 /* of a silent stream of events */
#define LOCAL_BACKLOG 1024
#define WAITING_PER_WORKER 64
#define SPARE_FILES 256 /* descriptors for everything else */

static unsigned or_else(unsigned value, unsigned fallback)
{
    return value ? value : fallback;
}

static void fill_defaults(mp_server_options *o)
{
    o->socket_threads = or_else(o->socket_threads, 1);
    o->workers = or_else(o->workers, 16);
    o->connections = or_else(o->connections, 12000);
    o->connections_per_client = or_else(o->connections_per_client, 1000);
    o->head_bytes = or_else(o->head_bytes, 32 * 1024);
    o->idle_seconds = or_else(o->idle_seconds, 60);
    o->head_seconds = or_else(o->head_seconds, 10);
    o->body_seconds = or_else(o->body_seconds, 30);
    o->request_seconds = or_else(o->request_seconds, 120);
    o->rate_client = or_else(o->rate_client, 200);
    o->rate_identity = or_else(o->rate_identity, 500);
    o->rate_sign_in = or_else(o->rate_sign_in, 30);
}

/* ---- sockets ---- */

static mp_code listen_outer(mp_server *server, const mp_server_options *options, mp_error *err)
{
    mp_listen_socket listening = options->listening;
    if (listening.fd <= 0)
        MP_TRY(mp_listen(&listening, options->listen, err));
    server->outer_fd = listening.fd;
    server->port = listening.port;
    if (!server->tls && !listening.is_loopback)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE,
                       "without a certificate only a loopback address is served, and '%s' is none", options->listen);
    return MP_OK;
}

/* Somebody answers there: the socket is not a dead one's. */
static bool is_alive(const struct sockaddr_un *at)
{
    int  fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool alive = fd >= 0 && (connect(fd, (const struct sockaddr *)at, sizeof *at) == 0 || errno == EAGAIN ||
                             errno == EINPROGRESS);
    if (fd >= 0)
        close(fd);
    return alive;
}

static mp_code listen_local(mp_server *server, const char *path, mp_error *err)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    struct stat        s;
    size_t             len = strlen(path);
    if (len >= sizeof at.sun_path)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "the path of the socket '%s' is over %zu bytes", path,
                       sizeof at.sun_path - 1);
    memcpy(at.sun_path, path, len + 1);
    if (lstat(path, &s) == 0 && !S_ISSOCK(s.st_mode))
        return mp_fail(err, MP_IO, MP_NOWHERE, "'%s' is there and is no socket", path);
    if (is_alive(&at))
        return mp_fail(err, MP_BUSY, MP_NOWHERE, "another server has '%s'", path);
    unlink(path);
    server->local_path = strdup(path);
    server->local_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (!server->local_path || server->local_fd < 0)
        return mp_no_memory(err);
    /* On Linux the mode of the socket before it is bound becomes that of the file: nobody else can come in between. */
    if (fchmod(server->local_fd, 0600) != 0 || bind(server->local_fd, (const struct sockaddr *)&at, sizeof at) != 0 ||
        chmod(path, 0600) != 0 || listen(server->local_fd, LOCAL_BACKLOG) != 0)
        return mp_fail(err, MP_IO, MP_NOWHERE, "cannot listen on '%s': %s", path, strerror(errno));
    return MP_OK;
}

/* As many descriptors as connections need, when the system lets us. */
static void raise_file_limit(unsigned connections)
{
    struct rlimit limit;
    rlim_t        wanted = (rlim_t)connections + SPARE_FILES;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted)
        return;
    limit.rlim_cur = limit.rlim_max == RLIM_INFINITY || limit.rlim_max >= wanted ? wanted : limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

/* ---- daemons ---- */

static void log_daemon(void *cls, const char *format, va_list args)
{
    struct mp_server *server = cls;
    char              text[500];
    int               len = vsnprintf(text, sizeof text, format, args);
    if (len <= 0)
        return;
    mp_str message = mp_str_of(text, (size_t)len < sizeof text ? (size_t)len : sizeof text - 1);
    mp_log_write(server->log, MP_LOG_DEBUG, "server-message",
                 (mp_log_field[]){ MP_LOG_TEXT("message", mp_str_trim(message)) }, 1);
}

/* Percent-encoding is ours to undo, segment by segment. */
static size_t keep_as_it_is(void *cls, struct MHD_Connection *connection, char *text)
{
    (void)cls;
    (void)connection;
    return strlen(text);
}

static struct MHD_Daemon *start_daemon(mp_server *server, int fd, bool is_outer)
{
    const mp_server_options *o = &server->options;
    bool                     has_tls = is_outer && server->tls;
    unsigned flags =
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG | (has_tls ? MHD_USE_TLS : 0u);
    struct MHD_OptionItem    tls[] = {
        { MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)MP_TLS_PRIORITIES },
        { MHD_OPTION_HTTPS_CERT_CALLBACK, 0, (void *)(uintptr_t)mp_connection_certificate },
        { MHD_OPTION_END, 0, NULL },
    };
    struct MHD_OptionItem pool[] = {
        { MHD_OPTION_THREAD_POOL_SIZE, (intptr_t)o->socket_threads, NULL },
        { MHD_OPTION_END, 0, NULL },
    };
    struct MHD_OptionItem none[] = { { MHD_OPTION_END, 0, NULL } };
    return MHD_start_daemon(
        flags, 0, mp_connection_accept, server, mp_connection_request, server, MHD_OPTION_EXTERNAL_LOGGER, log_daemon,
        server, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_NOTIFY_CONNECTION, mp_connection_notify, server,
        MHD_OPTION_URI_LOG_CALLBACK, mp_connection_line, server, MHD_OPTION_NOTIFY_COMPLETED, mp_connection_done,
        server, MHD_OPTION_UNESCAPE_CALLBACK, keep_as_it_is, NULL, MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_CONNECTION_LIMIT, o->connections + o->socket_threads,
        MHD_OPTION_CONNECTION_TIMEOUT, o->idle_seconds, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)o->head_bytes,
        MHD_OPTION_ARRAY, has_tls ? tls : none, MHD_OPTION_ARRAY, is_outer && o->socket_threads > 1 ? pool : none,
        MHD_OPTION_END);
}

/* ---- the keeper ---- */

static void say_certificate(mp_server *server)
{
    char until[MP_CLOCK_SHORT];
    mp_clock_format_short(until, mp_tls_until(server->tls));
    mp_metric_add(MP_METRIC_CERTIFICATES_LOADED, 1);
    mp_metric_set(MP_METRIC_CERTIFICATE_UNTIL, mp_clock_to_unix(mp_tls_until(server->tls)));
    mp_log_write(server->log, MP_LOG_NOTICE, "certificate-loaded",
                 (mp_log_field[]){ MP_LOG_TEXT("until", mp_str_from(until)) }, 1);
}

mp_code mp_server_reload(mp_server *server, mp_error *err)
{
    mp_error own = { 0 };
    if (!server->tls)
        return MP_OK;
    mp_code code = mp_tls_reload(server->tls, &own);
    if (code == MP_OK) {
        say_certificate(server);
        return code;
    }
    mp_log_write(server->log, MP_LOG_ERROR, "certificate-refused",
                 (mp_log_field[]){ MP_LOG_TEXT("message", mp_str_from(own.message)) }, 1);
    if (err)
        *err = own;
    return code;
}

static bool sleep_a_second(mp_server *server)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec++;
    pthread_mutex_lock(&server->lock);
    if (!server->is_keeper_ending)
        pthread_cond_timedwait(&server->wake, &server->lock, &until);
    bool goes_on = !server->is_keeper_ending;
    pthread_mutex_unlock(&server->lock);
    return goes_on;
}

/* Lines that could not be written are told of when one can be written again. */
static uint64_t say_lost(mp_server *server, uint64_t before)
{
    uint64_t lost = mp_log_lost(server->log);
    mp_metric_set(MP_METRIC_LOG_LOST, (int64_t)lost);
    if (lost > before)
        mp_log_write(server->log, MP_LOG_WARNING, "lines-lost",
                     (mp_log_field[]){ MP_LOG_NUMBER("count", (int64_t)lost) }, 1);
    return mp_log_lost(server->log);
}

static void *keep(void *arg)
{
    mp_server *server = arg;
    uint64_t   lost = 0;
    for (unsigned second = 1; sleep_a_second(server); second++) {
        mp_peers_tick(server->peers, second % BEAT_SECONDS == 0);
        mp_metric_set(MP_METRIC_QUEUE, mp_workers_waiting(server->workers));
        lost = say_lost(server, lost);
        if (server->tls && second % 3 == 0 && mp_tls_is_changed(server->tls))
            (void)!mp_server_reload(server, NULL);
    }
    return NULL;
}

/* ---- start and stop ---- */

/* A daemon that was quiesced leaves its listening socket to us: its thread may look at it until it has ended. */
static void end_daemon(const mp_server *server, struct MHD_Daemon *daemon, int fd)
{
    if (daemon)
        MHD_stop_daemon(daemon);
    if (fd >= 0 && (!daemon || server->is_quiesced))
        close(fd);
}

static void free_server(mp_server *server)
{
    end_daemon(server, server->outer, server->outer_fd);
    end_daemon(server, server->local, server->local_fd);
    mp_workers_free(server->workers);
    mp_peers_free(server->peers);
    mp_rates_free(server->rates);
    mp_tls_free(server->tls);
    free(server->local_path);
    pthread_cond_destroy(&server->wake);
    pthread_mutex_destroy(&server->lock);
    free(server);
}

static mp_code start(mp_server *server, const mp_server_options *options, mp_error *err)
{
    const mp_server_options *o = &server->options;
    mp_peers_limits limits = { o->connections,  o->connections_per_client, o->idle_seconds,
                               o->head_seconds, o->body_seconds,           o->request_seconds };
    raise_file_limit(o->connections);
    MP_TRY(mp_networks_parse(&server->trusted, options->trusted_proxies, err));
    MP_TRY(mp_peers_new(&server->peers, &limits, server->log, err));
    MP_TRY(mp_rates_new(&server->rates, err));
    server->waiting_max = o->workers * WAITING_PER_WORKER;
    MP_TRY(mp_workers_new(&server->workers, o->workers, o->workers / 4 ? o->workers / 4 : 1, server->waiting_max, err));
    if (options->cert_file) {
        MP_TRY(mp_tls_open(&server->tls, options->cert_file,
                           options->key_file ? options->key_file : options->cert_file, err));
        say_certificate(server);
    }
    if (options->local_socket)
        MP_TRY(listen_local(server, options->local_socket, err));
    MP_TRY(listen_outer(server, options, err));
    if (options->local_socket && !(server->local = start_daemon(server, server->local_fd, false)))
        return mp_fail(err, MP_IO, MP_NOWHERE, "the server on '%s' does not start", options->local_socket);
    if (!(server->outer = start_daemon(server, server->outer_fd, true)))
        return mp_fail(err, MP_IO, MP_NOWHERE, "the server on '%s' does not start", options->listen);
    if (pthread_create(&server->keeper, NULL, keep, server) != 0)
        return mp_no_memory(err);
    server->has_keeper = true;
    return MP_OK;
}

mp_code mp_server_start(mp_server **out, const mp_server_options *options, const mp_router *router, mp_log *log,
                        mp_error *err)
{
    mp_server *server = calloc(1, sizeof(*server));
    if (!server)
        return mp_no_memory(err);
    server->router = router;
    server->log = log;
    server->options = *options;
    server->outer_fd = server->local_fd = -1;
    server->knows_layout = strcmp(MHD_get_version(), "0.9.75") == 0;
    pthread_mutex_init(&server->lock, NULL);
    pthread_cond_init(&server->wake, NULL);
    fill_defaults(&server->options);
    mp_code code = start(server, options, err);
    if (code != MP_OK) {
        mp_server_stop(server, 0);
        return code;
    }
    *out = server;
    return MP_OK;
}

unsigned mp_server_port(const mp_server *server)
{
    return server->port;
}

static void end_keeper(mp_server *server)
{
    if (!server->has_keeper)
        return;
    pthread_mutex_lock(&server->lock);
    server->is_keeper_ending = true;
    pthread_cond_signal(&server->wake);
    pthread_mutex_unlock(&server->lock);
    pthread_join(server->keeper, NULL);
}

/* Nobody new gets in: who tries is refused at once. */
static void quiesce(struct MHD_Daemon *daemon)
{
    int fd = daemon ? MHD_quiesce_daemon(daemon) : -1;
    if (fd >= 0)
        shutdown(fd, SHUT_RDWR);
}

/* What was begun is finished within `seconds`. What a worker runs cannot be broken off: it is waited for in any case,
 * and the daemons must not be stopped while a connection sleeps. */
void mp_server_stop(mp_server *server, unsigned seconds)
{
    if (!server)
        return;
    atomic_store(&server->is_stopping, true);
    if (server->local_path && server->local_fd >= 0)
        unlink(server->local_path);
    server->is_quiesced = true;
    quiesce(server->outer);
    quiesce(server->local);
    uint64_t until = mp_now_ms() + (uint64_t)seconds * 1000;
    while (server->peers && mp_peers_wind_down(server->peers) > 0 && mp_now_ms() < until)
        nanosleep(&(struct timespec){ .tv_nsec = 10 * 1000 * 1000 }, NULL);
    end_keeper(server);
    if (server->workers)
        mp_workers_close(server->workers);
    if (server->peers)
        mp_peers_wind_down(server->peers);
    free_server(server);
}
