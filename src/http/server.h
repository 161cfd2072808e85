/* SPDX-License-Identifier: Apache-2.0 */
/* server.h - HTTPS with libmicrohttpd: connections, TLS, limits, and an orderly end.
 *
 * Threads of the sockets (epoll) read requests; a pool of workers runs handlers, so that a slow one stops
 * nobody. What a client may take of us is limited before anything is done for it: connections (all, and of
 * one address), bytes of head and body, time for the head, for the body, for the whole request, requests per
 * second of an address and of an identity.
 *
 * Some malformed heads (no Host, a Content-Length that is no number) libmicrohttpd refuses by itself, before
 * it asks us: with a page of HTML and `Connection: close`, in version 0.9.75 with the head of that answer
 * twice; nothing behind them is read, and no leaf or log line is written. */
#ifndef MAPAE_HTTP_SERVER_H
#define MAPAE_HTTP_SERVER_H

#include "http.h"
#include "listen.h"
#include "log.h"

typedef struct mp_server mp_server;

typedef struct mp_server_options {
    const char *listen;        /* "127.0.0.1:8443", "[::]:8443", ":8443"; port 0: any */
    mp_listen_socket listening;    /* of mp_listen(), taken in any case; fd 0: `listen` is opened here */
    const char *local_socket;  /* path of a Unix socket, mode 0600; NULL: none */
    const char *cert_file, *key_file; /* PEM; read again when they change, and on mp_server_reload(). NULL: no
                                             TLS, for loopback addresses only */
    /* addresses and networks, comma-separated, whose X-Forwarded-For and X-Forwarded-Proto count; NULL: none */
    const char *trusted_proxies;
    unsigned    socket_threads;  /* 0: 1 */
    unsigned    workers;         /* 0: 16 */
    unsigned    connections;     /* 0: 12,000 */
    unsigned    connections_per_client; /* 0: 1,000 */
    unsigned    head_bytes;      /* 0: 32 KiB */
    unsigned    idle_seconds;    /* 0: 60; silence after an answer */
    /* 0: 10, 30, 120; the first head counts from the connection on (peers.h) */
    unsigned    head_seconds, body_seconds, request_seconds;
    unsigned    rate_client, rate_identity; /* requests per second, bursts of ten times that; 0: 200, 500 */
    unsigned    rate_sign_in;    /* per minute of one address; 0: 30 */
    bool        hsts;
} mp_server_options;

/* Listens when this returns. `log` may be NULL. The program ignores SIGPIPE. Fails with MP_IO (address in
 * use, ...), MP_BUSY (another server has the Unix socket), MP_PARAMETER (certificate, address), MP_NOMEM. */
MP_MUST_CHECK mp_code mp_server_start(mp_server **out, const mp_server_options *options, const mp_router *router,
                                      mp_log *log, mp_error *err);
unsigned    mp_server_port(const mp_server *server);
/* Read certificate and key again; the old ones stay when the new ones are no good. Fails with MP_PARAMETER, MP_IO. */
MP_MUST_CHECK mp_code mp_server_reload(mp_server *server, mp_error *err);
/* Take no more connections, finish what was begun (at most `seconds`), close. Frees. NULL is fine. */
void mp_server_stop(mp_server *server, unsigned seconds);

/* Certificate authority of the installation and a certificate of it: ca.pem, ca.key (0600), server.pem,
 * server.key (0600) in `folder`, for localhost, 127.0.0.1, ::1, `host` and *.vault.HOST (arm-api.md, section
 * 1), unless they are there. P-256, 10 years and 397 days. */
MP_MUST_CHECK mp_code mp_certificate_make(const char *folder, const char *host, mp_ticks now, mp_error *err);
/* Renew when less than 30 days are left and it is of our own authority. */
MP_MUST_CHECK mp_code mp_certificate_renew(bool *renewed, const char *folder, mp_ticks now, mp_error *err);

#endif
