/* SPDX-License-Identifier: Apache-2.0 */
/* demo_server [tls FOLDER] [NAME=NUMBER...] - the server over demo_routes.c, for tests from outside. Prints "ready
 * PORT" and serves until its standard input ends; 'r' on it reads the certificate again, 'g' opens or shuts the gate
 * of /api/v1/wait. */
#include "demo_routes.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "metrics.h"
#include "server.h"

struct args {
    mp_server_options options;
    char              cert[512], key[512], local[512];
};

static void set_number(mp_server_options *o, const char *name, unsigned value)
{
    const struct { const char *name; unsigned *at; } known[] = {
        { "head_bytes", &o->head_bytes },         { "idle_seconds", &o->idle_seconds },       { "head_seconds", &o->head_seconds },
        { "body_seconds", &o->body_seconds },     { "request_seconds", &o->request_seconds }, { "workers", &o->workers },
        { "connections", &o->connections },       { "per_client", &o->connections_per_client }, { "rate_client", &o->rate_client },
        { "rate_identity", &o->rate_identity },   { "rate_sign_in", &o->rate_sign_in },       { "socket_threads", &o->socket_threads },
    };
    for (size_t i = 0; i < MP_COUNT(known); i++)
        if (strcmp(known[i].name, name) == 0) {
            *known[i].at = value;
            return;
        }
    fprintf(stderr, "no option %s\n", name);
    exit(2);
}

static void read_args(struct args *args, int argc, char **argv)
{
    mp_server_options *o = &args->options;
    *o = (mp_server_options){
        .listen = "127.0.0.1:0", .rate_client = 100000, .rate_identity = 100000, .rate_sign_in = 100000
    };
    for (int i = 1; i < argc; i++) {
        char *equals = strchr(argv[i], '=');
        if (strcmp(argv[i], "tls") == 0 && i + 1 < argc) {
            mp_error err;
            if (mp_certificate_make(argv[i + 1], "localhost", mp_clock_now(), &err) != MP_OK) {
                fprintf(stderr, "%s\n", err.message);
                exit(2);
            }
            snprintf(args->cert, sizeof args->cert, "%s/server.pem", argv[i + 1]);
            snprintf(args->key, sizeof args->key, "%s/server.key", argv[++i]);
            o->cert_file = args->cert;
            o->key_file = args->key;
            o->hsts = true;
        } else if (strncmp(argv[i], "local=", 6) == 0) {
            snprintf(args->local, sizeof args->local, "%s", argv[i] + 6);
            o->local_socket = args->local;
        } else if (strncmp(argv[i], "proxies=", 8) == 0) {
            o->trusted_proxies = argv[i] + 8;
        } else if (equals) {
            *equals = '\0';
            set_number(o, argv[i], (unsigned)strtoul(equals + 1, NULL, 10));
        }
    }
}

int main(int argc, char **argv)
{
    static struct demo demo;
    struct args        args = { 0 };
    mp_router         *router = NULL;
    mp_server         *server = NULL;
    mp_log            *log = NULL;
    mp_error           err = { 0 };
    char               byte;
    mp_log_options     to = { .to = "stderr", .least = getenv("DEMO_DEBUG") ? MP_LOG_DEBUG : MP_LOG_INFO };
    signal(SIGPIPE, SIG_IGN);
    read_args(&args, argc, argv);
    demo.is_gate_open = true;
    if (mp_log_open(&log, &to, &err) != MP_OK || mp_events_new(&demo.events, &err) != MP_OK ||
        mp_router_new(&router, demo_routes, &demo_guard, &demo, &err) != MP_OK ||
        mp_server_start(&server, &args.options, router, log, &err) != MP_OK) {
        fprintf(stderr, "%s\n", err.message);
        return 2;
    }
    printf("ready %u\n", mp_server_port(server));
    fflush(stdout);
    while (read(STDIN_FILENO, &byte, 1) == 1) {
        if (byte == 'r')
            (void)!mp_server_reload(server, NULL);
        if (byte == 'g')
            demo.is_gate_open = !demo.is_gate_open;
    }
    mp_server_stop(server, 5);
    mp_router_free(router);
    mp_events_free(demo.events);
    mp_log_close(log);
    if (demo.streams_open)
        fprintf(stderr, "%u streams were not ended\n", demo.streams_open);
    return demo.streams_open ? 1 : 0;
}
