/* SPDX-License-Identifier: Apache-2.0 */
/* collect_host.h - `mapae collect host`: the machine it runs on, as a Host document, into a file or into the recorded
 * estate. */
#ifndef MAPAE_CLI_COLLECT_HOST_H
#define MAPAE_CLI_COLLECT_HOST_H

#include "client.h"
#include "machine.h"

typedef struct mp_collect_host_args {
    mp_place    place;
    int         format;
    const char *unused_name; /* no operand: mp_ask_args has one here */
    const char *root, *name, *source, *out;
    bool        no_programs;
} mp_collect_host_args;

#define MP_COLLECT_HOST_OPTIONS 10
extern const mp_option mp_collect_host_options[MP_COLLECT_HOST_OPTIONS];

/* Say on cli->err what could not be read of a machine, so that nobody takes a verdict about it for one about the host. */
void mp_collect_host_gaps(const mp_machine_report *report, const mp_cli *cli, mp_arena *arena);

mp_code mp_collect_host(mp_exit *exit, mp_cli *cli, const void *args, mp_error *err);

#endif
