/* SPDX-License-Identifier: Apache-2.0 */
/* The server within the test's process: several clients at once, streams, events, certificates that are exchanged
 * meanwhile, and stopping in the middle of it. Runs under ThreadSanitizer too. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "demo_routes.h"
#include "server.h"
#include "test.h"

#define ROUNDS 40

struct world {
    struct demo demo;
    mp_router  *router;
    mp_server  *server;
    unsigned    port;
    atomic_uint served, broken;
    atomic_bool is_over;
};

static char folder[64];

static void world_init(struct world *w, const mp_server_options *options)
{
    mp_error err = { 0 };
    memset(w, 0, sizeof *w);
    w->demo.is_gate_open = true;
    if (mp_events_new(&w->demo.events, &err) != MP_OK ||
        mp_router_new(&w->router, demo_routes, &demo_guard, &w->demo, &err) != MP_OK ||
        mp_server_start(&w->server, options, w->router, NULL, &err) != MP_OK)
        fail_msg("%s", err.message);
    w->port = mp_server_port(w->server);
}

static void world_done(struct world *w)
{
    mp_server_stop(w->server, 5);
    assert_int_equal(w->demo.streams_open, 0);
    mp_router_free(w->router);
    mp_events_free(w->demo.events);
}

static int connect_to(unsigned port)
{
    struct sockaddr_in at = { .sin_family = AF_INET,
                              .sin_port = htons((uint16_t)port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int                fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct timeval     limit = { .tv_sec = 60 };
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (connect(fd, (struct sockaddr *)&at, sizeof at) == 0)
        return fd;
    close(fd);
    return -1;
}

static bool send_all(int fd, mp_str bytes)
{
    while (bytes.len) {
        ssize_t n = send(fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        bytes = mp_str_skip(bytes, (size_t)n);
    }
    return true;
}

/* Reads until `end` was seen or the server closes; true when it was seen. */
static bool read_until(int fd, mp_str end)
{
    char   bytes[65536];
    size_t len = 0;
    while (mp_str_find_str(mp_str_of(bytes, len), end) == SIZE_MAX) {
        if (len > sizeof bytes / 2) { /* only the last bytes matter */
            memmove(bytes, bytes + len - 100, 100);
            len = 100;
        }
        ssize_t n = recv(fd, bytes + len, sizeof bytes - len, 0);
        if (n <= 0)
            return false;
        len += (size_t)n;
    }
    return true;
}

static bool talk(int fd, const char *request, const char *end)
{
    return send_all(fd, mp_str_from(request)) && read_until(fd, mp_str_from(end));
}

static void *use(void *arg)
{
    static const struct { const char *request, *end; } asks[] = {
        { "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "\"params\":[]}" },
        { "GET /api/v1/things?top=5 HTTP/1.1\r\nHost: a\r\n\r\n", "\"params\":[]}" },
        { "POST /api/v1/things HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer good\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\r\n{\"name\":\"x\"}",
          "{\"name\":\"x\"}" },
        { "POST /api/v1/bytes HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer good\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
          "Content-Length: " },
        { "GET /api/v1/download/200000 HTTP/1.1\r\nHost: a\r\n\r\n", "\r\n0\r\n\r\n" },
        { "DELETE /api/v1/things/x HTTP/1.1\r\nHost: a\r\n\r\n", "requestId" },
        { "POST /api/v1/news/t HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}", "\r\n\r\n" },
    };
    struct world *w = arg;
    for (unsigned i = 0; i < ROUNDS && !w->is_over; i++) {
        int  fd = connect_to(w->port);
        bool good = fd >= 0;
        for (size_t k = 0; k < MP_COUNT(asks) && good; k++)
            good = talk(fd, asks[k].request, asks[k].end);
        if (fd >= 0)
            close(fd);
        if (good)
            w->served++;
        else
            w->broken++;
    }
    return NULL;
}

static void *listen_and_leave(void *arg)
{
    struct world *w = arg;
    for (unsigned i = 0; i < ROUNDS && !w->is_over; i++) {
        int fd = connect_to(w->port);
        if (fd >= 0) {
            (void)!talk(fd, "GET /api/v1/news/t HTTP/1.1\r\nHost: a\r\nLast-Event-ID: x\r\n\r\n", "reset");
            close(fd);
        }
    }
    return NULL;
}

static void run_clients(struct world *w, pthread_t threads[6])
{
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, i < 4 ? use : listen_and_leave, w), 0);
}

static void join_clients(pthread_t threads[6])
{
    for (size_t i = 0; i < 6; i++)
        pthread_join(threads[i], NULL);
}

static const mp_server_options plenty = {
    .listen = "127.0.0.1:0", .rate_client = 100000, .rate_identity = 100000, .rate_sign_in = 100000, .workers = 4
};

