/* SPDX-License-Identifier: Apache-2.0 */
/* framework_move.h - `mapae framework move`: a measure goes to another edition; what changes by that is shown first. */
#ifndef MAPAE_CLI_FRAMEWORK_MOVE_H
#define MAPAE_CLI_FRAMEWORK_MOVE_H

#include "client.h"

struct mp_framework_move_args {
    mp_place place;
    int format;
    mp_list names; /* a measure, an edition */
    bool yes, same;
};
#define MP_FRAMEWORK_MOVE_OPTIONS 7
extern const mp_option mp_framework_move_operand, mp_framework_move_options[MP_FRAMEWORK_MOVE_OPTIONS];
mp_code mp_framework_move(mp_client *client, const void *args, mp_error *err);

#endif
