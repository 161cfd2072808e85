/* SPDX-License-Identifier: Apache-2.0 */
/* statement_print.h - a statement (docs/statements.md) for people: as a table, CSV, iCalendar, or through a
 * form. */
#ifndef MAPAE_CLI_STATEMENT_PRINT_H
#define MAPAE_CLI_STATEMENT_PRINT_H

#include "client.h"

typedef enum mp_statement_format {
    MP_STATEMENT_TABLE,
    MP_STATEMENT_JSON,
    MP_STATEMENT_CSV,
    MP_STATEMENT_ICS,
    MP_STATEMENT_HTML,
    MP_STATEMENT_PDF,
    MP_STATEMENT_XLSX,
    MP_STATEMENT_OSCAL /* what the server answers then is printed as it is */
} mp_statement_format;
extern const char *const mp_statement_formats[]; /* "table", ... and NULL */

/* What the client was answered, behind what is in `out`. Fails with MP_USAGE when this kind of statement has no
 * such format. `zone` (NULL: none) is that of a document. */
MP_MUST_CHECK mp_code mp_statement_print(mp_buf *out, mp_client *client, mp_str kind,
                                         mp_statement_format format, const char *zone,
                                         mp_error *err);

#endif