TEST(many_clients_at_once)
{
    struct world w;
    pthread_t    threads[6];
    world_init(&w, &plenty);
    run_clients(&w, threads);
    join_clients(threads);
    CHECK_INT(w.broken, 0);
    CHECK_INT(w.served, 4 * ROUNDS);
    world_done(&w);
}

TEST(several_threads_of_sockets)
{
    struct world      w;
    pthread_t         threads[6];
    mp_server_options options = plenty;
    options.socket_threads = 3;
    world_init(&w, &options);
    run_clients(&w, threads);
    join_clients(threads);
    CHECK_INT(w.broken, 0);
    world_done(&w);
}

/* Of what is refused before the guard is asked: no such path, another method, two lengths, too fast, too long. Each
 * is settled once. */
TEST(refusals_are_settled)
{
    static const char *const asks[] = {
        "DELETE /api/v1/unknown HTTP/1.1\r\nHost: a\r\n\r\n",
        "PATCH /api/v1/things/x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}",
        "GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /api/v1/things HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n",
    };
    static const char form[] = "POST /api/v1/form HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                               "Content-Length: 3\r\n\r\na=1";
    struct world      w;
    mp_server_options options = plenty;
    options.rate_sign_in = 1;
    world_init(&w, &options);
    for (size_t i = 0; i < MP_COUNT(asks); i++) {
        int fd = connect_to(w.port);
        CHECK(talk(fd, asks[i], "Content-Length: "));
        CHECK_INT(w.demo.settled, i + 1);
        close(fd);
    }
    CHECK_INT(w.demo.admitted + w.demo.refused, 0);
    int fd = connect_to(w.port);
    CHECK(talk(fd, form, "\r\n\r\n"));
    CHECK(talk(fd, form, "requestId"));
    CHECK_INT(w.demo.last_ended, MP_BUSY);
    CHECK_INT(w.demo.settled, MP_COUNT(asks) + 2);
    close(fd);
    world_done(&w);
}

/* The client goes on sending, and is cut off before it can read the answer. */
TEST(bodies_that_are_too_long_are_settled)
{
    static const char head[] =
        "POST /api/v1/things HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer good\r\nContent-Type: application/json\r\n"
        "Transfer-Encoding: chunked\r\n\r\n";
    struct world w;
    char         chunk[65536 + 7];
    world_init(&w, &plenty);
    int fd = connect_to(w.port);
    CHECK(send_all(fd, mp_str_from(head)));
    memset(chunk, 'x', sizeof chunk);
    memcpy(chunk, "10000\r\n", 7);
    while (send_all(fd, mp_str_of(chunk, sizeof chunk)) && send_all(fd, MP_S("\r\n")))
        ;
    close(fd);
    mp_server_stop(w.server, 5);
    w.server = NULL;
    CHECK_INT(w.demo.settled, 1);
    CHECK_INT(w.demo.last_ended, MP_LIMIT);
    world_done(&w);
}

TEST(stopping_in_the_middle_of_it)
{
    for (unsigned round = 0; round < 5; round++) {
        struct world w;
        pthread_t    threads[6];
        world_init(&w, &plenty);
        run_clients(&w, threads);
        while (w.served < 2 + round && w.broken == 0)
            usleep(1000);
        mp_server_stop(w.server, round % 2 ? 5 : 0);
        w.server = NULL;
        w.is_over = true;
        join_clients(threads);
        world_done(&w);
    }
}

TEST(certificates_are_exchanged_under_load)
{
    struct world      w;
    mp_error          err;
    char              cert[128], key[128];
    mp_server_options options = plenty;
    CHECK_INT(mp_certificate_make(folder, "localhost", mp_clock_now(), &err), MP_OK);
    snprintf(cert, sizeof cert, "%s/server.pem", folder);
    snprintf(key, sizeof key, "%s/server.key", folder);
    options.cert_file = cert;
    options.key_file = key;
    world_init(&w, &options);
    for (unsigned i = 0; i < 20; i++) {
        int fd = connect_to(w.port);
        CHECK(fd >= 0 && send_all(fd, MP_S("\x16\x03\x01\x00\x05hello")));
        CHECK_INT(mp_server_reload(w.server, &err), MP_OK);
        close(fd);
    }
    world_done(&w);
}

