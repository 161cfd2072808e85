/* SPDX-License-Identifier: Apache-2.0 */
#include "log_sink.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/un.h>
#include <unistd.h>

#define WAIT_MS 50     /* for a reader that does not read */
#define CONNECT_MS 200 /* for a collector that does not answer ... */
#define RETRY_SECONDS 1 /* ... and how often it is tried */

static mp_code resolve(mp_sink *sink, mp_str host_port, int type, mp_error *err)
{
    char            text[300];
    struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = type, .ai_flags = AI_NUMERICSERV }, *found = NULL;
    size_t          colon = mp_str_rfind(host_port, ':');
    if (colon == SIZE_MAX || colon == 0 || host_port.len >= sizeof text)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "the log goes to '%.*s'; wanted is HOST:PORT", MP_FMT(host_port));
    memcpy(text, host_port.ptr, host_port.len);
    text[host_port.len] = text[colon] = '\0';
    char *host = text[0] == '[' && text[colon - 1] == ']' ? text + 1 : text;
    if (host != text)
        text[colon - 1] = '\0';
    int code = getaddrinfo(host, text + colon + 1, &hints, &found);
    if (code != 0)
        return mp_fail(err, MP_IO, MP_NOWHERE, "the address of '%.*s' is not found: %s", MP_FMT(host_port),
                       gai_strerror(code));
    memcpy(&sink->address, found->ai_addr, found->ai_addrlen);
    sink->address_len = found->ai_addrlen;
    freeaddrinfo(found);
    return MP_OK;
}

static mp_code use_socket_file(mp_sink *sink, const char *path, mp_error *err)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    size_t             len = strlen(path);
    if (len >= sizeof address.sun_path)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "the path of the socket '%s' is over %zu bytes", path,
                       sizeof address.sun_path - 1);
    memcpy(address.sun_path, path, len + 1);
    memcpy(&sink->address, &address, sizeof address);
    sink->address_len = sizeof address;
    return MP_OK;
}

/* Connect within CONNECT_MS; afterwards the socket does not block. */
static int connect_soon(const mp_sink *sink)
{
    int fd = socket(sink->address.ss_family,
                    (sink->kind == MP_SINK_TCP ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    int       failed = 0;
    socklen_t size = sizeof failed;
    if (connect(fd, (const struct sockaddr *)&sink->address, sink->address_len) != 0) {
        struct pollfd p = { fd, POLLOUT, 0 };
        failed = errno != EINPROGRESS || poll(&p, 1, CONNECT_MS) != 1 ||
                 getsockopt(fd, SOL_SOCKET, SO_ERROR, &failed, &size) != 0 || failed;
    }
    if (!failed)
        return fd;
    close(fd);
    return -1;
}

static void try_to_open(mp_sink *sink)
{
    mp_ticks now = mp_clock_now();
    if (sink->kind == MP_SINK_FILE) {
        sink->fd = open(sink->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0640);
    } else if (sink->kind != MP_SINK_STREAM &&
               (now < sink->tried || now - sink->tried >= RETRY_SECONDS * MP_TICKS_PER_SECOND)) {
        sink->tried = now;
        sink->fd = connect_soon(sink);
    }
}

static void shut(mp_sink *sink)
{
    if (sink->fd >= 0 && sink->kind != MP_SINK_STREAM)
        close(sink->fd);
    sink->fd = -1;
}

mp_code mp_sink_open(mp_sink *sink, const char *to, mp_error *err)
{
    mp_str target = mp_str_from(to && *to ? to : "stderr");
    *sink = (mp_sink){ .kind = MP_SINK_STREAM, .fd = -1 };
    if (mp_str_eq(target, MP_S("stderr")) || mp_str_eq(target, MP_S("stdout"))) {
        sink->fd = mp_str_eq(target, MP_S("stderr")) ? STDERR_FILENO : STDOUT_FILENO;
        return MP_OK;
    }
    if (mp_str_starts(target, MP_S("syslog+tcp://"))) {
        sink->kind = MP_SINK_TCP;
        MP_TRY(resolve(sink, mp_str_skip(target, 13), SOCK_STREAM, err));
    } else if (mp_str_starts(target, MP_S("syslog://"))) {
        sink->kind = MP_SINK_DATAGRAM;
        MP_TRY(resolve(sink, mp_str_skip(target, 9), SOCK_DGRAM, err));
    } else if (mp_str_starts(target, MP_S("syslog:"))) {
        sink->kind = MP_SINK_DATAGRAM;
        MP_TRY(use_socket_file(sink, target.len > 7 ? target.ptr + 7 : "/dev/log", err));
    } else {
        sink->kind = MP_SINK_FILE;
        sink->path = strdup(target.ptr);
        if (!sink->path)
            return mp_no_memory(err);
    }
    try_to_open(sink);
    if (sink->kind == MP_SINK_FILE && sink->fd < 0) {
        mp_code code = mp_fail(err, MP_IO, MP_NOWHERE, "the log '%s' cannot be opened: %s", to, strerror(errno));
        mp_sink_close(sink);
        return code;
    }
    return MP_OK;
}

void mp_sink_close(mp_sink *sink)
{
    shut(sink);
    free(sink->path);
    sink->path = NULL;
}

/* The old file stays when the new one cannot be opened: better a line in the wrong place than none. */
void mp_sink_reopen(mp_sink *sink)
{
    int old = sink->fd;
    if (sink->kind != MP_SINK_FILE)
        return;
    try_to_open(sink);
    if (sink->fd < 0)
        sink->fd = old;
    else if (old >= 0)
        close(old);
}

/* A pipe or a socket whose reader sleeps does not hold us up. */
static bool can_write(const mp_sink *sink)
{
    struct pollfd p = { sink->fd, POLLOUT, 0 };
    return sink->kind == MP_SINK_FILE || poll(&p, 1, WAIT_MS) == 1;
}

static bool write_whole(const mp_sink *sink, mp_str bytes)
{
    while (bytes.len) {
        ssize_t n = can_write(sink) ? write(sink->fd, bytes.ptr, bytes.len) : -1;
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        bytes = mp_str_skip(bytes, (size_t)n);
    }
    return true;
}

static bool send_framed(const mp_sink *sink, mp_str line)
{
    char head[24];
    int  len = snprintf(head, sizeof head, "%zu ", line.len);
    return write_whole(sink, mp_str_of(head, (size_t)len)) && write_whole(sink, line);
}

bool mp_sink_write(mp_sink *sink, mp_str line)
{
    if (sink->fd < 0)
        try_to_open(sink);
    if (sink->fd < 0)
        return false;
    if (sink->kind == MP_SINK_STREAM || sink->kind == MP_SINK_FILE)
        return write_whole(sink, line);
    line.len--; /* the newline */
    bool done = sink->kind == MP_SINK_TCP
                    ? send_framed(sink, line)
                    : send(sink->fd, line.ptr, line.len, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)line.len;
    if (!done && (sink->kind == MP_SINK_TCP || errno != EAGAIN))
        shut(sink); /* half a frame was sent, or nobody is there: begin anew */
    return done;
}

bool mp_sink_is_syslog(const mp_sink *sink)
{
    return sink->kind == MP_SINK_DATAGRAM || sink->kind == MP_SINK_TCP;
}
