/* SPDX-License-Identifier: Apache-2.0 */
/* complete.h - completion scripts for shells, from the tables of commands and options. */
#ifndef MAPAE_CLI_COMPLETE_H
#define MAPAE_CLI_COMPLETE_H

#include "cli.h"

/* Append the script for `shell`: "bash", "zsh", "fish". False when it is another. */
bool mp_complete(mp_buf *out, mp_lang lang, mp_str shell);
/* The shells, ended by NULL. */
extern const char *const mp_complete_shells[];

#endif
