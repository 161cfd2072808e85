/* SPDX-License-Identifier: Apache-2.0 */
#include "handshake.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <poll.h>
#include <stdint.h>
#include <sys/socket.h>

/* A thread has one daemon with one epoll. What happens on any of its sockets makes that readable, and looking at it
 * takes no event away: so who sleeps on it is woken by whatever there is to do, a new client and an answer that is
 * ready included. */

#define NAP_MS 20   /* for what no socket tells */
#define BLIND_MS 1  /* without the epoll's number */

static _Thread_local int epoll_of_thread = -1;
static _Thread_local int silent = -1; /* the first that had nothing to read since anything moved */

void mp_handshake_moves(void)
{
    silent = -1;
}

/* The same socket is asked once more and nothing moved in between: a round is over. */
static void note_silence(int fd)
{
    struct pollfd any = { .fd = epoll_of_thread, .events = POLLIN };
    if (silent == -1)
        silent = fd;
    else if (silent == fd)
        (void)poll(&any, 1, epoll_of_thread < 0 ? BLIND_MS : NAP_MS);
}

static ssize_t pull(gnutls_transport_ptr_t transport, void *into, size_t size)
{
    int     fd = (int)(intptr_t)transport;
    ssize_t got = recv(fd, into, size, 0);
    int     why = errno;
    if (got < 0 && (why == EAGAIN || why == EWOULDBLOCK))
        note_silence(fd);
    else
        mp_handshake_moves();
    errno = why;
    return got;
}

static ssize_t push(gnutls_transport_ptr_t transport, const giovec_t *pieces, int count)
{
    struct msghdr message = { .msg_iov = (struct iovec *)(uintptr_t)pieces, .msg_iovlen = (size_t)count };
    ssize_t       sent = sendmsg((int)(intptr_t)transport, &message, MSG_NOSIGNAL);
    if (sent > 0)
        mp_handshake_moves();
    return sent;
}

void mp_handshake_watch(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    gnutls_session_t                session = info ? (gnutls_session_t)info->tls_session : NULL;
    if (!session)
        return;
    info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_DAEMON);
    const union MHD_DaemonInfo *daemon = info ? MHD_get_daemon_info(info->daemon, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
    epoll_of_thread = daemon ? daemon->epoll_fd : -1;
    gnutls_transport_set_pull_function(session, pull);
    gnutls_transport_set_vec_push_function(session, push);
}
