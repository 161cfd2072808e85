/* SPDX-License-Identifier: Apache-2.0 */
/* row_pages.h - rows of a question that are sorted or grouped, in pages: whatever rows they are. Private to compliance. */
#ifndef MAPAE_COMPLIANCE_ROW_PAGES_H
#define MAPAE_COMPLIANCE_ROW_PAGES_H

#include "jsonw.h"
#include "odata_query.h"
#include "states.h"

typedef mp_code mp_row_visit(bool *goes_on, void *arg, const void *row, mp_error *err);

typedef struct mp_row_source {
    const mp_odata_reader *reader;
    /* a row lives for the time of the call */
    mp_code (*each)(void *ctx, const mp_filter *filter, mp_row_visit *visit, void *arg, mp_error *err);
    /* NULL when memory is short */
    const void *(*keep)(const void *row, mp_arena *arena);
    /* `fields` NULL: all */
    void (*write)(mp_jsonw *w, const void *ctx, const void *row, const uint32_t *fields, uint32_t count);
    void *ctx;
} mp_row_source;

/* The page of `query` of what `parsed` sorts or groups, into an open array: count and next are set. Fails with
 * MP_PARAMETER (a continuation of another question), MP_LIMIT. */
MP_MUST_CHECK mp_code mp_row_page(mp_states_page *out, const mp_row_source *from, const mp_states_query *query,
                                  const mp_query *parsed, mp_jsonw *w, mp_error *err);

/* "12.7.3": numbers of a continuation. False: there are others there. */
bool    mp_row_numbers(int64_t *out, size_t count, mp_str text);
mp_code mp_no_continuation(mp_error *err); /* MP_PARAMETER */

#endif
