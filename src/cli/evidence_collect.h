/* SPDX-License-Identifier: Apache-2.0 */
/* evidence_collect.h - what is collected here and kept there: the output of a command, this host, verdicts, a recorded
 * resource. A command runs as who calls, on this machine; the server never runs anything. */
#ifndef MAPAE_CLI_EVIDENCE_COLLECT_H
#define MAPAE_CLI_EVIDENCE_COLLECT_H

#include <stdio.h>

#include "client.h"

#define MP_COLLECT_OUTPUT_MAX ((size_t)64 << 20) /* bytes of each stream of a command */

/* Run it, and write what it said as a document to `out`: {"format": "mapae-command/1", "command": [...],
 * "exitCode" or "signal", "host", "user", "startedAt", "endedAt", "stdout", "stderr"}; a stream that is no
 * UTF-8 stands as {"base64": ...}. *exit_code is its own, or 128 and the signal. Fails with MP_IO (it cannot
 * be run), MP_LIMIT. */
MP_MUST_CHECK mp_code mp_collect_command(int *exit_code, FILE *out, const mp_list *command, mp_error *err);

/* All verdicts of a scope as of a date (NULL: now), page by page: {"format": "mapae-verdicts/1", "scope",
 * "asOf", "collectedAt", "verdicts": [...]}. */
MP_MUST_CHECK mp_code mp_collect_verdicts(FILE *out, mp_client *client, const char *scope, mp_error *err);
/* This machine as a Host document (machine.h); *name is the host's, in the arena. What could not be read is said on
 * cli->err. Fails as mp_machine_read(). */
MP_MUST_CHECK mp_code mp_collect_machine(const char **name, FILE *out, mp_cli *cli, mp_arena *arena, mp_error *err);
/* A resource as it is recorded, or was: the API's answer as it is. */
MP_MUST_CHECK mp_code mp_collect_resource(FILE *out, mp_client *client, const char *id, mp_error *err);

#endif
