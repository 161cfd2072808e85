/* SPDX-License-Identifier: Apache-2.0 */
#include "listen.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "address.h"

#define BACKLOG 1024

/* The part of "HOST:PORT" before the last colon, without brackets. */
static mp_code split_listen(char host[256], char port[8], const char *listen_at, mp_error *err)
{
    mp_str text = mp_str_from(listen_at ? listen_at : "");
    size_t colon = mp_str_rfind(text, ':');
    mp_str h = mp_str_of(text.ptr, colon == SIZE_MAX ? 0 : colon),
           p = colon == SIZE_MAX ? MP_S("") : mp_str_skip(text, colon + 1);
    if (h.len >= 2 && h.ptr[0] == '[' && h.ptr[h.len - 1] == ']')
        h = mp_str_of(h.ptr + 1, h.len - 2);
    if (p.len == 0 || p.len > 5 || h.len >= 256)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "'%.*s' is no address to listen on; wanted is HOST:PORT",
                       MP_FMT(text));
    snprintf(host, 256, "%.*s", MP_FMT(h));
    snprintf(port, 8, "%.*s", MP_FMT(p));
    return MP_OK;
}

static int bind_to(const struct addrinfo *at)
{
    int on = 1, off = 0;
    int fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    /* Connections inherit it. Without it the flights of a handshake wait for the client's delayed
     * acknowledgement: 40 ms each. */
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (at->ai_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (bind(fd, at->ai_addr, at->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    int failed = errno;
    close(fd);
    errno = failed;
    return -1;
}

static void look(mp_listen_socket *out, int fd)
{
    struct sockaddr_storage bound = { 0 };
    socklen_t               size = sizeof bound;
    mp_address              address;
    getsockname(fd, (struct sockaddr *)&bound, &size);
    out->fd = fd;
    out->port = ntohs(bound.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)(void *)&bound)->sin6_port
                                                  : ((struct sockaddr_in *)(void *)&bound)->sin_port);
    out->is_loopback = mp_address_of(&address, (const struct sockaddr *)&bound) && mp_address_is_loopback(&address);
}

mp_code mp_listen(mp_listen_socket *out, const char *at, mp_error *err)
{
    char            host[256], port[8];
    struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM,
                              .ai_flags = AI_PASSIVE | AI_NUMERICSERV }, *found = NULL;
    MP_TRY(split_listen(host, port, at, err));
    if (!host[0])
        hints.ai_family = AF_INET6; /* ":8443": every address, of both versions */
    int code = getaddrinfo(host[0] ? host : NULL, port, &hints, &found);
    if (code != 0)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "'%s' is no address to listen on: %s", at, gai_strerror(code));
    int fd = bind_to(found);
    freeaddrinfo(found);
    if (fd < 0)
        return mp_fail(err, MP_IO, MP_NOWHERE, "cannot listen on '%s': %s", at, strerror(errno));
    look(out, fd);
    return MP_OK;
}
