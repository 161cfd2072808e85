/* SPDX-License-Identifier: Apache-2.0 */
/* diagnose.h - show what a compiler found, with the source line and a caret below the place. */
#ifndef MAPAE_CLI_DIAGNOSE_H
#define MAPAE_CLI_DIAGNOSE_H

#include "cli.h"
#include "diagnostics.h"

/* All of them on cli->err; warnings not when --quiet. */
void mp_cli_diagnostics(const mp_cli *cli, const mp_diagnostics *d);
/* One, as text in the user's language. */
void mp_diagnostic_text(mp_buf *out, mp_lang lang, bool color, const mp_diagnostic *d);

#endif
