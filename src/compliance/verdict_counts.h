/* SPDX-License-Identifier: Apache-2.0 */
/* verdict_counts.h - verdicts counted by check and state, in any places, now or at a date.
 *
 * The sums that are kept with the verdicts answer (verdicts.h): the cost is that of checks times places, however
 * many verdicts there are, now and at any moment of which verdicts are kept. Only where no sums are kept, every
 * verdict of the place is looked at: of single resources, and of a resource group at a date. */
#ifndef MAPAE_COMPLIANCE_VERDICT_COUNTS_H
#define MAPAE_COMPLIANCE_VERDICT_COUNTS_H

#include "verdicts.h"

typedef struct mp_check_count {
    int64_t check;     /* number */
    mp_str assignment; /* key of the assignment */
    mp_str definition; /* key of the definition */
    mp_str controls;   /* names of groups that it answers, each between line feeds; empty: none */
    bool is_here;      /* its assignment reaches one of the scopes and does not leave it out, also when it has
                           no verdict there */
    uint64_t states[MP_STATE_COUNT]; /* verdicts */
} mp_check_count;

/* All checks that there are (`as_of` 0: now; or were), by number, with what stands at and below `scopes`: keys
 * of any places, "/" of all. What stands in two of them counts once. Fails with MP_NOMEM, ... */
MP_MUST_CHECK mp_code mp_verdicts_count(mp_check_count **out, size_t *count, mp_tx *tx, const mp_str *scopes,
                                        size_t scope_count, mp_ticks as_of, mp_arena *arena, mp_error *err);

#endif
