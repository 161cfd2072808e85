/* SPDX-License-Identifier: Apache-2.0 */
/* handshake.h - who begins a handshake of TLS and then says no more costs nothing. Private to http.
 *
 * libmicrohttpd 0.9.75 asks a socket whose handshake is not finished again and again, whether or not anything came:
 * one silent client would keep a whole core busy. So we read for GnuTLS; and when a round over all connections
 * brought nothing, the thread sleeps until something happens on any of them. */
#ifndef MAPAE_HTTP_HANDSHAKE_H
#define MAPAE_HTTP_HANDSHAKE_H

#include <microhttpd.h>

/* Of a new connection, on the thread that has it. Without TLS nothing is done. */
void mp_handshake_watch(struct MHD_Connection *connection);
/* Something happened on this thread that has nothing to do with sockets: it does not sleep now. */
void mp_handshake_moves(void);

#endif
