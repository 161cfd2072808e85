/* SPDX-License-Identifier: Apache-2.0 */
/* sign_in_limits.h - the numbers of sign-in, each a setting of the configuration (src/config/settings.def).
 *
 * Defaults follow CSAP 10.3 and ISMS-P 2.5.3, 2.5.4 (complexity, history, half-yearly change, limits of
 * attempts), NIST SP 800-63B (length, breached passwords) where they say more. */
#ifndef MAPAE_SIGN_IN_LIMITS_H
#define MAPAE_SIGN_IN_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

typedef struct mp_sign_in_limits {
    unsigned password_min_length;    /* 10 characters with two classes... */
    unsigned password_min_classes;   /* ...of letters small, large, digits, others: 2; */
    unsigned password_short_length;  /* 8 with three */
    unsigned password_short_classes;
    unsigned password_history;       /* 5: as many old ones may not come again */
    unsigned password_days;          /* 180; 0: never expires */
    const char *breached_file;       /* SHA-1 or plain list, sorted; NULL: the built-in list only */
    /* Failures at one name from one address (or in one session). At a name from all addresses together there
     * is a wait of at most 30 s, not for addresses that the person signed in from within 90 days; codes of a
     * second factor lock there. An address over all names has twenty times as many. Programs are slowed by at
     * most 30 s, and not locked: nobody guesses 256 bits. */
    unsigned attempts_before_slow;   /* 3: then each failure doubles the wait */
    unsigned attempts_before_lock;   /* 5: that name at that address */
    unsigned lock_seconds;           /* 1,800 */
    unsigned session_idle_seconds;   /* 900 */
    unsigned session_seconds;        /* 43,200 */
    unsigned sessions_per_user;      /* 5; the oldest ends */
    unsigned inactive_days;          /* 90: then suspended */
    unsigned setup_hours;            /* 24: how long an invitation or set-up link holds */
    unsigned token_seconds;          /* 3,599 */
    /* 90: signing keys of tokens rotate; the old one is published until its last token ended */
    unsigned key_days;
    unsigned secret_days;            /* 365: client secrets of programs end */
    bool     factor_required;        /* true: administrators need a second factor */
    uint64_t argon_memory;           /* 64 MiB */
    unsigned argon_passes;           /* 2 */
    unsigned argon_at_once;          /* 2: hashes computed at the same time; more wait */
} mp_sign_in_limits;

extern const mp_sign_in_limits mp_sign_in_limits_default;

#endif
