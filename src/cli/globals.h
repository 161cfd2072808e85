/* SPDX-License-Identifier: Apache-2.0 */
/* globals.h - the options that every command takes, and what follows from them and the environment. */
#ifndef MAPAE_CLI_GLOBALS_H
#define MAPAE_CLI_GLOBALS_H

#include "cli.h"

/* Where mp_global_options put their values. */
typedef struct mp_global_args {
    int     lang;
    int     color;
    bool    quiet;
    int64_t jobs; /* 0: as many as there are processors */
    bool    help;
    bool    version;
} mp_global_args;

/* Fill everything of `cli` but its streams, command and file. */
void mp_behave(mp_cli *cli, const mp_global_args *args);

#endif
