/* SPDX-License-Identifier: Apache-2.0 */
/* framework_difference.h - two editions, two schemes, or any two frameworks, control by control.
 *
 * Controls of one framework are the same by their ids. Of two frameworks they are by a mapping between them where there is one, and what it
 * does not speak of has no counterpart; where there is none, by label or title. Texts are compared in Korean where both have it, else in English. */
#ifndef MAPAE_CATALOG_FRAMEWORK_DIFFERENCE_H
#define MAPAE_CATALOG_FRAMEWORK_DIFFERENCE_H

#include "frameworks.h"
#include "jsonw.h"

/* A framework, or a scheme of it. */
typedef struct mp_side {
    const mp_framework *framework;
    const mp_scheme    *scheme; /* NULL: all of its controls */
} mp_side;

typedef enum mp_differs {
    MP_DIFFERS_REMOVED,
    MP_DIFFERS_ADDED,
    MP_DIFFERS_MOVED,   /* another label */
    MP_DIFFERS_RENAMED, /* another title */
    MP_DIFFERS_CHANGED, /* another wording */
    MP_DIFFERS_SAME,
    MP_DIFFERS_COUNT,
} mp_differs;
const char *mp_differs_name(mp_differs what); /* "removed", ... */

typedef struct mp_difference_row {
    const mp_control  *from, *to; /* as their side has them; NULL: there is none */
    const mp_map_line *line;      /* what says that they belong together; NULL: no mapping does */
    bool               is_turned; /* the line goes from `to` to `from` */
    bool is_relabelled, is_retitled, is_reworded;
    mp_differs what; /* the first of the above that holds */
} mp_difference_row;

typedef struct mp_difference {
    mp_side from, to;
    const mp_mapping_of     *mapping; /* NULL: none was used */
    const mp_difference_row *rows;    /* those of `from` in their order, then what was added */
    size_t                   count;
    size_t                   sums[MP_DIFFERS_COUNT]; /* of rows */
} mp_difference;

/* Fails with MP_NOMEM. */
MP_MUST_CHECK mp_code mp_difference_make(mp_difference *out, const mp_frameworks *all, const mp_side *from, const mp_side *to, mp_arena *arena, mp_error *err);
/* {"from", "to", "mapping", "sums", "value": [{"what", "changes", "relation", "from", "to", ...}]}; `with_same`: with what is the same. */
void mp_difference_show(mp_jsonw *w, const mp_difference *difference, bool with_same);
/* What one row says, as members of the open object: "what", "changes", and what a mapping says of it. */
void mp_difference_row_put(mp_jsonw *w, const mp_difference_row *row);

#endif
