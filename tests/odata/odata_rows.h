/* SPDX-License-Identifier: Apache-2.0 */
/* odata_rows.h - a table with a field of every type, some rows of it, and random ones. */
#ifndef MAPAE_TESTS_ODATA_ROWS_H
#define MAPAE_TESTS_ODATA_ROWS_H

#include "odata.h"

enum { F_ID, F_NAME, F_STATE, F_COMPLIANT, F_COUNT, F_SCORE, F_AT, F_SEEN, F_GROUPS, F_NOTE, F_STEP, FIELDS };
enum { CALL_AT_SCOPE, CALL_ASSIGNED_TO };

typedef struct sample {
    mp_cell cells[FIELDS];
    bool    is_at_scope;
} sample;

extern const mp_odata_table  sample_table;
extern const mp_odata_reader sample_reader;
extern const sample          samples[];
extern const size_t          sample_count;

/* A row of values from small sets, so that random filters meet them; every field but the id is null at times. */
sample sample_random(uint64_t *seed);
uint64_t sample_next(uint64_t *seed); /* a random number */

/* One of `count`. */
#define PICK(seed, array) ((array)[sample_next(seed) % MP_COUNT(array)])

#endif
