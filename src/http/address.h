/* SPDX-License-Identifier: Apache-2.0 */
/* address.h - addresses of clients: as text, as keys, and within networks. */
#ifndef MAPAE_HTTP_ADDRESS_H
#define MAPAE_HTTP_ADDRESS_H

#include <netinet/in.h>

#include "arena.h"

#define MP_ADDRESS_TEXT 46

/* An address as IPv6; of version 4 as ::ffff:a.b.c.d. All zero: none (a local socket). */
typedef struct mp_address {
    uint8_t bytes[16];
} mp_address;

typedef struct mp_network {
    mp_address address;
    unsigned   bits;
} mp_network;

typedef struct mp_networks {
    mp_network list[64];
    size_t     count;
} mp_networks;

bool mp_address_of(mp_address *out, const struct sockaddr *from);
/* "192.0.2.1", "2001:db8::1"; also with a port behind it or brackets around. False: none. */
bool mp_address_parse(mp_address *out, mp_str text);
void mp_address_text(char out[MP_ADDRESS_TEXT], const mp_address *address);
bool mp_address_is_loopback(const mp_address *address);
/* What limits count by: the address, of version 6 its /64, which one customer has. */
uint64_t mp_address_key(const mp_address *address);

/* "10.0.0.0/8, 192.0.2.1, 2001:db8::/32". Fails with MP_PARAMETER, MP_LIMIT. */
MP_MUST_CHECK mp_code mp_networks_parse(mp_networks *out, const char *text, mp_error *err);
/* A network of version 6 has no address of version 4, however wide it is. */
bool                  mp_networks_have(const mp_networks *networks, const mp_address *address);

/* Who asks, when `peer` is a proxy that is trusted: the last address of X-Forwarded-For that is none of the
 * trusted ones. */
mp_address mp_address_forwarded(const mp_networks *trusted, const mp_address *peer, mp_str forwarded_for);

#endif
