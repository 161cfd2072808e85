/* SPDX-License-Identifier: Apache-2.0 */
/* connection.h - requests as libmicrohttpd brings them, turned into exchanges. */
#ifndef MAPAE_HTTP_CONNECTION_H
#define MAPAE_HTTP_CONNECTION_H

#include <microhttpd.h>

#include "peers.h"
#include "rate.h"
#include "server.h"
#include "tls.h"
#include "workers.h"

struct mp_server {
    const mp_router  *router;
    mp_log           *log;
    mp_server_options options; /* with the defaults filled in; texts are not kept */
    mp_networks       trusted;
    mp_tls           *tls; /* NULL: none */
    mp_peers         *peers;
    mp_rates         *rates;
    mp_workers       *workers;
    struct MHD_Daemon *outer, *local;
    int               outer_fd, local_fd;
    bool              is_quiesced; /* the daemons have given the two back */
    char             *local_path;
    unsigned          port, waiting_max; /* jobs that may wait for a worker */
    pthread_t         keeper;
    bool              has_keeper;
    pthread_mutex_t   lock; /* of is_stopping, for the keeper's sleep */
    pthread_cond_t    wake;
    bool              is_keeper_ending;
    atomic_bool       is_stopping;
    bool              knows_layout; /* this libmicrohttpd keeps heads as mp_framing_is_plain() reads them */
};

/* Callbacks of MHD_start_daemon(); `cls` is the server. */
enum MHD_Result mp_connection_accept(void *cls, const struct sockaddr *address, socklen_t len);
void mp_connection_notify(void *cls, struct MHD_Connection *connection, void **socket_context,
                          enum MHD_ConnectionNotificationCode code);
void *mp_connection_line(void *cls, const char *target, struct MHD_Connection *connection);
enum MHD_Result mp_connection_request(void *cls, struct MHD_Connection *connection, const char *url,
                                      const char *method, const char *version, const char *data, size_t *data_len,
                                      void **context);
void mp_connection_done(void *cls, struct MHD_Connection *connection, void **context, enum MHD_RequestTerminationCode code);
int mp_connection_certificate(gnutls_session_t session, const gnutls_datum_t *names, int name_count,
                              const gnutls_pk_algorithm_t *algorithms, int algorithm_count,
                              gnutls_pcert_st **certificates, unsigned *count, gnutls_privkey_t *key);

#endif
