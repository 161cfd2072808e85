/* SPDX-License-Identifier: Apache-2.0 */
/* log_sink.h - where lines go: a file, a stream, a collector of syslog. */
#ifndef MAPAE_LOG_SINK_H
#define MAPAE_LOG_SINK_H

#include <sys/socket.h>

#include "clock.h"

typedef enum mp_sink_kind {
    MP_SINK_STREAM, /* standard output or error */
    MP_SINK_FILE,
    MP_SINK_DATAGRAM, /* one line, one datagram */
    MP_SINK_TCP,      /* "LENGTH LINE", RFC 6587 3.4.1 */
} mp_sink_kind;

typedef struct mp_sink {
    mp_sink_kind            kind;
    int                     fd;      /* -1: not open at present */
    char                   *path;    /* of a file */
    struct sockaddr_storage address; /* of a collector */
    socklen_t               address_len;
    mp_ticks                tried;   /* when it was last tried to reach it */
} mp_sink;

/* `to` as mp_log_options has it. */
MP_MUST_CHECK mp_code mp_sink_open(mp_sink *sink, const char *to, mp_error *err);
void                  mp_sink_close(mp_sink *sink);
void                  mp_sink_reopen(mp_sink *sink);
/* One line, its newline included (left out in datagrams). False when it was not written whole. Waits for at
 * most a moment. */
bool mp_sink_write(mp_sink *sink, mp_str line);
bool mp_sink_is_syslog(const mp_sink *sink);

#endif
