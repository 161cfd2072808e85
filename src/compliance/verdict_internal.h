/* SPDX-License-Identifier: Apache-2.0 */
/* verdict_internal.h - what the files of the verdicts' tables share. Private to compliance. */
#ifndef MAPAE_COMPLIANCE_VERDICT_INTERNAL_H
#define MAPAE_COMPLIANCE_VERDICT_INTERNAL_H

#include "buf.h"
#include "keys.h"
#include "map.h"
#include "verdicts.h"

/* What a row of rule_check says of these facts. */
MP_MUST_CHECK mp_code mp_rule_columns(mp_str *assignment, mp_str *controls, const mp_rule_facts *facts,
                                      mp_arena *arena, mp_error *err);
/* One more than what the statement gives. */
MP_MUST_CHECK mp_code mp_next_number(int64_t *out, mp_tx *tx, const char *sql, mp_error *err);

#endif
