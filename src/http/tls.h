/* SPDX-License-Identifier: Apache-2.0 */
/* tls.h - the certificate that GnuTLS shows to clients, exchanged while the server runs. */
#ifndef MAPAE_HTTP_TLS_H
#define MAPAE_HTTP_TLS_H

#include <gnutls/abstract.h>

#include "clock.h"

/* TLS 1.3 and 1.2, forward secrecy and authenticated ciphers only; the server's order counts. */
#define MP_TLS_PRIORITIES                                                                                                      \
    "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-KX-ALL:+ECDHE-ECDSA:+ECDHE-RSA:-CIPHER-ALL:+AES-256-GCM:+CHACHA20-POLY1305:" \
    "+AES-128-GCM:-MAC-ALL:+AEAD:-SIGN-RSA-SHA1:-SIGN-ECDSA-SHA1:-SIGN-DSA-SHA1:%SERVER_PRECEDENCE:%SAFE_RENEGOTIATION"

typedef struct mp_tls mp_tls;

typedef struct mp_tls_pair {
    const gnutls_pcert_st *certificates;
    unsigned               count;
    gnutls_privkey_t       key;
} mp_tls_pair;

/* Fails with MP_IO, MP_PARAMETER (no PEM, key of another certificate), MP_NOMEM. */
MP_MUST_CHECK mp_code mp_tls_open(mp_tls **out, const char *cert_file, const char *key_file, mp_error *err);
void                  mp_tls_free(mp_tls *tls);
/* Read the files again; what was there stays when they are no good. */
MP_MUST_CHECK mp_code mp_tls_reload(mp_tls *tls, mp_error *err);
/* A file was changed since the last look. */
bool mp_tls_is_changed(mp_tls *tls);
/* Good for a handshake that begins now: at least ten minutes after a reload. */
mp_tls_pair mp_tls_current(mp_tls *tls);
mp_ticks    mp_tls_until(mp_tls *tls); /* end of validity */

#endif
