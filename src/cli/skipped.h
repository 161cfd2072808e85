/* SPDX-License-Identifier: Apache-2.0 */
/* skipped.h - say what was passed over in folders. */
#ifndef MAPAE_CLI_SKIPPED_H
#define MAPAE_CLI_SKIPPED_H

#include "cli.h"
#include "source.h"

/* One note, when there is anything to say. */
void mp_cli_skipped(const mp_cli *cli, const mp_skips *skips);
/* The same for policies. Beside them stand tests, notes and the like, so it is said only where nothing was
 * read at all, or a link was not followed. */
void mp_cli_skipped_policies(const mp_cli *cli, const mp_skips *skips, bool any_read);

#endif
