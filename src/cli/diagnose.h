/* SPDX-License-Identifier: Apache-2.0 */
/* diagnose.h - what a compiler found, shown to a person: place, sentence, source line and caret.
 *
 *   policies/tls.json:12:21: error: unknown operator "equal"
 *       "equal": "TLS1_2"
 *        ^
 *       did you mean equals? */
#ifndef MAPAE_CLI_DIAGNOSE_H
#define MAPAE_CLI_DIAGNOSE_H

#include "cli.h"
#include "diagnostics.h"

/* Append one, or all that are kept and a line on how many more there are. */
void mp_cli_diagnostic(mp_buf *out, const mp_cli *cli, bool color, const mp_diagnostic *diagnostic);
void mp_cli_diagnostics(mp_buf *out, const mp_cli *cli, bool color, const mp_diagnostics *all);

#endif
