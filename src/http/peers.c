/* SPDX-License-Identifier: Apache-2.0 */
#include "peers.h"

#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include "metrics.h"

/* A socket's number can be given anew as soon as it is closed. libmicrohttpd tells of the end of a connection
 * before it closes the socket, and that takes the same lock as shutting: so nobody else's socket is shut.
 *
 * Connections by address are counted in a table of fixed size by hash. Two addresses may share a place and
 * then share the limit: with more places than connections that is rare, and it costs nobody more than a limit
 * that comes early. */

#define COUNTS 65536
#define SLOWEST 65536 /* bytes a second that keep a long body alive */
#define SLACK_MS 20   /* between the kernel's clock of a socket and ours */

struct mp_peers {
    pthread_mutex_t lock;
    mp_peers_limits limits;
    mp_log         *log;
    mp_lingerers   *lingerers;
    mp_peer        *first;
    unsigned        count;
    uint16_t        counts[COUNTS];
};

uint64_t mp_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

mp_code mp_peers_new(mp_peers **out, const mp_peers_limits *limits, mp_log *log, mp_error *err)
{
    mp_peers *peers = calloc(1, sizeof(*peers));
    if (!peers)
        return mp_no_memory(err);
    mp_code code = mp_lingerers_new(&peers->lingerers, err);
    if (code != MP_OK) {
        free(peers);
        return code;
    }
    pthread_mutex_init(&peers->lock, NULL);
    peers->limits = *limits;
    peers->log = log;
    *out = peers;
    return MP_OK;
}

void mp_peers_free(mp_peers *peers)
{
    if (!peers)
        return;
    mp_lingerers_free(peers->lingerers);
    pthread_mutex_destroy(&peers->lock);
    free(peers);
}

static uint16_t *count_of(mp_peers *peers, const mp_address *address)
{
    return &peers->counts[mp_address_key(address) % COUNTS];
}

bool mp_peers_may_come(mp_peers *peers, const mp_address *address, bool is_exempt)
{
    pthread_mutex_lock(&peers->lock);
    bool is_full = peers->count >= peers->limits.connections;
    bool has_many = !is_exempt && *count_of(peers, address) >= peers->limits.per_client;
    pthread_mutex_unlock(&peers->lock);
    if (!is_full && !has_many)
        return true;
    char text[MP_ADDRESS_TEXT];
    mp_address_text(text, address);
    mp_metric_add(MP_METRIC_CONNECTIONS_REFUSED, 1);
    mp_log_field fields[] = { MP_LOG_TEXT("client", mp_str_from(text)),
                              MP_LOG_TEXT("limit", is_full ? MP_S("connections") : MP_S("connections-per-client")) };
    mp_log_write(peers->log, MP_LOG_NOTICE, "client-over-limit", fields, MP_COUNT(fields));
    return false;
}

mp_peer *mp_peers_add(mp_peers *peers, int fd, const mp_address *address, bool is_local, bool is_exempt)
{
    mp_peer *peer = calloc(1, sizeof(*peer));
    if (!peer)
        return NULL;
    peer->peers = peers;
    peer->fd = fd;
    peer->address = *address;
    peer->is_local = is_local;
    peer->is_exempt = is_exempt || is_local;
    mp_peer_enter(peer, MP_PEER_NEW);
    pthread_mutex_lock(&peers->lock);
    peer->next = peers->first;
    peer->link = &peers->first;
    if (peer->next)
        peer->next->link = &peer->next;
    peers->first = peer;
    peers->count++;
    uint16_t *count = count_of(peers, address);
    if (!peer->is_exempt && *count < UINT16_MAX)
        ++*count;
    pthread_mutex_unlock(&peers->lock);
    mp_metric_add(MP_METRIC_CONNECTIONS_ACCEPTED, 1);
    mp_metric_add(MP_METRIC_CONNECTIONS, 1);
    return peer;
}

void mp_peers_remove(mp_peer *peer)
{
    mp_peers *peers = peer->peers;
    pthread_mutex_lock(&peers->lock);
    *peer->link = peer->next;
    if (peer->next)
        peer->next->link = peer->link;
    peers->count--;
    uint16_t *count = count_of(peers, &peer->address);
    if (!peer->is_exempt && *count)
        --*count;
    pthread_mutex_unlock(&peers->lock);
    if (peer->is_cut && !peer->is_shut)
        mp_lingerers_add(peers->lingerers, peer->fd, mp_now_ms());
    free(peer);
    mp_metric_add(MP_METRIC_CONNECTIONS, -1);
}

/* A head has begun before its first line stands: with the connection, or with the first byte that was noticed. */
static uint64_t beginning_of_head(mp_peer *peer)
{
    uint64_t heard = atomic_load(&peer->heard_ms);
    if (atomic_load(&peer->phase) == MP_PEER_NEW)
        return atomic_load(&peer->since_ms);
    return heard ? heard : mp_now_ms();
}

void mp_peer_enter(mp_peer *peer, mp_peer_phase phase)
{
    atomic_store(&peer->since_ms, phase == MP_PEER_HEAD ? beginning_of_head(peer) : mp_now_ms());
    atomic_store(&peer->heard_ms, 0);
    atomic_store(&peer->bytes, 0);
    atomic_store(&peer->phase, (int)phase);
}

