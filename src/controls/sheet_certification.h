/* SPDX-License-Identifier: Apache-2.0 */
/* sheet_certification.h - how one is certified (certification.h) as rows of a table: each object of the document one row, by the part of
 * the document it is of. What has no column of its own stands in `more`, as JSON. Private to controls. */
#ifndef MAPAE_CONTROLS_SHEET_CERTIFICATION_H
#define MAPAE_CONTROLS_SHEET_CERTIFICATION_H

#include "sheet_json.h"

/* A row to be written. Begin with zeros. */
typedef struct mp_certified {
    const char *part; /* "fact", "question", "event" */
    const mp_json *json;
    mp_str more; /* empty: all of it has a column */
    size_t at, element; /* where to go on */
} mp_certified;

/* The next row of {"certification": {...}}; false: there is none left, or memory is short (*failed). */
bool mp_certified_next(mp_certified *row, const mp_json *document, mp_arena *arena, bool *failed);

/* The document of the table, as a member of f->w; nothing when the table is not there. Fails with MP_FORMAT (a part that is not known; `more` is
 * no object), MP_NOMEM. */
MP_MUST_CHECK mp_code mp_sheet_write_certification(mp_sheet_framework *f, mp_error *err);

#endif
