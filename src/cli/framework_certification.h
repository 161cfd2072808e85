/* SPDX-License-Identifier: Apache-2.0 */
/* framework_certification.h - subcommands of `mapae framework` about how one is certified. */
#ifndef MAPAE_CLI_FRAMEWORK_CERTIFICATION_H
#define MAPAE_CLI_FRAMEWORK_CERTIFICATION_H

#include "client.h"

/* find-scheme */
struct mp_find_scheme_args {
    mp_place place;
    int format;
    mp_list names; /* a framework, and answers: QUESTION=ANSWER */
};
#define MP_FIND_SCHEME_OPTIONS 5
extern const mp_option mp_find_scheme_operand, mp_find_scheme_options[MP_FIND_SCHEME_OPTIONS];
mp_code mp_framework_find_scheme(mp_client *client, const void *args, mp_error *err);

/* substitution, of mp_ask_args */
extern const mp_option mp_substitution_operand;
mp_code mp_framework_substitution(mp_client *client, const void *args, mp_error *err);

#endif
