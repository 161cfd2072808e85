/* SPDX-License-Identifier: Apache-2.0 */
/* listen.h - a listening socket before there is a server: what the server calls itself may depend on its port. */
#ifndef MAPAE_HTTP_LISTEN_H
#define MAPAE_HTTP_LISTEN_H

#include <mapae/error.h>

typedef struct mp_listen_socket {
    int      fd;   /* the caller's, until mp_server_start() takes it */
    unsigned port;
    bool     is_loopback;
} mp_listen_socket;

/* `at` is "127.0.0.1:8443", "[::]:8443", "localhost:8443", ":8443" (every address of both versions); port 0:
 * any that is free. Fails with MP_PARAMETER (no address), MP_IO (in use, ...). */
MP_MUST_CHECK mp_code mp_listen(mp_listen_socket *out, const char *at, mp_error *err);

#endif
