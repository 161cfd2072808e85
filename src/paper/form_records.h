/* SPDX-License-Identifier: Apache-2.0 */
/* form_records.h - the records that rows of a document name. Ids are long and come again in every row: a row says
 * "R12 stweb01", and an appendix, sorted by id, says what R12 is. The form is run once to hear of all of them, so
 * that the numbers are those of the sorted list. Private to paper.
 *
 * Of one rendering: no two threads share them. */
#ifndef MAPAE_FORM_RECORDS_H
#define MAPAE_FORM_RECORDS_H

#include "arena.h"
#include "map.h"
#include "sheet_write.h"

typedef struct mp_form_record {
    mp_str id, name; /* name: what is short of it, harmless */
    unsigned number; /* from 1, when they are numbered */
    uint64_t seen;   /* in this cell already */
} mp_form_record;

typedef struct mp_form_records {
    mp_arena arena;
    mp_map by_id;
    mp_form_record **all; /* by number, when they are numbered */
    size_t count, cap;
    uint64_t cell;
    bool is_numbered;
} mp_form_records;

MP_MUST_CHECK mp_code mp_form_records_add(mp_form_records *records, mp_str id, mp_error *err);
void mp_form_records_number(mp_form_records *records);
void mp_form_records_free(mp_form_records *records);

/* Those of a cell: each once, in the order of their numbers. One below the other when they are few, with commas
 * when they are many. `*refs` (in `arena`) are their places in `out`. Ids that were not added are left out. */
MP_MUST_CHECK mp_code mp_form_records_show(mp_buf *out, const mp_cell_ref **refs, size_t *ref_count,
                                           mp_form_records *records, const mp_str *ids, size_t count,
                                           mp_arena *arena, mp_error *err);

#endif