void mp_peer_moved(mp_peer *peer, size_t bytes)
{
    atomic_fetch_add_explicit(&peer->bytes, bytes, memory_order_relaxed);
}

void mp_peer_listens(mp_peer *peer, mp_listener *listener)
{
    pthread_mutex_lock(&peer->peers->lock);
    peer->listener = listener;
    pthread_mutex_unlock(&peer->peers->lock);
    mp_metric_add(MP_METRIC_LISTENERS, listener ? 1 : -1);
}

static const char *const phase_names[] = { "new", "idle", "head", "body", "working", "sending", "listening" };

/* Seconds that a phase may take; 0: any. */
static unsigned allowed(const mp_peers_limits *limits, mp_peer_phase phase, uint64_t bytes)
{
    unsigned more = bytes / SLOWEST > 86400 ? 86400 : (unsigned)(bytes / SLOWEST);
    switch (phase) {
    case MP_PEER_IDLE:
        return limits->idle_seconds;
    case MP_PEER_NEW:
    case MP_PEER_HEAD:
        return limits->head_seconds;
    case MP_PEER_BODY:
        return limits->body_seconds + more;
    case MP_PEER_SENDING:
        return limits->send_seconds + more;
    default:
        return 0;
    }
}

/* Has an idle client sent something since its last answer? libmicrohttpd keeps to itself what is not a whole
 * line; the kernel tells when the last bytes came, of TLS or not. (A Unix socket does not: idle_seconds is
 * all there is.) */
static bool has_begun(mp_peer *peer, uint64_t now)
{
    struct tcp_info info;
    socklen_t       size = sizeof info;
    uint64_t        heard = atomic_load(&peer->heard_ms), since = atomic_load(&peer->since_ms);
    if (heard)
        return heard > since;
    if (getsockopt(peer->fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0 ||
        now < since + info.tcpi_last_data_recv + SLACK_MS)
        return false;
    atomic_store(&peer->heard_ms, now - info.tcpi_last_data_recv);
    return true;
}

static bool is_late(const mp_peers *peers, mp_peer *peer, mp_peer_phase *phase, uint64_t now)
{
    unsigned seconds = allowed(&peers->limits, *phase, atomic_load(&peer->bytes));
    uint64_t since = atomic_load(&peer->since_ms);
    if (seconds && now > since + (uint64_t)seconds * 1000)
        return true;
    if (*phase != MP_PEER_IDLE || !has_begun(peer, now))
        return false;
    *phase = MP_PEER_HEAD; /* as far as anybody can see */
    return now > atomic_load(&peer->heard_ms) + (uint64_t)peers->limits.head_seconds * 1000;
}

static void shut(mp_peers *peers, mp_peer *peer, mp_peer_phase phase)
{
    char text[MP_ADDRESS_TEXT];
    peer->is_shut = true;
    shutdown(peer->fd, SHUT_RDWR);
    if (phase == MP_PEER_IDLE)
        return; /* keep-alive that nobody used any more */
    mp_metric_add(MP_METRIC_CONNECTIONS_CLOSED_SLOW, 1);
    if (phase == MP_PEER_NEW)
        return; /* browsers connect before they have a question: that is not worth a line */
    mp_address_text(text, &peer->address);
    mp_log_write(peers->log, MP_LOG_NOTICE, "client-slow",
                 (mp_log_field[]){ MP_LOG_TEXT("client", mp_str_from(text)),
                  MP_LOG_TEXT("phase", mp_str_from(phase_names[phase])) }, 2);
}

void mp_peers_tick(mp_peers *peers, bool beats)
{
    uint64_t now = mp_now_ms();
    pthread_mutex_lock(&peers->lock);
    for (mp_peer *peer = peers->first; peer; peer = peer->next) {
        mp_peer_phase phase = (mp_peer_phase)atomic_load(&peer->phase);
        if (beats && peer->listener)
            mp_listener_beat(peer->listener);
        if (!peer->is_shut && is_late(peers, peer, &phase, now))
            shut(peers, peer, phase);
    }
    pthread_mutex_unlock(&peers->lock);
    mp_lingerers_tick(peers->lingerers, now);
}

unsigned mp_peers_wind_down(mp_peers *peers)
{
    unsigned busy = 0;
    pthread_mutex_lock(&peers->lock);
    for (mp_peer *peer = peers->first; peer; peer = peer->next) {
        int  phase = atomic_load(&peer->phase);
        bool is_idle = phase == MP_PEER_NEW || phase == MP_PEER_IDLE;
        if (peer->listener)
            mp_listener_close(peer->listener);
        if (is_idle && !peer->is_shut)
            shut(peers, peer, MP_PEER_IDLE);
        busy += !is_idle;
    }
    pthread_mutex_unlock(&peers->lock);
    return busy;
}

unsigned mp_peers_count(mp_peers *peers)
{
    pthread_mutex_lock(&peers->lock);
    unsigned count = peers->count;
    pthread_mutex_unlock(&peers->lock);
    return count;
}