/* The time of the processor, not of the clock: a client who begins a handshake and says no more keeps none busy. */
TEST(silence_within_a_handshake_costs_nothing)
{
    for (unsigned threads = 1; threads <= 2; threads++) {
        struct world      w;
        mp_error          err;
        char              cert[128], key[128];
        int               silent[3];
        mp_server_options options = plenty;
        CHECK_INT(mp_certificate_make(folder, "localhost", mp_clock_now(), &err), MP_OK);
        snprintf(cert, sizeof cert, "%s/server.pem", folder);
        snprintf(key, sizeof key, "%s/server.key", folder);
        options.cert_file = cert;
        options.key_file = key;
        options.socket_threads = threads;
        world_init(&w, &options);
        for (size_t i = 0; i < MP_COUNT(silent); i++) {
            silent[i] = connect_to(w.port);
            CHECK(silent[i] >= 0 && send_all(silent[i], MP_S("\x16\x03\x01\x02\x00\x01\x00")));
        }
        usleep(200 * 1000);
        clock_t before = clock();
        usleep(1000 * 1000);
        CHECK(clock() - before < CLOCKS_PER_SEC / 5);
        for (size_t i = 0; i < MP_COUNT(silent); i++)
            close(silent[i]);
        world_done(&w);
    }
}

TEST(a_local_socket_has_one_server)
{
    struct world      w;
    mp_server        *second = NULL;
    mp_error          err;
    char              path[128];
    struct stat       s;
    mp_server_options options = plenty;
    snprintf(path, sizeof path, "%s/s.sock", folder);
    options.local_socket = path;
    /* A dead one's is taken over. */
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    snprintf(at.sun_path, sizeof at.sun_path, "%.100s", path);
    int dead = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK_INT(bind(dead, (struct sockaddr *)&at, sizeof at), 0);
    close(dead);
    world_init(&w, &options);
    CHECK(stat(path, &s) == 0 && (s.st_mode & 0777) == 0600);
    CHECK_INT(mp_server_start(&second, &options, w.router, NULL, &err), MP_BUSY);
    CHECK(second == NULL);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK_INT(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
    CHECK(talk(fd, "DELETE /api/v1/things/x HTTP/1.1\r\nHost: a\r\n\r\n", "\"client\":\"local\"")); /* as who he is */
    close(fd);
    world_done(&w);
    CHECK(stat(path, &s) != 0);
    FILE *file = fopen(path, "w");
    CHECK(file && fclose(file) == 0);
    mp_router *router = NULL;
    CHECK_INT(mp_router_new(&router, demo_routes, &demo_guard, &w.demo, &err), MP_OK);
    CHECK_INT(mp_server_start(&second, &options, router, NULL, &err), MP_IO); /* a file of somebody's stays */
    CHECK(stat(path, &s) == 0);
    unlink(path);
    mp_router_free(router);
}

TEST(wrong_options_are_refused)
{
    struct world w;
    mp_server   *other = NULL;
    mp_error     err;
    char         taken[32];
    world_init(&w, &plenty);
    snprintf(taken, sizeof taken, "127.0.0.1:%u", mp_server_port(w.server));
    const struct { mp_server_options options; mp_code code; } cases[] = {
        { { .listen = taken }, MP_IO },
        { { .listen = "127.0.0.1" }, MP_PARAMETER },
        { { .listen = "127.0.0.1:http" }, MP_PARAMETER },
        { { .listen = "no such host.invalid:1" }, MP_PARAMETER },
        { { .listen = NULL }, MP_PARAMETER },
        { { .listen = "0.0.0.0:0" }, MP_PARAMETER }, /* without a certificate */
        { { .listen = "127.0.0.1:0", .trusted_proxies = "everybody" }, MP_PARAMETER },
        { { .listen = "127.0.0.1:0", .cert_file = "/nonexistent" }, MP_IO },
        { { .listen = "127.0.0.1:0", .local_socket = "/nonexistent/s.sock" }, MP_IO },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        mp_code code = mp_server_start(&other, &cases[i].options, w.router, NULL, &err);
        if (code != cases[i].code)
            fail_msg("case %zu: %s", i, mp_code_name(code));
        CHECK(other == NULL);
    }
    world_done(&w);
    mp_server_stop(NULL, 0);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    snprintf(folder, sizeof folder, "/tmp/mapae-test-server-XXXXXX");
    if (!mkdtemp(folder))
        return 2;
    int failed = MAIN(RUN(many_clients_at_once), RUN(several_threads_of_sockets), RUN(refusals_are_settled),
                      RUN(bodies_that_are_too_long_are_settled), RUN(stopping_in_the_middle_of_it),
                      RUN(certificates_are_exchanged_under_load), RUN(silence_within_a_handshake_costs_nothing),
                      RUN(a_local_socket_has_one_server), RUN(wrong_options_are_refused));
    static const char *const made[] = { "ca.pem", "ca.key", "server.pem", "server.key" };
    for (size_t i = 0; i < MP_COUNT(made); i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%s", folder, made[i]);
        unlink(path);
    }
    rmdir(folder);
    return failed;
}
