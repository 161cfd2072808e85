/* SPDX-License-Identifier: Apache-2.0 */
/* certificate_substitution.h - subcommands of `mapae certificate` about a certificate of another kind, which stands in
 * for a part of a measure's assessment (of ISMS for CSAP). */
#ifndef MAPAE_CLI_CERTIFICATE_SUBSTITUTION_H
#define MAPAE_CLI_CERTIFICATE_SUBSTITUTION_H

#include "client.h"

struct mp_substitute_args {
    mp_place place;
    int format;
    const char *name;
    const char *number, *issuer, *issued, *expires, *scope;
    bool covers;
};
#define MP_SUBSTITUTE_OPTIONS 11
extern const mp_option mp_substitute_options[MP_SUBSTITUTE_OPTIONS];

/* Of commands (mp_ask.fn); the second one's arguments are mp_read_args. */
mp_code mp_certificate_substitute(mp_client *client, const void *args, mp_error *err);
mp_code mp_certificate_substitution(mp_client *client, const void *args, mp_error *err);

#endif
