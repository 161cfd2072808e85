/* SPDX-License-Identifier: Apache-2.0 */
/* verdict_internal.h - what the files of the verdicts' tables share. Private to compliance. */
#ifndef MAPAE_COMPLIANCE_VERDICT_INTERNAL_H
#define MAPAE_COMPLIANCE_VERDICT_INTERNAL_H

#include "buf.h"
#include "keys.h"
#include "map.h"
#include "verdicts.h"

/* One more than what the statement gives. */
MP_MUST_CHECK mp_code mp_next_number(int64_t *out, mp_tx *tx, const char *sql, mp_error *err);

#endif
