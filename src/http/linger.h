/* SPDX-License-Identifier: Apache-2.0 */
/* linger.h - connections that were answered before all of their request had come: read on for a while, so that the
 * client sees the answer. Private to http.
 *
 * Closing a socket that has unread bytes resets the connection, and what the client has not read yet is lost to him
 * (RFC 9112, section 9.6). So the socket is kept open under another number; what comes is thrown away, until the
 * client closes, or it lasted too long, or it is too much. */
#ifndef MAPAE_HTTP_LINGER_H
#define MAPAE_HTTP_LINGER_H

#include <mapae/error.h>

#include <stdint.h>

typedef struct mp_lingerers mp_lingerers;

MP_MUST_CHECK mp_code mp_lingerers_new(mp_lingerers **out, mp_error *err);
void                  mp_lingerers_free(mp_lingerers *lingerers); /* closes all; NULL is fine */
/* The socket is about to be closed by its owner. When too many linger, it is just closed. Any thread. */
void mp_lingerers_add(mp_lingerers *lingerers, int fd, uint64_t now_ms);
/* Read what came, close what is done: about once a second, by one thread. */
void mp_lingerers_tick(mp_lingerers *lingerers, uint64_t now_ms);

#endif
