/* SPDX-License-Identifier: Apache-2.0 */
/* peers.h - the connections of a server: how many each address has, what each is doing and since when, and an
 * end to those that take too long. libmicrohttpd closes who is silent; a client that sends a byte now and
 * then is never silent, and is closed here.
 *
 * The first head must stand `head_seconds` after the connection was accepted, the handshake of TLS included.
 * Later ones may begin within `idle_seconds` of the answer before, and must stand `head_seconds` after their
 * first byte. */
#ifndef MAPAE_HTTP_PEERS_H
#define MAPAE_HTTP_PEERS_H

#include <pthread.h>
#include <stdatomic.h>

#include "address.h"
#include "listener.h"
#include "linger.h"
#include "log.h"

typedef enum mp_peer_phase {
    MP_PEER_NEW,     /* accepted, and no request line yet */
    MP_PEER_IDLE,    /* answered, and no further request line */
    MP_PEER_HEAD,    /* the request line was read */
    MP_PEER_BODY,
    MP_PEER_WORKING, /* ours to finish */
    MP_PEER_SENDING,
    MP_PEER_LISTENING, /* to events: as long as it likes */
} mp_peer_phase;

typedef struct mp_peer {
    struct mp_peer *next, **link;
    struct mp_peers *peers;
    void            *server;
    int              fd;
    bool             is_local, is_exempt; /* exempt: a proxy, many clients behind one address */
    mp_address       address;
    atomic_int       phase;
    atomic_uint_fast64_t since_ms;
    atomic_uint_fast64_t heard_ms; /* idle: bytes have come since then that are no request line yet; 0: none */
    atomic_uint_fast64_t bytes; /* moved in this phase */
    bool             is_shut;
    bool             is_cut;  /* answered before all of its request came: it lingers */
    mp_listener     *listener; /* with the lock */
} mp_peer;

typedef struct mp_peers_limits {
    unsigned connections, per_client;
    unsigned idle_seconds, head_seconds, body_seconds, send_seconds;
} mp_peers_limits;

typedef struct mp_peers mp_peers;

MP_MUST_CHECK mp_code mp_peers_new(mp_peers **out, const mp_peers_limits *limits, mp_log *log, mp_error *err);
void                  mp_peers_free(mp_peers *peers);
/* One more of this address? */
bool     mp_peers_may_come(mp_peers *peers, const mp_address *address, bool is_exempt);
/* The connection is there; NULL when memory is short. */
mp_peer *mp_peers_add(mp_peers *peers, int fd, const mp_address *address, bool is_local, bool is_exempt);
void     mp_peers_remove(mp_peer *peer); /* before its socket is closed, which lingers when the peer is cut; frees */
void     mp_peer_enter(mp_peer *peer, mp_peer_phase phase);
void     mp_peer_moved(mp_peer *peer, size_t bytes); /* of a body, either way */
void     mp_peer_listens(mp_peer *peer, mp_listener *listener); /* NULL: no more */
/* Once a second: shut those that are late; beat for listeners when `beats`. */
void     mp_peers_tick(mp_peers *peers, bool beats);
/* Shut every one that does nothing, and end every listener. Returns how many are at something. */
unsigned mp_peers_wind_down(mp_peers *peers);
unsigned mp_peers_count(mp_peers *peers);

uint64_t mp_now_ms(void); /* of a clock that does not go back */

#endif
