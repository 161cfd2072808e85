/* SPDX-License-Identifier: Apache-2.0 */
/* firewall.h - what the rules in the kernel do with incoming traffic, from what its tools print. */
#ifndef MAPAE_HOST_FIREWALL_H
#define MAPAE_HOST_FIREWALL_H

#include <mapae/str.h>

typedef struct mp_firewall_rules {
    bool   is_active;     /* there are rules for incoming traffic, or a policy that drops it */
    mp_str default_input; /* "drop", "reject", "accept", by the last rule where it has no condition, else by the policy of
                             the chain; empty: IPv4 and IPv6 disagree, or there is no chain */
    bool   is_of_iptables; /* the tables are those that iptables makes */
    bool   is_v4_only;     /* nothing is said of IPv6 */
} mp_firewall_rules;

/* `nft list ruleset` */
mp_firewall_rules mp_firewall_of_nft(mp_str text);
/* `iptables -S INPUT` */
mp_firewall_rules mp_firewall_of_iptables(mp_str text);
/* What `ip6tables -S INPUT` says besides. */
void mp_firewall_add_v6(mp_firewall_rules *r, mp_str text);
/* Rules for IPv4 alone, while the host has addresses of IPv6 that others reach (/proc/net/if_inet6): those let all in. */
void mp_firewall_heed_v6(mp_firewall_rules *r, mp_str addresses);

#endif
