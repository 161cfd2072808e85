/* SPDX-License-Identifier: Apache-2.0 */
/* statement_read.h - what a statement is made of, from what is recorded. */
#ifndef MAPAE_CONTROLS_STATEMENT_READ_H
#define MAPAE_CONTROLS_STATEMENT_READ_H

#include "control_score.h"
#include "decisions.h"

/* Within a read; everything is the arena's, and what `of` has. `at` is the moment that it is of. */
MP_MUST_CHECK mp_code mp_statement_read(mp_statement *out, mp_tx *tx, const mp_standing_of *of, mp_ticks at,
                                        mp_arena *arena, mp_error *err);

/* A measure within the service-by-environment table. */
typedef struct mp_in_scope {
    mp_measure measure;
    const mp_framework *framework; /* NULL: it is not held any more */
    const mp_scheme *scheme;
    const mp_held_certificate *certificate; /* NULL: none */
    mp_ticks since;                         /* of what is said of it now */
    int64_t version;                        /* how often that was changed, from 1 */
} mp_in_scope;

/* {"kind": "services", "asOf", "totals", "environments", "matrix", "rows"}: which services are in scope of
 * which framework and edition, environment by environment. Sorts the list. */
void mp_statement_services(mp_jsonw *w, mp_in_scope *list, size_t count, mp_ticks as_of);

#endif
