/* SPDX-License-Identifier: Apache-2.0 */
/* ledger_export.h - the log as files that any web server can serve and any verifier of C2SP tlog-tiles can read. */
#ifndef MAPAE_CLI_LEDGER_EXPORT_H
#define MAPAE_CLI_LEDGER_EXPORT_H

#include "client.h"

typedef struct mp_ledger_exported {
    uint64_t size;    /* of the tree */
    uint64_t written; /* files; full tiles that were there stay as they are, since they never change */
    uint64_t missing; /* bundles of entries that retention has removed something from */
} mp_ledger_exported;

/* The checkpoint is written last: whoever reads it finds all that it covers. Fails with MP_OUTPUT, MP_DAMAGED
 * (a checkpoint of another form), and as asking does. */
MP_MUST_CHECK mp_code mp_ledger_export(mp_ledger_exported *out, mp_client *client, const char *folder, mp_error *err);

#endif
